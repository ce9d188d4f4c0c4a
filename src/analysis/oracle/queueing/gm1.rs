//! G/M/1: arrivals of any renewal process at an exponential server.

use super::station::{Flow, STATION, Station, exponential_quantile};
use super::{SERVICE_MEAN, stays_below};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Argument, Kind, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "gm1",
    summary: "A queue at one exponential server whose times between arrivals have any distribution.",
    formula: "T = 1 / (mu (1 - s)) with s = E[exp(-mu (1 - s) A)], A between two arrivals, mu = 1 / service_mean",
    domain: "Independent times between arrivals, exponential service, one server, first come first served, no limit, \
             mean time between arrivals above service_mean.",
    source: "Kleinrock, Queueing Systems I (1975), section 6.4.",
    arguments: &[Argument::number("between", "s", "time between arrivals").of(Kind::Law), SERVICE_MEAN],
    answers: &STATION,
    solve: |arguments| Ok(gm1(&arguments.law("between")?, arguments.number("service_mean")?)?.answers()),
};

/// A queue at one exponential server whose times between arrivals have any distribution.
///
/// ```text
/// s = E[exp(-mu (1 - s) A)] in (0, 1),  T is exponential with rate mu (1 - s),  P(wait > 0) = s,  mu = 1 / service_mean
/// ```
///
/// `between` is the law of A \[s\]; its mean is above `service_mean` \[s\], which is positive.
///
/// Source: Kleinrock, Queueing Systems I (1975), section 6.4.
///
/// # Errors
///
/// A mean that is not positive and finite; more work than one server can do.
///
/// # Examples
///
/// With exponential times between arrivals it is M/M/1: four inside on average at 80 % load.
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::gm1;
/// let queue = gm1(&Law::Exponential { mean: 1.25 }, 1.0).unwrap();
/// assert!((queue.in_system_mean - 4.0).abs() < 1e-9);
/// ```
pub fn gm1(between: &Law, service_mean: f64) -> Result<Station, OracleError> {
    let mean = super::law_mean("between", between)?;
    let flow = Flow::stable(1.0 / mean, service_mean, 1)?;
    let busy = stays_below(flow.load(), |busy| between.transform((1.0 - busy) / service_mean));
    let spare = (1.0 - busy) / service_mean;
    Ok(Station::new(
        flow,
        (busy / spare, busy),
        |level| exponential_quantile(level, busy, spare),
        |level| exponential_quantile(level, 1.0, spare),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The queue that an arrival finds, as an embedded chain with regular arrivals, cut off and iterated.
    #[test]
    fn regular_arrivals_find_what_the_embedded_chain_says() {
        let (between, states) = (1.25_f64, 150);
        // In one interval a busy server ends k jobs with the Poisson probability of k.
        let mut ended = vec![(-between).exp()];
        for count in 1..states {
            ended.push(ended[count - 1] * between / count as f64);
        }
        let mut found = vec![1.0 / states as f64; states];
        for _ in 0..3000 {
            let mut next = vec![0.0; states];
            for (number, chance) in found.iter().enumerate() {
                for left in 1..=(number + 1).min(states - 1) {
                    next[left] += chance * ended[number + 1 - left];
                }
            }
            next[0] = 1.0 - next.iter().sum::<f64>();
            found = next;
        }
        let waits: f64 = found.iter().enumerate().map(|(number, chance)| number as f64 * chance).sum();
        let queue = gm1(&Law::Constant { value: between }, 1.0).unwrap();
        assert!((queue.delayed_ratio - (1.0 - found[0])).abs() < 1e-9);
        assert!((queue.wait_mean / waits - 1.0).abs() < 1e-9);
    }

    #[test]
    fn irregular_arrivals_wait_longer() {
        let wait = |between: Law| gm1(&between, 1.0).unwrap().wait_mean;
        let regular = wait(Law::Gamma { shape: 4.0, mean: 1.5 });
        let irregular = wait(Law::balanced(1.5, 2.0));
        assert!(
            regular < wait(Law::Exponential { mean: 1.5 })
                && wait(Law::Exponential { mean: 1.5 }) < irregular
        );
        assert!(gm1(&Law::Constant { value: 1.0 }, 1.0).is_err());
        assert!(gm1(&Law::Pareto { minimum: 1.0, shape: 0.9 }, 1.0).is_err());
    }
}
