//! Faults strike units, and end.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::process::{ActiveIncident, Extent};
use crate::engine::incident::{Incidents, setup};
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, Plan};
use crate::engine::random::named;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::replica::rollout::Release;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::{Culprit, Incident, Subject};
use crate::model::fault::{Detection, FaultKind, FaultStart, Occurrence, Recovers, Trigger};
use crate::model::fleet::Life;
use crate::units::{ReplicaId, SimDuration, SimTime};

/// The key of what a fault does to one replica: named by its service and its number there, so that no other service changes it.
fn key_of(plan: &Plan, key: u64, r: u32) -> u64 {
    let service = plan.replicas[r as usize].service as usize;
    let local = r - plan.services[service].first;
    mix(mix(key, named(&plan.system.services[service].name)), u64::from(local))
}

impl Fleet {
    /// Whether a process strikes nobody but a replica that is not there.
    pub(super) fn is_without_unit(&self, plan: &Plan, process: u32) -> bool {
        plan.own_replica(process).is_some_and(|r| self.seats.life(r) == Life::Absent)
    }

    /// Whether a process strikes instances of a population, and so not the replica that stands for all of them.
    pub(super) fn is_crash_of_instances(&self, plan: &Plan, (process, r): (u32, u32)) -> bool {
        let service = self.replicas[r as usize].service as usize;
        self.services[service].is_population && matches!(plan.fault(process).kind, FaultKind::Crash(_))
    }
}

impl State {
    /// Whether an incident of a unit strikes a replica in it now: one of a fleet that changes may not be there, be
    /// elsewhere, or run something else.
    pub(super) fn strikes(&self, plan: &Plan, a: IncidentId, r: u32) -> bool {
        let place = plan.places[self.incidents.active[a].process as usize];
        let zone = self.fleet.seats.zones[r as usize];
        self.fleet.seats.life(r) != Life::Absent
            && self.runs_struck(a, r)
            && place.zone.is_none_or(|one| one == zone)
            && place.region.is_none_or(|one| one == plan.zone_regions[zone as usize])
            && self.fleet.seats.is_among(place.hosts, r)
    }
}

impl Incidents {
    /// Whether the fault of a process lasts.
    pub(super) fn is_active(&self, process: u32) -> bool {
        self.processes[process as usize].is_active
    }

    /// A process strikes once more; the key of that.
    fn begin_strike(&mut self, process: u32) -> u64 {
        let state = &mut self.processes[process as usize];
        let key = mix(state.key, u64::from(state.incidents));
        state.handle = None;
        state.is_active = true;
        state.incidents += 1;
        key
    }

    /// What strikes nobody but a replica, and whose effect is away just now.
    pub(in crate::engine) fn away_of(&self, plan: &Plan, r: u32) -> Vec<IncidentId> {
        let is_away = |a: &IncidentId| {
            let incident = &self.active[*a];
            incident.is_live && !incident.is_there() && plan.own_replica(incident.process) == Some(r)
        };
        self.active.ids().filter(is_away).collect()
    }

    /// Whether a process has struck a replica by itself and lasts, with an effect that comes and goes.
    fn is_away_from(&self, plan: &Plan, (process, r): (u32, u32)) -> bool {
        let strikes = |a: IncidentId| {
            let incident = &self.active[a];
            incident.is_live && incident.process == process && incident.only == Some(r)
        };
        plan.fault(process).flap.is_some() && self.active.ids().any(strikes)
    }

    /// What struck nobody but a replica that is gone ends with it.
    pub(in crate::engine) fn end_processes<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let plan = cx.plan;
        for process in plan.own_processes[r as usize].iter().copied() {
            if let Trigger::Random(_) = plan.fault(process).trigger {
                let state = &mut self.processes[process as usize];
                state.left = None;
                state.due = SimTime::NEVER;
                if let Some(handle) = state.handle.take() {
                    cx.clock.calendar.cancel(handle);
                }
                self.foresee(cx, process);
            }
        }
    }
}

