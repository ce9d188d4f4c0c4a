//! All running state, in index-addressed vectors: a clone of it continues identically.

use std::collections::VecDeque;

use crate::engine::event::Rare;
use crate::engine::knowledge::view::{Decider, ServiceViews};
use crate::engine::plan::{Plan, Way};
use crate::engine::record::metrics::{ClientBook, Gauge, ServiceBook};
use crate::engine::traffic::path::Path;
use crate::engine::traffic::task::{Call, Caller, Frame, Outcome, Task};
use crate::kernel::calendar::{Calendar, Handle};
use crate::kernel::distribution::Distribution;
use crate::kernel::slab::Slab;
use crate::kernel::stream::Stream;
use crate::measure::{Incident, UpTime};
use crate::model::recovery::CrewState;
use crate::model::recovery::run::PlanRun;
use crate::model::workload::ArrivalSource;
use crate::units::SimTime;

/// No task, no call, no frame.
pub(super) const NONE: u32 = u32::MAX;

/// Everything that changes in a run.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about the run, and all may be true at once"
)]
pub(super) struct World {
    pub(super) calendar: Calendar<Rare>,
    /// Records numbered below this have frequent events; see [`World::plan_about`](crate::engine::event).
    pub(super) numbers: u32,
    pub(super) tasks: Vec<Task>,
    pub(super) free_task: u32,
    /// For each task that waits, the one before it; kept only where jobs leave queues out of turn.
    pub(super) before: Vec<u32>,
    pub(super) leaves_queues: bool,
    /// The replica that was picked last, numbered within its service.
    pub(super) last_picked: u32,
    /// Incidents of the network that last, in the order in which they began.
    pub(super) links: Vec<u32>,
    /// Whether the last message of a task was lost; of those that lost one or came after.
    pub(super) silenced: Vec<bool>,
    /// Messages that tell a callee to stop: task and its key.
    pub(super) notices: Slab<(u32, u64)>,
    /// Keys of the requests under way, while somebody listens.
    pub(super) request_keys: Slab<u64>,
    pub(super) calls: Vec<Call>,
    pub(super) free_calls: Vec<u32>,
    /// What deciders remember of guarded call sites, by call site and decider.
    pub(super) guards: Vec<Vec<crate::engine::traffic::guard::Guard>>,
    /// What more there is about guarded calls, by the number of the call.
    pub(super) guarded: Vec<crate::engine::traffic::guard::GuardedCall>,
    /// What the breaker gave for each attempt that stands for a guarded call, where there is one.
    pub(super) passes: Vec<crate::model::resilience::breaker::Pass>,
    pub(super) frames: Vec<Frame>,
    pub(super) free_frames: Vec<u32>,
    pub(super) clients: Vec<Client>,
    pub(super) services: Vec<Service>,
    pub(super) replicas: Vec<Replica>,
    /// Where replicas are, and the seats of fleets that change.
    pub(super) seats: crate::engine::replica::seat::Seats,
    pub(super) conditions: Vec<Condition>,
    /// Replicas of each service that err or add time now, those that are about to lose a slot in use, and those that
    /// drain or are waited for to have nothing to do: counted for each.
    pub(super) odd: Vec<u32>,
    /// Lists of the priorities of each replica's or service's queue, where it has several.
    pub(super) levels: Vec<Vec<(u32, u32)>>,
    pub(super) sharing: Vec<crate::engine::replica::processor_sharing::Sharing>,
    /// What each replica knows of whom it lets in, or the service for a shared queue: then it stands at the first.
    pub(super) doors: Vec<crate::engine::replica::admission::Door>,
    /// Policies of the queues that are asked for each job, of replicas and then of services.
    pub(super) orders: Vec<crate::engine::replica::discipline::Order>,
    pub(super) views: Vec<ServiceViews>,
    pub(super) deciders: Vec<Vec<Decider>>,
    /// The decider of each task, at services that have several.
    pub(super) task_decider: Vec<u16>,
    /// The session of each task, where any service needs it.
    pub(super) task_session: Vec<u64>,
    /// The work of each task, where any service has effects.
    pub(super) jobs: Vec<crate::engine::traffic::idempotency::Job>,
    pub(super) ledger: crate::model::effect::Ledger,
    /// What each replica measures of itself, where any service needs it.
    pub(super) meters: Vec<crate::engine::replica::load_report::Meter>,
    /// Probes on their way.
    pub(super) probes: Slab<crate::engine::knowledge::feedback::Probing>,
    pub(super) processes: Vec<FaultProcess>,
    pub(super) active: Slab<ActiveIncident>,
    pub(super) crews: Vec<CrewState>,
    pub(super) parts: Parts,
    pub(super) checks: Vec<crate::engine::knowledge::health_check::Check>,
    pub(super) monitors: crate::engine::incident::monitor::Monitors,
    /// The checks of each replica.
    pub(super) check_places: Vec<Vec<u32>>,
    /// Client and number of every closed-loop user.
    pub(super) user_places: Vec<(u32, u32)>,
    pub(super) windows: crate::engine::record::window::Windows,
    pub(super) watch: crate::engine::record::collapse::Watch,
    /// Whether somebody listens, and what is to be told at the next occasion: who decides does not know of listeners.
    pub(super) listens: bool,
    pub(super) untold: Vec<crate::engine::observer::Note>,
    /// Answers to tasks that wait for their calls, in the order in which they came.
    pub(super) settled: VecDeque<Settled>,
    pub(super) scratch: Vec<u32>,
    /// Replicas that a retry leaves alone to stay with its own.
    pub(super) others: Vec<u32>,
    /// Whether what arrives now is measured.
    pub(super) is_measuring: bool,
    /// Whether the horizon has passed.
    pub(super) is_draining: bool,
    pub(super) is_over: bool,
    /// Events that may still be handled before the budget is looked at; none when the run is over.
    pub(super) left: u64,
    /// Of them, those that the end of the run saved.
    pub(super) unused: u64,
    /// Measured requests under way, and their attempts under way that nobody waits for.
    pub(super) remaining: u64,
    /// Requests that failed so far.
    pub(super) failed: u64,
    /// Those that had failed when the measured part ended.
    pub(super) failed_measured: Option<u64>,
    pub(super) incidents: Vec<Incident>,
    pub(super) incidents_dropped: u64,
    pub(super) workload: u64,
    pub(super) error: Option<crate::engine::RunError>,
    pub(super) events: u64,
}

