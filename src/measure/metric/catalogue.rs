//! Every family of metrics in one table: of what it is taken, in which unit, what it means, what one run contributes, and
//! how it is estimated. A metric is one row here, and the place that counts.

use super::Source::{Awaited, Client, Service, Up, Version};
use super::availability::{BUDGET, DOWNTIME, NINES, YEAR, answered, answered_if, has_collapsed, time_up};
use super::family::join;
use super::{
    Basis, Counts, Evidence, Family, Nature, ScopeKind, Shown, cache, cost, data, deploy, dns, event, fleet,
    function, host, monitor, outage, standby,
};

use crate::reason::Reason;
use Basis::{Answers, Collapses as OfCollapses, Failures, Faults, Finished, Inside, Latency};
use Nature::{Availability, Derived, Share};
use ScopeKind::{Block, Region, Replica, Service as Fleet, Zone};

const UP: &[ScopeKind] = &[Fleet, Replica, Zone, Region, Block];
const REPAIRED: &[ScopeKind] = &[Fleet, Replica, Block];

const WITH_FAULTS: Shown = Shown::WithFaults(&[]);

/// Every family, in the order in which results list them.
pub const CATALOGUE: &[Family] = &join::<{ FAMILIES.len() + OTHERS.len() }>(FAMILIES, OTHERS);

/// Those of names and of queues.
const OTHERS: &[Family] =
    &join::<{ dns::FAMILIES.len() + event::FAMILIES.len() }>(dns::FAMILIES, event::FAMILIES);

