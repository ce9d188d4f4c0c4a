//! The rate limiter of the AWS SDKs' adaptive mode.

use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

const SCALE: f64 = 0.4;
const BETA: f64 = 0.7;
const SMOOTHING: f64 = 0.8;
/// Rates are measured over parts of a second: so many make one.
const PARTS: f64 = 2.0;
/// The limiter never goes below this [1/s].
const RATE_MIN: f64 = 0.5;

crate::settings! {
    /// It has no settings.
    pub struct Settings {}
}

/// Sends as often as it likes until it is throttled; from then on at a rate that falls to 0.7 times at each throttling
/// and grows back along a cubic curve, attempts waiting for their turn.
///
/// Helps a single caller with a quota to find it. Hurts callers who share a client for several resources: one that
/// throttles slows all. Source: botocore, `retries/adaptive.py`, `bucket.py` and `throttling.py`; a rate changed while an
/// attempt waits holds for the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AwsAdaptive {
    is_limiting: bool,
    /// Attempts let in at a rate [1/s], at most so many at once.
    rate: f64,
    capacity: f64,
    /// Tokens there at an instant; negative while attempts wait for theirs.
    tokens: f64,
    at: SimTime,
    /// The rate at the last throttling [1/s], and when that was.
    rate_max: f64,
    throttled_at: SimTime,
    /// Rate of sending as measured [1/s], its last part of a second and what was sent since.
    measured: f64,
    part: f64,
    sent: f64,
}

impl LimitPolicy for AwsAdaptive {
    const NAME: &'static str = "aws-adaptive";
    const SUMMARY: &'static str = "A rate that falls when throttled and grows back along a cubic curve.";
    const REASON: Reason = Reason::Throttled;
    const WAITS: bool = true;
    type Settings = Settings;

    fn check(_settings: &Settings) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(_settings: &Settings) -> Self {
        Self {
            is_limiting: false,
            rate: 0.0,
            capacity: 0.0,
            tokens: 0.0,
            at: SimTime::ZERO,
            rate_max: 0.0,
            throttled_at: SimTime::ZERO,
            measured: 0.0,
            part: 0.0,
            sent: 0.0,
        }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        if !self.is_limiting {
            return Verdict::Admit;
        }
        self.fill(arriving.now);
        self.tokens -= 1.0;
        // Less than a nanosecond is missing by rounding only.
        let wait = SimDuration::from_secs(-self.tokens / self.rate);
        if wait.is_zero() { Verdict::Admit } else { Verdict::Wait(wait) }
    }

    fn end(&mut self, ending: &Ending) {
        let now = ending.now;
        self.measure(now);
        let rate = if ending.failure == Some(Reason::Throttled) {
            let rate = if self.is_limiting { self.measured.min(self.rate) } else { self.measured };
            self.rate_max = rate;
            self.throttled_at = now;
            self.is_limiting = true;
            rate * BETA
        } else {
            let origin = (self.rate_max * (1.0 - BETA) / SCALE).cbrt();
            let since = now.since(self.throttled_at).as_secs();
            SCALE * (since - origin).powi(3) + self.rate_max
        };
        self.set_rate(now, rate.min(2.0 * self.measured));
    }
}

impl AwsAdaptive {
    fn fill(&mut self, now: SimTime) {
        let passed = now.since(self.at).as_secs();
        self.tokens = (self.tokens + passed * self.rate).min(self.capacity);
        self.at = now;
    }

    fn set_rate(&mut self, now: SimTime, rate: f64) {
        self.fill(now);
        self.rate = rate.max(RATE_MIN);
        self.capacity = rate.max(1.0);
        self.tokens = self.tokens.min(self.capacity);
    }

    /// Counts an attempt into the measured rate.
    fn measure(&mut self, now: SimTime) {
        let part = (now.as_secs() * PARTS).floor() / PARTS;
        self.sent += 1.0;
        if part > self.part {
            let current = self.sent / (part - self.part);
            self.measured = current * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.sent = 0.0;
            self.part = part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{arriving, ended};
    use super::*;

    /// Ten answers a second for a minute: the measured rate is ten.
    fn steady() -> AwsAdaptive {
        let mut limit = AwsAdaptive::new(&Settings {});
        for number in 0..=600 {
            limit.end(&ended(f64::from(number) / 10.0, 0.0, None, 1));
        }
        limit
    }

    #[test]
    fn a_throttling_takes_three_tenths_of_the_measured_rate() {
        let mut limit = steady();
        assert_eq!(limit.admit(&arriving(60.0)), Verdict::Admit);
        assert!((limit.measured - 10.0).abs() < 1e-6, "{}", limit.measured);
        limit.end(&ended(60.1, 0.0, Some(Reason::Throttled), 1));
        assert!(limit.is_limiting);
        assert!((limit.rate - 7.0).abs() < 1e-6, "{}", limit.rate);
    }

    #[test]
    fn the_rate_grows_back_along_a_cubic_curve() {
        let mut limit = steady();
        limit.end(&ended(60.1, 0.0, Some(Reason::Throttled), 1));
        // The curve is back at ten after cbrt(10 x 0.3 / 0.4) = 1.957 s.
        let back = 7.5_f64.cbrt();
        for tenth in 1..=40 {
            let since = f64::from(tenth) / 10.0;
            limit.end(&ended(60.1 + since, 0.0, None, 1));
            let wanted = 0.4 * (since - back).powi(3) + 10.0;
            assert!((limit.rate - wanted).abs() < 1e-6, "{since}: {} instead of {wanted}", limit.rate);
        }
        // It never goes beyond twice what is sent: an answer a second brings the measure down.
        (1..60).for_each(|second| limit.end(&ended(64.1 + f64::from(second), 0.0, None, 1)));
        assert!((limit.rate - 2.0).abs() < 0.01, "{}", limit.rate);
    }

    #[test]
    fn attempts_wait_for_their_tokens() {
        let mut limit = steady();
        limit.end(&ended(60.1, 0.0, Some(Reason::Throttled), 1));
        // No token was there when the limiter began; at 7/s each attempt waits a seventh of a second longer.
        limit.tokens = 0.0;
        for number in 1..=3 {
            let wait = SimDuration::from_secs(f64::from(number) / limit.rate);
            assert_eq!(limit.admit(&arriving(60.1)), Verdict::Wait(wait));
        }
        assert_eq!(limit.admit(&arriving(60.1 + 4.0 / limit.rate)), Verdict::Admit);
    }
}
