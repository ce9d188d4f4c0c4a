//! Which version of a function an attempt gets.

use crate::engine::id::TaskId;
use crate::engine::plan::Plan;
use crate::engine::plan::version::{Asking, version_of};
use crate::engine::task::flag;
use crate::engine::traffic::Traffic;
use crate::engine::world::State;
use crate::kernel::slab::Id;
use crate::model::fleet::version::Version;

impl Traffic {
    /// The version that an attempt got when it was sent.
    #[inline]
    pub(in crate::engine) fn version_of(&self, t: TaskId) -> u8 {
        self.task_version.get(t.index()).copied().unwrap_or(0)
    }

    /// An attempt that was not sent got none, whatever it had where it was before.
    pub(in crate::engine) fn forget_version(&mut self, t: TaskId) {
        if let Some(version) = self.task_version.get_mut(t.index()) {
            *version = u8::MAX;
        }
    }

    /// The same, numbered through all functions that have versions.
    pub(in crate::engine) fn version_number(&self, plan: &Plan, t: TaskId) -> Option<u32> {
        let service = self.tasks[t].service as usize;
        plan.versions.number(&plan.system, (service, self.version_of(t)))
    }
}

impl State {
    /// What the version of an attempt has of its own, where its service has versions: that for which it was sent, or that
    /// of the replica which serves it.
    pub(in crate::engine) fn version_for<'p>(&self, plan: &'p Plan, t: TaskId) -> Option<&'p Version> {
        let task = &self.traffic.tasks[t];
        let number = task.service as usize;
        plan.system.services[number].versions.as_ref()?;
        let version = if self.fleet.services[number].is_function {
            self.traffic.version_of(t)
        } else {
            self.fleet.version_at(number, task.replica)
        };
        version_of(&plan.system, number, version)
    }

    /// An attempt that is sent gets the version for which its sender asks.
    #[inline(never)]
    pub(in crate::engine) fn choose_version_asked(&mut self, plan: &Plan, t: TaskId, now: u64) {
        let event = self.traffic.event_of(t);
        let edge = self.traffic.tasks[t].edge;
        let target = event.map_or_else(|| plan.versions.target(edge), |number| self.queues.target_of(number));
        self.choose_version(plan, (t, target), now);
    }

    /// An attempt that is sent to a function gets one of its versions.
    #[inline(never)]
    pub(in crate::engine) fn choose_version(&mut self, plan: &Plan, (t, target): (TaskId, u8), now: u64) {
        if self.traffic.task_version.len() <= t.index() {
            self.traffic.task_version.resize(self.traffic.tasks.len(), 0);
        }
        let task = &self.traffic.tasks[t];
        let (number, is_measured) = (task.service as usize, task.flags & flag::MEASURED != 0);
        let session = if plan.has_sessions { self.traffic.task_session[t.index()] } else { 0 };
        let asking = Asking { now, key: task.key, session };
        let split = self.incidents.split(number, target);
        let version = match split {
            Some(split) => plan.versions.version_of_split(&plan.system, (number, split), asking),
            None => plan.versions.version(&plan.system, (number, target), asking),
        };
        self.traffic.task_version[t.index()] = version;
        self.record.note_version(number, version, is_measured);
    }
}
