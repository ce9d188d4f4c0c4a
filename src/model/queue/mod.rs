//! In which order waiting jobs are served, and which of them are not served at all.
//!
//! Where a policy names its order, the engine keeps it and asks nothing. One that names none is asked, whenever a slot is
//! free, for each job in turn until one is served; it sees its own queue only, so it stands where the queue stands. To
//! add one: write `<name>.rs` and add its `mod` line and row below.

mod adaptive_lifo;
mod codel;
mod controlled_delay;
mod fifo;
mod lifo;
mod priority;
mod processor_sharing;

use crate::document::Section;
use crate::units::{SimDuration, SimTime};

/// In which order jobs are taken from a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discipline {
    /// First in, first out.
    Fifo,
    /// Last in, first out.
    Lifo,
    /// Lowest priority number first, first in, first out within.
    Priority,
    /// Nobody waits: all share the replica.
    ProcessorSharing,
    /// As the policy says each time; jobs join at the end.
    Asked,
}

/// A queue in which somebody waits, when a slot is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The time.
    pub now: SimTime,
    /// How many wait; at least 1.
    pub jobs: u32,
    /// How long the one has waited that came first.
    pub first: SimDuration,
    /// How long the queue has not been empty.
    pub busy: SimDuration,
}

/// What becomes of a waiting job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The one that came first is served.
    First,
    /// The one that came last is served.
    Last,
    /// The one that came first is not served at all; the policy is asked again.
    Shed,
}

/// Chooses the next job.
pub trait QueuePolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// The order, if it is always the same.
    const DISCIPLINE: Discipline;
    /// What a scenario says about it.
    type Settings: Section;

    /// Builds the memory of one queue.
    fn new(settings: &Self::Settings) -> Self;

    /// What becomes of the next job; asked of [`Discipline::Asked`] only.
    fn next(&mut self, waiting: &Waiting) -> Next;
}

crate::registry! { ($) QueueOrder, QueueSettings, QueuePolicy, each_queue;
    Fifo = fifo,
    Lifo = lifo,
    Priority = priority,
    ProcessorSharing = processor_sharing,
    Codel = codel,
    ControlledDelay = controlled_delay,
    AdaptiveLifo = adaptive_lifo,
}

impl QueueSettings {
    /// First in, first out.
    pub const FIFO: Self = Self::Fifo(fifo::Settings {});

    /// The order, if it is always the same.
    pub fn discipline(&self) -> Discipline {
        each_queue!(settings self, _settings, Policy => <Policy as QueuePolicy>::DISCIPLINE)
    }
}

impl QueueOrder {
    /// Builds the policy that `settings` describes.
    pub fn new(settings: &QueueSettings) -> Self {
        each_queue!(build settings, settings, Policy => <Policy as QueuePolicy>::new(settings))
    }

    /// See [`QueuePolicy::next`].
    pub fn next(&mut self, waiting: &Waiting) -> Next {
        each_queue!(self, policy => policy.next(waiting))
    }
}
