//! Random queues: no message is lost or made from nothing, and runs depend on nothing but their seed.

use std::collections::BTreeMap;

use ninefold::engine::listener::{Delivery, Hear, Note};
use ninefold::engine::{Simulation, simulate, simulate_heard};
use ninefold::measure::{InstanceRow, Measurements};
use ninefold::scenario::Scenario;
use ninefold::units::SimTime;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::audit::{agree, run};
use crate::sample::load;

fn cases(fast: u32) -> Config {
    let slow = std::env::var_os("NINEFOLD_SLOW").is_some_and(|value| value == "1");
    let mut config = Config::with_cases(if slow { 20 * fast } else { fast });
    config.failure_persistence = None;
    config
}

fn law(most: u32) -> BoxedStrategy<String> {
    prop_oneof![
        (0..=most).prop_map(|mean| format!("\"{mean}ms\"")),
        (1..=most).prop_map(|mean| format!("{{ distribution = \"exponential\", mean = \"{mean}ms\" }}")),
    ]
    .boxed()
}

fn maybe(line: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![1 => line.boxed(), 2 => Just(String::new())].boxed()
}

fn lines(all: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    all.prop_map(|lines| lines.into_iter().filter(|line| !line.is_empty()).map(|line| line + "\n").collect())
        .boxed()
}

/// Keys of a queue that others may not wait for.
fn queue(dead: &'static str) -> BoxedStrategy<String> {
    let order = prop_oneof![
        3 => (1..400u32).prop_map(|time| format!("visibility = \"{time}ms\"")),
        1 => (1..400u32, 1..4u32).prop_map(|(time, groups)| {
            format!("visibility = \"{time}ms\"\norder = \"fifo\"\ngroups = {groups}")
        }),
        1 => (1..400u32).prop_map(|time| format!("visibility = \"{time}ms\"\norder = \"fifo\"")),
        1 => (1..4u32, 1..5u32).prop_map(|(groups, most)| {
            format!("visibility = \"none\"\norder = \"fifo\"\ngroups = {groups}\nmax_receives = {most}")
        }),
    ];
    let receives = (1..5u32, any::<bool>()).prop_map(move |(most, goes_on)| {
        let dead = if goes_on { format!("dead_letter = \"queue.{dead}\"\n") } else { String::new() };
        (most, dead)
    });
    let more = lines(vec![
        maybe(law(30).prop_map(|law| format!("latency = {law}"))),
        maybe(law(200).prop_map(|law| format!("delay = {law}"))),
        maybe((20..2_000u32).prop_map(|time| format!("retention = \"{time}ms\""))),
        maybe((1..60u32).prop_map(|share| format!("duplicates = \"{share}%\""))),
        maybe((1..20u32).prop_map(|most| format!("capacity = {most}"))),
    ]);
    (order, receives, more)
        .prop_map(|(order, (most, dead), more)| {
            let receives = if order.contains("max_receives") {
                String::new()
            } else {
                format!("max_receives = {most}\n")
            };
            format!("{order}\n{receives}{dead}{more}")
        })
        .boxed()
}

fn consumes(queue: &'static str) -> BoxedStrategy<String> {
    (1..5u32, 0..100u32, select(&["batch", "items"][..]))
        .prop_map(move |(batch, window, report)| {
            format!(
                "from = \"queue.{queue}\", batch = {batch}, window = \"{window}ms\", report = \"{report}\""
            )
        })
        .boxed()
}

fn client() -> BoxedStrategy<String> {
    let more = lines(vec![
        maybe((1..60u32).prop_map(|share| format!("invalid = \"{share}%\""))),
        maybe((1..9u32).prop_map(|sessions| format!("sessions = {sessions}"))),
        maybe((0..3u32).prop_map(|priority| format!("priority = {priority}"))),
        maybe((1..40u32).prop_map(|limit| {
            format!(
                "timeout = \"{limit}ms\"\nretry = {{ policy = \"fixed\", delay = \"5ms\", attempts = 3 }}"
            )
        })),
    ]);
    let arrival = prop_oneof![
        3 => (5..80u32).prop_map(|rate| format!("{{ process = \"poisson\", rate = \"{rate}/s\" }}")),
        1 => (1..6u32).prop_map(|users| format!("{{ process = \"closed\", users = {users}, think = \"20ms\" }}")),
        1 => (1..90u32).prop_map(|every| format!("{{ process = \"schedule\", every = \"{every}ms\" }}")),
    ];
    (arrival, more).prop_map(|(arrival, more)| format!("arrival = {arrival}\n{more}")).boxed()
}

