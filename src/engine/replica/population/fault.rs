//! Crashes of instances of a population: of all, of those in a zone, and of each by itself.

use super::invoke::settings;
use super::{Instance, Population, Stage};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, Plan};
use crate::engine::random::named;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::{Culprit, Subject};
use crate::model::fault::{FaultKind, Signal, Trigger};
use crate::units::{ReplicaId, SimTime};

/// When an instance fails by itself [ns], and by which process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    at: u64,
    process: u32,
}

impl Population {
    /// Whether there is a zone in which an instance could start.
    pub(in crate::engine) fn has_zone(&self) -> bool {
        self.zones.iter().any(|(_, struck)| *struck == 0)
    }

    /// The place of the next zone in turn of those in which an instance may start.
    pub(super) fn next_zone(&mut self) -> usize {
        let count = self.zones.len();
        let mut places = (0..count).map(|step| (self.turn + step) % count);
        let found = places.find(|place| self.zones[*place].1 == 0).unwrap_or(0);
        self.turn = (found + 1) % count.max(1);
        found
    }
}

impl Fleet {
    /// Draws when an instance that begins to start will fail by itself.
    pub(super) fn plan_failure<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, i): (usize, u32),
        key: u64,
    ) {
        let plan = cx.plan;
        let processes = plan.instance_processes(number);
        let Some(population) = self.population(number).filter(|_| !processes.is_empty()) else {
            return;
        };
        let mut first = Failure { at: u64::MAX, process: NONE };
        for process in processes {
            let Trigger::Random(law) = &plan.fault(*process).trigger else { continue };
            let fault = plan.fault(*process);
            let own = mix(mix(population.key, named(&fault.name)), key);
            // Of a common cause's other failures the clock is slower.
            let takes = law.sample(&mut draw(own, Purpose::Failure)).as_nanos() as f64 / fault.pace;
            let at = cx.now.saturating_add(takes as u64);
            if at < first.at {
                first = Failure { at, process: *process };
            }
        }
        if population.failures.len() <= i as usize {
            population.failures.resize(i as usize + 1, first);
        }
        population.failures[i as usize] = first;
        // What comes after the run needs no event.
        let end = (plan.span.horizon + plan.span.drain).as_nanos();
        if first.at <= end {
            let at = SimTime::from_nanos(first.at);
            cx.clock.calendar.plan_rare(at, Rank::Fault, Rare::Fails(number as u32, i));
        }
    }
}

impl Record {
    /// Counts a fault that is over at once, because what it struck is gone.
    fn note_instant_fault<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (plan, fault, unit): (&Plan, u32, u32),
        at: SimTime,
    ) {
        if L::LISTENS {
            cx.listener.note(at, Note::FaultBegan { fault, unit });
            cx.listener.note(at, Note::FaultEnded { fault, unit });
        }
        let record = self.record_incident(plan, Subject::Fault(fault, unit), Some(Culprit::Fault(fault)), at);
        if let Some(one) = self.incidents.get_mut(record as usize) {
            one.detected = Some(at);
        }
        self.note_recovery(plan, record, at);
        if at >= plan.span.transient && at < plan.span.horizon {
            let time = &mut self.parts.faults[fault as usize];
            time.incidents += 1;
            time.ended += 1;
            time.detected += 1;
        }
    }
}

impl State {
    /// A crash begins or ends of all instances of populations, or of those in a zone.
    pub(in crate::engine) fn strike_populations<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        process: u32,
        begins: bool,
    ) {
        let plan = cx.plan;
        let FaultKind::Crash(crash) = &plan.fault(process).kind else { return };
        if self.fleet.populations.is_empty() || plan.is_of_instances(process) {
            return;
        }
        let (fault, unit) = (plan.processes[process as usize].fault, plan.processes[process as usize].unit);
        let zone = plan.places[process as usize].zone;
        for number in 0..self.fleet.populations.len() {
            let door = ReplicaId(plan.services[number].first);
            let Some(population) = self.fleet.population(number) else { continue };
            if !plan.system.faults[fault as usize].units[unit as usize].replicas.contains(&door) {
                continue;
            }
            for (one, struck) in &mut population.zones {
                if zone.is_none_or(|zone| zone == *one) {
                    *struck = if begins { *struck + 1 } else { *struck - 1 };
                }
            }
            if begins {
                self.crash_instances(cx, number, (zone, crash.signal));
            }
            self.note_function(cx, number, begins.then_some(Culprit::Fault(fault)));
        }
    }

    /// All instances crash, or those in a zone.
    fn crash_instances<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        (zone, signal): (Option<u32>, Signal),
    ) {
        let count = self.fleet.population(number).map_or(0, |population| population.instances.len());
        for i in 0..count as u32 {
            let Some(population) = self.fleet.population(number) else { return };
            let instance = population.instances[i as usize];
            let own = population.zones[usize::from(instance.zone)].0;
            if instance.stage != Stage::Absent && zone.is_none_or(|zone| zone == own) {
                self.crash_one(cx, (number, i), signal);
            }
        }
    }

    /// An instance crashes, and its call is lost with it.
    fn crash_one<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, i): (usize, u32), signal: Signal) {
        let now = cx.now;
        let Some(population) = self.fleet.population(number) else { return };
        let Instance { stage, task: t, owner, .. } = population.instances[i as usize];
        match stage {
            Stage::Absent => {}
            Stage::Idle => {
                population.unlink(i);
                self.end_of_instance(cx, number, i);
            }
            Stage::Busy => {
                population.instances[i as usize].is_doomed = true;
                self.break_off(cx, t);
                self.lose(cx, t, signal);
            }
            Stage::Starting => {
                population.metrics.starting.down(now);
                // It never was up.
                self.record.services[number].replicas_up.up(now);
                self.end_of_instance(cx, number, i);
                if t != TaskId::NONE {
                    self.lose_waiting_call(cx, (t, owner), number);
                    self.lose(cx, t, signal);
                }
            }
        }
    }

    /// A call leaves that waits for its instance to start.
    fn lose_waiting_call<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, owner): (TaskId, u32),
        number: usize,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(settings) = settings(plan, number) else { return };
        let was_full = !self.fleet.has_room_for_call(settings.account);
        if let Some(population) = self.fleet.population(number) {
            if let Some(learning) = &mut population.learning {
                learning.call_ends(owner, now);
            }
            population.requests -= 1;
            let requests = population.requests;
            self.record.note_concurrency(number, requests);
        }
        self.record.services[number].queue.down(now);
        self.note_wait(t, now);
        self.left(cx, t);
        self.give_room_of_call(cx, settings.account, was_full);
    }

    /// An instance may fail by itself now.
    pub(in crate::engine) fn instance_fails<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, i): (u32, u32),
    ) {
        let (number, at) = (number as usize, SimTime::from_nanos(cx.now));
        let Some(population) = self.fleet.population(number) else { return };
        let Failure { at: due, process } = population.failures[i as usize];
        if due != cx.now || population.instances[i as usize].stage == Stage::Absent {
            // It was gone before; who has its record now fails at a time of its own.
            return;
        }
        let plan = cx.plan;
        let FaultKind::Crash(crash) = &plan.fault(process).kind else { return };
        let (fault, unit) = (plan.processes[process as usize].fault, plan.processes[process as usize].unit);
        self.record.note_instant_fault(cx, (plan, fault, unit), at);
        if at >= plan.span.transient && at < plan.span.horizon {
            self.incidents.monitors.note_fault(plan, process);
        }
        self.crash_one(cx, (number, i), crash.signal);
    }
}
