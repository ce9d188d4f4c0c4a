//! Policies from outside the crate: named, read, refused and run like those that are shipped.

use ninefold::engine::simulate;
use ninefold::kernel::stream::Stream;
use ninefold::model::balancing::{BalancingPolicy, FleetView, Needs, below};
use ninefold::model::resilience::Impossible;
use ninefold::model::resilience::breaker::{BreakerPolicy, BreakerState, Ending, Pass};
use ninefold::model::resilience::retry::{Failed, RetryPolicy, Rng};
use ninefold::scenario::{self, Catalogue, Override, Places, Scenario, Source, Unregistered, load_with};
use ninefold::units::{SimDuration, SimTime};

use crate::examples::own_balancer::Wary;

ninefold::settings! {
    /// It has no settings.
    pub(crate) struct Nothing {}
}

ninefold::settings! {
    /// A key that every policy has.
    pub(crate) struct Common {
        /// How many.
        balancers: u32 = 1,
    }
}

/// Declares a policy that picks uniformly, as "random" does, under some name.
macro_rules! uniform {
    ($Policy:ident, $name:literal, $Settings:ty) => {
        #[derive(Debug, Clone)]
        struct $Policy;

        impl BalancingPolicy for $Policy {
            const NAME: &'static str = $name;
            const SUMMARY: &'static str = "Uniform random choice.";
            const NO_SLOW_START: Option<&'static str> = Some("there is no weight to lower");
            type Settings = $Settings;

            fn needs(_: &$Settings) -> Needs {
                Needs::NOTHING
            }

            fn check(_: &$Settings, _replicas: usize) -> Result<(), Impossible> {
                Ok(())
            }

            fn new(_: &$Settings, _speed: &[f64]) -> Self {
                Self
            }

            fn pick(&mut self, fleet: &FleetView<'_>, stream: &mut Stream) -> Option<u32> {
                match fleet.eligible {
                    [only] => Some(*only),
                    several => Some(several[below(several.len(), stream)]),
                }
            }
        }
    };
}
uniform!(Uniform, "uniform", Nothing);
uniform!(Again, "uniform", Nothing);
uniform!(Random, "random", Nothing);
uniform!(NoName, "No name", Nothing);
uniform!(Greedy, "greedy", Common);

ninefold::settings! {
    /// Settings of the same wait again and again.
    pub(crate) struct Wait {
        /// How long it waits.
        wait: SimDuration,
    }
}

/// Waits the same before every retry, as "fixed" does.
#[derive(Debug, Clone)]
struct Steady(SimDuration);

impl RetryPolicy for Steady {
    const NAME: &'static str = "steady";
    const SUMMARY: &'static str = "The same wait before every retry.";
    type Settings = Wait;

    fn check(settings: &Wait) -> Result<(), Impossible> {
        let is_zero = settings.wait.is_zero();
        if is_zero { Err(Impossible::new("wait", "it is longer than zero")) } else { Ok(()) }
    }

    fn new(settings: &Wait) -> Self {
        Self(settings.wait)
    }

    fn delay<R: Rng + ?Sized>(&self, _failed: &Failed, _random: &mut R) -> Option<SimDuration> {
        Some(self.0)
    }
}

/// Opens at the first failure and stays open for a while.
#[derive(Debug, Clone)]
struct Fuse {
    wait: SimDuration,
    until: Option<SimTime>,
}

impl BreakerPolicy for Fuse {
    const NAME: &'static str = "fuse";
    const SUMMARY: &'static str = "Opens at the first failure.";
    type Settings = Wait;

    fn check(_: &Wait) -> Result<(), Impossible> {
        Ok(())
    }

    fn new(settings: &Wait) -> Self {
        Self { wait: settings.wait, until: None }
    }

    fn admit(&mut self, now: SimTime, _under_way: u32) -> Option<Pass> {
        self.until = self.until.filter(|until| now < *until);
        self.until.is_none().then_some(0)
    }

    fn end(&mut self, ending: &Ending, _pass: Pass) {
        if ending.is_counted {
            self.until = Some(ending.now + self.wait);
        }
    }

    fn forget(&mut self, _pass: Pass) {}

    fn state(&self) -> BreakerState {
        if self.until.is_some() { BreakerState::Open } else { BreakerState::Closed }
    }
}

