//! Availability of each run as a point, the pooled estimate as a line and its interval as a band.

use std::fmt::Write;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::{Axis, plain_label};
use super::canvas::{Drawn, Figure, SMALL, colour, heading, ink, words};
use super::frame::{Side, frame};
use super::{Rows, keep_worst};
use crate::experiment::UNFINISHED_SHOWN;
use crate::output::number::{Scale, confidence};

/// Availability by run, one panel for each client; without clients for each block, or else each service.
#[derive(Debug, Clone, PartialEq)]
pub struct Availability {
    title: String,
    panels: Vec<Panel>,
    /// How many more there would be.
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Panel {
    scope: String,
    metric: String,
    /// Run and its availability.
    points: Vec<(u32, f64)>,
    /// Runs in which it collapsed.
    collapsed: Vec<u32>,
    estimate: f64,
    interval: Option<(f64, f64)>,
    confidence: f64,
    /// Share of the requests that have no end, where that is worth a word.
    unfinished: Option<f64>,
}

/// What is shown, in this order of preference.
const SHOWN: [(&str, &str); 3] =
    [("client.", "availability_request"), ("block.", "availability_time"), ("service.", "availability_time")];
/// Most panels of one figure.
const PANELS: usize = 8;

impl Availability {
    /// The availability of the parts that matter most; `None` when nothing has one.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let of = |(kind, metric): &(&str, &str)| {
            // Replicas are named below their service and are too many to be shown.
            let chosen = rows.summary.iter().filter(|row| {
                row.metric == *metric && row.scope.starts_with(kind) && row.scope.split('.').count() == 2
            });
            let chosen: Vec<_> = chosen.filter(|row| row.estimate.is_some()).collect();
            (!chosen.is_empty()).then_some(chosen)
        };
        let mut chosen = SHOWN.iter().find_map(of)?;
        let left_out = keep_worst(&mut chosen, PANELS, |row| row.estimate.map_or(0.0, |share| 1.0 - share));
        let panels = chosen.into_iter().filter_map(|row| Panel::new(rows, row)).collect();
        Some(Self { title: format!("{name}: availability by run"), panels, left_out })
    }
}

impl Panel {
    fn new(rows: &Rows, row: &super::SummaryRow) -> Option<Self> {
        let of_rest = |one: &&super::SummaryRow| {
            let is_many = one.estimate.is_some_and(|share| share > UNFINISHED_SHOWN);
            one.scope == row.scope && one.metric == "unfinished_ratio" && is_many
        };
        let of_run = |one: &&super::RunRow| one.scope == row.scope && one.metric == row.metric;
        let is_collapsed = |one: &&super::RunRow| {
            one.scope == row.scope && one.metric == "collapse_ratio" && one.value > Some(0.0)
        };
        Some(Self {
            collapsed: rows.runs.iter().filter(is_collapsed).map(|one| one.run).collect(),
            scope: row.scope.clone(),
            metric: row.metric.clone(),
            points: rows.runs.iter().filter(of_run).filter_map(|one| Some((one.run, one.value?))).collect(),
            estimate: row.estimate?,
            interval: row.ci_low.zip(row.ci_high),
            confidence: row.confidence,
            unfinished: rows.summary.iter().find(of_rest).and_then(|one| one.estimate),
        })
    }

    fn title(&self) -> String {
        let scale = Scale::around("ratio", self.estimate, self.interval);
        let estimate = scale.show(self.estimate);
        let about = match self.interval {
            Some((low, high)) => {
                let (low, high) = (scale.show(low), scale.show(high));
                format!("{estimate} ({low} to {high}, {})", confidence(self.confidence))
            }
            None => format!("{estimate}, no interval"),
        };
        let rest = self.unfinished.map_or(String::new(), |share| {
            format!(" of finished; {} unfinished", Scale::new("ratio", share, None).show(share))
        });
        format!("{} {}: {about}{rest}", self.scope, self.metric)
    }

