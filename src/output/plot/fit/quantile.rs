//! Each recorded duration against the one that a law has in its place.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::FitSheet;
use crate::experiment::fit::Law;
use crate::output::plot::axis::{Axis, time_label};
use crate::output::plot::canvas::{Drawn, Figure, INK, Swatch, colour, heading, legend, words};
use crate::output::plot::frame::{Side, frame};

/// Quantiles of the record against those of each law.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles<'a> {
    sheet: &'a FitSheet,
    /// For each law its quantiles and the recorded durations, as logarithms of seconds.
    points: Vec<Vec<(f64, f64)>>,
}

/// Points nearer to each other than this part of a power of ten would lie on each other.
const APART: f64 = 0.012;
/// How far, in powers of ten, laws are followed beyond the record.
const BEYOND: f64 = 1.5;

impl<'a> Quantiles<'a> {
    /// The points of all laws; `None` when nothing was fitted.
    pub fn new(sheet: &'a FitSheet) -> Option<Self> {
        let points: Vec<_> = sheet.laws.iter().map(|law| points(sheet, law)).collect();
        points.iter().any(|points| !points.is_empty()).then_some(Self { sheet, points })
    }

    fn axes(&self) -> (Axis, Axis) {
        let ends = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let axis = |(low, high): (f64, f64)| Axis::times(10f64.powf(low), 10f64.powf(high));
        let of = |side: fn(&(f64, f64)) -> f64| ends(&mut self.points.iter().flatten().map(side));
        (axis(of(|point| point.0)), axis(of(|point| point.1)))
    }
}

/// A point for each step of the record, those left out that nobody could see.
fn points(sheet: &FitSheet, law: &Law) -> Vec<(f64, f64)> {
    let mut record = sheet.steps().map(|row| row.duration_s.log10());
    let low = record.next().unwrap_or(0.0);
    let high = record.next_back().unwrap_or(low);
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for row in sheet.steps() {
        // The middle of a step stands for all durations in it.
        let share = f64::midpoint(row.share_below, row.share_within);
        let point = (law.quantile(share).log10(), row.duration_s.log10());
        let is_inside = (low - BEYOND..=high + BEYOND).contains(&point.0);
        let is_new = kept.last().is_none_or(|last| (point.0 - last.0).hypot(point.1 - last.1) > APART);
        if is_inside && is_new {
            kept.push(point);
        }
    }
    kept
}

impl Figure for Quantiles<'_> {
    fn size(&self) -> (u32, u32) {
        (1100, 800)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let title = format!("{}: quantiles of record and laws", self.sheet.title);
        let subtitle =
            "On the dashed line a law is right; above it the record has longer durations than the law";
        let below = heading(sheet, &title, subtitle)?;
        let laws = self.sheet.laws.iter().enumerate();
        let entries: Vec<_> =
            laws.map(|(number, law)| (Swatch::Line(number), law.name().to_owned())).collect();
        let area = legend(&below, &entries)?;
        let (across, up) = self.axes();
        let mut chart = frame(
            &area,
            &Side { axis: &across, title: "quantile of the law (logarithmic)", label: &time_label },
            &Side { axis: &up, title: "recorded (logarithmic)", label: &time_label },
        )?;
        let (low, high) = (across.low.max(up.low), across.high.min(up.high));
        let diagonal = DashedLineSeries::new([(low, low), (high, high)], 8, 5, INK.stroke_width(2));
        chart.draw_series(diagonal).map_err(words)?;
        // The best law is drawn last, over the others.
        for (number, points) in self.points.iter().enumerate().rev() {
            let style = colour(number).filled();
            let circles = points.iter().map(|point| Circle::new(*point, 3, style));
            chart.draw_series(circles).map_err(words)?;
        }
        Ok(())
    }
}
