//! Numbers for people: few digits, a unit that fits the size.

use crate::units::Money;

/// A number with about `digits` significant digits, without an exponent where that stays readable.
pub fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-5..9).contains(&magnitude) {
        return format!("{value:.*e}", (digits - 1).max(0) as usize);
    }
    // Rounding may carry into the next power of ten, which has one decimal less.
    let decimals = (digits - 1 - magnitude).max(0) as usize;
    let text = format!("{value:.decimals$}");
    let carried = text.parse::<f64>().is_ok_and(|read| read.abs().log10().floor() as i32 > magnitude);
    if carried && decimals > 0 { format!("{value:.*}", decimals - 1) } else { text }
}

/// Units of time with their names, rising.
const TIMES: [(f64, &str); 7] =
    [(1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "d")];

/// The unit of time in which a span of so many seconds reads best: its seconds and its name.
pub fn time_unit(seconds: f64) -> (f64, &'static str) {
    let size = seconds.abs();
    // A span is told in minutes, hours or days only when it is a few of them: "90 s" reads better than "1.5 min".
    let fits = |(unit, _): &&(f64, &str)| size >= if *unit > 1.0 { 2.0 * unit } else { *unit };
    if size == 0.0 {
        return (1.0, "s");
    }
    *TIMES.iter().rev().find(fits).unwrap_or(&TIMES[0])
}

/// Decimals of a percentage at which `digits` digits of the share, or of its distance to 1, are seen.
pub fn percent_decimals(share: f64, digits: i32) -> usize {
    let small = if share > 0.5 { 1.0 - share } else { share } * 100.0;
    if small <= 0.0 {
        return 0;
    }
    (digits - 1 - small.log10().floor() as i32).clamp(0, SHARE_DECIMALS) as usize
}

/// Decimals of a percentage beyond which the distance of a share to 1 is lost in rounding.
const SHARE_DECIMALS: i32 = 14;

/// A share as a percentage with so many decimals; more where that would round it to 0 or 100 %, which it is not.
///
/// `missing` is the distance of the share to 1, where it is known better than by subtraction.
pub fn percent(share: f64, missing: Option<f64>, decimals: usize) -> String {
    let missing = missing.unwrap_or(1.0 - share);
    let text = format!("{:.decimals$}", share * 100.0);
    match text.parse() {
        Ok(100.0) if missing > 0.0 => below(100, missing * 100.0),
        Ok(0.0) if share != 0.0 => significant(share * 100.0, 2),
        _ => unsigned_zero(text),
    }
}

/// A number below 1 by so little, such as a share.
pub fn below_one(missing: f64) -> String {
    below(1, missing)
}

/// A number below 1 or 100 by so little, with two digits of what is missing, or one where the second is 0.
fn below(whole: u128, missing: f64) -> String {
    /// Digits of a whole number that `u128` holds beside those of 100.
    const DECIMALS_MAX: i32 = 34;
    let first = -missing.log10().floor() as i32;
    let tenths = (missing * 10f64.powi(first + 1)).round() as u128;
    let (mut decimals, mut rest) = (first + 1, tenths);
    while rest.is_multiple_of(10) && rest > 0 {
        (decimals, rest) = (decimals - 1, rest / 10);
    }
    if decimals > DECIMALS_MAX {
        return format!("{whole} - {missing:.1e}");
    }
    let unit = 10u128.pow(decimals.max(0) as u32);
    let (digits, fraction) = ((whole * unit - rest) / unit, (whole * unit - rest) % unit);
    format!("{digits}.{fraction:0>width$}", width = decimals.max(0) as usize)
}

/// A text of a number, without the sign of a zero.
fn unsigned_zero(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|one| one == '0' || one == '.') => rest.to_owned(),
        _ => text,
    }
}

/// How sure an interval is, such as `confidence 95 %`.
pub fn confidence(level: f64) -> String {
    format!("confidence {} %", (level * 1e8).round() / 1e6)
}

/// A span of time with its unit, such as `41.2 ms`.
pub fn duration(seconds: f64, digits: i32) -> String {
    let (unit, name) = time_unit(seconds);
    format!("{} {name}", significant(seconds / unit, digits))
}

