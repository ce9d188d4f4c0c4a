//! A scenario's estimates, objectives and values by run belong together, whatever the number of threads.

use std::sync::atomic::{AtomicU32, Ordering};

use ninefold::analysis::verify::Attainment;
use ninefold::experiment::{ExperimentError, Observer, Options, Outcome, run};
use ninefold::scenario::{self, Places, Scenario, Source};
use ninefold::units::{SimDuration, SimTime};

fn shop() -> Scenario {
    let text = r#"
        [run]
        horizon = "3h"
        runs = 5

        [objective]
        "client.c/availability_request" = ">= 50%"
        "client.c/latency_p99" = "<= 1ns"
        "client.c/within_1s" = ">= 10%"

        [client.c]
        arrival = { process = "poisson", rate = "2/s" }
        calls = "s"

        [service.s]
        replicas = 2
        demand = { distribution = "exponential", mean = "100ms" }

        [fault.crash]
        kind = "crash"
        on = "service.s.*"
        time_to_failure = { distribution = "exponential", mean = "20min" }
        time_to_repair = { distribution = "exponential", mean = "2min" }
    "#;
    let source = Source { name: "shop.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places::default()).unwrap()
}

fn with_threads(threads: usize) -> Outcome {
    run(&shop(), &Options { threads: Some(threads), ..Options::default() }, &()).unwrap()
}

#[test]
fn results_are_the_same_on_any_number_of_threads() {
    assert_eq!(with_threads(1), with_threads(3));
}

#[test]
fn objectives_share_the_error_and_print_what_they_are_judged_on() {
    let outcome = with_threads(2);
    let verdicts: Vec<Attainment> = outcome.objectives.iter().map(|one| one.verdict).collect();
    let missed = outcome.objectives.iter().find(|one| one.objective.metric.name == "latency_p99").unwrap();
    assert_eq!(missed.verdict, Attainment::Missed);
    assert_eq!(verdicts.iter().filter(|one| **one == Attainment::Met).count(), 2);
    for judged in &outcome.objectives {
        assert!((judged.estimate.confidence - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
        let metric = &judged.objective.metric;
        let printed =
            outcome.estimates.iter().find(|one| one.scope == metric.scope && one.metric == metric.name);
        assert_eq!(printed.unwrap().interval, judged.estimate.interval);
    }
}

#[test]
fn the_mean_of_counts_by_run_is_the_estimate() {
    let outcome = with_threads(2);
    let counts: Vec<f64> = outcome
        .values
        .iter()
        .filter(|one| &*one.metric == "requests")
        .map(|one| one.value.unwrap())
        .collect();
    let estimate = outcome.estimates.iter().find(|one| one.metric == "requests").unwrap();
    assert_eq!(counts.len(), 5);
    assert!((counts.iter().sum::<f64>() / 5.0 - estimate.value.unwrap()).abs() < 1e-9);
    assert_eq!(outcome.estimates.len() * 5, outcome.values.len());
}

/// Cancels once so many runs are finished.
struct Impatient {
    after: u32,
    finished: AtomicU32,
}

impl Observer for Impatient {
    fn finished(&self, run: u32, _of: u32) {
        self.finished.fetch_max(run, Ordering::SeqCst);
    }

    fn cancelled(&self) -> bool {
        self.finished.load(Ordering::SeqCst) >= self.after
    }
}

#[test]
fn a_cancelled_experiment_keeps_what_is_finished() {
    let options = Options { threads: Some(1), ..Options::default() };
    let stopped = |after| run(&shop(), &options, &Impatient { after, finished: AtomicU32::new(0) });
    let outcome = stopped(2).unwrap();
    assert!(outcome.is_partial);
    assert_eq!(outcome.measurements.iter().map(|one| one.run).collect::<Vec<_>>(), [0, 1]);
    assert!(matches!(stopped(0), Err(ExperimentError::Cancelled)));
}

#[test]
fn runs_that_end_after_a_stop_leave_no_gap() {
    let options = Options { threads: Some(3), ..Options::default() };
    let outcome = run(&shop(), &options, &Impatient { after: 1, finished: AtomicU32::new(0) }).unwrap();
    let runs: Vec<u32> = outcome.measurements.iter().map(|one| one.run).collect();
    // Up to three had begun by then.
    assert!((1..=3).contains(&runs.len()), "{runs:?}");
    assert_eq!(runs, (0..runs.len() as u32).collect::<Vec<_>>());
}

/// Drops every run.
struct Dropping;

impl Observer for Dropping {
    fn dropped(&self) -> bool {
        true
    }
}

#[test]
fn runs_that_are_dropped_are_no_result() {
    let mut scenario = shop();
    scenario.run.span.horizon = SimTime::ZERO + SimDuration::from_secs(1e6);
    let dropped = run(&scenario, &Options::default(), &Dropping);
    assert!(matches!(dropped, Err(ExperimentError::Cancelled)));
}

#[test]
fn an_objective_on_an_unknown_metric_is_refused_with_the_nearest_name() {
    let mut scenario = shop();
    scenario.objectives[0].metric.name = "availability_reqest".to_owned();
    let Err(ExperimentError::Unfit { findings, .. }) = run(&scenario, &Options::default(), &()) else {
        panic!("it ran");
    };
    assert!(findings.0[0].help.as_ref().unwrap().contains("did you mean \"availability_request\"?"));
}

#[test]
fn the_estimates_of_a_scope_are_found_among_all() {
    let outcome = with_threads(1);
    // What probes bring about stands behind the faults of the file.
    let probed = "[run]\nhorizon = \"1h\"\nruns = 2\n[service.a]\n\
                  liveness = { interval = \"10s\", timeout = \"1s\", restart = \"10s\" }\n\
                  [fault.b]\nkind = \"hang\"\non = \"service.a\"\nat = \"5min\"\n";
    let probed = scenario::load(
        Source { name: "probed.toml".to_owned(), text: probed.to_owned() },
        &[],
        &Places::default(),
    )
    .unwrap();
    let probed = run(&probed, &Options::default(), &()).unwrap();
    assert!(
        !probed.estimates_of("fault.b").is_empty() && !probed.estimates_of("fault.a:liveness").is_empty()
    );
    for outcome in [&outcome, &probed] {
        for scope in outcome.estimates.iter().map(|one| &one.scope) {
            let all: Vec<_> = outcome.estimates.iter().filter(|one| one.scope == *scope).collect();
            assert_eq!(outcome.estimates_of(scope).iter().collect::<Vec<_>>(), all, "{scope}");
        }
    }
    for none in ["client.none", "service.none", "service.none.1", "none", "", "zone.none.1"] {
        assert!(outcome.estimates_of(none).is_empty(), "{none}");
    }
}
