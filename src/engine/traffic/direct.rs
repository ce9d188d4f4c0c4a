//! The common case in one piece: a request at a first-in-first-out queue of one replica, where one decider knows no more
//! than what it has out. Here it is there as soon as it is sent, and only its caller learns of the answer; where somebody
//! else attends to the work too, [`attended`](crate::engine::traffic::attended) does the same.
//!
//! What it does is what [`State::admit`] and [`State::depart_slowly`] do, which handle every other case and take over
//! whenever somebody listens; the tests compare the bytes of both. Here each record is borrowed once, read into
//! locals and written once, which makes it about twice as fast.

use crate::engine::event::{Rare, kind, number_of};
use crate::engine::id::TaskId;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::view::Decider;
use crate::engine::listener::Listener;
use crate::engine::plan::path::Path;
use crate::engine::plan::{NONE, Way};
use crate::engine::record::Record;
use crate::engine::record::metrics::ServiceMetrics;
use crate::engine::replica::Fleet;
use crate::engine::replica::service::{Replica, Service};
use crate::engine::replica::work::at_pace;
use crate::engine::task::{Caller, Origin, Settled, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::idempotency::Sender;
use crate::engine::traffic::request::{Request, child_key};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Calendar, Key, Rank};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::measure::Histogram;
use crate::reason::Reason;
use crate::units::SimTime;

/// Flags of a task whose answer needs more than the end of a request.
pub(in crate::engine) const ODD: u16 =
    flag::ORPHAN | flag::OF_TASK | flag::OF_CALL | flag::ERROR | flag::INVALID;

/// Flags of a task whose calls need more than to be made and answered.
const NOT_PLAIN: u16 = flag::OF_CALL | flag::ERROR | flag::INVALID | flag::REPEAT;

