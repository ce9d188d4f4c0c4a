//! How long requests took: for each client, the share of well-answered requests within a time.

use std::fmt::Write;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, plain_label, time_label};
use super::canvas::{Drawn, Figure, INK, SMALL, Swatch, anchored, colour, heading, legend, words};
use super::frame::{Side, frame, line};
use super::{LatencyRow, Rows, SERIES, keep_worst};
use crate::output::folder::{FileError, each_row};
use crate::output::number::duration;

/// The cumulative distribution of the latency of each client.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    title: String,
    curves: Vec<Curve>,
    /// How many more there would be.
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Curve {
    scope: String,
    /// Time [s] and the share of requests that took no longer; rising.
    points: Vec<(f64, f64)>,
    /// Quantiles as estimated over all runs: share and time [s].
    marks: Vec<(f64, f64)>,
}

/// The curves of the slowest clients among those so far.
#[derive(Debug, Default)]
struct Curves {
    curves: Vec<Curve>,
    left_out: usize,
}

impl Curves {
    /// Adds a bucket; those of one client come one after another.
    fn add(&mut self, row: &LatencyRow) {
        if row.metric != "latency" || row.count == 0 {
            return;
        }
        if self.curves.last().is_none_or(|curve| curve.scope != row.scope) {
            // The last one is whole.
            if self.curves.len() == CURVES_MAX {
                self.keep_worst();
            }
            let start = (row.low_s.max(SHORTEST), 0.0);
            self.curves.push(Curve { scope: row.scope.clone(), points: vec![start], marks: Vec::new() });
        }
        if let Some(curve) = self.curves.last_mut() {
            let below = curve.points.last().map_or(0.0, |point| point.1);
            let low = row.low_s.max(SHORTEST);
            // A gap without requests is a level stretch of the curve.
            if curve.points.last().is_some_and(|point| point.0 < low) {
                curve.points.push((low, below));
            }
            curve.points.push((row.high_s.max(SHORTEST), below + row.count as f64));
        }
    }

    fn keep_worst(&mut self) {
        self.left_out += keep_worst(&mut self.curves, SERIES, Curve::slowness);
    }
}

/// Curves that are kept in mind at once.
const CURVES_MAX: usize = 4 * SERIES;
/// Shortest time that is drawn: zero has no place on a logarithmic axis.
const SHORTEST: f64 = 1e-9;
/// Steps in which a curve is drawn, finer than a pixel.
const STEPS: f64 = 1500.0;
const MARKED: [(&str, f64); 2] = [("latency_p50", 0.5), ("latency_p99", 0.99)];

impl Latency {
    /// The curves of all clients that answered anything well; `None` when there is none.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let mut curves = Curves::default();
        rows.latency.iter().for_each(|row| curves.add(row));
        Self::of(curves, rows, name)
    }

    /// The same of a folder of which all but `latency.csv` was read.
    pub(super) fn read(folder: &Path, rows: &Rows, name: &str) -> Result<Option<Self>, FileError> {
        let mut curves = Curves::default();
        each_row(folder, |row: LatencyRow| curves.add(&row))?;
        Ok(Self::of(curves, rows, name))
    }

    fn of(mut found: Curves, rows: &Rows, name: &str) -> Option<Self> {
        found.keep_worst();
        let Curves { mut curves, left_out } = found;
        for curve in &mut curves {
            let mark =
                |(metric, share): &(&str, f64)| Some((*share, rows.find(&curve.scope, metric)?.estimate?));
            curve.marks = MARKED.iter().filter_map(mark).collect();
            curve.scale();
        }
        let title = format!("{name}: latency of well-answered requests");
        (!curves.is_empty()).then_some(Self { title, curves, left_out })
    }

    /// The axis of time, from where the curves leave the ground.
    fn axis(&self) -> Axis {
        let first = |curve: &Curve| {
            curve.points.iter().rev().find(|point| point.1 <= 0.0005).map_or(SHORTEST, |point| point.0)
        };
        let low = self.curves.iter().map(first).fold(f64::INFINITY, f64::min);
        let last = |curve: &Curve| curve.points.last().map_or(SHORTEST, |point| point.0);
        let high = self.curves.iter().map(last).fold(0.0, f64::max);
        Axis::logarithmic(low, high)
    }
}

