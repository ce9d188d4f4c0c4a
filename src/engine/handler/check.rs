//! Health checks: what deciders believe of replicas follows what their checks find.
//!
//! While a replica works, answers every check well and is believed up, a check changes nothing, so none is planned;
//! they go on, in their rhythm, when anything about the replica changes.

use crate::engine::plan::Plan;
use crate::engine::probe::{Note, Probe};
use crate::engine::world::{Rare, World};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fault::{Arriving, Detection, FaultKind};
use crate::model::monitoring::HealthCheck;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// The checks of one replica by one decider.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Check {
    pub(in crate::engine) service: u16,
    /// The decider, which has a view of its own.
    pub(in crate::engine) view: u32,
    pub(in crate::engine) replica: u32,
    pub(in crate::engine) key: u64,
    /// When the first was or would have been sent [ns].
    pub(in crate::engine) phase: u64,
    /// How many were sent.
    pub(in crate::engine) sent: u64,
    pub(in crate::engine) failures: u32,
    pub(in crate::engine) successes: u32,
    /// Whether one is planned.
    pub(in crate::engine) is_awake: bool,
}

impl World {
    /// Something about a replica changed: its checks matter.
    pub(in crate::engine) fn wake_checks(&mut self, plan: &Plan, r: u32, now: u64) {
        self.wake_monitors(plan, r, now);
        let number = self.replicas[r as usize].service as usize;
        if plan.system.services[number].health_check.is_none() {
            return;
        }
        for place in self.check_places[r as usize].clone() {
            self.plan_check(plan, place, now);
        }
    }

    /// Plans the next check in its rhythm at or after `from`, unless it would change nothing or is planned.
    pub(in crate::engine) fn plan_check(&mut self, plan: &Plan, place: u32, from: u64) {
        let check = &self.checks[place as usize];
        if check.is_awake || self.is_calm(plan, check) {
            return;
        }
        let Some(settings) = health_check(plan, check) else { return };
        let interval = settings.interval.as_nanos();
        let rounds = from.saturating_sub(check.phase).div_ceil(interval);
        let at = SimTime::from_nanos(check.phase.saturating_add(rounds.saturating_mul(interval)));
        self.checks[place as usize].is_awake = true;
        self.calendar.plan_rare(at, Rank::Check, Rare::Check(place));
    }

    /// Whether a check would succeed and change nothing.
    fn is_calm(&self, plan: &Plan, check: &Check) -> bool {
        let number = check.service as usize;
        let replica = &self.replicas[check.replica as usize];
        let local = check.replica - plan.services[number].first;
        replica.works
            && check.failures == 0
            && self.conditions[check.replica as usize].error_share <= 0.0
            && plan.system.services[number].error_ratio.get() <= 0.0
            && self.views[number].views[check.view as usize].believes(local)
            && !self.check_takes_back(number, check.view as usize, local)
            && is_round_trip_short(plan, check)
    }

    /// A check is sent.
    pub(in crate::engine) fn check<P: Probe>(&mut self, plan: &Plan, probe: &mut P, place: u32, now: u64) {
        let check = &mut self.checks[place as usize];
        check.is_awake = false;
        check.sent += 1;
        let check = self.checks[place as usize].clone();
        let Some(settings) = health_check(plan, &check) else { return };
        let (succeeds, after) = self.look(plan, &check, settings.timeout);
        if after.is_zero() {
            self.checked(plan, probe, (place, succeeds), now);
        } else {
            let at = SimTime::from_nanos(now) + after;
            self.calendar.plan_rare(at, Rank::Check, Rare::Checked(place, succeeds));
        }
        self.plan_check(plan, place, now + 1);
    }

    /// What a check finds, and when that is known.
    fn look(&self, plan: &Plan, check: &Check, timeout: SimDuration) -> (bool, SimDuration) {
        let mut random = draw(mix(check.key, check.sent), Purpose::Check);
        let law = &plan.system.network.within_zone;
        let round_trip = law.sample(&mut random) + law.sample(&mut random);
        let replica = &self.replicas[check.replica as usize];
        let condition = &self.conditions[check.replica as usize];
        let refuses = replica.is_crashed && self.arriving(plan, check.replica) == Arriving::Refused;
        let answers = replica.works || refuses;
        if !answers || round_trip > timeout {
            return (false, timeout);
        }
        let ratio = plan.system.services[check.service as usize].error_ratio.get();
        let share = 1.0 - (1.0 - ratio) * (1.0 - condition.error_share);
        (replica.works && random.random::<f64>() >= share, round_trip)
    }

    /// What a dead replica does with what arrives: as the last crash that began says.
    pub(in crate::engine) fn arriving(&self, plan: &Plan, r: u32) -> Arriving {
        let mut crashes = self.conditions[r as usize].incidents.iter().rev();
        crashes
            .find_map(|incident| match &plan.fault(self.active[*incident as usize].process).kind {
                FaultKind::Crash(crash) => Some(crash.arriving),
                _ => None,
            })
            .unwrap_or(Arriving::Refused)
    }

    /// The result of a check is known.
    pub(in crate::engine) fn checked<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (place, succeeds): (u32, bool),
        now: u64,
    ) {
        let check = &self.checks[place as usize];
        let Some(settings) = health_check(plan, check).cloned() else { return };
        let (number, view, r) = (check.service as usize, check.view as usize, check.replica);
        let local = r - plan.services[number].first;
        let believes = self.views[number].views[view].believes(local);
        let check = &mut self.checks[place as usize];
        let changes = if succeeds {
            check.failures = 0;
            check.successes += 1;
            !believes && check.successes >= settings.healthy_after
        } else {
            check.successes = 0;
            check.failures += 1;
            believes && check.failures >= settings.unhealthy_after
        };
        if changes {
            check.failures = 0;
            check.successes = 0;
            self.views[number].mark(plan, number, view, (local, succeeds, now));
            self.services[number].only = self.views[number].only();
            if P::LISTENS {
                let (service, decider) = (number as u32, view as u32);
                let note = Note::ReplicaMarked { service, decider, replica: r, is_up: succeeds };
                probe.note(SimTime::from_nanos(now), note);
            }
        }
        if succeeds {
            self.watch_checked(plan, (number, view), local, now);
        }
        // A decider that already believes a replica down needs no new mark to see that it still is.
        if !succeeds && (changes || !believes) {
            self.detect_by_check(plan, probe, r, now);
        }
        self.plan_check(plan, place, now + 1);
    }

    fn detect_by_check<P: Probe>(&mut self, plan: &Plan, probe: &mut P, r: u32, now: u64) {
        for a in self.conditions[r as usize].incidents.clone() {
            let process = self.active[a as usize].process;
            if matches!(plan.fault(process).detection, Detection::HealthCheck) {
                self.detect(plan, probe, a, now);
            }
        }
    }
}

fn health_check<'p>(plan: &'p Plan, check: &Check) -> Option<&'p HealthCheck> {
    plan.system.services[check.service as usize].health_check.as_ref()
}

/// Whether a check always comes back in time.
fn is_round_trip_short(plan: &Plan, check: &Check) -> bool {
    let delay = plan.system.network.within_zone.as_constant();
    let timeout = health_check(plan, check).map_or(SimDuration::MAX, |settings| settings.timeout);
    delay.is_some_and(|delay| delay + delay <= timeout)
}
