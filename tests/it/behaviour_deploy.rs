//! Releases that take the place of others, in small scenarios without randomness.

use crate::behaviour::{expect, one_service};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{at, scene, seen};

/// Four replicas that start in 10 s, of which a release comes out at 100 s by a policy with these keys.
pub(crate) fn four(deploy: &str) -> String {
    let service = "replicas = 4\ndemand = \"100ms\"\nstart = \"10s\"\n";
    format!("{}[deploy.d]\nservice = \"s\"\nat = \"100s\"\n{deploy}\n", scene(0.5, service))
}

/// When each turn of a release was.
pub(crate) fn turns(lines: &[csv::StringRecord]) -> Vec<(f64, String)> {
    let is_turn = |event: &str| event.starts_with("release") || event.starts_with("roll");
    let found = lines.iter().filter(|line| &line[2] == "deploy.d" && is_turn(&line[1]));
    found.map(|line| (line[0].parse().unwrap(), line[1].to_owned())).collect()
}

pub(crate) fn turn(time: f64, event: &str) -> (f64, String) {
    (time, event.to_owned())
}

#[test]
fn a_rolling_release_exchanges_as_many_as_it_may() {
    let parts = four("policy = \"rolling\"");
    let lines = logged(300, &parts);
    // One more than wanted may be there and one may be missing: two start at a time, in the lowest empty seats.
    let started = [at(100.0, 5), at(100.0, 4), at(110.0, 3), at(110.0, 2)];
    assert_eq!(seen(&lines, "seat_started"), started);
    assert_eq!(seen(&lines, "seat_ready"), [at(110.0, 5), at(110.0, 4), at(120.0, 3), at(120.0, 2)]);
    assert_eq!(seen(&lines, "seat_gone"), [at(100.0, 4), at(110.0, 3), at(110.0, 2), at(120.0, 1)]);
    let told = [turn(100.0, "release_began"), turn(100.0, "release_step"), turn(120.0, "release_complete")];
    assert_eq!(turns(&lines), told);
    expect(
        300,
        &parts,
        &[
            ("deploy.d/deploys", 1.0),
            ("deploy.d/rollbacks", 0.0),
            ("deploy.d/deploy_time_mean", 20.0),
            ("service.s/replicas_mean", (300.0 * 4.0 - 20.0) / 300.0),
            ("service.s/replicas_present_mean", (300.0 * 4.0 + 20.0) / 300.0),
            ("client.c/availability_request", 1.0),
        ],
    );
}

#[test]
fn without_surge_the_old_ones_go_first() {
    let lines = logged(300, &four("policy = \"rolling\"\nsurge = \"0%\"\nunavailable = \"50%\""));
    assert_eq!(seen(&lines, "seat_gone"), [at(100.0, 4), at(100.0, 3), at(110.0, 2), at(110.0, 1)]);
    let lines = logged(300, &four("policy = \"rolling\"\nsurge = \"50%\"\nunavailable = \"0%\""));
    assert_eq!(seen(&lines, "seat_started"), [at(100.0, 5), at(100.0, 6), at(110.0, 4), at(110.0, 3)]);
    // In place, as AWS CodeDeploy does: one after the other, or half of them at a time.
    let in_place = |preset: &str| seen(&logged(300, &four(&format!("preset = \"{preset}\""))), "seat_gone");
    let one = [at(100.0, 4), at(110.0, 3), at(120.0, 2), at(130.0, 1)];
    assert_eq!(in_place("codedeploy-one-at-a-time"), one);
    let half = [at(100.0, 4), at(100.0, 3), at(110.0, 2), at(110.0, 1)];
    assert_eq!(in_place("codedeploy-half-at-a-time"), half);
    // Two start before any goes.
    assert_eq!(seen(&lines, "seat_gone"), [at(110.0, 4), at(110.0, 3), at(120.0, 2), at(120.0, 1)]);
}

#[test]
fn all_at_once_is_an_outage_as_long_as_a_start() {
    let parts = four("policy = \"all-at-once\"");
    let lines = logged(300, &parts);
    assert_eq!(seen(&lines, "seat_gone").len(), 4);
    assert_eq!(seen(&lines, "seat_ready"), [at(110.0, 4), at(110.0, 3), at(110.0, 2), at(110.0, 1)]);
    expect(
        300,
        &parts,
        &[("service.s/availability_time", 290.0 / 300.0), ("deploy.d/deploy_time_mean", 10.0)],
    );
}

