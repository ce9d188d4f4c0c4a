//! Replicas of one release take the place of others, as fast as the deployment allows.
//!
//! A part of a fleet that exchanges its replicas looks at itself whenever one of them is ready, gone, struck or mended, once
//! an instant, and starts and retires as many as it may.

use crate::engine::event::Rare;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::replica::seat::RegionFleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::deploy::Rollout;
use crate::model::fleet::Life;
use crate::units::SimTime;

/// What a replica runs: a version, and as which release it was brought out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::engine) struct Release {
    /// Numbered through the releases of the service; 0 is what runs at the start.
    pub(in crate::engine) number: u32,
    pub(in crate::engine) version: u8,
}

/// A part of a fleet on its way from one release to another.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own about one exchange")]
pub(in crate::engine) struct Exchange {
    /// Of which deployment.
    pub(in crate::engine) deploy: u32,
    pub(in crate::engine) from: Release,
    pub(in crate::engine) to: Release,
    /// The share of the replicas that `to` is to have.
    pub(in crate::engine) share: f64,
    /// Whether those of `to` wait for each other before any serves.
    pub(in crate::engine) at_once: bool,
    /// Whether those of `from` are kept when those of `to` have taken over.
    pub(in crate::engine) keeps: bool,
    /// Whether it is on its way back: `to` ran before.
    pub(in crate::engine) is_back: bool,
    /// Whether the step is over.
    pub(in crate::engine) is_done: bool,
    /// Whether a look is planned.
    is_planned: bool,
}

impl Exchange {
    pub(in crate::engine) const fn new(deploy: u32, from: Release, to: Release) -> Self {
        Self {
            deploy,
            from,
            to,
            share: 0.0,
            at_once: false,
            keeps: false,
            is_back: false,
            is_done: false,
            is_planned: false,
        }
    }

    /// How many of so many replicas are to run `to`: on its way back as many are left as ran the release after that step.
    fn goal(&self, wanted: u32) -> u32 {
        if self.is_back {
            return wanted - Rollout::goal(1.0 - self.share, wanted);
        }
        Rollout::goal(self.share, wanted)
    }
}

/// The replicas of one release in a part of a fleet.
#[derive(Debug, Default)]
struct Side {
    /// Those that cannot serve: they start, or a fault strikes them; the newest at the end.
    idle: Vec<u32>,
    /// Those that serve; the newest at the end.
    serving: Vec<u32>,
}

impl Side {
    fn count(&self) -> u32 {
        (self.idle.len() + self.serving.len()) as u32
    }
}

/// What is to be done next.
enum Move {
    Start(Release),
    Retire(u32),
}

impl Fleet {
    /// The exchange in a part of a fleet.
    pub(in crate::engine) fn exchange(&mut self, (number, part): (usize, usize)) -> Option<&mut Exchange> {
        self.seats.fleets.get_mut(number)?.as_mut()?.parts.get_mut(part)?.exchange.as_mut()
    }

    /// Whether a look is planned at any part of a fleet that exchanges its replicas.
    pub(in crate::engine) fn is_rolling(&self, number: usize) -> bool {
        let fleet = self.seats.fleets.get(number).and_then(Option::as_ref);
        let mut exchanges = fleet.into_iter().flat_map(|fleet| &fleet.parts).filter_map(|part| part.exchange);
        exchanges.any(|exchange| exchange.is_planned)
    }

