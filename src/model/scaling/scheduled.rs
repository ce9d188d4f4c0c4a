//! A number of replicas for each time of the day, or whatever else repeats.

use super::reading::Measured;
use super::{Bounds, ScaleView, ScalingPolicy};
use crate::registry::Impossible;
use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// From when on there should be how many.
    pub struct Entry {
        /// When it holds for the first time, counted from the start of the run.
        at: SimDuration,
        /// After which time it holds again, and again; once only where absent.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
        /// How many replicas there should be from then on, in each region of the service.
        replicas: u32,
    }
}

crate::tables! {
    Entry = "a table such as { at = \"8h\", every = \"1d\", replicas = 10 }",
}

crate::settings! {
    /// Settings of the schedule.
    pub struct Settings {
        /// From when on there should be how many; of entries at one instant the last that is written. Before the first there
        /// are as many as at the start.
        plan: Vec<Entry>,
    }
}

/// Has as many replicas as the latest entry of a plan says.
///
/// Helps where the load is known in advance, such as that of office hours, and replicas take long to start: they can be
/// there before it comes. Hurts on every day that is not like the others. Source: Amazon EC2 Auto Scaling, "Scheduled
/// scaling"; Kubernetes KEDA, cron scaler; Azure Autoscale, recurring profiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    plan: Vec<Entry>,
    /// When each entry holds next.
    next: Vec<SimTime>,
}

impl ScalingPolicy for Scheduled {
    const NAME: &'static str = "scheduled";
    const SUMMARY: &'static str = "As many replicas as the latest entry of a plan says.";
    const PROVISIONS: bool = true;
    type Settings = Settings;

    fn check(settings: &Settings, _measured: &Measured) -> Result<(), Impossible> {
        if settings.plan.is_empty() {
            return Err(Impossible::new("plan", "a plan has at least one entry"));
        }
        let is_still = |entry: &Entry| entry.every.is_some_and(SimDuration::is_zero);
        match settings.plan.iter().position(is_still) {
            Some(entry) => {
                let why = "an entry holds again after more than zero";
                Err(Impossible::new(format!("plan.{entry}.every"), why))
            }
            None => Ok(()),
        }
    }

    fn in_vain(settings: &Settings, _measured: &Measured, bounds: &Bounds) -> Vec<Impossible> {
        let Bounds { min, max, end } = *bounds;
        let mut found = Vec::new();
        for (place, entry) in settings.plan.iter().enumerate() {
            let at = |key| format!("plan.{place}.{key}");
            if !(min..=max).contains(&entry.replicas) {
                let why = format!("the fleet has {min} to {max} replicas, never {}", entry.replicas);
                found.push(Impossible::new(at("replicas"), why));
            }
            if SimTime::ZERO + entry.at >= end {
                found.push(Impossible::new(at("at"), "the run ends before this entry holds"));
            }
        }
        found
    }

    fn most(settings: &Settings) -> Option<u32> {
        settings.plan.iter().map(|entry| entry.replicas).max()
    }

    fn decisions(settings: &Settings, _measured: &Measured, seconds: f64) -> f64 {
        let times = |entry: &Entry| {
            let left = (seconds - entry.at.as_secs()).max(0.0);
            entry.every.map_or(1.0, |every| 1.0 + left / every.as_secs().max(1e-9))
        };
        settings.plan.iter().map(times).sum()
    }

    fn new(settings: &Settings, _measured: &Measured) -> Self {
        let next = settings.plan.iter().map(|entry| SimTime::ZERO + entry.at).collect();
        Self { plan: settings.plan.clone(), next }
    }

    fn due(&self) -> SimTime {
        self.next.iter().copied().min().unwrap_or(SimTime::NEVER)
    }

    fn decide(&mut self, fleet: &ScaleView<'_>) -> u32 {
        let mut desired = (SimTime::ZERO, fleet.desired);
        for (entry, next) in self.plan.iter().zip(&mut self.next) {
            while *next <= fleet.now {
                if *next >= desired.0 {
                    desired = (*next, entry.replicas);
                }
                *next = entry.every.map_or(SimTime::NEVER, |every| *next + every);
            }
        }
        desired.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: f64) -> SimDuration {
        SimDuration::from_secs(hours * 3600.0)
    }

    fn entry(at: f64, every: Option<f64>, replicas: u32) -> Entry {
        Entry { at: hours(at), every: every.map(hours), replicas }
    }

    #[test]
    fn the_latest_entry_holds() {
        let plan = vec![entry(8.0, Some(24.0), 10), entry(18.0, Some(24.0), 3), entry(30.0, None, 7)];
        let mut policy = Scheduled::new(&Settings { plan }, &Measured::DEFAULT);
        let mut desired = 5;
        let mut seen = Vec::new();
        while policy.due() <= SimTime::ZERO + hours(60.0) {
            let now = policy.due();
            desired = policy.decide(&ScaleView { now, ..ScaleView::settled(desired, &[]) });
            seen.push((now.as_secs() / 3600.0, desired));
            assert!(policy.due() > now);
        }
        assert_eq!(seen, [(8.0, 10), (18.0, 3), (30.0, 7), (32.0, 10), (42.0, 3), (56.0, 10)]);
    }

    #[test]
    fn of_entries_at_one_instant_the_last_holds() {
        let plan = vec![entry(0.0, Some(1.0), 4), entry(0.0, Some(2.0), 2)];
        let mut policy = Scheduled::new(&Settings { plan }, &Measured::DEFAULT);
        let mut decide = |at: f64| {
            let now = SimTime::ZERO + hours(at);
            (policy.due() <= now).then(|| policy.decide(&ScaleView { now, ..ScaleView::settled(9, &[]) }))
        };
        assert_eq!([decide(0.0), decide(1.0), decide(2.0)], [Some(2), Some(4), Some(2)]);
    }

    #[test]
    fn a_plan_has_an_entry_and_goes_on() {
        let wrong = |plan| Scheduled::check(&Settings { plan }, &Measured::DEFAULT).unwrap_err().why;
        assert!(wrong(Vec::new()).contains("at least one entry"));
        assert!(wrong(vec![entry(1.0, Some(0.0), 3)]).contains("more than zero"));
    }

    #[test]
    fn entries_that_never_hold_are_found() {
        let plan = vec![entry(1.0, None, 3), entry(2.0, None, 7), entry(9.0, Some(1.0), 1)];
        let bounds = Bounds { min: 2, max: 5, end: SimTime::ZERO + hours(9.0) };
        let found = Scheduled::in_vain(&Settings { plan }, &Measured::DEFAULT, &bounds);
        let keys: Vec<&str> = found.iter().map(|one| &*one.key).collect();
        assert_eq!(keys, ["plan.1.replicas", "plan.2.replicas", "plan.2.at"]);
    }
}
