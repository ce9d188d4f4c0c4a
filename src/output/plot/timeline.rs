//! What happened when, in one run: failures and tail latency of each client by window, incidents as shaded bands and, by name, in lanes.

use std::collections::BTreeMap;
use std::fmt::Write;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::{Axis, plain_label, time_label};
use super::canvas::{Drawn, FAULT, Figure, OUTAGE, Swatch, heading, legend, words};
use super::frame::{Chart, Side, frame, line};
use super::lane::{self, Lane};
use super::{IncidentRow, Rows, SERIES, WindowRow, keep_worst};
use crate::output::number::time_unit;

/// The timeline of the run in which most requests failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    title: String,
    subtitle: String,
    /// Start and end of what is shown [s].
    span: (f64, f64),
    /// Length of a window [s].
    window: f64,
    series: Vec<Series>,
    /// Begin and end [s] of faults, overlapping ones joined.
    faults: Vec<(f64, f64)>,
    /// Begin and end [s] of outages, overlapping ones joined.
    outages: Vec<(f64, f64)>,
    lanes: Vec<Lane>,
    /// Whether some of them show shares.
    has_shares: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Series {
    scope: String,
    /// Failed requests in all windows.
    failures: u64,
    /// Start of a window [s] and failed requests in it [%], in stretches without a gap.
    failed: Vec<Vec<(f64, f64)>>,
    /// Start of a window [s] and 99th percentile of latency [s], in stretches without a gap.
    latency: Vec<Vec<(f64, f64)>>,
}

impl Timeline {
    /// The timeline of the run with most failures, the first of several; `None` without windows.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let run = worst_run(&rows.timeline)?;
        let windows: Vec<_> = rows.timeline.iter().filter(|row| row.run == run).collect();
        let starts: Vec<f64> = windows.iter().map(|row| row.window_start_s).collect();
        let first = starts.first().copied()?;
        let last = starts.last().copied()?;
        let window = starts.iter().find(|start| **start > first).map_or(1.0, |start| start - first);
        let span = (first, last + window);
        let mut series: BTreeMap<&str, Series> = BTreeMap::new();
        for row in windows {
            series.entry(&row.scope).or_insert_with(|| Series::new(&row.scope)).add(row);
        }
        let incidents = |is_outage: bool| {
            let chosen = rows.incidents.iter().filter(|row| row.run == run && row.is_outage() == is_outage);
            join(chosen.filter_map(|row| inside(row, span)).collect(), span)
        };
        let (mut lanes, lanes_left_out) =
            lane::lanes(rows.incidents.iter().filter(|row| row.run == run), span);
        let shares = rows.shares.iter().filter(|row| row.run == run);
        let (shares, shares_left_out) = lane::shares(shares, window);
        let has_shares = !shares.is_empty();
        lanes.extend(shares);
        let mut series: Vec<Series> = series.into_values().collect();
        let left_out = keep_worst(&mut series, SERIES, |one| one.failures as f64);
        Some(Self {
            title: format!("{name}: timeline of run {run}"),
            subtitle: subtitle(&rows.timeline, left_out, [lanes_left_out, shares_left_out]),
            span,
            window,
            series,
            faults: incidents(false),
            outages: incidents(true),
            lanes,
            has_shares,
        })
    }

    fn bands<B: DrawingBackend>(&self, chart: &mut Chart<'_, B>, up: &Axis, unit: f64) -> Drawn<()> {
        for (bands, shade) in [(&self.faults, FAULT), (&self.outages, OUTAGE)] {
            let drawn = bands.iter().map(|(start, end)| {
                Rectangle::new([(start / unit, up.low), (end / unit, up.high)], shade.filled())
            });
            chart.draw_series(drawn).map_err(words)?;
        }
        Ok(())
    }

    fn legend(&self) -> Vec<(Swatch, String)> {
        let lines =
            self.series.iter().enumerate().map(|(number, one)| (Swatch::Line(number), one.scope.clone()));
        let mut entries: Vec<_> = lines.collect();
        if !self.faults.is_empty() {
            entries.push((Swatch::Shade(FAULT), "fault".to_owned()));
        }
        if !self.outages.is_empty() {
            entries.push((Swatch::Shade(OUTAGE), "outage of a service or block".to_owned()));
        }
        if self.has_shares {
            entries.push((Swatch::Shade(lane::share_shade(0.6)), "share, the darker the more".to_owned()));
        }
        entries
    }
}

