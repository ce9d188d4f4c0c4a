//! Rules for retries, copies, breakers and limits, as they are written.

use super::variant::{Chosen, Room, names, read_chosen, read_policy, read_variant, write_policy};
use crate::document::{Diagnostics, Field, Fields, Kind, Name, Node, Section, Span, Table, Value};
use crate::model::call::{Avoid, Layer, Stops};
use crate::model::resilience::breaker::BreakerSettings;
use crate::model::resilience::budget::BudgetSettings;
use crate::model::resilience::hedge::HedgeSettings;
use crate::model::resilience::hint::Hints;
use crate::model::resilience::limit::LimitSettings;
use crate::model::resilience::retry::RetrySettings;
use crate::reason::ReasonSet;
use crate::registry::Own;
use crate::units::SimDuration;

/// A room without keys of its own: the settings of a policy and nothing else.
macro_rules! rooms {
    ($($(#[$meta:meta])* $Keys:ident, $Settings:ident, $shape:literal, $what:literal, $expected:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct $Keys(pub(crate) $Settings);

        impl Field for $Keys {
            const EXPECTED: &'static str = $expected;

            fn kind() -> Kind {
                let room = Room { key: "policy", what: $what, expected: Self::EXPECTED, default: None };
                Kind::variant(room.shape($shape, $Settings::CATALOGUE))
            }

            fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
                let room = Room { key: "policy", what: $what, expected: Self::EXPECTED, default: None };
                read_variant(node, &room, &names($Settings::CATALOGUE), findings, |name, fields| {
                    $Settings::read(name, fields).map(Self)
                })
            }

            fn write(&self) -> Option<toml::Value> {
                Some(written(self.0.name(), |table| self.0.write(table)))
            }
        }
    )* };
}

fn written(policy: &str, rest: impl FnOnce(&mut toml::Table)) -> toml::Value {
    let mut table = toml::Table::new();
    table.insert("policy".to_owned(), policy.into());
    rest(&mut table);
    table.into()
}

rooms! {
    /// Whether further attempts may be made.
    BudgetKeys, BudgetSettings, "budget", "retry budget", "a retry budget, such as \"finagle\"";
    /// Which attempts are let in.
    LimitKeys, LimitSettings, "limit", "limit", "a limit, such as { policy = \"concurrency\", limit = 100 }";
}

/// Whether, when and where a failed attempt is tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryKeys {
    pub(crate) policy: Chosen<RetrySettings>,
    pub(crate) common: RetryCommon,
}

crate::settings! {
    /// Keys of every retry policy.
    pub(crate) struct RetryCommon {
        /// Most attempts of one call, the first included; also one that found no replica or was stopped by a breaker
        /// counts.
        #[range = ">= 1, <= 255"]
        attempts: u32 = 3,
        /// Which replicas a retry avoids; it gives way when no other is left.
        avoid: Avoid = Avoid::None,
        /// The failure reasons after which a call is tried again; all but `client_error` where absent.
        on: ReasonSet = ReasonSet::RETRIED,
        /// Whether further attempts may be made at all, so that retries cannot multiply the load; any number where
        /// absent.
        budget: Option<BudgetKeys> = None,
        /// How often the balancer chooses again when its choice is one to be avoided, before that is taken after all,
        /// as Envoy does; where absent, those to be avoided are left out of the choice. Needs `avoid` to be "last" or
        /// "tried".
        #[range = "<= 100"]
        reselect: Option<u32> = None,
        /// What the caller makes of `retry_after` of a service that refuses.
        hints: Hints = Hints::Ignore,
        /// Where retries are made: "any" also repeats what failed further down, "nearest" only what failed in the
        /// service that was called itself.
        layer: Layer = Layer::Any,
        /// Whether a call that is not harmless to repeat is retried only where the work was surely not begun; see
        /// `idempotent`.
        only_idempotent: bool = true,
    }
}

impl RetryKeys {
    /// A call is never tried again.
    pub(crate) fn none() -> Self {
        let (empty, mut findings) = (Table::default(), Diagnostics::default());
        let mut fields = Fields::new(&empty, Span::default(), &mut findings);
        let policy = RetrySettings::read("none", &mut fields);
        let Some((policy, common)) = policy.zip(RetryCommon::read(&mut fields)) else {
            unreachable!("everything about no retry has a default")
        };
        Self { policy: Chosen::Known(policy), common: RetryCommon { attempts: 1, ..common } }
    }
}

const RETRY: Room =
    Room { key: "policy", what: "retry policy", expected: RetryKeys::EXPECTED, default: None };

impl Field for RetryKeys {
    const EXPECTED: &'static str = "a retry policy, such as { policy = \"fixed\", attempts = 3 }";

