//! A replay does what the file says, as computed here in another way. Needs the data folder, which is not in the
//! repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ninefold::experiment::{Options, Outcome, run};
use ninefold::measure::Subject;
use ninefold::scenario::{self, Places, Source};
use ninefold::units::SimTime;

/// The folder with the recorded data: that of `NINEFOLD_DATA`, or one beside the repository.
pub(crate) fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    std::env::var_os("NINEFOLD_DATA").map_or_else(beside, PathBuf::from)
}

/// The text of a recorded file; `None` says so where it is absent.
#[expect(clippy::print_stderr, reason = "who runs the tests must learn that one was left out")]
pub(crate) fn recorded(file: &str) -> Option<String> {
    let path = data().join(file);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("LEFT OUT: {} is absent, so nothing is compared with it", path.display());
    }
    text
}

/// Runs a shipped scenario.
pub(crate) fn replayed(scenario: &str) -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let source = Source { name: scenario.to_owned(), text: fs::read_to_string(path).unwrap() };
    let loaded = scenario::load(source, &[], &Places { folders: vec![data()] }).unwrap();
    run(&loaded, &Options::default(), &()).unwrap()
}

/// Seconds from the start of 1990 to a local time such as `2001-05-01T11:30:00`, by counting days one by one.
fn seconds(text: &str) -> u64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let is_leap = |year: u64| year.is_multiple_of(4);
    let mut days: u64 = (1990..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    for past in 1..month {
        days += match past {
            2 if is_leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    (days + day - 1) * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19)
}

/// Begin and end of each outage of each node of system 20, in seconds from the first begin; touching ones are one.
fn outages(text: &str) -> Vec<(u64, u64)> {
    let mut by_node: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[0] == "20" {
            by_node.entry(cells[1].to_owned()).or_default().push((seconds(cells[2]), seconds(cells[3])));
        }
    }
    assert_eq!(by_node.len(), 400);
    let first = by_node.values().flatten().map(|one| one.0).min().unwrap();
    let mut all = Vec::new();
    for mut rows in by_node.into_values() {
        rows.sort_unstable();
        let (mut begin, mut end) = rows[0];
        for (next_begin, next_end) in rows {
            if next_begin > end {
                all.push((begin - first, end - first));
                (begin, end) = (next_begin, next_end);
            }
            end = end.max(next_end);
        }
        all.push((begin - first, end - first));
    }
    all
}

/// Seconds with more than `most` of the outages at once, and how often that began.
fn beyond(outages: &[(u64, u64)], most: i64) -> (u64, u64) {
    // At one instant ends come before begins, as in a run.
    let mut changes: Vec<(u64, i64)> =
        outages.iter().flat_map(|(begin, end)| [(*begin, 1), (*end, -1)]).collect();
    changes.sort_unstable();
    let (mut down, mut since, mut seconds, mut times) = (0, 0, 0, 0);
    for (at, change) in changes {
        let before = down;
        down += change;
        if before <= most && down > most {
            since = at;
            times += 1;
        }
        if before > most && down <= most {
            seconds += at - since;
        }
    }
    (seconds, times)
}

/// The value of a metric of one run.
fn value(outcome: &Outcome, run: u32, metric: &str) -> f64 {
    let (scope, name) = metric.split_once('/').unwrap();
    let mut values = outcome.values.iter();
    values
        .find(|one| one.run == run && &*one.scope == scope && &*one.metric == name)
        .and_then(|one| one.value)
        .unwrap_or_else(|| panic!("there is no {metric}"))
}

#[test]
fn four_years_of_outages_are_those_of_the_file() {
    let Some(text) = recorded("lanl-failures.csv") else { return };
    let outages = outages(&text);
    let outcome = replayed("lanl-cluster.toml");
    let horizon = outages.iter().map(|one| one.1).max().unwrap() as f64;
    assert!((outcome.measurements[0].horizon.as_secs() - horizon).abs() < 1e-6, "{horizon}");
    let count = outages.len() as f64;
    let down: u64 = outages.iter().map(|(begin, end)| end - begin).sum();
    // What ends with the run has not ended in it.
    let ended = outages.iter().filter(|one| (one.1 as f64) < horizon).count() as f64;
    assert!(ended < count, "the horizon is the end of the last outage");
    let (without_quorum, times) = beyond(&outages, 4);
    let expected = [
        ("fault.outage/incidents", count),
        ("fault.outage/mttr", down as f64 / ended),
        ("fault.outage/mttf", (400.0 * horizon - down as f64) / count),
        ("service.cluster/replicas_mean", 400.0 - down as f64 / horizon),
        ("service.cluster/availability_time", 1.0 - without_quorum as f64 / horizon),
        ("service.cluster/incidents", times as f64),
        ("service.cluster/mttr", without_quorum as f64 / times as f64),
    ];
    for run in 0..2 {
        for (metric, wanted) in expected {
            let found = value(&outcome, run, metric);
            assert!((found - wanted).abs() <= 1e-9 * wanted, "{metric} is {found}, not {wanted}");
        }
    }
    // One by one, not only on the whole.
    let mut wanted: Vec<(f64, f64)> =
        outages.iter().map(|(begin, end)| (*begin as f64, *end as f64)).collect();
    let faults =
        outcome.measurements[0].incidents.iter().filter(|one| matches!(one.subject, Subject::Fault(..)));
    let end = |one: Option<SimTime>| one.map_or(horizon, SimTime::as_secs);
    let mut found: Vec<(f64, f64)> = faults.map(|one| (one.start.as_secs(), end(one.recovered))).collect();
    wanted.sort_by(|one, other| one.partial_cmp(other).unwrap());
    found.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert_eq!(found, wanted);
}

#[test]
fn requests_arrive_in_the_minutes_of_the_file() {
    let Some(text) = recorded("nasa-http-requests-per-minute.csv") else { return };
    let counts: Vec<u64> =
        text.lines().skip(1).map(|line| line.split_once(',').unwrap().1.parse().unwrap()).collect();
    let outcome = replayed("nasa-1995.toml");
    let total: u64 = counts.iter().sum();
    for measured in &outcome.measurements {
        let visitor = &measured.clients[0];
        assert_eq!(visitor.requests, total);
        let failed: u64 = visitor.reasons.iter().sum();
        assert_eq!(visitor.good + failed + visitor.unfinished, total);
        let rows = &measured.timeline;
        assert!(rows.len() > 200, "{}", rows.len());
        let minute = |start: SimTime| start.as_secs() as usize / 60;
        for (number, row) in rows.iter().enumerate() {
            let end = rows.get(number + 1).map_or(counts.len(), |next| minute(next.start));
            let wanted: u64 = counts[minute(row.start)..end].iter().sum();
            assert_eq!(row.arrivals, wanted, "in the window at {} s", row.start.as_secs());
        }
    }
}
