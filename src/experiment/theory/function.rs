//! What theory says about a function: only where nothing in the scenario departs from a formula.

use super::flow::{Flow, Traffic, is_even};
use super::law::law;
use super::queue::{habits, slots};
use super::{Exact, Part, RELAXATION, Theory, number};
use crate::analysis::law::Law;
use crate::analysis::oracle::{Given, erlang_b};
use crate::kernel::distribution::Distribution;
use crate::measure::metric::{ScopeKind, is_known};
use crate::model::fleet::Service;
use crate::model::fleet::start::Start;
use crate::model::function::keep_alive::KeepAliveSettings;
use crate::model::function::{Function, InstanceChoice, Stand, Surplus, Waits};
use crate::model::system::System;
use crate::units::{Probability, ServiceId, SimDuration};

/// A limit that so few requests meet is none.
const NEVER: f64 = 1e-9;
/// The fleet with set-up is worked out for so many servers.
const SETUPS_MAX: u32 = 60;

/// Answers of formulas that have another name, or are about something else, where they speak of a function.
const NAMES: [(&str, &str); 6] = [
    ("failure_ratio_queue_full", "throttle_ratio"),
    ("cold_ratio", "cold_start_ratio"),
    ("busy_mean", "instances_busy_mean"),
    ("idle_mean", "instances_idle_mean"),
    ("starting_mean", "instances_starting_mean"),
    ("setup_time_ratio", "instances_starting_mean"),
];
/// A function's utilisation is that of the instances which happen to be there.
const LEFT_OUT: [&str; 2] = ["utilisation", "idle_ratio"];

/// What theory says about a function; `None` where no formula is of it.
pub(super) fn of(system: &System, traffic: &Traffic<'_>, id: ServiceId) -> Option<Theory> {
    let service = &system.services[id.index()];
    let function = service.function.as_ref()?;
    let flow = traffic.of(id)?;
    if !flow.departures.is_empty() || !habits(system, id).is_empty() || !is_plain(service, function) {
        return None;
    }
    let found = Asked::new(service, function, &flow)?.find()?;
    found.theory(format!("service.{}", service.name))
}

/// Whether requests get an instance or not by what is there alone.
fn is_plain(service: &Service, function: &Function) -> bool {
    let Function { cold_demand, lifetime, scale_up, max_duration, .. } = function;
    let Some(Stand { provisioned, rate, account, .. }) = function.only_stand() else { return false };
    cold_demand.is_none()
        && lifetime.is_none()
        && *provisioned == 0
        && scale_up.is_none()
        && rate.is_none()
        && max_duration.is_none()
        && account.is_none()
        && service.queue.patience.is_none()
        && service.start.warmup.is_none()
        && service.start.init_limit.is_none()
        && service.versions.is_none()
        && service.start.success >= Probability::ONE
        && is_even(service)
}

/// A function as formulas ask for it.
struct Asked<'s> {
    service: &'s Service,
    function: &'s Function,
    flow: &'s Flow,
    /// How many requests each instance serves at once; 0 is no limit.
    slots: u32,
    /// The most requests at once.
    limit: u32,
    /// Mean time in service \[s\].
    mean: f64,
    /// How fast instances are.
    speed: f64,
}

/// Formulas that together say what is known, the first of which names the model.
struct Found {
    model: String,
    parts: Vec<Part>,
    /// What is plain without a formula.
    known: Vec<(&'static str, &'static str, f64)>,
}

