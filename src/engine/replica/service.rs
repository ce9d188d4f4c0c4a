//! A service and its replicas while they run.

use crate::engine::id::TaskId;
use crate::engine::plan::path::Path;
use crate::kernel::distribution::Distribution;
use crate::model::queue::Discipline;

/// A service while it runs.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is worked out once so that the hot path need not look it up"
)]
pub(in crate::engine) struct Service {
    pub(in crate::engine) demand: Distribution,
    /// A queue for each replica, and nothing but slots and demand: see the handlers of plain work.
    pub(in crate::engine) is_plain: bool,
    /// Whether its policy is not asked where there is no choice.
    pub(in crate::engine) skips_policy: bool,
    /// Has calls, or passes on.
    pub(in crate::engine) goes_on: bool,
    /// What is sent to it and answered is under way for a while.
    pub(in crate::engine) is_posted: bool,
    /// Whether the calls of none of its callers are guarded.
    pub(in crate::engine) is_quiet: bool,
    /// Whether jobs wait in the order in which they came, and none leaves out of turn.
    pub(in crate::engine) is_in_turn: bool,
    /// That, and besides nothing is under way, has effects, or is heard of by deciders.
    pub(in crate::engine) is_simple: bool,
    /// Who handles its attempts at this time.
    pub(in crate::engine) path: Path,
    /// Whether nothing follows the end of service now but the answer, of which only the caller learns.
    pub(in crate::engine) ends_directly: bool,
    /// The first call site, where all that follows is one call after the other and none has a deadline.
    pub(in crate::engine) first_call: u32,
    /// Whether slots are held while calls are out; a shared processor has none to hold.
    pub(in crate::engine) holds_slot: bool,
    /// The only replica that may be chosen, numbered within the service; none where there are several.
    pub(in crate::engine) only: u32,
    /// Errors, slowness that adds, or anything else drawn at the start of service.
    pub(in crate::engine) is_special: bool,
    /// Whether that is so without any fault.
    pub(in crate::engine) is_always_special: bool,
    /// Whether it has a queue of its own that all attempts pass, or some.
    pub(in crate::engine) has_service_queue: bool,
    /// Whether all pass it: its replicas have none.
    pub(in crate::engine) is_shared_queue: bool,
    /// Whether some do: those that are sent while it buffers, and to no replica.
    pub(in crate::engine) is_buffered: bool,
    pub(in crate::engine) is_sharing: bool,
    pub(in crate::engine) counts_own: bool,
    pub(in crate::engine) counts_load: bool,
    /// Whether deciders count what they have out, because they read it or because they hear how it ends.
    pub(in crate::engine) tracks: bool,
    /// Whether deciders hear how attempts end.
    pub(in crate::engine) hears: bool,
    /// Whether deciders look for outliers and eject them, and whether it matters to that what they send.
    pub(in crate::engine) ejects: bool,
    pub(in crate::engine) hears_picks: bool,
    /// Whether failed attempts count as failed checks.
    pub(in crate::engine) observes: bool,
    /// Whether a monitor asks what becomes of attempts.
    pub(in crate::engine) is_watched: bool,
    /// Whether replicas measure themselves.
    pub(in crate::engine) is_metered: bool,
    /// Whether controllers read what single replicas have.
    pub(in crate::engine) is_read: bool,
    /// Whether the session of an attempt matters.
    pub(in crate::engine) reads_session: bool,
    pub(in crate::engine) sends_probes: bool,
    pub(in crate::engine) has_patience: bool,
    /// It is a function, and an attempt there is nothing but its demand once it has a warm instance.
    pub(in crate::engine) is_pool: bool,
    /// Its instances come with the requests.
    pub(in crate::engine) is_function: bool,
    /// It is many functions.
    pub(in crate::engine) is_population: bool,
    /// The replica, numbered within the service, to which all attempts go at first because nobody chooses one for them;
    /// none where somebody does, as while a queue that buffers at times does not.
    pub(in crate::engine) door: u32,
    /// Whether it is a function that has a door in each of several regions, one of which is chosen for each attempt.
    pub(in crate::engine) has_regions: bool,
    pub(in crate::engine) several_deciders: bool,
    /// The queue to look at when its slots change; none where there is none.
    pub(in crate::engine) feeds: u32,
    /// The queue that it consumes; none where there is no such.
    pub(in crate::engine) takes_from: u32,
    /// Whether it gets messages of a queue.
    pub(in crate::engine) consumes: bool,
    /// Looks up each attempt's idempotency key, or takes in messages.
    pub(in crate::engine) keeps_keys: bool,
    /// Whether a copy of its data has a place.
    pub(in crate::engine) is_replicated: bool,
    /// Its replicas refuse what is too much.
    pub(in crate::engine) has_admission: bool,
    /// Copies of attempts here stop one another.
    pub(in crate::engine) is_tied: bool,
    pub(in crate::engine) number: u16,
    /// Slots of each replica to which nothing has happened.
    pub(in crate::engine) slots: u32,
    pub(in crate::engine) discipline: Discipline,
    pub(in crate::engine) capacity: u32,
    pub(in crate::engine) turn: u32,
    pub(in crate::engine) first: u32,
    pub(in crate::engine) queue: Queue,
    /// Attempts in each replica, where a policy reads them.
    pub(in crate::engine) load: Vec<u32>,
    /// Replicas with a free slot that work, rising; where it has a queue of its own.
    pub(in crate::engine) free: Vec<u32>,
    pub(in crate::engine) up: u32,
}

