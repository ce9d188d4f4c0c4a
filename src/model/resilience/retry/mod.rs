//! How long to wait before a failed attempt is tried again.
//!
//! Whether it is tried at all (attempts, deadline, reasons, [budget](super::budget)) and where are decided by the engine
//! from [`Retry`](crate::model::call::Retry). To add a policy: write `<name>.rs` and add its `mod` line and row below.

mod aws;
mod custom;
mod envoy;
mod exponential;
mod fixed;
mod grpc;
mod haproxy;
mod memoryless;
mod none;
mod polly;
mod resilience4j;

pub use custom::OwnPolicy;

pub use aws::Revision as AwsRevision;

pub use rand::Rng;

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
    /// All waits before retries so far.
    pub rested: SimDuration,
    /// Whether the retry stays with the replica of the last attempt.
    pub stays: bool,
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

    /// The most attempts that it makes, whatever its caller asks for.
    fn attempts_max(_settings: &Self::Settings) -> u32 {
        u32::MAX
    }

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
    Haproxy = haproxy,
    Memoryless = memoryless,
    Polly = polly,
    Resilience4j = resilience4j;
    Custom = custom
}

impl RetrySettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_retry!(settings self, settings, Policy => Policy::check(settings))
    }

    /// See [`RetryPolicy::attempts_max`].
    pub fn attempts_max(&self) -> u32 {
        each_retry!(settings self, settings, Policy => Policy::attempts_max(settings))
    }
}

impl RetryTimer {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &RetrySettings) -> Self {
        each_retry!(build settings, settings, Policy => Policy::new(settings))
    }

    /// The wait before the next attempt; `None` when it never retries.
    pub fn delay<R: Rng + ?Sized>(&self, failed: &Failed, random: &mut R) -> Option<SimDuration> {
        each_retry!(self, policy => policy.delay(failed, random))
    }
}

/// What tests of retries need.
#[cfg(test)]
mod sample {
    use super::*;

    /// The first failure of a call, or a later one, by the number of its retry.
    pub(super) fn failed(retry: u32) -> Failed {
        let none = SimDuration::ZERO;
        Failed { retry, previous: none, rested: none, stays: false, reason: Reason::Error }
    }

    /// Draws the same number from [0, 1) again and again.
    pub(super) struct Drawing(pub(super) f64);

    impl rand::TryRng for Drawing {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.try_next_u64().map(|bits| (bits >> 32) as u32)
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok((self.0 * 2_f64.powi(64)) as u64)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill((self.0 * 256.0) as u8);
            Ok(())
        }
    }
}
