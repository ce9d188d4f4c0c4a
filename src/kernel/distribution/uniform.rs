//! Equally likely between two limits.

use rand::{Rng, RngExt};

use super::{Law, Load};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a uniform law.
    pub struct Settings {
        /// The shortest time.
        low: SimDuration,
        /// The longest time.
        high: SimDuration,
    }
}

/// Equally likely between two limits.
///
/// ```text
/// F(x) = (x - low) / (high - low),  mean (low + high) / 2,  variance (high - low)^2 / 12
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (2015), section 6.2.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Uniform {
    low: f64,
    high: f64,
}

impl Uniform {
    /// Between two limits in seconds, the first below the second.
    pub(super) const fn between(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// The lower limit \[s\].
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper limit \[s\].
    pub fn high(&self) -> f64 {
        self.high
    }
}

impl Law for Uniform {
    const NAME: &'static str = "uniform";
    const SUMMARY: &'static str = "Equally likely between two limits.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        if settings.low >= settings.high {
            return Err(format!("low must be below high: {} is not below {}", settings.low, settings.high));
        }
        Ok(Self { low: settings.low.as_secs(), high: settings.high.as_secs() })
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.low + random.random::<f64>() * (self.high - self.low)
    }

    /// The interval in progress is met in proportion to its length, whose square is then uniform.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let (least, most) = (self.low.powi(2), self.high.powi(2));
        let whole = (least + random.random::<f64>() * (most - least)).sqrt();
        whole * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    fn variance(&self) -> f64 {
        (self.high - self.low).powi(2) / 12.0
    }

    fn cdf(&self, seconds: f64) -> f64 {
        ((seconds - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}
