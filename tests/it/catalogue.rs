//! Every variant is named well, documented, can be written and runs; and so is every scenario that is shipped.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold::engine::Simulation;
use ninefold::kernel::distribution::DistributionSettings;
use ninefold::model::balancing::BalancerSettings;
use ninefold::model::monitoring::outlier::OutlierSettings;
use ninefold::model::resilience::breaker::BreakerSettings;
use ninefold::model::resilience::budget::BudgetSettings;
use ninefold::model::resilience::hedge::HedgeSettings;
use ninefold::model::resilience::limit::LimitSettings;
use ninefold::model::resilience::retry::RetrySettings;
use ninefold::registry::Entry;
use ninefold::scenario::{self, ARRIVALS, DEPLOYS, FAULTS, MONITORS, Places, Rejected, Scenario, Source};
use ninefold::units::{SimDuration, SimTime};

/// One variant in each place; a sample takes the place of the marked value.
const SMALL: &str = r#"
[run]
horizon = "5s"
[client.c]
arrival = <arrival>
calls = "s"
timeout = "1s"
retry = <retry>
hedge = <hedge>
breaker = <breaker>
throttle = <throttle>
[service.s]
replicas = 2
demand = <law>
queue = <queue>
admission = <admission>
balancing = <balancing>
outlier_detection = <outliers>
[fault.f]
<fault>
time_to_failure = "1s"
recovery = "r"
[recovery.r]
<recovery>
[monitor.m]
<monitor>
[deploy.d]
service = "s"
at = "1s"
<deploy>
"#;

const DEFAULTS: [(&str, &str); 15] = [
    ("arrival", "{ process = \"poisson\", rate = \"20/s\" }"),
    ("retry", "{ policy = \"none\", budget = <budget> }"),
    ("budget", "\"none\""),
    ("hedge", "{ policy = \"fixed\", delay = \"1s\" }"),
    ("breaker", "\"envoy\""),
    ("admission", "{ policy = \"concurrency\", limit = 1000 }"),
    ("throttle", "{ policy = \"concurrency\", limit = 1000 }"),
    ("law", "\"10ms\""),
    ("queue", "\"fifo\""),
    ("balancing", "\"round-robin\""),
    ("outliers", "{ policy = \"envoy\" }"),
    ("fault", "kind = \"crash\"\non = \"service.s.*\""),
    ("recovery", "policy = \"race\"\noperations = [{ time = \"100ms\" }]"),
    ("monitor", "kind = \"poll\"\non = \"service.s.*\"\ninterval = \"1s\""),
    ("deploy", "policy = \"rolling\""),
];

/// What variants need that has no default; the others are written with their name alone.
const NEEDED: [(&str, &str, &str); 48] = [
    ("arrival", "poisson", "rate = \"20/s\""),
    ("arrival", "renewal", "between = \"30ms\""),
    ("arrival", "mmpp", "rates = [\"5/s\", \"50/s\"], stays = [\"1s\", \"300ms\"]"),
    ("arrival", "closed", "users = 3, think = \"50ms\""),
    ("arrival", "profile", "rates = [\"5/s\", \"50/s\"], period = \"2s\""),
    ("arrival", "replay", "file = \"data.csv\", column = \"count\", period = \"1s\""),
    ("arrival", "schedule", "every = \"50ms\""),
    ("retry", "fixed", "delay = \"10ms\""),
    ("retry", "exponential", "base = \"10ms\", cap = \"1s\""),
    ("retry", "grpc", "base = \"10ms\", cap = \"1s\""),
    ("retry", "memoryless", "mean = \"10ms\""),
    ("hedge", "fixed", "delay = \"5ms\""),
    ("hedge", "tied", "delay = \"1ms\""),
    ("throttle", "token-bucket", "rate = \"100/s\", burst = 10"),
    ("throttle", "leaky-bucket", "rate = \"100/s\", burst = 10"),
    ("throttle", "concurrency", "limit = 10"),
    ("throttle", "priority-shedding", "limit = 10"),
    ("law", "constant", "mean = \"10ms\""),
    ("law", "exponential", "mean = \"10ms\""),
    ("law", "uniform", "low = \"5ms\", high = \"15ms\""),
    ("law", "erlang", "mean = \"10ms\", stages = 3"),
    ("law", "gamma", "mean = \"10ms\", shape = 2"),
    ("law", "weibull", "mean = \"10ms\", shape = 0.7"),
    ("law", "lognormal", "mean = \"10ms\", cv = 1.5"),
    ("law", "pareto", "minimum = \"5ms\", shape = 2.5"),
    ("law", "hyperexponential", "mean = \"10ms\", cv = 2"),
    ("law", "empirical", "file = \"data.csv\", column = \"seconds\""),
    ("outliers", "grpc", "success_rate = {}"),
    ("monitor", "poll", "on = \"service.s.*\"\ninterval = \"1s\""),
    ("monitor", "alarm", "metric = \"service.s/failure_ratio\"\nabove = \"10%\"\nperiod = \"1s\""),
    (
        "monitor",
        "burn-rate",
        "objective = \"client.c/availability_request\"\ntarget = \"99%\"\nevery = \"1s\"\n\
         windows = [{ burn = 2, long = \"4s\", short = \"2s\" }]",
    ),
    ("monitor", "anomaly", "metric = \"service.s/in_system_mean\"\nperiod = \"1s\"\nmemory = \"2s\""),
    (
        "monitor",
        "composite",
        "rule = \"not monitor.n\"\n[monitor.n]\nkind = \"poll\"\non = \"service.s.*\"\ninterval = \"1s\"\n\
         does = \"notify\"",
    ),
    (
        "monitor",
        "forecast",
        "fault = \"g\"\nahead = \"200ms\"\nprecision = \"50%\"\ndoes = \"recovery.r.start\"\n[fault.g]\nkind = \"slow\"\n\
         factor = 2\non = \"service.s.*\"\ntime_to_failure = \"1s\"\nrecovery = \"r\"",
    ),
    ("monitor", "schedule", "every = \"1s\"\ndoes = \"recovery.r.start\""),
    ("fault", "poison", "share = \"20%\"\non = \"service.s.*\""),
    ("fault", "slow", "factor = 3\non = \"service.s.*\""),
    ("fault", "error", "share = \"50%\"\non = \"service.s.*\""),
    ("fault", "corrupt", "share = \"50%\"\non = \"service.s.*\""),
    ("fault", "throttle", "rate = \"9/s\"\non = \"service.s\""),
    ("fault", "capacity", "slots = 1\non = \"service.s.*\""),
    ("fault", "cache-loss", "on = \"service.s.cache\""),
    ("fault", "data-loss", "on = \"service.s.data\""),
    ("fault", "partition", "from = \"service.s.*\""),
    ("fault", "network", "from = \"service.s.*\"\nfactor = 2"),
    ("fault", "", "on = \"service.s.*\""),
    ("recovery", "share", "serial = 0.2, operations = [{ time = \"100ms\" }, { time = \"200ms\" }]"),
    ("recovery", "", "operations = [{ time = \"100ms\" }, { time = \"200ms\", success = 0.5 }]"),
];

