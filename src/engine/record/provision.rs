//! Whether a fleet that changes fits its work, second by second.

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::measure::ProvisionMeasure;
use crate::model::fleet::Concurrency;
use crate::units::{SimDuration, SimTime};

/// The shortest step [ns], and most steps of a run: work that comes and goes within one is no lack and no surplus.
const STEP: u64 = 1_000_000_000;
const STEPS_MAX: u64 = 100_000;

/// The steps of one service.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Provision {
    /// Sums over time at the begin of the step: jobs inside, and replicas that are up.
    inside: u128,
    up: u128,
    since: u64,
    measure: ProvisionMeasure,
}

impl Provision {
    fn begin(&mut self, now: u64, (inside, up): (u128, u128)) {
        (self.since, self.inside, self.up) = (now, inside, up);
    }

    /// A step ends: its means are compared.
    fn end(&mut self, now: u64, (inside, up): (u128, u128), slots: u32) {
        let length = now - self.since;
        if length == 0 {
            return;
        }
        let mean = |after: u128, before: u128| (after - before) as f64 / length as f64;
        let (offered, serving) = (mean(inside, self.inside), mean(up, self.up));
        let needed = offered / f64::from(slots);
        if needed > serving {
            self.measure.under += length;
        }
        // What is whole but for rounding is whole.
        let surplus = (serving - (needed - 1e-9).ceil()).max(0.0);
        self.measure.over += (surplus * length as f64).round() as u128;
        self.begin(now, (inside, up));
    }

    /// What was found in the measured part.
    pub(in crate::engine) fn measure(&self, concurrency: Concurrency) -> Option<ProvisionMeasure> {
        matches!(concurrency, Concurrency::Slots(_)).then_some(self.measure)
    }
}

/// How long a step of a run is.
fn step(plan: &Plan) -> SimDuration {
    let measured = plan.span.horizon.since(plan.span.transient).as_nanos();
    SimDuration::from_nanos(measured.div_ceil(STEPS_MAX).max(STEP))
}

/// Plans the end of a step, where any fleet changes.
fn plan_step<L: Listener>(cx: &mut Cx<'_, L>) {
    if cx.plan.system.services.iter().any(|service| service.autoscaling.is_some()) {
        let at = SimTime::from_nanos(cx.now) + step(cx.plan);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Provision);
    }
}

impl State {
    /// The first step begins, where any fleet changes.
    pub(in crate::engine) fn begin_provision<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let now = cx.now;
        let fleets = self.fleet.seats.fleets.iter_mut().zip(&self.record.services);
        for (fleet, metrics) in fleets {
            if let Some(fleet) = fleet {
                fleet.provision.begin(now, (metrics.inside.integral(now), metrics.replicas_up.integral(now)));
            }
        }
        plan_step(cx);
    }

    /// A step ends, and the next begins.
    pub(in crate::engine) fn turn_provision<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        if cx.clock.is_measuring {
            self.end_provision(cx.plan, cx.now);
            plan_step(cx);
        }
    }

    /// A step ends.
    pub(in crate::engine) fn end_provision(&mut self, plan: &Plan, now: u64) {
        let services = self.record.services.iter().zip(&plan.system.services);
        for (fleet, (metrics, settings)) in self.fleet.seats.fleets.iter_mut().zip(services) {
            if let (Some(fleet), Concurrency::Slots(slots)) = (fleet, settings.concurrency) {
                let sums = (metrics.inside.integral(now), metrics.replicas_up.integral(now));
                fleet.provision.end(now, sums, slots);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_a_step_are_compared() {
        let mut one = Provision::default();
        let second = |second: u128| second * u128::from(STEP);
        // 5 inside of 2 x 2 slots, then 3 of 4 x 2, then 4.5 of 2 x 2 for half a second.
        one.begin(0, (0, 0));
        one.end(STEP, (second(5), second(2)), 2);
        one.end(2 * STEP, (second(8), second(6)), 2);
        one.end(2 * STEP, (second(8), second(6)), 2);
        one.end(5 * STEP / 2, (second(8) + second(9) / 4, second(7)), 2);
        assert_eq!(one.measure, ProvisionMeasure { under: 3 * STEP / 2, over: second(2) });
        assert_eq!(one.measure(Concurrency::Unlimited), None);
    }
}
