//! Retries, copies, breakers and limits in small scenarios without randomness, whose answers are known exactly.

use std::path::{Path, PathBuf};

use ninefold::experiment::log_events;
use ninefold::scenario::{self, Places, Source};

use crate::behaviour::{EVERY_TEN, THREE, expect, one_service, outcome_of, value};

/// A hundred requests, at 1 s, 2 s, ... 100 s, of a run of 101 s.
const HUNDRED: &str = r#"arrival = { process = "renewal", between = "1s" }"#;

/// A service that answers every attempt with an error at once.
const FAILING: &str = "error_ratio = \"100%\"";

/// A hundred requests to a failing service, under one rule.
fn failing(rule: &str) -> String {
    one_service(&format!("{HUNDRED}\n{rule}"), FAILING)
}

/// A hundred requests to a failing service, which are tried again at once if the budget lets them.
fn budgeted(attempts: u32, budget: &str) -> String {
    failing(&format!("retry = {{ policy = \"fixed\", attempts = {attempts}, budget = {budget} }}"))
}

/// The log of the events of a run of so many seconds.
pub(crate) fn logged(horizon: u32, parts: &str) -> Vec<csv::StringRecord> {
    let text = format!("[run]\nhorizon = \"{horizon}s\"\ndrain = \"1000s\"\nruns = 1\n{parts}");
    let source = Source { name: "resilience.toml".to_owned(), text };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let places = Places { folders: vec![data, PathBuf::new()] };
    let scenario = scenario::load(source, &[], &places).unwrap();
    let mut log = Vec::new();
    log_events(&scenario, None, &(), &mut log).unwrap();
    let mut lines = csv::Reader::from_reader(log.as_slice());
    lines.records().map(Result::unwrap).collect()
}

#[test]
fn adaptive_throttling_sends_twice_what_is_accepted() {
    for (accepted, wanted) in [(60, 0.0), (40, 0.2), (10, 0.8)] {
        let client = "arrival = { process = \"renewal\", between = \"10ms\" }\nthrottle = \"sre-adaptive\"";
        let door =
            format!("admission = {{ policy = \"token-bucket\", rate = \"{accepted}/s\", burst = 10 }}");
        let lines = logged(600, &one_service(client, &door));
        let late = lines.iter().filter(|line| line[0].parse::<f64>().unwrap() > 240.0);
        let count = |event: &str| late.clone().filter(|line| &line[1] == event).count() as f64;
        let found = count("attempt_stopped") / count("request_arrived");
        // Five standard errors of 36,000 draws, and as much for the draws of the window before.
        assert!((found - wanted).abs() < 0.02, "{accepted} %: {found} instead of {wanted}");
    }
}

#[test]
fn an_aws_quota_admits_a_hundred_retries() {
    // Two retries of each of the first fifty requests empty the bucket.
    expect(
        101,
        &budgeted(3, "\"aws\""),
        &[("client.c/amplification", 2.0), ("client.c/failures_error", 100.0)],
    );
    // Since 2026 a retry costs 14: 35 of them.
    expect(
        101,
        &budgeted(3, "{ policy = \"aws\", revision = \"2026\" }"),
        &[("client.c/amplification", 1.35)],
    );
}

#[test]
fn a_grpc_throttle_stops_after_five_failures() {
    // The fifth failure is the first try of the third request.
    expect(101, &budgeted(2, "\"grpc\""), &[("client.c/amplification", 1.02)]);
}

#[test]
fn each_deciding_client_has_tokens_of_its_own() {
    let client = format!(
        "{HUNDRED}\ninstances = 2\nretry = {{ policy = \"fixed\", attempts = 2, budget = \"grpc\" }}"
    );
    let own = one_service(
        &client,
        &format!("{FAILING}\nbalancing = {{ policy = \"round-robin\", balancers = \"caller\" }}"),
    );
    expect(101, &own, &[("client.c/amplification", 1.04)]);
    let three = one_service(
        &client,
        &format!("{FAILING}\nbalancing = {{ policy = \"round-robin\", balancers = 3 }}"),
    );
    expect(101, &three, &[("client.c/amplification", 1.06)]);
}