impl Series {
    fn new(scope: &str) -> Self {
        Self { scope: scope.to_owned(), failures: 0, failed: vec![Vec::new()], latency: vec![Vec::new()] }
    }

    fn add(&mut self, row: &WindowRow) {
        self.failures += row.failures;
        let finished = row.successes + row.failures;
        let failed = (finished > 0).then(|| row.failures as f64 / finished as f64 * 100.0);
        go_on(&mut self.failed, row.window_start_s, failed);
        let latency = row.latency_p99_s.filter(|seconds| *seconds > 0.0);
        go_on(&mut self.latency, row.window_start_s, latency);
    }

    fn latencies(&self) -> impl Iterator<Item = f64> {
        self.latency.iter().flatten().map(|point| point.1)
    }
}

/// The axis of a span of time in its unit, and the seconds and name of the unit.
pub(super) fn across(span: (f64, f64)) -> (Axis, f64, &'static str) {
    let (unit, name) = time_unit(span.1 - span.0);
    let ticks = Axis::linear(span.0 / unit, span.1 / unit, 8);
    // The limits are those of the run; a tick stands at each only where it is a round number.
    let (low, high) = (span.0 / unit, span.1 / unit);
    let inside = |tick: &f64| *tick >= low - 1e-9 && *tick <= high * (1.0 + 1e-12) + 1e-9;
    (Axis { low, high, ticks: ticks.ticks.into_iter().filter(inside).collect() }, unit, name)
}

/// Adds the value of a window to the last stretch, or ends the stretch where there is none.
fn go_on(stretches: &mut Vec<Vec<(f64, f64)>>, start: f64, value: Option<f64>) {
    match (value, stretches.last_mut()) {
        (Some(value), Some(stretch)) => stretch.push((start, value)),
        _ => stretches.push(Vec::new()),
    }
}

/// Draws each value from the start to the end of its window, so that nothing seems to begin before it does.
pub(super) fn steps<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    stretches: &[Vec<(f64, f64)>],
    [window, unit]: [f64; 2],
    number: usize,
) -> Drawn<()> {
    for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
        let corners = stretch
            .iter()
            .flat_map(|(start, value)| [(start / unit, *value), ((start + window) / unit, *value)]);
        line(chart, corners.collect(), number)?;
    }
    Ok(())
}

/// Which run is shown, and what of it is not.
fn subtitle(windows: &[WindowRow], left_out: usize, [lanes_left_out, shares_left_out]: [usize; 2]) -> String {
    let runs = windows.iter().map(|row| row.run).max().unwrap_or(0) + 1;
    let mut subtitle = match runs {
        1 => "The only run".to_owned(),
        _ if windows.iter().all(|row| row.failures == 0) => {
            "The first of all runs; no request failed in any of them".to_owned()
        }
        _ => format!("The one of runs 0 to {} in which most requests failed", runs - 1),
    };
    if left_out > 0 {
        let failed = windows.iter().any(|row| row.failures > 0);
        let shown = if failed { "clients with most failures" } else { "the first clients" };
        let _ = write!(subtitle, "; {shown} ({left_out} more in timeline.csv)");
    }
    if lanes_left_out > 0 {
        let _ = write!(subtitle, "; the longest of what failed ({lanes_left_out} more in incidents.csv)");
    }
    if shares_left_out > 0 {
        let _ = write!(subtitle, "; the first shares ({shares_left_out} more in shares.csv)");
    }
    subtitle
}

