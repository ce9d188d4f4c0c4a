//! Laws in the language of scenarios.

use crate::document::Span;
use crate::experiment::fit::Law;
use crate::output::number::{significant, time_unit};
use crate::scenario::{Places, argument};

/// Digits of a written number: more than any record has.
const DIGITS: i32 = 6;

/// Longest time that a scenario can write \[s\]: what its clock counts.
pub(super) const CLOCK: f64 = u64::MAX as f64 / 1e9;

/// The law as a scenario writes it, to six digits; `None` where no scenario can, since a time of it lies beyond the clock.
/// Where its mean is extrapolated it is written by other parameters, as far as it has any.
pub fn toml(law: &Law, mean_is_extrapolated: bool) -> Option<String> {
    let text = written(law, mean_is_extrapolated)?;
    // What is offered to be pasted has been read by who will read it.
    let span = Span { source: 0, start: 0, end: text.len() };
    argument(&text, span, None, &Places::default()).is_ok().then_some(text)
}

fn written(law: &Law, mean_is_extrapolated: bool) -> Option<String> {
    let (name, mean) = (law.name(), duration(law.mean()));
    let number = |value: f64| significant(value, DIGITS);
    Some(match law {
        Law::Constant { value } => format!("\"{}\"", duration(*value)?),
        Law::Exponential { .. } => format!("{{ distribution = \"{name}\", mean = \"{}\" }}", mean?),
        Law::Uniform { low, high } => {
            let (low, high) = (duration(*low)?, duration(*high)?);
            format!("{{ distribution = \"{name}\", low = \"{low}\", high = \"{high}\" }}")
        }
        Law::Gamma { shape, .. } | Law::Weibull { shape, .. } => {
            let scale = match law {
                Law::Weibull { scale, .. } => *scale,
                _ => law.mean() / shape,
            };
            let (key, value) =
                if mean_is_extrapolated { ("scale", duration(scale)?) } else { ("mean", mean?) };
            format!("{{ distribution = \"{name}\", shape = {}, {key} = \"{value}\" }}", number(*shape))
        }
        Law::Hyperexponential { branches } => {
            // Nothing may be missing from the sum, so the last is what the others leave.
            let (mut rest, mut shares) = (1.0, Vec::new());
            let is_small = branches.iter().any(|(share, _)| *share < 1e-3);
            let decimals = if is_small { 8 } else { 6 };
            let scale = 10_f64.powi(decimals);
            for (place, (share, _)) in branches.iter().enumerate() {
                let is_last = place + 1 == branches.len();
                let share = if is_last { rest } else { (share * scale).round() / scale };
                rest -= share;
                shares.push(format!("{share:.*}", decimals as usize));
            }
            let means = branches.iter().map(|(_, mean)| Some(format!("\"{}\"", duration(*mean)?)));
            let means = means.collect::<Option<Vec<_>>>()?;
            let (shares, means) = (shares.join(", "), means.join(", "));
            format!("{{ distribution = \"{name}\", probabilities = [{shares}], means = [{means}] }}")
        }
        Law::Lognormal { mu, sigma } if mean_is_extrapolated => {
            let (mu, sigma) = (number(*mu), number(*sigma));
            format!("{{ distribution = \"{name}\", mu = {mu}, sigma = {sigma} }}")
        }
        Law::Lognormal { .. } => {
            let cv = number(law.scv().sqrt());
            format!("{{ distribution = \"{name}\", mean = \"{}\", cv = {cv} }}", mean?)
        }
        Law::Pareto { minimum, shape } => {
            let (minimum, shape) = (duration(*minimum)?, number(*shape));
            format!("{{ distribution = \"{name}\", minimum = \"{minimum}\", shape = {shape} }}")
        }
    })
}

/// A span of time as scenarios write it; `None` beyond their clock.
fn duration(seconds: f64) -> Option<String> {
    if seconds.is_nan() || seconds >= CLOCK {
        return None;
    }
    let (unit, name) = time_unit(seconds);
    let text = significant(seconds / unit, DIGITS);
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else if text.contains('e') {
        // Scenarios know no exponents.
        format!("{:.0}", seconds / unit)
    } else {
        text
    };
    Some(format!("{text}{}", if name == "µs" { "us" } else { name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_is_written_as_scenarios_have_it() {
        let is = |law: Law, text: &str| assert_eq!(toml(&law, false).as_deref(), Some(text));
        is(Law::Constant { value: 0.25 }, "\"250ms\"");
        is(Law::Exponential { mean: 90.0 }, r#"{ distribution = "exponential", mean = "90s" }"#);
        is(
            Law::Uniform { low: 0.0, high: 2e-5 },
            r#"{ distribution = "uniform", low = "0s", high = "20us" }"#,
        );
        let shape = 0.123_456_78;
        is(
            Law::Gamma { shape, mean: 7200.0 },
            r#"{ distribution = "gamma", shape = 0.123457, mean = "2h" }"#,
        );
        is(Law::lognormal(2.0, 1.5), r#"{ distribution = "lognormal", mean = "2s", cv = 1.50000 }"#);
        let pareto = Law::Pareto { minimum: 1e-3, shape: 2.0 };
        is(pareto, r#"{ distribution = "pareto", minimum = "1ms", shape = 2.00000 }"#);
        let two = Law::Hyperexponential { branches: vec![(1.0 / 3.0, 1.0), (2.0 / 3.0, 100.0 * 86_400.0)] };
        is(
            two,
            r#"{ distribution = "hyperexponential", probabilities = [0.333333, 0.666667], means = ["1s", "100d"] }"#,
        );
    }

    #[test]
    fn an_extrapolated_law_is_written_by_its_parameters_and_none_that_no_scenario_reads() {
        let is = |law: Law, text: Option<&str>| assert_eq!(toml(&law, true).as_deref(), text);
        let weibull = Law::Weibull { shape: 0.25, scale: 6e6 };
        is(weibull, Some(r#"{ distribution = "weibull", shape = 0.250000, scale = "69.4444d" }"#));
        let gamma = Law::Gamma { shape: 0.25, mean: 3600.0 };
        is(gamma, Some(r#"{ distribution = "gamma", shape = 0.250000, scale = "4h" }"#));
        let lognormal = Law::Lognormal { mu: 17.5, sigma: 8.3 };
        is(lognormal, Some(r#"{ distribution = "lognormal", mu = 17.5000, sigma = 8.30000 }"#));
        is(Law::Exponential { mean: 2e10 }, None);
        is(Law::Hyperexponential { branches: vec![(0.5, 1.0), (0.5, 2e10)] }, None);
    }

    #[test]
    fn durations_have_no_exponents() {
        assert_eq!(duration(1.8e10).as_deref(), Some("208333d"));
        assert_eq!(duration(2.5e-9).as_deref(), Some("2.5ns"));
        assert_eq!(duration(1e15), None);
    }
}
