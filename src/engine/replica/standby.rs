//! Who serves in services with spares and who stands by, and the takeovers between them.

use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Handle;
use crate::kernel::stream::{Purpose, Streams};
use crate::measure::{Culprit, StandbyMeasure};
use crate::model::fleet::standby::Role;
use crate::units::SimTime;

/// A replica of a service with spares.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own about one replica")]
pub(in crate::engine) struct Member {
    pub(in crate::engine) role: Role,
    /// Whether no fault stops it, whatever its role.
    pub(in crate::engine) is_sound: bool,
    /// Whether it became sound and nobody has looked at that yet.
    pub(in crate::engine) has_returned: bool,
    /// Whether its recovery waits for no switch: there is nobody to switch to.
    pub(in crate::engine) may_recover: bool,
    /// Whether it took over not long ago and works slowly; and how often it took over.
    pub(in crate::engine) is_cold: bool,
    pub(in crate::engine) turn: u32,
    /// When the last news of its role reaches deciders [ns].
    pub(in crate::engine) told: u64,
}

/// Why a spare takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Cause {
    /// The one that serves has failed.
    Failure,
    /// Somebody wants it so.
    Wish,
    /// One that served at the start is to serve again.
    Failback,
}

/// What a takeover waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Stage {
    /// That the replica that was mended may serve again.
    Resting,
    /// That there is a spare.
    Waiting,
    /// The switch.
    Switching,
    /// The start of the spare.
    Starting,
}

/// A spare on its way to serve.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Takeover {
    /// Its number among those of the service.
    pub(in crate::engine) number: u32,
    pub(in crate::engine) cause: Cause,
    pub(in crate::engine) stage: Stage,
    /// In whose place, none while that is not decided; and who, none until that is.
    pub(in crate::engine) from: u32,
    pub(in crate::engine) to: u32,
    /// What names its random numbers.
    pub(in crate::engine) key: u64,
    /// When it began [ns].
    pub(in crate::engine) since: u64,
    /// Whether the spare takes over by itself, once that is drawn.
    pub(in crate::engine) is_covered: Option<bool>,
    pub(in crate::engine) handle: Option<Handle>,
}

/// The replicas of a service with spares.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Spares {
    pub(in crate::engine) members: Vec<Member>,
    /// In the order in which they began.
    pub(in crate::engine) takeovers: Vec<Takeover>,
    /// How many there were.
    pub(in crate::engine) count: u32,
    /// Replicas that deciders know to serve.
    pub(in crate::engine) known: u32,
    /// What names the random numbers of what no incident names.
    pub(in crate::engine) key: u64,
    pub(in crate::engine) measure: StandbyMeasure,
}

/// Those of each service; nothing where none has any.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Standbys {
    all: Vec<Option<Box<Spares>>>,
    /// Services of which somebody fell or stood up again in this event, and why.
    open: Vec<(u32, Option<Culprit>)>,
}

impl Standbys {
    pub(super) fn new(plan: &Plan, streams: Streams) -> Self {
        let services = &plan.system.services;
        if services.iter().all(|service| service.standby.is_none()) {
            return Self::default();
        }
        let all = services.iter().map(|service| {
            let active = service.standby.as_ref()?.active;
            let member = |local: u32| Member {
                role: if local < active { Role::Active } else { Role::Spare },
                is_sound: true,
                has_returned: false,
                may_recover: false,
                is_cold: false,
                turn: 0,
                told: 0,
            };
            Some(Box::new(Spares {
                members: (0..service.replicas.len() as u32).map(member).collect(),
                takeovers: Vec::new(),
                count: 0,
                known: active,
                key: streams.key(Purpose::Switch, named(&service.name)),
                measure: StandbyMeasure::default(),
            }))
        });
        Self { all: all.collect(), open: Vec::new() }
    }

    pub(in crate::engine) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether anything changed in this event that was not looked at.
    #[inline]
    pub(in crate::engine) const fn has_changed(&self) -> bool {
        !self.open.is_empty()
    }

