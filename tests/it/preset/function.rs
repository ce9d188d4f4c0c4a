//! Presets of functions and of their starts, in scenarios that run.

use ninefold::scenario::Override;

use super::{load, load_with, resolved};
use crate::behaviour::{EVERY_TEN, expect, one_service, outcome, value};

/// A function of a preset, with further keys of it and of the service.
fn function(client: &str, preset: &str, keys: &str, service: &str) -> String {
    let function = format!("function = {{ preset = \"{preset}\"{keys} }}");
    one_service(client, &format!("{function}\n{service}"))
}

/// Requests at even times.
fn every(time: &str) -> String {
    format!("arrival = {{ process = \"renewal\", between = \"{time}\" }}")
}

fn scenario(parts: &str) -> String {
    format!("[run]\nhorizon = \"10s\"\n{parts}")
}

#[test]
fn a_java_program_runs_at_aws_lambda() {
    let with = |start: &str| {
        function(
            EVERY_TEN,
            "aws-lambda",
            "",
            &format!("demand = \"2s\"\nstart = {{ preset = \"java21\"{start} }}"),
        )
    };
    let parts = with("");
    expect(101, &parts, &[("service.s/cold_starts", 1.0), ("client.c/availability_request", 1.0)]);
    let took = value(&outcome(101, &parts), "service.s/cold_start_mean");
    assert!((0.231..=0.242).contains(&took), "{took}");
    let took = value(&outcome(101, &with(", placement = \"1s\"")), "service.s/cold_start_mean");
    assert!((1.231..=1.242).contains(&took), "{took}");
    // Three seconds at most, unless told otherwise.
    let killed = [("client.c/failures_killed", 10.0), ("service.s/reinits", 9.0)];
    expect(101, &parts.replace("\"2s\"", "\"3100ms\""), &killed);
}

#[test]
fn instances_are_kept_as_long_as_was_measured() {
    let found =
        |preset: &str, gap: &str| outcome(360_000, &function(&every(gap), preset, "", "demand = \"1ms\""));
    let cold = |preset: &str, gap: &str| value(&found(preset, gap), "service.s/cold_start_ratio");
    for preset in ["aws-lambda", "aws-lambda-before-2023"] {
        assert!(cold(preset, "4min") < 0.001, "{preset}");
        // 750 instances, each idle for a time of its own: from 5 to 7 min alike.
        let found = found(preset, "8min");
        assert!(value(&found, "service.s/cold_start_ratio") > 0.999, "{preset}");
        let mean = value(&found, "service.s/instance_lifetime_mean");
        // Give or take five standard deviations of the mean.
        assert!((mean - 360.0).abs() < 5.0 * 120.0 / 12_f64.sqrt() / 750_f64.sqrt(), "{preset}: {mean}");
        let longest = value(&found, "service.s/instance_lifetime_max");
        assert!((415.0..=420.5).contains(&longest), "{preset}: {longest}");
    }
    for (preset, shorter, longer) in [
        ("aws-lambda-2019", "9min", "11min"),
        ("cloud-functions", "14min", "16min"),
        ("azure-consumption", "19min", "21min"),
    ] {
        assert!(cold(preset, shorter) < 0.01, "{preset}");
        assert!(cold(preset, longer) > 0.99, "{preset}");
    }
}

#[test]
fn starts_are_limited_as_in_their_year() {
    let throttled = |preset: &str| {
        let parts = function(&every("500us"), preset, ", max_instances = 5000", "demand = \"2900ms\"");
        value(&outcome(2, &parts), "service.s/failures_throttled")
    };
    // Of 4000 requests in 2 s a burst gets an instance, and as many as there are new tokens.
    let close =
        |found: f64, expected: f64| assert!((found - expected).abs() <= 2.0, "{found}, not {expected}");
    close(throttled("aws-lambda"), 4_000.0 - 1_000.0 - 200.0);
    close(throttled("aws-lambda-before-2023"), 4_000.0 - 3_000.0 - 16.7);
    close(throttled("aws-lambda-2019"), 4_000.0 - 3_000.0 - 16.7);
}

