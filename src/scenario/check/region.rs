//! Functions in several regions, what they have in each, and the accounts of these.

use std::collections::BTreeSet;

use super::Checker;
use super::place::ONLY_REGION;
use crate::document::{Diagnostic, Keyed, Name};
use crate::model::balancing::{BalancerSettings, Locality};
use crate::model::function::Stand;
use crate::scenario::written::account::AccountSection;
use crate::scenario::written::balancing::{BalancingCommon, KnowledgeKeys};
use crate::scenario::written::by_region::ByRegion;
use crate::scenario::written::function::FunctionKeys;
use crate::scenario::written::provisioned::ProvisionedKeys;
use crate::scenario::written::service::{Limit, OF_REGIONS, ServiceKeys};
use crate::units::{Rate, RegionId};

/// The most instances of a function that says nothing of it: what a region of AWS Lambda lets all functions of an account
/// have together (AWS Lambda Developer Guide, "Lambda quotas").
const INSTANCES_DEFAULT: u32 = 1000;

/// How many seats a function needs in a region: one for each instance, and one for each version where requests wait that
/// have none.
fn seats(function: &FunctionKeys, most: u32, versions: u64) -> u64 {
    u64::from(most.max(function.provisioned.most())) + versions
}

impl Checker<'_> {
    /// The regions in which a function is, in their order, as far as they are known.
    pub(super) fn regions_of(&self, keys: &ServiceKeys) -> Vec<(RegionId, &str)> {
        let known = &self.written.regions.0;
        let Some(named) = &keys.region else {
            let only = known.first().map_or(ONLY_REGION, |(name, _)| name.text.as_str());
            return vec![(RegionId(0), only)];
        };
        let is_named = |name: &str| named.0.iter().any(|one| one.text == name);
        let all = (0..).zip(known).filter(|(_, (name, _))| is_named(&name.text));
        all.map(|(number, (name, _))| (RegionId(number), name.text.as_str())).collect()
    }

    /// Whether a call reaches a service that names several regions.
    pub(super) fn is_in_several_regions(&self, service: &Name) -> bool {
        let services = &self.written.services;
        let section =
            services.called(&service.text).and_then(|number| services.0[number as usize].1.as_ref());
        let regions = section.and_then(|section| section.keys.region.as_ref());
        regions.is_some_and(|regions| regions.0.len() > 1)
    }

    fn account_of(&self, function: &FunctionKeys, region: &str) -> Option<&AccountSection> {
        let name = function.account.as_ref()?.of(region)?;
        let number = self.written.accounts.number(&name.text)?;
        self.written.accounts.0[number as usize].1.as_ref()
    }

    /// The most instances of a function in a region.
    fn instances_max(&self, function: &FunctionKeys, region: &str) -> u32 {
        let of = |numbers: &Option<ByRegion<u32>>| numbers.as_ref().and_then(|all| all.of(region)).copied();
        let account = self.account_of(function, region);
        of(&function.max_instances)
            .or(of(&function.reserved).map(|reserved| reserved.max(1)))
            .or(account.map(|account| account.concurrency))
            .unwrap_or(INSTANCES_DEFAULT)
            .max(function.provisioned.most())
    }

    /// What a function has in each of its regions.
    pub(super) fn stands_in_regions(&self, keys: &ServiceKeys, function: &FunctionKeys) -> Vec<Stand> {
        let mut first = 0;
        let mut stands = Vec::new();
        for (region, name) in self.regions_of(keys) {
            let most = self.instances_max(function, name);
            let count = seats(function, most, keys.version_count()).min(u64::from(u32::MAX - first)) as u32;
            let reserved = function.reserved.as_ref().and_then(|all| all.of(name)).copied();
            let at_start = function.provisioned.at_start();
            let at_once = match keys.concurrency {
                Limit::Number(slots) => most.saturating_mul(slots),
                Limit::Unlimited => u32::MAX,
            };
            let shared = self.account_of(function, name).map(|one| one.concurrency);
            let concurrency = reserved.or(shared).unwrap_or(at_once);
            let account = function.account.as_ref().and_then(|all| all.of(name));
            stands.push(Stand {
                region,
                first,
                seats: count,
                provisioned: at_start,
                max_instances: most,
                on_demand: reserved.map(|reserved| reserved.saturating_sub(at_start)),
                rate: function.rate_per_concurrency.and_then(|each| Rate::new(each * f64::from(concurrency))),
                account: account.and_then(|account| self.account_in(&account.text, region)),
            });
            first += count;
        }
        stands
    }

    /// Each account with each region in which functions name it, rising.
    pub(super) fn all_accounts_in_regions(&self) -> Vec<(u32, RegionId)> {
        let mut found = BTreeSet::new();
        let sections = self.written.services.0.iter().filter_map(|(_, section)| section.as_ref());
        for keys in sections.map(|section| &section.keys) {
            let Some(accounts) = keys.function.as_ref().and_then(|function| function.account.as_ref()) else {
                continue;
            };
            for (region, name) in self.regions_of(keys) {
                let account = accounts.of(name).and_then(|name| self.written.accounts.number(&name.text));
                found.extend(account.map(|account| (account, region.0)));
            }
        }
        found.into_iter().map(|(account, region)| (account, RegionId(region))).collect()
    }

    /// The number of an account in a region among all of them.
    pub(super) fn account_in(&self, name: &str, region: RegionId) -> Option<u32> {
        let account = self.written.accounts.number(name)?;
        // Both of them rise.
        let place =
            self.accounts_in_regions.binary_search_by_key(&(account, region.0), |one| (one.0, one.1.0));
        place.ok().map(|number| number as u32)
    }

    /// What the functions of an account set aside of it in a region, and how much of that they reserve, where so many are
    /// `provisioned`.
    pub(super) fn set_aside(
        &self,
        account: &str,
        region: RegionId,
        provisioned: fn(&ProvisionedKeys) -> u32,
    ) -> (u64, u64) {
        let sections = self.written.services.0.iter().filter_map(|(_, section)| section.as_ref());
        let mut sum = (0, 0);
        for keys in sections.map(|section| &section.keys) {
            let Some(function) = &keys.function else { continue };
            let here = self.regions_of(keys).into_iter().find(|(number, _)| *number == region);
            let Some((_, name)) = here else { continue };
            let named = function.account.as_ref().and_then(|all| all.of(name));
            if named.is_some_and(|name| name.text == account) {
                let reserved = function.reserved.as_ref().and_then(|all| all.of(name)).copied();
                let aside = reserved.unwrap_or_else(|| provisioned(&function.provisioned));
                sum = (sum.0 + u64::from(aside), sum.1 + u64::from(reserved.unwrap_or(0)));
            }
        }
        sum
    }

    /// Reports what a function says of regions where it is not, and what is impossible of one that is in several.
    pub(super) fn function_regions(&mut self, name: &str, keys: &ServiceKeys, function: &FunctionKeys) {
        let regions: Vec<String> =
            self.regions_of(keys).into_iter().map(|(_, name)| name.to_owned()).collect();
        let numbers = [&function.max_instances, &function.reserved].into_iter().flatten();
        let mut named: Vec<Name> =
            numbers.flat_map(ByRegion::regions).map(|(region, _)| region.clone()).collect();
        let accounts = function.account.as_ref().map_or(&[][..], ByRegion::regions);
        named.extend(accounts.iter().map(|(region, _)| region.clone()));
        for region in named.into_iter().filter(|region| !regions.contains(&region.text)) {
            let known = regions.iter().map(String::as_str);
            self.findings.push(Diagnostic::unknown(
                region.span,
                "region of the function",
                &region.text,
                known,
            ));
        }
        self.accounts_elsewhere(function, &regions);
        if keys.region.as_ref().is_some_and(|regions| regions.0.len() > 1) {
            self.repeated_regions(keys);
            self.chooses_regions(name, &keys.balancing.common, keys.balancing.policy.known());
            self.reads_regions(name, function);
        }
    }

    /// Reports accounts of another region than those in which a function names them.
    fn accounts_elsewhere(&mut self, function: &FunctionKeys, regions: &[String]) {
        let written = self.written;
        for region in regions {
            let Some(name) = function.account.as_ref().and_then(|all| all.of(region)) else { continue };
            let of = written.accounts.number(&name.text);
            let of = of.and_then(|number| written.accounts.0[number as usize].1.as_ref()?.region.as_ref());
            let is_other = |of: &&Name| of.text != *region && written.regions.number(&of.text).is_some();
            let Some(other) = of.filter(is_other) else { continue };
            let message = format!("the account \"{}\" is one of region \"{}\"", name.text, other.text);
            let error = Diagnostic::error(name.span, message)
                .label(format!("the function is in region \"{region}\""));
            let help = "leave out \"region\" of the account, or give each region of the function its own: \
                        account = { east = \"main\", west = \"other\" }";
            self.findings.push(error.help(help));
        }
    }

    /// Reports a region that is named twice.
    fn repeated_regions(&mut self, keys: &ServiceKeys) {
        let named = keys.region.as_ref().map_or(&[][..], |regions| &regions.0);
        for (place, region) in named.iter().enumerate() {
            if named[..place].iter().any(|before| before.text == region.text) {
                let message = format!("the region \"{}\" is named twice", region.text);
                self.findings.push(Diagnostic::error(region.span, message).help("name each once"));
            }
        }
    }

    /// Reports keys of `balancing` that say nothing of regions, and what of the others is impossible.
    fn chooses_regions(&mut self, name: &str, keys: &BalancingCommon, policy: Option<&BalancerSettings>) {
        let at = |key| ["service", name, "balancing", key];
        let chooses = |policy: &BalancerSettings| matches!(policy.name(), "round-robin" | "random");
        if !policy.is_some_and(chooses) {
            let message = "this policy chooses a replica, and of a function a region is chosen";
            self.error(&at("policy"), message, "expected \"round-robin\" or \"random\"");
        }
        for key in BalancingCommon::KEYS.iter().map(|key| key.name).filter(|key| !OF_REGIONS.contains(key)) {
            if self.is_written(&at(key)) {
                let message = format!("\"{key}\" belongs to a fleet");
                let help = "of a function in several regions \"balancing\" has \"locality\", \"knowledge\" and \
                            \"balancers\"";
                self.error(&at(key), message, help);
            }
        }
        if !matches!(keys.locality, Locality::None | Locality::Region) {
            let message = "a request goes to a region of the function, and to no zone in particular";
            self.error(&at("locality"), message, "expected \"region\" or \"none\"");
        }
        if keys.knowledge == KnowledgeKeys::Checked {
            let message = "nobody checks instances of a function";
            let help = "expected \"perfect\", or how late it is known: { delay = \"30s\" }";
            self.error(&at("knowledge"), message, help);
        }
    }

    /// Reports provisioned instances whose number follows what is not known of each region by itself.
    fn reads_regions(&mut self, name: &str, function: &FunctionKeys) {
        let Some(scaled) = function.provisioned.scaled() else { return };
        for (number, control) in scaled.controls.iter().enumerate() {
            if control.policy.name() == "target-tracking" {
                let below = scaled.path_of(number);
                let top = ["service", name, "function", "provisioned"];
                let path: Vec<&str> = top.into_iter().chain(below.iter().map(String::as_str)).collect();
                let message = "how far provisioned instances are used is only known of all regions together";
                let help = "write a number or policy = \"scheduled\", or a function for each region";
                self.error(&path, message, help);
            }
        }
    }
}
