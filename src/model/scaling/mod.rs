//! How many replicas a service should have as time goes on.
//!
//! A controller says how many and when it wants to look again; it starts and stops nothing, which is the work of the
//! engine's fleet. To add one: write `<name>.rs` with its settings, documentation and unit tests, and add its `mod` line
//! and row below.

mod scheduled;

use crate::document::Section;
use crate::registry::Impossible;
use crate::units::SimTime;

crate::choices! {
    /// Which replica goes first.
    pub enum Leaves {
        /// The one that has been there for the shortest time.
        Newest = "newest",
        /// The one that has been there for the longest time.
        Oldest = "oldest",
        /// One of the zone that has most, the newest of them.
        ZoneBalance = "zone-balance",
    }
}

crate::choices! {
    /// Which replicas never go.
    pub enum Protect {
        /// All may go.
        None = "none",
        /// Those that work on something or have something waiting.
        Busy = "busy",
    }
}

/// How the fleet of a service changes; each region of the service is scaled by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscaling {
    /// Who says how many.
    pub policy: ScalingSettings,
    /// Never fewer than this in a region.
    pub min: u32,
    /// Never more than this in a region, those that drain not counted.
    pub max: u32,
    /// Which replica goes first.
    pub leaves: Leaves,
    /// Which replicas never go.
    pub protect: Protect,
}

impl Autoscaling {
    /// Seats of a region: beside those who serve as many may drain as can leave at once.
    pub fn seats(&self) -> u32 {
        self.max.saturating_add(self.max.saturating_sub(self.min))
    }
}

/// What a controller sees of its part of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looking {
    /// The time now.
    pub now: SimTime,
    /// How many replicas there should be, as was decided last.
    pub desired: u32,
}

/// Between which numbers a fleet changes, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Never fewer replicas than this.
    pub min: u32,
    /// Never more replicas than this.
    pub max: u32,
    /// When the run ends.
    pub end: SimTime,
}

/// Says how many replicas there should be.
pub trait ScalingPolicy: Sized {
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

    /// What of the settings never comes about between such bounds.
    fn in_vain(settings: &Self::Settings, bounds: &Bounds) -> Vec<Impossible>;

    /// The largest number that it ever asks for; `None` where that is not written.
    fn most(settings: &Self::Settings) -> Option<u32>;

    /// About how often it decides in a run of so many seconds.
    fn decisions(settings: &Self::Settings, seconds: f64) -> f64;

    /// Builds the controller of one region of a service.
    fn new(settings: &Self::Settings) -> Self;

    /// When it wants to look next; [`SimTime::NEVER`] for never.
    fn due(&self) -> SimTime;

    /// How many there should be, now that the time has come for which it waited.
    fn decide(&mut self, fleet: &Looking) -> u32;
}

crate::registry! { ($) Scaler, ScalingSettings, ScalingPolicy, each_scaler;
    Scheduled = scheduled,
}

impl ScalingSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::check(settings))
    }

    /// What of the settings never comes about between such bounds.
    pub fn in_vain(&self, bounds: &Bounds) -> Vec<Impossible> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::in_vain(settings, bounds))
    }

    /// The largest number that the controller ever asks for; `None` where that is not written.
    pub fn most(&self) -> Option<u32> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::most(settings))
    }

    /// About how often the controller decides in a run of so many seconds.
    pub fn decisions(&self, seconds: f64) -> f64 {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::decisions(settings, seconds))
    }
}

impl Scaler {
    /// Builds the controller of one region of a service.
    pub fn new(settings: &ScalingSettings) -> Self {
        each_scaler!(build settings, settings, Policy => <Policy as ScalingPolicy>::new(settings))
    }

    /// See [`ScalingPolicy::due`].
    pub fn due(&self) -> SimTime {
        each_scaler!(self, policy => policy.due())
    }

    /// See [`ScalingPolicy::decide`].
    pub fn decide(&mut self, fleet: &Looking) -> u32 {
        each_scaler!(self, policy => policy.decide(fleet))
    }
}
