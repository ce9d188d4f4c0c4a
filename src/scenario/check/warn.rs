//! What is legal but suspect.

use super::silence::{Calling, can_be_lost};
use super::{Checked, Checker};
use crate::model::fault::{Arriving, FaultKind, Signal, Trigger};
use crate::model::fleet::{Concurrency, Service};
use crate::model::flow::{Rates, Rounds};
use crate::model::recovery::{Recovery, Work};
use crate::model::system::System;
use crate::model::workload::Arrival;
use crate::scenario::Run;
use crate::scenario::written::call::{Calls, PolicyKeys};
use crate::units::{ReplicaId, SimDuration, SimTime};

/// Outages over all runs below which a result says little.
const OUTAGES_MIN: f64 = 10.0;
/// Rounds of propagation after which rates that still grow are taken as they are.
pub(super) const ROUNDS_MAX: usize = 200;
/// Relative change below which rates have settled.
pub(super) const SETTLED: f64 = 1e-9;
/// What a load may be above capacity by rounding.
const ROUNDING: f64 = 1e-9;

impl Checker<'_> {
    /// Reports everything suspect about a valid scenario.
    pub(super) fn warnings(&mut self, checked: &Checked) {
        self.single_run(&checked.run);
        self.empty_windows(checked);
        self.overload(&checked.system, &checked.run);
        self.heavy_tails(checked);
        self.rare_outages(&checked.system, &checked.run);
        self.idle_parts(&checked.system, checked.run.span.horizon);
        self.idle_prices(&checked.system);
        self.idle_accounts();
        self.scaling_in_vain(&checked.system, checked.run.span.horizon);
        self.deploy_warnings(&checked.system, checked.run.span.horizon);
        self.review(checked);
        let silent = silent_services(&checked.system);
        let written = self.written;
        for (name, section) in &written.clients.0 {
            if let Some(section) = section {
                let calls = (&section.keys.calls, &section.policy);
                self.suspect_calls(&checked.system, &["client", &name.text], calls, &silent);
            }
        }
        for (name, section) in &written.services.0 {
            if let Some(section) = section {
                let calls = (&section.keys.calls, &section.policy);
                self.suspect_calls(&checked.system, &["service", &name.text], calls, &silent);
            }
        }
    }

    fn single_run(&mut self, run: &Run) {
        if run.runs == 1 && run.batches <= 1 {
            let message = "a single run gives numbers without intervals";
            self.warning(&["run", "runs"], message, "10 runs or more show how sure the numbers are");
        }
    }

    /// Reports availability windows of which none is measured whole, where somebody asks for them.
    fn empty_windows(&mut self, checked: &Checked) {
        let span = &checked.run.span;
        let objectives = checked.objectives.iter().map(|objective| &objective.metric);
        let claims = checked.claims.iter().map(|claim| &claim.predicts);
        let precision = checked.run.precision.iter().map(|precision| &precision.metric);
        let mut named = objectives.chain(claims).chain(precision);
        let is_asked = self.is_written(&["run", "window"])
            || named.any(|metric| metric.name.starts_with("availability_window"));
        if !is_asked || checked.run.finds_transient || span.window <= span.measured() {
            return;
        }
        let message = format!(
            "no window of {} fits into the {} that are measured: availability_window_* will be empty",
            span.window,
            span.measured()
        );
        self.warning(&["run", "window"], message, "expected a shorter \"window\" or a longer \"horizon\"");
    }

    fn overload(&mut self, system: &System, run: &Run) {
        let rates = arrival_rates(system, run.span.horizon.since(SimTime::ZERO));
        for (service, rate) in system.services.iter().zip(rates) {
            let Concurrency::Slots(slots) = service.concurrency else { continue };
            let load = rate * service.demand.mean();
            let serving = service.replicas.iter().take(service.most() as usize);
            let capacity = f64::from(slots) * serving.map(|one| one.speed).sum::<f64>();
            if load > capacity * (1.0 + ROUNDING) {
                let message = format!(
                    "\"{}\" is offered a load of {} Erlang and has a capacity of {}",
                    service.name,
                    thousandths(load),
                    thousandths(capacity)
                );
                self.warning(
                    &["service", &service.name],
                    message,
                    "its queue grows without end, or it drops work",
                );
            }
        }
    }

    fn rare_outages(&mut self, system: &System, run: &Run) {
        for fault in &system.faults {
            let law = match &fault.trigger {
                Trigger::Random(law) => law,
                Trigger::Scheduled(times) if times.iter().all(|one| one.at >= run.span.horizon) => {
                    let message = format!("\"{}\" never strikes: the run ends before", fault.name);
                    let help = "expected an instant before the horizon";
                    self.warning(&["fault", &fault.name, "at"], message, help);
                    continue;
                }
                Trigger::Scheduled(_)
                | Trigger::Replayed(_)
                | Trigger::Released(_)
                | Trigger::Served
                | Trigger::Unanswered => continue,
            };
            let cycle =
                law.mean() + fault.recovery.map_or(0.0, |plan| single_time(&system.recoveries[plan.index()]));
            let measured = run.span.measured().as_secs() * f64::from(run.runs);
            let expected = measured / cycle * fault.units.len() as f64;
            if expected < OUTAGES_MIN {
                let message = format!(
                    "\"{}\" is expected to strike {expected:.1} times in all runs together",
                    fault.name
                );
                let help = "fewer than 10 outages say little: lengthen the horizon or add runs";
                self.warning(&["fault", &fault.name, "time_to_failure"], message, help);
            }
        }
    }

    /// The client or service at a path.
    fn calling(&self, [kind, name]: &[&str; 2]) -> Option<Calling> {
        let number = |found: Option<u32>| found.map(|number| number as usize);
        match *kind {
            "client" => number(self.written.clients.number(name)).map(Calling::Client),
            _ => number(self.written.services.number(name)).map(Calling::Service),
        }
    }

    fn suspect_calls(
        &mut self,
        system: &System,
        caller: &[&str; 2],
        (calls, defaults): (&Calls, &PolicyKeys),
        silent: &[bool],
    ) {
        let written = self.written;
        let Some(calling) = self.calling(caller) else { return };
        for (number, call) in calls.0.iter().enumerate() {
            let Some(callee) = written.services.called(&call.entry.service.text) else { continue };
            let service = &system.services[callee as usize];
            let number = call.place.unwrap_or(number).to_string();
            let path = [caller[0], caller[1], "calls", &number];
            let timeout = call.policy.timeout.or(defaults.timeout);
            let deadline = call.policy.deadline.or(defaults.deadline);
            let least = least_answer(system, service);
            if let Some(timeout) = timeout.filter(|timeout| timeout.as_secs() < least) {
                let message = format!(
                    "a timeout of {timeout} is over before \"{}\" can answer, after {}",
                    service.name,
                    SimDuration::from_secs(least)
                );
                let own = [caller[0], caller[1], "calls", &number, "timeout"];
                let at =
                    if call.policy.timeout.is_some() { &own[..] } else { &[caller[0], caller[1], "timeout"] };
                self.warning(at, message, "no attempt can succeed");
            }
            if timeout.is_some() || deadline.is_some() {
                continue;
            }
            let hangs =
                |why: &str| (format!("a call of \"{}\" can hang for ever", service.name), why.to_owned());
            let found = if silent[callee as usize] {
                hangs("a fault there leaves callers without an answer: add \"timeout\" or \"deadline\"")
            } else if can_be_lost(system, calling, callee as usize) {
                hangs(
                    "the network can lose it, or its answer, without a word: add \"timeout\" or \"deadline\"",
                )
            } else {
                continue;
            };
            self.warning(&path, found.0, &found.1);
        }
    }
}

