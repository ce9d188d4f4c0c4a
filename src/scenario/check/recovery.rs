//! Recovery plans and crews.

use super::Checker;
use crate::model::recovery::{Crew, Operation, Plan, PlanPolicy, Recovery, Work};
use crate::scenario::written::recovery::{OperationKeys, PlanKeys, PlanWord, TaskKeys, WorkKeys};
use crate::units::CrewId;

impl Checker<'_> {
    /// All recovery plans that are written.
    pub(super) fn recoveries(&mut self) -> Option<Vec<Recovery>> {
        let written = self.written;
        let mut recoveries = Vec::new();
        for (name, section) in &written.recoveries.0 {
            recoveries.push(section.as_ref().and_then(|section| {
                let plan = self.plan(&section.plan);
                let again_after = self.law(&section.again_after);
                let recovery = Recovery { name: name.text.clone(), plan: plan?, again_after: again_after? };
                if let Err(why) = recovery.check() {
                    let message = format!("the plan \"{}\" cannot be carried out", recovery.name);
                    self.error(&["recovery", &name.text], message, &why);
                }
                Some(recovery)
            }));
        }
        recoveries.into_iter().collect()
    }

    fn plan(&mut self, keys: &PlanKeys) -> Option<Plan> {
        let mut operations = Vec::with_capacity(keys.operations.len());
        for (number, operation) in keys.operations.iter().enumerate() {
            operations.push(self.operation(number, operation));
        }
        let policy = match keys.policy {
            PlanWord::Race => PlanPolicy::Race,
            PlanWord::Sequence => PlanPolicy::Sequence,
            PlanWord::All => PlanPolicy::All,
            PlanWord::Escalate => PlanPolicy::Escalate,
            PlanWord::Share => PlanPolicy::Share { serial: keys.serial },
        };
        Some(Plan { policy, operations: operations.into_iter().collect::<Option<_>>()? })
    }

    fn operation(&mut self, number: usize, keys: &OperationKeys) -> Option<Operation> {
        let work = match &keys.work {
            WorkKeys::Task(task) => self.task(task),
            WorkKeys::Plan(plan) => self.plan(plan).map(Work::Plan),
        };
        let name =
            keys.common.name.as_ref().map_or_else(|| (number + 1).to_string(), |name| name.text.clone());
        Some(Operation { name, work: work?, probability: keys.common.probability })
    }

    fn task(&mut self, task: &TaskKeys) -> Option<Work> {
        let written = self.written;
        let time = self.law(&task.time);
        let crew = match &task.crew {
            Some(name) => Some(CrewId(self.number("crew", &written.crews, name)?)),
            None => None,
        };
        let does = match &task.does {
            Some(paths) => self.verbs_of_operation(&paths.0)?,
            None => Vec::new(),
        };
        Some(Work::Task { time: time?, success: task.success, crew, does })
    }

    /// All crews.
    pub(super) fn crews(&mut self) -> Vec<Crew> {
        let written = self.written;
        let mut crews = Vec::new();
        for (name, section) in &written.crews.0 {
            let size = section.as_ref().map_or(1, |crew| crew.size);
            if size == 0 {
                self.error(&["crew", &name.text, "size"], "a crew has at least one member", "");
            }
            crews.push(Crew { name: name.text.clone(), size });
        }
        crews
    }
}
