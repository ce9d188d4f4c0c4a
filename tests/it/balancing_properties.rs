//! What holds for every balancing policy, with any settings, on fleets whose replicas fail and come back.

use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::simulate_heard;
use ninefold::experiment::{Options, run};
use ninefold::model::balancing::Spread;
use ninefold::model::system::System;
use ninefold::reason::Reason;
use ninefold::units::{SimDuration, SimTime};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::audit;
use crate::sample::balancing::{Balancing, Fleet, Weights, balancing, fixed_weights};
use crate::sample::load;

/// How a decider learns of failures.
#[derive(Debug, Clone, Copy)]
enum Knowledge {
    Checks,
    Truth,
    /// After so many milliseconds of a failure, and of a repair.
    News(u32, u32),
}

/// A service whose replicas fail and come back, and its callers in two regions.
#[derive(Clone)]
struct Case {
    east: usize,
    west: usize,
    zones: usize,
    knowledge: Knowledge,
    balancing: Balancing,
    sessions: Option<u32>,
    slots: u32,
    zone_fails: bool,
    /// Whether there is one decider, so that it is known who decides.
    is_single: bool,
}

/// What a failing case shows is the scenario itself.
impl std::fmt::Debug for Case {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "\n{}", self.text())
    }
}

fn cases(is_single: bool) -> impl Strategy<Value = Case> {
    let knowledge = prop_oneof![
        Just(Knowledge::Checks),
        Just(Knowledge::Truth),
        (0..60u32, 0..60u32).prop_map(|(delay, rejoin)| Knowledge::News(delay, rejoin)),
    ];
    let fleet = (1..8usize, 1..4usize, 1..4usize);
    let rest = (prop::option::of(1..9u32), 1..4u32, any::<bool>());
    (fleet, knowledge, balancing(), rest).prop_map(
        move |((east, west, zones), knowledge, balancing, (sessions, slots, zone_fails))| Case {
            east,
            west,
            zones,
            knowledge,
            balancing,
            sessions,
            slots,
            zone_fails,
            is_single,
        },
    )
}

impl Case {
    fn text(&self) -> String {
        let Self { east, west, zones, slots, .. } = self;
        let (knowledge, check) = match self.knowledge {
            Knowledge::Checks => (
                None,
                "health_check = { interval = \"40ms\", timeout = \"10ms\", unhealthy_after = 2, healthy_after = 1 }\n",
            ),
            Knowledge::Truth => (Some("\"perfect\"".to_owned()), ""),
            Knowledge::News(delay, rejoin) => {
                (Some(format!("{{ delay = \"{delay}ms\", rejoin = \"{rejoin}ms\" }}")), "")
            }
        };
        let balancing = self.balancing.clone().knowing(knowledge);
        let balancing = if self.is_single { balancing.alone() } else { balancing };
        let most = if balancing.shards_by_session() { self.sessions.or(Some(5)) } else { self.sessions };
        let (east_seats, west_seats) = (*east as u32, *west as u32);
        let fleet = Fleet {
            replicas: east + west,
            zones: zones + 1,
            serving: east_seats + west_seats,
            multiple: (1..=east_seats)
                .rev()
                .find(|one| east_seats.is_multiple_of(*one) && west_seats.is_multiple_of(*one)),
            is_checked: !check.is_empty(),
        };
        let sessions = most.map(|number| format!("sessions = {number}\n")).unwrap_or_default();
        let client = |region: &str| {
            format!(
                "[client.{region}]\nregion = \"{region}\"\ninstances = 2\n{sessions}calls = \"s\"\ntimeout = \"60ms\"\n\
                 arrival = {{ process = \"poisson\", rate = \"150/s\" }}\n\
                 retry = {{ policy = \"fixed\", attempts = 3, avoid = \"last\" }}\n\n"
            )
        };
        let zone = if self.zone_fails {
            "\n[fault.zone]\nkind = \"crash\"\non = \"zone.east.1\"\nat = \"1s\"\nlasts = \"300ms\"\n"
        } else {
            ""
        };
        format!(
            "[run]\nhorizon = \"3s\"\nruns = 2\n\n[network]\nbetween_regions = \"2ms\"\n\n\
             [region.east]\nzones = {zones}\n[region.west]\n\n{}{}\
             [service.s]\nreplicas = {{ east = {east}, west = {west} }}\nconcurrency = {slots}\n\
             demand = {{ distribution = \"exponential\", mean = \"8ms\" }}\n{check}{}\n\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
             time_to_failure = {{ distribution = \"exponential\", mean = \"400ms\" }}\n\
             time_to_repair = {{ distribution = \"exponential\", mean = \"150ms\" }}\n{zone}",
            client("east"),
            client("west"),
            balancing.words(fleet),
        )
    }
}

/// What the only decider believes, worked out from what happens to replicas.
struct Belief<'s> {
    spread: &'s Spread,
    knowledge: Knowledge,
    is_up: Vec<bool>,
    /// News on the way to it, by replica, in the order in which they arrive.
    news: Vec<Vec<(SimTime, bool)>>,
    /// Whether it may want none although there are some.
    is_choosy: bool,
    /// Whether it, or a request, uses only a part of the fleet, which part is not known here.
    has_subset: bool,
    sent: u64,
}

impl<'s> Belief<'s> {
    fn new(system: &'s System, case: &Case) -> Self {
        let balancing = &system.services[0].balancing;
        let count = system.services[0].replicas.len();
        Self {
            spread: &balancing.spread,
            knowledge: case.knowledge,
            is_up: vec![true; count],
            news: vec![Vec::new(); count],
            is_choosy: balancing.policy.name() == "smooth-weighted-round-robin",
            has_subset: balancing.subset.is_some() || balancing.shard.is_some(),
            sent: 0,
        }
    }

