//! What deciders hear: how their attempts ended, what replicas report, what probes bring back.

use crate::engine::event::Rare;
use crate::engine::id::TaskId;
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::{Listener, Message, Note};
use crate::engine::network::{Direction, Fate};
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::replica::Fleet;
use crate::engine::task::{Outcome, Task, flag};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::{Ended, Probed, Report};
use crate::model::call::Avoid;
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};
use rand::Rng;

/// Whether the caller of an attempt goes on to another one after such a failure, as far as its settings tell.
fn is_listed(plan: &Plan, task: &Task, reason: Reason) -> bool {
    let edge = &plan.edges[task.edge as usize];
    let left = match edge.avoid {
        // Each replica is tried once.
        Avoid::Repeats => plan.services[edge.service as usize].speed.len().min(edge.attempts.into()),
        _ => edge.attempts.into(),
    };
    edge.on.contains(reason) && usize::from(task.attempt) < left
}

/// A probe on its way.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Probing {
    asking: Asking,
    /// Numbered within the service.
    replica: u32,
    /// How long the answer will take; `None` where it is lost.
    back: Option<SimDuration>,
}

/// Plans the next reports of a service, if its policy wants any.
pub(in crate::engine) fn plan_report<L: Listener>(cx: &mut Cx<'_, L>, number: u32) {
    let (plan, now) = (cx.plan, cx.now);
    if let Some(interval) = plan.system.services[number as usize].balancing.policy.needs().reports {
        let at = SimTime::from_nanos(now) + interval;
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Report(number));
    }
}

impl Fleet {
    /// A replica's slots were taken or freed.
    #[inline]
    pub(in crate::engine) fn meter_busy(&mut self, number: usize, r: u32, now: u64) {
        self.note_load(number, r, now);
        if self.services[number].is_metered {
            let replica = &self.replicas[r as usize];
            self.meters[r as usize].set_busy(replica.busy.min(replica.slots), now);
        }
    }
}

impl Record {
    /// Keeps a note for those who listen.
    pub(in crate::engine) fn tell_later(&mut self, note: Note) {
        if self.listens {
            self.untold.push(note);
        }
    }

    /// Tells those who listen what was kept for them.
    #[inline(always)]
    pub(in crate::engine) fn tell_now<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let now = cx.now;
        if L::LISTENS {
            self.untold.drain(..).for_each(|note| cx.listener.note(SimTime::from_nanos(now), note));
        }
    }
}

