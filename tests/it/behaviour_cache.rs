//! Caches in front of services, in small scenarios whose answers are known exactly.

use crate::behaviour::{expect, one_service, outcome, value};
use crate::behaviour_resilience::logged;

/// Requests at these seconds.
fn arriving(seconds: &[f64]) -> String {
    let instants: Vec<String> = seconds.iter().map(|at| format!("\"{}ms\"", at * 1e3)).collect();
    format!("arrival = {{ process = \"schedule\", at = [{}] }}", instants.join(", "))
}

/// A service that works for so long, and one key in the cache in front of it.
fn cached(demand: &str, cache: &str) -> String {
    format!("concurrency = \"unlimited\"\ndemand = \"{demand}\"\ncache = {{ keys = 1, {cache} }}\n")
}

/// Errors for everything from 10 s to 110 s.
const ERRORS: &str =
    "[fault.e]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"10s\"\nlasts = \"100s\"\n";

/// A crash of everything from 10 s to 110 s, of which callers know.
const DOWN: &str = "[fault.e]\nkind = \"crash\"\non = \"service.s\"\nat = \"10s\"\nlasts = \"100s\"\n";

#[test]
fn a_copy_is_fresh_from_when_it_was_asked_for() {
    let arrivals = arriving(&[1.0, 2.0, 11.0, 12.0, 15.0]);
    let parts = one_service(&arrivals, &cached("2s", "ttl = \"10s\""));
    // The second finds nothing yet and fetches too: its copy is fresh until 12 s.
    let wanted = [
        ("service.s/lookups", 5.0),
        ("service.s/hit_ratio", 0.4),
        ("service.s/origin_rate", 0.1),
        ("service.s/fetches_per_refill", 1.5),
        ("service.s/age_mean", 12.0 / 5.0),
        ("service.s/age_max", 9.0),
        ("client.c/latency_mean", 6.0 / 5.0),
        ("client.c/availability_request", 1.0),
    ];
    expect(30, &parts, &wanted);
    let lines = logged(30, &parts);
    let answered: Vec<_> = lines.iter().filter(|line| &line[1] == "cache_answered").collect();
    assert_eq!(answered.iter().map(|line| line[0].parse().unwrap()).collect::<Vec<f64>>(), [11.0, 15.0]);
    assert!(answered.iter().all(|line| &line[2] == "service.s" && &line[3] == "fresh"));
}

#[test]
fn a_hit_takes_its_time_and_slides() {
    let arrivals = arriving(&[1.0, 4.0, 8.0, 12.0, 20.0]);
    let plain = cached("0s", "ttl = \"5s\", hit_time = \"10ms\"");
    expect(
        30,
        &one_service(&arrivals, &plain),
        &[("service.s/hit_ratio", 0.4), ("client.c/latency_mean", 0.004)],
    );
    let sliding = cached("0s", "ttl = \"5s\", sliding = true");
    expect(
        30,
        &one_service(&arrivals, &sliding),
        &[("service.s/hit_ratio", 0.6), ("service.s/age_max", 11.0)],
    );
    // An answer that is slower than its caller waits is no answer.
    let slow = cached("0s", "hit_time = \"3s\"");
    let wanted = [
        ("client.c/failures_timeout", 4.0),
        ("service.s/hit_ratio", 0.8),
        ("client.c/latency_all_mean", 1.6),
    ];
    expect(30, &one_service(&format!("{arrivals}\ntimeout = \"2s\""), &slow), &wanted);
}

#[test]
fn those_who_miss_together_wait_for_one() {
    let arrivals = arriving(&[1.0, 2.0, 11.0, 12.0, 15.0]);
    let parts = one_service(&arrivals, &cached("2s", "ttl = \"10s\", coalesce = true"));
    let wanted = [
        ("service.s/hit_ratio", 0.2),
        ("service.s/coalesced_ratio", 0.4),
        ("service.s/fetches_per_refill", 1.0),
        ("service.s/age_mean", 0.8),
        ("client.c/latency_mean", 6.0 / 5.0),
        ("service.s/throughput", 2.0 / 30.0),
    ];
    expect(30, &parts, &wanted);
    // They fetch themselves when that takes too long: 4 s for the first, 5.5 s for the second.
    let arrivals = arriving(&[1.0, 2.0]);
    let slow = cached("4s", "coalesce = true, lock_timeout = \"1500ms\"");
    let wanted = [
        ("service.s/coalesced_ratio", 0.5),
        ("service.s/fetches_per_refill", 2.0),
        ("client.c/latency_mean", 9.5 / 2.0),
        ("service.s/throughput", 2.0 / 30.0),
    ];
    expect(30, &one_service(&arrivals, &slow), &wanted);
    // Who gives up meanwhile is not sent.
    let client = format!("{arrivals}\ntimeout = \"1s\"");
    let wanted = [("client.c/failures_timeout", 2.0), ("service.s/throughput", 1.0 / 30.0)];
    expect(30, &one_service(&client, &slow), &wanted);
    // A failure is for all of them.
    let all = one_service(&arriving(&[11.0, 12.0]), &cached("2s", "coalesce = true")) + ERRORS;
    expect(30, &all, &[("client.c/failures_error", 2.0), ("service.s/throughput", 1.0 / 30.0)]);
}