#[test]
fn a_canary_is_watched_before_the_others_follow() {
    let lines = logged(300, &four("policy = \"canary\"\nbake = \"60s\""));
    let started = [at(100.0, 5), at(170.0, 4), at(170.0, 3), at(180.0, 2)];
    assert_eq!(seen(&lines, "seat_started"), started);
    let told = [
        turn(100.0, "release_began"),
        turn(100.0, "release_step"),
        turn(170.0, "release_step"),
        turn(190.0, "release_complete"),
    ];
    assert_eq!(turns(&lines), told);
    let lines = logged(300, &four("policy = \"linear\"\nshare = \"50%\"\nbake = \"20s\""));
    let steps: Vec<f64> = seen(&lines, "release_step").iter().map(|one| one.0).collect();
    assert_eq!(steps, [100.0, 130.0]);
}

#[test]
fn blue_and_green_change_places_at_once() {
    let parts = four("policy = \"blue-green\"\nkeep_old = \"50s\"");
    let lines = logged(300, &parts);
    let all = |time, first| (first..first + 4).map(|replica| at(time, replica)).collect::<Vec<_>>();
    assert_eq!(seen(&lines, "seat_started"), all(100.0, 5));
    assert_eq!(seen(&lines, "seat_ready"), all(110.0, 5));
    assert_eq!(seen(&lines, "seat_draining"), all(110.0, 1));
    assert_eq!(seen(&lines, "seat_gone"), all(160.0, 1));
    assert_eq!(turns(&lines).last(), Some(&turn(110.0, "release_complete")));
    let present = (300.0 * 4.0 + 60.0 * 4.0) / 300.0;
    expect(300, &parts, &[("service.s/replicas_present_mean", present), ("service.s/start_mean", 10.0)]);
}

/// Releases of which the second version answers with errors: an alarm on the whole service takes it back.
fn bad(policy: &str, more: &str) -> String {
    let alarm = "[monitor.errors]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"20%\"\nperiod = \"10s\"\n";
    let badness = "bad = \"100%\"\nbadness = { kind = \"error\", share = \"100%\" }\nrollback_on = [\"monitor.errors\"]\n";
    format!("{}{more}\n{badness}{alarm}", four(&format!("policy = \"{policy}\"")))
}

#[test]
fn an_alarm_takes_a_release_back() {
    // One of four answers with errors from 110 s on: 25 % of the period that ends at 120 s.
    let parts = bad("canary", "bake = \"60s\"\nrollback = \"5s\"");
    let lines = logged(300, &parts);
    let told = [
        turn(100.0, "release_began"),
        turn(100.0, "release_step"),
        turn(120.0, "rollback_began"),
        // The pace back is that of the way there: one starts beside the others, and the bad one goes at once.
        turn(135.0, "rolled_back"),
    ];
    assert_eq!(turns(&lines), told);
    assert_eq!(seen(&lines, "seat_started"), [at(100.0, 5), at(125.0, 4)]);
    // A fourth of the requests of 15 s, the first of them among it.
    let failed = 8.0;
    expect(
        300,
        &parts,
        &[
            ("deploy.d/bad_deploys", 1.0),
            ("deploy.d/rollbacks", 1.0),
            ("deploy.d/rollbacks_false", 0.0),
            ("deploy.d/bad_passed_ratio", 0.0),
            ("client.c/failures_error", failed),
            ("deploy.d/exposure", failed),
            ("fault.d:bad/incidents", 1.0),
            ("fault.d:bad/mttd", 20.0),
            ("fault.d:bad/mttr", 35.0),
        ],
    );
}

#[test]
fn a_verb_takes_a_release_back_as_an_alarm_does() {
    let parts = bad("canary", "bake = \"60s\"\nrollback = \"5s\"");
    let verb = parts.replace("rollback_on = [\"monitor.errors\"]\n", "");
    let verb = format!("{verb}does = \"deploy.d.rollback\"\n");
    assert_ne!(parts, verb);
    assert_eq!(turns(&logged(300, &parts)), turns(&logged(300, &verb)));
    // Who decides first needs time of his own; and of a release that is settled nothing is left to take back.
    let late = format!("{verb}respond = \"7s\"\n");
    assert_eq!(turns(&logged(300, &late))[2], turn(127.0, "rollback_began"));
    let settled =
        verb.replace("policy = \"canary\"", "policy = \"all-at-once\"").replace("bake = \"60s\"", "");
    assert_eq!(turns(&logged(400, &settled)).last(), Some(&turn(110.0, "release_complete")));
}

