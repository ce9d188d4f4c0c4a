//! Waiting: jobs join a queue, leave it in the order of its discipline, or lose patience.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::replica::Fleet;
use crate::engine::replica::service::Queue;
use crate::engine::task::{Task, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Key;
use crate::kernel::slab::Id;
use crate::model::queue::Discipline;
use crate::reason::Reason;

/// The links of waiting tasks. `before` is empty where no job ever leaves a queue out of turn.
pub(in crate::engine) struct Links<'a> {
    pub(in crate::engine) tasks: &'a mut [Task],
    pub(in crate::engine) before: &'a mut [TaskId],
    /// The lists of the queue by priority, if it has several.
    pub(in crate::engine) levels: &'a mut [(TaskId, TaskId)],
}

impl Queue {
    #[inline]
    fn ends<'q>(
        &'q mut self,
        levels: &'q mut [(TaskId, TaskId)],
        level: usize,
    ) -> (&'q mut TaskId, &'q mut TaskId) {
        match levels.get_mut(level) {
            Some((head, tail)) => (head, tail),
            None => (&mut self.head, &mut self.tail),
        }
    }

    /// Adds a job at the tail.
    #[inline]
    pub(in crate::engine) fn join(&mut self, links: &mut Links<'_>, t: TaskId, level: usize) {
        self.waiting += 1;
        let (head, tail) = self.ends(links.levels, level);
        links.tasks[t].link = NONE;
        if let Some(before) = links.before.get_mut(t.index()) {
            *before = *tail;
        }
        if *tail == TaskId::NONE {
            *head = t;
        } else {
            links.tasks[*tail].link = t.number();
        }
        *tail = t;
    }

    /// Adds a job at the head.
    pub(in crate::engine) fn join_front(&mut self, links: &mut Links<'_>, t: TaskId, level: usize) {
        self.waiting += 1;
        let (head, tail) = self.ends(links.levels, level);
        links.tasks[t].link = head.number();
        if *head == TaskId::NONE {
            *tail = t;
        } else if let Some(before) = links.before.get_mut(head.index()) {
            *before = t;
        }
        if let Some(before) = links.before.get_mut(t.index()) {
            *before = TaskId::NONE;
        }
        *head = t;
    }

    /// Takes the job at the head of the first list that has one.
    #[inline]
    pub(in crate::engine) fn take(&mut self, links: &mut Links<'_>) -> Option<TaskId> {
        if self.waiting == 0 {
            return None;
        }
        self.waiting -= 1;
        let level = links.levels.iter().position(|(head, _)| *head != TaskId::NONE).unwrap_or(0);
        let (head, tail) = self.ends(links.levels, level);
        let t = *head;
        *head = TaskId::of(links.tasks[t].link);
        if *head == TaskId::NONE {
            *tail = TaskId::NONE;
        } else if let Some(before) = links.before.get_mut(head.index()) {
            *before = TaskId::NONE;
        }
        Some(t)
    }

    /// Takes one job out of turn.
    pub(in crate::engine) fn remove(&mut self, links: &mut Links<'_>, t: TaskId, level: usize) {
        self.waiting -= 1;
        let (previous, next) = (links.before[t.index()], TaskId::of(links.tasks[t].link));
        if next != TaskId::NONE {
            links.before[next.index()] = previous;
        }
        if previous != TaskId::NONE {
            links.tasks[previous].link = next.number();
        }
        let (head, tail) = self.ends(links.levels, level);
        if *head == t {
            *head = next;
        }
        if *tail == t {
            *tail = previous;
        }
    }

    /// Takes every job, in order.
    pub(in crate::engine) fn take_all(&mut self, links: &mut Links<'_>) -> Vec<TaskId> {
        std::iter::from_fn(|| self.take(links)).collect()
    }
}

impl Fleet {
    /// The number of the queue of a service, after those of all replicas, which are numbered as these.
    pub(in crate::engine) fn line_of_service(&self, number: usize) -> u32 {
        (self.replicas.len() + number) as u32
    }

    fn queue(&mut self, number: usize, line: u32) -> &mut Queue {
        match self.replicas.get_mut(line as usize) {
            Some(replica) => &mut replica.queue,
            None => &mut self.services[number].queue,
        }
    }
}

