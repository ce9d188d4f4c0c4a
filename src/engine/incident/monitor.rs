//! Monitors: looks at parts, and numbers period by period, raise alarms and find faults.
//!
//! While what a poll looks at has no fault that it could find, and sound parts raise no alarm, a look changes nothing, so
//! none is planned; looks go on, in their rhythm, when a fault strikes.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::record::number::{Ended, Numbers, value};
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::measure::MonitorMeasure;
use crate::model::fault::Detection;
use crate::model::monitoring::alarm::{AlarmRun, AlarmState};
use crate::model::monitoring::monitor::{Action, Alarm, MonitorKind, Poll, Rhythm};
use crate::units::{MonitorId, SimTime};
use rand::RngExt;

/// All monitors while they run.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Monitors {
    lookouts: Vec<Lookout>,
    /// The lookouts of each replica.
    places: Vec<Vec<u32>>,
    pub(in crate::engine) measures: Vec<MonitorMeasure>,
    /// What attempts at each service came to, where a monitor asks for it.
    pub(in crate::engine) ended: Vec<Ended>,
}

/// One unit of a poll, or an alarm.
#[derive(Debug, Clone)]
struct Lookout {
    monitor: u32,
    /// Of a poll, the unit.
    unit: usize,
    /// What names the monitor, and this part of it.
    monitor_key: u64,
    key: u64,
    /// Times that a look was planned.
    planned: u64,
    is_awake: bool,
    /// Looks in a row that found fault.
    in_a_row: u32,
    /// Keys of the faults that it found and that last.
    found: Vec<u64>,
    /// Of an alarm, its periods, and the numbers at the end of the last.
    alarm: Option<(AlarmRun, Numbers)>,
}

impl Monitors {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        let mut monitors = Self {
            lookouts: Vec::new(),
            places: if plan.system.monitors.is_empty() {
                Vec::new()
            } else {
                vec![Vec::new(); plan.replicas.len()]
            },
            measures: vec![MonitorMeasure::default(); plan.system.monitors.len()],
            ended: vec![Ended::default(); plan.services.len()],
        };
        for (number, monitor) in plan.system.monitors.iter().enumerate() {
            let monitor_key = streams.key(Purpose::Monitor, named(&monitor.name));
            let lookout = |unit: usize| Lookout {
                monitor: number as u32,
                unit,
                monitor_key,
                key: mix(monitor_key, unit as u64),
                planned: 0,
                is_awake: false,
                in_a_row: 0,
                found: Vec::new(),
                alarm: None,
            };
            match &monitor.kind {
                MonitorKind::Poll(poll) => {
                    for (unit, replicas) in poll.units.iter().enumerate() {
                        let place = monitors.lookouts.len() as u32;
                        monitors.lookouts.push(lookout(unit));
                        for one in replicas {
                            monitors.places[one.index()].push(place);
                        }
                    }
                }
                MonitorKind::Alarm(alarm) => {
                    let run = AlarmRun::new(alarm.rule);
                    let alarm = Some((run, Numbers::default()));
                    monitors.lookouts.push(Lookout { alarm, ..lookout(0) });
                }
            }
        }
        monitors
    }
}

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

impl Monitors {
    /// Whether a monitor's alarm is raised.
    pub(in crate::engine) fn is_raised(&self, plan: &Plan, monitor: MonitorId) -> bool {
        let mut lookouts = self.lookouts.iter().filter(|lookout| lookout.monitor == monitor.0);
        lookouts.any(|lookout| match &lookout.alarm {
            Some((run, _)) => run.state() == AlarmState::Alarm,
            None => poll_of(plan, lookout).is_some_and(|poll| lookout.in_a_row >= poll.after),
        })
    }
}

impl Incidents {
    /// Whether a poll can see a fault at all.
    fn is_covered(&self, lookout: &Lookout, poll: &Poll, a: IncidentId) -> bool {
        let key = mix(lookout.monitor_key, self.active[a].key);
        draw(key, Purpose::Coverage).random::<f64>() < poll.coverage.get()
    }

    /// A monitor raises an alarm.
    fn raise<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, is_false: bool) {
        let now = cx.now;
        let monitor = self.monitors.lookouts[place as usize].monitor;
        if cx.clock.is_measuring {
            let metrics = &mut self.monitors.measures[monitor as usize];
            metrics.alarms += 1;
            metrics.alarms_false += u64::from(is_false);
        }
        if L::LISTENS {
            cx.listener.note(SimTime::from_nanos(now), Note::AlarmRaised { monitor });
        }
    }
}

