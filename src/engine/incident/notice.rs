//! Who notices a fault and acts on it: whoever its settings name, and where they name nobody a decider that takes a replica
//! out, probes that restart it, or a monitor that does something about what it strikes.

use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::plan::spot::Spot;
use crate::engine::world::{Cx, State};
use crate::model::action::Verb;
use crate::model::monitoring::Through;
use crate::model::monitoring::monitor::{Monitor, MonitorKind};
use crate::model::monitoring::signal::Watched;
use crate::model::system::{Member, behind};
use crate::units::{MonitorId, RecoveryId, ReplicaId, ServiceId, SimTime};

/// What a monitor is about that looks at no replica by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Concern {
    /// Whether each service is behind what it watches.
    watched: Vec<bool>,
    /// Whether it is about each service: that is behind what it watches, or something is done to it.
    services: Vec<bool>,
    /// The plans that it starts.
    recoveries: Vec<RecoveryId>,
}

impl Concern {
    /// Of a monitor; nothing where it looks at what is struck.
    pub(super) fn of(plan: &Plan, monitor: &Monitor) -> Self {
        let system = &plan.system;
        let mut concern = Self::default();
        if matches!(monitor.kind, MonitorKind::Poll(_) | MonitorKind::Forecast(_)) {
            return concern;
        }
        concern.services = vec![false; system.services.len()];
        concern.add_watched(plan, monitor);
        concern.watched.clone_from(&concern.services);
        for verb in &monitor.response.does {
            match verb {
                Verb::Recover => {}
                Verb::StartRecovery(recovery) => concern.recoveries.push(*recovery),
                Verb::Rollback(deploy) => concern.add(plan, system.deploys[deploy.index()].service),
                Verb::Backup(backup) => concern.add(plan, system.backups[backup.index()].of),
                Verb::Replace(service)
                | Verb::Restore(service)
                | Verb::Promote(service)
                | Verb::Scale(service, _)
                | Verb::Restart(service)
                | Verb::Failover(service)
                | Verb::Failback(service)
                | Verb::Avoid(service, _)
                | Verb::Throttle(service, _) => concern.add(plan, *service),
            }
        }
        concern
    }

    fn add_watched(&mut self, plan: &Plan, monitor: &Monitor) {
        let system = &plan.system;
        match &monitor.kind {
            MonitorKind::Watch(watch) => match watch.of {
                Watched::Service(service) => {
                    self.add(plan, service);
                    let service = &system.services[service.index()];
                    self.add_all(plan, behind(&service.steps, &system.services));
                    service.next.iter().for_each(|next| self.add(plan, next.service));
                }
                Watched::Client(client) => self.add_all(plan, system.behind(client.index())),
            },
            MonitorKind::Composite(rule) => {
                let asked = (0..).zip(&system.monitors).filter(|(number, _)| rule.asks(MonitorId(*number)));
                asked.for_each(|(_, other)| self.add_watched(plan, other));
            }
            MonitorKind::Poll(poll) => {
                poll.units.iter().flatten().for_each(|replica| self.add(plan, service_of(plan, *replica)));
            }
            MonitorKind::Forecast(forecast) => {
                let units = system.faults[forecast.fault as usize].units.iter();
                let struck = units.flat_map(|unit| &unit.replicas);
                struck.for_each(|replica| self.add(plan, service_of(plan, *replica)));
            }
            MonitorKind::Schedule(_) => {}
        }
    }

    fn add_all(&mut self, plan: &Plan, services: Vec<usize>) {
        for number in services {
            self.add(plan, ServiceId(number as u32));
        }
    }

    /// Adds a service and what it does not work without.
    fn add(&mut self, plan: &Plan, service: ServiceId) {
        if std::mem::replace(&mut self.services[service.index()], true) {
            return;
        }
        for needed in plan.system.dependencies.iter().filter(|one| one.service == service) {
            self.add_member(plan, needed.on);
        }
    }

    fn add_member(&mut self, plan: &Plan, member: Member) {
        match member {
            Member::Service(service) => self.add(plan, service),
            Member::Seat(replica) => self.add(plan, service_of(plan, replica)),
            Member::Block(block) => {
                for member in &plan.system.blocks[block.index()].members {
                    self.add_member(plan, *member);
                }
            }
        }
    }

    /// Whether it is about what a process strikes.
    pub(super) fn covers(&self, plan: &Plan, process: u32) -> bool {
        plan.fault(process).recovery.is_some_and(|one| self.recoveries.contains(&one))
            || is_struck(&self.services, plan, process)
    }

    /// Whether what a process strikes is behind what it watches.
    pub(super) fn watches(&self, plan: &Plan, process: u32) -> bool {
        is_struck(&self.watched, plan, process)
    }
}

