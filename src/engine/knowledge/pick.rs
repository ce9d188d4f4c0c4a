//! The choice of a replica: what a decider knows goes to its policy, and sessions stay where they were.

use crate::engine::knowledge::choice::{choose, narrow};
use crate::engine::knowledge::view::Asking;
use crate::engine::plan::{NONE, Plan};
use crate::engine::traffic::task::flag;
use crate::engine::world::World;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::{FleetView, Pool};
use crate::units::SimTime;
use rand::RngExt;

use crate::engine::traffic::attempt::Sending;

impl World {
    /// The replica, numbered within the service, that a decider chooses for a caller in `zone`, where sessions do not
    /// matter.
    #[inline(never)]
    pub(in crate::engine) fn pick(
        &mut self,
        plan: &Plan,
        (service, decider, zone): (usize, usize, u32),
        now: u64,
        avoid: &[u32],
    ) -> Option<u32> {
        let known = &self.knowledge.views[service];
        let own = &mut self.knowledge.deciders[service][decider];
        let seen = &known.views[own.view as usize];
        let state = &self.fleet.services[service];
        // Everything that a plain service's policy may need, and nothing else.
        if state.is_plain
            && !known.is_delayed
            && avoid.is_empty()
            && let [Pool { number, eligible, .. }] = seen.pools(zone)
            && !eligible.is_empty()
        {
            let now = SimTime::from_nanos(now);
            let load: &[u32] = if state.counts_own { &own.outstanding } else { &[] };
            let view = FleetView { eligible, load, slots: state.slots, since: &seen.since, now, session: 0 };
            return own.balancers[*number].pick(&view, &mut own.stream);
        }
        self.pick_for(plan, Asking { service, decider, zone, session: 0 }, now, avoid)
    }

    /// The replica, numbered within the service, that a decider chooses.
    pub(in crate::engine) fn pick_for(
        &mut self,
        plan: &Plan,
        asking: Asking,
        now: u64,
        avoid: &[u32],
    ) -> Option<u32> {
        let picked = self.choose(plan, asking, now, avoid);
        if let Some(replica) = picked
            && self.fleet.services[asking.service].hears_picks
        {
            self.watch_sent(plan, asking, replica, now);
        }
        picked
    }

    /// Whether others than those of `avoid` may be chosen, as far as is known by now.
    pub(in crate::engine) fn has_others(&mut self, plan: &Plan, asking: Asking, avoid: &[u32]) -> bool {
        let Asking { service, decider, zone, .. } = asking;
        let decider = &mut self.knowledge.deciders[service][decider];
        let known = &self.knowledge.views[service];
        let seen = &known.views[decider.view as usize];
        let pools = match &mut decider.subset {
            Some(subset) => subset.pools(&known.ground(plan, (service, &self.fleet.seats.zones)), seen, zone),
            None => seen.pools(zone),
        };
        pools.iter().flat_map(|pool| &pool.eligible).any(|one| !avoid.contains(one))
    }

    #[inline(never)]
    fn choose(&mut self, plan: &Plan, asking: Asking, now: u64, avoid: &[u32]) -> Option<u32> {
        let Asking { service, decider, zone, session } = asking;
        let known = &mut self.knowledge.views[service];
        if known.is_delayed {
            known.catch_up(plan, (service, &self.fleet.seats.zones), now);
        }
        let state = &self.fleet.services[service];
        if state.only != NONE && state.skips_policy && !state.ejects {
            // Where there is no choice, plain work does not ask the policy, and so no handler does, whatever else keeps
            // the service from being plain.
            return Some(state.only);
        }
        let decider = &mut self.knowledge.deciders[service][decider];
        let seen = &known.views[decider.view as usize];
        let pools = match &mut decider.subset {
            Some(subset) => subset.pools(&known.ground(plan, (service, &self.fleet.seats.zones)), seen, zone),
            None => seen.pools(zone),
        };
        let pool = match pools {
            [only] => only,
            several => choose(several, avoid, &mut decider.stream)?,
        };
        let mut eligible = pool.eligible.as_slice();
        if !avoid.is_empty() {
            narrow(&mut self.traffic.scratch, eligible, avoid);
            eligible = &self.traffic.scratch;
        }
        if eligible.is_empty() {
            return None;
        }
        let now = SimTime::from_nanos(now);
        if let Some(sessions) = &known.sessions
            && let Some(replica) =
                sessions.replica(session, now).filter(|one| eligible.binary_search(one).is_ok())
        {
            self.stay(asking, replica, now);
            return Some(replica);
        }
        let load = if state.counts_own {
            decider.outstanding.as_slice()
        } else if known.is_delayed {
            known.load_known.as_slice()
        } else {
            state.load.as_slice()
        };
        let (slots, since) = (state.slots, &seen.since);
        let view = FleetView { eligible, load, slots, since, now, session };
        let balancer = &mut decider.balancers[pool.number];
        let picked = balancer.pick_apart(&view, &mut decider.stream);
        if state.sends_probes {
            let mut targets = Vec::new();
            balancer.probe(&view, &mut decider.stream, &mut targets);
            for target in targets {
                self.send_probe(plan, asking, target, now.as_nanos());
            }
        }
        if let Some(replica) = picked
            && self.knowledge.views[service].sessions.is_some()
        {
            self.stay(asking, replica, now);
        }
        picked
    }

