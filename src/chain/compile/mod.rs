//! From a model as it is written to one whose names are looked up and whose types fit.

mod formula;
mod scope;

use super::expression::{Expression, Node, Type, Value};
use super::syntax::{Body, Command, Earning, Parts, Rewards, Variable, Written};
use super::{evaluate, parse};
use crate::document::{Diagnostic, Diagnostics, Name, Span};

use formula::Formulas;
pub(super) use scope::Scope;

/// A model that is ready to be explored.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub(super) variables: Vec<Slot>,
    /// The commands of each module that have no action, then those of each action.
    pub(super) alone: Vec<Step>,
    /// For each action, the commands of each module that has it.
    pub(super) together: Vec<Vec<Vec<Step>>>,
    pub(super) labels: Vec<(String, Expression)>,
    pub(super) rewards: Vec<(String, Vec<Earned>)>,
    pub(super) scope: Scope,
}

/// What is earned where a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Earned {
    /// By time where it is `None`; by moves that this names otherwise.
    pub(super) by: Option<By>,
    pub(super) guard: Expression,
    pub(super) value: Expression,
}

/// What moves a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Commands without an action.
    Alone,
    /// Those of the action with this number.
    Together(usize),
}

/// A variable and its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) start: i64,
}

/// A command whose names are looked up.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) guard: Expression,
    pub(super) choices: Vec<Outcome>,
}

/// What may happen: its rate, and the variables that change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) rate: Expression,
    pub(super) updates: Vec<(usize, Expression)>,
}

/// Looks every name up, and reports everything that does not fit.
pub(super) fn compile(written: &Written, constants: &[String]) -> Result<Compiled, Diagnostics> {
    let mut findings = Diagnostics::default();
    let mut scope = Scope::default();
    set_constants(written, constants, &mut scope, &mut findings);
    let formulas = Formulas::new(written, &mut findings);
    let modules = modules(written, &formulas, &mut findings);
    // Without its names nothing else can be told.
    stop_at_errors(&findings)?;
    let mut compiler = Compiler { scope, slots: Vec::new(), owners: Vec::new(), findings };
    compiler.variables(&written.globals, None, &formulas);
    for (number, module) in modules.iter().enumerate() {
        compiler.variables(&module.variables, Some(number), &formulas);
    }
    compiler.unique(written, &formulas);
    stop_at_errors(&compiler.findings)?;
    compiler.finish(written, &modules, &formulas)
}

fn stop_at_errors(findings: &Diagnostics) -> Result<(), Diagnostics> {
    if findings.has_errors() { Err(findings.clone()) } else { Ok(()) }
}

/// The values of constants; those that are set replace those that are written.
fn set_constants(written: &Written, set: &[String], scope: &mut Scope, findings: &mut Diagnostics) {
    let known = written.constants.iter().map(|constant| constant.name.text.as_str());
    let mut given: Vec<(String, Expression)> = Vec::new();
    for (place, text) in set.iter().enumerate() {
        let source = place as u32 + 1;
        let span = Span { source, start: 0, end: text.len() };
        let Some((name, value)) = text.split_once('=') else {
            let error = Diagnostic::error(span, format!("\"{text}\" does not say what a constant is"));
            findings.push(error.help("expected NAME=VALUE, such as N=3"));
            continue;
        };
        let name = name.trim();
        if !known.clone().any(|one| one == name) {
            findings.push(Diagnostic::unknown(span, "constant", name, known.clone()));
            continue;
        }
        // Places within the value are those within the whole text.
        let padded = format!("{}{value}", " ".repeat(text.len() - value.len()));
        match parse::expression(&padded, source) {
            Ok(value) => given.push((name.to_owned(), value)),
            Err(error) => findings.push(error),
        }
    }
    let mut open: Vec<_> = written.constants.iter().collect();
    // Each may need others, wherever they stand: in every round those are worked out whose names are known.
    while !open.is_empty() {
        let before = open.len();
        open.retain(|constant| {
            let value =
                given.iter().rev().find(|(name, _)| *name == constant.name.text).map(|(_, value)| value);
            let Some(value) = value.or(constant.value.as_ref()) else {
                let message = format!("the constant \"{}\" has no value", constant.name.text);
                let help = format!("set it with --const {}=...", constant.name.text);
                findings.push(Diagnostic::error(constant.name.span, message).label("not set").help(help));
                return false;
            };
            let is_open = scope::names(value).iter().any(|name| {
                *name != constant.name.text
                    && written.constants.iter().any(|one| one.name.text == *name)
                    && !scope.has(name)
            });
            if !is_open {
                scope.add_constant(&constant.name, constant.kind, value, findings);
            }
            is_open
        });
        if open.len() == before {
            for constant in open {
                let missing = format!("the constant \"{}\" has no value", constant.name.text);
                findings.push(
                    Diagnostic::error(constant.name.span, missing)
                        .label("it depends on itself, or on one without"),
                );
            }
            return;
        }
    }
}

