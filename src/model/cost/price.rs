//! Prices with their units.

use crate::document::{Diagnostic, Diagnostics, Field, Kind, Node, Value, unexpected};
use crate::units::{MONTH_HOURS, plain};

/// Every unit that a price can have: how it is written, what it is for, and how many of the unit of that are in one.
const UNITS: [(&str, For, f64); 17] = [
    ("s", For::Time, 1.0 / 3600.0),
    ("min", For::Time, 1.0 / 60.0),
    ("h", For::Time, 1.0),
    ("d", For::Time, 24.0),
    ("month", For::Time, MONTH_HOURS),
    ("request", For::Requests, 1e-6),
    ("thousand", For::Requests, 1e-3),
    ("million", For::Requests, 1.0),
    ("kB", For::Data, 1e-6),
    ("MB", For::Data, 1e-3),
    ("GB", For::Data, 1.0),
    ("TB", For::Data, 1e3),
    ("GiB", For::Data, 1.073_741_824),
    ("TiB", For::Data, 1_099.511_627_776),
    ("MBs", For::Compute, 1.0 / 1024.0),
    ("GBs", For::Compute, 1.0),
    ("GBh", For::Compute, 3600.0),
];

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Time,
    Requests,
    Data,
    Compute,
}

impl For {
    const fn name(self) -> &'static str {
        match self {
            Self::Time => "for a time",
            Self::Requests => "for requests",
            Self::Data => "for data",
            Self::Compute => "for memory over time",
        }
    }
}

/// Reads a price in dollars per unit of what it is for.
fn read(node: &Node, wanted: For, expected: &str, findings: &mut Diagnostics) -> Option<f64> {
    let Value::Text(text) = &node.value else {
        unexpected(node, expected, findings);
        return None;
    };
    let mut refuse = |message: String, label: &str| {
        findings
            .push(Diagnostic::error(node.span, message).label(label).help(format!("expected {expected}")));
        None
    };
    let (number, unit) = text.split_once('/').map_or((text.as_str(), None), |(one, unit)| (one, Some(unit)));
    let number = number.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(number), Some(unit)) = (number, unit.map(str::trim)) else {
        return refuse(format!("\"{text}\" is not a price"), "not a price");
    };
    if number < 0.0 {
        return refuse(format!("\"{text}\" is a negative price"), "negative");
    }
    match UNITS.iter().find(|(name, ..)| *name == unit) {
        Some((_, of, size)) if *of == wanted => {
            let price = number / size;
            if price.is_finite() {
                Some(price)
            } else {
                refuse(format!("\"{text}\" is too high a price"), "too high")
            }
        }
        Some((_, of, _)) => refuse(format!("\"{text}\" is a price {}", of.name()), "the wrong unit"),
        None => {
            let known: Vec<&str> =
                UNITS.iter().filter(|(_, of, _)| *of == wanted).map(|(name, ..)| *name).collect();
            let near = crate::document::nearest(unit, known.iter().copied());
            let near = near.map_or_else(String::new, |near| format!("did you mean \"{number}/{near}\"? "));
            let message = format!("no price is per \"{unit}\"");
            let help = format!("{near}expected {expected}; units are {}", known.join(", "));
            findings.push(Diagnostic::error(node.span, message).label("unknown unit").help(help));
            None
        }
    }
}

macro_rules! prices {
    ($($(#[$meta:meta])* $Price:ident, $of:ident, $unit:literal, $expected:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $Price(f64);

        impl $Price {
            /// So many dollars for one unit; `None` where that is negative or not finite.
            pub fn new(dollars: f64) -> Option<Self> {
                (dollars.is_finite() && dollars >= 0.0).then_some(Self(dollars))
            }

            /// Whether anything is paid.
            pub fn is_positive(self) -> bool {
                self.0 > 0.0
            }
        }

        impl Field for $Price {
            const EXPECTED: &'static str = $expected;

            fn kind() -> Kind {
                Kind::Text
            }

            fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
                read(node, For::$of, Self::EXPECTED, findings).and_then(Self::new)
            }

            fn write(&self) -> Option<toml::Value> {
                Some(toml::Value::String(format!(concat!("{}/", $unit), plain(self.0))))
            }
        }
    )* };
}

