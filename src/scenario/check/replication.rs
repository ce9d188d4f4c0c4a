//! Copies of data that follow, and where they are.

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Name};
use crate::model::data::{Conflicts, Mode, ModeName, OnPartition, Replication, Sides};
use crate::model::fault::End;
use crate::scenario::written::data::ReplicationSection;
use crate::scenario::written::service::ServiceSection;
use crate::units::{ServiceId, SimDuration, ZoneId};

/// How often a lag is drawn anew where nothing says so.
const CORRELATION: SimDuration = SimDuration::from_nanos(60_000_000_000);

impl Checker<'_> {
    /// All copies that follow.
    pub(super) fn replications(&mut self, layout: &Layout) -> Option<Vec<Replication>> {
        let written = self.written;
        let mut all: Vec<Option<Replication>> = Vec::with_capacity(written.replications.0.len());
        for (name, section) in &written.replications.0 {
            let own = section.as_ref().and_then(|section| self.replication(&name.text, section, layout));
            let has_sides = |one: &Replication, of| one.of == of && one.sides.is_some();
            let is_second = own.as_ref().is_some_and(|own| {
                own.sides.is_some() && all.iter().flatten().any(|other| has_sides(other, own.of))
            });
            if is_second {
                let message =
                    "one copy with a place follows already, and two would not know which takes over";
                self.error(&["replication", &name.text, "from"], message, "leave out \"from\" and \"to\"");
            }
            all.push(own);
        }
        all.into_iter().collect()
    }

    fn replication(&mut self, name: &str, keys: &ReplicationSection, layout: &Layout) -> Option<Replication> {
        let of = self.keeper(&keys.of, "a replication");
        let mode = self.mode(name, keys);
        let sides = self.sides_of_copy(name, (keys, of), layout);
        Some(Replication { name: name.to_owned(), of: of?, mode: mode?, sides: sides? })
    }

    fn mode(&mut self, name: &str, keys: &ReplicationSection) -> Option<Mode> {
        let at = |key| ["replication", name, key];
        match keys.mode {
            ModeName::Async => {
                if keys.on_partition.is_some() {
                    let message = "writes wait for no copy that follows after they were acknowledged";
                    self.error(&at("on_partition"), message, "leave it out, or add mode = \"sync\"");
                }
                let correlation = keys.correlation.unwrap_or(CORRELATION);
                if correlation.is_zero() {
                    let help = "expected a time above zero, such as \"1min\"";
                    self.error(&at("correlation"), "a lag lasts for longer than no time", help);
                }
                let Some(lag) = &keys.lag else {
                    let help = "add \"lag\", such as \"500ms\", or mode = \"sync\"";
                    self.error(&["replication", name], "nothing says how far the copy is behind", help);
                    return None;
                };
                Some(Mode::Async { lag: self.law(lag)?, correlation })
            }
            ModeName::Sync => {
                for (key, is_there) in
                    [("lag", keys.lag.is_some()), ("correlation", keys.correlation.is_some())]
                {
                    if is_there {
                        let message = "a copy that has every write before it is acknowledged is never behind";
                        self.error(&at(key), message, "leave it out, or mode = \"sync\"");
                    }
                }
                if keys.from.is_none() && keys.to.is_none() {
                    let message = "a write takes a round trip to the copy, and nothing says where that is";
                    let help = "add \"from\" and \"to\", such as \"region.eu\"";
                    self.error(&at("mode"), message, help);
                }
                Some(Mode::Sync(keys.on_partition.unwrap_or(OnPartition::Stop)))
            }
        }
    }

    /// Where a copy and its original are; a report for what is impossible about that.
    #[expect(
        clippy::option_option,
        reason = "the outer one is an error, the inner one a copy without a place"
    )]
    fn sides_of_copy(
        &mut self,
        name: &str,
        (keys, of): (&ReplicationSection, Option<ServiceId>),
        layout: &Layout,
    ) -> Option<Option<Sides>> {
        let at = |key| ["replication", name, key];
        if keys.fencing && keys.conflicts.is_some() {
            let message = "an original that is fenced takes nothing that could be in conflict";
            self.error(&at("conflicts"), message, "leave it out, or add fencing = false");
        }
        let (from, to) = match (&keys.from, &keys.to) {
            (None, None) => {
                if !keys.fencing {
                    let message = "without places nothing is cut off that would have to be fenced";
                    self.error(&at("fencing"), message, "add \"from\" and \"to\", or leave it out");
                }
                return Some(None);
            }
            (Some(from), Some(to)) => (from, to),
            (from, _) => {
                let (one, other) = if from.is_some() { ("from", "to") } else { ("to", "from") };
                let message = format!("{one:?} has no {other:?}");
                self.error(&at(one), message, "name both, such as \"region.eu\", or neither");
                return None;
            }
        };
        let zones = [self.zones_of_side(layout, from), self.zones_of_side(layout, to)];
        let of = of?;
        let [from_zones, to_zones] = zones;
        let zones = [from_zones?, to_zones?];
        if zones[0].iter().zip(&zones[1]).any(|(one, other)| *one && *other) {
            self.error(&at("to"), "the copy is where the original is", "name two places apart");
            return None;
        }
        let (service, section) = &self.written.services.0[of.index()];
        if section.as_ref().is_some_and(|section| !section.keys.effects) {
            let message =
                format!("nothing that \"{}\" does is an effect, so nothing is written", service.text);
            let help = "add \"effects\" = true to the service, or leave out \"from\" and \"to\"";
            self.error(&at("from"), message, help);
        }
        let takes_several = |section: &ServiceSection| {
            section.keys.consumes.as_ref().is_some_and(|consumes| consumes.batch > 1)
        };
        if section.as_ref().is_some_and(takes_several) {
            let message = format!("\"{}\" writes for several messages at once", service.text);
            self.error(&at("from"), message, "leave out \"from\" and \"to\", or take one message at a time");
        }
        // What is wrong with the replicas is reported with them.
        let seats = layout.replicas.get(of.index())?.as_deref()?;
        for (place, zones) in [from, to].into_iter().zip(&zones) {
            if !seats.iter().any(|seat| zones[seat.zone.index()]) {
                let message = format!("\"{}\" has no replica in \"{}\"", service.text, place.text);
                let error = Diagnostic::error(place.span, message).label("nobody is there");
                self.findings.push(error.help("name where it has some, or place replicas there"));
                return None;
            }
        }
        let conflicts = (!keys.fencing).then(|| keys.conflicts.unwrap_or(Conflicts::Discard));
        Some(Some(Sides { zones, conflicts }))
    }

    /// Which zones a name such as "region.eu" stands for.
    fn zones_of_side(&mut self, layout: &Layout, name: &Name) -> Option<Vec<bool>> {
        let is_place = ["region.", "zone."].iter().any(|section| name.text.starts_with(section));
        if !is_place || name.text.contains('*') {
            let error = Diagnostic::error(name.span, "a copy is in a region or a zone");
            self.findings.push(error.help("expected a name such as \"region.eu\" or \"zone.eu.1\""));
            return None;
        }
        let ends = self.places(layout, std::slice::from_ref(name))?;
        let all = 0..layout.first_zone(layout.regions.len());
        let is_in = |zone: u32| {
            ends.iter().any(|end| match end {
                End::Zone(one) => one.0 == zone,
                End::Region(region) => layout.region_number(ZoneId(zone)) == region.index(),
                End::Client(_) | End::Service(_) | End::Replica(_) | End::Balancer(..) => false,
            })
        };
        Some(all.map(is_in).collect())
    }
}
