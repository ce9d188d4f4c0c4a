//! The Knative pod autoscaler.

use super::reading::{Measured, Reading, Statistic, Target, Ticks, Watch, ceil};
use super::{Bounds, ScaleView, ScalingPolicy};
use crate::document::{Diagnostics, Field, Kind, Node, Value, toml, unexpected};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

/// What may come at once beside what is inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Burst {
    /// So much, in the unit of the target.
    Number(f64),
    /// Anything.
    Unlimited,
}

impl Field for Burst {
    const EXPECTED: &'static str = "a number in the unit of the target, such as 211, or \"unlimited\"";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Number,
            Kind::word("unlimited", &["All requests pass the queue of the service."]),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Integer(_) | Value::Float(_) => f64::read(node, findings).map(Self::Number),
            Value::Text(text) if text == "unlimited" => Some(Self::Unlimited),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Number(number) => number.write(),
            Self::Unlimited => Some("unlimited".into()),
        }
    }
}

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
        /// What may come at once, beside what is inside. Where the ready replicas, of `target` each, have room for that too, as
        /// of the last look, requests go to one of them directly and wait there; where not, they wait in the queue of the
        /// service for a free slot of any, and `capacity` of `queue` is that of each of these queues. With 0 they wait for the
        /// service only while no replica is ready, or none is wanted; so do those for which no replica is known. Where absent,
        /// and with "unlimited", all requests pass the queue of the service, if it has one. Only with
        /// queue = { at = "service" }.
        #[range = ">= 0"]
        burst: Option<Burst> = None,
    }
}

impl Settings {
    /// What a replica is there for at most.
    fn capacity(&self, signal: Signal) -> f64 {
        let usual = if signal == Signal::Throughput { 200.0 } else { 100.0 };
        self.target.map_or(usual, |target| target.value)
    }

    /// What a replica has to do on average.
    fn aim(&self, signal: Signal) -> f64 {
        self.capacity(signal) * self.utilisation.get()
    }

    /// What room so many ready replicas have beside a burst and what is inside; nothing where all requests pass the queue of
    /// the service.
    fn excess(&self, signal: Signal, ready: u32, inside: f64) -> Option<f64> {
        match self.burst? {
            Burst::Unlimited => None,
            // No burst at all has room anywhere.
            Burst::Number(burst) if burst <= 0.0 => Some(0.0),
            Burst::Number(burst) => {
                let room = f64::from(ready) * self.capacity(signal) - burst - inside;
                // What is whole but for rounding is whole.
                Some((room + 1e-9).floor())
            }
        }
    }

    fn panic_window(&self) -> SimDuration {
        let nanos = self.stable.as_nanos() as f64 * self.panic.get();
        SimDuration::from_nanos(nanos.round().max(1.0) as u64)
    }
}

