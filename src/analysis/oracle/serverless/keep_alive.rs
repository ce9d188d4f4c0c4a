//! Scale per request: an instance for each request that runs, kept for a while after it.

use num_complex::Complex64;

use crate::analysis::numeric::{inverted, poisson};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "keep-alive",
    summary: "Cold starts of a function whose instances serve one request at a time and live on for a while.",
    formula: "P(cold) = sum over k of Poisson(k-1; load) P(tau_k > keep_alive), tau_k the time that k-1 busy take to \
              become k, load = rate service_mean",
    domain: "Poisson arrivals, exponential service, the same for cold and warm starts, no limit on instances; of the \
             idle instances the one that was used last is taken.",
    source: "Pairs each fall of an M/M/infinity busy count with the next rise over the same level, which takes the same \
             instance; times to rise: Keilson, Markov Chain Models (1979).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("keep_alive", "s", "how long an idle instance lives"),
    ],
    answers: &[
        Answer::new("cold_ratio", "ratio", "share of requests that start an instance"),
        Answer::new("instances_mean", "1", "mean number of instances, busy and idle"),
        Answer::new("busy_mean", "1", "mean number of busy instances"),
        Answer::new("idle_mean", "1", "mean number of idle instances"),
        Answer::new(
            "cold_ratio_single",
            "ratio",
            "what cold_ratio would be if no two requests ever overlapped",
        ),
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let keep = arguments.number("keep_alive")?;
        let pool = keep_alive(rate, service_mean, keep)?;
        let busy = rate * service_mean;
        let answers = [pool.cold_ratio, busy + pool.idle_mean, busy, pool.idle_mean, (-rate * keep).exp()];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// Instances of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmPool {
    /// Share of requests that start an instance.
    pub cold_ratio: f64,
    /// Mean number of idle instances.
    pub idle_mean: f64,
}

/// Cold starts of a function whose instances serve one request at a time and live on for a while.
///
/// ```text
/// P(cold) = sum_k Poisson(k-1; a) P(tau_k > T),  idle = rate sum_k Poisson(k-1; a) E[min(tau_k, T)],  a = rate service_mean
/// E[exp(-s tau_k)] = f_k = rate / (rate + s + (k-1) mu (1 - f_(k-1))),  mu = 1 / service_mean
/// ```
///
/// `tau_k` is the time that the busy count takes from k-1 to k. `rate` of the Poisson arrivals \[1/s\], `service_mean` and
/// `keep_alive` (T) \[s\] are positive. Exact when the idle instance that was used last is taken first: the instance
/// that became idle when the busy count fell from k to k-1 is then the one that the next rise to k takes.
///
/// Source: times to rise from Keilson, Markov Chain Models (1979); inverted numerically to 11 digits.
///
/// # Errors
///
/// An argument that is not positive and finite, or a load beyond 10 million.
///
/// # Examples
///
/// The example of the simulator `SimFaaS`: 0.9 requests/s of 1.991 s and ten minutes; 0.14 % are cold and 7.7 instances
/// live.
///
/// ```
/// use ninefold::analysis::oracle::keep_alive;
/// let pool = keep_alive(0.9, 1.991, 600.0).unwrap();
/// assert!((pool.cold_ratio - 0.001_33).abs() < 5e-6);
/// assert!((pool.idle_mean - 5.9).abs() < 0.005);
/// ```
pub fn keep_alive(rate: f64, service_mean: f64, keep_alive: f64) -> Result<WarmPool, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("keep_alive", &[keep_alive])?;
    let load = rate * service_mean;
    if load > 1e7 {
        return Err(OracleError::Outside {
            reason: format!("a load of {} is beyond 10 million", crate::units::plain(load)),
        });
    }
    let (first, chances) = poisson(load);
    // The transform of the mean over k of P(tau_k > t).
    let lasting = |s: Complex64| {
        let mut rise = Complex64::new(0.0, 0.0);
        let mut sum = rise;
        for below in 0..first + chances.len() {
            let back = below as f64 / service_mean;
            rise = rate / (rate + s + back * (1.0 - rise));
            if below >= first {
                sum += chances[below - first] * (1.0 - rise);
            }
        }
        sum / s
    };
    let cold_ratio = inverted(keep_alive, lasting);
    let idle_mean = rate * inverted(keep_alive, |s| lasting(s) / s);
    Ok(WarmPool { cold_ratio, idle_mean })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times to rise as absorption times of small chains, by uniformisation.
    fn slowly(rate: f64, service_mean: f64, keep_alive: f64) -> WarmPool {
        let mut chance = (-rate * service_mean).exp();
        let (mut cold_ratio, mut idle_mean) = (0.0, 0.0);
        for level in 1..40_usize {
            let pace = rate + (level - 1) as f64 / service_mean;
            let mut at = vec![0.0; level];
            at[level - 1] = 1.0;
            let (first, chances) = poisson(pace * keep_alive);
            // The mean of min(tau, T) is the sum over steps of P(alive) P(more than so many steps) / pace.
            let mut more = 1.0;
            for step in 0..first + chances.len() {
                let alive: f64 = at.iter().sum();
                let now = if step >= first { chances[step - first] } else { 0.0 };
                more -= now;
                cold_ratio += chance * now * alive;
                idle_mean += rate * chance * alive * more.max(0.0) / pace;
                let mut next = vec![0.0; level];
                for busy in 0..level {
                    let (up, down) = (rate / pace, busy as f64 / service_mean / pace);
                    next[busy] += at[busy] * (1.0 - up - down);
                    if busy > 0 {
                        next[busy - 1] += at[busy] * down;
                    }
                    if busy + 1 < level {
                        next[busy + 1] += at[busy] * up;
                    }
                }
                at = next;
            }
            chance *= rate * service_mean / level as f64;
        }
        WarmPool { cold_ratio, idle_mean }
    }

    #[test]
    fn it_is_the_sum_over_small_chains() {
        for (rate, service_mean, keep) in
            [(0.9, 2.0, 60.0), (5.0, 0.5, 10.0), (0.01, 1.0, 300.0), (3.0, 2.0, 0.1)]
        {
            let (fast, slow) =
                (keep_alive(rate, service_mean, keep).unwrap(), slowly(rate, service_mean, keep));
            assert!((fast.cold_ratio - slow.cold_ratio).abs() < 1e-10, "{fast:?} {slow:?}");
            assert!((fast.idle_mean - slow.idle_mean).abs() < 1e-9, "{fast:?} {slow:?}");
        }
    }

    #[test]
    fn instances_that_die_at_once_are_always_cold() {
        let pool = keep_alive(2.0, 3.0, 1e-9).unwrap();
        assert!((pool.cold_ratio - 1.0).abs() < 1e-7 && pool.idle_mean < 1e-7);
        assert!(keep_alive(1e4, 1.0, 1.0).unwrap().cold_ratio < 0.05);
        assert!(keep_alive(1.0, 1.0, 0.0).is_err() && keep_alive(1e9, 1.0, 1.0).is_err());
    }
}
