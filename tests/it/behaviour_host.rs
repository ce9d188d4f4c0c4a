//! Replicas that take room on hosts, in small scenarios without randomness.

use crate::behaviour::{EVERY_TEN, expect, one_service, outcome, value};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, scheduled, seen};

/// A region of one rack with so many hosts.
fn hosts(count: u32, host: &str) -> String {
    format!("[region.east]\nhosts = {count}\nhost = {{ {host} }}\n")
}

fn fault(on: &str, at: u32, lasts: u32) -> String {
    format!("[fault.f]\nkind = \"crash\"\non = \"{on}\"\nat = \"{at}s\"\nlasts = \"{lasts}s\"\n")
}

/// Who of these is down for a while when something is struck.
fn down(parts: &str, on: &str, who: &[&str]) -> Vec<String> {
    let found = outcome(100, &(parts.to_owned() + &fault(on, 10, 30)));
    let is_down = |scope: &&&str| value(&found, &format!("service.{scope}/availability_time")) < 0.75;
    who.iter().filter(is_down).map(|&scope| scope.to_owned()).collect()
}

/// Two large ones and three small ones on three hosts of four cores.
const PACKED: &str = "[service.a]\nreplicas = 3\ncores = 1\nspread = \"pack\"\n\
                      [service.b]\nreplicas = 2\ncores = 3\n";

#[test]
fn the_largest_are_placed_first_and_a_host_takes_all_along() {
    // b takes the hosts 1 and 2, though a comes before it; a then fills 1 and 2, and takes 3.
    let parts = hosts(3, "cores = 4") + PACKED;
    let who = ["a.1", "a.2", "a.3", "b.1", "b.2"];
    assert_eq!(down(&parts, "host.east.1.1.1", &who), ["a.1", "b.1"]);
    assert_eq!(down(&parts, "host.east.1.1.2", &who), ["a.2", "b.2"]);
    assert_eq!(down(&parts, "host.east.1.1.3", &who), ["a.3"]);
    assert_eq!(down(&parts, "rack.east.1.1", &who), who);
    // Each by itself.
    let found = outcome(100, &(parts + &fault("host.east.*", 10, 30)));
    assert_eq!(found.measurements[0].faults[0].incidents, 3);
}

#[test]
fn hosts_in_use_are_counted_and_paid_for_by_those_on_them() {
    // Of five hosts three are in use, two of them to 3/4 by b and 1/4 by a.
    let parts = hosts(5, "cores = 4, price = \"0.36/h\"") + PACKED + "[cost]\nreplica = \"9/h\"\n";
    let hour = 100.0 / 3600.0;
    let month = 0.36 * 730.0;
    expect(
        100,
        &parts,
        &[
            ("system/hosts_mean", 3.0),
            ("system/host_hours", 3.0 * hour),
            ("system/replicas_per_host", 5.0 / 3.0),
            ("service.a/host_hours", 1.5 * hour),
            ("service.b/host_hours", 1.5 * hour),
            ("system/cost_hosts", 3.0 * month),
            ("service.a/cost_hosts", 1.5 * month),
            // Replicas are not paid for once more.
            ("system/cost", 3.0 * month),
        ],
    );
    // A host that is down is in use and paid for.
    let struck = parts.clone() + &fault("host.east.1.1.1", 10, 50);
    expect(100, &struck, &[("system/hosts_mean", 3.0), ("system/cost", 3.0 * month)]);
    // Hosts without a price: replicas are paid for as they are elsewhere.
    let free = parts.replace(", price = \"0.36/h\"", "");
    expect(100, &free, &[("system/cost_replicas", 5.0 * 9.0 * 730.0), ("system/cost", 5.0 * 9.0 * 730.0)]);
}

#[test]
fn the_larger_share_of_cores_and_memory_counts() {
    // a takes half of the cores and b three quarters of the memory: two fifths and three fifths of what is taken.
    let parts = hosts(1, "cores = 4, memory = \"8GiB\"")
        + "[service.a]\ncores = 2\nmemory = \"1GiB\"\n[service.b]\ncores = 0.5\nmemory = \"6GiB\"\n";
    let hour = 100.0 / 3600.0;
    expect(100, &parts, &[("service.a/host_hours", 0.4 * hour), ("service.b/host_hours", 0.6 * hour)]);
}

#[test]
fn who_finds_no_room_starts_when_somebody_goes() {
    // Three cores: one replica of s and two of t. One of t goes at 200 s, when s has lacked two since 100 s.
    let own = "demand = \"1ms\"\ncores = 1\n";
    let leaves = scheduled(&[(0, 2), (200, 1)], ", max = 2").replace("replicas = 2, max", "max");
    let parts = hosts(1, "cores = 3")
        + &one_service(EVERY_TEN, &(own.to_owned() + &scheduled(&[(100, 3), (150, 3)], "")))
        + &format!("[service.t]\nreplicas = 2\n{own}{leaves}");
    let lines = logged(300, &parts);
    assert_eq!(seen(&lines, "seat_started"), [at(200.0, 2)]);
    // Two are lacking at each of the two decisions; at 200 s one still is.
    expect(
        300,
        &parts,
        &[
            ("service.s/starts_refused", 4.0),
            ("service.s/replicas_present_mean", 1.0 + 1.0 / 3.0),
            ("service.s/replicas_desired_mean", 1.0 / 3.0 + 2.0),
            ("system/replicas_per_host", 3.0),
        ],
    );
    // With room nobody waits.
    let wide = parts.replace("cores = 3 }", "cores = 5 }");
    expect(
        300,
        &wide,
        &[("service.s/starts_refused", 0.0), ("service.s/replicas_present_mean", 1.0 + 4.0 / 3.0)],
    );
}