/// Has as many replicas as the work inside the service asks for, over a long window and, in a panic, over a short one.
///
/// With `min` = 0 the fleet goes when nothing came for a while; a request that finds nobody waits in the queue of the service,
/// which stands for the activator, and the policy looks at once. With `burst` that queue is in the path only while there is
/// too little room; a slot that becomes free goes to who waits at its replica, and then to who waits for the service.
/// Crashed replicas are not ready, and stay. Helps against sudden load, since the short window sees it after seconds. Hurts
/// by cold starts after quiet times, and by the many replicas that a burst leaves behind for the length of the long window.
/// Source: Knative Serving, `pkg/autoscaler`, `pkg/reconciler` and `config-autoscaler`, commit 01f103ef; the time until the
/// activator is in the path is `grace` in full, and it is there at the look that decides it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpa {
    settings: Settings,
    signal: Signal,
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
    /// Whether there was too little room for a burst when that was known last.
    lacks_room: Option<bool>,
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
        Impossible::unless(settings.activation >= 1, "activation", "expected 1 or more")?;
        let is_possible = !matches!(settings.burst, Some(Burst::Number(burst)) if burst < 0.0);
        Impossible::unless(is_possible, "burst", "expected 0 or more, or \"unlimited\" where Knative has -1")
    }

    fn in_vain(settings: &Settings, measured: &Measured, bounds: &Bounds) -> Vec<Impossible> {
        let mut found = Vec::new();
        if settings.activation > bounds.max {
            let why = format!("the fleet never has more than {} replicas", bounds.max);
            found.push(Impossible::new("activation", why));
        }
        let signal = measured.metric_or(Signal::InSystemMean);
        if Self::bypasses(settings)
            && settings.excess(signal, bounds.max, 0.0).is_some_and(|excess| excess < 0.0)
        {
            let why = format!(
                "{} replicas have no room for it: all requests pass the queue of the service",
                bounds.max
            );
            found.push(Impossible::new("burst", why));
        }
        found
    }

    fn of_queue(settings: &Settings) -> Option<&'static str> {
        settings.burst.map(|_| "burst")
    }

    fn bypasses(settings: &Settings) -> bool {
        matches!(settings.burst, Some(Burst::Number(_)))
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
        let signal = keys.metric_or(Signal::InSystemMean);
        Self {
            settings: settings.clone(),
            signal,
            aim: settings.aim(signal),
            ticks: Ticks::new(settings.every),
            panic: None,
            most: 0,
            decided: Vec::new(),
            unwanted: None,
            lacks_room: None,
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

    fn buffers(&mut self, view: &ScaleView<'_>) -> bool {
        let inside = view.values.get(1).copied().flatten();
        // At the start nothing is inside; later, what is not known changes nothing.
        if inside.is_some() || self.lacks_room.is_none() {
            let excess = self.settings.excess(self.signal, view.up, inside.unwrap_or(0.0));
            self.lacks_room = Some(excess.is_none_or(|excess| excess < 0.0));
        }
        let is_going = view.min == 0 && self.unwanted.is_some();
        view.up == 0 || is_going || self.lacks_room == Some(true)
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

    /// As Knative's own tests have it: a target that is 75 % of what a replica is there for.
    fn bursting(target: f64, burst: f64) -> Settings {
        Settings {
            target: Some(Target::plain(target / 0.75)),
            utilisation: Probability::new(0.75).unwrap(),
            burst: Some(Burst::Number(burst)),
            ..golden(target)
        }
    }

    #[test]
    fn published_excess() {
        // Target, burst, concurrency of the panic window and ready replicas of the unit tests of Knative Serving, and what
        // its formula makes of them: the largest whole number up to target / 75 % * ready - burst - concurrency.
        for (target, burst, inside, ready, wanted) in [
            (10.0, 100.0, 50.0, 1, -137.0),
            (10.0, 101.0, 10.0, 1, -98.0),
            (1.0, 98.0, 25.0, 10, -110.0),
            (1.0, 98.0, 41.0, 40, -86.0),
            (1.0, 98.0, 56.0, 55, -81.0),
            (1.0, 98.0, 80.0, 40, -125.0),
            (10.0, 98.0, 100.0, 8, -92.0),
            (10.0, 98.0, 50.0, 8, -42.0),
            (10.0, 75.0, 0.0, 1, -62.0),
            (1.0, 101.0, 6.0, 1, -106.0),
            (1.0, 101.0, 36.0, 6, -129.0),
            (1.0, 101.0, 216.0, 36, -269.0),
            (1.0, 101.0, 1296.0, 216, -1109.0),
            (1.0, 101.0, 1296.0, 1296, 331.0),
            (10.0, 100.0, 50.0, 5, -84.0),
            (1.0, 1982.0, 3.1, 2, -1983.0),
            (10.0, 1982.0, 1.0, 100, -650.0),
            (10.0, 93.0, 1000.0, 10, -960.0),
            (10.0, 93.0, 1.0, 10, 39.0),
            (10.0, 61.0, 1.0, 100, 1271.0),
            (10.0, 81.0, 888.0, 0, -969.0),
            (1.0, 71.0, 101.0, 10, -159.0),
        ] {
            let settings = bursting(target, burst);
            assert_eq!(
                settings.excess(Signal::InSystemMean, ready, inside),
                Some(wanted),
                "{target} {burst} {inside}"
            );
            let mut policy = Kpa::new(&settings, &Measured::DEFAULT);
            decide(&mut policy, 0.0, ready, inside, inside);
            let values = [Some(inside), Some(inside)];
            let lacks_room = policy.buffers(&ScaleView { min: 1, ..ScaleView::settled(ready, &values) });
            assert_eq!(lacks_room, wanted < 0.0);
        }
        // 0 is out of the path whatever there is, and -1 in it.
        assert_eq!(bursting(10.0, 0.0).excess(Signal::InSystemMean, 1, 49.0), Some(0.0));
        let any = Settings { burst: Some(Burst::Unlimited), ..bursting(181.0, 0.0) };
        assert_eq!(any.excess(Signal::InSystemMean, 1, 26.0), None);
        assert!(!Kpa::bypasses(&any) && !Kpa::bypasses(&defaults()) && Kpa::bypasses(&bursting(1.0, 0.0)));
        // What has no target of its own is there for 100, or for 200/s.
        let shipped = Settings { burst: Some(Burst::Number(211.0)), ..defaults() };
        assert_eq!(shipped.excess(Signal::InSystemMean, 3, 88.5), Some(0.0));
        assert_eq!(shipped.excess(Signal::InSystemMean, 3, 89.5), Some(-1.0));
        assert_eq!(shipped.excess(Signal::Throughput, 2, 189.0), Some(0.0));
        // Full to the last place but for rounding.
        let full =
            Settings { target: Some(Target::plain(0.1)), burst: Some(Burst::Number(0.1)), ..defaults() };
        assert_eq!(full.excess(Signal::InSystemMean, 3, 0.2), Some(0.0));
    }

    #[test]
    fn requests_pass_the_queue_while_there_is_too_little_room() {
        let settings = Settings { grace: SimDuration::from_secs(4.0), ..bursting(7.5, 15.0) };
        // Ten each: at the start two have room for 15 and one has not; nobody is ready for anything.
        for (ready, buffers) in [(2, false), (1, true), (0, true)] {
            let mut policy = Kpa::new(&settings, &Measured::DEFAULT);
            assert_eq!(policy.buffers(&ScaleView::settled(ready, &[])), buffers, "{ready}");
        }
        let mut policy = Kpa::new(&settings, &Measured::DEFAULT);
        let mut look = |at: f64, ready, stable: f64, panic: Option<f64>| {
            let values = [Some(stable).filter(|_| panic.is_some()), panic];
            let view = ScaleView {
                now: SimTime::ZERO + SimDuration::from_secs(at),
                ..ScaleView::settled(ready, &values)
            };
            policy.decide(&view);
            policy.buffers(&view)
        };
        // Five beside the burst, to the last place; what is not known changes nothing.
        assert!(!look(2.0, 2, 5.0, Some(5.0)));
        assert!(look(4.0, 2, 5.0, Some(5.1)));
        assert!(look(6.0, 9, 5.0, None));
        assert!(!look(8.0, 9, 5.0, Some(5.0)));
        // The last replica is still there for a while when none is wanted.
        assert!(!look(10.0, 2, 1.0, Some(0.0)));
        assert!(look(12.0, 2, 0.0, Some(0.0)));
        assert!(!look(14.0, 2, 1.0, Some(1.0)));
        // One that never goes is used until the end.
        let mut kept = Kpa::new(&bursting(7.5, 0.0), &Measured::DEFAULT);
        let values = [Some(0.0), Some(0.0)];
        let idle = ScaleView { min: 1, ..ScaleView::settled(1, &values) };
        kept.decide(&idle);
        assert!(!kept.buffers(&idle));
        assert!(kept.buffers(&ScaleView { up: 0, struck: 1, ..idle }));
    }

    #[test]
    fn a_burst_is_no_less_than_nothing() {
        let less = Settings { burst: Some(Burst::Number(-1.0)), ..defaults() };
        let found = Kpa::check(&less, &Measured::DEFAULT).unwrap_err();
        assert_eq!(found.key, "burst");
        let bounds = |max| Bounds { min: 1, max, end: SimTime::NEVER };
        let shipped = Settings { burst: Some(Burst::Number(211.0)), ..defaults() };
        assert_eq!(Kpa::in_vain(&shipped, &Measured::DEFAULT, &bounds(2)).len(), 1);
        assert_eq!(Kpa::in_vain(&shipped, &Measured::DEFAULT, &bounds(3)).len(), 0);
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
