//! From the measurements of several runs to estimates with intervals.

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) mod outage;

use super::hazard::{Hazard, Hazards};
use super::{Estimate, RunValue, collapse};
use crate::analysis::statistics::{self, Bin, Bins, Edge, Fraction, Method, Note, Sample, Scale};
use crate::measure::metric::{
    Basis, Context, Counts, Evidence, Exposure, MetricName, Names, Nature, Part, Quantity, ScopeKind,
    evidence, exposure, is_known,
};
use crate::measure::{Histogram, Measurements, Tally};
use crate::model::span::RunSpan;
use crate::model::system::Member;
use crate::units::Money;

/// A window is a chance of its own only where it is so many times longer than what a request can take.
const WINDOW_MIN: u64 = 10;

/// A metric of one part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Metric {
    /// Of what.
    pub(super) part: Part,
    /// What it measures.
    pub(super) quantity: Quantity,
    /// Its name without the scope; of thousands of parts many have it in common.
    pub(super) name: Arc<str>,
}

impl Metric {
    /// The metric of this name, if there is such a part and it has it.
    pub(super) fn find(names: &Names, name: &MetricName) -> Option<Self> {
        Self::of(names.find(&name.scope)?, &name.name)
    }

    /// The metric of this name of a part, if it has it.
    pub(super) fn of(part: Part, name: &str) -> Option<Self> {
        let quantity = Quantity::parse(name).filter(|_| is_known(part.kind, name))?;
        Some(Self { part, quantity, name: Arc::from(name) })
    }
}

/// The part that a run waits for.
pub(super) fn until(span: &RunSpan) -> Option<Part> {
    span.until.map(|member| match member {
        Member::Service(id) => Part { kind: ScopeKind::Service, index: id.index() },
        Member::Block(id) => Part { kind: ScopeKind::Block, index: id.index() },
        Member::Seat(id) => Part { kind: ScopeKind::Replica, index: id.index() },
    })
}

/// Runs of one scenario, and what is needed to understand them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lens<'a> {
    /// The scopes of its parts.
    pub(super) names: &'a Names,
    /// The span as it was simulated.
    pub(super) span: &'a RunSpan,
    /// What can take its parts down.
    pub(super) hazards: &'a Hazards,
    /// The runs, at least one.
    pub(super) runs: &'a [Measurements],
}

/// Where a larger share of the requests has no end, whatever is said of the finished ones says so.
pub const UNFINISHED_SHOWN: f64 = 0.001;

