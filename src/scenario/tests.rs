use std::path::{Path, PathBuf};

use super::*;

/// Sample scenarios and data of a checkout next to this one, where there is one.
fn shared(folder: &str) -> Option<PathBuf> {
    let roots = ["../shared", "../../shared"].map(|root| Path::new(env!("CARGO_MANIFEST_DIR")).join(root));
    roots.into_iter().map(|root| root.join(folder)).find(|path| path.is_dir())
}

fn load_text(text: &str, overrides: &[(&str, &str)], places: &Places) -> Result<Scenario, String> {
    let source = Source { name: "test.toml".to_owned(), text: text.to_owned() };
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(path, value)| Override { path: (*path).to_owned(), value: (*value).to_owned() })
        .collect();
    load(source, &overrides, places).map_err(|rejected| render(&rejected.findings, &rejected.sources, false))
}

fn loaded(text: &str) -> Scenario {
    load_text(text, &[], &Places::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn assert_survives_resolving(scenario: &Scenario, places: &Places) {
    let text = resolved(scenario);
    let again = load_text(&text, &[], places).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(format!("{:?}", scenario.system), format!("{:?}", again.system));
    assert_eq!(scenario.run, again.run);
    assert_eq!(scenario.name, again.name);
    assert_eq!(without_spans(scenario), without_spans(&again));
    assert_eq!(text, resolved(&again), "the resolved form of the resolved form is another");
}

fn without_spans(scenario: &Scenario) -> (Vec<Objective>, Vec<Claim>) {
    let span = crate::document::Span::default();
    let objectives = scenario.objectives.iter().cloned().map(|one| Objective { span, ..one });
    let claims = scenario.claims.iter().cloned().map(|one| Claim { span, ..one });
    (objectives.collect(), claims.collect())
}

#[test]
fn every_sample_loads_and_survives_resolving() {
    let Some(folder) = shared("examples") else {
        eprintln!("SKIPPED: the sample scenarios are not there");
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let source = source::read(&path, &mut std::io::empty()).unwrap();
            let scenario = load(source, &[], &Places::default());
            let scenario = scenario.unwrap_or_else(|no| panic!("{}", render(&no.findings, &no.sources, false)));
            assert_survives_resolving(&scenario, &Places::default());
            count += 1;
        }
    }
    assert!(count > 0);
}
