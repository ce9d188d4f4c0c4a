//! Who notices a fault and acts on it, and when it was decided to: faults that pass by themselves, that stay, and that are ended by
//! what an alarm does.

use ninefold::experiment::Outcome;
use ninefold::measure::{Incident, Subject};
use ninefold::units::SimTime;

use crate::monitor_actions::{outcome, times, value};

/// Two replicas asked in turn, each every two seconds and at whole seconds.
fn pair(service: &str, parts: &str) -> String {
    format!(
        "[run]\nhorizon = \"20min\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\nreplicas = 2\ndemand = \"100ms\"\nbalancing = {{ policy = \"round-robin\", knowledge = \"checked\" }}\n\
         {service}\n{parts}\n"
    )
}

fn of_fault(outcome: &Outcome, fault: u32) -> Incident {
    let mut rows = outcome.measurements[0].incidents.iter();
    rows.find(|one| matches!(one.subject, Subject::Fault(number, _) if number == fault)).unwrap().clone()
}

/// When the first fault was detected, decided about, and over.
fn known(outcome: &Outcome) -> [Option<f64>; 3] {
    let one = of_fault(outcome, 0);
    [one.detected, one.decided, one.recovered].map(|at| at.map(SimTime::as_secs))
}

const ERRORS: &str =
    "[fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s.1\"\nat = \"150500ms\"\nlasts = \"300s\"\n";

#[test]
fn what_nobody_notices_has_no_time_of_detection() {
    let alarm = "[monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"10%\"\ndoes = \"notify\"\n";
    // It passes, it stays, and of who is only notified nobody acts.
    for (parts, ends) in [
        (ERRORS.to_owned(), Some(450.5)),
        (ERRORS.replace("lasts = \"300s\"\n", ""), None),
        (format!("{ERRORS}{alarm}"), Some(450.5)),
        (ERRORS.replace("at = \"150500ms\"", "time_to_failure = \"900s\""), Some(1200.0)),
    ] {
        let found = outcome(&pair("", &parts));
        let [detected, decided, over] = known(&found);
        assert_eq!([detected, decided], [None; 2], "{parts}");
        assert_eq!(over, ends.filter(|at| *at < 1200.0), "{parts}");
        for metric in ["mttd", "share_detecting", "share_deciding", "time_to_decide"] {
            assert_eq!(value(&found, &format!("fault.f/{metric}")), None, "{metric} {parts}");
        }
        assert!(times(&pair("", &parts), "fault_detected").is_empty());
    }
}

#[test]
fn a_mark_is_the_detection_of_what_passes() {
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"100s\"\nlasts = \"5min\"\n";
    let text = pair("health_check = { interval = \"10s\", timeout = \"5s\", unhealthy_after = 3 }", crash);
    let marked = times(&text, "replica_marked_down")[0];
    assert!((120.0..=130.0).contains(&marked), "{marked}");
    let found = outcome(&text);
    assert_eq!(known(&found), [Some(marked), Some(marked), Some(400.0)]);
    assert!((value(&found, "fault.f/mttd").unwrap() - (marked - 100.0)).abs() < 1e-9);
    assert_eq!(times(&text, "fault_detected"), [marked]);
    // A check sees no slowness, unless it waits behind the requests.
    let slow = crash.replace("\"crash\"", "\"slow\"\nfactor = 200");
    let check =
        "health_check = { interval = \"10s\", timeout = \"5s\", unhealthy_after = 3, through = \"queue\" }";
    assert_eq!(known(&outcome(&pair("", &slow)))[0], None);
    let seen = known(&outcome(&pair(check, &slow)))[0].unwrap();
    assert!((125.0..=136.0).contains(&seen), "{seen}");
}

#[test]
fn an_ejection_is_the_detection_of_what_passes() {
    let text = pair("outlier_detection = { policy = \"failure-accrual\", consecutive_failures = 3 }", ERRORS);
    let ejected = times(&text, "replica_ejected")[0];
    // Its third failure.
    assert!((155.0..157.0).contains(&ejected), "{ejected}");
    assert_eq!(known(&outcome(&text))[..2], [Some(ejected); 2]);
}

