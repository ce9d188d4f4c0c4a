//! What well-known systems do unless told otherwise, as data: one table of presets, each with a part for every room
//! that its system decides about, each part with the keys of that room, their values and where these stand.
//!
//! The room knows nothing of other rooms: keys and values are words, and whether they fit is the business of the reader
//! of a scenario, which puts them where a table says `preset` and does not say otherwise. To add one: write it in the
//! file of its family, or a new one, and add its row below.

mod aws;
mod cache;
mod deploy;
mod envoy;
mod finagle;
mod function;
mod grpc;
mod haproxy;
mod hardware;
mod istio;
mod library;
mod nginx;
mod outage;
mod platform;
mod published;
mod recovery;
mod room;
mod runtime;
mod scaler;

use std::fmt;

pub use room::Room;

/// Every preset, in the order of names.
pub const PRESETS: &[Preset] = &[
    recovery::AURORA_FAILOVER,
    aws::ALB,
    aws::ALB_LEAST_OUTSTANDING,
    aws::ALB_WEIGHTED_RANDOM,
    aws::API_GATEWAY,
    aws::API_GATEWAY_HTTP,
    function::AWS_LAMBDA,
    function::AWS_LAMBDA_2019,
    function::AWS_LAMBDA_BEFORE_2023,
    aws::SDK,
    aws::SDK_2026,
    aws::SDK_2026_DYNAMODB,
    aws::SDK_ADAPTIVE,
    aws::SDK_CPP,
    aws::SDK_JAVA_V1,
    aws::SDK_JAVA_V1_DYNAMODB,
    aws::SDK_LEGACY,
    aws::US_EAST_1,
    scaler::AZURE_CONSUMPTION,
    hardware::DISK,
    function::CLOUD_FUNCTIONS,
    scaler::CLOUD_RUN,
    cache::CLOUDFRONT,
    deploy::ALL_AT_ONCE,
    deploy::BLUE_GREEN,
    deploy::CANARY_10,
    deploy::CANARY_15,
    deploy::CANARY_30,
    deploy::CANARY_5,
    deploy::HALF,
    deploy::LINEAR_10,
    deploy::LINEAR_1,
    deploy::LINEAR_2,
    deploy::LINEAR_3,
    deploy::ONE,
    published::CODEL,
    library::CONCURRENCY_LIMITS_AIMD,
    library::CONCURRENCY_LIMITS_GRADIENT2,
    library::CONCURRENCY_LIMITS_VEGAS,
    runtime::DOTNET10,
    runtime::DOTNET8,
    runtime::DOTNET8_AOT,
    runtime::DOTNET8_CONTAINER,
    recovery::EC2_REBOOT,
    recovery::EC2_RECOVER,
    recovery::EC2_REPLACE,
    envoy::ENVOY,
    envoy::LEAST_REQUEST,
    envoy::MAGLEV,
    envoy::RANDOM,
    envoy::RETRY_BUDGET,
    envoy::RING_HASH,
    envoy::WEIGHTED_ROUND_ROBIN,
    published::FACEBOOK,
    published::FACEBOOK_ADAPTIVE_LIFO,
    finagle::FINAGLE,
    finagle::P2C,
    platform::GLOBAL_ACCELERATOR,
    runtime::GO,
    hardware::MACHINE,
    hardware::POWER,
    hardware::RACK,
    published::GOOGLE_SRE,
    runtime::GRAALVM21,
    grpc::GRPC,
    grpc::LEAST_REQUEST,
    grpc::RING_HASH,
    grpc::ROUND_ROBIN,
    grpc::WEIGHTED_ROUND_ROBIN,
    haproxy::HAPROXY,
    haproxy::FIRST,
    haproxy::LEASTCONN,
    haproxy::RANDOM,
    haproxy::REDISPATCH,
    library::HYSTRIX,
    istio::ISTIO,
    runtime::JAVA11,
    runtime::JAVA17,
    runtime::JAVA21,
    runtime::JAVA21_CONTAINER,
    runtime::JAVA25,
    scaler::KNATIVE,
    platform::KUBERNETES,
    finagle::LINKERD,
    runtime::LLRT,
    nginx::NGINX,
    cache::NGINX_CACHE,
    nginx::LEAST_CONN,
    nginx::PLUS,
    nginx::RANDOM,
    nginx::RANDOM_TWO,
    runtime::NODEJS20,
    runtime::NODEJS22,
    runtime::NODEJS22_CONTAINER,
    runtime::NODEJS24,
    library::POLLY,
    library::POLLY_EXPONENTIAL,
    library::POLLY_STANDARD,
    published::PREQUAL,
    runtime::PYTHON3_12,
    runtime::PYTHON3_12_CONTAINER,
    runtime::PYTHON3_13,
    runtime::PYTHON3_14,
    recovery::RDS_MULTI_AZ,
    recovery::RDS_CLUSTER,
    cache::REDIS,
    outage::REGION,
    library::RESILIENCE4J,
    library::RESILIENCE4J_EXPONENTIAL,
    library::RESILIENCE4J_THREAD_POOL,
    platform::ROUTE_53,
    runtime::RUBY3_3,
    runtime::RUST,
    published::TAIL_AT_SCALE,
    outage::ZONE,
];

