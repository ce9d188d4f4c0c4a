//! Units that differ, of which some must be up.

use super::{NEEDED, RELAXATION, UP_DOWN, UpDown};
use crate::analysis::oracle::domain::some_of;
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "k-of-n-mixed",
    summary: "Availability of a group of units that differ, of which k must be up, each with a crew of its own.",
    formula: "sum over the sets of at least k units of the product of a_i inside and 1 - a_i outside, \
              a_i = up_i / (up_i + down_i)",
    domain: "Independent units that are all in use and go on failing while the group is down, any laws.",
    source: "Barlow and Proschan, Statistical Theory of Reliability, chapters 2 and 7.",
    arguments: &[
        NEEDED,
        Argument::number("up", "s", "mean time to failure of each unit").of(Kind::Numbers),
        Argument::number("down", "s", "mean time to repair of each unit").of(Kind::Numbers),
    ],
    answers: &ANSWERS,
    solve: |arguments| {
        let (up, down) = (arguments.numbers("up")?, arguments.numbers("down")?);
        let mut answers = k_of_n_mixed(arguments.count("k", 1)?, &up, &down)?.answers();
        let slowest = up.iter().zip(&down).map(|(up, down)| up * down / (up + down)).fold(0.0, f64::max);
        answers.push(slowest.into());
        Ok(answers)
    },
};

const ANSWERS: [Answer; 8] = {
    let [one, two, three, four, five, six, seven] = UP_DOWN;
    [one, two, three, four, five, six, seven, RELAXATION]
};

/// Availability of a group of units that differ, of which `needed` must be up, each with a crew of its own.
///
/// ```text
/// U = P(fewer than k up),  outages per time = sum over i of P(k - 1 of the others up) / (up_i + down_i)
/// ```
///
/// `up` and `down` are mean times to failure and to repair, one entry per unit, each positive. Exact for any laws, if
/// units are independent, all in use, and go on failing while the group is down.
///
/// Source: Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), chapters 2 and 7.
///
/// # Errors
///
/// Lists of different lengths, more units needed than there are, a time that is not positive and finite.
///
/// # Examples
///
/// Two components in series of availability 0.9 and 0.8 are up for 0.72 of the time.
///
/// ```
/// use ninefold::analysis::oracle::k_of_n_mixed;
/// let series = k_of_n_mixed(2, &[9.0, 8.0], &[1.0, 2.0]).unwrap();
/// assert!((series.availability() - 0.72).abs() < 1e-12);
/// ```
pub fn k_of_n_mixed(needed: u32, up: &[f64], down: &[f64]) -> Result<UpDown, OracleError> {
    if up.len() != down.len() {
        return Err(OracleError::Count {
            argument: "down",
            found: down.len(),
            expected: "as many as \"up\" has",
        });
    }
    some_of(needed, up.len() as u32)?;
    positive("up", up)?;
    positive("down", down)?;
    let units: Vec<(f64, f64)> = up.iter().copied().zip(down.iter().copied()).collect();
    let spare = units.len() - needed as usize;
    let unavailability = failed(&units)[spare + 1..].iter().sum();
    let incident_rate = (0..units.len())
        .map(|place| {
            let mut others = units.clone();
            let (up, down) = others.swap_remove(place);
            failed(&others)[spare] / (up + down)
        })
        .sum();
    Ok(UpDown { unavailability, incident_rate })
}

/// The probabilities that 0, 1, ... of the units are down.
fn failed(units: &[(f64, f64)]) -> Vec<f64> {
    let mut chances = vec![1.0];
    for (up, down) in units {
        let one_down = down / (up + down);
        chances.push(0.0);
        for count in (0..chances.len()).rev() {
            let before = if count == 0 { 0.0 } else { chances[count - 1] };
            chances[count] = chances[count] * (up / (up + down)) + before * one_down;
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::{KOfN, k_of_n};

    #[test]
    fn equal_units_are_as_good_as_a_binomial_group() {
        for (n, k) in [(1, 1), (5, 3), (6, 1), (6, 6)] {
            let equal = k_of_n(KOfN { n, k, up: 30.0, down: 2.0 }).unwrap().group;
            let mixed = k_of_n_mixed(k, &vec![30.0; n as usize], &vec![2.0; n as usize]).unwrap();
            assert!((mixed.unavailability / equal.unavailability - 1.0).abs() < 1e-12);
            assert!((mixed.incident_rate / equal.incident_rate - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_parallel_pair_is_down_while_both_are() {
        let pair = k_of_n_mixed(1, &[9.0, 8.0], &[1.0, 2.0]).unwrap();
        assert!((pair.unavailability - 0.02).abs() < 1e-15);
        // Both are down together until the first repair.
        assert!((pair.mttr() - 1.0 / (1.0 + 0.5)).abs() < 1e-12);
        assert!(k_of_n_mixed(1, &[1.0], &[1.0, 1.0]).is_err());
        assert!(k_of_n_mixed(3, &[1.0, 1.0], &[1.0, 1.0]).is_err());
    }
}
