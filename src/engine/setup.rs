//! The state of a world at time 0.

use crate::engine::event::Clock;
use crate::engine::incident::Incidents;
use crate::engine::knowledge::Knowledge;
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::traffic::Traffic;
use crate::engine::world::World;
use crate::kernel::stream::{Stream, Streams, mix};
use crate::units::SimTime;

/// The number that a name gives to the streams of its owner, whatever else the scenario holds.
pub(super) fn named(name: &str) -> u64 {
    name.bytes().fold(0, |state, byte| mix(state, u64::from(byte)))
}

impl World {
    /// Everything up, idle and new; first arrivals, faults, checks and marks planned.
    pub(super) fn new(plan: &Plan, streams: Streams) -> Self {
        let clock = Clock {
            calendar: crate::engine::network::calendar(plan),
            numbers: crate::engine::event::NUMBERS,
            is_measuring: false,
            is_draining: false,
            is_over: false,
            left: 0,
            unused: 0,
            error: None,
            events: 0,
        };
        let mut traffic = Traffic::new(plan, streams);
        let record = Record::new(plan, &mut traffic.clients);
        Self {
            clock,
            fleet: Fleet::new(plan, streams),
            knowledge: Knowledge::new(plan, streams),
            incidents: Incidents::new(plan, streams),
            traffic,
            record,
        }
        .start(plan, streams)
    }

    /// Plans the first events.
    fn start(mut self, plan: &Plan, streams: Streams) -> Self {
        for service in 0..self.fleet.services.len() {
            self.fleet.services[service].only = self.knowledge.views[service].only();
            self.fleet.services[service].set_special(false);
        }
        self.plan_marks(plan);
        self.start_absent(plan);
        self.start_checks(plan, streams);
        self.start_monitors(plan);
        for process in 0..plan.processes.len() as u32 {
            self.start_process(plan, process);
        }
        for service in 0..plan.services.len() as u32 {
            self.plan_report(plan, service, 0);
        }
        self.start_fleets();
        self.start_clients(plan);
        self
    }

    /// Nobody sits in the seats that are taken later, and all who decide know.
    fn start_absent(&mut self, plan: &Plan) {
        for number in 0..self.fleet.seats.fleets.len() {
            let mut deciders = std::mem::take(&mut self.knowledge.deciders[number]);
            for decider in &mut deciders {
                self.tell_of_absent(plan, number, decider);
            }
            self.knowledge.deciders[number] = deciders;
        }
    }

    fn start_clients(&mut self, plan: &Plan) {
        for number in 0..self.traffic.clients.len() as u32 {
            let arrival = &plan.system.clients[number as usize].arrival;
            let client = &mut self.traffic.clients[number as usize];
            if let Some(source) = &mut client.source {
                let first = source.next(arrival, SimTime::ZERO, &mut client.stream);
                self.clock.calendar.add_source(first, number);
                continue;
            }
            client.first_user = self.traffic.user_places.len() as u32;
            for user in 0..client.users.len() as u32 {
                self.traffic.user_places.push((number, user));
            }
            for user in 0..self.traffic.clients[number as usize].users.len() as u32 {
                self.think(plan, number, user, 0);
            }
        }
    }
}

pub(in crate::engine) fn seeded(key: u64) -> Stream {
    use rand_xoshiro::rand_core::SeedableRng;
    Stream::seed_from_u64(key)
}

/// One for each replica where any service needs them, otherwise none: of a million replicas each byte counts.
pub(in crate::engine) fn one_each<T: Clone + Default>(plan: &Plan, is_needed: bool) -> Vec<T> {
    vec![T::default(); if is_needed { plan.replicas.len() } else { 0 }]
}
