//! What is done about failure: retries, copies, breakers, limits.

use super::Checker;
use crate::model::call::{Avoid, Breaker, Bulkhead, CallPolicy, Fallback, Hedge, OnTimeout, Retry};
use crate::registry::Impossible;
use crate::scenario::written::call::PolicyKeys;
use crate::scenario::written::resilience::{
    BreakerKeys, BudgetKeys, FallbackKeys, HedgeCommon, HedgeKeys, RetryKeys,
};
use crate::units::{Probability, SimDuration};

impl Checker<'_> {
    /// What a call does about failure: its own keys, else those of its caller, else the defaults.
    pub(super) fn policy(
        &mut self,
        path: &[&str],
        own: &PolicyKeys,
        defaults: &PolicyKeys,
    ) -> Option<CallPolicy> {
        let breaker = own.breaker.as_ref().or(defaults.breaker.as_ref());
        let bulkhead = own.bulkhead.as_ref().or(defaults.bulkhead.as_ref());
        let throttle = own.throttle.as_ref().or(defaults.throttle.as_ref());
        let fallback = match own.fallback.as_ref().or(defaults.fallback.as_ref()) {
            Some(keys) => Some(self.fallback(path, keys)?),
            None => None,
        };
        Some(CallPolicy {
            timeout: own.timeout.or(defaults.timeout),
            deadline: own.deadline.or(defaults.deadline),
            on_timeout: own.on_timeout.or(defaults.on_timeout).unwrap_or(OnTimeout::Abandon),
            deadline_propagation: own.deadline_propagation.or(defaults.deadline_propagation).unwrap_or(false),
            retry: own
                .retry
                .as_ref()
                .or(defaults.retry.as_ref())
                .map_or_else(|| retry(&RetryKeys::none()), retry)?,
            idempotent: own.idempotent.or(defaults.idempotent).unwrap_or(Probability::ONE),
            throttle: throttle.map(|keys| keys.0.clone()),
            breaker: match breaker {
                Some(BreakerKeys { policy, common }) => {
                    Some(Breaker { policy: policy.known()?.clone(), on: common.on, stops: common.stops })
                }
                None => None,
            },
            bulkhead: bulkhead.map(|keys| Bulkhead { limit: keys.0.limit, queue: keys.0.queue }),
            hedge: own.hedge.as_ref().or(defaults.hedge.as_ref()).map(hedge),
            fallback,
        })
    }

    fn fallback(&mut self, path: &[&str], keys: &FallbackKeys) -> Option<Fallback> {
        let (service, target) = match &keys.service {
            Some(name) => self.called(name).map(|(service, target)| (Some(service), target))?,
            None => (None, 0),
        };
        if service.is_some() && keys.time.is_some() {
            let message = "a fallback that calls a service takes the time that this takes";
            self.error(&sub(&sub(path, "fallback"), "time"), message, "leave out \"time\" or \"service\"");
        }
        Some(Fallback { service, target, time: keys.time.unwrap_or(SimDuration::ZERO), on: keys.on })
    }

    /// Reports what is impossible about retries, copies, breakers and limits.
    pub(super) fn check_resilience(&mut self, path: &[&str], keys: &PolicyKeys) {
        if let Some(retry) = &keys.retry {
            self.check_retry(&sub(path, "retry"), retry);
        }
        if let Some(hedge) = &keys.hedge {
            self.check_hedge(&sub(path, "hedge"), hedge);
        }
        if let Some(policy) = keys.breaker.as_ref().and_then(|breaker| breaker.policy.known()) {
            self.possible(&sub(path, "breaker"), policy.check());
        }
        if let Some(throttle) = &keys.throttle {
            self.possible(&sub(path, "throttle"), throttle.0.check());
        }
        if keys.bulkhead.as_ref().is_some_and(|bulkhead| bulkhead.0.limit == 0) {
            let path = sub(&sub(path, "bulkhead"), "limit");
            self.error(&path, "a bulkhead without a place lets nothing through", "");
        }
    }

    fn check_retry(&mut self, path: &[&str], retry: &RetryKeys) {
        if !(1..=255).contains(&retry.common.attempts) {
            let message = format!("{} attempts are impossible", retry.common.attempts);
            self.error(&sub(path, "attempts"), message, "expected 1 to 255, the first attempt included");
        }
        if let Some(policy) = retry.policy.known()
            && (1..retry.common.attempts).contains(&policy.attempts_max())
        {
            let (asked, most, name) = (retry.common.attempts, policy.attempts_max(), policy.name());
            let message = format!("\"{name}\" makes {most} attempts where {asked} are asked for");
            let help = "a client that lifts this limit says so with \"attempts_max\"";
            self.warning(&sub(path, "attempts"), message, help);
        }
        let chooses = matches!(retry.common.avoid, Avoid::Last | Avoid::Tried);
        if retry.common.reselect.is_some() && !chooses {
            let message = "nothing is chosen again where no replica is avoided";
            self.error(&sub(path, "reselect"), message, "set \"avoid\" to \"last\" or \"tried\"");
        }
        if retry.common.reselect.is_some_and(|trials| trials > 100) {
            self.error(&sub(path, "reselect"), "expected at most 100 trials", "");
        }
        if let Some(policy) = retry.policy.known() {
            self.possible(path, policy.check());
        }
        self.check_budget(path, retry.common.budget.as_ref());
    }

    fn check_hedge(&mut self, path: &[&str], hedge: &HedgeKeys) {
        let HedgeCommon { attempts, attempts_max: most, .. } = hedge.common;
        for (key, value) in [("attempts", attempts), ("attempts_max", most)] {
            if !(2..=255).contains(&value) {
                let message = format!("{value} copies are impossible");
                self.error(&sub(path, key), message, "expected 2 to 255, the first attempt included");
            }
        }
        if (2..attempts).contains(&most) {
            let message = format!("{most} copies are sent where {attempts} are asked for");
            self.warning(
                &sub(path, "attempts"),
                message,
                "a client that lifts this limit says so with \"attempts_max\"",
            );
        }
        self.check_budget(path, hedge.common.budget.as_ref());
        self.possible(path, hedge.policy.check());
    }

    fn check_budget(&mut self, path: &[&str], budget: Option<&BudgetKeys>) {
        if let Some(budget) = budget {
            self.possible(&sub(path, "budget"), budget.0.check());
        }
    }

    /// Reports a setting that a policy finds impossible.
    pub(super) fn possible(&mut self, path: &[&str], checked: Result<(), Impossible>) {
        self.possible_or(path, checked, "");
    }

    /// The same, with what helps.
    pub(super) fn possible_or(&mut self, path: &[&str], checked: Result<(), Impossible>, help: &str) {
        if let Err(Impossible { key, why }) = checked {
            let path: Vec<&str> = path.iter().copied().chain(key.split('.')).collect();
            let key = path.last().copied().unwrap_or(&key);
            self.error(&path, format!("\"{key}\" cannot be so: {why}"), help);
        }
    }
}

fn retry(keys: &RetryKeys) -> Option<Retry> {
    let (policy, common) = (keys.policy.known()?, &keys.common);
    Some(Retry {
        policy: policy.clone(),
        attempts: common.attempts.min(policy.attempts_max()),
        avoid: common.avoid,
        on: common.on,
        budget: common.budget.as_ref().map(|budget| budget.0.clone()),
        reselect: common.reselect,
        hints: common.hints,
        layer: common.layer,
        only_idempotent: common.only_idempotent,
    })
}

fn hedge(keys: &HedgeKeys) -> Hedge {
    let budget = keys.common.budget.as_ref().map(|budget| budget.0.clone());
    let HedgeCommon { attempts, attempts_max, on, hints, .. } = keys.common;
    Hedge { policy: keys.policy.clone(), attempts: attempts.min(attempts_max), budget, on, hints }
}

fn sub<'a>(path: &[&'a str], key: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([key]).collect()
}
