//! Seats of fleets that change: who is there, who is to come and to go, and what is planned for them.
//!
//! A replica sits in a seat of its service. Controllers say how many there should be in a region; who comes and who goes
//! is decided here, and carried out by the handlers of [`seat`](crate::engine::replica::life).

use std::collections::BTreeSet;

use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::record::metrics::FleetMetrics;
use crate::engine::record::provision::Provision;
use crate::engine::replica::boot::Boot;
use crate::engine::replica::controller::Controllers;
use crate::kernel::calendar::Handle;
use crate::kernel::stream::{Purpose, Streams};
use crate::measure::UpTime;
use crate::model::fleet::Life;
use crate::model::scaling::{Autoscaling, Leaves};
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
    /// By replica; nothing where no fleet changes.
    pub(in crate::engine) all: Vec<Seat>,
    /// By service; nothing where no fleet changes.
    pub(in crate::engine) fleets: Vec<Option<Box<ServiceFleet>>>,
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
}

/// The part of a fleet in one region.
#[derive(Debug, Clone)]
pub(in crate::engine) struct RegionFleet {
    pub(in crate::engine) controllers: Controllers,
    pub(in crate::engine) desired: u32,
    first_zone: u32,
    /// Empty seats.
    absent: BTreeSet<u32>,
    /// By zone.
    zones: Vec<ZoneSeats>,
    /// When the number wanted changed last, and whether it rose.
    turned: Option<(u64, bool)>,
    /// Whether there are more than wanted, because the others have work.
    pub(in crate::engine) has_surplus: bool,
}

/// Who is in a zone, in the order in which they came.
#[derive(Debug, Clone, Default)]
struct ZoneSeats {
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
        if plan.system.services.iter().all(|service| !service.is_changing()) {
            return Self { zones, all: Vec::new(), fleets: Vec::new(), streams };
        }
        let mut seats = Vec::with_capacity(plan.replicas.len());
        for service in &plan.system.services {
            seats.extend((0..service.replicas.len() as u32).map(|local| {
                let is_there = local < service.present;
                Seat {
                    life: if is_there { Life::Up } else { Life::Absent },
                    generation: 0,
                    boots: 0,
                    ready: None,
                    boot: Boot::default(),
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
        Self { zones, all: seats, fleets: fleets.collect(), streams }
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
    // Nobody sits in the last seats of a function: requests of its versions wait there.
    let doors = if settings.function.is_some() { settings.version_count() } else { 0 };
    let seats = settings.replicas.len() as u32 - doors;
    let mut regions: Vec<u32> =
        plan.replicas_of(number).iter().map(|replica| plan.zone_regions[replica.zone as usize]).collect();
    regions.sort_unstable();
    regions.dedup();
    let part = |region: u32| {
        let first_zone = plan.zone_regions.partition_point(|one| *one < region) as u32;
        let zones = plan.zone_regions.partition_point(|one| *one <= region) as u32 - first_zone;
        let mut part = RegionFleet {
            controllers: settings.autoscaling.as_ref().map(Controllers::new).unwrap_or_default(),
            turned: None,
            desired: 0,
            first_zone,
            absent: BTreeSet::new(),
            zones: vec![ZoneSeats::default(); zones as usize],
            has_surplus: false,
        };
        for (local, replica) in (0..).zip(plan.replicas_of(number)) {
            if plan.zone_regions[replica.zone as usize] != region {
                continue;
            }
            if local < settings.present {
                part.desired += 1;
                part.zone(replica.zone).up.insert((u64::from(local), first + local));
            } else if local < seats {
                part.absent.insert(first + local);
            }
        }
        part
    };
    let mut metrics = FleetMetrics::default();
    metrics.present.raise(u64::from(settings.present), 0);
    metrics.desired.raise(u64::from(settings.present), 0);
    Some(ServiceFleet {
        parts: regions.into_iter().map(part).collect(),
        metrics,
        provision: Provision::default(),
        key: streams.key(Purpose::Start, named(&settings.name)),
        births: u64::from(settings.present),
        known: settings.present,
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

    /// The first of its zones.
    pub(in crate::engine) fn first_zone(&self) -> u32 {
        self.first_zone
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

    /// Replicas that are starting or up.
    pub(in crate::engine) fn members(&self) -> u32 {
        self.zones.iter().map(|zone| zone.starting.len() + zone.up.len()).sum::<usize>() as u32
    }

    /// The empty seat of the lowest number, and the zone that has the fewest replicas.
    pub(in crate::engine) fn seat_to_take(&self) -> Option<(u32, u32)> {
        let seat = *self.absent.first()?;
        let zones = (0..).zip(&self.zones);
        let (zone, _) = zones.min_by_key(|(number, zone)| (zone.present(), *number))?;
        Some((seat, self.first_zone + zone))
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
        match from {
            Life::Absent => drop(self.absent.remove(&r)),
            Life::Starting => drop(place.starting.remove(&(birth, r))),
            Life::Up => drop(place.up.remove(&(birth, r))),
            Life::Draining => place.draining -= 1,
        }
        let place = self.zone(zone);
        match to {
            Life::Absent => drop(self.absent.insert(r)),
            Life::Starting => drop(place.starting.insert((birth, r))),
            Life::Up => drop(place.up.insert((birth, r))),
            Life::Draining => place.draining += 1,
        }
    }
}

impl Seats {
    /// The empty seat of the lowest number, of a function.
    pub(in crate::engine) fn lowest_absent(&self, number: usize) -> Option<u32> {
        self.fleets[number].as_ref()?.parts.first()?.absent.first().copied()
    }

    /// The instance of a function that began to start last, of those that count.
    pub(in crate::engine) fn youngest_start(
        &self,
        number: usize,
        counts: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let part = self.fleets[number].as_ref()?.parts.first()?;
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
