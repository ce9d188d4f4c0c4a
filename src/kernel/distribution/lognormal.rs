//! A product of many small influences: right-skewed, with a heavy tail.

use std::f64::consts::SQRT_2;

use rand::{Rng, RngExt};
use rand_distr::Distribution as _;
use statrs::function::erf::erfc;

use super::{Law, Load, positive};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a lognormal law: `mean` and `cv`, or `mu` and `sigma`.
    pub struct Settings {
        /// Mean of the times.
        mean: Option<SimDuration> = None,
        /// Coefficient of variation: standard deviation divided by mean.
        cv: Option<f64> = None,
        /// Mean of the logarithm of seconds.
        mu: Option<f64> = None,
        /// Standard deviation of the logarithm of seconds.
        sigma: Option<f64> = None,
    }
}

/// The logarithm of seconds is normal.
///
/// ```text
/// F(x) = Phi((ln x - mu) / sigma),  mean exp(mu + sigma^2 / 2),  variance mean^2 (exp(sigma^2) - 1)
/// sigma^2 = ln(1 + cv^2),  mu = ln(mean) - sigma^2 / 2
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (2015), section 6.2.2.
#[derive(Debug, Clone, PartialEq)]
pub struct Lognormal {
    mu: f64,
    sigma: f64,
    sampler: rand_distr::LogNormal<f64>,
}

impl Lognormal {
    fn of(mu: f64, sigma: f64) -> Result<Self, String> {
        let sigma = positive("sigma", sigma)?;
        positive("the mean, exp(mu + sigma^2 / 2),", (mu + sigma * sigma / 2.0).exp())?;
        let sampler = rand_distr::LogNormal::new(mu, sigma).map_err(|error| error.to_string())?;
        Ok(Self { mu, sigma, sampler })
    }
}

impl Lognormal {
    /// Mean of the logarithm of the seconds.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// Standard deviation of the logarithm.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }
}

impl Law for Lognormal {
    const NAME: &'static str = "lognormal";
    const SUMMARY: &'static str = "Right-skewed with a heavy tail; its logarithm is normal.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        match *settings {
            Settings { mean: Some(mean), cv: Some(cv), mu: None, sigma: None } => {
                let mean = positive("the mean", mean.as_secs())?;
                let square = (positive("cv", cv)?.powi(2)).ln_1p();
                Self::of(mean.ln() - square / 2.0, square.sqrt())
            }
            Settings { mean: None, cv: None, mu: Some(mu), sigma: Some(sigma) } => Self::of(mu, sigma),
            _ => Err("give either mean and cv, or mu and sigma".to_owned()),
        }
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sampler.sample(random)
    }

    /// The interval in progress is met in proportion to its length, which adds sigma^2 to mu.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sampler.sample(random) * self.sigma.powi(2).exp() * random.random::<f64>()
    }

    fn mean(&self) -> f64 {
        (self.mu + self.sigma.powi(2) / 2.0).exp()
    }

    fn variance(&self) -> f64 {
        self.mean().powi(2) * self.sigma.powi(2).exp_m1()
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds <= 0.0 {
            return 0.0;
        }
        erfc((self.mu - seconds.ln()) / (self.sigma * SQRT_2)) / 2.0
    }
}
