//! Which queue a service is, if theory knows one like it.

use std::collections::BTreeMap;

use super::flow::{self, Flow, Traffic, is_even};
use super::law::law;
use super::{Model, Part, is_instant, number};
use crate::analysis::law::Law;
use crate::analysis::oracle::Given;
use crate::kernel::distribution::Distribution;
use crate::model::balancing::{BalancerSettings, Locality, Weights};
use crate::model::fleet::{Concurrency, Deciders, QueuePlace, Service};
use crate::model::monitoring::Knowledge;
use crate::model::queue::QueueSettings;
use crate::model::system::System;
use crate::units::ServiceId;

/// The model of a service; `None` where none is like it.
pub(super) fn of(system: &System, traffic: &Traffic<'_>, id: ServiceId) -> Option<Model> {
    let service = &system.services[id.index()];
    // No formula is of a fleet that changes, or of many functions.
    if !service.is_fixed() || service.population.is_some() {
        return None;
    }
    let flow = traffic.of(id)?;
    let mean = service.demand.mean();
    if !(mean > 0.0 && mean.is_finite()) {
        return None;
    }
    let station = Station { service, slots: slots(service), speed: service.replicas.first()?.speed };
    let mut model = if service.replicas.len() == 1 {
        station.model(&flow)
    } else if service.queue.place == QueuePlace::Service || service.concurrency == Concurrency::Unlimited {
        station.fleet(&flow)
    } else {
        balanced(system, &station, &flow)
    };
    let mut departures = flow.departures;
    departures.append(&mut habits(system, id));
    departures.append(&mut model.departures);
    departures.dedup();
    model.departures = departures;
    Some(model)
}

/// Slots of a replica; 0 is no limit.
pub(super) fn slots(service: &Service) -> u32 {
    match service.concurrency {
        Concurrency::Slots(slots) => slots,
        Concurrency::Unlimited => 0,
    }
}

/// What a service does that no queue of a textbook does.
pub(super) fn habits(system: &System, id: ServiceId) -> Vec<String> {
    let service = &system.services[id.index()];
    let faults = flow::faults(system, id);
    let strikes = format!("fault.{} strikes it", faults.join(" and fault."));
    let slows = system.backups.iter().any(|one| one.of == id && one.slows.total_cmp(&1.0).is_ne());
    let can_err = service.error_ratio.get() > 0.0;
    [
        (!faults.is_empty(), strikes.as_str()),
        (flow::depends(system, id), "it depends on others"),
        (!service.steps.is_empty(), "it calls others"),
        (service.admission.is_some(), "it refuses attempts"),
        (service.gateway.is_some(), "it is a gateway"),
        (can_err && service.error_time.is_some(), "errors take another time"),
        (can_err && service.outlier_detection.is_some(), "replicas with errors are ejected"),
        (service.idempotency.is_some(), "it keeps idempotency keys"),
        (service.cache.is_some(), "a cache answers in its place"),
        (slows, "backups slow it"),
        (system.dns.iter().any(|dns| dns.service == id), "a name says to which region attempts go"),
    ]
    .into_iter()
    .filter(|(does, _)| *does)
    .map(|(_, what)| what.to_owned())
    .collect()
}

/// One queue, its slots, and how fast they work.
#[derive(Clone, Copy)]
struct Station<'s> {
    service: &'s Service,
    /// How many work at once; 0 is no limit.
    slots: u32,
    speed: f64,
}

/// In which order jobs are served, as far as theory cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Arrival,
    Sharing,
    Other,
}

/// What a formula is asked, and what it takes for granted.
struct Question {
    label: String,
    oracle: &'static str,
    arguments: Vec<(&'static str, Given)>,
    is_for_exponential: bool,
    is_for_poisson: bool,
    is_for: Order,
}

impl Station<'_> {
    /// The same queue in front of all replicas.
    fn fleet(&self, flow: &Flow) -> Model {
        let slots = self.slots.saturating_mul(self.service.replicas.len() as u32);
        let whole = Self { slots, ..*self };
        let mut model = whole.model(flow);
        if !is_even(self.service) {
            model.departures.push("its replicas differ in speed".to_owned());
        }
        model
    }

