//! Faults as they are written.

use super::detection::DetectedBy;
use super::law::Law;
use super::replay::FaultReplay;
use super::variant::{names, variants};
use crate::document::{
    Choice, Diagnostic, Diagnostics, Fallback, Field, Fields, Key, Keyed, Kind, Name, Node, Section, Shape,
    Span, Value,
};
use crate::model::data::Destroys;
use crate::model::fault::{
    Arriving, FaultClock, FaultStart, Found, InService, RaisedAt, Recovers, Signal, Waiting,
};
use crate::units::{Probability, Rate, SimDuration};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultSection {
    pub(crate) kind: FaultKeys,
    /// What it strikes; nothing where it lies between two sides.
    pub(crate) on: Option<Several<Name>>,
    pub(crate) keys: FaultCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// The keys of every kind of fault.
    pub(crate) struct FaultCommon {
        /// Random time from the end of one fault to the begin of the next, for each unit by itself. Either this, `at`
        /// or `replay` is given.
        #[range = "> 0"]
        time_to_failure: Option<Law> = None,
        /// When the fault strikes, counted from the start of the run: one instant or several.
        at: Option<Several<SimDuration>> = None,
        /// How long it lasts: one duration for all, or one for each instant of `at`. Without it, `time_to_repair` or
        /// `recovery` it never ends.
        lasts: Option<Several<SimDuration>> = None,
        /// Takes faults from a CSV file of recorded outages.
        replay: Option<FaultReplay> = None,
        /// Takes a share of the failures of another fault and lets them strike many at once: the beta-factor model of
        /// common causes. In place of `time_to_failure` and `on`.
        common: Option<CommonKeys> = None,
        /// In which time `time_to_failure` runs: "calendar" always, "up" only while the unit is up, "busy" only while
        /// a slot of the replica is in use, "load" as fast as the share of its slots that is in use. "calendar" where
        /// absent.
        clock: Option<FaultClock> = None,
        /// Whether units are new at the start of a run ("new"), or as old as if they had run for ever ("aged"): only
        /// the first time to failure differs, and not for exponential ones. "new" where absent.
        start: Option<FaultStart> = None,
        /// When somebody who acts knows of the fault, and `recovery` or `time_to_repair` starts if there is one: at once,
        /// after a time, when a health check of the service or a monitor finds it. Where this is absent that is at once if
        /// something starts then, and for a fault that passes or stays by itself when a balancer marks a replica that it
        /// strikes down or ejects it, probes of `liveness` restart it, or an alarm is heard that does something about what
        /// it strikes; if nobody does, it is never detected.
        detected_by: Option<DetectedBy> = None,
        /// The section `recovery` that ends the fault.
        recovery: Option<Name> = None,
        /// How long a repair takes from its detection on; short for a recovery of one operation.
        time_to_repair: Option<Law> = None,
        /// Lets a unit that fails again and again wait before it is repaired, from its detection on: not the first time,
        /// then for a time that grows, such as `{ first = "10s", factor = 2, max = "5min", forget = "10min" }`, or
        /// `{ preset = "kubernetes" }` for a container that crashes in a loop. No wait where absent.
        backoff: Option<RestartBackoffKeys> = None,
        /// Whether the unit is repaired as one ("together"), or each replica that goes down with it by itself ("each"):
        /// then what is down already is not struck, each of the others is found and repaired as if it alone had been
        /// struck, and the clock of the fault runs on meanwhile. For crashes and hangs of fleets that
        /// do not change.
        recovers: Recovers = Recovers::Together,
        /// Who meets the fault, such as `["client.mobile", "zone.east.1"]`: only attempts from these clients, services,
        /// replicas, zones, regions or load balancer instances ("balancer.shop"), and health checks of balancers that
        /// stand there; the replica itself works. Of a crash their attempts are refused or ignored, of a hang they get no
        /// answer. What `next` passes on counts as coming from who first called. Everybody where absent.
        seen_by: Option<Several<Name>> = None,
        /// Lets the effect come and go while the fault lasts, such as `{ down = "5s", up = "20s" }`: it is there for 5 s,
        /// away for 20 s, and so on until the fault is over. It stays where absent.
        flap: Option<FlapKeys> = None,
        /// Other faults that come sooner while this one lasts, such as `[{ fault = "disk", factor = 5 }]`.
        raises: Vec<RaiseKeys> = Vec::new(),
    }
}