prices! {
    /// Dollars for an hour.
    PerHour, Time, "h", "a price for a time, such as \"0.0416/h\"";
    /// Dollars for a million requests.
    PerRequest, Requests, "million", "a price for requests, such as \"0.20/million\"";
    /// Dollars for 10^9 bytes.
    PerGigabyte, Data, "GB", "a price for data, such as \"0.01/GB\"";
    /// Dollars for 1,024 MB of memory over a second.
    PerGbSecond, Compute, "GBs", "a price for memory over time, such as \"0.0000166667/GBs\"";
}

impl PerHour {
    /// What so many nanoseconds cost, of whatever is paid for by the hour.
    pub fn of_nanos(self, nanos: u128) -> f64 {
        self.0 * (nanos as f64 / 3.6e12)
    }
}

impl PerRequest {
    /// What so many requests cost.
    pub fn of(self, requests: u64) -> f64 {
        self.0 * requests as f64 / 1e6
    }
}

impl PerGigabyte {
    /// What so many bytes cost.
    pub fn of_bytes(self, bytes: u64) -> f64 {
        self.0 * bytes as f64 / 1e9
    }
}

impl PerGbSecond {
    /// What so many megabytes of memory cost for so many nanoseconds.
    pub fn of(self, megabytes: f64, nanos: u128) -> f64 {
        self.0 * (megabytes / 1024.0) * (nanos as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;

    fn read<P: Field>(text: &str) -> Result<P, String> {
        let node = Node { span: Span::default(), value: Value::Text(text.to_owned()) };
        let mut findings = Diagnostics::default();
        P::read(&node, &mut findings).ok_or_else(|| {
            let finding = &findings.0[0];
            format!("{}; {}", finding.message, finding.help.clone().unwrap_or_default())
        })
    }

    #[test]
    fn units_are_those_of_what_is_paid_for() {
        assert_eq!(read("0.5/h"), Ok(PerHour(0.5)));
        assert_eq!(read("12/d"), Ok(PerHour(0.5)));
        assert_eq!(read("365 / month"), Ok(PerHour(0.5)));
        assert_eq!(read("3.50/million"), Ok(PerRequest(3.5)));
        assert_eq!(read("0.25/thousand"), Ok(PerRequest(250.0)));
        assert_eq!(read("2/TB"), Ok(PerGigabyte(0.002)));
        assert_eq!(read("3.6/GBh"), Ok(PerGbSecond(0.001)));
        for (text, wanted) in [
            ("0.20/million", "\"0.20/million\" is a price for requests; expected a price for a time"),
            ("0.0416", "\"0.0416\" is not a price"),
            ("cheap/h", "\"cheap/h\" is not a price"),
            ("-1/h", "\"-1/h\" is a negative price"),
            ("1e308/s", "\"1e308/s\" is too high a price; expected a price for a time"),
            ("1/hour", "no price is per \"hour\"; "),
            ("1/mont", "no price is per \"mont\"; did you mean \"1/month\"? "),
        ] {
            let found = read::<PerHour>(text).unwrap_err();
            assert!(found.starts_with(wanted), "{found}");
        }
        assert!(read::<PerGbSecond>("1/GB").unwrap_err().contains("is a price for data"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0.0416/h", "1e-7/s", "3/month"] {
            let price: PerHour = read(text).unwrap();
            let Some(toml::Value::String(written)) = price.write() else { panic!("{text}") };
            assert_eq!(read(&written), Ok(price), "{text} {written}");
        }
    }

    #[test]
    fn so_much_costs_so_much() {
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        near(PerHour(0.04).of_nanos(2 * 3_600_000_000_000), 0.08);
        near(PerRequest(3.5).of(200_000), 0.7);
        near(PerGigabyte(0.02).of_bytes(1_500_000_000), 0.03);
        near(PerGbSecond(0.000_016_666_7).of(512.0, 3_000_000_000), 0.000_016_666_7 * 1.5);
    }
}