#[test]
fn budgets_by_share_let_a_share_be_tried_again() {
    // Tokens for one retry are there after every fifth call.
    let finagle = "{ policy = \"finagle\", minimum = \"0/s\" }";
    expect(101, &budgeted(2, finagle), &[("client.c/amplification", 1.2)]);
    let linkerd = "{ policy = \"linkerd\", minimum = \"0/s\", ratio = \"50%\" }";
    expect(101, &budgeted(2, linkerd), &[("client.c/amplification", 1.5)]);
    // Retries are less than a tenth of all at requests 1, 10, 19, ... 100.
    expect(101, &budgeted(2, "\"sre-ratio\""), &[("client.c/amplification", 1.12)]);
    expect(101, &budgeted(2, "\"none\""), &[("client.c/amplification", 2.0)]);
}

#[test]
fn a_retry_counts_from_its_grant_to_its_end() {
    let waiting = |budget: &str| {
        failing(&format!(
            "retry = {{ policy = \"fixed\", delay = \"10s\", attempts = 2, budget = {budget} }}"
        ))
    };
    // Three of ten requests find a place among those that wait for ten seconds.
    expect(101, &waiting("\"max-retries\""), &[("client.c/amplification", 1.3)]);
    expect(101, &waiting("\"envoy\""), &[("client.c/amplification", 1.3)]);
    expect(101, &waiting("{ policy = \"max-retries\", limit = 20 }"), &[("client.c/amplification", 2.0)]);
}

#[test]
fn a_breaker_opens_and_lets_attempts_through_to_see() {
    let broken = |errors: f64, rule: &str| {
        let mut expected = vec![("client.c/failures_error", errors), ("service.s/failures_error", errors)];
        if errors < 100.0 {
            let stopped = ["client.c/failures_breaker_open", "service.s/failures_breaker_open"];
            expected.extend(stopped.map(|metric| (metric, 100.0 - errors)));
        }
        expect(101, &failing(&format!("breaker = {rule}")), &expected);
    };
    // Errors at 1 s and 2 s, and at 7 s, 12 s, ... 97 s.
    broken(21.0, "{ policy = \"polly\", failure_ratio = 1.0, minimum = 2 }");
    // The first ten, then two at 30 s, 51 s, 72 s and 93 s.
    let rule = "size = 10, minimum = 10, open_for = \"20s\", half_open = 2";
    broken(18.0, &format!("{{ policy = \"resilience4j\", {rule} }}"));
    // Of the last four seconds never more than five results, and never five until the fifth second.
    broken(100.0, "{ policy = \"resilience4j\", window = \"time\", size = 4, minimum = 5 }");
    broken(5.0, "{ policy = \"resilience4j\", window = \"time\", size = 5, minimum = 5, open_for = \"1h\" }");
    // An error is no failure to a breaker that counts timeouts only.
    broken(100.0, "{ policy = \"polly\", minimum = 2, on = [\"timeout\"] }");
}

#[test]
fn hystrix_looks_every_half_second() {
    let client = "arrival = { process = \"renewal\", between = \"100ms\" }\nbreaker = \"hystrix\"";
    // 24 results at the look at 2.5 s; then one attempt at 7.5 s, 12.5 s, ... 97.5 s.
    let expected = [("client.c/failures_error", 43.0), ("client.c/failures_breaker_open", 957.0)];
    expect_until(&one_service(client, FAILING), &expected);
}

/// As `expect`, for requests every tenth of a second until 100 s.
fn expect_until(parts: &str, expected: &[(&str, f64)]) {
    let outcome = outcome_of("horizon = \"100050ms\"", parts);
    for (metric, wanted) in expected {
        let found = value(&outcome, metric);
        assert!((found - wanted).abs() < 1e-9, "{metric} is {found}, not {wanted}");
    }
}

