//! Rows that are taken from the measurements as they are: histograms, timeline, incidents.

use std::collections::BTreeMap;

use super::row::{FunctionRow, IncidentRow, InstanceRow, LatencyRow, OUTAGE, ShareRow, WindowRow};
use crate::measure::metric::{CATALOGUE, Names, Part, ScopeKind, tallies};
use crate::measure::{Culprit, FunctionCount, Histogram, Incident, Measurements, ShareOf, Subject, Tally};
use crate::units::{SimDuration, SimTime};

/// Most rows of `incidents.csv`; further incidents are counted.
const INCIDENTS_MAX: usize = 100_000;
const NANOS_PER_SECOND: f64 = 1e9;

/// What scopes are called, and what the units of each fault are called.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Every scope of the system.
    pub names: &'a Names,
    /// For each fault, the scope of each of its units.
    pub units: &'a [Vec<&'a str>],
}

/// The histograms of all clients and services, merged over runs, one after another: those of thousands of parts need
/// much room.
pub fn latency_rows<'a>(
    names: &'a Names,
    runs: &'a [Measurements],
) -> impl Iterator<Item = LatencyRow> + use<'a> {
    names.parts().flat_map(move |(part, scope)| {
        let families = CATALOGUE.iter().filter(move |family| family.is_of(part.kind));
        // The columns are times: a sample of shares has no place there.
        let timed = families.filter(|family| family.unit == "s");
        let sampled = timed.filter_map(|family| Some((family, family.sample()?)));
        sampled.flat_map(move |(family, sample)| {
            let of_runs = runs.iter().flat_map(|run| tallies(run, part, family));
            merged(of_runs).into_iter().map(move |counts| row((scope, sample), counts))
        })
    })
}

/// Buckets of the engine's tables in one row: with 128 rows an octave a duration is known to 0.8 %, and a file stays
/// small enough to be looked at.
const BUCKETS_IN_ROW: u32 = 4;

/// The counts of several histograms, by number of row.
fn merged<'a>(tallies: impl Iterator<Item = &'a Tally>) -> BTreeMap<u32, u64> {
    let mut counts = BTreeMap::new();
    for (bucket, count) in tallies.flat_map(|tally| tally.buckets.iter()) {
        *counts.entry(bucket / BUCKETS_IN_ROW).or_default() += count;
    }
    counts
}

/// One row of a histogram.
fn row((scope, sample): (&str, &str), (place, count): (u32, u64)) -> LatencyRow {
    let (first, last) = (place * BUCKETS_IN_ROW, (place + 1) * BUCKETS_IN_ROW - 1);
    let (low, high) = (Histogram::bounds(first as usize).0, Histogram::bounds(last as usize).1);
    LatencyRow {
        scope: scope.to_owned(),
        metric: sample.to_owned(),
        low_s: low as f64 / NANOS_PER_SECOND,
        high_s: high as f64 / NANOS_PER_SECOND,
        count,
    }
}

/// What single functions of populations had, in all runs together.
pub fn function_rows(names: &Names, runs: &[Measurements]) -> Vec<FunctionRow> {
    let mut rows = Vec::new();
    let Some(first) = runs.first() else { return rows };
    for (number, service) in first.services.iter().enumerate() {
        let Some(population) = &service.population else { continue };
        let scope = names.scope(Part { kind: ScopeKind::Service, index: number });
        for (place, [app, function]) in population.names.iter().enumerate() {
            let of_runs =
                runs.iter().filter_map(|run| run.services[number].population.as_ref()?.listed.get(place));
            let sum = |of: fn(&FunctionCount) -> u64| of_runs.clone().map(of).sum::<u64>();
            let (invocations, cold_starts) = (sum(|one| one.invocations), sum(|one| one.cold));
            rows.push(FunctionRow {
                scope: scope.to_owned(),
                app: app.clone(),
                function: function.clone(),
                invocations,
                cold_starts,
                cold_start_ratio: (invocations > 0).then(|| cold_starts as f64 / invocations as f64),
                throttled: sum(|one| one.throttled),
            });
        }
    }
    rows
}

/// The windows of all clients in all runs.
pub fn timeline_rows<'a>(
    names: &'a Names,
    runs: &'a [Measurements],
) -> impl Iterator<Item = WindowRow> + use<'a> {
    runs.iter().flat_map(|run| run.timeline.iter().map(move |row| (run.run, row))).map(|(run, row)| {
        WindowRow {
            run,
            window_start_s: row.start.as_secs(),
            scope: names.clients[row.client as usize].clone(),
            arrivals: row.arrivals,
            successes: row.good,
            failures: row.failed,
            latency_p50_s: row.latency_p50.map(SimDuration::as_secs),
            latency_p99_s: row.latency_p99.map(SimDuration::as_secs),
            in_system: row.in_system,
            replicas_up: row.replicas_up,
        }
    })
}

