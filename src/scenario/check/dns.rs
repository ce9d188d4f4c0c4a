//! Names: the records to which they lead, who looks at these, and how clients come by answers.

use super::Checker;
use super::place::Layout;
use crate::document::{Diagnostic, Name};
use crate::model::dns::{
    AnswerPolicy, Dns, Lifetime, Overstay, RECORDS_MAX, Record, RecordCheck, Refresh, Resolvers,
};
use crate::model::event::Invoke;
use crate::model::monitoring::Through;
use crate::model::region::link::{LinkMap, Place, zones_of};
use crate::model::region::{Network, Region};
use crate::scenario::written::client::ClientSection;
use crate::scenario::written::dns::{
    AllUnhealthy, DnsSection, OverstayKeys, RecordCheckKeys, RecordKeys, ResolverCount,
};
use crate::scenario::written::{is_part_name, no_part_name};
use crate::units::{RegionId, ServiceId, SimDuration, ZoneId};

/// How long answers are kept where nothing is said, and that there is none.
const TTL: SimDuration = SimDuration::from_nanos(60_000_000_000);
const NEGATIVE_TTL: SimDuration = SimDuration::from_nanos(10_000_000_000);
/// Most resolvers of a client.
const RESOLVERS_MAX: u32 = 1_000_000;

