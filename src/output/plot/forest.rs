//! A forest plot: the ratio of every pair of variants with its interval, one line for each, grouped by metric.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, plain_label};
use super::canvas::{Drawn, Figure, GRID, INK, SMALL, anchored, colour, heading, ink, words};
use crate::output::number::significant;
use crate::output::row::CompareRow;

/// Ratios of pairs of variants.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    title: String,
    lines: Vec<Line>,
    scale: Scale,
    /// How many pairs more there would be.
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Line {
    /// The metric of the lines below.
    Heading(String),
    Pair(Entry),
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    label: String,
    ratio: Option<[f64; 3]>,
    verdict: String,
}

/// Where ratios stand: near 1 as a change in percent, otherwise by their logarithm.
#[derive(Debug, Clone, PartialEq)]
struct Scale {
    axis: Axis,
    is_logarithmic: bool,
}

/// Most pairs of one figure.
const PAIRS: usize = 60;
/// Height of a line \[pixel\].
const ROW: i32 = 30;
/// Width of the part with the intervals \[pixel\].
const MIDDLE: i32 = 540;
/// Width of the numbers on the right \[pixel\].
const RIGHT: i32 = 350;
/// Most characters of a label.
const LABEL: usize = 64;
/// Width of a character, generously \[pixel\].
const CHARACTER: usize = 10;
/// What is above the lines, and what the axis needs below them \[pixel\].
const ABOVE: i32 = 84;
const BELOW: i32 = 86;
/// A ratio as far from 1 as this is shown on a logarithmic axis.
const FAR: f64 = 1.5;
/// Intervals are cut where a ratio is this far from 1, unless the ratio itself is farther.
const CUT: f64 = 10.0;

impl Forest {
    /// The ratios of a comparison; `None` when no pair has one.
    pub fn new(rows: &[CompareRow], name: &str) -> Option<Self> {
        let mut lines = Vec::new();
        let mut last = None;
        for row in rows.iter().take(PAIRS) {
            let metric = (&row.scope, &row.metric);
            if last != Some(metric) {
                let of =
                    if row.metric.starts_with("availability") { " (what is missing to 100 %)" } else { "" };
                lines.push(Line::Heading(format!("{}/{}{of}", row.scope, row.metric)));
                last = Some(metric);
            }
            lines.push(Line::Pair(Entry::new(row)));
        }
        let ratios = |wanted: fn(&Entry) -> bool| -> Vec<[f64; 3]> {
            let pairs = lines.iter().filter_map(Line::entry).filter(|entry| wanted(entry));
            pairs.filter_map(|entry| entry.ratio).collect()
        };
        // What is undecided may be anywhere and would squeeze the rest.
        let decided = ratios(Entry::is_decided);
        let scale = Scale::new(&if decided.is_empty() { ratios(|_| true) } else { decided })?;
        let title = format!("{name}: ratio of each pair of variants");
        Some(Self { title, lines, scale, left_out: rows.len().saturating_sub(PAIRS) })
    }

    fn left(&self) -> i32 {
        let longest = self.lines.iter().map(|line| match line {
            Line::Heading(text) => text.chars().count(),
            // It stands a little to the right.
            Line::Pair(entry) => entry.label.chars().count() + 2,
        });
        (longest.max().unwrap_or(0) * CHARACTER) as i32 + 36
    }

    fn bottom(&self) -> i32 {
        ABOVE + self.lines.len() as i32 * ROW
    }
}

impl Line {
    fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Pair(entry) => Some(entry),
            Self::Heading(_) => None,
        }
    }
}

impl Entry {
    fn new(row: &CompareRow) -> Self {
        let mut label = format!("{} / {}", row.variant_b, row.variant_a);
        if label.chars().count() > LABEL {
            label = label.chars().take(LABEL - 1).chain(['…']).collect();
        }
        let is_same = row.verdict == "identical";
        let ratio = match (row.ratio, row.ratio_low, row.ratio_high) {
            (Some(ratio), Some(low), Some(high)) => Some([ratio, low, high]),
            _ => is_same.then_some([1.0; 3]),
        };
        Self { label, ratio, verdict: row.verdict.clone() }
    }

    fn is_decided(&self) -> bool {
        !["undecided", "identical"].contains(&self.verdict.as_str())
    }

