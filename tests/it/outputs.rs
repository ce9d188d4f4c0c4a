//! Where results go: names cannot lead elsewhere, pipes and devices stay what they are, nothing that was read is
//! replaced, and a folder holds the files of one command or of another, whenever it is killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{chatter, command, folder as any, ninefold};

const SHOP: &str = "[run]\nhorizon = \"60s\"\nruns = 2\n\
    [client.c]\narrival = { process = \"poisson\", rate = \"20/s\" }\ncalls = \"s\"\n\
    [service.s]\ndemand = { distribution = \"exponential\", mean = \"10ms\" }\n\
    [[claim]]\npredicts = \"client.c/latency_mean\"\nvalue = \"12.5ms\"\ntolerance = 0.9\nexpect = \"holds\"\n";

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    any("outputs", name, files)
}

/// Whatever stands in a name, nothing is written outside of `results/`, nor anything at all.
#[test]
fn a_name_that_is_no_plain_file_name_is_refused_before_anything_runs() {
    let folder = folder("names", &[("shop.toml", SHOP)]);
    let long = "x".repeat(101);
    let names =
        ["../x", "/x", "a/b", "a\\\\b", "..", ".", "", ".x", "a\\nb", "a\\u001b[2J", "a\\u202Eb", &long];
    for name in names {
        let text = format!("name = \"{name}\"\n{SHOP}");
        fs::write(folder.join("named.toml"), &text).unwrap();
        let experiment =
            format!("name = \"{name}\"\nscenario = \"shop.toml\"\n[vary]\n\"service.s.replicas\" = [1, 2]\n");
        fs::write(folder.join("experiment.toml"), &experiment).unwrap();
        let commands: [&[&str]; 5] = [
            &["run", "named.toml"],
            &["check", "named.toml"],
            &["compare", "named.toml", "--vary", "service.s.replicas=1,2"],
            &["verify", "named.toml"],
            &["sweep", "experiment.toml"],
        ];
        for arguments in commands {
            let output = ninefold(&folder, arguments);
            let said = chatter(&output);
            assert_eq!(output.status.code(), Some(2), "{arguments:?} of {name:?}: {said}");
            assert!(said.contains("cannot name results"), "{arguments:?} of {name:?}: {said}");
        }
        let output = ninefold(&folder, &["run", "shop.toml", "--set", &format!("name=\"{name}\"")]);
        assert_eq!(output.status.code(), Some(2), "{name:?}: {}", chatter(&output));
    }
    let left = contents(&folder);
    assert_eq!(left.len(), 3, "{:?}", left.keys());
    // The name of a file stands for a name that is not written.
    fs::write(folder.join("a\u{202E}b.toml"), SHOP).unwrap();
    for command in ["run", "verify"] {
        let output = ninefold(&folder, &[command, "a\u{202E}b.toml"]);
        assert_eq!(output.status.code(), Some(2), "{}", chatter(&output));
    }
    fs::write(folder.join("a\u{202E}b.csv"), "t\n1\n2\n3\n").unwrap();
    let output = ninefold(&folder, &["fit", "a\u{202E}b.csv", "--column", "t"]);
    assert_eq!(output.status.code(), Some(2), "{}", chatter(&output));
    let part = SHOP.replace("service.s", &format!("service.{long}")).replace("\"s\"", &format!("\"{long}\""));
    fs::write(folder.join("part.toml"), part).unwrap();
    assert_eq!(ninefold(&folder, &["check", "part.toml"]).status.code(), Some(2));
    for baseline in ["..", "../x", "a/b", &long, "a\u{202E}"] {
        let output = ninefold(&folder, &["run", "shop.toml", "--save-baseline", baseline]);
        assert_eq!(output.status.code(), Some(2), "{}", chatter(&output));
    }
    assert!(!folder.join("results").exists());
}

#[test]
fn long_labels_become_folders_that_exist() {
    let folder = folder("labels", &[("shop.toml", SHOP)]);
    let demand =
        |mean: &str| format!("{{ distribution = \"exponential\", mean = \"{mean}\" }}{}", " ".repeat(300));
    let seeds = "0".repeat(400);
    let vary = format!("service.s.demand={},{}", demand("10ms"), demand("20ms"));
    let summary = format!("summary=\"a{seeds}1\",\"a{seeds}2\"");
    for vary in [vary, summary] {
        let output =
            ninefold(&folder, &["compare", "shop.toml", "--vary", &vary, "--no-plots", "--runs", "2"]);
        assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
        let variants = folder.join("results/shop-compare/variants");
        assert_eq!(fs::read_dir(&variants).unwrap().count(), 2);
    }
}