/// A number with three decimals, or with an exponent where it would be a long one.
pub(super) fn thousandths(value: f64) -> String {
    if value < 1e9 { format!("{value:.3}") } else { format!("{value:.3e}") }
}

/// The shortest time in which a service can answer at all: a round trip, and its demand where that is constant.
pub(super) fn least_answer(system: &System, service: &Service) -> f64 {
    let constant =
        |law: &crate::kernel::distribution::Distribution| law.as_constant().map_or(0.0, SimDuration::as_secs);
    let delay = system.network.delays().map(constant).fold(f64::INFINITY, f64::min);
    let speed = service.replicas.iter().map(|replica| replica.speed).fold(0.0, f64::max);
    2.0 * delay + constant(&service.demand) / speed
}

/// For each service, whether a fault can leave its callers without any answer.
fn silent_services(system: &System) -> Vec<bool> {
    let mut silent = vec![false; system.services.len()];
    let mut first = Vec::with_capacity(system.services.len());
    let mut count = 0;
    for service in &system.services {
        first.push(count);
        count += service.replicas.len() as u32;
    }
    let owner = |replica: &ReplicaId| first.partition_point(|first| *first <= replica.0) - 1;
    for fault in &system.faults {
        let is_silent = match &fault.kind {
            FaultKind::Crash(crash) | FaultKind::Poison { crash, .. } | FaultKind::DataLoss { crash, .. } => {
                crash.signal == Signal::Silent || crash.arriving == Arriving::Ignored
            }
            FaultKind::Hang => true,
            // What the network loses depends on the caller.
            FaultKind::Slow { .. }
            | FaultKind::Leak { .. }
            | FaultKind::Error { .. }
            | FaultKind::Corrupt { .. }
            | FaultKind::Throttle { .. }
            | FaultKind::CacheLoss { .. }
            | FaultKind::Capacity { .. }
            | FaultKind::Partition { .. }
            | FaultKind::Network { .. } => false,
        };
        if is_silent {
            for replica in fault.units.iter().flat_map(|unit| &unit.replicas) {
                silent[owner(replica)] = true;
            }
        }
    }
    silent
}

