//! What is foreseen.

use crate::model::monitoring::forecast::Forecast;
use crate::scenario::check::Checker;
use crate::scenario::written::fault::FaultKeys;
use crate::scenario::written::monitor::ForecastKeys;
use crate::units::Probability;

impl Checker<'_> {
    /// What a monitor foresees, or a report of why it cannot.
    pub(super) fn forecast(&mut self, name: &str, keys: &ForecastKeys) -> Option<Forecast> {
        let written = self.written;
        let fault = self.number("fault", &written.faults, &keys.fault);
        let ahead = self.positive_law(&keys.ahead);
        let mut is_possible = true;
        for (key, share) in [("precision", keys.precision), ("recall", keys.recall)] {
            if share == Probability::ZERO {
                let message = format!("a forecast without {key} says nothing");
                self.error(&["monitor", name, key], message, "expected a share above 0");
                is_possible = false;
            }
        }
        let (fault, ahead) = (fault?, ahead?);
        let section = written.faults.0[fault as usize].1.as_ref()?;
        if matches!(section.kind, FaultKeys::Poison(_)) {
            let message = "requests strike when they are served: nobody foresees that";
            self.error(&["monitor", name, "fault"], message, "name a fault that has a clock of its own");
            return None;
        }
        is_possible.then_some(Forecast { fault, ahead, precision: keys.precision, recall: keys.recall })
    }
}
