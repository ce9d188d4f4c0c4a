//! Policies that scale by what they read, in small scenarios whose logs show what they decide.

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, scene, seen};

/// When how many replicas were wanted.
fn wanted(lines: &[csv::StringRecord]) -> Vec<(f64, u32)> {
    let changes = lines.iter().filter(|line| &line[1] == "desired_changed");
    changes.map(|line| (line[0].parse().unwrap(), line[9].parse().unwrap())).collect()
}

fn scaled(policy: &str, keys: &str) -> String {
    format!("autoscaling = {{ policy = \"{policy}\", {keys} }}\n")
}

#[test]
fn hpa_follows_the_published_example() {
    // S-HPA-01: 45 busy of 50 are 90 %, and 75 % are wanted.
    let hpa = scaled("hpa", "target = \"75%\", every = \"30s\", window = \"15s\", max = 100");
    let service = format!("replicas = 50\ndemand = \"900ms\"\n{hpa}");
    let lines = logged(100, &scene(0.02, &service));
    assert_eq!(wanted(&lines), [(30.0, 60)]);
    assert_eq!(seen(&lines, "seat_started").len(), 10);
    assert_eq!(lines.iter().find(|line| &line[1] == "desired_changed").unwrap()[3], *"region.default");
}

#[test]
fn hpa_grows_by_its_rules() {
    let grows = |rules: &str, horizon| {
        let keys = format!("metric = \"in_system_mean\", target = 0.0001, max = 1000, up = [{rules}]");
        let service = format!("demand = \"1s\"\n{}", scaled("hpa", &keys));
        wanted(&logged(horizon, &scene(1.0, &service)))
    };
    // S-HPA-02 and S-HPA-03; the first look is after 15 s.
    assert_eq!(grows("{ percent = 900, period = \"60s\" }", 150), [(15.0, 10), (75.0, 100), (135.0, 1000)]);
    assert_eq!(
        grows("{ count = 1, period = \"5min\" }", 1_000),
        [(15.0, 2), (315.0, 3), (615.0, 4), (915.0, 5)]
    );
}

#[test]
fn hpa_shrinks_when_its_window_is_over() {
    // Two busy all the time, four slots: 50 %, then 25 % of 50 % wanted; the larger number of 5 min counts.
    let hpa = scaled("hpa", "target = \"50%\", min = 1, max = 10, window = \"15s\"");
    let service = format!("replicas = 8\ndemand = \"2s\"\n{hpa}");
    let lines = logged(400, &scene(1.0, &service));
    assert_eq!(wanted(&lines), [(315.0, 4)], "the eight of the first look count until then");
    let parts = scene(1.0, &service);
    expect(400, &parts, &[("service.s/scale_decisions", 1.0), ("service.s/oscillations", 0.0)]);
}

/// Four requests at the beginning, each for 300 s of work at a replica of its own.
fn long_work(policies: &str) -> Vec<(f64, u32)> {
    let client = "arrival = { process = \"schedule\", at = [\"1s\", \"2s\", \"3s\", \"4s\"] }";
    let service = format!(
        "replicas = 4\ndemand = \"300s\"\ndrain = \"forever\"\nautoscaling = {{ max = 10, policies = [{policies}] }}"
    );
    wanted(&logged(200, &one_service(client, &service)))
}

#[test]
fn who_drains_is_not_among_those_that_are_read() {
    // Until 100 s a schedule keeps four. Then two are enough for four at two each; of those two stay, with one request each,
    // for which one is enough: what the others finish is nobody's work any more.
    let schedule =
        "{ policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 4 }, { at = \"100s\", replicas = 1 }] }";
    let keys =
        "metric = \"in_system_mean\", target = 2, every = \"10s\", window = \"10s\", down_window = \"0s\"";
    let found = long_work(&format!("{schedule}, {{ policy = \"hpa\", {keys} }}"));
    assert_eq!(found, [(100.0, 2), (110.0, 1)]);
}

#[test]
fn who_is_not_ready_is_not_among_those_that_are_read() {
    // Four busy of four that are ready are 125 % of the target, and with four that are not, 63 %: between the two nothing
    // changes. Once those are ready, five of eight are enough.
    let schedule = "{ policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 4 }, { at = \"100s\", replicas = 8 }, \
                    { at = \"110s\", replicas = 1 }] }";
    let keys = "target = \"80%\", down_window = \"0s\", up_select = \"disabled\"";
    let found = long_work(&format!("{schedule}, {{ policy = \"hpa\", {keys} }}"));
    assert_eq!(found, [(100.0, 8), (135.0, 5)]);
}

