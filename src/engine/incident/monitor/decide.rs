//! From an alarm to what is done: somebody hears of it, decides, and acts.
//!
//! Who hears at once and takes no time to decide acts within the event that raised the alarm. All else waits here as a
//! decision.

use super::{Lookout, Monitors};
use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::action::Actor;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::action::Verb;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::monitor::MonitorKind;
use crate::model::monitoring::response::{Covers, Response};
use crate::units::{DeployId, MonitorId, SimTime};
use rand::RngExt;

/// A fault that an alarm is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding {
    pub(super) a: IncidentId,
    pub(super) key: u64,
    /// Whether it is detected by the monitor, and not only by whoever notices it.
    pub(super) names_it: bool,
}

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
    /// The faults that it is about.
    faults: Vec<Finding>,
    /// The release that it takes back, of a deployment and by its number there, if that is all it does.
    only: Option<(DeployId, u32)>,
    handle: Option<Handle>,
}

/// Whether a monitor looks at parts by itself, and says nothing of others.
fn looks(plan: &Plan, monitor: u32) -> bool {
    let kind = &plan.system.monitors[monitor as usize].kind;
    matches!(kind, MonitorKind::Poll(_) | MonitorKind::Forecast(_))
}

impl Monitors {
    /// Whether a monitor is about what a process strikes: it looks at that, foresees it, watches what has it behind, or does
    /// something about it.
    pub(super) fn is_about(&self, plan: &Plan, monitor: u32, process: u32) -> bool {
        looks(plan, monitor) || self.concerns[monitor as usize].covers(plan, process)
    }

    /// Whether a fault of a process lasts on what a monitor watches, or names it.
    pub(super) fn watches(&self, plan: &Plan, monitor: u32, process: u32) -> bool {
        looks(plan, monitor)
            || plan.fault(process).is_found_by(MonitorId(monitor))
            || self.concerns[monitor as usize].watches(plan, process)
    }

    /// Whether a monitor does something about what a process strikes, besides to recover faults that name it.
    pub(super) fn acts_on(&self, plan: &Plan, monitor: u32, process: u32) -> bool {
        let response = &plan.system.monitors[monitor as usize].response;
        response.does.iter().any(|verb| *verb != Verb::Recover) && self.is_about(plan, monitor, process)
    }

    /// Whether somebody who has heard of a monitor's alarm, or is to hear of it, has not acted yet.
    pub(in crate::engine) fn is_deciding(&self, monitor: MonitorId) -> bool {
        self.decisions.iter().any(|one| self.lookouts[one.place as usize].monitor == monitor.0)
    }
}

impl Incidents {
    /// The keys of those that last and that somebody has heard of from a lookout.
    pub(super) fn told_of(&self, place: u32) -> Vec<u64> {
        let handed = &self.monitors.lookouts[place as usize].handed;
        let lasting = self.active.ids().map(|a| &self.active[a]).filter(|one| one.is_live);
        lasting.map(|one| one.key).filter(|key| handed.contains(key)).collect()
    }

    /// What is wrong with a release and lasts: whoever takes it back hears of that.
    fn findings_of(&self, deploy: DeployId, release: u32) -> Vec<Finding> {
        let bad = self.deploys[deploy.index()].bad_of(release);
        let lasting = bad.into_iter().filter(|a| self.active[*a].is_live);
        lasting.map(|a| Finding { a, key: self.active[a].key, names_it: false }).collect()
    }
}

