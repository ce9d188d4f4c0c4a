//! The grammar of the command line; its doc comments are the help texts.

mod fit;
mod known;
mod solve;
mod sweep;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::document::{Diagnostics, Field, Node, Span, Value};
use crate::limit::{Limits, described};
use crate::units::SimDuration;
use clap::{Args as Group, Parser, Subcommand, ValueEnum};

pub(super) use fit::FitArgs;
pub(super) use solve::{SolveArgs, SolveChainArgs, SolveStep};
pub(super) use sweep::{
    SweepArgs, SweepHowArgs, SweepInputArgs, SweepMergeArgs, SweepPlanArgs, SweepShardArgs, SweepStep,
};

/// Simulates a fleet of services under load and failure and says, with confidence intervals, how many nines a
/// high-availability strategy buys.
#[derive(Debug, Parser)]
#[command(name = "ninefold", version, about, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 a file cannot be read or written; 2 wrong arguments or scenario; \
    98 an objective or claim is undecided; 99 an objective is missed or a claim is not as expected; 130 interrupted."
)]
pub(super) struct Args {
    /// When results are coloured; `auto` is on a terminal unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(super) color: ColourWhen,
    /// Allow more, or less, than is usual, such as runs=1000000 or memory=8GB; may be given several times.
    ///
    /// A scenario that costs more than a limit allows is refused, before it runs where that can be told, so that nobody
    /// has to trust a file. What was finished before a limit was met is kept. No result depends on limits.
    #[arg(
        long = "limit", global = true, value_name = "NAME=VALUE", value_parser = limit, long_help = limits_help()
    )]
    pub(super) limits: Vec<String>,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Reads a limit.
fn limit(text: &str) -> Result<String, String> {
    Limits::default().set(text).map(|()| text.to_owned())
}

/// What is limited.
fn limits_help() -> String {
    let mut text = "Allow more, or less, than is usual, such as runs=1000000 or memory=8GB; may be given several \
                    times.\n\nWhat costs more than a limit allows is refused, before it runs where that can be told; \
                    what was finished before is kept. No result depends on limits. They are:\n"
        .to_owned();
    for (name, usual, meaning) in described() {
        let _ = write!(text, "\n- {name}={usual}: {meaning}");
    }
    text
}

