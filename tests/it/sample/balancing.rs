//! Random ways to balance, with every setting that a policy has.

use std::collections::BTreeSet;

use ninefold::model::balancing::BalancerSettings;
use proptest::prelude::*;
use proptest::sample::select;

use super::parts::{law, maybe, one_of, percent, seldom};

/// More replicas than any fleet has.
const MOST: usize = 40;

/// A way to balance, not yet for a fleet of a certain size.
#[derive(Debug, Clone)]
pub(crate) struct Balancing {
    pub(crate) policy: &'static str,
    settings: Vec<Option<String>>,
    weights: Option<Weights>,
    /// Which replicas are backups, bit by bit.
    backup: Option<u32>,
    common: Common,
}

/// What every policy may have beside it.
#[derive(Debug, Clone)]
struct Common {
    balancers: &'static str,
    knowledge: Option<String>,
    locality: Option<&'static str>,
    zone_weights: Option<Vec<u32>>,
    priorities: Option<Vec<u32>>,
    panic: Option<(u32, bool)>,
    subset: Option<u32>,
    shard: Option<Shard>,
    place: Option<&'static str>,
    lines: Vec<Option<String>>,
}

/// The part of a fleet that a session or client may use.
#[derive(Debug, Clone, Copy)]
struct Shard {
    size: u32,
    by: &'static str,
    has_cells: bool,
}

/// The fleet that a way to balance is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    /// Replicas that there may ever be.
    pub(crate) replicas: usize,
    pub(crate) zones: usize,
    /// Replicas that always serve.
    pub(crate) serving: u32,
    /// Of what the replicas of each region are a multiple, where they stay.
    pub(crate) multiple: Option<u32>,
    /// Whether there is a health check.
    pub(crate) is_checked: bool,
}

