//! MMPP/M/c: arrivals whose rate changes at random.

use super::levels::{Moves, steady_state};
use super::station::{DELAYED, IN_SYSTEM, QUEUE_LENGTH, SOJOURN_MEAN, UTILISATION, WAIT_MEAN};
use super::{SERVERS, SERVICE_MEAN, mmc};
use crate::analysis::linear::square;
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "bursty-arrivals",
    summary: "One queue in front of several servers whose arrival rate goes through phases.",
    formula: "p(n+1) = p(n) R, a vector for each number inside, with the matrix R of the quasi-birth-death chain",
    domain: "Poisson arrivals whose rate goes through its phases in a cycle with exponential stays (MMPP), exponential \
             service, equal servers that share one queue, first come first served, no limit, mean load below 1.",
    source: "Neuts, Matrix-Geometric Solutions in Stochastic Models (1981), chapter 6; Latouche and Ramaswami (1993).",
    arguments: &[
        Argument::number("rates", "1/s", "arrival rate in each phase").of(Kind::Numbers),
        Argument::number("stays", "s", "mean stay in each phase").of(Kind::Numbers),
        SERVICE_MEAN,
        SERVERS.or(1.0),
    ],
    answers: &[
        SOJOURN_MEAN,
        WAIT_MEAN,
        DELAYED,
        UTILISATION,
        IN_SYSTEM,
        QUEUE_LENGTH,
        Answer::new("arrival_rate", "1/s", "mean arrival rate"),
        Answer::new("sojourn_mean_poisson", "s", "what sojourn_mean would be if arrivals were Poisson"),
    ],
    solve: |arguments| {
        let (rates, stays) = (arguments.numbers("rates")?, arguments.numbers("stays")?);
        let (service_mean, servers) = (arguments.number("service_mean")?, arguments.count("servers", 1)?);
        let queue = bursty_arrivals(&rates, &stays, service_mean, servers)?;
        let waiting = queue.in_system_mean - queue.arrival_rate * service_mean;
        let answers = [
            queue.in_system_mean / queue.arrival_rate,
            waiting / queue.arrival_rate,
            queue.delayed_ratio,
            queue.arrival_rate * service_mean / f64::from(servers),
            queue.in_system_mean,
            waiting,
            queue.arrival_rate,
            mmc(queue.arrival_rate, service_mean, servers)?.sojourn_mean,
        ];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// More servers have too many levels to be worked out in a moment.
const SERVERS_MAX: u32 = 10_000;

/// A queue whose arrival rate changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurstyStation {
    /// Mean arrival rate \[1/s\].
    pub arrival_rate: f64,
    /// Mean number waiting or in service.
    pub in_system_mean: f64,
    /// Share of those that arrive that wait.
    pub delayed_ratio: f64,
}