/// When results are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColourWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulate a scenario, print its results and write them to a folder
    Run(RunArgs),
    /// Compare variants of a scenario that face the same arrivals, demands and faults
    ///
    /// Compares several variants of one scenario, or several scenarios, and says for each pair which one is better, by
    /// how much, and how sure that is.
    ///
    /// Every variant gets the same seed, so all face the same arrivals, demands and faults; what their runs have in
    /// common drops out of the differences. Where the digests of the workload say that they did not, as when the arrival
    /// rate is varied, runs are compared unpaired and the reason is told.
    Compare(CompareArgs),
    /// Simulate many points of a scenario, in one go or in shards, and go on after an interruption
    ///
    /// An experiment file names a scenario and says what is varied in it; a scenario can be varied by --vary alone.
    /// Every finished point is kept on disk: the same command goes on after an interruption and ends with the same bytes.
    ///
    /// `plan` divides the points among machines that share a folder or not, `shard` does one share, `merge` puts all
    /// together.
    Sweep(SweepArgs),
    /// Check formulas and published numbers against simulation
    Verify(VerifyArgs),
    /// Work out exact answers: formulas and Markov chains
    ///
    /// Works out one of the formulas that claims may name, for arguments on the command line or in a scenario, and says
    /// when it is exact and where it is from. `chain` solves a Markov chain from a file.
    Solve(SolveArgs),
    /// Find the law of recorded durations: times between failures, repair times, latencies
    ///
    /// Fits laws to a column of a CSV file by maximum likelihood, compares them by Akaike's criterion, tests each by Anderson and
    /// Darling's statistic, and prints what to paste into a scenario.
    ///
    /// Durations that were not seen to end count as what they are: at least so long (right-censored).
    Fit(FitArgs),
    /// Report the errors and warnings of a scenario without running it
    Check(CheckArgs),
    /// Say what there is to choose from
    List(ListArgs),
    /// Explain one key, policy, preset, metric or formula
    ///
    /// Takes a path as scenarios have it, such as service.shop.retry.attempts or run.transient, where a part may have any
    /// name or a star; a metric such as `client.c/latency_p99`; or a name alone.
    Explain(ExplainArgs),
    /// Write the reference of the scenario language as Markdown files
    Reference(ReferenceArgs),
    /// Print the JSON Schema of scenario files, for editors
    Schema,
    /// Draw the figures of a results folder again
    Plot(PlotArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Which scenario, and what is changed in it.
#[derive(Debug, Group)]
pub(super) struct ScenarioArgs {
    /// Scenario file, or `-` for standard input
    pub(super) scenario: PathBuf,
    /// Change one value, such as service.shop.replicas=4; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Folder with files that the scenario names; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(super) data: Vec<PathBuf>,
}

#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    /// Seed of all random numbers, instead of the scenario's
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Number of independent runs, instead of the scenario's and whatever its precision asks for
    #[arg(long)]
    pub(super) runs: Option<NonZeroU32>,
    /// Folder for the results, instead of results/NAME
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Threads, as many as the machine has processors by default; results do not depend on it
    #[arg(long)]
    pub(super) threads: Option<NonZeroU32>,
    /// Print results only
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Print results as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Print every metric
    #[arg(long, conflicts_with = "json")]
    pub(super) all: bool,
    /// Draw no figures
    #[arg(long)]
    pub(super) no_plots: bool,
    /// Also keep what each run contributes, for `compare --baseline NAME`
    #[arg(long, value_name = "NAME")]
    pub(super) save_baseline: Option<String>,
    /// Also log every event of the first run to a CSV file; that run is simulated once more for it
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// End the event log at this time, such as 10s
    #[arg(long, value_name = "TIME", requires = "events", value_parser = duration)]
    pub(super) until: Option<SimDuration>,
}

/// What is compared, and how often.
#[derive(Debug, Group)]
#[command(after_help = COMPARE_HELP)]
pub(super) struct CompareArgs {
    /// Scenario files; one of them may be `-` for standard input
    #[arg(required = true, value_name = "SCENARIO")]
    pub(super) scenarios: Vec<PathBuf>,
    /// Give a value several values, such as service.shop.replicas=2,3,4 or a TOML list; given several times, all
    /// combinations are compared
    #[arg(long, value_name = "PATH=VALUE,...")]
    pub(super) vary: Vec<String>,
    /// Change one value in every variant; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Compare with results that `run --save-baseline NAME` has kept, found by name or by folder
    #[arg(long, value_name = "NAME")]
    pub(super) baseline: Option<String>,
    /// Compare this metric, such as `latency_p99` or `service.shop/wait_mean`; may be given several times. By default
    /// availability, goodput, mean and 99th percentile of latency and amplification of each client, and what objectives
    /// speak of
    #[arg(long, value_name = "METRIC")]
    pub(super) metric: Vec<String>,
    /// Seed of all random numbers, instead of the scenario's
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Number of runs of each variant, instead of the scenario's
    #[arg(long)]
    pub(super) runs: Option<NonZeroU32>,
    /// Add runs, half as many again each time, until every pair is decided or there are so many; by default as many as
    /// the scenario's precision allows, or none
    #[arg(long, value_name = "RUNS")]
    pub(super) runs_max: Option<NonZeroU32>,
    /// Folder for the results, instead of results/NAME-compare
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Folder with files that scenarios name; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(super) data: Vec<PathBuf>,
    /// Threads, as many as the machine has processors by default; results do not depend on it
    #[arg(long)]
    pub(super) threads: Option<NonZeroU32>,
    /// Print results only
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Print results as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Draw no figures
    #[arg(long)]
    pub(super) no_plots: bool,
}