impl<'a> Lens<'a> {
    fn context(&self) -> Context<'a> {
        Context {
            thresholds: &self.span.thresholds,
            contracts: &self.span.contracts,
            window: self.span.window,
            until: until(self.span),
        }
    }

    /// The same with only one of the runs.
    fn of_run(self, run: &'a Measurements) -> Self {
        Self { runs: std::slice::from_ref(run), ..self }
    }

    /// What the runs contribute to a metric.
    pub(super) fn sample(&self, metric: &Metric) -> Option<Sample> {
        sample_of(self.runs, metric, &self.context())
    }

    /// The samples of several metrics, one after another, as those of thousands of parts need much room; quantiles of one
    /// sample share its histograms.
    fn samples<'m>(self, metrics: &'m [Metric]) -> impl Iterator<Item = Option<Sample>> + use<'a, 'm> {
        let mut last: Option<(&Metric, Sample)> = None;
        metrics.iter().map(move |metric| {
            let shared = last.as_ref().and_then(|(before, sample)| share_bins(before, sample, metric));
            let sample = shared.or_else(|| self.sample(metric));
            last = sample.clone().map(|sample| (metric, sample));
            sample
        })
    }

    /// How much the runs could have gone wrong for a part.
    pub(super) fn exposure(&self, part: Part) -> Exposure {
        let context = self.context();
        let each = self.runs.iter().map(|run| exposure(run, part, &context));
        let mut sum = each.reduce(Exposure::plus).unwrap_or_default();
        if part.kind == ScopeKind::Client {
            let longest = self.hazards.longest_request(part.index).unwrap_or(sum.longest);
            let needed = longest.as_nanos().saturating_mul(WINDOW_MIN);
            // A request that takes long makes several windows bad at once.
            sum.windows = if self.span.window.as_nanos() > needed { sum.windows } else { 0 };
        }
        sum
    }

    /// What an estimate of a metric is of.
    pub(super) fn subject<'m>(&'m self, metric: &'m Metric) -> Subject<'m> {
        Subject {
            scope: self.names.scope(metric.part),
            name: &metric.name,
            quantity: metric.quantity,
            money: self.names.money,
            is_of_time: !matches!(
                metric.part.kind,
                ScopeKind::Client
                    | ScopeKind::Version
                    | ScopeKind::Monitor
                    | ScopeKind::Deploy
                    | ScopeKind::Dns
                    | ScopeKind::Record
                    | ScopeKind::System
            ),
            exposure: self.exposure(metric.part),
            hazard: self.hazards.of(metric.part),
        }
    }

    /// The estimate of a metric at a level; `target` is that of the error budget. `None` when the part has no such
    /// metric.
    pub(super) fn estimate(&self, metric: &Metric, confidence: f64, target: Option<f64>) -> Option<Estimate> {
        let sample = self.sample(metric)?;
        Some(self.estimate_of(&sample, metric, confidence, target))
    }

    fn estimate_of(
        &self,
        sample: &Sample,
        metric: &Metric,
        confidence: f64,
        target: Option<f64>,
    ) -> Estimate {
        let mut estimate = estimate_sample(sample, &self.subject(metric), confidence, target);
        if let Some(span) = collapse::about_span(metric.quantity, self.span) {
            estimate.note = Some(span);
        }
        if let Some(left_out) = self.left_out(metric) {
            estimate.note = Some(match estimate.note {
                Some(note) => format!("{left_out}; {note}"),
                None => left_out,
            });
        }
        estimate
    }

    /// What a share of finished requests leaves out, where that is worth a word.
    fn left_out(&self, metric: &Metric) -> Option<String> {
        if metric.part.kind != ScopeKind::Client || !metric.quantity.rests_on(Basis::Finished) {
            return None;
        }
        let of_part = self.runs.iter().filter_map(|run| run.clients.get(metric.part.index));
        let (unfinished, requests) =
            of_part.fold((0, 0), |(left, all), one| (left + one.unfinished, all + one.requests));
        let is_many = requests > 0 && unfinished as f64 > UNFINISHED_SHOWN * requests as f64;
        is_many.then(|| format!("of finished: {unfinished} of {requests} are not"))
    }

    /// The estimates of several metrics; `aim` gives the level and the target of the error budget of each.
    pub(super) fn estimates(
        &self,
        metrics: &[Metric],
        aim: impl Fn(&Metric) -> (f64, Option<f64>),
    ) -> Vec<Estimate> {
        let each = metrics.iter().zip(self.samples(metrics));
        // A list that grows has room for twice as many.
        let mut estimates = Vec::with_capacity(metrics.len());
        estimates.extend(each.filter_map(|(metric, sample)| {
            let (confidence, target) = aim(metric);
            Some(self.estimate_of(&sample?, metric, confidence, target))
        }));
        estimates
    }

    /// The values of metrics in each run alone, by run; `target` gives that of the error budget of each.
    pub(super) fn values(
        &self,
        metrics: &[Metric],
        target: impl Fn(&Metric) -> Option<f64>,
    ) -> Vec<RunValue> {
        let mut values = Vec::with_capacity(metrics.len() * self.runs.len());
        // Many have a scope in common.
        let mut scopes: BTreeMap<&str, Arc<str>> = BTreeMap::new();
        for run in self.runs {
            let samples = self.of_run(run).samples(metrics);
            for (metric, sample) in metrics.iter().zip(samples) {
                let Some(sample) = sample else { continue };
                let scope = self.names.scope(metric.part);
                values.push(RunValue {
                    run: run.run,
                    scope: Arc::clone(scopes.entry(scope).or_insert_with(|| Arc::from(scope))),
                    metric: Arc::clone(&metric.name),
                    unit: self.names.money.unit(metric.quantity.unit()),
                    value: derive(metric.quantity, sample.pooled(), None, target(metric)).0,
                });
            }
        }
        values
    }
}

/// What runs contribute to a metric; `None` where they have no such metric.
pub(super) fn sample_of(runs: &[Measurements], metric: &Metric, context: &Context<'_>) -> Option<Sample> {
    let each = |run| evidence(run, metric.part, metric.quantity, context);
    let found: Vec<Evidence<'_>> = runs.iter().map(each).collect::<Option<_>>()?;
    Some(pool(&found))
}

/// What a sample is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) scope: &'a str,
    pub(super) name: &'a str,
    pub(super) quantity: Quantity,
    /// The currency of what is paid.
    pub(super) money: Money,
    /// Whether its availability is that of time, not of requests.
    pub(super) is_of_time: bool,
    pub(super) exposure: Exposure,
    pub(super) hazard: Hazard,
}

