//! The table of claims: of articles' formulas with words that wrap, of others in one line each.

use std::fmt::Write;

use super::ClaimRow;
use crate::output::number::{Scale, percent_decimals};
use crate::output::paint::{Paint, Tone};
use crate::output::table::written;

/// Relative half-width below which an interval is nothing but rounding.
const SAME: f64 = 1e-12;

/// Columns of the table of articles' formulas, and their widths: 158 characters with what is between them.
const ARTICLES: [(&str, usize); 7] = [
    ("formula", 33),
    ("article", 17),
    ("interpretation", 27),
    ("predicted", 11),
    ("simulated", 21),
    ("verdict", 10),
    ("right formula", 27),
];

/// What is between two columns.
const GAP: &str = "  ";

/// The claims as a table, with how many are as expected below it.
///
/// Claims about articles' formulas come first, with a blank line between scenarios.
pub fn table(rows: &[ClaimRow], paint: Paint) -> String {
    let (printed, others): (Vec<&ClaimRow>, Vec<&ClaimRow>) =
        rows.iter().partition(|row| !row.article.is_empty());
    let mut out = String::new();
    if !printed.is_empty() {
        articles(&mut out, &printed, paint);
        out.push('\n');
    }
    if !others.is_empty() {
        plain(&mut out, &others, paint);
        out.push('\n');
    }
    out.push_str(&summary(rows));
    out
}

/// The claims about articles' formulas as a table in Markdown, with how many of all are as expected below it.
pub fn markdown(rows: &[ClaimRow]) -> String {
    let mut out = String::from("# Formulas against simulation\n\n|");
    let escaped = |cell: &str| cell.replace('|', "\\|").replace('*', "\\*").replace('_', "\\_");
    for (name, _) in ARTICLES {
        let _ = write!(out, " {name} |");
    }
    let _ = write!(out, " scenario |\n|{}\n", "---|".repeat(ARTICLES.len() + 1));
    for row in rows.iter().filter(|row| !row.article.is_empty()) {
        out.push('|');
        for cell in cells(row).iter().chain([&row.scenario]) {
            let _ = write!(out, " {} |", escaped(cell));
        }
        out.push('\n');
    }
    let _ = write!(
        out,
        "\nOf a comparison, the predicted value is that of the first variant and the simulated one that of the \
         second.\n\n{}",
        summary(rows)
    );
    out
}

fn articles(out: &mut String, rows: &[&ClaimRow], paint: Paint) {
    let header = ARTICLES.map(|(name, _)| vec![name.to_owned()]);
    let _ = write!(out, "{}", lines(&header, |line| paint.tint(Tone::Heading, line)));
    let mut last = None;
    for row in rows {
        if last.is_some_and(|last: &str| last != row.scenario) {
            out.push('\n');
        }
        last = Some(row.scenario.as_str());
        let mut wrapped = ARTICLES.map(|_| Vec::new());
        for ((cell, (_, width)), into) in cells(row).iter().zip(ARTICLES).zip(&mut wrapped) {
            *into = wrap(cell, width);
        }
        out.push_str(&lines(&wrapped, |line| tinted(row, line, paint)));
    }
}

/// The cells of a claim about an article's formula.
fn cells(row: &ClaimRow) -> [String; ARTICLES.len()] {
    let (predicted, simulated) = values(row);
    let verdict = match (row.as_expected, row.is_comparative()) {
        (true, true) => row.expected.clone(),
        (true, false) => row.verdict.clone(),
        (false, _) => format!("{} (not {})", row.verdict, row.expected),
    };
    let right = if row.right.is_empty() { "this one".to_owned() } else { row.right.clone() };
    [
        row.formula.clone(),
        row.article.clone(),
        row.interpretation.clone(),
        predicted,
        simulated,
        verdict,
        right,
    ]
}

/// The lines that cells of several lines make side by side.
fn lines(cells: &[Vec<String>; ARTICLES.len()], tint: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for number in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let part = |(cell, (_, width)): (&Vec<String>, (&str, usize))| {
            format!("{:<width$}", cell.get(number).map_or("", String::as_str))
        };
        let line = cells.iter().zip(ARTICLES).map(part).collect::<Vec<_>>().join(GAP);
        let _ = writeln!(out, "{}", tint(line.trim_end()));
    }
    out
}

/// A text in lines of at most `width` characters, broken between words where that is possible.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(width) {
            match lines.last_mut() {
                Some(line) if length + 1 + piece.len() <= width => {
                    line.push(' ');
                    line.extend(piece);
                    length += 1 + piece.len();
                }
                _ => {
                    lines.push(piece.iter().collect());
                    length = piece.len();
                }
            }
        }
    }
    lines
}

