//! Random balancing with any fixed weights, over single servers.

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, normalised_weights, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "fixed-split",
    summary: "Times and loads at a service whose replicas are picked at random with given weights.",
    formula: "T = sum w_i / (p_i - w_i rate)",
    domain: "Poisson arrivals, one slot per replica, exponential service, unlimited FIFO queues, each replica with \
             less than it can do.",
    source: "Kleinrock, Queueing Systems I, equation 3.26, applied to each replica of a split Poisson stream.",
    arguments: &[
        SPEEDS,
        RATE,
        Argument::number("weights", "1", "weight of each replica, in proportion; one value is for all")
            .of(Kind::Numbers)
            .or(1.0),
        Argument::number("within", "s", "time within which an answer is good; without it any is")
            .or(f64::INFINITY),
    ],
    answers: &[
        Answer::new("sojourn_mean", "s", "mean time at the service, waiting and service"),
        Answer::new("service_mean", "s", "mean time in a slot"),
        Answer::new("utilisation", "ratio", "mean share of the slots that are taken"),
        Answer::new("utilisation_most", "ratio", "the same of the busiest replica"),
        Answer::new("delayed_ratio", "ratio", "share of requests that wait"),
        Answer::new("in_system_mean", "1", "mean number at the service"),
        Answer::new("availability_request", "ratio", "share of requests that are answered in time"),
    ],
    solve: |arguments| {
        let rates = arguments.numbers("p")?;
        let weights = spread("weights", rates.len(), arguments.numbers("weights")?)?;
        let split = fixed_split(&rates, &weights, arguments.number("rate")?)?;
        let good = in_time(&rates, &weights, &split, arguments.number("within")?)?;
        let FixedSplit { sojourn_mean, service_mean, utilisation, delayed_ratio, in_system_mean } = split;
        let most = utilisation.iter().copied().fold(0.0, f64::max);
        let mean = utilisation.iter().sum::<f64>() / utilisation.len() as f64;
        let answers = [sojourn_mean, service_mean, mean, most, delayed_ratio, in_system_mean, good];
        Ok(answers.map(Into::into).to_vec())
    },
};

pub(super) const SPEEDS: Argument =
    Argument::number("p", "1/s", "service rate of each replica").of(Kind::Numbers);
pub(super) const RATE: Argument = Argument::number("rate", "1/s", "arrival rate at the service");

/// What comes of a split of traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedSplit {
    /// Mean time at the service \[s\].
    pub sojourn_mean: f64,
    /// Mean time in a slot \[s\].
    pub service_mean: f64,
    /// Share of the slot that is taken, one entry per replica.
    pub utilisation: Vec<f64>,
    /// Share of requests that wait.
    pub delayed_ratio: f64,
    /// Mean number at the service.
    pub in_system_mean: f64,
}

/// Times and loads at a service whose replicas are picked at random with given weights.
///
/// ```text
/// T = sum w_i / (p_i - w_i rate),  u_i = w_i rate / p_i,  share that waits = sum w_i u_i
/// ```
///
/// `rates` are the service rates of the replicas \[1/s\], `weights` their shares of the traffic in any proportion, one
/// entry per replica each and all positive; `arrival_rate` is that of the service \[1/s\], at least 0. Each replica is an
/// M/M/1 queue.
///
/// Source: Kleinrock, Queueing Systems volume I, equation 3.26 (mean time in M/M/1).
///
/// # Errors
///
/// A rate or weight that is not positive, lists of different lengths, a negative arrival rate, or a replica that gets
/// more than it can do.
///
/// # Examples
///
/// Two equal replicas that share 1/s, each M/M/1 at half load with the textbook's 2 s.
///
/// ```
/// let split = ninefold::analysis::oracle::fixed_split(&[1.0, 1.0], &[1.0, 1.0], 1.0).unwrap();
/// assert!((split.sojourn_mean - 2.0).abs() < 1e-12);
/// ```
pub fn fixed_split(rates: &[f64], weights: &[f64], arrival_rate: f64) -> Result<FixedSplit, OracleError> {
    check(rates, arrival_rate)?;
    positive("weights", weights)?;
    if weights.len() != rates.len() {
        let expected = "one for each replica";
        return Err(OracleError::Count { argument: "weights", found: weights.len(), expected });
    }
    let shares = normalised_weights(weights)?;
    let utilisation: Vec<f64> =
        shares.iter().zip(rates).map(|(share, rate)| share * arrival_rate / rate).collect();
    if let Some(load) = utilisation.iter().copied().find(|load| *load >= 1.0) {
        return Err(OracleError::Unstable { load });
    }
    let over = |of: &dyn Fn(usize) -> f64| (0..rates.len()).map(|one| shares[one] * of(one)).sum::<f64>();
    let sojourn_mean = over(&|one| 1.0 / (rates[one] * (1.0 - utilisation[one])));
    Ok(FixedSplit {
        sojourn_mean,
        service_mean: over(&|one| 1.0 / rates[one]),
        delayed_ratio: over(&|one| utilisation[one]),
        in_system_mean: arrival_rate * sojourn_mean,
        utilisation,
    })
}

