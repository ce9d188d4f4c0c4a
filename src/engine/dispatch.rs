//! The control flow of a run: the next event, and its handler.

use crate::engine::RunError;
use crate::engine::event::{DataEvent, Rare, kind, kind_of, number_of};
use crate::engine::id::{CallId, TaskId};
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State, World};
use crate::kernel::calendar::{EVENTS_MAX, Key, Next, Other, RARE_MAX};
use crate::kernel::slab::Id;

impl World {
    /// Lets time run until the run is over, or until `stop` more events have been handled.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub(super) fn advance<L: Listener>(
        &mut self,
        plan: &Plan,
        listener: &mut L,
        stop: u64,
    ) -> Result<(), RunError> {
        self.state.record.listens = L::LISTENS;
        self.with(plan, listener, |state, cx| state.advance(cx, stop))
    }
}

impl State {
    /// As [`World::advance`].
    fn advance<L: Listener>(&mut self, cx: &mut Cx<'_, L>, stop: u64) -> Result<(), RunError> {
        const BATCH: u64 = 1 << 20;
        let most = cx.plan.span.events_max.min(EVENTS_MAX - (1 << 30));
        let mut left = stop;
        while !cx.clock.is_over && left > 0 {
            // The budget is looked at now and then: a look at each event would cost as much as a gauge.
            let batch = left.min(BATCH);
            let done = self.batch(cx, batch);
            cx.clock.events += done;
            left -= done;
            if cx.clock.calendar.planned() > most {
                return Err(RunError::TooManyEvents { events: cx.clock.calendar.planned() });
            }
            if cx.clock.calendar.is_full() {
                return Err(RunError::TooManyPending { limit: RARE_MAX });
            }
        }
        cx.clock.error.clone().map_or(Ok(()), Err)
    }

    /// Handles at most so many events; how many it did.
    fn batch<L: Listener>(&mut self, cx: &mut Cx<'_, L>, most: u64) -> u64 {
        cx.clock.left = most;
        while cx.clock.left > 0 {
            cx.clock.left -= 1;
            match cx.clock.calendar.next() {
                Next::Near(key) => {
                    cx.now = key.time().as_nanos();
                    self.near(cx, key);
                }
                Next::Arrival(key) => {
                    cx.now = key.time().as_nanos();
                    self.arrive(cx, key);
                    self.settle_all(cx);
                }
                Next::Other(key) => {
                    cx.now = key.time().as_nanos();
                    self.other(cx, key);
                    self.settle_all(cx);
                }
                Next::Nothing => cx.clock.stop(),
            }
        }
        most - std::mem::take(&mut cx.clock.unused)
    }

