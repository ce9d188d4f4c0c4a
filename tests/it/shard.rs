//! Shards: who of a fleet a session or a client may use, in whole runs, and how many of them two have in common.

use std::collections::{BTreeMap, BTreeSet};

use ninefold::analysis::oracle::shuffle_sharding;
use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::{simulate, simulate_heard};
use ninefold::kernel::stream::mix;
use ninefold::model::balancing::{ShardBy, ShardPolicy, Sharding};
use ninefold::reason::Reason;
use ninefold::units::SimTime;

use crate::behaviour::{EVERY_TEN, expect, one_service};
use crate::sample::load;

/// The service and replica of every attempt, with when it was sent [s].
#[derive(Default)]
struct Sent(Vec<(f64, u32, u32)>);

impl Hear for Sent {
    fn hear(&mut self, now: SimTime, note: Note) {
        if let Note::AttemptSent { service, replica, .. } = note {
            self.0.push((now.as_secs(), service, replica));
        }
    }
}

impl Sent {
    /// Those to whom anything was sent from one time to another.
    fn replicas(&self, from: f64, to: f64) -> BTreeSet<u32> {
        self.0.iter().filter(|(at, ..)| *at >= from && *at < to).map(|(_, _, replica)| *replica).collect()
    }
}

fn sent(seed: u64, text: &str) -> Sent {
    let scenario = load(text);
    let mut sent = Sent::default();
    simulate_heard(&scenario.system, &scenario.run.span, (seed, 0), &mut sent).unwrap();
    sent
}

/// A service of ten with these words, and a client of this one session.
fn one_session(horizon: u32, client: &str, balancing: &str) -> String {
    format!(
        "[run]\nhorizon = \"{horizon}s\"\n[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\n\
         sessions = 1\ncalls = \"s\"\n{client}\n\
         [service.s]\nreplicas = 10\ndemand = \"1ms\"\nbalancing = {{ {balancing} }}\n"
    )
}

fn crash(replica: u32, at: &str) -> String {
    let number = replica + 1;
    format!(
        "[fault.f{number}]\nkind = \"crash\"\non = \"service.s.{number}\"\nat = \"{at}\"\nlasts = \"1d\"\n"
    )
}

#[test]
fn a_session_uses_its_shard_under_every_policy_and_decider() {
    for policy in ["random", "round-robin", "least-request", "power-of-two", "ring-hash", "prequal", "first"]
    {
        let shards = |balancers: u32| {
            let words = format!("policy = \"{policy}\", balancers = {balancers}, shard = {{ size = 3 }}");
            sent(1, &one_session(400, "", &words)).replicas(0.0, 400.0)
        };
        let (one, several) = (shards(1), shards(5));
        // A hash, and who fills the first before the next, need not use all of it.
        let most = if matches!(policy, "ring-hash" | "first") { 1..=3 } else { 3..=3 };
        assert!(most.contains(&one.len()) && most.contains(&several.len()), "{policy}: {one:?} {several:?}");
        let all: BTreeSet<u32> = one.union(&several).copied().collect();
        assert!(all.len() <= 3, "{policy}: {all:?}");
    }
}

#[test]
fn who_has_lost_its_shard_finds_nobody() {
    let words = "policy = \"round-robin\", knowledge = \"perfect\", shard = { size = 2 }";
    let text = one_session(30, "", words);
    let shard: Vec<u32> = sent(1, &text).replicas(0.0, 30.0).into_iter().collect();
    assert_eq!(shard.len(), 2);
    let text = text + &crash(shard[0], "10500ms") + &crash(shard[1], "20500ms");
    let sent = sent(1, &text);
    assert_eq!(sent.replicas(0.0, 10.5), shard.iter().copied().collect());
    assert_eq!(sent.replicas(10.5, 20.5), BTreeSet::from([shard[1]]));
    assert_eq!(sent.replicas(20.5, 30.0), BTreeSet::new());
    let scenario = load(&text);
    let measured = simulate(&scenario.system, &scenario.run.span, 1, 0).unwrap();
    // At 21 s to 30 s.
    assert_eq!(measured.services[0].reasons[Reason::NoReplica.index()], 9);
}