    /// A session goes to a replica, and will again.
    #[inline(never)]
    fn stay(&mut self, asking: Asking, replica: u32, now: SimTime) {
        if let Some(sessions) = &mut self.knowledge.views[asking.service].sessions {
            sessions.note(asking.session, replica, now);
        }
    }

    /// The replica of the next service for a task that is passed on.
    pub(in crate::engine) fn pick_next(
        &mut self,
        plan: &Plan,
        t: u32,
        (service, decider, zone): (usize, usize, u32),
        now: u64,
    ) -> Option<u32> {
        if self.fleet.services[service].is_shared_queue {
            return Some(0);
        }
        let session = if plan.has_sessions { self.traffic.task_session[t as usize] } else { 0 };
        self.pick_for(plan, Asking { service, decider, zone, session }, now, &[])
    }

    /// The session of an attempt; 0 where its service does not need it.
    pub(in crate::engine) fn session_for(&self, plan: &Plan, sending: &Sending) -> u64 {
        if !self.fleet.services[plan.edges[sending.edge as usize].service as usize].reads_session {
            return 0;
        }
        self.session_of(plan, (sending.flags, sending.owner, sending.edge), sending.key)
    }

    /// The session of what a caller sends: that of its client's request.
    fn session_of(&self, plan: &Plan, (flags, owner, edge): (u16, u32, u16), key: u64) -> u64 {
        if flags & flag::OF_CALL != 0 {
            let call = &self.traffic.calls[owner as usize];
            return self.session_of(plan, (call.flags, call.owner, edge), call.key);
        }
        if flags & flag::OF_TASK == 0 {
            return self.client_session(plan.edges[edge as usize].caller as usize, owner, key);
        }
        let task = &self.traffic.tasks[owner as usize];
        if task.flags & flag::REQUEST != 0 {
            return self.client_session(task.edge as usize, task.owner, task.key);
        }
        self.traffic.task_session[owner as usize]
    }

    /// The session of a client's request: one of so many, or its user, or the request alone.
    fn client_session(&self, client: usize, origin: u32, key: u64) -> u64 {
        let client = &self.traffic.clients[client];
        let number = match (client.is_open, client.sessions) {
            (true, 0) => key,
            (true, sessions) => draw(key, Purpose::Session).random_range(0..u64::from(sessions)),
            (false, 0) => u64::from(origin),
            (false, sessions) => u64::from(origin % sessions),
        };
        mix(client.session_key, number)
    }

    /// Notes the session of a task, which its calls and the next service share.
    pub(in crate::engine) fn remember_session(&mut self, plan: &Plan, t: u32) {
        if self.traffic.task_session.len() <= t as usize {
            self.traffic.task_session.resize(self.traffic.tasks.len(), 0);
        }
        let task = &self.traffic.tasks[t as usize];
        self.traffic.task_session[t as usize] =
            self.session_of(plan, (task.flags, task.owner, task.edge), task.key);
    }

    /// The replica, numbered within the service, that takes the next job of a shared queue: one with a free slot.
    pub(in crate::engine) fn pick_free(&mut self, service: usize, now: u64) -> u32 {
        let state = &self.fleet.services[service];
        let decider = &mut self.knowledge.deciders[service][0];
        let view = FleetView {
            eligible: &state.free,
            load: &state.load,
            slots: state.slots,
            since: &self.knowledge.views[service].views[0].since,
            now: SimTime::from_nanos(now),
            session: 0,
        };
        // Work waits and a slot is free: a policy that wants none of them is not asked again.
        decider.balancers[0].pick_apart(&view, &mut decider.stream).unwrap_or(state.free[0])
    }
}

#[cfg(test)]
mod tests {
    use super::narrow;

    #[test]
    fn few_and_many_are_avoided_alike() {
        let eligible: Vec<u32> = (0..100).collect();
        let mut narrowed = Vec::new();
        for count in [1, 15, 16, 60, 99] {
            let avoid: Vec<u32> = (0..count).map(|one| one * 37 % 100).collect();
            narrow(&mut narrowed, &eligible, &avoid);
            let left: Vec<u32> = eligible.iter().copied().filter(|one| !avoid.contains(one)).collect();
            assert_eq!(narrowed, left);
        }
        let all: Vec<u32> = eligible.iter().rev().copied().collect();
        narrow(&mut narrowed, &eligible, &all);
        assert_eq!(narrowed, eligible);
    }
}
