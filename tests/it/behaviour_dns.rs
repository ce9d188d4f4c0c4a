//! Names that are resolved, in small scenarios whose answers are known exactly.

use ninefold::measure::ShareOf;

use crate::behaviour::{expect, outcome, value};
use crate::behaviour_resilience::logged;

/// A crash of all of the east from 10 s to 50 s.
const EAST_DOWN: &str = "[fault.f]\nkind = \"crash\"\non = \"region.east\"\nat = \"10s\"\nlasts = \"40s\"\n";

/// Requests at these seconds.
fn at(seconds: &[u32]) -> String {
    let instants: Vec<String> = seconds.iter().map(|at| format!("\"{at}s\"")).collect();
    format!("arrival = {{ process = \"schedule\", at = [{}] }}\n", instants.join(", "))
}

/// Ten thousand requests, one every 10 ms.
const MANY: &str = "arrival = { process = \"schedule\", every = \"10ms\" }\n";

/// Three regions, in two of which there is a service, and a client that calls it by a name.
fn named(client: &str, dns: &str) -> String {
    format!(
        "[region.east]\n[region.west]\n[region.home]\n[client.c]\nregion = \"home\"\ncalls = \"www\"\n{client}\n\
         [dns.www]\nservice = \"s\"\n{dns}\n[service.s]\nreplicas = {{ east = 2, west = 1 }}\nconcurrency = \"unlimited\"\n\
         balancing = {{ policy = \"random\", knowledge = \"perfect\" }}\n"
    )
}

#[test]
fn a_resolver_keeps_its_answer_for_as_long_as_it_may() {
    let arrivals = at(&[5, 12, 34, 36, 60, 67]);
    // What it asked at 5 s holds until 35 s, what it asked at 36 s until 66 s.
    let wanted = [
        ("client.c/availability_request", 4.0 / 6.0),
        ("client.c/failures_no_replica", 2.0),
        ("dns.www.east/answered_ratio", 4.0 / 6.0),
        ("dns.www.west/answered_ratio", 2.0 / 6.0),
        ("dns.www/stale_answer_ratio", 3.0 / 6.0),
        ("dns.www/unresolved_ratio", 0.0),
        ("dns.www/record_changes", 2.0),
    ];
    expect(100, &(named(&arrivals, "ttl = \"30s\"") + EAST_DOWN), &wanted);
    let twice_as_long = arrivals.clone() + "overstay = [{ share = \"100%\", factor = 2 }]";
    expect(100, &(named(&twice_as_long, "ttl = \"15s\"") + EAST_DOWN), &wanted);
    let for_ever = arrivals + "overstay = [{ share = \"100%\", ttl = \"never\" }]";
    let wanted = [("client.c/failures_no_replica", 3.0), ("dns.www.east/answered_ratio", 1.0)];
    expect(100, &(named(&for_ever, "ttl = \"1s\"") + EAST_DOWN), &wanted);
}

#[test]
fn name_servers_learn_of_it_later() {
    let arrivals = at(&[12, 19, 21, 55, 61]);
    let wanted = [
        ("client.c/failures_no_replica", 2.0),
        ("dns.www.west/answered_ratio", 2.0 / 5.0),
        ("dns.www/stale_answer_ratio", 0.0),
    ];
    for dns in ["ttl = \"0s\"", "anycast = true"] {
        expect(100, &(named(&arrivals, &format!("{dns}\npropagation = \"10s\"")) + EAST_DOWN), &wanted);
    }
}

#[test]
fn where_no_record_is_sound_all_are_answered_or_none() {
    let arrivals = at(&[5, 12, 15, 33, 51, 54]);
    let down = EAST_DOWN.replace("region.east", "service.s");
    let all = [("client.c/failures_no_replica", 3.0), ("dns.www.east/answered_ratio", 1.0)];
    expect(100, &(named(&arrivals, "ttl = \"1s\"") + &down), &all);
    // That there is no answer is kept for 20 s, from 12 s on and from 33 s on.
    let none = "ttl = \"1s\"\nnegative_ttl = \"20s\"\nall_unhealthy = \"none\"";
    let wanted = [
        ("client.c/failures_unresolved", 4.0),
        ("service.s/failures_unresolved", 4.0),
        ("dns.www/unresolved_ratio", 4.0 / 6.0),
        ("dns.www/stale_answer_ratio", 0.0),
        ("dns.www.east/answered_ratio", 2.0 / 6.0),
    ];
    expect(100, &(named(&arrivals, none) + &down), &wanted);
}

