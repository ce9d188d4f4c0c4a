//! Disks of which one may fail at a time.

use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mirror-data-loss",
    summary: "Mean time until a mirror, or a group of disks with one parity, loses data.",
    formula: "((2 n - 1) l + m) / (n (n - 1) l^2), l = 1 / up, m = 1 / rebuild",
    domain: "Exponential times to failure and to rebuild; data is lost when a second disk fails during a rebuild.",
    source: "Patterson, Gibson and Katz, A case for redundant arrays of inexpensive disks (1988), whose formula \
             leaves out the first term.",
    arguments: &[
        Argument::number("disks", "1", "number of disks; 2 are a mirror"),
        Argument::number("up", "s", "mean time to failure of a disk"),
        Argument::number("rebuild", "s", "mean time to rebuild a disk"),
    ],
    answers: &[
        Answer::new("data_loss_mean", "s", "mean time until data is lost"),
        Answer::new("data_loss_rough", "s", "up^2 / (n (n - 1) rebuild), as it is often put"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (up, rebuild) = (arguments.number("up")?, arguments.number("rebuild")?);
    let disks = arguments.count("disks", 1)?;
    let mean = data_loss_mean(disks, up, rebuild)?;
    let pairs = f64::from(disks) * (f64::from(disks) - 1.0);
    Ok(vec![mean.into(), (up * up / (pairs * rebuild)).into()])
}

/// Mean time until `disks` with one parity, or a mirror of two, lose data.
///
/// ```text
/// ((2 n - 1) l + m) / (n (n - 1) l^2),  l = 1 / up,  m = 1 / rebuild
/// ```
///
/// Source: Patterson, Gibson and Katz, A case for redundant arrays of inexpensive disks (RAID), SIGMOD 1988,
/// for rebuilds that are short beside failures.
///
/// # Errors
///
/// Fewer than two disks, a time that is not positive and finite.
///
/// # Examples
///
/// The source's 100 mirrored pairs of disks that last 30,000 hours and are rebuilt in one: 4,500,000 hours.
///
/// ```
/// use ninefold::analysis::oracle::data_loss_mean;
/// let pair = data_loss_mean(2, 30_000.0, 1.0).unwrap();
/// assert!((pair / 100.0 / 4_500_000.0 - 1.0).abs() < 2e-4);
/// ```
pub fn data_loss_mean(disks: u32, up: f64, rebuild: f64) -> Result<f64, OracleError> {
    if disks < 2 {
        return Err(OracleError::Outside { reason: "redundancy needs at least two disks".to_owned() });
    }
    positive("up", &[up])?;
    positive("rebuild", &[rebuild])?;
    let number = f64::from(disks);
    Ok(up * (2.0 * number - 1.0 + up / rebuild) / (number * (number - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::{KOfN, k_of_n_crew};

    #[test]
    fn data_lasts_until_the_first_outage_of_all_but_one() {
        for disks in [2, 5, 12] {
            let group = KOfN { n: disks, k: disks - 1, up: 500.0, down: 3.0 };
            let expected = k_of_n_crew(group, 1).unwrap().first_outage;
            assert!((data_loss_mean(disks, 500.0, 3.0).unwrap() / expected - 1.0).abs() < 1e-12);
        }
        assert!(data_loss_mean(1, 1.0, 1.0).is_err() && data_loss_mean(2, 0.0, 1.0).is_err());
    }
}
