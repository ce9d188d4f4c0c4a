//! Queues whose policy is asked for each job.

use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::model::queue::{Discipline, Next, QueueOrder, Waiting};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// The policy of one queue, and since when somebody waits in it [ns].
#[derive(Debug, Clone)]
pub(in crate::engine) struct AskedQueue {
    policy: QueueOrder,
    filled: u64,
}

/// One for each replica and then for each service, if any policy is asked at all.
pub(in crate::engine) fn asked_queues(plan: &Plan) -> Vec<AskedQueue> {
    let services = &plan.system.services;
    if services.iter().all(|service| service.queue.policy.discipline() != Discipline::Asked) {
        return Vec::new();
    }
    let replicas = plan.replicas.iter().map(|replica| replica.service as usize);
    replicas.chain(0..services.len()).map(|service| asked_queue(plan, service)).collect()
}

/// The policy of a queue of a service in which nobody has waited yet.
pub(in crate::engine) fn asked_queue(plan: &Plan, service: usize) -> AskedQueue {
    AskedQueue { policy: QueueOrder::new(&plan.system.services[service].queue.policy), filled: 0 }
}

impl Fleet {
    /// Whether there is a free slot for the jobs of a queue.
    fn has_free_slot(&self, number: usize, line: u32) -> bool {
        match self.replicas.get(line as usize) {
            Some(replica) => replica.works && replica.busy < replica.slots,
            None => !self.services[number].free.is_empty(),
        }
    }
}

impl State {
    /// A job is about to join a queue.
    pub(in crate::engine) fn note_filled(&mut self, (number, line): (usize, u32), now: u64) {
        if self.fleet.services[number].discipline == Discipline::Asked {
            let is_empty = self.queue_of(number, line).0.waiting == 0;
            let filled = &mut self.fleet.asked_queues[line as usize].filled;
            *filled = if is_empty { now } else { *filled };
        }
    }

    /// Takes the next job out of a queue for which there is a free slot.
    #[inline]
    pub(in crate::engine) fn take_next<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, line): (usize, u32),
    ) -> Option<TaskId> {
        if self.fleet.services[number].discipline == Discipline::Asked {
            return self.ask_for_next(cx, (number, line));
        }
        let (queue, mut links) = self.queue_of(number, line);
        queue.take(&mut links)
    }

    #[inline(never)]
    fn ask_for_next<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, line): (usize, u32),
    ) -> Option<TaskId> {
        let now = cx.now;
        loop {
            let queue = *self.queue_of(number, line).0;
            if queue.waiting == 0 {
                return None;
            }
            let since = |start: u64| SimDuration::from_nanos(now - start);
            let first = since(self.traffic.tasks[queue.head].enqueued);
            let order = &mut self.fleet.asked_queues[line as usize];
            let busy = since(order.filled);
            let waiting = Waiting { now: SimTime::from_nanos(now), jobs: queue.waiting, first, busy };
            let next = order.policy.next(&waiting);
            let (queue, mut links) = self.queue_of(number, line);
            match next {
                Next::First => return queue.take(&mut links),
                Next::Last => {
                    let last = queue.tail;
                    queue.remove(&mut links, last, 0);
                    return Some(last);
                }
                Next::Shed => {
                    let job = queue.take(&mut links)?;
                    self.record.services[number].queue.down(now);
                    self.note_wait(job, now);
                    self.left(cx, job);
                    self.answer(cx, job, Err(Reason::Shed));
                    // What its caller did next may have taken the slot.
                    if !self.fleet.has_free_slot(number, line) {
                        return None;
                    }
                }
            }
        }
    }
}
