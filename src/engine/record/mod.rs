//! What a run writes down while it goes.

pub(super) mod collapse;
pub(super) mod event;
pub(super) mod function;
pub(super) mod instances;
pub(super) mod metrics;
pub(super) mod number;
pub(super) mod part;
pub(super) mod provision;
pub(super) mod setup;
pub(super) mod shares;
pub(super) mod span;
pub(super) mod version;
pub(super) mod window;

use crate::engine::listener::Note;
use crate::engine::record::collapse::CollapseWatch;
use crate::engine::record::part::Parts;
use crate::engine::record::window::Windows;
use crate::measure::{Culprit, Incident};

/// What is measured, and what listeners are to be told.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Record {
    /// Of each client, and of each service.
    pub(in crate::engine) clients: Vec<metrics::ClientMetrics>,
    pub(in crate::engine) services: Vec<metrics::ServiceMetrics>,
    /// Of each service that is a function; nothing where none is.
    pub(in crate::engine) functions: Vec<Option<Box<function::FunctionMetrics>>>,
    /// Of each queue, and of the work that each client asks for by messages; nothing where there are no queues.
    pub(in crate::engine) events: Vec<event::EventMetrics>,
    pub(in crate::engine) works: Vec<event::WorkMetrics>,
    pub(in crate::engine) parts: Parts,
    pub(in crate::engine) windows: Windows,
    collapse_watch: CollapseWatch,
    /// Whether somebody listens, and what is to be told at the next occasion: who decides does not know of listeners.
    pub(in crate::engine) listens: bool,
    pub(in crate::engine) untold: Vec<Note>,
    /// Services whose parts they depend on went down (`false`) or came back in this event.
    pub(in crate::engine) toppled: Vec<(u32, bool, Culprit)>,
    /// Requests that failed so far.
    pub(in crate::engine) failed: u64,
    /// Those that had failed when the measured part ended.
    pub(in crate::engine) failed_measured: Option<u64>,
    pub(in crate::engine) incidents: Vec<Incident>,
    pub(in crate::engine) incidents_dropped: u64,
    pub(in crate::engine) workload: u64,
}
