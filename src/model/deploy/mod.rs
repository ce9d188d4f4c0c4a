//! How a service gets from one version to the next, and what is wrong with the next one.
//!
//! A policy says in which steps a release is brought out and how fast replicas may be exchanged; it starts and stops
//! nothing, which is the work of the engine's fleet. To add one: write `<name>.rs` with its settings, documentation and
//! unit tests, and add its `mod` line and row below.

mod all_at_once;
mod blue_green;
mod canary;
mod linear;
mod rolling;

use crate::document::Section;
use crate::kernel::distribution::Distribution;
use crate::registry::Impossible;
use crate::units::{MonitorId, Probability, ServiceId, SimDuration, SimTime};

/// What brings a version of a service out, once or again and again.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Name.
    pub name: String,
    /// Of which service.
    pub service: ServiceId,
    /// What it moves of a function, numbered as what can be asked for there: an alias, or what runs for whoever asks for
    /// nothing, which is 0 and all that another service has.
    pub target: u8,
    /// When releases begin.
    pub begins: Begins,
    /// In which steps, and how fast.
    pub rollout: Rollout,
    /// The version that it brings, numbered as those of the service.
    pub version: u8,
    /// How long a release takes to be built and tested, before its first step.
    pub build: Distribution,
    /// How likely a release is bad.
    pub bad: Probability,
    /// The share of bad ones that tests find before the first step.
    pub gate: Probability,
    /// The fault that strikes what runs a bad release, and after which time from the first step on; nothing where none is
    /// bad.
    pub badness: Option<Badness>,
    /// Whose alarms take a release back, by the verb among what they do.
    pub rollback_on: Vec<MonitorId>,
    /// How long it takes from that to the first step back.
    pub rollback: Distribution,
}

impl Deploy {
    /// How long a release is under way at least, unless it is taken back: `start` is how long a replica takes to start, and
    /// `replicas` how many there are, both zero where that is not known or a function moves requests.
    pub fn lasts_at_least(&self, start: SimDuration, replicas: u32) -> SimDuration {
        let build = self.build.as_constant().unwrap_or_default();
        if self.bad >= Probability::ONE && self.gate >= Probability::ONE {
            return build;
        }
        let mut before = 0;
        let mut nanos = build.as_nanos();
        for step in &self.rollout.steps {
            let goal = Rollout::goal(step.share, replicas);
            let start = if goal > before { start } else { SimDuration::ZERO };
            nanos = nanos.saturating_add(start.as_nanos()).saturating_add(step.bake.as_nanos());
            before = goal;
        }
        let bake = self.rollout.steps.last().map(|step| step.bake).unwrap_or_default();
        let kept =
            if replicas > 0 { self.rollout.keep.as_nanos().saturating_sub(bake.as_nanos()) } else { 0 };
        SimDuration::from_nanos(nanos.saturating_add(kept))
    }
}

/// What is wrong with a bad release.
#[derive(Debug, Clone)]
pub struct Badness {
    /// The fault, numbered among those of the system.
    pub fault: u32,
    /// How long after the first step it shows.
    pub after: Distribution,
}

/// When releases begin.
#[derive(Debug, Clone)]
pub enum Begins {
    /// At these instants, rising.
    At(Vec<SimTime>),
    /// Again and again, so long after the one before began.
    Every(Distribution),
}

/// One step of a release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The share of replicas, or of a function's requests, that the release has after it.
    pub share: f64,
    /// How long is waited then before the next step, or before the release is complete.
    pub bake: SimDuration,
}

/// In which steps a release is brought out.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// The steps, with rising shares; the last has all.
    pub steps: Vec<Step>,
    /// How many replicas there may be above the number wanted, as a share of that, rounded up.
    pub surge: f64,
    /// How many may be missing of the number wanted, as a share of that, rounded down.
    pub unavailable: f64,
    /// Whether replicas of the release serve only once all of them have started, and then instead of the others.
    pub at_once: bool,
    /// How long the others are kept then, so that they can take over again.
    pub keep: SimDuration,
}

