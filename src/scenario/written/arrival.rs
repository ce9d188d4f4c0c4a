//! Arrival processes as they are written.

use super::law::Law;
use super::variant::{Room, names, read_variant, variants};
use crate::document::{Diagnostics, Field, Name, Node};
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
    }
}

crate::settings! {
    /// Settings of Poisson arrivals.
    pub(crate) struct PoissonKeys {
        rate: Rate,
        spikes: Vec<SpikeKeys> = Vec::new(),
    }
}

crate::settings! {
    /// A time of a higher or lower rate.
    pub(crate) struct SpikeKeys {
        at: SimDuration,
        lasts: SimDuration,
        factor: f64,
    }
}

crate::settings! {
    /// Settings of renewal arrivals.
    pub(crate) struct RenewalKeys {
        between: Law,
    }
}

crate::settings! {
    /// Settings of arrivals in phases.
    pub(crate) struct MmppKeys {
        rates: Vec<Rate>,
        stays: Vec<SimDuration>,
    }
}

crate::settings! {
    /// Settings of a closed loop.
    pub(crate) struct ClosedKeys {
        users: u32,
        think: Law = Law::zero(),
    }
}

crate::settings! {
    /// Settings of a rate by time of day.
    pub(crate) struct ProfileKeys {
        rates: Vec<Rate>,
        period: SimDuration,
        spikes: Vec<SpikeKeys> = Vec::new(),
    }
}

crate::settings! {
    /// Settings of recorded arrivals.
    pub(crate) struct ReplayKeys {
        file: Name,
        column: Name,
        period: Option<SimDuration> = None,
        scale: f64 = 1.0,
    }
}

crate::tables! {
    SpikeKeys = "a table with the keys \"at\", \"lasts\" and \"factor\"",
}

impl Field for ArrivalKeys {
    const EXPECTED: &'static str = "a table such as { process = \"poisson\", rate = \"50/s\" }";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let room = Room { key: "process", what: "arrival process", expected: Self::EXPECTED, default: None };
        read_variant(node, &room, &names(Self::CATALOGUE), findings, Self::read_keys)
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        table.insert("process".to_owned(), self.name().into());
        self.write_keys(&mut table);
        Some(table.into())
    }
}
