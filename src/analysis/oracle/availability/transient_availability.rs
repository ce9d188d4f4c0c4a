//! A unit that has not been up and down for long.

use super::{DOWN, UP};
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "transient-availability",
    summary: "Probability that a unit is up at a time, and its availability until then.",
    formula: "A(t) = a + (1 - a) e^(-s t), mean over [0, t] = a + (1 - a) (1 - e^(-s t)) / (s t), a = up / (up + \
              down), s = 1/up + 1/down",
    domain: "Exponential times to failure and to repair.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), chapter 6 (availability analysis).",
    arguments: &[UP, DOWN, Argument::number("time", "s", "time since the beginning")],
    answers: &[
        Answer::new(
            "availability_point",
            "ratio",
            "probability that a unit that was up at first is up at the time",
        ),
        Answer::new(
            "availability_interval",
            "ratio",
            "share of the time until then that it was up, up at first",
        ),
        Answer::new(
            "availability_point_from_down",
            "ratio",
            "probability that a unit that was down at first is up",
        ),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (up, down, time) = (arguments.number("up")?, arguments.number("down")?, arguments.number("time")?);
    let answer = transient_availability(up, down, time)?;
    Ok([answer.point, answer.interval, answer.point_from_down].map(Value::from).to_vec())
}

/// Availability of a unit that began at time 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransientAvailability {
    /// Probability that it is up at the time, up at first.
    pub point: f64,
    /// Share of the time until then that it was up, up at first.
    pub interval: f64,
    /// Probability that it is up at the time, down at first.
    pub point_from_down: f64,
}

/// Availability of a unit that began at time 0, at a time and until then.
///
/// ```text
/// s = 1/up + 1/down,  a = up / (up + down)
/// A(t) = a + (1 - a) e^(-s t),  from down: a (1 - e^(-s t))
/// mean over [0, t]: a + (1 - a) (1 - e^(-s t)) / (s t)
/// ```
///
/// `up` and `down` are the means of exponential times, positive; `time` is at least 0.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), chapter 6.
///
/// # Errors
///
/// A mean that is not positive and finite, a time that is negative or infinite.
///
/// # Examples
///
/// After one mean cycle of a unit that is up half of the time: (1 + e^-2) / 2.
///
/// ```
/// use ninefold::analysis::oracle::transient_availability;
/// let answer = transient_availability(1.0, 1.0, 1.0).unwrap();
/// assert!((answer.point - (1.0 + (-2.0_f64).exp()) / 2.0).abs() < 1e-15);
/// ```
pub fn transient_availability(up: f64, down: f64, time: f64) -> Result<TransientAvailability, OracleError> {
    positive("up", &[up])?;
    positive("down", &[down])?;
    let reach = not_negative("time", time)? * (1.0 / up + 1.0 / down);
    let (share, other) = (up / (up + down), down / (up + down));
    let settled = -(-reach).exp_m1();
    let mean = if reach == 0.0 { 1.0 } else { settled / reach };
    Ok(TransientAvailability {
        point: share + other * (-reach).exp(),
        interval: share + other * mean,
        point_from_down: share * settled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate;

    #[test]
    fn the_mean_is_the_integral_and_the_slope_that_of_the_chain() {
        let (up, down) = (100.0, 10.0);
        let point = |time: f64| transient_availability(up, down, time).unwrap().point;
        for time in [0.5, 5.0, 80.0] {
            let mean = integrate(0.0, time, point) / time;
            let answer = transient_availability(up, down, time).unwrap();
            assert!((answer.interval / mean - 1.0).abs() < 1e-12);
            let slope = (point(time + 1e-4) - point(time - 1e-4)) / 2e-4;
            assert!((slope - ((1.0 - answer.point) / down - answer.point / up)).abs() < 1e-9);
        }
        let start = transient_availability(up, down, 0.0).unwrap();
        assert_eq!((start.point, start.interval, start.point_from_down), (1.0, 1.0, 0.0));
        assert!(transient_availability(up, down, -1.0).is_err());
    }
}