/// One queue in front of several servers whose arrival rate goes through phases.
///
/// `rates` of the Poisson arrivals in each phase \[1/s\], at least 0, and mean `stays` in it \[s\], positive, one entry per
/// phase; phases follow each other in a cycle, and stays are exponential. `service_mean` \[s\] is positive, `servers` from
/// 1 to 10,000. The steady state is that of a quasi-birth-death chain, to about 12 digits.
///
/// Source: Neuts, Matrix-Geometric Solutions in Stochastic Models (1981), chapter 6.
///
/// # Errors
///
/// Lists of different lengths, an argument outside its range, more work on average than the servers can do.
///
/// # Examples
///
/// Equal rates are no bursts: M/M/1 with four inside at 80 % load.
///
/// ```
/// use ninefold::analysis::oracle::bursty_arrivals;
/// let queue = bursty_arrivals(&[0.8, 0.8], &[10.0, 3.0], 1.0, 1).unwrap();
/// assert!((queue.in_system_mean - 4.0).abs() < 1e-9);
/// ```
pub fn bursty_arrivals(
    rates: &[f64],
    stays: &[f64],
    service_mean: f64,
    servers: u32,
) -> Result<BurstyStation, OracleError> {
    if stays.len() != rates.len() {
        return Err(OracleError::Count {
            argument: "stays",
            found: stays.len(),
            expected: "one for each phase",
        });
    }
    if let Some(value) = rates.iter().find(|rate| !(rate.is_finite() && **rate >= 0.0)) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "rates", value: *value, expected });
    }
    positive("stays", stays)?;
    positive("service_mean", &[service_mean])?;
    positive("servers", &[f64::from(servers)])?;
    if servers > SERVERS_MAX {
        let expected = "at most 10,000";
        return Err(OracleError::Domain { argument: "servers", value: f64::from(servers), expected });
    }
    let in_phases: f64 = rates.iter().zip(stays).map(|(rate, stay)| rate * stay).sum();
    let arrival_rate = in_phases / stays.iter().sum::<f64>();
    positive("rates", &[arrival_rate])?;
    let load = arrival_rate * service_mean / f64::from(servers);
    if load >= 1.0 {
        return Err(OracleError::Unstable { load });
    }
    let phases = rates.len();
    let all = servers as usize;
    let levels = steady_state(all, |level| Moves {
        up: square(phases, |from, to| if from == to { rates[from] } else { 0.0 }),
        within: square(phases, |from, to| {
            let is_next = from != to && to == (from + 1) % phases;
            if is_next { 1.0 / stays[from] } else { 0.0 }
        }),
        down: square(phases, |from, to| if from == to { level.min(all) as f64 / service_mean } else { 0.0 }),
    })?;
    let inside = |(level, chances): (usize, &Vec<f64>)| level as f64 * chances.iter().sum::<f64>();
    let arriving =
        |chances: &Vec<f64>| chances.iter().zip(rates).map(|(chance, rate)| chance * rate).sum::<f64>();
    Ok(BurstyStation {
        arrival_rate,
        in_system_mean: levels.iter().enumerate().map(inside).sum(),
        delayed_ratio: levels.iter().skip(all).map(arriving).sum::<f64>() / arrival_rate,
    })
}

#[cfg(test)]
mod tests {
    use super::super::gm1;
    use super::*;
    use crate::analysis::law::Law;

    #[test]
    fn several_servers_with_equal_rates_are_mmc() {
        let (bursty, plain) =
            (bursty_arrivals(&[2.5; 3], &[1.0, 2.0, 3.0], 1.0, 3).unwrap(), mmc(2.5, 1.0, 3).unwrap());
        assert!((bursty.in_system_mean / plain.in_system_mean - 1.0).abs() < 1e-10);
        assert!((bursty.delayed_ratio / plain.delayed_ratio - 1.0).abs() < 1e-10);
    }

    /// Arrivals that stop and go are a renewal process with hyperexponential times between them (Kuczura).
    #[test]
    fn on_and_off_is_a_renewal_process() {
        let (rate, on, off) = (2.0, 3.0, 5.0);
        let (stop, go): (f64, f64) = (1.0 / on, 1.0 / off);
        let sum = rate + stop + go;
        let root = (sum * sum - 4.0 * rate * go).sqrt();
        let (fast, slow) = (f64::midpoint(sum, root), f64::midpoint(sum, -root));
        let share = (rate - slow) / (fast - slow);
        let between =
            Law::Hyperexponential { branches: vec![(share, 1.0 / fast), (1.0 - share, 1.0 / slow)] };
        let (bursty, renewal) =
            (bursty_arrivals(&[rate, 0.0], &[on, off], 1.0, 1).unwrap(), gm1(&between, 1.0).unwrap());
        assert!((bursty.in_system_mean / renewal.in_system_mean - 1.0).abs() < 1e-9);
        assert!((bursty.delayed_ratio / renewal.delayed_ratio - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_mean_load_must_be_below_one() {
        assert!(bursty_arrivals(&[0.1, 3.0], &[1.0, 1.0], 1.0, 1).is_err());
        assert!(bursty_arrivals(&[0.1], &[1.0, 1.0], 1.0, 1).is_err());
        assert!(bursty_arrivals(&[0.0], &[1.0], 1.0, 1).is_err());
        assert!(bursty_arrivals(&[1.0], &[1.0], 1.0, u32::MAX).is_err());
    }
}