/// Mean time of a plan of one operation; zero for others, whose mean has no simple form.
pub(super) fn single_time(recovery: &Recovery) -> f64 {
    match &recovery.plan.operations[..] {
        [only] => match &only.work {
            Work::Task { time, .. } if time.mean().is_finite() => time.mean(),
            _ => 0.0,
        },
        _ => 0.0,
    }
}

/// First tries per second at each service over a run of such a length, from open clients through calls and `next`;
/// closed loops limit themselves.
pub(super) fn arrival_rates(system: &System, horizon: SimDuration) -> Vec<f64> {
    let rounds = Rounds { most: ROUNDS_MAX, settled: SETTLED };
    Rates::of(system, rounds, |client| Some(mean_rate(&client.arrival, horizon))).of
}

/// Requests per second over a run of such a length, spikes left out: a record counts as far as it lies within the run,
/// and what it leaves empty counts too.
pub(super) fn mean_rate(arrival: &Arrival, horizon: SimDuration) -> f64 {
    match arrival {
        Arrival::Poisson { rate, .. } => rate.per_second(),
        Arrival::Renewal { between } => 1.0 / between.mean(),
        Arrival::Mmpp { rates, stays } => {
            let total: f64 = stays.iter().map(|stay| stay.as_secs()).sum();
            rates.iter().zip(stays).map(|(rate, stay)| rate.per_second() * stay.as_secs() / total).sum()
        }
        Arrival::Closed { .. } => 0.0,
        Arrival::Trace(_) => arrival.mean_rate(SimTime::ZERO + horizon),
        Arrival::Profile { rates, period, .. } => {
            let rates: Vec<f64> = rates.iter().map(|rate| rate.per_second()).collect();
            let steps = horizon.as_secs() / period.as_secs() * rates.len() as f64;
            let rounds = (steps / rates.len() as f64).floor();
            let rest = steps - rounds * rates.len() as f64;
            (rounds * rates.iter().sum::<f64>() + sum_of_first(&rates, rest)) / steps
        }
        Arrival::Counts { counts, period, begins } => {
            let counted = horizon.as_secs() - begins.as_secs();
            let counts: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
            sum_of_first(&counts, counted / period.as_secs()) / horizon.as_secs()
        }
        Arrival::Instants(instants) => {
            let end = SimTime::ZERO + horizon;
            instants.partition_point(|one| *one < end) as f64 / horizon.as_secs()
        }
    }
}

/// The sum of so many steps, the last of them in part.
fn sum_of_first(steps: &[f64], count: f64) -> f64 {
    steps.iter().zip(0_u32..).map(|(step, number)| step * (count - f64::from(number)).clamp(0.0, 1.0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Rate;

    fn rate(arrival: &Arrival, horizon: f64) -> f64 {
        mean_rate(arrival, SimDuration::from_secs(horizon))
    }

    #[test]
    fn a_record_is_spread_over_the_run() {
        let at = |seconds: f64| SimTime::ZERO + SimDuration::from_secs(seconds);
        let together = Arrival::Instants(vec![at(1.0), at(1.0), at(1.0), at(50.0)]);
        assert!((rate(&together, 100.0) - 0.04).abs() < 1e-12);
        assert!((rate(&together, 10.0) - 0.3).abs() < 1e-12);
        assert!(rate(&Arrival::Instants(Vec::new()), 10.0).abs() < 1e-12);
        let period = SimDuration::from_secs(10.0);
        let counts = Arrival::Counts { counts: vec![30, 0, 10], period, begins: SimTime::ZERO };
        for (horizon, expected) in [(10.0, 3.0), (20.0, 1.5), (25.0, 1.4), (30.0, 4.0 / 3.0), (400.0, 0.1)] {
            assert!((rate(&counts, horizon) - expected).abs() < 1e-12, "{horizon}");
        }
        let later = Arrival::Counts { counts: vec![30, 0, 10], period, begins: at(10.0) };
        for (horizon, expected) in [(5.0, 0.0), (20.0, 1.5), (400.0, 0.1)] {
            assert!((rate(&later, horizon) - expected).abs() < 1e-12, "{horizon}");
        }
    }

    #[test]
    fn a_profile_counts_as_far_as_the_run_goes() {
        let rates = [8.0, 2.0].map(|one| Rate::new(one).unwrap()).to_vec();
        let day = Arrival::Profile { rates, period: SimDuration::from_secs(20.0), spikes: Vec::new() };
        for (horizon, expected) in [(5.0, 8.0), (10.0, 8.0), (20.0, 5.0), (30.0, 6.0), (2e6, 5.0)] {
            assert!((rate(&day, horizon) - expected).abs() < 1e-9, "{horizon}");
        }
    }
}
