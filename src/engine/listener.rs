//! What a run tells who listens; silence costs nothing.

use crate::model::fleet::Life;
use crate::model::fleet::standby::Role;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::outlier::Standing;
use crate::model::resilience::breaker::BreakerState;
use crate::reason::Reason;
use crate::units::SimTime;

/// Hears what happens in a run. It changes nothing: the same run heard by another gives the same bytes.
pub trait Hear {
    /// Something happened at `now`.
    fn hear(&mut self, now: SimTime, note: Note);
}

/// What the engine is compiled for: to be heard, or not. There are these two, so that there are two copies of it and no
/// more, however many hear.
pub(crate) trait Listener {
    /// Whether anything is told at all.
    const LISTENS: bool;

    /// Something happened at `now`.
    fn note(&mut self, now: SimTime, note: Note);
}

/// Tells somebody.
pub(crate) struct Told<'a>(pub(crate) &'a mut dyn Hear);

impl Listener for Told<'_> {
    const LISTENS: bool = true;

    fn note(&mut self, now: SimTime, note: Note) {
        self.0.hear(now, note);
    }
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Silence;

impl Listener for Silence {
    const LISTENS: bool = false;

    #[inline]
    fn note(&mut self, _now: SimTime, _note: Note) {}
}

/// What a message between a caller or decider and a replica is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// An attempt, to its replica.
    Call,
    /// Its answer.
    Answer,
    /// Word that nobody waits for an attempt any more.
    Cancellation,
    /// A balancer's question, or the answer to it.
    Probe,
    /// A health check, or the answer to it.
    Check,
    /// A report of load.
    Report,
}

impl Message {
    /// Its name in the event log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Answer => "answer",
            Self::Cancellation => "cancellation",
            Self::Probe => "probe",
            Self::Check => "check",
            Self::Report => "report",
        }
    }
}

/// What happened to a message of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken in.
    Accepted,
    /// It was received for the nth time, from 1.
    Received(u32),
    /// It was deleted because it was done.
    Deleted,
    /// It was given up.
    DeadLettered,
    /// It was kept as long as it may be.
    Expired,
}

/// What a cache gives an attempt in place of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheAnswer {
    /// A copy that is fresh.
    Fresh,
    /// A copy that is not.
    Stale,
    /// The failure that was the answer before.
    Failure,
    /// What another attempt, which fetches it just now, will get.
    Awaited,
}

impl CacheAnswer {
    /// Its name in the event log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Failure => "failure",
            Self::Awaited => "awaited",
        }
    }
}

/// What happened to a release of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeployTurn {
    /// It began to be built.
    Began,
    /// Tests found it bad: it does not come out.
    Caught,
    /// A step began.
    Step {
        /// Its number, from 1.
        number: u32,
    },
    /// It is complete.
    Complete,
    /// An alarm was raised: it is to be taken back.
    Alarmed,
    /// It is gone, and what was before runs again.
    TakenBack,
}