#[test]
fn one_that_is_left_of_the_fleet_serves_only_its_own_shards() {
    let words = "policy = \"random\", knowledge = \"perfect\", shard = { size = 1 }";
    let home = *sent(1, &one_session(10, "", words)).replicas(0.0, 10.0).first().unwrap();
    let others: String = (0..10).filter(|one| *one != home).map(|one| crash(one, "0s")).collect();
    let text = one_session(10, "", words) + &others;
    assert_eq!(sent(1, &text).0.len(), 9);
    // The same fleet with another one left is no fleet for this session.
    let left = (home + 1) % 10;
    let others: String = (0..10).filter(|one| *one != left).map(|one| crash(one, "0s")).collect();
    assert_eq!(sent(1, &(one_session(10, "", words) + &others)).0.len(), 0);
}

#[test]
fn clients_have_shards_of_their_own() {
    let clients: Vec<String> = (0..12)
        .map(|number| {
            format!(
                "[client.c{number}]\narrival = {{ process = \"poisson\", rate = \"10/s\" }}\ncalls = \"front{number}\"\n\
                 [service.front{number}]\ndemand = \"0s\"\nconcurrency = \"unlimited\"\ncalls = \"s\"\n"
            )
        })
        .collect();
    let text = format!(
        "[run]\nhorizon = \"20s\"\n{}[service.s]\nreplicas = 30\ndemand = \"1ms\"\n\
         balancing = {{ policy = \"random\", shard = {{ size = 2, by = \"client\" }} }}\n",
        clients.concat()
    );
    let scenario = load(&text);
    let mut heard = ByRoot::default();
    simulate_heard(&scenario.system, &scenario.run.span, (3, 0), &mut heard).unwrap();
    assert_eq!(heard.shards.len(), 12);
    assert!(heard.shards.values().all(|shard| shard.len() == 2), "{:?}", heard.shards);
    let distinct: BTreeSet<&BTreeSet<u32>> = heard.shards.values().collect();
    assert!(distinct.len() >= 10, "{distinct:?}");
}

/// The replicas of the last service that the front of each client has sent to. Fronts take no time, so that what is sent on
/// comes right after what was sent to the front.
#[derive(Default)]
struct ByRoot {
    front: u32,
    shards: BTreeMap<u32, BTreeSet<u32>>,
}

impl Hear for ByRoot {
    fn hear(&mut self, _now: SimTime, note: Note) {
        match note {
            Note::AttemptSent { service, .. } if service < 12 => self.front = service,
            Note::AttemptSent { replica, .. } => {
                self.shards.entry(self.front).or_default().insert(replica);
            }
            _ => {}
        }
    }
}

#[test]
fn a_retry_finds_another_of_the_shard_or_none() {
    let failing = |size: u32, avoid: &str| {
        one_service(
            &format!(
                "{EVERY_TEN}\nsessions = 9\nretry = {{ policy = \"fixed\", delay = \"1s\", attempts = 4, avoid = \"{avoid}\" }}"
            ),
            &format!(
                "replicas = 8\nerror_ratio = \"100%\"\nbalancing = {{ policy = \"random\", shard = {{ size = {size} }} }}"
            ),
        )
    };
    // Whoever may not go back to whom it came from stops where there is no other.
    for size in 1..=3_u32 {
        let none = [("client.c/amplification", f64::from(size)), ("client.c/failures_no_replica", 10.0)];
        expect(105, &failing(size, "repeats"), &none);
        let again = [("client.c/amplification", 4.0), ("client.c/failures_error", 10.0)];
        expect(105, &failing(size, "tried"), &again);
    }
}

#[test]
fn a_copy_is_sent_within_the_shard() {
    let hedged = |size: u32| {
        let client = format!("{EVERY_TEN}\nsessions = 9\nhedge = {{ policy = \"fixed\", delay = \"10ms\" }}");
        let balancing = format!("balancing = {{ policy = \"random\", shard = {{ size = {size} }} }}");
        one_service(&client, &format!("replicas = 8\ndemand = \"1s\"\n{balancing}"))
    };
    expect(105, &hedged(1), &[("client.c/amplification", 1.0)]);
    expect(105, &hedged(2), &[("client.c/amplification", 2.0)]);
}

