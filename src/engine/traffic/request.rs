//! Requests from their client's side: they arrive, ask for calls, and end.

use crate::engine::RunError;
use crate::engine::event::kind;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, Plan, Way};
use crate::engine::record::metrics::ClientMetrics;
use crate::engine::record::window::Mark;
use crate::engine::task::{Origin, Outcome, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::client::Client;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Key, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::measure::Histogram;
use crate::model::workload::{Arrival, next_of_poisson};
use crate::reason::Reason;
use crate::units::SimTime;
use rand::{Rng, RngExt};

/// An odd number whose multiples spread over all bits.
const DIGEST: u64 = 0x9e37_79b9_7f4a_7c15;

/// What a client says of a request that it begins.
#[derive(Debug, Clone, Copy)]
struct Opening {
    key: u64,
    flags: u16,
    /// Its only call, if it has only one, and the way of that if it has neither deadline nor guard.
    edge: u32,
    way: Option<Way>,
    priority: u8,
}

impl Client {
    /// Counts a request in at `now`, and to those that remain if it is measured.
    #[inline(always)]
    fn open(
        &self,
        (metrics, remaining): (&mut ClientMetrics, &mut u64),
        (is_measured, key, now): (bool, u64, u64),
    ) -> Opening {
        let mut flags = 0;
        metrics.under_way.up(now);
        metrics.steps.open.owned += 1;
        if is_measured {
            flags |= flag::MEASURED;
            metrics.window.arrived += 1;
            *remaining += 1;
        }
        if self.has_invalid && draw(key, Purpose::Invalid).random::<f64>() < self.invalid {
            flags |= flag::INVALID;
        }
        Opening { key, flags, edge: self.only_edge, way: self.way, priority: self.priority }
    }
}

/// A request that ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Request {
    pub(in crate::engine) client: u32,
    /// The user that sent it, or the instance; see [`Traffic::name_request`].
    pub(in crate::engine) origin: u32,
    pub(in crate::engine) start: u64,
    pub(in crate::engine) flags: u16,
}

/// The key of what an attempt calls, by the site of the call and the copy. Further attempts of a call are named by their
/// numbers, up to 255, and its first one by none: no copy may have such a word.
#[inline]
pub(in crate::engine) const fn child_key(parent: u64, site: u32, copy: u32) -> u64 {
    mix(parent, (site as u64) << 32 | (copy as u64) << 8)
}

impl Traffic {
    /// While somebody listens, the origin of an open client's request also tells which request it is. What is left of
    /// it after division by the number of instances is the instance all the same.
    #[inline(never)]
    fn name_request<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32, instance: u32, key: u64) -> u32 {
        let place = self.request_keys.keep(key);
        let instances = self.clients[number as usize].instances;
        let origin = (u64::from(place) + 1) * u64::from(instances) + u64::from(instance);
        u32::try_from(origin).unwrap_or_else(|_| {
            cx.clock.error = Some(RunError::TooManyTasks { limit: u32::MAX / instances });
            cx.clock.stop();
            instance
        })
    }

    /// The key of a request that ends; 0 where nobody listened when it arrived.
    #[inline(never)]
    fn request_key(&mut self, number: u32, origin: u32) -> u64 {
        let client = &self.clients[number as usize];
        if client.is_traced() {
            return self.key_of_call(origin);
        }
        if let Some(user) = client.users.get(origin as usize).filter(|_| !client.is_open) {
            // A user has one request at a time.
            return mix(user.key, user.requests - 1);
        }
        let Some(place) = (origin / client.instances).checked_sub(1) else { return 0 };
        self.request_keys.give_back(place);
        self.request_keys[place]
    }

    /// A user thinks, and then sends a request.
    pub(in crate::engine) fn think<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32, user: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let Arrival::Closed { think, .. } = &plan.system.clients[number as usize].arrival else { return };
        let client = &self.clients[number as usize];
        let state = &client.users[user as usize];
        let wait = think.sample(&mut draw(mix(state.key, state.requests), Purpose::Think));
        let place = client.first_user + user;
        cx.clock.plan_about(SimTime::from_nanos(now) + wait, Rank::Arrival, (kind::USER, place));
    }
}

