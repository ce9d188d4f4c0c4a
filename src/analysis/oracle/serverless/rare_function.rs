//! A function that is called so rarely that its calls never overlap.

use crate::analysis::law::Law;
use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "rare-function",
    summary: "Cold starts of a function whose calls are short and never overlap.",
    formula: "P(cold) = P(A > keep_alive), idle time per call = E[min(A, keep_alive)], A between two calls",
    domain: "Independent times between calls of any distribution, service so short that it does not matter, one instance.",
    source: "Ross, Introduction to Probability Models, section 7.4 (renewal reward); policy: Shahrad et al., Serverless in \
             the Wild (2020).",
    arguments: &[
        Argument::number("between", "s", "time between calls").of(Kind::Law),
        Argument::number("keep_alive", "s", "how long an idle instance lives"),
    ],
    answers: &[
        Answer::new("cold_ratio", "ratio", "share of calls that start an instance"),
        Answer::new("idle_per_call", "s", "mean time that an instance is kept for nothing after a call"),
        Answer::new("idle_mean", "1", "mean number of idle instances"),
    ],
    solve: |arguments| {
        let function = rare_function(&arguments.law("between")?, arguments.number("keep_alive")?)?;
        let answers = [function.cold_ratio, function.idle_per_call, function.idle_mean];
        Ok(answers.map(Value::from).to_vec())
    },
};

/// A function that is called rarely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RareFunction {
    /// Share of calls that start an instance.
    pub cold_ratio: f64,
    /// Mean time that an instance is kept for nothing after a call \[s\].
    pub idle_per_call: f64,
    /// Mean number of idle instances.
    pub idle_mean: f64,
}

/// Cold starts of a function whose calls are short and never overlap.
///
/// ```text
/// P(cold) = P(A > T),  idle time per call = E[min(A, T)],  idle = E[min(A, T)] / E[A]
/// ```
///
/// `between` is the law of A, the time between two calls \[s\], `keep_alive` (T) is how long an idle instance lives
/// \[s\], positive. Service takes no time.
///
/// Source: Ross, Introduction to Probability Models, section 7.4 (renewal reward).
///
/// # Errors
///
/// A keep-alive time or mean time between calls that is not positive and finite.
///
/// # Examples
///
/// Calls as rare as instances live long: 1 in e is cold.
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::rare_function;
/// let function = rare_function(&Law::Exponential { mean: 600.0 }, 600.0).unwrap();
/// assert!((function.cold_ratio - (-1.0_f64).exp()).abs() < 1e-12);
/// ```
pub fn rare_function(between: &Law, keep_alive: f64) -> Result<RareFunction, OracleError> {
    let mean = super::super::queueing::law_mean("between", between)?;
    positive("keep_alive", &[keep_alive])?;
    let idle_per_call = between.limited_mean(keep_alive);
    Ok(RareFunction {
        cold_ratio: between.survival(keep_alive),
        idle_per_call,
        idle_mean: idle_per_call / mean,
    })
}

#[cfg(test)]
mod tests {
    use super::super::keep_alive;
    use super::*;

    #[test]
    fn regular_calls_are_always_warm_or_always_cold() {
        let (often, seldom) = (Law::Constant { value: 599.0 }, Law::Constant { value: 601.0 });
        let (often, seldom) = (rare_function(&often, 600.0).unwrap(), rare_function(&seldom, 600.0).unwrap());
        assert!(often.cold_ratio.abs() < 1e-15 && (often.idle_per_call - 599.0).abs() < 1e-6);
        assert!((seldom.cold_ratio - 1.0).abs() < 1e-15 && (seldom.idle_per_call - 600.0).abs() < 1e-9);
    }

    #[test]
    fn short_calls_of_a_busy_function_come_close() {
        let busy = keep_alive(0.01, 1e-7, 60.0).unwrap();
        let rare = rare_function(&Law::Exponential { mean: 100.0 }, 60.0).unwrap();
        assert!((busy.cold_ratio - rare.cold_ratio).abs() < 1e-8);
        assert!((busy.idle_mean - rare.idle_mean).abs() < 1e-8);
    }
}
