//! Hosts of a size as they are written.

use super::function::Memory;
use crate::model::cost::PerHour;

crate::settings! {
    /// What each host of a region has. Replicas of services that say how much they take find room on one, or do not start.
    pub(crate) struct HostKeys {
        /// How many cores it has, in thousandths at the finest.
        #[range = "> 0"]
        cores: f64,
        /// How much memory it has; there is no limit where absent.
        memory: Option<Memory> = None,
        /// The price of a host on which at least one replica is, for each hour of that. Services pay their parts of it, by
        /// `host_hours`, and nothing for each replica; hosts on which nobody is are free. None where absent.
        price: Option<PerHour> = None,
    }
}

crate::tables! {
    HostKeys = "a table such as { cores = 8, memory = \"32GiB\", price = \"0.4/h\" }",
}
