//! Attempts of which the network let nothing through.

use crate::engine::event::kind;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::task::{Outcome, stage};
use crate::engine::traffic::Traffic;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

impl Traffic {
    /// The caller of an attempt hears after a time that a message cannot get through; that is none itself.
    pub(in crate::engine) fn refuse_later<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        delay: SimDuration,
    ) {
        let now = cx.now;
        self.silence(t);
        self.set_stage(t, stage::BACK);
        self.plan_answer(cx, t, SimTime::from_nanos(now) + delay, Err(Reason::Partitioned));
    }

    pub(in crate::engine) fn plan_answer<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        at: SimTime,
        outcome: Outcome,
    ) {
        self.tasks[t].armed = outcome.map_or_else(|reason| reason as u32, |()| u32::MAX);
        cx.clock.calendar.plan(at, Rank::Completion, kind::of(kind::ANSWER, t.number()));
    }

    /// Nothing will ever be heard of an attempt, and that is the network's doing.
    pub(in crate::engine) fn silence(&mut self, t: TaskId) {
        self.set_stage(t, stage::LOST);
        if self.silenced.len() <= t.index() {
            self.silenced.resize(self.tasks.len(), false);
        }
        self.silenced[t.index()] = true;
    }

    /// Why nothing was heard of an attempt within its timeout.
    pub(in crate::engine) fn why_unheard(&self, t: TaskId) -> Reason {
        let is_lost = self.tasks[t].flags & stage::MASK == stage::LOST;
        if is_lost && self.is_silenced(t) { Reason::Silenced } else { Reason::Timeout }
    }

    /// Whether the last message of an attempt was lost.
    pub(in crate::engine) fn is_silenced(&self, t: TaskId) -> bool {
        self.silenced.get(t.index()).is_some_and(|silenced| *silenced)
    }
}
