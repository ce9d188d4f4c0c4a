//! Always the same.

use rand::{Rng, RngExt};

use super::{Law, Load};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a constant.
    pub struct Settings {
        /// How long it always takes.
        mean: SimDuration,
    }
}

/// Always the same duration.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    duration: SimDuration,
}

impl Constant {
    pub(super) const fn of(duration: SimDuration) -> Self {
        Self { duration }
    }

    #[inline]
    pub(super) const fn duration(&self) -> SimDuration {
        self.duration
    }
}

impl Law for Constant {
    const NAME: &'static str = "constant";
    const SUMMARY: &'static str = "Always the same duration; written as the duration itself.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        Ok(Self { duration: settings.mean })
    }

    fn sample<R: Rng + ?Sized>(&self, _random: &mut R) -> f64 {
        self.duration.as_secs()
    }

    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        random.random::<f64>() * self.duration.as_secs()
    }

    fn mean(&self) -> f64 {
        self.duration.as_secs()
    }

    fn variance(&self) -> f64 {
        0.0
    }

    fn cdf(&self, seconds: f64) -> f64 {
        f64::from(u8::from(seconds >= self.duration.as_secs()))
    }
}