#[test]
fn shards_follow_a_fleet_that_grows() {
    let text = "[run]\nhorizon = \"200s\"\n[client.c]\narrival = { process = \"renewal\", between = \"10ms\" }\n\
                sessions = 400\ncalls = \"s\"\n[service.s]\nreplicas = 4\ndemand = \"0s\"\n\
                balancing = { policy = \"random\", knowledge = \"perfect\", shard = { size = 1 } }\n\
                autoscaling = { policy = \"scheduled\", plan = [{ at = \"100s\", replicas = 8 }], max = 8 }\n";
    let sent = sent(1, text);
    let counts = |from: f64, to: f64| {
        let mut counts = [0_u32; 16];
        let within = sent.0.iter().filter(|(at, ..)| *at >= from && *at < to);
        within.for_each(|(_, _, replica)| counts[*replica as usize] += 1);
        counts
    };
    let (before, after) = (counts(0.0, 100.0), counts(100.0, 200.0));
    assert_eq!(before.iter().filter(|count| **count > 0).count(), 4);
    assert_eq!(after.iter().filter(|count| **count > 0).count(), 8);
    // Each of the first four keeps about half of its sessions: 400 sessions, of which each moves with a chance of one half.
    let kept: u32 = after[..4].iter().sum();
    let share = f64::from(kept) / 10_000.0;
    assert!((share - 0.5).abs() < 4.0 * (0.25_f64 / 400.0 + 0.25 / 10_000.0).sqrt(), "{share}");
}

#[test]
fn cells_are_shared_by_whole_blocks() {
    let words = "policy = \"random\", shard = { size = 5, policy = \"cells\" }";
    let mut cells = BTreeSet::new();
    for seed in 0..20 {
        let used = sent(seed, &one_session(200, "", words)).replicas(0.0, 200.0);
        let first = *used.first().unwrap();
        assert_eq!(used, (first..first + 5).collect());
        cells.insert(first);
    }
    assert_eq!(cells, BTreeSet::from([0, 5]));
}

#[test]
fn a_shard_has_panic_and_zones_of_its_own() {
    let words = |more: &str| {
        format!("policy = \"round-robin\", knowledge = \"perfect\", {more}, shard = {{ size = 3 }}")
    };
    let text = |more: &str| one_session(60, "region = \"r\"", &words(more)) + "[region.r]\nzones = 10\n";
    let calm = text("panic_threshold = \"50%\"");
    let shard: Vec<u32> = sent(1, &calm).replicas(0.0, 60.0).into_iter().collect();
    assert_eq!(shard.len(), 3);
    // Two of three are down, which is panic for the shard, however many of the fleet are up.
    let panicking = sent(1, &(calm + &crash(shard[0], "0s") + &crash(shard[1], "0s")));
    assert_eq!(panicking.replicas(0.0, 60.0).len(), 3);
    // Nobody of it in the own zone, or in the own region: then anywhere in the shard.
    let near = sent(1, &text("locality = \"zone\"")).replicas(0.0, 60.0);
    assert!(near.iter().all(|one| shard.contains(one)), "{near:?} {shard:?}");
    let expected = if shard.contains(&0) { BTreeSet::from([0]) } else { shard.iter().copied().collect() };
    assert_eq!(near, expected);
}

/// How many of 0 to k workers other customers share with one of them, out of so many customers.
fn overlaps(workers: u32, size: u32, customers: u64) -> Vec<u64> {
    let sharding = Sharding { size, by: ShardBy::Session, policy: ShardPolicy::Shuffle };
    let mut members = Vec::new();
    let shard = |customer: u64, members: &mut Vec<u32>| {
        sharding.choose(mix(0xbad_cafe, mix(77, customer)), workers, |_| true, members);
    };
    shard(0, &mut members);
    let poisoned = members.clone();
    let mut counts = vec![0; size as usize + 1];
    for customer in 1..=customers {
        shard(customer, &mut members);
        counts[members.iter().filter(|one| poisoned.contains(one)).count()] += 1;
    }
    counts
}

/// A-SHUF-01 to 04: what one customer takes from the others is hypergeometric.
#[test]
fn shards_have_as_many_workers_in_common_as_chance_has_it() {
    for (workers, size, customers) in
        [(8, 2, 400_000), (20, 4, 400_000), (100, 5, 200_000), (2_048, 4, 20_000)]
    {
        let expected = shuffle_sharding(workers, size).unwrap().overlap;
        let found = overlaps(workers, size, customers);
        for (common, (share, found)) in expected.iter().zip(&found).enumerate() {
            let (mean, found) = (share * customers as f64, *found as f64);
            let spread = (mean * (1.0 - share)).sqrt();
            // Where hardly any are expected, as many as chance allows once in a million times.
            let most = if mean < 10.0 { mean + 5.0 * spread + 5.0 } else { mean + 4.0 * spread };
            let least = mean - 4.0 * spread;
            assert!((least..=most).contains(&found), "{workers}/{size}: {found} with {common}, not {mean}");
        }
    }
}
