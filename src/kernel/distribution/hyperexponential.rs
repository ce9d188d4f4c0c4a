//! One of several exponentials: less regular than one of them.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1};

use super::{Law, Load, positive};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Settings of a hyperexponential law: `probabilities` and `means`, or `mean` and `cv`.
    pub struct Settings {
        /// Probability of each branch; they sum to 1.
        probabilities: Option<Vec<Probability>> = None,
        /// Mean of each branch.
        means: Option<Vec<SimDuration>> = None,
        /// Mean of the whole.
        mean: Option<SimDuration> = None,
        /// Coefficient of variation of the whole, at least 1; two branches with balanced means.
        #[range = ">= 1"]
        cv: Option<f64> = None,
    }
}

/// One of several exponentials, chosen at random.
///
/// ```text
/// F(x) = 1 - sum(p_i exp(-x / m_i)),  mean sum(p_i m_i),  E[X^2] = 2 sum(p_i m_i^2)
/// balanced means: p = (1 + sqrt((cv^2 - 1) / (cv^2 + 1))) / 2,  m_1 = mean / 2p,  m_2 = mean / 2(1 - p)
/// ```
///
/// Source: Tijms, A First Course in Stochastic Models (2003), appendix B.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperexponential {
    branches: Box<[Branch]>,
    mean: f64,
    variance: f64,
}

#[derive(Debug, Clone, PartialEq)]
struct Branch {
    probability: f64,
    mean: f64,
    /// Probability of this branch and those before it.
    below: f64,
    /// The same for the interval in progress, which is met in proportion to its length.
    met_below: f64,
}

/// What may be missing from a sum of probabilities that were written as decimals.
const SUM_TOLERANCE: f64 = 1e-9;

impl Hyperexponential {
    fn of(branches: &[(f64, f64)]) -> Self {
        let mean: f64 = branches.iter().map(|(probability, mean)| probability * mean).sum();
        let square: f64 = branches.iter().map(|(probability, mean)| 2.0 * probability * mean.powi(2)).sum();
        let (mut below, mut met_below) = (0.0, 0.0);
        let branch = |(probability, own): &(f64, f64)| {
            below += probability;
            met_below += if mean > 0.0 { probability * own / mean } else { *probability };
            Branch { probability: *probability, mean: *own, below, met_below }
        };
        Self { branches: branches.iter().map(branch).collect(), mean, variance: square - mean.powi(2) }
    }

    /// Probability and mean \[s\] of each branch.
    pub fn branches(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.branches.iter().map(|branch| (branch.probability, branch.mean))
    }

    /// An exponential of the branch that `below` chooses; the last one where rounding leaves none.
    fn sample_of<R: Rng + ?Sized>(&self, below: impl Fn(&Branch) -> f64, random: &mut R) -> f64 {
        let chance = random.random::<f64>();
        let found = self.branches.iter().find(|branch| chance < below(branch));
        let mean = found.or(self.branches.last()).map_or(0.0, |branch| branch.mean);
        let unit: f64 = Exp1.sample(random);
        unit * mean
    }
}

impl Law for Hyperexponential {
    const NAME: &'static str = "hyperexponential";
    const SUMMARY: &'static str = "One of several exponentials; coefficient of variation above 1.";
    type Settings = Settings;

    fn new(settings: &Settings, _load: &mut Load<'_>) -> Result<Self, String> {
        match settings {
            Settings { probabilities: Some(probabilities), means: Some(means), mean: None, cv: None } => {
                branches(probabilities, means).map(|branches| Self::of(&branches))
            }
            Settings { probabilities: None, means: None, mean: Some(mean), cv: Some(cv) } => {
                balanced(mean.as_secs(), *cv).map(|branches| Self::of(&branches))
            }
            _ => Err("give either probabilities and means, or mean and cv".to_owned()),
        }
    }

    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sample_of(|branch| branch.below, random)
    }

    /// Within a branch there is no memory: what is left is exponential again.
    fn sample_residual<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.sample_of(|branch| branch.met_below, random)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.variance
    }

    fn cdf(&self, seconds: f64) -> f64 {
        if seconds < 0.0 {
            return 0.0;
        }
        let within = |branch: &Branch| {
            if branch.mean > 0.0 { -(-seconds / branch.mean).exp_m1() } else { 1.0 }
        };
        self.branches.iter().map(|branch| branch.probability * within(branch)).sum()
    }
}

fn branches(probabilities: &[Probability], means: &[SimDuration]) -> Result<Vec<(f64, f64)>, String> {
    if probabilities.len() != means.len() {
        let (given, wanted) = (means.len(), probabilities.len());
        return Err(format!("there are {wanted} probabilities but {given} means"));
    }
    if probabilities.is_empty() {
        return Err("there must be at least one branch".to_owned());
    }
    let total: f64 = probabilities.iter().map(|probability| probability.get()).sum();
    if (total - 1.0).abs() > SUM_TOLERANCE {
        return Err(format!("the probabilities sum to {total}, not to 1"));
    }
    let branch =
        |(probability, mean): (&Probability, &SimDuration)| (probability.get() / total, mean.as_secs());
    Ok(probabilities.iter().zip(means).map(branch).collect())
}

fn balanced(mean: f64, cv: f64) -> Result<Vec<(f64, f64)>, String> {
    let mean = positive("the mean", mean)?;
    let square = cv * cv;
    if cv < 1.0 || !square.is_finite() {
        return Err(format!("cv must be at least 1, not {cv}"));
    }
    let root = ((square - 1.0) / (square + 1.0)).sqrt();
    let often = f64::midpoint(1.0, root);
    // (1 - root) / 2, without losing digits when the root is near 1.
    let seldom = 1.0 / ((square + 1.0) * (1.0 + root));
    Ok(vec![(often, mean / (2.0 * often)), (seldom, mean / (2.0 * seldom))])
}
