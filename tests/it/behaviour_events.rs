//! Queues, their consumers and asynchronous calls, in small scenarios whose answers are known exactly.

use crate::behaviour::{EVERY_TEN, THREE, expect, outcome, value};

/// A request at 10 s.
const ONCE: &str = r#"arrival = { process = "schedule", at = ["10s"] }"#;

/// A request at 10 s for a queue with these keys, and who consumes it.
fn one(queue: &str, consumer: &str) -> String {
    of(ONCE, queue, consumer)
}

/// The same for any client.
fn of(client: &str, queue: &str, consumer: &str) -> String {
    format!("[client.c]\ncalls = \"jobs\"\n{client}\n[queue.jobs]\n{queue}\n[service.w]\n{consumer}\n")
}

const CONSUMES: &str = "consumes = { from = \"queue.jobs\" }";
const DEAD: &str = "[queue.dead]\n";

/// The key that makes every request a poison message.
fn poison() -> String {
    format!("{ONCE}\ninvalid = \"100%\"")
}

#[test]
fn a_poison_message_is_received_so_often_and_then_goes_to_the_dead_letter_queue() {
    for (receives, visibility) in [(1_u32, 5_u32), (3, 5), (4, 7)] {
        let keys = format!(
            "visibility = \"{visibility}s\"\nmax_receives = {receives}\ndead_letter = \"queue.dead\""
        );
        let parts = of(&poison(), &keys, &format!("demand = \"2s\"\n{CONSUMES}")) + DEAD;
        let (receives, visibility) = (f64::from(receives), f64::from(visibility));
        let expected = [
            ("queue.jobs/events_accepted", 1.0),
            ("queue.jobs/dead_lettered", 1.0),
            ("queue.jobs/redeliveries", receives - 1.0),
            ("queue.jobs/age_max", receives * visibility),
            ("queue.jobs/events_done", 0.0),
            ("queue.dead/events_accepted", 1.0),
            ("service.w/amplification", receives),
            ("client.c/availability_request", 1.0),
            ("client.c/completed_ratio", 0.0),
            ("client.c/incomplete", 0.0),
        ];
        expect(11, &parts, &expected);
    }
    // Five times where nothing is said, and for ever where it can go nowhere.
    let parts = of(&poison(), "dead_letter = \"queue.dead\"", CONSUMES) + DEAD;
    expect(11, &parts, &[("queue.jobs/age_max", 150.0)]);
    let parts = of(&poison(), "visibility = \"30s\"", CONSUMES);
    expect(11, &parts, &[("queue.jobs/dead_lettered", 0.0), ("client.c/incomplete", 1.0)]);
}

#[test]
fn the_caller_is_answered_when_the_message_is_accepted() {
    let parts = one("latency = \"250ms\"\ndelay = \"3s\"", &format!("demand = \"2s\"\n{CONSUMES}"));
    let expected = [
        ("client.c/latency_mean", 0.25),
        ("client.c/completion_latency_mean", 5.25),
        ("client.c/completed_ratio", 1.0),
        ("queue.jobs/age_mean", 5.0),
        ("service.w/service_mean", 2.0),
    ];
    expect(11, &parts, &expected);
    // A message that is not taken in is none.
    let full = of(THREE, "capacity = 1\ndelay = \"1h\"", CONSUMES);
    let expected = [("client.c/failures_queue_full", 2.0), ("queue.jobs/events_accepted", 1.0)];
    expect(100, &full, &expected);
    // The place of one that is done is free.
    let free = of(THREE, "capacity = 1", &format!("demand = \"900ms\"\n{CONSUMES}"));
    expect(100, &free, &[("queue.jobs/events_done", 3.0)]);
}

