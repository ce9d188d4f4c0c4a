//! `solve chain`: Markov chains from files.

use std::io;
use std::path::Path;

use super::{Exit, Failure, Streams};
use crate::chain::{Model, Question, read_model, read_rates, read_rewards};
use crate::cli::args::SolveChainArgs;
use crate::document::{Diagnostic, Diagnostics, Dimension, Span, measure};
use crate::output::solve::{chain, chain_json};
use crate::scenario::input::{self, Refusal};
use crate::scenario::source::SourceError;
use crate::scenario::{Rejected, Source};

/// Most bytes of a file.
const BYTES_MAX: u64 = 1 << 28;

/// Reads a chain, asks it and prints its answers.
pub(super) fn solve(args: &SolveChainArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let mut texts = Texts { sources: vec![read(&args.file)?] };
    let mut model = model(args, &mut texts)?;
    keep_rewards(args, &mut model, &mut texts)?;
    let question = question(args, &model, &mut texts)?;
    let found = model.answer(&question).map_err(|error| Failure::Usage { message: error.to_string() })?;
    let name = args.file.display().to_string();
    let (unit, _) = args.unit.seconds();
    if args.json {
        let json = chain_json(&name, &model, &found, unit).map_err(io::Error::from)?;
        writeln!(streams.out, "{json}")?;
    } else {
        write!(streams.out, "{}", chain(&name, &model, &found, unit, streams.paint))?;
    }
    Ok(Exit::Done)
}

/// The texts in which mistakes are shown: the file, then what belongs to it.
struct Texts {
    sources: Vec<Source>,
}

impl Texts {
    /// Adds what an option says, and returns the number of its text.
    fn add(&mut self, option: &str, text: &str) -> u32 {
        self.sources.push(Source { name: option.to_owned(), text: text.to_owned() });
        self.sources.len() as u32 - 1
    }

    fn rejected(&self, findings: Diagnostics) -> Failure {
        Rejected { findings, sources: self.sources.clone() }.into()
    }
}

fn is_table(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

fn model(args: &SolveChainArgs, texts: &mut Texts) -> Result<Model, Failure> {
    let text = texts.sources[0].text.clone();
    if !is_table(&args.file) {
        if args.rewards.is_some() {
            let message = "a model says its rewards itself; --rewards belongs to a table of rates";
            return Err(Failure::Usage { message: message.to_owned() });
        }
        for constant in &args.constants {
            texts.add("--const", constant);
        }
        return read_model(&text, &args.constants).map_err(|findings| texts.rejected(findings));
    }
    if !args.constants.is_empty() {
        let message = "a table of rates has no constants; --const belongs to a model";
        return Err(Failure::Usage { message: message.to_owned() });
    }
    let (_, seconds) = args.unit.seconds();
    let mut model = read_rates(&text, seconds).map_err(|findings| texts.rejected(findings))?;
    if let Some(file) = &args.rewards {
        let source = read(file)?;
        let text = source.text.clone();
        texts.sources.push(source);
        let number = texts.sources.len() as u32 - 1;
        let rewards = read_rewards(&model, &text, number).map_err(|findings| texts.rejected(findings))?;
        model.add_rewards(rewards);
    }
    Ok(model)
}

/// Leaves the rewards that are asked for.
fn keep_rewards(args: &SolveChainArgs, model: &mut Model, texts: &mut Texts) -> Result<(), Failure> {
    for name in &args.reward {
        if model.rewards.iter().all(|(one, _)| one != name) {
            let source = texts.add("--reward", name);
            let span = Span { source, start: 0, end: name.len() };
            let known: Vec<&str> = model.rewards.iter().map(|(one, _)| one.as_str()).collect();
            let finding = Diagnostic::unknown(span, "reward", name, known);
            return Err(texts.rejected(Diagnostics(vec![finding])));
        }
    }
    if !args.reward.is_empty() {
        model.rewards.retain(|(name, _)| args.reward.contains(name));
    }
    Ok(())
}

fn question(args: &SolveChainArgs, model: &Model, texts: &mut Texts) -> Result<Question, Failure> {
    let mut set = |option: &str, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let source = texts.add(option, text);
        let set = model.set(text, source).map_err(|findings| texts.rejected(findings))?;
        if set.iter().all(|is_in| !is_in) {
            let span = Span { source, start: 0, end: text.len() };
            let finding = Diagnostic::error(span, "no state that can be reached is one of these");
            return Err(texts.rejected(Diagnostics(vec![finding.label("none")])));
        }
        Ok(Some((set, source, text.len())))
    };
    let until = set("--until", &args.until)?;
    let before = set("--before", &args.before)?;
    let start = match set("--from", &args.from)? {
        None => None,
        Some((states, source, length)) => {
            let mut chosen = (0..states.len()).filter(|state| states[*state]);
            let (first, others) = (chosen.next(), chosen.count());
            if others > 0 {
                let span = Span { source, start: 0, end: length };
                let message = format!("these are {} states, not one to start in", others + 1);
                let finding = Diagnostic::error(span, message).label("several states");
                return Err(texts.rejected(Diagnostics(vec![finding])));
            }
            first
        }
    };
    let at = args.at.as_deref().map(|text| time(text, args.unit.seconds().1)).transpose()?;
    Ok(Question { at, until: until.map(|(set, ..)| set), before: before.map(|(set, ..)| set), start })
}

/// A time in the unit of the rates.
fn time(text: &str, unit: f64) -> Result<f64, Failure> {
    match measure(text) {
        Some((time, Dimension::Plain)) if time >= 0.0 => Ok(time),
        Some((time, Dimension::Seconds)) if time >= 0.0 => Ok(time / unit),
        _ => {
            let message = format!("\"{text}\" is no time: expected a duration such as 10h, or a number");
            Err(Failure::Usage { message })
        }
    }
}

fn read(file: &Path) -> Result<Source, Failure> {
    let name = file.display().to_string();
    let bytes = input::bytes(file, BYTES_MAX).map_err(|refusal| match refusal {
        Refusal::Missing => Failure::from(SourceError::Missing { name: name.clone(), near: None }),
        Refusal::System(cause) => SourceError::Unreadable { name: name.clone(), cause }.into(),
        refusal => Failure::Usage { message: format!("\"{name}\" cannot be read: {refusal}") },
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Usage { message: format!("\"{name}\" is not UTF-8 text") })?;
    Ok(Source { name, text })
}
