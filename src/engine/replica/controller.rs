//! The controllers of a fleet that changes, in one region: when they look, and what they see of the service.
//!
//! What they read are differences of sums over time. The sums are noted at the instants at which a reading begins or
//! ends, which are known in advance: looks are a whole number of times `every` after the start.

use std::collections::VecDeque;

use crate::engine::record::number::{Numbers, value};
use crate::engine::replica::odometer::SeatNumbers;
use crate::kernel::calendar::Handle;
use crate::model::scaling::reading::{Quota, Reading, Statistic, Watch, is_total};
use crate::model::scaling::{Autoscaling, ScaleView, Scaler};
use crate::units::{SimDuration, SimTime};

/// Who says how many replicas there should be in a region, and what they remember.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Controllers {
    all: Vec<Controller>,
    /// Sums at instants, the latest at the end.
    notes: VecDeque<(u64, Sums)>,
    /// For how long they are kept [ns].
    memory: u64,
    quota: Option<Quota>,
    /// When the latest replicas were started, as many as the quota allows.
    started: VecDeque<u64>,
    /// When the next look is planned for, and how to take that back.
    pub(in crate::engine) planned: Option<(SimTime, Option<Handle>)>,
    /// Whether work came while nobody was there.
    pub(in crate::engine) is_awaited: bool,
}

/// Sums of a service until an instant: of each seat, and of what is at none of them.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Sums {
    rest: Numbers,
    seats: Vec<SeatNumbers>,
}

impl Sums {
    /// Those of the whole service in its parts.
    pub(in crate::engine) fn new(whole: Numbers, seats: Vec<SeatNumbers>) -> Self {
        Self { rest: seats.iter().fold(whole, |rest, seat| rest.without(&seat.all)), seats }
    }

    /// Those of what counts, and of what is at no seat.
    fn of(&self, counted: &Counted) -> Numbers {
        let seat = |seat: &u32| self.seats.get(*seat as usize);
        match counted {
            Counted::Work(seats) => {
                seats.iter().filter_map(seat).fold(self.rest, |sum, one| sum.plus(&one.stayed))
            }
            Counted::Replicas(seats) => {
                seats.iter().filter_map(seat).fold(self.rest, |sum, one| sum.plus(&one.all))
            }
        }
    }
}

/// Which seats, numbered in the service, a reading adds up.
#[derive(Debug, Clone)]
pub(in crate::engine) enum Counted {
    /// All of a part of the fleet, for the work that there is: what a replica did before it drained, whoever is there now.
    Work(Vec<u32>),
    /// Those of replicas that serve and are not fresh, for a mean over them.
    Replicas(Vec<u32>),
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own about one policy")]
struct Controller {
    scaler: Scaler,
    watch: Watch,
    wakes: bool,
    replaces: bool,
    /// What it said last.
    said: Option<u32>,
    /// Whether it says when the queue of the service buffers, and whether it does so now.
    bypasses: bool,
    is_buffering: bool,
}

impl Controllers {
    pub(in crate::engine) fn new(scaling: &Autoscaling) -> Self {
        let controller = |control: &crate::model::scaling::Control| Controller {
            scaler: Scaler::new(control),
            watch: control.watch(),
            wakes: control.policy.wakes(),
            replaces: control.policy.replaces(),
            said: None,
            bypasses: control.policy.bypasses(),
            is_buffering: true,
        };
        let all: Vec<Controller> = scaling.controls.iter().map(controller).collect();
        let reach = |watch: &Watch| watch.readings.iter().map(|one| offset(watch, one)).max().unwrap_or(0);
        let memory = all.iter().map(|one| reach(&one.watch)).max().unwrap_or(0);
        Self { all, memory, quota: scaling.quota, ..Self::default() }
    }

    /// When something is to be done next after `now`: a look, or a note for one. `lacks` says whether replicas are
    /// lacking that a quota holds back.
    pub(in crate::engine) fn next(&self, now: u64, lacks: bool) -> SimTime {
        let due = self.all.iter().map(|one| one.scaler.due()).min().unwrap_or(SimTime::NEVER);
        let notes = self.all.iter().flat_map(|one| {
            let offsets = one.watch.readings.iter().map(|reading| offset(&one.watch, reading));
            let delay = (!one.watch.readings.is_empty()).then_some(one.watch.delay.as_nanos());
            offsets.chain(delay).map(|offset| after(now, one.watch.every.as_nanos(), offset))
        });
        // What may start now and does not waits for a seat, and whoever gives one up looks then.
        let free = if lacks { self.allowed_at().filter(|at| *at > now) } else { None };
        let next = notes.chain(free).map(SimTime::from_nanos).min();
        next.map_or(due, |next| next.min(due))
    }

    /// Notes the sums of now, where a reading of any controller begins or ends now.
    pub(in crate::engine) fn note(&mut self, now: u64, sums: impl FnOnce() -> Sums) {
        let is_read = |one: &Controller| {
            let mut readings = one.watch.readings.iter();
            readings.any(|reading| is_look(&one.watch, now, offset(&one.watch, reading)))
                || is_look(&one.watch, now, one.watch.delay.as_nanos())
        };
        if !self.all.iter().any(|one| !one.watch.readings.is_empty() && is_read(one)) {
            return;
        }
        self.notes.push_back((now, sums()));
        let oldest = now.saturating_sub(self.memory);
        while self.notes.get(1).is_some_and(|(at, _)| *at <= oldest) {
            self.notes.pop_front();
        }
    }

    /// Whether any that looks now replaces who has crashed.
    pub(in crate::engine) fn replace(&self, now: SimTime) -> bool {
        self.all.iter().any(|one| one.replaces && one.scaler.due() <= now)
    }