    /// Plans a look at a part of a fleet that exchanges its replicas.
    pub(in crate::engine) fn plan_roll<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: (usize, usize)) {
        let Some(exchange) = self.exchange(place).filter(|exchange| !exchange.is_planned) else { return };
        exchange.is_planned = true;
        let rare = Rare::Roll(place.0 as u32, place.1 as u32);
        cx.clock.calendar.plan_rare(SimTime::from_nanos(cx.now), Rank::Repair, rare);
    }

    /// The same for the part in which a replica stands.
    pub(in crate::engine) fn plan_roll_around<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        let number = self.replicas[r as usize].service as usize;
        let zone = self.seats.zones[r as usize];
        if let Some(Some(fleet)) = self.seats.fleets.get(number)
            && fleet.is_exchanging
        {
            let part = fleet.part_of(zone);
            self.plan_roll(cx, (number, part));
        }
    }

    /// Whether a replica that has started waits until others have.
    pub(in crate::engine) fn waits_for_others(&self, (number, r): (usize, u32)) -> bool {
        let zone = self.seats.zones[r as usize];
        let release = self.seats.all[r as usize].release;
        let Some(fleet) = self.seats.fleets[number].as_ref().filter(|fleet| fleet.is_exchanging) else {
            return false;
        };
        fleet.parts[fleet.part_of(zone)].exchange.is_some_and(|one| one.at_once && one.to == release)
    }

    /// The replicas of a service that are kept.
    fn kept(&self, plan: &Plan, number: usize) -> Vec<u32> {
        let first = plan.services[number].first;
        let seats = plan.replicas_of(number).len() as u32;
        (first..first + seats).filter(|r| self.seats.all[*r as usize].is_kept).collect()
    }

    /// The replicas of a part, by whether they run what is brought out.
    fn sides(&self, part: &RegionFleet, to: Release) -> [Side; 2] {
        let mut sides = [Side::default(), Side::default()];
        let mut all: Vec<(u64, u32)> = part.all_members().collect();
        #[expect(
            clippy::stable_sort_primitive,
            reason = "a stable sort makes use of the order that those of each zone are in"
        )]
        all.sort();
        for (_, r) in all {
            let seat = &self.seats.all[r as usize];
            let side = &mut sides[usize::from(seat.release != to)];
            let serves = seat.life == Life::Up && self.replicas[r as usize].works;
            if serves { &mut side.serving } else { &mut side.idle }.push(r);
        }
        sides
    }

    /// Whether all replicas of a release that are wanted have started and wait for each other.
    fn all_wait(&self, side: &Side, wanted: u32) -> bool {
        let waits =
            |r: &&u32| self.seats.all[**r as usize].held.is_some() && !self.replicas[**r as usize].is_crashed;
        side.serving.is_empty() && side.idle.iter().filter(waits).count() as u32 >= wanted
    }
}

/// What may be done next, of replicas of what is brought out and of others; `goal` is how many of the first there should
/// be, and `pace` how many may be there besides those wanted and how many may be missing.
fn next_move(
    [new, old]: &mut [Side; 2],
    (wanted, goal): (u32, u32),
    (surge, unavailable): (u32, u32),
    exchange: &Exchange,
) -> Option<Move> {
    let total = new.count() + old.count();
    let may_start = total < wanted + surge;
    if may_start && new.count() < goal {
        return Some(Move::Start(exchange.to));
    }
    if may_start && old.count() < wanted - goal {
        return Some(Move::Start(exchange.from));
    }
    let serving = new.serving.len() + old.serving.len();
    let may_miss = serving as u32 > wanted.saturating_sub(unavailable);
    for (side, keeps) in [(old, wanted - goal), (new, goal)] {
        if side.count() > keeps {
            let gone = side.idle.pop().or_else(|| side.serving.pop_if(|_| may_miss));
            if let Some(r) = gone {
                return Some(Move::Retire(r));
            }
        }
    }
    None
}

