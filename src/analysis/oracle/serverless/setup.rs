//! A server that is switched off when it is idle and must start before it works again.

use crate::analysis::law::Law;
use crate::analysis::oracle::queueing::{SERVICE, station};
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, Value, mg1};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "setup-queue",
    summary: "A queue at one server that is off when nobody is there and must start first (scale to zero).",
    formula: "T = T(M/G/1) + (2 E[Z] + rate E[Z^2]) / (2 (1 + rate E[Z])), Z the time to start",
    domain: "Poisson arrivals, independent service and starting times of any distribution, one server, first come first \
             served, no limit; it goes off as soon as nobody is there, and the next arrival starts it.",
    source: "Welch, On a generalized M/G/1 queuing process in which the first customer of each busy period receives \
             exceptional service, Operations Research 12 (1964).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        SERVICE,
        Argument::number("setup", "s", "time to start").of(Kind::Law),
    ],
    answers: &[
        station::SOJOURN_MEAN,
        station::WAIT_MEAN,
        station::IN_SYSTEM,
        Answer::new("cold_ratio", "ratio", "share of arrivals that find the server off"),
        Answer::new("setup_time_ratio", "ratio", "share of the time in which the server starts"),
        Answer::new("sojourn_mean_warm", "s", "what sojourn_mean would be if the server were always on"),
    ],
    solve: |arguments| {
        let (rate, service) = (arguments.number("rate")?, arguments.law("service")?);
        let setup = arguments.law("setup")?;
        let queue = setup_queue(rate, &service, &setup)?;
        let sojourn = queue.wait_mean + service.mean();
        let warm = mg1(rate, &service)?.sojourn_mean;
        let starting = rate * queue.cold_ratio * setup.mean();
        let answers = [sojourn, queue.wait_mean, rate * sojourn, queue.cold_ratio, starting, warm];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// A queue at a server that must start first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetupStation {
    /// Mean wait, that for the start included \[s\].
    pub wait_mean: f64,
    /// Share of arrivals that find the server off.
    pub cold_ratio: f64,
}

/// A queue at one server that is off when nobody is there and must start first.
///
/// ```text
/// W = W(M/G/1) + (2 E[Z] + rate E[Z^2]) / (2 (1 + rate E[Z])),  cold = (1 - rho) / (1 + rate E[Z])
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\], positive; laws of the `service` and of the time to start, `setup` (Z) \[s\].
/// With an exponential Z its mean is added to the wait.
///
/// Source: Welch, On a generalized M/G/1 queuing process..., Operations Research 12 (1964).
///
/// # Errors
///
/// As [`mg1`]; a time to start without a finite variance.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::setup_queue;
/// let service = Law::Exponential { mean: 1.0 };
/// let queue = setup_queue(0.5, &service, &Law::Exponential { mean: 10.0 }).unwrap();
/// assert!((queue.wait_mean - 11.0).abs() < 1e-12);
/// assert!((queue.cold_ratio - 1.0 / 12.0).abs() < 1e-12);
/// ```
pub fn setup_queue(rate: f64, service: &Law, setup: &Law) -> Result<SetupStation, OracleError> {
    let warm = mg1(rate, service)?;
    let (mean, square) = (setup.mean(), setup.moment(2));
    if !square.is_finite() {
        let expected = "a distribution with a finite variance";
        return Err(OracleError::Domain { argument: "setup", value: square, expected });
    }
    let starts = 1.0 + rate * mean;
    Ok(SetupStation {
        wait_mean: warm.wait_mean + (2.0 * mean + rate * square) / (2.0 * starts),
        cold_ratio: (1.0 - warm.utilisation) / starts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_to_start_is_mg1() {
        let service = Law::lognormal(1.0, 2.0);
        let queue = setup_queue(0.6, &service, &Law::Constant { value: 0.0 }).unwrap();
        assert!((queue.wait_mean / mg1(0.6, &service).unwrap().wait_mean - 1.0).abs() < 1e-12);
        assert!((queue.cold_ratio - 0.4).abs() < 1e-12);
        assert!(setup_queue(0.6, &service, &Law::Pareto { minimum: 1.0, shape: 2.0 }).is_err());
    }
}
