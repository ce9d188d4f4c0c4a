//! Functions in several regions, in small scenarios whose answers are known.

use std::collections::BTreeMap;

use ninefold::analysis::oracle::{Given, find};
use ninefold::experiment::Outcome;

use crate::behaviour::{expect, outcome, outcome_of, run_text, value};
use crate::behaviour_resilience::logged;

const TWO: &str = "[region.east]\n[region.west]\n";

/// A client in a region that calls the function `s` so often.
fn client(region: &str, between: &str, keys: &str) -> String {
    format!(
        "[client.{region}]\nregion = \"{region}\"\ncalls = \"s\"\n\
         arrival = {{ process = \"renewal\", between = \"{between}\" }}\n{keys}\n"
    )
}

/// The function `s` in both regions, with these keys beside others of the service.
fn both(service: &str, function: &str) -> String {
    format!("[service.s]\nregion = [\"east\", \"west\"]\n{service}\nfunction = {{ {function} }}\n")
}

/// Requires a metric to be so, but for rounding.
fn same(outcome: &Outcome, metric: &str, wanted: f64) {
    let found = value(outcome, metric);
    assert!((found - wanted).abs() < 1e-9, "{metric} is {found}, not {wanted}");
}

/// East is lost from 45.2 s to 75.2 s.
const LOST: &str =
    "[fault.lost]\nkind = \"crash\"\non = \"region.east\"\nat = \"45200ms\"\nlasts = \"30s\"\n";

#[test]
fn each_region_has_instances_of_its_own() {
    // Ten requests from each, from 10 s to 100 s.
    let clients = client("east", "10s", "") + &client("west", "10s", "");
    let keys = "demand = \"2s\"\nstart = \"1s\"";
    let parts = TWO.to_owned() + &clients + &both(keys, "keep_alive = \"1min\"");
    let expected = [
        ("service.s/cold_starts", 2.0),
        ("service.s/cold_start_ratio", 0.1),
        ("service.s/instances_max", 2.0),
        ("service.s/concurrency_max", 2.0),
        ("service.s/instances_mean", 2.0 * 91.0 / 101.0),
        ("service.s/instances_busy_mean", 2.0 * 19.0 / 101.0),
        ("client.east/latency_mean", 2.1),
        ("client.west/latency_mean", 2.1),
    ];
    expect(101, &parts, &expected);
    // Who is alone leaves the other region empty.
    let alone = |balancing: &str, keep: &str| {
        let keys = format!("demand = \"2s\"\n{balancing}");
        let parts =
            TWO.to_owned() + &client("west", "10s", "") + &both(&keys, &format!("keep_alive = \"{keep}\""));
        value(&outcome(101, &parts), "service.s/cold_starts") as u32
    };
    assert_eq!([alone("", "1min"), alone("", "9s"), alone("", "8s")], [1, 1, 10]);
    // In turn each region gets every other request, 18 s after the end of the one before.
    let in_turn = "balancing = { policy = \"round-robin\", locality = \"none\" }";
    assert_eq!([alone(in_turn, "1min"), alone(in_turn, "19s"), alone(in_turn, "18s")], [2, 2, 10]);
}