impl Service {
    /// Whether attempts get instances that come with them.
    pub(in crate::engine) const fn has_instances(&self) -> bool {
        self.is_function || self.is_population
    }

    /// Notes whether anything is special about the service's work now.
    pub(in crate::engine) fn set_special(&mut self, is_special: bool) {
        self.is_special = is_special || self.is_always_special;
        if self.is_pool {
            self.path = if is_special { Path::General } else { Path::Pooled };
            return;
        }
        self.path = match self.is_plain && !self.is_special {
            false => Path::General,
            true if self.is_simple => Path::Direct,
            true => Path::Attended,
        };
        self.ends_directly = self.answers_directly() && !self.goes_on;
    }

    /// Whether an attempt's answer is with its caller now as soon as it is given, and nobody else learns of it.
    #[inline(always)]
    pub(in crate::engine) fn answers_directly(&self) -> bool {
        self.path == Path::Direct && self.is_quiet
    }
}

/// Jobs that wait in one place: a list through `Task::link`.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Queue {
    pub(in crate::engine) head: TaskId,
    pub(in crate::engine) tail: TaskId,
    /// Jobs that wait.
    pub(in crate::engine) waiting: u32,
}

impl Queue {
    pub(in crate::engine) const EMPTY: Self = Self { head: TaskId::NONE, tail: TaskId::NONE, waiting: 0 };
}

/// A replica while it runs.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they share a word of a record that many handlers read")]
pub(in crate::engine) struct Replica {
    pub(in crate::engine) queue: Queue,
    /// Tasks in slots, and those that wait for calls with their slot released.
    pub(in crate::engine) inside: Vec<TaskId>,
    /// Time in service for a second of demand.
    pub(in crate::engine) pace: f64,
    /// Slots that it has now.
    pub(in crate::engine) slots: u32,
    /// Those of them that go as soon as they are free.
    pub(in crate::engine) owed: u32,
    pub(in crate::engine) busy: u32,
    pub(in crate::engine) service: u16,
    /// Whether it works: not crashed, not hanging, not starting.
    pub(in crate::engine) works: bool,
    /// Whether it takes new attempts: it works and does not drain.
    pub(in crate::engine) takes: bool,
    pub(in crate::engine) is_crashed: bool,
    /// Has processes whose clock runs only while it is busy.
    pub(in crate::engine) has_busy_clock: bool,
    /// Whether the clock of any runs as fast as slots are in use.
    pub(in crate::engine) has_load_clock: bool,
}
