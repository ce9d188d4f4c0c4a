//! Copies of data in another place, in small scenarios whose answers are known exactly.

use crate::behaviour::expect;
use crate::behaviour_resilience::logged;

/// Two regions 50 ms apart with a replica of a service each, and a client in each that writes to its own at 0.5 s, 1.5 s, ...;
/// the copy is in the second.
fn two(replication: &str, more: &str) -> String {
    let client = |name: &str| {
        format!(
            "[client.{name}]\nregion = \"{name}\"\ncalls = \"db\"\n\
             arrival = {{ process = \"schedule\", every = \"1s\", offset = \"500ms\" }}\n"
        )
    };
    format!(
        "[region.a]\n[region.b]\n[network]\nbetween_regions = \"50ms\"\n{}{}\
         [service.db]\ndemand = \"10ms\"\nconcurrency = \"unlimited\"\neffects = true\n\
         data = {{ size = \"1GB\", writes = \"effects\" }}\n\
         replicas = {{ a = 1, b = 1 }}\nbalancing = {{ locality = \"region\" }}\n\
         [replication.r]\nof = \"service.db\"\nfrom = \"region.a\"\nto = \"region.b\"\n{replication}\n{more}",
        client("a"),
        client("b")
    )
}

/// The regions cannot reach each other from 20 s to 40 s.
const CUT: &str = "[fault.cut]\nkind = \"partition\"\nfrom = \"region.a\"\nto = \"region.b\"\nat = \"20s\"\nlasts = \"20s\"\n";

/// Nobody in the first region is up from 20 s to 40 s.
const DOWN: &str = "[fault.down]\nkind = \"crash\"\non = \"service.db.1\"\nat = \"20s\"\nlasts = \"20s\"\n";

/// The copy is promoted at an instant.
fn promoted(at: &str) -> String {
    format!(
        "[service.bell]\nregion = \"a\"\n[fault.bell]\nkind = \"hang\"\non = \"service.bell\"\nat = \"{at}\"\nrecovery = \"failover\"\n\
         [recovery.failover]\npolicy = \"sequence\"\n\
         operations = [{{ time = \"0s\", does = [\"service.db.data.promote\"] }}]\n"
    )
}

#[test]
fn a_write_goes_where_the_original_is() {
    let own = [("client.a/latency_mean", 0.01), ("client.b/latency_mean", 0.11)];
    expect(20, &two("lag = \"0s\"", ""), &own);
    let both = [("client.a/latency_mean", 0.11), ("client.b/latency_mean", 0.11)];
    expect(20, &two("mode = \"sync\"", ""), &both);
    // After a handover it is on the other side, and nothing is lost by that.
    let moved = two("lag = \"2s\"", &promoted("9s"));
    let wanted = [
        ("client.a/latency_mean", (9.0 * 0.01 + 11.0 * 0.11) / 20.0),
        ("client.b/latency_mean", (9.0 * 0.11 + 11.0 * 0.01) / 20.0),
        ("service.db/data_failovers", 1.0),
        ("service.db/lost_writes", 0.0),
        ("service.db/rpo_mean", 0.0),
    ];
    expect(20, &moved, &wanted);
    // And back again.
    let back = two(
        "lag = \"2s\"",
        &(promoted("9s") + &promoted("15s").replace("bell", "gong").replace("failover", "failback")),
    );
    expect(20, &back, &[("client.a/latency_mean", (14.0 * 0.01 + 6.0 * 0.11) / 20.0)]);
}

#[test]
fn a_cut_stops_writes_or_lets_the_copy_fall_behind() {
    let own = [("client.a/availability_request", 1.0), ("client.b/failures_error", 20.0)];
    expect(60, &two("lag = \"2s\"", CUT), &own);
    expect(60, &two("mode = \"sync\"\non_partition = \"degrade\"", CUT), &own);
    let all = [("client.a/failures_error", 20.0), ("client.b/failures_error", 20.0)];
    expect(60, &two("mode = \"sync\"", CUT), &all);
    // A copy that nobody serves is out of reach too.
    let second = DOWN.replace("db.1", "db.2");
    expect(60, &two("mode = \"sync\"", &second), &[("client.a/failures_error", 20.0)]);
    expect(60, &two("lag = \"2s\"", &second), &[("client.a/availability_request", 1.0)]);
}

