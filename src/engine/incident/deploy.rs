//! Releases: when each begins, its steps, what is wrong with it, and when it is taken back.
//!
//! A deployment is a small machine that waits for one thing at a time: an instant, or that all parts of the fleet have done
//! a step. Replicas are exchanged by [`rollout`](crate::engine::replica::rollout), requests of a function are moved at
//! once.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::release::{BadRelease, DeployRun, Phase};
use crate::engine::listener::{DeployTurn, Listener, Note};
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::replica::rollout::{Exchange, Release};
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Purpose, draw};
use crate::model::deploy::{Deploy, Split};
use crate::units::{DeployId, MonitorId, SimTime};
use rand::RngExt;

impl Incidents {
    /// A deployment goes on to its next release, and another of the service may begin: the one that has waited longest.
    fn end_release<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let service = cx.plan.system.deploys[d as usize].service;
        let at = SimTime::from_nanos(cx.now);
        let waits =
            |(run, deploy): &(&DeployRun, &Deploy)| deploy.service == service && run.phase == Phase::Waiting;
        let deploys = self.deploys.iter().zip(&cx.plan.system.deploys);
        let waiting = (0..).zip(deploys).filter(|(_, one)| waits(one)).map(|(other, _)| other);
        let due = waiting.chain([d]).filter_map(|one| Some((self.next_release(cx.plan, one)?, one)));
        if let Some((_, other)) = due.min().filter(|(_, other)| *other != d) {
            let timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(other));
            self.deploys[other as usize].timer = timer;
        }
        self.plan_release(cx, d);
    }

    /// What runs of a function for whoever asks for a target of it, where deployments have said so.
    pub(in crate::engine) fn split(&self, number: usize, target: u8) -> Option<Split> {
        self.splits.get(number)?.get(usize::from(target)).copied().flatten()
    }

    /// The same, as a deployment says it from now on.
    fn set_split(&mut self, (number, target): (usize, u8), split: Split) {
        if self.splits.len() <= number {
            self.splits.resize(number + 1, Vec::new());
        }
        let own = &mut self.splits[number];
        if own.len() <= usize::from(target) {
            own.resize(usize::from(target) + 1, None);
        }
        own[usize::from(target)] = Some(split);
    }

    /// A release begins, unless another of the service is under way.
    fn begin_release<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let deploy = &cx.plan.system.deploys[d as usize];
        let is_busy = |run: &DeployRun| !matches!(run.phase, Phase::Between | Phase::Waiting);
        let mut others = self.deploys.iter().zip(&cx.plan.system.deploys);
        if others.any(|(run, other)| other.service == deploy.service && is_busy(run)) {
            self.deploys[d as usize].phase = Phase::Waiting;
            return;
        }
        let now = cx.now;
        let run = &mut self.deploys[d as usize];
        (run.number, run.begun, run.phase) = (run.number + 1, now, Phase::Building);
        let key = run.release_key();
        let at = drawn(cx, &deploy.build, key, Purpose::Build);
        run.timer = cx.clock.calendar.plan_rare(at, Rank::Repair, Rare::Deploy(d));
        run.measure.begun += u64::from(cx.clock.is_measuring);
        note_deploy(cx, d, DeployTurn::Began);
    }

    /// Whether a deployment has brought out no other release since that of this number.
    pub(in crate::engine) fn is_out(&self, deploy: DeployId, release: u32) -> bool {
        self.deploys[deploy.index()].number == release
    }

    /// Somebody has decided, or nobody does any more: releases that waited for that look anew.
    pub(in crate::engine) fn resume_releases<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        for (run, d) in self.deploys.iter_mut().zip(0..) {
            if run.phase == Phase::Baking && run.timer.is_none() {
                let now = SimTime::from_nanos(cx.now);
                run.timer = cx.clock.calendar.plan_rare(now, Rank::Decide, Rare::Deploy(d));
            }
        }
    }

    /// The release of a deployment is to be taken back, if it is out.
    pub(in crate::engine) fn roll_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let run = &self.deploys[d as usize];
        if matches!(run.phase, Phase::Step | Phase::Baking | Phase::Keeping) {
            self.decide_back(cx, d);
        }
    }

    /// It is decided that a release is taken back.
    fn decide_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let deploy = &cx.plan.system.deploys[d as usize];
        let run = &mut self.deploys[d as usize];
        if let Some(handle) = run.timer.take() {
            cx.clock.calendar.cancel(handle);
        }
        run.phase = Phase::Deciding;
        let at = drawn(cx, &deploy.rollback, run.release_key(), Purpose::Rollback);
        run.timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(d));
        note_deploy(cx, d, DeployTurn::Alarmed);
    }
}

