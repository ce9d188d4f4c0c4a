//! Backups that cannot always be restored.

use super::{BackupLoss, DURATION, INTERVAL, LOSS};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "backup-corrupt",
    summary: "Span of data that a failure loses when some backups cannot be restored.",
    formula: "interval / 2 + duration + interval q / (1 - q)",
    domain: "As backup-loss; each backup is unusable independently, and then the next older one is taken.",
    source: "Geometric number of tries: Ross, Introduction to Probability Models, section 2.2.3.",
    arguments: &[
        INTERVAL,
        DURATION,
        Argument::number("corrupt", "ratio", "probability that a backup is unusable"),
    ],
    answers: &[
        LOSS,
        Answer::new("older_needed", "ratio", "probability that the newest backup is unusable"),
        Answer::new(
            "two_older_needed",
            "ratio",
            "probability of losing more than 2 intervals and the duration",
        ),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let corrupt = arguments.number("corrupt")?;
    let loss = loss_mean_corrupt(arguments.number("interval")?, arguments.number("duration")?, corrupt)?;
    Ok([loss, older_needed(corrupt, 1)?, older_needed(corrupt, 2)?].map(Value::from).to_vec())
}

/// Mean span of data that a failure loses when each backup is unusable with probability `corrupt`.
///
/// ```text
/// interval / 2 + duration + interval q / (1 - q)
/// ```
///
/// `interval` from start to start and `duration` as for [`BackupLoss`]; every unusable backup costs an interval more.
///
/// Source: Ross, Introduction to Probability Models, section 2.2.3 (geometric law).
///
/// # Errors
///
/// As [`BackupLoss::new`]; a probability that is not below 1.
///
/// # Examples
///
/// If every second backup is unusable, one more interval is lost on average.
///
/// ```
/// use ninefold::analysis::oracle::loss_mean_corrupt;
/// assert!((loss_mean_corrupt(24.0, 1.0, 0.5).unwrap() - 37.0).abs() < 1e-12);
/// ```
pub fn loss_mean_corrupt(interval: f64, duration: f64, corrupt: f64) -> Result<f64, OracleError> {
    let newest = BackupLoss::new(interval, duration)?.mean();
    let needed = older_needed(corrupt, 1)?;
    Ok(newest + interval * needed / (1.0 - needed))
}

/// Probability that the newest `number` of backups are all unusable, each with probability `corrupt`.
///
/// # Errors
///
/// A probability that is not below 1.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::older_needed;
/// assert!((older_needed(0.05, 2).unwrap() - 0.0025).abs() < 1e-15);
/// ```
pub fn older_needed(corrupt: f64, number: u32) -> Result<f64, OracleError> {
    if !(0.0..1.0).contains(&corrupt) {
        let expected = "from 0 to below 1";
        return Err(OracleError::Domain { argument: "corrupt", value: corrupt, expected });
    }
    Ok(corrupt.powf(f64::from(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_the_sum_over_how_many_are_unusable() {
        let sum: f64 = (0..400).map(|bad| 0.7 * 0.3_f64.powi(bad) * (4.0 + f64::from(bad) * 6.0)).sum();
        assert!((loss_mean_corrupt(6.0, 1.0, 0.3).unwrap() / sum - 1.0).abs() < 1e-13);
        assert!(loss_mean_corrupt(6.0, 1.0, 1.0).is_err());
        assert!(loss_mean_corrupt(6.0, 1.0, -0.1).is_err());
    }
}
