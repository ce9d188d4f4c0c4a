//! Metrics of queues, and of the work that clients ask for by messages.

use super::Source::{Client, Service};
use super::{Counts, Evidence, Family, Nature, Shown};

/// They stand behind all others.
pub(super) const FAMILIES: &[Family] = &[
    Family::new(
        "completion_latency_<statistic>",
        "s",
        "From the intended start of a request to the first time that work was done which it asked for by a message.",
    )
    .of(&[Client(|client, asked| asked.sampled(vec![&client.works.as_ref()?.latency]))])
    .down(),
    Family::new(
        "completed_ratio",
        "ratio",
        "Pieces of work that were done / those that requests asked for by messages to queues that somebody consumes.",
    )
    .of(&[Client(|client, _| {
        let works = client.works.as_ref()?;
        Evidence::share(works.completed, works.asked)
    })])
    .nature(Nature::Share)
    .up(),
    Family::new(
        "incomplete",
        "1",
        "Pieces of work asked for by messages that may still be done when the drain is over, mean per run.",
    )
    .of(&[Client(|client, _| Evidence::count(client.works.as_ref()?.pending))])
    .down()
    .counts(Counts::Seen),
    Family::new(
        "events_accepted",
        "1",
        "Messages that a queue took in, those that came as dead letters or records too, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.accepted))]),
    Family::new(
        "events_duplicated",
        "1",
        "Second copies of messages that a queue stored by itself, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.duplicated))])
    .down()
    .counts(Counts::Seen)
    .shown(Shown::AboveZero),
    Family::new("events_done", "1", "Messages that were deleted because they were done, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.done))]),
    Family::new("redeliveries", "1", "Receives beyond the first of each message, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.redeliveries))])
        .down()
        .counts(Counts::Seen),
    Family::new(
        "dead_lettered",
        "1",
        "Messages that were given up, and went to the queue for them or were lost, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.dead_lettered))])
    .down()
    .counts(Counts::Seen),
    Family::new("events_expired", "1", "Messages that were kept as long as they may be, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.expired))])
        .down()
        .counts(Counts::Seen),
    Family::new(
        "failure_records",
        "1",
        "Records of messages that were given up or too old, sent to the queue for them, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.reported[0]))])
    .down()
    .counts(Counts::Seen)
    .shown(Shown::AboveZero),
    Family::new(
        "success_records",
        "1",
        "Records of messages that were done, sent to the queue for them, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.events.as_ref()?.reported[1]))])
    .shown(Shown::AboveZero),
    Family::new(
        "age_<statistic>",
        "s",
        "Of a queue, age of messages when they left it, in whatever way, from when it took them in; of a service with a \
         cache, age of good answers, from when the service was asked for what is answered: 0 of what was fetched.",
    )
    .of(&[Service(|service, asked| {
        let of_messages = service.events.as_ref().map(|events| &events.age);
        let of_answers = service.cache.as_ref().map(|cache| &cache.age);
        asked.sampled(vec![of_messages.or(of_answers)?])
    })])
    .down(),
    Family::new("backlog_mean", "1", "Mean over time of the number of messages that wait to be received.")
        .of(&[Service(|service, asked| asked.mean(service.events.as_ref()?.backlog))])
        .down(),
];

/// Other metrics that say something of a queue.
const OF_QUEUES: [&str; 10] = [
    "availability_time",
    "nines",
    "downtime_per_year",
    "failures_<reason>",
    "failure_ratio_<reason>",
    "throughput",
    "mttr",
    "mttf",
    "cost",
    "cost_queue",
];

/// Whether a family of services says something of queues.
pub fn is_of_queues(family: &Family) -> bool {
    OF_QUEUES.contains(&family.name) || FAMILIES.contains(family)
}
