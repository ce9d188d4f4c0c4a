//! A chain up to a given time: where it is then, and where it has been.

use super::{Chain, ChainError};

/// Weights below this part of the largest are left out.
const NEGLIGIBLE: f64 = 1e-30;

/// Rates that are looked at before a time is said to be too long.
const WORK_MAX: f64 = 4e9;

/// From so many ticks on, the long run is reached before the first weight that matters, or there is no answer.
const TICKS_MAX: f64 = 1e10;

/// From this distance to the long run on, sum of absolute differences, nothing changes any more.
const SETTLED: f64 = 1e-14;

/// Every so many steps the distance to the long run is looked at.
const LOOK: usize = 16;

/// A chain up to a given time.
#[derive(Debug, Clone, PartialEq)]
pub struct Transient {
    /// The probability of each state at that time.
    pub probabilities: Vec<f64>,
    /// The mean time spent in each state up to then \[s\].
    pub occupation: Vec<f64>,
}

impl Chain {
    /// Where a chain that starts in state `i` with probability `start[i]` is after `time` seconds, and how long it has
    /// been in each state by then.
    ///
    /// ```text
    /// p(t) = sum_k Poisson(k; q t) v_k,  v_k = start (I + Q / q)^k,  q at least every exit rate
    /// ```
    ///
    /// The sums end where the weights of the Poisson law do not matter, and where the steps reach the long run: from there on it
    /// stays. Nothing is subtracted, so small probabilities are precise.
    ///
    /// Source: Jensen, Markoff chains as an aid in the study of Markoff processes, Skandinavisk Aktuarietidskrift 36
    /// (1953); Fox and Glynn, Computing Poisson probabilities, Communications of the ACM 31 (1988), for the weights from
    /// the largest outwards.
    ///
    /// # Errors
    ///
    /// Starting probabilities that are none, a time that is negative or no number, or one so long that it takes more
    /// than some 10^9 steps.
    ///
    /// # Examples
    ///
    /// A new unit that fails at 1/s and is repaired at 3/s is up at time t with probability 3/4 + 1/4 exp(-4 t).
    ///
    /// ```
    /// use ninefold::analysis::markov::Chain;
    /// let chain = Chain::new(2, [(0, 1, 1.0), (1, 0, 3.0)]).unwrap();
    /// let after = chain.transient(&[1.0, 0.0], 0.5).unwrap();
    /// assert!((after.probabilities[0] - (0.75 + 0.25 * (-2.0_f64).exp())).abs() < 1e-15);
    /// ```
    pub fn transient(&self, start: &[f64], time: f64) -> Result<Transient, ChainError> {
        let work = (self.transitions() + self.states()) as f64;
        self.transient_within(start, time, WORK_MAX / work)
    }

    /// As [`Chain::transient`], in no more than so many steps.
    pub(in crate::analysis::markov) fn transient_within(
        &self,
        start: &[f64],
        time: f64,
        most: f64,
    ) -> Result<Transient, ChainError> {
        self.check_start(start)?;
        if !(time.is_finite() && time >= 0.0) {
            return Err(ChainError::Time { time });
        }
        let exits = self.exit_rates();
        // A little more than needed, so that no state is left at every step and the steps settle.
        let pace = 1.01 * exits.iter().copied().fold(0.0, f64::max);
        if pace * time == 0.0 {
            let occupation = start.iter().map(|share| share * time).collect();
            return Ok(Transient { probabilities: start.to_vec(), occupation });
        }
        let steps = Steps {
            incoming: self.reversed(),
            stays: exits.iter().map(|exit| (pace - exit) / pace).collect(),
            pace,
        };
        // Short times never settle, so the long run need not be known.
        let limit = if pace * time > LOOK as f64 { self.steady_from(start).ok() } else { None };
        let limit = limit.map(|limit| limit.probabilities);
        steps.follow(start, (time, most), limit.as_deref())
    }
}

