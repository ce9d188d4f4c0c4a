//! A limit that grows by one and shrinks by a tenth.

use super::{Arriving, LimitPolicy, Verdict, is_overload};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of AIMD.
    pub struct Settings {
        /// The limit at the start.
        initial: u32 = 20,
        /// The lowest limit.
        #[range = ">= 1"]
        minimum: u32 = 20,
        /// The highest limit.
        maximum: u32 = 200,
        /// What is left of the limit after a drop.
        #[range = "> 0"]
        backoff: Probability = Probability::new(0.9).unwrap_or_default(),
        /// What takes longer counts as dropped.
        slow_after: SimDuration = SimDuration::from_nanos(5_000_000_000),
    }
}

/// Lets an attempt in while fewer than a limit are under way. The limit grows by one with every answer while at least
/// half of it is in use, and falls to nine tenths when an attempt is dropped or takes too long.
///
/// Helps to find a limit that nobody knows. Hurts latency: it grows until something is dropped, so queues fill first.
/// Source: Netflix concurrency-limits, `AIMDLimit`. Dropped is what ran out of time or was refused for too much work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aimd {
    limit: f64,
    minimum: f64,
    maximum: f64,
    backoff: f64,
    slow_after: SimDuration,
}

impl LimitPolicy for Aimd {
    const NAME: &'static str = "aimd";
    const SUMMARY: &'static str = "A limit on concurrency that grows by one and shrinks by a tenth.";
    const REASON: Reason = Reason::Shed;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        check_range(settings.initial, settings.minimum, settings.maximum)?;
        Impossible::unless(settings.backoff.get() > 0.0, "backoff", "a limit of 0 lets nothing in")
    }

    fn new(settings: &Settings) -> Self {
        Self {
            limit: f64::from(settings.initial),
            minimum: f64::from(settings.minimum),
            maximum: f64::from(settings.maximum),
            backoff: settings.backoff.get(),
            slow_after: settings.slow_after,
        }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if f64::from(arriving.under_way) < self.limit { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, ending: &Ending) {
        let is_dropped = ending.failure.is_some_and(is_overload) || ending.took > self.slow_after;
        if is_dropped {
            self.limit = (self.limit * self.backoff).floor();
        } else if f64::from(ending.under_way) * 2.0 >= self.limit {
            self.limit += 1.0;
        }
        self.limit = self.limit.clamp(self.minimum, self.maximum);
    }
}

/// Whether a limit can begin at `initial` and stay between the others.
pub(super) fn check_range(initial: u32, minimum: u32, maximum: u32) -> Result<(), Impossible> {
    Impossible::unless(minimum > 0, "minimum", "a limit of 0 lets nothing in")?;
    Impossible::unless(minimum <= maximum, "maximum", "the highest limit is below the lowest")?;
    let is_between = (minimum..=maximum).contains(&initial);
    Impossible::unless(is_between, "initial", "the limit begins between its lowest and highest")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{arriving, ended};
    use super::*;

    #[test]
    fn one_more_for_an_answer_and_a_tenth_less_for_a_drop() {
        let mut limit = Aimd::new(&Settings {
            initial: 20,
            minimum: 10,
            maximum: 30,
            backoff: Probability::new(0.9).unwrap(),
            slow_after: SimDuration::from_secs(5.0),
        });
        let mut after = |took, failure, under_way| {
            limit.end(&ended(0.0, took, failure, under_way));
            let mut admits =
                |under_way| limit.admit(&Arriving { under_way, ..arriving(0.0) }) == Verdict::Admit;
            (0..100).take_while(|one| admits(*one)).count()
        };
        assert_eq!(after(1.0, None, 10), 21);
        assert_eq!(after(1.0, None, 10), 21);
        assert_eq!(after(1.0, None, 11), 22);
        assert_eq!(after(1.0, Some(Reason::Timeout), 11), 19);
        assert_eq!(after(5.1, None, 19), 17);
        // An error says nothing about how much work there is.
        assert_eq!(after(1.0, Some(Reason::Error), 1), 17);
        for _ in 0..40 {
            after(1.0, None, 30);
        }
        assert_eq!(after(1.0, None, 30), 30);
        for _ in 0..40 {
            after(1.0, Some(Reason::Shed), 30);
        }
        assert_eq!(after(1.0, Some(Reason::Shed), 30), 10);
    }
}
