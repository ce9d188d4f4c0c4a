//! Every claim file is decided as it expects; seeds are not chosen. Files that take long wait for `NINEFOLD_SLOW=1`. What
//! comes of the articles' formulas is what is shipped in `results/verify`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ninefold::analysis::verify::Verdict;
use ninefold::experiment::{Claim, ClaimResult, Expect, Options, verify};
use ninefold::output::claim::{self, ClaimRow};
use ninefold::output::folder::read_rows;
use ninefold::scenario::{self, Places, Scenario, Source};

/// Folders with claim files, those that are there.
const FOLDERS: [&str; 2] = ["tests/reference", "scenarios/pathologies"];

/// The folder with the articles' formulas, and what has come of them.
const ARTICLES: &str = "scenarios/claims";
const SHIPPED: &str = "results/verify";

fn load(name: &str, text: String, folder: PathBuf) -> Result<Scenario, String> {
    let source = Source { name: name.to_owned(), text };
    let records = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    scenario::load(source, &[], &Places { folders: vec![folder, records] }).map_err(|rejected| {
        let messages: Vec<&str> = rejected.findings.0.iter().map(|one| one.message.as_str()).collect();
        format!("{name}: {}", messages.join("; "))
    })
}

/// The first line of a file that takes long.
const SLOW: &str = "# tier: slow";

/// Set to 1, the test also decides the files that take long.
const SLOW_TOO: &str = "NINEFOLD_SLOW";

/// Every claim file of the wanted tiers in these folders, or why it cannot be read.
fn claim_files(folders: &[&str]) -> Vec<Result<Scenario, String>> {
    let with_slow = std::env::var(SLOW_TOO).is_ok_and(|value| value == "1");
    let mut scenarios = Vec::new();
    for folder in folders {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
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

/// Decides every claim of these folders; panics with all that are not as expected.
fn decide_as_expected(folders: &[&str]) -> Vec<ClaimResult> {
    let mut surprises = String::new();
    let mut scenarios = Vec::new();
    for file in claim_files(folders) {
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
    results
}

#[test]
fn every_claim_is_decided_as_it_expects() {
    decide_as_expected(&FOLDERS);
}

/// Those of the scenarios take minutes, so the slow tier decides them; two read records that are not committed.
#[test]
fn claims_of_scenarios_are_decided_as_they_expect() {
    if std::env::var(SLOW_TOO).is_ok_and(|value| value == "1") {
        decide_as_expected(&["scenarios"]);
    }
}

/// Every cell of a row by its column.
fn cells(row: &ClaimRow) -> serde_json::Map<String, serde_json::Value> {
    serde_json::to_value(row).unwrap().as_object().unwrap().clone()
}

#[test]
fn claims_of_articles_come_out_as_shipped() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(SHIPPED);
    let found = claim::rows(&decide_as_expected(&[ARTICLES]));
    let known: Vec<ClaimRow> = read_rows(&shipped).unwrap();
    let again = "run `ninefold verify scenarios/claims --out results/verify` where that is meant";
    assert_eq!(found.len(), known.len(), "{again}");
    for (found, known) in found.iter().zip(&known) {
        for ((column, found), (_, known)) in cells(found).iter().zip(&cells(known)) {
            // Another processor may round otherwise in the last digits.
            let is_same = match (found.as_f64(), known.as_f64()) {
                (Some(found), Some(known)) => (found - known).abs() <= 1e-9 * known.abs().max(1.0),
                _ => found == known,
            };
            assert!(is_same, "{column} is {found}, shipped as {known}: {again}");
        }
    }
}

#[test]
fn the_shipped_table_and_figures_are_those_of_the_shipped_numbers() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(SHIPPED);
    let rows: Vec<ClaimRow> = read_rows(&shipped).unwrap();
    let drawn = tempfile::tempdir().unwrap();
    let files = claim::save(drawn.path(), &rows).unwrap();
    // A CSV file, a table, and two formats of four figures.
    assert_eq!(files.len(), 10, "{files:?}");
    for file in files {
        let name = file.strip_prefix(drawn.path()).unwrap();
        assert!(
            fs::read(&file).unwrap() == fs::read(shipped.join(name)).unwrap(),
            "{} differs",
            name.display()
        );
    }
}

#[test]
fn seeds_of_the_articles_claims_are_their_names() {
    for scenario in claim_files(&[ARTICLES]).into_iter().map(Result::unwrap) {
        let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let expected = scenario.name.bytes().fold(0x811c_9dc5, hash);
        assert_eq!(scenario.run.seed, u64::from(expected), "the seed of {} is chosen", scenario.name);
    }
}

#[test]
fn every_formula_that_is_refuted_has_the_right_one_beside_it() {
    let mut articles = std::collections::BTreeMap::<String, usize>::new();
    for scenario in claim_files(&[ARTICLES]).into_iter().map(Result::unwrap) {
        let printed =
            || scenario.claims.iter().filter_map(|claim| claim.printed.as_ref().map(|one| (claim, one)));
        for (claim, one) in printed() {
            *articles.entry(one.article.clone()).or_default() += 1;
            let holds = |(other, _): (&Claim, _)| other.expect != Expect::Refuted;
            assert!(
                claim.expect != Expect::Refuted || printed().any(holds),
                "{} stands alone",
                scenario.name
            );
        }
    }
    let names: Vec<&str> = articles.keys().map(String::as_str).collect();
    let expected = [
        "deliberately wrong",
        "error handling efficiency",
        "harmonic recovery time",
        "load balancing by weights",
        "monitoring efficiency",
        "two servers",
        "what raises availability",
    ];
    assert_eq!(names, expected);
    // Two formulas that are wrong on purpose, each with the right one.
    assert_eq!(articles["deliberately wrong"], 4);
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