    /// A service of which anything changed, and why.
    pub(in crate::engine) fn next_changed(&mut self) -> Option<(u32, Option<Culprit>)> {
        if self.open.is_empty() { None } else { Some(self.open.remove(0)) }
    }

    /// A service is to be looked at when the event is over; the first cause stays.
    pub(in crate::engine) fn note(&mut self, number: usize, cause: Option<Culprit>) {
        match self.open.iter_mut().find(|one| one.0 as usize == number) {
            Some(open) => open.1 = open.1.or(cause),
            None => self.open.push((number as u32, cause)),
        }
    }

    pub(in crate::engine) fn of(&self, number: usize) -> Option<&Spares> {
        self.all.get(number)?.as_deref()
    }

    pub(in crate::engine) fn of_mut(&mut self, number: usize) -> Option<&mut Spares> {
        self.all.get_mut(number)?.as_deref_mut()
    }
}

impl Spares {
    /// Whether a replica could take over: it is sound, serves no more or not yet, and is not about to.
    pub(in crate::engine) fn is_ready(&self, (local, r): (usize, u32)) -> bool {
        let member = &self.members[local];
        let is_free = |one: &Takeover| one.to != r || one.stage == Stage::Resting;
        member.is_sound && member.role != Role::Active && self.takeovers.iter().all(is_free)
    }

    /// The first replica that could take over, of those whose first is numbered so.
    pub(in crate::engine) fn ready(&self, first: u32) -> Option<u32> {
        let local = (0..self.members.len()).find(|local| self.is_ready((*local, first + *local as u32)))?;
        Some(first + local as u32)
    }

    /// The place of a takeover.
    pub(in crate::engine) fn place(&self, number: u32) -> Option<usize> {
        self.takeovers.iter().position(|one| one.number == number)
    }
}

impl Fleet {
    /// What is known of a replica, where it is of a service with spares.
    pub(in crate::engine) fn member(&self, r: u32) -> Option<&Member> {
        if self.standbys.is_empty() {
            return None;
        }
        let number = self.replicas[r as usize].service as usize;
        let first = self.services[number].first;
        self.standbys.of(number)?.members.get((r - first) as usize)
    }

    pub(in crate::engine) fn member_mut(&mut self, r: u32) -> Option<&mut Member> {
        if self.standbys.is_empty() {
            return None;
        }
        let number = self.replicas[r as usize].service as usize;
        let first = self.services[number].first;
        self.standbys.of_mut(number)?.members.get_mut((r - first) as usize)
    }

    /// Whether a replica stands by, or would if it had nothing to finish.
    pub(in crate::engine) fn is_aside(&self, r: u32) -> bool {
        self.member(r).is_some_and(|member| member.role != Role::Active)
    }

    /// Whether no fault stops a replica, also if it stands by.
    pub(in crate::engine) fn is_sound(&self, r: u32) -> bool {
        self.member(r).map_or(self.replicas[r as usize].works, |member| member.is_sound)
    }

    /// Whether a replica that took over not long ago works slowly, and how slowly.
    pub(in crate::engine) fn chill(&self, plan: &Plan, (number, r): (usize, u32)) -> Option<f64> {
        self.member(r).filter(|member| member.is_cold)?;
        let start = plan.system.services[number].standby.as_ref()?.start.as_ref()?;
        Some(1.0 / start.warmup_speed)
    }

    /// Tells who serves and who stands by.
    fn tell_role<L: Listener>(&self, cx: &mut Cx<'_, L>, r: u32) {
        if L::LISTENS
            && let Some(member) = self.member(r)
        {
            cx.listener
                .note(SimTime::from_nanos(cx.now), Note::RoleChanged { replica: r, role: member.role });
        }
    }
}

