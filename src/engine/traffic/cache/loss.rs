//! Caches that forget what they hold.

use super::{Caches, Looked};
use crate::engine::plan::Plan;
use crate::engine::traffic::Traffic;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::cache::CachePer;
use crate::model::fault::FaultKind;
use rand::RngExt;

/// A loss that lasts: the process of its fault, what names the incident, and the share of keys that are lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    process: u32,
    key: u64,
    share: f64,
}

impl Loss {
    fn takes(&self, key: u32) -> bool {
        self.share >= 1.0 || draw(mix(self.key, key.into()), Purpose::CacheLoss).random::<f64>() < self.share
    }
}

impl Caches {
    /// Whether a key is neither answered nor kept at this time.
    pub(super) fn has_lost(&self, looked: Looked) -> bool {
        self.losses.iter().any(|loss| loss.takes(looked.key))
    }
}

impl Traffic {
    /// What a replica had in its memory is gone.
    pub(in crate::engine) fn forget_copies(&mut self, plan: &Plan, (service, r): (usize, u32)) {
        let settings = plan.system.services[service].cache.as_deref();
        if settings.is_none_or(|settings| settings.per != CachePer::Seat) {
            return;
        }
        let seat = r - plan.services[service].first;
        if let Some(Some(caches)) = self.caches.get_mut(service) {
            caches.stores[seat as usize].lose(|_| true);
        }
    }

    /// The effect of a fault on caches begins, for the incident of this key, or ends.
    pub(in crate::engine) fn turn_cache_loss(&mut self, plan: &Plan, process: u32, begins: Option<u64>) {
        let FaultKind::CacheLoss { services, share } = &plan.fault(process).kind else { return };
        let service = services[plan.processes[process as usize].unit as usize];
        let Some(Some(caches)) = self.caches.get_mut(service.index()) else { return };
        let Some(key) = begins else {
            caches.losses.retain(|loss| loss.process != process);
            return;
        };
        let loss = Loss { process, key, share: share.get() };
        for store in &mut caches.stores {
            store.lose(|key| loss.takes(key));
        }
        caches.losses.push(loss);
    }
}
