//! Rules for retries, copies, breakers and limits, as they are written.

use super::variant::{Room, names, read_policy, read_variant, write_policy};
use crate::document::{Diagnostics, Field, Fields, Name, Node, Section, Span, Table, Value};
use crate::model::call::{Avoid, Layer, Stops};
use crate::model::resilience::breaker::BreakerSettings;
use crate::model::resilience::budget::BudgetSettings;
use crate::model::resilience::hedge::HedgeSettings;
use crate::model::resilience::hint::Hints;
use crate::model::resilience::limit::LimitSettings;
use crate::model::resilience::retry::RetrySettings;
use crate::reason::ReasonSet;
use crate::units::SimDuration;

/// A room without keys of its own: the settings of a policy and nothing else.
macro_rules! rooms {
    ($($(#[$meta:meta])* $Keys:ident, $Settings:ident, $what:literal, $expected:literal;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct $Keys(pub(crate) $Settings);

        impl Field for $Keys {
            const EXPECTED: &'static str = $expected;

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
    BudgetKeys, BudgetSettings, "retry budget", "a retry budget, such as \"finagle\"";
    /// Which attempts are let in.
    LimitKeys, LimitSettings, "limit", "a limit, such as { policy = \"concurrency\", limit = 100 }";
}

/// Whether, when and where a failed attempt is tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryKeys {
    pub(crate) policy: RetrySettings,
    pub(crate) common: RetryCommon,
}

crate::settings! {
    /// Keys of every retry policy.
    pub(crate) struct RetryCommon {
        attempts: u32 = 3,
        avoid: Avoid = Avoid::None,
        on: ReasonSet = ReasonSet::RETRIED,
        budget: Option<BudgetKeys> = None,
        reselect: Option<u32> = None,
        hints: Hints = Hints::Ignore,
        layer: Layer = Layer::Any,
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
        Self { policy, common: RetryCommon { attempts: 1, ..common } }
    }
}

const RETRY: Room =
    Room { key: "policy", what: "retry policy", expected: RetryKeys::EXPECTED, default: None };

impl Field for RetryKeys {
    const EXPECTED: &'static str = "a retry policy, such as { policy = \"fixed\", attempts = 3 }";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &RETRY, RetrySettings::CATALOGUE, findings, RetrySettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_policy(&RETRY, self.policy.name(), |table| self.policy.write(table), &self.common))
    }
}

/// What stops attempts that would fail.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BreakerKeys {
    pub(crate) policy: BreakerSettings,
    pub(crate) common: BreakerCommon,
}

crate::settings! {
    /// Keys of every breaker.
    pub(crate) struct BreakerCommon {
        on: ReasonSet = ReasonSet::RETRIED,
        /// Which attempts it stops while it is open: all of them, or only `"retries"`, copies included. Then first attempts
        /// are sent whatever it says, and a call whose retry it stops fails for the reason of its last attempt.
        stops: Stops = Stops::Attempts,
    }
}

const BREAKER: Room = Room { key: "policy", what: "breaker", expected: BreakerKeys::EXPECTED, default: None };

impl Field for BreakerKeys {
    const EXPECTED: &'static str = "a breaker, such as \"resilience4j\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &BREAKER, BreakerSettings::CATALOGUE, findings, BreakerSettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_policy(&BREAKER, self.policy.name(), |table| self.policy.write(table), &self.common))
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
        attempts: u32 = 2,
        budget: Option<BudgetKeys> = None,
    }
}

const HEDGE: Room =
    Room { key: "policy", what: "hedge policy", expected: HedgeKeys::EXPECTED, default: None };

impl Field for HedgeKeys {
    const EXPECTED: &'static str = "a rule for copies, such as { policy = \"fixed\", delay = \"10ms\" }";

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
        limit: u32,
        queue: u32 = 0,
    }
}

/// How many attempts are out at once; a number is short for no queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BulkheadKeys(pub(crate) BulkheadTable);

impl Field for BulkheadKeys {
    const EXPECTED: &'static str = "a whole number, or a table such as { limit = 25, queue = 10 }";

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
        service: Option<Name> = None,
        time: Option<SimDuration> = None,
        on: ReasonSet = ReasonSet::RETRIED,
    }
}

crate::tables! {
    FallbackKeys = "a table such as { service = \"cache\" } or { time = \"1ms\" }",
}