/// The key that chooses a variant of a room.
fn key(room: &str) -> &'static str {
    match room {
        "arrival" => "process",
        "law" => "distribution",
        "fault" | "monitor" => "kind",
        _ => "policy",
    }
}

/// A variant with what it needs.
fn sample(room: &str, name: &str) -> String {
    let own = NEEDED.iter().find(|(place, variant, _)| (*place, *variant) == (room, name));
    let any = NEEDED.iter().find(|(place, variant, _)| (*place, *variant) == (room, ""));
    let needed = own.or(any).map_or("", |(_, _, needed)| needed);
    let chosen = format!("{} = \"{name}\"", key(room));
    match room {
        "fault" | "monitor" | "deploy" => format!("{chosen}\n{needed}"),
        "recovery" => format!("{chosen}\n{}", needed.replacen(", operations", "\noperations", 1)),
        _ if needed.is_empty() => format!("{{ {chosen} }}"),
        _ => format!("{{ {chosen}, {needed} }}"),
    }
}

fn small(room: &str, value: &str) -> String {
    DEFAULTS
        .iter()
        .fold(SMALL.to_owned(), |text, (place, default)| {
            text.replace(&format!("<{place}>"), if *place == room { value } else { default })
        })
        // Where there is none no cache is lost.
        .replace(
            if value.contains("\"cache-loss\"") { "replicas = 2\n" } else { "\0" },
            "cache = { keys = 3 }\n",
        )
        // Where there is nothing to lose no data are lost, and they must come back.
        .replace(
            if value.contains("\"data-loss\"") { "replicas = 2\n" } else { "\0" },
            "data = { size = \"1GB\" }\n",
        )
        .replace(
            if value.contains("\"data-loss\"") { "recovery = \"r\"\n" } else { "\0" },
            "recovery = \"again\"\n[recovery.again]\npolicy = \"sequence\"\n\
             operations = [{ time = \"1s\", does = \"service.s.data.restore\" }]\n",
        )
        // A poisoned request needs no clock.
        .replace(if value.contains("\"poison\"") { "time_to_failure = \"1s\"\n" } else { "\0" }, "")
}

fn data() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("catalogue");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("data.csv"), "count,seconds\n20,0.01\n5,0.002\n30,0.02\n10,0.01\n2,0.03\n")
        .unwrap();
    folder
}

