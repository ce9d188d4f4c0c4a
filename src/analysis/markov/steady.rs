//! The long run: the share of time that a chain spends in each state.

use super::{Chain, ChainError, DENSE_MAX, dense, multilevel};

/// The long run of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Steady {
    /// The share of time in each state; 0 in states that are left for good.
    pub probabilities: Vec<f64>,
    /// Largest difference of the two sides of a balance equation, relative to one of them.
    pub residual: f64,
    /// Cycles of sweeps; 0 where all was done by elimination.
    pub cycles: usize,
}

impl Chain {
    /// The share of time in each state in the long run, wherever the chain starts.
    ///
    /// ```text
    /// p Q = 0,  sum p = 1
    /// ```
    ///
    /// By elimination without subtractions (Grassmann, Taksar and Heyman 1985) up to [`DENSE_MAX`] recurrent states,
    /// exact to about 14 digits in every entry; by sweeps on several levels above.
    ///
    /// # Errors
    ///
    /// [`ChainError::Reducible`] where the long run depends on the start (see [`Chain::steady_from`]), rates too far
    /// apart, or sweeps that do not converge.
    pub fn steady(&self) -> Result<Steady, ChainError> {
        match &self.closed_classes()[..] {
            [class] => self.steady_of(class),
            classes => Err(ChainError::Reducible { classes: classes.len() }),
        }
    }

    /// The share of time in each state in the long run for a chain that starts in state `i` with probability
    /// `start[i]`.
    ///
    /// Where it may end up in one of several closed classes, these are weighted by the probability of each.
    ///
    /// # Errors
    ///
    /// Starting probabilities that are none, rates too far apart, or sweeps that do not converge.
    pub fn steady_from(&self, start: &[f64]) -> Result<Steady, ChainError> {
        self.check_start(start)?;
        let reached = self.reached((0..self.states()).filter(|state| start[*state] > 0.0), |_| false);
        let mut classes = self.closed_classes();
        classes.retain(|class| class.first().is_some_and(|state| reached[*state]));
        if let [class] = &classes[..] {
            return self.steady_of(class);
        }
        let mut whole = Steady { probabilities: vec![0.0; self.states()], residual: 0.0, cycles: 0 };
        let mut is_closed = vec![false; self.states()];
        classes.iter().flatten().for_each(|state| is_closed[*state] = true);
        for class in &classes {
            let mut wanted = vec![false; self.states()];
            for state in class {
                wanted[*state] = true;
            }
            let avoided: Vec<bool> =
                is_closed.iter().zip(&wanted).map(|(closed, wanted)| *closed && !wanted).collect();
            let weight = self.probability_of(start, &wanted, &avoided)?;
            let part = self.steady_of(class)?;
            whole.residual = whole.residual.max(part.residual);
            whole.cycles = whole.cycles.max(part.cycles);
            for state in class {
                whole.probabilities[*state] = weight * part.probabilities[*state];
            }
        }
        Ok(whole)
    }

    /// The long run within one closed class.
    fn steady_of(&self, class: &[usize]) -> Result<Steady, ChainError> {
        let part = if class.len() == self.states() { None } else { Some(self.part(class)) };
        let found = part.as_ref().unwrap_or(self).solve_closed()?;
        let mut probabilities = vec![0.0; self.states()];
        for (state, share) in class.iter().zip(found.probabilities) {
            probabilities[*state] = share;
        }
        Ok(Steady { probabilities, ..found })
    }

    /// The long run of a chain that is one closed class.
    pub(in crate::analysis::markov) fn solve_closed(&self) -> Result<Steady, ChainError> {
        if self.states() > DENSE_MAX {
            return multilevel::steady(self);
        }
        let probabilities = dense::steady(self)?;
        let residual = multilevel::imbalance(&self.reversed(), &self.exit_rates(), &probabilities);
        Ok(Steady { probabilities, residual, cycles: 0 })
    }

    /// The rate at which each state is left \[1/s\].
    pub(in crate::analysis::markov) fn exit_rates(&self) -> Vec<f64> {
        (0..self.states()).map(|state| self.exit_rate(state)).collect()
    }
}