    fn text(&self) -> String {
        match self.ratio {
            Some(_) if self.verdict == "identical" => "identical".to_owned(),
            Some([ratio, low, high]) => {
                // As many decimals as tell the ends apart.
                let half = (high - low) / 2.0;
                let decimals =
                    if half > 0.0 { (1.0 - half.log10().floor()).clamp(0.0, 5.0) as usize } else { 3 };
                format!("{ratio:.decimals$} ({low:.decimals$} to {high:.decimals$}) {}", self.verdict)
            }
            None => format!("no ratio, {}", self.verdict),
        }
    }

    fn colour(&self) -> RGBColor {
        match self.verdict.as_str() {
            "better" => colour(2),
            "worse" => colour(1),
            "higher" | "lower" => colour(0),
            _ => RGBColor(110, 110, 110),
        }
    }
}

impl Scale {
    fn new(ratios: &[[f64; 3]]) -> Option<Self> {
        if ratios.is_empty() {
            return None;
        }
        let farthest = |value: f64| value.max(1.0 / value.max(1e-300));
        let cut = ratios.iter().map(|one| farthest(one[0])).fold(CUT, f64::max);
        let ends = ratios.iter().flatten().map(|one| one.clamp(1.0 / cut, cut));
        let (low, high) = ends.fold((1.0_f64, 1.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        let is_logarithmic = farthest(low).max(farthest(high)) > FAR;
        let axis = if is_logarithmic {
            Axis::logarithmic(low, high)
        } else {
            let slack = if high > low { 0.0 } else { 0.01 };
            Axis::linear((low - 1.0 - slack) * 100.0, (high - 1.0 + slack) * 100.0, 6)
        };
        Some(Self { axis, is_logarithmic })
    }

    /// Where a ratio stands, from 0 to 1; beyond that it is not shown.
    fn share(&self, ratio: f64) -> f64 {
        let value = if self.is_logarithmic { ratio.max(1e-300).log10() } else { (ratio - 1.0) * 100.0 };
        (value - self.axis.low) / (self.axis.high - self.axis.low)
    }

    fn shows(&self, ratio: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.share(ratio))
    }

    /// Labelled ratios.
    fn ticks(&self) -> Vec<(f64, String)> {
        let tick = |value: &f64| {
            if self.is_logarithmic {
                let ratio = 10f64.powf(*value);
                let digits = significant(ratio, 3);
                let short = if digits.contains('.') {
                    digits.trim_end_matches('0').trim_end_matches('.')
                } else {
                    &digits
                };
                (ratio, format!("x {short}"))
            } else {
                let step = self.axis.ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
                let sign = if *value > step * 1e-6 { "+" } else { "" };
                (1.0 + value / 100.0, format!("{sign}{} %", plain_label(*value, step)))
            }
        };
        self.axis.ticks.iter().map(tick).collect()
    }
}

impl Figure for Forest {
    fn size(&self) -> (u32, u32) {
        ((self.left() + MIDDLE + RIGHT) as u32, (self.bottom() + BELOW) as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let mut subtitle =
            "Points are estimates, lines their intervals; each is named first / second".to_owned();
        if self.left_out > 0 {
            subtitle = format!("{subtitle} ({} more in compare.csv)", self.left_out);
        }
        heading(sheet, &self.title, &subtitle)?;
        self.grid(sheet)?;
        let mut y = ABOVE + ROW / 2;
        for line in &self.lines {
            match line {
                Line::Heading(text) => {
                    let style = anchored(SMALL + 1, HPos::Left, VPos::Center);
                    sheet.draw_text(text, &style, (16, y)).map_err(words)?;
                }
                Line::Pair(entry) => self.entry(sheet, entry, y)?,
            }
            y += ROW;
        }
        Ok(())
    }
}

impl Forest {
    fn place(&self, ratio: f64) -> i32 {
        self.left() + (self.scale.share(ratio).clamp(0.0, 1.0) * f64::from(MIDDLE)).round() as i32
    }

