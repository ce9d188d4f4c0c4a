//! Queues: messages are taken in, received, and deleted when their consumer has done what they ask for.
//!
//! A queue is a service whose attempts take messages in: see [`accept`]. A message is a record here. A receive makes an
//! attempt at the consumer, of a call whose owner is the receive: see [`receive`]; how that ended comes back to
//! [`outcome`]. Nothing else of the engine knows of messages, and without queues nothing here is ever asked.

mod accept;
mod batch;
mod lane;
mod outcome;
mod receive;
mod retention;
mod way;

use std::collections::{BTreeMap, VecDeque};

use crate::engine::event::Rare;
use crate::engine::listener::{Delivery, Listener, Note};
use crate::engine::plan::{NONE, Plan};
use crate::engine::queue::lane::Lane;
use crate::engine::task::Origin;
use crate::engine::world::Cx;
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::slab::Slab;
use crate::model::effect::Work;
use crate::model::event::{EventQueue, Polling};
use crate::units::SimTime;

/// Work that is kept without a look at what it is good for.
const KEPT: usize = 1_024;

/// All queues of a system and what is in them.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Queues {
    all: Vec<Queue>,
    messages: Slab<Message>,
    receives: Slab<Receive>,
    /// Work that messages ask for, as long as its request is not over.
    works: BTreeMap<Work, Progress>,
    /// How much of it was left the last time that what is over was dropped.
    works_left: usize,
    /// How many messages and receives were named so far.
    names: u64,
}

/// A queue while time runs.
#[derive(Debug, Clone)]
struct Queue {
    lanes: Vec<Lane>,
    /// The lane of each session or group that has messages waiting or in flight, and lanes that are free.
    by_session: BTreeMap<u64, u32>,
    free_lanes: Vec<u32>,
    /// Lanes from which a batch may be taken, by a number that rises: the one first that has been so for the longest time.
    ready: BTreeMap<u64, u32>,
    turns: u64,
    /// Messages that are there, in whatever state.
    held: u32,
    /// The ends of the list of messages in the order in which they came.
    oldest: u32,
    newest: u32,
    /// When the oldest is looked at, if that is planned.
    expiry: Option<Handle>,
    /// When looks at the queue are planned, the next one last [ns].
    looks: Vec<u64>,
    /// When the messages of each receive become visible again [ns], and its number and name: in order, as all take the
    /// same time. The first one is of a receive that is there.
    visibilities: VecDeque<(u64, u32, u64)>,
    /// Whether a look at the first of them is planned.
    is_visibility_planned: bool,
    /// Until when nothing is received [ns].
    paused_until: u64,
    /// Receives that are out, how many may be, and when there may be one more [ns].
    busy: u32,
    pollers: u32,
    next_poller: Option<u64>,
    /// Slots for which messages are on their way, by replica.
    coming: BTreeMap<u32, u32>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is not visible yet, or waits to be tried again.
    Delayed,
    /// It waits for a receive.
    Visible,
    /// It was received.
    InFlight,
}

/// A message.
#[derive(Debug, Clone, Copy)]
struct Message {
    /// Tells it from others that have had its number; none has 0.
    name: u64,
    queue: u32,
    key: u64,
    origin: Origin,
    session: u64,
    /// When the request began that sent it, when it came into this queue, and since when it is visible [ns].
    start: u64,
    accepted: u64,
    visible_since: u64,
    /// How often it was received, failed at the function, and was refused there.
    receives: u32,
    failures: u32,
    refusals: u32,
    /// The receive that had it last.
    receipt: u64,
    place: Place,
    lane: u32,
    /// Measured and invalid bits as in a task.
    flags: u16,
    priority: u8,
    /// Which version of the function it asks for.
    target: u8,
    /// Its neighbours among those of its queue in the order in which they came, unless it is too old already.
    older: u32,
    newer: u32,
    is_too_old: bool,
    /// Whether it tells of another message, so that no client waits for what it asks for.
    is_record: bool,
}

/// Messages that were received together.
#[derive(Debug, Clone, Default)]
struct Receive {
    /// Tells it from others that have had its number.
    name: u64,
    queue: u32,
    /// Which version of its consumer the messages ask for.
    target: u8,
    items: Vec<Item>,
    /// The replica of its consumer that asked, within the service, as long as they are on their way to it; none where it
    /// does not matter which.
    slot: u32,
    /// When they were received [ns].
    began: u64,
    /// Whether the consumer has them still.
    is_out: bool,
    /// Whether they become visible again if they are not done by then.
    is_timed: bool,
    is_measured: bool,
}

