//! The records of what is under way: attempts, calls and fan-outs, in slabs.

use std::ops::{Index, IndexMut};

use crate::engine::id::{CallId, TaskId};
use crate::kernel::slab::Id;
use crate::kernel::stream::Draw;
use crate::model::effect::Work;
use crate::reason::Reason;

/// One attempt at a service, and for a first attempt its call too: a separate [`Call`] is made only when something
/// goes wrong, or when there is a deadline. 64 bytes, one cache line.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Task {
    /// Key of the attempt.
    pub(in crate::engine) key: u64,
    /// When the caller sent it [ns].
    pub(in crate::engine) start: u64,
    /// When it was admitted at the service [ns].
    pub(in crate::engine) enqueued: u64,
    /// When it got its slot [ns].
    pub(in crate::engine) started: u64,
    /// While it runs, when it will be done [ns]; otherwise the demand left [ns].
    pub(in crate::engine) due: u64,
    /// Stamp of its live event; while calls are out its fan-out, or in a chain of single calls the one that is out.
    pub(in crate::engine) armed: u32,
    /// Who waits for it: see the owner bits of `flags`.
    pub(in crate::engine) owner: u32,
    /// In a queue the next task; in a replica its place among those inside; when free the next free task.
    pub(in crate::engine) link: u32,
    /// The replica; of a client's request with several calls, the instance.
    pub(in crate::engine) replica: u32,
    /// The call site.
    pub(in crate::engine) edge: u16,
    /// The service, which `next` may change.
    pub(in crate::engine) service: u16,
    /// Number of the attempt, from 1.
    pub(in crate::engine) attempt: u8,
    pub(in crate::engine) priority: u8,
    pub(in crate::engine) flags: u16,
}

impl Task {
    /// A record that nothing uses.
    pub(in crate::engine) const FREE: Self = Self {
        key: 0,
        start: 0,
        enqueued: 0,
        started: 0,
        due: 0,
        armed: 0,
        owner: 0,
        link: u32::MAX,
        replica: 0,
        edge: 0,
        service: 0,
        attempt: 0,
        priority: 0,
        flags: stage::FREE,
    };
}

impl Index<TaskId> for [Task] {
    type Output = Task;

    #[inline(always)]
    fn index(&self, t: TaskId) -> &Task {
        &self[t.index()]
    }
}

impl IndexMut<TaskId> for [Task] {
    #[inline(always)]
    fn index_mut(&mut self, t: TaskId) -> &mut Task {
        &mut self[t.index()]
    }
}

impl Index<TaskId> for Vec<Task> {
    type Output = Task;

    #[inline(always)]
    fn index(&self, t: TaskId) -> &Task {
        &self[t.index()]
    }
}

impl IndexMut<TaskId> for Vec<Task> {
    #[inline(always)]
    fn index_mut(&mut self, t: TaskId) -> &mut Task {
        &mut self[t.index()]
    }
}

const _: () = assert!(size_of::<Task>() == 64, "a task is one cache line");

/// Stage of a task: three bits of its flags.
pub(in crate::engine) mod stage {
    pub(in crate::engine) const MASK: u16 = 7;
    /// On the way to the replica.
    pub(in crate::engine) const THERE: u16 = 0;
    pub(in crate::engine) const WAITING: u16 = 1;
    pub(in crate::engine) const RUNNING: u16 = 2;
    /// In a slot of a replica that does not work now.
    pub(in crate::engine) const FROZEN: u16 = 3;
    /// Its own work is done, its calls are out.
    pub(in crate::engine) const CALLING: u16 = 4;
    /// Done; the answer is on the way.
    pub(in crate::engine) const BACK: u16 = 5;
    /// Nowhere: nobody will answer.
    pub(in crate::engine) const LOST: u16 = 6;
    /// The record is free.
    pub(in crate::engine) const FREE: u16 = 7;
}

/// Other bits of a task's flags.
pub(in crate::engine) mod flag {
    /// Belongs to a measured request.
    pub(in crate::engine) const MEASURED: u16 = 1 << 3;
    /// Nobody waits for it any more.
    pub(in crate::engine) const ORPHAN: u16 = 1 << 4;
    /// Is a retry or a copy, or was made for one.
    pub(in crate::engine) const REPEAT: u16 = 1 << 5;
    /// Its decider counts it among what it has sent.
    pub(in crate::engine) const COUNTED: u16 = 1 << 6;
    /// Will be answered with an error.
    pub(in crate::engine) const ERROR: u16 = 1 << 7;
    /// Belongs to an invalid operation.
    pub(in crate::engine) const INVALID: u16 = 1 << 8;
    /// Was interrupted: what is left of its work stands in `due`.
    pub(in crate::engine) const RESUMED: u16 = 1 << 9;
    /// Its calls are done but its replica does not work.
    pub(in crate::engine) const READY: u16 = 1 << 10;
    /// Its service ended; `due` - `started` is its time in a slot.
    pub(in crate::engine) const SERVED: u16 = 1 << 11;
    /// The owner is a task that waits for its calls.
    pub(in crate::engine) const OF_TASK: u16 = 1 << 12;
    /// The owner is a call record. Neither bit: a client, and `owner` is the instance or user.
    pub(in crate::engine) const OF_CALL: u16 = 1 << 13;
    /// A client's request with several calls, not an attempt.
    pub(in crate::engine) const REQUEST: u16 = 1 << 14;
    /// Its error is that of a call of its own.
    pub(in crate::engine) const RELAYED: u16 = 1 << 15;
    /// Which kind of owner it has. Both bits, at a call: a receive of messages.
    pub(in crate::engine) const OWNER: u16 = OF_TASK | OF_CALL;
}

