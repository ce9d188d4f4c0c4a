//! Many functions as one service: each call brings its function along, and instances belong to functions or apps.

use std::sync::Arc;

use super::keep_alive::KeepAliveSettings;
use crate::model::cost::InvocationPrice;
use crate::model::trace::Trace;

crate::choices! {
    /// Who shares instances.
    pub enum Share {
        /// Calls of one function.
        Function = "function",
        /// Calls of all functions of one app.
        App = "app",
    }
}

/// How instances of many functions come and go: one request each, the one that became free last first.
#[derive(Debug, Clone)]
pub struct Population {
    /// The functions, and their calls.
    pub trace: Arc<Trace>,
    /// Who shares instances.
    pub share: Share,
    /// How long an idle instance is kept.
    pub keep_alive: KeepAliveSettings,
    /// What is paid for calls.
    pub price: InvocationPrice,
    /// Memory of instances of functions of which the trace says nothing \[MB\].
    pub megabytes: u32,
    /// The account whose concurrency and starts they share, if they do.
    pub account: Option<u32>,
}

impl Population {
    /// Whose instances serve a function: its own number, or that of the first function of its app.
    pub fn owner(&self, function: u32) -> u32 {
        match self.share {
            Share::Function => function,
            Share::App => self.trace.functions[function as usize].app,
        }
    }

    /// Memory of an instance of a function \[MB\].
    pub fn memory_of(&self, function: u32) -> u32 {
        match self.trace.functions[function as usize].megabytes {
            0 => self.megabytes,
            own => own,
        }
    }
}
