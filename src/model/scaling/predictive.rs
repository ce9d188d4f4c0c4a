//! Predictive scaling: what was needed a day ago will be needed again.

use super::reading::{Measured, Reading, Statistic, Target, Ticks, Watch, ceil, is_total};
use super::{Bounds, ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

const fn minutes(count: u64) -> SimDuration {
    SimDuration::from_nanos(count * 60_000_000_000)
}

crate::settings! {
    /// Settings of predictive scaling.
    pub struct Settings {
        /// What the number should be for each replica: of `throughput` (the default), `in_system_mean`,
        /// `queue_length_mean` or `backlog_mean`.
        target: Target,
        /// After which time the load repeats itself.
        #[range = "> 0"]
        season: SimDuration = minutes(1440),
        /// How long before they are needed replicas are started.
        ahead: SimDuration = minutes(5),
        /// Over which time the number is taken, again and again; at the end of each the policy looks.
        #[range = "> 0"]
        period: SimDuration = minutes(5),
    }
}

impl Settings {
    /// How long ago the time ended that is like the one that begins `ahead` of now.
    fn delay(&self) -> Option<SimDuration> {
        let nanos = self.season.as_nanos().checked_sub(self.ahead.as_nanos())?;
        nanos.checked_sub(self.period.as_nanos()).map(SimDuration::from_nanos)
    }
}

/// Has as many replicas as the load of one season ago will need, before it comes.
///
/// Wanted are ceil(number / target), the number being the largest mean over a period of those that are like the time from now
/// until a period after `ahead`. In the first season it wants `min`. It is meant beside another policy, of which the larger number holds: so it starts
/// replicas early and stops none. Helps where replicas take long to start and days are alike. Hurts on the day after an unusual
/// one, whose load it expects again; and what was lost to overload was no throughput, so too little is expected of it. Source:
/// Amazon EC2 Auto Scaling user guide, "Predictive scaling" (forecasts only raise capacity; instances are launched 5 min early);
/// its forecast is not published, and here is the seasonal naive one (Hyndman and Athanasopoulos, Forecasting: Principles and
/// Practice, 2021, section 5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Predictive {
    target: f64,
    ticks: Ticks,
}

impl ScalingPolicy for Predictive {
    const NAME: &'static str = "predictive";
    const SUMMARY: &'static str = "As many as the load of a day ago will need, before it comes.";
    const HEEDS: &'static [&'static str] = &["metric"];
    type Settings = Settings;

    fn check(settings: &Settings, keys: &Measured) -> Result<(), Impossible> {
        let signal = keys.metric_or(Signal::Throughput);
        settings.target.check(signal)?;
        let why = "expected throughput, in_system_mean, queue_length_mean or backlog_mean: others depend on how many replicas there were";
        Impossible::unless(is_total(signal), "metric", why)?;
        Ticks::check(settings.period, "period")?;
        let why = "expected more than \"ahead\" and \"period\" together";
        Impossible::unless(settings.delay().is_some_and(|delay| !delay.is_zero()), "season", why)
    }

    fn in_vain(settings: &Settings, _keys: &Measured, bounds: &Bounds) -> Vec<Impossible> {
        let first = SimTime::ZERO + settings.delay().unwrap_or_default() + settings.period;
        let why = "the run ends before a season is over: nothing is ever expected";
        (first >= bounds.end).then(|| Impossible::new("season", why)).into_iter().collect()
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.period, seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let signal = keys.metric_or(Signal::Throughput);
        let window =
            SimDuration::from_nanos(settings.ahead.as_nanos().saturating_add(settings.period.as_nanos()));
        Watch {
            every: settings.period,
            delay: settings.delay().unwrap_or_default(),
            readings: vec![Reading { signal, statistic: Statistic::Max, window }],
            ..Watch::default()
        }
    }

    fn new(settings: &Settings, _keys: &Measured) -> Self {
        Self { target: settings.target.value, ticks: Ticks::new(settings.period) }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        let load = view.values.first().copied().flatten();
        load.map_or(view.min, |load| ceil(load / self.target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_will_begin_a_season_later() {
        let settings = Settings {
            target: Target::plain(10.0),
            season: minutes(60),
            ahead: minutes(7),
            period: minutes(5),
        };
        let watch = Predictive::watch(&settings, &Measured::DEFAULT);
        // At 12:00 that of 11:00 to 11:12, so of 12:00 to 12:12.
        assert_eq!(
            (watch.every, watch.delay, watch.readings[0].window),
            (minutes(5), minutes(48), minutes(12))
        );
        let mut policy = Predictive::new(&settings, &Measured::DEFAULT);
        assert_eq!(policy.decide(&ScaleView { min: 2, ..ScaleView::settled(4, &[None]) }), 2);
        assert_eq!(policy.decide(&ScaleView::settled(4, &[Some(41.0)])), 5);
        let keys = Measured { metric: Some(Signal::InSystemMean), ..Measured::DEFAULT };
        assert_eq!(Predictive::check(&settings, &keys), Ok(()));
        let short = Settings { season: minutes(12), ..settings };
        assert_eq!(Predictive::check(&short, &keys).unwrap_err().key, "season");
    }
}