impl State {
    /// Sends an attempt, none of whose replicas is to be avoided: it gets a slot or a place in the queue of a replica.
    ///
    /// # Errors
    ///
    /// Why it failed at once; then nothing of it remains but `last_picked`.
    #[inline(always)]
    pub(in crate::engine) fn send_plainly<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (way, sending): (Way, &Sending),
    ) -> Result<TaskId, Reason> {
        let (plan, now) = (cx.plan, cx.now);
        let number = way.service as usize;
        let service = &self.fleet.services[number];
        if L::LISTENS || service.path != Path::Direct {
            return self.send_on(cx, (way, sending));
        }
        let (first, mut local) = (service.first, service.only);
        if local == NONE {
            let zone = self.zone_of(plan, sending);
            local = self.pick(cx, (number, 0, zone), &[]).unwrap_or(NONE);
        }
        if self.traffic.free_task == TaskId::NONE {
            self.traffic.grow(cx);
        }
        let t = self.traffic.free_task;
        let calendar = &mut cx.clock.calendar;
        let Self { traffic, fleet, knowledge, record, .. } = self;
        let (service, metrics) = (&fleet.services[number], &mut record.services[number]);
        let is_measured = sending.flags & flag::MEASURED != 0;
        metrics.attempts += u64::from(is_measured);
        traffic.last_picked = local;
        if local == NONE {
            return Err(self.record.stop(cx, (number, 0), (Reason::NoReplica, is_measured)));
        }
        let replica = &mut fleet.replicas[(first + local) as usize];
        if !replica.takes {
            let zone = self.zone_of(plan, sending);
            let task = sending.task(now, way, first + local);
            let sender = Sender { zone, decider: 0, origin: sending.origin, is_buffered: false };
            return self.send_to(cx, task, sender);
        }
        let (link, due, armed, stage) = if replica.busy < replica.slots {
            let link = replica.inside.len() as u32;
            replica.inside.push(t);
            replica.busy += 1;
            metrics.busy.up(now);
            metrics.at_once += u64::from(is_measured);
            let demand = service.demand.sample(&mut draw(sending.key, Purpose::Demand)).as_nanos();
            let due = now.saturating_add(at_pace(demand, replica.pace));
            let at = SimTime::from_nanos(due);
            let armed = calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
            (link, due, armed, stage::RUNNING)
        } else {
            let waiting = replica.queue.waiting;
            if waiting >= service.capacity {
                metrics.reasons[Reason::QueueFull.index()] += u64::from(is_measured);
                return Err(Reason::QueueFull);
            }
            wait_in_line(&mut traffic.tasks, replica, t);
            metrics.queue.up(now);
            if waiting >= metrics.queue_max {
                metrics.queue_max = waiting + 1;
            }
            (NONE, 0, 0, stage::WAITING)
        };
        metrics.inside.up(now);
        let place = &mut traffic.tasks[t];
        traffic.free_task = TaskId::of(place.link);
        let task = sending.task(now, way, first + local);
        let mut flags = task.flags | stage;
        if service.tracks {
            flags |= flag::COUNTED;
            knowledge.deciders[number][0].outstanding[local as usize] += 1;
        }
        *place = Task { due, armed, link, flags, ..task };
        if way.timeout_lane != NONE {
            calendar.start_timer(way.timeout_lane as usize, SimTime::from_nanos(now), t.number());
        }
        Ok(t)
    }

    /// Sends an attempt where the common case of fleets does not hold.
    #[inline(always)]
    fn send_on<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (way, sending): (Way, &Sending),
    ) -> Result<TaskId, Reason> {
        if !L::LISTENS && self.fleet.services[way.service as usize].path == Path::Pooled {
            return self.invoke_directly(cx, way, sending);
        }
        self.send_otherwise(cx, *sending)
    }

    /// A service may be done: the slot goes to the next job, and the answer goes back.
    #[inline(always)]
    pub(in crate::engine) fn depart<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        let t = TaskId::of(number_of(key));
        let calendar = &mut cx.clock.calendar;
        let Self { traffic: Traffic { tasks, .. }, fleet: Fleet { services, .. }, .. } = self;
        let task = &mut tasks[t];
        if task.armed != key.stamp() || task.flags & stage::MASK != stage::RUNNING {
            calendar.pop();
            return;
        }
        let service = &services[task.service as usize];
        if L::LISTENS || !service.ends_directly {
            if !L::LISTENS && service.path == Path::Pooled {
                return self.depart_from_instance(cx, t);
            }
            return self.go_on(cx, t);
        }
        self.end_directly::<L, false>(cx, t);
    }

    /// A task that goes nowhere else has done its work; `IS_GUARDED` says whether anybody but callers may learn of it.
    #[inline(always)]
    fn end_directly<L: Listener, const IS_GUARDED: bool>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let calendar = &mut cx.clock.calendar;
        let Self {
            traffic: Traffic { tasks, free_task, .. },
            fleet: Fleet { services, replicas, .. },
            knowledge: Knowledge { deciders, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let task = &mut tasks[t];
        let number = task.service as usize;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        let (flags, start, edge, origin) = (task.flags, task.start, task.edge, task.owner);
        let (sojourn, served) = (now - task.enqueued, now - task.started);
        let bucket = Histogram::bucket(sojourn);
        let place = task.link as usize;
        if flags & ODD == 0 {
            if flags & flag::COUNTED != 0 {
                count_down(deciders, service, task.replica);
            }
            task.flags = stage::FREE;
            task.link = free_task.number();
            *free_task = t;
        }
        let replica = &mut replicas[task.replica as usize];
        if flags & flag::MEASURED != 0 {
            metrics.service.record(served);
            metrics.sojourn.record_in(bucket, sojourn);
        }
        metrics.inside.down(now);
        pass_slot::<true>(tasks, (service, metrics), replica, calendar, (place, now));
        if flags & ODD == flag::OF_TASK && !IS_GUARDED {
            return self.answer_caller(cx, t);
        }
        if flags & ODD != 0 {
            return self.answer_served(cx, t);
        }
        let call = &plan.edges[edge as usize];
        if IS_GUARDED && call.guard.is_some() {
            self.tell_of_answer(cx, (t, edge, start));
        }
        let client = u32::from(call.caller);
        let request = Request { client, origin, start, flags };
        // Most requests are one attempt, which was never on the way.
        let same = |latency| if latency == sojourn { bucket } else { Histogram::bucket(latency) };
        self.request_over(cx, request, Ok(()), same);
    }

    /// Sends an attempt where replica and caller are not alone with it.
    #[inline(never)]
    fn send_otherwise<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: Sending,
    ) -> Result<TaskId, Reason> {
        let plan = cx.plan;
        let way = plan.edges[sending.edge as usize].way();
        match self.fleet.services[way.service as usize].path {
            Path::Attended if !L::LISTENS => self.send_attended(cx, (way, sending)),
            _ => self.send_slowly(cx, sending, &[]),
        }
    }

    /// A task has done its own work, and its service goes on, or its answer does not end it.
    #[inline(never)]
    fn go_on<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
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
        if L::LISTENS || service.path == Path::General {
            return self.depart_slowly(cx, t);
        }
        if !service.goes_on {
            return match service.path {
                Path::Direct => self.end_directly::<L, true>(cx, t),
                _ => self.depart_attended::<L, true>(cx, t),
            };
        }
        if !service.is_in_turn || service.first_call == NONE || task.flags & NOT_PLAIN != 0 {
            return self.depart_slowly(cx, t);
        }
        task.due = now;
        task.flags = task.flags & !stage::MASK | stage::CALLING;
        if service.holds_slot {
            calendar.pop();
        } else {
            let replica = &mut replicas[task.replica as usize];
            lend_slot(tasks, (service, metrics), replica, calendar, now);
        }
        let edge = service.first_call;
        self.call_plainly(cx, (t, edge));
    }

    /// Makes the next call of a task that makes one at a time, none of which has a deadline.
    fn call_plainly<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (t, edge): (TaskId, u32)) {
        let plan = cx.plan;
        let parent = &mut self.traffic.tasks[t];
        parent.armed = NONE;
        let call = &plan.edges[edge as usize];
        let sending = Sending {
            key: child_key(parent.key, call.site, 0),
            owner: t.number(),
            flags: parent.flags & flag::MEASURED | flag::OF_TASK,
            edge: edge as u16,
            attempt: 1,
            priority: parent.priority,
            // Where it matters, no service is plain.
            origin: Origin::default(),
        };
        match self.send_plainly(cx, (call.way(), &sending)) {
            Ok(child) => self.traffic.tasks[t].armed = child.number(),
            Err(reason) => self.call_not_sent(cx, sending, (0, reason)),
        }
    }

    /// The answer of a served task goes to the task that waits for it: its next call follows, or its own end.
    #[inline(never)]
    fn answer_caller<L: Listener>(&mut self, cx: &mut Cx<'_, L>, served: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let mut child = served;
        loop {
            let Task { owner, edge, .. } = self.traffic.tasks[child];
            let t = TaskId::of(owner);
            self.uncount(child);
            self.traffic.release(child);
            let calendar = &mut cx.clock.calendar;
            let Self {
                traffic: Traffic { tasks, free_task, .. },
                fleet: Fleet { services, replicas, .. },
                knowledge: Knowledge { deciders, .. },
                record: Record { services: metrics, .. },
                ..
            } = self;
            let task = &mut tasks[t];
            let number = task.service as usize;
            let (service, metrics) = (&services[number], &mut metrics[number]);
            let is_plain = service.answers_directly()
                && service.first_call != NONE
                && task.flags & (NOT_PLAIN | stage::MASK | flag::READY | flag::REQUEST) == stage::CALLING
                && task.armed == child.number();
            // What a client waits for is in no replica.
            if !is_plain || !replicas[task.replica as usize].works {
                let (of, key) = (Some(Caller::Task(child)), task.key);
                self.traffic.settled.push_back(Settled { task: t, key, of, entry: 0, edge, outcome: Ok(()) });
                return;
            }
            let replica = &mut replicas[task.replica as usize];
            let following = plan.edges[edge as usize].following;
            if following != NONE {
                return self.call_plainly(cx, (t, following));
            }
            let end = if service.holds_slot { now } else { task.due };
            let (flags, start, edge, origin) = (task.flags, task.start, task.edge, task.owner);
            let (sojourn, worked, place) = (now - task.enqueued, end - task.started, task.link as usize);
            task.due = end;
            task.armed = NONE;
            if flags & ODD == 0 {
                if flags & flag::COUNTED != 0 {
                    count_down(deciders, service, task.replica);
                }
                task.flags = stage::FREE;
                task.link = free_task.number();
                *free_task = t;
            }
            if flags & flag::MEASURED != 0 {
                metrics.service.record(worked);
                metrics.sojourn.record(sojourn);
            }
            metrics.inside.down(now);
            if service.holds_slot {
                pass_slot::<false>(tasks, (service, metrics), replica, calendar, (place, now));
            } else {
                replica.inside.swap_remove(place);
                if let Some(moved) = replica.inside.get(place) {
                    tasks[*moved].link = place as u32;
                }
            }
            if flags & ODD == flag::OF_TASK {
                child = t;
                continue;
            }
            if flags & ODD != 0 {
                return self.answer_served(cx, t);
            }
            let client = u32::from(plan.edges[edge as usize].caller);
            return self.end_request(cx, Request { client, origin, start, flags }, Ok(()));
        }
    }

    /// The slot of a task whose calls are done goes to the next job; whether the common case holds.
    pub(in crate::engine) fn give_slot_on<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let now = cx.now;
        let calendar = &mut cx.clock.calendar;
        let Self {
            traffic: Traffic { tasks, .. },
            fleet: Fleet { services, replicas, .. },
            record: Record { services: metrics, .. },
            ..
        } = self;
        let task = &tasks[t];
        let number = task.service as usize;
        let (service, metrics) = (&services[number], &mut metrics[number]);
        if !matches!(service.path, Path::Direct | Path::Attended) || !service.is_in_turn {
            return false;
        }
        let place = task.link as usize;
        let replica = &mut replicas[task.replica as usize];
        pass_slot::<false>(tasks, (service, metrics), replica, calendar, (place, now));
        true
    }
}