/// The windows of functions in all runs.
pub fn instance_rows<'a>(
    names: &'a Names,
    runs: &'a [Measurements],
) -> impl Iterator<Item = InstanceRow> + use<'a> {
    runs.iter().flat_map(|run| run.instances.iter().map(move |row| (run.run, row))).map(|(run, row)| {
        InstanceRow {
            run,
            window_start_s: row.start.as_secs(),
            scope: row
                .service
                .map_or_else(|| "*".to_owned(), |number| names.services[number as usize].clone()),
            starting: row.starting,
            idle: row.idle,
            busy: row.busy,
            provisioned: row.provisioned,
            cold_starts: row.cold_starts,
            throttled: row.throttled,
            cost: row.cost,
            currency: row.cost.map_or("", |_| names.money.code).to_owned(),
        }
    })
}

/// The windows of what is a share in all runs.
pub fn share_rows<'a>(
    names: &'a Names,
    runs: &'a [Measurements],
) -> impl Iterator<Item = ShareRow> + use<'a> {
    runs.iter().flat_map(|run| run.shares.iter().map(move |row| (run.run, row))).map(|(run, row)| {
        let (scope, metric) = match row.of {
            ShareOf::Answers(record) => (&names.records[record as usize], "answered_ratio"),
            ShareOf::Hits(service) => (&names.services[service as usize], "hit_ratio"),
            ShareOf::Making(backup) => (&names.backups[backup as usize], "making_ratio"),
        };
        ShareRow {
            run,
            window_start_s: row.start.as_secs(),
            scope: scope.clone(),
            metric: metric.to_owned(),
            value: row.share,
        }
    })
}

/// Faults and outages of all runs, the first so many of them, and for each run a count of those left out.
pub fn incident_rows(labels: Labels<'_>, runs: &[Measurements]) -> Vec<IncidentRow> {
    let mut rows = Vec::new();
    let mut room = INCIDENTS_MAX;
    for run in runs {
        let listed = run.incidents.len().min(room);
        room -= listed;
        rows.extend(run.incidents[..listed].iter().map(|one| incident_row(labels, run.run, one)));
        let left_out = run.incidents_dropped + (run.incidents.len() - listed) as u64;
        if left_out > 0 {
            rows.push(IncidentRow {
                run: run.run,
                scope: "*".to_owned(),
                cause: format!("{left_out} more"),
                start_s: None,
                detected_s: None,
                decided_s: None,
                mitigated_s: None,
                recovered_s: None,
                requests_failed: None,
            });
        }
    }
    rows
}

