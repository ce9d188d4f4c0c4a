//! Calls that go by a name: in which region an attempt looks for a replica.

use crate::engine::listener::Listener;
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::flag;
use crate::engine::traffic::attempt::Sending;
use crate::engine::world::{Cx, State};
use crate::kernel::stream::{Purpose, mix};
use crate::reason::Reason;

impl State {
    /// Where the caller of an attempt is and the decider that sends it: where its call goes by a name, the one in the region
    /// that a resolver of the client says.
    ///
    /// # Errors
    ///
    /// `unresolved` where there is no answer.
    pub(super) fn decide_by_name<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        sending: &Sending,
    ) -> Result<(u32, usize), Reason> {
        let (plan, edge) = (cx.plan, usize::from(sending.edge));
        let (zone, decider) = self.decide(plan, sending);
        let Some(name) = plan.dns.name(sending.edge) else { return Ok((zone, decider)) };
        let service = usize::from(plan.edges[edge].service);
        let Some(region) = self.resolve(plan, (name, cx.now), sending) else {
            self.traffic.last_picked = NONE;
            let stop = (Reason::Unresolved, sending.flags & flag::MEASURED != 0);
            return Err(self.record.stop(cx, (service, decider), stop));
        };
        Ok((zone, plan.services[service].decider_in(region, decider)))
    }

    /// The region to which a name leads an attempt, if it has an answer.
    fn resolve(&mut self, plan: &Plan, (name, now): (usize, u64), sending: &Sending) -> Option<u32> {
        let dns = &plan.system.dns[name];
        let client = usize::from(plan.edges[usize::from(sending.edge)].caller);
        let settings = &plan.system.clients[client];
        let resolver = match settings.resolvers.count {
            None => self.traffic.caller_number(plan, sending.flags, sending.owner, sending.edge),
            Some(count) => {
                let session = self.traffic.session_sending(plan, sending);
                (mix(session, Purpose::Resolver as u64) % u64::from(count)) as u32
            }
        };
        let state = &mut self.knowledge.names[name];
        let answer = state.answer((dns, settings), (client, resolver), now)?;
        let attempt = mix(sending.key, u64::from(sending.attempt));
        let measured = sending.flags & flag::MEASURED != 0;
        let record = state.record_for((dns, settings, client), (answer, attempt), (now, measured))?;
        Some(dns.records[usize::from(record)].region.0)
    }
}
