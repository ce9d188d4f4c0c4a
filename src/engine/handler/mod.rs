//! What happens at each event, by subject.

pub(super) mod arrival;
pub(super) mod attempt;
pub(super) mod breaker;
pub(super) mod call;
pub(super) mod check;
pub(super) mod crash;
pub(super) mod door;
pub(super) mod effect;
pub(super) mod fault;
pub(super) mod feedback;
pub(super) mod frame;
pub(super) mod guard;
pub(super) mod hedge;
pub(super) mod host;
pub(super) mod mark;
pub(super) mod monitor;
pub(super) mod order;
pub(super) mod outlier;
pub(super) mod plain;
pub(super) mod queue;
pub(super) mod record;
pub(super) mod recovery;
pub(super) mod slots;
pub(super) mod work;
