//! The words that a scenario uses for the choices of the model.

use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Word};
use crate::model::balancing::Locality;
use crate::model::cache::{CachePer, CacheSkips, CacheStart, EarlyPolicy, Eviction, OnWrite, PopularityLaw};
use crate::model::call::{Avoid, Choose, Layer, OnTimeout, Stops};
use crate::model::effect::StoreFailure;
use crate::model::fault::{
    Arriving, FaultClock, FaultStart, Found, InService, RaisedAt, Recovers, Signal, Waiting,
};
use crate::model::fleet::standby::Readiness;
use crate::model::fleet::{QueuePlace, Slot};
use crate::model::region::OnLoss;
use crate::scenario::claim::Expect;

macro_rules! words {
    ($($what:literal $Choice:ident { $($(#[doc = $doc:literal])+ $Variant:ident = $word:literal),* $(,)? })*) => { $(
        impl Field for $Choice {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $word, "\"")*);

            fn kind() -> Kind {
                Kind::Words(vec![$( Word { name: $word, lines: &[$($doc),+] }, )*])
            }

            fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
                let word = Name::read(node, findings)?;
                match word.text.as_str() {
                    $( $word => return Some(Self::$Variant), )*
                    other => findings.push(Diagnostic::unknown(node.span, $what, other, [$($word),*])),
                }
                None
            }

            fn write(&self) -> Option<toml::Value> {
                let word = match self { $( Self::$Variant => $word, )* };
                Some(word.into())
            }
        }
    )* };
}

