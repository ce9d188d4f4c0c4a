//! Seats of fleets that change: who is there, who is to come and to go, and what is planned for them.
//!
//! A replica sits in a seat of its service. Controllers say how many there should be in a region; who comes and who goes
//! is decided here, and carried out by the handlers of [`seat`](crate::engine::replica::life).

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::record::metrics::FleetMetrics;
use crate::engine::record::provision::Provision;
use crate::engine::replica::boot::Boot;
use crate::engine::replica::controller::Controllers;
use crate::engine::replica::host::OnHosts;
use crate::engine::replica::rollout::{Exchange, Release};
use crate::kernel::calendar::Handle;
use crate::kernel::stream::{Purpose, Streams};
use crate::measure::UpTime;
use crate::model::fleet::{Life, Service};
use crate::model::scaling::{Autoscaling, Leaves, Per};
use crate::units::SimTime;

/// A seat of a fleet that changes.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Seat {
    pub(in crate::engine) life: Life,
    /// How many sat here before.
    pub(in crate::engine) generation: u32,
    /// How often this one began to boot.
    pub(in crate::engine) boots: u32,
    /// When it began to serve, or did so again, if that was in this run [ns].
    pub(in crate::engine) ready: Option<u64>,
    /// When it was decided to start it [ns].
    pub(in crate::engine) since: u64,
    /// Its place in the order in which replicas of the service came.
    birth: u64,
    /// What its start is at.
    pub(in crate::engine) boot: Boot,
    /// What it runs.
    pub(in crate::engine) release: Release,
    /// When it had started, if it waits for others of its release since then [ns].
    pub(in crate::engine) held: Option<u64>,
    /// Whether it drains for as long as it may be wanted back.
    pub(in crate::engine) is_kept: bool,
    /// The end of a step of its boot, or of the time that it may drain.
    pub(in crate::engine) timer: Option<Handle>,
    /// When the last news of it reaches deciders [ns]: later news never overtakes earlier.
    pub(in crate::engine) told: u64,
    /// Since when the seat is empty, if it is, and the measured time for which it was before.
    pub(in crate::engine) empty: Option<SimTime>,
    pub(in crate::engine) absence: UpTime,
}

impl Seat {
    /// For how much of the measured time up to `end` the seat was empty [ns].
    pub(in crate::engine) fn absence_until(&self, plan: &Plan, end: SimTime) -> u128 {
        let mut absence = self.absence;
        if let Some(since) = self.empty {
            absence.add(false, since, end, plan.span.transient, plan.span.horizon);
        }
        absence.down
    }
}

/// Where replicas are, and the seats of fleets that change.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Seats {
    /// The zone of each replica, numbered through all services.
    pub(in crate::engine) zones: Vec<u32>,
    /// By replica; nothing where no fleet changes or has spares.
    pub(in crate::engine) all: Vec<Seat>,
    /// By service; nothing where no fleet changes or has spares, none for one that does not change.
    pub(in crate::engine) fleets: Vec<Option<Box<ServiceFleet>>>,
    /// Who stands on which host, where any takes room there.
    pub(in crate::engine) hosts: Option<Box<OnHosts>>,
    /// Names the random numbers of what comes later.
    pub(in crate::engine) streams: Streams,
}

/// The fleet of one service.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ServiceFleet {
    /// One for each region in which it is.
    pub(in crate::engine) parts: Vec<RegionFleet>,
    pub(in crate::engine) metrics: FleetMetrics,
    pub(in crate::engine) provision: Provision,
    /// What names the boots of its replicas.
    pub(in crate::engine) key: u64,
    births: u64,
    /// Replicas that deciders know of.
    pub(in crate::engine) known: u32,
    /// What replicas run that start now, but for those of a deployment that is under way.
    pub(in crate::engine) current: Release,
    /// Whether one is.
    pub(in crate::engine) is_exchanging: bool,
}

