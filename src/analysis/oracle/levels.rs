//! Chains of levels without an end, cut off where hardly any time is spent.

use super::OracleError;
use crate::analysis::markov::steady_banded;

/// Share of the time above which a chain is cut off too early: far below what an answer can show, though what is
/// averaged grows with the level.
const NEGLIGIBLE: f64 = 1e-16;

/// Long-run shares of the time on each level and in each phase of it, levels as rows.
///
/// `rates` gives where a level and phase lead to, one level and one phase away at most, and how fast; what leads above
/// the last level is left out. The number of levels doubles until the last one is as good as never reached.
///
/// # Errors
///
/// [`OracleError::Outside`] where more levels matter than can be held, because the load is close to the capacity.
pub(in crate::analysis::oracle) fn shares(
    phases: usize,
    rates: impl Fn(usize, usize) -> Vec<(usize, usize, f64)>,
) -> Result<Vec<Vec<f64>>, OracleError> {
    let mut levels = 64;
    loop {
        let flat = |state: usize| {
            let moves = rates(state / phases, state % phases).into_iter();
            moves
                .filter(|(level, _, _)| *level < levels)
                .map(|(level, phase, rate)| (level * phases + phase, rate))
                .collect::<Vec<_>>()
        };
        let found = steady_banded(levels * phases, phases + 1, flat)
            .map_err(|error| OracleError::Outside { reason: error.to_string() })?;
        let last: f64 = found[(levels - 1) * phases..].iter().sum();
        if last * (levels as f64) < NEGLIGIBLE {
            return Ok(found.chunks(phases).map(<[f64]>::to_vec).collect());
        }
        levels *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_phase_is_a_geometric_queue() {
        let rates = |level: usize, _| {
            let mut moves = vec![(level + 1, 0, 0.8)];
            moves.extend(level.checked_sub(1).map(|below| (below, 0, 1.0)));
            moves
        };
        let shares = shares(1, rates).unwrap();
        for level in [0, 1, 30] {
            assert!((shares[level][0] / (0.2 * 0.8_f64.powi(level as i32)) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_grows_for_ever_cannot_be_cut_off() {
        let rates = |level: usize, _| {
            let mut moves = vec![(level + 1, 0, 2.0)];
            moves.extend(level.checked_sub(1).map(|below| (below, 0, 1.0)));
            moves
        };
        assert!(matches!(shares(1, rates), Err(OracleError::Outside { .. })));
    }
}
