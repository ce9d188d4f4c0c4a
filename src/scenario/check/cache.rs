//! Caches in front of services.

use super::Checker;
use super::target::{TargetKind, Targets};
use crate::model::cache::{Cache, CachePer, CacheSkips, Early, KEYS_MAX, OnWrite, Popularity, Writes};
use crate::model::fault::{FaultKind, Unit};
use crate::scenario::written::cache::{CacheKeys, PopularityKeys};
use crate::scenario::written::fault::{CacheLossKeys, FaultKeys};
use crate::scenario::written::service::ServiceKeys;
use crate::units::{Probability, ServiceId, SimDuration};

/// How long those who wait for a fetch wait: as `proxy_cache_lock_timeout` of nginx.
const LOCK_TIMEOUT: SimDuration = SimDuration::from_nanos(5_000_000_000);

impl Checker<'_> {
    /// The cache of a service, with a report for what is impossible about it.
    #[expect(
        clippy::option_option,
        reason = "the outer one is an error, the inner one a service without a cache"
    )]
    pub(super) fn cache(&mut self, name: &str, keys: &ServiceKeys) -> Option<Option<Box<Cache>>> {
        let Some(own) = &keys.cache else { return Some(None) };
        self.cache_beside(name, keys);
        self.cache_alone(name, own);
        let popularity = self.popularity(name, own);
        let ttl = self.optional_law(own.ttl.as_ref());
        let hit_time = self.law(&own.hit_time);
        let writes = self.cache_writes(name, own);
        Some(Some(Box::new(Cache {
            skips: own.skips,
            per: own.per,
            popularity: popularity?,
            ttl: ttl?,
            jitter: own.jitter,
            is_sliding: own.sliding,
            capacity: own.capacity,
            eviction: own.policy,
            hit_time: hit_time?,
            negative_ttl: own.negative_ttl,
            stale_while_revalidate: own.stale_while_revalidate,
            stale_if_error: own.stale_if_error,
            lock_timeout: own.coalesce.then(|| own.lock_timeout.unwrap_or(LOCK_TIMEOUT)),
            early: own.early.as_ref().map(|early| Early { beta: early.beta }),
            writes: writes?,
            start: own.start,
        })))
    }

    /// Reports what has no place beside a cache.
    fn cache_beside(&mut self, name: &str, keys: &ServiceKeys) {
        let skips = keys.cache.as_ref().map_or(CacheSkips::All, |cache| cache.skips);
        if skips == CacheSkips::Calls && keys.calls.0.is_empty() {
            let help = "add \"calls\", or leave out \"skips\"";
            self.error(&["service", name, "cache", "skips"], "the service calls nobody", help);
        }
        if keys.cache.as_ref().is_some_and(|cache| cache.per == CachePer::Seat) {
            let path = ["service", name, "cache", "per"];
            if skips == CacheSkips::All {
                let message = "who asks a cache in front of a service has no replica yet";
                self.error(&path, message, "add skips = \"calls\", or leave out \"per\"");
            } else if keys.function.is_some() {
                let help = "leave out \"per\", or let a service with replicas have it";
                self.error(&path, "the instances of a function come and go with their memory", help);
            }
        }
        let in_front = keys.function.is_some() && skips == CacheSkips::All;
        let others = [
            ("function", in_front, "a function has no cache in front of it"),
            ("next", !keys.next.is_empty(), "a service that passes requests on has no answers to keep"),
            ("consumes", keys.consumes.is_some(), "nobody waits for the answers to messages of a queue"),
            ("effects", keys.effects, "what changes something is not answered from a copy"),
            ("idempotency", keys.idempotency.is_some(), "what changes something is not answered from a copy"),
        ];
        for (key, _, message) in others.into_iter().filter(|(_, is_there, _)| *is_there) {
            let help = match key {
                "function" => {
                    "give the cache skips = \"calls\", or to a service of `concurrency` \"unlimited\" that calls the function"
                        .to_owned()
                }
                _ => format!("leave out \"cache\" or {key:?}"),
            };
            self.error(&["service", name, "cache"], message, &help);
        }
    }

    /// Reports keys of a cache that do not fit together, or say nothing.
    fn cache_alone(&mut self, name: &str, keys: &CacheKeys) {
        let at = |key| ["service", name, "cache", key];
        if keys.capacity == Some(0) {
            self.error(&at("capacity"), "a cache holds at least one copy", "leave out \"cache\" for none");
        }
        let spans = [
            ("negative_ttl", keys.negative_ttl),
            ("stale_while_revalidate", keys.stale_while_revalidate),
            ("stale_if_error", keys.stale_if_error),
            ("lock_timeout", keys.lock_timeout),
        ];
        for (key, _) in spans.into_iter().filter(|(_, span)| span.is_some_and(SimDuration::is_zero)) {
            self.error(&at(key), "this time is longer than zero", &format!("leave out {key:?}"));
        }
        if keys.skips == CacheSkips::Calls && keys.stale_while_revalidate.is_some() {
            let help = "leave it out, or give the cache to what is called";
            self.error(
                &at("stale_while_revalidate"),
                "nobody fetches what the service calls but who waits for it",
                help,
            );
        }
        if keys.lock_timeout.is_some() && !keys.coalesce {
            let help = "add \"coalesce\" = true, or leave out \"lock_timeout\"";
            self.error(&at("lock_timeout"), "nobody waits for what another fetches", help);
        }
        if keys.early.as_ref().is_some_and(|early| !(early.beta.is_finite() && early.beta > 0.0)) {
            let path = ["service", name, "cache", "early", "beta"];
            self.error(&path, "how eager fetches are is above zero", "leave out \"early\" for none");
        }
        if keys.ttl.is_some() {
            return;
        }
        let idle = [
            ("jitter", keys.jitter > Probability::ZERO),
            ("sliding", keys.sliding),
            ("stale_while_revalidate", keys.stale_while_revalidate.is_some()),
            ("stale_if_error", keys.stale_if_error.is_some()),
            ("early", keys.early.is_some()),
        ];
        for (key, _) in idle.into_iter().filter(|(_, is_there)| *is_there) {
            let help = format!("add a \"ttl\" such as \"1min\", or leave out {key:?}");
            self.error(&at(key), "copies of a cache without a \"ttl\" are fresh for ever", &help);
        }
    }

    fn popularity(&mut self, name: &str, keys: &CacheKeys) -> Option<Popularity> {
        let at = |key| ["service", name, "cache", key];
        let found = match (&keys.popularity, keys.keys) {
            (PopularityKeys::List(weights), count) => {
                if let Some(count) = count.filter(|count| *count as usize != weights.len()) {
                    let message = format!("the list has {} weights for {count} keys", weights.len());
                    self.error(&at("keys"), message, "leave out \"keys\"");
                }
                if weights.len() > KEYS_MAX as usize {
                    self.error(&at("popularity"), format!("there are more than {KEYS_MAX} keys"), "");
                    return None;
                }
                Popularity::new(weights)
            }
            (PopularityKeys::Zipf(_), None) => {
                let help = "add \"keys\", such as 1000, or a \"popularity\" with a weight for each";
                self.error(&["service", name, "cache"], "nothing says how many keys there are", help);
                return None;
            }
            (PopularityKeys::Zipf(_), Some(count)) if !(1..=KEYS_MAX).contains(&count) => {
                let message = format!("{count} keys are impossible");
                self.error(&at("keys"), message, &format!("expected 1 to {KEYS_MAX}"));
                return None;
            }
            (PopularityKeys::Zipf(exponent), Some(count)) => {
                if !(exponent.is_finite() && *exponent >= 0.0) {
                    let path = ["service", name, "cache", "popularity", "s"];
                    self.error(&path, "the exponent is at least zero", "0 asks for all keys alike");
                    return None;
                }
                Popularity::zipf(count, *exponent)
            }
        };
        match found {
            Ok(popularity) => Some(popularity),
            Err(error) => {
                self.error(&at("popularity"), error.to_string(), "expected weights such as [5, 3, 2]");
                None
            }
        }
    }

    #[expect(
        clippy::option_option,
        reason = "the outer one is an error, the inner one a cache that nobody writes to"
    )]
    fn cache_writes(&mut self, name: &str, keys: &CacheKeys) -> Option<Option<Writes>> {
        let at = |key| ["service", name, "cache", key];
        let coherence = self.optional_law(keys.coherence.as_ref());
        if keys.writes == Probability::ZERO {
            let idle = [("on_write", keys.on_write.is_some()), ("coherence", keys.coherence.is_some())];
            for (key, _) in idle.into_iter().filter(|(_, is_there)| *is_there) {
                self.error(&at(key), "nobody writes", &format!("add \"writes\", or leave out {key:?}"));
            }
            return Some(None);
        }
        let on_write = keys.on_write.unwrap_or(OnWrite::Invalidate);
        if keys.coherence.is_some() && (keys.per == CachePer::Service || on_write == OnWrite::Nothing) {
            let message = match on_write {
                OnWrite::Nothing => "no cache learns of a write",
                OnWrite::Invalidate | OnWrite::Update => "there is one cache, which knows of every write",
            };
            self.error(&at("coherence"), message, "leave out \"coherence\"");
        }
        let coherence = coherence?.unwrap_or_else(super::fleet::no_time);
        Some(Some(Writes { share: keys.writes, on_write, coherence }))
    }

    /// Which caches forget how much.
    pub(super) fn cache_loss(
        &mut self,
        name: &str,
        keys: &CacheLossKeys,
        targets: &Targets,
    ) -> Option<FaultKind> {
        if targets.kinds.iter().any(|kind| *kind != TargetKind::Cache) {
            let message = "only caches are lost so";
            self.error(
                &["fault", name, "on"],
                message,
                "name the cache of a service, such as \"service.a.cache\"",
            );
            return None;
        }
        if keys.share == Probability::ZERO {
            self.error(&["fault", name, "share"], "no copy is lost", "expected more than 0%");
        }
        let number = |unit: &Unit| {
            let service = unit.name.strip_prefix("service.")?.strip_suffix(".cache")?;
            self.written.services.number(service).map(ServiceId)
        };
        let services = targets.units.iter().map(number).collect::<Option<_>>()?;
        Some(FaultKind::CacheLoss { services, share: keys.share })
    }

    /// Reports a fault of another kind that is to strike a cache.
    pub(super) fn caches_alone(&mut self, name: &str, kind: &FaultKeys, targets: &Targets) {
        if !matches!(kind, FaultKeys::CacheLoss(_)) && targets.kinds.contains(&TargetKind::Cache) {
            let help = "expected kind = \"cache-loss\", or a service or replica";
            self.error(&["fault", name, "on"], "all that can happen to a cache is that it is lost", help);
        }
    }
}
