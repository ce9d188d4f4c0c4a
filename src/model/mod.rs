//! The domain: one room per subject, each with settings, state and decisions; no input or output, no scheduling.

pub mod action;
pub mod balancing;
pub mod cache;
pub mod call;
pub mod cost;
pub mod deploy;
pub mod dns;
pub mod effect;
pub mod event;
pub mod fault;
pub mod fleet;
pub mod flow;
pub mod function;
pub mod gateway;
pub mod monitoring;
pub mod preset;
pub mod queue;
pub mod recovery;
pub mod region;
pub mod resilience;
pub mod routing;
pub mod scaling;
pub mod span;
pub mod system;
pub mod trace;
pub mod workload;
