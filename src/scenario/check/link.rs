//! Between whom a fault of the network lies: names such as `zone.east.1`, and the two sides that they make.

use std::collections::BTreeSet;

use super::Checker;
use super::place::Layout;
use super::target::{Fleet, STRUCK_MAX, TargetKind, Targets, fleet};
use crate::document::{Diagnostic, Name, Span};
use crate::model::fault::{End, Link, Unit};
use crate::scenario::written::balancing::Balancers;
use crate::scenario::written::fault::Way;
use crate::units::{ClientId, RegionId, ReplicaId, ServiceId, ZoneId};

/// Most ways of one fault.
const PAIRS_MAX: usize = 1_000_000;

/// Most names that are listed where one is unknown.
const LISTED_MAX: usize = 40;

/// One side of a way, with what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    name: String,
    ends: Vec<End>,
}

impl Checker<'_> {
    /// The ways that two lists of names stand for: a unit for each pair of what their stars stand for.
    pub(super) fn links(&mut self, layout: &Layout, way: Way<'_>) -> Option<Targets> {
        let fleet = fleet(&self.written.services, layout)?;
        let from = self.sides(layout, &fleet, way.from);
        let to = match way.to {
            Some(names) => self.sides(layout, &fleet, names).map(Some),
            None => Some(None),
        };
        let (from, to) = (from?, to?);
        let span = way.from.first().map(|name| name.span).unwrap_or_default();
        if from.len() * to.as_ref().map_or(1, Vec::len) > PAIRS_MAX {
            let error = Diagnostic::error(span, format!("these are more than {PAIRS_MAX} ways"));
            self.findings.push(error.help("name whole services, zones or regions"));
            return None;
        }
        let mut found: Vec<(String, Link)> = Vec::new();
        let mut seen = BTreeSet::new();
        let (arrow, several) =
            (if way.both { "<->" } else { "->" }, from.len() * to.as_ref().map_or(1, Vec::len) > 1);
        for one in &from {
            let Some(others) = &to else {
                let link = Link { from: one.ends.clone(), to: None, both: way.both };
                found.push((format!("{} {arrow} others", one.name), link));
                continue;
            };
            for other in others {
                // A star on both sides pairs each with each other once, and with itself never.
                let pair = [&one.name, &other.name];
                let comes_again = way.both && seen.contains(&[&other.name, &one.name]);
                if several && (one == other || comes_again) {
                    continue;
                }
                seen.insert(pair);
                let link = Link { from: one.ends.clone(), to: Some(other.ends.clone()), both: way.both };
                found.push((format!("{} {arrow} {}", one.name, other.name), link));
            }
        }
        self.ways(layout, &fleet, found, span)
    }

    fn ways(
        &mut self,
        layout: &Layout,
        fleet: &Fleet,
        found: Vec<(String, Link)>,
        span: Span,
    ) -> Option<Targets> {
        let (mut units, mut links, mut struck) = (Vec::new(), Vec::new(), 0);
        for (name, link) in found {
            let mut replicas = replicas_at(layout, fleet, link.from.iter().chain(link.to.iter().flatten()));
            if replicas.is_empty() && link.to.is_none() {
                // Who has no replicas is cut off from all of them.
                replicas = (0..fleet.first.last().copied().unwrap_or(0)).map(ReplicaId).collect();
            }
            struck += replicas.len();
            if struck > STRUCK_MAX {
                let message =
                    format!("the ways of this fault have more than {STRUCK_MAX} replicas at their ends");
                self.findings.push(Diagnostic::error(span, message));
                return None;
            }
            units.push(Unit { name, replicas });
            links.push(link);
        }
        let services = fleet.services(units.iter().flat_map(|unit| &unit.replicas));
        Some(Targets { kinds: vec![TargetKind::Way], units, services, populations: Vec::new(), links })
    }

    /// What a list stands for: all of it together, or each that its only entry stands for.
    fn sides(&mut self, layout: &Layout, fleet: &Fleet, names: &[Name]) -> Option<Vec<Side>> {
        if let [name] = names {
            return self.ends(layout, fleet, name);
        }
        let mut together = Vec::new();
        let mut complete = true;
        for name in names {
            if name.text.ends_with(".*") {
                let message = "a list is one side as a whole, and a star makes one of each";
                let error = Diagnostic::error(name.span, message).label("a star in a list");
                self.findings.push(error.help("name them one by one, or let the star stand alone"));
                complete = false;
                continue;
            }
            match self.ends(layout, fleet, name) {
                Some(sides) => together.extend(sides),
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        together.sort_by(|one, other| one.name.cmp(&other.name));
        together.dedup();
        let names: Vec<&str> = together.iter().map(|side| side.name.as_str()).collect();
        let name = names.join(", ");
        Some(vec![Side { name, ends: together.iter().flat_map(|side| &side.ends).copied().collect() }])
    }

    /// All that some names stand for, without what is named twice.
    pub(super) fn places(&mut self, layout: &Layout, names: &[Name]) -> Option<Vec<End>> {
        let fleet = fleet(&self.written.services, layout)?;
        let (mut ends, mut complete) = (Vec::new(), true);
        for name in names {
            match self.ends(layout, &fleet, name) {
                Some(sides) => ends.extend(sides.into_iter().flat_map(|side| side.ends)),
                None => complete = false,
            }
        }
        ends.sort_unstable();
        ends.dedup();
        complete.then_some(ends)
    }

    /// The ends that a name stands for, one side each.
    fn ends(&mut self, layout: &Layout, fleet: &Fleet, name: &Name) -> Option<Vec<Side>> {
        let written = self.written;
        let mut parts = name.text.splitn(3, '.');
        let (section, part, rest) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        let side = |name: String, end| Side { name, ends: vec![end] };
        let one = |end| Some(vec![side(name.text.clone(), end)]);
        let part = Name { text: part.unwrap_or("").to_owned(), span: name.span };
        match (section, part.text.as_str(), rest) {
            ("client", "*", None) if !written.clients.0.is_empty() => {
                let all = written.clients.names().zip(0..);
                Some(
                    all.map(|(client, id)| side(format!("client.{client}"), End::Client(ClientId(id))))
                        .collect(),
                )
            }
            ("client", _, None) if !part.text.is_empty() => {
                one(End::Client(ClientId(self.number("client", &written.clients, &part)?)))
            }
            ("service", _, rest) if !part.text.is_empty() => {
                let id = self.number("service", &written.services, &part)?;
                let Some(rest) = rest else { return one(End::Service(ServiceId(id))) };
                let (first, end) = (fleet.first[id as usize], fleet.first[id as usize + 1]);
                let numbers = self.numbers(name, rest, end - first)?;
                let replica = |number| {
                    side(
                        format!("service.{}.{number}", part.text),
                        End::Replica(ReplicaId(first + number - 1)),
                    )
                };
                Some(numbers.into_iter().map(replica).collect())
            }
            ("queue", _, None) if self.queue_number(&part.text).is_some() => {
                one(End::Service(ServiceId(self.queue_number(&part.text)?)))
            }
            ("zone", _, Some(rest)) => {
                let region = self.region(layout, Some(&part), &[])?.index();
                let first = layout.first_zone(region);
                let numbers = self.numbers(name, rest, layout.regions[region].zones)?;
                let zone = |number| {
                    side(format!("zone.{}.{number}", part.text), End::Zone(ZoneId(first + number - 1)))
                };
                Some(numbers.into_iter().map(zone).collect())
            }
            ("region", "*", None) => {
                let all = layout.regions.iter().zip(0..);
                let region = |(region, id): (&crate::model::region::Region, u32)| {
                    side(format!("region.{}", region.name), End::Region(RegionId(id)))
                };
                Some(all.map(region).collect())
            }
            ("region", _, None) if !part.text.is_empty() => {
                one(End::Region(self.region(layout, Some(&part), &[])?))
            }
            ("balancer", _, rest) if !part.text.is_empty() => self.balancers(name, &part, rest),
            _ => {
                let known = self.known_ends(layout);
                let known = known.iter().map(String::as_str).take(LISTED_MAX);
                self.findings.push(Diagnostic::unknown(name.span, "end of a way", &name.text, known));
                None
            }
        }
    }

    /// The load balancer instances in front of a service.
    fn balancers(&mut self, name: &Name, part: &Name, rest: Option<&str>) -> Option<Vec<Side>> {
        let written = self.written;
        let id = ServiceId(self.number("service", &written.services, part)?);
        let side = |name: String, number| Side { name, ends: vec![End::Balancer(id, number)] };
        let Some(rest) = rest else { return Some(vec![side(name.text.clone(), None)]) };
        let balancing = &written.services.0[id.index()].1.as_ref()?.keys.balancing;
        match balancing.common.balancers {
            Balancers::Number(count) => {
                let numbers = self.numbers(name, rest, count)?;
                let one = |number| side(format!("balancer.{}.{number}", part.text), Some(number - 1));
                Some(numbers.into_iter().map(one).collect())
            }
            Balancers::Caller => {
                let message =
                    format!("the balancers of \"{}\" stand in its callers and have no numbers", part.text);
                let error = Diagnostic::error(name.span, message).label("no such number");
                self.findings.push(error.help("name the client, the service or the replica that calls"));
                None
            }
        }
    }

    /// What a side can be made of, but for numbers of replicas and balancers.
    fn known_ends(&self, layout: &Layout) -> Vec<String> {
        let written = self.written;
        let mut known: Vec<String> = written.clients.names().map(|one| format!("client.{one}")).collect();
        known.extend(written.services.names().map(|one| format!("service.{one}")));
        known.extend(written.queues.names().map(|one| format!("queue.{one}")));
        known.extend(layout.regions.iter().map(|one| format!("region.{}", one.name)));
        for region in &layout.regions {
            known.extend(
                (1..=region.zones.min(LISTED_MAX as u32)).map(|one| format!("zone.{}.{one}", region.name)),
            );
        }
        known.extend(self.written.services.names().map(|one| format!("balancer.{one}")));
        known
    }
}

/// The replicas at some ends, rising.
fn replicas_at<'e>(layout: &Layout, fleet: &Fleet, ends: impl Iterator<Item = &'e End>) -> Vec<ReplicaId> {
    let mut replicas = Vec::new();
    for end in ends {
        match end {
            End::Client(_) => {}
            End::Service(service) | End::Balancer(service, _) => {
                let numbers = fleet.first[service.index()]..fleet.first[service.index() + 1];
                replicas.extend(numbers.map(ReplicaId));
            }
            End::Replica(replica) => replicas.push(*replica),
            End::Zone(zone) => replicas.extend(fleet.within(zone.0, zone.0 + 1)),
            End::Region(region) => {
                let first = layout.first_zone(region.index());
                replicas.extend(fleet.within(first, first + layout.regions[region.index()].zones));
            }
        }
    }
    replicas.sort_unstable();
    replicas.dedup();
    replicas
}