impl Checker<'_> {
    /// All names.
    pub(super) fn names(&mut self, layout: &Layout, network: Option<&Network>) -> Option<Vec<Dns>> {
        let written = self.written;
        let mut all = Vec::new();
        for (name, section) in &written.dns.0 {
            let is_called = self.is_called(name);
            let found = section.as_ref().and_then(|one| self.name(layout, (&name.text, is_called), one));
            all.push(found.map(|dns| Dns { nearest: nearest(layout, network, &dns.records), ..dns }));
        }
        all.into_iter().collect()
    }

    /// Whether a client calls a name, with a warning if none does.
    fn is_called(&mut self, name: &Name) -> bool {
        let number = self.written.dns.number(&name.text);
        let clients = self.written.clients.0.iter().filter_map(|(_, client)| client.as_ref());
        let mut calls = clients.flat_map(|client| &client.keys.calls.0);
        let is_called = calls.any(|call| call.name == number);
        if !is_called {
            let message = format!("no client calls the name \"{}\"", name.text);
            self.warning(&["dns", &name.text], message, "call it in place of its service, or leave it out");
        }
        is_called
    }

    /// Each name with what its records are called, as far as they are known.
    pub(super) fn record_names(&self, layout: &Layout) -> Vec<(String, Vec<String>)> {
        let records = |section: &DnsSection| -> Vec<String> {
            if !section.records.is_empty() {
                return section.records.iter().map(|record| record.name.text.clone()).collect();
            }
            let number = self.written.services.number(&section.service.text);
            let regions = number.map(|number| regions(layout, number as usize)).unwrap_or_default();
            regions.into_iter().map(|region| layout.regions[region.index()].name.clone()).collect()
        };
        let all = self.written.dns.0.iter();
        all.map(|(name, section)| (name.text.clone(), section.as_ref().map(records).unwrap_or_default()))
            .collect()
    }

    fn name(
        &mut self,
        layout: &Layout,
        (name, is_called): (&str, bool),
        section: &DnsSection,
    ) -> Option<Dns> {
        let at = |key| ["dns", name, key];
        let written = self.written;
        let service = &section.service;
        let Some(number) = written.services.number(&service.text) else {
            // Those who call it say so.
            if !is_called {
                let names = written.services.names();
                self.findings.push(Diagnostic::unknown(service.span, "service", &service.text, names));
            }
            return None;
        };
        let keys = written.services.0[number as usize].1.as_ref().map(|section| &section.keys);
        let is_function = keys.is_some_and(|keys| keys.function.is_some());
        if keys.is_some_and(|keys| keys.queue.is_shared()) && !is_function {
            let message = format!("all replicas of \"{}\" take their work from one queue", service.text);
            let help = "leave out the \"at\" of its \"queue\": a region has none of its own";
            self.error(&at("service"), message, help);
        }
        if is_function && section.health_check.is_some() {
            let help = "leave out \"health_check\": what a function can do is known at once";
            self.error(&at("health_check"), "a function has no replicas to look at", help);
        }
        self.contradictions(name, section);
        let regions = regions(layout, number as usize);
        let records = self.records_of(layout, name, section, &regions);
        let propagation = self.law(&section.propagation);
        let check = match &section.health_check {
            Some(keys) => Some(self.record_check(name, keys)?),
            None => None,
        };
        Some(Dns {
            name: name.to_owned(),
            service: ServiceId(number),
            records: records?,
            policy: section.policy,
            ttl: section.ttl.unwrap_or(TTL),
            negative_ttl: section.negative_ttl.unwrap_or(NEGATIVE_TTL),
            is_anycast: section.anycast,
            propagation: propagation?,
            check,
            healthy_min: section.healthy_min,
            all_where_none: section.all_unhealthy == AllUnhealthy::All,
            nearest: Vec::new(),
        })
    }

    /// Reports keys of a name that say nothing beside others, or what is impossible.
    fn contradictions(&mut self, name: &str, section: &DnsSection) {
        let at = |key| ["dns", name, key];
        if section.healthy_min == 0 {
            self.error(&at("healthy_min"), "a record has at least one replica that answers", "");
        }
        if section.policy == AnswerPolicy::Simple {
            let given = [
                ("health_check", section.health_check.is_some()),
                ("healthy_min", section.healthy_min > 1),
                ("all_unhealthy", section.all_unhealthy == AllUnhealthy::None),
            ];
            for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
                let message = format!("\"{key}\" says nothing where all are answered, whatever works");
                self.error(&at(key), message, "leave it out, or set another \"policy\"");
            }
        }
        if section.anycast {
            let given = [("ttl", section.ttl), ("negative_ttl", section.negative_ttl)];
            for (key, _) in given.into_iter().filter(|(_, value)| value.is_some()) {
                let message = format!("nobody keeps the answers of anycast, and \"{key}\" says nothing");
                self.error(&at(key), message, &format!("leave out \"{key}\" or \"anycast\""));
            }
        }
    }

    /// The records of a name, those that are written or one for each region of its service.
    fn records_of(
        &mut self,
        layout: &Layout,
        name: &str,
        section: &DnsSection,
        regions: &[RegionId],
    ) -> Option<Vec<Record>> {
        let of_region = |region: &RegionId| Record {
            name: layout.regions[region.index()].name.clone(),
            region: *region,
            weight: 1.0,
            serves: Vec::new(),
        };
        if section.records.is_empty() {
            return Some(regions.iter().map(of_region).collect());
        }
        if section.records.len() > RECORDS_MAX {
            let message = format!("there are {} records", section.records.len());
            self.error(&["dns", name, "records"], message, &format!("expected at most {RECORDS_MAX}"));
            return None;
        }
        let mut found: Vec<Option<Record>> = Vec::new();
        for (number, keys) in section.records.iter().enumerate() {
            if section.records[..number].iter().any(|one| one.name.text == keys.name.text) {
                let message = format!("there is another record \"{}\"", keys.name.text);
                self.findings.push(Diagnostic::error(keys.name.span, message).label("named twice"));
            }
            let path = ["dns", name, "records", &number.to_string()];
            found.push(self.record_of(layout, &path, (section, keys), regions));
        }
        found.into_iter().collect()
    }

    fn record_of(
        &mut self,
        layout: &Layout,
        path: &[&str; 4],
        (section, keys): (&DnsSection, &RecordKeys),
        regions: &[RegionId],
    ) -> Option<Record> {
        let at = |key| [path[0], path[1], path[2], path[3], key];
        if !is_part_name(&keys.name.text) {
            self.findings.push(no_part_name(&keys.name));
        }
        let region = self.region(layout, Some(&keys.region), path)?;
        if !regions.is_empty() && !regions.contains(&region) {
            let message = format!("\"{}\" has nothing in \"{}\"", section.service.text, keys.region.text);
            let known: Vec<&str> =
                regions.iter().map(|one| layout.regions[one.index()].name.as_str()).collect();
            let error = Diagnostic::error(keys.region.span, message).label("leads nowhere");
            self.findings.push(error.help(format!("expected one of: {}", known.join(", "))));
        }
        if keys.weight.is_some_and(|weight| weight < 0.0) {
            self.error(&at("weight"), "the weight of a record is not negative", "");
        }
        for (key, policy, is_given) in [
            ("weight", AnswerPolicy::Weighted, keys.weight.is_some()),
            ("serves", AnswerPolicy::Geographic, !keys.serves.is_empty()),
        ] {
            if is_given && section.policy != policy {
                let message = format!("\"{key}\" says nothing with this policy");
                let of = if policy == AnswerPolicy::Weighted { "weighted" } else { "geographic" };
                self.error(&at(key), message, &format!("leave it out, or set policy = \"{of}\""));
            }
        }
        let serves: Vec<_> =
            keys.serves.iter().map(|one| self.region(layout, Some(one), &at("serves"))).collect();
        Some(Record {
            name: keys.name.text.clone(),
            region,
            weight: keys.weight.unwrap_or(1.0),
            serves: serves.into_iter().collect::<Option<_>>()?,
        })
    }

    fn record_check(&mut self, name: &str, keys: &RecordCheckKeys) -> Option<RecordCheck> {
        let at = |key| ["dns", name, "health_check", key];
        if keys.check.through == Through::Queue {
            let message = "a record is no replica, and has no queue in which a check could wait";
            self.error(&at("through"), message, "leave out \"through\"");
        }
        if keys.check.error_limit.is_some() {
            let message = "who looks at a record sees no attempts";
            self.error(&at("error_limit"), message, "leave out \"error_limit\"");
        }
        let settings = self.health_check(["dns", name], &keys.check);
        let mut places = self.places_named(&keys.places.places)?;
        if places.is_empty() {
            let regions: Vec<String> =
                self.written.regions.names().map(|one| format!("region.{one}")).collect();
            places = regions.iter().map(|one| self.zones_of(one)).collect();
        }
        if places.is_empty() {
            places.push(vec![ZoneId(0)]);
        }
        let place = |checker: usize| {
            let zones = &places[checker % places.len()];
            zones[checker / places.len() % zones.len()]
        };
        Some(RecordCheck { places: (0..settings.checkers as usize).map(place).collect(), settings })
    }

    /// How a client comes by answers, with a report of what means nothing.
    pub(super) fn resolvers(&mut self, name: &str, section: &ClientSection) -> Option<Resolvers> {
        let keys = &section.resolvers;
        let mut named = section.keys.calls.0.iter().filter_map(|call| call.name).peekable();
        if named.peek().is_none() {
            let given = [
                ("resolvers", keys.resolvers != ResolverCount::Instance),
                ("refresh", keys.refresh != Refresh::OnDemand),
                ("overstay", !keys.overstay.is_empty()),
            ];
            for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
                let message = format!("\"{key}\" has no effect: none of the calls is of a name");
                self.error(&["client", name, key], message, "leave it out, or call a name of [dns]");
            }
        }
        for call in section.keys.calls.0.iter().filter(|call| call.name.is_some()) {
            if call.entry.invoke == Invoke::Async {
                let error =
                    Diagnostic::error(call.entry.service.span, "what is asynchronous goes by no name");
                self.findings.push(error.help("call the function itself"));
            }
        }
        let count = match keys.resolvers {
            ResolverCount::Instance => None,
            ResolverCount::Number(count) => Some(count),
        };
        if count.is_some_and(|count| count == 0 || count > RESOLVERS_MAX) {
            let help = format!("expected 1 to {RESOLVERS_MAX}, or \"instance\"");
            self.error(&["client", name, "resolvers"], "so many resolvers are impossible", &help);
        }
        let overstay: Vec<_> = keys
            .overstay
            .iter()
            .enumerate()
            .map(|(number, keys)| self.overstay(&["client", name, "overstay", &number.to_string()], keys))
            .collect();
        let overstay: Vec<Overstay> = overstay.into_iter().collect::<Option<_>>()?;
        let sum: f64 = overstay.iter().map(|class| class.share.get()).sum();
        if sum > 1.0 + f64::EPSILON * overstay.len() as f64 {
            let message = format!("the shares add up to {sum}");
            self.error(&["client", name, "overstay"], message, "expected at most 100%");
        }
        Some(Resolvers { count, refresh: keys.refresh, overstay })
    }

    fn overstay(&mut self, path: &[&str; 4], keys: &OverstayKeys) -> Option<Overstay> {
        let lifetime = match (keys.ttl, keys.factor) {
            (Some(_), None) => Lifetime::Never,
            (None, Some(factor)) if factor > 0.0 => Lifetime::Times(factor),
            (None, Some(_)) => {
                self.error(&[path[0], path[1], path[2], path[3], "factor"], "a factor is above 0", "");
                return None;
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "how long these keep an answer is said once";
                self.error(path, message, "expected either ttl = \"never\" or a \"factor\"");
                return None;
            }
        };
        Some(Overstay { share: keys.share, lifetime })
    }
}

