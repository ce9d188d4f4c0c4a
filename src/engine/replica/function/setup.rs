//! Functions at time 0.

use super::{AccountState, Instance, Pool, Shelves};
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::kernel::stream::{Purpose, Streams};
use crate::model::fleet::Concurrency;
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::tokens::{ScaleUp, Tokens};
use crate::units::SimDuration;

/// One for each service that is a function; nothing where none is.
pub(in crate::engine) fn pools(plan: &Plan, streams: Streams) -> Vec<Option<Box<Pool>>> {
    if plan.system.services.iter().all(|service| service.function.is_none()) {
        return Vec::new();
    }
    (0..plan.services.len()).map(|number| pool(plan, streams, number).map(Box::new)).collect()
}

fn pool(plan: &Plan, streams: Streams, number: usize) -> Option<Pool> {
    let settings = &plan.system.services[number];
    let function = settings.function.as_ref()?;
    let first = plan.services[number].first;
    let seats = plan.replicas_of(number);
    let slots = match settings.concurrency {
        Concurrency::Slots(slots) => slots,
        Concurrency::Unlimited => u32::MAX,
    };
    let zone = seats.first().map_or(0, |seat| seat.zone);
    let region = plan.zone_regions[zone as usize];
    let zones = (0..).zip(&plan.zone_regions).filter(|(_, of)| **of == region);
    let mut pool = Pool {
        service: number as u32,
        part: 0,
        further: 0..0,
        choice: function.choice,
        waits: function.waits,
        surplus: function.surplus,
        first,
        door: first + seats.len() as u32 - settings.version_count(),
        slots,
        instances: vec![Instance::default(); seats.len()],
        own: Shelves::default(),
        others: vec![Shelves::default(); settings.version_count() as usize - 1],
        provisioned_version: settings.versions.as_ref().map_or(0, |versions| versions.provisioned),
        configured: settings.present,
        provisioned: settings.present,
        is_fitting: false,
        alive: settings.present,
        max: function.max_instances,
        under_way: 0,
        on_demand: function.on_demand,
        pending: function.pending.unwrap_or(u32::MAX),
        account: function.account,
        births: 0,
        frees: 0,
        starts: function.scale_up.as_ref().map(ScaleUp::tokens),
        rate: function.rate.map(Tokens::of_a_second),
        bills_starts: function.price.init && function.price.has_memory(),
        keep_alive: KeepAlive::new(&function.keep_alive),
        steady: function.keep_alive.steady().map(|time| time.map_or(u64::MAX, SimDuration::as_nanos)),
        requests: 0,
        rests_since: None,
        zones: zones.map(|(zone, _)| (zone, 0)).collect(),
        turn: 0,
        waking: None,
        prewarming: None,
        key: streams.key(Purpose::KeepAlive, named(&settings.name)),
    };
    for local in 0..settings.present {
        let r = first + local;
        pool.births += 1;
        let instance = Instance {
            birth: pool.births,
            is_provisioned: true,
            version: pool.provisioned_version,
            is_ready: true,
            too_old: u64::MAX,
            ..Instance::default()
        };
        *pool.instance_mut(r) = instance;
        pool.note_freed(r);
        pool.put_on_shelf(r, 0, false);
    }
    pool.turn = settings.present as usize % pool.zones.len().max(1);
    Some(pool)
}

/// One for each account.
pub(in crate::engine) fn accounts(plan: &Plan) -> Vec<AccountState> {
    let state = |(number, account): (u32, &crate::model::function::Account)| {
        let functions = plan.system.services.iter().zip(0..).filter(|(service, _)| {
            service.function.as_ref().is_some_and(|function| function.account == Some(number))
        });
        AccountState {
            pool: account.pool,
            under_way: 0,
            starts: account.scale_up.as_ref().map(ScaleUp::tokens),
            functions: functions.map(|(_, number)| number).collect(),
        }
    };
    (0..).zip(&plan.system.accounts).map(state).collect()
}
