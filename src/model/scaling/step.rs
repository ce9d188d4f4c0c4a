//! Step and simple scaling of Amazon EC2 Auto Scaling.

use super::reading::{Measured, Target, Ticks, Watch, is_total};
use super::{Change, ScaleView, ScalingPolicy};
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Node, Value, toml, unexpected};
use crate::model::monitoring::monitor::Signal;
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

/// By how much a fleet changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// By so many replicas.
    Count(u32),
    /// By so many percent of them.
    Percent(f64),
}

impl Amount {
    /// Of so many: a part of one more is cut, but some are one at least.
    fn of(self, replicas: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                ((f64::from(replicas) * percent / 100.0 + 1e-9) as u32).max(u32::from(percent > 0.0))
            }
        }
    }
}

impl Field for Amount {
    const EXPECTED: &'static str = "a number of replicas, or a share of them such as \"30%\"";

    fn kind() -> Kind {
        Kind::Either(vec![u32::kind(), Kind::Text])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Integer(_) => u32::read(node, findings).map(Self::Count),
            Value::Text(text) => {
                let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse().ok());
                let percent = percent.filter(|percent: &f64| percent.is_finite() && *percent >= 0.0);
                if percent.is_none() {
                    let error = Diagnostic::error(node.span, format!("\"{text}\" is no share"));
                    findings.push(error.label("no share").help(format!("expected {}", Self::EXPECTED)));
                }
                percent.map(Self::Percent)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Count(count) => count.write(),
            Self::Percent(percent) => Some(format!("{percent}%").into()),
        }
    }
}

crate::settings! {
    /// What is done where a number is beyond a threshold.
    pub struct Step {
        /// How far beyond it the number must be, in the unit of the metric; of several steps the farthest holds.
        beyond: Option<Target> = None,
        /// How many replicas come, or go.
        by: Amount,
    }
}

crate::tables! {
    Step = "a table such as { beyond = \"20%\", by = 2 }",
}

impl Step {
    fn beyond(&self) -> f64 {
        self.beyond.map_or(0.0, |beyond| beyond.value)
    }
}

crate::settings! {
    /// Settings of step scaling.
    pub struct Settings {
        /// The fleet grows while the number is above this; never where absent.
        above: Option<Target> = None,
        /// It shrinks while the number is below this; never where absent.
        below: Option<Target> = None,
        /// What is done above.
        up: Vec<Step> = vec![Step { beyond: None, by: Amount::Count(1) }],
        /// What is done below.
        down: Vec<Step> = vec![Step { beyond: None, by: Amount::Count(1) }],
        /// So many looks in a row must find it so.
        #[range = ">= 1"]
        periods: u32 = 1,
        /// For how long after its start a replica warms up: one that came already is not asked for again, and keeps the fleet
        /// from shrinking. Not with `cooldown`.
        warmup: SimDuration = SimDuration::from_nanos(300_000_000_000),
        /// Simple scaling: for so long after the fleet was changed nothing happens, and then a step is made anew.
        cooldown: Option<SimDuration> = None,
    }
}

/// Adds or takes away replicas while a number is beyond a threshold, more of them the farther it is.
///
/// It looks at the end of each `window`. While replicas warm up, a step counts from those that are warm, so that one that is
/// made twice adds nothing; with `cooldown` it counts from all, and waits. A replica that has crashed is replaced once
/// `health_grace` is over. Helps where it is known how much is needed at which number. Hurts where it is not: small steps
/// creep after the load, large ones swing about it. Source: Amazon EC2 Auto Scaling user guide, "Step and simple scaling
/// policies", 2026; the default of `periods` is that of an alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct StepScaling {
    settings: Settings,
    signal: Signal,
    ticks: Ticks,
    high: u32,
    low: u32,
    /// When it changed the fleet last.
    acted: Option<SimTime>,
    /// What it said last, if that was a change.
    said: Option<Change>,
}

impl StepScaling {
    fn window(keys: &Measured) -> SimDuration {
        keys.window_or(60.0)
    }

