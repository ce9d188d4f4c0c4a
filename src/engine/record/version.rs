//! What is counted of the versions of functions.

use crate::engine::record::Record;
use crate::engine::record::metrics::{Gauge, Sample};
use crate::measure::{Poured, VersionMeasure};
use crate::reason::Reason;

/// What is counted of one version; attempts are those of measured requests.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct VersionMetrics {
    /// Attempts that were sent to it.
    attempts: u64,
    /// Attempts that failed, by reason.
    reasons: [u64; Reason::COUNT],
    /// Attempts that it took in, and starts of its instances for one.
    pub(super) admitted: u64,
    pub(super) cold: u64,
    /// Those starts, as instances became ready.
    pub(super) starts: Sample,
    /// Wait and service of attempts whose service ended.
    sojourn: Sample,
    /// Its instances.
    pub(super) present: Gauge,
    /// As of the function [ns].
    pub(super) billed: [u128; 2],
}

impl VersionMetrics {
    /// What was counted, of a function to which so many attempts were sent.
    pub(in crate::engine) fn measure(&mut self, sent: u64) -> VersionMeasure {
        let none = Poured::default();
        VersionMeasure {
            sent,
            attempts: self.attempts,
            reasons: self.reasons,
            admitted: self.admitted,
            cold: self.cold,
            starts: self.starts.tally(&none),
            sojourn: self.sojourn.tally(&none),
            present: self.present.measured(),
            billed: self.billed,
        }
    }
}

impl Record {
    fn version(&mut self, number: usize, version: u8) -> Option<&mut VersionMetrics> {
        self.function(number).and_then(|metrics| metrics.versions.get_mut(usize::from(version)))
    }

    /// An attempt is sent to a version.
    pub(in crate::engine) fn note_version(&mut self, number: usize, version: u8, is_measured: bool) {
        if let Some(metrics) = self.version(number, version) {
            metrics.attempts += u64::from(is_measured);
        }
    }

    /// A measured attempt at a version failed.
    pub(in crate::engine) fn note_failed(&mut self, (number, version): (usize, u8), reason: Reason) {
        if let Some(metrics) = self.version(number, version) {
            metrics.reasons[reason.index()] += 1;
        }
    }

    /// The service of a measured attempt ended after so long [ns].
    pub(in crate::engine) fn note_served(&mut self, (number, version): (usize, u8), sojourn: u64) {
        if let Some(metrics) = self.version(number, version) {
            metrics.sojourn.record(sojourn);
        }
    }

    /// An instance of a version begins to start, or is gone.
    pub(in crate::engine) fn note_present(&mut self, number: usize, version: u8, (begins, now): (bool, u64)) {
        if let Some(metrics) = self.version(number, version) {
            if begins {
                metrics.present.up(now);
            } else {
                metrics.present.down(now);
            }
        }
    }
}
