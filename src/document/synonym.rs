//! Words that other tools use for what a scenario calls by another name.

/// A word of other tools, in lower case with underscores.
struct Foreign {
    word: &'static str,
    /// What it is called here, the likeliest first.
    ours: &'static [&'static str],
    /// Where it is written if none of these can stand in its place.
    elsewhere: &'static str,
}

const fn foreign(word: &'static str, ours: &'static [&'static str], elsewhere: &'static str) -> Foreign {
    Foreign { word, ours, elsewhere }
}

const TIMES_OF_A_FAULT: &str =
    "times between failures and of repairs are \"time_to_failure\" and \"time_to_repair\" of a [fault.NAME]";
const RETRY: &str = "retries are retry = { policy = \"exponential\", attempts = 3, base = \"100ms\" } of a client, service or call";
const FAULT: &str = "what goes wrong is a section [fault.NAME] with a \"kind\"";
const OBJECTIVE: &str =
    "targets stand in the section [objective], such as \"client.NAME/availability_request\" = \">= 99.9%\"";
const RUN: &str = "how long and how often is simulated stands in the section [run]";
const LOAD: &str = "load is arrival = { process = \"poisson\", rate = \"10/s\" } of a [client.NAME]";
const FLEET: &str = "a fleet is a section [service.NAME] with \"replicas\" and \"concurrency\"";
const QUEUE: &str = "waiting places are queue = { capacity = 64 } of a service";
const CALLS: &str = "what a client or service needs stands in its \"calls\"";
const CHECK: &str =
    "checks of replicas are health_check = { interval = \"5s\", timeout = \"1s\" } of a service";
const FUNCTION: &str = "instances that come with requests are function = { keep_alive = \"10min\", memory = \"512MB\" } of a service";
const MESSAGES: &str =
    "messages wait in a section [queue.NAME], which a service takes by consumes = { from = \"queue.NAME\" }";
const GATEWAY: &str = "what stands in front of services is a section [gateway.NAME] with \"routes\"";
const SCALING: &str =
    "a fleet that changes is autoscaling = { policy = \"hpa\", target = \"60%\", max = 10 } of a service";

const FOREIGN: [Foreign; 137] = [
    foreign("alpha", &["confidence"], RUN),
    foreign("api_gateway", &["gateway"], GATEWAY),
    foreign("application", &["service"], FLEET),
    foreign("apps", &["service"], FLEET),
    foreign("availability", &["availability_request", "availability_time"], OBJECTIVE),
    foreign("backend", &["service", "calls"], FLEET),
    foreign("backends", &["service", "replicas"], FLEET),
    foreign("backoff", &["retry", "base", "delay", "exponential"], RETRY),
    foreign("balancer", &["balancing", "balancers"], "who picks a replica is the \"balancing\" of a service"),
    foreign("batch_size", &["batch"], MESSAGES),
    foreign("canary", &["alias"], "shares of versions are the \"alias\" of a function"),
    foreign("chaos", &["fault"], FAULT),
    foreign(
        "circuit_breaker",
        &["breaker"],
        "a breaker is breaker = { policy = \"…\" } of a client, service or call",
    ),
    foreign(
        "circuitbreaker",
        &["breaker"],
        "a breaker is breaker = { policy = \"…\" } of a client, service or call",
    ),
    foreign("cold_start", &["start"], FUNCTION),
    foreign("coldstart", &["start"], FUNCTION),
    foreign("confidence_interval", &["confidence"], RUN),
    foreign("confidence_level", &["confidence"], RUN),
    foreign("connect_failure", &["connect"], ""),
    foreign("connections", &["concurrency"], FLEET),
    foreign("count", &["replicas", "runs"], FLEET),
    foreign("crashes", &["fault", "crash"], FAULT),
    foreign("dead_letter_queue", &["dead_letter"], MESSAGES),
    foreign("dependencies", &["calls"], CALLS),
    foreign("depends_on", &["calls"], CALLS),
    foreign("dlq", &["dead_letter"], MESSAGES),
    foreign("downstream", &["calls"], CALLS),
    foreign("downtime", &["downtime_per_year", "time_to_repair"], TIMES_OF_A_FAULT),
    foreign("duration", &["horizon", "lasts", "time"], RUN),
    foreign("endpoint", &["service"], FLEET),
    foreign(
        "error_rate",
        &["error_ratio", "failure_ratio_error"],
        "the share of errors is \"error_ratio\" of a service",
    ),
    foreign("executions", &["runs"], RUN),
    foreign("expect", &["objective"], OBJECTIVE),
    foreign("exponential_backoff", &["exponential"], RETRY),
    foreign("failure", &["fault"], FAULT),
    foreign("failure_rate", &["time_to_failure", "error_ratio"], TIMES_OF_A_FAULT),
    foreign("failures", &["fault"], FAULT),
    foreign("health", &["health_check"], CHECK),
    foreign("healthcheck", &["health_check"], CHECK),
    foreign("hpa", &["autoscaling"], SCALING),
    foreign("idle_timeout", &["keep_alive"], FUNCTION),
    foreign("incident", &["fault"], FAULT),
    foreign("initial_backoff", &["base"], RETRY),
    foreign("initial_interval", &["base"], RETRY),
    foreign("instances", &["replicas"], FLEET),
    foreign("ip_hash", &["ring-hash"], ""),
    foreign("iterations", &["runs"], RUN),
    foreign("keep_alive", &["keep_alive"], FUNCTION),
    foreign("lambda", &["function", "service"], FUNCTION),
    foreign("lb", &["balancing"], "who picks a replica is the \"balancing\" of a service"),
    foreign("lb_policy", &["balancing"], "who picks a replica is the \"balancing\" of a service"),
    foreign("least_conn", &["least-connections"], ""),
    foreign("least_loaded", &["least-request", "least-connections"], ""),
    foreign("least_requests", &["least-request"], ""),
    foreign("leastconn", &["least-connections"], ""),
    foreign("length", &["horizon", "lasts"], RUN),
    foreign("liveness", &["health_check"], CHECK),
    foreign("load_balancer", &["balancing"], "who picks a replica is the \"balancing\" of a service"),
    foreign("load_balancing", &["balancing"], "who picks a replica is the \"balancing\" of a service"),
    foreign("max_attempts", &["attempts"], RETRY),
    foreign("max_backoff", &["cap"], RETRY),
    foreign("max_concurrency", &["concurrency"], FLEET),
    foreign("max_connections", &["concurrency"], FLEET),
    foreign("max_delay", &["cap"], RETRY),
    foreign("max_instances", &["max_instances"], FUNCTION),
    foreign("max_interval", &["cap"], RETRY),
    foreign("max_queue", &["capacity", "queue"], QUEUE),
    foreign("max_receive_count", &["max_receives"], MESSAGES),
    foreign("max_replicas", &["max", "autoscaling"], SCALING),
    foreign("max_retries", &["attempts", "retry"], RETRY),
    foreign("memory", &["memory"], FUNCTION),
    foreign("memory_size", &["memory"], FUNCTION),
    foreign("min_instances", &["provisioned"], FUNCTION),
    foreign("min_replicas", &["min", "autoscaling"], SCALING),
    foreign("mtbf", &["time_to_failure", "mttf"], TIMES_OF_A_FAULT),
    foreign("mttf", &["time_to_failure"], TIMES_OF_A_FAULT),
    foreign("mttr", &["time_to_repair"], TIMES_OF_A_FAULT),
    foreign("nodes", &["replicas"], FLEET),
    foreign("num_replicas", &["replicas"], FLEET),
    foreign("num_runs", &["runs"], RUN),
    foreign("num_servers", &["replicas"], FLEET),
    foreign("outage", &["fault"], FAULT),
    foreign("outages", &["fault"], FAULT),
    foreign("p2c", &["power-of-two"], ""),
    foreign("p50", &["latency_p50"], ""),
    foreign("p90", &["latency_p90"], ""),
    foreign("p95", &["latency_p95"], ""),
    foreign("p99", &["latency_p99"], ""),
    foreign("parallelism", &["concurrency"], FLEET),
    foreign("pods", &["replicas"], FLEET),
    foreign("power_of_two_choices", &["power-of-two"], ""),
    foreign("processing_time", &["demand"], "the work of an attempt is \"demand\" of a service"),
    foreign("provisioned", &["provisioned"], FUNCTION),
    foreign("provisioned_concurrency", &["provisioned"], FUNCTION),
    foreign("qps", &["rate", "arrival"], LOAD),
    foreign("queue_limit", &["capacity", "queue"], QUEUE),
    foreign("queue_size", &["capacity", "queue"], QUEUE),
    foreign("random_seed", &["seed"], RUN),
    foreign(
        "rate_limit",
        &["throttle", "admission"],
        "limits are \"throttle\" of a caller or \"admission\" of a service",
    ),
    foreign("readiness", &["health_check"], CHECK),
    foreign("redrive_policy", &["dead_letter"], MESSAGES),
    foreign("repair_time", &["time_to_repair"], TIMES_OF_A_FAULT),
    foreign("repeat", &["runs"], RUN),
    foreign("replications", &["runs"], RUN),
    foreign("reserved", &["reserved"], FUNCTION),
    foreign("reserved_concurrency", &["reserved"], FUNCTION),
    foreign(
        "response_time",
        &["latency_mean", "demand"],
        "the work of an attempt is \"demand\" of a service",
    ),
    foreign("retries", &["attempts", "retry"], RETRY),
    foreign("retry_policy", &["retry"], RETRY),
    foreign("rps", &["rate", "arrival"], LOAD),
    foreign("rr", &["round-robin"], ""),
    foreign("servers", &["replicas"], FLEET),
    foreign("service_time", &["demand", "service_mean"], "the work of an attempt is \"demand\" of a service"),
    foreign("simulation", &["run"], RUN),
    foreign("size", &["replicas", "capacity"], FLEET),
    foreign("sla", &["objective"], OBJECTIVE),
    foreign("slas", &["objective"], OBJECTIVE),
    foreign("slo", &["objective"], OBJECTIVE),
    foreign("slos", &["objective"], OBJECTIVE),
    foreign("slots", &["concurrency"], FLEET),
    foreign(
        "snapstart",
        &["snapshot"],
        "phases of a start are start = { init = \"900ms\" } or { snapshot = \"300ms\" } of a service",
    ),
    foreign("target", &["objective"], OBJECTIVE),
    foreign("targets", &["objective", "calls"], OBJECTIVE),
    foreign("think_time", &["think"], LOAD),
    foreign("threads", &["concurrency"], FLEET),
    foreign("threshold", &["objective"], OBJECTIVE),
    foreign("thresholds", &["objective"], OBJECTIVE),
    foreign("topic", &["queue"], MESSAGES),
    foreign("traffic", &["client", "arrival"], LOAD),
    foreign("trials", &["runs"], RUN),
    foreign("upstream", &["service", "calls"], CALLS),
    foreign("uptime", &["availability_time"], ""),
    foreign("visibility_timeout", &["visibility"], MESSAGES),
    foreign("vus", &["users"], LOAD),
    foreign("warm_up", &["transient"], RUN),
    foreign("warmup", &["transient"], RUN),
    foreign("workers", &["concurrency"], FLEET),
];

/// What is known here by another name: the name, if it is among those that can stand there.
pub(super) fn ours<'n>(word: &str, known: &[&'n str]) -> Option<&'n str> {
    let foreign = find(word)?;
    foreign.ours.iter().find_map(|ours| known.iter().copied().find(|name| name == ours))
}

