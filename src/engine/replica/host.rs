//! Replicas on hosts of a size: who takes room on which, who waits for some, and what hosts are used for.

use std::collections::BTreeSet;

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::replica::seat::Seats;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::measure::HostMeasure;
use crate::model::region::host::{Hosts, Room};
use crate::units::SimTime;

/// Who stands on which host.
#[derive(Debug, Clone)]
pub(in crate::engine) struct OnHosts {
    hosts: Hosts,
    /// The host of each replica, numbered through all services.
    at: Vec<u32>,
    /// Until when the use of each host is counted [ns].
    counted: Vec<u64>,
    /// How often each is closed to fleets that go elsewhere.
    closed: Vec<u32>,
    /// Parts of fleets that lack replicas for which no host had room.
    lacking: BTreeSet<(usize, usize)>,
    /// Whether they look for room at this instant.
    is_planned: bool,
    measure: HostMeasure,
    /// The parts of hosts that are those of a service in a region [host ns], service by service.
    own: Vec<f64>,
}

/// What each replica of a service takes.
fn need(plan: &Plan, service: usize) -> Option<(u32, Room)> {
    let own = plan.system.services[service].on_hosts.as_ref()?;
    Some((service as u32, own.need))
}

impl OnHosts {
    /// Everybody where the scenario has them; `None` where nobody takes room.
    pub(super) fn new(plan: &Plan) -> Option<Box<Self>> {
        let services = &plan.system.services;
        services.iter().find(|service| service.on_hosts.is_some())?;
        let mut hosts = Hosts::new(&plan.system.regions);
        let mut at = vec![NONE; plan.replicas.len()];
        for (number, service) in services.iter().enumerate() {
            let Some(own) = &service.on_hosts else { continue };
            for (r, host) in (plan.services[number].first..).zip(&own.at) {
                hosts.take(*host, (number as u32, own.need));
                at[r as usize] = *host;
            }
        }
        let count = hosts.len();
        Some(Box::new(Self {
            hosts,
            at,
            counted: vec![0; count],
            closed: vec![0; count],
            lacking: BTreeSet::new(),
            is_planned: false,
            measure: HostMeasure::default(),
            own: vec![0.0; services.len() * plan.system.regions.len()],
        }))
    }

    /// Counts the use of a host up to now, as far as it is measured.
    fn count(&mut self, plan: &Plan, host: u32, now: u64) {
        let from = std::mem::replace(&mut self.counted[host as usize], now);
        let from = from.max(plan.span.transient.as_nanos());
        let time = now.min(plan.span.horizon.as_nanos()).saturating_sub(from);
        let on = self.hosts.on(host);
        if time == 0 || on.is_empty() {
            return;
        }
        let region = plan.zone_regions[self.hosts.zone(host) as usize] as usize;
        let Some(size) = plan.system.regions[region].host else { return };
        let share = |(service, count): &(u32, u32)| {
            let taken = need(plan, *service as usize).map_or(0.0, |(_, need)| need.share_of(size));
            f64::from(*count) * taken
        };
        let all: f64 = on.iter().map(share).sum();
        for one in on {
            let place = one.0 as usize * plan.system.regions.len() + region;
            self.own[place] += time as f64 * (share(one) / all);
        }
        let replicas: u32 = on.iter().map(|(_, count)| count).sum();
        self.measure.in_use += u128::from(time);
        self.measure.replicas += u128::from(time) * u128::from(replicas);
    }

    /// What hosts were used for until the end.
    pub(in crate::engine) fn close(&mut self, plan: &Plan, end: SimTime) -> HostMeasure {
        (0..self.counted.len() as u32).for_each(|host| self.count(plan, host, end.as_nanos()));
        self.measure
    }

    /// The parts of hosts that were those of a service, by region, if it takes room [host ns].
    pub(in crate::engine) fn of_service(&self, plan: &Plan, service: usize) -> Option<&[f64]> {
        need(plan, service)?;
        let regions = plan.system.regions.len();
        Some(&self.own[service * regions..(service + 1) * regions])
    }

