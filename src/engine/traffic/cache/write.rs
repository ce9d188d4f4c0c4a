//! Writes, and what caches learn of them.

use super::Looked;
use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::listener::Listener;
use crate::engine::task::{Task, flag};
use crate::engine::traffic::Traffic;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw};
use crate::model::cache::{Cache, OnWrite, Writes};
use crate::units::SimTime;

impl Traffic {
    /// A key was written.
    pub(super) fn written<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, looked): (TaskId, Looked),
        (settings, writes): (&Cache, &Writes),
    ) {
        let now = SimTime::from_nanos(cx.now);
        let Task { key: name, service, flags, .. } = self.tasks[t];
        let Some(Some(caches)) = self.caches.get_mut(usize::from(service)) else { return };
        caches.written[looked.key as usize] = now;
        match writes.on_write {
            OnWrite::Nothing => return,
            OnWrite::Invalidate => caches.stores[looked.store as usize].drop(looked.key),
            OnWrite::Update => {
                let measured = u64::from(flags & flag::MEASURED != 0);
                caches.bring(settings, Looked { asked: now, ..looked }, (now, false, measured));
            }
        }
        if caches.stores.len() > 1 {
            let delay = writes.coherence.sample(&mut draw(name, Purpose::Coherence));
            let write = caches.untold.keep((looked.key, now));
            let word = Rare::Coherence(u32::from(service), write);
            cx.clock.calendar.plan_rare(now + delay, Rank::Completion, word);
        }
    }

    /// The caches of a service learn of a write.
    pub(in crate::engine) fn hear_of_write(&mut self, (number, write): (u32, u32)) {
        if let Some(Some(caches)) = self.caches.get_mut(number as usize) {
            let (key, at) = caches.untold[write];
            caches.untold.give_back(write);
            let told = &mut caches.told[key as usize];
            *told = (*told).max(at);
        }
    }
}