/// All but those.
const FAMILIES: &[Family] = &[
    Family::new("requests", "1", "Requests that arrived in the measured part, mean per run.")
        .of(&[Client(|client, _| Evidence::count(client.requests))]),
    Family::new(
        "availability_request",
        "ratio",
        "1 - failed / finished requests; a client error is finished and did not fail.",
    )
    .of(&[Client(|client, _| answered(client))])
    .nature(Availability)
    .up()
    .rests_on(&[Finished, Answers]),
    Family::new(
        "availability_window_mean",
        "ratio",
        "Mean over whole windows of 1 - failed / finished requests; an empty window counts as 1.",
    )
    .of(&[Client(|client, _| {
        Evidence::ratio(client.windows.availability_sum, client.windows.count as f64)
    })])
    .nature(Availability)
    .up()
    .rests_on(&[Finished, Answers]),
    Family::new(
        "availability_window_met",
        "ratio",
        "Share of whole windows whose availability is at least run.window_target.",
    )
    .of(&[Client(|client, _| Evidence::share(client.windows.met, client.windows.count))])
    .nature(Availability)
    .up()
    .rests_on(&[Finished, Answers]),
    Family::new("availability_time", "ratio", "Time up / (time up + time down). A service is up while at least `quorum` of its replicas work and it lacks no part that it \
             depends on, a block while as many of its members are as it needs, a zone or region while no fault strikes it as a \
             whole, whatever becomes of its parts.")
        .of(&[Up(UP, time_up)])
        .nature(Availability)
        .up()
        .shown(Shown::WithFaults(&[Fleet, Block]))
        .rests_on(&[Faults]),
    Family::new(
        "nines",
        "1",
        "-log10(1 - A), where A is availability_request of clients and availability_time of others.",
    )
    .of(&[Client(|client, _| answered(client)), Up(UP, time_up)])
    .nature(Derived(&NINES))
    .up()
    .shown(Shown::WithFaults(&[ScopeKind::Client]))
    .rests_on(&[Finished, Answers, Faults]),
    Family::new("downtime_per_year", "s", "(1 - availability_time) times a year of 365.25 days.")
        .of(&[Up(REPAIRED, time_up)])
        .nature(Derived(&DOWNTIME))
        .down()
        .shown(WITH_FAULTS)
        .rests_on(&[Faults]),
    Family::new(
        "error_budget_left",
        "ratio",
        "1 - (1 - A) / (1 - target), where the target is that of the objective on A; empty without one.",
    )
    .of(&[Client(|client, _| answered(client)), Up(UP, time_up)])
    .nature(Derived(&BUDGET))
    .up()
    .shown(Shown::Targeted)
    .rests_on(&[Finished, Answers, Faults]),
    Family::new("throughput", "1/s", "Finished requests or attempts / measured time.").of(&[
        Client(|client, asked| asked.per_second(client.finished())),
        Service(|service, asked| asked.per_second(service.finished)),
        Version(|version, asked| asked.per_second(version.sojourn.count)),
    ]),
    Family::new("goodput", "1/s", "Requests answered well and in time / measured time.")
        .of(&[Client(|client, asked| asked.per_second(client.good))])
        .up()
        .rests_on(&[Answers]),
    Family::new(
        "latency_<statistic>",
        "s",
        "From intended start to final answer, of requests answered well in content, slow ones included.",
    )
    .of(&[Client(|client, asked| asked.sampled(vec![&client.latency]))])
    .down()
    .rests_on(&[Latency]),
    Family::new(
        "latency_all_<statistic>",
        "s",
        "From intended start to the end, of all finished requests, failures included.",
    )
    .of(&[Client(|client, asked| asked.sampled(vec![&client.latency, &client.latency_failed]))])
    .down()
    .rests_on(&[Latency]),
    Family::new("within_<t>", "ratio", "Share of finished requests that were answered well within t.")
        .of(&[Client(|client, asked| {
            let counted = *client.within.get(asked.threshold()?)?;
            Evidence::share(counted, client.finished())
        })])
        .nature(Share)
        .up()
        .rests_on(&[Finished, Answers, Latency]),
    Family::new(
        "failures_<reason>",
        "1",
        "Requests of a client or attempts at a service that failed for the reason, mean per run.",
    )
    .of(&[
        Client(|client, asked| Evidence::count(asked.of_reason(&client.reasons)?)),
        Service(|service, asked| Evidence::count(asked.of_reason(&service.reasons)?)),
        Version(|version, asked| Evidence::count(asked.of_reason(&version.reasons)?)),
    ])
    .down()
    .counts(Counts::Seen)
    .shown(Shown::AboveZero),
    Family::new(
        "failure_ratio_<reason>",
        "ratio",
        "Failures for the reason / finished requests of a client, or / attempts at a service.",
    )
    .of(&[
        Client(|client, asked| Evidence::share(asked.of_reason(&client.reasons)?, client.finished())),
        Service(|service, asked| Evidence::share(asked.of_reason(&service.reasons)?, service.attempts)),
        Version(|version, asked| Evidence::share(asked.of_reason(&version.reasons)?, version.attempts)),
    ])
    .nature(Share)
    .down()
    .shown(Shown::AboveZero)
    .rests_on(&[Answers, Failures]),
    Family::new(
        "amplification",
        "1",
        "Attempts sent / first tries; of a client those of its calls, of a service all that come to it, where what a \
         retry or copy further up brings is no first try.",
    )
    .of(&[
        Client(|client, _| Evidence::share(client.attempts, client.first_tries)),
        Service(|service, _| {
            let sent = service.attempts.saturating_sub(service.unsent);
            Evidence::share(sent, service.attempts.saturating_sub(service.repeats))
        }),
    ])
    .down(),
    Family::new(
        "denied",
        "1",
        "Requests that came to a gateway and that its authorisation refused (401), mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.denied))])
    .counts(Counts::Seen)
    .shown(Shown::AboveZero),
    Family::new(
        "fallbacks",
        "1",
        "Calls that failed and in whose place the caller's fallback was taken, mean per run.",
    )
    .of(&[
        Client(|client, _| Evidence::count(client.fallbacks)),
        Service(|service, _| Evidence::count(service.fallbacks)),
    ])
    .down()
    .counts(Counts::Seen)
    .shown(Shown::AboveZero),
    Family::new(
        "messages_lost_ratio",
        "ratio",
        "Messages that the network lost / messages sent, calls and answers of attempts at a service or of a client's own \
         calls; counted where any can be lost, repetitions of one message once.",
    )
    .of(&[
        Client(|client, _| Evidence::share(client.messages.lost, client.messages.sent)),
        Service(|service, _| Evidence::share(service.messages.lost, service.messages.sent)),
    ])
    .nature(Share)
    .down()
    .shown(Shown::AboveZero)
    .rests_on(&[Answers]),
    Family::new("effects", "1", "Attempts that took effect, at a service with effects = true, mean per run.")
        .of(&[Service(|service, _| Evidence::count(service.effects))]),
    Family::new(
        "duplicate_effects",
        "1",
        "Effects beyond the first of one piece of work / requests of a client, or / first effects at a service.",
    )
    .of(&[
        Client(|client, _| Evidence::share(client.duplicates, client.requests)),
        Service(|service, _| {
            Evidence::share(service.duplicates, service.effects.saturating_sub(service.duplicates))
        }),
    ])
    .counts(Counts::Seen),
    Family::new(
        "suppressed",
        "1",
        "Attempts that were answered from the record of an earlier one, by idempotency key, mean per run.",
    )
    .of(&[Service(|service, _| Evidence::count(service.suppressed))])
    .counts(Counts::Seen),
    Family::new(
        "collapse_ratio",
        "ratio",
        "Share of runs in which the client collapses: four steps in a row, a quarter of run.collapse.lasts each, in which \
         less than run.collapse.below of the requests first tried in them are answered well, after four that were not low \
         under no lower intended rates and no higher capacity (to 1 %) in the same run; from time 0 on. Longer runs meet \
         more triggers.",
    )
    .of(&[Client(|client, _| Evidence::share(u64::from(has_collapsed(client.collapses?)), 1))])
    .nature(Share)
    .down()
    .counts(Counts::Having)
    .shown(Shown::LookedFor)
    .rests_on(&[OfCollapses]),
    Family::new(
        "collapses_per_year",
        "1",
        "Collapses / time not collapsed, in years of 365.25 days: free of the length of runs.",
    )
    .of(&[Client(|client, _| {
        let found = client.collapses?;
        Evidence::ratio(found.begun as f64, found.calm().as_secs() / YEAR)
    })])
    .down()
    .counts(Counts::Points)
    .shown(Shown::Collapsed)
    .rests_on(&[OfCollapses]),
    Family::new("collapse_after_mean", "s", "Time not collapsed / collapses.")
        .of(&[Client(|client, _| {
            let found = client.collapses?;
            Evidence::time_ratio(found.calm().as_nanos().into(), found.begun)
        })])
        .up()
        .counts(Counts::PerPoint)
        .shown(Shown::Collapsed)
        .rests_on(&[OfCollapses]),
    Family::new("collapse_length_mean", "s", "Time collapsed / collapses that ended.")
        .of(&[Client(|client, _| {
            let found = client.collapses?;
            Evidence::time_ratio(found.collapsed.as_nanos().into(), found.ended)
        })])
        .down()
        .shown(Shown::Collapsed)
        .rests_on(&[OfCollapses]),
    Family::new(
        "collapse_unrecovered_ratio",
        "ratio",
        "Of the runs with a collapse, the share that end in one.",
    )
    .of(&[Client(|client, _| {
        let found = client.collapses?;
        Evidence::share(found.is_lasting().into(), has_collapsed(found).into())
    })])
    .nature(Share)
    .down()
    .counts(Counts::Having)
    .shown(Shown::Collapsed)
    .rests_on(&[OfCollapses]),
    Family::new(
        "availability_request_collapsed",
        "ratio",
        "availability_request of the runs in which the client collapses.",
    )
    .of(&[Client(|client, _| answered_if(client, has_collapsed(client.collapses?)))])
    .nature(Availability)
    .up()
    .counts(Counts::OfKind)
    .shown(Shown::Collapsed)
    .rests_on(&[OfCollapses]),
    Family::new(
        "availability_request_otherwise",
        "ratio",
        "availability_request of the runs in which the client does not collapse.",
    )
    .of(&[Client(|client, _| answered_if(client, !has_collapsed(client.collapses?)))])
    .nature(Availability)
    .up()
    .counts(Counts::OfKind)
    .shown(Shown::Collapsed),
    Family::new(
        "corrupt_ratio",
        "ratio",
        "Requests that were answered in time and wrongly, which nobody noticed / requests that ended.",
    )
    .of(&[Client(|client, _| {
        Evidence::share(client.reasons[Reason::Corrupt.index()], client.finished())
    })])
    .nature(Share)
    .down()
    .shown(Shown::AboveZero),
    Family::new("unfinished", "1", "Requests without an end when the drain was over, mean per run.")
        .of(&[Client(|client, _| Evidence::count(client.unfinished))])
        .down()
        .counts(Counts::Seen),
    Family::new(
        "unfinished_ratio",
        "ratio",
        "Requests without an end when the drain was over / requests that arrived; other shares are of finished ones.",
    )
    .of(&[Client(|client, _| Evidence::share(client.unfinished, client.requests))])
    .nature(Share)
    .down()
    .shown(Shown::AboveZero),
    Family::new(
        "wait_<statistic>",
        "s",
        "Wait of admitted attempts until service, abandonment or loss.",
    )
    .of(&[Service(|service, asked| asked.sampled(vec![&service.wait]))])
    .down()
    .rests_on(&[Inside]),
    Family::new(
        "service_<statistic>",
        "s",
        "Time in a slot of attempts whose service ended, interruptions included.",
    )
    .of(&[Service(|service, asked| asked.sampled(vec![&service.service]))]),
    Family::new("sojourn_<statistic>", "s", "Wait and time in a slot of attempts whose service ended.")
        .of(&[
            Service(|service, asked| asked.sampled(vec![&service.sojourn])),
            Version(|version, asked| asked.sampled(vec![&version.sojourn])),
        ])
        .down()
        .rests_on(&[Inside]),
    Family::new("delayed_ratio", "ratio", "Share of admitted attempts that waited longer than zero.")
        .of(&[Service(|service, _| Evidence::share(service.delayed, service.wait.count))])
        .nature(Share)
        .down()
        .rests_on(&[Inside]),
    Family::new(
        "wasted_work_ratio",
        "ratio",
        "Time in a slot of attempts that were broken off, that their callers had given up or whose answers were lost / time \
         in a slot of all.",
    )
    .of(&[Service(|service, _| Evidence::integrals(service.wasted, service.worked))])
    .nature(Share)
    .down(),
    Family::new(
        "utilisation",
        "ratio",
        "Slots in use / slots of up replicas, both over time; empty when slots are unlimited.",
    )
    .of(&[Service(|service, _| Evidence::integrals(service.busy, service.available))])
    .nature(Nature::Use),
    Family::new("queue_length_mean", "1", "Mean over time of the number of jobs waiting.")
        .of(&[Service(|service, asked| asked.mean(service.queue))])
        .down()
        .rests_on(&[Inside]),
    Family::new("queue_length_max", "1", "Most jobs that waited at once in one queue.")
        .of(&[Service(|service, _| Some(Evidence::Max(Some(service.queue_max.into()))))])
        .down()
        .counts(Counts::Largest)
        .rests_on(&[Inside]),
    Family::new(
        "in_system_mean",
        "1",
        "Mean over time of the number of jobs inside, those waiting for calls included.",
    )
    .of(&[Service(|service, asked| asked.mean(service.in_system))])
    .down()
    .rests_on(&[Inside]),
    Family::new("replicas_mean", "replica", "Mean over time of the number of up replicas.")
        .of(&[Service(|service, asked| asked.mean(service.replicas_up))])
        .rests_on(&[Faults]),
    fleet::REPLICAS_PRESENT_MEAN,
    fleet::REPLICAS_STARTING_MEAN,
    fleet::REPLICAS_DRAINING_MEAN,
    fleet::REPLICAS_DESIRED_MEAN,
    fleet::REPLICA_HOURS,
    host::HOST_HOURS,
    host::HOSTS_MEAN,
    host::REPLICAS_PER_HOST,
    fleet::STARTS,
    fleet::STARTS_FAILED,
    fleet::STARTS_REFUSED,
    fleet::SCALE_DECISIONS,
    fleet::OSCILLATIONS,
    fleet::UNDER_PROVISIONED_RATIO,
    fleet::OVER_PROVISIONED_MEAN,
    fleet::LEAVES,
    fleet::START_TIME,
    cache::LOOKUPS,
    cache::HIT_RATIO,
    cache::STALE_RATIO,
    cache::COALESCED_RATIO,
    cache::ORIGIN_RATE,
    cache::FETCHES_PER_REFILL,
    cache::EVICTIONS,
    standby::FAILOVERS,
    standby::FAILOVERS_UNCOVERED,
    standby::SWITCH_MEAN,
    function::VERSION_SHARE,
    function::SUCCESS_RATIO,
    function::COLD_START_RATIO,
    function::COLD_START_RATIO_OVER_FUNCTIONS,
    function::FUNCTIONS_CALLED,
    function::COLD_STARTS,
    function::COLD_START_STATISTICS,
    function::REINITS,
    function::THROTTLE_RATIO,
    function::SPILLOVER_RATIO,
    function::PROVISIONED_MEAN,
    function::PROVISIONED_UTILISATION,
    function::INSTANCES_MEAN,
    function::INSTANCES_BUSY_MEAN,
    function::INSTANCES_IDLE_MEAN,
    function::INSTANCES_STARTING_MEAN,
    function::INSTANCES_MAX,
    function::INSTANCE_LIFETIME_STATISTICS,
    function::CONCURRENCY_MAX,
    fleet::EJECTIONS,
    fleet::EJECTIONS_FALSE_RATIO,
    fleet::EJECTED_MEAN,
    monitor::ALARMS,
    monitor::ALARMS_FALSE_RATIO,
    monitor::PRECISION,
    monitor::RECALL,
    monitor::ALARMS_FALSE_PER_MONTH,
    monitor::TIME_TO_DECIDE,
    monitor::ACTIONS,
    monitor::ACTIONS_UNNEEDED,
    deploy::DEPLOYS,
    deploy::RELEASES_PER_DAY,
    deploy::DEPLOYS_CAUGHT,
    deploy::BAD_DEPLOYS,
    deploy::BAD_PASSED_RATIO,
    deploy::EXPOSURE,
    deploy::EXPOSURE_PER_DEPLOY,
    deploy::ROLLBACKS,
    deploy::ROLLBACKS_FALSE,
    deploy::DEPLOY_TIME,
    data::BACKUPS,
    data::BACKUPS_FAILED,
    data::DATA_LOSSES,
    data::DATA_LOST_RATIO,
    data::RPO,
    data::RTO,
    data::RPO_WITHIN,
    data::RTO_WITHIN,
    data::LOST_WRITES,
    data::LOST_WRITES_PER_LOSS,
    data::FAILOVERS,
    data::CONFLICTS,
    outage::INCIDENTS,
    outage::MTTF,
    outage::MTTD,
    outage::MTTR,
    outage::TIME_TO_MITIGATE,
    outage::SHARE_DETECTING,
    outage::SHARE_DECIDING,
    outage::SHARE_MITIGATING,
    outage::SHARE_RECOVERING,
    Family::new(
        "first_outage_mean",
        "s",
        "Mean time to the first outage of the part that run.until names, all up at time 0.",
    )
    .of(&[Awaited(&[Fleet, Block])])
    .up()
    .shown(Shown::Awaited)
    .rests_on(&[Faults]),
    cost::TOTAL,
    cost::REPLICAS,
    cost::HOSTS,
    cost::REQUESTS,
    cost::GATEWAY,
    cost::QUEUE,
    cost::DURATION,
    cost::PROVISIONED,
    cost::TRANSFER,
    cost::STORAGE,
    cost::PER_MILLION,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::metric::Quantity;
    use crate::measure::metric::{is_known, names};

    #[test]
    fn every_name_leads_back_to_its_row_and_no_name_stands_twice() {
        for family in CATALOGUE {
            for (name, quantity) in
                family.quantities([&[crate::units::SimDuration::from_nanos(250_000_000)]; 2])
            {
                assert_eq!(Quantity::parse(&name), Some(quantity), "{name}");
                assert_eq!(CATALOGUE.iter().filter(|one| one.contains(&name)).count(), 1, "{name}");
            }
        }
    }

    #[test]
    fn every_row_is_taken_of_something_and_of_no_kind_twice() {
        for family in CATALOGUE {
            let mut kinds: Vec<_> = family.kinds().collect();
            assert!(!kinds.is_empty(), "{}", family.name);
            kinds.sort_unstable();
            assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]), "{}", family.name);
            assert!(family.definition.ends_with('.'), "{}", family.name);
            let is_unit = ["1", "1/s", "s", "h", "ratio", "replica", "instance", "host", "USD", "USD/month"]
                .contains(&family.unit);
            assert!(is_unit, "{} is in {}", family.name, family.unit);
        }
    }

    #[test]
    fn a_metric_belongs_to_its_kinds_only() {
        assert!(is_known(ScopeKind::Client, "within_1s"));
        assert!(!is_known(ScopeKind::Client, "within_<t>"));
        assert!(is_known(ScopeKind::Service, "failure_ratio_queue_full"));
        assert!(!is_known(ScopeKind::Client, "wait_mean"));
        assert!(is_known(ScopeKind::Zone, "availability_time"));
        assert!(!is_known(ScopeKind::Zone, "mttr"));
        assert!(!is_known(ScopeKind::Fault, "availability_time"));
        let stages = ["share_detecting", "share_deciding", "share_mitigating", "share_recovering"];
        let others = ["time_to_decide", "incidents", "mttf", "mttd", "mttr", "time_to_mitigate"];
        assert_eq!(names(ScopeKind::Fault), [others.as_slice(), &stages].concat());
    }
}
