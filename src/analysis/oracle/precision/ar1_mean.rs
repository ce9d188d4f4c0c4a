//! Means of observations each of which remembers the last.

use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "ar1-mean",
    summary: "Variance of the mean of autoregressive observations, and what batch means make of it.",
    formula: "var(mean of n) = v/n ((1 + phi)/(1 - phi) - 2 phi (1 - phi^n) / (n (1 - phi)^2)), v = variance / (1 - \
              phi^2)",
    domain: "x_k = phi x_(k-1) + independent innovations, started stationary.",
    source: "Law, Simulation Modeling and Analysis (5th ed.), section 4.4, with the autocovariances phi^k v; batch \
             means: section 9.5.",
    arguments: &[
        Argument::number("phi", "ratio", "correlation of neighbours, between -1 and 1"),
        Argument::number("n", "1", "number of observations"),
        Argument::number("batch", "1", "observations in a batch, a divisor of their number").or(1.0),
        Argument::number("variance", "1", "variance of the innovations").or(1.0),
    ],
    answers: &[
        Answer::new("mean_variance", "1", "variance of the mean"),
        Answer::new("mean_variance_rough", "1", "the same for large n"),
        Answer::new("variance", "1", "variance of an observation"),
        Answer::new("batch_variance", "1", "variance of the mean of a batch"),
        Answer::new("batch_estimate", "1", "what batch means report on average as the variance of the mean"),
        Answer::new("batch_bias", "1", "that over the true variance of the mean"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let series = Ar1::new(arguments.number("phi")?, arguments.number("variance")?)?;
    let (n, batch) = (arguments.count("n", 1)?, arguments.count("batch", 1)?);
    let batches = n / batch;
    if n % batch != 0 || batches < 2 {
        let reason = format!("{n} observations are not two or more whole batches of {batch}");
        return Err(OracleError::Outside { reason });
    }
    let (mean, of_batch) = (series.mean_variance(n), series.mean_variance(batch));
    // Sample variance of the batch means, over their number.
    let estimate = (of_batch - mean) / f64::from(batches - 1);
    let rough = series.innovation / (f64::from(n) * (1.0 - series.phi).powi(2));
    let values = [mean, rough, series.variance(), of_batch, estimate, estimate / mean];
    Ok(values.map(Value::from).to_vec())
}

/// Observations that are each `phi` times the last plus an independent innovation, started stationary.
///
/// ```text
/// v = variance / (1 - phi^2),  covariance k apart = phi^k v
/// var(mean of n) = v/n ((1 + phi)/(1 - phi) - 2 phi (1 - phi^n) / (n (1 - phi)^2))
/// ```
///
/// Source: Law, Simulation Modeling and Analysis (5th ed.), section 4.4.
///
/// # Examples
///
/// Independent observations: the variance of one over their number.
///
/// ```
/// use ninefold::analysis::oracle::Ar1;
/// assert!((Ar1::new(0.0, 1.0).unwrap().mean_variance(25) - 0.04).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ar1 {
    phi: f64,
    innovation: f64,
}

impl Ar1 {
    /// Observations with this correlation of neighbours, strictly between -1 and 1, and variance of the innovations.
    ///
    /// # Errors
    ///
    /// A correlation or variance outside that.
    pub fn new(phi: f64, innovation: f64) -> Result<Self, OracleError> {
        if !(phi > -1.0 && phi < 1.0) {
            let expected = "strictly between -1 and 1";
            return Err(OracleError::Domain { argument: "phi", value: phi, expected });
        }
        positive("variance", &[innovation])?;
        Ok(Self { phi, innovation })
    }

    /// The variance of an observation.
    pub fn variance(&self) -> f64 {
        self.innovation / (1.0 - self.phi * self.phi)
    }

    /// The variance of the mean of this many observations in a row, at least 1.
    pub fn mean_variance(&self, number: u32) -> f64 {
        let (phi, count) = (self.phi, f64::from(number));
        let rest = 1.0 - phi;
        let ends = 2.0 * phi * (1.0 - phi.powf(count)) / (count * rest * rest);
        self.variance() / count * ((1.0 + phi) / rest - ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variance_is_the_sum_of_all_covariances() {
        for phi in [-0.6_f64, 0.0, 0.9] {
            let series = Ar1::new(phi, 2.0).unwrap();
            for number in [1, 2, 30] {
                let mut sum = 0.0;
                for one in 0..number {
                    for two in 0..number {
                        sum += phi.powi(i32::abs(one - two)) * 2.0 / (1.0 - phi * phi);
                    }
                }
                let slow = sum / f64::from(number * number);
                assert!(
                    (series.mean_variance(number.cast_unsigned()) / slow - 1.0).abs() < 1e-11,
                    "{phi} {number}"
                );
            }
        }
        assert!(Ar1::new(1.0, 1.0).is_err() && Ar1::new(0.5, 0.0).is_err());
    }
}
