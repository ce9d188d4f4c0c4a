//! Ninefold simulates a fleet of services under load and failure and says, with confidence intervals, how many nines
//! a high-availability strategy buys, at what latency.
//!
//! Data flows one way: scenario file → [`document`] → [`scenario`] → [`engine`] → [`measure`] → [`analysis`] →
//! [`output`]; [`experiment`] joins them and [`cli`] is what a user types.

pub mod analysis;
pub mod chain;
pub mod cli;
pub mod document;
pub mod engine;
pub mod experiment;
pub mod kernel;
pub mod limit;
pub mod measure;
pub mod model;
pub mod output;
pub mod reason;
pub mod registry;
pub mod scenario;
pub mod units;
