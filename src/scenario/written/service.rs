//! Services as they are written.

use super::balancing::{BalancingCommon, BalancingKeys, KnowledgeKeys};
use super::cache::CacheKeys;
use super::call::{Calls, PolicyKeys};
use super::cost::PriceKeys;
use super::data::DataTable;
use super::event::ConsumesKeys;
use super::fault::Several;
use super::function::{FunctionKeys, Memory};
use super::gateway::Routes;
use super::health_check::{HealthCheckKeys, LivenessKeys};
use super::law::Law;
use super::outlier::OutlierKeys;
use super::resilience::LimitKeys;
use super::scaling::{AutoscalingKeys, Drain};
use super::standby::StandbyKeys;
use super::start::StartKeys;
use super::variant::{Room, numbers, read_policy, write_policy};
use super::version::{AliasKeys, ByName, PublishKeys, VersionKeys};
use crate::document::{
    Diagnostics, Field, Fields, Keyed, Kind, Name, Node, Section, Shape, Value, unexpected,
};
use crate::model::balancing::Locality;
use crate::model::effect::StoreFailure;
use crate::model::fleet::{QueuePlace, Slot};
use crate::model::queue::QueueSettings;
use crate::model::region::host::Spread;
use crate::model::resilience::hint::Hint;
use crate::units::{Probability, SimDuration};

/// A fleet of replicas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceSection {
    pub(crate) keys: ServiceKeys,
    /// Defaults of all its calls.
    pub(crate) policy: PolicyKeys,
    /// The routes of the gateway that it stands for, if it does.
    pub(crate) gateway: Option<Routes>,
}

