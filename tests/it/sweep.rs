//! Sweeps as a user makes them: files, interruptions, shards, mistakes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::program::{self, chatter, command, ninefold};

const QUEUE: &str = r#"
name = "queue"

[run]
horizon = "20min"
transient = "1min"
runs = 3

[objective]
"client.c/latency_p99" = "<= 260ms"

[client.c]
arrival = { process = "poisson", rate = "20/s" }
calls = "s"

[service.s]
replicas = 2
demand = { distribution = "exponential", mean = "40ms" }
"#;

const EXPERIMENT: &str = r#"
name = "load"
scenario = "queue.toml"
metrics = ["latency_mean", "latency_p99", "service.s/utilisation"]

[vary]
"client.c.arrival.rate" = { from = "10/s", to = "40/s", steps = 3 }
"service.s.replicas" = [1, 2]

[[skip]]
"service.s.replicas" = 1
"client.c.arrival.rate" = "> 30/s"
"#;

fn folder(name: &str) -> PathBuf {
    program::folder("sweep", name, &[("queue.toml", QUEUE), ("load.toml", EXPERIMENT)])
}

/// What a command prints that ends well.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = ninefold(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", chatter(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Every file below a folder but the plan of its shards, by its path.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, top: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, top, found);
            } else if !path.ends_with("plan.json") {
                found.insert(path.strip_prefix(top).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (contents(one), contents(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(*bytes == other[path], "{} differs", path.display());
    }
}

/// The files of the points that are finished, in order; which they are depends on how long each took.
fn parts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("points")).into_iter().flatten().flatten();
    let is_part = |path: &PathBuf| path.extension().is_some_and(|end| end == "part") && !is_hidden(path);
    let mut parts: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_part).collect();
    parts.sort();
    parts
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[test]
fn a_sweep_writes_what_single_runs_would() {
    let folder = folder("whole");
    let text = done(&folder, &["sweep", "load.toml"]);
    assert!(text.contains("load: 5 points") && text.contains("points meet every objective"), "{text}");
    let results = folder.join("results/load-sweep");
    let mut reader = csv::Reader::from_path(results.join("sweep.csv")).unwrap();
    let header =
        "point,client.c.arrival.rate,service.s.replicas,scope,metric,unit,estimate,ci_low,ci_high,runs";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), header);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5 * 3, "three metrics of each point");
    assert!(!rows.iter().any(|row| &row[1] == "40/s" && &row[2] == "1"), "it is skipped");

    let one = ["run", "queue.toml", "--set", "client.c.arrival.rate=25/s", "--set", "service.s.replicas=2"];
    let output = ninefold(&folder, &one);
    assert_eq!(output.status.code(), Some(99), "its objective is missed: {}", chatter(&output));
    let mut reader = csv::Reader::from_path(folder.join("results/queue/summary.csv")).unwrap();
    let alone: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let swept: Vec<_> = rows.iter().filter(|row| &row[1] == "25/s" && &row[2] == "2").collect();
    assert_eq!(swept.len(), 3);
    for row in swept {
        let same = alone.iter().find(|one| one[0] == row[3] && one[1] == row[4]).unwrap();
        let number = |text: &str| text.parse::<f64>().unwrap().to_bits();
        for (place, other) in [(6, 3), (7, 4), (8, 5)] {
            assert_eq!(number(&row[place]), number(&same[other]), "{} of {}", &row[4], place);
        }
    }

    let judged = fs::read_to_string(results.join("sweep-objectives.csv")).unwrap();
    assert_eq!(judged.lines().count(), 1 + 5, "{judged}");
    assert!(judged.contains(",met\n") && judged.contains(",missed\n"), "{judged}");
    let runs = fs::read_to_string(results.join("sweep-runs.csv")).unwrap();
    assert_eq!(runs.lines().count(), 1 + 5 * 3 * 3, "three metrics of three runs of each point");
    let plots = contents(&results.join("plots"));
    for name in ["line-client-c-latency_p99.png", "heat-client-c-latency_p99.svg", "pareto.png"] {
        assert!(plots.contains_key(Path::new(name)), "{name} is not in {:?}", plots.keys());
    }
}

