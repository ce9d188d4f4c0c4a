//! Populations of functions: small traces without randomness, whose cold starts are counted by hand, and what is published
//! of large ones.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ninefold::experiment::{Options, Outcome, run};
use ninefold::measure::InstanceRow;
use ninefold::scenario::{self, Places, Rejected, Scenario, Source};

use crate::behaviour::value;

/// Five functions of three apps over six minutes; with `within = "even"` the only call of a minute comes after 30 s, two
/// after 15 s and 45 s, three after 10 s, 30 s and 50 s.
const COUNTS: &str = "HashOwner,HashApp,HashFunction,Trigger,1,2,3,4,5,6
o,a1,f1,http,1,0,1,0,0,1
o,a1,f2,http,0,1,0,0,0,0
o,a2,f3,queue,2,2,0,0,0,0
o,a2,f4,timer,0,0,0,0,1,0
o,a3,f5,http,0,0,0,3,0,0
";
/// The third takes 40 s, the others a second.
const DURATIONS: &str = "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,\
percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,\
percentile_Average_100
o,a1,f1,1000,3,1000,1000,1000,1000,1000,1000,1000,1000,1000
o,a1,f2,1000,3,1000,1000,1000,1000,1000,1000,1000,1000,1000
o,a2,f3,40000,3,40000,40000,40000,40000,40000,40000,40000,40000,40000
o,a2,f4,1000,3,1000,1000,1000,1000,1000,1000,1000,1000,1000
o,a3,f5,1000,3,1000,1000,1000,1000,1000,1000,1000,1000,1000
o,a9,f9,1000,3,1000,1000,1000,1000,1000,1000,1000,1000,1000
";
/// By app, as in the whole trace.
const MEMORY: &str = "HashOwner,HashApp,SampleCount,AverageAllocatedMb
o,a1,9,100.4
o,a2,9,200
o,a3,9,1000
";
/// The same calls, one by one.
const CALLS: &str = "app,func,end_timestamp,duration
a3,f5,231,1
a1,f1,31,1
a2,f3,55,40
a2,f3,85,40
a2,f3,115,40
a2,f3,145,40
a1,f2,91,1
a1,f1,151,1
a3,f5,191,1
a3,f5,211,1
a2,f4,271,1
a1,f1,331,1
";
const COUNTED: &str = r#"format = "azure-2019", invocations = "counts.csv", durations = "durations.csv", memory = "memory.csv", within = "even""#;
const RECORDED: &str = r#"format = "azure-2021", file = "calls.csv""#;

