//! What the fuzzer calls: the same functions that the tests of the repository call.

#[path = "../tests/it/audit.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod audit;
#[path = "../tests/it/input/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod input;
#[path = "../tests/it/sample/mod.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod sample;

/// A Markov chain: a model of guarded commands, or a table of rates.
pub fn chain(bytes: &[u8]) {
    input::chain::read(bytes);
}

/// Recorded data: durations, arrivals, faults, values.
pub fn data(bytes: &[u8]) {
    input::data::read(bytes);
}

/// An experiment file.
pub fn experiment(bytes: &[u8]) {
    input::experiment::read(bytes);
}

/// What a sweep keeps: points, plan, manifest.
pub fn part(bytes: &[u8]) {
    input::part::read(bytes);
}

/// A scenario.
pub fn scenario(bytes: &[u8]) {
    input::scenario::read(bytes);
}

/// A scenario that is run, with books kept of it.
pub fn simulation(bytes: &[u8]) {
    input::simulation::read(bytes);
}