impl State {
    /// Starts replicas of a release and retires others, as far as the pace of the deployment allows now.
    pub(in crate::engine) fn roll<L: Listener>(&mut self, cx: &mut Cx<'_, L>, (number, part): (u32, u32)) {
        let place = (number as usize, part as usize);
        let Some(exchange) = self.fleet.exchange(place) else { return };
        exchange.is_planned = false;
        let exchange = *exchange;
        let rollout = &cx.plan.system.deploys[exchange.deploy as usize].rollout;
        let Some(fleet) = &self.fleet.seats.fleets[place.0] else { return };
        let own = &fleet.parts[place.1];
        let wanted = own.desired;
        let mut sides = self.fleet.sides(own, exchange.to);
        if exchange.at_once {
            return self.roll_at_once(cx, place, (exchange, wanted), sides);
        }
        let goal = exchange.goal(wanted);
        let mut pace = rollout.pace(wanted);
        while let Some(next) = next_move(&mut sides, (wanted, goal), pace, &exchange) {
            match next {
                Move::Retire(r) => self.retire_seat(cx, r),
                Move::Start(release) => {
                    let started = self.start_release(cx, place, release);
                    let beside = (sides[0].count() + sides[1].count()).checked_sub(wanted);
                    match (started, beside) {
                        (Some(r), _) => sides[usize::from(release != exchange.to)].idle.push(r),
                        // Where no host has room for more beside those that are wanted, it goes on with those that are there.
                        (None, Some(beside)) if self.fleet.seats.lacks_room(place) => pace.0 = beside,
                        (None, _) => break,
                    }
                }
            }
        }
        let [new, old] = &sides;
        let is_done = new.idle.is_empty() && new.count() == goal && old.count() == wanted - goal;
        // Who serves from the first instant on is found so at the next look.
        if is_done {
            self.part_done(cx, place);
        }
    }

    /// As many replicas as are wanted start beside those that serve, and take over when all of them could.
    fn roll_at_once<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        place: (usize, usize),
        (exchange, wanted): (Exchange, u32),
        [mut new, old]: [Side; 2],
    ) {
        while new.count() < wanted {
            let Some(r) = self.start_release(cx, place, exchange.to) else { break };
            new.idle.push(r);
        }
        if !self.fleet.all_wait(&new, wanted) {
            return;
        }
        if let Some(exchange) = self.fleet.exchange(place) {
            exchange.at_once = false;
        }
        for r in new.idle {
            if self.fleet.seats.all[r as usize].held.is_some() {
                self.seat_ready(cx, r);
            }
        }
        for r in old.idle {
            self.retire_seat(cx, r);
        }
        for r in old.serving {
            if exchange.keeps {
                self.keep_seat(cx, r);
            } else {
                self.retire_seat(cx, r);
            }
        }
        self.fleet.plan_roll(cx, place);
    }

    /// Starts a replica of a release, where there is a seat and the quota allows it.
    fn start_release<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (number, part): (usize, usize),
        release: Release,
    ) -> Option<u32> {
        let fleet = self.fleet.seats.fleets[number].as_mut()?;
        let own = &mut fleet.parts[part];
        if !own.controllers.may_start(cx.now) {
            self.fleet.plan_decision(cx, (number, part));
            return None;
        }
        let (r, zone) = self.fleet.seats.take_seat(cx.plan, (number, part), cx.now)?;
        let fleet = self.fleet.seats.fleets[number].as_mut()?;
        fleet.parts[part].controllers.note_start(cx.now);
        self.start_seat(cx, (number, r, zone), release);
        Some(r)
    }

    /// A replica takes nothing new from now on and stays as it is, so that it can come back.
    fn keep_seat<L: Listener>(&mut self, cx: &mut Cx<'_, L>, r: u32) {
        self.fleet.seats.all[r as usize].is_kept = true;
        self.begin_drain(cx, r);
    }

    /// Replicas that were kept serve again.
    pub(in crate::engine) fn return_kept<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        for r in self.fleet.kept(cx.plan, number) {
            self.return_seat(cx, r);
        }
    }

    /// Replicas that were kept go.
    pub(in crate::engine) fn retire_kept<L: Listener>(&mut self, cx: &mut Cx<'_, L>, number: usize) {
        for r in self.fleet.kept(cx.plan, number) {
            self.fleet.seats.all[r as usize].is_kept = false;
            self.end_drain(cx, r);
        }
    }
}
