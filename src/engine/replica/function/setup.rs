//! Functions at time 0.

use super::{AccountState, Instance, Pool, Shelves};
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::kernel::stream::{Purpose, Streams, mix};
use crate::model::fleet::{Concurrency, Service};
use crate::model::function::keep_alive::KeepAlive;
use crate::model::function::tokens::{ScaleUp, Tokens};
use crate::model::function::{Function, InstanceChoice, Stand};
use crate::units::SimDuration;

/// One for each service that is a function, in the place of the service, and behind these one for each further region of
/// those that are in several; nothing where none is.
pub(in crate::engine) fn pools(plan: &Plan, streams: Streams) -> Vec<Option<Box<Pool>>> {
    if plan.system.services.iter().all(|service| service.function.is_none()) {
        return Vec::new();
    }
    let mut pools: Vec<Option<Box<Pool>>> =
        (0..plan.services.len()).map(|number| pool(plan, streams, (number, 0)).map(Box::new)).collect();
    for number in 0..plan.services.len() {
        let begin = pools.len();
        let further = (1..).map_while(|part| pool(plan, streams, (number, part)));
        pools.extend(further.map(|pool| Some(Box::new(pool))));
        let end = pools.len();
        if let Some(first) = &mut pools[number] {
            first.further = begin..end;
        }
    }
    pools
}

/// The instances of a function in the region that is such a part of it.
fn pool(plan: &Plan, streams: Streams, (number, part): (usize, usize)) -> Option<Pool> {
    let settings = &plan.system.services[number];
    let function = settings.function.as_ref()?;
    let stand = function.regions.get(part)?;
    let first = plan.services[number].first + stand.first;
    let slots = match settings.concurrency {
        Concurrency::Slots(slots) => slots,
        Concurrency::Unlimited => u32::MAX,
    };
    let zones = (0..).zip(&plan.zone_regions).filter(|(_, of)| **of == stand.region.0);
    let key = streams.key(Purpose::KeepAlive, named(&settings.name));
    let bills_starts = function.price.init && function.price.has_memory();
    let mut pool = Pool {
        service: number as u32,
        part,
        further: 0..0,
        choice: function.choice,
        waits: function.waits,
        surplus: function.surplus,
        first,
        door: plan.services[number].first + stand.door(settings.version_count()),
        slots,
        instances: vec![Instance::default(); stand.seats as usize],
        own: Shelves::default(),
        others: vec![Shelves::default(); settings.version_count() as usize - 1],
        provisioned_version: settings.versions.as_ref().map_or(0, |versions| versions.provisioned),
        configured: stand.provisioned,
        provisioned: stand.provisioned,
        is_fitting: false,
        alive: stand.provisioned,
        max: stand.max_instances,
        under_way: 0,
        on_demand: stand.on_demand,
        pending: function.pending.unwrap_or(u32::MAX),
        is_bare: is_bare(stand, settings, function, bills_starts),
        account: stand.account,
        births: 0,
        frees: 0,
        starts: function.scale_up.as_ref().map(ScaleUp::tokens),
        rate: stand.rate.map(Tokens::of_a_second),
        bills_starts,
        keep_alive: KeepAlive::new(&function.keep_alive),
        steady: function.keep_alive.steady().map(|time| time.map_or(u64::MAX, SimDuration::as_nanos)),
        requests: 0,
        rests_since: None,
        zones: zones.map(|(zone, _)| (zone, 0)).collect(),
        turn: 0,
        waking: None,
        prewarming: None,
        // Instances of the regions draw numbers of their own.
        key: if part == 0 { key } else { mix(key, part as u64) },
    };
    for local in 0..stand.provisioned {
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
    pool.turn = stand.provisioned as usize % pool.zones.len().max(1);
    Some(pool)
}

/// See [`Pool::is_bare`].
fn is_bare(stand: &Stand, settings: &Service, function: &Function, bills_starts: bool) -> bool {
    stand.account.is_none()
        && stand.rate.is_none()
        && stand.on_demand.is_none()
        && function.choice != InstanceChoice::Random
        && function.keep_alive.steady().is_some()
        && !bills_starts
        && stand.provisioned == 0
        && settings.provisioned.is_none()
        && settings.versions.is_none()
}

/// One for each account.
pub(in crate::engine) fn accounts(plan: &Plan, pools: &[Option<Box<Pool>>]) -> Vec<AccountState> {
    let state = |(number, account): (u32, &crate::model::function::Account)| {
        let own = pools.iter().zip(0..);
        let own = own.filter(|(pool, _)| pool.as_ref().is_some_and(|pool| pool.account == Some(number)));
        AccountState {
            pool: account.pool,
            under_way: 0,
            starts: account.scale_up.as_ref().map(ScaleUp::tokens),
            functions: own.map(|(_, place)| place).collect(),
        }
    };
    (0..).zip(&plan.system.accounts).map(state).collect()
}
