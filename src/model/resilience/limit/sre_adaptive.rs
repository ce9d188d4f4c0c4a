//! A caller stops sending what will not be accepted.

use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::window::Window;
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::SimDuration;

/// Slots of the span.
const SLOTS: usize = 120;

crate::settings! {
    /// Settings of adaptive throttling.
    pub struct Settings {
        /// How many attempts are made for each that is accepted.
        #[range = ">= 1"]
        multiplier: f64 = 2.0,
        /// Over which time both are counted.
        window: SimDuration = SimDuration::from_nanos(120_000_000_000),
    }
}

/// Refuses an attempt with probability max(0, (requests - K x accepted) / (requests + 1)), both counted over the last two
/// minutes; what it refused counts as a request. Accepted is what was answered well, or with a client error.
///
/// Helps a service for which refusing costs work: it sees at most K times what it accepts. Hurts just after a failure
/// has ended: attempts are still refused until the window has forgotten it. Source: Beyer et al., "Site Reliability
/// Engineering", chapter 21.
#[derive(Debug, Clone)]
pub struct SreAdaptive {
    multiplier: f64,
    /// Requests, and those of them that were accepted.
    seen: Window<2>,
}

impl LimitPolicy for SreAdaptive {
    const NAME: &'static str = "sre-adaptive";
    const SUMMARY: &'static str =
        "Refuses with a probability that grows with the share that was not accepted.";
    const REASON: Reason = Reason::Throttled;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let is_large = settings.multiplier >= 1.0;
        Impossible::unless(is_large, "multiplier", "with less than 1 nothing is sent in the end")?;
        let is_long = settings.window.as_nanos() >= SLOTS as u64;
        Impossible::unless(is_long, "window", "this time is too short to count anything")
    }

    fn new(settings: &Settings) -> Self {
        Self { multiplier: settings.multiplier, seen: Window::new(settings.window, SLOTS) }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        let [requests, accepted] = self.seen.sum(arriving.now).map(|sum| sum as f64);
        self.seen.add(arriving.now, [1, 0]);
        let refused = (requests - self.multiplier * accepted) / (requests + 1.0);
        if arriving.share < refused { Verdict::Refuse } else { Verdict::Admit }
    }

    fn end(&mut self, ending: &Ending) {
        if matches!(ending.failure, None | Some(Reason::ClientError)) {
            self.seen.add(ending.now, [0, 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{arriving, ended};
    use super::*;
    use crate::kernel::stream::{Purpose, draw};
    use rand::RngExt;

    /// The share refused in the long run where the service accepts a share of what is offered, and refuses the rest.
    fn refused(accepted: f64) -> f64 {
        let window = SimDuration::from_secs(120.0);
        let mut limit = SreAdaptive::new(&Settings { multiplier: 2.0, window });
        let mut random = draw(1, Purpose::Outcome);
        // 1,000 requests a second; the service accepts so many of them each second, whatever it is sent.
        let room = (1_000.0 * accepted) as u32;
        let (mut count, mut all) = (0, 0);
        for second in 0..600 {
            let mut left = room;
            for number in 0..1_000 {
                let seconds = f64::from(second) + f64::from(number) / 1_000.0;
                let share = random.random();
                let is_refused = limit.admit(&Arriving { share, ..arriving(seconds) }) == Verdict::Refuse;
                if !is_refused {
                    let failure = if left > 0 { None } else { Some(Reason::Shed) };
                    left = left.saturating_sub(1);
                    limit.end(&ended(seconds, 0.0, failure, 1));
                }
                if second >= 300 {
                    count += u32::from(is_refused);
                    all += 1;
                }
            }
        }
        f64::from(count) / f64::from(all)
    }

    #[test]
    fn the_service_sees_twice_what_it_accepts() {
        // The window adds up 120,000 requests, so the share moves by less than a hundredth.
        for (accepted, wanted) in [(0.6, 0.0), (0.5, 0.0), (0.4, 0.2), (0.1, 0.8)] {
            let found = refused(accepted);
            assert!((found - wanted).abs() < 0.01, "{accepted}: {found} instead of {wanted}");
        }
    }
}
