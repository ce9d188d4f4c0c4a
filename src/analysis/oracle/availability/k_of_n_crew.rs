//! Equal units, of which some must be up, and fewer repair crews than units.

use super::k_of_n::{ANSWERS, GroupUpDown, KOfN, group};
use super::{DOWN, NEEDED, UNITS, UP, UpDown, relaxation_time};
use crate::analysis::oracle::{Argument, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "k-of-n-crew",
    summary: "Availability of a group of equal units, of which k must be up, that share repair crews.",
    formula: "p_j / p_(j-1) = (n - j + 1) down / (min(j, crews) up), j failed; 1 - sum over j above n - k of p_j",
    domain: "Exponential times to failure and to repair, each crew at one unit at a time, units that go on failing \
             while the group is down.",
    source: "Machine repair as a birth-death chain: Trivedi, Probability and Statistics with Reliability (2nd ed.), \
             section 8.2.",
    arguments: &[UNITS, NEEDED, UP, DOWN, Argument::number("crews", "1", "number of repair crews").or(1.0)],
    answers: ANSWERS,
    solve: |arguments| Ok(k_of_n_crew(group(arguments)?, arguments.count("crews", 1)?)?.answers()),
};

/// Availability of a group of equal units, of which `k` must be up, that share `crews` repair crews.
///
/// ```text
/// p_j = p_(j-1) (n - j + 1) down / (min(j, crews) up),  j units failed
/// U = sum over j above n - k of p_j,  outages per time = p_(n-k) k / up
/// ```
///
/// Exact for exponential times, whatever the order of repairs; units go on failing while the group is down.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), section 8.2 (birth-death chains).
///
/// # Errors
///
/// `k` above `n` or 0; a time that is not positive and finite; no crew.
///
/// # Examples
///
/// Two units of which one must be up, with one crew: MTTF = (3 up + up^2 / down) / 2.
///
/// ```
/// use ninefold::analysis::oracle::{KOfN, k_of_n_crew};
/// let pair = k_of_n_crew(KOfN { n: 2, k: 1, up: 1000.0, down: 10.0 }, 1).unwrap();
/// assert!((pair.first_outage - 51_500.0).abs() < 1e-8);
/// ```
pub fn k_of_n_crew(group: KOfN, crews: u32) -> Result<GroupUpDown, OracleError> {
    let KOfN { n, k, up, down } = group.checked()?;
    if crews == 0 {
        return Err(OracleError::Outside { reason: "without a crew nothing is repaired".to_owned() });
    }
    // Logarithms, as products of many ratios could be too large or too small for a float.
    let mut logarithms = vec![0.0];
    let mut last = 0.0;
    for failed in 1..=n {
        last += (f64::from(n - failed + 1) * down / (f64::from(failed.min(crews)) * up)).ln();
        logarithms.push(last);
    }
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logarithms.iter().map(|logarithm: &f64| (logarithm - most).exp()).collect();
    let whole: f64 = weights.iter().sum();
    let failed: f64 = (0..=n).zip(&weights).map(|(count, weight)| f64::from(count) * weight).sum();
    let spare = (n - k) as usize;
    let birth = |failed: u32| f64::from(n.saturating_sub(failed)) / up;
    let death = |failed: u32| f64::from(failed.min(crews)) / down;
    let all_busy = crews.min(n);
    let relaxation_time = relaxation_time(birth, death, &[0, all_busy - 1, all_busy.min(n - 1), n - 1]);
    Ok(GroupUpDown {
        relaxation_time,
        group: UpDown {
            unavailability: weights[spare + 1..].iter().sum::<f64>() / whole,
            incident_rate: weights[spare] / whole * f64::from(k) / up,
        },
        first_outage: first_outage(group, crews),
        units_up: f64::from(n) - failed / whole,
    })
}

/// Mean time to the first outage, all units up at first: the times from j failed units to j + 1, one after the other.
pub(super) fn first_outage(group: KOfN, crews: u32) -> f64 {
    let (mut total, mut step) = (0.0, 0.0);
    for failed in 0..=group.n - group.k {
        let repairs = f64::from(failed.min(crews)) / group.down;
        step = (1.0 + repairs * step) * group.up / f64::from(group.n - failed);
        total += step;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::k_of_n;

    #[test]
    fn with_a_crew_each_the_units_are_independent() {
        for (n, k, up, down) in [(1, 1, 5.0, 1.0), (5, 3, 200.0, 10.0), (40, 30, 3.0, 2.0)] {
            let group = KOfN { n, k, up, down };
            let (one, two) = (k_of_n(group).unwrap(), k_of_n_crew(group, n).unwrap());
            assert!((one.group.unavailability / two.group.unavailability - 1.0).abs() < 1e-11, "{group:?}");
            assert!((one.group.incident_rate / two.group.incident_rate - 1.0).abs() < 1e-11, "{group:?}");
            assert!((one.units_up / two.units_up - 1.0).abs() < 1e-12, "{group:?}");
        }
    }

    #[test]
    fn every_state_is_left_as_often_as_it_is_entered() {
        // By hand: 2 units and one crew, failures 1 and repairs 2 per time: 1 : 1 : 1/2.
        let pair = k_of_n_crew(KOfN { n: 2, k: 1, up: 1.0, down: 0.5 }, 1).unwrap();
        assert!((pair.group.unavailability - 0.2).abs() < 1e-14);
        assert!((pair.group.incident_rate - 0.4).abs() < 1e-14);
        assert!((pair.units_up - 1.2).abs() < 1e-14);
        assert!(k_of_n_crew(KOfN { n: 2, k: 1, up: 1.0, down: 0.5 }, 0).is_err());
    }
}
