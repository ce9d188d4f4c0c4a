//! A file that holds several architectures, of which one is chosen.

use crate::program::{self, chatter, ninefold, out};
use ninefold::scenario::{Override, Places, Rejected, Scenario, Source, load, resolved};

const COMMON: &str = r#"
name = "shop"

[run]
horizon = "1h"

[client.c]
arrival = { process = "poisson", rate = "5/s" }
calls = "s"
timeout = "1s"

[fault.zone]
kind = "crash"
on = "service.s"
at = "10min"
lasts = "1min"
"#;

const SERVICE: &str = r#"
[service.s]
demand = "100ms"
"#;

const VARIANTS: &str = r#"
[variant.way.plain]

[variant.way.fleet]
"service.s.replicas" = 3
"service.s.balancing" = { policy = "power-of-d", choices = 2 }
"fault.zone" = "none"

[variant.way.two]
"service.back" = { demand = "20ms", replicas = 2 }
"service.s.calls" = "back"
"service.*.concurrency" = 4
"fault.zone.on" = "service.back"

[variant.load.usual]

[variant.load.high]
"client.c.arrival.rate" = "15/s"
"#;

fn read(text: &str, set: &[(&str, &str)]) -> Result<Scenario, Rejected> {
    let source = Source { name: "shop.toml".to_owned(), text: text.to_owned() };
    let one = |(path, value): &(&str, &str)| Override { path: (*path).into(), value: (*value).into() };
    let overrides: Vec<Override> = set.iter().map(one).collect();
    load(source, &overrides, &Places::default())
}

#[test]
fn what_is_written_out_compares_no_choices() {
    let claim = |path: &str, values: &str| {
        format!(
            "\n[[claim]]\nvary = {{ path = \"{path}\", {values} }}\n\
             predicts = \"client.c/availability_request\"\nexpect = \"higher\"\n"
        )
    };
    let claims =
        claim("way", "from = \"plain\", to = \"fleet\"") + &claim("service.s.replicas", "from = 1, to = 2");
    let text = resolved(&read(&format!("{COMMON}{SERVICE}{VARIANTS}{claims}"), &[]).unwrap());
    let again = read(&text, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!((resolved(&again), again.claims.len()), (text, 1));
}

/// What holds with these choices.
fn chosen(set: &[(&str, &str)]) -> String {
    resolved(&read(&format!("{COMMON}{SERVICE}{VARIANTS}"), set).unwrap_or_else(|wrong| panic!("{wrong}")))
}

fn plain(text: &str) -> String {
    resolved(&read(text, &[]).unwrap_or_else(|wrong| panic!("{wrong}")))
}

#[test]
fn a_choice_means_what_it_says_and_the_first_holds_otherwise() {
    let usual = plain(&format!("{COMMON}{SERVICE}"));
    assert_eq!(chosen(&[]), usual);
    assert_eq!(chosen(&[("way", "plain"), ("load", "\"usual\"")]), usual);
    let without = COMMON.split("[fault.zone]").next().unwrap();
    let balancing = "balancing = { policy = \"power-of-d\", choices = 2 }";
    let fleet = format!("{without}{SERVICE}replicas = 3\n{balancing}\n");
    assert_eq!(chosen(&[("way", "fleet")]), plain(&fleet));
    let high = fleet.replace("5/s", "15/s");
    assert_eq!(chosen(&[("load", "high"), ("way", "fleet")]), plain(&high));
    let back = "[service.back]\ndemand = \"20ms\"\nreplicas = 2\nconcurrency = 4\n";
    let two = format!("{COMMON}{SERVICE}calls = \"back\"\nconcurrency = 4\n{back}");
    let two = two.replace("on = \"service.s\"", "on = \"service.back\"");
    assert_eq!(chosen(&[("way", "two")]), plain(&two));
}

#[test]
fn the_last_choice_holds_and_what_is_set_stands_above_it() {
    let fleet = chosen(&[("way", "fleet")]);
    assert_eq!(chosen(&[("way", "two"), ("way", "fleet")]), fleet);
    // Whatever the order of the arguments.
    let more = fleet.replace("replicas = 3", "replicas = 5");
    assert_ne!(more, fleet);
    assert_eq!(chosen(&[("service.s.replicas", "5"), ("way", "fleet")]), more);
    assert_eq!(chosen(&[("way", "fleet"), ("service.s.replicas", "5")]), more);
    // A part is taken away by an argument too.
    let without = COMMON.split("[fault.zone]").next().unwrap();
    assert_eq!(chosen(&[("fault.zone", "none")]), plain(&format!("{without}{SERVICE}")));
}

#[test]
fn wrong_choices_name_the_nearest() {
    let wrong =
        |set: &[(&str, &str)]| read(&format!("{COMMON}{SERVICE}{VARIANTS}"), set).unwrap_err().to_string();
    let said = wrong(&[("way", "flet")]);
    assert!(said.contains("no choice of way is called \"flet\""), "{said}");
    assert!(said.contains("did you mean \"fleet\"? known: plain, fleet, two"), "{said}");
    let said = wrong(&[("wya", "fleet")]);
    assert!(said.contains("there is no \"wya\"") && said.contains("did you mean \"way\"?"), "{said}");
    let said = wrong(&[("way", "3")]);
    assert!(said.contains("expected a choice of \"way\", found a"), "{said}");
    for path in ["variant.way", "way.fleet"] {
        let said = wrong(&[(path, "plain")]);
        assert!(said.contains("leads nowhere"), "{said}");
    }
}

#[test]
fn choices_are_compared_swept_and_checked() {
    let text = format!("{COMMON}{SERVICE}{VARIANTS}");
    let folder = program::folder("variants", "cli", &[("shop.toml", &text)]);
    let vary = "way=plain,fleet";
    let quick = ["--quiet", "--no-plots", "--vary", vary, "--set", "run.horizon=10min"];
    let output =
        ninefold(&folder, &[&["compare", "shop.toml", "--runs", "2", "--json"], &quick[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let labels: Vec<&str> =
        found["variants"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert_eq!(labels, ["plain", "fleet"], "{found:#}");
    let output = ninefold(&folder, &[&["sweep", "shop.toml", "--runs", "1"], &quick[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", chatter(&output));
    let output = ninefold(&folder, &["check", "shop.toml"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), "shop: no errors, no warnings\n"));
    // What is wrong in a choice that nobody takes is found all the same.
    let broken = text.replace("replicas = 2 }", "replcas = 2 }");
    let folder = program::folder("variants", "broken", &[("shop.toml", &broken)]);
    let output = ninefold(&folder, &["check", "shop.toml"]);
    let said = chatter(&output);
    assert!(output.status.code() != Some(0) && said.contains("did you mean \"replicas\"?"), "{said}");
}
