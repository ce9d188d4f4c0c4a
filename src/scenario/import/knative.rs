//! Annotations of a Service, Configuration or Revision of Knative Serving.
//!
//! Source: Knative Serving, `pkg/apis/autoscaling/register.go` (annotations) and `pkg/autoscaler` (what follows from them).
//! Annotations are texts; what is the default of a cluster is in its `config-autoscaler`, which no manifest knows.

use super::{INT32_MAX, Import};
use crate::document::{Name, Node, Span, Table, Value};

const PREFIX: &str = "autoscaling.knative.dev/";
const CLASS: &str = "kpa.autoscaling.knative.dev";
/// How many requests inside a pod are its target where nothing says it.
const TARGET: f64 = 100.0;
/// What may come at once where nothing says it.
const BURST: f64 = 211.0;

/// An annotation: its key without the prefix, its text and where that stands.
#[derive(Clone, Copy)]
struct Note<'t> {
    key: &'t str,
    text: &'t str,
    span: Span,
}

impl Import<'_> {
    /// Takes the settings over.
    pub(super) fn knative(&mut self, manifest: &Table) {
        let kind = manifest.find("kind").map_or(Span::default(), |node| node.span);
        let (metadata, spec) = match manifest.find("kind").map(|node| &node.value) {
            Some(Value::Text(kind)) if kind == "Revision" => {
                (self.inner(manifest, "metadata"), self.inner(manifest, "spec"))
            }
            _ => {
                let spec = self.inner(manifest, "spec");
                let template = spec.and_then(|spec| self.inner(spec, "template"));
                let Some(template) = template else {
                    let help = "expected a Service, Configuration or Revision";
                    self.refuse(kind, "the manifest has no \"spec\" with a \"template\"", help);
                    return;
                };
                (self.inner(template, "metadata"), self.inner(template, "spec"))
            }
        };
        let hard = spec.and_then(|spec| self.whole(spec, "containerConcurrency", (0, INT32_MAX)));
        let hard = hard.filter(|(limit, _)| *limit > 0);
        self.put_text("policy", kind, "kpa");
        let annotations = metadata.and_then(|metadata| self.inner(metadata, "annotations"));
        let notes: Vec<Note<'_>> = annotations.map_or_else(Vec::new, |table| self.notes(table));
        let metric = notes.iter().find(|note| note.key == "metric").map_or("concurrency", |note| note.text);
        self.target(&notes, metric, hard);
        let has = |key: &str| notes.iter().any(|note| note.key == key);
        let (bounds, bursts) = (has("min-scale"), has("target-burst-capacity"));
        for note in notes {
            self.note(note);
        }
        if !bounds {
            self.put("min", kind, Value::Integer(0));
        }
        if !bursts && self.has_queue {
            self.put("burst", kind, Value::Float(BURST));
        }
        if let Some((limit, span)) = hard
            && self.slots.is_none_or(|slots| slots.value != Value::Integer(limit))
        {
            let help = format!("write concurrency = {limit} in the service");
            self.leave_out(span, "\"containerConcurrency\" as the limit of a pod", &help);
        }
    }

    /// All annotations about autoscaling, in kebab case.
    fn notes<'t>(&mut self, table: &'t Table) -> Vec<Note<'t>> {
        let mut notes = Vec::new();
        for (Name { text: key, .. }, node) in &table.entries {
            let Some(key) = key.strip_prefix(PREFIX) else { continue };
            let Node { value: Value::Text(text), span } = node else {
                self.refuse(node.span, "an annotation is a text", "put it in quotation marks");
                continue;
            };
            let old = OLD.iter().find(|(old, _)| *old == key);
            notes.push(Note { key: old.map_or(key, |(_, new)| *new), text: text.trim(), span: *span });
        }
        notes
    }

    /// What one pod is to do: the smaller of its target and of its limit, where both speak of requests inside it.
    fn target(&mut self, notes: &[Note<'_>], metric: &str, hard: Option<(i64, Span)>) {
        let given = notes.iter().find(|note| note.key == "target");
        let given = given.and_then(|note| Some((self.number(*note, (0.01, 1e9))?, note.span)));
        let hard = hard.map(|(limit, span)| (limit as f64, span));
        if metric == "rps" {
            if let Some((target, span)) = given {
                self.put_text("target", span, format!("{target}/s"));
            }
            return;
        }
        let target = match (given, hard) {
            (Some(target), Some(limit)) if limit.0 < target.0 => Some(limit),
            (Some(target), _) => Some(target),
            (None, limit) => limit,
        };
        if let Some((target, span)) = target.filter(|(target, _)| (target - TARGET).abs() > 1e-9) {
            self.put("target", span, Value::Float(target));
        }
    }

    fn note(&mut self, note: Note<'_>) {
        let Note { key, text, span } = note;
        let count = |value: f64| Value::Integer(value as i64);
        let percent = |value: f64| Value::Text(format!("{value}%"));
        let put = match key {
            "target" => None,
            "class" if text == CLASS => None,
            "class" => {
                self.refuse(
                    span,
                    format!("the class {text:?} is not modelled"),
                    &format!("expected \"{CLASS}\""),
                );
                None
            }
            "metric" => match text {
                "concurrency" => None,
                "rps" => Some(("metric", Value::Text("throughput".to_owned()))),
                _ => {
                    let message = format!("the metric {text:?} is not one of this class");
                    self.refuse(span, message, "expected \"concurrency\" or \"rps\"");
                    None
                }
            },
            "min-scale" => self.whole_note(note, 0).map(|value| ("min", count(value))),
            // Zero is no limit.
            "max-scale" => {
                self.whole_note(note, 0).filter(|value| *value > 0.0).map(|value| ("max", count(value)))
            }
            "activation-scale" => self.whole_note(note, 1).map(|value| ("activation", count(value))),
            "target-utilization-percentage" => {
                self.number(note, (1.0, 100.0)).map(|value| ("utilisation", percent(value)))
            }
            "panic-window-percentage" => {
                self.number(note, (1.0, 100.0)).map(|value| ("panic", percent(value)))
            }
            "panic-threshold-percentage" => self
                .number(note, (110.0, 1000.0))
                .map(|value| ("panic_threshold", Value::Float(value / 100.0))),
            "window" => self.time(note, (6.0, 3600.0)).map(|text| ("stable", text)),
            "scale-down-delay" => self.time(note, (0.0, 3600.0)).map(|text| ("down_delay", text)),
            "target-burst-capacity" => self.burst(note).map(|value| ("burst", value)),
            "initial-scale" => {
                let help = format!("write replicas = {text} in the service");
                self.leave_out(span, "\"initial-scale\"", &help);
                None
            }
            other => {
                self.leave_out(span, &format!("the annotation \"{PREFIX}{other}\""), "");
                None
            }
        };
        if let Some((key, value)) = put {
            self.put(key, span, value);
        }
    }

    /// What may come at once: -1 is anything. That is about the queue of the service, and without one left out.
    fn burst(&mut self, note: Note<'_>) -> Option<Value> {
        let is_any = note.text.parse().is_ok_and(|value: f64| value.total_cmp(&-1.0).is_eq());
        let value = if is_any {
            Value::Text("unlimited".to_owned())
        } else {
            Value::Float(self.number(note, (0.0, 1e9))?)
        };
        if !self.has_queue {
            let help = "write queue = { at = \"service\" } in the service";
            self.leave_out(note.span, "\"target-burst-capacity\" without a queue of the service", help);
            return None;
        }
        Some(value)
    }

    /// The number that an annotation says, between two.
    fn number(&mut self, note: Note<'_>, (low, high): (f64, f64)) -> Option<f64> {
        let value = note.text.parse().ok().filter(|value| (low..=high).contains(value));
        if value.is_none() {
            let message = format!("{:?} is no \"{}\"", note.text, note.key);
            self.refuse(note.span, message, &format!("expected a number from {low} to {high}"));
        }
        value
    }

    fn whole_note(&mut self, note: Note<'_>, low: i64) -> Option<f64> {
        let value = note.text.parse::<i64>().ok().filter(|value| (low..=INT32_MAX).contains(value));
        if value.is_none() {
            let message = format!("{:?} is no \"{}\"", note.text, note.key);
            self.refuse(note.span, message, &format!("expected a whole number from {low} on"));
        }
        value.map(|value| value as f64)
    }

    /// A time as Go writes it, such as `1m30s`, between two numbers of seconds.
    fn time(&mut self, note: Note<'_>, (low, high): (f64, f64)) -> Option<Value> {
        let seconds = go_seconds(note.text).filter(|seconds| (low..=high).contains(seconds));
        if seconds.is_none() {
            let message = format!("{:?} is no \"{}\"", note.text, note.key);
            let help = format!("expected a time from {low}s to {high}s, such as \"1m30s\"");
            self.refuse(note.span, message, &help);
        }
        seconds.map(|seconds| Value::Text(format!("{}ns", (seconds * 1e9).round())))
    }
}

