//! The arguments that a claim gives its formula.

use std::collections::BTreeMap;

use crate::analysis::law::Law;
use crate::analysis::oracle::{Given, OracleError};
use crate::kernel::distribution::DistributionSettings;
use crate::scenario;

/// The arguments of a claim as its formula takes them.
pub(in crate::experiment) fn given(
    arguments: &BTreeMap<String, scenario::Given>,
) -> Result<BTreeMap<String, Given>, OracleError> {
    let one = |(name, given): (&String, &scenario::Given)| {
        let given = match given {
            scenario::Given::Numbers(values) => Given::Numbers(values.clone()),
            scenario::Given::Laws(laws) => Given::Laws(laws.iter().map(law).collect::<Result<_, _>>()?),
        };
        Ok((name.clone(), given))
    };
    arguments.iter().map(one).collect()
}

/// The law that a scenario writes, as a formula knows it.
///
/// # Errors
///
/// Measured data have no formula; parameters that the law does not allow.
pub(super) fn law(settings: &DistributionSettings) -> Result<Law, OracleError> {
    let outside = |reason: String| OracleError::Outside { reason };
    let law = match settings {
        DistributionSettings::Constant(one) => Law::Constant { value: one.mean.as_secs() },
        DistributionSettings::Exponential(one) => Law::Exponential { mean: one.mean.as_secs() },
        DistributionSettings::Uniform(one) => {
            Law::Uniform { low: one.low.as_secs(), high: one.high.as_secs() }
        }
        DistributionSettings::Erlang(one) => {
            Law::Gamma { shape: f64::from(one.stages), mean: one.mean.as_secs() }
        }
        DistributionSettings::Gamma(one) => Law::Gamma { shape: one.shape, mean: one.mean.as_secs() },
        DistributionSettings::Hyperexponential(one) => {
            match (&one.probabilities, &one.means, one.mean, one.cv) {
                (Some(probabilities), Some(means), None, None) => {
                    let shares = probabilities.iter().map(|share| share.get());
                    let means = means.iter().map(|mean| mean.as_secs());
                    Law::Hyperexponential { branches: shares.zip(means).collect() }
                }
                (None, None, Some(mean), Some(cv)) => Law::balanced(mean.as_secs(), cv),
                _ => return Err(outside("give either probabilities and means, or mean and cv".to_owned())),
            }
        }
        DistributionSettings::Lognormal(one) => match (one.mean, one.cv, one.mu, one.sigma) {
            (Some(mean), Some(cv), None, None) => Law::lognormal(mean.as_secs(), cv),
            (None, None, Some(mu), Some(sigma)) => Law::Lognormal { mu, sigma },
            _ => return Err(outside("give either mean and cv, or mu and sigma".to_owned())),
        },
        DistributionSettings::Weibull(one) => Law::weibull(one.mean.as_secs(), one.shape),
        DistributionSettings::Pareto(one) => Law::Pareto { minimum: one.minimum.as_secs(), shape: one.shape },
        DistributionSettings::Empirical(_) => {
            return Err(outside("measured data are no distribution that a formula knows".to_owned()));
        }
    };
    if law.mean().is_nan() {
        return Err(outside(format!("this {} distribution has no mean", law.name())));
    }
    Ok(law)
}
