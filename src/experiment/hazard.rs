//! What can take a part down, and for how long on average, read off the settings: a run in which nothing happened says
//! how rarely it does, but not how long it lasts.

mod repair;
mod request;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measure::metric::{Names, Part, ScopeKind};
use crate::model::fault::{Fault, Trigger};
use crate::model::fleet::standby::Standby;
use crate::model::system::{Member, System};
use crate::units::SimDuration;

/// What can take a part down.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Hazard {
    /// Whether any of it comes at random, so that it is chance how often it was seen.
    pub(super) is_random: bool,
    /// The longest mean time down.
    pub(super) longest: Longest,
}

/// The longest mean time down of all that can take a part down.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) enum Longest {
    /// Nothing can.
    #[default]
    Never,
    /// So long \[s\].
    AtMost(f64),
    /// Nothing says how long.
    Unknown(Reason),
}

/// Why nothing says how long something is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reason {
    /// Repairs may wait for each other.
    Crew,
    /// Nobody repairs it.
    Unrepaired,
    /// When it is detected depends on more than its settings.
    Undetected,
    /// The law of the time has no mean.
    NoMean,
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Crew => "repairs queue for a crew",
            Self::Unrepaired => "a fault is never repaired",
            Self::Undetected => "no law says when a fault is detected",
            Self::NoMean => "a time to repair has no mean",
        })
    }
}

/// How long a takeover lasts on average, for which a repair may wait, or at most so \[s\].
fn takeover(standby: &Standby) -> f64 {
    let start = standby.start.as_ref().map_or(0.0, |start| {
        // Rounds are alike and independent, and no pause is longer than the longest.
        (start.mean() + start.again_max.as_secs()) / start.success.get()
    });
    standby.switch.mean().max(standby.uncovered.mean()) + start
}

impl Longest {
    /// The same, where so long passes before.
    fn after(self, time: f64) -> Self {
        match self {
            Self::AtMost(longest) if (longest + time).is_finite() => Self::AtMost(longest + time),
            Self::AtMost(_) => Self::Unknown(Reason::NoMean),
            other => other,
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Self::Unknown(reason),
            (Self::AtMost(one), Self::AtMost(other)) => Self::AtMost(one.max(other)),
            (Self::Never, other) | (other, Self::Never) => other,
        }
    }
}

impl Hazard {
    fn of(system: &System, fault: &Fault) -> Self {
        let longest = match repair::mean_down(system, fault) {
            Ok(mean) if mean.is_finite() => Longest::AtMost(mean),
            Ok(_) => Longest::Unknown(Reason::NoMean),
            Err(reason) => Longest::Unknown(reason),
        };
        let is_random = matches!(fault.trigger, Trigger::Random(_) | Trigger::Served | Trigger::Unanswered);
        Self { is_random, longest }
    }

    fn or(self, other: Self) -> Self {
        Self { is_random: self.is_random || other.is_random, longest: self.longest.or(other.longest) }
    }

    fn all(hazards: impl IntoIterator<Item = Self>) -> Self {
        hazards.into_iter().fold(Self::default(), Self::or)
    }
}

/// What can take each part of a system down.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hazards {
    services: Vec<Hazard>,
    replicas: Vec<Hazard>,
    zones: Vec<Hazard>,
    regions: Vec<Hazard>,
    blocks: Vec<Hazard>,
    faults: Vec<Hazard>,
    any: Hazard,
    /// For each client, how long one of its requests can take, where its settings bound that.
    requests: Vec<Option<SimDuration>>,
}

