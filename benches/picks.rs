//! How long a balancing policy takes to pick: one pick, and what the policy hears of the end of another attempt, in a
//! fleet whose replicas have two attempts each. `cargo xtask picks` prints the figures as a table.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ninefold::kernel::stream::{Purpose, Stream, Streams};
use ninefold::model::balancing::{
    Balancer, BalancerSettings, Ended, FleetView, LoadNeeded, Needs, Probed, Report,
};
use ninefold::scenario::{self, Places, Source};
use ninefold::units::{SimDuration, SimTime};
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

/// Fleets to pick from: what they are called, replicas, and of how many one is believed down.
const FLEETS: [(&str, usize, usize); 4] =
    [("3", 3, 0), ("50", 50, 0), ("1000", 1_000, 0), ("1000, one in ten down", 1_000, 10)];
/// Attempts that each replica has on average.
const ATTEMPTS: usize = 2;
/// Picks per second and replica.
const RATE: u64 = 100;

/// Settings other than the defaults that change how a policy picks.
const VARIANTS: &[(&str, &str)] = &[
    ("edf-weighted-round-robin, weights", r#"policy = "edf-weighted-round-robin", weights = "speed""#),
    ("least-connections, nginx weights", r#"policy = "least-connections", weights = "speed""#),
    (
        "least-connections, haproxy weights",
        r#"policy = "least-connections", weights = "speed", comparison = "haproxy""#,
    ),
    ("least-request, full scan", r#"policy = "least-request", selection = "full-scan""#),
    ("least-request, weights", r#"policy = "least-request", weights = "speed""#),
    ("maglev, bounded", r#"policy = "maglev", balance_factor = 150"#),
    ("power-of-d, three", r#"policy = "power-of-d", choices = 3"#),
    ("power-of-d, memory", r#"policy = "power-of-d", memory = 1"#),
    ("random-draws, bounded", r#"policy = "random-draws", balance_factor = 150"#),
    ("ring-hash, bounded", r#"policy = "ring-hash", balance_factor = 150"#),
    (
        "smooth-weighted-round-robin, passive checks",
        r#"policy = "smooth-weighted-round-robin", weights = "speed", max_fails = 1"#,
    ),
    ("weighted-random, weights", r#"policy = "weighted-random", weights = "speed""#),
];

/// A decider, its fleet, and the attempts that it has out.
struct Bench {
    balancer: Balancer,
    needs: Needs,
    stream: Stream,
    eligible: Vec<u32>,
    since: Vec<SimTime>,
    load: Vec<u32>,
    now: SimTime,
    out: VecDeque<u32>,
    targets: Vec<u32>,
    reports: Vec<Option<Report>>,
    reported: SimTime,
    step: SimDuration,
}

impl Bench {
    /// A fleet of which every replica with a number divisible by `down` is believed down; 0 for none.
    fn new(settings: &BalancerSettings, speed: &[f64], down: usize) -> Self {
        let count = speed.len();
        let eligible: Vec<u32> =
            (0..count).filter(|one| down == 0 || one % down != 1).map(|one| one as u32).collect();
        let report = Report { utilisation: 0.5, throughput: RATE as f64, errors: 0.0, latency: Some(0.02) };
        let mut bench = Self {
            balancer: Balancer::new(settings, speed),
            needs: settings.needs(),
            stream: Streams::new(1, 0).stream(Purpose::Balancing, 0),
            eligible,
            since: vec![SimTime::ZERO; count],
            load: vec![0; count],
            now: SimTime::ZERO,
            out: VecDeque::new(),
            targets: Vec::new(),
            reports: vec![Some(report); count],
            reported: SimTime::ZERO,
            step: SimDuration::from_nanos(1_000_000_000 / (RATE * count as u64)),
        };
        for _ in 0..ATTEMPTS * count {
            bench.pick();
        }
        bench
    }

    fn pick(&mut self) -> u32 {
        self.now = self.now + self.step;
        let load: &[u32] = if self.needs.load == LoadNeeded::None { &[] } else { &self.load };
        let session = if self.needs.sessions { self.now.as_nanos() } else { 0 };
        let view = FleetView {
            eligible: &self.eligible,
            load,
            slots: 4,
            since: &self.since,
            now: self.now,
            session,
        };
        let picked = self.balancer.pick(&view, &mut self.stream).unwrap();
        if self.needs.probes {
            self.targets.clear();
            self.balancer.probe(&view, &mut self.stream, &mut self.targets);
            for replica in &self.targets {
                let (load, latency) = (self.load[*replica as usize], self.step);
                self.balancer.probed(&Probed { replica: *replica, known: self.now, load, latency });
            }
        }
        self.load[picked as usize] += 1;
        self.out.push_back(picked);
        picked
    }

    /// The attempt that is out for longest ends.
    fn end(&mut self) {
        let Some(replica) = self.out.pop_front() else { return };
        self.load[replica as usize] -= 1;
        if self.needs.outcomes {
            let latency = SimDuration::from_nanos(20_000_000 + u64::from(replica) * 1_000);
            let ended = Ended { replica, now: self.now, latency, failure: None, is_listed: false };
            self.balancer.observe(&ended);
        }
        if self.needs.reports.is_some_and(|period| self.now.since(self.reported) >= period) {
            self.balancer.report(&self.reports, self.now);
            self.reported = self.now;
        }
    }
}

/// The settings that a scenario would give to a fleet of so many replicas.
fn settings(balancing: &str, count: usize) -> (BalancerSettings, Vec<f64>) {
    let speed: Vec<f64> = (0..count).map(|one| 1.0 + (one % 5) as f64).collect();
    let text = format!(
        "[run]\nhorizon = \"1h\"\n[service.fleet]\nreplicas = {count}\nspeed = {speed:?}\nbalancing = {{ {balancing} }}\n"
    );
    let places = Places::default();
    let source = Source { name: "bench".to_owned(), text };
    let scenario = scenario::load(source, &[], &places).unwrap();
    (scenario.system.services[0].balancing.policy.clone(), speed)
}

fn picks(criterion: &mut Criterion) {
    let defaults =
        BalancerSettings::CATALOGUE.iter().map(|entry| (entry.name, format!("policy = {:?}", entry.name)));
    let variants = VARIANTS.iter().map(|(name, keys)| (*name, (*keys).to_owned()));
    for (name, keys) in defaults.chain(variants) {
        let mut group = criterion.benchmark_group(name);
        for (label, count, down) in FLEETS {
            let (settings, speed) = settings(&keys, count);
            let mut bench = Bench::new(&settings, &speed, down);
            group.bench_function(BenchmarkId::from_parameter(label), |bencher| {
                bencher.iter(|| {
                    bench.end();
                    black_box(bench.pick())
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20);
    targets = picks
}
criterion_main!(benches);
