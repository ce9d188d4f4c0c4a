//! A task that is done with a service goes on to the next.

use crate::engine::id::TaskId;
use crate::engine::listener::{Listener, Message};
use crate::engine::network::Departure;
use crate::engine::task::{flag, stage};
use crate::engine::traffic::request::child_key;
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::reason::Reason;
use rand::RngExt;

impl State {
    /// Passes a task on to the next service, if there is one; whether it did.
    pub(super) fn pass_on<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> bool {
        let plan = cx.plan;
        let task = self.traffic.tasks[t];
        let next = &plan.system.services[task.service as usize].next;
        if next.is_empty() {
            return false;
        }
        let mut left = 1.0;
        if next.iter().any(|one| one.probability.get() < 1.0) {
            left = draw(mix(task.key, 1), Purpose::Branch).random::<f64>();
        }
        let chosen = next.iter().position(|one| {
            left -= one.probability.get();
            left < 0.0 || one.probability.get() >= 1.0
        });
        let Some(chosen) = chosen else { return false };
        self.heard(cx, t, Ok(()));
        let service = next[chosen].service.index();
        let site = plan.services[task.service as usize].next_site + chosen as u32;
        let zone = self.fleet.seats.zones[task.replica as usize];
        let decider = self.fleet.next_decider(plan, service);
        let local = self.pick_next(cx, t, (service, decider, zone));
        let entry = &mut self.traffic.tasks[t];
        entry.key = child_key(task.key, site, 0);
        entry.service = service as u16;
        entry.flags =
            task.flags & !(stage::MASK | flag::RESUMED | flag::READY | flag::COUNTED) | stage::THERE;
        self.traffic.pass_origin_on(plan, t, self.traffic.origin_of(t).child(site, 0));
        self.record.count_passed_on(service, task.flags, local.is_some());
        if plan.versions.are_there {
            match local {
                Some(_) => self.choose_version(plan, (t, next[chosen].target), cx.now),
                None => self.traffic.forget_version(t),
            }
        }
        if self.fleet.services[service].several_deciders {
            self.traffic.remember_decider(t, decider);
        }
        let Some(local) = local else {
            if task.flags & flag::ORPHAN != 0 {
                // Nobody hears of it, and it is no less unsent for that.
                let unsent = u64::from(task.flags & flag::MEASURED != 0);
                self.record.services[service].reasons[Reason::NoReplica.index()] += unsent;
            }
            self.answer(cx, t, Err(Reason::NoReplica));
            return true;
        };
        self.traffic.tasks[t].replica = self.fleet.services[service].first + local;
        self.count_passed(plan, t, zone);
        let from = |state: &Self| state.fleet.replica_spot(task.replica).through(service, decider as u32);
        let departure = self.send_off(cx, t, (zone, from));
        if let Departure::Refused(_) = departure {
            self.count_unsent(plan, t, Message::Call);
            // The replica that passed it on answers instead.
            self.traffic.tasks[t].replica = task.replica;
            self.answer(cx, t, Err(Reason::Partitioned));
            return true;
        }
        self.count_next(t, service, decider, local);
        if departure == Departure::There
            && let Err(reason) = self.admit(cx, t)
        {
            self.answer(cx, t, Err(reason));
        }
        true
    }
}
