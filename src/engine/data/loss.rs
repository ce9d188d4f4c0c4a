//! Data are lost, at once or without anybody noticing, and losses are over.

use crate::engine::data::Stores;
use crate::engine::data::backup::span;
use crate::engine::data::store::{Loss, count_within};
use crate::engine::id::IncidentId;
use crate::engine::listener::{Listener, Note};
use crate::engine::world::Cx;
use crate::model::data::Copies;
use crate::units::SimTime;

/// What a loss takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Loses {
    /// What a service keeps, and no copy.
    Primary,
    /// That, and what follows it.
    All,
    /// The same, and what backups have made since it is corrupt: that is seen now.
    Corrupt,
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
        loses: Loses,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let at = SimTime::from_nanos(now);
        let Some(store) = self.of(service).filter(|store| store.loss.is_none()) else { return };
        store.losses += 1;
        store.loss = Some(Loss { incident, at, has_copies: loses == Loses::Primary, restored: None });
        if loses == Loses::Corrupt {
            store.corrupt_since = None;
            for (_, run) in self.backups_of(plan, service) {
                run.count_stored(span(plan), now);
                run.copies.drop_corrupt();
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
            // Backups of what was before are of no use.
            for (_, run) in self.backups_of(plan, service) {
                run.count_stored(span(plan), now);
                run.copies = Copies::default();
            }
        }
        if loss.at < plan.span.transient || now >= plan.span.horizon.as_nanos() {
            return;
        }
        let Some(store) = self.of(service) else { return };
        let metrics = &mut store.metrics;
        metrics.losses += 1;
        let Some(restored) = loss.restored else {
            metrics.gone += 1;
            return;
        };
        let rto = SimTime::from_nanos(now).since(loss.at);
        metrics.rpo.record(restored.rpo.as_nanos());
        metrics.rto.record(rto.as_nanos());
        metrics.lost_writes += restored.lost;
        count_within(&plan.span.contracts, &mut metrics.rpo_within, restored.rpo);
        count_within(&plan.span.contracts, &mut metrics.rto_within, rto);
    }
}
