//! The state of a world at time 0.

use crate::engine::data::Stores;
use crate::engine::event::Clock;
use crate::engine::incident::Incidents;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::feedback::plan_report;
use crate::engine::listener::{Listener, Silence};
use crate::engine::plan::Plan;
use crate::engine::queue::Queues;
use crate::engine::record::Record;
use crate::engine::record::span::plan_marks;
use crate::engine::replica::Fleet;
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State, World};
use crate::kernel::stream::Streams;
use crate::units::SimTime;

impl World {
    /// Everything up, idle and new; first arrivals, faults, checks and marks planned.
    pub(super) fn new(plan: &Plan, streams: Streams) -> Self {
        let clock = Clock::new(plan);
        let mut traffic = Traffic::new(plan, streams);
        let sources = traffic.clients.iter_mut().filter_map(|client| client.source.as_mut());
        let record = Record::new(plan, sources);
        let state = State {
            queues: Queues::new(plan),
            fleet: Fleet::new(plan, streams),
            knowledge: Knowledge::new(plan, streams),
            incidents: Incidents::new(plan, streams),
            stores: Stores::new(plan, streams),
            traffic,
            record,
        };
        let mut world = Self { clock, state };
        world.with(plan, &mut Silence, |state, cx| state.start(cx, streams));
        world
    }
}

impl Traffic {
    fn start_clients<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        for number in 0..self.clients.len() as u32 {
            let arrival = &plan.system.clients[number as usize].arrival;
            let client = &mut self.clients[number as usize];
            if let Some(source) = &mut client.source {
                let first = source.next(arrival, SimTime::ZERO, &mut client.stream);
                cx.clock.calendar.add_source(first, number);
                continue;
            }
            client.first_user = self.user_places.len() as u32;
            for user in 0..client.users.len() as u32 {
                self.user_places.push((number, user));
            }
            for user in 0..self.clients[number as usize].users.len() as u32 {
                self.think(cx, number, user);
            }
        }
    }
}

impl State {
    /// Plans the first events.
    fn start<L: Listener>(&mut self, cx: &mut Cx<'_, L>, streams: Streams) {
        let plan = cx.plan;
        for service in 0..self.fleet.services.len() {
            self.fleet.services[service].only = self.knowledge.views[service].only();
            self.fleet.services[service].set_special(false);
        }
        plan_marks(cx);
        self.start_absent(plan);
        self.start_dependents(cx);
        self.start_checks(cx, streams);
        self.start_record_checks(cx);
        self.start_liveness(cx);
        self.start_monitors(cx);
        for process in 0..plan.processes.len() as u32 {
            self.start_process(cx, process);
        }
        for service in 0..plan.services.len() as u32 {
            plan_report(cx, service);
        }
        self.tend_standbys(cx);
        self.fleet.start_fleets(cx);
        self.incidents.start_deploys(cx);
        self.stores.start_backups(cx);
        self.note_reach(cx, None);
        self.traffic.start_clients(cx);
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
}