/// The part of a fleet that is scaled by itself: in one region, or all of it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct RegionFleet {
    pub(in crate::engine) controllers: Controllers,
    pub(in crate::engine) desired: u32,
    first_zone: u32,
    /// Empty seats, by region.
    absent: BTreeMap<u32, BTreeSet<u32>>,
    /// By zone, those between its regions included.
    zones: Vec<ZoneSeats>,
    /// When the number wanted changed last, and whether it rose.
    turned: Option<(u64, bool)>,
    /// Whether there are more than wanted, because the others have work.
    pub(in crate::engine) has_surplus: bool,
    /// Its way from one release to another, while it is on it.
    pub(in crate::engine) exchange: Option<Exchange>,
}

/// Who is in a zone, in the order in which they came.
#[derive(Debug, Clone, Default)]
struct ZoneSeats {
    region: u32,
    /// Whether the service is in that region.
    is_open: bool,
    /// Faults that are known for which nobody starts there.
    closed: u32,
    starting: BTreeSet<(u64, u32)>,
    up: BTreeSet<(u64, u32)>,
    draining: u32,
}

impl ZoneSeats {
    fn present(&self) -> usize {
        self.starting.len() + self.up.len() + self.draining as usize
    }
}

impl Seats {
    /// The seats of a system at the start of a run.
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        let zones = plan.replicas.iter().map(|replica| replica.zone).collect();
        if plan.system.services.iter().all(Service::is_fixed) {
            return Self { zones, all: Vec::new(), fleets: Vec::new(), hosts: OnHosts::new(plan), streams };
        }
        let mut seats = Vec::with_capacity(plan.replicas.len());
        for service in &plan.system.services {
            seats.extend((0..service.replicas.len() as u32).map(|local| {
                let is_there = service.is_present(local);
                Seat {
                    life: if is_there { Life::Up } else { Life::Absent },
                    generation: 0,
                    boots: 0,
                    ready: None,
                    boot: Boot::default(),
                    release: Release::default(),
                    held: None,
                    is_kept: false,
                    since: 0,
                    birth: u64::from(local),
                    timer: None,
                    told: 0,
                    empty: (!is_there).then_some(SimTime::ZERO),
                    absence: UpTime::default(),
                }
            }));
        }
        let fleets = (0..plan.services.len()).map(|number| fleet(plan, streams, number).map(Box::new));
        Self { zones, all: seats, fleets: fleets.collect(), hosts: OnHosts::new(plan), streams }
    }

    /// The place of a replica in the order in which those of its service came.
    pub(in crate::engine) fn birth(&self, r: u32) -> u64 {
        self.all.get(r as usize).map_or(0, |seat| seat.birth)
    }

    /// Where a replica is in its life; one of a fleet that stays as it is, is up.
    #[inline]
    pub(in crate::engine) fn life(&self, r: u32) -> Life {
        self.all.get(r as usize).map_or(Life::Up, |seat| seat.life)
    }
}

fn fleet(plan: &Plan, streams: Streams, number: usize) -> Option<ServiceFleet> {
    let settings = &plan.system.services[number];
    if !settings.is_changing() {
        return None;
    }
    let first = plan.services[number].first;
    let mut regions: Vec<u32> =
        plan.replicas_of(number).iter().map(|replica| plan.zone_regions[replica.zone as usize]).collect();
    regions.sort_unstable();
    regions.dedup();
    let part = |regions: &[u32]| {
        let (from, to) = (regions[0], regions[regions.len() - 1]);
        let first_zone = plan.zone_regions.partition_point(|one| *one < from) as u32;
        let end = plan.zone_regions.partition_point(|one| *one <= to);
        let zone = |region: &u32| ZoneSeats {
            region: *region,
            is_open: regions.contains(region),
            ..ZoneSeats::default()
        };
        let mut part = RegionFleet {
            controllers: settings.scaling().map(Controllers::new).unwrap_or_default(),
            turned: None,
            desired: 0,
            first_zone,
            absent: regions.iter().map(|region| (*region, BTreeSet::new())).collect(),
            zones: plan.zone_regions[first_zone as usize..end].iter().map(zone).collect(),
            has_surplus: false,
            exchange: None,
        };
        for (local, replica) in (0..).zip(plan.replicas_of(number)) {
            let region = plan.zone_regions[replica.zone as usize];
            if !regions.contains(&region) {
                continue;
            }
            if settings.is_present(local) {
                part.desired += 1;
                part.zone(replica.zone).up.insert((u64::from(local), first + local));
            } else if !settings.is_door(local) {
                part.absent.entry(region).or_default().insert(first + local);
            }
        }
        part
    };
    let is_whole = settings.autoscaling.as_ref().is_some_and(|scaling| scaling.per == Per::Service);
    let parts = regions.chunks(if is_whole { regions.len() } else { 1 });
    let mut metrics = FleetMetrics::default();
    metrics.present.raise(u64::from(settings.present), 0);
    metrics.desired.raise(u64::from(settings.present), 0);
    Some(ServiceFleet {
        parts: parts.map(part).collect(),
        metrics,
        provision: Provision::default(),
        key: streams.key(Purpose::Start, named(&settings.name)),
        // After all that are there.
        births: (0..settings.replicas.len() as u64)
            .rfind(|local| settings.is_present(*local as u32))
            .map_or(0, |last| last + 1),
        known: settings.present,
        current: Release::default(),
        is_exchanging: false,
    })
}

