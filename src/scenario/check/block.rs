//! Blocks, and which services do not work without which parts.

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::Checker;
use super::place::Layout;
use super::population::is_population;
use super::target::{Fleet, fleet};
use crate::document::{Diagnostic, Name};
use crate::model::system::{Block, Dependency, Member};
use crate::scenario::written::run::{BlockSection, Needs};
use crate::units::{BlockId, ReplicaId, ServiceId};

impl Checker<'_> {
    /// All blocks.
    pub(super) fn blocks(&mut self, layout: &Layout) -> Option<Vec<Block>> {
        let written = self.written;
        let mut blocks = Vec::new();
        for (name, section) in &written.blocks.0 {
            blocks.push(section.as_ref().and_then(|section| self.block(layout, &name.text, section)));
        }
        let blocks: Vec<Block> = blocks.into_iter().collect::<Option<_>>()?;
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<_> = blocks.iter().map(|_| graph.add_node(())).collect();
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

    fn block(&mut self, layout: &Layout, name: &str, section: &BlockSection) -> Option<Block> {
        let path = ["block", name, "of"];
        if section.of.is_empty() {
            self.error(&path, "a block has at least one member", "");
            return None;
        }
        let members = self.members(layout, &section.of)?;
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

    /// What names stand for, each once.
    fn members(&mut self, layout: &Layout, names: &[Name]) -> Option<Vec<Member>> {
        let fleet = fleet(&self.written.services, layout);
        let mut members: Vec<Member> = Vec::new();
        let mut complete = true;
        for name in names {
            let Some(found) = self.member(layout, fleet.as_ref(), name) else {
                complete = false;
                continue;
            };
            if let Some(twice) = found.iter().find(|one| members.contains(one)) {
                let message = match (twice, fleet.as_ref()) {
                    (Member::Seat(seat), Some(fleet)) if found.len() > 1 => {
                        let number = seat.0 - fleet.first[fleet.owner(*seat)] + 1;
                        format!("\"{}\" names replica {number} a second time", name.text)
                    }
                    _ => format!("\"{}\" stands here twice", name.text),
                };
                self.findings.push(Diagnostic::error(name.span, message));
            }
            members.extend(found);
        }
        complete.then_some(members)
    }

    /// The service or block that a name such as `service.shop` stands for, or the replicas.
    fn member(&mut self, layout: &Layout, fleet: Option<&Fleet>, name: &Name) -> Option<Vec<Member>> {
        let seats = name.text.strip_prefix("service.").and_then(|rest| rest.split_once('.'));
        let Some((service, numbers)) = seats else { return self.whole(name).map(|one| vec![one]) };
        let part = Name { text: service.to_owned(), span: name.span };
        let number = self.number("service", &self.written.services, &part)? as usize;
        let (first, end) = (fleet?.first[number], fleet?.first[number + 1]);
        if layout.is_changing(number) {
            let message = format!("replicas of \"{service}\" come and go, so none can be named");
            let help = format!("name the service, \"service.{service}\": it is up while it has its quorum");
            self.findings.push(Diagnostic::error(name.span, message).help(help));
            return None;
        }
        if self.written.services.0[number].1.as_ref().is_some_and(|one| one.keys.standby.is_some()) {
            let message = format!("replicas of \"{service}\" take each other's place, so none can be named");
            let help = format!("name the service, \"service.{service}\": it is up while its quorum serves");
            self.findings.push(Diagnostic::error(name.span, message).help(help));
            return None;
        }
        let numbers = self.numbers(name, numbers, end - first)?;
        Some(numbers.into_iter().map(|one| Member::Seat(ReplicaId(first + one - 1))).collect())
    }

    /// The service or block that a name such as `service.shop` stands for.
    pub(super) fn whole(&mut self, name: &Name) -> Option<Member> {
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

    /// What each service depends on.
    pub(super) fn dependencies(&mut self, layout: &Layout, blocks: &[Block]) -> Option<Vec<Dependency>> {
        let written = self.written;
        let mut found = Vec::new();
        let mut complete = true;
        for (number, (name, section)) in written.services.0.iter().enumerate() {
            let Some(section) = section else { continue };
            let Some(on) = &section.keys.depends_on else { continue };
            if is_population(section) {
                let message = "what stands for many functions depends on nothing";
                let help = "let the services depend on it that the functions call";
                self.error(&["service", &name.text, "depends_on"], message, help);
                complete = false;
            }
            match self.members(layout, &on.0) {
                Some(members) => found.extend(
                    members.into_iter().map(|on| Dependency { service: ServiceId(number as u32), on }),
                ),
                None => complete = false,
            }
        }
        if found.is_empty() {
            return complete.then_some(found);
        }
        self.circular_dependencies(&fleet(&self.written.services, layout)?, blocks, &found);
        complete.then_some(found)
    }

    /// Reports services that depend on themselves.
    fn circular_dependencies(&mut self, fleet: &Fleet, blocks: &[Block], found: &[Dependency]) {
        let services = self.written.services.0.len();
        let mut graph = DiGraph::<(), ()>::new();
        // Of what is written wrongly there are fewer blocks than names.
        let nodes: Vec<_> = (0..services + self.written.blocks.0.len()).map(|_| graph.add_node(())).collect();
        let node = |member: &Member| match member {
            Member::Service(service) => nodes[service.index()],
            Member::Block(block) => nodes[services + block.index()],
            Member::Seat(seat) => nodes[fleet.owner(*seat)],
        };
        for one in found {
            graph.add_edge(nodes[one.service.index()], node(&one.on), ());
        }
        for (number, block) in blocks.iter().enumerate() {
            for member in &block.members {
                graph.add_edge(nodes[services + number], node(member), ());
            }
        }
        let circles = tarjan_scc(&graph);
        let circle_of = |node| circles.iter().position(|circle| circle.contains(&node));
        let mut told = Vec::new();
        for one in found {
            let (service, on) = (nodes[one.service.index()], node(&one.on));
            if (service == on || circle_of(service) == circle_of(on)) && !told.contains(&one.service) {
                told.push(one.service);
                let name = &self.written.services.0[one.service.index()].0.text;
                let message = format!("service \"{name}\" depends on itself");
                let help = "once down, it would never be up again";
                self.error(&["service", name, "depends_on"], message, help);
            }
        }
    }
}
