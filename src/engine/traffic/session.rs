//! Whose session an attempt belongs to.

use crate::engine::id::{CallId, TaskId};
use crate::engine::plan::Plan;
use crate::engine::task::flag;
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::world::State;
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::balancing::ShardBy;
use rand::RngExt;

impl Traffic {
    /// The session of what a caller sends: that of its client's request.
    fn session_of(&self, plan: &Plan, (flags, owner, edge): (u16, u32, u16), key: u64) -> u64 {
        if flags & flag::OWNER == flag::OWNER {
            return self.event_sessions[owner as usize];
        }
        if flags & flag::OF_CALL != 0 {
            let call = &self.calls[CallId::of(owner)];
            return self.session_of(plan, (call.flags, call.owner, edge), call.key);
        }
        if flags & flag::OF_TASK == 0 {
            return self.client_session(plan.edges[edge as usize].caller as usize, owner, key);
        }
        let task = &self.tasks[TaskId::of(owner)];
        if task.flags & flag::REQUEST != 0 {
            return self.client_session(task.edge as usize, task.owner, task.key);
        }
        self.task_session[owner as usize]
    }

    /// The session of what is about to be sent for a client.
    pub(in crate::engine) fn session_sending(&self, plan: &Plan, sending: &Sending) -> u64 {
        self.session_of(plan, (sending.flags, sending.owner, sending.edge), sending.key)
    }

    /// The session of a client's request: one of so many, or its user, or the request alone.
    fn client_session(&self, client: usize, origin: u32, key: u64) -> u64 {
        let client = &self.clients[client];
        let number = match (client.is_open, client.sessions) {
            (true, 0) => key,
            (true, sessions) => draw(key, Purpose::Session).random_range(0..u64::from(sessions)),
            (false, 0) => u64::from(origin),
            (false, sessions) => u64::from(origin % sessions),
        };
        mix(client.session_key, number)
    }

    /// What the shard of a request is chosen by; 0 where its service has none.
    pub(in crate::engine) fn shard_of(
        &self,
        plan: &Plan,
        service: usize,
        (session, client): (u64, u32),
    ) -> u64 {
        match plan.system.services[service].balancing.shard.as_ref().map(|shard| shard.by) {
            None => 0,
            Some(ShardBy::Session) => session,
            Some(ShardBy::Client) => self.clients[client as usize].session_key,
        }
    }

    /// What the shard of a call is chosen by; 0 where its service has none.
    pub(in crate::engine) fn shard_of_call(&self, plan: &Plan, c: CallId) -> u64 {
        let call = &self.calls[c];
        let service = plan.edges[call.edge as usize].service as usize;
        let balancing = &plan.system.services[service].balancing;
        let session = if balancing.shards_by(ShardBy::Session) {
            self.session_of(plan, (call.flags, call.owner, call.edge), call.key)
        } else {
            0
        };
        self.shard_of(plan, service, (session, call.origin.client))
    }

    /// Notes the session of a task, which its calls and the next service share.
    pub(in crate::engine) fn remember_session(&mut self, plan: &Plan, t: TaskId) {
        if self.task_session.len() <= t.index() {
            self.task_session.resize(self.tasks.len(), 0);
        }
        let task = &self.tasks[t];
        self.task_session[t.index()] = self.session_of(plan, (task.flags, task.owner, task.edge), task.key);
    }
}

impl State {
    /// The session of an attempt; 0 where its service does not need it.
    pub(in crate::engine) fn session_for(&self, plan: &Plan, sending: &Sending) -> u64 {
        if !self.fleet.services[plan.edges[sending.edge as usize].service as usize].reads_session {
            return 0;
        }
        self.traffic.session_of(plan, (sending.flags, sending.owner, sending.edge), sending.key)
    }
}
