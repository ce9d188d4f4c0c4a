//! How a fleet changes, as it is written.

use super::variant::{Room, read_policy, write_policy};
use crate::document::{
    Diagnostics, Field, Fields, Keyed, Kind, Name, Node, Section, Shape, Span, Value, unexpected,
};
use crate::model::scaling::reading::{Measured, Quota};
use crate::model::scaling::{Leaves, OnZoneLoss, Per, Protect, ScalingSettings};
use crate::units::SimDuration;

/// How a fleet changes, and who says how many replicas there should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AutoscalingKeys {
    /// One, or those of the list `policies`.
    pub(crate) controls: Vec<ControlKeys>,
    /// Whether they are written as a list.
    is_list: bool,
    pub(crate) common: AutoscalingCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

/// One who says how many.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ControlKeys {
    pub(crate) policy: ScalingSettings,
    pub(crate) measured: Measured,
}

crate::settings! {
    /// Keys of every way to scale.
    pub(crate) struct AutoscalingCommon {
        /// What is scaled by itself: each "region" of the service, with `min`, `max`, `quota` and numbers of its own, or the
        /// whole "service" at once, of which a replica starts in the zone with the fewest.
        per: Per = Per::Region,
        /// Never fewer replicas than this, in each region of the service or, if it is scaled as a whole, in all of them.
        min: u32 = 1,
        /// Never more replicas than this are wanted, in the same place; those that drain are not counted, but with them there
        /// are at most twice `max` less `min` in a region: beyond that a start waits until one of them is gone. Those that a
        /// release brings out beside them come on top. Where absent the largest number that the policies ask for, if they say
        /// one.
        #[range = ">= 1"]
        max: Option<u32> = None,
        /// Which replica leaves first; one that is still starting goes before all that serve.
        leaves: Leaves = Leaves::Newest,
        /// Which replicas never leave: with "busy", those that have work; the fleet is larger than wanted until they have
        /// none.
        protect: Protect = Protect::None,
        /// What becomes of a start that falls to a zone, or a region, that a crash or a hang has struck as a whole. Replicas
        /// that had started there stay, unless the policy replaces them.
        on_zone_loss: OnZoneLoss = OnZoneLoss::Wait,
        /// How many replicas may be started within a time, such as "10/min"; what is beyond waits, and counts in
        /// `starts_refused`.
        quota: Option<Quota> = None,
        /// For how long after its start, or the end of its last fault, a replica that has crashed is left alone; later, at once where absent, it is replaced
        /// at the next look of a policy that replaces any.
        health_grace: Option<SimDuration> = None,
    }
}

crate::settings! {
    /// Where a policy is written that is not written here.
    pub(crate) struct ImportKeys {
        /// A manifest, looked up beside the scenario, then in the data folders: a `HorizontalPodAutoscaler` of Kubernetes
        /// (`autoscaling/v2`) or a Service, Configuration or Revision of Knative. What it says of autoscaling becomes keys of
        /// this table, `policy` among them; keys written here hold instead, and what is not modelled is named. The
        /// processor's share (`cpu`) is taken for `utilisation`.
        import: Option<Name> = None,
    }
}

/// Keys of every way to scale a fleet, and where its policy is written that is not written here.
struct Imported(AutoscalingCommon);

impl Section for Imported {
    fn shape() -> Shape {
        AutoscalingCommon::shape().and(ImportKeys::KEYS)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let common = AutoscalingCommon::read(fields);
        // What is imported stands in the table before it is read.
        let _ = ImportKeys::read(fields);
        common.map(Self)
    }

    fn write(&self, table: &mut toml::Table) {
        self.0.write(table);
    }
}

/// What stands in one table with a single policy, beside the keys of every way.
struct Single<C> {
    common: C,
    measured: Measured,
}

