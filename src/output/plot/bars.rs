//! Bars that lie below each other, each made of parts in colours of their own.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, plain_label};
use super::canvas::{Drawn, GRID, SMALL, Swatch, anchored, colour, heading, legend, words};

/// Bars with what stands around them.
pub(super) struct Bars<'a> {
    pub(super) title: &'a str,
    pub(super) subtitle: &'a str,
    /// What the parts are called, and their colours.
    pub(super) parts: &'a [(&'a str, usize)],
    /// What the axis shows.
    pub(super) across: &'a str,
    /// What is 1 on the axis.
    pub(super) unit: f64,
    /// Room for names.
    pub(super) left: i32,
    pub(super) rows: Vec<Row>,
}

/// A bar.
pub(super) struct Row {
    pub(super) label: String,
    /// How long each part is.
    pub(super) lengths: Vec<f64>,
    /// What stands behind it.
    pub(super) after: String,
}

/// Height of a bar and of its row.
const BAR: i32 = 18;
const ROW: i32 = 30;
const ABOVE: i32 = 130;
const BELOW: i32 = 80;
const ALL: i32 = 1050;
const RIGHT: i32 = 130;

/// The size of a figure with so many bars.
pub(super) fn size(bars: usize) -> (u32, u32) {
    ((ALL + RIGHT) as u32, (bottom(bars) + BELOW) as u32)
}

fn bottom(bars: usize) -> i32 {
    ABOVE + ROW * bars as i32
}

fn shade(number: usize) -> RGBAColor {
    colour(number).mix(0.75)
}

impl Bars<'_> {
    pub(super) fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let below = heading(sheet, self.title, self.subtitle)?;
        let swatch = |(name, number): &(&str, usize)| (Swatch::Shade(shade(*number)), (*name).to_owned());
        let shades: Vec<(Swatch, String)> = self.parts.iter().map(swatch).collect();
        legend(&below, &shades)?;
        let longest = self.rows.iter().map(|row| row.lengths.iter().sum()).fold(0.0, f64::max);
        let axis = Axis::linear(0.0, longest / self.unit, 6);
        let place = |length: f64| {
            let share = length / self.unit / axis.high;
            self.left + (share * f64::from(ALL - self.left)).round() as i32
        };
        let bottom = bottom(self.rows.len());
        let step = axis.ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
        for tick in &axis.ticks {
            let x = place(tick * self.unit);
            let upright = PathElement::new(vec![(x, ABOVE - 8), (x, bottom)], GRID.stroke_width(1));
            sheet.draw(&upright).map_err(words)?;
            let style = anchored(SMALL, HPos::Center, VPos::Top);
            sheet.draw_text(&plain_label(*tick, step), &style, (x, bottom + 6)).map_err(words)?;
        }
        let style = anchored(SMALL + 1, HPos::Center, VPos::Top);
        let middle = i32::midpoint(self.left, ALL);
        sheet.draw_text(self.across, &style, (middle, bottom + 36)).map_err(words)?;
        for (row, number) in self.rows.iter().zip(0..) {
            let y = ABOVE + ROW * number + ROW / 2;
            let mut from = 0.0;
            for (length, (_, number)) in row.lengths.iter().zip(self.parts) {
                let end = from + length;
                if end > from {
                    let corners =
                        [(place(from), y - BAR / 2), (place(end).max(place(from) + 1), y + BAR / 2)];
                    sheet.draw(&Rectangle::new(corners, shade(*number).filled())).map_err(words)?;
                }
                from = end;
            }
            let style = anchored(SMALL, HPos::Left, VPos::Center);
            sheet.draw_text(&row.label, &style, (16, y)).map_err(words)?;
            sheet.draw_text(&row.after, &style, (place(from) + 8, y)).map_err(words)?;
        }
        Ok(())
    }
}