impl State {
    /// An alarm is raised, lasts, or finds further faults: somebody may hear of it.
    pub(super) fn respond<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        place: u32,
        (faults, is_false): (Vec<Finding>, bool),
    ) {
        let plan = cx.plan;
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        if !plan.system.monitors[monitor as usize].response.does.is_empty() {
            self.await_decision(cx, place, (faults, is_false, None));
        }
    }

    /// An alarm is raised already when a release is to go on: whoever hears of that takes it back.
    pub(in crate::engine) fn heed_raised<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (monitor, deploy, release): (MonitorId, DeployId, u32),
    ) {
        let is_raised = |one: &Lookout| one.monitor == monitor.0 && one.state == AlarmState::Alarm;
        let monitors = &self.incidents.monitors;
        if !monitors.is_deciding(monitor)
            && let Some(place) = monitors.lookouts.iter().position(is_raised)
        {
            let faults = self.incidents.findings_of(deploy, release);
            let is_false = self.incidents.monitors.lookouts[place].is_false;
            self.await_decision(cx, place as u32, (faults, is_false, Some((deploy, release))));
        }
    }

    fn await_decision<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        place: u32,
        (faults, is_false, only): (Vec<Finding>, bool, Option<(DeployId, u32)>),
    ) {
        let (plan, now) = (cx.plan, SimTime::from_nanos(cx.now));
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        let response = &plan.system.monitors[lookout.monitor as usize].response;
        let key = mix(lookout.key, lookout.responses);
        lookout.responses += 1;
        let heard = match response.covers {
            Covers::Share(share) if draw(key, Purpose::Covers).random::<f64>() >= share.get() => return,
            Covers::Share(_) => now,
            Covers::Hours(hours) => hours.next(now),
        };
        lookout.handed.extend(faults.iter().map(|one| one.key));
        let monitors = &mut self.incidents.monitors;
        let name = monitors.decided;
        monitors.decided += 1;
        let decision =
            Decision { name, place, key, raised: now, is_known: false, is_false, faults, only, handle: None };
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
            for Finding { a, key, names_it } in faults {
                match self.incidents.is_that(a, key) {
                    true if names_it => self.know(cx, a),
                    true => self.incidents.notice(cx, a),
                    false => {}
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
        self.incidents.resume_releases(cx);
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
        for Finding { a, key, .. } in &decision.faults {
            if self.incidents.is_that(*a, *key) {
                self.incidents.decided(*a, cx.now);
            }
        }
        if cx.clock.is_measuring {
            let metrics = &mut self.incidents.monitors.measures[monitor as usize];
            metrics.decided += 1;
            metrics.deciding += u128::from(now.since(decision.raised).as_nanos());
        }
        let foresees = self.incidents.monitors.foresees(decision.place);
        let actor = Actor { monitor: Some(monitor), is_false: decision.is_false, foresees };
        if let Some((deploy, release)) = decision.only {
            // Another release may be out by now.
            if self.incidents.is_out(deploy, release) {
                self.act(cx, actor, &Verb::Rollback(deploy));
            }
            return;
        }
        for verb in &response.does {
            if *verb == Verb::Recover {
                for Finding { a, key, names_it } in &decision.faults {
                    if *names_it && self.incidents.is_that(*a, *key) {
                        self.begin_recovery(cx, *a);
                    }
                }
            } else {
                self.act(cx, actor, verb);
            }
        }
    }

    /// An alarm is over: what was decided may be dropped, and something may be done.
    pub(super) fn alarm_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let plan = cx.plan;
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        let response = &plan.system.monitors[monitor as usize].response;
        let meant = self.incidents.told_of(place);
        self.incidents.mitigated(cx.now, |one| meant.contains(&one.key));
        if response.cancels {
            let Monitors { decisions, lookouts, .. } = &mut self.incidents.monitors;
            for decision in decisions.extract_if(.., |one| one.place == place) {
                let is_dropped = |key: &u64| decision.faults.iter().any(|one| one.key == *key);
                lookouts[place as usize].handed.retain(|key| !is_dropped(key));
                if let Some(handle) = decision.handle {
                    cx.clock.calendar.cancel(handle);
                }
            }
            self.incidents.resume_releases(cx);
        }
        let is_false = self.incidents.monitors.lookouts[place as usize].is_false;
        for verb in &response.on_ok {
            let foresees = self.incidents.monitors.foresees(place);
            self.act(cx, Actor { monitor: Some(monitor), is_false, foresees }, verb);
        }
    }
}
