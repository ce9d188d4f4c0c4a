//! A balancer that goes on sending to failed replicas until it has noticed.

use super::k_of_n::binomial;
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "detection-lag",
    summary: "Share of requests that fail because the balancer has not yet noticed a failure.",
    formula: "q (1 - c^n) + c^n, q = b / (a + b), with a, b, c the shares up, down unnoticed, down noticed",
    domain: "Independent replicas, any laws; picks at random among those not noticed to be down; replicas rejoin at \
             their repair; hardly any load; a retry goes at once to another replica if there is one.",
    source: "Renewal-reward theorem: Ross, Introduction to Probability Models, section 7.4, and exchangeability.",
    arguments: &[
        Argument::number("servers", "1", "number of replicas"),
        Argument::number("up", "s", "mean time to failure of a replica"),
        Argument::number("detection", "s", "mean time from the failure until the balancer knows"),
        Argument::number("repair", "s", "mean time from then until the replica is up"),
    ],
    answers: &[
        Answer::new("availability_request", "ratio", "share of requests that succeed at the first try"),
        Answer::new("failure_ratio", "ratio", "share of requests that fail without a retry"),
        Answer::new("failure_ratio_retried", "ratio", "share of requests that fail with one retry elsewhere"),
        Answer::new("rotation_empty", "ratio", "share of the time that every replica is known to be down"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let answer = detection_lag(
        arguments.count("servers", 1)?,
        arguments.number("up")?,
        arguments.number("detection")?,
        arguments.number("repair")?,
    )?;
    let values = [1.0 - answer.failure, answer.failure, answer.failure_retried, answer.rotation_empty];
    Ok(values.map(Value::from).to_vec())
}

/// What a late balancer does to requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectionLag {
    /// Share of requests that fail without a retry.
    pub failure: f64,
    /// Share of requests that fail with one retry, on another replica if there is one.
    pub failure_retried: f64,
    /// Share of the time that every replica is known to be down.
    pub rotation_empty: f64,
}

/// Shares of requests that fail because a balancer learns of failures late.
///
/// ```text
/// a, b, c = up, detection, repair over their sum;  q = b / (a + b);  m = number in rotation
/// P(fail) = q (1 - c^n) + c^n,  with one retry P(m = 0) + P(m = 1) q + P(m >= 2) q^2
/// ```
///
/// Each of `servers` replicas is up for a mean time `up`, down unnoticed for `detection`, then down and out of rotation
/// for `repair`. Exact for any laws: whatever their number, those in rotation are failed independently with
/// probability q.
///
/// Source: Ross, Introduction to Probability Models, section 7.4 (renewal rewards).
///
/// # Errors
///
/// No replica, an `up` that is not positive, a negative time.
///
/// # Examples
///
/// Up for 100 s, unnoticed for 20 s, repaired in 30 s, two replicas: 1/6 of 0.96 and 0.04.
///
/// ```
/// use ninefold::analysis::oracle::detection_lag;
/// let pair = detection_lag(2, 100.0, 20.0, 30.0).unwrap();
/// assert!((pair.failure - 0.2).abs() < 1e-12);
/// ```
pub fn detection_lag(
    servers: u32,
    up: f64,
    detection: f64,
    repair: f64,
) -> Result<DetectionLag, OracleError> {
    if servers == 0 {
        return Err(OracleError::Outside { reason: "there is no replica".to_owned() });
    }
    positive("up", &[up])?;
    not_negative("detection", detection)?;
    not_negative("repair", repair)?;
    let failed = detection / (up + detection);
    let known = repair / (up + detection + repair);
    let empty = known.powf(f64::from(servers));
    let one = if known > 0.0 { binomial(servers, 1, 1.0 - known) } else { f64::from(servers == 1) };
    Ok(DetectionLag {
        failure: failed * (1.0 - empty) + empty,
        failure_retried: empty + one * failed + (1.0 - empty - one).max(0.0) * failed * failed,
        rotation_empty: empty,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over how many replicas are up and how many down unnoticed.
    fn slowly(servers: u32, shares: [f64; 3]) -> (f64, f64) {
        let factorial = |number: u32| (1..=number).map(f64::from).product::<f64>();
        let (mut failure, mut retried) = (0.0, 0.0);
        for up in 0..=servers {
            for unnoticed in 0..=servers - up {
                let known = servers - up - unnoticed;
                let ways = factorial(servers) / (factorial(up) * factorial(unnoticed) * factorial(known));
                let chance = ways
                    * shares[0].powi(up as i32)
                    * shares[1].powi(unnoticed as i32)
                    * shares[2].powi(known as i32);
                let (bad, all) = (f64::from(unnoticed), f64::from(up + unnoticed));
                let first = if all == 0.0 { 1.0 } else { bad / all };
                let second = if all <= 1.0 { first } else { first * (bad - 1.0) / (all - 1.0) };
                failure += chance * first;
                retried += chance * second;
            }
        }
        (failure, retried)
    }

    #[test]
    fn shares_are_those_of_a_sum_over_all_states() {
        for (servers, times) in [(5, [1000.0, 5.0, 60.0]), (3, [200.0, 10.0, 120.0]), (1, [10.0, 1.0, 4.0])] {
            let whole: f64 = times.iter().sum();
            let (failure, retried) = slowly(servers, times.map(|time| time / whole));
            let answer = detection_lag(servers, times[0], times[1], times[2]).unwrap();
            assert!((answer.failure / failure - 1.0).abs() < 1e-12);
            assert!((answer.failure_retried / retried - 1.0).abs() < 1e-9, "{servers}");
        }
    }

    #[test]
    fn a_balancer_that_knows_at_once_fails_only_when_all_are_down() {
        let answer = detection_lag(2, 9.0, 0.0, 1.0).unwrap();
        assert!((answer.failure - 0.01).abs() < 1e-15 && (answer.failure_retried - 0.01).abs() < 1e-15);
        assert!((detection_lag(3, 1.0, 1.0, 0.0).unwrap().failure - 0.5).abs() < 1e-15);
        assert!(detection_lag(0, 1.0, 1.0, 1.0).is_err() && detection_lag(1, 0.0, 1.0, 1.0).is_err());
    }
}
