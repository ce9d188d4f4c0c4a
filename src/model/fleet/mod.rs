//! Services: replicas, capacity and queue discipline.

pub mod standby;
pub mod start;
pub mod version;

use self::standby::Standby;
use self::start::Start;
use self::version::{Version, Versions};
use super::balancing::{BalancerSettings, ShardBy, Sharding, Spread, Stickiness};
use super::cache::Cache;
use super::call::Step;
use super::cost::{InvocationPrice, PerGbSecond, Price};
use super::data::Data;
use super::effect::Idempotency;
use super::event::EventQueue;
use super::function::population::Population;
use super::function::{Function, Stand};
use super::gateway::Gateway;
use super::monitoring::outlier::OutlierSettings;
use super::monitoring::{HealthCheck, Knowledge, Liveness};
use super::queue::QueueSettings;
use super::region::host::OnHosts;
use super::resilience::hint::Hint;
use super::resilience::limit::LimitSettings;
use super::scaling::{Autoscaling, OnZoneLoss, Per};
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, ServiceId, SimDuration, ZoneId};

/// A fleet of replicas that do the same work.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name.
    pub name: String,
    /// Its seats: where there is a replica at the start, numbered region by region as written, at least one; and, of a
    /// fleet that changes, where there may be one later.
    pub replicas: Vec<Replica>,
    /// How many of them, the first ones, have a replica at the start.
    pub present: u32,
    /// How they stand on hosts, if they take room there.
    pub on_hosts: Option<Box<OnHosts>>,
    /// Which of them stand by, if any do.
    pub standby: Option<Box<Standby>>,
    /// How the fleet changes, if it does.
    pub autoscaling: Option<Autoscaling>,
    /// Who says how many instances of a function are provisioned, if that changes.
    pub provisioned: Option<Autoscaling>,
    /// How its instances come and go, if it is a function; then its last seats, one for each version, are where requests
    /// wait that have none.
    pub function: Option<Function>,
    /// Versions of a function and the names for them, where it has any.
    pub versions: Option<Box<Versions>>,
    /// The functions that it stands for, if it is many; then it is one replica without limit, which nothing strikes.
    pub population: Option<Box<Population>>,
    /// How long a replica takes from the decision to start it until it serves.
    pub start: Start,
    /// How long a replica that leaves may finish what it has; `None` is for ever.
    pub drain: Option<SimDuration>,
    /// How many replicas must be up for the service to count as up.
    pub quorum: u32,
    /// Slots of each replica.
    pub concurrency: Concurrency,
    /// How slots come back after a crash, if not all at once.
    pub ramp_up: Option<RampUp>,
    /// Where and in which order jobs wait.
    pub queue: Queue,
    /// Which attempts a replica takes in at all, if it refuses any.
    pub admission: Option<LimitSettings>,
    /// What it says about trying again when it refuses an attempt.
    pub retry_after: Option<Hint>,
    /// Work of one attempt; divided by a replica's speed it is the time in service.
    pub demand: Distribution,
    /// Share of attempts answered with an error.
    pub error_ratio: Probability,
    /// Work of an attempt that is answered with an error; its own demand where absent.
    pub error_time: Option<Distribution>,
    /// Whether an attempt that it serves well takes effect, and would again if it were done twice.
    pub effects: bool,
    /// Idempotency keys, if it keeps them.
    pub idempotency: Option<Idempotency>,
    /// The cache in front of it, if there is one.
    pub cache: Option<Box<Cache>>,
    /// What it keeps, if it is a queue of messages: then its only step is the call of its consumer.
    pub events: Option<Box<EventQueue>>,
    /// Who chooses a replica, and how.
    pub balancing: Balancing,
    /// Active checks, if any.
    pub health_check: Option<HealthCheck>,
    /// Probes that restart replicas, if any.
    pub liveness: Option<Liveness>,
    /// How each decider finds replicas to eject, if it does.
    pub outlier_detection: Option<OutlierSettings>,
    /// What an attempt asks of others after its own demand.
    pub steps: Vec<Step>,
    /// Where an attempt is passed on to instead of being answered.
    pub next: Vec<Next>,
    /// Whether a slot stays taken while calls are out.
    pub slot: Slot,
    /// What is paid for it.
    pub price: Price,
    /// What its replicas keep together, if anything.
    pub data: Option<Box<Data>>,
    /// What it does as a gateway, where it is one: then its steps are those of its routes, one after another.
    pub gateway: Option<Gateway>,
}