#[test]
fn a_limit_on_what_is_under_way_stops_the_rest() {
    // Two of ten find a place for their ten seconds.
    let client = |rule: &str| {
        one_service(&format!("{HUNDRED}\n{rule}"), "demand = \"10s\"\nconcurrency = \"unlimited\"")
    };
    let expected = [("client.c/failures_breaker_open", 80.0), ("client.c/latency_mean", 10.0)];
    expect(101, &client("breaker = { policy = \"envoy\", max_requests = 2 }"), &expected);
    let expected = [("client.c/failures_throttled", 80.0), ("service.s/failures_throttled", 80.0)];
    expect(101, &client("throttle = { policy = \"concurrency\", limit = 2 }"), &expected);
    expect(101, &client("bulkhead = 2"), &expected);
}

#[test]
fn a_bulkhead_lets_some_wait() {
    let client = format!("{THREE}\nbulkhead = {{ limit = 1, queue = 1 }}");
    let parts = one_service(&client, "demand = \"3s\"\nconcurrency = \"unlimited\"");
    // From 0 s to 3 s, from 3 s to 6 s; the third finds the queue full.
    expect(100, &parts, &[("client.c/latency_mean", 4.0), ("client.c/failures_throttled", 1.0)]);
    let client = format!("{THREE}\nbulkhead = {{ limit = 1, queue = 2 }}\ndeadline = \"2500ms\"");
    let parts = one_service(&client, "demand = \"3s\"\nconcurrency = \"unlimited\"");
    // All run out of time; the second begins at 2.5 s when the first gives up its place, the third at 3.5 s.
    let expected = [("client.c/failures_deadline", 3.0), ("client.c/amplification", 1.0)];
    expect(100, &parts, &expected);
}

#[test]
fn a_token_bucket_refuses_and_a_leaky_one_lets_wait() {
    // Every other request finds a token.
    let rule = "throttle = { policy = \"token-bucket\", rate = \"0.5/s\", burst = 1 }";
    expect(
        101,
        &one_service(&format!("{HUNDRED}\n{rule}"), "demand = \"1ms\""),
        &[("client.c/failures_throttled", 50.0)],
    );
    let rule = "throttle = { policy = \"leaky-bucket\", rate = \"0.5/s\", burst = 5 }";
    // Sent at 0 s, 2 s and 4 s.
    let parts = one_service(&format!("{THREE}\n{rule}"), "demand = \"1s\"");
    expect(100, &parts, &[("client.c/latency_mean", 2.0)]);
}

#[test]
fn the_first_good_copy_counts() {
    let hedged = |rule: &str, replicas: &str| {
        let client = format!("{EVERY_TEN}\non_timeout = \"cancel\"\nhedge = {rule}");
        one_service(&client, &format!("demand = \"1s\"\nconcurrency = \"unlimited\"\n{replicas}"))
    };
    let two = "replicas = 2\nspeed = [0.125, 1]";
    // Every other request goes to the first replica, for eight seconds; a copy at the second is sent after two and needs
    // one, when three seconds at the first are wasted.
    let expected = [
        ("client.c/latency_mean", 2.0),
        ("client.c/amplification", 1.5),
        ("service.s/wasted_work_ratio", 15.0 / 25.0),
    ];
    expect(101, &hedged("{ policy = \"fixed\", delay = \"2s\" }", two), &expected);
    // A budget that is empty, or no other replica: no copy.
    let alone = [("client.c/latency_mean", 8.0), ("client.c/amplification", 1.0)];
    let one = "replicas = 1\nspeed = 0.125";
    expect(101, &hedged("{ policy = \"fixed\", delay = \"2s\", attempts = 3 }", one), &alone);
    let budget = "budget = { policy = \"max-retries\", limit = 0 }";
    let none = [("client.c/latency_mean", 4.5), ("client.c/amplification", 1.0)];
    expect(101, &hedged(&format!("{{ policy = \"fixed\", delay = \"2s\", {budget} }}"), two), &none);
}

#[test]
fn a_copy_is_sent_when_an_answer_takes_longer_than_usual() {
    let hedge = "hedge = { policy = \"percentile\", minimum = 1 }";
    let service = "demand = \"1s\"\nconcurrency = \"unlimited\"\nreplicas = 2\nspeed = [1, 0.125]";
    // The first takes a second at the fast replica; all others go to the slow one and a second later to the fast one.
    let expected = [("client.c/latency_mean", 1.9), ("client.c/amplification", 1.9)];
    expect(101, &one_service(&format!("{EVERY_TEN}\n{hedge}"), service), &expected);
}

