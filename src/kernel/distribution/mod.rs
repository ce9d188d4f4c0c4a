//! Random quantities: what a scenario calls a distribution.
//!
//! All laws are over seconds and not negative. To add one: write `<name>.rs` with its settings, and add its `mod`
//! line and its row below.

mod constant;
mod empirical;
mod erlang;
mod exponential;
mod gamma;
mod hyperexponential;
mod lognormal;
mod pareto;
mod uniform;
mod weibull;

use rand::Rng;

use crate::document::{Section, TimeUnit};
use crate::units::SimDuration;

/// Reads the durations of a column of a file in seconds; says in a sentence why it cannot.
pub type Load<'l> = dyn FnMut(&Column<'_>) -> Result<Vec<f64>, String> + 'l;

/// Durations in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a> {
    /// The file.
    pub file: &'a str,
    /// The column with the durations, or with the instants at which they began.
    pub column: &'a str,
    /// The column with the instants at which they ended.
    pub ended: Option<&'a str>,
    /// The unit of numbers; seconds where it is not written.
    pub unit: Option<TimeUnit>,
}

/// A law of a random duration in seconds.
pub trait Law: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// What a scenario says about it.
    type Settings: Section;

    /// Builds the law; what it needs from files is read by `load`.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence which parameter is impossible, and the range that is not.
    fn new(settings: &Self::Settings, load: &mut Load<'_>) -> Result<Self, String>;

    /// One value in seconds.
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64;

    /// One value of the equilibrium residual life, density (1 - F(x)) / mean, in seconds.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64;

    /// Mean in seconds; infinite where it does not exist.
    fn mean(&self) -> f64;

    /// Variance in seconds squared; infinite where it does not exist.
    fn variance(&self) -> f64;

    /// Probability of at most `seconds`.
    fn cdf(&self, seconds: f64) -> f64;
}

crate::registry! { ($) Distribution, DistributionSettings, Law, each_law;
    Constant = constant,
    Exponential = exponential,
    Uniform = uniform,
    Erlang = erlang,
    Gamma = gamma,
    Hyperexponential = hyperexponential,
    Lognormal = lognormal,
    Weibull = weibull,
    Pareto = pareto,
    Empirical = empirical,
}

impl DistributionSettings {
    /// Always `duration`.
    pub fn always(duration: SimDuration) -> Self {
        Self::Constant(constant::Settings { mean: duration })
    }
}

impl Distribution {
    /// The law that `settings` describes; columns of files are read by `load`.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence which parameter is impossible, and the range that is not, or why a file cannot be
    /// read.
    pub fn new(settings: &DistributionSettings, load: &mut Load<'_>) -> Result<Self, String> {
        Ok(each_law!(build settings, settings, Policy => <Policy as Law>::new(settings, load)?))
    }

    /// Always `duration`.
    pub fn constant(duration: SimDuration) -> Self {
        Self::Constant(constant::Constant::of(duration))
    }

    /// Equally likely between two limits in seconds, the first below the second.
    pub(crate) const fn evenly(low: f64, high: f64) -> Self {
        Self::Uniform(uniform::Uniform::between(low, high))
    }

    /// One value, to the nearest nanosecond.
    #[inline(always)]
    pub fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> SimDuration {
        match self {
            Self::Constant(law) => law.duration(),
            Self::Exponential(law) => SimDuration::from_secs(law.sample(random)),
            other => other.sample_other(random),
        }
    }

    #[inline(never)]
    fn sample_other<R: Rng + ?Sized>(&self, random: &mut R) -> SimDuration {
        SimDuration::from_secs(each_law!(self, law => law.sample(random)))
    }

    /// One value of the equilibrium residual life.
    pub fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> SimDuration {
        SimDuration::from_secs(each_law!(self, law => law.sample_residual(random)))
    }

    /// Mean in seconds; infinite where it does not exist.
    pub fn mean(&self) -> f64 {
        each_law!(self, law => law.mean())
    }

    /// Variance in seconds squared; infinite where it does not exist.
    pub fn variance(&self) -> f64 {
        each_law!(self, law => law.variance())
    }

    /// Probability of at most `seconds`.
    pub fn cdf(&self, seconds: f64) -> f64 {
        each_law!(self, law => law.cdf(seconds))
    }

    /// The name written in a scenario.
    pub fn name(&self) -> &'static str {
        fn of<L: Law>(_: &L) -> &'static str {
            L::NAME
        }
        each_law!(self, law => of(law))
    }

    /// The only value it can take, where there is only one.
    pub fn as_constant(&self) -> Option<SimDuration> {
        match self {
            Self::Constant(law) => Some(law.duration()),
            _ => None,
        }
    }
}

/// The value, if it is a finite number above 0.
fn positive(what: &str, value: f64) -> Result<f64, String> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(format!("{what} must be above 0 and finite, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_fits_a_cache_line() {
        // Services and clients hold several of them side by side.
        assert!(size_of::<Distribution>() <= 64, "{}", size_of::<Distribution>());
    }
}
