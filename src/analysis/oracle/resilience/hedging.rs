//! Copies of a slow request, sent after a delay, of which the first answer counts.

use crate::analysis::law::Law;
use crate::analysis::numeric::{integrate, integrate_tail, quantile};
use crate::analysis::oracle::domain::not_negative;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "hedging",
    summary: "Latency and load of requests of which further copies are sent while no answer has come.",
    formula: "P(H > t) = S(t) S(t - d) ... S(t - (copies - 1) d), S = 1 - F of one copy",
    domain: "Independent copies of any law that do not slow each other down.",
    source: "Dean and Barroso, The tail at scale (2013); minimum of independent times.",
    arguments: &[
        Argument::number("service", "s", "time until a copy answers").of(Kind::Law),
        Argument::number("delay", "s", "time without an answer after which another copy is sent"),
        Argument::number("copies", "1", "most copies, the first one included").or(2.0),
    ],
    answers: &[
        Answer::new("latency_mean", "s", "mean time to the first answer"),
        Answer::new("latency_p50", "s", "time to the first answer that half of the requests do not exceed"),
        Answer::new("latency_p90", "s", "time to the first answer that 90 % of the requests do not exceed"),
        Answer::new("latency_p95", "s", "time to the first answer that 95 % of the requests do not exceed"),
        Answer::new("latency_p99", "s", "time to the first answer that 99 % of the requests do not exceed"),
        Answer::new(
            "latency_p999",
            "s",
            "time to the first answer that 99.9 % of the requests do not exceed",
        ),
        Answer::new("single_mean", "s", "mean time of a single copy"),
        Answer::new("single_p99", "s", "time of a single copy that 99 % do not exceed"),
        Answer::new("single_p999", "s", "time of a single copy that 99.9 % do not exceed"),
        Answer::new("amplification", "1", "mean number of copies sent"),
        Answer::new("hedged_ratio", "ratio", "share of requests of which a second copy is sent"),
        Answer::new("work_abandoned", "s", "mean work on a request if copies that lost go on"),
        Answer::new("work_cancelled", "s", "mean work on a request if copies that lost stop at once"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let copies = arguments.count("copies", 1)?;
    let hedging = Hedging::new(arguments.law("service")?, arguments.number("delay")?, copies)?;
    let work = hedging.work();
    let mut answers = vec![hedging.mean()];
    answers.extend([0.5, 0.9, 0.95, 0.99, 0.999].map(|level| hedging.quantile(level)));
    let service = &hedging.service;
    answers.extend([service.mean(), service.quantile(0.99), service.quantile(0.999)]);
    let hedged = if copies > 1 { service.survival(hedging.delay) } else { 0.0 };
    answers.extend([work.copies, hedged, work.copies * service.mean(), work.cancelled]);
    Ok(answers.into_iter().map(Value::from).collect())
}

/// A request of which further copies are sent while no answer has come.
///
/// ```text
/// P(H > t) = S(t) S(t - d) ... S(t - (copies - 1) d)
/// ```
///
/// Source: Dean and Barroso, The tail at scale, Communications of the ACM 56 (2013).
///
/// # Examples
///
/// A second copy after the 95th percentile adds 5 % to the load (the source's rule).
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::Hedging;
/// let service = Law::lognormal(0.01, 2.0);
/// let delay = service.quantile(0.95);
/// let copies = Hedging::new(service, delay, 2).unwrap().work().copies;
/// assert!((copies - 1.05).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hedging {
    service: Law,
    delay: f64,
    copies: u32,
}

/// Most copies: the work grows with the third power of their number.
const COPIES_MAX: u32 = 100;

/// What hedging costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeWork {
    /// Mean number of copies sent.
    pub copies: f64,
    /// Mean work on a request if copies that lost stop at once \[s\].
    pub cancelled: f64,
}

