//! What was lost is restored from the newest backup that can be read.

use crate::engine::data::Stores;
use crate::engine::data::pair::lost_by;
use crate::engine::data::store::{Restored, Restoring};
use crate::engine::event::{DataEvent, Rare};
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::world::Cx;
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::data::{Copy, moved};
use crate::units::{SimDuration, SimTime};

/// What a restore comes to.
struct Course {
    /// How long it takes.
    takes: SimDuration,
    /// The copy that is restored in the end, and of which backup it is.
    copy: Option<(usize, Copy)>,
}

impl Stores {
    /// Whether a restore of a service goes on.
    pub(in crate::engine) fn is_restoring(&self, service: usize) -> bool {
        matches!(self.services.get(service), Some(Some(store)) if store.restoring.is_some())
    }

    /// The copies of a service, newest first, each with its backup.
    fn copies(&self, plan: &Plan, service: usize) -> Vec<(usize, Copy)> {
        let mut copies = Vec::new();
        for (number, run) in self.backups.iter().enumerate() {
            if plan.system.backups[number].of.index() == service {
                copies.extend(run.copies.iter().map(|copy| (number, *copy)));
            }
        }
        copies.sort_by_key(|(backup, copy)| (std::cmp::Reverse(copy.consistent), *backup, copy.number));
        copies
    }

    /// How a restore goes on that begins now: what is set up, then one copy after another until one can be read, and what was
    /// written since that.
    fn course(&mut self, plan: &Plan, service: usize, is_measuring: bool) -> Option<Course> {
        let copies = self.copies(plan, service);
        let store = self.services.get(service)?.as_deref()?;
        let loss = store.loss.as_ref()?;
        let key = mix(store.key, store.losses);
        let data = plan.system.services[service].data.as_deref()?;
        let mut takes = SimDuration::ZERO;
        if let Some((backup, _)) = copies.first() {
            let provision = &plan.system.backups[*backup].restore.provision;
            takes += provision.sample(&mut draw(key, Purpose::Restore));
        }
        for (turn, (number, copy)) in (1..).zip(&copies) {
            let backup = &plan.system.backups[*number];
            takes += backup.retrieval.sample(&mut draw(mix(key, turn), Purpose::Restore));
            if let Some(rate) = backup.restore.rate {
                takes += moved(copy.needs(), rate);
            }
            if is_measuring {
                self.backups[*number].read += copy.needs();
            }
            if copy.is_usable {
                let span = loss.at.since(SimTime::from_nanos(copy.consistent));
                let replayed = span - backup.restore.log.unwrap_or_default();
                takes += SimDuration::from_secs(replayed.as_secs() * backup.restore.replay);
                return Some(Course { takes, copy: Some((*number, *copy)) });
            }
        }
        Some(Course { takes: takes + data.rebuild, copy: None })
    }

    /// The restore of what a service has lost begins, if it has lost anything that nobody restores.
    pub(in crate::engine) fn begin_restore<L: Listener>(&mut self, cx: &mut Cx<'_, L>, service: usize) {
        let plan = cx.plan;
        let is_needed = self.of(service).is_some_and(|store| {
            store.restoring.is_none() && store.loss.as_ref().is_some_and(|loss| loss.restored.is_none())
        });
        if !is_needed {
            return;
        }
        let Some(course) = self.course(plan, service, cx.clock.is_measuring) else { return };
        let at = SimTime::from_nanos(cx.now) + course.takes;
        let handle =
            cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Data(DataEvent::Restored(service as u32)));
        if let Some(store) = self.of(service) {
            store.restoring = Some(Restoring { copy: course.copy, handle });
        }
    }

    /// A restore is over: what the copy holds is there again.
    pub(in crate::engine) fn restored<L: Listener>(&mut self, cx: &mut Cx<'_, L>, service: u32) {
        let plan = cx.plan;
        let service = service as usize;
        let Some(store) = self.of(service) else { return };
        let copy = store.restoring.take().and_then(|restoring| restoring.copy);
        let Some((number, copy)) = copy else { return };
        let Some(at) = store.loss.as_ref().map(|loss| loss.at) else { return };
        let span = at.since(SimTime::from_nanos(copy.consistent));
        let rpo = plan.system.backups[number].restore.log.map_or(span, |log| log.min(span));
        let missing = store.held.saturating_sub(copy.writes);
        let since = at.as_nanos() - rpo.as_nanos();
        let lost = if rpo == span { missing } else { store.written_since((copy.consistent, since), missing) };
        self.bring_back(cx, service, (rpo, lost));
        let Some(store) = self.of(service) else { return };
        if copy.is_corrupt {
            // Nobody knew of that, and so nobody knows now.
            store.corrupt_since.get_or_insert(copy.consistent);
        } else {
            store.corrupt_since = None;
        }
    }

    /// The copy that is least behind takes the place of what a service has lost, if it has lost it and any copy is left.
    pub(in crate::engine) fn promote<L: Listener>(&mut self, cx: &mut Cx<'_, L>, service: usize) {
        let plan = cx.plan;
        let Some(Some(store)) = self.services.get(service) else { return };
        let Some(loss) = &store.loss else { return self.fail_over(cx, service) };
        if !loss.has_copies || loss.restored.is_some() {
            return;
        }
        let at = loss.at;
        let copies = (0..plan.system.replications.len()).rev();
        let of_it = copies.filter(|number| plan.system.replications[*number].of.index() == service);
        let known = of_it.map(|number| (self.known_until(plan, number, at.as_nanos()), number));
        let Some((known, number)) = known.max() else { return };
        let lost = store.written_since((0, known), store.held);
        self.bring_back(cx, service, (at.since(SimTime::from_nanos(known)), lost));
        self.swap(service, number);
    }

    /// What a service has lost is there again, but for the last of it: so long before the loss, and so many effects.
    fn bring_back<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        service: usize,
        (rpo, lost): (SimDuration, u64),
    ) {
        let counted = lost_by(cx.plan, service, (rpo, lost));
        let Some(store) = self.of(service) else { return };
        store.lose_writes(lost);
        if let Some(loss) = &mut store.loss {
            loss.restored = Some(Restored { rpo, lost: counted });
        }
        // A restore that goes on is needed no longer.
        if let Some(handle) = store.restoring.take().and_then(|restoring| restoring.handle) {
            cx.clock.calendar.cancel(handle);
        }
        if L::LISTENS {
            let note = Note::DataRestored { service: service as u32 };
            cx.listener.note(SimTime::from_nanos(cx.now), note);
        }
    }
}
