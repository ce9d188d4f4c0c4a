//! What a deployment is at.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::rollout::Release;
use crate::engine::world::Cx;
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::DeployMeasure;
use crate::model::deploy::Begins;
use crate::units::SimTime;

impl Incidents {
    /// Plans the first release of each deployment.
    pub(in crate::engine) fn start_deploys<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for d in 0..self.deploys.len() as u32 {
            self.plan_release(cx, d);
        }
    }

    /// Plans the next release of a deployment.
    pub(super) fn plan_release<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let at = self.next_release(cx.plan, d);
        let run = &mut self.deploys[d as usize];
        run.phase = Phase::Between;
        if let Some(at) = at {
            let at = at.max(SimTime::from_nanos(cx.now));
            run.timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(d));
        }
    }

    /// When the next release of a deployment is due, if there is one.
    pub(super) fn next_release(&self, plan: &Plan, d: u32) -> Option<SimTime> {
        let run = &self.deploys[d as usize];
        match &plan.system.deploys[d as usize].begins {
            Begins::At(all) => all.get(run.number as usize).copied(),
            Begins::Every(law) => {
                let wait = law.sample(&mut draw(run.release_key(), Purpose::Deploy));
                Some(SimTime::from_nanos(run.begun) + wait)
            }
        }
    }

    /// Whether the release of a deployment is on its way back.
    pub(super) fn is_taken_back(&self, d: u32) -> bool {
        matches!(self.deploys[d as usize].phase, Phase::Deciding | Phase::Back | Phase::Pausing)
    }

    /// Whether replicas are exchanged for that just now.
    pub(super) fn is_stepping_back(&self, d: u32) -> bool {
        self.deploys[d as usize].phase == Phase::Back
    }
}

/// What a deployment is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// The next release has not begun.
    #[default]
    Between,
    /// One is to begin when another of the service is over.
    Waiting,
    /// It is built and tested.
    Building,
    /// A step is carried out.
    Step,
    /// It is watched.
    Baking,
    /// It is complete, and what was before is kept.
    Keeping,
    /// It was decided to take it back.
    Deciding,
    /// It is taken back by a step.
    Back,
    /// The next step back is waited for.
    Pausing,
}

/// A bad release that is out.
#[derive(Debug, Clone)]
pub(super) struct BadRelease {
    /// Its number among those of its deployment, and what runs it.
    pub(super) number: u32,
    pub(super) release: Release,
    /// When it begins to show, and whether it has.
    pub(super) shows: Option<Handle>,
    pub(super) has_shown: bool,
    /// What lasts because of it, from then on.
    pub(super) incident: Option<IncidentId>,
}

/// A deployment while it runs.
#[derive(Debug, Clone)]
pub(in crate::engine) struct DeployRun {
    pub(super) key: u64,
    pub(super) phase: Phase,
    /// Releases that have begun, and when the last did [ns].
    pub(super) number: u32,
    pub(super) begun: u64,
    /// Its step, and how many parts of the fleet have not done it.
    pub(super) step: usize,
    pub(super) open: u32,
    /// When its last step was done [ns].
    pub(super) done: u64,
    /// What was before, and what is brought out.
    pub(super) from: Release,
    pub(super) to: Release,
    pub(super) is_bad: bool,
    /// Whether it came out in the measured part.
    pub(super) is_counted: bool,
    pub(super) timer: Option<Handle>,
    /// Bad releases that may still run somewhere, in the order in which they came out.
    pub(super) bad: Vec<BadRelease>,
    /// Requests that had failed when the first of those that show began to.
    pub(super) failed: u64,
    pub(in crate::engine) measure: DeployMeasure,
}

impl DeployRun {
    pub(in crate::engine) fn new(key: u64) -> Self {
        Self {
            key,
            phase: Phase::Between,
            number: 0,
            begun: 0,
            step: 0,
            open: 0,
            done: 0,
            from: Release::default(),
            to: Release::default(),
            is_bad: false,
            is_counted: false,
            timer: None,
            bad: Vec::new(),
            failed: 0,
            measure: DeployMeasure::default(),
        }
    }

    /// Whether a bad release shows.
    pub(super) fn shows(&self) -> bool {
        self.bad.iter().any(|bad| bad.has_shown)
    }

    /// What lasts because of its release of a number.
    pub(super) fn bad_of(&self, number: u32) -> Option<IncidentId> {
        self.bad.iter().find(|bad| bad.number == number)?.incident
    }

    /// What names the draws of its release.
    pub(super) fn release_key(&self) -> u64 {
        mix(self.key, u64::from(self.number))
    }
}
