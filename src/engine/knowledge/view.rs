//! What deciders know of a fleet.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::knowledge::ground::Ground;
use crate::engine::knowledge::outlier::OutlierWatch;
use crate::engine::knowledge::shard::Part;
use crate::engine::plan::{NONE, Plan};
use crate::kernel::distribution::Distribution;
use crate::kernel::stream::{Purpose, Stream, draw, mix};
use crate::model::balancing::{Balancer, FleetChange, Host, Locality, Pool, Sessions};
use crate::model::monitoring::{Knowledge, Start};
use crate::units::SimTime;

/// What the deciders of one service know: one view for all, or one for each where their checks differ.
#[derive(Debug, Clone)]
pub(in crate::engine) struct ServiceViews {
    pub(in crate::engine) views: Vec<View>,
    /// News on the way, the earliest first, those of one instant in the order of the changes.
    news: BinaryHeap<Reverse<News>>,
    /// When the last news of each replica's health and load arrive: later news never overtakes earlier.
    last_health: Vec<u64>,
    last_load: Vec<u64>,
    pub(in crate::engine) load_known: Vec<u32>,
    /// Whether news take time.
    pub(in crate::engine) is_delayed: bool,
    pub(in crate::engine) key: u64,
    changes: u64,
    /// Replicas of sessions, where they are kept.
    pub(in crate::engine) sessions: Option<Sessions>,
    /// Callers in each zone.
    callers: Vec<u32>,
    /// Whether the policy is asked also where one replica is left: because it may want none or remembers whom it picked, or
    /// because who may be chosen depends on where the caller is, even if all are in one zone, or on whose request it is.
    is_always_asked: bool,
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
pub(in crate::engine) struct View {
    /// Who is known to be in the fleet.
    joined: Vec<bool>,
    believed: Vec<bool>,
    /// Whom outlier detection has put out.
    ejected: Vec<bool>,
    /// Zones in which nobody is to be picked.
    avoided: Vec<u32>,
    /// Since when each is believed up; 0 for those that always were.
    pub(in crate::engine) since: Vec<SimTime>,
    /// For each zone of callers, or for all, the parts of the fleet that may be chosen from.
    lists: Vec<Vec<Pool>>,
    /// How often they were split.
    version: u64,
    /// How often somebody joined or left.
    roll: u64,
}

/// Who asks for a replica, and for what.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Asking {
    pub(in crate::engine) service: usize,
    pub(in crate::engine) decider: usize,
    /// Where the caller is.
    pub(in crate::engine) zone: u32,
    /// The session of its request; 0 where it does not matter.
    pub(in crate::engine) session: u64,
    /// What its shard is chosen by; 0 where the service has none.
    pub(in crate::engine) shard: u64,
}

/// One balancer.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Decider {
    /// The memory of its policy, for each part of the fleet.
    pub(in crate::engine) balancers: Vec<Balancer>,
    /// The replicas that it uses.
    pub(in crate::engine) part: Part,
    pub(in crate::engine) stream: Stream,
    pub(in crate::engine) view: u32,
    /// What it has sent to each replica and not heard of.
    pub(in crate::engine) outstanding: Vec<u32>,
    /// How it finds replicas to eject, if it does.
    pub(in crate::engine) watch: Option<Box<OutlierWatch>>,
}

impl Decider {
    /// A replica joined the fleet, or left it.
    pub(in crate::engine) fn change(&mut self, change: &FleetChange) {
        self.balancers.iter_mut().for_each(|balancer| balancer.change(change));
        if let Some(watch) = &mut self.watch {
            watch.change(change);
        }
    }
}

impl View {
    fn new(ground: &Ground<'_>) -> Self {
        let count = ground.plan.services[ground.service].speed.len();
        let mut view = Self {
            joined: (0..count).map(|replica| ground.may_be_chosen(replica)).collect(),
            believed: vec![starts_believed(ground); count],
            ejected: vec![false; count],
            avoided: Vec::new(),
            since: vec![SimTime::ZERO; count],
            lists: Vec::new(),
            version: 0,
            roll: 0,
        };
        view.rebuild(ground);
        view
    }

