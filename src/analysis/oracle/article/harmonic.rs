//! Recovery operations that race or share one job: their speeds add up.

use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const RECOVERY: Oracle = Oracle {
    name: "harmonic-recovery",
    summary: "Mean time to recover when several operations work on it at once.",
    formula: "1 / (1/t_1 + ... + 1/t_n)",
    domain: "Racing operations with independent exponential times, or operations that share all of one job; \
             for other racing times it is no prediction.",
    source: "Minimum of independent exponential times: Ross, Introduction to Probability Models, section 5.2.3.",
    arguments: &[TIMES],
    answers: &[Answer::new("recovery_mean", "s", "mean time to recover")],
    solve: |arguments| Ok(vec![harmonic_recovery(&arguments.numbers("t")?)?.into()]),
};

pub(in crate::analysis::oracle) const AVAILABILITY: Oracle = Oracle {
    name: "harmonic-availability",
    summary: "Share of the time that a unit is up when several operations work on its recovery at once.",
    formula: "up / (up + 1 / (1/t_1 + ... + 1/t_n))",
    domain: "As harmonic-recovery, for a unit whose clock to the next failure starts when it is up again.",
    source: "Alternating renewal process: Ross, Introduction to Probability Models, section 7.5.1.",
    arguments: &[TIMES, Argument::number("up", "s", "mean time to failure")],
    answers: &[Answer::new("availability_time", "ratio", "share of the time that it is up")],
    solve: availability,
};

const TIMES: Argument = Argument::number("t", "s", "mean time of each operation").of(Kind::Numbers);

fn availability(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    Ok(vec![harmonic_availability(arguments.number("up")?, &arguments.numbers("t")?)?.into()])
}

/// Mean time to recover when several operations work on it at once.
///
/// ```text
/// T = 1 / (1/t_1 + ... + 1/t_n)
/// ```
///
/// `times` are the mean times of the operations \[s\], one entry per operation, each positive. Exact when they race
/// with independent exponential times, and when they share all of one job.
///
/// Source: Ross, Introduction to Probability Models, section 5.2.3 (minimum of exponential times).
///
/// # Errors
///
/// A time that is not positive and finite, or none at all.
///
/// # Examples
///
/// Two painters who need 4 and 6 hours alone need 2.4 hours together.
///
/// ```
/// use ninefold::analysis::oracle::harmonic_recovery;
/// assert!((harmonic_recovery(&[4.0, 6.0]).unwrap() - 2.4).abs() < 1e-12);
/// ```
pub fn harmonic_recovery(times: &[f64]) -> Result<f64, OracleError> {
    if times.is_empty() {
        return Err(OracleError::Count { argument: "t", found: 0, expected: "at least one" });
    }
    let speed: f64 = positive("t", times)?.iter().map(|time| 1.0 / time).sum();
    Ok(1.0 / speed)
}

/// Share of the time that a unit is up when several operations work on its recovery at once.
///
/// ```text
/// A = up / (up + 1 / (1/t_1 + ... + 1/t_n))
/// ```
///
/// `up` is the mean time from a recovery to the next failure \[s\], `times` as for [`harmonic_recovery`].
///
/// Source: Ross, Introduction to Probability Models, section 7.5.1 (alternating renewal process).
///
/// # Errors
///
/// A time that is not positive and finite, or no operation at all.
///
/// # Examples
///
/// One failure in 1000 hours and one operation of 10 hours: 100 in 101.
///
/// ```
/// use ninefold::analysis::oracle::harmonic_availability;
/// assert!((harmonic_availability(1000.0, &[10.0]).unwrap() - 100.0 / 101.0).abs() < 1e-12);
/// ```
pub fn harmonic_availability(up: f64, times: &[f64]) -> Result<f64, OracleError> {
    positive("up", &[up])?;
    Ok(up / (up + harmonic_recovery(times)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_add_up() {
        assert!((harmonic_recovery(&[30.0, 60.0]).unwrap() - 20.0).abs() < 1e-12);
        assert!((harmonic_recovery(&[7.0]).unwrap() - 7.0).abs() < 1e-12);
        assert!((harmonic_availability(180.0, &[30.0, 60.0]).unwrap() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn a_time_must_be_positive() {
        let wrong = OracleError::Domain { argument: "t", value: 0.0, expected: "positive and finite" };
        assert_eq!(harmonic_recovery(&[1.0, 0.0]), Err(wrong));
        assert!(harmonic_recovery(&[]).is_err());
        assert!(harmonic_availability(f64::INFINITY, &[1.0]).is_err());
    }
}
