//! Regions, zones and the replicas in them.

use super::Checker;
use crate::document::{Diagnostic, Name};
use crate::model::fleet::Replica;
use crate::model::region::Region;
use crate::model::region::host::OnHosts;
use crate::model::scaling::Per;
use crate::scenario::written::service::{Replicas, ServiceSection, Speed};
use crate::units::{RegionId, ZoneId};

/// Most replicas of all services together, and most zones.
const PLACES_MAX: u64 = 1_000_000;

/// The region where none is written.
pub(super) const ONLY_REGION: &str = "default";

/// Where everything is.
pub(super) struct Layout {
    pub(super) regions: Vec<Region>,
    /// Seats of each service, in the order of services; `None` where they cannot be known.
    pub(super) replicas: Vec<Option<Vec<Replica>>>,
    /// How many of them have a replica at the start.
    pub(super) present: Vec<u32>,
    /// How those of each service stand on hosts, where they take room there.
    pub(super) on_hosts: Vec<Option<OnHosts>>,
    /// Whether replicas of each service are given up, and others start in their seats.
    pub(super) restarted: Vec<bool>,
}

impl Layout {
    /// The number of the first zone of a region.
    pub(super) fn first_zone(&self, region: usize) -> u32 {
        self.regions[..region].iter().map(|region| region.zones).sum()
    }

    /// The zones of the region of a zone, from the first up to but without the last.
    pub(super) fn region_of(&self, zone: ZoneId) -> (u32, u32) {
        let mut first = 0;
        for region in &self.regions {
            if zone.0 < first + region.zones {
                return (first, first + region.zones);
            }
            first += region.zones;
        }
        (first, first)
    }

    /// The number of the region in which a zone is.
    pub(super) fn region_number(&self, zone: ZoneId) -> usize {
        let (mut end, mut number) = (0, 0);
        for region in &self.regions {
            end += region.zones;
            number += usize::from(zone.0 >= end);
        }
        number
    }

    /// Whether replicas of a service come and go.
    pub(super) fn is_changing(&self, service: usize) -> bool {
        let seats = self.replicas.get(service).and_then(Option::as_ref);
        self.restarted.get(service).is_some_and(|is_restarted| *is_restarted)
            || seats.is_some_and(|seats| seats.len() > self.present[service] as usize)
    }

    /// The number of a region.
    pub(super) fn region(&self, name: &str) -> Option<usize> {
        self.regions.iter().position(|region| region.name == name)
    }
}