/// The share of requests whose time at the service is at most `within`: that of M/M/1 is exponential.
fn in_time(rates: &[f64], weights: &[f64], split: &FixedSplit, within: f64) -> Result<f64, OracleError> {
    if within.is_nan() || within < 0.0 {
        return Err(OracleError::Domain { argument: "within", value: within, expected: "at least 0" });
    }
    let shares = normalised_weights(weights)?;
    let late = |one: usize| shares[one] * (-rates[one] * (1.0 - split.utilisation[one]) * within).exp();
    Ok(1.0 - (0..rates.len()).map(late).sum::<f64>())
}

/// Service rates that are positive, and an arrival rate that is not negative.
pub(super) fn check(rates: &[f64], arrival_rate: f64) -> Result<(), OracleError> {
    if rates.is_empty() {
        return Err(OracleError::Count { argument: "p", found: 0, expected: "at least one" });
    }
    positive("p", rates)?;
    if !(arrival_rate.is_finite() && arrival_rate >= 0.0) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "rate", value: arrival_rate, expected });
    }
    Ok(())
}

/// One value for each of `count` replicas, all the same where only one is given.
pub(super) fn spread(
    argument: &'static str,
    count: usize,
    values: Vec<f64>,
) -> Result<Vec<f64>, OracleError> {
    match values[..] {
        [all] => Ok(vec![all; count]),
        _ if values.len() == count => Ok(values),
        _ => Err(OracleError::Count {
            argument,
            found: values.len(),
            expected: "one, or one for each replica",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::weighted_split;

    #[test]
    fn weights_in_proportion_to_speed_are_the_weighted_split() {
        let (rates, arrival_rate) = ([1.0, 2.0, 4.0], 5.0);
        let split = fixed_split(&rates, &rates, arrival_rate).unwrap();
        assert!((split.sojourn_mean / weighted_split(&rates, arrival_rate).unwrap() - 1.0).abs() < 1e-12);
        assert!(split.utilisation.iter().all(|load| (load - 5.0 / 7.0).abs() < 1e-12));
        assert!((split.delayed_ratio - 5.0 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn numbers_are_the_sum_of_those_of_each_queue() {
        let (rates, weights) = ([1.0, 2.0, 4.0], [1.0, 1.0, 2.0]);
        let split = fixed_split(&rates, &weights, 2.7).unwrap();
        let slowly: f64 = rates
            .iter()
            .zip(weights)
            .map(|(rate, weight)| {
                let load = 2.7 * weight / 4.0 / rate;
                (1..2000).map(|number| f64::from(number) * (1.0 - load) * load.powi(number)).sum::<f64>()
            })
            .sum();
        assert!((split.in_system_mean - slowly).abs() < 1e-9);
    }

    #[test]
    fn the_mean_is_the_integral_of_what_is_late() {
        let (rates, weights) = ([1.0, 2.0, 4.0], [1.0, 1.0, 2.0]);
        let split = fixed_split(&rates, &weights, 2.7).unwrap();
        let late = |time| 1.0 - in_time(&rates, &weights, &split, time).unwrap();
        let slowly = crate::analysis::numeric::integrate_tail(0.0, 1.0, late);
        assert!((slowly / split.sojourn_mean - 1.0).abs() < 1e-9);
        assert!(late(f64::INFINITY).abs() < 1e-15 && in_time(&rates, &weights, &split, -1.0).is_err());
    }

    #[test]
    fn a_replica_with_too_much_is_refused() {
        assert_eq!(fixed_split(&[1.0, 4.0], &[1.0, 1.0], 4.0), Err(OracleError::Unstable { load: 2.0 }));
        assert!(fixed_split(&[1.0, 4.0], &[1.0], 1.0).is_err());
        assert!(fixed_split(&[], &[], 1.0).is_err() && fixed_split(&[1.0], &[1.0], -1.0).is_err());
        assert_eq!(spread("weights", 3, vec![2.0]), Ok(vec![2.0; 3]));
        assert!(spread("weights", 3, vec![2.0, 1.0]).is_err());
    }
}
