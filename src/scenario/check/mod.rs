//! What belongs together: names become numbers, and values that contradict each other become errors.

mod block;
mod cache;
mod call;
mod callee;
mod claim;
mod common_cause;
mod cost;
mod data;
mod deploy;
mod deploy_warning;
mod dns;
mod event;
mod fault;
mod fleet;
mod function;
mod gateway;
mod gray;
mod health_check;
mod host;
mod key_store;
mod link;
mod liveness;
mod monitor;
mod network;
mod place;
mod poison;
mod population;
mod population_fault;
mod provisioned;
mod record;
mod recovery;
mod region;
mod replay;
mod replication;
mod resilience;
mod review;
mod run;
mod scaling;
mod scaling_warning;
mod shard;
mod silence;
mod spread;
mod stand;
mod standby;
mod start;
pub(super) use run::drain;
mod tail;
mod target;
pub(crate) mod unit;
pub(in crate::scenario) mod version;
mod warn;
mod workload;

pub(crate) use tail::{HeavyTail, Lacking, heavy_tails, heavy_ways};

use super::Run;
use super::claim::{Claim, Objective};
use super::files::Files;
use super::written::law::Law;
use super::written::{Named, Written};
use crate::document::{Diagnostic, Diagnostics, Name, Span, Table, Value};
use crate::kernel::distribution::{Column, Distribution};
use crate::model::system::{Parts, System};
use crate::units::RegionId;
use claim::Judgements;
use population::Traces;
use record::Records;

/// A scenario whose parts fit together.
pub(super) struct Checked {
    pub(super) system: System,
    pub(super) run: Run,
    pub(super) objectives: Vec<Objective>,
    pub(super) claims: Vec<Claim>,
}

/// Checks everything that was written; `None` when an error was found, by then reported.
pub(super) fn check(
    written: &Written,
    document: &Table,
    files: Files<'_>,
    findings: &mut Diagnostics,
) -> Option<Checked> {
    let mut checker = Checker {
        written,
        document,
        files,
        findings,
        records: Records::default(),
        traces: Traces::new(),
        asynchronous: Vec::new(),
        accounts_in_regions: Vec::new(),
    };
    checker.records = checker.records();
    checker.traces = checker.traces();
    checker.asynchronous = checker.asynchronous();
    checker.accounts_in_regions = checker.all_accounts_in_regions();
    let layout = checker.layout();
    let network = checker.network(&layout);
    let clients = checker.clients(&layout);
    let services = checker.services(&layout);
    if let Some((clients, services)) = clients.as_deref().zip(services.as_deref()) {
        checker.sessions_of_shards(clients, services);
    }
    let dns = checker.names(&layout, network.as_ref());
    let accounts = checker.accounts(&layout);
    let (backups, replications) = (checker.backups(), checker.replications(&layout));
    let (mut recoveries, crews) = (checker.recoveries(), checker.crews());
    let monitors = checker.monitors(&layout);
    let faults = checker.faults(&layout, recoveries.get_or_insert_default());
    let mut faults = faults;
    let deploys = checker.deploys(&layout, faults.get_or_insert_default());
    if let Some((deploys, services)) = deploys.as_deref().zip(services.as_deref()) {
        checker.overlaps(deploys, services);
    }
    let restarts =
        checker.restarts(&layout, faults.get_or_insert_default(), recoveries.get_or_insert_default());
    let blocks = checker.blocks(&layout);
    let dependencies = checker.dependencies(&layout, blocks.as_deref().unwrap_or(&[]));
    let tariff = checker.tariff();
    checker.call_cycles();
    let mut run = checker.run();
    let Judgements { objectives, claims, precision, times } = checker.judgements(&layout);
    if let Some(run) = &mut run {
        (run.span.thresholds, run.span.contracts) = (times.thresholds, times.contracts);
        run.precision = precision;
    }
    if checker.findings.has_errors() {
        return None;
    }
    restarts?;
    let system = System::checked(Parts {
        regions: layout.regions,
        network: network?,
        clients: clients?,
        services: services?,
        dns: dns?,
        accounts,
        backups: backups?,
        replications: replications?,
        faults: faults?,
        recoveries: recoveries?,
        crews,
        monitors: monitors?,
        deploys: deploys?,
        blocks: blocks?,
        dependencies: dependencies?,
        tariff,
    });
    let checked = Checked { system, run: run?, objectives, claims };
    checker.warnings(&checked);
    Some(checked)
}

