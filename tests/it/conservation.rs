//! Nothing is lost and nothing appears from nowhere, in random small scenarios.

use ninefold::measure::Measurements;
use ninefold::model::fleet::Life;
use ninefold::scenario::Scenario;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::audit::{Audit, agree, run};
use crate::sample::{Form, load, populations, samples};

/// When no work arrives any more and all faults are over, nothing is left.
fn nothing_is_left(scenario: &Scenario, measured: &Measurements, audit: &Audit) {
    assert_eq!(audit.out, 0, "attempts that callers wait for");
    let mut lives = audit.is_up.iter().zip(&audit.lives);
    assert!(lives.all(|(is_up, life)| *is_up == (*life == Life::Up)));
    for (client, books) in measured.clients.iter().zip(&audit.requests) {
        assert_eq!((client.unfinished, books.under_way), (0, 0));
        // All arrived in the measured part, so each attempt is counted.
        assert!(client.attempts <= audit.attempts.iter().map(|books| books.sent).sum());
    }
    for (service, books) in measured.services.iter().zip(&audit.attempts) {
        assert_eq!(books.inside.len(), 0, "jobs inside");
        assert_eq!(service.wait.count, books.admitted, "each that was let in is counted, and paid for, once");
        let passed_on = scenario.system.services.iter().any(|one| !one.next.is_empty());
        let counted = books.sent + books.stopped;
        assert!(service.attempts == counted || passed_on && service.attempts > counted);
    }
}

/// What single functions had is what their population had, and instances that came are gone or there.
fn functions_add_up(measured: &Measurements, has_bulkhead: bool) {
    let service = &measured.services[0];
    let (function, fleet) = (service.function.as_ref().unwrap(), service.fleet.as_ref().unwrap());
    let listed = &service.population.as_ref().unwrap().listed;
    assert_eq!(listed.iter().map(|one| one.invocations).sum::<u64>(), function.admitted);
    assert_eq!(listed.iter().map(|one| one.cold).sum::<u64>(), function.cold);
    let throttled = service.reasons[ninefold::reason::Reason::Throttled.index()];
    // A full bulkhead throttles too, and what an answer says may be lost.
    assert!(has_bulkhead || listed.iter().map(|one| one.throttled).sum::<u64>() >= throttled);
    assert!(function.cold <= function.admitted && function.admitted <= service.attempts);
    // All that began to start in the measured part, which is all of the run.
    assert!(fleet.starts >= fleet.leaves && fleet.starts >= u64::from(function.alive_max));
    assert!(fleet.present >= fleet.starting + function.busy);
    // What the timeline shows is what is paid, but for what ends later.
    let rows: f64 = measured.instances.iter().filter_map(|row| row.cost).sum();
    let paid = service.cost.map_or(0.0, |cost| cost.total());
    assert!(rows >= 0.0 && rows <= paid * (1.0 + 1e-9) + 1e-12, "{rows} of {paid}");
}

/// So many cases, or a hundred times as many where slow tests are asked for.
fn cases(usual: u32) -> Config {
    let slow = std::env::var_os("NINEFOLD_SLOW").is_some_and(|value| value == "1");
    let mut config = Config::with_cases(if slow { 100 * usual } else { usual });
    // What fails is put into a test of its own, not into a file of seeds.
    config.failure_persistence = None;
    config
}

/// What is rare among random scenarios is there often enough to be met.
#[test]
fn fixed_fleets_are_given_up_and_aliases_moved() {
    let mut runner = TestRunner::deterministic();
    let (mut restarted, mut replaced, mut moved) = (0, 0, 0);
    for _ in 0..1000 {
        let text = samples().new_tree(&mut runner).expect("a sample is always possible").current();
        let text = text.text(Form::Open);
        let section = |name: &str| text.split_once(name).map(|(_, rest)| rest.split("\n[").next().unwrap());
        if let Some(monitor) = section("[monitor.again]") {
            let (_, path) = monitor.split_once("does = \"").unwrap();
            let (service, verb) = path.trim_end().trim_end_matches('"').rsplit_once('.').unwrap();
            let is_fixed = !section(&format!("[{service}]")).unwrap().contains("autoscaling");
            restarted += u32::from(is_fixed && verb == "restart");
            replaced += u32::from(is_fixed && verb == "replace");
        }
        let mut deploys = text.split("\n[deploy.").skip(1);
        moved += u32::from(deploys.any(|deploy| deploy.contains(":live\"")));
    }
    assert!(restarted >= 30 && replaced >= 30 && moved >= 10, "{restarted} {replaced} {moved}");
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn books_and_measurements_agree(sample in samples()) {
        let scenario = load(&sample.text(Form::Open));
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
    }

    #[test]
    fn books_of_populations_agree(text in populations()) {
        let scenario = load(&text);
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
        functions_add_up(&measured, text.contains("bulkhead"));
        // Nobody who listens changes anything.
        let unheard =
            ninefold::engine::simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
        assert_eq!(measured, unheard);
    }

    #[test]
    fn all_work_ends_when_nothing_arrives_any_more(sample in samples()) {
        let scenario = load(&sample.text(Form::Ending));
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
        nothing_is_left(&scenario, &measured, &audit);
    }
}

