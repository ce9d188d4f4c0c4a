//! What work leaves behind: effects that may come about twice, and idempotency keys that keep them from it.
//!
//! A caller cannot tell an attempt that was never served from one whose answer was late or lost, so what it tries again
//! may be done twice. A [`Ledger`] knows which pieces of work took effect, and how often; where a service keeps keys it also
//! holds the record that a key names, as a table beside the service would. It decides nothing about calls.

use std::collections::BTreeMap;

use crate::kernel::distribution::Distribution;
use crate::kernel::stream::mix;
use crate::units::{SimDuration, SimTime};

/// A piece of work: what all tries of one call have in common, those made by retries of its caller included. It is what
/// a client names by an idempotency key that is handed on from service to service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Work {
    /// Key of the client's request.
    pub request: u64,
    /// The call sites that lead to it.
    pub path: u64,
}

impl Work {
    /// The work that is asked for at a call site; `copy` tells those apart that are sent to different replicas on purpose.
    #[must_use]
    pub const fn child(self, site: u32, copy: u32) -> Self {
        Self { path: mix(self.path, (site as u64) << 32 | copy as u64), ..self }
    }
}

/// Idempotency keys at a service: each attempt first looks up what became of earlier tries of its work.
///
/// A finished one answers in its place, without its effect; one in progress makes it fail as a `conflict`; one that was
/// answered with an error leaves nothing behind. Helps where callers try again what may have been done. Costs a look-up
/// of every attempt, and keeps nobody from doing it twice after the record has expired; an attempt that dies in progress
/// blocks its work until then. Source: Powertools for AWS Lambda (Python), utility `idempotency`.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// How long a record is kept, from when it was last written.
    pub expires_after: SimDuration,
    /// After which time an attempt in progress is taken for dead; `expires_after` where absent.
    pub in_progress_expires_after: Option<SimDuration>,
    /// Work of the look-up, part of the time in service.
    pub lookup: Distribution,
    /// What happens while the store is out of reach, if another service keeps the records: then the first step of the
    /// service's calls asks it, before its own work, and the last one writes to it.
    pub store: Option<StoreFailure>,
}

/// What a service does whose store of idempotency keys fails it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// The attempt fails.
    Fail,
    /// It does the work without a key.
    Proceed,
}

/// What an attempt finds under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Found {
    /// Nothing that holds it up: it does the work.
    #[default]
    Nothing,
    /// The answer of an earlier attempt.
    Answer,
    /// Another attempt that is in progress.
    InProgress,
}

/// Which pieces of work took effect, and the records of idempotency keys.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    records: BTreeMap<Work, Record>,
    /// Records that were left the last time that those of the past were dropped.
    left: usize,
}

#[derive(Debug, Clone, Default)]
struct Record {
    effects: u32,
    entry: Option<Entry>,
}

/// What stands under an idempotency key.
#[derive(Debug, Clone)]
struct Entry {
    /// The attempt that wrote it.
    writer: u64,
    is_done: bool,
    until: SimTime,
}

/// Records that are kept without a look at what they are good for.
const KEPT: usize = 1_024;

impl Ledger {
    /// An attempt looks up its work. Where it finds nothing that holds, it is in progress from now on.
    pub fn look_up(&mut self, work: Work, attempt: u64, now: SimTime, rules: &Idempotency) -> Found {
        let record = self.records.entry(work).or_default();
        if let Some(entry) = record.entry.as_ref().filter(|entry| entry.until > now) {
            if entry.is_done {
                return Found::Answer;
            }
            if entry.writer != attempt {
                return Found::InProgress;
            }
        }
        let until = now + rules.in_progress_expires_after.unwrap_or(rules.expires_after);
        record.entry = Some(Entry { writer: attempt, is_done: false, until });
        Found::Nothing
    }

