//! Which part of a fleet attempts go to.

use super::Checker;
use crate::model::balancing::{Locality, Spread};
use crate::scenario::written::balancing::BalancingCommon;

/// Most priorities of one service.
const PRIORITIES_MAX: u32 = 128;

impl Checker<'_> {
    /// What is written about priorities, panic, localities, subsets and sessions, with a report for what is impossible;
    /// `why` says how there come to be so many replicas, where that is not plain.
    pub(super) fn spread(
        &mut self,
        name: &str,
        keys: &BalancingCommon,
        (replicas, why): (Option<usize>, &str),
    ) -> Spread {
        let path = |key| ["service", name, "balancing", key];
        let zones: u32 = self.written.regions.0.iter().filter_map(|(_, one)| Some(one.as_ref()?.zones)).sum();
        let zones = zones.max(1) as usize;
        if !keys.priorities.is_empty() {
            self.priorities(name, &keys.priorities, (replicas, why));
        }
        if !(1.0..=100.0).contains(&keys.overprovisioning) {
            self.error(
                &path("overprovisioning"),
                "so much overprovisioning is impossible",
                "expected 1 to 100",
            );
        }
        let weights = &keys.zone_weights;
        if !weights.is_empty() {
            if keys.locality != Locality::Weighted {
                let help = "set locality = \"weighted\"";
                self.error(&path("zone_weights"), "zones have no weights with this locality", help);
            } else if weights.len() != zones {
                let message = format!("there are {} weights for {zones} zones", weights.len());
                self.error(&path("zone_weights"), message, "expected one for each, region by region");
            }
            if weights.iter().any(|weight| *weight <= 0.0) {
                self.error(&path("zone_weights"), "the weight of a zone is above 0", "");
            }
        }
        if keys.fail_on_panic && keys.panic_threshold.get() <= 0.0 {
            let help = "set \"panic_threshold\" too";
            self.error(&path("fail_on_panic"), "without a threshold there is no panic", help);
        }
        if keys.subset.is_some_and(|size| size == 0 || replicas.is_some_and(|count| size as usize > count)) {
            let message = "a subset of this size is impossible";
            let most =
                replicas.map_or_else(|| "the number of replicas".to_owned(), |count| count.to_string());
            self.error(&path("subset"), message, &format!("expected 1 to {most}"));
        }
        if keys.sticky.as_ref().is_some_and(|sticky| sticky.lifetime.is_zero()) {
            let path = ["service", name, "balancing", "sticky", "lifetime"];
            self.error(&path, "a session is remembered for longer than zero", "");
        }
        Spread {
            priorities: keys.priorities.clone(),
            overprovisioning: (keys.overprovisioning * 100.0).round() as u32,
            panic_threshold: keys.panic_threshold.get(),
            fail_on_panic: keys.fail_on_panic,
            locality: keys.locality,
            zone_weights: weights.clone(),
            zone_aware_min: keys.zone_aware_min,
        }
    }

    fn priorities(&mut self, name: &str, given: &[u32], (replicas, why): (Option<usize>, &str)) {
        let path = ["service", name, "balancing", "priorities"];
        if replicas.is_some_and(|count| count != given.len()) {
            let message =
                format!("there are {} priorities for {} replicas", given.len(), replicas.unwrap_or(0));
            let help = if why.is_empty() { "expected one for each" } else { why };
            self.error(&path, message, help);
        }
        let last = given.iter().copied().max().unwrap_or(0);
        if last >= PRIORITIES_MAX {
            self.error(&path, "this priority is too large", &format!("expected 0 to {}", PRIORITIES_MAX - 1));
        } else if let Some(missing) = (0..last).find(|priority| !given.contains(priority)) {
            self.error(
                &path,
                format!("no replica has priority {missing}"),
                "expected 0 and so on without a gap",
            );
        }
    }
}
