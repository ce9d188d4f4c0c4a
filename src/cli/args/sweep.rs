//! The grammar of `sweep`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args as Group, Subcommand};

/// A sweep in one go, or one step of it.
#[derive(Debug, Group)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = SWEEP_HELP)]
pub(in crate::cli) struct SweepArgs {
    #[command(subcommand)]
    pub(in crate::cli) step: Option<SweepStep>,
    #[command(flatten)]
    pub(in crate::cli) asked: SweepInputArgs,
    /// Print the points and simulate nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli) how: SweepHowArgs,
    /// Print results as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SweepStep {
    /// Write a plan that divides the points among machines
    Plan(SweepPlanArgs),
    /// Simulate the points of one shard; what is finished is not done again
    Shard(SweepShardArgs),
    /// Put the points of all shards together
    Merge(SweepMergeArgs),
}

/// What is swept.
#[derive(Debug, Group)]
pub(in crate::cli) struct SweepInputArgs {
    /// Experiment file, or a scenario file with --vary
    #[arg(required = true)]
    pub(in crate::cli) experiment: Option<PathBuf>,
    /// Add an axis, such as service.shop.replicas=2,3,4 or a TOML list; may be given several times
    #[arg(long, value_name = "PATH=VALUE,...")]
    pub(in crate::cli) vary: Vec<String>,
    /// Change one value in every point; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    pub(in crate::cli) set: Vec<String>,
    /// Keep this metric, such as `latency_p99` or `service.shop/wait_mean`, instead of those of the experiment; may be
    /// given several times
    #[arg(long, value_name = "METRIC")]
    pub(in crate::cli) metric: Vec<String>,
    /// Seed of all random numbers, instead of the scenario's
    #[arg(long)]
    pub(in crate::cli) seed: Option<u64>,
    /// Number of runs of each point, instead of the scenario's and whatever its precision asks for
    #[arg(long)]
    pub(in crate::cli) runs: Option<NonZeroU32>,
    /// Folder for the results, instead of results/NAME-sweep
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Folder with files that the scenario names; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) data: Vec<PathBuf>,
    /// Draw no figures
    #[arg(long)]
    pub(in crate::cli) no_plots: bool,
}

/// How points are simulated; nothing here changes a result.
#[derive(Debug, Group)]
pub(in crate::cli) struct SweepHowArgs {
    /// Threads, as many as the machine has processors by default; results do not depend on it
    #[arg(long)]
    pub(in crate::cli) threads: Option<NonZeroU32>,
    /// Print results only, and spend no runs on telling how long it takes
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct SweepPlanArgs {
    #[command(flatten)]
    pub(in crate::cli) asked: SweepInputArgs,
    /// Among how many the points are divided
    #[arg(long)]
    pub(in crate::cli) shards: NonZeroU32,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct SweepShardArgs {
    /// Number of the shard, from 1
    pub(in crate::cli) shard: NonZeroU32,
    /// Folder with the plan
    #[arg(default_value = ".")]
    pub(in crate::cli) folder: PathBuf,
    /// Folder for the finished points, instead of that of the plan
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Folder with files that the scenario names; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) data: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) how: SweepHowArgs,
}

#[derive(Debug, Group)]
pub(in crate::cli) struct SweepMergeArgs {
    /// Folder with the plan, where the results are written
    #[arg(default_value = ".")]
    pub(in crate::cli) folder: PathBuf,
    /// Also take finished points from this folder, which a shard was told as --out; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) from: Vec<PathBuf>,
    /// Print results only
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Print results as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// How to use `sweep`, below its options.
const SWEEP_HELP: &str = "\
Examples:
  ninefold sweep scenarios/experiments/replicas-and-load.toml
  ninefold sweep shop.toml --vary service.shop.replicas=2,3,4 --vary client.c.arrival.rate=50/s,100/s --runs 5
  ninefold sweep plan load.toml --shards 8 --out shared; ninefold sweep shard 3 shared; ninefold sweep merge shared

Exit code 130 when it was interrupted: the same command goes on. 0 whatever objectives say of the points.";
