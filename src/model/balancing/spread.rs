//! Which part of a fleet an attempt goes to, before a policy picks a replica there: priorities, panic and localities.

/// How much the place of a replica matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locality {
    /// It does not.
    #[default]
    None,
    /// The own zone first, then the own region, then anywhere.
    Zone,
    /// The own region first, then anywhere.
    Region,
    /// Zones in proportion to their weights, each as far as enough of its replicas are up.
    Weighted,
    /// The own zone as far as its share of replicas is as great as that of callers, the rest where there is more.
    ZoneAware,
}

/// Which part of a fleet an attempt goes to.
///
/// Replicas of the first priority get all attempts while `overprovisioning` times those that are up would be enough;
/// beyond that the next priority takes over what is missing. Where too few of a priority are up and all priorities
/// together are not enough, it is in panic, and all its replicas are used whatever is known of them: that helps against
/// a wrong verdict on most of a fleet, and hurts where the verdict is right. Numbers are whole percents, as in Envoy.
/// Source: Envoy, "Priority levels", "Panic threshold", "Locality weighted" and "Zone aware routing".
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Priority of each replica, 0 first; empty where all are the same.
    pub priorities: Vec<u32>,
    /// How many times what is up may carry [%].
    pub overprovisioning: u32,
    /// Below this share of replicas up there may be panic; 0 is never.
    pub panic_threshold: f64,
    /// Whether a priority in panic gets no attempts instead of all its replicas.
    pub fail_on_panic: bool,
    /// How much the place of a replica matters.
    pub locality: Locality,
    /// Weight of each zone, for [`Locality::Weighted`]; empty where all are the same.
    pub zone_weights: Vec<f64>,
    /// So many replicas must be up for [`Locality::ZoneAware`].
    pub zone_aware_min: u32,
}

/// A replica as a decider sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its zone.
    pub zone: u32,
    /// Its region.
    pub region: u32,
    /// Whether it is believed up.
    pub is_up: bool,
    /// Whether the decider uses it at all.
    pub is_used: bool,
}

/// Where a caller is.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Its zone.
    pub zone: u32,
    /// Its region.
    pub region: u32,
    /// Callers in each zone.
    pub callers: &'a [u32],
}

/// A part of a fleet, and how likely it is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Its number: the same part of the fleet has the same one whatever is up.
    pub number: usize,
    /// In proportion to those of the others.
    pub weight: f64,
    /// Replicas that may be chosen, rising.
    pub eligible: Vec<u32>,
}

/// Replicas of one priority.
struct Level {
    priority: usize,
    load: f64,
    is_in_panic: bool,
    members: Vec<u32>,
}

impl Spread {
    /// How many pools there may be for so many zones.
    pub fn pools(&self, zones: usize) -> usize {
        let levels = self.levels();
        match self.locality {
            Locality::None | Locality::Zone | Locality::Region => levels,
            Locality::Weighted | Locality::ZoneAware => levels * (zones + 1),
        }
    }

    /// Whether who may be chosen depends on where the caller is.
    pub fn is_local(&self) -> bool {
        match self.locality {
            Locality::None | Locality::Weighted => false,
            Locality::Zone | Locality::Region | Locality::ZoneAware => true,
        }
    }

    /// Whether all replicas that are up are always one part.
    pub fn is_whole(&self) -> bool {
        self.priorities.is_empty() && self.panic_threshold <= 0.0 && self.locality == Locality::None
    }

    fn levels(&self) -> usize {
        self.priorities.iter().max().map_or(1, |last| *last as usize + 1)
    }

    /// The parts of a fleet to which attempts of a caller go; those that get none are left out.
    pub fn split(&self, hosts: &[Host], origin: Origin<'_>) -> Vec<Pool> {
        let mut pools = Vec::new();
        for level in self.load_of_levels(hosts) {
            let all = level.members;
            let up: Vec<u32> = all.iter().copied().filter(|one| hosts[*one as usize].is_up).collect();
            let first = pools.len();
            let number = level.priority * self.pools(origin.callers.len()) / self.levels();
            if level.is_in_panic {
                let eligible = if self.fail_on_panic { Vec::new() } else { all };
                pools.push(Pool { number, weight: 1.0, eligible });
            } else {
                match self.locality {
                    Locality::None => pools.push(Pool { number, weight: 1.0, eligible: up }),
                    Locality::Zone | Locality::Region => {
                        let eligible = self.nearest(hosts, up, origin);
                        pools.push(Pool { number, weight: 1.0, eligible });
                    }
                    Locality::Weighted => self.split_by_weight(hosts, &all, &up, number, &mut pools),
                    Locality::ZoneAware => {
                        let is_first = level.priority == 0;
                        let place = (number, is_first, by_zone(hosts, &all).len());
                        self.split_by_origin(hosts, up, origin, place, &mut pools);
                    }
                }
            }
            let total: f64 = pools[first..].iter().map(|pool| pool.weight).sum();
            pools[first..].iter_mut().for_each(|pool| pool.weight *= level.load / total);
            pools.retain(|pool| pool.weight > 0.0);
        }
        pools
    }