#[test]
fn what_an_alarm_ends_is_detected_and_decided_about() {
    // Wrong is half of the third minute, 30 of 60 requests of which every second fails.
    let alarm = |keys: &str| {
        format!(
            "[monitor.m]\nkind = \"alarm\"\nmetric = \"client.c/failure_ratio\"\nabove = \"10%\"\nrespond = \"15s\"\n{keys}\n"
        )
    };
    let fleet = "start = \"30s\"\nautoscaling = { policy = \"scheduled\", plan = [{ at = \"1h\", replicas = 2 }], min = 1, max = 5 }";
    let stays = ERRORS.replace("lasts = \"300s\"\n", "");
    for verb in ["service.s.replace", "service.s.restart"] {
        let found = outcome(&pair(fleet, &format!("{stays}{}", alarm(&format!("does = \"{verb}\"")))));
        assert_eq!(known(&found), [Some(180.0), Some(195.0), Some(195.0)], "{verb}");
        assert_eq!(value(&found, "fault.f/mttd"), Some(29.5));
        assert_eq!(value(&found, "fault.f/time_to_decide"), Some(15.0));
        assert_eq!(value(&found, "fault.f/share_detecting"), Some(29.5 / 44.5));
        assert_eq!(value(&found, "fault.f/share_deciding"), Some(15.0 / 44.5));
    }
    // A plan that somebody starts before the fault is found otherwise.
    let other = stays
        + "detected_by = \"1h\"\nrecovery = \"r\"\n[recovery.r]\npolicy = \"race\"\noperations = [{ time = \"100s\" }]\n";
    let found = outcome(&pair("", &format!("{other}{}", alarm("does = \"recovery.r.start\""))));
    assert_eq!(known(&found), [Some(180.0), Some(195.0), Some(295.0)]);
}

#[test]
fn an_alarm_detects_what_lies_behind_what_it_watches() {
    // The alarm is raised for the other service, with which the first has nothing to do, or on which it depends.
    let text = |calls: &str, does: &str| {
        pair(
            calls,
            &format!(
                "{ERRORS}[client.d]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"other\"\n\
                 [service.other]\ndemand = \"100ms\"\n\
                 [fault.g]\nkind = \"error\"\nshare = 1\non = \"service.other\"\nat = \"190500ms\"\nlasts = \"100s\"\n\
                 [monitor.m]\nkind = \"alarm\"\nmetric = \"{calls_metric}/failure_ratio\"\nabove = \"20%\"\n\
                 does = \"{does}\"\nrespond = \"10s\"\n",
                calls_metric = if calls.is_empty() { "client.d" } else { "client.c" },
            ),
        )
    };
    let throttle = "service.other.throttle(50/s)";
    let apart = outcome(&text("", throttle));
    let at = |one: Incident| [one.detected, one.decided].map(|at| at.map(SimTime::as_secs));
    assert_eq!(at(of_fault(&apart, 0)), [None; 2]);
    assert_eq!(at(of_fault(&apart, 1)), [Some(240.0), Some(250.0)]);
    let behind = outcome(&text("calls = \"other\"", throttle));
    assert_eq!(at(of_fault(&behind, 0)), [Some(180.0), Some(190.0)]);
}

#[test]
fn what_passes_may_be_detected_as_its_settings_say() {
    let found = outcome(&pair("", &format!("{ERRORS}detected_by = \"20s\"\n")));
    assert_eq!(known(&found), [Some(170.5), Some(170.5), Some(450.5)]);
    // Its length counts from the fault on, and not from its detection.
    let random = ERRORS.replace("at = \"150500ms\"", "time_to_failure = \"200s\"\ndetected_by = \"20s\"");
    let found = outcome(&pair("", &random));
    assert_eq!(known(&found), [Some(220.0), Some(220.0), Some(500.0)]);
    assert_eq!(value(&found, "fault.f/mttd"), Some(20.0));
    assert_eq!(value(&found, "fault.f/share_detecting"), Some(20.0 / 300.0));
    let alarm = "detected_by = \"monitor.m\"\n[monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"10%\"\nrespond = \"7s\"\n";
    assert_eq!(
        known(&outcome(&pair("", &format!("{ERRORS}{alarm}")))),
        [Some(180.0), Some(187.0), Some(450.5)]
    );
}

#[test]
fn a_bad_release_is_detected_by_who_takes_it_back() {
    let text = pair(
        "start = \"10s\"",
        "[deploy.d]\nservice = \"s\"\nat = \"150s\"\npolicy = \"all-at-once\"\nbake = \"5min\"\nbad = \"100%\"\n\
         badness = { kind = \"error\", share = 1 }\nrollback_on = [\"monitor.m\"]\n\
         [monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"10%\"\ndoes = \"notify\"\nrespond = \"25s\"\n",
    );
    let found = outcome(&text);
    // Taken back when others have started.
    assert_eq!(known(&found), [Some(180.0), Some(205.0), Some(215.0)]);
}

/// When each row of the faults and outages started, was detected, decided about, mitigated and over.
fn rows(text: &str) -> Vec<(Subject, [Option<f64>; 5])> {
    let of = |one: &Incident| {
        [Some(one.start), one.detected, one.decided, one.mitigated, one.recovered]
            .map(|at| at.map(SimTime::as_secs))
    };
    outcome(text).measurements[0].incidents.iter().map(|one| (one.subject, of(one))).collect()
}

const FLAPS: &str = "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"10s\"\nlasts = \"30s\"\ndetected_by = \"12s\"\n\
     flap = { down = \"5s\", up = \"7s\", detected = \"once\" }\n";

