//! Messages in the order in which they came: the oldest expires first.

use super::{Place, Queues, settings};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::NONE;
use crate::engine::record::event::Left;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::units::SimTime;

impl Queues {
    /// A message is the newest of its queue.
    pub(super) fn join_age(&mut self, queue: u32, number: u32) {
        let own = &mut self.all[queue as usize];
        let before = std::mem::replace(&mut own.newest, number);
        self.messages[number].older = before;
        if before == NONE {
            own.oldest = number;
        } else {
            self.messages[before].newer = number;
        }
    }

    /// A message leaves the list, if it stands in it.
    pub(super) fn leave_age(&mut self, number: u32) {
        let message = self.messages[number];
        if message.is_too_old {
            return;
        }
        let own = &mut self.all[message.queue as usize];
        if message.older == NONE {
            own.oldest = message.newer;
        } else {
            self.messages[message.older].newer = message.newer;
        }
        if message.newer == NONE {
            own.newest = message.older;
        } else {
            self.messages[message.newer].older = message.older;
        }
    }

    /// How old the oldest message is that a queue keeps [ns]; 0 without any.
    pub(in crate::engine) fn age(&self, queue: u32, now: u64) -> u64 {
        let oldest = self.all[queue as usize].oldest;
        if oldest == NONE { 0 } else { now - self.messages[oldest].accepted }
    }

    /// Plans a look at the oldest message of a queue, unless one is planned.
    pub(super) fn plan_retention<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32) {
        let own = &mut self.all[queue as usize];
        if own.expiry.is_some() || own.oldest == NONE {
            return;
        }
        let accepted = SimTime::from_nanos(self.messages[own.oldest].accepted);
        let at = accepted + settings(cx.plan, queue).retention;
        own.expiry = cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Retention(queue));
    }
}

impl State {
    /// The oldest messages of a queue may have expired. A message that a function works on is not taken from it: it ends
    /// when it would be tried again.
    pub(in crate::engine) fn retention_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let settings = settings(plan, queue);
        self.queues.all[queue as usize].expiry = None;
        loop {
            let oldest = self.queues.all[queue as usize].oldest;
            if oldest == NONE
                || now.saturating_sub(self.queues.messages[oldest].accepted) < settings.retention.as_nanos()
            {
                break;
            }
            if settings.retries.is_some() && self.queues.messages[oldest].place == Place::InFlight {
                self.queues.leave_age(oldest);
                self.queues.messages[oldest].is_too_old = true;
            } else {
                self.expire(cx, oldest);
            }
        }
        self.queues.plan_retention(cx, queue);
    }

    /// A message is kept no longer; events of a function go where those go that were given up.
    pub(super) fn expire<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let settings = settings(cx.plan, self.queues.messages[number].queue);
        let goes_on = settings.retries.is_some() && settings.dead_letter.is_some();
        self.take_out(cx, number, if goes_on { Left::DeadLettered } else { Left::Expired });
    }
}
