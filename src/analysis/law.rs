//! Laws of random durations, as formulas need them: written apart from the laws that the simulator draws from.

use statrs::distribution::{ContinuousCDF, Gamma, LogNormal};
use statrs::function::gamma::{gamma, ln_gamma};

use super::numeric::{integrate, log_normal_tail, root};

/// A law of a random duration in seconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant {
        /// The duration \[s\], at least 0.
        value: f64,
    },
    /// Without memory.
    Exponential {
        /// Its mean \[s\], above 0.
        mean: f64,
    },
    /// Equally likely between two limits.
    Uniform {
        /// The lower one \[s\], at least 0.
        low: f64,
        /// The higher one \[s\], above `low`.
        high: f64,
    },
    /// A gamma law; with a whole `shape` a sum of equal exponential stages (Erlang).
    Gamma {
        /// Its shape, above 0; the coefficient of variation is 1 / sqrt(shape).
        shape: f64,
        /// Its mean \[s\], above 0.
        mean: f64,
    },
    /// One of several exponentials.
    Hyperexponential {
        /// Probability and mean \[s\] of each; the probabilities sum to 1.
        branches: Vec<(f64, f64)>,
    },
    /// Its logarithm is normal.
    Lognormal {
        /// Mean of the logarithm of the seconds.
        mu: f64,
        /// Standard deviation of the logarithm, above 0.
        sigma: f64,
    },
    /// A failure rate that is a power of the age.
    Weibull {
        /// Its shape, above 0.
        shape: f64,
        /// Its scale \[s\], above 0: F(scale) = 1 - 1/e.
        scale: f64,
    },
    /// A power-law tail above a minimum.
    Pareto {
        /// The minimum \[s\], above 0.
        minimum: f64,
        /// The exponent of the tail, above 0.
        shape: f64,
    },
}

impl Law {
    /// The hyperexponential law of this mean \[s\] and coefficient of variation (at least 1) whose two branches
    /// contribute equally to the mean.
    ///
    /// Source: Tijms, A First Course in Stochastic Models (2003), appendix B.
    pub fn balanced(mean: f64, cv: f64) -> Self {
        let square = cv * cv;
        let first = f64::midpoint(1.0, ((square - 1.0) / (square + 1.0)).sqrt());
        let branch = |probability: f64| (probability, mean / (2.0 * probability));
        Self::Hyperexponential { branches: vec![branch(first), branch(1.0 - first)] }
    }

    /// The lognormal law of this mean \[s\] and coefficient of variation, both above 0.
    pub fn lognormal(mean: f64, cv: f64) -> Self {
        let square = (cv * cv).ln_1p();
        Self::Lognormal { mu: mean.ln() - square / 2.0, sigma: square.sqrt() }
    }

    /// The Weibull law of this mean \[s\] and shape, both above 0.
    pub fn weibull(mean: f64, shape: f64) -> Self {
        Self::Weibull { shape, scale: mean / gamma(1.0 + shape.recip()) }
    }

    /// The law of the same duration times a `factor` above 0.
    #[must_use]
    pub fn slowed(self, factor: f64) -> Self {
        match self {
            Self::Constant { value } => Self::Constant { value: value * factor },
            Self::Exponential { mean } => Self::Exponential { mean: mean * factor },
            Self::Uniform { low, high } => Self::Uniform { low: low * factor, high: high * factor },
            Self::Gamma { shape, mean } => Self::Gamma { shape, mean: mean * factor },
            Self::Hyperexponential { branches } => Self::Hyperexponential {
                branches: branches.into_iter().map(|(share, mean)| (share, mean * factor)).collect(),
            },
            Self::Lognormal { mu, sigma } => Self::Lognormal { mu: mu + factor.ln(), sigma },
            Self::Weibull { shape, scale } => Self::Weibull { shape, scale: scale * factor },
            Self::Pareto { minimum, shape } => Self::Pareto { minimum: minimum * factor, shape },
        }
    }

