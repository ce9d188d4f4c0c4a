//! How long units, groups of units and services are up.
//!
//! Times may be in any unit, if all are in the same one; answers with a year in them take seconds.

mod beta_factor;
mod detection_lag;
mod dns_failover;
mod downtime_distribution;
mod failure_domains;
mod health_check_detection;
mod k_of_n;
mod k_of_n_crew;
mod k_of_n_mixed;
mod k_of_n_unrepaired;
mod mg1_breakdowns;
mod mmc_breakdowns;
mod regions;
mod series_parallel;
mod shuffle_sharding;
mod standby_coverage;
mod static_stability;
mod transient_availability;
mod unit_availability;

pub use beta_factor::{beta_factor, beta_factor_shock};
pub use detection_lag::{DetectionLag, detection_lag};
pub use dns_failover::Failover;
pub use downtime_distribution::DowntimeLaw;
pub use failure_domains::{
    Alternating, FailureDomains, FailureDomainsAnswer, FailureRegion, FailureZone, failure_domains,
};
pub use health_check_detection::{detection_mean, false_alarm_probes};
pub use k_of_n::{GroupUpDown, KOfN, k_of_n};
pub use k_of_n_crew::k_of_n_crew;
pub use k_of_n_mixed::k_of_n_mixed;
pub use k_of_n_unrepaired::{mean_life_unrepaired, reliability_unrepaired};
pub use mg1_breakdowns::{BreakingServer, Clock};
pub use mmc_breakdowns::{BreakingServers, BreakingServersAnswer};
pub use regions::regions_unavailability;
pub use series_parallel::{Group, series_unavailability};
pub use shuffle_sharding::{ShuffleSharding, shuffle_sharding};
pub use standby_coverage::{Standby, StandbyAnswer, standby_coverage};
pub use static_stability::static_stability;
pub use transient_availability::{TransientAvailability, transient_availability};
pub use unit_availability::unit_availability;

use super::relaxation::{RELAXATION, relaxation_time};
use super::{Answer, Argument, Oracle, Value};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    beta_factor::SERIES,
    beta_factor::SHOCK,
    detection_lag::ORACLE,
    dns_failover::ORACLE,
    downtime_distribution::ORACLE,
    failure_domains::ORACLE,
    health_check_detection::ORACLE,
    k_of_n::ORACLE,
    k_of_n_crew::ORACLE,
    k_of_n_mixed::ORACLE,
    k_of_n_unrepaired::ORACLE,
    mg1_breakdowns::ANY_TIME,
    mg1_breakdowns::BUSY,
    mmc_breakdowns::ORACLE,
    regions::ORACLE,
    series_parallel::ORACLE,
    shuffle_sharding::ORACLE,
    standby_coverage::ORACLE,
    static_stability::ORACLE,
    transient_availability::ORACLE,
    unit_availability::ORACLE,
];

/// A year of 365.25 days \[s\].
const YEAR: f64 = 31_557_600.0;

const UNITS: Argument = Argument::number("n", "1", "number of units");
const NEEDED: Argument = Argument::number("k", "1", "number of units that must be up");
const UP: Argument = Argument::number("up", "s", "mean time to failure of a unit");
const DOWN: Argument = Argument::number("down", "s", "mean time to repair of a unit");

const AVAILABILITY: Answer = Answer::new("availability_time", "ratio", "share of the time that it is up");
const UNAVAILABILITY: Answer = Answer::new("unavailability", "ratio", "share of the time that it is down");
const NINES: Answer = Answer::new("nines", "1", "-log10 of the share of the time that it is down");
const DOWNTIME: Answer = Answer::new("downtime_per_year", "s", "time down in a year");
const INCIDENT_RATE: Answer = Answer::new("incident_rate", "1/s", "outages per time");
const MTTF: Answer = Answer::new("mttf", "s", "mean time from the end of an outage to the next one");
const MTTR: Answer = Answer::new("mttr", "s", "mean time of an outage");
const FIRST_OUTAGE: Answer =
    Answer::new("first_outage_mean", "s", "mean time to the first outage, all up at first");
const REPLICAS: Answer = Answer::new("replicas_mean", "1", "mean number of units that are up");

/// Long-run figures of something that is up and down in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpDown {
    /// Share of the time that it is down.
    pub unavailability: f64,
    /// Outages per time \[1/s\].
    pub incident_rate: f64,
}

/// The answers that follow from an [`UpDown`], in the order of [`UpDown::answers`].
const UP_DOWN: [Answer; 7] = [AVAILABILITY, UNAVAILABILITY, NINES, DOWNTIME, INCIDENT_RATE, MTTF, MTTR];

impl UpDown {
    /// Share of the time that it is up.
    pub fn availability(self) -> f64 {
        1.0 - self.unavailability
    }

    /// Mean time from the end of an outage to the next one \[s\].
    pub fn mttf(self) -> f64 {
        self.availability() / self.incident_rate
    }

    /// Mean time of an outage \[s\].
    pub fn mttr(self) -> f64 {
        self.unavailability / self.incident_rate
    }

    fn answers(self) -> Vec<Value> {
        let values = [
            self.availability(),
            self.unavailability,
            -self.unavailability.log10(),
            self.unavailability * YEAR,
            self.incident_rate,
            self.mttf(),
            self.mttr(),
        ];
        values.map(Value::from).to_vec()
    }
}
