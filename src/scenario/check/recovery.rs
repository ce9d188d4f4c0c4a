//! Recovery plans, crews and blocks.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Checker;
use crate::document::{Diagnostic, Name};
use crate::model::recovery::{Crew, Operation, Plan, PlanPolicy, Recovery, Work};
use crate::model::system::{Block, Member};
use crate::scenario::written::recovery::{OperationKeys, PlanKeys, PlanWord, TaskKeys, WorkKeys};
use crate::scenario::written::run::{BlockSection, Needs};
use crate::units::{BlockId, CrewId, ServiceId};

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

    /// All blocks.
    pub(super) fn blocks(&mut self) -> Option<Vec<Block>> {
        let written = self.written;
        let mut blocks = Vec::new();
        for (name, section) in &written.blocks.0 {
            blocks.push(section.as_ref().and_then(|section| self.block(&name.text, section)));
        }
        let blocks: Vec<Block> = blocks.into_iter().collect::<Option<_>>()?;
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<NodeIndex> = blocks.iter().map(|_| graph.add_node(())).collect();
        let mut contains_itself = vec![false; blocks.len()];
        for (number, block) in blocks.iter().enumerate() {
            for member in &block.members {
                if let Member::Block(inner) = member {
                    contains_itself[number] |= inner.index() == number;
                    graph.add_edge(nodes[number], nodes[inner.index()], ());
                }
            }
        }
        for circle in tarjan_scc(&graph).iter().filter(|circle| circle.len() > 1).flatten() {
            contains_itself[circle.index()] = true;
        }
        for (block, _) in blocks.iter().zip(contains_itself).filter(|(_, is)| *is) {
            let message = format!("block \"{}\" contains itself", block.name);
            self.error(&["block", &block.name, "of"], message, "");
        }
        Some(blocks)
    }

    fn block(&mut self, name: &str, section: &BlockSection) -> Option<Block> {
        let path = ["block", name, "of"];
        if section.of.is_empty() {
            self.error(&path, "a block has at least one member", "");
            return None;
        }
        let members: Vec<_> = section.of.iter().map(|member| self.member(member)).collect();
        let members: Vec<Member> = members.into_iter().collect::<Option<_>>()?;
        for (number, member) in members.iter().enumerate() {
            if members[..number].contains(member) {
                let twice = &section.of[number];
                let message = format!("\"{}\" stands in the block twice", twice.text);
                self.findings.push(Diagnostic::error(twice.span, message));
            }
        }
        let count = members.len() as u32;
        let needs = match section.needs {
            Needs::All => count,
            Needs::Number(number) => number,
        };
        if needs == 0 || needs > count {
            let message = format!("{needs} members are needed, but the block has {count}");
            self.error(&["block", name, "needs"], message, &format!("expected \"all\" or 1 to {count}"));
        }
        Some(Block { name: name.to_owned(), members, needs })
    }

    /// The service or block that a name such as `service.shop` stands for.
    pub(super) fn member(&mut self, name: &Name) -> Option<Member> {
        let written = self.written;
        let part = |text: &str| Name { text: text.to_owned(), span: name.span };
        match name.text.split_once('.') {
            Some(("service", text)) => self
                .number("service", &written.services, &part(text))
                .map(|one| Member::Service(ServiceId(one))),
            Some(("block", text)) => {
                self.number("block", &written.blocks, &part(text)).map(|one| Member::Block(BlockId(one)))
            }
            _ => {
                let error = Diagnostic::error(name.span, format!("\"{}\" is no service or block", name.text));
                self.findings.push(error.help("expected a name such as \"service.shop\" or \"block.store\""));
                None
            }
        }
    }
}