#[test]
fn a_lost_region_is_taken_over_cold() {
    // A request each second that takes 4.5 s: five instances are busy at once.
    let keys = "timeout = \"20s\"";
    let parts = TWO.to_owned()
        + &client("east", "1s", keys)
        + &both("demand = \"4500ms\"", "keep_alive = \"10min\"")
        + LOST;
    let expected = [
        // Five in east, five in west from 46 s to 50 s, and five in east again from 76 s on.
        ("service.s/cold_starts", 15.0),
        // Those that came from 41 s to 45 s, of which the first ends at 45.5 s.
        ("client.east/failures_timeout", 5.0),
        ("client.east/availability_request", 0.95),
        // Those of east are gone, those of west stay.
        ("service.s/instances_max", 10.0),
        ("service.s/availability_time", 1.0),
    ];
    let outcome = outcome_of("horizon = \"100500ms\"", &parts);
    for (metric, wanted) in expected {
        same(&outcome, metric, wanted);
    }
    let lines = logged(100, &parts);
    let began: Vec<(u32, u32)> = lines
        .iter()
        .filter(|line| &line[1] == "seat_started")
        .map(|line| {
            (line[0].parse::<f64>().unwrap() as u32, line[2].rsplit('.').next().unwrap().parse().unwrap())
        })
        .collect();
    // Seats of west are behind the 1000 of east and its door.
    let west: Vec<u32> = began.iter().filter(|(_, seat)| *seat > 1001).map(|(at, _)| *at).collect();
    assert_eq!(west, [46, 47, 48, 49, 50]);
    let east: Vec<u32> = began.iter().filter(|(_, seat)| *seat <= 1001).map(|(at, _)| *at).collect();
    assert_eq!(east, [1, 2, 3, 4, 5, 76, 77, 78, 79, 80]);
    // A function that is only in east answers nobody meanwhile: 30 requests and the five.
    let alone = parts.replace("[\"east\", \"west\"]", "\"east\"");
    let outcome = outcome_of("horizon = \"100500ms\"", &alone);
    same(&outcome, "client.east/availability_request", 0.65);
    same(&outcome, "service.s/cold_starts", 10.0);
}

#[test]
fn a_zone_that_is_lost_leaves_its_region_to_the_others() {
    let regions = "[region.east]\nzones = 2\n[region.west]\n";
    let fault = "[fault.zone]\nkind = \"crash\"\non = \"zone.east.1\"\nat = \"45s\"\nlasts = \"30s\"\n";
    let parts = regions.to_owned()
        + &client("east", "10s", "timeout = \"9s\"")
        + &both("demand = \"2s\"", "keep_alive = \"1min\"")
        + fault;
    // The only instance was in the first zone, and the next is in the second.
    let lines = logged(101, &parts);
    let started = lines.iter().filter(|line| &line[1] == "seat_started");
    assert_eq!(started.map(|line| line[2].to_owned()).collect::<Vec<_>>(), ["service.s.1", "service.s.1"]);
    expect(101, &parts, &[("service.s/cold_starts", 2.0), ("client.east/availability_request", 1.0)]);
}

#[test]
fn who_hears_late_of_a_lost_region_goes_on_calling_it() {
    let run = |calls: &str, balancing: &str| {
        let keys = format!("demand = \"2s\"\nbalancing = {{ {balancing} }}");
        let parts =
            TWO.to_owned() + &client("east", "10s", calls) + &both(&keys, "keep_alive = \"1min\"") + LOST;
        outcome(101, &parts)
    };
    // Known at 65.2 s and, of the end, at 95.2 s: 50 s and 60 s fail, 70 s to 90 s are west's, 100 s is east's.
    let late = run("", "knowledge = { delay = \"20s\" }");
    same(&late, "client.east/failures_connect", 2.0);
    same(&late, "service.s/cold_starts", 3.0);
    // In turn east would have that at 50 s alone, and who tries another region instead is served by it.
    let retry = |avoid: &str| {
        format!("retry = {{ policy = \"fixed\", delay = \"1s\", attempts = 2, avoid = \"{avoid}\" }}")
    };
    let in_turn = "policy = \"round-robin\", locality = \"none\", knowledge = { delay = \"20s\" }";
    let tried = run(&retry("tried"), in_turn);
    same(&tried, "client.east/availability_request", 1.0);
    same(&tried, "client.east/amplification", 1.1);
    let stayed = run(&retry("others"), in_turn);
    same(&stayed, "client.east/failures_connect", 1.0);
}

