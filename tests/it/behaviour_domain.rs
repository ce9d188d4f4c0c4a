//! What fails together: blocks over replicas, what depends on what, places, in small scenarios whose answers are known.

use ninefold::measure::{Culprit, Subject};

use crate::behaviour::{expect, one_service, outcome};

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
        (Subject::Service(0), Some(Culprit::Fault(1)), 25.0),
        (Subject::Block(0), Some(Culprit::Fault(1)), 25.0),
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
