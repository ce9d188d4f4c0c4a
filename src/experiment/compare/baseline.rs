//! Results that were saved, to be compared with those of another day: for every metric what each run contributes to it.
//!
//! Estimates are made anew from that, so a comparison with a baseline is the same as one with runs made now.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contender::replica_hours;
use crate::analysis::statistics::{Bin, Bins, Fraction, Sample};
use crate::experiment::estimate::{Lens, Metric, Subject, estimate_sample};
use crate::experiment::hazard::{Hazard, Hazards};
use crate::experiment::{Estimate, Outcome};
use crate::measure::metric::{CATALOGUE, Exposure, Failed, MetricName, Part, Quantity, ScopeKind};
use crate::scenario::Scenario;
use crate::units::{Money, SimDuration};

/// Version of what is saved; another one is not understood.
pub const FORMAT: u32 = 3;

/// Saved results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`FORMAT`] of the program that saved it.
    pub format: u32,
    /// What comparisons call it.
    pub label: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Digest of the workload of each run.
    pub workloads: Vec<u64>,
    /// Hours for which replicas were provided in a run.
    pub replica_hours: f64,
    /// Scopes of the clients.
    pub clients: Vec<String>,
    /// The currency of what is paid.
    currency: String,
    parts: Vec<StoredPart>,
}

/// A part of the system with all its metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredPart {
    scope: String,
    windows: u64,
    incidents: Option<u64>,
    outages: Option<u64>,
    /// How long it was watched \[s\].
    time: f64,
    /// Failed and finished requests, and those of runs without an incident.
    requests: [(u64, u64); 2],
    hazard: Hazard,
    is_of_time: bool,
    ratios: Vec<StoredRatio>,
    histograms: Vec<StoredHistogram>,
}

/// A metric that is a ratio of sums, by run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredRatio {
    metric: String,
    numerators: Vec<f64>,
    denominators: Vec<f64>,
}

/// A sample of durations, by run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredHistogram {
    sample: String,
    longest: u64,
    /// Low, high (ns) and count of each bucket.
    runs: Vec<Vec<(u64, u64, u64)>>,
}

impl Baseline {
    /// Keeps what came of a scenario.
    pub fn new(label: &str, scenario: &Scenario, outcome: &Outcome) -> Self {
        let hazards = Hazards::new(&scenario.system, &outcome.names);
        let lens = Lens {
            names: &outcome.names,
            span: &outcome.span,
            hazards: &hazards,
            runs: &outcome.measurements,
        };
        Self {
            format: FORMAT,
            label: label.to_owned(),
            scenario: scenario.name.clone(),
            seed: scenario.run.seed,
            workloads: outcome.measurements.iter().map(|run| run.workload).collect(),
            replica_hours: replica_hours(
                &scenario.system,
                &outcome.measurements,
                outcome.span.measured().as_secs(),
            ),
            clients: outcome.names.clients.clone(),
            currency: outcome.names.money.code.to_owned(),
            parts: parts(&lens, scenario, outcome),
        }
    }

    /// Number of runs.
    pub fn runs(&self) -> u32 {
        self.workloads.len() as u32
    }

    /// What is said that no run can have left behind: the file may be a stranger's.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what it is.
    pub fn check(&self) -> Result<(), String> {
        let runs = self.workloads.len();
        if runs == 0 {
            return Err("it has no runs".to_owned());
        }
        if !(self.replica_hours.is_finite() && self.replica_hours >= 0.0) {
            return Err("its replica-hours are no number of hours".to_owned());
        }
        if Money::called(&self.currency).is_none() {
            return Err("its currency is none that is known".to_owned());
        }
        self.parts.iter().try_for_each(|part| part.check(runs))
    }

    /// The currency of what is paid.
    pub(super) fn money(&self) -> Money {
        Money::called(&self.currency).unwrap_or_default()
    }

    fn part(&self, scope: &str) -> Option<&StoredPart> {
        self.parts.iter().find(|part| part.scope == scope)
    }

    /// The first so many runs of a metric.
    pub(super) fn sample(&self, name: &MetricName, quantity: Quantity, runs: u32) -> Option<Sample> {
        let part = self.part(&name.scope)?;
        let runs = runs as usize;
        if let (Some(sample), Some(share)) = (quantity.family.sample(), quantity.quantile()) {
            let stored = part.histograms.iter().find(|one| one.sample == sample)?;
            let bin = |(low, high, count): &(u64, u64, u64)| Bin { low: *low, high: *high, count: *count };
            let each = stored.runs.iter().take(runs).map(|run| run.iter().map(bin).collect());
            return Some(Sample::Binned { bins: Arc::new(Bins::new(each.collect(), stored.longest)), share });
        }
        let stored = part.ratios.iter().find(|one| Quantity::parse(&one.metric) == Some(quantity))?;
        let pairs = stored.numerators.iter().zip(&stored.denominators).take(runs);
        let fraction = |(numerator, denominator): (&f64, &f64)| Fraction {
            numerator: *numerator,
            denominator: *denominator,
        };
        Some(Sample::Ratios(pairs.map(fraction).collect()))
    }

    /// The estimate of a metric from the first so many runs.
    pub(super) fn estimate(&self, name: &MetricName, level: f64, runs: u32) -> Option<Estimate> {
        let quantity = Quantity::parse(&name.name)?;
        let sample = self.sample(name, quantity, runs)?;
        let subject = self.part(&name.scope)?.subject(name, quantity, self.money());
        Some(estimate_sample(&sample, &subject, level, None))
    }

    /// What an estimate of a metric is of.
    pub(super) fn subject<'m>(&'m self, name: &'m MetricName, quantity: Quantity) -> Option<Subject<'m>> {
        Some(self.part(&name.scope)?.subject(name, quantity, self.money()))
    }
}