/// The chain that looks at itself at the ticks of a Poisson clock.
struct Steps {
    incoming: Chain,
    /// Probability of staying, for each state.
    stays: Vec<f64>,
    /// Rate of the clock \[1/s\].
    pace: f64,
}

impl Steps {
    /// Follows a start to a time, in no more than so many steps.
    fn follow(
        &self,
        start: &[f64],
        (time, most): (f64, f64),
        limit: Option<&[f64]>,
    ) -> Result<Transient, ChainError> {
        let ticks = self.pace * time;
        if limit.is_none() && ticks > most {
            return Err(ChainError::TooLong { steps: ticks, limit: most });
        }
        let weights = Weights::new(ticks);
        let mut now = start.to_vec();
        let mut next = vec![0.0; now.len()];
        let mut probabilities = vec![0.0; now.len()];
        let mut occupation = vec![0.0; now.len()];
        let mut step = 0;
        loop {
            let (weight, later) = weights.at(step);
            add(&mut probabilities, weight, &now);
            add(&mut occupation, later / self.pace, &now);
            if step >= weights.last() {
                break;
            }
            if step % LOOK == 0
                && let Some(limit) = limit
                && distance(&now, limit) <= SETTLED
            {
                add(&mut probabilities, later, limit);
                let been: f64 = occupation.iter().sum();
                add(&mut occupation, (time - been).max(0.0), limit);
                break;
            }
            self.step(&now, &mut next);
            std::mem::swap(&mut now, &mut next);
            step += 1;
            if step as f64 > most {
                return Err(ChainError::TooLong { steps: ticks, limit: most });
            }
        }
        Ok(Transient { probabilities, occupation })
    }

    fn step(&self, now: &[f64], next: &mut [f64]) {
        for (state, next) in next.iter_mut().enumerate() {
            let inflow: f64 =
                self.incoming.row(state).map(|(from, rate)| now[from] * (rate / self.pace)).sum();
            *next = now[state] * self.stays[state] + inflow;
        }
    }
}

fn add(sum: &mut [f64], weight: f64, values: &[f64]) {
    if weight > 0.0 {
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
    }
}

fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).sum()
}

/// The probabilities of a Poisson law where they matter.
struct Weights {
    first: usize,
    each: Vec<f64>,
    /// The sum of all weights after each one.
    later: Vec<f64>,
}

impl Weights {
    /// From the largest weight outwards, so that nothing under- or overflows.
    fn new(mean: f64) -> Self {
        if mean > TICKS_MAX {
            return Self { first: usize::MAX - 1, each: vec![1.0], later: vec![0.0] };
        }
        let mode = mean.floor();
        let mut down = Vec::new();
        let (mut weight, mut count) = (1.0, mode);
        while count > 0.0 {
            weight *= count / mean;
            count -= 1.0;
            if weight < NEGLIGIBLE {
                break;
            }
            down.push(weight);
        }
        let first = mode as usize - down.len();
        let mut weights: Vec<f64> = down.into_iter().rev().collect();
        (weight, count) = (1.0, mode);
        while weight >= NEGLIGIBLE {
            weights.push(weight);
            count += 1.0;
            weight *= mean / count;
        }
        let mut later = vec![0.0; weights.len()];
        for place in (1..weights.len()).rev() {
            later[place - 1] = later[place] + weights[place];
        }
        // The smaller ones first.
        let sum = later[0] + weights[0];
        weights.iter_mut().chain(&mut later).for_each(|value| *value /= sum);
        Self { first, each: weights, later }
    }

    /// The step with the last weight.
    fn last(&self) -> usize {
        self.first + self.each.len() - 1
    }

    /// The probability of so many ticks, and of more.
    fn at(&self, step: usize) -> (f64, f64) {
        match step.checked_sub(self.first) {
            None => (0.0, 1.0),
            Some(place) => (self.each[place], self.later[place]),
        }
    }
}
