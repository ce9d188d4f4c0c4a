//! Who sends requests, and when.

mod arrival;
mod check;
mod intended;
mod profile;

pub use arrival::{ArrivalSource, Phase, next_of_poisson};
pub use intended::{Intended, phase_rates};

use std::sync::Arc;

use super::call::Step;
use super::dns::Resolvers;
use super::trace::Trace;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, Rate, RegionId, SimDuration, SimTime};

/// A source of requests.
#[derive(Debug, Clone)]
pub struct Client {
    /// Name.
    pub name: String,
    /// Where its instances run; they are spread over the zones in turn.
    pub region: RegionId,
    /// How many instances send its requests in turn; at least 1.
    pub instances: u32,
    /// When requests come.
    pub arrival: Arrival,
    /// What each request asks for; at least one step.
    pub steps: Vec<Step>,
    /// Share of operations that are answered with a client error.
    pub invalid: Probability,
    /// 0 is served first.
    pub priority: u8,
    /// Its requests belong to so many sessions, each as likely; where absent each request, or user, is a session.
    pub sessions: Option<u32>,
    /// A success after more than this fails as `too_slow`.
    pub good_within: Option<SimDuration>,
    /// How it comes by answers for the names that it calls.
    pub resolvers: Resolvers,
}

impl Client {
    /// How many resolvers it has.
    pub fn resolver_count(&self) -> u32 {
        self.resolvers.count.unwrap_or(self.instances)
    }
}

/// When requests come.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// A Poisson process whose rate is constant but for spikes.
    Poisson {
        /// The rate.
        rate: Rate,
        /// Times of a higher or lower rate; factors of overlapping ones multiply.
        spikes: Vec<Spike>,
    },
    /// Independent times between arrivals; begins with one of them.
    Renewal {
        /// Time between two arrivals.
        between: Distribution,
    },
    /// A Poisson process whose rate changes with a cycle of exponential stays, started stationary.
    Mmpp {
        /// Rate in each phase.
        rates: Vec<Rate>,
        /// Mean stay in each phase.
        stays: Vec<SimDuration>,
    },
    /// Users who wait for each answer, then think.
    Closed {
        /// How many.
        users: u32,
        /// Time from an answer to the next request; each user begins with one.
        think: Distribution,
    },
    /// A Poisson process whose rate follows the time of day, in equal steps.
    Profile {
        /// Rate in each step.
        rates: Vec<Rate>,
        /// Length of all steps together, after which they repeat.
        period: SimDuration,
        /// Times of a higher or lower rate.
        spikes: Vec<Spike>,
    },
    /// As recorded: exactly so many requests in each period, at independent uniform times.
    Counts {
        /// Requests in each period.
        counts: Vec<u64>,
        /// Length of a period.
        period: SimDuration,
        /// When the first period begins.
        begins: SimTime,
    },
    /// As recorded: at these instants, rising.
    Instants(Vec<SimTime>),
    /// Calls of many functions.
    Trace(Arc<Trace>),
}

/// A time of a higher or lower rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// When it begins.
    pub at: SimTime,
    /// How long it lasts.
    pub lasts: SimDuration,
    /// What the rate is multiplied by; not negative.
    pub factor: f64,
}
