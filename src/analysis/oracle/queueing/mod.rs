//! Queues in steady state: one or several servers, with and without limits, and networks of them.

mod bursty;
mod erlang_a;
mod erlang_b;
mod erlang_c;
mod fork_join;
mod gm1;
mod jackson;
pub(in crate::analysis::oracle) mod levels;
mod machine_repair;
mod md1;
mod mg1;
mod mg_infinity;
mod mm1;
mod mmc;
mod mmck;
mod priority;
mod processor_sharing;
pub(in crate::analysis::oracle) mod station;
mod tandem;

pub use bursty::{BurstyStation, bursty_arrivals};
pub use erlang_a::{ImpatientStation, erlang_a};
pub use erlang_b::erlang_b;
pub use erlang_c::erlang_c;
pub use fork_join::fork_join;
pub use gm1::gm1;
pub use jackson::{Network, jackson};
pub use machine_repair::{Repaired, machine_repair};
pub use md1::md1;
pub use mg_infinity::mg_infinity;
pub use mg1::{GeneralStation, mg1};
pub use mm1::{mm1, wait_variance_asymptotic};
pub use mmc::mmc;
pub use mmck::{LimitedStation, mmck};
pub use priority::{priority, priority_preemptive};
pub use processor_sharing::processor_sharing;
pub use station::{LEVELS, Station};
pub use tandem::{Path, tandem};

use super::{Argument, Kind, Oracle, OracleError, positive};
use crate::analysis::law::Law;
use crate::analysis::numeric::root;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    bursty::ORACLE,
    erlang_a::ORACLE,
    erlang_b::ORACLE,
    erlang_c::ORACLE,
    fork_join::ORACLE,
    gm1::ORACLE,
    jackson::ORACLE,
    machine_repair::ORACLE,
    md1::ORACLE,
    mg_infinity::ORACLE,
    mg1::ORACLE,
    mm1::ORACLE,
    mmc::ORACLE,
    mmck::ORACLE,
    priority::ORACLE,
    priority::PREEMPTIVE,
    processor_sharing::ORACLE,
    tandem::ORACLE,
];

pub(super) const RATE: Argument = Argument::number("rate", "1/s", "arrival rate");
pub(super) const SERVICE_MEAN: Argument = Argument::number("service_mean", "s", "mean time in service");
pub(super) const SERVERS: Argument = Argument::number("servers", "1", "how many work at once");
pub(super) const SERVICE: Argument = Argument::number("service", "s", "time in service").of(Kind::Law);

/// The mean of a law, if it is positive and finite.
pub(super) fn law_mean(argument: &'static str, law: &Law) -> Result<f64, OracleError> {
    let mean = law.mean();
    let expected = "a distribution with a positive and finite mean";
    positive(argument, &[mean]).map_err(|_| OracleError::Domain { argument, value: mean, expected })?;
    Ok(mean)
}

/// The root below 1 of x = f(x), where f is convex, rises from f(0) > 0 to f(1) = 1, and is steeper than 1 there
/// because the load is below 1.
pub(super) fn stays_below(load: f64, function: impl Fn(f64) -> f64) -> f64 {
    let excess = |rest: f64| function(1.0 - rest) - (1.0 - rest);
    let mut low = 1.0 - load;
    while low > f64::EPSILON && excess(low) >= 0.0 {
        low /= 2.0;
    }
    1.0 - root(low, 1.0, excess).unwrap_or(low)
}
