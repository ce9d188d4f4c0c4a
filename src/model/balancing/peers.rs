//! What nginx remembers of each peer: failures, the weight that is left, and whether it is a backup.

use super::{Ended, FleetView};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// When a peer may have an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rules {
    pub(super) max_fails: u32,
    pub(super) fail_timeout: SimDuration,
    pub(super) max_conns: u32,
    /// Numbers of backups, from 0.
    pub(super) backup: Vec<u32>,
    /// What a weight of 1 has become.
    pub(super) unit: i64,
}

impl Rules {
    /// Whether every peer may always have one.
    pub(super) fn are_empty(&self) -> bool {
        self.max_fails == 0 && self.max_conns == 0 && self.backup.is_empty()
    }
}

/// All peers of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Peers {
    rules: Rules,
    peers: Vec<Peer>,
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
    pub(super) fn new(rules: Rules, weights: &[i64]) -> Self {
        let peer = |(number, effective): (usize, &i64)| Peer {
            effective: *effective,
            fails: 0,
            accessed: 0,
            checked: 0,
            is_backup: rules.backup.contains(&(number as u32)),
        };
        let peers = weights.iter().enumerate().map(peer).collect();
        Self { rules, peers }
    }

    pub(super) fn is_backup(&self, replica: u32) -> bool {
        self.peers[replica as usize].is_backup
    }

    /// Whether a peer is neither full nor out after failures.
    pub(super) fn may_have(&self, fleet: &FleetView<'_>, replica: u32) -> bool {
        let Rules { max_fails, fail_timeout, max_conns, .. } = self.rules;
        let peer = &self.peers[replica as usize];
        let is_full = max_conns > 0 && fleet.load[replica as usize] >= max_conns;
        let age = seconds(fleet.now).saturating_sub(peer.checked);
        // Failures of a group of one are not counted.
        let is_out = max_fails > 0
            && self.peers.len() > 1
            && peer.fails >= max_fails
            && age <= fail_timeout.as_nanos() / 1_000_000_000;
        !is_full && !is_out
    }

    /// The weight that failures have left of a peer's own.
    pub(super) fn effective(&self, replica: u32) -> i64 {
        self.peers[replica as usize].effective
    }

    /// A peer took part in a pick: its weight recovers by one.
    pub(super) fn recover(&mut self, replica: u32, weight: i64) {
        let peer = &mut self.peers[replica as usize];
        peer.effective =
            if peer.effective < weight { (peer.effective + self.rules.unit).min(weight) } else { weight };
    }

    /// A peer was picked; after its time out this is a probe, and no other follows before the next.
    pub(super) fn picked(&mut self, replica: u32, now: SimTime) {
        let peer = &mut self.peers[replica as usize];
        if seconds(now).saturating_sub(peer.checked) > self.rules.fail_timeout.as_nanos() / 1_000_000_000 {
            peer.checked = seconds(now);
        }
    }

    /// An attempt ended.
    pub(super) fn observe(&mut self, ended: &Ended, weights: &[i64]) {
        let (peer, now) = (&mut self.peers[ended.replica as usize], seconds(ended.now));
        if ended.failure.is_some_and(counts) {
            peer.fails += 1;
            (peer.accessed, peer.checked) = (now, now);
            if self.rules.max_fails > 0 {
                let loss = weights[ended.replica as usize] / i64::from(self.rules.max_fails);
                peer.effective = (peer.effective - loss).max(0);
            }
        } else if peer.accessed < peer.checked {
            peer.fails = 0;
        }
    }
}

/// Whether a failure is one of the connection or of time: an error is an answer.
const fn counts(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Timeout | Reason::Deadline | Reason::Reset | Reason::Connect | Reason::Partitioned
    )
}

const fn seconds(time: SimTime) -> u64 {
    time.as_nanos() / 1_000_000_000
}
