//! Laws fitted to recorded durations by maximum likelihood, some of which may not have been seen to end.
//!
//! [`Durations`] is what was recorded, [`FAMILIES`] are the laws that can be fitted, [`Family::fit`] fits one.
//! [`anderson_darling`] says how far data and law are apart and [`Bootstrap`] how far they would be if the law were
//! right, and how sure its parameters are.
//!
//! A further family is one file with a `FAMILY`, its `mod` line and its row.

mod anderson_darling;
mod bootstrap;
mod climb;
mod durations;
mod exponential;
mod gamma;
mod hyperexponential;
mod lognormal;
#[cfg(test)]
mod tests;
mod weibull;

use std::fmt;

use super::law::Law;

pub use anderson_darling::anderson_darling;
pub use bootstrap::{Bootstrap, Refit, interval, level};
pub use durations::{Durations, Step, Tie, Unusable};

/// Every family that can be fitted, in the order of names.
pub const FAMILIES: &[Family] =
    &[exponential::FAMILY, gamma::FAMILY, hyperexponential::FAMILY, lognormal::FAMILY, weibull::FAMILY];

/// Laws that differ in their parameters.
#[derive(Clone, Copy)]
pub struct Family {
    /// The name that scenarios have for the law.
    pub name: &'static str,
    /// How many numbers are fitted.
    pub degrees: usize,
    /// The parameters that together with the mean make the law.
    pub parameters: &'static [Parameter],
    /// The most likely law.
    solve: fn(&Durations) -> Result<Law, Unfit>,
    /// The values of `parameters`.
    values: fn(&Law) -> Vec<f64>,
    /// What else books call a parameter of it, and what says the law where the mean says little.
    pub derived: &'static [Parameter],
    /// The values of `derived`.
    derive: fn(&Law) -> Vec<f64>,
    /// The law with these values and this mean \[s\].
    law: fn(&[f64], f64) -> Option<Law>,
}

/// A parameter of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// What it is called.
    pub name: &'static str,
    /// `s`, `ratio`, `1`, or `ln s` for the logarithm of seconds.
    pub unit: &'static str,
}

/// Why a family cannot be fitted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Too few durations were seen to end.
    #[error("it takes at least {needed} different durations that were seen to end")]
    TooFew {
        /// So many different ones are needed.
        needed: usize,
    },
    /// A single exponential is as likely as any two.
    #[error("no two exponentials are more likely than one")]
    NoMixture {
        /// Mean of that one \[s\].
        mean: f64,
    },
    /// The likelihood has no maximum that can be found.
    #[error("no parameters are the most likely")]
    NoMaximum,
}

impl Family {
    /// The family of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FAMILIES.iter().find(|family| family.name == name)
    }

    /// The law of this family under which the durations are most likely.
    ///
    /// # Errors
    ///
    /// [`Unfit`].
    pub fn fit(&self, durations: &Durations) -> Result<Law, Unfit> {
        if durations.observed().len() < self.degrees {
            return Err(Unfit::TooFew { needed: self.degrees });
        }
        let law = (self.solve)(durations)?;
        let is_usable = log_likelihood(&law, durations).is_finite() && law.mean().is_finite();
        if is_usable { Ok(law) } else { Err(Unfit::NoMaximum) }
    }

    /// The values of the parameters of a law of this family.
    pub fn values(&self, law: &Law) -> Vec<f64> {
        (self.values)(law)
    }

    /// The values of what is derived from the parameters of a law of this family.
    pub fn derived(&self, law: &Law) -> Vec<f64> {
        (self.derive)(law)
    }

    /// The law with these parameters and this mean \[s\]; `None` when there is none.
    pub fn law(&self, values: &[f64], mean: f64) -> Option<Law> {
        (self.law)(values, mean)
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Family").field(&self.name).finish()
    }
}

/// The logarithm of the likelihood: log-densities of the durations that ended, log-survivals of those that did not.
///
/// ```text
/// L = sum ln f(x_i) + sum ln S(c_j)
/// ```
///
/// Source: Meeker and Escobar, Statistical Methods for Reliability Data (1998), section 2.4.
pub fn log_likelihood(law: &Law, durations: &Durations) -> f64 {
    let ended: f64 = durations.observed().iter().map(|one| one.count * law.log_density(one.time)).sum();
    let going: f64 = durations.censored().iter().map(|one| one.count * law.log_survival(one.time)).sum();
    ended + going
}

/// Akaike's information criterion, 2 degrees - 2 log-likelihood: the law with the least is the best description.
///
/// Source: Akaike, A new look at the statistical model identification (1974), equation 15.
///
/// ```
/// assert_eq!(ninefold::analysis::fit::aic(-100.0, 2), 204.0);
/// ```
pub fn aic(log_likelihood: f64, degrees: usize) -> f64 {
    2.0 * degrees as f64 - 2.0 * log_likelihood
}
