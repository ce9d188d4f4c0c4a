//! Which states lead to which.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::Chain;

impl Chain {
    /// The closed classes: sets of states that lead to one another and to no other, each in the order of states, in the
    /// order of their first states.
    pub fn closed_classes(&self) -> Vec<Vec<usize>> {
        let mut graph = DiGraph::<(), (), u32>::with_capacity(self.states(), self.transitions());
        let nodes: Vec<_> = (0..self.states()).map(|_| graph.add_node(())).collect();
        for state in 0..self.states() {
            for (to, _) in self.row(state) {
                graph.add_edge(nodes[state], nodes[to], ());
            }
        }
        let components = kosaraju_scc(&graph);
        let mut class = vec![0; self.states()];
        for (number, component) in components.iter().enumerate() {
            for node in component {
                class[node.index()] = number;
            }
        }
        let stays = |state: usize| self.row(state).all(|(to, _)| class[to] == class[state]);
        let mut closed: Vec<Vec<usize>> = components
            .iter()
            .map(|component| component.iter().map(|node| node.index()).collect::<Vec<_>>())
            .filter(|component| component.iter().all(|state| stays(*state)))
            .collect();
        for component in &mut closed {
            component.sort_unstable();
        }
        closed.sort_unstable();
        closed
    }

    /// The states that can be reached from some, these included, without going on from any that `stops`.
    pub(in crate::analysis::markov) fn reached(
        &self,
        from: impl IntoIterator<Item = usize>,
        stops: impl Fn(usize) -> bool,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.states()];
        let mut open = Vec::new();
        for state in from {
            if !reached[state] {
                reached[state] = true;
                open.push(state);
            }
        }
        while let Some(state) = open.pop() {
            if stops(state) {
                continue;
            }
            for (to, _) in self.row(state) {
                if !reached[to] {
                    reached[to] = true;
                    open.push(to);
                }
            }
        }
        reached
    }
}
