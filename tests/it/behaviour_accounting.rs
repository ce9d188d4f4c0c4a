//! What repetition adds up to, in small scenarios without randomness, whose answers are known exactly.

use crate::behaviour::{EVERY_TEN, THREE, expect, one_service};

/// A service that answers every attempt with an error at once.
const FAILING: &str = "error_ratio = \"100%\"";

/// A client and services `a`, `b` and `c` in a row, each with these keys.
fn three_tiers(client: &str, [a, b, c]: [&str; 3]) -> String {
    format!(
        "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\n{client}\n[service.a]\ncalls = \"b\"\n{a}\n\
         [service.b]\ncalls = \"c\"\n{b}\n[service.c]\n{c}\n"
    )
}

/// Amplification at each of three tiers.
fn amplification([a, b, c]: [f64; 3]) -> [(&'static str, f64); 3] {
    ["service.a/amplification", "service.b/amplification", "service.c/amplification"]
        .into_iter()
        .zip([a, b, c])
        .collect::<Vec<_>>()
        .try_into()
        .expect("three of three")
}

#[test]
fn retries_of_all_tiers_multiply() {
    for more in ["", "deadline = \"1h\"", "bulkhead = 9"] {
        let rule = format!("{more}\nretry = {{ policy = \"fixed\", attempts = 3 }}");
        let parts = three_tiers(&rule, [&rule, &rule, FAILING]);
        expect(101, &parts, &amplification([3.0, 9.0, 27.0]));
        // One tier alone adds its own attempts to what lies below it.
        expect(101, &three_tiers(&rule, ["", "", FAILING]), &amplification([3.0, 3.0, 3.0]));
        expect(101, &three_tiers("", ["", &rule, FAILING]), &amplification([1.0, 1.0, 3.0]));
    }
    let nearest = "retry = { policy = \"fixed\", attempts = 3, layer = \"nearest\" }";
    expect(101, &three_tiers(nearest, [nearest, nearest, FAILING]), &amplification([1.0, 1.0, 3.0]));
    expect(101, &three_tiers("", ["", "", FAILING]), &amplification([1.0, 1.0, 1.0]));
}

#[test]
fn a_tier_sees_the_retries_that_reach_it() {
    let rule = "retry = { policy = \"fixed\", attempts = 2 }";
    let parts = three_tiers(rule, ["replicas = 3", "", ""])
        + "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.a.1\"\nat = \"0s\"\nlasts = \"1000s\"\n";
    // Two tries at replicas 1 and 2, one at replica 3, and so on. The first replica calls nobody, so that every other call
    // of those below comes of a retry.
    expect(101, &parts, &amplification([1.5, 2.0, 2.0]));
    // What is passed on is no try of its own.
    let passed = format!(
        "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\n{rule}\n[service.a]\nnext = [{{ service = \"b\" }}]\n[service.b]\n{FAILING}\n"
    );
    expect(101, &passed, &[("service.a/amplification", 2.0), ("service.b/amplification", 2.0)]);
}

#[test]
fn copies_count_as_tries_and_what_is_stopped_does_not_count() {
    let hedged = format!("{EVERY_TEN}\nhedge = {{ policy = \"fixed\", delay = \"2s\" }}");
    let two = "demand = \"1s\"\nconcurrency = \"unlimited\"\nreplicas = 2\nspeed = [0.125, 1]";
    // Every other request goes to the slow replica and is copied.
    expect(101, &one_service(&hedged, two), &[("service.s/amplification", 1.5)]);
    let broken = "arrival = { process = \"renewal\", between = \"1s\" }\n\
                  breaker = { policy = \"polly\", failure_ratio = 1.0, minimum = 4, open_for = \"1h\" }";
    // Four errors open the breaker, and 96 requests reach nobody.
    expect(101, &one_service(broken, FAILING), &[("service.s/amplification", 0.04)]);
    // A fallback is a first try of its own.
    let other = one_service(&format!("{EVERY_TEN}\nfallback = {{ service = \"t\" }}"), FAILING)
        + "[service.t]\ndemand = \"1s\"\n";
    expect(101, &other, &[("service.s/amplification", 1.0), ("service.t/amplification", 1.0)]);
}

#[test]
fn work_is_wasted_that_is_broken_off_or_given_up() {
    // Lost in a crash after three seconds of eight; its second try needs all eight.
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"13s\"\nlasts = \"1s\"\n";
    let client = "arrival = { process = \"renewal\", between = \"10s\" }\n\
                  retry = { policy = \"fixed\", delay = \"2s\", attempts = 2 }";
    let lost = one_service(client, "demand = \"8s\"") + crash;
    expect(11, &lost, &[("service.s/wasted_work_ratio", 3.0 / 11.0), ("client.c/goodput", 1.0 / 11.0)]);
    // The first of three is served in time. The second is given up at 5 s while it waits, the third at 6 s; both are
    // served later all the same, of three times two seconds four for nobody.
    let waiting = one_service(&format!("{THREE}\ntimeout = \"2500ms\""), "demand = \"2s\"");
    expect(100, &waiting, &[("service.s/wasted_work_ratio", 2.0 / 3.0)]);
    let cancelled =
        one_service(&format!("{THREE}\ntimeout = \"2500ms\"\non_timeout = \"cancel\""), "demand = \"2s\"");
    // The second begins at 2 s and is broken off at 3.5 s; the third begins then and is broken off at 4.5 s.
    expect(100, &cancelled, &[("service.s/wasted_work_ratio", 2.5 / 4.5)]);
}

#[test]
fn a_caller_that_was_given_up_still_uses_what_it_asked_for() {
    let tiers = |rule: &str| {
        format!(
            "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\ntimeout = \"3s\"\non_timeout = \"{rule}\"\n\
             [service.a]\ndemand = \"1s\"\ncalls = [{{ service = \"b\", on_timeout = \"{rule}\" }}]\n\
             [service.b]\ndemand = \"7s\"\n"
        )
    };
    let abandoned = [("service.a/wasted_work_ratio", 1.0), ("service.b/wasted_work_ratio", 0.0)];
    expect(101, &tiers("abandon"), &abandoned);
    let cancelled = [("service.a/wasted_work_ratio", 1.0), ("service.b/wasted_work_ratio", 1.0)];
    expect(101, &tiers("cancel"), &cancelled);
}