#[test]
fn a_copy_counts_in_the_breaker_and_follows_a_failure_at_once() {
    let client = |rule: &str| {
        let hedge = "hedge = { policy = \"fixed\", delay = \"5s\", attempts = 3 }";
        one_service(
            &format!("{EVERY_TEN}\n{hedge}\n{rule}"),
            "demand = \"1s\"\nreplicas = 3\nconcurrency = \"unlimited\"",
        ) + "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"0s\"\nlasts = \"1000s\"\n"
    };
    // Each fails after a second and the next follows at once, long before its time.
    expect(101, &client(""), &[("client.c/amplification", 3.0), ("client.c/latency_all_mean", 3.0)]);
    // A failure that is not listed is final; the two others of the first try are never sent.
    let listed = |list: &str| client("").replace("delay = \"5s\"", &format!("delay = \"5s\", on = [{list}]"));
    let one = [("client.c/amplification", 1.0), ("client.c/latency_all_mean", 1.0)];
    expect(101, &listed("\"timeout\", \"connect\""), &one);
    // Each of two tries has up to three copies.
    let tries = client("retry = { policy = \"fixed\", delay = \"1s\", attempts = 2 }");
    expect(101, &tries, &[("client.c/amplification", 6.0), ("client.c/latency_all_mean", 7.0)]);
    // Copies at 0 s: the second and third fail with the first.
    let at_once =
        client("breaker = { policy = \"polly\", failure_ratio = 1.0, minimum = 4, open_for = \"1h\" }")
            .replace("delay = \"5s\"", "delay = \"0s\"");
    // Three copies of the first request, three of the second; the fourth failure opens the breaker.
    let expected = [("client.c/failures_breaker_open", 8.0), ("client.c/amplification", 0.6)];
    expect(101, &at_once, &expected);
}

#[test]
fn a_copy_goes_where_its_try_has_not_been() {
    // As Polly: one of three replicas answers every attempt with an error; the copy that follows never meets it.
    let client = format!("{EVERY_TEN}\nhedge = {{ preset = \"polly\" }}");
    let service = "demand = \"1s\"\nreplicas = 3\nbalancing = \"random\"";
    let fault = "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"0s\"\n";
    expect(101, &(one_service(&client, service) + fault), &[("client.c/availability_request", 1.0)]);
    // A single replica that failed is all there is.
    let service = "demand = \"1s\"\nreplicas = 1";
    let two = [("client.c/availability_request", 0.0), ("client.c/amplification", 2.0)];
    expect(101, &(one_service(&client, service) + fault), &two);
}

#[test]
fn a_final_failure_drops_the_copies_under_way() {
    // The copy fails at 3 s at the second replica; the first would have answered at 8 s.
    let hedge = "hedge = { policy = \"fixed\", delay = \"2s\", on = [\"timeout\"] }";
    let client = format!("{EVERY_TEN}\non_timeout = \"cancel\"\n{hedge}");
    let service = "demand = \"1s\"\nreplicas = 2\nspeed = [0.125, 1]\nbalancing = \"first\"";
    let fault = "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.2\"\nat = \"0s\"\n";
    let expected = [
        ("client.c/availability_request", 0.0),
        ("client.c/latency_all_mean", 3.0),
        ("client.c/amplification", 2.0),
    ];
    expect(101, &(one_service(&client, service) + fault), &expected);
    // Listed, it is not final: the first answers.
    let listed = client.replace("\"timeout\"", "\"error\"");
    let expected = [("client.c/availability_request", 1.0), ("client.c/latency_mean", 8.0)];
    expect(101, &(one_service(&listed, service) + fault), &expected);
}

