//! Burn-rate alarms where requests are many: when they fire, and how long after the failures they stand.

use super::{PERIOD, TARGET, budget};
use crate::analysis::oracle::domain::probability;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "burn-rate",
    summary: "When alarms on the burn rate of an error budget fire, what is used up by then, and when they are over.",
    formula: "detection = burn (1 - target) long / error_ratio if that is before the failures end, else never; \
              reset = w - burn (1 - target) w / error_ratio of the window w that is below first",
    domain: "Steady traffic in the fluid limit: nothing fails before, then a constant share; windows slide all the time \
             and held sound requests when it began. A window is over where it exceeds its burn, a pair where both do, the \
             alarm where any pair does.",
    source: "B. Beyer et al., The Site Reliability Workbook (2018), chapter 5, Alerting on SLOs.",
    arguments: &[
        TARGET,
        Argument::number("error_ratio", "ratio", "share of requests that fail, from one moment on"),
        Argument::number("burn", "1", "rate of use of the budget above which each pair of windows fires")
            .of(Kind::Numbers),
        Argument::number("long", "s", "long window of each pair").of(Kind::Numbers),
        Argument::number("short", "s", "short window of each pair, within the long one; inf: there is none")
            .of(Kind::Numbers)
            .or(f64::INFINITY),
        Argument::number("lasts", "s", "how long requests fail; inf: for ever").or(f64::INFINITY),
        PERIOD,
    ],
    answers: &[
        Answer::new("mttd", "s", "time until the first pair fires; inf: none ever does"),
        Answer::new("fires", "1", "1 if a pair fires, 0 if none does"),
        Answer::new("budget_used", "ratio", "share of the budget that is used when the first pair fires"),
        Answer::new("reset", "s", "time from the end of the failures until no pair is over; 0 if none fires"),
        Answer::new("raised", "s", "time that the alarm stands"),
        Answer::new("fires_each", "1", "1 or 0 for each pair"),
        Answer::new("detection_each", "s", "time until each pair fires"),
        Answer::new("budget_used_each", "ratio", "share of the budget that is used when each pair fires"),
        Answer::new("reset_each", "s", "time from the end of the failures until each pair is below"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (burns, long) = (arguments.numbers("burn")?, arguments.numbers("long")?);
    let mut short = arguments.numbers("short")?;
    if short == [f64::INFINITY] {
        short.resize(burns.len(), f64::INFINITY);
    }
    for (argument, windows) in [("long", &long), ("short", &short)] {
        if windows.len() != burns.len() {
            let expected = "as many as \"burn\" has";
            return Err(OracleError::Count { argument, found: windows.len(), expected });
        }
    }
    let failures = BudgetBurn {
        target: arguments.number("target")?,
        error_ratio: arguments.number("error_ratio")?,
        lasts: arguments.number("lasts")?,
        period: arguments.number("period")?,
    };
    let pairs = burns.into_iter().zip(long.into_iter().zip(short));
    let each: Result<Vec<_>, _> =
        pairs.map(|(burn, (long, short))| failures.seen_by(&BurnPair { burn, long, short })).collect();
    let each = each?;
    let least = |of: fn(&BurnRateAnswer) -> f64| each.iter().map(of).fold(f64::INFINITY, f64::min);
    let first = least(|one| one.detection);
    // Whoever fired is over until the failures end, so that the alarm stands without a gap.
    let reset = each.iter().map(|one| one.reset).fold(0.0, f64::max);
    let raised = if first.is_finite() { failures.lasts - first + reset } else { 0.0 };
    let fires = |detection: f64| f64::from(u8::from(detection.is_finite()));
    let list = |of: &dyn Fn(&BurnRateAnswer) -> f64| Value::from(each.iter().map(of).collect::<Vec<_>>());
    Ok(vec![
        first.into(),
        fires(first).into(),
        least(|one| one.budget_used).into(),
        reset.into(),
        raised.into(),
        list(&|one| fires(one.detection)),
        list(&|one| one.detection),
        list(&|one| one.budget_used),
        list(&|one| one.reset),
    ])
}

/// Failures that use up an error budget, after as many sound requests as any window holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetBurn {
    /// Share of requests that are to succeed, below 1.
    pub target: f64,
    /// Share of requests that fail while it lasts.
    pub error_ratio: f64,
    /// How long they fail \[s\]; infinite: for ever.
    pub lasts: f64,
    /// Time for which there is one budget \[s\].
    pub period: f64,
}