    /// An attempt that did the work is done: well, and later ones find its answer, or not, and nothing is left of it.
    pub fn finish(&mut self, work: Work, attempt: u64, (now, is_good): (SimTime, bool), rules: &Idempotency) {
        let record = self.records.entry(work).or_default();
        let until = now + rules.expires_after;
        record.entry = is_good.then_some(Entry { writer: attempt, is_done: true, until });
    }

    /// Work took effect; how often it has by now.
    pub fn take_effect(&mut self, work: Work) -> u32 {
        let record = self.records.entry(work).or_default();
        record.effects += 1;
        record.effects
    }

    /// Whether it is time to drop records of the past.
    pub fn is_full(&self) -> bool {
        self.records.len() > 2 * self.left + KEPT
    }

    /// Drops the records of requests that are over: `live` has the keys of all others, rising.
    pub fn keep(&mut self, live: &[u64]) {
        self.records.retain(|work, _| live.binary_search(&work.request).is_ok());
        self.left = self.records.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work { request: 7, path: 0 };

    fn rules() -> Idempotency {
        Idempotency {
            expires_after: SimDuration::from_secs(10.0),
            in_progress_expires_after: Some(SimDuration::from_secs(3.0)),
            lookup: Distribution::constant(SimDuration::ZERO),
            store: None,
        }
    }

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn a_finished_attempt_answers_until_its_record_expires() {
        let (mut ledger, rules) = (Ledger::default(), rules());
        assert_eq!(ledger.look_up(WORK, 1, at(0.0), &rules), Found::Nothing);
        assert_eq!(ledger.look_up(WORK, 2, at(2.9), &rules), Found::InProgress);
        ledger.finish(WORK, 1, (at(2.9), true), &rules);
        assert_eq!(ledger.look_up(WORK, 2, at(12.8), &rules), Found::Answer);
        assert_eq!(ledger.look_up(WORK.child(0, 0), 2, at(12.8), &rules), Found::Nothing);
        assert_eq!(ledger.look_up(WORK, 2, at(12.9), &rules), Found::Nothing);
    }

    #[test]
    fn an_error_leaves_nothing_and_a_dead_attempt_blocks_for_a_while() {
        let (mut ledger, rules) = (Ledger::default(), rules());
        ledger.look_up(WORK, 1, at(0.0), &rules);
        ledger.finish(WORK, 1, (at(1.0), false), &rules);
        assert_eq!(ledger.look_up(WORK, 2, at(1.0), &rules), Found::Nothing);
        assert_eq!(ledger.look_up(WORK, 3, at(3.9), &rules), Found::InProgress);
        // What starts anew finds itself.
        assert_eq!(ledger.look_up(WORK, 2, at(3.9), &rules), Found::Nothing);
        assert_eq!(ledger.look_up(WORK, 3, at(6.9), &rules), Found::Nothing);
        // Without a limit of its own it blocks as long as a record is kept.
        let patient = Idempotency { in_progress_expires_after: None, ..rules };
        assert_eq!(ledger.look_up(WORK, 4, at(10.0), &patient), Found::Nothing);
        assert_eq!(ledger.look_up(WORK, 5, at(19.9), &patient), Found::InProgress);
        assert_eq!(ledger.look_up(WORK, 5, at(20.0), &patient), Found::Nothing);
    }

    #[test]
    fn only_requests_that_live_are_remembered() {
        let mut ledger = Ledger::default();
        let work = |request| Work { request, path: 0 };
        assert_eq!([1, 2].map(|request| ledger.take_effect(work(request))), [1, 1]);
        assert_eq!(ledger.take_effect(work(1)), 2);
        (3..1_030).for_each(|request| assert_eq!(ledger.take_effect(work(request)), 1));
        assert!(ledger.is_full());
        ledger.keep(&[1, 500]);
        assert!(!ledger.is_full());
        assert_eq!([1, 2, 500].map(|request| ledger.take_effect(work(request))), [3, 1, 2]);
    }
}
