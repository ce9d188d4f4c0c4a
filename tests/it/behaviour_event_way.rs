//! Messages between a queue and its consumer that are late or lost, in small scenarios whose answers are known exactly.

use crate::behaviour::{THREE, expect};

/// A request at 10 s for a queue with these keys, and who consumes it.
fn one(queue: &str, consumer: &str, more: &str) -> String {
    of(r#"arrival = { process = "schedule", at = ["10s"] }"#, queue, consumer, more)
}

/// The same for any client.
fn of(client: &str, queue: &str, consumer: &str, more: &str) -> String {
    format!(
        "[client.c]\ncalls = \"jobs\"\n{client}\n[queue.jobs]\n{queue}\n\
         [service.w]\nconsumes = {{ from = \"queue.jobs\" }}\n{consumer}\n{more}\n"
    )
}

/// A partition from here to there, or both ways.
fn cut([from, to]: [&str; 2], [at, lasts]: [&str; 2], more: &str) -> String {
    format!(
        "[fault.f]\nkind = \"partition\"\nfrom = \"{from}\"\nto = \"{to}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n{more}\n"
    )
}

const SLOW: &str = "[network]\nwithin_zone = \"100ms\"\n";

#[test]
fn messages_travel_to_their_consumer_and_word_of_them_back() {
    let expected = [
        ("client.c/latency_mean", 0.2),
        // Taken in after 0.1 s, there after 0.2 s, done after 2.2 s; the queue knows after 2.3 s.
        ("client.c/completion_latency_mean", 2.2),
        ("queue.jobs/age_mean", 2.2),
        ("service.w/service_mean", 2.0),
        ("queue.jobs/redeliveries", 0.0),
    ];
    expect(11, &one("", "demand = \"2s\"", SLOW), &expected);
    // What a function gets asynchronously stays within its platform.
    let parts = format!(
        "{SLOW}[client.c]\narrival = {{ process = \"schedule\", at = [\"10s\"] }}\n\
         calls = [{{ service = \"w\", invoke = \"async\" }}]\n\
         [service.w]\ndemand = \"2s\"\nfunction = {{ async = {{ accept = \"50ms\" }} }}\n"
    );
    let expected = [("client.c/latency_mean", 0.25), ("client.c/completion_latency_mean", 2.15)];
    expect(11, &parts, &expected);
}

#[test]
fn a_slot_is_kept_for_what_is_on_its_way() {
    // Three messages, one slot: the next one leaves when it is free, and so each waits for a delay more.
    let expected = [
        ("client.c/completion_latency_mean", (5.2 + 9.3 + 13.4) / 3.0),
        ("queue.jobs/redeliveries", 0.0),
        ("service.w/wait_max", 0.0),
    ];
    expect(100, &of(THREE, "visibility = \"6s\"", "demand = \"5s\"", SLOW), &expected);
}

#[test]
fn nobody_receives_from_behind_a_partition() {
    let between = cut(["queue.jobs", "service.w"], ["5s", "35s"], "");
    let expected = [
        ("client.c/completion_latency_mean", 32.0),
        ("queue.jobs/redeliveries", 0.0),
        ("service.w/amplification", 1.0),
    ];
    expect(11, &one("visibility = \"10s\"", "demand = \"2s\"", &between), &expected);
    // Pollers of a function neither.
    let function = "demand = \"2s\"\nfunction = {}\nstart = \"1s\"";
    let expected = [("client.c/completion_latency_mean", 33.0), ("queue.jobs/redeliveries", 0.0)];
    expect(11, &one("visibility = \"10s\"", function, &between), &expected);
}

#[test]
fn a_lost_message_is_received_again_after_its_visibility() {
    let lost = cut(["queue.jobs", "service.w"], ["5s", "35s"], "both = false");
    // Received at 10 s, 20 s and 30 s for nothing; at 40 s the way is free.
    let expected = [
        ("client.c/completion_latency_mean", 32.0),
        ("queue.jobs/redeliveries", 3.0),
        ("service.w/failures_partitioned", 3.0),
        ("service.w/messages_lost_ratio", 3.0 / 5.0),
        ("client.c/availability_request", 1.0),
    ];
    expect(11, &one("visibility = \"10s\"", "demand = \"2s\"", &lost), &expected);
    let function = "demand = \"2s\"\nfunction = {}";
    expect(11, &one("visibility = \"10s\"", function, &lost), &expected[..3]);
    // Receives that came to nothing count too.
    let keys = "visibility = \"10s\"\nmax_receives = 3\ndead_letter = \"queue.dead\"";
    let parts = one(keys, "demand = \"2s\"", &lost) + "[queue.dead]\n";
    let expected =
        [("queue.jobs/dead_lettered", 1.0), ("queue.jobs/age_max", 30.0), ("client.c/completed_ratio", 0.0)];
    expect(11, &parts, &expected);
    // A stream asks again after a second, and in its order.
    let lost = cut(["queue.jobs", "service.w"], ["5s", "7500ms"], "both = false");
    let stream = "visibility = \"none\"\norder = \"fifo\"\ngroups = 1";
    let expected = [("client.c/completion_latency_mean", 5.0), ("queue.jobs/redeliveries", 3.0)];
    expect(11, &one(stream, "demand = \"2s\"", &lost), &expected);
}

#[test]
fn work_of_which_word_is_lost_is_done_again() {
    // Done at 12 s; the queue gives the message out again at 20 s, but nobody can ask before 25 s.
    let lost = cut(["service.w", "queue.jobs"], ["11s", "14s"], "both = false");
    let expected = [
        ("client.c/completion_latency_mean", 2.0),
        ("queue.jobs/redeliveries", 1.0),
        ("queue.jobs/age_max", 17.0),
        ("queue.jobs/events_done", 1.0),
        ("service.w/effects", 2.0),
        ("service.w/duplicate_effects", 1.0),
    ];
    expect(11, &one("visibility = \"10s\"", "demand = \"2s\"\neffects = true", &lost), &expected);
}

#[test]
fn those_take_messages_who_can_ask() {
    let consumer = "demand = \"5s\"\nreplicas = 2";
    let region = "[region.east]\nzones = 2\n";
    let parts = of(THREE, "visibility = \"1min\"", consumer, region);
    expect(100, &parts, &[("client.c/completion_latency_mean", (5.0 + 5.0 + 8.0) / 3.0)]);
    // The queue is in the first zone, and so is one replica.
    let parts = parts + &cut(["zone.east.1", "zone.east.2"], ["0s", "1000s"], "");
    let expected =
        [("client.c/completion_latency_mean", (5.0 + 9.0 + 13.0) / 3.0), ("queue.jobs/redeliveries", 0.0)];
    expect(100, &parts, &expected);
}
