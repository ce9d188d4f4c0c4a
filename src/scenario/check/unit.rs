//! Columns that are read as seconds and look like another unit.

use super::Checker;
use crate::document::{Diagnostic, Name, TimeUnit};
use crate::kernel::distribution::{Distribution, DistributionSettings};
use crate::scenario::written::law::Law;

/// Spellings of units in the names of columns.
const SPELLINGS: [(&[&str], TimeUnit); 6] = [
    (&["ms", "msec", "msecs", "milli", "millis", "millisecond", "milliseconds"], TimeUnit::Millisecond),
    (&["us", "usec", "usecs", "micro", "micros", "microsecond", "microseconds"], TimeUnit::Microsecond),
    (&["ns", "nsec", "nsecs", "nano", "nanos", "nanosecond", "nanoseconds"], TimeUnit::Nanosecond),
    (&["mins", "minute", "minutes"], TimeUnit::Minute),
    (&["hrs", "hour", "hours"], TimeUnit::Hour),
    (&["day", "days"], TimeUnit::Day),
];
/// Unix time from 1990 to 2100, in seconds.
const UNIX: std::ops::Range<f64> = 6.3e8..4.1e9;
/// A mean time in service from which whole numbers look like milliseconds, in seconds.
const DEMAND_MAX: f64 = 10.0;
/// How many times longer than the run a record looks like one in milliseconds.
const LONGER: f64 = 100.0;

/// The unit that a column's name speaks of, where it is not seconds.
pub(crate) fn unit_of_name(column: &str) -> Option<TimeUnit> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_lower = false;
    for letter in column.chars() {
        // A capital after a small letter begins a word, as in `latencyMs`.
        if !letter.is_alphabetic() || was_lower && letter.is_uppercase() {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.extend(letter.to_lowercase());
        }
    }
    let spells = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    SPELLINGS.into_iter().find(|(names, _)| spells(names)).map(|(_, unit)| unit)
}

/// The unit in which an instant, read as seconds, would be Unix time of our days.
pub(super) fn unit_of_size(seconds: f64) -> Option<TimeUnit> {
    let units = [TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    units.into_iter().find(|unit| UNIX.contains(&(seconds * unit.seconds())))
}

/// Milliseconds, where a record, read as seconds, is far longer than the run and in milliseconds would not be.
pub(super) fn unit_of_values(length: f64, horizon: f64) -> Option<TimeUnit> {
    let in_milliseconds = length * TimeUnit::Millisecond.seconds();
    (length > LONGER * horizon && in_milliseconds <= horizon).then_some(TimeUnit::Millisecond)
}

impl Checker<'_> {
    /// Warns of durations in a file that are read as seconds and look like another unit.
    pub(super) fn unit_of_durations(&mut self, law: &Law, built: &Distribution) {
        let (DistributionSettings::Empirical(keys), Distribution::Empirical(values)) = (&law.settings, built)
        else {
            return;
        };
        if keys.unit.is_some() || keys.ended.is_some() {
            return;
        }
        let horizon = self.written.run.as_ref().map_or(f64::INFINITY, |run| run.0.horizon.as_secs());
        let is_demand =
            self.written.services.0.iter().any(|(_, section)| {
                section.as_ref().is_some_and(|service| service.keys.demand.span == law.span)
            });
        let most = if is_demand { DEMAND_MAX.min(horizon) } else { horizon };
        let is_whole = values.values().iter().all(|value| value.fract().abs() < f64::EPSILON);
        let looks = (built.mean() > most && is_whole).then_some(TimeUnit::Millisecond);
        self.other_unit(&keys.column, unit_of_name(&keys.column.text).or(looks), "unit");
    }

    /// Warns that the numbers of a column are read as seconds.
    pub(super) fn other_unit(&mut self, column: &Name, looks: Option<TimeUnit>, key: &str) {
        let Some(unit) = looks else { return };
        let (name, unit) = (&column.text, unit.name());
        let message = format!("the numbers of \"{name}\" look like {unit} and are read as seconds");
        let help = format!("write {key} = \"{unit}\", or {key} = \"s\" if they are seconds");
        self.findings.push(Diagnostic::warning(column.span, message).label("read as seconds").help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sizes_say_units() {
        for (name, unit) in [
            ("duration_ms", Some(TimeUnit::Millisecond)),
            ("latencyMs", Some(TimeUnit::Millisecond)),
            ("time (us)", Some(TimeUnit::Microsecond)),
            ("MS", Some(TimeUnit::Millisecond)),
            ("repair-hours", Some(TimeUnit::Hour)),
            ("time_s", None),
            ("requests", None),
            ("items", None),
            ("min", None),
        ] {
            assert_eq!(unit_of_name(name), unit, "{name}");
        }
        assert_eq!(unit_of_size(1_767_225_600.0), None);
        assert_eq!(unit_of_size(1_767_225_600_123.0), Some(TimeUnit::Millisecond));
        assert_eq!(unit_of_size(1.767e18), Some(TimeUnit::Nanosecond));
        assert_eq!(unit_of_values(60_000.0, 60.0), Some(TimeUnit::Millisecond));
        assert_eq!(unit_of_values(90.0, 60.0), None);
    }
}
