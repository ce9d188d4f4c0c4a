//! Capacity that carries the peak with a zone lost, without anything being added.

use crate::analysis::oracle::{Answer, Argument, Kind, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "static-stability",
    summary: "Capacity over the peak load that still carries it when one of several equal zones is lost.",
    formula: "capacity = zones / (zones - 1), utilisation = 1 - 1 / zones",
    domain: "Capacity spread evenly over zones, load that moves at once, nothing added after the loss.",
    source: "B. Weiss and M. Furr, Static stability using Availability Zones (Amazon Builders' Library, 2019).",
    arguments: &[Argument::number("zones", "1", "number of zones, or several of them").of(Kind::Numbers)],
    answers: &[
        Answer::new("capacity_needed", "1", "whole capacity over what the peak needs"),
        Answer::new("utilisation", "ratio", "utilisation at the peak while all zones are up"),
    ],
    solve: |arguments| {
        let zones = arguments.numbers("zones")?;
        let capacity: Result<Vec<f64>, OracleError> =
            zones.iter().map(|one| static_stability(*one)).collect();
        let capacity = capacity?;
        let utilisation: Vec<f64> = capacity.iter().map(|needed| 1.0 / needed).collect();
        Ok(vec![capacity.into(), utilisation.into()])
    },
};

/// Capacity over the peak load that still carries it when one of so many equal zones is lost.
///
/// ```text
/// zones / (zones - 1)
/// ```
///
/// `zones` is a whole number from 2 on. Exact if capacity is spread evenly and load moves at once.
///
/// Source: B. Weiss and M. Furr, Static stability using Availability Zones (Amazon Builders' Library, 2019).
///
/// # Errors
///
/// Fewer than two zones, or a number that is not whole.
///
/// # Examples
///
/// The source's three zones need half as much again.
///
/// ```
/// use ninefold::analysis::oracle::static_stability;
/// assert!((static_stability(3.0).unwrap() - 1.5).abs() < 1e-12);
/// ```
pub fn static_stability(zones: f64) -> Result<f64, OracleError> {
    if zones.is_finite() && zones >= 2.0 && zones.fract() == 0.0 {
        return Ok(zones / (zones - 1.0));
    }
    Err(OracleError::Domain { argument: "zones", value: zones, expected: "a whole number from 2 on" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_it_is_the_peak() {
        for zones in [2.0, 3.0, 4.0, 17.0] {
            let capacity = static_stability(zones).unwrap();
            assert!((capacity * (zones - 1.0) / zones - 1.0).abs() < 1e-12);
        }
        assert!(static_stability(1.0).is_err() && static_stability(2.5).is_err());
        assert!(static_stability(f64::INFINITY).is_err() && static_stability(f64::NAN).is_err());
    }
}
