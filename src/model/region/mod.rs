//! Where things are, and how long messages take between places.

use crate::kernel::distribution::Distribution;

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Number of zones, at least 1.
    pub zones: u32,
}

/// One-way delays of messages.
#[derive(Debug, Clone)]
pub struct Network {
    /// Within a zone.
    pub within_zone: Distribution,
    /// Between zones of one region.
    pub between_zones: Distribution,
    /// Between regions.
    pub between_regions: Distribution,
}