    #[inline(always)]
    fn near<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        if kind_of(key) == kind::DEPARTURE {
            self.depart(cx, key);
        } else {
            cx.clock.calendar.pop();
            self.frequent(cx, key);
        }
        self.settle_all(cx);
    }

    /// Takes in the answers that an event gave to waiting tasks.
    ///
    /// Whatever an event does to a caller crosses to it through one queue, `settled`, and is taken in here, after the event
    /// and before the next one of the same instant: in the order in which it was put there, and what taking it in puts
    /// there comes behind. A handler so never finds a caller changed under its hands. Answers to clients are no such
    /// matter: a request ends where its answer is given.
    #[inline(always)]
    fn settle_all<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        self.record.tell_now(cx);
        if !self.traffic.settled.is_empty() {
            self.settle(cx);
        }
    }

    #[inline(never)]
    fn frequent<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        self.about(cx, (kind_of(key), number_of(key)), key);
    }

    /// Handles an event of a kind about the record of this number.
    fn about<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (kind, number): (u32, u32), key: Key) {
        match kind {
            kind::DELIVERY => self.deliver(cx, TaskId::of(number)),
            kind::ANSWER => self.arrive_back(cx, TaskId::of(number)),
            kind::RETRY => self.retry(cx, CallId::of(number), key),
            kind::USER => self.user_arrives(cx, number),
            kind::CANCEL => self.notice(cx, number),
            kind::SHARED => self.shared_done(cx, number, key),
            _ => self.lose_patience(cx, TaskId::of(number), key),
        }
    }

    #[inline(never)]
    fn other<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        if !cx.clock.calendar.take_message(key) {
            return self.rare(cx, key);
        }
        let t = TaskId::of(number_of(key));
        if kind_of(key) == kind::DELIVERY {
            self.deliver_attended(cx, t);
        } else {
            self.answer_attended(cx, t);
        }
    }

    #[inline(never)]
    fn rare<L: Listener>(&mut self, cx: &mut Cx<'_, L>, key: Key) {
        let event = match cx.clock.calendar.take_other(key) {
            Other::Rare(event) => event,
            Other::Cancelled => return,
            Other::Lane(lane) => return self.sweep(cx, lane, key),
        };
        match event {
            Rare::Transient => self.begin_measuring(cx),
            Rare::Horizon => self.end_measuring(cx),
            Rare::Stop => cx.clock.stop(),
            Rare::Window => self.end_window(cx),
            Rare::Fault(process) => self.strike(cx, process),
            Rare::Detected(incident) => self.detection_due(cx, incident),
            Rare::Operation(incident, operation) => {
                self.operation_over(cx, (incident, operation));
            }
            Rare::Again(incident) => self.start_plan(cx, incident),
            Rare::Ended(incident) => self.end_incident(cx, incident),
            Rare::Flap(incident) => self.flap(cx, incident),
            Rare::Leak(incident) => self.leak(cx, incident),
            Rare::Ramp(replica) => self.climb(cx, replica),
            Rare::Check(place) => self.check(cx, place),
            Rare::Observed(place) => self.observed(cx, place),
            Rare::Checked(place, found) => self.checked(cx, (place, found)),
            Rare::RecordCheck(place) => self.check_record(cx, place),
            Rare::RecordChecked(place, found) => self.record_checked(cx, (place, found)),
            Rare::CheckArrives(place) => self.check_arrives(cx, place),
            Rare::Liveness(replica, turn) => self.probe_liveness(cx, (replica, turn)),
            Rare::Lived(replica, turn, found) => self.lived(cx, (replica, turn, found)),
            Rare::Report(service) => self.report(cx, service),
            Rare::Probe(place) => self.probe(place, cx.now),
            Rare::Poison(task, key) => self.poison(cx, (task, key)),
            Rare::Tied(task, name) => self.untie(cx, (task, name)),
            Rare::Look(place) => self.poll(cx, place),
            Rare::Period(place) => self.end_period(cx, place),
            Rare::Judge(place) => self.judge(cx, place),
            Rare::Respond(name) => self.hear_or_act(cx, name),
            Rare::Outlier(service, decider) => self.watch_turn(cx, (service, decider)),
            Rare::Deadline(call) => self.deadline(cx, call),
            Rare::Decide(service, part) => self.decide_size(cx, (service, part)),
            Rare::Room => self.look_for_room(cx),
            Rare::Roll(service, part) => self.roll(cx, (service, part)),
            Rare::Deploy(deploy) => self.deploy_due(cx, deploy),
            Rare::Bad(deploy, release) => self.release_shows(cx, (deploy, release)),
            Rare::Provision => self.turn_provision(cx),
            Rare::Seat(replica) => self.seat_due(cx, replica),
            Rare::Warm(replica, generation) => self.seat_warm(cx, (replica, generation)),
            Rare::Takeover(service, takeover) => self.takeover_due(cx, (service, takeover)),
            Rare::SpareWarm(replica, turn) => self.spare_warm(cx, (replica, turn)),
            Rare::HeardRole(replica, serves) => self.hear_of_role(cx, (replica, serves)),
            Rare::Idle(replica) => self.seat_idle(cx, replica),
            Rare::Heard(replica, joins) => self.hear_of_seat(cx, (replica, joins)),
            Rare::Token(service) => self.token_due(cx, service),
            Rare::Expiry(replica, generation) => self.instance_expires(cx, (replica, generation)),
            Rare::Prewarm(service) => self.prewarm(cx, service),
            Rare::Begins(task, key) => self.begin_at_instance(cx, (task, key)),
            Rare::Ahead(service, instance) => self.ready_ahead(cx, (service, instance)),
            Rare::Fails(service, instance) => self.instance_fails(cx, (service, instance)),
            Rare::Rested(service) => self.instances_rested(cx, service),
            Rare::Kill(task, name) => self.kill(cx, (task, name)),
            Rare::Queue(queue) => self.look_at_queue(cx, queue),
            Rare::Message(message, name) => self.message_due(cx, (message, name)),
            Rare::Visible(queue) => self.visibility_over(cx, queue),
            Rare::Retention(queue) => self.retention_over(cx, queue),
            Rare::CacheLock(task, name) => self.lock_over(cx, (task, name)),
            Rare::CacheHit(task, name) => self.calls_answered(cx, (task, name)),
            Rare::Coherence(service, write) => self.traffic.hear_of_write((service, write)),
            Rare::Data(event) => self.data_event(cx, event),
            Rare::Far(kind, number) => self.about(cx, (kind, number), key),
        }
        self.follow_up(cx);
    }

    /// What happens to what services keep.
    fn data_event<L: Listener>(&mut self, cx: &mut Cx<'_, L>, event: DataEvent) {
        match event {
            DataEvent::Due(backup) => self.backup_due(cx, backup),
            DataEvent::Made(backup, number) => self.backup_made(cx, (backup, number)),
            DataEvent::FoundBad(backup, number) => self.stores.found_bad(cx, (backup, number)),
            DataEvent::Restored(service) => self.stores.restored(cx, service),
            DataEvent::Shows(incident) => self.loss_shows(cx, incident),
        }
    }

    /// What a rare event has left to be done.
    fn follow_up<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        self.settle_rare(cx);
        while self.incidents.is_doing() && self.end_verbs(cx) {
            self.settle_rare(cx);
        }
    }

    fn settle_rare<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        if !self.record.toppled.is_empty() {
            self.topple(cx);
        }
        if self.fleet.standbys.has_changed() {
            self.tend_standbys(cx);
        }
        if !self.record.parts.over.is_empty() {
            self.mitigate(cx.plan, cx.now);
        }
    }
}
