//! How long to wait before a failed attempt is tried again.
//!
//! Whether it is tried at all (attempts, deadline, reasons, [budget](super::budget)) and where are decided by the engine
//! from [`Retry`](crate::model::call::Retry). To add a policy: write `<name>.rs` and add its `mod` line and row below.

mod aws;
mod envoy;
mod exponential;
mod fixed;
mod grpc;
mod memoryless;
mod none;

pub use aws::Revision as AwsRevision;

use rand::Rng;

use super::Impossible;
use crate::document::Section;
use crate::reason::Reason;
use crate::units::SimDuration;

/// A failed attempt that is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// Number of the retry, from 1.
    pub retry: u32,
    /// The wait before the last retry; zero before the first.
    pub previous: SimDuration,
    /// Why the attempt failed.
    pub reason: Reason,
}

/// Chooses the time between two attempts.
pub trait RetryPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the policy.
    fn new(settings: &Self::Settings) -> Self;

    /// The wait before the next attempt; `None` when it never retries.
    fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration>;
}

crate::registry! { ($) RetryTimer, RetrySettings, RetryPolicy, each_retry;
    None = none,
    Fixed = fixed,
    Exponential = exponential,
    Aws = aws,
    Envoy = envoy,
    Grpc = grpc,
    Memoryless = memoryless,
}

impl RetrySettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_retry!(settings self, settings, Policy => <Policy as RetryPolicy>::check(settings))
    }
}

impl RetryTimer {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &RetrySettings) -> Self {
        each_retry!(build settings, settings => RetryPolicy::new(settings))
    }

    /// The wait before the next attempt; `None` when it never retries.
    pub fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        each_retry!(self, policy => policy.delay(failed, random))
    }
}
