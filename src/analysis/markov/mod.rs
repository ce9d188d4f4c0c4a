//! Continuous-time Markov chains of finitely many states: where they spend their time, in the long run and until a
//! given moment, and how long they take to get somewhere.
//!
//! Up to [`DENSE_MAX`] states are solved by elimination without subtractions, which finds the smallest probability as
//! precisely as the largest, however far apart the rates are. Larger chains, to millions of states, are solved by
//! sweeps on several levels until every balance equation holds to [`RESIDUAL_MAX`].

mod banded;
mod build;
mod dense;
mod hitting;
mod multilevel;
mod steady;
mod structure;
mod transient;

pub use banded::steady_banded;
pub use steady::Steady;
pub use transient::Transient;

/// Most states that are solved by elimination; larger chains are solved by sweeps.
pub const DENSE_MAX: usize = 2000;

/// How far the two sides of a balance equation may differ where sweeps end, relative to one of them.
pub const RESIDUAL_MAX: f64 = 1e-12;

/// Why there is no such chain, or no answer about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// There are no states.
    #[error("the chain has no states")]
    Empty,
    /// There are more states than can be numbered.
    #[error("the chain has {states} states, more than {limit}")]
    TooLarge {
        /// How many there are.
        states: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A state that is not there.
    #[error("there is no state {state}: the chain has {states}, from 0 on")]
    UnknownState {
        /// Its number.
        state: usize,
        /// How many states there are.
        states: usize,
    },
    /// A rate that is negative or no number.
    #[error("the rate from state {from} to state {to} is {rate}, but must be finite and at least 0")]
    Rate {
        /// Where it leads from.
        from: usize,
        /// Where it leads to.
        to: usize,
        /// The rate \[1/s\].
        rate: f64,
    },
    /// A list with one number for each state has another length.
    #[error("{found} numbers are given for {states} states")]
    Length {
        /// How many there are.
        found: usize,
        /// How many states there are.
        states: usize,
    },
    /// What should be probabilities are none.
    #[error("the starting probabilities are not at least 0 with a sum of 1: the sum is {sum}")]
    Start {
        /// Their sum.
        sum: f64,
    },
    /// A time that is negative or no number.
    #[error("the time is {time}, but must be finite and at least 0")]
    Time {
        /// The time \[s\].
        time: f64,
    },
    /// A reward that is no number.
    #[error("the reward of state {state} is {reward}, but must be finite")]
    Reward {
        /// Its state.
        state: usize,
        /// The reward.
        reward: f64,
    },
    /// Where the chain ends up depends on where it starts.
    #[error("the chain has {classes} parts that it never leaves: its long run depends on where it starts")]
    Reducible {
        /// How many closed classes there are.
        classes: usize,
    },
    /// Rates so far apart that a float cannot hold their products.
    #[error("the rates are too far apart for floating-point numbers")]
    Range,
    /// The time is so long that following every event would never end.
    #[error("following the chain that long takes {steps:.0} steps, more than {limit:.0}")]
    TooLong {
        /// Steps that would be needed.
        steps: f64,
        /// Steps that are done at most.
        limit: f64,
    },
    /// Sweeps have not come to an end.
    #[error("after {cycles} cycles a balance equation is still wrong by {residual:e} of its size")]
    NotConverged {
        /// Largest relative difference of the two sides of a balance equation.
        residual: f64,
        /// Cycles that were done.
        cycles: usize,
    },
}

/// A continuous-time Markov chain: the rate from each state to each other one \[1/s\].
///
/// States are numbered from 0. Only rates above 0 are kept, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Where the row of each state starts; one more entry for the end of the last.
    starts: Vec<usize>,
    /// Where each rate leads.
    targets: Vec<u32>,
    /// Each rate \[1/s\], above 0.
    rates: Vec<f64>,
}

/// The mean of a reward over a distribution of states: sum of probability times reward.
///
/// # Errors
///
/// Lists of different lengths, or a reward that is no number.
pub fn mean_reward(probabilities: &[f64], rewards: &[f64]) -> Result<f64, ChainError> {
    check_rewards(rewards, probabilities.len())?;
    Ok(probabilities.iter().zip(rewards).map(|(probability, reward)| probability * reward).sum())
}

/// Refuses rewards that are no numbers or not one for each state.
fn check_rewards(rewards: &[f64], states: usize) -> Result<(), ChainError> {
    if rewards.len() != states {
        return Err(ChainError::Length { found: rewards.len(), states });
    }
    match rewards.iter().position(|reward| !reward.is_finite()) {
        Some(state) => Err(ChainError::Reward { state, reward: rewards[state] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
