//! Waits that grow, with or without a random part.

use rand::{Rng, RngExt};

use super::RetryPolicy;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of waits that grow.
    pub struct Settings {
        /// The first wait.
        base: SimDuration,
        /// The longest wait.
        cap: Option<SimDuration> = Option::None,
        /// What each wait is multiplied by for the next.
        factor: f64 = 2.0,
        /// The random part.
        jitter: Jitter = Jitter::None,
    }
}

crate::choices! {
    /// The random part of a wait.
    pub enum Jitter {
        /// None: all callers come back together.
        None = "none",
        /// Uniform from 0 to the wait.
        Full = "full",
        /// Half the wait, and uniform from 0 to the other half.
        Equal = "equal",
        /// Uniform from the base to three times the last wait, at most the cap.
        Decorrelated = "decorrelated",
    }
}

/// Waits min(cap, base x factor^(n - 1)) before retry n, less what jitter takes away.
///
/// Helps against overload and, with jitter, against callers that come back together. Hurts latency where a second try
/// at once would do. Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    base: f64,
    cap: f64,
    factor: f64,
    jitter: Jitter,
}

impl RetryPolicy for Exponential {
    const NAME: &'static str = "exponential";
    const SUMMARY: &'static str = "Waits that grow by a factor up to a cap, with jitter.";
    type Settings = Settings;

    fn new(settings: &Settings) -> Self {
        Self {
            base: settings.base.as_secs(),
            cap: settings.cap.map_or(f64::INFINITY, SimDuration::as_secs),
            factor: settings.factor,
            jitter: settings.jitter,
        }
    }

    fn delay<R: Rng + ?Sized>(
        &self,
        retry: u32,
        previous: SimDuration,
        random: &mut R,
    ) -> Option<SimDuration> {
        let whole = (self.base * self.factor.powi(retry as i32 - 1)).min(self.cap);
        let seconds = match self.jitter {
            Jitter::None => whole,
            Jitter::Full => random.random::<f64>() * whole,
            Jitter::Equal => (1.0 + random.random::<f64>()) * whole / 2.0,
            Jitter::Decorrelated => {
                let high = (3.0 * previous.as_secs()).max(self.base);
                (self.base + random.random::<f64>() * (high - self.base)).min(self.cap)
            }
        };
        Some(SimDuration::from_secs(seconds))
    }
}
