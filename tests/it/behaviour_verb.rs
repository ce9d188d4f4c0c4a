//! Operations of a recovery that end with what they do, in small scenarios without randomness.

use ninefold::scenario::{self, Places, Source};

use crate::audit;
use crate::behaviour::{outcome, value};
use crate::behaviour_deploy::{four, turn, turns};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::{scene, seen};

/// A fault of a service at 200 s, whose recovery does something after 10 s and then takes 20 s more.
fn mended(on: &str, kind: &str, verb: &str) -> String {
    format!(
        "[fault.f]\nkind = {kind}\non = \"{on}\"\nat = \"200s\"\nrecovery = \"r\"\n\
         [recovery.r]\npolicy = \"sequence\"\noperations = [{{ time = \"10s\", does = \"{verb}\" }}, {{ time = \"20s\" }}]\n"
    )
}

const SLOW: &str = "\"slow\"\nfactor = 1.5";

/// When each fault of that name ended.
fn ended(parts: &str) -> Vec<f64> {
    let lines = logged(600, parts);
    seen(&lines, "fault_ended").iter().filter(|one| one.1 == "fault.f").map(|one| one.0).collect()
}

#[test]
fn an_operation_ends_when_its_release_is_taken_back() {
    let deploy = four("policy = \"rolling\"\nbake = \"200s\"\nrollback = \"7s\"");
    let parts = format!("{deploy}{}", mended("service.s", SLOW, "deploy.d.rollback"));
    // 7 s to decide, and twice a start for four replicas.
    let lines = logged(600, &parts);
    assert_eq!(turns(&lines).last(), Some(&turn(237.0, "rolled_back")));
    assert_eq!(ended(&parts), [257.0]);
    // Nothing is out that could be taken back.
    let settled = parts.replace("bake = \"200s\"", "bake = \"20s\"");
    assert_eq!(ended(&settled), [230.0]);
}

#[test]
fn an_operation_ends_when_its_replicas_serve() {
    let scaled = "autoscaling = { policy = \"scheduled\", plan = [{ at = \"1h\", replicas = 2 }], min = 1, max = 5 }\n";
    let fleet = scene(1.0, &format!("replicas = 2\ndemand = \"100ms\"\nstart = \"15s\"\n{scaled}"));
    let with = |verb| format!("{fleet}{}", mended("service.s", SLOW, verb));
    for verb in ["service.s.scale(+2)", "service.s.restart", "service.s.replace"] {
        assert_eq!(ended(&with(verb)), [245.0], "{verb}");
    }
    // These take no time.
    assert_eq!(ended(&with("service.s.throttle(50/s)")), [230.0]);
    assert_eq!(ended(&with("service.s.avoid()")), [230.0]);
    // Each takes its time at once: the longer of the two is waited for.
    let both = with("service.s.restart")
        .replace("does = \"service.s.restart\"", "does = [\"service.s.restart\", \"service.s.throttle()\"]");
    assert_eq!(ended(&both), [245.0]);
    // A replica that goes may finish what it has: 3 s of work at two thirds of the speed, in turn.
    let busy = "demand = \"3s\"\nconcurrency = 10\nbalancing = \"round-robin\"";
    // The last one at 208 s.
    let late = with("service.s.scale(-1)").replace("demand = \"100ms\"", busy);
    assert_eq!(ended(&late), [232.5]);
}

#[test]
fn an_operation_does_not_wait_for_what_a_fault_keeps_from_starting() {
    // All replicas crash with the service, those that start meanwhile too: until it is over none serves.
    let scaled = "autoscaling = { policy = \"scheduled\", plan = [{ at = \"1h\", replicas = 2 }], min = 1, max = 5 }\n";
    let fleet = scene(1.0, &format!("replicas = 2\ndemand = \"100ms\"\nstart = \"15s\"\n{scaled}"));
    assert_eq!(ended(&format!("{fleet}{}", mended("service.s", "\"crash\"", "service.s.restart"))), [230.0]);
    let deploy = four("policy = \"rolling\"\nbake = \"200s\"");
    let parts = format!("{deploy}{}", mended("service.s", "\"crash\"", "deploy.d.rollback"));
    assert_eq!(ended(&parts), [230.0]);
}

#[test]
fn an_operation_ends_with_its_switch() {
    let service =
        "replicas = 3\nactive = 2\nstandby = { switch = \"7s\", coverage = \"100%\" }\ndemand = \"100ms\"\n";
    let parts =
        format!("{}{}", scene(1.0, service), mended("service.s.1", SLOW, "service.s.standby.failover"));
    assert_eq!(ended(&parts), [237.0]);
}

#[test]
fn an_operation_that_is_dropped_waits_for_nothing() {
    // The other one of the race is over first; what the first began goes on.
    let deploy = four("policy = \"rolling\"\nbake = \"200s\"\nrollback = \"7s\"");
    let mended = mended("service.s", SLOW, "deploy.d.rollback").replace("sequence", "race");
    let parts = format!("{deploy}{mended}");
    assert_eq!(ended(&parts), [220.0]);
    assert_eq!(turns(&logged(600, &parts)).last(), Some(&turn(237.0, "rolled_back")));
}