/// Where something that other tools call by this word is written.
pub(super) fn elsewhere(word: &str) -> Option<&'static str> {
    find(word).map(|foreign| foreign.elsewhere).filter(|text| !text.is_empty())
}

fn find(word: &str) -> Option<&'static Foreign> {
    let plain = word.to_ascii_lowercase().replace('-', "_");
    FOREIGN.binary_search_by(|foreign| foreign.word.cmp(&plain)).ok().map(|number| &FOREIGN[number])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched() {
        assert!(FOREIGN.is_sorted_by(|one, other| one.word < other.word));
        assert!(FOREIGN.iter().all(|foreign| !foreign.ours.is_empty()));
    }

    #[test]
    fn a_word_leads_to_what_can_stand_there() {
        assert_eq!(ours("LeastConn", &["random", "least-connections"]), Some("least-connections"));
        assert_eq!(ours("duration", &["at", "lasts"]), Some("lasts"));
        assert_eq!(ours("duration", &["horizon", "runs"]), Some("horizon"));
        assert_eq!(ours("duration", &["replicas"]), None);
        assert_eq!(ours("horizon", &["horizon"]), None);
    }

    #[test]
    fn a_word_that_can_stand_nowhere_near_leads_elsewhere() {
        assert_eq!(elsewhere("mtbf"), Some(TIMES_OF_A_FAULT));
        assert_eq!(elsewhere("leastconn"), None);
        assert_eq!(elsewhere("shop"), None);
    }
}
