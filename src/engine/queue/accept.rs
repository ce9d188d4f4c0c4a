//! Messages come into a queue, become visible, and leave it.

use super::{Message, Place, Progress, Queues, settings};
use crate::engine::event::Rare;
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::{Delivery, Listener};
use crate::engine::plan::NONE;
use crate::engine::record::event::Left;
use crate::engine::task::{Origin, Task, flag};
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::units::SimTime;
use rand::RngExt;

/// Tell a record of a message from that message, and those of failure and success from each other.
const RECORDS: [u64; 2] = [0xFA11, 0xD0_4E];

impl Message {
    /// The same in another queue, which has just taken it in.
    fn moved(&self, queue: u32, now: u64) -> Self {
        Self {
            queue,
            accepted: now,
            receives: 0,
            failures: 0,
            refusals: 0,
            receipt: 0,
            place: Place::Delayed,
            // What another function consumes is for what that runs.
            target: 0,
            older: NONE,
            newer: NONE,
            is_too_old: false,
            ..*self
        }
    }

    /// What tells of it: another piece of work for its request, which is not wrong in itself.
    fn record(self, is_done: bool) -> Self {
        let name = RECORDS[usize::from(is_done)];
        let mut origin = self.origin;
        origin.work.path = mix(origin.work.path, name);
        Self { key: mix(self.key, name), origin, flags: self.flags & !flag::INVALID, is_record: true, ..self }
    }

    pub(super) const fn is_measured(&self) -> bool {
        self.flags & flag::MEASURED != 0
    }
}

