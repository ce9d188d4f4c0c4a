//! Formulas are replaced by what they say, before modules are renamed: what a renamed module sees is the formula with
//! its own variables.

use std::collections::BTreeMap;

use super::super::expression::{Expression, Node};
use super::super::syntax::{Choice, Command, Parts, Variable, Written};
use super::scope::names;
use crate::document::{Diagnostic, Diagnostics, Name};

/// Most parts of one formula in which all others are replaced.
const PARTS_MAX: usize = 100_000;

/// Formulas in which no other formula is named.
#[derive(Debug, Clone, Default)]
pub(in crate::chain) struct Formulas {
    meant: BTreeMap<String, Expression>,
}

impl Formulas {
    pub(super) fn new(written: &Written, findings: &mut Diagnostics) -> Self {
        let mut formulas = Self::default();
        let mut open: Vec<&(Name, Expression)> = Vec::new();
        for one in &written.formulas {
            if open.iter().any(|(name, _)| name.text == one.0.text) {
                let message = format!("there are two formulas called \"{}\"", one.0.text);
                findings.push(Diagnostic::error(one.0.span, message).label("the second one"));
            } else {
                open.push(one);
            }
        }
        while !open.is_empty() {
            let waiting: Vec<&str> = open.iter().map(|(name, _)| name.text.as_str()).collect();
            let (late, ready): (Vec<_>, Vec<_>) = open
                .iter()
                .copied()
                .partition(|(_, value)| names(value).iter().any(|name| waiting.contains(&name.as_str())));
            if ready.is_empty() {
                for (name, _) in late {
                    let message = format!("the formula \"{}\" depends on itself", name.text);
                    findings.push(Diagnostic::error(name.span, message).label("without end"));
                }
                break;
            }
            for (name, value) in ready {
                let size = formulas.size(value);
                if size > PARTS_MAX {
                    let message =
                        format!("the formula \"{}\" is too large once others are put in", name.text);
                    findings.push(Diagnostic::error(name.span, message).label("too large"));
                } else {
                    formulas.meant.insert(name.text.clone(), formulas.inline(value));
                }
            }
            open = late;
        }
        formulas
    }

    /// The expression with every formula replaced by what it says.
    pub(in crate::chain) fn inline(&self, expression: &Expression) -> Expression {
        expression.replaced(&mut |one| match &one.node {
            Node::Name(name) => self.meant.get(name).cloned(),
            _ => None,
        })
    }

    /// The names of all formulas.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.meant.keys().map(String::as_str)
    }

    /// How many parts an expression would have.
    fn size(&self, expression: &Expression) -> usize {
        let named = names(expression);
        let inner = named.iter().filter_map(|name| self.meant.get(name)).map(parts);
        inner.fold(parts(expression), usize::saturating_add)
    }

    pub(super) fn parts(&self, parts: &Parts) -> Parts {
        mapped(parts, &|expression| self.inline(expression), &|name| name.clone())
    }
}

/// How many parts an expression has.
fn parts(expression: &Expression) -> usize {
    match &expression.node {
        Node::Value(_) | Node::Name(_) | Node::Label(_) | Node::Variable(..) => 1,
        Node::Not(one) | Node::Minus(one) => 1 + parts(one),
        Node::Two(_, pair) => 1 + pair.iter().map(parts).sum::<usize>(),
        Node::Choice(three) => 1 + three.iter().map(parts).sum::<usize>(),
        Node::Call(_, values) => 1 + values.iter().map(parts).sum::<usize>(),
    }
}

/// The parts of a module under other names; every variable needs a new one.
pub(super) fn renamed(of: &Parts, map: &[(Name, Name)], findings: &mut Diagnostics) -> Parts {
    for variable in &of.variables {
        if map.iter().all(|(old, _)| old.text != variable.name.text)
            && let Some((_, last)) = map.last()
        {
            let message = format!("the variable \"{}\" gets no new name", variable.name.text);
            findings.push(Diagnostic::error(last.span, message).label("one more is needed"));
        }
    }
    let mut used: Vec<String> = of.variables.iter().map(|variable| variable.name.text.clone()).collect();
    for command in &of.commands {
        used.extend(command.action.iter().map(|action| action.text.clone()));
        used.extend(names(&command.guard));
        for choice in &command.choices {
            used.extend(names(&choice.rate));
            used.extend(choice.updates.iter().flat_map(|(_, value)| names(value)));
        }
    }
    used.extend(
        of.variables.iter().flat_map(|one| one.range.iter().flatten().chain(&one.start)).flat_map(names),
    );
    for (place, (old, _)) in map.iter().enumerate() {
        if map[..place].iter().any(|(other, _)| other.text == old.text) {
            let message = format!("\"{}\" gets two new names", old.text);
            findings.push(Diagnostic::error(old.span, message).label("the second one"));
        } else if !used.contains(&old.text) {
            let known = used.iter().map(String::as_str);
            findings.push(Diagnostic::unknown(old.span, "name of the module", &old.text, known));
        }
    }
    let rename = |name: &Name| match map.iter().find(|(old, _)| old.text == name.text) {
        // Places stay those of the new name, where a mistake in it is to be seen.
        Some((_, new)) => new.clone(),
        None => name.clone(),
    };
    let within = |expression: &Expression| {
        expression.replaced(&mut |one| {
            let Node::Name(name) = &one.node else { return None };
            let (_, new) = map.iter().find(|(old, _)| old.text == *name)?;
            Some(Expression::of(new.span, Node::Name(new.text.clone())))
        })
    };
    mapped(of, &within, &rename)
}

/// The parts of a module with each expression and name replaced.
fn mapped(
    parts: &Parts,
    expression: &dyn Fn(&Expression) -> Expression,
    name: &dyn Fn(&Name) -> Name,
) -> Parts {
    let variable = |one: &Variable| Variable {
        name: name(&one.name),
        range: one.range.as_ref().map(|[low, high]| [expression(low), expression(high)]),
        start: one.start.as_ref().map(expression),
    };
    let choice = |one: &Choice| Choice {
        rate: expression(&one.rate),
        updates: one.updates.iter().map(|(of, value)| (name(of), expression(value))).collect(),
    };
    let command = |one: &Command| Command {
        span: one.span,
        action: one.action.as_ref().map(name),
        guard: expression(&one.guard),
        choices: one.choices.iter().map(choice).collect(),
    };
    Parts {
        variables: parts.variables.iter().map(variable).collect(),
        commands: parts.commands.iter().map(command).collect(),
    }
}
