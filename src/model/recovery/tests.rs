//! Every rule of recovery plans, carried out by a small simulation of the engine's side.

use std::collections::BTreeMap;

use rand::RngExt;

use super::run::{Action, PlanRun};
use super::*;
use crate::document::{Diagnostics, Fields, Name, Node, Span, Table, Value};
use crate::kernel::distribution::DistributionSettings;
use crate::kernel::stream::{Purpose, Stream, Streams};
use crate::units::{SimDuration, SimTime};

/// Carries out plans that share crews; several may run at once.
struct Site {
    now: SimTime,
    crews: Vec<CrewState>,
    runs: Vec<PlanRun>,
    planned: BTreeMap<(SimTime, u64), (usize, Option<u32>)>,
    sequence: u64,
    recovered: Vec<Option<SimTime>>,
}

impl Site {
    fn new(recovery: &Recovery, incidents: usize, crews: &[u32]) -> Self {
        Self {
            now: SimTime::ZERO,
            crews: crews.iter().map(|size| CrewState::new(*size)).collect(),
            runs: vec![PlanRun::new(recovery); incidents],
            planned: BTreeMap::new(),
            sequence: 0,
            recovered: vec![None; incidents],
        }
    }

    fn start(&mut self, recovery: &Recovery, incident: usize, key: u64) {
        let mut out = Vec::new();
        self.runs[incident].start(recovery, key, &mut out);
        self.carry_out(recovery, incident, out);
    }

    fn run(mut self, recovery: &Recovery, key: u64) -> Self {
        for incident in 0..self.runs.len() {
            self.start(recovery, incident, key + incident as u64);
        }
        while let Some(((now, _), (incident, operation))) = self.planned.pop_first() {
            self.now = now;
            if let Some(operation) = operation {
                let mut out = Vec::new();
                self.runs[incident].elapsed(recovery, operation, &mut out);
                self.carry_out(recovery, incident, out);
            } else {
                self.start(recovery, incident, key + incident as u64);
            }
        }
        let idle = self.crews.iter().all(|crew| crew.busy() == 0 && crew.waiting() == 0);
        assert!(idle, "every member is given back");
        self
    }

    fn plan(&mut self, after: SimDuration, incident: usize, operation: Option<u32>) {
        self.planned.insert((self.now + after, self.sequence), (incident, operation));
        self.sequence += 1;
    }

    fn carry_out(&mut self, recovery: &Recovery, incident: usize, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Schedule { operation, after } => self.plan(after, incident, Some(operation)),
                Action::Again { after } => self.plan(after, incident, None),
                Action::Do { .. } => unreachable!("none of these operations does anything"),
                Action::Recovered => self.recovered[incident] = Some(self.now),
                Action::Cancel { operation } => {
                    let before = self.planned.len();
                    self.planned.retain(|_, planned| *planned != (incident, Some(operation)));
                    assert_eq!(self.planned.len() + 1, before, "what is cancelled was scheduled");
                }
                Action::Join { operation, crew } => {
                    let ticket = Ticket { incident: incident as u32, operation };
                    if self.crews[crew.index()].join(ticket) {
                        self.grant(recovery, ticket);
                    }
                }
                Action::Leave { operation, crew } => {
                    let ticket = Ticket { incident: incident as u32, operation };
                    if let Some(next) = self.crews[crew.index()].leave(ticket) {
                        self.grant(recovery, next);
                    }
                }
            }
        }
    }

    fn grant(&mut self, recovery: &Recovery, ticket: Ticket) {
        let mut out = Vec::new();
        let incident = ticket.incident as usize;
        self.runs[incident].granted(recovery, ticket.operation, &mut out);
        self.carry_out(recovery, incident, out);
    }

    fn seconds(&self) -> Vec<f64> {
        self.recovered.iter().map(|at| at.unwrap().as_secs()).collect()
    }
}

