//! How a scenario is run and where things are, as it is written.

use super::claim::Quantity;
use super::host::HostKeys;
use super::origin::Origin;
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Fields, Kind, Name, Node, Section, Shape, Value, unexpected};
use crate::scenario::PerSeat;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// The section `run`.
    pub(crate) struct RunKeys {
        /// When measuring ends, counted from the start of a run. Requests that arrive from the transient on and
        /// before it are measured, each to its end, and averages over time are over exactly this span.
        #[range = "> 0"]
        horizon: SimDuration,
        /// The start of a run that is simulated and not measured, so that queues have filled; "auto" finds its length
        /// from the number of requests in the system (MSER-5), once for all runs and metrics.
        transient: Transient = Transient::Fixed(SimDuration::ZERO),
        /// How many independent runs are made; with `precision`, how many the first look has. Intervals come from the
        /// differences between runs, so one run alone has none.
        #[range = ">= 1"]
        runs: u32 = 10,
        /// Into how many batches each run is cut; every batch then counts as a run. For systems without failures,
        /// where one long run saves many transients.
        #[range = ">= 1, <= 1000"]
        batches: u32 = 1,
        /// Where all random numbers come from. The same seed gives the same bytes, whatever the number of threads.
        seed: u64 = 1,
        /// The level of every interval, objective and verdict.
        #[range = "> 0, < 1"]
        confidence: Probability = Probability::new(0.95).unwrap_or_default(),
        /// How long after the horizon the last measured requests are followed to their end; those that have none by
        /// then count as unfinished. A tenth of the horizon where it is absent.
        drain: Option<SimDuration> = None,
        /// Length of the windows of `availability_window_mean` and `availability_window_met`, as a service level
        /// agreement counts them. Whole windows count from the transient on; an incomplete last one is left out.
        #[range = "> 0"]
        window: SimDuration = SimDuration::from_secs(300.0),
        /// The share of requests that must not fail for a window to count as met in `availability_window_met`.
        window_target: Probability = Probability::new(0.99).unwrap_or_default(),
        /// When a client counts as collapsed: it is answered badly under conditions under which the same run answered
        /// it well before. Time from 0 on is cut into steps of a quarter of `lasts`. A step owns the requests first
        /// tried in it, and is low when less than `below` of them are answered well; unfinished ones are not. The
        /// conditions of four steps in a row are means over them: of the intended rate of every client that loads
        /// what this one depends on, as spikes, phases, profile or record have it, and of the capacity of every
        /// service behind its calls, which is slots of up replicas times speed times 1 - error share; a hanging
        /// replica has none, nor has one at an end of a partition or of another fault of the network, and one without a
        /// limit of slots counts as one slot. A collapse begins with the first
        /// four low steps in a row for which four earlier steps in a row, none of them low, had no lower rate and no
        /// higher capacity anywhere, to 1 %; it ends with the first four in a row that are not low. A run shorter
        /// than twice `lasts` can hold none, and a run in batches is not looked at.
        collapse: Option<CollapseKeys> = None,
        /// A service or block, such as "service.a" or "block.b": each run ends with its first outage, for the metric
        /// `first_outage_mean`, and what is measured over time is measured up to it. A run that reaches the horizon without one is
        /// an error.
        until: Option<Name> = None,
        /// Length of a row of the timeline, counted from the end of the transient on. Default: the largest of 1, 2, 5, 10, 20,
        /// 50 ... ns, us or ms, of 1, 2, 5, 10, 15 or 30 s or min, of 1, 2, 3, 6 or 12 h, or of 1, 2, 5, 10 ... days that
        /// is at most 1/200 of the horizon, with more than a hundred clients (clients / 20,000) of it. Where what is measured
        /// is shorter than a step, it is one row.
        #[range = "> 0"]
        timeline_step: Option<SimDuration> = None,
        /// Most rows of the timeline for each client and run; several steps make one row where there would be more.
        #[range = ">= 1"]
        timeline_max: u32 = 2_000,
        /// Most incidents of one run that are kept in `incidents.csv`; beyond that they are only counted.
        incidents_max: u32 = 100_000,
        /// Most events of one run; beyond that it is stopped with an error. A bound on what a mistake in a file can
        /// cost.
        #[range = ">= 1"]
        events_max: u64 = 30_000_000_000,
        /// Whether results have rows of single replicas: `true`, `false`, or `"auto"` for systems of at most 1,000
        /// replicas whose fleets do not change. What an objective, a claim, `precision` or `--metric` names is always there.
        per_seat: PerSeat = PerSeat::Auto,
        /// The instant at which a run begins, on the clock that all replayed files share: a time such as
        /// "2001-05-01T11:30:00Z", a date, or for files of numbers a duration or a number of seconds. Where it is
        /// absent, the earliest instant in any of them, so that two logs of one day stay side by side; what lies
        /// before is left out.
        origin: Option<Origin> = None,
        /// Makes more runs until the interval of one metric is as narrow as this asks; without it there are exactly
        /// `runs`.
        precision: Option<PrecisionKeys> = None,
    }
}

