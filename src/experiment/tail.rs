//! What is said beside means whose estimate says little, because a tail is too heavy.

use super::Estimate;
use crate::measure::metric::Names;
use crate::scenario::{HeavyTail, Lacking, Scenario, heavy_tails, heavy_ways};
use crate::units::SimTime;

/// Means of waits, and what follows from them, of a service and of a client.
const OF_SERVICE: [&str; 4] = ["wait_mean", "sojourn_mean", "queue_length_mean", "in_system_mean"];
const OF_CLIENT: [&str; 2] = ["latency_mean", "latency_all_mean"];

/// What is said beside means of a system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tails {
    /// Scopes with the metrics that something is said of, and what.
    notes: Vec<(String, &'static [&'static str], String)>,
}

impl Tails {
    /// Those of a scenario.
    pub(super) fn new(scenario: &Scenario, names: &Names) -> Self {
        let (system, horizon) = (&scenario.system, scenario.run.span.horizon.since(SimTime::ZERO));
        let services =
            names.services.iter().zip(heavy_tails(system, horizon)).map(|one| (one, &OF_SERVICE[..]));
        let clients = names.clients.iter().zip(heavy_ways(system, horizon)).map(|one| (one, &OF_CLIENT[..]));
        let note = |((scope, tail), metrics): ((&String, Option<HeavyTail>), &'static [&'static str])| {
            tail.map(|tail| (scope.clone(), metrics, said(&tail)))
        };
        Self { notes: services.chain(clients).filter_map(note).collect() }
    }

    /// Says it beside an estimate that it is about.
    pub(super) fn tell(&self, estimate: &mut Estimate) {
        let about = |(scope, metrics, _): &&(String, &[&str], String)| {
            *scope == estimate.scope && metrics.contains(&estimate.metric.as_str())
        };
        let Some((.., said)) = self.notes.iter().find(about) else { return };
        estimate.note = Some(match estimate.note.take() {
            Some(note) => format!("{said}; {note}"),
            None => said.clone(),
        });
    }
}

fn said(tail: &HeavyTail) -> String {
    match tail.lacking {
        Lacking::Mean => "there is no mean: it grows with the runs (tail of the demand)".to_owned(),
        Lacking::Variance => "no variance: the interval is too narrow (tail of the demand)".to_owned(),
    }
}
