//! Incidents: when faults strike, are detected and over, and what alarms had to do with that, by arithmetic.

use ninefold::experiment::Outcome;
use ninefold::measure::Subject;

use crate::monitor_actions::{self, times, value};

/// A request each second at half of it, of each of two clients with a service each.
const ASKED: &str = "[client.u]\narrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\ncalls = \"a\"\n\
                     [client.v]\narrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\ncalls = \"b\"\n";

fn file(horizon: &str, parts: &str) -> String {
    format!("[run]\nhorizon = \"{horizon}\"\nruns = 1\n{parts}")
}

fn outcome(horizon: &str, parts: &str) -> Outcome {
    monitor_actions::outcome(&file(horizon, parts))
}

/// The instants of each incident: start, detected, decided, mitigated and over [s].
fn stories(outcome: &Outcome, is_meant: impl Fn(Subject) -> bool) -> Vec<[Option<f64>; 5]> {
    let meant = outcome.measurements[0].incidents.iter().filter(|one| is_meant(one.subject));
    meant
        .map(|one| {
            [Some(one.start), one.detected, one.decided, one.mitigated, one.recovered]
                .map(|at| Some(at?.as_secs()))
        })
        .collect()
}

fn is_fault(subject: Subject) -> bool {
    matches!(subject, Subject::Fault(..) | Subject::Struck(..))
}

fn is_service(subject: Subject) -> bool {
    matches!(subject, Subject::Service(_))
}

#[test]
fn what_is_to_strike_at_an_instant_does_whatever_the_role() {
    for (mode, hazard) in [("hot", "1"), ("warm", "0.3"), ("cold", "0")] {
        let parts = format!(
            "[service.db]\nreplicas = 2\nactive = 1\nstandby = {{ mode = \"{mode}\", hazard = {hazard} }}\n\
             [fault.c]\nkind = \"crash\"\non = \"service.db.1\"\nat = [\"100s\", \"200s\"]\nlasts = \"20s\"\n\
             [monitor.f]\nkind = \"schedule\"\nat = \"50s\"\ndoes = \"service.db.standby.failover\"\n"
        );
        let found: Vec<_> =
            stories(&outcome("500s", &parts), is_fault).into_iter().map(|one| one[0]).collect();
        assert_eq!(found, [Some(100.0), Some(200.0)], "{mode}");
    }
}

#[test]
fn an_alarm_is_judged_once_at_an_instant_by_all_that_is_there() {
    let parts = |keys: &str| {
        format!(
            "{ASKED}[service.a]\n[service.b]\n\
             [fault.e]\nkind = \"error\"\nshare = 1\non = \"service.a\"\nat = \"20s\"\nlasts = \"20s\"\n\
             [monitor.y]\nkind = \"alarm\"\nmetric = \"service.a/failure_ratio\"\nabove = 0.5\nperiod = \"10s\"\n{keys}\n"
        )
    };
    // At 40 s the bad values of 30 s and 40 s are there, at 60 s the good ones of 50 s and 60 s.
    let every = file("200s", &parts("every = \"20s\"\ndoes = \"notify\""));
    assert_eq!((times(&every, "alarm_raised"), times(&every, "alarm_ok")), (vec![40.0], vec![20.0, 60.0]));
    // One bad period alone is past at the next multiple.
    let past = file(
        "200s",
        &parts("every = \"20s\"\ndoes = \"notify\"").replace("lasts = \"20s\"", "lasts = \"10s\""),
    );
    assert_eq!(times(&past, "alarm_raised"), Vec::<f64>::new());
    // Again and again once each, and not when it is over.
    let repeats = parts("every = \"10s\"\nrepeats = true\ndoes = \"service.b.throttle(100/s)\"");
    assert_eq!(times(&file("200s", &repeats), "action"), [30.0, 40.0]);
}

