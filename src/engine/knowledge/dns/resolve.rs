//! Which record an attempt goes to: what its resolver has, or asks for.

use super::NameState;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::model::dns::{AnswerPolicy, Dns, Lifetime, RecordSet, Refresh};
use crate::model::workload::Client;
use crate::units::SimDuration;
use rand::RngExt;

/// How a client comes by the answers for a name.
#[derive(Debug, Clone)]
pub(super) struct Resolving {
    /// What names its resolvers and their answers.
    key: u64,
    /// What each resolver has, where they ask on demand.
    kept: Vec<Kept>,
}

/// An answer that a resolver keeps.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Until when; 0 where nothing was asked yet.
    until: u64,
    /// How often it has asked.
    asked: u32,
    sound: RecordSet,
}

/// Which records were sound for whoever answered, and what names the answer.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Answer {
    sound: RecordSet,
    key: u64,
    /// Whether who has it keeps answers for another time than it should.
    overstays: bool,
}

impl Resolving {
    pub(super) fn new(plan: &Plan, streams: Streams, (client, dns): (usize, &Dns)) -> Self {
        let settings = &plan.system.clients[client];
        let is_keeping = settings.resolvers.refresh == Refresh::OnDemand && !dns.is_anycast;
        let none = Kept { until: 0, asked: 0, sound: RecordSet::default() };
        Self {
            key: mix(streams.key(Purpose::Resolver, named(&dns.name)), named(&settings.name)),
            kept: vec![none; if is_keeping { settings.resolver_count() as usize } else { 0 }],
        }
    }
}

impl NameState {
    /// What a resolver of a client has at `now`, which it asks for where it must.
    pub(in crate::engine) fn answer(
        &mut self,
        (dns, settings): (&Dns, &Client),
        (client, number): (usize, u32),
        now: u64,
    ) -> Option<Answer> {
        let resolving = self.resolving[client].as_ref()?;
        let key = mix(resolving.key, u64::from(number));
        if dns.is_anycast {
            return Some(Answer { sound: self.sound_at(now), key, overstays: false });
        }
        let lifetime = settings.resolvers.lifetime(number, settings.resolver_count());
        let overstays = lifetime != Lifetime::Times(1.0);
        if settings.resolvers.refresh == Refresh::Periodic {
            // Who asked before the begin, and never again, has what was answered then.
            let (asked, round) = lifetime.of(dns.ttl).map_or((None, 0), |every| last_ask(key, every, now));
            let sound = asked.map_or(self.first, |asked| self.sound_at(asked));
            return Some(Answer { sound, key: mix(key, round), overstays });
        }
        let mut kept = resolving.kept[number as usize];
        if now >= kept.until {
            let sound = self.sound_at(now);
            let is_none = dns.candidates(sound, settings.region).is_empty();
            let lasts = if is_none { Some(dns.negative_ttl) } else { lifetime.of(dns.ttl) };
            let until = lasts.map_or(u64::MAX, |lasts| now.saturating_add(lasts.as_nanos()));
            kept = Kept { until, asked: kept.asked.wrapping_add(1), sound };
            self.resolving[client].as_mut()?.kept[number as usize] = kept;
        }
        Some(Answer { sound: kept.sound, key: mix(key, u64::from(kept.asked)), overstays })
    }

    /// The record to which an attempt goes, whose key names what it draws itself; counted if it is `measured`.
    pub(in crate::engine) fn record_for(
        &mut self,
        (dns, settings, client): (&Dns, &Client, usize),
        (answer, attempt): (Answer, u64),
        (now, measured): (u64, bool),
    ) -> Option<u8> {
        let candidates = dns.candidates(answer.sound, settings.region);
        let is_each = dns.is_anycast || matches!(dns.policy, AnswerPolicy::Multivalue | AnswerPolicy::Simple);
        let key = if is_each { mix(answer.key, attempt) } else { answer.key };
        let record = dns.choose(candidates, || draw(key, Purpose::Answer).random());
        if measured {
            let current = self.sound_at(now);
            let is_right =
                |one: u8| current == answer.sound || dns.candidates(current, settings.region).contains(one);
            self.measure.attempts += 1;
            self.astray[client].attempts += 1;
            match record {
                Some(one) => {
                    if !self.works.contains(one) {
                        let why = self.why_astray((dns, settings.region), (one, answer.overstays), now);
                        self.astray[client].reasons[why as usize] += 1;
                    }
                    self.answers[usize::from(one)] += 1;
                    self.measure.stale += u64::from(!is_right(one));
                }
                None => self.measure.unresolved += 1,
            }
        }
        record
    }
}

/// When a resolver that asks in a rhythm of its own did so last, unless that was before the begin, and how often it has since.
fn last_ask(key: u64, every: SimDuration, now: u64) -> (Option<u64>, u64) {
    let every = every.as_nanos();
    if every == 0 {
        return (Some(now), now);
    }
    let share: f64 = draw(key, Purpose::Resolver).random();
    let phase = (share * every as f64) as u64;
    match now.checked_sub(phase) {
        Some(since) => (Some(now - since % every), 1 + since / every),
        None => (None, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_asks_at_its_own_phase() {
        let every = SimDuration::from_nanos(1000);
        let phase = (0..1000).find(|now| last_ask(7, every, *now).0.is_some()).unwrap();
        assert_eq!(last_ask(7, every, phase), (Some(phase), 1));
        assert_eq!(last_ask(7, every, phase + 999), (Some(phase), 1));
        assert_eq!(last_ask(7, every, phase + 2000), (Some(phase + 2000), 3));
        // A longer time has the same phase in proportion.
        let longer = SimDuration::from_nanos(10_000);
        let long = last_ask(7, longer, 20_000).0.unwrap() % 10_000;
        assert!(long.abs_diff(10 * phase) <= 10, "{long}, {phase}");
        assert_eq!(last_ask(7, SimDuration::ZERO, 42), (Some(42), 42));
    }
}
