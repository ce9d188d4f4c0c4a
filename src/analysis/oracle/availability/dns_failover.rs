//! A primary whose clients move to a secondary when their cached name has run out.

use crate::analysis::law::Law;
use crate::analysis::numeric::integrate;
use crate::analysis::oracle::domain::{not_negative, probability};
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "dns-failover",
    summary: "Outage that a client sees when a failed site is replaced by changing its name's address.",
    formula: "E[min(repair, detection + U ttl)] / (up + E[repair]), U uniform on [0, 1]",
    domain: "Clients that renew a name exactly every ttl, with random phases; a secondary that is always up; back to \
             the primary at its repair without loss; any times to failure and to repair.",
    source: "Renewal-reward theorem: Ross, Introduction to Probability Models, section 7.4.",
    arguments: &[
        Argument::number("up", "s", "mean time to failure of the primary"),
        Argument::number("repair", "s", "time to repair of the primary").of(Kind::Law),
        Argument::number("detection", "s", "time from the failure to the new address"),
        Argument::number("ttl", "s", "how long a client keeps the old address"),
        Argument::number("ignoring", "ratio", "share of clients that keep it for ever").or(0.0),
    ],
    answers: &[
        Answer::new(
            "availability_request",
            "ratio",
            "share of a client's requests that find a site that is up",
        ),
        Answer::new("unavailability", "ratio", "share of a client's requests that do not"),
        Answer::new("outage_mean", "s", "mean time per failure that a client is without a site"),
        Answer::new("unavailability_alone", "ratio", "the same share without a secondary"),
        Answer::new(
            "unavailability_rough",
            "ratio",
            "(detection + ttl / 2) / (up + E[repair]), as it is often put",
        ),
    ],
    solve,
};

fn solve(arguments: &Arguments<'_>) -> Result<Vec<Value>, OracleError> {
    let (up, repair) = (arguments.positive("up")?, arguments.law("repair")?);
    let failover = Failover {
        detection: arguments.number("detection")?,
        ttl: arguments.number("ttl")?,
        ignoring: arguments.number("ignoring")?,
    };
    let outage = failover.outage_mean(&repair)?;
    let cycle = up + repair.mean();
    let rough = (failover.detection + failover.ttl / 2.0) / cycle;
    let values = [1.0 - outage / cycle, outage / cycle, outage, repair.mean() / cycle, rough];
    Ok(values.map(Value::from).to_vec())
}

/// How clients leave a failed site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failover {
    /// Time from the failure to the new address \[s\].
    pub detection: f64,
    /// How long a client keeps the old address \[s\].
    pub ttl: f64,
    /// Share of clients that keep it for ever.
    pub ignoring: f64,
}

impl Failover {
    /// Mean time per failure that a client is without a site \[s\].
    ///
    /// ```text
    /// (1 - ignoring) E[min(R, D + U ttl)] + ignoring E[R],  U uniform on [0, 1]
    /// ```
    ///
    /// Exact for clients that renew a name exactly every `ttl` with random phases, and a secondary that is always up.
    ///
    /// Source: Ross, Introduction to Probability Models, section 7.4 (renewal rewards).
    ///
    /// # Errors
    ///
    /// A negative time, a share that is no probability, a repair without a mean.
    ///
    /// # Examples
    ///
    /// A long repair: detection and half a TTL.
    ///
    /// ```
    /// use ninefold::analysis::law::Law;
    /// use ninefold::analysis::oracle::Failover;
    /// let failover = Failover { detection: 90.0, ttl: 300.0, ignoring: 0.0 };
    /// let outage = failover.outage_mean(&Law::Constant { value: 14_400.0 }).unwrap();
    /// assert!((outage - 240.0).abs() < 1e-9);
    /// ```
    pub fn outage_mean(&self, repair: &Law) -> Result<f64, OracleError> {
        let detection = not_negative("detection", self.detection)?;
        let ttl = not_negative("ttl", self.ttl)?;
        let ignoring = probability("ignoring", self.ignoring)?;
        positive("repair", &[repair.mean()])?;
        let before = integrate(0.0, detection, |time| repair.survival(time));
        // P(D + U ttl > t) falls from 1 to 0 along the TTL.
        let after = ttl * integrate(0.0, 1.0, |part| (1.0 - part) * repair.survival(detection + part * ttl));
        Ok((1.0 - ignoring) * (before + after) + ignoring * repair.mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_repairs_end_the_outage_before_the_name_does() {
        let failover = Failover { detection: 60.0, ttl: 3600.0, ignoring: 0.0 };
        let short = failover.outage_mean(&Law::Constant { value: 30.0 }).unwrap();
        assert!((short - 30.0).abs() < 1e-9);
        // min(1800, 60 + 3600 U): 1740 seconds of the TTL count as they are, the rest as 1740.
        let half = failover.outage_mean(&Law::Constant { value: 1800.0 }).unwrap();
        let expected = 60.0 + 1740.0 - 1740.0 * 1740.0 / 7200.0;
        assert!((half / expected - 1.0).abs() < 1e-9, "{half} {expected}");
    }

    #[test]
    fn exponential_repairs_have_a_closed_form() {
        let failover = Failover { detection: 2.0, ttl: 5.0, ignoring: 0.25 };
        let mean = 7.0;
        let outage = failover.outage_mean(&Law::Exponential { mean }).unwrap();
        // E[min(R, c)] = m (1 - e^(-c/m)), averaged over c from 2 to 7.
        let averaged = mean - mean * mean / 5.0 * ((-2.0_f64 / mean).exp() - (-7.0_f64 / mean).exp());
        assert!((outage - (0.75 * averaged + 0.25 * mean)).abs() < 1e-12);
        assert!(Failover { ignoring: 2.0, ..failover }.outage_mean(&Law::Exponential { mean }).is_err());
        assert!(Failover { ttl: -1.0, ..failover }.outage_mean(&Law::Exponential { mean }).is_err());
    }
}
