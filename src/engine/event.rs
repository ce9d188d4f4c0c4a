//! What the calendar of a run holds: frequent events, which fit into its keys, and rare ones, which stand in its table.
//!
//! A frequent event is about one record: its kind and the record's number share the 26 bits of a payload. Whether it is
//! stale is told by its stamp, which the record remembers.

use crate::engine::RunError;
use crate::engine::id::{CallId, IncidentId, TaskId};
use crate::engine::plan::Plan;
use crate::kernel::calendar::{Calendar, Key, PAYLOAD_BITS, Rank};
use crate::model::monitoring::Found;
use crate::units::SimTime;

/// Bits of a record's number in a payload.
const NUMBER_BITS: u32 = PAYLOAD_BITS - 3;
/// How many numbers a payload can hold: most attempts under way at once, and of all other records those that cost least.
pub(super) const NUMBERS: u32 = 1 << NUMBER_BITS;

/// Kinds of frequent events: the top bits of a payload.
pub(super) mod kind {
    pub(in crate::engine) const DEPARTURE: u32 = 0;
    pub(in crate::engine) const DELIVERY: u32 = 1;
    pub(in crate::engine) const ANSWER: u32 = 2;
    /// A call's timer; the payload is the call.
    pub(in crate::engine) const RETRY: u32 = 3;
    /// A closed client's user is done thinking; the payload is the user.
    pub(in crate::engine) const USER: u32 = 4;
    /// A callee hears that nobody waits; the payload is the message.
    pub(in crate::engine) const CANCEL: u32 = 5;
    /// A shared processor finishes a job; the payload is the replica.
    pub(in crate::engine) const SHARED: u32 = 6;
    /// A task's patience ends.
    pub(in crate::engine) const LIMIT: u32 = 7;

    /// The payload of an event of a kind about a task; no other record's number is sure to fit.
    #[inline]
    pub(in crate::engine) const fn of(kind: u32, task: u32) -> u32 {
        kind << super::NUMBER_BITS | task & (super::NUMBERS - 1)
    }
}

/// The kind of a frequent event.
#[inline(always)]
pub(super) fn kind_of(key: Key) -> u32 {
    key.payload() >> NUMBER_BITS
}

/// The record that a frequent event is about.
#[inline(always)]
pub(super) fn number_of(key: Key) -> u32 {
    key.payload() & (NUMBERS - 1)
}

/// A rare event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rare {
    /// The measured part begins.
    Transient,
    /// The measured part ends.
    Horizon,
    /// The drain is over.
    Stop,
    /// An availability window ends, or a row of the timeline.
    Window,
    /// A fault process strikes.
    Fault(u32),
    /// An incident is detected.
    Detected(IncidentId),
    /// An operation of an incident's plan is over.
    Operation(IncidentId, u32),
    /// An incident's plan starts again.
    Again(IncidentId),
    /// A replica that has restarted has its next slot.
    Ramp(u32),
    /// The effect of an incident that lasts goes away or comes back.
    Flap(IncidentId),
    /// An incident of given length ends.
    Ended(IncidentId),
    /// A health check is sent.
    Check(u32),
    /// Failed attempts count as a failed check.
    Observed(u32),
    /// A health check's result is known.
    Checked(u32, Found),
    /// A checker looks at a record of a name.
    RecordCheck(u32),
    /// What a checker has found is known.
    RecordChecked(u32, Found),
    /// A leak grows by a step.
    Leak(IncidentId),
    /// A health check that waits for its turn is at its replica.
    CheckArrives(u32),
    /// The liveness of a replica is probed: it, and what tells that from probes that were overtaken.
    Liveness(u32, u32),
    /// What a probe of the liveness of a replica has found is known.
    Lived(u32, u32, Found),
    /// A call's inherited deadline comes.
    Deadline(CallId),
    /// The replicas of a service report their load.
    Report(u32),
    /// A probe reaches its replica.
    Probe(u32),
    /// A copy got a slot: its attempt's record, to be compared with its key.
    Tied(TaskId, u64),
    /// A poisoned request has begun its service: its attempt's record, to be compared with its key.
    Poison(TaskId, u64),
    /// The outlier detection of a service's decider wants its turn.
    Outlier(u32, u32),
    /// A monitor looks at a unit.
    Look(u32),
    /// A period of a monitor's number ends.
    Period(u32),
    /// A monitor judges what is there.
    Judge(u32),
    /// Somebody hears of an alarm, or has decided: the name of that.
    Respond(u32),
    /// A controller looks at a part of a service's fleet.
    Decide(u32, u32),
    /// There may be room on a host again.
    Room,
    /// A part of a service's fleet that exchanges its replicas looks how far it is.
    Roll(u32, u32),
    /// What a deployment waits for has come.
    Deploy(u32),
    /// A bad release of a deployment begins to show: it, and which of its releases.
    Bad(u32, u32),
    /// A step ends in which fleets that change are compared with their work.
    Provision,
    /// What was planned for a seat has come: its boot is over, or the time that it may drain.
    Seat(u32),
    /// A replica that was slow after its start is warm: it, and its generation.
    Warm(u32, u32),
    /// What a takeover of a service with spares waits for has come: it, and the takeover.
    Takeover(u32, u32),
    /// A replica that took over is as fast as it can be: it, and how often it took over.
    SpareWarm(u32, u32),
    /// Deciders hear that a replica serves, or stands by.
    HeardRole(u32, bool),
    /// A replica may have nothing to do any more.
    Idle(u32),
    /// Deciders hear that a replica has joined or is leaving.
    Heard(u32, bool),
    /// A function may start an instance again.
    Token(u32),
    /// The time of an instance without work may be over: its seat, and how many sat there before.
    Expiry(u32, u32),
    /// A function starts an instance for a request that will come, a population some.
    Prewarm(u32),
    /// An instance of a population is ready for an attempt: its record, to be compared with its key.
    Begins(TaskId, u64),
    /// An instance of a population is ready for a call that will come: its service and its number.
    Ahead(u32, u32),
    /// An instance of a population may fail by itself: its service and its number.
    Fails(u32, u32),
    /// Instances of a population may have been idle for as long as they are kept.
    Rested(u32),
    /// A request at a function has taken as long as it may: its attempt's record, to be compared with its key.
    Kill(TaskId, u64),
    /// A queue is looked at: there may be messages, and somebody to take them.
    Queue(u32),
    /// A message becomes visible: its record, to be compared with its name.
    Message(u32, u64),
    /// Messages that were received from a queue may become visible again.
    Visible(u32),
    /// The oldest message of a queue may have expired.
    Retention(u32),
    /// An attempt has waited for the fetch of another for as long as it does: its record, to be compared with its key.
    CacheLock(TaskId, u64),
    /// A cache answers in place of the calls of an attempt: its record, to be compared with its key.
    CacheHit(TaskId, u64),
    /// The caches of a service learn of a write: it, and the write.
    Coherence(u32, u32),
    /// Something happens to what services keep.
    Data(DataEvent),
    /// A frequent event whose number no payload holds: its kind and number.
    Far(u32, u32),
}

