//! Who looks at a replica and waits there for a slot, as a request would, takes it for no time and goes.

use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::task::Task;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Handle;
use crate::model::monitoring::Found;
use crate::units::SimDuration;

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Looking {
    /// A decider: the place of its check, and its number there.
    Check(u32, u64),
    /// The host of a replica: that, and what tells the probe from others.
    Liveness(u32, u32),
}

/// Who looks at a replica, and since when [ns].
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Prober {
    looking: Looking,
    since: u64,
}

/// What a look that is under way will find, where it is answered in time.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Awaited {
    pub(in crate::engine) found: Found,
    /// How long the answer is on its way.
    pub(in crate::engine) back: SimDuration,
    /// When it is given up.
    pub(in crate::engine) timer: Option<Handle>,
}

/// Whether somebody who looks has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Turn {
    /// At once.
    Now,
    /// Behind those who wait already.
    Later,
    /// There is no place to wait.
    Refused,
    /// Nobody is there to give it.
    Never,
}

impl Fleet {
    /// Somebody who looks at a replica asks for a slot.
    pub(in crate::engine) fn ask_for_turn(&mut self, r: u32, looking: Looking, now: u64) -> Turn {
        let replica = &self.replicas[r as usize];
        let service = &self.services[replica.service as usize];
        if !replica.works {
            return Turn::Never;
        }
        if replica.busy < replica.slots {
            return Turn::Now;
        }
        if replica.queue.waiting >= service.capacity {
            return Turn::Refused;
        }
        let Some(probers) = self.probers.get_mut(r as usize) else { return Turn::Now };
        probers.push(Prober { looking, since: now });
        Turn::Later
    }

    /// A replica stops: nobody who waits for it has a turn any more.
    pub(in crate::engine) fn turn_away(&mut self, r: u32) {
        if let Some(probers) = self.probers.get_mut(r as usize) {
            probers.clear();
        }
    }

    /// The next of those who look at a replica with a free slot whose turn it is: who came before the job that has waited
    /// longest. What arrives at the same instant stands behind.
    fn next_prober(&mut self, r: u32, tasks: &[Task]) -> Option<Looking> {
        // Where somebody looks through the queue, that is one list in the order of arrival; others may have several.
        let since = self.probers.get(r as usize)?.first()?.since;
        let queue = &self.replicas[r as usize].queue;
        let is_turn = queue.waiting == 0 || since <= tasks[queue.head].enqueued;
        is_turn.then(|| self.probers[r as usize].remove(0).looking)
    }
}

impl State {
    /// A replica has a free slot: who looks at it and came before all that wait is answered.
    pub(super) fn answer_probers<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        while let Some(looking) = self.fleet.next_prober(r, &self.traffic.tasks) {
            match looking {
                Looking::Check(place, sent) => self.knowledge.check_answered(cx, (place, sent)),
                Looking::Liveness(replica, turn) => self.incidents.liveness_answered(cx, (replica, turn)),
            }
        }
    }
}
