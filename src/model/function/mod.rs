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
use crate::units::{Rate, SimDuration};
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
    /// The most instances at once.
    pub max_instances: u32,
    /// The most requests under way on instances that are not provisioned; `None` where only the account limits them.
    pub on_demand: Option<u32>,
    /// Instances that are provisioned at the start.
    pub provisioned: u32,
    /// How long it takes until another of them is ready.
    pub provisioning: Distribution,
    /// How fast there may be more instances.
    pub scale_up: Option<ScaleUp>,
    /// The most requests per second.
    pub rate: Option<Rate>,
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
    /// The account whose concurrency it shares, if it has one.
    pub account: Option<u32>,
}

impl Function {
    /// Whether an instance may have to wait with new work, or do more than a request asks for.
    pub const fn is_special(&self) -> bool {
        self.cold_demand.is_some() || self.max_duration.is_some()
    }

    /// Whether it may throttle or kill a request.
    pub const fn refuses(&self) -> bool {
        self.pending.is_some() || self.max_duration.is_some() || self.rate.is_some() || self.account.is_some()
    }
}

/// What functions of one account share.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Name.
    pub name: String,
    /// The most requests that functions without a share of their own may have under way together.
    pub pool: u32,
    /// How fast they may start instances together.
    pub scale_up: Option<ScaleUp>,
}
