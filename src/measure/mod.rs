//! What one run leaves behind: counts, integrals, histograms, up and down times, series. Everything can be added up
//! over runs; nothing here is an estimate.

mod cache;
mod collapse;
mod cost;
mod data;
mod deploy;
mod dns;
mod fleet;
mod histogram;
mod incident;
pub mod metric;
mod monitor;
mod timeline;
mod uptime;

pub use cache::CacheMeasure;
pub use collapse::{Collapses, Conditions, STRETCH, Step, collapses};
pub use cost::Cost;
pub use data::{DataMeasure, PairMeasure};
pub use deploy::DeployMeasure;
pub use dns::{AnswerMeasure, Astray, DnsMeasure, LedAstray};
pub use fleet::{ProvisionMeasure, StandbyMeasure};
pub use histogram::{Buckets, Histogram, Poured, Tally};
pub use incident::{Culprit, Incident, StageMeasure, Subject};
pub use monitor::MonitorMeasure;
pub use timeline::{InstanceRow, ShareOf, ShareRow, TimelineRow};
pub use uptime::UpTime;

use std::sync::Arc;

use crate::reason::Reason;
use crate::units::SimTime;

/// Everything measured in one run. Lists are in the order of the system's lists, that is of names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measurements {
    /// Number of the run, from 0.
    pub run: u32,
    /// Digest of the arrivals of open clients and the first times to failure.
    pub workload: u64,
    /// Start of the measured part.
    pub transient: SimTime,
    /// End of the measured part.
    pub horizon: SimTime,
    /// Clients.
    pub clients: Vec<ClientMeasure>,
    /// Services.
    pub services: Vec<ServiceMeasure>,
    /// Versions of functions, function by function; nothing of functions without.
    pub versions: Vec<VersionMeasure>,
    /// Up and down time of each replica, numbered through all services.
    pub replicas: Vec<UpTime>,
    /// Of each zone, numbered through all regions.
    pub zones: Vec<UpTime>,
    /// Of each region.
    pub regions: Vec<UpTime>,
    /// Of each block.
    pub blocks: Vec<UpTime>,
    /// Of each fault, pooled over its units: `down` is from its own begin to its own end.
    pub faults: Vec<UpTime>,
    /// How faults went on from their begin to their end, those that struck in the measured part and ended in it.
    pub stages: Vec<StageMeasure>,
    /// Monitors.
    pub monitors: Vec<MonitorMeasure>,
    /// Deployments.
    pub deploys: Vec<DeployMeasure>,
    /// What became of each name, in the order of the system's; nothing where no call goes by one.
    pub dns: Vec<DnsMeasure>,
    /// What became of their records, name by name.
    pub answers: Vec<AnswerMeasure>,
    /// What hosts were used for, where any have a size.
    pub hosts: Option<HostMeasure>,
    /// First outage of the part named by `run.until`.
    pub first_outage: Option<SimTime>,
    /// Rows of the timeline, by window and then client.
    pub timeline: Vec<TimelineRow>,
    /// The same of functions, by window and then service; of the first 100 functions.
    pub instances: Vec<InstanceRow>,
    /// Rows of the timeline of what is a share, by window and then part.
    pub shares: Vec<ShareRow>,
    /// Outages and faults, in the order in which they began; the first so many.
    pub incidents: Vec<Incident>,
    /// How many incidents there were beyond those.
    pub incidents_dropped: u64,
    /// Events of the whole run.
    pub events: u64,
}

/// What hosts were used for, integrated over the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostMeasure {
    /// Hosts on which at least one replica was [host ns].
    pub in_use: u128,
    /// Replicas on hosts [replica ns].
    pub replicas: u128,
}

