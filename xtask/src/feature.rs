//! What each feature of a service or its callers adds to a request: W3 with one more of them at a time.

use crate::bench::Options;
use crate::failure::Failure;
use crate::instructions;
use crate::place;
use crate::report::Sample;
use crate::skip::Skips;
use crate::usage::Usage;
use crate::workload::{self, W3, Workload};
use std::fmt::Write;
use std::path::Path;

/// A feature that is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Feature {
    /// What it is called here and in the record of instructions.
    pub(crate) name: &'static str,
    /// W3 with it.
    pub(crate) workload: Workload,
    /// Times the processor time of W3 that we allow ourselves.
    goal: f64,
}

const fn feature(name: &'static str, goal: f64, set: &'static [&'static str]) -> Feature {
    Feature { name, workload: Workload { set, ..W3 }, goal }
}

/// The features; those of callers have limits that are never reached, so that what is counted is being there.
pub(crate) const FEATURES: [Feature; 13] = [
    feature("timeout", 1.4, &["client.c.timeout=1min"]),
    feature("network-delay", 1.4, &["network.within_zone=1ms"]),
    feature("least-request", 1.4, &["service.s.balancing={ policy = \"least-request\", choices = 2 }"]),
    feature(
        "health-check",
        1.4,
        &[
            BELIEVED,
            "service.s.health_check={ interval = \"5s\", timeout = \"1s\", unhealthy_after = 3, healthy_after = 2 }",
        ],
    ),
    feature(
        "outlier-detection",
        1.4,
        &[BELIEVED, "service.s.outlier_detection={ policy = \"envoy\", consecutive_5xx = 1000 }"],
    ),
    feature(
        "breaker",
        1.4,
        &["client.c.breaker={ policy = \"polly\", failure_ratio = 0.9, minimum = 1000 }"],
    ),
    feature("budget", 1.4, &["client.c.retry.budget={ policy = \"envoy\", ratio = \"50%\", minimum = 100 }"]),
    feature(
        "throttle",
        1.4,
        &["client.c.throttle={ policy = \"token-bucket\", rate = \"100000/s\", burst = 10000 }"],
    ),
    feature("bulkhead", 1.4, &["client.c.bulkhead={ limit = 100000 }"]),
    feature("hedge", 2.0, &["client.c.hedge={ policy = \"fixed\", delay = \"1min\", attempts = 2 }"]),
    feature("codel", 2.0, &["service.s.queue={ policy = \"codel\", target = \"1h\", interval = \"2h\" }"]),
    feature("processor-sharing", 2.0, &["service.s.queue={ policy = \"processor-sharing\" }"]),
    feature("effects", 2.0, &["service.s.effects=true"]),
];

/// Who is told the truth needs no checks, so those who check are told nothing.
const BELIEVED: &str = "service.s.balancing={ policy = \"random\" }";

/// Measures W3 with and without each feature in alternation, counts its instructions, and prints the table.
pub(crate) fn measure(options: &Options, skips: &mut Skips) -> Result<(), Failure> {
    let ninefold = place::ninefold()?;
    let counts = if instructions::can_count(skips) { Some(instructions::features(&ninefold)?) } else { None };
    let plain = counts.as_ref().map(|counts| counts[PLAIN]);
    let mut text = format!(
        "{:<18} {:>26} {:>26}  {:>12}\n",
        "W3 with", "ns more per request", "times W3", "instructions"
    );
    for feature in FEATURES {
        let (mut with, mut without) = (Sample::default(), Sample::default());
        for _ in 0..options.pairs {
            without.push(cost(W3, &ninefold, options.requests)?);
            with.push(cost(feature.workload, &ninefold, options.requests)?);
        }
        let times = with.with(&without, |with, without| with / without);
        let more = with.with(&without, |with, without| with - without);
        let verdict = if times.median() <= feature.goal { "met" } else { "missed" };
        let count = counts.as_ref().zip(plain).map(|(counts, plain)| counts[feature.name] - plain);
        let count = count.map_or_else(|| "-".to_owned(), |count| format!("{count:+.0}"));
        let _ = writeln!(
            text,
            "{:<18} {:>26} {:>26}  {count:>12}  goal {} {verdict}",
            feature.name,
            more.range(1e9),
            times.range(1.0),
            feature.goal
        );
    }
    print!("{text}");
    Ok(())
}

/// What W3 is called in the record of instructions of features.
pub(crate) const PLAIN: &str = "plain";

/// Processor time \[s\] per request.
fn cost(workload: Workload, ninefold: &Path, requests: u64) -> Result<f64, Failure> {
    let folder = place::scratch()?;
    let out = folder.path().join("out");
    let usage = Usage::of(&mut workload.command(ninefold, requests, &out))?;
    Ok(usage.processor.as_secs_f64() / workload::requests(&out)?)
}
