//! Rows of the timeline of functions, of which the last share one: their instances, cold starts, throttles and what was
//! paid.

use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::measure::InstanceRow;
use crate::reason::Reason;
use crate::units::SimTime;

/// The rows of functions, and what had been counted when the open row began: of each of the first, and of all others
/// together.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Instances {
    functions: Vec<Open>,
    begun: SimTime,
    /// Each with its place among the functions, and what is paid for in it of each of them.
    rows: Vec<(InstanceRow, usize, Vec<FunctionUse>)>,
}

/// A row that is open.
#[derive(Debug, Clone, Default)]
struct Open {
    /// The services whose row it is.
    services: Vec<usize>,
    /// What had been counted of them together when it began, and what each had used of what is paid for.
    before: Seen,
    used: Vec<FunctionUse>,
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
    pub(in crate::engine) provisioned: u128,
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
        let mut functions: Vec<Vec<usize>> = functions.map(|(number, _)| vec![number]).collect();
        let others = functions.split_off(InstanceRow::FUNCTIONS_MAX.min(functions.len()));
        functions.extend((!others.is_empty()).then(|| others.concat()));
        let functions = functions.into_iter().map(|services| Open { services, ..Open::default() }).collect();
        Self { functions, ..Self::default() }
    }

    /// All rows, once the run is over and it is known what functions pay in the mean for a unit of what they use.
    pub(in crate::engine) fn finish(&mut self, prices: &[FunctionUse]) -> Vec<InstanceRow> {
        let rows = std::mem::take(&mut self.rows).into_iter();
        rows.map(|(row, place, used)| {
            let each = self.functions[place].services.iter().zip(&used);
            let paid = each.flat_map(|(number, used)| used.iter().zip(&prices[*number]));
            let paid = paid.map(|(amount, price)| amount * price).sum();
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

    /// The same of several together, and what each used.
    fn seen_of(&self, plan: &Plan, numbers: &[usize], now: u64) -> (Seen, Vec<FunctionUse>) {
        let each = numbers.iter().map(|number| self.seen(plan, *number, now).unwrap_or_default());
        let each: Vec<Seen> = each.collect();
        let sum = each.iter().fold(Seen::default(), |sum, one| Seen {
            present: sum.present + one.present,
            starting: sum.starting + one.starting,
            busy: sum.busy + one.busy,
            provisioned: sum.provisioned + one.provisioned,
            cold: sum.cold + one.cold,
            throttled: sum.throttled + one.throttled,
            used: [0.0; 4],
        });
        (sum, each.iter().map(|one| one.used).collect())
    }

    /// The first row begins.
    pub(in crate::engine) fn begin_instances(&mut self, plan: &Plan, now: u64) {
        let mut instances = std::mem::take(&mut self.record.windows.instances);
        instances.begun = SimTime::from_nanos(now);
        for open in &mut instances.functions {
            (open.before, open.used) = self.seen_of(plan, &open.services, now);
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
        for (place, Open { services, before, used: used_before }) in functions.iter_mut().enumerate() {
            let (seen, used_now) = self.seen_of(cx.plan, services, cx.now);
            let mean = |after: u128, before: u128| (after - before) as f64 / length;
            let (starting, busy) = (mean(seen.starting, before.starting), mean(seen.busy, before.busy));
            let idle = seen.present - before.present;
            let used = (seen.starting - before.starting) + (seen.busy - before.busy);
            let row = InstanceRow {
                start: *begun,
                service: (place < InstanceRow::FUNCTIONS_MAX).then(|| services[0] as u32),
                starting,
                idle: idle.saturating_sub(used) as f64 / length,
                busy,
                provisioned: mean(seen.provisioned, before.provisioned),
                cold_starts: seen.cold - before.cold,
                throttled: seen.throttled - before.throttled,
                cost: cx.plan.system.tariff.as_ref().map(|_| 0.0),
            };
            let each = used_now.iter().zip(used_before.iter());
            let of_row = each.map(|(now, before)| std::array::from_fn(|item| now[item] - before[item]));
            rows.push((row, place, of_row.collect()));
            (*before, *used_before) = (seen, used_now);
        }
        *begun = now;
        self.record.windows.instances = instances;
    }
}
