//! Stages of error handling one after another, with one item or several under way.

use super::harmonic_recovery;
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const EFFICIENCY: Oracle = Oracle {
    name: "error-handling-efficiency",
    summary: "Items per second of stages that handle one item at a time, one stage after another.",
    formula: "E = 1 / (1/e_1 + ... + 1/e_n)",
    domain: "e are rates of stages, and an item enters when the one before has left, whatever the laws. It is the \
             harmonic mean over n, and no mean of efficiencies.",
    source: "Renewal reward: Ross, Introduction to Probability Models, section 7.4.",
    arguments: &[RATES],
    answers: &[
        Answer::new("throughput", "1/s", "items handled, E"),
        Answer::new("harmonic_mean", "1/s", "harmonic mean of the rates, n E"),
    ],
    solve: |arguments| {
        let rates = arguments.numbers("e")?;
        let efficiency = error_handling_efficiency(&rates)?;
        Ok(vec![efficiency.into(), (efficiency * rates.len() as f64).into()])
    },
};

pub(in crate::analysis::oracle) const STAGES: Oracle = Oracle {
    name: "stages",
    summary: "Items per second of stages with so many items under way.",
    formula: "G(items - 1) / G(items), G by convolution over 1/e_i",
    domain: "A closed tandem of single exponential servers with FIFO queues; with one item any laws.",
    source: "Buzen, Computational algorithms for closed queueing networks (1973).",
    arguments: &[
        RATES,
        Argument::number("items", "1", "items under way, each replaced when it leaves").or(1.0),
    ],
    answers: &[
        Answer::new("throughput", "1/s", "items handled"),
        Answer::new("throughput_most", "1/s", "the same with any number of items, that of the slowest stage"),
        Answer::new("latency_mean", "s", "mean time of an item through all stages"),
    ],
    solve: |arguments| {
        let found = stages(&arguments.numbers("e")?, arguments.count("items", 1)?)?;
        Ok(vec![found.throughput.into(), found.throughput_most.into(), found.latency_mean.into()])
    },
};

const RATES: Argument = Argument::number("e", "1/s", "rate of each stage").of(Kind::Numbers);

/// Items per second of stages that handle one item at a time.
///
/// ```text
/// E = 1 / (1/e_1 + ... + 1/e_n)
/// ```
///
/// `rates` are the `e_i` \[1/s\], each positive. Exact for any laws, as long as an item enters when the one before has
/// left.
///
/// Source: Ross, Introduction to Probability Models, section 7.4 (renewal reward).
///
/// # Errors
///
/// A rate that is not positive and finite, or none at all.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::error_handling_efficiency;
/// assert!((error_handling_efficiency(&[10.0, 5.0, 20.0]).unwrap() - 2.857142857142857).abs() < 1e-12);
/// ```
pub fn error_handling_efficiency(rates: &[f64]) -> Result<f64, OracleError> {
    check(rates)?;
    harmonic_recovery(rates)
}

/// What stages achieve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stages {
    /// Items handled \[1/s\].
    pub throughput: f64,
    /// Those with any number of items: the slowest stage \[1/s\].
    pub throughput_most: f64,
    /// Mean time of an item through all stages \[s\].
    pub latency_mean: f64,
}

/// Items per second of stages with so many items under way.
///
/// ```text
/// X(K) = G(K - 1) / G(K),  G(K) = sum over k_1 + ... + k_n = K of prod e_i^-k_i
/// ```
///
/// `rates` are the `e_i` \[1/s\], each positive; `items` is K, at least 1. An item that leaves is replaced at once.
///
/// Source: Buzen (1973).
///
/// # Errors
///
/// A rate that is not positive and finite, none at all, or no item.
///
/// # Examples
///
/// Two equal stages with K items: K / (K + 1) of the rate of one (Buzen's balanced network).
///
/// ```
/// let found = ninefold::analysis::oracle::stages(&[4.0, 4.0], 2).unwrap();
/// assert!((found.throughput - 8.0 / 3.0).abs() < 1e-12);
/// ```
pub fn stages(rates: &[f64], items: u32) -> Result<Stages, OracleError> {
    check(rates)?;
    if items == 0 {
        return Err(OracleError::Domain {
            argument: "items",
            value: 0.0,
            expected: "a whole number above 0",
        });
    }
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    // In times of the slowest stage, so that no power of them overflows.
    let mut ways = vec![0.0; items as usize + 1];
    ways[0] = 1.0;
    for rate in rates {
        for count in 1..ways.len() {
            ways[count] += slowest / rate * ways[count - 1];
        }
    }
    let last = ways.len() - 1;
    let throughput = slowest * ways[last - 1] / ways[last];
    Ok(Stages { throughput, throughput_most: slowest, latency_mean: f64::from(items) / throughput })
}

fn check(rates: &[f64]) -> Result<(), OracleError> {
    if rates.is_empty() {
        return Err(OracleError::Count { argument: "e", found: 0, expected: "at least one" });
    }
    positive("e", rates).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum over all ways to spread the items over the stages.
    fn slowly(rates: &[f64], items: u32) -> f64 {
        match rates {
            [] => f64::from(items == 0),
            [rate, rest @ ..] => {
                (0..=items).map(|here| rate.powi(-(here as i32)) * slowly(rest, items - here)).sum()
            }
        }
    }

    #[test]
    fn the_convolution_equals_the_sum_over_states() {
        let rates = [10.0, 5.0, 20.0];
        for items in [1, 2, 5, 9] {
            let direct = slowly(&rates, items - 1) / slowly(&rates, items);
            assert!((stages(&rates, items).unwrap().throughput / direct - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn one_item_has_the_efficiency_and_many_have_the_bottleneck() {
        let rates = [10.0, 5.0, 20.0];
        let one = stages(&rates, 1).unwrap();
        assert!((one.throughput - error_handling_efficiency(&rates).unwrap()).abs() < 1e-12);
        assert!((one.latency_mean - 0.35).abs() < 1e-12);
        assert!((stages(&rates, 2000).unwrap().throughput - 5.0).abs() < 1e-9);
        assert!(stages(&rates, 0).is_err() && stages(&[], 1).is_err());
        assert!(error_handling_efficiency(&[1.0, -2.0]).is_err());
    }
}