/// A pair of windows over both of which the budget must burn too fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnPair {
    /// Faster than this.
    pub burn: f64,
    /// The long window \[s\].
    pub long: f64,
    /// The short window, within the long one \[s\]; infinite: there is none.
    pub short: f64,
}

/// What a pair of windows makes of failures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnRateAnswer {
    /// Time from the first failure until it fires \[s\]; infinite if it never does.
    pub detection: f64,
    /// Share of the budget that is used by then; infinite if it never fires.
    pub budget_used: f64,
    /// Time from the end of the failures until it is below \[s\]; 0 if it never fires.
    pub reset: f64,
}

impl BudgetBurn {
    /// When a pair of windows fires, and how long after the failures it is below.
    ///
    /// ```text
    /// x(w) = burn (1 - target) w / error_ratio            time of failures that brings a window w to its threshold
    /// detection = the later of x(long), x(short)          if both are less than lasts and than their window
    /// reset = the earlier of long - x(long), short - x(short)
    /// ```
    ///
    /// A window holds min(t, w) of the failures t after they began and min(lasts, w - t) of them t after they ended, so
    /// that the reset does not depend on how long they last. A window must exceed its threshold: failures that only reach
    /// it never fire.
    ///
    /// Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 5, table 5-8 and the text on reset times.
    ///
    /// # Errors
    ///
    /// A target or a share outside 0 to 1, a target of 1, a burn, window or time that is not positive, a short window
    /// that is longer than the long one.
    ///
    /// # Examples
    ///
    /// The source's page for two percent of a budget of thirty days; an hour at 36 is over 58 minutes after an outage.
    ///
    /// ```
    /// use ninefold::analysis::oracle::{BudgetBurn, BurnPair};
    /// let outage = BudgetBurn { target: 0.999, error_ratio: 1.0, lasts: 1800.0, period: 30.0 * 86_400.0 };
    /// let page = outage.seen_by(&BurnPair { burn: 14.4, long: 3600.0, short: 300.0 }).unwrap();
    /// assert!((page.budget_used - 0.02).abs() < 1e-12 && (page.detection - 51.84).abs() < 1e-9);
    /// let hour = outage.seen_by(&BurnPair { burn: 36.0, long: 3600.0, short: f64::INFINITY }).unwrap();
    /// assert_eq!((hour.reset / 60.0).round(), 58.0);
    /// ```
    pub fn seen_by(&self, pair: &BurnPair) -> Result<BurnRateAnswer, OracleError> {
        let may_fail = budget(self.target)?;
        let share = probability("error_ratio", self.error_ratio)?;
        positive("burn", &[pair.burn])?;
        positive("long", &[pair.long])?;
        positive("period", &[self.period])?;
        let short = if pair.short == f64::INFINITY { pair.long } else { pair.short };
        positive("short", &[short])?;
        if short > pair.long {
            return Err(OracleError::Outside {
                reason: "a short window is longer than the long one".to_owned(),
            });
        }
        if self.lasts.is_nan() || self.lasts <= 0.0 {
            let expected = "positive, or inf";
            return Err(OracleError::Domain { argument: "lasts", value: self.lasts, expected });
        }
        let windows = [pair.long, short];
        let needed = windows.map(|window| pair.burn * may_fail * window / share);
        // Whether 14.4 times a budget of a thousandth is exceeded by 1.44 % is not for rounding to decide.
        let fires = windows.iter().zip(needed).all(|(w, needed)| needed * (1.0 + 1e-12) < self.lasts.min(*w));
        if !fires {
            return Ok(BurnRateAnswer { detection: f64::INFINITY, budget_used: f64::INFINITY, reset: 0.0 });
        }
        let detection = needed[0].max(needed[1]);
        Ok(BurnRateAnswer {
            detection,
            budget_used: share * detection / (may_fail * self.period),
            reset: (windows[0] - needed[0]).min(windows[1] - needed[1]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: BurnPair = BurnPair { burn: 14.4, long: 3600.0, short: 300.0 };

    fn burn(error_ratio: f64, lasts: f64) -> BudgetBurn {
        BudgetBurn { target: 0.999, error_ratio, lasts, period: 2_592_000.0 }
    }

    /// The same by looking at both windows every hundredth of a second.
    fn looked(failures: &BudgetBurn, pair: &BurnPair) -> (f64, f64) {
        let threshold = pair.burn * (1.0 - failures.target);
        let is_over = |now: f64| {
            [pair.long, pair.short].iter().all(|window| {
                let bad = now.min(failures.lasts) - (now - window).clamp(0.0, failures.lasts);
                bad * failures.error_ratio / window > threshold
            })
        };
        let mut times = (0..2_000_000_u32).map(|step| f64::from(step) / 100.0);
        let first = times.find(|now| is_over(*now)).unwrap_or(f64::INFINITY);
        let last = times.find(|now| !is_over(*now)).map_or(0.0, |now| now - failures.lasts);
        (first, last)
    }

    #[test]
    fn windows_that_are_looked_at_say_the_same() {
        let pairs =
            [PAGE, BurnPair { burn: 36.0, long: 3600.0, short: 3600.0 }, BurnPair { short: 3000.0, ..PAGE }];
        // For longer than the long window, between the two, shorter than both, and too short.
        for (share, lasts) in [(1.0, 5000.0), (0.1, 1000.0), (0.7, 100.0), (0.1, 500.0), (0.01, 5000.0)] {
            for pair in pairs {
                let answer = burn(share, lasts).seen_by(&pair).unwrap();
                let (first, last) = looked(&burn(share, lasts), &pair);
                let is_close = |found: f64, looked: f64| {
                    found.total_cmp(&looked).is_eq() || (found - looked).abs() < 0.02
                };
                assert!(is_close(answer.detection, first), "{answer:?} {first}");
                assert!(is_close(answer.reset, last), "{answer:?} {last}");
            }
        }
    }

    #[test]
    fn what_only_reaches_the_threshold_never_fires() {
        assert!(burn(0.0144, f64::INFINITY).seen_by(&PAGE).unwrap().detection.is_infinite());
        let hardly = burn(0.0145, f64::INFINITY).seen_by(&PAGE).unwrap();
        assert!((hardly.detection - 51.84 / 0.0145).abs() < 1e-6 && hardly.detection < 3600.0);
        assert!(burn(0.0, f64::INFINITY).seen_by(&PAGE).unwrap().reset.abs() < 1e-12);
    }

    #[test]
    fn impossible_windows_and_failures_are_refused() {
        let seen = |failures: BudgetBurn, pair: BurnPair| failures.seen_by(&pair).is_err();
        assert!(seen(burn(1.1, 60.0), PAGE) && seen(burn(0.5, 0.0), PAGE) && seen(burn(0.5, f64::NAN), PAGE));
        assert!(seen(burn(0.5, 60.0), BurnPair { short: 3601.0, ..PAGE }));
        assert!(seen(burn(0.5, 60.0), BurnPair { burn: 0.0, ..PAGE }));
        assert!(seen(burn(0.5, 60.0), BurnPair { long: f64::INFINITY, ..PAGE }));
        assert!(seen(BudgetBurn { period: 0.0, ..burn(0.5, 60.0) }, PAGE));
    }
}
