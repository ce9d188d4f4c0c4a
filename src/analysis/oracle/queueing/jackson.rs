//! Open networks of queues.

use super::mmc;
use crate::analysis::linear::{solve, square};
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "jackson",
    summary: "An open network of queues with exponential service and random routing.",
    formula: "flow_j = rates_j + sum over i of flow_i routing_ij; each station is then an M/M/c queue of its own",
    domain: "Poisson arrivals from outside, exponential service, routing without memory, service drawn anew at each \
             visit, first come first served, no limits, every station below its capacity.",
    source: "Jackson, Networks of waiting lines, Operations Research 5 (1957).",
    arguments: &[
        Argument::number("rates", "1/s", "arrival rate from outside at each station").of(Kind::Numbers),
        Argument::number(
            "routing",
            "ratio",
            "share of each station's jobs that go on to each station, row by row",
        )
        .of(Kind::Numbers),
        Argument::number("service_means", "s", "mean time in service at each station").of(Kind::Numbers),
        Argument::number("servers", "1", "how many work at each station, or at all of them")
            .of(Kind::Numbers)
            .or(1.0),
    ],
    answers: &[
        Answer::new("latency_mean", "s", "mean time in the network, all visits together"),
        Answer::new("in_network_mean", "1", "mean number in the network"),
        Answer::new("flows", "1/s", "rate at which jobs come to each station"),
        Answer::new("utilisation", "ratio", "share of each station's servers in use"),
        Answer::new("in_system_mean", "1", "mean number at each station"),
        Answer::new("sojourn_mean", "s", "mean time of a visit at each station"),
    ],
    solve: |arguments| {
        let mut servers = arguments.numbers("servers")?;
        let rates = arguments.numbers("rates")?;
        if servers.len() == 1 {
            servers = vec![servers[0]; rates.len()];
        }
        let routing = arguments.numbers("routing")?;
        let network = jackson(&rates, &routing, &arguments.numbers("service_means")?, &servers)?;
        Ok(vec![
            network.latency_mean.into(),
            network.in_network_mean.into(),
            network.flows.into(),
            network.utilisation.into(),
            network.in_system_mean.into(),
            network.sojourn_mean.into(),
        ])
    },
};

/// An open network of queues; lists have one entry per station.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Mean time in the network, all visits together \[s\].
    pub latency_mean: f64,
    /// Mean number in the network.
    pub in_network_mean: f64,
    /// Rate at which jobs come to each station \[1/s\].
    pub flows: Vec<f64>,
    /// Share of each station's servers in use.
    pub utilisation: Vec<f64>,
    /// Mean number at each station.
    pub in_system_mean: Vec<f64>,
    /// Mean time of a visit at each station \[s\]; its mean service where nobody comes.
    pub sojourn_mean: Vec<f64>,
}

/// An open network of queues with exponential service and random routing.
///
/// ```text
/// flow_j = rates_j + sum_i flow_i routing_ij;  each station is then M/M/c;  T = sum_j L_j / sum_j rates_j
/// ```
///
/// `rates` from outside \[1/s\] are at least 0, and one is positive; `routing` has the shares of station 1's jobs that go
/// on to station 1, 2, ..., then those of station 2, and so on, and what is left to 1 leaves; `service_means` \[s\] are
/// positive and `servers` whole.
///
/// Source: Jackson, Networks of waiting lines, Operations Research 5 (1957).
///
/// # Errors
///
/// Lists that do not fit together, shares beyond 1, jobs that never leave, more work than a station can do.
///
/// # Examples
///
/// One station at which every second job comes again: at 0.25/s it works as at 0.5/s, for 2 s a visit and 4 s in all.
///
/// ```
/// use ninefold::analysis::oracle::jackson;
/// let network = jackson(&[0.25], &[0.5], &[1.0], &[1.0]).unwrap();
/// assert!((network.latency_mean - 4.0).abs() < 1e-12);
/// ```
pub fn jackson(
    rates: &[f64],
    routing: &[f64],
    service_means: &[f64],
    servers: &[f64],
) -> Result<Network, OracleError> {
    let flows = flows(rates, routing)?;
    fits("service_means", service_means, rates.len())?;
    fits("servers", servers, rates.len())?;
    let (mut utilisation, mut in_system_mean, mut sojourn_mean) = (Vec::new(), Vec::new(), Vec::new());
    for ((&flow, &service_mean), &count) in flows.iter().zip(service_means).zip(servers) {
        positive("service_means", &[service_mean])?;
        if count.fract() != 0.0 || !(1.0..=1e6).contains(&count) {
            let expected = "a whole number above 0";
            return Err(OracleError::Domain { argument: "servers", value: count, expected });
        }
        let station = if flow > 0.0 { Some(mmc(flow, service_mean, count as u32)?) } else { None };
        utilisation.push(station.map_or(0.0, |station| station.utilisation));
        in_system_mean.push(station.map_or(0.0, |station| station.in_system_mean));
        sojourn_mean.push(station.map_or(service_mean, |station| station.sojourn_mean));
    }
    let in_network_mean = in_system_mean.iter().sum::<f64>();
    let latency_mean = in_network_mean / rates.iter().sum::<f64>();
    Ok(Network { latency_mean, in_network_mean, flows, utilisation, in_system_mean, sojourn_mean })
}

