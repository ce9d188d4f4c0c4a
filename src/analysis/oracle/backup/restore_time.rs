//! How long it takes until everything is restored.

use super::{BackupLoss, DURATION, INTERVAL};
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "restore-time",
    summary: "Time from a failure until data is restored from a full backup, increments and the log.",
    formula: "detection + provision + full / speed + (m - 1)/2 increment / speed + replay (interval / 2 + duration)",
    domain: "As backup-loss; every m-th backup is full; the number of increments since is equally likely from 0 to \
             m - 1, whatever the phase of the failure.",
    source: "Sum of means.",
    arguments: &[
        INTERVAL,
        DURATION,
        Argument::number("detection", "s", "time from the failure to its detection").or(0.0),
        Argument::number("provision", "s", "time until there is something to restore to").or(0.0),
        Argument::number("full", "byte", "size of a full backup"),
        Argument::number("speed", "byte/s", "size restored per time"),
        Argument::number("chain", "1", "backups from a full one to the next: 1 if all are full").or(1.0),
        Argument::number("increment", "byte", "size of an increment").or(0.0),
        Argument::number("replay", "ratio", "time to replay the log over the time that it covers").or(0.0),
    ],
    answers: &[
        Answer::new("restore_mean", "s", "mean time from the failure until all is restored"),
        Answer::new("restore_max", "s", "longest time from the failure until all is restored"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let restore = Restore {
        loss: BackupLoss::new(arguments.number("interval")?, arguments.number("duration")?)?,
        before: not_negative("detection", arguments.number("detection")?)?
            + not_negative("provision", arguments.number("provision")?)?,
        chain: RestoreChain {
            full: arguments.number("full")? / arguments.positive("speed")?,
            increment: arguments.number("increment")? / arguments.positive("speed")?,
            length: arguments.count("chain", 1)?,
        },
        replay: arguments.number("replay")?,
    }
    .checked()?;
    Ok(vec![restore.mean().into(), restore.max().into()])
}

/// A full backup and the increments after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestoreChain {
    /// Time to restore the full backup.
    pub full: f64,
    /// Time to restore an increment.
    pub increment: f64,
    /// Backups from a full one to the next, at least 1.
    pub length: u32,
}

/// What is to be done until everything is restored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Restore {
    /// How old the newest backup is, and so how much log there is.
    pub loss: BackupLoss,
    /// Time until the restore begins: detection and provision.
    pub before: f64,
    /// The backups.
    pub chain: RestoreChain,
    /// Time to replay the log over the time that it covers.
    pub replay: f64,
}

/// ```text
/// mean = before + full + (length - 1)/2 increment + replay (interval / 2 + duration)
/// ```
///
/// # Examples
///
/// 500 GB at 200 GB/h, up to 6 increments of 20 GB, daily backups of 1 h, a log at twice the speed: 9.3 h, and 20
/// minutes before it starts.
///
/// ```
/// use ninefold::analysis::oracle::{BackupLoss, Restore, RestoreChain};
/// let chain = RestoreChain { full: 2.5, increment: 0.1, length: 7 };
/// let loss = BackupLoss::new(24.0, 1.0).unwrap();
/// let restore = Restore { loss, before: 1.0 / 3.0, chain, replay: 0.5 }.checked().unwrap();
/// assert!((restore.mean() - (9.3 + 1.0 / 3.0)).abs() < 1e-12);
/// ```
impl Restore {
    /// The restore, if it is possible.
    ///
    /// # Errors
    ///
    /// A negative time, no backup in the chain.
    pub fn checked(self) -> Result<Self, OracleError> {
        not_negative("before", self.before)?;
        not_negative("full", self.chain.full)?;
        not_negative("increment", self.chain.increment)?;
        positive("chain", &[f64::from(self.chain.length)])?;
        not_negative("replay", self.replay)?;
        Ok(self)
    }

    /// Mean time from the failure until all is restored.
    pub fn mean(&self) -> f64 {
        self.at(0.5)
    }

    /// Longest time from the failure until all is restored.
    pub fn max(&self) -> f64 {
        self.at(1.0)
    }

    /// The time where this share of the increments and of the phase has passed.
    fn at(&self, share: f64) -> f64 {
        let increments = f64::from(self.chain.length - 1) * share;
        self.before
            + self.chain.full
            + increments * self.chain.increment
            + self.replay * self.loss.quantile(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_over_increments_and_phases() {
        let chain = RestoreChain { full: 3.0, increment: 0.25, length: 5 };
        let loss = BackupLoss::new(10.0, 2.0).unwrap();
        let restore = Restore { loss, before: 0.5, chain, replay: 0.1 }.checked().unwrap();
        let mut total = 0.0;
        for increments in 0..5 {
            for phase in 0..100 {
                let lost = 2.0 + 10.0 * (f64::from(phase) + 0.5) / 100.0;
                total += 0.5 + 3.0 + 0.25 * f64::from(increments) + 0.1 * lost;
            }
        }
        assert!((restore.mean() - total / 500.0).abs() < 1e-12);
        assert!((restore.max() - (0.5 + 3.0 + 1.0 + 1.2)).abs() < 1e-12);
        assert!(Restore { replay: -1.0, ..restore }.checked().is_err());
        assert!(Restore { chain: RestoreChain { length: 0, ..chain }, ..restore }.checked().is_err());
    }
}
