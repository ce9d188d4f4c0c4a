//! What deciders believe of a fleet, how they learn it, and whom they choose.

pub(super) mod choice;
pub(super) mod decider;
pub(super) mod feedback;
pub(super) mod health_check;
pub(super) mod host_selection;
pub(super) mod outlier;
pub(super) mod pick;
pub(super) mod subset;
pub(super) mod view;
