//! How long to wait before a failed attempt is tried again.
//!
//! Whether it is tried at all (attempts, deadline, reasons) and where are decided by the engine from
//! [`Retry`](crate::model::call::Retry). To add a policy: write `<name>.rs` and add its `mod` line and row below.

mod exponential;
mod fixed;
mod none;

use rand::Rng;

use crate::document::Section;
use crate::units::SimDuration;

/// Chooses the time between two attempts.
pub trait RetryPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// What a scenario says about it.
    type Settings: Section;

    /// Builds the policy.
    fn new(settings: &Self::Settings) -> Self;

    /// The wait before retry number `retry` (from 1), after a wait of `previous` (zero before the first); `None`
    /// when it never retries.
    fn delay<R: Rng + ?Sized>(
        &self,
        retry: u32,
        previous: SimDuration,
        random: &mut R,
    ) -> Option<SimDuration>;
}

crate::registry! { ($) RetryTimer, RetrySettings, RetryPolicy, each_retry;
    None = none,
    Fixed = fixed,
    Exponential = exponential,
}

impl RetryTimer {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &RetrySettings) -> Self {
        each_retry!(build settings, settings => RetryPolicy::new(settings))
    }

    /// The wait before retry number `retry` (from 1), after a wait of `previous`; `None` when it never retries.
    pub fn delay<R: Rng + ?Sized>(
        &self,
        retry: u32,
        previous: SimDuration,
        random: &mut R,
    ) -> Option<SimDuration> {
        each_retry!(self, policy => policy.delay(retry, previous, random))
    }
}
