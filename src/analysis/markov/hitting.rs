//! Getting somewhere: how long it takes, and how likely it is to get there first.

use super::{Chain, ChainError, DENSE_MAX, check_rewards, dense};

impl Chain {
    /// The mean time until the chain, started in each state, is first in one of `targets` \[s\]; infinite where it may
    /// never be.
    ///
    /// By elimination without subtractions, so that the longest of times is as precise as the shortest.
    ///
    /// # Errors
    ///
    /// More than [`DENSE_MAX`] states besides the targets (see [`Chain::mean_time_to`]), or rates too far apart.
    ///
    /// # Examples
    ///
    /// Two units that each fail once in 10 hours, one repaired in one hour: both are down after (3 / 0.1 + 1 / 0.1^2)
    /// / 2 = 65 hours (Trivedi 2002, example 8.30).
    ///
    /// ```
    /// use ninefold::analysis::markov::Chain;
    /// let chain = Chain::new(3, [(0, 1, 0.2), (1, 2, 0.1), (1, 0, 1.0)]).unwrap();
    /// let times = chain.mean_times_to(&[false, false, true]).unwrap();
    /// assert!((times[0] - 65.0).abs() < 1e-10);
    /// ```
    pub fn mean_times_to(&self, targets: &[bool]) -> Result<Vec<f64>, ChainError> {
        self.check_set(targets)?;
        let certain = self.certain(targets);
        let inside: Vec<usize> =
            (0..self.states()).filter(|state| certain[*state] && !targets[*state]).collect();
        let found = self.gathered_inside(&inside, targets, |_, _| 1.0)?;
        let mut times: Vec<f64> =
            targets.iter().map(|target| if *target { 0.0 } else { f64::INFINITY }).collect();
        for (state, time) in inside.into_iter().zip(found) {
            times[state] = time;
        }
        Ok(times)
    }

    /// The probability that the chain, started in each state, gets to one of `wanted` before any of `avoided`.
    ///
    /// # Errors
    ///
    /// More than [`DENSE_MAX`] states besides these (see [`Chain::probability_of`]), or rates too far apart.
    ///
    /// # Examples
    ///
    /// A gambler with 1 of 3 coins who wins two of three bets ends with all three with probability 4/7 (Feller 1968,
    /// equation XIV.2.4).
    ///
    /// ```
    /// use ninefold::analysis::markov::Chain;
    /// let chain = Chain::new(4, [(1, 0, 1.0), (1, 2, 2.0), (2, 1, 1.0), (2, 3, 2.0)]).unwrap();
    /// let won = chain.probabilities_of(&[false, false, false, true], &[true, false, false, false]).unwrap();
    /// assert!((won[1] - 4.0 / 7.0).abs() < 1e-15);
    /// ```
    pub fn probabilities_of(&self, wanted: &[bool], avoided: &[bool]) -> Result<Vec<f64>, ChainError> {
        self.check_set(wanted)?;
        self.check_set(avoided)?;
        let hopeful = self.hopeful(wanted, avoided);
        let inside: Vec<usize> =
            (0..self.states()).filter(|state| hopeful[*state] && !wanted[*state]).collect();
        let ends: Vec<bool> = (0..self.states()).map(|state| wanted[state] || !hopeful[state]).collect();
        let found = self.gathered_inside(&inside, &ends, |chain, state| {
            chain.row(state).filter(|(to, _)| wanted[*to]).map(|(_, rate)| rate).sum()
        })?;
        let mut probabilities: Vec<f64> = wanted.iter().map(|wanted| f64::from(u8::from(*wanted))).collect();
        for (state, probability) in inside.into_iter().zip(found) {
            // Roundings of what is certain.
            probabilities[state] = probability.min(1.0);
        }
        Ok(probabilities)
    }

    /// The mean time until a chain that starts in state `i` with probability `start[i]` is first in one of `targets`
    /// \[s\]; infinite where it may never be.
    ///
    /// Found from the long run of the chain that starts again whenever it gets there, for any number of states.
    ///
    /// # Errors
    ///
    /// Starting probabilities that are none, rates too far apart, or sweeps that do not converge.
    pub fn mean_time_to(&self, start: &[f64], targets: &[bool]) -> Result<f64, ChainError> {
        self.reward_until(start, targets, &vec![1.0; self.states()])
    }

    /// The mean reward gathered, at `rewards[i]` per second in state `i`, until a chain that starts in state `i` with
    /// probability `start[i]` is first in one of `targets`; infinite where it may never be.
    ///
    /// # Errors
    ///
    /// As [`Chain::mean_time_to`]; a reward that is no number.
    pub fn reward_until(&self, start: &[f64], targets: &[bool], rewards: &[f64]) -> Result<f64, ChainError> {
        self.check_start(start)?;
        self.check_set(targets)?;
        check_rewards(rewards, self.states())?;
        let certain = self.certain(targets);
        if (0..self.states()).any(|state| start[state] > 0.0 && !certain[state]) {
            return Ok(f64::INFINITY);
        }
        let Some(cycle) = self.cycle(start, targets, &vec![false; self.states()])? else { return Ok(0.0) };
        let gathered: f64 =
            cycle.inside.iter().zip(&cycle.shares).map(|(state, share)| share * rewards[*state]).sum();
        Ok(gathered / (cycle.at_wanted * cycle.again))
    }

