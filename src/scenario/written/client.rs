//! Clients as they are written.

use super::arrival::ArrivalKeys;
use super::call::{Calls, PolicyKeys};
use super::dns::ResolverKeys;
use super::route::PathKeys;
use crate::document::{Fields, Keyed, Name, Section, Shape};
use crate::units::{Probability, SimDuration};

/// A source of requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClientSection {
    pub(crate) keys: ClientKeys,
    /// How it comes by answers for names.
    pub(crate) resolvers: ResolverKeys,
    /// Defaults of all its calls.
    pub(crate) policy: PolicyKeys,
}

crate::settings! {
    /// The keys of a client that are not about failure.
    pub(crate) struct ClientKeys {
        /// The region in which the client is; the only one where there is one. Its requests travel from there.
        region: Option<Name> = None,
        /// How many processes the client consists of. Requests come to them in turn, and each has its own balancer,
        /// breaker, budget and throttle where these belong to the caller.
        #[range = ">= 1, <= 10000000"]
        instances: u32 = 1,
        /// When requests arrive.
        arrival: ArrivalKeys,
        /// What each request asks of which services. Where none of them is a gateway, either this or `paths` is given.
        calls: Calls = Calls::default(),
        /// The paths that requests ask for. The gateways that are called lead them to services by their routes; without
        /// `calls` the sections `route` do.
        paths: Vec<PathKeys> = Vec::new(),
        /// Share of requests that are wrong in themselves: the first service answers them with a client error (4xx)
        /// after its demand. They do not count as failed, nor as goodput.
        invalid: Probability = Probability::ZERO,
        /// The priority of its requests in queues and admission that know any: 0 comes first.
        #[range = "<= 255"]
        priority: u32 = 0,
        /// How many sessions its requests belong to, for `balancing.sticky` and for policies that hash: each request
        /// to one of them at random. Without it each request, and in a closed loop each user, is a session of its
        /// own.
        #[range = ">= 1"]
        sessions: Option<u32> = None,
        /// An answer later than this is a failure with the reason `too_slow`, although it was right.
        #[range = "> 0"]
        good_within: Option<SimDuration> = None,
        /// Durations for which the share of requests answered well in time is measured, as `within_1s`. Those that
        /// objectives and claims name are measured anyway.
        #[range = "> 0"]
        within: Vec<SimDuration> = Vec::new(),
    }
}

impl Section for ClientSection {
    fn shape() -> Shape {
        ClientKeys::shape().and(ResolverKeys::KEYS).and(PolicyKeys::KEYS).called("client")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let keys = ClientKeys::read(fields);
        let resolvers = ResolverKeys::read(fields);
        let policy = PolicyKeys::read(fields);
        Some(Self { keys: keys?, resolvers: resolvers?, policy: policy? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
        self.resolvers.write(table);
        self.policy.write(table);
    }
}

crate::tables! {
    ClientSection = "a table that describes a client",
}