/// The answer to a call of a waiting task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// The task that waits, and its key: it may be gone when this is read.
    pub(super) task: u32,
    pub(super) key: u64,
    /// The record of the call; none when it failed before it had one, and then `entry` says which call it was.
    pub(super) of: Option<Caller>,
    pub(super) entry: u16,
    /// The call site.
    pub(super) edge: u16,
    pub(super) outcome: Outcome,
}

/// A client while it runs.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) source: Option<ArrivalSource>,
    /// Mean time between arrivals of a plain Poisson process \[s\]; 0 for all others.
    pub(super) gap: f64,
    pub(super) stream: Stream,
    /// The only call of a request, or none where there are several or it is not always made.
    pub(super) only_edge: u32,
    /// What sending that call needs, where it has neither deadline nor guard.
    pub(super) way: Option<Way>,
    pub(super) priority: u8,
    /// Whether requests come whatever became of the last one.
    pub(super) is_open: bool,
    /// Place of its first user among all.
    pub(super) first_user: u32,
    pub(super) has_invalid: bool,
    /// What names its sessions, and how many there are; none when each request or user is one.
    pub(super) session_key: u64,
    pub(super) sessions: u32,
    pub(super) invalid: f64,
    pub(super) good_within: u64,
    pub(super) turn: u32,
    pub(super) instances: u32,
    pub(super) under_way: Gauge,
    pub(super) steps: crate::engine::record::collapse::Steps,
    pub(super) zones: Vec<u32>,
    pub(super) users: Vec<User>,
    pub(super) book: ClientBook,
    pub(super) digest: u64,
}

/// A closed-loop user.
#[derive(Debug, Clone, Copy)]
pub(super) struct User {
    pub(super) key: u64,
    pub(super) requests: u64,
}

