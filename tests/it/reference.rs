//! What is fast equals what is slow and obvious: the calendar, and integrals over time.

use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::simulate_heard;
use ninefold::kernel::calendar::{Calendar, Handle, Next, Other, Rank};
use ninefold::model::fleet::Life;
use ninefold::model::system::System;
use ninefold::units::{SimDuration, SimTime};
use proptest::prelude::*;

use crate::sample::{Form, load, samples};

/// Delays of the lanes; times are small, so that ties are frequent.
const DELAYS: [u64; 2] = [3, 7];
/// Delays of the posts.
const POSTS: [u64; 3] = [2, 5, u64::MAX];
const SOURCES: u32 = 3;

/// Something to do to both calendars.
#[derive(Debug, Clone)]
enum Step {
    Near { after: u64, rank: u8 },
    Replace { after: u64, rank: u8 },
    Rare { after: u64, rank: u8 },
    Cancel { which: usize },
    Timer { lane: usize, dies: bool },
    Send { post: usize, rank: u8 },
    Take,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = || prop_oneof![9 => 0..6u64, 1 => Just(u64::MAX)];
    let step = prop_oneof![
        2 => (after(), 0..7u8).prop_map(|(after, rank)| Step::Near { after, rank }),
        1 => (after(), 0..7u8).prop_map(|(after, rank)| Step::Replace { after, rank }),
        2 => (after(), 0..7u8).prop_map(|(after, rank)| Step::Rare { after, rank }),
        1 => (0..8usize).prop_map(|which| Step::Cancel { which }),
        2 => (0..DELAYS.len(), any::<bool>()).prop_map(|(lane, dies)| Step::Timer { lane, dies }),
        3 => (0..POSTS.len(), 0..7u8).prop_map(|(post, rank)| Step::Send { post, rank }),
        6 => Just(Step::Take),
    ];
    prop::collection::vec(step, 1..200)
}

fn rank(number: u8) -> Rank {
    use Rank::{Arrival, Check, Completion, Decide, Fault, Repair, Timer};
    [Completion, Repair, Fault, Check, Decide, Timer, Arrival][number as usize]
}

/// What happens: kinds of events with their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Near(u32),
    Arrival(u32),
    Rare(u32),
    Timer(u32),
    Message(u32),
}

/// A list that is sorted before each look.
#[derive(Default)]
struct Slow {
    planned: u64,
    events: Vec<(u64, u8, u64, Event)>,
}

impl Slow {
    fn plan(&mut self, at: u64, rank: u8, event: Event) {
        self.planned += 1;
        if at < u64::MAX {
            self.events.push((at, rank, self.planned, event));
        }
    }

    fn first(&mut self) -> Option<(u64, u8, u64, Event)> {
        self.events.sort_by_key(|(at, rank, planned, _)| (*at, *rank, *planned));
        self.events.first().copied()
    }

    fn drop(&mut self, event: Event) {
        self.events.retain(|one| one.3 != event);
    }
}

/// Both calendars, and what their user remembers.
struct Pair {
    fast: Calendar<u32>,
    slow: Slow,
    now: u64,
    number: u32,
    rare: Vec<(Handle, u32)>,
    /// Timers by number: whether they are alive.
    alive: Vec<bool>,
}

impl Pair {
    fn new() -> Self {
        let delays = DELAYS.map(SimDuration::from_nanos);
        let mut pair = Self {
            fast: Calendar::new(&delays),
            slow: Slow::default(),
            now: 0,
            number: 0,
            rare: Vec::new(),
            alive: Vec::new(),
        };
        for delay in POSTS {
            pair.fast.add_post(SimDuration::from_nanos(delay));
        }
        for source in 0..SOURCES {
            let at = 5 * u64::from(source % 2);
            pair.fast.add_source(SimTime::from_nanos(at), source);
            pair.slow.plan(at, Rank::Arrival as u8, Event::Arrival(source));
        }
        pair
    }

