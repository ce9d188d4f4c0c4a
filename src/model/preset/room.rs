//! The parts of a scenario for which there are presets.

/// The rooms for which there are presets, by the tables of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// A call as a whole, or the defaults of a caller for all its calls.
    Call,
    /// Who gets an attempt.
    Balancing,
    /// How a replica that came back is brought to its full weight.
    SlowStart,
    /// Active checks.
    HealthCheck,
    /// Probes that restart replicas.
    Liveness,
    /// Passive checks.
    OutlierDetection,
    /// Who waits where.
    Queue,
    /// Further attempts after a failure.
    Retry,
    /// Whether further attempts may be made.
    Budget,
    /// Further attempts before a failure.
    Hedge,
    /// What stops attempts that would fail.
    Breaker,
    /// How many attempts are out at once.
    Bulkhead,
    /// Which attempts are let out by a caller (`throttle`) or in by a replica (`admission`).
    Throttle,
    /// How many replicas there are.
    Autoscaling,
    /// How instances of a function come and go.
    Function,
    /// How long whatever serves takes to start.
    Start,
    /// A gateway as a whole.
    Gateway,
    /// A deployment as a whole.
    Deploy,
    /// A fault as a whole.
    Fault,
    /// How long the repair of what fails again and again waits.
    Backoff,
    /// What looks for faults.
    Monitor,
    /// One operation of a recovery.
    Operation,
    /// What stands by.
    Standby,
    /// What answers in the place of a service, or of those that it calls.
    Cache,
    /// Prices of a whole system.
    Cost,
}

impl Room {
    /// Every room, in the order in which `list` shows them.
    pub const ALL: [Self; 25] = [
        Self::Call,
        Self::Balancing,
        Self::SlowStart,
        Self::HealthCheck,
        Self::Liveness,
        Self::OutlierDetection,
        Self::Queue,
        Self::Retry,
        Self::Budget,
        Self::Hedge,
        Self::Breaker,
        Self::Bulkhead,
        Self::Throttle,
        Self::Autoscaling,
        Self::Function,
        Self::Start,
        Self::Gateway,
        Self::Deploy,
        Self::Fault,
        Self::Backoff,
        Self::Monitor,
        Self::Operation,
        Self::Standby,
        Self::Cache,
        Self::Cost,
    ];

    /// The key under which its table stands; those of calls and operations stand in lists, that of a call may be the caller's
    /// own, those of gateways, deployments, faults and monitors have names of their own, and that of prices is the section.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Balancing => "balancing",
            Self::SlowStart => "slow_start",
            Self::HealthCheck => "health_check",
            Self::Liveness => "liveness",
            Self::OutlierDetection => "outlier_detection",
            Self::Queue => "queue",
            Self::Retry => "retry",
            Self::Budget => "budget",
            Self::Hedge => "hedge",
            Self::Breaker => "breaker",
            Self::Bulkhead => "bulkhead",
            Self::Throttle => "throttle",
            Self::Autoscaling => "autoscaling",
            Self::Function => "function",
            Self::Start => "start",
            Self::Gateway => "gateway",
            Self::Deploy => "deploy",
            Self::Fault => "fault",
            Self::Backoff => "backoff",
            Self::Monitor => "monitor",
            Self::Operation => "operation",
            Self::Standby => "standby",
            Self::Cache => "cache",
            Self::Cost => "cost",
        }
    }

    /// What a message calls what it is about.
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Call => "calls",
            Self::Balancing => "balancing",
            Self::SlowStart => "slow start",
            Self::HealthCheck => "health checks",
            Self::Liveness => "liveness",
            Self::OutlierDetection => "outlier detection",
            Self::Queue => "queues",
            Self::Retry => "retries",
            Self::Budget => "retry budgets",
            Self::Hedge => "hedging",
            Self::Breaker => "breakers",
            Self::Bulkhead => "bulkheads",
            Self::Throttle => "limits",
            Self::Autoscaling => "autoscaling",
            Self::Function => "functions",
            Self::Start => "starts",
            Self::Gateway => "gateways",
            Self::Deploy => "deployments",
            Self::Fault => "faults",
            Self::Backoff => "back-off",
            Self::Monitor => "monitors",
            Self::Operation => "operations",
            Self::Standby => "spares",
            Self::Cache => "caches",
            Self::Cost => "prices",
        }
    }
}
