//! Records of tasks: taken, given back, found by an event.

use crate::engine::RunError;
use crate::engine::event::{NUMBERS, kind};
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::task::{Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::units::SimTime;

impl Traffic {
    /// A free record for a task.
    pub(in crate::engine) fn allocate<L: Listener>(&mut self, cx: &mut Cx<'_, L>, task: Task) -> TaskId {
        if self.free_task == TaskId::NONE {
            self.grow(cx);
        }
        let t = self.free_task;
        let record = &mut self.tasks[t];
        self.free_task = TaskId::of(record.link);
        *record = task;
        t
    }

    /// Adds a free record.
    #[cold]
    pub(in crate::engine) fn grow<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let t = self.tasks.len() as u32;
        if t + 1 == NUMBERS {
            cx.clock.error = Some(RunError::TooManyTasks { limit: NUMBERS });
            cx.clock.stop();
        }
        self.tasks.push(Task::FREE);
        if self.leaves_queues {
            self.before.push(TaskId::NONE);
        }
        self.free_task = TaskId::of(t);
    }

    /// Frees the record of a task.
    #[inline(always)]
    pub(in crate::engine) fn release(&mut self, t: TaskId) {
        let task = &mut self.tasks[t];
        task.flags = stage::FREE;
        task.link = self.free_task.number();
        self.free_task = t;
    }

    /// Frees the record of an attempt that nobody waits for; the run waits for those of measured requests.
    pub(in crate::engine) fn forget<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if self.tasks[t].flags & flag::MEASURED != 0 {
            self.remaining -= 1;
            if cx.clock.is_draining && self.remaining == 0 {
                cx.clock.stop();
            }
        }
        self.release(t);
    }

    /// An attempt gets no answer.
    pub(in crate::engine) fn ignore<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if self.tasks[t].flags & flag::ORPHAN != 0 {
            self.forget(cx, t);
        } else {
            self.set_stage(t, stage::LOST);
        }
    }

    #[inline]
    pub(in crate::engine) fn set_stage(&mut self, t: TaskId, stage: u16) {
        let flags = &mut self.tasks[t].flags;
        *flags = *flags & !stage::MASK | stage;
    }

    /// Notes whether a task goes to the queue of its service, which buffers at times.
    #[inline(never)]
    pub(in crate::engine) fn note_buffered(&mut self, t: TaskId, is_buffered: bool) {
        if self.buffered.len() <= t.index() {
            self.buffered.resize(self.tasks.len(), false);
        }
        self.buffered[t.index()] = is_buffered;
    }

    /// Whether a task at a service that buffers at times goes to its queue, or waits there.
    pub(in crate::engine) fn is_buffered(&self, t: TaskId) -> bool {
        self.buffered[t.index()]
    }

    /// Plans the end of the patience of a task that waits.
    #[inline(never)]
    pub(in crate::engine) fn lose_patience_later<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let task = &self.tasks[t];
        if let Some(patience) = &plan.system.services[task.service as usize].queue.patience {
            let until = SimTime::from_nanos(now) + patience.sample(&mut draw(task.key, Purpose::Patience));
            self.tasks[t].armed =
                cx.clock.calendar.plan(until, Rank::Timer, kind::of(kind::LIMIT, t.number()));
        }
    }
}
