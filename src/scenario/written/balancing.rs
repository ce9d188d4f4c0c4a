//! Balancing as it is written.

use super::fault::Several;
use super::law::Law;
use super::variant::{Chosen, Room, numbers, read_chosen};
use crate::document::{
    Diagnostics, Field, Fields, Kind, Name, Node, Section, Span, Table, Value, Word, unexpected,
};
use crate::model::balancing::{BalancerSettings, Locality, Sharding, SlowStart, Stickiness};
use crate::registry::Own;
use crate::units::Probability;

/// Who chooses a replica, and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BalancingKeys {
    pub(crate) policy: Chosen<BalancerSettings>,
    pub(crate) common: BalancingCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// Keys of every balancing policy.
    pub(crate) struct BalancingCommon {
        /// How many load balancer instances share the work in turn, each with counts of its own; "caller" puts one
        /// into each calling replica and client instance. Health checks, probes and reports travel between the replicas
        /// and the place of the instance: that of its caller, or for shared ones what `place` says, as a rule the zones of the
        /// callers in turn (of the replicas, where nobody calls). Requests travel from the caller.
        #[range = ">= 1, <= 1000000"]
        balancers: Balancers = Balancers::Number(1),
        /// Where shared balancers stand and look from: "callers", or in turn the zones of these places, such as "zone.east.1",
        /// "region.east" or a list of them. What they look at with health checks, probes and reports travels from there, and
        /// faults of the network between there and a replica hide it. Requests, and localities, go by the caller's zone.
        place: PlaceKeys = PlaceKeys::Callers,
        /// What a balancer knows of health and load: "checked" is what its health checks found and what it saw
        /// itself, "perfect" the truth, as theory assumes it, and a table with `delay` the truth some time ago. The truth is
        /// whether a replica works, not whether the network leads there.
        knowledge: KnowledgeKeys = KnowledgeKeys::Checked,
        /// How much the place of a replica matters.
        locality: Locality = Locality::None,
        /// For locality "weighted": the weight of each zone, region by region; the same for all where the list is
        /// empty.
        #[range = "> 0"]
        zone_weights: Vec<f64> = Vec::new(),
        /// For locality "zone-aware": with fewer replicas up than this, zones do not matter.
        zone_aware_min: u32 = 6,
        /// The priority of each replica, 0 first and without a gap: later ones serve when too few of the first are
        /// up. The same for all where the list is empty.
        #[range = "<= 127"]
        priorities: Vec<u32> = Vec::new(),
        /// How many times its share what is up of a priority or zone may carry before the next takes over.
        #[range = ">= 1, <= 100"]
        overprovisioning: f64 = 1.4,
        /// Below this share of replicas believed up, where all priorities together are not enough, all replicas are
        /// used whatever is believed of them. 0 is never. Envoy: "50%".
        panic_threshold: Probability = Probability::ZERO,
        /// Whether attempts fail with `no_replica` in that case instead of going to any replica.
        fail_on_panic: bool = false,
        /// Each balancer uses so many replicas, chosen once at random; all where absent.
        #[range = ">= 1"]
        subset: Option<u32> = None,
        /// Requests of a session, or of a client, may only go to so many replicas, always the same, under every policy; to all
        /// where absent. They are chosen among those that the balancer knows to be there, whether up or not: nobody takes the
        /// place of one that fails. Priorities, panic and localities are those of the shard, as if there were no other replica;
        /// beside `subset` the shards at a balancer are parts of that.
        shard: Option<Sharding> = None,
        /// Keeps the requests of a session at one replica while it is up; no such thing where absent.
        sticky: Option<Stickiness> = None,
        /// How long it takes until balancers know that a replica has joined the fleet, or is leaving it; at once where
        /// absent. Only with `autoscaling` or `standby`.
        discovery: Option<Law> = None,
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
        Self { policy: Chosen::Known(policy), common, span: Span::default() }
    }
}

impl Field for BalancingKeys {
    const EXPECTED: &'static str = "a balancing policy, such as \"round-robin\" or { policy = \"random\" }";

    fn kind() -> Kind {
        let choice = ROOM.choice(BalancerSettings::CATALOGUE);
        Kind::variant(BalancingCommon::shape().choosing(choice).called("balancing"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_chosen(node, &ROOM, BalancerSettings::CATALOGUE, findings, |name, fields| {
                if let Some(why) = BalancerSettings::no_slow_start(name) {
                    SlowStart::refuse(name, why, fields);
                }
                BalancerSettings::read(name, fields)
            })?;
        Some(Self { policy, common, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.policy.write(&ROOM, BalancerSettings::name, BalancerSettings::write, &self.common))
    }
}

impl BalancingKeys {
    /// Looks up a policy from outside the crate.
    pub(crate) fn look_up(&mut self, own: &[Own<BalancerSettings>], findings: &mut Diagnostics) {
        self.policy.look_up::<BalancingCommon>(&ROOM, (BalancerSettings::CATALOGUE, own), findings);
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

numbers! {
    /// One in each calling replica and client instance.
    Balancers: Caller = "caller"
}

/// Where shared deciders stand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PlaceKeys {
    /// In the zones of their callers.
    Callers,
    /// In those of these places.
    Places(Several<Name>),
}

const CALLERS: &str = "callers";

impl Field for PlaceKeys {
    const EXPECTED: &'static str =
        "\"callers\", a place such as \"zone.east.1\" or \"region.east\", or a list of places";

    fn kind() -> Kind {
        let words = vec![Word {
            name: CALLERS,
            lines: &["In the zones of the callers, or of the replicas, where nobody calls."],
        }];
        Kind::Either(vec![Kind::Words(words), <Several<Name> as Field>::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == CALLERS => Some(Self::Callers),
            Value::Text(_) | Value::List(_) => Several::read(node, findings).map(Self::Places),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Callers => Some(CALLERS.into()),
            Self::Places(places) => places.write(),
        }
    }
}

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
        /// How old news of a fault and of load is: drawn for each change, later news never overtaken by earlier.
        delay: Law,
        /// How old news of a repair is; as `delay` where absent.
        rejoin: Option<Law> = None,
    }
}

crate::tables! {
    DelayKeys = "a table with the key \"delay\"",
}

impl Field for KnowledgeKeys {
    const EXPECTED: &'static str = "\"checked\", \"perfect\" or a table with the key \"delay\"";

    fn kind() -> Kind {
        let word = |name, lines| Word { name, lines };
        let words = vec![
            word("checked", &["What its health checks found and what it saw itself."]),
            word("perfect", &["The truth, as theory assumes it."]),
        ];
        Kind::Either(vec![Kind::Words(words), DelayKeys::kind()])
    }

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
