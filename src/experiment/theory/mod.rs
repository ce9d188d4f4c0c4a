//! What theory says about a scenario: for each part the formula whose domain it satisfies, or nearly does.
//!
//! A part satisfies a domain when nothing in the scenario departs from it. It nearly does when a few named assumptions
//! fail; the formula's answer is then shown with them, and is no prediction.

mod cache;
mod data;
mod flow;
mod function;
mod given;
mod law;
mod queue;
mod recovery;

use std::collections::BTreeMap;

pub(super) use given::given;

use crate::analysis::oracle::{self, Given, OracleError, Value};
use crate::measure::metric::{ScopeKind, is_known};
use crate::model::region::Network;
use crate::model::span::RunSpan;
use crate::model::system::System;
use crate::model::workload::Client;
use crate::scenario::Scenario;
use crate::units::ServiceId;

/// What theory says about one part of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Theory {
    /// Of what, such as `service.pool`.
    pub scope: String,
    /// The model in the field's notation, such as `M/M/3`.
    pub model: String,
    /// The formula, as `solve` and `list oracles` call it.
    pub oracle: &'static str,
    /// Its answers for the metrics that this scope has, in the steady state.
    pub answers: Vec<Exact>,
    /// Assumptions of the formula that do not hold, each a short phrase; empty where the answers are exact.
    pub departures: Vec<String>,
    /// How long the part remembers how it began, as far as the formula knows \[s\].
    pub relaxation: Option<f64>,
    /// Why the answers are those of the long run and not of the span that is measured, empty where the formula names no
    /// relaxation time; `None` where they are of both.
    pub long_run: Option<String>,
}

impl Theory {
    /// Whether the answers are those of the scenario itself.
    pub fn is_exact(&self) -> bool {
        self.departures.is_empty()
    }

    /// Whether an answer is the expected value of what is measured, so that no simulation need decide on it.
    pub fn decides(&self, exact: &Exact) -> bool {
        // A first outage is waited for from the beginning, not in the long run.
        self.is_exact() && (self.long_run.is_none() || exact.metric == FIRST_OUTAGE)
    }

    /// Says whether the span that is measured is long enough for the steady state.
    fn settle(&mut self, span: &RunSpan) {
        let measured = span.measured().as_secs();
        self.long_run = match self.relaxation {
            _ if span.until.is_some() => Some("runs end with the first outage".to_owned()),
            _ if self.long_run.is_some() => return,
            None => Some(String::new()),
            Some(relaxation) if measured < RELAXATIONS * relaxation => Some(format!(
                "{:.1} relaxation times are measured, fewer than {RELAXATIONS}",
                measured / relaxation
            )),
            Some(_) => None,
        };
    }
}

/// The metric that is exact without a steady state.
const FIRST_OUTAGE: &str = "first_outage_mean";
/// A span of this many relaxation times shows the steady state: what is left of the beginning is 1 % of what is down.
const RELAXATIONS: f64 = 100.0;
/// An answer that says how long the beginning is remembered.
const RELAXATION: &str = "relaxation_time";
/// What an availability is missing to 1, without the loss of digits of a subtraction.
const UNAVAILABILITY: &str = "unavailability";

/// The exact value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// Name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// The value in that unit.
    pub value: f64,
    /// Of an availability, what is missing to 1: where that is small, `value` does not hold all its digits.
    pub missing: Option<f64>,
}

/// With more failing assumptions than this a formula is not near.
pub const NEAR: usize = 2;

