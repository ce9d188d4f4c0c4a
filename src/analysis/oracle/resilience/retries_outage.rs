//! Retries of a dependency that stays down for a while: they are not independent.

use super::AVAILABILITY;
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "retries-outage",
    summary: "Share of requests whose every attempt falls into an outage of what they call.",
    formula: "u product over the delays d of (u + (1 - u) e^(-(1/up + 1/down) d)), u = down / (up + down)",
    domain: "One dependency with exponential times to failure and to repair; attempts that take no time.",
    source: "Two-state chain: Ross, Introduction to Probability Models, section 6.4.",
    arguments: &[
        Argument::number("up", "s", "mean time to failure of the dependency"),
        Argument::number("down", "s", "mean time to repair of the dependency"),
        Argument::number("delays", "s", "time from each attempt to the next").of(Kind::Numbers),
    ],
    answers: &[
        AVAILABILITY,
        Answer::new("failure_ratio", "ratio", "share of requests whose attempts all fail"),
        Answer::new("failure_ratio_first", "ratio", "share of requests whose first attempt fails"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (up, down) = (arguments.number("up")?, arguments.number("down")?);
    let failure = failure_through_outage(up, down, &arguments.numbers("delays")?)?;
    Ok([1.0 - failure, failure, down / (up + down)].map(Value::from).to_vec())
}

/// Probability that a first attempt and one after each of `delays` all find a dependency down.
///
/// ```text
/// u = down / (up + down),  P = u product over d of (u + (1 - u) e^(-(1/up + 1/down) d))
/// ```
///
/// `up` and `down` are the means of exponential times \[s\], `delays` the times from one attempt to the next \[s\].
/// Attempts take no time.
///
/// Source: Ross, Introduction to Probability Models, section 6.4 (two-state chain).
///
/// # Errors
///
/// A mean that is not positive and finite, a negative delay.
///
/// # Examples
///
/// Two attempts in immediate succession are worth no more than one.
///
/// ```
/// use ninefold::analysis::oracle::failure_through_outage;
/// assert!((failure_through_outage(99.0, 1.0, &[0.0]).unwrap() - 0.01).abs() < 1e-15);
/// ```
pub fn failure_through_outage(up: f64, down: f64, delays: &[f64]) -> Result<f64, OracleError> {
    positive("up", &[up])?;
    positive("down", &[down])?;
    let share = down / (up + down);
    let speed = 1.0 / up + 1.0 / down;
    let mut failure = share;
    for delay in delays {
        failure *= share + (1.0 - share) * (-speed * not_negative("delays", *delay)?).exp();
    }
    Ok(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::transient_availability;

    #[test]
    fn each_attempt_finds_the_dependency_as_the_last_one_left_it() {
        let (up, down) = (50.0, 7.0);
        let stays = |delay: f64| 1.0 - transient_availability(up, down, delay).unwrap().point_from_down;
        let expected = down / (up + down) * stays(1.0) * stays(2.0) * stays(40.0);
        assert!(
            (failure_through_outage(up, down, &[1.0, 2.0, 40.0]).unwrap() / expected - 1.0).abs() < 1e-12
        );
        // Long waits make attempts independent.
        let far = failure_through_outage(up, down, &[1e6]).unwrap();
        assert!((far / (7.0_f64 / 57.0).powi(2) - 1.0).abs() < 1e-12);
        assert!(failure_through_outage(up, down, &[-1.0]).is_err());
    }
}
