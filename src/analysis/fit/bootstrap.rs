//! What a law and its fit would be like if the law were right.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, Gamma, LogNormal, Weibull};

use super::{Durations, Family, Law, Step, Tie, Unfit, anderson_darling};

/// Draws durations like the recorded ones from a fitted law, and fits the same family to them.
///
/// Those that ended are drawn anew; observation ends for each as it ended in the record, and where that is not known,
/// as Kaplan and Meier estimate from those of which it is known.
///
/// Source: Stute, Gonzalez Manteiga and Presedo Quindimil, Bootstrap based goodness-of-fit tests (1993), for the level;
/// Davison and Hinkley, Bootstrap Methods and their Application (1997), algorithm 3.3, for the censoring.
#[derive(Debug, Clone)]
pub struct Bootstrap<'d> {
    family: &'static Family,
    law: &'d Law,
    durations: &'d Durations,
    ends: Vec<Step>,
}

/// What came of one resample.
#[derive(Debug, Clone, PartialEq)]
pub struct Refit {
    /// Values of the parameters of the family, then the mean \[s\], then what is derived from them.
    pub values: Vec<f64>,
    /// A-squared between the resample and the law fitted to it.
    pub a_squared: f64,
}

impl<'d> Bootstrap<'d> {
    /// Resamples of a law that was fitted to these durations.
    pub fn new(family: &'static Family, law: &'d Law, durations: &'d Durations) -> Self {
        Self { family, law, durations, ends: durations.end_of_observation() }
    }

    /// One resample and what is fitted to it; `None` when nothing can be.
    pub fn refit<R: Rng + ?Sized>(&self, random: &mut R) -> Option<Refit> {
        let durations = self.resample(random)?;
        let law = match self.family.fit(&durations) {
            Ok(law) => law,
            Err(Unfit::NoMixture { mean }) => Law::Hyperexponential { branches: vec![(0.5, mean); 2] },
            Err(_) => return None,
        };
        let mut values = self.family.values(&law);
        values.push(law.mean());
        values.extend(self.family.derived(&law));
        Some(Refit { values, a_squared: anderson_darling(&law, &durations) })
    }

    /// Durations that the law might have brought about.
    pub(super) fn resample<R: Rng + ?Sized>(&self, random: &mut R) -> Option<Durations> {
        let (mut observed, mut censored) = (Vec::new(), Vec::new());
        let mut add = |time: f64, end: f64| {
            if time <= end { observed.push(time) } else { censored.push(end) }
        };
        for tie in self.durations.observed() {
            for _ in 0..tie.count as u64 {
                let end = self.end_after(tie, random);
                add(sample(self.law, random)?, end);
            }
        }
        for tie in self.durations.censored() {
            for _ in 0..tie.count as u64 {
                add(sample(self.law, random)?, tie.time);
            }
        }
        // A draw of zero is too short for a number.
        for time in &mut observed {
            *time = time.max(f64::MIN_POSITIVE);
        }
        Durations::new(observed, censored).ok()
    }

    /// When the observation of one that ended would have ended, as far as that can be known.
    fn end_after<R: Rng + ?Sized>(&self, tie: &Tie, random: &mut R) -> f64 {
        if self.ends.is_empty() {
            return f64::INFINITY;
        }
        let from = self.ends.partition_point(|step| step.time < tie.time);
        let before = self.ends.get(from).map_or(1.0, |step| step.before);
        let wanted = before + (1.0 - before) * random.random::<f64>();
        let place = from + self.ends[from..].partition_point(|step| step.after <= wanted);
        self.ends.get(place).map_or(f64::INFINITY, |step| step.time)
    }
}

/// A duration drawn from a law \[s\]; `None` when its parameters are none, or nobody has needed it yet.
pub(super) fn sample<R: Rng + ?Sized>(law: &Law, random: &mut R) -> Option<f64> {
    let unit: f64;
    Some(match law {
        Law::Exponential { mean } => {
            unit = Exp1.sample(random);
            mean * unit
        }
        Law::Gamma { shape, mean } => Gamma::new(*shape, mean / shape).ok()?.sample(random),
        Law::Hyperexponential { branches } => {
            let chosen = random.random::<f64>();
            let mut below = 0.0;
            let branch = branches.iter().find(|(share, _)| {
                below += share;
                chosen < below
            });
            unit = Exp1.sample(random);
            branch.or(branches.last())?.1 * unit
        }
        Law::Lognormal { mu, sigma } => LogNormal::new(*mu, *sigma).ok()?.sample(random),
        Law::Weibull { shape, scale } => Weibull::new(*scale, *shape).ok()?.sample(random),
        Law::Constant { .. } | Law::Uniform { .. } | Law::Pareto { .. } => {
            law.quantile(random.random::<f64>())
        }
    })
}

/// The interval of a positive number, or of a share, from its estimate in resamples: what the resamples err by on a scale
/// without ends is what the estimate errs by.
///
/// ```text
/// g(low) = 2 g(estimate) - g(q_high),  g(high) = 2 g(estimate) - g(q_low),  g = ln, the logit of a share, or nothing for what is a logarithm
/// ```
///
/// It is exact for scales and shapes that the estimate divided by the truth does not depend on, such as the mean of an
/// exponential and the shape of a Weibull law of complete data. `None` for fewer than 20 resamples.
///
/// Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), section 5.2 (basic, transformed scale).
pub fn interval(estimate: f64, resampled: &[f64], unit: &str, confidence: f64) -> Option<(f64, f64)> {
    const FEWEST: usize = 20;
    let scale = |value: f64| match unit {
        "ratio" => (value / (1.0 - value)).ln(),
        "ln s" => value,
        _ => value.ln(),
    };
    let back = |value: f64| match unit {
        "ratio" => 1.0 / (1.0 + (-value).exp()),
        "ln s" => value,
        _ => value.exp(),
    };
    let mut scaled: Vec<f64> = resampled.iter().map(|value| scale(*value)).collect();
    scaled.sort_unstable_by(f64::total_cmp);
    if scaled.len() < FEWEST {
        return None;
    }
    let quantile = |share: f64| {
        let place = (share * (scaled.len() + 1) as f64 - 1.0).clamp(0.0, (scaled.len() - 1) as f64);
        let (low, high) = (scaled[place.floor() as usize], scaled[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    let tail = (1.0 - confidence) / 2.0;
    let middle = 2.0 * scale(estimate);
    Some((back(middle - quantile(1.0 - tail)), back(middle - quantile(tail))))
}

/// The share of resamples that are as far from their law as the data, the data counted among them; `None` without any.
///
/// Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), equation 4.11.
pub fn level(a_squared: f64, resampled: &[f64]) -> Option<f64> {
    let beyond = resampled.iter().filter(|one| **one >= a_squared).count();
    (!resampled.is_empty()).then(|| (beyond + 1) as f64 / (resampled.len() + 1) as f64)
}
