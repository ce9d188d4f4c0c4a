//! What a bad release costs until it is taken back.

use super::{PERIOD, TARGET, budget};
use crate::analysis::oracle::domain::{not_negative, probability};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "canary-exposure",
    summary: "What a bad release costs that gets a share of the requests until it is found and taken back.",
    formula: "failing = share error_ratio, downtime = failing (detection + rollback), \
              budget_used = downtime / ((1 - target) period)",
    domain: "Means, for steady traffic of which the release gets the same share all the time; what it does not get succeeds.",
    source: "B. Beyer et al., The Site Reliability Workbook (2018), chapter 16, Canarying Releases.",
    arguments: &[
        Argument::number("share", "ratio", "share of requests that the release gets"),
        Argument::number("error_ratio", "ratio", "share of these that it fails"),
        Argument::number("detection", "s", "time from its beginning until it is found to be bad"),
        Argument::number("rollback", "s", "time from then on until it gets no request").or(0.0),
        TARGET,
        PERIOD,
    ],
    answers: &[
        Answer::new("budget_used", "ratio", "share of the error budget that it uses"),
        Answer::new("failure_ratio", "ratio", "share of all requests that fail while it is there"),
        Answer::new("availability_request", "ratio", "share of all requests that succeed while it is there"),
        Answer::new("downtime", "s", "time in which as many requests fail if all do"),
        Answer::new("burn", "1", "how many times as fast as allowed it uses the budget"),
        Answer::new("exposed", "s", "how long it is there"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let release = CanaryExposure {
        share: arguments.number("share")?,
        error_ratio: arguments.number("error_ratio")?,
        detection: arguments.number("detection")?,
        rollback: arguments.number("rollback")?,
    };
    let answer = release.of(arguments.number("target")?, arguments.number("period")?)?;
    let values = [
        answer.budget_used,
        answer.failure_ratio,
        1.0 - answer.failure_ratio,
        answer.downtime,
        answer.burn,
        answer.exposed,
    ];
    Ok(values.map(Value::from).to_vec())
}

/// A bad release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CanaryExposure {
    /// Share of the requests that it gets.
    pub share: f64,
    /// Share of these that it fails.
    pub error_ratio: f64,
    /// Time from its beginning until it is found to be bad \[s\].
    pub detection: f64,
    /// Time from then on until it gets no request \[s\].
    pub rollback: f64,
}

/// What a bad release costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CanaryExposureAnswer {
    /// Share of all requests that fail while it is there.
    pub failure_ratio: f64,
    /// Time in which as many requests fail if all do \[s\].
    pub downtime: f64,
    /// Share of the error budget that it uses.
    pub budget_used: f64,
    /// How many times as fast as allowed it uses the budget.
    pub burn: f64,
    /// How long it is there \[s\].
    pub exposed: f64,
}

impl CanaryExposure {
    /// What it costs of the budget that an objective of `target` leaves for a `period` \[s\].
    ///
    /// ```text
    /// failure_ratio = share error_ratio
    /// downtime      = failure_ratio (detection + rollback)
    /// budget_used   = downtime / ((1 - target) period)
    /// ```
    ///
    /// Means; steady traffic, of which the release gets the same share all the time.
    ///
    /// Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 16, Canarying Releases.
    ///
    /// # Errors
    ///
    /// A share that is no probability, a negative time, a target of 1 or outside 0 to 1, a period that is not positive.
    ///
    /// # Examples
    ///
    /// The source's release, which fails a fifth of its requests: a canary of 5 % makes it 1 % of all.
    ///
    /// ```
    /// use ninefold::analysis::oracle::CanaryExposure;
    /// let canary = CanaryExposure { share: 0.05, error_ratio: 0.2, detection: 1500.0, rollback: 300.0 };
    /// let answer = canary.of(0.999, 30.0 * 86_400.0).unwrap();
    /// assert!((answer.failure_ratio - 0.01).abs() < 1e-12 && (answer.downtime - 18.0).abs() < 1e-9);
    /// assert!((answer.budget_used - 18.0 / 2592.0).abs() < 1e-12);
    /// ```
    pub fn of(&self, target: f64, period: f64) -> Result<CanaryExposureAnswer, OracleError> {
        let may_fail = budget(target)?;
        positive("period", &[period])?;
        let failure_ratio = probability("share", self.share)? * probability("error_ratio", self.error_ratio)?;
        let exposed = not_negative("detection", self.detection)? + not_negative("rollback", self.rollback)?;
        let downtime = failure_ratio * exposed;
        Ok(CanaryExposureAnswer {
            failure_ratio,
            downtime,
            budget_used: downtime / (may_fail * period),
            burn: failure_ratio / may_fail,
            exposed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_requests_say_the_same() {
        // 1,000 requests a second for a day; a quarter of the eight minutes' go to the release, which fails half of them.
        let canary = CanaryExposure { share: 0.25, error_ratio: 0.5, detection: 420.0, rollback: 60.0 };
        let answer = canary.of(0.99, 86_400.0).unwrap();
        let (failed, allowed) = (1000.0 * 480.0 / 8.0, 1000.0 * 86_400.0 / 100.0);
        assert!((answer.budget_used / (failed / allowed) - 1.0).abs() < 1e-12);
        assert!((answer.downtime - failed / 1000.0).abs() < 1e-9);
        // At this rate all day it would use the budget as many times as it burns.
        assert!((answer.burn - answer.budget_used * 86_400.0 / answer.exposed).abs() < 1e-9);
    }

    #[test]
    fn impossible_releases_are_refused() {
        let canary = CanaryExposure { share: 0.25, error_ratio: 0.5, detection: 420.0, rollback: 60.0 };
        assert!(CanaryExposure { share: 1.5, ..canary }.of(0.99, 1.0).is_err());
        assert!(CanaryExposure { error_ratio: -0.5, ..canary }.of(0.99, 1.0).is_err());
        assert!(CanaryExposure { detection: f64::INFINITY, ..canary }.of(0.99, 1.0).is_err());
        assert!(CanaryExposure { rollback: -1.0, ..canary }.of(0.99, 1.0).is_err());
        assert!(canary.of(1.0, 1.0).is_err() && canary.of(0.99, 0.0).is_err());
    }
}
