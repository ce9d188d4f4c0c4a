//! What services keep: how it is written, backed up, lost and restored.
//!
//! A store knows how many writes it holds, so that each write that was acknowledged is either there or counted as lost.

mod backup;
mod loss;
mod measure;
mod pair;
mod restore;
mod setup;
mod store;

pub(in crate::engine) use crate::engine::data::loss::Loses;
use crate::engine::data::store::{BackupRun, Store};
use crate::engine::plan::Plan;

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

    /// The backups of a service, each with its number.
    fn backups_of<'s>(
        &'s mut self,
        plan: &'s Plan,
        service: usize,
    ) -> impl Iterator<Item = (u32, &'s mut BackupRun)> {
        let all = (0..).zip(&mut self.backups);
        all.filter(move |(number, _)| plan.system.backups[*number as usize].of.index() == service)
    }

    /// How many times longer the work of a service takes because backups are made.
    pub(in crate::engine) fn slowness(&self, plan: &Plan, service: usize) -> f64 {
        let backups = self.backups.iter().zip(&plan.system.backups);
        let of_it = backups.filter(|(_, backup)| backup.of.index() == service);
        of_it.flat_map(|(run, backup)| run.making.iter().map(|_| backup.slows)).product()
    }
}
