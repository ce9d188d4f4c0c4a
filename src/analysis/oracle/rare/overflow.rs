//! A queue that reaches a level within a busy period.

use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "busy-period-overflow",
    summary: "Probability that an M/M/1 queue reaches a level before it is empty again.",
    formula: "(1/r - 1) / (1/r^level - 1), r = rate / service_rate; 1 / level where r = 1",
    domain: "Poisson arrivals, exponential service, one server; from the first job of a busy period on. An \
             overload is allowed.",
    source: "Gambler's ruin: Feller, An Introduction to Probability Theory and Its Applications, volume I (1968), \
             equation XIV.2.4; blocking: Kleinrock, Queueing Systems volume I (1975), equation 3.45.",
    arguments: &[
        Argument::number("rate", "1/s", "arrival rate"),
        Argument::number("service_rate", "1/s", "service rate"),
        Argument::number("level", "jobs", "the level, with the job in service"),
    ],
    answers: &[
        Answer::new("probability", "ratio", "probability that a busy period reaches the level"),
        Answer::new("probability_log10", "1", "its logarithm to base 10"),
        Answer::new(
            "blocking_ratio",
            "ratio",
            "share of arrivals lost where there is room for no more than that",
        ),
    ],
    solve: answers,
};

fn answers(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let [rate, service_rate] = [arguments.positive("rate")?, arguments.positive("service_rate")?];
    let found = overflow(rate, service_rate, arguments.count("level", 1)?)?;
    Ok(vec![found.probability.into(), found.probability_log10.into(), found.blocking_ratio.into()])
}

/// A queue that reaches a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overflow {
    /// Probability that a busy period reaches the level.
    pub probability: f64,
    /// Its logarithm to base 10, where the probability itself may be too small for a float.
    pub probability_log10: f64,
    /// Share of arrivals that are lost where there is room for no more jobs than the level.
    pub blocking_ratio: f64,
}

/// The probability that an M/M/1 queue, from the first job of a busy period on, reaches a level before it is empty.
///
/// ```text
/// P = (1/r - 1) / (1/r^B - 1),  r = rate / service_rate
/// ```
///
/// `rate` and `service_rate` \[1/s\] are positive, `level` is at least 1 and counts the job in service. An overload is
/// allowed.
///
/// Source: Feller, An Introduction to Probability Theory and Its Applications, volume I (1968), equation XIV.2.4.
///
/// # Errors
///
/// Rates that are not positive, a level of 0.
///
/// # Examples
///
/// A gambler with one coin and half the chance of the bank has 1 in 2^20 - 1 to win twenty.
///
/// ```
/// use ninefold::analysis::oracle::overflow;
/// let found = overflow(0.5, 1.0, 20).unwrap();
/// assert!((found.probability * 1_048_575.0 - 1.0).abs() < 1e-12);
/// ```
pub fn overflow(rate: f64, service_rate: f64, level: u32) -> Result<Overflow, OracleError> {
    positive("rate", &[rate])?;
    positive("service_rate", &[service_rate])?;
    if level == 0 {
        let expected = "a whole number above 0";
        return Err(OracleError::Domain { argument: "level", value: 0.0, expected });
    }
    let odds = (service_rate / rate).ln();
    let reached = log_won(odds, f64::from(level));
    // An arrival is lost as often as a cycle of the queue with one more place would go over the top.
    let lost = log_won(odds, f64::from(level) + 1.0);
    Ok(Overflow {
        probability: reached.exp(),
        probability_log10: reached / std::f64::consts::LN_10,
        blocking_ratio: lost.exp(),
    })
}

/// The logarithm of (e^odds - 1) / (e^(odds level) - 1).
fn log_won(odds: f64, level: f64) -> f64 {
    /// Beyond this, the 1 is lost beside the power.
    const LARGE: f64 = 40.0;
    if odds == 0.0 {
        return -level.ln();
    }
    let log_size = |power: f64| if power > LARGE { power } else { power.exp_m1().abs().ln() };
    log_size(odds) - log_size(odds * level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::markov::Chain;

    /// The same from the chain of a queue with so much room.
    fn slowly(rate: f64, service_rate: f64, level: usize) -> (f64, f64) {
        let ups = (0..level).map(|jobs| (jobs, jobs + 1, rate));
        let downs = (0..level).map(|jobs| (jobs + 1, jobs, service_rate));
        let chain = Chain::new(level + 1, ups.chain(downs)).unwrap();
        let at = |state: usize| (0..=level).map(|one| one == state).collect::<Vec<_>>();
        let won = chain.probabilities_of(&at(level), &at(0)).unwrap()[1];
        (won, chain.steady().unwrap().probabilities[level])
    }

    #[test]
    fn the_formula_is_what_the_chain_does() {
        for (rate, service_rate, level) in
            [(0.5, 1.0, 20), (0.9, 1.0, 3), (1.0, 1.0, 7), (3.0, 2.0, 5), (0.999_999, 1.0, 50), (2.0, 9.0, 2)]
        {
            let found = overflow(rate, service_rate, level).unwrap();
            let (won, blocked) = slowly(rate, service_rate, level as usize);
            assert!((found.probability / won - 1.0).abs() < 1e-9, "{rate} {level}: {found:?} {won}");
            assert!(
                (found.blocking_ratio / blocked - 1.0).abs() < 1e-9,
                "{rate} {level}: {found:?} {blocked}"
            );
        }
        assert!((overflow(1.0, 2.0, 1).unwrap().probability - 1.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_too_small_for_a_float_has_a_logarithm() {
        let found = overflow(0.5, 1.0, 10_000).unwrap();
        assert!(found.probability.abs() < f64::MIN_POSITIVE);
        assert!((found.probability_log10 / (-10_000.0 * 2.0_f64.log10()) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn rates_are_positive_and_levels_above_zero() {
        assert!(overflow(0.0, 1.0, 3).is_err());
        assert!(overflow(1.0, f64::NAN, 3).is_err());
        assert!(overflow(1.0, 1.0, 0).is_err());
    }
}
