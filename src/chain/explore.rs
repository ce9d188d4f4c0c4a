//! From a compiled model to the chain of all states that can be reached.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::compile::{By, Compiled, Earned, Outcome, Scope, Slot, Step};
use super::evaluate::{Refused, is_true, value};
use super::expression::{Expression, Type, Value};
use super::{Model, STATES_MAX, States, parse};
use crate::analysis::markov::Chain;
use crate::document::{Diagnostic, Diagnostics, Span};

/// Most combinations of commands that happen at once in one state.
const COMBINATIONS_MAX: usize = 1_000_000;

/// The states of a model in the order in which they were found.
#[derive(Debug, Clone)]
pub(super) struct Space {
    variables: Vec<Slot>,
    scope: Scope,
    codes: Vec<u128>,
}

impl Space {
    /// The values of the variables in a state.
    fn values(&self, state: usize) -> Vec<i64> {
        let mut code = self.codes[state];
        let mut values = vec![0; self.variables.len()];
        for (value, slot) in values.iter_mut().zip(&self.variables).rev() {
            let size = size(slot);
            *value = slot.low + (code % size) as i64;
            code /= size;
        }
        values
    }

    fn code(&self, values: &[i64]) -> u128 {
        self.variables
            .iter()
            .zip(values)
            .fold(0, |code, (slot, value)| code * size(slot) + u128::from(value.abs_diff(slot.low)))
    }

    pub(super) fn name(&self, state: usize) -> String {
        let values = self.values(state);
        let written = |(slot, value): (&Slot, &i64)| match slot.kind {
            Type::Truth => format!("{}={}", slot.name, *value != 0),
            _ => format!("{}={value}", slot.name),
        };
        self.variables.iter().zip(&values).map(written).collect::<Vec<_>>().join(",")
    }

    /// The states in which a condition holds.
    pub(super) fn set(
        &self,
        text: &str,
        source: u32,
        labels: &[(String, Vec<bool>)],
    ) -> Result<Vec<bool>, Diagnostics> {
        let single = |error: Diagnostic| Diagnostics(vec![error]);
        // A state is written with commas between its variables; within brackets they part the values of a function.
        let text = if text.contains('(') { text.to_owned() } else { text.replace(',', "&") };
        let condition = parse::expression(&text, source).map_err(single)?;
        let mut findings = Diagnostics::default();
        let resolved = self.scope.resolve(&condition, &mut findings);
        let kind = super::evaluate::check(&resolved, &mut findings);
        if findings.has_errors() {
            let labels: Vec<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
            for finding in findings.0.iter_mut().filter(|_| !labels.is_empty()) {
                let help = finding.help.take().map_or(String::new(), |help| format!("{help}; "));
                finding.help = Some(format!("{help}labels: {}", labels.join(", ")));
            }
            return Err(findings);
        }
        if kind != Some(Type::Truth) {
            let error = Diagnostic::error(condition.span, "this is no condition on states");
            return Err(single(error.help("expected a label, or a condition such as up=0")));
        }
        let holds = |state: usize| is_true(&resolved, &self.values(state));
        let holds = (0..self.codes.len()).map(holds).collect::<Result<Vec<_>, _>>();
        holds.map_err(|(span, why)| single(Diagnostic::error(span, why)))
    }
}

/// How many values a variable has.
fn size(slot: &Slot) -> u128 {
    u128::from(slot.high.abs_diff(slot.low)) + 1
}

/// Follows every command from the start until there is no new state.
pub(super) fn explore(compiled: Compiled) -> Result<Model, Diagnostics> {
    let single = |error: Diagnostic| Diagnostics(vec![error]);
    let whole =
        |message: String| single(Diagnostic { span: None, ..Diagnostic::error(Span::default(), message) });
    let Compiled { variables, alone, together, labels, rewards, scope } = compiled;
    if variables.is_empty() {
        return Err(whole("the model has no variables, and so no states".to_owned()));
    }
    if variables.iter().try_fold(1_u128, |product, slot| product.checked_mul(size(slot))).is_none() {
        return Err(whole("the variables have too many values together".to_owned()));
    }
    let start: Vec<i64> = variables.iter().map(|slot| slot.start).collect();
    let mut space = Space { variables, scope, codes: Vec::new() };
    let mut explorer = Explorer { numbers: BTreeMap::new(), edges: Vec::new() };
    let mut earned: Vec<Vec<f64>> = vec![Vec::new(); rewards.len()];
    explorer.number(&mut space, &start);
    let mut at = 0;
    while at < space.codes.len() {
        let values = space.values(at);
        let refused = |(span, why): Refused| {
            single(Diagnostic::error(span, format!("{why}, in the state {}", space.name(at))).label("here"))
        };
        let moves = moves(&space, &values, &alone, &together).map_err(refused)?;
        for ((_, items), earned) in rewards.iter().zip(&mut earned) {
            earned.push(earned_here(items, &values, &moves).map_err(refused)?);
        }
        for (_, (next, rate)) in moves {
            let number = explorer.number(&mut space, &next);
            explorer.edges.push((at, number, rate));
        }
        if space.codes.len() > STATES_MAX {
            return Err(whole(format!("the model has more than {STATES_MAX} states")));
        }
        at += 1;
    }
    let Explorer { numbers, edges } = explorer;
    drop(numbers);
    let chain = Chain::new(space.codes.len(), edges).map_err(|error| whole(error.to_string()))?;
    let placed = |(span, why): Refused| single(Diagnostic::error(span, why).label("here"));
    let labels = marked(&space, &labels).map_err(placed)?;
    let is_by_moves = |items: &[Earned]| items.iter().any(|item| item.by.is_some());
    let by_moves = rewards.iter().filter(|(_, items)| is_by_moves(items)).map(|(name, _)| name.clone());
    let by_moves = by_moves.collect();
    let rewards = rewards.into_iter().map(|(name, _)| name).zip(earned).collect();
    Ok(Model { chain, start: 0, labels, rewards, by_moves, states: States::Valued(space) })
}

