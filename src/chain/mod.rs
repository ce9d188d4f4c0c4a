//! Markov chains as users write them: a table of rates, or a model of guarded commands.
//!
//! The language of models is a part of that of PRISM: `ctmc`, constants, formulas, bounded variables, modules and renamed
//! modules, commands with synchronised actions, labels, and rewards of states and transitions. What a model or table says becomes a
//! [`Model`]: the chain of all states that can be reached, with names, labels and rewards. This room reads and counts;
//! [`analysis::markov`](crate::analysis::markov) solves.
//!
//! Source: Kwiatkowska, Norman and Parker, PRISM 4.0: Verification of probabilistic real-time systems, CAV 2011, and the
//! chapter "The PRISM Language" of its manual.

mod compile;
mod evaluate;
mod explore;
mod expression;
mod parse;
mod question;
mod syntax;
mod table;
mod token;

use crate::analysis::markov::Chain;
use crate::document::{Diagnostic, Diagnostics, Span};

pub use question::{ChainAnswer, ChainAnswers, Method, Of, Question, Unit};
pub use table::{read_rates, read_rewards};

/// Most states of a model.
pub const STATES_MAX: usize = 5_000_000;

/// A chain whose states have names.
#[derive(Debug, Clone)]
pub struct Model {
    /// The chain, in the unit of time in which its rates are written.
    pub chain: Chain,
    /// Number of the state in which it starts.
    pub start: usize,
    /// Named sets of states, in the order of the file: whether each state belongs to it.
    pub labels: Vec<(String, Vec<bool>)>,
    /// Named rewards, in the order of the file: what each state earns per unit of time.
    pub rewards: Vec<(String, Vec<f64>)>,
    /// Names of those that transitions earn: what a state earns is then a count for each unit of time.
    pub by_moves: Vec<String>,
    /// What the states are.
    states: States,
}

/// What the states of a chain are.
#[derive(Debug, Clone)]
enum States {
    /// Names in a table.
    Named(Vec<String>),
    /// Values of the variables of a model.
    Valued(explore::Space),
}

/// Reads a model of guarded commands; each of `constants` is a text `NAME=VALUE` that sets a constant.
///
/// Places in findings name source 0 for the model and one more for each constant, in their order.
///
/// # Errors
///
/// Everything that is wrong with the model, as far as it can be told; more than [`STATES_MAX`] states.
///
/// # Examples
///
/// ```
/// let text = "ctmc module m n : [0..1] init 0; [] n=0 -> 1 : (n'=1); [] n=1 -> 99 : (n'=0); endmodule";
/// let model = ninefold::chain::read_model(text, &[]).unwrap();
/// assert_eq!(model.chain.states(), 2);
/// assert!((model.chain.steady().unwrap().probabilities[0] - 0.99).abs() < 1e-15);
/// ```
pub fn read_model(text: &str, constants: &[String]) -> Result<Model, Diagnostics> {
    let written = parse::model(text)?;
    let compiled = compile::compile(&written, constants)?;
    explore::explore(compiled)
}

impl Model {
    /// The name of a state, such as `up=3,crew=idle` or that of its table.
    pub fn name(&self, state: usize) -> String {
        match &self.states {
            States::Named(names) => names.get(state).cloned().unwrap_or_default(),
            States::Valued(space) => space.name(state),
        }
    }

    /// Whether each state belongs to the set that a text names: a label, a state, or a condition on the variables of the
    /// model.
    ///
    /// `source` is the number by which findings name the text.
    ///
    /// # Errors
    ///
    /// A name that is unknown, or a condition that is none.
    pub fn set(&self, text: &str, source: u32) -> Result<Vec<bool>, Diagnostics> {
        let asked = text.trim().trim_matches('"');
        if let Some((_, set)) = self.labels.iter().find(|(name, _)| name == asked) {
            return Ok(set.clone());
        }
        match &self.states {
            States::Named(names) if names.iter().any(|name| name == asked) => {
                Ok(names.iter().map(|name| name == asked).collect())
            }
            States::Named(names) => {
                let span = Span { source, start: 0, end: text.len() };
                let labels = self.labels.iter().map(|(name, _)| name);
                let known: Vec<&str> = labels.chain(names.iter().take(20)).map(String::as_str).collect();
                Err(Diagnostics(vec![Diagnostic::unknown(span, "state", asked, known)]))
            }
            States::Valued(space) => space.set(text, source, &self.labels),
        }
    }

    /// Adds rewards of states under their names.
    pub fn add_rewards(&mut self, rewards: Vec<(String, Vec<f64>)>) {
        self.rewards.extend(rewards);
    }

    /// The number of a state of a table by its name.
    fn named(&self, name: &str) -> Option<usize> {
        match &self.states {
            States::Named(names) => names.iter().position(|one| one == name),
            States::Valued(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
