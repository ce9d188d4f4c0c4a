//! How large messages are, where it is paid for what they move.

use super::Edge;
use crate::model::cost::Tariff;
use crate::model::system::System;

/// Sizes of messages. Nothing where none has one, or nothing is paid for it.
#[derive(Debug, Default)]
pub(in crate::engine) struct Transfers {
    /// For each call site, bytes of the request and of the answer.
    sizes: Vec<[u64; 2]>,
    /// For each service, whether messages of attempts at it have a size.
    reached: Vec<bool>,
}

impl Transfers {
    /// `sizes` has those of each call site.
    pub(super) fn new(system: &System, edges: &[Edge], sizes: Vec<[u64; 2]>) -> Self {
        let is_paid = system.tariff.as_ref().is_some_and(Tariff::has_transfer);
        if !is_paid || sizes.iter().all(|size| *size == [0; 2]) {
            return Self::default();
        }
        let mut reached = vec![false; system.services.len()];
        for (edge, size) in edges.iter().zip(&sizes) {
            reached[usize::from(edge.service)] |= *size != [0; 2];
        }
        // What is passed on has the size that it had.
        let mut open: Vec<usize> = (0..reached.len()).filter(|service| reached[*service]).collect();
        while let Some(service) = open.pop() {
            for next in &system.services[service].next {
                let next = next.service.index();
                if !reached[next] {
                    reached[next] = true;
                    open.push(next);
                }
            }
        }
        Self { sizes, reached }
    }

    /// Whether anything is counted.
    #[inline]
    pub(in crate::engine) fn are_counted(&self) -> bool {
        !self.sizes.is_empty()
    }

    /// Whether messages of attempts at a service have a size.
    pub(in crate::engine) fn reach(&self, service: usize) -> bool {
        self.reached.get(service).copied().unwrap_or(false)
    }

    /// Bytes of the request and of the answer at a call site.
    pub(in crate::engine) fn sizes(&self, edge: u16) -> [u64; 2] {
        self.sizes.get(usize::from(edge)).copied().unwrap_or_default()
    }
}