/// A rare event about what services keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataEvent {
    /// It is time for a backup.
    Due(u32),
    /// A backup is complete, or has failed: it, and which of its backups.
    Made(u32, u32),
    /// A look at a backup has found it bad.
    FoundBad(u32, u32),
    /// What a service had lost is restored.
    Restored(u32),
    /// What an incident has destroyed without anybody noticing shows.
    Shows(IncidentId),
}

/// When things happen, and how far the run has come.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Clock {
    pub(in crate::engine) calendar: Calendar<Rare>,
    /// Records numbered below this have frequent events; see [`Clock::plan_about`](crate::engine::event).
    pub(in crate::engine) numbers: u32,
    /// Whether what arrives now is measured.
    pub(in crate::engine) is_measuring: bool,
    /// Whether the horizon has passed.
    pub(in crate::engine) is_draining: bool,
    pub(in crate::engine) is_over: bool,
    /// Events that may still be handled before the budget is looked at; none when the run is over.
    pub(in crate::engine) left: u64,
    /// Of them, those that the end of the run saved.
    pub(in crate::engine) unused: u64,
    pub(in crate::engine) error: Option<RunError>,
    pub(in crate::engine) events: u64,
}

impl Default for Clock {
    /// One for which nothing is planned.
    fn default() -> Self {
        Self {
            calendar: Calendar::new(&[]),
            numbers: NUMBERS,
            is_measuring: false,
            is_draining: false,
            is_over: false,
            left: 0,
            unused: 0,
            error: None,
            events: 0,
        }
    }
}

impl Clock {
    /// One with the lanes and posts of a plan, in which nothing is planned.
    pub(super) fn new(plan: &Plan) -> Self {
        Self { calendar: calendar(plan), ..Self::default() }
    }

    /// The run is over: no further event is handled.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
        self.unused += std::mem::take(&mut self.left);
    }

    /// Plans a frequent event about any record and returns its stamp. Records whose number no payload holds cost a place
    /// in the table of rare events, and happen in the same order as they would without.
    #[inline]
    pub(super) fn plan_about(&mut self, time: SimTime, rank: Rank, (kind, number): (u32, u32)) -> u32 {
        // What is due at the end of the clock never happens, and needs no place.
        if number < self.numbers || time == SimTime::NEVER {
            return self.calendar.plan(time, rank, kind::of(kind, number));
        }
        self.calendar.plan_rare(time, rank, Rare::Far(kind, number));
        self.calendar.last_stamp()
    }
}

/// A calendar with the lanes of a plan, and where messages travel for a constant time with a post for each of the times:
/// to the replicas and back.
fn calendar(plan: &Plan) -> Calendar<Rare> {
    let mut calendar = Calendar::new(&plan.lanes);
    for delay in plan.network.posts.iter().flat_map(|posts| &posts.delays) {
        calendar.add_post(*delay);
    }
    calendar
}