#[test]
fn a_message_that_is_visible_again_is_done_twice_where_somebody_is_free() {
    let with = |queue: &str, slots: u32| {
        let consumer = format!("demand = \"8s\"\nconcurrency = {slots}\neffects = true\n{CONSUMES}");
        one(&format!("visibility = \"5s\"\n{queue}"), &consumer)
    };
    // Received at 10 s and, by the other slot, at 15 s; at 18 s only the newer receive may delete it. A third time at 20 s:
    // that of 15 s is too late at 23 s, and at 25 s it has been received three times.
    let twice = [
        ("queue.jobs/redeliveries", 2.0),
        ("queue.jobs/dead_lettered", 1.0),
        ("queue.jobs/age_max", 15.0),
        ("client.c/completion_latency_mean", 8.0),
        ("client.c/completed_ratio", 1.0),
        ("service.w/effects", 3.0),
        ("client.c/duplicate_effects", 2.0),
    ];
    expect(11, &with("max_receives = 3", 2), &twice);
    // Nobody has received it since, so it is deleted at 18 s.
    let once =
        [("queue.jobs/redeliveries", 0.0), ("queue.jobs/events_done", 1.0), ("queue.jobs/age_max", 8.0)];
    expect(11, &with("", 1), &once);
    // Where order is kept that is too late: again from 18 s to 26 s, and then it is given up.
    let ordered = [
        ("queue.jobs/events_done", 0.0),
        ("queue.jobs/dead_lettered", 1.0),
        ("queue.jobs/age_max", 16.0),
        ("service.w/duplicate_effects", 1.0),
    ];
    expect(11, &with("order = \"fifo\"\nmax_receives = 2", 1), &ordered);
}

#[test]
fn copies_that_a_queue_makes_are_duplicates_but_for_a_key() {
    let keys = "idempotency = { expires_after = \"1h\" }";
    for (more, duplicates, suppressed) in [("", 1.0, 0.0), (keys, 0.0, 1.0)] {
        let consumer = format!("demand = \"1s\"\neffects = true\n{CONSUMES}\n{more}");
        let expected = [
            ("queue.jobs/events_accepted", 1.0),
            ("queue.jobs/events_duplicated", 1.0),
            ("queue.jobs/events_done", 2.0),
            ("client.c/duplicate_effects", duplicates),
            ("service.w/suppressed", suppressed),
            ("client.c/completion_latency_mean", 1.0),
        ];
        expect(11, &one("duplicates = \"100%\"", &consumer), &expected);
    }
}

#[test]
fn a_batch_waits_until_it_is_full_or_for_its_window() {
    let with = |batch: u32, window: &str| {
        let consumes =
            format!("consumes = {{ from = \"queue.jobs\", batch = {batch}, window = \"{window}\" }}");
        of(THREE, "", &format!("demand = \"1s\"\n{consumes}"))
    };
    // All at 2 s, for three seconds.
    let full = [("client.c/completion_latency_mean", 4.0), ("service.w/service_mean", 3.0)];
    expect(100, &with(3, "5s"), &full);
    // All at 5 s.
    expect(100, &with(4, "5s"), &[("client.c/completion_latency_mean", 7.0)]);
    // One by one as they come.
    let each = [("client.c/completion_latency_mean", 1.0), ("service.w/service_mean", 1.0)];
    expect(100, &with(4, "0s"), &each);
}

#[test]
fn a_failed_batch_comes_again_as_a_whole_or_by_its_items() {
    let with = |report: &str| {
        format!(
            "[client.bad]\ncalls = \"jobs\"\n{}\n[client.good]\ncalls = \"jobs\"\n{ONCE}\n\
             [queue.jobs]\nvisibility = \"5s\"\nmax_receives = 2\n\
             [service.w]\ndemand = \"1s\"\neffects = true\n\
             consumes = {{ from = \"queue.jobs\", batch = 2, window = \"1s\", report = \"{report}\" }}\n",
            poison()
        )
    };
    // Both from 10 s to 12 s and from 15 s to 17 s, and after 20 s not again.
    let whole = [
        ("queue.jobs/dead_lettered", 2.0),
        ("client.good/completed_ratio", 0.0),
        ("client.good/duplicate_effects", 1.0),
        ("service.w/effects", 2.0),
        ("queue.jobs/age_max", 10.0),
    ];
    expect(11, &with("batch"), &whole);
    let items = [
        ("queue.jobs/dead_lettered", 1.0),
        ("queue.jobs/events_done", 1.0),
        ("client.good/completion_latency_mean", 2.0),
        ("client.good/duplicate_effects", 0.0),
        ("client.bad/completed_ratio", 0.0),
        ("service.w/effects", 1.0),
        // The bad one waits for another in vain, for a second after 15 s and after 21 s.
        ("queue.jobs/age_max", 12.0),
    ];
    expect(11, &with("items"), &items);
}