proptest! {
    // Monitors of every kind are costly: fewer systems, for less time.
    #![proptest_config(cases(40))]

    #[test]
    fn books_agree_whatever_monitors_do(sample in samples()) {
        let scenario = load(&(sample.text(Form::Open).replace("horizon = \"2s\"", "horizon = \"1s\"") + &sample.monitors()));
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
        for monitor in &measured.monitors {
            assert!(monitor.alarms_false <= monitor.alarms && monitor.recalled <= monitor.faults);
            assert!(monitor.actions_unneeded <= monitor.actions);
        }
        // Nobody who listens changes anything.
        let unheard =
            ninefold::engine::simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
        assert_eq!(measured, unheard);
    }
}

/// A function that passes on to itself while, now and then, none of its instances can start.
fn passed_on_to_nobody(network: &str, client: &str) {
    let scenario = load(&format!(
        "[run]\nhorizon = \"2s\"\n{network}[region.east]\n[region.west]\n\
         [client.c]\nregion = \"east\"\ncalls = \"f\"\n{client}arrival = {{ process = \"poisson\", rate = \"200/s\" }}\n\
         [service.f]\nregion = [\"west\", \"east\"]\nfunction = {{}}\ndemand = \"5ms\"\n\
         balancing = {{ locality = \"region\", knowledge = {{ delay = \"7ms\" }} }}\nversions = {{ v2 = {{ demand = \"3ms\" }} }}\n\
         alias = {{ live = {{ v1 = \"70%\", v2 = \"30%\" }} }}\nnext = [{{ service = \"f\", probability = \"50%\" }}]\n\
         [fault.h]\nkind = \"hang\"\non = \"service.f\"\nat = [\"600ms\", \"900ms\", \"1200ms\"]\nlasts = \"100ms\"\n"
    ));
    let (measured, audit) = run(&scenario);
    assert!(measured.services[0].unsent > 0);
    agree(&scenario, &measured, &audit);
}

/// What is passed on while no instance can start gets no version.
#[test]
fn what_is_passed_on_to_nobody_has_no_version() {
    passed_on_to_nobody("", "");
    // Who waited out the hang is passed on 109 ms after it was sent, and would hear of it 4 ms later.
    passed_on_to_nobody("[network]\nwithin_zone = \"4ms\"\n", "timeout = \"111ms\"\n");
}

/// A crash loses copies of one call that wait together, as they had waited for one fetch of a cache: once the first is answered
/// by a stale copy its caller gives up the others.
#[test]
fn copies_that_wait_together_are_lost_together() {
    let mut scenario = load(
        "[run]\nruns = 1\nhorizon = \"4s\"\n[client.c]\narrival = { process = \"poisson\", rate = \"80/s\" }\n\
         calls = [{ service = \"s\", hedge = { policy = \"tied\", delay = \"0ms\", attempts = 3 } }]\n\
         [service.s]\nreplicas = 1\ndemand = \"25ms\"\n\
         cache = { keys = 3, ttl = \"0s\", stale_if_error = \"200ms\", coalesce = true, lock_timeout = \"20ms\" }\n\
         [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_repair = \"20ms\"\n\
         time_to_failure = { distribution = \"exponential\", mean = \"90ms\" }\n",
    );
    for seed in 0..20 {
        scenario.run.seed = seed;
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
    }
}

/// The third copy of a call had the key of its caller's second attempt, and so its draws.
#[test]
fn copies_and_further_attempts_have_keys_of_their_own() {
    let mut scenario = load(
        "[run]\nruns = 2\nhorizon = \"2s\"\n[network]\nbetween_zones = \"1ms\"\n[region.east]\nracks = 2\nhosts = 2\n\
         [client.c0]\narrival = { process = \"profile\", rates = [\"1/s\", \"0/s\", \"50/s\"], period = \"900ms\" }\n\
         timeout = \"1ms\"\nhedge = { policy = \"tied\", delay = \"0ms\", attempts = 3, budget = { policy = \"max-retries\", limit = 4 } }\n\
         calls = [{ service = \"s0\" }]\n[service.s0]\nreplicas = 1\n\
         calls = [{ service = \"s1\", count = 3, wait_for = 1 }]\n\
         [service.s1]\nreplicas = 3\ndemand = \"1ms\"\nspeed = 0.5\ncache = { keys = 3, coalesce = true }\n",
    );
    for seed in 0..40 {
        scenario.run.seed = seed;
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
    }
}

