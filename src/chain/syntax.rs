//! A model as it is written.

use super::expression::{Expression, Type};
use crate::document::{Name, Span};

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Written {
    pub(super) constants: Vec<Constant>,
    pub(super) formulas: Vec<(Name, Expression)>,
    pub(super) globals: Vec<Variable>,
    pub(super) modules: Vec<Module>,
    pub(super) labels: Vec<(Name, Expression)>,
    pub(super) rewards: Vec<Rewards>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub(super) name: Name,
    pub(super) kind: Type,
    pub(super) value: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variable {
    pub(super) name: Name,
    /// Lowest and highest value; `None` for a truth value.
    pub(super) range: Option<[Expression; 2]>,
    pub(super) start: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Module {
    pub(super) name: Name,
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Own(Parts),
    /// Those of another module, with other names: old and new.
    Renamed(Name, Vec<(Name, Name)>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Parts {
    pub(super) variables: Vec<Variable>,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) span: Span,
    pub(super) action: Option<Name>,
    pub(super) guard: Expression,
    pub(super) choices: Vec<Choice>,
}

/// What may happen, and at which rate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) rate: Expression,
    pub(super) updates: Vec<(Name, Expression)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rewards {
    pub(super) name: Option<Name>,
    pub(super) span: Span,
    pub(super) items: Vec<Reward>,
}

/// What is earned where a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reward {
    pub(super) by: Earning,
    pub(super) guard: Expression,
    pub(super) value: Expression,
}

/// By what a reward is earned.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Earning {
    /// By time spent in a state.
    Time,
    /// By each transition of the commands with this action, or of those without any.
    Move(Option<Name>),
}
