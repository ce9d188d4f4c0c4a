//! What fails together: blocks over replicas, what depends on what, places, in small scenarios whose answers are known.

use ninefold::measure::{Culprit, Subject};

use crate::behaviour::{expect, one_service, outcome, value};

/// A fault at given times.
fn fault(name: &str, on: &str, at: &str, lasts: &str) -> String {
    format!("[fault.{name}]\nkind = \"crash\"\non = \"{on}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n")
}

#[test]
fn a_block_counts_replicas_of_several_services() {
    let parts = "[service.a]\nreplicas = 2\n[service.b]\nreplicas = 3\n".to_owned()
        + "[block.most]\nof = [\"service.a.*\", \"service.b.2\", \"service.b.3\"]\nneeds = 3\n"
        + "[block.both]\nof = [\"block.most\", \"service.b.1\"]\n"
        + &fault("a", "service.a.1", "10s", "20s")
        + &fault("b", "service.b.3", "20s", "30s")
        + &fault("c", "service.b.1", "45s", "10s");
    let wanted = [
        // Two of four are down from 20 s to 30 s.
        ("block.most/availability_time", 0.9),
        ("block.most/incidents", 1.0),
        ("block.both/availability_time", 0.8),
        ("block.both/incidents", 2.0),
    ];
    expect(100, &parts, &wanted);
    // A place takes down several at once: one outage.
    let parts =
        "[region.east]\nzones = 2\n[service.a]\nreplicas = 4\n[block.b]\nof = [\"service.a.*\"]\nneeds = 3\n"
            .to_owned()
            + &fault("z", "zone.east.1", "10s", "20s");
    expect(100, &parts, &[("block.b/availability_time", 0.8), ("block.b/incidents", 1.0)]);
}

#[test]
fn who_depends_on_a_part_is_down_with_it() {
    // A request at 10 s, 20 s, ... 90 s; power is off from 25 s to 47 s, and nobody calls it.
    let client = "arrival = { process = \"renewal\", between = \"10s\" }\ntimeout = \"3s\"";
    let service = "replicas = 2\ndemand = \"6s\"\ndepends_on = [\"block.power\", \"service.key\"]";
    let parts = one_service(&client.replace("3s", "8s"), service)
        + "[service.feed]\nreplicas = 2\n[service.key]\n[block.power]\nof = [\"service.feed.*\"]\nneeds = 1\n"
        + &fault("one", "service.feed.1", "15s", "70s")
        + &fault("two", "service.feed.2", "25s", "22s");
    let wanted = [
        ("service.feed/availability_time", 0.78),
        ("block.power/availability_time", 0.78),
        ("service.s/availability_time", 0.78),
        ("service.s.1/availability_time", 0.78),
        ("service.s/replicas_mean", 1.56),
        ("service.s/incidents", 1.0),
        // That of 20 s is lost in service, those of 30 s and 40 s find nobody; no answer, not even a refusal.
        ("client.c/failures_timeout", 3.0),
        ("client.c/availability_request", 6.0 / 9.0),
    ];
    expect(100, &parts, &wanted);
    // Two parts of which one is back are still one too few; work that is lost is not lost again.
    let more = parts.clone() + &fault("key", "service.key", "35s", "25s");
    let wanted = [
        ("service.s/availability_time", 0.65),
        ("service.s/incidents", 1.0),
        ("client.c/failures_timeout", 4.0),
    ];
    expect(100, &more, &wanted);
    let found = outcome(100, &parts);
    let rows = found.measurements[0].incidents.iter();
    let down = rows.filter(|row| !matches!(row.subject, Subject::Fault(..)));
    let down: Vec<_> = down.map(|row| (row.subject, row.cause, row.start.as_secs())).collect();
    // Services are, in the order of names, feed, key and s.
    let wanted = [
        (Subject::Block(0), Some(Culprit::Fault(1)), 25.0),
        (Subject::Service(0), Some(Culprit::Fault(1)), 25.0),
        (Subject::Service(2), Some(Culprit::Block(0)), 25.0),
    ];
    assert_eq!(down, wanted);
}

