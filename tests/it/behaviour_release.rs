//! Bad releases and the way back, in small scenarios without randomness.

use crate::behaviour::{expect, outcome, value};
use crate::behaviour_deploy::{four, turn, turns};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{scene, seen};
use ninefold::measure::{Culprit, Incident, Subject};
use ninefold::units::SimTime;

/// When each incident of a run of so many seconds began and ended, with its cause.
fn incidents(horizon: u32, parts: &str) -> Vec<(String, f64, Option<f64>)> {
    let found = outcome(horizon, parts);
    let told = |one: &Incident| {
        let Some(Culprit::Fault(fault)) = one.cause else { panic!("{one:?} has no fault behind it") };
        let outage = if matches!(one.subject, Subject::Fault(..)) { "" } else { "outage/" };
        let cause = format!("{outage}{}", found.names.causes[fault as usize]);
        (cause, one.start.as_secs(), one.recovered.map(SimTime::as_secs))
    };
    found.measurements[0].incidents.iter().map(told).collect()
}

fn incident(start: f64, end: Option<f64>) -> (String, f64, Option<f64>) {
    ("deploy.d".to_owned(), start, end)
}

/// Two releases of four replicas, all of them bad, the second of which is taken back 15 s after it begins.
fn two(at: u32, badness: &str) -> String {
    let policy = "policy = \"blue-green\"\nkeep_old = \"20s\"";
    let bad = format!("bad = \"100%\"\nbadness = {{ {badness} }}");
    let parts =
        four(&format!("{policy}\n{bad}")).replace("at = \"100s\"", &format!("at = [\"100s\", \"{at}s\"]"));
    let back = at + 15;
    format!("{parts}[monitor.m]\nkind = \"schedule\"\nat = \"{back}s\"\ndoes = \"deploy.d.rollback\"\n")
}

#[test]
fn each_bad_release_is_one_incident() {
    let parts =
        four("policy = \"rolling\"\nbad = \"100%\"\nbadness = { kind = \"error\", share = \"100%\" }");
    let parts = parts.replace("at = \"100s\"", "at = [\"100s\", \"200s\"]");
    // Both take 20 s to come out; the first is gone once the second is complete.
    assert_eq!(incidents(300, &parts), [incident(100.0, Some(220.0)), incident(200.0, None)]);
    expect(300, &parts, &[("deploy.d/bad_deploys", 2.0), ("fault.d:bad/incidents", 2.0)]);
    // The cause of an outage is told so too.
    let parts = format!(
        "{}bad = \"100%\"\nbadness = {{ kind = \"crash\", after = \"50s\" }}\n",
        four("policy = \"rolling\"")
    );
    let outage = ("outage/deploy.d".to_owned(), 150.0, None);
    assert_eq!(incidents(300, &parts), [incident(150.0, None), outage]);
    let lines = logged(300, &parts);
    assert_eq!(seen(&lines, "fault_began"), [(150.0, "deploy.d".to_owned())]);
}

#[test]
fn a_release_that_goes_on_has_its_own_clock() {
    // The first serves from 110 s to 160 s and again from 165 s on, when the second is taken back; it grows from 100 s on
    // and crashes 100 s later, whatever the second did.
    let leak = two(150, "kind = \"leak\", factor = 2, grows = \"100s\"");
    assert_eq!(incidents(300, &leak)[..2], [incident(100.0, None), incident(150.0, Some(165.0))]);
    // Nothing is refused before, and all is from 200 s on: two requests a second.
    let found = outcome(300, &leak);
    assert!((value(&found, "service.s/availability_time") - 200.0 / 300.0).abs() < 1e-9);
    // What has not shown when the next release begins shows at its own time, and the second never does.
    let late = two(150, "kind = \"crash\", after = \"100s\"");
    let outage = ("outage/deploy.d".to_owned(), 200.0, None);
    assert_eq!(incidents(300, &late), [incident(200.0, None), outage]);
}

#[test]
fn a_release_strikes_its_own_replicas_alone() {
    let parts = two(150, "kind = \"crash\", after = \"55s\"");
    // The first crashes at 155 s, and what takes over at 160 s is sound until its own time has come, at 205 s: there is no
    // way back to what has crashed.
    let outage = |start, end| ("outage/deploy.d".to_owned(), start, end);
    let told =
        [incident(155.0, None), outage(155.0, Some(160.0)), incident(205.0, None), outage(205.0, None)];
    assert_eq!(incidents(400, &parts), told);
}