    /// The step for a number that is so far beyond its threshold.
    fn step(steps: &[Step], beyond: f64) -> Option<Amount> {
        let reached = steps.iter().filter(|step| beyond >= step.beyond());
        reached.max_by(|one, other| one.beyond().total_cmp(&other.beyond())).map(|step| step.by)
    }
}

impl ScalingPolicy for StepScaling {
    const NAME: &'static str = "step";
    const SUMMARY: &'static str =
        "Some more or fewer while a number is beyond a threshold: EC2 step and simple scaling.";
    const HEEDS: &'static [&'static str] = &["metric", "statistic", "window", "metric_delay"];
    const REPLACES: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, keys: &Measured) -> Result<(), Impossible> {
        let signal = keys.metric_or(Signal::Utilisation);
        let why = "it never changes the fleet: give it, or \"below\"";
        Impossible::unless(settings.above.is_some() || settings.below.is_some(), "above", why)?;
        for (key, threshold) in [("above", &settings.above), ("below", &settings.below)] {
            if let Some(threshold) = threshold {
                threshold.check(signal).map_err(|wrong| {
                    if wrong.key == "target" { Impossible::new(key, wrong.why) } else { wrong }
                })?;
            }
        }
        let (above, below) = (settings.above, settings.below);
        let is_crossed = above.zip(below).is_some_and(|(above, below)| below.value > above.value);
        Impossible::unless(!is_crossed, "below", "a number would be below this and above \"above\"")?;
        for (key, steps) in [("up", &settings.up), ("down", &settings.down)] {
            Impossible::unless(!steps.is_empty(), key, "expected one step at least")?;
            let fits = |step: &Step| step.beyond.is_none_or(|beyond| beyond.fits(signal).is_ok());
            if let Some(place) = steps.iter().position(|step| !fits(step)) {
                let why = "it has another unit than the metric, or is below zero";
                return Err(Impossible::new(format!("{key}.{place}.beyond"), why));
            }
        }
        Ticks::check(Self::window(keys), "window")?;
        Impossible::unless(settings.periods >= 1, "periods", "expected 1 or more")
    }

    fn decisions(_settings: &Settings, keys: &Measured, seconds: f64) -> f64 {
        Ticks::count(Self::window(keys), seconds)
    }

    fn watch(settings: &Settings, keys: &Measured) -> Watch {
        let fresh = if settings.cooldown.is_some() { SimDuration::ZERO } else { settings.warmup };
        Watch { fresh, ..keys.watch(Signal::Utilisation, (Self::window(keys), Self::window(keys))) }
    }

    fn new(settings: &Settings, keys: &Measured) -> Self {
        Self {
            signal: keys.metric_or(Signal::Utilisation),
            ticks: Ticks::new(Self::window(keys)),
            settings: settings.clone(),
            high: 0,
            low: 0,
            acted: None,
            said: None,
        }
    }

    fn due(&self) -> SimTime {
        self.ticks.due()
    }

    fn decide(&mut self, view: &ScaleView<'_>) -> u32 {
        self.ticks.pass(view.now);
        if let Some(change) = self.said.take().filter(|said| said.to == view.desired) {
            self.acted = Some(change.at);
        }
        let Some(value) = view.values.first().copied().flatten() else {
            (self.high, self.low) = (0, 0);
            return view.desired;
        };
        let value = if is_total(self.signal) { value / f64::from(view.up.max(1)) } else { value };
        let over = self.settings.above.map(|above| value - above.value).filter(|by| *by > 0.0);
        let under = self.settings.below.map(|below| below.value - value).filter(|by| *by > 0.0);
        self.high = over.map_or(0, |_| self.high.saturating_add(1));
        self.low = under.map_or(0, |_| self.low.saturating_add(1));
        let is_cooling =
            self.settings.cooldown.zip(self.acted).is_some_and(|(time, at)| at + time > view.now);
        let is_simple = self.settings.cooldown.is_some();
        let (current, warm) = (view.desired, view.up.saturating_sub(view.fresh));
        let decided = match (over, under) {
            _ if is_cooling => current,
            (Some(over), _) if self.high >= self.settings.periods => {
                let from = if is_simple { current } else { warm.min(current) };
                let by = Self::step(&self.settings.up, over).map_or(0, |step| step.of(from));
                from.saturating_add(by).max(current)
            }
            (_, Some(under)) if self.low >= self.settings.periods => {
                let waits = !is_simple && (view.starting > 0 || view.fresh > 0);
                let by = Self::step(&self.settings.down, under).map_or(0, |step| step.of(current));
                if waits { current } else { current.saturating_sub(by) }
            }
            _ => current,
        };
        let decided = decided.clamp(view.min, view.max);
        self.said = Change::of(view.now, current, decided);
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(beyond: f64, by: Amount) -> Step {
        Step { beyond: Some(Target::plain(beyond)), by }
    }

    fn settings() -> Settings {
        Settings {
            above: Some(Target::plain(0.6)),
            below: Some(Target::plain(0.3)),
            up: vec![step(0.0, Amount::Count(1)), step(0.2, Amount::Percent(30.0))],
            down: vec![step(0.0, Amount::Count(1)), step(0.2, Amount::Percent(50.0))],
            periods: 1,
            warmup: SimDuration::from_secs(300.0),
            cooldown: None,
        }
    }

    fn policy(settings: &Settings) -> StepScaling {
        StepScaling::new(settings, &Measured::DEFAULT)
    }

    #[test]
    fn the_farthest_step_holds() {
        let mut one = policy(&settings());
        let seen = [0.5, 0.6, 0.7, 0.79, 0.85, 0.25, 0.05]
            .map(|value| one.decide(&ScaleView::settled(10, &[Some(value)])));
        assert_eq!(seen, [10, 10, 11, 11, 13, 9, 5]);
        // A share of few is one.
        assert_eq!(one.decide(&ScaleView::settled(2, &[Some(0.9)])), 3);
        assert_eq!(one.decide(&ScaleView::settled(2, &[None])), 2);
    }

    #[test]
    fn a_step_that_warms_up_is_not_made_twice() {
        let mut one = policy(&settings());
        let warming = ScaleView { fresh: 1, desired: 11, ..ScaleView::settled(11, &[]) };
        assert_eq!(one.decide(&ScaleView { values: &[Some(0.7)], ..warming }), 11);
        // A larger one adds what is beyond.
        assert_eq!(one.decide(&ScaleView { values: &[Some(0.9)], ..warming }), 13);
        assert_eq!(one.decide(&ScaleView { values: &[Some(0.0)], ..warming }), 11);
    }

    #[test]
    fn simple_scaling_waits_after_each_step() {
        let mut one = policy(&Settings { cooldown: Some(SimDuration::from_secs(150.0)), ..settings() });
        let mut current = 4;
        let seen: Vec<u32> = (0..6)
            .map(|minute| {
                let now = SimTime::ZERO + SimDuration::from_secs(f64::from(minute) * 60.0);
                current = one.decide(&ScaleView { now, ..ScaleView::settled(current, &[Some(0.7)]) });
                current
            })
            .collect();
        assert_eq!(seen, [5, 5, 5, 6, 6, 6]);
        // A step down that another policy keeps from being made is none to wait after.
        let mut one = policy(&Settings { cooldown: Some(SimDuration::from_secs(150.0)), ..settings() });
        let mut at = |minute: f64, value| {
            let now = SimTime::ZERO + SimDuration::from_secs(minute * 60.0);
            one.decide(&ScaleView { now, ..ScaleView::settled(5, &[Some(value)]) })
        };
        assert_eq!([at(0.0, 0.25), at(1.0, 0.7)], [4, 6]);
    }

    #[test]
    fn several_periods_may_be_needed() {
        let mut one = policy(&Settings { periods: 3, ..settings() });
        let seen = [0.7, 0.7, 0.7, 0.5, 0.7].map(|value| one.decide(&ScaleView::settled(4, &[Some(value)])));
        assert_eq!(seen, [4, 4, 5, 4, 4]);
    }
}
