//! A recovery plan while it is carried out.
//!
//! A [`PlanRun`] is told what happens and answers with [`Action`]s; it keeps no time and schedules nothing. Operations
//! are the tasks of the plan, numbered from 0 depth first. Each draws from a generator of its own, keyed by incident,
//! operation and round, so that what one operation does never changes another's luck.

mod step;

use rand::RngExt;

use self::step::Step;
use super::{Operation, Plan, Recovery, Work};
use crate::kernel::stream::{Draw, Purpose, draw, mix};
use crate::model::action::Verb;
use crate::units::{CrewId, SimDuration};

/// What the engine is to do, in the order given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Say [`PlanRun::elapsed`] after a time.
    Schedule {
        /// Which operation began.
        operation: u32,
        /// How long it takes.
        after: SimDuration,
    },
    /// The operation was dropped: what was scheduled for it is void.
    Cancel {
        /// Which one.
        operation: u32,
    },
    /// Ask a crew for a member; say [`PlanRun::granted`] once there is one, be it at once.
    Join {
        /// For which operation.
        operation: u32,
        /// Which crew.
        crew: CrewId,
    },
    /// Give the member back, or leave the queue.
    Leave {
        /// Which operation no longer needs it.
        operation: u32,
        /// Which crew.
        crew: CrewId,
    },
    /// Do what the operation does, whose time has ended well; say [`PlanRun::done`] once that is over, be it at once.
    Do {
        /// Which one.
        operation: u32,
    },
    /// The plan succeeded.
    Recovered,
    /// The plan failed: say [`PlanRun::start`] again after a time.
    Again {
        /// How long to wait.
        after: SimDuration,
    },
}

/// The running state of one incident's recovery.
///
/// A skipped operation counts as done at once, also in a race or an escalation, which it ends; in a shared job it takes
/// no part. A shared job fails, its time spent, when one of those who take part fails.
#[derive(Debug, Clone)]
pub struct PlanRun {
    nodes: Vec<Node>,
    /// The node of each operation.
    operations: Vec<u32>,
    incident_key: u64,
    round: u64,
    /// Whether the last round failed, so that the next start of the same incident draws anew.
    failed: bool,
}

/// A plan or a task; node 0 is the outermost plan, and a parent stands before its children.
#[derive(Debug, Clone)]
struct Node {
    parent: u32,
    /// Its place among the operations of its parent.
    place: u32,
    kind: Kind,
    state: State,
}

#[derive(Debug, Clone)]
enum Kind {
    Task { operation: u32 },
    Plan { children: Vec<u32> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not begun, or dropped.
    Idle,
    /// A task that waits for a member of a crew.
    Waiting,
    /// Under way; `succeeds` is how a task will end.
    Active { succeeds: bool },
    /// Over.
    Ended { success: bool },
}

/// What an operation's generator says.
struct Drawn {
    skipped: bool,
    succeeds: bool,
    time: SimDuration,
}

/// Keeps the draws of nested plans and of the wait between rounds apart from those of operations.
const PLAN_DRAWS: u64 = 1 << 32;
const AGAIN_DRAW: u64 = 1 << 33;

const ROOT: u32 = 0;

impl PlanRun {
    /// The state of a plan that is not under way.
    pub fn new(recovery: &Recovery) -> Self {
        let mut run =
            Self { nodes: Vec::new(), operations: Vec::new(), incident_key: 0, round: 0, failed: false };
        run.add_plan(&recovery.plan, ROOT, 0);
        run
    }

    /// How many operations the plan has.
    pub fn operation_count(&self) -> usize {
        self.operations.len()
    }

    /// Begins the recovery of the incident that `incident_key` names, or begins it again after [`Action::Again`].
    pub fn start(&mut self, recovery: &Recovery, incident_key: u64, out: &mut Vec<Action>) {
        let again = self.failed && self.incident_key == incident_key;
        self.round = if again { self.round + 1 } else { 0 };
        self.incident_key = incident_key;
        self.failed = false;
        for node in &mut self.nodes {
            node.state = State::Idle;
        }
        Step { run: self, recovery, out }.start();
    }

