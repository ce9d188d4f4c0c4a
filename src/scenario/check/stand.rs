//! Where shared balancers stand.

use super::Checker;
use crate::document::{Diagnostic, Name};
use crate::model::balancing::BalancerSettings;
use crate::scenario::written::balancing::{Balancers, KnowledgeKeys, PlaceKeys};
use crate::scenario::written::service::ServiceKeys;
use crate::units::ZoneId;

/// Most zones of a region that are listed where one is unknown.
const LISTED_MAX: u32 = 40;

impl Checker<'_> {
    /// The zones in which the balancers of a service stand in turn, rising; those of the callers where there are none.
    pub(super) fn stands(&mut self, name: &str, keys: &ServiceKeys) -> Option<Vec<ZoneId>> {
        let PlaceKeys::Places(places) = &keys.balancing.common.place else { return Some(Vec::new()) };
        let path = ["service", name, "balancing", "place"];
        if keys.balancing.common.balancers == Balancers::Caller {
            let message = "balancers of callers stand where these are";
            self.error(&path, message, "leave out \"place\", or say how many \"balancers\" they share");
        }
        let needs = keys.balancing.policy.known().map(BalancerSettings::needs);
        let asks = needs.is_none_or(|needs| needs.reports.is_some() || needs.probes);
        let is_told = !matches!(keys.balancing.common.knowledge, KnowledgeKeys::Checked);
        let checks = keys.health_check.is_some() && !is_told;
        let is_unused = keys.queue.is_shared() && !keys.is_buffered();
        if !asks && !checks && !is_unused && keys.function.is_none() {
            let message = "from where balancers look matters to none that look at nothing";
            let help = if is_told {
                "leave out \"place\", or \"knowledge\" and add a \"health_check\""
            } else {
                "add a \"health_check\", or leave out \"place\": requests travel from the caller"
            };
            self.error(&path, message, help);
        }
        let mut zones: Vec<ZoneId> = self.places_named(&places.0)?.concat();
        zones.sort_unstable_by_key(|zone| zone.0);
        zones.dedup();
        Some(zones)
    }

    /// The zones of each of some zones and regions.
    pub(super) fn places_named(&mut self, places: &[Name]) -> Option<Vec<Vec<ZoneId>>> {
        let mut all = Vec::new();
        let mut is_whole = true;
        for place in places {
            let found = self.zones_of(&place.text);
            if found.is_empty() {
                is_whole = false;
                let known = self.known_places();
                let known = known.iter().map(String::as_str);
                self.findings.push(Diagnostic::unknown(place.span, "zone or region", &place.text, known));
            }
            all.push(found);
        }
        is_whole.then_some(all)
    }

    /// Regions and their zones, as many as are worth a list.
    fn known_places(&self) -> Vec<String> {
        let regions = || self.written.regions.0.iter();
        let zones = regions().flat_map(|(name, section)| {
            let count = section.as_ref().map_or(1, |region| region.zones);
            (1..=count.min(LISTED_MAX)).map(move |zone| format!("zone.{}.{zone}", name.text))
        });
        regions().map(|(name, _)| format!("region.{}", name.text)).chain(zones).collect()
    }
}
