//! What goes wrong, who finds it and how it is mended.

pub(super) mod fault;
pub(super) mod monitor;
pub(super) mod recovery;
