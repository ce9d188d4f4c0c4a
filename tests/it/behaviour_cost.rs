//! Costs of small scenarios without randomness, whose answers are known exactly.

use crate::behaviour::{EVERY_TEN, expect, outcome, value};

/// Hours of a month, and of what is measured in so many seconds.
const MONTH: f64 = 730.0;

#[test]
fn replicas_are_paid_for_whether_they_work_or_not() {
    let parts = format!("[client.c]\ncalls = \"s\"\n{EVERY_TEN}\n")
        + "[service.s]\nreplicas = 3\nprice = \"0.0416/h\"\n[service.free]\n\
           [fault.f]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"20s\"\nlasts = \"50s\"\n";
    let month = 3.0 * 0.0416 * MONTH;
    // Ten requests to the replicas in turn, of which two find the second one down.
    let outcome = outcome(105, &parts);
    let good = 10.0 - value(&outcome, "client.c/failures_connect");
    assert!(good < 10.0, "some find it down");
    let per_million = 3.0 * 0.0416 * 105.0 / 3600.0 / good * 1e6;
    for (metric, wanted) in [
        ("system/cost", month),
        ("system/cost_replicas", month),
        ("service.s/cost", month),
        ("service.s/cost_replicas", month),
        ("system/cost_per_million", per_million),
    ] {
        let found = value(&outcome, metric);
        assert!((found - wanted).abs() < 1e-9 * wanted, "{metric}: {found} instead of {wanted}");
    }
    assert!(
        outcome.values.iter().all(|one| &*one.scope != "service.free" || !one.metric.starts_with("cost"))
    );
}

#[test]
fn a_fleet_that_changes_costs_what_was_present() {
    let parts = format!("[client.c]\ncalls = \"s\"\n{EVERY_TEN}\n")
        + "[cost]\nreplica = \"3.6/h\"\n[service.s]\nautoscaling = { policy = \"scheduled\", max = 3, \
           plan = [{ at = \"25s\", replicas = 3 }] }\n";
    // One for 25 s and three for 75 s: 250 replica seconds of a tenth of a cent.
    expect(100, &parts, &[("service.s/cost_replicas", 0.25 / (100.0 / 3600.0) * MONTH)]);
}

#[test]
fn attempts_are_paid_for_that_are_let_in() {
    // Every attempt fails and is made three times; of a full queue nothing is billed.
    let parts = format!(
        "[client.c]\ncalls = \"s\"\nretry = {{ policy = \"fixed\", attempts = 3 }}\n{EVERY_TEN}\n\
         [service.s]\nerror_ratio = 1\nprice = {{ request = \"2/thousand\" }}\n"
    );
    expect(95, &parts, &[("service.s/cost_requests", 27.0 * 0.002 / (95.0 / 3600.0) * MONTH)]);
    let full = "[client.c]\ncalls = \"s\"\narrival = { process = \"renewal\", between = \"1s\" }\n\
         [service.s]\ndemand = \"3500ms\"\nqueue = { capacity = 0 }\nprice = { request = \"1/request\" }\n";
    // Requests at 1 s, 5 s, 9 s, ... 97 s find the slot free.
    expect(100, full, &[("service.s/cost_requests", 25.0 / (100.0 / 3600.0) * MONTH)]);
}

#[test]
fn a_gateway_bills_neither_what_it_refuses_nor_what_is_not_allowed() {
    let parts = |keys: &str| {
        format!(
            "[client.c]\ncalls = [{{ service = \"front\", path = \"/\" }}]\n{EVERY_TEN}\n\
             [gateway.front]\nroutes = [{{ prefix = \"/\", service = \"s\" }}]\nprice = \"1000000/million\"\n{keys}\n\
             [service.auth]\n[service.s]\n"
        )
    };
    let bill = |requests: f64| requests / (100.0 / 3600.0) * MONTH;
    expect(100, &parts(""), &[("service.front/cost_gateway", bill(9.0)), ("system/cost", bill(9.0))]);
    let throttled = "throttle = { rate = \"0.05/s\", burst = 1 }";
    // Every other request finds a token.
    expect(100, &parts(throttled), &[("service.front/cost_gateway", bill(5.0))]);
    let outcome = outcome(100, &parts("authorise = { service = \"auth\", denied = \"40%\" }"));
    let denied = value(&outcome, "service.front/denied");
    let wanted = bill(9.0 - denied);
    assert!((value(&outcome, "system/cost_gateway") - wanted).abs() < 1e-9 * wanted, "{denied} denied");
}

