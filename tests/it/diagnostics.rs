//! Every bad scenario under `tests/bad` is refused, or warned of, with exactly the message that stands beside it.
//!
//! With `NINEFOLD_BLESS=1` in the environment the messages are written anew; read the difference before it is kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ninefold::scenario::{Places, Source, load, render, source};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

fn message(path: &Path) -> String {
    let mut source = source::read(path, &Places::default(), &mut io::empty()).unwrap();
    source.name = format!("tests/bad/{}", path.file_name().unwrap().to_str().unwrap());
    match load(source, &[], &Places::default()) {
        Ok(scenario) => render(&scenario.warnings, &scenario.sources, false),
        Err(rejected) => render(&rejected.findings, &rejected.sources, false),
    }
}

#[test]
fn bad_scenarios_get_their_message() {
    let bless = std::env::var_os("NINEFOLD_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for path in files() {
        let expected = path.with_extension("txt");
        let found = message(&path);
        if bless {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "other messages than expected:\n\n{}", wrong.join("\n"));
}

#[test]
fn every_bad_scenario_is_refused_or_warned_of() {
    assert!(files().len() >= 30, "there are only {} bad scenarios", files().len());
    for path in files() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = source::read(&path, &Places::default(), &mut io::empty()).unwrap();
        let loaded = load(source, &[], &Places::default());
        if name.starts_with("warn-") {
            let scenario = loaded.unwrap_or_else(|_| panic!("{name} is refused"));
            assert!(!scenario.warnings.0.is_empty(), "{name} passes without a warning");
        } else {
            assert!(loaded.is_err(), "{name} is accepted");
        }
    }
}

/// Texts near to a scenario: one of the bad files with a stretch replaced.
fn mutated() -> impl Strategy<Value = String> {
    let texts: Vec<String> = files().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let pieces = prop_oneof![
        "\\PC{0,12}",
        "[-\\[\\]{}=\"',.#0-9a-z\n ]{0,12}",
        Just("1e308".to_owned()),
        Just("\"18446744073709551615ns\"".to_owned()),
        Just("-9223372036854775808".to_owned()),
        Just("4294967295".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
    ];
    (proptest::sample::select(texts), any::<proptest::sample::Index>(), 0_usize..20, pieces).prop_map(
        |(text, place, length, piece)| {
            let chars: Vec<char> = text.chars().collect();
            let start = place.index(chars.len() + 1);
            let end = (start + length).min(chars.len());
            chars[..start].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&chars[end..]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_reader_never_panics(text in mutated()) {
        let source = Source { name: "mutated.toml".to_owned(), text };
        if let Err(rejected) = load(source, &[], &Places::default()) {
            prop_assert!(rejected.findings.has_errors());
            prop_assert!(!render(&rejected.findings, &rejected.sources, false).is_empty());
        }
    }
}