impl Found {
    fn theory(self, scope: String) -> Option<Theory> {
        let solved: Vec<Vec<Exact>> = self.parts.iter().map(Part::answers).collect::<Result<_, _>>().ok()?;
        let relaxation = solved.iter().flatten().find(|one| one.metric == RELAXATION).map(|one| one.value);
        let renamed = |one: Exact| {
            let other = NAMES.iter().find(|(name, _)| *name == one.metric).map(|(_, metric)| *metric);
            Exact { metric: other.map_or(one.metric, str::to_owned), ..one }
        };
        let known = self.known.into_iter().map(|(metric, unit, value)| Exact {
            metric: metric.to_owned(),
            unit,
            value,
            missing: None,
        });
        let mut answers: Vec<Exact> = Vec::new();
        for one in solved.into_iter().flatten().map(renamed).chain(known) {
            let is_new = answers.iter().all(|other| other.metric != one.metric);
            let is_wanted = is_known(ScopeKind::Service, &one.metric) && !LEFT_OUT.contains(&&*one.metric);
            if is_new && is_wanted {
                answers.push(one);
            }
        }
        Some(Theory {
            scope,
            model: self.model,
            oracle: self.parts.first()?.oracle,
            answers,
            departures: Vec::new(),
            relaxation,
            long_run: None,
        })
    }
}

impl<'s> Asked<'s> {
    fn new(service: &'s Service, function: &'s Function, flow: &'s Flow) -> Option<Self> {
        let speed = service.replicas.first()?.speed;
        let slots = slots(service);
        let stand = function.only_stand()?;
        let most = if slots == 0 { u32::MAX } else { stand.max_instances.saturating_mul(slots) };
        let mean = service.demand.mean() / speed;
        (mean.is_finite() && service.start.mean().is_finite()).then(|| Self {
            service,
            function,
            flow,
            slots,
            limit: most.min(stand.on_demand.unwrap_or(u32::MAX)),
            mean,
            speed,
        })
    }

    fn find(&self) -> Option<Found> {
        if self.mean <= 0.0 {
            return self.rare();
        }
        if self.flow.between.is_some() {
            return None;
        }
        let starts_at_once = is_instant(&self.service.start);
        if starts_at_once {
            return if self.is_never_full(self.mean) { Some(self.unlimited()) } else { self.limited() };
        }
        let goes_at_once = KeepAliveSettings::fixed(Some(SimDuration::ZERO));
        if self.function.keep_alive != goes_at_once || self.slots != 1 {
            return None;
        }
        match self.function.waits {
            Waits::Own => self.always_cold(),
            Waits::First => self.setup(),
        }
    }

    fn rate(&self) -> (&'static str, Given) {
        ("rate", number(self.flow.rate))
    }

    fn is_exponential(&self) -> bool {
        matches!(self.service.demand, Distribution::Exponential(_))
    }

    /// Whether the limit never matters where each request holds a slot for so long.
    fn is_never_full(&self, holds: f64) -> bool {
        // Work for more than a twentieth of a large fleet takes long to look at, and none for so few.
        erlang_b(self.flow.rate, holds, self.limit.min(100_000)).is_ok_and(|lost| lost < NEVER)
    }

    /// The time that an instance is kept, where that is the same for all and longer than zero.
    fn kept(&self) -> Option<SimDuration> {
        self.function.keep_alive.steady().flatten()
    }

    /// Calls that take no time: what counts is how far they are apart.
    fn rare(&self) -> Option<Found> {
        let kept = self.kept()?.as_secs();
        let between = self.flow.between.clone().unwrap_or(Law::Exponential { mean: self.flow.rate.recip() });
        // Who comes when the time ends comes too late, which the formula leaves to chance.
        let is_on_the_edge = matches!(between, Law::Constant { value } if (value - kept).abs() < 1e-9);
        if is_on_the_edge || !is_instant(&self.service.start) {
            return None;
        }
        let model = if self.flow.between.is_some() { "GI/0, keep-alive" } else { "M/0, keep-alive" };
        let arguments = [("between", Given::Laws(vec![between])), ("keep_alive", number(kept))];
        let part = Part::new("rare-function", &arguments);
        Some(Found { model: model.to_owned(), parts: vec![part], known: Vec::new() })
    }

