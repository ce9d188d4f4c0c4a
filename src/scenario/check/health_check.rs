//! What balancers find out by themselves: health checks and outlier detection.

use super::Checker;
use crate::document::Diagnostic;
use crate::model::fleet::QueuePlace;
use crate::model::monitoring::outlier::OutlierSettings;
use crate::model::monitoring::{HealthCheck, Liveness, Sees, Through};
use crate::model::queue::Discipline;
use crate::scenario::written::balancing::KnowledgeKeys;
use crate::scenario::written::health_check::HealthCheckKeys;
use crate::scenario::written::service::{Limit, ServiceSection};
use crate::units::Probability;

/// Most checkers of one replica.
const CHECKERS_MAX: u32 = 1_000;

/// Who looks at the replicas of a service, and at what becomes of attempts at them.
type Checks = (Option<HealthCheck>, Option<Liveness>, Option<OutlierSettings>);

impl Checker<'_> {
    /// Who looks at the replicas of a service.
    pub(super) fn checks(&mut self, name: &str, section: &ServiceSection) -> Checks {
        let keys = section.keys.health_check.as_ref();
        let health_check = keys.map(|check| self.health_check(["service", name], check));
        if keys.is_some_and(|check| check.through == Through::Queue) {
            self.turns(name, section, "health_check");
        }
        let liveness = self.liveness(name, section);
        self.observation(name, section);
        (health_check, liveness, self.outlier_detection(name, section))
    }

    /// How the replicas of a service, or the records of a name, are looked at.
    pub(super) fn health_check(&mut self, of: [&str; 2], keys: &HealthCheckKeys) -> HealthCheck {
        let at = |key| [of[0], of[1], "health_check", key];
        let others = [("fast_interval", keys.fast_interval), ("down_interval", keys.down_interval)];
        let others = others.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for (key, value) in
            [("interval", keys.interval), ("timeout", keys.timeout)].into_iter().chain(others.clone())
        {
            if value.is_zero() {
                self.error(&at(key), format!("the {key} of a health check is longer than zero"), "");
            }
        }
        if keys.timeout > keys.interval {
            let message = format!(
                "a health check with a timeout of {} cannot be made every {}",
                keys.timeout, keys.interval
            );
            self.error(&at("timeout"), message, "expected at most the interval");
        }
        for (key, value) in others.filter(|(_, value)| keys.timeout > *value && !value.is_zero()) {
            let message =
                format!("a health check with a timeout of {} cannot be made every {value}", keys.timeout);
            self.error(&at(key), message, "expected at least the timeout");
        }
        for (key, value) in [("unhealthy_after", keys.unhealthy_after), ("healthy_after", keys.healthy_after)]
        {
            if value == 0 {
                self.error(&at(key), format!("\"{key}\" is at least 1"), "");
            }
        }
        if keys.error_limit == Some(0) {
            self.error(&at("error_limit"), "\"error_limit\" is at least 1", "");
        }
        if keys.error_marks && keys.sees == Sees::Connection {
            let help = "leave out \"error_marks\", or the \"sees\" of \"connection\"";
            self.error(&at("error_marks"), "a check that looks at the connection sees no errors", help);
        }
        if keys.through == Through::Queue && keys.sees == Sees::Connection {
            let help = "leave out \"through\", or the \"sees\" of \"connection\"";
            self.error(&at("through"), "a check that looks at the connection waits behind nobody", help);
        }
        if keys.checkers == 0 || keys.checkers > CHECKERS_MAX {
            let message = format!("{} checkers are impossible", keys.checkers);
            self.error(&at("checkers"), message, &format!("expected 1 to {CHECKERS_MAX}"));
        }
        if keys.quorum >= Probability::ONE {
            let help = "expected less than 100%: a replica is up while more than this share find it up";
            self.error(&at("quorum"), "more than all checkers can never find a replica up", help);
        }
        HealthCheck {
            interval: keys.interval,
            timeout: keys.timeout,
            unhealthy_after: keys.unhealthy_after,
            healthy_after: keys.healthy_after,
            jitter: keys.jitter,
            fast_interval: keys.fast_interval,
            down_interval: keys.down_interval,
            error_marks: keys.error_marks,
            error_limit: keys.error_limit,
            sees: keys.sees,
            through: keys.through,
            start: keys.start,
            checkers: keys.checkers,
            quorum: keys.quorum,
        }
    }

    /// Reports checks that wait for a slot where nothing says when one has its turn.
    pub(super) fn turns(&mut self, name: &str, section: &ServiceSection, key: &str) {
        let keys = &section.keys;
        let queue = &keys.queue;
        let why = if queue.common.at == QueuePlace::Service {
            "replicas with one queue take their work from it, and a check is for one of them"
        } else if keys.concurrency == Limit::Unlimited {
            "nobody waits where slots have no limit"
        } else if queue.policy.discipline() != Discipline::Fifo {
            "it waits behind those that are there, and this queue has another order"
        } else {
            return;
        };
        let message = format!("a check has no turn in the queue of \"{name}\": {why}");
        let help = "leave out \"through\", or give \"queue\" the policy \"fifo\" at each replica";
        self.error(&["service", name, key, "through"], message, help);
    }

    /// Reports a health check that listens to attempts where nobody tells it of them.
    fn observation(&mut self, name: &str, section: &ServiceSection) {
        let keys = &section.keys;
        if keys.health_check.as_ref().is_none_or(|check| check.error_limit.is_none()) {
            return;
        }
        let at = ["service", name, "health_check", "error_limit"];
        if keys.health_check.as_ref().is_some_and(|check| check.checkers > 1) {
            let message = "checkers that decide together do not see attempts";
            self.error(&at, message, "leave out \"error_limit\" or \"checkers\"");
        }
        if keys.queue.common.at == QueuePlace::Service {
            let message = "at a shared queue nobody chooses a replica for an attempt";
            self.error(&at, message, "leave out \"error_limit\", or the \"at\" of \"queue\"");
        }
        if !matches!(keys.balancing.common.knowledge, KnowledgeKeys::Checked) {
            let message = "who is told the truth learns nothing from failed attempts";
            self.error(&at, message, "leave out \"error_limit\", or the \"knowledge\" of \"balancing\"");
        }
    }

    fn outlier_detection(&mut self, name: &str, section: &ServiceSection) -> Option<OutlierSettings> {
        let keys = section.keys.outlier_detection.as_ref()?;
        self.possible(&["service", name, "outlier_detection"], keys.policy.check());
        if !matches!(section.keys.balancing.common.knowledge, KnowledgeKeys::Checked) {
            let error = Diagnostic::error(keys.span, "who is told the truth does not look for outliers");
            self.findings
                .push(error.help("leave out \"outlier_detection\", or the \"knowledge\" of \"balancing\""));
        }
        if section.keys.queue.common.at == QueuePlace::Service {
            let error = Diagnostic::error(keys.span, "replicas that take work themselves cannot be ejected");
            self.findings.push(error.help("leave out \"outlier_detection\", or the \"at\" of \"queue\""));
        }
        Some(keys.policy.clone())
    }
}
