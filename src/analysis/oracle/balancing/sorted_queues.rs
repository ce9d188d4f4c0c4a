//! The chain of queue lengths in order of size, for a few equal servers.

use crate::analysis::oracle::{OracleError, positive};

/// Equal single servers with a queue each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SortedQueues {
    /// Mean number at all servers.
    pub in_system_mean: f64,
    /// Share of jobs that join a busy server.
    pub delayed_ratio: f64,
    /// Share of the time in which nobody is there.
    pub all_idle_ratio: f64,
}

/// Up to this load queues are so short that the chain is worked out in some seconds.
const LOAD_MAX: f64 = 0.97;

/// Lengths in order of size; with two servers the last one is not used.
type Lengths = [usize; 3];

/// The steady state of `servers` (2 or 3) equal servers whose jobs join the shortest of `choices` different queues.
///
/// Sweeps of Gauss and Seidel settle who is how much longer than whom; after each the totals are set right at once, since
/// they are a birth-death chain whose rates the sweep has given.
///
/// Source: Koury and others, Iterative methods for computing stationary distributions of nearly completely
/// decomposable Markov chains, SIAM Journal on Algebraic and Discrete Methods 5 (1984).
pub(super) fn sorted_queues(
    rate: f64,
    service_mean: f64,
    servers: u32,
    choices: u32,
) -> Result<SortedQueues, OracleError> {
    const SWEEPS_MAX: usize = 5000;
    positive("rate", &[rate])?;
    positive("service_mean", &[service_mean])?;
    if !(2..=3).contains(&servers) {
        return Err(OracleError::Domain {
            argument: "servers",
            value: f64::from(servers),
            expected: "2 or 3",
        });
    }
    let load = rate * service_mean / f64::from(servers);
    if load >= 1.0 {
        return Err(OracleError::Unstable { load });
    }
    if load > LOAD_MAX {
        let reason = format!(
            "a load of {} is above {LOAD_MAX}, up to which this chain is worked out",
            crate::units::plain(load)
        );
        return Err(OracleError::Outside { reason });
    }
    let chain = Chain::new(rate * service_mean, servers as usize, choices as usize);
    let mut chances = vec![1.0; chain.states.len()];
    let mut before = f64::INFINITY;
    for _ in 0..SWEEPS_MAX {
        chain.sweep(&mut chances);
        chain.settle(&mut chances);
        let now = chain.mean(&chances, |lengths| lengths.iter().sum::<usize>() as f64);
        if (now - before).abs() <= 1e-13 * now {
            let joins = |lengths: &Lengths| chain.joins_busy(lengths);
            return Ok(SortedQueues {
                in_system_mean: now,
                delayed_ratio: chain.mean(&chances, joins),
                all_idle_ratio: chances[0],
            });
        }
        before = now;
    }
    Err(OracleError::Outside { reason: "no steady state can be found".to_owned() })
}

/// The chain, in units of the mean service.
struct Chain {
    rate: f64,
    servers: usize,
    /// The probability that a job joins the shortest queue, the next one, ...
    joins: Vec<f64>,
    states: Vec<Lengths>,
    /// Where the moves into each state begin in `into`.
    starts: Vec<usize>,
    /// From which state, and how fast.
    into: Vec<(u32, f64)>,
    /// How fast each state is left.
    out: Vec<f64>,
    /// How many are inside in each state.
    totals: Vec<usize>,
    /// How fast one more is inside, and one fewer.
    rise: Vec<f64>,
    fall: Vec<f64>,
}

