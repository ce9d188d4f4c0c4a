//! Faults that destroy what services keep: at once, or without anybody noticing for a while.

use crate::engine::data::Loses;
use crate::engine::event::{DataEvent, Rare};
use crate::engine::id::IncidentId;
use crate::engine::incident::process::Silence;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw};
use crate::model::fault::FaultKind;
use crate::units::SimTime;

/// The service whose data a process destroys, if it does that.
fn destroyed(plan: &Plan, process: u32) -> Option<usize> {
    let FaultKind::DataLoss { services, .. } = &plan.fault(process).kind else { return None };
    services.get(plan.processes[process as usize].unit as usize).map(|service| service.index())
}

impl State {
    /// What an incident destroys is lost when it begins, or corrupt while nobody notices. Whether it has an effect that is
    /// felt.
    pub(super) fn destroy<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) -> bool {
        let process = self.incidents.active[a].process;
        let Some(service) = destroyed(cx.plan, process) else { return true };
        let FaultKind::DataLoss { silent_for, takes_copies, .. } = &cx.plan.fault(process).kind else {
            return true;
        };
        let Some(law) = silent_for else {
            let loses = if *takes_copies { Loses::All } else { Loses::Primary };
            self.stores.lose(cx, (service, a), loses);
            return true;
        };
        let incident = &mut self.incidents.active[a];
        let wait = law.sample(&mut draw(incident.key, Purpose::Silence));
        let at = SimTime::from_nanos(cx.now) + wait;
        let handle = cx.clock.calendar.plan_rare(at, Rank::Fault, Rare::Data(DataEvent::Shows(a)));
        incident.silence = Some(Silence(handle));
        self.stores.corrupt(service, cx.now);
        false
    }

    /// What was destroyed without anybody noticing shows, unless what was restored meanwhile is sound.
    pub(in crate::engine) fn loss_shows<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        let Some(service) = destroyed(cx.plan, self.incidents.active[a].process) else { return };
        if !self.stores.is_corrupt(service) {
            return self.end_incident(cx, a);
        }
        self.incidents.active[a].silence = None;
        self.stores.lose(cx, (service, a), Loses::Corrupt);
        self.take_hold(cx, a);
        self.look_after(cx, a, None);
    }

    /// What an incident has destroyed is there again, or is waited for no longer.
    pub(super) fn end_destroyed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId) {
        if let Some(service) = destroyed(cx.plan, self.incidents.active[a].process) {
            self.stores.end_loss(cx, (service, a));
        }
    }
}
