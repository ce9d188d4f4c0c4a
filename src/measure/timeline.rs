//! What happened window by window.

use crate::units::{SimDuration, SimTime};

/// One window of the timeline for one client.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineRow {
    /// Start of the window.
    pub start: SimTime,
    /// Which client.
    pub client: u32,
    /// Requests that arrived in the window.
    pub arrivals: u64,
    /// Those of them answered well.
    pub good: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Median latency of requests answered well that ended in the window.
    pub latency_p50: Option<SimDuration>,
    /// Their 99th percentile.
    pub latency_p99: Option<SimDuration>,
    /// Mean number of the client's requests under way.
    pub in_system: f64,
    /// Mean number of up replicas of the services that the client calls itself.
    pub replicas_up: f64,
}

/// One window of the timeline for one part that has a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareRow {
    /// Start of the window.
    pub start: SimTime,
    /// Of what.
    pub of: ShareOf,
    /// The share, from 0 to 1; `None` where there was nothing of which it would be one.
    pub share: Option<f64>,
}

/// What is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareOf {
    /// Of the measured attempts that went by a name, those that went to this record, numbered through all names.
    Answers(u32),
    /// Of the measured attempts that asked the cache of this service, those that it answered.
    Hits(u32),
    /// Of the window, how much of it this backup was being made.
    Making(u32),
}

impl ShareRow {
    /// So many parts have rows, the first ones: records, caches, backups.
    pub const PARTS_MAX: usize = 100;
}

/// One window of the timeline for one function.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    /// Start of the window.
    pub start: SimTime,
    /// Which service; `None` for all those together that have no rows of their own.
    pub service: Option<u32>,
    /// Mean number of instances that start.
    pub starting: f64,
    /// Mean number of those that are ready and have no request.
    pub idle: f64,
    /// Mean number of those that have at least one request.
    pub busy: f64,
    /// Mean number of instances that are to be provisioned, ready or not.
    pub provisioned: f64,
    /// Starts of instances for an attempt.
    pub cold_starts: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// What was paid for attempts that it took in, for the time of those that ended and for provisioned instances \[USD\];
    /// `None` where nothing has a price.
    pub cost: Option<f64>,
}

impl InstanceRow {
    /// So many functions have rows of their own, the first in the order of names: of thousands they would be most of a run's
    /// memory.
    pub const FUNCTIONS_MAX: usize = 100;
}
