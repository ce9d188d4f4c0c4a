//! What holds for the product as a whole, one file per property.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod audit;
mod balancing;
mod balancing_properties;
mod behaviour;
mod behaviour_accounting;
mod behaviour_capacity;
mod behaviour_fleet;
mod behaviour_gateway;
mod behaviour_health;
mod behaviour_hints;
mod behaviour_resilience;
mod behaviour_scaling;
mod builder;
mod cases;
mod catalogue;
mod chain;
mod claims;
mod cli;
mod collapse;
mod compare;
mod compare_truth;
mod conservation;
mod coverage;
mod determinism;
mod diagnostics;
mod distribution;
mod events;
mod examples;
mod experiment;
mod fit;
mod fuzz;
mod golden;
mod headline;
mod input;
mod instant;
mod language;
mod limits;
#[cfg(target_os = "linux")]
mod memory;
mod metamorphic;
mod monitor;
mod mutation;
mod network;
mod outputs;
mod own;
mod path;
mod pathologies;
mod plot;
mod precision;
mod preset;
mod program;
mod readback;
mod records;
mod reference;
mod replay;
mod repository;
mod sample;
mod solve;
mod statistics;
mod sweep;
#[cfg(unix)]
mod terminal;
mod theory;
mod tidy;
