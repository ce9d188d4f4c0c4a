//! What a run writes down while it goes.

pub(super) mod collapse;
pub(super) mod metrics;
pub(super) mod span;
pub(super) mod window;
