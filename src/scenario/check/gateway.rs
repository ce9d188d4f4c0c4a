//! Gateways: their buckets and routes, and where what is written about them stands.

use super::place::Layout;
use super::target::{TargetKind, Targets, fleet};
use super::{Checker, locate};
use crate::document::{Diagnostic, Name, Span};
use crate::model::gateway::{Account, Gateway, Route};
use crate::model::resilience::limit::BucketSettings;
use crate::scenario::written::fault::FaultKeys;
use crate::scenario::written::gateway::{GatewaySection, Routes, ThrottleKeys};
use crate::units::{Probability, SimDuration};

impl Checker<'_> {
    /// What a service does as a gateway, if it is one.
    #[expect(clippy::option_option, reason = "the outer one is an error, the inner one no gateway")]
    pub(super) fn optional_gateway(
        &mut self,
        name: &str,
        routes: Option<&Routes>,
    ) -> Option<Option<Gateway>> {
        routes.map_or(Some(None), |routes| self.gateway(name, routes).map(Some))
    }

    fn gateway(&mut self, name: &str, routes: &Routes) -> Option<Gateway> {
        let written = self.written;
        let number = written.gateways.number(name)?;
        let section = written.gateways.0[number as usize].1.as_ref()?;
        let at = |key| ["gateway", name, key];
        self.no_time(&at("timeout"), section.timeout);
        self.bucket(&at("throttle"), section.throttle.as_ref());
        self.bucket(&at("client_throttle"), section.client_throttle.as_ref());
        let account = match &section.account {
            Some(account) => Some(self.account(account, section.region.as_ref())?),
            None => None,
        };
        self.routes(name, section);
        let denied = section.authorise.as_ref().map_or(Probability::ZERO, |one| one.entry.denied);
        let length = 1 + usize::from(routes.authorises);
        let route = |(number, (keys, _)): (usize, &(_, Span))| route(keys, number * length, length, denied);
        Some(Gateway {
            account,
            throttle: section.throttle.as_ref().map(bucket),
            client_throttle: section.client_throttle.as_ref().map(bucket),
            routes: routes.all.iter().enumerate().map(route).collect(),
        })
    }

    fn account(&mut self, name: &Name, region: Option<&Name>) -> Option<Account> {
        let written = self.written;
        let number = self.number("account", &written.accounts, name)?;
        let keys = written.accounts.0[number as usize].1.as_ref()?;
        if let Some((of, region)) =
            keys.region.as_ref().zip(region).filter(|(of, region)| of.text != region.text)
        {
            let message = format!("the account \"{}\" is one of region \"{}\"", name.text, of.text);
            let label = format!("the gateway is in region \"{}\"", region.text);
            self.findings.push(Diagnostic::error(name.span, message).label(label));
        }
        let Some(rate) = keys.rate else {
            let help = format!("add \"rate\" to [account.{}]", name.text);
            self.findings.push(
                Diagnostic::error(name.span, "this account has no bucket for gateways")
                    .label("an account without \"rate\"")
                    .help(help),
            );
            return None;
        };
        let burst = keys.burst.unwrap_or((rate.per_second().ceil() as u32).max(1));
        let throttle = BucketSettings::new(rate, burst);
        self.possible(&["account", &name.text], throttle.check());
        Some(Account { number, throttle })
    }

    fn routes(&mut self, name: &str, section: &GatewaySection) {
        let written = self.written;
        for (number, route) in section.routes.iter().enumerate() {
            let number = number.to_string();
            let at = |key| ["gateway", name, "routes", &number, key];
            self.no_time(&at("timeout"), route.timeout);
            self.bucket(&at("throttle"), route.throttle.as_ref());
        }
        for (route, keys) in &written.routes.0 {
            let Some(keys) = keys.as_ref().filter(|one| one.gateway.as_ref().is_some_and(|g| g.text == name))
            else {
                continue;
            };
            self.no_time(&["route", &route.text, "timeout"], keys.timeout);
            self.bucket(&["route", &route.text, "throttle"], keys.throttle.as_ref());
        }
    }

    fn no_time(&mut self, path: &[&str], timeout: Option<SimDuration>) {
        if timeout.is_some_and(SimDuration::is_zero) {
            self.error(path, "a timeout of zero lets nothing through", "leave out \"timeout\" for none");
        }
    }

    fn bucket(&mut self, path: &[&str], keys: Option<&ThrottleKeys>) {
        if let Some(keys) = keys {
            self.possible(path, bucket(keys).check());
        }
    }

    /// Reports accounts that nobody shares, and keys of others of which nobody takes.
    pub(super) fn idle_accounts(&mut self) {
        let written = self.written;
        for (name, section) in &written.accounts.0 {
            let has_functions = self.has_functions(&name.text);
            if self.has_gateways(&name.text) {
                let only_of_functions = ["concurrency", "unreserved_min", "scale_up"];
                for key in only_of_functions.into_iter().filter(|_| !has_functions) {
                    let path = ["account", &name.text, key];
                    if self.is_written(&path) {
                        let message = format!("\"{key}\" has no effect: no function names the account");
                        let help = format!("add account = \"{}\" to a function", name.text);
                        self.warning(&path, message, &help);
                    }
                }
                continue;
            }
            if !has_functions {
                let message = format!("no function or gateway names the account \"{}\"", name.text);
                self.warning(&["account", &name.text], message, "name it in one, or leave it out");
            } else if section.as_ref().is_some_and(|section| section.rate.is_some()) {
                let message = "\"rate\" has no effect: only gateways take of the bucket of an account";
                let help = format!("add account = \"{}\" to a gateway", name.text);
                self.warning(&["account", &name.text, "rate"], message, &help);
            }
        }
    }

    /// What a fault strikes without the gateways and queues in a place, where these have nothing to lose: they have no slots.
    pub(super) fn spare_slotless(&self, layout: &Layout, kind: &FaultKeys, mut targets: Targets) -> Targets {
        // Queues come behind the services.
        let is_slotless = |number: usize| {
            let section = self.written.services.0.get(number).map(|(_, section)| section.as_ref());
            section.is_none_or(|one| one.is_some_and(|service| service.gateway.is_some()))
        };
        let is_meant =
            |kind: &TargetKind| matches!(kind, TargetKind::Service | TargetKind::Queue | TargetKind::Replica);
        if !matches!(kind, FaultKeys::Capacity(_)) || targets.kinds.iter().any(is_meant) {
            return targets;
        }
        let Some(fleet) = fleet(&self.written.services, layout) else { return targets };
        targets.services.retain(|number| !is_slotless(*number));
        for unit in &mut targets.units {
            unit.replicas
                .retain(|replica| !fleet.services(std::iter::once(replica)).into_iter().any(is_slotless));
        }
        targets
    }

    /// Where what is said about the service that stands for a gateway is written; `None` for any other path.
    pub(super) fn at_gateway(&self, path: &[&str]) -> Option<Span> {
        let ["service", name, rest @ ..] = path else { return None };
        let number = self.written.services.number(name)?;
        let routes = self.written.services.0[number as usize].1.as_ref()?.gateway.as_ref()?;
        let ["calls", number, rest @ ..] = rest else {
            return Some(locate(self.document, &["gateway", name]));
        };
        let number: usize = number.parse().ok()?;
        if routes.authorises && number.is_multiple_of(2) {
            let path: Vec<&str> =
                ["gateway", name, "authorise"].into_iter().chain(rest.iter().copied()).collect();
            return Some(locate(self.document, &path));
        }
        let (route, place) = routes.all.get(number / (1 + usize::from(routes.authorises)))?;
        Some(if rest == ["service"] { route.service.span } else { *place })
    }
}

fn bucket(keys: &ThrottleKeys) -> BucketSettings {
    BucketSettings::new(keys.rate, keys.burst)
}

fn route(
    keys: &crate::scenario::written::gateway::GatewayRoute,
    first: usize,
    length: usize,
    denied: Probability,
) -> Route {
    Route { throttle: keys.throttle.as_ref().map(bucket), steps: first..first + length, denied }
}