crate::settings! {
    /// The keys of a service that are not about failure of its calls.
    pub(crate) struct ServiceKeys {
        /// The region in which the replicas are; the only one where there is one. A function may be in several, such as
        /// `["east", "west"]`: it has instances, limits and scaling rates of its own in each, its numbers hold for each, and
        /// a request gets an instance in the region that `balancing` chooses for it.
        region: Option<Several<Name>> = None,
        /// How many replicas there are, or how many in each region. They are numbered from 1, region by region, and
        /// spread over the zones in turn.
        #[range = ">= 1"]
        replicas: Replicas = Replicas::Number(1),
        /// How many cores of a host each replica takes, whether it works or not; its `region` says what a `host` has. Those
        /// that are there at the start are placed the largest first, then by the names of services; what does not fit is an
        /// error. One that joins later and finds no room waits for some, and is counted in `starts_refused`. Replicas on one
        /// host do not slow each other down: contention is not modelled. Without `cores` a service takes no room.
        #[range = "> 0"]
        cores: Option<f64> = None,
        /// How much memory of a host each replica takes; none where absent. Only with `cores`.
        memory: Option<Memory> = None,
        /// Over which places the replicas are spread evenly: "hosts" where absent, "racks", "zones", or "pack" for none.
        /// Below these places a host is filled before the next, in the order of their numbers. What is full is passed over.
        /// Only with `cores`.
        spread: Option<Spread> = None,
        /// How many of the replicas serve, the first ones at the start; all where absent. Only with `standby`.
        #[range = ">= 1"]
        active: Option<u32> = None,
        /// What the other replicas do: they stand by, and one takes over when the failure of one that serves is detected.
        /// `quorum`, `replicas_mean` and whoever chooses a replica know of those that serve.
        standby: Option<StandbyKeys> = None,
        /// How the number of replicas changes while time runs, in each region by itself; it stays as it is without.
        autoscaling: Option<AutoscalingKeys> = None,
        /// Turns the service into a function: an instance serves `concurrency` requests at once, is started when a request
        /// finds none, and goes when nobody has needed it for a while. What belongs to a fleet has no place beside it.
        function: Option<FunctionKeys> = None,
        /// Versions of a function besides `v1`, which is the function as it is written, each under its name with what
        /// differs. Each instance belongs to a version and serves no other; limits, rates and the account are those of
        /// the function. Where there may be no more instances, the one of another version that has been idle for the
        /// longest time makes way. `"f:v2"` calls one of them.
        versions: ByName<VersionKeys> = ByName::default(),
        /// Names such as `live` that stand for versions of a function, each with its share of the requests; they add up
        /// to 1. Whoever calls `"f:live"` gets a version drawn by these shares, for each attempt anew, as AWS Lambda
        /// does. A list of tables with `at` moves the shares while time runs: each holds from that time on for what is
        /// sent. A deployment of `"f:live"` moves the alias, no other does.
        alias: ByName<AliasKeys> = ByName::default(),
        /// Whether the version that an alias gives is drawn for the session of a request, and so the same for all that it
        /// sends while the shares are.
        sticky: bool = false,
        /// When what a function runs for whoever names no version or alias changes, in the order of time; it is `v1`
        /// before. The instances of the version before finish what they have and go when their keep-alive says so.
        publish: Vec<PublishKeys> = Vec::new(),
        /// The queue from which the service takes work, besides that for which it is called. Replicas of a fleet then
        /// take all their jobs from one queue, as with `at = "service"`.
        consumes: Option<ConsumesKeys> = None,
        /// How long a replica takes from the decision to start it until it serves, as one time or as phases; only with
        /// `autoscaling`, `function` or a `standby` that is not hot.
        start: Option<StartKeys> = None,
        /// How long a replica that leaves may finish what it has: it takes nothing new, goes as soon as it has nothing
        /// left, and when the time is over its work is lost and callers hear a `reset`. "30s" where absent; only with
        /// `autoscaling`.
        drain: Option<Drain> = None,
        /// How many replicas must be up for the service to count as up in `availability_time`; it does not stop
        /// requests.
        #[range = ">= 1"]
        quorum: u32 = 1,
        /// Services and blocks without which no replica works, such as "block.power", one or a list; "service.rack.2" is
        /// one replica of a fleet that does not change, "service.rack.*" all of them. While one of them is down every
        /// replica is down as by a silent crash: its work is lost, what arrives gets no answer (at a
        /// function it is refused), and nothing starts. That is known to those who would know of such a crash. Nobody needs
        /// to call what is depended on.
        depends_on: Option<Several<Name>> = None,
        /// How many attempts one replica works on at once: its slots. The others wait in the queue.
        #[range = ">= 1"]
        concurrency: Limit = Limit::Number(1),
        /// How the slots of a replica come back when a crash of it is over; without, all at once.
        ramp_up: Option<RampUpKeys> = None,
        /// Who waits where, in which order, and how many may.
        queue: QueueKeys = QueueKeys::default(),
        /// Which attempts a replica lets in at all, before they reach its queue; all without it.
        admission: Option<LimitKeys> = None,
        /// What the service says about trying again when it refuses an attempt; callers heed it as their
        /// `retry.hints` says.
        retry_after: Option<Hint> = None,
        /// The work of one attempt: how long it takes in a slot of a replica of speed 1.
        demand: Law = Law::zero(),
        /// Share of attempts that are answered with an error.
        error_ratio: Probability = Probability::ZERO,
        /// The work of an attempt that ends with an error, in place of `demand`. Such an attempt makes no calls.
        error_time: Option<Law> = None,
        /// Whether attempts change something, so that doing one twice is counted as a duplicate effect.
        effects: bool = false,
        /// Keeps a record of what was done already, so that a repeated attempt gets the old answer and does nothing;
        /// without it there is none.
        idempotency: Option<IdempotencyKeys> = None,
        /// A cache in front of it, which answers what was asked for before; without it there is none.
        cache: Option<CacheKeys> = None,
        /// What is paid for it: for each replica that is present, as "0.0416/h", or a table with prices for replicas, for
        /// attempts and for what it keeps. As `[cost]` says where absent.
        price: Option<PriceKeys> = None,
        /// What it keeps, which may cost something, be lost and be backed up; nothing where absent.
        data: Option<DataTable> = None,
        /// How fast replicas work: demand / speed is the time in a slot. One number for all, or one for each.
        #[range = "> 0"]
        speed: Speed = Speed::Same(1.0),
        /// Who chooses a replica for an attempt, from which knowledge, and by which policy. For a function in several
        /// regions it chooses the region: by "round-robin" or "random" among those in which an instance could start, with
        /// the keys `locality`, which is "region" there where it is absent, `knowledge`, "perfect" where absent, and
        /// `balancers`.
        balancing: BalancingKeys = BalancingKeys::default(),
        /// How balancers find out which replicas are up; without it they keep dead ones in use unless
        /// `outlier_detection` finds them.
        health_check: Option<HealthCheckKeys> = None,
        /// Probes of each replica from its own host, of which too many failed ones in a row restart it, as the fault
        /// `NAME:liveness`. A restart ends no fault but those that are `detected_by = "liveness"`, whose recovery begins with
        /// it; a replica that has crashed is not probed.
        liveness: Option<LivenessKeys> = None,
        /// How balancers eject replicas by what becomes of attempts at them; not at all without it.
        outlier_detection: Option<OutlierKeys> = None,
        /// What each attempt asks of other services after its own work.
        calls: Calls = Calls::default(),
        /// Services to one of which an attempt is passed on after its own work; the slot is free then, and the last
        /// service answers. Cycles are allowed.
        next: Vec<NextKeys> = Vec::new(),
        /// Whether a slot stays taken while calls are out: "held" as by a thread per request, "released" as in an
        /// event loop.
        slot: Slot = Slot::Held,
    }
}