impl Record {
    /// Notes the end of an incident, if it comes before the horizon.
    pub(in crate::engine) fn note_recovery(&mut self, plan: &Plan, record: u32, at: SimTime) {
        if let Some(one) = self.incidents.get_mut(record as usize).filter(|_| at < plan.span.horizon) {
            one.recovered = Some(at);
            one.requests_failed = self.failed - one.requests_failed;
        }
    }

    pub(in crate::engine) fn note_fault_time(
        &mut self,
        plan: &Plan,
        fault: u32,
        start: SimTime,
        end: SimTime,
    ) {
        let (transient, horizon) = (plan.span.transient, plan.span.horizon);
        self.parts.faults[fault as usize].add(false, start, end, transient, horizon);
    }

    /// Notes an incident that begins; its number, or none when there are too many or it is not measured.
    pub(in crate::engine) fn record_incident(
        &mut self,
        plan: &Plan,
        subject: Subject,
        cause: Option<Culprit>,
        at: SimTime,
    ) -> u32 {
        if at < plan.span.transient || at >= plan.span.horizon {
            return NONE;
        }
        if self.incidents.len() >= plan.span.incidents_max as usize {
            self.incidents_dropped += 1;
            return NONE;
        }
        // Until it ends, the field holds how many requests had failed when it began.
        let requests_failed = self.failed;
        self.incidents.push(Incident {
            subject,
            cause,
            start: at,
            detected: None,
            decided: None,
            mitigated: None,
            recovered: None,
            requests_failed,
        });
        self.incidents.len() as u32 - 1
    }
}