    /// The name that a scenario has for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Constant { .. } => "constant",
            Self::Exponential { .. } => "exponential",
            Self::Uniform { .. } => "uniform",
            Self::Gamma { .. } => "gamma",
            Self::Hyperexponential { .. } => "hyperexponential",
            Self::Lognormal { .. } => "lognormal",
            Self::Weibull { .. } => "weibull",
            Self::Pareto { .. } => "pareto",
        }
    }

    /// The mean \[s\]; infinite where there is none.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant { value } => *value,
            Self::Exponential { mean } | Self::Gamma { mean, .. } => *mean,
            Self::Uniform { low, high } => f64::midpoint(*low, *high),
            Self::Hyperexponential { branches } => branches.iter().map(|(share, mean)| share * mean).sum(),
            Self::Lognormal { mu, sigma } => (mu + sigma * sigma / 2.0).exp(),
            Self::Weibull { shape, scale } => scale * gamma(1.0 + shape.recip()),
            Self::Pareto { minimum, shape } if *shape > 1.0 => shape * minimum / (shape - 1.0),
            Self::Pareto { .. } => f64::INFINITY,
        }
    }

    /// The variance \[s^2\]; infinite where there is none.
    pub fn variance(&self) -> f64 {
        match self {
            Self::Constant { .. } => 0.0,
            Self::Exponential { mean } => mean * mean,
            Self::Uniform { low, high } => (high - low).powi(2) / 12.0,
            Self::Gamma { shape, mean } => mean * mean / shape,
            Self::Hyperexponential { branches } => {
                let square: f64 = branches.iter().map(|(share, mean)| 2.0 * share * mean * mean).sum();
                square - self.mean().powi(2)
            }
            Self::Lognormal { sigma, .. } => self.mean().powi(2) * (sigma * sigma).exp_m1(),
            Self::Weibull { shape, scale } => {
                scale * scale * (gamma(1.0 + 2.0 / shape) - gamma(1.0 + shape.recip()).powi(2))
            }
            Self::Pareto { minimum, shape } if *shape > 2.0 => {
                minimum * minimum * shape / ((shape - 1.0).powi(2) * (shape - 2.0))
            }
            Self::Pareto { .. } => f64::INFINITY,
        }
    }

    /// The squared coefficient of variation, variance / mean^2.
    pub fn scv(&self) -> f64 {
        self.variance() / self.mean().powi(2)
    }

    /// The mean of the power `order` \[s^order\]; infinite where there is none.
    pub fn moment(&self, order: u32) -> f64 {
        let power = f64::from(order);
        let times = |start: f64| (0..order).map(|step| start + f64::from(step)).product::<f64>();
        match self {
            Self::Constant { value } => value.powf(power),
            Self::Exponential { mean } => times(1.0) * mean.powf(power),
            Self::Uniform { low, high } => {
                // The mean of all products of `order` limits, which is the integral without its cancellation.
                let product = |lows: u32| low.powf(f64::from(lows)) * high.powf(f64::from(order - lows));
                (0..=order).map(product).sum::<f64>() / (power + 1.0)
            }
            Self::Gamma { shape, mean } => times(*shape) * (mean / shape).powf(power),
            Self::Hyperexponential { branches } => {
                times(1.0) * branches.iter().map(|(share, mean)| share * mean.powf(power)).sum::<f64>()
            }
            Self::Lognormal { mu, sigma } => (power * mu + (power * sigma).powi(2) / 2.0).exp(),
            Self::Weibull { shape, scale } => scale.powf(power) * gamma(1.0 + power / shape),
            Self::Pareto { minimum, shape } if *shape > power => {
                minimum.powf(power) * shape / (shape - power)
            }
            Self::Pareto { .. } => f64::INFINITY,
        }
    }

    /// The mean of what does not exceed a limit, E[min(X, `limit`)] \[s\], with a finite limit of at least 0.
    pub fn limited_mean(&self, limit: f64) -> f64 {
        // The integral of the survival function, which has corners here.
        let corners = match self {
            Self::Constant { value } => return value.min(limit),
            Self::Uniform { low, high } => [*low, *high],
            Self::Pareto { minimum, .. } => [0.0, *minimum],
            _ => [0.0, 0.0],
        };
        let ends = [0.0, corners[0].min(limit), corners[1].min(limit), limit];
        let pieces = ends.windows(2).filter(|piece| piece[0] < piece[1]);
        pieces.map(|piece| integrate(piece[0], piece[1], |time| self.survival(time))).sum()
    }

    /// The probability of more than `time` seconds.
    pub fn survival(&self, time: f64) -> f64 {
        if time < 0.0 {
            return 1.0;
        }
        match self {
            Self::Constant { value } => f64::from(time < *value),
            Self::Exponential { mean } => (-time / mean).exp(),
            Self::Uniform { low, high } => ((high - time) / (high - low)).clamp(0.0, 1.0),
            Self::Gamma { shape, mean } => {
                Gamma::new(*shape, shape / mean).map_or(f64::NAN, |law| law.sf(time))
            }
            Self::Hyperexponential { branches } => {
                branches.iter().map(|(share, mean)| share * (-time / mean).exp()).sum()
            }
            Self::Lognormal { mu, sigma } => LogNormal::new(*mu, *sigma).map_or(f64::NAN, |law| law.sf(time)),
            Self::Weibull { shape, scale } => (-(time / scale).powf(*shape)).exp(),
            Self::Pareto { minimum, shape } => (minimum / time.max(*minimum)).powf(*shape),
        }
    }

    /// The probability of at most `time` seconds.
    pub fn cdf(&self, time: f64) -> f64 {
        match self {
            // Where a complement would lose digits.
            Self::Exponential { mean } if time >= 0.0 => -(-time / mean).exp_m1(),
            Self::Weibull { shape, scale } if time >= 0.0 => -(-(time / scale).powf(*shape)).exp_m1(),
            Self::Gamma { shape, mean } if time > 0.0 => {
                Gamma::new(*shape, shape / mean).map_or(f64::NAN, |law| law.cdf(time))
            }
            Self::Lognormal { mu, sigma } if time > 0.0 => {
                LogNormal::new(*mu, *sigma).map_or(f64::NAN, |law| law.cdf(time))
            }
            _ => 1.0 - self.survival(time),
        }
    }

    /// The logarithm of the probability of more than `time` seconds, also where that is too small for a number of the
    /// exponential, hyperexponential, lognormal and Weibull laws.
    pub fn log_survival(&self, time: f64) -> f64 {
        match self {
            Self::Exponential { mean } if time > 0.0 => -time / mean,
            Self::Weibull { shape, scale } if time > 0.0 => -(time / scale).powf(*shape),
            Self::Lognormal { mu, sigma } if time > 0.0 => log_normal_tail((time.ln() - mu) / sigma),
            Self::Hyperexponential { branches } if time > 0.0 => {
                log_sum(branches.iter().map(|(share, mean)| share.ln() - time / mean))
            }
            _ => self.survival(time).ln(),
        }
    }

    /// The logarithm of the density at `time` seconds \[ln(1/s)\]; negative infinity where there is none, and of a constant
    /// everywhere but at its value.
    pub fn log_density(&self, time: f64) -> f64 {
        // At zero, what grows without end is infinite, and what is flat has its value.
        let power = |exponent: f64, log: f64| if exponent == 0.0 { 0.0 } else { exponent * log };
        if time < 0.0 {
            return f64::NEG_INFINITY;
        }
        match self {
            Self::Constant { value } if (time - value).abs() > 0.0 => f64::NEG_INFINITY,
            Self::Constant { .. } => f64::INFINITY,
            Self::Exponential { mean } => -mean.ln() - time / mean,
            Self::Uniform { low, high } if (*low..=*high).contains(&time) => -(high - low).ln(),
            Self::Uniform { .. } => f64::NEG_INFINITY,
            Self::Gamma { shape, mean } => {
                let (rate, log) = (shape / mean, time.ln());
                power(shape - 1.0, log) - rate * time + shape * rate.ln() - ln_gamma(*shape)
            }
            Self::Hyperexponential { branches } => {
                log_sum(branches.iter().map(|(share, mean)| share.ln() - mean.ln() - time / mean))
            }
            Self::Lognormal { .. } if time == 0.0 => f64::NEG_INFINITY,
            Self::Lognormal { mu, sigma } => {
                let z = (time.ln() - mu) / sigma;
                -z * z / 2.0 - time.ln() - sigma.ln() - HALF_LOG_TAU
            }
            Self::Weibull { shape, scale } => {
                let log = (time / scale).ln();
                shape.ln() - scale.ln() + power(shape - 1.0, log) - (time / scale).powf(*shape)
            }
            Self::Pareto { minimum, .. } if time < *minimum => f64::NEG_INFINITY,
            Self::Pareto { minimum, shape } => shape.ln() + shape * (minimum / time).ln() - time.ln(),
        }
    }

    /// The time that is not exceeded with this probability, which lies in \[0, 1) \[s\].
    pub fn quantile(&self, probability: f64) -> f64 {
        match self {
            Self::Constant { value } => *value,
            Self::Exponential { mean } => -mean * (-probability).ln_1p(),
            Self::Uniform { low, high } => low + (high - low) * probability,
            Self::Weibull { shape, scale } => scale * (-(-probability).ln_1p()).powf(shape.recip()),
            Self::Pareto { minimum, shape } => minimum * (1.0 - probability).powf(-shape.recip()),
            Self::Lognormal { mu, sigma } => {
                LogNormal::new(*mu, *sigma).map_or(f64::NAN, |law| law.inverse_cdf(probability))
            }
            Self::Gamma { .. } | Self::Hyperexponential { .. } => {
                let mut high = self.mean();
                while self.survival(high) > 1.0 - probability {
                    high *= 2.0;
                }
                root(0.0, high, |time| self.cdf(time) - probability).unwrap_or(f64::NAN)
            }
        }
    }

    /// The Laplace transform E[exp(-rate X)] at a `rate` of at least 0 \[1/s\].
    pub fn transform(&self, rate: f64) -> f64 {
        match self {
            Self::Constant { value } => (-rate * value).exp(),
            Self::Exponential { mean } => 1.0 / (1.0 + rate * mean),
            Self::Gamma { shape, mean } => (1.0 + rate * mean / shape).powf(-shape),
            Self::Hyperexponential { branches } => {
                branches.iter().map(|(share, mean)| share / (1.0 + rate * mean)).sum()
            }
            // E[exp(-rate X)] is the mean over u of exp(-rate F^-1(u)).
            _ => integrate(0.0, 1.0, |chance| (-rate * self.quantile(chance)).exp()),
        }
    }
}