impl Checker<'_> {
    /// Places regions and replicas.
    pub(super) fn layout(&mut self) -> Layout {
        let regions = self.regions();
        let written = self.written;
        let restarted = written.services.names().map(|name| self.is_restarted(name)).collect();
        let (replicas, present, on_hosts) = (Vec::new(), Vec::new(), Vec::new());
        let mut layout = Layout { regions, replicas, present, on_hosts, restarted };
        let mut total = 0;
        for (name, section) in &written.services.0 {
            let placed =
                section.as_ref().and_then(|service| self.place(&layout, &name.text, service, &mut total));
            layout.present.push(placed.as_ref().map_or(0, |(present, _)| *present));
            layout.replicas.push(placed.map(|(_, seats)| seats));
        }
        if written.services.0.is_empty() {
            self.error(&[], "the scenario has no service", "add a section such as [service.shop]");
        }
        self.place_on_hosts(&mut layout);
        self.place_queues(&mut layout);
        layout
    }

    fn regions(&mut self) -> Vec<Region> {
        let written = self.written;
        let mut total = 0;
        let mut regions = Vec::new();
        for (name, section) in &written.regions.0 {
            let [zones, racks, hosts] =
                section.as_ref().map_or([1; 3], |region| [region.zones, region.racks, region.hosts]);
            let path = |key| ["region", &name.text, key];
            for (key, count, what) in [
                ("zones", zones, "a region has at least one zone"),
                ("racks", racks, "a zone has at least one rack"),
                ("hosts", hosts, "a rack has at least one host"),
            ] {
                if count == 0 {
                    self.error(&path(key), what, "");
                }
            }
            let [zones, racks, hosts] = [zones, racks, hosts].map(|count| count.max(1));
            let in_zone = u64::from(racks).saturating_mul(u64::from(hosts));
            total += u64::from(zones).saturating_mul(in_zone);
            if total > PLACES_MAX {
                let (key, what) = if in_zone > 1 { ("hosts", "hosts") } else { ("zones", "zones") };
                self.error(&path(key), format!("there are more than {PLACES_MAX} {what}"), "");
                total = 0;
                continue;
            }
            let host = section.as_ref().and_then(|region| region.host.as_ref());
            let host = host.and_then(|host| self.host(&name.text, host));
            regions.push(Region { name: name.text.clone(), zones, racks, hosts, host });
        }
        if regions.is_empty() {
            regions.push(Region { name: ONLY_REGION.to_owned(), zones: 1, racks: 1, hosts: 1, host: None });
        }
        regions
    }

    /// The region that is named, or the only one there is.
    pub(super) fn region(&mut self, layout: &Layout, name: Option<&Name>, path: &[&str]) -> Option<RegionId> {
        let Some(name) = name else {
            if layout.regions.len() == 1 {
                return Some(RegionId(0));
            }
            self.error(path, "there are several regions: say in which one this is", "add the key \"region\"");
            return None;
        };
        let found = layout.region(&name.text);
        if found.is_none() {
            let known = layout.regions.iter().map(|region| region.name.as_str());
            self.findings.push(Diagnostic::unknown(name.span, "region", &name.text, known));
        }
        found.map(|number| RegionId(number as u32))
    }

    fn place(
        &mut self,
        layout: &Layout,
        name: &str,
        service: &ServiceSection,
        total: &mut u64,
    ) -> Option<(u32, Vec<Replica>)> {
        if let Some(function) = &service.keys.function {
            return self.place_function(layout, (name, &service.keys), (function, total), PLACES_MAX);
        }
        let path = ["service", name, "replicas"];
        let counts = self.counts(layout, name, service)?;
        let present: u64 = counts.iter().map(|(_, count)| u64::from(*count)).sum();
        // Seats of those who may come later stand behind those who are there, so that these keep their numbers.
        let is_whole = service.keys.autoscaling.as_ref().is_some_and(|keys| keys.common.per == Per::Service);
        let seats = |count: u32| {
            let of = if is_whole { present as u32 } else { count };
            self.seats(name, &service.keys, of).min(PLACES_MAX + 1) as u32
        };
        let later: Vec<(RegionId, u32, u32)> =
            counts.iter().map(|(region, count)| (*region, *count, seats(*count).max(*count))).collect();
        let count = present + later.iter().map(|(_, from, to)| u64::from(to - from)).sum::<u64>();
        *total += count;
        if present == 0 {
            self.error(&path, "a service has at least one replica", "");
            return None;
        }
        if *total > PLACES_MAX {
            self.too_many(name, service, count - present);
            return None;
        }
        let changes = service.keys.autoscaling.is_some() || self.is_deployed(name) || self.is_restarted(name);
        if changes && matches!(service.keys.speed, Speed::Each(_)) {
            let message = "the replicas of a fleet that changes have one speed";
            self.error(&["service", name, "speed"], message, "give one number for all");
            return None;
        }
        let speeds = self.speeds(name, &service.keys.speed, count as usize)?;
        let there = counts.iter().map(|(region, count)| (*region, 0, *count));
        let zones = there.chain(later).flat_map(|(region, from, to)| {
            let (first, zones) = (layout.first_zone(region.index()), layout.regions[region.index()].zones);
            (from..to).map(move |number| ZoneId(first + number % zones))
        });
        let seats = zones.zip(speeds).map(|(zone, speed)| Replica { zone, speed }).collect();
        Some((present as u32, seats))
    }

    /// Reports that there are too many replicas, where most of a service's stand.
    fn too_many(&mut self, name: &str, service: &ServiceSection, later: u64) {
        let message = format!("all services together have more than {PLACES_MAX} replicas");
        if later == 0 {
            return self.error(&["service", name, "replicas"], message, "");
        }
        let max = ["service", name, "autoscaling", "max"];
        let path = if self.is_written(&max) { &max[..] } else { &["service", name, "autoscaling"] };
        self.error(path, message, &self.why_so_many(name, &service.keys).unwrap_or_default());
    }

    fn counts(
        &mut self,
        layout: &Layout,
        name: &str,
        service: &ServiceSection,
    ) -> Option<Vec<(RegionId, u32)>> {
        let keys = &service.keys;
        let named = keys.region.as_ref().map_or(&[][..], |regions| &regions.0);
        if let [_, second, ..] = named {
            let error = Diagnostic::error(second.span, "replicas that are in several regions name these");
            self.findings.push(error.help("write replicas = { east = 2, west = 2 } in place of \"region\""));
            return None;
        }
        match &keys.replicas {
            Replicas::Number(count) => {
                let region = self.region(layout, named.first(), &["service", name, "replicas"])?;
                Some(vec![(region, *count)])
            }
            Replicas::ByRegion(counts) => {
                if let Some(region) = named.first() {
                    let error = Diagnostic::error(region.span, "the replicas name their regions");
                    self.findings.push(error.help("leave out \"region\", or give \"replicas\" as a number"));
                }
                let path = ["service", name, "replicas"];
                let found = counts.iter().map(|(region, count)| {
                    self.region(layout, Some(region), &path).map(|region| (region, *count))
                });
                found.collect::<Vec<_>>().into_iter().collect()
            }
        }
    }

    fn speeds(&mut self, name: &str, speed: &Speed, count: usize) -> Option<Vec<f64>> {
        let path = ["service", name, "speed"];
        let speeds = match speed {
            Speed::Same(speed) => vec![*speed; count],
            Speed::Each(speeds) => speeds.clone(),
        };
        if speeds.len() != count {
            let message = format!("there are {} speeds for {count} replicas", speeds.len());
            self.error(&path, message, "give one number for all, or one for each replica");
            return None;
        }
        if speeds.iter().any(|speed| *speed <= 0.0) {
            self.error(&path, "a speed is more than zero", "1 is the speed at which demand is measured");
            return None;
        }
        Some(speeds)
    }
}
