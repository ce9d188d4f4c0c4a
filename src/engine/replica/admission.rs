//! Admission: replicas refuse what is too much for them.

use crate::engine::id::TaskId;
use crate::engine::plan::Plan;
use crate::engine::replica::service::Service;
use crate::engine::task::{flag, stage};
use crate::engine::world::State;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::resilience::Ending;
use crate::model::resilience::limit::{Arriving, Limit, LimitSettings, Verdict};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// Who is let in at a replica, or at a service whose queue is shared.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Admission {
    limit: Option<Limit>,
    /// Why those that it refuses fail.
    reason: Reason,
    /// Attempts inside.
    pub(in crate::engine) inside: u32,
}

/// One for each replica where any service refuses, otherwise none.
pub(in crate::engine) fn admissions(plan: &Plan) -> Vec<Admission> {
    if plan.system.services.iter().all(|service| service.admission.is_none() && service.gateway.is_none()) {
        return Vec::new();
    }
    plan.replicas.iter().map(|replica| admission(plan, replica.service as usize)).collect()
}

/// One that has let in nobody yet.
pub(in crate::engine) fn admission(plan: &Plan, service: usize) -> Admission {
    let settings = plan.system.services[service].admission.as_ref();
    let reason = settings.map_or(Reason::Shed, LimitSettings::reason);
    Admission { limit: settings.map(Limit::new), reason, inside: 0 }
}

impl State {
    /// The admission of a replica: with a shared queue all use that of the first.
    pub(in crate::engine) fn admission_of(service: &Service, replica: u32) -> usize {
        (if service.is_shared_queue { service.first } else { replica }) as usize
    }

    /// Asks whether an attempt is let in.
    ///
    /// # Errors
    ///
    /// Why it was refused.
    #[inline(never)]
    pub(in crate::engine) fn ask_admission(
        &mut self,
        plan: &Plan,
        t: TaskId,
        now: u64,
    ) -> Result<(), Reason> {
        let task = &self.traffic.tasks[t];
        let service = &self.fleet.services[task.service as usize];
        if self.fleet.replicas[task.replica as usize].is_crashed && !service.is_shared_queue {
            // A crashed replica refuses nothing by this rule: what arrives meets its crash.
            return Ok(());
        }
        let admission = &mut self.fleet.admissions[Self::admission_of(service, task.replica)];
        let Some(limit) = &mut admission.limit else {
            return self.fleet.take_tokens(plan, task, now);
        };
        let share = draw(mix(task.key, 1), Purpose::Admission).random::<f64>();
        let (under_way, priority) = (admission.inside, task.priority);
        match limit.admit(&Arriving { now: SimTime::from_nanos(now), under_way, priority, share }) {
            Verdict::Refuse => Err(admission.reason),
            Verdict::Admit | Verdict::Wait(_) => Ok(()),
        }
    }

    /// An attempt was served: its admission learns how long that took.
    #[inline]
    pub(in crate::engine) fn note_served_after_admission(&mut self, t: TaskId, now: u64) {
        let task = &self.traffic.tasks[t];
        if self.fleet.services[task.service as usize].has_admission {
            let failure = (task.flags & flag::ERROR != 0).then_some(Reason::Error);
            self.tell_admission(t, now, failure);
        }
    }

    /// An attempt leaves, served or not; one that still waited had to wait too long.
    #[inline(never)]
    pub(in crate::engine) fn leave_admission(&mut self, t: TaskId, now: u64) {
        if self.traffic.tasks[t].flags & stage::MASK == stage::WAITING {
            self.tell_admission(t, now, Some(Reason::Abandoned));
        }
        let task = &self.traffic.tasks[t];
        let admission = Self::admission_of(&self.fleet.services[task.service as usize], task.replica);
        self.fleet.admissions[admission].inside -= 1;
    }

    fn tell_admission(&mut self, t: TaskId, now: u64, failure: Option<Reason>) {
        let task = &self.traffic.tasks[t];
        let number = Self::admission_of(&self.fleet.services[task.service as usize], task.replica);
        let admission = &mut self.fleet.admissions[number];
        let ending = Ending {
            now: SimTime::from_nanos(now),
            took: SimDuration::from_nanos(now - task.enqueued),
            failure,
            is_counted: failure.is_some(),
            under_way: admission.inside,
        };
        if let Some(limit) = &mut admission.limit {
            limit.end(&ending);
        }
    }
}
