//! How long an instance is kept that has nothing to do.
//!
//! A policy says for how long, and may learn from how long the function was idle; it starts and stops nothing, which is
//! the work of the engine. To add one: write `<name>.rs` with its settings, documentation and unit tests, and add its
//! `mod` line and row below.

mod fixed;
mod histogram;
mod uniform;

use crate::document::Section;
use crate::kernel::stream::Draw;
use crate::registry::Impossible;
use crate::units::SimDuration;

pub use fixed::Settings as FixedSettings;

/// What becomes of an instance that has nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// After which time another is started though nobody asked, and this one is gone at once; `None` where this one stays.
    pub prewarm: Option<SimDuration>,
    /// How long after it became idle it, or the other, goes; `None` for never.
    pub until: Option<SimDuration>,
}

/// Says how long an instance is kept.
pub trait KeepAlivePolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Whether what it says depends on what it has learnt of the function.
    const LEARNS: bool;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the memory of one function.
    fn new(settings: &Self::Settings) -> Self;

    /// Learns for how long nothing ran, when something does again.
    fn ran_again(&mut self, idle: SimDuration);

    /// What becomes of an instance that has nothing to do; `random` is its own, the same each time.
    fn keep(&self, random: impl FnOnce() -> Draw) -> Keep;
}

crate::registry! { ($) KeepAlive, KeepAliveSettings, KeepAlivePolicy, each_keep_alive;
    Fixed = fixed,
    Uniform = uniform,
    Histogram = histogram,
}

impl KeepAliveSettings {
    /// Always as long; `None` for ever.
    pub const fn fixed(time: Option<SimDuration>) -> Self {
        let time = match time {
            Some(time) => fixed::Time::For(time),
            None => fixed::Time::Forever,
        };
        Self::Fixed(fixed::Settings { time })
    }

    /// The time for which every instance is kept, `None` in it for ever, where that is more than nothing and always the
    /// same.
    pub fn steady(&self) -> Option<Option<SimDuration>> {
        match self {
            Self::Fixed(fixed::Settings { time: fixed::Time::Forever }) => Some(None),
            Self::Fixed(fixed::Settings { time: fixed::Time::For(time) }) if !time.is_zero() => {
                Some(Some(*time))
            }
            _ => None,
        }
    }

    /// Whether what is said depends on what was learnt of the function.
    pub fn learns(&self) -> bool {
        each_keep_alive!(settings self, settings, Policy => {
            let _ = settings;
            <Policy as KeepAlivePolicy>::LEARNS
        })
    }

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_keep_alive!(settings self, settings, Policy => <Policy as KeepAlivePolicy>::check(settings))
    }
}

impl KeepAlive {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &KeepAliveSettings) -> Self {
        each_keep_alive!(build settings, settings, Policy => <Policy as KeepAlivePolicy>::new(settings))
    }

    /// See [`KeepAlivePolicy::ran_again`].
    pub fn ran_again(&mut self, idle: SimDuration) {
        each_keep_alive!(self, policy => policy.ran_again(idle));
    }

    /// See [`KeepAlivePolicy::keep`].
    pub fn keep(&self, random: impl FnOnce() -> Draw) -> Keep {
        each_keep_alive!(self, policy => policy.keep(random))
    }
}
