//! What monitors that poll achieve: load, delay of detection, coverage.

use crate::analysis::numeric::integrate;
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "polling",
    summary: "Load of several monitors, and how soon the first of them finds a fault.",
    formula: "load sum p; delay 1 / sum p at random, integral of prod (1 - p t) in rhythm; interval sum (1/p) / n",
    domain: "Independent monitors, which look at exponential intervals or, each with a random phase, at constant \
             ones. One with a coverage below 1 never sees some of the faults; delays are those of the faults that \
             some monitor sees.",
    source: "Ross, Introduction to Probability Models, sections 5.2.3 (random looks) and 7.5 (phase of a renewal \
             process); coverage: Bouricius, Carter and Schneider (1969).",
    arguments: &[
        Argument::number("p", "1/s", "looks per second of each monitor").of(Kind::Numbers),
        Argument::number("coverage", "ratio", "share of faults that each can see; one value is for all")
            .of(Kind::Numbers)
            .or(1.0),
    ],
    answers: &[
        Answer::new("mttd", "s", "mean delay until the first monitor that looks at random finds a fault"),
        Answer::new("mttd_periodic", "s", "the same for monitors with constant intervals"),
        Answer::new("load", "1/s", "looks per second of all of them"),
        Answer::new("interval_mean", "s", "mean interval over the monitors"),
        Answer::new("covered_ratio", "ratio", "share of faults that some monitor sees"),
    ],
    solve: |arguments| {
        let found = polling(&arguments.numbers("p")?, &arguments.numbers("coverage")?)?;
        let Polling { mttd, mttd_periodic, load, interval_mean, covered_ratio } = found;
        Ok([mttd, mttd_periodic, load, interval_mean, covered_ratio].map(Into::into).to_vec())
    },
};

/// Most monitors of different coverage: their subsets are summed over.
const MOST: usize = 20;

/// What several monitors achieve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polling {
    /// Mean delay of the first look of any that can see the fault, at random intervals \[s\].
    pub mttd: f64,
    /// The same at constant intervals with random phases \[s\].
    pub mttd_periodic: f64,
    /// Looks per second of all \[1/s\].
    pub load: f64,
    /// Mean interval over the monitors \[s\].
    pub interval_mean: f64,
    /// Share of faults that some monitor sees.
    pub covered_ratio: f64,
}

/// Load of several monitors, and how soon the first of them finds a fault.
///
/// ```text
/// random looks:    sum over sets S of P(S can see it) / sum of p in S,       given that S is not empty
/// constant rhythm: sum over sets S of P(S can see it) integral of prod over S of (1 - p t) dt
/// ```
///
/// `rates` are the looks per second of each monitor \[1/s\], positive, at most 20; `coverage` is the share of faults
/// that each can see, independently of the others, one entry per monitor or one for all.
///
/// Source: Ross, Introduction to Probability Models, sections 5.2.3 and 7.5.
///
/// # Errors
///
/// A rate that is not positive and finite, a coverage outside 0 to 1, lists of different lengths, more monitors than can
/// be summed over, or none that sees anything.
///
/// # Examples
///
/// A look every 2 s finds a fault after 1 s on average, random looks as often after 2 s (the inspection paradox).
///
/// ```
/// let found = ninefold::analysis::oracle::polling(&[0.5], &[1.0]).unwrap();
/// assert!((found.mttd_periodic - 1.0).abs() < 1e-12 && (found.mttd - 2.0).abs() < 1e-12);
/// ```
pub fn polling(rates: &[f64], coverage: &[f64]) -> Result<Polling, OracleError> {
    if rates.is_empty() || rates.len() > MOST {
        return Err(OracleError::Count { argument: "p", found: rates.len(), expected: "1 to 20" });
    }
    positive("p", rates)?;
    let coverage = for_each(rates.len(), coverage)?;
    let (mut seen, mut random, mut periodic) = (0.0, 0.0, 0.0);
    for set in 1..1_u32 << rates.len() {
        let has = |place: &usize| set >> place & 1 == 1;
        let share = |place: usize| if has(&place) { coverage[place] } else { 1.0 - coverage[place] };
        let chance: f64 = (0..rates.len()).map(share).product();
        if chance > 0.0 {
            let members: Vec<f64> = (0..rates.len()).filter(has).map(|place| rates[place]).collect();
            seen += chance;
            random += chance / members.iter().sum::<f64>();
            periodic += chance * first_in_rhythm(&members);
        }
    }
    if seen <= 0.0 {
        return Err(OracleError::Outside { reason: "no monitor sees any fault".to_owned() });
    }
    Ok(Polling {
        mttd: random / seen,
        mttd_periodic: periodic / seen,
        load: rates.iter().sum(),
        interval_mean: rates.iter().map(|rate| 1.0 / rate).sum::<f64>() / rates.len() as f64,
        covered_ratio: seen,
    })
}

/// Mean delay until the first of several periodic looks, each at a random phase.
fn first_in_rhythm(rates: &[f64]) -> f64 {
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    integrate(0.0, 1.0 / fastest, |time| rates.iter().map(|rate| 1.0 - rate * time).product())
}

/// One coverage for each monitor.
fn for_each(count: usize, coverage: &[f64]) -> Result<Vec<f64>, OracleError> {
    if let Some(value) = coverage.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        let expected = "a share from 0 to 1";
        return Err(OracleError::Domain { argument: "coverage", value: *value, expected });
    }
    match coverage {
        [all] => Ok(vec![*all; count]),
        _ if coverage.len() == count => Ok(coverage.to_vec()),
        _ => {
            let expected = "one, or one for each monitor";
            Err(OracleError::Count { argument: "coverage", found: coverage.len(), expected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::law::Law;
    use crate::analysis::oracle::race;

    #[test]
    fn full_coverage_is_a_race_of_looks() {
        let rates = [1.0, 2.0, 4.0];
        let found = polling(&rates, &[1.0]).unwrap();
        let random = rates.map(|rate| Law::Exponential { mean: 1.0 / rate });
        let phase = rates.map(|rate| Law::Uniform { low: 0.0, high: 1.0 / rate });
        assert!((found.mttd / race(&random).unwrap() - 1.0).abs() < 1e-10);
        assert!((found.mttd_periodic / race(&phase).unwrap() - 1.0).abs() < 1e-10);
        assert!((found.covered_ratio - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_monitor_that_sees_little_adds_little() {
        // One that sees all, at 0.1 a second, and one that sees a quarter, at 1 a second.
        let found = polling(&[0.1, 1.0], &[1.0, 0.25]).unwrap();
        assert!((found.mttd - (0.75 * 10.0 + 0.25 / 1.1)).abs() < 1e-12);
        // Of two that see half each, a quarter of the faults is seen by none.
        let halves = polling(&[1.0, 1.0], &[0.5]).unwrap();
        assert!((halves.covered_ratio - 0.75).abs() < 1e-12);
        assert!((halves.mttd - (0.5 * 1.0 + 0.25 * 0.5) / 0.75).abs() < 1e-12);
    }

    #[test]
    fn impossible_monitors_are_refused() {
        assert!(polling(&[], &[1.0]).is_err() && polling(&[1.0; 21], &[1.0]).is_err());
        assert!(polling(&[1.0], &[0.0]).is_err() && polling(&[1.0], &[1.5]).is_err());
        assert!(polling(&[1.0, 2.0, 3.0], &[0.5, 0.5]).is_err());
    }
}
