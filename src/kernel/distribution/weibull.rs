//! A failure rate that rises or falls with age.

use rand::{Rng, RngExt};
use rand_distr::Distribution as _;
use statrs::function::gamma::gamma;

use super::{Law, Load, positive};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a Weibull law: `shape`, and `mean` or `scale`.
    pub struct Settings {
        /// Mean; this or `scale`.
        mean: Option<SimDuration> = None,
        /// The time within which 63.2 % end, in place of the mean.
        scale: Option<SimDuration> = None,
        /// Shape: the failure rate falls with age below 1, rises above.
        #[range = ">= 0.006"]
        shape: f64,
    }
}

/// A failure rate that falls with age below shape 1 and rises above.
///
/// ```text
/// F(x) = 1 - exp(-(x / scale)^shape),  scale = mean / Gamma(1 + 1 / shape)
/// E[X^2] = scale^2 Gamma(1 + 2 / shape)
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (2015), section 6.2.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Weibull {
    mean: f64,
    shape: f64,
    scale: f64,
    sampler: rand_distr::Weibull<f64>,
    /// Of (x / scale)^shape of the interval in progress, which is met in proportion to its length; boxed because it
    /// is seldom drawn, and large.
    met: Box<rand_distr::Gamma<f64>>,
}

impl Weibull {
    /// The shape.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// The scale \[s\].
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl Law for Weibull {
    const NAME: &'static str = "weibull";
    const SUMMARY: &'static str = "A failure rate that falls with age below shape 1 and rises above.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        let shape = positive("the shape", settings.shape)?;
        let ratio = gamma(1.0 + shape.recip());
        let (mean, scale) = match (settings.mean, settings.scale) {
            (Some(mean), None) => (mean.as_secs(), mean.as_secs() / ratio),
            (None, Some(scale)) => (scale.as_secs() * ratio, scale.as_secs()),
            _ => return Err("give either mean or scale".to_owned()),
        };
        let mean = positive("the mean", mean)?;
        if !(scale.is_finite() && scale > 0.0) {
            return Err(format!("the shape must be at least 0.006, not {shape}"));
        }
        let sampler = rand_distr::Weibull::new(scale, shape).map_err(|error| error.to_string())?;
        let met = rand_distr::Gamma::new(1.0 + shape.recip(), 1.0).map_err(|error| error.to_string())?;
        Ok(Self { mean, shape, scale, sampler, met: Box::new(met) })
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sampler.sample(random)
    }

    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.scale * self.met.sample(random).powf(self.shape.recip()) * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        (self.scale.powi(2) * gamma(1.0 + 2.0 / self.shape) - self.mean.powi(2)).max(0.0)
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 { 0.0 } else { -(-(seconds / self.scale).powf(self.shape)).exp_m1() }
    }
}
