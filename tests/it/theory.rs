//! What theory says about a scenario is what a reader of textbooks would say.

use ninefold::experiment::{self, NEAR, Options, Theory, run};
use ninefold::scenario::{self, Places, Scenario, Source};

fn loaded(text: &str) -> Scenario {
    let source = Source { name: "theory.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places::default()).unwrap_or_else(|no| panic!("{no:?}\n{text}"))
}

fn theories(text: &str) -> Vec<Theory> {
    experiment::theory(&loaded(text), NEAR)
}

/// A service called by a Poisson client, with more keys of the service and more sections.
fn queue(keys: &str, more: &str) -> String {
    format!(
        "[run]\nhorizon = \"1h\"\nruns = 4\n\
         [client.c]\narrival = {{ process = \"poisson\", rate = \"6/s\" }}\ncalls = \"s\"\n\
         [service.s]\n{keys}\n{more}"
    )
}

const EXPONENTIAL: &str = "demand = { distribution = \"exponential\", mean = \"100ms\" }";

fn of<'t>(theories: &'t [Theory], scope: &str) -> &'t Theory {
    theories
        .iter()
        .find(|one| one.scope == scope)
        .unwrap_or_else(|| panic!("nothing about {scope} in {theories:?}"))
}

fn answer(theory: &Theory, metric: &str) -> f64 {
    let found = theory.answers.iter().find(|one| one.metric == metric);
    found.unwrap_or_else(|| panic!("no {metric} in {theory:?}")).value
}

fn assert_close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} instead of {expected}");
}

#[test]
fn a_queue_is_called_by_its_name() {
    let lognormal = "demand = { distribution = \"lognormal\", mean = \"100ms\", cv = 2 }";
    let constant = "demand = \"100ms\"";
    let cases = [
        (EXPONENTIAL.to_owned(), "M/M/1", "mm1", 0.25),
        (format!("{EXPONENTIAL}\nconcurrency = 3"), "M/M/3", "mmc", 0.0),
        (format!("{EXPONENTIAL}\nreplicas = 3\nqueue = {{ at = \"service\" }}"), "M/M/3", "mmc", 0.0),
        (format!("{EXPONENTIAL}\nqueue = {{ capacity = 4 }}"), "M/M/1/5", "mmck", 0.0),
        (format!("{lognormal}\nconcurrency = 2\nqueue = {{ capacity = 0 }}"), "M/G/2/2", "erlang-b", 0.0),
        // W = rho E[S] (1 + cv^2) / 2 / (1 - rho)
        (lognormal.to_owned(), "M/G/1", "mg1", 0.1 + 0.6 * 0.1 * 5.0 / 2.0 / 0.4),
        (constant.to_owned(), "M/D/1", "mg1", 0.1 + 0.6 * 0.1 / 2.0 / 0.4),
        (format!("{lognormal}\nqueue = \"processor-sharing\""), "M/G/1-PS", "processor-sharing", 0.25),
        (format!("{lognormal}\nconcurrency = \"unlimited\""), "M/G/inf", "mg-infinity", 0.1),
        (
            format!("{EXPONENTIAL}\nreplicas = 2\nbalancing = {{ policy = \"random\" }}"),
            "2 x M/M/1",
            "mm1",
            1.0 / (10.0 - 3.0),
        ),
        // In proportion to speed: n / (sum mu - rate).
        (
            format!(
                "{EXPONENTIAL}\nreplicas = 2\nspeed = [1, 3]\nbalancing = {{ policy = \"weighted-random\" }}"
            ),
            "2 x M/M/1",
            "mm1",
            2.0 / (40.0 - 6.0),
        ),
        (format!("{EXPONENTIAL}\nreplicas = 2"), "2 x E2/M/1", "gm1", 0.0),
        (
            format!("{EXPONENTIAL}\nqueue.patience = {{ distribution = \"exponential\", mean = \"1s\" }}"),
            "M/M/1+M",
            "erlang-a",
            0.0,
        ),
        (
            format!("{EXPONENTIAL}\nreplicas = 2\nbalancing = {{ policy = \"join-shortest-queue\" }}"),
            "2 x M/M/1, shortest queue",
            "join-shortest-queue",
            0.0,
        ),
    ];
    for (keys, model, oracle, sojourn) in cases {
        let theories = theories(&queue(&keys, ""));
        let service = of(&theories, "service.s");
        assert!(service.is_exact(), "{keys}: {service:?}");
        assert_eq!((service.model.as_str(), service.oracle), (model, oracle), "{keys}");
        if sojourn > 0.0 {
            assert_close(answer(service, "sojourn_mean"), sojourn);
            assert_close(answer(of(&theories, "client.c"), "latency_mean"), sojourn);
        }
    }
}