/// Whether a process strikes a replica of any of these services.
fn is_struck(services: &[bool], plan: &Plan, process: u32) -> bool {
    let unit = plan.processes[process as usize].unit;
    let mut struck = plan.fault(process).units[unit as usize].replicas.iter();
    let is_one = |service: u16| services.get(usize::from(service)).is_some_and(|is_one| *is_one);
    struck.any(|replica| is_one(plan.replicas[replica.index()].service))
}

fn service_of(plan: &Plan, replica: ReplicaId) -> ServiceId {
    ServiceId(u32::from(plan.replicas[replica.index()].service))
}

impl Incidents {
    /// Somebody who acts knows of an incident, if nobody did before.
    pub(in crate::engine) fn notice<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let incident = &mut self.active[a];
        if !incident.is_live || incident.detected.is_some() {
            return;
        }
        let now = SimTime::from_nanos(cx.now);
        incident.detected = Some(now);
        if L::LISTENS {
            let process = cx.plan.processes[incident.process as usize];
            cx.listener.note(now, Note::FaultDetected { fault: process.fault, unit: process.unit });
        }
    }

    /// A machine that acts at once knows of an incident: that is its decision too, where nobody else makes one.
    pub(in crate::engine) fn act_at_once<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        self.notice(cx, a);
        if self.active[a].is_live {
            self.active[a].acted.get_or_insert(SimTime::from_nanos(cx.now));
        }
    }
}

impl State {
    /// What lasts on a replica, and on the way there from a decider; where nothing tells where that stands, also what only
    /// some meet.
    fn lasting_for(&self, plan: &Plan, r: u32, spots: Option<[Spot; 2]>) -> Vec<IncidentId> {
        let condition = &self.fleet.conditions[r as usize];
        let on_it = condition.incidents.iter();
        let Some(spots) = spots else { return on_it.chain(&condition.gray).copied().collect() };
        let on_it = on_it.filter(|a| !self.incidents.links.contains(a));
        let across = self.incidents.links.iter().filter(|a| self.incidents.lies_between(plan, **a, spots));
        on_it.chain(across).copied().chain(self.gray_for(plan, r, spots[0])).collect()
    }

    /// A decider that believes a replica down finds by a check what lasts there.
    pub(in crate::engine) fn found_by_check<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, spots): (u32, [Spot; 2]),
        through: Through,
    ) {
        for a in self.lasting_for(cx.plan, r, Some(spots)) {
            let fault = cx.plan.fault(self.incidents.active[a].process);
            if fault.is_found_by_check() {
                self.detect(cx, a);
            } else if fault.is_found_by_anybody() && fault.kind.fails_checks(through == Through::Queue) {
                self.incidents.act_at_once(cx, a);
            }
        }
        let number = usize::from(cx.plan.replicas[r as usize].service);
        if self.fleet.lacks_part(number) {
            for a in self.lasting_below(cx.plan, number) {
                if cx.plan.fault(self.incidents.active[a].process).is_found_by_anybody() {
                    self.incidents.act_at_once(cx, a);
                }
            }
        }
    }

    /// What has taken down the parts that a service lacks.
    fn lasting_below(&self, plan: &Plan, number: usize) -> Vec<IncidentId> {
        let parts = &self.record.parts;
        let needs = |number: usize| {
            let own = plan.system.dependencies.iter().filter(move |one| one.service.index() == number);
            own.map(|one| one.on)
        };
        let lasting_on = |r: u32| {
            let all = self.fleet.conditions[r as usize].incidents.iter().copied();
            all.filter(|a| plan.fault(self.incidents.active[*a].process).takes_down())
        };
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        let mut open: Vec<Member> = needs(number).collect();
        while let Some(member) = open.pop() {
            match member {
                Member::Seat(replica) => found.extend(lasting_on(replica.0)),
                _ if seen.contains(&member) => {}
                Member::Service(service) if !parts.services[service.index()].is_up => {
                    let first = plan.system.first_replica(service).0;
                    let count = plan.system.services[service.index()].replicas.len() as u32;
                    found.extend((first..first + count).flat_map(lasting_on));
                    open.extend(needs(service.index()));
                    seen.push(member);
                }
                Member::Block(block) if !parts.blocks[block.index()].is_up => {
                    open.extend(plan.system.blocks[block.index()].members.iter().copied());
                    seen.push(member);
                }
                Member::Service(_) | Member::Block(_) => {}
            }
        }
        found
    }

    /// A decider has put a replica out for what became of its attempts.
    pub(in crate::engine) fn found_by_ejection<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, number, decider): (u32, usize, usize),
    ) {
        // Where nothing can lie between them, it is not noted where they stand.
        let stands = cx.plan.network.balancers.get(number).is_some_and(|all| decider < all.len());
        let spots =
            stands.then(|| [self.fleet.balancer_spot(cx.plan, number, decider), self.fleet.replica_spot(r)]);
        for a in self.lasting_for(cx.plan, r, spots) {
            let fault = cx.plan.fault(self.incidents.active[a].process);
            if fault.is_found_by_anybody() && fault.kind.is_felt() {
                self.incidents.act_at_once(cx, a);
            }
        }
    }
}
