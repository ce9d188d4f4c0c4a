//! Requests from their client's side: they arrive, ask for calls, and end.

use super::attempt::Sending;
use crate::engine::plan::{NONE, Plan};
use crate::engine::probe::{Note, Probe};
use crate::engine::task::{Outcome, Task, flag, stage};
use crate::engine::window::Mark;
use crate::engine::world::{World, kind};
use crate::kernel::calendar::{Key, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::Histogram;
use crate::model::workload::Arrival;
use crate::reason::Reason;
use crate::units::SimTime;
use rand::{Rng, RngExt};

/// An odd number whose multiples spread over all bits.
const DIGEST: u64 = 0x9e37_79b9_7f4a_7c15;

/// A request that ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Request {
    pub(in crate::engine) client: u32,
    /// The instance or user that sent it.
    pub(in crate::engine) origin: u32,
    pub(in crate::engine) start: u64,
    pub(in crate::engine) flags: u16,
}

/// Sites of a caller's own calls, copies of one call and attempts of one copy in the word that makes a key.
#[inline]
pub(in crate::engine) const fn child_key(parent: u64, site: u32, copy: u32) -> u64 {
    mix(parent, (site as u64) << 32 | copy as u64)
}

impl World {
    /// A request of an open client arrives.
    #[inline(always)]
    pub(in crate::engine) fn arrive<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        let number = key.payload();
        let now = key.time();
        let Self { clients, calendar, .. } = self;
        let client = &mut clients[number as usize];
        let request = client.stream.next_u64();
        if let Some(source) = &mut client.source {
            let next = source.next_plain(now, &mut client.stream).unwrap_or_else(|| {
                let arrival = &plan.system.clients[number as usize].arrival;
                source.next(arrival, now, &mut client.stream)
            });
            calendar.advance_source(next, number);
        }
        client.digest = (client.digest ^ now.as_nanos() ^ request).wrapping_mul(DIGEST).rotate_left(29);
        let origin = client.turn;
        client.turn = if origin + 1 == client.instances { 0 } else { origin + 1 };
        self.request(plan, probe, number, (origin, request), now.as_nanos());
    }

    /// A user of a closed client sends a request.
    pub(in crate::engine) fn user_arrives<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        place: u32,
        now: u64,
    ) {
        let (number, user) = self.user_places[place as usize];
        let state = &mut self.clients[number as usize].users[user as usize];
        let request = mix(state.key, state.requests);
        state.requests += 1;
        self.request(plan, probe, number, (user, request), now);
    }

    /// A user thinks, and then sends a request.
    pub(in crate::engine) fn think(&mut self, plan: &Plan, number: u32, user: u32, now: u64) {
        let Arrival::Closed { think, .. } = &plan.system.clients[number as usize].arrival else { return };
        let client = &self.clients[number as usize];
        let state = &client.users[user as usize];
        let wait = think.sample(&mut draw(mix(state.key, state.requests), Purpose::Think));
        let place = client.first_user + user;
        self.calendar.plan(SimTime::from_nanos(now) + wait, Rank::Arrival, kind::of(kind::USER, place));
    }

    /// A request begins: it makes its calls.
    #[inline(always)]
    fn request<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        number: u32,
        (origin, key): (u32, u64),
        now: u64,
    ) {
        let client = &mut self.clients[number as usize];
        let mut flags = 0;
        client.under_way.up(now);
        if self.is_measuring {
            flags |= flag::MEASURED;
            client.book.requests += 1;
            client.book.first_tries += 1;
            // Taken back where no replica is found.
            client.book.attempts += 1;
            self.remaining += 1;
            client.book.window.arrived += 1;
        }
        if client.has_invalid && draw(key, Purpose::Invalid).random::<f64>() < client.invalid {
            flags |= flag::INVALID;
        }
        if P::LISTENS {
            probe.note(SimTime::from_nanos(now), Note::RequestArrived { client: number, request: key });
        }
        let (edge, priority) = (client.only_edge, client.priority);
        if edge == NONE {
            return self.request_of_several(plan, probe, number, (origin, key, flags), now);
        }
        let sending = Sending {
            key: child_key(key, 0, 0),
            owner: origin,
            flags,
            edge: edge as u16,
            attempt: 1,
            priority,
        };
        let call = &plan.edges[edge as usize];
        if call.is_recorded {
            self.clients[number as usize].book.attempts -= u64::from(flags & flag::MEASURED != 0);
            self.call_with_deadline(plan, probe, sending, now);
        } else if let Err(reason) = self.send_plainly(plan, probe, now, (call, sending)) {
            if reason == Reason::NoReplica {
                self.clients[number as usize].book.attempts -= u64::from(flags & flag::MEASURED != 0);
            }
            self.first_failed(plan, probe, sending, now, reason);
        }
    }

    /// A request with several calls, or with a call that is not always made, has a record of its own.
    #[inline(never)]
    fn request_of_several<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        number: u32,
        (origin, key, flags): (u32, u64, u16),
        now: u64,
    ) {
        let client = &mut self.clients[number as usize];
        // Its calls are counted when they are made.
        client.book.first_tries -= u64::from(flags & flag::MEASURED != 0);
        client.book.attempts -= u64::from(flags & flag::MEASURED != 0);
        let priority = client.priority;
        let instance = if client.is_open { origin } else { origin % client.instances };
        let t = self.allocate(Task {
            key,
            start: now,
            enqueued: now,
            started: now,
            due: now,
            armed: NONE,
            owner: origin,
            link: 0,
            replica: instance,
            edge: number as u16,
            service: 0,
            attempt: 1,
            priority,
            flags: flags | flag::REQUEST | stage::CALLING,
        });
        self.begin_calls(plan, probe, t, now);
    }

    /// As [`World::request_over`], for those that are not in a hurry.
    #[inline(never)]
    pub(in crate::engine) fn end_request<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        request: Request,
        now: u64,
        outcome: Outcome,
    ) {
        self.request_over(plan, probe, request, now, outcome);
    }

    /// A request ended.
    #[inline(always)]
    pub(in crate::engine) fn request_over<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        request: Request,
        now: u64,
        outcome: Outcome,
    ) {
        let Request { client: number, origin, start, flags } = request;
        let client = &mut self.clients[number as usize];
        let is_open = client.is_open;
        let latency = now - start;
        client.under_way.down(now);
        let outcome = match outcome {
            Ok(()) if latency > client.good_within => Err(Reason::TooSlow),
            other => other,
        };
        if flags & flag::MEASURED != 0 {
            self.remaining -= 1;
            let book = &mut client.book;
            let mark = match outcome {
                Ok(()) => {
                    book.good += 1;
                    book.latency.record_in(Histogram::bucket(latency), latency);
                    for (within, threshold) in book.within.iter_mut().zip(&plan.span.thresholds) {
                        *within += u64::from(latency <= threshold.as_nanos());
                    }
                    Mark::Good
                }
                Err(reason) => book.fail(reason, latency),
            };
            if start >= self.windows.now_start {
                book.window.note(mark);
            } else {
                self.windows.ended_late(number as usize, start, mark);
            }
        }
        self.failed += u64::from(outcome.is_err_and(|reason| reason != Reason::ClientError));
        if P::LISTENS {
            let (arrived, failure) = (SimTime::from_nanos(start), outcome.err());
            probe.note(SimTime::from_nanos(now), Note::RequestEnded { client: number, arrived, failure });
        }
        if !is_open {
            self.think(plan, number, origin, now);
        }
        if self.is_draining && self.remaining == 0 {
            self.is_over = true;
        }
    }
}
