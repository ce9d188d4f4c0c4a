//! What a recovery plan must be so that it can be carried out.

use super::{Operation, Plan, PlanPolicy, Recovery, Work};
use crate::units::Probability;

impl Recovery {
    /// Whether the plan can be carried out.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what is impossible: a plan without operations, a plan that never succeeds, a
    /// shared job with a nested plan (it has no single time to share) or with a crew (two jobs that each hold a part
    /// of one crew would wait for each other for ever).
    pub fn check(&self) -> Result<(), String> {
        check_plan(&self.plan)?;
        if can_succeed(&self.plan) {
            return Ok(());
        }
        Err("the plan can never succeed: an operation that it needs has success 0".to_owned())
    }
}

fn check_plan(plan: &Plan) -> Result<(), String> {
    if plan.operations.is_empty() {
        return Err("a recovery plan needs at least one operation".to_owned());
    }
    for operation in &plan.operations {
        if matches!(plan.policy, PlanPolicy::Share { .. }) {
            check_share(operation)?;
        }
        if let Work::Plan(nested) = &operation.work {
            check_plan(nested)?;
        }
    }
    Ok(())
}

fn check_share(operation: &Operation) -> Result<(), String> {
    let name = &operation.name;
    match &operation.work {
        Work::Plan(_) => Err(format!("operation \"{name}\" of a shared job cannot be a plan itself")),
        Work::Task { crew: Some(_), .. } => {
            Err(format!("operation \"{name}\" of a shared job cannot name a crew"))
        }
        Work::Task { does, .. } if !does.is_empty() => {
            Err(format!("operation \"{name}\" of a shared job cannot do something of its own at its end"))
        }
        Work::Task { .. } => Ok(()),
    }
}

fn can_succeed(plan: &Plan) -> bool {
    let hopeful = |operation: &Operation| {
        operation.probability < Probability::ONE
            || match &operation.work {
                Work::Task { success, .. } => *success > Probability::ZERO,
                Work::Plan(nested) => can_succeed(nested),
            }
    };
    match plan.policy {
        PlanPolicy::Race | PlanPolicy::Escalate => plan.operations.iter().any(hopeful),
        PlanPolicy::Sequence | PlanPolicy::All | PlanPolicy::Share { .. } => {
            plan.operations.iter().all(hopeful)
        }
    }
}
