//! A copy when an answer takes longer than usual.

use std::collections::VecDeque;

use super::HedgePolicy;
use crate::model::resilience::Impossible;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of copies after a percentile.
    pub struct Settings {
        /// Share of answers that come without a copy.
        percentile: Probability = Probability::new(0.95).unwrap_or_default(),
        /// Over how many answers.
        #[range = ">= 1, <= 100000"]
        samples: u32 = 1_000,
        /// With fewer answers than these no copy is sent.
        #[range = ">= 1"]
        minimum: u32 = 100,
    }
}

/// Sends a copy when the answer takes longer than a percentile of the last answers, by default the 95th.
///
/// Helps against replicas that are slow by chance, at the cost of about one request in twenty, and needs no number that
/// fits the service. Hurts when all replicas become slow at once: copies are sent until the percentile has followed.
/// Source: Dean and Barroso, "The Tail at Scale", CACM 2013.
#[derive(Debug, Clone)]
pub struct Percentile {
    share: f64,
    samples: usize,
    minimum: usize,
    /// The last answers as they came, and in order.
    last: VecDeque<SimDuration>,
    sorted: Vec<SimDuration>,
}

impl HedgePolicy for Percentile {
    const NAME: &'static str = "percentile";
    const SUMMARY: &'static str = "A copy when the answer takes longer than most of the last answers took.";
    const TIES: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        let (samples, minimum) = (settings.samples, settings.minimum);
        Impossible::unless((1..=100_000).contains(&samples), "samples", "expected 1 to 100000 answers")?;
        let is_reached = (1..=samples).contains(&minimum);
        Impossible::unless(is_reached, "minimum", "expected at least 1 answer and at most all that are kept")
    }

    fn new(settings: &Settings) -> Self {
        Self {
            share: settings.percentile.get(),
            samples: settings.samples as usize,
            minimum: settings.minimum as usize,
            last: VecDeque::new(),
            sorted: Vec::new(),
        }
    }

    /// The smallest answer that at least the share is no longer than.
    fn delay(&mut self) -> Option<SimDuration> {
        let count = self.sorted.len();
        if count < self.minimum {
            return None;
        }
        let rank = (self.share * count as f64 - 1e-9).ceil().max(1.0) as usize;
        self.sorted.get(rank - 1).copied()
    }

    fn learn(&mut self, took: SimDuration) {
        if self.last.len() == self.samples
            && let Some(oldest) = self.last.pop_front()
        {
            let place = self.sorted.partition_point(|one| *one < oldest);
            self.sorted.remove(place);
        }
        self.last.push_back(took);
        let place = self.sorted.partition_point(|one| *one < took);
        self.sorted.insert(place, took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_that_of_the_last_answers() {
        let percentile = Probability::new(0.95).unwrap();
        let mut hedge = Percentile::new(&Settings { percentile, samples: 100, minimum: 20 });
        let millis = |number: u64| SimDuration::from_nanos(number * 1_000_000);
        (1..20).for_each(|number| hedge.learn(millis(number)));
        assert_eq!(hedge.delay(), None);
        hedge.learn(millis(20));
        assert_eq!(hedge.delay(), Some(millis(19)));
        (21..=100).for_each(|number| hedge.learn(millis(number)));
        assert_eq!(hedge.delay(), Some(millis(95)));
        // Fifty of them fall out.
        (0..50).for_each(|_| hedge.learn(millis(7)));
        assert_eq!(hedge.delay(), Some(millis(95)));
        (0..45).for_each(|_| hedge.learn(millis(7)));
        assert_eq!(hedge.delay(), Some(millis(7)));
    }
}
