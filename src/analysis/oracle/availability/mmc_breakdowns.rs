//! Several servers that break down, and one queue.

use super::k_of_n_crew::k_of_n_crew;
use super::{DOWN, KOfN, UP};
use crate::analysis::oracle::levels::shares;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mmc-breakdowns",
    summary: "Several servers that break down, busy or idle, in front of one queue that keeps what they drop.",
    formula: "the steady state of the chain of jobs and servers that are up",
    domain: "Poisson arrivals that wait even when no server is up, one queue, FIFO, exponential service, failures and \
             repairs; a dropped job goes back to the head of the queue; crews repair one server each.",
    source: "Mitrany and Avi-Itzhak, A many-server queue with service interruptions (1968).",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_mean", "s", "mean time in service"),
        Argument::number("servers", "1", "number of servers"),
        UP,
        DOWN,
        Argument::number("crews", "1", "number of repair crews"),
    ],
    answers: &[
        Answer::new("sojourn_mean", "s", "mean time inside, waiting and service"),
        Answer::new("in_system_mean", "1", "mean number of jobs inside"),
        Answer::new("queue_length_mean", "1", "mean number of jobs waiting"),
        Answer::new("utilisation", "ratio", "busy servers over servers that are up, both over time"),
        Answer::new("replicas_mean", "1", "mean number of servers that are up"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let servers = BreakingServers {
        service_mean: arguments.number("service_mean")?,
        servers: arguments.count("servers", 1)?,
        up: arguments.number("up")?,
        down: arguments.number("down")?,
        crews: arguments.count("crews", 1)?,
    };
    let rate = arguments.number("rate")?;
    let answer = servers.steady(rate)?;
    let busy = rate * servers.service_mean;
    let values = [
        answer.in_system / rate,
        answer.in_system,
        answer.in_system - busy,
        busy / answer.servers_up,
        answer.servers_up,
    ];
    Ok(values.map(Value::from).to_vec())
}

/// Servers that break down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakingServers {
    /// Mean time in service \[s\].
    pub service_mean: f64,
    /// How many there are.
    pub servers: u32,
    /// Mean time to failure of each \[s\].
    pub up: f64,
    /// Mean time to repair of each \[s\].
    pub down: f64,
    /// How many can be repaired at once.
    pub crews: u32,
}

/// Long-run figures of servers that break down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakingServersAnswer {
    /// Mean number of jobs inside.
    pub in_system: f64,
    /// Mean number of servers that are up.
    pub servers_up: f64,
}

impl BreakingServers {
    /// Mean numbers of jobs inside and of servers that are up, for Poisson arrivals of this rate \[1/s\].
    ///
    /// ```text
    /// (jobs, up) -> (jobs + 1, up): rate              (jobs, up) -> (jobs - 1, up): min(jobs, up) / service_mean
    /// (jobs, up) -> (jobs, up - 1): up / mean up      (jobs, up) -> (jobs, up + 1): min(servers - up, crews) / down
    /// ```
    ///
    /// The chain is cut off where hardly any time is spent and solved by elimination. Exact for exponential times; a
    /// dropped job goes back to the head of the queue, and arrivals wait there even when no server is up.
    ///
    /// Source: Mitrany and Avi-Itzhak, A many-server queue with service interruptions, Operations Research 16 (1968).
    ///
    /// # Errors
    ///
    /// A rate or time that is not positive and finite, no server or crew, more arrivals than the servers that are up
    /// can serve on average, a load so close to that that too many jobs wait.
    ///
    /// # Examples
    ///
    /// Servers that hardly ever fail: 8/9 of a patient wait, as in Gross and Harris, example 2.2.
    ///
    /// ```
    /// use ninefold::analysis::oracle::BreakingServers;
    /// let clinic = BreakingServers { service_mean: 1.0 / 3.0, servers: 3, up: 1e12, down: 1.0, crews: 1 };
    /// assert!((clinic.steady(6.0).unwrap().in_system - (2.0 + 8.0 / 9.0)).abs() < 1e-9);
    /// ```
    pub fn steady(&self, rate: f64) -> Result<BreakingServersAnswer, OracleError> {
        positive("rate", &[rate])?;
        positive("service_mean", &[self.service_mean])?;
        let group = KOfN { n: self.servers, k: 1, up: self.up, down: self.down };
        let servers_up = k_of_n_crew(group, self.crews)?.units_up;
        let load = rate * self.service_mean / servers_up;
        if load >= 1.0 {
            return Err(OracleError::Unstable { load });
        }
        let servers = self.servers as usize;
        let rates = |jobs: usize, up: usize| {
            let repairing = (servers - up).min(self.crews as usize);
            let mut moves = vec![(jobs + 1, up, rate)];
            if jobs.min(up) > 0 {
                moves.push((jobs - 1, up, jobs.min(up) as f64 / self.service_mean));
            }
            if up > 0 {
                moves.push((jobs, up - 1, up as f64 / self.up));
            }
            if repairing > 0 {
                moves.push((jobs, up + 1, repairing as f64 / self.down));
            }
            moves
        };
        let levels = shares(servers + 1, rates)?;
        let in_system =
            levels.iter().enumerate().map(|(jobs, phases)| jobs as f64 * phases.iter().sum::<f64>());
        Ok(BreakingServersAnswer { in_system: in_system.sum(), servers_up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::law::Law;
    use crate::analysis::oracle::{BreakingServer, Clock};

    #[test]
    fn one_server_is_the_single_server_with_breakdowns() {
        let servers = BreakingServers { service_mean: 0.4, servers: 1, up: 20.0, down: 3.0, crews: 1 };
        let single = BreakingServer {
            service: Law::Exponential { mean: 0.4 },
            up: 20.0,
            repair: Law::Exponential { mean: 3.0 },
            clock: Clock::AnyTime,
        };
        for rate in [0.1, 1.0, 1.9] {
            let expected = rate * single.sojourn_mean(rate).unwrap();
            let found = servers.steady(rate).unwrap().in_system;
            assert!((found / expected - 1.0).abs() < 1e-11, "{rate}: {found} {expected}");
        }
    }

    #[test]
    fn servers_that_are_down_do_not_count_as_capacity() {
        let servers = BreakingServers { service_mean: 1.0, servers: 2, up: 1.0, down: 1.0, crews: 2 };
        assert_eq!(servers.steady(1.5), Err(OracleError::Unstable { load: 1.5 }));
        assert!(servers.steady(0.0).is_err());
        assert!(BreakingServers { crews: 0, ..servers }.steady(0.5).is_err());
    }
}
