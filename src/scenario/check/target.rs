//! What a fault strikes: names such as `service.shop.*`, and the replicas behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use super::place::Layout;
use super::population::is_population;
use crate::document::{Diagnostic, Name};
use crate::model::fault::{Link, Unit};
use crate::model::fleet::Replica;
use crate::model::region::Region;
use crate::scenario::written::Named;
use crate::scenario::written::service::ServiceSection;
use crate::units::{ReplicaId, ZoneId};

/// Most replicas in all units of one fault.
pub(super) const STRUCK_MAX: usize = 10_000_000;

/// What is named by a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TargetKind {
    /// A whole region.
    Region,
    /// A whole service.
    Service,
    /// The caches of a service.
    Cache,
    /// What a service keeps.
    Data,
    /// A queue.
    Queue,
    /// One replica.
    Replica,
    /// A zone.
    Zone,
    /// A rack.
    Rack,
    /// A host.
    Host,
    /// A way between two sides.
    Way,
}

/// The units of a fault and what they are.
pub(super) struct Targets {
    pub(super) kinds: Vec<TargetKind>,
    pub(super) units: Vec<Unit>,
    /// Numbers of the services that have replicas in them, rising.
    pub(super) services: Vec<usize>,
    /// Populations in them, by name, each with the kind of the unit.
    pub(super) populations: Vec<(TargetKind, String)>,
    /// The way of each unit, where units are ways.
    pub(super) links: Vec<Link>,
}

/// The replicas of every service with their zones, numbered through all services.
pub(super) struct Fleet {
    /// First replica of each service, and one beyond the last.
    pub(super) first: Vec<u32>,
    /// Of each replica the zones in which it may stand, from the first up to but without the last.
    zones: Vec<(u32, u32)>,
    /// How many of its service stand before it in its zone.
    turns: Vec<u32>,
}

