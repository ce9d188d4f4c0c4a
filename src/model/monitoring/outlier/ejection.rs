//! Ejections whose length grows each time: what detectors that look at all replicas together share.

use super::{Desk, Standing};
use crate::units::{SimDuration, SimTime};

/// Who is ejected, until when, and how often it happened lately.
#[derive(Debug, Clone)]
pub(super) struct Ejections {
    base: SimDuration,
    longest: SimDuration,
    hosts: Vec<Host>,
    /// How many of them there are.
    present: usize,
    /// How many are out.
    out: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Host {
    /// When its ejection is over, if it is out.
    until: Option<SimTime>,
    /// What the base time is multiplied with.
    multiplier: u32,
}

impl Ejections {
    /// Nobody is out; each ejection lasts `base` times the number of ejections lately, at most `longest`.
    pub(super) fn new(base: SimDuration, longest: SimDuration, replicas: usize) -> Self {
        let hosts = vec![Host::default(); replicas];
        Self { base, longest: longest.max(base), hosts, present: replicas, out: 0 }
    }

    /// A replica joined or left: it is not out, and was never.
    pub(super) fn change(&mut self, replica: u32, present: u32) {
        self.present = present as usize;
        let host = std::mem::take(&mut self.hosts[replica as usize]);
        self.out -= usize::from(host.until.is_some());
    }

    pub(super) fn is_out(&self, replica: u32) -> bool {
        self.hosts[replica as usize].until.is_some()
    }

    /// How many are out.
    pub(super) const fn out(&self) -> usize {
        self.out
    }

    /// The share that would be out if so many more were.
    pub(super) fn share(&self, more: usize) -> f64 {
        (self.out + more) as f64 / self.present as f64
    }

    /// Whether time alone changes nothing: nobody is out, and the next ejection of each is its first.
    pub(super) fn is_calm(&self) -> bool {
        self.out == 0 && self.hosts.iter().all(|host| host.multiplier == 0)
    }

    /// Ejects a replica that is in, for its time and some more.
    pub(super) fn eject(&mut self, replica: u32, more: SimDuration, desk: &mut Desk<'_>) {
        let host = &mut self.hosts[replica as usize];
        if self.base.as_nanos().saturating_mul(u64::from(host.multiplier)) < self.longest.as_nanos() {
            host.multiplier += 1;
        }
        let length = self.base.as_nanos().saturating_mul(u64::from(host.multiplier));
        host.until = Some(desk.now + SimDuration::from_nanos(length).min(self.longest) + more);
        self.out += 1;
        desk.changes.push((replica, Standing::Ejected));
    }

    /// Takes a replica back, if it is out; whether it was.
    pub(super) fn take_back(&mut self, replica: u32, desk: &mut Desk<'_>) -> bool {
        let was_out = self.hosts[replica as usize].until.take().is_some();
        if was_out {
            self.out -= 1;
            desk.changes.push((replica, Standing::In));
        }
        was_out
    }

    /// Takes back those whose time is over, and lets the time of the others that are in shrink again; calls `back` for
    /// each that is back.
    pub(super) fn sweep(&mut self, desk: &mut Desk<'_>, mut back: impl FnMut(u32)) {
        for replica in 0..self.hosts.len() as u32 {
            let host = &mut self.hosts[replica as usize];
            match host.until {
                None => host.multiplier = host.multiplier.saturating_sub(1),
                Some(until) if desk.now >= until => {
                    self.take_back(replica, desk);
                    back(replica);
                }
                Some(_) => {}
            }
        }
    }
}
