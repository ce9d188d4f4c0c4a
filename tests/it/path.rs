//! Random scenarios meet the fast handlers with every feature that those know.
//!
//! That the handlers agree is shown by `determinism::probes_change_nothing`: whoever listens is served by the general ones.

use crate::sample::{Form, load, samples};
use ninefold::engine::{Path, Simulation, simulate};
use ninefold::model::call::Call;
use ninefold::model::fleet::Service;
use ninefold::model::function::Waits;
use ninefold::model::queue::Discipline;
use ninefold::model::system::System;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const SAMPLES: usize = 3_500;

/// At least so many of their services that take a path have each feature that it knows.
const LEAST: usize = 40;

/// The calls of all callers at a service.
fn calls(system: &System, number: usize) -> Vec<&Call> {
    let clients = system.clients.iter().flat_map(|client| &client.steps);
    let services = system.services.iter().flat_map(|service| &service.steps);
    let calls = clients.chain(services).flat_map(|step| &step.calls);
    calls.filter(|call| call.service.index() == number).collect()
}

type Has = fn(&System, &Service, &[&Call]) -> bool;

/// Features that the handlers of direct work know, and those to which others must attend.
const DIRECT: [(&str, Has); 5] = [
    ("timeout", |_, _, calls| calls.iter().any(|call| call.policy.timeout.is_some())),
    ("retries", |_, _, calls| calls.iter().any(|call| call.policy.retry.attempts > 1)),
    ("faults", |system, _, _| !system.faults.is_empty()),
    ("fleet that changes", |_, service, _| service.autoscaling.is_some()),
    ("calls of its own", |_, service, _| !service.steps.is_empty()),
];
const ATTENDED: [(&str, Has); 9] = [
    ("network", |system, _, _| !system.network.is_instant()),
    ("outlier detection", |_, service, _| service.outlier_detection.is_some()),
    ("breaker", |_, _, calls| calls.iter().any(|call| call.policy.breaker.is_some())),
    ("budget", |_, _, calls| calls.iter().any(|call| call.policy.retry.budget.is_some())),
    ("throttle", |_, _, calls| calls.iter().any(|call| call.policy.throttle.is_some())),
    ("bulkhead", |_, _, calls| calls.iter().any(|call| call.policy.bulkhead.is_some())),
    ("hedging", |_, _, calls| calls.iter().any(|call| call.policy.hedge.is_some())),
    ("effects", |_, service, _| service.effects),
    ("a shared processor", |_, service, _| service.queue.policy.discipline() == Discipline::ProcessorSharing),
];

const POOLED: [(&str, Has); 6] = [
    ("an idle time that is not always as long", |_, service, _| keeps(service, "Uniform")),
    ("a first response", |_, service, _| {
        service.function.as_ref().is_some_and(|one| one.cold_demand.is_some())
    }),
    ("provisioned instances", |_, service, _| service.present > 0),
    ("an account", |_, service, _| service.account().is_some()),
    ("faults", |system, _, _| !system.faults.is_empty()),
    ("waiting for the first", |_, service, _| waits_for_first(service)),
];

fn keeps(service: &Service, policy: &str) -> bool {
    service.function.as_ref().is_some_and(|one| format!("{:?}", one.keep_alive).starts_with(policy))
}

fn waits_for_first(service: &Service) -> bool {
    service.function.as_ref().is_some_and(|one| one.waits == Waits::First)
}

#[test]
fn every_feature_that_a_fast_path_knows_takes_it() {
    let mut runner = TestRunner::deterministic();
    let mut direct = [0; DIRECT.len()];
    let mut attended = [0; ATTENDED.len()];
    let mut pooled = [0; POOLED.len()];
    let mut total = 0;
    for _ in 0..SAMPLES {
        let sample = samples().new_tree(&mut runner).expect("a sample is always possible").current();
        let scenario = load(&sample.text(Form::Open));
        let system = &scenario.system;
        let simulation = Simulation::new(system, &scenario.run.span, scenario.run.seed, 0);
        for (number, service) in system.services.iter().enumerate() {
            let calls = calls(system, number);
            let count = |features: &[(&str, Has)], counts: &mut [usize]| {
                for ((_, has), count) in features.iter().zip(counts) {
                    *count += usize::from(has(system, service, &calls));
                }
            };
            total += 1;
            match simulation.path(number) {
                Some(Path::Direct) => count(&DIRECT, &mut direct),
                Some(Path::Attended) => count(&ATTENDED, &mut attended),
                Some(Path::Pooled) => count(&POOLED, &mut pooled),
                _ => {}
            }
        }
    }
    let named = |features: &[(&'static str, Has)], counts: &[usize]| -> Vec<(&'static str, usize)> {
        features.iter().zip(counts).map(|((name, _), count)| (*name, *count)).collect()
    };
    let said = (total, named(&DIRECT, &direct), named(&ATTENDED, &attended), named(&POOLED, &pooled));
    assert!(pooled.iter().all(|count| *count >= LEAST / 4), "{said:?}");
    assert!(direct.iter().chain(&attended).all(|count| *count >= LEAST), "{said:?}");
}

#[test]
fn a_client_may_have_more_instances_than_there_are_replicas() {
    // An optional call needs a record of its request, which names an instance where an attempt names a replica.
    let text = "[run]\nhorizon = \"10s\"\n[client.c]\narrival = { process = \"poisson\", rate = \"20/s\" }\n\
                instances = 5\ncalls = [{ service = \"s\", optional = true }]\n[service.s]\ndemand = \"1ms\"\n";
    let scenario = load(text);
    let measured = simulate(&scenario.system, &scenario.run.span, 1, 0).unwrap();
    assert!(measured.clients[0].requests > 100);
    assert_eq!(measured.clients[0].good + measured.clients[0].unfinished, measured.clients[0].requests);
}
