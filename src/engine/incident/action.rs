//! What alarms, schedules and operations do: the verbs carried out.

use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::replica::seat::RegionFleet;
use crate::engine::world::{Cx, State};
use crate::model::action::Verb;
use crate::units::{RecoveryId, SimTime, ZoneId};

/// Who has a verb carried out; nobody of all this for an operation.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Actor {
    pub(in crate::engine) monitor: Option<u32>,
    /// Whether its alarm was false.
    pub(in crate::engine) is_false: bool,
    /// The process of which it foresees a strike.
    pub(in crate::engine) foresees: Option<u32>,
}

impl Fleet {
    /// How badly off a replica is: whether a foreseen strike of a process is to hit it, whether it does not work, and how many
    /// faults last on it.
    pub(super) fn how_bad(&self, plan: &Plan, foresees: Option<u32>, r: u32) -> (bool, bool, usize) {
        let is_meant = foresees.is_some_and(|process| {
            let own = plan.processes[process as usize];
            let unit = &plan.system.faults[own.fault as usize].units[own.unit as usize];
            unit.replicas.iter().any(|replica| replica.0 == r)
        });
        (is_meant, !self.is_sound(r), self.conditions[r as usize].incidents.len())
    }
}

impl State {
    /// Carries out a verb.
    pub(in crate::engine) fn act<L: Listener>(&mut self, cx: &mut Cx<'_, L>, actor: Actor, verb: &Verb) {
        let Actor { monitor, is_false, foresees } = actor;
        if let Some(metrics) = monitor.map(|monitor| &mut self.incidents.monitors.measures[monitor as usize])
            && cx.clock.is_measuring
        {
            metrics.actions += 1;
            metrics.actions_unneeded += u64::from(is_false);
        }
        if L::LISTENS {
            let verb = verb.name();
            cx.listener.note(SimTime::from_nanos(cx.now), Note::Acted { monitor, verb });
        }
        match verb {
            Verb::Recover => {}
            Verb::StartRecovery(recovery) => self.start_recovery(cx, *recovery),
            Verb::Replace(service) => self.replace_worst(cx, service.index(), foresees),
            Verb::Scale(service, change) => self.scale(cx, service.index(), *change),
            Verb::Restart(service) => self.restart_fleet(cx, service.index()),
            Verb::Failover(service) => self.wish_failover(cx, service.index(), foresees),
            Verb::Failback(service) => self.wish_failback(cx, service.index()),
            Verb::Avoid(service, zones) => self.avoid(cx, service.index(), zones),
            Verb::Rollback(deploy) => self.incidents.roll_back(cx, deploy.0),
            Verb::Backup(backup) => self.begin_backup(cx, backup.0),
            Verb::Restore(service) => self.stores.begin_restore(cx, service.index()),
            Verb::Promote(service) => self.stores.promote(cx, service.index()),
            Verb::Throttle(service, rate) => self.fleet.throttle_service(service.index(), *rate),
        }
    }

    /// The recovery begins of each fault that has a plan and whose recovery has not begun.
    fn start_recovery<L: Listener>(&mut self, cx: &mut Cx<'_, L>, recovery: RecoveryId) {
        let (plan, active) = (cx.plan, &self.incidents.active);
        let waits = |a: &IncidentId| {
            let incident = &active[*a];
            let has_plan = plan.fault(incident.process).recovery == Some(recovery);
            incident.is_live && !incident.is_silent() && incident.run.is_none() && has_plan
        };
        for a in active.ids().filter(waits).collect::<Vec<_>>() {
            self.know(cx, a);
            self.begin_recovery(cx, a);
        }
    }

    /// The replica of a fleet that is worst off is given up, and another starts: one that a foreseen strike is to hit, then one
    /// that does not work, then one on which most faults last, then the oldest.
    fn replace_worst<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, foresees: Option<u32>) {
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let serving = fleet.parts.iter().flat_map(RegionFleet::serving);
        let how_bad = |r: &u32| {
            (self.fleet.how_bad(cx.plan, foresees, *r), std::cmp::Reverse(self.fleet.seats.birth(*r)))
        };
        if let Some(r) = serving.max_by_key(how_bad) {
            self.empty_seat(cx, r);
        }
    }

    /// So many replicas more or fewer are wanted: one by one, more where there are fewest and fewer where there are most.
    fn scale<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, change: i32) {
        let Some(scaling) = &cx.plan.system.services[number].autoscaling else { return };
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let before: Vec<u32> = fleet.parts.iter().map(|part| part.desired).collect();
        let mut wanted = before.clone();
        for _ in 0..change.unsigned_abs() {
            let parts = wanted.iter_mut().enumerate();
            let chosen = if change > 0 {
                let some = parts.filter(|(_, desired)| **desired < scaling.max);
                some.min_by_key(|(part, desired)| (**desired, *part))
            } else {
                let some = parts.filter(|(_, desired)| **desired > scaling.min);
                some.max_by_key(|(part, desired)| (**desired, std::cmp::Reverse(*part)))
            };
            let Some((_, desired)) = chosen else { break };
            *desired = if change > 0 { *desired + 1 } else { *desired - 1 };
        }
        for (part, wanted) in wanted.into_iter().enumerate().filter(|(part, wanted)| *wanted != before[*part])
        {
            self.fleet.change_desired(cx, (number, part), wanted);
            self.fit(cx, (number, part));
        }
    }

    /// Each replica of a fleet is given up, and as many start in their place.
    fn restart_fleet<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        let Some(fleet) = &self.fleet.seats.fleets[number] else { return };
        let parts = fleet.parts.len();
        let serving: Vec<u32> = fleet.parts.iter().flat_map(RegionFleet::serving).collect();
        for r in serving {
            // To lose one's work may have ended others.
            if self.fleet.seats.life(r) == crate::model::fleet::Life::Up {
                self.give_up_seat(cx, r);
            }
        }
        for part in 0..parts {
            self.fit(cx, (number, part));
        }
    }

    /// Nobody picks replicas in these zones any more, and all others again.
    fn avoid<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, zones: &[ZoneId]) {
        let plan = cx.plan;
        let avoided: Vec<u32> = zones.iter().map(|zone| zone.0).collect();
        self.knowledge.views[number].avoid(plan, (number, &self.fleet.seats.zones), &avoided);
        self.fleet.services[number].only = self.knowledge.views[number].only();
    }
}
