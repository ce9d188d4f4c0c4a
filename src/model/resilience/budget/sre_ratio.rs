//! Retries as a share of requests.

use super::{Asked, RetryBudget};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::units::{Probability, SimDuration, SimTime};

/// Slots of the span.
const SLOTS: usize = 120;

crate::settings! {
    /// Settings of a share of retries.
    pub struct Settings {
        /// Further attempts for each attempt; once there, no more.
        ratio: Probability = Probability::new(0.1).unwrap_or_default(),
        /// Over which time both are counted.
        window: SimDuration = SimDuration::from_nanos(120_000_000_000),
    }
}

/// Lets a further attempt be made while such attempts are less than a share of all that were sent of late.
///
/// Helps when a service fails as a whole: its load grows to 1.1 times what was sent and not to three times. Hurts callers
/// with few requests, who have no reserve. Source: Beyer et al., "Site Reliability Engineering", chapter 21, which
/// gives the ratio; the window is that of its client-side throttling.
#[derive(Debug, Clone)]
pub struct SreRatio {
    ratio: f64,
    /// Attempts, and further attempts among them.
    sent: Window<2>,
}

impl RetryBudget for SreRatio {
    const NAME: &'static str = "sre-ratio";
    const SUMMARY: &'static str =
        "Further attempts while they are less than a share of all attempts of late.";
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_long = settings.window.as_nanos() >= SLOTS as u64;
        Impossible::unless(is_long, "window", "this time is too short to count anything")
    }

    fn new(settings: &Settings) -> Self {
        Self { ratio: settings.ratio.get(), sent: Window::new(settings.window, SLOTS) }
    }

    fn begin(&mut self, now: SimTime) {
        self.sent.add(now, [1, 0]);
    }

    fn withdraw(&mut self, asked: &Asked) -> Option<u32> {
        let [all, further] = self.sent.sum(asked.now);
        if further as f64 >= self.ratio * all as f64 {
            return None;
        }
        self.sent.add(asked.now, [1, 1]);
        Some(0)
    }

    fn end(&mut self, _ending: &Ending, _cost: u32) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::{asked, at};
    use super::*;

    #[test]
    fn the_share_is_that_of_all_attempts() {
        let ratio = Probability::new(0.1).unwrap();
        let mut budget = SreRatio::new(&Settings { ratio, window: SimDuration::from_secs(120.0) });
        assert_eq!(budget.withdraw(&asked(0.0)), None);
        (0..900).for_each(|_| budget.begin(at(0.0)));
        // 100 of 1,000 are a tenth: that many, and no more.
        let granted = (0..900).filter(|_| budget.withdraw(&asked(1.0)).is_some()).count();
        assert_eq!(granted, 100);
        assert_eq!(budget.withdraw(&asked(119.9)), None);
        assert_eq!(budget.withdraw(&asked(130.0)), None);
    }
}
