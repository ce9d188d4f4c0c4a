//! The share of durations up to a time: recorded, and as each law has it.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::FitSheet;
use crate::experiment::fit::Law;
use crate::output::plot::axis::{Axis, plain_label, time_label};
use crate::output::plot::canvas::{Drawn, Figure, Swatch, heading, legend};
use crate::output::plot::frame::{Side, frame, line};

/// The distribution functions.
#[derive(Debug, Clone, PartialEq)]
pub struct Cdf<'a> {
    sheet: &'a FitSheet,
}

/// The series of the record; it is black.
const RECORD: usize = 5;
/// Points of each curve.
const POINTS: u32 = 400;

impl<'a> Cdf<'a> {
    /// The curves; `None` when nothing was fitted.
    pub fn new(sheet: &'a FitSheet) -> Option<Self> {
        (!sheet.laws.is_empty() && sheet.steps().next().is_some()).then_some(Self { sheet })
    }

    fn axis(&self) -> Axis {
        let low = self.sheet.steps().next().map_or(1e-9, |row| row.duration_s);
        let high = self.sheet.durations.last().map_or(1.0, |row| row.duration_s);
        Axis::times(low, high)
    }

    /// The steps of the record, as logarithms of seconds and percent.
    fn record(&self, time: &Axis) -> Vec<(f64, f64)> {
        let mut points = vec![(time.low, 0.0)];
        for row in self.sheet.steps() {
            let at = row.duration_s.log10();
            points.extend([(at, row.share_below * 100.0), (at, row.share_within * 100.0)]);
        }
        let end = self.sheet.durations.last().map_or(time.high, |row| row.duration_s.log10());
        points.extend(points.last().map(|last| (end, last.1)));
        points
    }
}

/// The curve of a law over logarithms of seconds.
fn curve(law: &Law, time: &Axis) -> Vec<(f64, f64)> {
    let at = |number: u32| time.low + (time.high - time.low) * f64::from(number) / f64::from(POINTS);
    (0..=POINTS).map(|number| (at(number), law.cdf(10f64.powf(at(number))) * 100.0)).collect()
}

impl Figure for Cdf<'_> {
    fn size(&self) -> (u32, u32) {
        (1100, 720)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let (record, subtitle) = if self.sheet.is_censored() {
            (
                "record (Kaplan-Meier)",
                "Share that ended within a time, estimated where some were not seen to end",
            )
        } else {
            ("record", "Share that ended within a time")
        };
        let title = format!("{}: record and fitted laws", self.sheet.title);
        let below = heading(sheet, &title, subtitle)?;
        let mut entries = vec![(Swatch::Line(RECORD), record.to_owned())];
        let laws = self.sheet.laws.iter().enumerate();
        entries.extend(laws.map(|(number, law)| (Swatch::Line(number), law.name().to_owned())));
        let area = legend(&below, &entries)?;
        let (time, share) = (self.axis(), Axis::linear(0.0, 100.0, 5));
        let across = Side { axis: &time, title: "duration (logarithmic)", label: &time_label };
        let up = Side { axis: &share, title: "ended [%]", label: &|value| plain_label(value, 20.0) };
        let mut chart = frame(&area, &across, &up)?;
        line(&mut chart, self.record(&time), RECORD)?;
        for (number, law) in self.sheet.laws.iter().enumerate() {
            line(&mut chart, curve(law, &time), number)?;
        }
        Ok(())
    }
}
