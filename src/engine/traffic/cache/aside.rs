//! Caches that a service asks after its own work, before it calls others.

use super::look_up::{Asker, Said};
use super::{Looked, Part};
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::task::{Outcome, Task, stage};
use crate::engine::traffic::Traffic;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw};
use crate::model::cache::{Cache, CacheSkips};
use crate::reason::Reason;
use crate::units::SimTime;

impl Traffic {
    /// Calls of a task went well, or one that it needed failed: its cache learns of it. How the task goes on.
    #[inline(never)]
    pub(in crate::engine) fn calls_fetched<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        outcome: Outcome,
    ) -> Outcome {
        if self.cache_aside(cx, t).is_some() { self.fetched(cx, t, outcome) } else { outcome }
    }

    /// The cache that stands between a task's service and those that it calls.
    fn cache_aside<'p, L: Listener>(&self, cx: &Cx<'p, L>, t: TaskId) -> Option<&'p Cache> {
        let settings = cx.plan.system.services[usize::from(self.tasks[t].service)].cache.as_deref();
        settings.filter(|settings| settings.skips == CacheSkips::Calls)
    }
}

impl State {
    /// A task is about to make its calls: whether its cache answers in place of them, or has it wait.
    #[inline(never)]
    pub(in crate::engine) fn spares_calls<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let Some(settings) = self.traffic.cache_aside(cx, t) else { return false };
        let Task { key: name, service, flags, replica, .. } = self.traffic.tasks[t];
        let request = self.traffic.origin_of(t).work.request;
        let zone = self.fleet.seats.zones[replica as usize];
        let seat = replica - cx.plan.services[usize::from(service)].first;
        let asker = Asker { name, request, zone, seat, flags };
        let Some((looked, said)) = self.traffic.consult(cx, (usize::from(service), settings), asker) else {
            return false;
        };
        match said {
            Said::Fetch(_) => {
                self.traffic.take_off(t, looked);
                return false;
            }
            Said::Wait => {
                self.traffic.open_calls(cx, t);
                self.traffic.begin_to_wait(cx, (t, looked));
            }
            Said::Answer(answer) => {
                if answer.is_wrong {
                    self.traffic.turn_wrong(t);
                }
                self.traffic.open_calls(cx, t);
                let took = settings.hit_time.sample(&mut draw(name, Purpose::HitTime));
                let failure = answer.outcome.err();
                if took.is_zero() {
                    self.end_calls(cx, t, failure);
                } else {
                    self.traffic.note_looked(t, Looked { part: Part::Answered(failure), ..looked });
                    let at = SimTime::from_nanos(cx.now) + took;
                    cx.clock.calendar.plan_rare(at, Rank::Completion, Rare::CacheHit(t, name));
                }
            }
        }
        true
    }

    /// The calls of a task are done without having been made.
    fn end_calls<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, failure: Option<Reason>) {
        if let Some(reason) = failure {
            self.traffic.note_failed_call(t, reason);
        }
        self.calls_done(cx, t);
    }

    /// What a cache answers in place of a task's calls is with the task.
    pub(in crate::engine) fn calls_answered<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, name): (TaskId, u64),
    ) {
        if self.traffic.tasks[t].flags & stage::MASK != stage::CALLING {
            return;
        }
        let Some(looked) = self.traffic.looked(t).filter(|looked| looked.name == name) else { return };
        let Part::Answered(failure) = looked.part else { return };
        looked.part = Part::None;
        self.end_calls(cx, t, failure);
    }

    /// A task that waited for the fetch of another makes its calls itself.
    pub(super) fn call_itself<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        self.traffic.fetch_itself(t, cx.now);
        self.make_calls_opened(cx, t);
    }
}