#[test]
fn what_is_under_way_elsewhere_keeps_its_record_in_a_batch() {
    let with = |report: &str| {
        let consumes = format!(
            "consumes = {{ from = \"queue.jobs\", batch = 2, window = \"1s\", report = \"{report}\" }}"
        );
        let keys = "demand = \"1s\"\neffects = true\nidempotency = { expires_after = \"1h\" }";
        one("duplicates = \"100%\"\nvisibility = \"5s\"", &format!("{keys}\n{consumes}"))
    };
    // Both in one batch from 10 s to 11 s. The second finds the first under way, and at 16 s, alone, its answer.
    let items = [
        ("service.w/effects", 1.0),
        ("service.w/suppressed", 1.0),
        ("queue.jobs/events_done", 2.0),
        ("queue.jobs/age_max", 6.0),
        ("client.c/completion_latency_mean", 1.0),
    ];
    expect(11, &with("items"), &items);
    // As a whole it failed: at 15 s both find the answer.
    let whole = [
        ("service.w/effects", 1.0),
        ("service.w/suppressed", 2.0),
        ("queue.jobs/age_max", 5.0),
        ("client.c/completion_latency_mean", 5.0),
    ];
    expect(11, &with("batch"), &whole);
}

#[test]
fn a_batch_does_what_is_new_in_it_whatever_its_first_message_finds() {
    let parts = "[client.a]\ncalls = \"jobs\"\narrival = { process = \"schedule\", at = [\"10s\", \"15.5s\"] }\n\
                 [queue.jobs]\nduplicates = \"100%\"\nvisibility = \"5s\"\n\
                 [service.w]\ndemand = \"1s\"\neffects = true\ncalls = \"x\"\n\
                 idempotency = { expires_after = \"1h\" }\n\
                 consumes = { from = \"queue.jobs\", batch = 2, window = \"1s\", report = \"items\" }\n\
                 [service.x]\neffects = true\n";
    // At 15.5 s the copy of the first request, which is done, and that of the second, which is not.
    let expected = [
        ("service.w/effects", 2.0),
        ("service.w/duplicate_effects", 0.0),
        ("service.w/suppressed", 2.0),
        ("service.x/effects", 2.0),
    ];
    expect(16, parts, &expected);
}

#[test]
fn a_poison_message_takes_as_long_in_a_batch_as_alone() {
    for (batch, takes) in [(1, 2.0), (2, 4.0)] {
        let consumes = format!("consumes = {{ from = \"queue.jobs\", batch = {batch}, window = \"1s\" }}");
        let queue =
            "visibility = \"none\"\norder = \"fifo\"\ngroups = 1\nmax_receives = 1\nduplicates = \"100%\"";
        let consumer = format!("demand = \"2s\"\nerror_time = \"100ms\"\n{consumes}");
        // One after the other, or both together.
        let parts = of(&poison(), queue, &consumer);
        expect(11, &parts, &[("queue.jobs/age_max", 4.0), ("service.w/service_mean", takes)]);
    }
}

#[test]
fn work_is_done_once_for_its_caller_although_it_is_sent_again() {
    let parts = format!(
        "[client.c]\ncalls = \"first\"\n{ONCE}\n\
         [queue.first]\nvisibility = \"5s\"\nmax_receives = 2\n[queue.second]\n\
         [service.a]\ndemand = \"8s\"\nconcurrency = 2\ncalls = \"second\"\nconsumes = {{ from = \"queue.first\" }}\n\
         [service.b]\nconsumes = {{ from = \"queue.second\" }}\n"
    );
    // The message comes again at 15 s; what it sends at 23 s was done at 18 s.
    let expected = [("queue.second/events_accepted", 2.0), ("client.c/completion_latency_max", 8.0)];
    expect(11, &parts, &expected);
}