fn service() -> BoxedStrategy<String> {
    lines(vec![
        law(60).prop_map(|law| format!("demand = {law}")).boxed(),
        maybe((1..60u32).prop_map(|share| format!("error_ratio = \"{share}%\""))),
        maybe(Just("effects = true".to_owned())),
        maybe(law(20).prop_map(|law| format!("error_time = {law}"))),
        maybe(
            select(&["5ms", "1h"][..])
                .prop_map(|kept| format!("idempotency = {{ lookup = \"1ms\", expires_after = \"{kept}\" }}")),
        ),
    ])
}

fn fleet() -> BoxedStrategy<String> {
    let size = (1..4u32, select(&["1", "2", "\"unlimited\""][..]))
        .prop_map(|(replicas, slots)| format!("replicas = {replicas}\nconcurrency = {slots}\n"));
    (service(), size).prop_map(|(service, size)| service + &size).boxed()
}

fn fault(on: &'static str) -> BoxedStrategy<String> {
    let crash = (select(&["lost", "resumed", "restarted"][..]), select(&["reset", "silent"][..])).prop_map(
        |(work, signal)| format!("kind = \"crash\"\nin_service = \"{work}\"\nsignal = \"{signal}\""),
    );
    let kind = prop_oneof![
        3 => crash,
        u32::from(!on.starts_with("zone")) => Just("kind = \"hang\"".to_owned()),
        1 => Just("kind = \"error\"\nshare = \"50%\"".to_owned()),
        1 => Just("kind = \"slow\"\nfactor = 3".to_owned()),
    ];
    let fault = (kind, 0..1_800u32, 1..500u32).prop_map(move |(kind, at, lasts)| {
        format!(
            "[fault.{}]\n{kind}\non = \"{on}\"\nat = \"{at}ms\"\nlasts = \"{lasts}ms\"\n",
            on.replace(['.', '*'], "-")
        )
    });
    maybe(fault)
}

/// Delays of messages, and some that are lost.
fn network() -> BoxedStrategy<String> {
    let then = select(&["on_loss = \"drop\"", "on_loss = \"retransmit\"\nrto = \"7ms\""][..]);
    let lost = maybe((1..30u32, then).prop_map(|(share, then)| format!("loss = \"{share}%\"\n{then}\n")));
    maybe((law(5), lost).prop_map(|(law, lost)| format!("[network]\nwithin_zone = {law}\n{lost}")))
}

