//! Messages between places: how long each is under way, and which ones never arrive. Nothing else draws a delay, loses a
//! message or knows of partitions.
//!
//! What becomes of a message is settled when it is sent: a partition that begins later does not catch it.

mod spot;

use crate::engine::event::kind;
use crate::engine::id::{IncidentId, TaskId};
use crate::engine::incident::Incidents;
use crate::engine::listener::{Listener, Message, Note};
use crate::engine::plan::Plan;
use crate::engine::plan::spot::{Spot, carries};
use crate::engine::record::Record;
use crate::engine::task::{Outcome, Task, flag, stage};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::distribution::Distribution;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Draw, Purpose, draw, mix};
use crate::measure::Messages;
use crate::model::fault::{FaultKind, Signal};
use crate::units::{Probability, SimDuration, SimTime};
use rand::RngExt;

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives after a time.
    After(SimDuration),
    /// It is lost by chance.
    Lost,
    /// A partition stops it.
    Cut(Signal),
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From who asks.
    There,
    /// To who asked.
    Back,
}

impl Direction {
    const fn delay(self) -> Purpose {
        match self {
            Self::There => Purpose::NetworkThere,
            Self::Back => Purpose::NetworkBack,
        }
    }

    const fn loss(self) -> Purpose {
        match self {
            Self::There => Purpose::LossThere,
            Self::Back => Purpose::LossBack,
        }
    }

    const fn link(self) -> Purpose {
        match self {
            Self::There => Purpose::LinkThere,
            Self::Back => Purpose::LinkBack,
        }
    }
}

/// What became of an attempt that was sent, or of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It is there already.
    There,
    /// It is on its way, or nowhere: the rest comes by itself.
    Gone,
    /// The sender hears that it cannot get through, after a time.
    Refused(SimDuration),
}

impl Plan {
    fn delay_between(&self, [from, to]: [u32; 2]) -> &Distribution {
        let network = &self.system.network;
        let link = self.network.link_between([from, to]);
        if let Some(delay) = link.and_then(|link| network.links[link].delay.as_ref()) {
            delay
        } else if from == to {
            &network.within_zone
        } else if self.zone_regions[from as usize] == self.zone_regions[to as usize] {
            &network.between_zones
        } else {
            &network.between_regions
        }
    }

    /// The share of what is sent from one zone to another that is lost each time, faults apart.
    fn loss_between(&self, zones: [u32; 2]) -> Probability {
        let network = &self.system.network;
        let link = self.network.losses.as_ref().and_then(|links| links.between(zones));
        link.and_then(|link| network.links[link].loss).unwrap_or(network.loss)
    }

    /// A delay within a zone, of a message that does not get further.
    pub(super) fn own_delay(&self, zone: u32, key: u64, direction: Direction) -> SimDuration {
        self.delay_between([zone, zone]).sample(&mut draw(key, direction.delay()))
    }

    /// How long a question from one zone to another takes, with its answer, while nothing is in the way.
    pub(super) fn round_trip(&self, [from, to]: [u32; 2], random: &mut Draw) -> SimDuration {
        self.delay_between([from, to]).sample(random) + self.delay_between([to, from]).sample(random)
    }

    /// Whether a question from one zone to another, and its answer, take at most so long, whatever is drawn.
    pub(super) fn is_round_trip_within(&self, [from, to]: [u32; 2], limit: SimDuration) -> bool {
        let [there, back] = [[from, to], [to, from]].map(|zones| self.delay_between(zones).as_constant());
        there.zip(back).is_some_and(|(there, back)| there + back <= limit)
    }
}

impl Incidents {
    /// What becomes of a question, and of the answer to it, whose delays come from the draws of one message.
    pub(super) fn carry_both_ways(
        &self,
        plan: &Plan,
        spots: [Spot; 2],
        (key, random): (u64, &mut Draw),
    ) -> [Fate; 2] {
        let [from, to] = spots;
        [(Direction::There, [from, to]), (Direction::Back, [to, from])].map(|(direction, spots)| {
            let delay = plan.delay_between(spots.map(|spot| spot.zone)).sample(random);
            if plan.network.is_lossy {
                self.through_faults(plan, &spots, (key, direction), delay)
            } else {
                Fate::After(delay)
            }
        })
    }