#[test]
fn a_fault_is_mitigated_when_all_that_it_brought_down_is_up() {
    let parts = "[region.r]\nzones = 2\n[service.x]\nreplicas = 2\nquorum = 2\n\
                 [service.y]\nreplicas = 2\nactive = 1\nstandby = { mode = \"hot\", switch = \"10s\" }\n\
                 [fault.z]\nkind = \"crash\"\non = \"zone.r.1\"\nat = \"20s\"\ntime_to_repair = \"60s\"\ndetected_by = \"5s\"\n";
    let outcome = outcome("300s", parts);
    let at = |seconds: [f64; 5]| seconds.map(Some);
    assert_eq!(stories(&outcome, is_fault), [at([20.0, 25.0, 25.0, 85.0, 85.0])]);
    // Detected with the fault, each is up again at a time of its own.
    let services = [at([20.0, 25.0, 25.0, 85.0, 85.0]), at([20.0, 25.0, 25.0, 35.0, 35.0])];
    assert_eq!(stories(&outcome, is_service), services);
    assert_eq!(value(&outcome, "service.x/mttd"), Some(5.0));
    assert_eq!(value(&outcome, "fault.z/time_to_mitigate"), Some(60.0));
}

#[test]
fn an_alarm_that_nobody_hears_mitigates_nothing() {
    // Nobody asks from 41 s to 44 s, in the middle of a fault that is known from 25 s on: an alarm that only tells is raised
    // at 42 s and over at 45 s.
    let asked: Vec<String> = (0..200)
        .filter(|second| !(41..44).contains(second))
        .map(|second| format!("\"{second}500ms\""))
        .collect();
    let parts = |monitor: &str| {
        format!(
            "[client.u]\narrival = {{ process = \"schedule\", at = [{}] }}\ncalls = \"a\"\n[service.a]\n\
             [fault.e]\nkind = \"error\"\nshare = 1\non = \"service.a\"\nat = \"20s\"\ntime_to_repair = \"60s\"\n\
             detected_by = \"5s\"\n{monitor}",
            asked.join(", ")
        )
    };
    let few = "[monitor.few]\nkind = \"alarm\"\nmetric = \"service.a/throughput\"\nbelow = \"0.9/s\"\nperiod = \"1s\"\n\
               does = \"notify\"\n";
    assert_eq!(times(&file("200s", &parts(few)), "alarm_raised"), [42.0]);
    for monitor in ["", few] {
        let outcome = outcome("200s", &parts(monitor));
        assert_eq!(value(&outcome, "fault.e/time_to_mitigate"), Some(60.0), "{monitor}");
    }
}

#[test]
fn an_alarm_is_false_where_no_fault_is_behind_what_it_watches() {
    let parts = format!(
        "{ASKED}[service.a]\n[service.b]\n\
         [fault.e]\nkind = \"error\"\nshare = 1\non = \"service.a\"\nat = \"20s\"\nlasts = \"60s\"\n\
         [monitor.far]\nkind = \"alarm\"\nmetric = \"service.b/failure_ratio\"\nabove = 0.5\nperiod = \"4s\"\n\
         does = \"service.b.throttle()\"\non_ok = \"service.b.throttle()\"\n\
         [monitor.near]\nkind = \"alarm\"\nmetric = \"client.u/failure_ratio\"\nabove = 0.5\nperiod = \"5s\"\ndoes = \"notify\"\n\
         [monitor.less]\nkind = \"schedule\"\nat = \"40s\"\ndoes = \"service.b.throttle(0.1/s)\"\n"
    );
    let outcome = outcome("200s", &parts);
    for (metric, expected) in [
        ("monitor.far/alarms", Some(1.0)),
        ("monitor.far/alarms_false_ratio", Some(1.0)),
        ("monitor.far/precision", Some(0.0)),
        // No fault began on what it watches, and what it did was not needed, then and when it was over.
        ("monitor.far/recall", None),
        ("monitor.far/mttd", None),
        ("monitor.far/actions_unneeded", Some(2.0)),
        ("monitor.near/precision", Some(1.0)),
        ("monitor.near/recall", Some(1.0)),
        ("monitor.near/mttd", Some(5.0)),
    ] {
        assert_eq!(value(&outcome, metric), expected, "{metric}");
    }
}

