//! Sweeps on several levels, for chains too large to eliminate.
//!
//! A sweep sets each state's share to what flows in over the rate that flows out, which soon gets the shares of near
//! states right relative to one another. What a sweep is slow at, moving weight over long distances, is done on a chain
//! of groups of states, whose rates follow from the shares within the groups; and so on, until so few groups are left
//! that they can be eliminated. Nothing is ever subtracted.
//!
//! Source: Horton and Leutenegger, A multi-level solution algorithm for steady-state Markov chains, ACM SIGMETRICS 1994.

use super::steady::Steady;
use super::{Chain, ChainError, RESIDUAL_MAX, dense};

/// So few states are eliminated.
const COARSEST: usize = 100;

/// Cycles after which sweeps are given up.
const CYCLES_MAX: usize = 2000;

/// Cycles without a better residual after which sweeps are given up.
const PATIENCE: usize = 200;

/// Shares below this have lost digits.
const TINY: f64 = 1e-280;

/// Balance is asked of shares above this; the states below feel those that have lost digits.
const SMALL: f64 = 1e-200;

/// One level: who leads to each state, the rate at which each is left, and the group of each on the next level.
struct Level {
    incoming: Chain,
    exits: Vec<f64>,
    shares: Vec<f64>,
    groups: Vec<u32>,
}

/// The share of time in each state of a chain in which every state leads to every other.
pub(super) fn steady(chain: &Chain) -> Result<Steady, ChainError> {
    let states = chain.states();
    let incoming = chain.reversed();
    let exits = chain.exit_rates();
    let mut levels =
        vec![Level { incoming, exits, shares: vec![1.0 / states as f64; states], groups: Vec::new() }];
    let (mut best, mut best_at) = (f64::INFINITY, 0);
    let mut residual = f64::INFINITY;
    for cycle in 1..=CYCLES_MAX {
        descend(&mut levels, 0)?;
        let top = &mut levels[0];
        normalise(&mut top.shares);
        if top.shares.iter().any(|share| !share.is_finite()) {
            return Err(ChainError::Range);
        }
        residual = imbalance(&top.incoming, &top.exits, &top.shares);
        if residual <= RESIDUAL_MAX {
            let probabilities = std::mem::take(&mut top.shares);
            return Ok(Steady { probabilities, residual, cycles: cycle });
        }
        if residual < best {
            (best, best_at) = (residual, cycle);
        } else if cycle - best_at > PATIENCE {
            return Err(ChainError::NotConverged { residual, cycles: cycle });
        }
    }
    Err(ChainError::NotConverged { residual, cycles: CYCLES_MAX })
}

/// Largest difference of the two sides of a balance equation, relative to what flows out.
pub(super) fn imbalance(incoming: &Chain, exits: &[f64], shares: &[f64]) -> f64 {
    (0..shares.len())
        .filter(|state| shares[*state] > SMALL)
        .map(|state| {
            let inflow: f64 = incoming.row(state).map(|(from, rate)| shares[from] * rate).sum();
            let outflow = shares[state] * exits[state];
            if outflow > 0.0 { (inflow - outflow).abs() / outflow } else { inflow }
        })
        .fold(0.0, f64::max)
}

/// Improves the shares of one level, with the help of those below it.
fn descend(levels: &mut Vec<Level>, depth: usize) -> Result<(), ChainError> {
    let level = &mut levels[depth];
    let states = level.shares.len();
    if states <= COARSEST {
        level.shares = dense::steady(&level.incoming.reversed())?;
        return Ok(());
    }
    sweep(level, 0..states);
    if level.groups.is_empty() {
        level.groups = grouped(level);
    }
    let coarse = coarsened(level);
    if coarse.shares.len() < states {
        let before = coarse.shares.clone();
        match levels.get_mut(depth + 1) {
            Some(below) => {
                // Groups depend on which rates there are, not on how large they are.
                let groups = std::mem::take(&mut below.groups);
                *below = Level { groups, ..coarse };
            }
            None => levels.push(coarse),
        }
        // Twice: a level that is left half solved would hold up all above it.
        descend(levels, depth + 1)?;
        if levels[depth + 1].shares.len() > COARSEST {
            descend(levels, depth + 1)?;
        }
        let (above, below) = levels.split_at_mut(depth + 1);
        spread(&mut above[depth], &before, &below[0].shares);
    }
    sweep(&mut levels[depth], (0..states).rev());
    Ok(())
}

