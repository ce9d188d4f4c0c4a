//! What a system costs: prices of replicas, of requests and of what is moved between places. The room says what is paid for
//! what was used; how much that is the engine counts.
//!
//! A month has 730 hours. A gigabyte that is moved has 10^9 bytes, and one of memory 1,024 MB, as providers bill it.

mod bill;
mod currency;
mod invocation;
mod price;

pub use bill::{Item, Line, Pool, TIERS_MAX, Tiers, bill};
pub use currency::Currency;
pub use invocation::InvocationPrice;
pub use price::{Gigabytes, GigabytesPerHour, PerGbMonth, PerGbSecond, PerGigabyte, PerHour, PerRequest};

/// What is paid for a service.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// For a replica that is present, whether it works or not.
    pub replica: PerHour,
    /// For an attempt that is let in; of a queue, for each request to it.
    pub request: PerRequest,
    /// For what it keeps.
    pub storage: PerGbMonth,
    /// Which of these are those of all who have none of their own.
    pub common: Common,
}

/// Which prices of a part are those of all who have none of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each price of a part")]
pub struct Common {
    /// That of replicas.
    pub replica: bool,
    /// That of requests.
    pub request: bool,
    /// That of what is kept.
    pub storage: bool,
    /// Those of calls of functions.
    pub function: bool,
}

/// What is paid for where backups lie.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BackupPrice {
    /// For what lies there.
    pub storage: PerGbMonth,
    /// For what is read from there.
    pub read: PerGigabyte,
}

/// What is paid for that belongs to no service alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Tariff {
    /// For each hour of a host on which a replica is, by region.
    pub hosts: Vec<PerHour>,
    /// For what backups are kept and read, by backup.
    pub backups: Vec<BackupPrice>,
    /// For what is moved from one zone to another of the same region.
    pub between_zones: PerGigabyte,
    /// For what is moved from one region to another.
    pub between_regions: PerGigabyte,
    /// In which currency all prices are.
    pub currency: Currency,
}

impl Tariff {
    /// Whether anything is paid for what is moved.
    pub fn has_transfer(&self) -> bool {
        self.between_zones.is_positive() || self.between_regions.is_positive()
    }
}