#[test]
fn who_is_ejected_for_what_only_some_meet_is_not_ejected_in_vain() {
    let parts = |seen_by: &str| {
        format!(
            "[client.u]\narrival = {{ process = \"schedule\", every = \"1s\", offset = \"500ms\" }}\ncalls = \"a\"\n\
             [service.a]\nreplicas = 2\ndemand = \"100ms\"\noutlier_detection = {{ policy = \"envoy\", consecutive_5xx = 2, \
             interval = \"5s\", base_ejection_time = \"10s\", max_ejected = \"50%\" }}\n\
             [fault.g]\nkind = \"error\"\nshare = 1\non = \"service.a.2\"\n{seen_by}\nat = \"20s\"\nlasts = \"20s\"\n"
        )
    };
    for seen_by in ["", "seen_by = \"client.u\""] {
        let outcome = outcome("100s", &parts(seen_by));
        assert_eq!(value(&outcome, "service.a/ejections_false_ratio"), Some(0.0), "{seen_by}");
        let found: Vec<_> = stories(&outcome, is_fault).into_iter().map(|one| one[1]).collect();
        assert_eq!(found, [Some(23.6)], "{seen_by}");
    }
}

#[test]
fn beside_a_spare_only_a_takeover_detects_at_once() {
    let detected = |fault: &str| {
        let parts = format!(
            "[service.db]\nreplicas = 2\nactive = 1\nstandby = {{ mode = \"hot\", switch = \"10s\" }}\n\
             [fault.f]\n{fault}\nat = \"10s\"\nlasts = \"100s\"\n"
        );
        stories(&outcome("300s", &parts), is_fault)[0][1]
    };
    assert_eq!(detected("kind = \"crash\"\non = \"service.db.1\""), Some(10.0));
    assert_eq!(detected("kind = \"hang\"\non = \"service.db.1\""), Some(10.0));
    // Nothing starts because of these, and nobody looks.
    for fault in [
        "kind = \"crash\"\non = \"service.db.2\"",
        "kind = \"slow\"\nfactor = 3\non = \"service.db.1\"",
        "kind = \"error\"\nshare = 0.5\non = \"service.db\"",
        "kind = \"capacity\"\nshare = 0.5\non = \"service.db.1\"",
        "kind = \"partition\"\nfrom = \"service.db.1\"",
    ] {
        assert_eq!(detected(fault), None, "{fault}");
    }
}

#[test]
fn an_outage_is_detected_with_the_first_of_the_faults_behind_it() {
    // Checks of the two replicas have phases of their own.
    let parts = "[region.r]\nzones = 2\n[client.u]\narrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\ncalls = \"a\"\n\
                 [service.a]\nreplicas = 2\nhealth_check = { interval = \"20s\", timeout = \"1s\", unhealthy_after = 2 }\n\
                 [fault.z]\nkind = \"crash\"\non = \"region.r\"\nat = \"10s\"\nrecovers = \"each\"\ntime_to_repair = \"100s\"\n\
                 detected_by = \"health_check\"\n";
    let outcome = outcome("500s", parts);
    let found: Vec<_> = stories(&outcome, is_fault).into_iter().map(|one| one[1].unwrap()).collect();
    let [one, other] = found[..] else { panic!("{found:?}") };
    assert!((one - other).abs() > 0.1, "{found:?}");
    assert_eq!(stories(&outcome, is_service)[0][1], Some(one.min(other)));
}

#[test]
fn of_releases_that_wait_the_one_that_was_due_first_begins() {
    let parts = "[service.a]\nreplicas = 2\nstart = \"10s\"\n\
                 [deploy.d]\nservice = \"a\"\nevery = \"100s\"\npolicy = \"all-at-once\"\nbake = \"190s\"\n\
                 [deploy.c]\nservice = \"a\"\nat = \"350s\"\npolicy = \"all-at-once\"\nbake = \"90s\"\n";
    // One of d is out from 100 s and one from 300 s, of 200 s each; c is due at 350 s, and the next of d at 400 s.
    assert_eq!(times(&file("1000s", parts), "release_began"), [100.0, 300.0, 500.0, 600.0, 800.0]);
    assert_eq!(value(&outcome("1000s", parts), "deploy.c/deploys"), Some(1.0));
}

#[test]
fn a_bad_release_from_before_the_measured_part_stays_without_being_counted() {
    let parts = "transient = \"50s\"\n[client.u]\narrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\n\
                 calls = \"a\"\n[service.a]\nreplicas = 2\ndemand = \"10ms\"\n\
                 [deploy.d]\nservice = \"a\"\nat = [\"40s\", \"200s\"]\npolicy = \"all-at-once\"\nbake = \"20s\"\nbad = 1\n\
                 badness = { kind = \"error\", share = 0.1 }\n";
    assert_eq!(value(&outcome("300s", parts), "deploy.d/bad_passed_ratio"), Some(1.0));
}

