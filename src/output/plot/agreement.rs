//! What formulas predict against what is simulated, on logarithmic axes: what holds lies on the line.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, time_label};
use super::canvas::{Area, Drawn, Figure, INK, SMALL, anchored, colour, heading, words};
use super::frame::{Chart, Side, frame};
use crate::output::claim::ClaimRow;
use crate::output::number::significant;

/// The predictions of one dimension against simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    title: String,
    unit: Unit,
    points: Vec<Point>,
}

/// A dimension that has a figure of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Times \[s\].
    Seconds,
    /// Shares, availabilities apart.
    Ratio,
    /// What availabilities miss to 1.
    Unavailability,
    /// Rates \[1/s\].
    PerSecond,
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    predicted: f64,
    simulated: f64,
    interval: (f64, f64),
    /// The simulated values that the claim tolerates.
    tolerated: (f64, f64),
    verdict: usize,
}

/// Verdicts with the numbers of their colours.
const VERDICTS: [(&str, usize); 3] = [("holds", 2), ("refuted", 1), ("undecided", 5)];
/// Shade of what is tolerated.
const TOLERATED: RGBColor = RGBColor(190, 190, 190);
/// Width and height of a figure \[pixel\].
const SIZE: (u32, u32) = (1000, 860);

impl Unit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Seconds, Self::Ratio, Self::Unavailability, Self::PerSecond];

    /// As metrics have it.
    fn symbol(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Ratio | Self::Unavailability => "ratio",
            Self::PerSecond => "1/s",
        }
    }

    /// In the name of a file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "times",
            Self::Ratio => "ratios",
            Self::Unavailability => "unavailabilities",
            Self::PerSecond => "rates",
        }
    }

    /// What an axis says after what it shows.
    fn axis(self) -> &'static str {
        match self {
            Self::Seconds => "",
            Self::Ratio => " [ratio]",
            Self::Unavailability => " 1 - A [ratio]",
            Self::PerSecond => " [1/s]",
        }
    }

    /// Whether a claim belongs here.
    fn takes(self, row: &ClaimRow) -> bool {
        let is_availability =
            row.metric.rsplit('/').next().is_some_and(|name| name.starts_with("availability"));
        row.unit == self.symbol() && is_availability == (self == Self::Unavailability)
    }

    fn label(self, logarithm: f64) -> String {
        match self {
            Self::Seconds => time_label(logarithm),
            Self::Ratio | Self::Unavailability | Self::PerSecond => {
                let text = significant(10f64.powf(logarithm), 3);
                if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.').to_owned()
                } else {
                    text
                }
            }
        }
    }
}

impl Agreement {
    /// The claims that predict a positive number of this dimension; `None` where there is none.
    pub fn new(rows: &[ClaimRow], unit: Unit) -> Option<Self> {
        let points: Vec<Point> = rows
            .iter()
            .filter(|row| unit.takes(row) && !row.is_comparative())
            .filter_map(|row| Point::new(row, unit))
            .collect();
        let title = format!("Formulas against simulation: {}", unit.name());
        (!points.is_empty()).then_some(Self { title, unit, points })
    }

