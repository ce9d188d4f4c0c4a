use crate::model::balancing::Locality;
use std::path::{Path, PathBuf};

use super::*;
use crate::units::SimDuration;

/// Sample scenarios and data of a checkout next to this one, where there is one.
fn shared(folder: &str) -> Option<PathBuf> {
    let roots = ["../shared", "../../shared"].map(|root| Path::new(env!("CARGO_MANIFEST_DIR")).join(root));
    roots.into_iter().map(|root| root.join(folder)).find(|path| path.is_dir())
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(what: &str) {
    eprintln!("SKIPPED: {what} are not there");
}

fn load_text(text: &str, overrides: &[(&str, &str)], places: &Places) -> Result<Scenario, String> {
    let source = Source { name: "test.toml".to_owned(), text: text.to_owned() };
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(path, value)| Override { path: (*path).to_owned(), value: (*value).to_owned() })
        .collect();
    load(source, &overrides, places).map_err(|rejected| render(&rejected.findings, &rejected.sources, false))
}

fn loaded(text: &str) -> Scenario {
    load_text(text, &[], &Places::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn assert_survives_resolving(scenario: &Scenario, places: &Places) {
    let text = resolved(scenario);
    let again = load_text(&text, &[], places).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(format!("{:?}", scenario.system), format!("{:?}", again.system));
    assert_eq!(scenario.run, again.run);
    assert_eq!(scenario.name, again.name);
    assert_eq!(without_spans(scenario), without_spans(&again));
    assert_eq!(text, resolved(&again), "the resolved form of the resolved form is another");
}

fn without_spans(scenario: &Scenario) -> (Vec<Objective>, Vec<Claim>) {
    let span = crate::document::Span::default();
    let objectives = scenario.objectives.iter().cloned().map(|one| Objective { span, ..one });
    let claims = scenario.claims.iter().cloned().map(|one| Claim { span, ..one });
    (objectives.collect(), claims.collect())
}

#[test]
fn every_sample_loads_and_survives_resolving() {
    let Some(folder) = shared("examples") else {
        return skipped("the sample scenarios");
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let source = source::read(&path, &Places::default(), &mut std::io::empty()).unwrap();
            let scenario = load(source, &[], &Places::default());
            let scenario =
                scenario.unwrap_or_else(|no| panic!("{}", render(&no.findings, &no.sources, false)));
            assert_survives_resolving(&scenario, &Places::default());
            count += 1;
        }
    }
    assert!(count > 0);
}

const SHOP: &str = r#"
[run]
horizon = "1h"

[client.c]
arrival = { process = "poisson", rate = "5/s" }
calls = ["shop", { service = "db", timeout = "1s" }]

[service.shop]
replicas = 3
speed = [1, 2, 4]
demand = "40ms"
balancing = { policy = "power-of-d", choices = 3, locality = "zone" }

[service.db]
demand = { distribution = "lognormal", mu = 0.0, sigma = 0.5 }

[fault.crash]
kind = "crash"
on = ["zone.default.*", "service.shop.*"]
time_to_failure = { distribution = "exponential", mean = "10min" }
recovery = "fix"

[recovery.fix]
policy = "race"
operations = [
  { name = "a", time = "30s" },
  { time = { distribution = "exponential", mean = "1min" } },
]
"#;

fn set(overrides: &[(&str, &str)]) -> Scenario {
    load_text(SHOP, overrides, &Places::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn overrides_reach_every_kind_of_entry() {
    let scenario = set(&[
        ("run.horizon", "2h"),
        ("service.*.quorum", "1"),
        ("client.c.calls.shop.timeout", "250ms"),
        ("client.c.calls.2.timeout", "\"2s\""),
        ("service.shop.demand.mean", "50ms"),
        ("recovery.fix.operations.*.time.mean", "5s"),
        ("service.db.queue.capacity", "7"),
    ]);
    assert_eq!(scenario.run.span.horizon.as_nanos(), 7_200_000_000_000);
    let calls = &scenario.system.clients[0].steps[0].calls;
    // In the order of services: db, then shop.
    assert_eq!(calls[0].policy.timeout, Some(SimDuration::from_secs(2.0)));
    assert_eq!(calls[1].policy.timeout, Some(SimDuration::from_secs(0.25)));
    assert_eq!(scenario.system.services[1].demand.as_constant(), Some(SimDuration::from_secs(0.05)));
    assert_eq!(scenario.system.services[0].queue.capacity, Some(7));
    let places = Places::default();
    assert_eq!(scenario.resolve("recovery.fix.operations.*.time.mean", &places).unwrap(), [5.0, 5.0]);
    assert_survives_resolving(&scenario, &places);
}

#[test]
fn another_policy_takes_the_keys_of_the_old_one_with_it() {
    let scenario = set(&[("service.shop.balancing.policy", "random")]);
    assert_eq!(scenario.system.services[1].balancing.policy.name(), "random");
    assert_eq!(scenario.system.services[1].balancing.spread.locality, Locality::Zone);
    assert_eq!(
        scenario.notes,
        ["service.shop.balancing.policy: \"choices\" went with \"power-of-d\", which it belongs to"]
    );
    let scenario = set(&[
        ("fault.crash.time_to_failure.distribution", "erlang"),
        ("fault.crash.time_to_failure.stages", "2"),
    ]);
    assert!(scenario.notes.is_empty(), "the mean belongs to both: {:?}", scenario.notes);
    let scenario = set(&[("service.shop.balancing", "round-robin")]);
    assert_eq!(scenario.system.services[1].balancing.spread.locality, Locality::None);
}

#[test]
fn a_word_takes_a_table_away() {
    let hpa = "{ policy = \"hpa\", metric = \"in_system_mean\", target = 2, max = 9 }";
    let scaled = set(&[("service.db.autoscaling", hpa)]);
    assert!(scaled.system.services[0].autoscaling.is_some());
    for path in ["service.db.autoscaling", "service.*.autoscaling"] {
        let fixed = set(&[("service.db.autoscaling", hpa), (path, "none")]);
        assert!(fixed.system.services.iter().all(|service| service.autoscaling.is_none()));
    }
    // So it is with a function, and with what limits its starts.
    let function = "{ scale_up = { burst = 3, refill = \"1/s\" }, max_instances = 9 }";
    let lambda = &Places::default();
    let bare = "[run]\nhorizon = \"1s\"\n[service.f]\ndemand = \"1s\"\n";
    let load = |more: &[(&str, &str)]| {
        let all: Vec<_> =
            [("service.f.function", function)].into_iter().chain(more.iter().copied()).collect();
        load_text(bare, &all, lambda).unwrap_or_else(|errors| panic!("{errors}")).system.services[0].clone()
    };
    assert!(load(&[]).function.is_some_and(|one| one.scale_up.is_some()));
    assert!(
        load(&[("service.f.function.scale_up", "none")]).function.is_some_and(|one| one.scale_up.is_none())
    );
    assert!(load(&[("service.f.function", "none")]).function.is_none());
    // Another policy takes the keys of the old one with it, also in a list.
    let several = format!("{{ max = 9, policies = [{hpa}] }}").replace(", max = 9 }]", " }]");
    let lists =
        set(&[("service.db.autoscaling", &several), ("service.db.autoscaling.policies.1.policy", "kpa")]);
    let scaling = lists.system.services[0].autoscaling.as_ref().unwrap();
    assert_eq!(scaling.controls[0].policy.name(), "kpa");
    let bare = set(&[("service.db.autoscaling", "kpa"), ("service.db.autoscaling.max", "9")]);
    assert_eq!(bare.system.services[0].autoscaling.as_ref().unwrap().max, 9);
    // Where there is none, none is taken away.
    assert!(set(&[("service.db.autoscaling", "none")]).system.services[0].autoscaling.is_none());
    let again = set(&[("service.db.autoscaling", "none"), ("service.db.autoscaling", hpa)]);
    assert!(again.system.services[0].autoscaling.is_some());
}

#[test]
fn overrides_that_lead_nowhere_name_the_nearest() {
    for (path, near) in [
        ("servise.shop.quorum", "service"),
        ("service.shopp.quorum", "shop"),
        ("service.shop.quorumm", "quorum"),
        ("client.c.calls.dbb.timeout", "db"),
    ] {
        let errors = load_text(SHOP, &[(path, "1")], &Places::default()).unwrap_err();
        assert!(errors.contains(&format!("did you mean \"{near}\"?")), "{path}: {errors}");
    }
    for path in ["", ".", "service..x", "service.shop.replicas.x.y", "client.c.calls.9.timeout"] {
        assert!(load_text(SHOP, &[(path, "1")], &Places::default()).is_err(), "{path}");
    }
}

#[test]
fn paths_give_base_units() {
    let (scenario, places) = (loaded(SHOP), Places::default());
    let values = |path: &str| scenario.resolve(path, &places).unwrap();
    assert_eq!(values("service.shop.speed"), [1.0, 2.0, 4.0]);
    assert_eq!(values("client.c.arrival.rate"), [5.0]);
    assert_eq!(values("service.shop.demand"), [0.04]);
    assert_eq!(values("service.db.concurrency"), [1.0]);
    assert_eq!(values("recovery.fix.operations.*.time.mean"), [30.0, 60.0]);
    assert_eq!(values("recovery.fix.operations.a.time.mean"), [30.0]);
    // exp(mu + sigma^2 / 2)
    assert!((values("service.db.demand.mean")[0] - 0.125_f64.exp()).abs() < 1e-12);
    for wrong in ["service.shop", "service.shop.quorums", "run.horizon.x", "service.shop.slot"] {
        assert!(scenario.resolve(wrong, &places).is_err(), "{wrong}");
    }
}

#[test]
fn order_of_a_file_changes_nothing() {
    let scenario = loaded(SHOP);
    let units: Vec<&str> = scenario.system.faults[0].units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(units, ["service.shop.1", "service.shop.2", "service.shop.3", "zone.default.1"]);
    let turned =
        SHOP.replace(r#"["zone.default.*", "service.shop.*"]"#, r#"["service.shop.*", "zone.default.*"]"#);
    let turned = turned.replace(
        r#"["shop", { service = "db", timeout = "1s" }]"#,
        r#"[{ service = "db", timeout = "1s" }, "shop"]"#,
    );
    assert_ne!(turned, SHOP);
    assert_eq!(format!("{:?}", scenario.system), format!("{:?}", loaded(&turned).system));
    assert_survives_resolving(&scenario, &Places::default());
}

#[test]
fn faults_of_places_are_silent_unless_told_otherwise() {
    use crate::model::fault::{Arriving, FaultKind, Signal};
    let crash = |scenario: &Scenario| match &scenario.system.faults[0].kind {
        FaultKind::Crash(crash) => (crash.signal, crash.arriving),
        other => panic!("{other:?}"),
    };
    assert_eq!(crash(&loaded(SHOP)), (Signal::Silent, Arriving::Ignored));
    assert_eq!(crash(&set(&[("fault.crash.signal", "reset")])), (Signal::Reset, Arriving::Ignored));
    assert_eq!(crash(&set(&[("fault.crash.on", "service.shop")])), (Signal::Reset, Arriving::Refused));
}

/// A folder with files, and a scenario that replays them.
fn replay(csv: &str, keys: &str) -> Result<Scenario, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log.csv"), csv).unwrap();
    let text = format!("[run]\nhorizon = \"1d\"\n[service.s]\nreplicas = 3\n{keys}");
    load_text(&text, &[], &Places { folders: vec![folder.path().to_owned()] })
}

const OUTAGES: &str = r#"[fault.f]
kind = "crash"
on = "service.s.*"
replay = { file = "log.csv", unit = "node", started = "from", ended = "to", where = { system = 20 } }
"#;

#[test]
fn recorded_outages_strike_units_in_numeric_order() {
    let csv = "system,node,from,to\n\
        20,10,2000-01-01T00:01:00,2000-01-01T00:02:00\n\
        8,1,1999-01-01T00:00:00,1999-01-01T00:01:00\n\
        20,9,2000-01-01T00:00:00,2000-01-01T00:00:30\n\
        20,9,2000-01-01T00:00:20,2000-01-01T00:00:50\n";
    let scenario = replay(csv, OUTAGES).unwrap_or_else(|errors| panic!("{errors}"));
    let crate::model::fault::Trigger::Replayed(outages) = &scenario.system.faults[0].trigger else {
        panic!("not replayed");
    };
    let seconds: Vec<Vec<(f64, f64)>> = outages
        .iter()
        .map(|unit| unit.iter().map(|one| (one.at.as_secs(), one.lasts.unwrap().as_secs())).collect())
        .collect();
    assert_eq!(seconds, [vec![(0.0, 50.0)], vec![(60.0, 60.0)], vec![]]);
}

#[test]
fn recorded_outages_that_cannot_be_name_file_and_line() {
    let header = "system,node,from,to\n";
    for (rows, expected) in [
        ("20,1,5,9\n20,1,30,20\n", "log.csv:3: the outage ends at \"20\" before it begins at \"30\""),
        ("20,1,soon,9\n", "log.csv:2: \"soon\" is not a time"),
        ("8,1,1,2\n", "log.csv has no row that is wanted"),
        (
            "20,1,1,2\n20,2,1,2\n20,3,1,2\n20,4,1,2\n",
            "log.csv has outages of 4 units, but the fault strikes 3",
        ),
    ] {
        let errors = replay(&format!("{header}{rows}"), OUTAGES).unwrap_err();
        assert!(errors.contains(expected), "{errors}");
    }
    let errors = replay("system,node,begin,to\n", OUTAGES).unwrap_err();
    assert!(errors.contains("log.csv has no column \"from\"; it has system, node, begin, to"), "{errors}");
}

#[test]
fn recorded_arrivals_are_counts_or_instants() {
    use crate::model::workload::Arrival;
    let client = |keys: &str| {
        format!(
            "[client.c]\ncalls = \"s\"\narrival = {{ process = \"replay\", file = \"log.csv\", column = \"n\"{keys} }}\n"
        )
    };
    let arrival = |csv: &str, keys: &str| {
        replay(csv, &client(keys)).map(|scenario| scenario.system.clients[0].arrival.clone())
    };
    match arrival("n\n3\n3\n", ", period = \"1min\", scale = 0.5").unwrap() {
        Arrival::Counts { counts, period, .. } => {
            assert_eq!(counts, [2, 1]);
            assert_eq!(period, SimDuration::from_secs(60.0));
        }
        other => panic!("{other:?}"),
    }
    match arrival("n\n7\n6.5\n", "").unwrap() {
        Arrival::Instants(instants) => assert_eq!(instants.last().unwrap().as_nanos(), 500_000_000),
        other => panic!("{other:?}"),
    }
    assert!(arrival("n\nx\n", "").unwrap_err().contains("log.csv:2: \"x\" is not a time"));
    assert!(arrival("n\n1\n", ", scale = 2.0").unwrap_err().contains("timestamps cannot be scaled"));
}

#[test]
fn real_records_load() {
    let Some(folder) = shared("data") else {
        return skipped("the real data");
    };
    let text = r#"
[run]
horizon = "30d"
[client.c]
arrival = { process = "replay", file = "nasa-http-requests-per-minute.csv", column = "requests", period = "1min" }
calls = "s"
timeout = "1s"
[service.s]
replicas = 600
[fault.f]
kind = "crash"
on = "service.s.*"
replay = { file = "lanl-failures.csv", unit = "node", started = "started", ended = "fixed", where = { system = 20 } }
"#;
    let scenario =
        load_text(text, &[], &Places { folders: vec![folder] }).unwrap_or_else(|no| panic!("{no}"));
    let crate::model::fault::Trigger::Replayed(outages) = &scenario.system.faults[0].trigger else {
        panic!("not replayed");
    };
    for pair in outages.iter().flat_map(|unit| unit.windows(2)) {
        assert!(pair[0].at + pair[0].lasts.unwrap() < pair[1].at);
    }
    assert!(outages.iter().filter(|unit| !unit.is_empty()).count() > 100);
}

#[test]
fn all_keys_survive_resolving() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good/every-key.toml");
    let scenario = loaded(&std::fs::read_to_string(path).unwrap());
    assert_survives_resolving(&scenario, &Places::default());
    let seconds: Vec<f64> = scenario.run.span.thresholds.iter().map(|one| one.as_secs()).collect();
    assert_eq!(seconds, [0.25, 1.0, 2.0]);
    let Subject::Formula { arguments, .. } = &scenario.claims[2].subject else { panic!("no formula") };
    assert_eq!(arguments["c"], Given::Numbers(vec![3.0, 2.0, 3.0]));
    // West is written first, and its zone comes after the two of the east.
    let service = scenario.system.services.iter().find(|service| service.name == "s").unwrap();
    let zones: Vec<u32> = service.replicas.iter().map(|one| one.zone.0).collect();
    assert_eq!(zones, [2, 2, 2, 0, 1]);
}

#[test]
fn a_transient_that_is_to_be_found_survives_resolving() {
    let scenario = loaded(
        "[run]\nhorizon = \"1h\"\ntransient = \"auto\"\nbatches = 3\n\
         precision = { metric = \"client.c/availability_request\", relative = \"5%\" }\n\
         [client.c]\narrival = { process = \"poisson\", rate = \"1/s\" }\ncalls = \"s\"\n[service.s]\n",
    );
    assert!(scenario.run.finds_transient && scenario.run.batches == 3);
    let precision = scenario.run.precision.clone().unwrap();
    assert_eq!((precision.width, precision.runs_max), (crate::scenario::Width::Relative(0.05), 400));
    assert_survives_resolving(&scenario, &Places::default());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn overrides_never_panic(path in "(service|client|recovery|fault|run)?[.*a-z\"0-9]{0,16}", value in "\\PC{0,12}") {
        let _ = load_text(SHOP, &[(&path, &value)], &Places::default());
    }

    #[test]
    fn known_paths_take_any_value_without_panic(
        path in proptest::sample::select(vec![
            "run.horizon", "service.shop.replicas", "service.shop.balancing", "client.c.calls", "fault.crash.on",
            "client.c.arrival", "recovery.fix.operations", "service.*.demand", "run.runs", "fault.crash.at",
        ]),
        value in "[-\\[\\]{}=\"'0-9a-z., ]{0,16}",
    ) {
        let _ = load_text(SHOP, &[(path, &value)], &Places::default());
    }
}

#[test]
fn an_override_is_split_at_its_first_sign() {
    let one = Override::parse("a.b=c=d").unwrap();
    assert_eq!((one.path.as_str(), one.value.as_str()), ("a.b", "c=d"));
    assert_eq!(Override::parse("a.b"), None);
}

#[test]
fn files_stand_beside_the_scenario_or_in_a_data_folder() {
    let data = [PathBuf::from("/data")];
    let folders = |path: &str| Places::new(Path::new(path), &data).folders;
    assert_eq!(folders("a/b.toml"), [PathBuf::from("a"), PathBuf::from("/data")]);
    assert_eq!(folders("b.toml"), [PathBuf::from("."), PathBuf::from("/data")]);
    assert_eq!(folders("-"), [PathBuf::from("."), PathBuf::from("/data")]);
}

#[test]
fn what_a_shared_queue_has_no_use_for_is_not_filled_in() {
    let parts = |place: &str| {
        format!(
            "[run]\nhorizon = \"1h\"\n[service.a]\nqueue = {{ at = \"{place}\" }}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.a.*\"\ntime_to_failure = \"1h\"\n"
        )
    };
    for (place, has_balancers, waiting) in [("replica", true, "lost"), ("service", false, "kept")] {
        let scenario = loaded(&parts(place));
        assert_survives_resolving(&scenario, &Places::default());
        let text = resolved(&scenario);
        for key in ["balancers =", "knowledge =", "locality ="] {
            assert_eq!(text.contains(key), has_balancers, "{key} in\n{text}");
        }
        assert!(text.contains(&format!("waiting = \"{waiting}\"")), "{text}");
    }
}
