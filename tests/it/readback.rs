//! Every file that is read back may be a stranger's: whatever stands in it, there is an answer or an error, never a
//! panic.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::input;
use crate::mutation::{changed, changes};
use crate::program::{chatter, folder as place, ninefold};
use ninefold::output::comparison::files::{ComparisonManifest, read_baseline};
use ninefold::output::fit::files::FitManifest;
use ninefold::output::manifest::{Manifest, sha256};
use ninefold::output::plot;
use ninefold::output::sweep::part::Part;
use ninefold::output::sweep::plan::SweepManifest;

const SHOP: &str = "[run]\nhorizon = \"120s\"\nruns = 3\nwindow = \"10s\"\n\
    [objective]\n\"client.c/availability_request\" = \">= 99%\"\n\
    [client.c]\narrival = { process = \"poisson\", rate = \"5/s\" }\ncalls = \"s\"\n\
    [service.s]\ndemand = { distribution = \"exponential\", mean = \"10ms\" }\n\
    [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = [\"50s\"]\nlasts = \"5s\"\n";

/// The results of every command, made once.
fn made() -> &'static Path {
    use std::sync::OnceLock;
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = place("readback", "made", &[("shop.toml", SHOP)]);
        let durations: Vec<String> = (1..60).map(|one| ((one * one) % 37 + 1).to_string()).collect();
        fs::write(folder.join("durations.csv"), format!("t\n{}\n", durations.join("\n"))).unwrap();
        let fit =
            ["fit", "durations.csv", "--column", "t", "--resamples", "20", "--no-plots", "--out", "fit"];
        let vary = "service.s.replicas=1,2";
        let commands: [&[&str]; 5] = [
            &["run", "shop.toml", "--no-plots", "--out", "run", "--save-baseline", "main"],
            &["compare", "shop.toml", "--vary", vary, "--no-plots", "--out", "compare"],
            &["sweep", "shop.toml", "--vary", vary, "--no-plots", "--out", "sweep"],
            &["sweep", "plan", "shop.toml", "--vary", vary, "--no-plots", "--out", "sweep", "--shards", "2"],
            &fit,
        ];
        for arguments in commands {
            let output = ninefold(&folder, arguments);
            assert!([0, 99, 98].contains(&output.status.code().unwrap()), "{}", chatter(&output));
        }
        folder
    })
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copied(&path, &to) } else { fs::copy(&path, &to).map(drop).unwrap() }
    }
}

/// Reads everything in a folder as commands do; errors are right, panics are not.
fn read_all(folder: &Path, kind: &str) {
    match kind {
        "run" => {
            let _ = Manifest::read(folder).map(|manifest| plot::draw_all(folder, &manifest.name));
            let _ = plot::draw_all(folder, "shop");
        }
        "compare" => {
            let _ = ComparisonManifest::read(folder);
            let _ = plot::draw_comparison(folder, "shop");
        }
        "fit" => {
            let _ = FitManifest::read(folder).map(|manifest| manifest.title());
            let _ = plot::draw_fit(folder, "durations");
        }
        _ => {
            input::part::show(folder);
            let _ = SweepManifest::read(folder).map(|manifest| plot::draw_sweep(folder, &manifest));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_results_folder_is_drawn_or_refused(
        kind in prop::sample::select(vec!["run", "compare", "fit", "sweep"]),
        file in any::<prop::sample::Index>(),
        changes in changes(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        copied(&made().join(kind), folder.path());
        let mut names: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().flatten()
            .map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        names.sort();
        let path = &names[file.index(names.len())];
        fs::write(path, changed(&fs::read_to_string(path).unwrap(), &changes)).unwrap();
        read_all(folder.path(), kind);
    }

    #[test]
    fn a_changed_part_with_the_right_hash_is_shown_or_refused(changes in changes()) {
        let folder = tempfile::tempdir().unwrap();
        copied(&made().join("sweep"), folder.path());
        let path = folder.path().join("points/000001.part");
        let text = fs::read_to_string(&path).unwrap();
        let body = changed(text.split_once('\n').unwrap().1.trim_end(), &changes);
        fs::write(&path, format!("{}\n{body}\n", sha256(&body))).unwrap();
        let manifest = SweepManifest::read(folder.path()).unwrap();
        let _ = Part::read(folder.path(), 0, &manifest.points[0].key);
        read_all(folder.path(), "sweep");
    }

    #[test]
    fn a_changed_baseline_is_read_or_refused(changes in changes()) {
        let folder = tempfile::tempdir().unwrap();
        copied(&made().join("run/baselines/main"), folder.path());
        let path = folder.path().join("baseline.json");
        fs::write(&path, changed(&fs::read_to_string(&path).unwrap(), &changes)).unwrap();
        if let Ok(Some(baseline)) = read_baseline(folder.path()) {
            use ninefold::experiment::compare::{Question, Variant, compare};
            use ninefold::experiment::Options;
            use ninefold::scenario::{load, Places, Source};
            let source = Source { name: "shop.toml".to_owned(), text: SHOP.to_owned() };
            let mut scenario = load(source, &[], &Places::default()).unwrap();
            scenario.run.span.horizon = ninefold::units::SimTime::from_nanos(5_000_000_000);
            let question = Question { metrics: Vec::new(), runs: 2, runs_max: 2 };
            let variants = [Variant { label: "now".to_owned(), scenario }];
            let _ = compare(&variants, Some(&baseline), &question, &Options::default(), &());
        }
    }
}

/// What a changed file may say that once ended the program with a panic.
#[test]
fn files_that_once_were_a_panic_are_errors() {
    let folder = place("readback", "once", &[]);
    copied(made(), &folder);
    let plan = fs::read_to_string(folder.join("sweep/plan.json")).unwrap();
    assert!(plan.contains("\"shards\": 2"));
    fs::write(folder.join("sweep/plan.json"), plan.replace("\"shards\": 2", "\"shards\": 0")).unwrap();
    fs::remove_dir_all(folder.join("sweep/points")).unwrap();
    for arguments in [&["sweep", "merge", "sweep"][..], &["sweep", "shard", "1", "sweep"]] {
        let output = ninefold(&folder, arguments);
        assert_eq!(output.status.code(), Some(1), "{}", chatter(&output));
        assert!(chatter(&output).contains("it has no shards"), "{}", chatter(&output));
    }
    let name = plan.replace("\"name\": \"shop\"", "\"name\": \"../x\"");
    assert_ne!(name, plan);
    fs::write(folder.join("sweep/plan.json"), name).unwrap();
    assert_eq!(ninefold(&folder, &["sweep", "merge", "sweep"]).status.code(), Some(1));
    let durations = fs::read_to_string(folder.join("fit/durations.csv")).unwrap();
    let mut lines: Vec<String> = durations.lines().map(str::to_owned).collect();
    let cells: Vec<&str> = lines[1].split(',').collect();
    lines[1] = [&cells[..3], &["nan"], &cells[4..]].concat().join(",");
    fs::write(folder.join("fit/durations.csv"), lines.join("\n")).unwrap();
    let output = ninefold(&folder, &["plot", "fit"]);
    assert_eq!(output.status.code(), Some(1), "{}", chatter(&output));
    assert!(chatter(&output).contains("row 1"), "{}", chatter(&output));
}