#[test]
fn limits_are_those_of_each_region() {
    let clients = client("east", "1s", "") + &client("west", "1s", "");
    let failed = |function: &str, account: &str| {
        let keys = format!("keep_alive = \"10min\", {function}");
        let parts = TWO.to_owned() + &clients + &both("demand = \"4500ms\"", &keys) + account;
        let outcome = outcome(100, &parts);
        ["east", "west"].map(|name| {
            (99.0 * (1.0 - value(&outcome, &format!("client.{name}/availability_request")))).round() as u32
        })
    };
    // Five would be busy at once. With room for three, the requests at 4 s and 5 s find none, and so on every five seconds:
    // 39 of 99.
    let three = 39;
    assert_eq!(failed("", ""), [0; 2]);
    assert_eq!(failed("max_instances = 3", ""), [three; 2]);
    assert_eq!(failed("max_instances = { west = 3 }", ""), [0, three]);
    assert_eq!(failed("reserved = 3", ""), [three; 2]);
    assert_eq!(failed("reserved = { east = 3, west = 5 }", ""), [three, 0]);
    let account = |name: &str, keys: &str| format!("[account.{name}]\nunreserved_min = 0\n{keys}\n");
    // An account has its numbers in each region, as if there were no other.
    assert_eq!(failed("account = \"a\"", &account("a", "concurrency = 5")), [0; 2]);
    assert_eq!(failed("account = \"a\"", &account("a", "concurrency = 3")), [three; 2]);
    let own = "account = { east = \"a\", west = \"b\" }";
    let both = account("a", "region = \"east\"\nconcurrency = 3") + &account("b", "concurrency = 5");
    assert_eq!(failed(own, &both), [three, 0]);
    // Only in the region where it is named.
    assert_eq!(failed("account = { east = \"a\" }", &account("a", "concurrency = 3")), [three, 0]);
}

#[test]
fn functions_share_an_account_region_by_region() {
    let parts = |other: &str| {
        TWO.to_owned()
            + &client("east", "1s", "")
            + &client("west", "1s", "")
            + &both("demand = \"4500ms\"", "keep_alive = \"10min\", account = \"a\"")
            + "[account.a]\nconcurrency = 5\nunreserved_min = 0\n"
            // Which keeps two for itself.
            + &format!("[service.t]\nregion = {other}\nfunction = {{ account = \"a\", reserved = 2 }}\n")
    };
    let failed = |other: &str| {
        let outcome = outcome(100, &parts(other));
        ["east", "west"].map(|name| {
            (99.0 * (1.0 - value(&outcome, &format!("client.{name}/availability_request")))).round() as u32
        })
    };
    // What is reserved is taken from the account of its region alone.
    assert_eq!(failed("\"west\""), [0, 39]);
    assert_eq!(failed("[\"west\", \"east\"]"), [39, 39]);
}

#[test]
fn provisioned_instances_are_there_in_each_region() {
    let clients = client("east", "10s", "") + &client("west", "10s", "");
    let keys = "demand = \"2s\"\nstart = \"1s\"";
    let function =
        "provisioned = 1, memory = \"1024MB\", cpu_at = \"1024MB\", price = { provisioned = \"0.25/GBs\" }";
    let parts = TWO.to_owned() + &clients + &both(keys, function);
    let expected = [
        ("service.s/cold_starts", 0.0),
        ("service.s/spillover_ratio", 0.0),
        ("service.s/provisioned_mean", 2.0),
        ("service.s/provisioned_utilisation", 2.0 * 19.0 / 202.0),
        ("service.s/instances_mean", 2.0),
        ("service.s/cost_provisioned", 0.25 * 2.0 * 730.0 * 3600.0),
    ];
    expect(101, &parts, &expected);
    // East loses its own, which is there again after 5 s when the region is: at 80 s a request finds it starting.
    let function = "provisioned = 1, provisioning = \"5s\", keep_alive = \"1min\"";
    let parts = TWO.to_owned() + &client("east", "10s", "") + &both(keys, function) + LOST;
    let found = outcome(101, &parts);
    // The requests at 50 s, 60 s and 70 s are served by that of west, and that at 80 s by east, cold.
    same(&found, "service.s/cold_starts", 1.0);
    same(&found, "client.east/availability_request", 1.0);
    // A schedule says how many there are in each.
    let plan = "provisioned = { policy = \"scheduled\", min = 0, plan = [{ at = \"20s\", replicas = 2 }, \
                { at = \"60s\", replicas = 0 }] }";
    let parts = TWO.to_owned() + &client("east", "10s", "") + &both(keys, plan);
    expect(100, &parts, &[("service.s/provisioned_mean", 2.0 * 2.0 * 40.0 / 100.0)]);
}