impl Rollout {
    /// A rollout that exchanges replicas a few at a time.
    const fn gradual(steps: Vec<Step>, pace: Pace) -> Self {
        let (surge, unavailable) = (pace.surge.get(), pace.unavailable.get());
        Self { steps, surge, unavailable, at_once: false, keep: SimDuration::ZERO }
    }

    /// How many replicas of so many may be there besides, and how many may be missing. Where both round to none one may be
    /// missing, as Kubernetes has it.
    pub fn pace(&self, wanted: u32) -> (u32, u32) {
        let surge = (self.surge * f64::from(wanted) - ROUNDING).ceil().max(0.0) as u32;
        let unavailable = (self.unavailable * f64::from(wanted) + ROUNDING).floor() as u32;
        if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
    }

    /// How many of so many replicas the release has after a step: rounded up, so that a first step has some.
    pub fn goal(share: f64, wanted: u32) -> u32 {
        ((share * f64::from(wanted) - ROUNDING).ceil().max(0.0) as u32).min(wanted)
    }
}

/// What products of shares written in decimals may be away from a whole number by rounding.
const ROUNDING: f64 = 1e-9;

/// How fast replicas of a fleet are exchanged where nothing else is written, as Kubernetes has it.
const QUARTER: Probability = Probability::literal(0.25);

/// How fast replicas of a fleet are exchanged; a function has none that must be waited for.
#[derive(Debug, Clone, Copy)]
struct Pace {
    surge: Probability,
    unavailable: Probability,
}

/// Which of two versions of a function its requests get while a release is brought out, or after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// What was before.
    pub from: u8,
    /// What is brought out.
    pub to: u8,
    /// The share of the second.
    pub share: f64,
}

impl Split {
    /// The version that most get.
    pub fn most(self) -> u8 {
        if self.share > 0.5 { self.to } else { self.from }
    }
}

/// Says how a release is brought out.
pub trait DeployPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Whether a function can be brought out so: by shares of its requests.
    const MOVES_REQUESTS: bool = true;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// The steps, of settings that are possible.
    fn rollout(settings: &Self::Settings) -> Rollout;
}

crate::registry! { ($) DeployRun, DeploySettings, DeployPolicy, each_deploy;
    AllAtOnce = all_at_once,
    BlueGreen = blue_green,
    Canary = canary,
    Linear = linear,
    Rolling = rolling,
}

impl DeploySettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which is not, and why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_deploy!(settings self, settings, Policy => <Policy as DeployPolicy>::check(settings))
    }

    /// Whether a function can be brought out so.
    pub fn moves_requests(&self) -> bool {
        each_deploy!(settings self, _settings, Policy => <Policy as DeployPolicy>::MOVES_REQUESTS)
    }

    /// The steps, of settings that are possible.
    pub fn rollout(&self) -> Rollout {
        each_deploy!(settings self, settings, Policy => <Policy as DeployPolicy>::rollout(settings))
    }
}

/// Whether a share of a first step is possible: some, and not all.
fn part(share: Probability) -> Result<(), Impossible> {
    let is_part = share > Probability::ZERO && share < Probability::ONE;
    Impossible::unless(is_part, "share", "a step brings out more than nothing and less than all")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_round_as_kubernetes_does() {
        let rollout = |surge, unavailable| Rollout {
            steps: Vec::new(),
            surge,
            unavailable,
            at_once: false,
            keep: SimDuration::ZERO,
        };
        assert_eq!(rollout(0.25, 0.25).pace(10), (3, 2));
        assert_eq!(rollout(0.25, 0.25).pace(4), (1, 1));
        assert_eq!(rollout(0.0, 0.25).pace(3), (0, 1));
        assert_eq!(rollout(0.1, 0.3).pace(10), (1, 3));
        assert_eq!(rollout(0.0, 1.0).pace(7), (0, 7));
        assert_eq!([1, 5, 10, 11].map(|wanted| Rollout::goal(0.1, wanted)), [1, 1, 1, 2]);
        assert_eq!(Rollout::goal(0.0, 5), 0);
        assert_eq!(Rollout::goal(1.0, 7), 7);
    }
}