#[test]
fn an_old_copy_answers_while_a_new_one_is_fetched() {
    let arrivals = arriving(&[1.0, 8.0, 9.0, 12.0, 40.0]);
    let parts = one_service(&arrivals, &cached("2s", "ttl = \"5s\", stale_while_revalidate = \"10s\""));
    // The refresh of 8 s is there at 10 s; nobody waits for it, and yet it is no waste.
    let wanted = [
        ("service.s/hit_ratio", 0.6),
        ("service.s/stale_ratio", 0.4),
        ("service.s/origin_rate", 3.0 / 60.0),
        ("service.s/throughput", 3.0 / 60.0),
        ("service.s/age_mean", 19.0 / 5.0),
        ("service.s/wasted_work_ratio", 0.0),
        ("client.c/latency_mean", 4.0 / 5.0),
    ];
    expect(60, &parts, &wanted);
}

#[test]
fn an_old_copy_answers_in_place_of_a_failure() {
    let arrivals = arriving(&[1.0, 12.0, 30.0]);
    let kept = cached("2s", "ttl = \"5s\", stale_if_error = \"20s\"");
    let parts = one_service(&arrivals, &kept) + ERRORS;
    let wanted = [
        ("client.c/failures_error", 1.0),
        ("service.s/failures_error", 2.0),
        ("service.s/stale_ratio", 1.0 / 3.0),
        ("service.s/hit_ratio", 0.0),
        ("service.s/age_max", 13.0),
        ("client.c/latency_mean", 2.0),
    ];
    expect(60, &parts, &wanted);
    // Where there is no replica it answers at once.
    let known = kept.clone() + "balancing = { knowledge = \"perfect\" }\n";
    let wanted = [
        ("client.c/failures_no_replica", 1.0),
        ("service.s/failures_no_replica", 2.0),
        ("service.s/stale_ratio", 1.0 / 3.0),
        ("client.c/latency_mean", 1.0),
    ];
    expect(60, &(one_service(&arrivals, &known) + DOWN), &wanted);
    // Those who do not know are refused, and answered as well.
    let wanted = [
        ("client.c/failures_connect", 1.0),
        ("service.s/stale_ratio", 1.0 / 3.0),
        ("service.s/failures_connect", 2.0),
    ];
    expect(60, &(one_service(&arrivals, &kept) + DOWN), &wanted);
    // Those who wait for it get the same.
    let together = cached("2s", "ttl = \"5s\", stale_if_error = \"20s\", coalesce = true");
    let parts = one_service(&arriving(&[1.0, 12.0, 13.0]), &together) + ERRORS;
    let wanted = [
        ("client.c/availability_request", 1.0),
        ("service.s/stale_ratio", 2.0 / 3.0),
        ("service.s/failures_error", 1.0),
    ];
    expect(60, &parts, &wanted);
}

#[test]
fn what_a_cache_holds_needs_no_replica() {
    let parts = one_service(&arriving(&[1.0, 12.0, 30.0]), &cached("2s", "ttl = \"1h\"")) + DOWN;
    expect(60, &parts, &[("client.c/availability_request", 1.0), ("service.s/hit_ratio", 2.0 / 3.0)]);
}