fn incident_row(labels: Labels<'_>, run: u32, incident: &Incident) -> IncidentRow {
    let names = labels.names;
    let behind = incident.cause.map(|cause| match cause {
        Culprit::Fault(fault) => &names.causes[fault as usize],
        Culprit::Service(service) => &names.services[service as usize],
        Culprit::Block(block) => &names.blocks[block as usize],
        Culprit::Replica(replica) => &names.replicas[replica as usize],
    });
    let outage = || behind.map_or(OUTAGE.to_owned(), |cause| format!("{OUTAGE}/{cause}"));
    let (scope, cause) = match incident.subject {
        Subject::Fault(fault, unit) => (
            labels.units[fault as usize][unit as usize].to_owned(),
            labels.names.causes[fault as usize].clone(),
        ),
        Subject::Struck(fault, replica) => {
            (labels.names.replicas[replica as usize].clone(), labels.names.causes[fault as usize].clone())
        }
        Subject::Service(service) => (labels.names.services[service as usize].clone(), outage()),
        Subject::Block(block) => (labels.names.blocks[block as usize].clone(), outage()),
    };
    IncidentRow {
        run,
        scope,
        cause,
        start_s: Some(incident.start.as_secs()),
        detected_s: incident.detected.map(SimTime::as_secs),
        decided_s: incident.decided.map(SimTime::as_secs),
        mitigated_s: incident.mitigated.map(SimTime::as_secs),
        recovered_s: incident.recovered.map(SimTime::as_secs),
        requests_failed: Some(incident.requests_failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{ClientMeasure, TimelineRow};

    fn names() -> Names {
        Names {
            clients: vec!["client.c".to_owned()],
            services: vec!["service.s".to_owned()],
            faults: vec!["fault.f".to_owned()],
            causes: vec!["fault.f".to_owned()],
            replicas: vec!["service.s.1".to_owned(), "service.s.2".to_owned()],
            ..Names::default()
        }
    }

    fn tally(seconds: &[f64]) -> Tally {
        let mut table = Histogram::default();
        let nanos = seconds.iter().map(|one| SimDuration::from_secs(*one).as_nanos());
        nanos.for_each(|one| table.record_bucket(Histogram::bucket(one)));
        Tally {
            count: seconds.len() as u64,
            buckets: table.drain().into_iter().collect(),
            ..Tally::default()
        }
    }

    fn measured(run: u32, latency: &[f64], failed: &[f64]) -> Measurements {
        Measurements {
            run,
            workload: 7,
            transient: SimTime::ZERO,
            horizon: SimTime::from_nanos(1_000_000_000),
            clients: vec![ClientMeasure {
                latency: tally(latency),
                latency_failed: tally(failed),
                ..ClientMeasure::default()
            }],
            services: vec![crate::measure::ServiceMeasure::default()],
            ..Measurements::default()
        }
    }

    #[test]
    fn histograms_are_merged_over_runs_bucket_by_bucket() {
        let runs = [measured(0, &[0.1, 0.2], &[3.0]), measured(1, &[0.1], &[])];
        let names = names();
        let rows: Vec<_> = latency_rows(&names, &runs).collect();
        let of = |metric: &str| -> Vec<u64> {
            rows.iter().filter(|row| row.metric == metric).map(|row| row.count).collect()
        };
        assert_eq!(of("latency"), [2, 1]);
        assert_eq!(of("latency_all"), [2, 1, 1]);
        assert!(rows.iter().all(|row| row.low_s < row.high_s));
        let first = &rows[0];
        assert!(first.low_s <= 0.1 && 0.1 < first.high_s, "{first:?}");
    }

    #[test]
    fn an_outage_names_the_fault_behind_it() {
        let mut run = measured(0, &[], &[]);
        let at = |seconds: u64| SimTime::from_nanos(seconds * 1_000_000_000);
        let fault = Incident {
            subject: Subject::Fault(0, 1),
            cause: Some(Culprit::Fault(0)),
            start: at(1),
            detected: Some(at(2)),
            decided: Some(at(3)),
            mitigated: None,
            recovered: None,
            requests_failed: 4,
        };
        let outage = Incident { subject: Subject::Service(0), detected: None, ..fault.clone() };
        // One replica of a unit that is the whole service.
        let struck = Incident { subject: Subject::Struck(0, 1), ..fault.clone() };
        run.incidents = vec![fault, struck, outage];
        run.incidents_dropped = 3;
        let units = [vec!["service.s.1", "service.s.2"]];
        let rows = incident_rows(Labels { names: &names(), units: &units }, &[run]);
        let told: Vec<_> = rows.iter().map(|row| (row.scope.as_str(), row.cause.as_str())).collect();
        let row = ("service.s.2", "fault.f");
        assert_eq!(told, [row, row, ("service.s", "outage/fault.f"), ("*", "3 more")]);
        assert_eq!((rows[0].detected_s, rows[0].recovered_s), (Some(2.0), None));
        assert_eq!(rows.iter().map(IncidentRow::is_outage).collect::<Vec<_>>(), [false, false, true, false]);
    }

    #[test]
    fn a_file_lists_so_many_incidents_and_counts_the_rest_by_run() {
        let outage = Incident {
            subject: Subject::Service(0),
            cause: None,
            start: SimTime::ZERO,
            detected: None,
            decided: None,
            mitigated: None,
            recovered: None,
            requests_failed: 0,
        };
        let runs = [0, 1, 2].map(|run| Measurements {
            incidents: vec![outage.clone(); INCIDENTS_MAX * 3 / 5],
            incidents_dropped: u64::from(run),
            ..measured(run, &[], &[])
        });
        let rows = incident_rows(Labels { names: &names(), units: &[] }, &runs);
        let counts: Vec<_> =
            rows.iter().filter(|row| row.scope == "*").map(|row| row.cause.as_str()).collect();
        assert_eq!(counts, ["20001 more", "60002 more"]);
        assert_eq!(rows.len() - counts.len(), 100_000);
        let of = |run| rows.iter().filter(|row| row.run == run).count();
        assert_eq!([of(0), of(1), of(2)], [60_000, 40_001, 1]);
    }

    #[test]
    fn windows_keep_their_client_and_run() {
        let mut run = measured(4, &[], &[]);
        run.timeline = vec![TimelineRow {
            start: SimTime::from_nanos(2_500_000_000),
            client: 0,
            arrivals: 10,
            good: 8,
            failed: 2,
            latency_p50: None,
            latency_p99: Some(SimDuration::from_secs(0.25)),
            in_system: 1.5,
            replicas_up: 2.0,
        }];
        let rows: Vec<_> = timeline_rows(&names(), &[run]).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].run, rows[0].window_start_s, rows[0].scope.as_str()), (4, 2.5, "client.c"));
        assert_eq!((rows[0].latency_p50_s, rows[0].latency_p99_s), (None, Some(0.25)));
    }
}