/// ln(2 pi) / 2.
const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// The logarithm of the sum of numbers whose logarithms these are.
fn log_sum(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    if greatest.is_finite() {
        greatest + logs.map(|log| (log - greatest).exp()).sum::<f64>().ln()
    } else {
        greatest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate_tail;

    fn laws() -> Vec<Law> {
        vec![
            Law::Constant { value: 2.0 },
            Law::Exponential { mean: 2.0 },
            Law::Uniform { low: 1.0, high: 3.0 },
            Law::Gamma { shape: 3.0, mean: 2.0 },
            Law::Gamma { shape: 0.5, mean: 2.0 },
            Law::balanced(2.0, 2.0),
            Law::lognormal(2.0, 1.5),
            Law::weibull(2.0, 0.7),
            Law::weibull(2.0, 3.0),
            Law::Pareto { minimum: 1.0, shape: 5.0 },
        ]
    }

    #[test]
    fn moments_are_those_of_the_survival_function() {
        for law in laws() {
            let mean = integrate_tail(0.0, 2.0, |time| law.survival(time));
            assert!((mean / law.mean() - 1.0).abs() < 1e-9, "{law:?}: {mean}");
            let square = integrate_tail(0.0, 2.0, |time| 2.0 * time * law.survival(time));
            let variance = square - mean * mean;
            assert!((variance - law.variance()).abs() < 1e-6 * square, "{law:?}: {variance}");
        }
    }

    #[test]
    fn a_slowed_law_keeps_its_form() {
        for law in laws() {
            let (mean, survival) = (law.mean(), law.survival(2.5));
            let slowed = law.clone().slowed(3.0);
            assert!((slowed.mean() / mean - 3.0).abs() < 1e-12, "{law:?}");
            assert!((slowed.survival(7.5) - survival).abs() < 1e-12, "{law:?}");
        }
    }

    #[test]
    fn powers_have_the_mean_of_the_survival_function() {
        for law in laws() {
            assert!((law.moment(0) - 1.0).abs() < 1e-12 && (law.moment(1) / law.mean() - 1.0).abs() < 1e-12);
            let square = law.variance() + law.mean().powi(2);
            assert!((law.moment(2) / square - 1.0).abs() < 1e-12, "{law:?}");
            let cube = integrate_tail(0.0, 4.0, |time| 3.0 * time * time * law.survival(time));
            assert!((law.moment(3) / cube - 1.0).abs() < 1e-6, "{law:?}: {cube}");
        }
        assert!(Law::Pareto { minimum: 1.0, shape: 3.0 }.moment(3).is_infinite());
    }

    #[test]
    fn limits_are_missed_by_what_lies_beyond_them() {
        for law in laws() {
            for limit in [0.5, 2.0, 20.0] {
                let beyond = integrate_tail(limit, 1.0, |time| law.survival(time));
                assert!((law.limited_mean(limit) - (law.mean() - beyond)).abs() < 1e-8, "{law:?} {limit}");
            }
        }
        let late = Law::Constant { value: 599.0 };
        assert!((late.limited_mean(600.0) - 599.0).abs() < 1e-12);
    }

    #[test]
    fn quantiles_undo_the_distribution_function() {
        for law in laws().iter().skip(1) {
            for probability in [0.01, 0.5, 0.99] {
                let time = law.quantile(probability);
                assert!((law.cdf(time) - probability).abs() < 1e-9, "{law:?} at {probability}");
                assert!((law.cdf(time) + law.survival(time) - 1.0).abs() < 1e-12, "{law:?} at {probability}");
            }
        }
    }

    #[test]
    fn transforms_begin_as_their_moments_say() {
        for law in laws() {
            let rate = 1e-4;
            let two_terms =
                1.0 - rate * law.mean() + rate * rate * (law.variance() + law.mean().powi(2)) / 2.0;
            assert!((law.transform(rate) - two_terms).abs() < 1e-9, "{law:?}");
            assert!((law.transform(0.0) - 1.0).abs() < 1e-12, "{law:?}");
        }
    }

    #[test]
    fn densities_are_the_slopes_of_distribution_functions() {
        for law in laws().iter().skip(1) {
            for probability in [0.02, 0.3, 0.9] {
                let time = law.quantile(probability);
                let step = 1e-5 * time;
                let slope = (law.survival(time - step) - law.survival(time + step)) / (2.0 * step);
                let density = law.log_density(time).exp();
                assert!((density / slope - 1.0).abs() < 1e-6, "{law:?} at {time}: {density}, {slope}");
                let tail = law.log_survival(time);
                assert!((tail.exp() - law.survival(time)).abs() < 1e-12, "{law:?} at {time}");
            }
            assert!(law.log_density(-1.0) < f64::MIN, "{law:?}");
        }
        assert!((Law::Gamma { shape: 1.0, mean: 2.0 }.log_density(0.0) + 2_f64.ln()).abs() < 1e-12);
        assert!(Law::weibull(2.0, 0.5).log_density(0.0) > f64::MAX);
        assert!(Law::Uniform { low: 1.0, high: 3.0 }.log_density(0.5) < f64::MIN);
    }

    #[test]
    fn tails_too_thin_for_a_number_have_a_logarithm() {
        let close = |found: f64, wanted: f64| {
            assert!((found / wanted - 1.0).abs() < 1e-12, "{found} is not {wanted}");
        };
        close(Law::Exponential { mean: 2.0 }.log_survival(1e4), -5e3);
        close(
            Law::Hyperexponential { branches: vec![(0.5, 1.0), (0.5, 2.0)] }.log_survival(1e4),
            0.5_f64.ln() - 5e3,
        );
        // The far tail of a normal law: Abramowitz and Stegun, table 26.2, -log10 Q(50) = 544.96634.
        let law = Law::Lognormal { mu: 0.0, sigma: 0.1 };
        let found = -law.log_survival(5_f64.exp()) / 10_f64.ln();
        assert!((found - 544.966_34).abs() < 5e-6, "{found}");
    }
}
