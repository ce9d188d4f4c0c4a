//! Future events in total order: time, then rank, then the order in which they were planned.
//!
//! A key is one `u128`: time 64 bits, rank 3, sequence 35, payload 26. Its sequence number is also the generation of
//! the event: whoever waits for it remembers the number, so an event that was overtaken is recognised when it comes up
//! and nothing has to be searched and removed.
//!
//! Events come from five places, whose heads are compared: a heap for what is near and frequent, the next arrival of
//! each source, a heap for what is rare, and for each constant delay a first-in-first-out lane, which is always in
//! order and needs no heap. There are lanes of two kinds. A lane of timers sleeps until its head can be due; dead heads
//! are skipped in one sweep. A post is a lane of messages, each of which arrives. What is neither near nor an arrival has
//! one common head, so that the next event is found by two comparisons.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

use crate::units::{SimDuration, SimTime};

/// Order of events at one instant; within a rank it is that in which they were planned.
///
/// So an answer at its timeout is in time, a boot or repair that ends when a request arrives serves it, and a decision that
/// takes no time is carried out before who arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rank {
    /// Work completes, answers arrive; marks of the run.
    Completion = 0,
    /// A repair ends.
    Repair = 1,
    /// A fault begins.
    Fault = 2,
    /// A health check or monitor looks.
    Check = 3,
    /// Somebody decides: a controller says how many replicas there should be.
    Decide = 4,
    /// A timeout or retry timer.
    Timer = 5,
    /// A request or attempt arrives.
    Arrival = 6,
}

const SEQUENCE_BITS: u32 = 35;
/// Bits of a payload.
pub const PAYLOAD_BITS: u32 = 26;
const RANK_SHIFT: u32 = SEQUENCE_BITS + PAYLOAD_BITS;

/// How many events a calendar can number.
pub const EVENTS_MAX: u64 = (1 << SEQUENCE_BITS) - 1;

/// How many rare events can be pending at once.
pub const RARE_MAX: u32 = 1 << PAYLOAD_BITS;

/// Time, rank, sequence and payload of an event, in one number that sorts as they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u128);

impl Key {
    /// Later than every event.
    pub const NEVER: Self = Self(u128::MAX);

    /// When it is due.
    #[inline]
    pub const fn time(self) -> SimTime {
        SimTime::from_nanos((self.0 >> 64) as u64)
    }

    /// The low 32 bits of its sequence number, which recognise it among those that can be pending.
    #[inline]
    pub const fn stamp(self) -> u32 {
        (self.0 as u64 >> PAYLOAD_BITS) as u32
    }

    /// What it is about.
    #[inline]
    pub const fn payload(self) -> u32 {
        self.0 as u32 & ((1 << PAYLOAD_BITS) - 1)
    }
}

/// Names a rare event that may be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle(u32);

#[derive(Debug, Clone)]
struct Lane {
    delay: u64,
    /// Lower bound of its first live entry.
    wake: Key,
    entries: VecDeque<Key>,
}

/// Messages that are all under way for the same time, whatever their rank.
#[derive(Debug, Clone)]
struct Post {
    delay: SimDuration,
    /// The earliest message.
    head: Key,
    /// Those after it.
    messages: VecDeque<Key>,
    /// The latest of all that were sent.
    last: Key,
}

/// Future events; rare ones carry an `E`.
#[derive(Debug, Clone)]
pub struct Calendar<E> {
    sequence: u64,
    near: BinaryHeap<Reverse<Key>>,
    /// The earliest arrival; those of the other sources are in the heap.
    arrival: Key,
    arrivals: BinaryHeap<Reverse<Key>>,
    far: BinaryHeap<Reverse<Key>>,
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    lanes: Vec<Lane>,
    /// The earliest of the far heap and the lanes of timers.
    rare: Key,
    posts: Vec<Post>,
    /// The earliest message of the posts, and the post that has it.
    message: Key,
    next_post: usize,
    /// The earlier of the two.
    other: Key,
    /// Whether an event found no number.
    is_full: bool,
}

#[derive(Debug, Clone, Copy)]
struct Slot<E> {
    event: Option<E>,
}

/// Where the next event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The heap of frequent events; it stays at the top until popped or replaced.
    Near(Key),
    /// The arrival of a source; it stays until the source's next one is given.
    Arrival(Key),
    /// A message, a rare event or a lane; see [`Calendar::take_message`] and [`Calendar::take_other`].
    Other(Key),
    /// Nothing is planned.
    Nothing,
}

/// What [`Calendar::take_other`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other<E> {
    /// A rare event, now gone from the calendar.
    Rare(E),
    /// A rare event that was cancelled.
    Cancelled,
    /// The lane that wakes; sweep it with [`Calendar::lane_head`] and [`Calendar::lane_drop`].
    Lane(usize),
}