/// The estimate of a sample at a level; `target` is that of the error budget.
pub(super) fn estimate_sample(
    sample: &Sample,
    subject: &Subject<'_>,
    confidence: f64,
    target: Option<f64>,
) -> Estimate {
    let Subject { scope, name, quantity, money, .. } = *subject;
    let of_kind = collapse::of_kind(sample, quantity);
    let sample = of_kind.as_ref().unwrap_or(sample);
    let mut found = collapse::exact(sample, quantity, confidence)
        .unwrap_or_else(|| statistics::estimate(sample, &method(subject, confidence)));
    if matches!(quantity.family.counts, Counts::Seen | Counts::Outages) && found.value == Some(0.0) {
        // A spread of zero would claim that there never are any.
        found.interval = None;
        found.note = Some(Note::NoneSeen);
    }
    let outages = outage::judge(sample, subject, confidence, &mut found);
    let notes: Vec<String> =
        [found.note.map(|note| note.to_string()), outages].into_iter().flatten().collect();
    let (value, interval) = derive(quantity, found.value, found.interval, target);
    Estimate {
        scope: scope.to_owned(),
        metric: name.to_owned(),
        unit: money.unit(quantity.unit()),
        value,
        interval,
        confidence,
        runs: sample.runs() as u32,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// Carries a pooled value to the metric, as [`derive`] does; `None` where that is not finite.
pub(super) fn carry(quantity: Quantity, value: f64, target: Option<f64>) -> Option<f64> {
    derive(quantity, Some(value), None, target).0
}

/// The histograms of the metric before, when this one is another quantile of the same sample.
fn share_bins(before: &Metric, last: &Sample, metric: &Metric) -> Option<Sample> {
    let share = metric.quantity.quantile()?;
    let is_one_sample = before.quantity.family == metric.quantity.family && before.part == metric.part;
    match last {
        Sample::Binned { bins, .. } if is_one_sample => {
            Some(Sample::Binned { bins: Arc::clone(bins), share })
        }
        _ => None,
    }
}

/// Turns the evidence of runs, all of one kind, into a sample.
fn pool(found: &[Evidence<'_>]) -> Sample {
    match found.first() {
        Some(Evidence::Quantile { share, .. }) => binned(found, *share),
        Some(Evidence::Max(_)) => Sample::Maxima(
            found.iter().map(|one| if let Evidence::Max(value) = one { *value } else { None }).collect(),
        ),
        _ => Sample::Ratios(found.iter().map(fraction).collect()),
    }
}

fn fraction(one: &Evidence<'_>) -> Fraction {
    match one {
        Evidence::Ratio { numerator, denominator } => {
            Fraction { numerator: *numerator, denominator: *denominator }
        }
        Evidence::Count(value) => Fraction { numerator: *value, denominator: 1.0 },
        Evidence::Quantile { .. } | Evidence::Max(_) => Fraction::default(),
    }
}

fn binned(found: &[Evidence<'_>], share: f64) -> Sample {
    let tallies = |one: &Evidence<'_>| -> Vec<Vec<Bin>> {
        match one {
            Evidence::Quantile { tallies, .. } => tallies.iter().map(|tally| bins(tally)).collect(),
            _ => Vec::new(),
        }
    };
    let longest = found
        .iter()
        .flat_map(|one| match one {
            Evidence::Quantile { tallies, .. } => tallies.as_slice(),
            _ => &[],
        })
        .map(|tally| tally.max.as_nanos())
        .max()
        .unwrap_or(0);
    let runs = found.iter().map(|one| statistics::merge(&tallies(one))).collect();
    Sample::Binned { bins: Arc::new(Bins::new(runs, longest)), share }
}

fn bins(tally: &Tally) -> Vec<Bin> {
    let bin = |(bucket, count): (u32, u64)| {
        let (low, high) = Histogram::bounds(bucket as usize);
        Bin { low, high, count }
    };
    tally.buckets.iter().map(bin).collect()
}

/// The method for a quantity: on the logit scale for shares, on the log scale for what is positive.
fn method(subject: &Subject<'_>, confidence: f64) -> Method {
    let scale = match subject.quantity.family.nature {
        Nature::Number => Scale::Log,
        Nature::Share | Nature::Availability | Nature::Use | Nature::Derived(_) => Scale::Logit,
    };
    Method { scale, confidence, edge: edge(subject) }
}

/// Whether a quantity is an availability or worked out from one.
fn speaks_of_availability(quantity: Quantity) -> bool {
    quantity.is_availability() || quantity.derivation().is_some()
}

/// What stays possible where every run has a share of 0 or 1.
pub(super) fn edge(subject: &Subject<'_>) -> Option<Edge> {
    let Subject { quantity, exposure, .. } = subject;
    let is_availability = speaks_of_availability(*quantity);
    if matches!(quantity.family.nature, Nature::Number | Nature::Use) {
        return None;
    }
    Some(Edge {
        chances: exposure.incidents.map_or(exposure.windows, |incidents| incidents.min(exposure.windows)),
        outages: (is_availability && subject.is_of_time).then(|| outage::unseen(subject)),
    })
}

/// Carries an availability to the quantities that are derived from it; others stay as they are.
fn derive(
    quantity: Quantity,
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    target: Option<f64>,
) -> (Option<f64>, Option<(f64, f64)>) {
    let Some(derivation) = quantity.derivation() else { return (value, interval) };
    let carry = |availability: f64| (derivation.value)(availability, target).filter(|one| one.is_finite());
    let ends = interval.and_then(|(low, high)| Some((carry(low)?, carry(high)?)));
    (value.and_then(carry), ends.map(|(a, b)| (a.min(b), a.max(b))))
}