crate::settings! {
    /// A share of the failures of another fault, as failures of many at once.
    pub(crate) struct CommonKeys {
        /// The fault whose failures it takes a share of, such as "fault.crash"; they come at random there.
        of: Name,
        /// The share of failures with a common cause: those of the other fault become rarer by as much. Times to failure
        /// are stretched to that end, which is a share of the rate whatever their law.
        #[range = "> 0"]
        beta: Probability,
        /// What goes down together: as `on` of other faults, such as "service.shop" or "zone.east.*".
        among: Several<Name>,
    }
}

crate::settings! {
    /// Waits before the recoveries of a unit that fails again and again.
    pub(crate) struct RestartBackoffKeys {
        /// The wait before the second recovery in a row.
        #[range = "> 0"]
        first: SimDuration,
        /// How many times longer each further wait is.
        #[range = ">= 1"]
        factor: f64 = 2.0,
        /// The longest wait; at least `first`.
        max: SimDuration,
        /// How long a unit must be well, from the end of a fault to the begin of the next, to be as if it had never
        /// failed.
        forget: SimDuration,
    }
}

crate::settings! {
    /// An effect that comes and goes.
    pub(crate) struct FlapKeys {
        /// How long it is away at a time.
        up: Law,
        /// How long it is there at a time.
        down: Law,
        /// How a time in `detected_by` counts: anew each time that the effect comes back and only while it is there
        /// ("each"), or from the begin of the fault ("once"). Health checks and monitors see what is there when they
        /// look, and what has been found stays found. "each" where absent.
        detected: Option<Found> = None,
    }
}

crate::settings! {
    /// A fault that comes sooner while another lasts.
    pub(crate) struct RaiseKeys {
        /// The section `fault` whose clock runs faster; it comes at random.
        fault: Name,
        /// How many times faster: the rate of failures is so many times higher. Factors of several faults multiply; replicas of one
        /// unit that recover each by itself count once together.
        #[range = "> 0"]
        factor: f64,
        /// At which of its units: all ("everywhere"), or those with a replica in the unit that is struck ("struck").
        at: RaisedAt = RaisedAt::Everywhere,
    }
}

variants! {
    /// What a fault does, chosen by `kind`.
    pub(crate) enum FaultKeys {
        Crash = "crash", "The replica is gone.", CrashKeys;
        Poison = "poison", "Some requests crash whoever begins to serve them.", PoisonKeys;
        Hang = "hang", "The replica accepts and never answers.", HangKeys;
        Slow = "slow", "The replica works more slowly.", SlowKeys;
        Error = "error", "The replica answers a share of attempts with an error.", ErrorKeys;
        Corrupt = "corrupt", "The replica answers a share of attempts wrongly, and nobody notices.", CorruptKeys;
        Throttle = "throttle", "The service refuses what is more than a rate.", ThrottleKeys;
        Capacity = "capacity", "The replica has fewer slots.", CapacityKeys;
        CacheLoss = "cache-loss", "The caches of a service forget what they hold.", CacheLossKeys;
        DataLoss = "data-loss", "What a service keeps is destroyed.", DataLossKeys;
        Partition = "partition", "Messages between two sides are lost.", PartitionKeys;
        Network = "network", "Messages between two sides are slow, or lost now and then.", LinkKeys;
    }
}

