//! `sweep`: many points of a scenario, in one go or in shards.

mod points;
mod prepare;
mod shard;

use std::path::{Path, PathBuf};

use super::args::{SweepArgs, SweepStep};
use super::{Exit, Failure, Streams};
use crate::output::plot;
use crate::output::staging::Staging;
use crate::output::sweep::plan::SweepManifest;
use crate::output::sweep::{files, part, table};
use points::Work;
use prepare::Prepared;

/// Sweeps, or does one step of it.
pub(super) fn sweep(args: &SweepArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    match &args.step {
        Some(SweepStep::Plan(args)) => return shard::plan(args, streams),
        Some(SweepStep::Shard(args)) => return shard::shard(args, streams),
        Some(SweepStep::Merge(args)) => return shard::merge(args, streams),
        None => {}
    }
    let prepared = Prepared::new(&args.asked, streams)?;
    if args.dry_run {
        return dry_run(&prepared, streams);
    }
    let folder = folder(args.asked.out.as_ref(), &prepared.manifest);
    prepared.protected.allows_folder(&folder)?;
    let numbers: Vec<usize> = (0..prepared.points.len()).collect();
    let work = Work { prepared: &prepared, folder: &folder, how: &args.how, data: &args.asked.data };
    let left = work.carry_out(&numbers, streams)?;
    if left > 0 {
        let (points, finished) = (numbers.len(), numbers.len() - left);
        streams.say(&format!(
            "interrupted: {finished} of {points} points are finished and kept in {}; the same command goes on",
            folder.join(part::FOLDER).display()
        ));
        return Ok(Exit::Interrupted);
    }
    finish(&folder, &prepared.manifest, Shown { json: args.json, quiet: args.how.quiet }, streams)
}

/// How results are shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    json: bool,
    quiet: bool,
}

/// Where results go.
fn folder(out: Option<&PathBuf>, manifest: &SweepManifest) -> PathBuf {
    out.cloned().unwrap_or_else(|| Path::new("results").join(format!("{}-sweep", manifest.name)))
}

/// Prints the points.
fn dry_run(prepared: &Prepared, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    writeln!(streams.out, "point\t{}", prepared.manifest.paths.join("\t"))?;
    for (number, entry) in prepared.manifest.points.iter().enumerate() {
        let values = entry.values.iter().map(|value| value.as_deref().unwrap_or("-"));
        writeln!(streams.out, "{}\t{}", number + 1, values.collect::<Vec<_>>().join("\t"))?;
    }
    let runs: u64 = prepared.runs.iter().map(|runs| u64::from(*runs)).sum();
    streams.say(&format!("{} points, {runs} runs", prepared.points.len()));
    Ok(Exit::Done)
}

/// Puts finished points together.
fn finish(
    folder: &Path,
    manifest: &SweepManifest,
    shown: Shown,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    part::tidy(folder)?;
    let staging = Staging::begin(folder)?;
    files::write(staging.path(), folder, manifest)?;
    if manifest.inputs.plots {
        plot::draw_sweep(staging.path(), manifest)?;
    }
    manifest.write(staging.path())?;
    staging.commit()?;
    if shown.json {
        writeln!(streams.out, "{}", table::json(folder, manifest)?)?;
    } else {
        let title = format!("{}: {} points", manifest.name, manifest.points.len());
        write!(streams.out, "{}", table::table(&title, folder, manifest, streams.paint)?)?;
    }
    if !shown.quiet {
        streams.say(&format!("results are in {}", folder.display()));
    }
    Ok(Exit::Done)
}