#[test]
fn who_is_to_take_a_release_back_responds_first() {
    let began = |parts: &str| {
        let all = turns(&logged(400, parts));
        all.into_iter().filter(|(_, event)| event == "rollback_began").map(|(at, _)| at).collect::<Vec<_>>()
    };
    let parts = bad("canary", "bake = \"60s\"\nrollback = \"5s\"");
    // What the alarm does else changes nothing, and what is named twice is done once.
    for does in ["", "does = \"notify\"", "does = \"deploy.d.rollback\"", "does = [\"recover\"]"] {
        let parts = format!("{parts}respond = \"7s\"\n{does}\n");
        assert_eq!(began(&parts), [127.0], "{does}");
        // A fourth of the requests of 22 s.
        let acted = ("monitor.errors/actions", 1.0);
        expect(400, &parts, &[("deploy.d/exposure", 11.0), ("deploy.d/rollbacks", 1.0), acted]);
    }
    assert_eq!(began(&parts), [120.0]);
    // The step is over at 170 s; the next one waits for who is deciding.
    let long = turns(&logged(400, &format!("{parts}respond = \"2min\"\n")));
    assert_eq!(long[1..3], [turn(100.0, "release_step"), turn(240.0, "rollback_began")]);
    assert!(began(&format!("{parts}covers = \"0%\"\n")).is_empty());
}

#[test]
fn a_release_goes_on_when_nobody_decides_any_more() {
    // All fail from 161.5 s to 176.5 s, whatever they run: the alarm is raised when the step is over, and over at 190 s.
    let parts = bad("canary", "bake = \"60s\"").replace("bad = \"100%\"\n", "bad = \"0%\"\n");
    let fault =
        "[fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"161500ms\"\nlasts = \"15s\"\n";
    let second = |keys: &str| turns(&logged(400, &format!("{parts}{keys}\n{fault}")))[2].clone();
    assert_eq!(second(""), turn(170.0, "rollback_began"));
    assert_eq!(second("respond = \"1min\""), turn(230.0, "rollback_began"));
    assert_eq!(second("respond = \"1min\"\ncancels = true"), turn(190.0, "release_step"));
}

#[test]
fn an_alarm_of_before_a_release_is_heard_of_when_a_step_is_over() {
    // All fail from 91.5 s on: the alarm is raised at 100 s, and who hears of it then decides before the release is out.
    let parts =
        bad("canary", "bake = \"60s\"").replace("bad = \"100%\"\n", "bad = \"0%\"\nbuild = \"15s\"\n");
    let fault =
        "[fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"91500ms\"\nlasts = \"5min\"\n";
    let parts = format!("{parts}respond = \"10s\"\n{fault}");
    // Out at 115 s, ready at 125 s, and watched until 185 s.
    assert_eq!(
        turns(&logged(400, &parts))[1..3],
        [turn(115.0, "release_step"), turn(195.0, "rollback_began")]
    );
    // Another is watched until 190 s, while somebody decides about the first, and is decided about after that.
    let other = "[service.t]\nreplicas = 4\ndemand = \"100ms\"\nstart = \"10s\"\n[deploy.e]\nservice = \"t\"\nat = \"100s\"\n\
                 policy = \"canary\"\nbake = \"60s\"\nbuild = \"20s\"\nrollback_on = [\"monitor.errors\"]\n";
    let lines = logged(400, &format!("{parts}{other}"));
    let back = [(195.0, "deploy.d".to_owned()), (205.0, "deploy.e".to_owned())];
    assert_eq!(seen(&lines, "rollback_began"), back);
}

#[test]
fn who_was_kept_takes_over_at_once() {
    let lines = logged(300, &bad("blue-green", "keep_old = \"50s\""));
    let all = |time, first| (first..first + 4).map(|replica| at(time, replica)).collect::<Vec<_>>();
    assert_eq!(seen(&lines, "seat_ready"), [all(110.0, 5), all(120.0, 1)].concat());
    assert_eq!(turns(&lines).last(), Some(&turn(120.0, "rolled_back")));
    // All that came between failed, and nothing after.
    let failed = seen(&lines, "attempt_ended");
    assert!(!failed.is_empty());
    let errors: Vec<f64> = lines
        .iter()
        .filter(|line| &line[1] == "attempt_ended" && line.iter().any(|field| field == "error"))
        .map(|line| line[0].parse().unwrap())
        .collect();
    assert!(errors.iter().all(|time| (110.0..=120.2).contains(time)), "{errors:?}");
    assert_eq!(errors.len(), 20);
}

#[test]
fn replicas_run_the_version_that_was_brought_out() {
    let service = "replicas = 2\ndemand = \"100ms\"\nstart = \"10s\"\nversions = { v2 = { demand = \"300ms\", start = \"20s\" } }\n";
    let deploys = "[deploy.d]\nservice = \"s\"\nat = \"100s\"\nversion = \"v2\"\npolicy = \"blue-green\"\nkeep_old = \"0s\"\n\
                   [deploy.e]\nservice = \"s\"\nat = \"200s\"\nversion = \"v1\"\npolicy = \"blue-green\"\nkeep_old = \"0s\"\n";
    let parts = format!("{}{deploys}", scene(1.0, service));
    // 119 requests and the one at 120 s before the switch, 90 until that at 210 s.
    expect(
        300,
        &parts,
        &[
            ("client.c/latency_max", 0.3),
            ("client.c/latency_mean", (119.0 * 0.1 + 90.0 * 0.3 + 90.0 * 0.1) / 299.0),
        ],
    );
}

