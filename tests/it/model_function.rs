//! A function beside a model of one that shares no line with it: random settings, random instants, the same numbers.
//!
//! The model is written for clarity, with a list that is searched for everything. Times are constant and instants to the
//! nanosecond, so nothing happens at once and every answer is exact.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use proptest::prelude::*;
use proptest::sample::select;

use crate::behaviour::{outcome, value};

const SECOND: u64 = 1_000_000_000;
/// When the run ends, long after the last request [s].
const HORIZON: u32 = 2_000;

#[derive(Debug, Clone)]
struct Case {
    concurrency: u32,
    max: u32,
    /// How many may wait without an instance; none for any number.
    pending: Option<u32>,
    choice: &'static str,
    /// With `waits = "first"`, whether a start that nobody needs is given up.
    first: Option<bool>,
    keep: u64,
    start: u64,
    demand: u64,
    /// Tokens at once, and how many come in how many seconds.
    scale_up: Option<(u32, u32, u32)>,
    /// The most requests, and how many instances of those are always there.
    reserved: Option<(u32, u32)>,
    lifetime: Option<u64>,
    /// Between requests.
    gaps: Vec<u64>,
}

fn case() -> impl Strategy<Value = Case> {
    let choices = |concurrency| match concurrency {
        1 => select(&["most-recent", "least-recent", "newest", "oldest"][..]),
        _ => select(&["newest", "oldest", "fullest", "emptiest"][..]),
    };
    let time = |least: u64, most: u64| least..most * SECOND;
    let alone = (
        prop::option::of((1..6u32, 0..6u32).prop_map(|(all, ready)| (all, ready.min(all)))),
        prop::option::of(time(1, 30)),
    );
    let limits =
        (select(&[1, 2, 3, 5, 8, 1_000][..]), prop::option::of(0..4u32), prop::option::of(any::<bool>()));
    let times = (time(1, 8), prop_oneof![time(1, 3), 1..SECOND / 5], time(SECOND / 20, 2));
    let scale_up = prop::option::of((1..5u32, 1..4u32, select(&[1, 2, 5][..])));
    // Some come in a burst.
    let gaps =
        prop::collection::vec(prop_oneof![3 => time(1, 1), 2 => time(1, 5), 1 => 1..SECOND / 50], 1..200);
    select(&[1, 1, 1, 2, 3][..]).prop_flat_map(move |concurrency| {
        let own = (Just(concurrency), choices(concurrency), alone.clone());
        (own, limits.clone(), times.clone(), scale_up.clone(), gaps.clone()).prop_map(
            |((concurrency, choice, (reserved, lifetime)), (max, pending, first), times, scale_up, gaps)| {
                let (keep, start, demand) = times;
                // Requests and instances are the same number with one request in each.
                let reserved = reserved.filter(|_| concurrency == 1);
                let max = max.max(reserved.map_or(1, |(_, ready)| ready));
                Case {
                    concurrency,
                    max,
                    pending,
                    choice,
                    first,
                    keep,
                    start,
                    demand,
                    scale_up,
                    reserved,
                    lifetime,
                    gaps,
                }
            },
        )
    })
}

impl Case {
    fn instants(&self) -> Vec<u64> {
        let mut now = SECOND;
        self.gaps
            .iter()
            .map(|gap| {
                now += gap;
                now
            })
            .collect()
    }

