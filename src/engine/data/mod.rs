//! What services keep: how it is written, backed up, lost and restored.
//!
//! A store knows how many writes it holds, so that each write that was acknowledged is either there or counted as lost.

mod backup;
mod loss;
mod measure;
mod restore;
mod setup;
mod store;

pub(in crate::engine) use crate::engine::data::loss::Took;
use crate::engine::data::store::{BackupRun, Store};

/// The stores and backups of a run.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Stores {
    /// Of each service, if it keeps anything; nothing where none does.
    services: Vec<Option<Box<Store>>>,
    /// Of each backup.
    backups: Vec<BackupRun>,
    /// The key of each copy that follows.
    copies: Vec<u64>,
}

impl Stores {
    fn of(&mut self, service: usize) -> Option<&mut Store> {
        self.services.get_mut(service)?.as_deref_mut()
    }

    /// A write was acknowledged by a service.
    #[inline]
    pub(in crate::engine) fn write(&mut self, service: usize, now: u64) {
        if let Some(store) = self.of(service) {
            store.write(now);
        }
    }

    /// How many times longer the work of a service takes because backups are made.
    pub(in crate::engine) fn slowness(&self, service: usize) -> f64 {
        match self.services.get(service) {
            Some(Some(store)) => store.slowness,
            _ => 1.0,
        }
    }
}
