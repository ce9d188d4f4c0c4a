//! Liveness: probes from the host of a replica, and a restart of one that fails too many of them in a row.
//!
//! A restart is a crash that the probes bring about: work, books and causes are those of any fault. Where a probe is answered
//! beside the requests, none is planned while all of them would succeed; where it waits for a slot, none is left out.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::random::named;
use crate::engine::replica::Fleet;
use crate::engine::replica::prober::{Awaited, Looking, Turn};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::stream::{Purpose, Streams, draw, mix};
use crate::model::fault::{Detection, Trigger};
use crate::model::fleet::Life;
use crate::model::monitoring::{Found, Liveness, Through};
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// The probes of one replica.
#[derive(Debug, Clone)]
pub(super) struct Probes {
    /// The process of its restarts.
    process: u32,
    key: u64,
    /// When the next is or would be sent [ns].
    next: u64,
    /// What tells an event about the next from one that was overtaken.
    turn: u32,
    /// Failed ones in a row.
    failures: u32,
    /// Whether one is planned, or under way.
    is_awake: bool,
    /// Whether there is nobody to probe.
    is_paused: bool,
    /// What the one under way will find, where it has to wait for its turn.
    awaited: Option<Awaited>,
}

impl Incidents {
    /// The probes of each replica that has any; nothing where none has.
    pub(super) fn probes(plan: &Plan, streams: Streams) -> Vec<Option<Probes>> {
        if plan.system.services.iter().all(|service| service.liveness.is_none()) {
            return Vec::new();
        }
        let mut all = vec![None; plan.replicas.len()];
        for (number, process) in (0..).zip(&plan.processes) {
            let fault = &plan.system.faults[process.fault as usize];
            let Trigger::Unanswered = fault.trigger else { continue };
            let Some(replica) = fault.units[process.unit as usize].replicas.first() else { continue };
            let service = plan.replicas[replica.index()].service as usize;
            let settings = &plan.system.services[service];
            let Some(liveness) = &settings.liveness else { continue };
            let local = replica.0 - plan.services[service].first;
            let key = mix(streams.key(Purpose::Liveness, named(&settings.name)), u64::from(local));
            let share: f64 = draw(key, Purpose::Liveness).random();
            all[replica.index()] = Some(Probes {
                process: number,
                key,
                next: (share * liveness.interval.as_nanos() as f64) as u64,
                turn: 0,
                failures: 0,
                is_awake: false,
                is_paused: local >= settings.present,
                awaited: None,
            });
        }
        all
    }

    /// The probes of a replica and their settings.
    fn probes_of<'p>(&mut self, plan: &'p Plan, r: u32) -> Option<(&mut Probes, &'p Liveness)> {
        let probes = self.liveness.get_mut(r as usize)?.as_mut()?;
        let service = plan.replicas[r as usize].service as usize;
        Some((probes, plan.system.services[service].liveness.as_ref()?))
    }

    /// A probe has had its turn.
    pub(in crate::engine) fn liveness_answered<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, turn): (u32, u32),
    ) {
        let Some((probes, _)) = self.probes_of(cx.plan, r) else { return };
        if probes.turn != turn {
            return;
        }
        let Some(awaited) = probes.awaited.take() else { return };
        if let Some(handle) = awaited.timer {
            cx.clock.calendar.cancel(handle);
        }
        // Whoever freed the slot has more to do.
        let at = SimTime::from_nanos(cx.now);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Lived(r, turn, awaited.found));
    }
}

impl Fleet {
    /// Whether there is a process in a replica that can be probed: one that has crashed is known to whoever started it.
    fn can_be_probed(&self, r: u32) -> bool {
        self.seats.life(r) == Life::Up && !self.replicas[r as usize].is_crashed && !self.is_aside(r)
    }

    /// The share of answers of a replica that are errors.
    fn errs(&self, plan: &Plan, r: u32) -> f64 {
        let own = plan.system.services[self.replicas[r as usize].service as usize].error_ratio.get();
        1.0 - (1.0 - own) * (1.0 - self.conditions[r as usize].error_share)
    }
}

