//! What the names of a model mean.

use std::collections::BTreeMap;

use super::super::evaluate;
use super::super::expression::{Expression, Node, Type, Value};
use super::formula::Formulas;
use crate::document::{Diagnostic, Diagnostics, Name};

/// What the names of a model mean.
#[derive(Debug, Clone, Default)]
pub(in crate::chain) struct Scope {
    meanings: BTreeMap<String, Node>,
    formulas: Formulas,
}

/// The names in an expression, as often as they stand there.
pub(super) fn names(expression: &Expression) -> Vec<String> {
    let mut found = Vec::new();
    expression.replaced(&mut |one| {
        if let Node::Name(name) = &one.node {
            found.push(name.clone());
        }
        None
    });
    found
}

impl Scope {
    pub(super) fn has(&self, name: &str) -> bool {
        self.meanings.contains_key(name)
    }

    /// The number and type of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<(usize, Type)> {
        match self.meanings.get(name) {
            Some(Node::Variable(number, kind)) => Some((*number, *kind)),
            _ => None,
        }
    }

    pub(super) fn set_formulas(&mut self, formulas: &Formulas) {
        self.formulas = formulas.clone();
    }

    /// Adds a constant; what it needs is known.
    pub(super) fn add_constant(
        &mut self,
        name: &Name,
        kind: Type,
        value: &Expression,
        findings: &mut Diagnostics,
    ) {
        if self.has(&name.text) {
            let message = format!("there are two constants called \"{}\"", name.text);
            findings.push(Diagnostic::error(name.span, message).label("the second one"));
            return;
        }
        let Some(found) = self.constant(value, findings) else {
            // What is wrong has been said; a value keeps it from being said again wherever the name stands.
            self.meanings.insert(name.text.clone(), Node::Name(name.text.clone()));
            return;
        };
        let fits = match (kind, found) {
            (Type::Real, Value::Whole(value)) => Some(Value::Real(value as f64)),
            (kind, found) if found.kind() == kind => Some(found),
            _ => None,
        };
        if fits.is_none() {
            let message = format!("expected {}, found {}", kind.name(), found.kind().name());
            findings.push(Diagnostic::error(value.span, message).label("wrong type"));
        }
        self.meanings.insert(name.text.clone(), Node::Value(fits.unwrap_or(found)));
    }

    /// Adds a variable; reports a name that means something already.
    pub(super) fn add_variable(
        &mut self,
        name: &Name,
        number: usize,
        kind: Type,
        findings: &mut Diagnostics,
    ) -> bool {
        if self.has(&name.text) {
            let message = format!("the name \"{}\" is taken already", name.text);
            findings.push(Diagnostic::error(name.span, message).label("named twice"));
            return false;
        }
        self.meanings.insert(name.text.clone(), Node::Variable(number, kind));
        true
    }

    /// The value of an expression that has no variables.
    pub(super) fn constant(&self, expression: &Expression, findings: &mut Diagnostics) -> Option<Value> {
        let resolved = self.resolve(expression, findings);
        evaluate::check(&resolved, findings)?;
        let mut varies = false;
        resolved.replaced(&mut |one| {
            varies |= matches!(one.node, Node::Variable(..));
            None
        });
        if varies {
            let message = "a constant cannot depend on a variable";
            findings.push(Diagnostic::error(expression.span, message).label("not constant"));
            return None;
        }
        match evaluate::value(&resolved, &[]) {
            Ok(value) => Some(value),
            Err((span, why)) => {
                findings.push(Diagnostic::error(span, why).label("no value"));
                None
            }
        }
    }

    /// The expression with every name replaced by what it means; reports names that mean nothing.
    pub(in crate::chain) fn resolve(
        &self,
        expression: &Expression,
        findings: &mut Diagnostics,
    ) -> Expression {
        let expression = self.formulas.inline(expression);
        expression.replaced(&mut |one| {
            if let Node::Label(label) = &one.node {
                let message = format!("the label \"{label}\" means nothing here");
                findings.push(Diagnostic::error(one.span, message).label("not a condition"));
            }
            let Node::Name(name) = &one.node else { return None };
            if let Some(node) = self.meanings.get(name) {
                return Some(Expression::of(one.span, node.clone()));
            }
            let known = self.meanings.keys().map(String::as_str).chain(self.formulas.names());
            findings.push(Diagnostic::unknown(one.span, "constant, variable or formula", name, known));
            None
        })
    }
}
