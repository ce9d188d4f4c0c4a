//! Detection starts a recovery plan; its operations take time and crews; when it is done the fault is over.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::process::ActiveIncident;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::model::recovery::run::{Action, PlanRun};
use crate::model::recovery::{Recovery, Ticket};
use crate::units::{CrewId, SimDuration, SimTime};

impl Incidents {
    /// What to do about an incident is decided.
    pub(in crate::engine) fn decided(&mut self, a: IncidentId, now: u64) {
        let incident = &mut self.active[a];
        if incident.is_live {
            incident.decided.get_or_insert(SimTime::from_nanos(now));
        }
    }

    /// The effect of those that last and are meant is there again.
    pub(in crate::engine) fn back(&mut self, is_meant: impl Fn(&ActiveIncident) -> bool) {
        for a in self.active.ids() {
            if self.active[a].is_live && is_meant(&self.active[a]) {
                self.active[a].mitigated = None;
            }
        }
    }

    /// The effect of those that last and are meant is over. One that is away just now comes back.
    pub(in crate::engine) fn mitigated(&mut self, now: u64, is_meant: impl Fn(&ActiveIncident) -> bool) {
        for a in self.active.ids() {
            let incident = &self.active[a];
            if incident.is_live && incident.is_there() && incident.mitigated.is_none() && is_meant(incident) {
                self.active[a].mitigated = Some(SimTime::from_nanos(now));
            }
        }
    }

    /// How long the recovery of what an incident took down waits, as it may have needed one just before.
    fn wait(&mut self, plan: &Plan, a: IncidentId) -> SimDuration {
        let incident = &self.active[a];
        let Some(settings) = &plan.fault(incident.process).backoff else { return SimDuration::ZERO };
        let failures = &mut self.processes[incident.process as usize].failures;
        failures.entry(incident.only).or_default().wait(settings, incident.start)
    }
}

impl State {
    /// Outages are over: what lasts of the faults behind them is mitigated, until a service that it strikes is down again.
    #[inline(never)]
    pub(in crate::engine) fn mitigate(&mut self, plan: &Plan, now: u64) {
        for turn in self.record.parts.over.drain(..) {
            let units = &plan.system.faults[turn.fault as usize].units;
            // What no unit strikes is down because of all of them.
            let may_be_behind = |one: &ActiveIncident, service: u32| {
                let mut struck = units[plan.processes[one.process as usize].unit as usize].replicas.iter();
                !plan.strikes_service(turn.fault, service)
                    || struck.any(|replica| u32::from(plan.replicas[replica.index()].service) == service)
            };
            let is_meant = |one: &ActiveIncident| {
                plan.processes[one.process as usize].fault == turn.fault && may_be_behind(one, turn.service)
            };
            if turn.is_over {
                // Whatever else it brought down must be up too.
                let lasts = |one: &ActiveIncident| {
                    let mut lasting = self.record.parts.lasting[turn.fault as usize].iter();
                    lasting.any(|outage| outage.began >= one.start && may_be_behind(one, outage.service))
                };
                self.incidents.mitigated(now, |one| one.start <= turn.began && is_meant(one) && !lasts(one));
            } else if plan.strikes_service(turn.fault, turn.service) {
                self.incidents.back(is_meant);
            }
        }
    }