/// How to use `compare`, below its options.
const COMPARE_HELP: &str = "\
Examples:
  ninefold compare scenarios/online-store.toml --vary service.shop.balancing.policy=round-robin,random
  ninefold compare shop.toml --vary service.shop.replicas=2,3 --vary client.c.retry.attempts=1,3 --runs 24
  ninefold compare before.toml after.toml --metric latency_p99 --runs-max 200
  ninefold run shop.toml --save-baseline main; ninefold compare shop.toml --baseline main

Verdicts:
  better, worse (higher, lower where neither is better), undecided, or identical in every run. All verdicts on one
  metric are right together with the scenario's confidence (Holm). Exit code 0 whatever the verdicts are.";

/// Reads a duration as scenarios write it.
fn duration(text: &str) -> Result<SimDuration, String> {
    let mut findings = Diagnostics::default();
    let node = Node { span: Span::default(), value: Value::Text(text.to_owned()) };
    SimDuration::read(&node, &mut findings).ok_or_else(|| format!("expected {}", SimDuration::EXPECTED))
}

#[derive(Debug, Group)]
pub(super) struct VerifyArgs {
    /// Scenario files with claims, or folders of them; by default `scenarios/claims`,
    /// `scenarios/pathologies` and `tests/reference`
    pub(super) claims: Vec<PathBuf>,
    /// Folder with files that scenarios name; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(super) data: Vec<PathBuf>,
    /// Also write the table to a CSV file
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    /// Also write the table as CSV and Markdown, and figures of predicted against simulated, into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Threads, as many as the machine has processors by default; results do not depend on it
    #[arg(long)]
    pub(super) threads: Option<NonZeroU32>,
    /// Print results only
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Print results as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Group)]
pub(super) struct CheckArgs {
    /// Scenario files; one of them may be `-` for standard input
    #[arg(required = true, value_name = "SCENARIO")]
    pub(super) scenarios: Vec<PathBuf>,
    /// Change one value, such as service.shop.replicas=4; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Folder with files that scenarios name; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(super) data: Vec<PathBuf>,
    /// Print the scenario with every default filled in
    #[arg(long)]
    pub(super) resolved: bool,
    /// Print what was found as JSON, one object for each file
    #[arg(long, conflicts_with = "resolved")]
    pub(super) json: bool,
}

#[derive(Debug, Group)]
pub(super) struct ExplainArgs {
    /// What to explain
    #[arg(value_name = "PATH", value_parser = known::explained(), hide_possible_values = true)]
    pub(super) name: String,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Group)]
pub(super) struct ReferenceArgs {
    /// Folder for the files
    #[arg(long, value_name = "DIR", default_value = "docs/reference")]
    pub(super) out: PathBuf,
}

#[derive(Debug, Group)]
pub(super) struct ListArgs {
    /// What to list, or the name of one thing, such as round-robin; everything but scenarios by default
    #[arg(value_name = "WHAT", value_parser = known::listed())]
    pub(super) what: Option<Named>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What `list` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// All of a kind.
    All(Listed),
    /// One thing.
    One(String),
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// Policies of balancing, retries, queues and recovery, with their settings
    Policies,
    /// Arrival processes of clients
    Arrivals,
    /// Kinds of faults
    Faults,
    /// Kinds of monitors
    Monitors,
    /// Documented defaults of well-known systems
    Presets,
    /// Distributions of random times
    Distributions,
    /// Formulas that claims may name
    Oracles,
    /// Metrics with their units and definitions
    Metrics,
    /// Scenario files below the folder `scenarios`
    Scenarios,
}

#[derive(Debug, Group)]
pub(super) struct PlotArgs {
    /// Folder that `run`, `compare`, `sweep` or `fit` has written
    pub(super) results: PathBuf,
}

#[derive(Debug, Group)]
pub(super) struct CompletionsArgs {
    /// Which shell
    pub(super) shell: clap_complete::Shell,
}