    pub(in crate::engine) fn believes(&self, replica: u32) -> bool {
        self.believed[replica as usize]
    }

    pub(in crate::engine) fn has_joined(&self, replica: u32) -> bool {
        self.joined[replica as usize]
    }

    /// Nobody looks at it any more; how many replicas were out.
    pub(in crate::engine) fn end(&mut self) -> u64 {
        let out = self.ejected.iter().filter(|is_out| **is_out).count();
        self.ejected.fill(false);
        out as u64
    }

    pub(in crate::engine) fn has_ejected(&self, replica: u32) -> bool {
        self.ejected[replica as usize]
    }

    /// Puts a replica out, or takes it back.
    fn eject(&mut self, ground: &Ground<'_>, (replica, is_out): (u32, bool)) {
        self.ejected[replica as usize] = is_out;
        self.change(ground, replica);
    }

    /// A replica is known to have joined at `now`, believed up or not, or to have left.
    fn join(&mut self, ground: &Ground<'_>, (replica, joins): (u32, bool), (is_up, now): (bool, u64)) {
        let place = replica as usize;
        self.joined[place] = joins;
        self.roll += 1;
        if joins {
            self.believed[place] = is_up;
            self.since[place] = SimTime::from_nanos(now);
        }
        self.ejected[place] = false;
        self.change(ground, replica);
    }

    /// Notes what is believed of a replica; whether that is new.
    fn mark(&mut self, ground: &Ground<'_>, (replica, is_up, now): (u32, bool, u64)) -> bool {
        let known = &mut self.believed[replica as usize];
        if *known == is_up {
            return false;
        }
        *known = is_up;
        if is_up {
            self.since[replica as usize] = SimTime::from_nanos(now);
        }
        self.change(ground, replica);
        true
    }

    /// Takes in that a replica may be chosen, or may not any more.
    fn change(&mut self, ground: &Ground<'_>, replica: u32) {
        let may_be_chosen = self.may_choose(ground, replica);
        // A fleet that is one part is not split anew: of thousands of replicas one may change at any moment.
        if ground.is_whole()
            && let [pools] = self.lists.as_mut_slice()
            && let [Pool { eligible, .. }] = pools.as_mut_slice()
        {
            match (eligible.binary_search(&replica), may_be_chosen) {
                (Err(place), true) => eligible.insert(place, replica),
                (Ok(place), false) if eligible.len() > 1 => drop(eligible.remove(place)),
                (Ok(_), false) => return self.rebuild(ground),
                (Ok(_), true) | (Err(_), false) => {}
            }
            self.version += 1;
            return;
        }
        self.rebuild(ground);
    }

    fn rebuild(&mut self, ground: &Ground<'_>) {
        self.lists = self.split(ground, None);
        self.version += 1;
    }

    /// How often somebody joined the fleet or left it: the same number, the same members.
    pub(in crate::engine) fn roll(&self) -> u64 {
        self.roll
    }

    /// How often the fleet was split: another number, other parts.
    pub(in crate::engine) fn version(&self) -> u64 {
        self.version
    }

    /// How many replicas there may ever be.
    pub(in crate::engine) fn replicas(&self) -> u32 {
        self.joined.len() as u32
    }

    /// Whether a replica may be chosen where places, priorities and panic say nothing.
    pub(in crate::engine) fn may_choose(&self, ground: &Ground<'_>, replica: u32) -> bool {
        self.has_joined(replica) && self.is_sound(replica as usize, ground.zone_of(replica))
    }

    /// Whether a replica, of a zone, is believed up and not put out.
    fn is_sound(&self, replica: usize, zone: u32) -> bool {
        self.believed[replica] && !self.ejected[replica] && !self.avoided.contains(&zone)
    }

