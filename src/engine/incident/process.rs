//! Faults that will strike, and those that last.

use std::collections::BTreeMap;

use crate::engine::plan::Plan;
use crate::engine::replica::rollout::Release;
use crate::kernel::calendar::Handle;
use crate::model::fault::{Failures, FaultKind};
use crate::model::recovery::run::PlanRun;
use crate::units::SimTime;

/// A fault process while it runs.
#[derive(Debug, Clone)]
pub(in crate::engine) struct FaultProcess {
    pub(in crate::engine) key: u64,
    /// The next of its given occurrences.
    pub(in crate::engine) occurrence: usize,
    pub(in crate::engine) handle: Option<Handle>,
    /// When it strikes, while its clock runs; when it stopped, the time left [ns].
    pub(in crate::engine) due: SimTime,
    pub(in crate::engine) left: Option<u64>,
    /// How many times faster than its law its clock runs: as its settings say, and as what lasts has it.
    pub(in crate::engine) pace: f64,
    /// How fast it runs now.
    pub(in crate::engine) rate: f64,
    pub(in crate::engine) incidents: u32,
    pub(in crate::engine) is_active: bool,
    /// What is remembered of its unit, or of each replica in it that recovers by itself, where recovery waits.
    pub(in crate::engine) failures: BTreeMap<Option<u32>, Failures>,
}

/// A fault that lasts.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ActiveIncident {
    pub(in crate::engine) process: u32,
    pub(in crate::engine) key: u64,
    pub(in crate::engine) start: SimTime,
    pub(in crate::engine) detected: Option<SimTime>,
    /// When what waits for its detection began, as its settings say when that is.
    pub(in crate::engine) known: Option<SimTime>,
    /// When a machine first acted on it.
    pub(in crate::engine) acted: Option<SimTime>,
    pub(in crate::engine) decided: Option<SimTime>,
    pub(in crate::engine) mitigated: Option<SimTime>,
    pub(in crate::engine) run: Option<PlanRun>,
    pub(in crate::engine) handles: Vec<Option<Handle>>,
    /// The planned detection.
    pub(in crate::engine) detection: Option<Handle>,
    /// When its plan starts again, if it failed.
    pub(in crate::engine) again: Option<Handle>,
    /// Its end, where that is given.
    pub(in crate::engine) end: Option<Handle>,
    /// Its place among the incidents, or none.
    pub(in crate::engine) record: u32,
    pub(in crate::engine) is_live: bool,
    pub(in crate::engine) is_measured: bool,
    /// Whether its recovery waits for a switch to a spare.
    pub(in crate::engine) is_held: bool,
    /// Monitors that have found it.
    pub(in crate::engine) found_by: Vec<u32>,
    /// The only replica that it is about, where each recovers by itself.
    pub(in crate::engine) only: Option<u32>,
    /// The only release that it is about, where a deployment brought it out.
    pub(in crate::engine) release: Option<Release>,
    /// How often its effect has gone or come back, and when it does next.
    pub(in crate::engine) flaps: u32,
    pub(in crate::engine) flap: Option<Handle>,
    /// How many steps it has grown, if it is a leak, and when it grows next.
    pub(in crate::engine) leaked: u32,
    pub(in crate::engine) leak: Option<Handle>,
    /// When it shows, while nobody notices.
    pub(in crate::engine) silence: Option<Silence>,
}

/// That nobody notices an incident, with the event that ends it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Silence(pub(in crate::engine) Option<Handle>);

/// What an incident is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Extent {
    pub(in crate::engine) process: u32,
    /// See [`ActiveIncident::only`].
    pub(in crate::engine) only: Option<u32>,
    /// See [`ActiveIncident::release`].
    pub(in crate::engine) release: Option<Release>,
    /// Whether it grows still, and takes nothing down yet.
    pub(in crate::engine) is_leaking: bool,
}

impl ActiveIncident {
    /// What it is about.
    pub(in crate::engine) fn extent(&self, plan: &Plan) -> Extent {
        let is_leak = matches!(plan.fault(self.process).kind, FaultKind::Leak { .. });
        let Self { process, only, release, .. } = *self;
        Extent { process, only, release, is_leaking: is_leak && !self.has_leaked() }
    }

    /// One that begins now, and of which nobody knows yet.
    pub(in crate::engine) fn begun(
        (process, key): (u32, u64),
        start: SimTime,
        (record, is_measured): (u32, bool),
    ) -> Self {
        Self {
            process,
            key,
            start,
            detected: None,
            known: None,
            acted: None,
            decided: None,
            mitigated: None,
            run: None,
            handles: Vec::new(),
            detection: None,
            again: None,
            end: None,
            record,
            is_live: true,
            is_measured,
            is_held: false,
            found_by: Vec::new(),
            only: None,
            release: None,
            flaps: 0,
            flap: None,
            leaked: 0,
            leak: None,
            silence: None,
        }
    }

    /// Whether it is a leak that has come to its end.
    pub(in crate::engine) const fn has_leaked(&self) -> bool {
        self.leaked >= FaultKind::LEAK_STEPS
    }

    /// Whether what waits for its detection has begun.
    pub(in crate::engine) const fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// When it was decided what to do about it: by somebody, or by the machine that acted.
    pub(in crate::engine) fn decision(&self) -> Option<SimTime> {
        self.decided.or(self.acted)
    }

    /// Whether nobody notices it yet.
    pub(in crate::engine) const fn is_silent(&self) -> bool {
        self.silence.is_some()
    }

    /// Whether its effect is there.
    pub(in crate::engine) fn is_there(&self) -> bool {
        self.flaps.is_multiple_of(2) && !self.is_silent()
    }
}

/// A time as long as another, or so many times longer.
pub(in crate::engine) fn stretched(nanos: u64, times: f64) -> u64 {
    if times.total_cmp(&1.0).is_eq() { nanos } else { (nanos as f64 * times + 0.5) as u64 }
}
