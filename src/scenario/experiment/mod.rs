//! An experiment file: a scenario, what is varied in it, and which combinations are looked at.
//!
//! [`read`] turns its text into an [`Experiment`], [`Experiment::points`] lists the combinations, and
//! [`Experiment::load`] makes the scenario of one of them. What is wrong with a value is shown where it stands in the
//! experiment file.

mod axis;
mod condition;
mod design;
mod load;
mod range;

use super::{Catalogue, Rejected, Source, parse};
use crate::document::{Diagnostic, Diagnostics, Fields, Name, Node, Span, Table, Value, unexpected};
use axis::Axis;
use condition::Condition;
use design::Design;
pub use design::POINTS_MAX;

/// What is varied in a scenario.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Its name, or nothing where none is written.
    pub name: Option<String>,
    /// The scenario file, as it is written; `None` where the file is itself a scenario, varied by arguments alone.
    pub scenario: Option<Name>,
    /// The metrics that are kept; all where there are none.
    pub metrics: Vec<Name>,
    /// The texts that spans speak of: the file, then one for each argument.
    pub sources: Vec<Source>,
    /// Policies from outside the crate that its scenarios may name; none unless they are put here.
    pub own: Catalogue,
    /// What is the same in all points.
    set: Vec<(Name, Choice)>,
    axes: Vec<Axis>,
    skips: Vec<Condition>,
    design: Design,
}

/// A value of an axis, as it is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The value as TOML, or as a bare text.
    pub text: String,
    /// Where it stands in the sources of the experiment.
    span: Span,
    value: Value,
}

impl Choice {
    /// The value as a table shows it: a text without its quotation marks.
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => text.clone(),
            _ => self.text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// One combination: a value for each path, in the order of [`Experiment::paths`]; none where the path is not varied.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The values.
    pub choices: Vec<Option<Choice>>,
}

/// What an argument varies: its text, the path and the values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varied {
    /// The argument as the user wrote it.
    pub text: String,
    /// Which path.
    pub path: String,
    /// Its values.
    pub values: Vec<String>,
}

/// What only an experiment file has.
const KEYS: [&str; 7] = ["scenario", "metrics", "design", "set", "vary", "zip", "skip"];

/// Reads the text of an experiment file, or of a scenario that arguments vary.
///
/// # Errors
///
/// Every mistake that was found, each with its place.
pub fn read(source: Source, varied: &[Varied]) -> Result<Experiment, Rejected> {
    let mut findings = Diagnostics::default();
    let mut sources = vec![source];
    let document = parse::parse(&sources[0], &mut findings);
    if findings.has_errors() {
        return Err(Rejected { findings, sources });
    }
    let is_scenario = document.find("run").is_some() && KEYS.iter().all(|key| document.find(key).is_none());
    let text = sources[0].text.clone();
    let mut reader = Reader { text: &text, findings: &mut findings };
    let mut experiment = if is_scenario { bare() } else { reader.experiment(&document) };
    for one in varied {
        let number = sources.len() as u32;
        sources.push(Source { name: "--vary".to_owned(), text: one.text.clone() });
        experiment.axes.push(axis::argument(one, number, reader.findings));
    }
    check(&experiment, &mut findings);
    if findings.has_errors() {
        super::sort(&mut findings);
        return Err(Rejected { findings, sources });
    }
    experiment.sources = sources;
    Ok(experiment)
}

/// An experiment that varies nothing yet.
fn bare() -> Experiment {
    Experiment {
        name: None,
        scenario: None,
        metrics: Vec::new(),
        sources: Vec::new(),
        own: Catalogue::default(),
        set: Vec::new(),
        axes: Vec::new(),
        skips: Vec::new(),
        design: Design::default(),
    }
}