fn law(name: &str, mean: &str) -> Distribution {
    let key = Name { text: "mean".to_owned(), span: Span::default() };
    let value = Node { span: Span::default(), value: Value::Text(mean.to_owned()) };
    let table = Table { entries: vec![(key, value)] };
    let mut findings = Diagnostics::default();
    let mut fields = Fields::new(&table, Span::default(), &mut findings);
    let settings = DistributionSettings::read(name, &mut fields).unwrap();
    Distribution::new(&settings, &mut |_| Err("there is no file".to_owned())).unwrap()
}

fn constant(seconds: u64) -> Distribution {
    Distribution::constant(SimDuration::from_nanos(seconds * 1_000_000_000))
}

fn operation(time: Distribution, success: f64, crew: Option<u32>) -> Operation {
    let success = Probability::new(success).unwrap();
    let work = Work::Task { time, success, crew: crew.map(CrewId), does: Vec::new() };
    Operation { name: "o".to_owned(), work, probability: Probability::ONE }
}

fn task(seconds: u64) -> Operation {
    operation(constant(seconds), 1.0, None)
}

fn failing(seconds: u64) -> Operation {
    operation(constant(seconds), 0.0, None)
}

fn exponential(mean: &str) -> Operation {
    operation(law("exponential", mean), 1.0, None)
}

fn chance(operation: Operation, probability: f64) -> Operation {
    Operation { probability: Probability::new(probability).unwrap(), ..operation }
}

fn nested(policy: PlanPolicy, operations: Vec<Operation>) -> Operation {
    let work = Work::Plan(Plan { policy, operations });
    Operation { name: "p".to_owned(), work, probability: Probability::ONE }
}

fn recovery(policy: PlanPolicy, operations: Vec<Operation>) -> Recovery {
    Recovery { name: "r".to_owned(), plan: Plan { policy, operations }, again_after: constant(0) }
}

/// How long one incident lasts.
fn time(policy: PlanPolicy, operations: Vec<Operation>) -> f64 {
    let recovery = recovery(policy, operations);
    Site::new(&recovery, 1, &[]).run(&recovery, 1).seconds()[0]
}

/// Asserts that the mean over many incidents is `expected`, within five standard errors.
fn assert_mean(recovery: &Recovery, expected: f64) {
    let count = 40_000;
    let times: Vec<f64> =
        (0..count).map(|key| Site::new(recovery, 1, &[]).run(recovery, key).seconds()[0]).collect();
    let mean = times.iter().sum::<f64>() / count as f64;
    let variance = times.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
    let error = (variance / count as f64).sqrt();
    assert!((mean - expected).abs() < 5.0 * error, "mean {mean} +- {error}, expected {expected}");
}

fn actions(recovery: &Recovery, key: u64) -> Vec<Action> {
    let mut out = Vec::new();
    PlanRun::new(recovery).start(recovery, key, &mut out);
    out
}

const SHARE: PlanPolicy = PlanPolicy::Share { serial: Probability::ZERO };

#[test]
fn fixed_times_follow_each_policy() {
    use PlanPolicy::{All, Escalate, Race, Sequence};
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-8, "{found}, {expected}");
    close(time(Race, vec![task(30), task(60)]), 30.0);
    close(time(All, vec![task(30), task(60)]), 60.0);
    close(time(Sequence, vec![task(30), task(60)]), 90.0);
    close(time(Escalate, vec![task(30), task(60)]), 30.0);
    close(time(SHARE, vec![task(30), task(60)]), 20.0);
    let serial = PlanPolicy::Share { serial: Probability::new(0.1).unwrap() };
    close(time(serial, vec![task(30), task(60)]), 21.0);
    close(time(SHARE, vec![task(0), task(60)]), 0.0);
}

#[test]
fn failures_follow_each_policy() {
    use PlanPolicy::{Escalate, Race, Sequence};
    let exactly = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, {expected}");
    exactly(time(Race, vec![failing(10), task(60)]), 60.0);
    exactly(time(Escalate, vec![failing(10), failing(20), task(60)]), 90.0);
    let lost = |policy| nested(policy, vec![task(5), failing(10), task(20)]);
    exactly(time(Escalate, vec![lost(Sequence), task(1)]), 16.0);
    exactly(time(Escalate, vec![lost(PlanPolicy::All), task(1)]), 11.0);
    exactly(time(Escalate, vec![nested(SHARE, vec![failing(30), task(60)]), task(1)]), 21.0);
    exactly(time(Race, vec![lost(Sequence), nested(Race, vec![failing(3), task(40)])]), 40.0);
}