impl ServiceFleet {
    /// The part in which a zone is.
    pub(in crate::engine) fn part_of(&self, zone: u32) -> usize {
        self.parts.partition_point(|part| part.first_zone <= zone) - 1
    }

    /// The number that a replica has in the order of births.
    pub(in crate::engine) fn next_birth(&mut self) -> u64 {
        self.births += 1;
        self.births - 1
    }
}

impl RegionFleet {
    fn zone(&mut self, zone: u32) -> &mut ZoneSeats {
        &mut self.zones[(zone - self.first_zone) as usize]
    }

    /// Replicas that have started and are not leaving, struck by a fault or not.
    pub(in crate::engine) fn serving(&self) -> impl Iterator<Item = u32> {
        self.zones.iter().flat_map(|zone| zone.up.iter().map(|(_, r)| *r))
    }

    /// Notes that the number wanted rises or falls; whether it did the opposite not long ago.
    pub(in crate::engine) fn note_turn(&mut self, now: u64, rises: bool) -> bool {
        const LONG: u64 = 600_000_000_000;
        let before = self.turned.replace((now, rises));
        before.is_some_and(|(at, rose)| rose != rises && now - at <= LONG)
    }

    /// Replicas that are starting or up, each behind its place in the order of births.
    pub(in crate::engine) fn all_members(&self) -> impl Iterator<Item = (u64, u32)> {
        self.zones.iter().flat_map(|zone| zone.starting.iter().chain(&zone.up).copied())
    }

    /// Replicas that are starting or up.
    pub(in crate::engine) fn members(&self) -> u32 {
        self.zones.iter().map(|zone| zone.starting.len() + zone.up.len()).sum::<usize>() as u32
    }

    /// The zones in which somebody may start, of regions with an empty seat: the seat of the lowest number, the zone, and how
    /// many are there.
    pub(in crate::engine) fn seats_to_take(&self) -> impl Iterator<Item = (u32, u32, usize)> {
        let empty = |zone: &ZoneSeats| self.absent.get(&zone.region)?.first().copied();
        let zones = (self.first_zone..).zip(&self.zones);
        let zones = zones.filter(|(_, zone)| zone.is_open && zone.closed == 0);
        zones.filter_map(move |(number, zone)| Some((empty(zone)?, number, zone.present())))
    }

    /// The zone that has the fewest replicas, of regions with an empty seat, and the one of the lowest number there.
    pub(in crate::engine) fn seat_to_take(&self) -> Option<(u32, u32)> {
        let (r, zone, _) = self.seats_to_take().min_by_key(|(_, zone, present)| (*present, *zone))?;
        Some((r, zone))
    }

    /// Who is starting, wherever that is.
    pub(in crate::engine) fn starting(&self) -> impl Iterator<Item = u32> {
        self.zones.iter().flat_map(|zone| zone.starting.iter().map(|(_, r)| *r))
    }

