//! Instances of functions over time: how many start, are idle and work, what was cold or throttled, and what it cost.

use std::collections::BTreeMap;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Rows;
use super::axis::{Axis, plain_label};
use super::canvas::{Drawn, Figure, Swatch, colour, heading, legend, words};
use super::frame::{Side, frame};
use super::timeline::{across, steps, worst_run};
use crate::output::row::InstanceRow;

/// Instances of all functions together, in the run of which the timeline is.
#[derive(Debug, Clone, PartialEq)]
pub struct Instances {
    title: String,
    subtitle: String,
    /// Start and end of what is shown [s].
    span: (f64, f64),
    /// Length of a window [s].
    window: f64,
    /// The currency of what was paid.
    currency: String,
    /// By start of the window.
    rows: Vec<(f64, Sum)>,
}

/// What is shown of one window, summed over functions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sum {
    starting: f64,
    idle: f64,
    busy: f64,
    cold: f64,
    throttled: f64,
    cost: Option<f64>,
}

/// What instances do, from the bottom of the stack up, and the colour of each.
const STATES: [(&str, usize); 3] = [("busy", 0), ("idle", 4), ("starting", 1)];
/// What happens to requests, as lines of these colours.
const COLD: (&str, usize) = ("cold starts", 1);
const THROTTLED: (&str, usize) = ("throttled", 3);
const COST: usize = 2;

impl Sum {
    fn add(&mut self, row: &InstanceRow) {
        self.starting += row.starting;
        self.idle += row.idle;
        self.busy += row.busy;
        self.cold += row.cold_starts as f64;
        self.throttled += row.throttled as f64;
        self.cost = row.cost.map(|cost| cost + self.cost.unwrap_or_default()).or(self.cost);
    }

    /// The lower and upper edge of each layer of the stack.
    fn layers(&self) -> [(f64, f64); 3] {
        let (first, second) = (self.busy, self.busy + self.idle);
        [(0.0, first), (first, second), (second, second + self.starting)]
    }
}

impl Instances {
    /// Those of the run of which the timeline is; `None` without functions.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let run = worst_run(&rows.timeline)?;
        let mut sums: BTreeMap<u64, (f64, Sum)> = BTreeMap::new();
        let mut functions: Vec<&str> = Vec::new();
        for row in rows.instances.iter().filter(|row| row.run == run) {
            // Starts are positive, and positive numbers are in the order of their bits.
            let sum = sums.entry(row.window_start_s.to_bits());
            sum.or_insert((row.window_start_s, Sum::default())).1.add(row);
            if functions.last() != Some(&&*row.scope) && !functions.contains(&&*row.scope) {
                functions.push(&row.scope);
            }
        }
        let currency = rows.instances.first().map_or_else(String::new, |row| row.currency.clone());
        let rows: Vec<(f64, Sum)> = sums.into_values().collect();
        let (first, last) = (rows.first()?.0, rows.last()?.0);
        let window = rows.get(1).map_or(1.0, |row| row.0 - first);
        let subtitle = match &functions[..] {
            [one] => format!("Run {run}, as in the timeline; {one}"),
            [.., "*"] => format!("Run {run}, as in the timeline; all functions together"),
            all => format!("Run {run}, as in the timeline; {} functions together", all.len()),
        };
        let title = format!("{name}: instances");
        Some(Self { title, subtitle, span: (first, last + window), window, currency, rows })
    }

    fn is_priced(&self) -> bool {
        self.rows.iter().any(|(_, sum)| sum.cost.is_some())
    }

    fn legend(&self) -> Vec<(Swatch, String)> {
        let shade =
            |(name, number): (&str, usize)| (Swatch::Shade(shade(number)), format!("{name} instances"));
        let mut entries: Vec<_> = STATES.map(shade).to_vec();
        let lines = [COLD, THROTTLED].map(|(name, number)| (Swatch::Line(number), name.to_owned()));
        entries.extend(lines);
        if self.is_priced() {
            entries.push((Swatch::Line(COST), "cost".to_owned()));
        }
        entries
    }

    /// One number of each window.
    fn stretch(&self, of: impl Fn(&Sum) -> f64) -> Vec<Vec<(f64, f64)>> {
        vec![self.rows.iter().map(|(start, sum)| (*start, of(sum))).collect()]
    }

    /// A linear axis from zero that holds these.
    fn up(stretches: &[&[Vec<(f64, f64)>]]) -> Axis {
        let points = stretches.iter().flat_map(|one| one.iter().flatten());
        let most = points.map(|point| point.1).fold(0.0, f64::max);
        Axis::linear(0.0, if most > 0.0 { most } else { 1.0 }, 4)
    }
}

fn shade(number: usize) -> RGBAColor {
    colour(number).mix(0.7)
}

/// Writes a tick of an axis.
fn label(axis: &Axis) -> impl Fn(f64) -> String {
    let step = axis.ticks[1] - axis.ticks[0];
    move |value| plain_label(value, step)
}

impl Figure for Instances {
    fn size(&self) -> (u32, u32) {
        (1100, if self.is_priced() { 960 } else { 760 })
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let below = heading(sheet, &self.title, &self.subtitle)?;
        let area = legend(&below, &self.legend())?;
        let (time, unit, name) = across(self.span);
        let clock = label(&time);
        let named = format!("simulated time [{name}]");
        let height = area.dim_in_pixel().1 as i32;
        let (stack, rest) = area.split_vertically(height * if self.is_priced() { 42 } else { 56 } / 100);
        let (middle, lower) = if self.is_priced() {
            let (middle, lower) = rest.split_vertically(height * 27 / 100);
            (middle, Some(lower))
        } else {
            (rest, None)
        };

        let tops = self.stretch(|sum| sum.layers()[2].1);
        let up = Self::up(&[&tops]);
        let side = Side { axis: &up, title: "instances", label: &label(&up) };
        let mut chart = frame(&stack, &Side { axis: &time, title: "", label: &clock }, &side)?;
        for (layer, (_, number)) in STATES.iter().enumerate() {
            let drawn = self.rows.iter().map(|(start, sum)| {
                let (low, high) = sum.layers()[layer];
                Rectangle::new(
                    [(start / unit, low), ((start + self.window) / unit, high)],
                    shade(*number).filled(),
                )
            });
            chart.draw_series(drawn).map_err(words)?;
        }

        let (cold, throttled) = (self.stretch(|sum| sum.cold), self.stretch(|sum| sum.throttled));
        let up = Self::up(&[&cold, &throttled]);
        let title = if lower.is_some() { "" } else { named.as_str() };
        let side = Side { axis: &up, title: "requests a step", label: &label(&up) };
        let mut chart = frame(&middle, &Side { axis: &time, title, label: &clock }, &side)?;
        steps(&mut chart, &throttled, [self.window, unit], THROTTLED.1)?;
        steps(&mut chart, &cold, [self.window, unit], COLD.1)?;

        if let Some(lower) = lower {
            // The rate, so that it means the same whatever the window is.
            let cost = self.stretch(|sum| sum.cost.unwrap_or_default() / self.window * 3600.0);
            let up = Self::up(&[&cost]);
            let title = format!("cost [{}/h]", self.currency);
            let side = Side { axis: &up, title: &title, label: &label(&up) };
            let mut chart = frame(&lower, &Side { axis: &time, title: &named, label: &clock }, &side)?;
            steps(&mut chart, &cost, [self.window, unit], COST)?;
        }
        Ok(())
    }
}
