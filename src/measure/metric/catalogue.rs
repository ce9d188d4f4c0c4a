//! Every family of metrics, of what it is taken, in which unit, and what it means.

use super::{Quantity, ScopeKind, Statistic};
use crate::reason::Reason;

/// A family of metrics: one name, or a pattern with `<statistic>`, `<reason>` or `<t>` in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// The name or pattern.
    pub name: &'static str,
    /// What it is taken of.
    pub kinds: &'static [ScopeKind],
    /// Its unit.
    pub unit: &'static str,
    /// What it means, in one sentence.
    pub definition: &'static str,
}

const CLIENT: &[ScopeKind] = &[ScopeKind::Client];
const SERVICE: &[ScopeKind] = &[ScopeKind::Service];
const CALLED: &[ScopeKind] = &[ScopeKind::Client, ScopeKind::Service];
const UP: &[ScopeKind] =
    &[ScopeKind::Service, ScopeKind::Replica, ScopeKind::Zone, ScopeKind::Region, ScopeKind::Block];
const RATED: &[ScopeKind] = &[
    ScopeKind::Client,
    ScopeKind::Service,
    ScopeKind::Replica,
    ScopeKind::Zone,
    ScopeKind::Region,
    ScopeKind::Block,
];
const REPAIRED: &[ScopeKind] = &[ScopeKind::Service, ScopeKind::Replica, ScopeKind::Block];
const FAILING: &[ScopeKind] = &[ScopeKind::Service, ScopeKind::Replica, ScopeKind::Block, ScopeKind::Fault];
const MONITOR: &[ScopeKind] = &[ScopeKind::Monitor];
const DETECTING: &[ScopeKind] =
    &[ScopeKind::Service, ScopeKind::Replica, ScopeKind::Block, ScopeKind::Fault, ScopeKind::Monitor];
const WATCHED: &[ScopeKind] = &[ScopeKind::Service, ScopeKind::Block];

const fn family(
    name: &'static str,
    kinds: &'static [ScopeKind],
    unit: &'static str,
    definition: &'static str,
) -> Family {
    Family { name, kinds, unit, definition }
}

/// Every family, in the order in which results list them.
pub const CATALOGUE: &[Family] = &[
    family("requests", CLIENT, "1", "Requests that arrived in the measured part, mean per run."),
    family(
        "availability_request",
        CLIENT,
        "ratio",
        "1 - failed / finished requests; a client error is finished and did not fail.",
    ),
    family(
        "availability_window_mean",
        CLIENT,
        "ratio",
        "Mean over whole windows of 1 - failed / finished requests; an empty window counts as 1.",
    ),
    family(
        "availability_window_met",
        CLIENT,
        "ratio",
        "Share of whole windows whose availability is at least run.window_target.",
    ),
    family("availability_time", UP, "ratio", "Time up / (time up + time down)."),
    family(
        "nines",
        RATED,
        "1",
        "-log10(1 - A), where A is availability_request of clients and availability_time of others.",
    ),
    family("downtime_per_year", REPAIRED, "s", "(1 - availability_time) times a year of 365.25 days."),
    family(
        "error_budget_left",
        RATED,
        "ratio",
        "1 - (1 - A) / (1 - target), where the target is that of the objective on A; empty without one.",
    ),
    family("throughput", CALLED, "1/s", "Finished requests or attempts / measured time."),
    family("goodput", CLIENT, "1/s", "Requests answered well and in time / measured time."),
    family(
        "latency_<statistic>",
        CLIENT,
        "s",
        "From intended start to final answer, of requests answered well in content, slow ones included.",
    ),
    family(
        "latency_all_<statistic>",
        CLIENT,
        "s",
        "From intended start to the end, of all finished requests, failures included.",
    ),
    family("within_<t>", CLIENT, "ratio", "Share of finished requests that were answered well within t."),
    family(
        "failures_<reason>",
        CALLED,
        "1",
        "Requests of a client or attempts at a service that failed for the reason, mean per run.",
    ),
    family(
        "failure_ratio_<reason>",
        CALLED,
        "ratio",
        "Failures for the reason / finished requests of a client, or / attempts at a service.",
    ),
    family(
        "amplification",
        CALLED,
        "1",
        "Attempts sent / first tries; of a client those of its calls, of a service all that come to it, where what a \
         retry or copy further up brings is no first try.",
    ),
    family(
        "fallbacks",
        CALLED,
        "1",
        "Calls that failed and in whose place the caller's fallback was taken, mean per run.",
    ),
    family(
        "effects",
        SERVICE,
        "1",
        "Attempts that took effect, at a service with effects = true, mean per run.",
    ),
    family(
        "duplicate_effects",
        CALLED,
        "1",
        "Effects beyond the first of one piece of work / requests of a client, or / first effects at a service.",
    ),
    family(
        "suppressed",
        SERVICE,
        "1",
        "Attempts that were answered from the record of an earlier one, by idempotency key, mean per run.",
    ),
    family(
        "collapse_ratio",
        CLIENT,
        "ratio",
        "Share of runs in which the client collapses: four steps in a row, a quarter of run.collapse.lasts each, in which \
         less than run.collapse.below of the requests first tried in them are answered well, after four that were not low \
         under no lower intended rates and no higher capacity (to 1 %) in the same run; from time 0 on. Longer runs meet \
         more triggers.",
    ),
    family(
        "collapses_per_year",
        CLIENT,
        "1",
        "Collapses / time not collapsed, in years of 365.25 days: free of the length of runs.",
    ),
    family("collapse_after_mean", CLIENT, "s", "Time not collapsed / collapses."),
    family("collapse_length_mean", CLIENT, "s", "Time collapsed / collapses that ended."),
    family(
        "collapse_unrecovered_ratio",
        CLIENT,
        "ratio",
        "Of the runs with a collapse, the share that end in one.",
    ),
    family(
        "availability_request_collapsed",
        CLIENT,
        "ratio",
        "availability_request of the runs in which the client collapses.",
    ),
    family(
        "availability_request_otherwise",
        CLIENT,
        "ratio",
        "availability_request of the runs in which the client does not collapse.",
    ),
    family("unfinished", CLIENT, "1", "Requests without an end when the drain was over, mean per run."),
    family(
        "unfinished_ratio",
        CLIENT,
        "ratio",
        "Requests without an end when the drain was over / requests that arrived; other shares are of finished ones.",
    ),
    family("wait_<statistic>", SERVICE, "s", "Wait of admitted attempts until service, abandonment or loss."),
    family(
        "service_<statistic>",
        SERVICE,
        "s",
        "Time in a slot of attempts whose service ended, interruptions included.",
    ),
    family("sojourn_<statistic>", SERVICE, "s", "Wait and time in a slot of attempts whose service ended."),
    family("delayed_ratio", SERVICE, "ratio", "Share of admitted attempts that waited longer than zero."),
    family(
        "wasted_work_ratio",
        SERVICE,
        "ratio",
        "Time in a slot of attempts that were broken off or that their callers had given up / time in a slot of all.",
    ),
    family(
        "utilisation",
        SERVICE,
        "ratio",
        "Slots in use / slots of up replicas, both over time; empty when slots are unlimited.",
    ),
    family("queue_length_mean", SERVICE, "1", "Mean over time of the number of jobs waiting."),
    family("queue_length_max", SERVICE, "1", "Most jobs that waited at once in one queue."),
    family(
        "in_system_mean",
        SERVICE,
        "1",
        "Mean over time of the number of jobs inside, those waiting for calls included.",
    ),
    family("replicas_mean", SERVICE, "replica", "Mean over time of the number of up replicas."),
    family(
        "ejections",
        SERVICE,
        "1",
        "Times that a decider's outlier detection ejected a replica in the measured part, mean per run.",
    ),
    family(
        "ejections_false_ratio",
        SERVICE,
        "ratio",
        "Ejections of replicas that no fault struck at the time / ejections.",
    ),
    family(
        "ejected_mean",
        SERVICE,
        "replica",
        "Mean over time and deciders of the number of replicas that outlier detection keeps out.",
    ),
    family("alarms", MONITOR, "1", "Alarms raised in the measured part, mean per run."),
    family(
        "alarms_false_ratio",
        MONITOR,
        "ratio",
        "Alarms raised while no fault lasted on what the monitor watches / alarms.",
    ),
    family(
        "incidents",
        FAILING,
        "1",
        "Outages of the part, or faults, that began in the measured part, mean per run.",
    ),
    family(
        "mttf",
        FAILING,
        "s",
        "Time up / outages begun: the time up that the end of a run cuts counts, and is followed by no outage.",
    ),
    family(
        "mttd",
        DETECTING,
        "s",
        "Time undetected / incidents detected: one not detected when the run ends counts in the time only, one that ends \
         undetected in neither; of a monitor, the time to its first alarm / faults it found.",
    ),
    family(
        "mttr",
        FAILING,
        "s",
        "Time down, from the fault on / outages ended: one that the end of a run cuts counts in the time only.",
    ),
    family(
        "first_outage_mean",
        WATCHED,
        "s",
        "Mean time to the first outage of the part that run.until names, all up at time 0.",
    ),
];

