//! Hosts of a size: how much of them replicas take, and which host has room for another.

use super::Region;

crate::choices! {
    /// Over which places the replicas of a service are spread evenly. Below these they fill a host before they take the next.
    pub enum Spread {
        /// The first host of the region that has room.
        Pack = "pack",
        /// The zone with the fewest of the service, and there the first host that has room.
        Zones = "zones",
        /// There the rack with the fewest, and in that the first host.
        Racks = "racks",
        /// In that the host with the fewest.
        Hosts = "hosts",
    }
}

/// What a replica takes, or a host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Thousandths of a core.
    pub cores: u64,
    /// Bytes of memory; of a host the largest number where that is no limit.
    pub memory: u64,
}

impl Room {
    /// Whether there is so much in what is free.
    pub const fn fits(self, free: Self) -> bool {
        self.cores <= free.cores && self.memory <= free.memory
    }

    /// The share of a host that this is: of its cores or of its memory, whichever is larger.
    pub fn share_of(self, host: Self) -> f64 {
        let share = |need: u64, all: u64| need as f64 / all as f64;
        share(self.cores, host.cores).max(share(self.memory, host.memory))
    }
}

/// How the replicas of a service stand on hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnHosts {
    /// What each takes.
    pub need: Room,
    /// Where they go.
    pub spread: Spread,
    /// The host of each that is there at the start, by the numbers of [`Hosts`].
    pub at: Vec<u32>,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    zone: u32,
    rack: u32,
    free: Room,
    /// How many replicas of which services stand there.
    on: Vec<(u32, u32)>,
}

/// All hosts that have a size, numbered zone by zone, rack by rack, and who stands on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    all: Vec<Host>,
    /// The first host of each zone, and one beyond the last.
    first: Vec<u32>,
    /// Racks.
    racks: u32,
}