impl State {
    /// A decider hears how an attempt ended, and no longer counts it.
    #[inline]
    pub(in crate::engine) fn heard<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) {
        self.observe(cx, t, outcome);
        self.uncount(t);
    }

    /// A decider that still waits for an attempt hears how it ended.
    #[inline]
    pub(in crate::engine) fn observe<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        t: TaskId,
        outcome: Outcome,
    ) {
        let task = &self.traffic.tasks[t];
        if task.flags & flag::COUNTED != 0 && self.fleet.services[task.service as usize].hears {
            self.tell(cx, t, outcome);
        }
    }

    #[inline(never)]
    fn tell<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Outcome) {
        let (plan, now) = (cx.plan, cx.now);
        let task = &self.traffic.tasks[t];
        let number = task.service as usize;
        let decider = self.decider_of(t);
        // What was passed on was sent here when it was admitted here.
        let was_passed_on = plan.edges[task.edge as usize].service != task.service;
        let sent = if was_passed_on { task.enqueued } else { task.start };
        let ended = Ended {
            replica: task.replica - self.fleet.services[number].first,
            now: SimTime::from_nanos(now),
            latency: SimDuration::from_nanos(now - sent),
            failure: outcome.err(),
            is_listed: !was_passed_on && outcome.is_err_and(|reason| is_listed(plan, task, reason)),
        };
        for balancer in &mut self.knowledge.deciders[number][decider as usize].balancers {
            balancer.observe(&ended);
        }
        if self.fleet.services[number].is_watched {
            let latency = Some(ended.latency.as_nanos());
            self.incidents.monitors.note_ended(number, ended.failure, latency);
            let failed = ended.failure.is_some_and(|reason| reason != Reason::ClientError);
            self.fleet.note_ended(number, task.replica, (failed, ended.latency.as_nanos()));
        }
        if self.fleet.services[number].observes {
            self.observe_attempt(cx, (number, decider as usize), &ended);
        }
        if self.fleet.services[number].ejects {
            self.watch_ended(cx, (number, decider as usize), &ended);
        }
    }

    /// A service ended at a replica.
    #[inline]
    pub(in crate::engine) fn meter_done(&mut self, t: TaskId, now: u64) {
        let task = &self.traffic.tasks[t];
        if self.fleet.services[task.service as usize].is_metered {
            let is_error = task.flags & flag::ERROR != 0;
            self.fleet.meters[task.replica as usize].note_done(now - task.enqueued, is_error);
        }
    }

    /// The replicas of a service that work report to its deciders.
    pub(in crate::engine) fn report<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let service = number as usize;
        let first = self.fleet.services[service].first as usize;
        let count = self.fleet.services[service].load.len();
        let reports: Vec<_> = (first..first + count)
            .map(|r| {
                let slots = self.fleet.slots_of(r as u32).unwrap_or(1);
                let report = self.fleet.meters[r].report(slots, now);
                self.fleet.replicas[r].works.then_some(report)
            })
            .collect();
        for decider in 0..self.knowledge.deciders[service].len() {
            let heard;
            let reports = if plan.network.is_lossy {
                heard = self.reports_heard(cx, (service, decider), &reports);
                &heard
            } else {
                &reports
            };
            for balancer in &mut self.knowledge.deciders[service][decider].balancers {
                balancer.report(reports, SimTime::from_nanos(now));
            }
        }
        plan_report(cx, number);
    }

    /// Of the reports of a service, those that reach a decider. That they take time is not told: they are means over times
    /// that are much longer.
    fn reports_heard<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, decider): (usize, usize),
        reports: &[Option<Report>],
    ) -> Vec<Option<Report>> {
        let (plan, now) = (cx.plan, cx.now);
        let to = self.fleet.balancer_spot(plan, service, decider);
        let first = self.fleet.services[service].first;
        let mut heard = reports.to_vec();
        for (report, local) in heard.iter_mut().zip(0..) {
            if report.is_none() {
                continue;
            }
            let r = first + local;
            let from = self.fleet.replica_spot(r);
            // Numbers within the service: other services change no luck.
            let key = mix(mix(mix(self.knowledge.views[service].key, now), decider as u64), u64::from(local));
            let fate = self.carry(plan, [from.zone, to.zone], (key, Direction::Back), |_| [from, to]);
            if !matches!(fate, Fate::After(_)) {
                *report = None;
                self.record.tell_of_loss((Message::Report, fate), key, r);
            }
        }
        heard
    }

    /// Sends a probe; it is there at once where messages take no time.
    pub(in crate::engine) fn send_probe<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        asking: Asking,
        replica: u32,
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let r = self.fleet.services[asking.service].first + replica;
        if !plan.network.has_any {
            return self.probe_arrives(Probing { asking, replica, back: Some(SimDuration::ZERO) }, now);
        }
        let key = if plan.network.is_instant {
            // The stream of choices is left alone where no delay is drawn.
            let named = mix(self.knowledge.views[asking.service].key, now);
            mix(mix(named, asking.decider as u64), u64::from(replica))
        } else {
            self.knowledge.deciders[asking.service][asking.decider].stream.next_u64()
        };
        let mut random = draw(key, Purpose::Probe);
        let from = self.fleet.balancer_spot(plan, asking.service, asking.decider).moved(asking.zone);
        let fates =
            self.incidents.carry_both_ways(plan, [from, self.fleet.replica_spot(r)], (key, &mut random));
        for fate in fates {
            self.record.tell_of_loss((Message::Probe, fate), key, r);
        }
        let [Fate::After(there), back] = fates else { return };
        let back = match back {
            Fate::After(back) => Some(back),
            Fate::Lost | Fate::Cut(_) => None,
        };
        if there.is_zero() && plan.network.is_instant {
            return self.probe_arrives(Probing { asking, replica, back }, now);
        }
        let place = self.knowledge.probes.keep(Probing { asking, replica, back });
        cx.clock.calendar.plan_rare(SimTime::from_nanos(now) + there, Rank::Check, Rare::Probe(place));
    }

    /// A probe reaches its replica.
    pub(in crate::engine) fn probe(&mut self, place: u32, now: u64) {
        self.knowledge.probes.give_back(place);
        self.probe_arrives(self.knowledge.probes[place], now);
    }

    fn probe_arrives(&mut self, probing: Probing, now: u64) {
        let Probing { asking, replica, back } = probing;
        let service = &self.fleet.services[asking.service];
        let r = (service.first + replica) as usize;
        let Some(back) = back.filter(|_| self.fleet.replicas[r].works) else { return };
        let reply = Probed {
            replica,
            known: SimTime::from_nanos(now) + back,
            load: service.load[replica as usize],
            latency: self.fleet.meters[r].median(),
        };
        for balancer in &mut self.knowledge.deciders[asking.service][asking.decider].balancers {
            balancer.probed(&reply);
        }
    }
}
