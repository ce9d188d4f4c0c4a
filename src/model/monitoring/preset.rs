//! Health checks of well-known systems, as data.

use super::HealthCheck;
use crate::units::SimDuration;

/// How sure it is that a preset is what its system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Read in the named source.
    Confirmed,
    /// From memory or at second hand.
    Unconfirmed,
}

impl Mark {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// The health check of one system. What the system itself wants to be told is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthPreset {
    /// The name written in a scenario.
    pub name: &'static str,
    /// One sentence for `list`.
    pub summary: &'static str,
    /// Time between checks (s).
    pub interval: Option<u64>,
    /// Time after which a check without an answer fails (s).
    pub timeout: Option<u64>,
    /// See [`HealthCheck::unhealthy_after`].
    pub unhealthy_after: Option<u32>,
    /// See [`HealthCheck::healthy_after`].
    pub healthy_after: Option<u32>,
    /// See [`HealthCheck::error_marks`].
    pub error_marks: bool,
    /// How many checkers, and the percentage of them that must find a replica up; one where absent.
    pub checkers: Option<(u32, u32)>,
    /// Where this stands.
    pub source: &'static str,
    /// How sure it is.
    pub mark: Mark,
    /// When it was looked up.
    pub as_of: &'static str,
}

const SECOND: u64 = 1_000_000_000;

impl HealthPreset {
    /// Every preset, in the order of names.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "alb",
            summary: "AWS Application Load Balancer: slow to take back, each of its nodes checks by itself.",
            interval: Some(30),
            timeout: Some(5),
            unhealthy_after: Some(2),
            healthy_after: Some(5),
            error_marks: false,
            checkers: None,
            source: "Elastic Load Balancing user guide, health checks for target groups",
            mark: Mark::Confirmed,
            as_of: "2026-11",
        },
        Self {
            name: "envoy",
            summary: "Envoy: an unexpected status marks at once, the rest must be given.",
            interval: None,
            timeout: None,
            unhealthy_after: None,
            healthy_after: None,
            error_marks: true,
            checkers: None,
            source: "Envoy documentation, health checking",
            mark: Mark::Confirmed,
            as_of: "2026-11",
        },
        Self {
            name: "global-accelerator",
            summary: "AWS Global Accelerator: the timeout must be given.",
            interval: Some(30),
            timeout: None,
            unhealthy_after: Some(3),
            healthy_after: Some(3),
            error_marks: false,
            checkers: None,
            source: "AWS Global Accelerator developer guide, health check options",
            mark: Mark::Unconfirmed,
            as_of: "2026-11",
        },
        Self {
            name: "haproxy",
            summary: "HAProxy check: a check may take as long as the interval.",
            interval: Some(2),
            timeout: Some(2),
            unhealthy_after: Some(3),
            healthy_after: Some(2),
            error_marks: false,
            checkers: None,
            source: "HAProxy configuration manual, server option check",
            mark: Mark::Confirmed,
            as_of: "2026-08",
        },
        Self {
            name: "kubernetes",
            summary: "Kubernetes readiness probe.",
            interval: Some(10),
            timeout: Some(1),
            unhealthy_after: Some(3),
            healthy_after: Some(1),
            error_marks: false,
            checkers: None,
            source: "Kubernetes documentation, configure liveness, readiness and startup probes",
            mark: Mark::Confirmed,
            as_of: "2026-11",
        },
        Self {
            name: "nginx-plus",
            summary: "NGINX Plus health_check: the timeout must be given.",
            interval: Some(5),
            timeout: None,
            unhealthy_after: Some(1),
            healthy_after: Some(1),
            error_marks: false,
            checkers: None,
            source: "NGINX documentation, ngx_http_upstream_hc_module",
            mark: Mark::Confirmed,
            as_of: "2026-11",
        },
        Self {
            name: "route53",
            summary: "Amazon Route 53: sixteen checkers, of which more than 18 % must find an endpoint up.",
            interval: Some(30),
            timeout: Some(4),
            unhealthy_after: Some(3),
            healthy_after: Some(3),
            error_marks: false,
            checkers: Some((16, 18)),
            source: "Amazon Route 53 developer guide, how health checks determine health",
            mark: Mark::Confirmed,
            as_of: "2026-11",
        },
    ];

    /// The preset of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|preset| preset.name == name)
    }

    /// The interval, where the system has one.
    pub fn interval(&self) -> Option<SimDuration> {
        self.interval.map(|seconds| SimDuration::from_nanos(seconds * SECOND))
    }

    /// The timeout, where the system has one.
    pub fn timeout(&self) -> Option<SimDuration> {
        self.timeout.map(|seconds| SimDuration::from_nanos(seconds * SECOND))
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

#[cfg(test)]
mod tests {
    use super::super::Start;
    use super::*;
    use crate::units::Probability;

    #[test]
    fn three_of_sixteen_checkers_are_enough_for_route_53() {
        let (checkers, percent) = HealthPreset::find("route53").unwrap().checkers.unwrap();
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
            start: Start::Healthy,
            checkers,
            quorum: Probability::new(f64::from(percent) / 100.0).unwrap(),
        };
        // 12.5 % and 18.75 %.
        assert_eq!([2, 3, 16].map(|up| check.is_up(up)), [false, true, true]);
        let alone = HealthCheck { checkers: 1, quorum: Probability::new(0.5).unwrap(), ..check };
        assert_eq!([0, 1].map(|up| alone.is_up(up)), [false, true]);
    }

    #[test]
    fn names_are_in_order_and_found() {
        assert!(HealthPreset::ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
        for preset in HealthPreset::ALL {
            assert_eq!(HealthPreset::find(preset.name), Some(preset));
            let fits =
                preset.timeout.zip(preset.interval).is_none_or(|(timeout, interval)| timeout <= interval);
            assert!(fits, "{}", preset.name);
        }
        assert_eq!(HealthPreset::find("none"), None);
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