#[test]
fn nothing_that_was_read_is_replaced() {
    let folder = folder("read", &[("shop.toml", SHOP), ("claims.csv", SHOP), ("summary.csv", SHOP)]);
    let durations = "t\n1\n2\n3\n4\n5\n6\n7\n8\n";
    fs::write(folder.join("durations.csv"), durations).unwrap();
    let replayed = SHOP.replace(
        "{ process = \"poisson\", rate = \"20/s\" }",
        "{ process = \"replay\", file = \"runs.csv\", column = \"t\" }",
    );
    fs::write(folder.join("replayed.toml"), replayed).unwrap();
    fs::write(folder.join("runs.csv"), durations).unwrap();
    fs::hard_link(folder.join("shop.toml"), folder.join("other-name.csv")).unwrap();
    let before = contents(&folder);
    let commands: [&[&str]; 9] = [
        &["run", "shop.toml", "--events", "shop.toml"],
        &["run", "shop.toml", "--events", "./other-name.csv"],
        &["run", "summary.csv", "--out", "."],
        &["run", "replayed.toml", "--events", "runs.csv"],
        &["run", "replayed.toml", "--out", "."],
        &["verify", "claims.csv", "--csv", "claims.csv"],
        &["fit", "durations.csv", "--column", "t", "--out", ".", "--resamples", "0"],
        &["compare", "replayed.toml", "--vary", "service.s.replicas=1,2", "--out", "."],
        &["sweep", "replayed.toml", "--vary", "service.s.replicas=1,2", "--out", "."],
    ];
    for arguments in commands {
        let output = ninefold(&folder, arguments);
        let said = chatter(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("is read by this command"), "{arguments:?}: {said}");
        assert!(contents(&folder) == before, "{arguments:?} changed a file");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = folder("pipe", &[("shop.toml", SHOP)]);
    for (option, command) in [("--events", "run"), ("--csv", "verify")] {
        let pipe = folder.join("pipe");
        let _ = fs::remove_file(&pipe);
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let read = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        let output = ninefold(&folder, &[command, "shop.toml", option, "pipe"]);
        // Without a writer the reader would wait for ever.
        drop(fs::OpenOptions::new().read(true).write(true).open(&pipe));
        assert!(output.status.code().is_some_and(|code| code != 1), "{}", chatter(&output));
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo(), "{command}");
        assert!(read.join().unwrap().lines().count() > 1);
    }
    // The program's own output is no file either.
    let output =
        ninefold(&folder, &["run", "shop.toml", "--quiet", "--events", "/dev/stdout", "--until", "1s"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text.starts_with("time"), "{text}");
    assert!(Path::new("/dev/stdout").exists());
}

/// Every file below a folder, without the points of a sweep.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        let Ok(entries) = fs::read_dir(&at) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "points" {
                open.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    found
}

/// What is left unfinished anywhere below a folder.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with(".unfinished-") {
                found.push(entry.path());
            }
            if entry.path().is_dir() {
                open.push(entry.path());
            }
        }
    }
    found
}

/// How long something takes.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "kills are spread over the time that a command takes")]
fn elapsed(task: impl FnOnce()) -> std::time::Duration {
    let begin = std::time::Instant::now();
    task();
    begin.elapsed()
}

/// Kills a command at moments spread over its duration; its folder is always that of one run or of the other.
#[cfg(unix)]
fn killed(name: &str, arguments: [&[&str]; 2], times: u32) {
    use std::time::Duration;
    let folder = folder(&format!("killed-{name}"), &[("shop.toml", SHOP)]);
    let other = SHOP.replace("12.5ms", "12.6ms").replace("rate = \"20/s\"", "rate = \"25/s\"");
    fs::write(folder.join("other.toml"), other).unwrap();
    let durations: Vec<String> = (1..200).map(|one| ((one * one) % 97 + 1).to_string()).collect();
    fs::write(folder.join("durations.csv"), format!("t\n{}\n", durations.join("\n"))).unwrap();
    let whole: Vec<_> = arguments
        .iter()
        .map(|arguments| {
            let output = ninefold(&folder, arguments);
            assert!(output.status.code() != Some(2), "{}", chatter(&output));
            contents(&folder.join("out"))
        })
        .collect();
    assert!(whole[0] != whole[1] && !whole[0].is_empty());
    // Once more: finished points make it shorter.
    let long = elapsed(|| drop(ninefold(&folder, arguments[0])));
    for kill in 0..times {
        let mut child = command(&folder, arguments[kill as usize % 2]).spawn().unwrap();
        // Most moments lie near the end, where the folder is replaced.
        let share = 1.0 - (1.0 - f64::from(kill) / f64::from(times)).powi(2);
        std::thread::sleep(long.mul_f64(1.2 * share).min(Duration::from_secs(20)));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = contents(&folder.join("out"));
        assert!(whole.contains(&found), "after kill {kill}: {:?}", found.keys());
    }
    ninefold(&folder, arguments[0]);
    assert!(contents(&folder.join("out")) == whole[0]);
    assert!(unfinished(&folder).is_empty());
}

#[cfg(unix)]
#[test]
fn a_killed_command_leaves_the_files_of_one_run_or_of_the_other() {
    let times = if std::env::var_os("NINEFOLD_SLOW").is_some_and(|value| value == "1") { 100 } else { 6 };
    let out = ["--out", "out", "--quiet"];
    let seeds =
        |arguments: &[&'static str]| ["1", "2"].map(|seed| [arguments, &out, &["--seed", seed]].concat());
    let fit = ["fit", "durations.csv", "--column", "t", "--law", "exponential", "--resamples", "50"];
    let commands = [
        ("run", seeds(&["run", "shop.toml"])),
        ("compare", seeds(&["compare", "shop.toml", "--vary", "service.s.replicas=1,2"])),
        ("sweep", seeds(&["sweep", "shop.toml", "--vary", "service.s.replicas=1,2"])),
        ("fit", seeds(&fit)),
        ("verify", ["shop.toml", "other.toml"].map(|file| [&["verify", file][..], &out].concat())),
    ];
    for (name, [first, second]) in &commands {
        killed(name, [first, second], times);
    }
}
