//! Where the time of incidents went: each a bar of four stages, from its start until it was over.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::bars::{self, Bars};
use super::canvas::{Drawn, Figure};
use super::timeline::worst_run;
use super::{IncidentRow, Rows, keep_worst};
use crate::output::number::time_unit;

/// The longest incidents of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    title: String,
    subtitle: String,
    bars: Vec<Bar>,
}

/// One incident.
#[derive(Debug, Clone, PartialEq)]
struct Bar {
    /// What was struck, and by what.
    label: String,
    /// When it began [s].
    start: f64,
    /// When each stage ended, from its start on [s]; one that did not take place ends with the one before.
    ends: [f64; 4],
    /// Whether it lasted beyond what was simulated.
    is_cut: bool,
}

/// The stages with their colours.
const STAGES: [(&str, usize); 4] =
    [("until detected", 3), ("until decided", 1), ("until mitigated", 0), ("until over", 2)];

/// Most bars.
const BARS: usize = 24;
impl Bar {
    /// The bar of an incident of which somebody knew; `None` for others.
    fn new(row: &IncidentRow, end: f64) -> Option<Self> {
        let start = row.start_s?;
        let detected = row.detected_s?;
        let over = row.recovered_s.unwrap_or(end);
        let mut last = start;
        let ends = [Some(detected), row.decided_s, row.mitigated_s, Some(over)].map(|at| {
            last = at.unwrap_or(last).clamp(last, over.max(last));
            last - start
        });
        let what = row.cause.strip_prefix("fault.").unwrap_or(&row.cause);
        let label = format!("{} ({what})", row.scope);
        Some(Self { label, start, ends, is_cut: row.recovered_s.is_none() })
    }

    fn length(&self) -> f64 {
        self.ends[3]
    }
}

impl Waterfall {
    /// The incidents of the run of which the timeline is that somebody detected; `None` without any that took time.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let run = worst_run(&rows.timeline).or_else(|| rows.incidents.first().map(|row| row.run))?;
        let instants =
            |row: &IncidentRow| row.recovered_s.or(row.mitigated_s).or(row.detected_s).or(row.start_s);
        let own = || rows.incidents.iter().filter(|row| row.run == run);
        let windows = rows.timeline.iter().filter(|row| row.run == run).map(|row| row.window_start_s);
        let end = own().filter_map(instants).chain(windows).fold(0.0, f64::max);
        let mut bars: Vec<Bar> = own().filter_map(|row| Bar::new(row, end)).collect();
        bars.retain(|bar| bar.length() > 0.0);
        if bars.is_empty() {
            return None;
        }
        let left_out = keep_worst(&mut bars, BARS, Bar::length);
        let mut subtitle = format!("Run {run}: incidents that somebody detected, by their start");
        if left_out > 0 {
            subtitle = format!("{subtitle}; the longest ({left_out} more in incidents.csv)");
        }
        Some(Self { title: format!("{name}: stages of incidents"), subtitle, bars })
    }
}

impl Figure for Waterfall {
    fn size(&self) -> (u32, u32) {
        bars::size(self.bars.len())
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let (unit, name) = time_unit(self.bars.iter().map(Bar::length).fold(0.0, f64::max));
        let (clock, clock_name) = time_unit(self.bars.iter().map(|bar| bar.start).fold(0.0, f64::max));
        let row = |bar: &Bar| {
            let before = [0.0].into_iter().chain(bar.ends);
            let at = format!("at {:.1} {clock_name}", bar.start / clock);
            bars::Row {
                label: bar.label.clone(),
                lengths: bar.ends.iter().zip(before).map(|(end, before)| end - before).collect(),
                after: if bar.is_cut { format!("{at}, lasts") } else { at },
            }
        };
        let bars = Bars {
            title: &self.title,
            subtitle: &self.subtitle,
            parts: &STAGES,
            across: &format!("time since the start of the incident [{name}]"),
            unit,
            left: 430,
            rows: self.bars.iter().map(row).collect(),
        };
        bars.draw(sheet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plot::svg;

    fn row(start: f64, ends: [Option<f64>; 4]) -> IncidentRow {
        let [detected_s, decided_s, mitigated_s, recovered_s] = ends;
        IncidentRow {
            run: 0,
            scope: "service.shop.1".to_owned(),
            cause: "fault.crash".to_owned(),
            start_s: Some(start),
            detected_s,
            decided_s,
            mitigated_s,
            recovered_s,
            requests_failed: Some(0),
        }
    }

    #[test]
    fn each_incident_that_was_detected_is_a_bar_of_its_stages() {
        let rows = Rows {
            incidents: vec![
                row(100.0, [Some(110.0), Some(130.0), Some(160.0), Some(200.0)]),
                row(300.0, [Some(310.0), None, Some(330.0), Some(340.0)]),
                row(350.0, [None, None, Some(360.0), Some(360.0)]),
                row(400.0, [Some(420.0), None, None, None]),
            ],
            ..Rows::default()
        };
        let figure = Waterfall::new(&rows, "shop").unwrap();
        let ends: Vec<_> = figure.bars.iter().map(|bar| (bar.start, bar.ends)).collect();
        assert_eq!(
            ends,
            [
                (100.0, [10.0, 30.0, 60.0, 100.0]),
                (300.0, [10.0, 10.0, 30.0, 40.0]),
                (400.0, [20.0, 20.0, 20.0, 20.0])
            ]
        );
        let text = svg(&figure).unwrap();
        for words in ["service.shop.1 (crash)", "until decided", "since the start of the incident", ", lasts"]
        {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        let undetected = Rows { incidents: vec![row(1.0, [None; 4])], ..Rows::default() };
        assert!(Waterfall::new(&undetected, "shop").is_none());
    }
}
