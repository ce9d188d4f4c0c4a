//! Polls: looks at parts raise alarms and find faults.
//!
//! While what a poll looks at has no fault that it could find, and sound parts raise no alarm, a look changes nothing, so
//! none is planned; looks go on, in their rhythm, when a fault strikes.

use super::Lookout;
use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::monitor::{MonitorKind, Poll, Rhythm};
use crate::units::SimTime;
use rand::RngExt;

impl Fleet {
    /// The faults that last on a unit, each once.
    fn lasting(&self, poll: &Poll, unit: usize) -> Vec<IncidentId> {
        let replicas = poll.units[unit].iter();
        let mut lasting: Vec<IncidentId> =
            replicas.flat_map(|one| &self.conditions[one.index()].incidents).copied().collect();
        lasting.sort_unstable();
        lasting.dedup();
        lasting
    }
}

impl Incidents {
    /// Whether a poll can see a fault at all.
    fn is_covered(&self, lookout: &Lookout, poll: &Poll, a: IncidentId) -> bool {
        let key = mix(lookout.monitor_key, self.active[a].key);
        draw(key, Purpose::Coverage).random::<f64>() < poll.coverage.get()
    }
}

impl State {
    /// Something about a replica changed: looks at it may matter.
    pub(in crate::engine) fn wake_monitors<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let now = cx.now;
        if self.incidents.monitors.lookouts.is_empty() {
            return;
        }
        for place in self.incidents.monitors.places[r as usize].clone() {
            self.plan_look(cx, place, now);
        }
    }

    /// Plans the next look in its rhythm at or after `from`, unless it would change nothing or is planned.
    pub(super) fn plan_look<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, from: u64) {
        let plan = cx.plan;
        let lookout = &self.incidents.monitors.lookouts[place as usize];
        let Some(poll) = poll_of(plan, lookout) else { return };
        if lookout.is_awake || self.is_settled(lookout, poll) {
            return;
        }
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        lookout.is_awake = true;
        lookout.planned += 1;
        let at = match &poll.rhythm {
            Rhythm::Periodic(interval) => {
                let share: f64 = draw(lookout.key, Purpose::Monitor).random();
                let phase = (share * interval.as_nanos() as f64) as u64;
                let rounds = from.saturating_sub(phase).div_ceil(interval.as_nanos());
                SimTime::from_nanos(phase.saturating_add(rounds.saturating_mul(interval.as_nanos())))
            }
            // Without memory, the time to the next look is the same from wherever it is counted.
            Rhythm::Random(law) => {
                let random = &mut draw(mix(lookout.key, lookout.planned), Purpose::Monitor);
                SimTime::from_nanos(from) + law.sample(random)
            }
        };
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Look(place));
    }

    /// Whether a look would change nothing: it finds what was found before, or nothing where nothing was found.
    fn is_settled(&self, lookout: &Lookout, poll: &Poll) -> bool {
        let lasting = self.fleet.lasting(poll, lookout.unit);
        if lasting.is_empty() && poll.false_alarms.get() > 0.0 {
            return false;
        }
        let mut seen =
            lasting.iter().filter(|one| self.incidents.is_covered(lookout, poll, **one)).peekable();
        if seen.peek().is_none() {
            return lookout.in_a_row == 0;
        }
        lookout.in_a_row >= poll.after
            && seen.all(|one| lookout.found.contains(&self.incidents.active[*one].key))
    }

    /// A poll looks at a unit.
    pub(in crate::engine) fn poll<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        lookout.is_awake = false;
        let lookout = lookout.clone();
        let Some(poll) = poll_of(plan, &lookout) else { return };
        let lasting = self.fleet.lasting(poll, lookout.unit);
        let mut seen = lasting.clone();
        seen.retain(|one| self.incidents.is_covered(&lookout, poll, *one));
        let random = &mut draw(mix(lookout.key, lookout.planned), Purpose::FalseAlarm);
        let is_mistaken = lasting.is_empty() && random.random::<f64>() < poll.false_alarms.get();
        let keys: Vec<u64> = lasting.iter().map(|one| self.incidents.active[*one].key).collect();
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        lookout.keep_found(&keys);
        lookout.in_a_row =
            if seen.is_empty() && !is_mistaken { 0 } else { lookout.in_a_row.saturating_add(1) };
        let in_a_row = lookout.in_a_row;
        let state = if in_a_row >= poll.after { AlarmState::Alarm } else { AlarmState::Ok };
        let before = self.incidents.say(cx, place, state);
        if state == AlarmState::Alarm {
            let is_raised = before != AlarmState::Alarm;
            if is_raised {
                self.incidents.monitors.lookouts[place as usize].is_false = lasting.is_empty();
                self.incidents.count_alarm(cx, place, lasting.is_empty());
            }
            let found = self.incidents.find(cx, place, (&seen, is_raised));
            if is_raised || found.iter().any(|one| one.names_it) {
                let is_false = self.incidents.monitors.lookouts[place as usize].is_false;
                self.respond(cx, place, (found, is_false));
            }
        } else if before == AlarmState::Alarm {
            self.alarm_over(cx, place);
        }
        self.plan_look(cx, place, now + 1);
    }

    /// Counts how long the faults have lasted that polls can see and have not found yet, when the measured part ends.
    pub(in crate::engine) fn count_unfound(&mut self, plan: &Plan, end: SimTime) {
        for place in 0..self.incidents.monitors.lookouts.len() {
            let lookout = &self.incidents.monitors.lookouts[place];
            let Some(poll) = poll_of(plan, lookout) else { continue };
            let mut open = self.fleet.lasting(poll, lookout.unit);
            open.retain(|one| {
                let incident = &self.incidents.active[*one];
                let is_open = incident.is_measured && !lookout.found.contains(&incident.key);
                is_open && self.incidents.is_covered(lookout, poll, *one)
            });
            let lasted =
                open.iter().map(|one| u128::from(end.since(self.incidents.active[*one].start).as_nanos()));
            let lasted: u128 = lasted.sum();
            let monitor = lookout.monitor as usize;
            self.incidents.monitors.measures[monitor].delay += lasted;
        }
    }
}

fn poll_of<'p>(plan: &'p Plan, lookout: &Lookout) -> Option<&'p Poll> {
    match &plan.system.monitors[lookout.monitor as usize].kind {
        MonitorKind::Poll(poll) => Some(poll),
        _ => None,
    }
}
