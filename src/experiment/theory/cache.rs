//! How often a cache has what is asked for, where a formula knows caches like it.

use super::flow::faults;
use super::{Exact, Theory};
use crate::analysis::oracle::{cache_approximation, fifo_cache, lru_cache, ttl_cache};
use crate::model::cache::{Cache, CachePer, CacheSkips, Eviction};
use crate::model::call::Call;
use crate::model::system::System;
use crate::model::workload::{Arrival, Client};
use crate::units::{Probability, ServiceId};

/// Keys times room above which an exact answer takes longer than a moment.
const EXACT_MAX: usize = 20_000;

/// What theory says about the cache of each service that has one in front of it and is called by clients alone.
pub(super) fn of(system: &System) -> impl Iterator<Item = Theory> {
    (0..system.services.len() as u32).filter_map(|number| service(system, ServiceId(number)))
}

fn service(system: &System, id: ServiceId) -> Option<Theory> {
    let keeper = &system.services[id.index()];
    let cache = keeper.cache.as_deref().filter(|cache| cache.skips == CacheSkips::All)?;
    let is_called = |calls: &[Call]| calls.iter().any(|call| call.service == id);
    let mut callers = system.services.iter().flat_map(|other| &other.steps);
    let passes_on = system.services.iter().flat_map(|other| &other.next).any(|next| next.service == id);
    if passes_on || callers.any(|step| is_called(&step.calls)) {
        return None;
    }
    let (rate, mut departures) = requests(system, id)?;
    let keys = cache.popularity.shares();
    let shares: Vec<f64> = keys.into_iter().filter(|share| *share > 0.0).collect();
    let (label, oracle, hits) = match (cache.ttl.is_some(), cache.capacity) {
        (true, None) => expiring(cache, rate?, &shares, &mut departures)?,
        (false, Some(room)) if (room as usize) < shares.len() => full(cache, room, &shares, &mut departures)?,
        _ => return None,
    };
    departures.extend(habits(system, id, cache));
    let answer = Exact { metric: "hit_ratio".to_owned(), unit: "ratio", value: hits, missing: None };
    Some(Theory {
        scope: format!("service.{}", keeper.name),
        model: label,
        oracle,
        answers: vec![answer],
        departures,
        relaxation: None,
        long_run: None,
    })
}

/// How many requests there are for a service \[1/s\], where that is known, and how they are no Poisson process; nothing where
/// nobody asks.
fn requests(system: &System, id: ServiceId) -> Option<(Option<f64>, Vec<String>)> {
    let asks =
        |client: &&Client| client.steps.iter().flat_map(|step| &step.calls).any(|call| call.service == id);
    let mut departures = Vec::new();
    let (mut sum, mut is_known) = (0.0, true);
    let mut clients = system.clients.iter().filter(asks).peekable();
    clients.peek()?;
    for client in clients {
        let calls: Vec<&Call> = client.steps.iter().flat_map(|step| &step.calls).collect();
        let is_plain = matches!(calls[..], [call] if call.probability == Probability::ONE && call.count == 1);
        match &client.arrival {
            Arrival::Poisson { rate, spikes } if spikes.is_empty() && is_plain => sum += rate.per_second(),
            _ => {
                departures.push(format!("client.{} does not ask at random instants", client.name));
                is_known = false;
            }
        }
        let retries = calls.iter().any(|call| call.policy.retry.attempts > 1 || call.policy.hedge.is_some());
        if retries {
            departures.push("attempts that come again ask for the same".to_owned());
        }
    }
    departures.dedup();
    Some((is_known.then_some(sum), departures))
}

/// Copies that expire: each key by itself.
fn expiring(
    cache: &Cache,
    rate: f64,
    shares: &[f64],
    departures: &mut Vec<String>,
) -> Option<(String, &'static str, f64)> {
    let law = cache.ttl.as_ref()?;
    let varies = law.as_constant().is_none() || cache.jitter > Probability::ZERO;
    if cache.is_sliding && varies {
        // Of others only the mean counts.
        departures.push("lifetimes that begin anew are not all alike".to_owned());
    }
    let hits = shares.iter().map(|share| {
        let one = ttl_cache(rate * share, law.mean()).ok()?;
        Some(share * if cache.is_sliding { one.hit_ratio_sliding } else { one.hit_ratio })
    });
    let hits: Option<f64> = hits.sum();
    let label = if cache.is_sliding { "TTL cache, sliding" } else { "TTL cache" };
    Some((label.to_owned(), "ttl-cache", hits?))
}

/// Copies that make way for others.
fn full(
    cache: &Cache,
    room: u32,
    shares: &[f64],
    departures: &mut Vec<String>,
) -> Option<(String, &'static str, f64)> {
    let is_small = shares.len().saturating_mul(room as usize) <= EXACT_MAX;
    let mut approximation = || {
        departures.push("the formula is an approximation".to_owned());
        cache_approximation(shares, room).ok()
    };
    let (label, oracle, hits) = match cache.eviction {
        Eviction::Lru if is_small => ("LRU cache", "lru-cache", lru_cache(shares, room).ok()?),
        Eviction::Lru => ("LRU cache, Che", "cache-approximation", approximation()?.hit_ratio_lru),
        Eviction::Fifo | Eviction::Random if is_small => {
            ("FIFO cache", "fifo-cache", fifo_cache(shares, room).ok()?)
        }
        Eviction::Fifo | Eviction::Random => {
            ("FIFO cache, Che", "cache-approximation", approximation()?.hit_ratio_random)
        }
        Eviction::Lfu => return None,
    };
    Some((label.to_owned(), oracle, hits))
}

/// What a cache does that none of a textbook does.
fn habits(system: &System, id: ServiceId, cache: &Cache) -> Vec<String> {
    let service = &system.services[id.index()];
    let places = match cache.per {
        CachePer::Service | CachePer::Seat => 1,
        CachePer::Zone => system.zone_count(),
        CachePer::Region => system.regions.len(),
    };
    let takes_time = service.demand.mean() > 0.0 || !system.network.is_instant();
    let struck = !faults(system, id).is_empty() || service.error_ratio > Probability::ZERO;
    let all = [
        (takes_time, "what is missing takes time to fetch"),
        (places > 1, "each place has a cache of its own"),
        (cache.writes.is_some(), "writes pass the cache"),
        (cache.stale_while_revalidate.is_some(), "stale copies are answered while new ones come"),
        (cache.early.is_some(), "copies are fetched before they are stale"),
        (struck && cache.negative_ttl.is_some(), "failures are answered again"),
        (struck, "not all is fetched well"),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what.to_owned()).collect()
}
