//! Queues, who consumes them, and events that functions get asynchronously.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Diagnostics, Fields, Name, Section, Span, Table, Value};
use crate::kernel::distribution::Distribution;
use crate::model::call::{Call, Choose, Step};
use crate::model::event::{
    AsyncRetries, Consumer, EventQueue, Invoke, Order, OrderWord, Pollers, Polling, Report,
};
use crate::model::fleet::{Concurrency, Replica, Service};
use crate::scenario::written::call::{Calls, PolicyKeys};
use crate::scenario::written::event::{
    AsyncKeys, ConsumesKeys, Groups, MessageQueueSection, PollersKeys, Visibility,
};
use crate::scenario::written::law::Law;
use crate::scenario::written::service::{Limit, ServiceSection};
use crate::units::{Probability, ServiceId, SimDuration, ZoneId};

/// How often a message is received that can go to a dead-letter queue, unless it says so.
const RECEIVES: u32 = 5;
/// What begins the name of a queue where other parts could stand.
const PREFIX: &str = "queue.";

/// What has a default for each of its keys.
fn default_of<T: Section>() -> Option<T> {
    let (empty, mut findings) = (Table::default(), Diagnostics::default());
    T::read(&mut Fields::new(&empty, Span::default(), &mut findings))
}

impl Checker<'_> {
    /// What stands before services, such as `queue.jobs`: its number among the services of the system.
    fn queue_called(&mut self, name: &Name) -> Option<u32> {
        let written = self.written;
        let found = name.text.strip_prefix(PREFIX).and_then(|name| self.queue_number(name));
        if found.is_none() {
            let known: Vec<String> = written.queues.names().map(|name| format!("{PREFIX}{name}")).collect();
            let known = known.iter().map(String::as_str);
            let error = Diagnostic::unknown(name.span, "queue", &name.text, known);
            let is_there = written.queues.number(&name.text).is_some();
            let help = format!("write \"{PREFIX}{}\"", name.text);
            self.findings.push(if is_there { error.help(help) } else { error });
        }
        found
    }

    /// The queue of that name, if one is written; `None` where it is unknown, by then reported.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no queue")]
    fn optional_queue(&mut self, name: Option<&Name>) -> Option<Option<ServiceId>> {
        name.map_or(Some(None), |name| self.queue_called(name).map(|queue| Some(ServiceId(queue))))
    }

    /// Where queues stand, and what keeps the events of functions, behind the replicas of all services.
    pub(super) fn place_queues(&mut self, layout: &mut Layout) {
        let written = self.written;
        for (name, section) in &written.queues.0 {
            let region = section
                .as_ref()
                .and_then(|queue| self.region(layout, queue.region.as_ref(), &["queue", &name.text]));
            let seat = region.map(|region| vec![seat_in(layout, region.index())]);
            layout.present.push(1);
            layout.replicas.push(seat);
        }
        for number in self.asynchronous.clone() {
            let seats = layout.replicas.get(number as usize).and_then(Option::as_ref);
            let seat =
                seats.and_then(|seats| seats.first()).map(|seat| vec![Replica { speed: 1.0, ..*seat }]);
            layout.present.push(1);
            layout.replicas.push(seat);
        }
    }

    /// The scopes of queues, and of what keeps the events of functions.
    pub(super) fn queue_scopes(&self) -> Vec<String> {
        let queues = self.written.queues.names().map(|name| format!("{PREFIX}{name}"));
        let functions = self.asynchronous.iter().map(|number| &self.written.services.0[*number as usize].0);
        queues.chain(functions.map(|name| format!("service.{}.events", name.text))).collect()
    }

    /// All queues as services, or a report for each that is impossible.
    pub(super) fn queues(&mut self, layout: &Layout) -> Option<Vec<Service>> {
        let written = self.written;
        self.names_in_use_twice();
        let mut consumers = self.consumers();
        self.endless_messages();
        let mut queues = Vec::new();
        let places = &layout.replicas[written.services.0.len()..];
        for ((name, section), (place, consumer)) in
            written.queues.0.iter().zip(places.iter().zip(consumers.drain(..)))
        {
            let queue = section.as_ref().and_then(|section| self.queue_of(&name.text, section));
            let latency = section.as_ref().and_then(|section| self.law(&section.latency));
            let parts = queue.zip(latency).zip(place.as_ref());
            queues.push(parts.and_then(|((queue, latency), place)| {
                let queue = EventQueue { consumer: consumer?, ..queue };
                self.as_service(&name.text, (queue, latency), place)
            }));
        }
        for (place, number) in places[written.queues.0.len()..].iter().zip(self.asynchronous.clone()) {
            let (name, section) = &written.services.0[number as usize];
            let keys = section.as_ref().and_then(|section| section.keys.function.as_ref());
            let parts = keys.and_then(|keys| {
                let default = default_of::<AsyncKeys>();
                self.events_of(&name.text, (keys.r#async.as_ref().or(default.as_ref())?, ServiceId(number)))
            });
            let parts = parts.zip(place.as_ref());
            queues.push(
                parts.and_then(|(parts, place)| {
                    self.as_service(&format!("{}.events", name.text), parts, place)
                }),
            );
        }
        queues.into_iter().collect()
    }

    /// A queue as the service that takes messages in.
    fn as_service(
        &mut self,
        name: &str,
        (queue, latency): (EventQueue, Distribution),
        place: &[Replica],
    ) -> Option<Service> {
        let nothing = default_of::<ServiceSection>()?;
        let service = self.service(name, &nothing, Some((1, place)))?;
        let none = PolicyKeys::default();
        let policy = self.policy(&[], &none, &none)?;
        let call = |consumer: Consumer| Call {
            service: consumer.service,
            probability: Probability::ONE,
            count: 1,
            wait_for: 1,
            optional: false,
            size: [0; 2],
            route: None,
            name: None,
            target: 0,
            policy: policy.clone(),
        };
        let step = |consumer| Step { choose: Choose::Each, calls: vec![call(consumer)] };
        Some(Service {
            demand: latency,
            concurrency: Concurrency::Unlimited,
            steps: queue.consumer.map(step).into_iter().collect(),
            events: Some(Box::new(queue)),
            price: self.price_of_queue(name),
            data: None,
            ..service
        })
    }

    fn queue_of(&mut self, name: &str, keys: &MessageQueueSection) -> Option<EventQueue> {
        let at = |key| ["queue", name, key];
        if keys.visibility == Visibility::After(SimDuration::ZERO) {
            let help = "\"none\" keeps a message in flight until its consumer answers";
            self.error(&at("visibility"), "a message would be received again at once, and always", help);
        }
        if keys.retention.is_zero() {
            self.error(&at("retention"), "a message is kept for longer than zero", "");
        }
        if keys.max_receives == Some(0) {
            self.error(&at("max_receives"), "a message is received at least once", "");
        }
        if keys.capacity == Limit::Number(0) {
            self.error(&at("capacity"), "a queue without a place takes nothing in", "");
        }
        if keys.order == OrderWord::Standard && keys.groups.is_some() {
            let help = "write order = \"fifo\", or leave it out";
            self.error(&at("groups"), "messages of a standard queue have no groups", help);
        }
        if keys.order == OrderWord::Standard && keys.visibility == Visibility::None {
            let help = "write order = \"fifo\", or give it a duration such as \"30s\"";
            let message = "what failed would come back at once, before all others, and so for ever";
            self.error(&at("visibility"), message, help);
        }
        let order = match (keys.order, keys.groups) {
            (OrderWord::Standard, _) => Order::Standard,
            (OrderWord::Fifo, Some(Groups::Number(0))) => {
                self.error(&at("groups"), "there is at least one group", "");
                return None;
            }
            (OrderWord::Fifo, Some(Groups::Number(number))) => Order::Groups(number),
            (OrderWord::Fifo, Some(Groups::Sessions) | None) => Order::Sessions,
        };
        let dead_letter = self.optional_queue(keys.dead_letter.as_ref())?;
        Some(EventQueue {
            visibility: keys.visibility.time(),
            retention: keys.retention,
            max_receives: keys.max_receives.or(dead_letter.map(|_| RECEIVES)),
            dead_letter,
            order,
            delay: self.law(&keys.delay)?,
            duplicates: keys.duplicates,
            capacity: match keys.capacity {
                Limit::Number(number) => Some(number),
                Limit::Unlimited => None,
            },
            retries: None,
            consumer: None,
            scope: format!("{PREFIX}{name}"),
        })
    }

    /// What keeps the events of a function.
    fn events_of(
        &mut self,
        name: &str,
        (keys, service): (&AsyncKeys, ServiceId),
    ) -> Option<(EventQueue, Distribution)> {
        let at = |key| ["service", name, "function", "async", key];
        if keys.max_age.is_zero() {
            self.error(&at("max_age"), "an event is kept for longer than zero", "");
        }
        if keys.retries > 0 && keys.waits.is_empty() {
            let help = "expected one duration or more, or retries = 0";
            self.error(&at("waits"), "nothing says how long retries wait", help);
        }
        if keys.backoff.first > keys.backoff.max {
            let message = format!("the first wait of {} is longer than the longest", keys.backoff.first);
            self.error(&["service", name, "function", "async", "backoff", "first"], message, "");
        }
        if keys.backoff.first.is_zero() {
            let message = "what was refused would be tried again at once, and always";
            self.error(&["service", name, "function", "async", "backoff", "first"], message, "");
        }
        let dead_letter = self.optional_queue(keys.dead_letter.as_ref())?;
        let on_failure = self.optional_queue(keys.on_failure.as_ref());
        let on_success = self.optional_queue(keys.on_success.as_ref());
        let polling = Polling::All;
        let queue = EventQueue {
            visibility: None,
            retention: keys.max_age,
            max_receives: None,
            dead_letter,
            order: Order::Standard,
            delay: Distribution::constant(SimDuration::ZERO),
            duplicates: Probability::ZERO,
            capacity: None,
            retries: Some(AsyncRetries {
                retries: keys.retries,
                waits: keys.waits.clone(),
                backoff_first: keys.backoff.first,
                backoff_max: keys.backoff.max,
            }),
            consumer: Some(Consumer {
                service,
                batch: 1,
                window: SimDuration::ZERO,
                report: Report::Batch,
                polling,
                on_failure: on_failure?,
                on_success: on_success?,
            }),
            scope: format!("service.{name}.events"),
        };
        Some((queue, self.law(&keys.accept)?))
    }

    fn names_in_use_twice(&mut self) {
        let written = self.written;
        for (name, _) in &written.queues.0 {
            if written.services.number(&name.text).is_some() {
                let message =
                    format!("a service is called \"{}\" too, and calls could mean either", name.text);
                self.error(&["queue", &name.text], message, "give one of them another name");
            }
        }
    }

    /// Who consumes each queue; `None` where that is impossible, by then reported.
    #[expect(
        clippy::option_option,
        reason = "the outer one is an error, the inner one a queue that nobody consumes"
    )]
    fn consumers(&mut self) -> Vec<Option<Option<Consumer>>> {
        let written = self.written;
        let mut found: Vec<Option<Option<Consumer>>> = vec![Some(None); written.queues.0.len()];
        for (number, (name, section)) in (0..).zip(&written.services.0) {
            let Some(section) = section else { continue };
            let Some(keys) = &section.keys.consumes else { continue };
            let consumer = self.consumer(&name.text, (section, keys), ServiceId(number));
            let Some(queue) = self.queue_called(&keys.from) else { continue };
            let place = &mut found[queue as usize - written.services.0.len()];
            if let Some(Some(other)) = place {
                let other = &written.services.0[other.service.index()].0.text;
                let message = format!("\"{}\" is consumed by \"{other}\" already", keys.from.text);
                let help = "a message goes to one consumer: where both need it, call two queues";
                self.error(&["service", &name.text, "consumes", "from"], message, help);
                continue;
            }
            *place = consumer.map(Some);
            self.short_visibility((&name.text, section), queue);
            self.records_of_stream((&name.text, keys), queue);
        }
        found
    }

    fn consumer(
        &mut self,
        name: &str,
        (section, keys): (&ServiceSection, &ConsumesKeys),
        service: ServiceId,
    ) -> Option<Consumer> {
        let at = |key| ["service", name, "consumes", key];
        if keys.batch == 0 {
            self.error(&at("batch"), "a batch has at least one message", "");
        }
        let is_function = section.keys.function.is_some();
        if !is_function && self.is_text(&["service", name, "queue", "at"], "replica") {
            let message = "replicas that consume a queue take all their jobs from one";
            self.error(&["service", name, "queue", "at"], message, "leave out \"at\"");
        }
        let polling = match (is_function, keys.pollers.as_ref()) {
            (false, Some(_)) => {
                let help = "leave it out: a batch is received for each free slot";
                self.error(&at("pollers"), "pollers stand in front of a function, and this is none", help);
                return None;
            }
            (false, None) => Polling::Slots,
            (true, Some(pollers)) => Polling::Pollers(self.pollers(name, pollers)?),
            (true, None) => Polling::Pollers(self.pollers(name, &default_of()?)?),
        };
        Some(Consumer {
            service,
            batch: keys.batch,
            window: keys.window,
            report: keys.report,
            polling,
            on_failure: self.optional_queue(keys.on_failure.as_ref())?,
            on_success: None,
        })
    }

    /// Reports records of messages that are given up by a queue itself, which has dead letters.
    fn records_of_stream(&mut self, (name, keys): (&str, &ConsumesKeys), queue: u32) {
        let (_, section) = &self.written.queues.0[queue as usize - self.written.services.0.len()];
        let is_timed = section.as_ref().is_some_and(|queue| queue.visibility != Visibility::None);
        if keys.on_failure.is_some() && is_timed {
            let message =
                "a queue with a \"visibility\" gives messages up itself, and nobody keeps a record of that";
            let help = "give the queue \"dead_letter\", or make it a stream: visibility = \"none\"";
            self.error(&["service", name, "consumes", "on_failure"], message, help);
        }
    }

    fn pollers(&mut self, name: &str, keys: &PollersKeys) -> Option<Pollers> {
        let at = |key| ["service", name, "consumes", "pollers", key];
        if keys.start == 0 || keys.start > keys.max {
            let message = format!("{} pollers at first are impossible with at most {}", keys.start, keys.max);
            self.error(&at("start"), message, &format!("expected 1 to {}", keys.max));
            return None;
        }
        if keys.add.count == 0 && keys.start < keys.max {
            let message = format!("there are never more than {} pollers", keys.start);
            self.error(&at("add"), message, &format!("expected more than 0, or max = {}", keys.start));
            return None;
        }
        let interval = (keys.add.period / u64::from(keys.add.count.max(1))).max(1);
        Some(Pollers { start: keys.start, interval: SimDuration::from_nanos(interval), max: keys.max })
    }

    /// Reports a visibility that ends before most messages are done, so that they are done twice.
    fn short_visibility(&mut self, (name, section): (&str, &ServiceSection), queue: u32) {
        let (queue, keys) = &self.written.queues.0[queue as usize - self.written.services.0.len()];
        let Some(visibility) = keys.as_ref().and_then(|keys| keys.visibility.time()) else { return };
        let path = ["queue", &queue.text, "visibility"];
        let longest = section.keys.function.as_ref().and_then(|function| function.max_duration);
        let batch = section.keys.consumes.as_ref().map_or(1, |consumes| consumes.batch);
        let mean = self.mean_of(&section.keys.demand);
        if let Some(mean) = mean.filter(|mean| visibility.as_secs() < *mean) {
            let message = format!(
                "a visibility of {visibility} is shorter than the mean time in service of \"{name}\", {}",
                SimDuration::from_secs(mean)
            );
            self.warning(
                &path,
                message,
                "most messages are received again while they are worked on: lengthen it",
            );
        } else if let Some(longest) = longest.filter(|longest| visibility < *longest) {
            let message = format!(
                "a visibility of {visibility} ends while \"{name}\" may still work, for up to {longest}"
            );
            self.warning(&path, message, "expected at least \"max_duration\"; six times that is usual");
        } else if let Some(mean) = mean.filter(|mean| visibility.as_secs() < *mean * f64::from(batch)) {
            let message = format!(
                "a visibility of {visibility} is shorter than a full batch takes \"{name}\", {} on average",
                SimDuration::from_secs(mean * f64::from(batch))
            );
            self.warning(&path, message, "lengthen it, or give a smaller \"batch\"");
        }
    }

    fn mean_of(&self, law: &Law) -> Option<f64> {
        super::build(law, self.files).ok().map(|law| law.mean()).filter(|mean| mean.is_finite())
    }

    /// Whether a text stands at a path of tables.
    fn is_text(&self, path: &[&str], text: &str) -> bool {
        let [sections @ .., key] = path else { return false };
        let table =
            sections.iter().try_fold(self.document, |table, section| match &table.find(section)?.value {
                Value::Table(inner) => Some(inner),
                _ => None,
            });
        let found = table.and_then(|table| table.find(key));
        matches!(found.map(|node| &node.value), Some(Value::Text(found)) if found == text)
    }

    /// Reports messages of which none ever ends: each leads to another, or goes from one dead-letter queue to the next.
    fn endless_messages(&mut self) {
        let written = self.written;
        let count = written.services.0.len() + written.queues.0.len();
        let mut always = DiGraph::<(), ()>::new();
        let mut letters = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = (0..count).map(|_| always.add_node(())).collect();
        let others: Vec<NodeIndex> = (0..count).map(|_| letters.add_node(())).collect();
        // What keeps the events of each service, behind all others.
        let events: Vec<NodeIndex> = written.services.0.iter().map(|_| always.add_node(())).collect();
        for (number, (_, section)) in written.services.0.iter().enumerate() {
            let Some(section) = section else { continue };
            for target in sent_always(&section.keys.calls).filter_map(|name| self.reached(name)) {
                if let Some(events) = events.get(target as usize) {
                    always.add_edge(nodes[number], *events, ());
                }
            }
            let function = section.keys.function.as_ref().and_then(|function| function.r#async.as_ref());
            let told = function.and_then(|keys| self.queue_written(keys.on_success.as_ref()));
            if let Some(queue) = told {
                always.add_edge(events[number], nodes[queue as usize], ());
            }
            for target in always_called(&section.keys.calls).filter_map(|name| self.reached(name)) {
                always.add_edge(nodes[number], nodes[target as usize], ());
            }
            let consumes = section.keys.consumes.as_ref();
            let Some(queue) = self.queue_written(consumes.map(|keys| &keys.from)) else { continue };
            always.add_edge(nodes[queue as usize], nodes[number], ());
            if let Some(told) = self.queue_written(consumes.and_then(|keys| keys.on_failure.as_ref())) {
                letters.add_edge(others[queue as usize], others[told as usize], ());
            }
        }
        for (number, (_, section)) in (written.services.0.len()..).zip(&written.queues.0) {
            let to = section.as_ref().and_then(|keys| keys.dead_letter.as_ref());
            if let Some(queue) = self.queue_written(to) {
                letters.add_edge(others[number], others[queue as usize], ());
            }
        }
        for (graph, what) in [(&always, "calls"), (&letters, "dead letters")] {
            for members in tarjan_scc(graph) {
                let loops = members.len() > 1 || graph.contains_edge(members[0], members[0]);
                let is_queue = |node: &&NodeIndex| (written.services.0.len()..count).contains(&node.index());
                let queues = members.iter().filter(is_queue);
                if let Some(queue) = queues.map(|node| node.index()).min().filter(|_| loops) {
                    let name = &written.queues.0[queue - written.services.0.len()].0.text;
                    let message = format!("a message of \"{name}\" never ends: its {what} lead back to it");
                    let help = if what == "calls" {
                        "give a call on the way a \"probability\" below 1"
                    } else {
                        "leave out one \"dead_letter\" or \"on_failure\""
                    };
                    self.error(&["queue", name], message, help);
                }
            }
        }
    }

    /// The queue that is written like `queue.jobs`, without a report where there is none.
    fn queue_written(&self, name: Option<&Name>) -> Option<u32> {
        name?.text.strip_prefix(PREFIX).and_then(|name| self.queue_number(name))
    }

    /// The service or queue of a name.
    fn reached(&self, name: &Name) -> Option<u32> {
        self.written.services.called(&name.text).or_else(|| self.queue_number(&name.text))
    }
}

/// Whom a caller calls each time.
fn always_called(calls: &Calls) -> impl Iterator<Item = &Name> {
    let always = calls.0.iter().filter(|call| call.entry.probability >= Probability::ONE);
    always.map(|call| &call.entry.service)
}

/// To which functions a caller sends an event each time.
fn sent_always(calls: &Calls) -> impl Iterator<Item = &Name> {
    let always = calls.0.iter().filter(|call| call.entry.probability >= Probability::ONE);
    always.filter(|call| call.entry.invoke == Invoke::Async).map(|call| &call.entry.service)
}

fn seat_in(layout: &Layout, region: usize) -> Replica {
    Replica { zone: ZoneId(layout.first_zone(region)), speed: 1.0 }
}