/// Reads the parts of the file whose text this is.
struct Reader<'a> {
    text: &'a str,
    findings: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn experiment(&mut self, document: &Table) -> Experiment {
        let mut fields = Fields::new(document, Span::default(), self.findings);
        let name = fields.or::<Option<Name>>("name", || None).flatten();
        if let Some(name) = &name {
            super::check_name(name, fields.findings());
        }
        let _summary = fields.or::<Option<Name>>("summary", || None);
        let scenario = fields.required::<Name>("scenario");
        let metrics = fields.or::<Vec<Name>>("metrics", Vec::new).unwrap_or_default();
        let design = fields.or::<Design>("design", Design::default);
        let _known = ["set", "vary", "zip", "skip"].map(|key| fields.node(key));
        fields.finish();
        let [set, vary, zip, skip] = ["set", "vary", "zip", "skip"].map(|key| document.find(key));
        let mut axes = vary.map_or_else(Vec::new, |node| self.vary(node));
        axes.extend(zip.map_or_else(Vec::new, |node| self.zips(node)));
        Experiment {
            name: name.map(|name| name.text),
            scenario,
            metrics,
            set: set.map_or_else(Vec::new, |node| self.set(node)),
            axes,
            skips: skip.map_or_else(Vec::new, |node| self.skips(node)),
            design: design.unwrap_or_default(),
            ..bare()
        }
    }

    /// The entries of a table that holds paths.
    fn table<'n>(&mut self, node: &'n Node) -> &'n [(Name, Node)] {
        if let Value::Table(table) = &node.value {
            return &table.entries;
        }
        unexpected(node, "a table", self.findings);
        &[]
    }

    /// The tables of a list.
    fn tables<'n>(&mut self, node: &'n Node) -> Vec<&'n [(Name, Node)]> {
        let Value::List(items) = &node.value else {
            unexpected(node, "a list of tables", self.findings);
            return Vec::new();
        };
        items.iter().map(|item| self.table(item)).collect()
    }

    fn set(&mut self, node: &Node) -> Vec<(Name, Choice)> {
        let entries = self.table(node);
        entries.iter().map(|(path, node)| (path.clone(), self.choice(node))).collect()
    }

    fn vary(&mut self, node: &Node) -> Vec<Axis> {
        let entries = self.table(node);
        entries.iter().filter_map(|(path, node)| self.axis(path, node)).collect()
    }

    fn zips(&mut self, node: &Node) -> Vec<Axis> {
        let tables = self.tables(node);
        tables.into_iter().filter_map(|entries| self.zip(entries)).collect()
    }

    fn skips(&mut self, node: &Node) -> Vec<Condition> {
        let tables = self.tables(node);
        let mut skips = Vec::new();
        for entries in tables {
            if entries.is_empty() {
                self.findings.push(
                    Diagnostic::error(node.span, "a [[skip]] without a condition leaves out every point")
                        .help("expected paths with values, such as \"service.shop.replicas\" = 2"),
                );
            }
            skips.push(self.condition(entries));
        }
        skips
    }

    /// A value as it stands in the file.
    fn choice(&self, node: &Node) -> Choice {
        let text = self.text.get(node.span.start..node.span.end).unwrap_or_default().to_owned();
        Choice { text, span: node.span, value: node.value.clone() }
    }
}

/// Whether what belongs together fits: paths are varied once, conditions speak of what is varied before.
fn check(experiment: &Experiment, findings: &mut Diagnostics) {
    let mut known: Vec<&str> = Vec::new();
    for axis in &experiment.axes {
        if let Some(condition) = &axis.when {
            condition.check(&known, "path varied before this one", findings);
        }
        for path in &axis.paths {
            if known.contains(&path.text.as_str()) {
                let message = format!("\"{}\" is varied twice", path.text);
                findings.push(Diagnostic::error(path.span, message).label("again"));
            }
            known.push(&path.text);
        }
    }
    for skip in &experiment.skips {
        skip.check(&known, "varied path", findings);
    }
    // What could not be read may have been meant to be varied.
    if known.is_empty() && !findings.has_errors() {
        findings.push(
            Diagnostic::error(Span::default(), "nothing is varied").help(
                "expected [vary] with a path, such as \"service.shop.replicas\" = [2, 3, 4], or --vary",
            ),
        );
    }
    experiment.design.check(&experiment.axes, findings);
}

#[cfg(test)]
mod tests;
