//! The queue of a service that is in the path at times: Knative's activator, in small scenarios and against its extremes.

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, seen};
use crate::sample::load;
use ninefold::engine::simulate;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

/// Requests at these instants.
fn arriving(instants: &[&str]) -> String {
    let instants: Vec<String> = instants.iter().map(|at| format!("\"{at}\"")).collect();
    format!("arrival = {{ process = \"schedule\", at = [{}] }}", instants.join(", "))
}

/// When the queue of the service began or ceased to buffer.
fn turns(lines: &[csv::StringRecord]) -> Vec<(f64, &'static str)> {
    let turns = lines.iter().filter_map(|line| {
        let turn = match &line[1] {
            "buffering_began" => "began",
            "buffering_ended" => "ended",
            _ => return None,
        };
        assert_eq!(&line[2], "service.s");
        Some((line[0].parse().unwrap(), turn))
    });
    turns.collect()
}

/// Two replicas of one slot for 5 s of work, which are there for two requests each and want room for one more.
const TWO: &str = "replicas = 2\ndemand = \"5s\"\nbalancing = \"round-robin\"\nqueue = { at = \"service\" }\n\
                   autoscaling = { policy = \"kpa\", min = 2, max = 2, target = 2, every = \"2s\", \
                   stable = \"20s\", burst = 1 }\n";

#[test]
fn requests_are_buffered_while_there_is_too_little_room() {
    let parts = one_service(&arriving(&["1s", "1500ms", "2500ms", "3s", "5s", "10500ms"]), TWO);
    let lines = logged(30, &parts);
    // Inside in the 2 s before a look: 0.75 at 2 s, 3.25 at 4 s, 4.5 at 6 s, 3.25 at 8 s and 3 at 10 s: 3 of 4 places less
    // the burst are free until then, and again from then on.
    assert_eq!(turns(&lines), [(4.0, "began"), (10.0, "ended")]);
    // Four go to the replicas in turn, and two of them wait there. The fifth waits for the service, and is overtaken by the
    // sixth, which waits for the replica that is free first: 3.5 s twice, 6.5 s and 0.5 s.
    let began = seen(&lines, "service_began");
    assert_eq!(began, [at(1.0, 1), at(1.5, 2), at(6.0, 1), at(6.5, 2), at(11.0, 1), at(11.5, 2)]);
    let key = |event: &str, place: usize| {
        lines.iter().filter(|line| &line[1] == event).nth(place).unwrap().iter().nth(4).unwrap().to_owned()
    };
    assert_eq!(key("service_began", 4), key("attempt_sent", 5), "who waits at the replica goes first");
    assert_eq!(key("service_began", 5), key("attempt_sent", 4));
    let wanted = [
        ("service.s/wait_mean", (3.5 + 3.5 + 6.5 + 0.5) / 6.0),
        ("service.s/wait_max", 6.5),
        ("service.s/delayed_ratio", 4.0 / 6.0),
        ("service.s/queue_length_mean", 14.0 / 30.0),
        ("service.s/queue_length_max", 1.0),
    ];
    expect(30, &parts, &wanted);
    // All in one queue: the fifth gets the first slot that is free, and the sixth the next.
    let all = TWO.replace(", burst = 1", "");
    let lines = logged(30, &one_service(&arriving(&["1s", "1500ms", "2500ms", "3s", "5s", "10500ms"]), &all));
    assert_eq!(turns(&lines), []);
    let began: Vec<f64> = seen(&lines, "service_began").into_iter().map(|one| one.0).collect();
    assert_eq!(began, [1.0, 1.5, 6.0, 6.5, 11.0, 11.5]);
    assert_eq!(
        lines.iter().filter(|line| &line[1] == "service_began").nth(4).unwrap()[4],
        lines.iter().filter(|line| &line[1] == "attempt_sent").nth(4).unwrap()[4]
    );
}

/// A fleet that goes to zero, and is there for a request at a time; it starts in 5.5 s.
const ZERO: &str = "demand = \"1s\"\nstart = \"5500ms\"\nqueue = { at = \"service\" }\n\
                    autoscaling = { policy = \"kpa\", min = 0, max = 1, target = 1, utilisation = \"100%\", every = \"2s\", \
                    stable = \"10s\", grace = \"4s\", panic_threshold = 1000, burst = 0 }\n";

#[test]
fn without_a_burst_requests_are_buffered_only_around_zero() {
    let parts = one_service(&arriving(&["11s", "17s", "31s"]), ZERO);
    let lines = logged(55, &parts);
    // Nobody is wanted from 2 s on, and the replica goes at 6 s. Another is ready at 16.5 s and seen at 18 s. Its work ends at
    // 18.5 s, of which the 10 s before 30 s know nothing; the request at 31 s finds it before it was to go at 34 s, and the
    // next time it goes.
    let wanted = [(2.0, "began"), (18.0, "ended"), (30.0, "began"), (32.0, "ended"), (42.0, "began")];
    assert_eq!(turns(&lines), wanted);
    assert_eq!(seen(&lines, "service_began"), [at(16.5, 1), at(17.5, 1), at(31.0, 1)]);
    assert_eq!(seen(&lines, "seat_gone"), [at(6.0, 1), at(46.0, 1)]);
    expect(55, &parts, &[("client.c/availability_request", 1.0), ("service.s/wait_max", 5.5)]);
}