crate::settings! {
    /// What counts as a collapse of a client; the rule stands at `run.collapse`.
    pub(crate) struct CollapseKeys {
        /// How long a client must be answered badly for a collapse; steps are a quarter of it. Where it is absent, the
        /// longest of 1 min, 20 of its longest timeouts and the time of 100 of its first tries.
        #[range = "> 0"]
        lasts: Option<SimDuration> = None,
        /// A step is low when a smaller share of its requests than this is answered well.
        #[range = "> 0, <= 1"]
        below: Probability = Probability::HALF,
    }
}

crate::settings! {
    /// How narrow the interval of a metric must be before runs stop.
    pub(crate) struct PrecisionKeys {
        /// The metric whose interval is to be narrow, such as `client.shopper/availability_request`.
        metric: Name,
        /// Half the length of the interval that is wanted, in the unit of the metric. Either this or `relative` is
        /// given.
        #[range = "> 0"]
        half_width: Option<Quantity> = None,
        /// Half the length of the interval relative to the estimate, for availabilities relative to what is missing
        /// to 100 %. Either this or `half_width` is given.
        #[range = "> 0"]
        relative: Option<Probability> = None,
        /// Most runs that are made for it; at least `runs`.
        runs_max: u32 = 400,
    }
}

/// The section `run`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunSection(pub(crate) RunKeys);

impl Section for RunSection {
    fn shape() -> Shape {
        RunKeys::shape()
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        RunKeys::read(fields).map(Self)
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }
}

/// The discarded start of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transient {
    /// So long.
    Fixed(SimDuration),
    /// Found from the number in system.
    Auto,
}

impl Field for Transient {
    const EXPECTED: &'static str = "a duration such as \"10min\", or \"auto\"";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Duration,
            Kind::word("auto", &["Found from the number of requests in the system."]),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "auto" => Some(Self::Auto),
            _ => SimDuration::read(node, findings).map(Self::Fixed),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Fixed(length) => length.write(),
            Self::Auto => Some("auto".into()),
        }
    }
}

impl Field for PerSeat {
    const EXPECTED: &'static str = "true, false or \"auto\"";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Boolean,
            Kind::word("auto", &["Where the system has at most 1,000 replicas."]),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "auto" => Some(Self::Auto),
            Value::Boolean(true) => Some(Self::Always),
            Value::Boolean(false) => Some(Self::Never),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        Some(match self {
            Self::Auto => "auto".into(),
            Self::Always => true.into(),
            Self::Never => false.into(),
        })
    }
}

crate::settings! {
    /// A region.
    pub(crate) struct RegionSection {
        /// How many availability zones the region has. They are numbered from 1, and replicas are spread over them in
        /// turn.
        #[range = ">= 1"]
        zones: u32 = 1,
        /// How many racks each zone has. The replicas of a service in a zone stand in the racks in turn: the first in
        /// rack 1, the second in rack 2. A fault strikes a rack as "rack.east.1.2", the second of zone 1.
        #[range = ">= 1"]
        racks: u32 = 1,
        /// How many hosts each rack has, over which the replicas of a service in that rack are spread in turn. Replicas
        /// of several services stand on one host, and a fault strikes all of them as "host.east.1.2.7". What a platform
        /// runs, functions, queues and gateways, stands in zones and on no host.
        #[range = ">= 1"]
        hosts: u32 = 1,
        /// The size of each host: a table with `cores`, `memory` and `price`. Services with `cores` then take room on hosts, as
        /// containers do on shared machines, and where they stand is said by their `spread`; services without stand on no host,
        /// and no fault of a host or rack strikes them. Without `host` hosts have room for all.
        host: Option<HostKeys> = None,
    }
}

crate::settings! {
    /// A part that is up when enough of its members are.
    pub(crate) struct BlockSection {
        /// The members: services and other blocks, such as `["service.a", "block.b"]`, and replicas of fleets that do not
        /// change, of one service or several: "service.a.2", or "service.a.*" for each by itself.
        of: Vec<Name>,
        /// How many members must be up for the block to be up: "all" is a series system, 1 a parallel one, any number
        /// between a k-of-n system.
        #[range = ">= 1"]
        needs: Needs = Needs::All,
    }
}

crate::tables! {
    CollapseKeys = "a table with the keys \"lasts\" and \"below\"",
    PrecisionKeys = "a table with the keys \"metric\" and \"half_width\" or \"relative\"",
    RunSection = "a table with the key \"horizon\"",
    RegionSection = "a table with the key \"zones\"",
    BlockSection = "a table with the keys \"of\" and \"needs\"",
}

/// How many members of a block must be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Every one.
    All,
    /// So many.
    Number(u32),
}

numbers! {
    /// Every member.
    Needs: All = "all"
}
