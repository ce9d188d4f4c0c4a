//! What services keep, and its backups, as they are written.

use super::law::Law;
use crate::document::{
    Diagnostics, Field, Kind, Name, Node, Value, Word, read_section, unexpected, write_section,
};
use crate::model::cost::{Gigabytes, GigabytesPerHour, PerGbMonth, PerGigabyte};
use crate::model::data::{Conflicts, Consistent, ModeName, OnPartition, Tier};
use crate::units::{Probability, Rate, SimDuration};

crate::settings! {
    /// What a service keeps, which may be lost (a fault of kind "data-loss"), backed up (the sections `backup`) and paid for
    /// (`storage`).
    pub(crate) struct DataTable {
        /// How much that is at the start, of all its replicas together.
        size: Gigabytes,
        /// How much more it becomes in a time, such as "2GB/d"; nothing where absent.
        growth: Option<GigabytesPerHour> = None,
        /// What writes to it: "effects", each of its own, or a rate such as "100/s" of writes that are not simulated and that
        /// come while the data are there. Writes are not counted where absent.
        writes: Option<WritesKeys> = None,
        /// How long it takes to begin anew where a loss leaves nothing to restore; no time where absent.
        rebuild: Option<SimDuration> = None,
    }
}

/// What writes to data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum WritesKeys {
    /// Each effect of the service.
    Effects,
    /// Somebody, so fast.
    Rate(Rate),
}

const EFFECTS: &str = "effects";

impl Field for WritesKeys {
    const EXPECTED: &'static str = "\"effects\", or a rate such as \"100/s\"";

