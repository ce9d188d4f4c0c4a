//! Metrics of services with a cache in front of them.

use super::Source::Service;
use super::{Counts, Evidence, Family, Nature, Shown};

pub(super) const LOOKUPS: Family = Family::new(
    "lookups",
    "1",
    "Attempts that asked the cache in front of the service, mean per run; writes and invalid requests do not.",
)
.of(&[Service(|service, _| Evidence::count(service.cache.as_ref()?.lookups))]);

pub(super) const HIT_RATIO: Family = Family::new(
    "hit_ratio",
    "ratio",
    "Look-ups that a copy answered at once, a stale one or a failure that was kept included / look-ups.",
)
.of(&[Service(|service, _| Evidence::share(service.cache.as_ref()?.hits, service.cache.as_ref()?.lookups))])
.nature(Nature::Share)
.up();

pub(super) const STALE_RATIO: Family = Family::new(
    "stale_ratio",
    "ratio",
    "Look-ups that were answered by a copy that was past its time or was written at the service since, in place of a failure \
     too / look-ups.",
)
.of(&[Service(|service, _| Evidence::share(service.cache.as_ref()?.stale, service.cache.as_ref()?.lookups))])
.nature(Nature::Share)
.down()
.shown(Shown::AboveZero);

pub(super) const COALESCED_RATIO: Family = Family::new(
    "coalesced_ratio",
    "ratio",
    "Look-ups that waited for what another attempt was fetching / look-ups.",
)
.of(&[Service(|service, _| {
    Evidence::share(service.cache.as_ref()?.coalesced, service.cache.as_ref()?.lookups)
})])
.nature(Nature::Share)
.shown(Shown::AboveZero);

pub(super) const ORIGIN_RATE: Family = Family::new(
    "origin_rate",
    "1/s",
    "Attempts that went to the service, or made its calls, to fetch what the cache lacked or would soon lack / measured time; \
     writes are not among them.",
)
.of(&[Service(|service, asked| asked.per_second(service.cache.as_ref()?.fetches))])
.down();

pub(super) const FETCHES_PER_REFILL: Family = Family::new(
    "fetches_per_refill",
    "1",
    "Fetches / those of them that began while the latest one of their key was over: 1 where nobody fetches what another \
     fetches already.",
)
.of(&[Service(|service, _| Evidence::share(service.cache.as_ref()?.fetches, service.cache.as_ref()?.alone))])
.down();

pub(super) const EVICTIONS: Family = Family::new(
    "evictions",
    "1",
    "Copies that made way for others because the cache was full, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.cache.as_ref()?.evictions))])
.counts(Counts::Seen);
