//! The options of `fit`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args as Group;
use clap::builder::PossibleValuesParser;

use super::duration;
use crate::document::TimeUnit;
use crate::experiment::fit::{FAMILIES, Filter, Zeros};

/// What is read from which file, and which laws are fitted to it.
#[derive(Debug, Group)]
#[command(after_help = FIT_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(in crate::cli) struct FitArgs {
    /// CSV file with a header, or `-` for standard input
    pub(in crate::cli) file: PathBuf,
    /// Column with durations, or with instants where --ended or --between is given
    #[arg(long, value_name = "COLUMN")]
    pub(in crate::cli) column: String,
    /// Unit of the numbers, seconds by default; dates and times such as 2001-05-01T11:30:00Z need none
    #[arg(long, value_name = "UNIT", value_parser = PossibleValuesParser::new(TimeUnit::ALL.map(TimeUnit::name)))]
    pub(in crate::cli) unit: Option<String>,
    /// Take only rows of which this is true, such as system=20 or node<256; may be given several times
    #[arg(long = "where", value_name = "CONDITION", value_parser = filter)]
    pub(in crate::cli) filters: Vec<Filter>,
    /// Column that says how many durations a row stands for
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["between", "by"])]
    pub(in crate::cli) count: Option<String>,
    /// Column that says with 1 or 0 whether a duration was not seen to end
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["ended", "between"])]
    pub(in crate::cli) censored: Option<String>,
    /// Column with the instants at which what began in --column ended; empty where that is not known
    #[arg(long, value_name = "COLUMN")]
    pub(in crate::cli) ended: Option<String>,
    /// Take the times from one event to the next; with --ended, from the end of one
    #[arg(long)]
    pub(in crate::cli) between: bool,
    /// Column that names units: events of one have nothing to do with those of another, and where they have ends, what
    /// overlaps or touches at one unit is one event
    #[arg(long, value_name = "COLUMN")]
    pub(in crate::cli) by: Option<String>,
    /// From when on each unit was watched: the first event then ends a time, too; a time or `first`, the first in the file
    #[arg(long, value_name = "TIME", requires = "between")]
    pub(in crate::cli) since: Option<String>,
    /// Until when each unit was watched: the time from its last event was not seen to end
    #[arg(long, value_name = "TIME", default_value = "last", requires = "between")]
    pub(in crate::cli) until: String,
    /// What to do with durations of zero: `drop` them, or take each for a time such as 30s
    #[arg(long, value_name = "WHAT", value_parser = zeros)]
    pub(in crate::cli) zeros: Option<Zeros>,
    /// Fit only this law; may be given several times
    #[arg(long, value_name = "LAW", value_parser = PossibleValuesParser::new(FAMILIES.iter().map(|one| one.name)))]
    pub(in crate::cli) law: Vec<String>,
    /// Resamples of each law, from which intervals and levels come; 0 for none
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub(in crate::cli) resamples: u32,
    /// Seed of the resamples
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Confidence of the intervals
    #[arg(long, default_value = "95%", value_parser = confidence)]
    pub(in crate::cli) confidence: f64,
    /// Folder for the results, instead of results/FILE-fit
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Threads, as many as the machine has processors by default; results do not depend on it
    #[arg(long)]
    pub(in crate::cli) threads: Option<NonZeroU32>,
    /// Print results only
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Print results as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Draw no figures
    #[arg(long)]
    pub(in crate::cli) no_plots: bool,
}

/// How to use `fit`, below its options.
const FIT_HELP: &str = "\
Examples:
  ninefold fit latencies.csv --column duration_ms --unit ms
  ninefold fit repairs.csv --column hours --unit h --censored open --law lognormal --law weibull
  ninefold fit tested.csv --column hours --unit h --censored running --count units
  ninefold fit failures.csv --column started --ended fixed --by node
  ninefold fit failures.csv --column started --ended fixed --by node --between --where 'node<256'

The fourth example fits how long outages last, the last one the up times between them.";

/// Reads a condition on rows.
fn filter(text: &str) -> Result<Filter, String> {
    Filter::parse(text).ok_or_else(|| "expected COLUMN=VALUE, or with !=, <, <=, > or >=".to_owned())
}

/// Reads what is done with zeros.
fn zeros(text: &str) -> Result<Zeros, String> {
    if text == "drop" {
        return Ok(Zeros::Dropped);
    }
    let taken = duration(text).ok().filter(|span| !span.is_zero());
    let taken = taken.map(|span| Zeros::Taken(span.as_secs()));
    taken.ok_or_else(|| "expected \"drop\" or a time above zero such as 30s".to_owned())
}

/// Reads a share strictly between 0 and 1.
fn confidence(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().map(|percent: f64| percent / 100.0),
        None => text.parse(),
    };
    let share = share.ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a share between 0 and 1, such as 95%".to_owned())
}
