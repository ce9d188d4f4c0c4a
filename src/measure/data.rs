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
    /// Of the others, from the last that is there again to the loss.
    pub rpo: Tally,
    /// Of the others, from the loss to its end.
    pub rto: Tally,
    /// For each contract of the run, at how many losses the first of these was no longer than it.
    pub rpo_within: Vec<u64>,
    /// The same of the second.
    pub rto_within: Vec<u64>,
    /// Writes that those losses took of which something was restored.
    pub lost_writes: f64,
    /// Effects that were acknowledged in the whole run, where they are what writes.
    pub acknowledged: u64,
    /// Those that are there at its end.
    pub held: u64,
    /// Those that were lost in it.
    pub lost: u64,
}