/// A service while it runs.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is worked out once so that the hot path need not look it up"
)]
pub(super) struct Service {
    pub(super) demand: Distribution,
    /// A queue for each replica, and nothing but slots and demand: see the handlers of plain work.
    pub(super) is_plain: bool,
    /// Whether its policy is not asked where there is no choice.
    pub(super) skips_policy: bool,
    /// Has calls, or passes on.
    pub(super) goes_on: bool,
    /// What is sent to it and answered is under way for a while.
    pub(super) is_posted: bool,
    /// Whether the calls of none of its callers are guarded.
    pub(super) is_quiet: bool,
    /// Whether jobs wait in the order in which they came, and none leaves out of turn.
    pub(super) is_in_turn: bool,
    /// That, and besides nothing is under way, has effects, or is heard of by deciders.
    pub(super) is_simple: bool,
    /// Who handles its attempts at this time.
    pub(super) path: Path,
    /// Whether nothing follows the end of service now but the answer, of which only the caller learns.
    pub(super) ends_directly: bool,
    /// The first call site, where all that follows is one call after the other and none has a deadline.
    pub(super) first_call: u32,
    /// Whether slots are held while calls are out; a shared processor has none to hold.
    pub(super) holds_slot: bool,
    /// The only replica that may be chosen, numbered within the service; none where there are several.
    pub(super) only: u32,
    /// Errors, slowness that adds, or anything else drawn at the start of service.
    pub(super) is_special: bool,
    /// Whether that is so without any fault.
    pub(super) is_always_special: bool,
    pub(super) is_shared_queue: bool,
    pub(super) is_sharing: bool,
    pub(super) counts_own: bool,
    pub(super) counts_load: bool,
    /// Whether deciders count what they have out, because they read it or because they hear how it ends.
    pub(super) tracks: bool,
    /// Whether deciders hear how attempts end.
    pub(super) hears: bool,
    /// Whether deciders look for outliers and eject them, and whether it matters to that what they send.
    pub(super) ejects: bool,
    pub(super) hears_picks: bool,
    /// Whether failed attempts count as failed checks.
    pub(super) observes: bool,
    /// Whether a monitor asks what becomes of attempts.
    pub(super) is_watched: bool,
    /// Whether replicas measure themselves.
    pub(super) is_metered: bool,
    /// Whether the session of an attempt matters.
    pub(super) reads_session: bool,
    pub(super) sends_probes: bool,
    pub(super) has_patience: bool,
    pub(super) several_deciders: bool,
    /// Looks up each attempt's idempotency key.
    pub(super) keeps_keys: bool,
    /// Its replicas refuse what is too much.
    pub(super) has_door: bool,
    /// Copies of attempts here stop one another.
    pub(super) is_tied: bool,
    pub(super) number: u16,
    /// Slots of each replica to which nothing has happened.
    pub(super) slots: u32,
    /// The longest queue of the measured part, once that has ended.
    pub(super) queue_max: u32,
    pub(super) discipline: crate::model::queue::Discipline,
    pub(super) capacity: u32,
    pub(super) turn: u32,
    pub(super) first: u32,
    pub(super) queue: Queue,
    /// Attempts in each replica, where a policy reads them.
    pub(super) load: Vec<u32>,
    /// Replicas with a free slot that work, rising; where the queue is shared.
    pub(super) free: Vec<u32>,
    pub(super) up: u32,
    pub(super) book: ServiceBook,
}

impl Service {
    /// Notes whether anything is special about the service's work now.
    pub(super) fn set_special(&mut self, is_special: bool) {
        self.is_special = is_special || self.is_always_special;
        self.path = match self.is_plain && !self.is_special {
            false => Path::General,
            true if self.is_simple => Path::Direct,
            true => Path::Attended,
        };
        self.ends_directly = self.answers_directly() && !self.goes_on;
    }

    /// Whether an attempt's answer is with its caller now as soon as it is given, and nobody else learns of it.
    #[inline(always)]
    pub(super) fn answers_directly(&self) -> bool {
        self.path == Path::Direct && self.is_quiet
    }
}

/// Jobs that wait in one place: a list through `Task::link`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queue {
    pub(super) head: u32,
    pub(super) tail: u32,
    /// Jobs that wait.
    pub(super) waiting: u32,
}

impl Queue {
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE, waiting: 0 };
}

/// A replica while it runs.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they share a word of a record that many handlers read")]
pub(super) struct Replica {
    pub(super) queue: Queue,
    /// Tasks in slots, and those that wait for calls with their slot released.
    pub(super) inside: Vec<u32>,
    /// Time in service for a second of demand.
    pub(super) pace: f64,
    /// Slots that it has now.
    pub(super) slots: u32,
    /// Those of them that go as soon as they are free.
    pub(super) owed: u32,
    pub(super) busy: u32,
    pub(super) service: u16,
    /// Whether it works: not crashed, not hanging, not starting.
    pub(super) works: bool,
    /// Whether it takes new attempts: it works and does not drain.
    pub(super) takes: bool,
    pub(super) is_crashed: bool,
    /// Has processes whose clock runs only while it is busy.
    pub(super) has_busy_clock: bool,
}

/// What faults do to a replica now.
#[derive(Debug, Clone, Default)]
pub(super) struct Condition {
    /// Active incidents in the order in which they began.
    pub(super) incidents: Vec<u32>,
    pub(super) error_share: f64,
    pub(super) has_added: bool,
    /// When its last crash was over, if one is, and its service ramps up after that [ns].
    pub(super) restarted: Option<u64>,
    /// When it has its next slot.
    pub(super) ramp: Option<Handle>,
}

