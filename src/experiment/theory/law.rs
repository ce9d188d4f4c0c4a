//! Distributions of a scenario as formulas know them.

use crate::analysis::law::Law;
use crate::kernel::distribution::Distribution;

/// The law as formulas know it; measured data are none.
pub(super) fn law(distribution: &Distribution) -> Option<Law> {
    let mean = distribution.mean();
    Some(match distribution {
        Distribution::Constant(_) => Law::Constant { value: mean },
        Distribution::Exponential(_) => Law::Exponential { mean },
        Distribution::Uniform(law) => Law::Uniform { low: law.low(), high: law.high() },
        Distribution::Erlang(law) => Law::Gamma { shape: law.shape(), mean },
        Distribution::Gamma(law) => Law::Gamma { shape: law.shape(), mean },
        Distribution::Lognormal(law) => Law::Lognormal { mu: law.mu(), sigma: law.sigma() },
        Distribution::Hyperexponential(law) => Law::Hyperexponential { branches: law.branches().collect() },
        Distribution::Weibull(law) => Law::Weibull { shape: law.shape(), scale: law.scale() },
        Distribution::Pareto(law) => Law::Pareto { minimum: law.minimum(), shape: law.shape() },
        Distribution::Empirical(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::kernel::distribution::DistributionSettings;
    use crate::scenario::{Given, Places, argument};

    #[test]
    fn a_law_is_the_one_that_is_drawn_from() {
        for text in [
            "50ms",
            "{ distribution = \"exponential\", mean = \"2s\" }",
            "{ distribution = \"uniform\", low = \"1s\", high = \"4s\" }",
            "{ distribution = \"erlang\", mean = \"2s\", stages = 3 }",
            "{ distribution = \"gamma\", mean = \"2s\", shape = 0.4 }",
            "{ distribution = \"lognormal\", mean = \"2s\", cv = 1.5 }",
            "{ distribution = \"hyperexponential\", mean = \"2s\", cv = 3 }",
            "{ distribution = \"weibull\", mean = \"2s\", shape = 0.6 }",
            "{ distribution = \"pareto\", minimum = \"1s\", shape = 1.5 }",
        ] {
            let settings = match argument(text, Span::default(), None, &Places::default()).unwrap() {
                Given::Laws(mut laws) => laws.pop().unwrap(),
                Given::Numbers(_) => DistributionSettings::always(crate::units::SimDuration::from_secs(0.05)),
            };
            let drawn = Distribution::new(&settings, &mut |_| Err(String::new())).unwrap();
            let known = law(&drawn).unwrap();
            assert_eq!(known.name() == drawn.name(), !text.contains("erlang"), "{text}");
            assert!((known.mean() / drawn.mean() - 1.0).abs() < 1e-12, "{text}");
            let (one, other) = (known.variance(), drawn.variance());
            assert!(
                one.total_cmp(&other).is_eq() || (one - other).abs() <= 1e-9 * other,
                "{text}: {one} {other}"
            );
            for time in [0.04, 0.7, 1.3, 2.0, 9.0] {
                assert!((known.cdf(time) - drawn.cdf(time)).abs() < 1e-9, "{text} at {time}");
            }
        }
    }
}
