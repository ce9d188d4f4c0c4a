//! The Kubernetes horizontal pod autoscaler.

use super::reading::{Measured, Target, Ticks, Watch, ceil, is_total};
use super::{Bounds, Change, ScaleView, ScalingPolicy};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// How far the fleet may change within a time; `percent` or `count` says it.
    pub struct ScalingRule {
        /// So many percent of the replicas at its begin.
        #[range = ">= 0"]
        percent: Option<f64> = None,
        /// So many replicas.
        count: Option<u32> = None,
        /// Within which time.
        #[range = "> 0"]
        period: SimDuration = SimDuration::from_nanos(15_000_000_000),
    }
}

crate::tables! {
    ScalingRule = "a table such as { percent = 100, period = \"15s\" }",
}

crate::choices! {
    /// Which of several rules holds.
    pub enum Select {
        /// The one that lets the fleet change most.
        Max = "max",
        /// The one that lets it change least.
        Min = "min",
        /// None: the fleet never changes in this direction.
        Disabled = "disabled",
    }
}

crate::settings! {
    /// Settings of the horizontal pod autoscaler.
    pub struct Settings {
        /// What the number should be: the mean over replicas of `utilisation` (the default), `latency_mean` or
        /// `failure_ratio`; per replica of `throughput`, `in_system_mean`, `queue_length_mean` or `backlog_mean`.
        target: Target,
        /// From one look to the next.
        #[range = "> 0"]
        every: SimDuration = SimDuration::from_nanos(15_000_000_000),
        /// Nothing changes while the number is this near to its target, as a share of that.
        tolerance: Probability = Probability::new(0.1).unwrap_or_default(),
        /// The fleet grows only to the smallest number that was wanted within this time.
        up_window: SimDuration = SimDuration::ZERO,
        /// It shrinks only to the largest number that was wanted within this time.
        down_window: SimDuration = SimDuration::from_nanos(300_000_000_000),
        /// How far it may grow within a time.
        up: Vec<ScalingRule> = vec![ScalingRule::percent(100.0), ScalingRule::count(4)],
        /// How far it may shrink within a time.
        down: Vec<ScalingRule> = vec![ScalingRule::percent(100.0)],
        /// Which of the rules for growing holds.
        up_select: Select = Select::Max,
        /// Which of the rules for shrinking holds.
        down_select: Select = Select::Max,
        /// For how long after its start, or the end of a fault, a replica counts as not ready.
        readiness: SimDuration = SimDuration::from_nanos(30_000_000_000),
    }
}

impl ScalingRule {
    const PERIOD: SimDuration = SimDuration::from_nanos(15_000_000_000);

    const fn percent(percent: f64) -> Self {
        Self { percent: Some(percent), count: None, period: Self::PERIOD }
    }

    const fn count(count: u32) -> Self {
        Self { percent: None, count: Some(count), period: Self::PERIOD }
    }

    /// How many there may be when the fleet grows from so many.
    fn above(&self, start: f64) -> f64 {
        self.count.map_or_else(
            || f64::from(ceil(start * (1.0 + self.percent.unwrap_or(0.0) / 100.0))),
            |count| start + f64::from(count),
        )
    }

    /// How few there may be when it shrinks from so many.
    fn below(&self, start: f64) -> f64 {
        self.count.map_or_else(
            || (start * (1.0 - self.percent.unwrap_or(0.0) / 100.0) + 1e-9).floor(),
            |count| start - f64::from(count),
        )
    }
}

