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

/// Requests at 10 s, 20 s, ... 100 s to a service with effects that works for three seconds, whose caller waits for two.
fn impatient(retry: &str, keys: &str) -> String {
    one_service(
        &format!("{EVERY_TEN}\ntimeout = \"2s\"\nretry = {{ policy = \"fixed\", {retry} }}"),
        &format!("demand = \"3s\"\nconcurrency = \"unlimited\"\neffects = true\n{keys}"),
    )
}

#[test]
fn what_is_tried_again_may_be_done_twice() {
    let twice = [
        ("service.s/effects", 20.0),
        ("service.s/duplicate_effects", 1.0),
        ("client.c/duplicate_effects", 1.0),
        ("client.c/failures_timeout", 10.0),
    ];
    for more in ["", "deadline = \"1h\"\n", "bulkhead = 9\n", "sessions = 2\n", "instances = 3\n"] {
        expect(101, &impatient("attempts = 2", "").replace("timeout =", &format!("{more}timeout =")), &twice);
    }
    let thrice = [("service.s/effects", 30.0), ("client.c/duplicate_effects", 2.0)];
    expect(101, &impatient("attempts = 3", ""), &thrice);
    // What is stopped in time, or answered with an error, has no effect.
    let stopped = impatient("attempts = 2", "").replace("timeout =", "on_timeout = \"cancel\"\ntimeout =");
    expect(101, &stopped, &[("service.s/effects", 0.0), ("client.c/duplicate_effects", 0.0)]);
    expect(101, &impatient("attempts = 2", FAILING), &[("service.s/effects", 0.0)]);
    // Copies on purpose are work of their own, and so are two calls.
    for calls in ["{ service = \"s\", count = 2 }", "[\"s\", \"s\"]"] {
        let parts = format!(
            "[client.c]\n{EVERY_TEN}\ncalls = {calls}\n[service.s]\ndemand = \"1s\"\nreplicas = 2\neffects = true\n"
        );
        expect(101, &parts, &[("service.s/effects", 20.0), ("client.c/duplicate_effects", 0.0)]);
    }
}

#[test]
fn copies_and_other_tiers_do_it_twice_too() {
    let hedged = |rule: &str| {
        let client = format!("{EVERY_TEN}\nhedge = {{ policy = \"fixed\", delay = \"1s\" }}\n{rule}");
        one_service(&client, "demand = \"3s\"\nreplicas = 2\nconcurrency = \"unlimited\"\neffects = true\n")
    };
    expect(101, &hedged(""), &[("client.c/duplicate_effects", 1.0), ("client.c/latency_mean", 3.0)]);
    expect(101, &hedged("on_timeout = \"cancel\""), &[("client.c/duplicate_effects", 0.0)]);
    let keyed = [
        ("client.c/duplicate_effects", 0.0),
        ("client.c/latency_mean", 3.0),
        ("service.s/failures_conflict", 10.0),
    ];
    expect(101, &(hedged("") + "idempotency = {}\n"), &keyed);
    // The shop pays at once and then needs too long for its caller; the second time it pays again.
    let nested = |keys: &str| {
        format!(
            "[client.c]\n{EVERY_TEN}\ncalls = \"shop\"\ntimeout = \"5s\"\nretry = {{ policy = \"fixed\", attempts = 2 }}\n\
             [service.shop]\nconcurrency = \"unlimited\"\ncalls = [\"pay\", {{ service = \"file\", step = 2 }}]\n\
             [service.pay]\ndemand = \"1s\"\nconcurrency = \"unlimited\"\neffects = true\n{keys}\n\
             [service.file]\ndemand = \"9s\"\nconcurrency = \"unlimited\"\n"
        )
    };
    let twice = [
        ("service.pay/duplicate_effects", 1.0),
        ("client.c/duplicate_effects", 1.0),
        ("service.pay/amplification", 2.0),
    ];
    expect(101, &nested(""), &twice);
    let once = [
        ("client.c/duplicate_effects", 0.0),
        ("service.pay/suppressed", 10.0),
        ("service.pay/service_mean", 0.5),
    ];
    expect(101, &nested("idempotency = {}"), &once);
    // What is passed on takes effect where it ends.
    let passed = impatient("attempts = 2", "")
        .replace("[service.s]", "[service.s]\nnext = [{ service = \"t\" }]")
        + "[service.t]\neffects = true\n";
    let expected = [("client.c/duplicate_effects", 2.0), ("service.t/duplicate_effects", 1.0)];
    expect(101, &passed, &expected);
}