/// One system, or one way to set it up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// The name written in a scenario.
    pub name: &'static str,
    /// One sentence for `list`.
    pub summary: &'static str,
    /// What it says, room by room.
    pub parts: &'static [Part],
    /// How far that is its system.
    pub notes: Notes,
}

/// How far a preset is the system that it is named after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Notes {
    /// Which of its rules are followed.
    pub modelled: &'static [&'static str],
    /// What it does otherwise than the simulated one.
    pub differs: &'static [&'static str],
    /// What cannot be combined with it.
    pub refused: &'static [Refused],
}

/// What a system refuses, or has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The room whose table names the preset.
    pub room: Room,
    /// Where the key stands that is refused.
    pub place: Place,
    /// The key.
    pub key: &'static str,
    /// The value that is refused, where others are not.
    pub value: Option<&'static str>,
    /// Why, as a lowercase sentence.
    pub why: &'static str,
}

/// Where a key stands that a preset gives or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the table that names the preset.
    Within,
    /// In the table that holds that one.
    Beside,
}

/// What a preset says for one room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The room.
    pub room: Room,
    /// Where the values stand, but for those that name another source.
    pub source: Source,
    /// Its keys.
    pub rows: &'static [Row],
}

/// Where values stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The document.
    pub text: &'static str,
    /// The month in which it was looked up.
    pub as_of: &'static str,
    /// How sure it is.
    pub mark: Mark,
}

/// One key of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The key; with a dot where it stands in a table below.
    pub key: &'static str,
    /// What it is set to.
    pub value: Value,
    /// Whether it is a key of the table that names the preset, or of the one that holds that.
    pub place: Place,
    /// Where that stands, if elsewhere than the rest.
    pub source: Option<Source>,
}

/// What a key is set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text, so a quantity too.
    Text(&'static str),
    /// A list of texts.
    Texts(&'static [&'static str]),
    /// What the same preset says for the room that this key names.
    Own,
    /// The system has no default: a scenario has to say it. What stands here is an example.
    Needed(&'static Value),
}

/// How sure it is that a value is that of its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Read in the named source.
    Confirmed,
    /// From memory or at second hand.
    Unconfirmed,
}

impl Preset {
    /// The preset of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The names of those that say something for a room.
    pub fn names(room: Room) -> impl Iterator<Item = &'static str> + Clone {
        PRESETS.iter().filter(move |preset| preset.part(room).is_some()).map(|preset| preset.name)
    }

    /// What it says for a room.
    pub fn part(&self, room: Room) -> Option<&'static Part> {
        self.parts.iter().find(|part| part.room == room)
    }
}

impl Part {
    /// Where the value of one of its rows stands.
    pub fn source_of(&self, row: &Row) -> Source {
        row.source.unwrap_or(self.source)
    }

    /// The policy that it chooses, where its room has policies.
    pub fn policy(&self) -> Option<&'static str> {
        self.text("policy")
    }

    /// The text that it sets a key to.
    pub fn text(&self, key: &str) -> Option<&'static str> {
        self.rows.iter().find_map(|row| match row.value {
            Value::Text(text) if row.key == key => Some(text),
            _ => None,
        })
    }
}

