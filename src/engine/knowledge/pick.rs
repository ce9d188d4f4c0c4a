//! The choice of a replica: what a decider knows goes to its policy, and sessions stay where they were.

use crate::engine::id::TaskId;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::choice::{choose, narrow};
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::model::balancing::{FleetView, Pool};
use crate::units::SimTime;

impl Knowledge {
    /// A session goes to a replica, and will again.
    #[inline(never)]
    fn stay(&mut self, asking: Asking, replica: u32, now: SimTime) {
        if let Some(sessions) = &mut self.views[asking.service].sessions {
            sessions.note(asking.session, replica, now);
        }
    }
}

impl State {
    /// The replica, numbered within the service, that a decider chooses for a caller in `zone`, where sessions do not
    /// matter.
    #[inline(never)]
    pub(in crate::engine) fn pick<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, decider, zone): (usize, usize, u32),
        avoid: &[u32],
    ) -> Option<u32> {
        let now = cx.now;
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
        self.pick_for(cx, Asking { service, decider, zone, session: 0, shard: 0 }, avoid)
    }

    /// The replica, numbered within the service, that a decider chooses.
    pub(in crate::engine) fn pick_for<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        asking: Asking,
        avoid: &[u32],
    ) -> Option<u32> {
        let picked = self.choose(cx, asking, avoid);
        if let Some(replica) = picked
            && self.fleet.services[asking.service].hears_picks
        {
            self.watch_sent(cx, asking, replica);
        }
        picked
    }

    /// Whether others than those of `avoid` may be chosen, as far as is known by now.
    pub(in crate::engine) fn has_others(&mut self, plan: &Plan, asking: Asking, avoid: &[u32]) -> bool {
        let Asking { service, decider, .. } = asking;
        let decider = &mut self.knowledge.deciders[service][decider];
        let known = &self.knowledge.views[service];
        let seen = &known.views[decider.view as usize];
        let ground = known.ground(plan, (service, &self.fleet.seats.zones));
        let pools = decider.part.pools(&ground, seen, &asking);
        pools.iter().flat_map(|pool| &pool.eligible).any(|one| !avoid.contains(one))
    }

    #[inline(never)]
    fn choose<L: Listener>(&mut self, cx: &mut Cx<'_, L>, asking: Asking, avoid: &[u32]) -> Option<u32> {
        let (plan, now) = (cx.plan, cx.now);
        let Asking { service, decider, session, .. } = asking;
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
        let ground = known.ground(plan, (service, &self.fleet.seats.zones));
        let pools = decider.part.pools(&ground, seen, &asking);
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
            self.knowledge.stay(asking, replica, now);
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
                self.send_probe(cx, asking, target);
            }
        }
        if let Some(replica) = picked
            && self.knowledge.views[service].sessions.is_some()
        {
            self.knowledge.stay(asking, replica, now);
        }
        picked
    }

    /// The replica of the next service for a task that is passed on, and whether it goes to the queue of that service is
    /// noted.
    pub(in crate::engine) fn pick_next<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        next: (usize, usize, u32),
    ) -> Option<u32> {
        let picked = self.picked_next(cx, t, next);
        let (picked, is_buffered) = self.fleet.stand(next.0, picked);
        if self.fleet.services[next.0].is_buffered {
            self.traffic.note_buffered(t, is_buffered);
        }
        picked
    }

    fn picked_next<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        (service, decider, zone): (usize, usize, u32),
    ) -> Option<u32> {
        let plan = cx.plan;
        let own = &self.fleet.services[service];
        if own.door != NONE && !own.has_regions {
            return Some(own.door);
        }
        let session = if plan.has_sessions { self.traffic.task_session[t.index()] } else { 0 };
        let client = self.traffic.origin_of(t).client;
        let shard = self.traffic.shard_of(plan, service, (session, client));
        self.pick_for(cx, Asking { service, decider, zone, session, shard }, &[])
    }

    /// The replica, numbered within the service, that takes the next job of a shared queue: one with a free slot.
    pub(in crate::engine) fn pick_free(&mut self, service: usize, now: u64) -> u32 {
        let free = std::mem::take(&mut self.fleet.services[service].free);
        let picked = self.pick_of(service, &free, now);
        self.fleet.services[service].free = free;
        picked
    }

    /// The same of some of those that have one.
    pub(in crate::engine) fn pick_of(&mut self, service: usize, free: &[u32], now: u64) -> u32 {
        let state = &self.fleet.services[service];
        let decider = &mut self.knowledge.deciders[service][0];
        let view = FleetView {
            eligible: free,
            load: &state.load,
            slots: state.slots,
            since: &self.knowledge.views[service].views[0].since,
            now: SimTime::from_nanos(now),
            session: 0,
        };
        // Work waits and a slot is free: a policy that wants none of them is not asked again.
        decider.balancers[0].pick_apart(&view, &mut decider.stream).unwrap_or(free[0])
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