impl Hedging {
    /// Up to `copies` of independent times `service`, each sent `delay` seconds after the last.
    ///
    /// # Errors
    ///
    /// A law without a mean, a negative delay, no copy or more than 100.
    pub fn new(service: Law, delay: f64, copies: u32) -> Result<Self, OracleError> {
        positive("service", &[service.mean()])?;
        not_negative("delay", delay)?;
        if !(1..=COPIES_MAX).contains(&copies) {
            let expected = "from 1 to 100";
            return Err(OracleError::Domain { argument: "copies", value: f64::from(copies), expected });
        }
        Ok(Self { service, delay, copies })
    }

    /// The probability that no answer has come after `time` seconds.
    pub fn survival(&self, time: f64) -> f64 {
        (0..self.copies).map(|copy| self.service.survival(time - f64::from(copy) * self.delay)).product()
    }

    /// Mean time to the first answer \[s\].
    pub fn mean(&self) -> f64 {
        self.mean_after(0)
    }

    /// The time to the first answer that is not exceeded with this probability \[s\].
    pub fn quantile(&self, level: f64) -> f64 {
        quantile(level, self.service.mean(), |time| self.survival(time))
    }

    /// What the copies cost.
    pub fn work(&self) -> HedgeWork {
        let sent = |copy: u32| if copy == 0 { 1.0 } else { self.unanswered_at(copy) };
        HedgeWork {
            copies: (0..self.copies).map(sent).sum(),
            // A copy works from when it is sent until the first answer.
            cancelled: (0..self.copies).map(|copy| self.mean_after(copy)).sum(),
        }
    }

    /// The probability that a copy is sent, because those before it have not answered.
    fn unanswered_at(&self, copy: u32) -> f64 {
        let time = f64::from(copy) * self.delay;
        (0..copy).map(|before| self.service.survival(time - f64::from(before) * self.delay)).product()
    }

    /// The integral of the survival from when a copy is sent on.
    fn mean_after(&self, first: u32) -> f64 {
        let begin = |copy: u32| f64::from(copy) * self.delay;
        let pieces = (first..self.copies - 1)
            .map(|copy| integrate(begin(copy), begin(copy + 1), |time| self.survival(time)));
        let tail = integrate_tail(begin(self.copies - 1), self.service.mean(), |time| self.survival(time));
        pieces.sum::<f64>() + tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_memory_copies_in_time_cost_nothing_if_losers_stop() {
        let hedging = Hedging::new(Law::Exponential { mean: 0.2 }, 0.3, 2).unwrap();
        let missed = (-1.5_f64).exp();
        assert!((hedging.mean() - 0.2 * (1.0 - missed / 2.0)).abs() < 1e-13);
        assert!((hedging.work().cancelled - 0.2).abs() < 1e-13);
        assert!((hedging.work().copies - (1.0 + missed)).abs() < 1e-14);
        // S(t)^2 e^(d/m) = 0.01 beyond the delay.
        let expected = (0.3 - 0.2 * 0.01_f64.ln()) / 2.0;
        assert!((hedging.quantile(0.99) - expected).abs() < 1e-12);
    }

    #[test]
    fn copies_at_once_are_a_race() {
        let race = Hedging::new(Law::Exponential { mean: 3.0 }, 0.0, 3).unwrap();
        assert!((race.mean() - 1.0).abs() < 1e-12);
        assert!((race.work().copies - 3.0).abs() < 1e-14);
        let single = Hedging::new(Law::weibull(2.0, 0.7), 1.0, 1).unwrap();
        assert!((single.mean() - 2.0).abs() < 1e-9);
        assert!((single.work().copies - 1.0).abs() < 1e-15);
    }

    #[test]
    fn constant_times_are_never_helped_by_a_later_copy() {
        let late = Hedging::new(Law::Constant { value: 1.0 }, 0.25, 3).unwrap();
        assert!((late.mean() - 1.0).abs() < 1e-9);
        assert!((late.work().copies - 3.0).abs() < 1e-15);
        assert!((late.work().cancelled - (1.0 + 0.75 + 0.5)).abs() < 1e-9);
        assert!(Hedging::new(Law::Constant { value: 1.0 }, -1.0, 2).is_err());
        assert!(Hedging::new(Law::Constant { value: 0.0 }, 1.0, 2).is_err());
        assert!(Hedging::new(Law::Constant { value: 1.0 }, 1.0, 0).is_err());
    }
}