#[test]
fn who_knows_of_no_replica_sends_to_the_queue() {
    // Out of the path from 18 s on, but the balancer hears of the replica at 24.5 s only: what it sends until then waits for
    // the service, and after that at the replica.
    let service = format!("{ZERO}balancing = {{ policy = \"round-robin\", discovery = \"8s\" }}\n");
    let parts = one_service(&arriving(&["11s", "20s", "20200ms", "25s"]), &service);
    let lines = logged(26, &parts);
    assert_eq!(turns(&lines), [(2.0, "began"), (18.0, "ended")]);
    assert_eq!(seen(&lines, "service_began"), [at(16.5, 1), at(20.0, 1), at(21.0, 1), at(25.0, 1)]);
    expect(26, &parts, &[("client.c/availability_request", 1.0)]);
}

#[test]
fn who_waits_for_the_service_can_leave() {
    // Each replica has two until 11 s; the others wait for the service until their patience ends, or their caller's.
    let client = arriving(&["1s", "1s", "1s", "1s", "4500ms", "4600ms"]);
    let patient = TWO.replace("at = \"service\"", "at = \"service\", patience = \"5500ms\"");
    let lines = logged(30, &one_service(&client, &patient));
    assert_eq!(turns(&lines)[0], (4.0, "began"));
    let began = seen(&lines, "service_began");
    assert_eq!(began, [at(1.0, 1), at(1.0, 2), at(6.0, 1), at(6.0, 2)]);
    let ended: Vec<f64> = lines
        .iter()
        .filter(|line| &line[1] == "attempt_ended" && line.iter().any(|field| field == "abandoned"))
        .map(|line| line[0].parse().unwrap())
        .collect();
    assert_eq!(ended, [10.0, 10.1]);
    let stopped = format!("{client}\ntimeout = \"6s\"\non_timeout = \"cancel-waiting\"");
    let lines = logged(30, &one_service(&stopped, TWO));
    assert_eq!(seen(&lines, "service_began").len(), 4);
    let left: Vec<f64> = seen(&lines, "attempt_left").into_iter().map(|one| one.0).collect();
    assert_eq!(left, [6.0, 6.0, 10.5, 10.6, 11.0, 11.0]);
}

#[test]
fn a_crash_takes_what_waits_at_the_replica_and_nothing_else() {
    // Two run, two wait at their replicas, and the others wait for the service.
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"5s\"\nlasts = \"3s\"\n";
    let parts = one_service(&arriving(&["1s", "1s", "1s", "1s", "4500ms", "4600ms"]), TWO) + crash;
    let lines = logged(30, &parts);
    assert_eq!(turns(&lines)[0], (4.0, "began"));
    // The second replica goes on with what it has; the first takes one that waits for the service when it is back.
    let began = seen(&lines, "service_began");
    assert_eq!(began, [at(1.0, 1), at(1.0, 2), at(6.0, 2), at(8.0, 1), at(11.0, 2)]);
    expect(30, &parts, &[("client.c/availability_request", 4.0 / 6.0), ("client.c/failures_reset", 2.0)]);
}

/// What becomes of a service with such a queue, and such a burst.
fn measured(keys: &Keys, queue: &str, burst: &str) -> ninefold::measure::Measurements {
    let text = keys.text(queue, burst);
    let (mut found, _) = crate::audit::run(&load(&text));
    // How many there were depends on who did the work.
    found.events = 0;
    found
}

/// A service whose fleet changes, and who calls it.
#[derive(Debug, Clone)]
struct Keys {
    between: u32,
    slots: u32,
    queue: &'static str,
    balancing: &'static str,
    client: &'static str,
    region: &'static str,
    start: u32,
    seed: u32,
}

impl Keys {
    fn text(&self, queue: &str, burst: &str) -> String {
        let Self { between, slots, balancing, client, region, start, seed, .. } = self;
        let (policy, at) = (self.queue, queue);
        format!(
            "[run]\nhorizon = \"3s\"\ndrain = \"5s\"\nseed = {seed}\nruns = 1\n{region}[client.c]\ncalls = \"s\"\n\
             arrival = {{ process = \"poisson\", rate = \"{}/s\" }}\n{client}\n\
             [service.s]\nreplicas = 2\nconcurrency = {slots}\ndemand = \"20ms\"\nstart = \"{start}ms\"\n{balancing}\n\
             queue = {{ {policy}, at = \"{at}\" }}\n\
             autoscaling = {{ policy = \"kpa\", min = 1, max = 6, target = 2, every = \"20ms\", stable = \"100ms\", \
             down_rate = 1.5{burst} }}\n",
            1_000 / between
        )
    }
}