    fn text(&self) -> String {
        let at: Vec<String> = self.instants().iter().map(|at| format!("\"{at}ns\"")).collect();
        let mut keys = vec![
            format!("max_instances = {}", self.max),
            format!("choice = \"{}\"", self.choice),
            format!("keep_alive = \"{}ns\"", self.keep),
            self.pending.map_or("pending = \"unlimited\"".to_owned(), |most| format!("pending = {most}")),
        ];
        if let Some(cancels) = self.first {
            keys.push(format!(
                "waits = \"first\", surplus = \"{}\"",
                if cancels { "cancel" } else { "keep" }
            ));
        }
        keys.extend(self.scale_up.map(|(burst, count, seconds)| {
            format!("scale_up = {{ burst = {burst}, refill = \"{count}/{seconds}s\" }}")
        }));
        keys.extend(self.reserved.map(|(all, ready)| format!("reserved = {all}, provisioned = {ready}")));
        keys.extend(self.lifetime.map(|lifetime| format!("lifetime = \"{lifetime}ns\"")));
        format!(
            "[client.c]\ncalls = \"s\"\narrival = {{ process = \"schedule\", at = [{}] }}\n\
             [service.s]\nconcurrency = {}\ndemand = \"{}ns\"\nstart = \"{}ns\"\nfunction = {{ {} }}\n",
            at.join(", "),
            self.concurrency,
            self.demand,
            self.start,
            keys.join(", ")
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive(usize),
    Up(usize),
    Done(usize, usize),
    Expire(usize, u64),
    Token,
}

#[derive(Debug, Default)]
struct Instance {
    born: u64,
    is_provisioned: bool,
    is_ready: bool,
    is_gone: bool,
    busy: u32,
    /// Requests that wait until it is ready.
    waiting: VecDeque<usize>,
    freed: u64,
    idle_since: Option<u64>,
}

struct Model<'a> {
    case: &'a Case,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    planned: u64,
    /// All that ever were, in the order of their births.
    instances: Vec<Instance>,
    /// Requests without an instance.
    door: VecDeque<usize>,
    /// Requests on instances that are not provisioned.
    on_demand: u32,
    /// Tokens, of which one is as many as its period has nanoseconds, and when they were that many.
    tokens: (u128, u64),
    awaits_token: bool,
    arrived: Vec<u64>,
    cold: u64,
    throttled: u64,
    latencies: u128,
    answered: u64,
    most: usize,
    present: u128,
    busy: u128,
}

impl<'a> Model<'a> {
    fn new(case: &'a Case) -> Self {
        let provisioned = case.reserved.map_or(0, |(_, ready)| ready);
        let instance = |_| Instance { is_provisioned: true, is_ready: true, ..Instance::default() };
        let period = case
            .scale_up
            .map_or(0, |(burst, _, seconds)| u128::from(burst) * u128::from(seconds) * u128::from(SECOND));
        Self {
            case,
            now: 0,
            events: BinaryHeap::new(),
            planned: 0,
            instances: (0..provisioned).map(instance).collect(),
            door: VecDeque::new(),
            on_demand: 0,
            tokens: (period, 0),
            awaits_token: false,
            arrived: case.instants(),
            cold: 0,
            throttled: 0,
            latencies: 0,
            answered: 0,
            most: provisioned as usize,
            present: 0,
            busy: 0,
        }
    }

    fn run(mut self) -> Self {
        for (request, at) in self.arrived.clone().into_iter().enumerate() {
            self.plan(at, Event::Arrive(request));
        }
        let end = u64::from(HORIZON) * SECOND;
        while let Some(Reverse((at, _, event))) = self.events.pop().filter(|Reverse((at, ..))| *at < end) {
            self.pass(at);
            match event {
                Event::Arrive(request) => self.arrive(request),
                Event::Up(instance) => self.up(instance),
                Event::Done(instance, request) => self.done(instance, request),
                Event::Expire(instance, since) => self.expire(instance, since),
                Event::Token => {
                    self.awaits_token = false;
                    self.serve_door();
                }
            }
        }
        self.pass(end);
        self
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.events.push(Reverse((at, self.planned, event)));
    }

    fn pass(&mut self, at: u64) {
        let length = u128::from(at - self.now);
        self.present += self.alive().count() as u128 * length;
        self.busy += self.alive().filter(|one| self.instances[*one].busy > 0).count() as u128 * length;
        self.now = at;
    }

    fn alive(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.instances.len()).filter(|one| !self.instances[*one].is_gone)
    }

    fn starting(&self) -> Vec<usize> {
        self.alive().filter(|one| !self.instances[*one].is_ready).collect()
    }

    /// Whether so many requests more, starts for those who wait first counted, are within what is reserved.
    fn has_room(&self) -> bool {
        let starting = if self.case.first.is_some() { self.starting().len() as u32 } else { 0 };
        self.case.reserved.is_none_or(|(all, ready)| self.on_demand + starting < all - ready)
    }