/// What every check needs.
struct Checker<'a> {
    written: &'a Written,
    document: &'a Table,
    files: Files<'a>,
    findings: &'a mut Diagnostics,
    /// What replayed files say, taken by the clients and faults that replay them.
    records: Records,
    /// Calls of many functions, by client.
    traces: Traces,
    /// Numbers of the functions that are called asynchronously, rising.
    asynchronous: Vec<u32>,
    /// Each account with each region in which functions name it, rising: what they have together there.
    accounts_in_regions: Vec<(u32, RegionId)>,
}

impl Checker<'_> {
    /// Where the value at a path stands, or the innermost part of the path that is written.
    fn at(&self, path: &[&str]) -> Span {
        self.at_gateway(path).unwrap_or_else(|| locate(self.document, path))
    }

    /// Whether the file has something at a path of tables.
    fn is_written(&self, path: &[&str]) -> bool {
        let [sections @ .., key] = path else { return false };
        let inner =
            sections.iter().try_fold(self.document, |table, section| match &table.find(section)?.value {
                Value::Table(inner) => Some(inner),
                _ => None,
            });
        inner.is_some_and(|table| table.find(key).is_some())
    }

    /// Reports an error at a path.
    fn error(&mut self, path: &[&str], message: impl Into<String>, help: &str) {
        let error = Diagnostic::error(self.at(path), message);
        self.findings.push(if help.is_empty() { error } else { error.help(help) });
    }

    /// Reports a warning at a path.
    fn warning(&mut self, path: &[&str], message: impl Into<String>, help: &str) {
        let warning = Diagnostic::warning(self.at(path), message);
        self.findings.push(if help.is_empty() { warning } else { warning.help(help) });
    }

    /// The number of a part, or a report that there is none of that name.
    fn number<T>(&mut self, what: &str, parts: &Named<T>, name: &Name) -> Option<u32> {
        let number = parts.number(&name.text);
        if number.is_none() {
            let error = Diagnostic::unknown(name.span, what, &name.text, parts.names());
            self.findings.push(error);
        }
        number
    }

    /// The law that settings describe, or a report of what is impossible about them.
    fn law(&mut self, law: &Law) -> Option<Distribution> {
        let built = build(law, self.files);
        match built {
            Ok(distribution) => {
                self.unit_of_durations(law, &distribution);
                Some(distribution)
            }
            Err(why) => {
                let name = law.settings.name();
                let error = Diagnostic::error(law.span, format!("this {name} distribution is impossible"));
                self.findings.push(error.label("impossible").help(why));
                None
            }
        }
    }

    /// As [`Checker::law`]; absent stays absent.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one an absent key")]
    fn optional_law(&mut self, law: Option<&Law>) -> Option<Option<Distribution>> {
        law.map_or(Some(None), |law| self.law(law).map(Some))
    }

    /// As [`Checker::law`]; a law that never takes time is an error.
    fn positive_law(&mut self, law: &Law) -> Option<Distribution> {
        let built = self.law(law)?;
        if built.mean() > 0.0 {
            return Some(built);
        }
        let error = Diagnostic::error(law.span, "this time must be longer than zero").label("no time at all");
        self.findings.push(error);
        None
    }
}

/// The law that settings describe.
pub(super) fn build(law: &Law, files: Files<'_>) -> Result<Distribution, String> {
    Distribution::new(&law.settings, &mut |column: &Column<'_>| files.durations(column))
}

impl<T> Named<T> {
    pub(in crate::scenario) fn number(&self, name: &str) -> Option<u32> {
        self.0.binary_search_by(|(one, _)| one.text.as_str().cmp(name)).ok().map(|number| number as u32)
    }

    pub(in crate::scenario) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.text.as_str())
    }
}

/// Where the value at a path stands, or the innermost part of the path that is written. Entries of lists go by their
/// number from 0.
pub(super) fn locate(document: &Table, path: &[&str]) -> Span {
    let mut span = Span::default();
    let mut table = document;
    let mut path = path.iter().peekable();
    while let Some(key) = path.next() {
        let Some((name, node)) = table.entries.iter().find(|(name, _)| name.text == *key) else {
            return span;
        };
        let mut node = node;
        // A table with a header spans all its lines: its key says it better.
        span = name.span;
        while let Value::List(items) = &node.value {
            let item = path.peek().and_then(|number| items.get(number.parse::<usize>().ok()?));
            let Some(item) = item else {
                return node.span;
            };
            path.next();
            (node, span) = (item, item.span);
        }
        let Value::Table(inner) = &node.value else {
            return node.span;
        };
        table = inner;
    }
    span
}