impl Mark {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// As it would be written in a scenario.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(out, "{value}"),
            Self::Integer(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::Text(text) => write!(out, "\"{text}\""),
            Self::Texts(texts) => write!(out, "{texts:?}"),
            Self::Own => write!(out, "as the preset"),
            Self::Needed(_) => write!(out, "must be given"),
        }
    }
}

const fn preset(name: &'static str, summary: &'static str, notes: Notes, parts: &'static [Part]) -> Preset {
    Preset { name, summary, parts, notes }
}

const fn notes(
    modelled: &'static [&'static str],
    differs: &'static [&'static str],
    refused: &'static [Refused],
) -> Notes {
    Notes { modelled, differs, refused }
}

/// A key that cannot stand in the table that names the preset.
const fn refused(room: Room, key: &'static str, why: &'static str) -> Refused {
    Refused { room, place: Place::Within, key, value: None, why }
}

/// A value of a key that cannot stand there.
const fn refused_value(room: Room, key: &'static str, value: &'static str, why: &'static str) -> Refused {
    Refused { room, place: Place::Within, key, value: Some(value), why }
}

/// A key that cannot stand beside the table that names the preset.
const fn refused_beside(room: Room, key: &'static str, why: &'static str) -> Refused {
    Refused { room, place: Place::Beside, key, value: None, why }
}

const fn part(room: Room, source: Source, rows: &'static [Row]) -> Part {
    Part { room, source, rows }
}

const fn row(key: &'static str, value: Value) -> Row {
    Row { key, value, place: Place::Within, source: None }
}

const fn confirmed(text: &'static str, as_of: &'static str) -> Source {
    Source { text, as_of, mark: Mark::Confirmed }
}

const fn unconfirmed(text: &'static str, as_of: &'static str) -> Source {
    Source { text, as_of, mark: Mark::Unconfirmed }
}

impl Row {
    /// The same value, which stands elsewhere.
    const fn by(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same value, as a key of the table that holds the one that names the preset.
    const fn beside(self) -> Self {
        Self { place: Place::Beside, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_found() {
        for pair in PRESETS.windows(2) {
            let [one, other] = [pair[0].name, pair[1].name].map(|name| name.split('-').collect::<Vec<_>>());
            assert!(one < other, "{one:?} stands before {other:?}");
        }
        for preset in PRESETS {
            assert_eq!(Preset::find(preset.name), Some(preset));
        }
        assert_eq!(Preset::find("none"), None);
    }

    #[test]
    fn nothing_is_said_twice_or_without_a_source() {
        for preset in PRESETS {
            assert!(!preset.parts.is_empty(), "{}", preset.name);
            for (place, part) in preset.parts.iter().enumerate() {
                let what = format!("{} {}", preset.name, part.room.name());
                assert!(preset.parts[..place].iter().all(|other| other.room != part.room), "{what}");
                assert!(!part.rows.is_empty(), "{what}");
                for (place, row) in part.rows.iter().enumerate() {
                    assert!(
                        part.rows[..place].iter().all(|other| other.key != row.key),
                        "{what} {}",
                        row.key
                    );
                    let source = part.source_of(row);
                    assert!(!source.text.is_empty() && source.as_of.len() == "2026-11".len(), "{what}");
                }
            }
        }
    }

    #[test]
    fn every_preset_says_how_far_it_is_its_system() {
        for preset in PRESETS {
            let Notes { modelled, differs, refused } = preset.notes;
            assert!(!modelled.is_empty() && !differs.is_empty(), "{}", preset.name);
            let texts = modelled.iter().chain(differs).copied().chain(refused.iter().map(|one| one.why));
            for text in texts {
                let begins = text.starts_with(|first: char| !first.is_whitespace());
                assert!(begins && !text.ends_with('.') && !text.contains("  "), "{}: {text}", preset.name);
            }
            for one in refused {
                assert!(preset.part(one.room).is_some(), "{} {}", preset.name, one.key);
            }
        }
    }

    #[test]
    fn what_a_part_leaves_to_its_preset_is_there() {
        for preset in PRESETS {
            for row in preset.parts.iter().flat_map(|part| part.rows) {
                if row.value == Value::Own {
                    let room = Room::ALL.into_iter().find(|room| room.name() == row.key);
                    assert!(
                        room.is_some_and(|room| preset.part(room).is_some()),
                        "{} {}",
                        preset.name,
                        row.key
                    );
                }
            }
        }
    }
}
