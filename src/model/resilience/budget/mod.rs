//! Whether a call may be tried again, or hedged, from what its decider has seen of late.
//!
//! A budget is told when a call begins and how every attempt ends, and is asked before each further attempt. First
//! attempts are never stopped. To add one: write `<name>.rs` and add its `mod` line and row below.

mod aws;
mod envoy;
mod failure_ratio;
mod finagle;
mod grpc;
mod linkerd;
mod max_retries;
mod none;
mod sre_ratio;
mod token_bucket;

use super::{Ending, Impossible};
use crate::document::Section;
use crate::reason::Reason;
use crate::units::SimTime;

/// A further attempt that somebody wants to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub now: SimTime,
    /// Why the last attempt failed; `None` for a hedge, which waits for no failure.
    pub reason: Option<Reason>,
    /// Attempts under way.
    pub under_way: u32,
    /// Further attempts that were granted and are not over: those that wait for their turn and those under way.
    pub further: u32,
}

/// Says whether further attempts may be made.
pub trait RetryBudget: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Whether it learns nothing from calls that begin and from attempts that are answered well.
    const IS_QUIET: bool = false;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the budget of one decider.
    fn new(settings: &Self::Settings) -> Self;

    /// A call begins.
    fn begin(&mut self, now: SimTime);

    /// What a further attempt costs if it may be made, and then it is paid; `None` when it may not.
    fn withdraw(&mut self, asked: &Asked) -> Option<u32>;

    /// An attempt ended for which `cost` was paid: 0 for a first one.
    fn end(&mut self, ending: &Ending, cost: u32);
}

crate::registry! { ($) Budget, BudgetSettings, RetryBudget, each_budget;
    None = none,
    Finagle = finagle,
    Linkerd = linkerd,
    SreRatio = sre_ratio,
    Envoy = envoy,
    MaxRetries = max_retries,
    Grpc = grpc,
    Aws = aws,
    TokenBucket = token_bucket,
    FailureRatio = failure_ratio,
}

impl BudgetSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_budget!(settings self, settings, Policy => <Policy as RetryBudget>::check(settings))
    }

    /// See [`RetryBudget::IS_QUIET`].
    pub fn is_quiet(&self) -> bool {
        each_budget!(settings self, _settings, Policy => <Policy as RetryBudget>::IS_QUIET)
    }
}

impl Budget {
    /// Builds the budget that `settings` describes.
    pub fn new(settings: &BudgetSettings) -> Self {
        each_budget!(build settings, settings, Policy => <Policy as RetryBudget>::new(settings))
    }

    /// See [`RetryBudget::begin`].
    pub fn begin(&mut self, now: SimTime) {
        each_budget!(self, policy => policy.begin(now));
    }

    /// See [`RetryBudget::withdraw`].
    pub fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        each_budget!(self, policy => policy.withdraw(asked))
    }

    /// See [`RetryBudget::end`].
    pub fn end(&mut self, ending: &Ending, cost: u32) {
        each_budget!(self, policy => policy.end(ending, cost));
    }
}

/// What tests of budgets need.
#[cfg(test)]
mod sample {
    use super::*;
    use crate::units::SimDuration;

    pub(super) fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    pub(super) fn asked(seconds: f64) -> Asked {
        Asked { now: at(seconds), reason: Some(Reason::Error), under_way: 0, further: 0 }
    }

    pub(super) fn ended(seconds: f64, failure: Option<Reason>) -> Ending {
        let took = SimDuration::ZERO;
        Ending { now: at(seconds), took, failure, is_counted: failure.is_some(), under_way: 1 }
    }
}
