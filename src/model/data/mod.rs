//! What services keep, the backups of it and the places in which these lie: settings and arithmetic. When backups are made
//! and data are lost is the engine's business.
//!
//! A backup holds what its service had at an instant, its *consistency point*: the begin of the backup, or its end. It counts
//! once it is complete. Sizes are in GB of 10^9 bytes.

mod chain;
mod replication;
mod tier;

pub use chain::{Copies, Copy};
pub use replication::{Conflicts, Mode, ModeName, OnPartition, Replication, Sides};
pub use tier::Tier;

use crate::kernel::distribution::Distribution;
use crate::units::{Probability, Rate, ServiceId, SimDuration};

/// What a service keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// How much that is at the start \[GB\].
    pub size: f64,
    /// How much more it is every hour \[GB\].
    pub growth: f64,
    /// What writes to it; `None` where nobody counts writes.
    pub writes: Option<Writes>,
    /// How long it takes to begin anew where there is nothing to restore.
    pub rebuild: SimDuration,
}

impl Data {
    /// How much is kept after a time \[GB\].
    pub fn size_at(&self, nanos: u64) -> f64 {
        self.size + self.growth * (nanos as f64 / NANOS_PER_HOUR)
    }

    /// How much is kept in the mean between two instants \[GB\].
    pub fn size_mean(&self, from: u64, to: u64) -> f64 {
        f64::midpoint(self.size_at(from), self.size_at(to))
    }
}

/// What writes to the data of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Writes {
    /// Each of its effects.
    Effects,
    /// Somebody who is not simulated, so fast while the data are there.
    Rate(Rate),
}

/// Backups of what a service keeps.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Name.
    pub name: String,
    /// Whose data.
    pub of: ServiceId,
    /// When they begin by themselves; `None` is only when somebody says so.
    pub schedule: Option<Schedule>,
    /// How long one takes.
    pub takes: Takes,
    /// Of which instant it is.
    pub consistent: Consistent,
    /// How likely one succeeds, seen at its end.
    pub success: Probability,
    /// How likely one can be read when it is needed.
    pub usable: Probability,
    /// Who looks whether it can be read, if anybody does.
    pub verify: Option<Verify>,
    /// Every so many are full, the others hold what has changed since the one before; at least 1.
    pub full_every: u32,
    /// How large those others are \[GB\].
    pub increment: f64,
    /// How many are kept; at least 1.
    pub keep: u32,
    /// How long it takes until what lies in its place can be read.
    pub retrieval: Distribution,
    /// How many times longer the work of the service takes while one is made; positive.
    pub slows: f64,
    /// Whether one that is to begin while another of these is made does not.
    pub skip_if_running: bool,
    /// What a restore goes through besides.
    pub restore: Restore,
}

/// When backups begin by themselves: at an offset, and every so long after that whatever happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// From begin to begin; positive.
    pub every: SimDuration,
    /// When the first begins; `None` is at any instant within one interval alike, drawn in each run.
    pub offset: Option<SimDuration>,
}

/// How long something takes with data.
#[derive(Debug, Clone)]
pub enum Takes {
    /// So long, however much it is.
    Law(Distribution),
    /// So many GB in an hour; positive.
    Rate(f64),
}

crate::choices! {
    /// Of which instant a backup is.
    pub enum Consistent {
        /// When it began.
        Start = "start",
        /// When it was complete.
        End = "end",
    }
}

crate::choices! {
    /// What a loss destroys.
    pub enum Destroys {
        /// What the service keeps, and all copies that follow it.
        All = "all",
        /// What it keeps, and no copy.
        Primary = "primary",
    }
}

/// A look at each backup once it is complete.
#[derive(Debug, Clone)]
pub struct Verify {
    /// How long it takes.
    pub takes: Distribution,
    /// How likely it finds one that cannot be read.
    pub finds: Probability,
}

/// What a restore goes through.
#[derive(Debug, Clone)]
pub struct Restore {
    /// What is set up before.
    pub provision: Distribution,
    /// How fast backups are read \[GB/h\]; `None` takes no time.
    pub rate: Option<f64>,
    /// How long what was written since is replayed, for each time that is.
    pub replay: f64,
    /// What of that a log holds that is kept elsewhere: all but the last of it that is as long as this. `None` is no log.
    pub log: Option<SimDuration>,
}

const NANOS_PER_HOUR: f64 = 3.6e12;

/// How long it takes to move so many GB at so many in an hour.
pub fn moved(gigabytes: f64, per_hour: f64) -> SimDuration {
    SimDuration::from_secs(gigabytes / per_hour * 3_600.0)
}

impl Takes {
    /// How long it takes with so many GB.
    pub fn sample<R: rand::Rng + ?Sized>(&self, gigabytes: f64, random: &mut R) -> SimDuration {
        match self {
            Self::Law(law) => law.sample(random),
            Self::Rate(per_hour) => moved(gigabytes, *per_hour),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_grow_by_the_hour() {
        let data = Data { size: 100.0, growth: 2.0, writes: None, rebuild: SimDuration::ZERO };
        assert!((data.size_at(0) - 100.0).abs() < 1e-12);
        assert!((data.size_at(12 * 3_600_000_000_000) - 124.0).abs() < 1e-12);
        assert_eq!(moved(500.0, 200.0), SimDuration::from_secs(9_000.0));
    }
}