    /// What faults of the network and chance make of a message that would take `delay`.
    #[inline(never)]
    fn through_faults(
        &self,
        plan: &Plan,
        spots: &[Spot; 2],
        (key, direction): (u64, Direction),
        delay: SimDuration,
    ) -> Fate {
        let network = &plan.system.network;
        let loss = plan.loss_between(spots.map(|spot| spot.zone));
        let (mut arrives, mut factor, mut added) = (1.0 - loss.get(), 1.0, 0_u64);
        let mut random = draw(key, direction.link());
        for a in &self.links {
            let process = plan.processes[self.active[*a].process as usize];
            let kind = &plan.system.faults[process.fault as usize].kind;
            if !kind.link(process.unit).is_some_and(|link| carries(plan, link, spots)) {
                continue;
            }
            match kind {
                FaultKind::Partition { signal, .. } => return Fate::Cut(*signal),
                FaultKind::Network { added: more, factor: times, loss, .. } => {
                    factor *= times;
                    arrives *= 1.0 - loss.get();
                    let more = more.as_ref().map_or(SimDuration::ZERO, |law| law.sample(&mut random));
                    added = added.saturating_add(more.as_nanos());
                }
                _ => {}
            }
        }
        let Some(late) = network.late(1.0 - arrives, draw(key, direction.loss()).random()) else {
            return Fate::Lost;
        };
        let slow = (delay.as_nanos() as f64 * factor + 0.5) as u64;
        Fate::After(SimDuration::from_nanos(slow.saturating_add(added).saturating_add(late.as_nanos())))
    }

    /// Whether a fault of the network lasts on the way between two, or chance may lose what is sent there.
    pub(super) fn is_disturbed(&self, plan: &Plan, [one, other]: [Spot; 2]) -> bool {
        let loses = |from: Spot, to: Spot| plan.loss_between([from.zone, to.zone]) > Probability::ZERO;
        plan.network.is_lossy
            && (loses(one, other)
                || loses(other, one)
                || self.links.iter().any(|a| self.lies_between(plan, *a, [one, other])))
    }

    /// Whether a partition stops what the first of two sends to the second.
    pub(super) fn is_cut(&self, plan: &Plan, spots: &[Spot; 2]) -> bool {
        self.links.iter().any(|a| {
            let process = plan.processes[self.active[*a].process as usize];
            let kind = &plan.system.faults[process.fault as usize].kind;
            matches!(kind, FaultKind::Partition { .. })
                && kind.link(process.unit).is_some_and(|link| carries(plan, link, spots))
        })
    }

    /// Whether a lasting fault of the network lies on the way between two, in either direction.
    pub(super) fn lies_between(&self, plan: &Plan, a: IncidentId, [one, other]: [Spot; 2]) -> bool {
        let process = plan.processes[self.active[a].process as usize];
        let link = plan.system.faults[process.fault as usize].kind.link(process.unit);
        link.is_some_and(|link| [[one, other], [other, one]].iter().any(|spots| carries(plan, link, spots)))
    }
}

impl Record {
    /// Tells those who listen of a message that is lost.
    pub(super) fn tell_of_loss(&mut self, (message, fate): (Message, Fate), key: u64, replica: u32) {
        let is_cut = match fate {
            Fate::After(_) => return,
            Fate::Lost => false,
            Fate::Cut(_) => true,
        };
        self.tell_later(Note::MessageLost { message, key, replica, is_cut });
    }
}

impl State {
    /// What becomes of a message from one zone to another; `key` and direction name it, and `spots`, which is asked only
    /// where that matters, says who sends it to whom.
    #[inline]
    pub(super) fn carry(
        &self,
        plan: &Plan,
        zones: [u32; 2],
        (key, direction): (u64, Direction),
        spots: impl FnOnce(&Self) -> [Spot; 2],
    ) -> Fate {
        let delay = plan.delay_between(zones).sample(&mut draw(key, direction.delay()));
        if !plan.network.is_lossy {
            return Fate::After(delay);
        }
        self.incidents.through_faults(plan, &spots(self), (key, direction), delay)
    }

