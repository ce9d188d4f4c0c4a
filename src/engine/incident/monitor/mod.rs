//! Monitors: looks at parts, numbers period by period and rules on others raise alarms and find faults.

pub(super) mod decide;
pub(super) mod forecast;
pub(super) mod poll;
pub(super) mod watch;

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::monitor::decide::{Decision, Finding};
use crate::engine::incident::monitor::forecast::ForecastRun;
use crate::engine::incident::monitor::watch::WatchRun;
use crate::engine::incident::notice::Concern;
use crate::engine::incident::process::ActiveIncident;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::record::number::Ended;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, Streams, mix};
use crate::measure::MonitorMeasure;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::monitor::{MonitorKind, Times};
use crate::model::monitoring::signal::Watched;
use crate::reason::Reason;
use crate::units::{MonitorId, SimTime};

/// All monitors while they run.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Monitors {
    lookouts: Vec<Lookout>,
    /// The lookouts of each replica.
    places: Vec<Vec<u32>>,
    /// How many lookouts of each monitor say that something is wrong.
    raised: Vec<u32>,
    /// Alarms that somebody will act on, and how many there were so far.
    decisions: Vec<Decision>,
    decided: u32,
    pub(in crate::engine) measures: Vec<MonitorMeasure>,
    /// What attempts at each service and then requests of each client came to, where a monitor asks for it.
    pub(in crate::engine) ended: Vec<Ended>,
    /// The single latencies of the present period, for each of the same that monitors keep them for.
    taps: Vec<Vec<Tap>>,
    /// The lookouts that foresee strikes of each process; empty where nobody does.
    forecasts: Vec<Vec<u32>>,
    /// What each is about.
    concerns: Vec<Concern>,
}

/// Latencies that a monitor keeps until its period ends.
#[derive(Debug, Clone)]
struct Tap {
    place: u32,
    latencies: Vec<u64>,
}

/// One unit of a poll, or a monitor of any other kind.
#[derive(Debug, Clone)]
struct Lookout {
    monitor: u32,
    /// Of a poll, the unit.
    unit: usize,
    /// What names the monitor, and this part of it.
    monitor_key: u64,
    key: u64,
    /// What it says.
    state: AlarmState,
    /// Of one that looks at no part, whether its alarm was raised and has not been over since: unknown is not over; and
    /// whether no fault lasted when it was.
    is_open: bool,
    is_false: bool,
    /// How often somebody was to hear of it.
    responses: u64,
    /// Times that a look was planned.
    planned: u64,
    is_awake: bool,
    /// Looks in a row that found fault.
    in_a_row: u32,
    /// Keys of the faults that it found and that last.
    found: Vec<u64>,
    /// Keys of those of them that somebody has heard of, or is to hear of.
    handed: Vec<u64>,
    /// Of one that watches a number, what it has seen.
    watch: Option<Box<WatchRun>>,
    /// Of one that foresees the strikes of a unit, what it says of that.
    forecast: Option<Box<ForecastRun>>,
}

impl Lookout {
    /// Forgets all faults that it found but these.
    fn keep_found(&mut self, keys: &[u64]) {
        for all in [&mut self.found, &mut self.handed] {
            all.retain(|key| keys.contains(key));
        }
    }
}