    /// Asks those who look now; what is largest of all that was said last. `view` gives the fleet, without what is read, to
    /// whoever counts a replica as fresh for so long, and `counted` whose work and which replicas count then. Nothing where
    /// nobody was asked.
    pub(in crate::engine) fn decide(
        &mut self,
        now: u64,
        view: impl Fn(SimDuration) -> ScaleView<'static>,
        counted: impl Fn(SimDuration) -> [Counted; 2],
    ) -> Option<u32> {
        let is_awaited = std::mem::take(&mut self.is_awaited);
        let mut was_asked = false;
        let notes = &self.notes;
        for one in &mut self.all {
            if one.scaler.due().as_nanos() > now && !(is_awaited && one.wakes) {
                continue;
            }
            was_asked = true;
            let [work, replicas] = counted(one.watch.fresh);
            let read = |reading: &Reading| {
                let counted = if is_total(reading.signal) { &work } else { &replicas };
                read(notes, &one.watch, (reading, counted), now)
            };
            let values: Vec<Option<f64>> = one.watch.readings.iter().map(read).collect();
            let seen = ScaleView { values: &values, ..view(one.watch.fresh) };
            one.said = Some(one.scaler.decide(&seen));
            one.is_buffering = one.scaler.buffers(&seen);
        }
        let said = self.all.iter().filter_map(|one| one.said).max();
        said.filter(|_| was_asked)
    }

    /// Tells those who say when the queue of the service buffers with how many replicas it starts.
    pub(in crate::engine) fn begin(&mut self, up: u32) {
        for one in self.all.iter_mut().filter(|one| one.bypasses) {
            one.is_buffering = one.scaler.buffers(&ScaleView::settled(up, &[]));
        }
    }

    /// Whether the queue of the service buffers, as any of those say who say that.
    pub(in crate::engine) fn is_buffering(&self) -> bool {
        self.all.iter().any(|one| one.bypasses && one.is_buffering)
    }

    /// Whether any would look at once if work came while nobody is there.
    pub(in crate::engine) fn wakes(&self) -> bool {
        self.all.iter().any(|one| one.wakes)
    }

    /// Whether another replica may be started now.
    pub(in crate::engine) fn may_start(&self, now: u64) -> bool {
        self.allowed_at().is_none_or(|at| at <= now)
    }

    /// A replica is started.
    pub(in crate::engine) fn note_start(&mut self, now: u64) {
        let Some(quota) = self.quota else { return };
        if self.started.len() >= quota.count as usize {
            self.started.pop_front();
        }
        self.started.push_back(now);
    }

    /// When the quota allows another start; nothing where it does in any case.
    fn allowed_at(&self) -> Option<u64> {
        let quota = self.quota.filter(|quota| self.started.len() >= quota.count as usize)?;
        self.started.front().map(|first| first.saturating_add(quota.within.as_nanos()))
    }
}

/// Whether an instant is so long before a look.
fn is_look(watch: &Watch, now: u64, offset: u64) -> bool {
    (u128::from(now) + u128::from(offset)) % u128::from(watch.every.as_nanos().max(1)) == 0
}

/// How long before a look its reading begins.
fn offset(watch: &Watch, reading: &Reading) -> u64 {
    watch.delay.as_nanos().saturating_add(reading.window.as_nanos())
}

/// The first instant after `now` that is so long before a whole number of times `every`.
fn after(now: u64, every: u64, offset: u64) -> u64 {
    let every = u128::from(every.max(1));
    let looks = (u128::from(now) + u128::from(offset)) / every + 1;
    u64::try_from(looks * every - u128::from(offset)).unwrap_or(u64::MAX)
}

/// What is read of what counts at a look at `now`.
fn read(
    notes: &VecDeque<(u64, Sums)>,
    watch: &Watch,
    (reading, counted): (&Reading, &Counted),
    now: u64,
) -> Option<f64> {
    let end = now.checked_sub(watch.delay.as_nanos())?;
    let begin = end.saturating_sub(reading.window.as_nanos());
    // The latest note until an instant; before all there was nothing.
    let until = |instant| notes.partition_point(|(at, _)| *at <= instant);
    let last = until(end).checked_sub(1)?;
    let sums = |place: usize| (notes[place].0, notes[place].1.of(counted));
    let start = (begin, Numbers::default());
    let first = if begin == 0 { start } else { until(begin).checked_sub(1).map_or(start, sums) };
    let between = |one: &(u64, Numbers), other: &(u64, Numbers)| {
        let length = SimDuration::from_nanos(other.0 - one.0);
        if length.is_zero() { None } else { value(reading.signal, &one.1, &other.1, length) }
    };
    if reading.statistic == Statistic::Mean {
        return between(&first, &sums(last));
    }
    let is_end = |at: u64| is_look(watch, at, watch.delay.as_nanos());
    let inner = (0..=last).filter(|place| notes[*place].0 > first.0 && is_end(notes[*place].0)).map(sums);
    let mut before = first;
    let mut values = Vec::new();
    for one in inner {
        values.extend(between(&before, &one));
        before = one;
    }
    let most = reading.statistic == Statistic::Max;
    values.into_iter().reduce(|one, other| if most { one.max(other) } else { one.min(other) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_due_where_readings_begin_and_end() {
        // Looks at 10, 20, ...; readings begin 25 before, so at 5, 15, ...
        let instants: Vec<u64> =
            std::iter::successors(Some(0), |now| Some(after(*now, 10, 25))).take(4).collect();
        assert_eq!(instants, [0, 5, 15, 25]);
        assert_eq!(after(10, 10, 30), 20);
        assert_eq!(after(19, 10, 0), 20);
        assert_eq!(after(u64::MAX - 5, 10, 0), u64::MAX);
    }
}
