//! Services as they are written.

use super::balancing::{BalancingCommon, BalancingKeys};
use super::call::{Calls, PolicyKeys};
use super::health_check::HealthCheckKeys;
use super::law::Law;
use super::outlier::OutlierKeys;
use super::resilience::LimitKeys;
use super::variant::{Room, numbers, read_policy, write_policy};
use crate::document::{Diagnostics, Field, Fields, Name, Node, Section, Value, unexpected};
use crate::model::fleet::{QueuePlace, Slot};
use crate::model::queue::QueueSettings;
use crate::model::resilience::hint::Hint;
use crate::units::{Probability, SimDuration};

/// A fleet of replicas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceSection {
    pub(crate) keys: ServiceKeys,
    /// Defaults of all its calls.
    pub(crate) policy: PolicyKeys,
}

crate::settings! {
    /// The keys of a service that are not about failure of its calls.
    pub(crate) struct ServiceKeys {
        region: Option<Name> = None,
        replicas: Replicas = Replicas::Number(1),
        quorum: u32 = 1,
        concurrency: Limit = Limit::Number(1),
        /// How the slots of a replica come back when a crash of it is over; without, all at once.
        ramp_up: Option<RampUpKeys> = None,
        queue: QueueKeys = QueueKeys::default(),
        admission: Option<LimitKeys> = None,
        retry_after: Option<Hint> = None,
        demand: Law = Law::zero(),
        error_ratio: Probability = Probability::ZERO,
        error_time: Option<Law> = None,
        effects: bool = false,
        idempotency: Option<IdempotencyKeys> = None,
        speed: Speed = Speed::Same(1.0),
        balancing: BalancingKeys = BalancingKeys::default(),
        health_check: Option<HealthCheckKeys> = None,
        outlier_detection: Option<OutlierKeys> = None,
        calls: Calls = Calls::default(),
        next: Vec<NextKeys> = Vec::new(),
        slot: Slot = Slot::Held,
    }
}

impl Section for ServiceSection {
    const KEYS: &'static [&'static str] = ServiceKeys::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let keys = ServiceKeys::read(fields);
        let policy = PolicyKeys::read(fields);
        Some(Self { keys: keys?, policy: policy? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
        self.policy.write(table);
        if self.keys.queue.is_shared()
            && let Some(toml::Value::Table(balancing)) = table.get_mut("balancing")
        {
            for key in BalancingCommon::KEYS {
                balancing.remove(*key);
            }
        }
    }
}

crate::settings! {
    /// Where an attempt is passed on to.
    pub(crate) struct NextKeys {
        service: Name,
        probability: Probability = Probability::ONE,
    }
}

crate::settings! {
    /// Records by which a service knows what it has done already.
    pub(crate) struct IdempotencyKeys {
        expires_after: SimDuration = SimDuration::from_nanos(3_600_000_000_000),
        in_progress_expires_after: Option<SimDuration> = None,
        lookup: Law = Law::zero(),
    }
}

crate::settings! {
    /// Slots that come back evenly over a time, as the connections that `HAProxy` lets a server have in its `slowstart`.
    pub(crate) struct RampUpKeys {
        /// How long after the end of a crash all slots are there.
        lasts: SimDuration,
        /// Share of them that is there at once; one slot is there in any case.
        from: Probability = Probability::ZERO,
    }
}

crate::tables! {
    RampUpKeys = "a table such as { lasts = \"5min\", from = \"10%\" }",
    IdempotencyKeys = "a table such as { lookup = \"2ms\", expires_after = \"1h\" }",
    ServiceSection = "a table that describes a service",
    NextKeys = "a table with the key \"service\"",
}

/// How many replicas, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Replicas {
    /// So many in the only region, or that of the service.
    Number(u32),
    /// So many in each named region.
    ByRegion(Vec<(Name, u32)>),
}

impl Field for Replicas {
    const EXPECTED: &'static str = "a whole number, or a table such as { east = 3, west = 2 }";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Integer(_) => u32::read(node, findings).map(Self::Number),
            Value::Table(table) => {
                let entries = table.entries.iter();
                let read: Vec<_> = entries
                    .map(|(name, node)| u32::read(node, findings).map(|number| (name.clone(), number)))
                    .collect();
                read.into_iter().collect::<Option<_>>().map(Self::ByRegion)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Number(number) => number.write(),
            Self::ByRegion(entries) => {
                let entries =
                    entries.iter().map(|(name, number)| (name.text.clone(), i64::from(*number).into()));
                Some(toml::Value::Table(entries.collect()))
            }
        }
    }
}

/// A number, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// So many.
    Number(u32),
    /// Any number.
    Unlimited,
}

numbers! { Limit: Unlimited = "unlimited" }

/// How fast replicas are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Speed {
    /// All of them.
    Same(f64),
    /// One by one.
    Each(Vec<f64>),
}

impl Field for Speed {
    const EXPECTED: &'static str = "a number, or a list with one for each replica";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::<f64>::read(node, findings).map(Self::Each),
            Value::Integer(_) | Value::Float(_) => f64::read(node, findings).map(Self::Same),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Same(speed) => speed.write(),
            Self::Each(speeds) => speeds.write(),
        }
    }
}

/// Where and in which order jobs wait.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueueKeys {
    pub(crate) policy: QueueSettings,
    pub(crate) common: QueueCommon,
}

crate::settings! {
    /// Keys of every queue.
    pub(crate) struct QueueCommon {
        capacity: Limit = Limit::Unlimited,
        at: QueuePlace = QueuePlace::Replica,
        patience: Option<Law> = None,
    }
}

const QUEUE: Room =
    Room { key: "policy", what: "queue policy", expected: QueueKeys::EXPECTED, default: Some("fifo") };

impl QueueKeys {
    /// Whether there is one queue for the fleet.
    pub(crate) fn is_shared(&self) -> bool {
        self.common.at == QueuePlace::Service
    }
}

impl Default for QueueKeys {
    fn default() -> Self {
        let common = QueueCommon { capacity: Limit::Unlimited, at: QueuePlace::Replica, patience: None };
        Self { policy: QueueSettings::FIFO, common }
    }
}

impl Field for QueueKeys {
    const EXPECTED: &'static str = "a queue policy, such as { policy = \"fifo\", capacity = 64 }";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &QUEUE, QueueSettings::CATALOGUE, findings, QueueSettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        let settings = |table: &mut toml::Table| self.policy.write(table);
        Some(write_policy(&QUEUE, self.policy.name(), settings, &self.common))
    }
}