/// Weights as they are written.
#[derive(Debug, Clone)]
pub(crate) enum Weights {
    Word(&'static str),
    Given(Vec<u32>),
    Measured(String),
}

impl Weights {
    pub(crate) fn words(&self, replicas: usize) -> String {
        match self {
            Self::Word(word) => format!("\"{word}\""),
            Self::Given(weights) => format!("{:?}", &weights[..replicas]),
            Self::Measured(text) => text.clone(),
        }
    }
}

/// Weights that stay as they are.
pub(crate) fn fixed_weights() -> BoxedStrategy<Weights> {
    prop_oneof![
        select(&["speed", "equal"][..]).prop_map(Weights::Word),
        prop::collection::vec(1..7u32, MOST).prop_map(Weights::Given),
    ]
    .boxed()
}

fn weights() -> BoxedStrategy<Weights> {
    let metrics =
        ["utilisation", "inverse-utilisation", "headroom", "throughput", "latency", "inverse-latency"];
    let measured = (select(metrics.to_vec()), 20..300u32, percent(90)).prop_map(|(metric, interval, old)| {
        Weights::Measured(format!(
            "{{ metric = \"{metric}\", interval = \"{interval}ms\", smoothing = {old} }}"
        ))
    });
    prop_oneof![3 => fixed_weights(), 1 => measured].boxed()
}

fn slow_start() -> BoxedStrategy<Option<String>> {
    let keys = (10..900u32, select(&["0.5", "1.0", "2.0"][..]), percent(50));
    maybe(keys.prop_map(|(window, aggression, least)| {
        format!("slow_start = {{ window = \"{window}ms\", aggression = {aggression}, min_weight = {least} }}")
    }))
}

fn number(key: &'static str, from: u32, to: u32) -> BoxedStrategy<Option<String>> {
    maybe((from..to).prop_map(move |number| format!("{key} = {number}")))
}

fn millis(key: &'static str, from: u32, to: u32) -> BoxedStrategy<Option<String>> {
    maybe((from..to).prop_map(move |time| format!("{key} = \"{time}ms\"")))
}

fn balance_factor() -> BoxedStrategy<Option<String>> {
    number("balance_factor", 100, 250)
}

/// The settings of a policy other than weights; one that is not known here has its defaults.
fn settings(policy: &'static str) -> Vec<BoxedStrategy<Option<String>>> {
    match policy {
        "smooth-weighted-round-robin" => vec![
            number("max_fails", 0, 3),
            one_of("fail_timeout", &["\"0s\"", "\"1s\""]),
            number("max_conns", 0, 4),
            slow_start(),
        ],
        "edf-weighted-round-robin" => vec![one_of("random_start", &["false"]), slow_start()],
        "least-connections" => vec![one_of("comparison", &["\"haproxy\""])],
        "least-request" => vec![
            one_of("selection", &["\"full-scan\""]),
            number("choices", 2, 5),
            one_of("active_request_bias", &["0.0", "0.5", "2.0"]),
            slow_start(),
        ],
        "power-of-d" => {
            vec![number("choices", 1, 5), one_of("replacement", &["true"]), number("memory", 0, 3)]
        }
        "power-of-two" => vec![one_of("replacement", &["true"])],
        "first" => vec![number("max_conns", 1, 4)],
        "maglev" => vec![one_of("table_size", &["53", "101", "1009"]), balance_factor()],
        "ring-hash" => {
            vec![one_of("ring_size_min", &["1", "7, ring_size_max = 50", "2000"]), balance_factor()]
        }
        "peak-ewma" => vec![millis("decay", 1, 500), millis("default_rtt", 1, 100)],
        "prequal" => vec![
            one_of("probe_rate", &["0.5", "1.5", "4.0"]),
            number("pool_size", 2, 9),
            millis("probe_age_max", 1, 300),
            one_of("remove_rate", &["0.0", "0.5", "2.0"]),
            maybe(percent(99).prop_map(|quantile| format!("rif_quantile = {quantile}"))),
        ],
        "random-draws" => vec![number("draws", 1, 5), balance_factor()],
        "weighted-round-robin" => vec![
            millis("reporting_period", 20, 300),
            millis("blackout_period", 0, 300),
            millis("weight_expiration_period", 100, 900),
            millis("weight_update_period", 100, 400),
            one_of("error_utilization_penalty", &["0.0", "3.0"]),
            one_of("random_start", &["false"]),
        ],
        _ => Vec::new(),
    }
}

/// The weights of a policy, if it takes any.
fn weights_of(policy: &'static str) -> BoxedStrategy<Option<Weights>> {
    match policy {
        "maglev" | "ring-hash" => prop::option::of(fixed_weights()).boxed(),
        "edf-weighted-round-robin"
        | "least-connections"
        | "least-request"
        | "random-draws"
        | "smooth-weighted-round-robin"
        | "weighted-random" => prop::option::of(weights()).boxed(),
        _ => Just(None).boxed(),
    }
}

fn common() -> BoxedStrategy<Common> {
    let knowledge = prop_oneof![
        Just("\"perfect\"".to_owned()),
        law(50).prop_map(|delay| format!("{{ delay = {delay} }}")),
        (law(50), law(50)).prop_map(|(delay, rejoin)| format!("{{ delay = {delay}, rejoin = {rejoin} }}")),
    ];
    let locality = prop::option::of(select(&["zone", "region", "weighted", "zone-aware"][..]));
    let lines = vec![
        one_of("overprovisioning", &["1.0", "1.4", "2.5"]),
        number("zone_aware_min", 0, 5),
        seldom((1..900u32).prop_map(|time| format!("sticky = {{ lifetime = \"{time}ms\" }}"))),
    ];
    let place = (
        locality,
        prop::option::of(prop::collection::vec(1..5u32, MOST)),
        prop::option::weighted(0.25, prop::collection::vec(0..3u32, MOST)),
    );
    let shard = (any::<u32>(), select(&["session", "client"][..]), any::<bool>())
        .prop_map(|(size, by, has_cells)| Shard { size, by, has_cells });
    let rest = (
        prop::option::weighted(0.3, (1..=100u32, any::<bool>())),
        prop::option::weighted(0.2, any::<u32>()),
        prop::option::weighted(0.25, shard),
        prop::option::weighted(0.3, select(&["\"callers\"", "\"zone.east.1\"", "[\"region.east\"]"][..])),
        lines,
    );
    (select(&["1", "3", "\"caller\""][..]), prop::option::weighted(0.6, knowledge), place, rest)
        .prop_map(|(balancers, knowledge, (locality, zone_weights, priorities), rest)| {
            let (panic, subset, shard, place, lines) = rest;
            Common {
                balancers,
                knowledge,
                locality,
                zone_weights,
                priorities,
                panic,
                subset,
                shard,
                place,
                lines,
            }
        })
        .boxed()
}

/// Any policy with any settings.
pub(crate) fn balancing() -> impl Strategy<Value = Balancing> {
    let names: Vec<&'static str> = BalancerSettings::CATALOGUE.iter().map(|entry| entry.name).collect();
    select(names).prop_flat_map(|policy| {
        let backup = prop::option::weighted(0.3, any::<u32>());
        let own = (settings(policy), weights_of(policy), backup);
        (own, common()).prop_map(move |((settings, weights, backup), common)| Balancing {
            policy,
            settings,
            weights,
            backup: backup.filter(|_| policy == "smooth-weighted-round-robin"),
            common,
        })
    })
}

impl Balancing {
    /// Whether what balancers know is the truth, or news of it.
    pub(crate) fn is_told(&self) -> bool {
        self.common.knowledge.is_some()
    }