    fn grid<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let (top, bottom) = (ABOVE, self.bottom());
        let upright =
            |x: i32, style: ShapeStyle| sheet.draw(&PathElement::new(vec![(x, top), (x, bottom)], style));
        for (ratio, label) in self.scale.ticks() {
            let x = self.place(ratio);
            upright(x, GRID.stroke_width(1)).map_err(words)?;
            sheet
                .draw_text(&label, &anchored(SMALL, HPos::Center, VPos::Top), (x, bottom + 8))
                .map_err(words)?;
        }
        upright(self.place(1.0), INK.stroke_width(2)).map_err(words)?;
        let title = if self.scale.is_logarithmic { "ratio [1]" } else { "change [%]" };
        let middle = self.left() + MIDDLE / 2;
        let style = anchored(SMALL + 1, HPos::Center, VPos::Top);
        sheet.draw_text(title, &style, (middle, bottom + 40)).map_err(words)
    }

    fn entry<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>, entry: &Entry, y: i32) -> Drawn<()> {
        let style = anchored(SMALL, HPos::Left, VPos::Center);
        sheet.draw_text(&entry.label, &style, (36, y)).map_err(words)?;
        let right = self.left() + MIDDLE + 20;
        let text = ink(SMALL, entry.colour()).pos(style.pos);
        sheet.draw_text(&entry.text(), &text, (right, y)).map_err(words)?;
        let Some([ratio, low, high]) = entry.ratio else { return Ok(()) };
        let colour = entry.colour();
        if self.scale.share(low) > 1.0 || self.scale.share(high) < 0.0 {
            // All of it lies beyond one side.
            return Ok(());
        }
        let ends = vec![(self.place(low), y), (self.place(high), y)];
        sheet.draw(&PathElement::new(ends, colour.stroke_width(3))).map_err(words)?;
        // An end without a cap lies beyond the axis.
        for end in [low, high].into_iter().filter(|end| self.scale.shows(*end)) {
            let x = self.place(end);
            let cap = vec![(x, y - 5), (x, y + 5)];
            sheet.draw(&PathElement::new(cap, colour.stroke_width(2))).map_err(words)?;
        }
        if self.scale.shows(ratio) {
            sheet.draw(&Circle::new((self.place(ratio), y), 5, colour.filled())).map_err(words)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plot::svg;

    fn row(metric: &str, ratio: Option<[f64; 3]>, verdict: &str) -> CompareRow {
        CompareRow {
            scope: "client.c".to_owned(),
            metric: metric.to_owned(),
            unit: "s".to_owned(),
            variant_a: "round-robin".to_owned(),
            variant_b: "power-of-two".to_owned(),
            difference: None,
            diff_low: None,
            diff_high: None,
            ratio: ratio.map(|one| one[0]),
            ratio_low: ratio.map(|one| one[1]),
            ratio_high: ratio.map(|one| one[2]),
            verdict: verdict.to_owned(),
            runs: 10,
            variance_reduction: None,
        }
    }

    #[test]
    fn small_changes_are_in_percent_and_large_ones_on_a_logarithmic_axis() {
        let of = |ratio| Scale::new(&[ratio]).unwrap();
        let small = of([0.97, 0.95, 0.99]);
        assert!(!small.is_logarithmic);
        let labels: Vec<String> = small.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(labels, ["-5 %", "-4 %", "-3 %", "-2 %", "-1 %", "0 %"]);
        let large = of([0.3, 0.2, 0.4]);
        assert_eq!(large.ticks().last().unwrap().1, "x 1");
        assert!((large.share(1.0) - 1.0).abs() < 1e-12 && large.share(0.2) < 1e-9);
        assert!(Scale::new(&[]).is_none());
    }

    #[test]
    fn every_pair_has_its_line_and_is_named() {
        let rows = [
            row("latency_p99", Some([0.62, 0.58, 0.66]), "better"),
            row("amplification", None, "identical"),
            row("availability_request", None, "undecided"),
        ];
        let text = svg(&Forest::new(&rows, "shop").unwrap()).unwrap();
        for words in [
            "client.c/latency_p99",
            "power-of-two / round-robin",
            "0.620 (0.580 to 0.660) better",
            "no ratio, undecided",
            "client.c/availability_request (what is missing to 100 %)",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        assert!(Forest::new(&rows[2..], "shop").is_none());
    }

    #[test]
    fn a_figure_with_too_many_pairs_says_how_many_are_left_out() {
        let rows = vec![row("latency_p99", Some([0.62, 0.58, 0.66]), "better"); PAIRS + 5];
        let text = svg(&Forest::new(&rows, "shop").unwrap()).unwrap();
        assert!(text.contains("(5 more in compare.csv)"));
    }
}