    fn due(&mut self, after: u64) -> u64 {
        self.number += 1;
        self.now.saturating_add(after)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Near { after, rank: order } => {
                let at = self.due(after);
                self.fast.plan(SimTime::from_nanos(at), rank(order), self.number);
                self.slow.plan(at, order, Event::Near(self.number));
            }
            Step::Replace { after, rank: order } => self.replace(after, order),
            Step::Rare { after, rank: order } => {
                let at = self.due(after);
                let handle = self.fast.plan_rare(SimTime::from_nanos(at), rank(order), self.number);
                assert_eq!(handle.is_none(), at == u64::MAX);
                // Only what can come up takes a number in the order.
                if let Some(handle) = handle {
                    self.rare.push((handle, self.number));
                    self.slow.plan(at, order, Event::Rare(self.number));
                }
            }
            Step::Cancel { which } => {
                if !self.rare.is_empty() {
                    let (handle, number) = self.rare.swap_remove(which % self.rare.len());
                    self.fast.cancel(handle);
                    self.slow.drop(Event::Rare(number));
                }
            }
            Step::Timer { lane, dies } => {
                let number = self.alive.len() as u32;
                self.alive.push(!dies);
                self.fast.start_timer(lane, SimTime::from_nanos(self.now), number);
                self.slow.plan(self.now + DELAYS[lane], Rank::Timer as u8, Event::Timer(number));
                if dies {
                    self.slow.drop(Event::Timer(number));
                }
            }
            Step::Send { post, rank: order } => {
                let at = self.due(POSTS[post]);
                self.fast.send(post, SimTime::from_nanos(self.now), (rank(order), self.number));
                self.slow.plan(at, order, Event::Message(self.number));
            }
            Step::Take => self.take(),
        }
    }

    /// Handles a frequent event at the top by planning the next in its place.
    fn replace(&mut self, after: u64, order: u8) {
        let Next::Near(key) = self.fast.next() else { return };
        self.expect(key.time(), Event::Near(key.payload()));
        let at = self.due(after);
        self.fast.replace(SimTime::from_nanos(at), rank(order), self.number);
        self.slow.plan(at, order, Event::Near(self.number));
    }

    /// The slow calendar's next event is this one; it is gone from it then.
    fn expect(&mut self, at: SimTime, event: Event) {
        let first = self.slow.first().expect("the fast calendar has one more");
        assert_eq!((at.as_nanos(), event), (first.0, first.3));
        self.now = first.0;
        self.slow.events.remove(0);
    }

    /// Takes the next event that is not dead from both.
    fn take(&mut self) {
        loop {
            match self.fast.next() {
                Next::Near(key) => {
                    self.fast.pop();
                    return self.expect(key.time(), Event::Near(key.payload()));
                }
                Next::Arrival(key) => {
                    let source = key.payload();
                    self.expect(key.time(), Event::Arrival(source));
                    // Some arrive at once again, some never.
                    let next =
                        if self.number % 11 == 10 { u64::MAX } else { self.now + u64::from(source) * 2 };
                    self.number += 1;
                    self.fast.advance_source(SimTime::from_nanos(next), source);
                    return self.slow.plan(next, Rank::Arrival as u8, Event::Arrival(source));
                }
                Next::Other(key) if self.fast.take_message(key) => {
                    return self.expect(key.time(), Event::Message(key.payload()));
                }
                Next::Other(key) => match self.fast.take_other(key) {
                    Other::Rare(number) => {
                        self.rare.retain(|(_, one)| *one != number);
                        return self.expect(key.time(), Event::Rare(number));
                    }
                    Other::Cancelled => {}
                    Other::Lane(lane) => {
                        if self.sweep(lane, key) {
                            return;
                        }
                    }
                },
                Next::Nothing => return assert_eq!(self.slow.first(), None),
            }
        }
    }

    /// Drops the dead heads of a lane; whether a live one fired.
    fn sweep(&mut self, lane: usize, due: ninefold::kernel::calendar::Key) -> bool {
        while let Some(head) = self.fast.lane_head(lane) {
            let is_alive = self.alive[head.payload() as usize];
            if is_alive && head > due {
                break;
            }
            self.fast.lane_drop(lane);
            if is_alive {
                self.fast.lane_sleep(lane);
                self.expect(head.time(), Event::Timer(head.payload()));
                return true;
            }
        }
        self.fast.lane_sleep(lane);
        false
    }
}

