//! The words that a scenario uses for the choices of the model.

use crate::document::{Diagnostic, Diagnostics, Field, Name, Node};
use crate::model::balancing::Locality;
use crate::model::call::{Avoid, Choose, Layer, OnTimeout, Stops};
use crate::model::fault::{Arriving, FaultClock, FaultStart, InService, Signal, Waiting};
use crate::model::fleet::{QueuePlace, Slot};
use crate::model::monitoring::monitor::Action;
use crate::scenario::claim::Expect;

macro_rules! words {
    ($($what:literal $Choice:ident { $($Variant:ident = $word:literal),* $(,)? })*) => { $(
        impl Field for $Choice {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $word, "\"")*);

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
    "rule for timeouts" OnTimeout { Abandon = "abandon", Cancel = "cancel", CancelWaiting = "cancel-waiting" }
    "rule for retries" Avoid {
        None = "none", Last = "last", Tried = "tried", Repeats = "repeats", Others = "others",
        OthersButLast = "others-but-last",
    }
    "layer" Layer { Any = "any", Nearest = "nearest" }
    "rule for breakers" Stops { Attempts = "attempts", Retries = "retries" }
    "rule for calls" Choose { Each = "each", One = "one" }
    "action" Action { Recover = "recover", Notify = "notify" }
    "locality" Locality {
        None = "none", Zone = "zone", Region = "region", Weighted = "weighted", ZoneAware = "zone-aware",
    }
    "place of a queue" QueuePlace { Replica = "replica", Service = "service" }
    "rule for slots" Slot { Held = "held", Released = "released" }
    "rule for work in service" InService { Lost = "lost", Resumed = "resumed", Restarted = "restarted" }
    "rule for waiting work" Waiting { Lost = "lost", Kept = "kept" }
    "rule for arriving work" Arriving { Refused = "refused", Queued = "queued", Ignored = "ignored" }
    "signal" Signal { Reset = "reset", Silent = "silent" }
    "clock" FaultClock { Calendar = "calendar", Up = "up", Busy = "busy" }
    "start" FaultStart { New = "new", Aged = "aged" }
    "expectation" Expect {
        Holds = "holds", Refuted = "refuted", Higher = "higher", Lower = "lower", Equal = "equal",
    }
}
