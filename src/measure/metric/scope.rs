//! What a metric can be of, and the names of those things in one system.

use crate::units::Money;

/// Kinds of things that have metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeKind {
    /// A source of requests, `client.shopper`.
    Client,
    /// A fleet, `service.shop`.
    Service,
    /// A version of a function, `service.resize:v2`.
    Version,
    /// One of its replicas, `service.shop.2`.
    Replica,
    /// A zone, `zone.east.1`.
    Zone,
    /// A region, `region.east`.
    Region,
    /// A combination of services, `block.store`.
    Block,
    /// A fault, `fault.crash`.
    Fault,
    /// A monitor, `monitor.ping`.
    Monitor,
    /// A deployment, `deploy.web`.
    Deploy,
    /// A name, `dns.www`.
    Dns,
    /// One of its records, `dns.www.east`.
    Record,
    /// The system as a whole, `system`.
    System,
}

impl ScopeKind {
    /// Every kind, in the order in which results list them.
    pub const ALL: [Self; 13] = [
        Self::Client,
        Self::Service,
        Self::Version,
        Self::Replica,
        Self::Zone,
        Self::Region,
        Self::Block,
        Self::Fault,
        Self::Monitor,
        Self::Deploy,
        Self::Dns,
        Self::Record,
        Self::System,
    ];

    /// What a message calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Service => "service",
            Self::Version => "version",
            Self::Replica => "replica",
            Self::Zone => "zone",
            Self::Region => "region",
            Self::Block => "block",
            Self::Fault => "fault",
            Self::Monitor => "monitor",
            Self::Deploy => "deployment",
            Self::Dns => "name",
            Self::Record => "record",
            Self::System => "system",
        }
    }
}

/// One thing that has metrics: its kind, and its number in the list of that kind in
/// [`Measurements`](crate::measure::Measurements).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its kind.
    pub kind: ScopeKind,
    /// Its number.
    pub index: usize,
}

/// The names of a system's parts as its scenario gives them, in the order of its lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Clients.
    pub clients: Vec<String>,
    /// Services, each with its number of replicas.
    pub services: Vec<(String, u32)>,
    /// Scopes of queues, such as `queue.jobs`, which come behind the services.
    pub queues: Vec<String>,
    /// Versions of functions, such as `resize:v2`, function by function.
    pub versions: Vec<String>,
    /// Regions, each with its number of zones.
    pub regions: Vec<(String, u32)>,
    /// Blocks.
    pub blocks: Vec<String>,
    /// Faults.
    pub faults: Vec<String>,
    /// Monitors.
    pub monitors: Vec<String>,
    /// Deployments.
    pub deploys: Vec<String>,
    /// Names that are resolved, each with its records.
    pub dns: Vec<(String, Vec<String>)>,
    /// Backups.
    pub backups: Vec<String>,
    /// Whether the system as a whole has metrics: anything has a price, or hosts have a size.
    pub has_system: bool,
    /// The currency of what is paid.
    pub money: Money,
}

/// What the name of the fault that bad releases are adds to that of their deployment.
pub const BAD_RELEASES: &str = ":bad";

/// Every scope of a system, in the order of its lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Such as `client.shopper`.
    pub clients: Vec<String>,
    /// Such as `service.shop` or `queue.jobs`.
    pub services: Vec<String>,
    /// Such as `service.resize:v2`.
    pub versions: Vec<String>,
    /// Such as `service.shop.2`, numbered through all services.
    pub replicas: Vec<String>,
    /// Such as `zone.east.1`, numbered through all regions.
    pub zones: Vec<String>,
    /// Such as `region.east`.
    pub regions: Vec<String>,
    /// Such as `block.store`.
    pub blocks: Vec<String>,
    /// Such as `fault.crash`.
    pub faults: Vec<String>,
    /// What incidents call each fault: as above, or `deploy.web` for what is wrong with bad releases of a deployment.
    pub causes: Vec<String>,
    /// Such as `monitor.ping`.
    pub monitors: Vec<String>,
    /// Such as `deploy.web`.
    pub deploys: Vec<String>,
    /// Such as `dns.www`.
    pub dns: Vec<String>,
    /// Such as `dns.www.east`, name by name.
    pub records: Vec<String>,
    /// Such as `backup.nightly`.
    pub backups: Vec<String>,
    /// `system`, where that has metrics.
    pub system: Vec<String>,
    /// The currency of what is paid.
    pub money: Money,
}

