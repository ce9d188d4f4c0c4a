//! After its own work a task calls others, step by step, or is passed on; answers to its calls come back here.

use crate::engine::id::{CallId, FanOutId, TaskId};
use crate::engine::listener::{Listener, Note};
use crate::engine::plan::{NONE, Plan};
use crate::engine::task::{Caller, Child, Entry, FanOut, Settled, Task, flag, stage};
use crate::engine::traffic::Traffic;
use crate::engine::traffic::attempt::Sending;
use crate::engine::traffic::request::{Request, child_key};
use crate::engine::world::{Cx, State};
use crate::kernel::slab::Id;
use crate::kernel::stream::{Purpose, draw};
use crate::model::call::Choose;
use crate::reason::Reason;
use crate::units::SimTime;
use rand::RngExt;

/// What follows a step.
enum After {
    /// Calls are out.
    Wait,
    /// All steps are done.
    Done,
}

impl Traffic {
    /// The record of a task's calls, of which none is out yet.
    pub(in crate::engine) fn open_calls<L: Listener>(&mut self, cx: &Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        if plan.chains[self.caller_of(plan, t)] {
            self.tasks[t].armed = NONE;
            return;
        }
        let branch = draw(self.tasks[t].key, Purpose::Branch);
        // Whoever has asked the store of its keys goes on after that.
        let first = u16::from(self.has_asked(plan, t));
        let f = self.fan_outs.take(|| FanOut {
            step: 0,
            open: 0,
            branch: branch.clone(),
            entries: Vec::new(),
            children: Vec::new(),
        });
        let fan_out = &mut self.fan_outs[f];
        fan_out.step = first;
        fan_out.branch = branch;
        fan_out.children.clear();
        fan_out.entries.clear();
        self.tasks[t].armed = f.number();
    }

    /// Notes a call of a task that is out.
    pub(in crate::engine) fn add_child(&mut self, plan: &Plan, t: TaskId, of: Caller, entry: u16) {
        if plan.chains[self.caller_of(plan, t)] {
            self.tasks[t].armed = of.pack();
        } else {
            let f = FanOutId::of(self.tasks[t].armed);
            self.fan_outs[f].children.push(Child { of, entry });
        }
    }

    /// The deadline that a task's own calls inherit.
    fn inherited_deadline(&self, plan: &Plan, t: TaskId) -> u64 {
        let task = &self.tasks[t];
        if task.flags & flag::OF_CALL == 0 || !plan.edges[task.edge as usize].propagates {
            return u64::MAX;
        }
        if task.flags & flag::ORPHAN != 0 {
            // Its call is over and the record may have a new owner; the attempt knows its own limit.
            let limit = plan.edges[task.edge as usize].deadline;
            return limit.map_or(u64::MAX, |limit| task.start.saturating_add(limit.as_nanos()));
        }
        self.calls[CallId::of(task.owner)].deadline
    }

    /// A call that was out under one record goes on under another.
    pub(in crate::engine) fn rename_child(&mut self, plan: &Plan, t: TaskId, old: Caller, new: Caller) {
        if plan.chains[self.caller_of(plan, t)] {
            self.tasks[t].armed = new.pack();
            return;
        }
        let f = FanOutId::of(self.tasks[t].armed);
        if let Some(child) = self.fan_outs[f].children.iter_mut().find(|child| child.of == old) {
            child.of = new;
        }
    }

    /// Whether an attempt is still under way for a task; the record of one that ended may have a new owner.
    fn is_child(&self, child: TaskId, t: TaskId) -> bool {
        let child = &self.tasks[child];
        child.flags & stage::MASK != stage::FREE
            && child.flags & flag::OF_TASK != 0
            && child.owner == t.number()
    }

    /// Drops the answer of a call that ended at this instant: its record may serve the task's next step.
    fn forget_answer(&mut self, t: TaskId, ended: Caller) {
        if let Some(place) = self.settled.iter().position(|one| one.task == t && one.of == Some(ended)) {
            self.settled.remove(place);
            if let Caller::Call(c) = ended {
                self.calls.give_back(c);
            }
        }
    }
}

