//! Prices with their units, and amounts that are paid for.

use super::bill::{TIERS_MAX, Tiers};
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Node, Value, unexpected};
use crate::units::{MONTH_HOURS, plain};

/// Every unit that a price can have: how it is written, what it is for, and how many of the unit of that are in one.
const UNITS: [(&str, For, f64); 20] = [
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
    ("GBmonth", For::Storage, 1.0),
    ("TBmonth", For::Storage, 1e3),
    ("GiBmonth", For::Storage, 1.073_741_824),
];

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Time,
    Requests,
    Data,
    Compute,
    Storage,
}

impl For {
    const fn name(self) -> &'static str {
        match self {
            Self::Time => "for a time",
            Self::Requests => "for requests",
            Self::Data => "for data",
            Self::Compute => "for memory over time",
            Self::Storage => "for what is kept over time",
        }
    }
}

/// What stands between a price and the amount up to which it holds.
const UP_TO: &str = "up to";

/// Reads prices by tier, per unit of what they are for.
fn read(node: &Node, wanted: For, expected: &str, findings: &mut Diagnostics) -> Option<Tiers> {
    let Value::Text(text) = &node.value else {
        unexpected(node, expected, findings);
        return None;
    };
    let mut refuse = |finding: (String, &str, String)| {
        let (message, label, help) = finding;
        findings.push(Diagnostic::error(node.span, message).label(label).help(help));
        None
    };
    match tiers(text, wanted, expected) {
        Ok(tiers) => Some(tiers),
        Err(finding) => refuse(finding),
    }
}

/// What is said of something that cannot be read: what, the label, and what helps.
type Refusal = (String, &'static str, String);

/// Prices by tier: each but the last with the amount up to which it holds.
fn tiers(text: &str, wanted: For, expected: &str) -> Result<Tiers, Refusal> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (last, ending) = parts.split_last().unwrap_or((&text, &[]));
    let mut ends = Vec::with_capacity(ending.len());
    for part in ending {
        let Some((one, upto)) = part.split_once(UP_TO) else {
            let message = format!("nothing says up to which amount \"{part}\" holds");
            return Err((message, "no end", tiers_help(wanted)));
        };
        ends.push((amount(upto.trim(), wanted)?, price(one.trim(), wanted, expected)?));
    }
    if let Some((one, _)) = last.split_once(UP_TO) {
        let message = format!("nothing says what is paid beyond \"{last}\"");
        let help = format!("end with a price for all beyond, such as \"{last}, {}\"", one.trim());
        return Err((message, "the last has an end", help));
    }
    let beyond = price(last, wanted, expected)?;
    Tiers::new(&ends, beyond).ok_or_else(|| {
        let message = format!("the amounts in \"{text}\" do not rise from above zero, or are too many");
        (message, "no tiers", format!("expected at most {TIERS_MAX} prices, {}", tiers_help(wanted)))
    })
}

/// The smallest unit of what is paid for that is at least the one of its amounts.
fn usual_unit(wanted: For) -> &'static str {
    UNITS.iter().find(|(_, of, size)| *of == wanted && *size >= 1.0).unwrap_or(&UNITS[2]).0
}

fn tiers_help(wanted: For) -> String {
    let unit = usual_unit(wanted);
    format!("write tiers as \"0.2/{unit} {UP_TO} 10 {unit}, 0.1/{unit}\"")
}

/// One price, per unit of what it is for.
fn price(text: &str, wanted: For, expected: &str) -> Result<f64, Refusal> {
    let refuse = |message, label| Err((message, label, format!("expected {expected}")));
    let (number, unit) = text.split_once('/').map_or((text, None), |(one, unit)| (one, Some(unit)));
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
                Ok(price)
            } else {
                refuse(format!("\"{text}\" is too high a price"), "too high")
            }
        }
        Some((_, of, _)) => refuse(format!("\"{text}\" is a price {}", of.name()), "the wrong unit"),
        None => {
            let (known, near) = nearest(unit, wanted);
            let near = near.map_or_else(String::new, |near| format!("did you mean \"{number}/{near}\"? "));
            let message = format!("no price is per \"{unit}\"");
            Err((message, "unknown unit", format!("{near}expected {expected}; units are {known}")))
        }
    }
}

/// The units of what is paid for, and the one that is nearest to a word.
fn nearest(unit: &str, wanted: For) -> (String, Option<String>) {
    let known: Vec<&str> = UNITS.iter().filter(|(_, of, _)| *of == wanted).map(|(name, ..)| *name).collect();
    let near = crate::document::nearest(unit, known.iter().copied()).map(ToString::to_string);
    (known.join(", "), near)
}

