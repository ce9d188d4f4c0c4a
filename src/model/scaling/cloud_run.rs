//! The autoscaler of Google Cloud Run, as far as it is published.

use super::reading::{Measured, Reading, Statistic, Ticks, Watch, ceil};
use super::{ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// Settings of Cloud Run's autoscaler.
    pub struct Settings {
        /// Requests that an instance takes at once; write the same as the `concurrency` of the service.
        #[range = ">= 1"]
        instance_concurrency: u32 = 80,
        /// Share of them that it aims at.
        #[range = "> 0"]
        utilisation: Probability = Probability::new(0.6).unwrap_or_default(),
        /// From one look to the next.
        #[range = "> 0"]
        every: SimDuration = SimDuration::from_nanos(5_000_000_000),
        /// Over which time requests inside are taken.
        #[range = "> 0"]
        over: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// For how long an instance that is not needed stays.
        idle: SimDuration = SimDuration::from_nanos(900_000_000_000),
    }
}

/// Has as many replicas as requests inside ask for at a share of what each takes, and lets surplus ones go late.
///
/// It shrinks to the largest number that was wanted within `idle`. With `min` = 0 the fleet goes when nothing was wanted for
/// that time; a request that finds nobody waits in the queue of the service, which stands for the pending queue, and the policy
/// looks at once. The processor, by which the real one scales too, is not looked at: work takes slots. Crashed replicas
/// stay. Helps against bursts, since replicas linger. Hurts by what they cost meanwhile. Source: Google Cloud Run, "About
/// instance autoscaling", 2026 (every 5 s, 60 % over 1 min, 80 at once); 15 min of idling are unconfirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudRun {
    settings: Settings,
    ticks: Ticks,
    /// What was wanted when.
    wanted: Vec<(SimTime, u32)>,
}

impl ScalingPolicy for CloudRun {
    const NAME: &'static str = "cloud-run";
    const SUMMARY: &'static str =
        "As many as requests inside ask for, and surplus ones stay a while: as Cloud Run does.";
    const HEEDS: &'static [&'static str] = &["metric_delay"];
    const WAKES: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, _keys: &Measured) -> Result<(), Impossible> {
        Impossible::unless(settings.instance_concurrency >= 1, "instance_concurrency", "expected 1 or more")?;
        Impossible::unless(
            settings.utilisation > Probability::ZERO,
            "utilisation",
            "expected a share above zero",
        )?;
        Impossible::unless(!settings.over.is_zero(), "over", "expected a time above zero")?;
        Ticks::check(settings.every, "every")
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.every, seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let signal = Signal::InSystemMean;
        Watch {
            every: settings.every,
            delay: keys.delay(),
            readings: vec![Reading { signal, statistic: Statistic::Mean, window: settings.over }],
            memory: settings.idle,
            ..Watch::default()
        }
    }

    fn new(settings: &Settings, _keys: &Measured) -> Self {
        Self { ticks: Ticks::new(settings.every), settings: settings.clone(), wanted: Vec::new() }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        let Settings { instance_concurrency, utilisation, idle, .. } = self.settings;
        let each = f64::from(instance_concurrency) * utilisation.get();
        let inside = view.values.first().copied().flatten();
        let wanted =
            inside.map_or(view.desired, |inside| ceil(inside / each)).max(u32::from(view.is_awaited));
        self.wanted.retain(|(at, _)| *at + idle > view.now);
        self.wanted.push((view.now, wanted));
        let most = self.wanted.iter().map(|one| one.1).max().unwrap_or(wanted);
        // What the fleet had at the start is wanted until it was not for as long.
        let is_young = view.now < SimTime::ZERO + idle;
        if is_young { most.max(view.desired) } else { most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_replicas_stay_for_a_while() {
        let settings = Settings {
            instance_concurrency: 80,
            utilisation: Probability::new(0.6).unwrap(),
            every: SimDuration::from_secs(5.0),
            over: SimDuration::from_secs(60.0),
            idle: SimDuration::from_secs(900.0),
        };
        let mut policy = CloudRun::new(&settings, &Measured::DEFAULT);
        let mut decide = |at: f64, current, inside| {
            let now = SimTime::ZERO + SimDuration::from_secs(at);
            policy.decide(&ScaleView { now, ..ScaleView::settled(current, &[Some(inside)]) })
        };
        // 480 inside are ten at 48 each.
        assert_eq!(decide(1_000.0, 1, 480.0), 10);
        assert_eq!(decide(1_005.0, 10, 50.0), 10);
        assert_eq!(decide(1_895.0, 10, 0.0), 10);
        assert_eq!(decide(1_900.0, 10, 0.0), 2);
        assert_eq!(decide(1_905.0, 2, 0.0), 0);
        let awaited = ScaleView { is_awaited: true, ..ScaleView::settled(0, &[Some(0.0)]) };
        assert_eq!(CloudRun::new(&settings, &Measured::DEFAULT).decide(&awaited), 1);
    }
}