#[test]
fn what_departs_from_a_model_is_named() {
    let cases = [
        (
            "demand = { distribution = \"lognormal\", mean = \"100ms\", cv = 1.2 }\nconcurrency = 3",
            "",
            "M/M/3",
            "service is lognormal, cv 1.20",
        ),
        (
            "replicas = 3\nbalancing = { policy = \"least-request\" }",
            "",
            "M/M/3",
            "least-request fills a queue",
        ),
        ("queue = \"lifo\"", "", "M/M/1", "its queue is lifo"),
        (
            "",
            "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"1h\"\ntime_to_repair = \"1min\"",
            "M/M/1",
            "fault.f strikes it",
        ),
    ];
    for (keys, more, model, departure) in cases {
        let demand = if keys.contains("demand") { "" } else { EXPONENTIAL };
        let theories = theories(&queue(&format!("{demand}\n{keys}"), more));
        let service = of(&theories, "service.s");
        assert_eq!(service.model, model);
        assert_eq!(service.departures.len(), 1, "{service:?}");
        assert!(service.departures[0].starts_with(departure), "{service:?}");
    }
}

#[test]
fn an_overload_has_no_answer_and_says_so() {
    let text = queue("demand = { distribution = \"exponential\", mean = \"300ms\" }", "");
    let theories = theories(&text);
    let service = of(&theories, "service.s");
    assert!(service.answers.is_empty());
    assert!(service.departures[0].contains("no steady state"), "{service:?}");
}

#[test]
fn a_network_of_queues_is_that_of_jackson() {
    let text = format!(
        "[run]\nhorizon = \"1h\"\n\
         [client.c]\narrival = {{ process = \"poisson\", rate = \"3/s\" }}\ncalls = \"a\"\n\
         retry = {{ policy = \"fixed\", delay = \"1s\", attempts = 2 }}\n\
         [service.a]\n{EXPONENTIAL}\nnext = [{{ service = \"b\", probability = 0.5 }}]\n\
         [service.b]\n{EXPONENTIAL}\nnext = [{{ service = \"a\", probability = 0.4 }}]\n"
    );
    let theories = theories(&text);
    // a = 3 + 0.4 b, b = 0.5 a
    let rate = 3.0 / (1.0 - 0.2);
    assert!(of(&theories, "service.a").is_exact() && of(&theories, "service.b").is_exact(), "{theories:?}");
    assert_close(answer(of(&theories, "service.a"), "utilisation"), rate * 0.1);
    assert_close(answer(of(&theories, "service.b"), "sojourn_mean"), 1.0 / (10.0 - rate / 2.0));
    // What the client waits for is more than its time at the first.
    assert!(theories.iter().all(|one| one.scope != "client.c"), "{theories:?}");
}

#[test]
fn a_name_keeps_attempts_from_other_regions() {
    let text = format!(
        "[run]\nhorizon = \"1h\"\n[region.east]\n[region.west]\n[client.c]\nregion = \"east\"\ncalls = \"www\"\n\
         arrival = {{ process = \"poisson\", rate = \"5/s\" }}\n[dns.www]\nservice = \"s\"\n\
         [service.s]\nreplicas = {{ east = 1, west = 1 }}\nbalancing = \"random\"\n{EXPONENTIAL}\n"
    );
    let theories = theories(&text);
    assert!(theories.iter().all(|one| !one.is_exact()), "{theories:?}");
    let service = of(&theories, "service.s");
    assert_eq!(service.departures, ["a name says to which region attempts go"]);
}