/// The regions in which a service has replicas or instances, rising; none where that cannot be known.
fn regions(layout: &Layout, service: usize) -> Vec<RegionId> {
    let replicas = layout.replicas.get(service).and_then(Option::as_ref).into_iter().flatten();
    let mut found: Vec<RegionId> =
        replicas.map(|replica| RegionId(layout.region_number(replica.zone) as u32)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// For each region of callers, the records from the nearest on; equally near ones in their order.
fn nearest(layout: &Layout, network: Option<&Network>, records: &[Record]) -> Vec<Vec<u8>> {
    let Some(network) = network else { return Vec::new() };
    let links = LinkMap::new(&layout.regions, &network.links, |link| link.delay.is_some());
    let away = |from: usize, to: RegionId| mean_delay(&layout.regions, network, links.as_ref(), (from, to));
    (0..layout.regions.len())
        .map(|from| {
            let mut order: Vec<u8> = (0..records.len() as u8).collect();
            // Without any delays the own region is the nearest all the same.
            order.sort_by(|one, other| {
                let key = |record: &u8| {
                    let region = records[usize::from(*record)].region;
                    (away(from, region), region.index() != from)
                };
                let ((near, is_other), (far, is_others)) = (key(one), key(other));
                near.total_cmp(&far).then(is_other.cmp(&is_others))
            });
            order
        })
        .collect()
}

/// How long a message takes on average from a zone of a region to one of another [s].
fn mean_delay(
    regions: &[Region],
    network: &Network,
    links: Option<&LinkMap>,
    (from, to): (usize, RegionId),
) -> f64 {
    let ends = [RegionId(from as u32), to].map(|region| zones_of(regions, Place::Region(region)));
    let [from, to] = ends;
    let (mut sum, mut count) = (0.0, 0.0);
    for one in from.clone() {
        for other in to.clone() {
            let usual = if from != to {
                &network.between_regions
            } else if one != other {
                &network.between_zones
            } else {
                &network.within_zone
            };
            let link = links.and_then(|links| links.between([one, other]));
            let delay = link.and_then(|number| network.links[number].delay.as_ref()).unwrap_or(usual);
            sum += delay.mean();
            count += 1.0;
        }
    }
    sum / count
}
