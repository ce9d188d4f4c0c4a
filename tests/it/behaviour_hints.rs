//! What services say about trying again when they refuse, in small scenarios whose answers are known exactly.

use crate::behaviour::{EVERY_TEN, THREE, expect, one_service};
use crate::behaviour_resilience::logged;

/// Requests at 0 s, 1 s and 2 s to a service that does one at a time for four seconds, without a queue.
fn full(retry: &str, hint: &str) -> String {
    one_service(
        &format!("{THREE}\n{retry}"),
        &format!("demand = \"4s\"\nqueue = {{ policy = \"fifo\", capacity = 0 }}\n{hint}"),
    )
}

#[test]
fn a_refusal_may_say_when_to_come_back() {
    let wait = |hints: &str, hint: &str, more: &str| {
        let retry = format!(
            "retry = {{ policy = \"fixed\", delay = \"1s\", attempts = 4, hints = \"{hints}\" }}\n{more}"
        );
        full(&retry, &format!("retry_after = \"{hint}\""))
    };
    for more in ["", "bulkhead = 9", "deadline = \"1h\""] {
        // The second comes again at 6 s, the third at 7 s and 12 s.
        let exact = [("client.c/latency_mean", (4.0 + 9.0 + 14.0) / 3.0), ("client.c/amplification", 2.0)];
        expect(100, &wait("exactly", "5s", more), &exact);
        // At most five seconds more than a second: at 7 s, and at 8 s and 14 s.
        let bounded = [("client.c/latency_mean", (4.0 + 10.0 + 16.0) / 3.0)];
        expect(100, &wait("aws", "1min", more), &bounded);
        // At least a second: at 2 s and so on to 4 s, when the first is done, after 7 s; the third at 3 s, 4 s and 5 s.
        let least = [("client.c/latency_mean", 5.5), ("client.c/failures_queue_full", 1.0)];
        expect(100, &wait("aws", "0s", more), &least);
        expect(100, &wait("ignore", "5s", more), &least);
        // Nobody waits for more than five minutes on a word of the service.
        expect(100, &wait("envoy", "301s", more), &least);
        let never = [("client.c/failures_queue_full", 2.0), ("client.c/amplification", 1.0)];
        expect(100, &wait("exactly", "never", more), &never);
        expect(100, &wait("ignore", "never", more), &least);
    }
}

#[test]
fn a_word_of_the_caller_itself_is_no_hint() {
    let client = format!(
        "{THREE}\nthrottle = {{ policy = \"token-bucket\", rate = \"0.1/s\", burst = 1 }}\n\
         retry = {{ policy = \"fixed\", delay = \"1s\", attempts = 2, hints = \"exactly\" }}"
    );
    let service =
        "demand = \"1s\"\nadmission = { policy = \"concurrency\", limit = 9 }\nretry_after = \"9s\"";
    // The second and third find no token, and none a second later; after nine seconds there would be one.
    expect(100, &one_service(&client, service), &[("client.c/failures_throttled", 2.0)]);
}

#[test]
fn after_a_hint_taken_exactly_waits_begin_anew() {
    let waits = |hints: &str| {
        let client = format!(
            "arrival = {{ process = \"renewal\", between = \"100s\" }}\n\
             retry = {{ policy = \"exponential\", base = \"1s\", cap = \"1min\", jitter = \"none\", attempts = 4, hints = \"{hints}\" }}"
        );
        let service = "error_ratio = \"100%\"\nretry_after = \"9500ms\"\n\
                       admission = { policy = \"token-bucket\", rate = \"0.1/s\", burst = 1 }";
        let lines = logged(101, &one_service(&client, service));
        let times = lines.iter().filter(|line| &line[1] == "attempt_sent").map(|line| line[0].to_owned());
        times.collect::<Vec<_>>()
    };
    // An error, a refusal with a word, an error, and a refusal again.
    let exact = ["100.000000000", "101.000000000", "110.500000000", "111.500000000"];
    assert_eq!(waits("exactly"), exact);
    // The waits of two and four seconds become waits of seven and nine.
    let bounded = ["100.000000000", "101.000000000", "108.000000000", "117.000000000"];
    assert_eq!(waits("aws"), bounded);
}

#[test]
fn overloaded_do_not_retry() {
    let parts = |hints: &str| {
        let retry = format!(
            "retry = {{ policy = \"fixed\", attempts = 3, layer = \"nearest\", hints = \"{hints}\" }}"
        );
        format!(
            "[client.c]\n{EVERY_TEN}\ncalls = \"a\"\n{retry}\n[service.a]\ncalls = \"b\"\n{retry}\n\
             [service.b]\nadmission = {{ policy = \"token-bucket\", rate = \"0.01/s\", burst = 1 }}\nretry_after = \"never\"\n"
        )
    };
    // The first request and, a hundred seconds later, the last find a token.
    let stopped = [("service.a/amplification", 1.0), ("service.b/amplification", 1.0)];
    expect(101, &parts("exactly"), &stopped);
    // Otherwise the layer next to the overload tries three times.
    let tried = [("service.a/amplification", 1.0), ("service.b/failures_throttled", 27.0)];
    expect(101, &parts("ignore"), &tried);
}

#[test]
fn a_copy_at_the_timeout_of_a_try_keeps_the_try() {
    // As Envoy's hedge_on_per_try_timeout: the first try is slower than the timeout and answers all the same.
    let client = format!("{EVERY_TEN}\ndeadline = \"9s\"\nhedge = {{ policy = \"fixed\", delay = \"2s\" }}");
    let service = "demand = \"1s\"\nreplicas = 2\nspeed = [0.4, 0.4]\nconcurrency = \"unlimited\"";
    let expected = [("client.c/latency_mean", 2.5), ("client.c/amplification", 2.0)];
    expect(101, &one_service(&client, service), &expected);
}