impl State {
    /// An attempt at a queue is served: the message is taken in, if there is a place.
    ///
    /// Whether its operation is invalid is a matter of the consumer, which fails it each time.
    pub(in crate::engine) fn take_in<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        let Task { key, service, flags, priority, edge, .. } = self.traffic.tasks[t];
        let Some(queue) = plan.queues.of(service as usize) else { return };
        if flags & flag::ERROR != 0 {
            return;
        }
        self.traffic.tasks[t].flags &= !flag::INVALID;
        let settings = settings(plan, queue);
        let held = self.queues.all[queue as usize].held;
        if settings.capacity.is_some_and(|most| held >= most) {
            return self.traffic.refuse(t);
        }
        let (start, origin) = (self.start_of(t), self.traffic.origin_of(t));
        let session = if plan.has_sessions { self.traffic.task_session[t.index()] } else { 0 };
        let share = settings.duplicates.get();
        let is_twice = share > 0.0 && draw(key, Purpose::Duplicate).random::<f64>() < share;
        self.record.note_event_accepted(queue, flags, is_twice);
        self.record.note_request(queue, flags & flag::MEASURED != 0);
        for copy in 0..=u64::from(is_twice) {
            let key = mix(key, copy);
            let message = Message {
                name: 0,
                queue,
                key,
                origin,
                session,
                start,
                accepted: cx.now,
                visible_since: cx.now,
                receives: 0,
                failures: 0,
                refusals: 0,
                receipt: 0,
                place: Place::Delayed,
                lane: NONE,
                flags: flags & (flag::MEASURED | flag::INVALID),
                priority,
                target: plan.versions.target(edge),
                older: NONE,
                newer: NONE,
                is_too_old: false,
                is_record: false,
            };
            let delay = settings.delay.sample(&mut draw(key, Purpose::MessageDelay)).as_nanos();
            self.put(cx, message, delay);
        }
    }

    /// When the request began for which an attempt is made: its intended start. Where a caller on the way has given up
    /// waiting, from its own attempt on.
    fn start_of(&self, t: TaskId) -> u64 {
        let (mut flags, mut owner) = (self.traffic.tasks[t].flags, self.traffic.tasks[t].owner);
        let mut start = self.traffic.tasks[t].start;
        while flags & flag::ORPHAN == 0 {
            if flags & flag::OWNER == flag::OWNER {
                return self.queues.start_of_receive(owner).unwrap_or(start);
            }
            if flags & flag::OF_CALL != 0 {
                let call = &self.traffic.calls[CallId::of(owner)];
                (flags, owner, start) = (call.flags & !flag::ORPHAN, call.owner, call.start);
            } else if flags & flag::OF_TASK != 0 {
                let task = &self.traffic.tasks[TaskId::of(owner)];
                start = task.start;
                if task.flags & flag::REQUEST != 0 {
                    return start;
                }
                (flags, owner) = (task.flags, task.owner);
            } else {
                return start;
            }
        }
        start
    }

    /// A message comes into its queue, and is visible after a delay.
    pub(super) fn put<L: Listener>(&mut self, cx: &mut Cx<'_, L>, message: Message, delay: u64) {
        let (plan, now) = (cx.plan, cx.now);
        let queue = message.queue;
        let name = self.queues.name();
        let number = self.queues.messages.keep(Message { name, ..message });
        self.record.tell_now(cx);
        self.queues.tell(cx, number, Delivery::Accepted);
        self.queues.all[queue as usize].held += 1;
        self.queues.join_age(queue, number);
        self.queues.plan_retention(cx, queue);
        if settings(plan, queue).consumer.is_some() {
            self.traffic.remaining += u64::from(message.is_measured());
            let origin = message.origin;
            let is_asked = message.is_measured() && !message.is_record;
            self.queues.begin_work(&origin, (message.start, is_asked), &mut self.record);
        }
        if delay == 0 {
            self.become_visible(cx, number, false);
        } else {
            let at = SimTime::from_nanos(now.saturating_add(delay));
            cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Message(number, name));
        }
    }

    /// The delay of a message is over.
    pub(in crate::engine) fn message_due<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (message, name): (u32, u64),
    ) {
        if self.queues.find(message, name).is_some_and(|found| found.place == Place::Delayed) {
            self.become_visible(cx, message, false);
        }
    }

    /// A message waits for a receive, behind all others or before those of its group.
    pub(super) fn become_visible<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32, is_first: bool) {
        let (plan, now) = (cx.plan, cx.now);
        let Message { queue, name, session, .. } = self.queues.messages[number];
        let settings = settings(plan, queue);
        let own = &mut self.queues.all[queue as usize];
        // Where nobody receives, nothing stands in line.
        let lane = settings.consumer.map_or(NONE, |_| own.lane_of(settings.order, session));
        let message = &mut self.queues.messages[number];
        (message.place, message.lane, message.visible_since) = (Place::Visible, lane, now);
        if lane != NONE {
            own.wait(settings.order, lane, (number, name), is_first);
        }
        self.record.note_backlog(queue, true, now);
        self.queues.look_at(cx, queue, now);
    }

    /// A message leaves its queue for good, or for the queue of those that were given up.
    pub(super) fn take_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32, end: Left) {
        let (plan, now) = (cx.plan, cx.now);
        let message = self.queues.messages[number];
        let queue = message.queue;
        self.record.tell_now(cx);
        let turn = match end {
            Left::Done => Delivery::Deleted,
            Left::DeadLettered => Delivery::DeadLettered,
            Left::Expired => Delivery::Expired,
        };
        self.queues.tell(cx, number, turn);
        self.record.note_event_ended(queue, message.flags, (end, now - message.accepted));
        if let Some(service) = settings(plan, queue).dead_letter.filter(|_| end == Left::DeadLettered)
            && let Some(queue) = plan.queues.of(service.index())
        {
            self.record.note_event_accepted(queue, message.flags, false);
            self.put(cx, message.moved(queue, now), 0);
        }
        self.send_record(cx, &message, end);
        self.leave_place(cx, number);
        self.queues.leave_age(number);
        let own = &mut self.queues.all[queue as usize];
        own.held -= 1;
        self.queues.messages[number].name = 0;
        self.queues.messages.give_back(number);
        if settings(plan, queue).consumer.is_some() {
            self.queues.end_work(&message.origin);
            self.traffic.no_longer_waited_for(cx, message.is_measured());
        }
        self.queues.look_at(cx, queue, now);
    }

    /// Whoever is to be told of how a message ended gets a record of it.
    fn send_record<L: Listener>(&mut self, cx: &mut Cx<'_, L>, message: &Message, end: Left) {
        let plan = cx.plan;
        let Some(consumer) = settings(plan, message.queue).consumer else { return };
        let is_done = end == Left::Done;
        let told = if is_done { consumer.on_success } else { consumer.on_failure };
        let Some(queue) = told.and_then(|service| plan.queues.of(service.index())) else { return };
        self.record.note_reported(message.queue, message.flags, is_done);
        self.record.note_event_accepted(queue, message.flags, false);
        self.record.note_request(queue, message.is_measured());
        self.put(cx, message.moved(queue, cx.now).record(is_done), 0);
    }

    /// A message waits no longer, or is no longer in flight.
    pub(super) fn leave_place<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let Message { queue, place, lane, .. } = self.queues.messages[number];
        if place == Place::Visible {
            self.record.note_backlog(queue, false, cx.now);
        }
        if place != Place::Delayed && lane != NONE {
            self.queues.all[queue as usize].leave(settings(cx.plan, queue).order, lane, place);
        }
    }
}

impl Traffic {
    /// One thing less for which the run goes on, if it does for that.
    pub(in crate::engine) fn no_longer_waited_for<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        is_measured: bool,
    ) {
        if is_measured {
            self.remaining -= 1;
            if cx.clock.is_draining && self.remaining == 0 {
                cx.clock.stop();
            }
        }
    }
}

impl Queues {
    /// The start of the request that sent the first message of a receive.
    fn start_of_receive(&self, receive: u32) -> Option<u64> {
        let first = self.receives.all()[receive as usize].items.first()?;
        self.works.get(&first.origin.work).map(|work| work.start)
    }

    /// One message or receive more may do a piece of work.
    pub(super) fn begin_work(
        &mut self,
        origin: &Origin,
        (start, is_measured): (u64, bool),
        record: &mut crate::engine::record::Record,
    ) {
        let work = self.works.entry(origin.work).or_insert_with(|| {
            record.note_work_asked(origin.client, is_measured);
            Progress { copies: 0, is_done: false, is_measured, client: origin.client, start }
        });
        work.copies += 1;
    }

    /// One less. What is done stays known: the request may send it again.
    pub(super) fn end_work(&mut self, origin: &Origin) {
        if let Some(work) = self.works.get_mut(&origin.work) {
            work.copies -= 1;
        }
    }
}