#[test]
fn requests_of_a_function_move_by_shares() {
    let function = "demand = \"100ms\"\nfunction = {}\nversions = { v2 = { error_ratio = \"100%\" } }\n";
    let alarm = "[monitor.errors]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"5%\"\nperiod = \"60s\"\n";
    let client = "arrival = { process = \"renewal\", between = \"10ms\" }";
    let deploy = "[deploy.d]\nservice = \"s\"\nat = \"60s\"\nversion = \"v2\"\npolicy = \"canary\"\n";
    let parts =
        format!("{}{alarm}{deploy}rollback_on = [\"monitor.errors\"]\n", one_service(client, function));
    let lines = logged(300, &parts);
    let told = [
        turn(60.0, "release_began"),
        turn(60.0, "release_step"),
        turn(120.0, "rollback_began"),
        turn(120.0, "rolled_back"),
    ];
    assert_eq!(turns(&lines), told);
    let failed = lines
        .iter()
        .filter(|line| &line[1] == "attempt_ended" && line.iter().any(|field| field == "error"))
        .count();
    // A tenth of 6,000, with a standard deviation of 23.
    assert!(failed.abs_diff(600) < 93, "{failed}");
}

#[test]
fn tests_catch_what_is_bad_before_it_comes_out() {
    let parts = four(
        "policy = \"rolling\"\nbuild = \"10s\"\nbad = \"100%\"\ngate = \"100%\"\nbadness = { kind = \"slow\", factor = 2 }",
    );
    let lines = logged(300, &parts);
    assert_eq!(turns(&lines), [turn(100.0, "release_began"), turn(110.0, "release_caught")]);
    assert!(seen(&lines, "seat_started").is_empty());
    expect(300, &parts, &[("deploy.d/deploys_caught", 1.0), ("deploy.d/bad_deploys", 0.0)]);
}

#[test]
fn replicas_of_a_release_that_crash_stop_it() {
    let parts = four("policy = \"rolling\"\nbad = \"100%\"\nbadness = { kind = \"crash\" }");
    let lines = logged(300, &parts);
    // Two were exchanged before anybody could see it, and three of four serve for ever.
    assert_eq!(seen(&lines, "seat_started"), [at(100.0, 5), at(100.0, 4)]);
    assert_eq!(turns(&lines).len(), 2);
    expect(300, &parts, &[("service.s/replicas_mean", (300.0 * 4.0 - 200.0) / 300.0)]);
}

#[test]
fn a_leak_slows_replicas_down_and_crashes_them() {
    // It shows when the release comes out, grows by a tenth every ten seconds, and ends after 200 s.
    let parts = four(
        "policy = \"rolling\"\nbad = \"100%\"\nbadness = { kind = \"leak\", factor = 3, grows = \"200s\" }",
    );
    expect(300, &parts, &[("client.c/latency_max", 0.29), ("client.c/availability_request", 1.0)]);
    let crashed = [
        // Twenty seconds without one of four, and from 300 s on without any.
        ("service.s/replicas_mean", (300.0 * 4.0 - 20.0) / 400.0),
        ("client.c/failures_connect", 200.0),
        ("deploy.d/releases_per_day", 86_400.0 / 400.0),
        ("deploy.d/exposure", 200.0),
        ("deploy.d/exposure_per_deploy", 200.0),
    ];
    expect(400, &parts, &crashed);
    // What shows later grows later: by 300 s there is half of the time left.
    let late = parts.replace("grows", "after = \"100s\", grows");
    expect(300, &late, &[("client.c/latency_max", 0.19)]);
}

#[test]
fn a_release_waits_for_the_one_before() {
    // When they are due is drawn, so the file says nothing of it: always at 105 s.
    let other = "[deploy.e]\nservice = \"s\"\nevery = \"105s\"\npolicy = \"rolling\"\n";
    let lines = logged(200, &format!("{}{other}", four("policy = \"rolling\"")));
    let begun: Vec<(f64, String)> = seen(&lines, "release_began");
    assert_eq!(begun, [(100.0, "deploy.d".to_owned()), (120.0, "deploy.e".to_owned())]);
    let again = four("policy = \"rolling\"").replace("at = \"100s\"", "every = \"100s\"");
    let begun: Vec<f64> = seen(&logged(350, &again), "release_began").iter().map(|one| one.0).collect();
    assert_eq!(begun, [100.0, 200.0, 300.0]);
}