impl Monitors {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        let parts = plan.services.len() + plan.system.clients.len();
        let mut monitors = Self {
            lookouts: Vec::new(),
            places: if plan.system.monitors.is_empty() {
                Vec::new()
            } else {
                vec![Vec::new(); plan.replicas.len()]
            },
            raised: vec![0; plan.system.monitors.len()],
            decisions: Vec::new(),
            decided: 0,
            measures: vec![MonitorMeasure::default(); plan.system.monitors.len()],
            ended: vec![Ended::default(); parts],
            taps: vec![Vec::new(); if plan.system.monitors.is_empty() { 0 } else { parts }],
            forecasts: Vec::new(),
            concerns: plan.system.monitors.iter().map(|one| Concern::of(plan, one)).collect(),
        };
        for (number, monitor) in plan.system.monitors.iter().enumerate() {
            let monitor_key = streams.key(Purpose::Monitor, named(&monitor.name));
            let lookout = |unit: usize, state: AlarmState| Lookout {
                monitor: number as u32,
                unit,
                monitor_key,
                key: mix(monitor_key, unit as u64),
                state,
                is_open: false,
                is_false: false,
                responses: 0,
                planned: 0,
                is_awake: false,
                in_a_row: 0,
                found: Vec::new(),
                handed: Vec::new(),
                watch: None,
                forecast: None,
            };
            let place = monitors.lookouts.len() as u32;
            match &monitor.kind {
                MonitorKind::Poll(poll) => {
                    for ((unit, replicas), place) in poll.units.iter().enumerate().zip(place..) {
                        monitors.lookouts.push(lookout(unit, AlarmState::Ok));
                        for one in replicas {
                            monitors.places[one.index()].push(place);
                        }
                    }
                }
                MonitorKind::Watch(watch) => {
                    let run = Some(Box::new(WatchRun::new(watch)));
                    monitors.lookouts.push(Lookout { watch: run, ..lookout(0, AlarmState::Unknown) });
                    if watch::keeps_latencies(watch) {
                        let tap = Tap { place, latencies: Vec::new() };
                        monitors.taps[part(plan, watch.of)].push(tap);
                    }
                }
                MonitorKind::Forecast(forecast) => {
                    monitors.forecasts.resize(plan.processes.len(), Vec::new());
                    let first = plan.processes.partition_point(|one| one.fault < forecast.fault);
                    for unit in 0..plan.system.faults[forecast.fault as usize].units.len() {
                        let process = (first + unit) as u32;
                        let run = Some(Box::new(ForecastRun::new(plan, forecast, process)));
                        monitors.forecasts[process as usize].push(monitors.lookouts.len() as u32);
                        monitors.lookouts.push(Lookout { forecast: run, ..lookout(unit, AlarmState::Ok) });
                    }
                }
                MonitorKind::Composite(_) | MonitorKind::Schedule(_) => {
                    monitors.lookouts.push(lookout(0, AlarmState::Unknown));
                }
            }
        }
        monitors
    }

    /// A measured fault strikes: those who look where it does, or watch what it concerns, could find it.
    pub(in crate::engine) fn note_fault(&mut self, plan: &Plan, process: u32) {
        let unit = plan.processes[process as usize].unit as usize;
        let struck = &plan.fault(process).units[unit].replicas;
        for (number, monitor) in plan.system.monitors.iter().enumerate() {
            let looks = match monitor.kind {
                MonitorKind::Poll(_) => struck.iter().any(|replica| {
                    let mut places = self.places[replica.index()].iter();
                    places.any(|place| self.lookouts[*place as usize].monitor as usize == number)
                }),
                MonitorKind::Watch(_) | MonitorKind::Composite(_) => {
                    self.watches(plan, number as u32, process)
                }
                MonitorKind::Forecast(ref forecast) => {
                    forecast.fault == plan.processes[process as usize].fault
                }
                MonitorKind::Schedule(_) => false,
            };
            self.measures[number].faults += u64::from(looks);
        }
    }

    /// Whether a monitor's alarm is raised.
    pub(in crate::engine) fn is_raised(&self, monitor: MonitorId) -> bool {
        self.raised[monitor.index()] > 0
    }

    /// An attempt or a request ended at or for a watched part: why it failed, and after how long [ns], unless it has no
    /// latency that counts.
    pub(in crate::engine) fn note_ended(
        &mut self,
        part: usize,
        failure: Option<Reason>,
        latency: Option<u64>,
    ) {
        let sums = &mut self.ended[part];
        sums.all += 1;
        sums.failed += u64::from(failure.is_some_and(|reason| reason != Reason::ClientError));
        sums.throttled += u64::from(failure == Some(Reason::Throttled));
        if let Some(latency) = latency {
            sums.answered += 1;
            sums.latency += u128::from(latency);
            for tap in self.taps.get_mut(part).into_iter().flatten() {
                tap.latencies.push(latency);
            }
        }
    }
}