impl State {
    /// The number of the queue in which a task waits, or would.
    #[inline]
    pub(in crate::engine) fn line_of(&self, t: TaskId) -> u32 {
        let task = &self.traffic.tasks[t];
        let number = task.service as usize;
        if self.fleet.services[number].has_service_queue && self.passes_service_queue(t) {
            self.fleet.line_of_service(number)
        } else {
            task.replica
        }
    }

    /// A queue of a service by its number, with its links.
    pub(in crate::engine) fn queue_of(&mut self, service: usize, line: u32) -> (&mut Queue, Links<'_>) {
        let queue = match self.fleet.replicas.get_mut(line as usize) {
            Some(replica) => &mut replica.queue,
            None => &mut self.fleet.services[service].queue,
        };
        let levels = self.fleet.levels.get_mut(line as usize).map_or(&mut [][..], Vec::as_mut_slice);
        (queue, Links { tasks: &mut self.traffic.tasks, before: &mut self.traffic.before, levels })
    }

    /// A task waits if there is a place; whether there was.
    pub(in crate::engine) fn wait<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let (number, line) = (self.traffic.tasks[t].service as usize, self.line_of(t));
        let waiting = self.fleet.queue(number, line).waiting;
        let service = &self.fleet.services[number];
        if waiting >= service.capacity {
            return false;
        }
        let has_patience = service.has_patience;
        self.stand_in_line(cx, t, has_patience);
        true
    }

    /// A task waits at its replica, or for its service, however many do.
    pub(in crate::engine) fn stand_in_line<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        has_patience: bool,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let line = self.line_of(t);
        let task = &mut self.traffic.tasks[t];
        let (number, priority) = (task.service as usize, task.priority);
        task.flags = task.flags & !stage::MASK | stage::WAITING;
        let discipline = self.fleet.services[number].discipline;
        let queue = self.fleet.queue(number, line);
        let metrics = &mut self.record.services[number];
        metrics.queue.up(now);
        metrics.queue_max = metrics.queue_max.max(queue.waiting + 1);
        if discipline == Discipline::Fifo {
            let links = &mut Links {
                tasks: &mut self.traffic.tasks,
                before: &mut self.traffic.before,
                levels: &mut [],
            };
            queue.join(links, t, 0);
        } else {
            self.note_filled((number, line), now);
            self.wait_in_order(plan, t, (number, line, priority));
        }
        self.fleet.note_in_line((number, line), now);
        if has_patience {
            self.traffic.lose_patience_later(cx, t);
        }
    }

    #[inline(never)]
    fn wait_in_order(&mut self, plan: &Plan, t: TaskId, (service, line, priority): (usize, u32, u8)) {
        let discipline = self.fleet.services[service].discipline;
        let (queue, mut links) = self.queue_of(service, line);
        if discipline == Discipline::Lifo {
            queue.join_front(&mut links, t, 0);
        } else {
            queue.join(&mut links, t, plan.level(priority));
        }
    }

    /// Patience may have ended.
    pub(in crate::engine) fn lose_patience<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, key: Key) {
        let task = &self.traffic.tasks[t];
        if task.armed == key.stamp() && task.flags & stage::MASK == stage::WAITING {
            self.leave_queue(cx, t);
            self.left(cx, t);
            self.answer(cx, t, Err(Reason::Abandoned));
        }
    }

    /// A waiting task leaves its queue out of turn.
    pub(in crate::engine) fn leave_queue<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (service, replica) = (self.traffic.tasks[t].service as usize, self.traffic.tasks[t].replica);
        self.step_out_of_queue(cx, t);
        if self.fleet.services[service].is_function {
            // The room that it had goes to who waits for some.
            let id = self.fleet.pool_at(service, replica);
            self.serve_account(cx, id);
        }
    }

    /// The same where nobody gets the room that it had.
    pub(in crate::engine) fn step_out_of_queue<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let line = self.line_of(t);
        let task = &self.traffic.tasks[t];
        let (service, replica, level) = (task.service as usize, task.replica, plan.level(task.priority));
        self.record.services[service].queue.down(now);
        self.note_wait(t, now);
        let (queue, mut links) = self.queue_of(service, line);
        queue.remove(&mut links, t, level);
        self.fleet.note_in_line((service, line), now);
        if self.fleet.services[service].is_function {
            self.instance_not_waited_for(cx, service, replica);
        }
    }
}