#[test]
fn losses_go_back_as_backups_and_copies_say() {
    let text = |keys: &str, fault: &str, verb: &str| {
        format!(
            "[run]\nhorizon = \"1000d\"\n[client.c]\ncalls = \"db\"\narrival = {{ process = \"poisson\", rate = \"5/s\" }}\n\
             [service.db]\n{EXPONENTIAL}\ndata = {{ size = \"1GB\", writes = \"100/s\" }}\n\
             [backup.b]\nof = \"service.db\"\nevery = \"24h\"\n{keys}\n\
             [replication.r]\nof = \"service.db\"\nlag = {{ distribution = \"exponential\", mean = \"500ms\" }}\n\
             [fault.f]\nkind = \"data-loss\"\non = \"service.db.data\"\n{fault}\nrecovery = \"r\"\n\
             time_to_failure = {{ distribution = \"exponential\", mean = \"2000h\" }}\n\
             [recovery.r]\npolicy = \"sequence\"\noperations = [{{ time = \"1h\", does = \"service.db.data.{verb}\" }}]\n"
        )
    };
    let about = |text: &str| {
        let mut all = theories(text);
        all.retain(|one| ["backup-loss", "backup-corrupt", "replication-lag"].contains(&one.oracle));
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    };
    let snapshots = about(&text("takes = \"0s\"", "", "restore"));
    assert!(snapshots.is_exact(), "{snapshots:?}");
    assert_close(answer(&snapshots, "rpo_mean"), 12.0 * 3600.0);
    let slow = about(&text("takes = \"1h\"", "silent_for = \"1h\"", "restore"));
    assert_close(answer(&slow, "rpo_mean"), 13.0 * 3600.0);
    let wanted = ["a backup that a loss breaks off makes the next one lose more", "losses show later"];
    assert_eq!(slow.departures, wanted);
    let unread = about(&text("takes = \"0s\"\nusable = \"95%\"", "", "restore"));
    assert_close(answer(&unread, "rpo_mean"), (12.0 + 24.0 * 0.05 / 0.95) * 3600.0);
    let copy = about(&text("takes = \"0s\"", "destroys = \"primary\"", "promote"));
    assert_close(answer(&copy, "rpo_mean"), 0.5);
    assert_close(answer(&copy, "lost_writes_per_loss"), 50.0);
    // A service that backups slow is no queue of a textbook.
    let queue = theories(&text("takes = \"1h\"\nslows = 2", "", "restore"));
    let habits = |one: &Theory| one.departures.iter().any(|departs| departs == "backups slow it");
    assert!(queue.iter().any(habits), "{queue:?}");
}

#[test]
fn a_service_that_is_called_again_is_no_loop() {
    let calls_of = |calls: &str| {
        format!(
            "[run]\nhorizon = \"1h\"\n\
             [client.c]\narrival = {{ process = \"poisson\", rate = \"2/s\" }}\ncalls = [{calls}]\n\
             [service.a]\n{EXPONENTIAL}\n[service.b]\n{EXPONENTIAL}\n"
        )
    };
    let step = |service: &str, step: u32| format!("{{ service = \"{service}\", step = {step} }}");
    let in_turn = [step("a", 1), step("b", 2), step("a", 3)].join(", ");
    let cases = [
        (in_turn.as_str(), "it is called after others"),
        ("\"a\", \"b\", \"a\"", "it is called more than once at a time"),
    ];
    for (calls, departure) in cases {
        let theories = theories(&calls_of(calls));
        let service = of(&theories, "service.a");
        assert_eq!(service.departures, [departure], "{service:?}");
        assert_close(answer(service, "utilisation"), 0.4);
    }
}

#[test]
fn what_fails_or_is_invalid_goes_no_further() {
    let chain = |client: &str, first: &str| {
        format!(
            "[run]\nhorizon = \"1h\"\n\
             [client.c]\narrival = {{ process = \"poisson\", rate = \"2/s\" }}\ncalls = \"a\"\n{client}\n\
             [service.a]\n{EXPONENTIAL}\n{first}\nnext = [{{ service = \"b\" }}]\n[service.b]\n{EXPONENTIAL}\n"
        )
    };
    assert!(of(&theories(&chain("", "")), "service.b").is_exact());
    for (client, first, departure) in [
        ("", "error_ratio = 0.2", "arrivals from service.a are not Poisson"),
        ("invalid = 0.1", "", "some requests are invalid"),
    ] {
        let theories = theories(&chain(client, first));
        assert_eq!(of(&theories, "service.b").departures, [departure], "{client} {first}");
        assert!(of(&theories, "service.a").is_exact(), "{theories:?}");
    }
}