impl<E: Copy> Calendar<E> {
    /// An empty calendar with a lane for each delay.
    pub fn new(delays: &[SimDuration]) -> Self {
        Self {
            sequence: 0,
            near: BinaryHeap::with_capacity(64),
            arrival: Key::NEVER,
            arrivals: BinaryHeap::new(),
            far: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            lanes: delays
                .iter()
                .map(|delay| Lane { delay: delay.as_nanos(), wake: Key::NEVER, entries: VecDeque::new() })
                .collect(),
            rare: Key::NEVER,
            posts: Vec::new(),
            message: Key::NEVER,
            next_post: 0,
            other: Key::NEVER,
            is_full: false,
        }
    }

    /// Adds a post whose messages are all under way for `delay`, and returns its number.
    pub fn add_post(&mut self, delay: SimDuration) -> usize {
        self.posts.push(Post { delay, head: Key::NEVER, messages: VecDeque::new(), last: Key(0) });
        self.posts.len() - 1
    }

    /// Whether more rare events than [`RARE_MAX`] were planned at once; those beyond are lost.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The stamp of the event that was planned last.
    pub fn last_stamp(&self) -> u32 {
        self.sequence as u32
    }

    /// How many events were planned so far.
    #[inline]
    pub fn planned(&self) -> u64 {
        self.sequence
    }

    /// A key for an event at `time`; later than every event when `time` is the end of the clock.
    #[inline(always)]
    pub fn key(&mut self, time: SimTime, rank: Rank, payload: u32) -> Key {
        debug_assert!(payload < 1 << PAYLOAD_BITS, "a payload has {PAYLOAD_BITS} bits");
        self.sequence += 1;
        let low = ((rank as u64) << RANK_SHIFT) | (self.sequence << PAYLOAD_BITS) | u64::from(payload);
        Key(u128::from(time.as_nanos()) << 64 | u128::from(low))
    }

    /// Plans a frequent event and returns its stamp; what is due at the end of the clock never happens.
    #[inline(always)]
    pub fn plan(&mut self, time: SimTime, rank: Rank, payload: u32) -> u32 {
        let key = self.key(time, rank, payload);
        if time < SimTime::NEVER {
            self.near.push(Reverse(key));
        }
        key.stamp()
    }

    /// Plans a frequent event in place of the one at the top and returns its stamp.
    #[inline(always)]
    pub fn replace(&mut self, time: SimTime, rank: Rank, payload: u32) -> u32 {
        let key = self.key(time, rank, payload);
        if time == SimTime::NEVER {
            self.near.pop();
        } else if let Some(mut top) = self.near.peek_mut() {
            *top = Reverse(key);
        }
        key.stamp()
    }

    /// Removes the frequent event at the top.
    #[inline(always)]
    pub fn pop(&mut self) {
        self.near.pop();
    }

    /// Adds an arrival source with its first arrival.
    pub fn add_source(&mut self, time: SimTime, source: u32) {
        let key = self.key(time, Rank::Arrival, source);
        if time == SimTime::NEVER {
            return;
        }
        if key < self.arrival {
            let later = std::mem::replace(&mut self.arrival, key);
            if later < Key::NEVER {
                self.arrivals.push(Reverse(later));
            }
        } else {
            self.arrivals.push(Reverse(key));
        }
    }

    /// Replaces the earliest arrival by the next one of the same source.
    #[inline(always)]
    pub fn advance_source(&mut self, time: SimTime, source: u32) {
        let mut key = self.key(time, Rank::Arrival, source);
        if time == SimTime::NEVER {
            key = Key::NEVER;
        }
        if let Some(mut top) = self.arrivals.peek_mut()
            && top.0 < key
        {
            std::mem::swap(&mut top.0, &mut key);
            if top.0 == Key::NEVER {
                PeekMut::pop(top);
            }
        }
        self.arrival = key;
    }

    /// Sends a message by a post at `now`; what is due at the end of the clock never arrives.
    #[inline(always)]
    pub fn send(&mut self, post: usize, now: SimTime, (rank, payload): (Rank, u32)) {
        let at = now + self.posts[post].delay;
        let key = self.key(at, rank, payload);
        if at == SimTime::NEVER {
            return;
        }
        let own = &mut self.posts[post];
        if key < own.last {
            return self.send_before(post, key);
        }
        own.last = key;
        if own.head < Key::NEVER {
            return own.messages.push_back(key);
        }
        own.head = key;
        if key < self.message {
            self.announce(post);
        }
    }