fn marked(space: &Space, labels: &[(String, Expression)]) -> Result<Vec<(String, Vec<bool>)>, Refused> {
    let mut found: Vec<(String, Vec<bool>)> =
        labels.iter().map(|(name, _)| (name.clone(), Vec::with_capacity(space.codes.len()))).collect();
    for state in 0..space.codes.len() {
        let values = space.values(state);
        for ((_, set), (_, condition)) in found.iter_mut().zip(labels) {
            set.push(is_true(condition, &values)?);
        }
    }
    Ok(found)
}

/// What a state earns per unit of time: by being there, and by each of its moves as often as it happens.
fn earned_here(items: &[Earned], values: &[i64], moves: &[(By, Move)]) -> Result<f64, Refused> {
    let mut sum = 0.0;
    for item in items {
        if !is_true(&item.guard, values)? {
            continue;
        }
        let reward = value(&item.value, values)?.number();
        if !reward.is_finite() {
            return Err((item.value.span, "this reward is no finite number".to_owned()));
        }
        sum += match item.by {
            None => reward,
            Some(by) => {
                let rates = moves.iter().filter(|(one, _)| *one == by).map(|(_, (_, rate))| rate);
                reward * rates.sum::<f64>()
            }
        };
    }
    Ok(sum)
}

struct Explorer {
    numbers: BTreeMap<u128, usize>,
    edges: Vec<(usize, usize, f64)>,
}

/// Where something leads, and at which rate.
type Move = (Vec<i64>, f64);

impl Explorer {
    /// The number of a state; a new one gets the next.
    fn number(&mut self, space: &mut Space, values: &[i64]) -> usize {
        let code = space.code(values);
        match self.numbers.entry(code) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                space.codes.push(code);
                *new.insert(space.codes.len() - 1)
            }
        }
    }
}

/// Everything that may happen in a state, and by what.
fn moves(
    space: &Space,
    values: &[i64],
    alone: &[Step],
    together: &[Vec<Vec<Step>>],
) -> Result<Vec<(By, Move)>, Refused> {
    let mut moves = Vec::new();
    for step in alone {
        if is_true(&step.guard, values)? {
            for outcome in &step.choices {
                let moved = happen(space, values, (values.to_vec(), 1.0), outcome)?;
                moves.extend(moved.map(|moved| (By::Alone, moved)));
            }
        }
    }
    for (number, partners) in together.iter().enumerate() {
        let joint = joint(space, values, partners)?;
        moves.extend(joint.into_iter().map(|moved| (By::Together(number), moved)));
    }
    Ok(moves)
}

/// What modules do at once: one command of each, whose rates are multiplied.
fn joint(space: &Space, values: &[i64], partners: &[Vec<Step>]) -> Result<Vec<Move>, Refused> {
    let mut moves = vec![(values.to_vec(), 1.0)];
    for steps in partners {
        let mut longer = Vec::new();
        for step in steps {
            if !is_true(&step.guard, values)? {
                continue;
            }
            for outcome in &step.choices {
                for before in &moves {
                    longer.extend(happen(space, values, before.clone(), outcome)?);
                }
            }
            if longer.len() > COMBINATIONS_MAX {
                return Err((step.guard.span, "too many commands happen at once".to_owned()));
            }
        }
        moves = longer;
    }
    Ok(moves)
}

/// Adds one outcome to a move; its values are those of the state before all of them.
fn happen(
    space: &Space,
    values: &[i64],
    (mut next, rate): Move,
    outcome: &Outcome,
) -> Result<Option<Move>, Refused> {
    let own = value(&outcome.rate, values)?.number();
    if !(own.is_finite() && own >= 0.0) {
        return Err((outcome.rate.span, format!("the rate is {own}, but must be finite and at least 0")));
    }
    let rate = rate * own;
    if rate == 0.0 {
        return Ok(None);
    }
    for (variable, expression) in &outcome.updates {
        let slot = &space.variables[*variable];
        let new = match value(expression, values)? {
            Value::Whole(value) => value,
            Value::Truth(value) => i64::from(value),
            Value::Real(value) => return Err((expression.span, format!("{value} is no whole number"))),
        };
        if !(slot.low..=slot.high).contains(&new) {
            let why = format!("\"{}\" becomes {new}, outside of {} to {}", slot.name, slot.low, slot.high);
            return Err((expression.span, why));
        }
        next[*variable] = new;
    }
    Ok(Some((next, rate)))
}