impl Curve {
    /// The time [s] that 99 % of the requests take no longer than, to a bucket.
    fn slowness(&self) -> f64 {
        let total = self.points.last().map_or(0.0, |point| point.1);
        self.points.iter().find(|point| point.1 >= 0.99 * total).map_or(0.0, |point| point.0)
    }

    /// Turns counts into shares and leaves out points that nobody could see.
    fn scale(&mut self) {
        let total = self.points.last().map_or(1.0, |point| point.1);
        let end = self.points.len() - 1;
        let mut kept: Vec<(f64, f64)> = Vec::new();
        for (place, (time, count)) in self.points.iter().enumerate() {
            let point = (*time, count / total);
            let is_new =
                |last: &(f64, f64)| (point.0 / last.0).ln() * 150.0 > 1.0 || (point.1 - last.1) * STEPS > 1.0;
            if place == end || kept.last().is_none_or(is_new) {
                kept.push(point);
            }
        }
        self.points = kept;
    }

    fn legend(&self) -> String {
        let marks =
            self.marks.iter().map(|(share, time)| format!("p{:.0} {}", share * 100.0, duration(*time, 3)));
        std::iter::once(self.scope.clone()).chain(marks).collect::<Vec<_>>().join("  ")
    }
}

impl Figure for Latency {
    fn size(&self) -> (u32, u32) {
        (1100, 680 + 26 * (self.curves.len() as u32 / 2))
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let mut subtitle = "Share of requests answered within a time, all runs together".to_owned();
        if self.left_out > 0 {
            let _ = write!(subtitle, "; the slowest at p99 ({} more clients in latency.csv)", self.left_out);
        }
        let below = heading(sheet, &self.title, &subtitle)?;
        let entries: Vec<_> = self
            .curves
            .iter()
            .enumerate()
            .map(|(number, curve)| (Swatch::Line(number), curve.legend()))
            .collect();
        let area = legend(&below, &entries)?;
        let (time, share) = (self.axis(), Axis::linear(0.0, 100.0, 5));
        let across = Side { axis: &time, title: "latency (logarithmic)", label: &time_label };
        let up = Side { axis: &share, title: "requests [%]", label: &|value| plain_label(value, 20.0) };
        let mut chart = frame(&area, &across, &up)?;
        for (_, level) in MARKED {
            let ends = [(time.low, level * 100.0), (time.high, level * 100.0)];
            chart.draw_series(DashedLineSeries::new(ends, 3, 4, INK.stroke_width(1))).map_err(words)?;
            let text = Text::new(
                format!("p{:.0}", level * 100.0),
                // A little below its line.
                (time.high, level * 100.0 - 2.4),
                anchored(SMALL, HPos::Right, VPos::Top),
            );
            chart.draw_series(std::iter::once(text)).map_err(words)?;
        }
        for (number, curve) in self.curves.iter().enumerate() {
            let inside = curve.points.iter().filter(|point| point.0.log10() >= time.low - 1e-9);
            let points = inside.map(|(seconds, share)| (seconds.log10(), share * 100.0)).collect();
            line(&mut chart, points, number)?;
            let marks = curve.marks.iter().map(|(share, seconds)| {
                Circle::new((seconds.max(SHORTEST).log10(), share * 100.0), 5, colour(number).filled())
            });
            chart.draw_series(marks).map_err(words)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_many_clients_are_found_a_few_at_a_time() {
        // Each of a hundred times is that of two clients; of the last two that have a place, the first gets it.
        let time = |client: u32| f64::from(client * 37 % 100 + 1);
        let latency = (0..200).map(|client| {
            let (low_s, scope) = (time(client), format!("client.c{client}"));
            LatencyRow { scope, metric: "latency".to_owned(), low_s, high_s: 1.01 * low_s, count: 3 }
        });
        let rows = Rows { latency: latency.collect(), ..Rows::default() };
        let figure = Latency::new(&rows, "many").expect("there are curves");
        let mut slowest: Vec<u32> = (0..200).collect();
        slowest.sort_by(|one, other| time(*other).total_cmp(&time(*one)));
        slowest.truncate(SERIES);
        slowest.sort_unstable();
        let expected: Vec<String> = slowest.iter().map(|client| format!("client.c{client}")).collect();
        assert_eq!(
            figure.curves.iter().map(|curve| &curve.scope).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        assert_eq!(figure.left_out, 200 - SERIES);
    }
}