    /// Sends a message that arrives at the instant of the one before it, and for its rank comes first.
    #[cold]
    #[inline(never)]
    fn send_before(&mut self, post: usize, key: Key) {
        let own = &mut self.posts[post];
        let later = own.head.max(key);
        own.head = own.head.min(key);
        if later < Key::NEVER {
            let place = own.messages.partition_point(|one| *one < later);
            own.messages.insert(place, later);
        } else {
            own.last = key;
        }
        if own.head < self.message {
            self.announce(post);
        }
    }

    /// The head of this post is the earliest message.
    #[inline(always)]
    fn announce(&mut self, post: usize) {
        self.message = self.posts[post].head;
        self.next_post = post;
        self.other = self.message.min(self.rare);
    }

    /// Takes what [`Next::Other`] announced under `key`, if it is a message; whether it was one.
    #[inline(always)]
    pub fn take_message(&mut self, key: Key) -> bool {
        if key != self.message {
            return false;
        }
        let own = &mut self.posts[self.next_post];
        own.head = own.messages.pop_front().unwrap_or(Key::NEVER);
        self.message = own.head;
        if self.posts.len() > 1 {
            self.find_message();
        }
        self.other = self.message.min(self.rare);
        true
    }

    /// Finds the earliest message where there are several posts.
    fn find_message(&mut self) {
        for (number, post) in self.posts.iter().enumerate() {
            if post.head < self.message {
                (self.message, self.next_post) = (post.head, number);
            }
        }
    }

    /// Plans a rare event.
    pub fn plan_rare(&mut self, time: SimTime, rank: Rank, event: E) -> Option<Handle> {
        if time == SimTime::NEVER {
            return None;
        }
        if self.free.is_empty() && self.slots.len() == RARE_MAX as usize {
            self.is_full = true;
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { event: None });
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize].event = Some(event);
        let key = self.key(time, rank, slot);
        self.far.push(Reverse(key));
        self.come(key);
        Some(Handle(slot))
    }

    /// Cancels a rare event that has not come up yet.
    pub fn cancel(&mut self, handle: Handle) {
        self.slots[handle.0 as usize].event = None;
    }

    /// Starts a timer in a lane at `now`.
    #[inline]
    pub fn start_timer(&mut self, lane: usize, now: SimTime, payload: u32) {
        let delay = SimDuration::from_nanos(self.lanes[lane].delay);
        let key = self.key(now + delay, Rank::Timer, payload);
        let lane = &mut self.lanes[lane];
        lane.entries.push_back(key);
        if lane.wake == Key::NEVER {
            lane.wake = key;
            self.come(key);
        }
    }

    /// The next event.
    #[inline(always)]
    pub fn next(&self) -> Next {
        let near = self.near.peek().map_or(Key::NEVER, |top| top.0);
        if near < self.arrival {
            if near < self.other { Next::Near(near) } else { Next::Other(self.other) }
        } else if self.arrival < self.other {
            Next::Arrival(self.arrival)
        } else if self.other == Key::NEVER {
            Next::Nothing
        } else {
            Next::Other(self.other)
        }
    }

    /// A rare event or a timer is due at `key`.
    #[inline]
    fn come(&mut self, key: Key) {
        self.rare = self.rare.min(key);
        self.other = self.other.min(key);
    }

    /// Takes what [`Next::Other`] announced under `key` and is no message: a rare event, or the lane that wakes.
    pub fn take_other(&mut self, key: Key) -> Other<E> {
        if self.far.peek().is_some_and(|top| top.0 == key) {
            self.far.pop();
            let slot = key.payload();
            self.free.push(slot);
            self.refresh();
            return self.slots[slot as usize].event.take().map_or(Other::Cancelled, Other::Rare);
        }
        let lane = self.lanes.iter().position(|lane| lane.wake == key);
        Other::Lane(lane.expect("the other head is a rare event or a lane"))
    }

    /// The head of a lane.
    pub fn lane_head(&self, lane: usize) -> Option<Key> {
        self.lanes[lane].entries.front().copied()
    }

    /// Drops the head of a lane: it is dead, or has just fired.
    pub fn lane_drop(&mut self, lane: usize) {
        self.lanes[lane].entries.pop_front();
    }

    /// Lets a lane sleep until its head.
    pub fn lane_sleep(&mut self, lane: usize) {
        self.lanes[lane].wake = self.lanes[lane].entries.front().copied().unwrap_or(Key::NEVER);
        self.refresh();
    }

    fn refresh(&mut self) {
        let far = self.far.peek().map_or(Key::NEVER, |top| top.0);
        self.rare = self.lanes.iter().map(|lane| lane.wake).fold(far, Key::min);
        self.other = self.rare.min(self.message);
    }
}
