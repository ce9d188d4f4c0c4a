//! The same time for all.

use super::{Keep, KeepAlivePolicy};
use crate::document::{Diagnostics, Field, Kind, Node, Value, toml};
use crate::kernel::stream::Draw;
use crate::registry::Impossible;
use crate::units::SimDuration;

/// How long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// So long.
    For(SimDuration),
    /// For ever.
    Forever,
}

/// The word for [`Time::Forever`].
const FOREVER: &str = "forever";

impl Field for Time {
    const EXPECTED: &'static str = "a duration such as \"10min\", or \"forever\"";

    fn kind() -> Kind {
        Kind::Either(vec![SimDuration::kind(), Kind::word(FOREVER, &["It never goes."])])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == FOREVER => Some(Self::Forever),
            _ => SimDuration::read(node, findings).map(Self::For),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::For(time) => time.write(),
            Self::Forever => Some(FOREVER.into()),
        }
    }
}

crate::settings! {
    /// Settings of a time that is always the same.
    pub struct Settings {
        /// How long an instance is kept that has nothing to do; with "0s" it goes at once.
        time: Time = Time::For(SimDuration::from_nanos(600_000_000_000)),
    }
}

/// Keeps an idle instance for a time that is always the same.
///
/// Helps wherever gaps between requests are mostly shorter than that. Hurts where they are mostly longer: the instance is
/// kept and paid for in vain, and the next request is cold all the same. Source: Shahrad et al. (USENIX ATC 2020),
/// section 2, who found 10 min at AWS and 20 min at Azure.
#[derive(Debug, Clone)]
pub struct Fixed {
    until: Option<SimDuration>,
}

impl KeepAlivePolicy for Fixed {
    const NAME: &'static str = "fixed";
    const SUMMARY: &'static str = "Always as long.";
    const LEARNS: bool = false;
    type Settings = Settings;

    fn check(_: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Settings) -> Self {
        let until = match settings.time {
            Time::For(time) => Some(time),
            Time::Forever => None,
        };
        Self { until }
    }

    fn ran_again(&mut self, _: SimDuration) {}

    fn keep(&self, _: impl FnOnce() -> Draw) -> Keep {
        Keep { prewarm: None, until: self.until }
    }
}
