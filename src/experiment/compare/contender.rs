//! One variant while it is compared: runs that are being simulated, or a baseline that was saved.

use super::{Baseline, Contestant, Variant};
use crate::analysis::statistics::{Edge, Sample};
use crate::experiment::Estimate;
use crate::experiment::estimate::{Lens, Metric, edge, outage};
use crate::experiment::exact::{ExactAnswer, Theories};
use crate::experiment::run;
use crate::experiment::schedule::Stock;
use crate::experiment::world::World;
use crate::measure::Measurements;
use crate::measure::metric::{MetricName, Quantity};
use crate::model::fleet::Service;
use crate::model::system::System;
use crate::scenario::{Objective, Scenario};
use crate::units::{Money, SimDuration, SimTime};

/// One variant while it is compared.
pub(super) struct Contender<'a> {
    label: &'a str,
    source: Source<'a>,
}

enum Source<'a> {
    Simulated(&'a Scenario, Box<Stock<'a>>, Theories),
    Stored(&'a Baseline),
}

impl<'a> Contender<'a> {
    pub(super) fn simulated(variant: &'a Variant, metrics: &[MetricName]) -> Self {
        let mut world = World::new(&variant.scenario);
        world.count(metrics);
        let theories = Theories::new(&variant.scenario);
        let source = Source::Simulated(&variant.scenario, Box::new(Stock::new(world)), theories);
        Self { label: &variant.label, source }
    }

    pub(super) fn stored(baseline: &'a Baseline) -> Self {
        Self { label: &baseline.label, source: Source::Stored(baseline) }
    }

