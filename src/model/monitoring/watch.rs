//! Monitors that judge a number period by period: which number, when its values are there, and the rules that judge.
//!
//! A rule is a state machine that hears of one period after another. To add one: write its file, add its `mod` line and
//! its row below, and the keys that it is written with.

use super::alarm::{AlarmState, ThresholdRun};
use super::anomaly::AnomalyRun;
use super::burn_rate::BurnRateRun;
use super::signal::{Quantity, Watched};
use crate::units::SimDuration;

/// Watches a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Of which part.
    pub of: Watched,
    /// Which number.
    pub quantity: Quantity,
    /// Over which time it is taken; periods end at its multiples.
    pub period: SimDuration,
    /// How long after the end of a period its value is there.
    pub delay: SimDuration,
    /// Values are judged at multiples of this; `None` as soon as they are there.
    pub every: Option<SimDuration>,
    /// How they are judged.
    pub rule: WatchRule,
}

/// What a period had.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// The number; `None` where there was nothing to take it from.
    pub value: Option<f64>,
    /// Attempts or requests that ended, counted where the number is about them.
    pub ended: u64,
    /// Those of them that failed.
    pub failed: u64,
}

/// Judges a number period by period, from what it was told alone.
pub trait Judge: Sized {
    /// What it is set to.
    type Settings;

    /// Nothing was seen yet.
    fn new(settings: &Self::Settings) -> Self;

    /// A period is judged: what is said then.
    fn note(&mut self, seen: &Seen) -> AlarmState;
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $Rule:ident = $Run:ty;)*) => {
        /// How a number is judged.
        #[derive(Debug, Clone, PartialEq)]
        pub enum WatchRule { $( $(#[doc = $doc])+ $Rule(<$Run as Judge>::Settings), )* }

        /// A rule while it runs.
        #[derive(Debug, Clone)]
        pub enum RuleRun { $( $(#[doc = $doc])+ $Rule($Run), )* }

        impl RuleRun {
            /// Nothing was seen yet.
            pub fn new(rule: &WatchRule) -> Self {
                match rule { $( WatchRule::$Rule(settings) => Self::$Rule(Judge::new(settings)), )* }
            }

            /// A period is judged: what is said then.
            pub fn note(&mut self, seen: &Seen) -> AlarmState {
                match self { $( Self::$Rule(run) => run.note(seen), )* }
            }
        }
    };
}

rules! {
    /// By a threshold, so many of so many periods.
    Threshold = ThresholdRun;
    /// By how fast an error budget is used up.
    BurnRate = BurnRateRun;
    /// By how far it is from what it usually is.
    Anomaly = AnomalyRun;
}
