//! Checks that wait for a slot of their replica, behind the requests that are there already.
//!
//! How busy a replica is changes with every request, so none of these checks is left out.

use crate::engine::event::Rare;
use crate::engine::knowledge::Knowledge;
use crate::engine::listener::Listener;
use crate::engine::replica::prober::{Awaited, Looking, Turn};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::monitoring::Found;
use crate::units::{SimDuration, SimTime};

impl Knowledge {
    /// A check has had its turn: its answer is on the way back, if it comes in time.
    pub(in crate::engine) fn check_answered<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (place, sent): (u32, u64),
    ) {
        let check = &mut self.checks[place as usize];
        let Some(awaited) = check.awaited.filter(|_| check.sent == sent) else { return };
        let settings = cx.plan.system.services[check.service as usize].health_check.as_ref();
        let Some(timeout) = settings.map(|settings| settings.timeout) else { return };
        let at = SimTime::from_nanos(cx.now) + awaited.back;
        if at > SimTime::from_nanos(check.next) + timeout {
            return;
        }
        check.awaited = None;
        if let Some(handle) = awaited.timer {
            cx.clock.calendar.cancel(handle);
        }
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Checked(place, awaited.found));
    }
}

impl State {
    /// A check is on its way to its replica, where it has to wait for its turn; it is given up at its timeout.
    pub(super) fn await_turn<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        place: u32,
        (timeout, found): (SimDuration, Found),
        [there, back]: [SimDuration; 2],
    ) {
        let now = SimTime::from_nanos(cx.now);
        let timer =
            cx.clock.calendar.plan_rare(now + timeout, Rank::Check, Rare::Checked(place, Found::Nothing));
        self.knowledge.checks[place as usize].awaited = Some(Awaited { found, back, timer });
        if there.is_zero() {
            self.check_arrives(cx, place);
        } else {
            cx.clock.calendar.plan_rare(now + there, Rank::Check, Rare::CheckArrives(place));
        }
    }

    /// A check is at its replica.
    pub(in crate::engine) fn check_arrives<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let check = &mut self.knowledge.checks[place as usize];
        let Some(awaited) = check.awaited.as_mut() else { return };
        match self.fleet.ask_for_turn(check.replica, Looking::Check(place, check.sent), cx.now) {
            Turn::Now => {}
            Turn::Refused => awaited.found = Found::Error,
            Turn::Later | Turn::Never => return,
        }
        let sent = check.sent;
        self.knowledge.check_answered(cx, (place, sent));
    }
}
