//! Elimination without subtractions for chains that move only a few states at a time.

use super::ChainError;

/// Above this, what is not yet normalised is scaled down.
const LARGE: f64 = 1e200;

/// Most numbers that the band of a chain may hold.
const NUMBERS_MAX: usize = 1 << 24;

/// Long-run shares of the time in each of `states` states, no two of which have a rate between them if their numbers are
/// more than `reach` apart; `rates` gives where each leads to, and how fast \[1/s\].
///
/// Queues with some phases are such chains if states are numbered level by level. The work is that of states times
/// `reach` squared, and each share keeps nearly all of its digits.
///
/// Source: Grassmann, Taksar and Heyman, Regenerative analysis and steady state distributions for Markov chains,
/// Operations Research 33 (1985).
///
/// # Errors
///
/// [`ChainError::Empty`]; [`ChainError::TooLarge`]; [`ChainError::UnknownState`] for a rate that leads further than
/// `reach`; [`ChainError::Rate`]; [`ChainError::Range`] where some state does not lead to one before it.
pub fn steady_banded<R>(
    states: usize,
    reach: usize,
    rates: impl Fn(usize) -> R,
) -> Result<Vec<f64>, ChainError>
where
    R: IntoIterator<Item = (usize, f64)>,
{
    if states == 0 {
        return Err(ChainError::Empty);
    }
    let width = 2 * reach + 1;
    if states > NUMBERS_MAX / width {
        return Err(ChainError::TooLarge { states, limit: NUMBERS_MAX / width });
    }
    let mut band = vec![0.0; states * width];
    // Where the rate from one state to another stands.
    let at = |from: usize, to: usize| from * width + to + reach - from;
    for from in 0..states {
        for (to, rate) in rates(from) {
            if to >= states || to.abs_diff(from) > reach {
                return Err(ChainError::UnknownState { state: to, states });
            }
            if !(rate.is_finite() && rate >= 0.0) {
                return Err(ChainError::Rate { from, to, rate });
            }
            band[at(from, to)] += rate;
        }
    }
    for last in (1..states).rev() {
        let first = last.saturating_sub(reach);
        let exit: f64 = (first..last).map(|to| band[at(last, to)]).sum();
        if !(exit > 0.0 && exit.is_finite()) {
            return Err(ChainError::Range);
        }
        for from in first..last {
            let visits = band[at(from, last)] / exit;
            band[at(from, last)] = visits;
            if visits > 0.0 {
                for to in first..last {
                    band[at(from, to)] += visits * band[at(last, to)];
                }
            }
        }
    }
    let mut shares = vec![0.0; states];
    shares[0] = 1.0;
    let mut scalings = Vec::new();
    for state in 1..states {
        let first = state.saturating_sub(reach);
        shares[state] = (first..state).map(|before| shares[before] * band[at(before, state)]).sum();
        if shares[state] > LARGE {
            let size = shares[state];
            shares[first..=state].iter_mut().for_each(|share| *share /= size);
            scalings.push((first, size));
        }
    }
    rescale(&mut shares, scalings);
    let sum: f64 = shares.iter().sum();
    for share in &mut shares {
        *share /= sum;
    }
    Ok(shares)
}

/// Brings the shares before each place down by its size, in one pass whatever the number of scalings.
fn rescale(shares: &mut [f64], mut scalings: Vec<(usize, f64)>) {
    let mut factor = 1.0;
    for place in (0..shares.len()).rev() {
        while let Some((_, size)) = scalings.pop_if(|(first, _)| *first > place) {
            factor /= size;
        }
        shares[place] *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::markov::Chain;

    #[test]
    fn a_band_has_the_steady_state_of_the_full_matrix() {
        // Three phases on forty levels, with rates that differ everywhere.
        let rates = |state: usize| {
            let rate = |to: usize| 0.1 + ((state * 31 + to * 17) % 13) as f64;
            let near = state.saturating_sub(4)..=(state + 3).min(119);
            near.filter(move |to| *to != state).map(move |to| (to, rate(to))).collect::<Vec<_>>()
        };
        let banded = steady_banded(120, 4, rates).unwrap();
        let all = (0..120).flat_map(|from| rates(from).into_iter().map(move |(to, rate)| (from, to, rate)));
        let full = Chain::new(120, all).unwrap().steady().unwrap().probabilities;
        for (one, two) in banded.iter().zip(&full) {
            assert!((one / two - 1.0).abs() < 1e-12, "{one} {two}");
        }
    }

    #[test]
    fn shares_that_leave_the_range_of_a_float_on_the_way_keep_their_ratios() {
        // Up a hundred times as often as down, on 400 states: the first share is 10^-798 of the last.
        let rates = |state: usize| {
            let mut moves = vec![((state + 1).min(399), f64::from(u8::from(state < 399)) * 100.0)];
            moves.extend(state.checked_sub(1).map(|below| (below, 1.0)));
            moves
        };
        for reach in [1, 3] {
            let shares = steady_banded(400, reach, rates).unwrap();
            let mut expected = 0.99;
            for share in shares.iter().rev().take(100) {
                assert!((share / expected - 1.0).abs() < 1e-12, "{share} {expected}");
                expected /= 100.0;
            }
            assert!(shares[0] < f64::MIN_POSITIVE);
        }
    }

    #[test]
    fn what_is_no_such_chain_is_refused() {
        let none = |_: usize| Vec::new();
        assert_eq!(steady_banded(0, 1, none), Err(ChainError::Empty));
        assert_eq!(steady_banded(2, 1, none), Err(ChainError::Range));
        let far = |state: usize| vec![((state + 2) % 3, 1.0)];
        assert_eq!(steady_banded(3, 1, far), Err(ChainError::UnknownState { state: 2, states: 3 }));
        let back = |state: usize| vec![(1 - state, -1.0)];
        assert_eq!(steady_banded(2, 1, back), Err(ChainError::Rate { from: 0, to: 1, rate: -1.0 }));
        assert!(matches!(steady_banded(usize::MAX / 4, 1, none), Err(ChainError::TooLarge { .. })));
    }
}
