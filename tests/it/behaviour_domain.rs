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
