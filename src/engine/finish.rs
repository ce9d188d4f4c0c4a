//! What a world leaves behind when its run is over.

use std::collections::BTreeMap;

use crate::engine::bill::{Bill, Used};
use crate::engine::event::Clock;
use crate::engine::knowledge::dns::NameState;
use crate::engine::plan::Plan;
use crate::engine::record::metrics::ClientMetrics;
use crate::engine::record::part::{Part, Parts};
use crate::engine::replica::Fleet;
use crate::engine::traffic::cache::Caches;
use crate::engine::world::{State, World};
use crate::kernel::stream::mix;
use crate::measure::{
    AnswerMeasure, ClientMeasure, Culprit, DeployMeasure, DnsMeasure, FleetMeasure, Incident, LedAstray,
    Measurements, MonitorMeasure, PopulationMeasure, ServiceMeasure, Subject, TimelineRow, UpTime,
    VersionMeasure,
};
use crate::units::SimTime;

/// What is measured and stands nowhere else.
struct Left {
    parts: Parts,
    faults: Vec<UpTime>,
    monitors: Vec<MonitorMeasure>,
    deploys: Vec<DeployMeasure>,
    dns: Vec<DnsMeasure>,
    answers: Vec<AnswerMeasure>,
    incidents: Vec<Incident>,
    incidents_dropped: u64,
}

/// Outages are detected, decided about and mitigated with what is behind them: the latest fault of those that began before
/// them, or what that is of a part on which they depend. Of several that began at one instant it is the one detected first.
fn with_outages_told(mut incidents: Vec<Incident>) -> Vec<Incident> {
    let mut latest: BTreeMap<Culprit, usize> = BTreeMap::new();
    let found = |one: &Incident| (one.detected.is_none(), one.detected);
    // What was down for no time had no outage.
    let is_outage = |one: &Incident| matches!(one.subject, Subject::Service(_) | Subject::Block(_));
    incidents.retain(|one| !is_outage(one) || one.recovered != Some(one.start));
    for place in 0..incidents.len() {
        let Incident { subject, cause, recovered, .. } = incidents[place];
        let of = match subject {
            Subject::Fault(fault, _) | Subject::Struck(fault, _) => {
                let before = latest.get(&Culprit::Fault(fault)).map(|place| &incidents[*place]);
                let is_first = |one: &Incident| {
                    one.start == incidents[place].start && found(one) <= found(&incidents[place])
                };
                if !before.is_some_and(is_first) {
                    latest.insert(Culprit::Fault(fault), place);
                }
                continue;
            }
            Subject::Service(service) => Culprit::Service(service),
            Subject::Block(block) => Culprit::Block(block),
        };
        let behind = cause.and_then(|cause| latest.get(&cause)).map(|place| &incidents[*place]);
        let (detected, decided) = behind.map(|one| (one.detected, one.decided)).unwrap_or_default();
        let while_it_lasted = |at: &SimTime| recovered.is_none_or(|end| *at <= end);
        let one = &mut incidents[place];
        // Who knows of the fault knows of the outages that it brings later as they begin.
        one.detected = detected.filter(while_it_lasted).map(|at| at.max(one.start));
        one.decided = decided.filter(while_it_lasted).map(|at| at.max(one.start));
        one.mitigated = recovered;
        latest.insert(of, place);
    }
    incidents
}

/// Counts how long outages of services and blocks stayed undetected.
fn count_detection(
    incidents: &[Incident],
    end: SimTime,
    (services, blocks): (&mut [ServiceMeasure], &mut [UpTime]),
) {
    for one in incidents {
        let time = match one.subject {
            Subject::Service(service) => services.get_mut(service as usize).map(|service| &mut service.up),
            Subject::Block(block) => blocks.get_mut(block as usize),
            Subject::Fault(..) | Subject::Struck(..) => None,
        };
        let lasts = one.recovered.is_none().then_some(end);
        if let (Some(time), Some(until)) = (time, one.detected.or(lasts)) {
            time.undetected += u128::from(until.since(one.start).as_nanos());
            time.detected += u64::from(one.detected.is_some());
        }
    }
}

