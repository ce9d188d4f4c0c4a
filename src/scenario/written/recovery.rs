//! Recovery plans and crews as they are written.

use super::fault::Several;
use super::law::Law;
use crate::document::{Choice, Diagnostic, Fields, Key, Keyed, Name, Section, Shape};
use crate::registry::Entry;
use crate::units::Probability;

/// A recovery plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecoverySection {
    pub(crate) plan: PlanKeys,
    pub(crate) again_after: Law,
}

/// Operations and how they work together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlanKeys {
    pub(crate) policy: PlanWord,
    /// Part that cannot be divided, of a shared job.
    pub(crate) serial: Probability,
    pub(crate) operations: Vec<OperationKeys>,
}

crate::choices! {
    /// How the operations of a plan work together.
    pub(crate) enum PlanWord {
        /// The first to succeed ends it.
        Race = "race",
        /// One after another.
        Sequence = "sequence",
        /// At once.
        All = "all",
        /// The next only after a failure.
        Escalate = "escalate",
        /// On one job.
        Share = "share",
    }
}

/// The words that `policy` takes here, with the keys of their own.
pub(crate) const PLANS: &[Entry] = &[
    plan("race", "The first operation to succeed ends the recovery.", &[]),
    plan("sequence", "One operation after another; all must succeed.", &[]),
    plan("all", "All operations at once; all must succeed.", &[]),
    plan("escalate", "The next operation only when the one before has failed.", &[]),
    plan(
        "share",
        "All operations work on one job, of which a serial part cannot be divided.",
        ShareKeys::KEYS,
    ),
];

crate::settings! {
    /// What only a shared job has.
    pub(crate) struct ShareKeys {
        /// Share of the job that cannot be divided; the fastest operation does it.
        serial: Probability = Probability::ZERO,
    }
}

crate::settings! {
    /// What every plan has.
    pub(crate) struct PlanCommon {
        /// What is done, in the order of the list where that matters; an operation may be a plan itself.
        operations: Vec<OperationKeys>,
    }
}

crate::settings! {
    /// What only a whole recovery has.
    pub(crate) struct RecoveryCommon {
        /// Pause before a plan whose last hope has failed starts again.
        again_after: Law = Law::zero(),
    }
}

impl PlanKeys {
    /// Whether one of its operations does that, or one of a plan within.
    pub(crate) fn does(&self, path: &str) -> bool {
        self.operations.iter().any(|operation| match &operation.work {
            WorkKeys::Task(task) => {
                task.does.as_ref().is_some_and(|paths| paths.0.iter().any(|one| one.text == path))
            }
            WorkKeys::Plan(plan) => plan.does(path),
        })
    }
}

/// The key that chooses how operations work together.
const POLICY: Choice = Choice { key: "policy", what: "recovery policy", default: None, variants: PLANS };

const fn plan(name: &'static str, summary: &'static str, keys: &'static [Key]) -> Entry {
    Entry { name, summary, keys }
}

/// One operation of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperationKeys {
    pub(crate) common: OperationCommon,
    pub(crate) work: WorkKeys,
}

crate::settings! {
    /// The keys of every operation.
    pub(crate) struct OperationCommon {
        /// What it is called, for paths such as `recovery.restart.operations.replace.time.mean`; its number from 1
        /// where absent.
        name: Option<Name> = None,
        /// How likely the operation is made at all; otherwise it is skipped.
        probability: Probability = Probability::ONE,
    }
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WorkKeys {
    /// Something that takes time.
    Task(Box<TaskKeys>),
    /// A plan within the plan.
    Plan(PlanKeys),
}

crate::settings! {
    /// Something that takes time.
    pub(crate) struct TaskKeys {
        /// How long it takes, from its start; a member of a crew is busy for as long.
        time: Law,
        /// How likely it succeeds, seen at its end.
        success: Probability = Probability::ONE,
        /// The section `crew` of which it needs one member from start to end; operations wait for one in the order in
        /// which they came.
        crew: Option<Name> = None,
        /// What is done when its time is over, if it succeeds, as paths in their order: those of `does` of a monitor. The
        /// operation ends when that has: replicas that were started serve, those that drain are gone, a switch to a spare or a
        /// release, a backup or a restore is over. What a fault keeps from starting is not waited for, nor is a plan that
        /// "recovery.x.start" starts.
        does: Option<Several<Name>> = None,
    }
}

impl Section for PlanKeys {
    fn shape() -> Shape {
        PlanCommon::shape().choosing(POLICY).called("plan")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let policy = fields.required::<PlanWord>("policy");
        let share = if policy == Some(PlanWord::Share) {
            ShareKeys::read(fields)
        } else {
            Some(ShareKeys { serial: Probability::ZERO })
        };
        let plan = PlanCommon::read(fields);
        Some(Self { policy: policy?, serial: share?.serial, operations: plan?.operations })
    }

    fn write(&self, table: &mut toml::Table) {
        write_field(table, "policy", &self.policy);
        if self.policy == PlanWord::Share {
            write_field(table, "serial", &self.serial);
        }
        write_field(table, "operations", &self.operations);
    }
}

fn write_field<T: crate::document::Field>(table: &mut toml::Table, key: &str, value: &T) {
    if let Some(value) = value.write() {
        table.insert(key.to_owned(), value);
    }
}

impl Section for OperationKeys {
    fn shape() -> Shape {
        OperationCommon::shape()
            .and(TaskKeys::KEYS)
            .and(PlanCommon::KEYS)
            .choosing(POLICY)
            .called("operation")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        let common = OperationCommon::read(fields);
        let (has_time, has_plan) = (fields.has("time"), fields.has("operations"));
        if has_time && has_plan {
            let error = Diagnostic::error(span, "an operation has \"time\" or \"operations\", not both");
            fields.findings().push(error.label("two kinds of work"));
            fields.accept_all();
            return None;
        }
        let work = if has_plan {
            PlanKeys::read(fields).map(WorkKeys::Plan)
        } else {
            TaskKeys::read(fields).map(|task| WorkKeys::Task(Box::new(task)))
        };
        Some(Self { common: common?, work: work? })
    }

    fn write(&self, table: &mut toml::Table) {
        self.common.write(table);
        match &self.work {
            WorkKeys::Task(task) => task.write(table),
            WorkKeys::Plan(plan) => plan.write(table),
        }
    }
}

impl Section for RecoverySection {
    fn shape() -> Shape {
        PlanKeys::shape().and(RecoveryCommon::KEYS).called("recovery")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let plan = PlanKeys::read(fields);
        let common = RecoveryCommon::read(fields);
        Some(Self { plan: plan?, again_after: common?.again_after })
    }

    fn write(&self, table: &mut toml::Table) {
        self.plan.write(table);
        write_field(table, "again_after", &self.again_after);
    }
}

crate::settings! {
    /// People who repair.
    pub(crate) struct CrewSection {
        /// How many members the crew has.
        #[range = ">= 1"]
        size: u32 = 1,
    }
}

crate::tables! {
    RecoverySection = "a table with the keys \"policy\" and \"operations\"",
    OperationKeys = "a table with the key \"time\", or with \"policy\" and \"operations\"",
    CrewSection = "a table with the key \"size\"",
}
