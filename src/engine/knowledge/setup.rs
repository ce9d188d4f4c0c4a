//! Deciders at time 0.

use crate::engine::knowledge::outlier::OutlierWatch;
use crate::engine::knowledge::shard::{Part, Shard};
use crate::engine::knowledge::subset::Subset;
use crate::engine::knowledge::view::{Decider, ServiceViews};
use crate::engine::knowledge::{Knowledge, dns};
use crate::engine::plan::{Plan, one_each};
use crate::engine::random::{named, seeded};
use crate::kernel::slab::Slab;
use crate::kernel::stream::{Purpose, Streams, mix};
use crate::model::balancing::Balancer;
use crate::model::monitoring;

impl Knowledge {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        Self {
            views: views(plan, streams),
            deciders: deciders(plan, streams),
            probes: Slab::default(),
            checks: Vec::new(),
            check_places: check_places(plan),
            names: dns::names(plan, streams),
            record_checkers: dns::check::checkers(plan, streams),
        }
    }
}

/// A list for each replica where a service is checked, otherwise none.
fn check_places(plan: &Plan) -> Vec<Vec<u32>> {
    one_each(plan, plan.system.services.iter().any(|service| service.health_check.is_some()))
}

/// Whether each decider of a service has a view of its own.
pub(in crate::engine) fn has_views(plan: &Plan, number: usize) -> bool {
    let settings = &plan.system.services[number];
    let learns = settings.health_check.is_some() || settings.outlier_detection.is_some();
    matches!(settings.balancing.knowledge, monitoring::Knowledge::Checked) && learns
}

fn views(plan: &Plan, streams: Streams) -> Vec<ServiceViews> {
    (0..plan.services.len())
        .map(|number| {
            let views =
                if has_views(plan, number) { plan.services[number].all_deciders() as usize } else { 1 };
            let key = streams.key(Purpose::News, named(&plan.system.services[number].name));
            let zones: Vec<u32> = plan.replicas.iter().map(|replica| replica.zone).collect();
            ServiceViews::new(plan, number, (views, &zones), key)
        })
        .collect()
}

fn deciders(plan: &Plan, streams: Streams) -> Vec<Vec<Decider>> {
    let of = |number: usize| {
        (0..plan.services[number].all_deciders())
            .map(|one| decider(plan, streams, (number, one), 0))
            .collect()
    };
    (0..plan.services.len()).map(of).collect()
}

/// A decider of a service that knows nothing yet; `generation` is how many stood in its place before.
pub(in crate::engine) fn decider(
    plan: &Plan,
    streams: Streams,
    (number, decider): (usize, u32),
    generation: u32,
) -> Decider {
    let settings = &plan.system.services[number];
    let own = &plan.services[number];
    // The first in a place has the numbers that it has where no other ever comes.
    let named = |purpose: Purpose| {
        let key = mix(streams.key(purpose, named(&settings.name)), u64::from(decider));
        if generation == 0 { key } else { mix(key, u64::from(generation)) }
    };
    let members =
        || (0..own.speed.len() as u32).filter(|one| plan.is_in_reach(number, decider, *one)).collect();
    let size = settings.balancing.subset;
    // A front uses the replicas of its region, or so many of them.
    let size = size.or_else(|| own.front_of(decider).map(|_| own.speed.len() as u32));
    let subset = size.map(|size| Subset::new(named(Purpose::Subset), members(), size));
    let shard_key = streams.key(Purpose::Shard, crate::engine::random::named(&settings.name));
    Decider {
        balancers: vec![
            Balancer::new(&settings.balancing.policy, &own.speed);
            settings.balancing.spread.pools(plan.zone_regions.len())
        ],
        part: match (settings.balancing.shard.clone(), subset) {
            (Some(shard), subset) => Part::Shard(Box::new(Shard::new(shard, shard_key, subset))),
            (None, Some(subset)) => Part::Subset(Box::new(subset)),
            (None, None) => Part::All,
        },
        stream: seeded(named(Purpose::Balancing)),
        view: if has_views(plan, number) { decider } else { 0 },
        outstanding: vec![0; own.speed.len()],
        watch: settings.outlier_detection.as_ref().map(|detection| {
            Box::new(OutlierWatch::new(detection, own.speed.len(), seeded(named(Purpose::Outlier))))
        }),
    }
}