impl Service {
    /// Whether another service keeps its idempotency keys.
    #[must_use]
    pub fn asks_store(&self) -> bool {
        self.idempotency.as_ref().is_some_and(|rules| rules.store.is_some())
    }

    /// The steps of its calls but for those to the store of its idempotency keys.
    #[must_use]
    pub fn own_steps(&self) -> &[Step] {
        match &self.steps[..] {
            [_, own @ .., _] if self.asks_store() => own,
            all => all,
        }
    }

    /// A version of it; `None` where it has none but itself.
    pub fn version(&self, number: u8) -> Option<&Version> {
        self.versions.as_ref().and_then(|versions| versions.all.get(usize::from(number)))
    }

    /// How many versions there are.
    pub fn version_count(&self) -> u32 {
        self.versions.as_ref().map_or(1, |versions| versions.all.len() as u32)
    }

    /// What is paid for functions, where it is one or many.
    pub fn invocation_price(&self) -> Option<&InvocationPrice> {
        let many = self.population.as_ref().map(|population| &population.price);
        self.function.as_ref().map(|function| &function.price).or(many)
    }

    /// What functions used of memory over time \[GBs\]: the times that are billed, those on instances that are kept ready, and
    /// for how long these were wanted. All are given summed \[ns\], of a population each with the megabytes of its function;
    /// `versions` the first two of each version, where there are any, as each may have a memory of its own.
    pub fn gigabyte_seconds(
        &self,
        ([billed, on_ready], kept): ([u128; 2], u128),
        versions: impl Iterator<Item = [u128; 2]>,
    ) -> [f64; 3] {
        let of = |megabytes, times: [u128; 3]| times.map(|nanos| PerGbSecond::amount(megabytes, nanos));
        let Some(all) = &self.versions else {
            let megabytes = self.function.as_ref().map_or(1.0, |function| function.megabytes);
            return of(megabytes, [billed, on_ready, kept]);
        };
        let mut sum = [0.0; 3];
        for ((number, version), [billed, on_ready]) in (0_u8..).zip(&all.all).zip(versions) {
            let kept = if number == all.provisioned { kept } else { 0 };
            let used = of(version.megabytes, [billed, on_ready, kept]);
            (0..3).for_each(|item| sum[item] += used[item]);
        }
        sum
    }

    /// Who says how many replicas there are, or how many instances are provisioned, if that changes.
    pub fn scaling(&self) -> Option<&Autoscaling> {
        self.autoscaling.as_ref().or(self.provisioned.as_ref())
    }

    /// How many replicas serve at the start, the first ones: the others stand by.
    pub fn serving(&self) -> u32 {
        self.standby.as_ref().map_or(self.present, |standby| standby.active)
    }

    /// Whether a seat is taken at the start.
    pub fn is_present(&self, local: u32) -> bool {
        match &self.function {
            Some(function) => function.regions.iter().any(|one| one.provisions(local)),
            None => local < self.present,
        }
    }

    /// Whether whoever sits in a seat serves at the start: it is taken, and does not stand by.
    pub fn serves(&self, local: u32) -> bool {
        if self.function.is_some() { self.is_present(local) } else { local < self.serving() }
    }

    /// Whether a seat stays empty, because requests wait there that have no instance.
    pub fn is_door(&self, local: u32) -> bool {
        let doors = self.version_count();
        let function = self.function.as_ref();
        let within = |one: &Stand| one.door(doors) <= local && local < one.first + one.seats;
        function.is_some_and(|function| function.regions.iter().any(within))
    }