/// An amount of what is paid for, in its unit.
fn amount(text: &str, wanted: For) -> Result<f64, Refusal> {
    let letters = text.find(|one: char| one.is_ascii_alphabetic() && !matches!(one, 'e' | 'E'));
    let (number, unit) = text.split_at(letters.unwrap_or(text.len()));
    let (known, near) = nearest(unit, wanted);
    let usual = usual_unit(wanted);
    let help = format!(
        "expected a number with a unit such as \"10 {usual}\"; units of what this price is for are {known}"
    );
    let Some(number) = number.trim().parse::<f64>().ok().filter(|one| one.is_finite() && *one >= 0.0) else {
        return Err((format!("\"{text}\" is not an amount"), "not an amount", help));
    };
    match UNITS.iter().find(|(name, ..)| *name == unit) {
        Some((_, of, size)) if *of == wanted => Ok(number * size),
        Some(_) => {
            Err((format!("\"{text}\" is no amount of what this price is for"), "the wrong unit", help))
        }
        None => {
            let near = near.map_or_else(String::new, |near| format!("did you mean \"{number} {near}\"? "));
            Err((format!("\"{text}\" is not an amount"), "unknown unit", near + &help))
        }
    }
}

fn write(tiers: &Tiers, unit: &str) -> String {
    let (steps, beyond) = tiers.steps();
    let each = steps.map(|(upto, price)| format!("{}/{unit} {UP_TO} {} {unit}, ", plain(price), plain(upto)));
    each.collect::<String>() + &format!("{}/{unit}", plain(beyond))
}

/// So many gigabytes of 10^9 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gigabytes(f64);

impl Gigabytes {
    /// How many.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Field for Gigabytes {
    const EXPECTED: &'static str = "a size such as \"500GB\"";

    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        match amount(text, For::Data) {
            Ok(amount) => Some(Self(amount)),
            Err((message, label, _)) => {
                let help = format!("expected {}; units are kB, MB, GB, TB, GiB, TiB", Self::EXPECTED);
                findings.push(Diagnostic::error(node.span, message).label(label).help(help));
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(format!("{}GB", plain(self.0))))
    }
}

/// So many gigabytes of 10^9 bytes in an hour, as "200GB/h" or "2GB/d".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GigabytesPerHour(f64);

impl GigabytesPerHour {
    /// How many in an hour; positive.
    pub const fn get(self) -> f64 {
        self.0
    }

    fn of(text: &str) -> Option<Self> {
        let (size, time) = text.split_once('/')?;
        let gigabytes = amount(size.trim(), For::Data).ok()?;
        let hours = UNITS.iter().find(|(name, of, _)| *of == For::Time && *name == time.trim())?.2;
        (gigabytes > 0.0).then_some(Self(gigabytes / hours))
    }
}

impl Field for GigabytesPerHour {
    const EXPECTED: &'static str = "data by time such as \"200GB/h\"";

    fn kind() -> Kind {
        Kind::Text
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let found = Self::of(text);
        if found.is_none() {
            let error = Diagnostic::error(node.span, format!("\"{text}\" is no amount of data by time"));
            let help = format!(
                "expected {}, above zero; units are kB, MB, GB, TB, GiB, TiB and s, min, h, d, month",
                Self::EXPECTED
            );
            findings.push(error.label("not data by time").help(help));
        }
        found
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(format!("{}GB/h", plain(self.0))))
    }
}

macro_rules! prices {
    ($($(#[$meta:meta])* $Price:ident, $of:ident, $unit:literal, $expected:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub struct $Price(Tiers);

        impl $Price {
            /// So much for each unit; `None` where that is negative or not finite.
            pub fn new(price: f64) -> Option<Self> {
                (price.is_finite() && price >= 0.0).then_some(Self(Tiers::flat(price)))
            }

            /// Whether anything is paid.
            pub fn is_positive(self) -> bool {
                self.0.is_positive()
            }

            /// The price by the amount in a month.
            pub const fn tiers(self) -> Tiers {
                self.0
            }
        }

        impl Field for $Price {
            const EXPECTED: &'static str = $expected;

            fn kind() -> Kind {
                Kind::Text
            }

            fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
                read(node, For::$of, Self::EXPECTED, findings).map(Self)
            }

            fn write(&self) -> Option<toml::Value> {
                Some(toml::Value::String(write(&self.0, $unit)))
            }
        }
    )* };
}

