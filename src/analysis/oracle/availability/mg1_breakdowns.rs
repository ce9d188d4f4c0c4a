//! A single server that breaks down and goes on where it stopped.

use crate::analysis::law::Law;
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ANY_TIME: Oracle = Oracle {
    name: "mg1-breakdowns",
    summary: "Mean time at a single server that breaks down, busy or idle, and resumes what it did.",
    formula: "sojourn = E[C] + rate E[C^2] / (2 (1 - rate E[C])) + f E[R^2] / (2 (1 + f E[R])), C = service and its \
              repairs R, f = 1 / up",
    domain: "Poisson arrivals that wait while the server is down, one slot, FIFO, any service and repair times, \
             exponential times to failure; the interrupted work is resumed.",
    source: "Avi-Itzhak and Naor, Some queuing problems with the service station subject to breakdown (1963); for \
             exponential times White and Christie (1958).",
    arguments: &ARGUMENTS,
    answers: &ANSWERS,
    solve: |arguments| solve(arguments, Clock::AnyTime),
};

pub(in crate::analysis::oracle) const BUSY: Oracle = Oracle {
    name: "mg1-breakdowns-busy",
    summary: "Mean time at a single server that breaks down only while it serves, and resumes what it did.",
    formula: "sojourn = E[C] + rate E[C^2] / (2 (1 - rate E[C])), C = service and its repairs",
    domain: "Poisson arrivals that wait while the server is down, one slot, FIFO, any service and repair times, \
             exponential times to failure in busy time; the interrupted work is resumed.",
    source: "Gaver, A waiting line with interrupted service, including priorities (1962).",
    arguments: &ARGUMENTS,
    answers: &ANSWERS,
    solve: |arguments| solve(arguments, Clock::Busy),
};

const ARGUMENTS: [Argument; 4] = [
    Argument::number("rate", "1/s", "arrival rate"),
    Argument::number("service", "s", "service time without interruptions").of(Kind::Law),
    Argument::number("up", "s", "mean time to failure, exponential"),
    Argument::number("repair", "s", "time to repair").of(Kind::Law),
];

const ANSWERS: [Answer; 4] = [
    Answer::new("sojourn_mean", "s", "mean time at the server, waiting, service and repairs"),
    Answer::new("in_system_mean", "1", "mean number of jobs waiting or in service"),
    Answer::new("load", "ratio", "arrivals over the capacity that breakdowns leave"),
    Answer::new("capacity", "1/s", "services per time that breakdowns leave"),
];

fn solve(arguments: &Arguments<'_>, clock: Clock) -> Result<Vec<Value>, OracleError> {
    let server = BreakingServer {
        service: arguments.law("service")?,
        up: arguments.number("up")?,
        repair: arguments.law("repair")?,
        clock,
    };
    let rate = arguments.number("rate")?;
    let sojourn = server.sojourn_mean(rate)?;
    let (completion, _) = server.completion();
    Ok([sojourn, rate * sojourn, rate * completion, 1.0 / completion].map(Value::from).to_vec())
}

/// When a server can break down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// At any time that it is up.
    AnyTime,
    /// Only while it serves.
    Busy,
}

/// A single server that breaks down and resumes what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakingServer {
    /// Service time without interruptions.
    pub service: Law,
    /// Mean time to failure, exponential \[s\].
    pub up: f64,
    /// Time to repair.
    pub repair: Law,
    /// When it can break down.
    pub clock: Clock,
}

impl BreakingServer {
    /// Mean and second moment of the time from the start of a service to its end, repairs included.
    fn completion(&self) -> (f64, f64) {
        let stretch = 1.0 + self.repair.mean() / self.up;
        let mean = self.service.mean() * stretch;
        let variance = self.service.variance() * stretch * stretch
            + self.service.mean() / self.up * second(&self.repair);
        (mean, variance + mean * mean)
    }

    /// Mean time at the server, waiting included, for Poisson arrivals of this rate \[s\].
    ///
    /// ```text
    /// C: E[C] = E[S] (1 + f E[R]),  Var[C] = Var[S] (1 + f E[R])^2 + f E[S] E[R^2],  f = 1 / up
    /// T = E[C] + rate E[C^2] / (2 (1 - rate E[C]))
    /// ```
    ///
    /// where the server can also break down while idle, f E\[R^2\] / (2 (1 + f E\[R\])) more: who finds it so waits
    /// for what is left of the repair.
    ///
    /// Source: Avi-Itzhak and Naor, Some queuing problems with the service station subject to breakdown, Operations
    /// Research 11 (1963); Gaver, A waiting line with interrupted service, including priorities, JRSS B 24 (1962).
    ///
    /// # Errors
    ///
    /// A negative rate, times that are not positive and finite, more arrivals than capacity.
    ///
    /// # Examples
    ///
    /// A server that hardly ever fails is M/M/1: 2 s at half load.
    ///
    /// ```
    /// use ninefold::analysis::law::Law;
    /// use ninefold::analysis::oracle::{BreakingServer, Clock};
    /// let second = Law::Exponential { mean: 1.0 };
    /// let server = BreakingServer { service: second.clone(), up: 1e15, repair: second, clock: Clock::AnyTime };
    /// assert!((server.sojourn_mean(0.5).unwrap() - 2.0).abs() < 1e-12);
    /// ```
    pub fn sojourn_mean(&self, rate: f64) -> Result<f64, OracleError> {
        not_negative("rate", rate)?;
        positive("up", &[self.up])?;
        positive("service", &[self.service.mean()])?;
        not_negative("repair", second(&self.repair))?;
        let (mean, square) = self.completion();
        let load = rate * mean;
        if load >= 1.0 {
            return Err(OracleError::Unstable { load });
        }
        let idle = match self.clock {
            Clock::AnyTime => second(&self.repair) / (2.0 * (self.up + self.repair.mean())),
            Clock::Busy => 0.0,
        };
        Ok(mean + rate * square / (2.0 * (1.0 - load)) + idle)
    }
}

/// The second moment of a law.
fn second(law: &Law) -> f64 {
    law.variance() + law.mean().powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_times_give_the_closed_form_of_white_and_christie() {
        for (rate, service, failure, repair) in
            [(0.5, 1.0, 0.01, 0.1), (8.0, 10.0, 0.02, 1.0), (0.1, 1.0, 2.0, 3.0)]
        {
            let server = BreakingServer {
                service: Law::Exponential { mean: 1.0 / service },
                up: 1.0 / failure,
                repair: Law::Exponential { mean: 1.0 / repair },
                clock: Clock::AnyTime,
            };
            let both: f64 = failure + repair;
            let number = rate * (both * both + failure * service) / (both * (repair * service - rate * both));
            assert!((server.sojourn_mean(rate).unwrap() * rate / number - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn an_empty_system_waits_only_for_the_repair_that_it_finds() {
        let server = BreakingServer {
            service: Law::Constant { value: 2.0 },
            up: 9.0,
            repair: Law::Constant { value: 1.0 },
            clock: Clock::AnyTime,
        };
        // Down for a tenth of the time and then for half a second more.
        assert!((server.sojourn_mean(0.0).unwrap() - (2.0 * 10.0 / 9.0 + 0.05)).abs() < 1e-12);
        assert!(matches!(server.sojourn_mean(0.5), Err(OracleError::Unstable { .. })));
        let busy = BreakingServer { clock: Clock::Busy, ..server };
        assert!((busy.sojourn_mean(0.0).unwrap() - 20.0 / 9.0).abs() < 1e-12);
        assert!(busy.sojourn_mean(-1.0).is_err());
    }
}