impl Names {
    /// The scopes of a system with these parts; replicas and zones count from 1 within theirs.
    pub fn new(parts: &Parts) -> Self {
        let plain =
            |kind: &str, names: &[String]| names.iter().map(|name| format!("{kind}.{name}")).collect();
        let cause = |fault: &String| {
            let deploy = fault.strip_suffix(BAD_RELEASES);
            let deploy = deploy.filter(|name| parts.deploys.iter().any(|deploy| deploy == name));
            deploy.map_or_else(|| format!("fault.{fault}"), |name| format!("deploy.{name}"))
        };
        let owners = |kind: &str, owners: &[(String, u32)]| {
            owners.iter().map(|(name, _)| format!("{kind}.{name}")).collect::<Vec<_>>()
        };
        let members = |kind: &str, owners: &[(String, u32)]| {
            let each = |(name, count): &(String, u32)| {
                (1..=*count).map(|number| format!("{kind}.{name}.{number}")).collect::<Vec<_>>()
            };
            owners.iter().flat_map(each).collect()
        };
        let records = |(name, records): &(String, Vec<String>)| {
            records.iter().map(|record| format!("dns.{name}.{record}")).collect::<Vec<_>>()
        };
        Self {
            clients: plain("client", &parts.clients),
            services: owners("service", &parts.services)
                .into_iter()
                .chain(parts.queues.iter().cloned())
                .collect(),
            versions: plain("service", &parts.versions),
            replicas: members("service", &parts.services),
            zones: members("zone", &parts.regions),
            regions: owners("region", &parts.regions),
            blocks: plain("block", &parts.blocks),
            faults: plain("fault", &parts.faults),
            causes: parts.faults.iter().map(cause).collect(),
            monitors: plain("monitor", &parts.monitors),
            deploys: plain("deploy", &parts.deploys),
            dns: parts.dns.iter().map(|(name, _)| format!("dns.{name}")).collect(),
            records: parts.dns.iter().flat_map(records).collect(),
            backups: plain("backup", &parts.backups),
            system: parts.has_system.then(|| "system".to_owned()).into_iter().collect(),
            money: parts.money,
        }
    }

    /// The scopes of one kind.
    pub fn of(&self, kind: ScopeKind) -> &[String] {
        match kind {
            ScopeKind::Client => &self.clients,
            ScopeKind::Service => &self.services,
            ScopeKind::Version => &self.versions,
            ScopeKind::Replica => &self.replicas,
            ScopeKind::Zone => &self.zones,
            ScopeKind::Region => &self.regions,
            ScopeKind::Block => &self.blocks,
            ScopeKind::Fault => &self.faults,
            ScopeKind::Monitor => &self.monitors,
            ScopeKind::Deploy => &self.deploys,
            ScopeKind::Dns => &self.dns,
            ScopeKind::Record => &self.records,
            ScopeKind::System => &self.system,
        }
    }

    /// The part that a scope names.
    pub fn find(&self, scope: &str) -> Option<Part> {
        ScopeKind::ALL.into_iter().find_map(|kind| {
            let index = self.of(kind).iter().position(|name| name == scope)?;
            Some(Part { kind, index })
        })
    }

    /// The scope of a part.
    ///
    /// # Panics
    ///
    /// When the part is of another system.
    pub fn scope(&self, part: Part) -> &str {
        &self.of(part.kind)[part.index]
    }

    /// Every part with its scope, in the order in which results list them.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        ScopeKind::ALL.into_iter().flat_map(|kind| {
            self.of(kind).iter().enumerate().map(move |(index, name)| (Part { kind, index }, name.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_and_zones_count_from_one() {
        let names = Names::new(&Parts {
            clients: vec!["shopper".to_owned()],
            services: vec![("db".to_owned(), 1), ("shop".to_owned(), 2)],
            queues: Vec::new(),
            versions: vec!["shop:v1".to_owned(), "shop:v2".to_owned()],
            regions: vec![("east".to_owned(), 2)],
            blocks: vec!["store".to_owned()],
            faults: vec!["crash".to_owned(), "web:bad".to_owned()],
            monitors: vec!["ping".to_owned()],
            deploys: vec!["web".to_owned()],
            dns: vec![("www".to_owned(), vec!["main".to_owned(), "spare".to_owned()])],
            backups: vec!["nightly".to_owned()],
            has_system: true,
            money: Money::default(),
        });
        assert_eq!(names.replicas, ["service.db.1", "service.shop.1", "service.shop.2"]);
        assert_eq!(names.zones, ["zone.east.1", "zone.east.2"]);
        assert_eq!(names.find("service.shop.2"), Some(Part { kind: ScopeKind::Replica, index: 2 }));
        assert_eq!(names.find("region.east"), Some(Part { kind: ScopeKind::Region, index: 0 }));
        assert_eq!(names.find("service.none"), None);
        assert_eq!(names.find("system"), Some(Part { kind: ScopeKind::System, index: 0 }));
        assert_eq!(names.find("service.shop:v2"), Some(Part { kind: ScopeKind::Version, index: 1 }));
        assert_eq!(names.causes, ["fault.crash", "deploy.web"]);
        assert_eq!(names.find("fault.web:bad"), Some(Part { kind: ScopeKind::Fault, index: 1 }));
        assert_eq!(names.find("dns.www.spare"), Some(Part { kind: ScopeKind::Record, index: 1 }));
        assert_eq!(names.parts().count(), 20);
    }
}