#[test]
fn regions_are_scaled_by_what_their_own_replicas_do() {
    let parts = |per: &str, plan: &str| {
        format!(
            "[region.east]\n[region.west]\n[client.e]\nregion = \"east\"\ncalls = \"s\"\n\
             arrival = {{ process = \"schedule\", at = [\"1s\", \"2s\"] }}\n\
             [service.s]\nreplicas = {{ east = 2, west = 2 }}\ndemand = \"300s\"\n\
             balancing = {{ policy = \"round-robin\", knowledge = \"perfect\", locality = \"zone\" }}\n\
             autoscaling = {{ per = \"{per}\", {plan} }}\n"
        )
    };
    let regions = |lines: &[csv::StringRecord]| -> Vec<(f64, String, u32)> {
        let changes = lines.iter().filter(|line| &line[1] == "desired_changed");
        changes.map(|one| (one[0].parse().unwrap(), one[3].to_owned(), one[9].parse().unwrap())).collect()
    };
    let hpa = "policy = \"hpa\", target = \"50%\", max = 5, readiness = \"0s\"";
    let lines = logged(400, &parts("region", hpa));
    // Two busy of two are twice the target; in the west nobody is, and the larger number of 5 min counts. What a quarter of
    // the window is empty of makes 1.75 times the target at first.
    let found = regions(&lines);
    assert_eq!(found[0], (15.0, "region.east".to_owned(), 4), "{found:?}");
    assert_eq!(found[1], (315.0, "region.west".to_owned(), 1), "{found:?}");
    // The same work is half of all four.
    let lines = logged(290, &parts("service", hpa));
    assert_eq!(regions(&lines), []);
    // As a whole: a replica more starts where the fewest are, and the bounds are of all together.
    let plan = "policy = \"scheduled\", min = 3, max = 6, plan = [{ at = \"10s\", replicas = 6 }, { at = \"20s\", replicas = 1 }]";
    let lines = logged(30, &parts("service", plan));
    assert_eq!(regions(&lines), [(10.0, String::new(), 6), (20.0, String::new(), 3)]);
}

#[test]
fn what_is_read_is_old_by_the_delay() {
    // Until 20 s nothing is known; then the first 5 s, in which a second was empty of 5.
    let keys = "metric = \"in_system_mean\", target = 0.1, every = \"10s\", window = \"15s\", metric_delay = \"15s\", \
                max = 100, up = [{ count = 100 }]";
    let service = format!("demand = \"1s\"\nconcurrency = \"unlimited\"\n{}", scaled("hpa", keys));
    let found = wanted(&logged(60, &scene(1.0, &service)));
    let first = scene_start();
    assert_eq!(found[0], (20.0, ((5.0 - first) / 5.0 / 0.1_f64 - 1e-9).ceil() as u32));
    assert_eq!(found.last().unwrap().1, 10);
}

/// When the first request of a scene of one a second arrives.
fn scene_start() -> f64 {
    seen(&logged(10, &scene(1.0, "demand = \"1s\"")), "request_arrived")[0].0
}

#[test]
fn statistics_are_taken_from_look_to_look() {
    // A request of 10 s every 40 s: of any four looks one sees its begin, perhaps the next its end, the others nothing.
    let scenario = |statistic: &str| {
        let keys = format!(
            "metric = \"in_system_mean\", target = 0.1, every = \"10s\", window = \"40s\", max = 20, \
             statistic = \"{statistic}\", tolerance = \"0%\", down_window = \"0s\", up = [{{ count = 100 }}]"
        );
        let service =
            format!("demand = \"10s\"\nconcurrency = \"unlimited\"\nreplicas = 2\n{}", scaled("hpa", &keys));
        logged(400, &scene(40.0, &service))
    };
    let found = |statistic| wanted(&scenario(statistic)).last().unwrap().1;
    let begins = seen(&scenario("max"), "request_arrived")[0].0.rem_euclid(10.0) / 10.0;
    let largest = f64::max(begins, 1.0 - begins);
    assert_eq!(found("max"), (largest / 0.1 - 1e-6).ceil() as u32);
    assert_eq!(found("mean"), 3);
    assert_eq!(found("min"), 1);
}

