//! Health checks as they are written.

use super::fault::RestartBackoffKeys;
use super::law::Law;
use crate::model::monitoring::{Sees, Start, Through};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// An active health check.
    pub(crate) struct HealthCheckKeys {
        /// Time from one check of a replica to the next, by each balancer; at a random phase. A check uses no slot
        /// and costs a round trip from where the balancer stands: delays and losses of the network, and partitions, are
        /// those of that way.
        #[range = "> 0"]
        interval: SimDuration,
        /// How long a check waits for its answer before it counts as failed; at most the interval.
        #[range = "> 0"]
        timeout: SimDuration,
        /// So many failed checks in a row mark a replica down.
        #[range = ">= 1"]
        unhealthy_after: u32 = 1,
        /// So many good checks in a row mark it up again.
        #[range = ">= 1"]
        healthy_after: u32 = 1,
        /// Most of the time that is added to each interval at random, evenly.
        jitter: SimDuration = SimDuration::ZERO,
        /// The interval while the last checks disagree with the mark; the same as `interval` where absent.
        #[range = "> 0"]
        fast_interval: Option<SimDuration> = None,
        /// The interval while a replica is marked down; the same as `interval` where absent.
        #[range = "> 0"]
        down_interval: Option<SimDuration> = None,
        /// Whether a check that is answered with an error marks the replica down at once.
        error_marks: bool = false,
        /// So many failed attempts of requests in a row count as a failed check, as HAProxy observes them; they do
        /// not count where absent.
        #[range = ">= 1"]
        error_limit: Option<u32> = None,
        /// What a check looks at: the "answer", or the "connection" alone, which a replica that hangs or answers errors
        /// still takes.
        sees: Sees = Sees::Answer,
        /// Where a check is answered: "beside" the requests, or behind them in the "queue", where it waits for a slot, takes it
        /// for no time and fails at its timeout, or at once where the queue is full: so a replica that has too much to do
        /// fails its checks. Only with a `queue` in the order of arrival at each replica.
        through: Through = Through::Beside,
        /// What is believed of replicas before their first check.
        start: Start = Start::Healthy,
        /// How many checkers, which do not know of each other, check each replica; their votes decide.
        #[range = ">= 1, <= 1000"]
        checkers: u32 = 1,
        /// A replica counts as up while more than this share of the checkers find it up.
        #[range = "< 1"]
        quorum: Probability = Probability::new(0.5).unwrap_or_default(),
    }
}

crate::settings! {
    /// Probes of a replica from its own host.
    pub(crate) struct LivenessKeys {
        /// Time from one probe to the next; at a random phase from the start of the run, and from `initial_delay` after each
        /// start of the replica.
        #[range = "> 0"]
        interval: SimDuration,
        /// How long a probe waits for its answer before it counts as failed; at most the interval.
        #[range = "> 0"]
        timeout: SimDuration,
        /// So many failed probes in a row restart the replica; an error as an answer fails.
        #[range = ">= 1"]
        unhealthy_after: u32 = 1,
        /// How long after its start a replica is probed for the first time.
        initial_delay: SimDuration = SimDuration::ZERO,
        /// Where a probe is answered: "beside" the requests, or behind them in the "queue", as a `health_check` may be: then a
        /// replica that has too much to do is restarted.
        through: Through = Through::Beside,
        /// How long a restart takes. All that the replica has is lost, with a `reset`, and what arrives is refused until it is
        /// over.
        restart: Law,
        /// How long a restart waits where it is needed again and again: none before the first, then longer each time.
        backoff: Option<RestartBackoffKeys> = None,
    }
}

crate::tables! {
    LivenessKeys = "a table with the keys \"interval\", \"timeout\" and \"restart\", or \"preset\"",
    HealthCheckKeys = "a table with the keys \"interval\" and \"timeout\", or \"preset\"",
}
