//! What deciders know of a fleet, and the choice of a replica from it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::plan::{NONE, Plan};
use super::world::World;
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Purpose, Stream, draw, mix};
use crate::model::balancing::{Balancer, FleetView};
use crate::model::monitoring::Knowledge;
use crate::model::region::Locality;

/// What the deciders of one service know: one view for all, or one for each where their checks differ.
#[derive(Debug, Clone)]
pub(super) struct ServiceViews {
    pub(super) views: Vec<View>,
    /// News on the way, the earliest first, those of one instant in the order of the changes.
    news: BinaryHeap<Reverse<News>>,
    /// When the last news of each replica's health and load arrive: later news never overtakes earlier.
    last_health: Vec<u64>,
    last_load: Vec<u64>,
    load_known: Vec<u32>,
    /// Whether news take time.
    is_delayed: bool,
    key: u64,
    changes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct News {
    at: u64,
    change: u64,
    replica: u32,
    about: About,
}

/// What news are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// Whether the replica is up.
    Health(bool),
    /// How many attempts are in it.
    Load(u32),
}

/// Which replicas one or several deciders believe up.
#[derive(Debug, Clone)]
pub(super) struct View {
    believed: Vec<bool>,
    /// For each zone of callers, or for all, who may be chosen: rising numbers.
    lists: Vec<Vec<u32>>,
}

/// One balancer.
#[derive(Debug, Clone)]
pub(super) struct Decider {
    pub(super) balancer: Balancer,
    pub(super) stream: Stream,
    pub(super) view: u32,
    /// What it has sent to each replica and not heard of.
    pub(super) outstanding: Vec<u32>,
}

impl View {
    fn new(plan: &Plan, service: usize) -> Self {
        let believed = vec![true; plan.services[service].speed.len()];
        let mut view = Self { believed, lists: Vec::new() };
        view.rebuild(plan, service);
        view
    }

    pub(super) fn believes(&self, replica: u32) -> bool {
        self.believed[replica as usize]
    }

    /// Notes what is believed of a replica; whether that is new.
    fn mark(&mut self, plan: &Plan, service: usize, replica: u32, is_up: bool) -> bool {
        let known = &mut self.believed[replica as usize];
        if *known == is_up {
            return false;
        }
        *known = is_up;
        self.rebuild(plan, service);
        true
    }

    fn rebuild(&mut self, plan: &Plan, service: usize) {
        let all: Vec<u32> =
            (0..self.believed.len() as u32).filter(|one| self.believed[*one as usize]).collect();
        let locality = plan.system.services[service].balancing.locality;
        if locality == Locality::None {
            self.lists = vec![all];
            return;
        }
        let place = |replica: u32| plan.replicas[(plan.services[service].first + replica) as usize];
        self.lists = (0..plan.zone_regions.len() as u32)
            .map(|zone| {
                let near: Vec<u32> = all.iter().copied().filter(|one| place(*one).zone == zone).collect();
                if locality == Locality::Zone && !near.is_empty() {
                    return near;
                }
                let region = plan.zone_regions[zone as usize];
                let near: Vec<u32> = all.iter().copied().filter(|one| place(*one).region == region).collect();
                if near.is_empty() { all.clone() } else { near }
            })
            .collect();
    }

    #[inline]
    pub(super) fn list(&self, zone: u32) -> &[u32] {
        if let [all] = self.lists.as_slice() { all } else { &self.lists[zone as usize] }
    }
}

impl ServiceViews {
    pub(super) fn new(plan: &Plan, service: usize, views: usize, key: u64) -> Self {
        let knowledge = &plan.system.services[service].balancing.knowledge;
        Self {
            views: vec![View::new(plan, service); views],
            news: BinaryHeap::new(),
            last_health: vec![0; plan.services[service].speed.len()],
            last_load: vec![0; plan.services[service].speed.len()],
            load_known: vec![0; plan.services[service].speed.len()],
            is_delayed: matches!(knowledge, Knowledge::Delayed { .. }),
            key,
            changes: 0,
        }
    }

