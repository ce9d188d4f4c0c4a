//! Draws in proportion to weights.

use super::below;
use super::weights::WeightTable;
use crate::kernel::stream::Stream;
use rand::RngExt;

/// A table from which one number draws a replica of a fleet in proportion to its weight, however large the fleet is.
///
/// Source: Walker, An efficient method for generating discrete random variables with general distributions (1977), in
/// the form of Vose (1991).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AliasTable(Box<[Column]>);

/// A column of the table: its own replica up to `own`, the other one above.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    own: f64,
    other: u32,
}

/// The table covers the whole fleet; picks that are not eligible are drawn again this often before the eligible
/// are summed up. Both ways have the same law.
const TRIES: u32 = 8;

impl AliasTable {
    /// Fills each column with one replica of less than mean weight and a part of one of more. Some weight is above 0.
    pub(super) fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut left: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut table: Vec<Column> =
            (0..weights.len() as u32).map(|other| Column { own: 1.0, other }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).partition(|replica| left[*replica] < 1.0);
        while let (Some(low), Some(high)) = (small.pop(), large.pop()) {
            table[low] = Column { own: left[low], other: high as u32 };
            left[high] -= 1.0 - left[low];
            if left[high] < 1.0 { small.push(high) } else { large.push(high) }
        }
        Self(table.into_boxed_slice())
    }

    /// One of the eligible, which are at least one, by the weights that the table was made from.
    #[inline]
    pub(super) fn draw(&self, eligible: &[u32], weights: &WeightTable, stream: &mut Stream) -> u32 {
        match eligible {
            [only] => *only,
            all if all.len() == self.0.len() => self.draw_any(stream),
            some => self.draw_among(some, weights, stream),
        }
    }

    #[inline]
    fn draw_any(&self, stream: &mut Stream) -> u32 {
        let place = stream.random::<f64>() * self.0.len() as f64;
        let column = place as usize;
        let Column { own, other } = self.0[column];
        if place - (column as f64) < own { column as u32 } else { other }
    }

    fn draw_among(&self, eligible: &[u32], weights: &WeightTable, stream: &mut Stream) -> u32 {
        // With few eligible most tries would fail.
        let tries = if eligible.len() * 4 < self.0.len() { 0 } else { TRIES };
        for _ in 0..tries {
            let picked = self.draw_any(stream);
            if eligible.binary_search(&picked).is_ok() {
                return picked;
            }
        }
        let total = weights.total(eligible);
        if total <= 0.0 {
            // Measured weights may all be zero.
            return eligible[below(eligible.len(), stream)];
        }
        let mut left = stream.random::<f64>() * total;
        for replica in eligible {
            left -= weights.of(*replica);
            if left < 0.0 {
                return *replica;
            }
        }
        // Where rounding leaves a little.
        eligible[eligible.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_exactly_the_weights() {
        let weights: Vec<f64> = (1..=100).map(f64::from).collect();
        let AliasTable(table) = AliasTable::new(&weights);
        let mut shares = vec![0.0; 100];
        for (own, column) in table.iter().enumerate() {
            shares[own] += column.own / 100.0;
            shares[column.other as usize] += (1.0 - column.own) / 100.0;
        }
        for (share, weight) in shares.iter().zip(&weights) {
            assert!((share - weight / 5050.0).abs() < 1e-12);
        }
    }
}
