//! A comparison as people read it: each metric with estimates, ranks and sentences, then the front.

use std::fmt::Write;

use super::files::tradeoffs;
use super::sentence::sentence;
use crate::experiment::compare::{Compared, Comparison, Front, Standing};
use crate::experiment::{Bearing, Estimate, ExactAnswer};
use crate::output::columns::columns;
use crate::output::number::{Scale, duration, significant};
use crate::output::paint::{Paint, Tone};
use crate::output::spending::spending_table;
use crate::output::table::{exactly, shown};

/// The text of a comparison under a title.
pub fn table(title: &str, comparison: &Comparison, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.tint(Tone::Heading, title));
    for metric in &comparison.metrics {
        let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, &metric.metric.to_string()));
        estimates(&mut out, comparison, metric);
        for pair in &metric.pairs {
            let text = sentence(comparison, metric, pair);
            let tone = match pair.verdict {
                Standing::Better | Standing::Worse | Standing::Higher | Standing::Lower => Tone::Good,
                Standing::Undecided => Tone::Open,
                Standing::Identical => Tone::Quiet,
            };
            let _ = writeln!(out, "  {}", paint.tint(tone, &text));
        }
        if metric.pairs.is_empty() {
            let _ = writeln!(out, "  only one variant has it");
        }
    }
    for front in &comparison.fronts {
        self::front(&mut out, comparison, front, paint);
    }
    for rows in tradeoffs(comparison) {
        spending_table(&mut out, &rows, "variant", paint);
    }
    unpaired(&mut out, comparison, paint);
    out
}

/// The estimate of each variant, the best rank first.
fn estimates(out: &mut String, comparison: &Comparison, metric: &Compared) {
    let mut order: Vec<usize> = (0..comparison.variants.len()).collect();
    order.sort_by_key(|place| metric.ranks[*place].unwrap_or(u32::MAX));
    let row = |place: usize| {
        let (value, interval) =
            metric.estimates[place].as_ref().map_or(("-".to_owned(), String::new()), about);
        let rank = metric.ranks[place];
        let is_shared = rank.is_some() && metric.ranks.iter().filter(|one| **one == rank).count() > 1;
        let rank = rank.map_or(String::new(), |rank| format!("{rank}{}", if is_shared { "=" } else { "." }));
        let label = comparison.variants[place].label.clone();
        let exact = metric.exact.get(place).and_then(Option::as_ref).map_or(String::new(), exact);
        vec![rank, label, value, interval, exact]
    };
    for line in columns(&order.into_iter().map(row).collect::<Vec<_>>()) {
        let _ = writeln!(out, "{line}");
    }
}

/// The exact answer beside an estimate, of an availability with what that is in a year.
fn exact(answer: &ExactAnswer) -> String {
    let word = match answer.bearing {
        Bearing::Decides => "exactly",
        Bearing::LongRun => "in the long run",
        Bearing::Contradicted => "disagrees with the exact",
    };
    let a_year =
        answer.exact.missing.map_or(String::new(), |missing| format!(", down {} a year", a_year(missing)));
    format!("{word} {}{a_year}", exactly(answer))
}

/// The time down in a year of 365.25 days, in minutes where people speak of minutes.
fn a_year(missing: f64) -> String {
    const YEAR: f64 = 365.25 * 86_400.0;
    let seconds = missing * YEAR;
    match seconds {
        60.0..86_400.0 => format!("{} min", significant(seconds / 60.0, 6)),
        _ => duration(seconds, 3),
    }
}

fn about(estimate: &Estimate) -> (String, String) {
    let (value, interval) = shown(estimate);
    match &estimate.note {
        Some(note) if interval.is_empty() => (value, note.clone()),
        Some(note) if note.ends_with("runs collapse") => (value, format!("{interval}, {note}")),
        _ => (value, interval),
    }
}

fn front(out: &mut String, comparison: &Comparison, front: &Front, paint: Paint) {
    let title = format!("{}: availability, latency and cost", front.scope);
    let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, &title));
    let header = ["variant", "availability_request", "latency_p99", "replica-hours per run", "front"]
        .map(str::to_owned);
    let mut rows = vec![header.to_vec()];
    for (place, variant) in front.places.iter().zip(&comparison.variants) {
        let Some(place) = place else { continue };
        let show = |unit: &str, value: Option<f64>| {
            value.map_or("-".to_owned(), |value| Scale::new(unit, value, None).show(value))
        };
        let behind: Vec<&str> =
            place.dominated_by.iter().map(|one| comparison.variants[*one].label.as_str()).collect();
        rows.push(vec![
            variant.label.clone(),
            show("ratio", place.availability),
            show("s", place.latency_p99),
            significant(place.replica_hours, 4),
            if behind.is_empty() { "on it".to_owned() } else { format!("behind {}", behind.join(", ")) },
        ]);
    }
    for line in columns(&rows) {
        let _ = writeln!(out, "{line}");
    }
}

/// Why some runs were not compared in pairs.
fn unpaired(out: &mut String, comparison: &Comparison, paint: Paint) {
    if comparison.unpaired.is_empty() {
        return;
    }
    out.push('\n');
    for one in &comparison.unpaired {
        let [first, second] = [one.first, one.second].map(|place| &comparison.variants[place].label);
        let text = format!(
            "{first} and {second} do not face the same days, so runs cannot be paired: {}",
            one.reason
        );
        let _ = writeln!(out, "{}", paint.tint(Tone::Open, &text));
    }
}
