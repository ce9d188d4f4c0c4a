//! Ranks with ties: nobody is placed behind a variant that is not better for certain.

use super::{Pair, Standing};
use crate::measure::metric::Direction;

/// For each of so many variants 1 and the number of those that are better; none where nothing is.
pub(super) fn ranks(variants: usize, pairs: &[Pair], wanted: Direction) -> Vec<Option<u32>> {
    if wanted == Direction::Neither {
        return vec![None; variants];
    }
    let mut ranks = vec![None; variants];
    for pair in pairs {
        for place in [pair.first, pair.second] {
            ranks[place].get_or_insert(1);
        }
        let behind = match pair.verdict {
            Standing::Better => pair.first,
            Standing::Worse => pair.second,
            _ => continue,
        };
        ranks[behind] = ranks[behind].map(|rank| rank + 1);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: usize, second: usize, verdict: Standing) -> Pair {
        Pair {
            first,
            second,
            difference: None,
            ratio: None,
            confidence: 0.95,
            verdict,
            exact: None,
            runs: 10,
            left_out: 0,
            is_paired: true,
            variance_reduction: None,
            further_runs: None,
            note: None,
            test: None,
        }
    }

    #[test]
    fn those_that_are_not_told_apart_share_a_rank() {
        let pairs = [
            pair(0, 1, Standing::Better),
            pair(0, 2, Standing::Better),
            pair(1, 2, Standing::Undecided),
            pair(0, 3, Standing::Identical),
            pair(1, 3, Standing::Worse),
            pair(2, 3, Standing::Worse),
        ];
        assert_eq!(ranks(5, &pairs, Direction::Down), [Some(3), Some(1), Some(1), Some(3), None]);
        assert_eq!(ranks(5, &pairs, Direction::Neither), [None; 5]);
    }
}
