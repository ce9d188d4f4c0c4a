//! A service without a part on which it depends: no replica works, as if all had crashed, until the part is back.

use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::plan::block::cause;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::measure::Culprit;
use crate::model::fault::{Arriving, Crash, InService, Signal, Waiting};
use crate::model::fleet::Life;
use crate::model::system::Member;

/// Nobody is left to refuse or reset anything.
const SILENT: Crash = Crash {
    in_service: InService::Lost,
    waiting: Waiting::Lost,
    arriving: Arriving::Ignored,
    signal: Signal::Silent,
};

/// How many parts that each service depends on are down; nothing where none depends on any.
pub(super) fn missing(plan: &Plan) -> Vec<u32> {
    vec![0; if plan.blocks.has_dependencies { plan.services.len() } else { 0 }]
}

impl Fleet {
    /// Whether a part is down on which a service depends.
    pub(in crate::engine) fn lacks_part(&self, number: usize) -> bool {
        self.missing.get(number).is_some_and(|missing| *missing > 0)
    }
}

impl State {
    /// Takes down what depends on parts that are down at the start: too small fleets.
    pub(in crate::engine) fn start_dependents<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for one in &cx.plan.system.dependencies {
            let is_up = match one.on {
                Member::Service(service) => self.record.parts.services[service.index()].is_up,
                Member::Block(block) => self.record.parts.blocks[block.index()].is_up,
                Member::Seat(_) => true,
            };
            if !is_up {
                self.record.toppled.push((one.service.0, false, cause(one.on)));
            }
        }
        self.topple(cx);
    }

    /// Carries out what the changes of an event do to those who depend on what changed, and so on.
    #[inline(never)]
    pub(in crate::engine) fn topple<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let mut next = 0;
        while let Some(&(service, is_up, cause)) = self.record.toppled.get(next) {
            next += 1;
            let missing = &mut self.fleet.missing[service as usize];
            *missing = if is_up { *missing - 1 } else { *missing + 1 };
            if *missing == u32::from(!is_up) {
                self.turn_service(cx, service as usize, (!is_up).then_some(cause));
            }
        }
        self.record.toppled.clear();
    }

    /// All replicas of a service go down for this reason, or what kept them down is over.
    fn turn_service<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize, cause: Option<Culprit>) {
        let plan = cx.plan;
        if self.fleet.services[number].is_function {
            self.turn_function(cx, number, cause);
        }
        let first = plan.services[number].first;
        for r in first..first + plan.services[number].speed.len() as u32 {
            if self.fleet.seats.life(r) == Life::Absent {
                continue;
            }
            self.change_replica(cx, r, cause);
            if cause.is_some() {
                self.crash(cx, r, SILENT);
                if self.fleet.seats.life(r) == Life::Draining {
                    self.empty_seat(cx, r);
                }
                self.instance_crashed(cx, r);
            }
        }
    }
}
