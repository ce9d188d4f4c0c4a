//! A scenario that runs: the text of one that is accepted, or a random one for which the bytes stand.

use ninefold::output::manifest::sha256;
use ninefold::scenario::Scenario;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::scenario::accepted;
use crate::audit;
use crate::sample::{Form, load, samples};

/// Events that a run may have.
const EVENTS: u64 = 100_000;

/// Replicas up to which a scenario is run: beyond, its start alone takes too long to try many.
const REPLICAS_MAX: usize = 1_000;

/// Runs the scenario while books are kept of it, which must agree with what it measures.
pub(crate) fn read(bytes: &[u8]) {
    let written = std::str::from_utf8(bytes).ok().and_then(accepted);
    let Some(scenario) = written.or_else(|| chosen(bytes)) else { return };
    let replicas: usize = scenario.system.services.iter().map(|service| service.replicas.len()).sum();
    if replicas > REPLICAS_MAX {
        return;
    }
    if let Ok(Some((measured, books))) = audit::run_at_most(&scenario, EVENTS) {
        audit::agree(&scenario, &measured, &books);
    }
}

/// The random scenario that the bytes stand for.
fn chosen(bytes: &[u8]) -> Option<Scenario> {
    let hash = sha256(&String::from_utf8_lossy(bytes));
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &hash.as_bytes()[..32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let sample = samples().new_tree(&mut runner).ok()?.current();
    Some(load(&sample.text(Form::Open)))
}