impl State {
    /// Plans the first strike of a process.
    pub(in crate::engine) fn start_process<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32) {
        let plan = cx.plan;
        match &plan.fault(process).trigger {
            Trigger::Random(_) if self.fleet.is_without_unit(plan, process) => {}
            // Each instance has a time of its own.
            Trigger::Random(_) if plan.is_of_instances(process) => {}
            Trigger::Random(_) => {
                let first = self.begin_random(cx, process, SimTime::ZERO);
                self.record.workload = mix(self.record.workload, first.as_nanos());
            }
            Trigger::Scheduled(_) | Trigger::Replayed(_) => {
                self.plan_occurrence(cx, process, SimTime::ZERO);
            }
            // Its deployment strikes, or a request does.
            Trigger::Released(_) | Trigger::Served | Trigger::Unanswered => {}
        }
    }

    /// The clock of a random process begins to run; the time that it shows.
    fn begin_random<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32, now: SimTime) -> SimDuration {
        let plan = cx.plan;
        let fault = plan.fault(process);
        let Trigger::Random(law) = &fault.trigger else { return SimDuration::MAX };
        let random = &mut draw(mix(self.incidents.processes[process as usize].key, 0), Purpose::Failure);
        let first = match fault.start {
            FaultStart::Aged if now == SimTime::ZERO => law.sample_residual(random),
            FaultStart::New | FaultStart::Aged => law.sample(random),
        };
        self.incidents.processes[process as usize].left = Some(first.as_nanos());
        self.turn_clock(cx, process, now);
        first
    }

    /// What strikes nobody but a replica that starts begins with it.
    pub(in crate::engine) fn begin_processes<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        r: u32,
        at: SimTime,
    ) {
        let plan = cx.plan;
        let generation = self.fleet.seats.all[r as usize].generation;
        for process in plan.own_processes[r as usize].iter().copied() {
            let trigger = &plan.fault(process).trigger;
            if matches!(trigger, Trigger::Random(_) | Trigger::Served | Trigger::Unanswered) {
                self.incidents.processes[process as usize] =
                    setup::process(plan, self.fleet.seats.streams, (process, generation));
            }
            if let Trigger::Random(_) = trigger {
                self.incidents.set_pace(plan, process);
                self.begin_random(cx, process, at);
            }
        }
    }

    /// A replica that starts meets what lasts where it is, in the order in which that began.
    pub(in crate::engine) fn meet_incidents(&mut self, plan: &Plan, r: u32) {
        let id = ReplicaId(r);
        let strikes = |a: &IncidentId| {
            let incident = &self.incidents.active[*a];
            let process = plan.processes[incident.process as usize];
            let unit = &plan.system.faults[process.fault as usize].units[process.unit as usize];
            incident.is_live
                && incident.only.is_none()
                && incident.is_there()
                && plan.own_replica(incident.process).is_none()
                && unit.replicas.contains(&id)
                && self.strikes(plan, *a, r)
        };
        let mut met: Vec<IncidentId> = self.incidents.active.ids().filter(strikes).collect();
        met.sort_by_key(|a| self.incidents.active[*a].start);
        let is_gray = |a: &IncidentId| plan.fault(self.incidents.active[*a].process).is_gray();
        let (gray, met): (Vec<IncidentId>, Vec<IncidentId>) = met.into_iter().partition(is_gray);
        self.fleet.conditions[r as usize].incidents = met;
        for a in gray {
            self.fleet.turn_gray(r, a, true);
        }
    }

    fn occurrences(plan: &Plan, process: u32) -> &[Occurrence] {
        match &plan.fault(process).trigger {
            Trigger::Random(_) | Trigger::Released(_) | Trigger::Served | Trigger::Unanswered => &[],
            Trigger::Scheduled(all) => all,
            Trigger::Replayed(units) => {
                units.get(plan.processes[process as usize].unit as usize).map_or(&[], Vec::as_slice)
            }
        }
    }

    /// Plans the next given occurrence at or after `now`; those that fell into the last one are over.
    fn plan_occurrence<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32, now: SimTime) {
        let plan = cx.plan;
        let all = Self::occurrences(plan, process);
        let state = &mut self.incidents.processes[process as usize];
        // What poison strikes has no instants, and may have been struck before.
        let rest = all.get(state.occurrence..).unwrap_or_default();
        let Some(skipped) = rest.iter().position(|one| one.at >= now) else {
            state.due = SimTime::NEVER;
            return;
        };
        state.occurrence += skipped;
        state.due = all[state.occurrence].at;
        state.handle = cx.clock.calendar.plan_rare(state.due, Rank::Fault, Rare::Fault(process));
        self.incidents.foresee(cx, process);
    }

    /// A replica became busy or idle, or began or ceased to work: stoppable clocks follow.
    #[inline(never)]
    pub(in crate::engine) fn turn_clocks<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        for process in &plan.clocked[r as usize] {
            self.turn_clock(cx, *process, SimTime::from_nanos(now));
        }
    }

    /// A fault strikes its unit.
    pub(in crate::engine) fn strike<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let fault = plan.fault(process);
        if self.fleet.is_without_unit(plan, process) {
            // It was to strike at a given time, and finds nobody.
            self.incidents.processes[process as usize].occurrence += 1;
            return self.plan_occurrence(cx, process, at);
        }
        let key = self.incidents.begin_strike(process);
        let state = &mut self.incidents.processes[process as usize];
        let given = Self::occurrences(plan, process).get(state.occurrence).copied();
        state.occurrence += usize::from(given.is_some());
        let lasts = given.and_then(|one| one.lasts);
        if fault.recovers == Recovers::Together {
            let a = self.begin_incident(cx, (process, key), (None, None));
            self.look_after(cx, a, lasts);
            return self.forecasts_met(cx, process, &[a]);
        }
        let unit = &fault.units[plan.processes[process as usize].unit as usize];
        let mut begun = Vec::new();
        for replica in &unit.replicas {
            let r = replica.0;
            // What is down already does not go down again, and what this still strikes is not struck twice.
            if self.fleet.is_sound(r) && !self.incidents.is_away_from(plan, (process, r)) {
                let a = self.begin_incident(cx, (process, key_of(plan, key, r)), (Some(r), None));
                self.look_after(cx, a, lasts);
                begun.push(a);
            }
        }
        self.forecasts_met(cx, process, &begun);
        self.await_next(cx, process);
    }

    /// A release is bad from now on; what lasts because of it, unless that is over at once.
    pub(super) fn strike_release<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        process: u32,
        release: Release,
    ) -> Option<IncidentId> {
        let key = self.incidents.begin_strike(process);
        let a = self.begin_incident(cx, (process, key), (None, Some(release)));
        self.look_after(cx, a, None);
        let incident = &self.incidents.active[a];
        (incident.is_live && incident.key == key).then_some(a)
    }

    /// An incident begins, of the whole unit of a process, of one replica in it, or of those that run one release.
    fn begin_incident<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (process, key): (u32, u64),
        (only, release): (Option<u32>, Option<Release>),
    ) -> IncidentId {
        let (plan, at) = (cx.plan, SimTime::from_nanos(cx.now));
        let (number, unit) = (plan.processes[process as usize].fault, plan.processes[process as usize].unit);
        if L::LISTENS {
            cx.listener.note(at, Note::FaultBegan { fault: number, unit });
        }
        let culprit = Some(Culprit::Fault(number));
        let subject = only.map_or(Subject::Fault(number, unit), |r| Subject::Struck(number, r));
        let record = self.record.record_incident(plan, subject, culprit, at);
        let is_measured = at >= plan.span.transient && at < plan.span.horizon;
        let incident = ActiveIncident::begun((process, key), at, (record, is_measured));
        let a = self.incidents.active.keep(ActiveIncident { only, release, ..incident });
        if is_measured {
            self.record.parts.faults[number as usize].incidents += 1;
            self.incidents.monitors.note_fault(plan, process);
        }
        self.raise_others(cx, a, true);
        if self.destroy(cx, a) {
            self.take_hold(cx, a);
        }
        a
    }

    /// What is to end an incident that has begun is planned.
    pub(super) fn look_after<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        a: IncidentId,
        lasts: Option<SimDuration>,
    ) {
        let (plan, at) = (cx.plan, SimTime::from_nanos(cx.now));
        let incident = &self.incidents.active[a];
        // Who was to go may have been all that it struck, and of what nobody notices nobody knows.
        if !incident.is_live || incident.is_silent() {
            return;
        }
        let key = incident.key;
        let fault = plan.fault(incident.process);
        if let Some(lasts) = lasts {
            self.incidents.active[a].end =
                cx.clock.calendar.plan_rare(at + lasts, Rank::Repair, Rare::Ended(a));
        }
        self.incidents.plan_flap(cx, a);
        self.incidents.plan_leak(cx, a);
        match &fault.detection {
            Detection::Immediate => self.detect(cx, a),
            Detection::After(law) => {
                let wait = law.sample(&mut draw(key, Purpose::Detection));
                self.incidents.active[a].detection =
                    cx.clock.calendar.plan_rare(at + wait, Rank::Check, Rare::Detected(a));
            }
            // Whoever notices it acts then; nothing waits for that.
            Detection::Unsaid => self.begin_known(cx, a),
            Detection::HealthCheck | Detection::Liveness | Detection::Monitors(_) => {}
        }
        if fault.passes {
            self.begin_recovery(cx, a);
        }
    }

    /// A fault that is over at its unit may come again.
    fn await_next<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32) {
        let at = SimTime::from_nanos(cx.now);
        let state = &mut self.incidents.processes[process as usize];
        state.is_active = false;
        if let Trigger::Random(law) = &cx.plan.fault(process).trigger {
            let key = mix(state.key, u64::from(state.incidents));
            state.left = Some(law.sample(&mut draw(key, Purpose::Failure)).as_nanos());
            self.turn_clock(cx, process, at);
        } else {
            self.plan_occurrence(cx, process, at);
        }
    }

    /// A fault is over.
    pub(in crate::engine) fn end_incident<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let (plan, now) = (cx.plan, cx.now);
        let incident = &mut self.incidents.active[a];
        if !std::mem::take(&mut incident.is_live) {
            return;
        }
        let at = SimTime::from_nanos(now);
        let was_there = incident.is_there();
        let shows = incident.silence.take().and_then(|silence| silence.0);
        let (flap, leak) = (incident.flap.take(), incident.leak.take());
        for handle in [flap, leak, shows, incident.detection.take()].into_iter().flatten() {
            cx.clock.calendar.cancel(handle);
        }
        self.end_destroyed(cx, a);
        let incident = &self.incidents.active[a];
        let extent = incident.extent(plan);
        let Extent { process, only, .. } = extent;
        let was_known = incident.is_known();
        let (start, detected, record, is_measured) =
            (incident.start, incident.detected, incident.record, incident.is_measured);
        let (decided, mitigated) = (incident.decision(), incident.mitigated.unwrap_or(at));
        // What happens after the horizon depends on how long the drain lasts, so it is not told.
        let detected = detected.filter(|at| *at < plan.span.horizon);
        let (number, unit) = (plan.processes[process as usize].fault, plan.processes[process as usize].unit);
        self.incidents.active.give_back(a);
        if let Some(failures) = self.incidents.processes[process as usize].failures.get_mut(&only) {
            failures.end(at);
        }
        self.record.note_fault_time(plan, number, start, at);
        if at >= plan.span.transient && at < plan.span.horizon {
            self.record.parts.faults[number as usize].ended += 1;
        }
        if is_measured && let Some(detected) = detected {
            let time = &mut self.record.parts.faults[number as usize];
            time.undetected += u128::from(detected.since(start).as_nanos());
            time.detected += 1;
            if let Some(decided) = decided.filter(|_| at < plan.span.horizon) {
                let instants = [start, detected, decided, mitigated, at];
                self.record.parts.stages[number as usize].add(instants);
            }
        }
        if let Some(one) = self.record.incidents.get_mut(record as usize) {
            one.detected = detected;
            one.decided = decided.filter(|at| *at < plan.span.horizon);
            one.mitigated = Some(mitigated).filter(|at| *at < plan.span.horizon);
        }
        self.record.note_recovery(plan, record, at);
        if L::LISTENS {
            cx.listener.note(at, Note::FaultEnded { fault: number, unit });
        }
        self.raise_others(cx, a, false);
        if was_there {
            self.let_go(cx, a, extent);
        }
        if was_known {
            self.turn_zones(cx, process, false);
        }
        if only.is_none() {
            self.await_next(cx, process);
        }
    }

    /// Notes what is known, when the measured part ends, of faults that last on.
    pub(in crate::engine) fn note_lasting(&mut self) {
        for incident in self.incidents.active.all().iter().filter(|one| one.is_live) {
            if let Some(one) = self.record.incidents.get_mut(incident.record as usize) {
                (one.detected, one.decided, one.mitigated) =
                    (incident.detected, incident.decision(), incident.mitigated);
            }
        }
    }

    /// Counts how long what is not detected yet has lasted when the measured part ends: left out, the slow ones would be
    /// missing in the mean.
    pub(in crate::engine) fn count_undetected(&mut self, plan: &Plan, end: SimTime) {
        let open = self
            .incidents
            .active
            .all()
            .iter()
            .filter(|one| one.is_live && one.is_measured && one.detected.is_none());
        for incident in open {
            let fault = plan.processes[incident.process as usize].fault;
            self.record.parts.faults[fault as usize].undetected +=
                u128::from(end.since(incident.start).as_nanos());
        }
    }
}
