//! Calls and what is done about their failure, as they are written.

use super::resilience::{BreakerKeys, BulkheadKeys, FallbackKeys, HedgeKeys, LimitKeys, RetryKeys};
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Fields, Name, Node, Section, Value, unexpected};
use crate::model::call::{Choose, OnTimeout};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// What a caller does about failure; what is absent comes from the caller's defaults.
    #[derive(Default)]
    pub(crate) struct PolicyKeys {
        timeout: Option<SimDuration> = None,
        deadline: Option<SimDuration> = None,
        on_timeout: Option<OnTimeout> = None,
        deadline_propagation: Option<bool> = None,
        retry: Option<RetryKeys> = None,
        idempotent: Option<Probability> = None,
        throttle: Option<LimitKeys> = None,
        breaker: Option<BreakerKeys> = None,
        bulkhead: Option<BulkheadKeys> = None,
        hedge: Option<HedgeKeys> = None,
        fallback: Option<FallbackKeys> = None,
    }
}

/// One call or a list of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Calls(pub(crate) Vec<CallKeys>);

/// One entry of `calls`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallKeys {
    pub(crate) entry: CallEntry,
    pub(crate) policy: PolicyKeys,
}

crate::settings! {
    /// The keys of a call that are not about failure.
    pub(crate) struct CallEntry {
        service: Name,
        probability: Probability = Probability::ONE,
        count: u32 = 1,
        wait_for: WaitFor = WaitFor::All,
        optional: bool = false,
        step: u32 = 1,
        choose: Option<Choose> = None,
    }
}

/// How many of the copies of a call must answer well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitFor {
    /// Every one.
    All,
    /// So many.
    Number(u32),
}

numbers! { WaitFor: All = "all" }

impl Field for CallKeys {
    const EXPECTED: &'static str = "the name of a service, or a table with the key \"service\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let mut only = crate::document::Table::default();
        let table = match &node.value {
            Value::Table(table) => table,
            Value::Text(_) => {
                only.entries.push((Name { text: "service".to_owned(), span: node.span }, node.clone()));
                &only
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        let mut fields = Fields::new(table, node.span, findings);
        let entry = CallEntry::read(&mut fields);
        let policy = PolicyKeys::read(&mut fields);
        fields.finish();
        Some(Self { entry: entry?, policy: policy? })
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        self.entry.write(&mut table);
        self.policy.write(&mut table);
        Some(table.into())
    }
}

impl Field for Calls {
    const EXPECTED: &'static str = "the name of a service, or a list of calls";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::<CallKeys>::read(node, findings).map(Self),
            Value::Text(_) | Value::Table(_) => CallKeys::read(node, findings).map(|call| Self(vec![call])),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        if self.0.is_empty() { None } else { self.0.write() }
    }
}
