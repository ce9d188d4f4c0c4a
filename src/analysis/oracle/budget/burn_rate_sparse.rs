//! Burn-rate alarms where requests are few: one that fails is enough.

use super::{PERIOD, TARGET, budget};
use crate::analysis::oracle::domain::probability;
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "burn-rate-sparse",
    summary: "How often an alarm on the burn rate pages where each failed request is one, as requests are few.",
    formula: "pages = n failure with n = period / between, deviation sqrt(n failure (1 - failure)), if 1 / ceil(long / between) \
              > burn (1 - target)",
    domain: "Requests at constant intervals, longer than the short window; they fail independently. One that fails is over \
             the long window's threshold, and the alarm is over when it has left the short one.",
    source: "B. Beyer et al., The Site Reliability Workbook (2018), chapter 5, on services with few requests; binomial law.",
    arguments: &[
        TARGET,
        Argument::number("failure", "ratio", "probability that a request fails"),
        Argument::number("between", "s", "time from a request to the next one"),
        Argument::number("burn", "1", "rate of use of the budget above which both windows fire"),
        Argument::number("long", "s", "long window"),
        Argument::number("short", "s", "short window, within the long one"),
        PERIOD,
    ],
    answers: &[
        Answer::new("pages_mean", "1", "mean number of pages in the period"),
        Answer::new("pages_deviation", "1", "standard deviation of that number"),
        Answer::new("budget", "1", "failed requests that the objective allows in the period"),
        Answer::new("error_ratio", "ratio", "share of the long window's requests that one failure makes"),
        Answer::new("threshold", "ratio", "share above which a window fires"),
        Answer::new("raised", "s", "time that an alarm stands"),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let traffic = SparseTraffic {
        target: arguments.number("target")?,
        failure: arguments.number("failure")?,
        between: arguments.number("between")?,
        period: arguments.number("period")?,
    };
    let windows = (arguments.number("long")?, arguments.number("short")?);
    let answer = traffic.paged(arguments.number("burn")?, windows)?;
    let values = [
        answer.pages_mean,
        answer.pages_deviation,
        answer.budget,
        answer.error_ratio,
        answer.threshold,
        windows.1,
    ];
    Ok(values.map(Value::from).to_vec())
}

/// Few requests, one after another at constant intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SparseTraffic {
    /// Share of requests that are to succeed, below 1.
    pub target: f64,
    /// Probability that a request fails.
    pub failure: f64,
    /// Time from a request to the next one \[s\].
    pub between: f64,
    /// Time for which there is one budget \[s\].
    pub period: f64,
}

/// What an alarm on the burn rate makes of few requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SparseTrafficAnswer {
    /// Mean number of pages in the period.
    pub pages_mean: f64,
    /// Standard deviation of that number.
    pub pages_deviation: f64,
    /// Failed requests that the objective allows in the period.
    pub budget: f64,
    /// Share of the long window's requests that one failure makes.
    pub error_ratio: f64,
    /// Share above which a window fires.
    pub threshold: f64,
}

