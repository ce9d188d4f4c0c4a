//! Balancing as it is written.

use super::law::Law;
use super::variant::{Room, numbers, read_policy, write_policy};
use crate::document::{
    Diagnostic, Diagnostics, Field, Fields, Node, Section, Span, Table, Value, unexpected,
};
use crate::model::balancing::{BalancerSettings, Locality, Stickiness};
use crate::units::Probability;

/// Who chooses a replica, and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BalancingKeys {
    pub(crate) policy: BalancerSettings,
    pub(crate) common: BalancingCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// Keys of every balancing policy.
    pub(crate) struct BalancingCommon {
        /// How many deciders share the work, or one in each caller.
        balancers: Balancers = Balancers::Number(1),
        /// What they know of health and load.
        knowledge: KnowledgeKeys = KnowledgeKeys::Checked,
        /// How much the place of a replica matters.
        locality: Locality = Locality::None,
        /// For locality "weighted": the weight of each zone, region by region; the same for all where absent.
        zone_weights: Vec<f64> = Vec::new(),
        /// For locality "zone-aware": with fewer replicas up, zones do not matter.
        zone_aware_min: u32 = 6,
        /// The priority of each replica, 0 first; the same for all where absent.
        priorities: Vec<u32> = Vec::new(),
        /// How many times what is up of a priority or zone may carry.
        overprovisioning: f64 = 1.4,
        /// Below this share of replicas up, where all priorities together are not enough, all are used. Envoy: "50%".
        panic_threshold: Probability = Probability::ZERO,
        /// Whether nobody is used instead.
        fail_on_panic: bool = false,
        /// Each decider uses so many replicas, chosen once at random.
        subset: Option<u32> = None,
        /// Whether sessions stay with a replica.
        sticky: Option<Stickiness> = None,
    }
}

/// The policy where none is written.
const DEFAULT: &str = "round-robin";

const ROOM: Room = Room {
    key: "policy",
    what: "balancing policy",
    expected: BalancingKeys::EXPECTED,
    default: Some(DEFAULT),
};

impl Default for BalancingKeys {
    fn default() -> Self {
        let (table, mut findings) = (Table::default(), Diagnostics::default());
        let mut fields = Fields::new(&table, Span::default(), &mut findings);
        let policy = BalancerSettings::read(DEFAULT, &mut fields);
        let common = BalancingCommon::read(&mut fields);
        let (Some(policy), Some(common)) = (policy, common) else {
            unreachable!("the default policy needs no settings")
        };
        Self { policy, common, span: Span::default() }
    }
}

impl Field for BalancingKeys {
    const EXPECTED: &'static str = "a balancing policy, such as \"round-robin\" or { policy = \"random\" }";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &ROOM, BalancerSettings::CATALOGUE, findings, |name, fields| {
                refuse_slow_start(name, fields);
                BalancerSettings::read(name, fields)
            })?;
        Some(Self { policy, common, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        let settings = |table: &mut toml::Table| self.policy.write(table);
        Some(write_policy(&ROOM, self.policy.name(), settings, &self.common))
    }
}

/// Reports a slow start where the policy has none, and why.
fn refuse_slow_start(policy: &str, fields: &mut Fields<'_>) {
    const KEY: &str = "slow_start";
    if let Some(why) = BalancerSettings::no_slow_start(policy)
        && let Some(node) = fields.node_if_there(KEY)
    {
        let error = Diagnostic::error(node.span, format!("there is no slow start with \"{policy}\""));
        fields.findings().push(error.label("impossible").help(why));
    }
}

/// How many deciders there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Balancers {
    /// So many, shared by all callers.
    Number(u32),
    /// One in each caller.
    Caller,
}

numbers! { Balancers: Caller = "caller" }

/// What a decider knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KnowledgeKeys {
    /// What its checks found.
    Checked,
    /// The truth.
    Perfect,
    /// The truth some time ago.
    Delayed(Box<DelayKeys>),
}

crate::settings! {
    /// Ages of news.
    pub(crate) struct DelayKeys {
        delay: Law,
        rejoin: Option<Law> = None,
    }
}

crate::tables! {
    DelayKeys = "a table with the key \"delay\"",
}

impl Field for KnowledgeKeys {
    const EXPECTED: &'static str = "\"checked\", \"perfect\" or a table with the key \"delay\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "checked" => Some(Self::Checked),
            Value::Text(text) if text == "perfect" => Some(Self::Perfect),
            Value::Table(_) => <DelayKeys as Field>::read(node, findings).map(|mut keys| {
                // News of a repair is as old as news of a fault unless told otherwise.
                keys.rejoin.get_or_insert_with(|| keys.delay.clone());
                Self::Delayed(Box::new(keys))
            }),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Checked => Some("checked".into()),
            Self::Perfect => Some("perfect".into()),
            Self::Delayed(keys) => Field::write(&**keys),
        }
    }
}
