//! Gateways in small scenarios without randomness, whose answers are known exactly.

use ninefold::measure::metric::Quantity;

use crate::behaviour::{EVERY_TEN, outcome, value};

/// The number that a metric counts; results do not list what never happened.
fn count(outcome: &ninefold::experiment::Outcome, metric: &str) -> f64 {
    let (scope, name) = metric.split_once('/').unwrap();
    assert!(Quantity::parse(name).is_some(), "there is no {metric}");
    let listed = outcome.values.iter().any(|one| &*one.scope == scope && &*one.metric == name);
    if listed { value(outcome, metric) } else { 0.0 }
}

/// A count, which sums of decimals may miss by rounding.
fn whole(number: f64) -> i64 {
    assert!((number - number.round()).abs() < 1e-6, "{number}");
    number.round() as i64
}

/// Requires metrics to be exactly so, but for the rounding of sums.
fn expect(horizon: u32, parts: &str, expected: &[(&str, f64)]) {
    let outcome = outcome(horizon, parts);
    for (metric, wanted) in expected {
        let found = count(&outcome, metric);
        assert!(
            (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
            "{metric} is {found}, not {wanted}, in\n{parts}"
        );
    }
}

/// A client with requests at 10 ms, 20 ms, and so on, that asks a gateway for one path.
const HUNDRED_A_SECOND: &str = r#"
[client.c]
arrival = { process = "renewal", between = "10ms" }
calls = [{ service = "front", path = "/orders/7" }]
"#;

/// A service that is never busy and takes no time.
const FREE: &str = "concurrency = \"unlimited\"";

/// A gateway with one route to a service, and further keys of the gateway.
fn front(keys: &str, service: &str) -> String {
    format!(
        "[gateway.front]\nroutes = [{{ prefix = \"/orders\", service = \"orders\" }}]\n{keys}\n[service.orders]\n{service}\n"
    )
}

/// How many of so many attempts a bucket lets in when `gap` parts come between two of them and a token has `token` parts.
fn admitted(arrivals: u64, burst: u64, gap: u64, token: u64) -> u64 {
    let (mut level, mut count) = (burst * token, 0);
    for _ in 0..arrivals {
        if level >= token {
            level -= token;
            count += 1;
        }
        level = (level + gap).min(burst * token);
    }
    count
}

#[test]
fn a_throttle_lets_in_its_burst_and_then_its_rate() {
    // 999 requests before 10 s, and a token every 25 ms: 10 ms bring two fifths of one.
    let parts = HUNDRED_A_SECOND.to_owned() + &front("throttle = { rate = \"40/s\", burst = 20 }", FREE);
    let let_in = admitted(999, 20, 2, 5);
    // No token is ever lost: the bucket is full only before the first request.
    assert_eq!(let_in, 20 + 998 * 2 / 5);
    let expected = [
        ("client.c/requests", 999.0),
        ("client.c/failures_throttled", (999 - let_in) as f64),
        ("service.front/failures_throttled", (999 - let_in) as f64),
        ("service.front/throughput", let_in as f64 / 10.0),
        ("service.orders/throughput", let_in as f64 / 10.0),
    ];
    expect(10, &parts, &expected);
}

#[test]
fn a_bucket_of_a_route_leaves_the_others_alone() {
    let parts = r#"
[client.c]
arrival = { process = "renewal", between = "10ms" }
calls = [
  { service = "front", path = "/orders/7", step = 1 },
  { service = "front", path = "/users/7", step = 2, optional = true },
]
[gateway.front]
routes = [{ prefix = "/orders", service = "orders" }]
[route.users]
gateway = "front"
prefix = "/users/{id}"
service = "users"
throttle = { rate = "10/s", burst = 3 }
[service.orders]
concurrency = "unlimited"
[service.users]
concurrency = "unlimited"
"#;
    let let_in = admitted(999, 3, 1, 10);
    let expected = [
        ("client.c/failures_throttled", 0.0),
        ("service.orders/throughput", 99.9),
        ("service.users/throughput", let_in as f64 / 10.0),
        ("service.front/failures_throttled", (999 - let_in) as f64),
    ];
    expect(10, parts, &expected);
}

/// Two clients, one with twice as many requests, and two gateways to one service.
fn two(gateways: [&str; 2], rest: &str) -> String {
    let client = |name: &str, between: &str, gateway: &str| {
        format!(
            "[client.{name}]\narrival = {{ process = \"renewal\", between = \"{between}\" }}\n\
             calls = [{{ service = \"{gateway}\", path = \"/\" }}]\n"
        )
    };
    let gateway = |name: &str, keys: &str| {
        format!("[gateway.{name}]\nroutes = [{{ prefix = \"/\", service = \"s\" }}]\n{keys}\n")
    };
    let [one, other] = gateways;
    let clients = client("slow", "20ms", "one") + &client("fast", "10ms", "one");
    let third = client("third", "20ms", "other");
    format!(
        "{clients}{third}{}{}[service.s]\nconcurrency = \"unlimited\"\n{rest}",
        gateway("one", one),
        gateway("other", other)
    )
}

#[test]
fn each_client_has_a_bucket_of_its_own() {
    let parts = two(["client_throttle = { rate = \"50/s\", burst = 5 }", ""], "");
    // 20 ms are a token: the slow client gets all, the fast one its burst and half of what follows.
    let fast = admitted(999, 5, 1, 2);
    let expected = [
        ("client.slow/failures_throttled", 0.0),
        ("client.fast/failures_throttled", (999 - fast) as f64),
        ("client.third/failures_throttled", 0.0),
    ];
    expect(10, &parts, &expected);
}

#[test]
fn an_account_has_one_bucket_for_its_gateways() {
    let account = "account = \"main\"";
    let parts = two([account, account], "[account.main]\nrate = \"1/s\"\nburst = 100\n");
    // A hundred tokens and one a second: 999 + 2 x 499 requests in 10 s find 109, the tenth second being over only then.
    let outcome = outcome(10, &parts);
    let let_in =
        |client: &str, all: f64| all - count(&outcome, &format!("client.{client}/failures_throttled"));
    assert_eq!(whole(let_in("slow", 499.0) + let_in("fast", 999.0) + let_in("third", 499.0)), 109);
    assert!(let_in("third", 499.0) > 20.0, "it has its part of them");
}

#[test]
fn a_request_takes_a_token_of_each_bucket_or_of_none() {
    // Of two a second at the gateway the clients' bucket lets one through; what it refuses costs the gateway no token.
    let keys = "throttle = { rate = \"1/s\", burst = 10 }\nclient_throttle = { rate = \"1/s\", burst = 1 }";
    let parts = two([keys, ""], "");
    let outcome = outcome(10, &parts);
    let let_in =
        |client: &str, all: f64| all - count(&outcome, &format!("client.{client}/failures_throttled"));
    // Two clients with a token a second, ten of each in 10 s: the gateway has ten and nine more.
    assert_eq!(whole(let_in("slow", 499.0) + let_in("fast", 999.0)), 19);
}

#[test]
fn its_latency_adds_up() {
    let parts = format!("[client.c]\ncalls = [{{ service = \"front\", path = \"/orders\" }}]\n{EVERY_TEN}\n")
        + &front("latency = \"30ms\"\nauthorise = \"auth\"", "demand = \"500ms\"")
        + "[service.auth]\ndemand = \"20ms\"\n[network]\nwithin_zone = \"1ms\"\n";
    // Six messages of a millisecond: to the gateway, to who authorises, to the service, and back.
    let expected = [
        ("client.c/latency_mean", 0.556),
        ("service.front/service_mean", 0.03),
        ("service.front/sojourn_mean", 0.554),
        ("service.auth/throughput", 0.09),
    ];
    expect(100, &parts, &expected);
}

#[test]
fn a_timeout_leaves_the_work_behind_running() {
    let slow = |keys: &str| {
        format!("[client.c]\ncalls = [{{ service = \"front\", path = \"/orders\" }}]\n{EVERY_TEN}\n")
            + &front(keys, "demand = \"8s\"")
    };
    // Nine requests fail after three seconds, and each is worked on for eight.
    let expected = [
        ("client.c/failures_error", 9.0),
        ("client.c/latency_all_mean", 3.0),
        ("service.front/failures_error", 9.0),
        ("service.orders/failures_timeout", 9.0),
        ("service.orders/wasted_work_ratio", 1.0),
        ("service.orders/utilisation", 0.72),
    ];
    expect(100, &slow("timeout = \"3s\""), &expected);
    let stopped = [("client.c/failures_error", 9.0), ("service.orders/utilisation", 0.27)];
    expect(100, &slow("timeout = \"3s\"\non_timeout = \"cancel\""), &stopped);
    // The time of a route goes before that of its gateway.
    let route = "[gateway.front]\ntimeout = \"3s\"\n\
                 routes = [{ prefix = \"/orders\", service = \"orders\", timeout = \"9s\" }]\n\
                 [service.orders]\ndemand = \"8s\"\n";
    let parts =
        format!("[client.c]\ncalls = [{{ service = \"front\", path = \"/orders\" }}]\n{EVERY_TEN}\n{route}");
    expect(100, &parts, &[("client.c/failures_error", 0.0), ("client.c/latency_mean", 8.0)]);
}

#[test]
fn the_presets_wait_as_long_as_their_system() {
    let at = |preset: &str, demand: &str, failures: f64| {
        let client = "[client.c]\ncalls = [{ service = \"front\", path = \"/orders\" }]\n\
             arrival = { process = \"renewal\", between = \"50s\" }\n";
        let parts =
            client.to_owned() + &front(&format!("preset = \"{preset}\""), &format!("demand = \"{demand}\""));
        expect(100, &parts, &[("client.c/failures_error", failures)]);
    };
    at("aws-api-gateway", "28900ms", 0.0);
    at("aws-api-gateway", "29500ms", 1.0);
    at("aws-api-gateway-http", "29500ms", 0.0);
    at("aws-api-gateway-http", "30500ms", 1.0);
}

#[test]
fn who_fails_to_authorise_fails_the_request() {
    let parts = |auth: &str| {
        format!("[client.c]\ncalls = [{{ service = \"front\", path = \"/orders\" }}]\n{EVERY_TEN}\n")
            + &front("authorise = { service = \"auth\", timeout = \"1s\" }", FREE)
            + &format!("[service.auth]\n{auth}\n")
    };
    let expected = [
        ("client.c/failures_error", 9.0),
        ("service.auth/failures_error", 9.0),
        ("service.orders/throughput", 0.0),
    ];
    expect(100, &parts("error_ratio = 1"), &expected);
    let expected = [
        ("client.c/failures_error", 9.0),
        ("client.c/latency_all_mean", 1.0),
        ("service.auth/failures_timeout", 9.0),
        ("service.orders/throughput", 0.0),
    ];
    expect(100, &parts("demand = \"2s\""), &expected);
}

#[test]
fn what_is_not_allowed_is_a_client_error_and_goes_no_further() {
    let parts = |denied: &str| {
        HUNDRED_A_SECOND.to_owned()
            + &front(&format!("authorise = {{ service = \"auth\", denied = \"{denied}\" }}"), FREE)
            + "[service.auth]\nconcurrency = \"unlimited\"\ndemand = \"5ms\"\n"
    };
    let all = [
        ("client.c/failures_client_error", 999.0),
        ("client.c/availability_request", 1.0),
        ("client.c/goodput", 0.0),
        ("client.c/latency_all_mean", 0.005),
        ("service.front/denied", 999.0),
        ("service.auth/failures_client_error", 0.0),
        ("service.auth/throughput", 99.9),
        ("service.orders/throughput", 0.0),
    ];
    expect(10, &parts("100%"), &all);
    // Each request draws by itself: five standard errors of 999 draws.
    let outcome = outcome(10, &parts("30%"));
    let denied = count(&outcome, "service.front/denied");
    assert!((denied - 299.7).abs() < 5.0 * (999.0_f64 * 0.21).sqrt(), "{denied}");
    assert_eq!(whole(denied), whole(count(&outcome, "client.c/failures_client_error")));
    assert_eq!(999 - whole(denied), whole(value(&outcome, "service.orders/throughput") * 10.0));
}

#[test]
fn the_service_behind_answers_what_is_wrong_in_itself() {
    let parts = format!(
        "[client.c]\ninvalid = 1\ncalls = [{{ service = \"front\", path = \"/orders\" }}]\n{EVERY_TEN}\n"
    ) + &front("latency = \"1s\"\nauthorise = \"auth\"", "demand = \"2s\"\ncalls = \"db\"")
        + "[service.auth]\ndemand = \"3s\"\n[service.db]\ndemand = \"7s\"\n";
    let expected = [
        ("client.c/failures_client_error", 9.0),
        ("client.c/latency_all_mean", 6.0),
        ("service.orders/failures_client_error", 9.0),
        ("service.auth/failures_client_error", 0.0),
        ("service.db/throughput", 0.0),
    ];
    expect(100, &parts, &expected);
}

#[test]
fn paths_of_a_client_take_their_routes() {
    let parts = |calls: &str| {
        format!(
            r#"
[client.c]
arrival = {{ process = "renewal", between = "10ms" }}
calls = {calls}
paths = [
  {{ path = "/orders/7", share = 0.2 }},
  {{ path = "/orders", share = 0.3 }},
  {{ path = "/users/7/orders", share = 0.5 }},
]
[gateway.front]
routes = [{{ prefix = "/orders", service = "orders" }}, {{ prefix = "/users/{{id}}", service = "users" }}]
[service.orders]
concurrency = "unlimited"
[service.users]
concurrency = "unlimited"
[service.other]
concurrency = "unlimited"
"#
        )
    };
    let outcome_of = |calls: &str| {
        let outcome = outcome(10, &parts(calls));
        ["front", "orders", "users", "other"]
            .map(|service| value(&outcome, &format!("service.{service}/throughput")) * 10.0)
    };
    let is_near = |found: f64, wanted: f64| (found - wanted).abs() < 5.0 * 999.0_f64.sqrt() / 2.0;
    let [front, orders, users, other] = outcome_of("\"front\"");
    assert_eq!((front, orders + users, other), (999.0, 999.0, 0.0));
    assert!(is_near(orders, 499.5), "{orders}");
    // Half of them go elsewhere.
    let one = "[{ service = \"front\", probability = 0.5, choose = \"one\" }, { service = \"other\", probability = 0.5 }]";
    let [front, orders, users, other] = outcome_of(one);
    assert_eq!((front + other, orders + users), (999.0, front));
    assert!(is_near(other, 499.5) && is_near(orders, 249.75), "{other} {orders}");
    // A step of its own.
    let [front, orders, users, other] = outcome_of("[\"other\", { service = \"front\", step = 2 }]");
    assert_eq!((front, orders + users, other), (999.0, 999.0, 999.0));
}

#[test]
fn a_service_calls_through_a_gateway_too() {
    let parts = format!("[client.c]\ncalls = \"web\"\n{EVERY_TEN}\n")
        + "[service.web]\ndemand = \"1s\"\ncalls = [{ service = \"front\", path = \"/orders/1\" }]\n"
        + &front("latency = \"500ms\"", "demand = \"2s\"");
    expect(100, &parts, &[("client.c/latency_mean", 3.5), ("service.front/throughput", 0.09)]);
}

#[test]
fn a_gateway_outlives_a_zone() {
    let parts = r#"
[region.east]
zones = 3
[client.c]
arrival = { process = "renewal", between = "10s" }
calls = [{ service = "front", path = "/" }]
[gateway.front]
routes = [{ prefix = "/", service = "s" }]
[service.s]
replicas = 3
balancing = { policy = "round-robin", knowledge = "perfect" }
[fault.zone]
kind = "crash"
on = "zone.east.1"
at = "15s"
lasts = "40s"
"#;
    expect(100, parts, &[("client.c/availability_request", 1.0), ("service.front/availability_time", 1.0)]);
}

#[test]
fn whoever_stands_in_for_the_authoriser_lets_requests_through_on_each_route() {
    let client = |name: &str| {
        format!("[client.{name}]\n{EVERY_TEN}\ncalls = [{{ service = \"front\", path = \"/{name}\" }}]\n")
    };
    let parts = client("a")
        + &client("b")
        + "[gateway.front]\n\
           routes = [{ prefix = \"/a\", service = \"s\" }, { prefix = \"/b\", service = \"t\" }]\n\
           authorise = { service = \"auth\", fallback = { service = \"spare\" } }\n\
           [service.auth]\nerror_ratio = 1\n[service.spare]\n\
           [service.s]\ndemand = \"1s\"\n[service.t]\ndemand = \"2s\"\n";
    let expected = [
        ("client.a/availability_request", 1.0),
        ("client.a/latency_mean", 1.0),
        ("client.b/availability_request", 1.0),
        ("client.b/latency_mean", 2.0),
        ("service.t/service_mean", 2.0),
    ];
    expect(100, &parts, &expected);
}
