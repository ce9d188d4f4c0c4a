//! Copies of data that follow at a distance.

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
    /// How far it is behind.
    pub lag: Distribution,
    /// How often that is drawn anew; positive.
    pub correlation: SimDuration,
}

impl Replication {
    /// How far it is behind at an instant \[ns\]; `key` names the replication in its run. It is drawn anew every `correlation`,
    /// and so the same law holds at any instant.
    pub fn lag_at(&self, key: u64, nanos: u64) -> SimDuration {
        let turn = nanos / self.correlation.as_nanos().max(1);
        self.lag.sample(&mut draw(mix(key, turn), Purpose::Lag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::distribution::Distribution;

    #[test]
    fn a_lag_lasts_and_is_then_drawn_anew() {
        let second = 1_000_000_000;
        let replication = Replication {
            name: "r".to_owned(),
            of: ServiceId(0),
            lag: Distribution::evenly(0.0, 1.0),
            correlation: SimDuration::from_nanos(60 * second),
        };
        let at = |seconds: u64| replication.lag_at(7, seconds * second);
        assert_eq!(at(0), at(59));
        assert_ne!(at(59), at(60));
        assert_ne!(replication.lag_at(8, 0), at(0));
    }
}
