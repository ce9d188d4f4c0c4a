//! Functions: services whose instances come with the requests and go when nobody has needed them for a while.
//!
//! What a platform decides, and when, stands here without any scheduling: how long an idle instance is kept
//! ([`keep_alive`]), which one a request gets ([`shelf`]), how fast there may be more ([`tokens`]). Sources: AWS Lambda
//! Developer Guide, "Understanding Lambda function scaling"; Shahrad et al., "Serverless in the Wild" (USENIX ATC 2020);
//! Mahmoudi and Khazaei, "`SimFaaS`" (2021); Gandhi, Harchol-Balter and Adan, "Server farms with setup costs" (2010).

pub mod keep_alive;
pub mod population;
pub mod shelf;
pub mod tokens;

use super::cost::InvocationPrice;
use crate::kernel::distribution::Distribution;
use crate::units::{Rate, RegionId, SimDuration};
use keep_alive::KeepAliveSettings;
use tokens::ScaleUp;

crate::choices! {
    /// Which of several instances that could serve a request gets it.
    pub enum InstanceChoice {
        /// The one that became free last, so that those that are too many idle out.
        MostRecent = "most-recent",
        /// The one that has been free for the longest time.
        LeastRecent = "least-recent",
        /// The one that was started last.
        Newest = "newest",
        /// The one that was started first.
        Oldest = "oldest",
        /// Any of them, each as likely.
        Random = "random",
        /// The one with most requests, the newest of several.
        Fullest = "fullest",
        /// The one with fewest requests, the newest of several.
        Emptiest = "emptiest",
    }
}

crate::choices! {
    /// What a request does for which an instance is started.
    pub enum Waits {
        /// It waits for that instance, though another may be free before.
        Own = "own",
        /// It waits in one queue with the others, and gets the first instance that is free.
        First = "first",
    }
}

crate::choices! {
    /// What becomes of a start for which nobody waits any more.
    pub enum Surplus {
        /// It goes on, and the instance is idle when it is ready.
        Keep = "keep",
        /// The youngest start is given up.
        Cancel = "cancel",
    }
}

crate::choices! {
    /// What becomes of an instance whose request was killed.
    pub enum AfterFailure {
        /// It stays, and its next request pays for a start once more before its own work.
        Reset = "reset",
        /// It stays as it is.
        Keep = "keep",
        /// It is gone.
        Drop = "drop",
    }
}

/// How instances of a function come and go.
#[derive(Debug, Clone)]
pub struct Function {
    /// The whole of the first response of an instance, in place of its start and the demand of that request.
    pub cold_demand: Option<Distribution>,
    /// How long an idle instance is kept.
    pub keep_alive: KeepAliveSettings,
    /// After which age an instance goes as soon as it is idle.
    pub lifetime: Option<Distribution>,
    /// Which instance a request gets.
    pub choice: InstanceChoice,
    /// What a request waits for.
    pub waits: Waits,
    /// What becomes of starts for which nobody waits.
    pub surplus: Surplus,
    /// What it has in each region where it is, in their order; at least one.
    pub regions: Vec<Stand>,
    /// How long it takes until another of them is ready.
    pub provisioning: Distribution,
    /// How fast there may be more instances.
    pub scale_up: Option<ScaleUp>,
    /// How many requests may wait where no instance may be started; `None` is no limit.
    pub pending: Option<u32>,
    /// How long a request may take before it is killed, its calls included.
    pub max_duration: Option<SimDuration>,
    /// What becomes of its instance then.
    pub after_failure: AfterFailure,
    /// What is paid for it.
    pub price: InvocationPrice,
    /// The memory of an instance \[MB\]; 0 where nothing tells it.
    pub megabytes: f64,
}

/// What a function has in one region: instances that are lent to no other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stand {
    /// The region.
    pub region: RegionId,
    /// Its first seat, numbered within the service, and how many it has: the first are those of provisioned instances, and
    /// at the last, one for each version, requests wait that have no instance.
    pub first: u32,
    /// See `first`.
    pub seats: u32,
    /// Instances that are provisioned at the start.
    pub provisioned: u32,
    /// The most instances at once.
    pub max_instances: u32,
    /// The most requests under way on instances that are not provisioned; `None` where only the account limits them.
    pub on_demand: Option<u32>,
    /// The most requests per second.
    pub rate: Option<Rate>,
    /// The account whose concurrency it shares there, if it has one.
    pub account: Option<u32>,
}

impl Stand {
    /// Whether an instance is provisioned in a seat at the start.
    pub const fn provisions(&self, local: u32) -> bool {
        self.first <= local && local < self.first + self.provisioned
    }

    /// The first seat at which requests wait that have no instance, of so many.
    pub const fn door(&self, doors: u32) -> u32 {
        self.first + self.seats - doors
    }
}

impl Function {
    /// What it has in its only region; `None` where it is in several.
    pub fn only_stand(&self) -> Option<&Stand> {
        if let [only] = &self.regions[..] { Some(only) } else { None }
    }

    /// The most instances at once, in all regions together.
    pub fn max_instances(&self) -> u32 {
        self.regions.iter().fold(0, |sum, one| sum.saturating_add(one.max_instances))
    }

    /// Instances that are provisioned at the start, in all regions together.
    pub fn provisioned(&self) -> u32 {
        self.regions.iter().map(|one| one.provisioned).sum()
    }

    /// Whether an instance may have to wait with new work, or do more than a request asks for.
    pub const fn is_special(&self) -> bool {
        self.cold_demand.is_some() || self.max_duration.is_some()
    }

    /// Whether it may throttle or kill a request.
    pub fn refuses(&self) -> bool {
        let is_limited = |one: &Stand| one.rate.is_some() || one.account.is_some();
        self.pending.is_some() || self.max_duration.is_some() || self.regions.iter().any(is_limited)
    }
}

/// What functions of one account share.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Name.
    pub name: String,
    /// The region whose functions these are; each region has its own.
    pub region: RegionId,
    /// The most requests that functions without a share of their own may have under way together.
    pub pool: u32,
    /// How fast they may start instances together.
    pub scale_up: Option<ScaleUp>,
}