crate::settings! {
    /// What a crash does to work; what is absent depends on what it strikes.
    pub(crate) struct CrashKeys {
        /// What happens to work in a slot: "lost", "resumed" with the work left, or "restarted" from the beginning,
        /// both when the replica is up again.
        in_service: InService = InService::Lost,
        /// What happens to work that waits: "lost", or "kept" until the replica is up again. "lost" where absent,
        /// "kept" in a shared queue.
        waiting: Option<Waiting> = None,
        /// What happens to attempts that arrive at the dead replica: "refused" (they fail with `connect` after one
        /// round trip), "queued", or "ignored" (only a timeout tells). "refused" where absent, "ignored" for hosts,
        /// racks, zones and regions. What a function takes while none of its instances can start is refused in any case.
        arriving: Option<Arriving> = None,
        /// What callers of lost work hear: "reset" after one network delay, or nothing ("silent"). "reset" where
        /// absent, "silent" for hosts, racks, zones and regions.
        signal: Option<Signal> = None,
    }
}

crate::settings! {
    /// Which requests crash who serves them, again at each attempt and wherever they come; and what the crash does to other
    /// work. What is in service is lost. Needs no `time_to_failure`.
    pub(crate) struct PoisonKeys {
        /// Clients whose requests may be poisoned, such as "client.web" or a list of them; all where absent.
        from: Option<Several<Name>> = None,
        /// Share of the requests that is poisoned: a request is, or is not, wherever it comes.
        #[range = "> 0"]
        share: Probability,
        /// What happens to work that waits: "lost", or "kept" until the replica is up again. "lost" where absent,
        /// "kept" in a shared queue.
        waiting: Option<Waiting> = None,
        /// What happens to attempts that arrive at the dead replica: "refused" (they fail with `connect` after one
        /// round trip), "queued", or "ignored" (only a timeout tells). "refused" where absent.
        arriving: Option<Arriving> = None,
        /// What callers of lost work hear: "reset" after one network delay, or nothing ("silent"). "reset" where
        /// absent.
        signal: Option<Signal> = None,
    }
}

crate::settings! {
    /// A hang has no settings.
    pub(crate) struct HangKeys {}
}

crate::settings! {
    /// How much slower.
    pub(crate) struct SlowKeys {
        /// How many times longer work takes; factors of several faults multiply.
        #[range = "> 0"]
        factor: f64 = 1.0,
        /// Time added to each attempt that starts service in it; none where absent.
        added: Option<Law> = None,
    }
}

crate::settings! {
    /// How many attempts fail.
    pub(crate) struct ErrorKeys {
        /// Share of attempts that are answered with an error.
        share: Probability,
    }
}

crate::settings! {
    /// How many answers are wrong. They come in time and look good: retries, breakers, checks and monitors take them for
    /// good, whoever called answers wrongly too, and only the client's books know (`corrupt_ratio`, and the reason
    /// `corrupt` of requests that were no use).
    pub(crate) struct CorruptKeys {
        /// Share of attempts that are answered wrongly.
        #[range = "> 0"]
        share: Probability,
    }
}

crate::settings! {
    /// How much a service as a whole takes: what is beyond fails with `throttled`, whoever sends it and before anything else is
    /// asked. A bucket of tokens, full when the fault begins; a refused attempt takes none.
    pub(crate) struct ThrottleKeys {
        /// How fast tokens come.
        rate: Rate,
        /// Most tokens at once; as many as come in a second, and at least one, where absent.
        #[range = ">= 1"]
        burst: Option<u32> = None,
    }
}

crate::settings! {
    /// How much of the caches of a service is gone, such as `on = "service.shop.cache"`: what they held is forgotten, and while
    /// the fault lasts it is neither answered nor kept. One that nothing ends is over at once: the caches are empty, and fill
    /// again.
    pub(crate) struct CacheLossKeys {
        /// Share of the keys that are lost, the same in all caches of the service.
        #[range = "> 0"]
        share: Probability = Probability::ONE,
    }
}

