//! Two metrics against each other: which points no other beats in both.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Sheet, ends};
use crate::measure::metric::{Direction, Quantity};
use crate::output::plot::axis::{Axis, plain_label};
use crate::output::plot::canvas::{Drawn, Figure, GRID, SMALL, anchored, colour, heading, words};
use crate::output::plot::frame::{Side, frame};

/// Most points of the front that get their number; more would lie on each other.
const NUMBERED_MAX: usize = 30;

/// Points by two metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    title: String,
    axes: [String; 2],
    points: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    /// Its number from 1.
    number: usize,
    /// Value and interval in each metric.
    values: [[f64; 3]; 2],
    is_on_front: bool,
}

impl Front {
    /// The points by availability and 99th percentile of latency where a scope has both, otherwise by the first two
    /// metrics of which more or less is better.
    pub(in crate::output::plot) fn new(sheet: &Sheet, name: &str) -> Option<Self> {
        let ways: Vec<Option<bool>> =
            sheet.metrics.iter().map(|metric| is_more_better(&metric.name)).collect();
        let find = |wanted: &str| sheet.metrics.iter().position(|metric| metric.name.ends_with(wanted));
        let pair = find("/latency_p99").zip(find("/availability_request"));
        let mut judged = (0..ways.len()).filter(|metric| ways[*metric].is_some());
        let (across, up) = pair.or_else(|| judged.next().zip(judged.next()))?;
        let better = [ways[across]?, ways[up]?];
        let metrics = [&sheet.metrics[across], &sheet.metrics[up]];
        let units = metrics.map(super::Measured::unit);
        let mut points: Vec<Point> = (0..sheet.points.len())
            .filter_map(|point| {
                let value = |side: usize| Some(metrics[side].values[point]?.map(|one| one * units[side].0));
                Some(Point { number: point + 1, values: [value(0)?, value(1)?], is_on_front: false })
            })
            .collect();
        let beaten = |one: &Point| points.iter().any(|other| beats(other, one, better));
        let on_front: Vec<bool> = points.iter().map(|one| !beaten(one)).collect();
        points.iter_mut().zip(on_front).for_each(|(point, is_on)| point.is_on_front = is_on);
        let axis = |side: usize| format!("{}{}", metrics[side].name, units[side].1);
        let title = format!("{name}: which points no other beats in both");
        (points.len() > 2).then(|| Self { title, axes: [axis(0), axis(1)], points })
    }

    fn axis(&self, side: usize) -> Axis {
        let (low, high) = ends(self.points.iter().map(|point| point.values[side]));
        Axis::linear(low, high, 6)
    }
}

/// Whether one point is at least as good in both and better in one.
fn beats(one: &Point, other: &Point, better: [bool; 2]) -> bool {
    let gain = |side: usize| {
        let difference = one.values[side][0] - other.values[side][0];
        if better[side] { difference } else { -difference }
    };
    gain(0) >= 0.0 && gain(1) >= 0.0 && (gain(0) > 0.0 || gain(1) > 0.0)
}

/// Whether more of a metric, given as `scope/name`, is better; `None` where that depends.
fn is_more_better(name: &str) -> Option<bool> {
    match Quantity::parse(name.rsplit('/').next()?)?.direction() {
        Direction::Up => Some(true),
        Direction::Down => Some(false),
        Direction::Neither => None,
    }
}

impl Figure for Front {
    fn size(&self) -> (u32, u32) {
        (1100, 680)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let subtitle = "Points of the front in colour with their numbers; crosses are intervals";
        let below = heading(sheet, &self.title, subtitle)?;
        let (across, up) = (self.axis(0), self.axis(1));
        let step = |axis: &Axis| axis.ticks[1] - axis.ticks[0];
        let labels = [step(&across), step(&up)];
        let mut chart = frame(
            &below,
            &Side { axis: &across, title: &self.axes[0], label: &|value| plain_label(value, labels[0]) },
            &Side { axis: &up, title: &self.axes[1], label: &|value| plain_label(value, labels[1]) },
        )?;
        for point in &self.points {
            let [[x, left, right], [y, low, high]] = point.values;
            let (left, right) = (left.max(across.low), right.min(across.high));
            let (low, high) = (low.max(up.low), high.min(up.high));
            let tone = if point.is_on_front { colour(1) } else { RGBColor(150, 150, 150) };
            let faint = if point.is_on_front { tone.mix(0.6) } else { GRID.mix(1.0) };
            for ends in [[(left, y), (right, y)], [(x, low), (x, high)]] {
                chart.draw_series([PathElement::new(ends.to_vec(), faint.stroke_width(1))]).map_err(words)?;
            }
            chart.draw_series([Circle::new((x, y), 5, tone.filled())]).map_err(words)?;
        }
        for point in self.points.iter().filter(|point| point.is_on_front).take(NUMBERED_MAX) {
            let place = (point.values[0][0], point.values[1][0]);
            let text = EmptyElement::at(place)
                + Text::new(point.number.to_string(), (8, -8), anchored(SMALL, HPos::Left, VPos::Bottom));
            chart.draw_series([text]).map_err(words)?;
        }
        Ok(())
    }
}
