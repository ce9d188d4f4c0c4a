//! Changes of a scenario whose effect is known without knowing the result.

use ninefold::engine::simulate;
use ninefold::measure::{Measurements, Tally};
use ninefold::scenario::Scenario;
use proptest::prelude::*;

use crate::sample::{Form, has_clock_of_links, load, samples, without_zone_weights};

fn first_run(scenario: &Scenario) -> Measurements {
    simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap()
}

/// The measurements of one scenario file; how many events it took is no result.
fn measured(text: &str) -> Measurements {
    Measurements { events: 0, ..first_run(&load(text)) }
}

/// Two queues with timeouts, retries and crashes, all times in multiples of a unit [us].
fn scaled(unit: u64, demand: &str, arrival: &str) -> Measurements {
    let ms = |number: u64| format!("\"{}us\"", number * unit);
    let law = |kind: &str, mean: u64| match kind {
        "constant" => ms(mean),
        other => format!("{{ distribution = \"{other}\", mean = {} }}", ms(mean)),
    };
    measured(&format!(
        r#"
        [run]
        horizon = {horizon}
        transient = {transient}
        window = {window}
        [network]
        within_zone = {one}
        [client.c]
        arrival = {{ process = "renewal", between = {between} }}
        calls = "a"
        timeout = {timeout}
        deadline = {deadline}
        retry = {{ policy = "fixed", delay = {delay}, attempts = 3 }}
        [service.a]
        replicas = 2
        demand = {demand_a}
        queue = {{ policy = "fifo", capacity = 10, patience = {patience} }}
        next = [{{ service = "b" }}]
        [service.b]
        demand = {demand_b}
        [fault.f]
        kind = "crash"
        on = "service.a.*"
        time_to_failure = {failure}
        time_to_repair = {repair}
        "#,
        horizon = ms(400_000),
        transient = ms(10_000),
        window = ms(30_000),
        one = ms(1),
        between = law(arrival, 37),
        timeout = ms(200),
        deadline = ms(900),
        delay = ms(20),
        demand_a = law(demand, 30),
        demand_b = law(demand, 12),
        patience = ms(350),
        failure = law(demand, 9_001),
        repair = law(demand, 700),
    ))
}

/// Twice a number, within a relative error.
fn is_double(long: u128, short: u128, error: f64) -> bool {
    (long as f64 - 2.0 * short as f64).abs() <= error * long as f64
}

/// Counts are equal and times double.
fn assert_doubled(short: &Measurements, long: &Measurements, error: f64) {
    let tally = |short: &Tally, long: &Tally| {
        assert_eq!(short.count, long.count);
        assert!(is_double(long.sum, short.sum, error), "{} and {}", short.sum, long.sum);
    };
    let (one, two) = (&short.clients[0], &long.clients[0]);
    assert_eq!((one.requests, one.good, one.reasons), (two.requests, two.good, two.reasons));
    assert_eq!((one.attempts, one.unfinished), (two.attempts, two.unfinished));
    assert!(one.good > 1_000 && one.attempts > one.first_tries, "good answers and retries");
    tally(&one.latency, &two.latency);
    tally(&one.latency_failed, &two.latency_failed);
    assert_eq!(one.windows, two.windows);
    for (one, two) in short.services.iter().zip(&long.services) {
        assert_eq!((one.attempts, one.reasons, one.delayed), (two.attempts, two.reasons, two.delayed));
        assert_eq!(one.queue_max, two.queue_max);
        tally(&one.sojourn, &two.sojourn);
        for (one, two) in [(one.busy, two.busy), (one.queue, two.queue), (one.in_system, two.in_system)] {
            assert!(is_double(two, one, error), "{one} and {two}");
        }
    }
    for (one, two) in short.replicas.iter().zip(&long.replicas) {
        assert_eq!(one.incidents, two.incidents);
        assert!(one.incidents == 0 || is_double(two.down, one.down, error), "{one:?} and {two:?}");
    }
}

#[test]
fn constant_times_scale_exactly() {
    assert_doubled(&scaled(1_000, "constant", "constant"), &scaled(2_000, "constant", "constant"), 0.0);
}

#[test]
fn drawn_times_scale_up_to_the_rounding_to_nanoseconds() {
    // Each draw is rounded to a nanosecond of some 10 ms, and a run adds up thousands of them.
    let short = scaled(1_000, "exponential", "exponential");
    assert_doubled(&short, &scaled(2_000, "exponential", "exponential"), 1e-6);
}

