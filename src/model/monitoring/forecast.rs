//! Forecasts: somebody says beforehand that a fault will strike, or says so wrongly.

use crate::kernel::distribution::Distribution;
use crate::units::Probability;

/// What is foreseen of a fault, unit by unit.
///
/// Helps where something can be done before a fault strikes, such as to replace a replica or to keep requests away from
/// it, if it is said early enough for that. Hurts by what it says wrongly: at a precision of 10 % nine replicas are replaced
/// for nothing for each one that would have failed. Source: Salfner, Lenk and Malek, A Survey of Online Failure Prediction
/// Methods (2010), section 3; what precision and recall are worth, Aupy, Robert, Vivien and Zaidouni, Checkpointing
/// Algorithms and Fault Prediction (2014), equation 1.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// The number of the fault.
    pub fault: u32,
    /// How long before a strike it is said; what would have to be said before the clock of the fault began to run is said
    /// then. Of a wrong one, how long it stands.
    pub ahead: Distribution,
    /// Share of forecasts that come true; above 0.
    pub precision: Probability,
    /// Share of strikes that are foreseen; above 0.
    pub recall: Probability,
}

impl Forecast {
    /// How many wrong forecasts there are per second of a unit that so many strikes per second are expected at: right ones
    /// come at `recall` times that, and are the share `precision` of all.
    pub fn wrong_rate(&self, strikes: f64) -> f64 {
        let (precision, recall) = (self.precision.get(), self.recall.get());
        strikes * recall * (1.0 - precision) / precision
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    #[test]
    fn right_ones_are_the_share_that_precision_says() {
        let of = |precision, recall| Forecast {
            fault: 0,
            ahead: Distribution::constant(SimDuration::from_secs(1.0)),
            precision: Probability::new(precision).unwrap(),
            recall: Probability::new(recall).unwrap(),
        };
        // Of 100 strikes 80 are foreseen, and 20 wrong ones make 80 of 100 right.
        assert!((of(0.8, 0.8).wrong_rate(100.0) - 20.0).abs() < 1e-9);
        assert!(of(1.0, 0.3).wrong_rate(100.0).abs() < 1e-12);
    }
}