prices! {
    /// Money for an hour.
    PerHour, Time, "h", "a price for a time, such as \"0.0416/h\"";
    /// Money for a million requests.
    PerRequest, Requests, "million", "a price for requests, such as \"0.20/million\"";
    /// Money for 10^9 bytes.
    PerGigabyte, Data, "GB", "a price for data, such as \"0.01/GB\"";
    /// Money for 1,024 MB of memory over a second.
    PerGbSecond, Compute, "GBs", "a price for memory over time, such as \"0.0000166667/GBs\"";
    /// Money for 10^9 bytes that are kept for a month.
    PerGbMonth, Storage, "GBmonth", "a price for what is kept over time, such as \"0.023/GBmonth\"";
}

impl PerHour {
    /// Hours in so many nanoseconds, of which there may be parts.
    pub fn amount(nanos: f64) -> f64 {
        nanos / 3.6e12
    }
}

impl PerRequest {
    /// Millions in so many requests.
    pub fn amount(requests: u64) -> f64 {
        requests as f64 / 1e6
    }
}

impl PerGigabyte {
    /// Gigabytes in so many bytes.
    pub fn amount(bytes: u64) -> f64 {
        bytes as f64 / 1e9
    }
}

impl PerGbSecond {
    /// Gigabyte seconds of so many megabytes for so many nanoseconds.
    pub fn amount(megabytes: f64, nanos: u128) -> f64 {
        (megabytes / 1024.0) * (nanos as f64 / 1e9)
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
        assert_eq!(read("0.5/h"), Ok(PerHour(Tiers::flat(0.5))));
        assert_eq!(read("12/d"), Ok(PerHour(Tiers::flat(0.5))));
        assert_eq!(read("365 / month"), Ok(PerHour(Tiers::flat(0.5))));
        assert_eq!(read("3.50/million"), Ok(PerRequest(Tiers::flat(3.5))));
        assert_eq!(read("0.25/thousand"), Ok(PerRequest(Tiers::flat(250.0))));
        assert_eq!(read("2/TB"), Ok(PerGigabyte(Tiers::flat(0.002))));
        assert_eq!(read("3.6/GBh"), Ok(PerGbSecond(Tiers::flat(0.001))));
        assert_eq!(read("23/TBmonth"), Ok(PerGbMonth(Tiers::flat(0.023))));
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
    fn tiers_end_at_amounts_of_what_is_paid_for() {
        let of = |ends: &[(f64, f64)], beyond| Tiers::new(ends, beyond).unwrap();
        assert_eq!(read("0/million up to 1 million, 0.20/million"), Ok(PerRequest(of(&[(1.0, 0.0)], 0.2))));
        assert_eq!(
            read("0.00002/GBs up to 6e9 GBs, 0.054/GBh up to 5e6GBh,0.00001/GBs"),
            Ok(PerGbSecond(of(&[(6e9, 0.00002), (1.8e10, 0.000_015)], 0.00001)))
        );
        assert_eq!(read("90/TB up to 10TB, 0.085/GB"), Ok(PerGigabyte(of(&[(1e4, 0.09)], 0.085))));
        for (text, wanted) in [
            ("1/million, 2/million", "nothing says up to which amount \"1/million\" holds"),
            ("1/million up to 5 million", "nothing says what is paid beyond \"1/million up to 5 million\""),
            ("1/million up to 5 GB, 2/million", "\"5 GB\" is no amount of what this price is for"),
            ("1/million up to 5, 2/million", "\"5\" is not an amount"),
            ("1/million up to many million, 2/million", "\"many million\" is not an amount"),
            ("1/GB up to 5 million, 2/million", "\"1/GB\" is a price for data"),
            ("1/million up to 5 million, 2/million up to 5 million, 3/million", "the amounts in"),
            ("1/million up to 0 million, 2/million", "the amounts in"),
            (
                "1/million up to 5 milion, 2/million",
                "\"5 milion\" is not an amount; did you mean \"5 million\"?",
            ),
        ] {
            let found = read::<PerRequest>(text).unwrap_err();
            assert!(found.starts_with(wanted), "{found}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["0.0416/h", "1e-7/s", "3/month", "0/h up to 10 h, 2/h up to 1 month, 1.5/h"] {
            let price: PerHour = read(text).unwrap();
            let Some(toml::Value::String(written)) = price.write() else { panic!("{text}") };
            assert_eq!(read(&written), Ok(price), "{text} {written}");
        }
    }

    #[test]
    fn amounts_are_those_of_units() {
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        near(PerHour::amount(2.0 * 3.6e12), 2.0);
        near(PerRequest::amount(200_000), 0.2);
        near(PerGigabyte::amount(1_500_000_000), 1.5);
        near(PerGbSecond::amount(512.0, 3_000_000_000), 1.5);
    }
}