#[test]
fn queues_cost_neither_replicas_nor_requests() {
    let parts = format!(
        "[client.c]\ncalls = [\"jobs\", {{ service = \"f\", invoke = \"async\" }}]\n{EVERY_TEN}\n\
         [cost]\nreplica = \"0.1/h\"\nrequest = \"1/request\"\n[queue.jobs]\n\
         [service.w]\nconsumes = {{ from = \"queue.jobs\" }}\n[service.f]\nfunction = {{}}\n"
    );
    // One replica, and nine messages that it works on.
    let replica = 0.1 * MONTH;
    let expected =
        [("system/cost_replicas", replica), ("system/cost", replica + 9.0 / (100.0 / 3600.0) * MONTH)];
    expect(100, &parts, &expected);
}

#[test]
fn a_queue_is_paid_by_the_request_of_which_a_batch_is_one() {
    let parts = |consumes: &str, worker: &str, price: &str| {
        format!(
            "[client.c]\ncalls = \"jobs\"\n{EVERY_TEN}\n[cost]\nqueue = \"1/request\"\n\
             [queue.jobs]\nvisibility = \"1h\"\n{price}\n\
             [service.w]\nconsumes = {{ from = \"queue.jobs\", {consumes} }}\n{worker}\n"
        )
    };
    let bill = |requests: f64| requests / (100.0 / 3600.0) * MONTH;
    let paid = |requests: f64| [("queue.jobs/cost_queue", bill(requests)), ("system/cost", bill(requests))];
    // Nine messages are sent, received and deleted; or received and deleted in threes; or never deleted.
    expect(100, &parts("", "", ""), &paid(27.0));
    expect(100, &parts("batch = 3, window = \"1min\"", "", ""), &paid(9.0 + 3.0 + 3.0));
    expect(100, &parts("", "error_ratio = 1", ""), &paid(18.0));
    expect(100, &parts("", "", "price = \"2/request\""), &paid(54.0));
}

/// A client in the first of two zones, whose service has a replica in each, and a further service elsewhere.
const PLACES: &str = r#"
[region.a]
zones = 2
[region.b]
[client.c]
region = "a"
arrival = { process = "renewal", between = "10s" }
calls = [
  { service = "s", size = { request = "1kB", answer = "20kB" }, step = 1 },
  { service = "far", size = "2MB", step = 2 },
  { service = "s", step = 3 },
]
[service.s]
region = "a"
replicas = 2
[service.far]
region = "b"
[cost]
transfer = { between_zones = "100/GB", between_regions = "7/GB" }
"#;

#[test]
fn what_crosses_zones_and_regions_is_paid_for() {
    // Twenty requests; the first and the third call of each take the two replicas in turn, so that of the first ones all go
    // to the first replica, in the zone of the client.
    let month = |dollars: f64| dollars / (205.0 / 3600.0) * MONTH;
    let far = 20.0 * 2.0 * 2e6 * 7.0 / 1e9;
    expect(205, PLACES, &[("service.far/cost_transfer", month(far)), ("system/cost_transfer", month(far))]);
    // Without the third call they alternate: ten go to the other zone.
    let two = PLACES.replace("  { service = \"s\", step = 3 },\n", "");
    let near = 10.0 * 21e3 * 100.0 / 1e9;
    expect(
        205,
        &two,
        &[("service.s/cost_transfer", month(near)), ("system/cost_transfer", month(near + far))],
    );
}

#[test]
fn a_refusal_has_no_answer_to_pay_for() {
    let parts = PLACES
        .replace("  { service = \"s\", step = 3 },\n", "")
        .replace(
            "[service.far]\n",
            "[service.far]\nadmission = { policy = \"token-bucket\", rate = \"1/h\", burst = 1 }\n",
        )
        .replace("step = 2 }", "step = 2, optional = true }");
    // One request is answered, the others are sent and refused.
    let month = |dollars: f64| dollars / (205.0 / 3600.0) * MONTH;
    expect(205, &parts, &[("service.far/cost_transfer", month(21.0 * 2e6 * 7.0 / 1e9))]);
}

