//! What is under way: requests, their calls, attempts and what guards them.

pub(super) mod attempt;
pub(super) mod attended;
pub(super) mod breaker;
pub(super) mod bulkhead;
pub(super) mod cache;
pub(super) mod call;
pub(super) mod client;
pub(super) mod corrupt;
pub(super) mod decider;
pub(super) mod direct;
pub(super) mod fan_out;
pub(super) mod first_attempt;
pub(super) mod gateway;
pub(super) mod guard;
pub(super) mod guarded_call;
pub(super) mod hedge;
pub(super) mod host_selection;
pub(super) mod idempotency;
pub(super) mod invocation;
pub(super) mod key_store;
pub(super) mod pass_on;
pub(super) mod request;
mod resolve;
pub(super) mod session;
pub(super) mod setup;
pub(super) mod silence;
pub(super) mod store;
pub(super) mod trace;
pub(super) mod transfer;
pub(super) mod version;

use std::collections::VecDeque;

use crate::engine::id::{CallId, FanOutId, TaskId};
use crate::engine::task::{Call, FanOut, Settled, Task};
use crate::engine::traffic::cache::{Caches, Looked};
use crate::engine::traffic::client::Client;
use crate::engine::traffic::guard::{Guard, GuardedCalls};
use crate::engine::traffic::idempotency::Job;
use crate::kernel::slab::Slab;
use crate::model::effect::Ledger;
use crate::model::resilience::breaker::Pass;

/// Requests, calls and attempts under way, and who makes them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Traffic {
    pub(in crate::engine) tasks: Vec<Task>,
    free_task: TaskId,
    /// For each task that waits, the one before it; kept only where jobs leave queues out of turn.
    pub(in crate::engine) before: Vec<TaskId>,
    leaves_queues: bool,
    /// The replica that was picked last, numbered within its service.
    last_picked: u32,
    /// Whether the last message of a task was lost; of those that lost one or came after.
    pub(in crate::engine) silenced: Vec<bool>,
    /// Whether the good answer that a client gets just now is wrong.
    pub(in crate::engine) is_wrong_answer: bool,
    /// Messages that tell a callee to stop: task and its key.
    notices: Slab<(TaskId, u64)>,
    /// Keys of the requests under way, while somebody listens.
    request_keys: Slab<u64>,
    pub(in crate::engine) calls: Slab<Call, CallId>,
    /// What deciders remember of guarded call sites, by call site and decider.
    guards: Vec<Vec<Guard>>,
    guarded: GuardedCalls,
    /// What the breaker gave for each attempt that stands for a guarded call, where there is one.
    passes: Vec<Pass>,
    fan_outs: Slab<FanOut, FanOutId>,
    pub(in crate::engine) clients: Vec<Client>,
    /// The decider of each task, at services that have several.
    task_decider: Vec<u16>,
    /// Between which zones the messages of each task go, where it is paid for what they move.
    ways: Vec<transfer::Ways>,
    /// The session of each task, where any service needs it.
    pub(in crate::engine) task_session: Vec<u64>,
    /// Whether each task goes to the queue of its service, or waits there, at services that buffer at times.
    buffered: Vec<bool>,
    /// The version of a function that each task got, where any has versions.
    pub(in crate::engine) task_version: Vec<u8>,
    /// What the request of each task brings along, where any service is many functions; and that of the requests under
    /// way while somebody listens, by the places of their keys.
    task_call: Vec<u32>,
    request_calls: Vec<u32>,
    /// The session of each receive of messages, where any service needs it.
    pub(in crate::engine) event_sessions: Vec<u64>,
    /// The work of each task, where any service has effects.
    jobs: Vec<Job>,
    ledger: Ledger,
    /// The caches of each service, where any has one, what each task has to do with them, and what that will be of the
    /// attempt that is about to be sent.
    pub(in crate::engine) caches: Vec<Option<Box<Caches>>>,
    looked: Vec<Looked>,
    fetching: Looked,
    /// Client and number of every closed-loop user.
    pub(in crate::engine) user_places: Vec<(u32, u32)>,
    /// Answers to tasks that wait for their calls, in the order in which they came.
    pub(in crate::engine) settled: VecDeque<Settled>,
    pub(in crate::engine) scratch: Vec<u32>,
    /// Replicas that a retry leaves alone to stay with its own.
    others: Vec<u32>,
    /// Measured requests under way, and their attempts under way that nobody waits for.
    pub(in crate::engine) remaining: u64,
}