#[test]
fn a_service_that_refuses_says_when_the_next_copy_comes() {
    // It takes the first of ten requests and refuses the others.
    let parts = |hints: &str, after: &str| {
        let hedge =
            format!("hedge = {{ policy = \"fixed\", delay = \"9s\", attempts = 3, hints = \"{hints}\" }}");
        let service = format!(
            "retry_after = \"{after}\"\n\
             admission = {{ policy = \"token-bucket\", rate = \"0.0001/s\", burst = 1 }}"
        );
        one_service(&format!("{EVERY_TEN}\n{hedge}"), &service)
    };
    for (hints, after, amplification, latency) in
        [("ignore", "3s", 2.8, 0.0), ("exactly", "3s", 2.8, 5.4), ("exactly", "never", 1.0, 0.0)]
    {
        let expected = [("client.c/amplification", amplification), ("client.c/latency_all_mean", latency)];
        expect(101, &parts(hints, after), &expected);
    }
}

#[test]
fn tied_copies_stop_one_another() {
    let client = |rule: &str| format!("{THREE}\n{rule}");
    let service = "demand = \"2s\"\nreplicas = 2\nspeed = [0.5, 1]";
    // From 0 s to 4 s, from 1 s to 3 s; the third waits at the first replica from 2 s to 4 s.
    expect(100, &one_service(&client(""), service), &[("client.c/latency_mean", 4.0)]);
    // Its copy waits at the second from 2.5 s on, begins at 3 s and takes the other out of its queue.
    let rule = "hedge = { policy = \"tied\", delay = \"500ms\" }";
    let expected = [
        ("client.c/latency_mean", 3.0),
        ("client.c/amplification", 4.0 / 3.0),
        ("service.s/wasted_work_ratio", 0.0),
        ("service.s/throughput", 0.03),
    ];
    expect(100, &one_service(&client(rule), service), &expected);
}

#[test]
fn what_must_not_be_done_twice_is_tried_again_only_if_it_was_not_begun() {
    let retry = |keys: &str| format!("retry = {{ policy = \"fixed\", attempts = 3{keys} }}");
    expect(101, &failing(&retry("")), &[("client.c/amplification", 3.0)]);
    let harmful = |keys: &str| format!("{}\nidempotent = \"0%\"", retry(keys));
    expect(101, &failing(&harmful("")), &[("client.c/amplification", 1.0)]);
    expect(101, &failing(&harmful(", only_idempotent = false")), &[("client.c/amplification", 3.0)]);
    // The queue is full: nothing was begun.
    let client = format!("{THREE}\nidempotent = \"0%\"\n{}", retry(", delay = \"2500ms\""));
    let parts = one_service(&client, "demand = \"2s\"\nqueue = { policy = \"fifo\", capacity = 0 }");
    // The second is refused at 1 s and at 3.5 s, and served from 6 s on; the third begins at 2 s.
    expect(100, &parts, &[("client.c/latency_mean", (2.0 + 7.0 + 2.0) / 3.0)]);
}

#[test]
fn only_the_layer_next_to_a_failure_tries_again() {
    let parts = |layer: &str| {
        let retry = format!("retry = {{ policy = \"fixed\", attempts = 3, layer = \"{layer}\" }}");
        format!(
            "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\n{retry}\n[service.a]\ncalls = \"b\"\n{retry}\n[service.b]\n{FAILING}\n"
        )
    };
    expect(101, &parts("any"), &[("service.b/failures_error", 90.0), ("service.a/failures_error", 30.0)]);
    expect(101, &parts("nearest"), &[("service.b/failures_error", 30.0), ("service.a/failures_error", 10.0)]);
}