fn read(text: &str) -> Result<Scenario, Rejected> {
    let source = Source { name: "small.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places { folders: vec![data()] })
}

/// The names of a room as the message about an unknown one gives them.
fn known(room: &str) -> Vec<String> {
    let wrong = small(room, &sample(room, "no-such-thing"));
    let Err(rejected) = read(&wrong) else { panic!("{wrong}\nwas accepted") };
    let help = rejected.findings.0.iter().find_map(|one| one.help.as_ref()?.split("known: ").nth(1));
    help.expect("the message names what is known").split(", ").map(str::to_owned).collect()
}

fn rooms() -> Vec<(&'static str, Vec<String>)> {
    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.name.to_owned()).collect();
    vec![
        ("arrival", names(ARRIVALS)),
        ("retry", names(RetrySettings::CATALOGUE)),
        ("budget", names(BudgetSettings::CATALOGUE)),
        ("hedge", names(HedgeSettings::CATALOGUE)),
        ("breaker", names(BreakerSettings::CATALOGUE)),
        ("throttle", names(LimitSettings::CATALOGUE)),
        ("law", names(DistributionSettings::CATALOGUE)),
        ("queue", known("queue")),
        ("balancing", names(BalancerSettings::CATALOGUE)),
        ("outliers", names(OutlierSettings::CATALOGUE)),
        ("fault", names(FAULTS)),
        ("monitor", names(MONITORS)),
        ("deploy", names(DEPLOYS)),
        ("recovery", ["race", "sequence", "all", "escalate", "share"].map(str::to_owned).to_vec()),
    ]
}

fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

#[test]
fn every_variant_has_a_name_in_kebab_case_and_a_sentence() {
    for (room, names) in rooms() {
        assert!(names.len() > 1, "{room}: {names:?}");
        for (place, name) in names.iter().enumerate() {
            assert!(is_kebab(name), "{room}: {name}");
            assert!(!names[..place].contains(name), "{room}: {name} is there twice");
        }
    }
    let catalogues = [
        ARRIVALS,
        FAULTS,
        MONITORS,
        RetrySettings::CATALOGUE,
        BudgetSettings::CATALOGUE,
        HedgeSettings::CATALOGUE,
        BreakerSettings::CATALOGUE,
        LimitSettings::CATALOGUE,
        BalancerSettings::CATALOGUE,
        OutlierSettings::CATALOGUE,
        DistributionSettings::CATALOGUE,
    ];
    for entry in catalogues.into_iter().flatten() {
        let Entry { name, summary, .. } = entry;
        assert!(summary.ends_with('.') && !summary.contains(". "), "{name}: one sentence, not \"{summary}\"");
        assert!(summary.starts_with(|first: char| first.is_uppercase()), "{name}: \"{summary}\"");
    }
}

#[test]
fn every_variant_can_be_written_and_runs() {
    for (room, names) in rooms() {
        // A trace calls nobody but a population, which has tests of its own.
        for name in names.into_iter().filter(|name| name != "trace") {
            let text = small(room, &sample(room, &name));
            let scenario = read(&text).unwrap_or_else(|rejected| {
                panic!("{text}\n{}", scenario::render(&rejected.findings, &rejected.sources, false))
            });
            let mut simulation = Simulation::new(&scenario.system, &scenario.run.span, 1, 0);
            assert!(simulation.advance(1_000_000).unwrap(), "{room}: {name} does not end");
            let measured = simulation.finish().unwrap();
            assert!(measured.clients[0].good > 0, "{room}: {name} answers nothing");
            assert!(measured.faults[0].incidents > 0, "{room}: {name}");
            // The form with every default filled in says the same.
            let resolved = scenario::resolved(&scenario);
            // A constant is written as its value.
            assert!(name == "constant" || resolved.contains(&name), "{room}: {name} is not in\n{resolved}");
        }
    }
}

/// Scenario files below a folder, in the order of names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    found
}

/// Events after which a shipped scenario is believed to run.
const ENOUGH: u64 = 100_000;

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips something says so")]
fn every_shipped_scenario_is_valid_and_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data");
    let mut shipped = files(&root.join("scenarios"));
    // Experiments are no scenarios; those that they name are.
    shipped.retain(|path| !path.starts_with(root.join("scenarios/experiments")));
    assert!(shipped.len() > 10, "{shipped:?}");
    let mut ran = 0;
    for path in &shipped {
        let text = fs::read_to_string(path).unwrap();
        let needs_data = text.lines().any(|line| !line.starts_with('#') && line.contains("file ="));
        if needs_data && !data.exists() {
            eprintln!("SKIPPED {}: {} is not there", path.display(), data.display());
            continue;
        }
        let source = Source { name: path.display().to_string(), text };
        let places = Places::new(path, std::slice::from_ref(&data));
        let mut scenario = scenario::load(source, &[], &places).unwrap_or_else(|rejected| {
            panic!("{}", scenario::render(&rejected.findings, &rejected.sources, false))
        });
        let span = &mut scenario.run.span;
        let tiny = SimTime::ZERO + SimDuration::from_secs(3_600.0);
        span.until = None;
        span.horizon = span.horizon.min(tiny);
        span.transient = span.transient.min(SimTime::ZERO + SimDuration::from_secs(1.0));
        let mut simulation = Simulation::new(&scenario.system, &scenario.run.span, 1, 0);
        if simulation.advance(ENOUGH).unwrap() {
            let measured = simulation.finish().unwrap();
            assert_eq!(measured.services.len(), scenario.system.services.len(), "{}", path.display());
        }
        ran += 1;
    }
    assert!(ran > 10, "{ran} scenarios ran");
}