/// Puts a task at the end of a replica's queue.
#[inline(always)]
pub(in crate::engine) fn wait_in_line(tasks: &mut [Task], replica: &mut Replica, t: TaskId) {
    let tail = std::mem::replace(&mut replica.queue.tail, t);
    replica.queue.waiting += 1;
    if tail == TaskId::NONE {
        replica.queue.head = t;
    } else {
        tasks[tail].link = t.number();
    }
}

/// The only decider of a service no longer counts an attempt at a replica.
#[inline(always)]
pub(in crate::engine) fn count_down(deciders: &mut [Vec<Decider>], service: &Service, replica: u32) {
    deciders[service.number as usize][0].outstanding[(replica - service.first) as usize] -= 1;
}

/// Hands the slot at `place` to the next job that waits, or frees it. `AT_TOP` says whether the event of the one that
/// leaves is still at the top of the calendar, where that of the next takes its place.
#[inline(always)]
pub(in crate::engine) fn pass_slot<const AT_TOP: bool>(
    tasks: &mut [Task],
    (service, metrics): (&Service, &mut ServiceMetrics),
    replica: &mut Replica,
    calendar: &mut Calendar<Rare>,
    (place, now): (usize, u64),
) {
    if replica.queue.waiting == 0 {
        if AT_TOP {
            calendar.pop();
        }
        replica.inside.swap_remove(place);
        if let Some(moved) = replica.inside.get(place) {
            tasks[*moved].link = place as u32;
        }
        replica.busy -= 1;
        metrics.busy.down(now);
        return;
    }
    // The slot is handed over: neither busy count nor gauge change.
    let next = begin_next::<AT_TOP>(tasks, (service, metrics), replica, calendar, (place, now));
    replica.inside[place] = next;
}