#[test]
fn kpa_follows_the_published_example() {
    // S-KPA-10: a hundred inside, 10 at 70 % each.
    let kpa = scaled("kpa", "target = 10, every = \"60s\", stable = \"30s\", max = 100");
    let service = format!("demand = \"1s\"\nconcurrency = \"unlimited\"\n{kpa}");
    assert_eq!(wanted(&logged(100, &scene(0.01, &service))), [(60.0, 15)]);
}

#[test]
fn kpa_decides_as_its_own_tests_say() {
    // So many inside all the time from so many replicas on, with the rates of Knative's tests.
    let decide = |replicas: u32, inside: u32, keys: &str| {
        let rate = if keys.contains("up_rate") { "" } else { "up_rate = 10, " };
        let keys = format!(
            "{rate}utilisation = \"100%\", every = \"60s\", stable = \"30s\", down_rate = 10, grace = \"0s\", \
             max = 1000, {keys}"
        );
        let service = format!(
            "replicas = {replicas}\nconcurrency = \"unlimited\"\ndemand = \"{}ms\"\n{}",
            inside * 10,
            scaled("kpa", &keys)
        );
        let found = wanted(&logged(200, &scene(0.01, &service)));
        assert!(found.iter().all(|(time, _)| time % 60.0 < 1e-9), "{found:?}");
        found.into_iter().map(|one| one.1).collect::<Vec<u32>>()
    };
    // S-KPA-01, 03, 05, 06 and 07, and the limit of 08 upwards from two.
    assert_eq!(decide(1, 50, "target = 10"), [5]);
    assert_eq!(decide(8, 100, "target = 10"), [10]);
    assert_eq!(decide(8, 50, "target = 10"), [5]);
    assert_eq!(decide(1, 1000, "target = 10"), [10, 100]);
    assert_eq!(decide(100, 1, "target = 10"), [10, 1]);
    assert_eq!(decide(1, 1, "target = 10, activation = 2"), [2]);
    assert_eq!(decide(2, 3, "target = 1, up_rate = 1.1"), [3]);
}

#[test]
fn kpa_reads_two_windows() {
    // Requests of 6 s at these instants: so many, from one replica on; looks every minute.
    let decide = |loads: &[(u32, usize)]| {
        let at: Vec<String> =
            loads.iter().flat_map(|(at, count)| vec![format!("\"{at}s\""); *count]).collect();
        let keys = "utilisation = \"100%\", target = 10, every = \"60s\", up_rate = 10, down_rate = 10, \
                    grace = \"0s\", min = 0, max = 1000";
        let client = format!("arrival = {{ process = \"schedule\", at = [{}] }}", at.join(", "));
        let service = format!(
            "concurrency = \"unlimited\"\ndemand = \"6s\"\nstart = \"1h\"\nqueue = {{ at = \"service\" }}\n{}",
            scaled("kpa", keys)
        );
        wanted(&logged(200, &crate::behaviour::one_service(&client, &service)))
    };
    // S-KPA-02: 50 in the mean of a minute and 10 in that of its last 6 s, then 100 and 10.
    assert_eq!(decide(&[(0, 490), (54, 10), (60, 990), (114, 10)])[..2], [(60.0, 5), (120.0, 10)]);
    // S-KPA-09: 50 and 100; who panics follows the larger number.
    assert_eq!(decide(&[(0, 400), (54, 100)])[0], (60.0, 10));
    // S-KPA-04: one in the minute and none of late, which needs one, then none.
    assert_eq!(decide(&[(0, 10)]), [(120.0, 0)]);
}

