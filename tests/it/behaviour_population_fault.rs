//! Crashes, slowness and errors of populations of functions, in small traces whose answers are counted by hand.

use std::fmt::Write as _;
use std::fs;

use ninefold::experiment::{Options, Outcome, run};
use ninefold::scenario::{self, Places, Scenario, Source};

use crate::behaviour::value;

fn loaded(text: String, calls: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calls.csv"), calls).unwrap();
    let source = Source { name: "population-fault.toml".to_owned(), text };
    scenario::load(source, &[], &Places { folders: vec![folder.path().to_owned()] })
        .unwrap_or_else(|rejected| panic!("{:#?}", rejected.findings))
}

fn go(text: String, calls: &[(u32, u32, u32)]) -> Outcome {
    let mut file = "app,func,end_timestamp,duration\n".to_owned();
    for (function, at, takes) in calls {
        writeln!(file, "a{function},f{function},{},{takes}", at + takes).unwrap();
    }
    run(&loaded(text, &file), &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

/// A run of 400 s with starts of 2 s and a fault.
fn text(zones: u32, keys: &str, fault: &str) -> String {
    format!(
        "[run]\nhorizon = \"400s\"\ndrain = \"1000s\"\nruns = 1\n[region.r]\nzones = {zones}\n[client.c]\n\
         calls = \"f\"\narrival = {{ process = \"trace\", format = \"azure-2021\", file = \"calls.csv\" }}\n\
         [service.f]\nstart = \"2s\"\nfunction = {{ population = true, keep_alive = \"1h\"{keys} }}\n\
         [fault.x]\n{fault}\n"
    )
}

fn check(outcome: &Outcome, expected: &[(&str, f64)]) {
    for (metric, wanted) in expected {
        let found = value(outcome, metric);
        assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{metric} is {found}, not {wanted}");
    }
}

/// Function, start and length of calls [s].
const CALLS: [(u32, u32, u32); 6] =
    [(1, 10, 1), (2, 20, 1), (3, 99, 10), (4, 90, 40), (1, 110, 1), (1, 150, 1)];

#[test]
fn a_crash_of_all_takes_instances_and_their_calls() {
    let fault = "kind = \"crash\"\non = \"service.f\"\nat = \"100s\"\nlasts = \"20s\"";
    let outcome = go(text(1, "", fault), &CALLS);
    // Two are idle then, that of the third starts until 101 s, and the fourth works. The call at 110 s finds no place to
    // start in, and that at 150 s starts anew.
    let expected = [
        ("client.c/failures_reset", 2.0),
        ("client.c/failures_connect", 1.0),
        ("service.f/cold_starts", 5.0),
        ("service.f/leaves", 4.0),
        ("service.f/instances_max", 4.0),
        ("service.f/instances_mean", (90.0 + 80.0 + 1.0 + 10.0 + 250.0) / 400.0),
        ("service.f/instances_starting_mean", (4.0 * 2.0 + 1.0) / 400.0),
        ("service.f/instances_busy_mean", (1.0 + 1.0 + 8.0 + 1.0) / 400.0),
        ("service.f/availability_time", 380.0 / 400.0),
        ("fault.x/incidents", 1.0),
    ];
    check(&outcome, &expected);
}

#[test]
fn a_zone_takes_the_instances_that_are_in_it() {
    let fault = "kind = \"crash\"\non = \"zone.r.2\"\nat = \"100s\"\nlasts = \"100s\"\nsignal = \"reset\"";
    // In the order of their starts: f1 in the first zone, f2 in the second, f4 in the third, f3 in the first.
    let calls: Vec<_> = CALLS.into_iter().chain([(2, 120, 1), (2, 300, 1)]).collect();
    let outcome = go(text(3, "", fault), &calls);
    let expected = [
        // Only the idle one of f2 was there; it starts anew, in another zone, where it still is at the end.
        ("client.c/availability_request", 1.0),
        ("service.f/cold_starts", 5.0),
        ("service.f/leaves", 1.0),
        ("service.f/availability_time", 1.0),
    ];
    check(&outcome, &expected);
    // Without another zone there is none to start in.
    let region = fault.replace("zone.r.2", "region.r");
    let outcome = go(text(3, "", &region), &calls);
    check(&outcome, &[("client.c/failures_reset", 2.0), ("client.c/failures_connect", 3.0)]);
    check(&outcome, &[("service.f/availability_time", 0.75)]);
}

#[test]
fn each_instance_fails_at_a_time_of_its_own() {
    let fault = "kind = \"crash\"\non = \"service.f.*\"\ntime_to_failure = \"100s\"";
    let outcome = go(text(1, "", fault), &[(1, 10, 1), (1, 50, 1), (2, 60, 1), (1, 111, 1), (2, 150, 20)]);
    // f1 from 10 s to 110 s, and from 111 s to 211 s; f2 from 60 s to 160 s, with the call of 150 s.
    let expected = [
        ("service.f/cold_starts", 3.0),
        ("service.f/leaves", 3.0),
        ("service.f/instances_mean", 300.0 / 400.0),
        ("service.f/instance_lifetime_mean", 100.0),
        ("client.c/failures_reset", 1.0),
        ("fault.x/incidents", 3.0),
    ];
    check(&outcome, &expected);
    // One that is gone before it would fail does not.
    let brief = text(1, "", fault).replace("\"1h\"", "\"30s\"");
    let outcome = go(brief, &[(1, 10, 1), (2, 60, 1)]);
    check(&outcome, &[("service.f/leaves", 2.0), ("fault.x/incidents", 0.0)]);
}

#[test]
fn a_common_cause_leaves_instances_the_rest_of_their_failures() {
    let fault = "kind = \"crash\"\non = \"service.f.*\"\ntime_to_failure = \"100s\"\n\
                 [fault.y]\nkind = \"crash\"\nlasts = \"1s\"\n\
                 common = { of = \"fault.x\", beta = \"20%\", among = \"service.f\" }";
    // The instance's own clock has four fifths of the pace, that of the common cause one: it would be due at 500 s.
    let outcome = go(text(1, "", fault), &[(1, 10, 1)]);
    check(&outcome, &[("service.f/instance_lifetime_mean", 125.0), ("fault.x/incidents", 1.0)]);
    check(&outcome, &[("fault.y/incidents", 0.0)]);
}

#[test]
fn failures_of_instances_are_as_frequent_as_is_said() {
    let text = "[run]\nhorizon = \"2d\"\nruns = 1\nseed = 5\n[client.c]\ncalls = \"f\"\n\
                arrival = { process = \"trace\", format = \"synthetic\", functions = 300, invocations = 300000 }\n\
                [service.f]\nfunction = { population = true }\n[fault.x]\nkind = \"crash\"\n\
                on = \"service.f.*\"\ntime_to_failure = { distribution = \"exponential\", mean = \"3h\" }\n";
    let outcome = run(&loaded(text.to_owned(), ""), &Options { threads: Some(1), ..Options::default() }, &());
    let outcome = outcome.unwrap();
    let hours = value(&outcome, "service.f/instances_mean") * 48.0;
    let (found, wanted) = (value(&outcome, "fault.x/incidents"), hours / 3.0);
    // A Poisson number, within four standard deviations.
    assert!(wanted > 500.0 && (found - wanted).abs() < 4.0 * wanted.sqrt(), "{found}, expected {wanted}");
}

#[test]
fn all_functions_are_slow_or_err_together() {
    let slow = "kind = \"slow\"\nfactor = 3\non = \"service.f\"\nat = \"100s\"\nlasts = \"100s\"";
    let outcome = go(text(2, "", slow), &[(1, 10, 5), (1, 110, 5), (2, 190, 40), (1, 300, 5)]);
    // Of the third 192 s to 200 s are slow, in which it does 8/3 s of its work.
    let served = 5.0 + 15.0 + (8.0 + 40.0 - 8.0 / 3.0) + 5.0;
    check(&outcome, &[("service.f/service_mean", served / 4.0), ("service.f/cold_starts", 2.0)]);
    let errs = "kind = \"error\"\nshare = 1\non = \"region.r\"\nat = \"100s\"\nlasts = \"100s\"";
    let outcome = go(text(2, "", errs), &[(1, 10, 5), (1, 110, 5), (2, 190, 40), (1, 300, 5)]);
    check(&outcome, &[("client.c/failures_error", 2.0), ("service.f/leaves", 0.0)]);
}

#[test]
fn an_account_gets_the_room_back_of_what_a_crash_took() {
    let account = "[account.main]\nconcurrency = 1\nunreserved_min = 0\n[client.other]\ncalls = \"g\"\n\
                   arrival = { process = \"schedule\", at = [\"20s\"] }\n[service.g]\ndemand = \"1s\"\n\
                   function = { account = \"main\", pending = 1 }";
    let fault = format!("kind = \"crash\"\non = \"service.f\"\nat = \"100s\"\nlasts = \"20s\"\n{account}");
    let outcome = go(text(1, ", account = \"main\"", &fault), &[(1, 10, 300)]);
    check(&outcome, &[("client.c/failures_reset", 1.0), ("client.other/latency_mean", 81.0)]);
}

#[test]
fn a_population_takes_how_long_a_platform_keeps_instances() {
    let text = text(1, "", "kind = \"error\"\nshare = 1\non = \"service.f\"\nat = \"390s\"");
    let text = text.replace("keep_alive = \"1h\"", "preset = \"aws-lambda-2019\"").replace("400s", "2000s");
    // Kept for 600 s: from 13 s on, that at 612 s is in time; from 613 s on, that at 1214 s is not.
    let outcome = go(text, &[(1, 10, 1), (1, 612, 1), (1, 1214, 1)]);
    check(&outcome, &[("service.f/cold_starts", 2.0)]);
}
