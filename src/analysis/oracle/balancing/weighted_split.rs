//! Random balancing in proportion to speed, over single servers.

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "weighted-split",
    summary: "Mean time at a service whose replicas are picked at random in proportion to their speed.",
    formula: "n / (p_1 + ... + p_n - rate)",
    domain: "Poisson arrivals, one slot per replica, exponential service, unlimited FIFO queues, rate below the \
             sum of p.",
    source: "Kleinrock, Queueing Systems I, equation 3.26, applied to each replica of a split Poisson stream.",
    arguments: &[
        Argument::number("p", "1/s", "service rate of each replica").of(Kind::Numbers),
        Argument::number("rate", "1/s", "arrival rate at the service"),
    ],
    answers: &[
        Answer::new("sojourn_mean", "s", "mean time at the service, waiting and service"),
        Answer::new("utilisation", "ratio", "share of the slots that are taken, the same of all replicas"),
    ],
    solve: |arguments| {
        let (rates, arrival_rate) = (arguments.numbers("p")?, arguments.number("rate")?);
        let utilisation = arrival_rate / rates.iter().sum::<f64>();
        Ok(vec![weighted_split(&rates, arrival_rate)?.into(), utilisation.into()])
    },
};

/// Mean time at a service whose replicas are picked at random in proportion to their speed.
///
/// ```text
/// w_i = p_i / P,  P = p_1 + ... + p_n
/// T = sum w_i / (p_i - w_i rate) = n / (P - rate)
/// ```
///
/// `rates` are the service rates of the replicas \[1/s\], one entry per replica; `arrival_rate` is that of the
/// service \[1/s\], at least 0. Exact for Poisson arrivals, one slot per replica, exponential service and unlimited
/// FIFO queues: each replica is then an M/M/1 queue with the same share of its capacity in use.
///
/// Source: Kleinrock, Queueing Systems volume I, equation 3.26 (mean time in M/M/1).
///
/// # Errors
///
/// A service rate that is not positive, a negative arrival rate, no replica, or more arrivals than capacity.
///
/// # Examples
///
/// One replica of rate 1/s at half load is the textbook's M/M/1 queue with a mean time of 2 s.
///
/// ```
/// use ninefold::analysis::oracle::weighted_split;
/// assert!((weighted_split(&[1.0], 0.5).unwrap() - 2.0).abs() < 1e-12);
/// ```
pub fn weighted_split(rates: &[f64], arrival_rate: f64) -> Result<f64, OracleError> {
    if rates.is_empty() {
        return Err(OracleError::Count { argument: "p", found: 0, expected: "at least one" });
    }
    if !(arrival_rate.is_finite() && arrival_rate >= 0.0) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "rate", value: arrival_rate, expected });
    }
    let capacity: f64 = positive("p", rates)?.iter().sum();
    if arrival_rate >= capacity {
        return Err(OracleError::Unstable { load: arrival_rate / capacity });
    }
    Ok(rates.len() as f64 / (capacity - arrival_rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over replicas as the definition has it, before anything cancels.
    fn slowly(rates: &[f64], arrival_rate: f64) -> f64 {
        let capacity: f64 = rates.iter().sum();
        rates
            .iter()
            .map(|rate| {
                let weight = rate / capacity;
                weight / (rate - weight * arrival_rate)
            })
            .sum()
    }

    #[test]
    fn the_short_form_equals_the_sum() {
        for (rates, arrival_rate) in [(vec![1.0, 2.0, 4.0], 5.0), (vec![0.3, 9.0], 1.0), (vec![5.0; 7], 34.0)]
        {
            let short = weighted_split(&rates, arrival_rate).unwrap();
            assert!((short / slowly(&rates, arrival_rate) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn an_overload_has_no_answer() {
        assert_eq!(weighted_split(&[1.0, 1.0], 3.0), Err(OracleError::Unstable { load: 1.5 }));
        assert!(weighted_split(&[1.0], 1.0).is_err());
        assert!(weighted_split(&[1.0, -1.0], 0.0).is_err());
        assert!(weighted_split(&[1.0], -0.5).is_err());
    }
}
