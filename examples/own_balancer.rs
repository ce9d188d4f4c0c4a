//! A balancing policy of one's own, which remembers who failed of late, against two that are shipped.
//!
//! Run it with `cargo run --release --example own_balancer`.

use std::error::Error;
use std::io::{self, Write};

use ninefold::experiment::Options;
use ninefold::experiment::compare::{Question, Variant, compare};
use ninefold::kernel::stream::Stream;
use ninefold::model::balancing::{BalancingPolicy, Ended, FleetView, Impossible, LoadNeeded, Needs, below};
use ninefold::scenario::{Catalogue, Override, Places, Source, load_with};
use ninefold::units::{SimDuration, SimTime};

ninefold::settings! {
    /// What a scenario may say about the wary choice.
    pub(crate) struct Settings {
        /// After how long a failure counts for half.
        #[range = "> 0"]
        half_life: SimDuration = SimDuration::from_nanos(30_000_000_000),
    }
}

/// Of two replicas drawn at random, sends to the one that failed less of late, then to the less busy one.
#[derive(Debug, Clone)]
pub(crate) struct Wary {
    half_life: f64,
    /// By replica: failures, each halved with every half-life that passed, and when that was last worked out.
    failures: Vec<(f64, SimTime)>,
}

impl Wary {
    fn failures(&self, replica: u32, now: SimTime) -> f64 {
        let (count, at) = self.failures[replica as usize];
        count * 0.5_f64.powf(now.since(at).as_secs() / self.half_life)
    }
}

impl BalancingPolicy for Wary {
    const NAME: &'static str = "wary";
    const SUMMARY: &'static str = "Of two replicas the one that failed less of late.";
    const NO_SLOW_START: Option<&'static str> = Some("there is no weight to lower");
    type Settings = Settings;

    /// The engine tells a policy only what it asks for: here its own attempts under way, and how they end.
    fn needs(_settings: &Settings) -> Needs {
        Needs { outcomes: true, ..Needs::load(LoadNeeded::Own) }
    }

    fn check(settings: &Settings, _replicas: usize) -> Result<(), Impossible> {
        Impossible::unless(!settings.half_life.is_zero(), "half_life", "expected a time above zero")
    }

    fn new(settings: &Settings, speed: &[f64]) -> Self {
        Self { half_life: settings.half_life.as_secs(), failures: vec![(0.0, SimTime::ZERO); speed.len()] }
    }

    /// All that is drawn comes from the stream of the balancer, so that a seed gives the same run again.
    fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
        let [one, other] = [(); 2].map(|()| fleet.eligible[below(fleet.eligible.len(), stream)]);
        let failed = [one, other].map(|replica| self.failures(replica, fleet.now));
        let busy = [one, other].map(|replica| fleet.load[replica as usize]);
        let is_worse = failed[0].total_cmp(&failed[1]).then(busy[0].cmp(&busy[1])).is_gt();
        Some(if is_worse { other } else { one })
    }

    fn observe(&mut self, ended: &Ended) {
        let failures = self.failures(ended.replica, ended.now) + f64::from(ended.failure.is_some());
        self.failures[ended.replica as usize] = (failures, ended.now);
    }
}

/// One of ten replicas answers a third of its attempts with errors for a while, and nothing checks its health.
const SHOP: &str = r#"
run = { horizon = "20min", runs = 5, seed = 4 }
client.caller = { arrival = { process = "poisson", rate = "60/s" }, calls = "shop" }
service.shop = { replicas = 10, concurrency = 4, demand = "20ms" }
fault.gray = { kind = "error", share = "33%", on = "service.shop.3", at = "5min", lasts = "10min" }
"#;

/// Compares three balancers over the same days and writes what came of it.
pub(crate) fn show(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // A catalogue holds what a scenario may name besides the policies that are shipped.
    let mut own = Catalogue::default();
    own.balancing::<Wary>()?;
    let mut variants = Vec::new();
    for balancing in ["random", "least-request", "{ policy = \"wary\", half_life = \"1min\" }"] {
        let source = Source { name: "shop.toml".to_owned(), text: SHOP.to_owned() };
        let change = Override { path: "service.shop.balancing".to_owned(), value: balancing.to_owned() };
        let scenario = load_with(&own, source, &[change], &Places::default())?;
        let label = scenario.system.services[0].balancing.policy.name().to_owned();
        variants.push(Variant { label, scenario });
    }
    let metrics = vec!["client.caller/availability_request".to_owned()];
    let question = Question { metrics, runs: 5, runs_max: 5 };
    let compared = compare(&variants, None, &question, &Options::default(), &())?;
    let availability = &compared.metrics[0];
    for (variant, estimate) in variants.iter().zip(availability.estimates.iter().flatten()) {
        if let (Some(value), Some((low, high))) = (estimate.value, estimate.interval) {
            writeln!(out, "{:<14} {value:.5} ({low:.5} to {high:.5})", variant.label)?;
        }
    }
    for pair in &availability.pairs {
        let [first, second] = [pair.first, pair.second].map(|one| &variants[one].label);
        writeln!(out, "{second} is {} compared with {first}", pair.verdict.name())?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    show(&mut io::stdout())
}
