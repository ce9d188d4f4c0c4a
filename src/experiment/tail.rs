//! What is said beside means whose estimate says little, because a tail is too heavy.

use super::Estimate;
use crate::measure::metric::{Basis, Names, Quantity};
use crate::scenario::{HeavyTail, Lacking, Scenario, heavy_tails, heavy_ways};
use crate::units::SimTime;

/// What is said beside means of a system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tails {
    /// Scopes with what the means rest on that something is said of, and what.
    notes: Vec<(String, Basis, String)>,
}

impl Tails {
    /// Those of a scenario.
    pub(super) fn new(scenario: &Scenario, names: &Names) -> Self {
        let (system, horizon) = (&scenario.system, scenario.run.span.horizon.since(SimTime::ZERO));
        let services = names.services.iter().zip(heavy_tails(system, horizon));
        let clients = names.clients.iter().zip(heavy_ways(system, horizon));
        let all = services.map(|one| (one, Basis::Inside)).chain(clients.map(|one| (one, Basis::Latency)));
        let note = |((scope, tail), basis): ((&String, Option<HeavyTail>), Basis)| {
            tail.map(|tail| (scope.clone(), basis, said(&tail)))
        };
        Self { notes: all.filter_map(note).collect() }
    }

    /// Says it beside an estimate that it is about.
    pub(super) fn tell(&self, estimate: &mut Estimate) {
        let about = |(scope, basis, _): &&(String, Basis, String)| {
            let is_mean_of = |quantity: Quantity| quantity.is_mean() && quantity.rests_on(*basis);
            *scope == estimate.scope && Quantity::parse(&estimate.metric).is_some_and(is_mean_of)
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
