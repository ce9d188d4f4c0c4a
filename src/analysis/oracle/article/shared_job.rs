//! Workers that share one job.

use super::{ANSWERS, UP, answers, harmonic_recovery};
use crate::analysis::oracle::{Argument, Kind, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "shared-job",
    summary: "Time of workers that share one job, a part of which cannot be divided.",
    formula: "serial min t_i + (1 - serial) / (1/t_1 + ... + 1/t_n)",
    domain: "Speeds that add up without loss, times that are always the same; the fastest does what is not shared. \
             Without such a part and with constant speeds this is harmonic-recovery.",
    source: "Amdahl, Validity of the single processor approach (1967), for workers of different speeds.",
    arguments: &[
        Argument::number("t", "s", "time of each worker alone").of(Kind::Numbers),
        Argument::number("serial", "ratio", "share of the job that one worker must do").or(0.0),
        UP,
    ],
    answers: ANSWERS,
    solve: |arguments| answers(arguments, shared_job(&arguments.numbers("t")?, arguments.number("serial")?)?),
};

/// Time of workers that share one job, a part of which cannot be divided.
///
/// ```text
/// T = serial min t_i + (1 - serial) / (1/t_1 + ... + 1/t_n)
/// ```
///
/// `times` are those that each worker takes alone \[s\], each positive; `serial` is the share of the job, from 0 to 1,
/// that only one worker can do, which is the fastest.
///
/// Source: Amdahl (1967).
///
/// # Errors
///
/// A time that is not positive and finite, none at all, or a share outside 0 to 1.
///
/// # Examples
///
/// Amdahl's law: with a tenth that is not shared, ten equal workers are 5.26 times as fast as one.
///
/// ```
/// use ninefold::analysis::oracle::shared_job;
/// assert!((1.0 / shared_job(&[1.0; 10], 0.1).unwrap() - 5.263157894736842).abs() < 1e-12);
/// ```
pub fn shared_job(times: &[f64], serial: f64) -> Result<f64, OracleError> {
    if !(0.0..=1.0).contains(&serial) {
        let expected = "a share from 0 to 1";
        return Err(OracleError::Domain { argument: "serial", value: serial, expected });
    }
    let together = harmonic_recovery(times)?;
    let fastest = times.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(serial * fastest + (1.0 - serial) * together)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_done_in_small_steps_ends_at_the_same_time() {
        let (times, serial, step) = ([30.0, 60.0], 0.1, 1e-4);
        let (mut left, mut time) = (1.0, serial * 30.0);
        left -= serial;
        while left > 0.0 {
            left -= step * times.iter().map(|one| 1.0 / one).sum::<f64>();
            time += step;
        }
        assert!((shared_job(&times, serial).unwrap() - time).abs() < 2.0 * step);
        assert!((shared_job(&times, 0.1).unwrap() - 21.0).abs() < 1e-12);
        assert!((shared_job(&times, 0.0).unwrap() - 20.0).abs() < 1e-12);
        assert!(shared_job(&times, 1.1).is_err() && shared_job(&[], 0.0).is_err());
    }
}
