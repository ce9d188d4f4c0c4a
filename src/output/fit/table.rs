//! A fit as people read it: a line for each law, then what to paste.

use std::fmt::Write;

use super::notation::toml;
use crate::experiment::fit::{Durations, Estimated, Fits, Fitted};
use crate::output::columns::columns;
use crate::output::number::{Scale, duration, significant};
use crate::output::paint::{Paint, Tone};

/// What is said above the table.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// The file and its column.
    pub title: &'a str,
    /// Resamples that were asked for.
    pub resamples: u32,
    /// Confidence of the intervals.
    pub confidence: f64,
}

/// The text of a fit.
pub fn table(heading: &Heading<'_>, durations: &Durations, fits: &Fits, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.tint(Tone::Heading, heading.title));
    let _ = writeln!(out, "{}\n", data(durations));
    let best = fits.fitted.first().map_or(0.0, |fitted| fitted.aic);
    let header = ["law", "parameters", "mean", "log-likelihood", "AIC", "difference", "A-squared", "p"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(fits.fitted.iter().map(|fitted| row(fitted, best)));
    let mut lines = columns(&rows).into_iter();
    if let Some(line) = lines.next() {
        let _ = writeln!(out, "{}", paint.tint(Tone::Heading, &line));
    }
    lines.for_each(|line| {
        let _ = writeln!(out, "{line}");
    });
    for (name, unfit) in &fits.unfit {
        let _ = writeln!(out, "  {}", paint.tint(Tone::Open, &format!("{name}: left out, {unfit}")));
    }
    let _ = writeln!(out, "\n{}", paint.tint(Tone::Quiet, &about(heading, fits)));
    if !fits.fitted.is_empty() {
        let _ = writeln!(out, "\nTo paste, the best by AIC first:\n");
    }
    for fitted in &fits.fitted {
        let _ = writeln!(out, "  {}", toml(&fitted.law));
    }
    out
}

/// How many durations there are, and of what size.
fn data(durations: &Durations) -> String {
    let (events, count) = (durations.events(), durations.count());
    let going = match (count - events).round() as u64 {
        0 => String::new(),
        1 => ", 1 more was not seen to end (censored)".to_owned(),
        many => format!(", {many} more were not seen to end (censored)"),
    };
    let first = durations.observed().first().map_or(0.0, |tie| tie.time);
    let last = durations.observed().last().map_or(0.0, |tie| tie.time);
    let (first, last) = (duration(first, 3), duration(last, 3));
    format!("{events:.0} durations from {first} to {last}, {} different{going}", durations.observed().len())
}

fn row(fitted: &Fitted, best: f64) -> Vec<String> {
    let parameters: Vec<String> = fitted.parameters.iter().map(estimate).collect();
    vec![
        fitted.family.name.to_owned(),
        if parameters.is_empty() { "-".to_owned() } else { parameters.join(", ") },
        shown(&fitted.mean),
        format!("{:.1}", fitted.log_likelihood),
        format!("{:.1}", fitted.aic),
        format!("{:.1}", fitted.aic - best),
        significant(fitted.a_squared, 3),
        fitted.level.map_or("-".to_owned(), |level| significant(level, 2)),
    ]
}

/// A parameter with its name.
fn estimate(one: &Estimated) -> String {
    format!("{} {}", one.parameter.name, shown(one))
}

/// A value with its interval, to the digits that are known.
fn shown(one: &Estimated) -> String {
    let scale = Scale::around(one.parameter.unit, one.value, one.interval);
    match one.interval {
        Some((low, high)) => format!("{} [{}, {}]", scale.show(one.value), scale.show(low), scale.show(high)),
        None => scale.show(one.value),
    }
}

/// How the numbers came about.
fn about(heading: &Heading<'_>, fits: &Fits) -> String {
    if heading.resamples == 0 {
        return "without resamples there are neither intervals nor levels p".to_owned();
    }
    let confidence = (heading.confidence * 1e8).round() / 1e6;
    let mut text = format!(
        "intervals of {confidence} % and p from {} resamples of each fitted law, fitted again; p is the share of them\n\
         whose A-squared is no smaller, so a small p speaks against the law, and none is below {}",
        heading.resamples,
        significant(1.0 / f64::from(heading.resamples + 1), 2),
    );
    for fitted in fits.fitted.iter().filter(|fitted| fitted.refits < heading.resamples) {
        let _ = write!(text, "\n{}: only {} resamples could be fitted", fitted.family.name, fitted.refits);
    }
    text
}