impl State {
    /// A request of an open client arrives.
    #[inline(always)]
    pub(in crate::engine) fn arrive<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        let (plan, number, now) = (cx.plan, key.payload(), key.time());
        if cx.now >= self.record.clients[number as usize].steps.end {
            self.turn_steps(cx, number);
        }
        let client = &mut self.traffic.clients[number as usize];
        let metrics = &mut self.record.clients[number as usize];
        let request = client.stream.next_u64();
        let calendar = &mut cx.clock.calendar;
        if client.gap > 0.0 {
            calendar.advance_source(next_of_poisson(client.gap, now, &mut client.stream), number);
        } else if let Some(source) = &mut client.source {
            if source.call().is_some() {
                return self.call_arrives(cx, number);
            }
            let arrival = &plan.system.clients[number as usize].arrival;
            calendar.advance_source(source.next(arrival, now, &mut client.stream), number);
        }
        metrics.digest = (metrics.digest ^ cx.now ^ request).wrapping_mul(DIGEST).rotate_left(29);
        let origin = client.turn;
        client.turn = if origin + 1 == client.instances { 0 } else { origin + 1 };
        let opening =
            client.open((metrics, &mut self.traffic.remaining), (cx.clock.is_measuring, request, cx.now));
        let origin = if L::LISTENS { self.traffic.name_request(cx, number, origin, request) } else { origin };
        self.request(cx, (number, origin), opening);
    }

    /// A call of a trace arrives: its request brings its function along.
    #[inline(never)]
    fn call_arrives<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let (plan, now) = (cx.plan, SimTime::from_nanos(cx.now));
        let client = &mut self.traffic.clients[number as usize];
        let metrics = &mut self.record.clients[number as usize];
        let Some(source) = &mut client.source else { return };
        let Some(call) = source.call() else { return };
        let arrival = &plan.system.clients[number as usize].arrival;
        cx.clock.calendar.advance_source(source.next(arrival, now, &mut client.stream), number);
        metrics.digest = (metrics.digest ^ cx.now ^ call.key).wrapping_mul(DIGEST).rotate_left(29);
        let opening =
            client.open((metrics, &mut self.traffic.remaining), (cx.clock.is_measuring, call.key, cx.now));
        let origin = if L::LISTENS { self.traffic.name_call(call) } else { call.origin };
        self.request(cx, (number, origin), opening);
    }

    /// A user of a closed client sends a request.
    pub(in crate::engine) fn user_arrives<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let now = cx.now;
        let (number, user) = self.traffic.user_places[place as usize];
        if now >= self.record.clients[number as usize].steps.end {
            self.turn_steps(cx, number);
        }
        let client = &mut self.traffic.clients[number as usize];
        let metrics = &mut self.record.clients[number as usize];
        let state = &mut client.users[user as usize];
        let request = mix(state.key, state.requests);
        state.requests += 1;
        let opening =
            client.open((metrics, &mut self.traffic.remaining), (cx.clock.is_measuring, request, now));
        self.request(cx, (number, user), opening);
    }

    /// A request begins: it makes its calls.
    #[inline(always)]
    fn request<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, origin): (u32, u32), opening: Opening) {
        let now = cx.now;
        let Opening { key, flags, edge, priority, way } = opening;
        if L::LISTENS {
            cx.listener.note(SimTime::from_nanos(now), Note::RequestArrived { client: number, request: key });
        }
        if edge == NONE {
            return self.request_of_several(cx, number, (origin, key, flags));
        }
        let sending = Sending {
            key: child_key(key, 0, 0),
            owner: origin,
            flags,
            edge: edge as u16,
            attempt: 1,
            priority,
            origin: Origin::request(number, key),
        };
        let Some(way) = way else { return self.call_by_rules(cx, (number, sending)) };
        if let Err(reason) = self.send_plainly(cx, (way, &sending)) {
            if reason.is_before_sending() {
                self.record.clients[number as usize].attempts_beyond -=
                    i64::from(flags & flag::MEASURED != 0);
            }
            self.first_failed(cx, sending, reason);
        }
    }

    /// A request with several calls, or with a call that is not always made, has a record of its own.
    #[inline(never)]
    fn request_of_several<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: u32,
        (origin, key, flags): (u32, u64, u16),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let client = &mut self.traffic.clients[number as usize];
        // Its calls are counted when they are made.
        let metrics = &mut self.record.clients[number as usize];
        metrics.first_tries_beyond -= i64::from(flags & flag::MEASURED != 0);
        metrics.attempts_beyond -= i64::from(flags & flag::MEASURED != 0);
        let priority = client.priority;
        let instance = origin % client.instances;
        let t = self.traffic.allocate(
            cx,
            Task {
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
            },
        );
        self.traffic.note_origin(plan, t, Origin::request(number, key));
        self.begin_calls(cx, t);
    }

    /// As [`State::request_over`], for those that are not in a hurry.
    #[inline(never)]
    pub(in crate::engine) fn end_request<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        request: Request,
        outcome: Outcome,
    ) {
        let outcome = self.traffic.unmasked(&request, outcome, cx.now);
        self.request_over(cx, request, outcome, Histogram::bucket);
    }

    /// A request ended; `bucket` gives that of its latency.
    #[inline(always)]
    pub(in crate::engine) fn request_over<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        request: Request,
        outcome: Outcome,
        bucket: impl Fn(u64) -> usize,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Request { client: number, origin, start, flags } = request;
        let client = &self.traffic.clients[number as usize];
        let metrics = &mut self.record.clients[number as usize];
        let ends_plainly = client.ends_plainly;
        let latency = now - start;
        metrics.under_way.down(now);
        let outcome = match outcome {
            Ok(()) if latency > client.good_within => Err(Reason::TooSlow),
            other => other,
        };
        let is_of_now = start >= self.record.windows.now_start && metrics.steps.is_open_at(start);
        if outcome.is_ok() && is_of_now && flags & flag::MEASURED != 0 {
            self.traffic.remaining -= 1;
            metrics.ended_well(bucket(latency), latency, &plan.span.thresholds);
            metrics.window.good += 1;
            metrics.steps.open.good += 1;
        } else {
            self.count_ended(plan, request, outcome, latency);
        }
        self.record.tell_now(cx);
        if L::LISTENS {
            let request = self.traffic.request_key(number, origin);
            let (arrived, failure) = (SimTime::from_nanos(start), outcome.err().map(Reason::counted));
            let note = Note::RequestEnded { client: number, request, arrived, failure };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        if !ends_plainly {
            self.request_over_attended(cx, (number, origin), (outcome, latency));
        }
        if cx.clock.is_draining && self.traffic.remaining == 0 {
            cx.clock.stop();
        }
    }

    /// Counts a request that ended after so long [ns], however that was.
    #[inline(never)]
    fn count_ended(&mut self, plan: &Plan, request: Request, outcome: Outcome, latency: u64) {
        let Request { client: number, start, flags, .. } = request;
        let metrics = &mut self.record.clients[number as usize];
        if flags & flag::MEASURED != 0 {
            self.traffic.remaining -= 1;
            let mark = match outcome {
                Ok(()) => {
                    metrics.ended_well(Histogram::bucket(latency), latency, &plan.span.thresholds);
                    Mark::Good
                }
                Err(reason) => metrics.fail(reason, latency),
            };
            if start >= self.record.windows.now_start {
                metrics.window.note(mark);
            } else {
                self.record.windows.ended_late(number as usize, start, mark);
            }
        }
        metrics.steps.ended(start, latency, flags, outcome);
        self.record.failed += u64::from(outcome.is_err_and(|reason| reason != Reason::ClientError));
    }

    /// What follows from the end of a request, where anything does: monitors count it, and its user thinks.
    #[inline(never)]
    fn request_over_attended<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, origin): (u32, u32),
        (outcome, latency): (Outcome, u64),
    ) {
        let client = &self.traffic.clients[number as usize];
        let is_open = client.is_open;
        if client.is_watched {
            // Nobody who watches knows that an answer is wrong.
            let failure = outcome.err().filter(|reason| *reason != Reason::Corrupt);
            let is_answered = matches!(failure, None | Some(Reason::TooSlow));
            let part = cx.plan.services.len() + number as usize;
            let latency = is_answered.then_some(latency);
            self.incidents.monitors.note_ended(part, failure, latency);
        }
        if !is_open {
            self.traffic.think(cx, number, origin);
        }
    }
}