/// What a client saw; all over requests that arrived in the measured part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClientMeasure {
    /// Requests that arrived.
    pub requests: u64,
    /// Requests answered well, and in time where `good_within` says what that is.
    pub good: u64,
    /// Failed requests by reason; client errors have their own place but do not count as failed.
    pub reasons: [u64; Reason::COUNT],
    /// Requests without an end when the drain was over.
    pub unfinished: u64,
    /// Calls of the client that were tried at all.
    pub first_tries: u64,
    /// Attempts of those calls that were sent.
    pub attempts: u64,
    /// Calls in whose place a fallback was taken.
    pub fallbacks: u64,
    /// Messages of its attempts at the services that it calls itself.
    pub messages: Messages,
    /// Effects of its requests beyond the first of each piece of work.
    pub duplicates: u64,
    /// Latency of requests answered well in content, `too_slow` ones included.
    pub latency: Tally,
    /// Latency of all other finished requests.
    pub latency_failed: Tally,
    /// For each threshold of the run, how many requests were answered well within it.
    pub within: Vec<u64>,
    /// Availability windows.
    pub windows: WindowMeasure,
    /// Collapses from time 0 on; `None` where none is looked for, or the run is too short for one.
    pub collapses: Option<Collapses>,
    /// Attempts that names led to what did not work, where it calls any.
    pub astray: Option<LedAstray>,
    /// The first half of the measured part and the second, where they are told apart.
    pub halves: Option<[Half; 2]>,
    /// What became of the work that its requests asked for by messages, where there are queues.
    pub works: Option<WorkMeasure>,
}

/// Work that measured requests asked for by messages to queues that somebody consumes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkMeasure {
    /// Pieces of work; several messages that ask for one count once.
    pub asked: u64,
    /// Those that were done at least once.
    pub completed: u64,
    /// Those that may still be done.
    pub pending: u64,
    /// From the intended start of the request to the first time that the work was done.
    pub latency: Tally,
}

/// What became of the messages of a queue: those of measured requests, but for the backlog, which is over time.
///
/// `accepted + duplicated = done + dead_lettered + expired + waiting + in_flight`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventMeasure {
    /// Messages that were taken in, those from other queues too.
    pub accepted: u64,
    /// Second copies that were stored of some.
    pub duplicated: u64,
    /// Requests to it, as they are paid for: messages that were sent, batches that were received, and those of which
    /// anything was deleted.
    pub requests: u64,
    /// Messages that were deleted because they were done.
    pub done: u64,
    /// Receives beyond the first of each message.
    pub redeliveries: u64,
    /// Messages that were given up, and went to another queue if there is one for them.
    pub dead_lettered: u64,
    /// Messages that were kept as long as they may be.
    pub expired: u64,
    /// Records that were sent elsewhere: of messages that were given up or too old, and of those that were done.
    pub reported: [u64; 2],
    /// Messages that wait at the end, or are delayed.
    pub waiting: u64,
    /// Messages that are in flight at the end.
    pub in_flight: u64,
    /// Age of messages when they left, in whatever way.
    pub age: Tally,
    /// Messages that wait to be received, integrated over the measured part [message ns].
    pub backlog: u128,
}

/// Messages of measured attempts, calls and answers, counted where any can be lost: sent = delivered + lost + under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Messages {
    /// Those that were sent.
    pub sent: u64,
    /// Those that arrived.
    pub delivered: u64,
    /// Those that never arrive.
    pub lost: u64,
    /// Those that are on their way when the run ends.
    pub under_way: u64,
}

/// What a client saw of the requests that arrived in one half of the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Half {
    /// Requests that ended.
    pub finished: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Requests answered well in content.
    pub answered: u64,
    /// Their latencies (ns).
    pub latency: u128,
}

impl ClientMeasure {
    /// Requests that ended.
    pub fn finished(&self) -> u64 {
        self.requests - self.unfinished
    }

    /// Requests that ended badly; client errors are none.
    pub fn failed(&self) -> u64 {
        self.reasons.iter().sum::<u64>() - self.reasons[Reason::ClientError.index()]
    }
}

