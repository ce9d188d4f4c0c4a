//! Random small scenarios with many features at once, as text; they shrink by losing features.

use std::fmt::{self, Write as _};

use ninefold::model::balancing::BalancerSettings;
use ninefold::model::resilience::budget::BudgetSettings;
use ninefold::scenario::{self, Places, Scenario, Source};
use proptest::prelude::*;
use proptest::sample::select;

/// A valid scenario.
pub(crate) fn load(text: &str) -> Scenario {
    let source = Source { name: "sample.toml".to_owned(), text: text.to_owned() };
    scenario::load(source, &[], &Places::default()).unwrap_or_else(|rejected| {
        panic!("{text}\n{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

/// How a random scenario is put into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is.
    Open,
    /// Arrivals stop after a second, faults are scheduled and end, every call has a timeout: all work ends.
    Ending,
}

/// A random scenario, not yet in words.
#[derive(Clone)]
pub(crate) struct Sample {
    run: Vec<Option<String>>,
    network: Vec<Option<String>>,
    zones: u32,
    has_west: bool,
    clients: Vec<Client>,
    services: Vec<Service>,
    faults: Vec<Fault>,
    recovery: String,
}

/// What a failing case shows is the scenario itself.
impl fmt::Debug for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{}", self.text(Form::Open))
    }
}

#[derive(Debug, Clone)]
struct Client {
    arrival: String,
    is_west: bool,
    lines: Vec<Option<String>>,
    policy: Policy,
    calls: Vec<Call>,
}

#[derive(Debug, Clone)]
struct Service {
    replicas: u32,
    west: u32,
    lines: Vec<Option<String>>,
    check: Option<String>,
    policy: Policy,
    calls: Vec<Call>,
    /// Which service comes next, and how often in percent.
    next: Option<(u32, u32)>,
}

#[derive(Debug, Clone)]
struct Policy {
    timeout: Option<u32>,
    /// Copies, which need replicas with queues of their own.
    hedge: Option<String>,
    others: Vec<Option<String>>,
}

#[derive(Debug, Clone)]
struct Call {
    pick: u32,
    count: u32,
    wait_for: u32,
    lines: Vec<Option<String>>,
    /// Which service takes its place when it has failed.
    fallback: Option<u32>,
    policy: Policy,
}

#[derive(Debug, Clone)]
struct Fault {
    kind: String,
    target: Target,
    when: Option<String>,
    clock: Option<&'static str>,
    at: u32,
    lasts: u32,
    end: End,
    detected: Option<String>,
    by_check: bool,
}

#[derive(Debug, Clone, Copy)]
enum Target {
    Fleet(u32),
    Each(u32),
    First(u32),
    Zones,
    Zone,
    Region,
}

#[derive(Debug, Clone)]
enum End {
    Never,
    Repair(String),
    Plan,
}

fn maybe(line: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop::option::weighted(0.35, line).boxed()
}

fn one_of(key: &'static str, words: &'static [&'static str]) -> BoxedStrategy<Option<String>> {
    maybe(select(words).prop_map(move |word| format!("{key} = {word}")))
}

/// A law of times of up to so many milliseconds.
fn law(most: u32) -> BoxedStrategy<String> {
    prop_oneof![
        (1..=most).prop_map(|mean| format!("\"{mean}ms\"")),
        (1..=most).prop_map(|mean| format!("{{ distribution = \"exponential\", mean = \"{mean}ms\" }}")),
        (1..=most)
            .prop_map(|high| format!("{{ distribution = \"uniform\", low = \"0s\", high = \"{high}ms\" }}")),
    ]
    .boxed()
}

fn percent(most: u32) -> impl Strategy<Value = String> {
    (1..=most).prop_map(|share| format!("\"{share}%\""))
}

fn policy() -> impl Strategy<Value = Policy> {
    let retry = prop_oneof![
        (0..20u32).prop_map(|delay| format!("policy = \"fixed\", delay = \"{delay}ms\"")),
        (1..20u32).prop_map(|base| format!("policy = \"exponential\", base = \"{base}ms\", cap = \"50ms\"")),
    ];
    let avoid = select(&["none", "last", "tried"][..]);
    let budgets: Vec<&str> = BudgetSettings::CATALOGUE.iter().map(|entry| entry.name).collect();
    let budget = prop::option::weighted(0.4, select(budgets));
    let layers =
        [", layer = \"nearest\", only_idempotent = false", ", hints = \"exactly\"", ", hints = \"aws\""];
    let layer = prop::option::weighted(0.4, select(layers.to_vec()));
    let retry = (retry, 1..5u32, avoid, budget, layer)
        .prop_map(|(retry, attempts, avoid, budget, layer)| {
            let budget = budget.map(|budget| format!(", budget = \"{budget}\"")).unwrap_or_default();
            let layer = layer.unwrap_or_default();
            let reselect = if layer.is_empty() || avoid == "none" { "" } else { ", reselect = 1" };
            format!(
                "retry = {{ {retry}, attempts = {attempts}, avoid = \"{avoid}\"{budget}{layer}{reselect} }}"
            )
        })
        .boxed();
    let hedge = prop_oneof![
        (0..20u32, 2..4u32).prop_map(|(delay, attempts)| {
            format!("hedge = {{ policy = \"fixed\", delay = \"{delay}ms\", attempts = {attempts} }}")
        }),
        Just("hedge = { policy = \"percentile\", minimum = 3, percentile = 0.5 }".to_owned()),
        (0..5u32).prop_map(|delay| {
            format!(
                "hedge = {{ policy = \"tied\", delay = \"{delay}ms\", attempts = 3, \
                 budget = {{ policy = \"max-retries\", limit = 4 }} }}"
            )
        }),
    ];
    let hedge = prop::option::weighted(0.2, hedge);
    let others = vec![
        maybe((1..200u32).prop_map(|limit| format!("deadline = \"{limit}ms\""))),
        one_of("on_timeout", &["\"abandon\"", "\"cancel\"", "\"cancel-waiting\""]),
        one_of("deadline_propagation", &["true"]),
        maybe(retry),
        seldom(percent(90).prop_map(|share| format!("idempotent = {share}"))),
        seldom(limit(true).prop_map(|limit| format!("throttle = {limit}"))),
        seldom(breaker().prop_map(|breaker| format!("breaker = {breaker}"))),
        seldom(
            (1..4u32, 0..4u32)
                .prop_map(|(limit, queue)| format!("bulkhead = {{ limit = {limit}, queue = {queue} }}")),
        ),
    ];
    (prop::option::weighted(0.4, 1..80u32), hedge, others).prop_map(|(timeout, hedge, others)| Policy {
        timeout,
        hedge,
        others,
    })
}

fn seldom(line: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Option<String>> {
    prop::option::weighted(0.12, line).boxed()
}

/// A limit that is often reached; one at the door of a replica lets nobody wait.
fn limit(waits: bool) -> BoxedStrategy<String> {
    let bucket = (1..100u32, 1..4u32)
        .prop_map(|(rate, burst)| format!("policy = \"token-bucket\", rate = \"{rate}/s\", burst = {burst}"));
    let leaky = (1..100u32, 0..4u32)
        .prop_map(|(rate, burst)| format!("policy = \"leaky-bucket\", rate = \"{rate}/s\", burst = {burst}"));
    let any = prop_oneof![
        bucket,
        (1..4u32).prop_map(|limit| format!("policy = \"concurrency\", limit = {limit}")),
        (1..6u32).prop_map(|limit| format!("policy = \"priority-shedding\", limit = {limit}")),
        (1..4u32).prop_map(|limit| format!("policy = \"aimd\", initial = {limit}, minimum = 1")),
        (1..4u32)
            .prop_map(|limit| format!("policy = \"gradient\", initial = {limit}, minimum = 1, queue = 1")),
        (1..4u32).prop_map(|limit| format!("policy = \"vegas\", initial = {limit}")),
        Just("policy = \"sre-adaptive\", multiplier = 1.1".to_owned()),
    ];
    let any = if waits {
        prop_oneof![6 => any, 1 => leaky, 1 => Just("policy = \"aws-adaptive\"".to_owned())].boxed()
    } else {
        any.boxed()
    };
    any.prop_map(|limit| format!("{{ {limit} }}")).boxed()
}

/// A breaker that opens often.
fn breaker() -> impl Strategy<Value = String> {
    let breakers = [
        "{ policy = \"envoy\", max_requests = 2 }",
        "{ policy = \"polly\", minimum = 2, open_for = \"50ms\" }",
        "{ policy = \"hystrix\", minimum = 2, window = \"200ms\", snapshot = \"20ms\", open_for = \"50ms\" }",
        "{ policy = \"resilience4j\", size = 4, minimum = 2, half_open = 2, open_for = \"50ms\" }",
        "{ policy = \"resilience4j\", window = \"time\", size = 2, minimum = 2, open_for = \"30ms\", \
         half_open_for = \"20ms\", slow_after = \"10ms\", slow_ratio = 0.5 }",
    ];
    select(breakers.to_vec()).prop_map(str::to_owned)
}

fn call() -> impl Strategy<Value = Call> {
    let lines = vec![
        maybe(percent(100).prop_map(|share| format!("probability = {share}"))),
        one_of("optional", &["true"]),
        maybe((1..3u32).prop_map(|step| format!("step = {step}"))),
    ];
    let fallback = prop::option::weighted(0.2, any::<u32>());
    (any::<u32>(), 1..4u32, 1..4u32, (lines, fallback), policy()).prop_map(
        |(pick, count, wait_for, (lines, fallback), policy)| Call {
            pick,
            count,
            wait_for,
            lines,
            fallback,
            policy,
        },
    )
}

fn client() -> impl Strategy<Value = Client> {
    let arrival = prop_oneof![
        (5..80u32).prop_map(|rate| format!("{{ process = \"poisson\", rate = \"{rate}/s\" }}")),
        law(60).prop_map(|between| format!("{{ process = \"renewal\", between = {between} }}")),
        (1..6u32, law(100)).prop_map(|(users, think)| {
            format!("{{ process = \"closed\", users = {users}, think = {think} }}")
        }),
        (1..60u32).prop_map(|rate| format!(
            "{{ process = \"mmpp\", rates = [\"{rate}/s\", \"100/s\"], stays = [\"300ms\", \"100ms\"] }}"
        )),
        (1..60u32).prop_map(|rate| format!(
            "{{ process = \"profile\", rates = [\"{rate}/s\", \"0/s\", \"50/s\"], period = \"900ms\" }}"
        )),
    ];
    let lines = vec![
        maybe((1..4u32).prop_map(|count| format!("instances = {count}"))),
        maybe(percent(40).prop_map(|share| format!("invalid = {share}"))),
        maybe((0..3u32).prop_map(|priority| format!("priority = {priority}"))),
        maybe((1..100u32).prop_map(|limit| format!("good_within = \"{limit}ms\""))),
    ];
    let calls = prop::collection::vec(call(), 1..3);
    (arrival, any::<bool>(), lines, policy(), calls).prop_map(|(arrival, is_west, lines, policy, calls)| {
        Client { arrival, is_west, lines, policy, calls }
    })
}

fn queue() -> impl Strategy<Value = String> {
    let kept = (
        select(&["fifo", "lifo", "priority", "codel", "controlled-delay", "adaptive-lifo"][..]),
        prop::option::of(0..5u32),
        select(&["replica", "service"][..]),
        prop::option::weighted(0.4, law(40)),
    );
    let kept = kept.prop_map(|(policy, capacity, place, patience)| {
        let mut text = format!("queue = {{ policy = \"{policy}\", at = \"{place}\"");
        if let Some(capacity) = capacity {
            write!(text, ", capacity = {capacity}").unwrap();
        }
        if let Some(patience) = patience {
            write!(text, ", patience = {patience}").unwrap();
        }
        text + " }"
    });
    prop_oneof![3 => kept, 1 => Just("queue = \"processor-sharing\"".to_owned())]
}

fn balancing() -> impl Strategy<Value = String> {
    let names: Vec<&str> = BalancerSettings::CATALOGUE.iter().map(|entry| entry.name).collect();
    let knowledge = prop_oneof![
        Just("\"checked\"".to_owned()),
        Just("\"perfect\"".to_owned()),
        law(50).prop_map(|delay| format!("{{ delay = {delay} }}")),
    ];
    (select(names), select(&["1", "3", "\"caller\""][..]), knowledge, select(&["none", "zone", "region"][..]))
        .prop_map(|(policy, balancers, knowledge, locality)| {
            format!(
                "balancing = {{ policy = \"{policy}\", balancers = {balancers}, knowledge = {knowledge}, \
                 locality = \"{locality}\" }}"
            )
        })
}

fn service() -> impl Strategy<Value = Service> {
    let check = (20..200u32, 1..20u32, 1..3u32, 1..3u32).prop_map(|(interval, timeout, down, up)| {
        format!(
            "health_check = {{ interval = \"{interval}ms\", timeout = \"{timeout}ms\", \
             unhealthy_after = {down}, healthy_after = {up} }}"
        )
    });
    let lines = vec![
        one_of("concurrency", &["1", "2", "3", "\"unlimited\""]),
        maybe(queue()),
        prop::option::weighted(0.9, law(30).prop_map(|demand| format!("demand = {demand}"))).boxed(),
        maybe(percent(30).prop_map(|share| format!("error_ratio = {share}"))),
        maybe(law(10).prop_map(|time| format!("error_time = {time}"))),
        one_of("speed", &["0.5", "2", "1.5"]),
        maybe(balancing()),
        seldom(limit(false).prop_map(|limit| format!("admission = {limit}"))),
        one_of("slot", &["\"released\"", "\"held\""]),
        seldom(Just("effects = true".to_owned())),
        seldom(
            select(&["5ms", "2s"][..])
                .prop_map(|kept| format!("idempotency = {{ lookup = \"1ms\", expires_after = \"{kept}\" }}")),
        ),
    ];
    let next = prop::option::weighted(0.3, (any::<u32>(), 1..60u32));
    let calls = prop::collection::vec(call(), 0..3);
    let check = prop::option::weighted(0.5, check);
    (1..4u32, 0..3u32, lines, check, policy(), (calls, next)).prop_map(
        |(replicas, west, lines, check, policy, (calls, next))| Service {
            replicas,
            west,
            lines,
            check,
            policy,
            calls,
            next,
        },
    )
}

fn fault() -> impl Strategy<Value = Fault> {
    let crash = (
        select(&["lost", "resumed", "restarted"][..]),
        select(&["lost", "kept"][..]),
        select(&["refused", "queued", "ignored"][..]),
        select(&["reset", "silent"][..]),
    );
    let crash = crash.prop_map(|(in_service, waiting, arriving, signal)| {
        format!(
            "kind = \"crash\"\nin_service = \"{in_service}\"\nwaiting = \"{waiting}\"\n\
             arriving = \"{arriving}\"\nsignal = \"{signal}\""
        )
    });
    let kind = prop_oneof![
        4 => crash,
        1 => Just("kind = \"hang\"".to_owned()),
        1 => (2..5u32).prop_map(|factor| format!("kind = \"slow\"\nfactor = {factor}")),
        1 => law(20).prop_map(|added| format!("kind = \"slow\"\nfactor = 0.5\nadded = {added}")),
        1 => percent(100).prop_map(|share| format!("kind = \"error\"\nshare = {share}")),
    ];
    let target = prop_oneof![
        any::<u32>().prop_map(Target::Each),
        any::<u32>().prop_map(Target::Fleet),
        any::<u32>().prop_map(Target::First),
        Just(Target::Zones),
        Just(Target::Zone),
        Just(Target::Region),
    ];
    let end = prop_oneof![1 => Just(End::Never), 3 => law(300).prop_map(End::Repair), 2 => Just(End::Plan)];
    let clocks = &["clock = \"up\"", "clock = \"busy\"", "start = \"aged\"", "clock = \"calendar\""][..];
    let when = prop::option::weighted(0.7, law(600));
    let detected = prop::option::weighted(0.4, law(40));
    let times = (when, prop::option::weighted(0.5, select(clocks)), 0..900u32, 1..400u32);
    (kind, target, times, end, detected, any::<bool>()).prop_map(
        |(kind, target, (when, clock, at, lasts), end, detected, by_check)| Fault {
            kind,
            target,
            when,
            clock,
            at,
            lasts,
            end,
            detected,
            by_check,
        },
    )
}

fn recovery() -> impl Strategy<Value = String> {
    let operation = (law(200), prop::option::of(Just(0.5)), any::<bool>(), prop::option::of(Just(0.7)));
    let operation = operation.prop_map(|(time, success, has_crew, probability)| {
        let mut text = format!("{{ time = {time}");
        if let Some(success) = success {
            write!(text, ", success = {success}").unwrap();
        }
        if let Some(probability) = probability {
            write!(text, ", probability = {probability}").unwrap();
        }
        if has_crew {
            text += ", crew = \"k\"";
        }
        text + " }"
    });
    (select(&["race", "sequence", "all", "escalate"][..]), prop::collection::vec(operation, 1..4)).prop_map(
        |(policy, operations)| {
            format!("policy = \"{policy}\"\nagain_after = \"10ms\"\noperations = [{}]", operations.join(", "))
        },
    )
}

/// Every scenario that tests of the engine are tried on.
pub(crate) fn samples() -> impl Strategy<Value = Sample> {
    let run = vec![
        maybe((1..500u32).prop_map(|transient| format!("transient = \"{transient}ms\""))),
        maybe((0..300u32).prop_map(|drain| format!("drain = \"{drain}ms\""))),
        maybe((50..900u32).prop_map(|window| format!("window = \"{window}ms\""))),
    ];
    let network = vec![
        maybe(law(5).prop_map(|delay| format!("within_zone = {delay}"))),
        maybe(law(10).prop_map(|delay| format!("between_zones = {delay}"))),
        maybe(law(30).prop_map(|delay| format!("between_regions = {delay}"))),
    ];
    let parts = (
        prop::collection::vec(client(), 0..4),
        prop::collection::vec(service(), 1..5),
        prop::collection::vec(fault(), 0..4),
        recovery(),
    );
    (run, network, 1..4u32, any::<bool>(), parts).prop_map(
        |(run, network, zones, has_west, (clients, services, faults, recovery))| Sample {
            run,
            network,
            zones,
            has_west,
            clients,
            services,
            faults,
            recovery,
        },
    )
}

impl Sample {
    /// The scenario file.
    pub(crate) fn text(&self, form: Form) -> String {
        let horizon = if form == Form::Ending { "20min" } else { "2s" };
        let mut out = format!("[run]\nruns = 2\nhorizon = \"{horizon}\"\n");
        if form == Form::Open {
            out += &joined(&self.run);
        }
        writeln!(out, "\n[network]\n{}\n[region.east]\nzones = {}", joined(&self.network), self.zones)
            .unwrap();
        if self.has_west {
            out += "[region.west]\n";
        }
        for (number, client) in self.clients.iter().enumerate() {
            writeln!(out, "\n[client.c{number}]\n{}", self.client(client, form)).unwrap();
        }
        for number in 0..self.services.len() {
            writeln!(out, "\n[service.s{number}]\n{}", self.service(number, form)).unwrap();
        }
        let all: Vec<String> =
            (0..self.services.len()).map(|number| format!("\"service.s{number}\"")).collect();
        writeln!(out, "\n[block.all]\nof = [{}]\nneeds = 1", all.join(", ")).unwrap();
        for (number, fault) in self.faults.iter().enumerate() {
            writeln!(out, "\n[fault.f{number}]\n{}", self.fault(fault, form)).unwrap();
        }
        writeln!(out, "\n[recovery.plan]\n{}\n\n[crew.k]", self.recovery).unwrap();
        if self.may_hedge() {
            return out;
        }
        // Replicas that take work themselves cannot be avoided.
        let avoids = ["avoid = \"last\"", "avoid = \"tried\"", ", reselect = 1"];
        avoids.iter().fold(out, |out, avoids| {
            out.replace(avoids, if avoids.starts_with(',') { "" } else { "avoid = \"none\"" })
        })
    }

    fn client(&self, client: &Client, form: Form) -> String {
        let mut out = match form {
            Form::Open => format!("arrival = {}\n", client.arrival),
            Form::Ending => "arrival = { process = \"poisson\", rate = \"40/s\", \
                 spikes = [{ at = \"1s\", lasts = \"1d\", factor = 0 }] }\n"
                .to_owned(),
        };
        out += if self.has_west && client.is_west { "region = \"west\"\n" } else { "region = \"east\"\n" };
        let calls = self.calls(&client.calls, 0);
        writeln!(out, "{}{}{calls}", joined(&client.lines), client.policy.lines(form, self.may_hedge()))
            .unwrap();
        out
    }

    fn service(&self, number: usize, form: Form) -> String {
        let service = &self.services[number];
        let mut out = if self.has_west && service.west > 0 {
            format!("replicas = {{ east = {}, west = {} }}\n", service.replicas, service.west)
        } else {
            format!("region = \"east\"\nreplicas = {}\n", service.replicas)
        };
        for line in service.lines.iter().flatten() {
            if line.starts_with("idempotency") && service.next.is_some() {
                // What it passes on is answered elsewhere.
                continue;
            }
            // A shared queue knows only the policy.
            let cut = line.find(", balancers").filter(|_| service.is_shared());
            writeln!(out, "{}", cut.map_or(line.clone(), |cut| line[..cut].to_owned() + " }")).unwrap();
        }
        let is_passed_on = self.services.iter().any(|one| one.next.is_some());
        if out.contains("admission") && !is_passed_on {
            out += "retry_after = \"4ms\"\n";
        }
        // Who is told the truth, or chooses no replica, learns nothing from attempts.
        let learns = !["perfect", "delay", "at = \"service\""].iter().any(|word| out.contains(word));
        let more = match number % 3 {
            1 if learns => ", error_limit = 2 }",
            2 => ", checkers = 3 }",
            _ => " }",
        };
        out += &joined(&[service.check.as_ref().map(|check| check.replace(" }", more))]);
        // Who is told the truth, or has replicas that take work themselves, does not eject.
        if number > 0 && !["perfect", "delay", "at = \"service\""].iter().any(|word| out.contains(word)) {
            out += "outlier_detection = { policy = \"envoy\", consecutive_5xx = 1, max_ejected = 1 }\n";
        }
        out += &service.policy.lines(form, self.may_hedge());
        out += &self.calls(&service.calls, number + 1);
        if let Some((pick, share)) = service.next {
            // A request may come again, but never back to a caller that waits for it.
            let next = number + pick as usize % (self.services.len() - number);
            writeln!(out, "next = [{{ service = \"s{next}\", probability = \"{share}%\" }}]").unwrap();
        }
        out
    }

    /// Whether each replica has a queue of its own, so that copies may be sent.
    fn may_hedge(&self) -> bool {
        let shares = |line: &String| line.contains("at = \"service\"");
        !self.services.iter().any(|service| service.lines.iter().flatten().any(shares))
    }

    /// Calls to services from `first` on.
    fn calls(&self, calls: &[Call], first: usize) -> String {
        let below = self.services.len() - first;
        if below == 0 || calls.is_empty() {
            return String::new();
        }
        let entries: Vec<String> = calls
            .iter()
            .map(|call| {
                let service = first + call.pick as usize % below;
                let fleet = &self.services[service];
                let count = if fleet.is_shared() { 1 } else { call.count.min(fleet.replicas) };
                let mut entry = vec![format!("service = \"s{service}\", count = {count}")];
                entry.push(format!("wait_for = {}", call.wait_for.min(count)));
                entry.extend(call.lines.iter().flatten().cloned());
                entry.extend(call.policy.timeout.map(|limit| format!("timeout = \"{limit}ms\"")));
                entry.extend(call.policy.others.iter().flatten().cloned());
                entry.extend(call.policy.hedge.clone().filter(|_| self.may_hedge()));
                entry.extend(call.fallback.map(|pick| match pick as usize % (below + 1) {
                    0 => "fallback = { time = \"3ms\" }".to_owned(),
                    other => format!("fallback = {{ service = \"s{}\" }}", first + other - 1),
                }));
                format!("{{ {} }}", entry.join(", "))
            })
            .collect();
        format!("calls = [{}]\n", entries.join(", "))
    }

    fn fault(&self, fault: &Fault, form: Form) -> String {
        let service = |pick: u32| format!("service.s{}", pick as usize % self.services.len());
        let on = match fault.target {
            Target::Fleet(pick) => service(pick),
            Target::Each(pick) => service(pick) + ".*",
            Target::First(pick) => service(pick) + ".1",
            Target::Zones => "zone.east.*".to_owned(),
            Target::Zone => "zone.east.1".to_owned(),
            Target::Region => "region.east".to_owned(),
        };
        let struck = match fault.target {
            Target::Fleet(pick) | Target::Each(pick) | Target::First(pick) => {
                std::slice::from_ref(&self.services[pick as usize % self.services.len()])
            }
            // The first replica of every service is in the first zone.
            Target::Zones | Target::Zone | Target::Region => self.services.as_slice(),
        };
        // A shared queue loses nothing.
        let is_shared = struck.iter().all(Service::is_shared);
        let means = |line: &&str| !(is_shared && line.starts_with("waiting"));
        let kind: Vec<&str> = fault.kind.lines().filter(means).collect();
        let mut out = format!("{}\non = \"{on}\"\n", kind.join("\n"));
        let (at, lasts) = (fault.at, fault.lasts);
        let when = fault.when.as_ref().filter(|_| form == Form::Open);
        let Some(when) = when else {
            let (second, third) = (at + lasts + 1, at + 2 * lasts + 7);
            writeln!(out, "at = [\"{at}ms\", \"{second}ms\", \"{third}ms\"]\nlasts = \"{lasts}ms\"").unwrap();
            return out;
        };
        writeln!(out, "time_to_failure = {when}").unwrap();
        let is_replica = matches!(fault.target, Target::Each(_) | Target::First(_));
        if let Some(clock) = fault.clock.filter(|clock| is_replica || !clock.contains("busy")) {
            writeln!(out, "{clock}").unwrap();
        }
        match &fault.end {
            End::Never => return out,
            End::Repair(time) => writeln!(out, "time_to_repair = {time}").unwrap(),
            End::Plan => out += "recovery = \"plan\"\n",
        }
        let sees = self.services.iter().all(|one| one.check.is_some()) && !fault.kind.contains("slow");
        if fault.by_check && sees {
            out += "detected_by = \"health_check\"\n";
        } else if let Some(delay) = &fault.detected {
            writeln!(out, "detected_by = {delay}").unwrap();
        }
        out
    }
}

impl Service {
    fn is_shared(&self) -> bool {
        self.lines.iter().flatten().any(|line| line.contains("at = \"service\""))
    }
}

impl Policy {
    fn lines(&self, form: Form, may_hedge: bool) -> String {
        let timeout = self.timeout.or((form == Form::Ending).then_some(2_000));
        let timeout = timeout.map(|limit| format!("timeout = \"{limit}ms\""));
        let hedge = self.hedge.clone().filter(|_| may_hedge);
        joined(&[timeout, hedge]) + &joined(&self.others)
    }
}

fn joined(lines: &[Option<String>]) -> String {
    lines.iter().flatten().fold(String::new(), |text, line| text + line + "\n")
}