#[test]
fn a_fallback_takes_the_place_of_a_call_that_failed() {
    let client =
        |rule: &str| one_service(&format!("{EVERY_TEN}\n{rule}"), &format!("{FAILING}\ndemand = \"1s\""));
    let answered = [
        ("client.c/availability_request", 1.0),
        ("client.c/latency_mean", 3.0),
        ("client.c/fallbacks", 10.0),
    ];
    expect(101, &client("fallback = { time = \"2s\" }"), &answered);
    let cached = client("fallback = { service = \"cache\" }") + "[service.cache]\ndemand = \"2s\"\n";
    expect(101, &cached, &answered);
    let other = client("fallback = { time = \"2s\", on = [\"timeout\"] }");
    expect(101, &other, &[("client.c/failures_error", 10.0)]);
    // A deadline leaves no time for another service, but for an answer of one's own.
    let slow =
        |rule: &str| one_service(&format!("{EVERY_TEN}\ndeadline = \"1s\"\n{rule}"), "demand = \"9s\"");
    expect(101, &slow("fallback = { time = \"2s\" }"), &answered);
    let late = slow("fallback = { service = \"cache\" }") + "[service.cache]\ndemand = \"2s\"\n";
    expect(101, &late, &[("client.c/failures_deadline", 10.0)]);
    // A service has fallbacks too.
    let behind = format!(
        "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\n[service.a]\ncalls = [{{ service = \"b\", fallback = {{ time = \"1s\" }} }}]\n\
         [service.b]\n{FAILING}\n"
    );
    expect(101, &behind, &[("client.c/latency_mean", 1.0), ("service.a/fallbacks", 10.0)]);
}

#[test]
fn a_replica_refuses_what_is_too_much() {
    let service = |rule: &str| format!("demand = \"10s\"\nconcurrency = \"unlimited\"\nadmission = {rule}");
    // Two of ten find room for their ten seconds.
    let limited = one_service(HUNDRED, &service("{ policy = \"concurrency\", limit = 2 }"));
    let expected = [
        ("client.c/failures_throttled", 80.0),
        ("service.s/failures_throttled", 80.0),
        ("client.c/amplification", 1.0),
    ];
    expect(101, &limited, &expected);
    // The limit begins at one and would have to be in use by half to grow: each answer adds one to it.
    let rule = "{ policy = \"aimd\", initial = 1, minimum = 1, maximum = 2, slow_after = \"1min\" }";
    let parts = one_service(HUNDRED, &service(rule));
    // The first alone from 1 s to 11 s, then two at 11 s and 12 s, 21 s and 22 s, ... 91 s and 92 s.
    expect(101, &parts, &[("client.c/failures_shed", 81.0), ("client.c/latency_mean", 10.0)]);
}

#[test]
fn the_least_important_are_refused_first() {
    let shares = "shares = [\"100%\", \"50%\"]";
    let service = format!(
        "demand = \"10s\"\nconcurrency = \"unlimited\"\nadmission = {{ policy = \"priority-shedding\", limit = 4, {shares} }}"
    );
    let client = |name: &str, priority: u32, first: &str| {
        format!(
            "[client.{name}]\ncalls = \"s\"\npriority = {priority}\narrival = {{ process = \"replay\", file = \"{first}.csv\", column = \"second\" }}\n"
        )
    };
    let parts = client("high", 0, "three") + &client("low", 1, "three") + "[service.s]\n" + &service + "\n";
    // High, low, high: the second and third of the low find two and three inside; four are never reached.
    expect(100, &parts, &[("client.low/failures_shed", 2.0), ("client.high/latency_mean", 10.0)]);
}

#[test]
fn a_standing_queue_sheds() {
    let service = |policy: &str| {
        one_service(
            "arrival = { process = \"renewal\", between = \"1s\" }",
            &format!("demand = \"2s\"\nqueue = {policy}"),
        )
    };
    let delayed = service("{ policy = \"controlled-delay\", target = \"3s\", interval = \"4s\" }");
    // Ten requests at 1 s to 10 s are measured. A slot is free at 1 s, 3 s, 5 s, ...; the queue stands since 2 s. Those of
    // 1 s to 4 s wait for 0 s, 1 s, 2 s and 3 s; at 9 s that of 5 s has waited for 4 s and is shed, that of 6 s is served,
    // and so on.
    expect(
        11,
        &delayed,
        &[("client.c/failures_shed", 3.0), ("client.c/latency_mean", (2.0 + 3.0 + 4.0 + 4.0 * 5.0) / 7.0)],
    );
    let codel = service("{ policy = \"codel\", target = \"1s\", interval = \"3s\" }");
    // At 3 s one waits alone; at 5 s two do, and the first has waited too long: patience ends at 8 s. At 9 s that of 5 s
    // is shed, the next is due at 12 s; at 13 s that of 8 s, the next is due 3 / sqrt(2) s later, at 14.1 s; at 15 s that
    // of 10 s. The others waited for 0, 1, 2, 3, 3, 4 and 4 seconds.
    let expected = [("client.c/failures_shed", 3.0), ("client.c/latency_mean", 17.0 / 7.0 + 2.0)];
    expect(11, &codel, &expected);
}