#[test]
fn an_effect_that_comes_back_was_not_mitigated() {
    // There from 10 s to 15 s, from 22 s to 27 s and from 34 s to 39 s.
    let all = rows(&pair("", FLAPS));
    let at = |instants: [f64; 5]| instants.map(Some);
    assert_eq!(all[0], (Subject::Fault(0, 0), at([10.0, 22.0, 22.0, 40.0, 40.0])));
    // The first outage is over before anybody knows, and the third begins when all is known.
    assert_eq!(all[1], (Subject::Service(0), [Some(10.0), None, None, Some(15.0), Some(15.0)]));
    assert_eq!(all[2], (Subject::Service(0), at([22.0, 22.0, 22.0, 27.0, 27.0])));
    assert_eq!(all[3], (Subject::Service(0), at([34.0, 34.0, 34.0, 39.0, 39.0])));
}

#[test]
fn an_alarm_that_is_raised_again_was_not_the_end() {
    // An alarm is over when the last three periods have nothing: it is raised at 20 s and at 90 s, and each time over 30 s later.
    let text = "[run]\nhorizon = \"300s\"\nruns = 1\n\
        [client.c]\narrival = { process = \"schedule\", at = [\"11s\", \"12s\", \"81s\", \"82s\"] }\ncalls = \"s\"\n\
        [service.s]\ndemand = \"100ms\"\n\
        [fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"10500ms\"\nlasts = \"200s\"\n\
        [fault.g]\nkind = \"slow\"\nfactor = 2\non = \"service.t\"\nat = \"10500ms\"\nlasts = \"200s\"\n\
        [service.t]\n\
        [monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"10%\"\nperiod = \"10s\"\n\
        missing = \"not-breaching\"\ndoes = \"service.s.throttle(100/s)\"\n";
    assert_eq!(times(text, "alarm_raised"), [20.0, 90.0]);
    assert_eq!(times(text, "alarm_ok")[1..], [50.0, 120.0]);
    let all = rows(text);
    assert_eq!(all[0].1[3..], [Some(120.0), Some(210.5)]);
    // Of one that only tells, nobody who does anything hears.
    let told = rows(&text.replace("service.s.throttle(100/s)", "notify"));
    assert_eq!(told[0].1[3..], [Some(210.5); 2]);
    // With the other service it has nothing to do.
    assert_eq!(all[1].1[3..], [Some(210.5); 2]);
}

#[test]
fn each_replica_that_recovers_by_itself_has_a_row_of_its_own() {
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"10s\"\ntime_to_repair = \"5s\"\nrecovers = \"each\"\n";
    let subjects: Vec<Subject> = rows(&pair("", crash)).into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, [Subject::Struck(0, 0), Subject::Struck(0, 1), Subject::Service(0)]);
}

#[test]
fn probes_behind_the_requests_find_what_is_slow() {
    // Work of 100 ms takes 20 s: a probe waits for that in vain, and so does the next.
    let slow = |by: &str| {
        format!(
            "[fault.f]\nkind = \"slow\"\nfactor = 200\non = \"service.s.1\"\nat = \"100s\"\ndetected_by = \"{by}\"\ntime_to_repair = \"1min\"\n"
        )
    };
    let keys = "interval = \"10s\", timeout = \"5s\", unhealthy_after = 2, through = \"queue\"";
    let text = pair(&format!("health_check = {{ {keys} }}"), &slow("health_check"));
    let marked = times(&text, "replica_marked_down")[0];
    assert!((115.0..=126.0).contains(&marked), "{marked}");
    let [detected, decided, over] = known(&outcome(&text));
    assert_eq!([detected, decided], [Some(marked); 2]);
    assert!((over.unwrap() - marked - 60.0).abs() < 1e-6);
    let text = pair(&format!("liveness = {{ {keys}, restart = \"1s\" }}"), &slow("liveness"));
    let restarted = times(&text, "fault_detected")[0];
    assert!((115.0..=126.0).contains(&restarted), "{restarted}");
    let fault = outcome(&text).measurements[0].incidents[0].clone();
    assert_eq!(fault.detected.map(SimTime::as_secs), Some(restarted));
}

#[test]
fn only_what_struck_a_service_is_mitigated_with_it() {
    // The spare of the one takes over after 20 s; the other is down for all of the 100 s.
    let text = "[run]\nhorizon = \"200s\"\nruns = 1\n[service.a]\n\
        [service.b]\nreplicas = 2\nactive = 1\nstandby = { mode = \"hot\", switch = \"20s\" }\n\
        [fault.f]\nkind = \"crash\"\non = [\"service.a\", \"service.b.1\"]\nat = \"10s\"\nlasts = \"100s\"\n";
    let all = rows(text);
    let of = |unit: u32| all.iter().find(|(subject, _)| *subject == Subject::Fault(0, unit)).unwrap().1;
    assert_eq!(of(0)[3..], [Some(110.0), Some(110.0)]);
    assert_eq!(of(1)[3..], [Some(30.0), Some(110.0)]);
    // Whoever switches knows at once.
    assert_eq!(of(1)[1..3], [Some(10.0); 2]);
}
