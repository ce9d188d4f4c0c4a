//! As many servers as jobs.

use super::station::{IN_SYSTEM, SOJOURN_MEAN};
use super::{RATE, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mg-infinity",
    summary: "Jobs that are all served at once, however many there are.",
    formula: "L = rate service_mean, P(n in service) = exp(-L) L^n / n!",
    domain: "Poisson arrivals, service of any distribution, no limit.",
    source: "Kleinrock, Queueing Systems I (1975), section 3.3; any distribution: Ross, Introduction to Probability \
             Models, section 5.3.",
    arguments: &[RATE, SERVICE_MEAN],
    answers: &[
        SOJOURN_MEAN,
        IN_SYSTEM,
        Answer::new("idle_ratio", "ratio", "share of the time that nobody is there"),
    ],
    solve: |arguments| {
        let service_mean = arguments.number("service_mean")?;
        let load = mg_infinity(arguments.number("rate")?, service_mean)?;
        Ok(vec![service_mean.into(), load.into(), (-load).exp().into()])
    },
};

/// Mean number of jobs that are all served at once.
///
/// ```text
/// L = rate service_mean
/// ```
///
/// `rate` is that of the Poisson arrivals \[1/s\] and `service_mean` the mean time in service \[s\], both positive. The
/// number is Poisson distributed whatever the law of the service.
///
/// Source: Ross, Introduction to Probability Models, section 5.3 (example of an infinite server queue).
///
/// # Errors
///
/// A rate or a mean that is not positive and finite.
///
/// # Examples
///
/// Calls that come 20 times a minute and last 3 minutes: 60 at once.
///
/// ```
/// use ninefold::analysis::oracle::mg_infinity;
/// assert!((mg_infinity(20.0 / 60.0, 180.0).unwrap() - 60.0).abs() < 1e-12);
/// ```
pub fn mg_infinity(rate: f64, service_mean: f64) -> Result<f64, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    Ok(rate * service_mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::mmc;

    #[test]
    fn it_is_the_limit_of_many_servers() {
        let many = mmc(5.0, 2.0, 200).unwrap();
        assert!((many.in_system_mean - mg_infinity(5.0, 2.0).unwrap()).abs() < 1e-9);
        assert!(mg_infinity(-1.0, 1.0).is_err() && mg_infinity(1.0, 0.0).is_err());
    }
}
