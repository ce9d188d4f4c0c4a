//! The shortest of a few queues that are looked at, in an endless fleet.

use super::random_split::RATE;
use crate::analysis::oracle::queueing::{SERVERS, SERVICE_MEAN, station};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, mm1, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "supermarket",
    summary: "Equal single servers; each job joins the shortest of d queues drawn at random (power of two choices).",
    formula: "T = service_mean * sum over i >= 1 of rho^((d^i - d) / (d - 1)), rho = rate service_mean / servers",
    domain: "Poisson arrivals, exponential service, one slot per replica, unlimited FIFO queues, fresh queue lengths, load \
             below 1; exact in the limit of many servers, and too short for few.",
    source: "Mitzenmacher, The power of two choices in randomized load balancing (1996); Vvedenskaya, \
             Dobrushin and Karpelevich (1996).",
    arguments: &[
        RATE,
        SERVICE_MEAN,
        SERVERS,
        Argument::number("choices", "1", "how many queues a job looks at").or(2.0),
    ],
    answers: &[
        station::SOJOURN_MEAN,
        station::WAIT_MEAN,
        station::DELAYED,
        station::UTILISATION,
        Answer::new("in_system_mean", "1", "mean number at all servers"),
        Answer::new(
            "longer_ratio",
            "ratio",
            "share of the queues with at least 1, 2, ... jobs, to one in a million",
        ),
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let (servers, choices) = (arguments.count("servers", 1)?, arguments.count("choices", 1)?);
        let sojourn = supermarket(rate, service_mean, servers, choices)?;
        let load = rate * service_mean / f64::from(servers);
        let longer = tails(load, choices).take_while(|tail| *tail >= 1e-6).take(1000).collect::<Vec<_>>();
        Ok(vec![
            sojourn.into(),
            (sojourn - service_mean).into(),
            load.powf(f64::from(choices)).into(),
            load.into(),
            (rate * sojourn).into(),
            Value::from(longer),
        ])
    },
};

/// Mean time \[s\] at equal single servers where each job joins the shortest of `choices` queues drawn at random.
///
/// ```text
/// T = service_mean sum_(i>=1) rho^((d^i - d) / (d - 1)),  rho = rate service_mean / servers,  d = choices
/// ```
///
/// `rate` of the Poisson arrivals at all servers \[1/s\] and `service_mean` \[s\] are positive, `servers` and `choices`
/// at least 1. Exact in the limit of many servers at the same load; a share rho^((d^i - 1) / (d - 1)) of the queues then
/// has at least i jobs.
///
/// Source: Mitzenmacher, The power of two choices in randomized load balancing (1996).
///
/// # Errors
///
/// An argument that is not positive and finite; more work than the servers can do.
///
/// # Examples
///
/// The limit that the source prints beside its simulations: 1.2657 at half load, 2.6141 at 90 %, and 5.4320 at 99 %.
///
/// ```
/// use ninefold::analysis::oracle::supermarket;
/// for (load, mean) in [(0.5, 1.2657), (0.9, 2.6141), (0.99, 5.4320)] {
///     assert!((supermarket(100.0 * load, 1.0, 100, 2).unwrap() - mean).abs() < 5e-5);
/// }
/// ```
pub fn supermarket(rate: f64, service_mean: f64, servers: u32, choices: u32) -> Result<f64, OracleError> {
    positive("servers", &[f64::from(servers)])?;
    positive("choices", &[f64::from(choices)])?;
    let alone = mm1(rate / f64::from(servers), service_mean)?;
    if choices == 1 {
        return Ok(alone.sojourn_mean);
    }
    let queues: f64 = tails(alone.utilisation, choices).take_while(|tail| *tail > 1e-18).sum();
    Ok(service_mean * queues / alone.utilisation)
}

/// The share of the queues with at least 1, 2, ... jobs.
fn tails(load: f64, choices: u32) -> impl Iterator<Item = f64> {
    let d = f64::from(choices);
    std::iter::successors(Some(1.0_f64), move |power| Some(power * d + 1.0))
        .map(move |power| load.powf(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit of the differential equations `ds_i/dt = rate (s_(i-1)^d - s_i^d) - (s_i - s_(i+1))`.
    #[test]
    fn it_is_where_the_differential_equations_come_to_rest() {
        let (load, choices) = (0.8_f64, 3);
        let mut tails = [0.0_f64; 40];
        for _ in 0..40_000 {
            let before = tails;
            let at =
                |place: usize| if place == 0 { 1.0 } else { before.get(place - 1).copied().unwrap_or(0.0) };
            for (place, tail) in (1..).zip(tails.iter_mut()) {
                let joined = load * (at(place - 1).powi(choices) - at(place).powi(choices));
                *tail += 0.01 * (joined - (at(place) - at(place + 1)));
            }
        }
        let mean: f64 = tails.iter().sum::<f64>() / load;
        assert!((supermarket(load, 1.0, 1, 3).unwrap() / mean - 1.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn one_choice_is_a_random_split() {
        assert!((supermarket(80.0, 1.0, 100, 1).unwrap() - 5.0).abs() < 1e-12);
        assert!(supermarket(1.0, 1.0, 1, 2).is_err() && supermarket(0.5, 1.0, 1, 0).is_err());
    }
}