#[test]
fn who_takes_a_release_back_knows_what_is_wrong_with_it() {
    // The alarm is raised from before the release, and heard of anew when its only step was watched.
    let parts = "[client.u]\narrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\ncalls = \"f\"\ntimeout = \"3s\"\n\
                 [service.f]\ndemand = \"100ms\"\nstart = \"1s\"\nfunction = { keep_alive = \"20s\" }\n\
                 versions = { v2 = { error_ratio = 1.0, error_time = \"100ms\" } }\n\
                 [deploy.d]\nservice = \"f\"\nversion = \"v2\"\nat = \"50s\"\npolicy = \"all-at-once\"\nbake = \"100s\"\n\
                 rollback_on = [\"monitor.m\"]\nrollback = \"10s\"\nbad = 1\nbadness = { kind = \"slow\", factor = 3, after = \"20s\" }\n\
                 [monitor.m]\nkind = \"alarm\"\nmetric = \"service.f/concurrency_max\"\nabove = 0.5\nperiod = \"10s\"\n\
                 does = \"notify\"\nrespond = \"15s\"\n";
    let found = stories(&outcome("200s", parts), is_fault);
    assert_eq!(found, [[70.0, 150.0, 165.0, 175.0, 175.0].map(Some)]);
}

#[test]
fn a_verb_that_wants_several_replicas_is_one_decision() {
    let parts = "[service.a]\nreplicas = 4\nstart = \"10s\"\n\
                 autoscaling = { max = 9, policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 4 }] }\n\
                 [monitor.more]\nkind = \"schedule\"\nat = [\"80s\", \"84s\"]\ndoes = \"service.a.scale(+2)\"\n\
                 [monitor.less]\nkind = \"schedule\"\nat = \"100s\"\ndoes = \"service.a.scale(-3)\"\n";
    assert_eq!(value(&outcome("200s", parts), "service.a/scale_decisions"), Some(3.0));
    assert_eq!(times(&file("200s", parts), "desired_changed"), [80.0, 84.0, 100.0]);
}

#[test]
fn a_budget_that_is_burnt_as_fast_as_it_may_raises_no_alarm() {
    // Half of the requests of ten seconds fail: as many as ten times the budget of 95 %, five of 90 % or one of 50 % allow.
    for (target, burn) in [("95%", 10), ("90%", 5), ("50%", 1), ("99.5%", 100)] {
        let parts = format!(
            "[objective]\n\"client.u/availability_request\" = \">= {target}\"\n\
             [client.u]\narrival = {{ process = \"schedule\", every = \"500ms\", offset = \"250ms\" }}\ncalls = \"a\"\n[service.a]\n\
             [fault.e]\nkind = \"error\"\nshare = 1\non = \"service.a\"\nat = \"20s\"\nlasts = \"10s\"\n\
             [monitor.m]\nkind = \"burn-rate\"\nobjective = \"client.u/availability_request\"\n\
             windows = [{{ burn = {burn}, long = \"10s\", short = \"2s\" }}]\nevery = \"1s\"\ndoes = \"notify\"\n"
        );
        let text = file("100s", &parts);
        assert_eq!(times(&text, "alarm_raised"), [26.0], "{target}");
        assert_eq!(times(&text, "alarm_ok"), [1.0, 31.0], "{target}");
    }
}

#[test]
fn what_is_down_for_no_time_has_no_outage() {
    let parts = |start: &str| {
        format!(
            "[service.a]\nreplicas = 2\n{start}\n[block.b]\nof = [\"service.a\"]\n\
             [monitor.m]\nkind = \"schedule\"\nat = \"100s\"\ndoes = \"service.a.restart\"\n\
             [fault.f]\nkind = \"crash\"\non = \"service.a\"\nat = \"150s\"\nlasts = \"10s\"\n"
        )
    };
    for (start, outages, rows) in [("", 1.0, 1), ("start = \"5s\"", 2.0, 2)] {
        let outcome = outcome("200s", &parts(start));
        for part in ["service.a", "block.b"] {
            assert_eq!(value(&outcome, &format!("{part}/incidents")), Some(outages), "{part} {start}");
        }
        assert_eq!(stories(&outcome, is_service).len(), rows, "{start}");
    }
}

