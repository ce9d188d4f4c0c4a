//! Which records are answered.

use super::Dns;
use crate::units::RegionId;

crate::choices! {
    /// Which records are answered, of those that are sound.
    pub enum AnswerPolicy {
        /// The first one in the order of the file.
        Failover = "failover",
        /// One of them, by their weights; those of weight 0 have a turn, each as often, only while no other is sound.
        Weighted = "weighted",
        /// The one to which messages of the caller take the shortest time on average.
        Latency = "latency",
        /// The one that is for the caller's region, otherwise one that is for all others; none where there is none.
        Geographic = "geographic",
        /// All of them; each attempt goes to one at random.
        Multivalue = "multivalue",
        /// All records, sound or not; each attempt goes to one at random.
        Simple = "simple",
    }
}

/// Most records of a name.
pub const RECORDS_MAX: usize = 64;

/// Some records of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordSet(u64);

impl RecordSet {
    /// The first so many.
    pub const fn first(count: usize) -> Self {
        Self(if count >= RECORDS_MAX { u64::MAX } else { (1 << count) - 1 })
    }

    /// Only one.
    pub const fn only(record: u8) -> Self {
        Self(1 << record)
    }

    /// The same, with a record or without it.
    #[must_use]
    pub const fn with(self, record: u8, is_in: bool) -> Self {
        let bit = 1 << record;
        Self(if is_in { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether a record is among them.
    pub const fn contains(self, record: u8) -> bool {
        self.0 >> record & 1 == 1
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first of some numbers that is among them, alone.
    fn first_of(self, mut numbers: impl Iterator<Item = u8>) -> Self {
        numbers.find(|one| self.contains(*one)).map_or_else(Self::default, Self::only)
    }

    /// Their numbers, rising.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (next < u64::BITS).then_some(next as u8)
        })
    }
}

impl Dns {
    /// The records that may be answered to a caller of a region where some are sound.
    pub fn candidates(&self, sound: RecordSet, from: RegionId) -> RecordSet {
        let all = RecordSet::first(self.records.len());
        if self.policy == AnswerPolicy::Simple {
            return all;
        }
        let sound = if sound.is_empty() && self.all_where_none { all } else { sound };
        match self.policy {
            AnswerPolicy::Simple | AnswerPolicy::Multivalue => sound,
            AnswerPolicy::Failover => sound.first_of(0..self.records.len() as u8),
            AnswerPolicy::Latency => sound.first_of(self.nearest[from.index()].iter().copied()),
            AnswerPolicy::Weighted => {
                let has_weight = |one: &u8| self.records[usize::from(*one)].weight > 0.0;
                let weighted = sound.iter().filter(has_weight);
                let weighted = weighted.fold(RecordSet::default(), |set, one| set.with(one, true));
                if weighted.is_empty() { sound } else { weighted }
            }
            AnswerPolicy::Geographic => {
                let is_for = |one: &u8| self.records[usize::from(*one)].serves.contains(&from);
                let is_for_others = |one: &u8| self.records[usize::from(*one)].serves.is_empty();
                let numbers = || 0..self.records.len() as u8;
                sound.first_of(numbers().filter(is_for).chain(numbers().filter(is_for_others)))
            }
        }
    }

