//! Data are lost, at once or without anybody noticing, and losses are over.

use crate::engine::data::Stores;
use crate::engine::data::store::Loss;
use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::world::Cx;
use crate::model::data::Copies;
use crate::units::{SimDuration, SimTime};

/// What a loss took.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Took {
    /// Whether it took copies that follow, too.
    pub(in crate::engine) copies: bool,
    /// Whether what was corrupt is seen by now.
    pub(in crate::engine) is_seen: bool,
}

impl Stores {
    /// What a service keeps is corrupt from now on, and nobody notices; what is corrupt or lost already does not change.
    pub(in crate::engine) fn corrupt(&mut self, service: usize, now: u64) {
        if let Some(store) = self.of(service).filter(|store| store.loss.is_none()) {
            store.corrupt_since.get_or_insert(now);
        }
    }

    /// Whether what a service keeps is corrupt.
    pub(in crate::engine) fn is_corrupt(&self, service: usize) -> bool {
        matches!(self.services.get(service), Some(Some(store)) if store.corrupt_since.is_some())
    }

    /// What a service keeps is lost from now on, or is seen to have been corrupt: what was made of that is of no use. What is
    /// lost already is not lost once more.
    pub(in crate::engine) fn lose<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, incident): (usize, IncidentId),
        Took { copies, is_seen }: Took,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let is_measured = at >= plan.span.transient && at < plan.span.horizon;
        let Some(store) = self.of(service).filter(|store| store.loss.is_none()) else { return };
        store.losses += 1;
        store.loss = Some(Loss { incident, at: now, is_measured, has_copies: !copies, restored: None });
        if is_seen {
            store.corrupt_since = None;
            for (run, backup) in self.backups.iter_mut().zip(&plan.system.backups) {
                if backup.of.index() == service {
                    run.count_stored(super::backup::span(plan), now);
                    run.copies.drop_corrupt();
                }
            }
        }
        if L::LISTENS {
            cx.listener.note(at, Note::DataLost { service: service as u32 });
        }
        // All replicas follow the fault, and so the pace of their work.
        self.break_off(cx, service);
    }

    /// What an incident has destroyed is there again, or nobody waits for it any longer. What nobody restored is gone.
    pub(in crate::engine) fn end_loss<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, incident): (usize, IncidentId),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(store) = self.of(service) else { return };
        let Some(loss) = store.loss.take_if(|loss| loss.incident == incident) else { return };
        if let Some(handle) = store.restoring.take().and_then(|restoring| restoring.handle) {
            cx.clock.calendar.cancel(handle);
        }
        if loss.restored.is_none() {
            store.lost += std::mem::take(&mut store.held);
            store.forget_last(u64::MAX);
            store.corrupt_since = None;
            self.begin_anew(plan, service, now);
        }
        let Some(store) = self.of(service) else { return };
        if !loss.is_measured || now >= plan.span.horizon.as_nanos() {
            return;
        }
        let metrics = &mut store.metrics;
        metrics.losses += 1;
        let Some(restored) = loss.restored else {
            metrics.gone += 1;
            return;
        };
        let rto = SimDuration::from_nanos(now - loss.at);
        metrics.rpo.record(restored.rpo.as_nanos());
        metrics.rto.record(rto.as_nanos());
        metrics.lost_writes += restored.lost;
        count_within(plan, &mut metrics.rpo_within, restored.rpo);
        count_within(plan, &mut metrics.rto_within, rto);
    }
}

impl Stores {
    /// What a service keeps begins anew: backups of what was before are of no use.
    fn begin_anew(&mut self, plan: &Plan, service: usize, now: u64) {
        for (run, backup) in self.backups.iter_mut().zip(&plan.system.backups) {
            if backup.of.index() == service {
                run.count_stored(super::backup::span(plan), now);
                run.copies = Copies::default();
            }
        }
    }
}

/// Counts a time at each contract that it keeps.
fn count_within(plan: &Plan, within: &mut [u64], time: SimDuration) {
    for (within, contract) in within.iter_mut().zip(&plan.span.contracts) {
        *within += u64::from(time <= *contract);
    }
}
