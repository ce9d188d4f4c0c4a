//! Numbers with units as they are written in a scenario.

use super::field::unexpected;
use super::{Diagnostic, Diagnostics, Field, Kind, Node, Value};
use crate::units::{Probability, Rate, SimDuration, Size, plain};

impl Field for SimDuration {
    const EXPECTED: &'static str = "a duration such as \"250ms\" or \"1h 30min\"";

    fn kind() -> Kind {
        Kind::Duration
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        match duration(text) {
            Ok(read) => return Some(read),
            Err(DurationError::TooLong) => findings.push(
                Diagnostic::error(node.span, format!("\"{text}\" is longer than the clock counts"))
                    .label("too long")
                    .help("expected less than 584 years (213503d)"),
            ),
            Err(DurationError::TooShort) => findings.push(
                Diagnostic::error(node.span, format!("\"{text}\" is shorter than the clock counts"))
                    .label("too short")
                    .help("the clock counts whole nanoseconds, and this would be none: write 1ns or more, or 0s"),
            ),
            Err(DurationError::NotOne) => findings.push(
                Diagnostic::error(node.span, format!("\"{text}\" is not a duration"))
                    .label("not a duration")
                    .help(meant(text)),
            ),
        }
        None
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(self.to_string()))
    }
}

/// What a text that is no duration was meant to be.
fn meant(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (number, unit) =
        plain.split_at(plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len()));
    let ours = match unit.to_lowercase().as_str() {
        "m" | "mins" | "minute" | "minutes" => "min",
        "sec" | "secs" | "second" | "seconds" => "s",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "msec" | "millis" | "millisecond" | "milliseconds" => "ms",
        "µs" | "μs" | "usec" | "micros" | "microsecond" | "microseconds" => "us",
        "nanos" | "nanosecond" | "nanoseconds" => "ns",
        "" if finite(number).is_some() => {
            return format!("a duration has a unit: \"{number}s\" or \"{number}ms\"");
        }
        _ => return format!("expected {}", SimDuration::EXPECTED),
    };
    if finite(number).is_none() {
        return format!("expected {}", SimDuration::EXPECTED);
    }
    format!("did you mean \"{number}{ours}\"? units are ns, us, ms, s, min, h and d")
}

/// Why a text is no duration.
enum DurationError {
    /// It is no number with a unit of time.
    NotOne,
    /// It is longer than the clock counts.
    TooLong,
    /// It is more than nothing and less than the clock counts.
    TooShort,
}

/// Reads a duration, to the nearest nanosecond.
fn duration(text: &str) -> Result<SimDuration, DurationError> {
    let written = sum(text, 1.0).ok_or(DurationError::NotOne)?;
    let nanos = written.round();
    if written > 0.0 && nanos < 1.0 {
        return Err(DurationError::TooShort);
    }
    if nanos >= u64::MAX as f64 {
        return Err(DurationError::TooLong);
    }
    Ok(SimDuration::from_nanos(nanos as u64))
}

/// Reads numbers, each with a unit of time, and adds them up in units of so many nanoseconds.
fn sum(text: &str, nanos: f64) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let size = match unit {
            "ns" => 1.0,
            "us" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "min" => 60e9,
            "h" => 3600e9,
            "d" => 86_400e9,
            _ => return None,
        };
        total += finite(number)? * (size / nanos);
        rest = after.trim_start();
    }
    Some(total)
}

crate::choices! {
    /// A unit of the times in a file.
    pub enum TimeUnit {
        /// Nanoseconds.
        Nanosecond = "ns",
        /// Microseconds.
        Microsecond = "us",
        /// Milliseconds.
        Millisecond = "ms",
        /// Seconds.
        Second = "s",
        /// Minutes.
        Minute = "min",
        /// Hours.
        Hour = "h",
        /// Days.
        Day = "d",
    }
}

impl TimeUnit {
    /// All of them, rising.
    pub const ALL: [Self; 7] = [
        Self::Nanosecond,
        Self::Microsecond,
        Self::Millisecond,
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
    ];

    /// The unit of a name such as `ms`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanosecond => "ns",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }

    /// Its length in nanoseconds.
    pub const fn nanos(self) -> u64 {
        match self {
            Self::Nanosecond => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
            Self::Day => 86_400_000_000_000,
        }
    }

    /// Its length in seconds.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Nanosecond => 1e-9,
            Self::Microsecond => 1e-6,
            Self::Millisecond => 1e-3,
            _ => (self.nanos() / Self::Second.nanos()) as f64,
        }
    }
}