#[test]
fn points_are_listed_without_simulating_them() {
    let folder = folder("dry");
    let text = done(&folder, &["sweep", "load.toml", "--vary", "service.s.concurrency=1,2", "--dry-run"]);
    assert_eq!(text.lines().count(), 1 + 10, "{text}");
    assert!(text.contains("\n2\t10/s\t1\t2\n"), "{text}");
    assert!(!folder.join("results").exists());
}

#[test]
fn a_scenario_is_varied_by_arguments_alone() {
    let folder = folder("arguments");
    let arguments = ["sweep", "queue.toml", "--vary", "service.s.replicas=1,2", "--runs", "2", "--no-plots"];
    let json = done(&folder, &[&arguments[..], &["--json", "--quiet"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["points"].as_array().unwrap().len(), 2);
    assert_eq!(json["points"][1]["values"][0], "2");
    assert_eq!(json["points"][1]["metrics"][0]["runs"], 2);
    assert!(!folder.join("results/queue-sweep/plots").exists());
    assert_eq!(ninefold(&folder, &["sweep", "queue.toml"]).status.code(), Some(2));
}

/// Kills a sweep when some points are finished; how many are.
#[cfg(unix)]
fn interrupted(folder: &Path, arguments: &[&str], signal: nix::sys::signal::Signal) -> (usize, Output) {
    let child = command(folder, arguments).spawn().unwrap();
    let results = folder.join("cut");
    while parts(&results).len() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    (parts(&results).len(), output)
}

/// Long enough to be caught in the middle.
#[cfg(unix)]
const MANY: [&str; 5] =
    ["sweep", "load.toml", "--vary", "service.s.demand.mean=10ms,15ms,20ms,25ms,30ms,35ms", "--quiet"];

#[cfg(unix)]
#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    use nix::sys::signal::Signal;
    for threads in ["1", "2"] {
        let folder = folder(&format!("killed-{threads}"));
        done(&folder, &[&MANY[..], &["--out", "whole", "--threads", "2"]].concat());
        let again = [&MANY[..], &["--out", "cut", "--threads", threads]].concat();
        let (count, output) = interrupted(&folder, &again, Signal::SIGKILL);
        assert!(output.status.code().is_none() && count < 30, "{count} points were finished");
        assert!(!folder.join("cut/manifest.json").exists());
        // A part that the disk has damaged, one that lost its end, and what was being written.
        let finished = parts(&folder.join("cut"));
        let damaged = &finished[0];
        let mut bytes = fs::read(damaged).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(damaged, &bytes).unwrap();
        let cut = &finished[1];
        fs::write(cut, &fs::read(cut).unwrap()[..100]).unwrap();
        fs::write(folder.join("cut/points/.unfinished-x.part"), "half").unwrap();
        done(&folder, &again);
        assert_same(&folder.join("whole"), &folder.join("cut"));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_finished_points_and_says_how_to_go_on() {
    let folder = folder("interrupted");
    let arguments = [&MANY[..], &["--out", "cut", "--threads", "2", "--no-plots"]].concat();
    let (finished, output) = interrupted(&folder, &arguments, nix::sys::signal::Signal::SIGINT);
    assert_eq!(output.status.code(), Some(130), "{}", chatter(&output));
    let said = format!("{finished} of 30 points are finished");
    assert!(chatter(&output).contains(&said) && chatter(&output).contains("goes on"), "{}", chatter(&output));
    done(&folder, &arguments);
    done(&folder, &[&MANY[..], &["--out", "whole", "--no-plots"]].concat());
    assert_same(&folder.join("whole"), &folder.join("cut"));
}

#[test]
fn finished_points_are_not_done_again_unless_something_changed() {
    let folder = folder("again");
    let arguments = ["sweep", "load.toml", "--no-plots"];
    done(&folder, &arguments);
    let again = ninefold(&folder, &arguments);
    assert!(
        chatter(&again).contains("0 points, 0 runs; 5 points are finished already"),
        "{}",
        chatter(&again)
    );
    let other = ninefold(&folder, &[&arguments[..], &["--seed", "8"]].concat());
    assert!(chatter(&other).contains("5 points, 15 runs\n"), "{}", chatter(&other));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_the_file() {
    let folder = folder("refused");
    fs::write(folder.join("file"), "").unwrap();
    let output = ninefold(&folder, &["sweep", "load.toml", "--out", "file/below"]);
    assert_eq!(output.status.code(), Some(1), "{}", chatter(&output));
    assert!(chatter(&output).contains("file/below"), "{}", chatter(&output));
}

#[test]
fn shards_make_the_same_files_wherever_they_run() {
    let folder = folder("shards");
    done(&folder, &["sweep", "load.toml", "--out", "local"]);
    let said = done(&folder, &["sweep", "plan", "load.toml", "--shards", "3", "--out", "shared"]);
    assert!(said.contains("5 points in 3 shards"), "{said}");
    // The plan needs neither the experiment nor the scenario.
    fs::remove_file(folder.join("load.toml")).unwrap();
    fs::remove_file(folder.join("queue.toml")).unwrap();
    done(&folder, &["sweep", "shard", "2", "shared", "--threads", "1"]);
    let early = ninefold(&folder, &["sweep", "merge", "shared"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(
        chatter(&early).contains("3 of 5 points are not finished: see to the shards 1, 3"),
        "{}",
        chatter(&early)
    );
    done(&folder, &["sweep", "shard", "3", "shared", "--out", "elsewhere", "--quiet"]);
    done(&folder, &["sweep", "shard", "1", "shared"]);
    let twice = done(&folder, &["sweep", "shard", "1", "shared"]);
    assert!(twice.contains("shard 1 of 3: 2 of 2 points are finished"), "{twice}");
    done(&folder, &["sweep", "merge", "shared", "--from", "elsewhere"]);
    assert_same(&folder.join("local"), &folder.join("shared"));
    assert_eq!(ninefold(&folder, &["sweep", "shard", "4", "shared"]).status.code(), Some(2));
}

#[test]
fn figures_are_drawn_again_from_the_files() {
    let folder = folder("figures");
    done(&folder, &["sweep", "load.toml", "--out", "r"]);
    let before = contents(&folder.join("r"));
    fs::remove_dir_all(folder.join("r/plots")).unwrap();
    let listed = done(&folder, &["plot", "r"]);
    assert!(listed.contains("pareto.svg"), "{listed}");
    assert!(before == contents(&folder.join("r")), "figures differ");
}

#[test]
fn bad_experiments_get_their_message() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bless = std::env::var_os("NINEFOLD_BLESS").is_some_and(|value| value == "1");
    let entries = fs::read_dir(root.join("tests/bad/experiment")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    assert!(files.len() >= 12, "there are only {} bad experiments", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = format!("tests/bad/experiment/{}", path.file_name().unwrap().to_str().unwrap());
        let output = ninefold(root, &["sweep", &name, "--dry-run"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", chatter(&output));
        let expected = path.with_extension("txt");
        if bless {
            fs::write(&expected, chatter(&output)).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != chatter(&output) {
            wrong.push(format!("{name}:\n{}", chatter(&output)));
        }
    }
    assert!(wrong.is_empty(), "other messages than expected:\n\n{}", wrong.join("\n"));
}

#[test]
fn the_shipped_experiment_can_be_swept() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = done(root, &["sweep", "scenarios/experiments/replicas-and-load.toml", "--dry-run"]);
    assert_eq!(text.lines().count(), 1 + 24, "{text}");
}