#[test]
fn kpa_goes_to_zero_and_comes_back() {
    let kpa = scaled("kpa", "min = 0, max = 5");
    let service = format!("demand = \"1s\"\nstart = \"5s\"\nqueue = {{ at = \"service\" }}\n{kpa}");
    let lines = logged(700, &scene(200.0, &service));
    let arrived: Vec<f64> = seen(&lines, "request_arrived").into_iter().map(|one| one.0).collect();
    let begun = seen(&lines, "service_began");
    let found = wanted(&lines);
    // The stable window of 60 s is empty, and 30 s of grace are over.
    let mut expected = Vec::new();
    let mut ends = 0.0_f64;
    for (number, time) in arrived.iter().enumerate() {
        let is_cold = *time > 100.0 || number > 0;
        if is_cold {
            expected.push((*time, 1));
        }
        let served = if is_cold { time + 5.0 } else { *time };
        assert_eq!(begun[number], at(served, 1));
        ends = served + 1.0;
        let looks = (ends / 2.0 + 30.0).ceil();
        let gone = looks * 2.0 + 30.0;
        if gone < 700.0 {
            expected.push((gone, 0));
        }
    }
    // One that never had work goes first.
    if arrived[0] > 100.0 {
        expected.insert(0, (32.0, 0));
    }
    assert!(arrived.len() >= 3 && ends > 400.0, "{arrived:?}");
    assert_eq!(found, expected);
}

#[test]
fn a_quota_holds_starts_back() {
    // Ten are wanted at 15 s; three may be started in a minute.
    let keys = "target = 0.1, metric = \"in_system_mean\", window = \"10s\", max = 10, quota = \"3/min\", \
                up = [{ count = 100 }]";
    let service = format!("demand = \"1s\"\nconcurrency = \"unlimited\"\n{}", scaled("hpa", keys));
    let lines = logged(300, &scene(1.0, &service));
    let started: Vec<f64> = seen(&lines, "seat_started").into_iter().map(|one| one.0).collect();
    assert_eq!(started, [15.0, 15.0, 15.0, 75.0, 75.0, 75.0, 135.0, 135.0, 135.0]);
    // Six are refused at 15, 30, 45 and 60 s, at 75 s three more are, until 120 s.
    let refused = 4.0 * 6.0 + 4.0 * 3.0;
    expect(300, &scene(1.0, &service), &[("service.s/starts_refused", refused)]);
}

#[test]
fn the_largest_number_of_several_policies_holds() {
    let hpa = "{ policy = \"hpa\", metric = \"in_system_mean\", target = 0.5, window = \"10s\", down_window = \"0s\" }";
    let plan = "{ policy = \"scheduled\", plan = [{ at = \"100s\", replicas = 5 }, { at = \"200s\", replicas = 1 }] }";
    let service = format!(
        "demand = \"1s\"\nconcurrency = \"unlimited\"\nautoscaling = {{ max = 10, policies = [{hpa}, {plan}] }}\n"
    );
    let lines = logged(300, &scene(1.0, &service));
    // One inside asks for two; the plan is a floor from 100 to 200 s.
    assert_eq!(wanted(&lines), [(15.0, 2), (100.0, 5), (200.0, 2)]);
}

#[test]
fn a_fleet_is_compared_with_its_work() {
    // Two slots a replica and five inside from 5 s on: two replicas are too few until 100 s, five two too many from then.
    let fleet = "autoscaling = { policy = \"scheduled\", plan = [{ at = \"100s\", replicas = 5 }] }\n";
    let service =
        format!("replicas = 2\nconcurrency = 2\ndemand = \"5s\"\nqueue = {{ at = \"service\" }}\n{fleet}");
    let client =
        "arrival = { process = \"renewal\", between = \"1s\" }\ntimeout = \"5s\"\non_timeout = \"cancel\"";
    let parts = crate::behaviour::one_service(client, &service);
    let found = crate::behaviour::outcome_of("transient = \"20s\"\nhorizon = \"200s\"", &parts);
    let near = |name: &str, wanted: f64| {
        let value = crate::behaviour::value(&found, &format!("service.s/{name}"));
        assert!((value - wanted).abs() < 1e-9, "{name}: {value} instead of {wanted}");
    };
    near("under_provisioned_ratio", 80.0 / 180.0);
    near("over_provisioned_mean", 2.0 * 100.0 / 180.0);
}

