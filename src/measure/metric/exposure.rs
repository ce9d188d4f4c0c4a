//! How much runs could have gone wrong for a part.

use super::evidence::times;
use super::{Context, NANOS_PER_SECOND, Part, ScopeKind};
use crate::measure::Measurements;
use crate::units::SimDuration;

/// How much runs could have gone wrong, and how often something did; of several runs the sum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exposure {
    /// Whole availability windows.
    pub windows: u64,
    /// Incidents of all faults; `None` when the system has no faults.
    pub incidents: Option<u64>,
    /// Outages behind the part's own numbers: its own, for a client those of all faults; `None` where faults play
    /// no part.
    pub outages: Option<u64>,
    /// How long it was watched \[s\]; of a fault, all its units together.
    pub time: f64,
    /// Of a client, how many finished requests failed.
    pub requests: Failed,
    /// The same of runs without an incident.
    pub calm: Failed,
    /// Of a client, the longest that a request took; as long as can be where one did not end.
    pub longest: SimDuration,
}

/// How many of how many failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failed {
    /// Those that failed.
    pub failed: u64,
    /// All of them.
    pub all: u64,
}

impl Failed {
    fn plus(self, other: Self) -> Self {
        Self { failed: self.failed + other.failed, all: self.all + other.all }
    }

    /// Their share; none of none.
    fn share(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.failed as f64 / self.all as f64 }
    }
}

impl Exposure {
    /// The exposure of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |left: Option<u64>, right: Option<u64>| Some(left? + right?);
        Self {
            windows: self.windows + other.windows,
            incidents: sum(self.incidents, other.incidents),
            outages: sum(self.outages, other.outages),
            time: self.time + other.time,
            requests: self.requests.plus(other.requests),
            calm: self.calm.plus(other.calm),
            longest: self.longest.max(other.longest),
        }
    }

    /// Whether most failures of a client came with incidents: in runs without one, less than half as many are left.
    pub fn is_of_incidents(&self) -> bool {
        self.requests.failed > 0 && self.calm.share() < self.requests.share() / 2.0
    }
}

/// How much one run could have gone wrong for a part.
pub fn exposure(run: &Measurements, part: Part, context: &Context<'_>) -> Exposure {
    let span = run.horizon.since(run.transient);
    let incidents =
        (!run.faults.is_empty()).then(|| run.faults.iter().map(|fault| fault.incidents).sum::<u64>());
    let own = times(run, part);
    let client = run.clients.get(part.index).filter(|_| part.kind == ScopeKind::Client);
    let requests = client
        .map_or_else(Failed::default, |client| Failed { failed: client.failed(), all: client.finished() });
    let longest = client.map_or(SimDuration::ZERO, |client| match client.unfinished {
        0 => client.latency.max.max(client.latency_failed.max),
        _ => SimDuration::MAX,
    });
    Exposure {
        windows: span.as_nanos().checked_div(context.window.as_nanos()).unwrap_or(0),
        incidents,
        outages: incidents.map(|all| own.map_or(all, |up| up.incidents)),
        time: own.map_or(span.as_secs(), |up| (up.up + up.down) as f64 / NANOS_PER_SECOND),
        requests,
        calm: if incidents == Some(0) { requests } else { Failed::default() },
        longest,
    }
}