impl Checker<'_> {
    /// The units of replicas that the names stand for, in an order that does not depend on that of the names.
    pub(super) fn targets(&mut self, layout: &Layout, on: &[Name]) -> Option<Targets> {
        let found = self.targets_and_parts(layout, on)?;
        for (kind, suffix, message) in [
            (TargetKind::Cache, ".cache", "a cache has no replicas"),
            (TargetKind::Data, ".data", "what a service keeps has no replicas"),
        ] {
            if found.kinds.contains(&kind) {
                let span = on.iter().find(|name| name.text.ends_with(suffix)).map(|name| name.span);
                let error = Diagnostic::error(span.unwrap_or_default(), message);
                self.findings.push(error.help("name the service"));
                return None;
            }
        }
        Some(found)
    }

    /// The same, where caches and data may be named too.
    pub(super) fn targets_and_parts(&mut self, layout: &Layout, on: &[Name]) -> Option<Targets> {
        let fleet = fleet(&self.written.services, layout)?;
        let mut found: Vec<Found> = Vec::new();
        let mut complete = true;
        let mut named = BTreeSet::new();
        for name in on {
            let Some(units) = self.target(layout, &fleet, name) else {
                complete = false;
                continue;
            };
            let twice: Vec<_> = units.iter().filter(|(unit, _)| !named.insert(unit.clone())).collect();
            if let Some(((kind, of, numbers), _)) = twice.first() {
                let message = match scope(*kind, of, *numbers) {
                    unit if unit == name.text => format!("\"{unit}\" stands here twice"),
                    unit => format!("\"{}\" names \"{unit}\" a second time", name.text),
                };
                self.findings.push(Diagnostic::error(name.span, message));
            }
            found.extend(units);
        }
        if !complete {
            return None;
        }
        let populations = self.populations_in(&fleet, &found);
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let struck: usize = found.iter().map(|(_, replicas)| replicas.len()).sum();
        if struck > STRUCK_MAX {
            let span = on.first().map(|name| name.span).unwrap_or_default();
            let message = format!("the units of this fault hold more than {STRUCK_MAX} replicas");
            self.findings.push(Diagnostic::error(span, message));
            return None;
        }
        let services = fleet.services(found.iter().flat_map(|(_, replicas)| replicas));
        let mut kinds: Vec<TargetKind> = found.iter().map(|(key, _)| key.0).collect();
        kinds.dedup();
        let units = found
            .into_iter()
            .map(|((kind, name, numbers), replicas)| Unit { name: scope(kind, &name, numbers), replicas });
        Some(Targets { kinds, units: units.collect(), services, populations, links: Vec::new() })
    }

    /// The populations among what is struck, each with the kind of unit that it is in.
    fn populations_in(&self, fleet: &Fleet, found: &[Found]) -> Vec<(TargetKind, String)> {
        let services = self.written.services.0.iter().enumerate();
        let populations = services.filter(|(_, (_, section))| section.as_ref().is_some_and(is_population));
        let of = |(number, (name, _)): (usize, &(Name, Option<ServiceSection>))| {
            let door = ReplicaId(fleet.first[number]);
            let units = found.iter().filter(move |(_, replicas)| replicas.contains(&door));
            let each = units.map(|((kind, ..), _)| (*kind, name.text.clone()));
            each.collect::<Vec<_>>()
        };
        populations.flat_map(of).collect()
    }

    fn target(&mut self, layout: &Layout, fleet: &Fleet, target: &Name) -> Option<Vec<Found>> {
        let written = self.written;
        let mut parts = target.text.splitn(3, '.');
        let (section, name, rest) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        let part = Name { text: name.unwrap_or("").to_owned(), span: target.span };
        match (section, rest) {
            ("service", rest) if name.is_some() => self.of_service(fleet, (target, part), rest),
            ("queue", None) if name.is_some() => {
                let queue = self.number("queue", &written.queues, &part)? as usize;
                let first = fleet.first[written.services.0.len() + queue];
                Some(vec![((TargetKind::Queue, part.text, [0; 3]), vec![ReplicaId(first)])])
            }
            ("zone", Some(rest)) => {
                let region = self.region(layout, Some(&part), &[])?.index();
                let numbers = self.numbers(target, rest, layout.regions[region].zones)?;
                let first = layout.first_zone(region);
                let unit = |one: u32| {
                    let replicas = fleet.within(first + one - 1, first + one);
                    ((TargetKind::Zone, part.text.clone(), [one, 0, 0]), replicas)
                };
                Some(numbers.into_iter().map(unit).collect())
            }
            ("rack" | "host", Some(rest)) => self.inner_places(layout, fleet, (target, &part, rest)),
            ("region", None) if name.is_some() => {
                let regions = if part.text == "*" {
                    (0..layout.regions.len()).collect()
                } else {
                    vec![self.region(layout, Some(&part), &[])?.index()]
                };
                let unit = |region: usize| {
                    let first = layout.first_zone(region);
                    let replicas = fleet.within(first, first + layout.regions[region].zones);
                    ((TargetKind::Region, layout.regions[region].name.clone(), [0; 3]), replicas)
                };
                Some(regions.into_iter().map(unit).collect())
            }
            _ => {
                let error = Diagnostic::error(target.span, format!("\"{}\" cannot be struck", target.text));
                let help = "expected \"service.a\" (all replicas at once), \"service.a.*\" (each), \
                            \"service.a.2\", \"queue.q\", \"zone.r.*\", \"zone.r.1\", \"rack.r.1.*\", \"host.r.1.2.3\", \
                            \"region.r\" or \"region.*\"";
                self.findings.push(error.label("not a target").help(help));
                None
            }
        }
    }

    /// A service, its caches, what it keeps, or some of its replicas.
    fn of_service(
        &mut self,
        fleet: &Fleet,
        (target, part): (&Name, Name),
        rest: Option<&str>,
    ) -> Option<Vec<Found>> {
        let written = self.written;
        let number = self.number("service", &written.services, &part)? as usize;
        let (first, end) = (fleet.first[number], fleet.first[number + 1]);
        let Some(rest) = rest else {
            let replicas = (first..end).map(ReplicaId).collect();
            return Some(vec![((TargetKind::Service, part.text, [0; 3]), replicas)]);
        };
        if rest == "cache" {
            let section = written.services.0[number].1.as_ref();
            if section.is_some_and(|section| section.keys.cache.is_none()) {
                let error = Diagnostic::error(target.span, format!("\"{}\" has no cache", part.text));
                self.findings.push(error.label("no cache").help("give it one, or leave this out"));
                return None;
            }
            return Some(vec![((TargetKind::Cache, part.text, [0; 3]), Vec::new())]);
        }
        if rest == "data" {
            let section = written.services.0[number].1.as_ref();
            if section.is_some_and(|section| section.keys.data.is_none()) {
                let error = Diagnostic::error(target.span, format!("\"{}\" keeps nothing", part.text));
                let help = "give it data, such as { size = \"100GB\" }, or leave this out";
                self.findings.push(error.label("no data").help(help));
                return None;
            }
            let replicas = (first..end).map(ReplicaId).collect();
            return Some(vec![((TargetKind::Data, part.text, [0; 3]), replicas)]);
        }
        let is_function = |section: &ServiceSection| section.keys.function.is_some();
        if rest != "*" && written.services.0[number].1.as_ref().is_some_and(is_function) {
            let error = Diagnostic::error(target.span, "instances of a function come and go");
            let help = format!("write \"service.{}.*\" for each of them", part.text);
            self.findings.push(error.label("no instance in particular").help(help));
            return None;
        }
        let numbers = self.numbers(target, rest, end - first)?;
        let unit = |one: u32| {
            let replicas = vec![ReplicaId(first + one - 1)];
            ((TargetKind::Replica, part.text.clone(), [one, 0, 0]), replicas)
        };
        Some(numbers.into_iter().map(unit).collect())
    }

    /// Racks or hosts, of all of which a star may stand for those within one zone, or one rack.
    fn inner_places(
        &mut self,
        layout: &Layout,
        fleet: &Fleet,
        (target, part, rest): (&Name, &Name, &str),
    ) -> Option<Vec<Found>> {
        let region = self.region(layout, Some(part), &[])?.index();
        let Region { zones, racks, hosts, .. } = layout.regions[region];
        let (kind, most) = if target.text.starts_with("rack") {
            (TargetKind::Rack, vec![zones, racks])
        } else {
            (TargetKind::Host, vec![zones, racks, hosts])
        };
        let written: Vec<&str> = rest.split('.').collect();
        let ends_with_star = written.last() == Some(&"*") && written.len() <= most.len();
        if !ends_with_star && written.len() != most.len() {
            let what = if kind == TargetKind::Rack {
                "a rack has zone and number"
            } else {
                "a host has zone, rack and number"
            };
            let (one, all) = match kind {
                TargetKind::Rack => (format!("rack.{}.1.1", part.text), format!("rack.{}.*", part.text)),
                _ => (format!("host.{}.1.1.1", part.text), format!("host.{}.*", part.text)),
            };
            let error = Diagnostic::error(target.span, what);
            self.findings.push(error.label("not a place").help(format!("expected \"{one}\" or \"{all}\"")));
            return None;
        }
        let mut numbers = Vec::new();
        for (place, most) in most.iter().enumerate() {
            numbers.push(self.numbers(target, written.get(place).copied().unwrap_or("*"), *most)?);
        }
        numbers.resize(3, vec![0]);
        let first = layout.first_zone(region);
        let stand = self.stand_on_hosts(layout, fleet, region);
        let anywhere = anywhere(layout, fleet, region);
        let mut found = Vec::new();
        for zone in &numbers[0] {
            for rack in &numbers[1] {
                for host in &numbers[2] {
                    let hosts = if *host == 0 { 1..=hosts } else { *host..=*host };
                    let there = hosts
                        .flat_map(|host| stand.get(&[first + zone - 1, *rack, host]).into_iter().flatten());
                    let mut replicas: Vec<ReplicaId> =
                        there.copied().chain(anywhere.iter().copied()).collect();
                    replicas.sort_unstable();
                    found.push(((kind, part.text.clone(), [*zone, *rack, *host]), replicas));
                }
            }
        }
        Some(found)
    }

    /// Which replicas of a region stand, or may stand, on which host: zone, and rack and host from 1.
    fn stand_on_hosts(
        &self,
        layout: &Layout,
        fleet: &Fleet,
        region: usize,
    ) -> BTreeMap<[u32; 3], Vec<ReplicaId>> {
        let Region { racks, hosts, .. } = layout.regions[region];
        let (first, end) = (layout.first_zone(region), layout.first_zone(region + 1));
        let mut stand: BTreeMap<[u32; 3], Vec<ReplicaId>> = BTreeMap::new();
        for (number, (_, section)) in self.written.services.0.iter().enumerate() {
            // Where hosts have a size, who takes no room stands on none.
            if layout.on_hosts[number].is_none() && layout.regions[region].host.is_some() {
                continue;
            }
            // What a platform runs stands in zones.
            if section.as_ref().is_some_and(|one| one.keys.function.is_some() || one.gateway.is_some()) {
                continue;
            }
            let seats = fleet.first[number]..fleet.first[number + 1];
            if let Some(own) = &layout.on_hosts[number] {
                let fixed = seats.zip(&own.at).filter(|_| !layout.is_changing(number));
                for (replica, host) in fixed {
                    if let Some(place) = layout.place_of(region, *host) {
                        stand.entry(place).or_default().push(ReplicaId(replica));
                    }
                }
                continue;
            }
            for replica in seats {
                let (from, to) = fleet.zones[replica as usize];
                let turn = fleet.turns[replica as usize];
                let (rack, host) = (turn % racks + 1, turn / racks % hosts + 1);
                for zone in from.max(first)..to.min(end) {
                    stand.entry([zone, rack, host]).or_default().push(ReplicaId(replica));
                }
            }
        }
        stand
    }

    /// The numbers that a star or a number from 1 stands for.
    pub(super) fn numbers(&mut self, target: &Name, text: &str, count: u32) -> Option<Vec<u32>> {
        if text == "*" {
            return Some((1..=count).collect());
        }
        let number = text.parse::<u32>().ok().filter(|number| (1..=count).contains(number));
        if number.is_none() {
            let error = Diagnostic::error(target.span, format!("there is no \"{}\"", target.text));
            self.findings.push(error.label("unknown number").help(format!("expected \"*\" or 1 to {count}")));
        }
        number.map(|number| vec![number])
    }
}

