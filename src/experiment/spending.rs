//! What is paid for availability: which metrics are set against the cost of the system, and the runs of both.

use super::Outcome;
use super::estimate::{Metric, sample_of};
use crate::analysis::statistics::Sample;
use crate::measure::metric::{Context, MetricName, Names, Quantity};

/// The runs of a design: what it cost, and how available it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// The availability.
    pub metric: MetricName,
    /// Money in a month.
    pub cost: Sample,
    /// The share of time or requests.
    pub availability: Sample,
}

/// The cost that availability is set against.
pub(super) fn cost() -> MetricName {
    MetricName { scope: "system".to_owned(), name: "cost".to_owned() }
}

/// The availabilities that objectives speak of; without any that of each client.
pub(super) fn availabilities<'o>(
    objectives: impl Iterator<Item = &'o MetricName>,
    names: &Names,
) -> Vec<MetricName> {
    let mut found: Vec<MetricName> = Vec::new();
    let is_availability = |metric: &&MetricName| {
        let quantity = Quantity::parse(&metric.name);
        quantity.is_some_and(|one| one.is_availability() || one.derivation().is_some())
    };
    for metric in objectives.filter(is_availability) {
        if !found.contains(metric) {
            found.push(metric.clone());
        }
    }
    if found.is_empty() {
        let of_client =
            |scope: &String| MetricName { scope: scope.clone(), name: "availability_request".to_owned() };
        found = names.clients.iter().map(of_client).collect();
    }
    found
}

/// The runs of an outcome, for each of its availabilities; none where nothing has a price.
pub fn priced(outcome: &Outcome) -> Vec<Priced> {
    let context = Context { window: outcome.span.window, ..Context::default() };
    let sample = |name: &MetricName| {
        let metric = Metric::find(&outcome.names, name)?;
        sample_of(&outcome.measurements, &metric, &context)
    };
    let Some(cost) = sample(&cost()) else { return Vec::new() };
    let objectives = outcome.objectives.iter().map(|judged| &judged.objective.metric);
    let of_metric = |metric: MetricName| {
        let availability = sample(&metric)?;
        Some(Priced { metric, cost: cost.clone(), availability })
    };
    availabilities(objectives, &outcome.names).into_iter().filter_map(of_metric).collect()
}
