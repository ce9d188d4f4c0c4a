//! Which faults strike when a poisoned request is served.

use crate::engine::plan::Process;
use crate::engine::random::named;
use crate::model::fault::FaultKind;
use crate::model::system::System;

/// What never changes about poisoned requests.
#[derive(Debug)]
pub(in crate::engine) struct PoisonPlan {
    /// Processes that may strike each replica; empty where there is no such fault.
    processes: Vec<Vec<u32>>,
    /// The key of each fault, of which the names of its units say nothing.
    keys: Vec<u64>,
}

impl PoisonPlan {
    pub(super) fn new(system: &System, processes: &[Process], replicas: usize) -> Self {
        let is_poison = |fault: u32| matches!(system.faults[fault as usize].kind, FaultKind::Poison { .. });
        if !processes.iter().any(|process| is_poison(process.fault)) {
            return Self { processes: Vec::new(), keys: Vec::new() };
        }
        let mut own = vec![Vec::new(); replicas];
        for (number, process) in processes.iter().enumerate().filter(|(_, process)| is_poison(process.fault))
        {
            for replica in &system.faults[process.fault as usize].units[process.unit as usize].replicas {
                own[replica.index()].push(number as u32);
            }
        }
        Self { processes: own, keys: system.faults.iter().map(|fault| named(&fault.name)).collect() }
    }

    /// Whether there is any.
    pub(in crate::engine) fn is_there(&self) -> bool {
        !self.processes.is_empty()
    }

    /// Whether requests may crash any of these replicas.
    pub(in crate::engine) fn reaches(&self, mut replicas: std::ops::Range<u32>) -> bool {
        replicas.any(|r| !self.of(r).is_empty())
    }

    /// Processes that may strike a replica.
    pub(in crate::engine) fn of(&self, r: u32) -> &[u32] {
        self.processes.get(r as usize).map_or(&[], Vec::as_slice)
    }

    /// The key of a fault.
    pub(in crate::engine) fn key(&self, fault: u32) -> u64 {
        self.keys[fault as usize]
    }
}
