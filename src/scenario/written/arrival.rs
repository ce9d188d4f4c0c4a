//! Arrival processes as they are written.

use super::law::Law;
use super::origin::Origin;
use super::trace::TraceKeys;
use super::variant::{Room, names, read_variant, variants};
use crate::document::{Diagnostics, Field, Kind, Name, Node, TimeUnit};
use crate::units::{Rate, SimDuration};

variants! {
    /// An arrival process, chosen by `process`.
    pub(crate) enum ArrivalKeys {
        Poisson = "poisson", "Independent arrivals at a rate that is constant but for spikes.", PoissonKeys;
        Renewal = "renewal", "Independent times between arrivals.", RenewalKeys;
        Mmpp = "mmpp", "A Poisson process whose rate changes in a cycle of random stays.", MmppKeys;
        Closed = "closed", "Users who wait for each answer, then think.", ClosedKeys;
        Profile = "profile", "A Poisson process whose rate follows the time of day.", ProfileKeys;
        Replay = "replay", "Arrivals as recorded in a CSV file.", ReplayKeys;
        Schedule = "schedule", "Arrivals at instants of a plan, as by cron.", ScheduleKeys;
        Trace = "trace", "Calls of many functions, as recorded or as published of records.", TraceKeys;
    }
}

crate::settings! {
    /// Settings of Poisson arrivals.
    pub(crate) struct PoissonKeys {
        /// Mean number of requests per time, all instances together.
        #[range = ">= 0"]
        rate: Rate,
        /// Times at which the rate is higher or lower.
        spikes: Vec<SpikeKeys> = Vec::new(),
    }
}

crate::settings! {
    /// A time of a higher or lower rate.
    pub(crate) struct SpikeKeys {
        /// When it begins, counted from the start of the run.
        at: SimDuration,
        /// How long it lasts.
        #[range = "> 0"]
        lasts: SimDuration,
        /// What the rate is multiplied by: above 1 a spike, below 1 a lull.
        #[range = ">= 0"]
        factor: f64,
    }
}

crate::settings! {
    /// Settings of renewal arrivals.
    pub(crate) struct RenewalKeys {
        /// Time from one request to the next; independent draws. The first request comes after one of them.
        between: Law,
    }
}

crate::settings! {
    /// Settings of arrivals in phases.
    pub(crate) struct MmppKeys {
        /// The rate in each phase; the phases follow each other in a cycle.
        #[range = ">= 0"]
        rates: Vec<Rate>,
        /// Mean time in each phase, one for each rate; exponential draws. Runs start in a phase by its share of time.
        #[range = "> 0"]
        stays: Vec<SimDuration>,
    }
}

crate::settings! {
    /// Settings of a closed loop.
    pub(crate) struct ClosedKeys {
        /// How many users there are; each waits for its answer before the next request.
        #[range = ">= 1, <= 10000000"]
        users: u32,
        /// Time from an answer to the next request of the same user, who also begins with it.
        think: Law = Law::zero(),
    }
}

crate::settings! {
    /// Settings of a rate by time of day.
    pub(crate) struct ProfileKeys {
        /// The rates of equal parts of the period, one after another, such as 24 for the hours of a day.
        #[range = ">= 0"]
        rates: Vec<Rate>,
        /// Length of the whole profile, which then begins again.
        #[range = "> 0"]
        period: SimDuration,
        /// Times at which the rate is higher or lower.
        spikes: Vec<SpikeKeys> = Vec::new(),
    }
}

crate::settings! {
    /// Settings of recorded arrivals.
    pub(crate) struct ReplayKeys {
        /// A CSV file with a header, looked up beside the scenario, then in the data folders; symbolic links that lead
        /// out of these are refused.
        file: Name,
        /// The column with counts per `period`, or, without one, with instants of single requests: numbers, dates, or
        /// times of RFC 3339 such as 2001-05-01T11:30:00Z, all of one form.
        column: Name,
        /// The time that each row counts requests of; without it each row is one instant.
        #[range = "> 0"]
        period: Option<SimDuration> = None,
        /// What recorded counts are multiplied by; only with a `period`.
        scale: f64 = 1.0,
        /// The unit of instants that are numbers: `ns`, `us`, `ms`, `s`, `min`, `h` or `d`; `s` by default.
        unit: Option<TimeUnit> = None,
        /// The instant of this file at which the run begins; by default that of `run.origin`, or else the earliest
        /// instant in any replayed file of the scenario.
        origin: Option<Origin> = None,
        /// The instant at which the first count begins, on the clock of the other replayed files; by default the run
        /// begins with it.
        begins: Option<Origin> = None,
    }
}

crate::settings! {
    /// Settings of arrivals by a plan.
    pub(crate) struct ScheduleKeys {
        /// Time from one request to the next; needed without `at`.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
        /// When the first of them comes, counted from the start of the run.
        offset: SimDuration = SimDuration::ZERO,
        /// Instants of requests, counted from the start of the run; in place of `every`.
        at: Vec<SimDuration> = Vec::new(),
    }
}

crate::tables! {
    SpikeKeys = "a table with the keys \"at\", \"lasts\" and \"factor\"",
}

const ROOM: Room =
    Room { key: "process", what: "arrival process", expected: ArrivalKeys::EXPECTED, default: None };

impl Field for ArrivalKeys {
    const EXPECTED: &'static str = "a table such as { process = \"poisson\", rate = \"50/s\" }";

    fn kind() -> Kind {
        Kind::variant(ROOM.shape("arrival", Self::CATALOGUE))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        read_variant(node, &ROOM, &names(Self::CATALOGUE), findings, Self::read_keys)
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        table.insert("process".to_owned(), self.name().into());
        self.write_keys(&mut table);
        Some(table.into())
    }
}
