//! From an alarm to what is done: somebody hears of it, decides, and acts.
//!
//! Who hears at once and takes no time to decide acts within the event that raised the alarm. All else waits here as a
//! decision.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::action::Verb;
use crate::model::monitoring::response::{Covers, Response};
use crate::units::SimTime;
use rand::RngExt;

/// An alarm that somebody will act on.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// Tells it from all others of the run.
    name: u32,
    place: u32,
    /// What names its random numbers.
    key: u64,
    /// When the alarm was raised.
    raised: SimTime,
    /// Whether somebody knows of it.
    is_known: bool,
    /// Whether it was raised without a fault.
    is_false: bool,
    /// The faults that it is about, with their keys.
    faults: Vec<(IncidentId, u64)>,
    handle: Option<Handle>,
}

impl State {
    /// An alarm is raised, lasts, or finds further faults: somebody may hear of it.
    pub(super) fn respond<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        place: u32,
        (faults, is_false): (Vec<(IncidentId, u64)>, bool),
    ) {
        let (plan, now) = (cx.plan, SimTime::from_nanos(cx.now));
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        let response = &plan.system.monitors[lookout.monitor as usize].response;
        if response.does.is_empty() {
            return;
        }
        let key = mix(lookout.key, lookout.responses);
        lookout.responses += 1;
        let heard = match response.covers {
            Covers::Share(share) if draw(key, Purpose::Covers).random::<f64>() >= share.get() => return,
            Covers::Share(_) => now,
            Covers::Hours(hours) => hours.next(now),
        };
        let monitors = &mut self.incidents.monitors;
        let name = monitors.decided;
        monitors.decided += 1;
        let decision =
            Decision { name, place, key, raised: now, is_known: false, is_false, faults, handle: None };
        monitors.decisions.push(decision);
        self.decide_by(cx, name, heard);
    }

    /// Plans the next step of a decision, or makes it at once.
    fn decide_by<L: Listener>(&mut self, cx: &mut Cx<'_, L>, name: u32, at: SimTime) {
        if at.as_nanos() <= cx.now {
            return self.hear_or_act(cx, name);
        }
        let handle = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Respond(name));
        if let Some(decision) = self.incidents.monitors.decisions.iter_mut().find(|one| one.name == name) {
            decision.handle = handle;
        }
    }

    /// Somebody hears of an alarm, or has decided.
    pub(in crate::engine) fn hear_or_act<L: Listener>(&mut self, cx: &mut Cx<'_, L>, name: u32) {
        let plan = cx.plan;
        let decisions = &mut self.incidents.monitors.decisions;
        let Some(number) = decisions.iter().position(|one| one.name == name) else { return };
        let decision = &mut decisions[number];
        decision.handle = None;
        let place = decision.place;
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        let response = &plan.system.monitors[monitor as usize].response;
        let decision = &mut self.incidents.monitors.decisions[number];
        if !std::mem::replace(&mut decision.is_known, true) {
            let (key, faults) = (decision.key, decision.faults.clone());
            for (a, key) in faults {
                if self.incidents.is_that(a, key) {
                    self.know(cx, a);
                }
            }
            if let Some(law) = &response.respond {
                let at = SimTime::from_nanos(cx.now) + law.sample(&mut draw(key, Purpose::Respond));
                return self.decide_by(cx, name, at);
            }
        }
        // To know of one may have dropped another: the place is looked up anew.
        let decisions = &mut self.incidents.monitors.decisions;
        let Some(number) = decisions.iter().position(|one| one.name == name) else { return };
        let decision = decisions.remove(number);
        self.act_on(cx, (monitor, response), &decision);
    }

    fn act_on<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (monitor, response): (u32, &Response),
        decision: &Decision,
    ) {
        let now = SimTime::from_nanos(cx.now);
        if L::LISTENS {
            cx.listener.note(now, Note::Decided { monitor });
        }
        let live = |state: &Self, (a, key): (IncidentId, u64)| state.incidents.is_that(a, key);
        for fault in decision.faults.iter().filter(|one| live(self, **one)).copied().collect::<Vec<_>>() {
            self.incidents.decided(fault.0, cx.now);
        }
        if cx.clock.is_measuring {
            let metrics = &mut self.incidents.monitors.measures[monitor as usize];
            metrics.decided += 1;
            metrics.deciding += u128::from(now.since(decision.raised).as_nanos());
        }
        for verb in &response.does {
            if *verb == Verb::Recover {
                for (a, key) in &decision.faults {
                    if self.incidents.is_that(*a, *key) {
                        self.begin_recovery(cx, *a);
                    }
                }
            } else {
                self.act(cx, (Some(monitor), decision.is_false), verb);
            }
        }
    }

    /// An alarm is over: what was decided may be dropped, and something may be done.
    pub(super) fn alarm_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let plan = cx.plan;
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        let response = &plan.system.monitors[monitor as usize].response;
        let found = std::mem::take(&mut self.incidents.monitors.lookouts[place as usize].found);
        self.incidents.mitigated(cx.now, |one| found.contains(&one.key));
        self.incidents.monitors.lookouts[place as usize].found = found;
        if response.cancels {
            let decisions = &mut self.incidents.monitors.decisions;
            for decision in decisions.extract_if(.., |one| one.place == place) {
                if let Some(handle) = decision.handle {
                    cx.clock.calendar.cancel(handle);
                }
            }
        }
        for verb in &response.on_ok {
            self.act(cx, (Some(monitor), false), verb);
        }
    }
}
