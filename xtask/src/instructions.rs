//! `cargo xtask instructions`: how many instructions one more request takes, which, unlike time, is the same on a busy
//! machine.

use crate::command;
use crate::failure::Failure;
use crate::feature::{self, FEATURES};
use crate::place;
use crate::skip::Skips;
use crate::test;
use crate::workload::{self, DEPTH_1, DEPTH_2, W1, W2, W3, W4, W5, Workload};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Growth over the recorded figure that is taken for a change of the code.
const MARGIN: f64 = 0.05;

/// The two lengths between which the slope is taken; what a run costs once falls out. With these, W1 and the chains
/// have as many rows of the timeline in both.
const REQUESTS: [u64; 2] = [192_000, 384_000];

pub(crate) type Figures = BTreeMap<String, f64>;

/// Which build of the program is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it is shipped; it takes minutes to build.
    Release,
    /// As the tests start it: there already, with checks of overflow, and guarded by figures of its own.
    Tests,
}

/// The recorded figures and the compiler that they belong to.
#[derive(Debug, PartialEq)]
struct Record {
    compiler: String,
    release: Figures,
    tests: Figures,
}

/// The same for features, which are more and need fewer: rows of the timeline are told from requests by W3 without any.
const REQUESTS_OF_FEATURES: [u64; 2] = [48_000, 96_000];

/// Whether instructions can be counted here.
pub(crate) fn can_count(skips: &mut Skips) -> bool {
    let is_there = valgrind_is_there();
    if !is_there {
        skips.add("instruction counts", "valgrind is missing");
    }
    is_there
}

/// Counts, and fails where a figure is above the recorded one by more than the margin.
pub(crate) fn compare(build: Build, skips: &mut Skips) -> Result<(), Failure> {
    if let Some(missing) = missing()? {
        skips.add("instruction counts", &missing);
        return Ok(());
    }
    let recorded = Record::read(&place::read(&file())?)?;
    let figures = match build {
        Build::Release => &recorded.release,
        Build::Tests => &recorded.tests,
    };
    let (text, slower) = verdict(figures, &count(&build.ninefold()?)?);
    print!("{text}");
    if slower == 0 { Ok(()) } else { Err(Failure::Slower { count: slower }) }
}

/// What is missing, if anything, for counts that can be compared.
fn missing() -> Result<Option<String>, Failure> {
    if !valgrind_is_there() {
        return Ok(Some("valgrind is missing".to_owned()));
    }
    if !file().is_file() {
        let missing = "benches/instructions.toml is missing; `cargo xtask instructions --record`";
        return Ok(Some(missing.to_owned()));
    }
    let (recorded, here) = (Record::read(&place::read(&file())?)?, compiler()?);
    let differ = recorded.compiler != here;
    Ok(differ.then(|| format!("recorded with {}, this is {here}", recorded.compiler)))
}

/// Counts, and records the figures.
pub(crate) fn record() -> Result<(), Failure> {
    if !valgrind_is_there() {
        return Err(Failure::usage("valgrind is missing"));
    }
    let release = count(&Build::Release.ninefold()?)?;
    command::run(&mut test::build())?;
    let tests = count(&Build::Tests.ninefold()?)?;
    let record = Record { compiler: compiler()?, release, tests };
    place::write(&file(), record.text())?;
    print!("{}", record.text());
    Ok(())
}

impl Build {
    fn ninefold(self) -> Result<PathBuf, Failure> {
        match self {
            Self::Release => place::ninefold(),
            Self::Tests => place::tested_ninefold(),
        }
    }
}

fn file() -> PathBuf {
    place::root().join("benches/instructions.toml")
}

fn valgrind_is_there() -> bool {
    command::answers(command::program("valgrind", ["--version"]))
}

fn compiler() -> Result<String, Failure> {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.arg("--version");
    Ok(command::output(command)?.trim().to_owned())
}

fn count(ninefold: &Path) -> Result<Figures, Failure> {
    let programs = [W1, W2, W3, W4, W5, DEPTH_1, DEPTH_2];
    let mut figures = slopes(&programs.map(|workload| (workload.name, workload)), ninefold, REQUESTS)?;
    figures.insert("hop".to_owned(), figures["depth-2"] - figures["depth-1"]);
    figures.extend(features(ninefold)?.into_iter().map(|(name, count)| (format!("w3-{name}"), count)));
    Ok(figures)
}

/// Instructions per request of W3, called [`feature::PLAIN`], and with each feature.
pub(crate) fn features(ninefold: &Path) -> Result<Figures, Failure> {
    let all = FEATURES.iter().map(|feature| (feature.name, feature.workload));
    let all: Vec<_> = std::iter::once((feature::PLAIN, W3)).chain(all).collect();
    slopes(&all, ninefold, REQUESTS_OF_FEATURES)
}

/// Instructions per request of each workload; other than times, counts can be taken on all cores at once.
fn slopes(
    workloads: &[(&'static str, Workload)],
    ninefold: &Path,
    requests: [u64; 2],
) -> Result<Figures, Failure> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut found = Vec::new();
        while let Some((name, workload)) = workloads.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.push(((*name).to_owned(), slope(*workload, ninefold, requests)?));
        }
        Ok(found)
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(workloads.len());
    let shares: Result<Vec<_>, Failure> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(share)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no count panics")).collect()
    });
    Ok(shares?.into_iter().flatten().collect())
}