impl Chain {
    fn new(rate: f64, servers: usize, choices: usize) -> Self {
        // Beyond these the chain weighs less than rounding: the total decays like the load to its power.
        let load = rate / servers as f64;
        let gap_max = if servers == 2 { 60 } else { 32 };
        let shortest_max = (-34.0 / load.ln() / servers as f64).ceil() as usize + 2;
        let states = states(servers, shortest_max, gap_max);
        let joins = (0..servers).map(|rank| share(servers, choices, rank)).collect();
        let totals = states.iter().map(|lengths| lengths.iter().sum()).collect();
        let none = vec![0.0; states.len()];
        let (out, rise, fall) = (none.clone(), none.clone(), none);
        let (starts, into) = (vec![0; states.len() + 1], Vec::new());
        let mut chain = Self { rate, servers, joins, states, starts, into, out, totals, rise, fall };
        let place = |lengths: &Lengths| place(servers, shortest_max, gap_max, lengths);
        let mut moves = Vec::new();
        for (from, lengths) in chain.states.iter().enumerate() {
            for (next, rate) in chain.moves(lengths) {
                if let Some(to) = place(&next) {
                    moves.push((to as u32, from as u32, rate));
                }
            }
        }
        for (to, from, rate) in &moves {
            let (to, from) = (*to as usize, *from as usize);
            chain.out[from] += rate;
            chain.starts[to + 1] += 1;
            let is_rise = chain.totals[from] < chain.totals[to];
            if is_rise { chain.rise[from] += rate } else { chain.fall[from] += rate }
        }
        for state in 0..chain.states.len() {
            chain.starts[state + 1] += chain.starts[state];
        }
        let mut next = chain.starts.clone();
        chain.into = vec![(0, 0.0); moves.len()];
        for (to, from, rate) in moves {
            chain.into[next[to as usize]] = (from, rate);
            next[to as usize] += 1;
        }
        chain
    }

    /// Where a state leads, and how fast.
    fn moves(&self, lengths: &Lengths) -> Vec<(Lengths, f64)> {
        let used = &lengths[..self.servers];
        let mut moves = Vec::with_capacity(2 * self.servers);
        for (rank, share) in self.joins.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            // The last of those that are equally long grows, so that the order of size stays.
            let last = used.iter().rposition(|length| *length == used[rank]).unwrap_or(rank);
            let mut next = *lengths;
            next[last] += 1;
            moves.push((next, self.rate * share));
        }
        for rank in (0..self.servers).filter(|rank| used[*rank] > 0) {
            let first = used.iter().position(|length| *length == used[rank]).unwrap_or(rank);
            let mut next = *lengths;
            next[first] -= 1;
            moves.push((next, 1.0));
        }
        moves
    }

    /// The probability that a job joins a busy server.
    fn joins_busy(&self, lengths: &Lengths) -> f64 {
        self.joins.iter().zip(lengths).filter(|(_, length)| **length > 0).map(|(share, _)| share).sum()
    }

    fn sweep(&self, chances: &mut [f64]) {
        for state in 0..chances.len() {
            let into = &self.into[self.starts[state]..self.starts[state + 1]];
            let flow: f64 = into.iter().map(|(from, rate)| chances[*from as usize] * rate).sum();
            chances[state] = flow / self.out[state];
        }
    }

    /// Gives each total the probability that balances the flows between it and its neighbours.
    fn settle(&self, chances: &mut [f64]) {
        let most = self.totals.iter().copied().max().unwrap_or(0);
        let (mut weights, mut up, mut down) = (vec![0.0; most + 1], vec![0.0; most + 1], vec![0.0; most + 1]);
        for (state, chance) in chances.iter().enumerate() {
            let total = self.totals[state];
            weights[total] += chance;
            up[total] += chance * self.rise[state];
            down[total] += chance * self.fall[state];
        }
        let mut factors = vec![0.0; most + 1];
        let (mut wanted, mut sum) = (1.0, 0.0);
        for number in 0..=most {
            if number > 0 {
                wanted *= up[number - 1] / weights[number - 1] * weights[number] / down[number];
            }
            // Some of the longest queues are never reached within the limits.
            if !(wanted > 0.0 && wanted.is_finite()) {
                break;
            }
            sum += wanted;
            factors[number] = wanted / weights[number];
        }
        for (state, chance) in chances.iter_mut().enumerate() {
            *chance *= factors[self.totals[state]] / sum;
        }
    }

    fn mean(&self, chances: &[f64], value: impl Fn(&Lengths) -> f64) -> f64 {
        self.states.iter().zip(chances).map(|(lengths, chance)| value(lengths) * chance).sum()
    }
}