    /// An incident is detected: somebody who acts knows of it.
    pub(in crate::engine) fn know<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        self.incidents.notice(cx, a);
        self.begin_known(cx, a);
    }

    /// What waits for the detection of an incident begins.
    pub(super) fn begin_known<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let incident = &mut self.incidents.active[a];
        if !incident.is_live || incident.is_known() {
            return;
        }
        incident.known = Some(SimTime::from_nanos(cx.now));
        if let Some(handle) = incident.detection.take() {
            cx.clock.calendar.cancel(handle);
        }
        let process = incident.process;
        self.turn_zones(cx, process, true);
        self.note_found(cx, a);
    }

    /// The time after which an incident is detected is over.
    pub(in crate::engine) fn detection_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        self.incidents.active[a].detection = None;
        self.detect(cx, a);
    }

    /// An incident is detected, and its recovery begins at once.
    pub(in crate::engine) fn detect<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        self.know(cx, a);
        if !cx.plan.fault(self.incidents.active[a].process).is_repaired() {
            self.incidents.decided(a, cx.now);
        }
        self.begin_recovery(cx, a);
    }

    /// The recovery of an incident begins, unless it has.
    pub(in crate::engine) fn begin_recovery<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let plan = cx.plan;
        let incident = &self.incidents.active[a];
        if !incident.is_live || incident.run.is_some() {
            return;
        }
        let Some(recovery) = plan.fault(incident.process).recovery else { return };
        if !plan.fault(incident.process).passes {
            self.incidents.decided(a, cx.now);
        }
        if self.waits_for_switch(cx, a) {
            self.incidents.active[a].is_held = true;
            return;
        }
        let recovery = &plan.system.recoveries[recovery.index()];
        let run = PlanRun::new(recovery);
        let incident = &mut self.incidents.active[a];
        incident.handles = vec![None; run.operation_count()];
        incident.run = Some(run);
        let wait = self.incidents.wait(plan, a);
        if wait.is_zero() {
            return self.start_plan(cx, a);
        }
        let at = SimTime::from_nanos(cx.now) + wait;
        self.incidents.active[a].again = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Again(a));
    }

    /// A recovery plan starts, for the first time or again.
    pub(in crate::engine) fn start_plan<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        self.incidents.active[a].again = None;
        self.advance_plan(cx, a, PlanRun::start);
    }

    /// Nobody goes on with the recovery of an incident.
    pub(in crate::engine) fn abandon_recovery<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let incident = &mut self.incidents.active[a];
        for handle in [incident.again.take(), incident.end.take()].into_iter().flatten() {
            cx.clock.calendar.cancel(handle);
        }
        self.advance_plan(cx, a, |run, recovery, _, out| run.abandon(recovery, out));
    }

    /// The time of an operation is over.
    pub(in crate::engine) fn operation_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (a, operation): (IncidentId, u32),
    ) {
        self.incidents.active[a].handles[operation as usize] = None;
        self.advance_plan(cx, a, |run, recovery, _, out| run.elapsed(recovery, operation, out));
    }

    fn advance_plan<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        a: IncidentId,
        step: impl FnOnce(&mut PlanRun, &Recovery, u64, &mut Vec<Action>),
    ) {
        let plan = cx.plan;
        let incident = &mut self.incidents.active[a];
        let Some(recovery) = plan.fault(incident.process).recovery else { return };
        let recovery = &plan.system.recoveries[recovery.index()];
        let Some(run) = incident.run.as_mut().filter(|_| incident.is_live) else { return };
        let (mut actions, key) = (Vec::new(), incident.key);
        step(run, recovery, key, &mut actions);
        for action in actions {
            // What an operation does may end the incident.
            if !self.incidents.is_that(a, key) {
                return;
            }
            self.carry_out(cx, a, action);
        }
    }

    fn carry_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId, action: Action) {
        let now = cx.now;
        let at = SimTime::from_nanos(now);
        match action {
            Action::Schedule { operation, after } => {
                let handle =
                    cx.clock.calendar.plan_rare(at + after, Rank::Repair, Rare::Operation(a, operation));
                self.incidents.active[a].handles[operation as usize] = handle;
            }
            Action::Cancel { operation } => {
                if let Some(handle) = self.incidents.active[a].handles[operation as usize].take() {
                    cx.clock.calendar.cancel(handle);
                }
                self.incidents.drop_doing(a, operation);
            }
            Action::Join { operation, crew } => {
                if self.incidents.crews[crew.index()].join(Ticket { incident: a.number(), operation }) {
                    self.granted(cx, (a, operation));
                }
            }
            Action::Leave { operation, crew } => self.leave_crew(cx, crew, (a, operation)),
            Action::Do { operation } => self.carry_out_verbs(cx, (a, operation)),
            Action::Recovered => self.end_incident(cx, a),
            Action::Again { after } => {
                let handle = cx.clock.calendar.plan_rare(at + after, Rank::Repair, Rare::Again(a));
                self.incidents.active[a].again = handle;
            }
        }
    }

    /// The time of an operation has ended well: what it does begins.
    fn carry_out_verbs<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (a, operation): (IncidentId, u32)) {
        let plan = cx.plan;
        let incident = &self.incidents.active[a];
        let key = incident.key;
        let Some(recovery) = plan.fault(incident.process).recovery else { return };
        let recovery = &plan.system.recoveries[recovery.index()];
        let Some(run) = &incident.run else { return };
        let verbs = run.verbs(recovery, operation);
        if self.begin_verbs(cx, (a, operation), verbs) && self.incidents.is_that(a, key) {
            self.operation_done(cx, (a, operation));
        }
    }

    /// What an operation does is over, and so is the operation.
    pub(super) fn operation_done<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (a, operation): (IncidentId, u32),
    ) {
        self.advance_plan(cx, a, |run, recovery, _, out| run.done(recovery, operation, out));
    }

    fn leave_crew<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        crew: CrewId,
        (a, operation): (IncidentId, u32),
    ) {
        let left = Ticket { incident: a.number(), operation };
        if let Some(next) = self.incidents.crews[crew.index()].leave(left) {
            self.granted(cx, (IncidentId::of(next.incident), next.operation));
        }
    }

    /// A member of a crew came free for an operation.
    fn granted<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (a, operation): (IncidentId, u32)) {
        self.advance_plan(cx, a, |run, recovery, _, out| run.granted(recovery, operation, out));
    }
}