/// What a number with a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A count or ratio.
    Plain,
    /// A share, written in percent.
    Share,
    /// A duration in seconds.
    Seconds,
    /// A rate in 1/s.
    PerSecond,
    /// A size in bytes.
    Bytes,
    /// A speed in bytes per second.
    BytesPerSecond,
}

/// A number with or without a unit, in base units; `None` when it is none of them.
pub fn measure(text: &str) -> Option<(f64, Dimension)> {
    let text = text.trim();
    if let Some(percent) = text.strip_suffix('%') {
        return finite(percent).map(|value| (value / 100.0, Dimension::Share));
    }
    if let Some(value) = finite(text) {
        return Some((value, Dimension::Plain));
    }
    if let Some(value) = rate(text) {
        return Some((value, Dimension::PerSecond));
    }
    if let Some(size) = size(text) {
        return Some(size);
    }
    // Seconds are taken as they are, so that what is written back in seconds reads the same.
    sum(text, 1e9).map(|value| (value, Dimension::Seconds))
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Reads a number of events per unit of time.
fn rate(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    Some(finite(number)? / per(unit)?)
}

/// Seconds in the time of a rate: a unit, or a whole number of them.
fn per(time: &str) -> Option<f64> {
    let time = time.trim();
    let digits = time.find(|one: char| !one.is_ascii_digit()).unwrap_or(time.len());
    let (times, unit) = time.split_at(digits);
    let times = if times.is_empty() { 1.0 } else { finite(times).filter(|times| *times > 0.0)? };
    let seconds = match unit {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(times * seconds)
}

/// Units of sizes in bytes.
const SIZES: [(&str, f64); 11] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("PB", 1e15),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("byte", 1.0),
];

/// Reads a size such as `2TB`, or a speed such as `200MB/s`.
fn size(text: &str) -> Option<(f64, Dimension)> {
    let (size, unit) = text.split_once('/').map_or((text, None), |(size, unit)| (size, Some(unit)));
    let letters = size.find(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E')?;
    let (number, name) = size.split_at(letters);
    let (_, bytes) = SIZES.iter().find(|(known, _)| *known == name.trim())?;
    let bytes = finite(number)? * bytes;
    match unit {
        None => Some((bytes, Dimension::Bytes)),
        Some(unit) => Some((bytes / per(unit)?, Dimension::BytesPerSecond)),
    }
}

/// Quantities as values of a scenario that is built in code.
macro_rules! values {
    ($($Quantity:ty),*) => { $(
        impl From<$Quantity> for toml::Value {
            fn from(quantity: $Quantity) -> Self {
                quantity.write().unwrap_or_else(|| unreachable!("a quantity is always written"))
            }
        }
    )* };
}
values!(SimDuration, Rate, Probability, Size);

impl Field for Size {
    const EXPECTED: &'static str = "a size such as \"4kB\"";

    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let read = match size(text) {
            Some((bytes, Dimension::Bytes)) => Self::new(bytes),
            _ => None,
        };
        if read.is_none() {
            let error = Diagnostic::error(node.span, format!("\"{text}\" is not a size"));
            let help = format!(
                "expected {}, at most 1TB; units are B, kB, MB, GB, KiB, MiB and GiB",
                Self::EXPECTED
            );
            findings.push(error.label("not a size").help(help));
        }
        read
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(format!("{}B", self.bytes())))
    }
}

impl Field for Rate {
    const EXPECTED: &'static str = "a rate such as \"120/s\"";

    fn kind() -> Kind {
        Kind::Rate
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let read = rate(text).and_then(Self::new);
        if read.is_none() {
            findings.push(
                Diagnostic::error(node.span, format!("\"{text}\" is not a rate"))
                    .label("not a rate")
                    .help(format!("expected {}", Self::EXPECTED)),
            );
        }
        read
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(format!("{}/s", plain(self.per_second()))))
    }
}

impl Field for Probability {
    const EXPECTED: &'static str = "a share from 0 to 1, such as 0.25 or \"25%\"";

    fn kind() -> Kind {
        Kind::Share
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let number = match &node.value {
            Value::Integer(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Text(text) => text
                .strip_suffix('%')
                .and_then(|number| number.trim().parse::<f64>().ok())
                .map(|percent| percent / 100.0),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        let read = number.and_then(Self::new);
        if read.is_none() {
            findings.push(
                Diagnostic::error(node.span, "this is not a share")
                    .help(format!("expected {}", Self::EXPECTED)),
            );
        }
        read
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::Float(self.get()))
    }
}
