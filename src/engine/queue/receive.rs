//! Somebody may take messages: batches are received, and given to the consumer as attempts.

use super::lane::Offer;
use super::{Done, Item, Message, Queues, Receive, settings};
use crate::engine::listener::{Delivery, Listener};
use crate::engine::record::event::Left;
use crate::engine::task::flag;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::call::UNLIMITED;
use crate::engine::world::{Cx, State};
use crate::kernel::stream::mix;
use crate::model::event::{Consumer, Pollers, Polling};
use crate::units::SimTime;

impl Queues {
    /// Which version of its consumer the messages of a receive ask for.
    pub(in crate::engine) fn target_of(&self, number: u32) -> u8 {
        self.receives[number].target
    }

    /// Whether a poller is free; while none is, there is one more from time to time.
    pub(super) fn has_poller<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        queue: u32,
        pollers: &Pollers,
    ) -> bool {
        let now = cx.now;
        let own = &mut self.all[queue as usize];
        if own.busy < own.pollers {
            return true;
        }
        if own.pollers >= pollers.max {
            return false;
        }
        let interval = pollers.interval.as_nanos();
        let due = *own.next_poller.get_or_insert(now.saturating_add(interval));
        if due > now {
            self.look_at(cx, queue, due);
            return false;
        }
        own.pollers += 1;
        own.next_poller = Some(due.saturating_add(interval));
        true
    }
}

impl State {
    /// A queue is looked at: batches are received as long as there are some and somebody takes them.
    pub(in crate::engine) fn look_at_queue<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let settings = settings(plan, queue);
        let own = &mut self.queues.all[queue as usize];
        let planned = own.looks.pop();
        debug_assert_eq!(planned, Some(now), "each look that is planned comes in its turn");
        let service = plan.queues.services[queue as usize] as usize;
        let works = self.fleet.replicas[plan.services[service].first as usize].works;
        let paused_until = own.paused_until;
        if !works || now < paused_until {
            // The time until there is one more poller does not run while none polls.
            own.next_poller = None;
        }
        let Some(consumer) = settings.consumer.filter(|_| works) else { return };
        if now < paused_until {
            return self.queues.look_at(cx, queue, paused_until);
        }
        loop {
            let lane = match self.queues.offer(queue, &consumer, now) {
                Offer::Now(lane) => lane,
                Offer::At(at) => {
                    self.rest_pollers(queue, &consumer);
                    return self.queues.look_at(cx, queue, at);
                }
                Offer::Nothing => return self.rest_pollers(queue, &consumer),
            };
            let Some(slot) = self.taker(cx, queue, &consumer) else { return };
            let rule = (settings.order, settings.max_receives);
            let (batch, spent) = self.queues.take_batch(queue, (lane, consumer.batch), rule);
            for number in spent {
                self.take_out(cx, number, Left::DeadLettered);
            }
            if !batch.is_empty() {
                self.receive(cx, (queue, slot), batch);
            }
        }
    }

    /// Nothing waits: pollers that are not busy go, but for those that always stay.
    fn rest_pollers(&mut self, queue: u32, consumer: &Consumer) {
        let own = &mut self.queues.all[queue as usize];
        if let Polling::Pollers(pollers) = consumer.polling {
            own.pollers = own.busy.max(pollers.start);
            own.next_poller = None;
        }
        debug_assert!(
            consumer.polling != Polling::Slots
                || self.fleet.services[consumer.service.index()].is_shared_queue,
            "slots that take messages are those of one queue"
        );
    }

    /// A batch is received, for a slot that is kept for it: one attempt at the consumer.
    fn receive<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (queue, slot): (u32, u32), batch: Vec<u32>) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(edge) = plan.queues.edges[queue as usize] else { return };
        self.record.tell_now(cx);
        let name = self.queues.name();
        let first = self.queues.messages[batch[0]];
        let mut items = Vec::with_capacity(batch.len());
        let (mut flags, is_repeat) = (0, first.receives > 0);
        for number in batch {
            let message = &mut self.queues.messages[number];
            message.receives += 1;
            message.receipt = name;
            let Message { name, key, origin, flags: own, receives, start, .. } = *message;
            flags |= own & flag::MEASURED;
            self.queues.tell(cx, number, Delivery::Received(receives));
            self.record.note_backlog(queue, false, now);
            self.record.note_received(queue, own, receives);
            let key = mix(key, u64::from(receives));
            items.push(Item { message: number, name, key, origin, flags: own, result: Done::Well });
            self.queues.begin_work(&origin, (start, own & flag::MEASURED != 0), &mut self.record);
        }
        let is_measured = flags & flag::MEASURED != 0;
        self.record.note_request(queue, is_measured);
        self.traffic.remaining += u64::from(is_measured);
        let (key, origin) = (items[0].key, items[0].origin);
        let visibility = settings(plan, queue).visibility;
        let is_timed = visibility.is_some();
        let receive = Receive {
            name,
            queue,
            target: first.target,
            items,
            slot,
            began: now,
            is_out: true,
            is_timed,
            is_measured,
        };
        let number = self.queues.receives.keep(receive);
        if let Some(visibility) = visibility {
            let at = (SimTime::from_nanos(now) + visibility).as_nanos();
            self.queues.all[queue as usize].visibilities.push_back((at, number, name));
            self.queues.plan_visibility(cx, queue);
        }
        self.queues.all[queue as usize].busy += 1;
        self.queues.keep_slot(queue, slot);
        if plan.has_sessions {
            let sessions = &mut self.traffic.event_sessions;
            sessions.resize(sessions.len().max(number as usize + 1), 0);
            sessions[number as usize] = first.session;
        }
        let flags = flags | flag::OWNER | if is_repeat { flag::REPEAT } else { 0 };
        let priority = first.priority;
        let sending = Sending { key, owner: number, flags, edge, attempt: 1, priority, origin };
        let c = self.traffic.record_call(cx, &sending, now, UNLIMITED);
        self.traffic.calls[c].attempts = 0;
        self.try_call(cx, c);
    }
}