words! {
    "rule for timeouts" OnTimeout {
        /// The callee is not told and does all the work, which counts as wasted.
        Abandon = "abandon",
        /// It is told after one network delay: a waiting attempt leaves the queue, one in a slot frees it.
        Cancel = "cancel",
        /// It is told, and stops only what has not started.
        CancelWaiting = "cancel-waiting",
    }
    "rule for retries" Avoid {
        /// None: a retry may go to the same replica.
        None = "none",
        /// The one of the last attempt, while others are left.
        Last = "last",
        /// All that were tried, while others are left.
        Tried = "tried",
        /// All that were tried, also where no other is left: then the call fails.
        Repeats = "repeats",
        /// All but the one of the last attempt, with which the call stays.
        Others = "others",
        /// The same, but the last retry goes to whichever the balancer chooses.
        OthersButLast = "others-but-last",
    }
    "layer" Layer {
        /// Every failure.
        Any = "any",
        /// Not those that a callee passes on from a call of its own: only the caller next to what failed tries again.
        Nearest = "nearest",
    }
    "rule for breakers" Stops {
        /// All of them.
        Attempts = "attempts",
        /// Retries and copies; first attempts are sent without being asked about.
        Retries = "retries",
    }
    "rule for calls" Choose {
        /// Each by its own probability.
        Each = "each",
        /// At most one; what is left to 1 makes none.
        One = "one",
    }
    "locality" Locality {
        /// It does not matter.
        None = "none",
        /// The own zone first, then the own region, then anywhere: the nearest with a replica believed up.
        Zone = "zone",
        /// The own region first, then anywhere.
        Region = "region",
        /// Zones in proportion to `zone_weights`, each as far as enough of its replicas are up.
        Weighted = "weighted",
        /// The own zone as far as its share of replicas is as great as that of callers, the rest where there is more.
        ZoneAware = "zone-aware",
    }
    "place of a queue" QueuePlace {
        /// One queue at each replica.
        Replica = "replica",
        /// One for the whole service, from which any free slot of an up replica takes the next.
        Service = "service",
    }
    "part that a cache spares" CacheSkips {
        /// The service: callers ask the cache, and no replica is chosen for what it answers.
        All = "all",
        /// What the service calls, after its own work.
        Calls = "calls",
    }
    "number of caches" CachePer {
        /// One for all callers.
        Service = "service",
        /// One for the callers of each zone.
        Zone = "zone",
        /// One for the callers of each region.
        Region = "region",
        /// One for each replica, in its memory: empty once that has crashed or starts. Only with `skips = "calls"`.
        Seat = "seat",
    }
    "eviction policy" Eviction {
        /// The copy that was asked for least recently.
        Lru = "lru",
        /// The one that was asked for least often since it came, of equal ones the one asked for least recently.
        Lfu = "lfu",
        /// The one that came first.
        Fifo = "fifo",
        /// Any, by chance.
        Random = "random",
    }
    "rule for writes" OnWrite {
        /// The copy is dropped.
        Invalidate = "invalidate",
        /// The writer's copy becomes what was written; those in other caches are dropped.
        Update = "update",
        /// Copies are answered until they are stale by age.
        Nothing = "nothing",
    }
    "rule for a store that fails" StoreFailure {
        /// The attempt fails, as with Powertools for AWS Lambda.
        Fail = "fail",
        /// The work is done without a key, and may be done twice.
        Proceed = "proceed",
    }
    "law of popularity" PopularityLaw {
        /// Key i is asked for as often as i^-s (Zipf's law).
        Zipf = "zipf",
    }
    "rule for early fetches" EarlyPolicy {
        /// A hit fetches a new copy if -`beta` d ln(U) is no less than what is left of the copy's time, where d is how long it
        /// took to fetch and U is uniform on (0, 1).
        XFetch = "xfetch",
    }
    "start of a cache" CacheStart {
        /// It is empty.
        Cold = "cold",
        /// It holds what is asked for most.
        Warm = "warm",
    }
    "kind of standby" Readiness {
        /// It runs and takes over at once.
        Hot = "hot",
        /// It is there, and its program must start.
        Warm = "warm",
        /// Nothing of it runs: it must start as a whole.
        Cold = "cold",
    }
    "rule for slots" Slot {
        /// The slot stays taken, as by a thread per request.
        Held = "held",
        /// It is free for others, as in an event loop.
        Released = "released",
    }
    "rule for work in service" InService {
        /// It is gone.
        Lost = "lost",
        /// It keeps its place and the work left.
        Resumed = "resumed",
        /// It keeps its place and starts anew.
        Restarted = "restarted",
    }
    "rule for waiting work" Waiting {
        /// It is gone.
        Lost = "lost",
        /// It waits on.
        Kept = "kept",
    }
    "rule for arriving work" Arriving {
        /// It fails with `connect` after one round trip.
        Refused = "refused",
        /// It waits.
        Queued = "queued",
        /// It gets no answer; only a timeout tells.
        Ignored = "ignored",
    }
    "signal" Signal {
        /// A `reset` after one network delay; of a partition, `partitioned`.
        Reset = "reset",
        /// Nothing.
        Silent = "silent",
    }
    "rule for losses" OnLoss {
        /// The message is sent again, after `rto`, after twice that, and so on; after six repetitions it is lost.
        Retransmit = "retransmit",
        /// The message is lost.
        Drop = "drop",
    }
    "clock" FaultClock {
        /// Always.
        Calendar = "calendar",
        /// Only while the unit is up.
        Up = "up",
        /// Only while a slot of the replica is in use.
        Busy = "busy",
        /// As fast as the share of the replica's slots that is in use: at half the slots, half as fast.
        Load = "load",
    }
    "way to recover" Recovers {
        /// The unit is repaired as one.
        Together = "together",
        /// Each replica that goes down with the unit is repaired by itself.
        Each = "each",
    }
    "way of detection" Found {
        /// Anew each time that the effect comes back: what is away before that is not found.
        Each = "each",
        /// As if the effect stayed.
        Once = "once",
    }
    "place" RaisedAt {
        /// At all units of the other fault.
        Everywhere = "everywhere",
        /// At units of the other fault that have a replica in the unit that is struck.
        Struck = "struck",
    }
    "start" FaultStart {
        /// All units are new.
        New = "new",
        /// As if they had been running for ever: the first time to failure is the equilibrium residual life.
        Aged = "aged",
    }
    "expectation" Expect {
        /// The simulated value is as predicted, within the tolerance.
        Holds = "holds",
        /// It is not.
        Refuted = "refuted",
        /// The second variant has the higher value.
        Higher = "higher",
        /// The second variant has the lower value.
        Lower = "lower",
        /// Both have the same value, within the tolerance.
        Equal = "equal",
    }
}