/// How the values of one metric are written: a factor to a unit for people, and decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    factor: f64,
    unit: &'static str,
    decimals: usize,
}

impl Scale {
    /// The scale for a value in a base unit (`s`, `1/s`, `ratio`, ...), with two digits of what is not known of it,
    /// or three digits of the value where that is not known either.
    pub fn new(unit: &str, value: f64, half_width: Option<f64>) -> Self {
        let (factor, unit) = match unit {
            "s" => {
                let (seconds, name) = time_unit(value);
                (1.0 / seconds, name)
            }
            "ratio" => (100.0, "%"),
            "1/s" => (1.0, "/s"),
            other => (1.0, Money::unit_called(other).unwrap_or("")),
        };
        let decimals = match half_width.map(|half| half * factor) {
            Some(half) if half > 0.0 => 1 - half.log10().floor() as i32,
            _ if unit == "%" => percent_decimals(value, 3) as i32,
            _ if value == 0.0 => 0,
            _ => 2 - (value * factor).abs().log10().floor() as i32,
        };
        // Nearer to 100 % than the usual decimals show there are as many as it takes.
        let most = if unit == "%" { DECIMALS.max(percent_decimals(value, 2) as i32) } else { DECIMALS };
        Self { factor, unit, decimals: decimals.clamp(0, most) as usize }
    }

    /// As [`Scale::new`], with as many digits as it takes to tell both ends of an interval from the value.
    pub fn around(unit: &str, value: f64, interval: Option<(f64, f64)>) -> Self {
        let (low, high) = interval.unwrap_or((value, value));
        let nearer = [value - low, high - value].into_iter().filter(|gap| *gap > 0.0).reduce(f64::min);
        Self::new(unit, value, nearer)
    }

    /// A value with its unit.
    ///
    /// No share below 1 becomes 100 %, and nothing above zero becomes 0: either has more decimals, or a smaller unit.
    pub fn show(&self, value: f64) -> String {
        self.show_missing(value, None)
    }

    /// As [`Scale::show`], of a share whose distance to 1 is known better than by subtraction.
    pub fn show_missing(&self, value: f64, missing: Option<f64>) -> String {
        let shown = value * self.factor;
        if self.unit == "%" && shown.abs() < LARGE {
            return format!("{} %", percent(value, missing, self.decimals));
        }
        let vanishes = shown != 0.0 && shown.abs() < 0.5 * 10f64.powi(-(self.decimals as i32));
        if vanishes && TIMES.iter().any(|(_, name)| *name == self.unit) {
            return duration(value, 2);
        }
        let text = match shown.abs() {
            LARGE.. => format!("{shown:.2e}"),
            _ if vanishes => significant(shown, 2),
            _ => unsigned_zero(format!("{shown:.*}", self.decimals)),
        };
        if self.unit.is_empty() { text } else { format!("{text} {}", self.unit) }
    }
}