impl State {
    /// A task has done its own work: its calls follow, or the next service, or the answer.
    #[inline(never)]
    pub(in crate::engine) fn work_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        self.traffic.tasks[t].due = now;
        if self.traffic.is_to_ask(plan, t) {
            self.traffic.set_stage(t, stage::CALLING);
            return self.begin_calls(cx, t);
        }
        let task = &self.traffic.tasks[t];
        let number = task.service as usize;
        let ends_here = flag::ERROR | if plan.services[number].hands_on { 0 } else { flag::INVALID };
        let answers_at_once = task.flags & ends_here != 0 || self.is_answered_by_key(t);
        if answers_at_once && self.traffic.is_to_write(plan, t) {
            self.traffic.set_stage(t, stage::CALLING);
            self.traffic.open_calls(cx, t);
            return self.write_down(cx, t);
        }
        if answers_at_once || !plan.services[number].has_steps {
            return self.complete(cx, t);
        }
        self.traffic.set_stage(t, stage::CALLING);
        if !self.fleet.services[number].holds_slot {
            let r = self.traffic.tasks[t].replica;
            self.give_back_slot(cx, number, r);
            self.fill(cx, number, r);
        }
        if plan.has_caches && self.spares_calls(cx, t) {
            return;
        }
        self.begin_calls(cx, t);
    }

    /// The service of a task ended, its calls included: it leaves, and is answered or passed on.
    pub(in crate::engine) fn complete<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let (plan, now) = (cx.plan, cx.now);
        let task = self.traffic.tasks[t];
        let number = task.service as usize;
        let released = task.flags & stage::MASK == stage::CALLING && !self.fleet.services[number].holds_slot;
        let end = if released { task.due } else { now };
        self.traffic.tasks[t].due = end;
        if task.flags & flag::MEASURED != 0 {
            let metrics = &mut self.record.services[number];
            metrics.service.record(end - task.started);
            metrics.sojourn.record(now - task.enqueued);
            if plan.versions.are_there {
                self.record.note_served((number, self.traffic.version_of(t)), now - task.enqueued);
            }
        }
        self.meter_done(t, now);
        self.note_served_after_admission(t, now);
        self.left(cx, t);
        if released {
            self.step_out(t);
        } else if L::LISTENS || !self.give_slot_on(cx, t) {
            self.vacate(cx, t);
        }
        self.note_stepped_out(cx, t);
        self.take_effect(cx, t);
        let is_good = task.flags & (flag::ERROR | flag::INVALID) == 0;
        if is_good && plan.has_caches {
            let _ = self.traffic.calls_fetched(cx, t, Ok(()));
        }
        if is_good && self.pass_on(cx, t) {
            return;
        }
        self.answer_served(cx, t);
    }

    /// Makes the calls of a task, from its first step on.
    pub(in crate::engine) fn begin_calls<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        self.traffic.open_calls(cx, t);
        self.make_calls_opened(cx, t);
    }

    /// Makes the calls of a task for which there is a record.
    pub(in crate::engine) fn make_calls_opened<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if cx.plan.chains[self.traffic.caller_of(cx.plan, t)] {
            self.next_in_chain(cx, t, 0);
        } else {
            self.make_steps(cx, t);
        }
    }

    /// Makes the calls of the step that is next, or ends the calls of a task.
    pub(super) fn make_steps<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        if matches!(self.make_step(cx, t), After::Done) {
            self.calls_done(cx, t);
        }
    }

    /// Makes call number `step` of a task that makes one call at a time, or ends its calls.
    fn next_in_chain<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, step: usize) {
        let plan = cx.plan;
        self.traffic.tasks[t].armed = NONE;
        match plan.steps[self.traffic.caller_of(plan, t)].get(step) {
            Some(step) if step.denied > 0.0 && self.is_denied(cx, t, step.denied) => {}
            Some(step) => self.make_calls(cx, (t, 0), (step.entries[0].edge, 1)),
            None => self.calls_done(cx, t),
        }
    }

    /// Makes the calls of the current step, or of the first later one that has any.
    fn make_step<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) -> After {
        let plan = cx.plan;
        let f = FanOutId::of(self.traffic.tasks[t].armed);
        let steps = &plan.steps[self.traffic.caller_of(plan, t)];
        loop {
            let number = self.traffic.fan_outs[f].step as usize;
            let Some(step) = steps.get(number) else { return After::Done };
            if plan.has_effects && number + 1 == steps.len() && self.skips_writing(cx, t) {
                return After::Done;
            }
            let fan_out = &mut self.traffic.fan_outs[f];
            fan_out.entries.clear();
            fan_out.open = 0;
            let mut share = if step.choose == Choose::One { fan_out.branch.random::<f64>() } else { 0.0 };
            for entry in &step.entries {
                let is_chosen = if step.choose == Choose::One {
                    let before = share;
                    share -= entry.probability;
                    before >= 0.0 && share < 0.0
                } else {
                    entry.probability >= 1.0 || fan_out.branch.random::<f64>() < entry.probability
                };
                fan_out.open += u16::from(is_chosen);
                let (needed, out) = if is_chosen { (entry.wait_for, entry.count) } else { (0, 0) };
                fan_out.entries.push(Entry { needed, out, is_open: is_chosen });
            }
            if fan_out.open == 0 {
                fan_out.step += 1;
                continue;
            }
            for (place, entry) in step.entries.iter().enumerate() {
                if self.traffic.fan_outs[f].entries[place].is_open {
                    self.make_calls(cx, (t, place as u16), (entry.edge, entry.count));
                }
            }
            return After::Wait;
        }
    }

    /// Sends the copies of one entry, each to another replica.
    fn make_calls<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        (t, place): (TaskId, u16),
        (edge, count): (u16, u32),
    ) {
        let (plan, now) = (cx.plan, cx.now);
        let parent = self.traffic.tasks[t];
        let inherited = self.traffic.inherited_deadline(plan, t);
        if inherited <= now {
            // No time is left to be passed on.
            let (key, outcome) = (parent.key, Err(Reason::Deadline));
            let answer = Settled { task: t, key, of: None, entry: place, edge, outcome };
            return self.traffic.settled.extend(std::iter::repeat_n(answer, count as usize));
        }
        let mut used: Vec<u32> = Vec::new();
        let (site, origin) = (plan.edges[edge as usize].site, self.traffic.origin_of(t));
        for copy in 0..count {
            let flags = parent.flags & (flag::MEASURED | flag::REPEAT | flag::REQUEST);
            // Whether an operation is invalid concerns the first service only, or the first behind a gateway.
            let tells = flags & flag::REQUEST != 0 || plan.gateways.hands_on(edge);
            let invalid = if tells { parent.flags & flag::INVALID } else { 0 };
            let sending = Sending {
                key: child_key(parent.key, site, copy),
                owner: t.number(),
                flags: flags & (flag::MEASURED | flag::REPEAT) | invalid | flag::OF_TASK,
                edge,
                attempt: 1,
                priority: parent.priority,
                origin: origin.child(site, copy),
            };
            if flags & flag::REQUEST != 0 && flags & flag::MEASURED != 0 {
                self.record.clients[parent.edge as usize].first_tries_beyond += 1;
            }
            let call = &plan.edges[edge as usize];
            let is_guarded = call.guard.is_some();
            // Copies of one call know of each other by their records.
            if call.is_recorded || inherited < u64::MAX || is_guarded && count > 1 {
                let c = self.open_call(cx, sending, inherited);
                self.traffic.add_child(plan, t, Caller::Call(c), place);
                self.traffic.calls[c].tried.extend(&used);
                self.try_call(cx, c);
                if count > 1 && self.traffic.last_picked != NONE {
                    used.push(self.traffic.last_picked);
                }
                continue;
            }
            if is_guarded {
                let of = self.call_unrecorded(cx, sending);
                self.traffic.add_child(plan, t, of.map_or_else(Caller::Call, Caller::Task), place);
                continue;
            }
            match self.send(cx, sending, &used) {
                Ok(child) => self.traffic.add_child(plan, t, Caller::Task(child), place),
                Err(reason) => self.call_not_sent(cx, sending, (place, reason)),
            }
            if count > 1 && self.traffic.last_picked != NONE {
                used.push(self.traffic.last_picked);
            }
        }
    }

    /// Takes in the answers that came at this instant.
    pub(in crate::engine) fn settle<L: Listener>(&mut self, cx: &mut Cx<'_, L>) {
        let plan = cx.plan;
        while let Some(settled) = self.traffic.settled.pop_front() {
            if let Some(Caller::Call(c)) = settled.of {
                self.traffic.calls.give_back(c);
            }
            let task = &self.traffic.tasks[settled.task];
            let waits = task.key == settled.key && task.flags & stage::MASK == stage::CALLING;
            if !waits || task.flags & flag::READY != 0 {
                continue;
            }
            if plan.chains[self.traffic.caller_of(plan, settled.task)] {
                self.take_in_chain(cx, settled);
                continue;
            }
            let fan_out = &mut self.traffic.fan_outs[FanOutId::of(task.armed)];
            let place = match settled.of {
                None => settled.entry,
                Some(of) => match fan_out.children.iter().position(|child| child.of == of) {
                    Some(place) => fan_out.children.swap_remove(place).entry,
                    None => continue,
                },
            };
            self.take_answer(cx, settled, place);
        }
    }

    /// The answer to the only call that a task has out.
    fn take_in_chain<L: Listener>(&mut self, cx: &mut Cx<'_, L>, settled: Settled) {
        let plan = cx.plan;
        let Settled { task: t, of, edge, outcome, .. } = settled;
        if of.map_or(NONE, Caller::pack) != self.traffic.tasks[t].armed {
            return;
        }
        self.traffic.tasks[t].armed = NONE;
        match outcome {
            Ok(()) => {
                let step = usize::from(plan.edges[edge as usize].step) + 1;
                self.next_in_chain(cx, t, step);
            }
            Err(reason) => self.calls_failed(cx, t, reason),
        }
    }

    /// One answer to a waiting task.
    fn take_answer<L: Listener>(&mut self, cx: &mut Cx<'_, L>, settled: Settled, place: u16) {
        let plan = cx.plan;
        let t = settled.task;
        let f = FanOutId::of(self.traffic.tasks[t].armed);
        let caller = self.traffic.caller_of(plan, t);
        let step = &plan.steps[caller][self.traffic.fan_outs[f].step as usize];
        let fan_out = &mut self.traffic.fan_outs[f];
        let entry = &mut fan_out.entries[place as usize];
        entry.out -= 1;
        if !entry.is_open {
            return;
        }
        if settled.outcome.is_ok() {
            entry.needed -= 1;
        }
        let is_good = entry.needed == 0;
        let is_lost = entry.out < entry.needed;
        if !is_good && !is_lost {
            return;
        }
        entry.is_open = false;
        fan_out.open -= 1;
        if is_lost && !step.entries[place as usize].optional {
            let reason = settled.outcome.err().unwrap_or(Reason::Error);
            return self.calls_failed(cx, t, reason);
        }
        let is_step_done = fan_out.open == 0;
        self.drop_children(cx, t, Some(place));
        if is_step_done && !(plan.has_effects && self.hears_store(cx, t, Ok(()))) {
            self.traffic.fan_outs[f].step += 1;
            self.make_steps(cx, t);
        }
    }

    /// Gives up the calls of one entry, or of all, that are still out.
    fn drop_children<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, entry: Option<u16>) {
        let (plan, now) = (cx.plan, cx.now);
        let dropped: Vec<Child> = if plan.chains[self.traffic.caller_of(plan, t)] {
            let out = std::mem::replace(&mut self.traffic.tasks[t].armed, NONE);
            let Some(of) = Caller::unpack(out) else { return };
            vec![Child { of, entry: 0 }]
        } else {
            let f = FanOutId::of(self.traffic.tasks[t].armed);
            let children = &mut self.traffic.fan_outs[f].children;
            if children.is_empty() {
                return;
            }
            children.extract_if(.., |child| entry.is_none_or(|one| child.entry == one)).collect()
        };
        for child in dropped {
            let attempt = match child.of {
                Caller::Task(task) if self.traffic.is_child(task, t) => task,
                Caller::Call(c) if self.traffic.calls[c].is_live => self.give_up(cx, c),
                ended => {
                    self.traffic.forget_answer(t, ended);
                    TaskId::NONE
                }
            };
            if attempt != TaskId::NONE {
                if matches!(child.of, Caller::Task(_)) {
                    self.traffic.forget_unrecorded(cx, attempt);
                }
                if L::LISTENS {
                    let Task { key, service, .. } = self.traffic.tasks[attempt];
                    let decider = self.decider_of(attempt);
                    let note = Note::AttemptDropped { attempt: key, service: u32::from(service), decider };
                    cx.listener.note(SimTime::from_nanos(now), note);
                }
                self.orphan(cx, attempt);
            }
        }
    }

    /// Gives up all calls of a task and frees its fan-out.
    pub(in crate::engine) fn close_fan_out<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let plan = cx.plan;
        self.drop_children(cx, t, None);
        if !plan.chains[self.traffic.caller_of(plan, t)] {
            self.traffic.fan_outs.give_back(FanOutId::of(self.traffic.tasks[t].armed));
        }
        self.traffic.tasks[t].armed = NONE;
    }

    /// A required call failed: the caller answers at once.
    fn calls_failed<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, reason: Reason) {
        if self.traffic.tasks[t].flags & flag::REQUEST != 0 {
            return self.several_over(cx, t, Err(reason));
        }
        if cx.plan.has_effects && self.hears_store(cx, t, Err(reason)) {
            return;
        }
        if !cx.plan.has_caches || self.traffic.calls_fetched(cx, t, Err(reason)).is_err() {
            self.traffic.note_failed_call(t, reason);
        }
        if self.traffic.is_to_write(cx.plan, t) {
            self.drop_children(cx, t, None);
            return self.write_down(cx, t);
        }
        self.calls_done(cx, t);
    }

    /// All calls of a task are done, or one that it needed failed.
    pub(in crate::engine) fn calls_done<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId) {
        let task = &self.traffic.tasks[t];
        if task.flags & flag::REQUEST != 0 {
            return self.several_over(cx, t, Ok(()));
        }
        if !self.fleet.replicas[task.replica as usize].works {
            // Its replica hangs or is down: it answers when it works again.
            self.drop_children(cx, t, None);
            self.traffic.tasks[t].flags |= flag::READY;
            return;
        }
        self.close_fan_out(cx, t);
        if !self.begins_after_asking(cx, t) {
            self.complete(cx, t);
        }
    }

    /// A request with several calls ended.
    fn several_over<L: Listener>(&mut self, cx: &mut Cx<'_, L>, t: TaskId, outcome: Result<(), Reason>) {
        self.close_fan_out(cx, t);
        let task = self.traffic.tasks[t];
        self.traffic.release(t);
        let (client, flags) = (u32::from(task.edge), task.flags & flag::MEASURED);
        let request = Request { client, origin: task.owner, start: task.start, flags };
        self.traffic.is_wrong_answer = self.traffic.is_wrong(t);
        self.end_request(cx, request, outcome);
    }
}
