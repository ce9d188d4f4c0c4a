//! The grammar of `solve`.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand, ValueEnum};

/// A formula and its arguments, or a chain.
#[derive(Debug, Group)]
#[command(args_conflicts_with_subcommands = true, after_help = HELP)]
pub(in crate::cli) struct SolveArgs {
    #[command(subcommand)]
    pub(in crate::cli) chain: Option<SolveStep>,
    /// Name of the formula; without one, all are listed by room, or those that speak of the parts of the scenario
    pub(in crate::cli) oracle: Option<String>,
    /// Arguments of the formula: a number with its unit, some with commas between, a distribution, or a path into the
    /// scenario
    #[arg(value_name = "NAME=VALUE")]
    pub(in crate::cli) arguments: Vec<String>,
    /// Scenario that paths lead into, as those of claims do
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) scenario: Option<PathBuf>,
    /// Change one value of the scenario, such as service.shop.replicas=4; may be given several times
    #[arg(long, value_name = "PATH=VALUE", requires = "scenario")]
    pub(in crate::cli) set: Vec<String>,
    /// Folder with files that the scenario names; may be given several times, then come those of `NINEFOLD_DATA`
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) data: Vec<PathBuf>,
    /// Print answers as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SolveStep {
    /// Solve a Markov chain in continuous time
    ///
    /// Tells the share of time in the labelled sets and in the most likely states, and the means of rewards: in the long
    /// run, at a time, or until some states are reached.
    ///
    /// A file that ends in .csv is a table with the columns from,to,rate; any other is a model in the language of PRISM:
    /// ctmc, constants, formulas, bounded variables, modules and renamed modules, commands with synchronised actions,
    /// labels, and rewards of states.
    Chain(SolveChainArgs),
}

#[derive(Debug, Group)]
#[command(after_help = CHAIN_HELP)]
pub(in crate::cli) struct SolveChainArgs {
    /// Model of guarded commands, or a table of rates that ends in .csv
    pub(in crate::cli) file: PathBuf,
    /// Set a constant of the model; may be given several times
    #[arg(long = "const", value_name = "NAME=VALUE")]
    pub(in crate::cli) constants: Vec<String>,
    /// Table with the columns state,name,value: what the states of a table of rates earn per unit of time
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rewards: Option<PathBuf>,
    /// Unit of time of the rates that have no unit of their own
    #[arg(long, value_enum, default_value = "s", value_name = "UNIT")]
    pub(in crate::cli) unit: TimeUnit,
    /// Tell where it is at this time, such as 10h; a number without unit is in the unit of the rates
    #[arg(long, value_name = "TIME", conflicts_with = "until")]
    pub(in crate::cli) at: Option<String>,
    /// Tell how likely and how soon it gets there: a label, a state, or a condition such as up<2
    #[arg(long, value_name = "STATES")]
    pub(in crate::cli) until: Option<String>,
    /// Tell how likely it gets there before it is in these states; where it starts in them, before it is back
    #[arg(long, value_name = "STATES", requires = "until")]
    pub(in crate::cli) before: Option<String>,
    /// Start in this state
    #[arg(long, value_name = "STATE")]
    pub(in crate::cli) from: Option<String>,
    /// Tell of this reward only; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) reward: Vec<String>,
    /// Print answers as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Units of time of rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TimeUnit {
    S,
    Min,
    H,
    D,
}

impl TimeUnit {
    /// Its name and its seconds.
    pub(in crate::cli) fn seconds(self) -> (&'static str, f64) {
        match self {
            Self::S => ("s", 1.0),
            Self::Min => ("min", 60.0),
            Self::H => ("h", 3600.0),
            Self::D => ("d", 86_400.0),
        }
    }
}

/// How to use `solve`, below its options.
const HELP: &str = "\
Examples:
  ninefold solve
  ninefold solve weighted-split p=1/s,2/s,4/s rate=5/s
  ninefold solve harmonic-availability t=30s,60s up=10h --json
  ninefold solve weighted-split --scenario shop.toml p=service.shop.speed rate=client.shopper.arrival.rate
  ninefold solve chain scenarios/chains/tandem.prism --until full --before empty

A distribution is written as in a scenario: 'service={ distribution = \"weibull\", mean = \"1s\", shape = 2 }'.
Exit code 2 where arguments are wrong or outside of what the formula holds for, with the reason.";

/// How to use `solve chain`, below its options.
const CHAIN_HELP: &str = "\
Examples:
  ninefold solve chain scenarios/chains/servers-with-room.prism --const servers=4
  ninefold solve chain scenarios/chains/dependable-system.prism --unit h --until down
  ninefold solve chain scenarios/chains/one-unit.prism --unit h --at 6min
  ninefold solve chain rates.csv --rewards rewards.csv --until failed";
