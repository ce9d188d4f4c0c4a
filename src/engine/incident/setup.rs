//! Faults at time 0.

use std::collections::BTreeMap;

use crate::engine::incident::Incidents;
use crate::engine::incident::monitor::Monitors;
use crate::engine::incident::process::FaultProcess;
use crate::engine::incident::release::DeployRun;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::kernel::slab::Slab;
use crate::kernel::stream::{Purpose, Streams, mix};
use crate::model::deploy::Deploy;
use crate::model::recovery::CrewState;
use crate::units::SimTime;

impl Incidents {
    pub(in crate::engine) fn new(plan: &Plan, streams: Streams) -> Self {
        Self {
            links: Vec::new(),
            raising: Vec::new(),
            processes: processes(plan, streams),
            active: Slab::default(),
            crews: plan.system.crews.iter().map(|crew| CrewState::new(crew.size)).collect(),
            doing: Vec::new(),
            liveness: Self::probes(plan, streams),
            monitors: Monitors::new(plan, streams),
            deploys: deploys(plan, streams),
            splits: Vec::new(),
        }
    }
}

fn deploys(plan: &Plan, streams: Streams) -> Vec<DeployRun> {
    let run = |deploy: &Deploy| DeployRun::new(streams.key(Purpose::Deploy, named(&deploy.name)));
    plan.system.deploys.iter().map(run).collect()
}

fn processes(plan: &Plan, streams: Streams) -> Vec<FaultProcess> {
    (0..plan.processes.len() as u32).map(|process| self::process(plan, streams, (process, 0))).collect()
}

/// A fault at a unit that has not struck yet; `generation` is how many were struck in the same place before.
pub(in crate::engine) fn process(
    plan: &Plan,
    streams: Streams,
    (number, generation): (u32, u32),
) -> FaultProcess {
    let fault = plan.fault(number);
    let unit = &fault.units[plan.processes[number as usize].unit as usize];
    let key = mix(streams.key(Purpose::Failure, named(&fault.name)), named(&unit.name));
    FaultProcess {
        key: if generation == 0 { key } else { mix(key, u64::from(generation)) },
        occurrence: 0,
        handle: None,
        due: SimTime::NEVER,
        left: None,
        pace: fault.pace,
        rate: 1.0,
        incidents: 0,
        is_active: false,
        failures: BTreeMap::new(),
    }
}
