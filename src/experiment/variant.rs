//! The two variants of a comparative claim, and how a claim says where its prediction comes from.

use std::path::Path;

use super::{ExperimentError, Options, check};
use crate::document::Diagnostics;
use crate::scenario::{self, Claim, Override, Places, Scenario, Source, Subject};

/// Both variants of a comparative claim.
pub(super) struct Variants {
    /// The first.
    pub(super) from: Scenario,
    /// The second.
    pub(super) to: Scenario,
}

/// The variants of all comparative claims of a scenario, in their order.
pub(super) fn load(scenario: &Scenario, options: &Options) -> Result<Vec<Variants>, ExperimentError> {
    let mut variants = Vec::new();
    for claim in &scenario.claims {
        if let Subject::Vary { path, from, to } = &claim.subject {
            let one = |value: &str| variant(scenario, claim, (path, value), options);
            variants.push(Variants { from: one(from)?, to: one(to)? });
        }
    }
    Ok(variants)
}

fn variant(
    scenario: &Scenario,
    claim: &Claim,
    (path, value): (&str, &str),
    options: &Options,
) -> Result<Scenario, ExperimentError> {
    let source = scenario
        .sources
        .first()
        .cloned()
        .unwrap_or_else(|| Source { name: scenario.name.clone(), text: String::new() });
    let beside = Path::new(&source.name).parent().map(Path::to_path_buf);
    let places = Places { folders: beside.into_iter().chain(options.data.iter().cloned()).collect() };
    let mut overrides = scenario.overrides.clone();
    overrides.push(Override { path: path.to_owned(), value: value.to_owned() });
    let mut loaded = scenario::load_with(&scenario.own, source, &overrides, &places).map_err(|rejected| {
        ExperimentError::Variant { scenario: scenario.name.clone(), rejected: Box::new(rejected) }
    })?;
    loaded.limits = scenario.limits;
    let mut findings = Diagnostics::default();
    super::limit::check(&loaded, &mut findings);
    check::metric(&loaded, &check::names(&loaded.system), &claim.predicts, claim.span, &mut findings);
    if findings.has_errors() {
        return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings });
    }
    Ok(loaded)
}

/// Where the prediction of a claim comes from, in a few words.
pub(super) fn source(claim: &Claim) -> String {
    match &claim.subject {
        Subject::Formula { name, answer, arguments } => {
            let arguments: Vec<String> =
                arguments.iter().map(|(name, given)| format!("{name} = {given}")).collect();
            let answer = answer.as_ref().map_or(String::new(), |answer| format!(".{answer}"));
            format!("{name}({}){answer}", arguments.join("; "))
        }
        Subject::Value { source, .. } => source.clone(),
        Subject::Vary { path, from, to } => format!("{path}: {from} -> {to}"),
    }
}
