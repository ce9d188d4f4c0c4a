//! `solve`: exact answers.

mod chain;

use std::collections::BTreeMap;
use std::io;

use super::args::{ScenarioArgs, SolveArgs, SolveStep};
use super::check::{load, places};
use super::{Exit, Failure, Streams};
use crate::analysis::oracle::{Kind, Oracle, OracleError, catalogue, find};
use crate::document::{Diagnostic, Diagnostics, Dimension, Span, measure};
use crate::experiment;
use crate::output::digits;
use crate::output::solve::{self as output, formula, formula_json, rooms};
use crate::output::theory::theory_rows;
use crate::scenario::{self, Given, Places, Rejected, Scenario, Source};

/// Works out a formula or a chain, or lists the formulas.
pub(super) fn solve(args: &SolveArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    if let Some(SolveStep::Chain(args)) = &args.chain {
        return chain::solve(args, streams);
    }
    let scenario = scenario(args, streams)?;
    let Some(name) = &args.oracle else {
        match &scenario {
            Some(scenario) => spoken_of(args, scenario, streams)?,
            None => write!(streams.out, "{}", rooms(streams.paint))?,
        }
        return Ok(Exit::Done);
    };
    let line = Line::new(name, &args.arguments);
    let solved =
        line.solve(scenario.as_ref(), &places_of(args)).map_err(|findings| line.rejected(findings))?;
    if args.json {
        writeln!(streams.out, "{}", formula_json(&solved).map_err(io::Error::from)?)?;
    } else {
        write!(streams.out, "{}", formula(&solved, streams.paint))?;
    }
    Ok(Exit::Done)
}

/// What formulas say of the parts of a scenario, however many of their assumptions fail.
fn spoken_of(args: &SolveArgs, scenario: &Scenario, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let theory = experiment::theory(scenario, usize::MAX);
    if args.json {
        let rows: Vec<_> = theory_rows(&theory, None).collect();
        writeln!(streams.out, "{}", digits::pretty(&rows).map_err(io::Error::from)?)?;
    } else {
        write!(streams.out, "{}", output::theory(&theory, streams.paint))?;
    }
    Ok(())
}

/// The scenario that paths lead into.
fn scenario(args: &SolveArgs, streams: &mut Streams<'_>) -> Result<Option<Scenario>, Failure> {
    let Some(file) = &args.scenario else { return Ok(None) };
    let asked = ScenarioArgs { scenario: file.clone(), set: args.set.clone(), data: args.data.clone() };
    load(&asked, streams).map(Some)
}

fn places_of(args: &SolveArgs) -> Places {
    let beside = args.scenario.clone().unwrap_or_default();
    places(&beside, &args.data)
}

/// A formula and its arguments as one line, in which mistakes are shown.
struct Line<'a> {
    text: String,
    name: &'a str,
    /// Where each argument stands.
    arguments: Vec<(Span, &'a str)>,
}

impl<'a> Line<'a> {
    fn new(name: &'a str, arguments: &'a [String]) -> Self {
        let mut text = name.to_owned();
        let mut placed = Vec::new();
        for argument in arguments {
            text.push(' ');
            placed.push((
                Span { source: 0, start: text.len(), end: text.len() + argument.len() },
                argument.as_str(),
            ));
            text.push_str(argument);
        }
        Self { text, name, arguments: placed }
    }

    fn name_span(&self) -> Span {
        Span { source: 0, start: 0, end: self.name.len() }
    }

    fn rejected(&self, findings: Diagnostics) -> Failure {
        let sources = vec![Source { name: "arguments".to_owned(), text: self.text.clone() }];
        Rejected { findings, sources }.into()
    }