/// What was counted of single functions of a service, if it is many.
fn population_of(plan: &Plan, fleet: &Fleet, number: usize) -> Option<PopulationMeasure> {
    let settings = plan.system.services[number].population.as_deref()?;
    Some(fleet.populations.get(number)?.as_ref()?.measure(settings))
}

/// How much a service kept in the mean \[GB\].
fn kept_mean(plan: &Plan, number: usize, end: SimTime) -> f64 {
    let data = plan.system.services[number].data.as_deref();
    data.map_or(0.0, |data| data.size_mean(plan.span.transient.as_nanos(), end.as_nanos()))
}

impl Fleet {
    /// How the replicas or instances of a service came and went, if they do.
    fn measure_fleet(&mut self, plan: &Plan, number: usize) -> Option<FleetMeasure> {
        if let Some(population) = self.population(number) {
            return Some(population.metrics.measure());
        }
        let fleet = self.seats.fleets.get_mut(number).and_then(Option::as_mut)?;
        let provision = fleet.provision.measure(plan.system.services[number].concurrency);
        Some(FleetMeasure { provision, ..fleet.metrics.measure() })
    }

    /// For how long replicas of a service were present in the measured part [replica ns].
    fn present_time(&self, plan: &Plan, number: usize, end: SimTime) -> u128 {
        if let Some(fleet) = self.seats.fleets.get(number).and_then(Option::as_ref) {
            return fleet.metrics.present.measured();
        }
        let measured = end.since(plan.span.transient).as_nanos();
        u128::from(measured) * u128::from(plan.system.services[number].present)
    }
}

impl World {
    /// The measurements of a run that is over.
    pub(super) fn measure(self, plan: &Plan, run: u32) -> Measurements {
        let Self { clock, state } = self;
        state.measure(plan, run, &clock)
    }
}

impl State {
    fn measure(mut self, plan: &Plan, run: u32, clock: &Clock) -> Measurements {
        let end = self.record.parts.first_outage.unwrap_or(plan.span.horizon).min(plan.span.horizon);
        if !clock.is_draining {
            self.close_measured(plan, end.as_nanos());
        }
        self.close_incidents(plan, end);
        self.close_deploys();
        self.count_under_way(plan);
        let (clients, timeline) = self.measure_clients(plan, end);
        let workload = self.record.workload;
        let hosts = self.fleet.seats.hosts.as_mut().map(|hosts| hosts.close(plan, end));
        let mut versions = Vec::with_capacity(plan.versions.count);
        let mut bill = Bill::new(end.since(plan.span.transient).as_nanos());
        let mut services: Vec<ServiceMeasure> = (0..self.fleet.services.len())
            .map(|number| self.measure_service(plan, number, end, (&mut versions, &mut bill)))
            .collect();
        let paid = bill.close(services.len());
        if plan.system.tariff.is_some() {
            services.iter_mut().zip(paid.services).for_each(|(service, cost)| service.cost = Some(cost));
        }
        let instances = self.record.windows.instances.finish(&paid.of_functions);
        let shares = self.record.windows.shares.finish();
        self.close_faults(plan, end);
        let Left { parts, faults, monitors, deploys, dns, answers, incidents, incidents_dropped } =
            self.leave();
        let total =
            |parts: &[Part]| -> Vec<UpTime> { parts.iter().map(|part| part.total(plan, end)).collect() };
        let mut blocks = total(&parts.blocks);
        count_detection(&incidents, end, (&mut services, &mut blocks));
        Measurements {
            run,
            workload,
            transient: plan.span.transient,
            horizon: end,
            clients,
            services,
            versions,
            replicas: total(&parts.replicas),
            zones: total(&parts.zones),
            regions: total(&parts.regions),
            blocks,
            faults,
            stages: parts.stages,
            hosts,
            monitors,
            deploys,
            dns,
            answers,
            first_outage: parts.first_outage,
            timeline,
            instances,
            shares,
            incidents,
            incidents_dropped,
            events: clock.events,
        }
    }

