//! Records of tasks: taken, given back, found by an event.

use crate::engine::RunError;
use crate::engine::event::NUMBERS;
use crate::engine::plan::NONE;
use crate::engine::traffic::task::{Task, flag, stage};
use crate::engine::world::World;

impl World {
    /// A free record for a task.
    pub(in crate::engine) fn allocate(&mut self, task: Task) -> u32 {
        if self.traffic.free_task == NONE {
            self.grow();
        }
        let t = self.traffic.free_task;
        let record = &mut self.traffic.tasks[t as usize];
        self.traffic.free_task = record.link;
        *record = task;
        t
    }

    /// Adds a free record.
    #[cold]
    pub(in crate::engine) fn grow(&mut self) {
        let t = self.traffic.tasks.len() as u32;
        if t + 1 == NUMBERS {
            self.clock.error = Some(RunError::TooManyTasks { limit: NUMBERS });
            self.stop_here();
        }
        self.traffic.tasks.push(Task::FREE);
        if self.traffic.leaves_queues {
            self.traffic.before.push(NONE);
        }
        self.traffic.free_task = t;
    }

    /// Frees the record of a task.
    #[inline(always)]
    pub(in crate::engine) fn release(&mut self, t: u32) {
        let task = &mut self.traffic.tasks[t as usize];
        task.flags = stage::FREE;
        task.link = self.traffic.free_task;
        self.traffic.free_task = t;
    }

    /// Frees the record of an attempt that nobody waits for; the run waits for those of measured requests.
    pub(in crate::engine) fn forget(&mut self, t: u32) {
        if self.traffic.tasks[t as usize].flags & flag::MEASURED != 0 {
            self.traffic.remaining -= 1;
            if self.clock.is_draining && self.traffic.remaining == 0 {
                self.stop_here();
            }
        }
        self.release(t);
    }
}
