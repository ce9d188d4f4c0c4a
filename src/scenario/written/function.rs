//! Functions and accounts as they are written.

use super::by_region::ByRegion;
use super::event::AsyncKeys;
use super::law::Law;
use super::provisioned::ProvisionedKeys;
use super::service::Limit;
use super::variant::{Room, names, read_variant};
use crate::document::{
    Diagnostics, Dimension, Field, Keyed, Kind, Name, Node, Span, Value, measure, unexpected,
};
use crate::model::cost::InvocationPrice;
use crate::model::function::keep_alive::{FixedSettings, KeepAliveSettings};
use crate::model::function::population::Share;
use crate::model::function::tokens::ScaleUp;
use crate::model::function::{AfterFailure, InstanceChoice, Surplus, Waits};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// How instances of a function come and go.
    pub(crate) struct FunctionKeys {
        /// The whole of the first response of an instance, in place of `start` and the demand of that request.
        cold_demand: Option<Law> = None,
        /// How long an instance is kept that has nothing to do: a duration, "forever", or a policy.
        keep_alive: KeepAliveKeys = KeepAliveKeys::default(),
        /// After which age an instance goes as soon as it has nothing to do; never where absent.
        lifetime: Option<Law> = None,
        /// Which of several instances that are free a request gets.
        choice: InstanceChoice = InstanceChoice::MostRecent,
        /// Whether a request for which an instance is started waits for that one, or gets the first that is free.
        waits: Waits = Waits::Own,
        /// What becomes of a start for which nobody waits any more; only with `waits = "first"`.
        surplus: Option<Surplus> = None,
        /// The most instances at once, those that start included. Where absent what the account allows, and 1000
        /// without one. In several regions so many in each, or as a table says, such as { east = 50, west = 20 }.
        #[range = ">= 1"]
        max_instances: Option<ByRegion<u32>> = None,
        /// The section `account` whose concurrency, rate and starts it shares; without one nothing is shared. In
        /// several regions each has the numbers of the account for itself; a table gives regions accounts of their own, such
        /// as { east = "main", west = "other" }.
        account: Option<ByRegion<Name>> = None,
        /// How many requests it may have under way, whatever other functions of the account have, and no more: 0 takes
        /// none at all. The rest of the account is for the others.
        reserved: Option<ByRegion<u32>> = None,
        /// Instances that are ready whether requests come or not; requests go to them first. They are part of `reserved`. A
        /// number is there from the start and stays; otherwise a policy of `autoscaling` says how many: "scheduled", or
        /// "target-tracking" by how far they are used, with a `warmup` of "0s" where none is written. How many are wanted is
        /// set aside, and paid for, at once, and one that is too many goes when it has no request.
        provisioned: ProvisionedKeys = ProvisionedKeys::Number(0),
        /// The version of which these are; `v1` where absent.
        provisioned_version: Option<Name> = None,
        /// How long it takes until another of those is ready, for one that is gone or where more are wanted.
        provisioning: Law = Law::known("90s"),
        /// How fast there may be more instances; without limit where absent.
        scale_up: Option<ScaleUp> = None,
        /// The most requests each second for each request that may be under way, in a bucket of one second: 10 at AWS
        /// Lambda. No limit where absent.
        #[range = "> 0"]
        rate_per_concurrency: Option<f64> = None,
        /// How many requests may wait where no instance may be started; the others fail with `throttled`.
        pending: PendingKeys = PendingKeys::default(),
        /// What becomes of events that it gets by calls with `invoke = "async"`.
        r#async: Option<AsyncKeys> = None,
        /// How long a request may take, its calls included; then it is killed, and fails with `killed`.
        #[range = "> 0"]
        max_duration: Option<SimDuration> = None,
        /// What becomes of an instance whose request was killed: with "reset" the next one pays for a start once more, but
        /// not for `placement` and `download`, within its own duration.
        after_failure: AfterFailure = AfterFailure::Reset,
        /// The memory of an instance, and with it its share of a processor.
        memory: Option<Memory> = None,
        /// The memory with which the service's `demand` holds: with less an instance is slower in proportion, with more
        /// faster. A whole processor at AWS Lambda where absent.
        cpu_at: Option<Memory> = None,
        /// The share of `demand` that a faster processor makes shorter; the rest is waiting, which takes as long as ever.
        cpu_bound: Probability = Probability::ONE,
        /// What is paid for it; that of `[cost]` where absent.
        price: Option<InvocationPrice> = None,
        /// Makes it many functions, of which each request brings its own along: for one client whose arrivals are a `trace`,
        /// and no other. An instance serves one request at once, and the one that became free last comes first. Of a preset it
        /// takes how long instances are kept, for all else limits one function. Faults of kind "crash" strike all instances
        /// ("service.x", a region), those of a zone, or each after a time of its own from its birth on ("service.x.*", for which
        /// nothing is to end it); "slow" and "error" strike all.
        population: bool = false,
        /// Who shares instances of a population: calls of one "function", which is the default, or of all of one "app".
        share: Option<Share> = None,
    }
}