/// Three replicas in three zones with speeds, one of them or one zone down for a while.
fn fleet(speeds: &str, on: &str) -> Measurements {
    measured(&format!(
        r#"
        [run]
        horizon = "3min"
        [region.r]
        zones = 3
        [client.c]
        arrival = {{ process = "renewal", between = "100ms" }}
        calls = "s"
        [service.s]
        replicas = 3
        quorum = 3
        speed = {speeds}
        demand = "40ms"
        balancing = {{ policy = "round-robin", knowledge = "perfect" }}
        [fault.f]
        kind = "crash"
        on = "{on}"
        at = "31s"
        lasts = "21s"
        "#
    ))
}

#[test]
fn it_does_not_matter_which_equal_replica_or_zone_fails() {
    let first = fleet("1", "service.s.1");
    assert!(first.services[0].up.down == 21_000_000_000 && first.replicas[0].down == 21_000_000_000);
    for on in ["service.s.2", "service.s.3", "zone.r.1", "zone.r.2", "zone.r.3"] {
        let other = fleet("1", on);
        assert_eq!(first.services, other.services, "{on}");
        assert_eq!(first.clients, other.clients, "{on}");
        let downs = |one: &Measurements| {
            let mut downs: Vec<u128> = one.replicas.iter().map(|replica| replica.down).collect();
            downs.sort_unstable();
            downs
        };
        assert_eq!(downs(&first), downs(&other), "{on}");
    }
}

#[test]
fn it_does_not_matter_in_which_order_replicas_of_several_speeds_stand() {
    // Away from the fault, each full turn of the wheel meets every replica once: 1,800 requests are 600 turns.
    let parted = |speeds: &str| {
        let one = fleet(speeds, "service.s").clients.remove(0);
        (one.requests, one.reasons, one.latency)
    };
    let first = parted("[1, 2, 0.5]");
    assert!(first.2.count > 1_500);
    for speeds in ["[2, 0.5, 1]", "[0.5, 1, 2]", "[2, 1, 0.5]", "[0.5, 2, 1]", "[1, 0.5, 2]"] {
        let other = parted(speeds);
        assert_eq!((first.0, first.1, first.2.count), (other.0, other.1, other.2.count), "{speeds}");
        // The outage cuts one turn short at each of its ends: at most four answers differ, by less than 80 ms.
        assert!(first.2.sum.abs_diff(other.2.sum) < 4 * 80_000_000, "{speeds}");
    }
}

const QUEUE: &str = r#"
    [run]
    horizon = "200s"
    # By itself the length of its steps follows timeouts.
    collapse = { lasts = "1min" }
    [client.c]
    arrival = { process = "poisson", rate = "30/s" }
    calls = "s"
    POLICY
    [service.s]
    replicas = 2
    SPEED
    error_ratio = "5%"
    [fault.f]
    kind = "crash"
    on = "service.s.*"
    time_to_failure = { distribution = "exponential", mean = "40s" }
    time_to_repair = { distribution = "exponential", mean = "5s" }
"#;

fn queue(policy: &str, speed: &str) -> Measurements {
    measured(&QUEUE.replace("POLICY", policy).replace("SPEED", speed))
}

const DEMAND: &str = "demand = { distribution = \"exponential\", mean = \"50ms\" }";

#[test]
fn limits_that_are_never_reached_change_nothing() {
    let plain = queue("", DEMAND);
    assert!(plain.clients[0].failed() > 0);
    for never in [
        "timeout = \"1000h\"",
        "deadline = \"1000h\"",
        "timeout = \"1000h\"\non_timeout = \"cancel\"",
        "good_within = \"1000h\"",
        "retry = \"none\"",
        "retry = { policy = \"fixed\", delay = \"1s\", attempts = 1 }",
        "retry = { policy = \"exponential\", base = \"1s\", cap = \"2s\", attempts = 1 }",
        "retry = { policy = \"fixed\", delay = \"1s\", attempts = 5, on = [\"queue_full\"] }",
    ] {
        assert_eq!(plain, queue(never, DEMAND), "{never}");
    }
    let reached = queue("timeout = \"100ms\"", DEMAND);
    assert_ne!(plain, reached, "a limit that is reached changes something");
}

