//! How often a long computation should save its state.

use crate::analysis::numeric::root;
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "checkpoint-interval",
    summary: "Time between checkpoints that costs least, and how much longer a computation takes with them.",
    formula: "overhead = up e^(restart/up) (e^((t + cost)/up) - 1) / t, least where (1 - t/up) e^((t + cost)/up) = 1; \
              Young: sqrt(2 cost up)",
    domain: "Failures at a constant rate, also during checkpoints and restarts; work since the last checkpoint is \
             lost.",
    source: "Daly, A higher order estimate of the optimum checkpoint interval for restart dumps (2006); Young, A first \
             order approximation to the optimum checkpoint interval (1974).",
    arguments: &[
        Argument::number("cost", "s", "time that a checkpoint takes"),
        Argument::number("up", "s", "mean time to failure"),
        Argument::number("restart", "s", "time to restart after a failure").or(0.0),
        Argument::number("interval", "s", "work between checkpoints to be judged; 0 for the best one")
            .or(0.0),
    ],
    answers: &[
        Answer::new("interval_best", "s", "work between checkpoints that costs least"),
        Answer::new("interval_young", "s", "Young's approximation to it"),
        Answer::new("interval_daly", "s", "Daly's higher order approximation to it"),
        Answer::new("overhead", "1", "time that a computation takes with the interval over its work"),
        Answer::new("overhead_best", "1", "the same with the best interval"),
        Answer::new("overhead_young", "1", "the same with Young's interval"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (cost, up) = (arguments.number("cost")?, arguments.number("up")?);
    let checkpoints = Checkpoints::new(cost, up, arguments.number("restart")?)?;
    let (best, young) = (checkpoints.interval_best(), checkpoints.interval_young());
    let asked = not_negative("interval", arguments.number("interval")?)?;
    let values = [
        best,
        young,
        checkpoints.interval_daly(),
        checkpoints.overhead(if asked > 0.0 { asked } else { best }),
        checkpoints.overhead(best),
        checkpoints.overhead(young),
    ];
    Ok(values.map(Value::from).to_vec())
}

/// A long computation that saves its state from time to time.
///
/// ```text
/// overhead(t) = M e^(R/M) (e^((t + d)/M) - 1) / t,  d = cost, M = up, R = restart
/// best t: (1 - t/M) e^((t + d)/M) = 1;  Young: sqrt(2 d M)
/// Daly: sqrt(2 d M) (1 + sqrt(d / 2M) / 3 + d / 18M) - d for d < 2M, else M
/// ```
///
/// Source: Daly, A higher order estimate of the optimum checkpoint interval for restart dumps, Future Generation
/// Computer Systems 22 (2006); Young, A first order approximation to the optimum checkpoint interval, Communications of
/// the ACM 17 (1974).
///
/// # Examples
///
/// A checkpoint of five minutes and a failure a day: every two hours.
///
/// ```
/// use ninefold::analysis::oracle::Checkpoints;
/// let daily = Checkpoints::new(5.0 * 60.0, 24.0 * 3600.0, 0.0).unwrap();
/// assert!((daily.interval_young() - 7200.0).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checkpoints {
    cost: f64,
    up: f64,
    restart: f64,
}

impl Checkpoints {
    /// Checkpoints of this duration, for this mean time to failure and time to restart, all in the same unit.
    ///
    /// # Errors
    ///
    /// A duration or mean that is not positive and finite, a negative restart.
    pub fn new(cost: f64, up: f64, restart: f64) -> Result<Self, OracleError> {
        positive("cost", &[cost])?;
        positive("up", &[up])?;
        not_negative("restart", restart)?;
        Ok(Self { cost, up, restart })
    }

    /// The work between checkpoints that costs least.
    pub fn interval_best(&self) -> f64 {
        // The logarithm of the condition, with x = t / M.
        let slope = |x: f64| (-x).ln_1p() + x + self.cost / self.up;
        self.up * root(0.0, 1.0, slope).unwrap_or(f64::NAN)
    }

    /// Young's approximation to it.
    pub fn interval_young(&self) -> f64 {
        (2.0 * self.cost * self.up).sqrt()
    }

    /// Daly's higher order approximation to it.
    pub fn interval_daly(&self) -> f64 {
        if self.cost >= 2.0 * self.up {
            return self.up;
        }
        let half = self.cost / (2.0 * self.up);
        self.interval_young() * (1.0 + half.sqrt() / 3.0 + half / 9.0) - self.cost
    }

    /// How much longer the computation takes than its work, with this work between checkpoints.
    pub fn overhead(&self, interval: f64) -> f64 {
        let attempt = ((interval + self.cost) / self.up).exp_m1();
        self.up * (self.restart / self.up).exp() * attempt / interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_interval_costs_less() {
        for (cost, up) in [(1.0 / 12.0, 24.0), (0.5, 10.0), (5.0, 1.0), (1e-6, 1.0)] {
            let checkpoints = Checkpoints::new(cost, up, 0.1).unwrap();
            let best = checkpoints.interval_best();
            let least = checkpoints.overhead(best);
            for factor in [0.5, 0.99, 1.01, 2.0] {
                assert!(checkpoints.overhead(best * factor) > least, "{cost} {up} {factor}");
            }
        }
    }

    #[test]
    fn a_segment_is_repeated_until_it_meets_no_failure() {
        // E[time] by conditioning on the first failure: x = w P + (lost | fails) (1 - P) + (1 - P)(r + x), where the
        // restart can fail too; solved for the segment and then for the restart.
        let (cost, up, restart, work) = (0.5_f64, 10.0_f64, 0.5_f64, 2.0_f64);
        let until = |length: f64| up * (length / up).exp_m1();
        let failures = ((work + cost) / up).exp_m1();
        let expected = until(work + cost) + failures * until(restart);
        let found = Checkpoints::new(cost, up, restart).unwrap().overhead(work) * work;
        assert!((found / expected - 1.0).abs() < 1e-12);
        assert!(Checkpoints::new(0.0, 1.0, 0.0).is_err() && Checkpoints::new(1.0, 1.0, -1.0).is_err());
    }

    #[test]
    fn expensive_checkpoints_are_not_worth_more_than_one_per_failure() {
        assert!((Checkpoints::new(3.0, 1.0, 0.0).unwrap().interval_daly() - 1.0).abs() < 1e-15);
    }
}
