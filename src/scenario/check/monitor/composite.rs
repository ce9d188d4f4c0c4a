//! Monitors that follow from others, and those that only act: rules and times.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::document::{Diagnostic, Name};
use crate::model::monitoring::composite::{Rule, parse};
use crate::model::monitoring::monitor::{Monitor, MonitorKind, Times};
use crate::scenario::check::Checker;
use crate::scenario::written::monitor::{CompositeKeys, MonitorKeys, ScheduleKeys};
use crate::units::{MonitorId, SimTime};

impl Checker<'_> {
    pub(super) fn composite(&mut self, keys: &CompositeKeys) -> Option<Rule> {
        let written = self.written;
        let rule = &keys.rule;
        let mut find = |name: &str| {
            let name = Name { text: name.to_owned(), span: rule.span };
            let number = self.number("monitor", &written.monitors, &name)?;
            let section = written.monitors.0[number as usize].1.as_ref();
            if section.is_some_and(|section| matches!(section.kind, MonitorKeys::Schedule(_))) {
                let message = format!("the schedule \"{}\" raises no alarm", name.text);
                self.findings.push(Diagnostic::error(rule.span, message));
                return None;
            }
            Some(MonitorId(number))
        };
        match parse(&rule.text, &mut find) {
            Ok(rule) => Some(rule),
            Err(why) => {
                if let Some(why) = why {
                    let error = Diagnostic::error(rule.span, "this is no rule").label("not a rule");
                    let help = "a rule is one such as \"monitor.a and not (monitor.b or monitor.c)\"";
                    self.findings.push(error.help(format!("{why}; {help}")));
                }
                None
            }
        }
    }

    /// Reports monitors that follow from themselves.
    pub(super) fn circular_monitors(&mut self, monitors: &[Monitor]) {
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<_> = monitors.iter().map(|_| graph.add_node(())).collect();
        let mut follows = vec![false; monitors.len()];
        for (number, monitor) in monitors.iter().enumerate() {
            let MonitorKind::Composite(rule) = &monitor.kind else { continue };
            for other in (0..monitors.len()).filter(|other| rule.asks(MonitorId(*other as u32))) {
                follows[number] |= other == number;
                graph.add_edge(nodes[number], nodes[other], ());
            }
        }
        for circle in tarjan_scc(&graph).iter().filter(|circle| circle.len() > 1).flatten() {
            follows[circle.index()] = true;
        }
        for (monitor, _) in monitors.iter().zip(follows).filter(|(_, follows)| *follows) {
            let message = format!("the monitor \"{}\" follows from itself", monitor.name);
            self.error(&["monitor", &monitor.name, "rule"], message, "");
        }
    }

    pub(super) fn times(&mut self, name: &str, keys: &ScheduleKeys) -> Option<Times> {
        let at = |key| ["monitor", name, key];
        match (&keys.at, keys.every) {
            (Some(times), None) => {
                if !keys.offset.is_zero() {
                    self.error(&at("offset"), "\"offset\" belongs to \"every\"", "");
                }
                let mut times: Vec<SimTime> = times.0.iter().map(|one| SimTime::ZERO + *one).collect();
                times.sort_unstable();
                times.dedup();
                Some(Times::At(times))
            }
            (None, Some(every)) => {
                if every.is_zero() {
                    self.error(&at("every"), "\"every\" is longer than zero", "");
                }
                Some(Times::Every { every, offset: keys.offset })
            }
            _ => {
                let message = "a schedule has given times";
                self.error(&["monitor", name], message, "give either \"at\" or \"every\"");
                None
            }
        }
    }
}
