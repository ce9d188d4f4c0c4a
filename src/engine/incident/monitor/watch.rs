//! Monitors that judge a number: their periods, what these had, and when that is judged.

use std::collections::VecDeque;

use super::part;
use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::record::number::{Numbers, value};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::monitor::MonitorKind;
use crate::model::monitoring::signal::{Counted, OfLatencies, Quantity, Watched};
use crate::model::monitoring::watch::{RuleRun, Seen, Watch};
use crate::units::SimTime;

/// What a monitor has seen of a number.
#[derive(Debug, Clone)]
pub(super) struct WatchRun {
    rule: RuleRun,
    /// When the last period ended [ns], and the numbers then.
    ended: u64,
    before: Numbers,
    /// What waits to be judged, and when it is [ns].
    pending: VecDeque<(u64, Seen)>,
    /// The largest value of what changes over time, since the last period.
    peak: u32,
    /// When it is judged again if its alarm lasts, without anything new [ns].
    again: u64,
}

impl WatchRun {
    pub(super) fn new(watch: &Watch) -> Self {
        Self {
            rule: RuleRun::new(&watch.rule),
            ended: 0,
            before: Numbers::default(),
            pending: VecDeque::new(),
            peak: 0,
            again: 0,
        }
    }
}

/// Whether single latencies are kept for it.
pub(super) const fn keeps_latencies(watch: &Watch) -> bool {
    matches!(watch.quantity, Quantity::Latency(_))
}

/// Plans the end of the next period.
pub(super) fn plan_period<L: Listener>(cx: &mut Cx<'_, L>, watch: &Watch, place: u32) {
    let end = SimTime::from_nanos(cx.now) + watch.period;
    cx.clock.calendar.plan_rare(end, Rank::Check, Rare::Period(place));
}

/// When what is there at an instant is judged [ns].
fn judged(watch: &Watch, at: u64) -> u64 {
    match watch.every {
        None => at,
        Some(every) => at.div_ceil(every.as_nanos()).saturating_mul(every.as_nanos()),
    }
}

