//! Which metrics are compared.

use super::{Compared, Variant};
use crate::document::{Diagnostic, Diagnostics, Span};
use crate::experiment::check::{metric, names};
use crate::experiment::{ExperimentError, UNFINISHED_SHOWN};
use crate::measure::metric::{MetricName, Names, ScopeKind, is_known, names as known};
use crate::scenario::Scenario;

/// What is compared of each client unless the user says otherwise.
const USUAL: [&str; 5] = ["availability_request", "goodput", "latency_mean", "latency_p99", "amplification"];

/// Whose metric a name alone means: that of the first kind that has it.
const KINDS: [ScopeKind; 8] = [
    ScopeKind::Client,
    ScopeKind::Block,
    ScopeKind::System,
    ScopeKind::Service,
    ScopeKind::Version,
    ScopeKind::Fault,
    ScopeKind::Monitor,
    ScopeKind::Deploy,
];

/// The metrics that were asked for, or the usual ones; each exists in some variant.
pub(in crate::experiment) fn metrics(
    variants: &[Variant],
    asked: &[String],
) -> Result<Vec<MetricName>, ExperimentError> {
    let mut chosen: Vec<MetricName> = Vec::new();
    if asked.is_empty() {
        for Variant { scenario, .. } in variants {
            add(&mut chosen, usual(scenario, &names(&scenario.system)));
        }
        return Ok(chosen);
    }
    for text in asked {
        let (mut found, mut findings) = (Vec::new(), Diagnostics::default());
        for Variant { scenario, .. } in variants {
            add(&mut found, named(text, scenario, &mut findings));
        }
        let Some(first) = variants.first().filter(|_| found.is_empty()) else {
            add(&mut chosen, found);
            continue;
        };
        // The argument is no part of the file; the variants say much the same.
        findings.0.truncate(1);
        findings.0.iter_mut().for_each(|finding| finding.span = None);
        return Err(ExperimentError::Unfit { scenario: first.scenario.name.clone(), findings });
    }
    Ok(chosen)
}

fn add(chosen: &mut Vec<MetricName>, further: Vec<MetricName>) {
    for one in further {
        if !chosen.contains(&one) {
            chosen.push(one);
        }
    }
}

/// Metrics of clients and services that are compared only where they say that something happened.
const QUIET: [(ScopeKind, &str); 2] =
    [(ScopeKind::Client, "unfinished_ratio"), (ScopeKind::Service, "amplification")];

/// Those of the chosen metrics that nobody asked for and that may say only that nothing of the kind happened.
pub(super) fn quiet(variants: &[Variant], asked: &[String], chosen: &[MetricName]) -> Vec<MetricName> {
    if !asked.is_empty() {
        return Vec::new();
    }
    let by_objective = |name: &MetricName| {
        variants.iter().flat_map(|one| &one.scenario.objectives).any(|objective| objective.metric == *name)
    };
    let is_quiet = |name: &&MetricName| {
        let of_kind = |(kind, metric): &(ScopeKind, &str)| {
            name.name == *metric && name.scope.starts_with(&format!("{}.", kind.name()))
        };
        QUIET.iter().any(of_kind) && !by_objective(name)
    };
    chosen.iter().filter(is_quiet).cloned().collect()
}

/// Whether a quiet metric says that something happened in some variant.
pub(super) fn is_telling(compared: &Compared) -> bool {
    let nothing = if compared.metric.name == "amplification" { 1.0 } else { UNFINISHED_SHOWN };
    compared.estimates.iter().flatten().any(|one| one.value.is_some_and(|value| value > nothing))
}

/// The usual metrics of each client; the availability of each block and of each service with a quorum, without clients
/// that of each block or else of each service; and what objectives speak of.
fn usual(scenario: &Scenario, names: &Names) -> Vec<MetricName> {
    let of = |scopes: &[String], metrics: &[&str]| -> Vec<MetricName> {
        let each = |scope: &String| {
            let name = |name: &&str| MetricName { scope: scope.clone(), name: (*name).to_owned() };
            metrics.iter().map(name).collect::<Vec<_>>()
        };
        scopes.iter().flat_map(each).collect()
    };
    let with_quorum = || -> Vec<String> {
        let services = names.services.iter().zip(&scenario.system.services);
        services.filter(|(_, service)| service.quorum > 1).map(|(scope, _)| scope.clone()).collect()
    };
    let mut chosen = if !names.clients.is_empty() {
        let mut chosen = of(&names.clients, &USUAL);
        chosen.extend(of(&names.clients, &["unfinished_ratio"]));
        chosen.extend(of(&names.services, &["amplification"]));
        chosen.extend(of(&names.blocks, &["availability_time"]));
        chosen.extend(of(&with_quorum(), &["availability_time"]));
        chosen
    } else if !names.blocks.is_empty() {
        let mut chosen = of(&names.blocks, &["availability_time"]);
        chosen.extend(of(&with_quorum(), &["availability_time"]));
        chosen
    } else {
        of(&names.services, &["availability_time"])
    };
    chosen.extend(of(&names.system, &["cost"]));
    add(&mut chosen, scenario.objectives.iter().map(|objective| objective.metric.clone()).collect());
    chosen
}

/// What a user means by `scope/name`, or by a name alone.
fn named(text: &str, scenario: &Scenario, findings: &mut Diagnostics) -> Vec<MetricName> {
    let names = names(&scenario.system);
    if let Some(name) = MetricName::parse(text) {
        let found = metric(scenario, &names, &name, Span::default(), findings);
        return found.map(|_| name).into_iter().collect();
    }
    let has = |kind: &&ScopeKind| !names.of(**kind).is_empty() && is_known(**kind, text);
    let Some(kind) = KINDS.iter().find(has) else {
        let known: Vec<String> =
            KINDS.iter().filter(|kind| !names.of(**kind).is_empty()).flat_map(|kind| known(*kind)).collect();
        let mut error = Diagnostic::error(Span::default(), format!("no metric is called \"{text}\""));
        let near = crate::document::nearest(text, known.iter().map(String::as_str));
        error.help = Some(match near {
            Some(near) => format!("did you mean \"{near}\"? `ninefold list metrics` shows all"),
            None => "`ninefold list metrics` shows all".to_owned(),
        });
        findings.push(error);
        return Vec::new();
    };
    let scopes = names.of(*kind).iter();
    scopes.map(|scope| MetricName { scope: scope.clone(), name: text.to_owned() }).collect()
}
