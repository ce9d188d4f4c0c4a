//! A chain from its rates, and chains made of parts of it.

use super::{Chain, ChainError};

/// Most states that can be numbered.
const STATES_MAX: usize = u32::MAX as usize;

impl Chain {
    /// A chain of so many states with these rates, each from a state to a state \[1/s\].
    ///
    /// Rates between the same two states add up; a rate from a state to itself changes nothing and is left out.
    ///
    /// # Errors
    ///
    /// No states, a state that is not there, a rate that is negative or no number.
    ///
    /// # Examples
    ///
    /// A unit that fails once in 99 hours and is repaired in one is up for 99 % of the time.
    ///
    /// ```
    /// use ninefold::analysis::markov::Chain;
    /// let chain = Chain::new(2, [(0, 1, 1.0 / 99.0), (1, 0, 1.0)]).unwrap();
    /// assert!((chain.steady().unwrap().probabilities[0] - 0.99).abs() < 1e-15);
    /// ```
    pub fn new(
        states: usize,
        rates: impl IntoIterator<Item = (usize, usize, f64)>,
    ) -> Result<Self, ChainError> {
        if states == 0 {
            return Err(ChainError::Empty);
        }
        if states > STATES_MAX {
            return Err(ChainError::TooLarge { states, limit: STATES_MAX });
        }
        let mut edges = Vec::new();
        for (from, to, rate) in rates {
            if let Some(state) = [from, to].into_iter().find(|state| *state >= states) {
                return Err(ChainError::UnknownState { state, states });
            }
            if !(rate.is_finite() && rate >= 0.0) {
                return Err(ChainError::Rate { from, to, rate });
            }
            if rate > 0.0 && from != to {
                edges.push((from as u32, to as u32, rate));
            }
        }
        // A stable sort, so that rates that add up are added in the order in which they were given.
        edges.sort_by_key(|(from, to, _)| (*from, *to));
        let chain = Self::from_sorted(states, &edges);
        let overflow = (0..states).find(|state| !chain.exit_rate(*state).is_finite());
        overflow.map_or(Ok(chain), |_| Err(ChainError::Range))
    }

    fn from_sorted(states: usize, edges: &[(u32, u32, f64)]) -> Self {
        let mut starts = Vec::with_capacity(states + 1);
        let mut targets = Vec::with_capacity(edges.len());
        let mut rates: Vec<f64> = Vec::with_capacity(edges.len());
        starts.push(0);
        let mut row = 0;
        for (place, &(from, to, rate)) in edges.iter().enumerate() {
            while row < from {
                starts.push(targets.len());
                row += 1;
            }
            let is_same = place > 0 && (edges[place - 1].0, edges[place - 1].1) == (from, to);
            match rates.last_mut() {
                Some(sum) if is_same => *sum += rate,
                _ => {
                    targets.push(to);
                    rates.push(rate);
                }
            }
        }
        starts.resize(states + 1, targets.len());
        Self { starts, targets, rates }
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many rates above 0 there are.
    pub fn transitions(&self) -> usize {
        self.rates.len()
    }

    /// Where a state leads and at which rate \[1/s\], in the order of states.
    ///
    /// # Panics
    ///
    /// When there is no such state.
    pub fn row(&self, state: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[state]..self.starts[state + 1];
        let targets = self.targets[range.clone()].iter().map(|target| *target as usize);
        targets.zip(self.rates[range].iter().copied())
    }

    /// The rate at which a state is left \[1/s\].
    ///
    /// # Panics
    ///
    /// When there is no such state.
    pub fn exit_rate(&self, state: usize) -> f64 {
        self.rates[self.starts[state]..self.starts[state + 1]].iter().sum()
    }

    /// The chain on some of its states, in their order, without the rates that leave them.
    pub(in crate::analysis::markov) fn part(&self, states: &[usize]) -> Self {
        let mut number = vec![u32::MAX; self.states()];
        for (place, state) in states.iter().enumerate() {
            number[*state] = place as u32;
        }
        let mut edges = Vec::new();
        for (place, state) in states.iter().enumerate() {
            let inside = self.row(*state).filter(|(to, _)| number[*to] != u32::MAX);
            edges.extend(inside.map(|(to, rate)| (place as u32, number[to], rate)));
        }
        edges.sort_by_key(|(from, to, _)| (*from, *to));
        Self::from_sorted(states.len(), &edges)
    }

    /// The same rates, each from where it leads to where it comes from.
    pub(in crate::analysis::markov) fn reversed(&self) -> Self {
        let states = self.states();
        let mut starts = vec![0; states + 1];
        for target in &self.targets {
            starts[*target as usize + 1] += 1;
        }
        for state in 0..states {
            starts[state + 1] += starts[state];
        }
        let mut next = starts.clone();
        let mut targets = vec![0; self.targets.len()];
        let mut rates = vec![0.0; self.rates.len()];
        for state in 0..states {
            for (to, rate) in self.row(state) {
                targets[next[to]] = state as u32;
                rates[next[to]] = rate;
                next[to] += 1;
            }
        }
        Self { starts, targets, rates }
    }

    /// Refuses what is not one probability for each state with a sum of 1.
    pub(in crate::analysis::markov) fn check_start(&self, start: &[f64]) -> Result<(), ChainError> {
        if start.len() != self.states() {
            return Err(ChainError::Length { found: start.len(), states: self.states() });
        }
        let sum: f64 = start.iter().sum();
        // Sums of many rounded shares are off by a few units in the last place.
        if start.iter().all(|share| *share >= 0.0) && (sum - 1.0).abs() <= 1e-9 {
            return Ok(());
        }
        Err(ChainError::Start { sum })
    }
}
