//! The Knative pod autoscaler.

use super::reading::{Measured, Reading, Statistic, Target, Ticks, Watch, ceil};
use super::{Bounds, ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// Settings of the Knative pod autoscaler.
    pub struct Settings {
        /// What one replica has to do at most: requests inside it (`in_system_mean`, the default), or a rate of them
        /// (`throughput`). Where absent 100, or "200/s".
        target: Option<Target> = None,
        /// Share of the target that it aims at.
        #[range = "> 0"]
        utilisation: Probability = Probability::new(0.7).unwrap_or_default(),
        /// Over which time the number is taken that holds usually.
        #[range = "> 0"]
        stable: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// Over which share of that time the number is taken that may begin a panic.
        #[range = "> 0"]
        panic: Probability = Probability::new(0.1).unwrap_or_default(),
        /// A panic begins when so many times the ready replicas are wanted; in a panic the fleet never shrinks, and it lasts
        /// until that was not so for the time `stable`.
        #[range = "> 1"]
        panic_threshold: f64 = 2.0,
        /// To how many times the ready replicas the fleet may grow at one look.
        #[range = "> 1"]
        up_rate: f64 = 1000.0,
        /// To which part of them it may shrink at one look: 2 is the half.
        #[range = "> 1"]
        down_rate: f64 = 2.0,
        /// From one look to the next.
        #[range = "> 0"]
        every: SimDuration = SimDuration::from_nanos(2_000_000_000),
        /// For how long nothing must be wanted before the last replica goes; only with `min` = 0.
        grace: SimDuration = SimDuration::from_nanos(30_000_000_000),
        /// The fleet shrinks only to the largest number that was decided within this time.
        down_delay: SimDuration = SimDuration::ZERO,
        /// Where any replica is wanted, so many are at least.
        #[range = ">= 1"]
        activation: u32 = 1,
    }
}

impl Settings {
    /// What a replica has to do on average.
    fn aim(&self, signal: Signal) -> f64 {
        let usual = if signal == Signal::Throughput { 200.0 } else { 100.0 };
        self.target.map_or(usual, |target| target.value) * self.utilisation.get()
    }

    fn panic_window(&self) -> SimDuration {
        let nanos = self.stable.as_nanos() as f64 * self.panic.get();
        SimDuration::from_nanos(nanos.round().max(1.0) as u64)
    }
}

/// Has as many replicas as the work inside the service asks for, over a long window and, in a panic, over a short one.
///
/// With `min` = 0 the fleet goes when nothing came for a while; a request that finds nobody waits in the queue of the service,
/// which stands for the activator, and the policy looks at once. Crashed replicas are not ready, and stay. Helps against
/// sudden load, since the short window sees it after seconds. Hurts by cold starts after quiet times, and by the many
/// replicas that a burst leaves behind for the length of the long window. Source: Knative Serving, `pkg/autoscaler` and
/// `config-autoscaler`, commit 01f103ef; the time until the activator is in the path is `grace` in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpa {
    settings: Settings,
    aim: f64,
    ticks: Ticks,
    /// When too much was wanted last, in a panic.
    panic: Option<SimTime>,
    /// The largest decision of this panic.
    most: u32,
    /// What was decided when, within the delay.
    decided: Vec<(SimTime, u32)>,
    /// Since when nothing is wanted.
    unwanted: Option<SimTime>,
}

impl Kpa {
    fn wanted(&mut self, view: &ScaleView<'_>, stable: f64, panic: f64) -> u32 {
        let Settings { panic_threshold, up_rate, down_rate, activation, .. } = self.settings;
        let ready = f64::from(view.up.max(1));
        let (up, down) = (ceil(up_rate * ready), (ready / down_rate + 1e-9).floor() as u32);
        let (for_stable, for_panic) = (ceil(stable / self.aim), ceil(panic / self.aim));
        let limit = |wanted: u32| {
            let limited = wanted.max(down).min(up);
            if wanted > 0 { limited.max(activation) } else { limited }
        };
        if f64::from(for_panic) / ready >= panic_threshold {
            self.panic = Some(view.now);
        } else if self.panic.is_some_and(|since| since + self.settings.stable < view.now) {
            (self.panic, self.most) = (None, 0);
        }
        if self.panic.is_none() {
            return limit(for_stable);
        }
        self.most = self.most.max(limit(for_stable)).max(limit(for_panic));
        self.most
    }

    /// The largest of the decisions within the delay.
    fn delay(&mut self, now: SimTime, wanted: u32) -> u32 {
        let delay = self.settings.down_delay;
        if delay.is_zero() {
            return wanted;
        }
        self.decided.retain(|(at, _)| *at + delay > now);
        self.decided.push((now, wanted));
        self.decided.iter().map(|one| one.1).max().unwrap_or(wanted)
    }

