//! Services.

use super::Checker;
use super::place::Layout;
use super::population::is_population;
use super::scaling::most;
use super::version::service_of;
use crate::document::{Diagnostic, Keyed};
use crate::kernel::distribution::Distribution;
use crate::model::cost::PerHour;
use crate::model::effect::{Idempotency, StoreFailure};
use crate::model::fleet::{
    Balancing, Concurrency, Deciders, Next, Queue, QueuePlace, RampUp, Replica, Service,
};
use crate::model::monitoring::Knowledge;
use crate::model::queue::Discipline;
use crate::model::resilience::limit::LimitSettings;
use crate::scenario::written::balancing::{Balancers, BalancingCommon, KnowledgeKeys};
use crate::scenario::written::scaling::Drain;
use crate::scenario::written::service::{
    IdempotencyKeys, Limit, NextKeys, QueueKeys, RampUpKeys, ServiceKeys, ServiceSection,
};
use crate::units::{Probability, SimDuration};

/// Most deciders of one service.
const DECIDERS_MAX: u32 = 1_000_000;
/// What sums of probabilities written in decimals may be above 1 by rounding.
const ROUNDING: f64 = 1e-9;

pub(super) fn no_time() -> Distribution {
    Distribution::constant(SimDuration::ZERO)
}

impl Checker<'_> {
    /// All services, or a report for each that is impossible.
    pub(super) fn services(&mut self, layout: &Layout) -> Option<Vec<Service>> {
        let written = self.written;
        let mut services = Vec::with_capacity(written.services.0.len());
        let placed = layout.replicas.iter().zip(&layout.present).zip(&layout.on_hosts);
        for ((name, section), ((replicas, present), on_hosts)) in written.services.0.iter().zip(placed) {
            let replicas = replicas.as_deref().map(|seats| (*present, seats));
            let service = section.as_ref().and_then(|section| self.service(&name.text, section, replicas));
            let service = service.map(|mut service| {
                service.on_hosts = on_hosts.clone().map(Box::new);
                if service.on_hosts.is_some() && self.pays_for_hosts(layout, &service.replicas) {
                    service.price.replica = PerHour::default();
                }
                service
            });
            services.push(service);
        }
        self.answers();
        let queues = self.queues(layout);
        let mut services: Vec<Service> = services.into_iter().collect::<Option<_>>()?;
        services.extend(queues?);
        Some(services)
    }

    pub(super) fn service(
        &mut self,
        name: &str,
        section: &ServiceSection,
        replicas: Option<(u32, &[Replica])>,
    ) -> Option<Service> {
        let keys = &section.keys;
        let count = replicas.map(|(_, seats)| seats.len());
        let function = self.function(name, section);
        let versions = self.versions(name, keys);
        let population = self.population(name, section);
        self.quorum(name, keys, count.map(|_| most(keys)));
        let concurrency = self.concurrency(name, section);
        let ramp_up = keys.ramp_up.as_ref().map(|ramp| self.ramp_up(name, ramp, concurrency));
        let (queue, patience) = (self.queue(name, &keys.queue), self.pending_patience(keys));
        self.refusals(name, keys);
        let demand = self.law(&keys.demand);
        let error_time = self.optional_law(keys.error_time.as_ref());
        let idempotency = match &keys.idempotency {
            Some(own) => self.idempotency(name, own, !keys.next.is_empty()).map(Some),
            None => Some(None),
        };
        let cache = self.cache(name, keys);
        let balancing = self.balancing(name, keys, count);
        if keys.queue.is_shared() && !keys.is_buffered() {
            self.unused_balancing(name);
        }
        let (health_check, liveness, outlier_detection) = self.checks(name, section);
        let scaling = self.scaling(name, keys);
        let start = self.start(&["service", name, "start"], keys.start.as_ref());
        let standby = self.standby(name, keys, start.as_ref());
        let discovery = self.optional_law(keys.balancing.common.discovery.as_ref());
        let steps = self.calls_of_service(name, section);
        let next = self.next(name, &keys.next);
        let gateway = self.optional_gateway(name, section.gateway.as_ref());
        Some(Service {
            name: name.to_owned(),
            replicas: replicas?.1.to_vec(),
            present: replicas?.0,
            on_hosts: None,
            standby: standby?,
            autoscaling: scaling,
            provisioned: self.provisioned(name, keys),
            function: function?,
            versions: versions?,
            population: population?,
            start: start?,
            drain: keys.drain.unwrap_or(Drain::DEFAULT).limit(),
            // A function is no quorum of instances: it is up while it could start one.
            quorum: if keys.function.is_some() { 0 } else { keys.quorum },
            concurrency,
            ramp_up,
            queue: Queue { patience: patience?.or(queue.as_ref()?.patience.clone()), ..queue? },
            admission: keys.admission.as_ref().map(|admission| admission.0.clone()),
            retry_after: keys.retry_after,
            demand: demand?,
            error_ratio: keys.error_ratio,
            error_time: error_time?,
            effects: keys.effects,
            idempotency: idempotency?,
            cache: cache?,
            events: None,
            balancing: Balancing { discovery: discovery?.unwrap_or_else(no_time), ..balancing? },
            health_check,
            liveness,
            outlier_detection,
            steps: steps?,
            next: next?,
            slot: keys.slot,
            price: self.price(name, section),
            data: self.data(name, keys).map(Box::new),
            gateway: gateway?,
        })
    }

    /// Slots of each replica; those of a population are its instances.
    fn concurrency(&mut self, name: &str, section: &ServiceSection) -> Concurrency {
        match section.keys.concurrency {
            _ if is_population(section) => Concurrency::Unlimited,
            Limit::Number(0) => {
                self.error(&["service", name, "concurrency"], "a replica has at least one slot", "");
                Concurrency::Slots(0)
            }
            Limit::Number(slots) => Concurrency::Slots(slots),
            Limit::Unlimited => Concurrency::Unlimited,
        }
    }

    /// Reports a quorum of more replicas than there are, where that is known.
    fn quorum(&mut self, name: &str, keys: &ServiceKeys, most: Option<u64>) {
        let is_too_large = most.is_some_and(|most| u64::from(keys.quorum) > most);
        if keys.function.is_none() && (keys.quorum == 0 || is_too_large) {
            let most = most.unwrap_or_else(|| super::scaling::most(keys));
            let message = format!("a quorum of {} is impossible with {most} replicas", keys.quorum);
            self.error(&["service", name, "quorum"], message, &format!("expected 1 to {most}"));
        }
    }

    fn ramp_up(&mut self, name: &str, keys: &RampUpKeys, concurrency: Concurrency) -> RampUp {
        let path = ["service", name, "ramp_up"];
        if matches!(concurrency, Concurrency::Unlimited | Concurrency::Slots(0..=1)) {
            let message = "slots come back one after the other, but a replica has one of them, or no limit";
            self.error(&path, message, "give the service a \"concurrency\" of 2 or more");
        }
        if keys.lasts.is_zero() {
            let path = ["service", name, "ramp_up", "lasts"];
            self.error(&path, "a ramp is longer than zero", "leave out \"ramp_up\" for none");
        }
        if keys.from >= Probability::ONE {
            let path = ["service", name, "ramp_up", "from"];
            self.error(&path, "all slots are there at once", "expected less than 100%, or no \"ramp_up\"");
        }
        RampUp { lasts: keys.lasts, from: keys.from }
    }

    /// Reports what is impossible about whom the service refuses.
    fn refusals(&mut self, name: &str, keys: &ServiceKeys) {
        if let Some(admission) = &keys.admission {
            self.admission(name, &admission.0);
        }
        if keys.retry_after.is_some() {
            self.retry_after(name, keys);
        }
    }

    fn admission(&mut self, name: &str, settings: &LimitSettings) {
        let path = ["service", name, "admission"];
        self.possible(&path, settings.check());
        if settings.waits() {
            let message =
                format!("\"{}\" lets attempts wait, which a replica leaves to its queue", settings.name());
            self.error(&path, message, "it can be the \"throttle\" of a caller");
        }
    }

    /// Reports a word about trying again that nobody would hear.
    fn retry_after(&mut self, name: &str, keys: &ServiceKeys) {
        let path = ["service", name, "retry_after"];
        let refuses = keys.admission.is_some()
            || matches!(keys.queue.common.capacity, Limit::Number(_))
            || keys.queue.policy.discipline() == Discipline::Asked;
        if !refuses {
            let help = "give the service an \"admission\", or its queue a \"capacity\"";
            self.error(&path, "a service that refuses nothing says nothing about trying again", help);
        }
        let written = self.written;
        let mut sections = written.services.0.iter().filter_map(|(_, section)| section.as_ref());
        let is_next =
            sections.any(|one| one.keys.next.iter().any(|next| service_of(&next.service.text) == name));
        if is_next || !keys.next.is_empty() {
            let message = "where requests are passed on, nobody hears when to try again";
            self.error(&path, message, "leave out \"retry_after\" or \"next\"");
        }
    }

    fn idempotency(&mut self, name: &str, keys: &IdempotencyKeys, passes_on: bool) -> Option<Idempotency> {
        let at = |key| ["service", name, "idempotency", key];
        if passes_on {
            let message = "a service that passes requests on has no answers to keep";
            self.error(&at(""), message, "leave out \"idempotency\" or \"next\"");
        }
        if keys.expires_after.is_zero() {
            self.error(&at("expires_after"), "a record is kept for longer than zero", "");
        }
        if keys.in_progress_expires_after.is_some_and(SimDuration::is_zero) {
            let message = "an attempt in progress is believed in for longer than zero";
            self.error(&at("in_progress_expires_after"), message, "");
        }
        let store = keys.store.as_ref().map(|_| keys.on_failure.unwrap_or(StoreFailure::Fail));
        Some(Idempotency {
            expires_after: keys.expires_after,
            in_progress_expires_after: keys.in_progress_expires_after,
            lookup: self.law(&keys.lookup)?,
            store,
        })
    }

    fn queue(&mut self, name: &str, keys: &QueueKeys) -> Option<Queue> {
        let common = &keys.common;
        if keys.policy.discipline() == Discipline::ProcessorSharing {
            if common.at == QueuePlace::Service {
                let path = ["service", name, "queue", "at"];
                self.error(&path, "a shared queue is impossible where nobody waits", "leave out \"at\"");
            }
            if matches!(common.capacity, Limit::Number(_)) {
                let path = ["service", name, "queue", "capacity"];
                let help = "leave out \"capacity\": all jobs are in service at once";
                self.error(&path, "a capacity is impossible where nobody waits", help);
            }
            if let Some(patience) = &common.patience {
                let error = Diagnostic::error(patience.span, "patience is impossible where nobody waits");
                self.findings.push(error.help("leave out \"patience\""));
            }
        }
        let patience = self.optional_law(common.patience.as_ref());
        let capacity = match common.capacity {
            Limit::Number(places) => Some(places),
            Limit::Unlimited => None,
        };
        Some(Queue { policy: keys.policy.clone(), capacity, place: common.at, patience: patience? })
    }

    fn balancing(&mut self, name: &str, service: &ServiceKeys, replicas: Option<usize>) -> Option<Balancing> {
        let keys = &service.balancing;
        let why = self.why_so_many(name, service).unwrap_or_default();
        if let Some((policy, replicas)) = keys.policy.known().zip(replicas) {
            self.possible_or(&["service", name, "balancing"], policy.check(replicas), &why);
        }
        let path = ["service", name, "balancing", "balancers"];
        let deciders = match keys.common.balancers {
            Balancers::Number(number) => Deciders::Shared(number),
            Balancers::Caller => Deciders::Caller,
        };
        match deciders {
            Deciders::Shared(0) => self.error(&path, "there is at least one balancer", ""),
            Deciders::Shared(number) if number > DECIDERS_MAX => {
                self.error(&path, format!("there are more than {DECIDERS_MAX} balancers"), "");
            }
            _ => {}
        }
        let knowledge = match &keys.common.knowledge {
            KnowledgeKeys::Checked => Some(Knowledge::Checked),
            KnowledgeKeys::Perfect => Some(Knowledge::Perfect),
            KnowledgeKeys::Delayed(delays) => {
                let delay = self.law(&delays.delay);
                let rejoin = self.law(delays.rejoin.as_ref().unwrap_or(&delays.delay));
                delay.zip(rejoin).map(|(delay, rejoin)| Knowledge::Delayed { delay, rejoin })
            }
        };
        let spread = self.spread(name, &keys.common, (replicas, &why));
        let place = self.stands(name, service);
        let policy = keys.policy.known()?.clone();
        let (subset, shard) = (keys.common.subset, keys.common.shard.clone());
        if let Some(shard) = &shard {
            self.shard(name, service, shard, replicas);
        }
        let sticky = keys.common.sticky.clone();
        let discovery = no_time();
        let knowledge = knowledge?;
        Some(Balancing {
            policy,
            deciders,
            place: place?,
            knowledge,
            spread,
            subset,
            shard,
            sticky,
            discovery,
        })
    }

    /// Reports what is written about balancers although replicas take their jobs from one queue: a replica that is up
    /// takes the next job when it has a free slot, whatever balancers believe and wherever callers are.
    fn unused_balancing(&mut self, name: &str) {
        for key in BalancingCommon::KEYS.iter().map(|key| key.name) {
            let path = ["service", name, "balancing", key];
            if self.is_written(&path) {
                let message = format!("\"{key}\" has no effect at a shared queue");
                let help = format!("leave out \"{key}\", or give each replica its queue: at = \"replica\"");
                self.error(&path, message, &help);
            }
        }
    }

    fn next(&mut self, name: &str, keys: &[NextKeys]) -> Option<Vec<Next>> {
        let sum: f64 = keys.iter().map(|next| next.probability.get()).sum();
        if sum > 1.0 + ROUNDING {
            let message = format!("the probabilities of \"next\" add up to {sum}");
            self.error(&["service", name, "next"], message, "they exclude each other: expected at most 1");
        }
        let found: Vec<_> = keys
            .iter()
            .map(|next| {
                let (service, target) = self.called(&next.service)?;
                Some(Next { service, target, probability: next.probability })
            })
            .collect();
        found.into_iter().collect()
    }

    /// Reports services from which a request is passed on for ever.
    fn answers(&mut self) {
        let written = self.written;
        let services = &written.services;
        let next = |number: usize| services.0[number].1.as_ref().map_or(&[][..], |one| &one.keys.next);
        let count = services.0.len();
        let mut answers: Vec<bool> = (0..count)
            .map(|number| {
                let sum: f64 = next(number).iter().map(|next| next.probability.get()).sum();
                // More than 1 is reported elsewhere.
                !(1.0 - ROUNDING..=1.0 + ROUNDING).contains(&sum)
            })
            .collect();
        // Backwards from the services that answer, so that each edge is followed once.
        let mut sources: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (number, answers) in answers.iter_mut().enumerate() {
            for one in next(number).iter().filter(|one| one.probability.get() > 0.0) {
                match services.called(&one.service.text) {
                    Some(target) => sources[target as usize].push(number),
                    // An unknown name is reported elsewhere.
                    None => *answers = true,
                }
            }
        }
        let mut open: Vec<usize> = (0..count).filter(|number| answers[*number]).collect();
        while let Some(number) = open.pop() {
            for source in &sources[number] {
                if !answers[*source] {
                    answers[*source] = true;
                    open.push(*source);
                }
            }
        }
        for number in (0..count).filter(|number| !answers[*number]) {
            let name = services.0[number].0.text.as_str();
            let message = format!("a request that comes to \"{name}\" is passed on for ever");
            let help = "leave some probability of \"next\" for answering";
            self.error(&["service", name, "next"], message, help);
        }
    }
}
