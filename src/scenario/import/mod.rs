//! Manifests of Kubernetes and Knative, before anything is read: what one says of autoscaling becomes keys of the table that
//! imports it, each at its place in the manifest, so that what is wrong with a value is shown there.

mod hpa;
mod knative;
mod yaml;

use super::files::Files;
use super::source::Source;
use crate::document::{Diagnostic, Diagnostics, Name, Node, Severity, Span, Table, Value, unexpected};

/// The key that names a manifest.
pub(super) const KEY: &str = "import";

/// Puts what manifests say of autoscaling into every table that imports one, and takes their names away. Keys that the table
/// writes hold instead.
pub(super) fn expand(
    document: &mut Table,
    files: Files<'_>,
    sources: &mut Vec<Source>,
    findings: &mut Diagnostics,
) {
    let Some(Node { value: Value::Table(services), .. }) = document.find_mut("service") else { return };
    for (_, service) in &mut services.entries {
        let Value::Table(service) = &mut service.value else { continue };
        let slots = service.find("concurrency").cloned();
        let has_queue = has_queue(service);
        let Some(Node { value: Value::Table(table), .. }) = service.find_mut("autoscaling") else { continue };
        let mut import = Import { table, slots: slots.as_ref(), has_queue, findings: &mut *findings };
        if import.read(files, sources).is_none() {
            // Nothing is missed in a table whose manifest is wrong.
            service.entries.retain(|(name, _)| name.text != "autoscaling");
        }
    }
}

/// Whether all replicas of a service take their work from one queue.
fn has_queue(service: &Table) -> bool {
    let Some(Node { value: Value::Table(queue), .. }) = service.find("queue") else { return false };
    queue.find("at").is_some_and(|at| matches!(&at.value, Value::Text(place) if place == "service"))
}

/// Everything that has a place for what a manifest says.
struct Import<'a> {
    table: &'a mut Table,
    /// What the service says of its slots.
    slots: Option<&'a Node>,
    /// Whether the service has a queue of its own.
    has_queue: bool,
    findings: &'a mut Diagnostics,
}

