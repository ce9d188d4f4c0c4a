//! Equal units, of which some must be up, each repaired on its own.

use super::k_of_n_crew::first_outage;
use super::{
    AVAILABILITY, DOWN, DOWNTIME, FIRST_OUTAGE, INCIDENT_RATE, MTTF, MTTR, NEEDED, NINES, RELAXATION,
    REPLICAS, UNAVAILABILITY, UNITS, UP, UpDown,
};
use crate::analysis::oracle::domain::some_of;
use crate::analysis::oracle::{Answer, Arguments, Oracle, OracleError, Value, positive};
use statrs::function::factorial::ln_binomial;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "k-of-n",
    summary: "Availability of a group of equal units, of which k must be up, each with a repair crew of its own.",
    formula: "sum over j from k to n of C(n, j) a^j (1 - a)^(n - j), a = up / (up + down)",
    domain: "Independent units that are all in use and go on failing while the group is down, any laws; the mean \
             time to the first outage only for exponential ones.",
    source: "Trivedi, Probability and Statistics with Reliability (2nd ed.), section 1.10; frequency: Barlow and \
             Proschan, Statistical Theory of Reliability, chapter 7.",
    arguments: &[UNITS, NEEDED, UP, DOWN],
    answers: ANSWERS,
    solve: |arguments| Ok(k_of_n(group(arguments)?)?.answers()),
};

pub(super) const ANSWERS: &[Answer] = &[
    AVAILABILITY,
    UNAVAILABILITY,
    NINES,
    DOWNTIME,
    INCIDENT_RATE,
    MTTF,
    MTTR,
    FIRST_OUTAGE,
    REPLICAS,
    RELAXATION,
];

/// Equal units, of which some must be up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KOfN {
    /// How many there are.
    pub n: u32,
    /// How many must be up, from 1 to `n`.
    pub k: u32,
    /// Mean time to failure of each \[s\].
    pub up: f64,
    /// Mean time to repair of each \[s\].
    pub down: f64,
}

/// Long-run figures of a group of units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupUpDown {
    /// How often and how long the group is down.
    pub group: UpDown,
    /// Mean time to the first outage, all units up at first \[s\].
    pub first_outage: f64,
    /// Mean number of units that are up.
    pub units_up: f64,
    /// How long the group remembers how it began, at most, where times are exponential \[s\].
    pub relaxation_time: f64,
}

impl GroupUpDown {
    pub(super) fn answers(self) -> Vec<Value> {
        let mut answers = self.group.answers();
        answers.extend([self.first_outage, self.units_up, self.relaxation_time].map(Value::from));
        answers
    }
}

impl KOfN {
    /// The group, if it is possible.
    pub(super) fn checked(self) -> Result<Self, OracleError> {
        some_of(self.k, self.n)?;
        positive("up", &[self.up])?;
        positive("down", &[self.down])?;
        Ok(self)
    }
}

pub(super) fn group(arguments: &Arguments<'_>) -> Result<KOfN, OracleError> {
    Ok(KOfN {
        n: arguments.count("n", 1)?,
        k: arguments.count("k", 1)?,
        up: arguments.number("up")?,
        down: arguments.number("down")?,
    })
}

/// Availability of a group of equal units, of which `k` must be up, each with a repair crew of its own.
///
/// ```text
/// A = sum over j from k to n of C(n, j) a^j (1 - a)^(n - j),  a = up / (up + down)
/// outages per time = n / (up + down) C(n - 1, k - 1) a^(k - 1) (1 - a)^(n - k)
/// ```
///
/// Exact for any laws, if units are independent, all in use, and go on failing while the group is down; the mean time
/// to the first outage only for exponential laws.
///
/// Source: Trivedi, Probability and Statistics with Reliability, Queuing and Computer Science Applications (2nd
/// ed.), section 1.10; frequency of outages: Barlow and Proschan, Statistical Theory of Reliability and Life Testing
/// (1975), chapter 7.
///
/// # Errors
///
/// `k` above `n` or 0; a time that is not positive and finite.
///
/// # Examples
///
/// Two of three units of availability 0.9: 3 x 0.81 x 0.1 + 0.729 = 0.972.
///
/// ```
/// use ninefold::analysis::oracle::{KOfN, k_of_n};
/// let triple = k_of_n(KOfN { n: 3, k: 2, up: 9.0, down: 1.0 }).unwrap();
/// assert!((triple.group.availability() - 0.972).abs() < 1e-12);
/// ```
pub fn k_of_n(group: KOfN) -> Result<GroupUpDown, OracleError> {
    let KOfN { n, k, up, down } = group.checked()?;
    let cycle = up + down;
    let failed = down / cycle;
    let unavailability = (n - k + 1..=n).map(|count| binomial(n, count, failed)).sum();
    let incident_rate = f64::from(n) / cycle * binomial(n - 1, n - k, failed);
    Ok(GroupUpDown {
        group: UpDown { unavailability, incident_rate },
        first_outage: first_outage(group, n),
        units_up: f64::from(n) * up / cycle,
        relaxation_time: up * down / cycle,
    })
}

/// The probability that `count` of `number` independent units are in a state that each is in with `probability`,
/// which is neither 0 nor 1.
pub(super) fn binomial(number: u32, count: u32, probability: f64) -> f64 {
    let others = f64::from(number - count) * (-probability).ln_1p();
    (ln_binomial(u64::from(number), u64::from(count)) + f64::from(count) * probability.ln() + others).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over all states of the units, each counted on its own.
    fn slowly(group: KOfN) -> (f64, f64) {
        let failed = group.down / (group.up + group.down);
        let (mut down, mut rate) = (0.0, 0.0);
        for state in 0_u32..1 << group.n {
            let broken = state.count_ones();
            let chance = failed.powi(broken as i32) * (1.0 - failed).powi((group.n - broken) as i32);
            if group.n - broken < group.k {
                down += chance;
            } else if group.n - broken == group.k {
                rate += chance * f64::from(group.k) / group.up;
            }
        }
        (down, rate)
    }

    #[test]
    fn the_sum_is_that_over_all_states() {
        for (n, k, up, down) in [(1, 1, 5.0, 1.0), (5, 3, 200.0, 10.0), (7, 1, 3.0, 2.0), (6, 6, 100.0, 7.0)]
        {
            let group = KOfN { n, k, up, down };
            let (unavailability, rate) = slowly(group);
            let answer = k_of_n(group).unwrap();
            assert!((answer.group.unavailability / unavailability - 1.0).abs() < 1e-12, "{group:?}");
            assert!((answer.group.incident_rate / rate - 1.0).abs() < 1e-12, "{group:?}");
        }
    }

    #[test]
    fn more_units_cannot_be_needed_than_there_are() {
        let outside = k_of_n(KOfN { n: 2, k: 3, up: 1.0, down: 1.0 }).unwrap_err();
        assert_eq!(outside.to_string(), "3 of 2 units cannot be needed");
        assert!(k_of_n(KOfN { n: 2, k: 0, up: 1.0, down: 1.0 }).is_err());
        assert!(k_of_n(KOfN { n: 2, k: 1, up: 1.0, down: 0.0 }).is_err());
    }
}
