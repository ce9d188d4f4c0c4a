//! Steps in which collapses are looked for, and halves of the measured part: the requests that were first tried in each,
//! and under which conditions that was.
//!
//! Steps and halves turn with the first arrival after them, so that they need no events of their own; where nobody asks
//! for them the first never ends.

use std::collections::VecDeque;

use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::record::Record;
use crate::engine::record::metrics::ClientMetrics;
use crate::engine::task::{Outcome, flag};
use crate::engine::world::{Cx, State};
use crate::measure::{Collapses, Conditions, Half, Step, collapses};
use crate::model::fleet::Concurrency;
use crate::model::span::RunSpan;
use crate::model::workload::{ArrivalSource, Intended, phase_rates};
use crate::reason::Reason;
use crate::units::{SimDuration, SimTime};

/// The steps and halves of one client.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Steps {
    /// Requests that arrived from this time on are counted in `open`, which ends at `end` [ns].
    start: u64,
    pub(in crate::engine) end: u64,
    pub(in crate::engine) open: Step,
    /// Length of a step [ns]; none where collapses are not looked for.
    length: Option<u64>,
    /// The number of the open step, and of whole steps in the run.
    at: usize,
    most: usize,
    /// The share of its requests below which a step is low.
    below: f64,
    /// Steps before the open one that are low so far, rising. What is answered late may lift them, and what is once well stays
    /// so: of a run that goes well nothing has to be kept.
    low: VecDeque<(usize, Step)>,
    /// The middle of the measured part [ns]; the end of the clock where the halves are not told apart.
    middle: u64,
    /// The first half, once it is over.
    first: Option<Half>,
}

impl Steps {
    pub(in crate::engine) fn new(plan: &Plan, number: usize) -> Self {
        let span = &plan.span;
        let rule = span.collapse.as_ref();
        let length = rule.and_then(|rule| plan.system.collapse_step(number, rule, span.horizon));
        let length = length.map(SimDuration::as_nanos);
        let middle = middle(span);
        Self {
            start: 0,
            end: length.unwrap_or(u64::MAX).min(middle),
            open: Step::default(),
            length,
            at: 0,
            most: length.map_or(0, |length| (span.horizon.as_nanos() / length) as usize),
            below: rule.map_or(0.0, |rule| rule.below.get()),
            low: VecDeque::new(),
            middle,
            first: None,
        }
    }

    /// Whether who arrived at `start` did so in the open step and half.
    #[inline(always)]
    pub(in crate::engine) fn is_open_at(&self, start: u64) -> bool {
        start >= self.start
    }