    fn model(&self, flow: &Flow) -> Model {
        let Question { label, oracle, arguments, is_for_exponential, is_for_poisson, is_for } =
            self.ask(flow);
        let mut departures = Vec::new();
        if is_for_poisson && flow.between.is_some() {
            departures.push("arrivals are not Poisson".to_owned());
        }
        if is_for_exponential && !self.is_exponential() {
            departures.push(format!("service is {}", described(&self.service.demand)));
        }
        if let Some(patience) = &self.service.queue.patience
            && !matches!(patience, Distribution::Exponential(_))
        {
            departures.push(format!("patience is {}", described(patience)));
        }
        if self.slots > 0 && self.order() != is_for {
            departures.push(format!("its queue is {}", self.service.queue.policy.name()));
        }
        Model::whole(label, Part::new(oracle, &arguments), departures)
    }

    /// The nearest model.
    fn ask(&self, flow: &Flow) -> Question {
        let mean = self.service.demand.mean() / self.speed;
        let slots = self.slots;
        let rate = ("rate", number(flow.rate));
        let service_mean = ("service_mean", number(mean));
        let servers = ("servers", number(f64::from(slots)));
        let usual = |label: String, oracle, arguments| Question {
            label,
            oracle,
            arguments,
            is_for_exponential: true,
            is_for_poisson: true,
            is_for: Order::Arrival,
        };
        let any_service = |question| Question { is_for_exponential: false, ..question };
        let queue = &self.service.queue;
        if slots == 0 {
            return any_service(usual("M/G/inf".to_owned(), "mg-infinity", vec![rate, service_mean]));
        }
        if let Some(patience) = &queue.patience {
            let patience = ("patience_mean", number(patience.mean()));
            return usual(format!("M/M/{slots}+M"), "erlang-a", vec![rate, service_mean, servers, patience]);
        }
        match (queue.capacity, slots, &flow.between) {
            (Some(0), ..) => {
                let question =
                    usual(format!("M/G/{slots}/{slots}"), "erlang-b", vec![rate, service_mean, servers]);
                Question { is_for: self.order(), ..any_service(question) }
            }
            (Some(waiting), ..) => {
                let places = slots.saturating_add(waiting);
                let all = ("places", number(f64::from(places)));
                usual(format!("M/M/{slots}/{places}"), "mmck", vec![rate, service_mean, servers, all])
            }
            (None, 1, _) if self.order() == Order::Sharing => {
                let question = usual("M/G/1-PS".to_owned(), "processor-sharing", vec![rate, service_mean]);
                Question { is_for: Order::Sharing, ..any_service(question) }
            }
            (None, 1, Some(between)) => {
                let label = format!("{}/M/1", letter(between));
                let between = ("between", Given::Laws(vec![between.clone()]));
                Question { is_for_poisson: false, ..usual(label, "gm1", vec![between, service_mean]) }
            }
            (None, 1, None) if !self.is_exponential() => match self.law() {
                Some(law) => {
                    let label = format!("M/{}/1", letter(&law));
                    let service = ("service", Given::Laws(vec![law]));
                    any_service(usual(label, "mg1", vec![rate, service]))
                }
                None => usual("M/M/1".to_owned(), "mm1", vec![rate, service_mean]),
            },
            (None, 1, None) => usual("M/M/1".to_owned(), "mm1", vec![rate, service_mean]),
            (None, ..) => usual(format!("M/M/{slots}"), "mmc", vec![rate, service_mean, servers]),
        }
    }

    fn is_exponential(&self) -> bool {
        matches!(self.service.demand, Distribution::Exponential(_))
    }

    /// The law of the time in service, where a formula knows it.
    fn law(&self) -> Option<Law> {
        law(&self.service.demand).map(|law| law.slowed(self.speed.recip()))
    }

    fn order(&self) -> Order {
        match self.service.queue.policy {
            QueueSettings::Fifo(_) => Order::Arrival,
            QueueSettings::ProcessorSharing(_) => Order::Sharing,
            _ => Order::Other,
        }
    }
}

/// A distribution in a few words.
fn described(distribution: &Distribution) -> String {
    let cv = distribution.variance().sqrt() / distribution.mean();
    match distribution {
        Distribution::Constant(_) => "constant".to_owned(),
        other if cv.is_finite() => format!("{}, cv {:.2}", other.name(), cv),
        other => other.name().to_owned(),
    }
}