/// A call of which an attempt failed, or that has a deadline.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Call {
    pub(in crate::engine) key: u64,
    pub(in crate::engine) start: u64,
    /// When it must have ended [ns]; the end of the clock without a deadline.
    pub(in crate::engine) deadline: u64,
    /// The last wait before a retry [ns].
    pub(in crate::engine) waited: u64,
    /// All of them [ns].
    pub(in crate::engine) rested: u64,
    /// The attempt under way, or none.
    pub(in crate::engine) task: TaskId,
    pub(in crate::engine) owner: u32,
    /// Stamp of the live retry timer.
    pub(in crate::engine) armed: u32,
    pub(in crate::engine) edge: u16,
    /// Owner, measured and invalid bits as in a task.
    pub(in crate::engine) flags: u16,
    /// Attempts made.
    pub(in crate::engine) attempts: u8,
    /// Of them, or of its tries where it is guarded, those before its waits began anew.
    pub(in crate::engine) reset: u8,
    pub(in crate::engine) priority: u8,
    pub(in crate::engine) is_live: bool,
    pub(in crate::engine) last: Option<Reason>,
    /// The work that it asks for.
    pub(in crate::engine) origin: Origin,
    /// Replicas tried, numbered within the service.
    pub(in crate::engine) tried: Vec<u32>,
}

impl Call {
    /// Flags of the attempt that is the last of those counted.
    pub(in crate::engine) fn flags_of_attempt(&self) -> u16 {
        let repeats = if self.attempts > 1 { flag::REPEAT } else { 0 };
        self.flags & !flag::OWNER | flag::OF_CALL | repeats
    }
}

/// The calls of one task.
#[derive(Debug, Clone)]
pub(in crate::engine) struct FanOut {
    pub(in crate::engine) step: u16,
    /// Entries of this step not yet decided.
    pub(in crate::engine) open: u16,
    pub(in crate::engine) branch: Draw,
    pub(in crate::engine) entries: Vec<Entry>,
    pub(in crate::engine) children: Vec<Child>,
}

/// One entry of a step while its calls are out.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Entry {
    /// Good answers still needed.
    pub(in crate::engine) needed: u32,
    /// Copies still out.
    pub(in crate::engine) out: u32,
    pub(in crate::engine) is_open: bool,
}

/// A call that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Child {
    pub(in crate::engine) of: Caller,
    pub(in crate::engine) entry: u16,
}

/// The record of a call that is out: its first attempt, or its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Caller {
    Task(TaskId),
    Call(CallId),
}

impl Caller {
    const CALL: u32 = 1 << 31;

    /// The only call of a task that makes one at a time, as it stands in `armed`.
    pub(in crate::engine) fn pack(self) -> u32 {
        match self {
            Self::Task(t) => t.number(),
            Self::Call(c) => c.number() | Self::CALL,
        }
    }

    /// What [`Caller::pack`] packed; `None` where no call is out.
    pub(in crate::engine) fn unpack(packed: u32) -> Option<Self> {
        match packed {
            u32::MAX => None,
            task if task & Self::CALL == 0 => Some(Self::Task(TaskId::of(task))),
            call => Some(Self::Call(CallId::of(call & !Self::CALL))),
        }
    }
}

/// The work that an attempt is a try of, and who asked for it in the end.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Origin {
    pub(in crate::engine) work: Work,
    pub(in crate::engine) client: u32,
}

impl Origin {
    /// What a client's request asks for.
    #[inline(always)]
    pub(in crate::engine) const fn request(client: u32, key: u64) -> Self {
        Self { work: Work { request: key, path: 0 }, client }
    }

    /// What is asked for at a call site on the way there.
    pub(in crate::engine) fn child(self, site: u32, copy: u32) -> Self {
        Self { work: self.work.child(site, copy), ..self }
    }
}

/// The answer to a call of a waiting task.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Settled {
    /// The task that waits, and its key: it may be gone when this is read.
    pub(in crate::engine) task: TaskId,
    pub(in crate::engine) key: u64,
    /// The record of the call; none when it failed before it had one, and then `entry` says which call it was.
    pub(in crate::engine) of: Option<Caller>,
    pub(in crate::engine) entry: u16,
    /// The call site.
    pub(in crate::engine) edge: u16,
    pub(in crate::engine) outcome: Outcome,
}

/// How an attempt or call ended: well, or not.
pub(in crate::engine) type Outcome = Result<(), Reason>;