impl Import<'_> {
    /// Reads the manifest that the table names, if it names one; `None` where something is wrong with it.
    fn read(&mut self, files: Files<'_>, sources: &mut Vec<Source>) -> Option<()> {
        let Some(place) = self.table.entries.iter().position(|(name, _)| name.text == KEY) else {
            return Some(());
        };
        let (_, node) = self.table.entries.remove(place);
        let Value::Text(file) = &node.value else {
            unexpected(&node, "the name of a file, such as \"hpa.yaml\"", self.findings);
            return None;
        };
        if self.is_written("policies") {
            self.refuse(
                node.span,
                "an imported policy is the only one",
                "leave out \"policies\" or \"import\"",
            );
            return None;
        }
        let text = match files.text(file) {
            Ok(text) => text,
            Err(why) => {
                self.findings.push(Diagnostic::error(node.span, why).label("cannot be read"));
                return None;
            }
        };
        let mistakes = self.mistakes();
        let documents = yaml::parse(&text, sources.len() as u32, self.findings);
        sources.push(Source { name: file.clone(), text });
        self.documents(&documents?, (file, node.span));
        (self.mistakes() == mistakes).then_some(())
    }

    fn mistakes(&self) -> usize {
        self.findings.0.iter().filter(|one| one.severity == Severity::Error).count()
    }

    /// Finds the one document about autoscaling.
    fn documents(&mut self, documents: &[Node], (file, span): (&str, Span)) {
        let mut found = None;
        for node in documents {
            let Value::Table(manifest) = &node.value else {
                unexpected(node, "a manifest with \"apiVersion\" and \"kind\"", self.findings);
                return;
            };
            let text = |key: &str| match manifest.find(key).map(|node| &node.value) {
                Some(Value::Text(text)) => text.as_str(),
                _ => "",
            };
            let (version, kind) = (text("apiVersion"), text("kind"));
            let is_hpa = kind == "HorizontalPodAutoscaler";
            let is_knative = version.starts_with("serving.knative.dev/");
            let place = manifest.find("kind").map_or(node.span, |node| node.span);
            if !is_hpa && !is_knative {
                let message = format!("a {kind:?} says nothing of autoscaling that is read");
                self.findings.push(Diagnostic::warning(place, message).label("left out"));
                continue;
            }
            if found.is_some() {
                let error = Diagnostic::error(place, "a fleet has one autoscaler").label("the second");
                self.findings.push(error.help("import a file with one of them"));
                return;
            }
            found = Some((manifest, version, is_hpa));
        }
        match found {
            Some((manifest, version, true)) => self.hpa(manifest, version),
            Some((manifest, _, false)) => self.knative(manifest),
            None => {
                let message = format!("\"{file}\" has no autoscaler");
                let error = Diagnostic::error(span, message).label("nothing to import");
                let help = "expected a HorizontalPodAutoscaler of autoscaling/v2, or a Service of \
                            serving.knative.dev/v1";
                self.findings.push(error.help(help));
            }
        }
    }

    /// Whether the importing table writes a key itself.
    fn is_written(&self, key: &str) -> bool {
        self.table.find(key).is_some()
    }

    /// Puts a value where nothing is written.
    fn put(&mut self, key: &str, span: Span, value: Value) {
        if !self.is_written(key) {
            let name = Name { text: key.to_owned(), span };
            self.table.entries.push((name, Node { span, value }));
        }
    }

    fn put_text(&mut self, key: &str, span: Span, text: impl Into<String>) {
        self.put(key, span, Value::Text(text.into()));
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.findings.push(Diagnostic::error(span, message).label("refused").help(help));
    }

    /// Says that something of the manifest has no counterpart.
    fn leave_out(&mut self, span: Span, what: &str, help: &str) {
        let warning = Diagnostic::warning(span, format!("{what} is not modelled")).label("left out");
        self.findings.push(if help.is_empty() { warning } else { warning.help(help) });
    }

    /// Says so of every key that is not among the known ones.
    fn leave_out_rest(&mut self, table: &Table, known: &[&str]) {
        for (name, _) in table.entries.iter().filter(|(name, _)| !known.contains(&name.text.as_str())) {
            self.leave_out(name.span, &format!("\"{}\"", name.text), "");
        }
    }

    /// The table under a key; `None` where there is none, or something else.
    fn inner<'t>(&mut self, table: &'t Table, key: &str) -> Option<&'t Table> {
        let node = table.find(key)?;
        let Value::Table(inner) = &node.value else {
            unexpected(node, "a mapping", self.findings);
            return None;
        };
        Some(inner)
    }

    /// The list under a key.
    fn list<'t>(&mut self, table: &'t Table, key: &str) -> Option<&'t [Node]> {
        let node = table.find(key)?;
        let Value::List(items) = &node.value else {
            unexpected(node, "a list", self.findings);
            return None;
        };
        Some(items)
    }

    /// The whole number under a key, between two.
    fn whole(&mut self, table: &Table, key: &str, (low, high): (i64, i64)) -> Option<(i64, Span)> {
        let node = table.find(key)?;
        match node.value {
            Value::Integer(value) if (low..=high).contains(&value) => Some((value, node.span)),
            Value::Integer(_) => {
                let help = format!("expected from {low} to {high}");
                self.refuse(node.span, format!("\"{key}\" is out of range"), &help);
                None
            }
            _ => {
                unexpected(node, "a whole number", self.findings);
                None
            }
        }
    }

    /// The text under a key.
    fn text<'t>(&mut self, table: &'t Table, key: &str) -> Option<(&'t str, Span)> {
        let node = table.find(key)?;
        let Value::Text(text) = &node.value else {
            unexpected(node, "a text", self.findings);
            return None;
        };
        Some((text, node.span))
    }
}

/// The largest of Kubernetes' whole numbers.
const INT32_MAX: i64 = i32::MAX as i64;