    fn solve(&self, scenario: Option<&Scenario>, places: &Places) -> Result<experiment::Solved, Diagnostics> {
        let Ok(oracle) = find(self.name) else {
            let known = catalogue().map(|one| one.name);
            return Err(Diagnostics(vec![Diagnostic::unknown(
                self.name_span(),
                "formula",
                self.name,
                known,
            )]));
        };
        let mut findings = Diagnostics::default();
        let mut arguments = BTreeMap::new();
        for (span, text) in &self.arguments {
            match read(oracle, *span, text, scenario, places) {
                Ok((name, given)) => {
                    if arguments.insert(name.to_owned(), given).is_some() {
                        let message = format!("the argument \"{name}\" is given twice");
                        findings.push(Diagnostic::error(*span, message).label("the second one"));
                    }
                }
                Err(finding) => findings.push(finding),
            }
        }
        if findings.has_errors() {
            return Err(findings);
        }
        experiment::solve(self.name, arguments).map_err(|error| self.refused(oracle, &error))
    }

    /// What the formula says, at the argument that it speaks of.
    fn refused(&self, oracle: &Oracle, error: &OracleError) -> Diagnostics {
        let of = |argument: &str| {
            let named = |(_, text): &&(Span, &str)| {
                text.split('=').next().is_some_and(|name| name.trim() == argument)
            };
            self.arguments.iter().find(named).map_or(self.name_span(), |(span, _)| *span)
        };
        let span = match error {
            OracleError::Count { argument, .. }
            | OracleError::Kind { argument, .. }
            | OracleError::Domain { argument, .. } => of(argument),
            _ => self.name_span(),
        };
        let help = match error {
            OracleError::Missing { .. } => {
                let described = oracle.arguments.iter().map(|one| {
                    let kind = if one.kind == Kind::Number { "" } else { one.kind.name() };
                    let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
                    format!("{} [{}], {}{kind}", one.name, one.unit, one.meaning)
                });
                format!("it takes {}", described.collect::<Vec<_>>().join("; "))
            }
            _ => format!("the formula is exact for: {}", oracle.domain),
        };
        Diagnostics(vec![Diagnostic::error(span, error.to_string()).label("here").help(help)])
    }
}

/// One argument: its name and what it is given as.
fn read<'a>(
    oracle: &Oracle,
    span: Span,
    text: &'a str,
    scenario: Option<&Scenario>,
    places: &Places,
) -> Result<(&'a str, Given), Diagnostic> {
    let Some((name, value)) = text.split_once('=') else {
        let error = Diagnostic::error(span, format!("\"{text}\" is no argument")).label("no value");
        return Err(error.help("expected NAME=VALUE, such as rate=8/s"));
    };
    let Some(argument) = oracle.arguments.iter().find(|one| one.name == name.trim()) else {
        let known: Vec<&str> = oracle.arguments.iter().map(|one| one.name).collect();
        let named = Span { end: span.start + name.len(), ..span };
        return Err(Diagnostic::unknown(named, "argument", name.trim(), known));
    };
    let placed = Span { start: span.start + name.len() + 1, ..span };
    unit_fits(argument.unit, value, placed)?;
    let given = scenario::argument(value, placed, scenario, places)?;
    Ok((name.trim(), given))
}

/// Refuses a value with a unit that is not the argument's.
fn unit_fits(unit: &str, value: &str, span: Span) -> Result<(), Diagnostic> {
    for part in value.split(',') {
        let Some((_, dimension)) = measure(part) else { continue };
        let fits = match dimension {
            Dimension::Plain => true,
            Dimension::Share => matches!(unit, "ratio" | "1"),
            Dimension::Seconds => unit == "s",
            Dimension::PerSecond => unit == "1/s",
            Dimension::Bytes => unit == "byte",
            Dimension::BytesPerSecond => unit == "byte/s",
        };
        if !fits {
            let expected = match unit {
                "s" => "a duration such as 300ms",
                "1/s" => "a rate such as 120/s",
                "ratio" => "a share such as 0.5 or 50%",
                "byte" => "a size such as 2TB",
                "byte/s" => "a speed such as 200MB/s",
                _ => "a number without unit",
            };
            let error = Diagnostic::error(span, "the unit does not fit the argument").label("wrong unit");
            return Err(error.help(format!("expected {expected}")));
        }
    }
    Ok(())
}