impl ServiceKeys {
    /// Whether attempts pass one queue of the service at times only, and wait at replicas at others.
    pub(crate) fn is_buffered(&self) -> bool {
        let controls = self.autoscaling.iter().flat_map(|scaling| &scaling.controls);
        self.queue.is_shared() && controls.into_iter().any(|one| one.policy.bypasses())
    }
}

/// Keys of `balancing` that say something of a function in several regions, besides `policy`.
pub(crate) const OF_REGIONS: [&str; 3] = ["locality", "knowledge", "balancers"];

impl Section for ServiceSection {
    fn shape() -> Shape {
        ServiceKeys::shape().and(PolicyKeys::KEYS).called("service")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let keys = ServiceKeys::read(fields);
        let policy = PolicyKeys::read(fields);
        let (mut keys, policy) = (keys?, policy?);
        if keys.function.is_some() && keys.region.as_ref().is_some_and(|regions| regions.0.len() > 1) {
            let written = fields.node("balancing").map(|node| &node.value);
            let has = |key| matches!(written, Some(Value::Table(table)) if table.find(key).is_some());
            // Whoever calls a function calls it where it is, and knows where its platform is down.
            if !has("locality") {
                keys.balancing.common.locality = Locality::Region;
            }
            if !has("knowledge") {
                keys.balancing.common.knowledge = KnowledgeKeys::Perfect;
            }
        }
        // Any free slot takes the next message.
        if keys.consumes.is_some() && keys.function.is_none() {
            keys.queue.common.at = QueuePlace::Service;
        }
        Some(Self { keys, policy, gateway: None })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
        self.policy.write(table);
        if self.keys.alias.0.is_empty() {
            table.remove("sticky");
        }
        if let Some(function) = &self.keys.function {
            // What belongs to a fleet, or says nothing here, is refused where it is read again.
            for key in ["replicas", "quorum", "speed", "queue", "slot"] {
                table.remove(key);
            }
            if self.keys.region.as_ref().is_none_or(|regions| regions.0.len() < 2) {
                table.remove("balancing");
            } else if let Some(toml::Value::Table(balancing)) = table.get_mut("balancing") {
                balancing.retain(|key, _| key == "policy" || OF_REGIONS.contains(&key));
            }
            if let Some(toml::Value::Table(own)) = table.get_mut("function") {
                let idle = [
                    ("provisioning", function.provisioned.is_none()),
                    ("cpu_bound", function.memory.is_none() || function.population),
                ];
                idle.iter().filter(|(_, is_idle)| *is_idle).for_each(|(key, _)| drop(own.remove(*key)));
            }
        }
        if self.keys.queue.is_shared()
            && !self.keys.is_buffered()
            && let Some(toml::Value::Table(balancing)) = table.get_mut("balancing")
        {
            for key in BalancingCommon::KEYS {
                balancing.remove(key.name);
            }
        }
    }
}

