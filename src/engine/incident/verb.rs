//! Operations that wait until what they do is done.
//!
//! What a verb has begun is found by looking at the service before and after it: replicas that start or drain since then,
//! takeovers, a release on its way back. It is looked at again whenever a rare event is over, as nothing else ends one of
//! these.

use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::action::Actor;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::replica::standby::Stage;
use crate::engine::world::{Cx, State};
use crate::model::action::Verb;
use crate::model::fleet::Life;
use crate::units::ServiceId;

/// Something that a verb has begun and that takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// So many have sat in the seat of a replica before the one that starts there, or drains.
    Seat(u32, u32, Life),
    /// A takeover of a service, and whether its spare takes over by itself.
    Takeover(usize, u32, Option<bool>),
    /// A release of a deployment on its way back.
    Release(u32),
    /// A backup: it, and which of its backups.
    Backup(u32, u32),
    /// A restore of what a service has lost.
    Restore(usize),
}

/// An operation whose time is over.
#[derive(Debug, Clone)]
pub(super) struct Doing {
    incident: IncidentId,
    key: u64,
    operation: u32,
    left: Vec<Pending>,
}

impl Fleet {
    /// Whether a replica is on its way to serve, or to go; a fault that keeps it from that is not waited for.
    fn is_on_its_way(&self, r: u32) -> bool {
        match self.seats.life(r) {
            Life::Starting => !self.replicas[r as usize].is_crashed,
            Life::Draining => self.replicas[r as usize].works,
            Life::Absent | Life::Up => false,
        }
    }

    /// The replicas of a service that start or drain, and its takeovers that go on.
    fn pending(&self, plan: &Plan, number: usize) -> Vec<Pending> {
        let mut all = Vec::new();
        if let Some(Some(_)) = self.seats.fleets.get(number) {
            let first = plan.services[number].first;
            let seats = first..first + plan.replicas_of(number).len() as u32;
            let seat = |r: u32| Pending::Seat(r, self.seats.all[r as usize].generation, self.seats.life(r));
            all.extend(seats.filter(|r| self.is_on_its_way(*r)).map(seat));
        }
        for one in self.standbys.of(number).into_iter().flat_map(|spares| &spares.takeovers) {
            if matches!(one.stage, Stage::Switching | Stage::Starting) {
                all.push(Pending::Takeover(number, one.number, one.is_covered));
            }
        }
        all
    }

    fn is_over(&self, pending: Pending) -> bool {
        match pending {
            Pending::Seat(r, generation, life) => {
                let seat = &self.seats.all[r as usize];
                seat.generation != generation || seat.life != life || !self.is_on_its_way(r)
            }
            Pending::Takeover(number, name, _) => {
                let mut all = self.standbys.of(number).into_iter().flat_map(|spares| &spares.takeovers);
                !all.any(|one| one.number == name && matches!(one.stage, Stage::Switching | Stage::Starting))
            }
            Pending::Release(_) | Pending::Backup(..) | Pending::Restore(_) => false,
        }
    }
}

impl Incidents {
    /// Whether any operation waits until what it does is done.
    #[inline]
    pub(in crate::engine) const fn is_doing(&self) -> bool {
        !self.doing.is_empty()
    }

    /// An operation is dropped, and does not wait any longer.
    pub(super) fn drop_doing(&mut self, a: IncidentId, operation: u32) {
        self.doing.retain(|one| one.incident != a || one.operation != operation);
    }
}

impl State {
    /// The time of an operation is over: what it does is begun. Whether that takes no time.
    pub(super) fn begin_verbs<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (incident, operation): (IncidentId, u32),
        verbs: &[Verb],
    ) -> bool {
        let key = self.incidents.active[incident].key;
        let mut left = Vec::new();
        for verb in verbs {
            let service = verb.service().map(ServiceId::index);
            let making = self.stores.made_by(verb);
            let before = service.map_or_else(Vec::new, |number| self.fleet.pending(cx.plan, number));
            self.act(cx, Actor::default(), verb);
            let after = service.map_or_else(Vec::new, |number| self.fleet.pending(cx.plan, number));
            left.extend(after.into_iter().filter(|one| !before.contains(one)));
            match verb {
                Verb::Rollback(deploy) => left.push(Pending::Release(deploy.0)),
                Verb::Restore(service) => left.push(Pending::Restore(service.index())),
                Verb::Backup(backup) => {
                    let begun = self.stores.made_by(verb).filter(|begun| making != Some(*begun));
                    left.extend(begun.map(|number| Pending::Backup(backup.0, number)));
                }
                _ => {}
            }
        }
        left.retain(|one| !self.is_over(cx.plan, *one));
        if left.is_empty() || !self.incidents.is_that(incident, key) {
            return true;
        }
        self.incidents.doing.push(Doing { incident, key, operation, left });
        false
    }

    fn is_over(&self, plan: &Plan, pending: Pending) -> bool {
        let d = match pending {
            Pending::Release(d) => d,
            Pending::Backup(backup, number) => return !self.stores.is_making(backup, number),
            Pending::Restore(service) => return !self.stores.is_restoring(service),
            Pending::Seat(..) | Pending::Takeover(..) => return self.fleet.is_over(pending),
        };
        if !self.incidents.is_taken_back(d) {
            return true;
        }
        // Replicas that cannot start would be waited for in vain.
        let number = plan.system.deploys[d as usize].service.index();
        self.incidents.is_stepping_back(d)
            && !self.fleet.is_rolling(number)
            && self.fleet.pending(plan, number).is_empty()
    }

    /// The first operation of which all is done ends, which may be the end of others; whether there was any.
    #[inline(never)]
    pub(in crate::engine) fn end_verbs<L: Listener>(&mut self, cx: &mut Cx<'_, L>) -> bool {
        let mut doing = std::mem::take(&mut self.incidents.doing);
        doing.retain(|one| self.incidents.is_that(one.incident, one.key));
        for one in &mut doing {
            one.left.retain(|pending| !self.is_over(cx.plan, *pending));
        }
        let over = doing.iter().position(|one| one.left.is_empty()).map(|place| doing.remove(place));
        self.incidents.doing = doing;
        if let Some(one) = &over {
            self.operation_done(cx, (one.incident, one.operation));
        }
        over.is_some()
    }
}