#[test]
fn an_instance_serves_as_many_as_its_platform_lets_it() {
    // A hundred at once.
    let most = |preset: &str, keys: &str, service: &str| {
        let parts = function(&every("10ms"), preset, keys, &format!("demand = \"995ms\"\n{service}"));
        value(&outcome(20, &parts), "service.s/instances_max") as u64
    };
    let run = ", max_instances = 100";
    assert_eq!([most("cloud-run", run, ""), most("cloud-run", run, "concurrency = 10")], [2, 10]);
    assert_eq!(most("cloud-functions", "", ""), 100);
    assert_eq!(most("azure-consumption", "", ""), 1);
    // Azure starts one each second; those who wait get them.
    let parts = function(&every("10ms"), "azure-consumption", "", "demand = \"995ms\"\nconcurrency = 10");
    let found = outcome(20, &parts);
    assert!(value(&found, "service.s/throttle_ratio").abs() < 1e-12);
    assert!(value(&found, "service.s/wait_max") > 1.0);
}

#[test]
fn what_is_written_of_a_function_beats_its_preset() {
    let kept = |keys: &str| {
        let scenario = load(&scenario(&function(EVERY_TEN, "aws-lambda", keys, "")));
        ["policy", "low", "high", "time"]
            .map(|key| resolved(&scenario, &format!("service.s.function.keep_alive.{key}")))
    };
    let text = |text: &str| Some(toml::Value::from(text));
    assert_eq!(kept(""), [text("uniform"), text("5min"), text("7min"), None]);
    assert_eq!(
        kept(", keep_alive = { low = \"4min\" }"),
        [text("uniform"), text("4min"), text("7min"), None]
    );
    assert_eq!(kept(", keep_alive = \"9min\""), [text("fixed"), None, None, text("9min")]);
    assert_eq!(kept(", keep_alive = { policy = \"histogram\" }"), [text("histogram"), None, None, None]);
    // A law in place of that of the preset, and part of it.
    let start = |keys: &str| {
        let service = format!("start = {{ preset = \"ruby3.3\"{keys} }}");
        let scenario = load(&scenario(&function(EVERY_TEN, "aws-lambda", "", &service)));
        resolved(&scenario, "service.s.start.init").map(|init| init.to_string())
    };
    let law = |keys: &str| start(keys).unwrap();
    assert!(law("").contains("227ms") && law("").contains("249ms"));
    assert_eq!(law(", init = \"1s\""), "\"1s\"");
    let other = law(", init = { distribution = \"exponential\", mean = \"1s\" }");
    assert!(other.contains("exponential") && !other.contains("249ms"), "{other}");
    let more = law(", init = { high = \"1s\" }");
    assert!(more.contains("uniform") && more.contains("227ms") && more.contains("1s"), "{more}");
    // The key beside it.
    let concurrency = |service: &str| {
        let parts = function(EVERY_TEN, "cloud-run", ", max_instances = 3", service);
        resolved(&load(&scenario(&parts)), "service.s.concurrency")
    };
    assert_eq!([concurrency(""), concurrency("concurrency = 7")], [Some(80.into()), Some(7.into())]);
}

#[test]
fn presets_of_functions_are_set_like_any_value() {
    let set = |path: &str, value: &str| Override { path: path.to_owned(), value: value.to_owned() };
    let service = "function = { choice = \"random\" }\nstart = { placement = \"1s\" }";
    let sets = [set("service.s.function.preset", "aws-lambda"), set("service.s.start.preset", "go")];
    let scenario = load_with(&scenario(&one_service(EVERY_TEN, service)), &sets);
    assert_eq!(resolved(&scenario, "service.s.function.choice"), Some("random".into()));
    assert_eq!(resolved(&scenario, "service.s.function.scale_up.burst"), Some(1000.into()));
    assert_eq!(resolved(&scenario, "service.s.start.init"), Some("49ms".into()));
    assert_eq!(resolved(&scenario, "service.s.start.placement"), Some("1s".into()));
}