crate::settings! {
    /// Requests that wait where no instance may be started.
    pub(crate) struct PendingCommon {
        /// How many there may be.
        capacity: Limit = Limit::Unlimited,
        /// How long each waits before it leaves unserved, with the reason `abandoned`; for ever where absent.
        patience: Option<Law> = None,
    }
}

crate::tables! {
    FunctionKeys = "a table such as { keep_alive = \"10min\", max_instances = 100 }",
    PendingCommon = "a table such as { capacity = 100, patience = \"10s\" }",
}

/// How many requests may wait, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PendingKeys(pub(crate) PendingCommon);

impl Default for PendingKeys {
    fn default() -> Self {
        Self(PendingCommon { capacity: Limit::Number(0), patience: None })
    }
}

impl Field for PendingKeys {
    const EXPECTED: &'static str =
        "a whole number, \"unlimited\", or a table such as { capacity = 100, patience = \"10s\" }";

    fn kind() -> Kind {
        Kind::Either(vec![Limit::kind(), PendingCommon::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Table(_) => PendingCommon::read(node, findings).map(Self),
            Value::Integer(_) | Value::Text(_) => {
                Limit::read(node, findings).map(|capacity| Self(PendingCommon { capacity, patience: None }))
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        if self.0.patience.is_none() { self.0.capacity.write() } else { Field::write(&self.0) }
    }
}

/// How long an instance is kept that has nothing to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeepAliveKeys {
    pub(crate) policy: KeepAliveSettings,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Default for KeepAliveKeys {
    fn default() -> Self {
        let time = SimDuration::from_nanos(600_000_000_000);
        Self { policy: KeepAliveSettings::fixed(Some(time)), span: Span::default() }
    }
}

const ROOM: Room =
    Room { key: "policy", what: "keep-alive policy", expected: KeepAliveKeys::EXPECTED, default: None };

impl KeepAliveKeys {
    /// Whether a text is a time and no name of a policy.
    fn is_time(text: &str) -> bool {
        names(KeepAliveSettings::CATALOGUE).iter().all(|name| *name != text)
            && (text == "forever" || text.starts_with(|first: char| first.is_ascii_digit()))
    }
}

impl Field for KeepAliveKeys {
    const EXPECTED: &'static str =
        "a duration such as \"10min\", \"forever\", or a table such as { policy = \"histogram\" }";

    fn kind() -> Kind {
        let Some(time) = FixedSettings::KEYS.iter().find(|key| key.name == "time") else {
            unreachable!("a fixed time has the key")
        };
        let shape = ROOM.shape("keep-alive", KeepAliveSettings::CATALOGUE);
        Kind::Either(vec![(time.kind)(), Kind::variant(shape)])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let policy = match &node.value {
            Value::Text(text) if Self::is_time(text) => {
                let key = Name { text: "time".to_owned(), span: node.span };
                let table = crate::document::Table { entries: vec![(key, node.clone())] };
                let mut fields = crate::document::Fields::new(&table, node.span, findings);
                KeepAliveSettings::read("fixed", &mut fields)
            }
            _ => read_variant(
                node,
                &ROOM,
                &names(KeepAliveSettings::CATALOGUE),
                findings,
                KeepAliveSettings::read,
            ),
        };
        policy.map(|policy| Self { policy, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        table.insert("policy".to_owned(), self.policy.name().into());
        self.policy.write(&mut table);
        Some(table.into())
    }
}

/// A size of memory; positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    /// How many bytes.
    pub(crate) bytes: f64,
}

impl Memory {
    /// That with which an instance of AWS Lambda has a whole processor (AWS Lambda Developer Guide, "Configure Lambda
    /// function memory").
    pub(crate) const PROCESSOR: Self = Self { bytes: 1_769e6 };
}

impl Field for Memory {
    const EXPECTED: &'static str = "a size such as \"512MB\" or \"1GiB\"";

    fn kind() -> Kind {
        Kind::Quantity
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        match measure(text) {
            Some((bytes, Dimension::Bytes)) if bytes > 0.0 => Some(Self { bytes }),
            _ => {
                let error = crate::document::Diagnostic::error(node.span, format!("\"{text}\" is no size"));
                findings.push(error.label("not a size").help(format!("expected {}", Self::EXPECTED)));
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(format!("{}B", self.bytes)))
    }
}