fn files() -> [(&'static str, String); 4] {
    [
        ("counts.csv", COUNTS.to_owned()),
        ("durations.csv", DURATIONS.to_owned()),
        ("memory.csv", MEMORY.to_owned()),
        ("calls.csv", CALLS.to_owned()),
    ]
}

fn load_with(text: &str, files: &[(&str, String)]) -> Result<Scenario, Rejected> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let source = Source { name: "population.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places { folders: vec![folder.path().to_owned()] })
}

fn loaded(text: &str) -> Scenario {
    load_with(text, &files()).unwrap_or_else(|rejected| panic!("{:#?}", rejected.findings))
}

fn go(scenario: &Scenario, threads: usize) -> Outcome {
    run(scenario, &Options { threads: Some(threads), ..Options::default() }, &()).unwrap()
}

/// A run of 400 s of a trace, with further keys of the client, the function and the rest.
fn text(trace: &str, [client, function, service]: [&str; 3]) -> String {
    format!(
        "[run]\nhorizon = \"400s\"\ndrain = \"1000s\"\nruns = 1\n[client.c]\ncalls = \"f\"\n{client}\n\
         arrival = {{ process = \"trace\", {trace} }}\n[service.f]\nstart = \"2s\"\n\
         function = {{ population = true, keep_alive = \"60s\"{function} }}\n{service}\n"
    )
}

fn check(outcome: &Outcome, expected: &[(&str, f64)]) {
    for (metric, wanted) in expected {
        let found = value(outcome, metric);
        assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{metric} is {found}, not {wanted}");
    }
}

#[test]
fn the_timeline_shows_instances_of_all_functions() {
    let text = text(COUNTED, ["", ", price = { request = \"3/request\" }", ""]);
    let outcome = go(&loaded(&text.replace("runs = 1\n", "runs = 1\ntimeline_step = \"100s\"\n")), 1);
    let rows = &outcome.measurements[0].instances;
    let sum = |of: fn(&InstanceRow) -> f64| rows.iter().map(of).sum::<f64>();
    assert_eq!(rows.len(), 4);
    for (found, wanted) in [
        (sum(|row| row.starting), 0.16),
        (sum(|row| row.busy), 1.68),
        (sum(|row| row.idle), 7.36 - 0.16 - 1.68),
        (sum(|row| row.cold_starts as f64), 8.0),
        (sum(|row| row.cost.unwrap()), 12.0 * 3.0),
    ] {
        assert!((found - wanted).abs() < 1e-9, "{found} instead of {wanted}");
    }
}

/// What each function had: attempts that it took in, cold starts, throttles; f1 to f5.
fn counted(outcome: &Outcome) -> Vec<[u64; 3]> {
    let population = outcome.measurements[0].services[0].population.as_ref().unwrap();
    let listed = population.names.iter().zip(&population.listed);
    let mut found: Vec<_> =
        listed.map(|(name, one)| (name[1].clone(), [one.invocations, one.cold, one.throttled])).collect();
    found.sort();
    found.into_iter().map(|(_, counts)| counts).collect()
}

#[test]
fn each_function_has_instances_of_its_own() {
    for trace in [COUNTED, RECORDED] {
        let outcome = go(&loaded(&text(trace, ["", "", ""])), 1);
        // f1 comes every 120 s or more, longer than an instance is kept. f3 comes at 15 s and 45 s, each call finding none
        // free, and at 75 s and 105 s, when those of the first two calls (idle from 57 s and 87 s) are.
        assert_eq!(counted(&outcome), [[3, 3, 0], [1, 1, 0], [4, 2, 0], [1, 1, 0], [3, 1, 0]]);
        let expected = [
            ("service.f/cold_starts", 8.0),
            ("service.f/cold_start_ratio", 8.0 / 12.0),
            ("service.f/cold_start_mean", 2.0),
            ("service.f/functions_called", 5.0),
            ("service.f/cold_start_ratio_over_functions_mean", (1.0 + 1.0 + 0.5 + 1.0 + 1.0 / 3.0) / 5.0),
            ("service.f/cold_start_ratio_over_functions_max", 1.0),
            ("service.f/throttle_ratio", 0.0),
            // Eight starts of 2 s before twelve calls, of which four take 40 s.
            ("service.f/wait_mean", 16.0 / 12.0),
            ("client.c/latency_mean", (8.0 + 160.0 + 16.0) / 12.0),
            // An instance with one call is there for 63 s: four of f1 and f2, one of f4. Those of f3 from 15 s to 175 s
            // and from 45 s to 205 s, that of f5 from 190 s to 291 s.
            ("service.f/instances_mean", (5.0 * 63.0 + 160.0 + 160.0 + 101.0) / 400.0),
            ("service.f/instances_starting_mean", 16.0 / 400.0),
            ("service.f/instances_busy_mean", 168.0 / 400.0),
            ("service.f/instances_max", 4.0),
            ("service.f/instance_lifetime_mean", (5.0 * 63.0 + 160.0 + 160.0 + 101.0) / 8.0),
            ("service.f/leaves", 8.0),
        ];
        check(&outcome, &expected);
        // A quantile is as fine as the table of the sample.
        let median = value(&outcome, "service.f/cold_start_ratio_over_functions_p50");
        assert!((median - 1.0).abs() < 1e-3, "{median}");
    }
}

#[test]
fn functions_of_one_app_may_share_instances() {
    for trace in [COUNTED, RECORDED] {
        let outcome = go(&loaded(&text(trace, ["", ", share = \"app\"", ""])), 1);
        // The instance of f1 (idle from 33 s) serves f2 at 90 s, and f1 again at 150 s.
        assert_eq!(counted(&outcome), [[3, 2, 0], [1, 0, 0], [4, 2, 0], [1, 1, 0], [3, 1, 0]]);
        check(&outcome, &[("service.f/cold_starts", 6.0)]);
    }
}

#[test]
fn an_account_throttles_what_is_too_much() {
    let account = "[account.main]\nconcurrency = 1\nunreserved_min = 0";
    let outcome = go(&loaded(&text(RECORDED, ["", ", account = \"main\"", account])), 1);
    // f3 is under way from 15 s to 57 s and from 75 s to 115 s.
    assert_eq!(counted(&outcome), [[2, 2, 1], [0, 0, 1], [2, 1, 2], [1, 1, 0], [3, 1, 0]]);
    let expected = [
        ("service.f/throttle_ratio", 4.0 / 12.0),
        ("client.c/failures_throttled", 4.0),
        ("service.f/functions_called", 4.0),
        ("service.f/concurrency_max", 1.0),
    ];
    check(&outcome, &expected);
    // Who tries again after ten seconds brings the same function along: f1 at 30 s tries at 40 s and 50 s in vain.
    let retry = "retry = { policy = \"fixed\", delay = \"10s\", attempts = 3 }";
    let outcome = go(&loaded(&text(RECORDED, [retry, ", account = \"main\"", account])), 1);
    // f3 of 45 s comes at 65 s, f2 of 90 s up to 110 s in vain, and f3 of 75 s and 105 s too: until 107 s that of 65 s runs.
    assert_eq!(counted(&outcome)[0], [2, 2, 3]);
    // A bucket with one token lets one instance start.
    let account = "[account.main]\nscale_up = { burst = 1, refill = \"1/1000s\" }";
    let outcome = go(&loaded(&text(RECORDED, ["", ", account = \"main\"", account])), 1);
    assert_eq!(counted(&outcome), [[0, 0, 3], [0, 0, 1], [2, 1, 2], [0, 0, 1], [0, 0, 3]]);
}

#[test]
fn room_of_an_account_goes_to_whoever_waits_for_it() {
    let rest = "[account.main]\nconcurrency = 1\nunreserved_min = 0\n[client.other]\ncalls = \"g\"\n\
                arrival = { process = \"schedule\", at = [\"20s\"] }\n[service.g]\ndemand = \"1s\"\n\
                function = { account = \"main\", pending = 1 }";
    let outcome = go(&loaded(&text(RECORDED, ["", ", account = \"main\"", rest])), 1);
    // f3 gives the only room back at 57 s.
    check(&outcome, &[("client.other/latency_mean", 38.0)]);
}

#[test]
fn an_instance_whose_time_ends_when_a_call_comes_is_gone() {
    // Of f1: idle from 33 s, from 153 s: calls at 150 s and 330 s.
    let cold = |keep: &str| {
        let text = text(RECORDED, ["", "", ""]).replace("\"60s\"", keep);
        counted(&go(&loaded(&text), 1))[0][1]
    };
    let found = ["\"116999ms\"", "\"117s\"", "\"117001ms\"", "\"176s\"", "\"180s\"", "\"0s\"", "\"forever\""]
        .map(cold);
    assert_eq!(found, [3, 3, 2, 2, 1, 3, 1]);
    // The bounds of what is drawn for each instance: always too short, always long enough.
    let uniform =
        |low: &str, high: &str| format!("{{ policy = \"uniform\", low = \"{low}\", high = \"{high}\" }}");
    assert_eq!([uniform("10s", "100s"), uniform("181s", "300s")].map(|keep| cold(&keep)), [3, 1]);
}

#[test]
fn calls_are_paid_with_the_memory_of_their_function() {
    let price =
        ", price = { request = \"1/million\", duration = \"0.001/GBs\", init = false, round = \"1s\" }";
    let outcome = go(&loaded(&text(COUNTED, ["", price, ""])), 1);
    // Four calls of a1 with 100 MB, four of f3 of 40 s and one of f4 with 200 MB, three with 1000 MB.
    // A gigabyte that is paid for has 1024 of them.
    let gigabyte_seconds = (4.0 * 100.0 + (160.0 + 1.0) * 200.0 + 3.0 * 1000.0) / 1024.0;
    let month = 730.0 * 3_600.0 / 400.0;
    check(&outcome, &[("service.f/cost", (gigabyte_seconds * 1e-3 + 12e-6) * month)]);
    // Starts of 2 s are billed with the first call.
    let init = price.replace("init = false", "init = true");
    let outcome = go(&loaded(&text(COUNTED, ["", &init, ""])), 1);
    let more = 2.0 * (4.0 * 100.0 + 3.0 * 200.0 + 1000.0) / 1024.0;
    check(&outcome, &[("service.f/cost", ((gigabyte_seconds + more) * 1e-3 + 12e-6) * month)]);
}

#[test]
fn what_the_trace_does_not_say_the_scenario_does() {
    let few = r#"format = "azure-2019", invocations = "counts.csv", within = "even""#;
    let said = loaded(&text(few, ["", "", ""]).replace("start =", "demand = \"3s\"\nstart ="));
    check(&go(&said, 1), &[("service.f/service_mean", 3.0)]);
    // Percentiles are met: a law between 1 s and 3 s in a straight line has its mean.
    let mut files = files().to_vec();
    files[1].1 = DURATIONS.lines().next().unwrap().to_owned();
    for function in ["a1,f1", "a1,f2", "a2,f3", "a2,f4", "a3,f5"] {
        write!(files[1].1, "\no,{function},0,0,0,0,1000,1020,1500,2000,2500,2980,3000").unwrap();
    }
    files[0].1 = COUNTS.replace("http,1,0", "http,20000,0");
    let text = text(&COUNTED.replace("even", "uniform"), ["", "", ""]);
    let outcome = go(&load_with(&text, &files).unwrap(), 1);
    let mean = value(&outcome, "service.f/service_mean");
    // The deviation of a uniform law on 2 s is 0.577 s: five errors of 20,000 calls are 0.02 s.
    assert!((mean - 2.0).abs() < 0.021, "{mean}");
}

#[test]
fn a_function_keeps_its_calls_whatever_others_there_are() {
    let times = |counts: String| {
        let mut files = files().to_vec();
        files[0].1 = counts;
        let text = text(&COUNTED.replace("even", "uniform"), ["", "", ""]);
        let outcome = go(&load_with(&text, &files).unwrap(), 1);
        value(&outcome, "service.f/instances_mean")
    };
    let row = |name: &str| {
        COUNTS
            .lines()
            .filter(|line| line.contains("Hash") || line.contains(name))
            .collect::<Vec<_>>()
            .join("\n")
    };
    // Instances of functions do not know of each other, so their times add up.
    let alone: f64 = ["f1", "f2", "f3", "f4", "f5"].iter().map(|name| times(row(name))).sum();
    assert!((times(COUNTS.to_owned()) - alone).abs() < 1e-9);
    // The order of rows changes nothing, and rows of one function are added up.
    let mut lines: Vec<&str> = COUNTS.lines().collect();
    lines[1..].reverse();
    assert!((times(lines.join("\n")) - alone).abs() < 1e-12);
    let split = COUNTS.replace("o,a2,f3,queue,2,2,0", "o,a2,f3,queue,2,0,0") + "o,a2,f3,http,0,2,0,0,0,0\n";
    assert!((times(split) - alone).abs() < 1e-12);
}

fn messages(rejected: &Rejected) -> String {
    rejected.findings.0.iter().map(|one| one.message.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn files_that_are_no_traces_are_refused() {
    let said = |trace: &str, file: usize, old: &str, new: &str| {
        let mut files = files().to_vec();
        assert!(files[file].1.contains(old), "{old}");
        files[file].1 = files[file].1.replacen(old, new, 1);
        match load_with(&text(trace, ["", "", ""]), &files) {
            Ok(_) => panic!("{new} is accepted"),
            Err(rejected) => messages(&rejected),
        }
    };
    let header = COUNTS.lines().next().unwrap();
    for (file, old, new, expected) in [
        (0, "HashApp", "App", "counts.csv has no column \"HashApp\""),
        (
            0,
            "Trigger,1,2",
            "Trigger,2,1",
            "counts.csv: columns of minutes are not called 1, 2, and so on up to the last",
        ),
        (0, "http,1,0", "http,1,-1", "counts.csv:2: \"-1\" is no count"),
        (0, "http,1,0", "http,1,0.5", "counts.csv:2: \"0.5\" is no count"),
        (0, COUNTS, header, "counts.csv has no rows"),
        (1, "percentile_Average_99", "p99", "durations.csv has no column \"percentile_Average_99\""),
        (1, "1000,1000,1000\no,a1,f2", "1000,1000,999\no,a1,f2", "the percentiles of a duration do not rise"),
        (
            1,
            "o,a1,f1,1000,3,1000,1000,1000",
            "o,a1,f1,1000,3,1000,1000,x",
            "durations.csv:2: \"x\" is no number",
        ),
        (1, "o,a2,f4,", "o,a2,f7,", "nothing says how long calls of 1 of the 5 functions take"),
        (2, "100.4", "much", "memory.csv:2: \"much\" is no number from 0 on"),
    ] {
        let found = said(COUNTED, file, old, new);
        assert!(found.contains(expected), "{found}\nis not: {expected}");
    }
    for (old, new, expected) in [
        ("func", "function", "calls.csv has no column \"func\""),
        ("231,1", "231,-1", "calls.csv:2: \"-1\" is no number from 0 on"),
        (CALLS, CALLS.lines().next().unwrap(), "calls.csv has no rows"),
    ] {
        let found = said(RECORDED, 3, old, new);
        assert!(found.contains(expected), "{found}\nis not: {expected}");
    }
    // Where memory is paid for, each function has some.
    let price = ", price = { duration = \"0.001/GBs\" }";
    let load = |function: &str| load_with(&text(RECORDED, ["", function, ""]), &files());
    let refused = messages(&load(price).unwrap_err());
    assert!(refused.contains("memory over time is paid for"), "{refused}");
    assert!(load(&format!("{price}, memory = \"128MB\"")).is_ok());
}

const SYNTHETIC: &str = "format = \"synthetic\", functions = 2000, invocations = 20000, period = \"1h\"";

#[test]
fn a_population_is_the_same_in_any_number_of_threads() {
    let text = text(SYNTHETIC, ["timeout = \"10s\"", "", ""]).replace("runs = 1", "runs = 4");
    let scenario = loaded(&text);
    let (one, two) = (go(&scenario, 1), go(&scenario, 2));
    assert_eq!(one.measurements, two.measurements);
    assert_ne!(one.measurements[0].services[0].wait, one.measurements[1].services[0].wait);
    let calls: u64 = one.measurements.iter().map(|run| run.clients[0].requests).sum();
    // 20,000 an hour in 4 x 400 s, within five standard errors of a Poisson number (timers vary less).
    assert!((calls as f64 - 8_888.9).abs() < 5.0 * 8_888.9_f64.sqrt(), "{calls}");
}

#[test]
fn a_population_survives_resolving() {
    let price = ", share = \"app\", price = { request = \"1/million\", duration = \"0.001/GBs\" }";
    for trace in [SYNTHETIC, COUNTED, RECORDED] {
        let memory = if trace == RECORDED { ", memory = \"128MB\"" } else { "" };
        let scenario = loaded(&text(trace, ["", &format!("{price}{memory}"), ""]));
        let again = loaded(&scenario::resolved(&scenario));
        assert_eq!(go(&scenario, 1).measurements, go(&again, 1).measurements);
    }
}

#[test]
fn a_trace_that_ends_before_the_run_is_warned_of() {
    let said = |horizon: &str| {
        let scenario = loaded(&text(COUNTED, ["", "", ""]).replace("400s", horizon));
        let messages = scenario.warnings.0.iter().map(|one| one.message.clone());
        messages.filter(|message| message.contains("trace")).collect::<Vec<_>>()
    };
    assert_eq!(said("400s"), [""; 0]);
    assert_eq!(said("401s"), ["the trace ends at 6min, before the horizon of 6min 41s"]);
}

#[test]
fn a_function_that_nobody_calls_needs_no_events() {
    let run = |functions: u32, days: u32| {
        let trace = format!(
            "format = \"synthetic\", functions = {functions}, invocations = 1000, period = \"{days}d\""
        );
        let run = format!("{days}d\"\nwindow = \"{days}d\"");
        let scenario = loaded(&text(&trace, ["", "", ""]).replace("400s\"", &run));
        ninefold::engine::simulate(&scenario.system, &scenario.run.span, 1, 0).unwrap()
    };
    for (functions, days) in [(10, 1), (100_000, 1), (100_000, 1_000)] {
        let measured = run(functions, days);
        let requests = measured.clients[0].requests;
        assert!(requests.abs_diff(1_000) < 160, "{requests}");
        // A call arrives, waits for an instance, ends, and its instance goes; looks at idle ones that were used meanwhile.
        assert!(measured.events < 5 * requests + 1_000, "{functions} functions: {} events", measured.events);
    }
}

#[test]
fn listening_changes_nothing() {
    use ninefold::engine::listener::Hear;
    struct Ears(u64);
    impl Hear for Ears {
        fn hear(&mut self, _: ninefold::units::SimTime, _: ninefold::engine::listener::Note) {
            self.0 += 1;
        }
    }
    for trace in [SYNTHETIC, COUNTED, RECORDED] {
        let client = "timeout = \"3s\"\nretry = { policy = \"fixed\", delay = \"1s\", attempts = 2 }";
        let scenario = loaded(&text(trace, [client, "", "[network]\nwithin_zone = \"5ms\""]));
        let mut ears = Ears(0);
        let heard = ninefold::engine::simulate_heard(&scenario.system, &scenario.run.span, (1, 0), &mut ears)
            .unwrap();
        let unheard = ninefold::engine::simulate(&scenario.system, &scenario.run.span, 1, 0).unwrap();
        assert!(ears.0 > 0);
        assert_eq!(heard, unheard);
    }
}

/// With what nobody shares, cold starts of a Poisson stream are those gaps that are longer than an instance is kept: of
/// each function e^(-rate x keep), as long as calls do not overlap.
#[test]
fn cold_starts_of_a_population_are_those_of_its_functions() {
    let text = "[run]\nhorizon = \"400h\"\ntransient = \"20h\"\nruns = 1\n[client.c]\ncalls = \"f\"\n\
                arrival = { process = \"trace\", format = \"azure-2019\", invocations = \"counts.csv\" }\n\
                [service.f]\ndemand = \"1ms\"\nfunction = { population = true, keep_alive = \"20min\" }\n";
    let minutes = 400 * 60;
    let mut counts = "HashOwner,HashApp,HashFunction,Trigger".to_owned();
    (1..=minutes).for_each(|minute| write!(counts, ",{minute}").unwrap());
    counts.push('\n');
    let mut state = 1_u64;
    for (function, percent) in [(1, 2), (2, 5), (3, 10)] {
        write!(counts, "o,a,f{function},http").unwrap();
        for _ in 0..minutes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            counts += if (state >> 33) % 100 < percent { ",1" } else { ",0" };
        }
        counts.push('\n');
    }
    let outcome = go(&load_with(text, &[("counts.csv", counts)]).unwrap(), 1);
    for ([calls, cold, _], share) in counted(&outcome).into_iter().zip([0.02_f64, 0.05, 0.1]) {
        // Gaps in whole minutes are geometric; a call is cold where 20 minutes pass without one. The place in the minute is
        // even: of a gap of 20 minutes a half is longer, and of one of 21 or more all.
        let quiet = (1.0 - share).powi(20) + share * (1.0 - share).powi(19) / 2.0;
        let found = cold as f64 / calls as f64;
        let error = (quiet * (1.0 - quiet) / calls as f64).sqrt();
        assert!((found - quiet).abs() < 5.0 * error, "{found} of {calls}, expected {quiet} +- {error}");
    }
}

/// The published samples, where they are.
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips something says so")]
fn published_samples_are_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.join("azure-functions-2021.csv").exists() {
        eprintln!("SKIPPED: {} is not there", data.display());
        return;
    }
    let sample = r#"format = "azure-2019", invocations = "azure-functions-2019/invocations.csv", durations = "azure-functions-2019/durations.csv", memory = "azure-functions-2019/memory.csv""#;
    let recorded = r#"format = "azure-2021", file = "azure-functions-2021.csv""#;
    for (trace, functions) in [(sample, 4), (recorded, 1)] {
        let text = text(trace, ["", "", ""]).replace("400s", "1d");
        let source = Source { name: "sample.toml".to_owned(), text };
        let scenario = scenario::load(source, &[], &Places { folders: vec![data.clone()] }).unwrap();
        let outcome = go(&scenario, 1);
        let requests = outcome.measurements[0].clients[0].requests;
        let counted: u64 = counted(&outcome).iter().map(|[calls, ..]| calls).sum();
        assert_eq!(requests, counted);
        assert!(requests > 100 && value(&outcome, "service.f/functions_called") >= f64::from(functions));
    }
}
