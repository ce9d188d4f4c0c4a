//! A queue and its consumer beside a model of them that shares no line with them: random settings, random instants, the
//! same numbers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

use crate::behaviour::{outcome_of, value};

const SECOND: u64 = 1_000_000_000;
/// When the run ends, long after everything is over [s].
const HORIZON: u64 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Standard,
    Fifo,
    /// In flight until the consumer answers.
    Stream,
}

#[derive(Debug, Clone)]
struct Case {
    order: Order,
    slots: u32,
    batch: usize,
    window: u64,
    visibility: u64,
    /// How often a message is received, and whether there is a queue for those that were received too often.
    receives: Option<(u32, bool)>,
    retention: u64,
    delay: u64,
    demand: u64,
    fails: bool,
    gaps: Vec<u64>,
}

fn case() -> impl Strategy<Value = Case> {
    let time = |least: u64, most: u64| least..most * SECOND;
    let maybe = move |most| prop_oneof![Just(0), time(1, most)];
    let order = select(&[Order::Standard, Order::Fifo, Order::Stream][..]);
    let taken = (select(&[1, 2, 4][..]), select(&[1, 1, 2, 5][..]), maybe(4), time(SECOND / 20, 3));
    let kept = (
        time(SECOND / 2, 10),
        prop::option::of((select(&[1, 2, 4][..]), any::<bool>())),
        prop_oneof![time(5, 60), Just(900 * SECOND)],
        maybe(3),
    );
    let gaps =
        prop::collection::vec(prop_oneof![3 => time(1, 1), 2 => time(1, 5), 1 => 1..SECOND / 50], 1..120);
    (order, taken, kept, prop::bool::weighted(0.35), gaps).prop_map(
        |(order, (slots, batch, window, demand), (visibility, receives, retention, delay), fails, gaps)| {
            // What keeps its order comes in its order.
            let delay = if order == Order::Standard { delay } else { 0 };
            Case { order, slots, batch, window, visibility, receives, retention, delay, demand, fails, gaps }
        },
    )
}

impl Case {
    fn text(&self) -> String {
        let mut now = SECOND;
        let at: Vec<String> = self
            .gaps
            .iter()
            .map(|gap| {
                now += gap;
                format!("\"{now}ns\"")
            })
            .collect();
        let visibility = match self.order {
            Order::Stream => "\"none\"".to_owned(),
            _ => format!("\"{}ns\"", self.visibility),
        };
        let mut keys = format!(
            "visibility = {visibility}\nretention = \"{}ns\"\ndelay = \"{}ns\"\n",
            self.retention, self.delay
        );
        if self.order != Order::Standard {
            keys += "order = \"fifo\"\ngroups = 1\n";
        }
        let mut dead = "";
        if let Some((most, has_dead)) = self.receives {
            let _ = writeln!(keys, "max_receives = {most}");
            if has_dead {
                keys += "dead_letter = \"queue.dead\"\n";
                dead = "[queue.dead]\n";
            }
        }
        format!(
            "[client.c]\ncalls = \"jobs\"\narrival = {{ process = \"schedule\", at = [{}] }}\n\
             [queue.jobs]\n{keys}{dead}\
             [service.w]\nreplicas = {}\nqueue = {{ at = \"service\" }}\ndemand = \"{}ns\"\nerror_ratio = {}\n\
             consumes = {{ from = \"queue.jobs\", batch = {}, window = \"{}ns\" }}\n",
            at.join(", "),
            self.slots,
            self.demand,
            u8::from(self.fails),
            self.batch,
            self.window
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Send,
    Visible(usize),
    /// The visibility of a receive is over.
    Back(usize, u64),
    /// The consumer answers for the messages of a receive.
    Answer(Vec<usize>, u64),
    Expire(usize),
    /// After all else of an instant.
    Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Delayed,
    Visible,
    InFlight,
    Gone,
}

struct Message {
    accepted: u64,
    place: Place,
    receives: u32,
    /// Its latest receive.
    receipt: u64,
    visible_since: u64,
}

struct Model<'a> {
    case: &'a Case,
    now: u64,
    events: BinaryHeap<Reverse<(u64, bool, u64, Event)>>,
    planned: u64,
    messages: Vec<Message>,
    /// Those that are visible, in the order in which they are received.
    line: Vec<usize>,
    busy: u32,
    receives: u64,
    done: u64,
    redeliveries: u64,
    dead: u64,
    expired: u64,
    ages: u128,
    backlog: u128,
    requests: u64,
}

impl<'a> Model<'a> {
    fn new(case: &'a Case) -> Self {
        Self {
            case,
            now: 0,
            events: BinaryHeap::new(),
            planned: 0,
            messages: Vec::new(),
            line: Vec::new(),
            busy: 0,
            receives: 0,
            done: 0,
            redeliveries: 0,
            dead: 0,
            expired: 0,
            ages: 0,
            backlog: 0,
            requests: 0,
        }
    }