    /// The last replica stays until nothing was wanted for a while.
    fn keep_last(&mut self, now: SimTime, wanted: u32) -> u32 {
        if wanted > 0 {
            self.unwanted = None;
            return wanted;
        }
        let since = *self.unwanted.get_or_insert(now);
        u32::from(since + self.settings.grace > now)
    }
}

impl ScalingPolicy for Kpa {
    const NAME: &'static str = "kpa";
    const SUMMARY: &'static str =
        "As many as the work inside asks for, at once when it rises fast: Knative's autoscaler.";
    const HEEDS: &'static [&'static str] = &["metric", "metric_delay"];
    const WAKES: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, keys: &Measured) -> Result<(), Impossible> {
        let signal = keys.metric_or(Signal::InSystemMean);
        let is_known = matches!(signal, Signal::InSystemMean | Signal::Throughput);
        Impossible::unless(is_known, "metric", "it goes by \"in_system_mean\" or \"throughput\"")?;
        if let Some(target) = &settings.target {
            target.check(signal)?;
        }
        Ticks::check(settings.every, "every")?;
        Impossible::unless(settings.utilisation.get() > 0.0, "utilisation", "expected a share above zero")?;
        Impossible::unless(!settings.stable.is_zero(), "stable", "expected a time above zero")?;
        Impossible::unless(settings.panic.get() > 0.0, "panic", "expected a share above zero")?;
        for (key, rate) in [
            ("panic_threshold", settings.panic_threshold),
            ("up_rate", settings.up_rate),
            ("down_rate", settings.down_rate),
        ] {
            Impossible::unless(rate > 1.0 && rate.is_finite(), key, "expected a number above 1")?;
        }
        Impossible::unless(settings.activation >= 1, "activation", "expected 1 or more")
    }

    fn in_vain(settings: &Settings, _measured: &Measured, bounds: &Bounds) -> Vec<Impossible> {
        let mut found = Vec::new();
        if settings.activation > bounds.max {
            let why = format!("the fleet never has more than {} replicas", bounds.max);
            found.push(Impossible::new("activation", why));
        }
        found
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.every, seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let signal = keys.metric_or(Signal::InSystemMean);
        let over = |window| Reading { signal, statistic: Statistic::Mean, window };
        Watch {
            every: settings.every,
            delay: keys.delay(),
            readings: vec![over(settings.stable), over(settings.panic_window())],
            memory: settings.down_delay,
            ..Watch::default()
        }
    }

    fn new(settings: &Settings, keys: &Measured) -> Self {
        Self {
            settings: settings.clone(),
            aim: settings.aim(keys.metric_or(Signal::InSystemMean)),
            ticks: Ticks::new(settings.every),
            panic: None,
            most: 0,
            decided: Vec::new(),
            unwanted: None,
        }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        let [Some(stable), Some(panic)] = *view.values else {
            return if view.is_awaited { view.desired.max(self.settings.activation) } else { view.desired };
        };
        let wanted = self.wanted(view, stable, panic);
        let wanted = if view.is_awaited { wanted.max(self.settings.activation) } else { wanted };
        let delayed = self.delay(view.now, wanted);
        self.keep_last(view.now, delayed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Diagnostics, Fields, Section, Span, Table};

    fn defaults() -> Settings {
        let (table, mut findings) = (Table::default(), Diagnostics::default());
        Settings::read(&mut Fields::new(&table, Span::default(), &mut findings)).unwrap()
    }

    /// As the tests of Knative's own: no grace, a target that is aimed at in full, rates of ten.
    fn golden(target: f64) -> Settings {
        Settings {
            target: Some(Target::plain(target)),
            utilisation: Probability::ONE,
            up_rate: 10.0,
            down_rate: 10.0,
            grace: SimDuration::ZERO,
            ..defaults()
        }
    }

    fn decide(policy: &mut Kpa, at: f64, ready: u32, stable: f64, panic: f64) -> u32 {
        let values = [Some(stable), Some(panic)];
        let now = SimTime::ZERO + SimDuration::from_secs(at);
        policy.decide(&ScaleView { now, ..ScaleView::settled(ready, &values) })
    }

    fn steps(settings: &Settings, steps: &[(u32, f64, f64)]) -> Vec<u32> {
        let mut policy = Kpa::new(settings, &Measured::DEFAULT);
        steps.iter().map(|(ready, stable, panic)| decide(&mut policy, 0.0, *ready, *stable, *panic)).collect()
    }

    #[test]
    fn published_decisions() {
        // S-KPA-01 to 06, 09: the unit tests of Knative Serving.
        let ten = golden(10.0);
        assert_eq!(steps(&ten, &[(1, 50.0, 50.0)]), [5]);
        assert_eq!(steps(&ten, &[(1, 50.0, 10.0), (1, 100.0, 10.0)]), [5, 10]);
        assert_eq!(steps(&ten, &[(8, 100.0, 100.0), (8, 50.0, 50.0)]), [10, 5]);
        assert_eq!(steps(&ten, &[(1, 1.0, 0.0), (1, 0.0, 0.0)]), [1, 0]);
        assert_eq!(steps(&ten, &[(1, 1000.0, 1001.0), (10, 1000.0, 1001.0)]), [10, 100]);
        assert_eq!(steps(&ten, &[(100, 1.0, 1.0), (10, 1.0, 1.0)]), [10, 1]);
        assert_eq!(steps(&ten, &[(1, 50.0, 100.0)]), [10]);
        // S-KPA-07: at least two where any is wanted.
        let two = Settings { activation: 2, ..ten };
        assert_eq!(steps(&two, &[(1, 0.0, 0.0), (1, 1.0, 0.0)]), [0, 2]);
        // S-KPA-08: a small rate does not get stuck.
        let slow = Settings { up_rate: 1.1, ..golden(1.0) };
        assert_eq!(steps(&slow, &[(2, 3.0, 3.1)]), [3]);
        // S-KPA-10: a limit of 10 at 70 %, the other settings as they are shipped.
        let example = Settings { target: Some(Target::plain(10.0)), ..defaults() };
        assert_eq!(steps(&example, &[(1, 100.0, 100.0)]), [15]);
    }

    #[test]
    fn a_panic_holds_what_it_had() {
        // The row of semantics: 10 ready, 70 aimed at, 700 and 1,500 inside.
        let mut policy = Kpa::new(&defaults(), &Measured::DEFAULT);
        assert_eq!(decide(&mut policy, 0.0, 10, 700.0, 1500.0), 22);
        assert_eq!(decide(&mut policy, 2.0, 10, 700.0, 100.0), 22);
        assert_eq!(decide(&mut policy, 60.0, 22, 700.0, 100.0), 22);
        // Over after the stable window, and then as the long one says, no less than the half.
        assert_eq!(decide(&mut policy, 62.0, 22, 700.0, 100.0), 11);
        assert_eq!(decide(&mut policy, 64.0, 22, 0.0, 0.0), 11);
    }

    #[test]
    fn the_last_replica_goes_after_the_grace() {
        let mut policy = Kpa::new(&defaults(), &Measured::DEFAULT);
        let seen = [0.0, 2.0, 28.0, 30.0, 32.0].map(|at| decide(&mut policy, at, 1, 0.0, 0.0));
        assert_eq!(seen, [1, 1, 1, 0, 0]);
        // Work in between begins it anew.
        assert_eq!(decide(&mut policy, 34.0, 1, 1.0, 1.0), 1);
        assert_eq!([36.0, 64.0, 66.0].map(|at| decide(&mut policy, at, 1, 0.0, 0.0)), [1, 1, 0]);
        // Whoever waits for nobody gets one at once, whatever the windows say.
        let values = [Some(0.0), Some(0.0)];
        let awaited = ScaleView { is_awaited: true, ..ScaleView::settled(0, &values) };
        assert_eq!(policy.decide(&awaited), 1);
        let unknown = ScaleView { values: &[None, None], ..awaited };
        assert_eq!(policy.decide(&unknown), 1);
    }

    #[test]
    fn a_delay_keeps_the_largest_decision() {
        let delayed =
            Settings { down_delay: SimDuration::from_secs(10.0), panic_threshold: 1e6, ..golden(10.0) };
        let mut policy = Kpa::new(&delayed, &Measured::DEFAULT);
        let seen = [(0.0, 100.0), (2.0, 50.0), (8.0, 20.0), (10.0, 20.0), (12.0, 20.0)]
            .map(|(at, load)| decide(&mut policy, at, 8, load, load));
        assert_eq!(seen, [10, 10, 10, 5, 2]);
    }

    #[test]
    fn a_rate_has_a_target_of_its_own() {
        let keys = Measured { metric: Some(Signal::Throughput), ..Measured::DEFAULT };
        let mut policy = Kpa::new(&defaults(), &keys);
        // 1,400/s at 140/s each.
        assert_eq!(decide(&mut policy, 0.0, 9, 1_400.0, 1_400.0), 10);
        assert!(Kpa::check(&defaults(), &Measured { metric: Some(Signal::Utilisation), ..keys }).is_err());
    }
}
