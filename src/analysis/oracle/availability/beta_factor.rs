//! Groups of equal units with a cause of failure that they share.

use super::k_of_n::{KOfN, group, k_of_n};
use super::series_parallel::{ANSWERS, answers};
use super::{DOWN, NEEDED, UNITS, UP};
use crate::analysis::oracle::domain::probability;
use crate::analysis::oracle::{Argument, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const SERIES: Oracle = Oracle {
    name: "beta-factor",
    summary: "Availability of a group of equal units when a share of failures is of something that all need.",
    formula: "c (sum over j from k to n of C(n, j) a^j (1 - a)^(n - j)), a from the rate (1 - beta) / up, \
              c = 1 / (1 + beta common_down / up)",
    domain: "Independent units; the common part fails at the rate beta / up and is repaired apart from them; any \
             laws.",
    source: "Beta-factor model: Fleming, Reliability model for common mode failures in redundant safety systems \
             (1975).",
    arguments: &[
        UNITS,
        NEEDED,
        UP,
        DOWN,
        BETA,
        Argument::number("common_down", "s", "mean time to repair of what all units need"),
    ],
    answers: ANSWERS,
    solve: |arguments| {
        let (beta, common) = (arguments.number("beta")?, arguments.number("common_down")?);
        Ok(answers(beta_factor(group(arguments)?, beta, common)?))
    },
};

pub(in crate::analysis::oracle) const SHOCK: Oracle = Oracle {
    name: "beta-factor-shock",
    summary: "Availability of a group of equal units when a share of failures strikes all of them at once.",
    formula: "p_j ((n - j) (1 - beta) / up) + (beta / up) (p_0 + ... + p_j) = p_(j+1) (j + 1) / down, j failed",
    domain: "Exponential times, a crew for each unit; shocks at the rate beta / up while any unit is up, each of \
             which fails all that are up.",
    source: "Beta-factor model: Fleming, Reliability model for common mode failures in redundant safety systems \
             (1975); shocks: Marshall and Olkin, A multivariate exponential distribution (1967).",
    arguments: &[UNITS, NEEDED, UP, DOWN, BETA],
    answers: ANSWERS,
    solve: |arguments| Ok(answers(beta_factor_shock(group(arguments)?, arguments.number("beta")?)?)),
};

const BETA: Argument = Argument::number("beta", "ratio", "share of a unit's failures that are common to all");

/// Share of the time that a group is down when a share `beta` of failures is of something that all units need.
///
/// ```text
/// 1 - c P(at least k of n up),  units fail at the rate (1 - beta) / up,  c = 1 / (1 + beta common_down / up)
/// ```
///
/// `common_down` is the mean time to repair of the common part. Exact for any laws, if all parts are independent.
///
/// Source: Fleming, Reliability model for common mode failures in redundant safety systems (1975).
///
/// # Errors
///
/// As [`k_of_n`]; a `beta` that is no probability.
///
/// # Examples
///
/// Where all failures are common, redundancy is worth nothing.
///
/// ```
/// use ninefold::analysis::oracle::{KOfN, beta_factor};
/// let pair = KOfN { n: 2, k: 1, up: 99.0, down: 1.0 };
/// assert!((beta_factor(pair, 1.0, 1.0).unwrap() - 0.01).abs() < 1e-15);
/// ```
pub fn beta_factor(group: KOfN, beta: f64, common_down: f64) -> Result<f64, OracleError> {
    let KOfN { up, .. } = group.checked()?;
    probability("beta", beta)?;
    let load = beta * positive("common_down", &[common_down])?[0] / up;
    let common = load / (1.0 + load);
    if beta >= 1.0 {
        return Ok(common);
    }
    let units = k_of_n(KOfN { up: up / (1.0 - beta), ..group })?.group.unavailability;
    Ok(common + (1.0 - common) * units)
}

/// Share of the time that a group is down when a share `beta` of failures strikes all units that are up.
///
/// ```text
/// p_j ((n - j) (1 - beta) / up) + (beta / up) (p_0 + ... + p_j) = p_(j+1) (j + 1) / down
/// ```
///
/// `p_j` is the share of the time with j units failed: the left side is how often that number rises above j, the right
/// one how often it falls back. Exact for exponential times and a repair crew for each unit.
///
/// Source: Fleming, Reliability model for common mode failures in redundant safety systems (1975); shocks: Marshall
/// and Olkin, A multivariate exponential distribution (1967).
///
/// # Errors
///
/// As [`k_of_n`]; a `beta` that is no probability.
///
/// # Examples
///
/// One unit does not care what its failures are called.
///
/// ```
/// use ninefold::analysis::oracle::{KOfN, beta_factor_shock};
/// let one = KOfN { n: 1, k: 1, up: 99.0, down: 1.0 };
/// assert!((beta_factor_shock(one, 0.3).unwrap() - 0.01).abs() < 1e-15);
/// ```
pub fn beta_factor_shock(group: KOfN, beta: f64) -> Result<f64, OracleError> {
    let KOfN { n, k, up, down } = group.checked()?;
    let shock = probability("beta", beta)? / up;
    // Weights of the number now, of all below or there, and of those that are too many.
    let (mut now, mut below, mut outage) = (1.0, 1.0, 0.0);
    for failed in 0..n {
        let rises = now * f64::from(n - failed) * (1.0 - beta) / up + shock * below;
        now = rises * down / f64::from(failed + 1);
        below += now;
        if failed + 1 > n - k {
            outage += now;
        }
        // Products of many ratios could leave the range of a float.
        if below > 1e100 {
            now /= below;
            outage /= below;
            below = 1.0;
        }
    }
    Ok(outage / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_common_failures_the_units_are_independent() {
        for (n, k) in [(2, 1), (5, 3), (9, 9)] {
            let group = KOfN { n, k, up: 30.0, down: 2.0 };
            let alone = k_of_n(group).unwrap().group.unavailability;
            assert!((beta_factor(group, 0.0, 1.0).unwrap() / alone - 1.0).abs() < 1e-12);
            assert!((beta_factor_shock(group, 0.0).unwrap() / alone - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn shocks_balance_state_by_state() {
        // By hand: two units, failures 1 and shocks 1 per time, repairs 1 each: p0, p1, p2 with
        // p0 (2 + 1) = p1 and p1 (1 + 1) + p0 = 2 p2.
        let pair = KOfN { n: 2, k: 1, up: 0.5, down: 1.0 };
        let expected = 3.5 / (1.0 + 3.0 + 3.5);
        assert!((beta_factor_shock(pair, 0.5).unwrap() - expected).abs() < 1e-14);
        assert!(beta_factor_shock(pair, 1.5).is_err());
        assert!(beta_factor(pair, 0.5, 0.0).is_err());
    }
}
