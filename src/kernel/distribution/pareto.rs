//! A power-law tail: rare values of any size.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1};

use super::{Law, Load, positive};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a Pareto law.
    pub struct Settings {
        /// The shortest time.
        minimum: SimDuration,
        /// Exponent of the tail; the mean is finite above 1, the variance above 2.
        #[range = "> 0"]
        shape: f64,
    }
}

/// A power-law tail.
///
/// ```text
/// F(x) = 1 - (minimum / x)^shape,  mean shape minimum / (shape - 1),
/// variance shape minimum^2 / ((shape - 1)^2 (shape - 2))
/// ```
///
/// With a shape of at most 1 the mean is infinite, and so is every residual life.
/// Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1 (1994), chapter 20.
#[derive(Debug, Clone, PartialEq)]
pub struct Pareto {
    minimum: f64,
    shape: f64,
    sampler: rand_distr::Pareto<f64>,
}

impl Pareto {
    /// The minimum \[s\].
    pub fn minimum(&self) -> f64 {
        self.minimum
    }

    /// The exponent of the tail.
    pub fn shape(&self) -> f64 {
        self.shape
    }
}

impl Law for Pareto {
    const NAME: &'static str = "pareto";
    const SUMMARY: &'static str = "A power-law tail above a minimum; infinite variance up to shape 2.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        let minimum = positive("the minimum", settings.minimum.as_secs())?;
        let shape = positive("the shape", settings.shape)?;
        let sampler = rand_distr::Pareto::new(minimum, shape).map_err(|error| error.to_string())?;
        Ok(Self { minimum, shape, sampler })
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sampler.sample(random)
    }

    /// The interval in progress is met in proportion to its length, which takes 1 from the shape.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        if self.shape <= 1.0 {
            return f64::INFINITY;
        }
        let unit: f64 = Exp1.sample(random);
        self.minimum * (unit / (self.shape - 1.0)).exp() * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        if self.shape > 1.0 { self.shape * self.minimum / (self.shape - 1.0) } else { f64::INFINITY }
    }

    fn variance(&self) -> f64 {
        if self.shape <= 2.0 {
            return f64::INFINITY;
        }
        self.shape * (self.minimum / (self.shape - 1.0)).powi(2) / (self.shape - 2.0)
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds <= self.minimum { 0.0 } else { 1.0 - (self.minimum / seconds).powf(self.shape) }
    }
}
