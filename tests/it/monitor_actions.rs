//! What follows from alarms: somebody hears, decides and acts, in time or not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ninefold::experiment::{Options, Outcome, log_events, run};
use ninefold::measure::Subject;
use ninefold::scenario::{self, Places, Scenario, Source};
use ninefold::units::SimTime;

fn load(text: &str) -> Scenario {
    let source = Source { name: "action.toml".to_owned(), text: text.to_owned() };
    let places = Places { folders: vec![PathBuf::new()] };
    scenario::load(source, &[], &places).unwrap_or_else(|rejected| {
        panic!("{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

pub(crate) fn outcome(text: &str) -> Outcome {
    run(&load(text), &Options { threads: Some(1), ..Options::default() }, &()).unwrap()
}

pub(crate) fn value(outcome: &Outcome, metric: &str) -> Option<f64> {
    let (scope, name) = metric.split_once('/').unwrap();
    let found = outcome.values.iter().find(|one| &*one.scope == scope && &*one.metric == name);
    found.unwrap_or_else(|| panic!("there is no {metric}")).value
}

/// When something happened, by the event log, in seconds.
pub(crate) fn times(text: &str, event: &str) -> Vec<f64> {
    lines(text)
        .iter()
        .filter(|line| line["event"] == event)
        .map(|line| line["time_s"].parse().unwrap())
        .collect()
}

fn lines(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut out = Vec::new();
    log_events(&load(text), None, &(), &mut out).unwrap();
    csv::Reader::from_reader(out.as_slice()).into_deserialize().map(Result::unwrap).collect()
}

/// A request each second, all of which fail from 150.5 s on until the plan of 100 s is done, and an alarm that finds half of
/// the third minute wrong at 180 s.
fn wrong(keys: &str) -> String {
    format!(
        "[run]\nhorizon = \"20min\"\nruns = 1\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n\
         [fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"150500ms\"\ndetected_by = \"monitor.m\"\n\
         time_to_repair = \"100s\"\n\
         [monitor.m]\nkind = \"alarm\"\nmetric = \"service.s/failure_ratio\"\nabove = \"40%\"\n{keys}\n"
    )
}

#[test]
fn who_hears_of_an_alarm_takes_time_to_decide() {
    for (keys, decides, recovered) in [
        ("", 0.0, 280.0),
        ("respond = \"50s\"", 50.0, 330.0),
        ("respond = \"10min\"", 600.0, 880.0),
        ("does = [\"recover\"]\nrespond = \"50s\"", 50.0, 330.0),
    ] {
        let text = wrong(keys);
        let outcome = outcome(&text);
        // Until somebody knows who acts.
        assert_eq!(value(&outcome, "fault.f/mttd"), Some(29.5), "{keys}");
        assert_eq!(value(&outcome, "monitor.m/time_to_decide"), Some(decides), "{keys}");
        assert_eq!(times(&text, "fault_ended"), [recovered], "{keys}");
        assert_eq!(times(&text, "decided"), [180.0 + decides], "{keys}");
    }
}

#[test]
fn who_hears_of_a_later_alarm_acts_on_what_nobody_has_heard_of() {
    let mut first = Vec::new();
    for seed in 1..9 {
        let text = wrong("covers = \"50%\"\nrepeats = true");
        let text = text.replace("runs = 1", &format!("runs = 1\nseed = {seed}"));
        let heard = times(&text, "decided")[0];
        assert_eq!(times(&text, "fault_detected"), [heard], "{seed}");
        assert_eq!(times(&text, "fault_ended"), [heard + 100.0], "{seed}");
        first.push(heard);
    }
    assert!(first.contains(&180.0) && first.iter().any(|heard| *heard > 180.0), "{first:?}");
}

#[test]
fn a_planned_detection_is_none_of_the_next_fault() {
    // The first is known at 160 s by who starts its plan, and over at 161 s; it would have been detected at 250 s, when the
    // second, of which nobody knows before 400 s, has its place.
    let text = "[run]\nhorizon = \"20min\"\nruns = 1\n\
         [client.c]\narrival = { process = \"renewal\", between = \"1s\" }\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n\
         [fault.f]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"150s\"\ndetected_by = \"100s\"\nrecovery = \"r\"\n\
         [fault.g]\nkind = \"error\"\nshare = 1\non = \"service.s\"\nat = \"200s\"\ndetected_by = \"200s\"\ntime_to_repair = \"1s\"\n\
         [recovery.r]\npolicy = \"sequence\"\noperations = [{ time = \"1s\" }]\n\
         [monitor.m]\nkind = \"schedule\"\nat = \"160s\"\ndoes = \"recovery.r.start\"\n";
    assert_eq!(times(text, "fault_detected"), [160.0, 400.0]);
    assert_eq!(times(text, "fault_ended"), [161.0, 401.0]);
}

#[test]
fn an_alarm_out_of_hours_waits_and_one_that_nobody_hears_is_lost() {
    // The run begins at midnight, six minutes before anybody is there.
    let text = wrong("covers = { from = \"6min\", to = \"2h\" }\nrespond = \"5min\"");
    assert_eq!(times(&text, "fault_detected"), [360.0]);
    assert_eq!(times(&text, "decided"), [660.0]);
    assert_eq!(times(&text, "fault_ended"), [760.0]);
    let nobody = wrong("covers = \"0%\"");
    assert_eq!(times(&nobody, "alarm_raised"), [180.0]);
    assert!(times(&nobody, "fault_detected").is_empty() && times(&nobody, "fault_ended").is_empty());
}

#[test]
fn a_share_of_alarms_is_heard() {
    let text = wrong("covers = \"70%\"")
        .replace("at = \"150500ms\"", "time_to_failure = \"3min\"")
        .replace("runs = 1\n", "runs = 400\n");
    let outcome = outcome(&text);
    // The first fault is found in each run, and heard of in seven of ten: then there are more.
    let heard = outcome.values.iter().filter(|one| &*one.scope == "fault.f" && &*one.metric == "incidents");
    let more = heard.filter(|one| one.value.unwrap() > 1.5).count() as f64;
    let deviation = (400.0_f64 * 0.7 * 0.3).sqrt();
    assert!((more - 280.0).abs() < 4.0 * deviation, "{more}");
}

#[test]
fn what_is_decided_is_done_also_when_the_alarm_is_over_unless_that_cancels_it() {
    // Nothing fails for a minute and more from 300 s on, and the alarm is over at 360 s.
    let ended = wrong("respond = \"10min\"").replace("time_to_repair = \"100s\"", "recovery = \"none\"");
    let ended =
        ended.replace("recovery = \"none\"", "lasts = \"100s\"").replace("detected_by = \"monitor.m\"\n", "");
    let text = |keys: &str| {
        format!(
            "{ended}does = \"recovery.r.start\"\n{keys}\n[recovery.r]\npolicy = \"race\"\noperations = [{{ time = \"1s\" }}]\n[fault.g]\nkind = \"slow\"\nfactor = 1.5\non = \"service.s\"\nat = \"1h\"\nrecovery = \"r\"\n"
        )
    };
    assert_eq!(times(&text(""), "alarm_ok"), [60.0, 300.0]);
    assert_eq!(times(&text(""), "decided"), [780.0]);
    assert!(times(&text("cancels = true"), "decided").is_empty());
}

#[test]
fn an_alarm_of_which_nothing_is_known_is_over_only_once_all_is_well() {
    // All fail from 150.5 s to 400.5 s, nobody asks from 240.5 s to 640.5 s, and the period that ends at 660 s is the first
    // good one.
    let text = |keys: &str| {
        wrong(&format!("does = \"recovery.r.start\"\n{keys}"))
            .replace("time_to_repair = \"100s\"\n", "lasts = \"250s\"\n")
            .replace("detected_by = \"monitor.m\"\n", "")
            .replace("calls = \"s\"", "calls = \"front\"")
            + "[service.front]\ndemand = \"1ms\"\ncalls = \"s\"\n\
               [recovery.r]\npolicy = \"race\"\noperations = [{ time = \"1s\" }]\n\
               [fault.away]\nkind = \"crash\"\non = \"service.front\"\nat = \"240500ms\"\nlasts = \"400s\"\n\
               [fault.g]\nkind = \"slow\"\nfactor = 1.5\non = \"service.s\"\nat = \"1h\"\nrecovery = \"r\"\n"
    };
    let late = text("respond = \"15min\"\non_ok = \"recovery.r.start\"");
    let of_alarm =
        |line: &BTreeMap<String, String>| line["event"].starts_with("alarm_") || line["event"] == "action";
    let said: Vec<(f64, String)> = lines(&late)
        .into_iter()
        .filter(of_alarm)
        .map(|line| (line["time_s"].parse().unwrap(), line["event"].clone()))
        .collect();
    let expected = [
        (60.0, "alarm_ok"),
        (180.0, "alarm_raised"),
        (480.0, "alarm_unknown"),
        (660.0, "alarm_ok"),
        (660.0, "action"),
        (1080.0, "action"),
    ];
    assert_eq!(said, expected.map(|(at, event)| (at, event.to_owned())));
    let cancelled = text("respond = \"15min\"\ncancels = true");
    assert!(times(&cancelled, "decided").is_empty());
}

#[test]
fn an_alarm_that_lasts_acts_again_where_it_repeats() {
    let text = |keys: &str| {
        wrong(&format!("does = \"recovery.r.start\"\n{keys}"))
            .replace("time_to_repair = \"100s\"\n", "lasts = \"250s\"\n")
            .replace("detected_by = \"monitor.m\"\n", "")
            + "[recovery.r]\npolicy = \"race\"\noperations = [{ time = \"1s\" }]\n\
               [fault.g]\nkind = \"slow\"\nfactor = 1.5\non = \"service.s\"\nat = \"1h\"\nrecovery = \"r\"\n"
    };
    // Wrong periods end from 180 s to 420 s.
    assert_eq!(times(&text(""), "decided"), [180.0]);
    assert_eq!(times(&text("repeats = true"), "decided"), [180.0, 240.0, 300.0, 360.0, 420.0]);
    assert_eq!(times(&text("repeats = true\nevery = \"20s\""), "decided").len(), 15);
}

#[test]
fn a_plan_is_started_by_its_verb() {
    let text = wrong("does = \"recovery.r.start\"\nrespond = \"20s\"")
        .replace("time_to_repair = \"100s\"", "recovery = \"r\"")
        + "[recovery.r]\npolicy = \"race\"\noperations = [{ time = \"100s\" }]\n";
    assert_eq!(times(&text, "fault_detected"), [180.0]);
    assert_eq!(times(&text, "fault_ended"), [300.0]);
}

/// A fleet of three in two zones that may have five, each with a request a second.
fn fleet(parts: &str) -> String {
    format!(
        "[run]\nhorizon = \"10min\"\nruns = 1\n[region.east]\nzones = 2\n\
         [client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\ntimeout = \"1s\"\n\
         [service.s]\nreplicas = 3\ndemand = \"100ms\"\nstart = \"30s\"\nbalancing = {{ policy = \"round-robin\", knowledge = \"perfect\" }}\n\
         autoscaling = {{ policy = \"scheduled\", plan = [{{ at = \"1h\", replicas = 3 }}], min = 1, max = 5 }}\n{parts}\n"
    )
}

/// The replicas that an event was about, with when it was.
fn replicas(text: &str, event: &str) -> Vec<(f64, String)> {
    let own = lines(text).into_iter().filter(|line| line["event"] == event);
    own.map(|line| (line["time_s"].parse().unwrap(), line["subject"].clone())).collect()
}

#[test]
fn a_schedule_wants_more_replicas_and_fewer() {
    let text = fleet(
        "[monitor.more]\nkind = \"schedule\"\nat = [\"1min\", \"4min\"]\ndoes = \"service.s.scale(+2)\"\n\
         [monitor.fewer]\nkind = \"schedule\"\nevery = \"2min\"\noffset = \"5min\"\ndoes = \"service.s.scale(-1)\"\n",
    );
    let desired: Vec<(f64, String)> = lines(&text)
        .into_iter()
        .filter(|line| line["event"] == "desired_changed")
        .map(|line| (line["time_s"].parse().unwrap(), line["replicas"].clone()))
        .collect();
    // Two more; no more than five; then one less at a time.
    let expected = [(60.0, "5"), (300.0, "4"), (420.0, "3"), (540.0, "2")];
    assert_eq!(desired, expected.map(|(at, count)| (at, count.to_owned())));
    assert_eq!(times(&text, "action"), [60.0, 240.0, 300.0, 420.0, 540.0]);
    let outcome = outcome(&text);
    assert_eq!(value(&outcome, "monitor.more/actions"), Some(2.0));
}

#[test]
fn the_replica_that_is_worst_off_is_replaced() {
    let text = fleet(
        "[fault.f]\nkind = \"hang\"\non = \"service.s.2\"\nat = \"100s\"\n\
         [monitor.m]\nkind = \"alarm\"\nmetric = \"client.c/failure_ratio\"\nabove = \"10%\"\ndoes = \"service.s.replace\"\n\
         respond = \"15s\"\n",
    )
    .replace("knowledge = \"perfect\"", "knowledge = \"checked\"");
    // Known at 120 s and replaced at 135 s: what struck it alone is over with it, and another is there after 30 s.
    assert_eq!(replicas(&text, "seat_gone"), [(135.0, "service.s.2".to_owned())]);
    assert_eq!(times(&text, "seat_ready"), [165.0]);
    assert_eq!(times(&text, "fault_ended"), [135.0]);
    let failed: Vec<f64> = lines(&text)
        .iter()
        .filter(|line| line["event"] == "request_ended" && !line["reason"].is_empty())
        .map(|line| line["arrived_s"].parse().unwrap())
        .collect();
    assert!(failed.iter().all(|at| (99.0..=136.0).contains(at)) && failed.len() > 5, "{failed:?}");
}

#[test]
fn a_restart_begins_all_replicas_anew() {
    let text = fleet("[monitor.m]\nkind = \"schedule\"\nat = \"100s\"\ndoes = [\"service.s.restart\"]\n");
    assert_eq!(times(&text, "seat_gone"), [100.0; 3]);
    assert_eq!(times(&text, "seat_ready"), [130.0; 3]);
}

#[test]
fn nobody_picks_replicas_where_it_is_avoided() {
    let text = fleet(
        "[monitor.away]\nkind = \"schedule\"\nat = \"100s\"\ndoes = \"service.s.avoid(zone.east.1)\"\n\
         [monitor.back]\nkind = \"schedule\"\nat = \"200s\"\ndoes = \"service.s.avoid()\"\n",
    );
    let sent = replicas(&text, "attempt_sent");
    // Replicas 1 and 3 are in the first zone.
    let first = |from: f64, to: f64| {
        let within = sent.iter().filter(|(at, _)| (from..to).contains(at));
        within.filter(|(_, replica)| replica != "service.s.2").count()
    };
    assert_eq!(first(100.5, 199.5), 0);
    assert!(first(0.0, 99.5) > 50 && first(200.5, 300.0) > 50);
    assert_eq!(times(&text, "request_ended").len(), times(&text, "request_arrived").len());
}

#[test]
fn an_operation_does_something_at_its_end() {
    let text = fleet(
        "[fault.f]\nkind = \"slow\"\nfactor = 2\non = \"service.s.1\"\nat = \"100s\"\nrecovery = \"r\"\n\
         [recovery.r]\npolicy = \"sequence\"\n\
         operations = [{ time = \"10s\", does = \"service.s.scale(+1)\" }, { time = \"20s\", does = [\"service.s.scale(-1)\"] }]\n",
    );
    // What was started is ready after 30 s, and what goes has nothing to do.
    assert_eq!(times(&text, "desired_changed"), [110.0, 160.0]);
    assert_eq!(times(&text, "fault_ended"), [160.0]);
}

#[test]
fn an_operation_whose_verb_ends_the_fault_ends_the_plan() {
    // The first operation replaces the replica that the fault strikes; the second would end at 130 s.
    for verb in ["service.s.replace", "service.s.restart"] {
        for (crew, keys) in [("", ""), (", crew = \"c\"", "[crew.c]\n")] {
            let text = fleet(&format!(
                "[fault.f]\nkind = \"hang\"\non = \"service.s.1\"\nat = \"100s\"\nrecovery = \"r\"\n\
                 [recovery.r]\npolicy = \"sequence\"\n\
                 operations = [{{ time = \"10s\", does = \"{verb}\"{crew} }}, {{ time = \"20s\"{crew} }}]\n\
                 [fault.g]\nkind = \"hang\"\non = \"service.s.2\"\nat = \"112s\"\nrecovery = \"q\"\n\
                 [recovery.q]\npolicy = \"sequence\"\noperations = [{{ time = \"1s\"{crew} }}, {{ time = \"100s\"{crew} }}]\n{keys}"
            ));
            assert_eq!(times(&text, "fault_ended"), [110.0, 213.0], "{verb}{crew}");
        }
    }
}

/// The stages of the only fault, and the means of two of them.
fn stages(outcome: &Outcome, fault: &str) -> [Option<f64>; 6] {
    let shares = ["share_detecting", "share_deciding", "share_mitigating", "share_recovering"];
    let [detecting, deciding, mitigating, recovering] =
        shares.map(|name| value(outcome, &format!("fault.{fault}/{name}")));
    let [decide, mitigate] =
        ["time_to_decide", "time_to_mitigate"].map(|name| value(outcome, &format!("fault.{fault}/{name}")));
    [detecting, deciding, mitigating, recovering, decide, mitigate]
}

#[test]
fn a_fault_goes_through_four_stages() {
    let outcome = outcome(&wrong("respond = \"50s\""));
    let whole = 29.5 + 50.0 + 100.0;
    let expected = [29.5 / whole, 50.0 / whole, 100.0 / whole, 0.0, 50.0, 100.0];
    assert_eq!(stages(&outcome, "f"), expected.map(Some));
    let incident = &outcome.measurements[0].incidents[0];
    let instants = [incident.detected, incident.decided, incident.mitigated, incident.recovered];
    assert_eq!(instants.map(|at| at.map(SimTime::as_secs)), [180.0, 230.0, 330.0, 330.0].map(Some));
}

#[test]
fn a_fault_is_mitigated_when_what_it_brought_down_is_up_again() {
    // The second of two replicas crashes at 100 s and the service with it, until the first is back at 150 s.
    let text = "[run]\nhorizon = \"5min\"\nruns = 1\n\
        [client.c]\narrival = { process = \"renewal\", between = \"1s\" }\ncalls = \"s\"\n\
        [service.s]\nreplicas = 2\nquorum = 1\ndemand = \"1ms\"\n\
        [block.b]\nneeds = 1\nof = [\"service.s\"]\n\
        [fault.one]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"50s\"\ntime_to_repair = \"100s\"\n\
        [fault.two]\nkind = \"crash\"\non = \"service.s.2\"\nat = \"100s\"\ndetected_by = \"10s\"\ntime_to_repair = \"80s\"\n";
    let outcome = outcome(text);
    let expected = [10.0 / 90.0, 0.0, 40.0 / 90.0, 40.0 / 90.0, 0.0, 40.0];
    assert_eq!(stages(&outcome, "two"), expected.map(Some));
    // The first brought nothing down: it is mitigated when it is over.
    assert_eq!(stages(&outcome, "one"), [0.0, 0.0, 1.0, 0.0, 0.0, 100.0].map(Some));
    let rows = outcome.measurements[0].incidents.iter();
    let instants: Vec<_> = rows
        .map(|one| {
            let ends = [one.detected, one.decided, one.mitigated, one.recovered];
            (one.subject, one.start.as_secs(), ends.map(|at| at.map(SimTime::as_secs)))
        })
        .collect();
    let outage = [Some(110.0), Some(110.0), Some(150.0), Some(150.0)];
    let expected = [
        (Subject::Fault(0, 0), 50.0, [Some(50.0), Some(50.0), Some(150.0), Some(150.0)]),
        (Subject::Fault(1, 0), 100.0, [Some(110.0), Some(110.0), Some(150.0), Some(190.0)]),
        (Subject::Service(0), 100.0, outage),
        (Subject::Block(0), 100.0, outage),
    ];
    assert_eq!(instants, expected);
}
