//! A horizontal pod autoscaler of Kubernetes, `autoscaling/v2`.
//!
//! Where it says nothing the defaults of the policy `hpa` hold, which are those of Kubernetes; without metrics it goes by
//! 80 % of the processors that its pods ask for. Source: Kubernetes API reference, `HorizontalPodAutoscaler` v2, and its
//! validation.

use super::{INT32_MAX, Import};
use crate::document::{Diagnostic, Name, Node, Span, Table, Value};

/// What holds where no metric is written.
const CPU_DEFAULT: i64 = 80;
/// The longest time within which a rule counts, and the longest window [s].
const PERIOD_MAX: i64 = 1_800;
const WINDOW_MAX: i64 = 3_600;

impl Import<'_> {
    /// Takes the settings over.
    pub(super) fn hpa(&mut self, manifest: &Table, version: &str) {
        if version != "autoscaling/v2" {
            let span = manifest.find("apiVersion").map_or(Span::default(), |node| node.span);
            self.refuse(span, format!("this is {version:?}"), "expected apiVersion: autoscaling/v2");
            return;
        }
        let kind = manifest.find("kind").map_or(Span::default(), |node| node.span);
        let Some(spec) = self.inner(manifest, "spec") else {
            self.refuse(kind, "the manifest has no \"spec\"", "add it, with \"maxReplicas\"");
            return;
        };
        self.leave_out_rest(spec, &["scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior"]);
        self.put_text("policy", kind, "hpa");
        if let Some((min, span)) = self.whole(spec, "minReplicas", (0, INT32_MAX)) {
            self.put("min", span, Value::Integer(min));
        }
        match self.whole(spec, "maxReplicas", (1, INT32_MAX)) {
            Some((max, span)) => self.put("max", span, Value::Integer(max)),
            None if spec.find("maxReplicas").is_none() => {
                self.refuse(kind, "\"maxReplicas\" is missing", "Kubernetes needs it");
            }
            None => {}
        }
        // Who says what the target is has no use for those of the manifest.
        if !self.is_written("target") {
            self.metrics(spec, kind);
        }
        if let Some(behavior) = self.inner(spec, "behavior") {
            self.leave_out_rest(behavior, &["scaleUp", "scaleDown"]);
            for (key, direction) in [("scaleUp", "up"), ("scaleDown", "down")] {
                if let Some(rules) = self.inner(behavior, key) {
                    self.rules(rules, direction);
                }
            }
        }
    }

    /// The one metric that is modelled.
    fn metrics(&mut self, spec: &Table, kind: Span) {
        let metrics = self.list(spec, "metrics").unwrap_or_default();
        if metrics.is_empty() {
            if spec.find("metrics").is_none() {
                self.put_text("target", kind, format!("{CPU_DEFAULT}%"));
            }
            return;
        }
        let mut is_found = false;
        for metric in metrics {
            is_found |= self.metric(metric);
        }
        if !is_found {
            let help = "write \"metric\" and \"target\" beside \"import\"";
            self.refuse(metrics[0].span, "none of these metrics is modelled", help);
        }
    }

    /// Takes a metric over where it is the processor's share; whether it is, or is wrong.
    fn metric(&mut self, node: &Node) -> bool {
        const HELP: &str =
            "write \"metric\" and \"target\" beside \"import\" to scale by a number of the service";
        let Value::Table(metric) = &node.value else {
            self.refuse(node.span, "a metric is a mapping", "such as { type: Resource, resource: ... }");
            return true;
        };
        let Some((kind, span)) = self.text(metric, "type") else {
            if metric.find("type").is_none() {
                self.refuse(
                    node.span,
                    "a metric has a \"type\"",
                    "expected Resource, Pods, Object or External",
                );
            }
            return true;
        };
        match kind {
            "Resource" => {}
            "ContainerResource" | "Pods" | "Object" | "External" => {
                self.leave_out(span, &format!("a metric of type {kind}"), HELP);
                return false;
            }
            _ => {
                let known = ["Resource", "ContainerResource", "Pods", "Object", "External"];
                self.findings.push(Diagnostic::unknown(span, "type of metric", kind, known));
                return true;
            }
        }
        let Some(resource) = self.inner(metric, "resource") else {
            self.refuse(span, "a metric of this type has a \"resource\"", "add its name and target");
            return true;
        };
        match self.text(resource, "name") {
            Some(("cpu", _)) => {}
            Some((other, span)) => {
                self.leave_out(span, &format!("the resource \"{other}\""), HELP);
                return false;
            }
            None => return true,
        }
        let Some(target) = self.inner(resource, "target") else {
            self.refuse(
                span,
                "a metric has a \"target\"",
                "such as { type: Utilization, averageUtilization: 80 }",
            );
            return true;
        };
        match self.text(target, "type") {
            Some(("Utilization", _)) => {}
            Some((other @ ("AverageValue" | "Value"), span)) => {
                self.leave_out(span, &format!("a target of type {other}"), HELP);
                return false;
            }
            Some((other, span)) => {
                let known = ["Utilization", "AverageValue", "Value"];
                self.findings.push(Diagnostic::unknown(span, "type of target", other, known));
                return true;
            }
            None => return true,
        }
        if let Some((share, span)) = self.whole(target, "averageUtilization", (1, INT32_MAX)) {
            self.put_text("target", span, format!("{share}%"));
        } else if target.find("averageUtilization").is_none() {
            self.refuse(span, "a target has its \"averageUtilization\"", "add it, such as 80");
        }
        true
    }

    /// The rules of one direction.
    fn rules(&mut self, rules: &Table, direction: &str) {
        self.leave_out_rest(rules, &["stabilizationWindowSeconds", "selectPolicy", "policies"]);
        if let Some((window, span)) = self.whole(rules, "stabilizationWindowSeconds", (0, WINDOW_MAX)) {
            self.put_text(&format!("{direction}_window"), span, format!("{window}s"));
        }
        if let Some((select, span)) = self.text(rules, "selectPolicy") {
            let known = [("Max", "max"), ("Min", "min"), ("Disabled", "disabled")];
            if let Some((_, word)) = known.iter().find(|(name, _)| *name == select) {
                self.put_text(&format!("{direction}_select"), span, *word);
            } else {
                let names = known.map(|(name, _)| name);
                self.findings.push(Diagnostic::unknown(span, "policy of selection", select, names));
            }
        }
        let Some(policies) = self.list(rules, "policies") else { return };
        let Some(first) = policies.first() else { return };
        let all: Option<Vec<Node>> = policies.iter().map(|policy| self.rule(policy)).collect();
        if let Some(all) = all {
            self.put(direction, first.span, Value::List(all));
        }
    }

    /// One rule as the policy `hpa` has it.
    fn rule(&mut self, node: &Node) -> Option<Node> {
        let Value::Table(rule) = &node.value else {
            self.refuse(
                node.span,
                "a rule is a mapping",
                "such as { type: Pods, value: 4, periodSeconds: 15 }",
            );
            return None;
        };
        for key in ["type", "value", "periodSeconds"] {
            if rule.find(key).is_none() {
                self.refuse(node.span, format!("a rule has a \"{key}\""), "add it");
                return None;
            }
        }
        self.leave_out_rest(rule, &["type", "value", "periodSeconds"]);
        let (kind, at) = self.text(rule, "type")?;
        let (value, place) = self.whole(rule, "value", (1, INT32_MAX))?;
        let (period, within) = self.whole(rule, "periodSeconds", (1, PERIOD_MAX))?;
        let key = match kind {
            "Pods" => "count",
            "Percent" => "percent",
            _ => {
                self.findings.push(Diagnostic::unknown(at, "type of rule", kind, ["Pods", "Percent"]));
                return None;
            }
        };
        let entry =
            |key: &str, span: Span, value: Value| (Name { text: key.to_owned(), span }, Node { span, value });
        let entries = vec![
            entry(key, place, Value::Integer(value)),
            entry("period", within, Value::Text(format!("{period}s"))),
        ];
        Some(Node { span: node.span, value: Value::Table(Table { entries }) })
    }
}