    /// Closes hosts to fleets that go elsewhere, once more or once less.
    pub(super) fn close_some(&mut self, (from, to): (u32, u32), closes: bool) {
        for closed in &mut self.closed[from as usize..to as usize] {
            *closed = if closes { *closed + 1 } else { *closed - 1 };
        }
    }

    /// Whether a replica stands on one of these hosts.
    pub(super) fn is_on(&self, r: u32, (from, to): (u32, u32)) -> bool {
        (from..to).contains(&self.at[r as usize])
    }
}

impl Seats {
    /// Whether a part of a fleet lacks replicas for which no host had room.
    pub(super) fn lacks_room(&self, place: (usize, usize)) -> bool {
        self.hosts.as_ref().is_some_and(|own| own.lacking.contains(&place))
    }

    /// Whether a replica is not known to stand elsewhere than on these hosts, if they are some.
    pub(in crate::engine) fn is_among(&self, hosts: Option<(u32, u32)>, r: u32) -> bool {
        let Some((among, own)) = hosts.zip(self.hosts.as_ref()) else { return true };
        own.at[r as usize] == NONE || own.is_on(r, among)
    }

    /// The empty seat that is taken next in a part of a fleet and the zone, with room on a host there where it takes some.
    pub(in crate::engine) fn take_seat(
        &mut self,
        plan: &Plan,
        (number, part): (usize, usize),
        now: u64,
    ) -> Option<(u32, u32)> {
        let own = &self.fleets[number].as_ref()?.parts[part];
        let (Some(settings), Some(hosts)) = (&plan.system.services[number].on_hosts, &mut self.hosts) else {
            return own.seat_to_take();
        };
        hosts.lacking.remove(&(number, part));
        let seats: Vec<(u32, u32, usize)> = own.seats_to_take().collect();
        if seats.is_empty() {
            return None;
        }
        let zones: Vec<u32> = seats.iter().map(|(_, zone, _)| *zone).collect();
        let key = (number as u32, settings.need);
        let goes = plan.system.services[number].goes_elsewhere();
        let may_take = |host: u32| !goes || hosts.closed[host as usize] == 0;
        let Some(host) = hosts.hosts.find(key, settings.spread, &zones, may_take) else {
            hosts.lacking.insert((number, part));
            return None;
        };
        let zone = hosts.hosts.zone(host);
        let (r, ..) = *seats.iter().find(|(_, one, _)| *one == zone)?;
        hosts.count(plan, host, now);
        hosts.hosts.take(host, key);
        hosts.at[r as usize] = host;
        Some((r, zone))
    }

    /// A replica that is gone gives its room back; whether others want some, and are to look for it.
    fn leave_host(&mut self, plan: &Plan, (number, r): (usize, u32), now: u64) -> bool {
        let Some(own) = &mut self.hosts else { return false };
        let host = std::mem::replace(&mut own.at[r as usize], NONE);
        if host == NONE {
            return false;
        }
        own.count(plan, host, now);
        if let Some(key) = need(plan, number) {
            own.hosts.leave(host, key);
        }
        !own.lacking.is_empty() && !std::mem::replace(&mut own.is_planned, true)
    }
}

impl Fleet {
    /// A replica that is gone gives its room on a host back.
    pub(super) fn leave_host<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: (usize, u32)) {
        if self.seats.leave_host(cx.plan, place, cx.now) {
            cx.clock.calendar.plan_rare(SimTime::from_nanos(cx.now), Rank::Decide, Rare::Room);
        }
    }
}

impl State {
    /// There may be room on a host again: fleets that lack replicas look for it, in the order of their names.
    pub(in crate::engine) fn look_for_room<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let Some(own) = &mut self.fleet.seats.hosts else { return };
        own.is_planned = false;
        for place in std::mem::take(&mut own.lacking) {
            self.fit(cx, place);
        }
    }
}