    fn hosts(&self, ground: &Ground<'_>, uses: Option<&[bool]>) -> Vec<Host> {
        let host = |replica: usize| {
            let zone = ground.zone_of(replica as u32);
            let is_up = self.is_sound(replica, zone);
            let is_used = self.joined[replica] && uses.is_none_or(|uses| uses[replica]);
            Host { zone, region: ground.plan.zone_regions[zone as usize], is_up, is_used }
        };
        (0..self.joined.len()).map(host).collect()
    }

    /// For each zone of callers, or for all, the parts of the fleet that may be chosen from, or of those that are used.
    pub(in crate::engine) fn split(&self, ground: &Ground<'_>, uses: Option<&[bool]>) -> Vec<Vec<Pool>> {
        let (hosts, spread) = (self.hosts(ground, uses), ground.spread());
        let zones = if spread.is_local() { ground.plan.zone_regions.len() } else { 1 };
        (0..zones as u32).map(|zone| spread.split(&hosts, ground.origin(zone))).collect()
    }

    /// The same for callers of one zone.
    pub(in crate::engine) fn split_for(
        &self,
        ground: &Ground<'_>,
        uses: Option<&[bool]>,
        zone: u32,
    ) -> Vec<Pool> {
        ground.spread().split(&self.hosts(ground, uses), ground.origin(zone))
    }

    #[inline]
    pub(in crate::engine) fn pools(&self, zone: u32) -> &[Pool] {
        if let [all] = self.lists.as_slice() { all } else { &self.lists[zone as usize] }
    }
}

/// Whether deciders take a replica for up that they have just heard of. Those who are told the truth know it.
fn starts_believed(ground: &Ground<'_>) -> bool {
    let system = &ground.plan.system.services[ground.service];
    let is_checking = system.health_check.as_ref().is_some_and(|check| check.start == Start::Checking);
    !(is_checking && matches!(system.balancing.knowledge, Knowledge::Checked))
}

impl ServiceViews {
    pub(in crate::engine) fn new(
        plan: &Plan,
        service: usize,
        (views, zones): (usize, &[u32]),
        key: u64,
    ) -> Self {
        let balancing = &plan.system.services[service].balancing;
        let callers = plan.services[service].callers.clone();
        let view = View::new(&Ground { plan, service, zones, callers: &callers });
        Self {
            views: vec![view; views],
            news: BinaryHeap::new(),
            last_health: vec![0; plan.services[service].speed.len()],
            last_load: vec![0; plan.services[service].speed.len()],
            load_known: vec![0; plan.services[service].speed.len()],
            is_delayed: matches!(balancing.knowledge, Knowledge::Delayed { .. }),
            key,
            changes: 0,
            sessions: balancing.sticky.as_ref().map(Sessions::new),
            callers,
            is_always_asked: balancing.spread.is_local()
                || balancing.policy.needs().every_pick
                || balancing.shard.is_some(),
        }
    }

    /// The only replica that may be chosen, whoever asks, and without asking the policy; none where there are several or the
    /// policy is always asked.
    pub(in crate::engine) fn only(&self) -> u32 {
        match self.views.as_slice() {
            [View { lists, .. }] if !self.is_delayed && !self.is_always_asked => match lists.as_slice() {
                [pools] => match pools.as_slice() {
                    [Pool { eligible, .. }] if eligible.len() == 1 => eligible[0],
                    _ => NONE,
                },
                _ => NONE,
            },
            _ => NONE,
        }
    }