/// Something that happened. Numbers are those of the system's lists; a `request` is the key that names it in the run,
/// an `attempt` the key of one try; one that was passed on is of the decider of its last hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A client's request arrived.
    RequestArrived {
        /// Client.
        client: u32,
        /// Key.
        request: u64,
    },
    /// A request ended, well or not.
    RequestEnded {
        /// Client.
        client: u32,
        /// Key; 0 where nobody listened when it arrived.
        request: u64,
        /// When it arrived.
        arrived: SimTime,
        /// Why it failed.
        failure: Option<Reason>,
    },
    /// An attempt was sent to a replica.
    AttemptSent {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// Replica, numbered through all services.
        replica: u32,
        /// 1 for the first try of its call.
        number: u32,
        /// The version that it gets, numbered through all functions that have versions.
        version: Option<u32>,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// A cache answers an attempt, which no replica gets; one that was to wait for another may be sent later.
    CacheAnswered {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// With what.
        answer: CacheAnswer,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// An attempt was not sent: no replica could be found, or its caller stopped it.
    AttemptStopped {
        /// Service.
        service: u32,
        /// Why.
        reason: Reason,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// An attempt was admitted at a service: it waits or runs.
    AttemptAdmitted {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// An attempt got a slot.
    ServiceBegan {
        /// Key.
        attempt: u64,
        /// Replica.
        replica: u32,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// An attempt left a service: served, abandoned, cancelled or lost.
    AttemptLeft {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// A caller learnt how an attempt ended, or gave it up for its timeout or deadline. An attempt that was passed on has
    /// the key and service of its last hop.
    AttemptEnded {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// Why it failed.
        failure: Option<Reason>,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// A caller gave up an attempt that it no longer needs: others have answered, or it waits for nothing any more.
    AttemptDropped {
        /// Key.
        attempt: u64,
        /// Service.
        service: u32,
        /// The decider that sends it, numbered within its service.
        decider: u32,
    },
    /// A fault struck a unit.
    FaultBegan {
        /// Fault.
        fault: u32,
        /// Unit.
        unit: u32,
    },
    /// A fault was detected: somebody who acts knows of it.
    FaultDetected {
        /// Fault.
        fault: u32,
        /// Unit.
        unit: u32,
    },
    /// A fault was over.
    FaultEnded {
        /// Fault.
        fault: u32,
        /// Unit.
        unit: u32,
    },
    /// The effect of a fault that lasts went away, or came back.
    FaultFlapped {
        /// Fault.
        fault: u32,
        /// Unit.
        unit: u32,
        /// Whether it is there.
        is_there: bool,
    },
    /// A message was lost: it never arrives.
    MessageLost {
        /// What it was.
        message: Message,
        /// Key of the attempt; of others, one that names the message.
        key: u64,
        /// The replica that sent it, or to which it was sent, numbered through all services.
        replica: u32,
        /// Whether a partition lost it; otherwise chance did.
        is_cut: bool,
    },
    /// A replica began or ceased to be up.
    ReplicaChanged {
        /// Replica.
        replica: u32,
        /// Whether it is up now.
        is_up: bool,
    },
    /// The failure of a replica that served is known, and a spare is to take over.
    FailoverBegan {
        /// The replica that failed.
        replica: u32,
        /// Whether that happens by itself.
        is_covered: bool,
    },
    /// A replica of a service with spares serves from now on, or stands by.
    RoleChanged {
        /// Replica, numbered through all services.
        replica: u32,
        /// What it does now.
        role: Role,
    },
    /// A replica of a fleet that changes began to start, was ready, began to drain, or was gone.
    SeatChanged {
        /// Replica, numbered through all services.
        replica: u32,
        /// What it does now.
        life: Life,
        /// The version of an instance, numbered through all functions that have versions.
        version: Option<u32>,
    },
    /// Autoscaling wants another number of replicas of a service.
    DesiredChanged {
        /// Service.
        service: u32,
        /// Region, if the service is not scaled as a whole that is in several.
        region: Option<u32>,
        /// How many are wanted now.
        desired: u32,
    },
    /// Attempts at a service that are sent from now on wait in its queue, or go to its replicas directly.
    PathChanged {
        /// Service.
        service: u32,
        /// Whether they wait in its queue.
        is_buffering: bool,
    },
    /// Something happened to a message.
    MessageTurned {
        /// The service that is its queue.
        queue: u32,
        /// Key of the message, which it keeps as a dead letter.
        message: u64,
        /// What it was.
        turn: Delivery,
    },
    /// A release of a deployment began, came further, or was taken back.
    DeployTurned {
        /// Deployment.
        deploy: u32,
        /// What happened.
        turn: DeployTurn,
    },
    /// What a monitor says changed, of one unit of a poll: an alarm is raised, or over, or nothing is known.
    AlarmChanged {
        /// Monitor.
        monitor: u32,
        /// What it says now.
        state: AlarmState,
    },
    /// Something was done.
    Acted {
        /// The monitor that did it; none for an operation of a recovery.
        monitor: Option<u32>,
        /// What it was.
        verb: &'static str,
    },
    /// It was decided what to do about an alarm.
    Decided {
        /// Monitor.
        monitor: u32,
    },
    /// A decider's outlier detection ejected a replica, lets one attempt try it, or takes it back.
    ReplicaEjected {
        /// Service.
        service: u32,
        /// Decider.
        decider: u32,
        /// Replica, numbered through all services.
        replica: u32,
        /// What becomes of it.
        standing: Standing,
    },
    /// The breaker of a caller's calls to a service, at one decider, changed its state.
    BreakerChanged {
        /// The client, or the number of clients plus the calling service.
        caller: u32,
        /// Service.
        service: u32,
        /// Decider.
        decider: u32,
        /// Its state now.
        state: BreakerState,
    },
    /// A backup began.
    BackupBegan {
        /// Backup.
        backup: u32,
    },
    /// A backup was complete, or failed.
    BackupEnded {
        /// Backup.
        backup: u32,
        /// Whether it is complete.
        is_good: bool,
    },
    /// What a service keeps is lost, or was seen to be corrupt.
    DataLost {
        /// Service.
        service: u32,
    },
    /// What a service had lost is restored.
    DataRestored {
        /// Service.
        service: u32,
    },
    /// A copy of what a service keeps took over from what was not lost.
    CopyPromoted {
        /// Service.
        service: u32,
    },
    /// A record of a name is found sound, or not sound any more.
    RecordMarked {
        /// Name.
        name: u32,
        /// Record, numbered within the name.
        record: u32,
        /// Whether it is found sound now.
        is_sound: bool,
    },
    /// A decider changed its mind about a replica.
    ReplicaMarked {
        /// Service.
        service: u32,
        /// Decider.
        decider: u32,
        /// Replica, numbered through all services.
        replica: u32,
        /// Whether it is believed up now.
        is_up: bool,
    },
}
