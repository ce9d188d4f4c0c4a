//! What a system costs: prices of replicas, of requests and of what is moved between places. The room says what is paid for
//! what was used; how much that is the engine counts. There is one currency, the US dollar.
//!
//! A month has 730 hours. A gigabyte that is moved has 10^9 bytes, and one of memory 1,024 MB, as providers bill it.

mod invocation;
mod price;

pub use invocation::InvocationPrice;
pub use price::{PerGbSecond, PerGigabyte, PerHour, PerRequest};

/// What is paid for a service.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// For a replica that is present, whether it works or not.
    pub replica: PerHour,
    /// For an attempt that is let in; of a queue, for each request to it.
    pub request: PerRequest,
}

/// What is paid for that belongs to no service alone.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tariff {
    /// For what is moved from one zone to another of the same region.
    pub between_zones: PerGigabyte,
    /// For what is moved from one region to another.
    pub between_regions: PerGigabyte,
}

impl Tariff {
    /// Whether anything is paid for what is moved.
    pub fn has_transfer(&self) -> bool {
        self.between_zones.is_positive() || self.between_regions.is_positive()
    }

    /// What so many bytes cost that were moved between zones, and between regions.
    pub fn transfer(&self, [zones, regions]: [u64; 2]) -> f64 {
        self.between_zones.of_bytes(zones) + self.between_regions.of_bytes(regions)
    }
}
