//! Stores and backups at time 0.

use rand::RngExt;

use crate::engine::data::Stores;
use crate::engine::data::pair::Pair;
use crate::engine::data::store::{BackupRun, Store, StoreMetrics};
use crate::engine::event::{DataEvent, Rare};
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, Streams, draw};
use crate::model::data::{Data, Writes};
use crate::units::{SimDuration, SimTime};

impl Stores {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        let services = &plan.system.services;
        if services.iter().all(|service| service.data.is_none()) {
            return Self::default();
        }
        let contracts = plan.span.contracts.len();
        let store = |name: &str, data: &Data| Store {
            key: streams.key(Purpose::Restore, named(name)),
            counts: data.writes == Some(Writes::Effects),
            metrics: StoreMetrics {
                rpo_within: vec![0; contracts],
                rto_within: vec![0; contracts],
                ..StoreMetrics::default()
            },
            ..Store::default()
        };
        let mut stores: Vec<Option<Box<Store>>> = services
            .iter()
            .map(|service| service.data.as_ref().map(|data| Box::new(store(&service.name, data))))
            .collect();
        for (number, copy) in plan.system.replications.iter().enumerate() {
            if let (Some(store), true) = (&mut stores[copy.of.index()], copy.sides.is_some()) {
                store.pair = Some(Pair::of(number));
            }
        }
        let backups = plan.system.backups.iter();
        let run =
            |name: &str| BackupRun { key: streams.key(Purpose::Backup, named(name)), ..BackupRun::default() };
        let copies = plan.system.replications.iter();
        Self {
            services: stores,
            backups: backups.map(|backup| run(&backup.name)).collect(),
            copies: copies.map(|copy| streams.key(Purpose::Lag, named(&copy.name))).collect(),
        }
    }

    /// Plans the first of each backup.
    pub(in crate::engine) fn start_backups<L: Listener>(&self, cx: &mut Cx<'_, L>) {
        for (number, backup) in (0..).zip(&cx.plan.system.backups) {
            let Some(schedule) = backup.schedule else { continue };
            let offset = schedule.offset.unwrap_or_else(|| {
                let phase: f64 = draw(self.backups[number as usize].key, Purpose::BackupPhase).random();
                SimDuration::from_nanos((schedule.every.as_nanos() as f64 * phase) as u64)
            });
            cx.clock.calendar.plan_rare(
                SimTime::ZERO + offset,
                Rank::Decide,
                Rare::Data(DataEvent::Due(number)),
            );
        }
    }
}
