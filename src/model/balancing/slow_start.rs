//! The share of its weight that a replica has for a while after it came back.

use super::FleetView;
use crate::document::{Diagnostic, Fields};
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};

crate::settings! {
    /// How a replica that came back is brought to its full weight.
    ///
    /// The weight is multiplied by the greater of `min_weight` and f^(1 / aggression), where f is its age over the window
    /// and the age is taken as at least one second. Helps a replica that starts slow, with cold caches. Hurts when many
    /// come back at once: those that stayed carry the rest. With aggression 1 and a least share of 0 it is the linear
    /// ramp of HAProxy and NGINX Plus. Replicas that are up at the start of a run were up for long. Source: Envoy,
    /// "Slow start mode" (1 % to 10 % and aggression 1 are its defaults).
    pub struct SlowStart {
        /// How long it lasts.
        #[range = "> 0"]
        window: SimDuration,
        /// Above 1 the weight grows faster at first, below 1 slower.
        #[range = "> 0"]
        aggression: f64 = 1.0,
        /// The least share of the weight.
        min_weight: Probability = Probability::new(0.1).unwrap_or_default(),
    }
}

crate::tables! {
    SlowStart = "a table with the key \"window\"",
}

/// The least age that counts [s].
const AGE_MIN: f64 = 1.0;

impl SlowStart {
    /// Reports a slow start of a policy that has none, and why.
    pub fn refuse(policy: &str, why: &str, fields: &mut Fields<'_>) {
        if let Some(node) = fields.node_if_there("slow_start") {
            let error = Diagnostic::error(node.span, format!("there is no slow start with \"{policy}\""));
            fields.findings().push(error.label("impossible").help(why));
        }
    }

    /// Whether it is possible.
    pub(super) fn check(settings: Option<&Self>) -> Result<(), Impossible> {
        let Some(one) = settings else { return Ok(()) };
        Impossible::unless(!one.window.is_zero(), "slow_start.window", "expected a time above zero")?;
        Impossible::unless(one.aggression > 0.0, "slow_start.aggression", "expected a number above 0")
    }

    /// The share of its weight that a replica has now.
    pub(super) fn share(&self, fleet: &FleetView<'_>, replica: u32) -> f64 {
        let since = fleet.since[replica as usize];
        let age = fleet.now.since(since);
        if since.as_nanos() == 0 || age >= self.window {
            return 1.0;
        }
        let part = (age.as_secs().max(AGE_MIN) / self.window.as_secs()).min(1.0);
        part.powf(1.0 / self.aggression).max(self.min_weight.get())
    }

    /// Whether a replica of the fleet is still in it.
    pub(super) fn is_on(&self, fleet: &FleetView<'_>) -> bool {
        fleet.since.iter().any(|since| self.is_in(fleet, *since))
    }

    /// How many replicas of the fleet are still in it.
    pub(super) fn count(&self, fleet: &FleetView<'_>) -> usize {
        fleet.since.iter().filter(|since| self.is_in(fleet, **since)).count()
    }

    /// Whether a replica that is up since then is still in it.
    fn is_in(&self, fleet: &FleetView<'_>, since: SimTime) -> bool {
        since.as_nanos() > 0 && fleet.now.since(since) < self.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balancing::testing::view;

    fn share(aggression: f64, age: f64) -> f64 {
        let min_weight = Probability::new(0.1).unwrap();
        let settings = SlowStart { window: SimDuration::from_secs(60.0), aggression, min_weight };
        let (eligible, since) = ([0, 1], [SimTime::ZERO, SimTime::ZERO + SimDuration::from_secs(100.0)]);
        let now = since[1] + SimDuration::from_secs(age);
        let fleet = FleetView { since: &since, now, ..view(&eligible, &[]) };
        assert!((settings.share(&fleet, 0) - 1.0).abs() < 1e-12);
        assert_eq!(settings.is_on(&fleet), age < 60.0);
        settings.share(&fleet, 1)
    }

    #[test]
    fn the_share_grows_to_one() {
        for (aggression, age, expected) in [
            (1.0, 0.0, 0.1),
            (1.0, 30.0, 0.5),
            (1.0, 60.0, 1.0),
            (1.0, 90.0, 1.0),
            (2.0, 15.0, 0.5),
            (0.5, 30.0, 0.25),
        ] {
            assert!((share(aggression, age) - expected).abs() < 1e-12, "{aggression} {age}");
        }
    }
}
