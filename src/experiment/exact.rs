//! Exact answers beside what was simulated: where they are the answer to what was measured, they decide.
//!
//! An answer decides when every assumption of its formula holds and the measured span is long enough for the steady
//! state that it speaks of, and the simulation does not contradict it: its 99.9 % interval must hold the answer.

use std::collections::BTreeMap;

use super::estimate::{Lens, Metric};
use super::theory::{Exact, Theory};
use super::{Estimate, theory};
use crate::measure::metric::{MetricName, Part};
use crate::scenario::Scenario;

/// The level of the interval outside which an exact answer is contradicted.
pub const CONTRADICTED: f64 = 0.999;

/// An exact answer for a metric that was simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactAnswer {
    /// Of what, such as `service.pool`.
    pub scope: String,
    /// The answer.
    pub exact: Exact,
    /// The formula.
    pub oracle: &'static str,
    /// What it is worth.
    pub bearing: Bearing,
}

/// What an exact answer is worth beside a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// It is the answer to what was measured, and decides.
    Decides,
    /// It is the answer in the long run, which the measured span does not show.
    LongRun,
    /// It should decide, but the simulation contradicts it.
    Contradicted,
}

/// The theory of a scenario, to be laid beside its simulation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Theories {
    theories: Vec<Theory>,
    /// By scope and metric the theory and its answer; where several formulas answer, the first one does.
    places: BTreeMap<(String, String), (usize, usize)>,
}

impl Theories {
    /// What is exact about a scenario.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let theories = theory(scenario, 0);
        let mut places = BTreeMap::new();
        for (place, theory) in theories.iter().enumerate() {
            for (number, exact) in theory.answers.iter().enumerate() {
                places.entry((theory.scope.clone(), exact.metric.clone())).or_insert((place, number));
            }
        }
        Self { theories, places }
    }

    /// The exact answer for a metric, if there is one.
    pub(super) fn answer(&self, name: &MetricName, lens: &Lens<'_>) -> Option<ExactAnswer> {
        let place = self.places.get(&(name.scope.clone(), name.name.clone()))?;
        self.beside(*place, lens.names.find(&name.scope)?, lens)
    }

    /// All exact answers for metrics that were simulated, by scope and metric.
    pub(super) fn answers(&self, lens: &Lens<'_>) -> Vec<ExactAnswer> {
        let parts: BTreeMap<&str, Part> = lens.names.parts().map(|(part, scope)| (scope, part)).collect();
        let one = |((scope, _), place): (&(String, String), &(usize, usize))| {
            self.beside(*place, *parts.get(scope.as_str())?, lens)
        };
        self.places.iter().filter_map(one).collect()
    }

    /// An exact answer and what the simulation says of it; `None` where it was not simulated.
    fn beside(&self, (place, number): (usize, usize), part: Part, lens: &Lens<'_>) -> Option<ExactAnswer> {
        let theory = self.theories.get(place)?;
        let exact = theory.answers.get(number)?;
        let metric = Metric::of(part, &exact.metric)?;
        let estimate = lens.estimate(&metric, CONTRADICTED, None)?;
        Some(answer(theory, exact, &estimate))
    }
}

fn answer(theory: &Theory, exact: &Exact, estimate: &Estimate) -> ExactAnswer {
    let bearing = match theory.decides(exact) {
        false => Bearing::LongRun,
        true if contradicts(estimate, exact) => Bearing::Contradicted,
        true => Bearing::Decides,
    };
    ExactAnswer { scope: theory.scope.clone(), exact: exact.clone(), oracle: theory.oracle, bearing }
}

/// Whether an interval excludes the answer by more than the rounding of sums; without an interval nothing does.
fn contradicts(estimate: &Estimate, exact: &Exact) -> bool {
    /// Relative error of a sum of many terms.
    const ROUNDING: f64 = 1e-12;
    let Some((low, high)) = estimate.interval else { return false };
    let slack = ROUNDING * exact.value.abs();
    exact.value < low - slack || exact.value > high + slack
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(interval: Option<(f64, f64)>) -> Estimate {
        Estimate {
            scope: "service.s".to_owned(),
            metric: "availability_time".to_owned(),
            unit: "ratio",
            value: Some(0.99),
            interval,
            confidence: CONTRADICTED,
            runs: 10,
            note: None,
        }
    }

    fn theory(long_run: Option<&str>, departures: &[&str]) -> Theory {
        Theory {
            scope: "service.s".to_owned(),
            model: "1 of 2".to_owned(),
            oracle: "k-of-n",
            answers: Vec::new(),
            departures: departures.iter().map(|one| (*one).to_owned()).collect(),
            relaxation: Some(1.0),
            long_run: long_run.map(str::to_owned),
        }
    }

    #[test]
    fn an_answer_decides_where_it_holds_and_nothing_contradicts_it() {
        let exact = Exact { metric: "availability_time".into(), unit: "ratio", value: 0.999, missing: None };
        let bearing = |theory: &Theory, interval| answer(theory, &exact, &estimate(interval)).bearing;
        assert_eq!(bearing(&theory(None, &[]), Some((0.98, 1.0))), Bearing::Decides);
        assert_eq!(bearing(&theory(None, &[]), None), Bearing::Decides);
        assert_eq!(bearing(&theory(None, &[]), Some((0.98, 0.9989))), Bearing::Contradicted);
        assert_eq!(bearing(&theory(Some("it is young"), &[]), Some((0.98, 1.0))), Bearing::LongRun);
        assert_eq!(bearing(&theory(None, &["arrivals are bursty"]), Some((0.98, 1.0))), Bearing::LongRun);
        let first = Exact { metric: "first_outage_mean".into(), ..exact.clone() };
        assert!(theory(Some("runs end with the first outage"), &[]).decides(&first));
    }
}