#[test]
fn the_preset_fills_in_what_is_not_written() {
    let parts = |cost: &str| {
        format!(
            "[client.c]\ncalls = [{{ service = \"front\", path = \"/\" }}]\n{EVERY_TEN}\n\
             [gateway.front]\nroutes = [{{ prefix = \"/\", service = \"s\" }}]\n[service.s]\nprice = \"0.1/h\"\n\
             [cost]\npreset = \"aws-us-east-1-2026-11\"\n{cost}\n"
        )
    };
    let bill = |dollars: f64| 9.0 * dollars / 1e6 / (100.0 / 3600.0) * MONTH;
    expect(100, &parts(""), &[("system/cost_gateway", bill(1.0)), ("system/cost_replicas", 73.0)]);
    expect(100, &parts("gateway = \"3.50/million\""), &[("system/cost_gateway", bill(3.5))]);
}

#[test]
fn the_time_of_calls_is_rounded_up_and_a_cold_start_counts_where_it_is_billed() {
    // Ten requests of 2,050 ms from 10 s to 100 s, with 512 MB; the first pays for a start of 1 s too.
    let parts = |price: &str, more: &str| {
        format!(
            "[client.c]\ncalls = \"s\"\n{EVERY_TEN}\n[service.s]\ndemand = \"2050ms\"\nstart = \"1s\"\n\
             [service.s.function]\nmemory = \"512MB\"\ncpu_bound = 0\nkeep_alive = \"1min\"\n\
             price = {{ duration = \"1/GBs\", provisioned = \"0.25/GBs\", {price} }}\n{more}\n"
        )
    };
    let bill = |seconds: f64| 0.5 * seconds / (103.0 / 3600.0) * MONTH;
    for (price, seconds) in [
        ("", 21.5),
        ("init = false", 20.5),
        ("round = \"100ms\"", 10.0 * 2.1 + 1.0),
        ("round = \"100ms\", init = false", 10.0 * 2.1),
        ("round = \"1s\"", 4.0 + 9.0 * 3.0),
    ] {
        let parts = parts(price, "");
        let wanted = [("service.s/cost_duration", bill(seconds)), ("system/cost", bill(seconds))];
        expect(103, &parts, &wanted);
    }
    // What is kept ready from the start is paid for all the time, and no call waits for its start.
    let [ready, calls] = [bill(0.25 * 103.0), bill(0.4 * 20.5)];
    let wanted = [
        ("service.s/cost_provisioned", ready),
        ("service.s/cost_duration", calls),
        ("system/cost", ready + calls),
    ];
    expect(103, &parts("provisioned_duration = \"0.4/GBs\"", "provisioned = 1"), &wanted);
}

#[test]
fn what_waits_for_any_replica_moves_to_the_one_that_serves_it() {
    // Requests of 12 s every 10 s: two replicas, in the zone of the client and in the other one, take them in turn, whether
    // they wait in one queue or come to instances.
    let month = |dollars: f64| dollars / (205.0 / 3600.0) * MONTH;
    let parts = |service: &str| {
        format!(
            "[region.a]\nzones = 2\n[client.c]\nregion = \"a\"\n\
             arrival = {{ process = \"renewal\", between = \"10s\" }}\n\
             calls = [{{ service = \"s\", size = {{ request = \"1kB\", answer = \"20kB\" }} }}]\n\
             [service.s]\nregion = \"a\"\ndemand = \"12s\"\n{service}\n\
             [cost]\ntransfer = {{ between_zones = \"100/GB\" }}\n"
        )
    };
    // Those of 20 s, 40 s, .. 200 s go to the other zone; the last is not answered before the end, nor counted after it.
    let bytes = 10.0 * 1e3 + 10.0 * 20e3;
    for service in ["replicas = 2\nqueue = { at = \"service\" }", "function = { max_instances = 2 }"] {
        let wanted = [("service.s/cost_transfer", month(bytes * 100.0 / 1e9))];
        expect(205, &parts(service), &wanted);
    }
}

