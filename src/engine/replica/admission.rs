//! The doors of replicas that refuse what is too much for them.

use crate::engine::plan::Plan;
use crate::engine::replica::service::Service;
use crate::engine::traffic::task::{flag, stage};
use crate::engine::world::World;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::resilience::Ending;
use crate::model::resilience::limit::{Arriving, Limit, LimitSettings, Verdict};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// What stands at the door of a replica, or of a service whose queue is shared.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Door {
    limit: Option<Limit>,
    /// Why those that it refuses fail.
    reason: Reason,
    /// Attempts inside.
    pub(in crate::engine) inside: u32,
}

/// A door for each replica where any service has them, otherwise none.
pub(in crate::engine) fn doors(plan: &Plan) -> Vec<Door> {
    if plan.system.services.iter().all(|service| service.admission.is_none()) {
        return Vec::new();
    }
    plan.replicas.iter().map(|replica| door(plan, replica.service as usize)).collect()
}

/// A door through which nobody has come yet.
pub(in crate::engine) fn door(plan: &Plan, service: usize) -> Door {
    let settings = plan.system.services[service].admission.as_ref();
    let reason = settings.map_or(Reason::Shed, LimitSettings::reason);
    Door { limit: settings.map(Limit::new), reason, inside: 0 }
}

impl World {
    /// The door through which attempts come to a replica: with a shared queue all use that of the first.
    pub(in crate::engine) fn door_of(service: &Service, replica: u32) -> usize {
        (if service.is_shared_queue { service.first } else { replica }) as usize
    }

    /// Asks whether an attempt is let in.
    ///
    /// # Errors
    ///
    /// Why it was refused.
    #[inline(never)]
    pub(in crate::engine) fn ask_door(&mut self, t: u32, now: u64) -> Result<(), Reason> {
        let task = &self.traffic.tasks[t as usize];
        let service = &self.fleet.services[task.service as usize];
        if self.fleet.replicas[task.replica as usize].is_crashed && !service.is_shared_queue {
            // Nobody stands there to refuse anything.
            return Ok(());
        }
        let door = &mut self.fleet.admissions[Self::door_of(service, task.replica)];
        let Some(limit) = &mut door.limit else { return Ok(()) };
        let share = draw(mix(task.key, 1), Purpose::Admission).random::<f64>();
        let (under_way, priority) = (door.inside, task.priority);
        match limit.admit(&Arriving { now: SimTime::from_nanos(now), under_way, priority, share }) {
            Verdict::Refuse => Err(door.reason),
            Verdict::Admit | Verdict::Wait(_) => Ok(()),
        }
    }

    /// An attempt was served: its door learns how long that took.
    #[inline]
    pub(in crate::engine) fn served_behind_door(&mut self, t: u32, now: u64) {
        let task = &self.traffic.tasks[t as usize];
        if self.fleet.services[task.service as usize].has_door {
            let failure = (task.flags & flag::ERROR != 0).then_some(Reason::Error);
            self.tell_door(t, now, failure);
        }
    }

    /// An attempt leaves, served or not; one that still waited had to wait too long.
    #[inline(never)]
    pub(in crate::engine) fn leave_door(&mut self, t: u32, now: u64) {
        if self.traffic.tasks[t as usize].flags & stage::MASK == stage::WAITING {
            self.tell_door(t, now, Some(Reason::Abandoned));
        }
        let task = &self.traffic.tasks[t as usize];
        let door = Self::door_of(&self.fleet.services[task.service as usize], task.replica);
        self.fleet.admissions[door].inside -= 1;
    }

    fn tell_door(&mut self, t: u32, now: u64, failure: Option<Reason>) {
        let task = &self.traffic.tasks[t as usize];
        let number = Self::door_of(&self.fleet.services[task.service as usize], task.replica);
        let door = &mut self.fleet.admissions[number];
        let ending = Ending {
            now: SimTime::from_nanos(now),
            took: SimDuration::from_nanos(now - task.enqueued),
            failure,
            is_counted: failure.is_some(),
            under_way: door.inside,
        };
        if let Some(limit) = &mut door.limit {
            limit.end(&ending);
        }
    }
}
