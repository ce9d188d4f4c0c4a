//! What is known, and when: health checks, outlier detection, monitors and the age of knowledge.

pub mod alarm;
pub mod anomaly;
pub mod burn_rate;
pub mod composite;
pub mod forecast;
pub mod monitor;
pub mod outlier;
pub mod response;
pub mod signal;
pub mod watch;

use crate::kernel::distribution::Distribution;
use crate::units::{Probability, SimDuration};

/// An active health check of every replica by every decider.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// Time between the starts of two checks.
    pub interval: SimDuration,
    /// A check without an answer fails after this.
    pub timeout: SimDuration,
    /// Failures in a row after which a replica is believed down; at least 1.
    pub unhealthy_after: u32,
    /// Successes in a row after which it is believed up again; at least 1.
    pub healthy_after: u32,
    /// Most of the time that is added to each interval at random, evenly.
    pub jitter: SimDuration,
    /// The interval while some results that could change what is believed are there already.
    pub fast_interval: Option<SimDuration>,
    /// The interval while a replica is believed down, where no faster one holds.
    pub down_interval: Option<SimDuration>,
    /// Whether an error as an answer marks a replica down at once; what gives no answer is still counted.
    pub error_marks: bool,
    /// So many attempts in a row that a decider sees fail count as a failed check, where that is wanted; client errors and
    /// what limits refuse are no failures. At least 1. As HAProxy does where it observes.
    pub error_limit: Option<u32>,
    /// What a check looks at.
    pub sees: Sees,
    /// Whether a check waits for its turn at the replica.
    pub through: Through,
    /// What is believed at the start.
    pub start: Start,
    /// Who checks: so many, each with counts and a phase of its own; at least 1.
    pub checkers: u32,
    /// A replica is believed up while more than this share of them find it up; below 1.
    pub quorum: Probability,
}

impl HealthCheck {
    /// Whether a replica is believed up that so many of the checkers find up.
    pub fn is_up(&self, finding_up: u32) -> bool {
        f64::from(finding_up) > self.quorum.get() * f64::from(self.checkers)
    }
}

impl HealthCheck {
    /// Time from the start of a check to that of the next, but for jitter: by whether the replica is believed up, and
    /// whether some results that could change that are there already.
    pub fn pause(&self, believes: bool, is_half_way: bool) -> SimDuration {
        match (is_half_way, believes) {
            (true, _) if self.fast_interval.is_some() => self.fast_interval,
            (_, false) => self.down_interval,
            _ => None,
        }
        .unwrap_or(self.interval)
    }
}

crate::choices! {
    /// What is believed of replicas before their first check. A run begins in the middle of operation, so no preset says
    /// that replicas are still checked, as real systems do with new ones.
    pub enum Start {
        /// That they are up.
        Healthy = "healthy",
        /// That they are not, until a first check succeeds, whatever success takes later.
        Checking = "checking",
    }
}

/// Probes of each replica from its own host, of which too many failed ones in a row restart it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// Time between the starts of two probes.
    pub interval: SimDuration,
    /// A probe without an answer fails after this.
    pub timeout: SimDuration,
    /// Failures in a row after which the replica is restarted; at least 1.
    pub unhealthy_after: u32,
    /// How long after its start a replica is probed for the first time.
    pub initial_delay: SimDuration,
    /// Whether a probe waits for its turn at the replica.
    pub through: Through,
}

crate::choices! {
    /// Where a check is answered.
    pub enum Through {
        /// Beside the requests, however many there are.
        Beside = "beside",
        /// Behind the requests that are there already: it waits for a slot, takes it for no time, and finds no place where the
        /// queue is full.
        Queue = "queue",
    }
}

crate::choices! {
    /// What a check looks at.
    pub enum Sees {
        /// The answer: an error or none is bad.
        Answer = "answer",
        /// The connection alone: it is good while the machine takes one, also where the replica hangs or answers errors.
        Connection = "connection",
    }
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A good answer.
    Good,
    /// An error as an answer.
    Error,
    /// No answer, or no connection.
    Nothing,
}

/// What the balancers of a service know of its replicas.
#[derive(Debug, Clone)]
pub enum Knowledge {
    /// What their health checks found and what they saw themselves.
    Checked,
    /// The truth at once, which theory assumes.
    Perfect,
    /// The truth some time ago.
    Delayed {
        /// Age of news about a fault, and of load.
        delay: Distribution,
        /// Age of news about a repair.
        rejoin: Distribution,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_sixteen_checkers_are_enough_for_route_53() {
        let check = HealthCheck {
            interval: SimDuration::from_secs(30.0),
            timeout: SimDuration::from_secs(4.0),
            unhealthy_after: 3,
            healthy_after: 3,
            jitter: SimDuration::ZERO,
            fast_interval: None,
            down_interval: None,
            error_marks: false,
            error_limit: None,
            sees: Sees::Answer,
            through: Through::Beside,
            start: Start::Healthy,
            checkers: 16,
            quorum: Probability::new(0.18).unwrap(),
        };
        // 12.5 % and 18.75 %.
        assert_eq!([2, 3, 16].map(|up| check.is_up(up)), [false, true, true]);
        let alone = HealthCheck { checkers: 1, quorum: Probability::new(0.5).unwrap(), ..check };
        assert_eq!([0, 1].map(|up| alone.is_up(up)), [false, true]);
    }

    #[test]
    fn checks_follow_each_other_as_the_replica_is() {
        let seconds = SimDuration::from_secs;
        let check = HealthCheck {
            interval: seconds(10.0),
            timeout: seconds(1.0),
            unhealthy_after: 3,
            healthy_after: 2,
            jitter: SimDuration::ZERO,
            fast_interval: Some(seconds(1.0)),
            down_interval: Some(seconds(5.0)),
            error_marks: false,
            error_limit: None,
            sees: Sees::Answer,
            through: Through::Beside,
            start: Start::Healthy,
            checkers: 1,
            quorum: Probability::ZERO,
        };
        assert_eq!(check.pause(true, false), seconds(10.0));
        assert_eq!(check.pause(true, true), seconds(1.0));
        assert_eq!(check.pause(false, true), seconds(1.0));
        assert_eq!(check.pause(false, false), seconds(5.0));
        let slow = HealthCheck { fast_interval: None, ..check };
        assert_eq!(slow.pause(true, true), seconds(10.0));
        assert_eq!(slow.pause(false, true), seconds(5.0));
        let plain = HealthCheck { down_interval: None, ..slow };
        assert_eq!(plain.pause(false, true), seconds(10.0));
    }
}
