//! Deployments as they are written.

use super::fault::Several;
use super::law::Law;
use super::variant::{Room, read_policy, write_policy};
use crate::document::{Diagnostics, Field, Kind, Name, Node, Section};
use crate::model::deploy::DeploySettings;
use crate::units::{Probability, SimDuration};

/// What brings a version of a service out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeploySection {
    pub(crate) policy: DeploySettings,
    pub(crate) common: DeployCommon,
}

crate::settings! {
    /// The keys of every policy.
    pub(crate) struct DeployCommon {
        /// The service or function of which a release is brought out. Of a function that moves what runs for whoever names
        /// no version or alias; "f:live" moves its alias `live`, which stands for one version when the run begins. What is
        /// called by another name stays as it is.
        service: Name,
        /// When a release begins, counted from the start of the run: one instant or several. Either this or `every` is
        /// given. One that is due while another of the service is under way waits until that is complete and what it kept
        /// is gone, or until it is taken back; of several that wait, the one that was due first begins. It is
        /// an error where the file says already that two of them overlap.
        at: Option<Several<SimDuration>> = None,
        /// Time from the begin of one release to that of the next; that waits as one of `at` does.
        #[range = "> 0"]
        every: Option<Law> = None,
        /// What runs then: "v1", which is the service as it is written, or a name of its `versions`. What runs already, once
        /// more, where absent; a function needs it.
        version: Option<Name> = None,
        /// How long it takes from the begin of a release to its first step: it is built and tested.
        build: Law = Law::zero(),
        /// How likely a release is bad: then what `badness` says is wrong with whatever runs it.
        bad: Probability = Probability::ZERO,
        /// What is wrong with a bad release, until it is taken back or the next one is complete: one incident of each, with
        /// the name of the deployment as its cause.
        badness: Option<BadnessKeys> = None,
        /// The share of bad releases that tests find: they end before their first step.
        gate: Probability = Probability::ZERO,
        /// The monitors whose alarm takes a release back, such as "monitor.errors", from its first step until it is complete:
        /// short for the path of its `rollback` among what they do, whatever else that is, so that `respond`, `covers` and
        /// `cancels` of the monitor say when. An alarm that is raised when a step is over keeps the release from going on
        /// while somebody decides, and is heard of anew if nobody does.
        rollback_on: Vec<Name> = Vec::new(),
        /// How long it takes from the alarm, or from the decision where somebody takes time for it, to the first step back. A
        /// fleet goes back as it came: by the same steps, each watched as long, and as many replicas at a time; a function, and
        /// a fleet whose old replicas are kept, at once.
        rollback: Law = Law::zero(),
    }
}

crate::choices! {
    /// What is wrong with whatever runs a bad release.
    pub(crate) enum BadKind {
        /// A share of attempts is answered with an error.
        Error = "error",
        /// Work takes longer.
        Slow = "slow",
        /// It crashes, and stays so.
        Crash = "crash",
        /// Work takes longer and longer, and in the end it crashes, and stays so.
        Leak = "leak",
    }
}

crate::settings! {
    /// What is wrong with a bad release.
    pub(crate) struct BadnessKeys {
        /// What is wrong with whatever runs it.
        kind: BadKind = BadKind::Error,
        /// Share of attempts that are answered with an error; only with "error", and needed there.
        share: Option<Probability> = None,
        /// How many times longer work takes, with "leak" at the end; only with these, and needed there.
        #[range = "> 0"]
        factor: Option<f64> = None,
        /// How long it takes from the time at which it shows until it crashes; the factor grows from 1 in twenty equal steps, the
        /// last of which is the crash. Only with "leak", and needed there.
        #[range = "> 0"]
        grows: Option<Law> = None,
        /// How long after the first step of the release it shows.
        after: Law = Law::zero(),
    }
}

crate::tables! {
    BadnessKeys = "a table such as { kind = \"error\", share = \"20%\" }",
}

/// How the policy is chosen.
const ROOM: Room = Room {
    key: "policy",
    what: "deployment policy",
    expected: "a table with the keys \"service\", \"policy\" and \"at\" or \"every\"",
    default: None,
};

impl Field for DeploySection {
    const EXPECTED: &'static str = ROOM.expected;

    fn kind() -> Kind {
        Kind::variant(DeployCommon::shape().choosing(ROOM.choice(DeploySettings::CATALOGUE)).called("deploy"))
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let (policy, common) =
            read_policy(node, &ROOM, DeploySettings::CATALOGUE, findings, DeploySettings::read)?;
        Some(Self { policy, common })
    }

    fn write(&self) -> Option<toml::Value> {
        let settings = |table: &mut toml::Table| self.policy.write(table);
        Some(write_policy(&ROOM, self.policy.name(), settings, &self.common))
    }
}