/// What theory says about the parts of a scenario, in the order of results: clients, services, blocks, faults.
///
/// Values are those of the steady state, from which a short run that begins with all queues empty and all parts up
/// differs. Left out is a formula of whose assumptions more than `departures` fail.
pub fn theory(scenario: &Scenario, departures: usize) -> Vec<Theory> {
    let system = &scenario.system;
    let traffic = flow::Traffic::new(system);
    // No formula is of work that comes when somebody takes it, and perhaps again.
    let has_events = system.services.iter().any(|service| service.events.is_some());
    let models = if has_events { 0 } else { system.services.len() };
    let queues: Vec<Option<Theory>> = (0..models)
        .map(|number| {
            let service = ServiceId(number as u32);
            let one = &system.services[number];
            if one.function.is_some() {
                return function::of(system, &traffic, service);
            }
            let scope = format!("service.{}", one.name);
            queue::of(system, &traffic, service).and_then(|model| model.solve(&scope, ScopeKind::Service))
        })
        .collect();
    let clients = system.clients.iter().filter(|_| !has_events);
    let clients = clients.filter_map(|client| latency(system, client, &queues));
    let mut all: Vec<Theory> = clients.collect();
    all.extend(queues.iter().flatten().cloned());
    all.extend(cache::of(system));
    all.extend(data::of(system));
    all.extend(recovery::of(system, scenario.run.span.measured().as_secs()));
    for one in &mut all {
        one.settle(&scenario.run.span);
    }
    all.retain(|one| one.departures.len() <= departures && (!one.answers.is_empty() || !one.is_exact()));
    all
}

/// A formula and what it is asked.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    oracle: &'static str,
    arguments: BTreeMap<String, Given>,
}

impl Part {
    fn new(oracle: &'static str, arguments: &[(&str, Given)]) -> Self {
        let arguments = arguments.iter().map(|(name, given)| ((*name).to_owned(), given.clone())).collect();
        Self { oracle, arguments }
    }

    /// The answers that are one number each.
    fn answers(&self) -> Result<Vec<Exact>, OracleError> {
        let oracle = oracle::find(self.oracle)?;
        let values = oracle.solve(&self.arguments)?;
        let number = |(answer, value): (&oracle::Answer, Value)| match value {
            Value::Number(value) if value.is_finite() => {
                Some(Exact { metric: answer.name.to_owned(), unit: answer.unit, value, missing: None })
            }
            _ => None,
        };
        let mut answers: Vec<Exact> = oracle.answers.iter().zip(values).filter_map(number).collect();
        let missing = answers.iter().find(|one| one.metric == UNAVAILABILITY).map(|one| one.value);
        let availability = answers.iter_mut().filter(|one| one.metric == "availability_time");
        availability.for_each(|one| one.missing = missing);
        Ok(answers)
    }
}

/// A number as an argument.
fn number(value: f64) -> Given {
    Given::Numbers(vec![value])
}

/// A model of a part, which may be made of parts that are chosen at random.
#[derive(Debug, Clone)]
struct Model {
    label: String,
    /// Formulas, each once, with the share of the requests that each of its copies speaks of.
    parts: Vec<(f64, Part)>,
    /// The copies in order: which part, and how many of it in a row. The shares of all copies sum to 1.
    copies: Vec<(usize, usize)>,
    departures: Vec<String>,
}

/// Answers that are means over requests, so that those of parts are weighted by their share.
const OVER_REQUESTS: [&str; 3] = ["sojourn_mean", "wait_mean", "delayed_ratio"];
/// Answers that sum over parts.
const SUMS: [&str; 2] = ["in_system_mean", "queue_length_mean"];

impl Model {
    /// One formula that speaks of all requests.
    fn whole(label: String, part: Part, departures: Vec<String>) -> Self {
        Self { label, parts: vec![(1.0, part)], copies: vec![(0, 1)], departures }
    }

