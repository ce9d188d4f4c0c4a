//! A fixed number at once.

use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;

crate::settings! {
    /// Settings of a fixed number.
    pub struct Settings {
        /// So many may be under way.
        #[range = ">= 1"]
        limit: u32,
    }
}

/// Lets an attempt in while fewer than a fixed number are under way.
///
/// Helps against slowness: what cannot be answered in time is not begun. Hurts when the number is a guess: the right one
/// is throughput times latency, and both change. Source: Little's law; as a quota, the concurrency of AWS Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    limit: u32,
}

impl LimitPolicy for Concurrency {
    const NAME: &'static str = "concurrency";
    const SUMMARY: &'static str = "A fixed number of attempts under way.";
    const REASON: Reason = Reason::Throttled;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.limit > 0, "limit", "a limit of 0 lets nothing in")
    }

    fn new(settings: &Settings) -> Self {
        Self { limit: settings.limit }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if arriving.under_way < self.limit { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, _ending: &Ending) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::arriving;
    use super::*;

    #[test]
    fn so_many_and_no_more() {
        let mut limit = Concurrency::new(&Settings { limit: 3 });
        assert_eq!(limit.admit(&Arriving { under_way: 2, ..arriving(0.0) }), Verdict::Admit);
        assert_eq!(limit.admit(&Arriving { under_way: 3, ..arriving(0.0) }), Verdict::Refuse);
    }
}