/// The first of the runs with most failures.
pub(super) fn worst_run(windows: &[WindowRow]) -> Option<u32> {
    let mut failures: BTreeMap<u32, u64> = BTreeMap::new();
    for row in windows {
        *failures.entry(row.run).or_default() += row.failures;
    }
    let most = failures.values().max()?;
    failures.iter().find(|(_, count)| *count == most).map(|(run, _)| *run)
}

/// The part of an incident that is shown.
pub(super) fn inside(row: &IncidentRow, span: (f64, f64)) -> Option<(f64, f64)> {
    let start = row.start_s?.max(span.0);
    let end = row.recovered_s.unwrap_or(span.1).min(span.1);
    (end >= start).then_some((start, end))
}

/// Joins bands that overlap or stand closer than a pixel, and makes short ones wide enough to be seen.
pub(super) fn join(mut bands: Vec<(f64, f64)>, span: (f64, f64)) -> Vec<(f64, f64)> {
    let pixel = (span.1 - span.0) / 900.0;
    bands.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (start, end) in bands {
        let start = start.min(span.1 - pixel);
        let end = end.max(start + pixel);
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

impl Figure for Timeline {
    fn size(&self) -> (u32, u32) {
        (1100, 800 + 26 * (self.series.len() as u32 / 3) + lane::height(&self.lanes))
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let below = heading(sheet, &self.title, &self.subtitle)?;
        let area = legend(&below, &self.legend())?;
        let panels = area.dim_in_pixel().1 as i32 - lane::height(&self.lanes) as i32;
        let (area, lanes) = area.split_vertically(panels);
        lane::draw(&lanes, &self.lanes, self.span)?;
        let (upper, lower) = area.split_vertically(area.dim_in_pixel().1 as i32 * 48 / 100);
        let (time, unit, name) = across(self.span);
        let step = if time.ticks.len() > 1 { time.ticks[1] - time.ticks[0] } else { 1.0 };
        let clock = |value: f64| plain_label(value, step);
        let most = self
            .series
            .iter()
            .flat_map(|one| one.failed.iter().flatten())
            .map(|point| point.1)
            .fold(0.0, f64::max);
        let failed = Axis::linear(0.0, if most > 0.0 { most } else { 1.0 }, 5);
        let up = Side {
            axis: &failed,
            title: "failed requests [%]",
            label: &|value| plain_label(value, failed.ticks[1] - failed.ticks[0]),
        };
        let mut chart = frame(&upper, &Side { axis: &time, title: "", label: &clock }, &up)?;
        self.bands(&mut chart, &failed, unit)?;
        for (number, one) in self.series.iter().enumerate() {
            steps(&mut chart, &one.failed, [self.window, unit], number)?;
        }
        let low = self.series.iter().flat_map(Series::latencies).fold(f64::INFINITY, f64::min);
        let high = self.series.iter().flat_map(Series::latencies).fold(0.0, f64::max);
        let latency = if high > 0.0 { Axis::logarithmic(low, high) } else { Axis::logarithmic(1e-3, 1.0) };
        let title = format!("simulated time [{name}]");
        let across = Side { axis: &time, title: &title, label: &clock };
        let up = Side { axis: &latency, title: "latency p99 (logarithmic)", label: &time_label };
        let mut chart = frame(&lower, &across, &up)?;
        self.bands(&mut chart, &latency, unit)?;
        for (number, one) in self.series.iter().enumerate() {
            let logarithms = |stretch: &Vec<(f64, f64)>| {
                stretch.iter().map(|(start, seconds)| (*start, seconds.log10())).collect()
            };
            let latency: Vec<_> = one.latency.iter().map(logarithms).collect();
            steps(&mut chart, &latency, [self.window, unit], number)?;
        }
        Ok(())
    }
}