fn own() -> Catalogue {
    let mut own = Catalogue::default();
    own.balancing::<Uniform>().unwrap();
    own.balancing::<Wary>().unwrap();
    own.retry::<Steady>().unwrap();
    own.breaker::<Fuse>().unwrap();
    own
}

fn load(balancing: &str, overrides: &[Override]) -> Result<Scenario, String> {
    let text = format!(
        "run.horizon = \"1min\"\n\
         client.c = {{ arrival = {{ process = \"poisson\", rate = \"50/s\" }}, calls = \"shop\", timeout = \"1s\" }}\n\
         fault.crash = {{ kind = \"crash\", on = \"service.shop.1\", at = \"20s\", lasts = \"10s\" }}\n\
         [service.shop]\nreplicas = 4\ndemand = {{ distribution = \"exponential\", mean = \"20ms\" }}\n\
         health_check = {{ interval = \"1s\", timeout = \"100ms\" }}\n\
         balancing = {balancing}\n"
    );
    let source = Source { name: "shop.toml".to_owned(), text };
    load_with(&own(), source, overrides, &Places::default()).map_err(|rejected| rejected.to_string())
}

/// The errors about what is written of balancing.
fn errors(balancing: &str) -> String {
    load(balancing, &[]).unwrap_err()
}

#[test]
fn an_own_policy_gives_the_bytes_of_the_shipped_one_that_it_repeats() {
    let measured = |balancing: &str| {
        let scenario = load(balancing, &[]).unwrap_or_else(|errors| panic!("{errors}"));
        simulate(&scenario.system, &scenario.run.span, 7, 0).unwrap()
    };
    for rest in ["", ", balancers = 3", ", subset = 2", ", knowledge = \"perfect\""] {
        let with = |policy: &str| measured(&format!("{{ policy = \"{policy}\"{rest} }}"));
        assert_eq!(with("uniform"), with("random"), "{rest}");
        assert_eq!(with("wary"), with("wary"), "{rest}");
        assert_ne!(with("wary"), with("random"), "{rest}");
    }
    assert_eq!(measured("\"uniform\""), measured("\"random\""));
}

#[test]
fn mistakes_about_an_own_policy_are_reported_as_of_a_shipped_one() {
    let unknown = errors("\"warry\"");
    assert!(unknown.contains("no balancing policy is called \"warry\""), "{unknown}");
    assert!(unknown.contains("shop.toml:8:13") && unknown.contains("did you mean \"wary\"?"), "{unknown}");
    assert!(unknown.contains("known: random,") && unknown.contains("uniform, wary"), "{unknown}");
    let key = errors("{ policy = \"wary\", half_lif = \"1s\" }");
    assert!(key.contains("no key is called \"half_lif\""), "{key}");
    assert!(key.contains("did you mean \"half_life\"? known: policy, half_life, balancers"), "{key}");
    let wrong = errors("{ policy = \"wary\", half_life = 3, balancers = \"two\" }");
    assert!(
        wrong.contains("expected a duration") && wrong.contains("a whole number or \"caller\""),
        "{wrong}"
    );
    let impossible = errors("{ policy = \"wary\", half_life = \"0s\" }");
    assert!(impossible.contains("\"half_life\" cannot be so: expected a time above zero"), "{impossible}");
    let slow = errors("{ policy = \"wary\", slow_start = { window = \"1min\" } }");
    assert!(slow.contains("there is no slow start with \"wary\""), "{slow}");
    assert!(slow.contains("there is no weight to lower"), "{slow}");
    let both = errors("{ policy = \"warry\", balancers = \"two\" }");
    assert!(both.contains("is called \"warry\"") && both.contains("a whole number or \"caller\""), "{both}");
    // What no one registered is unknown to the plain reader.
    let source = Source { name: "a.toml".to_owned(), text: "service.s.balancing = \"wary\"".to_owned() };
    let plain = scenario::load(source, &[], &Places::default()).unwrap_err().to_string();
    assert!(plain.contains("no balancing policy is called \"wary\""), "{plain}");
}

