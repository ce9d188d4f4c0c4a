//! Every claim file is decided as it expects; seeds are not chosen. Files that take long wait for `NINEFOLD_SLOW=1`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ninefold::analysis::verify::Verdict;
use ninefold::experiment::{ClaimResult, Options, verify};
use ninefold::scenario::{self, Places, Scenario, Source};

/// Folders with claim files, those that are there.
const FOLDERS: [&str; 3] = ["tests/reference", "scenarios/claims", "scenarios/pathologies"];

fn load(name: &str, text: String, folder: PathBuf) -> Result<Scenario, String> {
    let source = Source { name: name.to_owned(), text };
    scenario::load(source, &[], &Places { folders: vec![folder] }).map_err(|rejected| {
        let messages: Vec<&str> = rejected.findings.0.iter().map(|one| one.message.as_str()).collect();
        format!("{name}: {}", messages.join("; "))
    })
}

/// The first line of a file that takes long.
const SLOW: &str = "# tier: slow";

/// Set to 1, the test also decides the files that take long.
const SLOW_TOO: &str = "NINEFOLD_SLOW";

/// Every claim file of the wanted tiers, or why it cannot be read.
fn claim_files() -> Vec<Result<Scenario, String>> {
    let with_slow = std::env::var(SLOW_TOO).is_ok_and(|value| value == "1");
    let mut scenarios = Vec::new();
    for folder in FOLDERS.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            if !with_slow && text.lines().next() == Some(SLOW) {
                continue;
            }
            let name = file.file_name().unwrap().to_string_lossy();
            scenarios.push(load(&name, text, folder.clone()));
        }
    }
    scenarios
}

fn decide(scenarios: &[Scenario]) -> Vec<ClaimResult> {
    verify(scenarios, &Options::default(), &()).unwrap_or_else(|cause| panic!("{cause}: {cause:?}"))
}

#[test]
fn every_claim_is_decided_as_it_expects() {
    let mut surprises = String::new();
    let mut scenarios = Vec::new();
    for file in claim_files() {
        match file {
            Ok(scenario) => scenarios.push(scenario),
            Err(why) => writeln!(surprises, "{why}").unwrap(),
        }
    }
    let claims: usize = scenarios.iter().map(|scenario| scenario.claims.len()).sum();
    assert!(claims > 0, "there are no claim files");
    let results = decide(&scenarios);
    assert_eq!(results.len(), claims);
    for result in results.iter().filter(|result| !result.as_expected) {
        let ClaimResult { scenario, claim, predicted, error, verdict, runs, .. } = result;
        let metric = &claim.predicts;
        let value = result.estimate.value;
        writeln!(
            surprises,
            "{scenario} {metric}: {verdict:?} after {runs} runs: predicted {predicted:?}, simulated {value:?}, \
             relative error {error:?}",
        )
        .unwrap();
    }
    let wrong = surprises.lines().count();
    assert!(surprises.is_empty(), "{wrong} of {claims} claims are not decided as expected:\n{surprises}");
}

/// An alternating unit with a mean repair of 20 s, and a claim about it.
fn unit_with(claim: &str) -> Scenario {
    let text = format!(
        r#"
        [run]
        horizon = "400000s"
        runs = 10

        [service.s]

        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = {{ distribution = "exponential", mean = "100s" }}
        recovery = "r"

        [recovery.r]
        policy = "race"
        operations = [
          {{ name = "a", time = {{ distribution = "exponential", mean = "30s" }} }},
          {{ name = "b", time = {{ distribution = "exponential", mean = "60s" }} }},
        ]

        [[claim]]
        {claim}
        "#
    );
    load("unit.toml", text, PathBuf::new()).unwrap()
}

fn verdict(claim: &str) -> (Verdict, bool) {
    let results = decide(&[unit_with(claim)]);
    (results[0].verdict, results[0].as_expected)
}

#[test]
fn a_right_formula_holds_and_wrong_ones_are_refuted() {
    let formula = |times: &str| {
        format!(
            "formula = \"harmonic-recovery\"\narguments = {{ t = {times} }}\npredicts = \"fault.crash/mttr\"\n\
             tolerance = \"3%\"\nexpect = \"holds\""
        )
    };
    assert_eq!(verdict(&formula("\"recovery.r.operations.*.time.mean\"")), (Verdict::Holds, true));
    // The mean instead of the sum of speeds, and one operation forgotten.
    assert_eq!(verdict(&formula("[45.0]")), (Verdict::Refuted, false));
    assert_eq!(verdict(&formula("[30.0]")), (Verdict::Refuted, false));
}

#[test]
fn an_availability_is_judged_by_what_is_missing_to_one() {
    let availability = |value: &str| {
        format!(
            "value = {value}\npredicts = \"service.s/availability_time\"\ntolerance = \"5%\"\nexpect = \"holds\""
        )
    };
    // 100 / 120 is right; 0.85 is only 2 % more, but the time down is wrong by a tenth.
    assert_eq!(verdict(&availability("0.83333333")), (Verdict::Holds, true));
    assert_eq!(verdict(&availability("0.85")), (Verdict::Refuted, false));
}

#[test]
fn a_comparison_pairs_the_runs_of_two_variants() {
    let comparison = |expect: &str| {
        format!(
            "vary = {{ path = \"recovery.r.policy\", from = \"race\", to = \"share\" }}\n\
             predicts = \"fault.crash/mttr\"\nexpect = \"{expect}\""
        )
    };
    // 1 / (1/a + 1/b) is below the smaller of a and b, for every pair of times.
    assert_eq!(verdict(&comparison("lower")), (Verdict::Holds, true));
    assert_eq!(verdict(&comparison("higher")), (Verdict::Refuted, false));
}

#[test]
fn verdicts_do_not_depend_on_threads_or_company() {
    let claim = "value = \"20s\"\npredicts = \"fault.crash/mttr\"\ntolerance = \"3%\"\nexpect = \"holds\"";
    let scenarios = vec![unit_with(claim), unit_with(claim)];
    let with =
        |threads| verify(&scenarios, &Options { threads: Some(threads), ..Options::default() }, &()).unwrap();
    assert_eq!(with(1), with(3));
}
