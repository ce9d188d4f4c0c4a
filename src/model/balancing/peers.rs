//! What nginx and HAProxy remember of each peer: failures, the weight that is left, and whether it is a backup.

use super::{Ended, FleetChange, FleetView};
use crate::reason::Reason;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::choices! {
    /// Which backups serve when no other replica can.
    pub enum BackupUse {
        /// All of them (nginx; HAProxy with `option allbackups`).
        All = "all",
        /// The first of them that can (HAProxy).
        First = "first",
    }
}

/// When a peer may have an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) max_fails: u32,
    pub(super) fail_timeout: SimDuration,
    pub(super) max_conns: u32,
    /// Numbers of backups, from 1, as they are written.
    pub(super) backup: Vec<u32>,
    pub(super) backup_use: BackupUse,
}

impl Rules {
    /// Whether every peer may always have one.
    fn are_empty(&self) -> bool {
        self.max_fails == 0 && self.max_conns == 0 && self.backup.is_empty()
    }

    /// Whether there are such backups in a fleet of so many replicas, and others that they stand in for.
    pub(super) fn check(&self, replicas: usize) -> Result<(), Impossible> {
        if let Some(wrong) = self.backup.iter().find(|one| **one == 0 || **one as usize > replicas) {
            let why = format!("there is no replica {wrong} to be a backup: expected 1 to {replicas}");
            return Err(Impossible::new("backup", why));
        }
        let stands_in = (1..=replicas as u32).any(|one| !self.backup.contains(&one));
        Impossible::unless(stands_in, "backup", "every replica is one, and none is there to serve")
    }
}

/// All peers of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peers {
    rules: Rules,
    /// What a weight of 1 has become.
    unit: i64,
    members: Vec<Peer>,
    /// How many of them are there.
    present: u32,
    /// Who may have the attempt that is about to be sent, rising.
    pub(super) able: Vec<u32>,
}

/// Times are whole seconds, as nginx counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Peer {
    effective: i64,
    fails: u32,
    accessed: u64,
    checked: u64,
    is_backup: bool,
}

impl Peers {
    /// Peers of these weights, in which a weight of 1 is `unit`; `None` where the rules let every peer have an attempt.
    pub(super) fn new(rules: Rules, weights: &[i64], unit: i64) -> Option<Box<Self>> {
        if rules.are_empty() {
            return None;
        }
        let peer = |(number, effective): (usize, &i64)| Peer {
            effective: *effective,
            fails: 0,
            accessed: 0,
            checked: 0,
            is_backup: rules.backup.contains(&(number as u32 + 1)),
        };
        let members = weights.iter().enumerate().map(peer).collect();
        let present = weights.len() as u32;
        Some(Box::new(Self { rules, unit, members, present, able: Vec::new() }))
    }

    /// A peer of this weight joined the group, or left it.
    pub(super) fn change(&mut self, change: &FleetChange, weight: i64) {
        self.present = change.present;
        let peer = &mut self.members[change.replica as usize];
        *peer = Peer { effective: weight, fails: 0, accessed: 0, checked: 0, is_backup: peer.is_backup };
    }

    /// Finds who of the eligible may have an attempt now: those that are no backups, or else backups.
    pub(super) fn find(&mut self, fleet: &FleetView<'_>) {
        let mut able = std::mem::take(&mut self.able);
        able.clear();
        let may_have = |one: &u32, is_backup: bool| {
            self.members[*one as usize].is_backup == is_backup && self.may_have(fleet, *one)
        };
        able.extend(fleet.eligible.iter().copied().filter(|one| may_have(one, false)));
        if able.is_empty() {
            able.extend(fleet.eligible.iter().copied().filter(|one| may_have(one, true)));
            if self.rules.backup_use == BackupUse::First {
                able.truncate(1);
            }
        }
        self.able = able;
    }

    /// Whether a peer is neither full nor out after failures.
    fn may_have(&self, fleet: &FleetView<'_>, replica: u32) -> bool {
        let Rules { max_fails, fail_timeout, max_conns, .. } = self.rules;
        let peer = &self.members[replica as usize];
        let is_full = max_conns > 0 && fleet.load[replica as usize] >= max_conns;
        let age = seconds(fleet.now).saturating_sub(peer.checked);
        // Failures of a group of one are not counted.
        let is_out = max_fails > 0
            && self.present > 1
            && peer.fails >= max_fails
            && age <= fail_timeout.as_nanos() / 1_000_000_000;
        !is_full && !is_out
    }

    /// The weight that failures have left of a peer's own.
    pub(super) fn effective(&self, replica: u32) -> i64 {
        self.members[replica as usize].effective
    }

    /// A peer took part in a turn: its weight recovers by one.
    pub(super) fn recover(&mut self, replica: u32, weight: i64) {
        let peer = &mut self.members[replica as usize];
        peer.effective =
            if peer.effective < weight { (peer.effective + self.unit).min(weight) } else { weight };
    }

    /// A peer was picked; after its time out this is a probe, and no other follows before the next.
    pub(super) fn picked(&mut self, replica: u32, now: SimTime) {
        let peer = &mut self.members[replica as usize];
        if seconds(now).saturating_sub(peer.checked) > self.rules.fail_timeout.as_nanos() / 1_000_000_000 {
            peer.checked = seconds(now);
        }
    }