    /// The priorities that get attempts, with their loads in percent or in proportion.
    fn load_of_levels(&self, hosts: &[Host]) -> Vec<Level> {
        let mut levels: Vec<Level> = (0..self.levels())
            .map(|priority| Level { priority, load: 0.0, is_in_panic: false, members: Vec::new() })
            .collect();
        for replica in (0..hosts.len()).filter(|one| hosts[*one].is_used) {
            let priority = self.priorities.get(replica).copied().unwrap_or(0) as usize;
            levels[priority].members.push(replica as u32);
        }
        let counts: Vec<(u32, u32)> = levels
            .iter()
            .map(|level| {
                let up = level.members.iter().filter(|one| hosts[**one as usize].is_up).count();
                (up as u32, level.members.len() as u32)
            })
            .collect();
        // Without other priorities and without panic, who is up has everything, however few they are.
        if let [(up, _)] = counts.as_slice()
            && self.panic_threshold <= 0.0
        {
            levels[0].load = f64::from(u8::from(*up > 0));
            levels.retain(|level| level.load > 0.0);
            return levels;
        }
        let loads = loads(&counts, self.overprovisioning);
        let total = available(&counts, self.overprovisioning);
        for (level, (up, all)) in levels.iter_mut().zip(&counts) {
            let share = f64::from(*up) / f64::from((*all).max(1));
            level.is_in_panic = total < 100 && share < self.panic_threshold && *all > 0;
        }
        let is_total = levels.iter().all(|level| level.is_in_panic || level.members.is_empty());
        for (level, load) in levels.iter_mut().zip(&loads) {
            level.load = if is_total { level.members.len() as f64 } else { f64::from(*load) };
        }
        levels.retain(|level| level.load > 0.0);
        levels
    }

    /// Those nearest to a caller, in its zone if that is what counts, or in its region, or anywhere.
    fn nearest(&self, hosts: &[Host], up: Vec<u32>, origin: Origin<'_>) -> Vec<u32> {
        let near = |is_near: &dyn Fn(&Host) -> bool| -> Vec<u32> {
            up.iter().copied().filter(|one| is_near(&hosts[*one as usize])).collect()
        };
        if self.locality == Locality::Zone {
            let near = near(&|host| host.zone == origin.zone);
            if !near.is_empty() {
                return near;
            }
        }
        let near = near(&|host| host.region == origin.region);
        if near.is_empty() { up } else { near }
    }

    fn split_by_weight(&self, hosts: &[Host], all: &[u32], up: &[u32], number: usize, pools: &mut Vec<Pool>) {
        // Of so few that it rounds to nothing, each zone has as much as the others.
        let least = u32::from(health(up.len() as u32, all.len() as u32, self.overprovisioning) == 0);
        for (zone, eligible) in by_zone(hosts, up) {
            let size = all.iter().filter(|one| hosts[**one as usize].zone == zone).count() as u32;
            let available = health(eligible.len() as u32, size, self.overprovisioning).max(least);
            let weight = self.zone_weights.get(zone as usize).copied().unwrap_or(1.0) * f64::from(available);
            pools.push(Pool { number: number + 1 + zone as usize, weight, eligible });
        }
    }

