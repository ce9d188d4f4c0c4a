//! Versions of functions: which one an attempt gets.

use crate::engine::random::named;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::deploy::Split;
use crate::model::fleet::version::{Target, Version, Versions};
use crate::model::system::System;
use crate::units::SimTime;
use rand::RngExt;

/// What a version is drawn from.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Asking {
    /// When the attempt is sent [ns].
    pub(in crate::engine) now: u64,
    /// Its key, and its session where any service needs it.
    pub(in crate::engine) key: u64,
    pub(in crate::engine) session: u64,
}

/// The versions of all functions. Nothing where none has any.
#[derive(Debug, Default)]
pub(in crate::engine) struct VersionPlan {
    /// Whether any has.
    pub(in crate::engine) are_there: bool,
    /// By call site, what it asks for.
    targets: Vec<u8>,
    /// By service, the number of its first version among those of all.
    first: Vec<u32>,
    /// By service, what names its draws.
    keys: Vec<u64>,
    /// How many versions there are in all.
    pub(in crate::engine) count: usize,
}

/// The versions of a function, if it has any.
fn of(system: &System, service: usize) -> Option<&Versions> {
    let settings = &system.services[service];
    settings.versions.as_deref().filter(|_| settings.function.is_some())
}

impl VersionPlan {
    pub(super) fn new(system: &System, targets: Vec<u8>) -> Self {
        let count_of = |service: usize| of(system, service).map_or(0, |versions| versions.all.len());
        let services = 0..system.services.len();
        if services.clone().all(|service| count_of(service) == 0) {
            return Self::default();
        }
        let mut plan = Self { are_there: true, targets, ..Self::default() };
        for service in services {
            plan.first.push(plan.count as u32);
            plan.count += count_of(service);
            plan.keys.push(named(&system.services[service].name));
        }
        plan
    }

    /// Whether the version of a session is always the same.
    pub(super) fn needs_sessions(system: &System) -> bool {
        (0..system.services.len()).any(|service| of(system, service).is_some_and(|versions| versions.sticky))
    }

    /// What a call site asks for.
    pub(in crate::engine) fn target(&self, edge: u16) -> u8 {
        self.targets.get(usize::from(edge)).copied().unwrap_or(0)
    }

    /// The version of a service that an attempt gets which asks for a target.
    pub(in crate::engine) fn version(
        &self,
        system: &System,
        (service, target): (usize, u8),
        asking: Asking,
    ) -> u8 {
        let Some(versions) = of(system, service) else { return 0 };
        let Some(target) = versions.targets.get(usize::from(target)) else { return 0 };
        let key = if versions.sticky { asking.session } else { asking.key };
        Target::version(target, SimTime::from_nanos(asking.now), || {
            draw(mix(self.keys[service], key), Purpose::Version)
        })
    }

    /// The version that an attempt gets of two between which a deployment splits requests.
    pub(in crate::engine) fn version_of_split(
        &self,
        system: &System,
        (service, split): (usize, Split),
        asking: Asking,
    ) -> u8 {
        let is_sticky = of(system, service).is_some_and(|versions| versions.sticky);
        let key = if is_sticky { asking.session } else { asking.key };
        let chance: f64 = draw(mix(self.keys[service], key), Purpose::Version).random();
        if chance < split.share { split.to } else { split.from }
    }

    /// The number of a version of a service among those of all; `None` where the service has none but itself.
    pub(in crate::engine) fn number(&self, system: &System, (service, version): (usize, u8)) -> Option<u32> {
        of(system, service).and_then(|_| Some(self.first.get(service)? + u32::from(version)))
    }
}

/// What a version of a service has of its own; `None` where the service has none but itself.
pub(in crate::engine) fn version_of(system: &System, service: usize, version: u8) -> Option<&Version> {
    system.services[service].version(version)
}