#[test]
fn a_key_answers_what_was_done_and_refuses_what_is_in_progress() {
    let keys = "idempotency = { lookup = \"500ms\" }";
    // Done at 3.5 s; the second try looks from 4 s to 4.5 s.
    let answered = [
        ("client.c/latency_mean", 4.5),
        ("client.c/duplicate_effects", 0.0),
        ("service.s/effects", 10.0),
        ("service.s/suppressed", 10.0),
        ("service.s/service_mean", 2.0),
    ];
    expect(101, &impatient("attempts = 2, delay = \"2s\"", keys), &answered);
    // At 2.7 s the first is in progress; at 3.9 s it is done.
    let refused = [
        ("client.c/latency_mean", 4.4),
        ("client.c/amplification", 3.0),
        ("client.c/duplicate_effects", 0.0),
        ("service.s/failures_conflict", 10.0),
        ("service.s/suppressed", 10.0),
    ];
    expect(101, &impatient("attempts = 3, delay = \"700ms\"", keys), &refused);
    let given_up = [("client.c/failures_conflict", 10.0), ("client.c/latency_all_mean", 3.2)];
    expect(101, &impatient("attempts = 2, delay = \"700ms\"", keys), &given_up);
    // An error leaves nothing behind that could answer or refuse.
    let failing = impatient(
        "attempts = 3, delay = \"2s\"",
        "error_ratio = \"100%\"\nerror_time = \"1s\"\nidempotency = {}",
    );
    let expected = [("service.s/suppressed", 0.0), ("service.s/failures_error", 30.0)];
    expect(101, &failing, &expected);
}

#[test]
fn a_key_holds_as_long_as_its_record() {
    // Done at 3 s; the second try comes at 7 s.
    let late = |kept: &str| {
        let keys = format!("idempotency = {{ expires_after = \"{kept}\" }}");
        impatient("attempts = 2, delay = \"5s\"", &keys)
    };
    let held = [("client.c/duplicate_effects", 0.0), ("client.c/latency_mean", 7.0)];
    expect(101, &late("4001ms"), &held);
    let expired = [("client.c/duplicate_effects", 1.0), ("client.c/failures_timeout", 10.0)];
    expect(101, &late("4s"), &expired);
    // An attempt dies at 11 s and blocks its work until 14 s: the try at 13 s is refused, that at 15 s does it.
    let dead = |kept: &str, crash: &str| {
        let client = format!("{EVERY_TEN}\nretry = {{ policy = \"fixed\", delay = \"2s\", attempts = 3 }}");
        one_service(&client, &format!("demand = \"3s\"\neffects = true\nidempotency = {{ {kept} }}"))
            + &format!(
                "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"11s\"\nlasts = \"1s\"\n{crash}"
            )
    };
    let blocked = [("client.c/latency_mean", 8.0), ("service.s/failures_conflict", 1.0)];
    expect(11, &dead("in_progress_expires_after = \"4s\"", ""), &blocked);
    expect(11, &dead("", ""), &[("client.c/failures_conflict", 1.0), ("service.s/effects", 0.0)]);
    // Work that its replica starts anew is its own.
    let anew = [("client.c/latency_mean", 5.0), ("service.s/effects", 1.0)];
    expect(11, &dead("", "in_service = \"restarted\""), &anew);
}