/// The parts of every module, with formulas replaced and renamed modules written out.
fn modules(written: &Written, formulas: &Formulas, findings: &mut Diagnostics) -> Vec<Parts> {
    let mut done: Vec<(&str, Parts)> = Vec::new();
    for module in &written.modules {
        if done.iter().any(|(name, _)| *name == module.name.text) {
            let message = format!("there are two modules called \"{}\"", module.name.text);
            findings.push(Diagnostic::error(module.name.span, message).label("the second one"));
            continue;
        }
        match &module.body {
            Body::Own(parts) => done.push((&module.name.text, formulas.parts(parts))),
            Body::Renamed(of, map) => {
                let Some((_, parts)) = done.iter().find(|(name, _)| *name == of.text) else {
                    let known: Vec<&str> = done.iter().map(|(name, _)| *name).collect();
                    findings.push(Diagnostic::unknown(of.span, "module above this one", &of.text, known));
                    continue;
                };
                let parts = formula::renamed(parts, map, findings);
                done.push((&module.name.text, parts));
            }
        }
    }
    done.into_iter().map(|(_, parts)| parts).collect()
}

struct Compiler {
    scope: Scope,
    slots: Vec<Slot>,
    /// The module that may change each variable; all may where there is none.
    owners: Vec<Option<usize>>,
    findings: Diagnostics,
}

impl Compiler {
    fn variables(&mut self, variables: &[Variable], owner: Option<usize>, formulas: &Formulas) {
        for variable in variables {
            let number = self.slots.len();
            if let Some(slot) = self.slot(variable, formulas) {
                let is_new = self.scope.add_variable(&variable.name, number, slot.kind, &mut self.findings);
                if is_new {
                    self.slots.push(slot);
                    self.owners.push(owner);
                }
            }
        }
    }

    /// The values of a variable; its bounds know only constants.
    fn slot(&mut self, variable: &Variable, formulas: &Formulas) -> Option<Slot> {
        let mut whole = |expression: &Expression, kind: Type| {
            let expression = formulas.inline(expression);
            match self.scope.constant(&expression, &mut self.findings)? {
                Value::Whole(value) if kind == Type::Whole => Some(value),
                Value::Truth(value) if kind == Type::Truth => Some(i64::from(value)),
                other => {
                    let message = format!("expected {}, found {}", kind.name(), other.kind().name());
                    self.findings.push(Diagnostic::error(expression.span, message).label("wrong type"));
                    None
                }
            }
        };
        let name = variable.name.text.clone();
        let Some([low, high]) = &variable.range else {
            let start = variable.start.as_ref().map_or(Some(0), |start| whole(start, Type::Truth))?;
            return Some(Slot { name, kind: Type::Truth, low: 0, high: 1, start });
        };
        let (least, most) = (whole(low, Type::Whole), whole(high, Type::Whole));
        let (least, most) = (least?, most?);
        if least > most {
            let message = format!("the range of \"{name}\" is empty: {least} is more than {most}");
            self.findings.push(Diagnostic::error(low.span, message).label("the lowest value"));
            return None;
        }
        let start = variable.start.as_ref().map_or(Some(least), |start| whole(start, Type::Whole))?;
        if !(least..=most).contains(&start) {
            let span = variable.start.as_ref().map_or(low.span, |start| start.span);
            let message = format!("\"{name}\" starts with {start}, outside of {least} to {most}");
            self.findings.push(Diagnostic::error(span, message).label("outside its range"));
            return None;
        }
        Some(Slot { name, kind: Type::Whole, low: least, high: most, start })
    }

