//! Backups are made, looked at and kept.

use rand::RngExt;

use crate::engine::data::Stores;
use crate::engine::data::store::Making;
use crate::engine::event::{DataEvent, Rare};
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::action::Verb;
use crate::model::data::{Consistent, Copy};
use crate::model::fleet::Life;
use crate::units::SimTime;

impl Stores {
    /// Whether a backup of this number is being made.
    pub(in crate::engine) fn is_making(&self, backup: u32, number: u32) -> bool {
        self.backups[backup as usize].making.iter().any(|one| one.copy.number == number)
    }

    /// The number of the newest of a backup that is being made, if a verb begins one.
    pub(in crate::engine) fn made_by(&self, verb: &Verb) -> Option<u32> {
        let Verb::Backup(backup) = verb else { return None };
        self.backups[backup.index()].making.last().map(|one| one.copy.number)
    }

    /// A backup begins, if there is anything to back up and nothing keeps it from that; whether it did.
    fn begin<L: Listener>(&mut self, cx: &mut Cx<'_, L>, b: u32) -> bool {
        let (plan, now) = (cx.plan, cx.now);
        let backup = &plan.system.backups[b as usize];
        let service = backup.of.index();
        let (Some(data), Some(Some(store))) =
            (&plan.system.services[service].data, self.services.get(service))
        else {
            return false;
        };
        let run = &mut self.backups[b as usize];
        if store.loss.is_some() || backup.skip_if_running && !run.making.is_empty() {
            return false;
        }
        let number = run.count;
        run.count += 1;
        let base = run.copies.base(backup.full_every);
        let whole = data.size_at(now);
        let size = base.map_or(whole, |_| backup.increment);
        let random = &mut draw(mix(run.key, number.into()), Purpose::Backup);
        // Chances are drawn before the time, so that another law of it does not change them.
        let succeeds = random.random::<f64>() < backup.success.get();
        let is_readable = random.random::<f64>() < backup.usable.get();
        let is_found = random.random::<f64>();
        let takes = backup.takes.sample(size, random);
        let looks = backup.verify.as_ref().filter(|verify| !is_readable && is_found < verify.finds.get());
        let found = looks.map(|verify| verify.takes.sample(random));
        let copy = Copy {
            number,
            consistent: now,
            writes: store.held,
            is_usable: is_readable && base.is_none_or(|base| base.is_usable),
            is_corrupt: store.corrupt_since.is_some_and(|since| since <= now),
            size,
            full: base.map_or(whole, |base| base.full),
            increments: base.map_or(0.0, |base| base.increments + size),
            links: base.map_or(0, |base| base.links + 1),
        };
        let at = SimTime::from_nanos(now) + takes;
        let handle = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Data(DataEvent::Made(b, number)));
        run.making.push(Making { copy, succeeds, found, handle });
        run.note_making(now);
        if L::LISTENS {
            cx.listener.note(SimTime::from_nanos(now), Note::BackupBegan { backup: b });
        }
        true
    }

    /// A backup is complete, or has failed.
    fn end<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (b, number): (u32, u32)) {
        let (plan, now) = (cx.plan, cx.now);
        let backup = &plan.system.backups[b as usize];
        let service = backup.of.index();
        let run = &mut self.backups[b as usize];
        let Some(place) = run.making.iter().position(|one| one.copy.number == number) else { return };
        let Making { mut copy, succeeds, found, .. } = run.making.remove(place);
        run.note_making(now);
        if L::LISTENS {
            let note = Note::BackupEnded { backup: b, is_good: succeeds };
            cx.listener.note(SimTime::from_nanos(now), note);
        }
        let Some(Some(store)) = self.services.get_mut(service) else { return };
        if cx.clock.is_measuring {
            store.metrics.backups += u64::from(succeeds);
            store.metrics.failed += u64::from(!succeeds);
        }
        if succeeds {
            if backup.consistent == Consistent::End {
                copy.consistent = now;
                copy.writes = store.held;
                copy.is_corrupt = store.corrupt_since.is_some_and(|since| since <= now);
            }
            run.count_stored(span(plan), now);
            run.copies.keep(copy, backup.keep);
            if let Some(found) = found {
                let at = SimTime::from_nanos(now) + found;
                cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Data(DataEvent::FoundBad(b, number)));
            }
        }
    }

    /// What is being made of a service that has lost its data is lost with them.
    pub(super) fn break_off<L: Listener>(&mut self, cx: &mut Cx<'_, L>, service: usize) {
        let mut count = 0;
        for (b, run) in self.backups_of(cx.plan, service) {
            for one in run.making.drain(..) {
                count += 1;
                if let Some(handle) = one.handle {
                    cx.clock.calendar.cancel(handle);
                }
                if L::LISTENS {
                    let note = Note::BackupEnded { backup: b, is_good: false };
                    cx.listener.note(SimTime::from_nanos(cx.now), note);
                }
            }
            run.note_making(cx.now);
        }
        let is_measuring = cx.clock.is_measuring;
        if let Some(store) = self.of(service).filter(|_| is_measuring) {
            store.metrics.failed += count;
        }
    }

    /// A look at a backup has found that it cannot be read.
    pub(in crate::engine) fn found_bad<L: Listener>(&mut self, cx: &Cx<'_, L>, (b, number): (u32, u32)) {
        let (plan, now) = (cx.plan, cx.now);
        let service = plan.system.backups[b as usize].of.index();
        let run = &mut self.backups[b as usize];
        run.count_stored(span(plan), now);
        let was_kept = run.copies.drop_bad(number);
        if let Some(store) = self.of(service).filter(|_| was_kept && cx.clock.is_measuring) {
            store.metrics.failed += 1;
        }
    }
}

/// The measured part \[ns\].
pub(super) fn span(plan: &Plan) -> (u64, u64) {
    (plan.span.transient.as_nanos(), plan.span.horizon.as_nanos())
}

impl State {
    /// It is time for a backup.
    pub(in crate::engine) fn backup_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, b: u32) {
        let Some(schedule) = cx.plan.system.backups[b as usize].schedule else { return };
        let next = SimTime::from_nanos(cx.now) + schedule.every;
        cx.clock.calendar.plan_rare(next, Rank::Decide, Rare::Data(DataEvent::Due(b)));
        self.begin_backup(cx, b);
    }

    /// A backup begins, unless there is nothing to back up or one is being made.
    pub(in crate::engine) fn begin_backup<L: Listener>(&mut self, cx: &mut Cx<'_, L>, b: u32) {
        if self.stores.begin(cx, b) {
            self.follow_backup(cx, b);
        }
    }

    /// A backup is complete, or has failed.
    pub(in crate::engine) fn backup_made<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (b, number): (u32, u32),
    ) {
        self.stores.end(cx, (b, number));
        self.follow_backup(cx, b);
    }

    /// The replicas of a service work at another pace if a backup that began or ended slows it.
    fn follow_backup<L: Listener>(&mut self, cx: &mut Cx<'_, L>, b: u32) {
        let backup = &cx.plan.system.backups[b as usize];
        if backup.slows.total_cmp(&1.0).is_eq() {
            return;
        }
        let service = backup.of.index();
        let first = cx.plan.services[service].first;
        let count = cx.plan.replicas_of(service).len() as u32;
        for r in first..first + count {
            if self.fleet.seats.life(r) != Life::Absent {
                self.change_replica(cx, r, None);
            }
        }
    }
}
