//! The common case of functions in one piece: a request that finds a warm instance, which serves nobody else, and its end.
//!
//! What it does is what [`State::invoke`] and [`State::depart_slowly`] do, which take over whenever anything else is to be
//! asked or told; the tests compare the bytes of both.

use crate::engine::event::{Rare, kind};
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Way};
use crate::engine::replica::work::at_pace;
use crate::engine::task::{Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::direct::ODD;
use crate::engine::traffic::request::Request;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::measure::Histogram;
use crate::reason::Reason;
use crate::units::SimTime;

impl State {
    /// Sends an attempt to a function: it begins at a warm instance, or is sent as any other.
    ///
    /// # Errors
    ///
    /// See [`State::send_plainly`].
    #[inline(never)]
    pub(in crate::engine) fn invoke_directly<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        way: Way,
        sending: &Sending,
    ) -> Result<TaskId, Reason> {
        let now = cx.now;
        let number = way.service as usize;
        let Self { traffic, fleet, record, .. } = self;
        let Some((r, requests)) = fleet.take_warm(number, now) else {
            return self.send_slowly(cx, *sending, &[]);
        };
        if traffic.free_task == TaskId::NONE {
            traffic.grow(cx);
        }
        let t = traffic.free_task;
        let (service, metrics) = (&fleet.services[number], &mut record.services[number]);
        let is_measured = sending.flags & flag::MEASURED != 0;
        traffic.last_picked = service.door;
        let replica = &mut fleet.replicas[r as usize];
        replica.inside.push(t);
        replica.busy = 1;
        metrics.busy.up(now);
        metrics.inside.up(now);
        if is_measured {
            metrics.attempts += 1;
            metrics.at_once += 1;
        }
        if let Some(function) = record.functions[number].as_deref_mut() {
            function.served_warm(is_measured, requests, now);
        }
        let demand = service.demand.sample(&mut draw(sending.key, Purpose::Demand)).as_nanos();
        let due = now.saturating_add(at_pace(demand, replica.pace));
        let at = SimTime::from_nanos(due);
        let armed = cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::DEPARTURE, t.number()));
        let place = &mut traffic.tasks[t];
        traffic.free_task = TaskId::of(place.link);
        let task = sending.task(now, way, r);
        *place = Task { due, armed, link: 0, flags: task.flags | stage::RUNNING, ..task };
        if way.timeout_lane != NONE {
            cx.clock.calendar.start_timer(way.timeout_lane as usize, SimTime::from_nanos(now), t.number());
        }
        Ok(t)
    }

    /// A request at an instance has done its work.
    #[inline(always)]
    pub(in crate::engine) fn depart_from_instance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        cx.clock.calendar.pop();
        let Self { traffic: Traffic { tasks, free_task, .. }, fleet, record, .. } = self;
        let task = &mut tasks[t];
        let (number, r) = (task.service as usize, task.replica);
        let metrics = &mut record.services[number];
        let (flags, start, edge, origin) = (task.flags, task.start, task.edge, task.owner);
        let (sojourn, served) = (now - task.enqueued, now - task.started);
        let bucket = Histogram::bucket(sojourn);
        // Most requests had their instance at once, and most answers are not under way.
        let same = |time| if time == sojourn { bucket } else { Histogram::bucket(time) };
        task.due = now;
        if flags & ODD == 0 {
            task.flags = stage::FREE;
            task.link = free_task.number();
            *free_task = t;
        }
        if flags & flag::MEASURED != 0 {
            metrics.record_served((sojourn, bucket), served);
        }
        metrics.inside.down(now);
        metrics.busy.down(now);
        let replica = &mut fleet.replicas[r as usize];
        replica.inside.clear();
        replica.busy = 0;
        if let Some((requests, expiry)) = fleet.rest_easily(number, r, now) {
            if let Some(function) = record.functions[number].as_deref_mut() {
                function.is_free(requests, now);
                function.bill(served, flags, false);
            }
            if let Some(at) = expiry {
                let generation = fleet.seats.all[r as usize].generation;
                cx.clock.calendar.plan_rare(at, Rank::Timer, Rare::Expiry(r, generation));
            }
        } else {
            self.bill_request(number, r, (served, flags));
            self.instance_freed(cx, number, r);
        }
        if flags & ODD != 0 {
            return self.answer_served(cx, t);
        }
        let client = u32::from(plan.edges[edge as usize].caller);
        self.request_over(cx, Request { client, origin, start, flags }, Ok(()), same);
    }
}
