//! Whether an estimate drifts: whether the second half of the measured part says something else than the first.

use super::{Estimate, ObjectiveResult};
use crate::analysis::statistics::{Shift, half_width, holm, jackknife_error};
use crate::analysis::verify::Attainment;
use crate::measure::Measurements;
use crate::measure::metric::{Basis, Names, Quantity};
use crate::model::fault::Trigger;
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::model::workload::Arrival;

/// All tests of a scenario together flag a sound one this often at most: Holm at 1 %.
const CONFIDENCE: f64 = 0.99;

/// Whether nothing changes with time by design, so that the two halves of a run should say the same: no given times, spikes,
/// profile or record, and no run that ends with an outage.
pub(super) fn is_looked_for(system: &System, span: &RunSpan) -> bool {
    let is_steady = |arrival: &Arrival| match arrival {
        Arrival::Poisson { spikes, .. } => spikes.is_empty(),
        Arrival::Renewal { .. } | Arrival::Mmpp { .. } | Arrival::Closed { .. } => true,
        Arrival::Profile { .. } | Arrival::Counts { .. } | Arrival::Instants(_) | Arrival::Trace(_) => false,
    };
    let is_random =
        |trigger: &Trigger| matches!(trigger, Trigger::Random(_) | Trigger::Served | Trigger::Unanswered);
    span.until.is_none()
        && system.clients.iter().all(|client| is_steady(&client.arrival))
        && system.faults.iter().all(|fault| is_random(&fault.trigger))
}

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Availability,
    Latency,
    InSystem,
}

impl Subject {
    /// The metric whose printed interval it is held against.
    const fn metric(self) -> &'static str {
        match self {
            Self::Availability => "availability_request",
            Self::Latency => "latency_mean",
            Self::InSystem => "in_system_mean",
        }
    }

    /// What a metric of the same scope then rests on.
    const fn basis(self) -> Basis {
        match self {
            Self::Availability => Basis::Answers,
            Self::Latency => Basis::Latency,
            Self::InSystem => Basis::Inside,
        }
    }
}

/// An estimate that drifts.
#[derive(Debug, Clone, PartialEq)]
struct Drift {
    scope: String,
    subject: Subject,
    /// Mean over runs of the second half less the first.
    rise: f64,
}

/// Says of every estimate that drifts that it is unstable, and leaves objectives on it undecided.
///
/// ```text
/// d_i = second half - first half of run i;  t = mean d / standard error, at runs - 1 degrees of freedom
/// ```
///
/// on availability and mean latency of each client and the number inside each service, by Holm's method at 1 % over all of
/// these; and only where the mean of d exceeds half the printed interval.
pub(super) fn mark(
    runs: (&Names, &[Measurements]),
    estimates: &mut [Estimate],
    objectives: &mut [ObjectiveResult],
) {
    for drift in drifts(runs, estimates) {
        let direction = if drift.rise > 0.0 { "higher" } else { "lower" };
        let what = match drift.subject {
            Subject::Availability => "availability",
            Subject::Latency => "latency",
            Subject::InSystem => "number in system",
        };
        let text = format!("unstable: {what} {direction} in the second half of the measured part");
        let is_carried = |one: &Estimate| {
            let quantity = Quantity::parse(&one.metric);
            one.scope == drift.scope
                && quantity.is_some_and(|quantity| quantity.rests_on(drift.subject.basis()))
        };
        estimates.iter_mut().filter(|one| is_carried(one)).for_each(|one| add(one, &text));
        for result in objectives.iter_mut().filter(|result| is_carried(&result.estimate)) {
            add(&mut result.estimate, &text);
            result.verdict = Attainment::Undecided;
        }
    }
}

fn add(estimate: &mut Estimate, text: &str) {
    estimate.note = Some(match estimate.note.take() {
        Some(note) => format!("{text}; {note}"),
        None => text.to_owned(),
    });
}

/// One quantity of one part in each run: the second half less the first, where both have something.
struct Series {
    scope: String,
    subject: Subject,
    rises: Vec<f64>,
}

fn drifts(runs: (&Names, &[Measurements]), estimates: &[Estimate]) -> Vec<Drift> {
    let tested: Vec<(Series, Shift)> = series(runs)
        .into_iter()
        .filter_map(|series| shift(&series.rises).map(|shift| (series, shift)))
        .collect();
    let found = holm(&tested.iter().map(|(_, shift)| shift.p_value()).collect::<Vec<_>>(), CONFIDENCE);
    let half = |series: &Series| {
        let is_it = |one: &&Estimate| one.scope == series.scope && one.metric == series.subject.metric();
        estimates.iter().find(is_it).and_then(|one| one.interval).map(half_width)
    };
    let drift = |((series, shift), holm): ((Series, Shift), crate::analysis::statistics::Holm)| {
        let is_told = holm.is_decided && half(&series).is_some_and(|half| shift.value.abs() > half);
        is_told.then_some(Drift { scope: series.scope, subject: series.subject, rise: shift.value })
    };
    tested.into_iter().zip(found).filter_map(drift).collect()
}