#[test]
fn dropped_operations_are_cancelled_and_leave_their_crew() {
    let slow = operation(constant(60), 1.0, Some(0));
    let recovery = recovery(PlanPolicy::Race, vec![task(30), slow]);
    let (mut run, mut out) = (PlanRun::new(&recovery), Vec::new());
    run.start(&recovery, 7, &mut out);
    let after = |seconds: u64| SimDuration::from_nanos(seconds * 1_000_000_000);
    let crew = CrewId(0);
    let join = Action::Join { operation: 1, crew };
    assert_eq!(out, [Action::Schedule { operation: 0, after: after(30) }, join]);
    out.clear();
    run.granted(&recovery, 1, &mut out);
    assert_eq!(out, [Action::Schedule { operation: 1, after: after(60) }]);
    out.clear();
    run.elapsed(&recovery, 0, &mut out);
    assert_eq!(
        out,
        [Action::Cancel { operation: 1 }, Action::Leave { operation: 1, crew }, Action::Recovered]
    );
    out.clear();
    run.elapsed(&recovery, 1, &mut out);
    run.granted(&recovery, 1, &mut out);
    assert_eq!(out, [], "late news of a dropped operation is nothing");
}

#[test]
fn skipped_operations_count_as_done() {
    let never = |seconds| chance(task(seconds), 0.0);
    assert!(time(PlanPolicy::Sequence, vec![never(30), task(60), never(5)]).to_bits() == 60f64.to_bits());
    assert!(time(PlanPolicy::All, vec![never(90), task(60)]).to_bits() == 60f64.to_bits());
    assert!(time(SHARE, vec![never(30), task(60)]).to_bits() == 60f64.to_bits());
    for policy in [PlanPolicy::Race, PlanPolicy::Escalate, SHARE] {
        assert!(time(policy, vec![never(1), never(2)]).to_bits() == 0);
    }
    assert!(time(PlanPolicy::Race, vec![task(5), never(9)]).to_bits() == 0);
    let skipped = chance(nested(PlanPolicy::Sequence, vec![task(50)]), 0.0);
    assert!(time(PlanPolicy::Sequence, vec![skipped, task(60)]).to_bits() == 60f64.to_bits());
    let half = chance(nested(PlanPolicy::Sequence, vec![task(50)]), 0.5);
    assert_mean(&recovery(PlanPolicy::All, vec![half]), 25.0);
}

#[test]
fn a_race_of_exponentials_has_the_harmonic_mean() {
    assert_mean(&recovery(PlanPolicy::Race, vec![exponential("30s"), exponential("60s")]), 20.0);
    let three = vec![exponential("30s"), exponential("60s"), exponential("20s")];
    assert_mean(&recovery(PlanPolicy::Race, three), 10.0);
}

#[test]
fn a_ladder_has_the_mean_of_its_steps_weighted_by_failures() {
    let steps = vec![
        operation(law("exponential", "5s"), 0.8, None),
        operation(law("exponential", "30s"), 0.9, None),
        operation(law("exponential", "120s"), 1.0, None),
    ];
    assert_mean(&recovery(PlanPolicy::Escalate, steps), 5.0 + 0.2 * 30.0 + 0.02 * 120.0);
}

