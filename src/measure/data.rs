//! What became of what a service keeps.

use super::Tally;

/// What became of what a service keeps. Losses are those that showed in the measured part and were over before its end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataMeasure {
    /// Backups that were complete in the measured part.
    pub backups: u64,
    /// Those that failed in it, were broken off by a loss or found bad.
    pub failed: u64,
    /// Losses.
    pub losses: u64,
    /// Those of which nothing could be restored.
    pub gone: u64,
    /// Of the others and of failovers, from the last that is there again to the loss.
    pub rpo: Tally,
    /// Of the others, from the loss to its end.
    pub rto: Tally,
    /// For each contract of the run, at how many of these the first was no longer than it.
    pub rpo_within: Vec<u64>,
    /// The same of the second.
    pub rto_within: Vec<u64>,
    /// Writes that those losses took of which something was restored, and failovers.
    pub lost_writes: f64,
    /// What became of a copy that has a place, if there is one.
    pub pair: Option<PairMeasure>,
    /// Effects that were acknowledged in the whole run, where they are what writes.
    pub acknowledged: u64,
    /// Those that are there at its end.
    pub held: u64,
    /// Those that were lost in it.
    pub lost: u64,
}

impl DataMeasure {
    /// How often a copy took over from what was not lost.
    pub fn failovers(&self) -> u64 {
        self.pair.map_or(0, |pair| pair.failovers)
    }
}

/// What became of a copy in another place, in the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairMeasure {
    /// How often it took over from what was not lost.
    pub failovers: u64,
    /// Writes of two originals that had to be settled.
    pub conflicts: u64,
}