    /// Whether it is a function in several regions, one of which each attempt is sent to.
    pub fn has_regions(&self) -> bool {
        self.function.as_ref().is_some_and(|function| function.only_stand().is_none())
    }

    /// The account of a function, in its first region, or of many.
    pub fn account(&self) -> Option<u32> {
        let many = self.population.as_ref().and_then(|population| population.account);
        self.function.as_ref().and_then(|function| function.regions.first()?.account).or(many)
    }

    /// Whether replicas, or instances, join and leave.
    pub const fn is_changing(&self) -> bool {
        self.autoscaling.is_some() || self.function.is_some()
    }

    /// Whether attempts pass its queue at times only, and go to its replicas directly at others, as who scales it says.
    pub fn is_buffered(&self) -> bool {
        let controls = self.autoscaling.iter().flat_map(|scaling| &scaling.controls);
        self.queue.place == QueuePlace::Service && controls.into_iter().any(|one| one.policy.bypasses())
    }

    /// Whether its replicas start elsewhere than where a fault of the place is known.
    pub fn goes_elsewhere(&self) -> bool {
        self.autoscaling.as_ref().is_some_and(|scaling| scaling.on_zone_loss == OnZoneLoss::Elsewhere)
    }

    /// Whether it has the same replicas for the whole of a run, and all of them serve.
    pub const fn is_fixed(&self) -> bool {
        !self.is_changing() && self.standby.is_none()
    }

    /// Whether anybody who says how many replicas there should be reads what they do.
    pub fn is_read(&self) -> bool {
        self.autoscaling.as_ref().is_some_and(|scaling| {
            scaling.controls.iter().any(|control| !control.watch().readings.is_empty())
        })
    }

    /// The most replicas that serve at once.
    pub fn most(&self) -> u32 {
        if let Some(function) = &self.function {
            return function.max_instances();
        }
        let Some(scaling) = self.autoscaling.as_ref().filter(|scaling| !scaling.controls.is_empty()) else {
            return self.serving();
        };
        if scaling.per == Per::Service {
            return scaling.max;
        }
        (self.replicas.len() as u32 / scaling.seats().max(1)).max(1).saturating_mul(scaling.max)
    }
}

/// One serving process, or a seat for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replica {
    /// Where it runs at the start of a run.
    pub zone: ZoneId,
    /// How much demand it does in a second; positive.
    pub speed: f64,
}

/// Where a replica of a fleet that changes is in its life. Faults lie over that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It is not there: its seat is empty.
    Absent,
    /// It boots.
    Starting,
    /// It takes attempts, unless a fault keeps it from that.
    Up,
    /// It finishes what it has.
    Draining,
}

/// Slots of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// This many, at least 1.
    Slots(u32),
    /// No limit.
    Unlimited,
}

/// How the slots of a replica come back when a crash of it is over: evenly over a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RampUp {
    /// After which time all are there; positive.
    pub lasts: SimDuration,
    /// Share that is there at once; below 1.
    pub from: Probability,
}

impl RampUp {
    /// Most steps of a ramp; several slots come at once where there were more.
    const STEPS: u64 = 1_000;

    /// How many of `all` slots are there after so many ns, at least one; and after how many there are more.
    pub fn slots(&self, all: u32, after: u64) -> (u32, Option<u64>) {
        let lasts = self.lasts.as_nanos();
        if after >= lasts {
            return (all, None);
        }
        let (from, all_slots) = (self.from.get(), f64::from(all));
        let share = from + (1.0 - from) * after as f64 / lasts as f64;
        // What is whole but for rounding is whole.
        let there = ((all_slots * share + 1e-9) as u32).clamp(1, all);
        let share_of_next = (f64::from(there) + 1.0) / all_slots;
        let next = ((share_of_next - from) / (1.0 - from) * lasts as f64).ceil() as u64;
        (there, Some(next.max(after.saturating_add((lasts / Self::STEPS).max(1))).min(lasts)))
    }
}

