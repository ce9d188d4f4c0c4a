//! What stores and backups leave behind.

use crate::engine::data::Stores;
use crate::engine::data::store::BackupRun;
use crate::engine::plan::Plan;
use crate::engine::record::metrics::Sample;
use crate::measure::{DataMeasure, PairMeasure, Poured};
use crate::units::{MONTH_HOURS, SimTime};

const NANOS_PER_MONTH: f64 = MONTH_HOURS * 3.6e12;

impl Stores {
    /// What became of what a service keeps, if it keeps anything.
    pub(in crate::engine) fn measure(&mut self, service: usize) -> Option<DataMeasure> {
        let store = self.of(service)?;
        let tally = |sample: &mut Sample| sample.tally(&Poured::default());
        let metrics = &mut store.metrics;
        let (failovers, conflicts) = (metrics.failovers, metrics.conflicts);
        let pair = store.pair.as_ref().map(|_| PairMeasure { failovers, conflicts });
        Some(DataMeasure {
            backups: metrics.backups,
            failed: metrics.failed,
            losses: metrics.losses,
            gone: metrics.gone,
            rpo: tally(&mut metrics.rpo),
            rto: tally(&mut metrics.rto),
            rpo_within: metrics.rpo_within.clone(),
            rto_within: metrics.rto_within.clone(),
            lost_writes: metrics.lost_writes,
            pair,
            acknowledged: store.acknowledged,
            held: store.held,
            lost: store.lost,
        })
    }

    /// For how long a backup has been made up to now \[ns\].
    pub(in crate::engine) fn made_for(&self, backup: usize, now: u64) -> u64 {
        let run = &self.backups[backup];
        run.made_for + run.making_since.map_or(0, |since| now - since)
    }

    /// What lay where the backups of a service lie [GB month] and what was read from there \[GB\] in the measured part, with the
    /// number of each backup.
    pub(in crate::engine) fn used(
        &mut self,
        plan: &Plan,
        service: usize,
        end: SimTime,
    ) -> Vec<(u32, [f64; 2])> {
        let used = |(number, run): (u32, &mut BackupRun)| {
            run.count_stored((plan.span.transient.as_nanos(), end.as_nanos()), end.as_nanos());
            (number, [run.stored / NANOS_PER_MONTH, run.read])
        };
        self.backups_of(plan, service).map(used).collect()
    }
}
