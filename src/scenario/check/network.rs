//! How long messages are under way, how many are lost, and between which places that is otherwise.

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Name};
use crate::model::region::link::{Place, PlaceLink, zones_of};
use crate::model::region::{Network, OnLoss};
use crate::scenario::written::network::PlaceLinkKeys;
use crate::units::{RegionId, SimDuration, ZoneId};

/// The wait before a lost message is sent again, where none is written: the first of Linux.
const RTO: SimDuration = SimDuration::from_nanos(200_000_000);

/// Most zones of a region that are listed where a place is unknown.
const LISTED_MAX: u32 = 40;

/// Most links; the links between the places that they name are kept in a table.
const LINKS_MAX: usize = 1_000;

impl Checker<'_> {
    /// Delays between places, and losses.
    pub(super) fn network(&mut self, layout: &Layout) -> Option<Network> {
        let written = self.written;
        let section = written.network.as_ref()?;
        if section.rto.is_some_and(SimDuration::is_zero) {
            let help = "on_loss = \"drop\" sends nothing again";
            self.error(
                &["network", "rto"],
                "the wait before a message is sent again is more than zero",
                help,
            );
        }
        if section.on_loss == OnLoss::Drop && section.rto.is_some() {
            let message =
                "\"rto\" is the wait before a lost message is sent again, and \"drop\" sends none again";
            self.error(&["network", "rto"], message, "leave it out, or write on_loss = \"retransmit\"");
        }
        let within_zone = self.law(&section.within_zone);
        let between_zones = self.law(&section.between_zones);
        let between_regions = self.law(&section.between_regions);
        let links = self.place_links(layout, &section.links);
        Some(Network {
            within_zone: within_zone?,
            between_zones: between_zones?,
            between_regions: between_regions?,
            loss: section.loss,
            on_loss: section.on_loss,
            rto: section.rto.unwrap_or(RTO),
            links: links?,
        })
    }

    /// The links between places.
    fn place_links(&mut self, layout: &Layout, written: &[PlaceLinkKeys]) -> Option<Vec<PlaceLink>> {
        if written.len() > LINKS_MAX {
            let message = format!("there are more than {LINKS_MAX} links");
            self.error(&["network", "links"], message, "name regions in place of zones");
            return None;
        }
        let (mut found, mut complete) = (Vec::with_capacity(written.len()), true);
        for keys in written {
            if keys.delay.is_none() && keys.loss.is_none() {
                let error =
                    Diagnostic::error(keys.from.span, "a link says nothing without a delay or a loss");
                self.findings.push(error.help("add \"delay\", \"loss\" or both"));
            }
            let delay = keys.delay.as_ref().map(|law| self.law(law));
            let (from, to) = (self.place_named(layout, &keys.from), self.place_named(layout, &keys.to));
            let ((Some(from), Some(to)), true) = ((from, to), delay.as_ref().is_none_or(Option::is_some))
            else {
                complete = false;
                continue;
            };
            let link = PlaceLink { from, to, both: keys.both, delay: delay.flatten(), loss: keys.loss };
            if let Some(other) = found.iter().position(|other| are_in_conflict(layout, &link, other)) {
                let other = &written[other];
                let message = format!(
                    "the link from \"{}\" to \"{}\" is about some of these messages too, and as particular",
                    other.from.text, other.to.text
                );
                let error = Diagnostic::error(keys.from.span, message);
                self.findings.push(error.help(
                    "of several links the one that names more single zones holds, and these name as many",
                ));
            }
            found.push(link);
        }
        complete.then_some(found)
    }

    /// A zone or a region, such as `zone.east.1` and `region.east`.
    fn place_named(&mut self, layout: &Layout, name: &Name) -> Option<Place> {
        let parts: Vec<&str> = name.text.split('.').collect();
        let region = |region: &str| layout.region(region);
        let found = match parts[..] {
            ["region", one] => region(one).map(|number| Place::Region(RegionId(number as u32))),
            ["zone", one, zone] => region(one).and_then(|number| {
                let zone: u32 =
                    zone.parse().ok().filter(|zone| (1..=layout.regions[number].zones).contains(zone))?;
                Some(Place::Zone(ZoneId(layout.first_zone(number) + zone - 1)))
            }),
            _ => None,
        };
        if found.is_none() {
            let regions = layout.regions.iter();
            let known = regions.flat_map(|region| {
                let zones =
                    (1..=region.zones.min(LISTED_MAX)).map(|zone| format!("zone.{}.{zone}", region.name));
                std::iter::once(format!("region.{}", region.name)).chain(zones)
            });
            let known: Vec<String> = known.collect();
            let known = known.iter().map(String::as_str);
            self.findings.push(Diagnostic::unknown(name.span, "place", &name.text, known));
        }
        found
    }
}

/// Whether two links say the same of some message, and are equally particular.
fn are_in_conflict(layout: &Layout, one: &PlaceLink, other: &PlaceLink) -> bool {
    let overlap = |a: Place, b: Place| {
        let (a, b) = (zones_of(&layout.regions, a), zones_of(&layout.regions, b));
        a.start < b.end && b.start < a.end
    };
    let says_the_same =
        one.delay.is_some() && other.delay.is_some() || one.loss.is_some() && other.loss.is_some();
    says_the_same
        && one.rank() == other.rank()
        && one.ways().any(|[from, to]| {
            other.ways().any(|[other_from, other_to]| overlap(from, other_from) && overlap(to, other_to))
        })
}
