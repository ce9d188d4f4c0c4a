//! How many replicas a service should have as time goes on.
//!
//! A controller says how many and when it wants to look again; it starts and stops nothing, which is the work of the
//! engine's fleet. To add one: write `<name>.rs` with its settings, documentation and unit tests, and add its `mod` line
//! and row below.

mod azure_consumption;
mod cloud_run;
mod hpa;
mod kpa;
mod predictive;
pub mod reading;
mod scheduled;
mod step;
mod target_tracking;

use self::reading::{Measured, Quota, Watch};
use crate::document::Section;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

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

crate::choices! {
    /// What is scaled by itself.
    pub enum Per {
        /// Each region of the service, by what its own replicas do.
        Region = "region",
        /// The whole service: `min` and `max` are of all its regions together.
        Service = "service",
    }
}

crate::choices! {
    /// What becomes of a start in a zone in which a crash or a hang lasts.
    pub enum OnZoneLoss {
        /// It waits until that is over.
        Wait = "wait",
        /// Once the fault is detected, replicas start in other zones, those included that were to start there.
        Elsewhere = "elsewhere",
    }
}

/// How the fleet of a service changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscaling {
    /// Who says how many; the largest number holds. Without anybody there are as many as at the start.
    pub controls: Vec<Control>,
    /// What is scaled by itself.
    pub per: Per,
    /// Never fewer than this in what is scaled by itself.
    pub min: u32,
    /// Never more than this, those that drain not counted.
    pub max: u32,
    /// Which replica goes first.
    pub leaves: Leaves,
    /// Which replicas never go.
    pub protect: Protect,
    /// What becomes of a start in a zone that is lost.
    pub on_zone_loss: OnZoneLoss,
    /// How many may be started within a time, if there is a limit.
    pub quota: Option<Quota>,
    /// How long after its start a replica that has crashed is replaced, by policies that replace any.
    pub health_grace: SimDuration,
    /// Seats of a region for replicas that deployments start before others have gone.
    pub beside: u32,
}

/// One policy, and which number it goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// The policy.
    pub policy: ScalingSettings,
    /// What is written about the number.
    pub measured: Measured,
}

impl Control {
    /// When it looks, and what it reads.
    pub fn watch(&self) -> Watch {
        self.policy.watch(&self.measured)
    }
}

impl Autoscaling {
    /// Whether it goes by numbers of the service that are about attempts that end.
    pub fn is_about_attempts(&self) -> bool {
        let mut readings = self.controls.iter().flat_map(|control| control.watch().readings);
        readings.any(|reading| reading.signal.is_about_attempts())
    }

    /// A fleet that stays as large as it is, but for deployments; `beside` as of the field.
    pub const fn fixed(replicas: u32, beside: u32) -> Self {
        Self {
            controls: Vec::new(),
            per: Per::Region,
            min: replicas,
            max: replicas,
            leaves: Leaves::Newest,
            protect: Protect::None,
            on_zone_loss: OnZoneLoss::Wait,
            quota: None,
            health_grace: SimDuration::ZERO,
            beside,
        }
    }

    /// Seats of a region: beside those who serve as many may drain as can leave at once, and as deployments need.
    pub fn seats(&self) -> u32 {
        self.max.saturating_add(self.max.saturating_sub(self.min)).saturating_add(self.beside)
    }
}

/// What a controller sees of its part of a fleet: what it reads, and who is there, which its platform tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaleView<'a> {
    /// The time now.
    pub now: SimTime,
    /// How many replicas there should be, as was decided last.
    pub desired: u32,
    /// How many boot.
    pub starting: u32,
    /// How many serve.
    pub up: u32,
    /// How many of those have done so for a short time only, as [`Watch::fresh`] says, since their start or a fault.
    pub fresh: u32,
    /// How many should serve and are kept from it by a fault.
    pub struck: u32,
    /// Whether work waits and nobody is there or to come.
    pub is_awaited: bool,
    /// Never fewer than this.
    pub min: u32,
    /// Never more than this.
    pub max: u32,
    /// What it reads, in the order of [`Watch::readings`]; nothing where there is no value.
    pub values: &'a [Option<f64>],
}

impl<'a> ScaleView<'a> {
    /// A fleet of so many that serve, as was decided, at time 0 and without bounds.
    pub const fn settled(up: u32, values: &'a [Option<f64>]) -> Self {
        Self {
            now: SimTime::ZERO,
            desired: up,
            starting: 0,
            up,
            fresh: 0,
            struck: 0,
            is_awaited: false,
            min: 0,
            max: u32::MAX,
            values,
        }
    }
}

/// What a policy said, if that was another number than there was. Whether it came about shows at the next look: of several
/// policies the largest number holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    at: SimTime,
    from: u32,
    to: u32,
}

