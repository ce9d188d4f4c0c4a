//! Where the time of incidents went: each a bar of four stages, from its start until it was over.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, plain_label};
use super::canvas::{Drawn, Figure, GRID, SMALL, Swatch, anchored, colour, heading, legend, words};
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
/// Height of a bar and of its row.
const BAR: i32 = 18;
const ROW: i32 = 30;
const ABOVE: i32 = 130;
const BELOW: i32 = 80;
const LEFT: i32 = 430;
const MIDDLE: i32 = 620;
const RIGHT: i32 = 130;

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

    fn bottom(&self) -> i32 {
        ABOVE + ROW * self.bars.len() as i32
    }
}

impl Figure for Waterfall {
    fn size(&self) -> (u32, u32) {
        ((LEFT + MIDDLE + RIGHT) as u32, (self.bottom() + BELOW) as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let below = heading(sheet, &self.title, &self.subtitle)?;
        let shades = STAGES.map(|(name, number)| (Swatch::Shade(shade(number)), name.to_owned()));
        legend(&below, &shades)?;
        let longest = self.bars.iter().map(Bar::length).fold(0.0, f64::max);
        let (unit, name) = time_unit(longest);
        let axis = Axis::linear(0.0, longest / unit, 6);
        let place = |seconds: f64| LEFT + (seconds / unit / axis.high * f64::from(MIDDLE)).round() as i32;
        let bottom = self.bottom();
        let step = axis.ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
        for tick in &axis.ticks {
            let x = place(tick * unit);
            let upright = PathElement::new(vec![(x, ABOVE - 8), (x, bottom)], GRID.stroke_width(1));
            sheet.draw(&upright).map_err(words)?;
            let style = anchored(SMALL, HPos::Center, VPos::Top);
            sheet.draw_text(&plain_label(*tick, step), &style, (x, bottom + 6)).map_err(words)?;
        }
        let title = format!("time since the start of the incident [{name}]");
        let style = anchored(SMALL + 1, HPos::Center, VPos::Top);
        sheet.draw_text(&title, &style, (LEFT + MIDDLE / 2, bottom + 36)).map_err(words)?;
        let (clock, clock_name) = time_unit(self.bars.iter().map(|bar| bar.start).fold(0.0, f64::max));
        for (bar, number) in self.bars.iter().zip(0..) {
            let y = ABOVE + ROW * number + ROW / 2;
            let mut from = 0.0;
            for (end, (_, number)) in bar.ends.into_iter().zip(STAGES) {
                if end > from {
                    let corners =
                        [(place(from), y - BAR / 2), (place(end).max(place(from) + 1), y + BAR / 2)];
                    sheet.draw(&Rectangle::new(corners, shade(number).filled())).map_err(words)?;
                }
                from = end;
            }
            let style = anchored(SMALL, HPos::Left, VPos::Center);
            sheet.draw_text(&bar.label, &style, (16, y)).map_err(words)?;
            let at = format!("at {:.1} {clock_name}", bar.start / clock);
            let at = if bar.is_cut { format!("{at}, lasts") } else { at };
            sheet.draw_text(&at, &style, (place(bar.length()) + 8, y)).map_err(words)?;
        }
        Ok(())
    }
}

fn shade(number: usize) -> RGBAColor {
    colour(number).mix(0.75)
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
