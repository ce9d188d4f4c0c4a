//! Names and resolvers as they are written.

use super::health_check::HealthCheckKeys;
use super::law::Law;
use super::variant::numbers;
use crate::document::{Fields, Keyed, Name, Section, Shape};
use crate::model::dns::{AnswerPolicy, Refresh};
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// A name of the Domain Name System, which clients call as they call a service: an answer says to which region of it an
    /// attempt goes. There the balancers of that region choose among its replicas, and no others.
    pub(crate) struct DnsSection {
        /// The service to which all its records lead.
        service: Name,
        /// Its records, at most 64. Where absent there is one for each region of the service, of the same name and in the order
        /// of the names.
        records: Vec<RecordKeys> = Vec::new(),
        /// Which of the records that are sound are answered.
        policy: AnswerPolicy = AnswerPolicy::Failover,
        /// How long a resolver keeps an answer; "60s" where absent.
        ttl: Option<SimDuration> = None,
        /// How long a resolver keeps it that there is no answer, for which attempts fail with `unresolved`; "10s" where absent.
        negative_ttl: Option<SimDuration> = None,
        /// How long it takes from when a record is found sound, or not, until it is answered by that. What was found later is
        /// never answered earlier.
        propagation: Law = Law::zero(),
        /// Who looks at the records. What they are is known at once where absent; policy = "simple" never asks.
        health_check: Option<RecordCheckKeys> = None,
        /// A record is sound while at least so many replicas in its region would answer, as seen from who looks.
        #[range = ">= 1"]
        healthy_min: u32 = 1,
        /// Which records are answered where none is sound: "all" as if each were, or "none".
        all_unhealthy: AllUnhealthy = AllUnhealthy::All,
        /// Whether each attempt finds its way by the latest answers, as messages to an anycast address do: no resolver keeps
        /// anything, and `propagation` is all the delay.
        anycast: bool = false,
    }
}

crate::settings! {
    /// What a name may lead to.
    pub(crate) struct RecordKeys {
        /// What it is called.
        name: Name,
        /// The region of the service to which it leads.
        region: Name,
        /// How often it is answered in proportion to the others, 1 where absent. Only with policy = "weighted".
        #[range = ">= 0"]
        weight: Option<f64> = None,
        /// The regions whose clients it is for; all that no other record is for where absent. Only with policy = "geographic".
        serves: Vec<Name> = Vec::new(),
    }
}

crate::settings! {
    /// Where those stand who look at the records of a name.
    pub(crate) struct PlacesKeys {
        /// Zones or regions such as "region.east" in which the checkers stand in turn, in the zones of a region in turn too; in
        /// all regions where absent.
        places: Vec<Name> = Vec::new(),
    }
}

/// Who looks at the records of a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordCheckKeys {
    pub(crate) check: HealthCheckKeys,
    pub(crate) places: PlacesKeys,
}

impl Section for RecordCheckKeys {
    fn shape() -> Shape {
        HealthCheckKeys::shape().and(PlacesKeys::KEYS).called("record-check")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let check = HealthCheckKeys::read(fields);
        let places = PlacesKeys::read(fields);
        Some(Self { check: check?, places: places? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.check.write(table);
        self.places.write(table);
    }
}

crate::choices! {
    /// What is answered where no record is sound.
    pub(crate) enum AllUnhealthy {
        /// What would be if each were.
        All = "all",
        /// Nothing.
        None = "none",
    }
}

crate::settings! {
    /// How clients come by the answers for the names that they call.
    pub(crate) struct ResolverKeys {
        /// How many resolvers there are, each of the requests at one of them by its session; "instance" is one in each instance
        /// of the client.
        #[range = ">= 1, <= 1000000"]
        resolvers: ResolverCount = ResolverCount::Instance,
        /// When a resolver asks again: "on-demand" when a request comes and its answer is too old, "periodic" every `ttl` at a
        /// phase of its own.
        refresh: Refresh = Refresh::OnDemand,
        /// Resolvers that keep answers for too long, class by class; the others do as they are told.
        overstay: Vec<OverstayKeys> = Vec::new(),
    }
}

crate::settings! {
    /// Resolvers that keep answers for too long.
    pub(crate) struct OverstayKeys {
        /// Which share of the resolvers they are.
        share: Probability,
        /// "never" where they keep their first answer for ever.
        ttl: Option<KeptFor> = None,
        /// How many times as long as the `ttl` of the name they keep an answer.
        #[range = "> 0"]
        factor: Option<f64> = None,
    }
}

crate::choices! {
    /// When a resolver that overstays asks again.
    pub(crate) enum KeptFor {
        /// It does not.
        Never = "never",
    }
}

/// How many resolvers a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResolverCount {
    /// One in each instance.
    Instance,
    /// So many.
    Number(u32),
}

numbers! {
    /// One in each instance.
    ResolverCount: Instance = "instance"
}

crate::tables! {
    DnsSection = "a table that describes a name",
    RecordKeys = "a table such as { name = \"main\", region = \"east\" }",
    RecordCheckKeys = "a table with the keys \"interval\" and \"timeout\", or \"preset\"",
    OverstayKeys = "a table such as { share = \"10%\", ttl = \"never\" }",
}
