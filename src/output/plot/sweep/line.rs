//! A metric over one numeric axis, with the band of its intervals, a line for each combination of what else is varied.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{Sheet, ends};
use crate::output::plot::axis::{Axis, plain_label};
use crate::output::plot::canvas::{Drawn, Figure, Swatch, colour, heading, legend, words};
use crate::output::plot::frame::{Side, frame, line};

/// Most lines that can be told apart.
const LINES_MAX: usize = 12;
/// Most bands that can lie on each other; intervals of more lines are bars.
const BANDS_MAX: usize = 3;
/// An axis whose ends are this many times apart, in ratio, is logarithmic when its values are spaced so.
const WIDE: f64 = 20.0;

/// Lines of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    title: String,
    across: String,
    up: String,
    is_logarithmic: bool,
    curves: Vec<Curve>,
}

#[derive(Debug, Clone, PartialEq)]
struct Curve {
    label: String,
    /// Place, value, and the ends of its interval; rising.
    points: Vec<(f64, [f64; 3])>,
}

impl Lines {
    /// The lines of the metric with this number over the numeric path with most values; `None` where there is no such
    /// path, or too many lines.
    pub(in crate::output::plot) fn new(sheet: &Sheet, metric: usize, name: &str) -> Option<Self> {
        let varied = sheet.varied();
        let numeric = varied.iter().filter(|path| sheet.is_numeric(**path));
        // Of several with as many values the first.
        let across = *numeric.rev().max_by_key(|path| sheet.levels(**path).len())?;
        let others: Vec<usize> = varied.into_iter().filter(|path| *path != across).collect();
        let measured = &sheet.metrics[metric];
        let (factor, unit) = measured.unit();
        let mut curves: Vec<Curve> = Vec::new();
        for (point, value) in measured.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let label = sheet.label(point, &others);
            let place = (sheet.number(point, across), value.map(|one| one * factor));
            match curves.iter_mut().find(|curve| curve.label == label) {
                Some(curve) => curve.points.push(place),
                None => curves.push(Curve { label, points: vec![place] }),
            }
        }
        for curve in &mut curves {
            curve.points.sort_by(|one, other| one.0.total_cmp(&other.0));
        }
        let is_line = curves.iter().any(|curve| curve.points.len() > 1);
        (is_line && curves.len() <= LINES_MAX).then(|| Self {
            title: format!("{name}: {}", measured.name),
            across: sheet.title(across),
            up: format!("{}{unit}", measured.name.rsplit('/').next().unwrap_or("")),
            is_logarithmic: is_geometric(&places(&curves)),
            curves,
        })
    }

    fn place(&self, value: f64) -> f64 {
        if self.is_logarithmic { value.log10() } else { value }
    }

    fn axes(&self) -> (Axis, Axis) {
        let places = places(&self.curves);
        let (low, high) = (places[0], places[places.len() - 1]);
        let is_whole = places.iter().all(|place| place.fract().abs() < f64::EPSILON);
        // Between whole numbers there is nothing to be labelled.
        let steps = if is_whole { ((high - low) as usize).clamp(1, 8) } else { 8 };
        let across =
            if self.is_logarithmic { Axis::logarithmic(low, high) } else { Axis::linear(low, high, steps) };
        let values = self.curves.iter().flat_map(|curve| &curve.points).map(|(_, value)| *value);
        let (low, high) = ends(values);
        (across, Axis::linear(low, high, 6))
    }
}

/// All places that have a point, rising.
fn places(curves: &[Curve]) -> Vec<f64> {
    let mut places: Vec<f64> = curves.iter().flat_map(|curve| &curve.points).map(|point| point.0).collect();
    places.sort_by(f64::total_cmp);
    places.dedup_by(|one, other| one.total_cmp(other).is_eq());
    places
}

/// Whether places lie far apart, and more evenly by their ratios than by their differences.
fn is_geometric(places: &[f64]) -> bool {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return false };
    let middle = places[places.len() / 2];
    *first > 0.0 && last / first >= WIDE && middle < (first + last) / 4.0
}

impl Figure for Lines {
    fn size(&self) -> (u32, u32) {
        (1100, 640 + 26 * (self.curves.len() as u32 / 2))
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let mut below =
            heading(sheet, &self.title, "Estimates with their intervals, cut where these are very wide")?;
        if self.curves.len() > 1 {
            let entry = |(number, curve): (usize, &Curve)| (Swatch::Line(number), curve.label.clone());
            let entries: Vec<_> = self.curves.iter().enumerate().map(entry).collect();
            below = legend(&below, &entries)?;
        }
        let (across, up) = self.axes();
        let step = |axis: &Axis| axis.ticks[1] - axis.ticks[0];
        let label = |value: f64| {
            if self.is_logarithmic {
                let value = 10f64.powf(value);
                plain_label(value, value.min(1.0))
            } else {
                plain_label(value, step(&across))
            }
        };
        let up_label = |value: f64| plain_label(value, step(&up));
        let mut chart = frame(
            &below,
            &Side { axis: &across, title: &self.across, label: &label },
            &Side { axis: &up, title: &self.up, label: &up_label },
        )?;
        for (number, curve) in self.curves.iter().enumerate() {
            let edge = |end: usize| {
                curve
                    .points
                    .iter()
                    .map(move |(place, ends)| (self.place(*place), ends[end].clamp(up.low, up.high)))
            };
            if self.curves.len() <= BANDS_MAX {
                let band: Vec<(f64, f64)> = edge(1).chain(edge(2).rev()).collect();
                chart.draw_series([Polygon::new(band, colour(number).mix(0.18))]).map_err(words)?;
            } else {
                let style = colour(number).mix(0.5).stroke_width(1);
                let bars = edge(1).zip(edge(2)).map(|(low, high)| PathElement::new(vec![low, high], style));
                chart.draw_series(bars).map_err(words)?;
            }
            line(&mut chart, edge(0).collect(), number)?;
            let dots = edge(0).map(|point| Circle::new(point, 4, colour(number).filled()));
            chart.draw_series(dots).map_err(words)?;
        }
        Ok(())
    }
}
