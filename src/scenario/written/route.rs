//! Routes and the paths that take them, as they are written.

use super::gateway::ThrottleKeys;
use crate::document::Name;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// Which service serves the paths that begin so.
    pub(crate) struct RouteSection {
        /// The begin of the paths that it serves, such as "/api/orders"; the longest one that fits a path wins.
        prefix: Name,
        /// The service that serves them, or an alias of a function such as "f:live".
        service: Name,
        /// The gateway whose route it is, as if it stood in its `routes`; where absent, it directs the paths of clients
        /// without `calls`.
        gateway: Option<Name> = None,
        /// How long the gateway waits for the answer; its own `timeout` where absent.
        #[range = "> 0"]
        timeout: Option<SimDuration> = None,
        /// What the gateway lets in on this route, at most; any number where absent.
        throttle: Option<ThrottleKeys> = None,
    }
}

crate::settings! {
    /// A path that a client asks for, and how often.
    pub(crate) struct PathKeys {
        /// The path that is asked for, such as "/api/orders/7".
        path: Name,
        /// Share of the requests that ask for it; shares of all paths add up to 1.
        share: Probability = Probability::ONE,
    }
}

crate::tables! {
    RouteSection = "a table that describes a route",
    PathKeys = "a table with the key \"path\"",
}