crate::settings! {
    /// Where an attempt is passed on to.
    pub(crate) struct NextKeys {
        /// The service to which an attempt is passed on, or a version or alias of a function such as "f:live".
        service: Name,
        /// How likely that is. The entries exclude each other, and what is left to 1 answers.
        probability: Probability = Probability::ONE,
    }
}

crate::settings! {
    /// Records by which a service knows what it has done already.
    pub(crate) struct IdempotencyKeys {
        /// How long the answer to a piece of work is kept.
        #[range = "> 0"]
        expires_after: SimDuration = SimDuration::from_nanos(3_600_000_000_000),
        /// How long an attempt in progress keeps others away, which fail with `conflict`; as long as it is in
        /// progress where absent.
        #[range = "> 0"]
        in_progress_expires_after: Option<SimDuration> = None,
        /// Time that a look into the record adds to each attempt.
        lookup: Law = Law::zero(),
        /// The service that keeps the records, such as a table: it is called before the work, and again after it, by the
        /// rules for the service's calls, without `fallback`. What the first call finds counts from when its answer is there; the second one writes
        /// the answer down, or takes the record back where the work failed. The records are as near as memory where absent.
        store: Option<Name> = None,
        /// How long an answer of the store is waited for; as the service's `timeout` says where absent.
        #[range = "> 0"]
        timeout: Option<SimDuration> = None,
        /// What an attempt does that gets no answer from the store; "fail" where absent. If the answer cannot be written down,
        /// the work is done all the same, and its record stays in progress.
        on_failure: Option<StoreFailure> = None,
    }
}

crate::settings! {
    /// Slots that come back evenly over a time, as the connections that `HAProxy` lets a server have in its `slowstart`.
    pub(crate) struct RampUpKeys {
        /// How long after the end of a crash all slots are there.
        #[range = "> 0"]
        lasts: SimDuration,
        /// Share of them that is there at once; one slot is there in any case.
        #[range = "< 1"]
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

    fn kind() -> Kind {
        Kind::Either(vec![u32::kind(), Kind::map(u32::kind())])
    }

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

numbers! {
    /// Without limit.
    Limit: Unlimited = "unlimited"
}

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

    fn kind() -> Kind {
        Kind::Either(vec![Kind::Number, Kind::list(Kind::Number)])
    }

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
        /// How many attempts may wait, those in a slot not counted: 0 is a loss system. What finds no place fails
        /// with `queue_full`.
        capacity: Limit = Limit::Unlimited,
        /// Where attempts wait: in front of each replica, or in one queue for the whole service, from which any free
        /// slot takes the next.
        at: QueuePlace = QueuePlace::Replica,
        /// How long an attempt waits before it leaves unserved, with the reason `abandoned`; for ever where absent.
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

    fn kind() -> Kind {
        Kind::variant(QueueCommon::shape().choosing(QUEUE.choice(QueueSettings::CATALOGUE)).called("queue"))
    }

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

impl ServiceKeys {
    /// The service that keeps its idempotency keys, if one does.
    pub(crate) fn store_of_keys(&self) -> Option<&Name> {
        self.idempotency.as_ref()?.store.as_ref()
    }
}
