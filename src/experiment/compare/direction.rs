//! In which direction a metric is better, and on which scale two variants are compared.

use crate::measure::metric::{Quantity, Sample};

/// Which values of a metric are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// High ones.
    Up,
    /// Low ones.
    Down,
    /// That depends on who asks, such as for utilisation.
    Neither,
}

/// Which values of a quantity are wanted.
pub fn direction(quantity: Quantity) -> Direction {
    match quantity {
        _ if quantity.is_availability() => Direction::Up,
        Quantity::Goodput
        | Quantity::Within(_)
        | Quantity::Mttf
        | Quantity::CollapseAfterMean
        | Quantity::FirstOutageMean
        | Quantity::Nines
        | Quantity::ErrorBudgetLeft => Direction::Up,
        Quantity::Sampled(Sample::Service, _) => Direction::Neither,
        Quantity::Unfinished
        | Quantity::UnfinishedRatio
        | Quantity::Amplification
        | Quantity::Fallbacks
        | Quantity::Failures(_)
        | Quantity::FailureRatio(_)
        | Quantity::Sampled(..)
        | Quantity::DelayedRatio
        | Quantity::WastedWorkRatio
        | Quantity::QueueLengthMean
        | Quantity::QueueLengthMax
        | Quantity::InSystemMean
        | Quantity::EjectionsFalseRatio
        | Quantity::AlarmsFalseRatio
        | Quantity::Incidents
        | Quantity::CollapseRatio
        | Quantity::CollapsesPerYear
        | Quantity::CollapseLengthMean
        | Quantity::CollapseUnrecoveredRatio
        | Quantity::Mttd
        | Quantity::Mttr
        | Quantity::DowntimePerYear => Direction::Down,
        _ => Direction::Neither,
    }
}

/// The number whose ratio is taken, from the pooled value: of an availability, what is missing to 1.
pub(in crate::experiment) fn base(quantity: Quantity) -> fn(f64) -> f64 {
    match quantity {
        Quantity::Nines => |availability| -(1.0 - availability).log10(),
        _ if quantity.is_availability() || quantity == Quantity::DowntimePerYear => {
            |availability| 1.0 - availability
        }
        // What is left of a budget may be negative.
        Quantity::ErrorBudgetLeft => |_| f64::NAN,
        _ => |value| value,
    }
}