/// Instructions per request between the two lengths.
fn slope(workload: Workload, ninefold: &Path, [short, long]: [u64; 2]) -> Result<f64, Failure> {
    let (one, two) = (counted(workload, ninefold, short)?, counted(workload, ninefold, long)?);
    Ok(((two.0 - one.0) / (two.1 - one.1)).round())
}

/// Instructions and requests of one run.
fn counted(workload: Workload, ninefold: &Path, requests: u64) -> Result<(f64, f64), Failure> {
    let folder = place::scratch()?;
    let out = folder.path().join("out");
    let instructions = executed(ninefold, &workload.arguments(requests, &out))?;
    Ok((instructions, workload::requests(&out)?))
}

/// Instructions of one run with these arguments.
pub(crate) fn executed(ninefold: &Path, arguments: &[String]) -> Result<f64, Failure> {
    let folder = place::scratch()?;
    let profile = folder.path().join("callgrind");
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet"]);
    command.arg(format!("--callgrind-out-file={}", profile.display()));
    command.arg(ninefold).args(arguments);
    command::output(command)?;
    total(&place::read(&profile)?).ok_or_else(|| Failure::content(&"callgrind", &"no total in its output"))
}

/// The total of a callgrind file: its line `totals:` or, in older ones, `summary:`.
fn total(profile: &str) -> Option<f64> {
    let line = |key: &str| profile.lines().rev().find_map(|line| line.strip_prefix(key).map(str::to_owned));
    line("totals:").or_else(|| line("summary:"))?.split_whitespace().next()?.parse().ok()
}

/// The table of figures, and how many are above the margin.
fn verdict(recorded: &Figures, counted: &Figures) -> (String, usize) {
    let mut text = String::from("instructions per request\n");
    let mut slower = 0;
    for (name, now) in counted {
        let word = match recorded.get(name).map(|before| now / before) {
            None => "not recorded".to_owned(),
            Some(ratio) if ratio > 1.0 + MARGIN => {
                slower += 1;
                format!("{ratio:.3} times the record: TOO MANY")
            }
            Some(ratio) if ratio < 1.0 - MARGIN => format!("{ratio:.3} times the record: record it again"),
            Some(ratio) => format!("{ratio:.3} times the record"),
        };
        let _ = writeln!(text, "  {name:<20} {now:>7.0}  {word}");
    }
    (text, slower)
}

impl Record {
    fn read(text: &str) -> Result<Self, Failure> {
        let wrong = |problem: &str| Failure::content(&"benches/instructions.toml", &problem);
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(error.message()))?;
        let compiler =
            table.get("compiler").and_then(toml::Value::as_str).ok_or_else(|| wrong("no compiler"))?;
        let figures = |build: &str| {
            let rows = table.get(build).and_then(toml::Value::as_table);
            let rows = rows.ok_or_else(|| wrong(&format!("no table [{build}]")))?;
            let mut figures = Figures::new();
            for (name, value) in rows {
                let value = value.as_integer().filter(|value| *value > 0);
                figures.insert(name.clone(), value.ok_or_else(|| wrong("a figure is no count"))? as f64);
            }
            Ok::<_, Failure>(figures)
        };
        Ok(Self { compiler: compiler.to_owned(), release: figures("release")?, tests: figures("tests")? })
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Instructions per request between {} and {} requests, of the program as it is shipped and as the tests start\n\
             # it; `cargo xtask instructions --record` writes it.\n\
             compiler = \"{}\"\n",
            REQUESTS[0], REQUESTS[1], self.compiler
        );
        for (build, figures) in [("release", &self.release), ("tests", &self.tests)] {
            let _ = writeln!(text, "\n[{build}]");
            for (name, value) in figures {
                let _ = writeln!(text, "{name} = {value:.0}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rows: &[(&str, f64)]) -> Figures {
        rows.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn a_figure_above_the_margin_fails() {
        let recorded = figures(&[("w1", 600.0), ("w2", 600.0), ("w3", 600.0)]);
        let (text, slower) = verdict(&recorded, &figures(&[("w1", 629.0), ("w2", 631.0), ("w3", 300.0)]));
        assert_eq!(slower, 1, "{text}");
        assert!(text.contains("record it again"), "{text}");
    }

    #[test]
    fn a_record_reads_back() {
        let record = Record {
            compiler: "rustc 1.95.0".to_owned(),
            release: figures(&[("hop", 650.0), ("w1", 600.0)]),
            tests: figures(&[("hop", 750.0), ("w1", 700.0)]),
        };
        assert_eq!(Record::read(&record.text()).expect("it was just written"), record);
        assert!(Record::read("compiler = \"x\"\n[release]\nw1 = 1\n").is_err());
        assert!(Record::read("compiler = \"x\"\n[release]\nw1 = 0\n[tests]\n").is_err());
    }

    #[test]
    fn the_total_of_a_profile_is_found() {
        assert_eq!(total("events: Ir\nfn=main\n1 5\ntotals: 1234\n"), Some(1234.0));
        assert_eq!(total("events: Ir\nsummary: 99 1\n"), Some(99.0));
        assert_eq!(total("events: Ir\n"), None);
    }
}