crate::settings! {
    /// How data are lost that a service keeps, such as `on = "service.db.data"`: from then on none of its replicas works, as if it
    /// had crashed, until the recovery of the fault is over. Some operation of that `does` "service.db.data.restore" or
    /// "service.db.data.promote".
    pub(crate) struct DataLossKeys {
        /// What is gone: "all", or the "primary" alone, which leaves the copies of `replication` there for "service.db.data.promote".
        destroys: Destroys = Destroys::All,
        /// For how long nobody notices: the service works on with what is corrupt already, and so do backups that are made
        /// meanwhile. The loss is then when it shows, and detection begins with that. At once where absent.
        silent_for: Option<Law> = None,
    }
}

crate::settings! {
    /// How many slots are gone; one of the two keys. Those in use go when their work is done. A replica without a slot is
    /// up all the same: what arrives waits, or finds the queue full.
    pub(crate) struct CapacityKeys {
        /// Share of a replica's slots that is lost; what is left is rounded down. Shares of several faults multiply.
        #[range = "> 0"]
        share: Option<Probability> = None,
        /// Number of a replica's slots that is lost, at most all; taken off after all shares.
        #[range = ">= 1"]
        slots: Option<u32> = None,
    }
}

crate::settings! {
    /// Between whom messages are lost.
    pub(crate) struct PartitionKeys {
        /// One side: places, clients, services, queues and load balancer instances, such as "zone.east.1",
        /// "region.east", "client.web", "service.shop", "service.shop.2", "queue.jobs", "balancer.shop" (all instances that
        /// stand in front of that service: what is sent through them, health checks too), "balancer.shop.2". A list is all
        /// of them together; a star alone, such as "zone.east.*", makes one process for each.
        from: Several<Name>,
        /// The other side; whoever is not part of `from` where absent.
        to: Option<Several<Name>> = None,
        /// Whether messages from `to` to `from` are lost as well. Without, calls from there still arrive, and their
        /// answers are lost.
        both: bool = true,
        /// What the sender of a lost message hears: nothing ("silent"), so that only a timeout tells, counted as
        /// `partitioned` and treated as `timeout` by retries, breakers and outlier detection; or "reset": the caller
        /// hears `partitioned` one delay within its zone after the message, its own or the answer, was sent.
        signal: Signal = Signal::Silent,
    }
}

crate::settings! {
    /// Between whom messages are slow or lost now and then.
    pub(crate) struct LinkKeys {
        /// One side: places, clients, services, queues and load balancer instances, such as "zone.east.1",
        /// "region.east", "client.web", "service.shop", "service.shop.2", "queue.jobs", "balancer.shop" (all instances that
        /// stand in front of that service: what is sent through them, health checks too), "balancer.shop.2". A list is all
        /// of them together; a star alone, such as "zone.east.*", makes one process for each.
        from: Several<Name>,
        /// The other side; whoever is not part of `from` where absent.
        to: Option<Several<Name>> = None,
        /// Whether messages from `to` to `from` are struck as well.
        both: bool = true,
        /// Time added to each message; none where absent.
        added: Option<Law> = None,
        /// How many times longer a message is under way; factors of several faults multiply.
        #[range = "> 0"]
        factor: f64 = 1.0,
        /// Share of messages that is lost, besides those that are lost anyway; what follows says `network.on_loss`.
        loss: Probability = Probability::ZERO,
    }
}

/// The way on which a fault of the network lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'k> {
    pub(crate) from: &'k [Name],
    pub(crate) to: Option<&'k [Name]>,
    pub(crate) both: bool,
}

