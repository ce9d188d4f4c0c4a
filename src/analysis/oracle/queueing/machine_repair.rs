//! Machine repair: units that fail and wait for one of a few repairers.

use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "machine-repair",
    summary: "Units that fail and wait for a member of a small repair crew.",
    formula: "p(k+1) = p(k) (units - k) / up_mean * repair_mean / min(k+1, crew), k units down",
    domain: "Exponential times to failure and to repair, one repairer for each repair, failed units wait in a line; also a \
             closed client of `units` users who think for up_mean, at a service of `crew` slots.",
    source: "Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.8.",
    arguments: &[
        Argument::number("units", "1", "how many units there are"),
        Argument::number("up_mean", "s", "mean time to failure of a unit"),
        Argument::number("repair_mean", "s", "mean time of a repair"),
        Argument::number("crew", "1", "how many repairs go on at once"),
    ],
    answers: &[
        Answer::new("availability_time", "ratio", "share of the time that a unit is up"),
        Answer::new("mttr", "s", "mean time that a unit is down, the wait for the crew included"),
        Answer::new("down_mean", "1", "mean number of units down"),
        Answer::new("failure_rate", "1/s", "failures of all units together"),
        Answer::new("all_up_ratio", "ratio", "share of the time that all units are up"),
        Answer::new("utilisation", "ratio", "share of the crew's time at work"),
    ],
    solve: |arguments| {
        let (units, crew) = (arguments.count("units", 1)?, arguments.count("crew", 1)?);
        let (up, repair) = (arguments.number("up_mean")?, arguments.number("repair_mean")?);
        let repaired = machine_repair(units, up, repair, crew)?;
        let busy = repaired.failure_rate * repair / f64::from(crew);
        let answers = [
            repaired.availability_time,
            repaired.down_mean / repaired.failure_rate,
            repaired.down_mean,
            repaired.failure_rate,
            repaired.all_up_ratio,
            busy,
        ];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// Units that share a repair crew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repaired {
    /// Share of the time that a unit is up.
    pub availability_time: f64,
    /// Mean number of units down.
    pub down_mean: f64,
    /// Failures of all units together \[1/s\].
    pub failure_rate: f64,
    /// Share of the time that all units are up.
    pub all_up_ratio: f64,
}

/// Units that fail and wait for a member of a small repair crew.
///
/// ```text
/// p(k+1) = p(k) (units - k) / up_mean * repair_mean / min(k+1, crew),  k units down
/// ```
///
/// `units` and `crew` are at least 1; `up_mean`, the mean time to failure of a unit, and `repair_mean` \[s\] are positive.
///
/// Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.8.
///
/// # Errors
///
/// An argument that is not positive and finite.
///
/// # Examples
///
/// The robots of the source: 5 robots, 30 hours to failure, 3 hours of repair by one person; 0.56 of
/// them are up all the time.
///
/// ```
/// use ninefold::analysis::oracle::machine_repair;
/// let robots = machine_repair(5, 30.0, 3.0, 1).unwrap();
/// assert!((robots.all_up_ratio - 0.564).abs() < 5e-4);
/// ```
pub fn machine_repair(
    units: u32,
    up_mean: f64,
    repair_mean: f64,
    crew: u32,
) -> Result<Repaired, OracleError> {
    positive("units", &[f64::from(units)])?;
    positive("crew", &[f64::from(crew)])?;
    positive("up_mean", &[up_mean])?;
    positive("repair_mean", &[repair_mean])?;
    let ratio = repair_mean / up_mean;
    let (mut weight, mut total, mut down, mut all_up) = (1.0, 1.0, 0.0, 1.0);
    for number in 1..=units {
        weight *= f64::from(units - number + 1) * ratio / f64::from(number.min(crew));
        total += weight;
        down += weight * f64::from(number);
        // Only ratios matter, and a weight must stay a number.
        if weight > 1e200 {
            for sum in [&mut weight, &mut total, &mut down, &mut all_up] {
                *sum *= 1e-200;
            }
        }
    }
    let down_mean = down / total;
    let up = f64::from(units) - down_mean;
    Ok(Repaired {
        availability_time: up / f64::from(units),
        down_mean,
        failure_rate: up / up_mean,
        all_up_ratio: all_up / total,
    })
}

#[cfg(test)]
mod tests {
    use super::super::erlang_b;
    use super::*;

    #[test]
    fn a_crew_for_everyone_leaves_units_alone() {
        let alone = machine_repair(7, 30.0, 10.0, 7).unwrap();
        assert!((alone.availability_time - 0.75).abs() < 1e-12);
        assert!((alone.all_up_ratio - 0.75_f64.powi(7)).abs() < 1e-12);
    }

    /// The units that are up, behind one repairer, are Erlang's lines behind a Poisson stream of repairs.
    #[test]
    fn one_repairer_is_erlang_b_turned_round() {
        let one = machine_repair(10, 100.0, 10.0, 1).unwrap();
        assert!((one.all_up_ratio - erlang_b(0.1, 100.0, 10).unwrap()).abs() < 1e-12);
        assert!(machine_repair(100_000, 1.0, 1e3, 1).unwrap().availability_time < 1e-6);
        assert!(machine_repair(0, 1.0, 1.0, 1).is_err());
    }
}