    /// A request ended that had arrived at `start`.
    pub(in crate::engine) fn ended(&mut self, start: u64, latency: u64, flags: u16, outcome: Outcome) {
        if self.is_open_at(start) {
            self.open.good += u64::from(outcome.is_ok());
        } else {
            self.ended_late(start, latency, flags, outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn ended_late(&mut self, start: u64, latency: u64, flags: u16, outcome: Outcome) {
        if let Some(length) = self.length
            && outcome.is_ok()
        {
            self.add_good((start / length) as usize);
        }
        if start < self.middle
            && flags & flag::MEASURED != 0
            && let Some(first) = &mut self.first
        {
            first.finished += 1;
            first.failed += u64::from(outcome.is_err_and(|reason| reason != Reason::ClientError));
            if matches!(outcome, Ok(()) | Err(Reason::TooSlow | Reason::Corrupt)) {
                first.answered += 1;
                first.latency += u128::from(latency);
            }
        }
    }

    /// A request of a step was answered well after the end of it, or of the first half.
    fn add_good(&mut self, number: usize) {
        if number == self.at {
            self.open.good += 1;
            return;
        }
        let Ok(place) = self.low.binary_search_by_key(&number, |(one, _)| *one) else { return };
        let step = &mut self.low[place].1;
        step.good += 1;
        if !step.is_low(self.below) {
            self.low.remove(place);
        }
    }

    /// The open step is over.
    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        if self.at < self.most && open.is_low(self.below) {
            self.low.push_back((self.at, open));
        }
    }

    /// A request arrives at `now`, after the end of the open step or of the first half.
    fn turn(&mut self, now: u64) {
        self.start = if now >= self.middle { self.middle } else { 0 };
        self.end = if now >= self.middle { u64::MAX } else { self.middle };
        if let Some(length) = self.length {
            let at = (now / length) as usize;
            // The middle may be within a step.
            if at != self.at {
                self.close();
                self.at = at;
            }
            let begin = self.at as u64 * length;
            self.start = self.start.max(begin);
            self.end = self.end.min(begin.saturating_add(length));
        }
    }

    /// How many steps a run has that ended at `end`, which of them are low, and how long each is.
    fn finish(&mut self, end: SimTime) -> Option<(usize, Vec<usize>, u64)> {
        let length = self.length?;
        self.close();
        let steps = self.most.min((end.as_nanos() / length) as usize);
        let low = std::mem::take(&mut self.low).into_iter().map(|(number, _)| number);
        Some((steps, low.take_while(|number| *number < steps).collect(), length))
    }
}

fn middle(span: &RunSpan) -> u64 {
    let half = SimDuration::from_nanos(span.measured().as_nanos() / 2);
    if span.halves { (span.transient + half).as_nanos() } else { u64::MAX }
}

/// A value that changes at times, integrated over steps of one length; steps in which it was 0 have no entry.
#[derive(Debug, Clone, Default)]
struct Integral {
    length: u64,
    steps: Vec<(usize, f64)>,
}

impl Integral {
    /// The value lasted from one time to another [ns].
    fn add(&mut self, from: u64, to: u64, value: f64) {
        if value == 0.0 {
            return;
        }
        let mut time = from;
        while time < to {
            let number = time / self.length;
            let stop = (number + 1).saturating_mul(self.length).min(to);
            let more = value * (stop - time) as f64;
            match self.steps.last_mut() {
                Some((last, sum)) if *last == number as usize => *sum += more,
                _ => self.steps.push((number as usize, more)),
            }
            time = stop;
        }
    }

    /// What `to` makes of the mean in each of so many steps.
    fn means(&self, steps: usize, to: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut all = vec![to(0.0); steps];
        for (number, sum) in &self.steps {
            if let Some(one) = all.get_mut(*number) {
                *one = to(sum / self.length as f64);
            }
        }
        all
    }
}

/// The conditions that change while time runs, for all lengths of steps in use.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct CollapseWatch {
    horizon: u64,
    /// Of each service; none where collapses are not looked for.
    capacities: Vec<Capacity>,
    /// Of each client, by length: rates that change at random.
    rates: Vec<Vec<Integral>>,
    /// When the first half ended and what was inside of each service until then [job ns].
    inside: Option<(u64, Vec<u128>)>,
}

/// What the up replicas of a service can do at once, in slots of speed 1.
#[derive(Debug, Clone)]
struct Capacity {
    /// Of each replica now, and of how many it is not 0.
    each: Vec<f64>,
    able: usize,
    now: f64,
    full: f64,
    since: u64,
    /// What is missing, by length of the steps.
    missing: Vec<Integral>,
}

impl CollapseWatch {
    pub(in crate::engine) fn new<'a>(
        plan: &Plan,
        metrics: &[ClientMetrics],
        sources: impl Iterator<Item = &'a mut ArrivalSource>,
    ) -> Self {
        let mut lengths: Vec<u64> = metrics.iter().filter_map(|client| client.steps.length).collect();
        lengths.sort_unstable();
        lengths.dedup();
        if lengths.is_empty() {
            return Self::default();
        }
        let integrals = || -> Vec<Integral> {
            lengths.iter().map(|length| Integral { length: *length, steps: Vec::new() }).collect()
        };
        sources.for_each(ArrivalSource::keep_phases);
        let capacity = |number: usize| {
            let slots = slots(plan, number);
            let each: Vec<f64> = plan.services[number].speed.iter().map(|speed| slots * speed).collect();
            let full = each.iter().sum();
            Capacity { able: each.len(), each, now: full, full, since: 0, missing: integrals() }
        };
        Self {
            horizon: plan.span.horizon.as_nanos(),
            capacities: (0..plan.services.len()).map(capacity).collect(),
            rates: metrics.iter().map(|_| integrals()).collect(),
            inside: None,
        }
    }
}

/// Slots of a replica; those without a limit count as one.
fn slots(plan: &Plan, number: usize) -> f64 {
    match plan.system.services[number].concurrency {
        Concurrency::Slots(slots) => f64::from(slots),
        Concurrency::Unlimited => 1.0,
    }
}