    pub(in crate::engine) fn ground<'a>(
        &'a self,
        plan: &'a Plan,
        (service, zones): (usize, &'a [u32]),
    ) -> Ground<'a> {
        Ground { plan, service, zones, callers: &self.callers }
    }

    /// The views, and where they stand.
    fn grounded<'a>(
        &'a mut self,
        plan: &'a Plan,
        (service, zones): (usize, &'a [u32]),
    ) -> (&'a mut [View], Ground<'a>) {
        (&mut self.views, Ground { plan, service, zones, callers: &self.callers })
    }

    /// Notes what a view believes of a replica; whether that is new.
    pub(in crate::engine) fn mark(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        view: usize,
        change: (u32, bool, u64),
    ) -> bool {
        let (views, ground) = self.grounded(plan, at);
        views[view].mark(&ground, change)
    }

    /// A view puts a replica out, or takes it back.
    pub(in crate::engine) fn eject(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        view: usize,
        change: (u32, bool),
    ) {
        let (views, ground) = self.grounded(plan, at);
        views[view].eject(&ground, change);
    }

    /// Nobody picks replicas in these zones any more, and all others again.
    pub(in crate::engine) fn avoid(&mut self, plan: &Plan, at: (usize, &[u32]), avoided: &[u32]) {
        let (views, ground) = self.grounded(plan, at);
        for view in views {
            view.avoided = avoided.to_vec();
            view.rebuild(&ground);
        }
    }

    /// Deciders hear that a replica has joined, which works or not, or that it is leaving.
    pub(in crate::engine) fn join(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        (replica, joins): (u32, bool),
        (works, now): (bool, u64),
    ) {
        let is_checked = matches!(plan.system.services[at.0].balancing.knowledge, Knowledge::Checked);
        let (views, ground) = self.grounded(plan, at);
        let is_up = if is_checked { starts_believed(&ground) } else { works };
        for view in views {
            view.join(&ground, (replica, joins), (is_up, now));
        }
        if let Some(sessions) = &mut self.sessions {
            sessions.forget(replica);
        }
    }

    /// Deciders hear that a replica serves, or stands by; what they believe of it they know already.
    pub(in crate::engine) fn turn_role(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        (replica, serves): (u32, bool),
        now: u64,
    ) {
        let (views, ground) = self.grounded(plan, at);
        for view in views {
            let is_up = view.believes(replica);
            view.join(&ground, (replica, serves), (is_up, now));
        }
        if let Some(sessions) = &mut self.sessions {
            sessions.forget(replica);
        }
    }

    /// A decider that begins now knows who is in the fleet, and nothing else.
    pub(in crate::engine) fn begin(&mut self, plan: &Plan, at: (usize, &[u32]), view: usize, now: u64) {
        let (views, ground) = self.grounded(plan, at);
        let is_up = starts_believed(&ground);
        let own = &mut views[view];
        own.believed.fill(is_up);
        own.ejected.fill(false);
        own.since.fill(SimTime::from_nanos(now));
        own.rebuild(&ground);
    }

    /// A caller in a zone came or went.
    pub(in crate::engine) fn count_caller(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        (zone, joins): (u32, bool),
    ) {
        let callers = &mut self.callers[zone as usize];
        *callers = if joins { *callers + 1 } else { *callers - 1 };
        if plan.system.services[at.0].balancing.spread.locality == Locality::ZoneAware {
            let (views, ground) = self.grounded(plan, at);
            for view in views {
                view.rebuild(&ground);
            }
        }
    }

    /// The truth about a replica changed at `now`.
    pub(in crate::engine) fn learn(
        &mut self,
        plan: &Plan,
        at: (usize, &[u32]),
        (replica, is_up): (u32, bool),
        now: u64,
    ) {
        match &plan.system.services[at.0].balancing.knowledge {
            Knowledge::Checked => {}
            Knowledge::Perfect => {
                self.mark(plan, at, 0, (replica, is_up, now));
            }
            Knowledge::Delayed { delay, rejoin } => {
                let law = if is_up { rejoin } else { delay };
                self.send_news(law, replica, About::Health(is_up), now);
            }
        }
    }

    /// The load of a replica changed at `now`; noted where news about it takes time.
    pub(in crate::engine) fn learn_load(
        &mut self,
        plan: &Plan,
        service: usize,
        change: (u32, u32),
        now: u64,
    ) {
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
    pub(in crate::engine) fn catch_up(&mut self, plan: &Plan, at: (usize, &[u32]), now: u64) {
        while let Some(Reverse(news)) = self.news.peek().copied().filter(|Reverse(news)| news.at <= now) {
            self.news.pop();
            match news.about {
                About::Health(is_up) => {
                    self.mark(plan, at, 0, (news.replica, is_up, news.at));
                }
                About::Load(load) => self.load_known[news.replica as usize] = load,
            }
        }
    }
}