/// The probability that the queue of this rank is the shortest of `choices` that are looked at.
fn share(servers: usize, choices: usize, rank: usize) -> f64 {
    let ways = |from: usize, take: usize| -> f64 {
        (0..take).map(|one| from.saturating_sub(one) as f64 / (one + 1) as f64).product()
    };
    ways(servers - 1 - rank, choices - 1) / ways(servers, choices)
}

/// Every state within the limits, in the order of [`place`].
fn states(servers: usize, shortest_max: usize, gap_max: usize) -> Vec<Lengths> {
    let mut states = Vec::new();
    for shortest in 0..=shortest_max {
        for last in 0..=gap_max {
            if servers == 2 {
                states.push([shortest, shortest + last, 0]);
            } else {
                states.extend((0..=last).map(|middle| [shortest, shortest + middle, shortest + last]));
            }
        }
    }
    states
}

/// Where a state stands, if it is within the limits.
fn place(servers: usize, shortest_max: usize, gap_max: usize, lengths: &Lengths) -> Option<usize> {
    let (shortest, last) = (lengths[0], lengths[servers - 1] - lengths[0]);
    if shortest > shortest_max || last > gap_max {
        return None;
    }
    let gaps = gap_max + 1;
    Some(match servers {
        2 => shortest * gaps + last,
        _ => shortest * (gaps * (gaps + 1) / 2) + last * (last + 1) / 2 + lengths[1] - shortest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_stands_where_it_is_looked_for() {
        for servers in [2, 3] {
            for (number, lengths) in states(servers, 5, 4).iter().enumerate() {
                assert_eq!(place(servers, 5, 4, lengths), Some(number));
            }
        }
        assert_eq!(place(2, 5, 4, &[1, 6, 0]), None);
    }

    #[test]
    fn shares_of_ranks_are_those_of_all_draws() {
        assert!((share(3, 2, 0) - 2.0 / 3.0).abs() < 1e-15 && (share(3, 2, 1) - 1.0 / 3.0).abs() < 1e-15);
        assert!(share(3, 2, 2).abs() < 1e-15 && (share(2, 2, 0) - 1.0).abs() < 1e-15);
    }

    /// The chain of all lengths up to a small limit, not in order of size, iterated step by step.
    #[test]
    fn it_is_the_chain_of_unsorted_lengths() {
        let (rate, most) = (0.8, 30_usize);
        let size = most + 1;
        let mut chances = vec![1.0 / (size * size) as f64; size * size];
        for _ in 0..4000 {
            let mut next = vec![0.0; size * size];
            for one in 0..size {
                for two in 0..size {
                    let here = chances[one * size + two] / (rate + 2.0);
                    let grown = |length: usize| (length + 1).min(most);
                    let (first, second) = (grown(one) * size + two, one * size + grown(two));
                    let tie = f64::from(one == two) / 2.0;
                    next[first] += here * rate * if one == two { tie } else { f64::from(one < two) };
                    next[second] += here * rate * if one == two { tie } else { f64::from(two < one) };
                    next[one.saturating_sub(1) * size + two] += here;
                    next[one * size + two.saturating_sub(1)] += here;
                }
            }
            chances = next;
        }
        let inside = |place: usize| (place / size + place % size) as f64;
        let mean: f64 = chances.iter().enumerate().map(|(place, chance)| inside(place) * chance).sum();
        let queues = sorted_queues(rate, 1.0, 2, 2).unwrap();
        assert!((queues.in_system_mean / mean - 1.0).abs() < 1e-9, "{mean}");
        assert!((queues.all_idle_ratio / chances[0] - 1.0).abs() < 1e-9);
    }
}