#[test]
fn a_failure_may_be_kept_too() {
    let arrivals = arriving(&[11.0, 14.0, 19.0]);
    let parts = one_service(&arrivals, &cached("2s", "ttl = \"1h\", negative_ttl = \"5s\"")) + ERRORS;
    let wanted = [
        ("client.c/failures_error", 3.0),
        ("service.s/hit_ratio", 1.0 / 3.0),
        ("client.c/latency_all_mean", 4.0 / 3.0),
        ("service.s/throughput", 2.0 / 60.0),
    ];
    expect(60, &parts, &wanted);
    let unkept = one_service(&arrivals, &cached("2s", "ttl = \"1h\"")) + ERRORS;
    expect(60, &unkept, &[("service.s/hit_ratio", 0.0), ("client.c/latency_all_mean", 2.0)]);
}

/// Poisson requests for one key, 100000 of them on average.
const MANY: &str = "arrival = { process = \"poisson\", rate = \"10/s\" }";

#[test]
fn a_write_drops_or_renews_a_copy() {
    let of = |cache: &str| outcome(10_000, &one_service(MANY, &cached("0s", cache)));
    // A read hits unless the request before it was a write: of 70000 reads, 4.5 standard deviations are 0.008.
    let dropped = of("writes = \"30%\"");
    assert!((value(&dropped, "service.s/hit_ratio") - 0.7).abs() < 0.008);
    assert!((value(&dropped, "service.s/lookups") - 70_000.0).abs() < 1_500.0);
    assert!((value(&dropped, "service.s/throughput") - 10.0 * (0.3 + 0.7 * 0.3)).abs() < 0.1);
    let renewed = of("writes = \"30%\", on_write = \"update\"");
    assert!(value(&renewed, "service.s/hit_ratio") > 0.9999);
    // With what nobody drops nearly every hit is stale; with a time of 1 s one is if a write came since, the age of a hit
    // being that of the copy: within a cycle of 1 s after a miss, P = mean of 1 - exp(-3 a).
    let old = of("writes = \"30%\", on_write = \"nothing\", ttl = \"1s\"");
    let hits = 7.0 / 8.0;
    assert!((value(&old, "service.s/hit_ratio") - hits).abs() < 0.006);
    let stale = hits * (1.0 - (1.0 - (-3.0_f64).exp()) / 3.0);
    assert!((value(&old, "service.s/stale_ratio") - stale).abs() < 0.012, "{stale}");
}

#[test]
fn other_caches_learn_of_a_write_later() {
    // Callers in two regions, each with a cache of its own; in each five reads and five writes a second.
    let parts = |coherence: &str| {
        let cache = format!(
            "cache = {{ keys = 1, per = \"region\", writes = \"50%\"{coherence} }}\nregion = \"east\"\nconcurrency = \"unlimited\"\n"
        );
        format!(
            "[region.east]\n[region.west]\n[client.c]\nregion = \"east\"\ncalls = \"s\"\n{MANY}\n\
             [client.d]\nregion = \"west\"\ncalls = \"s\"\n{MANY}\n[service.s]\n{cache}"
        )
    };
    // A copy of age x is there if nobody wrote in its region since, nor in the other one more than d ago, and it is stale if
    // somebody did there since. With rates r of reads and w of writes in each region and E = exp(-w d), integrals over x
    // give odds of a hit of r / w (1 - E / 2) to 1, and stale answers r / w (1 - E) / 2 times the share of misses.
    for (coherence, delay) in [("", 0.0), (", coherence = \"100ms\"", 0.1), (", coherence = \"1s\"", 1.0)] {
        let found = outcome(10_000, &parts(coherence));
        let still = (-5.0_f64 * delay).exp();
        let misses = 1.0 / (2.0 - still / 2.0);
        let (hits, stale) = (1.0 - misses, misses * (1.0 - still) / 2.0);
        // Five standard deviations of 100000 independent look-ups.
        let near =
            |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.008, "{found} {wanted} {coherence}");
        near(value(&found, "service.s/hit_ratio"), hits);
        near(if delay > 0.0 { value(&found, "service.s/stale_ratio") } else { 0.0 }, stale);
    }
}