#[test]
fn target_tracking_acts_after_its_periods_and_replaces_who_crashed() {
    // Two busy of two at a target of 50 %: after three minutes two more; nobody is asked for twice while they warm up.
    let keys = "target = \"50%\", min = 1, max = 10, health_grace = \"2min\"";
    let service =
        format!("replicas = 2\ndemand = \"2s\"\nstart = \"30s\"\n{}", scaled("target-tracking", keys));
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"9min\"\nlasts = \"1h\"\n\
                 [fault.g]\nkind = \"crash\"\non = \"service.s.3\"\nat = \"230s\"\nlasts = \"1h\"\n";
    let lines = logged(900, &(scene(1.001, &service) + crash));
    let found = wanted(&lines);
    assert_eq!(found[0], (180.0, 4), "{found:?}");
    // Ready at 210 s, crashed at 230 s, replaced at the first look 2 min after it was ready.
    assert_eq!(seen(&lines, "seat_gone")[..2], [at(360.0, 3), at(540.0, 1)]);
    let started = seen(&lines, "seat_started");
    assert_eq!(started[..4], [at(180.0, 3), at(180.0, 4), at(360.0, 3), at(540.0, 1)]);
}

#[test]
fn steps_and_cooldowns() {
    // Four busy of four: 100 % is 40 % beyond 60 %, so half of them more, and once warm, one of the six at 67 %.
    let keys = "above = \"60%\", below = \"30%\", up = [{ by = 1 }, { beyond = \"20%\", by = \"50%\" }], \
                max = 10, warmup = \"90s\"";
    let service = format!("replicas = 4\ndemand = \"4s\"\n{}", scaled("step", keys));
    let balanced = "balancing = \"least-request\"\n";
    let found = wanted(&logged(600, &scene(1.0, &(service.clone() + balanced))));
    assert_eq!(found, [(60.0, 6), (180.0, 7)]);
    let simple = service.replace("warmup = \"90s\"", "cooldown = \"150s\"");
    let found = wanted(&logged(600, &scene(1.0, &(simple + balanced))));
    assert_eq!(found, [(60.0, 6), (240.0, 7)]);
}

#[test]
fn cloud_run_keeps_surplus_replicas_and_azure_adds_one_a_second() {
    let run = scaled("cloud-run", "instance_concurrency = 2, min = 0, max = 20, idle = \"60s\"");
    let service = format!("concurrency = 2\ndemand = \"12s\"\nqueue = {{ at = \"service\" }}\n{run}");
    // Twelve inside at 1.2 each are ten.
    let found = wanted(&logged(200, &scene(1.0, &service)));
    assert_eq!(found.last().unwrap().1, 10, "{found:?}");
    // The last work ends at 132 s, so that the minute until 190 s is the last with any, and what it asks for is kept for a
    // minute more.
    let instants: Vec<String> = (1..=120).map(|second| format!("\"{second}s\"")).collect();
    let client = format!("arrival = {{ process = \"schedule\", at = [{}] }}", instants.join(", "));
    let found = wanted(&logged(400, &crate::behaviour::one_service(&client, &service)));
    assert_eq!(found.last(), Some(&(250.0, 0)), "{found:?}");
    let peak = found.iter().position(|(_, number)| *number == 11).unwrap();
    assert!(found[peak..].windows(2).all(|pair| pair[1].1 == pair[0].1 - 1), "{found:?}");
    let azure = scaled("azure-consumption", "target = 2, max = 20");
    let service = format!("concurrency = 2\ndemand = \"12s\"\nqueue = {{ at = \"service\" }}\n{azure}");
    let found = wanted(&logged(200, &scene(1.0, &service)));
    // Twelve inside are six at 2 each, and what waits until there are as many asks for more.
    assert!((6..=10).contains(&found.last().unwrap().1), "{found:?}");
    assert!(
        found.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1 && pair[1].0 - pair[0].0 >= 1.0),
        "{found:?}"
    );
}

#[test]
fn a_fleet_follows_the_messages_that_wait_for_it() {
    // One a second, of 10 s each: from 15 s to 30 s, while two and then three are taken, 19.4 wait on average.
    let parts = |client: &str, hpa: &str| {
        format!(
            "[client.c]\ncalls = \"jobs\"\n{client}\n[queue.jobs]\nvisibility = \"1h\"\n[service.s]\ndemand = \"10s\"\n\
             consumes = {{ from = \"queue.jobs\" }}\n{}",
            scaled("hpa", &format!("metric = \"backlog_mean\", target = 5, every = \"30s\", max = 50{hpa}"))
        )
    };
    let each_second = "arrival = { process = \"renewal\", between = \"1s\" }";
    let found = wanted(&logged(100, &parts(each_second, "")));
    assert_eq!(found[0], (30.0, 4), "{found:?}");
    // Nobody is there when a message comes, and it is seen all the same.
    let one = "arrival = { process = \"schedule\", at = [\"100s\"] }";
    let found = wanted(&logged(300, &parts(one, ", min = 0, down_window = \"0s\"")));
    assert_eq!(found, [(30.0, 0), (120.0, 1), (150.0, 0)], "{found:?}");
}