/// Has as many replicas as bring a number to its target, if it is the same work.
///
/// Wanted are ceil(ratio x replicas), ratio being number / target. Replicas that boot, or did until `readiness` ago, are
/// neither among them nor among those of whom the number is the mean, unless the fleet is to grow: then they count as ones
/// that have nothing to do; those struck by a fault count as idle when it is to grow and as busy as the target when it is to
/// shrink. Those that drain count nowhere. Crashed replicas stay in the fleet.
/// What is wanted is damped by the windows, and by the rules for each direction. Without a value nothing changes.
/// Helps against load that changes within minutes. Hurts where replicas take longer to start than load takes to come,
/// and where the number does not fall with more replicas: then it grows to `max`. Source: Kubernetes documentation,
/// "Horizontal Pod Autoscaling", and KEP-853 (rules and windows); defaults of `up` and `down` unconfirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Hpa {
    settings: Settings,
    signal: Signal,
    ticks: Ticks,
    /// What was wanted when.
    wanted: Vec<(SimTime, u32)>,
    /// By how much it made the fleet grow when, and shrink.
    grown: Vec<(SimTime, u32)>,
    shrunk: Vec<(SimTime, u32)>,
    /// What it said last, if that was a change.
    said: Option<Change>,
    /// Whether it has not looked yet.
    is_new: bool,
}

/// The longest time within which a rule allows so much.
fn longest(settings: &Settings) -> SimDuration {
    let rules = settings.up.iter().chain(&settings.down);
    rules.map(|rule| rule.period).max().unwrap_or(SimDuration::ZERO)
}

/// Whether an instant is within a time before another.
fn is_within(at: SimTime, time: SimDuration, now: SimTime) -> bool {
    at + time > now
}

impl Hpa {
    /// How often the metrics server looks [s].
    const WINDOW: f64 = 15.0;

    /// What the number alone asks for; `None` where it says nothing.
    fn raw(&self, view: &ScaleView<'_>) -> Option<u32> {
        let (value, current) = (view.values.first().copied().flatten()?, view.desired);
        let target = self.settings.target.value;
        if is_total(self.signal) {
            let ratio = value / (target * f64::from(current.max(1)));
            return Some(if self.is_near(ratio) { current } else { ceil(value / target) });
        }
        let settled = view.up.saturating_sub(view.fresh);
        if settled == 0 {
            return None;
        }
        let (unready, missing) = (view.starting + view.fresh, view.struck);
        let ratio = value / target;
        let grows = ratio > 1.0;
        if missing == 0 && !(grows && unready > 0) {
            return Some(if self.is_near(ratio) { current } else { ceil(ratio * f64::from(settled)) });
        }
        let sum = ratio * f64::from(settled) + if grows { 0.0 } else { f64::from(missing) };
        let all = f64::from(settled + missing + if grows { unready } else { 0 });
        let filled = sum / all;
        let is_turned = (filled > 1.0) != grows;
        let wanted = ceil(sum);
        let is_contrary = if grows { wanted < current } else { wanted > current };
        Some(if self.is_near(filled) || is_turned || is_contrary { current } else { wanted })
    }

    fn is_near(&self, ratio: f64) -> bool {
        (ratio - 1.0).abs() <= self.settings.tolerance.get() + 1e-9
    }

    /// What is left of a wish when those of the windows are looked at.
    fn damp(&mut self, now: SimTime, current: u32, wanted: u32) -> u32 {
        let Settings { up_window, down_window, .. } = self.settings;
        self.wanted.retain(|(at, _)| is_within(*at, up_window.max(down_window), now));
        let within =
            |time| self.wanted.iter().filter(move |(at, _)| is_within(*at, time, now)).map(|one| one.1);
        let lower = within(up_window).fold(wanted, u32::min);
        let upper = within(down_window).fold(wanted, u32::max);
        self.wanted.push((now, wanted));
        current.max(lower).min(upper)
    }

    /// How far the fleet may go up (`grows`) or down within the rules.
    fn limit(&self, now: SimTime, current: u32, grows: bool) -> f64 {
        let changed = |events: &[(SimTime, u32)], period| -> f64 {
            events.iter().filter(|(at, _)| is_within(*at, period, now)).map(|(_, by)| f64::from(*by)).sum()
        };
        let current = f64::from(current);
        let start = |rule: &ScalingRule| {
            current - changed(&self.grown, rule.period) + changed(&self.shrunk, rule.period)
        };
        let rules = if grows { &self.settings.up } else { &self.settings.down };
        let limits =
            rules.iter().map(|rule| if grows { rule.above(start(rule)) } else { rule.below(start(rule)) });
        let select = if grows { self.settings.up_select } else { self.settings.down_select };
        let largest = match select {
            Select::Disabled => return current,
            Select::Max => grows,
            Select::Min => !grows,
        };
        let limit = if largest { limits.reduce(f64::max) } else { limits.reduce(f64::min) };
        let limit = limit.unwrap_or(current);
        if grows { limit.max(current) } else { limit.min(current) }
    }