impl State {
    /// Whether faults stop a replica of a service with spares has been worked out anew; whoever would learn of it does, and
    /// what follows from it is looked at when the event is over.
    pub(super) fn note_soundness<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, r): (usize, u32),
        is_sound: bool,
        cause: Option<Culprit>,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let Some(member) = self.fleet.member_mut(r) else { return };
        if std::mem::replace(&mut member.is_sound, is_sound) == is_sound {
            return;
        }
        member.has_returned = is_sound;
        member.may_recover = false;
        let at = SimTime::from_nanos(now);
        if L::LISTENS {
            cx.listener.note(at, Note::ReplicaChanged { replica: r, is_up: is_sound });
        }
        self.record.parts.replicas[r as usize].set(is_sound, at, plan);
        let change = (r - plan.services[number].first, is_sound);
        self.knowledge.views[number].learn(plan, (number, &self.fleet.seats.zones), change, now);
        self.fleet.services[number].only = self.knowledge.views[number].only();
        self.fleet.standbys.note(number, cause);
        self.turn_clocks(cx, r);
    }

    /// A replica that stands by again has nothing left to finish.
    pub(in crate::engine) fn spare_idle<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        if self.fleet.is_idle(r)
            && let Some(member) = self.fleet.member_mut(r).filter(|member| member.role == Role::Leaving)
        {
            member.role = Role::Spare;
            let number = self.fleet.replicas[r as usize].service as usize;
            self.fleet.odd[number] -= 1;
            self.change_replica(cx, r, None);
            self.fleet.tell_role(cx, r);
        }
    }

    /// A replica that took over a while ago is as fast as it can be.
    pub(in crate::engine) fn spare_warm<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (r, turn): (u32, u32)) {
        if let Some(member) = self.fleet.member_mut(r).filter(|one| one.turn == turn && one.is_cold) {
            member.is_cold = false;
            self.change_replica(cx, r, None);
        }
    }

    /// One replica serves from now on, and another does not. Who does not finishes what it has.
    pub(in crate::engine) fn exchange_roles<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        number: usize,
        (from, to): (u32, u32),
    ) {
        self.step_up(cx, (number, to));
        self.step_down(cx, (number, from));
        self.fleet.standbys.note(number, None);
    }

    fn step_up<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, r): (usize, u32)) {
        let now = cx.now;
        let Some(member) = self.fleet.member_mut(r) else { return };
        let before = std::mem::replace(&mut member.role, Role::Active);
        member.turn += 1;
        if before == Role::Leaving {
            self.fleet.odd[number] -= 1;
            self.fleet.note_odd(number);
            let replica = &mut self.fleet.replicas[r as usize];
            replica.takes = replica.works;
            if replica.works {
                self.record.services[number].replicas_up.up(now);
                self.fleet.note_free(number, r);
                self.count_up(cx, number, true, None);
            }
        }
        self.change_replica(cx, r, None);
        self.turn_clocks(cx, r);
        self.count_caller(cx.plan, r, true);
        self.fleet.tell_role(cx, r);
        self.announce_role(cx, (r, true));
        self.fill(cx, number, r);
    }

    fn step_down<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, r): (usize, u32)) {
        let now = cx.now;
        let is_idle = self.fleet.is_idle(r);
        let Some(member) = self.fleet.member_mut(r) else { return };
        member.role = if is_idle { Role::Spare } else { Role::Leaving };
        member.is_cold = false;
        if !is_idle {
            // Only the handlers of single attempts notice when it has nothing left.
            self.fleet.odd[number] += 1;
            self.fleet.note_odd(number);
            if std::mem::take(&mut self.fleet.replicas[r as usize].takes) {
                self.record.services[number].replicas_up.down(now);
                self.fleet.note_free(number, r);
                self.count_up(cx, number, false, None);
            }
        }
        self.change_replica(cx, r, None);
        self.turn_clocks(cx, r);
        self.count_caller(cx.plan, r, false);
        self.fleet.tell_role(cx, r);
        self.announce_role(cx, (r, false));
    }
}