fn note_deploy<L: Listener>(cx: &mut Cx<'_, L>, d: u32, turn: DeployTurn) {
    if L::LISTENS {
        cx.listener.note(SimTime::from_nanos(cx.now), Note::DeployTurned { deploy: d, turn });
    }
}

fn drawn<L: Listener>(cx: &Cx<'_, L>, law: &Distribution, key: u64, purpose: Purpose) -> SimTime {
    SimTime::from_nanos(cx.now) + law.sample(&mut draw(key, purpose))
}

impl Fleet {
    /// All parts of a fleet are on their way from one release to another.
    fn begin_exchange<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        d: u32,
        (from, to): (Release, Release),
        is_back: bool,
    ) {
        let deploy = &cx.plan.system.deploys[d as usize];
        let Some(fleet) = &mut self.seats.fleets[deploy.service.index()] else { return };
        fleet.is_exchanging = true;
        for part in &mut fleet.parts {
            let mut exchange = Exchange::new(d, from, to);
            exchange.at_once = deploy.rollout.at_once && !is_back;
            exchange.keeps = !deploy.rollout.keep.is_zero();
            exchange.is_back = is_back;
            part.exchange = Some(exchange);
        }
    }
}

impl State {
    /// What a deployment waits for has come.
    pub(in crate::engine) fn deploy_due<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        self.incidents.deploys[d as usize].timer = None;
        match self.incidents.deploys[d as usize].phase {
            Phase::Between | Phase::Waiting => self.incidents.begin_release(cx, d),
            Phase::Building => self.bring_out(cx, d),
            Phase::Baking => self.bake_over(cx, d),
            Phase::Keeping => self.finish_release(cx, d),
            Phase::Deciding => self.take_back(cx, d),
            Phase::Pausing => self.step_back(cx, d),
            Phase::Step | Phase::Back => {}
        }
    }

    /// A release is built: tests find what is wrong with it, or its first step begins.
    fn bring_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let deploy = &cx.plan.system.deploys[d as usize];
        let service = deploy.service.index();
        let is_measuring = cx.clock.is_measuring;
        let run = &mut self.incidents.deploys[d as usize];
        let key = run.release_key();
        let random = &mut draw(key, Purpose::Release);
        run.is_bad = random.random::<f64>() < deploy.bad.get();
        if run.is_bad && random.random::<f64>() < deploy.gate.get() {
            run.measure.caught += u64::from(is_measuring);
            note_deploy(cx, d, DeployTurn::Caught);
            return self.incidents.end_release(cx, d);
        }
        run.measure.out += u64::from(is_measuring);
        run.measure.bad += u64::from(is_measuring && run.is_bad);
        run.is_counted = is_measuring;
        run.step = 0;
        let is_function = self.fleet.services[service].is_function;
        let from = self.release_of(cx.plan, d);
        let number = self.incidents.deploys.iter().map(|run| run.to.number).max().unwrap_or(0) + 1;
        let to = Release { number, version: deploy.version };
        if is_function {
            // A version that is brought out once more takes the place of itself.
            self.others_gone(cx, (service, None), |release| release.version == to.version);
        }
        let run = &mut self.incidents.deploys[d as usize];
        (run.from, run.to) = (from, to);
        if let Some(badness) = deploy.badness.as_ref().filter(|_| run.is_bad) {
            let at = drawn(cx, &badness.after, key, Purpose::Badness);
            let (number, release) = (run.number, run.to);
            let shows = cx.clock.calendar.plan_rare(at, Rank::Fault, Rare::Bad(d, number));
            run.bad.push(BadRelease { number, release, shows, has_shown: false, incident: None });
        }
        if !is_function {
            let (from, to) = (run.from, run.to);
            self.fleet.begin_exchange(cx, d, (from, to), false);
        }
        self.next_step(cx, d);
    }

    /// What runs where a deployment brings a release out.
    fn release_of(&self, plan: &Plan, d: u32) -> Release {
        let deploy = &plan.system.deploys[d as usize];
        let (service, target) = (deploy.service.index(), deploy.target);
        match &self.fleet.seats.fleets[service] {
            Some(fleet) if !self.fleet.services[service].is_function => fleet.current,
            _ => {
                let versions = plan.system.services[service].versions.as_ref();
                let at_start = || versions.map_or(0, |versions| versions.at_start(target));
                let version = self.incidents.split(service, target).map_or_else(at_start, Split::most);
                Release { number: 0, version }
            }
        }
    }

    /// A step of a release begins: so many replicas, or such a share of requests.
    fn next_step<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let rollout = &cx.plan.system.deploys[d as usize].rollout;
        let run = &mut self.incidents.deploys[d as usize];
        run.phase = Phase::Step;
        let share = rollout.steps[run.step].share;
        let number = run.step as u32 + 1;
        note_deploy(cx, d, DeployTurn::Step { number });
        self.aim(cx, d, share);
    }

    /// So large a share is to run what a deployment brings out, or brings back.
    fn aim<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32, share: f64) {
        let service = cx.plan.system.deploys[d as usize].service.index();
        if self.fleet.services[service].is_function {
            let run = &self.incidents.deploys[d as usize];
            let split = Split { from: run.from.version, to: run.to.version, share };
            let target = cx.plan.system.deploys[d as usize].target;
            self.incidents.set_split((service, target), split);
            return self.step_done(cx, d);
        }
        let Some(fleet) = &mut self.fleet.seats.fleets[service] else { return };
        let parts = fleet.parts.len();
        for exchange in fleet.parts.iter_mut().filter_map(|part| part.exchange.as_mut()) {
            (exchange.share, exchange.is_done) = (share, false);
        }
        self.incidents.deploys[d as usize].open = parts as u32;
        for part in 0..parts {
            self.fleet.plan_roll(cx, (service, part));
        }
    }

    /// A part of a fleet has done the step of its deployment.
    pub(in crate::engine) fn part_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: (usize, usize)) {
        let Some(exchange) = self.fleet.exchange(place) else { return };
        if std::mem::replace(&mut exchange.is_done, true) {
            return;
        }
        let d = exchange.deploy;
        let run = &mut self.incidents.deploys[d as usize];
        run.open -= 1;
        if run.open == 0 {
            self.step_done(cx, d);
        }
    }

    /// A step is done everywhere: it is watched, or what was taken back is gone.
    fn step_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let rollout = &cx.plan.system.deploys[d as usize].rollout;
        let run = &mut self.incidents.deploys[d as usize];
        match run.phase {
            Phase::Step => {
                run.phase = Phase::Baking;
                run.done = cx.now;
                let at = SimTime::from_nanos(cx.now) + rollout.steps[run.step].bake;
                run.timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(d));
            }
            Phase::Back if run.step > 0 => {
                run.step -= 1;
                run.phase = Phase::Pausing;
                let at = SimTime::from_nanos(cx.now) + rollout.steps[run.step].bake;
                run.timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(d));
            }
            Phase::Back => {
                let is_measuring = cx.clock.is_measuring;
                run.measure.rollbacks += u64::from(is_measuring);
                run.measure.rollbacks_false += u64::from(is_measuring && !run.is_bad);
                note_deploy(cx, d, DeployTurn::TakenBack);
                self.end_exchange(cx, d);
                let gone = self.incidents.deploys[d as usize].to;
                self.releases_gone(cx, d, |release| release == gone);
                self.incidents.end_release(cx, d);
            }
            _ => {}
        }
    }

    /// A step was watched for long enough: the next one follows, unless an alarm is raised. While somebody decides about that, it
    /// waits.
    fn bake_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let deploy = &cx.plan.system.deploys[d as usize];
        for monitor in &deploy.rollback_on {
            let run = &self.incidents.deploys[d as usize];
            if run.phase == Phase::Baking && self.incidents.monitors.is_raised(*monitor) {
                let number = run.number;
                self.heed_raised(cx, (*monitor, DeployId(d), number));
            }
        }
        let waits = |monitor: &MonitorId| self.incidents.monitors.is_deciding(*monitor);
        if self.incidents.deploys[d as usize].phase != Phase::Baking || deploy.rollback_on.iter().any(waits) {
            return;
        }
        let run = &mut self.incidents.deploys[d as usize];
        run.step += 1;
        if run.step < deploy.rollout.steps.len() {
            return self.next_step(cx, d);
        }
        let took = cx.now - run.begun;
        if cx.clock.is_measuring {
            run.measure.complete += 1;
            run.measure.took += u128::from(took);
        }
        note_deploy(cx, d, DeployTurn::Complete);
        self.end_exchange(cx, d);
        let keep = deploy.rollout.keep;
        let bake = deploy.rollout.steps.last().map(|step| step.bake).unwrap_or_default();
        if keep > bake && !self.fleet.services[deploy.service.index()].is_function {
            let run = &mut self.incidents.deploys[d as usize];
            run.phase = Phase::Keeping;
            let at = (SimTime::from_nanos(run.done) + keep).max(SimTime::from_nanos(cx.now));
            run.timer = cx.clock.calendar.plan_rare(at, Rank::Decide, Rare::Deploy(d));
            return;
        }
        self.finish_release(cx, d);
    }

    /// A release stays: what was before it is gone for good, and with it what was wrong with that.
    fn finish_release<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let service = cx.plan.system.deploys[d as usize].service.index();
        if !self.fleet.services[service].is_function {
            self.retire_kept(cx, service);
        }
        let run = &mut self.incidents.deploys[d as usize];
        run.measure.passed += u64::from(cx.clock.is_measuring && run.is_bad && run.is_counted);
        let stays = run.to;
        let target = cx.plan.system.deploys[d as usize].target;
        self.others_gone(cx, (service, Some(target)), |release| release != stays);
        self.incidents.end_release(cx, d);
    }

    /// An exchange is over: what it ended with is what runs.
    fn end_exchange<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let service = cx.plan.system.deploys[d as usize].service.index();
        if self.fleet.services[service].is_function {
            return;
        }
        let Some(fleet) = &mut self.fleet.seats.fleets[service] else { return };
        fleet.is_exchanging = false;
        for part in &mut fleet.parts {
            if let Some(exchange) = part.exchange.take() {
                fleet.current = exchange.to;
            }
        }
        for part in 0..fleet.parts.len() {
            self.fit(cx, (service, part));
        }
    }

    /// A release is taken back: what was before it takes its place again, step by step as it went and at the same pace;
    /// all requests of a function at once.
    fn take_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let service = cx.plan.system.deploys[d as usize].service.index();
        let last = cx.plan.system.deploys[d as usize].rollout.steps.len() - 1;
        let run = &mut self.incidents.deploys[d as usize];
        if self.fleet.services[service].is_function {
            (run.phase, run.step) = (Phase::Back, 0);
            return self.aim(cx, d, 0.0);
        }
        run.step = run.step.min(last);
        let (from, to) = (run.to, run.from);
        self.return_kept(cx, service);
        self.fleet.begin_exchange(cx, d, (from, to), true);
        self.step_back(cx, d);
    }

    /// A step of a release is taken back: as many replicas run it as did before that step.
    fn step_back<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32) {
        let steps = &cx.plan.system.deploys[d as usize].rollout.steps;
        let run = &mut self.incidents.deploys[d as usize];
        run.phase = Phase::Back;
        let left = run.step.checked_sub(1).map_or(0.0, |before| steps[before].share);
        self.aim(cx, d, 1.0 - left);
    }

    /// A bad release begins to show.
    pub(in crate::engine) fn release_shows<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (d, number): (u32, u32),
    ) {
        let failed = self.record.failed;
        let Some(badness) = &cx.plan.system.deploys[d as usize].badness else { return };
        let run = &mut self.incidents.deploys[d as usize];
        let is_first = !run.shows();
        let Some(bad) = run.bad.iter_mut().find(|bad| bad.number == number) else { return };
        (bad.shows, bad.has_shown) = (None, true);
        let release = bad.release;
        if is_first {
            run.failed = failed;
        }
        let is_its = |process: &u32| cx.plan.processes[*process as usize].fault == badness.fault;
        let Some(process) = (0..cx.plan.processes.len() as u32).find(is_its) else { return };
        let incident = self.strike_release(cx, process, release);
        let mut all = self.incidents.deploys[d as usize].bad.iter_mut();
        // What it does to whoever runs it may have ended it.
        if let Some(bad) = all.find(|bad| bad.number == number) {
            bad.incident = incident;
        }
    }

    /// Nothing runs some releases of a service any more, or of what can be asked for of it.
    fn others_gone<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (service, target): (usize, Option<u8>),
        is_gone: impl Fn(Release) -> bool,
    ) {
        for (d, deploy) in (0..).zip(&cx.plan.system.deploys) {
            if deploy.service.index() == service && target.is_none_or(|target| target == deploy.target) {
                self.releases_gone(cx, d, &is_gone);
            }
        }
    }

    /// Nothing runs some releases of a deployment any more: what was wrong with them is over.
    fn releases_gone<L: Listener>(&mut self, cx: &mut Cx<'_, L>, d: u32, is_gone: impl Fn(Release) -> bool) {
        let run = &mut self.incidents.deploys[d as usize];
        let showed = run.shows();
        let all = std::mem::take(&mut run.bad).into_iter();
        let (gone, left): (Vec<BadRelease>, Vec<BadRelease>) = all.partition(|bad| is_gone(bad.release));
        run.bad = left;
        if showed && !run.shows() {
            let failed = self.record.failed_measured.unwrap_or(self.record.failed);
            run.measure.exposed += failed.saturating_sub(run.failed);
        }
        for bad in gone {
            if let Some(handle) = bad.shows {
                cx.clock.calendar.cancel(handle);
            }
            if let Some(a) = bad.incident {
                self.end_incident(cx, a);
            }
        }
    }

    /// Whether a replica runs the release that an incident is about, if it is about one.
    pub(in crate::engine) fn runs_struck(&self, a: IncidentId, r: u32) -> bool {
        let Some(release) = self.incidents.active[a].release else { return true };
        let number = self.fleet.replicas[r as usize].service as usize;
        if self.fleet.services[number].is_function {
            return release.version == self.fleet.version_at(number, r);
        }
        release == self.fleet.seats.all[r as usize].release
    }

    /// Failures are counted from now on.
    pub(in crate::engine) fn begin_counting_deploys(&mut self) {
        for run in &mut self.incidents.deploys {
            run.failed = self.record.failed;
        }
    }

    /// Counts what has failed by bad releases that are out when the run ends.
    pub(in crate::engine) fn close_deploys(&mut self) {
        let failed = self.record.failed_measured.unwrap_or(self.record.failed);
        for run in self.incidents.deploys.iter_mut().filter(|run| run.shows()) {
            run.measure.exposed += failed.saturating_sub(run.failed);
        }
    }
}
