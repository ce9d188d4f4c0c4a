//! Copies of data that follow, at a distance or at once.

use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::units::{ServiceId, SimDuration};

/// A copy of what a service keeps to which its writes are passed on.
#[derive(Debug, Clone)]
pub struct Replication {
    /// Name.
    pub name: String,
    /// Whose data.
    pub of: ServiceId,
    /// How writes get to it.
    pub mode: Mode,
    /// Where the original and the copy are; without it neither the network nor who is up has to do with them.
    pub sides: Option<Sides>,
}

/// How writes get to a copy.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Some time after they were acknowledged.
    Async {
        /// How far the copy is behind.
        lag: Distribution,
        /// How often that is drawn anew; positive.
        correlation: SimDuration,
    },
    /// Before they are acknowledged: a write takes a round trip to the copy.
    Sync(OnPartition),
}

crate::choices! {
    /// How writes get to a copy.
    pub enum ModeName {
        /// Some time after they were acknowledged.
        Async = "async",
        /// Before they are acknowledged: each takes a round trip to the copy, and a loss takes none.
        Sync = "sync",
    }
}

crate::choices! {
    /// What becomes of writes to an original whose copy must have them too, and is out of reach.
    pub enum OnPartition {
        /// They fail, as with `synchronous_standby_names` of `PostgreSQL` once callers lose patience.
        Stop = "stop",
        /// They are acknowledged without it, as with semisynchronous `MySQL`: the copy falls behind.
        Degrade = "degrade",
    }
}

crate::choices! {
    /// What becomes of what two originals took, once they find each other again.
    pub enum Conflicts {
        /// What the old one took is lost, as in a rollback of `MongoDB`.
        Discard = "discard",
        /// It is kept and counted: somebody has to merge it.
        Count = "count",
    }
}

/// Where an original and its copy are.
#[derive(Debug, Clone)]
pub struct Sides {
    /// Whether each zone is where the original is at the start, and where the copy is.
    pub zones: [Vec<bool>; 2],
    /// What becomes of what an old original takes that is cut off and does not know that the copy took its place; `None` is
    /// fenced, so that it takes nothing.
    pub conflicts: Option<Conflicts>,
}

impl Sides {
    /// On which side a zone is, if on either.
    pub fn side_of(&self, zone: u32) -> Option<usize> {
        self.zones.iter().position(|zones| zones[zone as usize])
    }
}

impl Replication {
    /// How far it is behind at an instant \[ns\] while nothing is in the way; `key` names the replication in its run. It is drawn
    /// anew every `correlation`, and so the same law holds at any instant.
    pub fn lag_at(&self, key: u64, nanos: u64) -> SimDuration {
        match &self.mode {
            Mode::Async { lag, correlation } => {
                let turn = nanos / correlation.as_nanos().max(1);
                lag.sample(&mut draw(mix(key, turn), Purpose::Lag))
            }
            Mode::Sync(_) => SimDuration::ZERO,
        }
    }

    /// Whether writes are acknowledged once it has them.
    pub fn is_sync(&self) -> bool {
        matches!(self.mode, Mode::Sync(_))
    }

    /// Whether the original takes no writes while its copy is out of reach.
    pub fn stops(&self) -> bool {
        matches!(self.mode, Mode::Sync(OnPartition::Stop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::distribution::Distribution;

    #[test]
    fn a_lag_lasts_and_is_then_drawn_anew() {
        let second = 1_000_000_000;
        let correlation = SimDuration::from_nanos(60 * second);
        let replication = Replication {
            name: "r".to_owned(),
            of: ServiceId(0),
            mode: Mode::Async { lag: Distribution::evenly(0.0, 1.0), correlation },
            sides: None,
        };
        let at = |seconds: u64| replication.lag_at(7, seconds * second);
        assert_eq!(at(0), at(59));
        assert_ne!(at(59), at(60));
        assert_ne!(replication.lag_at(8, 0), at(0));
    }
}