#[test]
fn each_zone_may_have_a_cache() {
    let of = |per: &str| {
        format!(
            "[region.east]\nzones = 3\n[client.c]\nregion = \"east\"\ninstances = 3\ncalls = \"s\"\n{}\n\
             [service.s]\nconcurrency = \"unlimited\"\ncache = {{ keys = 1, per = \"{per}\" }}\n",
            arriving(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        )
    };
    expect(10, &of("zone"), &[("service.s/hit_ratio", 0.5)]);
    expect(10, &of("region"), &[("service.s/hit_ratio", 5.0 / 6.0)]);
    expect(10, &of("service"), &[("service.s/hit_ratio", 5.0 / 6.0)]);
}

#[test]
fn jitter_makes_times_longer_and_shorter() {
    let oldest = |jitter: &str| {
        let parts = one_service(MANY, &cached("0s", &format!("ttl = \"10s\"{jitter}")));
        value(&outcome(10_000, &parts), "service.s/age_max")
    };
    // Of a thousand copies one is kept for nearly as long as any may be.
    assert!((9.5..10.0).contains(&oldest("")), "{}", oldest(""));
    assert!((14.5..15.0).contains(&oldest(", jitter = \"50%\"")), "{}", oldest(", jitter = \"50%\""));
}

#[test]
fn a_copy_of_a_wrong_answer_is_wrong() {
    let corrupt =
        "[fault.f]\nkind = \"corrupt\"\nshare = \"100%\"\non = \"service.s\"\nat = \"1s\"\nlasts = \"9s\"\n";
    let arrivals = arriving(&[5.0, 20.0, 40.0]);
    let wrong = |cache: &str| one_service(&arrivals, &cached("1s", cache)) + corrupt;
    expect(
        60,
        &wrong("ttl = \"30s\""),
        &[("client.c/failures_corrupt", 2.0), ("service.s/hit_ratio", 1.0 / 3.0)],
    );
    expect(60, &wrong("ttl = \"1s\""), &[("client.c/failures_corrupt", 1.0)]);
    // Those who wait for it get it too.
    let together = one_service(&arriving(&[5.0, 5.5]), &cached("1s", "coalesce = true")) + corrupt;
    expect(60, &together, &[("client.c/failures_corrupt", 2.0), ("service.s/coalesced_ratio", 0.5)]);
}

#[test]
fn what_is_wrong_in_itself_asks_no_cache() {
    let client = format!("{}\ninvalid = \"100%\"", arriving(&[1.0, 2.0, 3.0]));
    let parts = one_service(&client, &cached("0s", "negative_ttl = \"1h\""));
    expect(10, &parts, &[("service.s/lookups", 0.0), ("service.s/throughput", 0.3)]);
}

#[test]
fn a_warm_cache_holds_what_is_asked_for_most() {
    let of = |cache: &str| {
        let service =
            format!("concurrency = \"unlimited\"\ncache = {{ popularity = [5, 1, 3, 1], {cache} }}\n");
        value(&outcome(1_000, &one_service(MANY, &service)), "service.s/hit_ratio")
    };
    assert!((of("start = \"warm\"") - 1.0).abs() < 1e-12);
    assert!(of("") > 0.999 && of("") < 1.0);
    // Half of all ask for one key of four, that is there from the start and stays where it is the only one.
    let run = |policy: &str| of(&format!("capacity = 1, policy = \"{policy}\""));
    // Of independent requests the chance that the one before was for the same: 0.25 + 0.09 + 2 times 0.01.
    for policy in ["lru", "fifo", "random"] {
        // Four and a half standard deviations of 10000 requests.
        assert!((run(policy) - 0.36).abs() < 0.022, "{policy}: {}", run(policy));
    }
    // Each fetch but the first drives the other key out.
    let service = "concurrency = \"unlimited\"\ncache = { popularity = [1, 1], capacity = 1 }\n";
    let found = outcome(1_000, &one_service(MANY, service));
    let fetches = value(&found, "service.s/origin_rate") * 1_000.0;
    assert!((value(&found, "service.s/evictions") - (fetches - 1.0)).abs() < 1e-6, "{fetches}");
}

#[test]
fn a_copy_with_no_time_changes_nothing() {
    let client = "arrival = { process = \"poisson\", rate = \"8/s\" }\ntimeout = \"1s\"\nretry = { policy = \"fixed\", delay = \"50ms\", attempts = 3 }";
    let service = "replicas = 3\nconcurrency = 2\ndemand = { distribution = \"exponential\", mean = \"500ms\" }\n\
                   balancing = \"least-request\"\nerror_ratio = \"5%\"\n";
    let bare = outcome(2_000, &one_service(client, service));
    let cached = format!("{service}cache = {{ keys = 100, ttl = \"0s\" }}\n");
    let cached = outcome(2_000, &one_service(client, &cached));
    let own = ["lookups", "hit_ratio", "origin_rate", "fetches_per_refill", "evictions", "age_"];
    let mut compared = 0;
    for one in &bare.values {
        let other = cached.values.iter().find(|other| other.scope == one.scope && other.metric == one.metric);
        assert_eq!(other.map(|other| other.value), Some(one.value), "{}/{}", one.scope, one.metric);
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
    let more = cached.values.iter().filter(|one| {
        !bare.values.iter().any(|other| other.scope == one.scope && other.metric == one.metric)
    });
    assert!(more.into_iter().all(|one| own.iter().any(|own| one.metric.starts_with(own))));
}

/// A service with 1 s of its own that calls another with 2 s, and a cache between them.
fn aside(cache: &str) -> String {
    format!(
        "concurrency = \"unlimited\"\ndemand = \"1s\"\ncalls = \"t\"\ncache = {{ skips = \"calls\", keys = 1, {cache} }}\n\
         [service.t]\nconcurrency = \"unlimited\"\ndemand = \"2s\"\n"
    )
}

#[test]
fn a_cache_may_stand_before_what_a_service_calls() {
    // They look up at 2 s, 3 s, 12 s, 13 s and 16 s; the first two fetch, the copy of the second is fresh until 13 s.
    let arrivals = arriving(&[1.0, 2.0, 11.0, 12.0, 15.0]);
    let wanted = [
        ("service.s/lookups", 5.0),
        ("service.s/hit_ratio", 0.4),
        ("service.s/fetches_per_refill", 1.5),
        ("service.s/age_mean", 12.0 / 5.0),
        ("service.t/throughput", 0.1),
        ("client.c/latency_mean", 11.0 / 5.0),
    ];
    expect(30, &one_service(&arrivals, &aside("ttl = \"10s\"")), &wanted);
    let timed = [("client.c/latency_mean", 11.0 / 5.0 + 0.2), ("service.s/hit_ratio", 0.4)];
    expect(30, &one_service(&arrivals, &aside("ttl = \"10s\", hit_time = \"500ms\"")), &timed);
    // Those who wait for the first: 3 s, 2 s, 3 s, 2 s and 1 s.
    let wanted = [
        ("service.s/coalesced_ratio", 0.4),
        ("service.s/hit_ratio", 0.2),
        ("service.t/throughput", 2.0 / 30.0),
        ("client.c/latency_mean", 11.0 / 5.0),
    ];
    expect(30, &one_service(&arrivals, &aside("ttl = \"10s\", coalesce = true")), &wanted);
    let early =
        aside("ttl = \"10s\", coalesce = true, lock_timeout = \"1500ms\"").replace("\"2s\"", "\"2500ms\"");
    // The second waits from 3 s to 4.5 s, when the first has its answer.
    let met = [("service.t/throughput", 1.0 / 30.0), ("client.c/latency_mean", 3.0)];
    expect(30, &one_service(&arriving(&[1.0, 2.0]), &early), &met);
    // It waits for less than what is left, from 2.5 s to 3.5 s, and fetches itself until 5.5 s.
    let wanted = [("service.t/throughput", 2.0 / 30.0), ("client.c/latency_mean", 3.5)];
    let late = aside("ttl = \"10s\", coalesce = true, lock_timeout = \"1s\"");
    expect(30, &one_service(&arriving(&[1.0, 1.5]), &late), &wanted);
}

#[test]
fn calls_that_fail_leave_the_old_copy() {
    let errors = ERRORS.replace("service.s", "service.t");
    let arrivals = arriving(&[1.0, 12.0, 40.0]);
    let wanted = [
        ("client.c/failures_error", 1.0),
        ("service.t/failures_error", 2.0),
        ("service.s/stale_ratio", 1.0 / 3.0),
        ("service.s/age_max", 13.0),
    ];
    expect(
        60,
        &(one_service(&arrivals, &aside("ttl = \"5s\", stale_if_error = \"20s\"")) + &errors),
        &wanted,
    );
    // A failure that is kept spares the calls as an answer does.
    let kept = aside("ttl = \"1h\", negative_ttl = \"5s\"");
    let wanted = [
        ("client.c/failures_error", 2.0),
        ("service.t/throughput", 1.0 / 60.0),
        ("service.s/hit_ratio", 0.5),
    ];
    expect(60, &(one_service(&arriving(&[12.0, 16.0]), &kept) + &errors), &wanted);
}

#[test]
fn a_function_may_have_a_cache_before_what_it_calls() {
    let function = aside("ttl = \"10s\"")
        .replace("concurrency = \"unlimited\"\ndemand = \"1s\"", "function = {}\ndemand = \"1s\"");
    let wanted =
        [("service.s/hit_ratio", 0.4), ("service.t/throughput", 0.1), ("client.c/latency_mean", 11.0 / 5.0)];
    expect(30, &one_service(&arriving(&[1.0, 2.0, 11.0, 12.0, 15.0]), &function), &wanted);
}

#[test]
fn a_cache_that_is_lost_fills_again() {
    let loss = |more: &str| format!("[fault.l]\nkind = \"cache-loss\"\non = \"service.s.cache\"\n{more}\n");
    let arrivals = arriving(&[1.0, 5.0, 12.0, 15.0, 30.0, 50.0]);
    let parts = one_service(&arrivals, &cached("0s", "ttl = \"1h\""));
    let hits = |more: &str, wanted: f64| {
        expect(
            60,
            &(parts.clone() + &loss(more)),
            &[("service.s/hit_ratio", wanted), ("client.c/availability_request", 1.0)],
        );
    };
    expect(60, &parts, &[("service.s/hit_ratio", 5.0 / 6.0)]);
    // Once empty it fills again with the next that asks.
    hits("at = \"10s\"", 4.0 / 6.0);
    hits("at = [\"10s\", \"13s\"]", 3.0 / 6.0);
    // While it is away nothing is kept: the one at 50 s finds nothing either.
    hits("at = \"10s\"\nlasts = \"35s\"", 1.0 / 6.0);
    hits("at = \"10s\"\nlasts = \"15s\"", 2.0 / 6.0);
    // Again and again, and over at once: the one at 15 s finds what the one at 12 s fetched just after a loss.
    let often = parts + &loss("time_to_failure = \"4s\"");
    let log = logged(60, &often);
    let began = log.iter().filter(|line| &line[1] == "fault_began").count();
    let ended = log.iter().filter(|line| &line[1] == "fault_ended").count();
    assert_eq!((began, ended), (14, 14));
    expect(60, &often, &[("service.s/hit_ratio", 1.0 / 6.0)]);
}

#[test]
fn a_part_of_a_cache_may_be_lost() {
    let service =
        "concurrency = \"unlimited\"\ncache = { keys = 10000, popularity = { s = 0 }, start = \"warm\" }\n";
    let loss = "[fault.l]\nkind = \"cache-loss\"\non = \"service.s.cache\"\nshare = \"30%\"\nat = \"1s\"\nlasts = \"1h\"\n";
    let found = outcome(2_000, &(one_service(MANY, service) + loss));
    // Five standard deviations of the share of 10000 keys that are lost.
    assert!((value(&found, "service.s/hit_ratio") - 0.7).abs() < 0.023);
}

#[test]
fn a_cache_in_each_replica_is_lost_with_it() {
    let arrivals = arriving(&[1.0, 2.0, 3.0, 4.0, 7.0, 8.0, 9.0]);
    let parts = |more: &str| {
        format!(
            "[client.c]\n{arrivals}\ncalls = \"s\"\n[service.s]\nreplicas = 2\ncalls = \"t\"\n\
             balancing = {{ knowledge = \"perfect\" }}\n\
             cache = {{ skips = \"calls\", per = \"seat\", keys = 1 }}\n[service.t]\neffects = true\n{more}"
        )
    };
    // Each of the two asks once.
    expect(20, &parts(""), &[("service.s/hit_ratio", 5.0 / 7.0), ("service.t/effects", 2.0)]);
    let crash = "[fault.f]\nkind = \"KIND\"\non = \"service.s.1\"\nat = \"5s\"\nlasts = \"1s\"\n";
    let crashed = parts(&crash.replace("KIND", "crash"));
    expect(20, &crashed, &[("service.s/hit_ratio", 4.0 / 7.0), ("service.t/effects", 3.0)]);
    let hung = parts(&crash.replace("KIND", "hang"));
    expect(20, &hung, &[("service.s/hit_ratio", 5.0 / 7.0), ("service.t/effects", 2.0)]);
    // One that all share outlives it.
    let shared = crashed.replace("per = \"seat\", ", "");
    expect(20, &shared, &[("service.s/hit_ratio", 6.0 / 7.0), ("service.t/effects", 1.0)]);
}
