//! Retries in several layers, whose attempts multiply.

use super::{Checker, Site};
use crate::model::call::{CallPolicy, Layer};
use crate::model::system::System;
use crate::reason::Reason;
use crate::units::ServiceId;

/// Attempts at a service that one request may cause, and the layers that multiplied them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Multiplied {
    attempts: u64,
    layers: u32,
}

const ONE: Multiplied = Multiplied { attempts: 1, layers: 0 };

impl Checker<'_> {
    /// Reports calls that are tried again here and by those before, without a budget anywhere.
    pub(super) fn layered_retries(&mut self, system: &System, sites: &[Site<'_>]) {
        let mut known = vec![None; system.services.len()];
        for site in sites {
            let (Some(caller), Some(own)) = (site.caller, unbudgeted(site.policy())) else { continue };
            let before = worst(caller, sites, &mut known);
            if before.layers == 0 || site.call.optional {
                continue;
            }
            let callee = &system.services[site.call.service.index()].name;
            let message = format!(
                "a failure of \"{callee}\" is tried again in {} layers: up to {} attempts for one request",
                before.layers + 1,
                before.attempts.saturating_mul(own)
            );
            let help = "try again in one layer, say layer = \"nearest\" in the outer \"retry\", or give them a \"budget\"";
            self.warning(&site.path(), message, help);
        }
    }
}

/// Attempts of a call, where more than one and without a budget.
fn unbudgeted(policy: &CallPolicy) -> Option<u64> {
    let retry = &policy.retry;
    (retry.attempts > 1 && retry.budget.is_none()).then_some(u64::from(retry.attempts))
}

/// Attempts that a caller makes since what it calls failed, and not what it failed for itself.
fn repeats(site: &Site<'_>) -> Option<u64> {
    let retry = &site.policy().retry;
    // A callee whose call fails answers with an error, or not in time.
    let hears = [Reason::Error, Reason::Timeout].into_iter().any(|reason| retry.on.contains(reason));
    unbudgeted(site.policy()).filter(|_| hears && retry.layer == Layer::Any && !site.call.optional)
}

/// The most attempts at a service that retries before it make of one request. Calls have no cycles.
fn worst(service: ServiceId, sites: &[Site<'_>], known: &mut [Option<Multiplied>]) -> Multiplied {
    if let Some(found) = known[service.index()] {
        return found;
    }
    let mut found = ONE;
    for site in sites.iter().filter(|site| site.call.service == service) {
        let before = site.caller.map_or(ONE, |caller| worst(caller, sites, known));
        let here = repeats(site).map_or(before, |attempts| Multiplied {
            attempts: before.attempts.saturating_mul(attempts),
            layers: before.layers + 1,
        });
        found = found.max(here);
    }
    known[service.index()] = Some(found);
    found
}
