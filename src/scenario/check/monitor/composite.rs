//! Monitors that follow from others: their rules.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::document::{Diagnostic, Name};
use crate::model::monitoring::composite::{Rule, parse};
use crate::model::monitoring::monitor::{Monitor, MonitorKind};
use crate::scenario::check::Checker;
use crate::scenario::written::monitor::CompositeKeys;
use crate::units::MonitorId;

impl Checker<'_> {
    pub(super) fn composite(&mut self, keys: &CompositeKeys) -> Option<Rule> {
        let written = self.written;
        let rule = &keys.rule;
        let mut find = |name: &str| {
            let name = Name { text: name.to_owned(), span: rule.span };
            self.number("monitor", &written.monitors, &name).map(MonitorId)
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
}