    /// Sends an attempt from a place to its replica.
    #[inline(never)]
    pub(super) fn send_off<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        (zone, from): (u32, impl FnOnce(&Self) -> Spot),
    ) -> Departure {
        let (plan, now) = (cx.plan, cx.now);
        if !plan.network.has_any {
            return Departure::There;
        }
        let task = &self.traffic.tasks[t];
        let (key, replica) = (task.key, task.replica);
        let zones = [zone, self.fleet.seats.zones[replica as usize]];
        let fate = self.carry(plan, zones, (key, Direction::There), |state| {
            [from(state), state.fleet.replica_spot(replica)]
        });
        if plan.network.is_lossy {
            self.note_message(plan, t, (Message::Call, fate));
        }
        match fate {
            Fate::After(delay) if delay.is_zero() && plan.network.is_instant => Departure::There,
            Fate::After(delay) => {
                let at = SimTime::from_nanos(now) + delay;
                cx.clock.calendar.plan(at, Rank::Arrival, kind::of(kind::DELIVERY, t.number()));
                Departure::Gone
            }
            Fate::Lost | Fate::Cut(Signal::Silent) => {
                self.traffic.silence(t);
                Departure::Gone
            }
            Fate::Cut(Signal::Reset) => Departure::Refused(plan.own_delay(zone, key, Direction::There)),
        }
    }

    /// Sends word to a replica that nobody waits for an attempt any more.
    pub(super) fn carry_cancellation(&mut self, plan: &Plan, t: TaskId) -> Fate {
        let Task { flags, owner, edge, replica, key, .. } = self.traffic.tasks[t];
        let zone = self.caller_zone(plan, flags, owner, edge);
        let zones = [zone, self.fleet.seats.zones[replica as usize]];
        let fate = self.carry(plan, zones, (mix(key, 1), Direction::There), |state| {
            [state.caller_spot(plan, t, zone), state.fleet.replica_spot(replica)]
        });
        self.record.tell_of_loss((Message::Cancellation, fate), key, replica);
        fate
    }

    /// Sends the answer of an attempt back; whether it is there already, and otherwise the rest comes by itself.
    #[inline(never)]
    pub(super) fn send_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        let task = self.traffic.tasks[t];
        let zone = self.caller_zone(plan, task.flags, task.owner, task.edge);
        let zones = [self.fleet.seats.zones[task.replica as usize], zone];
        let fate = self.carry(plan, zones, (task.key, Direction::Back), |state| {
            [state.fleet.replica_spot(task.replica), state.caller_spot(plan, t, zone)]
        });
        if plan.network.is_lossy {
            self.note_message(plan, t, (Message::Answer, fate));
        }
        match fate {
            Fate::After(delay) if delay.is_zero() && plan.network.is_instant => return true,
            Fate::After(delay) => self.traffic.plan_answer(cx, t, SimTime::from_nanos(now) + delay, outcome),
            Fate::Lost | Fate::Cut(Signal::Silent) => {
                self.waste_unheard(t);
                self.traffic.silence(t);
            }
            Fate::Cut(Signal::Reset) => {
                self.waste_unheard(t);
                // A refusal has no answer that counts.
                if task.flags & flag::SERVED != 0 {
                    self.count_unsent(plan, t, Message::Answer);
                }
                let delay = plan.own_delay(zone, task.key, Direction::Back);
                self.traffic.refuse_later(cx, t, delay);
            }
        }
        false
    }

    /// A fault begins or ends where its unit is, whatever replicas are in it.
    pub(super) fn change_around<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId, begins: bool) {
        let (plan, now) = (cx.plan, cx.now);
        let process = self.incidents.active[a].process;
        self.record.change_place(plan, process, begins, SimTime::from_nanos(now));
        if plan.fault(process).kind.link(plan.processes[process as usize].unit).is_none() {
            return;
        }
        if begins {
            self.incidents.links.push(a);
            self.wake_checks_across(cx, a);
        } else {
            // The checks whose way it touched go on until they are calm.
            self.incidents.links.retain(|one| *one != a);
            self.queues.look_at_all(cx);
        }
        self.note_reach(cx, None);
    }

    /// The time of an attempt whose answer does not arrive is wasted.
    fn waste_unheard(&mut self, t: TaskId) {
        self.waste(t);
        self.traffic.tasks[t].flags &= !flag::SERVED;
    }

    /// Counts a message of an attempt, and tells of one that is lost.
    fn note_message(&mut self, plan: &Plan, t: TaskId, (message, fate): (Message, Fate)) {
        if let Some(silenced) = self.traffic.silenced.get_mut(t.index()) {
            *silenced = false;
        }
        let is_lost = !matches!(fate, Fate::After(_));
        let is_there = fate == Fate::After(SimDuration::ZERO) && plan.network.is_instant;
        self.count_message(plan, t, |messages| {
            messages.sent += 1;
            messages.lost += u64::from(is_lost);
            messages.delivered += u64::from(is_there);
        });
        let task = &self.traffic.tasks[t];
        let (key, replica) = (task.key, task.replica);
        self.record.tell_of_loss((message, fate), key, replica);
    }

    /// A message of an attempt arrives.
    #[inline]
    pub(super) fn note_delivery(&mut self, plan: &Plan, t: TaskId) {
        if plan.network.is_lossy && !self.traffic.is_silenced(t) {
            self.count_message(plan, t, |messages| messages.delivered += 1);
        }
    }

    fn count_message(&mut self, plan: &Plan, t: TaskId, count: impl Fn(&mut Messages)) {
        let task = &self.traffic.tasks[t];
        if task.flags & flag::MEASURED == 0 {
            return;
        }
        count(&mut self.record.services[task.service as usize].messages);
        let caller = plan.edges[task.edge as usize].caller as usize;
        if let Some(client) = self.record.clients.get_mut(caller) {
            count(&mut client.messages);
        }
    }

    /// Counts the messages of measured attempts that are under way.
    pub(super) fn count_under_way(&mut self, plan: &Plan) {
        if !plan.network.is_lossy {
            return;
        }
        for t in (0..self.traffic.tasks.len() as u32).map(TaskId::of) {
            let flags = self.traffic.tasks[t].flags;
            let is_under_way = match flags & stage::MASK {
                stage::THERE | stage::BACK => true,
                // Its caller gave it up before it was there.
                stage::LOST => flags & flag::ORPHAN != 0,
                _ => false,
            };
            if is_under_way && flags & flag::REQUEST == 0 && !self.traffic.is_silenced(t) {
                self.count_message(plan, t, |messages| messages.under_way += 1);
            }
        }
    }
}
