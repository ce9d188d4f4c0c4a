//! Latency behind a load balancer.

mod feedback;
mod fixed_split;
mod optimal_split;
mod random_split;
mod round_robin;
mod shortest_queue;
mod sorted_queues;
mod supermarket;
mod weighted_split;

pub use feedback::{
    Following, HeadroomWeights, InverseWeights, UtilisationWeights, headroom_weights, inverse_weights,
    utilisation_weights,
};
pub use fixed_split::{FixedSplit, fixed_split};
pub use optimal_split::{OptimalSplit, optimal_split};
pub use random_split::random_split;
pub use round_robin::round_robin;
pub use shortest_queue::{join_shortest_queue, two_choices_of_three};
pub use sorted_queues::SortedQueues;
pub use supermarket::supermarket;
pub use weighted_split::weighted_split;

use super::Oracle;

/// Every formula of this room, in the order of names.
pub(super) const ROWS: &[Oracle] = &[
    feedback::HEADROOM,
    feedback::INVERSE,
    feedback::UTILISATION,
    fixed_split::ORACLE,
    shortest_queue::ORACLE,
    optimal_split::ORACLE,
    random_split::ORACLE,
    round_robin::ORACLE,
    supermarket::ORACLE,
    shortest_queue::TWO_OF_THREE,
    weighted_split::ORACLE,
];