/// Availability windows of one client in one run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WindowMeasure {
    /// Whole windows.
    pub count: u64,
    /// Sum over them of 1 - failed / finished, empty ones as 1.
    pub availability_sum: f64,
    /// How many reached the target.
    pub met: u64,
    /// How many had a failure.
    pub with_failure: u64,
}

/// What a service saw; attempts belong to requests that arrived in the measured part, integrals are over it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceMeasure {
    /// Attempts sent to it, or that would have been had a replica been found and had their callers not stopped them; those
    /// that its cache answered included.
    pub attempts: u64,
    /// Those of them that were not sent.
    pub unsent: u64,
    /// Those of them that are retries or copies, or were made by one.
    pub repeats: u64,
    /// Of a gateway, those that authorisation refused.
    pub denied: u64,
    /// Calls that it made and in whose place a fallback was taken.
    pub fallbacks: u64,
    /// Messages of attempts at it.
    pub messages: Messages,
    /// Attempts that took effect.
    pub effects: u64,
    /// Those of them whose work had taken effect before.
    pub duplicates: u64,
    /// Attempts that were answered from the record of an earlier one.
    pub suppressed: u64,
    /// Attempts whose service ended.
    pub finished: u64,
    /// Attempts that failed, by reason.
    pub reasons: [u64; Reason::COUNT],
    /// Wait of admitted attempts until service, abandonment or loss.
    pub wait: Tally,
    /// How many of those waited longer than zero.
    pub delayed: u64,
    /// Time in a slot of attempts whose service ended.
    pub service: Tally,
    /// Wait and service of attempts whose service ended.
    pub sojourn: Tally,
    /// Time in a slot spent on attempts that nobody used (ns).
    pub wasted: u128,
    /// Time in a slot spent on all attempts (ns).
    pub worked: u128,
    /// Slots in use, integrated over the measured part [slot ns].
    pub busy: u128,
    /// Slots of up replicas, integrated [slot ns]; 0 when unlimited.
    pub available: u128,
    /// Jobs waiting, integrated [job ns].
    pub queue: u128,
    /// Most jobs that waited at once, in one queue.
    pub queue_max: u32,
    /// Jobs inside, those waiting for calls included, integrated [job ns].
    pub in_system: u128,
    /// Their mean number in each half of the measured part, where the halves are told apart.
    pub in_system_halves: Option<[f64; 2]>,
    /// Up replicas, integrated [replica ns].
    pub replicas_up: u128,
    /// Replicas that a decider had ejected, summed over deciders and integrated [replica ns].
    pub ejected: u128,
    /// Ejections by any decider.
    pub ejections: u64,
    /// Those of them whose replica had no fault.
    pub ejections_false: u64,
    /// Deciders in front of it.
    pub deciders: u32,
    /// Up and down time of the service as a whole: up while it has its quorum.
    pub up: UpTime,
    /// How its fleet changed, if it is one that may.
    pub fleet: Option<FleetMeasure>,
    /// For how long it had hosts, by region, if its replicas take room on some: of each host the share that is its own of what
    /// is taken there, integrated over the measured part [host ns].
    pub hosts: Option<Vec<f64>>,
    /// How its spares took over, if it has any.
    pub standby: Option<StandbyMeasure>,
    /// What became of what it keeps, if it keeps anything.
    pub data: Option<Box<DataMeasure>>,
    /// What the caches in front of it did, if there are any.
    pub cache: Option<CacheMeasure>,
    /// Bytes that its messages moved between zones, and between regions; counted where that is paid for.
    pub moved: [u64; 2],
    /// What was paid for it; `None` where nothing in the system has a price.
    pub cost: Option<Cost>,
    /// How its instances came and went, if it is a function.
    pub function: Option<FunctionMeasure>,
    /// What single functions had, if it is many.
    pub population: Option<PopulationMeasure>,
    /// What became of its messages, if it is a queue.
    pub events: Option<EventMeasure>,
}

