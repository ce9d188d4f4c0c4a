//! The effect of a fault takes hold of what it strikes and lets go of it: when the fault begins and ends, and in between
//! where it flaps.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::process::Extent;
use crate::engine::listener::{Listener, Note};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::Culprit;
use crate::model::fault::{Crash, Detection, FaultKind, Found};
use crate::model::fleet::Life;
use crate::units::{SimDuration, SimTime};

impl Incidents {
    /// Plans when the effect of an incident goes or comes back, if it does.
    pub(super) fn plan_flap<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let incident = &self.active[a];
        let Some(flap) = &cx.plan.fault(incident.process).flap else { return };
        let (law, rank) =
            if incident.is_there() { (&flap.down, Rank::Repair) } else { (&flap.up, Rank::Fault) };
        let lasts = law.sample(&mut draw(mix(incident.key, u64::from(incident.flaps)), Purpose::Flap));
        let at = SimTime::from_nanos(cx.now) + lasts;
        self.active[a].flap = cx.clock.calendar.plan_rare(at, rank, Rare::Flap(a));
    }

    /// Plans the next step in which an incident grows, if it is a leak.
    pub(super) fn plan_leak<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let incident = &mut self.active[a];
        let FaultKind::Leak { grows, .. } = &cx.plan.fault(incident.process).kind else { return };
        if !incident.is_live || incident.has_leaked() {
            return;
        }
        let whole = grows.sample(&mut draw(incident.key, Purpose::Leak)).as_nanos();
        let steps = u128::from(incident.leaked + 1);
        let after = u128::from(whole) * steps / u128::from(FaultKind::LEAK_STEPS);
        let at = incident.start + SimDuration::from_nanos(after as u64);
        incident.leak = cx.clock.calendar.plan_rare(at, Rank::Fault, Rare::Leak(a));
    }
}

impl State {
    /// What takes functions down keeps their instances from starting from now on, or does so no more.
    fn keep_from_starting<L: Listener>(&mut self, cx: &mut Cx<'_, L>, extent: Extent, begins: bool) {
        let Extent { process, release, is_leaking, .. } = extent;
        if !is_leaking {
            self.strike_functions(cx, (process, release), begins);
        }
    }

