//! Who serves: services, their replicas and seats, queues and slots.

pub(super) mod admission;
pub(super) mod condition;
pub(super) mod crash;
pub(super) mod discipline;
pub(super) mod life;
pub(super) mod load_report;
pub(super) mod processor_sharing;
pub(super) mod queue;
pub(super) mod scaling;
pub(super) mod seat;
pub(super) mod slots;
pub(super) mod work;
