//! Services whose replicas take room on hosts, and who stands where at the start.

use super::Checker;
use super::place::Layout;
use crate::model::region::Region;
use crate::model::region::host::{Hosts, OnHosts, Room, Spread};
use crate::scenario::written::host::HostKeys;
use crate::scenario::written::service::ServiceKeys;
use crate::units::ZoneId;

/// Most cores of a host, or of a replica.
const CORES_MAX: f64 = 1e6;

/// A replica that is to be placed.
struct Waiting {
    service: usize,
    seat: usize,
    region: usize,
    /// What it takes of a host of its region.
    share: f64,
}

/// Thousandths of a core; `None` where that is none, or too many.
fn thousandths(cores: f64) -> Option<u64> {
    let found = (cores * 1e3).round();
    (found >= 1.0 && cores <= CORES_MAX).then_some(found as u64)
}

/// A size as a message says it.
fn room(room: Room) -> String {
    const MIB: u64 = 1 << 20;
    let cores = room.cores as f64 / 1e3;
    let cores = if room.cores == 1_000 { "1 core".to_owned() } else { format!("{cores} cores") };
    let memory = match room.memory {
        0 | u64::MAX => return cores,
        bytes if bytes % MIB == 0 && bytes >= 1 << 30 => format!("{}GiB", (bytes / MIB) as f64 / 1024.0),
        bytes if bytes % MIB == 0 => format!("{}MiB", bytes / MIB),
        bytes => format!("{}MB", bytes as f64 / 1e6),
    };
    format!("{cores} and {memory}")
}

impl Layout {
    /// Zone, and rack and host from 1, of a host that has a size, if it is in a region.
    pub(super) fn place_of(&self, region: usize, host: u32) -> Option<[u32; 3]> {
        let number = |one: &Region| one.zones * one.racks * one.hosts;
        let sized = |one: &&Region| one.host.is_some();
        let before: u32 = self.regions[..region].iter().filter(sized).map(number).sum();
        let own = &self.regions[region];
        let place = host.checked_sub(before).filter(|place| own.host.is_some() && *place < number(own))?;
        let rack = place / own.hosts;
        Some([self.first_zone(region) + rack / own.racks, rack % own.racks + 1, place % own.hosts + 1])
    }
}

