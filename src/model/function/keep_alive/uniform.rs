//! A time drawn for each instance.

use rand::RngExt;

use super::{Keep, KeepAlivePolicy};
use crate::kernel::stream::Draw;
use crate::registry::Impossible;
use crate::units::SimDuration;

crate::settings! {
    /// Settings of a time that is drawn.
    pub struct Settings {
        /// No instance goes earlier after it became idle.
        low: SimDuration,
        /// No instance goes later.
        high: SimDuration,
    }
}

/// Keeps each idle instance for a time between two, drawn once for the instance.
///
/// Helps to imitate a platform that says nothing of when instances go, and where measurements found a range. Source:
/// Shilkov, "When Does Cold Start Happen on AWS Lambda?" (mikhail.io, 2021), who found 5 to 7 min.
#[derive(Debug, Clone)]
pub struct Uniform {
    low: SimDuration,
    high: SimDuration,
}

impl KeepAlivePolicy for Uniform {
    const NAME: &'static str = "uniform";
    const SUMMARY: &'static str = "A time between two, drawn once for each instance.";
    const LEARNS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.low <= settings.high, "high", "it is below \"low\"")
    }

    fn new(settings: &Settings) -> Self {
        Self { low: settings.low, high: settings.high }
    }

    fn ran_again(&mut self, _: SimDuration) {}

    fn keep(&self, random: impl FnOnce() -> Draw) -> Keep {
        let nanos = random().random_range(self.low.as_nanos()..=self.high.as_nanos());
        Keep { prewarm: None, until: Some(SimDuration::from_nanos(nanos)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    #[test]
    fn times_fill_the_range() {
        let minutes = |minutes: f64| SimDuration::from_secs(minutes * 60.0);
        let policy = Uniform::new(&Settings { low: minutes(5.0), high: minutes(7.0) });
        let times: Vec<f64> = (0..10_000)
            .map(|key| policy.keep(|| draw(key, Purpose::KeepAlive)).until.unwrap().as_secs() / 60.0)
            .collect();
        assert!(times.iter().all(|time| (5.0..=7.0).contains(time)));
        let mean = times.iter().sum::<f64>() / 10_000.0;
        // One has a standard deviation of 2 / sqrt(12) min.
        assert!((mean - 6.0).abs() < 5.0 * 2.0 / 12_f64.sqrt() / 100.0, "{mean}");
        assert!(Uniform::check(&Settings { low: minutes(2.0), high: minutes(1.0) }).is_err());
    }
}