    /// Closes its zones that are struck once more, or once less; who is starting in zones that are closed.
    pub(in crate::engine) fn turn_zones(
        &mut self,
        is_struck: &impl Fn(u32) -> bool,
        closes: bool,
    ) -> Vec<u32> {
        let mut starting = Vec::new();
        for (number, zone) in (self.first_zone..).zip(&mut self.zones) {
            if is_struck(number) {
                zone.closed = if closes { zone.closed + 1 } else { zone.closed - 1 };
                if zone.closed > 0 {
                    starting.extend(zone.starting.iter().map(|(_, r)| *r));
                }
            }
        }
        starting
    }

    /// Its region, if it is only one.
    pub(in crate::engine) fn region(&self) -> Option<u32> {
        let region = *self.absent.keys().next()?;
        (self.absent.len() == 1).then_some(region)
    }

    /// The replica that leaves next, of those that `may_leave`: one that is starting before all that are up.
    pub(in crate::engine) fn seat_to_leave(
        &self,
        scaling: &Autoscaling,
        may_leave: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let starting = self.next_of(scaling.leaves, &|zone: &ZoneSeats| &zone.starting, &may_leave);
        starting.or_else(|| self.next_of(scaling.leaves, &|zone: &ZoneSeats| &zone.up, &may_leave))
    }

    fn next_of(
        &self,
        leaves: Leaves,
        of: &impl Fn(&ZoneSeats) -> &BTreeSet<(u64, u32)>,
        may_leave: &impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let free = |one: &&(u64, u32)| may_leave(one.1);
        let newest = |zone: &ZoneSeats| of(zone).iter().rev().find(free).copied();
        let oldest = |zone: &ZoneSeats| of(zone).iter().find(free).copied();
        match leaves {
            Leaves::Newest => self.zones.iter().filter_map(newest).max().map(|(_, seat)| seat),
            Leaves::Oldest => self.zones.iter().filter_map(oldest).min().map(|(_, seat)| seat),
            Leaves::ZoneBalance => {
                let found = self.zones.iter().filter_map(|zone| Some((zone.present(), newest(zone)?)));
                found.max().map(|(_, (_, seat))| seat)
            }
        }
    }

    /// A seat changes from one state of life to another.
    fn turn(&mut self, (r, birth, zone): (u32, u64, u32), from: Life, to: Life) {
        let place = self.zone(zone);
        let region = place.region;
        match from {
            Life::Absent => drop(self.absent.entry(region).or_default().remove(&r)),
            Life::Starting => drop(place.starting.remove(&(birth, r))),
            Life::Up => drop(place.up.remove(&(birth, r))),
            Life::Draining => place.draining -= 1,
        }
        let place = self.zone(zone);
        match to {
            Life::Absent => drop(self.absent.entry(region).or_default().insert(r)),
            Life::Starting => drop(place.starting.insert((birth, r))),
            Life::Up => drop(place.up.insert((birth, r))),
            Life::Draining => place.draining += 1,
        }
    }
}

impl Seats {
    /// The empty seat of the lowest number, of a function in a region.
    pub(in crate::engine) fn lowest_absent(&self, (number, part): (usize, usize)) -> Option<u32> {
        self.fleets[number]
            .as_ref()?
            .parts
            .get(part)?
            .absent
            .values()
            .find_map(|seats| seats.first().copied())
    }

    /// The instance of a function in a region that began to start last, of those that count.
    pub(in crate::engine) fn youngest_start(
        &self,
        (number, part): (usize, usize),
        counts: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let part = self.fleets[number].as_ref()?.parts.get(part)?;
        part.next_of(Leaves::Newest, &|zone: &ZoneSeats| &zone.starting, &counts)
    }

    /// Notes that a replica goes on to another part of its life.
    pub(in crate::engine) fn turn(&mut self, (number, r, zone): (usize, u32, u32), to: Life, now: u64) {
        let Some(fleet) = &mut self.fleets[number] else { return };
        let seat = &mut self.all[r as usize];
        if seat.life == Life::Absent {
            seat.birth = fleet.next_birth();
        }
        let part = fleet.part_of(zone);
        fleet.parts[part].turn((r, seat.birth, zone), seat.life, to);
        fleet.metrics.turn(seat.life, to, now);
        seat.life = to;
    }
}
