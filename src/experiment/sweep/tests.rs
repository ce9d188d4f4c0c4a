use std::sync::Mutex;

use super::*;
use crate::scenario::{self, Override, Places, Source};

const QUEUE: &str = "name = \"queue\"\n[run]\nhorizon = \"30s\"\nruns = 3\n\
    [client.c]\narrival = { process = \"poisson\", rate = \"20/s\" }\ncalls = \"s\"\n\
    [service.s]\ndemand = { distribution = \"exponential\", mean = \"20ms\" }\n";

/// Queues with as many replicas as the number of the point and one.
struct Replicas {
    numbers: Vec<usize>,
    /// A point that cannot run.
    fails: Option<usize>,
}

fn queue(number: usize) -> Scenario {
    let replicas = Override { path: "service.s.replicas".to_owned(), value: (number + 1).to_string() };
    let source = Source { name: "queue.toml".to_owned(), text: QUEUE.to_owned() };
    scenario::load(source, &[replicas], &Places::default()).unwrap()
}

impl Points for Replicas {
    fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    fn load(&self, number: usize) -> Result<Scenario, ExperimentError> {
        if self.fails.is_some_and(|first| number >= first) {
            return Err(ExperimentError::NoSteadyState { scenario: number.to_string() });
        }
        Ok(queue(number))
    }
}

/// The estimates of each finished point.
type Swept = Vec<(usize, Vec<Estimate>)>;

fn swept(points: &Replicas, threads: usize) -> (Swept, Result<(), SweepError>) {
    let options = Options { threads: Some(threads), data: Vec::new() };
    let mut found = Vec::new();
    let request = Request { metrics: vec![MetricName::parse("client.c/latency_mean").unwrap()] };
    let ended = sweep(points, &request, &options, &(), &mut |one| {
        found.push((one.number, one.outcome.estimates));
        true
    });
    found.sort_by_key(|(number, _)| *number);
    (found, ended)
}

#[test]
fn points_are_the_same_on_any_number_of_threads_and_alone() {
    let all = Replicas { numbers: (0..7).collect(), fails: None };
    let (one, ended) = swept(&all, 1);
    assert!(ended.is_ok());
    assert_eq!(one.len(), 7);
    assert_eq!(one, swept(&all, 3).0);
    assert_eq!(one[4..5], swept(&Replicas { numbers: vec![4], fails: None }, 2).0);
    assert!(one.iter().all(|(_, estimates)| estimates.len() == 1 && estimates[0].runs == 3), "{one:?}");
}

#[test]
fn a_point_that_fails_ends_the_sweep_with_its_number() {
    let points = Replicas { numbers: (0..40).collect(), fails: Some(3) };
    let (found, ended) = swept(&points, 2);
    assert_eq!(ended.unwrap_err().number, 3);
    assert_eq!(found.len(), 3, "those before it are kept");
}

#[test]
fn the_taker_can_stop_it() {
    let points = Replicas { numbers: (0..200).collect(), fails: None };
    let taken = Mutex::new(0);
    let options = Options { threads: Some(2), data: Vec::new() };
    sweep(&points, &Request::default(), &options, &(), &mut |_| {
        *taken.lock().unwrap() += 1;
        false
    })
    .unwrap();
    assert!(*taken.lock().unwrap() < 10, "it goes on");
}

#[test]
fn a_key_tells_scenarios_runs_and_seeds_apart() {
    let request = Request::default();
    let base = queue(0);
    assert_eq!(key(&base, &request), key(&queue(0), &request));
    assert_eq!(key(&base, &request).len(), 64);
    let mut others = vec![queue(1), queue(0), queue(0)];
    others[1].run.seed += 1;
    others[2].run.runs += 1;
    for other in &others {
        assert_ne!(key(&base, &request), key(other, &request));
    }
    let less = Request { metrics: vec![MetricName::parse("client.c/latency_mean").unwrap()] };
    assert_ne!(key(&base, &request), key(&base, &less));
}