#[test]
fn replicas_of_a_fleet_that_does_not_change_are_begun_anew() {
    let fleet = scene(1.0, "replicas = 2\ndemand = \"100ms\"\nstart = \"30s\"\n");
    let at_100 = |verb: &str| {
        format!("{fleet}[monitor.m]\nkind = \"schedule\"\nat = \"100s\"\ndoes = \"service.s.{verb}\"\n")
    };
    // Nobody serves while both start.
    let whole = outcome(300, &at_100("restart"));
    assert!((value(&whole, "service.s/availability_time") - 0.9).abs() < 1e-9);
    assert!((value(&whole, "service.s/starts") - 2.0).abs() < 1e-9);
    // One serves while the other does.
    let one = outcome(300, &at_100("replace"));
    assert!((value(&one, "service.s/availability_time") - 1.0).abs() < 1e-9);
    assert!((value(&one, "service.s/replicas_mean") - (2.0 - 30.0 / 300.0)).abs() < 1e-9);
    // The one that has crashed is replaced, and what struck it is over.
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"90s\"\n";
    let lines = logged(300, &format!("{}{crash}", at_100("replace")));
    assert_eq!(seen(&lines, "fault_ended").first().map(|one| one.0), Some(100.0));
    // As an operation of its recovery, which is over when it serves again.
    let own = mended("service.s.2", "\"crash\"", "service.s.replace");
    let lines = logged(600, &format!("{fleet}{own}"));
    assert_eq!(seen(&lines, "seat_gone").first().map(|one| one.0), Some(210.0));
}

#[test]
fn books_agree_where_a_fleet_is_begun_anew_again_and_again() {
    let text = "[run]\nhorizon = \"2000s\"\nruns = 1\nseed = 5\n\
        [region.east]\nzones = 2\n\
        [client.c]\narrival = { process = \"poisson\", rate = \"8/s\" }\ncalls = \"s\"\ntimeout = \"2s\"\n\
        retry = { policy = \"fixed\", delay = \"100ms\", attempts = 3 }\n\
        [service.s]\nreplicas = 3\nstart = { distribution = \"exponential\", mean = \"2s\" }\n\
        demand = { distribution = \"exponential\", mean = \"300ms\" }\n\
        health_check = { interval = \"1s\", timeout = \"500ms\" }\n\
        [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
        time_to_failure = { distribution = \"exponential\", mean = \"60s\" }\n\
        time_to_repair = { distribution = \"exponential\", mean = \"10s\" }\n\
        [fault.zone]\nkind = \"crash\"\non = \"zone.east.1\"\n\
        time_to_failure = { distribution = \"exponential\", mean = \"200s\" }\n\
        time_to_repair = { distribution = \"exponential\", mean = \"5s\" }\n\
        [monitor.a]\nkind = \"schedule\"\nevery = \"37s\"\ndoes = \"service.s.replace\"\n\
        [monitor.b]\nkind = \"schedule\"\nevery = \"101s\"\ndoes = \"service.s.restart\"\n";
    let source = Source { name: "verb.toml".to_owned(), text: text.to_owned() };
    let scenario = scenario::load(source, &[], &Places::default()).expect("it is sound");
    let (measured, audit) = audit::run(&scenario);
    audit::agree(&scenario, &measured, &audit);
    // 54 replaced, 19 times three begun anew, and whatever crashed meanwhile.
    let starts = measured.services[0].fleet.as_ref().expect("it changes").starts;
    assert!((54 + 19 * 3 - 3..54 + 19 * 3 + 3).contains(&starts), "{starts}");
}

#[test]
fn who_is_given_up_takes_nothing_more() {
    for verb in ["restart", "replace"] {
        // What is lost at 12 s goes to the same replica again at once: balancers hear a second later that it is gone.
        let parts = format!(
            "[client.c]\narrival = {{ process = \"renewal\", between = \"10s\" }}\n\
             calls = [{{ service = \"s\", fallback = {{ service = \"s\" }} }}]\n\
             [service.s]\ndemand = \"8s\"\nstart = \"1s\"\nbalancing = {{ policy = \"random\", discovery = \"1s\" }}\n\
             [monitor.m]\nkind = \"schedule\"\nat = \"12s\"\ndoes = \"service.s.{verb}\"\n"
        );
        let found = outcome(19, &parts);
        assert_eq!(found.measurements[0].clients[0].unfinished, 0, "{verb}");
        assert!((value(&found, "client.c/latency_all_mean") - 2.0).abs() < 1e-9, "{verb}");
        assert!((value(&found, "client.c/amplification") - 2.0).abs() < 1e-9, "{verb}");
    }
}
