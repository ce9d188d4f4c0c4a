//! What is particular about messages between two places.

use super::Region;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, RegionId, ZoneId};

/// A place at the end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// All zones of a region.
    Region(RegionId),
    /// One zone.
    Zone(ZoneId),
}

/// Messages from one place to another, where they differ from others.
#[derive(Debug, Clone)]
pub struct PlaceLink {
    /// Where they are sent.
    pub from: Place,
    /// Where they arrive.
    pub to: Place,
    /// Whether those that go the other way are meant too.
    pub both: bool,
    /// How long one is under way; as others where absent.
    pub delay: Option<Distribution>,
    /// The share that is lost each time it is sent; as of others where absent.
    pub loss: Option<Probability>,
}

impl PlaceLink {
    /// How particular it is: the number of its ends that are single zones. The most particular of several holds.
    pub fn rank(&self) -> usize {
        [self.from, self.to].iter().filter(|end| matches!(end, Place::Zone(_))).count()
    }

    /// Its ways: one, or two if it holds both ways between different places.
    pub fn ways(&self) -> impl Iterator<Item = [Place; 2]> {
        let back = (self.both && self.from != self.to).then_some([self.to, self.from]);
        std::iter::once([self.from, self.to]).chain(back)
    }
}

/// The link that holds between each two zones for what it says, which the zones that no link tells apart share.
#[derive(Debug)]
pub struct LinkMap {
    /// The group of each zone.
    groups: Vec<u32>,
    /// One more than the number of the link, by group of the sender and of the receiver; 0 for none.
    links: Vec<u32>,
    count: usize,
}

impl LinkMap {
    /// Which of the links that say something, a delay or a loss, holds where; `None` if none does.
    pub fn new(regions: &[Region], links: &[PlaceLink], says: fn(&PlaceLink) -> bool) -> Option<Self> {
        if !links.iter().any(says) {
            return None;
        }
        let zone_count: u32 = regions.iter().map(|region| region.zones).sum();
        let mut map = Self { groups: vec![0; zone_count as usize], links: Vec::new(), count: 1 };
        let ends = || links.iter().filter(|link| says(link)).flat_map(|link| [link.from, link.to]);
        let is_zone = |end: &Place| matches!(end, Place::Zone(_));
        // A zone that is named stands for itself within its region.
        for end in ends().filter(|end| !is_zone(end)).chain(ends().filter(is_zone)) {
            for zone in zones_of(regions, end) {
                map.groups[zone as usize] = map.count as u32;
            }
            map.count += 1;
        }
        map.links = vec![0; map.count * map.count];
        for rank in 0..=2 {
            for (number, link) in (1..).zip(links).filter(|(_, link)| says(link) && link.rank() == rank) {
                for [from, to] in link.ways() {
                    map.lay(regions, [from, to], number);
                }
            }
        }
        Some(map)
    }

    fn lay(&mut self, regions: &[Region], [from, to]: [Place; 2], number: u32) {
        let groups_of = |place| {
            let mut groups: Vec<u32> =
                zones_of(regions, place).map(|zone| self.groups[zone as usize]).collect();
            groups.sort_unstable();
            groups.dedup();
            groups
        };
        let (from, to) = (groups_of(from), groups_of(to));
        for one in from {
            for other in &to {
                self.links[one as usize * self.count + *other as usize] = number;
            }
        }
    }

    /// The number of the link that holds for messages from one zone to another.
    #[inline]
    pub fn between(&self, [from, to]: [u32; 2]) -> Option<usize> {
        let group = |zone: u32| self.groups[zone as usize] as usize;
        (self.links[group(from) * self.count + group(to)] as usize).checked_sub(1)
    }
}

/// The zones of a place.
pub fn zones_of(regions: &[Region], place: Place) -> std::ops::Range<u32> {
    match place {
        Place::Zone(zone) => zone.0..zone.0 + 1,
        Place::Region(region) => {
            let first: u32 = regions[..region.index()].iter().map(|one| one.zones).sum();
            first..first + regions[region.index()].zones
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    fn region(name: &str, zones: u32) -> Region {
        Region { name: name.to_owned(), zones, racks: 1, hosts: 1, host: None }
    }

    fn link(from: Place, to: Place, both: bool) -> PlaceLink {
        let delay = Some(Distribution::constant(SimDuration::ZERO));
        PlaceLink { from, to, both, delay, loss: None }
    }

    #[test]
    fn the_most_particular_link_holds() {
        use Place::{Region, Zone};
        let regions = [region("east", 3), region("west", 2), region("south", 1)];
        let [east, west] = [Region(RegionId(0)), Region(RegionId(1))];
        let links = [
            link(Zone(ZoneId(1)), Zone(ZoneId(3)), false),
            link(east, west, true),
            link(Zone(ZoneId(1)), west, false),
            link(east, east, true),
        ];
        let delays = |link: &PlaceLink| link.delay.is_some();
        let map = LinkMap::new(&regions, &links, delays).expect("there are links");
        let between = |from: u32, to: u32| map.between([from, to]);
        assert_eq!([between(1, 3), between(1, 4), between(0, 3)], [Some(0), Some(2), Some(1)]);
        // Back, only the link of the two regions holds.
        assert_eq!([between(3, 1), between(4, 1), between(4, 2)], [Some(1); 3]);
        assert_eq!([between(0, 2), between(1, 1), between(2, 1)], [Some(3); 3]);
        assert_eq!([between(0, 5), between(5, 1), between(3, 4), between(5, 5)], [None; 4]);
        assert!(LinkMap::new(&regions, &links, |link| link.loss.is_some()).is_none());
    }
}
