//! Rows of the timeline of functions: their instances, cold starts, throttles and what was paid.

use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::measure::InstanceRow;
use crate::reason::Reason;
use crate::units::SimTime;

/// The rows of functions, and what had been counted of each when the open row began.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Instances {
    functions: Vec<(usize, Seen)>,
    begun: SimTime,
    /// Each with what is paid for in it.
    rows: Vec<(InstanceRow, FunctionUse)>,
}

/// What a function used: calls [million], and memory over time on instances that are not kept ready, on those that are, and
/// of these [GBs].
pub(in crate::engine) type FunctionUse = [f64; 4];

/// What is counted of a function so far; integrals are over time.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Seen {
    pub(in crate::engine) present: u128,
    pub(in crate::engine) starting: u128,
    pub(in crate::engine) busy: u128,
    pub(in crate::engine) cold: u64,
    pub(in crate::engine) throttled: u64,
    /// What is paid for: calls, and times when they had ended.
    pub(in crate::engine) used: FunctionUse,
}

impl Instances {
    pub(in crate::engine) fn new(plan: &Plan) -> Self {
        let services = plan.system.services.iter().enumerate();
        let functions =
            services.filter(|(_, service)| service.function.is_some() || service.population.is_some());
        let functions =
            functions.take(InstanceRow::FUNCTIONS_MAX).map(|(number, _)| (number, Seen::default())).collect();
        Self { functions, ..Self::default() }
    }

    /// All rows, once the run is over and it is known what functions pay in the mean for a unit of what they use.
    pub(in crate::engine) fn finish(&mut self, prices: &[FunctionUse]) -> Vec<InstanceRow> {
        let rows = std::mem::take(&mut self.rows).into_iter();
        rows.map(|(row, used)| {
            let prices = &prices[row.service as usize];
            let paid = used.iter().zip(prices).map(|(amount, price)| amount * price).sum();
            InstanceRow { cost: row.cost.map(|_| paid), ..row }
        })
        .collect()
    }
}

impl State {
    /// What is counted of a function up to `now`.
    fn seen(&self, plan: &Plan, number: usize, now: u64) -> Option<Seen> {
        let of_seats = || Some(&self.fleet.seats.fleets.get(number)?.as_ref()?.metrics);
        let population = self.fleet.populations.get(number).and_then(Option::as_deref);
        let fleet = population.map(|population| &population.metrics).or_else(of_seats)?;
        let function = self.record.functions.get(number)?.as_ref()?;
        let service = &self.record.services[number];
        let seen = Seen {
            present: fleet.present.integral(now),
            starting: fleet.starting.integral(now),
            throttled: service.reasons[Reason::Throttled.index()],
            ..Seen::default()
        };
        Some(function.seen(now, &plan.system.services[number], seen))
    }

    /// The first row begins.
    pub(in crate::engine) fn begin_instances(&mut self, plan: &Plan, now: u64) {
        let mut instances = std::mem::take(&mut self.record.windows.instances);
        instances.begun = SimTime::from_nanos(now);
        for (number, seen) in &mut instances.functions {
            *seen = self.seen(plan, *number, now).unwrap_or_default();
        }
        self.record.windows.instances = instances;
    }

    /// A row ends and the next begins.
    pub(in crate::engine) fn turn_instances<L: Listener>(&mut self, cx: &Cx<'_, L>) {
        if self.record.windows.instances.functions.is_empty() {
            return;
        }
        let now = SimTime::from_nanos(cx.now);
        let mut instances = std::mem::take(&mut self.record.windows.instances);
        let Instances { functions, begun, rows } = &mut instances;
        let length = now.since(*begun).as_nanos() as f64;
        for (number, before) in functions {
            let Some(seen) = self.seen(cx.plan, *number, cx.now) else { continue };
            let mean = |after: u128, before: u128| (after - before) as f64 / length;
            let (starting, busy) = (mean(seen.starting, before.starting), mean(seen.busy, before.busy));
            let idle = seen.present - before.present;
            let used = (seen.starting - before.starting) + (seen.busy - before.busy);
            let row = InstanceRow {
                start: *begun,
                service: *number as u32,
                starting,
                idle: idle.saturating_sub(used) as f64 / length,
                busy,
                cold_starts: seen.cold - before.cold,
                throttled: seen.throttled - before.throttled,
                cost: cx.plan.system.tariff.as_ref().map(|_| 0.0),
            };
            rows.push((row, std::array::from_fn(|item| seen.used[item] - before.used[item])));
            *before = seen;
        }
        *begun = now;
        self.record.windows.instances = instances;
    }
}