#[test]
fn a_standing_queue_turns_around() {
    let parts = |interval: &str| {
        let queue = format!("queue = {{ policy = \"adaptive-lifo\", interval = \"{interval}\" }}");
        one_service(THREE, &format!("demand = \"4s\"\n{queue}"))
    };
    // At 4 s the queue has stood for three seconds, and the one that came last is served.
    expect(100, &parts("2s"), &[("client.c/latency_mean", 7.0), ("client.c/latency_max", 11.0)]);
    expect(100, &parts("3s"), &[("client.c/latency_mean", 7.0), ("client.c/latency_max", 10.0)]);
}

#[test]
fn a_balancer_may_have_to_choose_again() {
    let retry = |keys: &str| {
        let client =
            format!("{EVERY_TEN}\nretry = {{ policy = \"fixed\", attempts = 2, avoid = \"last\"{keys} }}");
        let weighted = "balancing = { policy = \"smooth-weighted-round-robin\", weights = [5, 1] }";
        one_service(&client, &format!("replicas = 2\n{weighted}"))
            + "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"0s\"\nlasts = \"1000s\"\n"
    };
    // The choices are a a a b a a, over and over, and a fails. The first request takes the first choice and, as the second is
    // to be avoided, the third; the second request takes b; then each takes three, of which b is the last every other time.
    let expected = [("client.c/failures_error", 5.0), ("client.c/amplification", 1.9)];
    expect(101, &retry(", reselect = 1"), &expected);
    // Left out of the choice, a is never tried twice.
    expect(101, &retry(""), &[("client.c/availability_request", 1.0)]);
}

#[test]
fn copies_of_one_call_go_to_different_replicas_whatever_its_rules() {
    for rule in ["", "deadline = \"10s\"", "bulkhead = 9"] {
        let parts = format!(
            "[client.c]\n{EVERY_TEN}\n{rule}\ncalls = {{ service = \"s\", count = 2 }}\n[service.s]\ndemand = \"1s\"\n\
             replicas = 2\nspeed = [1, 0.5]\nconcurrency = \"unlimited\"\n\
             balancing = {{ policy = \"smooth-weighted-round-robin\", weights = [5, 1] }}\n"
        );
        // The balancer would like the first replica five times of six, but one copy goes to the slow one.
        expect(101, &parts, &[("client.c/latency_mean", 2.0), ("client.c/amplification", 1.0)]);
    }
}

/// What a client of so many calls in turn sees with a bucket of `size` tenths of a token, to which each call adds one and from which
/// a retry takes ten, when each attempt fails with this probability: the share of calls answered well, and attempts for
/// each call. Worked out as a chain on the tenths that are left, from a full bucket.
fn bucket_of_tenths(size: usize, failing: f64, calls: u32) -> [f64; 2] {
    let (mut tokens, mut good, mut attempts) = (vec![0.0; size + 1], 0.0, 0.0);
    tokens[size] = 1.0;
    for _ in 0..calls {
        // By what is left when the next attempt is made, and when the call is over.
        let (mut next, mut over) = (vec![0.0; size + 1], vec![0.0; size + 1]);
        (0..=size).for_each(|left| next[(left + 1).min(size)] += tokens[left]);
        for left in (0..=size).rev() {
            attempts += next[left];
            good += next[left] * (1.0 - failing);
            over[left] += next[left] * (1.0 - failing);
            let failed = next[left] * failing;
            match left.checked_sub(10) {
                Some(rest) => next[rest] += failed,
                None => over[left] += failed,
            }
        }
        tokens = over;
    }
    [good, attempts].map(|sum| sum / f64::from(calls))
}

