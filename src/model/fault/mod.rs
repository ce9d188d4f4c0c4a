//! What goes wrong, to which parts at once, and when.

mod backoff;
mod link;

pub use backoff::{Backoff, Failures};
pub use link::{End, Link};

use crate::kernel::distribution::Distribution;
use crate::units::{
    ClientId, DeployId, MonitorId, Probability, Rate, RecoveryId, ReplicaId, ServiceId, SimDuration, SimTime,
};

/// A fault: a process for each unit that it strikes.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Name.
    pub name: String,
    /// What it does.
    pub kind: FaultKind,
    /// What goes down together; one independent process each.
    pub units: Vec<Unit>,
    /// When it strikes.
    pub trigger: Trigger,
    /// In which time the time to failure runs.
    pub clock: FaultClock,
    /// How many times faster than its law its clock runs: a share of the rate of failures that others have the rest of.
    pub pace: f64,
    /// Whether the first time to failure is that of something new.
    pub start: FaultStart,
    /// Whether what it takes down is repaired as one.
    pub recovers: Recovers,
    /// Whose clocks run faster while it lasts.
    pub raises: Vec<Raise>,
    /// How its effect comes and goes while it lasts, if it does.
    pub flap: Option<Flap>,
    /// Who meets it: attempts and checks from these ends, and nobody else; whoever comes where there are none.
    pub seen_by: Vec<End>,
    /// When recovery starts.
    pub detection: Detection,
    /// How long recovery waits where it is needed again and again.
    pub backoff: Option<Backoff>,
    /// How it ends; `None` is never, unless the trigger says when.
    pub recovery: Option<RecoveryId>,
    /// Whether that is its length, which begins with it, and no repair, which waits for its detection.
    pub passes: bool,
}

impl Fault {
    /// One that only what is said brings about: whoever comes meets it whole, it is known at once, and nothing ends it.
    pub fn brought_about(name: String, kind: FaultKind, units: Vec<Unit>, trigger: Trigger) -> Self {
        Self {
            name,
            kind,
            units,
            trigger,
            clock: FaultClock::Calendar,
            pace: 1.0,
            start: FaultStart::New,
            recovers: Recovers::Together,
            raises: Vec::new(),
            flap: None,
            seen_by: Vec::new(),
            detection: Detection::Immediate,
            backoff: None,
            recovery: None,
            passes: false,
        }
    }

    /// Whether only some meet it.
    pub fn is_gray(&self) -> bool {
        !self.seen_by.is_empty()
    }

    /// Whether the mark of a health check is what detects it.
    pub fn is_found_by_check(&self) -> bool {
        matches!(self.detection, Detection::HealthCheck)
    }

    /// Whether the alarm of a monitor is what detects it.
    pub fn is_found_by(&self, monitor: MonitorId) -> bool {
        matches!(&self.detection, Detection::Monitors(named) if named.contains(&monitor))
    }

    /// Whether it is detected by whoever notices it and acts.
    pub fn is_found_by_anybody(&self) -> bool {
        matches!(self.detection, Detection::Unsaid) || matches!(self.trigger, Trigger::Released(_))
    }

    /// Whether a recovery begins once it is detected.
    pub fn is_repaired(&self) -> bool {
        self.recovery.is_some() && !self.passes
    }

    /// Whether what it strikes does not work.
    pub fn takes_down(&self) -> bool {
        self.kind.takes_down() && !self.is_gray()
    }

    /// How many parts there are that are up or down for themselves: units, or the replicas in them where each recovers by
    /// itself.
    pub fn part_count(&self) -> usize {
        match self.recovers {
            Recovers::Together => self.units.len(),
            Recovers::Each => self.units.iter().map(|unit| unit.replicas.len()).sum(),
        }
    }
}

/// What goes down together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The scope it was named by, such as `service.shop.2` or `zone.east.1`.
    pub name: String,
    /// Every replica in it; of the way of a network fault, those at either end.
    pub replicas: Vec<ReplicaId>,
}

