//! Why something failed: one enum from the place where it happens to the results.

use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Word};

/// Why an attempt, and so perhaps a request, was not answered well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// No answer within the attempt's timeout.
    Timeout = 0,
    /// No answer within the request's deadline.
    Deadline = 1,
    /// The connection broke while work was in the replica's hands.
    Reset = 2,
    /// The replica refused the connection.
    Connect = 3,
    /// No replica is believed up.
    NoReplica = 4,
    /// No waiting place was free.
    QueueFull = 5,
    /// The job lost patience in the queue.
    Abandoned = 6,
    /// Over a rate or concurrency limit.
    Throttled = 7,
    /// A breaker stopped it before it was sent.
    BreakerOpen = 8,
    /// Refused to protect the rest.
    Shed = 9,
    /// Answered with an error.
    Error = 10,
    /// Answered: the request itself was wrong (4xx). Not a failure, and not goodput.
    ClientError = 11,
    /// The network let nothing through, and the caller was told.
    Partitioned = 12,
    /// Answered well, but later than `good_within`.
    TooSlow = 13,
    /// Refused: another attempt at the same work is in progress, its idempotency key says.
    Conflict = 14,
    /// It took longer than a function may.
    Killed = 15,
    /// Answered in time, and wrong: no policy notices.
    Corrupt = 16,
    /// A name has no answer.
    Unresolved = 17,
    /// `Partitioned`, and nothing told the caller: what it does about it is what it does about a timeout. Results know no
    /// such name, they count it as `partitioned`.
    Silenced = 18,
}

impl Reason {
    /// How many results tell apart.
    pub const COUNT: usize = 18;

    /// Every reason that results tell apart, in the order of its number.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Timeout,
        Self::Deadline,
        Self::Reset,
        Self::Connect,
        Self::NoReplica,
        Self::QueueFull,
        Self::Abandoned,
        Self::Throttled,
        Self::BreakerOpen,
        Self::Shed,
        Self::Error,
        Self::ClientError,
        Self::Partitioned,
        Self::TooSlow,
        Self::Conflict,
        Self::Killed,
        Self::Corrupt,
        Self::Unresolved,
    ];

    /// The name in scenarios and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Reset => "reset",
            Self::Connect => "connect",
            Self::NoReplica => "no_replica",
            Self::QueueFull => "queue_full",
            Self::Abandoned => "abandoned",
            Self::Throttled => "throttled",
            Self::BreakerOpen => "breaker_open",
            Self::Shed => "shed",
            Self::Error => "error",
            Self::ClientError => "client_error",
            Self::Partitioned | Self::Silenced => "partitioned",
            Self::TooSlow => "too_slow",
            Self::Conflict => "conflict",
            Self::Killed => "killed",
            Self::Corrupt => "corrupt",
            Self::Unresolved => "unresolved",
        }
    }

    /// What it means, for the reference.
    pub const fn lines(self) -> &'static [&'static str] {
        match self {
            Self::Timeout => &["No answer within the attempt's timeout."],
            Self::Deadline => &["No answer within the request's deadline."],
            Self::Reset => &["The connection broke while work was in the replica's hands."],
            Self::Connect => &["The replica refused the connection."],
            Self::NoReplica => &["No replica is believed up."],
            Self::QueueFull => &["No waiting place was free."],
            Self::Abandoned => &["The job lost patience in the queue."],
            Self::Throttled => &["Over a rate or concurrency limit."],
            Self::BreakerOpen => &["A breaker stopped it before it was sent."],
            Self::Shed => &["Refused to protect the rest."],
            Self::Error => &["Answered with an error."],
            Self::ClientError => {
                &["Answered: the request itself was wrong (4xx). Not a failure, and not goodput."]
            }
            Self::Partitioned | Self::Silenced => &[
                "The network let nothing through. Where nothing said so, the caller learnt it by its timeout, and did what",
                "it does about `timeout`.",
            ],
            Self::TooSlow => &["Answered well, but later than `good_within`."],
            Self::Conflict => {
                &["Refused: another attempt at the same work is in progress, its idempotency key says."]
            }
            Self::Killed => &["It took longer than a function may."],
            Self::Corrupt => &["Answered in time, and wrong: no policy notices."],
            Self::Unresolved => &["The name that was called has no answer."],
        }
    }

    /// Place in tables of counts.
    #[inline]
    pub const fn index(self) -> usize {
        self.counted() as usize
    }

    /// Whether it ends an attempt before it is sent to anybody.
    #[inline]
    pub const fn is_before_sending(self) -> bool {
        matches!(self, Self::NoReplica | Self::Unresolved)
    }

    /// What results count.
    #[inline]
    #[must_use]
    pub const fn counted(self) -> Self {
        match self {
            Self::Silenced => Self::Partitioned,
            other => other,
        }
    }

    /// What the caller knows of it.
    #[inline]
    #[must_use]
    pub const fn heard(self) -> Self {
        match self {
            Self::Silenced => Self::Timeout,
            other => other,
        }
    }
}

/// A set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonSet(u32);

impl ReasonSet {
    /// What is retried unless a scenario says otherwise: all but `client_error`.
    pub const RETRIED: Self = Self(((1 << Reason::COUNT) - 1) & !(1 << Reason::ClientError as u32));

    /// After which the work was certainly not begun: it was never sent, or refused at the door.
    pub const NOT_BEGUN: Self = Self(
        1 << Reason::Connect as u32
            | 1 << Reason::NoReplica as u32
            | 1 << Reason::Unresolved as u32
            | 1 << Reason::QueueFull as u32
            | 1 << Reason::Throttled as u32
            | 1 << Reason::BreakerOpen as u32
            | 1 << Reason::Shed as u32,
    );

    /// By which a service refuses work.
    pub const REFUSED: Self =
        Self(1 << Reason::QueueFull as u32 | 1 << Reason::Throttled as u32 | 1 << Reason::Shed as u32);

    /// Exactly these.
    pub fn of(reasons: &[Reason]) -> Self {
        Self(reasons.iter().fold(0, |set, reason| set | 1 << reason.index()))
    }

    /// Whether `reason`, as the caller knows it, is among them.
    #[inline]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 >> (reason.heard() as u32) & 1 == 1
    }
}

impl Field for ReasonSet {
    const EXPECTED: &'static str = "a list of failure reasons such as [\"timeout\", \"reset\"]";

    fn kind() -> Kind {
        let word = |reason: Reason| Word { name: reason.name(), lines: reason.lines() };
        Kind::list(Kind::Words(Reason::ALL.map(word).to_vec()))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let names = Vec::<Name>::read(node, findings)?;
        let mut reasons = Vec::new();
        let mut all_known = true;
        for name in &names {
            let known = Reason::ALL.map(Reason::name);
            if let Some(reason) = Reason::ALL.iter().find(|reason| reason.name() == name.text) {
                reasons.push(*reason);
            } else {
                all_known = false;
                findings.push(Diagnostic::unknown(name.span, "failure reason", &name.text, known));
            }
        }
        all_known.then(|| Self::of(&reasons))
    }

    fn write(&self) -> Option<toml::Value> {
        let names = Reason::ALL.iter().filter(|reason| self.contains(**reason));
        Some(toml::Value::Array(names.map(|reason| reason.name().into()).collect()))
    }
}