    /// The effect of an incident begins.
    pub(super) fn take_hold<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let plan = cx.plan;
        let extent = self.incidents.active[a].extent(plan);
        let Extent { process, only, .. } = extent;
        let (fault, own) = (plan.fault(process), plan.processes[process as usize]);
        let culprit = Some(Culprit::Fault(own.fault));
        if only.is_none() {
            self.change_around(cx, a, true);
            self.keep_from_starting(cx, extent, true);
            self.strike_populations(cx, process, true);
            self.fleet.turn_throttle(plan, (a, process), true);
            self.traffic.turn_cache_loss(plan, process, Some(self.incidents.active[a].key));
        }
        let unit = &fault.units[own.unit as usize].replicas;
        for replica in unit.iter().filter(|replica| only.is_none_or(|only| only == replica.0)) {
            if self.fleet.is_crash_of_instances(plan, (process, replica.0)) {
                continue;
            }
            let condition = &self.fleet.conditions[replica.index()];
            let is_met = condition.incidents.contains(&a) || condition.gray.contains(&a);
            // One that started in place of another that it struck has met it already.
            if is_met || !self.strikes(plan, a, replica.0) {
                continue;
            }
            if fault.is_gray() {
                self.fleet.turn_gray(replica.0, a, true);
                self.wake_checks(cx, replica.0);
                continue;
            }
            self.fleet.conditions[replica.index()].incidents.push(a);
            self.change_replica(cx, replica.0, culprit);
            if let Some(crash) = fault.kind.crash() {
                self.lose_replica(cx, replica.0, *crash);
            }
        }
    }

    /// A replica has crashed: its work is gone, and whoever was about to go goes.
    fn lose_replica<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32, crash: Crash) {
        self.crash(cx, r, crash);
        if self.fleet.seats.life(r) == Life::Draining {
            self.empty_seat(cx, r);
        }
        self.instance_crashed(cx, r);
    }

    /// A leak grows by a step: whoever has it works more slowly, and crashes with the last.
    pub(in crate::engine) fn leak<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let plan = cx.plan;
        let incident = &mut self.incidents.active[a];
        incident.leaked += 1;
        incident.leak = None;
        let (process, is_over, key) = (incident.process, incident.has_leaked(), incident.key);
        let extent = incident.extent(plan);
        let own = plan.processes[process as usize];
        let FaultKind::Leak { crash, .. } = &plan.fault(process).kind else { return };
        if is_over {
            self.keep_from_starting(cx, extent, true);
        }
        for replica in &plan.fault(process).units[own.unit as usize].replicas {
            // To crash may have ended others.
            if !self.fleet.conditions[replica.index()].incidents.contains(&a) {
                continue;
            }
            self.change_replica(cx, replica.0, Some(Culprit::Fault(own.fault)));
            if is_over {
                self.lose_replica(cx, replica.0, *crash);
            }
        }
        // Another may have its place.
        if self.incidents.is_that(a, key) {
            self.incidents.plan_leak(cx, a);
        }
    }

    /// The effect of an incident ends.
    pub(super) fn let_go<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId, extent: Extent) {
        let plan = cx.plan;
        let Extent { process, only, .. } = extent;
        if only.is_none() {
            self.change_around(cx, a, false);
            self.keep_from_starting(cx, extent, false);
            self.strike_populations(cx, process, false);
            self.fleet.turn_throttle(plan, (a, process), false);
            self.traffic.turn_cache_loss(plan, process, None);
        }
        let unit = &plan.fault(process).units[plan.processes[process as usize].unit as usize].replicas;
        for replica in unit.iter().filter(|replica| only.is_none_or(|only| only == replica.0)) {
            if self.fleet.conditions[replica.index()].gray.contains(&a) {
                self.fleet.turn_gray(replica.0, a, false);
                self.wake_checks(cx, replica.0);
                continue;
            }
            let incidents = &mut self.fleet.conditions[replica.index()].incidents;
            if let Some(place) = incidents.iter().position(|one| *one == a) {
                incidents.remove(place);
                self.change_replica(cx, replica.0, None);
            }
        }
    }

    /// The effect of an incident goes or comes back.
    pub(in crate::engine) fn flap<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let (plan, at) = (cx.plan, SimTime::from_nanos(cx.now));
        let incident = &mut self.incidents.active[a];
        incident.flaps += 1;
        incident.flap = None;
        let (process, is_there, extent) = (incident.process, incident.is_there(), incident.extent(plan));
        let (key, is_sought) = (mix(incident.key, u64::from(incident.flaps)), !incident.is_known());
        let fault = plan.fault(process);
        if L::LISTENS {
            let own = plan.processes[process as usize];
            cx.listener.note(at, Note::FaultFlapped { fault: own.fault, unit: own.unit, is_there });
        }
        let is_anew = fault.flap.as_ref().is_some_and(|flap| flap.detected == Found::Each);
        if let (true, Detection::After(law)) = (is_sought && is_anew, &fault.detection) {
            if is_there {
                let wait = law.sample(&mut draw(key, Purpose::Detection));
                self.incidents.active[a].detection =
                    cx.clock.calendar.plan_rare(at + wait, Rank::Check, Rare::Detected(a));
            } else if let Some(handle) = self.incidents.active[a].detection.take() {
                cx.clock.calendar.cancel(handle);
            }
        }
        // What it does to whoever it strikes may end it.
        self.incidents.plan_flap(cx, a);
        if is_there {
            self.take_hold(cx, a);
        } else {
            self.let_go(cx, a, extent);
        }
    }
}
