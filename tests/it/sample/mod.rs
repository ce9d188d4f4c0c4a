//! Random small scenarios with many features at once, as text; they shrink by losing features.

pub(crate) mod balancing;
mod parts;
mod plain;
mod population;
mod words;

pub(crate) use parts::samples;
pub(crate) use population::populations;

use std::fmt;

use balancing::Balancing;
use ninefold::scenario::{self, Places, Scenario, Source};

/// A valid scenario.
pub(crate) fn load(text: &str) -> Scenario {
    let source = Source { name: "sample.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places::default()).unwrap_or_else(|rejected| {
        panic!("{text}\n{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

/// A scenario that may have further zones: weights of zones would have to be as many.
pub(crate) fn without_zone_weights(text: &str) -> String {
    let mut parts = text.split(", zone_weights = [");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once(']').map_or(part, |(_, rest)| rest))
}

/// Whether the clock of a fault of the network runs while one of those is up whom it parts: further parts of a system may be
/// among them.
pub(crate) fn has_clock_of_links(text: &str) -> bool {
    let mut faults = text.split("[fault.").skip(1);
    faults.any(|fault| {
        let is_link = fault.contains("kind = \"partition\"") || fault.contains("kind = \"network\"");
        is_link && (fault.contains("clock = \"up\"") || fault.contains("clock = \"busy\""))
    })
}

impl Sample {
    /// The same without releases and restarts.
    pub(crate) fn undeployed(mut self) -> Self {
        self.deploys.clear();
        self.given_up = None;
        self
    }
}

/// How a random scenario is put into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is.
    Open,
    /// Arrivals stop after a second, faults are scheduled and end, every call has a timeout: all work ends.
    Ending,
}

/// A random scenario, not yet in words.
#[derive(Clone)]
pub(crate) struct Sample {
    run: Vec<Option<String>>,
    network: Vec<Option<String>>,
    zones: u32,
    has_west: bool,
    clients: Vec<Client>,
    services: Vec<Service>,
    faults: Vec<Fault>,
    recovery: String,
    /// The keys of a gateway through which every other call of clients goes.
    gateway: Option<Vec<Option<String>>>,
    /// A name that clients call in place of one of the services.
    naming: Option<Naming>,
    /// What one of the services keeps.
    keeping: Option<Keeping>,
    /// Whether it has the section `cost`.
    is_paid: bool,
    /// How every other fleet is spread over hosts that have room for it at the start and not for much more, if they have a size.
    spread: Option<&'static str>,
    deploys: Vec<Deploy>,
    given_up: Option<GivenUp>,
}

/// A name and its resolvers.
#[derive(Debug, Clone)]
struct Naming {
    pick: u32,
    lines: Vec<Option<String>>,
    /// Who looks at its records, if these are replicas.
    check: Option<String>,
    resolvers: Vec<Option<String>>,
}

/// What a service keeps, which is backed up and lost.
#[derive(Debug, Clone)]
struct Keeping {
    pick: u32,
    data: Vec<Option<String>>,
    /// Backups every so many milliseconds.
    every: u32,
    backup: Vec<Option<String>>,
    /// How far a copy is behind that a loss may leave there.
    lag: Option<String>,
    loss: Vec<Option<String>>,
}

/// Replicas of a service that are given up, for others to start in their place.
#[derive(Debug, Clone)]
struct GivenUp {
    pick: u32,
    /// All of them, or the one that is worst off.
    verb: &'static str,
    /// By an alarm above so many requests inside, or every so many milliseconds; at which, where that is to end.
    above: Option<u32>,
    every: u32,
    at: u32,
    /// How replicas start, where nothing else says so.
    start: String,
}

/// A deployment of a service.
#[derive(Debug, Clone)]
struct Deploy {
    pick: u32,
    /// The policy with its keys, and how many replicas it starts besides, as a share.
    policy: (String, f64),
    /// When, and what is wrong.
    keys: Vec<Option<String>>,
    /// The key that says what crashed replicas run.
    crashes: bool,
    has_version: bool,
    /// How its replicas start, where nothing else says so.
    start: String,
}

/// What a failing case shows is the scenario itself.
impl fmt::Debug for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{}", self.text(Form::Open))
    }
}

#[derive(Debug, Clone)]
struct Client {
    arrival: String,
    is_west: bool,
    lines: Vec<Option<String>>,
    policy: Policy,
    calls: Vec<Call>,
}

#[derive(Debug, Clone)]
struct Service {
    replicas: u32,
    west: u32,
    lines: Vec<Option<String>>,
    check: Option<String>,
    balancing: Option<Balancing>,
    outlier: Option<String>,
    policy: Policy,
    calls: Vec<Call>,
    /// Which service comes next, and how often in percent.
    next: Option<(u32, u32)>,
    scaling: Option<Scaling>,
    /// Whether it does not work without the next service.
    depends: bool,
    /// Keys of spares, where replicas neither come nor go.
    standby: Option<String>,
    /// The keys of a function, if it is one.
    function: Option<String>,
}

/// How a fleet changes.
#[derive(Debug, Clone)]
struct Scaling {
    min: u32,
    max: u32,
    keys: String,
    /// Keys of a policy that goes by what it reads, which needs all replicas in one region where one queue is theirs.
    reading: Option<String>,
    /// Whether it is scaled as a whole, where all of it is within its bounds.
    is_whole: bool,
    discovery: Option<String>,
}

impl Scaling {
    /// A fleet of nobody ends no work.
    fn min(&self, form: Form) -> u32 {
        if form == Form::Ending { self.min.max(1) } else { self.min }
    }
}

#[derive(Debug, Clone)]
struct Policy {
    timeout: Option<u32>,
    /// Copies, which need replicas with queues of their own.
    hedge: Option<String>,
    others: Vec<Option<String>>,
}

#[derive(Debug, Clone)]
struct Call {
    pick: u32,
    count: u32,
    wait_for: u32,
    lines: Vec<Option<String>>,
    /// Which service takes its place when it has failed.
    fallback: Option<u32>,
    policy: Policy,
}

#[derive(Debug, Clone)]
struct Fault {
    kind: String,
    target: Target,
    when: Option<String>,
    clock: Option<&'static str>,
    at: u32,
    lasts: u32,
    end: End,
    detected: Option<String>,
    by_check: bool,
    /// Whether each recovers by itself, and whether the first fault comes sooner meanwhile.
    bound: (bool, bool),
    /// How long its effect is there and away, if it comes and goes, and whether it is found at once for all.
    flap: Option<(String, String, bool)>,
    /// How its repair waits, if it does.
    backoff: Option<String>,
    /// Who meets it, if not everybody does.
    seen_by: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Fleet(u32),
    Each(u32),
    First(u32),
    Hosts,
    Rack,
    Zones,
    Zone,
    Region,
}

#[derive(Debug, Clone)]
enum End {
    Never,
    Repair(String),
    Plan,
}
