//! Gateways as they are written.

use super::call::PolicyKeys;
use super::law::Law;
use crate::document::{
    Diagnostics, Field, Fields, Keyed, Kind, Name, Node, Section, Span, Table, Value, unexpected,
};
use crate::model::call::OnTimeout;
use crate::model::cost::PerRequest;
use crate::units::{Probability, Rate, SimDuration};

crate::settings! {
    /// What stands in front of services: it routes requests by their paths and lets in no more than was agreed.
    pub(crate) struct GatewaySection {
        /// The region in which it is; the only one where there is one. It has a node in each zone of it, is never busy, and
        /// callers get to a node that is up, of their own zone where there is one.
        region: Option<Name> = None,
        /// Where its paths lead; sections `route` with `gateway` add to them.
        routes: Vec<GatewayRoute> = Vec::new(),
        /// What it lets in, at most; the others fail with `throttled`. A request takes a token of each bucket that it
        /// passes, or of none. Any number where absent.
        throttle: Option<ThrottleKeys> = None,
        /// What it lets in of each client and each service that calls it, at most; any number where absent.
        client_throttle: Option<ThrottleKeys> = None,
        /// The account whose bucket it shares with others; none where absent.
        account: Option<Name> = None,
        /// Time that it adds to each request, before it calls anybody.
        latency: Law = Law::zero(),
        /// Who is asked, before the service behind, whether a request is allowed; nobody where absent.
        authorise: Option<Authorise> = None,
        /// How long it waits for the answer of the service behind; then it answers with an error. No limit where absent.
        #[range = "> 0"]
        timeout: Option<SimDuration> = None,
        /// What becomes of the work behind it that it does not wait for any more.
        on_timeout: OnTimeout = OnTimeout::Abandon,
        /// What is paid for requests that it lets in, as "1.00/million"; as `[cost]` says where absent.
        price: Option<PerRequest> = None,
    }
}

crate::settings! {
    /// Where some of the paths of a gateway lead.
    pub(crate) struct GatewayRoute {
        /// The begin of the paths, such as "/orders" or "/users/{id}/orders"; the longest one that fits a path wins.
        prefix: Name,
        /// The service that serves them, or an alias of a function such as "f:live", which makes the route a canary.
        service: Name,
        /// How long the gateway waits for the answer; its own `timeout` where absent.
        #[range = "> 0"]
        timeout: Option<SimDuration> = None,
        /// What the gateway lets in on this route, at most; any number where absent.
        throttle: Option<ThrottleKeys> = None,
    }
}

crate::settings! {
    /// A bucket of tokens, one for each request that is let in.
    pub(crate) struct ThrottleKeys {
        /// How fast tokens are added.
        rate: Rate,
        /// Tokens at the start and at most.
        #[range = ">= 1"]
        burst: u32,
    }
}

crate::settings! {
    /// The keys of a call that authorises, those about failure aside.
    pub(crate) struct AuthoriseEntry {
        /// The service that is asked; where it fails, so does the request.
        service: Name,
        /// Share of the requests that it does not allow: they are answered with a client error (401), and the service
        /// behind is not called.
        denied: Probability = Probability::ZERO,
    }
}

crate::tables! {
    GatewaySection = "a table that describes a gateway",
    GatewayRoute = "a table such as { prefix = \"/orders\", service = \"orders\" }",
    ThrottleKeys = "a table such as { rate = \"100/s\", burst = 50 }",
}

/// Who is asked whether a request is allowed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Authorise {
    pub(crate) entry: AuthoriseEntry,
    pub(crate) policy: PolicyKeys,
}

impl Field for Authorise {
    const EXPECTED: &'static str = "the name of a service, or a table with the key \"service\"";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Text,
            Kind::Table(AuthoriseEntry::shape().and(PolicyKeys::KEYS).called("authorise")),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let mut only = Table::default();
        let table = match &node.value {
            Value::Table(table) => table,
            Value::Text(_) => {
                only.entries.push((Name { text: "service".to_owned(), span: node.span }, node.clone()));
                &only
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        let mut fields = Fields::new(table, node.span, findings);
        let entry = AuthoriseEntry::read(&mut fields);
        let policy = PolicyKeys::read(&mut fields);
        fields.finish();
        Some(Self { entry: entry?, policy: policy? })
    }

    fn write(&self) -> Option<toml::Value> {
        let mut table = toml::Table::new();
        self.entry.write(&mut table);
        self.policy.write(&mut table);
        Some(table.into())
    }
}

/// What a service that stands for a gateway has besides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Routes {
    /// Its routes, each with the place at which errors about it stand.
    pub(crate) all: Vec<(GatewayRoute, Span)>,
    /// Whether each begins with a call that authorises.
    pub(crate) authorises: bool,
}
