//! The formulas that articles print, each with the meaning under which it is exact, and the right ones beside them.

mod blocker;
mod chain;
mod harmonic;
mod ladder;
mod monitoring;
mod pair;
mod polling;
mod race;
mod required;
mod sequence;
mod shared_job;
mod stage;
mod weight;

pub use blocker::shared_blocker;
pub use chain::{Chain, success_chain};
pub use harmonic::{harmonic_availability, harmonic_recovery};
pub use ladder::{Ladder, escalation_ladder};
pub use monitoring::{MonitoringEfficiency, monitoring_efficiency};
pub use pair::{Pair, two_servers};
pub use polling::{Polling, polling};
pub use race::race;
pub use required::all_required;
pub use sequence::sequence;
pub use shared_job::shared_job;
pub use stage::{Stages, error_handling_efficiency, stages};
pub use weight::normalised_weights;

use super::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value};

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    required::ORACLE,
    stage::EFFICIENCY,
    ladder::ORACLE,
    harmonic::AVAILABILITY,
    harmonic::RECOVERY,
    monitoring::ORACLE,
    polling::ORACLE,
    race::ORACLE,
    sequence::ORACLE,
    blocker::ORACLE,
    shared_job::ORACLE,
    stage::STAGES,
    chain::ORACLE,
    pair::ORACLE,
    weight::ORACLE,
];

/// The time from a recovery to the next failure, for the availability.
const UP: Argument =
    Argument::number("up", "s", "mean time to failure; without it nothing fails").or(f64::INFINITY);

/// The times of operations, whatever their laws.
const LAWS: Argument = Argument::number("time", "s", "time of each operation").of(Kind::Laws);

/// What every way of recovering answers.
const ANSWERS: &[Answer] = &[
    Answer::new("recovery_mean", "s", "mean time to recover"),
    Answer::new("availability_time", "ratio", "share of the time that a unit is up"),
];

/// The answers of a way of recovering with this mean \[s\].
///
/// Up and down alternate, so that A = up / (up + down) for any laws of both.
fn answers(arguments: &Arguments<'_>, down: f64) -> Result<Vec<Value>, OracleError> {
    let up = arguments.number("up")?;
    if up.is_nan() || up <= 0.0 {
        return Err(OracleError::Domain { argument: "up", value: up, expected: "positive" });
    }
    let availability = if up.is_infinite() { 1.0 } else { up / (up + down) };
    Ok(vec![down.into(), availability.into()])
}
