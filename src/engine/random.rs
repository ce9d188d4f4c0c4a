//! Names of streams of random numbers.

use crate::kernel::stream::{Stream, mix};

/// The number that a name gives to the streams of its owner, whatever else the scenario holds.
pub(super) fn named(name: &str) -> u64 {
    name.bytes().fold(0, |state, byte| mix(state, u64::from(byte)))
}

/// The stream that a key names.
pub(super) fn seeded(key: u64) -> Stream {
    use rand_xoshiro::rand_core::SeedableRng;
    Stream::seed_from_u64(key)
}