    fn has_token(&mut self) -> bool {
        let Some((burst, count, seconds)) = self.case.scale_up else { return true };
        let period = u128::from(seconds) * u128::from(SECOND);
        let (level, at) = self.tokens;
        let level = (level + u128::from(self.now - at) * u128::from(count)).min(u128::from(burst) * period);
        self.tokens = (level, self.now);
        level >= period
    }

    fn may_start(&mut self) -> bool {
        self.has_room() && self.alive().count() < self.case.max as usize && self.has_token()
    }

    fn start(&mut self, request: Option<usize>) {
        if let Some((_, _, seconds)) = self.case.scale_up {
            self.tokens.0 -= u128::from(seconds) * u128::from(SECOND);
        }
        self.cold += 1;
        self.on_demand += u32::from(request.is_some());
        self.instances.push(Instance {
            born: self.now,
            waiting: request.into_iter().collect(),
            ..Instance::default()
        });
        self.most = self.most.max(self.alive().count());
        self.plan(self.now + self.case.start, Event::Up(self.instances.len() - 1));
    }

    /// The one of some that the choice of the function takes.
    fn choose(&self, among: &[usize]) -> Option<usize> {
        let load = |one: &usize| self.instances[*one].busy as usize + self.instances[*one].waiting.len();
        let freed = |one: &usize| self.instances[*one].freed;
        let among = among.iter().copied();
        match self.case.choice {
            "most-recent" => among.max_by_key(|one| (freed(one), *one)),
            "least-recent" => among.min_by_key(|one| (freed(one), *one)),
            "newest" => among.max(),
            "oldest" => among.min(),
            "fullest" => among.max_by_key(|one| (load(one), *one)),
            _ => among.min_by_key(|one| (load(one), Reverse(*one))),
        }
    }

    /// The instance that serves a request at once.
    fn free(&self) -> Option<usize> {
        let is_free =
            |one: &usize| self.instances[*one].is_ready && self.instances[*one].busy < self.case.concurrency;
        let (ready, others): (Vec<usize>, Vec<usize>) =
            self.alive().filter(is_free).partition(|one| self.instances[*one].is_provisioned);
        let others = if self.has_room_for_one() { others } else { Vec::new() };
        self.choose(&ready).or_else(|| self.choose(&others))
    }

    fn has_room_for_one(&self) -> bool {
        self.case.reserved.is_none_or(|(all, ready)| self.on_demand < all - ready)
    }

    /// The instance that starts and has room for a request in front of it.
    fn joinable(&self) -> Option<usize> {
        let has_room = |one: &usize| self.instances[*one].waiting.len() < self.case.concurrency as usize;
        self.choose(&self.starting().into_iter().filter(has_room).collect::<Vec<_>>())
    }

    fn serve(&mut self, instance: usize, request: usize, is_counted: bool) {
        let one = &mut self.instances[instance];
        self.on_demand += u32::from(!one.is_provisioned && !is_counted);
        one.busy += 1;
        one.idle_since = None;
        self.plan(self.now + self.case.demand, Event::Done(instance, request));
    }

    fn arrive(&mut self, request: usize) {
        if let Some(instance) = self.free().filter(|_| self.door.is_empty()) {
            return self.serve(instance, request, false);
        }
        if self.case.first.is_some() {
            let without = self.door.len().saturating_sub(self.starting().len());
            if without == 0 && self.may_start() {
                self.start(None);
                return self.door.push_back(request);
            }
            return self.wait(request, without);
        }
        if self.door.is_empty() {
            if let Some(instance) = self.joinable().filter(|_| self.has_room()) {
                self.on_demand += 1;
                return self.instances[instance].waiting.push_back(request);
            }
            if self.may_start() {
                return self.start(Some(request));
            }
        }
        self.wait(request, self.door.len());
    }

    /// A request waits for which nothing starts, beside so many others.
    fn wait(&mut self, request: usize, others: usize) {
        if self.case.pending.is_some_and(|most| others >= most as usize) {
            self.throttled += 1;
            return;
        }
        self.door.push_back(request);
        self.await_token();
    }

