//! The checks of one replica by one decider: their rhythm, and how many of them succeed or fail in a row.

use crate::engine::replica::prober::Awaited;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::monitoring::{Found, HealthCheck};
use crate::units::SimDuration;
use rand::RngExt;

/// Most checks with jitter that are left out one by one.
const SKIPPED_MAX: u64 = 10_000;

/// The checks of one replica by one decider.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Check {
    pub(in crate::engine) service: u16,
    /// The decider, which has a view of its own.
    pub(in crate::engine) view: u32,
    pub(in crate::engine) replica: u32,
    pub(in crate::engine) key: u64,
    /// When the next is or would be sent [ns].
    pub(in crate::engine) next: u64,
    /// Its number, also counting those that were never sent because they would have changed nothing.
    pub(in crate::engine) number: u64,
    /// How many were sent.
    pub(in crate::engine) sent: u64,
    pub(in crate::engine) failures: u32,
    pub(in crate::engine) successes: u32,
    /// Attempts in a row that failed, where they count.
    pub(in crate::engine) failed_attempts: u32,
    /// Whether it takes the replica for up, where it is one of several that decide together.
    pub(in crate::engine) finds_up: Option<bool>,
    /// Whether none has succeeded yet that had to.
    pub(in crate::engine) is_first: bool,
    /// Whether one is planned, or under way.
    pub(in crate::engine) is_awake: bool,
    /// Whether the one under way was sent to who sat in the seat before.
    pub(in crate::engine) is_void: bool,
    /// What the one under way will find, where it has to wait for its turn.
    pub(in crate::engine) awaited: Option<Awaited>,
}

impl Check {
    /// One that has found nothing yet and is not planned; `key` names what is random about it.
    pub(in crate::engine) fn new(key: u64) -> Self {
        Self {
            service: 0,
            view: 0,
            replica: 0,
            key,
            next: 0,
            number: 0,
            sent: 0,
            failures: 0,
            successes: 0,
            failed_attempts: 0,
            finds_up: None,
            is_first: false,
            is_awake: false,
            is_void: false,
            awaited: None,
        }
    }

    /// Notes a result; whether it changes what is believed.
    pub(in crate::engine) fn note(&mut self, settings: &HealthCheck, found: Found, believes: bool) -> bool {
        let changes = if found == Found::Good {
            self.failures = 0;
            self.successes += 1;
            let is_enough = self.successes >= settings.healthy_after || self.is_first;
            self.is_first = false;
            !believes && is_enough
        } else {
            self.successes = 0;
            self.failures += 1;
            let marks = found == Found::Error && settings.error_marks;
            believes && (marks || self.failures >= settings.unhealthy_after)
        };
        if changes {
            self.failures = 0;
            self.successes = 0;
        }
        changes
    }

    /// The next check follows the last one after a pause.
    pub(in crate::engine) fn follow(&mut self, settings: &HealthCheck, pause: SimDuration) {
        self.number += 1;
        let jitter = if settings.jitter.is_zero() {
            0
        } else {
            let share: f64 = draw(mix(self.key, self.number), Purpose::CheckPhase).random();
            (share * settings.jitter.as_nanos() as f64) as u64
        };
        self.next = self.next.saturating_add(pause.as_nanos()).saturating_add(jitter);
    }

    /// Leaves out the checks before an instant: nothing was to be seen.
    pub(in crate::engine) fn skip_to(&mut self, settings: &HealthCheck, from: u64) {
        if settings.jitter.is_zero() {
            let rounds = from.saturating_sub(self.next).div_ceil(settings.interval.as_nanos());
            self.next = self.next.saturating_add(rounds.saturating_mul(settings.interval.as_nanos()));
            return;
        }
        // Where a great many are left out, the last of them are enough to forget where the first was.
        let mean = settings.interval.as_nanos().saturating_add(settings.jitter.as_nanos() / 2);
        let rounds = from.saturating_sub(self.next) / mean;
        if rounds > SKIPPED_MAX {
            let far = rounds - SKIPPED_MAX / 2;
            self.number += far;
            self.next = self.next.saturating_add(far.saturating_mul(mean));
        }
        while self.next < from {
            self.follow(settings, settings.interval);
        }
    }
}
