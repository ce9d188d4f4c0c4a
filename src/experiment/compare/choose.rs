//! Which metrics are compared.

use super::Variant;
use crate::document::{Diagnostic, Diagnostics, Span};
use crate::experiment::ExperimentError;
use crate::experiment::check::{metric, names};
use crate::measure::metric::{MetricName, Names, ScopeKind, is_known, names as known};
use crate::scenario::Scenario;

/// What is compared of each client unless the user says otherwise.
const USUAL: [&str; 5] = ["availability_request", "goodput", "latency_mean", "latency_p99", "amplification"];

/// Whose metric a name alone means: that of the first kind that has it.
const KINDS: [ScopeKind; 5] =
    [ScopeKind::Client, ScopeKind::Block, ScopeKind::Service, ScopeKind::Fault, ScopeKind::Monitor];

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

/// The usual metrics of each client, without clients the availability of each block or else service; and what
/// objectives speak of.
fn usual(scenario: &Scenario, names: &Names) -> Vec<MetricName> {
    let of = |scopes: &[String], metrics: &[&str]| -> Vec<MetricName> {
        let each = |scope: &String| {
            let name = |name: &&str| MetricName { scope: scope.clone(), name: (*name).to_owned() };
            metrics.iter().map(name).collect::<Vec<_>>()
        };
        scopes.iter().flat_map(each).collect()
    };
    let mut chosen = if !names.clients.is_empty() {
        of(&names.clients, &USUAL)
    } else if !names.blocks.is_empty() {
        of(&names.blocks, &["availability_time"])
    } else {
        of(&names.services, &["availability_time"])
    };
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
