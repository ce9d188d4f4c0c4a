//! What a client or service asks of others, and what it does about their failure.

use super::resilience::breaker::BreakerSettings;
use super::resilience::budget::BudgetSettings;
use super::resilience::hedge::HedgeSettings;
use super::resilience::hint::Hints;
use super::resilience::limit::LimitSettings;
use super::resilience::retry::RetrySettings;
use crate::reason::ReasonSet;
use crate::units::{DnsId, Probability, ServiceId, SimDuration};

/// Calls that are out at the same time; steps run one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whether the calls' probabilities are independent or exclude each other.
    pub choose: Choose,
    /// The calls; at least one.
    pub calls: Vec<Call>,
}

/// How the calls of a step are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// Each by its own probability.
    Each,
    /// At most one; what is left to 1 makes none.
    One,
}

/// One entry of `calls`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Who is called.
    pub service: ServiceId,
    /// Share of the times that it is made.
    pub probability: Probability,
    /// To how many different replicas it is sent; at least 1.
    pub count: u32,
    /// How many of them must answer well; from 1 to `count`.
    pub wait_for: u32,
    /// Whether its failure is ignored.
    pub optional: bool,
    /// Bytes of its request and of its answer.
    pub size: [u64; 2],
    /// The route of the service that it takes, where that is a gateway.
    pub route: Option<u32>,
    /// The name that says to which region of the service an attempt goes, if one does.
    pub name: Option<DnsId>,
    /// Which version it asks for, among the targets of a function that has several.
    pub target: u8,
    /// What is done about failure.
    pub policy: CallPolicy,
}

/// What a caller does about failure.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPolicy {
    /// Limit of one attempt, from its send.
    pub timeout: Option<SimDuration>,
    /// Limit of the call with all retries and back-off, from its first send.
    pub deadline: Option<SimDuration>,
    /// What happens to work that nobody waits for any more.
    pub on_timeout: OnTimeout,
    /// Whether the time left becomes the deadline of the callee's own calls.
    pub deadline_propagation: bool,
    /// Whether, when and where it is tried again.
    pub retry: Retry,
    /// Share of the calls that may be made twice without harm.
    pub idempotent: Probability,
    /// Which attempts are sent at all; asked first.
    pub throttle: Option<LimitSettings>,
    /// What stops attempts that would fail; asked second.
    pub breaker: Option<Breaker>,
    /// How many attempts are out at once; asked last.
    pub bulkhead: Option<Bulkhead>,
    /// Copies that are sent before an attempt has failed.
    pub hedge: Option<Hedge>,
    /// What takes the place of a call that failed.
    pub fallback: Option<Fallback>,
}

impl CallPolicy {
    /// Whether anything is asked or remembered that only a decider knows.
    pub fn is_guarded(&self) -> bool {
        self.throttle.is_some()
            || self.breaker.is_some()
            || self.bulkhead.is_some()
            || self.hedge.is_some()
            || self.fallback.is_some()
            || self.retry.budget.is_some()
            || self.retry.reselect.is_some()
            || self.retry.layer == Layer::Nearest
            || self.retry.only_idempotent && self.idempotent < Probability::ONE
    }
}

/// What stops attempts that would fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaker {
    /// When it stops them.
    pub policy: BreakerSettings,
    /// What it counts as a failure.
    pub on: ReasonSet,
    /// Which attempts it stops.
    pub stops: Stops,
}

/// Which attempts a breaker stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stops {
    /// All of them.
    #[default]
    Attempts,
    /// Retries and copies. First attempts are sent without being asked about; how they end is counted while it is closed.
    Retries,
}

/// A fixed number of places for the attempts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bulkhead {
    /// Attempts out at once; at least 1.
    pub limit: u32,
    /// Attempts that wait for a place.
    pub queue: u32,
}

/// Copies of an attempt, sent while it has not answered, and at once when one of them failed.
///
/// A call makes up to `retry.attempts` tries one after another, and each try up to `attempts` copies beside each other: the
/// product of both in all, and 255 at most. The first good answer ends the call. A try has failed when a copy failed
/// finally, or when no copy is under way and none may follow; only then the rules of `retry` are asked, for the reason of
/// the last failure, and the next try begins with one copy. This is hedging within retries, as Polly's pipelines have it;
/// gRPC has either.
#[derive(Debug, Clone, PartialEq)]
pub struct Hedge {
    /// When, while nothing has failed.
    pub policy: HedgeSettings,
    /// Copies of one try in all, the first attempt included; from 2 to 255.
    pub attempts: u32,
    /// After which failures the next copy is sent at once, and others are waited for; any other failure is final, and
    /// those under way are dropped.
    pub on: ReasonSet,
    /// What is made of what a service says when it refuses: the next copy comes then, or none does.
    pub hints: Hints,
    /// Whether one may be sent; the budget of the retries where absent.
    pub budget: Option<BudgetSettings>,
}

/// What takes the place of a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// Who is called instead; without, the caller answers from what it has.
    pub service: Option<ServiceId>,
    /// Which version of it is asked for, among the targets of a function that has several.
    pub target: u8,
    /// How long it takes the caller to answer from what it has.
    pub time: SimDuration,
    /// After which failures.
    pub on: ReasonSet,
}

/// What happens to work that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnTimeout {
    /// The callee is not told and does all of it.
    #[default]
    Abandon,
    /// The callee is told after one network delay and stops.
    Cancel,
    /// As `Cancel`, but what is in service goes on.
    CancelWaiting,
}

/// Whether, when and where a failed attempt is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Times between attempts.
    pub policy: RetrySettings,
    /// Attempts in all, the first included; from 1 to 255.
    pub attempts: u32,
    /// Which replicas are avoided.
    pub avoid: Avoid,
    /// After which failures.
    pub on: ReasonSet,
    /// Whether it may be tried again, from what was seen of late.
    pub budget: Option<BudgetSettings>,
    /// How often the balancer chooses again when its choice is one to be avoided, before that is taken after all;
    /// without, those are left out of the choice.
    pub reselect: Option<u32>,
    /// What is made of what a service says when it refuses.
    pub hints: Hints,
    /// Whose failures are tried again.
    pub layer: Layer,
    /// Whether a call that is not idempotent is tried again only where it certainly was not begun.
    pub only_idempotent: bool,
}

/// Whose failures are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layer {
    /// Every failure.
    #[default]
    Any,
    /// Not those that a callee passes on from a call of its own: only the caller next to what failed tries again.
    Nearest,
}

/// Which replicas a retry avoids while others are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Avoid {
    /// None.
    #[default]
    None,
    /// The one of the last attempt.
    Last,
    /// All that were tried.
    Tried,
    /// All that were tried, also where no other is left: then the call fails.
    Repeats,
    /// All but the one of the last attempt, with which the call stays.
    Others,
    /// The same, but the last retry goes to whom the balancer chooses.
    OthersButLast,
}