/// Where a part stands among all services and clients.
pub(in crate::engine) fn part(plan: &Plan, of: Watched) -> usize {
    match of {
        Watched::Service(service) => service.index(),
        Watched::Client(client) => plan.services.len() + client.index(),
    }
}

impl Incidents {
    /// A lookout says something, perhaps anew; what it said before.
    fn say<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, state: AlarmState) -> AlarmState {
        let lookout = &mut self.monitors.lookouts[place as usize];
        let (monitor, before) = (lookout.monitor, std::mem::replace(&mut lookout.state, state));
        if before == state {
            return before;
        }
        let raised = &mut self.monitors.raised[monitor as usize];
        *raised = *raised + u32::from(state == AlarmState::Alarm) - u32::from(before == AlarmState::Alarm);
        if L::LISTENS {
            cx.listener.note(SimTime::from_nanos(cx.now), Note::AlarmChanged { monitor, state });
        }
        self.wake_composites(cx, MonitorId(monitor));
        before
    }

    /// Whether an incident still is the one with a key.
    pub(super) fn is_that(&self, a: IncidentId, key: u64) -> bool {
        let incident = &self.active[a];
        incident.is_live && incident.key == key
    }

    /// Those who follow from a monitor are judged behind all else of the instant.
    fn wake_composites<L: Listener>(&mut self, cx: &mut Cx<'_, L>, monitor: MonitorId) {
        let plan = cx.plan;
        for (lookout, place) in self.monitors.lookouts.iter_mut().zip(0..) {
            let kind = &plan.system.monitors[lookout.monitor as usize].kind;
            let MonitorKind::Composite(rule) = kind else { continue };
            if rule.asks(monitor) && !std::mem::replace(&mut lookout.is_awake, true) {
                let now = SimTime::from_nanos(cx.now);
                cx.clock.calendar.plan_rare(now, Rank::Check, Rare::Judge(place));
            }
        }
    }

    /// Counts an alarm that was raised.
    fn count_alarm<L: Listener>(&mut self, cx: &Cx<'_, L>, place: u32, is_false: bool) {
        let monitor = self.monitors.lookouts[place as usize].monitor;
        if cx.clock.is_measuring {
            let metrics = &mut self.monitors.measures[monitor as usize];
            metrics.alarms += 1;
            metrics.alarms_false += u64::from(is_false);
        }
    }

    /// Plans the next of the times at which a schedule acts.
    fn plan_time<L: Listener>(&mut self, cx: &mut Cx<'_, L>, times: &Times, place: u32) {
        let lookout = &mut self.monitors.lookouts[place as usize];
        if let Some(at) = times.nth(lookout.planned) {
            lookout.planned += 1;
            cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Judge(place));
        }
    }

    /// A monitor whose alarm is raised finds these faults; those that name it or about which it does something, and that it had
    /// not found, or that nobody has heard of where its alarm is raised anew.
    fn find<L: Listener>(
        &mut self,
        cx: &Cx<'_, L>,
        place: u32,
        (seen, is_anew): (&[IncidentId], bool),
    ) -> Vec<Finding> {
        let (plan, now) = (cx.plan, cx.now);
        let mut found = Vec::new();
        let number = self.monitors.lookouts[place as usize].monitor;
        for a in seen {
            let incident = &self.active[*a];
            let (key, process) = (incident.key, incident.process);
            let lookout = &mut self.monitors.lookouts[place as usize];
            let was_found = lookout.found.contains(&key);
            if !incident.is_live || was_found && (!is_anew || lookout.handed.contains(&key)) {
                continue;
            }
            if !was_found {
                lookout.found.push(key);
            }
            let is_counted = incident.is_measured && now < plan.span.horizon.as_nanos();
            if !was_found && is_counted && self.monitors.watches(plan, number, process) {
                let found_by = &mut self.active[*a].found_by;
                let is_new = !found_by.contains(&number);
                if is_new {
                    found_by.push(number);
                }
                let incident = &self.active[*a];
                let metrics = &mut self.monitors.measures[number as usize];
                metrics.recalled += u64::from(is_new);
                metrics.found += 1;
                metrics.delay += u128::from(SimTime::from_nanos(now).since(incident.start).as_nanos());
            }
            let names_it = plan.fault(process).is_found_by(MonitorId(number));
            if names_it || self.monitors.acts_on(plan, number, process) {
                found.push(Finding { a: *a, key, names_it });
            }
        }
        found
    }
}