/// A busy fleet whose replicas crash, with more said of its caller, of the network and of the service.
fn guarded(client: &str, network: &str, service: &str) -> String {
    format!(
        r#"
        [run]
        horizon = "40s"
        {network}
        [client.c]
        arrival = {{ process = "poisson", rate = "300/s" }}
        calls = "s"
        {client}
        [service.s]
        replicas = 10
        concurrency = 2
        demand = {{ distribution = "exponential", mean = "50ms" }}
        {service}
        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = {{ distribution = "exponential", mean = "20s" }}
        time_to_repair = {{ distribution = "exponential", mean = "2s" }}
        in_service = "lost"
        waiting = "lost"
        arriving = "refused"
        "#
    )
}

/// What callers may say about failure, each so that it has something to do.
const RULES: [&str; 10] = [
    "retry = { policy = \"fixed\", delay = \"5ms\", attempts = 3, budget = { policy = \"envoy\", ratio = \"5%\" } }",
    "retry = { policy = \"fixed\", delay = \"5ms\", attempts = 3, budget = { policy = \"finagle\" } }",
    "breaker = { policy = \"polly\", failure_ratio = 0.05, minimum = 10, open_for = \"100ms\" }",
    "throttle = { policy = \"token-bucket\", rate = \"280/s\", burst = 5 }",
    "throttle = { policy = \"leaky-bucket\", rate = \"300/s\" }",
    "bulkhead = { limit = 15, queue = 5 }",
    "bulkhead = { limit = 15 }",
    "hedge = { policy = \"fixed\", delay = \"60ms\", attempts = 3 }",
    "hedge = { policy = \"fixed\", delay = \"0s\" }",
    "fallback = { time = \"1ms\", on = [\"timeout\"] }",
];
const NETWORK: &str = "[network]\nwithin_zone = \"1ms\"\n";

/// A call that has a deadline has a record from the start; one that is only guarded gets one when something goes wrong.
#[test]
fn a_deadline_that_never_comes_changes_no_guarded_call() {
    for rules in RULES {
        for (network, timeout) in
            [("", ""), (NETWORK, ""), ("", "timeout = \"80ms\"\n"), (NETWORK, "timeout = \"80ms\"\n")]
        {
            let with = |more: &str| measured(&guarded(&format!("{rules}\n{timeout}{more}"), network, ""));
            let (without, with) = (with(""), with("deadline = \"1000h\"\n"));
            assert!(without.clients[0].good < without.clients[0].requests, "{rules}: something goes wrong");
            assert_eq!(without, with, "{rules} {network}{timeout}");
        }
    }
}

#[test]
fn twice_the_demand_at_twice_the_speed_is_the_same() {
    let plain = queue("", DEMAND);
    let fast = queue("", &format!("speed = 2\n{}", DEMAND.replace("50ms", "100ms")));
    let (one, two) = (&plain.clients[0], &fast.clients[0]);
    assert_eq!((one.requests, one.good, one.reasons), (two.requests, two.good, two.reasons));
    // Each service time is rounded to the nanosecond twice; in a busy period of 1,000 jobs that adds up to 1 us.
    assert!(one.latency.sum.abs_diff(two.latency.sum) < u128::from(one.good) * 1_000);
    assert_ne!(one.latency.sum, queue("", &format!("speed = 2\n{DEMAND}")).clients[0].latency.sum);
}

/// Means of the latency over runs of two exponential stations one after the other [s].
fn tandem(link: &str) -> Vec<f64> {
    let scenario = load(&format!(
        r#"
        [run]
        horizon = "1000s"
        transient = "20s"
        runs = 20
        [client.c]
        arrival = {{ process = "poisson", rate = "20/s" }}
        calls = "a"
        [service.a]
        demand = {{ distribution = "exponential", mean = "30ms" }}
        {link}
        [service.b]
        demand = {{ distribution = "exponential", mean = "25ms" }}
        "#
    ));
    let runs = (0..20).map(|run| simulate(&scenario.system, &scenario.run.span, 5, run).unwrap());
    runs.map(|one| one.clients[0].latency.sum as f64 / one.clients[0].latency.count as f64 / 1e9).collect()
}