    /// Zone-aware routing; all of the priority where its conditions do not hold.
    fn split_by_origin(
        &self,
        hosts: &[Host],
        up: Vec<u32>,
        origin: Origin<'_>,
        (number, is_first, all_zones): (usize, bool, usize),
        pools: &mut Vec<Pool>,
    ) {
        let zones = by_zone(hosts, &up);
        let callers: u32 = origin.callers.iter().sum();
        let calling = origin.callers.iter().filter(|count| **count > 0).count();
        // Zones count whose replicas are all down; the own zone may have none.
        let fits = is_first && all_zones > 1 && calling > 1 && up.len() >= self.zone_aware_min as usize;
        if !fits || origin.callers[origin.zone as usize] == 0 {
            pools.push(Pool { number, weight: 1.0, eligible: up });
            return;
        }
        let of_callers = |zone: u32| f64::from(origin.callers[zone as usize]) / f64::from(callers);
        let of_replicas = |eligible: &[u32]| eligible.len() as f64 / up.len() as f64;
        let residual = |zone: u32, eligible: &[u32]| (of_replicas(eligible) - of_callers(zone)).max(0.0);
        let own =
            zones.iter().find(|(zone, _)| *zone == origin.zone).map_or(0.0, |(_, own)| of_replicas(own));
        let local = (own / of_callers(origin.zone)).min(1.0);
        let others = || zones.iter().filter(|(zone, _)| *zone != origin.zone);
        let rest: f64 = others().map(|(zone, eligible)| residual(*zone, eligible)).sum();
        for (zone, eligible) in zones {
            let weight = if zone == origin.zone {
                local
            } else if local < 1.0 && rest > 0.0 {
                (1.0 - local) * residual(zone, &eligible) / rest
            } else {
                0.0
            };
            if weight > 0.0 {
                pools.push(Pool { number: number + 1 + zone as usize, weight, eligible });
            }
        }
    }
}

/// The replicas of each zone that has any.
fn by_zone(hosts: &[Host], replicas: &[u32]) -> Vec<(u32, Vec<u32>)> {
    let mut zones = std::collections::BTreeMap::new();
    for replica in replicas {
        zones.entry(hosts[*replica as usize].zone).or_insert_with(Vec::new).push(*replica);
    }
    zones.into_iter().collect()
}

/// How much of what a part should carry it can carry [%].
fn health(up: u32, all: u32, overprovisioning: u32) -> u32 {
    let share = u64::from(overprovisioning) * u64::from(up) / u64::from(all.max(1));
    share.min(100) as u32
}

/// How much of everything all priorities together can carry [%].
fn available(counts: &[(u32, u32)], overprovisioning: u32) -> u32 {
    counts.iter().map(|(up, all)| health(*up, *all, overprovisioning)).sum::<u32>().min(100)
}

