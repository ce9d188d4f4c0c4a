//! Deciders hear who of a service with spares serves.

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::FleetChange;
use crate::units::{SimDuration, SimTime};

impl State {
    /// Deciders will hear that a replica serves from now on, or stands by.
    pub(in crate::engine) fn announce_role<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, serves): (u32, bool),
    ) {
        let number = self.fleet.replicas[r as usize].service as usize;
        let law = &cx.plan.system.services[number].balancing.discovery;
        if law.as_constant().is_some_and(SimDuration::is_zero) {
            return self.hear_of_role(cx, (r, serves));
        }
        let local = r - cx.plan.services[number].first;
        let Some(spares) = self.fleet.standbys.of_mut(number) else { return };
        let member = &mut spares.members[local as usize];
        let change = u64::from(member.turn) << 1 | u64::from(serves);
        let key = mix(mix(spares.key, u64::from(local)), change);
        let wait = law.sample(&mut draw(key, Purpose::Discovery));
        // Later news never overtakes earlier.
        member.told = member.told.max(cx.now.saturating_add(wait.as_nanos()));
        let at = SimTime::from_nanos(member.told);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::HeardRole(r, serves));
    }

    /// Deciders hear that a replica serves, or stands by.
    pub(in crate::engine) fn hear_of_role<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, serves): (u32, bool),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let number = self.fleet.replicas[r as usize].service as usize;
        let local = r - plan.services[number].first;
        let Some(spares) = self.fleet.standbys.of_mut(number) else { return };
        spares.known = if serves { spares.known + 1 } else { spares.known - 1 };
        let change = FleetChange { replica: local, joins: serves, present: spares.known };
        let views = &mut self.knowledge.views[number];
        let out = views.views.iter().filter(|view| view.has_ejected(local)).count();
        self.record.services[number].ejected.lower(out as u64, now);
        views.turn_role(plan, (number, &self.fleet.seats.zones), (local, serves), now);
        self.fleet.services[number].only = self.knowledge.views[number].only();
        self.knowledge.deciders[number].iter_mut().for_each(|decider| decider.change(&change));
    }
}
