//! Instants as files of records write them: numbers of a unit, dates, and times of RFC 3339.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::document::TimeUnit;

/// How an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number of units.
    Number,
    /// A date, or a time without an offset, which is taken for UTC.
    Local,
    /// A time with `Z` or an offset.
    Zoned,
}

impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Number => "a number",
            Self::Local => "a date or a time without an offset",
            Self::Zoned => "a time with an offset",
        })
    }
}

/// An instant: nanoseconds of its clock, which for dates begins with 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Nanoseconds.
    pub(crate) nanos: i128,
    /// How it is written.
    pub(crate) form: Form,
}

/// What [`Instant::read`] reads, as messages say it.
pub(crate) const EXPECTED: &str =
    "a number, a date such as 2001-05-01, or a time such as 2001-05-01T11:30:00 with Z, an offset or neither";

impl Instant {
    /// A number of units, a date, or a time of RFC 3339, with or without an offset.
    pub(crate) fn read(text: &str, unit: TimeUnit) -> Option<Self> {
        if let Some(nanos) = number(text, i128::from(unit.nanos())) {
            return Some(Self { nanos, form: Form::Number });
        }
        // All dates have these; what has none is not worth a parser.
        if !text.contains('-') {
            return None;
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Self { nanos: time.as_nanosecond(), form: Form::Zoned });
        }
        let local = text.parse::<DateTime>().ok()?;
        let time = TimeZone::UTC.to_timestamp(local).ok()?;
        Some(Self { nanos: time.as_nanosecond(), form: Form::Local })
    }
}

/// The instants of one file, all of one form.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    unit: TimeUnit,
    /// The form, and the line in which it was first met.
    seen: Option<(Form, u64)>,
}

/// Why a cell holds no instant of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misread {
    /// It is no instant at all.
    NoInstant,
    /// Instants before it are written in another way.
    Mixed {
        /// How it is written.
        form: Form,
        /// How the first one is written.
        first: Form,
        /// The line of that.
        line: u64,
    },
}

impl fmt::Display for Misread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInstant => write!(out, "which is not an instant: {EXPECTED}"),
            Self::Mixed { form, first, line } => write!(
                out,
                "{form}, but line {line} holds {first}: the instants of a file are all written in one form"
            ),
        }
    }
}

impl Clock {
    /// A clock whose numbers count so many of a unit.
    pub(crate) fn new(unit: TimeUnit) -> Self {
        Self { unit, seen: None }
    }

    /// How the instants that were read are written.
    pub(crate) fn form(&self) -> Option<Form> {
        self.seen.map(|(form, _)| form)
    }

    /// The nanoseconds of an instant that stands in a line.
    pub(crate) fn read(&mut self, text: &str, line: u64) -> Result<i128, Misread> {
        let Instant { nanos, form } = Instant::read(text, self.unit).ok_or(Misread::NoInstant)?;
        match *self.seen.get_or_insert((form, line)) {
            (first, line) if first != form => Err(Misread::Mixed { form, first, line }),
            _ => Ok(nanos),
        }
    }
}

/// Digits beyond which a number is read as a float.
const DIGITS_MAX: usize = 18;
/// Beyond this, no clock counts.
const NANOS_MAX: f64 = 1e30;

/// A number of units in nanoseconds, exact where it is written in digits alone.
fn number(text: &str, unit: i128) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain =
        |digits: &str| digits.len() <= DIGITS_MAX + 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !whole.is_empty() && is_plain(whole) && is_plain(part) && part.len() <= DIGITS_MAX {
        let whole: i128 = whole.parse().ok()?;
        let scale = 10_i128.pow(part.len() as u32);
        let part: i128 = if part.is_empty() { 0 } else { part.parse().ok()? };
        return Some(sign * (whole * unit + (part * unit + scale / 2) / scale));
    }
    let nanos = text.parse::<f64>().ok()? * unit as f64;
    (nanos.abs() <= NANOS_MAX).then(|| nanos.round() as i128)
}

/// Seconds between two instants, to the nearest float.
pub(crate) fn seconds(nanos: i128) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Option<i128> {
        Instant::read(text, TimeUnit::Second).map(|one| one.nanos)
    }

    #[test]
    fn times_of_rfc_3339_dates_and_numbers_are_instants() {
        const SECOND: i128 = 1_000_000_000;
        for (text, seconds, form) in [
            ("12", 12, Form::Number),
            ("-3", -3, Form::Number),
            ("1970-01-02", 86_400, Form::Local),
            ("1970-01-02T01:00:30", 90_030, Form::Local),
            ("1970-01-02 01:00", 90_000, Form::Local),
            ("1970-01-02T01:00:30Z", 90_030, Form::Zoned),
            ("1970-01-02 01:00:30z", 90_030, Form::Zoned),
            ("1970-01-02T01:00:30+01:00", 86_430, Form::Zoned),
            ("1970-01-01T20:00:30-05:00", 90_030, Form::Zoned),
            ("2000-02-29", 11_016 * 86_400, Form::Local),
        ] {
            let read = Instant::read(text, TimeUnit::Second);
            assert_eq!(read, Some(Instant { nanos: seconds * SECOND, form }), "{text}");
        }
        for wrong in ["", "soon", "NaN", "1e40", "1970-01-02T25:00:00", "1970-02-30", "2001-13-01", "-"] {
            assert_eq!(nanos(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_nanosecond_of_a_plain_number_is_lost() {
        assert_eq!(nanos("1767225600.123456789"), Some(1_767_225_600_123_456_789));
        assert_eq!(nanos("-0.5"), Some(-500_000_000));
        assert_eq!(nanos("1.5e3"), Some(1_500_000_000_000));
        let read = |text, unit| Instant::read(text, unit).unwrap().nanos;
        assert_eq!(read("1767225600123456789", TimeUnit::Nanosecond), 1_767_225_600_123_456_789);
        assert_eq!(read("1767225600123.5", TimeUnit::Millisecond), 1_767_225_600_123_500_000);
        assert_eq!(read("0.5", TimeUnit::Day), 43_200_000_000_000);
        assert_eq!(nanos("1970-01-01T00:00:00.000000001Z"), Some(1));
    }

    #[test]
    fn a_clock_has_one_form() {
        let mut clock = Clock::new(TimeUnit::Second);
        assert_eq!(clock.read("5", 2), Ok(5_000_000_000));
        let mixed = Misread::Mixed { form: Form::Zoned, first: Form::Number, line: 2 };
        assert_eq!(clock.read("1970-01-01T00:00:05Z", 3), Err(mixed));
        assert_eq!(clock.read("soon", 4), Err(Misread::NoInstant));
        assert_eq!(clock.form(), Some(Form::Number));
    }
}