#[test]
fn what_depends_on_what_depends_goes_too_and_nothing_starts_meanwhile() {
    // The function depends on a fleet, that on one replica of another.
    let client = "arrival = { process = \"renewal\", between = \"10s\" }\ntimeout = \"5s\"";
    let parts = one_service(client, "demand = \"1s\"\nfunction = {}\ndepends_on = \"service.host\"")
        + "[service.rack]\nreplicas = 2\n[service.host]\nreplicas = 3\ndepends_on = \"service.rack.2\"\n"
        + &fault("a", "service.rack.2", "25s", "30s");
    let wanted = [
        ("service.host/availability_time", 0.7),
        ("service.host/replicas_mean", 2.1),
        ("service.rack/replicas_mean", 1.7),
        ("service.s/availability_time", 0.7),
        // At 10 s and 60 s: what was idle is gone.
        ("service.s/cold_starts", 2.0),
        ("client.c/availability_request", 6.0 / 9.0),
    ];
    expect(100, &parts, &wanted);
    // A fleet that grows meanwhile gets its replica when power is back: its boot begins anew.
    let grows = "replicas = 1\nstart = \"4s\"\ndepends_on = \"service.power\"\n\
                 autoscaling = { policy = \"scheduled\", min = 1, max = 2, plan = [{ at = \"20s\", replicas = 2 }] }";
    let parts = one_service(client, grows) + "[service.power]\n" + &fault("p", "service.power", "15s", "15s");
    // It begins at 20 s and is ready at 34 s.
    expect(100, &parts, &[("service.s/start_mean", 14.0), ("service.s/availability_time", 0.85)]);
}

#[test]
fn replicas_stand_in_racks_and_on_hosts_in_turn() {
    // Zone 1 has the replicas 1, 3, 5, 7 and 9 of a: in the racks 1, 2, 1, 2, 1, there on the hosts 1, 1, 2, 2, 3.
    let parts = "[region.east]\nzones = 2\nracks = 2\nhosts = 3\n[service.a]\nreplicas = 10\n[service.b]\nreplicas = 2\n";
    let down = |on: &str| {
        let found = outcome(100, &(parts.to_owned() + &fault("f", on, "10s", "30s")));
        let is_down = |scope: &str| value(&found, &format!("{scope}/availability_time")) < 0.75;
        let all = (1..=10).map(|one| format!("service.a.{one}"));
        let all = all.chain(["service.b.1".to_owned(), "service.b.2".to_owned(), "zone.east.1".to_owned()]);
        all.filter(|scope| is_down(scope)).collect::<Vec<_>>()
    };
    assert_eq!(down("host.east.1.1.1"), ["service.a.1", "service.b.1"]);
    assert_eq!(down("host.east.1.1.2"), ["service.a.5"]);
    assert_eq!(down("host.east.1.2.2"), ["service.a.7"]);
    assert_eq!(down("host.east.2.1.3"), ["service.a.10"]);
    assert!(down("host.east.2.2.3").is_empty());
    assert_eq!(down("rack.east.1.2"), ["service.a.3", "service.a.7"]);
    assert_eq!(down("rack.east.2.1"), ["service.a.2", "service.a.6", "service.a.10", "service.b.2"]);
    assert_eq!(down("zone.east.1").len(), 7);
    assert_eq!(down("host.east.*").len(), 12);
    // Each by itself: twelve hosts, four racks.
    for (on, units) in
        [("host.east.*", 12.0), ("host.east.2.*", 6.0), ("host.east.2.1.*", 3.0), ("rack.east.*", 4.0)]
    {
        let found = outcome(100, &(parts.to_owned() + &fault("f", on, "10s", "30s")));
        let incidents = &found.measurements[0].faults[0].incidents;
        assert!((*incidents as f64 - units).abs() < 0.5, "{on}: {incidents}");
    }
}

#[test]
fn a_host_takes_nobody_who_is_elsewhere() {
    // The second replica of a fleet that changes starts in zone 2, the third in zone 1 on the second host.
    let fleet = "autoscaling = { policy = \"scheduled\", max = 3, plan = [{ at = \"5s\", replicas = 3 }] }";
    let client = "arrival = { process = \"renewal\", between = \"10s\" }";
    let parts = |on: &str| {
        format!("[region.east]\nzones = 2\nhosts = 2\n{}", one_service(client, fleet))
            + &fault("f", on, "50s", "20s")
    };
    let up = |on: &str| (outcome(100, &parts(on)), on.to_owned());
    for (on, wanted) in [
        ("host.east.1.1.1", 2.7),
        ("host.east.1.1.2", 2.7),
        ("host.east.2.1.1", 2.7),
        ("host.east.2.1.2", 2.9),
    ] {
        let (found, on) = up(on);
        let mean = value(&found, "service.s/replicas_mean");
        // Two are there from 5 s on, and one is away for 20 s.
        assert!((mean - wanted).abs() < 1e-9, "{on}: {mean}");
    }
    // A function is on no host.
    let parts = "[region.east]\nhosts = 2\n".to_owned()
        + &one_service(client, "demand = \"1s\"\nfunction = {}")
        + &fault("f", "host.east.*", "50s", "20s");
    expect(100, &parts, &[("service.s/availability_time", 1.0), ("client.c/availability_request", 1.0)]);
}

