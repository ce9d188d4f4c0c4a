//! Queues, their consumers and asynchronous calls as they are written.

use super::law::Law;
use super::service::Limit;
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Kind, Name, Node, Value, unexpected};
use crate::model::cost::PerRequest;
use crate::model::event::{OrderWord, Report};
use crate::model::function::tokens::Refill;
use crate::units::{Probability, SimDuration};

const fn seconds(count: u64) -> SimDuration {
    SimDuration::from_nanos(count * 1_000_000_000)
}

crate::settings! {
    /// A queue of messages, which is called like a service and answers when it has taken a message in.
    pub(crate) struct MessageQueueSection {
        /// The region in which the queue is; the only one where there is one.
        region: Option<Name> = None,
        /// How long it takes to take a message in.
        latency: Law = Law::zero(),
        /// How long others do not see a message that was received: one that is not deleted by then is received again.
        /// With "none" it is in flight until its consumer answers, and what failed comes back at once, before all
        /// others: a stream.
        visibility: Visibility = Visibility::After(seconds(30)),
        /// How long a message is kept, from when it came into this queue; then it has `expired`.
        #[range = "> 0"]
        retention: SimDuration = seconds(4 * 86_400),
        /// How often a message is received; when it would be received once more it goes to `dead_letter`, or is lost
        /// where there is none. 5 where absent with a `dead_letter`, any number of times without.
        #[range = ">= 1"]
        max_receives: Option<u32> = None,
        /// The queue to which messages go that were received too often, such as "queue.failed".
        dead_letter: Option<Name> = None,
        /// In which order messages are delivered.
        order: OrderWord = OrderWord::Standard,
        /// With `order = "fifo"`, what keeps its order: each session, or so many groups that share the sessions. A
        /// number with `visibility = "none"` is a stream of so many shards. "sessions" where absent.
        groups: Option<Groups> = None,
        /// How long it takes until a message is visible.
        delay: Law = Law::zero(),
        /// Share of messages that are stored and delivered twice.
        duplicates: Probability = Probability::ZERO,
        /// The most messages at once, those in flight counted; what finds no place fails with `queue_full`. Dead letters
        /// of another queue and second copies find one always.
        capacity: Limit = Limit::Unlimited,
        /// The price of each request to it, as `queue` of `[cost]`, which holds where absent.
        price: Option<PerRequest> = None,
    }
}

crate::settings! {
    /// How a service takes its work from a queue.
    pub(crate) struct ConsumesKeys {
        /// The queue, such as "queue.jobs". Its messages travel to who takes them, and word that they are done travels back,
        /// as [network] has it; the question for them waits at the queue and takes no time, but nobody asks from behind a
        /// partition. Messages of which either is lost are visible again when their visibility is over, or at once where
        /// that is "none". After a batch that was refused or failed in no time, and after one of a queue without visibility
        /// that was lost, nothing is received for a second.
        from: Name,
        /// The most messages of one receive, which are one attempt: its work is theirs one after the other, and its
        /// calls are made once. In a queue of order "fifo" they are all of one group.
        #[range = ">= 1"]
        batch: u32 = 1,
        /// How long a batch that is not full waits for more messages, from when its first one became visible.
        window: SimDuration = SimDuration::ZERO,
        /// Which messages of a batch come again where one has failed.
        report: Report = Report::Batch,
        /// How many receives are out at once in front of a function. A service takes a batch for each free slot.
        pollers: Option<PollersKeys> = None,
        /// The queue to which a record goes of each message of a stream, that is a queue with `visibility = "none"`, that is
        /// given up or too old, such as "queue.failed": a message of its own, beside whatever becomes of the other. Other
        /// queues have `dead_letter` alone.
        on_failure: Option<Name> = None,
    }
}

crate::settings! {
    /// Who receives messages for a function.
    pub(crate) struct PollersKeys {
        /// How many there are at first, and at least.
        #[range = ">= 1"]
        start: u32 = 5,
        /// How fast there are more while all of them are busy and messages wait; those that find nothing go again.
        add: Refill = Refill { count: 300, period: 60_000_000_000 },
        /// How many there are at most.
        #[range = ">= 1"]
        max: u32 = 1000,
    }
}

crate::settings! {
    /// What becomes of events that a function gets by calls with `invoke = "async"`.
    pub(crate) struct AsyncKeys {
        /// How long it takes until an event is accepted, and its caller answered.
        accept: Law = Law::known("5ms"),
        /// How often an event is tried again that the function has failed.
        retries: u32 = 2,
        /// How long each of those waits; the last one also for those beyond.
        waits: Vec<SimDuration> = vec![seconds(60), seconds(120)],
        /// How old an event may be when it is given to the function.
        #[range = "> 0"]
        max_age: SimDuration = seconds(6 * 3600),
        /// How long an event waits that was throttled or could not reach an instance, which is no failure of the
        /// function: the wait doubles each time.
        backoff: BackoffKeys = BackoffKeys { first: seconds(1), max: seconds(300) },
        /// The queue to which events go that are given up, such as "queue.failed"; without, they are lost.
        dead_letter: Option<Name> = None,
        /// The queue to which a record goes of each event that is given up or too old: a message of its own, beside the dead
        /// letter, which is the event itself. Doing what a record asks for is no work that a client waits for. Records find
        /// a place always, as dead letters do.
        on_failure: Option<Name> = None,
        /// The queue to which a record goes of each event that was done.
        on_success: Option<Name> = None,
    }
}

crate::settings! {
    /// Waits that double.
    pub(crate) struct BackoffKeys {
        /// The first of them.
        #[range = "> 0"]
        first: SimDuration = seconds(1),
        /// The longest of them.
        #[range = "> 0"]
        max: SimDuration = seconds(300),
    }
}

crate::tables! {
    MessageQueueSection = "a table such as { visibility = \"30s\", max_receives = 5 }",
    ConsumesKeys = "a table such as { from = \"queue.jobs\", batch = 10 }",
    PollersKeys = "a table such as { start = 5, add = \"300/min\", max = 1000 }",
    AsyncKeys = "a table such as { retries = 2, max_age = \"6h\" }",
    BackoffKeys = "a table such as { first = \"1s\", max = \"5min\" }",
}

/// How many groups keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Groups {
    /// So many, which share the sessions.
    Number(u32),
    /// Each session.
    Sessions,
}

numbers! {
    /// Each session by itself.
    Groups: Sessions = "sessions"
}

/// How long others do not see a message that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// So long.
    After(SimDuration),
    /// Until its consumer answers.
    None,
}

/// The word for [`Visibility::None`].
const NONE: &str = "none";

impl Visibility {
    /// The time, if it has one.
    pub(crate) const fn time(self) -> Option<SimDuration> {
        match self {
            Self::After(time) => Some(time),
            Self::None => None,
        }
    }
}

impl Field for Visibility {
    const EXPECTED: &'static str = "a duration such as \"30s\", or \"none\"";

    fn kind() -> Kind {
        let word = Kind::word(NONE, &["A message is in flight until its consumer answers."]);
        Kind::Either(vec![SimDuration::kind(), word])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == NONE => Some(Self::None),
            Value::Text(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                SimDuration::read(node, findings).map(Self::After)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::After(time) => time.write(),
            Self::None => Some(NONE.into()),
        }
    }
}