    /// Reports names that mean two things.
    fn unique(&mut self, written: &Written, formulas: &Formulas) {
        for (name, _) in &written.formulas {
            if self.scope.has(&name.text) {
                let message = format!("\"{}\" is a formula and something else", name.text);
                self.findings.push(Diagnostic::error(name.span, message).label("named twice"));
            }
        }
        for (place, (name, _)) in written.labels.iter().enumerate() {
            if written.labels[..place].iter().any(|(other, _)| other.text == name.text) {
                let message = format!("there are two labels called \"{}\"", name.text);
                self.findings.push(Diagnostic::error(name.span, message).label("the second one"));
            }
        }
        self.scope.set_formulas(formulas);
    }

    fn finish(
        mut self,
        written: &Written,
        modules: &[Parts],
        formulas: &Formulas,
    ) -> Result<Compiled, Diagnostics> {
        let mut alone = Vec::new();
        let mut together: Vec<(String, Vec<Vec<Step>>)> = Vec::new();
        for (number, module) in modules.iter().enumerate() {
            let mut of_module: Vec<(String, Vec<Step>)> = Vec::new();
            for command in &module.commands {
                let step = self.step(command, number);
                let Some(action) = &command.action else {
                    alone.push(step);
                    continue;
                };
                match of_module.iter_mut().find(|(name, _)| *name == action.text) {
                    Some((_, steps)) => steps.push(step),
                    None => of_module.push((action.text.clone(), vec![step])),
                }
            }
            for (action, steps) in of_module {
                match together.iter_mut().find(|(name, _)| *name == action) {
                    Some((_, partners)) => partners.push(steps),
                    None => together.push((action, vec![steps])),
                }
            }
        }
        let labels: Vec<_> = (written.labels.iter())
            .map(|(name, condition)| {
                let condition = formulas.inline(&self.with_labels(condition, written, 0));
                (name.text.clone(), self.typed(&condition, Type::Truth))
            })
            .collect();
        let rewards = written.rewards.iter().enumerate();
        let actions: Vec<&str> = together.iter().map(|(name, _)| name.as_str()).collect();
        let rewards: Vec<_> =
            rewards.map(|(place, one)| self.reward((one, place), &actions, written, formulas)).collect();
        stop_at_errors(&self.findings)?;
        let together = together.into_iter().map(|(_, partners)| partners).collect();
        Ok(Compiled { variables: self.slots, alone, together, labels, rewards, scope: self.scope })
    }

    fn reward(
        &mut self,
        (one, place): (&Rewards, usize),
        actions: &[&str],
        written: &Written,
        formulas: &Formulas,
    ) -> (String, Vec<Earned>) {
        let name = one.name.as_ref().map_or_else(|| format!("reward{}", place + 1), |name| name.text.clone());
        if let Some(name) = &one.name
            && written.rewards[..place]
                .iter()
                .any(|other| other.name.as_ref().is_some_and(|other| other.text == name.text))
        {
            let message = format!("there are two rewards called \"{}\"", name.text);
            self.findings.push(Diagnostic::error(one.span, message).label("the second one"));
        }
        let items = one.items.iter().filter_map(|item| {
            let guard = formulas.inline(&self.with_labels(&item.guard, written, 0));
            let guard = self.typed(&guard, Type::Truth);
            let value = self.typed(&formulas.inline(&item.value), Type::Real);
            let by = match &item.by {
                Earning::Time => None,
                Earning::Move(None) => Some(By::Alone),
                Earning::Move(Some(action)) => {
                    let number = actions.iter().position(|name| *name == action.text);
                    if number.is_none() {
                        let known = actions.iter().copied();
                        self.findings.push(Diagnostic::unknown(action.span, "action", &action.text, known));
                    }
                    Some(By::Together(number?))
                }
            };
            Some(Earned { by, guard, value })
        });
        (name, items.collect())
    }

