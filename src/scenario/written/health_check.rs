//! Health checks as they are written.

use crate::model::monitoring::{Sees, Start};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// An active health check.
    pub(crate) struct HealthCheckKeys {
        interval: SimDuration,
        timeout: SimDuration,
        unhealthy_after: u32 = 1,
        healthy_after: u32 = 1,
        jitter: SimDuration = SimDuration::ZERO,
        fast_interval: Option<SimDuration> = None,
        down_interval: Option<SimDuration> = None,
        error_marks: bool = false,
        error_limit: Option<u32> = None,
        /// What a check looks at: the "answer", or the "connection" alone, which a replica that hangs or answers errors
        /// still takes.
        sees: Sees = Sees::Answer,
        start: Start = Start::Healthy,
        checkers: u32 = 1,
        quorum: Probability = Probability::new(0.5).unwrap_or_default(),
    }
}

crate::tables! {
    HealthCheckKeys = "a table with the keys \"interval\" and \"timeout\", or \"preset\"",
}
