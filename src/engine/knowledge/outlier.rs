//! Outlier detection: what deciders see of their attempts puts replicas out of their lists, and time takes them back.

use crate::engine::event::Rare;
use crate::engine::knowledge::Knowledge;
use crate::engine::knowledge::view::Asking;
use crate::engine::listener::{Listener, Note};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::stream::Stream;
use crate::model::balancing::{Ended, FleetChange};
use crate::model::monitoring::outlier::{Desk, OutlierDetector, OutlierSettings, Standing};
use crate::units::SimTime;
use rand::RngExt;

/// The outlier detection of one decider.
#[derive(Debug, Clone)]
pub(in crate::engine) struct OutlierWatch {
    detector: OutlierDetector,
    stream: Stream,
    /// Its planned turn.
    turn: Option<(SimTime, Handle)>,
}

impl OutlierWatch {
    pub(in crate::engine) fn new(settings: &OutlierSettings, replicas: usize, mut stream: Stream) -> Self {
        let detector = OutlierDetector::new(settings, replicas, stream.random());
        Self { detector, stream, turn: None }
    }

    /// A replica joined the fleet, or left it.
    pub(in crate::engine) fn change(&mut self, change: &FleetChange) {
        self.detector.change(change.replica, change.present);
    }
}

impl Knowledge {
    /// Whether the success of a decider's active check would take a replica back; a decider that checks has a view of
    /// its own, of its number.
    pub(in crate::engine) fn check_takes_back(&self, number: usize, decider: usize, replica: u32) -> bool {
        let watch = self.deciders[number].get(decider).and_then(|decider| decider.watch.as_ref());
        self.views[number].views[decider].has_ejected(replica)
            && watch.is_some_and(|watch| watch.detector.hears_checks())
    }

    /// A decider is gone, and its detector with it: outcomes of what was passed on through it no longer count.
    pub(in crate::engine) fn end_watch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, decider): (usize, usize),
    ) {
        let turn = self.deciders[number][decider].watch.take().and_then(|watch| watch.turn);
        if let Some((_, handle)) = turn {
            cx.clock.calendar.cancel(handle);
        }
    }
}

impl State {
    /// An attempt of a decider ended.
    pub(in crate::engine) fn watch_ended<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        of: (usize, usize),
        ended: &Ended,
    ) {
        let act = |detector: &mut OutlierDetector, desk: &mut Desk<'_>| {
            detector.observe(ended.replica, ended.failure, desk);
        };
        self.watch(cx, of, act);
    }

    /// A decider sends an attempt to a replica.
    pub(in crate::engine) fn watch_sent<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        asking: Asking,
        replica: u32,
    ) {
        let of = (asking.service, asking.decider);
        self.watch(cx, of, |detector, desk| detector.sent(replica, desk));
    }

    /// A decider's active check of a replica succeeded.
    pub(in crate::engine) fn watch_checked<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        of: (usize, usize),
        replica: u32,
    ) {
        if self.knowledge.check_takes_back(of.0, of.1, replica) {
            self.watch(cx, of, |detector, desk| detector.check_succeeded(replica, desk));
        }
    }

    /// The time that a decider's detector waited for has come.
    pub(in crate::engine) fn watch_turn<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, decider): (u32, u32),
    ) {
        let of = (number as usize, decider as usize);
        if let Some(watch) = &mut self.knowledge.deciders[of.0][of.1].watch {
            watch.turn = None;
        }
        self.watch(cx, of, OutlierDetector::turn);
    }

    /// Lets a decider's detector act, carries out what it decides, and plans its next turn.
    fn watch<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, decider): (usize, usize),
        act: impl FnOnce(&mut OutlierDetector, &mut Desk<'_>),
    ) {
        let now = cx.now;
        let Some(watch) = &mut self.knowledge.deciders[number][decider].watch else { return };
        let mut changes = Vec::new();
        let mut desk =
            Desk { now: SimTime::from_nanos(now), stream: &mut watch.stream, changes: &mut changes };
        act(&mut watch.detector, &mut desk);
        let due = watch.detector.due();
        if watch.turn.map_or(SimTime::NEVER, |(at, _)| at) != due {
            if let Some((_, handle)) = watch.turn.take() {
                cx.clock.calendar.cancel(handle);
            }
            let event = Rare::Outlier(number as u32, decider as u32);
            let handle = cx.clock.calendar.plan_rare(due, Rank::Check, event);
            watch.turn = handle.map(|handle| (due, handle));
        }
        for change in changes {
            self.put_out(cx, (number, decider), change);
        }
    }

    /// A decider ejects a replica, or takes it back.
    fn put_out<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, decider): (usize, usize),
        (replica, standing): (u32, Standing),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let view = self.knowledge.deciders[number][decider].view as usize;
        let r = self.fleet.services[number].first + replica;
        let condition = &self.fleet.conditions[r as usize];
        let has_fault = !condition.incidents.is_empty() || !condition.gray.is_empty();
        let measured = u64::from(cx.clock.is_measuring && standing == Standing::Ejected);
        let was_out = self.knowledge.views[number].views[view].has_ejected(replica);
        let is_out = standing != Standing::In;
        let metrics = &mut self.record.services[number];
        metrics.ejections += measured;
        metrics.ejections_false += if has_fault { 0 } else { measured };
        let (service, out_of) = (number as u32, decider as u32);
        self.record.tell_later(Note::ReplicaEjected { service, decider: out_of, replica: r, standing });
        let metrics = &mut self.record.services[number];
        if was_out == is_out {
            return;
        }
        if is_out {
            metrics.ejected.up(now);
        } else {
            metrics.ejected.down(now);
        }
        self.knowledge.views[number].eject(plan, (number, &self.fleet.seats.zones), view, (replica, is_out));
        self.fleet.services[number].only = self.knowledge.views[number].only();
        if is_out {
            self.found_by_ejection(cx, (r, number, decider));
            self.wake_checks(cx, r);
        }
    }
}