    /// The condition with labels replaced by what they say.
    fn with_labels(&mut self, condition: &Expression, written: &Written, depth: usize) -> Expression {
        condition.replaced(&mut |one| {
            let Node::Label(label) = &one.node else { return None };
            let known = written.labels.iter().map(|(name, _)| name.text.as_str());
            match written.labels.iter().find(|(name, _)| name.text == *label) {
                // A chain of labels longer than there are labels goes round in circles.
                Some((_, meant)) if depth <= written.labels.len() => {
                    Some(self.with_labels(meant, written, depth + 1))
                }
                Some(_) => {
                    let message = format!("the label \"{label}\" depends on itself");
                    self.findings.push(Diagnostic::error(one.span, message).label("without end"));
                    None
                }
                None => {
                    self.findings.push(Diagnostic::unknown(one.span, "label", label, known));
                    None
                }
            }
        })
    }

    fn step(&mut self, command: &Command, module: usize) -> Step {
        let guard = self.typed(&command.guard, Type::Truth);
        let mut choices = Vec::new();
        for choice in &command.choices {
            let rate = self.typed(&choice.rate, Type::Real);
            let mut updates: Vec<(usize, Expression)> = Vec::new();
            for (name, value) in &choice.updates {
                if let Some((number, value)) = self.update(name, value, command, module) {
                    if updates.iter().any(|(one, _)| *one == number) {
                        let message = format!("\"{}\" is set twice at once", name.text);
                        self.findings.push(Diagnostic::error(name.span, message).label("set again"));
                    }
                    updates.push((number, value));
                }
            }
            choices.push(Outcome { rate, updates });
        }
        Step { guard, choices }
    }

    fn update(
        &mut self,
        name: &Name,
        value: &Expression,
        command: &Command,
        module: usize,
    ) -> Option<(usize, Expression)> {
        let Some((number, kind)) = self.scope.variable(&name.text) else {
            let known: Vec<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
            self.findings.push(Diagnostic::unknown(name.span, "variable", &name.text, known));
            return None;
        };
        match self.owners[number] {
            Some(owner) if owner != module => {
                let message = format!("\"{}\" belongs to another module", name.text);
                let help =
                    "a module changes its own variables; let both modules have a command with one action";
                self.findings.push(Diagnostic::error(name.span, message).label("not its own").help(help));
            }
            None if command.action.is_some() => {
                let message =
                    format!("the global variable \"{}\" is set by a command with an action", name.text);
                let help = "two modules could set it at once; only a command without action may set it";
                self.findings.push(Diagnostic::error(name.span, message).label("global").help(help));
            }
            _ => {}
        }
        Some((number, self.typed(value, kind)))
    }

    /// Looks names up and reports what is not of this type; a whole number is a number too.
    fn typed(&mut self, expression: &Expression, expected: Type) -> Expression {
        let resolved = self.scope.resolve(expression, &mut self.findings);
        if let Some(found) = evaluate::check(&resolved, &mut self.findings)
            && found != expected
            && !(expected == Type::Real && found == Type::Whole)
        {
            let message = format!("expected {}, found {}", expected.name(), found.name());
            let error = Diagnostic::error(expression.span, message).label("wrong type");
            let is_rounded = expected == Type::Whole && found == Type::Real;
            self.findings.push(if is_rounded { error.help("round it with floor or ceil") } else { error });
        }
        resolved
    }
}
