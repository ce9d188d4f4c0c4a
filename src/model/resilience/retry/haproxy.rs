//! Waits of HAProxy.

use rand::Rng;

use super::super::Impossible;
use super::{Failed, RetryPolicy};
use crate::units::SimDuration;

crate::settings! {
    /// Settings of HAProxy's turn-around.
    pub struct Settings {
        /// The wait before the same server is tried again; less than a second where `timeout connect` is.
        turn_around: SimDuration = SimDuration::from_nanos(1_000_000_000),
    }
}

/// Waits a second where the same server is tried again, and not at all where another may be.
///
/// Which it is, `avoid` says: "others" stays with the server, "others-but-last" leaves it for the last retry (`option
/// redispatch`). Helps over a short restart of one server, as connections are tried again only where nothing was begun.
/// Hurts where a server stays down: its callers wait for seconds, though others are idle. Source: HAProxy
/// `configuration.txt`, `retries` and `option redispatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Haproxy {
    turn_around: SimDuration,
}

impl RetryPolicy for Haproxy {
    const NAME: &'static str = "haproxy";
    const SUMMARY: &'static str = "A second before the same replica is tried again, no wait before another.";
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        Self { turn_around: settings.turn_around }
    }

    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, _random: &mut R) -> Option<SimDuration> {
        Some(if failed.stays { self.turn_around } else { SimDuration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Drawing, failed};
    use super::*;

    #[test]
    fn only_the_same_server_is_waited_for() {
        let policy = Haproxy::new(&Settings { turn_around: SimDuration::from_secs(1.0) });
        let wait = |stays| policy.delay(&Failed { stays, ..failed(1) }, &mut Drawing(0.0)).unwrap();
        assert_eq!((wait(true), wait(false)), (SimDuration::from_secs(1.0), SimDuration::ZERO));
    }
}