#[test]
fn what_is_passed_on_is_as_large_and_what_cannot_leave_moves_nothing() {
    let month = |dollars: f64| dollars / (205.0 / 3600.0) * MONTH;
    let parts = |fault: &str| {
        format!(
            "[region.a]\n[region.b]\n[client.c]\nregion = \"a\"\n\
             arrival = {{ process = \"renewal\", between = \"10s\" }}\n\
             calls = [{{ service = \"near\", size = {{ request = \"1kB\", answer = \"20kB\" }} }}]\n\
             [service.near]\nregion = \"a\"\nnext = [{{ service = \"far\" }}]\n\
             [service.far]\nregion = \"b\"\n\
             [cost]\ntransfer = {{ between_regions = \"7/GB\" }}\n{fault}\n"
        )
    };
    // Twenty requests go there, and as many answers come back to the client.
    let bill = |requests: f64, answers: f64| {
        [("service.far/cost_transfer", month((requests + 20.0 * answers) * 1e3 * 7.0 / 1e9))]
    };
    expect(205, &parts(""), &bill(20.0, 20.0));
    let cut = |way: &str| {
        format!("[fault.f]\nkind = \"partition\"\n{way}\nsignal = \"reset\"\nat = \"95s\"\nlasts = \"60s\"\n")
    };
    // Of 100 s to 150 s six are refused before they leave; in the other direction alone six answers.
    expect(205, &parts(&cut("from = \"region.a\"\nto = \"region.b\"")), &bill(14.0, 14.0));
    let back = cut("from = \"region.b\"\nto = \"region.a\"\nboth = false");
    expect(205, &parts(&back), &bill(20.0, 14.0));
    // Refusals that cannot leave take nothing back: one request is answered, the others find no token.
    let refuses = parts(&back).replace(
        "[service.far]\n",
        "[service.far]\nadmission = { policy = \"token-bucket\", rate = \"1/h\", burst = 1 }\n",
    );
    expect(205, &refuses, &bill(20.0, 1.0));
}

/// So many calls of a tenth of a second with 128 MB, evenly over so many hours.
fn lambda(calls: u32, hours: u32, price: &str) -> String {
    let between = f64::from(hours) * 3600.0 / f64::from(calls);
    format!(
        "[client.c]\ncalls = \"f\"\narrival = {{ process = \"renewal\", between = \"{between}s\" }}\n\
         [service.f]\ndemand = \"100ms\"\nfunction = {{ memory = \"128MB\", cpu_bound = 0, price = {{ {price} }} }}\n"
    )
}

/// What so many calls in a tenth of a month cost.
fn bill(calls: u32, price: &str, expected: &[(&str, f64)]) {
    expect(73 * 3_600, &lambda(calls, 73, price), expected);
}

#[test]
fn a_bill_of_a_million_calls_a_month_is_the_published_one() {
    // A tenth of a month has a tenth of a million calls, the last of which comes when it is over.
    let calls = 1e6 - 10.0;
    let wanted: f64 = calls * 0.2 / 1e6 + calls * 0.1 * 0.125 * 0.000_016_666_7;
    assert!((wanted - 0.4083).abs() < 0.00005, "{wanted}");
    let price = "request = \"0.20/million\", duration = \"0.0000166667/GBs\"";
    bill(100_000, price, &[("service.f/cost", wanted), ("system/cost", wanted)]);
}

#[test]
fn tiers_count_what_is_used_in_a_month() {
    // 30,000 calls less ten in a month: the first 20,000 are free, and those beyond 25,000 cost half. Of 375 GBs less the ten
    // the first 100 cost twice as much.
    let requests = "request = \"0/million up to 20 thousand, 1/thousand up to 25 thousand, 0.5/thousand\"";
    let duration = "duration = \"2/GBs up to 100GBs, 1/GBs\"";
    let calls = 30_000.0 - 10.0;
    let of_calls = 5.0 + (calls - 25_000.0) * 0.000_5;
    let of_memory = 200.0 + (calls * 0.0125 - 100.0);
    let expected = [("service.f/cost_requests", of_calls), ("service.f/cost_duration", of_memory)];
    bill(3_000, &format!("{requests}, {duration}"), &expected);
    // A tier that is not reached says nothing.
    bill(2_100, requests, &[("service.f/cost_requests", 0.99)]);
}

/// Two functions with a call each second for a tenth of a month, and what stands in `[cost]` and in the second.
fn two_functions(common: &str, second: &str) -> String {
    let client = |of: &str| {
        format!(
            "[client.of_{of}]\ncalls = \"{of}\"\narrival = {{ process = \"renewal\", between = \"73s\" }}\n"
        )
    };
    client("f")
        + &client("g")
        + &format!(
            "[service.f]\ndemand = \"0s\"\nfunction = {{}}\n[service.g]\ndemand = \"0s\"\n\
             function = {{ {second} }}\n[cost]\nfunction = {{ {common} }}\n\
             [account.other]\nconcurrency = 1000\n"
        )
}