fn series((names, runs): (&Names, &[Measurements])) -> Vec<Series> {
    let rises = |of: &dyn Fn(&Measurements) -> Option<f64>| runs.iter().filter_map(of).collect();
    let mut all = Vec::new();
    for (number, scope) in names.clients.iter().enumerate() {
        let availability = |run: &Measurements| {
            let [first, second] = run.clients[number].halves?;
            let failed = |failed: u64, finished: u64| ratio(failed as f64, finished);
            Some(failed(first.failed, first.finished)? - failed(second.failed, second.finished)?)
        };
        let latency = |run: &Measurements| {
            let [first, second] = run.clients[number].halves?;
            let mean = |nanos: u128, count: u64| ratio(nanos as f64 / 1e9, count);
            Some(mean(second.latency, second.answered)? - mean(first.latency, first.answered)?)
        };
        let scope = || scope.clone();
        all.push(Series { scope: scope(), subject: Subject::Availability, rises: rises(&availability) });
        all.push(Series { scope: scope(), subject: Subject::Latency, rises: rises(&latency) });
    }
    for (number, scope) in names.services.iter().enumerate() {
        let inside = |run: &Measurements| {
            let [first, second] = run.services[number].in_system_halves?;
            Some(second - first)
        };
        all.push(Series { scope: scope.clone(), subject: Subject::InSystem, rises: rises(&inside) });
    }
    all
}

fn ratio(numerator: f64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator / denominator as f64)
}

/// The mean of several values with its error; `None` of fewer than two.
fn shift(values: &[f64]) -> Option<Shift> {
    let count = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let sum: f64 = values.iter().sum();
    let without_each: Vec<f64> = values.iter().map(|one| (sum - one) / (count - 1.0)).collect();
    Some(Shift { value: sum / count, error: jackknife_error(&without_each), freedom: count - 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{ClientMeasure, Half, ServiceMeasure};
    use crate::units::SimTime;

    /// Runs of one client and service: failed of 1,000 in each half, latency \[ms\] and number inside in each half.
    fn run(failed: [u64; 2], latency: [u64; 2], inside: [f64; 2]) -> Measurements {
        let half = |place: usize| Half {
            finished: 1_000,
            failed: failed[place],
            answered: 1_000,
            latency: u128::from(latency[place]) * 1_000_000_000,
        };
        let client = ClientMeasure { halves: Some([half(0), half(1)]), ..ClientMeasure::default() };
        let service = ServiceMeasure { in_system_halves: Some(inside), ..ServiceMeasure::default() };
        Measurements {
            horizon: SimTime::from_nanos(1_000_000_000),
            clients: vec![client],
            services: vec![service],
            ..Measurements::default()
        }
    }

    fn estimate(scope: &str, metric: &str, half: f64) -> Estimate {
        Estimate {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            unit: "1",
            value: Some(0.5),
            interval: Some((0.5 - half, 0.5 + half)),
            confidence: 0.95,
            runs: 10,
            note: None,
        }
    }

    /// The metrics that are called unstable, the printed half-width of each being `half`.
    fn unstable(runs: &[Measurements], half: f64) -> Vec<String> {
        let names = Names {
            clients: vec!["client.c".to_owned()],
            services: vec!["service.s".to_owned()],
            ..Names::default()
        };
        let of = |(scope, metric)| estimate(scope, metric, half);
        let mut estimates = vec![
            of(("client.c", "availability_request")),
            of(("client.c", "latency_mean")),
            of(("client.c", "latency_p99")),
            of(("service.s", "in_system_mean")),
            of(("service.s", "utilisation")),
        ];
        mark((&names, runs), &mut estimates, &mut []);
        let is_unstable = |one: &Estimate| one.note.as_ref().is_some_and(|note| note.starts_with("unstable"));
        estimates.into_iter().filter(is_unstable).map(|one| one.metric).collect()
    }

    #[test]
    fn what_rises_in_every_run_is_unstable() {
        let wave = |number: u64| number % 3;
        let rising: Vec<_> = (0..10)
            .map(|one| {
                run(
                    [10 + wave(one), 10 + wave(one + 1)],
                    [100 + wave(one), 300 + wave(one + 1)],
                    [4.0, 9.0 + one as f64 / 10.0],
                )
            })
            .collect();
        assert_eq!(unstable(&rising, 0.05), ["latency_mean", "latency_p99", "in_system_mean"]);
        // A difference within what is printed is no news.
        assert_eq!(unstable(&rising, 0.3), ["in_system_mean"]);
    }

    #[test]
    fn noise_is_not_unstable_and_one_run_says_nothing() {
        let noise: Vec<_> = (0..10)
            .map(|one| {
                run(
                    [10 + one % 4, 10 + one % 3],
                    [100 + 10 * (one % 5), 100 + 10 * (one * 7 % 5)],
                    [4.0, 4.0],
                )
            })
            .collect();
        assert!(unstable(&noise, 1e-6).is_empty());
        assert!(unstable(&[run([0, 900], [1, 900], [0.0, 99.0])], 1e-6).is_empty());
    }
}