#[test]
fn any_number_of_groups_costs_what_is_in_use() {
    let stream = "visibility = \"none\"\norder = \"fifo\"\ngroups = 4294967295";
    let parts = of(THREE, stream, &format!("demand = \"1s\"\n{CONSUMES}"));
    expect(100, &parts, &[("client.c/completion_latency_mean", 1.0)]);
}

#[test]
fn a_stream_waits_for_each_batch_of_a_group() {
    let parts = |groups: &str| {
        format!(
            "[client.bad]\ncalls = \"jobs\"\n{}\nsessions = 1\n\
             [client.good]\ncalls = \"jobs\"\n{ONCE}\nsessions = 1\n\
             [queue.jobs]\nvisibility = \"none\"\norder = \"fifo\"\ngroups = {groups}\nmax_receives = 3\n\
             [service.w]\ndemand = \"1s\"\nconcurrency = 9\n{CONSUMES}\n",
            poison()
        )
    };
    // Three times a second, each at once after the other, before the next of the group has its turn.
    let blocked = [
        ("queue.jobs/age_max", 4.0),
        ("queue.jobs/dead_lettered", 1.0),
        ("client.good/completion_latency_mean", 4.0),
        ("queue.jobs/redeliveries", 2.0),
    ];
    expect(11, &parts("1"), &blocked);
    expect(11, &parts("\"sessions\""), &[("client.good/completion_latency_mean", 1.0)]);
}

#[test]
fn pollers_of_a_function_grow_while_all_are_busy() {
    let calls = ["\"jobs\""; 8].join(", ");
    let parts = format!(
        "[client.c]\ncalls = [{calls}]\n{ONCE}\n[queue.jobs]\n[service.f]\ndemand = \"10s\"\nfunction = {{}}\n\
         consumes = {{ from = \"queue.jobs\", pollers = {{ start = 2, add = \"60/min\", max = 4 }} }}\n"
    );
    // Two at once, one more each second up to four; the other four when those are done.
    let begun = [0.0, 0.0, 1.0, 2.0, 10.0, 10.0, 11.0, 12.0];
    let mean = 10.0 + begun.iter().sum::<f64>() / 8.0;
    let expected = [
        ("client.c/completion_latency_mean", mean),
        ("client.c/completion_latency_max", 22.0),
        ("service.f/instances_max", 4.0),
        ("client.c/latency_mean", 0.0),
    ];
    expect(100, &parts, &expected);
}

#[test]
fn pollers_do_not_grow_while_their_queue_is_down() {
    let calls = ["\"jobs\""; 8].join(", ");
    let parts = format!(
        "[client.c]\ncalls = [{calls}]\n{ONCE}\n[queue.jobs]\n[service.f]\ndemand = \"10s\"\nfunction = {{}}\n\
         consumes = {{ from = \"queue.jobs\", pollers = {{ start = 1, add = \"60/min\", max = 4 }} }}\n\
         [fault.f]\nkind = \"crash\"\non = \"queue.jobs\"\nat = \"10.5s\"\nlasts = \"20s\"\n"
    );
    // One before, one when it is up again, and one more each second from then on.
    let begun = [0.0, 20.5, 21.5, 22.5, 23.5, 30.5, 31.5, 32.5];
    let mean = 10.0 + begun.iter().sum::<f64>() / 8.0;
    expect(11, &parts, &[("client.c/completion_latency_mean", mean)]);
}

/// A request at 10 s that asks a function for events.
fn asynchronous(client: &str, calls: usize, keys: &str, function: &str) -> String {
    let calls = vec!["{ service = \"f\", invoke = \"async\" }"; calls].join(", ");
    format!(
        "[client.c]\ncalls = [{calls}]\n{client}\n[service.f]\n{function}\n\
         [service.f.function.async]\n{keys}\n[service.f.function]\n"
    )
}

