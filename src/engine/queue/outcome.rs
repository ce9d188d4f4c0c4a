//! How a receive ended: what was done well is deleted, the rest is delivered again, or given up.

use super::{Done, Item, Message, Place, Queues, Receive, settings};
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::record::event::Left;
use crate::engine::task::Outcome;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::event::{Consumer, EventQueue, Order, Polling};
use crate::reason::Reason;
use crate::units::SimTime;

/// How long nothing is received after a batch that was refused at once [ns].
const PAUSE: u64 = 1_000_000_000;

/// Whether nothing is received for a while after a receive that ended so.
fn pauses(plan: &Plan, queue: u32, outcome: Outcome, is_at_once: bool) -> bool {
    let Err(reason) = outcome else { return false };
    let EventQueue { retries, visibility, consumer, .. } = settings(plan, queue);
    let travels = plan.network.has_any
        && matches!(consumer, Some(Consumer { polling: Polling::Pollers(_), .. }))
        && matches!(reason, Reason::Throttled | Reason::NoReplica | Reason::Connect);
    let is_refused = match reason {
        // What the network lost comes back no sooner than its visibility is over.
        Reason::Partitioned => visibility.is_none(),
        _ => is_at_once || travels,
    };
    // Each event of a function is by itself.
    is_refused && retries.is_none()
}

impl State {
    /// The consumer has answered for the messages of a receive.
    pub(in crate::engine) fn event_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: u32,
        outcome: Outcome,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        self.queues.take_slot(number);
        let receive = &mut self.queues.receives[number];
        let Receive { name, queue, began, is_measured, .. } = *receive;
        receive.is_out = false;
        let items = std::mem::take(&mut receive.items);
        let own = &mut self.queues.all[queue as usize];
        own.busy -= 1;
        if pauses(plan, queue, outcome, now == began) {
            own.paused_until = now.saturating_add(PAUSE);
        }
        let (mut failed, mut is_any_done) = (Vec::new(), false);
        for item in &items {
            let reason = match (outcome, item.result) {
                (Err(reason), _) => Some(reason),
                (Ok(()), Done::Failed) => Some(Reason::Error),
                (Ok(()), Done::Elsewhere) => Some(Reason::Conflict),
                (Ok(()), Done::Well | Done::Before) => None,
            };
            match reason {
                None => is_any_done |= self.event_done(cx, (name, item)),
                Some(reason) => failed.push((*item, reason)),
            }
            self.queues.end_work(&item.origin);
        }
        self.record.note_request(queue, is_any_done && is_measured);
        // Those that come back before all others keep their order.
        for (item, reason) in failed.into_iter().rev() {
            self.event_failed(cx, (name, &item), reason);
        }
        self.queues.receives[number].items = items;
        self.queues.close_receive(number);
        self.queues.look_at(cx, queue, now);
        self.traffic.no_longer_waited_for(cx, is_measured);
    }

    /// A message was done well: it is deleted, unless it was received again since, or kept its order and is visible again;
    /// whether it was.
    fn event_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (receipt, item): (u64, &Item)) -> bool {
        let now = cx.now;
        if let Some((client, took)) = self.queues.complete(item, now) {
            self.record.note_completed(client, took);
        }
        let Some(message) = self.queues.find(item.message, item.name) else { return false };
        let keeps_order = settings(cx.plan, message.queue).order != Order::Standard;
        let is_deleted = message.receipt == receipt && (!keeps_order || message.place == Place::InFlight);
        if is_deleted {
            self.take_out(cx, item.message, Left::Done);
        }
        is_deleted
    }

    /// A message has failed.
    fn event_failed<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (receipt, item): (u64, &Item),
        reason: Reason,
    ) {
        let (plan, number) = (cx.plan, item.message);
        let Some(message) = self.queues.find(number, item.name) else { return };
        let settings = settings(plan, message.queue);
        if message.receipt != receipt || message.place != Place::InFlight || settings.visibility.is_some() {
            // It is visible again when its time has come.
            return;
        }
        let Some(retries) = &settings.retries else {
            self.leave_place(cx, number);
            return self.become_visible(cx, number, true);
        };
        let is_too_old = message.is_too_old;
        let message = &mut self.queues.messages[number];
        let is_refusal = matches!(reason, Reason::Throttled | Reason::Connect | Reason::NoReplica);
        let wait = if is_refusal {
            message.refusals += 1;
            Some(retries.after_refusal(message.refusals))
        } else {
            message.failures += 1;
            retries.after_failure(message.failures)
        };
        match wait {
            None => self.take_out(cx, number, Left::DeadLettered),
            Some(_) if is_too_old => self.expire(cx, number),
            Some(wait) => {
                self.leave_place(cx, number);
                let message = &mut self.queues.messages[number];
                message.place = Place::Delayed;
                let (at, name) = (SimTime::from_nanos(cx.now) + wait, message.name);
                cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Message(number, name));
            }
        }
    }

    /// The visibility of receives may be over.
    pub(in crate::engine) fn visibility_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32) {
        self.queues.all[queue as usize].is_visibility_planned = false;
        while let Some((at, number, name)) = self.queues.all[queue as usize].visibilities.front().copied() {
            if at > cx.now {
                break;
            }
            self.queues.all[queue as usize].visibilities.pop_front();
            if self.queues.receives[number].name == name {
                self.visible_again(cx, (number, name));
            }
        }
        self.queues.drop_visibilities(queue);
        self.queues.plan_visibility(cx, queue);
    }

    /// The visibility of the messages of a receive is over: those that are still there can be received again.
    fn visible_again<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, name): (u32, u64)) {
        let queue = self.queues.receives[number].queue;
        let keeps_order = settings(cx.plan, queue).order != Order::Standard;
        self.queues.receives[number].is_timed = false;
        let mut items: Vec<(u32, u64)> =
            self.queues.receives[number].items.iter().map(|item| (item.message, item.name)).collect();
        if keeps_order {
            items.reverse();
        }
        for (message, of) in items {
            let is_mine = |found: &Message| found.receipt == name && found.place == Place::InFlight;
            if self.queues.find(message, of).is_some_and(is_mine) {
                self.leave_place(cx, message);
                self.become_visible(cx, message, keeps_order);
            }
        }
        self.queues.close_receive(number);
    }
}

