//! One of the values of a file.

use std::sync::Arc;

use rand::{Rng, RngExt};

use super::{Column, Law, Load};
use crate::document::{Name, TimeUnit};

crate::settings! {
    /// Settings of an empirical law.
    pub struct Settings {
        /// A CSV file with a header, relative to the scenario.
        file: Name,
        /// The column with the durations; with `ended`, with the instants at which they began.
        column: Name,
        /// The column with the instants at which they ended: numbers, dates, or times of RFC 3339 such as
        /// `2001-05-01T11:30:00Z`. Without it, `column` holds the durations themselves.
        ended: Option<Name> = None,
        /// The unit of numbers: `ns`, `us`, `ms`, `s`, `min`, `h` or `d`; `s` by default.
        unit: Option<TimeUnit> = None,
    }
}

/// One of the values of a file, each as likely as the others.
///
/// ```text
/// F(x) = share of values at most x
/// ```
///
/// Copies share the values. Nothing is drawn beyond the greatest value seen, so tails are as short as the data.
/// Source: the inverse of the empirical distribution function; Law, Simulation Modeling and Analysis (2015),
/// section 6.2.4.
#[derive(Debug, Clone, PartialEq)]
pub struct Empirical {
    /// Rising.
    values: Arc<[f64]>,
    /// Sum of each value and those before it.
    sums: Arc<[f64]>,
    mean: f64,
    variance: f64,
}

impl Empirical {
    /// The values in seconds, rising.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    fn of(mut values: Vec<f64>) -> Result<Self, String> {
        if values.is_empty() {
            return Err("there must be at least one value".to_owned());
        }
        if let Some(wrong) = values.iter().find(|value| !(value.is_finite() && **value >= 0.0)) {
            return Err(format!("every value must be a number of seconds, at least 0, not {wrong}"));
        }
        values.sort_unstable_by(f64::total_cmp);
        let count = values.len() as f64;
        let add = |sum: &mut f64, value: &f64| {
            *sum += value;
            Some(*sum)
        };
        let sums: Arc<[f64]> = values.iter().scan(0.0, add).collect();
        let mean = sums[sums.len() - 1] / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Ok(Self { values: values.into(), sums, mean, variance })
    }
}

impl Law for Empirical {
    const NAME: &'static str = "empirical";
    const SUMMARY: &'static str = "One of the durations of a CSV file.";
    type Settings = Settings;

    fn new(settings: &Settings, load: &mut Load<'_>) -> Result<Self, String> {
        let ended = settings.ended.as_ref().map(|ended| ended.text.as_str());
        let (file, column) = (&settings.file.text, &settings.column.text);
        Self::of(load(&Column { file, column, ended, unit: settings.unit })?)
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let place = u128::from(random.next_u64()) * self.values.len() as u128;
        self.values[(place >> 64) as usize]
    }

    /// The interval in progress is met in proportion to its length.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let last = self.values.len() - 1;
        let chosen = random.random::<f64>() * self.sums[last];
        let place = self.sums.partition_point(|sum| *sum <= chosen).min(last);
        self.values[place] * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.variance
    }

    fn cdf(&self, seconds: f64) -> f64 {
        self.values.partition_point(|value| *value <= seconds) as f64 / self.values.len() as f64
    }
}
