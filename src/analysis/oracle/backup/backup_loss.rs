//! Backups at fixed intervals: the newest complete one is some time old.

use super::{DURATION, INTERVAL, LOSS};
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "backup-loss",
    summary: "Span of data that a failure loses when backups are made at fixed intervals.",
    formula: "uniform from duration to interval + duration",
    domain: "Failures at random times that do not move the schedule; a backup holds the state at its start and is \
             worth nothing until it is complete; an older complete one always exists.",
    source: "Uniform phase of a Poisson event: Ross, Introduction to Probability Models, section 5.3.5.",
    arguments: &[
        INTERVAL,
        DURATION,
        Argument::number("up", "s", "mean time to failure"),
        Argument::number("year", "s", "length of a year").or(31_557_600.0),
    ],
    answers: &[
        LOSS,
        Answer::new("loss_min", "s", "least span of data that a failure loses"),
        Answer::new("loss_max", "s", "largest span of data that a failure loses"),
        Answer::new("loss_p50", "s", "span of data that half of the failures do not exceed"),
        Answer::new("loss_p95", "s", "span of data that 95 % of the failures do not exceed"),
        Answer::new("loss_p99", "s", "span of data that 99 % of the failures do not exceed"),
        Answer::new("loss_per_year", "s", "mean span of data lost in a year"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let loss = BackupLoss::new(arguments.number("interval")?, arguments.number("duration")?)?;
    let (up, year) = (arguments.positive("up")?, arguments.positive("year")?);
    let mut answers = vec![loss.mean()];
    answers.extend([0.0, 1.0, 0.5, 0.95, 0.99].map(|level| loss.quantile(level)));
    answers.push(loss.mean() * year / up);
    Ok(answers.into_iter().map(Value::from).collect())
}

/// The span of data that a failure loses when backups start every `interval` and take `duration`.
///
/// ```text
/// uniform from duration to interval + duration;  mean = interval / 2 + duration
/// ```
///
/// A failure finds the newest complete backup started between `duration` and `interval + duration` ago, equally likely
/// anywhere there.
///
/// Source: Ross, Introduction to Probability Models, section 5.3.5 (uniform phase of a Poisson event).
///
/// # Examples
///
/// Daily backups of one hour: 13 hours on average, 25 at worst.
///
/// ```
/// use ninefold::analysis::oracle::BackupLoss;
/// let daily = BackupLoss::new(24.0, 1.0).unwrap();
/// assert_eq!((daily.mean(), daily.quantile(1.0)), (13.0, 25.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackupLoss {
    interval: f64,
    duration: f64,
}

impl BackupLoss {
    /// Backups that start every `interval` and take `duration`.
    ///
    /// # Errors
    ///
    /// An interval that is not positive, a negative duration.
    pub fn new(interval: f64, duration: f64) -> Result<Self, OracleError> {
        positive("interval", &[interval])?;
        not_negative("duration", duration)?;
        Ok(Self { interval, duration })
    }

    /// The mean span of data lost.
    pub fn mean(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The span of data that is not exceeded with this probability.
    pub fn quantile(&self, level: f64) -> f64 {
        self.duration + self.interval * level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_over_all_phases() {
        // Backups start at 0, 6, 12, ... and take 8: at time t the newest complete one started by t - 8.
        let loss = BackupLoss::new(6.0, 8.0).unwrap();
        let steps = 60_000;
        let total: f64 = (0..steps)
            .map(|step| {
                let time = 600.0 + 6.0 * (f64::from(step) + 0.5) / f64::from(steps);
                time - ((time - 8.0) / 6.0).floor() * 6.0
            })
            .sum();
        assert!((total / f64::from(steps) - loss.mean()).abs() < 1e-9);
        assert!(BackupLoss::new(0.0, 1.0).is_err() && BackupLoss::new(1.0, -1.0).is_err());
    }
}
