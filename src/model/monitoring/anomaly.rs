//! Alarms without a threshold of their own: a number is far from what it usually is.

use super::alarm::AlarmState;
use super::watch::{Judge, Seen};
use crate::units::SimDuration;

/// How far a number may be from what it usually is.
///
/// What is usual are a mean and a deviation that forget exponentially: after each period, `mean = w mean + (1 - w) x` and
/// `variance = w (variance + (1 - w) (x - mean)^2)` with the mean before, `w = exp(-period / memory)`; at first all values
/// weigh the same. Helps where nobody knows a threshold. Hurts with daily rhythms, which it does not know, and with
/// changes that last: after the memory they are usual, and the alarm is over. Source: Finch, Incremental Calculation of
/// Weighted Mean and Variance (2009), section 9.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anomaly {
    /// So many deviations.
    pub band: f64,
    /// What weighs 1/e of the newest.
    pub memory: SimDuration,
    /// From one value to the next.
    pub period: SimDuration,
}

/// An anomaly alarm while it runs.
#[derive(Debug, Clone)]
pub struct AnomalyRun {
    band: f64,
    /// Weight of a new value in the long run.
    weight: f64,
    mean: f64,
    variance: f64,
    /// Values so far, and how many it takes before one is judged.
    values: u64,
    needed: u64,
    state: AlarmState,
}

impl Judge for AnomalyRun {
    type Settings = Anomaly;

    fn new(settings: &Anomaly) -> Self {
        let periods = settings.memory.as_secs() / settings.period.as_secs();
        Self {
            band: settings.band,
            weight: -(-1.0 / periods).exp_m1(),
            mean: 0.0,
            variance: 0.0,
            values: 0,
            needed: periods.ceil() as u64,
            state: AlarmState::Unknown,
        }
    }

    fn note(&mut self, seen: &Seen) -> AlarmState {
        // A period that says nothing changes nothing.
        let Some(value) = seen.value else { return self.state };
        let difference = value - self.mean;
        if self.values >= self.needed {
            let is_far = difference.abs() > self.band * self.variance.sqrt();
            self.state = if is_far { AlarmState::Alarm } else { AlarmState::Ok };
        }
        self.values += 1;
        let weight = self.weight.max(1.0 / self.values as f64);
        self.mean += weight * difference;
        self.variance = (1.0 - weight) * (self.variance + weight * difference * difference);
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(band: f64, periods: f64) -> AnomalyRun {
        let (memory, period) = (SimDuration::from_secs(periods), SimDuration::from_secs(1.0));
        AnomalyRun::new(&Anomaly { band, memory, period })
    }

    fn note(run: &mut AnomalyRun, value: f64) -> AlarmState {
        run.note(&Seen { value: Some(value), ..Seen::default() })
    }

    #[test]
    fn at_first_mean_and_deviation_are_those_of_all_values() {
        let mut run = run(3.0, 4.0);
        let said = [1.0, 3.0, 1.0, 3.0].map(|value| note(&mut run, value));
        assert_eq!(said, [AlarmState::Unknown; 4]);
        assert!((run.mean - 2.0).abs() < 1e-12 && (run.variance - 1.0).abs() < 1e-12, "{run:?}");
        // Three deviations are not more than three.
        assert_eq!(note(&mut run.clone(), 5.0), AlarmState::Ok);
        assert_eq!(note(&mut run.clone(), 5.01), AlarmState::Alarm);
        assert_eq!(note(&mut run, -1.01), AlarmState::Alarm);
        // Nothing to go by keeps what was said.
        assert_eq!(run.note(&Seen::default()), AlarmState::Alarm);
    }

    #[test]
    fn what_lasts_becomes_usual() {
        let mut run = run(3.0, 20.0);
        for round in 0..200 {
            note(&mut run, f64::from(round % 2));
        }
        assert_eq!(note(&mut run, 10.0), AlarmState::Alarm);
        let again = (0..100).position(|_| note(&mut run, 10.0) == AlarmState::Ok).unwrap();
        assert!(again < 20, "{again}");
    }
}