/// A function with an alias that is called a thousand times in a hundred seconds, as is the function itself; its second
/// version answers with errors.
fn aliased(deploys: &str) -> String {
    let client = |name: &str, calls: &str| {
        let arrival = "arrival = { process = \"schedule\", every = \"100ms\", offset = \"50ms\" }";
        format!("[client.{name}]\ncalls = \"{calls}\"\n{arrival}\n")
    };
    let function = "[service.s]\ndemand = \"10ms\"\nfunction = {}\n\
                    versions = { v2 = { error_ratio = \"100%\" }, v3 = {} }\nalias = { live = { v1 = \"100%\" } }\n";
    format!("{}{}{function}{deploys}", client("c", "s:live"), client("w", "s"))
}

#[test]
fn a_release_moves_the_alias_that_it_names() {
    let deploy =
        "[deploy.d]\nservice = \"s:live\"\nat = \"100s\"\nversion = \"v2\"\npolicy = \"all-at-once\"\n";
    let failed = |alias: f64, others: f64| {
        let whole = |failed: f64| 1.0 - failed / 3_000.0;
        [("client.c/availability_request", whole(alias)), ("client.w/availability_request", whole(others))]
    };
    expect(300, &aliased(deploy), &failed(2_000.0, 0.0));
    // A release of the function moves what runs for others, and one of the other does not wait for it.
    let own = deploy.replace("s:live", "s");
    expect(300, &aliased(&own), &failed(0.0, 2_000.0));
    // The next release takes the place of what the alias stands for then.
    let next = deploy.replace("deploy.d", "deploy.e").replace("100s", "200s").replace("v2", "v3");
    expect(300, &aliased(&format!("{deploy}{next}")), &failed(1_000.0, 0.0));
    // What is taken back is what the alias stood for before.
    let back = "[monitor.m]\nkind = \"schedule\"\nat = \"250s\"\ndoes = \"deploy.e.rollback\"\n";
    let baked = next.replace("\"all-at-once\"", "\"all-at-once\"\nbake = \"80s\"");
    expect(300, &aliased(&format!("{deploy}{baked}{back}")), &failed(1_500.0, 0.0));
}

#[test]
fn a_canary_moves_a_share_of_an_alias() {
    let deploy = |policy: &str| {
        let text = format!(
            "[deploy.d]\nservice = \"s:live\"\nat = \"100s\"\nversion = \"v2\"\npolicy = \"{policy}\"\n"
        );
        value(&outcome(300, &aliased(&text)), "client.c/failures_error")
    };
    // A tenth of a thousand and then all, with a standard deviation of 9.5.
    let canary = deploy("canary\"\nshare = \"10%\"\nbake = \"100s");
    assert!((canary - 1_100.0).abs() < 38.0, "{canary}");
    // A quarter of 500, a half, three quarters, and then all of 500, with one of 17.
    let linear = deploy("linear\"\nshare = \"25%\"\nbake = \"50s");
    assert!((linear - 1_250.0).abs() < 68.0, "{linear}");
}

#[test]
fn a_bad_version_keeps_no_other_from_starting() {
    let deploy = |badness: &str| {
        format!(
            "[deploy.d]\nservice = \"s:live\"\nat = \"100s\"\nversion = \"v3\"\npolicy = \"all-at-once\"\n\
             bad = \"100%\"\nbadness = {{ {badness} }}\n"
        )
    };
    // Whoever names no alias gets new instances of the first version, as these are kept for less than until the next.
    let short = "function = { keep_alive = \"10ms\" }";
    let found = |badness: &str, more: &str| {
        let parts = aliased(&format!("{}{more}", deploy(badness)));
        outcome(300, &parts.replace("function = {}", short))
    };
    let failed = |badness: &str, more: &str| {
        let found = found(badness, more);
        assert_eq!(value(&found, "client.w/availability_request").to_bits(), 1.0_f64.to_bits(), "{badness}");
        3_000.0 * (1.0 - value(&found, "client.c/availability_request"))
    };
    assert!((failed("kind = \"crash\"", "") - 2_000.0).abs() < 1e-6);
    // A leak takes nothing down before it has grown, 90 s after the release.
    assert!((failed("kind = \"leak\", factor = 2, grows = \"90s\"", "") - 1_100.0).abs() < 1e-6);
    // Once the release is taken back the alias stands for the first version again.
    let back = "[monitor.m]\nkind = \"schedule\"\nat = \"150s\"\ndoes = \"deploy.d.rollback\"\n";
    let baked = |badness: &str| {
        let text = deploy(badness).replace("\"all-at-once\"", "\"all-at-once\"\nbake = \"80s\"");
        let parts = aliased(&format!("{text}{back}")).replace("function = {}", short);
        3_000.0 * (1.0 - value(&outcome(300, &parts), "client.c/availability_request"))
    };
    assert!((baked("kind = \"crash\"") - 500.0).abs() < 1e-6);
    assert!(baked("kind = \"leak\", factor = 2, grows = \"90s\"").abs() < 1e-6);
}

