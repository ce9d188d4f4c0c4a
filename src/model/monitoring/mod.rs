//! What is known, and when: health checks, outlier detection, monitors and the age of knowledge.

pub mod alarm;
pub mod monitor;
pub mod outlier;

use crate::kernel::distribution::Distribution;
use crate::units::SimDuration;

/// An active health check of every replica by every decider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Time between the starts of two checks.
    pub interval: SimDuration,
    /// A check without an answer fails after this.
    pub timeout: SimDuration,
    /// Failures in a row after which a replica is believed down; at least 1.
    pub unhealthy_after: u32,
    /// Successes in a row after which it is believed up again; at least 1.
    pub healthy_after: u32,
}

/// What the balancers of a service know of its replicas.
#[derive(Debug, Clone)]
pub enum Knowledge {
    /// What their health checks found and what they saw themselves.
    Checked,
    /// The truth at once, which theory assumes.
    Perfect,
    /// The truth some time ago.
    Delayed {
        /// Age of news about a fault, and of load.
        delay: Distribution,
        /// Age of news about a repair.
        rejoin: Distribution,
    },
}