#[test]
fn an_own_policy_survives_overrides_and_resolving() {
    let set = |path: &str, value: &str| Override { path: path.to_owned(), value: value.to_owned() };
    let written = "{ policy = \"wary\", half_life = \"5s\", balancers = 2 }";
    let resolved = scenario::resolved(&load(written, &[]).unwrap());
    assert!(resolved.contains("policy = \"wary\"") && resolved.contains("half_life = \"5s\""), "{resolved}");
    let source = Source { name: "again.toml".to_owned(), text: resolved.clone() };
    let again = load_with(&own(), source, &[], &Places::default()).unwrap();
    assert_eq!(scenario::resolved(&again).replace("again", "shop"), resolved);
    // A key of its own goes with it where another policy takes its place, one of the room stays.
    let other = load(written, &[set("service.shop.balancing.policy", "random")]).unwrap();
    assert_eq!(other.notes.len(), 1, "{:?}", other.notes);
    assert!(other.notes[0].contains("\"half_life\" went with \"wary\""), "{:?}", other.notes);
    let to =
        load("{ policy = \"power-of-d\", choices = 3 }", &[set("service.shop.balancing.policy", "wary")]);
    assert_eq!(to.unwrap().system.services[0].balancing.policy.name(), "wary");
    let half_life = load(written, &[set("service.shop.balancing.half_life", "9s")]).unwrap();
    assert!(scenario::resolved(&half_life).contains("half_life = \"9s\""));
}

#[test]
fn names_and_keys_that_are_taken_are_refused() {
    let mut own = own();
    let room = "balancing";
    assert_eq!(own.balancing::<Again>(), Err(Unregistered::Taken { room, name: "uniform" }));
    assert_eq!(own.balancing::<Random>(), Err(Unregistered::Taken { room, name: "random" }));
    assert_eq!(own.balancing::<NoName>(), Err(Unregistered::NoName { room, name: "No name" }));
    assert_eq!(own.balancing::<Greedy>(), Err(Unregistered::Key { room, name: "greedy", key: "balancers" }));
}

/// A client that retries or has a breaker, and a service that errs.
fn guarded(client: &str) -> Result<Scenario, String> {
    let text = format!(
        "run.horizon = \"1min\"\nservice.shop = {{ replicas = 2, demand = \"20ms\", error_ratio = 0.2 }}\n\
         [client.c]\narrival = {{ process = \"poisson\", rate = \"20/s\" }}\ncalls = [{{ service = \"shop\", {client} }}]\n"
    );
    let source = Source { name: "shop.toml".to_owned(), text };
    load_with(&own(), source, &[], &Places::default()).map_err(|rejected| rejected.to_string())
}

#[test]
fn retries_and_breakers_may_be_own_ones() {
    let measured = |client: &str| {
        let scenario = guarded(client).unwrap_or_else(|errors| panic!("{errors}"));
        let resolved = scenario::resolved(&scenario);
        let source = Source { name: "again.toml".to_owned(), text: resolved };
        load_with(&own(), source, &[], &Places::default()).unwrap_or_else(|errors| panic!("{errors}"));
        simulate(&scenario.system, &scenario.run.span, 7, 0).unwrap()
    };
    let steady = measured("retry = { policy = \"steady\", wait = \"10ms\", attempts = 4 }");
    assert_eq!(steady, measured("retry = { policy = \"fixed\", delay = \"10ms\", attempts = 4 }"));
    let fuse = |wait: &str| {
        measured(&format!("breaker = {{ policy = \"fuse\", wait = \"{wait}\" }}")).clients[0].good
    };
    assert!(fuse("1ns") > 2 * fuse("5s"), "{} and {}", fuse("1ns"), fuse("5s"));
    let unknown = guarded("retry = \"steddy\", breaker = { policy = \"fuze\", wait = \"1s\" }").unwrap_err();
    assert!(unknown.contains("no retry policy is called \"steddy\""), "{unknown}");
    assert!(
        unknown.contains("did you mean \"steady\"?") && unknown.contains("did you mean \"fuse\"?"),
        "{unknown}"
    );
    let wrong = guarded("retry = { policy = \"steady\", wait = \"0s\" }").unwrap_err();
    assert!(wrong.contains("\"wait\" cannot be so: it is longer than zero"), "{wrong}");
    let missing = guarded("breaker = { policy = \"fuse\", wiat = \"1s\" }").unwrap_err();
    assert!(
        missing.contains("the key \"wait\" is missing") && missing.contains("did you mean \"wait\"?"),
        "{missing}"
    );
}