/// Mean, and its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[test]
fn passing_on_and_calling_without_a_slot_are_the_same_tandem() {
    // Burke: two M/M/1 queues, 1 / (1/0.03 - 20) + 1 / (1/0.025 - 20).
    let exact = 1.0 / (1.0 / 0.03 - 20.0) + 1.0 / (1.0 / 0.025 - 20.0);
    let next = tandem("next = [{ service = \"b\" }]");
    let calls = tandem("slot = \"released\"\ncalls = \"b\"");
    for means in [&next, &calls] {
        let (mean, error) = mean(means);
        assert!((mean - exact).abs() < 5.0 * error, "{mean} +- {error}, expected {exact}");
        assert!(error < 0.05 * exact, "the runs say something");
    }
    let apart: Vec<f64> = next.iter().zip(&calls).map(|(one, other)| one - other).collect();
    let (apart, error) = mean(&apart);
    assert!(apart.abs() <= 5.0 * error, "{apart} +- {error}");
    let (held, error) = mean(&tandem("slot = \"held\"\ncalls = \"b\""));
    assert!(held - exact > 5.0 * error, "holding the slot costs time: {held} +- {error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn idle_parts_change_nothing(sample in samples()) {
        let text = without_zone_weights(&sample.text(Form::Open));
        prop_assume!(!has_clock_of_links(&text));
        let idle = "\n[region.idle]\nzones = 2\n[service.idle]\nregion = \"idle\"\nreplicas = 2\n\
             demand = \"1s\"\n[recovery.idle]\npolicy = \"race\"\noperations = [{ time = \"1s\" }]\n[crew.idle]\n";
        let (mut plain, mut more) = (measured(&text), measured(&(text + idle)));
        // Prices with tiers are those of all together.
        for service in plain.services.iter_mut().chain(&mut more.services) {
            service.cost = None;
        }
        // In the idle region, which comes after "east", nobody takes room on a host.
        for hosts in more.services.iter_mut().filter_map(|service| service.hosts.as_mut()) {
            prop_assert_eq!(hosts.remove(1).to_bits(), 0.0_f64.to_bits());
        }
        prop_assert_eq!(&plain.clients, &more.clients);
        prop_assert_eq!(&plain.services[..], &more.services[1..], "the idle one is first by name");
        prop_assert_eq!(&plain.replicas[..], &more.replicas[2..]);
        prop_assert_eq!(&plain.faults, &more.faults);
        prop_assert_eq!(&plain.blocks, &more.blocks);
        prop_assert_eq!(plain.workload, more.workload);
        prop_assert_eq!(more.services[0].attempts, 0);
    }
}

/// A fleet that is brought out again every minute, with more said of that.
fn released(policy: &str, more: &str) -> Measurements {
    measured(&format!(
        r#"
        [run]
        horizon = "10min"
        [client.c]
        arrival = {{ process = "poisson", rate = "30/s" }}
        calls = "s"
        retry = {{ policy = "fixed", delay = "100ms", attempts = 2 }}
        [service.s]
        replicas = 6
        demand = {{ distribution = "exponential", mean = "100ms" }}
        start = {{ distribution = "uniform", low = "1s", high = "5s" }}
        error_ratio = "3%"
        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = {{ distribution = "exponential", mean = "200s" }}
        time_to_repair = {{ distribution = "exponential", mean = "5s" }}
        [deploy.d]
        service = "s"
        every = "1min"
        policy = "{policy}"
        {more}
        "#
    ))
}

#[test]
fn releases_of_which_none_is_bad_are_those_of_which_nothing_is_said() {
    for policy in ["all-at-once", "rolling", "canary", "linear", "blue-green"] {
        let plain = released(policy, "");
        assert!(plain.clients[0].good > 10_000 && plain.clients[0].failed() > 0, "{policy}");
        for kind in [
            "kind = \"crash\"",
            "kind = \"error\", share = \"50%\"",
            "kind = \"slow\", factor = 9",
            "kind = \"leak\", factor = 3, grows = \"20s\"",
        ] {
            let said = format!("bad = \"0%\"\nbadness = {{ {kind} }}");
            let never = released(policy, &said);
            assert_eq!(
                (&plain.clients, &plain.services),
                (&never.clients, &never.services),
                "{policy} {kind}"
            );
            let always = released(policy, &said.replace("bad = \"0%\"", "bad = \"100%\""));
            assert_ne!(
                (&plain.clients, &plain.services),
                (&always.clients, &always.services),
                "{policy} {kind}"
            );
        }
    }
}
