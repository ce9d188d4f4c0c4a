//! The control flow of a run: the next event, and its handler.

use crate::engine::RunError;
use crate::engine::event::{Rare, kind, kind_of, number_of};
use crate::engine::observer::Probe;
use crate::engine::plan::Plan;
use crate::engine::world::World;
use crate::kernel::calendar::{Key, Next, Other, RARE_MAX};

impl World {
    /// Lets time run until the run is over, or until `stop` more events have been handled.
    ///
    /// # Errors
    ///
    /// See [`RunError`].
    pub(super) fn advance<P: Probe>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        stop: u64,
    ) -> Result<(), RunError> {
        const BATCH: u64 = 1 << 20;
        self.record.listens = P::LISTENS;
        let most = plan.span.events_max.min(crate::kernel::calendar::EVENTS_MAX - (1 << 30));
        let mut left = stop;
        while !self.clock.is_over && left > 0 {
            // The budget is looked at now and then: a look at each event would cost as much as a gauge.
            let batch = left.min(BATCH);
            let done = self.batch(plan, probe, batch);
            self.clock.events += done;
            left -= done;
            if self.clock.calendar.planned() > most {
                return Err(RunError::TooManyEvents { events: self.clock.calendar.planned() });
            }
            if self.clock.calendar.is_full() {
                return Err(RunError::TooManyPending { limit: RARE_MAX });
            }
        }
        self.clock.error.clone().map_or(Ok(()), Err)
    }

    /// Handles at most so many events; how many it did.
    fn batch<P: Probe>(&mut self, plan: &Plan, probe: &mut P, most: u64) -> u64 {
        self.clock.left = most;
        while self.clock.left > 0 {
            self.clock.left -= 1;
            match self.clock.calendar.next() {
                Next::Near(key) => self.near(plan, probe, key),
                Next::Arrival(key) => {
                    self.arrive(plan, probe, key);
                    self.settle_all(plan, probe, key);
                }
                Next::Other(key) => {
                    self.other(plan, probe, key);
                    self.settle_all(plan, probe, key);
                }
                Next::Nothing => self.stop_here(),
            }
        }
        most - std::mem::take(&mut self.clock.unused)
    }

    /// The run is over: no further event is handled.
    pub(super) fn stop_here(&mut self) {
        self.clock.is_over = true;
        self.clock.unused += std::mem::take(&mut self.clock.left);
    }

    #[inline(always)]
    fn near<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        if kind_of(key) == kind::DEPARTURE {
            self.depart(plan, probe, key);
        } else {
            self.clock.calendar.pop();
            self.frequent(plan, probe, key);
        }
        self.settle_all(plan, probe, key);
    }

    /// Takes in the answers that the event of `key` gave to waiting tasks.
    ///
    /// Whatever an event does to a caller crosses to it through one queue, `settled`, and is taken in here, after the event
    /// and before the next one of the same instant: in the order in which it was put there, and what taking it in puts
    /// there comes behind. A handler so never finds a caller changed under its hands. Answers to clients are no such
    /// matter: a request ends where its answer is given.
    #[inline(always)]
    fn settle_all<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        self.tell_now(probe, key.time().as_nanos());
        if !self.traffic.settled.is_empty() {
            self.settle(plan, probe, key.time().as_nanos());
        }
    }

    #[inline(never)]
    fn frequent<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        self.about(plan, probe, (kind_of(key), number_of(key)), key);
    }

    /// Handles an event of a kind about the record of this number.
    fn about<P: Probe>(&mut self, plan: &Plan, probe: &mut P, (kind, number): (u32, u32), key: Key) {
        let now = key.time().as_nanos();
        match kind {
            kind::DELIVERY => self.deliver(plan, probe, number, now),
            kind::ANSWER => self.arrive_back(plan, probe, number, now),
            kind::RETRY => self.retry(plan, probe, number, key),
            kind::USER => self.user_arrives(plan, probe, number, now),
            kind::CANCEL => self.notice(plan, probe, number, now),
            kind::SHARED => self.shared_done(plan, probe, number, key),
            _ => self.lose_patience(plan, probe, number, key),
        }
    }

    #[inline(never)]
    fn other<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        if !self.clock.calendar.take_message(key) {
            return self.rare(plan, probe, key);
        }
        let (t, now) = (number_of(key), key.time().as_nanos());
        if kind_of(key) == kind::DELIVERY {
            self.deliver_attended(plan, probe, t, now);
        } else {
            self.answer_attended(plan, probe, t, now);
        }
    }

    #[inline(never)]
    fn rare<P: Probe>(&mut self, plan: &Plan, probe: &mut P, key: Key) {
        let now = key.time().as_nanos();
        let event = match self.clock.calendar.take_other(key) {
            Other::Rare(event) => event,
            Other::Cancelled => return,
            Other::Lane(lane) => return self.sweep(plan, probe, lane, key),
        };
        match event {
            Rare::Transient => self.begin_measuring(plan, now),
            Rare::Horizon => self.end_measuring(plan, now),
            Rare::Stop => self.stop_here(),
            Rare::Window => self.end_window(plan, now),
            Rare::Fault(process) => self.strike(plan, probe, process, now),
            Rare::Detected(incident) => self.detect(plan, probe, incident, now),
            Rare::Operation(incident, operation) => {
                self.operation_over(plan, probe, (incident, operation), now);
            }
            Rare::Again(incident) => self.start_plan(plan, probe, incident, now),
            Rare::Ended(incident) => self.end_incident(plan, probe, incident, now),
            Rare::Ramp(replica) => self.climb(plan, probe, replica, now),
            Rare::Check(place) => self.check(plan, probe, place, now),
            Rare::Observed(place) => self.observed(plan, probe, place, now),
            Rare::Checked(place, found) => self.checked(plan, probe, (place, found), now),
            Rare::Report(service) => self.report(plan, service, now),
            Rare::Probe(place) => self.probe(place, now),
            Rare::Tied(task, name) => self.untie(plan, probe, (task, name), now),
            Rare::Look(place) => self.poll(plan, probe, place, now),
            Rare::Period(place) => self.end_period(plan, probe, place, now),
            Rare::Outlier(service, decider) => self.watch_turn(plan, (service, decider), now),
            Rare::Deadline(call) => self.deadline(plan, probe, call, now),
            Rare::Decide(service, part) => self.decide_size(plan, probe, (service, part), now),
            Rare::Seat(replica) => self.seat_due(plan, probe, replica, now),
            Rare::Idle(replica) => self.seat_idle(plan, probe, replica, now),
            Rare::Heard(replica, joins) => self.hear_of_seat(plan, (replica, joins), now),
            Rare::Far(kind, number) => self.about(plan, probe, (kind, number), key),
        }
    }
}