impl Condition {
    /// Whether the replica errs or adds time.
    pub(super) fn is_odd(&self) -> bool {
        self.error_share > 0.0 || self.has_added
    }
}

/// A fault process while it runs.
#[derive(Debug, Clone)]
pub(super) struct FaultProcess {
    pub(super) key: u64,
    /// The next of its given occurrences.
    pub(super) occurrence: usize,
    pub(super) handle: Option<Handle>,
    /// When it strikes, while its clock runs; when it stopped, the time left [ns].
    pub(super) due: SimTime,
    pub(super) left: Option<u64>,
    pub(super) incidents: u32,
    pub(super) is_active: bool,
}

/// A fault that lasts.
#[derive(Debug, Clone)]
pub(super) struct ActiveIncident {
    pub(super) process: u32,
    pub(super) key: u64,
    pub(super) start: SimTime,
    pub(super) detected: Option<SimTime>,
    pub(super) run: Option<PlanRun>,
    pub(super) handles: Vec<Option<Handle>>,
    /// The planned detection.
    pub(super) detection: Option<Handle>,
    /// When its plan starts again, if it failed.
    pub(super) again: Option<Handle>,
    /// Its end, where that is given.
    pub(super) end: Option<Handle>,
    /// Its place among the incidents, or none.
    pub(super) record: u32,
    pub(super) is_live: bool,
    pub(super) is_measured: bool,
}

impl ActiveIncident {
    /// One that begins now, and of which nobody knows yet.
    pub(super) fn begun(
        (process, key): (u32, u64),
        start: SimTime,
        (record, is_measured): (u32, bool),
    ) -> Self {
        Self {
            process,
            key,
            start,
            detected: None,
            run: None,
            handles: Vec::new(),
            detection: None,
            again: None,
            end: None,
            record,
            is_live: true,
            is_measured,
        }
    }
}

/// Whether parts are up, and for how long they were.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) replicas: Vec<Part>,
    pub(super) zones: Vec<Part>,
    pub(super) regions: Vec<Part>,
    pub(super) services: Vec<Part>,
    pub(super) blocks: Vec<Part>,
    pub(super) faults: Vec<UpTime>,
    pub(super) first_outage: Option<SimTime>,
}

/// A part that is up or down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Causes that hold it down, or for a block, members that are up.
    pub(super) count: u32,
    pub(super) is_up: bool,
    pub(super) since: SimTime,
    pub(super) time: PartTime,
    pub(super) record: u32,
}

/// Up and down time of one part: an [`UpTime`] holds the sums of many.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PartTime {
    /// Time up, and time down [ns].
    up: u64,
    down: u64,
    incidents: u64,
    ended: u64,
}

impl PartTime {
    /// Adds the share of a stretch that lies in the measured part.
    fn add(&mut self, is_up: bool, from: SimTime, to: SimTime, plan: &Plan) {
        let inside = to.min(plan.span.horizon).since(from.max(plan.span.transient)).as_nanos();
        if is_up {
            self.up += inside;
        } else {
            self.down += inside;
        }
    }
}

impl Part {
    pub(super) const fn new(count: u32) -> Self {
        Self {
            count,
            is_up: true,
            since: SimTime::ZERO,
            time: PartTime { up: 0, down: 0, incidents: 0, ended: 0 },
            record: NONE,
        }
    }

    /// Notes a change at `now`; whether it was one.
    pub(super) fn set(&mut self, is_up: bool, now: SimTime, plan: &Plan) -> bool {
        if self.is_up == is_up {
            return false;
        }
        self.time.add(self.is_up, self.since, now, plan);
        self.since = now;
        self.is_up = is_up;
        if now >= plan.span.transient && now < plan.span.horizon {
            self.time.incidents += u64::from(!is_up);
            self.time.ended += u64::from(is_up);
        }
        true
    }

    /// Its time ends at `now`, and goes on with its next change.
    pub(super) fn end(&mut self, now: SimTime, plan: &Plan) {
        self.time.add(self.is_up, self.since, now, plan);
        self.since = SimTime::NEVER;
    }

    /// Up and down time to `end`.
    pub(super) fn total(&self, plan: &Plan, end: SimTime) -> UpTime {
        let mut time = self.time;
        time.add(self.is_up, self.since, end, plan);
        let PartTime { up, down, incidents, ended } = time;
        UpTime { up: up.into(), down: down.into(), incidents, ended, undetected: 0, detected: 0 }
    }
}