#[test]
fn who_waits_for_a_version_that_crashes_stands_in_nobodys_way() {
    // From 100 s on the alias stands for the third version, which takes 10 s to start and crashes at 150 s. What starts at
    // 127.5 s and 134.5 s serves all that come before 148.5 s: that one waits for a start then. Others need a new instance
    // for each request.
    let client = |name: &str, calls: &str, every: &str| {
        format!(
            "[client.{name}]\ncalls = \"{calls}\"\narrival = {{ process = \"schedule\", every = \"{every}\", offset = \"1500ms\" }}\n"
        )
    };
    let function = "[service.s]\ndemand = \"10ms\"\nfunction = { keep_alive = \"10ms\", waits = \"first\", pending = 0 }\n\
                    versions = { v3 = { start = \"10s\" } }\nalias = { live = { v1 = \"100%\" } }\n";
    let deploy = "[deploy.d]\nservice = \"s:live\"\nat = \"100s\"\nversion = \"v3\"\npolicy = \"all-at-once\"\n\
                  bad = \"100%\"\nbadness = { kind = \"crash\", after = \"50s\" }\n";
    let found =
        outcome(300, &format!("{}{}{function}{deploy}", client("c", "s:live", "7s"), client("w", "s", "1s")));
    assert_eq!(value(&found, "client.w/availability_request").to_bits(), 1.0_f64.to_bits());
    assert!((value(&found, "client.c/failures_reset") - 1.0).abs() < 1e-9, "who waited is told");
}

/// A linear release of ten replicas in steps of a fifth, taken back at this time.
fn linear(at: u32, more: &str) -> String {
    let service = "replicas = 10\ndemand = \"100ms\"\nstart = \"10s\"\n";
    let deploy = "[deploy.d]\nservice = \"s\"\nat = \"100s\"\npolicy = \"linear\"\nshare = \"20%\"\nbake = \"60s\"\n\
                  surge = \"100%\"\nunavailable = \"0%\"\n";
    let back = format!("[monitor.m]\nkind = \"schedule\"\nat = \"{at}s\"\ndoes = \"deploy.d.rollback\"\n");
    format!("{}{deploy}{more}{back}", scene(1.0, service))
}

#[test]
fn a_linear_release_goes_back_as_it_came() {
    // Two more at 100 s, at 170 s and at 240 s, each ready 10 s later; of these six, two go at a time.
    let lines = logged(600, &linear(280, "rollback = \"5s\"\n"));
    let times = |event: &str| seen(&lines, event).iter().map(|one| one.0).collect::<Vec<_>>();
    let went = [100.0, 100.0, 170.0, 170.0, 240.0, 240.0];
    let back = [285.0, 285.0, 355.0, 355.0, 425.0, 425.0];
    assert_eq!(times("seat_started"), [went, back].concat());
    assert_eq!(times("seat_gone"), [went, back].concat().iter().map(|at| at + 10.0).collect::<Vec<_>>());
    assert_eq!(turns(&lines).last(), Some(&turn(435.0, "rolled_back")));
    // What is taken back within a step goes on from there: two start that are not needed, and two go at once.
    let lines = logged(600, &linear(175, ""));
    let seats = |event: &str| seen(&lines, event).iter().map(|one| one.0).collect::<Vec<_>>();
    assert_eq!(seats("seat_gone"), [110.0, 110.0, 175.0, 175.0, 245.0, 245.0]);
    assert_eq!(seats("seat_started"), [100.0, 100.0, 170.0, 170.0, 235.0, 235.0]);
}