impl Checker<'_> {
    /// What each host of a region has, if that is said.
    pub(super) fn host(&mut self, name: &str, keys: &HostKeys) -> Option<Room> {
        let cores = thousandths(keys.cores);
        if cores.is_none() {
            let help = format!("expected 0.001 to {CORES_MAX}");
            self.error(&["region", name, "host", "cores"], "a host cannot have so many cores", &help);
        }
        Some(Room {
            cores: cores?,
            memory: keys.memory.map_or(u64::MAX, |memory| memory.bytes.round() as u64),
        })
    }

    /// Places the replicas of services that take room on hosts, the largest first, then by name and number.
    pub(super) fn place_on_hosts(&mut self, layout: &mut Layout) {
        let services = &self.written.services.0;
        layout.on_hosts = vec![None; services.len()];
        let mut waiting = Vec::new();
        for (number, (name, section)) in services.iter().enumerate() {
            let Some(section) = section.as_ref() else { continue };
            let Some((need, spread)) = self.need(layout, number, (&name.text, &section.keys)) else {
                continue;
            };
            let Some(seats) = layout.replicas[number].as_ref() else { continue };
            let present = layout.present[number] as usize;
            for (seat, replica) in seats[..present].iter().enumerate() {
                let region = layout.region_number(replica.zone);
                let Some(host) = layout.regions[region].host else { continue };
                waiting.push(Waiting { service: number, seat, region, share: need.share_of(host) });
            }
            layout.on_hosts[number] = Some(OnHosts { need, spread, at: vec![0; present] });
        }
        waiting.sort_by(|one, other| other.share.total_cmp(&one.share));
        let mut hosts = Hosts::new(&layout.regions);
        for one in &waiting {
            if !place(layout, &mut hosts, one) {
                return self.no_room(layout, &hosts, one);
            }
        }
    }

    /// What each replica of a service takes of a host and how they are spread, with a report for what is impossible.
    fn need(
        &mut self,
        layout: &Layout,
        number: usize,
        (name, keys): (&str, &ServiceKeys),
    ) -> Option<(Room, Spread)> {
        let at = |key| ["service", name, key];
        let Some(cores) = keys.cores.filter(|_| keys.function.is_none()) else {
            for key in ["memory", "spread"] {
                if keys.function.is_none() && self.is_written(&at(key)) {
                    let message = format!("\"{key}\" is about hosts, and the replicas take no room on any");
                    self.error(&at(key), message, "add \"cores\", or leave it out");
                }
            }
            return None;
        };
        let found = thousandths(cores);
        if found.is_none() {
            let help = format!("expected 0.001 to {CORES_MAX}");
            self.error(&at("cores"), "a replica cannot take so many cores", &help);
        }
        let seats = layout.replicas[number].as_ref()?;
        let mut regions: Vec<usize> = seats.iter().map(|seat| layout.region_number(seat.zone)).collect();
        regions.dedup();
        for region in regions.iter().map(|region| &layout.regions[*region]) {
            let Some(host) = region.host else {
                let message = format!("the hosts of region \"{}\" have no size", region.name);
                let help =
                    format!("add host = {{ cores = 8, memory = \"32GiB\" }} to [region.{}]", region.name);
                self.error(&at("cores"), message, &help);
                return None;
            };
            if keys.memory.is_some() && host.memory == u64::MAX {
                let message = format!("no memory is said of the hosts of region \"{}\"", region.name);
                self.error(&at("memory"), message, "add \"memory\" to its \"host\", or leave it out");
            }
            let price = self.written.regions.0.iter().find(|(one, _)| one.text == region.name);
            let price = price.and_then(|(_, section)| section.as_ref()?.host.as_ref()?.price);
            if price.is_some() && keys.price.is_some_and(|own| own.0.replica.is_some()) {
                let message =
                    format!("replicas on hosts of region \"{}\" would be paid for twice", region.name);
                let help = "leave out the price of a replica, or that of the region's \"host\"";
                self.error(&at("price"), message, help);
            }
        }
        let memory = keys.memory.map_or(0, |memory| memory.bytes.round() as u64);
        Some((Room { cores: found?, memory }, keys.spread.unwrap_or(Spread::Hosts)))
    }

    /// Reports a replica for which no host has room.
    fn no_room(&mut self, layout: &Layout, hosts: &Hosts, one: &Waiting) {
        let (name, _) = &self.written.services.0[one.service];
        let Some(own) = layout.on_hosts[one.service].as_ref() else { return };
        let region = &layout.regions[one.region];
        let first = layout.first_zone(one.region);
        let all = || (first..first + region.zones).flat_map(|zone| hosts.of_zone(zone));
        let Some(size) = region.host else { return };
        let emptiest = all().map(|host| hosts.free(host)).max_by_key(|free| (free.cores, free.memory));
        let others: u32 = all().flat_map(|host| hosts.on(host)).map(|(_, count)| count).sum();
        let message = format!(
            "replica {} finds no room on a host of region \"{}\": it takes {}",
            one.seat + 1,
            region.name,
            room(own.need)
        );
        let left = emptiest.map_or_else(String::new, room);
        let help = format!(
            "of {} with {} the emptiest has {left} left, and {others} other replicas stand there",
            count(all().count()),
            room(size)
        );
        self.error(&["service", &name.text, "cores"], message, &help);
    }
}

/// So many hosts.
fn count(hosts: usize) -> String {
    if hosts == 1 { "one host".to_owned() } else { format!("{hosts} hosts") }
}

/// Gives a replica room; whether there was some.
fn place(layout: &mut Layout, hosts: &mut Hosts, one: &Waiting) -> bool {
    let first = layout.first_zone(one.region);
    let zones: Vec<u32> = (first..first + layout.regions[one.region].zones).collect();
    let Some(own) = layout.on_hosts[one.service].as_mut() else { return true };
    let key = (one.service as u32, own.need);
    let Some(host) = hosts.find(key, own.spread, &zones, |_| true) else { return false };
    hosts.take(host, key);
    own.at[one.seat] = host;
    if let Some(seats) = layout.replicas[one.service].as_mut() {
        seats[one.seat].zone = ZoneId(hosts.zone(host));
    }
    true
}
