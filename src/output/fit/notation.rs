//! Laws in the language of scenarios.

use crate::experiment::fit::Law;
use crate::output::number::{significant, time_unit};

/// Digits of a written number: more than any record has.
const DIGITS: i32 = 6;

/// The law as a scenario writes it, to six digits.
pub fn toml(law: &Law) -> String {
    let (name, mean) = (law.name(), duration(law.mean()));
    let number = |value: f64| significant(value, DIGITS);
    match law {
        Law::Constant { value } => format!("\"{}\"", duration(*value)),
        Law::Exponential { .. } => format!("{{ distribution = \"{name}\", mean = \"{mean}\" }}"),
        Law::Uniform { low, high } => {
            let (low, high) = (duration(*low), duration(*high));
            format!("{{ distribution = \"{name}\", low = \"{low}\", high = \"{high}\" }}")
        }
        Law::Gamma { shape, .. } | Law::Weibull { shape, .. } => {
            format!("{{ distribution = \"{name}\", shape = {}, mean = \"{mean}\" }}", number(*shape))
        }
        Law::Hyperexponential { branches } => {
            // Nothing may be missing from the sum, so the last is what the others leave.
            let (mut rest, mut shares) = (1.0, Vec::new());
            for (place, (share, _)) in branches.iter().enumerate() {
                let is_last = place + 1 == branches.len();
                let share = if is_last { rest } else { (share * 1e8).round() / 1e8 };
                rest -= share;
                shares.push(format!("{share:.8}"));
            }
            let means: Vec<String> =
                branches.iter().map(|(_, mean)| format!("\"{}\"", duration(*mean))).collect();
            let (shares, means) = (shares.join(", "), means.join(", "));
            format!("{{ distribution = \"{name}\", probabilities = [{shares}], means = [{means}] }}")
        }
        Law::Lognormal { .. } => {
            let cv = number(law.scv().sqrt());
            format!("{{ distribution = \"{name}\", mean = \"{mean}\", cv = {cv} }}")
        }
        Law::Pareto { minimum, shape } => {
            let (minimum, shape) = (duration(*minimum), number(*shape));
            format!("{{ distribution = \"{name}\", minimum = \"{minimum}\", shape = {shape} }}")
        }
    }
}

/// A span of time as scenarios write it.
fn duration(seconds: f64) -> String {
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
    format!("{text}{}", if name == "µs" { "us" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_is_written_as_scenarios_have_it() {
        let is = |law: Law, text: &str| assert_eq!(toml(&law), text);
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
            r#"{ distribution = "hyperexponential", probabilities = [0.33333333, 0.66666667], means = ["1s", "100d"] }"#,
        );
    }

    #[test]
    fn durations_have_no_exponents() {
        assert_eq!(duration(1e15), "11574074074d");
        assert_eq!(duration(2.5e-9), "2.5ns");
    }
}
