//! Random streams by name: what a stream gives depends on what it is for, never on who drew before.

use rand_xoshiro::rand_core::SeedableRng;
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// A running generator, owned by one decider or source: xoshiro256++ (Blackman and Vigna, 2021).
pub type Stream = Xoshiro256PlusPlus;

/// A small generator for the few draws that belong to one key: `SplitMix64` (Steele, Lea and Flood, 2014).
pub type Draw = SplitMix64;

/// What a stream or draw is for. Numbers are written out and never used again for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Times between arrivals, and keys of requests.
    Arrival = 1,
    /// Choices of a balancer.
    Balancing = 2,
    /// Service demand of an attempt.
    Demand = 3,
    /// Which calls and which next service follow.
    Branch = 4,
    /// Whether an attempt is answered with an error.
    Outcome = 5,
    /// Random part of a back-off.
    Jitter = 6,
    /// Delay from caller to callee.
    NetworkThere = 7,
    /// Delay from callee to caller.
    NetworkBack = 8,
    /// Time to failure of an incident.
    Failure = 9,
    /// Duration and success of a recovery operation.
    Recovery = 10,
    /// Time from a fault to its detection.
    Detection = 11,
    /// Phase of a health check.
    CheckPhase = 12,
    /// Delay of news about health or load.
    News = 13,
    /// How long a waiting job has patience.
    Patience = 14,
    /// Think time of a closed-loop user.
    Think = 15,
    /// Whether an operation is invalid.
    Invalid = 16,
    /// Outcome of one health check.
    Check = 17,
    /// Time added by a slow fault.
    Slowness = 18,
    /// Time that an erroring attempt takes.
    ErrorTime = 19,
    /// Whether a limit lets an attempt in.
    Admission = 40,
    /// Whether a call may be made twice without harm.
    Idempotence = 41,
    /// How long the look-up of an idempotency key takes.
    LookUp = 42,
    /// Session of a request.
    Session = 61,
    /// Network delays of a balancer's probe.
    Probe = 62,
    /// Replicas that a balancer uses.
    Subset = 63,
    /// Decisions of a detector of outliers.
    Outlier = 71,
    /// When a monitor looks.
    Monitor = 72,
    /// Which faults a monitor can see.
    Coverage = 73,
    /// Whether a look is mistaken.
    FalseAlarm = 74,
    /// How often a message from caller to callee is lost.
    LossThere = 110,
    /// How often a message from callee to caller is lost.
    LossBack = 111,
    /// Delay that faults add from caller to callee.
    LinkThere = 112,
    /// Delay that faults add from callee to caller.
    LinkBack = 113,
    /// How long a replica takes to start.
    Start = 100,
    /// How long it takes until deciders know who joined or left.
    Discovery = 101,
    /// How long an idle instance of a function is kept.
    KeepAlive = 102,
    /// After which age an instance of a function goes.
    Lifetime = 103,
    /// Which instance of a function a request gets.
    Instance = 104,
    /// The first response of an instance of a function.
    ColdDemand = 105,
    /// Which version of a function a request gets.
    Version = 106,
    /// Whether a release is bad, and whether tests find it.
    Release = 107,
    /// How long a release is built.
    Build = 108,
    /// When a bad release begins to show.
    Badness = 109,
    /// How long the effect of a fault that comes and goes is there, and away.
    Flap = 180,
    /// Which requests are poisoned.
    Poison = 181,
    /// Which answers are wrong.
    Corruption = 182,
    /// Which replicas a session or client may use.
    Shard = 190,
    /// How long it takes to take a release back.
    Rollback = 114,
    /// When a release begins.
    Deploy = 115,
    /// Whether a message is stored twice.
    Duplicate = 120,
    /// How long it takes until a message is visible.
    MessageDelay = 121,
    /// When functions of a trace are called, and what they are like.
    Trace = 130,
    /// Whether a spare takes over by itself.
    Takeover = 150,
    /// How long it takes to switch to a spare.
    Switch = 151,
    /// How long a replica that was mended waits until it serves again.
    Failback = 152,
    /// Whether somebody hears of an alarm.
    Covers = 140,
    /// How long it takes to decide.
    Respond = 141,
    /// Whether a fault is foreseen, and how long before.
    Forecast = 142,
    /// When a fault is foreseen that will not strike.
    WrongForecast = 143,
    /// How long a leak grows.
    Leak = 191,
    /// When the liveness of a replica is probed, and whether an answer is an error.
    Liveness = 192,
    /// Which key of a cache a request asks for.
    CacheKey = 200,
    /// Whether a request writes what it asks for.
    CacheWrite = 201,
    /// How long a copy is fresh.
    Freshness = 202,
    /// How long an answer from a cache takes.
    HitTime = 203,
    /// Whether a hit fetches a new copy before the old one is stale.
    EarlyFetch = 204,
    /// How long it takes until other caches know of a write.
    Coherence = 205,
    /// Which copy makes way.
    Eviction = 206,
    /// How old copies are at the start.
    CopyAge = 207,
    /// Which copies are lost.
    CacheLoss = 208,
    /// When a resolver asks.
    Resolver = 210,
    /// Which record of several is answered.
    Answer = 211,
    /// How long it takes until name servers answer by what was found.
    Propagation = 212,
    /// When a checker looks at a record, and what it finds.
    RecordCheck = 213,
    /// How a backup goes.
    Backup = 220,
    /// When the first of backups begins.
    BackupPhase = 221,
    /// How long a restore takes.
    Restore = 222,
    /// For how long nobody notices that data are lost.
    Silence = 223,
    /// How far a copy of data is behind.
    Lag = 224,
    /// How long a write is on its way to the other place in which data are kept.
    Replication = 225,
    /// Which points of a space are looked at.
    Design = 90,
    /// What the record of a fitted law might have been.
    Resample = 91,
}

/// Mixes a word into a key: the finaliser of `SplitMix64` over their sum with the golden ratio.
#[inline]
pub const fn mix(key: u64, word: u64) -> u64 {
    let mut z = key ^ word.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The generator of what `purpose` decides for the thing that `key` names.
#[inline]
pub fn draw(key: u64, purpose: Purpose) -> Draw {
    Draw::from_seed((key ^ (purpose as u64).wrapping_mul(0xd1b5_4a32_d192_ed03)).to_le_bytes())
}

/// The source of all streams and keys of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    root: u64,
}

impl Streams {
    /// The streams of run number `run` under `seed`.
    pub const fn new(seed: u64, run: u32) -> Self {
        Self { root: mix(mix(0, seed), run as u64) }
    }

    /// The stream of one owner for one purpose; independent of the order of calls.
    pub fn stream(&self, purpose: Purpose, owner: u32) -> Stream {
        Stream::seed_from_u64(self.key(purpose, u64::from(owner)))
    }

    /// The key of one thing for one purpose, to be mixed on or given to [`draw`].
    pub const fn key(&self, purpose: Purpose, thing: u64) -> u64 {
        mix(mix(self.root, purpose as u64), thing)
    }
}