impl Family {
    /// Its metrics; those with a time of the user's choice are left as a pattern.
    pub fn members(&self) -> Vec<String> {
        if let Some(stem) = self.name.strip_suffix("<statistic>") {
            return Statistic::ALL.iter().map(|(suffix, _)| format!("{stem}{suffix}")).collect();
        }
        if let Some(stem) = self.name.strip_suffix("<reason>") {
            return Reason::ALL.iter().map(|reason| format!("{stem}{}", reason.name())).collect();
        }
        vec![self.name.to_owned()]
    }

    /// Whether a metric's name belongs to it.
    pub fn contains(&self, name: &str) -> bool {
        let rest = |stem| name.strip_prefix(stem);
        if let Some(stem) = self.name.strip_suffix("<t>") {
            return rest(stem).is_some() && Quantity::parse(name).is_some();
        }
        if let Some(stem) = self.name.strip_suffix("<statistic>") {
            return rest(stem).is_some_and(|rest| Statistic::ALL.iter().any(|(suffix, _)| *suffix == rest));
        }
        if let Some(stem) = self.name.strip_suffix("<reason>") {
            return rest(stem).is_some_and(|rest| Reason::ALL.iter().any(|reason| reason.name() == rest));
        }
        self.name == name
    }
}

/// The metrics of a kind of scope, in the order of results; `within_<t>` stands as it is written here.
pub fn names(kind: ScopeKind) -> Vec<String> {
    CATALOGUE.iter().filter(|family| family.kinds.contains(&kind)).flat_map(Family::members).collect()
}

/// Whether a kind of scope has a metric of this name.
pub fn is_known(kind: ScopeKind, name: &str) -> bool {
    CATALOGUE.iter().any(|family| family.kinds.contains(&kind) && family.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_understood_in_its_unit() {
        for family in CATALOGUE {
            for name in family.members().iter().map(|name| name.replace("<t>", "250ms")) {
                let quantity = Quantity::parse(&name).unwrap_or_else(|| panic!("{name} is not understood"));
                assert_eq!(quantity.unit(), family.unit, "{name}");
            }
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
        assert_eq!(names(ScopeKind::Fault), ["incidents", "mttf", "mttd", "mttr"]);
    }
}
