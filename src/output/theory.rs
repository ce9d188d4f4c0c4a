//! What theory gives, beside what was simulated.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::number::Scale;
use super::paint::{Paint, Tone};
use super::row::TheoryRow;
use super::table::{Shown, shown};
use crate::experiment::{Bearing, Estimate, Exact, Outcome, Theory};

/// What is shown of an exact model unless everything is asked for.
const IMPORTANT: [&str; 17] = [
    "latency_mean",
    "latency_p99",
    "sojourn_mean",
    "sojourn_p99",
    "wait_mean",
    "delayed_ratio",
    "utilisation",
    "in_system_mean",
    "cold_start_ratio",
    "throttle_ratio",
    "instances_mean",
    "instances_starting_mean",
    "availability_time",
    "downtime_per_year",
    "mttf",
    "mttr",
    "first_outage_mean",
];

/// The rows of `theory.csv`; without an outcome those have no estimates.
pub fn theory_rows<'a>(
    theory: &'a [Theory],
    outcome: Option<&'a Outcome>,
) -> impl Iterator<Item = TheoryRow> + 'a {
    theory.iter().flat_map(move |one| {
        let row = |exact: Option<&Exact>| {
            let estimate = exact.zip(outcome).and_then(|(exact, outcome)| find(outcome, &one.scope, exact));
            TheoryRow {
                scope: one.scope.clone(),
                model: one.model.clone(),
                oracle: one.oracle.to_owned(),
                metric: exact.map_or(String::new(), |exact| exact.metric.clone()),
                unit: exact.map_or("", |exact| exact.unit).to_owned(),
                exact: exact.map(|exact| exact.value),
                estimate: estimate.and_then(|estimate| estimate.value),
                ci_low: estimate.and_then(|estimate| estimate.interval).map(|(low, _)| low),
                ci_high: estimate.and_then(|estimate| estimate.interval).map(|(_, high)| high),
                departures: one.departures.join("; "),
            }
        };
        let mut rows: Vec<TheoryRow> = one.answers.iter().map(|exact| row(Some(exact))).collect();
        if rows.is_empty() {
            rows.push(row(None));
        }
        rows
    })
}

fn find<'o>(outcome: &'o Outcome, scope: &str, exact: &Exact) -> Option<&'o Estimate> {
    outcome.estimates_of(scope).iter().find(|one| one.metric == exact.metric)
}

/// The section that people read, or nothing where theory has nothing to say.
pub fn text(theory: &[Theory], outcome: &Outcome, wanted: Shown, paint: Paint) -> String {
    let mut out = String::new();
    let contradicted = contradicted(outcome);
    for one in theory {
        let section = if one.is_exact() {
            exact(one, (outcome, &contradicted), wanted, paint)
        } else {
            near(one, outcome)
        };
        if out.is_empty() && !section.is_empty() {
            let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, "theory"));
        }
        out.push_str(&section);
    }
    out
}

/// One metric of an exact model as text.
struct Line {
    metric: String,
    exact: String,
    simulated: String,
    note: &'static str,
}

fn exact(
    theory: &Theory,
    (outcome, contradicted): (&Outcome, &Contradicted<'_>),
    wanted: Shown,
    paint: Paint,
) -> String {
    let lines: Vec<Line> = theory
        .answers
        .iter()
        .filter(|one| wanted == Shown::All || IMPORTANT.contains(&one.metric.as_str()))
        .filter_map(|one| {
            let is_contradicted = contradicted.contains(&(theory.scope.as_str(), one.metric.as_str()));
            line(one, find(outcome, &theory.scope, one)?, is_contradicted)
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let widest =
        |part: fn(&Line) -> &String| lines.iter().map(|line| part(line).chars().count()).max().unwrap_or(0);
    let (metric, exact, simulated) =
        (widest(|line| &line.metric), widest(|line| &line.exact), widest(|line| &line.simulated));
    let long_run = match theory.long_run.as_deref() {
        None => String::new(),
        Some("") => ", in the long run".to_owned(),
        Some(why) => format!(", in the long run: {why}"),
    };
    let mut out = format!("  {}: {} ({}){long_run}\n", theory.scope, theory.model, theory.oracle);
    for line in &lines {
        let text = format!(
            "    {:<metric$}  {:>exact$}  simulated {:<simulated$}",
            line.metric, line.exact, line.simulated
        );
        let text = format!("{text}  {}", paint.tint(Tone::Open, line.note));
        let _ = writeln!(out, "{}", if line.note.is_empty() { text.trim_end() } else { &text });
    }
    out
}

/// Scope and metric of each.
type Contradicted<'o> = BTreeSet<(&'o str, &'o str)>;

/// The answers that should be those of what was measured and for which the simulation leaves no room.
fn contradicted(outcome: &Outcome) -> Contradicted<'_> {
    let told = outcome.exact.iter().filter(|one| one.bearing == Bearing::Contradicted);
    told.map(|one| (one.scope.as_str(), one.exact.metric.as_str())).collect()
}

fn line(exact: &Exact, estimate: &Estimate, is_contradicted: bool) -> Option<Line> {
    estimate.value?;
    let (value, interval) = shown(estimate);
    let is_outside = estimate.interval.is_some_and(|(low, high)| {
        // What has no spread is compared to the last digits that are shown.
        let slack = (low.abs() + high.abs()) * 1e-9;
        !(low - slack..=high + slack).contains(&exact.value)
    });
    Some(Line {
        metric: exact.metric.clone(),
        exact: scaled(exact, estimate),
        simulated: format!("{value} {interval}").trim_end().to_owned(),
        note: match (is_contradicted, is_outside) {
            (true, _) => "disagrees: outside the 99.9 % interval, so it decides nothing",
            (false, true) => "outside the interval",
            (false, false) => "",
        },
    })
}

/// The exact value with the digits of its estimate.
fn scaled(exact: &Exact, estimate: &Estimate) -> String {
    let half = estimate.interval.map(|(low, high)| (high - low) / 2.0).filter(|half| *half > 0.0);
    Scale::new(exact.unit, estimate.value.unwrap_or(exact.value), half)
        .show_missing(exact.value, exact.missing)
}

/// An exact value with digits of its own.
pub(super) fn alone(exact: &Exact) -> String {
    let value = exact.missing.map_or(exact.value, |missing| 1.0 - missing);
    let text = Scale::new(exact.unit, value, None).show_missing(value, exact.missing);
    match text.strip_suffix(" %") {
        // Three digits of what is missing, but no idle zeros.
        Some(share) if share.contains('.') => {
            format!("{} %", share.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// One sentence about a model that nearly fits.
fn near(theory: &Theory, outcome: &Outcome) -> String {
    let Theory { scope, model, departures, .. } = theory;
    let why = departures.join(", ");
    let answer = theory.answers.iter().find_map(|one| {
        let estimate = find(outcome, scope, one).filter(|estimate| estimate.value.is_some())?;
        IMPORTANT.contains(&one.metric.as_str()).then(|| {
            let (value, interval) = shown(estimate);
            format!(
                "{} {} (simulated {})",
                one.metric,
                scaled(one, estimate),
                format!("{value} {interval}").trim_end()
            )
        })
    });
    match answer {
        Some(answer) => format!("  {scope}: {model} would give {answer}: {why}\n"),
        None if theory.answers.is_empty() => format!("  {scope}: {model} gives no answer: {why}\n"),
        None => String::new(),
    }
}