impl SparseTraffic {
    /// How often an alarm pages that fires above `burn` in a long and a short window \[s\].
    ///
    /// ```text
    /// pages = n failure,  variance n failure (1 - failure),  n = period / between
    /// ```
    ///
    /// The short window holds one request at most, so that each failure is an alarm of its own and is over before the next
    /// request. A window holds the requests of the time before now, without its far end.
    ///
    /// Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 5; Feller, An Introduction to Probability
    /// Theory and Its Applications I (3rd ed.), section VI.2.
    ///
    /// # Errors
    ///
    /// A share that is no probability, a target of 1, a time or a burn that is not positive, a short window that is longer
    /// than the long one; requests so frequent that one failure is no page, or that two are in a short window.
    ///
    /// # Examples
    ///
    /// Ten requests an hour, of which one in a thousand may fail and does: 7.2 pages in thirty days.
    ///
    /// ```
    /// use ninefold::analysis::oracle::SparseTraffic;
    /// let few = SparseTraffic { target: 0.999, failure: 0.001, between: 360.0, period: 30.0 * 86_400.0 };
    /// let answer = few.paged(14.4, (3600.0, 300.0)).unwrap();
    /// assert!((answer.pages_mean - 7.2).abs() < 1e-9 && (answer.error_ratio - 0.1).abs() < 1e-12);
    /// ```
    pub fn paged(&self, burn: f64, (long, short): (f64, f64)) -> Result<SparseTrafficAnswer, OracleError> {
        let may_fail = budget(self.target)?;
        let failure = probability("failure", self.failure)?;
        positive("burn", &[burn])?;
        positive("long", &[long])?;
        positive("short", &[short])?;
        positive("between", &[self.between])?;
        positive("period", &[self.period])?;
        let outside = |reason: &str| Err(OracleError::Outside { reason: reason.to_owned() });
        if short > long {
            return outside("the short window is longer than the long one");
        }
        if self.between <= short {
            return outside(
                "the next request comes within the short window, so that alarms run into each other",
            );
        }
        // A whole number of requests that rounding has made a little more is no further request.
        let (error_ratio, threshold) = (1.0 / (long / self.between * (1.0 - 1e-12)).ceil(), burn * may_fail);
        if error_ratio <= threshold * (1.0 + 1e-12) {
            return outside("one failed request is not over the threshold of the long window");
        }
        if threshold * (1.0 + 1e-12) >= 1.0 {
            return outside("no share of requests is over the threshold");
        }
        let requests = self.period / self.between;
        Ok(SparseTrafficAnswer {
            pages_mean: requests * failure,
            pages_deviation: (requests * failure * (1.0 - failure)).sqrt(),
            budget: requests * may_fail,
            error_ratio,
            threshold,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: SparseTraffic = SparseTraffic { target: 0.9, failure: 0.3, between: 2.0, period: 12.0 };

    /// Alarms that begin among six requests two seconds apart, by looking every half second at windows of 7 s and 1 s.
    fn pages(failed: [bool; 6], burn: f64) -> u32 {
        let is_over = |now: f64, window: f64| {
            let inside = (0..6).filter(|i| (now - window..=now).contains(&(2.0 * f64::from(*i))));
            let inside: Vec<i32> = inside.filter(|i| 2.0 * f64::from(*i) > now - window).collect();
            let bad = inside.iter().filter(|i| failed[**i as usize]).count();
            bad as f64 > burn * 0.1 * inside.len() as f64
        };
        let (mut pages, mut was_over) = (0, false);
        for step in 0..28 {
            let now = f64::from(step) / 2.0;
            let over = is_over(now, 7.0) && is_over(now, 1.0);
            pages += u32::from(over && !was_over);
            was_over = over;
        }
        pages
    }

    #[test]
    fn every_way_to_fail_counted_says_the_same() {
        let (mut mean, mut square) = (0.0, 0.0);
        for way in 0..64_u32 {
            let failed = std::array::from_fn(|place| way >> place & 1 == 1);
            let chance = 0.3_f64.powi(way.count_ones() as i32) * 0.7_f64.powi(way.count_zeros() as i32 - 26);
            let pages = f64::from(pages(failed, 2.0));
            mean += chance * pages;
            square += chance * pages * pages;
        }
        let answer = FEW.paged(2.0, (7.0, 1.0)).unwrap();
        assert!((answer.pages_mean - mean).abs() < 1e-12, "{answer:?} {mean}");
        assert!((answer.pages_deviation - (square - mean * mean).sqrt()).abs() < 1e-9);
        // Four requests in seven seconds.
        assert!((answer.error_ratio - 0.25).abs() < 1e-12 && (answer.budget - 0.6).abs() < 1e-12);
    }

    #[test]
    fn frequent_requests_are_refused() {
        assert!(FEW.paged(2.0, (7.0, 2.0)).is_err() && FEW.paged(2.0, (1.0, 1.5)).is_err());
        // One of four is not over a quarter, and no window is over all that it holds.
        assert!(FEW.paged(2.5, (7.0, 1.0)).is_err() && FEW.paged(10.0, (1.0, 1.0)).is_err());
        assert!(SparseTraffic { target: 1.0, ..FEW }.paged(2.0, (7.0, 1.0)).is_err());
        assert!(SparseTraffic { failure: 1.3, ..FEW }.paged(2.0, (7.0, 1.0)).is_err());
    }
}
