//! The formula M = sum p / sum (1/p).

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "monitoring-efficiency",
    summary: "Arithmetic times harmonic mean of polling rates, which some articles call efficiency.",
    formula: "M = (p_1 + ... + p_n) / (1/p_1 + ... + 1/p_n)",
    domain: "Arithmetic only: its unit is that of p squared, so that it is neither a rate, a time nor a load; for \
             those see polling. Its root lies between the harmonic and the arithmetic mean.",
    source: "Arithmetic; Hardy, Littlewood and Polya, Inequalities (1934), chapter 2.",
    arguments: &[Argument::number("p", "1/s", "polling rate of each monitor").of(Kind::Numbers)],
    answers: &[
        Answer::new("efficiency", "1/s^2", "M"),
        Answer::new("arithmetic_mean", "1/s", "mean polling rate"),
        Answer::new("harmonic_mean", "1/s", "harmonic mean of the polling rates"),
        Answer::new("geometric_mean", "1/s", "geometric mean of the polling rates"),
        Answer::new("root", "1/s", "square root of M"),
    ],
    solve: |arguments| {
        let found = monitoring_efficiency(&arguments.numbers("p")?)?;
        let MonitoringEfficiency { efficiency, arithmetic_mean, harmonic_mean, geometric_mean } = found;
        let root = efficiency.sqrt();
        Ok([efficiency, arithmetic_mean, harmonic_mean, geometric_mean, root].map(Into::into).to_vec())
    },
};

/// M and the means that it consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MonitoringEfficiency {
    /// M \[1/s^2\].
    pub efficiency: f64,
    /// Arithmetic mean of the rates \[1/s\].
    pub arithmetic_mean: f64,
    /// Harmonic mean of the rates \[1/s\].
    pub harmonic_mean: f64,
    /// Geometric mean of the rates \[1/s\].
    pub geometric_mean: f64,
}

/// M = sum p / sum (1/p), the arithmetic times the harmonic mean.
///
/// `rates` are the `p_i` \[1/s\], each positive. For two monitors M is their product.
///
/// Source: Hardy, Littlewood and Polya (1934), chapter 2, for the means.
///
/// # Errors
///
/// A rate that is not positive and finite, or none at all.
///
/// # Examples
///
/// ```
/// let found = ninefold::analysis::oracle::monitoring_efficiency(&[3.0, 12.0]).unwrap();
/// assert!((found.efficiency - 36.0).abs() < 1e-12 && (found.geometric_mean - 6.0).abs() < 1e-12);
/// ```
pub fn monitoring_efficiency(rates: &[f64]) -> Result<MonitoringEfficiency, OracleError> {
    if rates.is_empty() {
        return Err(OracleError::Count { argument: "p", found: 0, expected: "at least one" });
    }
    positive("p", rates)?;
    let count = rates.len() as f64;
    let sum: f64 = rates.iter().sum();
    let reciprocals: f64 = rates.iter().map(|rate| 1.0 / rate).sum();
    let logarithms: f64 = rates.iter().map(|rate| rate.ln()).sum();
    Ok(MonitoringEfficiency {
        efficiency: sum / reciprocals,
        arithmetic_mean: sum / count,
        harmonic_mean: count / reciprocals,
        geometric_mean: (logarithms / count).exp(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_product_of_two_means_and_its_root_lies_between_them() {
        for rates in [vec![1.0, 2.0, 4.0], vec![0.1, 0.5], vec![2.0; 3], vec![0.3, 0.7, 11.0, 5.0]] {
            let found = monitoring_efficiency(&rates).unwrap();
            let product = found.arithmetic_mean * found.harmonic_mean;
            assert!((found.efficiency / product - 1.0).abs() < 1e-12);
            let root = found.efficiency.sqrt();
            assert!(root <= found.arithmetic_mean + 1e-12 && root >= found.harmonic_mean - 1e-12);
        }
        assert!(monitoring_efficiency(&[]).is_err() && monitoring_efficiency(&[0.0]).is_err());
    }
}