/// Sets the share of each state, in this order, to what flows in over the rate that flows out.
fn sweep(level: &mut Level, order: impl Iterator<Item = usize>) {
    let Level { incoming, exits, shares, .. } = level;
    for state in order {
        let inflow: f64 = incoming.row(state).map(|(from, rate)| shares[from] * rate).sum();
        // A group that is left at no rate has lost it to shares too small for a float.
        if exits[state] > 0.0 {
            shares[state] = inflow / exits[state];
        }
    }
    normalise(shares);
}

fn normalise(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    for share in shares {
        *share /= sum;
    }
}

/// The chain of groups: rates between groups are those of their states, weighted by the shares within a group.
fn coarsened(level: &Level) -> Level {
    let count = level.groups.iter().max().map_or(0, |group| *group as usize + 1);
    let (shares, weights) = weights(level, count);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (state, group) in level.groups.iter().enumerate() {
        members[*group as usize].push(state as u32);
    }
    let mut exits = vec![0.0; count];
    let (mut starts, mut targets, mut rates) = (vec![0], Vec::new(), Vec::new());
    // Where the rate from a group stands in the row that is being written.
    let mut place = vec![usize::MAX; count];
    for (group, states) in members.iter().enumerate() {
        let first = targets.len();
        for state in states {
            for (from, rate) in level.incoming.row(*state as usize) {
                let origin = level.groups[from] as usize;
                if origin == group {
                    continue;
                }
                let flow = rate * weights[from];
                if place[origin] == usize::MAX || place[origin] < first {
                    place[origin] = targets.len();
                    targets.push(origin as u32);
                    rates.push(0.0);
                }
                rates[place[origin]] += flow;
                exits[origin] += flow;
            }
        }
        starts.push(targets.len());
    }
    Level { incoming: Chain { starts, targets, rates }, exits, shares, groups: Vec::new() }
}

/// The share of each group, and that of each state within its group.
fn weights(level: &Level, count: usize) -> (Vec<f64>, Vec<f64>) {
    let mut sums = vec![0.0; count];
    let mut sizes = vec![0_u32; count];
    for (state, group) in level.groups.iter().enumerate() {
        sums[*group as usize] += level.shares[state];
        sizes[*group as usize] += 1;
    }
    let weight = |(state, group): (usize, &u32)| {
        let group = *group as usize;
        let (share, sum) = (level.shares[state], sums[group]);
        // Where all shares of a group are too small for a float, they are taken as equal.
        if sum > TINY { share / sum } else { f64::from(sizes[group]).recip() }
    };
    let weights = level.groups.iter().enumerate().map(weight).collect();
    (sums, weights)
}

/// Gives each group of the level the share that was found for it.
fn spread(level: &mut Level, before: &[f64], after: &[f64]) {
    for (share, group) in level.shares.iter_mut().zip(&level.groups) {
        let group = *group as usize;
        if before[group] > TINY {
            *share *= after[group] / before[group];
        }
    }
}

/// Groups of about four states: each state with the one that it is closest to, and then such pairs once more.
fn grouped(level: &Level) -> Vec<u32> {
    let pairs = paired(level);
    let first = Level {
        incoming: level.incoming.clone(),
        exits: level.exits.clone(),
        shares: level.shares.clone(),
        groups: pairs,
    };
    let second = paired(&coarsened(&first));
    first.groups.iter().map(|pair| second[*pair as usize]).collect()
}

/// Pairs each state with the state not yet taken from which most flows in, as a part of what flows at either.
fn paired(level: &Level) -> Vec<u32> {
    let states = level.shares.len();
    let outgoing = level.incoming.reversed();
    let mut groups = vec![u32::MAX; states];
    let mut next = 0;
    for state in 0..states {
        if groups[state] != u32::MAX {
            continue;
        }
        groups[state] = next;
        let inwards = level.incoming.row(state).map(|(other, rate)| (other, rate / level.exits[other]));
        let outwards = outgoing.row(state).map(|(other, rate)| (other, rate / level.exits[state]));
        let closest = inwards
            .chain(outwards)
            .filter(|(other, _)| groups[*other] == u32::MAX)
            .max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((other, _)) = closest {
            groups[other] = next;
        }
        next += 1;
    }
    groups
}