#[test]
fn a_replica_that_joined_is_struck_where_it_stands() {
    // From 5 s on the second stands on host 2, for the first has filled host 1.
    let fleet = "cores = 1\nspread = \"pack\"\n".to_owned() + &scheduled(&[(5, 2)], "");
    let parts = hosts(3, "cores = 1") + &one_service(EVERY_TEN, &fleet);
    let mean = |on: &str| {
        let found = outcome(100, &(parts.clone() + &fault(on, 50, 20)));
        (value(&found, "service.s/replicas_mean") * 100.0).round() as u32
    };
    assert_eq!(["1", "2", "3"].map(|host| mean(&format!("host.east.1.1.{host}"))), [175, 175, 195]);
    assert_eq!(mean("rack.east.1.1"), 155);
    // Two hosts are in use for 95 of 100 s.
    expect(100, &parts, &[("system/hosts_mean", 1.95), ("system/replicas_per_host", 1.0)]);
}

#[test]
fn what_goes_elsewhere_passes_over_hosts_that_are_down() {
    // Host 1 has room for all, and is known to be down at 100 s.
    let fleet = |rule: &str| {
        let fleet = scheduled(&[(100, 2)], &format!(", on_zone_loss = \"{rule}\""));
        hosts(2, "cores = 4")
            + &one_service(EVERY_TEN, &format!("cores = 1\nspread = \"pack\"\n{fleet}"))
            + &fault("host.east.1.1.1", 50, 0)
                .replace("lasts = \"0s\"", "detected_by = \"5s\"\ntime_to_repair = \"95s\"")
    };
    let ready = |rule: &str| seen(&logged(300, &fleet(rule)), "seat_ready");
    assert_eq!(ready("elsewhere"), [at(100.0, 2)]);
    assert_eq!(ready("wait"), [at(150.0, 2)]);
}

#[test]
fn a_host_that_is_down_closes_no_zone_to_who_stands_on_none() {
    // The third starts in the first zone, though a host there is down, and is not lost with the second.
    let fleet = scheduled(&[(100, 3)], ", on_zone_loss = \"elsewhere\"");
    let parts = "[region.east]\nzones = 2\nhost = { cores = 4 }\n[service.a]\ncores = 1\n".to_owned()
        + &one_service(EVERY_TEN, &fleet)
        + &fault("host.east.1.1.1", 50, 300)
        + &fault("zone.east.2", 200, 50).replace("fault.f", "fault.g");
    expect(300, &parts, &[("service.s/replicas_mean", (100.0 + 200.0 * 3.0 - 50.0) / 300.0)]);
}

#[test]
fn what_is_spread_is_spread_over_places_with_room() {
    // Two zones of two racks with two hosts each.
    let region = "[region.east]\nzones = 2\nracks = 2\nhosts = 2\nhost = { cores = 2 }\n";
    let of = |spread: &str| {
        let parts = format!("{region}[service.a]\nreplicas = 4\ncores = 1\nspread = \"{spread}\"\n");
        let hosts = ["1.1.1", "1.1.2", "1.2.1", "1.2.2", "2.1.1", "2.1.2", "2.2.1", "2.2.2"];
        let on =
            |host: &&str| down(&parts, &format!("host.east.{host}"), &["a.1", "a.2", "a.3", "a.4"]).len();
        hosts.iter().map(on).collect::<Vec<_>>()
    };
    assert_eq!(of("pack"), [2, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(of("zones"), [2, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(of("racks"), [1, 0, 1, 0, 1, 0, 1, 0]);
    assert_eq!(of("hosts"), [1, 0, 1, 0, 1, 0, 1, 0]);
}

#[test]
fn a_release_waits_for_room() {
    // Two replicas of one core each and one more beside them: with room for that one the release takes two steps of 10 s.
    let parts = |cores: u32, more: &str| {
        hosts(1, &format!("cores = {cores}"))
            + &one_service(EVERY_TEN, "replicas = 2\ncores = 1\nstart = \"10s\"")
            + &format!("[deploy.d]\nservice = \"s\"\nat = \"20s\"\npolicy = \"rolling\"\n{more}\n")
    };
    let started = |cores: u32, more: &str| seen(&logged(100, &parts(cores, more)), "seat_started");
    let one_more = "surge = \"50%\"\nunavailable = \"0%\"";
    assert_eq!(started(3, one_more), [at(20.0, 3), at(30.0, 2)]);
    // Without it never begins; that two would be allowed beside them changes nothing.
    assert_eq!(started(2, one_more), []);
    let two_more = "surge = \"100%\"\nunavailable = \"0%\"";
    assert_eq!(started(4, two_more), [at(20.0, 3), at(20.0, 4)]);
    assert_eq!(started(3, two_more), started(3, one_more));
}
