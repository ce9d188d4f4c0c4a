//! `verify`: formulas and published numbers against simulation.

use std::io;
use std::path::PathBuf;

use super::args::VerifyArgs;
use super::check::{data_folders, places};
use super::progress::Watch;
use super::protected::Protected;
use super::{Exit, Failure, Streams, list, run};
use crate::experiment::{self, Options};
use crate::output::claim::{self, ClaimRow};
use crate::output::staging::Staging;
use crate::scenario::{self, Scenario, source};

/// Where claims are looked for unless the user says otherwise.
const CLAIMS: [&str; 3] = ["scenarios/claims", "scenarios/pathologies", "tests/reference"];

/// Decides the claims of scenario files and prints the verdicts.
pub(super) fn verify(args: &VerifyArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let (scenarios, protected) = load(args, streams)?;
    args.csv.as_deref().map_or(Ok(()), |path| protected.allows(path))?;
    args.out.as_deref().map_or(Ok(()), |folder| protected.allows_folder(folder))?;
    let options = Options { threads: run::threads(args.threads, streams)?, data: data_folders(&args.data) };
    let watch = Watch::new(streams.is_watched && !args.quiet);
    let decided = experiment::verify(&scenarios, &options, &watch);
    watch.end();
    let results = decided.map_err(|error| Failure::of_experiment(error, &scenarios))?;
    let rows = claim::rows(&results);
    if let Some(path) = &args.csv {
        claim::write(path, &rows)?;
    }
    if let Some(folder) = &args.out {
        let staging = Staging::begin(folder)?;
        let written = claim::save(staging.path(), &rows)?;
        staging.commit()?;
        if !args.quiet {
            streams.say(&format!("{} files are in {}", written.len(), folder.display()));
        }
    }
    if args.json {
        writeln!(streams.out, "{}", claim::json(&rows).map_err(io::Error::from)?)?;
    } else {
        write!(streams.out, "{}", claim::table(&rows, streams.paint))?;
    }
    Ok(exit(&rows))
}

/// Every scenario with claims, and what was read for them; all mistakes of one file are told at once.
fn load(args: &VerifyArgs, streams: &mut Streams<'_>) -> Result<(Vec<Scenario>, Protected), Failure> {
    let shipped = || CLAIMS.map(PathBuf::from).into_iter().filter(|path| path.is_dir()).collect();
    let given: Vec<PathBuf> = if args.claims.is_empty() { shipped() } else { args.claims.clone() };
    if given.is_empty() {
        let folders = CLAIMS.join("\" or \"");
        return Err(Failure::Usage {
            message: format!("there is no folder \"{folders}\" here: name a file"),
        });
    }
    let (mut scenarios, mut protected) = (Vec::new(), Protected::default());
    for path in given {
        let files = if path.is_dir() { list::files(&path)? } else { vec![path] };
        for file in files {
            let places = places(&file, &args.data);
            let text = source::read(&file, &places, streams.input)?;
            let mut scenario = scenario::load(text, &[], &places)?;
            scenario.limits = streams.limits;
            protected = protected.file(&file).named_in(&scenario.document, &places);
            if !scenario.claims.is_empty() {
                scenarios.push(scenario);
            } else if !args.quiet {
                streams.say(&format!("note: {} claims nothing", file.display()));
            }
        }
    }
    if scenarios.is_empty() {
        return Err(Failure::Usage { message: "no file given has a claim".to_owned() });
    }
    Ok((scenarios, protected))
}

fn exit(rows: &[ClaimRow]) -> Exit {
    if rows.iter().any(ClaimRow::is_contrary) {
        Exit::Missed
    } else if rows.iter().all(|one| one.as_expected) {
        Exit::Done
    } else {
        Exit::Undecided
    }
}
