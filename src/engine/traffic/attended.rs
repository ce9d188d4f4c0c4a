//! Plain work to which others attend than its replica and its caller: a post by which messages travel for a constant time,
//! the policy of a queue or of a shared processor, deciders and guards that hear how attempts end, the ledger of effects.
//!
//! As in [`direct`](crate::engine::traffic::direct) each record is read and written once. Who attends is asked where the
//! general handlers ask, in the same order, and what is odd is left to them.

use crate::engine::event::kind;
use crate::engine::id::TaskId;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::Listener;
use crate::engine::network::Direction;
use crate::engine::plan::path::Path;
use crate::engine::plan::{NONE, Plan, Way};
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::replica::work::at_pace;
use crate::engine::task::{Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::direct::{ODD, count_down, pass_slot, wait_in_line};
use crate::engine::traffic::request::Request;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::measure::Histogram;
use crate::reason::Reason;
use crate::units::SimTime;

/// Flags of a task whose answer needs more than to be given to a client or a waiting task.
const ODD_ANSWER: u16 = ODD & !flag::OF_TASK;

impl Fleet {
    /// The post from a zone to a replica, or back.
    #[inline(always)]
    fn post(&self, plan: &Plan, (zone, r): (u32, u32), direction: Direction) -> usize {
        if plan.zone_regions.len() == 1 && plan.network.delays.is_none() {
            return 0;
        }
        let there = self.seats.zones[r as usize];
        match direction {
            Direction::There => plan.post_between(zone, there),
            Direction::Back => plan.post_between(there, zone),
        }
    }
}

impl State {
    /// Sends an attempt, none of whose replicas is to be avoided.
    ///
    /// # Errors
    ///
    /// See [`State::send_plainly`].
    pub(in crate::engine) fn send_attended<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (way, sending): (Way, Sending),
    ) -> Result<TaskId, Reason> {
        let (plan, now) = (cx.plan, cx.now);
        let number = way.service as usize;
        let (first, mut local) = (self.fleet.services[number].first, self.fleet.services[number].only);
        let zone = self.zone_of(plan, &sending);
        if self.fleet.services[number].hears_picks {
            let asking = Asking { service: number, decider: 0, zone, session: 0, shard: 0 };
            local = self.pick_for(cx, asking, &[]).unwrap_or(NONE);
        } else if local == NONE || self.fleet.services[number].ejects {
            // Who ejects asks the policy also where one is left.
            local = self.pick(cx, (number, 0, zone), &[]).unwrap_or(NONE);
        }
        if self.traffic.free_task == TaskId::NONE {
            self.traffic.grow(cx);
        }
        let t = self.traffic.free_task;
        let Self {
            traffic: Traffic { tasks, free_task, last_picked, .. },
            fleet: Fleet { services, .. },
            knowledge: Knowledge { deciders, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        let is_measured = sending.flags & flag::MEASURED != 0;
        metrics.attempts += u64::from(is_measured);
        *last_picked = local;
        if local == NONE {
            return Err(self.record.stop(cx, (number, 0), (Reason::NoReplica, is_measured)));
        }
        let is_posted = service.is_posted;
        let record = &mut tasks[t];
        *free_task = TaskId::of(record.link);
        *record = sending.task(now, way, first + local);
        if service.tracks {
            record.flags |= flag::COUNTED;
            deciders[number][0].outstanding[local as usize] += 1;
        }
        self.traffic.note_origin(plan, t, sending.origin);
        if is_posted {
            let post = self.fleet.post(plan, (zone, first + local), Direction::There);
            let message = (Rank::Arrival, kind::of(kind::DELIVERY, t.number()));
            cx.clock.calendar.send(post, SimTime::from_nanos(now), message);
        } else if let Err(reason) = self.enter(cx, t) {
            self.heard(cx, t, Err(reason));
            self.note_attempt_end(cx, t, Err(reason));
            self.traffic.release(t);
            return Err(reason);
        }
        if way.timeout_lane != NONE {
            cx.clock.calendar.start_timer(way.timeout_lane as usize, SimTime::from_nanos(now), t.number());
        }
        Ok(t)
    }

    /// An attempt that was posted reaches its replica.
    #[inline(always)]
    pub(in crate::engine) fn deliver_attended<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if L::LISTENS || self.traffic.tasks[t].flags & stage::MASK != stage::THERE {
            return self.deliver(cx, t);
        }
        if let Err(reason) = self.enter(cx, t) {
            self.answer(cx, t, Err(reason));
        }
    }

    /// An attempt on its way gets a slot or a place in the queue of its replica; as [`State::admit`].
    ///
    /// # Errors
    ///
    /// Why it was not admitted.
    #[inline(always)]
    fn enter<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> Result<(), Reason> {
        let now = cx.now;
        let calendar = &mut cx.clock.calendar;
        let Self {
            traffic: Traffic { tasks, .. },
            fleet: Fleet { services, replicas, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let task = &mut tasks[t];
        let number = task.service as usize;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        let replica = &mut replicas[task.replica as usize];
        let has_slot = replica.busy < replica.slots;
        let is_easy = !service.is_sharing && (service.is_in_turn || has_slot);
        if service.path != Path::Attended || !replica.takes || !is_easy {
            return self.enter_otherwise(cx, t);
        }
        task.enqueued = now;
        if has_slot {
            task.link = replica.inside.len() as u32;
            replica.inside.push(t);
            replica.busy += 1;
            metrics.busy.up(now);
            metrics.at_once += u64::from(task.flags & flag::MEASURED != 0);
            let demand = service.demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
            task.started = now;
            task.due = now.saturating_add(at_pace(demand, replica.pace));
            let (at, payload) = (SimTime::from_nanos(task.due), kind::of(kind::DEPARTURE, t.number()));
            task.armed = calendar.plan(at, Rank::Completion, payload);
            task.flags = task.flags & !stage::MASK | stage::RUNNING;
        } else {
            let waiting = replica.queue.waiting;
            if waiting >= service.capacity {
                return Err(Reason::QueueFull);
            }
            task.link = NONE;
            task.flags = task.flags & !stage::MASK | stage::WAITING;
            wait_in_line(tasks, replica, t);
            metrics.queue.up(now);
            metrics.queue_max = metrics.queue_max.max(waiting + 1);
        }
        metrics.inside.up(now);
        Ok(())
    }

    /// An attempt on its way does not simply get a slot or the last place in a queue: it shares a processor, or its
    /// admission is left to those who know everything.
    ///
    /// # Errors
    ///
    /// Why it was not admitted.
    #[inline(never)]
    fn enter_otherwise<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> Result<(), Reason> {
        let now = cx.now;
        let Self {
            traffic: Traffic { tasks, .. },
            fleet: Fleet { services, replicas, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let task = &mut tasks[t];
        let number = task.service as usize;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        let r = task.replica as usize;
        let replica = &mut replicas[r];
        if service.path != Path::Attended || !replica.takes || !service.is_sharing {
            return self.admit(cx, t);
        }
        task.enqueued = now;
        task.link = replica.inside.len() as u32;
        replica.inside.push(t);
        replica.busy += 1;
        // Jobs that share a processor keep no more than all of it busy.
        if replica.busy <= replica.slots {
            metrics.busy.up(now);
        }
        metrics.at_once += u64::from(task.flags & flag::MEASURED != 0);
        let demand = service.demand.sample(&mut draw(task.key, Purpose::Demand)).as_nanos();
        task.started = now;
        task.due = now.saturating_add(at_pace(demand, replica.pace));
        task.flags = task.flags & !stage::MASK | stage::RUNNING;
        metrics.inside.up(now);
        self.share_in(cx, t, r);
        Ok(())
    }

    /// The service of a task that goes nowhere else is done; `AT_TOP` says whether its event is still at the top of the
    /// calendar.
    #[inline(never)]
    pub(in crate::engine) fn depart_attended<L: Listener, const AT_TOP: bool>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let calendar = &mut cx.clock.calendar;
        let Self {
            traffic: Traffic { tasks, .. },
            fleet: Fleet { services, replicas, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let task = &mut tasks[t];
        let number = task.service as usize;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        let replica = &mut replicas[task.replica as usize];
        let (flags, owner, edge, r) = (task.flags, task.owner, task.edge, task.replica);
        let place = task.link as usize;
        task.due = now;
        task.flags = flags & !stage::MASK | stage::BACK | flag::SERVED;
        if flags & flag::MEASURED != 0 {
            let sojourn = now - task.enqueued;
            metrics.record_served((sojourn, Histogram::bucket(sojourn)), now - task.started);
        }
        metrics.inside.down(now);
        let (is_posted, is_in_turn) = (service.is_posted, service.is_in_turn);
        if AT_TOP && is_in_turn {
            pass_slot::<true>(tasks, (service, metrics), replica, calendar, (place, now));
        } else if !AT_TOP && service.is_sharing && replica.queue.waiting == 0 {
            replica.inside.swap_remove(place);
            if let Some(moved) = replica.inside.get(place) {
                tasks[*moved].link = place as u32;
            }
            replica.busy -= 1;
            if replica.works && replica.busy < replica.slots {
                metrics.busy.down(now);
            }
        } else {
            if AT_TOP {
                calendar.pop();
            }
            self.vacate(cx, t);
        }
        self.take_effect(cx, t);
        if flags & ODD_ANSWER != 0 {
            return self.answer_served(cx, t);
        }
        if !is_posted {
            return self.hear(cx, t);
        }
        self.traffic.tasks[t].armed = NONE;
        let zone = if plan.zone_regions.len() == 1 && plan.network.delays.is_none() {
            0
        } else {
            self.caller_zone(plan, flags, owner, edge)
        };
        let message = (Rank::Completion, kind::of(kind::ANSWER, t.number()));
        let post = self.fleet.post(plan, (zone, r), Direction::Back);
        cx.clock.calendar.send(post, SimTime::from_nanos(now), message);
    }

    /// An answer that was posted arrives.
    #[inline(always)]
    pub(in crate::engine) fn answer_attended<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if L::LISTENS || self.traffic.tasks[t].flags & ODD_ANSWER != 0 {
            return self.arrive_back(cx, t);
        }
        self.hear(cx, t);
    }

    /// All who care learn that an attempt was answered well.
    #[inline(always)]
    fn hear<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        if self.fleet.services[self.traffic.tasks[t].service as usize].hears {
            self.observe(cx, t, Ok(()));
        }
        let Self {
            traffic: Traffic { tasks, free_task, .. },
            fleet: Fleet { services, .. },
            knowledge: Knowledge { deciders, .. },
            ..
        } = self;
        let record = &mut tasks[t];
        let Task { owner: origin, start, flags, edge: number, .. } = *record;
        if flags & flag::COUNTED != 0 {
            count_down(deciders, &services[record.service as usize], record.replica);
        }
        record.flags = stage::FREE;
        record.link = free_task.number();
        *free_task = t;
        let edge = &plan.edges[number as usize];
        if edge.guard.is_some() {
            self.tell_of_answer(cx, (t, number, start));
        }
        if flags & flag::OF_TASK != 0 {
            let task = Task { flags, ..self.traffic.tasks[t] };
            return self.first_over(cx, (t, &task), Ok(()));
        }
        let request = Request { client: u32::from(edge.caller), origin, start, flags };
        self.request_over(cx, request, Ok(()), Histogram::bucket);
    }
}