#[test]
fn a_copy_that_takes_over_lacks_what_did_not_get_to_it() {
    let at = |replication: &str, fault: &str, more: &[(&str, f64)]| {
        let parts = two(replication, &format!("{fault}{}", promoted("30s")));
        expect(60, &parts, &[&[("service.db/data_failovers", 1.0)], more].concat());
    };
    // Up to 18 s it has all; of the first region the writes of 18.5 s to 29.5 s are lost, and of the second those of 18.5 s and
    // 19.5 s, as it passed them on.
    let behind = [("service.db/rpo_mean", 12.0), ("service.db/lost_writes", 14.0)];
    at("lag = \"2s\"", CUT, &[&behind[..], &[("client.a/failures_error", 10.0)]].concat());
    // Without a lag it is those since the cut.
    let since = [("service.db/rpo_mean", 10.0), ("service.db/lost_writes", 10.0)];
    at("mode = \"sync\"\non_partition = \"degrade\"", CUT, &since);
    // What stops has nothing to lose.
    let stopped = [
        ("service.db/rpo_mean", 0.0),
        ("service.db/lost_writes", 0.0),
        ("client.a/failures_error", 20.0),
        ("client.b/failures_error", 10.0),
    ];
    at("mode = \"sync\"", CUT, &stopped);
    // An original that is down takes nothing: what it had not passed on is lost.
    let down = [("service.db/rpo_mean", 2.0), ("service.db/lost_writes", 4.0)];
    at("lag = \"2s\"", DOWN, &down);
    let contract =
        "[objective]\n\"service.db/rpo_within_1s\" = \">= 50%\"\n\"service.db/rpo_within_2s\" = \">= 50%\"\n";
    let kept = [("service.db/rpo_within_1s", 0.0), ("service.db/rpo_within_2s", 1.0)];
    at("lag = \"2s\"", &format!("{DOWN}{contract}"), &kept);
    // Nobody can take over from who is cut off with a copy that is down.
    let both = two("lag = \"2s\"", &format!("{}{}", DOWN.replace("db.1", "db.2"), promoted("30s")));
    expect(60, &both, &[("service.db/data_failovers", 0.0)]);
}

#[test]
fn two_originals_settle_what_only_one_has() {
    let split = |conflicts: &str, more: &[(&str, f64)]| {
        let copy = format!("lag = \"2s\"\nfencing = false\n{conflicts}");
        expect(60, &two(&copy, &format!("{CUT}{}", promoted("30s"))), more);
    };
    // Those of 18.5 s to 29.5 s and the first region's of 30.5 s to 39.5 s.
    let discarded = [
        ("service.db/conflicting_writes", 24.0),
        ("service.db/lost_writes", 24.0),
        ("client.a/availability_request", 1.0),
        ("client.b/failures_error", 10.0),
        ("client.a/latency_mean", (40.0 * 0.01 + 20.0 * 0.11) / 60.0),
    ];
    split("", &discarded);
    split("conflicts = \"discard\"", &discarded);
    split(
        "conflicts = \"count\"",
        &[("service.db/conflicting_writes", 24.0), ("service.db/lost_writes", 0.0)],
    );
}

#[test]
fn the_log_tells_who_was_promoted() {
    let lines = logged(40, &two("lag = \"2s\"", &promoted("9s")));
    let told: Vec<(&str, &str)> =
        lines.iter().filter(|line| &line[1] == "copy_promoted").map(|line| (&line[0], &line[1])).collect();
    assert_eq!(told.len(), 1);
    assert!((told[0].0.parse::<f64>().unwrap() - 9.0).abs() < 1e-9);
}
