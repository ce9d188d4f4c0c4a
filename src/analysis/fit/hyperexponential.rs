//! Durations of two kinds, each without memory.

use super::{Durations, Family, Law, Parameter, Tie, Unfit};

/// The row of this family.
pub(in crate::analysis::fit) const FAMILY: Family = Family {
    name: "hyperexponential",
    degrees: 3,
    parameters: &[
        Parameter { name: "probability_1", unit: "ratio" },
        Parameter { name: "mean_1", unit: "s" },
        Parameter { name: "mean_2", unit: "s" },
    ],
    solve,
    values,
    derived: &[],
    derive: |_| Vec::new(),
    law: |values, _| match values {
        [share, first, second] if (0.0..=1.0).contains(share) && *first > 0.0 && *second > 0.0 => {
            Some(Law::Hyperexponential { branches: vec![(*share, *first), (1.0 - share, *second)] })
        }
        _ => None,
    },
};

/// Shares of durations below the places at which they are divided into two kinds to start with.
const STARTS: [f64; 4] = [0.1, 0.4, 0.7, 0.95];
/// Steps from each start before the best goes on alone.
const TRIALS: usize = 8;
/// Most steps of the best.
const STEPS: usize = 2000;
/// The last step changes logarithms of parameters by no more than this.
const SHORT: f64 = 1e-9;
/// By how much two branches must be more likely than one, in logarithms.
const GAIN: f64 = 1e-6;

/// Probability of the first branch, means of the first and the second; the first is the shorter.
#[derive(Debug, Clone, Copy)]
struct Pair {
    share: f64,
    means: [f64; 2],
}

/// Steps of expectation and maximisation from several starts, each stretched as far as two of them in a row suggest.
///
/// Source: Dempster, Laird and Rubin, Maximum likelihood from incomplete data via the EM algorithm (1977), section 4.3;
/// stretched as in Varadhan and Roland, Simple and globally convergent methods for accelerating the convergence of any
/// EM algorithm (2008), scheme S3.
fn solve(durations: &Durations) -> Result<Law, Unfit> {
    let mean = durations.total() / durations.events();
    let single = -durations.events() * (mean.ln() + 1.0);
    let tried = STARTS.iter().map(|share| run(start(durations, *share), durations, TRIALS));
    let best = tried.max_by(|one, other| one.1.total_cmp(&other.1)).ok_or(Unfit::NoMaximum)?;
    let (pair, height) = run(best.0, durations, STEPS);
    if height.is_nan() || height <= single + GAIN {
        return Err(Unfit::NoMixture { mean });
    }
    let mut branches = vec![(pair.share, pair.means[0]), (1.0 - pair.share, pair.means[1])];
    branches.sort_by(|one, other| one.1.total_cmp(&other.1));
    Ok(Law::Hyperexponential { branches })
}

fn values(law: &Law) -> Vec<f64> {
    match law {
        Law::Hyperexponential { branches } => match branches[..] {
            [(share, first), (_, second)] => vec![share, first, second],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The means of the shortest of all durations, and of the others.
fn start(durations: &Durations, share: f64) -> Pair {
    let mut all: Vec<Tie> = durations.all().copied().collect();
    all.sort_by(|one, other| one.time.total_cmp(&other.time));
    let wanted = share * durations.count();
    let (mut count, mut total) = (0.0, 0.0);
    for tie in &all {
        if count >= wanted && count > 0.0 {
            break;
        }
        count += tie.count;
        total += tie.count * tie.time;
    }
    let longest = durations.longest();
    let rest = durations.count() - count;
    let above = if rest > 0.0 { (durations.total() - total) / rest } else { longest };
    // As much longer as those that go on make the whole.
    let stretch = durations.count() / durations.events();
    Pair { share: share.clamp(0.05, 0.95), means: [total / count, above * stretch] }
}

/// So many steps, or fewer when they no longer change anything, and the log-likelihood where they end.
fn run(start: Pair, durations: &Durations, steps: usize) -> (Pair, f64) {
    let mut here = start;
    for _ in 0..steps {
        let (once, _) = improve(here, durations);
        let (twice, height) = improve(once, durations);
        let (one, two, three) = (here.scaled(), once.scaled(), twice.scaled());
        let first: [f64; 3] = std::array::from_fn(|part| two[part] - one[part]);
        let change: [f64; 3] = std::array::from_fn(|part| three[part] - two[part] - first[part]);
        let length = |vector: &[f64; 3]| vector.iter().map(|part| part * part).sum::<f64>().sqrt();
        if length(&first) <= SHORT || length(&change) <= 0.0 {
            here = twice;
            break;
        }
        let stretch = (length(&first) / length(&change)).max(1.0);
        let ahead = Pair::unscaled(std::array::from_fn(|part| {
            one[part] + 2.0 * stretch * first[part] + stretch * stretch * change[part]
        }));
        let (further, ahead_height) = improve(ahead, durations);
        here = if ahead_height >= height { further } else { twice };
    }
    (here, improve(here, durations).1)
}

/// The pair after one step, and the log-likelihood before it.
fn improve(pair: Pair, durations: &Durations) -> (Pair, f64) {
    let shares = [pair.share, 1.0 - pair.share];
    let rates = pair.means.map(f64::recip);
    let (mut height, mut ended, mut time, mut first) = (0.0, [0.0; 2], [0.0; 2], 0.0);
    let mut add = |ties: &[Tie], weights: [f64; 2], have_ended: bool| {
        for tie in ties {
            // Relative to the slower, which never vanishes alone.
            let slow = rates[0].min(rates[1]);
            let parts = [0, 1].map(|kind| weights[kind] * (-(rates[kind] - slow) * tie.time).exp());
            let whole = parts[0] + parts[1];
            height += tie.count * (whole.ln() - slow * tie.time);
            let first_part = tie.count * parts[0] / whole;
            let parts = [first_part, tie.count - first_part];
            first += first_part;
            for kind in [0, 1] {
                time[kind] += parts[kind] * tie.time;
                if have_ended {
                    ended[kind] += parts[kind];
                }
            }
        }
    };
    add(durations.observed(), [shares[0] * rates[0], shares[1] * rates[1]], true);
    add(durations.censored(), shares, false);
    let share = (first / durations.count()).clamp(1e-12, 1.0 - 1e-12);
    let means =
        [0, 1].map(|kind| if ended[kind] > 1e-9 { time[kind] / ended[kind] } else { pair.means[kind] });
    let is_sound = height.is_finite();
    let height = if is_sound { height } else { f64::NEG_INFINITY };
    (if is_sound { Pair { share, means } } else { pair }, height)
}

impl Pair {
    /// On scales that have no ends.
    fn scaled(self) -> [f64; 3] {
        [(self.share / (1.0 - self.share)).ln(), self.means[0].ln(), self.means[1].ln()]
    }

    fn unscaled([share, first, second]: [f64; 3]) -> Self {
        let share = (1.0 / (1.0 + (-share).exp())).clamp(1e-12, 1.0 - 1e-12);
        Self { share, means: [first.exp(), second.exp()] }
    }
}