#[test]
fn versions_are_apart_in_each_region() {
    let clients = client("east", "10s", "") + &client("west", "10s", "");
    let keys = "demand = \"2s\"\nversions = { v2 = { demand = \"3s\" } }\npublish = [{ at = \"45s\", version = \"v2\" }]";
    let parts = TWO.to_owned() + &clients + &both(keys, "keep_alive = \"1min\"");
    let expected = [
        ("service.s/cold_starts", 4.0),
        ("service.s:v1/cold_starts", 2.0),
        ("service.s:v2/cold_starts", 2.0),
        ("client.east/latency_mean", 2.6),
        ("client.west/latency_mean", 2.6),
    ];
    expect(101, &parts, &expected);
}

#[test]
fn a_queue_is_worked_on_where_it_is() {
    let parts = TWO.to_owned()
        + &client("east", "10s", "").replace("calls = \"s\"", "calls = \"jobs\"")
        + "[queue.jobs]\nregion = \"west\"\nvisibility = \"1min\"\n"
        + &both("demand = \"2s\"\nconsumes = { from = \"queue.jobs\" }", "keep_alive = \"1min\"");
    let lines = logged(50, &parts);
    let started = lines.iter().filter(|line| &line[1] == "seat_started");
    assert_eq!(started.map(|line| line[2].to_owned()).collect::<Vec<_>>(), ["service.s.1002"]);
}

/// The mean share of cold starts over runs, and its standard error.
fn cold_share(parts: &str) -> (f64, f64) {
    let text = format!("[run]\nhorizon = \"2000s\"\ntransient = \"100s\"\nruns = 30\nseed = 5\n{parts}");
    let outcome = run_text(text);
    let values = outcome.values.iter();
    let found = values.filter(|one| &*one.scope == "service.s" && &*one.metric == "cold_start_ratio");
    let shares: Vec<f64> = found.filter_map(|one| one.value).collect();
    let (count, mean) = (shares.len() as f64, shares.iter().sum::<f64>() / shares.len() as f64);
    let spread = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (count - 1.0);
    assert_eq!(shares.len(), 30);
    (mean, (spread / count).sqrt())
}

#[test]
fn each_region_is_as_cold_as_its_share_of_requests_makes_it() {
    // A Poisson process that is split at random is as many of them.
    let exact = |rate: f64| {
        let given = [("rate", rate), ("service_mean", 0.5), ("keep_alive", 3.0)];
        let given = given.map(|(name, value)| (name.to_owned(), Given::Numbers(vec![value])));
        find("keep-alive").unwrap().answer(Some("cold_ratio"), &BTreeMap::from(given)).unwrap()
    };
    let client = |name: &str, rate: &str| {
        format!(
            "[client.{name}]\nregion = \"{name}\"\ncalls = \"s\"\narrival = {{ process = \"poisson\", rate = \"{rate}\" }}\n"
        )
    };
    let law = "demand = { distribution = \"exponential\", mean = \"500ms\" }";
    let random = format!("{law}\nbalancing = {{ policy = \"random\", locality = \"none\" }}");
    let one = TWO.to_owned() + &client("east", "2/s") + &both(&random, "keep_alive = \"3s\"");
    let each =
        TWO.to_owned() + &client("east", "1/s") + &client("west", "1/s") + &both(law, "keep_alive = \"3s\"");
    for parts in [one, each] {
        let (share, error) = cold_share(&parts);
        assert!((share - exact(1.0)).abs() < 4.0 * error, "{share} +- {error}, not {}", exact(1.0));
        // Which is not what one pool for all has.
        assert!((share - exact(2.0)).abs() > 10.0 * error, "{share} +- {error}");
    }
}