/// What a fault does to a replica.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// The replica is gone.
    Crash(Crash),
    /// A poisoned request crashes whoever begins to serve it.
    Poison {
        /// Whose requests; all where there are none.
        from: Vec<ClientId>,
        /// The share of them that is poisoned.
        share: Probability,
        /// What the crash does.
        crash: Crash,
    },
    /// It accepts and never answers; at the end the work goes on.
    Hang,
    /// It works more slowly.
    Slow {
        /// How many times longer; positive. Factors of several faults multiply.
        factor: f64,
        /// Time added to what starts service in it.
        added: Option<Distribution>,
    },
    /// It works more and more slowly, and crashes in the end.
    Leak {
        /// How many times longer at the end; above 1.
        factor: f64,
        /// How long it takes until then; the pace changes in [`FaultKind::LEAK_STEPS`] equal steps.
        grows: Distribution,
        /// What the crash does.
        crash: Crash,
    },
    /// It answers a share of attempts with an error.
    Error {
        /// That share.
        share: Probability,
    },
    /// It answers a share of attempts wrongly, and nobody notices.
    Corrupt {
        /// That share.
        share: Probability,
    },
    /// The service refuses what comes faster than a bucket of tokens fills.
    Throttle {
        /// How fast it fills.
        rate: Rate,
        /// How many tokens it holds; at least 1, and all of them when the fault begins.
        burst: u32,
    },
    /// It has fewer slots; those in use go when their work is done. Shares of several faults multiply, then numbers are
    /// taken off.
    Capacity {
        /// The share of its slots that is gone; what is left is rounded down.
        share: Probability,
        /// The number that is gone besides.
        slots: u32,
    },
    /// Caches forget what they hold, and neither answer that nor keep it while it lasts.
    CacheLoss {
        /// The service whose caches these are, of each unit.
        services: Vec<ServiceId>,
        /// The share of keys of which that holds.
        share: Probability,
    },
    /// What services keep is destroyed: they do not work until that is over.
    DataLoss {
        /// Whose data, of each unit.
        services: Vec<ServiceId>,
        /// Whether copies that follow the data are gone as well.
        takes_copies: bool,
        /// For how long nobody notices.
        silent_for: Option<Distribution>,
        /// What it does to work, once it shows.
        crash: Crash,
    },
    /// What is sent on a way while it lasts is lost.
    Partition {
        /// The way, of each unit.
        links: Vec<Link>,
        /// What the sender hears.
        signal: Signal,
    },
    /// What is sent on a way while it lasts takes longer, or is lost now and then.
    Network {
        /// The way, of each unit.
        links: Vec<Link>,
        /// Time added to each message.
        added: Option<Distribution>,
        /// How many times longer a message is under way; positive. Factors of several faults multiply.
        factor: f64,
        /// The share that is lost, besides what others lose.
        loss: Probability,
    },
}

impl FaultKind {
    /// In how many steps a leak grows; the last is the crash.
    pub const LEAK_STEPS: u32 = 20;

    /// How many times longer work takes after so many steps of a leak, before the last.
    pub fn leaked(factor: f64, steps: u32) -> f64 {
        1.0 + (factor - 1.0) * f64::from(steps) / f64::from(Self::LEAK_STEPS)
    }

    /// Whether what it does can make health checks fail, which wait behind the requests or not.
    pub const fn fails_checks(&self, waits: bool) -> bool {
        match self {
            Self::Crash(_)
            | Self::Poison { .. }
            | Self::Hang
            | Self::Leak { .. }
            | Self::Error { .. }
            | Self::DataLoss { .. }
            | Self::Partition { .. }
            | Self::Network { .. } => true,
            // Only who waits behind the requests sees how long these take.
            Self::Slow { .. } | Self::Capacity { .. } => waits,
            Self::Throttle { .. } | Self::Corrupt { .. } | Self::CacheLoss { .. } => false,
        }
    }

    /// Whether anybody who calls what it strikes can tell.
    pub const fn is_felt(&self) -> bool {
        !matches!(self, Self::Corrupt { .. })
    }

    /// The way on which it lies at its unit of this number, if it is a fault of the network.
    pub fn link(&self, unit: u32) -> Option<&Link> {
        match self {
            Self::Partition { links, .. } | Self::Network { links, .. } => links.get(unit as usize),
            Self::Crash(_)
            | Self::Poison { .. }
            | Self::Hang
            | Self::Slow { .. }
            | Self::Leak { .. }
            | Self::Error { .. }
            | Self::Corrupt { .. }
            | Self::Throttle { .. }
            | Self::CacheLoss { .. }
            | Self::DataLoss { .. }
            | Self::Capacity { .. } => None,
        }
    }

    /// What it does to work, if it is a crash from when it shows.
    pub const fn crash(&self) -> Option<&Crash> {
        match self {
            Self::Crash(crash) | Self::Poison { crash, .. } | Self::DataLoss { crash, .. } => Some(crash),
            _ => None,
        }
    }

