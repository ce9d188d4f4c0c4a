//! Simulates anything; has never heard of a server.

pub mod calendar;
pub mod distribution;
pub mod slab;
pub mod stream;
