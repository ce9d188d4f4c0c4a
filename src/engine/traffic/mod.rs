//! What is under way: requests, their calls, attempts and what guards them.

pub(super) mod attempt;
pub(super) mod attended;
pub(super) mod breaker;
pub(super) mod bulkhead;
pub(super) mod call;
pub(super) mod direct;
pub(super) mod fan_out;
pub(super) mod first_attempt;
pub(super) mod guard;
pub(super) mod guarded_call;
pub(super) mod hedge;
pub(super) mod idempotency;
pub(super) mod path;
pub(super) mod request;
pub(super) mod store;
pub(super) mod task;