    /// The probability that a chain that starts in state `i` with probability `start[i]` gets to one of `wanted` before
    /// any of `avoided`, for any number of states.
    ///
    /// # Errors
    ///
    /// As [`Chain::mean_time_to`].
    pub fn probability_of(
        &self,
        start: &[f64],
        wanted: &[bool],
        avoided: &[bool],
    ) -> Result<f64, ChainError> {
        self.check_start(start)?;
        self.check_set(wanted)?;
        self.check_set(avoided)?;
        let hopeful = self.hopeful(wanted, avoided);
        let hopeless: Vec<bool> = hopeful.iter().map(|hopeful| !hopeful).collect();
        let sum = |is_in: &dyn Fn(usize) -> bool| -> f64 {
            (0..self.states()).filter(|state| is_in(*state)).map(|state| start[state]).sum()
        };
        let at_once = sum(&|state| wanted[state]);
        let inside = sum(&|state| hopeful[state] && !wanted[state]);
        let Some(cycle) = self.cycle(start, wanted, &hopeless)? else { return Ok(at_once) };
        Ok(at_once + inside * cycle.at_wanted / (cycle.at_wanted + cycle.at_avoided))
    }

    /// The long run of the chain that starts again whenever it gets to `wanted` or `avoided`; `None` where it starts
    /// nowhere else.
    fn cycle(&self, start: &[f64], wanted: &[bool], avoided: &[bool]) -> Result<Option<Cycle>, ChainError> {
        let ends = |state: usize| wanted[state] || avoided[state];
        let begins = (0..self.states()).filter(|state| start[*state] > 0.0 && !ends(*state));
        let reached = self.reached(begins, ends);
        let inside: Vec<usize> =
            (0..self.states()).filter(|state| reached[*state] && !ends(*state)).collect();
        if inside.is_empty() {
            return Ok(None);
        }
        let count = inside.len();
        let mut number = vec![count + 1; self.states()];
        for (place, state) in inside.iter().enumerate() {
            number[*state] = place;
        }
        wanted.iter().zip(&mut number).filter(|(wanted, _)| **wanted).for_each(|(_, number)| *number = count);
        // Any rate will do; this one is of the size of the others.
        let again = inside.iter().map(|state| self.exit_rate(*state)).fold(0.0, f64::max);
        let mut rates = Vec::new();
        for (place, state) in inside.iter().enumerate() {
            rates.extend(self.row(*state).map(|(to, rate)| (place, number[to], rate)));
            rates.extend([count, count + 1].map(|end| (end, place, again * start[*state])));
        }
        let mut kept: Vec<usize> = (0..count).collect();
        kept.extend([count, count + 1].iter().filter(|end| rates.iter().any(|(_, to, _)| to == *end)));
        let chain = Self::new(count + 2, rates)?.part(&kept);
        let shares = chain.solve_closed()?.probabilities;
        let at = |end: usize| kept.iter().position(|state| *state == end).map_or(0.0, |place| shares[place]);
        let (at_wanted, at_avoided) = (at(count), at(count + 1));
        Ok(Some(Cycle { inside, shares: shares[..count].to_vec(), at_wanted, at_avoided, again }))
    }

    /// What is gathered from each of the states `inside` until one of `ends`.
    fn gathered_inside(
        &self,
        inside: &[usize],
        ends: &[bool],
        gain: impl Fn(&Self, usize) -> f64,
    ) -> Result<Vec<f64>, ChainError> {
        if inside.is_empty() {
            return Ok(Vec::new());
        }
        if inside.len() > DENSE_MAX {
            return Err(ChainError::TooLarge { states: inside.len(), limit: DENSE_MAX });
        }
        let leave: Vec<f64> = inside
            .iter()
            .map(|state| self.row(*state).filter(|(to, _)| ends[*to]).map(|(_, rate)| rate).sum())
            .collect();
        let gain: Vec<f64> = inside.iter().map(|state| gain(self, *state)).collect();
        dense::gathered(&self.part(inside), &leave, &gain)
    }

    /// The states from which `wanted` can be reached without passing `avoided`, which is none of them.
    fn hopeful(&self, wanted: &[bool], avoided: &[bool]) -> Vec<bool> {
        let goals = (0..self.states()).filter(|state| wanted[*state]);
        let mut hopeful = self.reversed().reached(goals, |state| avoided[state] && !wanted[state]);
        for state in 0..self.states() {
            hopeful[state] &= wanted[state] || !avoided[state];
        }
        hopeful
    }

    /// The states from which `targets` are reached with certainty.
    fn certain(&self, targets: &[bool]) -> Vec<bool> {
        let hopeful = self.hopeful(targets, &vec![false; self.states()]);
        let lost = (0..self.states()).filter(|state| !hopeful[*state]);
        // Whoever can get lost without having been at a target may never be there.
        let doubtful = self.reversed().reached(lost, |state| targets[state]);
        (0..self.states()).map(|state| targets[state] || !doubtful[state]).collect()
    }

    fn check_set(&self, set: &[bool]) -> Result<(), ChainError> {
        if set.len() == self.states() {
            return Ok(());
        }
        Err(ChainError::Length { found: set.len(), states: self.states() })
    }
}

/// The long run of a chain that starts again at its ends.
struct Cycle {
    /// States besides the ends.
    inside: Vec<usize>,
    /// Share of time in each of them.
    shares: Vec<f64>,
    /// Share of time at the wanted end.
    at_wanted: f64,
    /// Share of time at the other end.
    at_avoided: f64,
    /// Rate at which it starts again from an end \[1/s\], times the probability of starting in a state besides the ends.
    again: f64,
}
