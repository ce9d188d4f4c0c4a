//! The rules of plans: what follows when an operation begins or ends.

use super::{AGAIN_DRAW, Action, Drawn, Kind, Node, PlanRun, ROOT, State};
use crate::model::recovery::{PlanPolicy, Recovery};
use crate::units::SimDuration;

/// One thing that happened to a plan, while its consequences are worked out.
pub(super) struct Step<'s> {
    pub(super) run: &'s mut PlanRun,
    pub(super) recovery: &'s Recovery,
    pub(super) out: &'s mut Vec<Action>,
}

impl Step<'_> {
    /// Begins the outermost plan.
    pub(super) fn start(&mut self) {
        if let Some(success) = self.begin_plan(ROOT) {
            self.end(success);
        }
    }

    /// The time of a task is over: it ends, unless it has something to do.
    pub(super) fn elapsed(&mut self, node: u32, operation: u32, success: bool) {
        if success && !self.run.verbs(self.recovery, operation).is_empty() {
            self.out.push(Action::Do { operation });
        } else {
            self.end_task(node, operation, success);
        }
    }

    /// Ends a task that was under way.
    pub(super) fn end_task(&mut self, node: u32, operation: u32, success: bool) {
        if let Some(crew) = self.run.crew(self.recovery, node) {
            self.out.push(Action::Leave { operation, crew });
        }
        self.run.nodes[node as usize].state = State::Ended { success };
        self.settle(node, success);
    }

    /// Begins an operation or nested plan; tells how it ended when that takes no event.
    fn begin(&mut self, node: u32) -> Option<bool> {
        let ended = match self.run.nodes[node as usize].kind {
            Kind::Task { operation } => self.begin_task(node, operation),
            Kind::Plan { .. } if self.run.plan_skipped(self.recovery, node) => Some(true),
            Kind::Plan { .. } => return self.begin_plan(node),
        };
        if let Some(success) = ended {
            self.run.nodes[node as usize].state = State::Ended { success };
        }
        ended
    }

    fn begin_task(&mut self, node: u32, operation: u32) -> Option<bool> {
        if self.run.drawn(self.run.find(self.recovery, node), operation).skipped {
            return Some(true);
        }
        if let Some(crew) = self.run.crew(self.recovery, node) {
            self.run.nodes[node as usize].state = State::Waiting;
            self.out.push(Action::Join { operation, crew });
        } else {
            self.run_task(node, operation);
        }
        None
    }

    pub(super) fn run_task(&mut self, node: u32, operation: u32) {
        let Drawn { succeeds, time, .. } = self.run.drawn(self.run.find(self.recovery, node), operation);
        self.run.nodes[node as usize].state = State::Active { succeeds };
        self.out.push(Action::Schedule { operation, after: time });
    }

    fn begin_plan(&mut self, node: u32) -> Option<bool> {
        self.run.nodes[node as usize].state = State::Active { succeeds: true };
        let ended = match self.run.find_plan(self.recovery, node).policy {
            PlanPolicy::Race => self.begin_together(node, true),
            PlanPolicy::All => self.begin_together(node, false),
            PlanPolicy::Sequence => self.advance(node, 0, false),
            PlanPolicy::Escalate => self.advance(node, 0, true),
            PlanPolicy::Share { serial } => self.begin_share(node, serial.get()),
        };
        if let Some(success) = ended {
            self.run.nodes[node as usize].state = State::Ended { success };
        }
        ended
    }

    /// Begins all children at once, until one ends in the way that decides for all.
    fn begin_together(&mut self, plan: u32, decisive: bool) -> Option<bool> {
        for place in 0..self.run.children(plan).len() {
            let child = self.run.children(plan)[place];
            if self.begin(child) == Some(decisive) {
                self.drop_children(plan);
                return Some(decisive);
            }
        }
        self.together_ended(plan, decisive)
    }

    /// How a plan whose children run at once ended, if all of them did so without deciding.
    fn together_ended(&self, plan: u32, decisive: bool) -> Option<bool> {
        let over = |child: &u32| matches!(self.run.nodes[*child as usize].state, State::Ended { .. });
        self.run.children(plan).iter().all(over).then_some(!decisive)
    }

    /// Begins children one after another from `place` on, until one ends in the way that decides or takes time.
    fn advance(&mut self, plan: u32, place: usize, decisive: bool) -> Option<bool> {
        for place in place..self.run.children(plan).len() {
            let child = self.run.children(plan)[place];
            let ended = self.begin(child)?;
            if ended == decisive {
                return Some(decisive);
            }
        }
        Some(!decisive)
    }

    /// Begins a shared job: the first who takes part stands for all of them.
    fn begin_share(&mut self, plan: u32, serial: f64) -> Option<bool> {
        let (mut first, mut succeeds, mut fastest, mut speed) = (None, true, f64::INFINITY, 0.0);
        for child in self.run.children(plan) {
            let Kind::Task { operation } = self.run.nodes[*child as usize].kind else {
                continue;
            };
            let drawn = self.run.drawn(self.run.find(self.recovery, *child), operation);
            if !drawn.skipped {
                first = first.or(Some((*child, operation)));
                succeeds &= drawn.succeeds;
                fastest = drawn.time.as_secs().min(fastest);
                speed += 1.0 / drawn.time.as_secs();
            }
        }
        let Some((child, operation)) = first else {
            return Some(true);
        };
        self.run.nodes[child as usize].state = State::Active { succeeds };
        let after = SimDuration::from_secs(serial * fastest + (1.0 - serial) / speed);
        self.out.push(Action::Schedule { operation, after });
        None
    }

    /// Carries the end of a node up to its parents, as far as it decides them.
    fn settle(&mut self, node: u32, success: bool) {
        let (mut node, mut success) = (node, success);
        while node != ROOT {
            let Node { parent, place, .. } = self.run.nodes[node as usize];
            let Some(ended) = self.child_ended(parent, place as usize, success) else {
                return;
            };
            self.run.nodes[parent as usize].state = State::Ended { success: ended };
            (node, success) = (parent, ended);
        }
        self.end(success);
    }

    /// Hears that the child at `place` ended; tells how the plan ended, if it did.
    fn child_ended(&mut self, plan: u32, place: usize, success: bool) -> Option<bool> {
        let decisive = match self.run.find_plan(self.recovery, plan).policy {
            PlanPolicy::Race | PlanPolicy::Escalate => true,
            PlanPolicy::All | PlanPolicy::Sequence => false,
            PlanPolicy::Share { .. } => return Some(success),
        };
        if success == decisive {
            self.drop_children(plan);
            return Some(success);
        }
        match self.run.find_plan(self.recovery, plan).policy {
            PlanPolicy::Sequence | PlanPolicy::Escalate => self.advance(plan, place + 1, decisive),
            _ => self.together_ended(plan, decisive),
        }
    }

    /// Stops whatever is under way below a plan.
    pub(super) fn drop_children(&mut self, plan: u32) {
        for place in 0..self.run.children(plan).len() {
            let child = self.run.children(plan)[place];
            let state = self.run.nodes[child as usize].state;
            if !matches!(state, State::Waiting | State::Active { .. }) {
                continue;
            }
            self.run.nodes[child as usize].state = State::Idle;
            let Kind::Task { operation } = self.run.nodes[child as usize].kind else {
                self.drop_children(child);
                continue;
            };
            if state != State::Waiting {
                self.out.push(Action::Cancel { operation });
            }
            if let Some(crew) = self.run.crew(self.recovery, child) {
                self.out.push(Action::Leave { operation, crew });
            }
        }
    }

    fn end(&mut self, success: bool) {
        self.run.failed = !success;
        self.out.push(if success {
            Action::Recovered
        } else {
            Action::Again { after: self.recovery.again_after.sample(&mut self.run.generator(AGAIN_DRAW)) }
        });
    }
}