/// Plans the end of an alarm's next period.
fn plan_period<L: Listener>(cx: &mut Cx<'_, L>, alarm: &Alarm, place: u32) {
    let end = SimTime::from_nanos(cx.now) + alarm.period;
    cx.clock.calendar.plan_rare(end, Rank::Check, Rare::Period(place));
}

impl State {
    /// Plans the first looks and periods.
    pub(in crate::engine) fn start_monitors<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        for place in 0..self.incidents.monitors.lookouts.len() as u32 {
            match &plan.system.monitors[self.incidents.monitors.lookouts[place as usize].monitor as usize]
                .kind
            {
                MonitorKind::Poll(_) => self.plan_look(cx, place, 0),
                MonitorKind::Alarm(alarm) => plan_period(cx, alarm, place),
            }
        }
    }

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
    fn plan_look<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, from: u64) {
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
        lookout.found.retain(|key| keys.contains(key));
        lookout.in_a_row =
            if seen.is_empty() && !is_mistaken { 0 } else { lookout.in_a_row.saturating_add(1) };
        let in_a_row = lookout.in_a_row;
        if in_a_row == poll.after {
            self.incidents.raise(cx, place, lasting.is_empty());
            let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
            self.heed_alarm(cx, MonitorId(monitor));
        }
        if in_a_row >= poll.after {
            self.find(cx, place, &seen);
        }
        self.plan_look(cx, place, now + 1);
    }

    /// A monitor whose alarm is raised finds these faults.
    fn find<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, seen: &[IncidentId]) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.incidents.monitors.lookouts[place as usize].monitor;
        for a in seen {
            let incident = &self.incidents.active[*a];
            let (key, process) = (incident.key, incident.process);
            let lookout = &mut self.incidents.monitors.lookouts[place as usize];
            if !incident.is_live || lookout.found.contains(&key) {
                continue;
            }
            lookout.found.push(key);
            if incident.is_measured && now < plan.span.horizon.as_nanos() {
                let metrics = &mut self.incidents.monitors.measures[number as usize];
                metrics.found += 1;
                metrics.delay += u128::from(SimTime::from_nanos(now).since(incident.start).as_nanos());
            }
            let names_it = matches!(&plan.fault(process).detection, Detection::Monitors(named) if named.contains(&MonitorId(number)));
            if names_it && plan.system.monitors[number as usize].action == Action::Recover {
                self.detect(cx, *a);
            }
        }
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

    /// A period of an alarm ends.
    pub(in crate::engine) fn end_period<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        let MonitorKind::Alarm(alarm) = &plan.system.monitors[monitor as usize].kind else { return };
        let numbers = self.numbers(alarm.service.index(), now);
        let Some((run, before)) = &mut self.incidents.monitors.lookouts[place as usize].alarm else { return };
        let value = value(alarm.signal, before, &numbers, alarm.period);
        *before = numbers;
        if run.note(value.map(|value| alarm.wrong.holds(value))) {
            let active = &self.incidents.active;
            let live: Vec<IncidentId> = active.ids().filter(|one| active[*one].is_live).collect();
            let keys: Vec<u64> = live.iter().map(|one| self.incidents.active[*one].key).collect();
            self.incidents.monitors.lookouts[place as usize].found.retain(|key| keys.contains(key));
            self.incidents.raise(cx, place, live.is_empty());
            self.find(cx, place, &live);
            self.heed_alarm(cx, MonitorId(monitor));
        }
        plan_period(cx, alarm, place);
    }

    pub(in crate::engine) fn numbers(&self, service: usize, now: u64) -> Numbers {
        let metrics = &self.record.services[service];
        let queue = self.record.events.get(self.fleet.services[service].takes_from as usize);
        Numbers {
            ended: self.incidents.monitors.ended[service],
            busy: metrics.busy.integral(now),
            available: metrics.available.integral(now),
            queue: metrics.queue.integral(now),
            inside: metrics.inside.integral(now),
            backlog: queue.map_or(0, |queue| queue.backlog.integral(now)),
            up: metrics.replicas_up.integral(now),
        }
    }
}

fn poll_of<'p>(plan: &'p Plan, lookout: &Lookout) -> Option<&'p Poll> {
    match &plan.system.monitors[lookout.monitor as usize].kind {
        MonitorKind::Poll(poll) => Some(poll),
        MonitorKind::Alarm(_) => None,
    }
}