fn plain(out: &mut String, rows: &[&ClaimRow], paint: Paint) {
    let header =
        ["scenario", "metric", "predicted", "simulated", "error", "runs", "verdict", "expected", "source"];
    let cells: Vec<[String; 9]> = rows.iter().map(|row| plain_cells(row)).collect();
    let width = |column: usize| {
        let widths = cells.iter().map(|row| row[column].chars().count());
        widths.chain([header[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let padded = |cells: &[String]| -> String {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    let _ = writeln!(out, "{}", paint.tint(Tone::Heading, &padded(&header.map(str::to_owned))));
    for (cells, row) in cells.iter().zip(rows) {
        let _ = writeln!(out, "{}", tinted(row, &padded(cells), paint));
    }
}

fn plain_cells(row: &ClaimRow) -> [String; 9] {
    let (predicted, simulated) = values(row);
    [
        row.scenario.clone(),
        row.metric.clone(),
        predicted,
        simulated,
        error(row),
        row.runs.to_string(),
        row.verdict.clone(),
        row.expected.clone(),
        row.source.clone(),
    ]
}

/// A line in the colour of what is not as expected.
fn tinted(row: &ClaimRow, line: &str, paint: Paint) -> String {
    let tone = if row.is_undecided() { Tone::Open } else { Tone::Bad };
    if row.as_expected { line.to_owned() } else { paint.tint(tone, line) }
}

fn summary(rows: &[ClaimRow]) -> String {
    let count = |of: fn(&ClaimRow) -> bool| rows.iter().filter(|row| of(row)).count();
    let mut text = format!("{} of {} claims as expected", count(|row| row.as_expected), rows.len());
    let (undecided, contrary) = (count(ClaimRow::is_undecided), count(ClaimRow::is_contrary));
    if undecided > 0 {
        let _ = write!(text, ", {undecided} undecided");
    }
    if contrary > 0 {
        let _ = write!(text, ", {contrary} contrary to what was expected");
    }
    text.push('\n');
    text
}

/// What is predicted, and what was simulated with its interval.
fn values(row: &ClaimRow) -> (String, String) {
    let (mut value, interval) = row
        .simulated
        .map_or(("-".to_owned(), String::new()), |value| written(&row.unit, value, row.interval()));
    let half = row.interval().map(|(low, high)| (high - low) / 2.0);
    let mut predicted =
        row.predicted.map_or("-".to_owned(), |value| Scale::new(&row.unit, value, half).show(value));
    if let Some((theirs, ours)) = row.predicted.zip(row.simulated)
        && half.is_some_and(|half| half <= ours.abs() * SAME)
    {
        // What is the same in every run has as many digits as the claim asks for.
        let scale = Scale::new(&row.unit, ours, Some(row.tolerance * theirs.abs()));
        (value, predicted) = (scale.show(ours), scale.show(theirs));
    }
    (predicted, format!("{value} {interval}").trim_end().to_owned())
}

/// The interval of the relative error and what is tolerated.
fn error(row: &ClaimRow) -> String {
    let tolerance = format!("within ±{} %", (row.tolerance * 1e8).round() / 1e6);
    match row.error_low.zip(row.error_high) {
        Some((low, high)) => {
            let digits = percent_decimals(row.tolerance, 1).max(2);
            format!("{:+.digits$} % to {:+.digits$} % {tolerance}", low * 100.0, high * 100.0)
        }
        None => tolerance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(article: &str, right: &str) -> ClaimRow {
        ClaimRow {
            scenario: "race".to_owned(),
            article: article.to_owned(),
            formula: "T = 1 / sum(1/t_i)".to_owned(),
            interpretation: "times of a race that always take the same time, whatever happens".to_owned(),
            right: right.to_owned(),
            metric: "fault.crash/mttr".to_owned(),
            unit: "s".to_owned(),
            source: "harmonic-recovery(t = 30, 60)".to_owned(),
            predicted: Some(20.0),
            simulated: Some(30.0),
            ci_low: Some(29.9),
            ci_high: Some(30.1),
            confidence: 0.99,
            error_low: Some(0.495),
            error_high: Some(0.505),
            tolerance: 0.02,
            verdict: "refuted".to_owned(),
            expected: "refuted".to_owned(),
            as_expected: true,
            runs: 20,
        }
    }

    #[test]
    fn words_wrap_and_nothing_is_wider_than_its_column() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert!(wrap("", 5).is_empty());
        let rows = [row("harmonic recovery time", "T = min t_i"), row("", "")];
        let text = table(&rows, Paint::Plain);
        let articles = text.lines().take_while(|line| !line.starts_with("scenario"));
        assert!(articles.clone().count() > 3, "{text}");
        assert!(articles.clone().all(|line| line.chars().count() <= 160), "{text}");
        for words in ["T = 1 / sum(1/t_i)", "20.00 s", "30.00 s ± 0.10 s", "T = min t_i", "2 of 2 claims"] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
    }

    #[test]
    fn a_surprise_says_what_was_expected() {
        let surprise = ClaimRow { as_expected: false, expected: "holds".to_owned(), ..row("an article", "") };
        assert_eq!(cells(&surprise)[5..], ["refuted (not holds)", "this one"]);
        assert!(summary(&[surprise]).contains("1 contrary"));
    }

    #[test]
    fn markdown_has_a_line_for_each_claim_of_an_article() {
        let text = markdown(&[row("an article", "p | q"), row("", "")]);
        assert!(text.contains("| refuted | p \\| q | race |"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("| T")).count(), 1);
        assert!(text.ends_with("2 of 2 claims as expected\n"), "{text}");
    }
}
