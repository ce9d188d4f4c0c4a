//! Deciders that stand in replicas of a fleet that changes begin and end with them; what deciders have out.

use crate::engine::id::{CallId, TaskId};
use crate::engine::knowledge::setup;
use crate::engine::knowledge::view::Decider;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::flag;
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::guard::Guard;
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::model::balancing::FleetChange;

impl Traffic {
    #[inline(never)]
    pub(in crate::engine) fn remember_decider(&mut self, t: TaskId, decider: usize) {
        if self.task_decider.len() <= t.index() {
            self.task_decider.resize(self.tasks.len(), 0);
        }
        self.task_decider[t.index()] = decider as u16;
    }
}

impl State {
    /// A replica that calls others came or went: services that look at where their callers are count it.
    pub(in crate::engine) fn count_caller(&mut self, plan: &Plan, r: u32, joins: bool) {
        let zone = self.fleet.seats.zones[r as usize];
        for callee in &plan.services[self.fleet.replicas[r as usize].service as usize].callees {
            let callee = *callee as usize;
            self.knowledge.views[callee].count_caller(plan, (callee, &self.fleet.seats.zones), (zone, joins));
            self.fleet.services[callee].only = self.knowledge.views[callee].only();
        }
    }

    /// The deciders of a replica begin: they know who is in the fleets that they send to, and nothing else.
    pub(in crate::engine) fn begin_deciders<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let caller = self.fleet.replicas[r as usize].service as usize;
        let local = r - plan.services[caller].first;
        let generation = self.fleet.seats.all[r as usize].generation;
        for (callee, base) in &plan.services[caller].bases {
            let (callee, number) = (*callee as usize, *base + local);
            let mut decider = setup::decider(plan, self.fleet.seats.streams, (callee, number), generation);
            self.tell_of_absent(plan, callee, &mut decider);
            let view = decider.view;
            // What was passed on through an empty place may have planned a turn.
            self.knowledge.end_watch(cx, (callee, number as usize));
            let place = &mut self.knowledge.deciders[callee][number as usize];
            // What was passed on by the one before is still out, and counted here.
            decider.outstanding.clone_from(&place.outstanding);
            *place = decider;
            if view == number {
                self.knowledge.views[callee].begin(
                    plan,
                    (callee, &self.fleet.seats.zones),
                    view as usize,
                    now,
                );
                for replica in 0..plan.services[callee].speed.len() as u32 {
                    self.renew_checks(cx, plan.services[callee].first + replica, Some(view));
                }
            }
            for (edge, guards) in plan.edges.iter().zip(&mut self.traffic.guards) {
                let is_own = edge.service as usize == callee && edge.decider_base == *base;
                if let (true, Some(guard)) = (is_own, Guard::new(edge)) {
                    guards[number as usize] = guard;
                }
            }
        }
    }

    /// Tells a new decider which replicas of its fleet are not there.
    pub(in crate::engine) fn tell_of_absent(&self, plan: &Plan, number: usize, decider: &mut Decider) {
        let fleet = self.fleet.seats.fleets[number].as_ref().map(|fleet| fleet.known);
        let known = fleet.or_else(|| self.fleet.standbys.of(number).map(|spares| spares.known));
        let Some(present) = known else { return };
        let view = &self.knowledge.views[number].views[0];
        for replica in (0..plan.services[number].speed.len() as u32).filter(|one| !view.has_joined(*one)) {
            let change = FleetChange { replica, joins: false, present };
            decider.change(&change);
        }
    }

    /// The deciders of a replica end with it.
    pub(in crate::engine) fn end_deciders<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let caller = self.fleet.replicas[r as usize].service as usize;
        let local = r - plan.services[caller].first;
        for (callee, base) in &plan.services[caller].bases {
            let (callee, number) = (*callee as usize, *base + local);
            self.knowledge.end_watch(cx, (callee, number as usize));
            if self.knowledge.deciders[callee][number as usize].view == number {
                let out = self.knowledge.views[callee].views[number as usize].end();
                self.record.services[callee].ejected.lower(out, now);
            }
        }
    }

    /// Where the caller is, and its decider.
    #[inline(never)]
    pub(in crate::engine) fn decide(&mut self, plan: &Plan, sending: &Sending) -> (u32, usize) {
        let edge = &plan.edges[sending.edge as usize];
        let zone = self.zone_of(plan, sending);
        let deciders = plan.services[edge.service as usize].deciders;
        if deciders == 1 {
            return (zone, 0);
        }
        if edge.guard.is_some() {
            // All attempts of a guarded call are made by the decider that remembers it.
            return (zone, self.traffic.guarded[CallId::of(sending.owner)].decider as usize);
        }
        if edge.decider_base != NONE {
            let caller = self.traffic.caller_number(plan, sending.flags, sending.owner, sending.edge);
            return (zone, (edge.decider_base + caller) as usize);
        }
        let turn = &mut self.fleet.services[edge.service as usize].turn;
        let decider = *turn;
        *turn = if decider + 1 == deciders { 0 } else { decider + 1 };
        (zone, decider as usize)
    }

    #[inline]
    pub(in crate::engine) fn zone_of(&self, plan: &Plan, sending: &Sending) -> u32 {
        if plan.zone_regions.len() == 1 {
            0
        } else {
            self.caller_zone(plan, sending.flags, sending.owner, sending.edge)
        }
    }

    /// Zone of the caller of an attempt or call.
    pub(in crate::engine) fn caller_zone(&self, plan: &Plan, flags: u16, owner: u32, edge: u16) -> u32 {
        if flags & flag::OWNER == flag::OWNER {
            let queue = usize::from(plan.edges[edge as usize].caller) - self.traffic.clients.len();
            return self.fleet.seats.zones[plan.services[queue].first as usize];
        }
        if flags & flag::OF_CALL != 0 {
            let call = &self.traffic.calls[CallId::of(owner)];
            return self.caller_zone(plan, call.flags, call.owner, edge);
        }
        let caller = plan.edges[edge as usize].caller as usize;
        if caller < self.traffic.clients.len() {
            return self.traffic.clients[caller].zones
                [self.traffic.caller_number(plan, flags, owner, edge) as usize];
        }
        self.fleet.seats.zones[self.traffic.tasks[TaskId::of(owner)].replica as usize]
    }

    /// The decider that sent an attempt, or passed it on, numbered within its service.
    pub(in crate::engine) fn decider_of(&self, t: TaskId) -> u32 {
        // What stands there may be of an earlier task, at a service with several.
        let several = self.fleet.services[self.traffic.tasks[t].service as usize].several_deciders;
        if several { u32::from(self.traffic.task_decider[t.index()]) } else { 0 }
    }

    /// A decider counts an attempt that was passed on among those it has sent.
    pub(in crate::engine) fn count_next(&mut self, t: TaskId, service: usize, decider: usize, local: u32) {
        let own = &self.fleet.services[service];
        if own.tracks && !(own.is_buffered && self.traffic.is_buffered(t)) {
            self.traffic.tasks[t].flags |= flag::COUNTED;
            self.knowledge.deciders[service][decider].outstanding[local as usize] += 1;
        }
    }

    /// The decider no longer counts an attempt among those it has sent.
    #[inline]
    pub(in crate::engine) fn uncount(&mut self, t: TaskId) {
        let task = &mut self.traffic.tasks[t];
        if task.flags & flag::COUNTED != 0 {
            task.flags &= !flag::COUNTED;
            let (number, replica) = (task.service as usize, task.replica);
            let decider = self.decider_of(t) as usize;
            let local = (replica - self.fleet.services[number].first) as usize;
            self.knowledge.deciders[number][decider].outstanding[local] -= 1;
        }
    }
}
