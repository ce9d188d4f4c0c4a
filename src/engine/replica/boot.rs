//! The start of a replica: its phases, tries that were in vain, and the time for which it is slow after that.

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fleet::start::Try;
use crate::units::SimTime;

/// Tells the draws of the time after a start from those of the start.
const WARMUP: u64 = 1 << 63;

/// What the start of a replica is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Boot {
    /// Tries in a row that failed.
    failed: u32,
    /// What its timer ends.
    step: Step,
    /// Whether it serves and is slow yet.
    is_cold: bool,
}

/// What the timer of a start ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Step {
    /// The phases of a try after which it serves.
    #[default]
    Success,
    /// Those of one in vain.
    Failure,
    /// The pause before the next try.
    Pause,
}

impl Fleet {
    /// A crash ends the boot of a replica.
    pub(in crate::engine) fn end_boot<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        self.seats.all[r as usize].held = None;
        if let Some(handle) = self.seats.all[r as usize].timer.take() {
            cx.clock.calendar.cancel(handle);
        }
    }

    /// How long work takes at a replica, times what it would be if that were warm.
    pub(in crate::engine) fn warmth(
        &self,
        plan: &crate::engine::plan::Plan,
        (number, r): (usize, u32),
    ) -> f64 {
        if let Some(chill) = self.chill(plan, (number, r)) {
            return chill;
        }
        let is_cold = self.seats.all.get(r as usize).is_some_and(|seat| seat.boot.is_cold);
        if is_cold { 1.0 / self.start_of(plan, (number, r)).warmup_speed } else { 1.0 }
    }

    /// A replica has started and may be slow for a while.
    pub(in crate::engine) fn begin_warmup<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, r): (usize, u32),
    ) {
        let start = self.start_of(cx.plan, (number, r));
        if self.is_provisioned(number, r) {
            return;
        }
        let Some(key) = self.boot_key(cx, (number, r)) else { return };
        let lasts = start.warm_up(&mut draw(key ^ WARMUP, Purpose::Start));
        let seat = &mut self.seats.all[r as usize];
        seat.boot.is_cold = !lasts.is_zero();
        if seat.boot.is_cold {
            let at = SimTime::from_nanos(cx.now) + lasts;
            cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Warm(r, seat.generation));
        }
    }

    /// What names the draws of whoever sits in a seat now.
    fn boot_key<L: Listener>(&self, cx: &Cx<'_, L>, (number, r): (usize, u32)) -> Option<u64> {
        let fleet = self.seats.fleets[number].as_ref()?;
        let local = r - cx.plan.services[number].first;
        let generation = self.seats.all[r as usize].generation;
        Some(mix(mix(fleet.key, u64::from(local)), u64::from(generation)))
    }
}

impl State {
    /// A replica that starts begins to boot, for the first time or again after a crash or a try in vain.
    pub(in crate::engine) fn begin_boot<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let number = self.fleet.replicas[r as usize].service as usize;
        self.traffic.forget_copies(cx.plan, (number, r));
        let Some(key) = self.fleet.boot_key(cx, (number, r)) else { return };
        let is_provisioned = self.fleet.is_provisioned(number, r);
        // What is started for an attempt takes as long whatever else is there.
        let key = self.fleet.cause_of_start(number, r).unwrap_or(key);
        let start = self.fleet.start_of(cx.plan, (number, r));
        let seat = &mut self.fleet.seats.all[r as usize];
        let key = mix(key, u64::from(seat.boots));
        seat.boots += 1;
        let settings = &cx.plan.system.services[number];
        let mut random = draw(key, Purpose::Start);
        let tried = match &settings.function {
            Some(function) if is_provisioned => {
                Try { takes: function.provisioning.sample(&mut random), succeeds: true }
            }
            _ => start.attempt(&mut random),
        };
        seat.boot.step = if tried.succeeds { Step::Success } else { Step::Failure };
        if tried.takes.is_zero() {
            return self.boot_over(cx, r);
        }
        let at = SimTime::from_nanos(cx.now) + tried.takes;
        seat.timer = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Seat(r));
    }

    /// The phases of a start are over, or the pause after some that were in vain.
    pub(in crate::engine) fn boot_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let number = self.fleet.replicas[r as usize].service as usize;
        match self.fleet.seats.all[r as usize].boot.step {
            Step::Success if self.fleet.waits_for_others((number, r)) => {
                self.fleet.seats.all[r as usize].held = Some(cx.now);
                self.fleet.plan_roll_around(cx, r);
            }
            Step::Success => self.seat_ready(cx, r),
            Step::Pause => self.begin_boot(cx, r),
            Step::Failure => {
                let start = self.fleet.start_of(cx.plan, (number, r));
                let seat = &mut self.fleet.seats.all[r as usize];
                seat.boot.failed += 1;
                seat.boot.step = Step::Pause;
                let pause = start.pause(seat.boot.failed);
                let at = SimTime::from_nanos(cx.now) + pause;
                seat.timer = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Seat(r));
                if let Some(fleet) = &mut self.fleet.seats.fleets[number] {
                    fleet.metrics.starts_failed += u64::from(cx.clock.is_measuring);
                }
            }
        }
    }

    /// A replica that was slow after its start is warm.
    pub(in crate::engine) fn seat_warm<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, generation): (u32, u32),
    ) {
        let seat = &mut self.fleet.seats.all[r as usize];
        if seat.generation == generation && seat.boot.is_cold {
            seat.boot.is_cold = false;
            self.change_replica(cx, r, None);
        }
    }
}
