//! Routes and the paths that take them, as they are written.

use crate::document::Name;
use crate::units::Probability;

crate::settings! {
    /// Which service serves the paths that begin so.
    pub(crate) struct RouteSection {
        /// The begin of the paths that it serves, such as "/api/orders"; the longest one that fits a path wins.
        prefix: Name,
        /// The service that serves them.
        service: Name,
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