impl Capacity {
    /// A replica can do so much from `now` on.
    fn set(&mut self, replica: usize, value: f64, now: u64, horizon: u64) {
        let old = std::mem::replace(&mut self.each[replica], value);
        if old.to_bits() == value.to_bits() {
            return;
        }
        self.pass(now.min(horizon));
        self.able = self.able + usize::from(value > 0.0) - usize::from(old > 0.0);
        // Sums of floats drift, but what is nothing is nothing.
        self.now = if self.able == 0 { 0.0 } else { self.now - old + value };
    }

    fn pass(&mut self, now: u64) {
        let missing = self.full - self.now;
        for integral in &mut self.missing {
            integral.add(self.since, now, missing);
        }
        self.since = self.since.max(now);
    }
}

impl Record {
    /// What each client saw of the two halves of the measured part.
    pub(in crate::engine) fn client_halves(&self, number: usize) -> Option<[Half; 2]> {
        let metrics = &self.clients[number];
        let first = metrics.steps.first?;
        let all = metrics.half();
        let second = Half {
            finished: all.finished - first.finished,
            failed: all.failed - first.failed,
            answered: all.answered - first.answered,
            latency: all.latency - first.latency,
        };
        Some([first, second])
    }

    /// The mean number inside a service in each half of the measured part.
    pub(in crate::engine) fn service_halves(&self, plan: &Plan, number: usize) -> Option<[f64; 2]> {
        let (middle, inside) = self.collapse_watch.inside.as_ref()?;
        let (begin, end) = (plan.span.transient.as_nanos(), plan.span.horizon.as_nanos());
        let first = inside[number];
        let second = self.services[number].inside.measured() - first;
        Some([first as f64 / (middle - begin) as f64, second as f64 / (end - middle) as f64])
    }
}

impl State {
    /// A request of a client arrives after the end of its open step, or of the first half of the measured part.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn turn_steps<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let number = number as usize;
        let clients = &mut self.traffic.clients;
        let Record { clients: metrics, services, collapse_watch: watch, .. } = &mut self.record;
        let metrics = &mut metrics[number];
        metrics.steps.turn(now);
        watch.note_phases(plan, number, clients[number].source.as_mut());
        if now < metrics.steps.middle || metrics.steps.first.is_some() || now >= plan.span.horizon.as_nanos()
        {
            return;
        }
        metrics.steps.first = Some(metrics.half());
        let inside = || services.iter().map(|service| service.inside.since_begin(now)).collect();
        watch.inside.get_or_insert_with(|| (now, inside()));
    }

    /// What faults do to a replica has changed.
    pub(in crate::engine) fn note_capacity<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        if self.record.collapse_watch.capacities.is_empty() {
            return;
        }
        let replica = &self.fleet.replicas[r as usize];
        let number = replica.service as usize;
        let fine = 1.0 - self.fleet.conditions[r as usize].error_share;
        // Those that go when their work is done take no more.
        let slots = self.fleet.slots_of(r).map_or(1.0, |slots| f64::from(slots - replica.owed));
        // How much of the work of a replica gets through a fault of the network is not told: it counts as none.
        let is_cut =
            self.incidents.links.iter().any(|a| self.fleet.conditions[r as usize].incidents.contains(a));
        let value = if replica.works && !is_cut { slots / replica.pace * fine } else { 0.0 };
        let local = (r - plan.services[number].first) as usize;
        self.record.collapse_watch.capacities[number].set(
            local,
            value,
            now,
            self.record.collapse_watch.horizon,
        );
    }

    /// The collapses of each client in a run that ended at `end`.
    pub(in crate::engine) fn collapses(&mut self, plan: &Plan, end: SimTime) -> Vec<Option<Collapses>> {
        for capacity in &mut self.record.collapse_watch.capacities {
            capacity.pass(end.as_nanos());
        }
        for (number, client) in self.traffic.clients.iter_mut().enumerate() {
            self.record.collapse_watch.note_phases(plan, number, client.source.as_mut());
        }
        let behind: Vec<Vec<usize>> =
            (0..self.traffic.clients.len()).map(|number| plan.system.behind(number)).collect();
        let Record { clients, collapse_watch: watch, .. } = &mut self.record;
        let each = |(number, client): (usize, &mut ClientMetrics)| {
            let (steps, low, length) = client.steps.finish(end)?;
            let conditions = || watch.conditions(plan, (&behind, number), (steps, length));
            Some(collapses((steps, &low), SimDuration::from_nanos(length), conditions))
        };
        clients.iter_mut().enumerate().map(each).collect()
    }
}

