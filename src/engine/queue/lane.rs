//! Messages that wait, in order: all of a queue in one lane, or each group in its own.

use super::{Place, Queue, Queues};
use crate::model::event::{Consumer, Order};
use std::collections::VecDeque;

/// Messages that keep their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    /// Visible ones, and some that are gone: number and name.
    waiting: VecDeque<(u32, u64)>,
    /// How many of them are there.
    visible: u32,
    /// Messages in flight.
    out: u32,
    /// Where it stands among those from which a batch may be taken.
    ready: Option<u64>,
    session: u64,
}

/// Whether a batch can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// From this lane.
    Now(u32),
    /// Not before this time [ns].
    At(u64),
    Nothing,
}

impl Queue {
    /// The lane of a session, which has one while it has messages that wait or are in flight.
    pub(super) fn lane_of(&mut self, order: Order, session: u64) -> u32 {
        let session = match order {
            Order::Standard => 0,
            Order::Groups(count) => session % u64::from(count),
            Order::Sessions => session,
        };
        if let Some(lane) = self.by_session.get(&session) {
            return *lane;
        }
        let lane = self.free_lanes.pop().unwrap_or_else(|| {
            self.lanes.push(Lane::default());
            self.lanes.len() as u32 - 1
        });
        self.lanes[lane as usize].session = session;
        self.by_session.insert(session, lane);
        lane
    }

    /// A message waits in its lane, behind all others or before them.
    pub(super) fn wait(&mut self, order: Order, lane: u32, entry: (u32, u64), is_first: bool) {
        let own = &mut self.lanes[lane as usize];
        own.visible += 1;
        if is_first {
            own.waiting.push_front(entry);
        } else {
            own.waiting.push_back(entry);
        }
        self.settle(order, lane);
    }

    /// A message no longer waits in its lane, or is no longer in flight.
    pub(super) fn leave(&mut self, order: Order, lane: u32, place: Place) {
        let own = &mut self.lanes[lane as usize];
        match place {
            Place::Visible => own.visible -= 1,
            Place::InFlight => own.out -= 1,
            Place::Delayed => return,
        }
        self.settle(order, lane);
    }

    /// A lane stands among those from which a batch may be taken, or not; one without messages is free.
    fn settle(&mut self, order: Order, lane: u32) {
        let own = &mut self.lanes[lane as usize];
        let may_give = own.visible > 0 && (order == Order::Standard || own.out == 0);
        if may_give && own.ready.is_none() {
            self.turns += 1;
            own.ready = Some(self.turns);
            self.ready.insert(self.turns, lane);
        } else if !may_give && let Some(turn) = own.ready.take() {
            self.ready.remove(&turn);
        }
        if own.visible == 0 {
            // Those that are left are gone.
            own.waiting.clear();
        }
        if own.visible == 0 && own.out == 0 {
            self.by_session.remove(&own.session);
            self.free_lanes.push(lane);
        }
    }
}

impl Queues {
    /// Whether a batch can be taken from a queue, and where from.
    pub(super) fn offer(&mut self, queue: u32, consumer: &Consumer, now: u64) -> Offer {
        let own = &mut self.all[queue as usize];
        let mut soonest = Offer::Nothing;
        for number in own.ready.values() {
            let lane = &mut own.lanes[*number as usize];
            let messages = self.messages.all();
            let is_there = |(message, name): &(u32, u64)| messages[*message as usize].name == *name;
            while lane.waiting.front().is_some_and(|head| !is_there(head)) {
                lane.waiting.pop_front();
            }
            let Some((head, _)) = lane.waiting.front() else { continue };
            let due = messages[*head as usize].visible_since.saturating_add(consumer.window.as_nanos());
            if lane.visible >= consumer.batch || due <= now {
                return Offer::Now(*number);
            }
            soonest = match soonest {
                Offer::At(at) => Offer::At(at.min(due)),
                _ => Offer::At(due),
            };
        }
        soonest
    }

    /// Takes up to a batch from a lane; those that were received so often that they are not again stand in
    /// the second list, and are still visible.
    pub(super) fn take_batch(
        &mut self,
        queue: u32,
        (number, most): (u32, u32),
        (order, receives): (Order, Option<u32>),
    ) -> (Vec<u32>, Vec<u32>) {
        let own = &mut self.all[queue as usize];
        let lane = &mut own.lanes[number as usize];
        let (mut batch, mut spent) = (Vec::new(), Vec::new());
        while (batch.len() as u32) < most {
            let Some((message, name)) = lane.waiting.pop_front() else { break };
            let found = &mut self.messages[message];
            if found.name != name {
                continue;
            }
            if receives.is_some_and(|most| found.receives >= most) {
                spent.push(message);
                continue;
            }
            found.place = Place::InFlight;
            lane.visible -= 1;
            lane.out += 1;
            batch.push(message);
        }
        own.settle(order, number);
        (batch, spent)
    }
}