#[test]
fn an_event_that_a_function_fails_is_tried_again_after_its_waits() {
    // From 11 s to 13 s, from 73 s to 75 s, from 195 s to 197 s.
    let keys = "accept = \"1s\"\ndead_letter = \"queue.dead\"";
    let parts = asynchronous(&poison(), 1, keys, "demand = \"2s\"") + DEAD;
    let expected = [
        ("client.c/latency_mean", 1.0),
        ("client.c/availability_request", 1.0),
        ("service.f.events/age_max", 186.0),
        ("service.f.events/dead_lettered", 1.0),
        ("service.f.events/redeliveries", 2.0),
        ("queue.dead/events_accepted", 1.0),
        ("service.f/amplification", 3.0),
    ];
    expect(11, &parts, &expected);
    // The default of the platform, where the function says nothing.
    let silent = format!(
        "[client.c]\ncalls = [{{ service = \"f\", invoke = \"async\" }}]\n{ONCE}\n[service.f]\ndemand = \"2s\"\n\
         function = {{}}\n"
    );
    let expected = [("client.c/latency_mean", 0.005), ("client.c/completion_latency_mean", 2.005)];
    expect(11, &silent, &expected);
    let none = asynchronous(&poison(), 1, "accept = \"0s\"\nretries = 0", "demand = \"2s\"");
    expect(11, &none, &[("service.f.events/age_max", 2.0), ("service.f.events/dead_lettered", 1.0)]);
}

#[test]
fn an_event_that_is_throttled_backs_off_until_it_is_too_old() {
    let with = |keys: &str| {
        asynchronous(
            ONCE,
            2,
            &format!("accept = \"0s\"\n{keys}"),
            "demand = \"4s\"\nfunction.max_instances = 1",
        )
        .replace("[service.f.function]\n", "")
    };
    // Refused at 10 s, 11 s and 13 s, it is done from 17 s on.
    let expected = [
        ("client.c/completion_latency_mean", 7.5),
        ("service.f.events/events_done", 2.0),
        ("service.f/failures_throttled", 3.0),
    ];
    expect(11, &with(""), &expected);
    let expected = [
        ("service.f.events/events_expired", 1.0),
        ("service.f.events/events_done", 1.0),
        ("client.c/completed_ratio", 0.5),
        ("client.c/incomplete", 0.0),
    ];
    expect(11, &with("max_age = \"2s\""), &expected);
    // One that the function works on is not taken from it.
    expect(11, &with("max_age = \"3500ms\"\nbackoff = { first = \"5s\" }"), &expected);
    expect(
        11,
        &with("backoff = { first = \"4s\", max = \"4s\" }"),
        &[("client.c/completion_latency_mean", 6.0)],
    );
}

#[test]
fn messages_expire_where_nobody_takes_them() {
    let parts =
        format!("[client.c]\ncalls = \"jobs\"\n{EVERY_TEN}\n[queue.jobs]\nretention = \"5s\"\n[service.s]\n");
    let expected = [
        ("queue.jobs/events_accepted", 10.0),
        ("queue.jobs/events_expired", 9.0),
        ("queue.jobs/age_max", 5.0),
        ("queue.jobs/backlog_mean", 46.0 / 101.0),
    ];
    expect(101, &parts, &expected);
    // In flight too: what is done later is done all the same.
    let parts = one("retention = \"5s\"", &format!("demand = \"8s\"\n{CONSUMES}"));
    let expected = [("queue.jobs/events_expired", 1.0), ("client.c/completion_latency_mean", 8.0)];
    expect(11, &parts, &expected);
}

#[test]
fn a_queue_that_is_down_takes_nothing_and_gives_nothing() {
    let parts = of(EVERY_TEN, "delay = \"5s\"", &format!("demand = \"1s\"\n{CONSUMES}"))
        + "[fault.f]\nkind = \"crash\"\non = \"queue.jobs\"\nat = \"12s\"\nlasts = \"10s\"\n";
    let expected = [
        ("client.c/failures_connect", 1.0),
        ("client.c/completion_latency_mean", 13.0),
        ("queue.jobs/availability_time", 12.0 / 21.0),
    ];
    expect(21, &parts, &expected);
}