#[test]
fn a_bucket_of_tokens_mends_what_its_chain_says() {
    // One client whose calls follow each other, as in the chain; 40 of them are as many independent repetitions.
    let client = |failing: f64| {
        format!(
            "[client.c]\ncalls = \"s\"\ninstances = 40\narrival = {{ process = \"poisson\", rate = \"400/s\" }}\n\
             retry = {{ policy = \"fixed\", delay = \"0s\", attempts = 100, budget = {{ policy = \"token-bucket\", size = 5, \
             deposit = 0.1 }} }}\n[service.s]\nconcurrency = \"unlimited\"\nerror_ratio = {failing}\n\
             balancing = {{ policy = \"round-robin\", balancers = \"caller\" }}\n"
        )
    };
    for (failing, published) in [(0.1, [0.985, 1.094]), (0.3, [0.770, 1.103]), (0.5, [0.551, 1.104])] {
        let wanted = bucket_of_tenths(50, failing, 1_000);
        let found = outcome_of("horizon = \"100s\"", &client(failing));
        let found =
            ["client.c/availability_request", "client.c/amplification"].map(|name| value(&found, name));
        // Four standard errors of 40,000 calls: those of a share, and those of a count that hardly varies since the tokens
        // are spent; where they are not, it varies as the retries do.
        let errors = [2.0 / 40_000_f64.sqrt(), 4.0 * (0.1_f64 / 40_000.0).sqrt()];
        for place in 0..2 {
            assert!((found[place] - wanted[place]).abs() < errors[place], "{failing}: {found:?}, {wanted:?}");
            assert!((published[place] - wanted[place]).abs() < 0.004, "{failing}: {wanted:?}");
        }
    }
    // Nothing is answered: what the bucket holds, and then what calls pay in, or nothing where answers pay.
    expect(101, &budgeted(9, "\"token-bucket\""), &[("client.c/amplification", 1.14)]);
    expect(
        101,
        &budgeted(9, "{ policy = \"token-bucket\", per = \"success\" }"),
        &[("client.c/amplification", 1.05)],
    );
    expect(
        101,
        &budgeted(9, "{ policy = \"token-bucket\", size = 30, cost = 3, deposit = 0 }"),
        &[("client.c/amplification", 1.1)],
    );
}

#[test]
fn a_breaker_for_retries_stops_no_first_attempt() {
    let stopping = |stops: &str| {
        failing(&format!(
            "retry = {{ policy = \"fixed\", attempts = 2, on = [\"error\"] }}\n\
             breaker = {{ policy = \"polly\", failure_ratio = 1.0, minimum = 2, open_for = \"1h\"{stops} }}"
        ))
    };
    // The first call and its retry open it.
    let open = [
        ("client.c/failures_error", 1.0),
        ("client.c/failures_breaker_open", 99.0),
        ("client.c/amplification", 0.02),
    ];
    expect(101, &stopping(""), &open);
    expect(101, &stopping(", stops = \"attempts\""), &open);
    let retries = [
        ("client.c/failures_error", 100.0),
        ("client.c/amplification", 1.01),
        ("service.s/failures_breaker_open", 99.0),
    ];
    expect(101, &stopping(", stops = \"retries\""), &retries);
    // Once it may try again, the retry of the request at 61 s decides, and so every minute.
    let again = stopping(", stops = \"retries\"").replace("1h", "30s");
    expect(101, &again, &[("client.c/failures_error", 100.0), ("client.c/amplification", 1.04)]);
    // The limit on the share of failures is the same as a budget.
    expect(101, &budgeted(2, "\"failure-ratio\""), &[("client.c/amplification", 1.0)]);
    expect(
        101,
        &budgeted(2, "{ policy = \"failure-ratio\", minimum = 11 }"),
        &[("client.c/amplification", 1.1)],
    );
    expect(
        101,
        &budgeted(2, "{ policy = \"failure-ratio\", failure_ratio = 1.0 }"),
        &[("client.c/amplification", 1.01)],
    );
}
