//! Names of metrics and what they mean: `scope/name`, such as `client.shopper/latency_p99`.
//!
//! The catalogue is the table of all families: scopes, unit, definition, what one run contributes, how that is estimated.
//! [`Quantity`] is a name once it is understood, and [`evidence`] takes from one run what an estimate of it needs.

mod availability;
mod cache;
mod catalogue;
mod cost;
mod data;
mod deploy;
mod dns;
mod event;
mod evidence;
mod exposure;
mod family;
mod fleet;
mod function;
mod host;
mod monitor;
mod outage;
mod scope;
mod standby;

use std::fmt;

use crate::units::SimDuration;

pub use catalogue::CATALOGUE;
pub use event::is_of_queues;
pub use evidence::{Asked, Context, Evidence, Source, evidence, tallies};
pub use exposure::{Exposure, Failed, exposure};
pub use family::{Basis, Counts, Derivation, Direction, Family, Member, Nature, Shown, Stage};
pub use scope::{BAD_RELEASES, Names, Part, Parts, ScopeKind};

const NANOS_PER_SECOND: f64 = 1e9;

/// A metric by name: of what, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricName {
    /// Of what, such as `client.shopper` or `service.shop.2`.
    pub scope: String,
    /// Which, such as `latency_p99`.
    pub name: String,
}

impl MetricName {
    /// Reads `scope/name`; `None` when one half is missing. Whether they exist is another question.
    pub fn parse(text: &str) -> Option<Self> {
        let (scope, name) = text.rsplit_once('/')?;
        let filled = !scope.is_empty() && !name.is_empty();
        filled.then(|| Self { scope: scope.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.scope, self.name)
    }
}

/// What is said about a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Its mean.
    Mean,
    /// The value that a share of it does not exceed.
    Quantile(f64),
    /// Its largest value.
    Max,
}

impl Statistic {
    /// The suffixes of metrics and what they say.
    pub const ALL: [(&'static str, Self); 7] = [
        ("mean", Self::Mean),
        ("p50", Self::Quantile(0.5)),
        ("p90", Self::Quantile(0.9)),
        ("p95", Self::Quantile(0.95)),
        ("p99", Self::Quantile(0.99)),
        ("p999", Self::Quantile(0.999)),
        ("max", Self::Max),
    ];
    /// Those of a sample with a value for each part of a system, of which quartiles are published.
    pub const OF_PARTS: [(&'static str, Self); 8] = [
        ("mean", Self::Mean),
        ("p50", Self::Quantile(0.5)),
        ("p75", Self::Quantile(0.75)),
        ("p90", Self::Quantile(0.9)),
        ("p95", Self::Quantile(0.95)),
        ("p99", Self::Quantile(0.99)),
        ("p999", Self::Quantile(0.999)),
        ("max", Self::Max),
    ];
}

/// What a metric measures, whatever its scope: a row of the catalogue, and which of its metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantity {
    /// The row.
    pub family: &'static Family,
    /// Which of them.
    pub member: Member,
}

impl Quantity {
    /// The quantity that a metric's name speaks of, of whatever scope; `None` for an unknown name.
    pub fn parse(name: &str) -> Option<Self> {
        CATALOGUE.iter().find_map(|family| family.member(name).map(|member| Self { family, member }))
    }

    /// The quantity of a name that the program itself writes.
    ///
    /// # Panics
    ///
    /// When the catalogue has no such name.
    pub fn named(name: &str) -> Self {
        Self::parse(name).unwrap_or_else(|| panic!("the catalogue has the metric {name}"))
    }

    /// The unit of its values: base units only.
    pub const fn unit(self) -> &'static str {
        self.family.unit
    }

    /// Which of its values are wanted.
    pub const fn direction(self) -> Direction {
        self.family.direction
    }

    /// Whether it rests on something.
    pub fn rests_on(self, basis: Basis) -> bool {
        self.family.rests_on.contains(&basis)
    }

    /// Whether it is an availability, whose errors are taken relative to 1 - A.
    pub const fn is_availability(self) -> bool {
        matches!(self.family.nature, Nature::Availability)
    }

    /// How it is worked out from an availability, where it is.
    pub const fn derivation(self) -> Option<&'static Derivation> {
        match self.family.nature {
            Nature::Derived(how) => Some(how),
            _ => None,
        }
    }

    /// The share that does not exceed it, where it is a quantile.
    pub const fn quantile(self) -> Option<f64> {
        match self.member {
            Member::Statistic(Statistic::Quantile(share)) => Some(share),
            _ => None,
        }
    }

    /// Whether it is the mean of a sample, or of a number over time.
    pub const fn is_mean(self) -> bool {
        match self.member {
            Member::Statistic(statistic) => matches!(statistic, Statistic::Mean),
            Member::Only => {
                matches!((self.family.nature, self.family.counts), (Nature::Number, Counts::Runs))
            }
            Member::Reason(_) | Member::Within(_) => false,
        }
    }

    /// Whether it is the largest of all, which has no interval.
    pub const fn is_maximum(self) -> bool {
        matches!(self.member, Member::Statistic(Statistic::Max))
            || matches!(self.family.counts, Counts::Largest)
    }

    /// The time within which, where it is a share within one.
    pub const fn threshold(self) -> Option<SimDuration> {
        match self.member {
            Member::Within(time) => Some(time),
            _ => None,
        }
    }
}

/// The metrics of a kind of scope, in the order of results; `within_<t>` stands as it is written here.
pub fn names(kind: ScopeKind) -> Vec<String> {
    CATALOGUE.iter().filter(|family| family.is_of(kind)).flat_map(Family::members).collect()
}

/// Whether a kind of scope has a metric of this name.
pub fn is_known(kind: ScopeKind, name: &str) -> bool {
    CATALOGUE.iter().any(|family| family.is_of(kind) && family.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    #[test]
    fn a_name_is_split_at_its_slash() {
        let name = MetricName::parse("service.shop.2/mttr").unwrap();
        assert_eq!((name.scope.as_str(), name.name.as_str()), ("service.shop.2", "mttr"));
        assert_eq!(name.to_string(), "service.shop.2/mttr");
        assert_eq!(MetricName::parse("mttr"), None);
        assert_eq!(MetricName::parse("/mttr"), None);
    }

    #[test]
    fn families_are_told_apart() {
        let parse = |name: &str| Quantity::parse(name).map(|one| (one.family.name, one.member));
        assert_eq!(
            parse("latency_all_p99"),
            Some(("latency_all_<statistic>", Member::Statistic(Statistic::Quantile(0.99))))
        );
        let queue_full = Member::Reason(Reason::QueueFull);
        assert_eq!(parse("failures_queue_full"), Some(("failures_<reason>", queue_full)));
        let client_error = Member::Reason(Reason::ClientError);
        assert_eq!(parse("failure_ratio_client_error"), Some(("failure_ratio_<reason>", client_error)));
        let within = Member::Within(SimDuration::from_nanos(250_000_000));
        assert_eq!(parse("within_250ms"), Some(("within_<t>", within)));
        for wrong in ["latency", "latency_p42", "failures_bad_luck", "within_soon", "availability"] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong}");
        }
    }
}
