//! One panel of a figure: two axes with labels and units, and lines in it.

use plotters::prelude::*;

use super::axis::Axis;
use super::canvas::{Area, Drawn, GRID, INK, SMALL, colour, ink, is_dashed, words};

/// A panel that series are drawn in.
pub(super) type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<Axis, Axis>>;

/// Room left of a panel for the labels of its axis, and right of it, where half of the last label stands beside its tick.
pub(super) const LEFT: i32 = MARGIN_LEFT + LABELS;
pub(super) const RIGHT: i32 = 48;
const MARGIN_LEFT: i32 = 8;
const LABELS: i32 = 112;

/// An axis, what it says and how its numbers are written.
pub(super) struct Side<'a> {
    /// Limits and ticks.
    pub(super) axis: &'a Axis,
    /// What it shows, with the unit unless each label has its own.
    pub(super) title: &'a str,
    /// How a tick is written.
    pub(super) label: &'a dyn Fn(f64) -> String,
}

/// Draws the axes of a panel.
pub(super) fn frame<'a, B: DrawingBackend>(
    area: &'a Area<'_, B>,
    across: &Side<'_>,
    up: &Side<'_>,
) -> Drawn<Chart<'a, B>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(12)
        .margin_right(RIGHT)
        .margin_left(MARGIN_LEFT)
        .margin_bottom(10)
        .x_label_area_size(if across.title.is_empty() { 34 } else { 62 })
        .y_label_area_size(LABELS)
        .build_cartesian_2d(across.axis.clone(), up.axis.clone())
        .map_err(words)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(ink(SMALL, INK))
        .axis_desc_style(ink(SMALL + 1, INK))
        .x_desc(across.title)
        .y_desc(up.title)
        .x_label_formatter(&|value| (across.label)(*value))
        .y_label_formatter(&|value| (up.label)(*value))
        .draw()
        .map_err(words)?;
    Ok(chart)
}

/// Draws the line of the series with this number.
pub(super) fn line<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    points: Vec<(f64, f64)>,
    number: usize,
) -> Drawn<()> {
    let style = colour(number).stroke_width(2);
    if is_dashed(number) {
        chart.draw_series(DashedLineSeries::new(points, 8, 5, style)).map_err(words)?;
    } else {
        chart.draw_series(LineSeries::new(points, style)).map_err(words)?;
    }
    Ok(())
}
