//! Random parts of scenarios.

use std::fmt::Write as _;

use ninefold::model::resilience::budget::BudgetSettings;
use proptest::prelude::*;
use proptest::sample::select;

use super::balancing::balancing;
use super::plain::Kept;
use super::{
    Call, Client, Deploy, End, Fault, GivenUp, Keeping, Naming, Policy, Sample, Scaling, Service, Target,
};

pub(super) fn maybe(line: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop::option::weighted(0.35, line).boxed()
}

pub(super) fn one_of(key: &'static str, words: &'static [&'static str]) -> BoxedStrategy<Option<String>> {
    maybe(select(words).prop_map(move |word| format!("{key} = {word}")))
}

/// A law of times of up to so many milliseconds.
pub(super) fn law(most: u32) -> BoxedStrategy<String> {
    prop_oneof![
        (1..=most).prop_map(|mean| format!("\"{mean}ms\"")),
        (1..=most).prop_map(|mean| format!("{{ distribution = \"exponential\", mean = \"{mean}ms\" }}")),
        (1..=most)
            .prop_map(|high| format!("{{ distribution = \"uniform\", low = \"0s\", high = \"{high}ms\" }}")),
    ]
    .boxed()
}

pub(super) fn percent(most: u32) -> impl Strategy<Value = String> {
    (1..=most).prop_map(|share| format!("\"{share}%\""))
}

/// Any budget, and some that soon run dry.
fn budget() -> impl Strategy<Value = String> {
    let names: Vec<&str> = BudgetSettings::CATALOGUE.iter().map(|entry| entry.name).collect();
    let scarce = [
        "{ policy = \"finagle\", ttl = \"1s\", minimum = \"1/s\", ratio = \"10%\" }",
        "{ policy = \"grpc\", tokens = 3, ratio = 0.5 }",
        "{ policy = \"aws\", capacity = 12 }",
        "{ policy = \"aws\", capacity = 30, revision = \"2026\" }",
        "{ policy = \"envoy\", ratio = \"30%\", minimum = 0 }",
        "{ policy = \"max-retries\", limit = 1 }",
        "{ policy = \"sre-ratio\", ratio = \"30%\", window = \"200ms\" }",
        "{ policy = \"token-bucket\", size = 2, deposit = 0.3, per = \"success\" }",
        "{ policy = \"failure-ratio\", failure_ratio = \"20%\", window = \"200ms\" }",
    ];
    prop_oneof![
        select(names).prop_map(|name| format!("\"{name}\"")),
        select(scarce.to_vec()).prop_map(str::to_owned),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let retry = prop_oneof![
        (0..20u32).prop_map(|delay| format!("policy = \"fixed\", delay = \"{delay}ms\"")),
        (1..20u32, select(&["none", "full", "equal", "decorrelated"][..])).prop_map(|(base, jitter)| {
            format!("policy = \"exponential\", base = \"{base}ms\", cap = \"50ms\", jitter = \"{jitter}\"")
        }),
        (1..9u32).prop_map(|base| format!("policy = \"envoy\", base = \"{base}ms\"")),
        (1..9u32).prop_map(|base| format!("policy = \"grpc\", base = \"{base}ms\", cap = \"30ms\"")),
        (1..20u32).prop_map(|mean| format!("policy = \"memoryless\", mean = \"{mean}ms\"")),
        Just("policy = \"aws\", base = \"5ms\", cap = \"40ms\"".to_owned()),
        Just("policy = \"aws\", revision = \"2026\", base = \"5ms\", throttled_base = \"9ms\"".to_owned()),
    ];
    let avoid = select(&["none", "last", "tried"][..]);
    let granted = prop::option::weighted(0.4, budget());
    let layers =
        [", layer = \"nearest\", only_idempotent = false", ", hints = \"exactly\"", ", hints = \"aws\""];
    let layer = prop::option::weighted(0.4, select(layers.to_vec()));
    let retry = (retry, 1..5u32, avoid, granted, layer)
        .prop_map(|(retry, attempts, avoid, budget, layer)| {
            let budget = budget.map(|budget| format!(", budget = {budget}")).unwrap_or_default();
            let layer = layer.unwrap_or_default();
            let reselect = if layer.is_empty() || avoid == "none" { "" } else { ", reselect = 1" };
            format!(
                "retry = {{ {retry}, attempts = {attempts}, avoid = \"{avoid}\"{budget}{layer}{reselect} }}"
            )
        })
        .boxed();
    let hedge = prop_oneof![
        (0..20u32, 2..4u32).prop_map(|(delay, attempts)| {
            format!("hedge = {{ policy = \"fixed\", delay = \"{delay}ms\", attempts = {attempts} }}")
        }),
        budget().prop_map(|budget| {
            format!("hedge = {{ policy = \"percentile\", minimum = 3, percentile = 0.5, samples = 20, budget = {budget} }}")
        }),
        (0..5u32).prop_map(|delay| {
            format!(
                "hedge = {{ policy = \"tied\", delay = \"{delay}ms\", attempts = 3, \
                 budget = {{ policy = \"max-retries\", limit = 4 }} }}"
            )
        }),
    ];
    let hedge = prop::option::weighted(0.2, hedge);
    let others = vec![
        maybe((1..200u32).prop_map(|limit| format!("deadline = \"{limit}ms\""))),
        one_of("on_timeout", &["\"abandon\"", "\"cancel\"", "\"cancel-waiting\""]),
        one_of("deadline_propagation", &["true"]),
        maybe(retry),
        seldom(percent(90).prop_map(|share| format!("idempotent = {share}"))),
        seldom(limit(true).prop_map(|limit| format!("throttle = {limit}"))),
        seldom(breaker().prop_map(|breaker| format!("breaker = {breaker}"))),
        seldom(
            (1..4u32, 0..4u32)
                .prop_map(|(limit, queue)| format!("bulkhead = {{ limit = {limit}, queue = {queue} }}")),
        ),
    ];
    (prop::option::weighted(0.4, 1..80u32), hedge, others).prop_map(|(timeout, hedge, others)| Policy {
        timeout,
        hedge,
        others,
    })
}

pub(super) fn seldom(line: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop::option::weighted(0.12, line).boxed()
}

/// A limit that is often reached; one at the door of a replica lets nobody wait.
fn limit(waits: bool) -> BoxedStrategy<String> {
    let bucket = (1..100u32, 1..4u32)
        .prop_map(|(rate, burst)| format!("policy = \"token-bucket\", rate = \"{rate}/s\", burst = {burst}"));
    let leaky = (1..100u32, 0..4u32)
        .prop_map(|(rate, burst)| format!("policy = \"leaky-bucket\", rate = \"{rate}/s\", burst = {burst}"));
    let any = prop_oneof![
        bucket,
        (1..4u32).prop_map(|limit| format!("policy = \"concurrency\", limit = {limit}")),
        (1..6u32).prop_map(|limit| format!("policy = \"priority-shedding\", limit = {limit}")),
        (1..4u32).prop_map(|limit| format!("policy = \"aimd\", initial = {limit}, minimum = 1")),
        (1..4u32)
            .prop_map(|limit| format!("policy = \"gradient\", initial = {limit}, minimum = 1, queue = 1")),
        (1..4u32).prop_map(|limit| format!("policy = \"vegas\", initial = {limit}")),
        Just("policy = \"sre-adaptive\", multiplier = 1.1".to_owned()),
    ];
    let any = if waits {
        prop_oneof![6 => any, 1 => leaky, 1 => Just("policy = \"aws-adaptive\"".to_owned())].boxed()
    } else {
        any.boxed()
    };
    any.prop_map(|limit| format!("{{ {limit} }}")).boxed()
}

/// A breaker that opens often.
fn breaker() -> impl Strategy<Value = String> {
    let breakers = [
        "{ policy = \"envoy\", max_requests = 2 }",
        "{ policy = \"polly\", minimum = 2, open_for = \"50ms\" }",
        "{ policy = \"polly\", minimum = 2, open_for = \"50ms\", stops = \"retries\" }",
        "{ policy = \"resilience4j\", size = 4, minimum = 2, half_open = 2, open_for = \"50ms\", stops = \"retries\" }",
        "{ policy = \"hystrix\", minimum = 2, window = \"200ms\", snapshot = \"20ms\", open_for = \"50ms\" }",
        "{ policy = \"resilience4j\", size = 4, minimum = 2, half_open = 2, open_for = \"50ms\" }",
        "{ policy = \"resilience4j\", window = \"time\", size = 2, minimum = 2, open_for = \"30ms\", \
         half_open_for = \"20ms\", slow_after = \"10ms\", slow_ratio = 0.5 }",
    ];
    select(breakers.to_vec()).prop_map(str::to_owned)
}

fn call() -> impl Strategy<Value = Call> {
    let lines = vec![
        maybe(percent(100).prop_map(|share| format!("probability = {share}"))),
        one_of("optional", &["true"]),
        maybe((1..3u32).prop_map(|step| format!("step = {step}"))),
        seldom(select(&["\"3kB\"", "{ answer = \"1MB\" }"][..]).prop_map(|size| format!("size = {size}"))),
    ];
    let fallback = prop::option::weighted(0.2, any::<u32>());
    (any::<u32>(), 1..4u32, 1..4u32, (lines, fallback), policy()).prop_map(
        |(pick, count, wait_for, (lines, fallback), policy)| Call {
            pick,
            count,
            wait_for,
            lines,
            fallback,
            policy,
        },
    )
}

fn client() -> impl Strategy<Value = Client> {
    let arrival = prop_oneof![
        (5..80u32).prop_map(|rate| format!("{{ process = \"poisson\", rate = \"{rate}/s\" }}")),
        law(60).prop_map(|between| format!("{{ process = \"renewal\", between = {between} }}")),
        (1..6u32, law(100)).prop_map(|(users, think)| {
            format!("{{ process = \"closed\", users = {users}, think = {think} }}")
        }),
        (1..60u32).prop_map(|rate| format!(
            "{{ process = \"mmpp\", rates = [\"{rate}/s\", \"100/s\"], stays = [\"300ms\", \"100ms\"] }}"
        )),
        (1..60u32).prop_map(|rate| format!(
            "{{ process = \"profile\", rates = [\"{rate}/s\", \"0/s\", \"50/s\"], period = \"900ms\" }}"
        )),
    ];
    let lines = vec![
        maybe((1..4u32).prop_map(|count| format!("instances = {count}"))),
        maybe(percent(40).prop_map(|share| format!("invalid = {share}"))),
        maybe((0..3u32).prop_map(|priority| format!("priority = {priority}"))),
        maybe((1..9u32).prop_map(|sessions| format!("sessions = {sessions}"))),
        maybe((1..100u32).prop_map(|limit| format!("good_within = \"{limit}ms\""))),
    ];
    let calls = prop::collection::vec(call(), 1..3);
    (arrival, any::<bool>(), lines, policy(), calls).prop_map(|(arrival, is_west, lines, policy, calls)| {
        Client { arrival, is_west, lines, policy, calls }
    })
}

fn queue() -> impl Strategy<Value = String> {
    let standing = (select(&["codel", "controlled-delay"][..]), 1..20u32, 1..60u32).prop_map(
        |(policy, target, interval)| {
            format!("\"{policy}\", target = \"{target}ms\", interval = \"{interval}ms\"")
        },
    );
    let policies = ["\"fifo\"", "\"lifo\"", "\"priority\"", "\"adaptive-lifo\", interval = \"9ms\""];
    let kept = (
        prop_oneof![2 => select(policies.to_vec()).prop_map(str::to_owned), 1 => standing],
        prop::option::of(0..5u32),
        select(&["replica", "service"][..]),
        prop::option::weighted(0.4, law(40)),
    );
    let kept = kept.prop_map(|(policy, capacity, place, patience)| {
        let mut text = format!("queue = {{ policy = {policy}, at = \"{place}\"");
        if let Some(capacity) = capacity {
            write!(text, ", capacity = {capacity}").unwrap();
        }
        if let Some(patience) = patience {
            write!(text, ", patience = {patience}").unwrap();
        }
        text + " }"
    });
    prop_oneof![3 => kept, 1 => Just("queue = \"processor-sharing\"".to_owned())]
}

/// A way to eject that acts on few failures.
fn outlier() -> BoxedStrategy<String> {
    let envoy = (1..4u32, percent(100), 10..400u32, 10..300u32, percent(100), 0..100u32).prop_map(
        |(failures, enforcing, interval, base, most, jitter)| {
            format!(
                "policy = \"envoy\", consecutive_5xx = {failures}, enforcing_consecutive_5xx = {enforcing}, \
                 interval = \"{interval}ms\", base_ejection_time = \"{base}ms\", max_ejected = {most}, \
                 max_ejection_time_jitter = \"{jitter}ms\""
            )
        },
    );
    let rates = (any::<bool>(), any::<bool>(), percent(90)).prop_map(|(split, always, threshold)| {
        format!(
            "policy = \"envoy\", consecutive_5xx = 0, split_local_origin = {split}, interval = \"100ms\", \
             consecutive_local_origin_failure = 2, base_ejection_time = \"150ms\", always_eject_one = {always}, \
             success_rate_minimum_hosts = 2, success_rate_request_volume = 2, success_rate_stdev_factor = 500, \
             enforcing_failure_percentage = \"50%\", failure_percentage_threshold = {threshold}, \
             failure_percentage_minimum_hosts = 2, failure_percentage_request_volume = 2"
        )
    });
    let grpc = (10..300u32, percent(100), percent(90)).prop_map(|(interval, most, threshold)| {
        format!(
            "policy = \"grpc\", interval = \"{interval}ms\", base_ejection_time = \"100ms\", max_ejected = {most}, \
             success_rate = {{ stdev_factor = 500, minimum_hosts = 2, request_volume = 2 }}, \
             failure_percentage = {{ threshold = {threshold}, minimum_hosts = 1, request_volume = 2 }}"
        )
    });
    let accrual = (0..4u32, 1..200u32).prop_map(|(failures, dead)| {
        format!(
            "policy = \"failure-accrual\", consecutive_failures = {failures}, minimum_requests = 2, \
             window = \"200ms\", dead_for = \"{dead}ms\", dead_for_max = \"400ms\""
        )
    });
    prop_oneof![2 => envoy, 1 => rates, 1 => grpc, 1 => accrual]
        .prop_map(|keys| format!("outlier_detection = {{ {keys} }}"))
        .boxed()
}

fn service() -> impl Strategy<Value = Service> {
    let check = (20..200u32, 1..20u32, 1..3u32, 1..3u32).prop_map(|(interval, timeout, down, up)| {
        format!(
            "health_check = {{ interval = \"{interval}ms\", timeout = \"{timeout}ms\", \
             unhealthy_after = {down}, healthy_after = {up} }}"
        )
    });
    let lines = vec![
        one_of(
            "concurrency",
            &[
                "1",
                "2",
                "3",
                "\"unlimited\"",
                "2\nramp_up = { lasts = \"90ms\" }",
                "3\nramp_up = { lasts = \"50ms\", from = \"40%\" }",
            ],
        ),
        maybe(queue()),
        prop::option::weighted(0.9, law(30).prop_map(|demand| format!("demand = {demand}"))).boxed(),
        maybe(percent(30).prop_map(|share| format!("error_ratio = {share}"))),
        maybe(law(10).prop_map(|time| format!("error_time = {time}"))),
        one_of("speed", &["0.5", "2", "1.5"]),
        seldom(limit(false).prop_map(|limit| format!("admission = {limit}"))),
        one_of("slot", &["\"released\"", "\"held\""]),
        seldom(Just("effects = true".to_owned())),
        seldom(
            select(&["\"0.3/h\"", "{ request = \"2/thousand\" }"][..])
                .prop_map(|price| format!("price = {price}")),
        ),
        prop::option::weighted(0.12, cache()).boxed(),
        seldom(
            select(&["5ms", "2s"][..])
                .prop_map(|kept| format!("idempotency = {{ lookup = \"1ms\", expires_after = \"{kept}\" }}")),
        ),
    ];
    let next = prop::option::weighted(0.3, (any::<u32>(), 1..60u32));
    let calls = prop::collection::vec(call(), 0..3);
    let check = prop::option::weighted(0.5, check);
    let knowing = (check, prop::option::weighted(0.6, balancing()), prop::option::weighted(0.4, outlier()));
    let changing = (prop::option::weighted(0.35, scaling()), prop::option::weighted(0.25, function()));
    let changing = (changing, prop::bool::weighted(0.15), prop::option::weighted(0.3, standby()));
    (1..4u32, 0..3u32, lines, knowing, policy(), (calls, next, changing)).prop_map(
        |(
            replicas,
            west,
            lines,
            (check, balancing, outlier),
            policy,
            (calls, next, ((scaling, function), depends, standby)),
        )| {
            Service {
                replicas,
                west,
                lines,
                check,
                balancing,
                outlier,
                policy,
                calls,
                next,
                scaling,
                depends,
                standby,
                function,
            }
        },
    )
}

/// A cache in front of a service, with some of what it may have.
fn cache() -> impl Strategy<Value = String> {
    let popularity = select(
        &["keys = 3", "popularity = [5, 1, 2]", "keys = 40, popularity = { law = \"zipf\", s = 0.7 }"][..],
    );
    let places = select(&["", ", per = \"zone\"", ", per = \"region\""][..]);
    let holds = select(
        &["", ", capacity = 2", ", capacity = 2, policy = \"lfu\"", ", capacity = 1, policy = \"random\""][..],
    );
    let ttl = (
        select(&["0s", "40ms", "300ms"][..]),
        any::<[bool; 4]>(),
        select(&["", ", jitter = \"30%\"", ", early = { beta = 2 }"][..]),
    );
    let ttl = prop::option::of(ttl.prop_map(|(ttl, [slides, revalidates, rescues, _], more)| {
        let mut out = format!(", ttl = \"{ttl}\"{more}");
        out += if slides { ", sliding = true" } else { "" };
        out += if revalidates { ", stale_while_revalidate = \"60ms\"" } else { "" };
        out + if rescues { ", stale_if_error = \"200ms\"" } else { "" }
    }));
    let more = (
        select(
            &["", ", hit_time = \"1ms\"", ", hit_time = { distribution = \"exponential\", mean = \"3ms\" }"]
                [..],
        ),
        select(&["", ", negative_ttl = \"30ms\""][..]),
        select(&["", ", coalesce = true", ", coalesce = true, lock_timeout = \"20ms\""][..]),
        select(&["", "", ", writes = \"30%\"", ", writes = \"30%\", on_write = \"update\""][..]),
        select(&["", ", start = \"warm\""][..]),
    );
    let skips = select(&["", "", "skips = \"calls\", "][..]);
    (skips, popularity, places, holds, ttl, more).prop_map(|(skips, popularity, places, holds, ttl, more)| {
        let (hit, negative, coalesce, writes, start) = more;
        // Other caches learn of a write later, where there are others.
        let late = if !writes.is_empty() && !places.is_empty() { ", coherence = \"9ms\"" } else { "" };
        let mut ttl = ttl.unwrap_or_default();
        let places = if skips.is_empty() { places.to_owned() } else { places.replace("region", "seat") };
        if !skips.is_empty() {
            // Nobody waits for what is fetched so.
            ttl = ttl.replace(", stale_while_revalidate = \"60ms\"", "");
        }
        format!(
            "cache = {{ {skips}{popularity}{places}{holds}{ttl}{hit}{negative}{coalesce}{writes}{late}{start} }}"
        )
    })
}

/// Spares that take over within moments; what is said of their start and of news stands behind a line's end.
fn standby() -> impl Strategy<Value = String> {
    let words =
        vec![
            one_of("mode", &["\"hot\"", "\"warm\"", "\"cold\""]),
            one_of("hazard", &["0", "0.5", "3"]),
            maybe((0..4u32, law(40)).prop_map(|(share, by_hand)| {
                format!("coverage = \"{}%\", uncovered = {by_hand}", share * 30)
            })),
            maybe(law(30).prop_map(|switch| format!("switch = {switch}"))),
            one_of("repair_after_switch", &["false", "true"]),
            prop_oneof![
                Just(None),
                Just(Some("failback = \"at-repair\"".to_owned())),
                law(50).prop_map(|law| Some(format!("failback = {law}"))),
            ]
            .boxed(),
        ];
    let start = prop::option::of(prop_oneof![law(40), phases()]);
    (words, start).prop_map(|(words, start)| {
        let words: Vec<String> = words.into_iter().flatten().collect();
        let start = start.map_or_else(String::new, |start| format!("start = {start}\n"));
        format!("active = 1\nstandby = {{ {} }}\n{start}", words.join(", "))
    })
}

/// Instances that come with the requests and go soon.
fn function() -> impl Strategy<Value = String> {
    let waits = prop_oneof![
        3 => Just("waits = \"own\"".to_owned()),
        2 => select(&["keep", "cancel"][..])
            .prop_map(|surplus| format!("waits = \"first\", surplus = \"{surplus}\"")),
    ];
    let choices = &["most-recent", "least-recent", "newest", "oldest", "random", "fullest", "emptiest"][..];
    let keep = prop_oneof![
        4 => (0..200u32).prop_map(|time| format!("keep_alive = \"{time}ms\"")),
        1 => Just("keep_alive = \"forever\"".to_owned()),
        1 => Just("keep_alive = { policy = \"uniform\", low = \"5ms\", high = \"90ms\" }".to_owned()),
        1 => Just(
            "keep_alive = { policy = \"histogram\", bin = \"10ms\", range = \"400ms\", fewest = 2, \
             variation = 0.5, fallback = \"30ms\" }".to_owned()
        ),
    ];
    let words = vec![
        maybe((1..5u32).prop_map(|most| format!("max_instances = {}", most + 2))),
        maybe(provisioned().prop_map(|count| format!("provisioned = {count}, provisioning = \"40ms\""))),
        seldom(Just("account = \"pool\"".to_owned())),
        seldom(Just("scale_up = { burst = 2, refill = \"3/100ms\" }".to_owned())),
        seldom(Just("rate_per_concurrency = 30".to_owned())),
        maybe((0..4u32).prop_map(|count| format!("pending = {{ capacity = {count}, patience = \"60ms\" }}"))),
        seldom((5..80u32).prop_map(|most| format!("max_duration = \"{most}ms\""))),
        one_of("after_failure", &["\"reset\"", "\"keep\"", "\"drop\""]),
        seldom(law(200).prop_map(|lives| format!("lifetime = {lives}"))),
        seldom(select(&["256MB", "3GB"][..]).prop_map(|size| format!("memory = \"{size}\", price = {{ request = \"2/million\", duration = \"0.1/GBs\", provisioned = \"0.01/GBs\" }}"))),
    ];
    let start = prop_oneof![
        3 => prop_oneof![law(60), phases()].prop_map(|start| (String::new(), format!("start = {start}\n"))),
        1 => law(60).prop_map(|demand| (format!(", cold_demand = {demand}"), String::new())),
        1 => Just((String::new(), String::new())),
    ];
    let versions = prop::option::weighted(0.5, versions());
    (waits, select(choices), keep, words, start, versions).prop_map(
        |(waits, choice, keep, words, (cold, start), versions)| {
            let mut words = words.into_iter().flatten().fold(String::new(), |all, word| all + ", " + &word);
            let mut versions = versions.unwrap_or_default();
            if words.contains("provisioning") && versions.contains("v2") {
                words += ", provisioned_version = \"v2\"";
            }
            if !start.starts_with("start") {
                versions = versions.replace(", start = \"7ms\"", "");
            }
            if !words.contains("memory") {
                versions = versions.replace(", memory = \"512MB\"", "");
            }
            format!("function = {{ {waits}, choice = \"{choice}\", {keep}{words}{cold} }}\n{start}{versions}")
        },
    )
}

/// A policy that goes by how far provisioned instances are used.
pub(super) const TRACKING: &str =
    "policy = \"target-tracking\", target = \"60%\", period = \"20ms\", out_after = 1, in_after = 2";

/// How many instances are provisioned, or who says so; never more than there may be.
fn provisioned() -> impl Strategy<Value = String> {
    let plan = "plan = [{ at = \"30ms\", every = \"300ms\", replicas = 3 }, { at = \"150ms\", every = \"200ms\", replicas = 1 }]";
    prop_oneof![
        2 => (1..3u32).prop_map(|count| count.to_string()),
        1 => Just(format!("{{ policy = \"scheduled\", min = 0, {plan} }}")),
        1 => Just(format!("{{ {TRACKING}, max = 3 }}")),
        1 => Just(format!("{{ min = 0, max = 3, at_start = 2, policies = [{{ {TRACKING} }}, {{ policy = \"scheduled\", {plan} }}] }}")),
    ]
}

/// Versions of a function, each key in a line of its own.
fn versions() -> impl Strategy<Value = String> {
    let second = vec![
        maybe(law(30).prop_map(|demand| format!("demand = {demand}"))),
        maybe(percent(60).prop_map(|share| format!("error_ratio = {share}"))),
        maybe(Just("error_time = \"1ms\", start = \"7ms\", memory = \"512MB\"".to_owned())),
        seldom((5..80u32).prop_map(|most| format!("max_duration = \"{most}ms\""))),
    ];
    let aliases = [
        "{ v1 = \"70%\", v2 = \"30%\" }",
        "{ v1 = \"100%\" }",
        "{ v2 = \"100%\" }",
        "[{ at = \"0s\", v1 = \"100%\" }, { at = \"400ms\", v1 = \"50%\", v2 = \"50%\" }, { at = \"1s\", v3 = \"100%\" }]",
    ];
    let more = select(&["", "publish = [{ at = \"300ms\", version = \"v2\" }]\n", "sticky = true\n"][..]);
    (second, select(aliases.to_vec()), more).prop_map(|(second, alias, more)| {
        let second: Vec<String> = second.into_iter().flatten().collect();
        let second = second.join(", ");
        format!("versions = {{ v2 = {{ {second} }}, v3 = {{}} }}\nalias = {{ live = {alias} }}\n{more}")
    })
}

/// A start in phases.
fn phases() -> impl Strategy<Value = String> {
    let fails = ", success = \"60%\", again_after = \"5ms\", again_max = \"20ms\"";
    let last = select(&["init", "snapshot", "runtime = \"3ms\", init"][..]);
    (law(40), law(40), select(vec!["", fails]), select(&["0.3", "1.5"][..]), last).prop_map(
        |(law, warmup, fails, speed, last)| {
            format!(
                "{{ placement = \"1ms\", {last} = {law}, warmup = {warmup}, warmup_speed = {speed}{fails} }}"
            )
        },
    )
}

/// A policy that goes by what it reads.
fn reading() -> impl Strategy<Value = String> {
    let total = "metric = \"in_system_mean\"";
    let policies = vec![
        format!("\"hpa\", {total}, target = 1.5, every = \"40ms\", window = \"70ms\", down_window = \"90ms\", readiness = \"30ms\""),
        format!("\"hpa\", {total}, target = 0.7, every = \"30ms\", window = \"50ms\", statistic = \"max\", metric_delay = \"20ms\", down_window = \"0s\", up = [{{ count = 1, period = \"80ms\" }}], down = [{{ percent = 50, period = \"80ms\" }}]"),
        "\"hpa\", metric = \"queue_length_mean\", target = 0.5, every = \"50ms\", window = \"50ms\", down_window = \"100ms\"".to_owned(),
        "\"kpa\", target = 2, every = \"20ms\", stable = \"200ms\", grace = \"60ms\"".to_owned(),
        "\"kpa\", target = 1, every = \"25ms\", stable = \"100ms\", panic = \"25%\", grace = \"0s\", down_delay = \"50ms\"".to_owned(),
        "\"kpa\", target = 2, every = \"20ms\", stable = \"200ms\", grace = \"60ms\", burst = 0".to_owned(),
        "\"kpa\", target = 2, every = \"15ms\", stable = \"150ms\", grace = \"20ms\", burst = 3".to_owned(),
        format!("\"target-tracking\", {total}, target = 1, period = \"40ms\", out_after = 1, in_after = 2, warmup = \"50ms\""),
        format!("\"predictive\", {total}, target = 1, season = \"300ms\", ahead = \"50ms\", period = \"40ms\""),
        format!("\"step\", {total}, above = 1.2, below = 0.6, window = \"40ms\", up = [{{ by = 1 }}, {{ beyond = 1, by = \"60%\" }}], warmup = \"60ms\""),
        format!("\"step\", {total}, above = 1, below = 0.5, window = \"30ms\", cooldown = \"70ms\""),
        "\"cloud-run\", instance_concurrency = 2, every = \"30ms\", over = \"80ms\", idle = \"120ms\"".to_owned(),
        "\"azure-consumption\", target = 0.2, over = \"100ms\", idle = \"0s\"".to_owned(),
    ];
    select(policies)
}

/// Replicas that come and go every few moments.
fn scaling() -> impl Strategy<Value = Scaling> {
    let entry = (0..1_200u32, prop::option::of(50..600u32), 0..6u32).prop_map(|(at, every, replicas)| {
        let every = every.map_or_else(String::new, |every| format!(", every = \"{every}ms\""));
        format!("{{ at = \"{at}ms\"{every}, replicas = {replicas} }}")
    });
    let words = vec![
        maybe(prop_oneof![law(80), phases()].prop_map(|start| format!("start = {start}"))),
        one_of("drain", &["\"0s\"", "\"20ms\"", "\"300ms\"", "\"forever\""]),
    ];
    let leaves = select(&["newest", "oldest", "zone-balance"][..]);
    let choices = (leaves, select(&["none", "busy"][..]), prop::option::of(law(30)));
    let quota = select(&["", "", ", quota = \"2/100ms\"", ", on_zone_loss = \"elsewhere\""][..]);
    let readings = (prop::option::of(reading()), any::<bool>(), quota, any::<bool>());
    (0..2u32, 3..5u32, prop::collection::vec(entry, 1..4), words, choices, readings).prop_map(
        |(min, max, plan, words, (leaves, protect, discovery), (reading, is_floor, quota, is_whole))| {
            let common =
                format!("min = MIN, max = {max}, leaves = \"{leaves}\", protect = \"{protect}\"{quota}");
            let words: String = words.into_iter().flatten().map(|line| line + "\n").collect();
            let plan = format!("\"scheduled\", plan = [{}]", plan.join(", "));
            let keys = format!("autoscaling = {{ {common}, policy = {plan} }}\n{words}");
            let reading = reading.map(|policy| {
                let policies = if is_floor {
                    format!("policies = [{{ policy = {policy} }}, {{ policy = {plan} }}]")
                } else {
                    format!("policy = {policy}")
                };
                format!("autoscaling = {{ {common}, {policies} }}\n{words}")
            });
            Scaling { min, max, keys, reading, is_whole, discovery }
        },
    )
}

#[expect(clippy::too_many_lines, reason = "kind by kind")]
fn fault() -> impl Strategy<Value = Fault> {
    let crash = (
        select(&["lost", "resumed", "restarted"][..]),
        select(&["lost", "kept"][..]),
        select(&["refused", "queued", "ignored"][..]),
        select(&["reset", "silent"][..]),
    );
    let crash = crash.prop_map(|(in_service, waiting, arriving, signal)| {
        format!(
            "kind = \"crash\"\nin_service = \"{in_service}\"\nwaiting = \"{waiting}\"\n\
             arriving = \"{arriving}\"\nsignal = \"{signal}\""
        )
    });
    let kind = prop_oneof![
        4 => crash,
        1 => Just("kind = \"hang\"".to_owned()),
        1 => (2..5u32).prop_map(|factor| format!("kind = \"slow\"\nfactor = {factor}")),
        1 => law(20).prop_map(|added| format!("kind = \"slow\"\nfactor = 0.5\nadded = {added}")),
        1 => percent(100).prop_map(|share| format!("kind = \"error\"\nshare = {share}")),
        1 => percent(100).prop_map(|share| format!("kind = \"capacity\"\nshare = {share}")),
        1 => (1..4u32).prop_map(|slots| format!("kind = \"capacity\"\nslots = {slots}")),
        1 => percent(100).prop_map(|share| format!("kind = \"corrupt\"\nshare = {share}")),
        1 => (1..60u32, 1..5u32)
            .prop_map(|(rate, burst)| format!("kind = \"throttle\"\nrate = \"{rate}/s\"\nburst = {burst}")),
        2 => (percent(60), select(&["refused", "queued", "ignored"][..]), select(&["reset", "silent"][..])).prop_map(
            |(share, arriving, signal)| {
                format!("kind = \"poison\"\nshare = {share}\narriving = \"{arriving}\"\nsignal = \"{signal}\"")
            }
        ),
        2 => between(),
    ];
    let target = prop_oneof![
        any::<u32>().prop_map(Target::Each),
        any::<u32>().prop_map(Target::Fleet),
        any::<u32>().prop_map(Target::First),
        Just(Target::Hosts),
        Just(Target::Rack),
        Just(Target::Zones),
        Just(Target::Zone),
        Just(Target::Region),
    ];
    let end = prop_oneof![1 => Just(End::Never), 3 => law(300).prop_map(End::Repair), 2 => Just(End::Plan)];
    let clocks = &[
        "clock = \"up\"",
        "clock = \"busy\"",
        "clock = \"load\"",
        "start = \"aged\"",
        "clock = \"calendar\"",
    ][..];
    let when = prop::option::weighted(0.7, law(600));
    let detected = prop::option::weighted(0.4, law(40));
    let times = (when, prop::option::weighted(0.5, select(clocks)), 0..900u32, 1..400u32);
    let bound = (prop::bool::weighted(0.3), prop::bool::weighted(0.3));
    let flap = prop::option::weighted(0.3, (law(60), law(120), any::<bool>()));
    let backoff = (1..40u32, 1..4u32, 0..80u32, 0..300u32).prop_map(|(first, factor, more, forget)| {
        let max = first + more;
        format!("{{ first = \"{first}ms\", factor = {factor}, max = \"{max}ms\", forget = \"{forget}ms\" }}")
    });
    let backoff = prop::option::weighted(0.3, backoff);
    let places =
        ["\"zone.east.1\"", "\"service.s0\"", "[\"region.east\", \"balancer.s0\"]", "\"zone.east.*\""];
    let seen_by = prop::option::weighted(0.25, select(places.to_vec()));
    let more = (any::<bool>(), bound, flap, backoff, seen_by);
    (kind, target, times, end, detected, more).prop_map(
        |(
            kind,
            target,
            (when, clock, at, lasts),
            end,
            detected,
            (by_check, bound, flap, backoff, seen_by),
        )| Fault {
            kind,
            target,
            when,
            clock,
            at,
            lasts,
            end,
            detected,
            by_check,
            bound,
            flap,
            backoff,
            seen_by,
        },
    )
}

/// A fault of the network, which has sides instead of a target.
fn between() -> impl Strategy<Value = String> {
    let keys = prop_oneof![
        select(&["silent", "reset"][..])
            .prop_map(|signal| format!("kind = \"partition\"\nsignal = \"{signal}\"")),
        (law(20), 1..4u32).prop_map(|(added, factor)| {
            format!("kind = \"network\"\nadded = {added}\nfactor = {factor}")
        }),
        percent(100).prop_map(|loss| format!("kind = \"network\"\nloss = {loss}")),
    ];
    let to = [
        "",
        "\nto = \"service.s0\"",
        "\nto = [\"region.east\"]",
        "\nto = \"zone.east.*\"",
        "\nto = \"balancer.s0\"",
    ];
    (keys, any::<bool>(), select(to.to_vec()))
        .prop_map(|(keys, both, to)| format!("{keys}\nboth = {both}{to}"))
}

fn recovery() -> impl Strategy<Value = String> {
    let operation = (law(200), prop::option::of(Just(0.5)), any::<bool>(), prop::option::of(Just(0.7)));
    let operation = operation.prop_map(|(time, success, has_crew, probability)| {
        let mut text = format!("{{ time = {time}");
        if let Some(success) = success {
            write!(text, ", success = {success}").unwrap();
        }
        if let Some(probability) = probability {
            write!(text, ", probability = {probability}").unwrap();
        }
        if has_crew {
            text += ", crew = \"k\"";
        }
        text + " }"
    });
    (select(&["race", "sequence", "all", "escalate"][..]), prop::collection::vec(operation, 1..4)).prop_map(
        |(policy, operations)| {
            format!("policy = \"{policy}\"\nagain_after = \"10ms\"\noperations = [{}]", operations.join(", "))
        },
    )
}

/// The keys of a gateway; its routes are those of all services.
fn gateway() -> impl Strategy<Value = Vec<Option<String>>> {
    let bucket = |key: &'static str| {
        (1..60u32, 1..6u32)
            .prop_map(move |(rate, burst)| format!("{key} = {{ rate = \"{rate}/s\", burst = {burst} }}"))
    };
    let authorise = (any::<bool>(), 0..40u32).prop_map(|(optional, denied)| {
        let timeout = if optional { ", timeout = \"20ms\"" } else { "" };
        format!("authorise = {{ service = \"s0\", denied = \"{denied}%\"{timeout} }}")
    });
    let lines = vec![
        maybe(bucket("throttle")),
        maybe(bucket("client_throttle")),
        maybe(law(10).prop_map(|latency| format!("latency = {latency}"))),
        maybe(authorise),
        maybe((1..60u32).prop_map(|timeout| format!("timeout = \"{timeout}ms\""))),
        one_of("on_timeout", &["\"cancel\"", "\"abandon\"", "\"cancel-waiting\""]),
        maybe(Just("account = \"main\"".to_owned())),
        maybe(Just("price = \"4/million\"".to_owned())),
    ];
    lines
}

/// A name with a record for each region of its service.
fn naming() -> impl Strategy<Value = Naming> {
    let kept = (0..400u32, 0..100u32)
        .prop_map(|(ttl, negative)| format!("ttl = \"{ttl}ms\"\nnegative_ttl = \"{negative}ms\""));
    let lines = vec![
        one_of(
            "policy",
            &[
                "\"failover\"",
                "\"weighted\"",
                "\"latency\"",
                "\"geographic\"",
                "\"multivalue\"",
                "\"simple\"",
            ],
        ),
        maybe(prop_oneof![4 => kept, 1 => Just("anycast = true".to_owned())]),
        maybe(law(50).prop_map(|law| format!("propagation = {law}"))),
        maybe((1..3u32).prop_map(|least| format!("healthy_min = {least}"))),
        one_of("all_unhealthy", &["\"all\"", "\"none\""]),
    ];
    let check = (1..4u32, 1..3u32, 0..3u32, 1..4u32, percent(90)).prop_map(|(bad, good, jitter, checkers, quorum)| {
        format!(
            "health_check = {{ interval = \"20ms\", timeout = \"7ms\", unhealthy_after = {bad}, healthy_after = {good}, \
             jitter = \"{jitter}ms\", checkers = {checkers}, quorum = {quorum}, places = [\"region.east\"] }}"
        )
    });
    let resolvers = vec![
        maybe((1..9u32).prop_map(|count| format!("resolvers = {count}"))),
        one_of("refresh", &["\"periodic\"", "\"on-demand\""]),
        maybe((1..40u32, 1..40u32).prop_map(|(ever, long)| {
            format!(
                "overstay = [{{ share = \"{ever}%\", ttl = \"never\" }}, {{ share = \"{long}%\", factor = 2.5 }}]"
            )
        })),
    ];
    (any::<u32>(), lines, prop::option::of(check), resolvers)
        .prop_map(|(pick, lines, check, resolvers)| Naming { pick, lines, check, resolvers })
}

/// What one service keeps, with backups every few moments.
fn keeping() -> impl Strategy<Value = Keeping> {
    let data = vec![
        maybe(Just("growth = \"900TB/h\"".to_owned())),
        maybe((1..900u32).prop_map(|rate| format!("writes = \"{rate}/s\""))),
        maybe((0..90u32).prop_map(|time| format!("rebuild = \"{time}ms\""))),
    ];
    let takes =
        prop_oneof![law(30).prop_map(|law| format!("takes = {law}")), Just("rate = \"2000TB/h\"".to_owned())];
    let chain = (2..5u32, 1..30u32)
        .prop_map(|(every, size)| format!("full_every = {every}\nincremental_size = \"{size}GB\""));
    let restore = (law(20), 1..5u32, prop::option::of(0..30u32)).prop_map(|(provision, rate, log)| {
        let log = log.map_or_else(String::new, |log| format!(", log = \"{log}ms\""));
        format!("restore = {{ provision = {provision}, rate = \"{rate}000TB/h\", replay = 0.5{log} }}")
    });
    let backup = vec![
        takes.prop_map(Some).boxed(),
        one_of("consistent", &["\"start\"", "\"end\""]).boxed(),
        maybe(percent(60).prop_map(|success| format!("success = {success}"))).boxed(),
        maybe(percent(60).prop_map(|usable| format!("usable = {usable}"))).boxed(),
        maybe(law(15).prop_map(|law| format!("verify = {{ takes = {law}, finds = \"70%\" }}"))).boxed(),
        maybe(chain).boxed(),
        maybe((1..5u32).prop_map(|keep| format!("keep = {keep}"))).boxed(),
        law(15).prop_map(|law| Some(format!("tier = {{ retrieval = {law} }}"))).boxed(),
        maybe(Just("slows = 2.5".to_owned())).boxed(),
        maybe(Just("skip_if_running = false".to_owned())).boxed(),
        maybe(restore).boxed(),
    ];
    let loss = vec![
        maybe(law(40).prop_map(|law| format!("silent_for = {law}"))),
        maybe(law(15).prop_map(|law| format!("detected_by = {law}"))),
    ];
    (any::<u32>(), data, 5..60u32, backup, prop::option::of(law(20)), loss)
        .prop_map(|(pick, data, every, backup, lag, loss)| Keeping { pick, data, every, backup, lag, loss })
}

/// Releases that come out every few moments.
fn deploy() -> impl Strategy<Value = Deploy> {
    let pace =
        |surge: u32, unavailable: u32| format!("surge = \"{surge}%\", unavailable = \"{unavailable}%\"");
    let rolling = (0..3u32, 0..3u32).prop_map(move |(surge, unavailable)| {
        let (surge, unavailable) = (surge * 40, unavailable * 30);
        (format!("policy = \"rolling\", {}", pace(surge, unavailable)), f64::from(surge) / 100.0)
    });
    let stepwise =
        (select(&["canary", "linear"][..]), 1..9u32, 5..80u32).prop_map(move |(name, share, bake)| {
            let keys = format!("share = \"{}%\", bake = \"{bake}ms\"", share * 10);
            (format!("policy = \"{name}\", {keys}, {}", pace(50, 50)), 0.5)
        });
    let blue = (0..3u32, 0..4u32).prop_map(|(bake, keep)| {
        (format!("policy = \"blue-green\", bake = \"{}ms\", keep_old = \"{}ms\"", bake * 30, keep * 50), 1.0)
    });
    let policy = prop_oneof![2 => rolling, 2 => stepwise, 2 => blue, 1 => Just(("policy = \"all-at-once\"".to_owned(), 0.0))];
    let when = prop_oneof![
        (0..900u32).prop_map(|at| format!("at = \"{at}ms\"")),
        law(500).prop_map(|law| format!("every = {law}")),
    ];
    let bad = (percent(100), percent(60), 0..4u32, any::<bool>()).prop_map(|(bad, gate, kind, after)| {
        let badness = [
            "kind = \"error\", share = \"60%\"",
            "kind = \"slow\", factor = 3",
            "kind = \"crash\"",
            "kind = \"leak\", factor = 3, grows = \"40ms\"",
        ];
        let after = if after { ", after = \"30ms\"" } else { "" };
        format!("bad = {bad}\ngate = {gate}\nbadness = {{ {}{after} }}", badness[kind as usize])
    });
    let keys = vec![
        when.prop_map(Some).boxed(),
        maybe(bad),
        maybe(law(40).prop_map(|build| format!("build = {build}"))),
        maybe(law(40).prop_map(|back| format!("rollback_on = [\"monitor.m\"]\nrollback = {back}"))),
    ];
    let start = (law(60), select(&["0s", "20ms", "forever"][..]))
        .prop_map(|(start, drain)| format!("start = {start}\ndrain = \"{drain}\"\n"));
    (any::<u32>(), policy, keys, any::<bool>(), start).prop_map(|(pick, policy, keys, has_version, start)| {
        let crashes = keys.iter().flatten().any(|line| line.contains("crash") || line.contains("leak"));
        Deploy { pick, policy, keys, crashes, has_version, start }
    })
}

/// Replicas that are given up every few moments.
fn given_up() -> impl Strategy<Value = GivenUp> {
    let when = (prop::option::of(0..4u32), 20..600u32, 0..900u32);
    (any::<u32>(), select(&["restart", "replace"][..]), when, law(60)).prop_map(
        |(pick, verb, (above, every, at), start)| GivenUp {
            pick,
            verb,
            above,
            every,
            at,
            start: format!("start = {start}\n"),
        },
    )
}

/// Every scenario that tests of the engine are tried on.
pub(crate) fn samples() -> impl Strategy<Value = Sample> {
    prop_oneof![
        3 => any_sample(),
        1 => any_sample().prop_map(|sample| sample.keep(Kept::Direct)),
        1 => any_sample().prop_map(|sample| sample.keep(Kept::Attended)),
    ]
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let run = vec![
        maybe((1..500u32).prop_map(|transient| format!("transient = \"{transient}ms\""))),
        maybe((0..300u32).prop_map(|drain| format!("drain = \"{drain}ms\""))),
        maybe((50..900u32).prop_map(|window| format!("window = \"{window}ms\""))),
    ];
    let network = vec![
        maybe(law(5).prop_map(|delay| format!("within_zone = {delay}"))),
        maybe(law(10).prop_map(|delay| format!("between_zones = {delay}"))),
        maybe(law(30).prop_map(|delay| format!("between_regions = {delay}"))),
        seldom((1..60u32, any::<bool>(), 1..50u32).prop_map(|(loss, drops, rto)| {
            let rule = if drops { "on_loss = \"drop\"".to_owned() } else { format!("rto = \"{rto}ms\"") };
            format!("loss = \"{loss}%\"\n{rule}")
        })),
        seldom(prop_oneof![
            (law(20), law(20), any::<bool>()).prop_map(|(one, other, both)| {
                let particular = format!("from = \"zone.east.1\", to = \"region.east\", delay = {one}, both = {both}");
                let usual = format!("from = \"region.east\", to = \"region.east\", delay = {other}");
                format!("links = [{{ {particular} }}, {{ {usual} }}]")
            }),
            percent(60).prop_map(|loss| {
                format!("links = [{{ from = \"zone.east.1\", to = \"region.east\", loss = {loss}, both = false }}]")
            }),
        ]),
    ];
    let parts = (
        prop::collection::vec(client(), 0..4),
        prop::collection::vec(service(), 1..5),
        prop::collection::vec(fault(), 0..4),
        recovery(),
        (
            (
                prop::option::weighted(0.4, gateway()),
                prop::option::weighted(0.3, naming()),
                prop::option::weighted(0.3, keeping()),
            ),
            (any::<bool>(), prop::option::weighted(0.4, select(&["pack", "zones", "racks", "hosts"][..]))),
            (prop::collection::vec(deploy(), 0..3), prop::option::weighted(0.3, given_up())),
        ),
    );
    (run, network, 1..4u32, any::<bool>(), parts).prop_map(
        |(
            run,
            network,
            zones,
            has_west,
            (
                clients,
                services,
                faults,
                recovery,
                ((gateway, naming, keeping), (is_paid, spread), (deploys, given_up)),
            ),
        )| Sample {
            run,
            network,
            zones,
            has_west,
            clients,
            services,
            faults,
            recovery,
            gateway,
            naming,
            keeping,
            is_paid,
            spread,
            deploys,
            given_up,
        },
    )
}