#[test]
fn availability_and_recovery_have_their_formulas() {
    let text = "[run]\nhorizon = \"1000h\"\n[service.s]\nreplicas = 3\nquorum = 2\n\
        [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
        time_to_failure = { distribution = \"exponential\", mean = \"90s\" }\nrecovery = \"fix\"\n\
        [recovery.fix]\npolicy = \"race\"\noperations = [\n\
        { name = \"restart\", time = { distribution = \"exponential\", mean = \"20s\" } },\n\
        { name = \"replace\", time = { distribution = \"exponential\", mean = \"20s\" } },\n]\n";
    let theories = theories(text);
    let fault = of(&theories, "fault.f");
    assert_eq!((fault.model.as_str(), fault.oracle), ("race of 2", "race"));
    assert_close(answer(fault, "mttr"), 10.0);
    assert_close(answer(fault, "mttf"), 90.0);
    let service = of(&theories, "service.s");
    assert_eq!(service.oracle, "k-of-n");
    for (clock, is_known) in [("up", true), ("busy", false)] {
        let keys = format!("kind = \"crash\"\nclock = \"{clock}\"");
        let theories = self::theories(&text.replace("kind = \"crash\"", &keys));
        assert_eq!(theories.iter().any(|one| one.scope == "fault.f"), is_known, "{clock}");
        assert_eq!(theories.iter().any(|one| one.scope == "service.s"), is_known, "{clock}");
    }
    assert_close(answer(service, "availability_time"), 0.9_f64.powi(3) + 3.0 * 0.1 * 0.81);
}

#[test]
fn what_keeps_step_for_ever_is_not_independent() {
    let text = |replicas: u32, keys: &str| {
        format!(
            "[run]\nhorizon = \"1000h\"\n[service.s]\nreplicas = {replicas}\n[service.t]\n\
             [block.b]\nof = [\"service.s\", \"service.t\"]\nneeds = 1\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n{keys}\n\
             [fault.g]\nkind = \"crash\"\non = \"service.t\"\n{keys}\n"
        )
    };
    let has = |text: &str, scope: &str| theories(text).iter().any(|one| one.scope == scope);
    let constant = "time_to_failure = \"90s\"\ntime_to_repair = \"10s\"";
    for (keys, are_independent) in [
        (constant.to_owned(), false),
        (format!("{constant}\ndetected_by = \"5s\""), false),
        (format!("{constant}\nstart = \"aged\""), true),
        (constant.replace("\"10s\"", "{ distribution = \"uniform\", low = \"5s\", high = \"15s\" }"), true),
    ] {
        // One replica alone is in step with nobody.
        assert!(has(&text(1, &keys), "service.s"), "{keys}");
        assert_eq!(has(&text(2, &keys), "service.s"), are_independent, "{keys}");
        assert_eq!(has(&text(1, &keys), "block.b"), are_independent, "{keys}");
    }
}

#[test]
fn the_simulation_agrees_with_what_theory_says_of_it() {
    let fails = "[fault.f]\nkind = \"crash\"\non = \"service.t.*\"\n\
        time_to_failure = { distribution = \"exponential\", mean = \"90s\" }\n\
        time_to_repair = { distribution = \"exponential\", mean = \"10s\" }\n[service.t]\nreplicas = 3\nquorum = 2\n";
    let keys = format!("{EXPONENTIAL}\nreplicas = 3\nqueue = {{ at = \"service\" }}");
    let text = queue(&keys, fails)
        .replace("\"1h\"\nruns = 4", "\"20000s\"\ntransient = \"100s\"\nruns = 30\nseed = 5")
        .replace("runs = 30", "runs = 30\nconfidence = \"99.9%\"")
        .replace("rate = \"6/s\"", "rate = \"24/s\"");
    let scenario = loaded(&text);
    let outcome = run(&scenario, &Options::default(), &()).unwrap();
    let mut compared = 0;
    for theory in experiment::theory(&scenario, NEAR) {
        assert!(theory.is_exact(), "{theory:?}");
        for exact in &theory.answers {
            let found =
                outcome.estimates.iter().find(|one| one.scope == theory.scope && one.metric == exact.metric);
            let Some((low, high)) = found.and_then(|one| one.interval) else { continue };
            let what = format!("{} {}: {} in [{low}, {high}]", theory.scope, exact.metric, exact.value);
            assert!(low <= exact.value && exact.value <= high, "{what}");
            compared += 1;
        }
    }
    assert!(compared >= 15, "{compared}");
}

#[test]
fn caches_agree_with_what_theory_says_of_them() {
    let caches = [
        ("ttl = \"5s\"", "TTL cache", "ttl-cache"),
        ("ttl = { distribution = \"exponential\", mean = \"5s\" }", "TTL cache", "ttl-cache"),
        ("ttl = \"5s\", jitter = \"50%\"", "TTL cache", "ttl-cache"),
        ("ttl = \"5s\", sliding = true", "TTL cache, sliding", "ttl-cache"),
        ("capacity = 5", "LRU cache", "lru-cache"),
        ("capacity = 5, policy = \"fifo\"", "FIFO cache", "fifo-cache"),
        ("capacity = 5, policy = \"random\"", "FIFO cache", "fifo-cache"),
    ];
    for (keys, model, oracle) in caches {
        let cache = format!("concurrency = \"unlimited\"\ncache = {{ keys = 20, {keys} }}");
        let text =
            queue(&cache, "").replace("runs = 4", "transient = \"5min\"\nruns = 10\nconfidence = \"99.9%\"");
        let scenario = loaded(&text);
        let theory = experiment::theory(&scenario, NEAR);
        let theory = of(&theory, "service.s");
        assert_eq!((theory.model.as_str(), theory.oracle), (model, oracle));
        assert!(theory.is_exact(), "{theory:?}");
        let outcome = run(&scenario, &Options::default(), &()).unwrap();
        let is_hits = |one: &&experiment::Estimate| one.scope == "service.s" && one.metric == "hit_ratio";
        let (low, high) = outcome.estimates.iter().find(is_hits).unwrap().interval.unwrap();
        let exact = answer(theory, "hit_ratio");
        assert!(low <= exact && exact <= high, "{keys}: {exact} in [{low}, {high}]");
    }
}

#[test]
fn what_a_cache_does_besides_is_named() {
    let departures = |cache: &str, service: &str, more: &str| {
        let keys = format!("concurrency = \"unlimited\"\n{service}\ncache = {{ keys = 20, {cache} }}");
        let theories = theories(&queue(&keys, more));
        theories.iter().find(|one| one.scope == "service.s").map(|one| one.departures.clone())
    };
    let slow = departures("ttl = \"5s\"", "demand = \"10ms\"", "").unwrap();
    assert_eq!(slow, ["what is missing takes time to fetch"]);
    let early = departures("ttl = \"5s\", early = {}, writes = \"5%\"", "", "").unwrap();
    assert_eq!(early, ["writes pass the cache", "copies are fetched before they are stale"]);
    // No formula is of both, of one that counts how often it was asked, or of one that is asked by others.
    assert_eq!(departures("ttl = \"5s\", capacity = 5", "", ""), None);
    assert_eq!(departures("capacity = 5, policy = \"lfu\"", "", ""), None);
    assert_eq!(departures("ttl = \"5s\"", "", "[service.t]\ncalls = \"s\"\n"), None);
    let large = departures("capacity = 9999", "", "").map(|found| found.len());
    assert_eq!(large, None);
    let many = theories(&queue("concurrency = \"unlimited\"\ncache = { keys = 9999, capacity = 100 }", ""));
    assert_eq!(of(&many, "service.s").model, "LRU cache, Che");
    assert_eq!(of(&many, "service.s").departures, ["the formula is an approximation"]);
}

/// The function `s`, called as `queue` has it.
fn function(service: &str, keys: &str, more: &str) -> Vec<Theory> {
    theories(&queue(&format!("{service}\nfunction = {{ {keys} }}"), more))
}

#[test]
fn functions_have_models_too() {
    let lognormal = "demand = { distribution = \"lognormal\", mean = \"500ms\", cv = 2 }";
    let long = EXPONENTIAL.replace("100ms", "500ms");
    let starts = "start = { distribution = \"exponential\", mean = \"2s\" }";
    let setup = "waits = \"first\", pending = \"unlimited\", keep_alive = \"0s\", surplus = \"cancel\"";
    // Erlang B of three servers and three Erlang: 9/2 / (1 + 3 + 9/2 + 9/2).
    let lost = 4.5 / 13.0;
    let cases = [
        (lognormal.to_owned(), "max_instances = 3", ("M/G/3/3", "erlang-b"), ("throttle_ratio", lost)),
        (
            format!("{lognormal}\nconcurrency = 3"),
            "max_instances = 1",
            ("M/G/3/3", "erlang-b"),
            ("throttle_ratio", lost),
        ),
        (lognormal.to_owned(), "reserved = 3", ("M/G/3/3", "erlang-b"), ("throttle_ratio", lost)),
        (
            lognormal.to_owned(),
            "max_instances = 3",
            ("M/G/3/3", "erlang-b"),
            ("in_system_mean", 3.0 * (1.0 - lost)),
        ),
        // Cold every time: 0.5 s and 2 s.
        (
            format!("{lognormal}\nstart = \"2s\""),
            "keep_alive = \"0s\"",
            ("M/G/inf", "mg-infinity"),
            ("sojourn_mean", 2.5),
        ),
        (
            format!("{lognormal}\nstart = \"2s\""),
            "keep_alive = \"0s\", max_instances = 1",
            ("M/G/1/1", "erlang-b"),
            ("throttle_ratio", 15.0 / 16.0),
        ),
        (long.clone(), "", ("M/M/inf, keep-alive", "keep-alive"), ("instances_busy_mean", 3.0)),
        (long.clone(), "choice = \"newest\"", ("M/G/inf", "mg-infinity"), ("instances_busy_mean", 3.0)),
        (lognormal.to_owned(), "", ("M/G/inf", "mg-infinity"), ("sojourn_mean", 0.5)),
        (
            "demand = \"0s\"".to_owned(),
            "keep_alive = \"100ms\"",
            ("M/0, keep-alive", "rare-function"),
            ("cold_start_ratio", (-0.6_f64).exp()),
        ),
        // An exponential start of 2 s is added to the 1/4 s of M/M/1.
        (
            format!("{EXPONENTIAL}\n{starts}"),
            &format!("{setup}, max_instances = 1"),
            ("M/G/1/setup", "setup-queue"),
            ("sojourn_mean", 2.25),
        ),
        (
            format!("{EXPONENTIAL}\n{starts}"),
            &format!("{setup}, max_instances = 1"),
            ("M/G/1/setup", "setup-queue"),
            ("cold_start_ratio", 0.4 / 13.0),
        ),
        (
            long.clone(),
            "max_instances = 4, pending = \"unlimited\"",
            ("M/M/4", "mmc"),
            ("in_system_mean", 4.528_301_886_792_453),
        ),
    ];
    for (service, keys, (model, oracle), (metric, expected)) in cases {
        let theories = function(&service, keys, "");
        let found = of(&theories, "service.s");
        assert!(found.is_exact(), "{keys}: {found:?}");
        assert_eq!((found.model.as_str(), found.oracle), (model, oracle), "{keys}");
        assert_close(answer(found, metric), expected);
        if let Some(sojourn) = found.answers.iter().find(|one| one.metric == "sojourn_mean") {
            assert_close(answer(of(&theories, "client.c"), "latency_mean"), sojourn.value);
        }
    }
}

#[test]
fn a_pool_that_is_kept_warm_has_its_formula() {
    let slow = queue(
        "demand = { distribution = \"exponential\", mean = \"1991ms\" }\nfunction = { keep_alive = \"1min\" }",
        "",
    );
    let theories = theories(&slow.replace("6/s", "0.9/s"));
    let pool = of(&theories, "service.s");
    // S-MRU-02.
    assert!((answer(pool, "cold_start_ratio") / 0.016_327_343_584_2 - 1.0).abs() < 1e-8);
    assert!((answer(pool, "instances_mean") / 5.864_227_659_9 - 1.0).abs() < 1e-8);
    assert!((answer(pool, "instances_idle_mean") / 4.072_327_659_9 - 1.0).abs() < 1e-8);
}

#[test]
fn a_function_that_departs_from_a_model_has_none() {
    let setup = "waits = \"first\", pending = \"unlimited\", keep_alive = \"0s\", surplus = \"cancel\"";
    let starts = format!("{EXPONENTIAL}\nstart = {{ distribution = \"exponential\", mean = \"2s\" }}");
    let fleet = format!("{setup}, max_instances = 4");
    assert_eq!(of(&function(&starts, &fleet, ""), "service.s").model, "M/M/4/setup");
    let account = "[account.a]\nconcurrency = 100\nunreserved_min = 0\n";
    let fault = "[fault.f]\nkind = \"crash\"\non = \"zone.default.1\"\nat = \"10min\"\nlasts = \"10s\"\n";
    let gap = "arrival = { process = \"renewal\", between = \"1s\" }";
    for (service, keys, more) in [
        // Who starts is in the way for longer.
        (starts.as_str(), "max_instances = 3", ""),
        (&format!("{EXPONENTIAL}\nstart = \"2s\""), "keep_alive = \"1min\"", ""),
        (&starts, &fleet.replace("\"0s\"", "\"1s\""), ""),
        (&starts, &fleet.replace("surplus = \"cancel\"", "surplus = \"keep\""), ""),
        (&starts, &fleet.replace("\"unlimited\"", "9"), ""),
        (&starts, &fleet.replace("max_instances = 4", "max_instances = 61"), ""),
        (&format!("{EXPONENTIAL}\nstart = \"2s\""), &fleet, ""),
        (
            &format!(
                "{EXPONENTIAL}\nstart = {{ init = {{ distribution = \"exponential\", mean = \"2s\" }}, init_limit = \"3s\" }}"
            ),
            &fleet,
            "",
        ),
        (
            &format!("{EXPONENTIAL}\nversions = {{ v2 = {{ error_ratio = \"50%\" }} }}"),
            "max_instances = 3",
            "",
        ),
        (
            &format!(
                "{EXPONENTIAL}\nversions = {{ v2 = {{ demand = \"1s\" }} }}\npublish = [{{ at = \"1min\", version = \"v2\" }}]"
            ),
            "keep_alive = \"1min\"",
            "",
        ),
        (EXPONENTIAL, "keep_alive = \"1min\", lifetime = \"1h\"", ""),
        (EXPONENTIAL, "cold_demand = \"1s\"", ""),
        (EXPONENTIAL, "max_duration = \"1s\"", ""),
        (EXPONENTIAL, "provisioned = 2", ""),
        (EXPONENTIAL, "scale_up = { burst = 3, refill = \"1/s\" }", ""),
        (EXPONENTIAL, "rate_per_concurrency = 10", ""),
        (EXPONENTIAL, "account = \"a\"", account),
        (EXPONENTIAL, "", fault),
        ("demand = \"10ms\"", "max_instances = 1, pending = 4", ""),
        ("demand = \"0s\"", "keep_alive = { policy = \"uniform\", low = \"1s\", high = \"2s\" }", ""),
    ] {
        let found = function(service, keys, more);
        assert!(
            found.iter().all(|one| !one.scope.contains(".s") && !one.scope.contains(".c")),
            "{keys}: {found:?}"
        );
    }
    // Other arrivals, and clients that try again or give up.
    let text = queue(&format!("{EXPONENTIAL}\nfunction = {{ max_instances = 3 }}"), "");
    let poisson = "arrival = { process = \"poisson\", rate = \"6/s\" }";
    assert!(text.contains(poisson) && !theories(&text).is_empty());
    for client in [
        gap.to_owned(),
        format!("{poisson}\nretry = {{ policy = \"fixed\", delay = \"1s\", attempts = 3 }}"),
        format!("{poisson}\ntimeout = \"1s\""),
    ] {
        assert!(theories(&text.replace(poisson, &client)).is_empty(), "{client}");
    }
    // A gap that is as long as the time for which it is kept is decided by who is first, not by chance.
    let rare = queue("demand = \"0s\"\nfunction = { keep_alive = \"1s\" }", "").replace(poisson, gap);
    assert!(theories(&rare).is_empty());
    let later = rare.replace("keep_alive = \"1s\"", "keep_alive = \"1001ms\"");
    assert_eq!(of(&theories(&later), "service.s").model, "GI/0, keep-alive");
}

/// Every exact answer about a function lies in the interval of the simulation.
#[test]
fn functions_agree_with_what_theory_says_of_them() {
    let exponential = |mean: &str| format!("{{ distribution = \"exponential\", mean = \"{mean}\" }}");
    let (short, long) = (exponential("100ms"), exponential("500ms"));
    let setup = "waits = \"first\", pending = \"unlimited\", keep_alive = \"0s\", surplus = \"cancel\"";
    let cases = [
        (format!("demand = {long}"), "keep_alive = \"2s\"".to_owned(), 6),
        (format!("demand = {long}\nconcurrency = 2"), "keep_alive = \"2s\", max_instances = 2".to_owned(), 3),
        (
            format!("demand = {short}\nstart = \"300ms\""),
            "keep_alive = \"0s\", max_instances = 2".to_owned(),
            3,
        ),
        (
            format!("demand = {short}\nstart = {}", exponential("1s")),
            format!("{setup}, max_instances = 4"),
            4,
        ),
        (format!("demand = {short}\nstart = \"1s\""), format!("{setup}, max_instances = 1"), 5),
        ("demand = \"0s\"".to_owned(), "keep_alive = \"300ms\"".to_owned(), 2),
    ];
    for (service, keys, fewest) in cases {
        let text = queue(&format!("{service}\nfunction = {{ {keys} }}"), "").replace(
            "\"1h\"\nruns = 4",
            "\"700s\"\ntransient = \"100s\"\nruns = 16\nseed = 7\nconfidence = \"99.9%\"",
        );
        let scenario = loaded(&text);
        let outcome = run(&scenario, &Options::default(), &()).unwrap();
        let mut compared = 0;
        for theory in experiment::theory(&scenario, NEAR) {
            for exact in &theory.answers {
                let mut estimates = outcome.estimates.iter();
                let found = estimates.find(|one| one.scope == theory.scope && one.metric == exact.metric);
                let Some((low, high)) = found.and_then(|one| one.interval) else { continue };
                let what =
                    format!("{keys}: {} {}: {} in [{low}, {high}]", theory.scope, exact.metric, exact.value);
                let is_inside = low - 1e-9 <= exact.value && exact.value <= high + 1e-9;
                assert!(theory.is_exact() && is_inside, "{what}");
                compared += 1;
            }
        }
        assert!(compared >= fewest, "{keys}: {compared}");
    }
}

/// A service of two replicas that fail every 100 s, with more keys, and a crew of so many that mends one in 10 s.
fn pair(keys: &str, crew: u32) -> String {
    format!(
        "[run]\nhorizon = \"100000s\"\nruns = 4\n[service.s]\nreplicas = 2\nactive = 1\n{keys}\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\nrecovery = \"r\"\n\
         time_to_failure = {{ distribution = \"exponential\", mean = \"100s\" }}\n\
         [recovery.r]\npolicy = \"sequence\"\noperations = [{{ name = \"fix\", crew = \"c\", \
         time = {{ distribution = \"exponential\", mean = \"10s\" }} }}]\n[crew.c]\nsize = {crew}\n"
    )
}

#[test]
fn one_that_serves_and_one_that_stands_by_are_a_pair() {
    // With r = down / up = 0.1 the chain of both, one and none is 1 : r : r^2 where the spare does not age, and 1 : 2 r : 2 r^2
    // where it does as the other.
    for (mode, unavailability) in [("cold", 0.01 / 1.11), ("hot", 0.02 / 1.22)] {
        let all = theories(&pair(&format!("standby = {{ mode = \"{mode}\" }}"), 1));
        let found = of(&all, "service.s");
        assert_eq!((found.oracle, found.is_exact()), ("standby-coverage", true), "{found:?}");
        assert_close(1.0 - answer(found, "availability_time"), unavailability);
    }
    // A takeover that needs somebody costs the time until then.
    let by_hand = "standby = { mode = \"cold\", coverage = \"50%\", uncovered = { distribution = \"exponential\", mean = \"5s\" } }";
    let all = theories(&pair(by_hand, 1));
    assert!(answer(of(&all, "service.s"), "availability_time") < 1.0 - 0.01 / 1.11 - 0.01);
    // What the formula does not know: takeovers that take time, a second member of the crew, a return after a time.
    for (keys, crew) in [
        ("standby = { mode = \"hot\", switch = \"1s\" }", 1),
        ("standby = { mode = \"hot\" }", 2),
        ("standby = { mode = \"hot\", failback = \"1min\" }", 1),
        ("standby = { mode = \"hot\", repair_after_switch = false }", 1),
    ] {
        let all = theories(&pair(keys, crew));
        assert!(all.iter().all(|one| one.oracle != "standby-coverage"), "{keys} {crew}: {all:?}");
    }
}
