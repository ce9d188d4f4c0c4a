//! Detection starts a recovery plan; its operations take time and crews; when it is done the fault is over.

use crate::engine::event::Rare;
use crate::engine::observer::{Note, Probe};
use crate::engine::plan::Plan;
use crate::engine::world::World;
use crate::kernel::calendar::Rank;
use crate::model::recovery::Ticket;
use crate::model::recovery::run::{Action, PlanRun};
use crate::units::{CrewId, SimTime};

impl World {
    /// An incident is detected: its recovery begins.
    pub(in crate::engine) fn detect<P: Probe>(&mut self, plan: &Plan, probe: &mut P, a: u32, now: u64) {
        let incident = &mut self.incidents.active[a];
        if !incident.is_live || incident.detected.is_some() {
            return;
        }
        incident.detected = Some(SimTime::from_nanos(now));
        if P::LISTENS {
            let process = plan.processes[incident.process as usize];
            let note = Note::FaultDetected { fault: process.fault, unit: process.unit };
            probe.note(SimTime::from_nanos(now), note);
        }
        let Some(recovery) = plan.fault(incident.process).recovery else { return };
        let recovery = &plan.system.recoveries[recovery.index()];
        let run = PlanRun::new(recovery);
        incident.handles = vec![None; run.operation_count()];
        incident.run = Some(run);
        self.start_plan(plan, probe, a, now);
    }

    /// A recovery plan starts, for the first time or again.
    pub(in crate::engine) fn start_plan<P: Probe>(&mut self, plan: &Plan, probe: &mut P, a: u32, now: u64) {
        self.incidents.active[a].again = None;
        self.advance_plan(plan, probe, a, now, PlanRun::start);
    }

    /// Nobody goes on with the recovery of an incident.
    pub(in crate::engine) fn abandon_recovery<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        a: u32,
        now: u64,
    ) {
        let incident = &mut self.incidents.active[a];
        for handle in [incident.again.take(), incident.end.take()].into_iter().flatten() {
            self.clock.calendar.cancel(handle);
        }
        self.advance_plan(plan, probe, a, now, |run, recovery, _, out| run.abandon(recovery, out));
    }

    /// The time of an operation is over.
    pub(in crate::engine) fn operation_over<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        (a, operation): (u32, u32),
        now: u64,
    ) {
        self.incidents.active[a].handles[operation as usize] = None;
        self.advance_plan(plan, probe, a, now, |run, recovery, _, out| run.elapsed(recovery, operation, out));
    }

    fn advance_plan<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        a: u32,
        now: u64,
        step: impl FnOnce(&mut PlanRun, &crate::model::recovery::Recovery, u64, &mut Vec<Action>),
    ) {
        let incident = &mut self.incidents.active[a];
        let Some(recovery) = plan.fault(incident.process).recovery else { return };
        let recovery = &plan.system.recoveries[recovery.index()];
        let Some(run) = incident.run.as_mut().filter(|_| incident.is_live) else { return };
        let mut actions = Vec::new();
        step(run, recovery, incident.key, &mut actions);
        for action in actions {
            self.carry_out(plan, probe, a, action, now);
        }
    }

    fn carry_out<P: Probe>(&mut self, plan: &Plan, probe: &mut P, a: u32, action: Action, now: u64) {
        let at = SimTime::from_nanos(now);
        match action {
            Action::Schedule { operation, after } => {
                let handle =
                    self.clock.calendar.plan_rare(at + after, Rank::Repair, Rare::Operation(a, operation));
                self.incidents.active[a].handles[operation as usize] = handle;
            }
            Action::Cancel { operation } => {
                if let Some(handle) = self.incidents.active[a].handles[operation as usize].take() {
                    self.clock.calendar.cancel(handle);
                }
            }
            Action::Join { operation, crew } => {
                if self.incidents.crews[crew.index()].join(Ticket { incident: a, operation }) {
                    self.granted(plan, probe, (a, operation), now);
                }
            }
            Action::Leave { operation, crew } => self.leave_crew(plan, probe, crew, (a, operation), now),
            Action::Recovered => self.end_incident(plan, probe, a, now),
            Action::Again { after } => {
                let handle = self.clock.calendar.plan_rare(at + after, Rank::Repair, Rare::Again(a));
                self.incidents.active[a].again = handle;
            }
        }
    }

    fn leave_crew<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        crew: CrewId,
        (incident, operation): (u32, u32),
        now: u64,
    ) {
        if let Some(next) = self.incidents.crews[crew.index()].leave(Ticket { incident, operation }) {
            self.granted(plan, probe, (next.incident, next.operation), now);
        }
    }

    /// A member of a crew came free for an operation.
    fn granted<P: Probe>(&mut self, plan: &Plan, probe: &mut P, (a, operation): (u32, u32), now: u64) {
        self.advance_plan(plan, probe, a, now, |run, recovery, _, out| run.granted(recovery, operation, out));
    }
}