/// Where and in which order jobs wait.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The order, and who is not served at all.
    pub policy: QueueSettings,
    /// Waiting places without the slots; `None` is no limit.
    pub capacity: Option<u32>,
    /// In front of what.
    pub place: QueuePlace,
    /// How long a job waits before it leaves unserved.
    pub patience: Option<Distribution>,
}

/// In front of what a queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePlace {
    /// One queue at each replica.
    Replica,
    /// One for the fleet, from which any free slot of an up replica takes the head.
    Service,
}

/// Whether a slot stays taken while calls are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// As a thread per request.
    Held,
    /// As an event loop.
    Released,
}

/// Where an attempt is passed on to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Next {
    /// The next service.
    pub service: ServiceId,
    /// Which version of it is asked for, among the targets of a function that has several.
    pub target: u8,
    /// Probability; they exclude each other, and what is left to 1 answers.
    pub probability: Probability,
}

/// Who chooses a replica, and how.
#[derive(Debug, Clone)]
pub struct Balancing {
    /// The algorithm.
    pub policy: BalancerSettings,
    /// Who decides.
    pub deciders: Deciders,
    /// The zones in which shared deciders stand in turn, rising; those of the callers where it is empty.
    pub place: Vec<ZoneId>,
    /// What a decider knows.
    pub knowledge: Knowledge,
    /// Which part of the fleet an attempt goes to.
    pub spread: Spread,
    /// Each decider uses so many replicas, chosen once at random; all where absent.
    pub subset: Option<u32>,
    /// The part of the fleet that a session or client may use; all where absent.
    pub shard: Option<Sharding>,
    /// Whether sessions stay with a replica.
    pub sticky: Option<Stickiness>,
    /// How long it takes until deciders know that a replica has joined, or is leaving.
    pub discovery: Distribution,
}

impl Balancing {
    /// Whether it matters to which session an attempt belongs.
    pub fn needs_sessions(&self) -> bool {
        self.sticky.is_some() || self.policy.needs().sessions || self.shards_by(ShardBy::Session)
    }

    /// Whether it has shards of that kind.
    pub fn shards_by(&self, by: ShardBy) -> bool {
        self.shard.as_ref().is_some_and(|shard| shard.by == by)
    }
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deciders {
    /// This many, used in turn by all callers.
    Shared(u32),
    /// One in each calling replica and client instance.
    Caller,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_gives_a_slot_after_the_other() {
        let ramp = RampUp { lasts: SimDuration::from_secs(100.0), from: Probability::new(0.2).unwrap() };
        let second = |seconds: f64| (seconds * 1e9) as u64;
        assert_eq!(ramp.slots(10, 0), (2, Some(second(12.5))));
        assert_eq!(ramp.slots(10, second(12.5)), (3, Some(second(25.0))));
        assert_eq!(ramp.slots(10, second(24.9)).0, 3);
        assert_eq!(ramp.slots(10, second(99.0)), (9, Some(second(100.0))));
        assert_eq!(ramp.slots(10, second(100.0)), (10, None));
        // One is always there, and a large ramp has no more than a thousand steps.
        let ramp = RampUp { from: Probability::ZERO, ..ramp };
        assert_eq!(ramp.slots(4, 0), (1, Some(second(50.0))));
        assert_eq!(ramp.slots(1_000_000, second(50.0)), (500_000, Some(second(50.1))));
    }

    #[test]
    fn every_step_of_a_ramp_gives_more() {
        for (all, from) in [(7, 0.0), (100, 0.13), (999, 0.5), (4_000_000_000, 0.0)] {
            let ramp = RampUp { lasts: SimDuration::from_secs(33.3), from: Probability::new(from).unwrap() };
            let (mut there, mut next) = ramp.slots(all, 0);
            let mut steps = 0;
            while let Some(at) = next {
                let (more, after) = ramp.slots(all, at);
                assert!(more > there, "{all}: {there} at {at}");
                (there, next) = (more, after);
                steps += 1;
            }
            assert!(there == all && steps <= RampUp::STEPS + 1, "{all}: {there} after {steps} steps");
        }
    }
}
