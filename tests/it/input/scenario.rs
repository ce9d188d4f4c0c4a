//! The text of a scenario.

use ninefold::experiment::check;
use ninefold::scenario::{Places, Scenario, load, render, resolved};

use super::{is_explained, source};

/// Reads the scenario; one that is accepted means the same when it is written with every default.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(scenario) = accepted(text) else { return };
    let written = resolved(&scenario);
    match load(source(&written), &[], &Places::default()) {
        Ok(again) => assert_eq!(resolved(&again), written, "written again, it is another"),
        Err(rejected) => {
            panic!("{written}\nis refused: {}", render(&rejected.findings, &rejected.sources, false))
        }
    }
}

/// The scenario of a text, if there is nothing wrong with it.
pub(super) fn accepted(text: &str) -> Option<Scenario> {
    let scenario = load(source(text), &[], &Places::default());
    let scenario = scenario.inspect_err(is_explained).ok()?;
    let findings = check(&scenario);
    let _ = render(&scenario.warnings, &scenario.sources, false);
    let _ = render(&findings, &scenario.sources, false);
    (!findings.has_errors()).then_some(scenario)
}