/// A law in Kendall's notation.
fn letter(law: &Law) -> String {
    match law {
        Law::Constant { .. } => "D".to_owned(),
        Law::Exponential { .. } => "M".to_owned(),
        Law::Gamma { shape, .. } if (shape - shape.round()).abs() < 1e-9 => format!("E{}", shape.round()),
        _ => "G".to_owned(),
    }
}

/// Replicas that each have a queue of their own.
fn balanced(system: &System, station: &Station<'_>, flow: &Flow) -> Model {
    let service = station.service;
    let count = service.replicas.len();
    let is_whole = is_plainly_balanced(system, service);
    let is_fast = station.slots == 1 && station.is_exponential() && service.queue.capacity.is_none();
    let is_simple =
        is_fast && service.queue.patience.is_none() && station.order() == Order::Arrival && is_even(service);
    let rate = flow.rate;
    match &service.balancing.policy {
        BalancerSettings::Random(_) if is_whole => split(station, flow, &vec![1.0; count]),
        // Marks and limits leave some replicas out.
        BalancerSettings::WeightedRandom(settings)
            if is_whole && settings.max_fails == 0 && settings.max_conns == 0 =>
        {
            match &settings.weights {
                Weights::Equal => split(station, flow, &vec![1.0; count]),
                Weights::Speed => {
                    let speeds: Vec<f64> = service.replicas.iter().map(|replica| replica.speed).collect();
                    split(station, flow, &speeds)
                }
                Weights::Given(weights) => split(station, flow, weights),
                Weights::Measured(_) => unbalanced(station, flow),
            }
        }
        BalancerSettings::RoundRobin(settings)
            if settings.slow_start.is_none()
                && is_whole
                && is_simple
                && flow.between.is_none()
                && has_one_decider(system, service) =>
        {
            let turns = count as f64;
            let between = Law::Gamma { shape: turns, mean: turns / rate };
            let own = Flow { rate: rate / turns, between: Some(between), departures: Vec::new() };
            of_each(count, station.model(&own))
        }
        BalancerSettings::JoinShortestQueue(_)
            if is_whole
                && is_simple
                && flow.between.is_none()
                // Three take seconds to work out, longer than many a run.
                && count == 2
                && knows_the_load(system, service) =>
        {
            let arguments = [
                ("rate", number(rate)),
                ("service_mean", number(service.demand.mean() / station.speed)),
                ("servers", number(count as f64)),
            ];
            let part = Part::new("join-shortest-queue", &arguments);
            Model::whole(format!("{count} x M/M/1, shortest queue"), part, Vec::new())
        }
        _ => unbalanced(station, flow),
    }
}

/// A queue at each replica, each with its share of the requests, chosen at random.
fn split(station: &Station<'_>, flow: &Flow, weights: &[f64]) -> Model {
    let total: f64 = weights.iter().sum();
    let mut whole =
        Model { label: String::new(), parts: Vec::new(), copies: Vec::new(), departures: Vec::new() };
    if flow.between.is_some() {
        whole.departures.push("arrivals are not Poisson".to_owned());
    }
    // Replicas of one speed and weight have one answer, however many they are.
    let mut places: BTreeMap<[u64; 2], usize> = BTreeMap::new();
    for (replica, weight) in station.service.replicas.iter().zip(weights) {
        let place = *places.entry([replica.speed, *weight].map(f64::to_bits)).or_insert_with(|| {
            let share = weight / total;
            let own = Flow { rate: flow.rate * share, between: None, departures: Vec::new() };
            let model = Station { speed: replica.speed, ..*station }.model(&own);
            let new = model.departures.into_iter().filter(|one| !whole.departures.contains(one));
            let new: Vec<String> = new.collect();
            whole.departures.extend(new);
            whole.label = model.label;
            whole.parts.extend(model.parts.into_iter().map(|(_, part)| (share, part)));
            whole.parts.len() - 1
        });
        match whole.copies.last_mut() {
            Some((last, count)) if *last == place => *count += 1,
            _ => whole.copies.push((place, 1)),
        }
    }
    whole.label = format!("{} x {}", weights.len(), whole.label);
    whole
}