    fn run(mut self) -> Self {
        let mut at = SECOND;
        for gap in &self.case.gaps {
            at += gap;
            self.plan(at, Event::Send);
        }
        while let Some(Reverse((at, _, _, event))) = self.events.pop() {
            self.backlog += self.line.len() as u128 * u128::from(at - self.now);
            self.now = at;
            match event {
                Event::Send => self.send(),
                Event::Visible(message) => self.show(message),
                Event::Back(message, receipt) => self.back(message, receipt),
                Event::Answer(batch, receipt) => self.answer(&batch, receipt),
                Event::Expire(message) => {
                    if self.messages[message].place != Place::Gone {
                        self.expired += 1;
                        self.leave(message);
                    }
                }
                Event::Look => {
                    self.look();
                    continue;
                }
            }
            self.plan(at, Event::Look);
        }
        self
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.events.push(Reverse((at, event == Event::Look, self.planned, event)));
    }

    fn send(&mut self) {
        self.requests += 1;
        let (message, now) = (self.messages.len(), self.now);
        let place = Place::Delayed;
        self.messages.push(Message { accepted: now, place, receives: 0, receipt: 0, visible_since: 0 });
        self.plan(now + self.case.retention, Event::Expire(message));
        if self.case.delay == 0 {
            self.show(message);
        } else {
            self.plan(now + self.case.delay, Event::Visible(message));
        }
    }

    fn show(&mut self, message: usize) {
        let one = &mut self.messages[message];
        if one.place == Place::Gone {
            return;
        }
        (one.place, one.visible_since) = (Place::Visible, self.now);
        self.line.push(message);
        if self.case.order != Order::Standard {
            // As they were sent.
            self.line.sort_unstable();
        }
    }

    fn back(&mut self, message: usize, receipt: u64) {
        let one = &self.messages[message];
        if one.place == Place::InFlight && one.receipt == receipt {
            self.show(message);
        }
    }

    /// A message is gone for good.
    fn leave(&mut self, message: usize) {
        self.messages[message].place = Place::Gone;
        self.ages += u128::from(self.now - self.messages[message].accepted);
        self.line.retain(|one| *one != message);
    }

    fn look(&mut self) {
        while let Some(first) = self.line.first()
            && self.busy < self.case.slots
        {
            let in_flight = self.messages.iter().any(|one| one.place == Place::InFlight);
            if self.case.order != Order::Standard && in_flight {
                return;
            }
            let full_at = self.messages[*first].visible_since + self.case.window;
            if self.line.len() < self.case.batch && full_at > self.now {
                return self.plan(full_at, Event::Look);
            }
            let mut batch = Vec::new();
            while batch.len() < self.case.batch && !self.line.is_empty() {
                let message = self.line.remove(0);
                let most = self.case.receives.map_or(u32::MAX, |(most, _)| most);
                if self.messages[message].receives >= most {
                    self.dead += 1;
                    self.leave(message);
                } else {
                    batch.push(message);
                }
            }
            if !batch.is_empty() {
                self.receive(batch);
            }
        }
    }

    fn receive(&mut self, batch: Vec<usize>) {
        self.requests += 1;
        self.receives += 1;
        let receipt = self.receives;
        for message in &batch {
            let one = &mut self.messages[*message];
            one.receives += 1;
            (one.place, one.receipt) = (Place::InFlight, receipt);
            self.redeliveries += u64::from(one.receives > 1);
            if self.case.order != Order::Stream {
                self.plan(self.now + self.case.visibility, Event::Back(*message, receipt));
            }
        }
        self.busy += 1;
        self.plan(self.now + self.case.demand * batch.len() as u64, Event::Answer(batch, receipt));
    }

    fn answer(&mut self, batch: &[usize], receipt: u64) {
        self.busy -= 1;
        let mut deletes = false;
        for message in batch {
            let one = &self.messages[*message];
            let is_last = one.place != Place::Gone && one.receipt == receipt;
            let is_kept = self.case.order != Order::Standard && one.place != Place::InFlight;
            if self.case.fails && self.case.order == Order::Stream {
                self.back(*message, receipt);
            } else if !self.case.fails && is_last && !is_kept {
                deletes = true;
                self.done += 1;
                self.leave(*message);
            }
        }
        self.requests += u64::from(deletes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn a_queue_is_what_a_plain_model_of_it_is(case in case()) {
        let model = Model::new(&case).run();
        let text = format!("[cost]\nqueue = \"1/request\"\n{}", case.text());
        let found = outcome_of(&format!("horizon = \"{HORIZON}s\""), &text);
        let left = model.done + model.dead + model.expired;
        prop_assert_eq!(left, model.messages.len() as u64);
        let months = HORIZON as f64 / 3600.0 / 730.0;
        let expected = [
            ("queue.jobs/events_done", model.done as f64),
            ("queue.jobs/redeliveries", model.redeliveries as f64),
            ("queue.jobs/dead_lettered", model.dead as f64),
            ("queue.jobs/events_expired", model.expired as f64),
            ("queue.jobs/backlog_mean", model.backlog as f64 / 1e9 / HORIZON as f64),
            ("queue.jobs/age_mean", model.ages as f64 / 1e9 / left as f64),
            ("queue.jobs/cost_queue", model.requests as f64 / months),
        ];
        for (metric, wanted) in expected {
            let found = value(&found, metric);
            prop_assert!(
                (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                "{} is {} instead of {} in\n{}", metric, found, wanted, text
            );
        }
    }
}
