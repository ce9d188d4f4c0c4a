//! Who serves: services, their replicas and seats, queues and slots.

pub(super) mod admission;
pub(super) mod boot;
pub(super) mod condition;
pub(super) mod controller;
pub(super) mod crash;
pub(super) mod dependency;
pub(super) mod discipline;
pub(super) mod function;
pub(super) mod gateway;
pub(super) mod gray;
pub(super) mod host;
pub(super) mod life;
pub(super) mod load_report;
pub(super) mod odometer;
pub(super) mod population;
pub(super) mod prober;
pub(super) mod processor_sharing;
pub(super) mod queue;
pub(super) mod rollout;
pub(super) mod scaling;
pub(super) mod seat;
pub(super) mod service;
pub(super) mod setup;
pub(super) mod shared_queue;
pub(super) mod slots;
pub(super) mod standby;
pub(super) mod throttle;
pub(super) mod work;
pub(super) mod zone_loss;

use crate::engine::id::TaskId;
use crate::engine::replica::admission::Admission;
use crate::engine::replica::condition::Condition;
use crate::engine::replica::discipline::AskedQueue;
use crate::engine::replica::function::{AccountState, Pool};
use crate::engine::replica::load_report::Meter;
use crate::engine::replica::odometer::Odometer;
use crate::engine::replica::population::Population;
use crate::engine::replica::prober::Prober;
use crate::engine::replica::processor_sharing::Sharing;
use crate::engine::replica::seat::Seats;
use crate::engine::replica::service::{Replica, Service};
use crate::engine::replica::standby::Standbys;
use crate::engine::replica::throttle::Throttle;
use crate::model::resilience::limit::TokenBucket;

/// Services and their replicas, and what waits in them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Fleet {
    pub(in crate::engine) services: Vec<Service>,
    pub(in crate::engine) replicas: Vec<Replica>,
    /// Where replicas are, and the seats of fleets that change.
    pub(in crate::engine) seats: Seats,
    pub(in crate::engine) conditions: Vec<Condition>,
    /// How many parts that each service depends on are down; nothing where none depends on any.
    missing: Vec<u32>,
    /// Replicas of each service that err or add time now, those that are about to lose a slot in use, and those that
    /// drain or are waited for to have nothing to do: counted for each. What throttles the service counts too.
    odd: Vec<u32>,
    /// Lists of the priorities of each replica's or service's queue, where it has several.
    levels: Vec<Vec<(TaskId, TaskId)>>,
    sharing: Vec<Sharing>,
    /// What each replica knows of whom it lets in, or the service for a shared queue: then it stands at the first.
    admissions: Vec<Admission>,
    /// What stands in front of services because of a fault, or because somebody wanted it so.
    throttles: Vec<Throttle>,
    /// Tokens of the buckets of gateways.
    buckets: Vec<TokenBucket>,
    /// Policies of the queues that are asked for each job, of replicas and then of services.
    asked_queues: Vec<AskedQueue>,
    /// What each replica measures of itself, where any service needs it.
    pub(in crate::engine) meters: Vec<Meter>,
    /// Sums of each replica, where controllers read those of any service.
    pub(in crate::engine) odometers: Vec<Odometer>,
    /// Instances of each service that is a function; nothing where none is.
    pub(in crate::engine) pools: Vec<Option<Box<Pool>>>,
    /// Functions of each service that is many; nothing where none is.
    pub(in crate::engine) populations: Vec<Option<Box<Population>>>,
    accounts: Vec<AccountState>,
    /// Who looks at each replica and waits for a slot of it; nothing where nobody ever does.
    probers: Vec<Vec<Prober>>,
    /// Who serves and who stands by, where any service has spares.
    pub(in crate::engine) standbys: Standbys,
}
