//! Erlang A: those who wait may give up.

use super::station::{DELAYED, IN_SYSTEM, QUEUE_LENGTH, UTILISATION, WAIT_MEAN};
use super::{RATE, SERVERS, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "erlang-a",
    summary: "One queue in front of several servers whose customers give up after an exponential time.",
    formula: "p(n+1) = p(n) rate / (min(n+1, c) mu + max(n+1-c, 0) / patience_mean); abandoned: queue / (patience_mean rate)",
    domain: "Poisson arrivals, exponential service and patience, equal servers that share one queue, those who give up \
             do not return. Any load.",
    source: "Garnett, Mandelbaum and Reiman, Designing a call center with impatient customers, M&SOM 4 (2002).",
    arguments: &[
        RATE,
        SERVICE_MEAN,
        SERVERS,
        Argument::number("patience_mean", "s", "mean time after which one who waits gives up"),
    ],
    answers: &[
        Answer::new("failure_ratio_abandoned", "ratio", "share of those that arrive that give up"),
        WAIT_MEAN,
        DELAYED,
        UTILISATION,
        IN_SYSTEM,
        QUEUE_LENGTH,
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let (servers, patience) = (arguments.count("servers", 1)?, arguments.number("patience_mean")?);
        let queue = erlang_a(rate, service_mean, servers, patience)?;
        let answers = [
            queue.abandoned_ratio,
            queue.queue_length_mean / rate,
            queue.delayed_ratio,
            queue.busy_mean / f64::from(servers),
            queue.busy_mean + queue.queue_length_mean,
            queue.queue_length_mean,
        ];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// Longer queues take too long to work out.
const NUMBER_MAX: f64 = 1e8;

/// A queue whose customers may give up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpatientStation {
    /// Share of those that arrive that give up.
    pub abandoned_ratio: f64,
    /// Share of those that arrive that find all servers busy.
    pub delayed_ratio: f64,
    /// Mean number in service.
    pub busy_mean: f64,
    /// Mean number waiting; over the arrival rate it is the mean wait of all, those who give up included.
    pub queue_length_mean: f64,
}

/// One queue in front of several servers whose customers give up after an exponential time.
///
/// ```text
/// p(n+1) = p(n) rate / (min(n+1, c) mu + max(n+1-c, 0) theta),  mu = 1 / service_mean,  theta = 1 / patience_mean
/// abandoned = theta E[queue] / rate
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\], `service_mean` and `patience_mean` \[s\] are positive, `servers` (c) at
/// least 1. Every load has a steady state.
///
/// Source: Garnett, Mandelbaum and Reiman, Designing a call center with impatient customers, M&SOM 4 (2002).
///
/// # Errors
///
/// An argument that is not positive and finite; queues beyond a hundred million.
///
/// # Examples
///
/// If patience is as long as service, the number inside is a Poisson number: with one server and a load of 1, who finds
/// nobody (1 in e) is served at once.
///
/// ```
/// use ninefold::analysis::oracle::erlang_a;
/// let queue = erlang_a(1.0, 1.0, 1, 1.0).unwrap();
/// assert!((queue.delayed_ratio - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
/// ```
pub fn erlang_a(
    rate: f64,
    service_mean: f64,
    servers: u32,
    patience_mean: f64,
) -> Result<ImpatientStation, OracleError> {
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    positive("servers", &[f64::from(servers)])?;
    positive("patience_mean", &[patience_mean])?;
    let all = f64::from(servers);
    let (mut number, mut weight) = (0.0, 1.0);
    let (mut total, mut busy, mut delayed, mut waiting) = (1.0, 0.0, 0.0, 0.0);
    loop {
        number += 1.0;
        if number > NUMBER_MAX {
            return Err(OracleError::Outside { reason: "queues get too long to be worked out".to_owned() });
        }
        let (serving, queue) = (f64::min(number, all), f64::max(number - all, 0.0));
        let end = serving / service_mean + queue / patience_mean;
        weight *= rate / end;
        total += weight;
        busy += weight * serving;
        waiting += weight * queue;
        delayed += if number >= all { weight } else { 0.0 };
        // Only ratios matter, and a weight must stay a number.
        if weight > 1e200 {
            for sum in [&mut weight, &mut total, &mut busy, &mut delayed, &mut waiting] {
                *sum *= 1e-200;
            }
        }
        // What is left is less than a geometric series of this ratio.
        let rest = 1.0 - rate / end;
        if number > all && rest > 0.0 && weight * (queue + 1.0 / rest) < 1e-18 * total * rest {
            break;
        }
    }
    let queue_length_mean = waiting / total;
    Ok(ImpatientStation {
        abandoned_ratio: queue_length_mean / (patience_mean * rate),
        delayed_ratio: delayed / total,
        busy_mean: busy / total,
        queue_length_mean,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{erlang_b, mmc};
    use super::*;

    #[test]
    fn what_is_served_and_what_gives_up_is_what_arrives() {
        for (rate, servers, patience) in [(100.0, 100, 2.0), (3.0, 1, 0.5), (1000.0, 10, 10.0), (0.5, 1, 1e3)]
        {
            let queue = erlang_a(rate, 1.0, servers, patience).unwrap();
            let served = queue.busy_mean / rate;
            assert!((served + queue.abandoned_ratio - 1.0).abs() < 1e-11, "{rate} {servers}");
        }
    }

    #[test]
    fn endless_patience_is_mmc_and_none_is_erlang_b() {
        let (patient, endless) = (erlang_a(2.0, 1.0, 3, 1e12).unwrap(), mmc(2.0, 1.0, 3).unwrap());
        assert!((patient.queue_length_mean / endless.queue_length_mean - 1.0).abs() < 1e-9);
        let hasty = erlang_a(2.0, 1.0, 3, 1e-12).unwrap();
        assert!((hasty.abandoned_ratio / erlang_b(2.0, 1.0, 3).unwrap() - 1.0).abs() < 1e-9);
    }
}
