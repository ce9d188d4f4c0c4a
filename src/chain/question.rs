//! What can be asked of a chain, and its answers.

use super::Model;
use crate::analysis::markov::{ChainError, mean_reward};

/// Most states whose shares are told one by one.
const STATES_SHOWN: usize = 20;

/// What is asked of a chain; with neither a time nor an end, its long run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// Where it stands at this time, in the unit of its rates, and what it has done until then.
    pub at: Option<f64>,
    /// How likely and how soon it gets to these states.
    pub until: Option<Vec<bool>>,
    /// How likely it does so before it is in these; where it starts in them, before it is back.
    pub before: Option<Vec<bool>>,
    /// State in which it starts, instead of its own.
    pub start: Option<usize>,
}

/// What an answer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// The chain as a whole.
    Chain,
    /// A named set of states.
    Label(String),
    /// A reward.
    Reward(String),
    /// One state.
    State(String),
}

/// What an answer is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A probability or share.
    Ratio,
    /// The unit of time of the rates.
    Time,
    /// That of the reward.
    Reward,
    /// That of the reward, for each unit of time.
    RewardRate,
    /// That of a reward of transitions.
    Count,
    /// That of a reward of transitions, for each unit of time.
    CountRate,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainAnswer {
    /// What it is about.
    pub of: Of,
    /// Its name.
    pub name: &'static str,
    /// Its value; infinite for a time that may never end.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// What it is.
    pub meaning: &'static str,
}

/// How the answers were found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// By elimination, and how far off the worst balance equation is.
    Elimination {
        /// Relative to what flows out of its state.
        residual: f64,
    },
    /// By sweeps.
    Sweeps {
        /// As for elimination.
        residual: f64,
        /// How many cycles.
        cycles: usize,
    },
    /// By the steps of a Poisson clock.
    Steps,
    /// From the long run of the chain that starts again whenever it ends.
    Cycles,
}

/// Answers of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainAnswers {
    /// The name of the state in which it starts.
    pub start: String,
    /// How they were found.
    pub method: Method,
    /// The answers.
    pub answers: Vec<ChainAnswer>,
    /// States that have a share but are not told one by one.
    pub hidden: usize,
}

impl Model {
    /// Answers a question about the chain.
    ///
    /// # Errors
    ///
    /// What the chain says: rates too far apart, a time too long, sweeps that do not converge.
    ///
    /// # Examples
    ///
    /// ```
    /// use ninefold::chain::{Question, read_rates};
    /// let model = read_rates("from,to,rate\nup,down,1\ndown,up,99\n", 1.0).unwrap();
    /// let found = model.answer(&Question::default()).unwrap();
    /// assert!((found.answers[0].value - 0.99).abs() < 1e-15);
    /// ```
    pub fn answer(&self, question: &Question) -> Result<ChainAnswers, ChainError> {
        let at = question.start.unwrap_or(self.start);
        let mut start = vec![0.0; self.chain.states()];
        let states = start.len();
        *start.get_mut(at).ok_or(ChainError::UnknownState { state: at, states })? = 1.0;
        let mut found = match (&question.until, question.at) {
            (Some(until), _) => self.until(&start, at, until, question.before.as_deref())?,
            (None, Some(time)) => self.at(&start, time)?,
            (None, None) => self.long_run(&start)?,
        };
        found.start = self.name(at);
        Ok(found)
    }

    fn long_run(&self, start: &[f64]) -> Result<ChainAnswers, ChainError> {
        let steady = self.chain.steady_from(start)?;
        let shares = &steady.probabilities;
        let mut answers = self.over_labels(shares, "share", "share of time in the long run");
        for (name, rewards) in &self.rewards {
            answers.push(ChainAnswer {
                of: Of::Reward(name.clone()),
                name: "mean",
                value: mean_reward(shares, rewards)?,
                unit: self.reward_rate(name),
                meaning: "mean over time in the long run",
            });
        }
        let hidden = self.over_states(shares, "share of time in the long run", &mut answers);
        let residual = steady.residual;
        let method = match steady.cycles {
            0 => Method::Elimination { residual },
            cycles => Method::Sweeps { residual, cycles },
        };
        Ok(ChainAnswers { start: String::new(), method, answers, hidden })
    }