/// What is kept of each part; of single replicas what results have rows of.
fn parts(lens: &Lens<'_>, scenario: &Scenario, outcome: &Outcome) -> Vec<StoredPart> {
    let shows_seats = scenario.run.per_seat.shows(&scenario.system);
    let shown: BTreeSet<&str> = outcome.estimates.iter().map(|estimate| estimate.scope.as_str()).collect();
    let each = |(part, scope): (Part, &str)| {
        let exposure = lens.exposure(part);
        let mut stored = StoredPart {
            scope: scope.to_owned(),
            windows: exposure.windows,
            incidents: exposure.incidents,
            outages: exposure.outages,
            time: exposure.time,
            requests: [exposure.requests, exposure.calm].map(|one| (one.failed, one.all)),
            hazard: lens.hazards.of(part),
            is_of_time: !matches!(
                part.kind,
                ScopeKind::Client
                    | ScopeKind::Version
                    | ScopeKind::Monitor
                    | ScopeKind::Deploy
                    | ScopeKind::System
            ),
            ratios: Vec::new(),
            histograms: Vec::new(),
        };
        for family in CATALOGUE.iter().filter(|family| family.is_of(part.kind)) {
            for (name, quantity) in family.quantities([&lens.span.thresholds, &lens.span.contracts]) {
                stored.add(lens, &Metric { part, quantity, name: name.into() });
            }
        }
        stored
    };
    let is_kept =
        |part: Part, scope: &str| shows_seats || part.kind != ScopeKind::Replica || shown.contains(scope);
    lens.names.parts().filter(|(part, scope)| is_kept(*part, scope)).map(each).collect()
}

/// Largest sum and largest count of all runs that are believed: beyond these nothing adds up exactly.
const SUM_MAX: f64 = 1e100;
const COUNT_MAX: u64 = 1 << 53;

impl StoredPart {
    fn check(&self, runs: usize) -> Result<(), String> {
        let is_sum = |one: &f64| one.is_finite() && one.abs() <= SUM_MAX;
        for StoredRatio { metric, numerators, denominators } in &self.ratios {
            if numerators.len() != runs || denominators.len() != runs {
                return Err(format!("{}/{metric} does not have a value for each run", self.scope));
            }
            if !numerators.iter().chain(denominators).all(is_sum) || denominators.iter().any(|one| *one < 0.0)
            {
                return Err(format!("{}/{metric} has a value that cannot be", self.scope));
            }
        }
        for StoredHistogram { sample, longest, runs: buckets } in &self.histograms {
            let wrong = |what: &str| Err(format!("the {sample} of {} {what}", self.scope));
            if buckets.len() != runs {
                return wrong("does not have a table for each run");
            }
            let is_bucket = |(low, high, count): &(u64, u64, u64)| low < high && *count <= COUNT_MAX;
            let rises = |run: &Vec<(u64, u64, u64)>| run.windows(2).all(|pair| pair[0].1 <= pair[1].0);
            if !buckets.iter().flatten().all(is_bucket) || !buckets.iter().all(rises) {
                return wrong("has buckets that cannot be");
            }
            let counts = buckets.iter().flatten().map(|bucket| bucket.2);
            if counts.fold(0_u64, u64::saturating_add) > COUNT_MAX || *longest > COUNT_MAX << 10 {
                return wrong("has counts that cannot be");
            }
        }
        let counts = [Some(self.windows), self.incidents, self.outages];
        if counts.into_iter().flatten().any(|count| count > COUNT_MAX) {
            return Err(format!("{} has counts that cannot be", self.scope));
        }
        let is_share = |(failed, all): &(u64, u64)| failed <= all && *all <= COUNT_MAX;
        if !self.requests.iter().all(is_share) || !is_sum(&self.time) || self.time < 0.0 {
            return Err(format!("{} was watched as nothing can be", self.scope));
        }
        Ok(())
    }

    fn subject<'m>(&self, name: &'m MetricName, quantity: Quantity, money: Money) -> Subject<'m> {
        let [requests, calm] = self.requests.map(|(failed, all)| Failed { failed, all });
        let exposure = Exposure {
            windows: self.windows,
            incidents: self.incidents,
            outages: self.outages,
            time: self.time,
            requests,
            calm,
            // Whether windows count was settled when it was saved.
            longest: SimDuration::ZERO,
        };
        let (is_of_time, hazard) = (self.is_of_time, self.hazard);
        Subject { scope: &name.scope, name: &name.name, quantity, money, is_of_time, exposure, hazard }
    }

    fn add(&mut self, lens: &Lens<'_>, metric: &Metric) {
        let sample = metric.quantity.family.sample().unwrap_or_default();
        if metric.quantity.quantile().is_some() && self.histograms.iter().any(|one| one.sample == sample) {
            // All quantiles of a sample come from one histogram.
            return;
        }
        match lens.sample(metric) {
            Some(Sample::Ratios(fractions)) => self.ratios.push(StoredRatio {
                metric: metric.name.to_string(),
                numerators: fractions.iter().map(|one| one.numerator).collect(),
                denominators: fractions.iter().map(|one| one.denominator).collect(),
            }),
            Some(Sample::Binned { bins, .. }) => {
                let buckets = |run: &Vec<Bin>| run.iter().map(|bin| (bin.low, bin.high, bin.count)).collect();
                self.histograms.push(StoredHistogram {
                    sample: sample.to_owned(),
                    longest: bins.longest(),
                    runs: bins.runs().iter().map(buckets).collect(),
                });
            }
            // The largest of a few runs is compared with nothing.
            _ => {}
        }
    }
}
