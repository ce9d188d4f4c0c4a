//! Target tracking of Amazon EC2 Auto Scaling.

use super::reading::{Measured, Reading, Target, Ticks, Watch, ceil, is_total};
use super::{Bounds, ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// Settings of target tracking.
    pub struct Settings {
        /// What the number should be: the mean over replicas of `utilisation` (the default), `latency_mean` or
        /// `failure_ratio`; per replica of `throughput`, `in_system_mean`, `queue_length_mean` or `backlog_mean`.
        target: Target,
        /// Over which time the number is taken, again and again; at the end of each the policy looks.
        #[range = "> 0"]
        period: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// So many periods in a row must be above the target before the fleet grows.
        #[range = ">= 1"]
        out_after: u32 = 3,
        /// So many in a row must be below it by more than `in_margin` before it shrinks.
        #[range = ">= 1"]
        in_after: u32 = 15,
        /// How far below the target the number must be for that, as a share of the target.
        #[range = "< 1"]
        in_margin: Probability = Probability::new(0.1).unwrap_or_default(),
        /// For how long after its start a replica warms up: it is there when the fleet grows, counts neither for what is
        /// needed nor in a mean over replicas, and keeps the fleet from shrinking.
        warmup: SimDuration = SimDuration::from_nanos(300_000_000_000),
    }
}

/// Has as many replicas as bring a number to its target, slowly down and faster up, through two alarms.
///
/// Wanted are ceil(replicas that are warm x number / target). A replica that has crashed is replaced once `health_grace` is
/// over. Helps with little to set. Hurts by the minutes until three periods are over, in which a sharp rise is not answered;
/// quarter of an hour of surplus after each peak is its price. A period without a value ends what was counted. Source: Amazon
/// EC2 Auto Scaling user guide, "Target tracking scaling policies" and "default instance warmup", 2026; the number of periods
/// and the margin are those of the alarms that it makes, and unconfirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetTracking {
    settings: Settings,
    signal: Signal,
    ticks: Ticks,
    /// Periods in a row above the target, and below it by the margin.
    high: u32,
    low: u32,
}

impl ScalingPolicy for TargetTracking {
    const NAME: &'static str = "target-tracking";
    const SUMMARY: &'static str =
        "As many as bring a number to its target, through alarms: as EC2 Auto Scaling does.";
    const HEEDS: &'static [&'static str] = &["metric", "statistic", "metric_delay"];
    const REPLACES: bool = true;
    const PROVISIONS: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, keys: &Measured) -> Result<(), Impossible> {
        settings.target.check(keys.metric_or(Signal::Utilisation))?;
        Ticks::check(settings.period, "period")?;
        for (key, count) in [("out_after", settings.out_after), ("in_after", settings.in_after)] {
            Impossible::unless(count >= 1, key, "expected 1 or more")?;
        }
        Impossible::unless(settings.in_margin < Probability::ONE, "in_margin", "expected less than 100%")
    }

    fn in_vain(settings: &Settings, keys: &Measured, _bounds: &Bounds) -> Vec<Impossible> {
        let is_utilisation = keys.metric_or(Signal::Utilisation) == Signal::Utilisation;
        let never = is_utilisation && settings.target.value >= 1.0;
        let why = "nothing exceeds 100%: the fleet never grows";
        never.then(|| Impossible::new("target", why)).into_iter().collect()
    }

    fn target(settings: &Settings, keys: &Measured) -> Option<f64> {
        (keys.metric_or(Signal::Utilisation) == Signal::Utilisation).then_some(settings.target.value)
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.period, seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let signal = keys.metric_or(Signal::Utilisation);
        Watch {
            every: settings.period,
            delay: keys.delay(),
            fresh: settings.warmup,
            readings: vec![Reading { signal, statistic: keys.statistic(), window: settings.period }],
            ..Watch::default()
        }
    }

    fn new(settings: &Settings, keys: &Measured) -> Self {
        Self {
            signal: keys.metric_or(Signal::Utilisation),
            ticks: Ticks::new(settings.period),
            settings: settings.clone(),
            high: 0,
            low: 0,
        }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        let Settings { out_after, in_after, in_margin, .. } = self.settings;
        let target = self.settings.target.value;
        let Some(value) = view.values.first().copied().flatten() else {
            (self.high, self.low) = (0, 0);
            return view.desired;
        };
        let warm = view.up.saturating_sub(view.fresh);
        let is_total = is_total(self.signal);
        let each = if is_total { value / f64::from(view.up.max(1)) } else { value };
        self.high = if each > target { self.high.saturating_add(1) } else { 0 };
        self.low = if each < target * (1.0 - in_margin.get()) { self.low.saturating_add(1) } else { 0 };
        let needed = ceil(if is_total { value / target } else { f64::from(warm) * value / target });
        if self.high >= out_after {
            return needed.max(view.desired);
        }
        let is_settled = view.starting == 0 && view.fresh == 0;
        if self.low >= in_after && is_settled {
            return needed.min(view.desired);
        }
        view.desired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> TargetTracking {
        let settings = Settings {
            target: Target::plain(0.5),
            period: SimDuration::from_secs(60.0),
            out_after: 3,
            in_after: 15,
            in_margin: Probability::new(0.1).unwrap(),
            warmup: SimDuration::from_secs(300.0),
        };
        TargetTracking::new(&settings, &Measured::DEFAULT)
    }

    fn look(policy: &mut TargetTracking, up: u32, value: Option<f64>) -> u32 {
        policy.decide(&ScaleView::settled(up, &[value]))
    }

    #[test]
    fn three_periods_above_and_fifteen_below() {
        let mut one = policy();
        assert_eq!([0.9, 0.9, 0.9, 0.5].map(|value| look(&mut one, 10, Some(value))), [10, 10, 18, 10]);
        // Within a tenth below nothing happens, however long.
        assert!((0..40).all(|_| look(&mut one, 10, Some(0.46)) == 10));
        let seen: Vec<u32> = (0..16).map(|_| look(&mut one, 10, Some(0.2))).collect();
        assert_eq!(seen, [&[10; 14][..], &[4, 4]].concat());
        // A period without a value ends what was counted.
        let seen = [Some(0.9), Some(0.9), None, Some(0.9), Some(0.9), Some(0.9)];
        assert_eq!(seen.map(|value| look(&mut one, 10, value)), [10, 10, 10, 10, 10, 18]);
    }

    #[test]
    fn what_warms_up_is_there_and_not_needed_twice() {
        let mut one = policy();
        let values = [Some(0.9)];
        let growing = ScaleView { starting: 4, fresh: 4, desired: 18, ..ScaleView::settled(14, &values) };
        // Ten are warm: what they need was started.
        assert_eq!([(); 4].map(|()| one.decide(&growing)), [18; 4]);
        let worse = ScaleView { values: &[Some(1.0)], ..growing };
        assert_eq!(one.decide(&worse), 20);
        // And nobody goes before all are warm.
        let idle = ScaleView { values: &[Some(0.1)], starting: 0, ..growing };
        assert!((0..20).all(|_| one.decide(&idle) == 18));
        assert_eq!(one.decide(&ScaleView { fresh: 0, up: 18, ..idle }), 4);
    }

    #[test]
    fn totals_are_shared() {
        let keys = Measured { metric: Some(Signal::InSystemMean), ..Measured::DEFAULT };
        let settings = Settings { target: Target::plain(10.0), out_after: 1, ..policy().settings };
        let mut one = TargetTracking::new(&settings, &keys);
        assert_eq!(one.decide(&ScaleView::settled(3, &[Some(45.0)])), 5);
    }
}
