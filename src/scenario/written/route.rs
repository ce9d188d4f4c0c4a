//! Routes and the paths that take them, as they are written.

use crate::document::Name;
use crate::units::Probability;

crate::settings! {
    /// Which service serves the paths that begin so.
    pub(crate) struct RouteSection {
        prefix: Name,
        service: Name,
    }
}

crate::settings! {
    /// A path that a client asks for, and how often.
    pub(crate) struct PathKeys {
        path: Name,
        share: Probability = Probability::ONE,
    }
}

crate::tables! {
    RouteSection = "a table that describes a route",
    PathKeys = "a table with the key \"path\"",
}