fn fits(argument: &'static str, values: &[f64], stations: usize) -> Result<(), OracleError> {
    if values.len() == stations {
        return Ok(());
    }
    Err(OracleError::Count { argument, found: values.len(), expected: "one for each station" })
}

/// The rate at which jobs come to each station.
fn flows(rates: &[f64], routing: &[f64]) -> Result<Vec<f64>, OracleError> {
    let stations = rates.len();
    if routing.len() != stations * stations {
        let expected = "one for each pair of stations";
        return Err(OracleError::Count { argument: "routing", found: routing.len(), expected });
    }
    if let Some(value) = rates.iter().find(|rate| !(rate.is_finite() && **rate >= 0.0)) {
        let expected = "finite and at least 0";
        return Err(OracleError::Domain { argument: "rates", value: *value, expected });
    }
    positive("rates", &[rates.iter().sum()])?;
    if let Some(value) = routing.iter().find(|share| !(0.0..=1.0).contains(*share)) {
        return Err(OracleError::Domain { argument: "routing", value: *value, expected: "from 0 to 1" });
    }
    let beyond =
        routing.chunks(stations.max(1)).map(|row| row.iter().sum::<f64>()).find(|sum| *sum > 1.0 + 1e-9);
    if let Some(value) = beyond {
        let expected = "at most 1 in all for each station";
        return Err(OracleError::Domain { argument: "routing", value, expected });
    }
    let stays = || OracleError::Outside { reason: "some jobs never leave the network".to_owned() };
    let balance = square(stations, |to, from| f64::from(to == from) - routing[from * stations + to]);
    let outside: Vec<Vec<f64>> = rates.iter().map(|rate| vec![*rate]).collect();
    let flows: Vec<f64> = solve(&balance, &outside).ok_or_else(stays)?.into_iter().flatten().collect();
    if flows.iter().all(|flow| (-1e-12..1e12).contains(flow)) { Ok(flows) } else { Err(stays()) }
}

#[cfg(test)]
mod tests {
    use super::super::tandem;
    use super::*;

    #[test]
    fn stations_in_a_row_are_a_tandem() {
        let routing = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let means = [1.0, 0.9, 0.5];
        let network = jackson(&[0.6, 0.0, 0.0], &routing, &means, &[1.0; 3]).unwrap();
        assert!((network.latency_mean / tandem(0.6, &means).unwrap().latency_mean - 1.0).abs() < 1e-12);
    }

    /// Flows as the limit of rounds in which all jobs move on.
    #[test]
    fn flows_are_the_sum_over_all_visits() {
        let (rates, routing) = ([1.0, 0.0, 2.0], [0.1, 0.5, 0.2, 0.0, 0.3, 0.3, 0.4, 0.0, 0.0]);
        let (mut sum, mut now) = (rates, rates);
        for _ in 0..500 {
            let mut next = [0.0; 3];
            for from in 0..3 {
                for to in 0..3 {
                    next[to] += now[from] * routing[3 * from + to];
                }
            }
            now = next;
            sum.iter_mut().zip(now).for_each(|(sum, now)| *sum += now);
        }
        for (flow, sum) in flows(&rates, &routing).unwrap().iter().zip(sum) {
            assert!((flow / sum - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn jobs_must_leave() {
        assert!(jackson(&[1.0], &[1.0], &[0.1], &[1.0]).is_err());
        assert!(jackson(&[1.0], &[0.5, 0.1], &[0.1], &[1.0]).is_err());
        assert!(jackson(&[1.0], &[0.0], &[0.1], &[1.5]).is_err());
        assert!(jackson(&[1.0, 0.0], &[0.6, 0.6, 0.0, 0.0], &[0.1, 0.1], &[1.0, 1.0]).is_err());
    }
}