#[test]
fn functions_of_an_account_share_the_tiers_of_a_common_price() {
    let price = "request = \"1/request up to 50 thousand, 0.5/request\"";
    // A tenth of a month has 3,600 calls of each, the last of which comes when it ends.
    let (half, all) = (35_990.0, 2.0 * 35_990.0);
    let together = 50_000.0 + (all - 50_000.0) * 0.5;
    let shared = [
        ("system/cost", together),
        ("service.f/cost_requests", together / 2.0),
        ("service.g/cost_requests", together / 2.0),
    ];
    expect(73 * 3_600, &two_functions(price, ""), &shared);
    let apart = [("service.f/cost_requests", half), ("service.g/cost_requests", half)];
    expect(73 * 3_600, &two_functions(price, "account = \"other\""), &apart);
    expect(73 * 3_600, &two_functions(price, &format!("price = {{ {price} }}")), &apart);
}

#[test]
fn the_timeline_of_functions_adds_up_to_their_bill() {
    let price =
        "request = \"0/million up to 20 thousand, 1/thousand\", duration = \"2/GBs up to 100GBs, 1/GBs\"";
    let text = format!(
        "[run]\nhorizon = \"{}s\"\ndrain = \"1000s\"\nruns = 1\ntimeline_step = \"32850s\"\n{}",
        73 * 3_600,
        lambda(3_000, 73, price)
    );
    let outcome = crate::behaviour::run_text(text);
    let rows = &outcome.measurements[0].instances;
    let sum: f64 = rows.iter().map(|row| row.cost.unwrap()).sum();
    let month = value(&outcome, "service.f/cost");
    assert!(rows.len() == 8 && month > 0.0);
    assert!((sum * 10.0 - month).abs() < 1e-9 * month, "{sum} in a tenth of a month of {month}");
}

#[test]
fn what_is_moved_has_tiers_too() {
    // As in `PLACES`: twenty requests with 2 x 2 MB each between regions, 80 MB in 205 s.
    let tiered = PLACES.replace("\"7/GB\"", "\"7/GB up to 0.5 TB, 3/GB\"");
    let moved = 20.0 * 2.0 * 2e6 / 1e9 / (205.0 / 3600.0) * MONTH;
    assert!(moved > 1_000.0, "{moved}");
    let wanted = 500.0 * 7.0 + (moved - 500.0) * 3.0;
    expect(205, &tiered, &[("service.far/cost_transfer", wanted)]);
}

#[test]
fn what_is_kept_is_paid_by_the_month() {
    let parts = |common: &str, own: &str| {
        format!(
            "[client.c]\ncalls = \"s\"\n{EVERY_TEN}\n[cost]\nstorage = \"{common}\"\n\
             [service.s]\nreplicas = 3\ndata = {{ size = \"500GB\" }}\n{own}\n\
             [service.other]\ndata = {{ size = \"1TB\" }}\n"
        )
    };
    let paid = |s: f64, other: f64| {
        [("service.s/cost_storage", s), ("service.other/cost", other), ("system/cost_storage", s + other)]
    };
    // Of all replicas together, in a month of whatever length of run.
    expect(100, &parts("0.023/GBmonth", ""), &paid(11.5, 23.0));
    // 1.5 TB: one at the first price, the rest at the second, shared by size.
    let both = 23.0 + 500.0 * 0.02;
    let tiers = "0.023/GBmonth up to 1 TBmonth, 0.020/GBmonth";
    expect(100, &parts(tiers, ""), &paid(both / 3.0, both * 2.0 / 3.0));
    expect(100, &parts(tiers, "price = { storage = \"0.1/GBmonth\" }"), &paid(50.0, 23.0));
}

#[test]
fn results_are_in_the_currency_of_prices() {
    let parts = format!(
        "[client.c]\ncalls = \"s\"\n{EVERY_TEN}\n[cost]\ncurrency = \"EUR\"\nreplica = \"1/h\"\n[service.s]\n"
    );
    let outcome = outcome(100, &parts);
    let unit = |metric: &str| outcome.values.iter().find(|one| &*one.metric == metric).unwrap().unit;
    assert_eq!(
        [unit("cost"), unit("cost_replicas"), unit("cost_per_million")],
        ["EUR/month", "EUR/month", "EUR"]
    );
    assert_eq!(outcome.estimates.iter().find(|one| one.metric == "cost").unwrap().unit, "EUR/month");
}