impl<C: Section> Section for Single<C> {
    fn shape() -> Shape {
        C::shape().and(Measured::KEYS)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let common = C::read(fields);
        let measured = Measured::read(fields);
        Some(Self { common: common?, measured: measured? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.common.write(table);
        self.measured.write(table);
    }
}

crate::settings! {
    /// Several policies for one fleet.
    struct SeveralKeys {
        /// Who says how many: the largest number holds, so that a schedule among them is a floor. Until a policy has decided
        /// it says nothing.
        policies: Vec<ControlKeys>,
    }
}

impl AutoscalingKeys {
    /// The largest number that any policy asks for, if it says one.
    fn asked(&self) -> Option<u32> {
        let each: Option<Vec<u32>> = self.controls.iter().map(|control| control.policy.most()).collect();
        each?.into_iter().max()
    }

    /// Whether it is said how large the fleet may get.
    pub(crate) fn is_bounded(&self) -> bool {
        self.common.max.is_some() || self.asked().is_some()
    }

    /// The most replicas in a region that has so many at the start, those that drain not counted.
    pub(crate) fn most(&self, present: u32) -> u32 {
        self.common.max.unwrap_or_else(|| self.asked().unwrap_or(present).max(present).max(self.common.min))
    }

    /// Seats of that region: beside those who serve as many may drain as can leave at once.
    pub(crate) fn seats(&self, present: u32) -> u64 {
        let most = u64::from(self.most(present));
        most + most.saturating_sub(u64::from(self.common.min))
    }

    /// The path from its table to that of a policy.
    pub(crate) fn path_of(&self, control: usize) -> Vec<String> {
        path_of(self.is_list, control)
    }
}

/// The key of several policies.
pub(super) const SEVERAL: &str = "policies";

/// Policies, whether they are a list, and the keys beside them.
pub(super) struct Written<C> {
    pub(super) controls: Vec<ControlKeys>,
    pub(super) is_list: bool,
    pub(super) common: C,
}

/// The path from the table of such policies to that of one.
pub(super) fn path_of(is_list: bool, control: usize) -> Vec<String> {
    if is_list { vec![SEVERAL.to_owned(), control.to_string()] } else { Vec::new() }
}

/// The kinds of a table of one policy, and of one with several.
pub(super) fn kinds<S: Section, C: Section>(room: &Room, [single, several]: [&'static str; 2]) -> Vec<Kind> {
    let choice = room.choice(ScalingSettings::CATALOGUE);
    let single = Kind::variant(Single::<S>::shape().choosing(choice).called(single));
    let several = C::shape().and(SeveralKeys::KEYS).called(several);
    vec![single, Kind::Table(several)]
}

/// Reads a table of policies: with a single one as `single` has it.
pub(super) fn read_controls<S: Section, C: Section>(
    node: &Node,
    room: &Room,
    findings: &mut Diagnostics,
    common: impl FnOnce(S) -> C,
) -> Option<Written<C>> {
    if let Value::Table(table) = &node.value
        && table.find(SEVERAL).is_some()
    {
        let mut fields = Fields::new(table, node.span, findings);
        let common = C::read(&mut fields);
        let several = SeveralKeys::read(&mut fields);
        fields.finish();
        return Some(Written { controls: several?.policies, is_list: true, common: common? });
    }
    let (policy, single): (_, Single<S>) =
        read_policy(node, room, ScalingSettings::CATALOGUE, findings, ScalingSettings::read)?;
    let controls = vec![ControlKeys { policy, measured: single.measured }];
    Some(Written { controls, is_list: false, common: common(single.common) })
}

/// The table of such policies.
pub(super) fn write_controls(
    room: &Room,
    (controls, is_list): (&[ControlKeys], bool),
    common: &impl Section,
) -> toml::Value {
    match controls {
        [control] if !is_list => {
            let settings = |table: &mut toml::Table| {
                control.policy.write(table);
                control.measured.write(table);
            };
            write_policy(room, control.policy.name(), settings, common)
        }
        controls => {
            let mut table = toml::Table::new();
            common.write(&mut table);
            let policies = controls.iter().filter_map(Field::write).collect();
            table.insert(SEVERAL.to_owned(), toml::Value::Array(policies));
            table.into()
        }
    }
}

const ROOM: Room =
    Room { key: "policy", what: "autoscaling policy", expected: AutoscalingKeys::EXPECTED, default: None };

impl Field for AutoscalingKeys {
    const EXPECTED: &'static str =
        "a table such as { policy = \"hpa\", target = \"60%\", min = 2, max = 10 }";

    fn kind() -> Kind {
        Kind::Either(kinds::<Imported, AutoscalingCommon>(&ROOM, ["autoscaling", "autoscaling-by-several"]))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let read = read_controls(node, &ROOM, findings, |Imported(common)| common)?;
        let Written { controls, is_list, common } = read;
        Some(Self { controls, is_list, common, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_controls(&ROOM, (&self.controls, self.is_list), &self.common))
    }
}

impl Field for ControlKeys {
    const EXPECTED: &'static str = "a table such as { policy = \"hpa\", target = \"60%\" }";

    fn kind() -> Kind {
        let choice = ROOM.choice(ScalingSettings::CATALOGUE);
        Kind::variant(Measured::shape().choosing(choice).called("scaler"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let room = Room { expected: Self::EXPECTED, ..ROOM };
        let (policy, measured) =
            read_policy(node, &room, ScalingSettings::CATALOGUE, findings, ScalingSettings::read)?;
        Some(Self { policy, measured })
    }

    fn write(&self) -> Option<toml::Value> {
        let settings = |table: &mut toml::Table| self.policy.write(table);
        Some(write_policy(&ROOM, self.policy.name(), settings, &self.measured))
    }
}

/// How long a replica that leaves may finish what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drain {
    /// So long.
    After(SimDuration),
    /// As long as it takes.
    Forever,
}

/// The word for [`Drain::Forever`].
const FOREVER: &str = "forever";

impl Drain {
    /// Where none is written: the grace of a Kubernetes pod.
    pub(crate) const DEFAULT: Self = Self::After(SimDuration::from_nanos(30_000_000_000));

    /// The time, if there is an end.
    pub(crate) const fn limit(self) -> Option<SimDuration> {
        match self {
            Self::After(time) => Some(time),
            Self::Forever => None,
        }
    }
}

impl Field for Drain {
    const EXPECTED: &'static str = "a duration such as \"30s\", or \"forever\"";

    fn kind() -> Kind {
        Kind::Either(vec![SimDuration::kind(), Kind::word(FOREVER, &["As long as it takes."])])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == FOREVER => Some(Self::Forever),
            Value::Text(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                SimDuration::read(node, findings).map(Self::After)
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::After(time) => time.write(),
            Self::Forever => Some(FOREVER.into()),
        }
    }
}