/// So many equal queues.
fn of_each(count: usize, model: Model) -> Model {
    let parts = model.parts.into_iter().map(|(_, part)| (1.0 / count as f64, part)).collect();
    Model { label: format!("{count} x {}", model.label), parts, copies: vec![(0, count)], ..model }
}

/// As if there were one queue, which balancing comes near.
fn unbalanced(station: &Station<'_>, flow: &Flow) -> Model {
    let mut model = station.fleet(flow);
    let policy = station.service.balancing.policy.name();
    model.departures.insert(0, format!("{policy} fills a queue at each replica"));
    model
}

/// Whether every attempt may go to any replica, as the policy says.
fn is_plainly_balanced(system: &System, service: &Service) -> bool {
    let balancing = &service.balancing;
    let is_near = balancing.spread.locality == Locality::None || system.zone_count() == 1;
    balancing.subset.is_none()
        && balancing.shard.is_none()
        && balancing.sticky.is_none()
        && balancing.spread.priorities.is_empty()
        && is_near
}

/// Whether deciders know how many attempts are in each replica: they are told, or there is one and nothing takes time.
fn knows_the_load(system: &System, service: &Service) -> bool {
    match service.balancing.knowledge {
        Knowledge::Perfect => true,
        Knowledge::Checked => has_one_decider(system, service) && is_instant(&system.network),
        Knowledge::Delayed { .. } => false,
    }
}

/// Whether one decider sends all attempts.
fn has_one_decider(system: &System, service: &Service) -> bool {
    match service.balancing.deciders {
        Deciders::Shared(deciders) => deciders == 1,
        Deciders::Caller => {
            let callers = system.clients.iter().map(|client| client.instances).sum::<u32>();
            callers == 1
                && system.services.iter().all(|other| other.steps.is_empty() && other.next.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::metric::ScopeKind;
    use crate::scenario::{Places, Source, load};

    /// The model of a service of these speeds, and its answers.
    fn split_over(speeds: &[f64]) -> (Model, Vec<super::super::Exact>) {
        let speeds: Vec<String> = speeds.iter().map(|speed| format!("{speed:?}")).collect();
        let text = format!(
            "[service.s]\nreplicas = {}\nspeed = [{}]\nconcurrency = 1\n\
             demand = {{ distribution = \"exponential\", mean = \"100ms\" }}\n\
             balancing = {{ policy = \"random\", knowledge = \"perfect\" }}\n\
             [client.c]\narrival = {{ process = \"poisson\", rate = \"{}/s\" }}\ncalls = \"s\"\n\
             [run]\nhorizon = \"1h\"\n",
            speeds.len(),
            speeds.join(", "),
            speeds.len(),
        );
        let source = Source { name: "s.toml".to_owned(), text };
        let scenario = load(source, &[], &Places::default()).unwrap();
        let model = of(&scenario.system, &Traffic::new(&scenario.system), ServiceId(0)).unwrap();
        let answers = model.clone().solve("service.s", ScopeKind::Service).unwrap().answers;
        (model, answers)
    }

    #[test]
    fn equal_replicas_are_asked_about_once_and_each_counts() {
        let (model, answers) = split_over(&[1.0; 1_000]);
        assert_eq!((model.parts.len(), model.copies), (1, vec![(0, 1_000)]));
        // A thousand queues M/M/1 at a utilisation of a tenth.
        let of = |name: &str| answers.iter().find(|one| one.metric == name).map(|one| one.value).unwrap();
        assert!((of("in_system_mean") - 1_000.0 / 9.0).abs() < 1e-9);
        assert!((of("sojourn_mean") - 1.0 / 9.0).abs() < 1e-12);
        assert!((of("utilisation") - 0.1).abs() < 1e-12);
    }

    #[test]
    fn unlike_replicas_keep_their_order_and_their_share() {
        let (model, answers) = split_over(&[1.0, 2.0, 2.0, 1.0]);
        assert_eq!((model.parts.len(), model.copies), (2, vec![(0, 1), (1, 2), (0, 1)]));
        let of = |name: &str| answers.iter().find(|one| one.metric == name).map(|one| one.value).unwrap();
        let (slow, fast) = (1.0 / 9.0, 0.05 / 0.95);
        assert!((of("in_system_mean") - 2.0 * (slow + fast)).abs() < 1e-12);
        assert!((of("utilisation") - 0.075).abs() < 1e-12);
    }
}
