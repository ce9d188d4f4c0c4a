//! Services: replicas, capacity and queue discipline.

use super::balancing::{BalancerSettings, Spread, Stickiness};
use super::call::Step;
use super::effect::Idempotency;
use super::monitoring::outlier::OutlierSettings;
use super::monitoring::{HealthCheck, Knowledge};
use super::queue::QueueSettings;
use super::resilience::hint::Hint;
use super::resilience::limit::LimitSettings;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, ServiceId, ZoneId};

/// A fleet of replicas that do the same work.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name.
    pub name: String,
    /// Its replicas, numbered region by region as written; at least one.
    pub replicas: Vec<Replica>,
    /// How many replicas must be up for the service to count as up.
    pub quorum: u32,
    /// Slots of each replica.
    pub concurrency: Concurrency,
    /// Where and in which order jobs wait.
    pub queue: Queue,
    /// Which attempts a replica takes in at all, if it refuses any.
    pub admission: Option<LimitSettings>,
    /// What it says about trying again when it refuses an attempt.
    pub retry_after: Option<Hint>,
    /// Work of one attempt; divided by a replica's speed it is the time in service.
    pub demand: Distribution,
    /// Share of attempts answered with an error.
    pub error_ratio: Probability,
    /// Work of an attempt that is answered with an error; its own demand where absent.
    pub error_time: Option<Distribution>,
    /// Whether an attempt that it serves well takes effect, and would again if it were done twice.
    pub effects: bool,
    /// Idempotency keys, if it keeps them.
    pub idempotency: Option<Idempotency>,
    /// Who chooses a replica, and how.
    pub balancing: Balancing,
    /// Active checks, if any.
    pub health_check: Option<HealthCheck>,
    /// How each decider finds replicas to eject, if it does.
    pub outlier_detection: Option<OutlierSettings>,
    /// What an attempt asks of others after its own demand.
    pub steps: Vec<Step>,
    /// Where an attempt is passed on to instead of being answered.
    pub next: Vec<Next>,
    /// Whether a slot stays taken while calls are out.
    pub slot: Slot,
}

/// One serving process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replica {
    /// Where it runs.
    pub zone: ZoneId,
    /// How much demand it does in a second; positive.
    pub speed: f64,
}

/// Slots of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// This many, at least 1.
    Slots(u32),
    /// No limit.
    Unlimited,
}

/// Where and in which order jobs wait.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The order, and who is not served at all.
    pub policy: QueueSettings,
    /// Waiting places without the slots; `None` is no limit.
    pub capacity: Option<u32>,
    /// In front of what.
    pub place: QueuePlace,
    /// How long a job waits before it leaves unserved.
    pub patience: Option<Distribution>,
}

/// In front of what a queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePlace {
    /// One queue at each replica.
    Replica,
    /// One for the fleet, from which any free slot of an up replica takes the head.
    Service,
}

/// Whether a slot stays taken while calls are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// As a thread per request.
    Held,
    /// As an event loop.
    Released,
}

/// Where an attempt is passed on to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Next {
    /// The next service.
    pub service: ServiceId,
    /// Probability; they exclude each other, and what is left to 1 answers.
    pub probability: Probability,
}

/// Who chooses a replica, and how.
#[derive(Debug, Clone)]
pub struct Balancing {
    /// The algorithm.
    pub policy: BalancerSettings,
    /// Who decides.
    pub deciders: Deciders,
    /// What a decider knows.
    pub knowledge: Knowledge,
    /// Which part of the fleet an attempt goes to.
    pub spread: Spread,
    /// Each decider uses so many replicas, chosen once at random; all where absent.
    pub subset: Option<u32>,
    /// Whether sessions stay with a replica.
    pub sticky: Option<Stickiness>,
}

impl Balancing {
    /// Whether it matters to which session an attempt belongs.
    pub fn needs_sessions(&self) -> bool {
        self.sticky.is_some() || self.policy.needs().sessions
    }
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deciders {
    /// This many, used in turn by all callers.
    Shared(u32),
    /// One in each calling replica and client instance.
    Caller,
}