    fn at(&self, start: &[f64], time: f64) -> Result<ChainAnswers, ChainError> {
        let then = self.chain.transient(start, time)?;
        let mut answers = self.over_labels(&then.probabilities, "probability", "probability at that time");
        if time > 0.0 {
            let shares: Vec<f64> = then.occupation.iter().map(|spent| spent / time).collect();
            answers.extend(self.over_labels(&shares, "share", "share of the time until then"));
        }
        for (name, rewards) in &self.rewards {
            let of = Of::Reward(name.clone());
            let (now, sum) =
                (mean_reward(&then.probabilities, rewards)?, mean_reward(&then.occupation, rewards)?);
            let meaning = "mean at that time";
            answers.push(ChainAnswer {
                of: of.clone(),
                name: "mean",
                value: now,
                unit: self.reward_rate(name),
                meaning,
            });
            let meaning = "mean of what is gathered until then";
            let unit = self.reward(name);
            answers.push(ChainAnswer { of, name: "gathered", value: sum, unit, meaning });
        }
        let hidden = self.over_states(&then.probabilities, "probability at that time", &mut answers);
        Ok(ChainAnswers { start: String::new(), method: Method::Steps, answers, hidden })
    }

    fn until(
        &self,
        start: &[f64],
        at: usize,
        until: &[bool],
        before: Option<&[bool]>,
    ) -> Result<ChainAnswers, ChainError> {
        let mut answers = Vec::new();
        let mut whole = |name, value, unit, meaning| {
            answers.push(ChainAnswer { of: Of::Chain, name, value, unit, meaning });
        };
        if let Some(before) = before {
            let is_back = before.get(at) == Some(&true) && until.get(at) != Some(&true);
            let leaves = if is_back { self.after_leaving(at) } else { start.to_vec() };
            let meaning = "probability of getting there before the others";
            let value = self.chain.probability_of(&leaves, until, before)?;
            whole("probability", value, Unit::Ratio, meaning);
        } else {
            let never = vec![false; until.len()];
            let value = self.chain.probability_of(start, until, &never)?;
            whole("probability", value, Unit::Ratio, "probability of ever getting there");
            let time = self.chain.mean_time_to(start, until)?;
            whole("time_mean", time, Unit::Time, "mean time until it gets there");
            for (name, rewards) in &self.rewards {
                let value = self.chain.reward_until(start, until, rewards)?;
                let meaning = "mean of what is gathered until it gets there";
                let of = Of::Reward(name.clone());
                let unit = self.reward(name);
                answers.push(ChainAnswer { of, name: "gathered", value, unit, meaning });
            }
        }
        Ok(ChainAnswers { start: String::new(), method: Method::Cycles, answers, hidden: 0 })
    }

    /// Where the chain goes when it leaves a state; it stays where it never leaves.
    fn after_leaving(&self, state: usize) -> Vec<f64> {
        let mut next = vec![0.0; self.chain.states()];
        let exit = self.chain.exit_rate(state);
        if exit > 0.0 {
            self.chain.row(state).for_each(|(to, rate)| next[to] = rate / exit);
        } else {
            next[state] = 1.0;
        }
        next
    }

    /// What a reward is measured in.
    fn reward(&self, name: &String) -> Unit {
        if self.by_moves.contains(name) { Unit::Count } else { Unit::Reward }
    }

    fn reward_rate(&self, name: &String) -> Unit {
        if self.by_moves.contains(name) { Unit::CountRate } else { Unit::RewardRate }
    }

    fn over_labels(&self, shares: &[f64], name: &'static str, meaning: &'static str) -> Vec<ChainAnswer> {
        let one = |(label, set): &(String, Vec<bool>)| ChainAnswer {
            of: Of::Label(label.clone()),
            name,
            value: shares.iter().zip(set).filter(|(_, is_in)| **is_in).map(|(share, _)| share).sum(),
            unit: Unit::Ratio,
            meaning,
        };
        self.labels.iter().map(one).collect()
    }

    /// Adds the shares of the states that have most, in the order of states; returns how many others have any.
    fn over_states(&self, shares: &[f64], meaning: &'static str, answers: &mut Vec<ChainAnswer>) -> usize {
        let mut order: Vec<usize> = (0..shares.len()).filter(|state| shares[*state] > 0.0).collect();
        let hidden = order.len().saturating_sub(STATES_SHOWN);
        order.sort_by(|one, other| shares[*other].total_cmp(&shares[*one]).then(one.cmp(other)));
        order.truncate(STATES_SHOWN);
        order.sort_unstable();
        answers.extend(order.into_iter().map(|state| ChainAnswer {
            of: Of::State(self.name(state)),
            name: "probability",
            value: shares[state],
            unit: Unit::Ratio,
            meaning,
        }));
        hidden
    }
}

impl Method {
    /// In words.
    pub fn describe(self) -> String {
        match self {
            Self::Elimination { residual } => format!("elimination (balance holds to {residual:.0e})"),
            Self::Sweeps { residual, cycles } => {
                format!("{cycles} cycles of sweeps (balance holds to {residual:.0e})")
            }
            Self::Steps => "uniformisation".to_owned(),
            Self::Cycles => "the long run of the chain that starts again whenever it ends".to_owned(),
        }
    }
}