    /// The record of some candidates to which a share leads that is evenly spread over 0 to 1 without 1, by weight where
    /// answers go by weights; it is only asked for where there are several.
    pub fn choose(&self, candidates: RecordSet, share: impl FnOnce() -> f64) -> Option<u8> {
        let only = candidates.iter().next()?;
        if candidates == RecordSet::only(only) {
            return Some(only);
        }
        let is_weighted =
            self.policy == AnswerPolicy::Weighted && self.records[usize::from(only)].weight > 0.0;
        let weight = |one: u8| if is_weighted { self.records[usize::from(one)].weight } else { 1.0 };
        let total: f64 = candidates.iter().map(weight).sum();
        let mut left = share() * total;
        let mut last = None;
        for one in candidates.iter() {
            last = Some(one);
            left -= weight(one);
            if left < 0.0 {
                break;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::distribution::Distribution;
    use crate::model::dns::Record;
    use crate::units::{ServiceId, SimDuration};

    fn name(policy: AnswerPolicy) -> Dns {
        let record = |(number, weight, serves): (u32, f64, &[u32])| Record {
            name: format!("r{number}"),
            region: RegionId(number),
            weight,
            serves: serves.iter().copied().map(RegionId).collect(),
        };
        Dns {
            name: "www".to_owned(),
            service: ServiceId(0),
            records: [(0, 3.0, &[1][..]), (1, 1.0, &[]), (2, 0.0, &[2])].map(record).to_vec(),
            policy,
            ttl: SimDuration::ZERO,
            negative_ttl: SimDuration::ZERO,
            is_anycast: false,
            propagation: Distribution::constant(SimDuration::ZERO),
            check: None,
            healthy_min: 1,
            all_where_none: true,
            nearest: vec![vec![2, 0, 1], vec![1, 2, 0], vec![0, 1, 2]],
        }
    }

    fn answered(policy: AnswerPolicy, sound: &[u8], from: u32) -> Vec<u8> {
        let sound = sound.iter().fold(RecordSet::default(), |set, one| set.with(*one, true));
        name(policy).candidates(sound, RegionId(from)).iter().collect()
    }

    #[test]
    fn each_policy_answers_its_records() {
        assert_eq!(answered(AnswerPolicy::Failover, &[1, 2], 0), [1]);
        assert_eq!(answered(AnswerPolicy::Weighted, &[0, 1, 2], 0), [0, 1]);
        assert_eq!(answered(AnswerPolicy::Weighted, &[2], 0), [2]);
        assert_eq!(answered(AnswerPolicy::Latency, &[0, 1], 0), [0]);
        assert_eq!(answered(AnswerPolicy::Latency, &[0, 1], 1), [1]);
        assert_eq!(answered(AnswerPolicy::Multivalue, &[0, 2], 0), [0, 2]);
        assert_eq!(answered(AnswerPolicy::Simple, &[], 0), [0, 1, 2]);
        // Callers of region 1 have a record of their own, those of region 0 have that for all others.
        assert_eq!(answered(AnswerPolicy::Geographic, &[0, 1, 2], 1), [0]);
        assert_eq!(answered(AnswerPolicy::Geographic, &[1, 2], 1), [1]);
        assert!(answered(AnswerPolicy::Geographic, &[0, 2], 0).is_empty());
    }

    #[test]
    fn where_none_is_sound_all_are_or_none() {
        assert_eq!(answered(AnswerPolicy::Failover, &[], 0), [0]);
        assert_eq!(answered(AnswerPolicy::Multivalue, &[], 0), [0, 1, 2]);
        let strict = Dns { all_where_none: false, ..name(AnswerPolicy::Failover) };
        assert!(strict.candidates(RecordSet::default(), RegionId(0)).is_empty());
        assert_eq!(strict.choose(RecordSet::default(), || 0.5), None);
    }

    #[test]
    fn answers_go_by_weight_where_they_should() {
        let choose = |policy, share: f64| name(policy).choose(RecordSet::first(3), || share);
        assert_eq!(
            [0.0, 0.74, 0.76, 0.999].map(|one| choose(AnswerPolicy::Weighted, one)),
            [Some(0), Some(0), Some(1), Some(1)]
        );
        assert_eq!(
            [0.0, 0.34, 0.999].map(|one| choose(AnswerPolicy::Simple, one)),
            [Some(0), Some(1), Some(2)]
        );
    }

    #[test]
    fn a_set_holds_as_many_as_there_may_be() {
        let all = RecordSet::first(RECORDS_MAX);
        assert!(all.contains(63) && !all.with(63, false).contains(63));
        assert_eq!(RecordSet::first(2).iter().collect::<Vec<_>>(), [0, 1]);
        assert!(RecordSet::only(5).contains(5) && RecordSet::default().is_empty());
    }
}