    /// Whether what it strikes does not work, in the end at least.
    pub const fn takes_down(&self) -> bool {
        matches!(
            self,
            Self::Crash(_) | Self::Poison { .. } | Self::Hang | Self::Leak { .. } | Self::DataLoss { .. }
        )
    }
}

/// What a crash does to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    /// Work in service.
    pub in_service: InService,
    /// Work that waits at the replica; what waits in a shared queue is always kept.
    pub waiting: Waiting,
    /// Attempts that arrive while it is down.
    pub arriving: Arriving,
    /// What callers of lost work hear.
    pub signal: Signal,
}

/// What a crash does to work in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InService {
    /// It is gone.
    Lost,
    /// It keeps its place and the work left.
    Resumed,
    /// It keeps its place and starts anew.
    Restarted,
}

/// What a crash does to work that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It is gone.
    Lost,
    /// It waits on.
    Kept,
}

/// What happens to attempts that arrive at a dead replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arriving {
    /// They fail with `connect` after one round trip.
    Refused,
    /// They wait.
    Queued,
    /// They get no answer.
    Ignored,
}

/// What callers of lost work hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A `reset` after one network delay.
    Reset,
    /// Nothing.
    Silent,
}

/// When a fault strikes.
#[derive(Debug, Clone)]
pub enum Trigger {
    /// After a random time, again and again.
    Random(Distribution),
    /// At given times, each with its length where the recovery does not give one; rising.
    Scheduled(Vec<Occurrence>),
    /// As recorded: for each unit, in their order, rising and without overlap.
    Replayed(Vec<Vec<Occurrence>>),
    /// When a poisoned request begins service.
    Served,
    /// With a bad release of this deployment, at whatever runs it.
    Released(DeployId),
    /// When a replica fails too many probes of its liveness: the fault is the restart.
    Unanswered,
}

/// One given fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// When it strikes.
    pub at: SimTime,
    /// How long it lasts; `None` leaves that to the recovery plan.
    pub lasts: Option<SimDuration>,
}

/// In which time a time to failure runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultClock {
    /// Always.
    Calendar,
    /// Only while the unit is up.
    Up,
    /// Only while a slot of the replica is in use.
    Busy,
    /// As fast as the share of the replica's slots that is in use.
    Load,
}

impl FaultClock {
    /// Whether it runs as one replica works.
    pub const fn is_of_work(self) -> bool {
        matches!(self, Self::Busy | Self::Load)
    }
}

/// An effect that comes and goes while a fault lasts; it begins with the fault.
#[derive(Debug, Clone)]
pub struct Flap {
    /// How long it is away at a time.
    pub up: Distribution,
    /// How long it is there at a time.
    pub down: Distribution,
    /// How long it takes to find.
    pub detected: Found,
}

/// What the time to the detection of an effect that comes and goes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// From the last time that the effect came back, while it is there.
    Each,
    /// From the begin of the fault.
    Once,
}

/// Whether what a fault takes down is repaired as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovers {
    /// The unit is one, and so is its repair.
    Together,
    /// Each replica that goes down with it is repaired by itself, and the fault may strike again meanwhile.
    Each,
}

/// A fault whose clock another makes run faster while that lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Raise {
    /// The number of the fault that comes sooner.
    pub fault: u32,
    /// How many times faster its clock runs; positive. Factors of several faults multiply.
    pub factor: f64,
    /// At which of its units.
    pub at: RaisedAt,
}

/// Which units a fault makes fail sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaisedAt {
    /// All of them.
    Everywhere,
    /// Those that have a replica in the unit that is struck.
    Struck,
}

/// Whether the first time to failure is that of something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultStart {
    /// All units are new.
    New,
    /// As if it had been running for ever: the equilibrium residual life.
    Aged,
}

/// When somebody who acts knows of a fault: when its recovery starts, if it has one.
#[derive(Debug, Clone)]
pub enum Detection {
    /// At once.
    Immediate,
    /// It passes or stays by itself: when a decider takes what it strikes out, its liveness restarts it, or a monitor does
    /// something about it.
    Unsaid,
    /// After a time.
    After(Distribution),
    /// When the first decider marks the replica down.
    HealthCheck,
    /// When the probes of its liveness restart a replica.
    Liveness,
    /// When the first of these monitors finds it.
    Monitors(Vec<MonitorId>),
}
