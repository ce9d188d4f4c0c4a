//! How whatever serves comes to serve.

use super::Checker;
use crate::kernel::distribution::Distribution;
use crate::model::fleet::start::Start;
use crate::scenario::written::start::{PhaseKeys, StartKeys};
use crate::units::{Probability, SimDuration};

impl Checker<'_> {
    /// How a start goes that is written at a path, or a report of what is impossible about it; at once where none is.
    pub(super) fn start(&mut self, path: &[&str], keys: Option<&StartKeys>) -> Option<Start> {
        match keys {
            None => Some(Start::of(Distribution::constant(SimDuration::ZERO))),
            Some(StartKeys::Law(law)) => self.law(law).map(Start::of),
            Some(StartKeys::Phases(keys)) => self.phases(path, keys),
        }
    }

    fn phases(&mut self, path: &[&str], keys: &PhaseKeys) -> Option<Start> {
        let lasting = [&keys.placement, &keys.download].into_iter().flatten();
        let again = [&keys.snapshot, &keys.runtime, &keys.init].into_iter().flatten();
        let built: Vec<_> = lasting.clone().chain(again).map(|law| self.law(law)).collect();
        let warmup = self.optional_law(keys.warmup.as_ref());
        let mut wrong = |is_wrong: bool, key: &str, message: &str, help: &str| {
            if is_wrong {
                let path: Vec<&str> = path.iter().copied().chain([key]).collect();
                self.error(&path, message, help);
            }
        };
        let speed = keys.warmup_speed;
        wrong(!(speed > 0.0 && speed.is_finite()), "warmup_speed", "a speed is above zero", "");
        wrong(
            keys.success <= Probability::ZERO,
            "success",
            "a start that never succeeds",
            "expected more than 0",
        );
        let fails = keys.success < Probability::ONE;
        wrong(keys.again_after.is_zero(), "again_after", "the next try comes after more than zero", "");
        wrong(
            fails && keys.again_max < keys.again_after,
            "again_max",
            "the longest pause is shorter than the first one",
            "expected at least \"again_after\"",
        );
        for (key, is_there) in [("runtime", keys.runtime.is_some()), ("init", keys.init.is_some())] {
            let message = format!("\"snapshot\" takes the place of \"{key}\"");
            wrong(keys.snapshot.is_some() && is_there, key, &message, "leave one of them out");
        }
        let limit = keys.init_limit;
        wrong(limit.is_some_and(SimDuration::is_zero), "init_limit", "a limit is above zero", "");
        self.unused_keys(path, keys);
        Some(Start {
            phases: built.into_iter().collect::<Option<_>>()?,
            lasting: lasting.count(),
            init_limit: limit,
            warmup: warmup?,
            warmup_speed: speed,
            success: keys.success,
            again_after: keys.again_after,
            again_max: keys.again_max,
        })
    }

    /// Warns of what is said about failed tries or the warm-up where there is none.
    fn unused_keys(&mut self, path: &[&str], keys: &PhaseKeys) {
        let fails = keys.success < Probability::ONE;
        let has_init = keys.runtime.is_some() || keys.init.is_some();
        let unused = [
            ("init_limit", has_init, "nothing is limited: add \"init\" or \"runtime\""),
            ("warmup_speed", keys.warmup.is_some(), "nothing is warmed up: add \"warmup\""),
            ("again_after", fails, "no start fails: add \"success\""),
            ("again_max", fails, "no start fails: add \"success\""),
        ];
        for (key, has_effect, help) in unused {
            let path: Vec<&str> = path.iter().copied().chain([key]).collect();
            if !has_effect && self.is_written(&path) {
                self.warning(&path, format!("\"{key}\" has no effect"), help);
            }
        }
    }
}