#[test]
fn who_is_short_of_a_quorum_at_the_start_and_not_a_moment_later_had_no_outage() {
    let parts = "[service.a]\nreplicas = 1\nquorum = 2\n\
                 autoscaling = { policy = \"scheduled\", plan = [{ at = \"0s\", replicas = 2 }], max = 2 }\n\
                 [fault.f]\nkind = \"crash\"\non = \"service.a\"\nat = \"150s\"\nlasts = \"10s\"\n";
    let outcome = outcome("200s", parts);
    assert_eq!(value(&outcome, "service.a/incidents"), Some(1.0));
    assert_eq!(value(&outcome, "service.a/availability_time"), Some(0.95));
}

#[test]
fn what_takes_a_part_down_is_found_where_the_part_is_lacked() {
    let parts = |needs: &str, on: &str| {
        format!(
            "{ASKED}[service.a]\nreplicas = 2\nhealth_check = {{ interval = \"3s\", timeout = \"1s\" }}\n{needs}\n\
             [service.b]\n[service.k]\nreplicas = 3\n[service.l]\ndepends_on = \"block.p\"\n\
             [block.p]\nof = [\"service.k.*\"]\nneeds = 1\n\
             [fault.k]\nkind = \"crash\"\narriving = \"ignored\"\non = \"{on}\"\nat = \"80s\"\nlasts = \"40s\"\n"
        )
    };
    let of = |needs: &str, on: &str, is_meant: fn(Subject) -> bool| {
        let found = stories(&outcome("200s", &parts(needs, on)), is_meant);
        found.into_iter().map(|one| one[1]).collect::<Vec<_>>()
    };
    // As a crash of its own is.
    let own = of("", "service.a", is_fault);
    assert!(own.iter().all(|at| at.is_some_and(|at| at > 80.0 && at < 90.0)), "{own:?}");
    let part = "depends_on = \"service.l\"";
    assert_eq!(of(part, "service.k", is_fault), own);
    // The block is no service; the parts are down for nobody's check but that of who lacks them.
    assert_eq!(of(part, "service.k", |subject| subject == Subject::Service(0)), own);
    // Who lacks no part finds nothing, and one of three is not lacked.
    assert_eq!(of("", "service.k", is_fault), [None]);
    assert_eq!(of(part, "service.k.1", is_fault), [None]);
}

#[test]
fn what_is_measured_over_time_ends_where_the_run_does() {
    let parts = "until = \"service.a\"\n[client.u]\ncalls = \"a\"\n\
                 arrival = { process = \"schedule\", every = \"1s\", offset = \"500ms\" }\n\
                 [service.a]\nreplicas = 3\nquorum = 2\ndemand = \"400ms\"\nbalancing = { knowledge = \"perfect\" }\n\
                 [fault.c]\nkind = \"crash\"\non = \"service.a.1\"\nat = \"50s\"\nlasts = \"100s\"\n\
                 [fault.d]\nkind = \"crash\"\non = \"service.a.2\"\nat = \"100s\"\nlasts = \"100s\"\n";
    let found = monitor_actions::outcome(&format!("[run]\nhorizon = \"1000s\"\nruns = 2\n{parts}"));
    for (metric, expected) in [
        ("client.u/goodput", 1.0),
        ("service.a/throughput", 1.0),
        ("service.a/in_system_mean", 0.4),
        ("service.a/replicas_mean", 2.5),
        ("service.a/utilisation", 40.0 / 250.0),
        ("service.a/first_outage_mean", 100.0),
    ] {
        let value = value(&found, metric).unwrap();
        assert!((value - expected).abs() < 1e-9, "{metric}: {value} for {expected}");
    }
    // It was seen, though no time down was.
    let note = |scope: &str| {
        let of_time = found.estimates_of(scope).iter().find(|one| one.metric == "availability_time").unwrap();
        (of_time.interval, of_time.note.clone().unwrap_or_default())
    };
    let (interval, said) = note("service.a");
    assert!(interval.is_none() && said.starts_with("2 outages seen"), "{interval:?} {said}");
    assert!(note("service.a.3").1.starts_with("nothing"), "{:?}", note("service.a.3"));
}