/// Hands the slot of a task that waits for its calls to the next job that waits, or frees it; its event is at the top.
#[inline(always)]
fn lend_slot(
    tasks: &mut [Task],
    (service, metrics): (&Service, &mut ServiceMetrics),
    replica: &mut Replica,
    calendar: &mut Calendar<Rare>,
    now: u64,
) {
    if replica.queue.waiting == 0 {
        calendar.pop();
        replica.busy -= 1;
        metrics.busy.down(now);
        return;
    }
    let place = replica.inside.len();
    let next = begin_next::<true>(tasks, (service, metrics), replica, calendar, (place, now));
    replica.inside.push(next);
}

/// The first job of a queue begins its service, at `place` among those inside.
#[inline(always)]
fn begin_next<const AT_TOP: bool>(
    tasks: &mut [Task],
    (service, metrics): (&Service, &mut ServiceMetrics),
    replica: &mut Replica,
    calendar: &mut Calendar<Rare>,
    (place, now): (usize, u64),
) -> TaskId {
    let queue = &mut replica.queue;
    let next = queue.head;
    let waiting = &mut tasks[next];
    queue.waiting -= 1;
    queue.head = TaskId::of(waiting.link);
    if queue.head == TaskId::NONE {
        queue.tail = TaskId::NONE;
    }
    metrics.queue.down(now);
    let wait = now - waiting.enqueued;
    if waiting.flags & flag::MEASURED != 0 {
        metrics.wait.record(wait);
        metrics.delayed += u64::from(wait > 0);
    }
    let demand = service.demand.sample(&mut draw(waiting.key, Purpose::Demand)).as_nanos();
    let due = now.saturating_add(at_pace(demand, replica.pace));
    waiting.link = place as u32;
    waiting.started = now;
    waiting.due = due;
    waiting.flags = waiting.flags & !stage::MASK | stage::RUNNING;
    let (at, payload) = (SimTime::from_nanos(due), kind::of(kind::DEPARTURE, next.number()));
    waiting.armed = if AT_TOP {
        calendar.replace(at, Rank::Completion, payload)
    } else {
        calendar.plan(at, Rank::Completion, payload)
    };
    next
}
