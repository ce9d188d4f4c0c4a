//! Queues one after the other.

use super::{RATE, mm1};
use crate::analysis::numeric::{poisson, quantile};
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, Value};

use super::station::LEVELS;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "tandem",
    summary: "Time through single servers one after the other, each with a queue.",
    formula: "T = sum over i of 1 / (mu_i - rate), a sum of independent exponential times, with mu_i = 1 / service_mean_i",
    domain: "Poisson arrivals, one exponential server per stage, service drawn anew at each, first come first served, no \
             limits, rate below every mu.",
    source: "Burke, The output of a queuing system (1956); Reich, Waiting times when queues are in tandem (1957).",
    arguments: &[
        RATE,
        Argument::number("service_means", "s", "mean time in service at each stage").of(Kind::Numbers),
    ],
    answers: &[
        Answer::new("latency_mean", "s", "mean time through all stages"),
        Answer::new("latency_p50", "s", "median time through all stages"),
        Answer::new("latency_p90", "s", "time through all stages that 90 % do not exceed"),
        Answer::new("latency_p95", "s", "time through all stages that 95 % do not exceed"),
        Answer::new("latency_p99", "s", "time through all stages that 99 % do not exceed"),
        Answer::new("latency_p999", "s", "time through all stages that 99.9 % do not exceed"),
        Answer::new("sojourn_means", "s", "mean time at each stage"),
    ],
    solve: |arguments| {
        let path = tandem(arguments.number("rate")?, &arguments.numbers("service_means")?)?;
        let mut answers = vec![Value::from(path.latency_mean)];
        answers.extend(path.latency_quantiles.map(Value::from));
        answers.push(path.sojourn_means.into());
        Ok(answers)
    },
};

/// A path through several queues.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Mean time through all stages \[s\].
    pub latency_mean: f64,
    /// Time through all stages that is not exceeded with the probabilities [`LEVELS`] \[s\].
    pub latency_quantiles: [f64; 5],
    /// Mean time at each stage \[s\], one entry per stage.
    pub sojourn_means: Vec<f64>,
}

/// Time through single servers one after the other, each with a queue.
///
/// ```text
/// T = sum_i 1 / (mu_i - rate),  a sum of independent exponential times of these means,  mu_i = 1 / service_mean_i
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_means` \[s\], one entry per stage, are positive.
///
/// Source: Burke, The output of a queuing system (1956); Reich, Waiting times when queues are in tandem (1957).
///
/// # Errors
///
/// No stage; an argument that is not positive and finite; more work than a stage can do.
///
/// # Examples
///
/// Two stages at half load: 2 s each.
///
/// ```
/// use ninefold::analysis::oracle::tandem;
/// let path = tandem(0.5, &[1.0, 1.0]).unwrap();
/// assert!((path.latency_mean - 4.0).abs() < 1e-12);
/// ```
pub fn tandem(rate: f64, service_means: &[f64]) -> Result<Path, OracleError> {
    if service_means.is_empty() {
        return Err(OracleError::Count { argument: "service_means", found: 0, expected: "at least one" });
    }
    let sojourn = |service_mean: &f64| mm1(rate, *service_mean).map(|queue| queue.sojourn_mean);
    let sojourn_means = service_means.iter().map(sojourn).collect::<Result<Vec<_>, _>>()?;
    let latency_mean = sojourn_means.iter().sum();
    let survival = |time: f64| unfinished(&sojourn_means, time);
    let latency_quantiles = LEVELS.map(|level| quantile(level, latency_mean, survival));
    Ok(Path { latency_mean, latency_quantiles, sojourn_means })
}

/// The probability that exponential stages of these means are not all over after `time`, by uniformisation.
fn unfinished(means: &[f64], time: f64) -> f64 {
    // A stage of a ten-thousandth only shifts the rest, to a part in 10^8, and would ask for a very fine pace.
    let longest = means.iter().copied().fold(0.0, f64::max);
    let (means, short): (Vec<f64>, Vec<f64>) = means.iter().partition(|mean| **mean > longest * 1e-4);
    let time = time - short.iter().sum::<f64>();
    if time <= 0.0 {
        return 1.0;
    }
    let pace = means.iter().map(|mean| mean.recip()).fold(0.0, f64::max);
    let (first, chances) = poisson(pace * time);
    let mut at: Vec<f64> = means.iter().enumerate().map(|(stage, _)| f64::from(stage == 0)).collect();
    let mut sum = 0.0;
    for step in 0..first + chances.len() {
        if step >= first {
            sum += chances[step - first] * at.iter().sum::<f64>();
        }
        for stage in (0..means.len()).rev() {
            let moved = at[stage] / (means[stage] * pace);
            at[stage] -= moved;
            if let Some(next) = at.get_mut(stage + 1) {
                *next += moved;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stages of different means have a sum of exponentials as their law.
    #[test]
    fn different_stages_are_a_sum_of_exponentials() {
        let means: [f64; 3] = [0.5, 2.0, 3.0];
        for time in [0.0, 0.7, 6.0, 30.0] {
            let exact: f64 = (0..3)
                .map(|one| {
                    let others = (0..3).filter(|other| *other != one);
                    let share: f64 = others.map(|other| means[one] / (means[one] - means[other])).product();
                    share * (-time / means[one]).exp()
                })
                .sum();
            assert!((unfinished(&means, time) - exact).abs() < 1e-12, "{time}");
        }
    }

    #[test]
    fn every_stage_must_keep_up() {
        assert!(tandem(1.0, &[0.5, 1.0]).is_err() && tandem(1.0, &[]).is_err());
        let with_a_short_one = tandem(1.0, &[0.5, 1e-9]).unwrap().latency_quantiles[3];
        assert!((with_a_short_one - 100.0_f64.ln()).abs() < 1e-7);
        assert!((tandem(1.0, &[0.5]).unwrap().latency_quantiles[3] - 100.0_f64.ln()).abs() < 1e-9);
    }
}
