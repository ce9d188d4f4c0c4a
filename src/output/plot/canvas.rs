//! The sheet that figures are drawn on: font, colours, heading, legend, and the two formats.

use std::path::Path;
use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::output::folder::{FileError, place, temporary, write_file};

/// Part of a sheet.
pub(super) type Area<'a, B> = DrawingArea<B, Shift>;

/// What a figure says when it cannot be drawn.
pub(super) type Drawn<T> = Result<T, String>;

/// Something that can be drawn on any sheet.
pub trait Figure {
    /// Width and height, in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws it on an empty white sheet.
    ///
    /// # Errors
    ///
    /// What the drawing library says.
    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Result<(), String>;
}

/// Family of all text; a viewer of an SVG that has not got the first takes the second.
const FAMILY: &str = "DejaVu Sans, sans-serif";
static SHIPPED: &[u8] = include_bytes!("../../../assets/font/DejaVuSans.ttf");

/// Colours that stay apart for every common kind of colour blindness (Okabe and Ito, 2008).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];
/// Shade of an outage.
pub(super) const OUTAGE: RGBAColor = RGBAColor(213, 94, 0, 0.30);
/// Shade of a fault.
pub(super) const FAULT: RGBAColor = RGBAColor(230, 159, 0, 0.22);
/// Shade of a share of one.
pub(super) const SHARE: RGBColor = RGBColor(0, 114, 178);
/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(40, 40, 40);
/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(222, 222, 222);
/// Height of axis text [pixel].
pub(super) const SMALL: i32 = 17;
const MARGIN: i32 = 16;

/// The colour of the series with this number; they repeat, and then lines are dashed, see [`is_dashed`].
pub(super) fn colour(number: usize) -> RGBColor {
    COLOURS[number % COLOURS.len()]
}

/// Whether the line of this number needs dashes to differ from an earlier one of its colour.
pub(super) fn is_dashed(number: usize) -> bool {
    (number / COLOURS.len()) % 2 == 1
}

/// Text of a size and colour.
pub(super) fn ink(size: i32, colour: RGBColor) -> TextStyle<'static> {
    (FAMILY, size).into_font().color(&colour)
}

/// Text that ends, or has its middle, at its point.
pub(super) fn anchored(size: i32, across: HPos, down: VPos) -> TextStyle<'static> {
    ink(size, INK).pos(Pos::new(across, down))
}

/// Turns an error of the drawing library into its words.
pub(super) fn words<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// Writes title and subtitle; returns what is left below them.
pub(super) fn heading<B: DrawingBackend>(
    sheet: &Area<'_, B>,
    title: &str,
    subtitle: &str,
) -> Drawn<DrawingArea<B, Shift>> {
    sheet.draw_text(title, &ink(24, INK), (MARGIN, 14)).map_err(words)?;
    sheet.draw_text(subtitle, &ink(SMALL, RGBColor(90, 90, 90)), (MARGIN, 46)).map_err(words)?;
    Ok(sheet.split_vertically(72).1)
}

/// How a legend shows a series.
#[derive(Debug, Clone, Copy)]
pub(super) enum Swatch {
    /// A line of the series with this number.
    Line(usize),
    /// A shade.
    Shade(RGBAColor),
}

/// Writes a legend in as many lines as it needs; returns what is left below it.
pub(super) fn legend<B: DrawingBackend>(
    sheet: &Area<'_, B>,
    entries: &[(Swatch, String)],
) -> Drawn<DrawingArea<B, Shift>> {
    const SWATCH: i32 = 34;
    const LINE: i32 = 26;
    let width = sheet.dim_in_pixel().0 as i32 - MARGIN;
    let (mut x, mut y) = (MARGIN, 10);
    for (swatch, text) in entries {
        let (long, _) = sheet.estimate_text_size(text, &ink(SMALL, INK)).map_err(words)?;
        let needed = SWATCH + 8 + long as i32 + 28;
        if x > MARGIN && x + needed > width {
            (x, y) = (MARGIN, y + LINE);
        }
        let drawn = match *swatch {
            Swatch::Line(number) => {
                let length = if is_dashed(number) { SWATCH / 3 } else { SWATCH };
                let style = colour(number).stroke_width(3);
                let first = PathElement::new(vec![(x, y), (x + length, y)], style);
                let last = PathElement::new(vec![(x + SWATCH - length, y), (x + SWATCH, y)], style);
                sheet.draw(&first).and_then(|()| sheet.draw(&last))
            }
            Swatch::Shade(shade) => {
                sheet.draw(&Rectangle::new([(x, y - 8), (x + SWATCH, y + 8)], shade.filled()))
            }
        };
        drawn.map_err(words)?;
        let style = anchored(SMALL, HPos::Left, VPos::Center);
        sheet.draw_text(text, &style, (x + SWATCH + 8, y)).map_err(words)?;
        x += needed;
    }
    Ok(sheet.split_vertically(y + LINE).1)
}

/// Draws a figure in both formats.
pub(super) fn save<F: Figure>(figure: &F, vector: &Path, bitmap: &Path) -> Result<(), FileError> {
    let text = svg(figure).map_err(|reason| FileError::Draw { path: vector.to_owned(), reason })?;
    write_file(vector, text.as_bytes())?;
    let refused = |source| FileError::Write { path: bitmap.to_owned(), source };
    let file = temporary(bitmap).map_err(refused)?;
    png(figure, file.path()).map_err(|reason| FileError::Draw { path: bitmap.to_owned(), reason })?;
    place(file, bitmap).map_err(refused)
}

/// The text of a figure as SVG.
pub(super) fn svg<F: Figure>(figure: &F) -> Drawn<String> {
    let mut text = String::new();
    paint(figure, SVGBackend::with_string(&mut text, figure.size()))?;
    Ok(text)
}

fn png<F: Figure>(figure: &F, path: &Path) -> Drawn<()> {
    paint(figure, BitMapBackend::new(path, figure.size()))
}

fn paint<F: Figure, B: DrawingBackend>(figure: &F, backend: B) -> Drawn<()> {
    register()?;
    let sheet = backend.into_drawing_area();
    sheet.fill(&WHITE).map_err(words)?;
    figure.draw(&sheet)?;
    sheet.present().map_err(words)
}

/// Tells the drawing library of the shipped font, once.
fn register() -> Drawn<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done = *DONE.get_or_init(|| register_font(FAMILY, FontStyle::Normal, SHIPPED).is_ok());
    if done { Ok(()) } else { Err("the shipped font cannot be read".to_owned()) }
}
