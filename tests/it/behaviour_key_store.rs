//! Idempotency keys that another service keeps, in small scenarios whose answers are known exactly.

use crate::behaviour::expect;

/// One request at 10 s to a service that works for 1 s, whose keys lie in a table that takes 100 ms each time.
fn stored(client: &str, service: &str, keys: &str, more: &str) -> String {
    format!(
        "[client.c]\narrival = {{ process = \"renewal\", between = \"10s\" }}\ncalls = \"s\"\n{client}\n\
         [service.s]\ndemand = \"1s\"\nconcurrency = \"unlimited\"\neffects = true\n{service}\n\
         idempotency = {{ store = \"table\"{keys} }}\n\
         [service.table]\ndemand = \"100ms\"\neffects = true\nconcurrency = \"unlimited\"\n{more}"
    )
}

/// The table is down from an instant on for so long.
fn outage(at: &str, lasts: &str) -> String {
    format!("[fault.f]\nkind = \"crash\"\non = \"service.table\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n")
}

fn tries(attempts: u32, delay: &str) -> String {
    format!(
        "timeout = \"500ms\"\nretry = {{ policy = \"fixed\", attempts = {attempts}, delay = \"{delay}\" }}"
    )
}

#[test]
fn a_store_is_asked_before_the_work_and_written_to_after_it() {
    let wanted = [
        ("client.c/latency_mean", 1.2),
        ("service.s/service_mean", 1.2),
        ("service.s/effects", 1.0),
        ("service.table/effects", 2.0),
    ];
    expect(11, &stored("", "", "", ""), &wanted);
    // Its other calls come between.
    let pay = "[service.pay]\ndemand = \"200ms\"\n";
    expect(11, &stored("", "calls = \"pay\"", "", pay), &[("client.c/latency_mean", 1.4)]);
    // The way there and back counts as with any call, and a look that takes longer than that is given up.
    let slow = stored("", "", ", timeout = \"50ms\"", "");
    expect(11, &slow, &[("client.c/latency_all_mean", 0.05), ("service.s/effects", 0.0)]);
    // A slot is held all the while.
    let one = stored("", "", "", "").replacen("concurrency = \"unlimited\"", "concurrency = 1", 1);
    expect(21, &one, &[("service.s/utilisation", 2.2 / 21.0)]);
}

#[test]
fn what_counts_is_what_stands_there_when_the_answer_comes() {
    // Written at 11.2 s; the second try asks from 12.5 s to 12.6 s.
    let answered = [
        ("client.c/latency_mean", 2.6),
        ("service.s/duplicate_effects", 0.0),
        ("service.s/suppressed", 1.0),
        ("service.table/effects", 3.0),
    ];
    expect(11, &stored(&tries(2, "2s"), "", "", ""), &answered);
    // From 11.15 s to 11.25 s.
    let just = [("client.c/latency_mean", 1.25), ("service.s/suppressed", 1.0)];
    expect(11, &stored(&tries(2, "650ms"), "", "", ""), &just);
    // From 11.05 s to 11.15 s: the work is done, and its record is not written.
    let refused = [("client.c/failures_conflict", 1.0), ("service.s/effects", 1.0)];
    expect(11, &stored(&tries(2, "550ms"), "", "", ""), &refused);
    // A record that has expired says nothing.
    let expired = [("service.s/duplicate_effects", 1.0), ("service.s/suppressed", 0.0)];
    expect(11, &stored(&tries(2, "2s"), "", ", expires_after = \"1s\"", ""), &expired);
}

#[test]
fn a_store_out_of_reach_fails_the_attempt_or_lets_it_go_on_without_a_key() {
    let down = outage("5s", "30s");
    let fails = [("client.c/failures_error", 1.0), ("service.s/effects", 0.0)];
    expect(11, &stored("", "", "", &down), &fails);
    let goes_on =
        [("client.c/latency_mean", 1.0), ("service.s/effects", 1.0), ("service.table/failures_connect", 1.0)];
    expect(11, &stored("", "", ", on_failure = \"proceed\"", &down), &goes_on);
    // Nobody knows of the first try.
    let twice = stored(&tries(2, "2s"), "", ", on_failure = \"proceed\"", &down);
    expect(11, &twice, &[("service.s/duplicate_effects", 1.0), ("service.s/suppressed", 0.0)]);
}

#[test]
fn an_answer_that_is_not_written_down_leaves_its_record_in_progress() {
    let down = outage("10500ms", "1s");
    let again = "retry = { policy = \"fixed\", attempts = 3, delay = \"1s\" }";
    let keys = ", in_progress_expires_after = \"3s\"";
    // Done at 11.1 s and not written; refused at 12.2 s; done once more from 13.3 s to 14.3 s, and written.
    let wanted = [
        ("client.c/latency_mean", 4.4),
        ("service.s/duplicate_effects", 1.0),
        ("service.s/failures_conflict", 1.0),
        ("service.s/failures_error", 1.0),
    ];
    expect(11, &stored(again, "", keys, &down), &wanted);
    let goes_on = format!("{keys}, on_failure = \"proceed\"");
    let wanted = [("client.c/latency_mean", 1.1), ("service.s/duplicate_effects", 0.0)];
    expect(11, &stored(again, "", &goes_on, &down), &wanted);
}

#[test]
fn work_that_fails_takes_its_record_back() {
    let again = "retry = { policy = \"fixed\", attempts = 2, delay = \"1s\" }";
    let erring = stored(again, "error_ratio = \"100%\"", "", "");
    let wanted = [("client.c/latency_all_mean", 2.0 * 1.2 + 1.0), ("service.table/effects", 4.0)];
    expect(11, &erring, &wanted);
    // A call of its own fails: nothing has happened.
    let pay = "[service.pay]\ndemand = \"200ms\"\nerror_ratio = \"100%\"\n";
    let wanted = [("service.s/effects", 0.0), ("client.c/latency_all_mean", 2.0 * 1.4 + 1.0)];
    expect(11, &stored(again, "calls = \"pay\"", "", pay), &wanted);
}

#[test]
fn work_that_starts_anew_asks_anew() {
    let crash = |at: &str, rule: &str| {
        format!(
            "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"{at}\"\nlasts = \"1s\"\nin_service = \"{rule}\"\n"
        )
    };
    // It asked, worked for half of its time, and does all of that again.
    let wanted = [("client.c/latency_mean", 1.6 + 1.2), ("service.table/effects", 3.0)];
    expect(11, &stored("", "", "", &crash("10600ms", "restarted")), &wanted);
    // What goes on where it was asks once.
    let wanted = [("client.c/latency_mean", 2.2), ("service.table/effects", 2.0)];
    expect(11, &stored("", "", "", &crash("10600ms", "resumed")), &wanted);
    // The answer of the store comes while its replica hangs.
    let hang = "[fault.f]\nkind = \"hang\"\non = \"service.s\"\nat = \"10050ms\"\nlasts = \"1s\"\n";
    expect(11, &stored("", "", "", hang), &[("client.c/latency_mean", 1.05 + 1.1)]);
}
