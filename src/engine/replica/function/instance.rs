//! The life of an instance: it starts, serves, has nothing to do, and goes.

use super::{Cause, Instance, PoolId, Prewarming};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::replica::rollout::Release;
use crate::engine::replica::service::Replica;
use crate::engine::task::{flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::Purpose;
use crate::measure::Culprit;
use crate::model::fault::{FaultKind, Trigger};
use crate::model::fleet::Life;
use crate::model::function::AfterFailure;
use crate::model::function::keep_alive::Keep;
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

impl Fleet {
    /// When an instance may start as far as scaling rates go [ns]; `None` for never.
    pub(super) fn next_start(&mut self, id: PoolId, now: u64) -> Option<u64> {
        let account = self.pool(id).and_then(|pool| pool.account);
        let shared = account.and_then(|account| self.accounts[account as usize].starts.as_mut());
        let shared =
            shared.map_or(Some(now), |tokens| if tokens.has(now) { Some(now) } else { tokens.due() });
        let own = self.pool_mut(id).and_then(|pool| pool.starts.as_mut());
        let own = own.map_or(Some(now), |tokens| if tokens.has(now) { Some(now) } else { tokens.due() });
        // Where it could start now, something else keeps it from that, and who takes that away looks again.
        shared.zip(own).map(|(shared, own)| shared.max(own)).filter(|due| *due > now)
    }

    /// Where an instance may start now, and pays for that at the scaling rates.
    fn place_for_start(&mut self, id: PoolId, version: u8, now: u64) -> Option<(u32, u32)> {
        if self.pool(id).is_none_or(|pool| pool.alive >= pool.max || !pool.can_start(version)) {
            return None;
        }
        // What is asked last costs something.
        let seat = self.lowest_absent(id)?;
        if !self.take_start(id, now) {
            return None;
        }
        Some((seat, self.next_zone(id)?))
    }

    /// The next zone in turn of those in which an instance may start.
    pub(super) fn next_zone(&mut self, id: PoolId) -> Option<u32> {
        let pool = self.pool_mut(id)?;
        let count = pool.zones.len();
        let found =
            (0..count).map(|step| (pool.turn + step) % count).find(|place| pool.zones[*place].1 == 0)?;
        pool.turn = (found + 1) % count;
        Some(pool.zones[found].0)
    }
}

impl State {
    /// Starts an instance because of an attempt; `None` where it may not.
    pub(super) fn start_instance<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        id: PoolId,
        Cause { key, is_awaited, version }: Cause,
    ) -> Option<u32> {
        self.make_way(cx, id, version);
        let (seat, zone) = self.fleet.place_for_start(id, version, cx.now)?;
        let instance = Instance { cause: Some(key), is_awaited, version, ..Instance::default() };
        self.sit_down(cx, (id, seat, zone), instance);
        if let Some(pool) = self.fleet.pool_mut(id) {
            pool.instance_mut(seat).is_awaited = false;
        }
        Some(seat)
    }

    /// An instance begins to start in a seat.
    pub(super) fn sit_down<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (id, seat, zone): (PoolId, u32, u32),
        instance: Instance,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let generation = self.fleet.seats.all[seat as usize].generation;
        let Some(function) = &plan.system.services[id.service].function else { return };
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return };
        pool.alive += 1;
        let alive = self.fleet.sum_of(id, |pool| pool.alive);
        self.record.note_alive(id.service, alive);
        self.record.note_present(id.service, instance.version, (true, now));
        let Some(pool) = self.fleet.pools[id.pool].as_deref_mut() else { return };
        pool.births += 1;
        let lives = function
            .lifetime
            .as_ref()
            .map(|law| law.sample(&mut pool.draw(seat, generation, Purpose::Lifetime)).as_nanos());
        let too_old = lives.map_or(u64::MAX, |lives| now.saturating_add(lives));
        *pool.instance_mut(seat) = Instance { birth: pool.births, since: now, too_old, ..instance };
        pool.note_freed(seat);
        self.start_seat(cx, (id.service, seat, zone), Release::default());
    }

    /// An instance is ready: whoever waits for it was served already, others may have waited for any.
    pub(in crate::engine) fn instance_ready<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        r: u32,
    ) {
        let id = self.fleet.pool_at(number, r);
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        pool.take_off_shelf(r);
        pool.note_freed(r);
        pool.instance_mut(r).is_ready = true;
        let Instance { is_provisioned, cause, since, is_awaited, version, .. } = *pool.instance(r);
        let has_versions = pool.has_versions();
        if cause.is_some() && !is_provisioned {
            self.record.note_start((id.service, version), cx.now - since, cx.clock.is_measuring);
        }
        let took = cx.now - since;
        if is_provisioned {
            self.record.note_ready(id.service, true, cx.now);
        } else if let Some(pool) = self.fleet.pool_mut(id).filter(|pool| pool.bills_starts) {
            pool.instance_mut(r).unbilled = took;
        }
        self.fleet.unreserve(id, r);
        self.note_busy(cx.now, id, r);
        if is_awaited {
            return;
        }
        self.hang_with_own(cx, number, r);
        self.go_on_or_rest(cx, id, r);
        if has_versions {
            self.fleet.offer_way(cx, id, r);
        }
    }

    /// An instance that is ready and hangs accepts who waited for it all the same, before anybody else.
    fn hang_with_own<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, r: u32) {
        let hangs = |replica: &Replica| !replica.works && !replica.is_crashed && replica.busy < replica.slots;
        while hangs(&self.fleet.replicas[r as usize]) {
            let Some(t) = self.take_next(cx, (number, r)) else { break };
            self.record.services[number].queue.down(cx.now);
            self.take_slot(cx, t);
        }
    }

    /// An instance that is up takes who waits, or stands where it can be found, or has nothing to do.
    fn go_on_or_rest<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, r: u32) {
        self.take_from_door(cx, id, r);
        if self.fleet.seats.life(r) != Life::Up {
            return;
        }
        if self.fleet.is_idle(r) {
            self.rest(cx, id, r);
        } else {
            self.fleet.shelve(id, r);
        }
    }

    /// Bills a request that took so long [ns], and the start of its instance with the first.
    pub(in crate::engine) fn bill_request(&mut self, number: usize, r: u32, (took, flags): (u64, u16)) {
        if !self.record.bills(number) {
            return;
        }
        let id = self.fleet.pool_at(number, r);
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let instance = pool.instance_mut(r);
        let start = std::mem::take(&mut instance.unbilled);
        let Instance { is_provisioned, version, .. } = *instance;
        self.record.bill((number, version), took.saturating_add(start), flags, is_provisioned);
    }

    /// A slot of an instance is free.
    pub(in crate::engine) fn instance_freed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        r: u32,
    ) {
        let id = self.fleet.pool_at(number, r);
        self.count_request(cx.now, id, false);
        let is_provisioned = self.fleet.is_provisioned(id.service, r);
        if is_provisioned && !self.fleet.is_released(id, r) {
            self.record.note_on_ready(id.service, false, cx.now);
        }
        // Others of an account wait for room only while there is none.
        let was_full = !is_provisioned && !self.fleet.has_room(id);
        if !is_provisioned {
            self.fleet.give_room(id);
        }
        self.note_busy(cx.now, id, r);
        if self.fleet.seats.life(r) != Life::Up || self.fleet.replicas[r as usize].is_crashed {
            return;
        }
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        pool.take_off_shelf(r);
        pool.note_freed(r);
        let is_dropped = pool.instance(r).is_dropped;
        if is_dropped {
            if self.fleet.is_idle(r) {
                self.end_instance(cx, id, r);
            }
        } else {
            self.go_on_or_rest(cx, id, r);
        }
        if was_full {
            self.serve_account(cx, id);
        } else {
            self.serve_waiting(cx, id);
        }
    }

    /// A request that waited leaves unserved: at an instance that starts it had room, at the door it may have had a start.
    pub(in crate::engine) fn instance_not_waited_for<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        r: u32,
    ) {
        let id = self.fleet.pool_at(number, r);
        let waiting = self.fleet.replicas[r as usize].queue.waiting;
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        if let Some(version) = pool.version_at_door(r) {
            return self.trim_starts(cx, id, version);
        }
        let is_shelved = pool.instance(r).shelved.is_some();
        if is_shelved {
            pool.take_off_shelf(r);
            pool.put_on_shelf(r, waiting, true);
        }
        self.count_request(cx.now, id, false);
        self.fleet.give_room(id);
    }

    /// A fault began or ended at an instance that is up: it may have more room, or none.
    pub(in crate::engine) fn instance_changed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        r: u32,
    ) {
        let id = self.fleet.pool_at(number, r);
        self.note_busy(cx.now, id, r);
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        // Who is about to be given work, or to go, is not to be found.
        let Instance { is_ready, is_awaited, is_dropped, .. } = *pool.instance(r);
        if !is_ready || is_awaited || is_dropped {
            return;
        }
        pool.take_off_shelf(r);
        if !self.fleet.replicas[r as usize].is_crashed {
            self.go_on_or_rest(cx, id, r);
        }
    }

    /// An instance has nothing to do: it is kept for a while, or goes.
    fn rest<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, r: u32) {
        let now = cx.now;
        if self.fleet.replicas[r as usize].slots == 0 {
            // A fault has taken what it would serve with: it is neither idle nor busy until that is back.
            return;
        }
        let generation = self.fleet.seats.all[r as usize].generation;
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let instance = *pool.instance(r);
        if instance.is_provisioned {
            return self.fleet.shelve(id, r);
        }
        // Of as many as there may be, one makes way for another that is to be provisioned.
        let makes_way = pool.provisioned < pool.configured && pool.alive >= pool.max;
        if instance.too_old <= now || makes_way {
            return self.end_instance(cx, id, r);
        }
        let keep = pool.keep_alive.keep(|| pool.draw(r, generation, Purpose::KeepAlive));
        let is_last = pool.alive == 1 && pool.requests == 0;
        let until = match (instance.prewarmed, keep) {
            (Some(until), _) => Some(until),
            (None, Keep { prewarm: Some(after), until: Some(until) }) if is_last => {
                let kept = now.saturating_add(until.as_nanos());
                self.fleet.plan_prewarming(cx, id, after, (kept, instance.version));
                return self.end_instance(cx, id, r);
            }
            (None, Keep { until, .. }) => until.map(|until| now.saturating_add(until.as_nanos())),
        };
        if until.is_some_and(|until| until <= now) {
            return self.end_instance(cx, id, r);
        }
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let instance = pool.instance_mut(r);
        instance.prewarmed = None;
        instance.kept_until = until.unwrap_or(u64::MAX).min(instance.too_old);
        if let Some(at) = instance.arm() {
            cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Expiry(r, generation));
        }
        self.fleet.shelve(id, r);
    }

    /// The time of an instance that has nothing to do may be over.
    pub(in crate::engine) fn instance_expires<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, generation): (u32, u32),
    ) {
        if self.fleet.seats.all[r as usize].generation != generation {
            return;
        }
        let id = self.fleet.pool_at(self.fleet.replicas[r as usize].service as usize, r);
        let is_idle = self.fleet.is_idle(r) && self.fleet.seats.life(r) == Life::Up;
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let instance = pool.instance_mut(r);
        if instance.armed != Some(cx.now) {
            // An earlier end was planned since.
            return;
        }
        instance.armed = None;
        if is_idle && instance.kept_until <= cx.now {
            self.end_instance(cx, id, r);
            self.serve_waiting(cx, id);
        } else if is_idle && let Some(at) = instance.arm() {
            cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Expiry(r, generation));
        }
    }

    /// An instance goes, with whatever it has.
    pub(in crate::engine) fn end_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, r: u32) {
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        pool.take_off_shelf(r);
        pool.alive -= 1;
        let Instance { since, is_provisioned, is_released, is_ready, version, .. } = *pool.instance(r);
        self.record.note_present(id.service, version, (false, cx.now));
        if is_provisioned && !is_released {
            pool.provisioned -= 1;
            if is_ready {
                self.record.note_ready(id.service, false, cx.now);
            }
        }
        self.record.note_end(id.service, cx.now - since, cx.clock.is_measuring);
        if self.fleet.seats.life(r) == Life::Starting {
            self.fleet.unreserve(id, r);
        }
        self.give_up_seat(cx, r);
        if is_released {
            self.fleet.give_back(cx, id, 1);
        }
        self.fit_provisioned(cx, id);
    }

    /// A crash has taken the work of an instance, and takes the instance too.
    pub(in crate::engine) fn instance_crashed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let id = self.fleet.pool_at(self.fleet.replicas[r as usize].service as usize, r);
        if self.fleet.pool(id).is_none() || self.fleet.seats.life(r) == Life::Absent {
            return;
        }
        self.end_instance(cx, id, r);
        self.serve_account(cx, id);
    }

    /// A request will come, as the past of a function says: an instance starts before.
    pub(in crate::engine) fn prewarm<L: Listener>(&mut self, cx: &mut Cx<'_, L>, pool: u32) {
        let id = self.fleet.pool_in(pool);
        if self.fleet.services[id.service].is_population {
            return self.prewarm_many(cx, id.service);
        }
        let planned = self.fleet.pool_mut(id).and_then(|pool| pool.prewarming.take());
        let Some(Prewarming { kept, version, .. }) = planned else { return };
        if let Some((seat, zone)) = self.fleet.place_for_start(id, version, cx.now) {
            let instance = Instance { prewarmed: Some(kept), version, ..Instance::default() };
            self.sit_down(cx, (id, seat, zone), instance);
        }
    }

    /// Plans the end of a request that takes longer than it may, where it can.
    pub(super) fn plan_kill<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        demand: u64,
        most: SimDuration,
    ) {
        let task = &self.traffic.tasks[t];
        let pace = self.fleet.replicas[task.replica as usize].pace;
        let takes = crate::engine::replica::work::at_pace(demand, pace);
        let service = &self.fleet.services[task.service as usize];
        // Without calls, look-ups and faults it takes what was drawn.
        let is_known = !service.goes_on && !service.keeps_keys && cx.plan.system.faults.is_empty();
        if is_known && takes <= most.as_nanos() {
            return;
        }
        let at = SimTime::from_nanos(cx.now) + most;
        cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Kill(t, task.key));
    }

    /// A request has taken as long as it may.
    pub(in crate::engine) fn kill<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, name): (TaskId, u64)) {
        let task = &self.traffic.tasks[t];
        let works = matches!(task.flags & stage::MASK, stage::RUNNING | stage::FROZEN | stage::CALLING);
        if task.key != name || !works || task.flags & flag::REQUEST != 0 {
            return;
        }
        let (id, r) = (self.fleet.pool_at(task.service as usize, task.replica), task.replica);
        let Some(function) = &cx.plan.system.services[id.service].function else { return };
        // It may have been passed on to another function, and begun anew.
        let version = self.version_for(cx.plan, t);
        let longest = version.map_or(function.max_duration, |version| version.max_duration);
        if longest.is_none_or(|most| task.started.saturating_add(most.as_nanos()) != cx.now) {
            return;
        }
        let Some(pool) = self.fleet.pool_mut(id) else { return };
        let instance = pool.instance_mut(r);
        match function.after_failure {
            AfterFailure::Reset => instance.is_reset = true,
            AfterFailure::Drop => instance.is_dropped = true,
            AfterFailure::Keep => {}
        }
        self.break_off(cx, t);
        self.answer(cx, t, Err(Reason::Killed));
    }

    /// A fault begins or ends that keeps instances from starting in a place.
    pub(in crate::engine) fn strike_functions<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (process, release): (u32, Option<Release>),
        begins: bool,
    ) {
        let plan = cx.plan;
        if self.fleet.pools.is_empty()
            || plan.own_replica(process).is_some()
            || !plan.fault(process).takes_down()
        {
            return;
        }
        if let (Some(release), Trigger::Released(deploy)) = (release, &plan.fault(process).trigger) {
            let service = plan.system.deploys[deploy.index()].service.index();
            let (FaultKind::Crash(crash) | FaultKind::Leak { crash, .. }) = &plan.fault(process).kind else {
                return;
            };
            let crash = begins.then_some(*crash);
            return self.strike_version(cx, (service, release.version), crash);
        }
        let fault = plan.processes[process as usize].fault;
        for pool in 0..self.fleet.pools.len() as u32 {
            let id = self.fleet.pool_in(pool);
            if self.fleet.strike_function(plan, process, (id, begins)) {
                self.zones_changed(cx, id, begins.then_some(Culprit::Fault(fault)));
            }
        }
    }

    /// What a function depends on went down, or what keeps it from starting instances is over.
    pub(in crate::engine) fn turn_function<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        cause: Option<Culprit>,
    ) {
        for id in self.fleet.pools_of(number) {
            self.fleet.close_zones(id, cause.is_some());
        }
        for id in self.fleet.pools_of(number) {
            self.zones_changed(cx, id, cause);
        }
    }

    /// Whoever chooses among the regions of a function, or answers for a name, learns whether it could start an instance in
    /// one of them.
    fn learn_of_region<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId) {
        if let Some(pool) = self.fleet.pool(id) {
            self.wake_names(cx, pool.door);
        }
        if !self.fleet.services[id.service].has_regions {
            return;
        }
        let Some(pool) = self.fleet.pool(id) else { return };
        let change = (pool.door - cx.plan.services[id.service].first, pool.has_zone());
        let views = &mut self.knowledge.views[id.service];
        views.learn(cx.plan, (id.service, &self.fleet.seats.zones), change, cx.now);
        self.fleet.services[id.service].only = views.only();
    }

    /// A function may start instances in fewer zones for this reason, or in more.
    fn zones_changed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, id: PoolId, cause: Option<Culprit>) {
        self.note_function(cx, id.service, cause);
        self.learn_of_region(cx, id);
        if cause.is_none() {
            self.fit_provisioned(cx, id);
            self.serve_waiting(cx, id);
        }
    }
}
