//! Requests that crash who serves them, answers that are wrong, and services that take less.

use super::Checker;
use super::target::{TargetKind, Targets};
use crate::document::{Diagnostic, Name};
use crate::model::fault::{FaultKind, InService, Unit};
use crate::scenario::written::fault::{
    CorruptKeys, CrashKeys, FaultCommon, PoisonKeys, Several, ThrottleKeys,
};
use crate::units::{ClientId, Probability};

/// Rates at which a bucket may fill: tokens come a whole number of nanoseconds apart.
pub(super) const RATES: std::ops::RangeInclusive<f64> = 1e-9..=1e9;

/// What the names of clients begin with, where anything might be named.
const CLIENT: &str = "client.";

impl Checker<'_> {
    /// Reports what says when a poisoned request strikes: it does when it is served.
    pub(super) fn poison_alone(&mut self, name: &str, keys: &FaultCommon, triggers: &[(&str, bool)]) {
        for (key, _) in triggers.iter().filter(|(_, is_given)| *is_given) {
            let message =
                format!("\"{key}\" says when \"{name}\" strikes, but it does when a request is served");
            self.error(&["fault", name, key], message, "leave it out: \"share\" says how often");
        }
        if keys.flap.is_some() {
            let message = "a replica that a request has crashed is down until it is repaired";
            self.error(&["fault", name, "flap"], message, "leave it out");
        }
    }

    /// What a poisoned request may strike: each replica by itself, whatever names it.
    pub(super) fn served(&mut self, name: &str, targets: Targets) -> Option<Targets> {
        if targets.kinds.iter().any(|kind| !matches!(kind, TargetKind::Service | TargetKind::Replica)) {
            let message = "a poisoned request strikes the replica that serves it, and no place";
            self.error(&["fault", name, "on"], message, "name services or replicas, such as \"service.a\"");
            return None;
        }
        let mut units: Vec<Unit> = Vec::new();
        for unit in targets.units {
            let is_replica = unit.name.matches('.').count() > 1;
            let of = |(place, replica)| Unit {
                name: if is_replica { unit.name.clone() } else { format!("{}.{}", unit.name, place + 1) },
                replicas: vec![replica],
            };
            units.extend(unit.replicas.iter().copied().enumerate().map(of));
        }
        Some(Targets { kinds: vec![TargetKind::Replica], units, ..targets })
    }

    /// Which requests are poisoned, and what that does.
    pub(super) fn poison(&mut self, name: &str, keys: &PoisonKeys, targets: &Targets) -> Option<FaultKind> {
        let mut from = Vec::new();
        let mut complete = true;
        for client in keys.from.iter().flat_map(|Several(names)| names) {
            match self.client_called(client) {
                Some(client) => from.push(client),
                None => complete = false,
            }
        }
        if keys.share == Probability::ZERO {
            let message = format!("no request is poisoned by \"{name}\"");
            self.error(&["fault", name, "share"], message, "expected more than 0%");
        }
        let crash = CrashKeys {
            in_service: InService::Lost,
            waiting: keys.waiting,
            arriving: keys.arriving,
            signal: keys.signal,
        };
        let crash = self.crash(name, &crash, targets);
        from.sort_unstable_by_key(|client| client.0);
        from.dedup();
        complete.then_some(FaultKind::Poison { from, share: keys.share, crash })
    }

    /// How many answers are wrong.
    pub(super) fn corrupt(&mut self, name: &str, keys: &CorruptKeys) -> Option<FaultKind> {
        if keys.share == Probability::ZERO {
            let message = format!("no answer is wrong because of \"{name}\"");
            self.error(&["fault", name, "share"], message, "expected more than 0%");
            return None;
        }
        Some(FaultKind::Corrupt { share: keys.share })
    }

    /// How much a service takes.
    pub(super) fn throttle(
        &mut self,
        name: &str,
        keys: &ThrottleKeys,
        targets: &Targets,
    ) -> Option<FaultKind> {
        if targets.kinds.iter().any(|kind| !matches!(kind, TargetKind::Service | TargetKind::Queue)) {
            let message = "a throttle is that of a service as a whole";
            self.error(&["fault", name, "on"], message, "name services or queues, such as \"service.a\"");
            return None;
        }
        let burst = keys.burst.unwrap_or_else(|| keys.rate.in_a_second());
        if !RATES.contains(&keys.rate.per_second()) {
            let help = "expected from one in 30 years to one in a nanosecond";
            self.error(&["fault", name, "rate"], "no bucket fills so slowly or fast", help);
            return None;
        }
        if burst == 0 {
            let message = "a bucket without room for a token lets nothing in";
            self.error(&["fault", name, "burst"], message, "a service that takes nothing has crashed");
            return None;
        }
        Some(FaultKind::Throttle { rate: keys.rate, burst })
    }

    /// The client that a path such as `client.web` names.
    fn client_called(&mut self, path: &Name) -> Option<ClientId> {
        let written = self.written;
        let Some(name) = path.text.strip_prefix(CLIENT) else {
            let error = Diagnostic::error(path.span, format!("\"{}\" is no client", path.text));
            self.findings.push(error.help("expected a name such as \"client.web\""));
            return None;
        };
        let name = Name { text: name.to_owned(), span: path.span };
        self.number("client", &written.clients, &name).map(ClientId)
    }
}
