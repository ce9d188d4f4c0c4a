//! Gateways: the steps of the route that a call site takes, and the buckets of which its attempts take tokens.

use std::collections::BTreeMap;

use super::{Edge, NONE, StepPlan};
use crate::model::gateway::Door;
use crate::model::resilience::limit::BucketSettings;
use crate::model::system::System;

/// What gateways look up. Nothing where there are none.
#[derive(Debug, Default)]
pub(in crate::engine) struct Gateways {
    /// For each call site of a gateway, where the steps of its route stand.
    rows: Vec<u32>,
    /// For each call site, whether it is that of the service behind a gateway.
    behind: Vec<bool>,
    /// For each call site, the buckets of which its attempts take tokens.
    doors: Vec<Vec<u32>>,
    /// How each bucket fills.
    pub(in crate::engine) buckets: Vec<BucketSettings>,
}

impl Gateways {
    /// Gives each route of each gateway a row of its own in `steps`, where the steps of the gateway are those of all its
    /// routes; `routes` has the route that each call site takes.
    pub(super) fn new(
        system: &System,
        (edges, routes): (&mut [Edge], &[u32]),
        steps: &mut Vec<Vec<StepPlan>>,
    ) -> Self {
        if system.services.iter().all(|service| service.gateway.is_none()) {
            return Self::default();
        }
        let mut found = Self { behind: vec![false; edges.len()], ..Self::default() };
        let mut first_rows = vec![NONE; system.services.len()];
        for (number, service) in system.services.iter().enumerate() {
            let Some(gateway) = &service.gateway else { continue };
            first_rows[number] = steps.len() as u32;
            let mut all = std::mem::take(&mut steps[system.clients.len() + number]).into_iter();
            for route in &gateway.routes {
                let mut row: Vec<StepPlan> = all.by_ref().take(route.steps.len()).collect();
                for (number, step) in row.iter_mut().enumerate() {
                    let is_last = number + 1 == route.steps.len();
                    step.denied = if number > 0 { route.denied.get() } else { 0.0 };
                    for entry in &step.entries {
                        let guard = edges[entry.edge as usize].guard.as_ref();
                        let instead = guard.and_then(|guard| guard.fallback);
                        for edge in [Some(entry.edge), instead].into_iter().flatten() {
                            edges[usize::from(edge)].step = number as u16;
                            found.behind[usize::from(edge)] = is_last;
                        }
                    }
                }
                steps.push(row);
            }
        }
        let mut known: BTreeMap<(u16, Door), u32> = BTreeMap::new();
        for (edge, route) in edges.iter().zip(routes) {
            let service = usize::from(edge.service);
            let gateway = system.services[service].gateway.as_ref().filter(|_| *route != NONE);
            found.rows.push(gateway.map_or(NONE, |_| first_rows[service] + route));
            let doors = gateway.map(|one| one.doors(edge.caller.into(), *route as usize)).unwrap_or_default();
            let mut bucket = |(door, settings): (Door, &BucketSettings)| {
                // An account is the same whichever gateway it is of.
                let of = if matches!(door, Door::Account(_)) { 0 } else { edge.service };
                *known.entry((of, door)).or_insert_with(|| {
                    found.buckets.push(settings.clone());
                    found.buckets.len() as u32 - 1
                })
            };
            found.doors.push(doors.into_iter().map(&mut bucket).collect());
        }
        found
    }

    /// Where the steps stand that an attempt makes which came by a call site; `None` where that is not of a gateway.
    pub(in crate::engine) fn row(&self, edge: u16) -> Option<usize> {
        self.rows.get(usize::from(edge)).filter(|row| **row != NONE).map(|row| *row as usize)
    }

    /// Whether requests that are wrong in themselves are told so by whom a call site calls, as it is the service behind a
    /// gateway.
    pub(in crate::engine) fn hands_on(&self, edge: u16) -> bool {
        self.behind.get(usize::from(edge)).copied().unwrap_or(false)
    }

    /// The buckets of which an attempt takes a token that came by a call site.
    pub(in crate::engine) fn doors(&self, edge: u16) -> &[u32] {
        self.doors.get(usize::from(edge)).map_or(&[], Vec::as_slice)
    }
}
