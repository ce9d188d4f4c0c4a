//! Random populations of functions, with one client each.

use proptest::prelude::*;

use super::parts::maybe;

fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    proptest::sample::select(texts).prop_map(str::to_owned).boxed()
}

/// Scenarios of one population whose calls come as fast as those of other samples.
#[expect(clippy::too_many_lines, reason = "key by key, as they are written")]
pub(crate) fn populations() -> impl Strategy<Value = String> {
    let keep = one_of(&[
        "\"0s\"",
        "\"30ms\"",
        "\"1s\"",
        "\"forever\"",
        "{ policy = \"uniform\", low = \"0s\", high = \"200ms\" }",
        "{ policy = \"histogram\", bin = \"5ms\", range = \"300ms\", fewest = 2, variation = 0.5, fallback = \"20ms\" }",
    ]);
    let start = maybe(one_of(&[
        "start = \"20ms\"",
        "start = { distribution = \"exponential\", mean = \"100ms\" }",
        "start = { placement = \"5ms\", init = \"20ms\", success = 0.6, again_after = \"10ms\" }",
    ]));
    let account = maybe(one_of(&[
        "concurrency = 5\nunreserved_min = 0",
        "concurrency = 60",
        "scale_up = { burst = 3, refill = \"20/s\" }",
    ]));
    let client = proptest::collection::vec(
        one_of(&[
            "timeout = \"50ms\"",
            "retry = { policy = \"fixed\", delay = \"10ms\", attempts = 3 }",
            "deadline = \"300ms\"",
            "invalid = \"10%\"",
            "good_within = \"500ms\"",
            "breaker = { policy = \"polly\", minimum = 2, open_for = \"50ms\" }",
            "bulkhead = { limit = 4, queue = 2 }",
        ]),
        0..4,
    );
    let service = proptest::collection::vec(one_of(&["error_ratio = \"20%\"", "effects = true"]), 0..2);
    let rest = maybe(one_of(&[
        "[network]\nwithin_zone = \"3ms\"",
        "[network]\nwithin_zone = { distribution = \"exponential\", mean = \"5ms\" }",
        "[network]\nloss = \"10%\"",
    ]));
    let fault = maybe(one_of(&[
        "[fault.x]\nkind = \"crash\"\non = \"service.f\"\ntime_to_failure = \"400ms\"\nlasts = \"50ms\"",
        "[region.r]\nzones = 3\n[fault.x]\nkind = \"crash\"\non = \"zone.r.*\"\nlasts = \"100ms\"\n\
         time_to_failure = { distribution = \"exponential\", mean = \"300ms\" }",
        "[fault.x]\nkind = \"crash\"\non = \"service.f.*\"\n\
         time_to_failure = { distribution = \"exponential\", mean = \"200ms\" }",
        "[fault.x]\nkind = \"slow\"\nfactor = 4\non = \"service.f\"\ntime_to_failure = \"300ms\"\nlasts = \"100ms\"",
        "[fault.x]\nkind = \"error\"\nshare = 0.5\non = \"service.f\"\ntime_to_failure = \"300ms\"\nlasts = \"100ms\"",
    ]));
    let share = one_of(&["function", "app"]);
    let price = maybe(one_of(&[
        ", price = { request = \"0/million up to 1 million, 0.2/million\" }",
        ", price = { duration = \"0.00002/GBs up to 1000 GBs, 0.00001/GBs\", init = false }",
    ]));
    (1..40_u32, 1..2_000_u32, (share, price, fault), keep, start, account, client, service, rest).prop_map(
        |(functions, calls, (share, price, fault), keep, start, account, mut client, mut service, rest)| {
            let (price, fault) = (price.unwrap_or_default(), fault.unwrap_or_default());
            client.sort();
            client.dedup_by_key(|line| line.split(' ').next().map(str::to_owned));
            service.dedup();
            let (of, account) = match account {
                Some(keys) => (", account = \"pool\"", format!("[account.pool]\n{keys}\n")),
                None => ("", String::new()),
            };
            format!(
                "[run]\nruns = 2\nhorizon = \"2s\"\n[client.c]\ncalls = \"f\"\n{}\n\
                 arrival = {{ process = \"trace\", format = \"synthetic\", functions = {functions}, \
                 invocations = {calls}, period = \"2s\" }}\n[service.f]\n{}\n{}\n\
                 function = {{ population = true, share = \"{share}\", keep_alive = {keep}{of}{price} }}\n{account}{}\n{fault}\n",
                client.join("\n"),
                start.unwrap_or_default(),
                service.join("\n"),
                rest.unwrap_or_default(),
            )
        },
    )
}