/// Replicas that take room on a host of a region, and may come to do so on any: those of fleets that change.
fn anywhere(layout: &Layout, fleet: &Fleet, region: usize) -> Vec<ReplicaId> {
    let (first, end) = (layout.first_zone(region), layout.first_zone(region + 1));
    let moves = |number: &usize| layout.on_hosts[*number].is_some() && layout.is_changing(*number);
    let services = (0..layout.on_hosts.len()).filter(moves);
    let seats = services.flat_map(|number| fleet.first[number]..fleet.first[number + 1]);
    let is_here = |seat: &u32| {
        let (from, to) = fleet.zones[*seat as usize];
        from < end && first < to
    };
    seats.filter(is_here).map(ReplicaId).collect()
}

/// What orders a unit, and the replicas in it.
type Found = ((TargetKind, String, [u32; 3]), Vec<ReplicaId>);

fn scope(kind: TargetKind, name: &str, [number, rack, host]: [u32; 3]) -> String {
    match kind {
        TargetKind::Region => format!("region.{name}"),
        TargetKind::Service => format!("service.{name}"),
        TargetKind::Cache => format!("service.{name}.cache"),
        TargetKind::Data => format!("service.{name}.data"),
        TargetKind::Queue => format!("queue.{name}"),
        TargetKind::Replica => format!("service.{name}.{number}"),
        TargetKind::Zone | TargetKind::Way => format!("zone.{name}.{number}"),
        TargetKind::Rack => format!("rack.{name}.{number}.{rack}"),
        TargetKind::Host => format!("host.{name}.{number}.{rack}.{host}"),
    }
}

