//! Customers on shards of workers chosen at random, so that one of them can take down few others.

use statrs::function::factorial::ln_binomial;

use crate::analysis::oracle::domain::{repeats, some_of};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "shuffle-sharding",
    summary: "What a customer who takes down its own shard of workers leaves of another customer's shard.",
    formula: "P(j of k in common) = C(k, j) C(n - k, k - j) / C(n, k)",
    domain: "Each customer has k of n workers, all sets equally likely and independent; one customer kills all of its \
             own, the others answer always.",
    source: "MacCarthaigh, Workload isolation using shuffle-sharding (Amazon Builders' Library, 2019).",
    arguments: &[
        Argument::number("workers", "1", "number of workers"),
        Argument::number("shard", "1", "workers of one customer"),
    ],
    answers: &[
        Answer::new("all_dead_ratio", "ratio", "share of other customers that lose their whole shard"),
        Answer::new("overlap", "ratio", "shares of other customers that lose 0, 1, ... of their workers"),
        Answer::new("shards", "1", "number of different shards"),
        Answer::new("success_no_retry", "ratio", "answered at the first try, at any worker of the shard"),
        Answer::new(
            "success_one_retry",
            "ratio",
            "answered with one more try, at another worker of the shard",
        ),
        Answer::new("success_try_all", "ratio", "answered when every worker of the shard is tried"),
    ],
    solve: |arguments| {
        let found = shuffle_sharding(arguments.count("workers", 1)?, arguments.count("shard", 1)?)?;
        Ok(vec![
            found.all_dead().into(),
            found.overlap.clone().into(),
            found.shards.into(),
            (1.0 - found.lost(1)).into(),
            (1.0 - found.lost(2)).into(),
            (1.0 - found.all_dead()).into(),
        ])
    },
};

/// What one customer who takes down its own shard leaves of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct ShuffleSharding {
    /// Number of different shards.
    pub shards: f64,
    /// Shares of other customers that lose 0, 1, ... of their workers.
    pub overlap: Vec<f64>,
    workers: u32,
}

/// What a customer who takes down its own shard of `shard` of `workers` leaves of another one's.
///
/// ```text
/// P(j of k in common) = C(k, j) C(n - k, k - j) / C(n, k)
/// ```
///
/// Exact if all sets of workers are equally likely, and customers are independent.
///
/// Source: C. `MacCarthaigh`, Workload isolation using shuffle-sharding (Amazon Builders' Library, 2019).
///
/// # Errors
///
/// A shard of more workers than there are, of none, or of more than 1,000.
///
/// # Examples
///
/// The example of the source: eight workers in shards of two are 28 shards.
///
/// ```
/// use ninefold::analysis::oracle::shuffle_sharding;
/// let found = shuffle_sharding(8, 2).unwrap();
/// assert!((found.shards - 28.0).abs() < 1e-9);
/// assert!((found.all_dead() - 1.0 / 28.0).abs() < 1e-12);
/// ```
pub fn shuffle_sharding(workers: u32, shard: u32) -> Result<ShuffleSharding, OracleError> {
    some_of(repeats("shard", shard)?, workers)?;
    let logarithm = |of: u32, chosen: u32| ln_binomial(u64::from(of), u64::from(chosen));
    let all = logarithm(workers, shard);
    let in_common = |common: u32| {
        let others = shard - common;
        if others > workers - shard {
            return 0.0;
        }
        (logarithm(shard, common) + logarithm(workers - shard, others) - all).exp()
    };
    Ok(ShuffleSharding { shards: all.exp(), overlap: (0..=shard).map(in_common).collect(), workers })
}

impl ShuffleSharding {
    /// Share of other customers that lose their whole shard.
    pub fn all_dead(&self) -> f64 {
        self.overlap.last().copied().unwrap_or(0.0)
    }

    /// The probability that so many tries, each at another worker of the shard, all meet a dead one.
    fn lost(&self, tries: usize) -> f64 {
        let shard = self.overlap.len() - 1;
        if tries >= shard {
            return self.all_dead();
        }
        (0..tries).map(|before| (shard - before) as f64 / (f64::from(self.workers) - before as f64)).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_count_over_all_pairs_of_shards() {
        let (workers, shard) = (7_u32, 3_u32);
        let found = shuffle_sharding(workers, shard).unwrap();
        let dead = 0b111_u32;
        let shards: Vec<u32> = (0_u32..1 << workers).filter(|set| set.count_ones() == shard).collect();
        assert!((found.shards - shards.len() as f64).abs() < 1e-9);
        for common in 0..=shard {
            let count = shards.iter().filter(|set| (*set & dead).count_ones() == common).count();
            let expected = count as f64 / shards.len() as f64;
            assert!((found.overlap[common as usize] - expected).abs() < 1e-12, "{common}");
        }
        // Two different workers of a shard are both dead.
        let lost: f64 = (2..=shard)
            .map(|common| {
                let both = f64::from(common * (common - 1)) / f64::from(shard * (shard - 1));
                found.overlap[common as usize] * both
            })
            .sum();
        assert!((found.lost(2) - lost).abs() < 1e-12);
    }

    #[test]
    fn a_shard_of_everybody_protects_nobody() {
        let found = shuffle_sharding(3, 3).unwrap();
        assert!((found.all_dead() - 1.0).abs() < 1e-12 && found.overlap[0].abs() < 1e-300);
        assert!(shuffle_sharding(3, 4).is_err() && shuffle_sharding(3, 0).is_err());
    }
}
