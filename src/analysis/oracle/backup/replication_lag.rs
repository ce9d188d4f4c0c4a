//! A copy that is always a little behind.

use super::LOSS;
use crate::analysis::law::Law;
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "replication-lag",
    summary: "Data that is lost when a copy that lags behind takes over.",
    formula: "span lost = the lag at the failure; writes lost = write_rate E[lag]",
    domain: "Asynchronous replication, a failure at a time that has nothing to do with the lag, takeover at once.",
    source: "Little's law: Kleinrock, Queueing Systems I, section 2.1.",
    arguments: &[
        Argument::number("lag", "s", "how far the copy is behind at a random time").of(Kind::Law),
        Argument::number("write_rate", "1/s", "writes per time"),
    ],
    answers: &[
        LOSS,
        Answer::new("loss_p50", "s", "span of data that half of the failures do not exceed"),
        Answer::new("loss_p95", "s", "span of data that 95 % of the failures do not exceed"),
        Answer::new("loss_p99", "s", "span of data that 99 % of the failures do not exceed"),
        Answer::new("lost_writes_mean", "1", "mean number of writes that a failure loses"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (lag, rate) = (arguments.law("lag")?, arguments.number("write_rate")?);
    let mut answers = vec![lag.mean()];
    answers.extend([0.5, 0.95, 0.99].map(|level| lag.quantile(level)));
    answers.push(lost_writes_mean(&lag, rate)?);
    Ok(answers.into_iter().map(Value::from).collect())
}

/// Mean number of writes that are lost when a copy that lags behind takes over.
///
/// ```text
/// write_rate E[lag]
/// ```
///
/// Source: Kleinrock, Queueing Systems volume I, section 2.1 (Little's law).
///
/// # Errors
///
/// A negative rate.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::lost_writes_mean;
/// assert_eq!(lost_writes_mean(&Law::Exponential { mean: 0.5 }, 100.0), Ok(50.0));
/// ```
pub fn lost_writes_mean(lag: &Law, write_rate: f64) -> Result<f64, OracleError> {
    Ok(not_negative("write_rate", write_rate)? * lag.mean())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate_tail;

    #[test]
    fn writes_that_are_still_on_their_way_are_lost() {
        // A write made s seconds ago has not arrived with the probability that the lag exceeds s.
        let lag = Law::weibull(0.3, 0.8);
        let counted = integrate_tail(0.0, 0.3, |age| 20.0 * lag.survival(age));
        assert!((lost_writes_mean(&lag, 20.0).unwrap() / counted - 1.0).abs() < 1e-9);
        assert!(lost_writes_mean(&lag, -1.0).is_err());
    }
}