pub(super) fn fleet(services: &Named<ServiceSection>, layout: &Layout) -> Option<Fleet> {
    let mut fleet = Fleet { first: vec![0], zones: Vec::new(), turns: Vec::new() };
    for (number, (replicas, present)) in layout.replicas.iter().zip(&layout.present).enumerate() {
        let replicas = replicas.as_ref()?;
        let section = services.0.get(number).and_then(|(_, section)| section.as_ref());
        // A seat of a fleet that changes is taken wherever its service is, and instances of a population are there too.
        let changes = replicas.len() > *present as usize || section.is_some_and(is_population);
        let places = replicas.iter().map(|replica| layout.region_of(replica.zone));
        let everywhere = (
            places.clone().map(|(first, _)| first).min().unwrap_or(0),
            places.map(|(_, end)| end).max().unwrap_or(0),
        );
        let place = |replica: &Replica| {
            if changes { everywhere } else { (replica.zone.0, replica.zone.0 + 1) }
        };
        fleet.zones.extend(replicas.iter().map(place));
        let mut before: BTreeMap<ZoneId, u32> = BTreeMap::new();
        fleet.turns.extend(replicas.iter().map(|replica| {
            let turn = before.entry(replica.zone).or_default();
            *turn += 1;
            *turn - 1
        }));
        fleet.first.push(fleet.zones.len() as u32);
    }
    Some(fleet)
}

impl Fleet {
    /// The number of the service to which a replica belongs.
    pub(super) fn owner(&self, replica: ReplicaId) -> usize {
        self.first.partition_point(|first| *first <= replica.0) - 1
    }

    /// Numbers of the services to which replicas belong, rising.
    pub(super) fn services<'r>(&self, replicas: impl Iterator<Item = &'r ReplicaId>) -> Vec<usize> {
        let mut services: Vec<usize> = replicas.map(|replica| self.owner(*replica)).collect();
        services.sort_unstable();
        services.dedup();
        services
    }

    /// The replicas that may stand in zones from `first` up to but without `end`.
    pub(super) fn within(&self, first: u32, end: u32) -> Vec<ReplicaId> {
        let replicas = self.zones.iter().enumerate();
        replicas
            .filter(|(_, (from, to))| *from < end && first < *to)
            .map(|(number, _)| ReplicaId(number as u32))
            .collect()
    }
}
