//! What a run cost.

/// What was paid for a service in the measured part, in the currency of prices.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// For replicas that were present.
    pub replicas: f64,
    /// For its part of the hosts on which its replicas were.
    pub hosts: f64,
    /// For attempts that a service let in.
    pub requests: f64,
    /// For requests that a gateway let in.
    pub gateway: f64,
    /// For requests to a queue of messages.
    pub queue: f64,
    /// For memory of instances of functions over the time of their requests.
    pub duration: f64,
    /// For memory of instances that are kept ready.
    pub provisioned: f64,
    /// For messages of attempts at it that went to another zone or region.
    pub transfer: f64,
    /// For what it keeps.
    pub storage: f64,
}

impl Cost {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.replicas
            + self.hosts
            + self.requests
            + self.gateway
            + self.queue
            + self.duration
            + self.provisioned
            + self.transfer
            + self.storage
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            replicas: self.replicas + other.replicas,
            hosts: self.hosts + other.hosts,
            requests: self.requests + other.requests,
            gateway: self.gateway + other.gateway,
            queue: self.queue + other.queue,
            duration: self.duration + other.duration,
            provisioned: self.provisioned + other.provisioned,
            transfer: self.transfer + other.transfer,
            storage: self.storage + other.storage,
        }
    }
}
