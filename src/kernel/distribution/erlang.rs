//! A sum of equal exponential stages.

use rand::Rng;

use super::gamma::Gamma;
use super::{Law, Load};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of an Erlang law.
    pub struct Settings {
        /// Mean of the sum.
        mean: SimDuration,
        /// Number of stages; at least 1.
        #[range = ">= 1"]
        stages: u32,
    }
}

/// A sum of equal exponential stages: a gamma law whose shape is a whole number.
///
/// ```text
/// F(x) = 1 - exp(-y) sum(y^i / i!, i = 0 .. stages - 1),  y = x stages / mean,  variance mean^2 / stages
/// ```
///
/// Source: Kleinrock, Queueing Systems I (1975), section 4.3.
#[derive(Debug, Clone, PartialEq)]
pub struct Erlang {
    sum: Gamma,
}

impl Erlang {
    /// The number of stages.
    pub fn shape(&self) -> f64 {
        self.sum.shape()
    }
}

impl Law for Erlang {
    const NAME: &'static str = "erlang";
    const SUMMARY: &'static str =
        "A sum of equal exponential stages; coefficient of variation 1 / sqrt(stages).";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        if settings.stages == 0 {
            return Err("there must be at least one stage".to_owned());
        }
        Gamma::of(settings.mean.as_secs(), f64::from(settings.stages)).map(|sum| Self { sum })
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sum.sample(random)
    }

    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sum.sample_residual(random)
    }

    fn mean(&self) -> f64 {
        self.sum.mean()
    }

    fn variance(&self) -> f64 {
        self.sum.variance()
    }

    fn cdf(&self, seconds: f64) -> f64 {
        self.sum.cdf(seconds)
    }
}
