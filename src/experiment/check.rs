//! Whether objectives and claims can be judged at all, and the names they may speak of.

use super::estimate::{self, Metric};
use super::{collapse, limit, theory};
use crate::analysis::oracle::{self, OracleError};
use crate::analysis::verify::relative_error;
use crate::document::{Diagnostic, Diagnostics, Span};
use crate::measure::metric::{self, Names, Parts, Quantity, Shown};
use crate::model::dns::Dns;
use crate::model::fleet::Service;
use crate::model::system::System;
use crate::scenario::{Claim, Expect, MetricName, Scenario, Subject};

/// The scopes of a system's parts, in the order of its lists.
pub fn names(system: &System) -> Names {
    Names::new(&Parts {
        clients: system.clients.iter().map(|client| client.name.clone()).collect(),
        services: system
            .services
            .iter()
            .filter(|service| service.events.is_none())
            .map(|service| (service.name.clone(), service.replicas.len() as u32))
            .collect(),
        queues: system.services.iter().filter_map(|one| Some(one.events.as_ref()?.scope.clone())).collect(),
        versions: version_names(system),
        regions: system.regions.iter().map(|region| (region.name.clone(), region.zones)).collect(),
        blocks: system.blocks.iter().map(|block| block.name.clone()).collect(),
        faults: system.faults.iter().map(|fault| fault.name.clone()).collect(),
        monitors: system.monitors.iter().map(|monitor| monitor.name.clone()).collect(),
        deploys: system.deploys.iter().map(|deploy| deploy.name.clone()).collect(),
        dns: system.dns.iter().map(|dns| (dns.name.clone(), records_of(dns))).collect(),
        backups: system.backups.iter().map(|backup| backup.name.clone()).collect(),
        has_system: system.tariff.is_some() || system.regions.iter().any(|region| region.host.is_some()),
        money: system.tariff.as_ref().map(|tariff| tariff.currency.money()).unwrap_or_default(),
    })
}

/// What the records of a name are called.
fn records_of(dns: &Dns) -> Vec<String> {
    dns.records.iter().map(|record| record.name.clone()).collect()
}

/// The versions of all functions that have some, such as `resize:v2`.
fn version_names(system: &System) -> Vec<String> {
    let versions = |service: &Service| {
        let own = service.versions.as_ref().filter(|_| service.function.is_some());
        let all = own.map_or(&[][..], |versions| &versions.all);
        all.iter().map(|version| format!("{}:{}", service.name, version.name)).collect::<Vec<_>>()
    };
    system.services.iter().flat_map(versions).collect()
}

/// Finds objectives and claims that cannot be judged: metrics and formulas that do not exist, arguments outside a
/// formula's domain, predictions that no error can be relative to.
pub fn check(scenario: &Scenario) -> Diagnostics {
    let names = names(&scenario.system);
    let mut findings = Diagnostics::default();
    limit::check(scenario, &mut findings);
    for objective in &scenario.objectives {
        metric(scenario, &names, &objective.metric, objective.span, &mut findings);
    }
    for claim in &scenario.claims {
        if let Some(metric) = metric(scenario, &names, &claim.predicts, claim.span, &mut findings) {
            judgeable(claim, metric.quantity, &mut findings);
        }
    }
    findings
}

/// The metric of this name, if the scenario has it.
pub(super) fn metric(
    scenario: &Scenario,
    names: &Names,
    name: &MetricName,
    span: Span,
    findings: &mut Diagnostics,
) -> Option<Metric> {
    let Some(part) = names.find(&name.scope) else {
        let known = names.parts().map(|(_, scope)| scope).collect::<Vec<_>>();
        findings.push(Diagnostic::unknown(span, "part", &name.scope, known));
        return None;
    };
    let quantity = Quantity::parse(&name.name).filter(|_| metric::is_known(part.kind, &name.name));
    let Some(quantity) = quantity else {
        let known = metric::names(part.kind);
        let what = format!("metric of a {}", part.kind.name());
        findings.push(Diagnostic::unknown(span, &what, &name.name, known.iter().map(String::as_str)));
        return None;
    };
    if quantity.family.shown == Shown::Awaited && estimate::until(&scenario.run.span) != Some(part) {
        let message = format!("no run waits for the first outage of {}", name.scope);
        findings.push(Diagnostic::error(span, message).help(format!("set run.until = \"{}\"", name.scope)));
        return None;
    }
    if collapse::speaks_of(quantity)
        && let Some(why) = collapse::not_looked_for(scenario, part.index)
    {
        let message = format!("no collapse of {} is looked for", name.scope);
        findings.push(Diagnostic::error(span, message).help(why));
        return None;
    }
    Some(Metric { part, quantity, name: name.name.as_str().into() })
}

/// The prediction of a claim; `None` for a comparative one.
pub(super) fn prediction(claim: &Claim) -> Result<Option<f64>, OracleError> {
    match &claim.subject {
        Subject::Formula { name, answer, arguments } => {
            oracle::find(name)?.answer(answer.as_deref(), &theory::given(arguments)?).map(Some)
        }
        Subject::Value { value, .. } => Ok(Some(*value)),
        Subject::Vary { .. } => Ok(None),
    }
}

fn judgeable(claim: &Claim, quantity: Quantity, findings: &mut Diagnostics) {
    if quantity.is_maximum() {
        findings.push(
            Diagnostic::error(claim.span, format!("nothing can be claimed about {}", claim.predicts))
                .help("a maximum has no interval; claim something about a quantile"),
        );
    }
    let is_comparative = matches!(claim.expect, Expect::Higher | Expect::Lower | Expect::Equal);
    match prediction(claim) {
        Err(OracleError::UnknownFormula { name }) => {
            let known = oracle::catalogue().map(|oracle| oracle.name);
            findings.push(Diagnostic::unknown(claim.span, "formula", &name, known));
        }
        Err(cause) => findings.push(Diagnostic::error(claim.span, cause.to_string())),
        Ok(Some(_)) if is_comparative => findings.push(
            Diagnostic::error(claim.span, "a prediction is not higher, lower or equal")
                .help("expect = \"holds\" or \"refuted\"; only a claim with vary compares"),
        ),
        Ok(Some(predicted)) => relative(claim, predicted, quantity, findings),
        Ok(None) if !is_comparative => findings.push(
            Diagnostic::error(claim.span, "a claim with vary compares two variants")
                .help("expect = \"higher\", \"lower\" or \"equal\""),
        ),
        Ok(None) if quantity.family.shown == Shown::Targeted => findings.push(
            Diagnostic::error(
                claim.span,
                format!("{} may be negative and has no ratio", quantity.family.name),
            )
            .help("compare the availability instead"),
        ),
        Ok(None) => {}
    }
}

fn relative(claim: &Claim, predicted: f64, quantity: Quantity, findings: &mut Diagnostics) {
    if relative_error(predicted, predicted, quantity.is_availability()).is_none() {
        findings.push(
            Diagnostic::error(claim.span, format!("no error can be relative to a prediction of {predicted}"))
                .help("errors are relative to the prediction, for availabilities to 1 - A"),
        );
    }
}