    /// Notes what came of the last decision, and forgets what no rule looks back on.
    fn note(&mut self, now: SimTime, desired: u32) {
        let longest = longest(&self.settings);
        for events in [&mut self.grown, &mut self.shrunk] {
            events.retain(|(at, _)| is_within(*at, longest, now));
        }
        let Some(Change { at, from, to }) = self.said.take().filter(|said| said.to == desired) else {
            return;
        };
        if to > from {
            self.grown.push((at, to - from));
        } else {
            self.shrunk.push((at, from - to));
        }
    }
}

impl ScalingPolicy for Hpa {
    const NAME: &'static str = "hpa";
    const SUMMARY: &'static str =
        "As many as bring a number to its target: the Kubernetes horizontal pod autoscaler.";
    const HEEDS: &'static [&'static str] = &["metric", "statistic", "window", "metric_delay"];
    type Settings = Settings;

    fn check(settings: &Settings, keys: &Measured) -> Result<(), Impossible> {
        settings.target.check(keys.metric_or(Signal::Utilisation))?;
        Ticks::check(settings.every, "every")?;
        for (key, rules) in [("up", &settings.up), ("down", &settings.down)] {
            let is_impossible = |rule: &ScalingRule| {
                rule.percent.is_some() == rule.count.is_some()
                    || rule.percent.is_some_and(|percent| !(percent >= 0.0 && percent.is_finite()))
                    || rule.period.is_zero()
            };
            if let Some(place) = rules.iter().position(is_impossible) {
                let number = place + 1;
                let why = format!(
                    "rule {number} has not one of \"percent\" and \"count\" above zero and a period above zero"
                );
                return Err(Impossible::new(key, why));
            }
            let why =
                "without a rule it never changes in this direction: say so with \"disabled\" as the select";
            Impossible::unless(!rules.is_empty(), key, why)?;
        }
        Ok(())
    }

    fn in_vain(settings: &Settings, keys: &Measured, _bounds: &Bounds) -> Vec<Impossible> {
        let mut found = Vec::new();
        let highest = settings.target.value * (1.0 + settings.tolerance.get());
        if keys.metric_or(Signal::Utilisation) == Signal::Utilisation && highest >= 1.0 {
            let why = "with its tolerance it is not below 100%, which nothing exceeds: the fleet never grows";
            found.push(Impossible::new("target", why));
        }
        for (key, select, is_written) in [
            ("up", settings.up_select, settings.up != [ScalingRule::percent(100.0), ScalingRule::count(4)]),
            ("down", settings.down_select, settings.down != [ScalingRule::percent(100.0)]),
        ] {
            if select == Select::Disabled && is_written {
                found.push(Impossible::new(
                    key,
                    "the fleet never changes in this direction, whatever the rules",
                ));
            }
        }
        found
    }

    fn target(settings: &Settings, keys: &Measured) -> Option<f64> {
        (keys.metric_or(Signal::Utilisation) == Signal::Utilisation).then_some(settings.target.value)
    }

    fn decisions(settings: &Settings, _keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(settings.every, seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        Watch {
            fresh: settings.readiness,
            memory: settings.up_window.max(settings.down_window).max(longest(settings)),
            ..keys.watch(Signal::Utilisation, (settings.every, keys.window_or(Self::WINDOW)))
        }
    }

    fn new(settings: &Settings, keys: &Measured) -> Self {
        Self {
            signal: keys.metric_or(Signal::Utilisation),
            ticks: Ticks::new(settings.every),
            settings: settings.clone(),
            wanted: Vec::new(),
            grown: Vec::new(),
            shrunk: Vec::new(),
            said: None,
            is_new: true,
        }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        let (now, current) = (view.now, view.desired);
        self.ticks.pass(now);
        self.note(now, current);
        if std::mem::take(&mut self.is_new) {
            // What it finds counts as what was wanted.
            self.wanted.push((now, current));
        }
        let Some(wanted) = self.raw(view) else { return current };
        let damped = self.damp(now, current, wanted.clamp(view.min, view.max));
        let limit = self.limit(now, current, damped > current);
        let decided =
            if damped > current { f64::from(damped).min(limit) } else { f64::from(damped).max(limit) };
        let decided = (decided.max(0.0) as u32).clamp(view.min, view.max);
        self.said = Change::of(now, current, decided);
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: f64) -> SimDuration {
        SimDuration::from_secs(second)
    }

    fn settings(target: f64) -> Settings {
        let mut table = crate::document::Table::default();
        let key = crate::document::Name { text: "target".to_owned(), span: crate::document::Span::default() };
        let value = crate::document::Value::Float(target);
        table.entries.push((key, crate::document::Node { span: crate::document::Span::default(), value }));
        let mut findings = crate::document::Diagnostics::default();
        let mut fields =
            crate::document::Fields::new(&table, crate::document::Span::default(), &mut findings);
        crate::document::Section::read(&mut fields).unwrap()
    }

    fn hpa(settings: &Settings) -> Hpa {
        Hpa::new(settings, &Measured::DEFAULT)
    }

    fn view(now: f64, up: u32, values: &[Option<f64>]) -> ScaleView<'_> {
        ScaleView { now: SimTime::ZERO + second(now), ..ScaleView::settled(up, values) }
    }

    /// What one look at a fleet without history wants.
    fn once(current: u32, value: f64, target: f64) -> u32 {
        let free = Settings { down_window: SimDuration::ZERO, ..settings(target) };
        hpa(&free).decide(&view(0.0, current, &[Some(value)]))
    }

    #[test]
    fn published_examples() {
        // S-HPA-01, and the rows of Kubernetes' documentation: 4 pods at 90 of 60, 63 of 60, 40 of 60.
        assert_eq!(once(50, 0.90, 0.75), 60);
        assert_eq!([once(4, 0.90, 0.60), once(4, 0.63, 0.60), once(4, 0.40, 0.60)], [6, 4, 3]);
        assert_eq!([once(4, 0.66, 0.60), once(4, 0.54, 0.60), once(4, 0.661, 0.60)], [4, 4, 5]);
    }

    #[test]
    fn a_smaller_number_holds_only_after_the_window() {
        let mut policy = hpa(&settings(0.6));
        let mut current = 4;
        let mut seen = Vec::new();
        // Four at target, then two thirds of it.
        for tick in 0..=22 {
            let value = if tick == 0 { 0.6 } else { 0.4 };
            current = policy.decide(&view(f64::from(tick) * 15.0, current, &[Some(value)]));
            seen.push(current);
        }
        // Of 0 s, four were wanted last, which counts until 300 s.
        assert_eq!((&seen[..20], &seen[20..]), (&[4; 20][..], &[3; 3][..]));
        // As many as there were at its first look count as wanted then.
        let mut policy = hpa(&settings(0.6));
        let seen = [0.0, 285.0, 300.0].map(|at| policy.decide(&view(at, 4, &[Some(0.4)])));
        assert_eq!(seen, [4, 4, 3]);
    }

    #[test]
    fn what_others_keep_from_happening_is_no_change() {
        let one = ScalingRule { period: second(300.0), ..ScalingRule::count(1) };
        let mut policy = hpa(&Settings { up: vec![one], down_window: SimDuration::ZERO, ..settings(0.5) });
        // Another policy holds five; one would do.
        for tick in 0..20 {
            assert_eq!(policy.decide(&view(f64::from(tick) * 15.0, 5, &[Some(0.1)])), 1);
        }
        assert_eq!(policy.decide(&view(300.0, 5, &[Some(5.0)])), 6, "one more within five minutes");
    }

    /// How many there are after each look, if far more are wanted and all start at once.
    fn levels(up: Vec<ScalingRule>, looks: u32) -> Vec<u32> {
        let mut policy = hpa(&Settings { up, ..settings(0.5) });
        let mut current = 1;
        (0..looks)
            .map(|tick| {
                current = policy.decide(&view(f64::from(tick) * 15.0, current, &[Some(500.0)]));
                current
            })
            .collect()
    }

    #[test]
    fn growth_follows_the_rules() {
        // S-HPA-02: 900 % a minute.
        let fast = levels(vec![ScalingRule { period: second(60.0), ..ScalingRule::percent(900.0) }], 9);
        assert_eq!(fast, [10, 10, 10, 10, 100, 100, 100, 100, 1000]);
        // S-HPA-03: one in five minutes.
        let slow = levels(vec![ScalingRule { period: second(300.0), ..ScalingRule::count(1) }], 60);
        assert_eq!([0, 19, 20, 39, 40, 59].map(|look| slow[look]), [2, 2, 3, 3, 4, 4]);
        // Twice as many or four more in 15 s, whichever is more.
        assert_eq!(levels(vec![ScalingRule::percent(100.0), ScalingRule::count(4)], 5), [5, 10, 20, 40, 80]);
        let least = Settings { up_select: Select::Min, ..settings(0.5) };
        assert_eq!(hpa(&least).decide(&view(0.0, 1, &[Some(500.0)])), 2);
        let never = Settings { up_select: Select::Disabled, ..settings(0.5) };
        assert_eq!(hpa(&never).decide(&view(0.0, 1, &[Some(500.0)])), 1);
    }

    #[test]
    fn shrinking_follows_its_rules() {
        let tenth = ScalingRule { period: second(60.0), ..ScalingRule::percent(10.0) };
        let one = ScalingRule { period: second(60.0), ..ScalingRule::count(1) };
        let mut policy =
            hpa(&Settings { down: vec![tenth, one], down_window: SimDuration::ZERO, ..settings(0.5) });
        let mut current = 85;
        let seen: Vec<u32> = (0..9)
            .map(|tick| {
                current = policy.decide(&view(f64::from(tick) * 15.0, current, &[Some(0.0)]));
                current
            })
            .collect();
        // floor(85 x 0.9), then floor(76 x 0.9), ...
        assert_eq!(seen, [76, 76, 76, 76, 68, 68, 68, 68, 61]);
    }

    #[test]
    fn who_is_not_ready_counts_as_idle_when_the_fleet_is_to_grow() {
        let free = Settings { down_window: SimDuration::ZERO, ..settings(0.5) };
        let decide = |up, starting, fresh, struck, value: f64| {
            let values = [Some(value)];
            let fleet = view(0.0, up, &values);
            let fleet = ScaleView { starting, fresh, struck, desired: up + starting + struck, ..fleet };
            hpa(&free).decide(&fleet)
        };
        // Four at 100 % of 50 %: eight. With four that boot already, no more.
        assert_eq!(decide(4, 0, 0, 0, 1.0), 8);
        assert_eq!(decide(4, 4, 0, 0, 1.0), 8);
        // Four of eight just started: what the other four need is there.
        assert_eq!(decide(8, 0, 4, 0, 1.0), 8);
        // Two of six crashed: idle if it grows (4 x 2 = 8), at target if it shrinks (4 x 0.5 + 2 = 4).
        assert_eq!(decide(4, 0, 0, 2, 1.0), 8);
        assert_eq!(decide(4, 0, 0, 2, 0.25), 4);
        // Without a value, or one of nobody, nothing changes.
        assert_eq!(hpa(&free).decide(&view(0.0, 4, &[None])), 4);
        assert_eq!(decide(0, 3, 0, 0, 1.0), 3);
    }

    #[test]
    fn totals_are_shared() {
        let keys = Measured { metric: Some(Signal::InSystemMean), ..Measured::DEFAULT };
        let mut policy = Hpa::new(&Settings { down_window: SimDuration::ZERO, ..settings(10.0) }, &keys);
        assert_eq!(policy.decide(&view(0.0, 3, &[Some(45.0)])), 5);
        // 52 of 50 are within the tolerance.
        assert_eq!(policy.decide(&view(15.0, 5, &[Some(52.0)])), 5);
    }
}