impl State {
    /// A period of a monitor ends.
    pub(in crate::engine) fn end_period<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let monitor = self.incidents.monitors.lookouts[place as usize].monitor;
        let MonitorKind::Watch(watch) = &plan.system.monitors[monitor as usize].kind else { return };
        let numbers = self.numbers_of(cx, watch.of);
        if watch.quantity == Quantity::Peak {
            self.look_at_peak(cx, watch.of);
        }
        let seen = self.see(cx, (watch, place), &numbers);
        let at = judged(watch, now.saturating_add(watch.delay.as_nanos()));
        if let Some(run) = &mut self.incidents.monitors.lookouts[place as usize].watch {
            (run.ended, run.before) = (now, numbers);
            let is_planned = run.pending.back().is_some_and(|(last, _)| *last == at);
            run.pending.push_back((at, seen));
            if at > now && !is_planned {
                let at = SimTime::from_nanos(at);
                cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Judge(place));
            }
        }
        self.judge_values(cx, place);
        plan_period(cx, watch, place);
    }

    /// The time has come to judge values. Where a period ends at this instant, what it had is judged with them.
    pub(super) fn judge_in_time<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (watch, place): (&Watch, u32)) {
        let run = &self.incidents.monitors.lookouts[place as usize].watch;
        let is_last = |run: &WatchRun| run.ended == cx.now || !cx.now.is_multiple_of(watch.period.as_nanos());
        if run.as_deref().is_none_or(is_last) {
            self.judge_values(cx, place);
        }
    }

    /// Judges the values that are there.
    fn judge_values<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let lookout = &mut self.incidents.monitors.lookouts[place as usize];
        let monitor = &plan.system.monitors[lookout.monitor as usize];
        let (MonitorKind::Watch(watch), Some(run)) = (&monitor.kind, &mut lookout.watch) else { return };
        let is_again = run.again > 0 && run.again == now && lookout.state == AlarmState::Alarm;
        let mut state = is_again.then_some(AlarmState::Alarm);
        while let Some((_, seen)) = run.pending.front().copied().filter(|(at, _)| *at <= now) {
            run.pending.pop_front();
            state = Some(run.rule.note(&seen));
        }
        let Some(state) = state else { return };
        if let Some(every) = watch.every.filter(|_| monitor.response.repeats && state == AlarmState::Alarm)
            && run.again <= now
        {
            let at = SimTime::from_nanos(now) + every;
            run.again = at.as_nanos();
            cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Judge(place));
        }
        self.say_of_all(cx, place, state);
    }

    /// Tells all who watch the largest value of a part which it was since the last of them looked.
    fn look_at_peak<L: Listener>(&mut self, cx: &Cx<'_, L>, of: Watched) {
        let Watched::Service(service) = of else { return };
        let peak = self.record.peak_of_concurrency(service.index());
        for lookout in &mut self.incidents.monitors.lookouts {
            let kind = &cx.plan.system.monitors[lookout.monitor as usize].kind;
            if let (MonitorKind::Watch(watch), Some(run)) = (kind, &mut lookout.watch)
                && (watch.of, watch.quantity) == (of, Quantity::Peak)
            {
                run.peak = run.peak.max(peak);
            }
        }
    }

    /// What the period that ends now had.
    fn see<L: Listener>(&mut self, cx: &Cx<'_, L>, (watch, place): (&Watch, u32), after: &Numbers) -> Seen {
        let monitors = &mut self.incidents.monitors;
        let Some(run) = &mut monitors.lookouts[place as usize].watch else { return Seen::default() };
        let before = &run.before;
        let (ended, failed) = (after.ended.all - before.ended.all, after.ended.failed - before.ended.failed);
        let value = match watch.quantity {
            Quantity::Signal(signal) => value(signal, before, after, watch.period),
            Quantity::Count(counted) => Some((count(counted, after) - count(counted, before)) as f64),
            Quantity::Peak => Some(std::mem::take(&mut run.peak).into()),
            Quantity::Latency(of) => {
                let mut taps = monitors.taps[part(cx.plan, watch.of)].iter_mut();
                taps.find(|tap| tap.place == place).and_then(|tap| take(of, &mut tap.latencies))
            }
            Quantity::Age => match watch.of {
                Watched::Service(service) => {
                    let queue = cx.plan.queues.of(service.index());
                    queue.map(|queue| self.queues.age(queue, cx.now) as f64 / 1e9)
                }
                Watched::Client(_) => None,
            },
        };
        Seen { value, ended, failed }
    }

    /// The sums of a part now.
    fn numbers_of<L: Listener>(&self, cx: &Cx<'_, L>, of: Watched) -> Numbers {
        let ended = self.incidents.monitors.ended[part(cx.plan, of)];
        match of {
            Watched::Client(client) => {
                let inside = self.record.clients[client.index()].under_way.integral(cx.now);
                Numbers { ended, inside, ..Numbers::default() }
            }
            Watched::Service(service) => {
                let number = service.index();
                let numbers = self.numbers(number, cx.now);
                let cold = self.record.cold_starts(number);
                match cx.plan.queues.of(number).map(|queue| &self.record.events[queue as usize]) {
                    Some(queue) => {
                        let (backlog, dead) = (queue.backlog.integral(cx.now), queue.given_up());
                        Numbers { backlog, cold, dead, ..numbers }
                    }
                    None => Numbers { cold, ..numbers },
                }
            }
        }
    }

    pub(in crate::engine) fn numbers(&self, service: usize, now: u64) -> Numbers {
        let metrics = &self.record.services[service];
        let queue = self.record.events.get(self.fleet.services[service].takes_from as usize);
        Numbers {
            ended: self.incidents.monitors.ended[service],
            busy: metrics.busy.integral(now),
            available: metrics.available.integral(now),
            queue: metrics.queue.integral(now),
            inside: metrics.inside.integral(now),
            backlog: queue.map_or(0, |queue| queue.backlog.integral(now)),
            up: metrics.replicas_up.integral(now),
            cold: 0,
            dead: 0,
        }
    }
}

/// How much of something there was so far.
const fn count(counted: Counted, numbers: &Numbers) -> u64 {
    match counted {
        Counted::Ended => numbers.ended.all,
        Counted::Answered => numbers.ended.answered,
        Counted::Failed => numbers.ended.failed,
        Counted::Throttled => numbers.ended.throttled,
        Counted::ColdStarts => numbers.cold,
        Counted::DeadLettered => numbers.dead,
    }
}

/// What is made of the latencies of a period, which ends with them [s].
fn take(of: OfLatencies, latencies: &mut Vec<u64>) -> Option<f64> {
    let nanos = match of {
        OfLatencies::Sum => latencies.iter().map(|one| u128::from(*one)).sum::<u128>(),
        OfLatencies::Max => latencies.iter().copied().max()?.into(),
        OfLatencies::Min => latencies.iter().copied().min()?.into(),
        OfLatencies::P99 => {
            let rank = (latencies.len() * 99).div_ceil(100).checked_sub(1)?;
            (*latencies.select_nth_unstable(rank).1).into()
        }
    };
    let is_there = !latencies.is_empty();
    latencies.clear();
    is_there.then_some(nanos as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_a_period_are_taken_whole_and_once() {
        let all: Vec<u64> = (1..=200).rev().map(|number| number * 1_000_000_000).collect();
        let taken = |of| take(of, &mut all.clone());
        assert_eq!(taken(OfLatencies::P99), Some(198.0));
        assert_eq!([taken(OfLatencies::Min), taken(OfLatencies::Max)], [Some(1.0), Some(200.0)]);
        assert_eq!(taken(OfLatencies::Sum), Some(20_100.0));
        let mut one = vec![5_000_000_000];
        assert_eq!(take(OfLatencies::P99, &mut one), Some(5.0));
        for of in [OfLatencies::P99, OfLatencies::Min, OfLatencies::Max, OfLatencies::Sum] {
            assert_eq!(take(of, &mut one), None);
        }
    }
}