/// Load of each priority [%], by how many of how many are up.
fn loads(counts: &[(u32, u32)], overprovisioning: u32) -> Vec<u32> {
    let total = available(counts, overprovisioning);
    let mut loads = vec![0; counts.len()];
    if total == 0 {
        return loads;
    }
    let mut left = 100;
    for (load, (up, all)) in loads.iter_mut().zip(counts) {
        *load = left.min(health(*up, *all, overprovisioning) * 100 / total);
        left -= *load;
    }
    // What rounding leaves goes to the first that can carry anything.
    if let Some(first) = counts.iter().position(|(up, all)| health(*up, *all, overprovisioning) > 0) {
        loads[first] += left;
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread() -> Spread {
        Spread {
            priorities: Vec::new(),
            overprovisioning: 140,
            panic_threshold: 0.5,
            fail_on_panic: false,
            locality: Locality::None,
            zone_weights: Vec::new(),
            zone_aware_min: 6,
        }
    }

    const HERE: Origin<'_> = Origin { zone: 0, region: 0, callers: &[1, 1] };

    /// Hundreds of which so many are up; each hundred is a zone and, in `priorities`, a priority.
    fn hosts(up: &[u32]) -> Vec<Host> {
        let one = |zone: usize, number: u32, up: u32| Host {
            zone: zone as u32,
            region: 0,
            is_up: number < up,
            is_used: true,
        };
        up.iter()
            .enumerate()
            .flat_map(|(zone, up)| (0..100).map(move |number| one(zone, number, *up)))
            .collect()
    }

    fn two_priorities() -> Spread {
        Spread { priorities: (0..200).map(|number| number / 100).collect(), ..spread() }
    }

    #[test]
    fn priorities_take_over_what_others_cannot_carry() {
        for (up, expected) in [
            ([100, 100], [100, 0]),
            ([72, 72], [100, 0]),
            ([71, 71], [99, 1]),
            ([50, 50], [70, 30]),
            ([25, 100], [35, 65]),
            ([25, 25], [50, 50]),
            ([5, 65], [8, 92]),
            ([0, 0], [0, 0]),
        ] {
            assert_eq!(loads(&[(up[0], 100), (up[1], 100)], 140), expected, "{up:?}");
        }
    }

    fn panic_of(up: [u32; 2]) -> Vec<bool> {
        let pools = two_priorities().split(&hosts(&up), HERE);
        pools.iter().map(|pool| pool.eligible.len() == 100).collect()
    }

    #[test]
    fn a_priority_panics_only_where_all_are_not_enough() {
        assert_eq!(panic_of([25, 99]), [false, false]);
        assert_eq!(panic_of([25, 25]), [true, true]);
        assert_eq!(panic_of([5, 65]), [true, false]);
        // All are equally loaded in total panic, by their size.
        let pools = two_priorities().split(&hosts(&[1, 2]), HERE);
        assert!((pools[0].weight - pools[1].weight).abs() < 1e-12);
        let never = Spread { panic_threshold: 0.0, ..two_priorities() };
        assert_eq!(never.split(&hosts(&[0, 0]), HERE), []);
        let one = Spread { panic_threshold: 0.0, ..spread() };
        assert_eq!(one.split(&hosts(&[0, 0]), HERE), []);
        let found = one.split(&hosts(&[1, 0]), HERE);
        assert_eq!(found, [Pool { number: 0, weight: 1.0, eligible: vec![0] }]);
        let fails = Spread { fail_on_panic: true, ..two_priorities() };
        assert!(fails.split(&hosts(&[1, 2]), HERE).iter().all(|pool| pool.eligible.is_empty()));
    }

    #[test]
    fn zones_have_their_weight_as_far_as_they_are_up() {
        let weighted = Spread {
            locality: Locality::Weighted,
            zone_weights: vec![1.0, 2.0],
            panic_threshold: 0.0,
            ..spread()
        };
        for (up, expected) in [(70, 33), (69, 32), (50, 26), (25, 15)] {
            let pools = weighted.split(&hosts(&[up, 100]), HERE);
            let share = 100.0 * pools[0].weight / (pools[0].weight + pools[1].weight);
            assert_eq!(share.round() as u32, expected, "{up} up: {share}");
            assert_eq!([pools[0].number, pools[1].number], [1, 2]);
        }
    }

    #[test]
    fn the_nearest_are_chosen_first() {
        let near = |locality, zone, up: &[bool]| {
            let places = [(0, 0), (1, 0), (2, 1)];
            let hosts: Vec<Host> = places
                .iter()
                .zip(up)
                .map(|((zone, region), is_up)| Host {
                    zone: *zone,
                    region: *region,
                    is_up: *is_up,
                    is_used: true,
                })
                .collect();
            let origin = Origin { zone, region: u32::from(zone == 2), callers: &[1, 1, 1] };
            Spread { locality, panic_threshold: 0.0, ..spread() }.split(&hosts, origin)[0].eligible.clone()
        };
        assert_eq!(near(Locality::Zone, 1, &[true, true, true]), [1]);
        assert_eq!(near(Locality::Zone, 1, &[true, false, true]), [0]);
        assert_eq!(near(Locality::Zone, 1, &[false, false, true]), [2]);
        assert_eq!(near(Locality::Region, 1, &[true, true, true]), [0, 1]);
        assert_eq!(near(Locality::Region, 2, &[true, true, false]), [0, 1]);
    }

    fn aware(callers: &[u32], up: &[u32]) -> Vec<(usize, f64)> {
        let aware = Spread { locality: Locality::ZoneAware, panic_threshold: 0.0, ..spread() };
        let pools = aware.split(&hosts(up), Origin { callers, ..HERE });
        pools.iter().map(|pool| (pool.number, pool.weight)).collect()
    }

    #[track_caller]
    fn assert_near(found: &[(usize, f64)], expected: &[(usize, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn a_zone_keeps_what_its_replicas_can_carry() {
        // A third of the replicas, a quarter of the callers: all stays.
        assert_near(&aware(&[1, 3], &[50, 100]), &[(1, 1.0)]);
        // A third for a half: two thirds stay, the rest goes where more replicas than callers are.
        assert_near(&aware(&[2, 2], &[50, 100]), &[(1, 2.0 / 3.0), (2, 1.0 / 3.0)]);
        assert_near(&aware(&[4, 1, 3], &[80, 80, 80]), &[(1, 2.0 / 3.0), (2, 1.0 / 3.0)]);
        // Nobody is up here, or lives here: all goes where more replicas than callers are.
        assert_near(&aware(&[1, 1, 1], &[0, 80, 60]), &[(2, 5.0 / 7.0), (3, 2.0 / 7.0)]);
        // A zone that is all down still counts as one of two.
        assert_near(&aware(&[1, 1], &[50, 0]), &[(1, 1.0)]);
        // Callers in two of three zones, replicas in all: two thirds stay, the rest goes to the zone without callers.
        assert_near(&aware(&[1, 1, 0], &[20, 20, 20]), &[(1, 2.0 / 3.0), (3, 1.0 / 3.0)]);
        // Too few replicas, or callers in one zone only: everybody.
        assert_near(&aware(&[1, 1], &[2, 3]), &[(0, 1.0)]);
        assert_near(&aware(&[2, 0], &[50, 100]), &[(0, 1.0)]);
    }
}
