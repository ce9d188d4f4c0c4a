//! What name servers answer, and since when.

pub(super) mod check;
mod resolve;

use std::collections::VecDeque;

use crate::engine::knowledge::Knowledge;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::measure::{AnswerMeasure, Astray, DnsMeasure, LedAstray};
use crate::model::dns::{Dns, RecordSet, Refresh};
use crate::units::RegionId;
use resolve::Resolving;

/// One name while it runs.
#[derive(Debug, Clone)]
pub(in crate::engine) struct NameState {
    /// The records that are found sound.
    found: RecordSet,
    /// Those that were before the begin.
    first: RecordSet,
    /// From when name servers answer by which records are sound, rising; the first entry is what held before all others.
    history: VecDeque<Since>,
    /// How far back the answers reach that somebody may still have [ns].
    kept: u64,
    /// How often a record was found otherwise.
    changes: u64,
    key: u64,
    /// Of each client, how it comes by answers; `None` where it does not call the name.
    resolving: Vec<Option<Resolving>>,
    measure: DnsMeasure,
    /// For how many attempts each record was answered.
    answers: Vec<u64>,
    /// The records whose replicas work now, whoever knows of it.
    works: RecordSet,
    /// Of each client.
    astray: Vec<LedAstray>,
}

/// From when something is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Since {
    at: u64,
    sound: RecordSet,
}

/// All names, while every record is sound.
pub(in crate::engine) fn names(plan: &Plan, streams: Streams) -> Vec<NameState> {
    if !plan.dns.are_there() {
        return Vec::new();
    }
    (0..plan.system.dns.len()).map(|number| NameState::new(plan, streams, number)).collect()
}

impl NameState {
    fn new(plan: &Plan, streams: Streams, number: usize) -> Self {
        let dns = &plan.system.dns[number];
        let sound = RecordSet::first(dns.records.len());
        let calls = |client: u16| {
            let sites = plan.edges.iter().zip(0..).filter(|(edge, _)| edge.caller == client);
            sites.into_iter().any(|(_, site)| plan.dns.name(site) == Some(number))
        };
        let resolving: Vec<Option<Resolving>> = (0..plan.system.clients.len())
            .map(|client| calls(client as u16).then(|| Resolving::new(plan, streams, (client, dns))))
            .collect();
        Self {
            found: sound,
            first: sound,
            history: VecDeque::from([Since { at: 0, sound }]),
            kept: kept(plan, dns, &resolving),
            changes: 0,
            key: streams.key(Purpose::Propagation, named(&dns.name)),
            resolving,
            measure: DnsMeasure::default(),
            answers: vec![0; dns.records.len()],
            works: sound,
            astray: vec![LedAstray::default(); plan.system.clients.len()],
        }
    }

    /// What became of it.
    pub(in crate::engine) fn measure(&self) -> DnsMeasure {
        self.measure
    }

    /// Where it led a client, if that calls it.
    pub(in crate::engine) fn astray(&self, client: usize) -> Option<LedAstray> {
        self.resolving[client].as_ref().map(|_| self.astray[client])
    }

    /// What became of its records.
    pub(in crate::engine) fn answers(&self) -> impl Iterator<Item = AnswerMeasure> {
        let attempts = self.measure.attempts;
        self.answers.iter().map(move |answered| AnswerMeasure { answered: *answered, attempts })
    }

    /// The records by which name servers answer at an instant that is not in the future, and not longer ago than answers are
    /// kept.
    fn sound_at(&self, at: u64) -> RecordSet {
        // Mostly nothing is on its way.
        if let Some(last) = self.history.back().filter(|last| last.at <= at) {
            return last.sound;
        }
        let after = self.history.partition_point(|since| since.at <= at);
        self.history[after.saturating_sub(1)].sound
    }

    /// Replicas of a record work, or do not.
    fn note_works(&mut self, record: u8, works: bool) {
        self.works = self.works.with(record, works);
    }

    /// Why an attempt of a client is led to a record whose replicas do not work.
    fn why_astray(&self, (dns, from): (&Dns, RegionId), (record, overstays): (u8, bool), now: u64) -> Astray {
        if dns.candidates(self.works, from).contains(record) {
            Astray::Forced
        } else if self.found.contains(record) {
            Astray::Undetected
        } else if self.sound_at(now).contains(record) {
            Astray::Unpropagated
        } else if overstays {
            Astray::Overstayed
        } else {
            Astray::Kept
        }
    }

    /// A record has not been sound for as long as anybody knows.
    fn begin_without(&mut self, record: u8) {
        self.found = self.found.with(record, false);
        self.first = self.found;
        self.history = VecDeque::from([Since { at: 0, sound: self.found }]);
    }

    /// A record is found sound, or not sound any more; name servers answer by it later.
    fn find(&mut self, dns: &Dns, (record, is_sound): (u8, bool), (now, is_measuring): (u64, bool)) {
        self.found = self.found.with(record, is_sound);
        self.changes += 1;
        self.measure.changes += u64::from(is_measuring);
        let wait = dns.propagation.sample(&mut draw(mix(self.key, self.changes), Purpose::Propagation));
        let last = self.history.back().map_or(0, |since| since.at);
        let at = last.max(now.saturating_add(wait.as_nanos()));
        self.history.push_back(Since { at, sound: self.found });
        // What nobody can have asked for any more goes.
        let oldest = now.saturating_sub(self.kept);
        while self.history.get(1).is_some_and(|next| next.at <= oldest) {
            self.history.pop_front();
        }
    }
}

impl Knowledge {
    /// How many measured attempts went to a record, numbered through all names, and how many by its name.
    pub(in crate::engine) fn answered(&self, record: usize) -> Option<(u64, u64)> {
        let all = self.names.iter().flat_map(NameState::answers);
        all.skip(record).map(|one| (one.answered, one.attempts)).next()
    }
}

/// How far back the answers reach that resolvers may have which ask in a rhythm of their own [ns]; the others keep their
/// answers themselves.
fn kept(plan: &Plan, dns: &Dns, resolving: &[Option<Resolving>]) -> u64 {
    let clients = plan.system.clients.iter().zip(resolving).filter(|(_, resolving)| resolving.is_some());
    let periodic = clients.filter(|(client, _)| client.resolvers.refresh == Refresh::Periodic);
    let lifetimes = periodic.flat_map(|(client, _)| client.resolvers.lifetimes());
    let longest = lifetimes.filter_map(|lifetime| lifetime.of(dns.ttl)).max();
    longest.unwrap_or_default().as_nanos()
}
