//! Calls of many functions by one client: as recorded, or drawn from what was published of such records.
//!
//! What is held grows with functions and with the cells of a record that are not empty, never with requests. When a call
//! comes is drawn from the name of its function, so that fewer functions keep their times. Sources: Shahrad et al.,
//! "Serverless in the Wild" (USENIX ATC 2020), whose data are the Azure Functions trace 2019; Zhang et al., "Faster and
//! Cheaper Serverless Computing on Harvested Resources" (SOSP 2021), whose data are the trace of 2021.

mod law;
mod source;
mod synthetic;

pub use law::{Percentiles, SHARES};
pub use source::{TraceCall, TraceSource};
pub use synthetic::synthetic;

use std::sync::Arc;

use crate::kernel::stream::{Purpose, draw};
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// How many functions with most calls are listed one by one, and of the others a sample of so many.
const LISTED: usize = 1_000;
/// No law: the demand of the service.
pub const NO_LAW: u32 = u32::MAX;

crate::choices! {
    /// Where in its period a recorded call comes.
    pub enum Within {
        /// At an instant of its own, each as likely.
        Uniform = "uniform",
        /// Those of one function evenly spread: the middles of equal parts.
        Even = "even",
    }
}

/// What is known of a function besides its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// What names its random numbers.
    pub name: u64,
    /// The first function of its app.
    pub app: u32,
    /// Memory of an instance \[MB\]; 0 where nothing tells it.
    pub megabytes: u32,
}

/// What names functions where they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// Their numbers, from 1.
    Numbers,
    /// App and function, one for each.
    Names(Vec<[String; 2]>),
}

/// Calls of many functions.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The functions; at least one.
    pub functions: Vec<Traits>,
    /// How long their calls take.
    pub durations: Durations,
    /// When they are called.
    pub calls: Calls,
    /// Those that are listed one by one, by falling number of calls and then a sample.
    pub listed: Vec<u32>,
    /// App and name of each of those.
    pub names: Arc<[[String; 2]]>,
}

/// How long calls take.
#[derive(Debug, Clone, PartialEq)]
pub enum Durations {
    /// All as the service says.
    Demand,
    /// Each call of a function equally long \[s\], one entry for each function.
    Each(Vec<f32>),
    /// By percentiles: the law of each function, or [`NO_LAW`].
    Percentiles(Vec<u32>, Vec<Percentiles>),
    /// As recorded, call by call.
    Recorded,
}

/// When functions are called.
#[derive(Debug, Clone)]
pub enum Calls {
    /// So many in each period.
    Counts(Counts),
    /// One by one, rising.
    Recorded(Vec<Recorded>),
    /// For ever, with these times between calls, one entry for each function.
    Rates(Vec<Recurrence>),
}

/// Numbers of calls by period and function, only those that are not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Length of a period; positive.
    pub period: SimDuration,
    /// Where the cells of each period begin, and behind them the number of all.
    pub starts: Vec<u32>,
    /// Function and number, by period and then function.
    pub cells: Vec<(u32, u32)>,
    /// Where in a period calls come.
    pub within: Within,
}

/// One recorded call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recorded {
    /// When it begins.
    pub at: SimTime,
    /// Whose it is.
    pub function: u32,
    /// How long it takes.
    pub takes: SimDuration,
}

/// How calls of a function follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recurrence {
    /// Mean time between them \[s\]; infinite where there are none.
    pub gap: f32,
    /// Whether a timer calls it: all times are the same, the first part of one.
    pub is_timed: bool,
}

impl Recurrence {
    /// The call after one at `now`, or the first; later than that by at least 1 ns.
    fn after(self, now: SimTime, key: u64, is_first: bool) -> SimTime {
        let gap = f64::from(self.gap);
        let share = match (self.is_timed, is_first) {
            (true, false) => 1.0,
            (true, true) => draw(key, Purpose::Trace).random::<f64>(),
            (false, _) => -(-draw(key, Purpose::Trace).random::<f64>()).ln_1p(),
        };
        let wait = SimDuration::from_secs(share * gap);
        now + SimDuration::from_nanos(wait.as_nanos().max(1))
    }
}

impl Trace {
    /// With the functions that are listed one by one, by their expected numbers of calls.
    pub fn new(
        functions: Vec<Traits>,
        (durations, calls, labels): (Durations, Calls, Labels),
        expected: &[f64],
    ) -> Self {
        let mut order: Vec<u32> = (0..functions.len() as u32).collect();
        order.sort_by(|one, other| {
            expected[*other as usize].total_cmp(&expected[*one as usize]).then(one.cmp(other))
        });
        let mut rest = order.split_off(LISTED.min(order.len()));
        rest.sort_by_key(|number| (functions[*number as usize].name, *number));
        rest.truncate(LISTED);
        order.extend(rest);
        let names = order.iter().map(|function| label(&labels, &functions, *function)).collect();
        Self { functions, durations, calls, listed: order, names }
    }

    /// The function of a call, by what its request brings along.
    #[inline]
    pub fn function_of(&self, origin: u32) -> u32 {
        match &self.calls {
            Calls::Recorded(calls) => calls[origin as usize].function,
            Calls::Counts(_) | Calls::Rates(_) => origin,
        }
    }

    /// How long a call takes, by what its request brings along and the key of the attempt; `None` is as the service says.
    pub fn duration_of(&self, origin: u32, key: u64) -> Option<SimDuration> {
        let each = |seconds: f64| Some(SimDuration::from_secs(seconds));
        match (&self.durations, &self.calls) {
            (Durations::Each(seconds), _) => each(f64::from(seconds[self.function_of(origin) as usize])),
            (Durations::Percentiles(of, laws), _) => {
                let law = laws.get(of[self.function_of(origin) as usize] as usize)?;
                each(law.at(draw(key, Purpose::Demand).random::<f64>()))
            }
            (Durations::Recorded, Calls::Recorded(calls)) => Some(calls[origin as usize].takes),
            (Durations::Demand | Durations::Recorded, _) => None,
        }
    }

    /// How many calls come each second where that never changes \[1/s\].
    pub fn steady_rate(&self) -> Option<f64> {
        match &self.calls {
            Calls::Rates(all) => Some(all.iter().map(|one| f64::from(one.gap).recip()).sum()),
            Calls::Counts(_) | Calls::Recorded(_) => None,
        }
    }

    /// When the record ends; `None` where there is no end.
    pub fn end(&self) -> Option<SimTime> {
        match &self.calls {
            Calls::Counts(counts) => Some(SimTime::ZERO + counts.edge(counts.starts.len() - 1)),
            Calls::Recorded(calls) => calls.last().map(|call| call.at),
            Calls::Rates(_) => None,
        }
    }
}

/// App and name of a function.
fn label(labels: &Labels, functions: &[Traits], function: u32) -> [String; 2] {
    match labels {
        Labels::Numbers => {
            let app = functions[function as usize].app + 1;
            [format!("app-{app}"), format!("function-{}", function + 1)]
        }
        Labels::Names(names) => names[function as usize].clone(),
    }
}

impl Counts {
    /// When a period begins, from that of the first.
    fn edge(&self, period: usize) -> SimDuration {
        SimDuration::from_nanos(self.period.as_nanos().saturating_mul(period as u64))
    }

    /// How many calls there are before each period, and in all.
    pub fn before(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut before = vec![0.0];
        for edges in self.starts.windows(2) {
            let cells = &self.cells[edges[0] as usize..edges[1] as usize];
            sum += cells.iter().map(|(_, count)| f64::from(*count)).sum::<f64>();
            before.push(sum);
        }
        before
    }
}
