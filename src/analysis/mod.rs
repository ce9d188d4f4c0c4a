//! Pure functions of numbers: estimates with intervals, exact answers, verdicts. Never sees the engine.

pub mod fit;
pub mod law;
pub mod linear;
pub mod markov;
pub mod numeric;
pub mod oracle;
pub mod statistics;
pub mod verify;