    fn changed(&mut self, now: SimTime, replica: usize, is_up: bool) {
        match self.knowledge {
            Knowledge::Checks => {}
            Knowledge::Truth => self.is_up[replica] = is_up,
            Knowledge::News(delay, rejoin) => {
                let wait = SimDuration::from_nanos(u64::from(if is_up { rejoin } else { delay }) * 1_000_000);
                let last = self.news[replica].last().map_or(SimTime::ZERO, |(at, _)| *at);
                self.news[replica].push((last.max(now + wait), is_up));
            }
        }
    }

    fn believed(&self, now: SimTime, replica: usize) -> bool {
        let heard = self.news[replica].iter().rev().find(|(at, _)| *at <= now);
        heard.map_or(self.is_up[replica], |(_, is_up)| *is_up)
    }

    /// The priority of a replica.
    fn level(&self, replica: usize) -> u32 {
        self.spread.priorities.get(replica).copied().unwrap_or(0)
    }

    /// Whether a priority is in panic: all together are not enough, and of its own too few are up.
    fn is_in_panic(&self, now: SimTime, level: u32) -> bool {
        let levels = self.spread.priorities.iter().max().map_or(1, |last| last + 1);
        let up_of_all = |level: u32| {
            let members = (0..self.is_up.len()).filter(|one| self.level(*one) == level);
            let ups: Vec<bool> = members.map(|one| self.believed(now, one)).collect();
            (ups.iter().filter(|is_up| **is_up).count() as u32, ups.len() as u32)
        };
        let health = |level| {
            let (up, all) = up_of_all(level);
            (self.spread.overprovisioning * up / all).min(100)
        };
        let (up, all) = up_of_all(level);
        (0..levels).map(health).sum::<u32>() < 100
            && f64::from(up) < self.spread.panic_threshold * f64::from(all)
    }
}

impl Hear for Belief<'_> {
    fn hear(&mut self, now: SimTime, note: Note) {
        match note {
            Note::ReplicaChanged { replica, is_up } => self.changed(now, replica as usize, is_up),
            Note::ReplicaMarked { replica, is_up, .. } => self.is_up[replica as usize] = is_up,
            Note::AttemptSent { replica, .. } => {
                self.sent += 1;
                let is_in_panic = self.is_in_panic(now, self.level(replica as usize));
                let believed = self.believed(now, replica as usize);
                let may = if self.has_subset {
                    // Its panic is that of its part.
                    believed || (self.spread.panic_threshold > 0.0 && !self.spread.fail_on_panic)
                } else if is_in_panic {
                    !self.spread.fail_on_panic
                } else {
                    believed
                };
                assert!(may, "an attempt goes to {} at {now:?}", replica + 1);
            }
            Note::AttemptStopped { reason: Reason::NoReplica, .. } if !self.is_choosy => {
                if self.has_subset {
                    // Of a fleet that is all up, every part is.
                    let is_whole = (0..self.is_up.len()).all(|one| self.believed(now, one));
                    return assert!(!is_whole, "nobody of the part is found at {now:?}");
                }
                let may = |one| {
                    let is_in_panic = self.is_in_panic(now, self.level(one));
                    self.believed(now, one) && !(is_in_panic && self.spread.fail_on_panic)
                };
                // In a priority that fails in panic attempts find nobody, although others have room.
                let fails = self.spread.fail_on_panic;
                assert!(fails || !(0..self.is_up.len()).any(may), "nobody is found at {now:?}");
            }
            _ => {}
        }
    }
}