impl State {
    /// Plans the first probes.
    pub(in crate::engine) fn start_liveness<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for r in 0..self.incidents.liveness.len() as u32 {
            self.wake_liveness(cx, r);
        }
    }

    /// Something about a replica changed: its probes matter, pause, or begin anew.
    pub(in crate::engine) fn wake_liveness<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let can_be_probed = self.fleet.can_be_probed(r);
        let Some((probes, settings)) = self.incidents.probes_of(plan, r) else { return };
        if can_be_probed && !probes.is_paused {
            return self.plan_probe(cx, r);
        }
        if can_be_probed {
            probes.is_paused = false;
            probes.next = now.saturating_add(settings.initial_delay.as_nanos());
            return self.plan_probe(cx, r);
        }
        probes.is_paused = true;
        (probes.failures, probes.is_awake) = (0, false);
        probes.turn += 1;
        if let Some(handle) = probes.awaited.take().and_then(|awaited| awaited.timer) {
            cx.clock.calendar.cancel(handle);
        }
    }

    /// Plans the next probe in its rhythm from now on, unless it is planned, under way, or would succeed.
    fn plan_probe<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let (plan, now) = (cx.plan, cx.now);
        let is_well = self.fleet.is_sound(r) && self.fleet.errs(plan, r) <= 0.0;
        let Some((probes, settings)) = self.incidents.probes_of(plan, r) else { return };
        let is_calm = is_well && probes.failures == 0 && settings.through == Through::Beside;
        if probes.is_awake || probes.is_paused || is_calm {
            return;
        }
        let interval = settings.interval.as_nanos();
        let rounds = now.saturating_sub(probes.next).div_ceil(interval);
        probes.next = probes.next.saturating_add(rounds.saturating_mul(interval));
        probes.is_awake = true;
        let at = SimTime::from_nanos(probes.next);
        cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Liveness(r, probes.turn));
    }

    /// A replica is probed.
    pub(in crate::engine) fn probe_liveness<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, turn): (u32, u32),
    ) {
        let (plan, now) = (cx.plan, SimTime::from_nanos(cx.now));
        let (works, errs) = (self.fleet.replicas[r as usize].works, self.fleet.errs(plan, r));
        let can_be_probed = self.fleet.can_be_probed(r);
        let Some((probes, settings)) = self.incidents.probes_of(plan, r) else { return };
        if probes.turn != turn {
            return;
        }
        if !can_be_probed {
            return self.wake_liveness(cx, r);
        }
        let given_up = Rare::Lived(r, turn, Found::Nothing);
        if !works {
            cx.clock.calendar.plan_rare(now + settings.timeout, Rank::Check, given_up);
            return;
        }
        let lot: f64 = draw(mix(probes.key, u64::from(turn)), Purpose::Liveness).random();
        let found = if lot >= errs { Found::Good } else { Found::Error };
        if settings.through == Through::Beside {
            return self.lived(cx, (r, turn, found));
        }
        match self.fleet.ask_for_turn(r, Looking::Liveness(r, turn), cx.now) {
            Turn::Now => self.lived(cx, (r, turn, found)),
            Turn::Refused => self.lived(cx, (r, turn, Found::Error)),
            Turn::Later | Turn::Never => {
                let timer = cx.clock.calendar.plan_rare(now + settings.timeout, Rank::Check, given_up);
                let awaited = Awaited { found, back: SimDuration::ZERO, timer };
                if let Some((probes, _)) = self.incidents.probes_of(plan, r) {
                    probes.awaited = Some(awaited);
                }
            }
        }
    }

    /// What a probe found is known: too many failed ones in a row restart the replica.
    pub(in crate::engine) fn lived<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (r, turn, found): (u32, u32, Found),
    ) {
        let can_be_probed = self.fleet.can_be_probed(r);
        let Some((probes, settings)) = self.incidents.probes_of(cx.plan, r) else { return };
        if probes.turn != turn {
            return;
        }
        // Whoever drains or has gone since is probed no more.
        if !can_be_probed {
            return self.wake_liveness(cx, r);
        }
        probes.turn += 1;
        (probes.is_awake, probes.awaited) = (false, None);
        probes.failures = if found == Found::Good { 0 } else { probes.failures + 1 };
        probes.next = probes.next.saturating_add(settings.interval.as_nanos());
        let (is_too_much, process) = (probes.failures >= settings.unhealthy_after, probes.process);
        if is_too_much {
            probes.failures = 0;
            self.restart_unanswering(cx, (r, process));
        }
        self.plan_probe(cx, r);
    }

    /// A replica that does not answer restarts, and with that the recovery begins of what its probes were to find.
    fn restart_unanswering<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (r, process): (u32, u32)) {
        let plan = cx.plan;
        let is_sought = |a: &&IncidentId| {
            let incident = &self.incidents.active[**a];
            let fault = plan.fault(incident.process);
            matches!(fault.detection, Detection::Liveness) || fault.is_found_by_anybody()
        };
        let sought: Vec<IncidentId> =
            self.fleet.conditions[r as usize].incidents.iter().filter(is_sought).copied().collect();
        if !self.incidents.is_active(process) {
            self.strike(cx, process);
        }
        for a in sought {
            let incident = &self.incidents.active[a];
            if incident.is_live && plan.fault(incident.process).is_found_by_anybody() {
                self.incidents.act_at_once(cx, a);
            } else if incident.is_live {
                self.detect(cx, a);
            }
        }
    }
}