#[test]
fn what_was_needed_a_season_ago_is_there_before_it_comes() {
    // One request a second, and three from minute 10 to minute 12 of each 20. The first season is unknown; then three are there
    // two minutes before, until it is over.
    let is_peak = |second: u32| (600..720).contains(&(second % 1200));
    let offsets = |second: u32| if is_peak(second) { &[100, 400, 700][..] } else { &[500] };
    let instants: Vec<String> = (0..3600)
        .flat_map(|second| {
            offsets(second).iter().map(move |offset| format!("\"{}ms\"", second * 1000 + offset))
        })
        .collect();
    let client = format!("arrival = {{ process = \"schedule\", at = [{}] }}", instants.join(", "));
    let keys = "season = \"20min\", ahead = \"2min\", period = \"1min\"";
    let alone = scaled("predictive", &format!("target = \"1/s\", {keys}, max = 5"));
    let service = format!("replicas = 2\ndemand = \"1ms\"\n{alone}");
    let found = wanted(&logged(3600, &crate::behaviour::one_service(&client, &service)));
    assert_eq!(found, [(60.0, 1), (1680.0, 3), (1920.0, 1), (2880.0, 3), (3120.0, 1)]);
    // Beside another policy it is a floor.
    let plan = "{ policy = \"scheduled\", plan = [{ at = \"1s\", replicas = 2 }] }";
    let both = format!(
        "autoscaling = {{ max = 5, policies = [{{ policy = \"predictive\", target = \"1/s\", {keys} }}, {plan}] }}"
    );
    let service = format!("demand = \"1ms\"\n{both}\n");
    let found = wanted(&logged(3600, &crate::behaviour::one_service(&client, &service)));
    assert_eq!(found, [(1.0, 2), (1680.0, 3), (1920.0, 2), (2880.0, 3), (3120.0, 2)]);
}

#[test]
fn every_policy_survives_being_written_out() {
    let several = "policies = [{ policy = \"kpa\", metric_delay = \"2s\" }, { policy = \"hpa\", target = \"60%\", \
                   statistic = \"max\" }, { policy = \"scheduled\", plan = [{ at = \"1h\", replicas = 2 }] }]";
    let policies = [
        "policy = \"hpa\", target = \"60%\", up = [{ percent = 50, period = \"1min\" }, { count = 2 }]",
        "policy = \"hpa\", metric = \"latency_mean\", target = \"300ms\", quota = \"10/min\", down_select = \"disabled\"",
        "policy = \"kpa\", metric = \"throughput\", target = \"50/s\"",
        "policy = \"target-tracking\", target = 0.5, health_grace = \"1min\"",
        "policy = \"step\", above = \"70%\", up = [{ by = 2 }, { beyond = \"20%\", by = \"12.5%\" }], cooldown = \"5min\"",
        "policy = \"cloud-run\"",
        "policy = \"predictive\", target = 20, metric = \"in_system_mean\", ahead = \"0s\"",
        "policy = \"azure-consumption\", target = 3, trigger = \"other\"",
        several,
    ];
    for policy in policies {
        let service = format!(
            "demand = \"1s\"\nstart = {{ init = \"5s\", success = \"90%\" }}\nautoscaling = {{ max = 9, {policy} }}\n"
        );
        let text = "[run]\nhorizon = \"1h\"\n".to_owned() + &scene(1.0, &service);
        let scenario = crate::sample::load(&text);
        let written = ninefold::scenario::resolved(&scenario);
        let again = crate::sample::load(&written);
        assert_eq!(ninefold::scenario::resolved(&again), written);
        let fleet = |scenario: &ninefold::scenario::Scenario| scenario.system.services[0].autoscaling.clone();
        assert_eq!(fleet(&again), fleet(&scenario), "{written}");
    }
}