    fn kind() -> Kind {
        Kind::variant(RetryCommon::shape().choosing(RETRY.choice(RetrySettings::CATALOGUE)).called("retry"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_chosen(node, &RETRY, RetrySettings::CATALOGUE, findings, RetrySettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.policy.write(&RETRY, RetrySettings::name, RetrySettings::write, &self.common))
    }
}

impl RetryKeys {
    /// Looks up a policy from outside the crate.
    pub(crate) fn look_up(&mut self, own: &[Own<RetrySettings>], findings: &mut Diagnostics) {
        self.policy.look_up::<RetryCommon>(&RETRY, (RetrySettings::CATALOGUE, own), findings);
    }
}

/// What stops attempts that would fail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BreakerKeys {
    pub(crate) policy: Chosen<BreakerSettings>,
    pub(crate) common: BreakerCommon,
}

crate::settings! {
    /// Keys of every breaker.
    pub(crate) struct BreakerCommon {
        /// The failure reasons that count against the callee; all but `client_error` where absent.
        on: ReasonSet = ReasonSet::RETRIED,
        /// Which attempts it stops while it is open: all of them, or only `"retries"`, copies included. Then first attempts
        /// are sent whatever it says, and a call whose retry it stops fails for the reason of its last attempt.
        stops: Stops = Stops::Attempts,
    }
}

const BREAKER: Room = Room { key: "policy", what: "breaker", expected: BreakerKeys::EXPECTED, default: None };

impl Field for BreakerKeys {
    const EXPECTED: &'static str = "a breaker, such as \"resilience4j\"";

    fn kind() -> Kind {
        Kind::variant(
            BreakerCommon::shape().choosing(BREAKER.choice(BreakerSettings::CATALOGUE)).called("breaker"),
        )
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_chosen(node, &BREAKER, BreakerSettings::CATALOGUE, findings, BreakerSettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.policy.write(&BREAKER, BreakerSettings::name, BreakerSettings::write, &self.common))
    }
}

impl BreakerKeys {
    /// Looks up a breaker from outside the crate.
    pub(crate) fn look_up(&mut self, own: &[Own<BreakerSettings>], findings: &mut Diagnostics) {
        self.policy.look_up::<BreakerCommon>(&BREAKER, (BreakerSettings::CATALOGUE, own), findings);
    }
}

/// When copies are sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HedgeKeys {
    pub(crate) policy: HedgeSettings,
    pub(crate) common: HedgeCommon,
}

crate::settings! {
    /// Keys of every rule for copies.
    pub(crate) struct HedgeCommon {
        /// Copies of one try in all, the first attempt included. With `retry` a call makes up to as many tries, each with
        /// as many copies.
        #[range = ">= 2, <= 255"]
        attempts: u32 = 2,
        /// More than so many `attempts` are taken as so many (gRPC: 5).
        #[range = ">= 2, <= 255"]
        attempts_max: u32 = 255,
        /// Whether a copy may be sent; by default the budget of `retry` says so.
        budget: Option<BudgetKeys> = None,
        /// After which failures the next copy is sent at once; any other failure ends the try and drops what is under way.
        on: ReasonSet = ReasonSet::RETRIED,
        /// What is made of a service's `retry_after` when it refuses: the next copy comes then, or none at "never".
        hints: Hints = Hints::Ignore,
    }
}

const HEDGE: Room =
    Room { key: "policy", what: "hedge policy", expected: HedgeKeys::EXPECTED, default: None };

impl Field for HedgeKeys {
    const EXPECTED: &'static str = "a rule for copies, such as { policy = \"fixed\", delay = \"10ms\" }";

    fn kind() -> Kind {
        Kind::variant(HedgeCommon::shape().choosing(HEDGE.choice(HedgeSettings::CATALOGUE)).called("hedge"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &HEDGE, HedgeSettings::CATALOGUE, findings, HedgeSettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_policy(&HEDGE, self.policy.name(), |table| self.policy.write(table), &self.common))
    }
}

crate::settings! {
    /// How many attempts are out at once.
    pub(crate) struct BulkheadTable {
        /// How many attempts of the call are out at once, at most; the others fail with `throttled`.
        #[range = ">= 1"]
        limit: u32,
        /// How many attempts may wait for a place instead of failing.
        queue: u32 = 0,
    }
}

/// How many attempts are out at once; a number is short for no queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BulkheadKeys(pub(crate) BulkheadTable);

impl Field for BulkheadKeys {
    const EXPECTED: &'static str = "a whole number, or a table such as { limit = 25, queue = 10 }";

    fn kind() -> Kind {
        Kind::Either(vec![u32::kind(), Kind::Table(BulkheadTable::shape().called("bulkhead"))])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Integer(_) = node.value {
            return u32::read(node, findings).map(|limit| Self(BulkheadTable { limit, queue: 0 }));
        }
        crate::document::read_section(node, Self::EXPECTED, findings).map(Self)
    }

    fn write(&self) -> Option<toml::Value> {
        Some(crate::document::write_section(&self.0))
    }
}

crate::settings! {
    /// What takes the place of a call that failed.
    pub(crate) struct FallbackKeys {
        /// A service, or a version or alias of a function, that is called instead, once and without a policy of its own; where absent, the caller answers
        /// from what it has.
        service: Option<Name> = None,
        /// How long it takes the caller to answer from what it has; no time where absent, and not together with
        /// `service`.
        time: Option<SimDuration> = None,
        /// The failure reasons after which it takes the place; all but `client_error` where absent.
        on: ReasonSet = ReasonSet::RETRIED,
    }
}

crate::tables! {
    FallbackKeys = "a table such as { service = \"cache\" } or { time = \"1ms\" }",
}