impl Hazards {
    /// Reads them off a system whose scopes are called `names`.
    pub(super) fn new(system: &System, names: &Names) -> Self {
        let faults: Vec<Hazard> = system.faults.iter().map(|fault| Hazard::of(system, fault)).collect();
        let count = system.services.iter().map(|service| service.replicas.len()).sum();
        let mut replicas = vec![Hazard::default(); count];
        // What is only slow or errs is up.
        let downing = || {
            let takes_down = |(fault, _): &(&Fault, &Hazard)| fault.takes_down();
            system.faults.iter().zip(&faults).filter(takes_down)
        };
        for (fault, hazard) in downing() {
            for replica in fault.units.iter().flat_map(|unit| &unit.replicas) {
                replicas[replica.index()] = replicas[replica.index()].or(*hazard);
            }
        }
        let mut first = 0;
        let mut services = Vec::with_capacity(system.services.len());
        for service in &system.services {
            let last = first + service.replicas.len();
            for replica in &mut replicas[first..last] {
                replica.longest = replica.longest.after(service.standby.as_deref().map_or(0.0, takeover));
            }
            services.push(Hazard::all(replicas[first..last].iter().copied()));
            first = last;
        }
        let place = |strikes: &dyn Fn(&str) -> bool| {
            let struck = downing().filter(|(fault, _)| fault.units.iter().any(|unit| strikes(&unit.name)));
            Hazard::all(struck.map(|(_, hazard)| *hazard))
        };
        let zone = |scope: &String| place(&|unit| unit == scope || is_region_of(unit, scope));
        depend(system, &mut services, &mut replicas);
        Self {
            blocks: (0..system.blocks.len())
                .map(|block| of_block(system, (&services, &replicas), block))
                .collect(),
            zones: names.zones.iter().map(zone).collect(),
            regions: names.regions.iter().map(|scope| place(&|unit| unit == scope)).collect(),
            any: Hazard::all(faults.iter().copied()),
            requests: system.clients.iter().map(request::longest).collect(),
            services,
            replicas,
            faults,
        }
    }

    /// What can take a part down; of a client or monitor, whatever there is.
    pub(super) fn of(&self, part: Part) -> Hazard {
        let list = match part.kind {
            ScopeKind::Client
            | ScopeKind::Version
            | ScopeKind::Monitor
            | ScopeKind::Deploy
            | ScopeKind::Dns
            | ScopeKind::Record
            | ScopeKind::System => {
                return self.any;
            }
            ScopeKind::Service => &self.services,
            ScopeKind::Replica => &self.replicas,
            ScopeKind::Zone => &self.zones,
            ScopeKind::Region => &self.regions,
            ScopeKind::Block => &self.blocks,
            ScopeKind::Fault => &self.faults,
        };
        list.get(part.index).copied().unwrap_or_default()
    }

    /// How long a request of a client can take, where its settings bound that.
    pub(super) fn longest_request(&self, client: usize) -> Option<SimDuration> {
        self.requests.get(client).copied().flatten()
    }
}

/// Whether `region.east` is the region of `zone.east.1`.
fn is_region_of(region: &str, zone: &str) -> bool {
    let names = || Some((region.strip_prefix("region.")?, zone.strip_prefix("zone.")?));
    names().is_some_and(|(region, zone)| zone.rsplit_once('.').is_some_and(|(name, _)| name == region))
}

/// What takes a part down takes down who depends on it.
fn depend(system: &System, services: &mut [Hazard], replicas: &mut [Hazard]) {
    // Nothing depends on itself, so the longest way has no more steps than there are services.
    for _ in 0..system.services.len() {
        let before = services.to_vec();
        for one in &system.dependencies {
            let number = one.service.index();
            let more = of_member(system, (services, replicas), one.on);
            services[number] = services[number].or(more);
            let first = system.first_replica(one.service).index();
            for replica in &mut replicas[first..first + system.services[number].replicas.len()] {
                *replica = replica.or(more);
            }
        }
        if before == services {
            return;
        }
    }
}

fn of_member(system: &System, parts: (&[Hazard], &[Hazard]), member: Member) -> Hazard {
    match member {
        Member::Service(id) => parts.0[id.index()],
        Member::Block(id) => of_block(system, parts, id.index()),
        Member::Seat(id) => parts.1[id.index()],
    }
}

fn of_block(system: &System, parts: (&[Hazard], &[Hazard]), block: usize) -> Hazard {
    Hazard::all(system.blocks[block].members.iter().map(|member| of_member(system, parts, *member)))
}
