//! Calls and what is done about their failure, as they are written.

use super::cost::SizeKeys;
use super::resilience::{BreakerKeys, BulkheadKeys, FallbackKeys, HedgeKeys, LimitKeys, RetryKeys};
use super::variant::numbers;
use crate::document::{Diagnostics, Field, Fields, Keyed, Kind, Name, Node, Section, Value, unexpected};
use crate::model::call::{Choose, OnTimeout};
use crate::model::event::Invoke;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// What a caller does about failure; what is absent comes from the caller's defaults.
    #[derive(Default)]
    pub(crate) struct PolicyKeys {
        /// How long one attempt may take, from its send to its answer, network included; then it fails with
        /// `timeout`. No limit where absent.
        #[range = "> 0"]
        timeout: Option<SimDuration> = None,
        /// How long the whole call may take, retries and back-off included; then it fails with `deadline`. No limit
        /// where absent.
        #[range = "> 0"]
        deadline: Option<SimDuration> = None,
        /// What happens to work that nothing waits for any more: "abandon" lets the callee do it all for nothing,
        /// "cancel" stops it after one network delay, "cancel-waiting" stops only what has not started. "abandon"
        /// where absent.
        on_timeout: Option<OnTimeout> = None,
        /// Whether the time left of a deadline becomes the deadline of the calls that the callee makes. false where
        /// absent.
        deadline_propagation: Option<bool> = None,
        /// Whether, when and how often a failed attempt is made again; never where absent.
        retry: Option<RetryKeys> = None,
        /// Share of calls that may be made twice without harm; the others are not retried while
        /// `retry.only_idempotent` holds, unless the work was surely not begun. 100 % where absent.
        idempotent: Option<Probability> = None,
        /// Which attempts the caller sends at all; the others fail with `throttled`. All where absent. It is asked
        /// first, then `breaker`, then `bulkhead`.
        throttle: Option<LimitKeys> = None,
        /// When attempts are stopped because most of late have failed; these fail with `breaker_open`. Never where
        /// absent.
        breaker: Option<BreakerKeys> = None,
        /// How many attempts of this call are out at once, at most; any number where absent.
        bulkhead: Option<BulkheadKeys> = None,
        /// Copies of an attempt that are sent before it has failed, the first good answer counts; none where absent.
        hedge: Option<HedgeKeys> = None,
        /// What takes the place of a call that has failed for good; nothing where absent.
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
    /// The route of a gateway that it takes, once that is known.
    pub(crate) route: Option<u32>,
    /// The name by which its service was called, if it was.
    pub(crate) name: Option<u32>,
    /// Its number among those that are written, where it stands for one of them.
    pub(crate) place: Option<usize>,
}

impl CallKeys {
    /// A call that is always made, once, to a service by its name.
    pub(crate) fn plain(service: &Name, step: u32, policy: PolicyKeys) -> Self {
        let entry = CallEntry {
            service: service.clone(),
            path: None,
            size: None,
            invoke: Invoke::Sync,
            probability: Probability::ONE,
            count: 1,
            wait_for: WaitFor::All,
            optional: false,
            step,
            choose: None,
        };
        Self { entry, policy, route: None, name: None, place: None }
    }
}

crate::settings! {
    /// The keys of a call that are not about failure.
    pub(crate) struct CallEntry {
        /// The service, gateway or queue that is called. Of a function with `versions` or an `alias`, `"f:v2"` or
        /// `"f:live"` calls that one, and the name alone what it runs.
        service: Name,
        /// The path that is asked for, such as "/api/orders/7", where a gateway is called; a client may have `paths`
        /// instead.
        path: Option<Name> = None,
        /// How large its messages are, for what is paid for moving them; they take no longer for it. What is
        /// passed on with `next` is as large. Nothing is moved where absent.
        size: Option<SizeKeys> = None,
        /// How likely the call is made; independent of the others, unless `choose` is "one".
        probability: Probability = Probability::ONE,
        /// To how many different replicas the call is sent at once.
        #[range = ">= 1"]
        count: u32 = 1,
        /// How many of the `count` copies must answer well; "all" waits for every one.
        #[range = ">= 1"]
        wait_for: WaitFor = WaitFor::All,
        /// Whether a failure of the call is ignored; that of another makes the caller answer with an error at once.
        optional: bool = false,
        /// Whether the call waits for the answer, or only until the event is accepted, which a function gets later: see
        /// its `async`.
        invoke: Invoke = Invoke::Sync,
        /// Calls of one step are out at the same time; steps follow each other by their numbers.
        #[range = ">= 1"]
        step: u32 = 1,
        /// Whether the calls of the step are made each by its own probability ("each") or at most one of them
        /// ("one"). One entry of a step says it for all; "each" where none does.
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

numbers! {
    /// Every copy.
    WaitFor: All = "all"
}

impl Field for CallKeys {
    const EXPECTED: &'static str = "the name of a service, or a table with the key \"service\"";

    fn kind() -> Kind {
        Kind::Either(vec![Kind::Text, Kind::Table(CallEntry::shape().and(PolicyKeys::KEYS).called("call"))])
    }

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
        Some(Self { entry: entry?, policy: policy?, route: None, name: None, place: None })
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

    fn kind() -> Kind {
        Kind::Either(vec![CallKeys::kind(), Kind::list(CallKeys::kind())])
    }

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