impl Change {
    fn of(at: SimTime, from: u32, to: u32) -> Option<Self> {
        (from != to).then_some(Self { at, from, to })
    }
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
    /// Which of the keys of [`Measured`] it heeds.
    const HEEDS: &'static [&'static str] = &[];
    /// Whether it looks at once when work comes and nobody is there.
    const WAKES: bool = false;
    /// Whether replicas that have crashed are replaced at its looks.
    const REPLACES: bool = false;
    /// Whether it can say how many instances of a function are provisioned.
    const PROVISIONS: bool = false;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings, measured: &Measured) -> Result<(), Impossible>;

    /// What of the settings never comes about between such bounds.
    fn in_vain(_settings: &Self::Settings, _measured: &Measured, _bounds: &Bounds) -> Vec<Impossible> {
        Vec::new()
    }

    /// The largest number that it ever asks for; `None` where that is not written.
    fn most(_settings: &Self::Settings) -> Option<u32> {
        None
    }

    /// What a replica's slots should be used for at most, as a share, where it goes by that.
    fn target(_settings: &Self::Settings, _measured: &Measured) -> Option<f64> {
        None
    }

    /// The key about the queue of the service, where that is written.
    fn of_queue(_settings: &Self::Settings) -> Option<&'static str> {
        None
    }

    /// Whether it says when requests go to replicas directly, past the queue of the service.
    fn bypasses(_settings: &Self::Settings) -> bool {
        false
    }

    /// About how often it decides in a run of so many seconds.
    fn decisions(settings: &Self::Settings, measured: &Measured, seconds: f64) -> f64;

    /// When it looks, and what it reads; nothing by default.
    fn watch(_settings: &Self::Settings, _measured: &Measured) -> Watch {
        Watch::default()
    }

    /// Builds the controller of one region of a service.
    fn new(settings: &Self::Settings, measured: &Measured) -> Self;

    /// When it wants to look next; [`SimTime::NEVER`] for never.
    fn due(&self) -> SimTime;

    /// How many there should be, now that the time has come for which it waited, or that it was woken.
    fn decide(&mut self, fleet: &ScaleView<'_>) -> u32;

    /// Whether requests wait in the queue of the service from now on; asked before the first decision, without anything
    /// that was read, and after each, of policies that [`ScalingPolicy::bypasses`] names.
    fn buffers(&mut self, _fleet: &ScaleView<'_>) -> bool {
        true
    }
}

crate::registry! { ($) Scaler, ScalingSettings, ScalingPolicy, each_scaler;
    AzureConsumption = azure_consumption,
    CloudRun = cloud_run,
    Hpa = hpa,
    Kpa = kpa,
    Predictive = predictive,
    Scheduled = scheduled,
    StepScaling = step,
    TargetTracking = target_tracking,
}

impl ScalingSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self, measured: &Measured) -> Result<(), Impossible> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::check(settings, measured))
    }

    /// What of the settings never comes about between such bounds.
    pub fn in_vain(&self, measured: &Measured, bounds: &Bounds) -> Vec<Impossible> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::in_vain(settings, measured, bounds))
    }

    /// The largest number that the controller ever asks for; `None` where that is not written.
    pub fn most(&self) -> Option<u32> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::most(settings))
    }

    /// The share of slots that should be in use, where the policy goes by that.
    pub fn target(&self, measured: &Measured) -> Option<f64> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::target(settings, measured))
    }

    /// Whether the controller says when requests go to replicas directly, past the queue of the service.
    pub fn bypasses(&self) -> bool {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::bypasses(settings))
    }

    /// About how often the controller decides in a run of so many seconds.
    pub fn decisions(&self, measured: &Measured, seconds: f64) -> f64 {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::decisions(settings, measured, seconds))
    }

    /// When the controller looks, and what it reads.
    pub fn watch(&self, measured: &Measured) -> Watch {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::watch(settings, measured))
    }

    /// Which of the keys of [`Measured`] the policy heeds.
    pub fn heeds(&self) -> &'static [&'static str] {
        each_scaler!(settings self, _settings, Policy => <Policy as ScalingPolicy>::HEEDS)
    }

    /// The key about the queue of the service, where that is written.
    pub fn of_queue(&self) -> Option<&'static str> {
        each_scaler!(settings self, settings, Policy => <Policy as ScalingPolicy>::of_queue(settings))
    }

    /// Whether the controller looks at once when work comes and nobody is there.
    pub fn wakes(&self) -> bool {
        each_scaler!(settings self, _settings, Policy => <Policy as ScalingPolicy>::WAKES)
    }

    /// Whether the policy can say how many instances of a function are provisioned.
    pub fn provisions(&self) -> bool {
        each_scaler!(settings self, _settings, Policy => <Policy as ScalingPolicy>::PROVISIONS)
    }

    /// Whether replicas that have crashed are replaced at the controller's looks.
    pub fn replaces(&self) -> bool {
        each_scaler!(settings self, _settings, Policy => <Policy as ScalingPolicy>::REPLACES)
    }
}

impl Scaler {
    /// Builds the controller of one region of a service.
    pub fn new(control: &Control) -> Self {
        let measured = &control.measured;
        each_scaler!(build &control.policy, settings, Policy => <Policy as ScalingPolicy>::new(settings, measured))
    }

    /// See [`ScalingPolicy::due`].
    pub fn due(&self) -> SimTime {
        each_scaler!(self, policy => policy.due())
    }

    /// See [`ScalingPolicy::decide`].
    pub fn decide(&mut self, fleet: &ScaleView<'_>) -> u32 {
        each_scaler!(self, policy => policy.decide(fleet))
    }

    /// See [`ScalingPolicy::buffers`].
    pub fn buffers(&mut self, fleet: &ScaleView<'_>) -> bool {
        each_scaler!(self, policy => policy.buffers(fleet))
    }
}
