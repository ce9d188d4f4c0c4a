//! What is known of a queue in steady state, under the names of the simulator's metrics.

use crate::analysis::oracle::{Answer, OracleError, Value, positive};

/// The levels of the quantiles that a [`Station`] has.
pub const LEVELS: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// A queue in steady state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Station {
    /// Mean time at the queue, waiting and service \[s\].
    pub sojourn_mean: f64,
    /// Mean wait \[s\].
    pub wait_mean: f64,
    /// Share of those admitted that wait.
    pub delayed_ratio: f64,
    /// Share of the servers' time in use.
    pub utilisation: f64,
    /// Mean number waiting or in service.
    pub in_system_mean: f64,
    /// Mean number waiting.
    pub queue_length_mean: f64,
    /// Time at the queue that is not exceeded with the probabilities [`LEVELS`] \[s\].
    pub sojourn_quantiles: [f64; 5],
    /// Wait that is not exceeded with the probabilities [`LEVELS`] \[s\].
    pub wait_quantiles: [f64; 5],
}

/// How jobs come and are served, for the sums that hold for every queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    /// Of those admitted \[1/s\].
    pub(super) rate: f64,
    pub(super) service_mean: f64,
    pub(super) servers: f64,
}

impl Flow {
    /// Jobs of this rate and mean service at so many servers, if all arguments are positive and the load is below 1.
    pub(super) fn stable(rate: f64, service_mean: f64, servers: u32) -> Result<Self, OracleError> {
        positive("rate", &[rate])?;
        positive("service_mean", &[service_mean])?;
        positive("servers", &[f64::from(servers)])?;
        let flow = Self { rate, service_mean, servers: f64::from(servers) };
        match flow.load() {
            load if load < 1.0 => Ok(flow),
            load => Err(OracleError::Unstable { load }),
        }
    }

    /// Offered work over what the servers can do.
    pub(super) fn load(&self) -> f64 {
        self.rate * self.service_mean / self.servers
    }
}

impl Station {
    /// The station of this flow with this mean wait; numbers inside follow by Little's law.
    pub(super) fn new(
        flow: Flow,
        (wait_mean, delayed_ratio): (f64, f64),
        wait_quantile: impl Fn(f64) -> f64,
        sojourn_quantile: impl Fn(f64) -> f64,
    ) -> Self {
        let sojourn_mean = wait_mean + flow.service_mean;
        Self {
            sojourn_mean,
            wait_mean,
            delayed_ratio,
            utilisation: flow.load(),
            in_system_mean: flow.rate * sojourn_mean,
            queue_length_mean: flow.rate * wait_mean,
            sojourn_quantiles: LEVELS.map(sojourn_quantile),
            wait_quantiles: LEVELS.map(wait_quantile),
        }
    }

    /// In the order of [`STATION`].
    pub(in crate::analysis::oracle) fn answers(&self) -> Vec<Value> {
        let means = [
            self.sojourn_mean,
            self.wait_mean,
            self.delayed_ratio,
            self.utilisation,
            self.in_system_mean,
            self.queue_length_mean,
        ];
        let quantiles = self.sojourn_quantiles.into_iter().chain(self.wait_quantiles);
        means.into_iter().chain(quantiles).map(Value::from).collect()
    }
}

pub(in crate::analysis::oracle) const SOJOURN_MEAN: Answer =
    Answer::new("sojourn_mean", "s", "mean time at the queue, waiting and service");
pub(in crate::analysis::oracle) const WAIT_MEAN: Answer = Answer::new("wait_mean", "s", "mean wait");
pub(in crate::analysis::oracle) const DELAYED: Answer =
    Answer::new("delayed_ratio", "ratio", "share of those admitted that wait");
pub(in crate::analysis::oracle) const UTILISATION: Answer =
    Answer::new("utilisation", "ratio", "share of the servers' time in use");
pub(in crate::analysis::oracle) const IN_SYSTEM: Answer =
    Answer::new("in_system_mean", "1", "mean number waiting or in service");
pub(in crate::analysis::oracle) const QUEUE_LENGTH: Answer =
    Answer::new("queue_length_mean", "1", "mean number waiting");

/// The answers of a [`Station`].
pub(in crate::analysis::oracle) const STATION: [Answer; 16] = [
    SOJOURN_MEAN,
    WAIT_MEAN,
    DELAYED,
    UTILISATION,
    IN_SYSTEM,
    QUEUE_LENGTH,
    Answer::new("sojourn_p50", "s", "median time at the queue"),
    Answer::new("sojourn_p90", "s", "time at the queue that 90 % do not exceed"),
    Answer::new("sojourn_p95", "s", "time at the queue that 95 % do not exceed"),
    Answer::new("sojourn_p99", "s", "time at the queue that 99 % do not exceed"),
    Answer::new("sojourn_p999", "s", "time at the queue that 99.9 % do not exceed"),
    Answer::new("wait_p50", "s", "median wait"),
    Answer::new("wait_p90", "s", "wait that 90 % do not exceed"),
    Answer::new("wait_p95", "s", "wait that 95 % do not exceed"),
    Answer::new("wait_p99", "s", "wait that 99 % do not exceed"),
    Answer::new("wait_p999", "s", "wait that 99.9 % do not exceed"),
];

/// Two lists of answers, one after the other.
pub(in crate::analysis::oracle) const fn join<const N: usize>(
    first: &[Answer],
    then: &[Answer],
) -> [Answer; N] {
    assert!(first.len() + then.len() == N, "the length is that of both lists");
    let mut both = [first[0]; N];
    let mut place = 0;
    while place < N {
        both[place] = if place < first.len() { first[place] } else { then[place - first.len()] };
        place += 1;
    }
    both
}

/// The quantile of a time that exceeds zero with probability `beyond` and is then exponential with this rate.
pub(super) fn exponential_quantile(level: f64, beyond: f64, rate: f64) -> f64 {
    ((beyond / (1.0 - level)).ln() / rate).max(0.0)
}
