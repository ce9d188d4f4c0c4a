//! Requests and their clients at time 0.

use std::collections::VecDeque;

use crate::engine::id::TaskId;
use crate::engine::plan::monitor::watches_requests;
use crate::engine::plan::path::leaves_queues;
use crate::engine::plan::{Edge, NONE, Plan};
use crate::engine::random::{named, seeded};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::cache::{Looked, caches};
use crate::engine::traffic::client::{Client, User};
use crate::engine::traffic::guard::{GuardedCalls, guards};
use crate::kernel::slab::Slab;
use crate::kernel::stream::{Purpose, Streams, mix};
use crate::model::effect::Ledger;
use crate::model::workload::{Arrival, ArrivalSource};
use crate::units::SimDuration;

impl Traffic {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        Self {
            tasks: Vec::new(),
            free_task: TaskId::NONE,
            before: Vec::new(),
            leaves_queues: leaves_queues(plan),
            last_picked: NONE,
            silenced: Vec::new(),
            is_wrong_answer: false,
            notices: Slab::default(),
            request_keys: Slab::default(),
            calls: Slab::default(),
            guards: guards(plan),
            guarded: GuardedCalls::default(),
            passes: Vec::new(),
            fan_outs: Slab::default(),
            clients: (0..plan.system.clients.len()).map(|number| client(plan, streams, number)).collect(),
            task_decider: Vec::new(),
            ways: Vec::new(),
            task_session: Vec::new(),
            buffered: Vec::new(),
            task_version: Vec::new(),
            task_call: Vec::new(),
            request_calls: Vec::new(),
            event_sessions: Vec::new(),
            jobs: Vec::new(),
            ledger: Ledger::default(),
            caches: caches(plan, streams),
            looked: Vec::new(),
            fetching: Looked::default(),
            user_places: Vec::new(),
            settled: VecDeque::new(),
            scratch: Vec::new(),
            others: Vec::new(),
            remaining: 0,
        }
    }
}

fn client(plan: &Plan, streams: Streams, number: usize) -> Client {
    let settings = &plan.system.clients[number];
    let name = named(&settings.name);
    let mut stream = seeded(streams.key(Purpose::Arrival, name));
    let (source, users) = match &settings.arrival {
        Arrival::Closed { users, .. } => {
            let key = streams.key(Purpose::Think, name);
            let users =
                (0..*users).map(|user| User { key: mix(key, u64::from(user)), requests: 0 }).collect();
            (None, users)
        }
        open => (Some(ArrivalSource::new(open, &mut stream)), Vec::new()),
    };
    let first_zone: u32 =
        plan.system.regions[..settings.region.index()].iter().map(|region| region.zones).sum();
    let zones = plan.system.regions[settings.region.index()].zones;
    let only = match plan.steps[number].as_slice() {
        [step] => match step.entries.as_slice() {
            [entry] if entry.probability >= 1.0 && entry.count == 1 && !entry.optional => {
                u32::from(entry.edge)
            }
            _ => NONE,
        },
        _ => NONE,
    };
    let edge = plan.edges.get(only as usize);
    let is_watched = watches_requests(plan, number);
    Client {
        is_open: source.is_some(),
        ends_plainly: source.is_some() && !is_watched,
        is_watched,
        gap: source.as_ref().and_then(ArrivalSource::gap_of_poisson).unwrap_or(0.0),
        way: edge.filter(|edge| !edge.is_recorded && edge.guard.is_none()).map(Edge::way),
        source,
        stream,
        only_edge: only,
        priority: settings.priority,
        first_user: 0,
        session_key: mix(name, streams.key(Purpose::Session, name)),
        sessions: settings.sessions.unwrap_or(0),
        has_invalid: settings.invalid.get() > 0.0,
        invalid: settings.invalid.get(),
        good_within: settings.good_within.map_or(u64::MAX, SimDuration::as_nanos),
        turn: 0,
        instances: settings.instances,
        zones: (0..settings.instances).map(|instance| first_zone + instance % zones).collect(),
        users,
    }
}