#[test]
fn a_failed_plan_starts_again_with_new_luck() {
    let coin = operation(constant(10), 0.25, None);
    let again = Recovery { again_after: constant(2), ..recovery(PlanPolicy::Race, vec![coin]) };
    // Geometric: four rounds of 10 s on average, and 2 s before each but the first.
    assert_mean(&again, 4.0 * 10.0 + 3.0 * 2.0);
    let hopeless = recovery(PlanPolicy::Race, vec![operation(law("exponential", "9s"), 0.0, None)]);
    let (mut run, mut out) = (PlanRun::new(&hopeless), Vec::new());
    run.start(&hopeless, 3, &mut out);
    run.elapsed(&hopeless, 0, &mut out);
    run.start(&hopeless, 3, &mut out);
    assert_eq!(out[1], Action::Again { after: SimDuration::ZERO });
    assert_ne!(out[0], out[2], "the second round draws anew");
    out.clear();
    run.start(&hopeless, 4, &mut out);
    assert_eq!(out, actions(&hopeless, 4), "another incident begins at round 0");
}

#[test]
fn the_luck_of_an_operation_depends_on_no_other() {
    let own = recovery(PlanPolicy::All, vec![exponential("30s"), exponential("60s")]);
    let other = recovery(PlanPolicy::All, vec![task(1), exponential("60s")]);
    let together =
        recovery(PlanPolicy::Race, vec![nested(PlanPolicy::All, vec![task(4)]), exponential("60s")]);
    for key in 0..100 {
        assert_eq!(actions(&own, key)[1], actions(&other, key)[1]);
        assert_eq!(actions(&own, key)[1], actions(&together, key)[1]);
        assert_ne!(actions(&own, key)[1], actions(&own, key + 1)[1]);
    }
}

#[test]
fn crews_make_incidents_wait_in_turn() {
    let needs = |crew| operation(constant(10), 1.0, Some(crew));
    let plan = recovery(PlanPolicy::Sequence, vec![needs(0), task(3)]);
    let site = Site::new(&plan, 3, &[1]).run(&plan, 0);
    assert_eq!(site.seconds(), [13.0, 23.0, 33.0]);
    let site = Site::new(&plan, 3, &[2]).run(&plan, 0);
    assert_eq!(site.seconds(), [13.0, 13.0, 23.0]);
    // The first and second win by their own means at 4 s; only then does nobody need the crew.
    let either = recovery(PlanPolicy::Race, vec![needs(0), task(4)]);
    let site = Site::new(&either, 2, &[1]).run(&either, 0);
    assert_eq!(site.seconds(), [4.0, 4.0]);
    // A skipped operation wins at once, after another has asked for a member.
    let at_once = recovery(PlanPolicy::Race, vec![needs(0), chance(task(4), 0.0)]);
    let site = Site::new(&at_once, 2, &[1]).run(&at_once, 0);
    assert_eq!(site.seconds(), [0.0, 0.0]);
}