fn config(cases: u32) -> Config {
    let slow = std::env::var_os("NINEFOLD_SLOW").is_some_and(|value| value == "1");
    Config { failure_persistence: None, ..Config::with_cases(if slow { 20 * cases } else { cases }) }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn nobody_believed_down_is_picked_outside_panic(case in cases(true)) {
        let scenario = load(&case.text());
        let mut belief = Belief::new(&scenario.system, &case);
        simulate_heard(&scenario.system, &scenario.run.span, (scenario.run.seed, 0), &mut belief).unwrap();
        let balancing = &scenario.system.services[0].balancing;
        prop_assert!(belief.sent > 0 || balancing.spread.fail_on_panic);
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn every_policy_keeps_the_books(case in cases(false)) {
        let scenario = load(&case.text());
        let (measured, books) = audit::run(&scenario);
        audit::agree(&scenario, &measured, &books);
    }

    #[test]
    fn every_policy_is_the_same_again_on_any_threads(case in cases(false)) {
        let scenario = load(&case.text());
        let on = |threads| {
            let options = Options { threads: Some(threads), ..Options::default() };
            let values = run(&scenario, &options, &()).unwrap().values;
            values.into_iter().map(|one| (one.run, one.scope, one.metric, one.value.map(f64::to_bits))).collect::<Vec<_>>()
        };
        let once = on(1);
        prop_assert_eq!(&once, &on(1));
        prop_assert_eq!(&once, &on(2));
    }
}

/// The replica of every attempt.
#[derive(Default)]
struct Picks(Vec<usize>);

impl Hear for Picks {
    fn hear(&mut self, _now: SimTime, note: Note) {
        if let Note::AttemptSent { replica, .. } = note {
            self.0.push(replica as usize);
        }
    }
}

/// So many picks one after another among idle replicas, of which some are down.
fn picks(policy: &str, replicas: usize, down: &[usize], count: usize) -> Vec<usize> {
    let down: Vec<String> = down.iter().map(|one| format!("\"service.s.{}\"", one + 1)).collect();
    let fault = if down.is_empty() {
        String::new()
    } else {
        format!("[fault.f]\nkind = \"crash\"\non = [{}]\nat = \"0s\"\nlasts = \"1d\"\n", down.join(", "))
    };
    let text = format!(
        "[run]\nhorizon = \"{count}ms\"\nruns = 1\n[client.c]\narrival = {{ process = \"renewal\", between = \"1ms\" }}\n\
         calls = \"s\"\n[service.s]\nreplicas = {replicas}\ndemand = \"0s\"\n\
         balancing = {{ {policy}, knowledge = \"perfect\" }}\n{fault}"
    );
    let scenario = load(&text);
    let mut picks = Picks::default();
    simulate_heard(&scenario.system, &scenario.run.span, (scenario.run.seed, 0), &mut picks).unwrap();
    picks.0
}

/// A policy whose picks among idle replicas have a known law, and how they are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Law {
    /// Independent draws in proportion to weights.
    Random,
    /// Each period holds every replica as often as its weight says.
    Turns,
    /// As turns, but for one pick more or less.
    NearlyTurns,
}