    /// Up is what is left of the time of all units of a fault.
    fn close_faults(&mut self, plan: &Plan, end: SimTime) {
        let faults = &mut self.record.parts.faults;
        for (number, fault) in plan.system.faults.iter().enumerate() {
            let span = u128::from(end.since(plan.span.transient).as_nanos()) * fault.part_count() as u128;
            faults[number].up = span.saturating_sub(faults[number].down);
        }
        // A replica that is not there is not up either.
        for r in 0..plan.own_processes.len() {
            let absence = self.fleet.seats.all[r].absence_until(plan, end);
            for process in &plan.own_processes[r] {
                let up = &mut faults[plan.processes[*process as usize].fault as usize].up;
                *up = up.saturating_sub(absence);
            }
        }
    }

    /// What became of the requests of each client, and the rows of their timeline.
    fn measure_clients(&mut self, plan: &Plan, end: SimTime) -> (Vec<ClientMeasure>, Vec<TimelineRow>) {
        let (windows, timeline) = self.record.windows.finish();
        let collapses = self.collapses(plan, end);
        let halves: Vec<_> =
            (0..self.traffic.clients.len()).map(|number| self.record.client_halves(number)).collect();
        let found = windows.into_iter().zip(collapses).zip(halves);
        let client = |(client, ((windows, collapses), halves)): (&mut ClientMetrics, _)| ClientMeasure {
            windows,
            collapses,
            halves,
            ..client.measure()
        };
        let mut clients: Vec<ClientMeasure> = self.record.clients.iter_mut().zip(found).map(client).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            let names = self.knowledge.names.iter().filter_map(|name| name.astray(number));
            client.astray = names.reduce(LedAstray::plus);
        }
        for (number, (client, works)) in (0..).zip(clients.iter_mut().zip(&mut self.record.works)) {
            client.works = Some(works.measure(self.queues.pending(number)));
        }
        (clients, timeline)
    }

    /// What is left when all else is given back: a million replicas need room for that or for their up times, but not for
    /// both.
    fn leave(mut self) -> Left {
        Left {
            faults: std::mem::take(&mut self.record.parts.faults),
            parts: self.record.parts,
            monitors: self.incidents.monitors.measures,
            deploys: self.incidents.deploys.iter().map(|run| run.measure).collect(),
            dns: self.knowledge.names.iter().map(NameState::measure).collect(),
            answers: self.knowledge.names.iter().flat_map(NameState::answers).collect(),
            incidents: with_outages_told(self.record.incidents),
            incidents_dropped: self.record.incidents_dropped,
        }
    }

    /// Takes the requests that have arrived so far into the digest of the workload.
    pub(super) fn close_workload(&mut self) {
        let clients = self.traffic.clients.iter().zip(&self.record.clients);
        let digests = clients.filter(|(client, _)| client.is_open).map(|(_, metrics)| metrics.digest);
        self.record.workload = digests.fold(self.record.workload, mix);
    }

    /// Incidents that still last are counted up to the end, and stay without an end of their own.
    fn close_incidents(&mut self, plan: &Plan, end: SimTime) {
        for a in self.incidents.active.ids() {
            let incident = &self.incidents.active[a];
            if !incident.is_live {
                continue;
            }
            let (start, is_measured) = (incident.start, incident.is_measured);
            let detected = incident.detected.filter(|at| *at < plan.span.horizon);
            let (record, fault) = (incident.record, plan.processes[incident.process as usize].fault);
            self.record.note_fault_time(plan, fault, start, end);
            if let Some(detected) = detected.filter(|_| is_measured) {
                self.record.parts.faults[fault as usize].undetected +=
                    u128::from(detected.since(start).as_nanos());
                self.record.parts.faults[fault as usize].detected += 1;
            }
            if let Some(one) = self.record.incidents.get_mut(record as usize) {
                one.detected = detected;
            }
        }
        // What fails after the horizon depends on how long the drain lasts, so it is not told.
        let failed = self.record.failed_measured.unwrap_or(self.record.failed);
        for one in &mut self.record.incidents {
            if one.recovered.is_none() {
                one.requests_failed = failed - one.requests_failed;
            }
        }
    }

    /// What was counted of a service but for its cost; that of its versions is put behind those of others.
    fn measure_service(
        &mut self,
        plan: &Plan,
        number: usize,
        end: SimTime,
        (versions, bill): (&mut Vec<VersionMeasure>, &mut Bill),
    ) -> ServiceMeasure {
        let queue = plan.queues.of(number);
        let events = queue.map(|queue| self.record.events[queue as usize].measure(self.queues.left(queue)));
        let up = self.record.parts.services[number].total(plan, end);
        let in_system_halves = self.record.service_halves(plan, number);
        let present = self.fleet.present_time(plan, number, end);
        let metrics = &mut self.record.services[number];
        let [wait, served, sojourn] = metrics.tallies();
        let function =
            self.record.functions.get_mut(number).and_then(Option::as_mut).map(|one| one.measure());
        let before = versions.len();
        let sent = self.record.services[number].attempts - self.record.services[number].unsent;
        if let Some(metrics) = self.record.functions.get_mut(number).and_then(Option::as_mut) {
            versions.extend(metrics.measure_versions(sent));
        }
        let backups = self.stores.used(plan, number, end);
        let hosts = self.fleet.seats.hosts.as_ref().and_then(|hosts| hosts.of_service(plan, number));
        let metrics = &self.record.services[number];
        let used = Used {
            present,
            hosts: hosts.unwrap_or_default(),
            let_in: wait.count - metrics.denied,
            moved: metrics.moved,
            data: kept_mean(plan, number, end),
            backups: &backups,
            function: function.as_ref(),
            queue: events.as_ref().map(|events| events.requests),
            versions: &versions[before..],
        };
        bill.add(&plan.system, number, &used);
        ServiceMeasure {
            cost: None,
            data: self.stores.measure(number).map(Box::new),
            hosts: hosts.map(<[f64]>::to_vec),
            moved: metrics.moved,
            attempts: metrics.attempts,
            unsent: metrics.unsent,
            repeats: metrics.repeats,
            denied: metrics.denied,
            fallbacks: metrics.fallbacks,
            messages: metrics.messages,
            effects: metrics.effects,
            duplicates: metrics.duplicates,
            suppressed: metrics.suppressed,
            finished: served.count,
            reasons: metrics.reasons,
            wait,
            delayed: metrics.delayed,
            wasted: metrics.wasted,
            worked: served.sum + metrics.broken_off,
            service: served,
            sojourn,
            busy: metrics.busy.measured(),
            available: metrics.available.measured(),
            queue: metrics.queue.measured(),
            queue_max: metrics.queue_max_measured,
            in_system: metrics.inside.measured(),
            in_system_halves,
            replicas_up: metrics.replicas_up.measured(),
            ejected: metrics.ejected.measured(),
            ejections: metrics.ejections,
            ejections_false: metrics.ejections_false,
            deciders: plan.services[number].asked_deciders(),
            up,
            fleet: self.fleet.measure_fleet(plan, number),
            cache: self.traffic.caches.get_mut(number).and_then(Option::as_deref_mut).map(Caches::measure),
            standby: self.fleet.standbys.of(number).map(|spares| spares.measure),
            population: population_of(plan, &self.fleet, number),
            function,
            events,
        }
    }
}
