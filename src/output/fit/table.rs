//! A fit as people read it: a line for each law, then what to paste.

use std::fmt::Write;

use super::notation::{CLOCK, toml};
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
    let header = ["law", "log-likelihood", "AIC", "difference", "A-squared", "p"];
    let mut cells = vec![header.map(str::to_owned).to_vec()];
    cells.extend(fits.fitted.iter().map(|fitted| judged(fitted, best)));
    headed(&mut out, &cells, paint);
    let header = ["law", "parameter", "value", "interval"];
    let mut cells = vec![header.map(str::to_owned).to_vec()];
    cells.extend(fits.fitted.iter().flat_map(rows));
    out.push('\n');
    headed(&mut out, &cells, paint);
    for (name, unfit) in &fits.unfit {
        let _ = writeln!(out, "  {}", paint.tint(Tone::Open, &format!("{name}: left out, {unfit}")));
    }
    for line in extrapolated(durations, fits) {
        let _ = writeln!(out, "  {}", paint.tint(Tone::Open, &line));
    }
    let _ = writeln!(out, "\n{}", paint.tint(Tone::Quiet, &about(heading, fits)));
    let pasted = fits.fitted.iter().map(|one| (one, toml(&one.law, one.mean_is_extrapolated)));
    let pasted: Vec<(&Fitted, Option<String>)> = pasted.collect();
    if pasted.iter().any(|(_, text)| text.is_some()) {
        let _ = writeln!(out, "\nTo paste, the best by AIC first:\n");
    }
    for (_, text) in &pasted {
        if let Some(text) = text {
            let _ = writeln!(out, "  {}", folded(text));
        }
    }
    for (fitted, _) in pasted.iter().filter(|(_, text)| text.is_none()) {
        let name = fitted.family.name;
        let _ = writeln!(out, "\n{name} cannot be pasted: a time of it lies beyond the clock, 584 years");
    }
    out
}

/// Most columns of a line.
const COLUMNS: usize = 100;
/// Most digits of a number.
const DIGITS: i32 = 6;

/// Lines of which the first heads the others.
fn headed(out: &mut String, cells: &[Vec<String>], paint: Paint) {
    for (number, line) in columns(cells).iter().enumerate() {
        let line = if number == 0 { paint.tint(Tone::Heading, line) } else { line.clone() };
        let _ = writeln!(out, "{line}");
    }
}

/// A law in no more columns than a line has: what is between brackets may go on in the next.
fn folded(text: &str) -> String {
    match text.rfind('[') {
        Some(place) if text.chars().count() + 2 > COLUMNS => {
            format!("{}\n    {}", &text[..=place], &text[place + 1..])
        }
        _ => text.to_owned(),
    }
}

/// Whose means nobody recorded.
fn extrapolated(durations: &Durations, fits: &Fits) -> Vec<String> {
    let censored = (1.0 - durations.events() / durations.count()) * 100.0;
    let why = if censored > 0.0 {
        format!("{censored:.0} % of the record is censored")
    } else {
        "it is longer than everything in the record".to_owned()
    };
    let laws = fits.fitted.iter().filter(|fitted| fitted.mean_is_extrapolated);
    laws.map(|fitted| format!("{}: mean is extrapolated: {why}", fitted.family.name)).collect()
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

/// How well a law describes the record.
fn judged(fitted: &Fitted, best: f64) -> Vec<String> {
    vec![
        fitted.family.name.to_owned(),
        format!("{:.1}", fitted.log_likelihood),
        format!("{:.1}", fitted.aic),
        format!("{:.1}", fitted.aic - best),
        significant(fitted.a_squared, 3),
        fitted.level.map_or("-".to_owned(), |level| significant(level, 2)),
    ]
}

/// A line for each parameter and the mean, unless that is extrapolated and other parameters say the law.
fn rows(fitted: &Fitted) -> Vec<Vec<String>> {
    let says_mean = !fitted.mean_is_extrapolated || fitted.parameters.is_empty();
    let numbers = fitted.parameters.iter().chain(says_mean.then_some(&fitted.mean));
    let mut rows: Vec<Vec<String>> = numbers.map(estimate).collect();
    if let Some(row) = rows.first_mut() {
        fitted.family.name.clone_into(&mut row[0]);
    }
    rows
}

/// A number with its interval, to the digits that are known, but no more than six.
fn estimate(one: &Estimated) -> Vec<String> {
    let shown = |value: f64| number(one, value);
    let interval = one.interval.map(|(low, high)| format!("{} to {}", shown(low), shown(high)));
    let interval = interval.unwrap_or_else(|| "-".to_owned());
    vec![String::new(), one.parameter.name.to_owned(), shown(one.value), interval]
}

/// An estimate or an end of its interval, as the estimate is written where that leaves neither too many digits nor none.
fn number(one: &Estimated, value: f64) -> String {
    let unit = one.parameter.unit;
    if unit == "s" && (value.is_nan() || value >= CLOCK) {
        return "over 584 years".to_owned();
    }
    let text = Scale::around(unit, one.value, one.interval).show(value);
    let digits = text.chars().filter(char::is_ascii_digit).collect::<String>();
    let digits = digits.trim_start_matches('0').len() as i32;
    if (1..=DIGITS).contains(&digits) || value == 0.0 {
        return text;
    }
    let digits = if digits > DIGITS { DIGITS } else { 2 };
    match unit {
        "s" => duration(value, digits),
        "ratio" => format!("{} %", significant(value * 100.0, digits)),
        _ => significant(value, digits),
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
        // Its scale stands beside its mean, and the logarithm of a lognormal law beside its spread.
        assert!(text.contains("               scale ") && text.contains("               mu "), "{text}");
        assert!(
            text.contains("hyperexponential: left out, no two exponentials are more likely than one"),
            "{text}"
        );
        assert!(text.contains("without resamples there are neither intervals nor levels p"), "{text}");
        assert!(text.contains("\n  { distribution = \"exponential\", mean = \"32.75s\" }\n"), "{text}");
    }

    #[test]
    fn what_nobody_recorded_is_no_number_to_rely_on() {
        let durations = Durations::counted(vec![(1.0, 1), (2.0, 1), (3.0, 1)], vec![(100.0, 50)]).unwrap();
        let request =
            Request { families: FAMILIES.iter().collect(), resamples: 40, seed: 1, confidence: 0.95 };
        let fits = fit(&durations, &request, &Options::default(), &()).unwrap();
        let heading = Heading { title: "t", resamples: 40, confidence: 0.95 };
        let text = table(&heading, &durations, &fits, Paint::Plain);
        assert!(text.contains("weibull: mean is extrapolated: 94 % of the record is censored"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        let is_long = |word: &str| word.chars().filter(char::is_ascii_digit).count() > 7;
        assert!(!text.split_whitespace().any(is_long), "{text}");
        assert!(
            text.contains("hyperexponential cannot be pasted: a time of it lies beyond the clock"),
            "{text}"
        );
        let laws: Vec<&str> = text.lines().filter(|line| line.starts_with("  {")).collect();
        assert_eq!(laws.len(), 4, "{text}");
        for law in laws {
            let read = crate::scenario::argument(
                law.trim(),
                crate::document::Span::default(),
                None,
                &crate::scenario::Places::default(),
            );
            assert!(read.is_ok(), "{law}");
        }
    }
}
