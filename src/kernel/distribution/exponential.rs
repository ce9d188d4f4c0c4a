//! No memory: the time to the next event of a Poisson process.

use rand::Rng;
use rand_distr::{Distribution as _, Exp1};

use super::{Law, Load};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of an exponential law.
    pub struct Settings {
        /// Mean of the times.
        mean: SimDuration,
    }
}

/// No memory: what is left of it has the same law whatever has passed.
///
/// ```text
/// F(x) = 1 - exp(-x / mean),  variance mean^2
/// ```
///
/// Source: Kleinrock, Queueing Systems I (1975), section 2.4; drawn by Marsaglia and Tsang, The ziggurat method for
/// generating random variables (2000).
#[derive(Debug, Clone, PartialEq)]
pub struct Exponential {
    mean: f64,
}

impl Law for Exponential {
    const NAME: &'static str = "exponential";
    const SUMMARY: &'static str = "No memory; coefficient of variation 1.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        Ok(Self { mean: settings.mean.as_secs() })
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let unit: f64 = Exp1.sample(random);
        unit * self.mean
    }

    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sample(random)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.mean * self.mean
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds < 0.0 || self.mean <= 0.0 {
            return f64::from(u8::from(seconds >= 0.0));
        }
        -(-seconds / self.mean).exp_m1()
    }
}
