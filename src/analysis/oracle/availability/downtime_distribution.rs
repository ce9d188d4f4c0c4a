//! How much downtime a year of a given length has: its whole distribution, not only its mean.

use super::{DOWN, UP, YEAR};
use crate::analysis::numeric::{poisson, root};
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};
use statrs::function::gamma::gamma_lr;

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "downtime-distribution",
    summary: "Distribution of the time that a unit is down within a year or another span.",
    formula: "P(D <= x) = sum over n of Poisson(n; (horizon - x) / up) P(Erlang(n, 1/down) <= x)",
    domain: "Exponential times to failure and to repair, up at first.",
    source: "Takacs, On certain sojourn time problems in the theory of stochastic processes (1957).",
    arguments: &[
        UP,
        DOWN,
        Argument::number("horizon", "s", "length of the span").or(YEAR),
        Argument::number("within", "s", "downtime whose probability is asked for").or(0.0),
    ],
    answers: &[
        Answer::new("downtime_mean", "s", "mean time down in the span"),
        Answer::new("downtime_none", "ratio", "probability of no time down at all"),
        Answer::new("downtime_within", "ratio", "probability of at most the time asked for"),
        Answer::new("downtime_p50", "s", "time down that half of the spans do not exceed"),
        Answer::new("downtime_p90", "s", "time down that 90 % of the spans do not exceed"),
        Answer::new("downtime_p95", "s", "time down that 95 % of the spans do not exceed"),
        Answer::new("downtime_p99", "s", "time down that 99 % of the spans do not exceed"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (up, down, horizon) =
        (arguments.number("up")?, arguments.number("down")?, arguments.number("horizon")?);
    let law = DowntimeLaw::new(up, down, horizon)?;
    let within = not_negative("within", arguments.number("within")?)?;
    let mut answers = vec![law.mean(), law.cdf(0.0), law.cdf(within)];
    answers.extend([0.5, 0.9, 0.95, 0.99].map(|level| law.quantile(level)));
    Ok(answers.into_iter().map(Value::from).collect())
}

/// Most failures expected in a span: of more, each sum would have too many terms.
const FAILURES_MAX: f64 = 1e5;

/// The law of the time that a unit is down within a span.
///
/// ```text
/// P(D <= x) = sum over n of Poisson(n; (horizon - x) / up) P(Erlang(n, 1/down) <= x),  x < horizon
/// ```
///
/// Exact for exponential times and a unit that is up at first.
///
/// Source: Takacs, On certain sojourn time problems in the theory of stochastic processes, Acta Mathematica Academiae
/// Scientiarum Hungaricae 8 (1957).
///
/// # Examples
///
/// The span passes without downtime with probability exp(-horizon / up).
///
/// ```
/// use ninefold::analysis::oracle::DowntimeLaw;
/// let law = DowntimeLaw::new(8760.0, 4.0, 8760.0).unwrap();
/// assert!((law.cdf(0.0) - (-1.0_f64).exp()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DowntimeLaw {
    up: f64,
    down: f64,
    horizon: f64,
}

impl DowntimeLaw {
    /// The law for these mean times to failure and to repair and a span of this length, all in the same unit.
    ///
    /// # Errors
    ///
    /// A time that is not positive and finite, a span of more than 100,000 mean times to failure.
    pub fn new(up: f64, down: f64, horizon: f64) -> Result<Self, OracleError> {
        positive("up", &[up])?;
        positive("down", &[down])?;
        positive("horizon", &[horizon])?;
        if horizon / up > FAILURES_MAX {
            let reason =
                format!("a span of more than {FAILURES_MAX} mean times to failure is too long to follow");
            return Err(OracleError::Outside { reason });
        }
        Ok(Self { up, down, horizon })
    }

    /// The mean time down.
    pub fn mean(&self) -> f64 {
        let rate = 1.0 / self.up + 1.0 / self.down;
        let reach = rate * self.horizon;
        // horizon + (e^-reach - 1) / rate, which is small beside either where the span is short.
        let rest = if reach < 1e-3 {
            self.horizon * reach * (0.5 - reach / 6.0 + reach * reach / 24.0)
        } else {
            self.horizon + (-reach).exp_m1() / rate
        };
        rest * self.down / (self.up + self.down)
    }

    /// The probability of at most this time down.
    pub fn cdf(&self, time: f64) -> f64 {
        if time < 0.0 {
            return 0.0;
        }
        if time >= self.horizon {
            return 1.0;
        }
        let failures = (self.horizon - time) / self.up;
        let repairs = time / self.down;
        let (first, weights) = poisson(failures);
        // P(Erlang(n) <= x) is that of at least n repairs, were they to follow one another.
        let in_time = |count: usize| match count {
            0 => 1.0,
            _ if repairs > 0.0 => gamma_lr(count as f64, repairs),
            _ => 0.0,
        };
        let total: f64 = (first..).zip(weights).map(|(count, weight)| weight * in_time(count)).sum();
        total.min(1.0)
    }

    /// The time down that is not exceeded with this probability.
    pub fn quantile(&self, probability: f64) -> f64 {
        if self.cdf(0.0) >= probability {
            return 0.0;
        }
        root(0.0, self.horizon, |time| self.cdf(time) - probability).unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::numeric::integrate;

    #[test]
    fn the_mean_is_the_integral_of_the_tail() {
        for (up, down, horizon) in [(2000.0, 4.0, 8760.0), (3.0, 2.0, 10.0), (1.0, 5.0, 200.0)] {
            let law = DowntimeLaw::new(up, down, horizon).unwrap();
            let mean = integrate(0.0, horizon, |time| 1.0 - law.cdf(time));
            assert!((mean / law.mean() - 1.0).abs() < 1e-8, "{up} {down}: {mean} {}", law.mean());
        }
        let short = DowntimeLaw::new(3.0, 2.0, 1e-4).unwrap();
        assert!((short.mean() / (1e-8 / 6.0) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn quantiles_undo_the_distribution_function() {
        let law = DowntimeLaw::new(730.0, 1.0, 8760.0).unwrap();
        for level in [0.1, 0.5, 0.99] {
            assert!((law.cdf(law.quantile(level)) - level).abs() < 1e-10);
        }
        assert!(DowntimeLaw::new(1e6, 1.0, 1.0).unwrap().quantile(0.5) <= 0.0);
        assert!(law.cdf(8760.0) >= 1.0);
        assert!(DowntimeLaw::new(1.0, 1.0, 0.0).is_err() && DowntimeLaw::new(1.0, 1.0, 1e6).is_err());
    }
}
