//! A metric over two axes: one field for each pair of values, with its number in it.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Sheet;
use crate::output::plot::canvas::{Drawn, Figure, INK, SMALL, anchored, heading, ink, words};

/// Most values of an axis.
const LEVELS_MAX: usize = 24;
/// Width and height of a field \[pixel\].
const FIELD: (i32, i32) = (104, 44);
/// Room above and below the fields \[pixel\].
const ABOVE: i32 = 92;
const BELOW: i32 = 90;
/// Width of a character, generously \[pixel\].
const CHARACTER: i32 = 10;
/// The lightest and the darkest colour, which stay apart in grey, too.
const LIGHT: [f64; 3] = [247.0, 251.0, 255.0];
const DARK: [f64; 3] = [8.0, 81.0, 156.0];

/// The fields of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    title: String,
    /// What stands below and on the left.
    axes: [String; 2],
    columns: Vec<String>,
    rows: Vec<String>,
    /// Column, row, share of the way from the least to the greatest value, and the number.
    fields: Vec<(usize, usize, f64, String)>,
}

impl Heat {
    /// The fields of the metric with this number; `None` unless exactly two paths are varied.
    pub(in crate::output::plot) fn new(sheet: &Sheet, metric: usize, name: &str) -> Option<Self> {
        let [down, across] = sheet.varied()[..] else { return None };
        let (columns, rows) = (sheet.levels(across), sheet.levels(down));
        if columns.len().max(rows.len()) > LEVELS_MAX {
            return None;
        }
        let measured = &sheet.metrics[metric];
        let values = measured.values.iter().flatten().map(|[value, ..]| *value);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
        let mut fields: Vec<(usize, usize, f64, String)> = Vec::new();
        for (point, value) in measured.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let place = |levels: &[String], path: usize| {
                levels.iter().position(|level| *level == sheet.points[point][path]).unwrap_or(0)
            };
            let share = if high > low { (value[0] - low) / (high - low) } else { 0.5 };
            fields.push((place(&columns, across), place(&rows, down), share, measured.show(*value)));
        }
        let title = format!("{name}: {}", measured.name);
        let axes = [sheet.paths[across].clone(), sheet.paths[down].clone()];
        // Sampled designs have hardly a pair of values twice, and fields would lie on each other or far apart.
        let is_full = fields.len() * 2 >= columns.len() * rows.len();
        is_full.then_some(Self { title, axes, columns, rows, fields })
    }

    fn left(&self) -> i32 {
        let longest = self.rows.iter().map(|row| short(row).chars().count()).max().unwrap_or(0) as i32;
        60 + longest * CHARACTER
    }

    /// Width of a field, which has to hold its number and the value below it.
    fn width(&self) -> i32 {
        let texts = self.fields.iter().map(|(.., text)| text.as_str());
        let texts = texts.chain(self.columns.iter().map(|text| short(text)));
        let longest = texts.map(|text| text.chars().count()).max().unwrap_or(0) as i32;
        (longest * CHARACTER + 16).max(FIELD.0)
    }
}

/// A value without what every table begins with.
fn short(text: &str) -> &str {
    text.trim_start_matches("{ policy = ").trim_end_matches(" }")
}

fn shade(share: f64) -> RGBColor {
    let mixed = |one: usize| (LIGHT[one] + (DARK[one] - LIGHT[one]) * share).round() as u8;
    RGBColor(mixed(0), mixed(1), mixed(2))
}

impl Figure for Heat {
    fn size(&self) -> (u32, u32) {
        let width = self.left() + self.columns.len() as i32 * self.width() + 40;
        let height = ABOVE + self.rows.len() as i32 * FIELD.1 + BELOW;
        (width.max(760) as u32, height as u32)
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        heading(sheet, &self.title, "Estimates; darker is more")?;
        let (left, width) = (self.left(), self.width());
        for (column, row, share, text) in &self.fields {
            let corner = (left + *column as i32 * width, ABOVE + *row as i32 * FIELD.1);
            let field = [corner, (corner.0 + width - 2, corner.1 + FIELD.1 - 2)];
            sheet.draw(&Rectangle::new(field, shade(*share).filled())).map_err(words)?;
            let tone = if *share > 0.55 { WHITE } else { INK };
            let style = ink(SMALL, tone).pos(Pos::new(HPos::Center, VPos::Center));
            let middle = (corner.0 + width / 2 - 1, corner.1 + FIELD.1 / 2 - 1);
            sheet.draw_text(text, &style, middle).map_err(words)?;
        }
        for (number, row) in self.rows.iter().enumerate() {
            let place = (left - 10, ABOVE + number as i32 * FIELD.1 + FIELD.1 / 2);
            sheet.draw_text(short(row), &anchored(SMALL, HPos::Right, VPos::Center), place).map_err(words)?;
        }
        let bottom = ABOVE + self.rows.len() as i32 * FIELD.1;
        for (number, column) in self.columns.iter().enumerate() {
            let place = (left + number as i32 * width + width / 2, bottom + 8);
            sheet
                .draw_text(short(column), &anchored(SMALL, HPos::Center, VPos::Top), place)
                .map_err(words)?;
        }
        let middle = left + self.columns.len() as i32 * width / 2;
        let style = anchored(SMALL + 1, HPos::Center, VPos::Top);
        sheet.draw_text(&self.axes[0], &style, (middle, bottom + 42)).map_err(words)?;
        let style = anchored(SMALL + 1, HPos::Left, VPos::Bottom);
        sheet.draw_text(&self.axes[1], &style, (16, ABOVE - 2)).map_err(words)
    }
}
