//! The scale controller of Azure Functions on the consumption plan, as far as it is published.

use super::reading::{Measured, Reading, Statistic, Target, Ticks, Watch, ceil};
use super::{ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::choices! {
    /// What calls the functions.
    pub enum Trigger {
        /// Requests: at most one new instance a second.
        Http = "http",
        /// Anything else: at most one in 30 s.
        Other = "other",
    }
}

crate::settings! {
    /// Settings of the scale controller.
    pub struct Settings {
        /// How many requests inside one instance it aims at; what the real one aims at is not published.
        #[range = "> 0"]
        target: Target,
        /// What calls the functions, and with that how fast new instances may come.
        trigger: Trigger = Trigger::Http,
        /// Over which time requests inside are taken.
        #[range = "> 0"]
        over: SimDuration = SimDuration::from_nanos(10_000_000_000),
        /// For how long fewer must be wanted before an instance goes; one goes at a time.
        idle: SimDuration = SimDuration::from_nanos(300_000_000_000),
    }
}

impl Settings {
    fn every(&self) -> SimDuration {
        SimDuration::from_secs(if self.trigger == Trigger::Http { 1.0 } else { 30.0 })
    }
}

/// Adds one replica after the other while requests inside ask for more, and lets one after the other go.
///
/// With `min` = 0 the fleet goes to nobody; a request that finds nobody waits in the queue of the service, and the policy looks
/// at once. Crashed replicas stay. Helps to see what the pace of new instances costs. Hurts with bursts, which grow faster
/// than one a second. Source: Microsoft, "Event-driven scaling in Azure Functions" and "Azure Functions hosting options", 2026:
/// one new instance a second or in 30 s, at most 200; how many are wanted, and when they go, is not published.
#[derive(Debug, Clone, PartialEq)]
pub struct AzureConsumption {
    settings: Settings,
    ticks: Ticks,
    /// Since when fewer are wanted.
    fewer: Option<SimTime>,
    /// When one came last.
    added: Option<SimTime>,
}

impl ScalingPolicy for AzureConsumption {
    const NAME: &'static str = "azure-consumption";
    const SUMMARY: &'static str =
        "One more after the other while more are wanted: as Azure's consumption plan does.";
    const HEEDS: &'static [&'static str] = &["metric_delay"];
    const WAKES: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, _keys: &Measured) -> Result<(), Impossible> {
        settings.target.check(Signal::InSystemMean)?;
        Impossible::unless(!settings.over.is_zero(), "over", "expected a time above zero")
    }

    fn most(_settings: &Settings) -> Option<u32> {
        Some(200)
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.every(), seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let signal = Signal::InSystemMean;
        Watch {
            every: settings.every(),
            delay: keys.delay(),
            readings: vec![Reading { signal, statistic: Statistic::Mean, window: settings.over }],
            ..Watch::default()
        }
    }

    fn new(settings: &Settings, _keys: &Measured) -> Self {
        Self { ticks: Ticks::new(settings.every()), settings: settings.clone(), fewer: None, added: None }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        let (now, current) = (view.now, view.desired);
        let inside = view.values.first().copied().flatten();
        let wanted = inside.map_or(current, |inside| ceil(inside / self.settings.target.value));
        let wanted = wanted.max(u32::from(view.is_awaited));
        if wanted >= current {
            self.fewer = None;
        }
        if wanted > current {
            // One that was asked for out of turn puts off the next.
            if self.added.is_some_and(|at| at + self.settings.every() > now) {
                return current;
            }
            self.added = Some(now);
            return current + 1;
        }
        if wanted < current {
            let since = *self.fewer.get_or_insert(now);
            if since + self.settings.idle <= now {
                return current - 1;
            }
        }
        current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_and_goes_after_the_other() {
        let settings = Settings {
            target: Target::plain(10.0),
            trigger: Trigger::Http,
            over: SimDuration::from_secs(10.0),
            idle: SimDuration::from_secs(2.0),
        };
        let mut policy = AzureConsumption::new(&settings, &Measured::DEFAULT);
        let mut current = 1;
        let mut decide = |at: f64, inside| {
            let now = SimTime::ZERO + SimDuration::from_secs(at);
            current = policy.decide(&ScaleView { now, ..ScaleView::settled(current, &[Some(inside)]) });
            current
        };
        assert_eq!([1.0, 2.0, 3.0, 4.0].map(|at| decide(at, 35.0)), [2, 3, 4, 4]);
        assert_eq!([5.0, 6.0, 7.0, 8.0, 9.0].map(|at| decide(at, 15.0)), [4, 4, 3, 2, 2]);
        // Less than a second after the last one came, none does.
        assert_eq!([10.0, 10.5, 11.0].map(|at| decide(at, 100.0)), [3, 3, 4]);
    }
}