/// A fault on the way between a queue and who consumes it.
fn link(queue: &'static str, consumers: &'static [&'static str]) -> BoxedStrategy<String> {
    let kind = prop_oneof![
        2 => select(&["silent", "reset"][..]).prop_map(|signal| format!("kind = \"partition\"\nsignal = \"{signal}\"")),
        1 => law(20).prop_map(|law| format!("kind = \"network\"\nadded = {law}\nloss = \"40%\"")),
    ];
    let ways = (select(consumers), any::<bool>(), any::<bool>());
    let link = (kind, ways, 0..1_800u32, 1..700u32).prop_map(
        move |(kind, (consumer, turned, both), at, lasts)| {
            let (from, to) = if turned { (consumer, queue) } else { (queue, consumer) };
            format!(
                "[fault.way]\n{kind}\nfrom = \"{from}\"\nto = \"{to}\"\nboth = {both}\nat = \"{at}ms\"\nlasts = \"{lasts}ms\"\n"
            )
        },
    );
    maybe(link)
}

fn run_section(drain: u32) -> String {
    format!("[run]\nruns = 1\nhorizon = \"2s\"\ntransient = \"200ms\"\ndrain = \"{drain}ms\"\n")
}

/// Fleets that take from queues and send to others; dead letters are taken by somebody, or not.
fn fleets() -> BoxedStrategy<String> {
    let takes_dead =
        maybe(fleet().prop_map(|fleet| {
            format!("[service.undertaker]\n{fleet}consumes = {{ from = \"queue.dead\" }}\n")
        }));
    let clients = prop::collection::vec(client(), 1..3).prop_map(|clients| {
        let each =
            |(number, client): (usize, String)| format!("[client.c{number}]\ncalls = \"first\"\n{client}");
        clients.into_iter().enumerate().map(each).collect::<String>()
    });
    let queues = (queue("dead"), queue("dead"), consumes("first"), consumes("second"), any::<bool>());
    let services = (fleet(), fleet(), takes_dead, 1..100u32);
    let way = link("queue.first", &["service.a", "service.a.1"]);
    let faults = (fault("queue.first"), fault("service.a.*"), fault("service.b"), way);
    (0..3_000u32, network(), clients, (queues, services, faults))
        .prop_map(|(drain, network, clients, (queues, services, faults))| {
            let ((first, second, to_a, to_b, tells), (a, b, takes_dead, share)) = (queues, services);
            // Of a stream, somebody may keep records.
            let told = |queue: &str| {
                let is_stream = queue.contains("visibility = \"none\"");
                if tells && is_stream { ", on_failure = \"queue.dead\"" } else { "" }
            };
            let (told_a, told_b) = (told(&first), told(&second));
            format!(
                "{}{network}{clients}[queue.first]\n{first}[queue.second]\n{second}[queue.dead]\nretention = \"1s\"\n\
                 [service.a]\n{a}consumes = {{ {to_a}{told_a} }}\n\
                 calls = [{{ service = \"second\", probability = \"{share}%\" }}]\n\
                 [service.b]\n{b}consumes = {{ {to_b}{told_b} }}\n{takes_dead}{}{}{}{}",
                run_section(drain), faults.0, faults.1, faults.2, faults.3
            )
        })
        .boxed()
}

/// A function that takes from a queue and gets events.
fn functions() -> BoxedStrategy<String> {
    let ways = (any::<bool>(), any::<bool>(), any::<bool>());
    let events = (0..3u32, 1..200u32, 50..3_000u32, ways).prop_map(|(retries, wait, age, ways)| {
        let ways = [("dead_letter", ways.0), ("on_failure", ways.1), ("on_success", ways.2)];
        let written = ways.into_iter().filter(|(_, is_written)| *is_written);
        let dead = written.fold(String::new(), |all, (key, _)| all + ", " + key + " = \"queue.dead\"");
        format!(
            "async = {{ accept = \"2ms\", retries = {retries}, waits = [\"{wait}ms\"], max_age = \"{age}ms\", \
             backoff = {{ first = \"{wait}ms\", max = \"1s\" }}{dead} }}"
        )
    });
    let pollers = (1..4u32, 0..4u32).prop_map(|(start, more)| {
        format!("pollers = {{ start = {start}, add = \"600/min\", max = {} }}", start + more)
    });
    let parts = (client(), queue("dead"), consumes("jobs"), pollers, service());
    let faults = (fault("zone.default.1"), network(), link("queue.jobs", &["service.f"]));
    (0..3_000u32, parts, events, 1..6u32, faults)
        .prop_map(|(drain, (client, jobs, takes, pollers, service), events, most, (fault, network, way))| {
            format!(
                "{}{network}[client.c]\ncalls = [{{ service = \"jobs\" }}, {{ service = \"f\", invoke = \"async\" }}]\n{client}\
                 [queue.jobs]\n{jobs}[queue.dead]\n\
                 [service.f]\n{service}start = \"30ms\"\nfunction = {{ max_instances = {most}, keep_alive = \"100ms\", {events} }}\n\
                 consumes = {{ {takes}, {pollers} }}\n{fault}{way}",
                run_section(drain)
            )
        })
        .boxed()
}

/// What came into each queue has left it in one way, or is there.
fn nothing_is_lost(scenario: &Scenario, measured: &Measurements) {
    let (mut accepted, mut given_up, mut reported) = (0, 0, 0);
    for (settings, service) in scenario.system.services.iter().zip(&measured.services) {
        assert_eq!(settings.events.is_some(), service.events.is_some());
        let Some(events) = &service.events else { continue };
        let came = events.accepted + events.duplicated;
        let left = events.done + events.dead_lettered + events.expired;
        assert_eq!(came, left + events.waiting + events.in_flight, "{}", settings.name);
        assert_eq!(events.age.count, left);
        let consumer = settings.events.as_ref().and_then(|one| one.consumer);
        let told = consumer.map_or([false; 2], |one| [one.on_failure.is_some(), one.on_success.is_some()]);
        let ends = [events.dead_lettered + events.expired, events.done];
        for place in [0, 1] {
            assert_eq!(events.reported[place], if told[place] { ends[place] } else { 0 });
            reported += events.reported[place];
        }
        if settings.name == "dead" {
            accepted = events.accepted;
        } else if settings.events.as_ref().is_some_and(|one| one.dead_letter.is_some()) {
            given_up += events.dead_lettered;
        }
    }
    assert_eq!(accepted, given_up + reported, "dead letters and records arrive");
    for client in &measured.clients {
        let works = client.works.as_ref().expect("there are queues");
        assert!(works.completed + works.pending <= works.asked);
        assert_eq!(works.latency.count, works.completed);
    }
}

/// The timeline of a function cuts its means and counts into pieces, up to the end of the measured part.
fn rows_are_parts(scenario: &Scenario, measured: &Measurements) {
    let span = &scenario.run.span;
    let row = span.timeline_row().as_nanos();
    let is_whole = span.measured().as_nanos().is_multiple_of(row);
    for (number, service) in measured.services.iter().enumerate() {
        let rows: Vec<_> =
            measured.instances.iter().filter(|row| row.service == Some(number as u32)).collect();
        let (Some(function), Some(fleet)) = (&service.function, &service.fleet) else {
            assert!(rows.is_empty());
            continue;
        };
        let cold: u64 = rows.iter().map(|row| row.cold_starts).sum();
        assert!(cold <= function.cold, "{cold} of {}", function.cold);
        let sum = |of: fn(&InstanceRow) -> f64| rows.iter().map(|one| of(one) * row as f64).sum::<f64>();
        for (found, whole) in [
            (sum(|row| row.busy), function.busy),
            (sum(|row| row.starting), fleet.starting),
            (sum(|row| row.busy + row.idle + row.starting), fleet.present),
        ] {
            let whole = whole as f64;
            assert!(found <= whole * (1.0 + 1e-9) + 1.0, "{found} of {whole}");
            assert!(!is_whole || found >= whole * (1.0 - 1e-9) - 1.0, "{found} of {whole}");
        }
    }
}

/// How many messages are in each queue, by their keys: who starts anew sends one again under the same.
#[derive(Default)]
struct Books(BTreeMap<(u32, u64), u32>);

impl Hear for Books {
    fn hear(&mut self, _now: SimTime, note: Note) {
        let Note::MessageTurned { queue, message, turn } = note else { return };
        let there = self.0.entry((queue, message)).or_default();
        match turn {
            Delivery::Accepted => *there += 1,
            Delivery::Received(number) => assert!(number > 0 && *there > 0, "what is received is there"),
            Delivery::Deleted | Delivery::DeadLettered | Delivery::Expired => {
                *there = there.checked_sub(1).expect("what leaves was there");
            }
        }
    }
}

/// The same run once more, with somebody listening, and stopped in between and gone on with as a copy.
fn is_the_same_again(scenario: &Scenario, measured: &Measurements) {
    let (system, span, seed) = (&scenario.system, &scenario.run.span, scenario.run.seed);
    assert_eq!(&simulate(system, span, seed, 0).unwrap(), measured);
    assert_eq!(&simulate_heard(system, span, (seed, 0), &mut Books::default()).unwrap(), measured);
    let mut first = Simulation::new(system, span, seed, 0);
    let is_over = first.advance(measured.events / 2).unwrap();
    let mut copy = first.clone();
    if !is_over {
        copy.advance(u64::MAX).unwrap();
    }
    assert_eq!(&copy.finish().unwrap(), measured);
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn fleets_lose_no_message(text in fleets()) {
        let scenario = load(&text);
        let (measured, audit) = run(&scenario);
        agree(&scenario, &measured, &audit);
        nothing_is_lost(&scenario, &measured);
        is_the_same_again(&scenario, &measured);
    }

    #[test]
    fn functions_lose_no_event(text in functions()) {
        let scenario = load(&text);
        let measured = simulate(&scenario.system, &scenario.run.span, scenario.run.seed, 0).unwrap();
        nothing_is_lost(&scenario, &measured);
        rows_are_parts(&scenario, &measured);
        is_the_same_again(&scenario, &measured);
    }
}
