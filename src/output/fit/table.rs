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
    let header =
        ["law", "parameter", "value", "interval", "log-likelihood", "AIC", "difference", "A-squared", "p"];
    let mut cells = vec![header.map(str::to_owned).to_vec()];
    cells.extend(fits.fitted.iter().flat_map(|fitted| rows(fitted, best)));
    let mut lines = columns(&cells).into_iter();
    if let Some(line) = lines.next() {
        let _ = writeln!(out, "{}", paint.tint(Tone::Heading, &line));
    }
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
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
    // The mean of a record is known only when all of it ended.
    let mean = durations.total() / events;
    let mean = if going.is_empty() { format!(", mean {}", duration(mean, 3)) } else { String::new() };
    let different = durations.observed().len();
    format!("{events:.0} durations from {first} to {last}{mean}, {different} different{going}")
}

/// A line for each parameter and the mean; what is said of the law stands in the first.
fn rows(fitted: &Fitted, best: f64) -> Vec<Vec<String>> {
    let numbers = fitted.parameters.iter().chain([&fitted.mean]);
    let mut rows: Vec<Vec<String>> = numbers.map(estimate).collect();
    if let Some(row) = rows.first_mut() {
        fitted.family.name.clone_into(&mut row[0]);
        row.extend([
            format!("{:.1}", fitted.log_likelihood),
            format!("{:.1}", fitted.aic),
            format!("{:.1}", fitted.aic - best),
            significant(fitted.a_squared, 3),
            fitted.level.map_or("-".to_owned(), |level| significant(level, 2)),
        ]);
    }
    rows
}

/// A number with its interval, to the digits that are known.
fn estimate(one: &Estimated) -> Vec<String> {
    let scale = Scale::around(one.parameter.unit, one.value, one.interval);
    let interval = one.interval.map(|(low, high)| format!("{} to {}", scale.show(low), scale.show(high)));
    let interval = interval.unwrap_or_else(|| "-".to_owned());
    vec![String::new(), one.parameter.name.to_owned(), scale.show(one.value), interval]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Options;
    use crate::experiment::fit::{FAMILIES, Request, fit};

    #[test]
    fn a_table_says_what_is_known_and_what_is_not() {
        let durations = Durations::new(vec![10.0, 20.0, 30.0, 31.0], vec![40.0]).unwrap();
        let request =
            Request { families: FAMILIES.iter().collect(), resamples: 0, seed: 1, confidence: 0.95 };
        let fits = fit(&durations, &request, &Options::default(), &()).unwrap();
        let heading = Heading { title: "t", resamples: 0, confidence: 0.95 };
        let text = table(&heading, &durations, &fits, Paint::Plain);
        let begin =
            "t\n4 durations from 10.0 s to 31.0 s, 4 different, 1 more was not seen to end (censored)\n";
        assert!(text.starts_with(begin), "{text}");
        // 131 s in all, four of which ended.
        assert!(text.contains("exponential  mean       32.8 s  -"), "{text}");
        assert!(
            text.contains("hyperexponential: left out, no two exponentials are more likely than one"),
            "{text}"
        );
        assert!(text.contains("without resamples there are neither intervals nor levels p"), "{text}");
        assert!(text.contains("\n  { distribution = \"exponential\", mean = \"32.75s\" }\n"), "{text}");
    }
}