    /// The only replica that may be chosen, whoever asks; none where there are several or it depends.
    pub(super) fn only(&self) -> u32 {
        match self.views.as_slice() {
            [View { lists, .. }] if !self.is_delayed => match lists.as_slice() {
                [list] if list.len() == 1 => list[0],
                _ => NONE,
            },
            _ => NONE,
        }
    }

    /// Notes what a view believes of a replica; whether that is new.
    pub(super) fn mark(
        &mut self,
        plan: &Plan,
        service: usize,
        view: usize,
        (replica, is_up): (u32, bool),
    ) -> bool {
        self.views[view].mark(plan, service, replica, is_up)
    }

    /// The truth about a replica changed at `now`.
    pub(super) fn learn(&mut self, plan: &Plan, service: usize, replica: u32, is_up: bool, now: u64) {
        match &plan.system.services[service].balancing.knowledge {
            Knowledge::Checked => {}
            Knowledge::Perfect => {
                self.mark(plan, service, 0, (replica, is_up));
            }
            Knowledge::Delayed { delay, rejoin } => {
                let law = if is_up { rejoin } else { delay };
                self.send_news(law, replica, About::Health(is_up), now);
            }
        }
    }

    /// The load of a replica changed at `now`; noted where news about it takes time.
    pub(super) fn learn_load(&mut self, plan: &Plan, service: usize, change: (u32, u32), now: u64) {
        if let Knowledge::Delayed { delay, .. } = &plan.system.services[service].balancing.knowledge {
            self.send_news(delay, change.0, About::Load(change.1), now);
        }
    }

    fn send_news(&mut self, law: &Distribution, replica: u32, about: About, now: u64) {
        self.changes += 1;
        let wait = law.sample(&mut draw(mix(self.key, self.changes), Purpose::News));
        let last = match about {
            About::Health(_) => &mut self.last_health[replica as usize],
            About::Load(_) => &mut self.last_load[replica as usize],
        };
        *last = (*last).max(now.saturating_add(wait.as_nanos()));
        self.news.push(Reverse(News { at: *last, change: self.changes, replica, about }));
    }

    /// Takes in the news that has arrived by `now`.
    fn catch_up(&mut self, plan: &Plan, service: usize, now: u64) {
        while let Some(Reverse(news)) = self.news.peek().copied().filter(|Reverse(news)| news.at <= now) {
            self.news.pop();
            match news.about {
                About::Health(is_up) => {
                    self.mark(plan, service, 0, (news.replica, is_up));
                }
                About::Load(load) => self.load_known[news.replica as usize] = load,
            }
        }
    }
}

impl World {
    /// The replica, numbered within the service, that a decider chooses for a caller in `zone`.
    #[inline(never)]
    pub(super) fn pick(
        &mut self,
        plan: &Plan,
        (service, decider, zone): (usize, usize, u32),
        now: u64,
        avoid: &[u32],
    ) -> Option<u32> {
        let known = &mut self.views[service];
        if known.is_delayed {
            known.catch_up(plan, service, now);
        }
        let decider = &mut self.deciders[service][decider];
        let state = &self.services[service];
        let mut eligible = known.views[decider.view as usize].list(zone);
        if !avoid.is_empty() {
            self.scratch.clear();
            self.scratch.extend(eligible.iter().copied().filter(|one| !avoid.contains(one)));
            if !self.scratch.is_empty() {
                eligible = &self.scratch;
            }
        }
        if eligible.is_empty() {
            return None;
        }
        let load = if state.counts_own {
            decider.outstanding.as_slice()
        } else if known.is_delayed {
            known.load_known.as_slice()
        } else {
            state.load.as_slice()
        };
        let view = FleetView { eligible, load, speed: &plan.services[service].speed };
        Some(decider.balancer.pick(&view, &mut decider.stream))
    }

    /// The replica, numbered within the service, that takes the next job of a shared queue: one with a free slot.
    pub(super) fn pick_free(&mut self, plan: &Plan, service: usize) -> u32 {
        let state = &self.services[service];
        let decider = &mut self.deciders[service][0];
        let view =
            FleetView { eligible: &state.free, load: &state.load, speed: &plan.services[service].speed };
        decider.balancer.pick(&view, &mut decider.stream)
    }
}