    /// The same with other knowledge; what its checks find where there is none.
    pub(crate) fn knowing(mut self, knowledge: Option<String>) -> Self {
        self.common.knowledge = knowledge;
        self
    }

    /// The same with one decider.
    pub(crate) fn alone(mut self) -> Self {
        self.common.balancers = "1";
        self
    }

    /// The policy with its own settings alone.
    pub(crate) fn own_words(&self, replicas: usize) -> String {
        let mut entries = vec![format!("policy = \"{}\"", self.policy)];
        entries.extend(self.settings.iter().flatten().cloned());
        entries.extend(self.weights.as_ref().map(|weights| format!("weights = {}", weights.words(replicas))));
        if let Some(mask) = self.backup {
            // Somebody must be none.
            let backups: Vec<usize> = (2..=replicas).filter(|one| mask >> (one % 32) & 1 == 1).collect();
            entries.push(format!("backup = {backups:?}"));
        }
        entries.join(", ")
    }

    /// Its shards; none where the policy cannot choose among them.
    fn shard(&self) -> Option<Shard> {
        let is_one_client = |shard: &Shard| shard.by == "client" && self.common.balancers == "\"caller\"";
        self.common.shard.filter(|shard| self.policy != "pick-first" || is_one_client(shard))
    }

    /// Whether each request belongs to a session.
    pub(crate) fn shards_by_session(&self) -> bool {
        self.shard().is_some_and(|shard| shard.by == "session")
    }

    /// Where balancers stand, where they are shared and look at anything.
    fn place_words(&self, looks: bool) -> Option<String> {
        let place = self.common.place.filter(|_| looks && self.common.balancers != "\"caller\"");
        place.map(|place| format!("place = {place}"))
    }

    /// The key of the shards, for a fleet and the balancers' subset of it.
    fn shard_words(&self, fleet: Fleet, subset: Option<u32>) -> Option<String> {
        let Shard { size, by, has_cells } = self.shard()?;
        let whole = fleet.multiple.filter(|_| has_cells && subset.is_none());
        let (size, policy) = match whole {
            Some(multiple) => {
                let sizes: Vec<u32> = (1..=multiple).filter(|size| multiple.is_multiple_of(*size)).collect();
                (sizes[size as usize % sizes.len()], ", policy = \"cells\"")
            }
            None => (1 + size % fleet.serving.min(subset.unwrap_or(u32::MAX)), ""),
        };
        Some(format!("shard = {{ size = {size}, by = \"{by}\"{policy} }}"))
    }

    /// The whole line, for a fleet.
    pub(crate) fn words(&self, fleet: Fleet) -> String {
        let Fleet { replicas, zones, .. } = fleet;
        let Common { balancers, knowledge, locality, zone_weights, priorities, panic, subset, lines, .. } =
            &self.common;
        let mut entries = vec![self.own_words(replicas), format!("balancers = {balancers}")];
        entries.extend(knowledge.as_ref().map(|knowledge| format!("knowledge = {knowledge}")));
        entries.extend(locality.map(|locality| format!("locality = \"{locality}\"")));
        if *locality == Some("weighted") {
            let weights = zone_weights.as_ref().map(|weights| &weights[..zones]);
            entries.extend(weights.map(|weights| format!("zone_weights = {weights:?}")));
        }
        entries.extend(priorities.as_ref().map(|raw| format!("priorities = {:?}", dense(&raw[..replicas]))));
        if let Some((threshold, fails)) = panic {
            entries.push(format!("panic_threshold = \"{threshold}%\", fail_on_panic = {fails}"));
        }
        let subset = subset.map(|raw| 1 + raw % replicas as u32);
        entries.extend(subset.map(|size| format!("subset = {size}")));
        entries.extend(self.shard_words(fleet, subset));
        entries.extend(self.place_words(fleet.is_checked && knowledge.is_none()));
        entries.extend(lines.iter().flatten().cloned());
        format!("balancing = {{ {} }}", entries.join(", "))
    }
}

/// The same order without gaps, from 0.
fn dense(raw: &[u32]) -> Vec<usize> {
    let known: BTreeSet<u32> = raw.iter().copied().collect();
    raw.iter().map(|one| known.range(..one).count()).collect()
}
