//! Monitors and health checks find faults as late as theory says, and monitors raise alarms as often.

use std::path::PathBuf;

use ninefold::experiment::{Options, Outcome, run};
use ninefold::scenario::{self, Places, Source};

pub(crate) fn outcome(text: &str) -> Outcome {
    let source = Source { name: "monitor.toml".to_owned(), text: text.to_owned() };
    let places = Places { folders: vec![PathBuf::new()] };
    let loaded = scenario::load(source, &[], &places).unwrap_or_else(|rejected| {
        panic!("{}", scenario::render(&rejected.findings, &rejected.sources, false))
    });
    run(&loaded, &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

/// The value of a metric of the only run; `None` where there is nothing to take it from.
pub(crate) fn value(outcome: &Outcome, metric: &str) -> Option<f64> {
    let (scope, name) = metric.split_once('/').unwrap();
    let found = outcome.values.iter().find(|one| &*one.scope == scope && &*one.metric == name);
    found.unwrap_or_else(|| panic!("there is no {metric}")).value
}

/// Replicas that crash at random, long enough after a repair that it was looked at, and a monitor that looks.
fn polled(monitor: &str) -> Outcome {
    outcome(&format!(
        "[run]\nhorizon = \"3000000s\"\nruns = 1\n[service.s]\nreplicas = 2\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ndetected_by = \"monitor.m\"\n\
         time_to_failure = {{ distribution = \"uniform\", low = \"1000s\", high = \"2000s\" }}\ntime_to_repair = \"10s\"\n\
         [monitor.m]\nkind = \"poll\"\non = \"service.s.*\"\n{monitor}\n"
    ))
}

/// Requires a mean to lie within four standard errors of what it should be.
pub(crate) fn close(found: f64, expected: f64, deviation: f64, count: f64) {
    let error = 4.0 * deviation / count.sqrt();
    assert!((found - expected).abs() <= error, "{found} is not {expected} within {error}");
}

#[test]
fn periodic_looks_find_a_fault_after_half_their_interval_and_random_ones_after_a_whole() {
    let uniform = 60.0 / 12_f64.sqrt();
    let random = "{ distribution = \"exponential\", mean = \"60s\" }";
    let rows = [
        ("interval = \"60s\"".to_owned(), 30.0, uniform),
        (format!("interval = {random}"), 60.0, 60.0),
        // Two more whole intervals, or two more of the same law.
        ("interval = \"60s\"\nafter = 3".to_owned(), 150.0, uniform),
        (format!("interval = {random}\nafter = 3"), 180.0, 60.0 * 3_f64.sqrt()),
    ];
    for (keys, mean, deviation) in rows {
        let outcome = polled(&keys);
        let count = value(&outcome, "fault.f/incidents").unwrap();
        assert!(count > 3000.0, "{keys}: {count}");
        for metric in ["fault.f/mttd", "monitor.m/mttd"] {
            close(value(&outcome, metric).unwrap(), mean, deviation, count);
        }
        let alarms = value(&outcome, "monitor.m/alarms").unwrap();
        assert!((alarms - count).abs() <= 2.0, "{keys}: {alarms} alarms for {count} faults");
        assert_eq!(value(&outcome, "monitor.m/alarms_false_ratio"), Some(0.0));
    }
}

#[test]
fn the_first_of_several_random_monitors_finds_a_fault() {
    let law = |mean: f64| format!("{{ distribution = \"exponential\", mean = \"{mean}s\" }}");
    let monitor = |name: &str, mean: f64| {
        format!("[monitor.{name}]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = {}\n", law(mean))
    };
    let outcome = outcome(&format!(
        "[run]\nhorizon = \"3000000s\"\nruns = 1\n[service.s]\nreplicas = 2\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ndetected_by = [\"monitor.a\", \"monitor.b\", \"monitor.c\"]\n\
         time_to_failure = {}\ntime_to_repair = \"0s\"\n{}{}{}",
        law(1000.0),
        monitor("a", 70.0),
        monitor("b", 35.0),
        monitor("c", 17.5),
    ));
    // Rates of 1, 2 and 4 in 70 s: a mean of 10 s, and each is the first in proportion to its rate.
    let count = value(&outcome, "fault.f/incidents").unwrap();
    close(value(&outcome, "fault.f/mttd").unwrap(), 10.0, 10.0, count);
    for (name, share) in [("a", 1.0 / 7.0), ("b", 2.0 / 7.0), ("c", 4.0 / 7.0)] {
        let alarms = value(&outcome, &format!("monitor.{name}/alarms")).unwrap();
        close(alarms / count, share, f64::sqrt(share * (1.0 - share)), count);
        close(value(&outcome, &format!("monitor.{name}/mttd")).unwrap(), 10.0, 10.0, alarms);
    }
}

#[test]
fn a_fault_that_a_monitor_cannot_see_is_never_found() {
    // Faults that last 100 s whether they are found or not; every look within that finds what it can see.
    let outcome = outcome(
        "[run]\nhorizon = \"2000000s\"\nruns = 1\n[service.s]\nreplicas = 1\n\
         [fault.f]\nkind = \"slow\"\nfactor = 2\non = \"service.s.*\"\nlasts = \"100s\"\n\
         time_to_failure = { distribution = \"exponential\", mean = \"300s\" }\n\
         [monitor.m]\nkind = \"poll\"\non = \"service.s\"\ninterval = \"10s\"\ncoverage = \"70%\"\ndoes = \"notify\"\n",
    );
    let count = value(&outcome, "fault.f/incidents").unwrap();
    let alarms = value(&outcome, "monitor.m/alarms").unwrap();
    close(alarms / count, 0.7, f64::sqrt(0.7 * 0.3), count);
    close(value(&outcome, "monitor.m/mttd").unwrap(), 5.0, 10.0 / 12_f64.sqrt(), alarms);
    // Nobody acts on it.
    assert_eq!(value(&outcome, "fault.f/mttd"), None);
}

#[test]
fn looks_at_what_is_sound_are_mistaken_at_times() {
    let outcome = outcome(
        "[run]\nhorizon = \"1000000s\"\nruns = 1\n[service.s]\nreplicas = 2\n\
         [monitor.one]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"10s\"\nfalse_alarms = \"1%\"\n\
         does = \"notify\"\n\
         [monitor.two]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"10s\"\nfalse_alarms = \"10%\"\nafter = 2\n\
         does = \"notify\"\n",
    );
    // Of 200,000 looks one in a hundred; a run of mistakes is one alarm: that of the first that follows a right look.
    let looks = 200_000.0;
    let raised = |name: &str| value(&outcome, &format!("monitor.{name}/alarms")).unwrap();
    let first = 0.01 * 0.99;
    close(raised("one") / looks, first, f64::sqrt(first), looks);
    let second = 0.9 * 0.1 * 0.1;
    close(raised("two") / looks, second, f64::sqrt(second), looks);
    assert_eq!(value(&outcome, "monitor.one/alarms_false_ratio"), Some(1.0));
}

/// A request every second, which fails while a fault lasts from 150 s to 450 s, and an alarm over minutes.
fn alarmed(alarm: &str, fault: &str) -> Outcome {
    outcome(&format!(
        "[run]\nhorizon = \"1200s\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n\
         [fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"150500ms\"\n{fault}\n\
         [monitor.m]\nkind = \"alarm\"\n{alarm}\n"
    ))
}

#[test]
fn an_alarm_is_raised_when_enough_periods_are_wrong() {
    let fault = "time_to_repair = \"100s\"\ndetected_by = \"monitor.m\"";
    // Half of the third minute fails, and all of the fourth, which ends at 240 s.
    let ratio = |keys: &str| format!("metric = \"service.s/failure_ratio\"\n{keys}");
    for (keys, detected) in [
        ("above = \"40%\"", 180.0),
        ("above = \"60%\"", 240.0),
        ("above = \"40%\"\ndatapoints = 2\nperiods = 3", 240.0),
        ("above = \"60%\"\ndatapoints = 2\nperiods = 3", 300.0),
        ("above = \"40%\"\nperiod = \"100s\"", 200.0),
    ] {
        let outcome = alarmed(&ratio(keys), fault);
        let delay = detected - 150.5;
        for metric in ["fault.f/mttd", "monitor.m/mttd"] {
            assert!((value(&outcome, metric).unwrap() - delay).abs() < 1e-9, "{keys} {metric}");
        }
        assert_eq!(value(&outcome, "monitor.m/alarms"), Some(1.0), "{keys}");
        assert!((value(&outcome, "fault.f/mttr").unwrap() - delay - 100.0).abs() < 1e-9, "{keys}");
    }
}

#[test]
fn every_number_of_a_service_can_raise_an_alarm() {
    let crash = "[run]\nhorizon = \"600s\"\nruns = 1\n\
         [client.c]\narrival = { process = \"renewal\", between = \"1s\" }\ncalls = \"s\"\ntimeout = \"30s\"\n\
         [service.s]\nreplicas = 2\ndemand = \"100ms\"\n\
         [fault.f]\nkind = \"hang\"\non = \"service.s.2\"\nat = \"100s\"\nlasts = \"1000s\"\n\
         [monitor.m]\nkind = \"alarm\"\nperiod = \"10s\"\ndoes = \"notify\"\n";
    // Every other request hangs from 100 s on, and fails from 130 s on. Of ten seconds, five requests are answered after
    // 0.1 s each until then: a mean of one fifth more than half the time at 30 s in what ends with ten requests.
    for (keys, delay) in [
        ("metric = \"service.s/replicas_mean\"\nbelow = 2", 10.0),
        ("metric = \"service.s/throughput\"\nbelow = \"0.9/s\"", 10.0),
        ("metric = \"service.s/in_system_mean\"\nabove = 7", 20.0),
        ("metric = \"service.s/queue_length_mean\"\nabove = 6", 20.0),
        ("metric = \"service.s/utilisation\"\nabove = 0.06", f64::NAN),
        ("metric = \"service.s/failure_ratio\"\nabove = \"40%\"", 40.0),
        ("metric = \"service.s/latency_mean\"\nabove = \"10s\"", 40.0),
    ] {
        let outcome = outcome(&format!("{crash}{keys}\n"));
        match value(&outcome, "monitor.m/mttd") {
            Some(found) => assert!((found - delay).abs() < 1e-9, "{keys}: {found}"),
            None => assert!(delay.is_nan(), "{keys}: no alarm"),
        }
    }
}

#[test]
fn a_number_above_its_threshold_without_any_fault_is_a_false_alarm() {
    let outcome =
        alarmed("metric = \"service.s/utilisation\"\nabove = 0.09\ndoes = \"notify\"", "lasts = \"10s\"");
    // A tenth of the time a slot is in use, from the first minute on: raised once, before the fault.
    assert_eq!(value(&outcome, "monitor.m/alarms"), Some(1.0));
    assert_eq!(value(&outcome, "monitor.m/alarms_false_ratio"), Some(1.0));
    assert_eq!(value(&outcome, "monitor.m/mttd"), None);
}

#[test]
fn checks_with_jitter_find_a_fault_after_the_residual_time_of_their_intervals() {
    let outcome = outcome(
        "[run]\nhorizon = \"3000000s\"\nruns = 1\n[service.s]\nreplicas = 2\n\
         health_check = { interval = \"10s\", jitter = \"10s\", timeout = \"1s\" }\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ndetected_by = \"health_check\"\n\
         time_to_failure = { distribution = \"uniform\", low = \"1000s\", high = \"2000s\" }\ntime_to_repair = \"10s\"\n",
    );
    // Intervals X are uniform from 10 s to 20 s: E[X^2] / 2 E[X] = 7.78 s, E[X^3] / 3 E[X] = 83.3 s^2.
    let mean = (225.0 + 100.0 / 12.0) / 30.0;
    let deviation = f64::sqrt(3750.0 / 45.0 - mean * mean);
    let count = value(&outcome, "fault.f/incidents").unwrap();
    assert!(count > 3000.0, "{count}");
    close(value(&outcome, "fault.f/mttd").unwrap(), mean, deviation, count);
}

/// One replica that errs from 100 s on, checked every 10 s, and when that is detected.
fn detected(keys: &str) -> f64 {
    let outcome = outcome(&format!(
        "[run]\nhorizon = \"200s\"\nruns = 1\n[service.s]\n\
         health_check = {{ interval = \"10s\", timeout = \"1s\", unhealthy_after = 3, {keys} }}\n\
         [fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"100s\"\ntime_to_repair = \"1s\"\n\
         detected_by = \"health_check\"\n"
    ));
    value(&outcome, "fault.f/mttd").unwrap()
}

#[test]
fn an_error_marks_at_once_and_failures_hurry_the_next_check_if_so_wished() {
    let counted = detected("error_marks = false");
    assert!((20.0..30.0).contains(&counted), "{counted}");
    // The phase is the same in all of them.
    assert!((counted - detected("error_marks = true") - 20.0).abs() < 1e-9);
    assert!((counted - detected("fast_interval = \"1s\"") - 18.0).abs() < 1e-9);
    // Nothing is believed down before that.
    assert!((counted - detected("down_interval = \"1s\"")).abs() < 1e-9);
}

/// Failures for want of a replica that is believed up, of a request every second; it is down from 100 s to 150 s.
fn missing(keys: &str) -> f64 {
    let outcome = outcome(&format!(
        "[run]\nhorizon = \"300s\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\nhealth_check = {{ interval = \"10s\", timeout = \"1s\", {keys} }}\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"99500ms\"\nlasts = \"50s\"\n"
    ));
    (1.0 - value(&outcome, "client.c/availability_request").unwrap()) * 299.0
}

#[test]
fn a_replica_that_is_believed_down_is_checked_in_its_own_interval() {
    // Requests at 100 s to 149 s fail in any case, and those until a check succeeds.
    let (own, same) = (missing("down_interval = \"1s\""), missing(""));
    assert!((own - 50.0).abs() < 1e-6, "{own}");
    assert!(same > own + 0.5 && same < 60.5, "{same}");
}

#[test]
fn at_the_start_one_success_is_enough() {
    let healthy = missing("healthy_after = 2");
    let checking = missing("healthy_after = 2, start = \"checking\"");
    // The first check is at some time in the first ten seconds.
    let before = checking - healthy;
    assert!((0.5..9.5).contains(&before), "{before}");
}

#[test]
fn a_preset_gives_what_is_not_said() {
    let load = |check: &str| {
        let text = format!("[run]\nhorizon = \"1h\"\n[service.s]\nhealth_check = {check}\n");
        let source = Source { name: "check.toml".to_owned(), text };
        let loaded = scenario::load(source, &[], &Places { folders: vec![PathBuf::new()] });
        let loaded = loaded.unwrap_or_else(|rejected| panic!("{:?}", rejected.findings));
        let written = scenario::resolved(&loaded);
        (loaded.system.services[0].health_check.clone().unwrap(), written)
    };
    let (alb, written) = load("{ preset = \"aws-alb\" }");
    let (said, _) = load("{ interval = \"30s\", timeout = \"5s\", unhealthy_after = 2, healthy_after = 5 }");
    assert_eq!(alb, said);
    assert!(written.contains("healthy_after = 5") && !written.contains("preset"), "{written}");
    let (faster, _) = load("{ preset = \"aws-alb\", interval = \"10s\" }");
    assert_eq!((faster.interval.as_secs() as u32, faster.healthy_after), (10, 5));
}