    /// An attempt ended at a peer of this weight.
    pub(super) fn observe(&mut self, ended: &Ended, weight: i64) {
        let (peer, now) = (&mut self.members[ended.replica as usize], seconds(ended.now));
        if ended.failure.is_some_and(|reason| counts(reason, ended.is_listed)) {
            peer.fails = peer.fails.saturating_add(1);
            (peer.accessed, peer.checked) = (now, now);
            if self.rules.max_fails > 0 {
                let loss = weight / self.unit / i64::from(self.rules.max_fails) * self.unit;
                peer.effective = (peer.effective - loss).max(0);
            }
        } else if peer.accessed < peer.checked {
            peer.fails = 0;
        }
    }
}

/// Weights as whole numbers in the same proportions, and how much a weight of 1 has become: rounding in sums would make
/// turns drift, and the sequence would not repeat. Decimals become exact by a power of ten; others keep 40 bits of the
/// greatest.
pub(super) fn whole(weights: &[f64]) -> (Box<[i64]>, i64) {
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    let exact = |scale: f64| {
        greatest * scale <= WEIGHT_MAX
            && weights.iter().all(|weight| {
                let scaled = weight * scale;
                (scaled - scaled.round()).abs() <= scaled * 4.0 * f64::EPSILON
            })
    };
    let tens = (0..=9).map(|digits| 10_f64.powi(digits));
    let scale = tens.into_iter().find(|scale| exact(*scale)).unwrap_or(WEIGHT_MAX / greatest);
    (weights.iter().map(|weight| ((weight * scale).round() as i64).max(1)).collect(), (scale as i64).max(1))
}

/// Weights are whole numbers up to this, so that sums of millions of them are exact.
pub(super) const WEIGHT_MAX: f64 = (1_u64 << 40) as f64;

/// Whether a failure is an unsuccessful attempt: one of the connection or of time always is, an answer only where the
/// caller goes on to the next server after it, and a wrong request never.
const fn counts(reason: Reason, is_listed: bool) -> bool {
    match reason {
        Reason::Timeout | Reason::Deadline | Reason::Reset | Reason::Connect | Reason::Partitioned => true,
        Reason::ClientError => false,
        _ => is_listed,
    }
}

const fn seconds(time: SimTime) -> u64 {
    time.as_nanos() / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::view;

    fn rules() -> Rules {
        let fail_timeout = SimDuration::from_secs(10.0);
        Rules { max_fails: 1, fail_timeout, max_conns: 0, backup: vec![3, 4], backup_use: BackupUse::All }
    }

    fn end(peers: &mut Peers, replica: u32, failure: Option<Reason>, is_listed: bool) {
        let (now, latency) = (SimTime::ZERO + SimDuration::from_secs(100.0), SimDuration::from_secs(0.1));
        peers.observe(&Ended { replica, now, latency, failure, is_listed }, 1);
    }

    fn able(peers: &mut Peers, eligible: &[u32], now: f64) -> Vec<u32> {
        let now = SimTime::ZERO + SimDuration::from_secs(now);
        peers.find(&FleetView { now, ..view(eligible, &[]) });
        peers.able.clone()
    }

    #[test]
    fn what_the_caller_lists_counts_and_a_wrong_request_never_does() {
        let counted = |reason: Reason, is_listed| {
            let mut peers = Peers::new(rules(), &[1; 4], 1).unwrap();
            end(&mut peers, 0, Some(reason), is_listed);
            able(&mut peers, &[0, 1], 101.0) == [1]
        };
        for reason in Reason::ALL {
            let broken =
                matches!(reason.name(), "timeout" | "deadline" | "reset" | "connect" | "partitioned");
            assert_eq!(counted(reason, false), broken, "{}", reason.name());
            assert_eq!(counted(reason, true), reason != Reason::ClientError, "{}", reason.name());
        }
    }

    #[test]
    fn backups_serve_all_or_the_first_when_nobody_else_can() {
        for (backup_use, expected) in [(BackupUse::All, vec![2, 3]), (BackupUse::First, vec![2])] {
            let mut peers = Peers::new(Rules { backup_use, ..rules() }, &[1; 4], 1).unwrap();
            assert_eq!(able(&mut peers, &[0, 1, 2, 3], 0.0), [0, 1]);
            end(&mut peers, 0, Some(Reason::Timeout), false);
            assert_eq!(able(&mut peers, &[0, 1, 2, 3], 101.0), [1]);
            assert_eq!(able(&mut peers, &[0, 2, 3], 101.0), expected);
            assert_eq!(able(&mut peers, &[0, 3], 101.0), [3]);
            assert_eq!(able(&mut peers, &[0], 101.0), [0_u32; 0]);
            assert_eq!(able(&mut peers, &[0, 2, 3], 111.0), [0]);
        }
    }

    #[test]
    fn backups_must_be_there_and_not_be_all() {
        let check = |backup: &[u32]| Rules { backup: backup.to_vec(), ..rules() }.check(3);
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[3]), Ok(()));
        for wrong in [&[0][..], &[4], &[1, 2, 3]] {
            assert!(check(wrong).is_err());
        }
    }

    #[test]
    fn what_is_no_decimal_keeps_its_proportion() {
        assert_eq!(*whole(&[1e-300, 1e300]).0, [1, 1 << 40]);
    }
}
