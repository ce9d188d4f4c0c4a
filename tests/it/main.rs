//! What holds for the product as a whole, one file per property.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod behaviour;
mod claims;
mod cli;
mod diagnostics;
mod distribution;
mod experiment;
mod plot;
mod replay;
mod repository;
mod statistics;
mod tidy;