#[test]
fn what_a_crash_takes_from_a_consumer_comes_again() {
    for signal in ["reset", "silent"] {
        let crash = format!(
            "[fault.f]\nkind = \"crash\"\non = \"service.w\"\nat = \"12s\"\nlasts = \"1s\"\nsignal = \"{signal}\"\n"
        );
        let parts = one("visibility = \"20s\"", &format!("demand = \"5s\"\n{CONSUMES}")) + &crash;
        let expected = [("client.c/completion_latency_mean", 25.0), ("queue.jobs/redeliveries", 1.0)];
        expect(11, &parts, &expected);
        let stream = "visibility = \"none\"\norder = \"fifo\"\ngroups = 1";
        let parts = one(stream, &format!("demand = \"5s\"\n{CONSUMES}")) + &crash;
        expect(11, &parts, &[("client.c/completion_latency_mean", 8.0)]);
    }
}

#[test]
fn the_latency_of_a_pipeline_runs_from_the_first_request() {
    let parts = format!(
        "[client.c]\ncalls = \"first\"\n{ONCE}\n[queue.first]\ndelay = \"1s\"\n[queue.second]\ndelay = \"2s\"\n\
         [service.a]\ndemand = \"3s\"\nconsumes = {{ from = \"queue.first\" }}\ncalls = \"second\"\n\
         [service.b]\ndemand = \"4s\"\nconsumes = {{ from = \"queue.second\" }}\n"
    );
    // Done after 4 s and after 10 s.
    let expected = [("client.c/completion_latency_mean", 7.0), ("client.c/completion_latency_max", 10.0)];
    expect(11, &parts, &expected);
}

#[test]
fn as_many_messages_are_done_twice_as_theory_says() {
    let law = "demand = { distribution = \"exponential\", mean = \"10s\" }\nconcurrency = \"unlimited\"";
    let parts = of(
        "arrival = { process = \"poisson\", rate = \"5/s\" }",
        "visibility = \"10s\"\nmax_receives = 2",
        &format!("{law}\n{CONSUMES}"),
    );
    let outcome = outcome(2_000, &parts);
    let accepted = value(&outcome, "queue.jobs/events_accepted");
    let [again, given_up] = ["queue.jobs/redeliveries", "queue.jobs/dead_lettered"]
        .map(|metric| value(&outcome, metric) / accepted);
    // P(S > v), and that it happens twice; each within four standard deviations of a share of so many.
    for (found, share) in [(again, (-1.0_f64).exp()), (given_up, (-2.0_f64).exp())] {
        let tolerance = 4.0 * (share * (1.0 - share) / accepted).sqrt();
        assert!((found - share).abs() < tolerance, "{found} is not {share} within {tolerance}");
    }
}

#[test]
fn requests_come_by_a_plan() {
    let with = |plan: &str| {
        format!(
            "[client.c]\ncalls = \"s\"\narrival = {{ process = \"schedule\", {plan} }}\n\
             [service.s]\ndemand = \"20s\"\n[service.s.queue]\n"
        )
    };
    // At 0 s, 30 s, 60 s and 90 s, none of which waits.
    let even = [("client.c/requests", 4.0), ("client.c/latency_max", 20.0)];
    expect(100, &with("every = \"30s\""), &even);
    expect(100, &with("every = \"30s\", offset = \"29s\""), &[("client.c/requests", 3.0)]);
    expect(100, &with("every = \"50s\", offset = \"200s\""), &[("client.c/requests", 0.0)]);
    // The second waits for ten seconds.
    let listed = [("client.c/requests", 2.0), ("client.c/latency_max", 30.0)];
    expect(100, &with("at = [\"50s\", \"40s\", \"3min\"]"), &listed);
}

#[test]
fn a_zone_that_loses_slots_leaves_its_queues_alone() {
    let client = "arrival = { process = \"schedule\", at = [\"10s\", \"11s\"] }";
    let parts = of(client, "", &format!("concurrency = 2\ndemand = \"2s\"\n{CONSUMES}"));
    expect(100, &parts, &[("client.c/completion_latency_mean", 2.0)]);
    let fault = "[region.east]\n[fault.f]\nkind = \"capacity\"\nslots = 1\non = \"zone.east.1\"\nat = \"5s\"\n\
                 lasts = \"50s\"\n";
    // The second message waits for the first.
    expect(100, &(parts + fault), &[("client.c/completion_latency_mean", 2.5)]);
}