impl State {
    /// Plans the first looks and periods.
    pub(in crate::engine) fn start_monitors<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        for place in 0..self.incidents.monitors.lookouts.len() as u32 {
            let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
            match &plan.system.monitors[monitor as usize].kind {
                MonitorKind::Poll(_) => self.plan_look(cx, place, 0),
                MonitorKind::Watch(watch) => watch::plan_period(cx, watch, place),
                MonitorKind::Composite(_) => {}
                MonitorKind::Forecast(_) => self.incidents.start_forecast(cx, place),
                MonitorKind::Schedule(times) => self.incidents.plan_time(cx, times, place),
            }
        }
    }

    /// The time has come to judge what is there.
    pub(in crate::engine) fn judge<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        match &cx.plan.system.monitors[monitor as usize].kind {
            MonitorKind::Composite(rule) => {
                self.incidents.monitors.lookouts[place as usize].is_awake = false;
                let raised = &self.incidents.monitors.raised;
                let holds = rule.holds(&|one| raised[one.0 as usize] > 0);
                self.say_of_all(cx, place, if holds { AlarmState::Alarm } else { AlarmState::Ok });
            }
            MonitorKind::Watch(watch) => self.judge_in_time(cx, (watch, place)),
            MonitorKind::Schedule(times) => {
                self.respond(cx, place, (Vec::new(), false));
                self.incidents.plan_time(cx, times, place);
            }
            MonitorKind::Forecast(_) => self.judge_forecast(cx, place),
            MonitorKind::Poll(_) => {}
        }
    }

    /// A monitor that looks at no part by itself says something: an alarm finds all faults that last and that it is about.
    fn say_of_all<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32, state: AlarmState) {
        let plan = cx.plan;
        let before = self.incidents.say(cx, place, state);
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        if state != AlarmState::Alarm {
            if state == AlarmState::Ok && std::mem::take(&mut lookout.is_open) {
                self.alarm_over(cx, place);
            }
            return;
        }
        lookout.is_open = true;
        let monitor = lookout.monitor;
        let is_raised = before != AlarmState::Alarm;
        if !is_raised && !plan.system.monitors[monitor as usize].response.repeats {
            return;
        }
        let active = &self.incidents.active;
        let is_its = |one: &ActiveIncident| {
            let monitors = &self.incidents.monitors;
            let names_it = plan.fault(one.process).is_found_by(MonitorId(monitor));
            one.is_live && (names_it || monitors.is_about(plan, monitor, one.process))
        };
        let live: Vec<IncidentId> = active.ids().filter(|one| is_its(&active[*one])).collect();
        let watches = |a: &IncidentId| self.incidents.monitors.watches(plan, monitor, active[*a].process);
        let is_without_fault = !live.iter().any(watches);
        let keys: Vec<u64> = live.iter().map(|one| active[*one].key).collect();
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        lookout.keep_found(&keys);
        if is_raised {
            lookout.is_false = is_without_fault;
            self.incidents.count_alarm(cx, place, is_without_fault);
            let told = self.incidents.told_of(place);
            self.incidents.back(|one| told.contains(&one.key));
        }
        let is_false = self.incidents.monitors.lookouts[place as usize].is_false;
        let found = self.incidents.find(cx, place, (&live, true));
        self.respond(cx, place, (found, is_false));
    }
}
