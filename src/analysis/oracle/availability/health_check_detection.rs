//! How long health checks take to find a failure, and how often they find one that is none.

use crate::analysis::oracle::domain::{not_negative, probability, repeats};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "health-check-detection",
    summary: "Time that periodic health checks take to find a failed replica, and time between false alarms.",
    formula: "mttd = interval / 2 + (failures - 1) interval + timeout; probes to a false alarm (1 - p^k) / (p^k (1 - p))",
    domain: "Probes start every interval, a failure at a random phase; a probe of a failed replica fails when its \
             timeout is over; probes of a good one fail independently.",
    source: "Runs of failures: Feller, An Introduction to Probability Theory I (3rd ed.), equation XIII.7.7.",
    arguments: &[
        Argument::number("interval", "s", "time from the start of a probe to the next start"),
        Argument::number("failures", "1", "failed probes in a row that mark a replica as down"),
        Argument::number("timeout", "s", "time until a probe without an answer has failed").or(0.0),
        Argument::number("false_failure", "ratio", "probability that a probe of a good replica fails")
            .or(0.0),
    ],
    answers: &[
        Answer::new("mttd", "s", "mean time from the failure to its detection"),
        Answer::new("detection_min", "s", "shortest time to detection"),
        Answer::new("detection_max", "s", "longest time to detection"),
        Answer::new(
            "false_alarm_probes",
            "1",
            "mean number of probes to the first false alarm; infinite without one",
        ),
        Answer::new("false_alarm_time", "s", "mean time to the first false alarm"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (interval, timeout) = (arguments.number("interval")?, arguments.number("timeout")?);
    let failures = arguments.count("failures", 1)?;
    let mean = detection_mean(interval, failures, timeout)?;
    let probes = false_alarm_probes(failures, arguments.number("false_failure")?)?;
    let half = interval / 2.0;
    Ok([mean, mean - half, mean + half, probes, probes * interval].map(Value::from).to_vec())
}

/// Mean time from a failure to its detection by `failures` failed probes in a row.
///
/// ```text
/// interval / 2 + (failures - 1) interval + timeout
/// ```
///
/// The failure falls at a random phase of the `interval`, so that the first probe that finds it starts after half of
/// it on average; a probe fails when its `timeout` is over. The time is uniform within half an interval of its mean.
///
/// # Errors
///
/// An interval that is not positive, a negative timeout, no probe.
///
/// # Examples
///
/// Every 10 s, 3 in a row, 2 s each: 5 + 20 + 2 s.
///
/// ```
/// use ninefold::analysis::oracle::detection_mean;
/// assert!((detection_mean(10.0, 3, 2.0).unwrap() - 27.0).abs() < 1e-12);
/// ```
pub fn detection_mean(interval: f64, failures: u32, timeout: f64) -> Result<f64, OracleError> {
    positive("interval", &[interval])?;
    if failures == 0 {
        return Err(OracleError::Outside { reason: "no failed probe detects nothing".to_owned() });
    }
    Ok((f64::from(failures) - 0.5) * interval + not_negative("timeout", timeout)?)
}

/// Mean number of probes until `failures` in a row have failed by chance, each with probability `chance`.
///
/// ```text
/// (1 - p^k) / (p^k (1 - p))
/// ```
///
/// Source: Feller, An Introduction to Probability Theory and Its Applications I (3rd ed.), equation XIII.7.7.
///
/// # Errors
///
/// A chance that is no probability, no probe or more than 1,000.
///
/// # Examples
///
/// Two heads in a row take six throws of a coin.
///
/// ```
/// use ninefold::analysis::oracle::false_alarm_probes;
/// assert!((false_alarm_probes(2, 0.5).unwrap() - 6.0).abs() < 1e-12);
/// ```
pub fn false_alarm_probes(failures: u32, chance: f64) -> Result<f64, OracleError> {
    probability("false_failure", chance)?;
    repeats("failures", failures)?;
    if failures == 0 {
        return Err(OracleError::Outside { reason: "no failed probe detects nothing".to_owned() });
    }
    // 1/p + 1/p^2 + ... + 1/p^k, which also holds for p = 1.
    Ok((0..failures).fold(0.0, |sum, _| (sum + 1.0) / chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_those_of_the_chain_of_failures_in_a_row() {
        // From j in a row: one probe, then j + 1 or none; solved from the end.
        let chance: f64 = 0.3;
        for failures in 1..6 {
            // steps(j) = a_j + b_j steps(0)
            let (mut a, mut b) = (0.0, 0.0);
            for _ in 0..failures {
                (a, b) = (1.0 + chance * a, chance * b + 1.0 - chance);
            }
            let expected: f64 = a / (1.0 - b);
            assert!((false_alarm_probes(failures, chance).unwrap() / expected - 1.0).abs() < 1e-12);
        }
        assert!(false_alarm_probes(3, 0.0).unwrap().is_infinite());
        assert_eq!(false_alarm_probes(3, 1.0), Ok(3.0));
    }

    #[test]
    fn impossible_checks_are_refused() {
        assert!(detection_mean(0.0, 3, 2.0).is_err());
        assert!(detection_mean(1.0, 0, 2.0).is_err());
        assert!(detection_mean(1.0, 3, -2.0).is_err());
        assert!(false_alarm_probes(0, 0.5).is_err());
    }
}
