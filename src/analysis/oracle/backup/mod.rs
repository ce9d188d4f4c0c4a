//! How much data is lost, and how long it takes to have the rest again.
//!
//! Times may be in any unit, if all are in the same one; the year of an answer is an argument.

mod backup_corrupt;
mod backup_loss;
mod checkpoint_interval;
mod mirror_data_loss;
mod replication_lag;
mod restore_time;

pub use backup_corrupt::{loss_mean_corrupt, older_needed};
pub use backup_loss::BackupLoss;
pub use checkpoint_interval::Checkpoints;
pub use mirror_data_loss::data_loss_mean;
pub use replication_lag::lost_writes_mean;
pub use restore_time::{Restore, RestoreChain};

use super::{Answer, Argument, Oracle};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    backup_corrupt::ORACLE,
    backup_loss::ORACLE,
    checkpoint_interval::ORACLE,
    mirror_data_loss::ORACLE,
    replication_lag::ORACLE,
    restore_time::ORACLE,
];

const INTERVAL: Argument =
    Argument::number("interval", "s", "time from the start of a backup to the next start");
const DURATION: Argument = Argument::number("duration", "s", "time that a backup takes");
const LOSS: Answer = Answer::new("loss_mean", "s", "mean span of data that a failure loses");