#[test]
fn a_record_needs_so_many_replicas() {
    let one_down = EAST_DOWN.replace("region.east", "service.s.1");
    let arrivals = at(&[5, 20, 30, 60]);
    for (least, west) in [(1, 0.0), (2, 0.5)] {
        let dns = format!("ttl = \"0s\"\nhealthy_min = {least}");
        let parts = (named(&arrivals, &dns) + &one_down).replace("west = 1", "west = 2");
        expect(100, &parts, &[("dns.www.west/answered_ratio", west)]);
    }
}

#[test]
fn a_region_with_too_few_has_never_been_sound() {
    // One replica is all that there is in the west.
    let dns = "ttl = \"0s\"\nhealthy_min = 2\npolicy = \"multivalue\"";
    let parts = named(&at(&[5, 20]), dns);
    expect(100, &parts, &[("dns.www.east/answered_ratio", 1.0), ("dns.www/record_changes", 0.0)]);
}

#[test]
fn answers_go_by_place_and_distance() {
    let west = "records = [{ name = \"w\", region = \"west\", serves = [\"home\"] }, { name = \"e\", region = \"east\" }]";
    let dns = format!("ttl = \"0s\"\npolicy = \"geographic\"\n{west}");
    let parts = named(&at(&[5, 20, 60]), &dns) + &EAST_DOWN.replace("east", "west");
    expect(100, &parts, &[("dns.www.w/answered_ratio", 2.0 / 3.0), ("dns.www.e/answered_ratio", 1.0 / 3.0)]);
    let near = named(&at(&[5, 20, 60]), "ttl = \"0s\"\npolicy = \"latency\"") + EAST_DOWN;
    let links = "[network]\nlinks = [{ from = \"region.home\", to = \"region.east\", delay = \"10ms\" }, \
                 { from = \"region.home\", to = \"region.west\", delay = \"DELAY\" }]\n";
    for (delay, east) in [("20ms", 2.0 / 3.0), ("5ms", 0.0)] {
        let parts = near.clone() + &links.replace("DELAY", delay);
        expect(100, &parts, &[("dns.www.east/answered_ratio", east)]);
    }
    // The own region is near, though nothing takes time.
    let at_home =
        named(&at(&[5, 60]), "policy = \"latency\"").replace("region = \"home\"", "region = \"west\"");
    expect(100, &at_home, &[("dns.www.west/answered_ratio", 1.0)]);
}

/// The share of many attempts that go east.
fn eastwards(dns: &str, faults: &str) -> f64 {
    value(&outcome(100, &(named(MANY, dns) + faults)), "dns.www.east/answered_ratio")
}

#[test]
fn answers_go_by_weight_or_each_to_one_of_them() {
    let records = "records = [{ name = \"east\", region = \"east\", weight = 3 }, { name = \"west\", region = \"west\" }]";
    // Four standard deviations of a share of ten thousand are 0.017 and 0.02.
    let weighted = format!("policy = \"weighted\"\n{records}\n");
    for dns in ["ttl = \"0s\"", "anycast = true"] {
        let share = eastwards(&format!("{weighted}{dns}"), "");
        assert!((share - 0.75).abs() < 0.0174, "{share}");
    }
    // One resolver goes one way until it asks again.
    let share = eastwards(&format!("{weighted}ttl = \"1h\""), "");
    assert!(share <= 0.0 || share >= 1.0, "{share}");
    let share = eastwards("policy = \"multivalue\"\nttl = \"1h\"", "");
    assert!((share - 0.5).abs() < 0.02, "{share}");
    // Sixty seconds of a hundred have two sound records.
    let share = eastwards("policy = \"multivalue\"\nttl = \"0s\"", EAST_DOWN);
    assert!((share - 0.3).abs() < 0.02, "{share}");
    let share = eastwards("policy = \"simple\"\nttl = \"0s\"", EAST_DOWN);
    assert!((share - 0.5).abs() < 0.02, "{share}");
}