    /// As many instances as requests, each of which begins at once.
    fn unlimited(&self) -> Found {
        let service_mean = ("service_mean", number(self.mean));
        let all = Part::new("mg-infinity", &[self.rate(), service_mean.clone()]);
        let chosen = (self.function.choice == InstanceChoice::MostRecent).then(|| self.kept()).flatten();
        if let Some(kept) = chosen.filter(|_| self.is_exponential() && self.slots == 1) {
            let kept = ("keep_alive", number(kept.as_secs()));
            let pool = Part::new("keep-alive", &[self.rate(), service_mean, kept]);
            let model = "M/M/inf, keep-alive".to_owned();
            return Found { model, parts: vec![pool, all], known: Vec::new() };
        }
        let busy = ("instances_busy_mean", "1", self.flow.rate * self.mean);
        let known = if self.slots == 1 { vec![busy] } else { Vec::new() };
        Found { model: "M/G/inf".to_owned(), parts: vec![all], known }
    }

    /// Fewer slots than requests at times; an instance that is wanted is there at once, so it matters to nobody how long
    /// one is kept.
    fn limited(&self) -> Option<Found> {
        let servers = self.limit;
        let mut arguments =
            vec![self.rate(), ("service_mean", number(self.mean)), ("servers", number(servers.into()))];
        let (model, oracle) = match self.function.pending {
            Some(0) => (format!("M/G/{servers}/{servers}"), "erlang-b"),
            _ if !self.is_exponential() => return None,
            Some(waiting) => {
                let places = servers.saturating_add(waiting);
                arguments.push(("places", number(places.into())));
                (format!("M/M/{servers}/{places}"), "mmck")
            }
            None => (format!("M/M/{servers}"), "mmc"),
        };
        let known = if oracle == "erlang-b" { vec![Self::sojourn(self.mean)] } else { Vec::new() };
        Some(Found { model, parts: vec![Part::new(oracle, &arguments)], known })
    }

    /// Who does not wait is there for so long.
    const fn sojourn(holds: f64) -> (&'static str, &'static str, f64) {
        ("sojourn_mean", "s", holds)
    }

    /// Every request has an instance of its own, which is gone with it.
    fn always_cold(&self) -> Option<Found> {
        let holds = self.service.start.mean() + self.mean;
        let arguments = [self.rate(), ("service_mean", number(holds))];
        let known = vec![Self::sojourn(holds), ("cold_start_ratio", "ratio", 1.0)];
        if self.is_never_full(holds) {
            let part = Part::new("mg-infinity", &arguments);
            return Some(Found { model: "M/G/inf".to_owned(), parts: vec![part], known });
        }
        if self.function.pending != Some(0) {
            return None;
        }
        let [rate, service_mean] = arguments;
        let part = Part::new("erlang-b", &[rate, service_mean, ("servers", number(self.limit.into()))]);
        Some(Found { model: format!("M/G/{0}/{0}", self.limit), parts: vec![part], known })
    }

    /// Instances that are gone when they have nothing to do, and a queue of those that wait for the first to start.
    fn setup(&self) -> Option<Found> {
        if self.function.pending.is_some() {
            return None;
        }
        let mut phases = self.service.start.phases.iter().filter(|phase| phase.mean() > 0.0);
        let (Some(start), None) = (phases.next(), phases.next()) else { return None };
        let servers = self.limit;
        let (model, part) = if servers == 1 {
            let service = law(&self.service.demand)?.slowed(self.speed.recip());
            let laws = |law: Law| Given::Laws(vec![law]);
            let arguments = [self.rate(), ("service", laws(service)), ("setup", laws(law(start)?))];
            ("M/G/1/setup".to_owned(), Part::new("setup-queue", &arguments))
        } else {
            let is_memoryless = self.is_exponential() && matches!(start, Distribution::Exponential(_));
            let is_given_up = self.function.surplus == Surplus::Cancel;
            if !is_memoryless || !is_given_up || servers > SETUPS_MAX {
                return None;
            }
            let arguments = [
                self.rate(),
                ("service_mean", number(self.mean)),
                ("servers", number(servers.into())),
                ("setup_mean", number(start.mean())),
            ];
            (format!("M/M/{servers}/setup"), Part::new("setup-fleet", &arguments))
        };
        Some(Found { model, parts: vec![part], known: Vec::new() })
    }
}

/// Whether a start takes no time.
fn is_instant(start: &Start) -> bool {
    start.phases.iter().all(|phase| phase.mean() <= 0.0)
}