impl CollapseWatch {
    /// Takes in the phases that a rate went through.
    fn note_phases(&mut self, plan: &Plan, number: usize, source: Option<&mut ArrivalSource>) {
        let Some(integrals) = self.rates.get_mut(number) else { return };
        let Some(source) = source else { return };
        let rates = phase_rates(&plan.system.clients[number].arrival);
        for phase in source.take_phases() {
            let (from, until) = (phase.from.as_nanos(), phase.until.as_nanos().min(self.horizon));
            for integral in &mut *integrals {
                integral.add(from, until, rates[phase.number].per_second());
            }
        }
    }

    /// What changes of all that a client depends on: rates of whoever loads the services behind it, and what these can do.
    fn conditions(
        &self,
        plan: &Plan,
        (behind, number): (&[Vec<usize>], usize),
        (steps, length): (usize, u64),
    ) -> Conditions {
        let own = &behind[number];
        let time = |step: usize| SimTime::from_nanos(step as u64 * length);
        let is_shared = |other: &usize| behind[*other].iter().any(|service| own.contains(service));
        let rates = |other: usize| {
            let arrival = &plan.system.clients[other].arrival;
            if let Some(intended) = Intended::new(arrival) {
                let between = |step: usize| intended.between(time(step), time(step + 1));
                return Some((0..steps).map(between).collect());
            }
            let random = self.rates[other].iter().find(|one| one.length == length)?;
            (!phase_rates(arrival).is_empty()).then(|| random.means(steps, |rate| rate))
        };
        let capacities = |service: &usize| {
            let capacity = &self.capacities[*service];
            let missing = capacity.missing.iter().find(|one| one.length == length)?;
            let left = |missing: f64| (capacity.full - missing).max(0.0);
            (!missing.steps.is_empty()).then(|| missing.means(steps, left))
        };
        Conditions {
            rates: (0..behind.len()).filter(is_shared).filter_map(rates).collect(),
            capacities: own.iter().filter_map(capacities).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 100;

    fn steps(most: usize, middle: u64) -> Steps {
        Steps {
            start: 0,
            end: LENGTH.min(middle),
            open: Step::default(),
            length: Some(LENGTH),
            at: 0,
            most,
            below: 0.5,
            low: VecDeque::new(),
            middle,
            first: None,
        }
    }

    fn arrive(steps: &mut Steps, now: u64) {
        if now >= steps.end {
            steps.turn(now);
        }
        steps.open.owned += 1;
    }

    #[test]
    fn of_what_is_answered_late_but_well_nothing_is_kept() {
        let mut steps = steps(1_000_000, 555_555);
        let mut most = 0;
        for now in (0..1_000_000_u64).step_by(10) {
            arrive(&mut steps, now);
            // Each is answered two steps later.
            if let Some(start) = now.checked_sub(2 * LENGTH) {
                steps.ended(start, 2 * LENGTH, 0, Ok(()));
            }
            most = most.max(steps.low.len());
        }
        assert!((2..=3).contains(&most), "{most}");
    }

    #[test]
    fn low_steps_are_those_of_a_list_of_all() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for middle in [u64::MAX, 3_210, 5_000] {
            let mut steps = steps(100, middle);
            let mut all = vec![Step::default(); 200];
            let (mut now, mut under_way) = (0, Vec::new());
            while now < 12_000 {
                now += random(40);
                arrive(&mut steps, now);
                all[(now / LENGTH) as usize].owned += 1;
                under_way.push(now);
                // In some stretches few are answered, and some of them long after.
                if random(10) < 3 + 6 * (now / 1_000 % 2) {
                    let start = under_way.swap_remove(random(under_way.len() as u64) as usize);
                    let outcome = if random(8) > 0 { Ok(()) } else { Err(Reason::Error) };
                    steps.ended(start, now - start, 0, outcome);
                    all[(start / LENGTH) as usize].good += u64::from(outcome.is_ok());
                }
            }
            let (count, low, _) = steps.finish(SimTime::from_nanos(9_950)).expect("steps are counted");
            let expected: Vec<usize> = (0..99).filter(|number| all[*number].is_low(0.5)).collect();
            assert_eq!((count, low), (99, expected.clone()));
            assert!((10..90).contains(&expected.len()), "{}", expected.len());
        }
    }
}