impl FaultKeys {
    /// The way on which it lies, if it is a fault of the network.
    pub(crate) fn way(&self) -> Option<Way<'_>> {
        let (from, to, both) = match self {
            Self::Partition(PartitionKeys { from, to, both, .. }) => {
                (&from.0, to.as_ref().map(|to| to.0.as_slice()), *both)
            }
            Self::Network(LinkKeys { from, to, both, .. }) => {
                (&from.0, to.as_ref().map(|to| to.0.as_slice()), *both)
            }
            Self::Crash(_)
            | Self::Poison(_)
            | Self::Hang(_)
            | Self::Slow(_)
            | Self::Error(_)
            | Self::Corrupt(_)
            | Self::Throttle(_)
            | Self::CacheLoss(_)
            | Self::DataLoss(_)
            | Self::Capacity(_) => return None,
        };
        Some(Way { from, to, both })
    }
}

/// The kinds that lie between two sides.
const BETWEEN: [&str; 2] = ["partition", "network"];

/// What a fault strikes; a fault of the network names two sides instead.
const ON: &[Key] = &[Key {
    name: "on",
    lines: &[
        "What goes down together, one process for each entry; a star makes one for each: \"service.shop\" (the whole",
        "fleet at once), \"service.shop.*\" (each replica by itself), \"service.shop.2\", \"zone.east.*\", \"zone.east.1\",",
        "\"rack.east.1.2\", \"host.east.*\", \"host.east.1.2.*\", \"region.east\". Every kind needs it but \"partition\" and \"network\", which have `from` and `to`; with `common` it is `among`.",
    ],
    kind: <Several<Name> as Field>::kind,
    fallback: Fallback::Value(|| None),
    range: None,
    since: "0.1",
}];

/// The key that chooses a kind of fault.
const KIND: Choice =
    Choice { key: "kind", what: "kind of fault", default: None, variants: FaultKeys::CATALOGUE };

impl Section for FaultSection {
    fn shape() -> Shape {
        Shape::new("fault", ON).and(FaultCommon::KEYS).choosing(KIND)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        let kind = fields.required::<Name>("kind");
        let is_between = kind.as_ref().is_some_and(|kind| BETWEEN.contains(&kind.text.as_str()));
        let on = if is_between || fields.has("common") && !fields.has("on") {
            Some(None)
        } else {
            fields.required("on").map(Some)
        };
        let keys = FaultCommon::read(fields);
        let kind = kind.and_then(|kind| {
            let known = names(FaultKeys::CATALOGUE);
            if known.contains(&kind.text.as_str()) {
                return FaultKeys::read_keys(&kind.text, fields);
            }
            fields.findings().push(Diagnostic::unknown(kind.span, "kind of fault", &kind.text, known));
            // Which of the other keys belong to it cannot be known.
            fields.accept_all();
            None
        });
        Some(Self { kind: kind?, on: on?, keys: keys?, span })
    }

    fn write(&self, table: &mut toml::Table) {
        table.insert("kind".to_owned(), self.kind.name().into());
        self.kind.write_keys(table);
        if let Some(on) = self.on.write() {
            table.insert("on".to_owned(), on);
        }
        self.keys.write(table);
    }
}

crate::tables! {
    RestartBackoffKeys = "a table such as { first = \"10s\", max = \"5min\", forget = \"10min\" }",
    CommonKeys = "a table such as { of = \"fault.crash\", beta = \"10%\", among = \"service.shop\" }",
    FaultSection = "a table that describes a fault",
    FlapKeys = "a table such as { down = \"5s\", up = \"20s\" }",
    RaiseKeys = "a table such as { fault = \"disk\", factor = 5 }",
}

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

impl<T: Field> Field for Several<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn kind() -> Kind {
        Kind::Either(vec![T::kind(), Kind::List(Box::new(T::kind()), 1)])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                let error = Diagnostic::error(node.span, "this list is empty").label("nothing in it");
                findings.push(error.help(format!("expected {} or a list of them", T::EXPECTED)));
                None
            }
            Value::List(_) => Vec::<T>::read(node, findings).map(Self),
            _ => T::read(node, findings).map(|one| Self(vec![one])),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self.0.as_slice() {
            [one] => one.write(),
            _ => self.0.write(),
        }
    }
}
