//! Elimination without subtractions, on a full matrix.
//!
//! A state is taken out by sending whoever enters it on to where it leads. All that happens to a number is that
//! something positive is added to it or divides it, so that each keeps nearly all of its digits.
//!
//! Source: Grassmann, Taksar and Heyman, Regenerative analysis and steady state distributions for Markov chains,
//! Operations Research 33 (1985); O'Cinneide, Entrywise perturbation theory and error analysis for Markov chains,
//! Numerische Mathematik 65 (1993).

use super::{Chain, ChainError};

/// Above this, what is not yet normalised is scaled down.
const LARGE: f64 = 1e200;

/// The rates of a chain as a square, row by row.
fn square(chain: &Chain) -> Vec<f64> {
    let states = chain.states();
    let mut square = vec![0.0; states * states];
    for state in 0..states {
        for (to, rate) in chain.row(state) {
            square[state * states + to] = rate;
        }
    }
    square
}

/// The share of time in each state of a chain in which every state leads to every other.
pub(super) fn steady(chain: &Chain) -> Result<Vec<f64>, ChainError> {
    let states = chain.states();
    let mut rates = square(chain);
    for last in (1..states).rev() {
        let (above, rest) = rates.split_at_mut(last * states);
        let row: Vec<(usize, f64)> =
            rest[..last].iter().copied().enumerate().filter(|(_, rate)| *rate > 0.0).collect();
        let exit: f64 = row.iter().map(|(_, rate)| rate).sum();
        if !(exit > 0.0 && exit.is_finite()) {
            return Err(ChainError::Range);
        }
        for line in above.chunks_exact_mut(states) {
            if line[last] > 0.0 {
                let visits = line[last] / exit;
                line[last] = visits;
                for (to, rate) in &row {
                    line[*to] += visits * rate;
                }
            }
        }
    }
    // What is left in a column is how often its state is visited for a unit of time in each state before it.
    let mut shares = vec![0.0; states];
    shares[0] = 1.0;
    for state in 1..states {
        shares[state] = (0..state).map(|before| shares[before] * rates[before * states + state]).sum();
        if shares[state] > LARGE {
            let size = shares[state];
            shares[..=state].iter_mut().for_each(|share| *share /= size);
        }
    }
    let sum: f64 = shares.iter().sum();
    for share in &mut shares {
        *share /= sum;
    }
    if shares.iter().all(|share| share.is_finite()) { Ok(shares) } else { Err(ChainError::Range) }
}

/// What is gathered from each state on until the chain is left: `gain` is gathered per unit of time, and `leave` is the
/// rate at which a state leads out of the chain \[1/s\]. Every state must lead out in the end.
///
/// ```text
/// h_i (sum_j q_ij + leave_i) = gain_i + sum_j q_ij h_j
/// ```
pub(super) fn gathered(chain: &Chain, leave: &[f64], gain: &[f64]) -> Result<Vec<f64>, ChainError> {
    let states = chain.states();
    let mut rates = square(chain);
    let (mut leave, mut gain) = (leave.to_vec(), gain.to_vec());
    let mut exits = vec![0.0; states];
    for last in (0..states).rev() {
        let (above, rest) = rates.split_at_mut(last * states);
        let row: Vec<(usize, f64)> =
            rest[..last].iter().copied().enumerate().filter(|(_, rate)| *rate > 0.0).collect();
        let exit = row.iter().map(|(_, rate)| rate).sum::<f64>() + leave[last];
        if !(exit > 0.0 && exit.is_finite()) {
            return Err(ChainError::Range);
        }
        exits[last] = exit;
        for (state, line) in above.chunks_exact_mut(states).enumerate() {
            if line[last] > 0.0 {
                let visits = line[last] / exit;
                for (to, rate) in &row {
                    line[*to] += visits * rate;
                }
                leave[state] += visits * leave[last];
                gain[state] += visits * gain[last];
            }
        }
    }
    let mut total = vec![0.0; states];
    for state in 0..states {
        let before = (0..state).map(|to| rates[state * states + to] * total[to]).sum::<f64>();
        total[state] = (gain[state] + before) / exits[state];
    }
    if total.iter().all(|value| value.is_finite()) { Ok(total) } else { Err(ChainError::Range) }
}