#[test]
fn each_may_recover_by_itself() {
    // The second is down from 5 s to 15 s, and so is not struck at 10 s.
    let parts = "[service.a]\nreplicas = 3\n".to_owned()
        + &fault("own", "service.a.2", "5s", "10s")
        + &fault("shock", "service.a", "10s", "20s")
        + "recovers = \"each\"\n";
    let wanted = [
        ("service.a/replicas_mean", 3.0 - 0.1 - 0.4),
        ("service.a/availability_time", 0.95),
        ("fault.shock/incidents", 2.0),
        ("fault.shock/mttr", 20.0),
        // Three parts for 100 s, less 40 s, and two failures.
        ("fault.shock/mttf", 130.0),
    ];
    expect(100, &parts, &wanted);
    // Its clock runs on: it strikes every 15 s who is up then, and each is away for 10 s.
    let parts = "[service.a]\nreplicas = 2\n[fault.f]\nkind = \"crash\"\non = \"service.a\"\nrecovers = \"each\"\n\
                 time_to_failure = \"15s\"\ntime_to_repair = \"10s\"\n";
    expect(100, parts, &[("fault.f/incidents", 12.0), ("service.a/replicas_mean", 0.8)]);
}

#[test]
fn a_fault_lets_others_come_sooner() {
    let parts = |raises: &str| {
        "[service.a]\n[service.b]\n[fault.disk]\nkind = \"crash\"\non = \"service.a.*\"\ntime_to_failure = \"100s\"\n".to_owned()
            + &fault("heat", "service.b", "20s", "10s")
            + raises
    };
    // 20 s, ten times five, and 30 s more.
    let raised = "raises = [{ fault = \"disk\", factor = 5 }]\n";
    expect(100, &parts(raised), &[("service.a/availability_time", 0.6)]);
    let elsewhere = "raises = [{ fault = \"disk\", factor = 5, at = \"struck\" }]\n";
    expect(100, &parts(elsewhere), &[("service.a/availability_time", 1.0)]);
    let here = parts(elsewhere)
        .replace("on = \"service.b\"", "on = \"region.*\"")
        .replace("[fault.heat]\nkind = \"crash\"", "[fault.heat]\nkind = \"slow\"\nfactor = 2");
    expect(100, &here, &[("service.a/availability_time", 0.6)]);
    // Factors multiply, below 1 too: 20 s, ten seconds at 5 / 2, 55 s to come.
    let two = parts(raised)
        + &fault("cold", "service.b", "20s", "10s")
        + "raises = [{ fault = \"disk\", factor = 0.5 }]\n";
    expect(100, &two, &[("service.a/availability_time", 0.85)]);
    // A strike is one, however many replicas recover from it each by itself.
    let many = parts(raised)
        .replace("[service.b]", "[service.b]\nreplicas = 3")
        .replace("on = \"service.b\"", "on = \"service.b\"\nrecovers = \"each\"");
    expect(100, &many, &[("service.a/availability_time", 0.6)]);
    // It lasts while its effect is away.
    let flaps = parts("flap = { down = \"1s\", up = \"2s\" }\n") + raised;
    expect(100, &flaps, &[("service.a/availability_time", 0.6)]);
}

#[test]
fn a_loaded_replica_ages_as_fast_as_its_slots_are_in_use() {
    // One of four slots is in use from 1 s on, two from 2 s on: 0.25 s, and half of each second after that.
    let client = "arrival = { process = \"renewal\", between = \"1s\" }\ntimeout = \"10s\"";
    let parts = one_service(client, "demand = \"2s\"\nconcurrency = 4")
        + "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_failure = \"20s\"\nclock = \"load\"\n";
    let found = outcome(100, &parts);
    let struck = found.measurements[0].incidents[0].start.as_secs();
    assert!((struck - 41.5).abs() < 1e-6, "{struck}");
}

#[test]
fn a_common_cause_takes_its_share_of_the_failures() {
    // Times of 10 s: the share 0.8 of the rate is every 12.5 s, and the other 0.2 every 50 s.
    let parts = "[service.a]\nreplicas = 2\n[fault.unit]\nkind = \"crash\"\non = \"service.a.*\"\n\
                 time_to_failure = \"10s\"\ntime_to_repair = \"1s\"\n[fault.shock]\nkind = \"crash\"\ntime_to_repair = \"1s\"\n\
                 common = { of = \"fault.unit\", beta = \"20%\", among = \"service.a\" }\n";
    let wanted =
        [("fault.unit/incidents", 14.0), ("fault.shock/incidents", 1.0), ("service.a/replicas_mean", 1.84)];
    expect(100, parts, &wanted);
}