/// Every policy with such a law, with the key of its weights if it has any.
const LAWS: [(&str, bool, Law); 17] = [
    ("policy = \"random\"", false, Law::Random),
    ("policy = \"weighted-random\"", true, Law::Random),
    ("policy = \"random-draws\", draws = 1", true, Law::Random),
    ("policy = \"power-of-two\"", false, Law::Random),
    ("policy = \"power-of-two\", replacement = true", false, Law::Random),
    ("policy = \"power-of-d\", choices = 3", false, Law::Random),
    ("policy = \"join-shortest-queue\"", false, Law::Random),
    ("policy = \"least-request\"", false, Law::Random),
    ("policy = \"least-request\", selection = \"full-scan\"", false, Law::Random),
    ("policy = \"maglev\"", true, Law::Random),
    ("policy = \"prequal\", probe_rate = 1e-9", false, Law::Random),
    ("policy = \"round-robin\"", false, Law::Turns),
    ("policy = \"weighted-round-robin\", random_start = false", false, Law::Turns),
    ("policy = \"smooth-weighted-round-robin\"", true, Law::Turns),
    ("policy = \"least-connections\"", true, Law::Turns),
    ("policy = \"edf-weighted-round-robin\", random_start = false", true, Law::NearlyTurns),
    ("policy = \"edf-weighted-round-robin\"", true, Law::NearlyTurns),
];

/// Whether counts are those of independent draws, by a chi-square test at a level of 1e-4.
fn are_drawn(counts: &[usize], weights: &[f64]) -> bool {
    let (all, total) = (counts.iter().sum::<usize>() as f64, weights.iter().sum::<f64>());
    let terms = counts.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(count, weight)| {
        let mean = all * weight / total;
        (*count as f64 - mean).powi(2) / mean
    });
    let (classes, square) = terms.fold((0, 0.0), |(classes, sum), term| (classes + 1, sum + term));
    classes < 2 || ChiSquared::new(f64::from(classes - 1)).unwrap().sf(square) > 1e-4
}

/// Picks among replicas of which some are down, of a policy, with weights or without.
fn spreads((policy, has_weights, law): (&str, bool, Law), weights: &Weights, is_down: &[bool]) {
    let replicas = is_down.len();
    let down: Vec<usize> = (0..replicas).filter(|one| is_down[*one]).collect();
    let mut share: Vec<u32> = match weights {
        Weights::Given(given) if has_weights => given[..replicas].to_vec(),
        _ => vec![1; replicas],
    };
    for one in &down {
        share[*one] = 0;
    }
    let period: u32 = share.iter().sum();
    let key = if has_weights { format!(", weights = {}", weights.words(replicas)) } else { String::new() };
    let count = if law == Law::Random { 10_000 } else { 12 * period as usize };
    let found = picks(&format!("{policy}{key}"), replicas, &down, count + 1);
    assert_eq!(found.len(), count, "{policy}");
    let mut counts = vec![0; replicas];
    let told = |counts: &[usize]| format!("{policy}{key} picks {counts:?} for {share:?}");
    for (number, pick) in found.iter().enumerate() {
        counts[*pick] += 1;
        let periods = (number + 1) / period as usize;
        if law != Law::Random && (number + 1) % period as usize == 0 {
            let slack = usize::from(law == Law::NearlyTurns);
            let fits = |(count, share): (&usize, &u32)| count.abs_diff(periods * *share as usize) <= slack;
            assert!(counts.iter().zip(&share).all(fits), "{}", told(&counts));
        }
    }
    assert!(down.iter().all(|one| counts[*one] == 0), "{}", told(&counts));
    let weights: Vec<f64> = share.iter().map(|one| f64::from(*one)).collect();
    assert!(law != Law::Random || are_drawn(&counts, &weights), "{}", told(&counts));
}

/// The cases are always the same, so that a test at a level of 1e-4 does not fail by chance some day.
#[test]
fn picks_are_spread_as_documented() {
    let fleets = prop::collection::vec(any::<bool>(), 1..9)
        .prop_filter("somebody is up", |is_down| is_down.iter().any(|one| !one));
    let mut runner = TestRunner::deterministic();
    for law in LAWS {
        for _ in 0..15 {
            let drawn = (fixed_weights(), &fleets).new_tree(&mut runner).unwrap();
            let (weights, is_down) = drawn.current();
            spreads(law, &weights, &is_down);
        }
    }
}