#[test]
fn resolvers_ask_at_phases_of_their_own() {
    // The share of a thousand that has asked since the crash rises evenly from 10 s to 40 s, and so on from 50 s to 80 s. Four
    // standard deviations of ten thousand requests and of a thousand phases together are 0.027, 0.018 and 0.026.
    let client = format!("{MANY}resolvers = 1000\nrefresh = \"periodic\"\n");
    let found = outcome(100, &(named(&client, "ttl = \"30s\"") + EAST_DOWN));
    let west = value(&found, "dns.www.west/answered_ratio");
    assert!((west - 0.40).abs() < 0.027, "{west}");
    let failed = 1.0 - value(&found, "client.c/availability_request");
    assert!((failed - 0.15).abs() < 0.018, "{failed}");
    let stale = value(&found, "dns.www/stale_answer_ratio");
    assert!((stale - 0.30).abs() < 0.026, "{stale}");
}

/// When records were marked, and how.
fn marks(parts: &str) -> Vec<(f64, String)> {
    let lines = logged(100, parts);
    let marks = lines.iter().filter(|line| line[1].starts_with("record_marked"));
    marks
        .map(|line| {
            assert_eq!((&line[2], &line[3]), ("dns.www", "dns.www.east"));
            (line[0].parse().unwrap(), line[1].to_owned())
        })
        .collect()
}

#[test]
fn checkers_find_a_record_down_after_so_many_looks() {
    let check =
        "health_check = { interval = \"10s\", timeout = \"2s\", unhealthy_after = 3, healthy_after = 2 }";
    let down_by =
        |arriving: &str| EAST_DOWN.replace("\"crash\"", &format!("\"crash\"\narriving = \"{arriving}\""));
    let found = marks(&(named(&at(&[5]), check) + &down_by("refused")));
    let [(down, first), (up, second)] = &found[..] else { panic!("{found:?}") };
    assert_eq!([first, second], ["record_marked_down", "record_marked_up"]);
    // The third bad look, and the second good one.
    assert!((30.0..=40.0).contains(down) && (60.0..=70.0).contains(up), "{found:?}");
    let rounds = (up - down) / 10.0;
    assert!((rounds - rounds.round()).abs() < 1e-6, "looks keep their rhythm: {found:?}");
    // Nobody answers, and a bad look takes until its timeout.
    let late = marks(&(named(&at(&[5]), check) + &down_by("ignored")));
    assert!((late[0].0 - down - 2.0).abs() < 1e-6, "{late:?} {found:?}");
}

#[test]
fn checkers_stand_somewhere_and_vote() {
    let parts = |quorum: &str| {
        let check = format!(
            "health_check = {{ interval = \"10s\", timeout = \"2s\", checkers = 2, quorum = \"{quorum}\", \
             places = [\"region.home\", \"region.west\"] }}"
        );
        named(&at(&[5]), &check)
            + "[fault.p]\nkind = \"partition\"\nfrom = \"region.home\"\nto = \"region.east\"\nat = \"20s\"\nlasts = \"40s\"\n"
    };
    // One of two is no more than half of them.
    assert_eq!(marks(&parts("50%")).len(), 2);
    assert_eq!(marks(&parts("40%")).len(), 0);
}

#[test]
fn a_name_may_lead_to_a_function() {
    let parts = "[region.east]\n[region.west]\n[client.c]\nregion = \"east\"\ncalls = \"www\"\n".to_owned()
        + &at(&[5, 20, 60])
        + "[dns.www]\nservice = \"f\"\nttl = \"0s\"\n[service.f]\nregion = [\"east\", \"west\"]\nfunction = {}\n\
           balancing = { knowledge = \"perfect\" }\n"
        + EAST_DOWN;
    let wanted = [("client.c/availability_request", 1.0), ("dns.www.west/answered_ratio", 1.0 / 3.0)];
    expect(100, &parts, &wanted);
}

