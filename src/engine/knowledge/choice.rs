//! Which part of a fleet an attempt goes to, and whom it need not avoid there.

use crate::kernel::stream::Stream;
use crate::model::balancing::Pool;
use rand::RngExt;

/// The part of a fleet that an attempt goes to; one that holds others than those to be avoided, if there is any.
#[inline(never)]
pub(in crate::engine) fn choose<'p>(
    pools: &'p [Pool],
    avoid: &[u32],
    stream: &mut Stream,
) -> Option<&'p Pool> {
    let has_others = |pool: &&Pool| pool.eligible.iter().any(|one| !avoid.contains(one));
    let is_any = pools.iter().any(|pool| has_others(&pool));
    let may = |pool: &&Pool| !is_any || avoid.is_empty() || has_others(pool);
    let total: f64 = pools.iter().filter(may).map(|pool| pool.weight).sum();
    let mut left = stream.random::<f64>() * total;
    let mut last = None;
    for pool in pools.iter().filter(may) {
        left -= pool.weight;
        last = Some(pool);
        if left < 0.0 {
            break;
        }
    }
    last
}

/// Those of a part whom a decider need not avoid, unless only the others are left.
#[inline(never)]
pub(in crate::engine) fn narrow(narrowed: &mut Vec<u32>, eligible: &[u32], avoid: &[u32]) {
    // So many are found faster in order.
    const MANY: usize = 16;
    narrowed.clear();
    if avoid.len() < MANY {
        narrowed.extend_from_slice(eligible);
        for one in avoid {
            if let Some(place) = narrowed.iter().position(|left| left == one) {
                narrowed.remove(place);
            }
        }
    } else {
        narrowed.extend_from_slice(avoid);
        narrowed.sort_unstable();
        for one in eligible {
            if narrowed[..avoid.len()].binary_search(one).is_err() {
                narrowed.push(*one);
            }
        }
        narrowed.drain(..avoid.len());
    }
    if narrowed.is_empty() {
        narrowed.extend_from_slice(eligible);
    }
}