/// Every change of three gauges, with its time: attempts inside each service, each replica up, each replica down.
struct Changes {
    inside: Vec<Vec<(SimTime, i64)>>,
    up: Vec<Vec<(SimTime, i64)>>,
    down: Vec<Vec<(SimTime, i64)>>,
    /// Whether each replica has started and not begun to leave, and whether it is up.
    now: Vec<(bool, bool)>,
}

impl Changes {
    fn new(system: &System) -> Self {
        let there = system
            .services
            .iter()
            .flat_map(|service| (0..service.replicas.len() as u32).map(|seat| service.is_present(seat)));
        let now: Vec<_> = there.map(|is_there| (is_there, is_there)).collect();
        let nothing = vec![Vec::new(); now.len()];
        Self { inside: vec![Vec::new(); system.services.len()], up: nothing.clone(), down: nothing, now }
    }

    fn turn(&mut self, at: SimTime, replica: u32, to: (bool, bool)) {
        let replica = replica as usize;
        let from = std::mem::replace(&mut self.now[replica], to);
        let level = |(counts, is_up): (bool, bool)| (i64::from(is_up), i64::from(counts && !is_up));
        self.up[replica].push((at, level(to).0 - level(from).0));
        self.down[replica].push((at, level(to).1 - level(from).1));
    }
}

impl Hear for Changes {
    fn hear(&mut self, now: SimTime, note: Note) {
        match note {
            Note::AttemptAdmitted { service, .. } => self.inside[service as usize].push((now, 1)),
            Note::AttemptLeft { service, .. } => self.inside[service as usize].push((now, -1)),
            Note::ReplicaChanged { replica, is_up } => {
                self.turn(now, replica, (self.now[replica as usize].0, is_up));
            }
            Note::SeatChanged { replica, life, .. } => {
                let counts = life == Life::Up;
                self.turn(now, replica, (counts, counts && self.now[replica as usize].1));
            }
            _ => {}
        }
    }
}

/// Sum over stretches between changes of length within the span times level.
fn integral(start: i64, changes: &[(SimTime, i64)], (from, to): (SimTime, SimTime)) -> i128 {
    let (mut level, mut since, mut sum) = (start, SimTime::ZERO, 0);
    for (at, change) in changes.iter().copied().chain([(SimTime::NEVER, 0)]) {
        let inside = at.min(to).since(since.max(from)).as_nanos();
        sum += i128::from(level) * i128::from(inside);
        level += change;
        since = at;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn the_calendar_keeps_the_order_of_a_sorted_list(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
        }
        for _ in 0..steps.len() {
            pair.take();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

    #[test]
    fn integrals_equal_the_sum_over_all_stretches(sample in samples()) {
        let scenario = load(&sample.text(Form::Open));
        let (system, span) = (&scenario.system, &scenario.run.span);
        let mut changes = Changes::new(system);
        let starts = changes.now.clone();
        let measured = simulate_heard(system, span, (1, 0), &mut changes).unwrap();
        let stretch = (span.transient, span.horizon);
        for (service, changes) in measured.services.iter().zip(&changes.inside) {
            prop_assert_eq!(service.in_system as i128, integral(0, changes, stretch));
        }
        for (number, replica) in measured.replicas.iter().enumerate() {
            let start = i64::from(starts[number].1);
            prop_assert_eq!(replica.up as i128, integral(start, &changes.up[number], stretch));
            prop_assert_eq!(replica.down as i128, integral(0, &changes.down[number], stretch));
        }
    }
}
