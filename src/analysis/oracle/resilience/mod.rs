//! What retries, hedges and timeouts do to failures, latency and load.

mod decorrelated_jitter;
mod hedging;
mod mg1_retrial;
mod mm1_retrial_constant;
mod mmc_retrial;
mod retries;
mod retries_outage;
mod retry_budget;
mod retry_storm;
mod retry_tiers;
mod timeouts;

pub use decorrelated_jitter::decorrelated_sleeps;
pub use hedging::{HedgeWork, Hedging};
pub use mg1_retrial::orbit_mean;
pub use mm1_retrial_constant::orbit_mean_constant;
pub use mmc_retrial::{RetrialAnswer, mmc_retrial};
pub use retries::{Jitter, Retries};
pub use retries_outage::failure_through_outage;
pub use retry_budget::amplification_with_budget;
pub use retry_storm::RetryStorm;
pub use retry_tiers::{Tiers, retry_tiers};
pub use timeouts::{Timeouts, TimeoutsAnswer};

use super::{Answer, Argument, Oracle};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    decorrelated_jitter::ORACLE,
    hedging::ORACLE,
    mg1_retrial::ORACLE,
    mm1_retrial_constant::ORACLE,
    mmc_retrial::ORACLE,
    retries::ORACLE,
    retries_outage::ORACLE,
    retry_budget::ORACLE,
    retry_storm::ORACLE,
    retry_tiers::ORACLE,
    timeouts::ORACLE,
];

const RATE: Argument = Argument::number("rate", "1/s", "arrival rate of first attempts");
const FAILURE: Argument = Argument::number("failure", "ratio", "probability that an attempt fails");
const RETRIES: Argument = Argument::number("retries", "1", "most retries of a request");

const AVAILABILITY: Answer = Answer::new("availability_request", "ratio", "share of requests that succeed");
const ATTEMPTS: Answer = Answer::new("attempts_mean", "1", "mean number of attempts of a request");
const AMPLIFICATION: Answer = Answer::new("amplification", "1", "attempts over first attempts");
const ORBIT: Answer = Answer::new("orbit_mean", "1", "mean number of jobs between two tries");
const ORBIT_TIME: Answer =
    Answer::new("orbit_time_mean", "s", "mean time of a job until a try finds a free server");

/// 1 + x + x^2 + ... + x^last.
fn powers(x: f64, last: u32) -> f64 {
    (0..last).fold(1.0, |sum, _| 1.0 + x * sum)
}