    /// The answers for the metrics that the scope has.
    fn solve(self, scope: &str, kind: ScopeKind) -> Option<Theory> {
        let Self { label, parts, copies, mut departures } = self;
        let oracle = parts.first()?.1.oracle;
        let solved: Result<Vec<(f64, Vec<Exact>)>, OracleError> =
            parts.iter().map(|(share, part)| Ok((*share, part.answers()?))).collect();
        let relaxation = solved.as_ref().ok().map(|solved| slowest(solved));
        let answers = match solved {
            Ok(solved) => combined(&solved, &copies),
            Err(error @ OracleError::Unstable { .. }) => {
                departures.push(error.to_string());
                Vec::new()
            }
            Err(error) => {
                // What the formula does not speak of; it must have been asked what it is to be asked.
                debug_assert!(
                    matches!(error, OracleError::Outside { .. } | OracleError::Domain { .. }),
                    "{oracle}: {error}"
                );
                return None;
            }
        };
        let relaxation = relaxation.flatten();
        let answers = answers.into_iter().filter(|one| is_known(kind, &one.metric)).collect();
        Some(Theory {
            scope: scope.to_owned(),
            model: label,
            oracle,
            answers,
            departures,
            relaxation,
            long_run: None,
        })
    }
}

/// The longest relaxation time of parts, if all of them know theirs.
fn slowest(parts: &[(f64, Vec<Exact>)]) -> Option<f64> {
    let of_part = |(_, answers): &(f64, Vec<Exact>)| {
        answers.iter().find(|one| one.metric == RELAXATION).map(|one| one.value)
    };
    let each: Option<Vec<f64>> = parts.iter().map(of_part).collect();
    each?.into_iter().reduce(f64::max)
}

/// The answers for a mixture of copies.
fn combined(parts: &[(f64, Vec<Exact>)], copies: &[(usize, usize)]) -> Vec<Exact> {
    let Some((_, first)) = parts.first() else { return Vec::new() };
    let is_one = parts.iter().all(|(_, answers)| answers == first);
    let count: usize = copies.iter().map(|(_, count)| count).sum();
    let value = |one: &Exact| {
        let of = |(share, answers): &(f64, Vec<Exact>)| {
            answers.iter().find(|other| other.metric == one.metric).map(|other| (*share, other.value))
        };
        let each: Vec<(f64, f64)> = parts.iter().map(of).collect::<Option<_>>()?;
        // Term by term: a product would round otherwise than the sum over unlike parts does.
        let sum = |term: fn(f64, f64) -> f64| -> f64 {
            let terms = copies.iter().flat_map(|(part, count)| std::iter::repeat_n(each[*part], *count));
            terms.map(|(share, value)| term(share, value)).sum()
        };
        let name = one.metric.as_str();
        if SUMS.contains(&name) {
            Some(sum(|_, value| value))
        } else if is_one {
            Some(one.value)
        } else if OVER_REQUESTS.contains(&name) {
            Some(sum(|share, value| share * value))
        } else if name == "utilisation" {
            Some(sum(|_, value| value) / count as f64)
        } else {
            None
        }
    };
    first.iter().filter_map(|one| value(one).map(|value| Exact { value, ..one.clone() })).collect()
}

/// The latency of a client whose requests are one call of one service, over a network without delay.
fn latency(system: &System, client: &Client, queues: &[Option<Theory>]) -> Option<Theory> {
    let [step] = &client.steps[..] else { return None };
    let [call] = &step.calls[..] else { return None };
    if call.probability.get() < 1.0 || call.count != 1 || !is_instant(&system.network) {
        return None;
    }
    // Who is passed on is answered later.
    if !system.services[call.service.index()].next.is_empty() {
        return None;
    }
    let theirs = queues.get(call.service.index())?.as_ref()?;
    let mine = |exact: &Exact| {
        let statistic = exact.metric.strip_prefix("sojourn_")?;
        Some(Exact { metric: format!("latency_{statistic}"), ..exact.clone() })
    };
    Some(Theory {
        scope: format!("client.{}", client.name),
        answers: theirs.answers.iter().filter_map(mine).collect(),
        ..theirs.clone()
    })
}

/// Whether messages take no time and none is lost.
fn is_instant(network: &Network) -> bool {
    network.is_instant() && !network.loses()
}