#[test]
fn operations_are_numbered_depth_first() {
    let inner = nested(PlanPolicy::All, vec![task(2), nested(PlanPolicy::Race, vec![task(3)]), task(4)]);
    let plan = recovery(PlanPolicy::All, vec![task(1), inner, task(5)]);
    let begun: Vec<(u32, u64)> = actions(&plan, 0)
        .iter()
        .map(|action| match action {
            Action::Schedule { operation, after } => (*operation, after.as_nanos() / 1_000_000_000),
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert_eq!(begun, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]);
    assert_eq!(PlanRun::new(&plan).operation_count(), 5);
}

#[test]
fn impossible_plans_are_refused() {
    let error = |policy, operations| recovery(policy, operations).check().unwrap_err();
    assert!(error(PlanPolicy::Race, vec![]).contains("at least one"));
    assert!(error(SHARE, vec![nested(SHARE, vec![task(1)])]).contains("cannot be a plan"));
    assert!(error(SHARE, vec![operation(constant(1), 1.0, Some(0))]).contains("crew"));
    assert!(error(PlanPolicy::Race, vec![failing(1), failing(2)]).contains("never succeed"));
    assert!(error(PlanPolicy::All, vec![failing(1), task(2)]).contains("never succeed"));
    assert_eq!(recovery(PlanPolicy::Race, vec![failing(1), task(2)]).check(), Ok(()));
    assert_eq!(recovery(PlanPolicy::All, vec![chance(failing(1), 0.5)]).check(), Ok(()));
}

/// A random plan of tasks whose ends are certain, so that its own end can be computed.
fn random_plan(random: &mut Stream, depth: u32) -> Plan {
    let below = |random: &mut Stream, bound: u64| (random.random::<f64>() * bound as f64) as u64;
    let policy = match below(random, 5) {
        0 => PlanPolicy::Race,
        1 => PlanPolicy::Sequence,
        2 => PlanPolicy::All,
        3 => PlanPolicy::Escalate,
        _ => SHARE,
    };
    let operation = |random: &mut Stream| {
        let certain = |chance: f64, random: &mut Stream| f64::from(u8::from(random.random::<f64>() < chance));
        let crew = (policy != SHARE && below(random, 3) == 0).then_some(0);
        let inner = if depth == 0 || policy == SHARE || below(random, 2) == 0 {
            self::operation(constant(1 + below(random, 20)), certain(0.6, random), crew)
        } else {
            let Plan { policy, operations } = random_plan(random, depth - 1);
            nested(policy, operations)
        };
        chance(inner, certain(0.9, random))
    };
    let count = 1 + below(random, 4);
    Plan { policy, operations: (0..count).map(|_| operation(random)).collect() }
}

/// When a plan of certain tasks ends, and whether well, by the definition of each policy.
fn expected(plan: &Plan) -> (f64, bool) {
    let of = |operation: &Operation| match &operation.work {
        _ if operation.probability == Probability::ZERO => (0.0, true),
        Work::Task { time, success, .. } => (time.mean(), *success == Probability::ONE),
        Work::Plan(nested) => expected(nested),
    };
    let ends: Vec<(f64, bool)> = plan.operations.iter().map(of).collect();
    // All at once: the earliest end that decides, or the last.
    let together = |decisive: bool| {
        let deciding = ends.iter().filter(|(_, success)| *success == decisive).map(|(time, _)| *time);
        match deciding.reduce(f64::min) {
            Some(time) => (time, decisive),
            None => (ends.iter().map(|(time, _)| *time).fold(0.0, f64::max), !decisive),
        }
    };
    let in_turn = |decisive: bool| {
        let decided = ends.iter().position(|(_, success)| *success == decisive);
        let done = decided.map_or(ends.len(), |place| place + 1);
        (ends[..done].iter().map(|(time, _)| *time).sum(), decided.map_or(!decisive, |_| decisive))
    };
    match plan.policy {
        PlanPolicy::Race => together(true),
        PlanPolicy::All => together(false),
        PlanPolicy::Sequence => in_turn(false),
        PlanPolicy::Escalate => in_turn(true),
        PlanPolicy::Share { .. } => {
            let taking_part =
                plan.operations.iter().filter(|operation| operation.probability > Probability::ZERO);
            let speed: f64 = taking_part.map(|operation| 1.0 / of(operation).0).sum();
            let time = if speed > 0.0 { 1.0 / speed } else { 0.0 };
            (time, ends.iter().all(|(_, success)| *success))
        }
    }
}

#[test]
fn random_plans_end_as_their_definition_says() {
    let mut random = Streams::new(9, 0).stream(Purpose::Recovery, 0);
    let (mut good, mut bad) = (0, 0);
    for number in 0..5_000 {
        let plan = random_plan(&mut random, 3);
        let (time, success) = expected(&plan);
        // The plan, and something long after it where it fails.
        let name = "p".to_owned();
        let first = Operation { name, work: Work::Plan(plan), probability: Probability::ONE };
        let recovery = recovery(PlanPolicy::Escalate, vec![first, task(1_000)]);
        assert_eq!(recovery.check(), Ok(()));
        let found = Site::new(&recovery, 1, &[1_000]).run(&recovery, number).seconds()[0];
        let whole = if success { time } else { time + 1_000.0 };
        assert!((found - whole).abs() < 1e-6, "{recovery:?} ended at {found}, expected {whole}");
        good += u32::from(success);
        bad += u32::from(!success);
        // With a crew of one the operations wait for each other, but everyone is served and gives back.
        Site::new(&recovery, 3, &[1]).run(&recovery, number).seconds();
    }
    assert!(good > 500 && bad > 500, "{good} and {bad}");
}