fn keys() -> impl Strategy<Value = Keys> {
    let queue = select(vec![
        "policy = \"fifo\"",
        "policy = \"fifo\", capacity = 3",
        "policy = \"lifo\"",
        "policy = \"fifo\", patience = \"15ms\"",
        "policy = \"codel\"",
        "policy = \"adaptive-lifo\"",
    ]);
    let balancing = select(vec![
        "",
        "balancing = \"random\"",
        "balancing = \"round-robin\"",
        "balancing = \"least-request\"",
        "balancing = \"power-of-two\"",
    ]);
    let client = select(vec![
        "",
        "timeout = \"30ms\"",
        "timeout = \"30ms\"\non_timeout = \"cancel\"",
        "timeout = \"30ms\"\non_timeout = \"cancel-waiting\"",
        "timeout = \"50ms\"\nretry = { policy = \"fixed\", attempts = 3, delay = \"5ms\" }",
        "deadline = \"60ms\"\nretry = { policy = \"fixed\", attempts = 3, delay = \"1ms\" }",
    ]);
    let region = select(vec![
        "",
        "[network]\nwithin_zone = \"2ms\"\nbetween_zones = \"3ms\"\n[region.a]\nzones = 2\n",
    ]);
    (2..12u32, 1..3u32, queue, balancing, client, region, 0..80u32, any::<u32>()).prop_map(
        |(between, slots, queue, balancing, client, region, start, seed)| Keys {
            between,
            slots,
            queue,
            balancing,
            client,
            region,
            start,
            seed,
        },
    )
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(120) })]

    #[test]
    fn a_burst_without_limit_is_one_queue(keys in keys()) {
        let shared = measured(&keys, "service", "");
        prop_assert_eq!(&measured(&keys, "service", ", burst = \"unlimited\""), &shared);
        // No number of replicas has room for so many.
        prop_assert_eq!(&measured(&keys, "service", ", burst = 1e9"), &shared);
    }

    #[test]
    fn no_burst_is_a_queue_at_each_replica(keys in keys()) {
        prop_assert_eq!(measured(&keys, "service", ", burst = 0"), measured(&keys, "replica", ""));
    }

    #[test]
    fn books_agree_where_attempts_are_buffered_at_times(
        (keys, burst, min) in (keys(), select(vec!["0", "1", "3", "5"]), 0..2u32),
        (fault, more) in (select(FAULTS.to_vec()), select(MORE.to_vec())),
    ) {
        let text = keys.text("service", &format!(", grace = \"40ms\", burst = {burst}"));
        let text = text.replace("min = 1", &format!("min = {min}")) + more + fault;
        let scenario = load(&text);
        let (heard, audit) = crate::audit::run(&scenario);
        crate::audit::agree(&scenario, &heard, &audit);
        let silent = simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
        prop_assert_eq!(silent, heard);
    }
}

/// Faults of the service.
const FAULTS: [&str; 7] = [
    "",
    "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"400ms\"\ntime_to_repair = \"70ms\"\n",
    "[fault.f]\nkind = \"crash\"\nin_service = \"restarted\"\nwaiting = \"kept\"\narriving = \"queued\"\non = \"service.s.*\"\n\
     time_to_failure = \"400ms\"\ntime_to_repair = \"70ms\"\n",
    "[fault.f]\nkind = \"crash\"\nin_service = \"resumed\"\nsignal = \"silent\"\non = \"service.s\"\n\
     time_to_failure = \"900ms\"\ntime_to_repair = \"100ms\"\n",
    "[fault.f]\nkind = \"hang\"\non = \"service.s.*\"\ntime_to_failure = \"300ms\"\ntime_to_repair = \"50ms\"\n",
    "[fault.f]\nkind = \"capacity\"\nslots = 1\non = \"service.s.1\"\ntime_to_failure = \"200ms\"\ntime_to_repair = \"50ms\"\n",
    "[fault.f]\nkind = \"error\"\nshare = \"30%\"\non = \"service.s\"\ntime_to_failure = \"300ms\"\ntime_to_repair = \"50ms\"\n",
];

/// Who else there is.
const MORE: [&str; 3] = [
    "health_check = { interval = \"40ms\", timeout = \"10ms\", unhealthy_after = 1, healthy_after = 1 }\n",
    "[client.d]\ncalls = \"front\"\narrival = { process = \"poisson\", rate = \"40/s\" }\n\
     [service.front]\ndemand = \"1ms\"\nnext = [{ service = \"s\" }]\n",
    "slot = \"released\"\ncalls = \"back\"\n[service.back]\nreplicas = 3\ndemand = \"9ms\"\n",
];
