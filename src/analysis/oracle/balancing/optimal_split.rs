//! The best fixed split of random balancing, over single servers.

use super::fixed_split::{RATE, SPEEDS, check};
use crate::analysis::oracle::{Answer, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "optimal-split",
    summary: "The fixed random split of traffic over replicas with the least mean time.",
    formula: "rate_i = p_i - sqrt(p_i) (sum p - rate) / sum sqrt(p) over the replicas for which it is positive",
    domain: "Poisson arrivals, one slot per replica, exponential service, unlimited FIFO queues, rate below the \
             sum of p; no policy that looks at queues is meant.",
    source: "Kleinrock, Queueing Systems II, chapter 5 (flow assignment); Bell and Stidham, Individual versus \
             social optimization in the allocation of customers to alternative servers (1983).",
    arguments: &[SPEEDS, RATE],
    answers: &[
        Answer::new("sojourn_mean", "s", "mean time at the service, waiting and service"),
        Answer::new("rates", "1/s", "arrival rate at each replica"),
        Answer::new("weights", "ratio", "share of the traffic of each replica"),
        Answer::new("utilisation", "ratio", "mean share of the slots that are taken"),
    ],
    solve: |arguments| {
        let speeds = arguments.numbers("p")?;
        let arrival_rate = arguments.number("rate")?;
        let split = optimal_split(&speeds, arrival_rate)?;
        let weights: Vec<f64> = split.rates.iter().map(|rate| rate / arrival_rate).collect();
        let loads = split.rates.iter().zip(&speeds).map(|(rate, speed)| rate / speed);
        let utilisation = loads.sum::<f64>() / speeds.len() as f64;
        Ok(vec![split.sojourn_mean.into(), split.rates.into(), weights.into(), utilisation.into()])
    },
};

/// The best fixed split.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimalSplit {
    /// Mean time at the service \[s\].
    pub sojourn_mean: f64,
    /// Arrival rate at each replica \[1/s\]; 0 at those that are too slow to be worth it.
    pub rates: Vec<f64>,
}

/// The fixed random split of traffic over replicas with the least mean time.
///
/// ```text
/// rate_i = p_i - sqrt(p_i) (P - rate) / R,  P = sum of p_i, R = sum of sqrt(p_i), over the replicas in use
/// T = (R^2 / (P - rate) - n) / rate
/// ```
///
/// `speeds` are the service rates of the replicas \[1/s\], positive, one entry per replica; `arrival_rate` is that of the
/// service \[1/s\], positive. Replicas are left out from the slowest on as long as their rate would be negative.
///
/// Source: Kleinrock, Queueing Systems volume II, chapter 5 (by a Lagrange multiplier).
///
/// # Errors
///
/// A rate that is not positive, no replica, or more arrivals than capacity.
///
/// # Examples
///
/// Equal replicas get equal shares; a replica of 1/s beside one of 100/s gets nothing of 60/s.
///
/// ```
/// use ninefold::analysis::oracle::optimal_split;
/// assert_eq!(optimal_split(&[2.0, 2.0], 1.0).unwrap().rates, [0.5, 0.5]);
/// let split = optimal_split(&[1.0, 100.0], 60.0).unwrap();
/// assert!((split.sojourn_mean - 0.025).abs() < 1e-12 && split.rates[0] == 0.0);
/// ```
pub fn optimal_split(speeds: &[f64], arrival_rate: f64) -> Result<OptimalSplit, OracleError> {
    check(speeds, arrival_rate)?;
    if arrival_rate <= 0.0 {
        let expected = "positive and finite";
        return Err(OracleError::Domain { argument: "rate", value: arrival_rate, expected });
    }
    let capacity: f64 = speeds.iter().sum();
    if arrival_rate >= capacity {
        return Err(OracleError::Unstable { load: arrival_rate / capacity });
    }
    let mut fastest: Vec<usize> = (0..speeds.len()).collect();
    fastest.sort_by(|one, other| speeds[*other].total_cmp(&speeds[*one]));
    let mut rates = vec![0.0; speeds.len()];
    loop {
        let spare = fastest.iter().map(|one| speeds[*one]).sum::<f64>() - arrival_rate;
        let roots: f64 = fastest.iter().map(|one| speeds[*one].sqrt()).sum();
        let share = |one: usize| speeds[one] - speeds[one].sqrt() * spare / roots;
        // Shares fall with speed, so the slowest is the first to be worth nothing.
        match fastest.last() {
            Some(slowest) if share(*slowest) < 0.0 => {
                fastest.pop();
            }
            _ => {
                for one in &fastest {
                    rates[*one] = share(*one);
                }
                let sojourn_mean = (roots * roots / spare - fastest.len() as f64) / arrival_rate;
                return Ok(OptimalSplit { sojourn_mean, rates });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(speeds: &[f64], rates: &[f64], arrival_rate: f64) -> f64 {
        rates.iter().zip(speeds).map(|(rate, speed)| rate / (speed - rate) / arrival_rate).sum()
    }

    #[test]
    fn moving_traffic_makes_it_worse() {
        for (speeds, arrival_rate) in
            [(vec![1.0, 2.0, 4.0], 5.0), (vec![10.0, 10.0, 5.0, 1.0], 20.0), (vec![1.0, 2.0, 9.0], 3.0)]
        {
            let best = optimal_split(&speeds, arrival_rate).unwrap();
            assert!((best.rates.iter().sum::<f64>() / arrival_rate - 1.0).abs() < 1e-12);
            assert!((mean(&speeds, &best.rates, arrival_rate) / best.sojourn_mean - 1.0).abs() < 1e-12);
            for from in 0..speeds.len() {
                for to in (0..speeds.len()).filter(|to| *to != from && best.rates[from] > 1e-3) {
                    let mut other = best.rates.clone();
                    other[from] -= 1e-3;
                    other[to] += 1e-3;
                    assert!(
                        mean(&speeds, &other, arrival_rate) > best.sojourn_mean,
                        "{speeds:?} {from} {to}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_overload_has_no_answer() {
        assert_eq!(optimal_split(&[1.0, 1.0], 3.0), Err(OracleError::Unstable { load: 1.5 }));
        assert!(optimal_split(&[1.0], 0.0).is_err() && optimal_split(&[], 1.0).is_err());
    }
}