/// A message that was received, as it was then.
#[derive(Debug, Clone, Copy)]
struct Item {
    message: u32,
    name: u64,
    /// Key of the work on it in this receive.
    key: u64,
    origin: Origin,
    flags: u16,
    result: Done,
}

/// What became of a message at its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Well,
    /// It was done before, and the record of that answers.
    Before,
    /// Another attempt is at it.
    Elsewhere,
    Failed,
}

/// Work that messages ask for.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Messages and receives that may do it; without any it is kept as long as its request may send it again.
    copies: u32,
    is_done: bool,
    is_measured: bool,
    client: u32,
    /// When the request began that asks for it [ns].
    start: u64,
}

/// What a queue was set to.
fn settings(plan: &Plan, queue: u32) -> &EventQueue {
    let service = plan.queues.services[queue as usize] as usize;
    plan.system.services[service].events.as_deref().unwrap_or_else(|| unreachable!("it is a queue"))
}

impl Queues {
    /// All of them, empty.
    pub(in crate::engine) fn new(plan: &Plan) -> Self {
        let queue = |number: u32| {
            let consumer = settings(plan, number).consumer;
            let pollers = match consumer.map(|consumer| consumer.polling) {
                Some(Polling::Pollers(pollers)) => pollers.start,
                _ => 0,
            };
            Queue {
                lanes: Vec::new(),
                by_session: BTreeMap::new(),
                free_lanes: Vec::new(),
                ready: BTreeMap::new(),
                turns: 0,
                held: 0,
                oldest: NONE,
                newest: NONE,
                expiry: None,
                looks: Vec::new(),
                visibilities: VecDeque::new(),
                is_visibility_planned: false,
                paused_until: 0,
                busy: 0,
                pollers,
                next_poller: None,
                coming: BTreeMap::new(),
            }
        };
        let all = (0..plan.queues.services.len() as u32).map(queue).collect();
        Self { all, ..Self::default() }
    }

    /// A queue is looked at no later than at an instant.
    pub(in crate::engine) fn look_at<L: Listener>(&mut self, cx: &mut Cx<'_, L>, queue: u32, at: u64) {
        let own = &mut self.all[queue as usize];
        if own.looks.last().is_none_or(|next| at < *next) {
            own.looks.push(at);
            cx.clock.calendar.plan_rare(SimTime::from_nanos(at), Rank::Timer, Rare::Queue(queue));
        }
    }

    /// Tells who listens what happened to a message.
    fn tell<L: Listener>(&self, cx: &mut Cx<'_, L>, number: u32, turn: Delivery) {
        if L::LISTENS {
            let message = &self.messages[number];
            let queue = cx.plan.queues.services[message.queue as usize];
            let note = Note::MessageTurned { queue, message: message.key, turn };
            cx.listener.note(SimTime::from_nanos(cx.now), note);
        }
    }

    /// Whose work the messages of a receive are.
    pub(in crate::engine) fn origins_of(&self, receive: u32) -> Vec<Origin> {
        self.receives[receive].items.iter().map(|item| item.origin).collect()
    }

    /// Keys of the requests whose messages are there.
    pub(in crate::engine) fn requests(&self) -> impl Iterator<Item = u64> {
        self.works.iter().filter(|(_, progress)| progress.copies > 0).map(|(work, _)| work.request)
    }

    /// Whether it is time to drop work of the past.
    pub(in crate::engine) fn is_full_of_the_past(&self) -> bool {
        self.works.len() > 2 * self.works_left + KEPT
    }

    /// Drops work of requests that are over: `live` has the keys of all others, rising.
    pub(in crate::engine) fn forget_all_but(&mut self, live: &[u64]) {
        self.works.retain(|work, _| live.binary_search(&work.request).is_ok());
        self.works_left = self.works.len();
    }

    /// A message of this number, unless it is gone.
    fn find(&self, message: u32, name: u64) -> Option<&Message> {
        let found = &self.messages.all()[message as usize];
        (found.name == name).then_some(found)
    }

    fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// Messages of measured requests that a queue holds at the end: those that wait, and those in flight.
    pub(in crate::engine) fn left(&self, queue: u32) -> [u64; 2] {
        let held = self.messages.all().iter().filter(|one| one.name != 0 && one.queue == queue);
        held.filter(|one| one.is_measured()).fold([0; 2], |[waiting, flying], one| {
            if one.place == Place::InFlight { [waiting, flying + 1] } else { [waiting + 1, flying] }
        })
    }

    /// Work that measured requests of each client asked for and that may still be done.
    pub(in crate::engine) fn pending(&self, client: u32) -> u64 {
        let open = self.works.values().filter(|work| work.copies > 0 && work.is_measured && !work.is_done);
        open.filter(|work| work.client == client).count() as u64
    }
}