/// How the instances of a function came and went; attempts are those of measured requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FunctionMeasure {
    /// Attempts that it took in.
    pub admitted: u64,
    /// Instances that were started for an attempt.
    pub cold: u64,
    /// Those that went to an instance that is not provisioned.
    pub on_demand: u64,
    /// Those that paid for a start of an instance that was there.
    pub reinits: u64,
    /// From the decision to start an instance for an attempt to its being ready, of those that became ready.
    pub starts: Tally,
    /// From the decision to start an instance to its end, of those that ended.
    pub lives: Tally,
    /// Instances with at least one request, integrated [instance ns].
    pub busy: u128,
    /// Time that is billed, rounded up request by request: on instances that are not provisioned, and on those that are;
    /// of measured attempts, where anything is paid for it \[ns\].
    pub billed: [u128; 2],
    /// Provisioned instances that were wanted, integrated over the measured part [instance ns].
    pub configured: u128,
    /// Those of them that were ready, integrated alike.
    pub ready: u128,
    /// Requests on these, integrated alike [request ns].
    pub on_ready: u128,
    /// Requests that an instance serves at once; 0 for any number.
    pub slots: u32,
    /// The most instances at once.
    pub alive_max: u32,
    /// The most requests under way at once, those included that wait for their own instance.
    pub concurrency_max: u32,
}

/// What a version of a function did; attempts are those of measured requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VersionMeasure {
    /// Attempts that were sent to the function, whatever version they got.
    pub sent: u64,
    /// Attempts that were sent to this version.
    pub attempts: u64,
    /// Those of them that failed, by reason.
    pub reasons: [u64; Reason::COUNT],
    /// Attempts that it took in.
    pub admitted: u64,
    /// Instances that were started for an attempt.
    pub cold: u64,
    /// From the decision to start an instance for an attempt to its being ready, of those that became ready.
    pub starts: Tally,
    /// Wait and service of attempts whose service ended.
    pub sojourn: Tally,
    /// Its instances, integrated over the measured part [instance ns].
    pub present: u128,
    /// As of the function \[ns\].
    pub billed: [u128; 2],
}

impl VersionMeasure {
    /// Attempts that failed; a client error is no failure.
    pub fn failed(&self) -> u64 {
        self.reasons.iter().sum::<u64>() - self.reasons[Reason::ClientError.index()]
    }
}

/// What single functions of a population had; attempts are those of measured requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PopulationMeasure {
    /// Cold starts / attempts of each function that took any in, in units of 1e-9.
    pub cold: Tally,
    /// Functions that are listed one by one, those with most calls first and then a sample.
    pub listed: Vec<FunctionCount>,
    /// App and name of each of these.
    pub names: Arc<[[String; 2]]>,
}

impl PopulationMeasure {
    /// A share of 1 in the sample of shares.
    pub const ONE: f64 = 1e9;
}

/// What was counted of one function of a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FunctionCount {
    /// Attempts that it took in.
    pub invocations: u64,
    /// Those of them that waited for an instance to start.
    pub cold: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
}

/// How the fleet of a service changed; integrals are over the measured part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FleetMeasure {
    /// Replicas that are starting, up or draining, whether they work or not, integrated [replica ns].
    pub present: u128,
    /// Those that are starting, integrated [replica ns].
    pub starting: u128,
    /// Those that are draining, integrated [replica ns].
    pub draining: u128,
    /// Replicas that there should be, integrated [replica ns].
    pub desired: u128,
    /// Replicas that it was decided to start.
    pub starts: u64,
    /// How it fitted its work, where replicas have slots.
    pub provision: Option<ProvisionMeasure>,
    /// Starts that a quota did not allow, counted at each decision.
    pub starts_refused: u64,
    /// Changes of the number that is wanted.
    pub decisions: u64,
    /// Those of them that went the other way than the one before, at most 10 min after it.
    pub oscillations: u64,
    /// Tries to start one that were in vain.
    pub starts_failed: u64,
    /// Replicas that were gone for good.
    pub leaves: u64,
    /// From the decision to start a replica to its being ready, of those that became ready.
    pub start: Tally,
}
