//! Sequences and shares that real systems are known for, in the log of `ninefold run --events`: a scenario each.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// An attempt that the log says was sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Seconds.
    at: f64,
    /// Its replica, from 1.
    replica: u32,
    /// 1 for the first try of its call.
    number: u32,
}

/// Every attempt of a scenario, in the order of its log.
fn sent(name: &str, scenario: &str) -> Vec<Sent> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("golden").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("golden.toml"), scenario).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_ninefold"))
        .args(["run", "golden.toml", "--no-plots", "--quiet", "--events", "events.csv"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    let mut reader = csv::Reader::from_path(folder.join("events.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let place = |column: &str| headers.iter().position(|name| name == column).unwrap();
    let (time, event) = (place("time_s"), place("event"));
    let (subject, number) = (place("subject"), place("attempt"));
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| &row[event] == "attempt_sent")
        .map(|row| Sent {
            at: row[time].parse().unwrap(),
            replica: row[subject].rsplit('.').next().unwrap().parse().unwrap(),
            number: row[number].parse().unwrap(),
        })
        .collect()
}

/// One client of one service.
fn scenario(horizon: &str, client: &str, service: &str) -> String {
    format!(
        "[run]\nhorizon = \"{horizon}\"\nruns = 1\n\n[client.c]\ncalls = \"s\"\n{client}\n\n[service.s]\n{service}\n"
    )
}

/// A request each second, from the first on.
const EACH_SECOND: &str = "arrival = { process = \"renewal\", between = \"1s\" }";

/// A service with short services and a way to balance.
fn balanced(replicas: usize, balancing: &str) -> String {
    format!("replicas = {replicas}\ndemand = \"10ms\"\nbalancing = {{ {balancing} }}")
}

/// The vectors that are not reproduced, in words.
fn all_hold(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Turns of one decider without failures.
#[test]
fn turns_are_the_published_ones() {
    let smooth = |weights: &str| format!("policy = \"smooth-weighted-round-robin\", weights = {weights}");
    let edf = |weights: &str| {
        format!("policy = \"edf-weighted-round-robin\", weights = {weights}, random_start = false")
    };
    let mut wrong = Vec::new();
    for (name, balancing, expected) in [
        ("smooth-511", smooth("[5, 1, 1]"), &[1, 1, 2, 1, 3, 1, 1][..]),
        ("smooth-321", smooth("[3, 2, 1]"), &[1, 2, 1, 3, 2, 1]),
        ("smooth-4321", smooth("[4, 3, 2, 1]"), &[1, 2, 3, 1, 2, 4, 1, 3, 2, 1]),
        ("edf-511", edf("[5, 1, 1]"), &[1, 1, 1, 1, 2, 3, 1]),
        ("edf-321", edf("[3, 2, 1]"), &[1, 2, 1, 3, 2, 1]),
        ("edf-21", edf("[2, 1]"), &[1, 2, 1, 1, 2, 1]),
    ] {
        let replicas = *expected.iter().max().unwrap() as usize;
        let sent = sent(name, &scenario("31s", EACH_SECOND, &balanced(replicas, &balancing)));
        let found: Vec<u32> = sent.iter().map(|one| one.replica).collect();
        // After a period everything is as it was, so that it comes again.
        let expected: Vec<u32> =
            if name.starts_with("smooth") { expected.repeat(2) } else { expected.to_vec() };
        if !found.starts_with(&expected) {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
    }
    all_hold(&wrong);
}

/// Static stride has the weights that replicas report, which are their speeds. One caller keeps them busy at first, so
/// that they have something to report; the other's turns are looked at.
#[test]
fn strides_are_those_of_grpc() {
    let mut wrong = Vec::new();
    for (name, speed, expected) in [
        ("stride-321", "[3, 2, 1]", [1, 2, 3, 1, 1, 2, 1, 2, 3, 1, 1, 2]),
        ("stride-511", "[5, 1, 1]", [1, 3, 1, 1, 2, 1, 1, 1, 3, 1, 1, 2]),
    ] {
        let text = format!(
            "[run]\nhorizon = \"320s\"\nruns = 1\n\n\
             [client.first]\narrival = {{ process = \"poisson\", rate = \"40/s\", \
             spikes = [{{ at = \"8s\", lasts = \"1d\", factor = 0 }}] }}\ncalls = \"s\"\n\n\
             [client.looked-at]\narrival = {{ process = \"renewal\", between = \"25s\" }}\ncalls = \"s\"\n\n\
             [service.s]\nreplicas = 3\nconcurrency = \"unlimited\"\nspeed = {speed}\ndemand = \"60ms\"\n\
             balancing = {{ policy = \"weighted-round-robin\", balancers = \"caller\", blackout_period = \"0s\", \
             random_start = false }}\n"
        );
        let sent = sent(name, &text);
        let found: Vec<u32> = sent.iter().filter(|one| one.at > 20.0).map(|one| one.replica).collect();
        if found != expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
    }
    all_hold(&wrong);
}

/// Worked out from the rules, apart from the program: who has failed so often is out for ten whole seconds and loses weight, a pick after
/// that is a probe, and weight comes back by one at each pick.
#[test]
fn nginx_leaves_out_who_failed() {
    let nginx = |weights: &str, max_fails: u32| {
        format!(
            "policy = \"smooth-weighted-round-robin\", weights = {weights}, max_fails = {max_fails}, \
             fail_timeout = \"10s\""
        )
    };
    let crash = |replica: u32, lasts: &str, at: &str| {
        format!(
            "[fault.f]\nkind = \"crash\"\non = \"service.s.{replica}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n"
        )
    };
    let mut wrong = Vec::new();
    for (name, replicas, balancing, fault, expected) in [
        (
            "nginx-521",
            3,
            nginx("[5, 2, 1]", 2),
            crash(1, "22s", "2500ms"),
            &[
                1, 2, 1, 3, 1, 2, 2, 2, 3, 2, 2, 3, 2, 2, 3, 2, 1, 3, 2, 2, 3, 2, 2, 3, 2, 2, 3, 2, 1, 1, 3,
                1, 2, 1, 1, 2, 1, 1, 3, 1, 2, 1, 1, 2, 1, 1, 3, 1,
            ][..],
        ),
        (
            "nginx-1231",
            3,
            nginx("[12, 3, 1]", 2),
            crash(1, "5s", "500ms"),
            &[
                1, 2, 1, 3, 2, 2, 2, 3, 2, 2, 2, 3, 2, 2, 1, 2, 1, 3, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1,
                3, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 3,
            ],
        ),
        (
            "nginx-21",
            2,
            nginx("[2, 1]", 1),
            crash(2, "12s", "500ms"),
            &[
                1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2,
                1, 1, 2, 1, 1, 2, 1, 1, 2,
            ],
        ),
    ] {
        let text = scenario("50s", EACH_SECOND, &(balanced(replicas, &balancing) + "\n\n" + &fault));
        let found: Vec<u32> = sent(name, &text).iter().map(|one| one.replica).collect();
        if !found.starts_with(expected) {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
    }
    all_hold(&wrong);
}

/// Asserts shares by a chi-square test at a level of 1e-4; what has no share has none.
fn shares_hold(name: &str, counts: &[usize], shares: &[f64]) -> Result<(), String> {
    let all: usize = counts.iter().sum();
    let total: f64 = shares.iter().sum();
    let (mut square, mut classes) = (0.0, 0);
    for (count, share) in counts.iter().zip(shares) {
        if *share <= 0.0 {
            if *count > 0 {
                return Err(format!("{name}: {counts:?} where nothing should be"));
            }
            continue;
        }
        let mean = all as f64 * share / total;
        square += (*count as f64 - mean).powi(2) / mean;
        classes += 1;
    }
    let freedom = f64::from(classes - 1).max(1.0);
    let tail = ChiSquared::new(freedom).unwrap().sf(square);
    if all > 0 && tail > 1e-4 { Ok(()) } else { Err(format!("{name}: {counts:?} for {shares:?}, {tail}")) }
}

#[test]
fn the_busier_of_two_gets_a_quarter() {
    // What the slow one gets stays there, and the fast one is always idle.
    let service = "replicas = 2\nconcurrency = \"unlimited\"\nspeed = [1e-6, 1e6]\ndemand = \"10ms\"\n\
                   balancing = \"least-request\"";
    let sent = sent("least-request", &scenario("20000s", EACH_SECOND, service));
    let from = sent.iter().position(|one| one.replica == 1).unwrap();
    let later = &sent[from + 1..];
    let busy = later.iter().filter(|one| one.replica == 1).count();
    shares_hold("least-request", &[busy, later.len() - busy], &[0.25, 0.75]).unwrap();
}

/// A hundred replicas of each priority, of which so many are up.
fn priorities(name: &str, up: [u32; 2]) -> Vec<Sent> {
    let down = (0..2).flat_map(|level| 100 * level + up[level as usize]..100 * (level + 1));
    let down: Vec<String> = down.map(|one| format!("\"service.s.{}\"", one + 1)).collect();
    let levels: Vec<String> = (0..200).map(|one| (one / 100).to_string()).collect();
    let balancing = format!(
        "policy = \"random\", knowledge = \"perfect\", panic_threshold = \"50%\", priorities = [{}]",
        levels.join(", ")
    );
    let fault = if down.is_empty() {
        String::new()
    } else {
        format!("\n\n[fault.f]\nkind = \"crash\"\non = [{}]\nat = \"0s\"\nlasts = \"1h\"\n", down.join(", "))
    };
    let client = "arrival = { process = \"poisson\", rate = \"1000/s\" }";
    sent(name, &scenario("10s", client, &(balanced(200, &balancing) + &fault)))
}

/// The table of Envoy's documentation, one row by its code. In panic all replicas of a priority are used.
#[test]
fn priorities_have_the_loads_of_the_table() {
    let mut wrong = Vec::new();
    for (up, loads, in_panic) in [
        ([100, 100], [100.0, 0.0], [false, false]),
        ([72, 72], [100.0, 0.0], [false, false]),
        ([71, 71], [99.0, 1.0], [false, false]),
        ([50, 50], [70.0, 30.0], [false, false]),
        ([25, 100], [35.0, 65.0], [false, false]),
        ([25, 25], [50.0, 50.0], [true, true]),
        ([5, 65], [8.0, 92.0], [true, false]),
    ] {
        let name = format!("priorities-{}-{}", up[0], up[1]);
        let sent = priorities(&name, up);
        // Of each priority those up, and those down.
        let (mut counts, mut shares) = ([0; 4], [0.0; 4]);
        for one in &sent {
            let (level, place) = ((one.replica - 1) / 100, (one.replica - 1) % 100);
            counts[2 * level as usize + usize::from(place >= up[level as usize])] += 1;
        }
        for level in 0..2 {
            let share = if in_panic[level] { f64::from(up[level]) / 100.0 } else { 1.0 };
            shares[2 * level] = loads[level] * share;
            shares[2 * level + 1] = loads[level] * (1.0 - share);
        }
        wrong.extend(shares_hold(&name, &counts, &shares).err());
    }
    all_hold(&wrong);
}

/// One of two replicas always fails: five failures, out for 30 s, 60 s, 90 s and so on up to 300 s, and back at the next
/// of the detector's looks, which come every ten seconds.
#[test]
fn ejections_last_longer_each_time() {
    let detection = "outlier_detection = { policy = \"envoy\", max_ejected = \"50%\" }\n";
    let client = "arrival = { process = \"renewal\", between = \"100ms\" }";
    let fault = "\n\n[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.1\"\nat = \"0s\"\nlasts = \"1d\"\n";
    let service = balanced(2, "policy = \"round-robin\"") + "\n" + detection + fault;
    let sent = sent("ejections", &scenario("2600s", client, &service));
    let tried: Vec<f64> = sent.iter().filter(|one| one.replica == 1).map(|one| one.at).collect();
    let visits: Vec<&[f64]> = tried.chunk_by(|before, after| after - before < 1.0).collect();
    assert!(visits.len() > 11, "{} visits", visits.len());
    let phase = visits[1][0].rem_euclid(10.0);
    for (number, pair) in visits.windows(2).enumerate() {
        let (out, back) = (pair[0].last().unwrap(), pair[1][0]);
        let lasts = 30.0 * (number as f64 + 1.0).min(10.0);
        assert_eq!(pair[0].len(), 5, "failures that eject, {number}");
        // A failure is known after 10 ms, and it may take two requests until its turn comes.
        assert!(back - out >= lasts && back - out < lasts + 10.3, "{number}: {out} to {back}");
        let off = (back - phase + 5.0).rem_euclid(10.0) - 5.0;
        assert!(off.abs() <= 0.2, "{number}: back at {back}, not at a look");
    }
}

/// Who is put out after the first look, and who stays.
#[test]
fn outliers_are_those_of_the_examples() {
    let row = |hosts: u32, extra: &str, share: u32, on: &str| {
        let client = format!("arrival = {{ process = \"renewal\", between = \"{}us\" }}", 40_000 / hosts);
        let detection = format!("outlier_detection = {{ policy = \"envoy\", consecutive_5xx = 0, {extra} }}");
        let fault = format!(
            "\n\n[fault.f]\nkind = \"error\"\nshare = \"{share}%\"\non = {on}\nat = \"0s\"\nlasts = \"1d\"\n"
        );
        let service = balanced(hosts as usize, "policy = \"round-robin\"") + "\n" + &detection + &fault;
        scenario("40s", &client, &service)
    };
    let first = "\"service.s.1\"";
    let failing = "failure_percentage_threshold = \"85%\", enforcing_failure_percentage = \"100%\", \
                   enforcing_success_rate = \"0%\"";
    let all = "max_ejected = \"100%\"";
    // Between its ejection at 20 s at the latest and 30 s after it at the earliest nobody who is out gets anything.
    let silent = |text: &str, name: &str| -> Vec<u32> {
        let sent = sent(name, text);
        let hosts = sent.iter().map(|one| one.replica).max().unwrap();
        let late =
            |replica: u32| sent.iter().any(|one| one.replica == replica && (20.5..30.0).contains(&one.at));
        (1..=hosts).filter(|replica| !late(*replica)).collect()
    };
    // 50 % against 100 %: mean 90 and deviation 20 of five, threshold 52; mean 95 and deviation 15 of ten, 66.5.
    assert_eq!(silent(&row(5, all, 50, first), "outlier-5"), [1]);
    assert_eq!(silent(&row(10, all, 50, first), "outlier-10"), [1]);
    // One of four is at most 1.73 deviations away, however bad it is.
    let four = format!("{all}, success_rate_minimum_hosts = 4");
    assert_eq!(silent(&row(4, &four, 50, first), "outlier-4"), &[] as &[u32]);
    // Ten percent of nine is nobody, of ten one.
    let two = "[\"service.s.1\", \"service.s.2\"]";
    assert_eq!(silent(&row(9, failing, 100, two), "guard-9"), &[] as &[u32]);
    assert_eq!(silent(&row(10, failing, 100, two), "guard-10").len(), 1);
}

/// The attempts of requests that always fail, one each second, whose retries have a budget.
fn tries(name: &str, attempts: u32, budget: &str) -> Vec<u32> {
    let retry = format!("retry = {{ policy = \"fixed\", attempts = {attempts}, budget = {budget} }}");
    let client = format!("{EACH_SECOND}\n{retry}");
    sent(name, &scenario("201s", &client, "error_ratio = \"100%\"")).iter().map(|one| one.number).collect()
}

#[test]
fn budgets_run_dry_where_they_should() {
    let mut wrong = Vec::new();
    for (name, attempts, budget, expected) in [
        // 500 tokens at 5 each are two retries of each of fifty requests.
        ("aws", 3, "\"aws\"", [1, 2, 3].repeat(50)),
        // At 14 each they are 35, of which the last is the first retry of its request.
        (
            "aws-2026",
            3,
            "{ policy = \"aws\", revision = \"2026\" }",
            [[1, 2, 3].repeat(17), vec![1, 2]].concat(),
        ),
        // Ten tokens: the fifth failure leaves five, which is not more than half.
        ("grpc-once", 10, "\"grpc\"", vec![1, 2, 3, 4, 5]),
        ("grpc-twice", 2, "\"grpc\"", vec![1, 2, 1, 2]),
    ] {
        let requests = expected.iter().filter(|number| **number == 1).count();
        let expected = [expected, vec![1; 200 - requests]].concat();
        let found = tries(name, attempts, budget);
        if found != expected {
            wrong.push(format!("{name}: {found:?} instead of {expected:?}"));
        }
    }
    all_hold(&wrong);
}

/// The longest wait before each retry [ms]; requests come one by one and fail at once.
fn longest_waits(name: &str, retry: &str, retries: usize) -> Vec<f64> {
    let client = format!(
        "arrival = {{ process = \"renewal\", between = \"200s\" }}\nretry = {{ {retry}, attempts = {} }}",
        retries + 1
    );
    let (mut longest, mut last) = (vec![0.0; retries], 0.0);
    for Sent { at, number, .. } in sent(name, &scenario("200000s", &client, "error_ratio = \"100%\"")) {
        if number > 1 {
            let wait = &mut longest[number as usize - 2];
            *wait = f64::max(*wait, (at - last) * 1_000.0);
        }
        last = at;
    }
    longest
}

#[test]
fn waits_are_as_long_as_those_of_the_systems_they_are_named_after() {
    let of_2026 = [50.0, 100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0, 6_400.0, 12_800.0, 20_000.0];
    let mut wrong = Vec::new();
    for (name, retry, bounds) in [
        ("wait-envoy", "policy = \"envoy\"", &[24.0, 74.0, 174.0, 249.0, 249.0][..]),
        ("wait-aws", "policy = \"aws\"", &[1e3, 2e3, 4e3, 8e3, 16e3, 20e3, 20e3]),
        ("wait-aws-2026", "policy = \"aws\", revision = \"2026\"", &of_2026),
        (
            "wait-grpc",
            "policy = \"grpc\", base = \"1s\", cap = \"5s\"",
            &[1_200.0, 2_400.0, 4_800.0, 6_000.0],
        ),
    ] {
        for (found, bound) in longest_waits(name, retry, bounds.len()).into_iter().zip(bounds) {
            // Of 1,000 uniform waits the longest is within 2 % of the bound, but for a chance of 2e-9.
            if found > bound + 1e-3 || found < 0.98 * bound - 1.0 {
                wrong.push(format!("{name}: {found} of {bound} ms"));
            }
        }
    }
    all_hold(&wrong);
}