impl Hosts {
    /// Those of the regions, all empty.
    pub fn new(regions: &[Region]) -> Self {
        let mut hosts = Self { all: Vec::new(), first: vec![0], racks: 0 };
        for region in regions {
            for _ in 0..region.zones {
                let zone = hosts.first.len() as u32 - 1;
                for _ in 0..region.host.map_or(0, |_| region.racks) {
                    let (rack, free) = (hosts.racks, region.host.unwrap_or(Room { cores: 0, memory: 0 }));
                    let host = Host { zone, rack, free, on: Vec::new() };
                    hosts.all.extend(std::iter::repeat_n(host, region.hosts as usize));
                    hosts.racks += 1;
                }
                hosts.first.push(hosts.all.len() as u32);
            }
        }
        hosts
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no region has any.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Those of a zone.
    pub fn of_zone(&self, zone: u32) -> std::ops::Range<u32> {
        self.first[zone as usize]..self.first[zone as usize + 1]
    }

    /// The zone of a host.
    pub fn zone(&self, host: u32) -> u32 {
        self.all[host as usize].zone
    }

    /// What is left of a host.
    pub fn free(&self, host: u32) -> Room {
        self.all[host as usize].free
    }

    /// How many replicas of which services stand on a host.
    pub fn on(&self, host: u32) -> &[(u32, u32)] {
        &self.all[host as usize].on
    }

    /// Where the next replica of a service goes, among the hosts of these zones that may be taken; nowhere if none has room.
    pub fn find(
        &self,
        (service, need): (u32, Room),
        spread: Spread,
        zones: &[u32],
        may_take: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let of = |host: &Host| host.on.iter().find(|(one, _)| *one == service).map_or(0, |(_, count)| *count);
        let (mut in_zone, mut in_rack) = (vec![0; self.first.len()], vec![0; self.racks as usize]);
        if spread != Spread::Pack {
            for host in zones.iter().flat_map(|zone| &self.all[as_places(self.of_zone(*zone))]) {
                in_zone[host.zone as usize] += of(host);
                in_rack[host.rack as usize] += of(host);
            }
        }
        let place = |number: &u32| {
            let host = &self.all[*number as usize];
            let zone = (in_zone[host.zone as usize], host.zone);
            let rack = (in_rack[host.rack as usize], host.rack);
            match spread {
                Spread::Pack => ((0, 0), (0, 0), 0, *number),
                Spread::Zones => (zone, (0, 0), 0, *number),
                Spread::Racks => (zone, rack, 0, *number),
                Spread::Hosts => (zone, rack, of(host), *number),
            }
        };
        let numbers = zones.iter().flat_map(|zone| self.of_zone(*zone));
        let has_room = |number: &u32| may_take(*number) && need.fits(self.free(*number));
        numbers.filter(has_room).min_by_key(place)
    }

    /// A replica of a service takes room on a host that has it.
    pub fn take(&mut self, host: u32, (service, need): (u32, Room)) {
        let host = &mut self.all[host as usize];
        host.free.cores -= need.cores;
        host.free.memory -= need.memory;
        match host.on.iter_mut().find(|(one, _)| *one == service) {
            Some((_, count)) => *count += 1,
            None => host.on.push((service, 1)),
        }
    }

    /// It gives the room back.
    pub fn leave(&mut self, host: u32, (service, need): (u32, Room)) {
        let host = &mut self.all[host as usize];
        host.free.cores += need.cores;
        host.free.memory += need.memory;
        if let Some(place) = host.on.iter().position(|(one, _)| *one == service) {
            host.on[place].1 -= 1;
            if host.on[place].1 == 0 {
                host.on.remove(place);
            }
        }
    }
}

fn as_places(numbers: std::ops::Range<u32>) -> std::ops::Range<usize> {
    numbers.start as usize..numbers.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Room = Room { cores: 1_000, memory: 1 };

    fn region(name: &str, [zones, racks, hosts]: [u32; 3], cores: u64) -> Region {
        let host = (cores > 0).then_some(Room { cores, memory: 10 });
        Region { name: name.to_owned(), zones, racks, hosts, host }
    }

    /// Where so many replicas of a service go, one after another.
    fn fill(hosts: &mut Hosts, spread: Spread, zones: &[u32], count: usize) -> Vec<u32> {
        let mut found = Vec::new();
        for _ in 0..count {
            let Some(host) = hosts.find((0, SMALL), spread, zones, |_| true) else { break };
            hosts.take(host, (0, SMALL));
            found.push(host);
        }
        found
    }

    #[test]
    fn hosts_are_numbered_where_they_have_a_size() {
        let hosts = Hosts::new(&[
            region("a", [2, 1, 2], 1_000),
            region("b", [1, 1, 9], 0),
            region("c", [1, 2, 2], 1_000),
        ]);
        assert_eq!(hosts.len(), 8);
        assert_eq!([0, 1, 2, 3].map(|zone| hosts.of_zone(zone)), [0..2, 2..4, 4..4, 4..8]);
        assert_eq!([0, 3, 4, 7].map(|host| hosts.zone(host)), [0, 1, 3, 3]);
    }

    #[test]
    fn what_is_spread_evenly_differs() {
        // Two zones of two racks with two hosts, each with room for three.
        let places =
            |spread, count| fill(&mut Hosts::new(&[region("r", [2, 2, 2], 3_000)]), spread, &[0, 1], count);
        assert_eq!(places(Spread::Pack, 7), [0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(places(Spread::Zones, 7), [0, 4, 0, 4, 0, 4, 1]);
        assert_eq!(places(Spread::Racks, 7), [0, 4, 2, 6, 0, 4, 2]);
        assert_eq!(places(Spread::Hosts, 9), [0, 4, 2, 6, 1, 5, 3, 7, 0]);
        // All that fit, and no more.
        assert_eq!(places(Spread::Hosts, 30).len(), 24);
        assert_eq!(places(Spread::Zones, 30).len(), 24);
    }

    #[test]
    fn what_is_full_or_closed_is_passed_over() {
        let mut hosts = Hosts::new(&[region("r", [2, 1, 1], 2_000)]);
        let large = Room { cores: 1_500, memory: 1 };
        hosts.take(0, (1, large));
        assert_eq!(fill(&mut hosts, Spread::Hosts, &[0, 1], 3), [1, 1]);
        hosts.leave(0, (1, large));
        assert_eq!((hosts.free(0).cores, hosts.on(0)), (2_000, &[][..]));
        assert_eq!(hosts.find((0, SMALL), Spread::Pack, &[0, 1], |host| host != 0), None);
        assert_eq!(hosts.find((0, SMALL), Spread::Pack, &[0, 1], |_| true), Some(0));
        // Memory is room too.
        let wide = Room { cores: 1, memory: 11 };
        assert_eq!(hosts.find((0, wide), Spread::Pack, &[0, 1], |_| true), None);
    }

    #[test]
    fn the_larger_share_counts() {
        let host = Room { cores: 8_000, memory: 32 };
        let near = |share: f64, wanted: f64| assert!((share - wanted).abs() < 1e-12, "{share}");
        near(Room { cores: 2_000, memory: 4 }.share_of(host), 0.25);
        near(Room { cores: 2_000, memory: 16 }.share_of(host), 0.5);
        assert!(Room { cores: 2_000, memory: 16 }.share_of(Room { memory: u64::MAX, ..host }) < 0.26);
    }
}