/// Who takes records, and works on each for a second.
const TOLD: &str =
    "[queue.told]\n[service.r]\ndemand = \"1s\"\neffects = true\nconsumes = { from = \"queue.told\" }\n";

#[test]
fn an_event_that_is_given_up_is_told_of_beside_its_dead_letter() {
    // Worked on from 11 s to 13 s, from 73 s to 75 s and from 195 s to 197 s; then its record is worked on until 198 s.
    let keys = "accept = \"1s\"\ndead_letter = \"queue.dead\"\non_failure = \"queue.told\"\n\
                on_success = \"queue.told\"";
    let parts = asynchronous(&poison(), 1, keys, "demand = \"2s\"") + DEAD + TOLD;
    let expected = [
        ("service.f.events/dead_lettered", 1.0),
        ("service.f.events/failure_records", 1.0),
        ("queue.dead/events_accepted", 1.0),
        ("queue.told/events_accepted", 1.0),
        ("queue.told/events_done", 1.0),
        ("queue.told/age_max", 1.0),
        // What a record asks for is no work that the client waits for, and takes effect once.
        ("client.c/completed_ratio", 0.0),
        ("client.c/incomplete", 0.0),
        ("service.r/effects", 1.0),
        ("service.r/duplicate_effects", 0.0),
    ];
    expect(11, &parts, &expected);
    // Without a dead letter the event is lost, and told of.
    let keys = "accept = \"1s\"\nretries = 0\non_failure = \"queue.told\"";
    let parts = asynchronous(&poison(), 1, keys, "demand = \"2s\"") + TOLD;
    let expected = [("service.f.events/dead_lettered", 1.0), ("queue.told/events_done", 1.0)];
    expect(11, &parts, &expected);
    // One that is too old is told of too: throttled always, it is as old as it may be at 71 s.
    let keys = "accept = \"1s\"\nmax_age = \"1min\"\non_failure = \"queue.told\"";
    let parts = asynchronous(ONCE, 1, keys, "demand = \"2s\"") + "reserved = 0\n" + TOLD;
    let expected = [
        ("service.f.events/events_expired", 1.0),
        ("service.f.events/failure_records", 1.0),
        ("queue.told/events_done", 1.0),
        ("client.c/completed_ratio", 0.0),
    ];
    expect(11, &parts, &expected);
}

#[test]
fn an_event_that_is_done_is_told_of_where_that_is_wanted() {
    let keys = "accept = \"1s\"\non_failure = \"queue.dead\"\non_success = \"queue.told\"";
    let parts = asynchronous(ONCE, 2, keys, "demand = \"2s\"\neffects = true") + DEAD + TOLD;
    let expected = [
        ("service.f.events/success_records", 2.0),
        ("queue.told/events_accepted", 2.0),
        ("queue.dead/events_accepted", 0.0),
        ("client.c/completed_ratio", 1.0),
        ("client.c/completion_latency_mean", 3.0),
        ("service.f/effects", 2.0),
        ("service.r/effects", 2.0),
        ("service.r/duplicate_effects", 0.0),
    ];
    expect(11, &parts, &expected);
}

#[test]
fn a_stream_tells_of_what_it_gives_up() {
    // Three tries of 2 s each, and then the record.
    let queue = "visibility = \"none\"\norder = \"fifo\"\ngroups = 1\nmax_receives = 3";
    let consumer = "demand = \"2s\"\nconsumes = { from = \"queue.jobs\", on_failure = \"queue.told\" }";
    let expected = [
        ("queue.jobs/dead_lettered", 1.0),
        ("queue.jobs/failure_records", 1.0),
        ("queue.jobs/age_max", 6.0),
        ("queue.told/events_done", 1.0),
        ("client.c/completed_ratio", 0.0),
    ];
    expect(11, &(of(&poison(), queue, consumer) + TOLD), &expected);
}
