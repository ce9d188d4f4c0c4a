//! Axes whose limits are ticks, so that every limit has its label.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::Ranged;

use crate::output::number::{significant, time_unit};

/// Limits of an axis and where its labels stand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// Lower limit.
    pub(super) low: f64,
    /// Upper limit, above the lower.
    pub(super) high: f64,
    /// Labelled places, rising, the limits among them.
    pub(super) ticks: Vec<f64>,
}

impl Axis {
    /// A linear axis that holds `low` to `high` with about `count` steps of 1, 2 or 5 times a power of ten.
    pub(super) fn linear(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = (bounded(low, -LARGEST), bounded(high, LARGEST));
        // What differs less than numbers can tell apart stands at one place.
        let least = (low.abs().max(high.abs()) * 1e-12).max(LARGEST.recip());
        let span = if high - low > least { high - low } else { least.max(1.0) };
        let step = nice(span / count as f64);
        let first = (low / step + 1e-9).floor() as i64;
        let last = ((high / step - 1e-9).ceil() as i64).max(first + 1);
        let ticks: Vec<f64> = (first..=last).map(|number| number as f64 * step).collect();
        Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks }
    }

    /// The common logarithms of an axis that holds the positive numbers `low` to `high`, both ends 1, 2 or 5 times a
    /// power of ten; over many decades only the powers are labelled.
    pub(super) fn logarithmic(low: f64, high: f64) -> Self {
        let low = bounded(low, LARGEST.recip()).clamp(LARGEST.recip(), LARGEST);
        let high = bounded(high, LARGEST).clamp(low, LARGEST);
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let all: Vec<f64> =
            decades.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power))).collect();
        let first = all.iter().rposition(|tick| *tick <= low * (1.0 + 1e-9)).unwrap_or(0);
        let above = all.iter().position(|tick| *tick >= high * (1.0 - 1e-9)).unwrap_or(all.len() - 1);
        let last = above.max(first + 1).min(all.len() - 1);
        let is_wide = last - first > 10;
        let chosen = |place: &usize| !is_wide || place.is_multiple_of(3) || *place == first || *place == last;
        let crowded = |place: &usize| {
            // Beside a limit that is no power of ten there is no room for the power next to it.
            is_wide && (*place == first + 1 || *place + 1 == last) && *place != first && *place != last
        };
        let ticks: Vec<f64> = (first..=last)
            .filter(|place| chosen(place) && !crowded(place))
            .map(|place| all[place].log10())
            .collect();
        Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks }
    }

    /// As [`Axis::logarithmic`], of times \[s\] over many powers of ten: the ends are 1 or 10 of a unit that people use.
    pub(super) fn times(low: f64, high: f64) -> Self {
        const SECOND: [f64; 5] = [1.0, 10.0, 60.0, 600.0, 3600.0];
        const DAY: f64 = 86_400.0;
        let below = (-9..0).map(|power| 10f64.powi(power));
        let above = (0..8).map(|power| DAY * 10f64.powi(power));
        let all: Vec<f64> = below.chain(SECOND).chain([36_000.0]).chain(above).collect();
        let first = all.iter().rposition(|tick| *tick <= low * (1.0 + 1e-9));
        let last = all.iter().position(|tick| *tick >= high * (1.0 - 1e-9));
        match (first, last) {
            (Some(first), Some(last)) if last > first + 3 => {
                // Ten hours stand too near to a day.
                let kept = all[first..=last].iter().enumerate();
                let kept = kept.filter(|(place, tick)| {
                    *place == 0 || *place == last - first || (**tick - 36_000.0).abs() > 1.0
                });
                let ticks: Vec<f64> = kept.map(|(_, tick)| tick.log10()).collect();
                Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks }
            }
            _ => Self::logarithmic(low, high),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        // What lies far outside is drawn just outside: the library walks along every line that it draws.
        let share = ((value - self.low) / (self.high - self.low)).clamp(-1.0, 2.0);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light lines would stand between the labels.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// The largest number that is drawn; its reciprocal is the smallest on a logarithmic axis.
const LARGEST: f64 = 1e100;

/// A number that can be drawn, whatever a file says.
fn bounded(number: f64, otherwise: f64) -> f64 {
    if number.is_nan() { otherwise } else { number.clamp(-LARGEST, LARGEST) }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `size`.
fn nice(size: f64) -> f64 {
    let power = 10f64.powf(size.log10().floor());
    let digits = size / power;
    let digit = [1.0, 2.0, 5.0].into_iter().find(|one| digits <= one * (1.0 + 1e-9)).unwrap_or(10.0);
    digit * power
}

/// A span of time on an axis in logarithms of seconds, each label with its own unit.
pub(super) fn time_label(logarithm: f64) -> String {
    let seconds = 10f64.powf(logarithm);
    let (unit, name) = time_unit(seconds * (1.0 + 1e-9));
    let text = significant(seconds / unit, 3);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {name}")
}

/// A number of an axis whose ticks are `step` apart, with just the decimals that tell them apart.
pub(super) fn plain_label(value: f64, step: f64) -> String {
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').chars().all(|one| one == '0' || one == '.') {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: &[f64], right: &[f64]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(one, other)| (one - other).abs() < 1e-12)
    }

    #[test]
    fn axes_stand_whatever_numbers_are_asked_of_them() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e308, -1e308, 5e-324, 1e300, 1.0];
        for low in odd {
            for high in odd {
                for axis in [Axis::linear(low, high, 5), Axis::logarithmic(low, high), Axis::times(low, high)]
                {
                    assert!(axis.low < axis.high && axis.ticks.len() < 2000, "{low} to {high}: {axis:?}");
                    assert!(axis.ticks.iter().all(|tick| tick.is_finite()), "{low} to {high}: {axis:?}");
                    for value in odd {
                        axis.map(&value, (0, 1000));
                    }
                }
            }
        }
    }

    #[test]
    fn linear_limits_are_ticks() {
        let axis = Axis::linear(0.0, 12.0, 6);
        assert!(near(&axis.ticks, &[0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]), "{axis:?}");
        let axis = Axis::linear(0.99931, 0.99987, 5);
        assert!(axis.low <= 0.99931 && axis.high >= 0.99987, "{axis:?}");
        assert_eq!(plain_label(axis.ticks[1], axis.ticks[1] - axis.ticks[0]).len(), "0.9994".len());
        let flat = Axis::linear(3.0, 3.0, 5);
        assert!(flat.high > flat.low);
    }

    #[test]
    fn logarithmic_limits_are_ticks_that_hold_the_data() {
        for (low, high) in [(0.0031, 0.8), (0.001, 1.0), (1e-9, 3.0), (0.2, 0.2), (0.0499, 0.0501)] {
            let axis = Axis::logarithmic(low, high);
            assert!(axis.low <= low.log10() + 1e-8 && axis.high >= high.log10() - 1e-8, "{axis:?}");
            assert!(axis.ticks.len() >= 2 && axis.ticks.is_sorted(), "{axis:?}");
        }
        let axis = Axis::logarithmic(0.003, 0.8);
        let labels: Vec<_> = axis.ticks.iter().map(|tick| time_label(*tick)).collect();
        assert_eq!(labels, ["2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s"]);
    }

    #[test]
    fn ends_of_times_are_what_people_use() {
        let labels = |low: f64, high: f64| {
            let axis = Axis::times(low, high);
            assert!(axis.low <= low.log10() + 1e-8 && axis.high >= high.log10() - 1e-8, "{axis:?}");
            axis.ticks.iter().map(|tick| time_label(*tick)).collect::<Vec<_>>()
        };
        assert_eq!(labels(70.0, 9e6), ["60 s", "10 min", "60 min", "24 h", "10 d", "100 d", "1000 d"]);
        assert_eq!(labels(2e-3, 30.0), ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "60 s"]);
        assert_eq!(labels(0.0031, 0.01), ["2 ms", "5 ms", "10 ms"]);
    }
}
