//! Services that refuse what comes too fast, because of a fault or because somebody wanted it so.

use crate::engine::id::{IncidentId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::world::State;
use crate::model::fault::FaultKind;
use crate::model::resilience::limit::{BucketSettings, TokenBucket};
use crate::reason::Reason;
use crate::units::Rate;

/// A bucket of tokens in front of a service.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Throttle {
    service: u32,
    /// The fault whose effect it is; none where somebody wanted it.
    fault: Option<IncidentId>,
    /// Whether only some meet it.
    is_gray: bool,
    bucket: TokenBucket,
}

impl Fleet {
    /// A service takes no more than so much from now on, in place of what the same fault or wish said before.
    fn throttle(
        &mut self,
        number: usize,
        (fault, is_gray): (Option<IncidentId>, bool),
        (rate, burst): (Rate, u32),
    ) {
        self.unthrottle(number, fault);
        let bucket = BucketSettings { rate, burst }.tokens();
        self.throttles.push(Throttle { service: number as u32, fault, is_gray, bucket });
        self.odd[number] += 1;
        self.note_odd(number);
    }

    /// Nothing is refused any more because of a fault, or a wish.
    fn unthrottle(&mut self, number: usize, fault: Option<IncidentId>) {
        let is_it = |one: &Throttle| one.service as usize == number && one.fault == fault;
        if let Some(place) = self.throttles.iter().position(is_it) {
            self.throttles.remove(place);
            self.odd[number] -= 1;
            self.note_odd(number);
        }
    }

    /// The faults that throttle a service, for everybody or for some.
    pub(in crate::engine) fn throttling(&self, number: usize) -> impl Iterator<Item = IncidentId> {
        let own = self.throttles.iter().filter(move |one| one.service as usize == number);
        own.filter_map(|one| one.fault)
    }

    /// Takes a token of each bucket in front of a service, those that only some meet where they are among `met`; or none where
    /// one of them has none.
    fn take_of_throttles(&mut self, number: usize, met: &[IncidentId], now: u64) -> Result<(), Reason> {
        let is_own = |one: &Throttle| {
            let is_met = !one.is_gray || one.fault.is_some_and(|fault| met.contains(&fault));
            one.service as usize == number && is_met
        };
        if !self.throttles.iter().filter(|one| is_own(one)).all(|one| one.bucket.has(now)) {
            return Err(Reason::Throttled);
        }
        for one in self.throttles.iter_mut().filter(|one| is_own(one)) {
            one.bucket.take(now);
        }
        Ok(())
    }

    /// A service takes no more than a rate, because somebody wants it so; or again whatever comes.
    pub(in crate::engine) fn throttle_service(&mut self, number: usize, rate: Option<Rate>) {
        match rate {
            Some(rate) => self.throttle(number, (None, false), (rate, rate.in_a_second())),
            None => self.unthrottle(number, None),
        }
    }

    /// A fault begins or ends that throttles the services in its unit.
    pub(in crate::engine) fn turn_throttle(
        &mut self,
        plan: &Plan,
        (a, process): (IncidentId, u32),
        begins: bool,
    ) {
        let FaultKind::Throttle { rate, burst } = plan.fault(process).kind else { return };
        for number in throttled(plan, process) {
            if begins {
                let is_gray = plan.fault(process).is_gray();
                self.throttle(number, (Some(a), is_gray), (rate, burst));
            } else {
                self.unthrottle(number, Some(a));
            }
        }
    }
}

impl State {
    /// An attempt comes to a service that may be throttled.
    #[inline(never)]
    pub(in crate::engine) fn pass_throttles(
        &mut self,
        plan: &Plan,
        t: TaskId,
        now: u64,
    ) -> Result<(), Reason> {
        let number = self.traffic.tasks[t].service as usize;
        if self.fleet.throttles.is_empty() {
            return Ok(());
        }
        let met = self.throttles_for(plan, t);
        self.fleet.take_of_throttles(number, &met, now)
    }
}

/// The services in a unit, rising.
fn throttled(plan: &Plan, process: u32) -> Vec<usize> {
    let unit = &plan.fault(process).units[plan.processes[process as usize].unit as usize];
    let mut services: Vec<usize> =
        unit.replicas.iter().map(|one| usize::from(plan.replicas[one.index()].service)).collect();
    services.dedup();
    services
}