/// Annotations as they were spelt before.
const OLD: [(&str, &str); 10] = [
    ("minScale", "min-scale"),
    ("maxScale", "max-scale"),
    ("initialScale", "initial-scale"),
    ("scaleDownDelay", "scale-down-delay"),
    ("targetUtilizationPercentage", "target-utilization-percentage"),
    ("panicWindowPercentage", "panic-window-percentage"),
    ("panicThresholdPercentage", "panic-threshold-percentage"),
    ("activationScale", "activation-scale"),
    ("targetBurstCapacity", "target-burst-capacity"),
    ("scaleToZeroPodRetentionPeriod", "scale-to-zero-pod-retention-period"),
];

/// The seconds of a time as Go writes it.
fn go_seconds(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 6] =
        [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
    if text == "0" {
        return Some(0.0);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let value: f64 = rest[..end].parse().ok()?;
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest[end..].starts_with(unit))?;
        seconds += value * factor;
        rest = &rest[end + unit.len()..];
    }
    (!text.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_go_are_read() {
        let near = |text: &str, wanted: f64| (go_seconds(text).unwrap() - wanted).abs() < 1e-12;
        assert!(near("60s", 60.0) && near("1m30s", 90.0) && near("1.5h", 5400.0) && near("250ms", 0.25));
        assert!(near("0", 0.0) && near("1h0m1s", 3601.0));
        for wrong in ["", "60", "s", "1 m", "1d", "-1s", "1..5s"] {
            assert_eq!(go_seconds(wrong), None, "{wrong}");
        }
    }
}
