//! What a platform learns of many functions at once: the same as of each by itself, and less waste than a fixed time.

use std::fmt::Write as _;
use std::fs;

use ninefold::experiment::{Options, Outcome, run};
use ninefold::measure::Measurements;
use ninefold::scenario::{self, Places, Scenario, Source};

use crate::behaviour::value;

/// Loads a scenario with a file of recorded calls beside it.
fn loaded(text: String, calls: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calls.csv"), calls).unwrap();
    let source = Source { name: "keep-alive.toml".to_owned(), text };
    scenario::load(source, &[], &Places { folders: vec![folder.path().to_owned()] })
        .unwrap_or_else(|rejected| panic!("{:#?}", rejected.findings))
}

fn go(scenario: &Scenario) -> Outcome {
    run(scenario, &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

/// Recorded calls of a second each: app, function, and when they begin [s].
fn recorded(calls: &[(u32, u32, u64)]) -> String {
    let mut file = "app,func,end_timestamp,duration\n".to_owned();
    for (app, function, at) in calls {
        writeln!(file, "a{app},f{function},{},1", at + 1).unwrap();
    }
    file
}

/// A population with recorded calls, whose starts take 2 s.
fn population(horizon: u64, keep: &str, rest: &str) -> String {
    format!(
        "[run]\nhorizon = \"{horizon}s\"\ndrain = \"1000s\"\nruns = 1\n[client.c]\ncalls = \"f\"\n\
         arrival = {{ process = \"trace\", format = \"azure-2021\", file = \"calls.csv\" }}\n[service.f]\n\
         start = \"2s\"\nfunction = {{ population = true, keep_alive = {keep} {rest} }}\n"
    )
}

const HISTOGRAM: &str = "{ policy = \"histogram\" }";

#[test]
fn a_rhythm_of_a_function_is_learnt() {
    // Every half an hour and half a minute: twenty calls.
    let gap = 30 * 60 + 30;
    let calls: Vec<(u32, u32, u64)> = (1..=20).map(|number| (1, 1, number * gap)).collect();
    let horizon = 20 * gap + 3_600;
    let outcome = go(&loaded(population(horizon, HISTOGRAM, ""), &recorded(&calls)));
    // Ten idle times say that calls come in the bin from 30 min to 31 min. Before, ten minutes are too short each time; the
    // eleventh call is cold and the first after which an instance is started ahead, after 27 min, ready 2 s later.
    let (cold, warm) = (gap - 3, gap - 1);
    let ahead = 27 * 60 + 2;
    // The last is kept until 31 min and a tenth of that.
    let idle = 10 * 600 + (cold - ahead) + 8 * (warm - ahead) + (34 * 60 + 6 - ahead);
    let horizon = horizon as f64;
    for (metric, wanted) in [
        ("service.f/cold_starts", 11.0),
        ("service.f/instances_idle_mean", idle as f64 / horizon),
        ("service.f/instances_starting_mean", (11.0 + 9.0 + 1.0) * 2.0 / horizon),
        ("service.f/instances_max", 1.0),
        ("service.f/starts", 11.0 + 9.0 + 1.0),
        ("service.f/leaves", 11.0 + 9.0 + 1.0),
        ("service.f/cold_start_ratio_over_functions_max", 11.0 / 20.0),
    ] {
        let found = value(&outcome, metric);
        assert!((found - wanted).abs() < 1e-9 * wanted.max(1.0), "{metric} is {found}, not {wanted}");
    }
    // With a call that comes while an instance starts ahead there are two, and the second is kept as long as the first.
    let early = 12 * gap + 1 + 27 * 60 + 1;
    let mut calls: Vec<(u32, u32, u64)> = (1..=12).map(|number| (1, 1, number * gap)).collect();
    calls.push((1, 1, early));
    let outcome = go(&loaded(population(early + 7_200, HISTOGRAM, ""), &recorded(&calls)));
    assert!((value(&outcome, "service.f/cold_starts") - 12.0).abs() < 1e-9);
    assert!((value(&outcome, "service.f/instances_max") - 2.0).abs() < 1e-9);
}

/// Whole numbers that look random, from a seed.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// Gaps of three kinds: mostly around a rhythm, now and then a burst or a long pause.
fn calls_of(function: u32, seed: u64, count: u32) -> Vec<(u32, u32, u64)> {
    let mut number = numbers(seed);
    let rhythm = 120 + 300 * (seed % 7);
    let mut at = 10 + number(1_000);
    let mut calls = Vec::new();
    for _ in 0..count {
        calls.push((function, function, at));
        at += match number(40) {
            0 => 1 + number(3),
            1 => 20_000 + number(10_000),
            _ => rhythm + number(90),
        };
    }
    calls
}

/// What a function of a population does is what a service does that is this function alone.
#[test]
fn what_is_learnt_of_many_is_what_is_learnt_of_each() {
    let horizon = 2_000_000;
    let keep =
        "{ policy = \"histogram\", bin = \"30s\", range = \"2h\", margin = 0.05, fallback = \"4min\" }";
    let all: Vec<Vec<(u32, u32, u64)>> =
        (1..=6).map(|function| calls_of(function, u64::from(function), 150)).collect();
    let alone: Vec<Measurements> = all
        .iter()
        .map(|calls| {
            let at: Vec<String> = calls.iter().map(|(.., at)| format!("\"{at}s\"")).collect();
            let text = format!(
                "[run]\nhorizon = \"{horizon}s\"\ndrain = \"1000s\"\nruns = 1\n[client.c]\ncalls = \"f\"\n\
                 arrival = {{ process = \"schedule\", at = [{}] }}\n[service.f]\nstart = \"2s\"\n\
                 demand = \"1s\"\nfunction = {{ keep_alive = {keep}, max_instances = 50 }}\n",
                at.join(", ")
            );
            go(&loaded(text, "")).measurements.swap_remove(0)
        })
        .collect();
    let together = go(&loaded(population(horizon, keep, ""), &recorded(&all.concat())));
    let service = &together.measurements[0].services[0];
    let (function, fleet) = (service.function.as_ref().unwrap(), service.fleet.as_ref().unwrap());
    let of = |measured: &Measurements| {
        let service = &measured.services[0];
        let (function, fleet) = (service.function.as_ref().unwrap(), service.fleet.as_ref().unwrap());
        let counts = [function.admitted, function.cold, fleet.starts, fleet.leaves];
        (counts, [fleet.present, fleet.starting, function.busy])
    };
    let mut counts = [0; 4];
    let mut times = [0; 3];
    for (own, spans) in alone.iter().map(of) {
        assert!(own[1] > 11 && own[2] > own[1], "it learns, and starts some ahead: {own:?}");
        (0..4).for_each(|place| counts[place] += own[place]);
        (0..3).for_each(|place| times[place] += spans[place]);
    }
    assert_eq!([function.admitted, function.cold, fleet.starts, fleet.leaves], counts);
    assert_eq!([fleet.present, fleet.starting, function.busy], times);
}

#[test]
fn functions_of_one_app_teach_one_policy() {
    // Two functions in turn, each every hour, their app every half an hour.
    let calls: Vec<(u32, u32, u64)> =
        (1..=30).map(|number| (1, 1 + u32::from(number % 2 == 0), number * 1_830)).collect();
    let cold = |share: &str| {
        let text = population(31 * 1_830, HISTOGRAM, &format!(", share = \"{share}\""));
        value(&go(&loaded(text, &recorded(&calls))), "service.f/cold_starts")
    };
    // Eleven of the app; eleven of each function.
    assert!((cold("app") - 11.0).abs() < 1e-9 && (cold("function") - 22.0).abs() < 1e-9);
}

#[test]
fn a_start_ahead_takes_a_token_as_any_other() {
    let calls: Vec<(u32, u32, u64)> = (1..=14).map(|number| (1, 1, number * 1_830)).collect();
    let text = population(15 * 1_830, HISTOGRAM, ", account = \"main\"")
        + "[account.main]\nscale_up = { burst = 12, refill = \"1/365d\" }\n";
    let outcome = go(&loaded(text, &recorded(&calls)));
    // Eleven cold ones, and one ahead for the twelfth call; whoever comes later finds neither an instance nor a token.
    assert!((value(&outcome, "service.f/cold_starts") - 11.0).abs() < 1e-9);
    assert!((value(&outcome, "client.c/failures_throttled") - 2.0).abs() < 1e-9);
}

/// Idle instances in the mean, and the share of cold starts of the median function and in the mean of functions.
fn point(keep: &str) -> [f64; 3] {
    let text = format!(
        "[run]\nhorizon = \"3d\"\ntransient = \"1d\"\nruns = 1\nseed = 2020\n[client.c]\ncalls = \"f\"\n\
         arrival = {{ process = \"trace\", format = \"synthetic\", functions = 200, invocations = 250000 }}\n\
         [service.f]\nfunction = {{ population = true, keep_alive = {keep} }}\n"
    );
    let outcome = go(&loaded(text, ""));
    let over = "service.f/cold_start_ratio_over_functions_";
    ["service.f/instances_idle_mean".to_owned(), format!("{over}p50"), format!("{over}mean")]
        .map(|metric| value(&outcome, &metric))
}

/// Shahrad et al. (USENIX ATC 2020), section 5: the longer a fixed time the fewer cold starts and the more waste, and their
/// policy lies below that curve. They show the third quartile; of what is drawn of their workload, more than a quarter of
/// all functions is called so rarely that every call is cold under each policy, so the median and the mean are compared.
/// There are no bursts and no rhythm but that of timers, so the order is compared and no figure.
#[test]
fn the_hybrid_policy_lies_below_the_curve_of_fixed_times() {
    let fixed = ["\"10min\"", "\"1h\"", "\"2h\""].map(point);
    let [idle, median, mean] = point("{ policy = \"histogram\" }");
    assert!(fixed[0][0] < idle && idle < fixed[2][0], "{idle} in {fixed:?}");
    for (place, found) in [(1, median), (2, mean)] {
        assert!(fixed.is_sorted_by(|one, next| one[0] < next[0] && one[place] > next[place]), "{fixed:?}");
        // Where the curve of fixed times wastes as much.
        let after = if idle < fixed[1][0] { 1 } else { 2 };
        let (from, to) = (fixed[after - 1], fixed[after]);
        let there = from[place] + (to[place] - from[place]) * (idle - from[0]) / (to[0] - from[0]);
        assert!(found < there, "{found} at {idle}, fixed times {there} there: {fixed:?}");
    }
}