    fn kind() -> Kind {
        let word = Word { name: EFFECTS, lines: &["Each effect of the service."] };
        Kind::Either(vec![Kind::Words(vec![word]), Rate::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == EFFECTS => Some(Self::Effects),
            Value::Text(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                Rate::read(node, findings).map(Self::Rate)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Effects => Some(EFFECTS.into()),
            Self::Rate(rate) => rate.write(),
        }
    }
}

crate::settings! {
    /// Backups of what a service keeps. One counts once it is complete; what it holds is of one instant, its consistency point.
    /// One that is made while the data are lost is lost with them, and while they are lost none begins.
    pub(crate) struct BackupSection {
        /// Whose data, such as "service.db"; it has `data`.
        of: Name,
        /// How long it is from the begin of one to the begin of the next, whatever happens. Where absent one begins only when
        /// somebody says `backup.x.start`: an alarm, a schedule or an operation of a recovery.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
        /// When the first begins; "random" is at any instant within `every` alike, drawn in each run. Only with `every`.
        offset: Option<OffsetKeys> = None,
        /// How long one takes. Either this or `rate` is given; "0s" is a snapshot.
        takes: Option<Law> = None,
        /// How fast it is written, such as "300GB/h": how long one takes follows from its size.
        rate: Option<GigabytesPerHour> = None,
        /// Of which instant it is: its begin ("start"), or its end.
        consistent: Consistent = Consistent::Start,
        /// How likely one succeeds, seen at its end; the next full one follows a full one that failed.
        success: Probability = Probability::ONE,
        /// How likely what was made can be read when it is needed, drawn for each. A restore finds that out when it has read
        /// it, and takes the next older one.
        usable: Probability = Probability::ONE,
        /// A look at each after it is complete, such as `{ takes = "1h", finds = "90%" }`: one that is found bad is dropped, and
        /// the next is full. Nobody looks where absent.
        verify: Option<VerifyKeys> = None,
        /// Every so many are full; the others hold what has changed since the one before, and need it.
        #[range = ">= 1"]
        full_every: u32 = 1,
        /// How large those others are; needed where sizes matter and `full_every` is above 1.
        incremental_size: Option<Gigabytes> = None,
        /// How many are kept, the newest ones and what these need.
        #[range = ">= 1, <= 100000"]
        keep: u32 = 7,
        /// Where they lie: a class of storage, or how soon and for how much what lies there can be read, such as
        /// `{ retrieval = "4h" }`.
        tier: TierKeys = TierKeys::Named(Tier::S3),
        /// How many times longer the work of the service takes while one is made; factors of several backups multiply.
        #[range = "> 0"]
        slows: f64 = 1.0,
        /// Whether one that is to begin while another of these is made is left out; without, both are made.
        skip_if_running: bool = true,
        /// What a restore goes through besides the retrieval.
        restore: RestoreKeys = RestoreKeys::default(),
    }
}

crate::settings! {
    /// A copy of what a service keeps, to which writes are passed on. A loss that destroys the original alone leaves it there,
    /// and `service.db.data.promote` puts it in its place; what it lacked is lost. With `from` and `to` it takes over from an
    /// original that is cut off or down as well, and from one that is neither without any loss. Where it is promoted, the old
    /// original is the copy from then on, as soon as it can be reached.
    pub(crate) struct ReplicationSection {
        /// Whose data, such as "service.db"; it has `data`.
        of: Name,
        /// When writes get to it: after they were acknowledged, or before.
        mode: ModeName = ModeName::Async,
        /// How far it is behind; needed where `mode` is "async", and not for "sync".
        lag: Option<Law> = None,
        /// How often that is drawn anew; "1min" where absent.
        #[range = "> 0"]
        correlation: Option<SimDuration> = None,
        /// The region or zone in which the original is at the start, such as "region.eu". The service has replicas there and where
        /// the copy is, and work that has an effect writes. At a replica on the side of the copy it takes a round trip to the
        /// original more, and fails while the way there is cut or nobody is up there.
        from: Option<Name> = None,
        /// The region or zone in which the copy is. What it lacks while the way is cut or it is down it gets at once after that.
        to: Option<Name> = None,
        /// What becomes of writes while the copy of `mode` "sync" is out of reach; "stop" where absent.
        on_partition: Option<OnPartition> = None,
        /// Whether an original that is cut off takes no more writes once the copy is promoted. Without, it takes what its callers
        /// send while it is cut off, which is called split brain.
        fencing: bool = true,
        /// What becomes of that when they find each other again; "discard" where absent. Only without `fencing`.
        conflicts: Option<Conflicts> = None,
    }
}

crate::settings! {
    /// A look at each backup.
    pub(crate) struct VerifyKeys {
        /// How long it takes, after the backup.
        takes: Law = Law::zero(),
        /// How likely it finds one that cannot be read.
        finds: Probability = Probability::ONE,
    }
}

crate::settings! {
    /// What a restore goes through, one after another: what is set up, then for each backup that it tries its retrieval, the full
    /// one and the increments, and in the end what was written since.
    pub(crate) struct RestoreKeys {
        /// What is set up before.
        provision: Law = Law::zero(),
        /// How fast backups are read, such as "200GB/h"; no time where absent.
        rate: Option<GigabytesPerHour> = None,
        /// How many hours it takes to replay an hour of what was written between the consistency point and the loss.
        #[range = ">= 0"]
        replay: f64 = 0.0,
        /// A log of writes that is kept elsewhere and lags by so long: what it holds is replayed, and not lost. Without it
        /// what was written since the consistency point is lost, and `replay` is what it takes to do it again.
        log: Option<SimDuration> = None,
    }
}

impl Default for RestoreKeys {
    fn default() -> Self {
        Self { provision: Law::zero(), rate: None, replay: 0.0, log: None }
    }
}

crate::settings! {
    /// Where backups lie, where no class of storage says it.
    pub(crate) struct TierTable {
        /// How long it takes until what lies there can be read.
        retrieval: Law = Law::zero(),
        /// The price of what lies there for a month; nothing where absent.
        storage: Option<PerGbMonth> = None,
        /// The price of what is read from there; nothing where absent.
        read: Option<PerGigabyte> = None,
    }
}

crate::tables! {
    BackupSection = "a table such as { of = \"service.db\", every = \"1d\", takes = \"1h\" }",
    ReplicationSection = "a table such as { of = \"service.db\", lag = \"500ms\" }",
    DataTable = "a table such as { size = \"500GB\" }",
    VerifyKeys = "a table such as { takes = \"1h\", finds = \"90%\" }",
    RestoreKeys = "a table such as { provision = \"15min\", rate = \"200GB/h\" }",
    TierTable = "a table such as { retrieval = \"4h\" }",
}

/// Where backups lie.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TierKeys {
    /// In a class of storage.
    Named(Tier),
    /// Elsewhere.
    Own(Box<TierTable>),
}

impl Field for TierKeys {
    const EXPECTED: &'static str = "a class such as \"glacier\", or a table such as { retrieval = \"4h\" }";

    fn kind() -> Kind {
        Kind::Either(vec![Tier::kind(), TierTable::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Table(_) => {
                read_section(node, Self::EXPECTED, findings).map(|table| Self::Own(Box::new(table)))
            }
            _ => Tier::read(node, findings).map(Self::Named),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Named(tier) => tier.write(),
            Self::Own(table) => Some(write_section(table.as_ref())),
        }
    }
}

/// When the first backup begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffsetKeys {
    /// At any instant of the first interval alike.
    Random,
    /// Then.
    At(SimDuration),
}

const RANDOM: &str = "random";

impl Field for OffsetKeys {
    const EXPECTED: &'static str = "\"random\", or a duration such as \"2h\"";

    fn kind() -> Kind {
        let word = Word { name: RANDOM, lines: &["At any instant of the first interval alike."] };
        Kind::Either(vec![Kind::Words(vec![word]), SimDuration::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == RANDOM => Some(Self::Random),
            Value::Text(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                SimDuration::read(node, findings).map(Self::At)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Random => Some(RANDOM.into()),
            Self::At(offset) => offset.write(),
        }
    }
}
