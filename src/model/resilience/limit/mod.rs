//! How many attempts may be sent by a caller, or taken in by a replica.
//!
//! The same policies stand in two places. As `throttle` of a call one state belongs to a call site at a decider, and an
//! attempt is not sent; as `admission` of a service one belongs to each replica, and an attempt is refused at its door.
//! To add one: write `<name>.rs` and add its `mod` line and row below.

mod aimd;
mod aws_adaptive;
mod concurrency;
mod gradient;
mod leaky_bucket;
mod priority_shedding;
mod sre_adaptive;
mod token_bucket;
mod vegas;

use super::{Ending, Impossible};
use crate::document::Section;
use crate::reason::Reason;
use crate::units::{Rate, SimDuration, SimTime};
pub use token_bucket::{Settings as BucketSettings, TokenBucket};

/// An attempt at the door.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arriving {
    /// When.
    pub now: SimTime,
    /// Attempts that were let in and have not ended, this one not counted.
    pub under_way: u32,
    /// 0 is the most important.
    pub priority: u8,
    /// A number of its own, uniform from 0 to 1.
    pub share: f64,
}

/// What becomes of an attempt at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Admit,
    /// It goes on after this time, without another question.
    Wait(SimDuration),
    /// It is refused.
    Refuse,
}

/// Says which attempts are let in.
pub trait LimitPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Why a refused attempt failed.
    const REASON: Reason;
    /// Whether it may tell attempts to wait, which only callers can.
    const WAITS: bool;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the memory of one door.
    fn new(settings: &Self::Settings) -> Self;

    /// What becomes of an attempt.
    fn admit(&mut self, arriving: &Arriving) -> Verdict;

    /// An attempt that was let in ended.
    fn end(&mut self, ending: &Ending);
}

crate::registry! { ($) Limit, LimitSettings, LimitPolicy, each_limit;
    TokenBucket = token_bucket,
    LeakyBucket = leaky_bucket,
    Concurrency = concurrency,
    SreAdaptive = sre_adaptive,
    AwsAdaptive = aws_adaptive,
    PriorityShedding = priority_shedding,
    Aimd = aimd,
    Gradient = gradient,
    Vegas = vegas,
}

impl BucketSettings {
    /// Of a bucket of so many tokens that come at a rate.
    pub const fn new(rate: Rate, burst: u32) -> Self {
        Self { rate, burst }
    }

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        TokenBucket::check(self)
    }

    /// The bucket, full.
    pub fn tokens(&self) -> TokenBucket {
        TokenBucket::new(self)
    }
}

impl LimitSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_limit!(settings self, settings, Policy => <Policy as LimitPolicy>::check(settings))
    }

    /// Why a refused attempt failed.
    pub fn reason(&self) -> Reason {
        each_limit!(settings self, _settings, Policy => <Policy as LimitPolicy>::REASON)
    }

    /// Whether attempts may be told to wait.
    pub fn waits(&self) -> bool {
        each_limit!(settings self, _settings, Policy => <Policy as LimitPolicy>::WAITS)
    }
}

impl Limit {
    /// Builds the limit that `settings` describes.
    pub fn new(settings: &LimitSettings) -> Self {
        each_limit!(build settings, settings, Policy => <Policy as LimitPolicy>::new(settings))
    }

    /// See [`LimitPolicy::admit`].
    pub fn admit(&mut self, arriving: &Arriving) -> Verdict {
        each_limit!(self, policy => policy.admit(arriving))
    }

    /// See [`LimitPolicy::end`].
    pub fn end(&mut self, ending: &Ending) {
        each_limit!(self, policy => policy.end(ending));
    }
}

/// Whether a failure says that there was too much work.
fn is_overload(failure: Reason) -> bool {
    matches!(
        failure,
        Reason::Timeout
            | Reason::Deadline
            | Reason::QueueFull
            | Reason::Abandoned
            | Reason::Throttled
            | Reason::BreakerOpen
            | Reason::Shed
    )
}

/// What tests of limits need.
#[cfg(test)]
mod sample {
    use super::*;

    pub(super) fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    pub(super) fn arriving(seconds: f64) -> Arriving {
        Arriving { now: at(seconds), under_way: 0, priority: 0, share: 0.5 }
    }

    pub(super) fn ended(seconds: f64, took: f64, failure: Option<Reason>, under_way: u32) -> Ending {
        let took = SimDuration::from_secs(took);
        Ending { now: at(seconds), took, failure, is_counted: failure.is_some(), under_way }
    }
}