    /// The axis of availability [%], tight around what is shown and never above 100 %.
    fn axis(&self) -> Axis {
        let ends = self.interval.map_or(vec![], |(low, high)| vec![low, high]);
        let shown = self.points.iter().map(|point| point.1).chain(ends).chain([self.estimate]);
        let (low, high) = shown.fold((1.0_f64, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        // All at one value still needs a scale: a tenth of what is missing to 100 %, or 1 % when nothing is.
        let slack =
            if high > low { 0.0 } else { ((1.0 - high) * 0.1).max(if high < 1.0 { 1e-9 } else { 0.01 }) };
        let axis = Axis::linear((low - slack) * 100.0, (high + slack).min(1.0) * 100.0, 4);
        let ticks: Vec<f64> = axis.ticks.iter().copied().filter(|tick| *tick <= 100.0 + 1e-9).collect();
        Axis { low: axis.low, high: ticks.last().copied().unwrap_or(axis.high), ticks }
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>, number: usize) -> Drawn<()> {
        area.draw_text(&self.title(), &ink(SMALL, super::canvas::INK), (128, 8)).map_err(words)?;
        let area = area.split_vertically(30).1;
        let last = f64::from(self.points.iter().map(|point| point.0).max().unwrap_or(0));
        let runs = runs_axis(last);
        let up = self.axis();
        let step = up.ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
        let across = Side { axis: &runs, title: "run", label: &|value| plain_label(value, 1.0) };
        let side = Side { axis: &up, title: "availability [%]", label: &|value| plain_label(value, step) };
        let mut chart = frame(&area, &across, &side)?;
        let colour = colour(number);
        if let Some((low, high)) = self.interval {
            let corners = [(runs.low, (low * 100.0).max(up.low)), (runs.high, (high * 100.0).min(up.high))];
            let band = Rectangle::new(corners, colour.mix(0.18).filled());
            chart.draw_series(std::iter::once(band)).map_err(words)?;
        }
        let pooled = [(runs.low, self.estimate * 100.0), (runs.high, self.estimate * 100.0)];
        chart.draw_series(LineSeries::new(pooled, colour.stroke_width(2))).map_err(words)?;
        let points = self
            .points
            .iter()
            .map(|(run, value)| Circle::new((f64::from(*run), value * 100.0), 5, colour.filled()));
        chart.draw_series(points).map_err(words)?;
        let is_collapsed = |run: &u32| self.collapsed.contains(run);
        let marks = self.points.iter().filter(|(run, _)| is_collapsed(run)).map(|(run, value)| {
            Cross::new((f64::from(*run), value * 100.0), 9, super::canvas::INK.stroke_width(2))
        });
        chart.draw_series(marks).map_err(words)?;
        Ok(())
    }
}

/// The axis of runs 0 to `last`, with whole numbers as ticks and room at both ends.
fn runs_axis(last: f64) -> Axis {
    let mut ticks = Axis::linear(0.0, last.max(1.0), 10).ticks;
    ticks.retain(|tick| tick.fract().abs() < 1e-9 && *tick <= last + 1e-9);
    Axis { low: -0.5, high: last + 0.5, ticks }
}

impl Figure for Availability {
    fn size(&self) -> (u32, u32) {
        (1100, 90 + 380 * self.panels.len() as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let mut subtitle =
            "Points are runs; line and band are the estimate over all runs and its interval".to_owned();
        if self.panels.iter().any(|panel| !panel.collapsed.is_empty()) {
            subtitle.push_str("; crossed out are those in which the client collapses");
        }
        if self.left_out > 0 {
            let _ = write!(subtitle, "; the worst are shown ({} more parts in runs.csv)", self.left_out);
        }
        let area = heading(sheet, &self.title, &subtitle)?;
        for (number, (panel, part)) in
            self.panels.iter().zip(area.split_evenly((self.panels.len(), 1))).enumerate()
        {
            panel.draw(&part, number)?;
        }
        Ok(())
    }
}
