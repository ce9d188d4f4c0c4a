//! A sweep in steps: a plan, its shards on any number of machines, and the merger of what they have finished.

use std::io;

use super::points::Work;
use super::prepare::Prepared;
use super::{Shown, finish, folder};
use crate::cli::args::{SweepMergeArgs, SweepPlanArgs, SweepShardArgs};
use crate::cli::{Exit, Failure, Streams, check};
use crate::output::sweep::part::Part;
use crate::output::sweep::plan::Plan;

/// Most points that a message names.
const NAMED_MAX: usize = 10;

/// Writes a plan.
pub(super) fn plan(args: &SweepPlanArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let prepared = Prepared::new(&args.asked, streams)?;
    let folder = folder(args.asked.out.as_ref(), &prepared.manifest);
    prepared.protected.allows_folder(&folder)?;
    let plan = Plan { shards: args.shards.get(), sweep: prepared.manifest };
    plan.write(&folder)?;
    let points = plan.sweep.points.len();
    let path = folder.display();
    writeln!(streams.out, "{points} points in {} shards, planned in {path}", plan.shards)?;
    streams.say(&format!(
        "each of `ninefold sweep shard 1 {path}` to `ninefold sweep shard {} {path}` does a share, on any machine; \
         then `ninefold sweep merge {path}`",
        plan.shards
    ));
    Ok(Exit::Done)
}

/// Finishes the points of one shard.
pub(super) fn shard(args: &SweepShardArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let plan = Plan::read(&args.folder)?;
    let shard = args.shard.get();
    if shard > plan.shards {
        let message = format!("there is no shard {shard}: the plan has {}", plan.shards);
        return Err(Failure::Usage { message });
    }
    // Files that the scenario names are looked up beside the plan, then in data folders.
    let places = check::places(&args.folder.join("plan.json"), &args.data);
    let prepared = Prepared::again(&plan.sweep.inputs, places, streams)?;
    if prepared.manifest != plan.sweep {
        let message = "here the points are not those of the plan: the version of the program or a data file differs \
                       from that with which it was made";
        return Err(Failure::Usage { message: message.to_owned() });
    }
    let folder = args.out.as_ref().unwrap_or(&args.folder);
    let members = plan.members(shard);
    let work = Work { prepared: &prepared, folder, how: &args.how, data: &args.data };
    let left = work.carry_out(&members, streams)?;
    let finished = members.len() - left;
    writeln!(
        streams.out,
        "shard {shard} of {}: {finished} of {} points are finished",
        plan.shards,
        members.len()
    )?;
    Ok(if left > 0 { Exit::Interrupted } else { Exit::Done })
}

/// Puts the points of all shards together.
pub(super) fn merge(args: &SweepMergeArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let plan = Plan::read(&args.folder)?;
    let mut missing = Vec::new();
    for (number, entry) in plan.sweep.points.iter().enumerate() {
        if Part::read(&args.folder, number, &entry.key)?.is_some() {
            continue;
        }
        let mut found = None;
        for from in &args.from {
            found = found.or(Part::read(from, number, &entry.key)?);
        }
        match found {
            Some(part) => part.write(&args.folder, number)?,
            None => missing.push(number),
        }
    }
    if missing.is_empty() {
        let shown = Shown { json: args.json, quiet: args.quiet };
        return finish(&args.folder, &plan.sweep, shown, streams);
    }
    let mut shards: Vec<usize> = missing.iter().map(|number| number % plan.shards as usize + 1).collect();
    shards.sort_unstable();
    shards.dedup();
    let names = |numbers: &[usize]| {
        let shown: Vec<String> = numbers.iter().take(NAMED_MAX).map(usize::to_string).collect();
        format!("{}{}", shown.join(", "), if numbers.len() > NAMED_MAX { ", ..." } else { "" })
    };
    Err(Failure::Environment {
        action: format!("{} of {} points are not finished", missing.len(), plan.sweep.points.len()),
        source: io::Error::other(format!("see to the shards {}", names(&shards))),
    })
}