    /// The runs that can be added to; `None` of a baseline.
    pub(super) fn stock(&mut self) -> Option<&mut Stock<'a>> {
        match &mut self.source {
            Source::Simulated(_, stock, _) => Some(stock),
            Source::Stored(_) => None,
        }
    }

    /// The number of runs beyond which there are none.
    pub(super) fn runs_at_most(&self) -> Option<u32> {
        match &self.source {
            Source::Simulated(..) => None,
            Source::Stored(baseline) => Some(baseline.runs()),
        }
    }

    /// The first so many runs of a metric; `None` when there is no such metric.
    pub(super) fn sample(&self, name: &MetricName, quantity: Quantity, runs: u32) -> Option<Sample> {
        match &self.source {
            Source::Simulated(_, stock, _) => {
                let metric = Metric::find(&stock.world.names, name)?;
                first(stock, runs).sample(&metric)
            }
            Source::Stored(baseline) => baseline.sample(name, quantity, runs),
        }
    }

    /// The estimate of a metric, with the interval of this variant alone.
    pub(super) fn estimate(&self, name: &MetricName, level: f64, runs: u32) -> Option<Estimate> {
        match &self.source {
            Source::Simulated(_, stock, _) => {
                let metric = Metric::find(&stock.world.names, name)?;
                first(stock, runs).estimate(&metric, level, self.budget(name))
            }
            Source::Stored(baseline) => baseline.estimate(name, level, runs),
        }
    }

    /// The exact answer for a metric, if there is one.
    pub(super) fn exact(&self, name: &MetricName, runs: u32) -> Option<ExactAnswer> {
        match &self.source {
            Source::Simulated(_, stock, theories) => theories.answer(name, &first(stock, runs)),
            Source::Stored(_) => None,
        }
    }

    /// What stays possible of a metric where all of the first so many runs have a share of 0 or 1; and how many outages
    /// stand behind it, where their number is chance.
    pub(super) fn rare(
        &self,
        name: &MetricName,
        quantity: Quantity,
        runs: u32,
    ) -> (Option<Edge>, Option<u64>) {
        match &self.source {
            Source::Simulated(_, stock, _) => {
                let Some(metric) = Metric::find(&stock.world.names, name) else { return (None, None) };
                let lens = first(stock, runs);
                let sample = lens.sample(&metric);
                let subject = lens.subject(&metric);
                (edge(&subject), sample.and_then(|sample| outage::counted(&sample, &subject)))
            }
            Source::Stored(baseline) => {
                let Some(subject) = baseline.subject(name, quantity) else { return (None, None) };
                let sample = baseline.sample(name, quantity, runs);
                (edge(&subject), sample.and_then(|sample| outage::counted(&sample, &subject)))
            }
        }
    }

    /// The target of the error budget of the metric's part.
    pub(super) fn budget(&self, name: &MetricName) -> Option<f64> {
        match &self.source {
            Source::Simulated(scenario, stock, _) => {
                let part = stock.world.names.find(&name.scope)?;
                run::target(scenario, &stock.world.names, part)
            }
            Source::Stored(_) => None,
        }
    }

    /// What it is to reach; nothing of a baseline.
    pub(super) fn objectives(&self) -> &[Objective] {
        match &self.source {
            Source::Simulated(scenario, ..) => &scenario.objectives,
            Source::Stored(_) => &[],
        }
    }

    /// The currency of what is paid.
    pub(super) fn money(&self) -> Money {
        match &self.source {
            Source::Simulated(_, stock, _) => stock.world.names.money,
            Source::Stored(baseline) => baseline.money(),
        }
    }

    /// The clients of this variant.
    pub(super) fn clients(&self) -> Vec<&str> {
        match &self.source {
            Source::Simulated(_, stock, _) => stock.world.names.clients.iter().map(String::as_str).collect(),
            Source::Stored(baseline) => baseline.clients.iter().map(String::as_str).collect(),
        }
    }

    /// Digests of the workload by run.
    pub(super) fn workloads(&self, runs: u32) -> Vec<u64> {
        match &self.source {
            Source::Simulated(_, stock, _) => {
                stock.runs.iter().take(runs as usize).map(|run| run.workload).collect()
            }
            Source::Stored(baseline) => baseline.workloads.iter().take(runs as usize).copied().collect(),
        }
    }

    /// How long a run is; `None` of a baseline.
    pub(super) fn length(&self) -> Option<SimDuration> {
        match &self.source {
            Source::Simulated(_, stock, _) => Some(stock.world.span.horizon.since(SimTime::ZERO)),
            Source::Stored(_) => None,
        }
    }

    /// The seed of all random numbers.
    pub(super) fn seed(&self) -> u64 {
        match &self.source {
            Source::Simulated(scenario, ..) => scenario.run.seed,
            Source::Stored(baseline) => baseline.seed,
        }
    }

    /// Hours for which replicas were provided in the measured part of a run.
    pub(super) fn replica_hours(&self) -> f64 {
        match &self.source {
            Source::Simulated(scenario, stock, _) => {
                replica_hours(&scenario.system, stock.lens().runs, stock.world.span.measured().as_secs())
            }
            Source::Stored(baseline) => baseline.replica_hours,
        }
    }

    pub(super) fn conclude(self, runs_planned: u32) -> Contestant {
        let replica_hours = self.replica_hours();
        let outcome = match self.source {
            Source::Simulated(scenario, stock, _) => Some(run::outcome(scenario, *stock, runs_planned)),
            Source::Stored(_) => None,
        };
        Contestant { label: self.label.to_owned(), outcome, replica_hours }
    }
}

/// The first so many runs; batches of runs may be more than a baseline has.
fn first<'a>(stock: &'a Stock<'_>, runs: u32) -> Lens<'a> {
    let lens = stock.lens();
    Lens { runs: &lens.runs[..lens.runs.len().min(runs as usize)], ..lens }
}

/// Replicas of all services times the hours of so many seconds, in the mean of runs where their number changes. A replica
/// that is down is paid for, too.
pub(super) fn replica_hours(system: &System, runs: &[Measurements], seconds: f64) -> f64 {
    let of_service = |(number, service): (usize, &Service)| {
        if !service.is_changing() && service.population.is_none() {
            return f64::from(service.present) * seconds;
        }
        let present = |run: &Measurements| run.services[number].fleet.as_ref().map_or(0, |one| one.present);
        runs.iter().map(present).sum::<u128>() as f64 / 1e9 / runs.len().max(1) as f64
    };
    system.services.iter().enumerate().map(of_service).sum::<f64>() / 3600.0
}