    /// Hears that the time of an operation is over; nothing happens unless it is under way.
    pub fn elapsed(&mut self, recovery: &Recovery, operation: u32, out: &mut Vec<Action>) {
        let node = self.operations[operation as usize];
        let State::Active { succeeds } = self.nodes[node as usize].state else {
            return;
        };
        Step { run: self, recovery, out }.elapsed(node, operation, succeeds);
    }

    /// Hears that what an operation does is over; nothing happens unless it is under way.
    pub fn done(&mut self, recovery: &Recovery, operation: u32, out: &mut Vec<Action>) {
        let node = self.operations[operation as usize];
        if let State::Active { succeeds } = self.nodes[node as usize].state {
            Step { run: self, recovery, out }.end_task(node, operation, succeeds);
        }
    }

    /// Hears that a crew gave a member to an operation; nothing happens unless it waits for one.
    pub fn granted(&mut self, recovery: &Recovery, operation: u32, out: &mut Vec<Action>) {
        let node = self.operations[operation as usize];
        if self.nodes[node as usize].state == State::Waiting {
            Step { run: self, recovery, out }.run_task(node, operation);
        }
    }

    /// Drops whatever is under way: nothing is left to recover.
    pub fn abandon(&mut self, recovery: &Recovery, out: &mut Vec<Action>) {
        Step { run: self, recovery, out }.drop_children(ROOT);
    }

    fn add_plan(&mut self, plan: &Plan, parent: u32, place: u32) -> u32 {
        let number =
            self.add(Node { parent, place, kind: Kind::Plan { children: Vec::new() }, state: State::Idle });
        let mut added = Vec::with_capacity(plan.operations.len());
        for (place, operation) in plan.operations.iter().enumerate() {
            let place = place as u32;
            added.push(match &operation.work {
                Work::Plan(nested) => self.add_plan(nested, number, place),
                Work::Task { .. } => {
                    let kind = Kind::Task { operation: self.operations.len() as u32 };
                    let task = self.add(Node { parent: number, place, kind, state: State::Idle });
                    self.operations.push(task);
                    task
                }
            });
        }
        self.nodes[number as usize].kind = Kind::Plan { children: added };
        number
    }

    fn add(&mut self, node: Node) -> u32 {
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn children(&self, plan: u32) -> &[u32] {
        match &self.nodes[plan as usize].kind {
            Kind::Plan { children } => children,
            Kind::Task { .. } => &[],
        }
    }

    fn find<'r>(&self, recovery: &'r Recovery, node: u32) -> &'r Operation {
        let Node { parent, place, .. } = self.nodes[node as usize];
        &self.find_plan(recovery, parent).operations[place as usize]
    }

    fn find_plan<'r>(&self, recovery: &'r Recovery, node: u32) -> &'r Plan {
        if node == ROOT {
            return &recovery.plan;
        }
        match &self.find(recovery, node).work {
            Work::Plan(nested) => nested,
            Work::Task { .. } => unreachable!("a node is a plan where its operation is one"),
        }
    }

    /// What an operation does at its end.
    pub fn verbs<'r>(&self, recovery: &'r Recovery, operation: u32) -> &'r [Verb] {
        match &self.find(recovery, self.operations[operation as usize]).work {
            Work::Task { does, .. } => does,
            Work::Plan(_) => &[],
        }
    }

    fn crew(&self, recovery: &Recovery, node: u32) -> Option<CrewId> {
        match self.find(recovery, node).work {
            Work::Task { crew, .. } => crew,
            Work::Plan(_) => None,
        }
    }

    fn generator(&self, what: u64) -> Draw {
        draw(mix(mix(self.incident_key, what), self.round), Purpose::Recovery)
    }

    /// The chances are drawn before the time, so that another law of the time does not change them.
    fn drawn(&self, task: &Operation, operation: u32) -> Drawn {
        let Work::Task { time, success, .. } = &task.work else {
            unreachable!("only tasks are numbered as operations")
        };
        let mut random = self.generator(u64::from(operation));
        Drawn {
            skipped: random.random::<f64>() >= task.probability.get(),
            succeeds: random.random::<f64>() < success.get(),
            time: time.sample(&mut random),
        }
    }

    fn plan_skipped(&self, recovery: &Recovery, node: u32) -> bool {
        let chance = self.find(recovery, node).probability.get();
        self.generator(PLAN_DRAWS + u64::from(node)).random::<f64>() >= chance
    }
}
