//! What arrivals must be so that they can be simulated.

use super::{Arrival, Spike};

impl Arrival {
    /// Whether requests can come like this.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what is impossible.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Poisson { spikes, .. } => check_spikes(spikes),
            Self::Renewal { between } => {
                require(between.mean() > 0.0, "the mean time between arrivals must be above 0")
            }
            Self::Mmpp { rates, stays } => {
                require(!rates.is_empty(), "there must be at least one phase")?;
                require(rates.len() == stays.len(), "there must be as many stays as rates")?;
                require(stays.iter().all(|stay| !stay.is_zero()), "a mean stay must be above 0")
            }
            Self::Closed { users, .. } => require(*users > 0, "there must be at least one user"),
            Self::Profile { rates, period, spikes } => {
                require(!rates.is_empty(), "a profile needs at least one rate")?;
                require(!period.is_zero(), "the period of a profile must be above 0")?;
                check_spikes(spikes)
            }
            Self::Counts { period, .. } => require(!period.is_zero(), "the period of counts must be above 0"),
            Self::Trace(trace) => require(!trace.functions.is_empty(), "a trace has at least one function"),
            Self::Instants(instants) => require(instants.is_sorted(), "instants of arrival must be rising"),
        }
    }
}

fn check_spikes(spikes: &[Spike]) -> Result<(), String> {
    let possible = |spike: &Spike| spike.factor.is_finite() && spike.factor >= 0.0;
    require(spikes.iter().all(possible), "the factor of a spike must be at least 0")
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::distribution::Distribution;
    use crate::units::{Rate, SimDuration, SimTime};

    #[test]
    fn impossible_arrivals_are_refused() {
        let second = SimDuration::from_nanos(1_000_000_000);
        let rates = vec![Rate::default(); 2];
        let spikes = vec![Spike { at: SimTime::ZERO, lasts: second, factor: -1.0 }];
        let impossible = [
            Arrival::Poisson { rate: Rate::default(), spikes },
            Arrival::Renewal { between: Distribution::constant(SimDuration::ZERO) },
            Arrival::Mmpp { rates: rates.clone(), stays: vec![second] },
            Arrival::Mmpp { rates: rates.clone(), stays: vec![second, SimDuration::ZERO] },
            Arrival::Closed { users: 0, think: Distribution::constant(second) },
            Arrival::Profile { rates: vec![], period: second, spikes: vec![] },
            Arrival::Counts { counts: vec![1], period: SimDuration::ZERO, begins: SimTime::ZERO },
            Arrival::Instants(vec![SimTime::NEVER, SimTime::ZERO]),
        ];
        for arrival in impossible {
            assert!(arrival.check().is_err(), "{arrival:?}");
        }
        assert_eq!(Arrival::Mmpp { rates, stays: vec![second; 2] }.check(), Ok(()));
    }
}
