//! `cargo xtask fuzz`: the fuzzer's targets, built with the stable compiler.
//!
//! libFuzzer needs to see which way a program goes. The pass that writes that down is part of LLVM and is asked for by
//! options that the stable compiler has; only sanitizers, which find faults of unsafe code, would need another one.

use crate::command::{cargo, output, program, run};
use crate::failure::Failure;
use crate::place;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What makes the compiler write down which way a program goes, as `cargo fuzz` says it.
const FLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What a single input may take: more is a finding.
const SECONDS_MAX: u32 = 60;
const MEGABYTES_MAX: u32 = 4_096;

/// What is fuzzed, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// One target, or each.
    target: Option<String>,
    /// For each target; zero only tries what is kept.
    time: Duration,
}

impl Options {
    /// Reads `[TARGET] [--for TIME]`.
    pub(crate) fn read(words: &[&str]) -> Result<Self, Failure> {
        let (target, rest) = match words {
            [target, rest @ ..] if !target.starts_with('-') => (Some((*target).to_owned()), rest),
            rest => (None, rest),
        };
        let time = match rest {
            [] => Duration::from_secs(60),
            ["--for", text] => time(text)?,
            other => {
                return Err(Failure::usage(&format!("unknown option of fuzz in \"{}\"", other.join(" "))));
            }
        };
        Ok(Self { target, time })
    }
}

/// A whole number of seconds, minutes or hours, such as `10min`.
fn time(text: &str) -> Result<Duration, Failure> {
    let letters = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(letters);
    let seconds = match unit {
        "s" => Some(1),
        "min" => Some(60),
        "h" => Some(3_600),
        _ => None,
    };
    let seconds =
        seconds.zip(number.parse().ok()).and_then(|(unit, number): (u64, u64)| unit.checked_mul(number));
    // The fuzzer counts seconds in 31 bits.
    let seconds = seconds.filter(|seconds| i32::try_from(*seconds).is_ok());
    seconds.map(Duration::from_secs).ok_or_else(|| {
        Failure::usage(&format!("\"{text}\" is no time of --for: expected one such as 30s, 10min or 1h"))
    })
}

/// Builds the targets and lets the fuzzer try inputs.
pub(crate) fn fuzz(options: &Options) -> Result<(), Failure> {
    let known = targets()?;
    let chosen = match &options.target {
        None => known,
        Some(name) if known.contains(name) => vec![name.clone()],
        Some(name) => {
            let known = known.join(", ");
            return Err(Failure::usage(&format!("there is no target \"{name}\" among {known}")));
        }
    };
    let host = host()?;
    let target = place::target()?.join("fuzz");
    let mut build = cargo(["build", "--release", "--manifest-path", "fuzz/Cargo.toml", "--bins"]);
    // For a named host, flags hold for the targets alone, not for what runs while they are built.
    build.args(["--target", &host, "--target-dir"]).arg(&target);
    run(build.env("RUSTFLAGS", FLAGS.join(" ")))?;
    for name in chosen {
        attempt(&name, &target.join(&host).join("release").join(&name), &target, options.time)?;
    }
    Ok(())
}

/// Lets the fuzzer try inputs of one target; what it finds worth keeping it adds below the target folder.
fn attempt(name: &str, binary: &Path, target: &Path, time: Duration) -> Result<(), Failure> {
    let fuzz = place::root().join("fuzz");
    let (grown, artifacts) = (target.join("corpus").join(name), fuzz.join("artifacts").join(name));
    for folder in [&grown, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    }
    let mut command = Command::new(binary);
    if time.is_zero() {
        command.arg("-runs=0");
    } else {
        command.arg(format!("-max_total_time={}", time.as_secs()));
    }
    command.args([format!("-timeout={SECONDS_MAX}"), format!("-rss_limit_mb={MEGABYTES_MAX}")]);
    // It ends with a separator, so that inputs lie in the folder.
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg("-print_final_stats=1");
    command.arg(grown).arg(fuzz.join("corpus").join(name));
    command.args(seeds(name)?).current_dir(&fuzz);
    run(&mut command)
}

/// Folders of the repository with whose files a target begins besides its corpus.
fn seeds(name: &str) -> Result<Vec<PathBuf>, Failure> {
    let path = place::root().join("fuzz/Cargo.toml");
    let manifest: toml::Table =
        place::read(&path)?.parse().map_err(|error| Failure::content(&path.display(), &error))?;
    let seeds = &manifest["package"]["metadata"]["seeds"];
    let folders = seeds.get(name).and_then(toml::Value::as_array).into_iter().flatten();
    Ok(folders.filter_map(|folder| Some(place::root().join(folder.as_str()?))).collect())
}

/// Every target, in the order of names.
fn targets() -> Result<Vec<String>, Failure> {
    let folder = place::root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, error))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut names: Vec<String> =
        paths.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

/// The kind of machine that this compiler runs on.
fn host() -> Result<String, Failure> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let answer = output(program(compiler, ["-vV"]))?;
    let host = answer.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::content(&"rustc -vV", &"no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_say_what_is_fuzzed_and_for_how_long() {
        let read =
            |words: &[&str]| Options::read(words).map(|options| (options.target, options.time.as_secs()));
        let chain = || Some("chain".to_owned());
        assert_eq!(read(&[]).expect("every target"), (None, 60));
        assert_eq!(read(&["chain"]).expect("one"), (chain(), 60));
        assert_eq!(read(&["chain", "--for", "10min"]).expect("long"), (chain(), 600));
        assert_eq!(read(&["--for", "0s"]).expect("only what is kept"), (None, 0));
        for wrong in
            [&["chain", "data"][..], &["--for"], &["--for", "10"], &["--for", "1.5h"], &["--for", "9999999h"]]
        {
            assert!(matches!(read(wrong), Err(Failure::Usage { .. })), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_has_a_corpus_and_seeds_that_are_there() {
        let names = targets().expect("the folder is there");
        assert!(!names.is_empty());
        for name in names {
            assert!(place::root().join("fuzz/corpus").join(&name).is_dir(), "{name}");
            let seeds = seeds(&name).expect("the manifest is there");
            assert!(!seeds.is_empty() && seeds.iter().all(|folder| folder.is_dir()), "{name}: {seeds:?}");
        }
    }

    #[test]
    fn an_unknown_target_is_an_error_that_names_those_there_are() {
        let options = Options::read(&["chains"]).expect("it may be a target");
        let said = fuzz(&options).expect_err("it is none").to_string();
        assert!(said.contains("no target \"chains\" among chain, "), "{said}");
    }
}
