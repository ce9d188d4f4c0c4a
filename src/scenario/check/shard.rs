//! Parts of a fleet that a session or a client may use.

use super::Checker;
use super::scaling::{most, starts_by_region};
use crate::model::balancing::{ShardBy, ShardPolicy, Sharding};
use crate::model::fleet::Service;
use crate::model::system::behind;
use crate::model::workload::{Arrival, Client};
use crate::scenario::written::balancing::Balancers;
use crate::scenario::written::service::ServiceKeys;

impl Checker<'_> {
    /// Reports what is impossible about the shards of a service; `replicas` is absent where nobody knows how many there are.
    pub(super) fn shard(
        &mut self,
        name: &str,
        keys: &ServiceKeys,
        shard: &Sharding,
        replicas: Option<usize>,
    ) {
        if keys.function.is_some() {
            // That there is no balancing is reported elsewhere.
            return;
        }
        let path = |key| ["service", name, "balancing", "shard", key];
        let common = &keys.balancing.common;
        let most = replicas.map(|_| most(keys));
        if shard.size == 0 || most.is_some_and(|most| u64::from(shard.size) > most) {
            let most = most.map_or_else(|| "the number of replicas".to_owned(), |most| most.to_string());
            let help = format!("expected 1 to {most}");
            self.error(&path("size"), "a shard of this size is impossible", &help);
        } else if let Some(subset) = common.subset.filter(|subset| *subset < shard.size) {
            let message = format!("a shard of {} does not fit into a subset of {subset}", shard.size);
            let help = "a balancer chooses shards among the replicas that it uses: make \"subset\" larger, or leave it out";
            self.error(&path("size"), message, help);
        }
        if shard.policy == ShardPolicy::Cells && shard.size > 0 {
            self.cells(name, keys, shard.size);
        }
        let is_one_client = shard.by == ShardBy::Client && common.balancers == Balancers::Caller;
        let policy = keys.balancing.policy.known();
        if let Some((policy, why)) = policy
            .and_then(|policy| Some((policy.name(), policy.without_shards()?)))
            .filter(|_| !is_one_client)
        {
            let message = format!("\"{policy}\" cannot choose among shards: {why}");
            let help =
                "set balancers = \"caller\" and by = \"client\", or another policy such as \"least-request\"";
            self.error(&["service", name, "balancing", "shard"], message, help);
        }
    }

    /// Reports cells that would not stay, or not be whole.
    fn cells(&mut self, name: &str, keys: &ServiceKeys, size: u32) {
        let path = ["service", name, "balancing", "shard", "policy"];
        let changes = [
            ("autoscaling", keys.autoscaling.is_some()),
            ("standby", keys.standby.is_some()),
            ("a deployment", self.is_deployed(name)),
            ("a restart", self.is_restarted(name)),
        ];
        if let Some((what, _)) = changes.iter().find(|(_, is_there)| *is_there) {
            let message = format!("cells stay as they are, and {what} changes who is in the fleet");
            let help = "set policy = \"shuffle\", or write each cell as a service of its own";
            self.error(&path, message, help);
            return;
        }
        if keys.balancing.common.subset.is_some() {
            let help = "leave out \"subset\", or set policy = \"shuffle\"";
            self.error(&path, "a subset leaves no cell whole", help);
        }
        if let Some(count) = starts_by_region(keys).into_iter().find(|count| count % size != 0) {
            let message = format!("{count} replicas make no whole cells of {size}");
            let help = "expected a number of replicas, in each region, that is a multiple of \"size\"";
            self.error(&["service", name, "balancing", "shard", "size"], message, help);
        }
    }

    /// Reports clients each of whose requests would have a shard of its own.
    pub(super) fn sessions_of_shards(&mut self, clients: &[Client], services: &[Service]) {
        for client in clients {
            let has_users = matches!(client.arrival, Arrival::Closed { .. });
            if client.sessions.is_some() || has_users {
                continue;
            }
            for service in behind(&client.steps, services).into_iter().map(|service| &services[service]) {
                if !service.balancing.shards_by(ShardBy::Session) {
                    continue;
                }
                let (caller, name) = (&client.name, &service.name);
                let message = format!(
                    "requests of \"{caller}\" come to \"{name}\" and belong to no session: each would have a shard of its own"
                );
                let help = format!("set \"sessions\" of \"client.{caller}\", or by = \"client\"");
                self.error(&["service", name, "balancing", "shard"], message, &help);
            }
        }
    }
}
