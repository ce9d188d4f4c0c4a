//! How long and how often a scenario runs.

use super::Checker;
use crate::model::span::{CollapseRule, RunSpan};
use crate::scenario::Run;
use crate::scenario::written::run::{RunKeys, Transient};
use crate::units::{Probability, SimDuration, SimTime};

/// The drain is this part of the horizon unless told otherwise.
const DRAIN_PART: u64 = 10;

/// The horizon has about so many rows of the timeline unless told otherwise.
const ROWS: u64 = 200;
/// The same for all clients together, where there are many.
const ROWS_OF_ALL: u64 = 20_000;

/// Most batches of a run.
const BATCHES_MAX: u32 = 1_000;

impl Checker<'_> {
    /// The section `run`; thresholds come later, with objectives and claims.
    pub(super) fn run(&mut self) -> Option<Run> {
        let keys = &self.written.run.as_ref()?.0;
        let horizon = keys.horizon;
        let transient = match keys.transient {
            Transient::Fixed(length) => length,
            Transient::Auto => {
                self.findable_transient(keys);
                SimDuration::ZERO
            }
        };
        if horizon <= transient {
            let message = format!("a horizon of {horizon} leaves nothing after a transient of {transient}");
            self.error(&["run", "horizon"], message, "expected a horizon beyond the transient");
        }
        let drain = drain(keys);
        let end = horizon + drain;
        if end == SimDuration::MAX {
            let message = "the horizon and its drain lie beyond the end of the clock";
            self.error(&["run", "horizon"], message, "the clock counts 584 years");
        }
        self.window_lengths(keys);
        let counts = [
            ("runs", u64::from(keys.runs)),
            ("batches", u64::from(keys.batches)),
            ("timeline_max", u64::from(keys.timeline_max)),
            ("events_max", keys.events_max),
        ];
        for (key, value) in counts {
            if value == 0 {
                self.error(&["run", key], format!("\"{key}\" is at least 1"), "");
            }
        }
        let confidence = keys.confidence.get();
        if confidence <= 0.0 || confidence >= 1.0 {
            let help = "expected more than 0% and less than 100%";
            self.error(&["run", "confidence"], "this confidence is impossible", help);
        }
        self.batches(keys);
        let until = match &keys.until {
            Some(name) => Some(self.whole(name)?),
            None => None,
        };
        let span = RunSpan {
            transient: SimTime::ZERO + transient,
            horizon: SimTime::ZERO + horizon,
            drain,
            window: keys.window,
            window_target: keys.window_target,
            collapse: self.collapse(keys),
            halves: false,
            until,
            thresholds: Vec::new(),
            contracts: Vec::new(),
            timeline_step: keys
                .timeline_step
                .unwrap_or_else(|| default_step(horizon, self.written.clients.0.len())),
            timeline_max: keys.timeline_max,
            incidents_max: keys.incidents_max,
            events_max: keys.events_max,
        };
        Some(Run {
            span,
            finds_transient: keys.transient == Transient::Auto,
            runs: keys.runs,
            batches: keys.batches,
            seed: keys.seed,
            confidence: keys.confidence,
            per_seat: keys.per_seat,
            precision: None,
        })
    }

    /// Reports windows and steps of the timeline that last no time.
    fn window_lengths(&mut self, keys: &RunKeys) {
        let step = keys.timeline_step.is_some_and(SimDuration::is_zero);
        for (key, is_zero) in [("window", keys.window.is_zero()), ("timeline_step", step)] {
            if is_zero {
                self.error(&["run", key], format!("\"{key}\" is longer than zero"), "");
            }
        }
    }

    /// What counts as a collapse; nothing in batches, which have the start of their run in common.
    fn collapse(&mut self, keys: &RunKeys) -> Option<CollapseRule> {
        let path = ["run", "collapse", "lasts"];
        let rule = match &keys.collapse {
            Some(keys) => CollapseRule { lasts: keys.lasts, below: keys.below },
            None => CollapseRule { lasts: None, below: Probability::HALF },
        };
        if rule.below.get() <= 0.0 {
            let help = "expected more than 0% and at most 100%";
            self.error(&["run", "collapse", "below"], "no step is below this share", help);
        }
        if let Some(lasts) = rule.lasts {
            let shortest = CollapseRule::lasts_min(SimTime::ZERO + keys.horizon);
            if lasts < shortest {
                let message = format!("a collapse of {lasts} cuts the run into too many steps");
                self.error(&path, message, &format!("expected at least {shortest}"));
            } else if lasts.as_nanos() > keys.horizon.as_nanos() / 2 {
                let message = format!("in {} no collapse of {lasts} can be seen", keys.horizon);
                self.warning(&path, message, "expected at most half of the horizon");
            }
        }
        if keys.batches > 1 && keys.collapse.is_some() {
            let message =
                "collapses are not looked for in batches, which have the start of their run in common";
            self.warning(&["run", "collapse"], message, "expected runs instead of batches");
        }
        (keys.batches <= 1).then_some(rule)
    }

    /// Reports batches that cannot be.
    fn batches(&mut self, keys: &RunKeys) {
        if keys.until.is_some() && keys.batches > 1 {
            let message = "a run that ends with the first outage has no batches";
            self.error(&["run", "batches"], message, "");
        }
        if keys.batches > BATCHES_MAX {
            let message = format!("{} batches are too short to be like runs", keys.batches);
            let help = format!("expected at most {BATCHES_MAX}, and some twenty are enough");
            self.error(&["run", "batches"], message, &help);
        }
    }

    /// Reports what a transient cannot be found in.
    fn findable_transient(&mut self, keys: &RunKeys) {
        let help = "give its length, such as \"10min\"";
        if self.written.clients.0.is_empty() {
            let message = "without a client nobody is in the system, so no transient is found";
            self.error(&["run", "transient"], message, help);
        }
        if keys.until.is_some() {
            let message = "a run that ends with the first outage has no steady state";
            self.error(&["run", "transient"], message, help);
        }
    }
}

/// Lengths of a row of the timeline that read well, up to a day [s]; shorter and longer ones are 1, 2 or 5 times a power of ten, of
/// nanoseconds and of days.
const STEPS: [u64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];

/// The longest step that reads well of which the horizon has some two hundred.
fn default_step(horizon: SimDuration, clients: usize) -> SimDuration {
    const SECOND: u64 = 1_000_000_000;
    const DAY: u64 = 86_400 * SECOND;
    let most = (horizon.as_nanos() / (ROWS_OF_ALL / clients.max(1) as u64).clamp(1, ROWS)).max(1);
    let round = |unit: u64| {
        let scale = 10_u64.pow((most / unit).ilog10());
        [5, 2, 1].into_iter().map(|times| times * scale * unit).find(|step| *step <= most).unwrap_or(unit)
    };
    let nanos = match most {
        DAY.. => round(DAY),
        SECOND.. => {
            STEPS.into_iter().rev().map(|step| step * SECOND).find(|step| *step <= most).unwrap_or(SECOND)
        }
        _ => round(1),
    };
    SimDuration::from_nanos(nanos)
}

/// The drain as written, or its default.
pub(in crate::scenario) fn drain(keys: &RunKeys) -> SimDuration {
    keys.drain.unwrap_or_else(|| SimDuration::from_nanos(keys.horizon.as_nanos() / DRAIN_PART))
}
