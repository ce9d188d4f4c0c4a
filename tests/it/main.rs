//! What holds for the product as a whole, one file per property.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod behaviour;
mod catalogue;
mod claims;
mod cli;
mod conservation;
mod determinism;
mod diagnostics;
mod distribution;
mod experiment;
mod metamorphic;
mod monitor;
mod plot;
mod reference;
mod replay;
mod repository;
mod sample;
mod statistics;
mod tidy;