/// Most decimals of a number, unless more are needed to tell it from 100 %.
const DECIMALS: i32 = 9;
/// Numbers from this on are written with an exponent.
const LARGE: f64 = 1e15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits_survive_rounding_up() {
        assert_eq!(significant(0.0, 3), "0");
        assert_eq!(significant(9.996, 3), "10.0");
        assert_eq!(significant(1234.5, 3), "1234");
        assert_eq!(significant(0.012_345, 3), "0.0123");
        assert_eq!(significant(-2.0, 3), "-2.00");
        assert_eq!(significant(1.5e-9, 2), "1.5e-9");
    }

    #[test]
    fn durations_take_the_unit_that_reads_best() {
        assert_eq!(duration(0.0412, 3), "41.2 ms");
        assert_eq!(duration(90.0, 3), "90.0 s");
        assert_eq!(duration(7200.0, 3), "2.00 h");
        assert_eq!(duration(2e-7, 2), "200 ns");
        assert_eq!(duration(0.0, 2), "0 s");
    }

    #[test]
    fn digits_follow_what_is_known() {
        assert_eq!(Scale::new("s", 0.034_123_4, Some(0.000_21)).show(0.034_123_4), "34.12 ms");
        assert_eq!(Scale::new("ratio", 0.9995, Some(0.0002)).show(0.9995), "99.950 %");
        assert_eq!(Scale::new("ratio", 1.0, None).show(1.0), "100 %");
        assert_eq!(Scale::new("USD/month", 95.402, Some(0.36)).show(95.402), "95.40 USD/month");
        assert_eq!(Scale::new("1/s", 49.98, Some(0.12)).show(49.98), "49.98 /s");
        assert_eq!(Scale::new("1", 1234.5, None).show(1234.5), "1234");
        assert_eq!(Scale::new("1", 0.0, None).show(0.0), "0");
    }

    #[test]
    fn the_ends_of_an_interval_differ_from_the_value() {
        let shown = |value: f64, (low, high): (f64, f64)| {
            let scale = Scale::around("ratio", value, Some((low, high)));
            [value, low, high].map(|one| scale.show(one))
        };
        assert_eq!(shown(0.895, (0.8947, 0.8953)), ["89.500 %", "89.470 %", "89.530 %"]);
        // The nearer end decides; one at the value itself does not.
        assert_eq!(shown(0.9999, (0.99, 0.999_98)), ["99.9900 %", "99.0000 %", "99.9980 %"]);
        assert_eq!(shown(1.0, (0.98, 1.0)), ["100.0 %", "98.0 %", "100.0 %"]);
        assert_eq!(shown(0.5, (0.5, 0.5)), ["50.0 %"; 3]);
        assert_eq!(Scale::around("ratio", 0.895, None).show(0.895), "89.5 %");
    }

    #[test]
    fn decimals_of_percentages_show_what_is_missing() {
        assert_eq!(percent_decimals(0.9995, 2), 3);
        assert_eq!(percent_decimals(0.5, 2), 0);
        assert_eq!(percent_decimals(1.0, 2), 0);
        assert_eq!(percent_decimals(0.000_12, 2), 3);
        assert_eq!(percent_decimals(1.0 - 1e-12, 2), 12);
    }

    #[test]
    fn nines_are_never_rounded_away() {
        // Three replicas that are up 1000 h and down 1 h, one of which is needed.
        let missing = (1.0_f64 / 1001.0).powi(3);
        assert_eq!(percent(1.0 - missing, None, 3), "99.9999999");
        assert_eq!(percent(1.0 - 0.000_012_3, None, 1), "99.9988");
        assert_eq!(percent(0.999_951, None, 2), "99.9951");
        assert_eq!(percent(1.0, None, 2), "100.00");
        // What no f64 holds is known from what is missing.
        assert_eq!(percent(1.0, Some(2.5e-20), 2), "99.9999999999999999975");
        assert_eq!(percent(1.0, Some(1e-40), 2), "100 - 1.0e-38");
        assert_eq!(percent(3e-9, None, 2), "3.0e-7");
        assert_eq!(below_one(2.5e-20), "0.999999999999999999975");
        let scale = Scale::new("ratio", 0.995, Some(0.004));
        assert_eq!(scale.show(1.0 - 1e-9), "99.9999999 %");
        assert_eq!(scale.show(1.0), "100.00 %");
        assert_eq!(Scale::new("ratio", 1.0 - 3.3e-12, Some(1e-12)).show(1.0 - 3.3e-12), "99.99999999967 %");
    }

    #[test]
    fn what_is_not_nothing_is_not_written_as_nothing() {
        let scale = Scale::new("s", 172_800.0, Some(3600.0));
        assert_eq!(scale.show(0.0315), "32 ms");
        assert_eq!(scale.show(0.0), "0.000 d");
        assert_eq!(Scale::new("1", 12.0, Some(0.4)).show(-1e-5), "-0.000010");
        assert_eq!(Scale::new("1", 12.0, Some(0.4)).show(-0.0), "0.00");
    }

    #[test]
    fn large_numbers_have_an_exponent() {
        assert_eq!(Scale::new("1/s", 1e308, None).show(1e308), "1.00e308 /s");
        assert_eq!(Scale::new("1", 3.25e15, Some(1e13)).show(3.25e15), "3.25e15");
        assert_eq!(Scale::new("ratio", 1e20, None).show(1e20), "1.00e22 %");
    }
}