    fn axis(&self) -> Axis {
        let ends = self.points.iter().flat_map(|point| [point.predicted, point.simulated]);
        let (low, high) =
            ends.fold((f64::INFINITY, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        Axis::logarithmic(low, high)
    }
}

impl Point {
    fn new(row: &ClaimRow, unit: Unit) -> Option<Self> {
        let shown = |value: f64| if unit == Unit::Unavailability { 1.0 - value } else { value };
        let (predicted, simulated) = row.predicted.zip(row.simulated)?;
        let (predicted, simulated) = (shown(predicted), shown(simulated));
        if predicted <= 0.0 || simulated <= 0.0 {
            return None;
        }
        let interval = row.ci_low.zip(row.ci_high).map(|(low, high)| (shown(low), shown(high)));
        // Tolerances of availabilities are relative to 1 - A, and so to what is shown.
        let slack = row.tolerance * predicted;
        Some(Self {
            predicted,
            simulated,
            interval: interval.unwrap_or((simulated, simulated)),
            tolerated: (predicted - slack, predicted + slack),
            verdict: VERDICTS.iter().position(|(name, _)| *name == row.verdict).unwrap_or(VERDICTS.len() - 1),
        })
    }
}

impl Figure for Agreement {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let subtitle = "What holds lies on the line, within the grey bar of its tolerance; what is refuted lies beside it";
        let below = heading(sheet, &self.title, subtitle)?;
        let below = self.key(&below)?;
        let axis = self.axis();
        let label = |logarithm: f64| self.unit.label(logarithm);
        let (across, up) =
            (format!("predicted{}", self.unit.axis()), format!("simulated{}", self.unit.axis()));
        let mut chart = frame(
            &below,
            &Side { axis: &axis, title: &across, label: &label },
            &Side { axis: &axis, title: &up, label: &label },
        )?;
        let line = vec![(axis.low, axis.low), (axis.high, axis.high)];
        chart.draw_series([PathElement::new(line, INK.stroke_width(1))]).map_err(words)?;
        for point in &self.points {
            point.upright(&mut chart, &axis, point.tolerated, TOLERATED.stroke_width(9))?;
        }
        for point in &self.points {
            let colour = colour(VERDICTS[point.verdict].1);
            point.upright(&mut chart, &axis, point.interval, colour.stroke_width(2))?;
            let place = (point.predicted.log10(), point.simulated.log10());
            chart.draw_series([Circle::new(place, 5, colour.stroke_width(2))]).map_err(words)?;
        }
        Ok(())
    }
}

impl Point {
    /// A line over the prediction from one simulated value to another, as far as the panel goes.
    fn upright<B: DrawingBackend>(
        &self,
        chart: &mut Chart<'_, B>,
        axis: &Axis,
        (low, high): (f64, f64),
        style: ShapeStyle,
    ) -> Drawn<()> {
        let of = |value: f64| value.max(f64::MIN_POSITIVE).log10().clamp(axis.low, axis.high);
        let x = self.predicted.log10();
        chart
            .draw_series([PathElement::new(vec![(x, of(low)), (x, of(high))], style)])
            .map_err(words)
            .map(|_| ())
    }
}

impl Agreement {
    /// The verdicts, their colours and how many there are; returns what is left below them.
    fn key<'a, B: DrawingBackend>(&self, sheet: &Area<'a, B>) -> Drawn<Area<'a, B>> {
        const LINE: i32 = 30;
        let mut x = 20;
        for (number, (name, tone)) in VERDICTS.iter().enumerate() {
            let count = self.points.iter().filter(|point| point.verdict == number).count();
            if count == 0 {
                continue;
            }
            let text = format!("{count} {name}");
            let style = anchored(SMALL, HPos::Left, VPos::Center);
            sheet.draw(&Circle::new((x, 12), 5, colour(*tone).stroke_width(2))).map_err(words)?;
            sheet.draw_text(&text, &style, (x + 14, 12)).map_err(words)?;
            x += 14 + sheet.estimate_text_size(&text, &style).map_err(words)?.0 as i32 + 36;
        }
        let bar = vec![(x, 12), (x + 26, 12)];
        sheet.draw(&PathElement::new(bar, TOLERATED.stroke_width(9))).map_err(words)?;
        let style = anchored(SMALL, HPos::Left, VPos::Center);
        sheet.draw_text("tolerated", &style, (x + 36, 12)).map_err(words)?;
        let edge = vec![(x + 160, 12), (x + 186, 12)];
        sheet.draw(&PathElement::new(edge, INK.stroke_width(1))).map_err(words)?;
        sheet.draw_text("predicted = simulated", &style, (x + 196, 12)).map_err(words)?;
        Ok(sheet.split_vertically(LINE).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plot::svg;

    fn row(unit: &str, predicted: f64, verdict: &str) -> ClaimRow {
        ClaimRow {
            scenario: "s".to_owned(),
            article: String::new(),
            formula: String::new(),
            interpretation: String::new(),
            right: String::new(),
            metric: "fault.crash/mttr".to_owned(),
            unit: unit.to_owned(),
            source: String::new(),
            predicted: Some(predicted),
            simulated: Some(30.0),
            ci_low: Some(29.0),
            ci_high: Some(31.0),
            confidence: 0.99,
            error_low: None,
            error_high: None,
            tolerance: 0.02,
            verdict: verdict.to_owned(),
            expected: verdict.to_owned(),
            as_expected: true,
            runs: 20,
        }
    }

    #[test]
    fn each_dimension_has_its_own_figure_and_verdicts_are_counted() {
        let rows = [row("s", 30.0, "holds"), row("s", 20.0, "refuted"), row("1/s", 30.0, "holds")];
        let times = svg(&Agreement::new(&rows, Unit::Seconds).unwrap()).unwrap();
        for words in ["1 holds", "1 refuted", "predicted", "simulated", "20 s", "tolerated"] {
            assert!(times.contains(words), "{words} is not in\n{times}");
        }
        let rates = svg(&Agreement::new(&rows, Unit::PerSecond).unwrap()).unwrap();
        assert!(rates.contains("predicted [1/s]") && !rates.contains("refuted,"), "{rates}");
        assert!(Agreement::new(&rows, Unit::Ratio).is_none());
    }

    #[test]
    fn availabilities_are_shown_by_what_they_miss() {
        let row = ClaimRow {
            metric: "service.s/availability_time".to_owned(),
            simulated: Some(0.98),
            ..row("ratio", 0.99, "refuted")
        };
        assert!(Agreement::new(std::slice::from_ref(&row), Unit::Ratio).is_none());
        let figure = Agreement::new(&[row], Unit::Unavailability).unwrap();
        let point = &figure.points[0];
        assert!((point.predicted - 0.01).abs() < 1e-12 && (point.simulated - 0.02).abs() < 1e-12);
        assert!((point.tolerated.1 - 0.0102).abs() < 1e-12);
        assert!(svg(&figure).unwrap().contains("simulated 1 - A [ratio]"));
    }

    #[test]
    fn comparisons_and_what_has_no_logarithm_are_left_out() {
        let equal = ClaimRow { expected: "equal".to_owned(), ..row("s", 30.0, "holds") };
        assert!(Agreement::new(&[equal, row("s", 0.0, "refuted")], Unit::Seconds).is_none());
    }
}