/// What nobody waits for any more and is passed on to nobody is counted as such all the same.
#[test]
fn what_is_passed_on_for_nobody_is_counted() {
    let mut scenario = load(
        "[run]\nruns = 2\nhorizon = \"2s\"\n[network]\n[region.east]\n[region.west]\n\
         [client.c0]\narrival = { process = \"poisson\", rate = \"50/s\" }\nregion = \"east\"\n\
         calls = [{ service = \"s0\", count = 2 }]\n\
         [service.s0]\nregion = \"east\"\nreplicas = 2\nnext = [{ service = \"s2:live\", probability = \"17%\" }]\n\
         [service.s2]\nregion = [\"west\", \"east\"]\nbalancing = { policy = \"random\", locality = \"none\" }\n\
         function = { waits = \"own\", choice = \"most-recent\", keep_alive = \"0ms\" }\nstart = \"1ms\"\n\
         versions = { v2 = {}, v3 = {} }\nalias = { live = { v1 = \"70%\", v2 = \"30%\" } }\n\
         [fault.f0]\nkind = \"crash\"\non = \"service.s2\"\nat = [\"480ms\", \"634ms\", \"793ms\"]\nlasts = \"153ms\"\n",
    );
    for seed in 0..40 {
        scenario.run.seed = seed;
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
    }
}

/// A third of a nanosecond of a host is paid for as well.
#[test]
fn parts_of_hosts_are_paid_for_as_they_are() {
    let scenario = load(
        "[run]\nhorizon = \"2s\"\ntransient = \"319ms\"\n\
         [region.west]\nhost = { cores = 3, memory = \"3GiB\", price = \"1/h up to 10 h, 0.5/h\" }\n\
         [service.a]\nreplicas = 2\ncores = 1\n\
         autoscaling = { min = 0, max = 3, policy = \"scheduled\", plan = [{ at = \"329ms\", replicas = 0 }] }\n\
         [service.b]\ncores = 1\n",
    );
    let (measured, audit) = run(&scenario);
    agree(&scenario, &measured, &audit);
    // Two of three on a host of 0.507 an hour, for 10 ms.
    let paid = measured.services[0].cost.unwrap().hosts;
    assert!((paid / (0.01 * 2.0 / 3.0 / 3600.0 * 370.0 / 730.0) - 1.0).abs() < 1e-12, "{paid}");
}

/// An instance that was ready while its zone hung went to a later request, and whoever had waited for it was forgotten where
/// nobody listened.
#[test]
fn an_instance_that_hangs_when_ready_has_who_waited_for_it() {
    let scenario = load(
        "[run]\nhorizon = \"1s\"\n[region.east]\nzones = 3\n[client.c]\ncalls = \"f\"\n\
         arrival = { process = \"closed\", users = 3, think = { distribution = \"uniform\", low = \"0s\", high = \"54ms\" } }\n\
         [service.f]\nfunction = { waits = \"own\", keep_alive = \"0ms\" }\n\
         start = { distribution = \"exponential\", mean = \"6ms\" }\n\
         [fault.h]\nkind = \"hang\"\non = \"zone.east.*\"\ntime_to_repair = \"1ms\"\ndetected_by = \"11ms\"\n\
         time_to_failure = { distribution = \"uniform\", low = \"0s\", high = \"188ms\" }\n",
    );
    let (measured, audit) = run(&scenario);
    agree(&scenario, &measured, &audit);
    let unheard =
        ninefold::engine::simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
    assert_eq!(measured, unheard);
    assert_eq!(unheard.clients[0].unfinished, 0);
}

/// A function of which a plan provisions none at first was taken for one that has no provisioned instances, and those that it
/// had later rested as others do.
#[test]
fn instances_that_a_plan_provisions_later_are_provisioned() {
    let scenario = load(
        "[run]\nhorizon = \"10s\"\n[client.c]\ncalls = \"f\"\narrival = { process = \"poisson\", rate = \"9/s\" }\n\
         [service.f]\ndemand = \"20ms\"\nstart = \"1ms\"\nfunction = { keep_alive = \"1ms\", provisioning = \"40ms\", \
         provisioned = { policy = \"scheduled\", min = 0, plan = [{ at = \"1s\", every = \"3s\", replicas = 3 }, \
         { at = \"2s\", every = \"3s\", replicas = 0 }] } }\n",
    );
    let (measured, audit) = run(&scenario);
    agree(&scenario, &measured, &audit);
    let unheard =
        ninefold::engine::simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
    assert_eq!(measured, unheard);
}