impl Queues {
    /// The record of a receive is free when its consumer is done and nothing of it becomes visible again.
    fn close_receive(&mut self, number: u32) {
        let receive = &self.receives[number];
        if receive.is_out {
            return;
        }
        let (name, queue) = (receive.name, receive.queue);
        let is_mine =
            |item: &Item| self.find(item.message, item.name).is_some_and(|found| found.receipt == name);
        if receive.is_timed && receive.items.iter().any(is_mine) {
            return;
        }
        let receive = &mut self.receives[number];
        receive.name = 0;
        receive.items = Vec::new();
        self.receives.give_back(number);
        self.drop_visibilities(queue);
    }

    /// Ends of visibility that nobody waits for any more stand at the front no longer.
    fn drop_visibilities(&mut self, queue: u32) {
        let own = &mut self.all[queue as usize];
        let receives = &self.receives;
        while own.visibilities.front().is_some_and(|(_, number, name)| receives[*number].name != *name) {
            own.visibilities.pop_front();
        }
    }

    /// Plans a look at the receive whose visibility ends first, unless one is planned.
    pub(super) fn plan_visibility<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32) {
        let own = &mut self.all[queue as usize];
        if own.is_visibility_planned {
            return;
        }
        if let Some((at, ..)) = own.visibilities.front() {
            own.is_visibility_planned = true;
            cx.clock.calendar.plan_rare(SimTime::from_nanos(*at), Rank::Timer, Rare::Visible(queue));
        }
    }

    /// Work was done well; its client and how long that took it, where it was the first time and is measured.
    pub(super) fn complete(&mut self, item: &Item, now: u64) -> Option<(u32, u64)> {
        let work = self.works.get_mut(&item.origin.work)?;
        let is_first = !std::mem::replace(&mut work.is_done, true);
        (is_first && work.is_measured).then_some((work.client, now - work.start))
    }
}