    fn await_token(&mut self) {
        let Some((_, count, seconds)) = self.case.scale_up else { return };
        if self.awaits_token || self.door.is_empty() || self.has_token() {
            return;
        }
        let missing = u128::from(seconds) * u128::from(SECOND) - self.tokens.0;
        self.awaits_token = true;
        self.plan(self.now + missing.div_ceil(u128::from(count)) as u64, Event::Token);
    }

    /// Room or a token may have come for those who wait.
    fn serve_door(&mut self) {
        while !self.door.is_empty() {
            if let Some(instance) = self.free() {
                let request = self.door.pop_front().unwrap();
                self.serve(instance, request, false);
            } else if self.case.first.is_some() {
                if self.door.len() <= self.starting().len() || !self.may_start() {
                    break;
                }
                self.start(None);
            } else if let Some(instance) = self.joinable().filter(|_| self.has_room()) {
                self.on_demand += 1;
                let request = self.door.pop_front().unwrap();
                self.instances[instance].waiting.push_back(request);
            } else if self.may_start() {
                let request = self.door.pop_front();
                self.start(request);
            } else {
                break;
            }
        }
        self.await_token();
    }

    fn up(&mut self, instance: usize) {
        if self.instances[instance].is_gone {
            return;
        }
        self.instances[instance].is_ready = true;
        self.instances[instance].freed = self.now;
        while let Some(request) = self.instances[instance].waiting.pop_front() {
            self.serve(instance, request, true);
        }
        self.go_on(instance);
    }

    fn done(&mut self, instance: usize, request: usize) {
        self.latencies += u128::from(self.now - self.arrived[request]);
        self.answered += 1;
        let one = &mut self.instances[instance];
        one.busy -= 1;
        one.freed = self.now;
        self.on_demand -= u32::from(!one.is_provisioned);
        self.go_on(instance);
    }

    /// An instance takes who waits, or has nothing to do.
    fn go_on(&mut self, instance: usize) {
        while self.instances[instance].busy < self.case.concurrency
            && (self.instances[instance].is_provisioned || self.has_room_for_one())
            && let Some(request) = self.door.pop_front()
        {
            self.serve(instance, request, false);
        }
        if self.case.first == Some(true) {
            while let starting = self.starting()
                && starting.len() > self.door.len()
            {
                self.instances[*starting.last().unwrap()].is_gone = true;
            }
        }
        let one = &mut self.instances[instance];
        if one.busy == 0 {
            one.idle_since = Some(self.now);
            let old = self.case.lifetime.map(|lifetime| (one.born + lifetime).max(self.now));
            let until = old.map_or(self.now + self.case.keep, |old| old.min(self.now + self.case.keep));
            if !one.is_provisioned {
                if until == self.now {
                    return self.expire(instance, self.now);
                }
                self.plan(until, Event::Expire(instance, self.now));
            }
        }
        self.serve_door();
    }

    fn expire(&mut self, instance: usize, since: u64) {
        let one = &mut self.instances[instance];
        if one.idle_since == Some(since) && !one.is_gone {
            one.is_gone = true;
            self.serve_door();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_function_is_what_a_plain_model_of_it_is(case in case()) {
        let model = Model::new(&case).run();
        let text = case.text();
        let found = outcome(HORIZON, &text);
        let length = f64::from(HORIZON) * 1e9;
        let latency = if model.answered == 0 { 0.0 } else { model.latencies as f64 / 1e9 / model.answered as f64 };
        let mut expected = vec![
            ("service.s/cold_starts", model.cold as f64),
            ("service.s/starts", model.cold as f64),
            ("service.s/instances_mean", model.present as f64 / length),
            ("service.s/instances_busy_mean", model.busy as f64 / length),
            ("service.s/instances_max", model.most as f64),
            ("client.c/goodput", model.answered as f64 / f64::from(HORIZON)),
        ];
        if model.answered > 0 {
            expected.push(("client.c/latency_mean", latency));
        }
        prop_assert_eq!(model.answered + model.throttled, model.arrived.len() as u64);
        for (metric, wanted) in expected {
            let found = value(&found, metric);
            prop_assert!(
                (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                "{} is {} instead of {} in\n{}", metric, found, wanted, text
            );
        }
    }
}