#[test]
fn others_may_call_the_service_itself() {
    let beside = "[client.d]\nregion = \"home\"\ncalls = \"s\"\narrival = { process = \"schedule\", every = \"10s\" }\n";
    let found = outcome(100, &(named(&at(&[5, 12, 60]), "ttl = \"1h\"") + beside + EAST_DOWN));
    // Who goes by no name finds whoever is left, wherever that is.
    assert!((value(&found, "client.d/availability_request") - 1.0).abs() < 1e-12);
    assert!((value(&found, "client.c/availability_request") - 2.0 / 3.0).abs() < 1e-12);
    assert!((value(&found, "dns.www.east/answered_ratio") - 1.0).abs() < 1e-12);
}

#[test]
fn checks_on_which_nobody_decides_find_faults_all_the_same() {
    let checked = named(&at(&[5]), "ttl = \"0s\"")
        + "health_check = { interval = \"10s\", timeout = \"1s\", unhealthy_after = 2 }\n"
        + EAST_DOWN;
    let plain = checked.replace("calls = \"www\"", "calls = \"s\"");
    let [named, plain] = [checked, plain].map(|parts| value(&outcome(100, &parts), "fault.f/mttd"));
    assert!((named - plain).abs() < 1e-12, "{named} {plain}");
}

#[test]
fn what_led_an_attempt_astray_is_told() {
    let astray = |dns: &str, client: &str, faults: &str, of: (&[u32], &str, f64)| {
        let (seconds, why, share) = of;
        let parts = named(&(at(seconds) + client), dns) + faults;
        let outcome = outcome(100, &parts);
        let value = |metric: &str| value(&outcome, &format!("client.c/{metric}"));
        let reasons = ["forced", "undetected", "unpropagated", "kept", "overstayed"];
        for one in reasons {
            let wanted = if one == why { share } else { 0.0 };
            let found = value(&format!("astray_{one}_ratio"));
            assert!((found - wanted).abs() < 1e-12, "{one} is {found}, not {wanted}, in\n{parts}");
        }
        assert!((value("astray_ratio") - share).abs() < 1e-12, "{why}");
    };
    let down = EAST_DOWN.replace("region.east", "service.s");
    astray("ttl = \"1s\"", "", &down, (&[5, 12, 15, 33, 51, 54], "forced", 0.5));
    // Whoever looks twice has not at 11 s, and has at 49 s.
    let check = "ttl = \"0s\"\nhealth_check = { interval = \"10s\", timeout = \"1s\", unhealthy_after = 2, places = [\"region.home\"] }";
    astray(check, "", EAST_DOWN, (&[5, 11, 49], "undetected", 1.0 / 3.0));
    astray(
        "ttl = \"0s\"\npropagation = \"10s\"",
        "",
        EAST_DOWN,
        (&[12, 19, 21, 55, 61], "unpropagated", 0.4),
    );
    astray("ttl = \"30s\"", "", EAST_DOWN, (&[5, 12, 34, 36, 60, 67], "kept", 1.0 / 3.0));
    let late = "overstay = [{ share = \"100%\", factor = 2 }]";
    astray("ttl = \"15s\"", late, EAST_DOWN, (&[5, 12, 34, 36, 60, 67], "overstayed", 1.0 / 3.0));
}

#[test]
fn the_timeline_tells_where_attempts_were_led() {
    let parts = named(&at(&[5, 12, 34, 36, 60, 67]), "ttl = \"30s\"") + EAST_DOWN;
    let outcome = outcome(100, &parts);
    let of = |record: u32| {
        let rows = outcome.measurements[0].shares.iter();
        let own = rows.filter(move |row| row.of == ShareOf::Answers(record) && row.share.is_some());
        own.map(|row| row.share.unwrap()).collect::<Vec<f64>>()
    };
    // Each attempt has a window of its own: two of six went west, by what was asked at 36 s.
    assert_eq!(of(0), [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(of(1), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
}
