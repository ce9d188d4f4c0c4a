//! Names that are resolved before anybody is called: which records answer, and what resolvers keep of it.
//!
//! Nothing here knows of time passing or of attempts: [`Dns::candidates`] says which records may be answered where some are
//! sound, and [`Refresh`] and [`Overstay`] which answer a resolver still has.

mod answer;
mod refresh;

pub use answer::{AnswerPolicy, RECORDS_MAX, RecordSet};
pub use refresh::{Lifetime, Overstay, Refresh, Resolvers};

use crate::kernel::distribution::Distribution;
use crate::model::monitoring::HealthCheck;
use crate::units::{RegionId, ServiceId, SimDuration, ZoneId};

/// A name of the Domain Name System: whom it leads to, and who finds out whether that works.
///
/// Helps where a region as a whole is lost: callers go to another without any of them being told. Hurts by its delays,
/// which add up: until checkers notice, until name servers know, and until the copies of resolvers are too old. Sources:
/// RFC 1034 and 1035 (records, time to live), RFC 2308 (negative answers), Amazon Route 53 Developer Guide, "Choosing a
/// routing policy" and "How Amazon Route 53 determines whether a health check is healthy".
#[derive(Debug, Clone)]
pub struct Dns {
    /// Name.
    pub name: String,
    /// Whom its records lead to.
    pub service: ServiceId,
    /// Its records, in the order of the file; 1 to [`RECORDS_MAX`].
    pub records: Vec<Record>,
    /// Which of them are answered.
    pub policy: AnswerPolicy,
    /// How long a resolver keeps an answer.
    pub ttl: SimDuration,
    /// How long a resolver keeps it that there is none.
    pub negative_ttl: SimDuration,
    /// Whether the way of each message is found anew, and nobody keeps an answer.
    pub is_anycast: bool,
    /// From when a record is found sound or not to when name servers answer by it.
    pub propagation: Distribution,
    /// Who looks at the records; where absent, what they are is known at once.
    pub check: Option<RecordCheck>,
    /// A record is sound while so many of its replicas would answer; at least 1.
    pub healthy_min: u32,
    /// Whether all are answered where none is sound; otherwise none is.
    pub all_where_none: bool,
    /// For each region of callers, the records from the nearest on.
    pub nearest: Vec<Vec<u8>>,
}

/// What a name may lead to.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Name.
    pub name: String,
    /// The region of the service to which it leads.
    pub region: RegionId,
    /// Which share of the answers it has, in proportion; not negative.
    pub weight: f64,
    /// The regions whose callers it is for, where answers go by that; all others where empty.
    pub serves: Vec<RegionId>,
}

/// Who looks at the records of a name.
#[derive(Debug, Clone)]
pub struct RecordCheck {
    /// How each checker looks, how many there are, and how many must find a record sound.
    pub settings: HealthCheck,
    /// Where they stand, in turn.
    pub places: Vec<ZoneId>,
}
