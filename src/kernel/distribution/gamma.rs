//! More regular than exponential above shape 1, less below.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1};
use statrs::function::gamma::checked_gamma_lr;

use super::{Law, Load, positive};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a gamma law: `shape`, and `mean` or `scale`.
    pub struct Settings {
        /// Mean; this or `scale`.
        mean: Option<SimDuration> = None,
        /// The mean divided by the shape, in place of the mean.
        scale: Option<SimDuration> = None,
        /// Shape; 1 is exponential.
        #[range = "> 0"]
        shape: f64,
    }
}

/// More regular than exponential above shape 1, less below.
///
/// ```text
/// F(x) = P(shape, x / scale), P the regularised lower incomplete gamma function,
/// scale = mean / shape,  variance mean^2 / shape
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (2015), section 6.2.2; drawn by Marsaglia and Tsang, A simple method
/// for generating gamma variables (2000).
#[derive(Debug, Clone, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
    sampler: rand_distr::Gamma<f64>,
}

impl Gamma {
    /// The shape; the variance is mean^2 / shape.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// The law of this mean in seconds.
    pub(super) fn of(mean: f64, shape: f64) -> Result<Self, String> {
        let mean = positive("the mean", mean)?;
        let shape = positive("the shape", shape)?;
        let scale = positive("the mean over the shape", mean / shape)?;
        let sampler = rand_distr::Gamma::new(shape, scale).map_err(|error| error.to_string())?;
        Ok(Self { shape, scale, sampler })
    }
}

impl Law for Gamma {
    const NAME: &'static str = "gamma";
    const SUMMARY: &'static str = "Coefficient of variation 1 / sqrt(shape).";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        match (settings.mean, settings.scale) {
            (Some(mean), None) => Self::of(mean.as_secs(), settings.shape),
            (None, Some(scale)) => Self::of(scale.as_secs() * settings.shape, settings.shape),
            _ => Err("give either mean or scale".to_owned()),
        }
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sampler.sample(random)
    }

    /// The interval in progress is met in proportion to its length, which adds 1 to the shape: another exponential.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let unit: f64 = Exp1.sample(random);
        (self.sampler.sample(random) + unit * self.scale) * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn variance(&self) -> f64 {
        self.shape * self.scale.powi(2)
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        // It refuses only an infinite argument.
        checked_gamma_lr(self.shape, seconds / self.scale).unwrap_or(1.0)
    }
}
