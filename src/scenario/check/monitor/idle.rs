//! What monitors, recoveries and crews never get to do.

use crate::document::Name;
use crate::model::monitoring::burn_rate::BurnRate;
use crate::model::monitoring::monitor::{MonitorKind, Wrong};
use crate::model::monitoring::response::Covers;
use crate::model::monitoring::watch::WatchRule;
use crate::model::recovery::{Operation, PlanPolicy, Work};
use crate::model::system::System;
use crate::scenario::check::Checker;
use crate::scenario::written::detection::DetectedBy;
use crate::scenario::written::recovery::{PlanKeys, WorkKeys};
use crate::units::SimTime;

impl Checker<'_> {
    /// Warns of what is written and never used.
    pub(in crate::scenario::check) fn idle_parts(&mut self, system: &System, horizon: SimTime) {
        self.idle_monitors();
        self.late_monitors(system, horizon);
        self.idle_recoveries();
        self.idle_operations(system);
        self.idle_crews();
    }

    /// Warns of monitors that recover nothing.
    fn idle_monitors(&mut self) {
        let written = self.written;
        for (name, section) in &written.monitors.0 {
            let recovers = section.as_ref().is_some_and(|section| section.response.does.recovers());
            let mut faults = written.faults.0.iter().filter_map(|(_, fault)| fault.as_ref());
            let names_it = faults.any(|fault| {
                let Some(DetectedBy::Monitors(monitors)) = &fault.keys.detected_by else { return false };
                monitors.iter().any(|monitor| monitor.text == name.text)
            });
            if recovers && !names_it && self.taken_back_by(&name.text).is_empty() {
                let message = format!("\"{}\" recovers nothing", name.text);
                let help = format!(
                    "give a fault detected_by = \"monitor.{}\", or the monitor does = \"notify\"",
                    name.text
                );
                self.warning(&["monitor", &name.text], message, &help);
            }
        }
    }

    /// Warns of alarms that no value of a run can raise, and of schedules after its end.
    fn late_monitors(&mut self, system: &System, horizon: SimTime) {
        for monitor in &system.monitors {
            let name = monitor.name.as_str();
            let response = &monitor.response;
            let waits = response.respond.is_some() || matches!(response.covers, Covers::Hours(_));
            if response.cancels && !waits {
                let message = "\"cancels\" has no effect: what follows an alarm is done at once";
                self.warning(&["monitor", name, "cancels"], message, "add \"respond\", or leave it out");
            }
            match &monitor.kind {
                MonitorKind::Watch(watch) => {
                    if let WatchRule::BurnRate(rule) = &watch.rule {
                        self.endless_burns(name, rule);
                    }
                    let first = SimTime::ZERO + watch.period + watch.delay;
                    if first > horizon {
                        let message = format!("no period of \"{name}\" is there before the run is over");
                        self.warning(
                            &["monitor", name],
                            message,
                            "expected a shorter \"period\" or \"delay\"",
                        );
                    }
                    let WatchRule::Threshold(threshold) = &watch.rule else { continue };
                    let (key, never) = match threshold.wrong {
                        Wrong::Above(limit) => ("above", limit >= 1.0),
                        Wrong::Below(limit) => ("below", limit <= 0.0),
                    };
                    if never && watch.quantity.unit() == "ratio" {
                        let message =
                            format!("a share is never {key} that: \"{name}\" is never raised by a value");
                        self.warning(&["monitor", name, key], message, "expected a share between 0 and 1");
                    }
                }
                MonitorKind::Schedule(times) => {
                    if times.nth(0).is_none_or(|first| first >= horizon) {
                        let message = format!("\"{name}\" acts after the run has ended");
                        self.warning(&["monitor", name], message, "expected an earlier instant");
                    }
                }
                MonitorKind::Poll(_) | MonitorKind::Composite(_) | MonitorKind::Forecast(_) => {}
            }
        }
    }

    /// Warns of budgets that cannot be burnt as fast as an alarm asks for.
    fn endless_burns(&mut self, name: &str, rule: &BurnRate) {
        for (place, window) in rule.windows.iter().enumerate() {
            if window.burn * rule.budget >= 1.0 {
                let most = 1.0 / rule.budget;
                let message = format!("if all fails the budget is burnt {most:.6} times as fast, not faster");
                let path = ["monitor", name, "windows", &place.to_string(), "burn"];
                self.warning(&path, message, "expected a smaller number, or a larger \"target\"");
            }
        }
    }

    /// Warns of operations that wait for the failure of one that never fails.
    fn idle_operations(&mut self, system: &System) {
        for recovery in &system.recoveries {
            if recovery.plan.policy != PlanPolicy::Escalate {
                continue;
            }
            let is_sure = |operation: &Operation| match &operation.work {
                Work::Task { success, .. } => success.get() >= 1.0,
                Work::Plan(_) => false,
            };
            let operations = &recovery.plan.operations;
            if let Some(place) =
                operations.iter().position(is_sure).filter(|place| place + 1 < operations.len())
            {
                let next = (place + 1).to_string();
                let path = ["recovery", recovery.name.as_str(), "operations", &next];
                let message = "it never comes to this: the operation before always succeeds";
                self.warning(&path, message, "give that one a \"success\" below 1, or leave this one out");
            }
        }
    }

    /// Warns of plans that no fault has.
    fn idle_recoveries(&mut self) {
        let written = self.written;
        for (name, _) in &written.recoveries.0 {
            let mut faults = written.faults.0.iter().filter_map(|(_, fault)| fault.as_ref());
            let has_it = |plan: &Name| plan.text == name.text;
            if !faults.any(|fault| fault.keys.recovery.as_ref().is_some_and(has_it)) {
                let message = format!("no fault has the recovery \"{}\": nothing ever starts it", name.text);
                let help = format!("give a fault recovery = \"{}\", or leave it out", name.text);
                self.warning(&["recovery", &name.text], message, &help);
            }
        }
    }

    /// Warns of crews that no operation needs.
    fn idle_crews(&mut self) {
        let written = self.written;
        for (name, _) in &written.crews.0 {
            let mut plans = written.recoveries.0.iter().filter_map(|(_, section)| section.as_ref());
            if !plans.any(|section| needs(&section.plan, &name.text)) {
                let message = format!("no operation needs the crew \"{}\"", name.text);
                let help = format!("give an operation crew = \"{}\", or leave it out", name.text);
                self.warning(&["crew", &name.text], message, &help);
            }
        }
    }
}

/// Whether an operation of a plan, or of one within, needs a crew.
fn needs(plan: &PlanKeys, crew: &str) -> bool {
    plan.operations.iter().any(|operation| match &operation.work {
        WorkKeys::Task(task) => task.crew.as_ref().is_some_and(|one| one.text == crew),
        WorkKeys::Plan(plan) => needs(plan, crew),
    })
}
