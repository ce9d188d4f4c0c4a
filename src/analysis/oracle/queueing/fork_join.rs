//! Fork and join of two: a job is over when both of its tasks are.

use super::{RATE, SERVICE_MEAN, mm1, station};
use crate::analysis::oracle::{Answer, Oracle, OracleError, Value};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "fork-join",
    summary: "Time until both tasks are over of a job that sends one to each of two queues.",
    formula: "T = (12 - rho) / 8 / (mu - rate), with mu = 1 / service_mean, rho = rate / mu",
    domain: "Poisson arrivals of jobs, two equal single servers, exponential service drawn anew for each task, first come \
             first served, no limits, rho below 1.",
    source: "Flatto and Hahn, Two parallel queues created by arrivals with two demands (1984); Nelson and Tantawi (1988).",
    arguments: &[RATE, SERVICE_MEAN],
    answers: &[
        Answer::new("latency_mean", "s", "mean time until both tasks are over"),
        Answer::new("sojourn_mean", "s", "mean time of one task"),
        Answer::new(
            "latency_independent",
            "s",
            "what the mean time would be if the queues knew nothing of each other",
        ),
        station::UTILISATION,
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let job = fork_join(rate, service_mean)?;
        let task = mm1(rate, service_mean)?;
        Ok([job, task.sojourn_mean, 1.5 * task.sojourn_mean, task.utilisation].map(Value::from).to_vec())
    },
};

/// Mean time until both tasks are over of a job that sends one to each of two queues \[s\].
///
/// ```text
/// T = (12 - rho) / 8 / (mu - rate),  mu = 1 / service_mean,  rho = rate / mu
/// ```
///
/// `rate` of the jobs, which arrive as a Poisson process \[1/s\], and `service_mean` of a task \[s\] are positive. The
/// common arrivals make both queues long at the same time, so that T is less than the 1.5 / (mu - rate) of two queues
/// that know nothing of each other.
///
/// Source: Flatto and Hahn, Two parallel queues created by arrivals with two demands (1984); Nelson and Tantawi,
/// Approximate analysis of fork/join synchronization in parallel queues (1988).
///
/// # Errors
///
/// An argument that is not positive and finite; more work than a server can do.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::fork_join;
/// assert!((fork_join(0.5, 1.0).unwrap() - 2.875).abs() < 1e-12);
/// ```
pub fn fork_join(rate: f64, service_mean: f64) -> Result<f64, OracleError> {
    let task = mm1(rate, service_mean)?;
    Ok((12.0 - task.utilisation) / 8.0 * task.sojourn_mean)
}

#[cfg(test)]
mod tests {
    use super::super::levels::{Moves, steady_state};
    use super::*;

    /// The jobs inside are as many as the longer queue; its difference to the shorter one is cut off.
    #[test]
    fn it_is_the_steady_state_of_the_longer_and_the_shorter_queue() {
        let (rate, most) = (0.5, 40_usize);
        // The level is the shorter queue, the phase how much longer the other one is.
        let moves = |level: usize| {
            let mut moves = Moves {
                up: vec![vec![0.0; most + 1]; most + 1],
                within: vec![vec![0.0; most + 1]; most + 1],
                down: vec![vec![0.0; most + 1]; most + 1],
            };
            for gap in 0..=most {
                moves.up[gap][gap] = rate;
                if gap > 0 {
                    moves.within[gap][gap - 1] = 1.0;
                }
                if level > 0 && gap < most {
                    moves.down[gap][gap + 1] = if gap == 0 { 2.0 } else { 1.0 };
                }
            }
            moves
        };
        let levels = steady_state(1, moves).unwrap();
        let longer = |(level, gaps): (usize, &Vec<f64>)| -> f64 {
            gaps.iter().enumerate().map(|(gap, chance)| (level + gap) as f64 * chance).sum()
        };
        let jobs: f64 = levels.iter().enumerate().map(longer).sum();
        assert!((jobs / rate / fork_join(rate, 1.0).unwrap() - 1.0).abs() < 1e-9, "{jobs}");
    }
}
