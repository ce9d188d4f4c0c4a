//! The clocks of faults that come at random: they run, stop, and run faster while other faults last.

use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::incident::process::stretched;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::replica::Fleet;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::Rank;
use crate::model::fault::{FaultClock, RaisedAt, Trigger, Unit};
use crate::units::{SimDuration, SimTime};

impl Fleet {
    /// How fast the clock of a process runs as far as its unit goes: 0 is not at all.
    fn clock_rate(&self, plan: &Plan, process: u32) -> f64 {
        let fault = plan.fault(process);
        if let Some(rate) = self.clock_rate_aside(plan, process) {
            return rate;
        }
        let replicas = &fault.units[plan.processes[process as usize].unit as usize].replicas;
        let mut replicas = replicas.iter().map(|one| &self.replicas[one.index()]);
        let runs = match fault.clock {
            FaultClock::Calendar => !self.is_without_unit(plan, process),
            FaultClock::Up => replicas.any(|one| one.works),
            FaultClock::Busy => replicas.any(|one| one.works && one.busy > 0),
            FaultClock::Load => {
                let load = replicas.filter(|one| one.works).map(|one| {
                    let slots = one.slots.max(1);
                    f64::from(one.busy.min(slots)) / f64::from(slots)
                });
                return load.fold(0.0, f64::max);
            }
        };
        if runs { 1.0 } else { 0.0 }
    }
}

impl Fleet {
    /// How fast the clock of a process runs that strikes a replica alone which stands by.
    fn clock_rate_aside(&self, plan: &Plan, process: u32) -> Option<f64> {
        if self.standbys.is_empty() {
            return None;
        }
        let r = plan.sole_replica(process).filter(|r| self.is_aside(*r))?;
        let standby = plan.system.services[self.replicas[r as usize].service as usize].standby.as_ref()?;
        Some(match plan.fault(process).clock {
            FaultClock::Calendar => standby.hazard,
            FaultClock::Up if self.is_sound(r) => standby.hazard,
            // It has nothing to do.
            FaultClock::Up | FaultClock::Busy | FaultClock::Load => 0.0,
        })
    }
}

impl Incidents {
    /// Works out how many times faster than its law the clock of a process runs.
    pub(super) fn set_pace(&mut self, plan: &Plan, process: u32) {
        let own = plan.processes[process as usize];
        let unit = |process: u32| -> &Unit {
            &plan.fault(process).units[plan.processes[process as usize].unit as usize]
        };
        let mut pace = plan.fault(process).pace;
        // Of a unit whose replicas recover each by itself all that last count once.
        let mut counted = Vec::new();
        for a in &self.raising {
            let raiser = self.active[*a].process;
            let is_of_many = self.active[*a].only.is_some();
            let raises = (0..).zip(&plan.fault(raiser).raises);
            for (number, raise) in raises.filter(|(_, raise)| raise.fault == own.fault) {
                let name: (u32, u32) = (raiser, number);
                if is_of_many && counted.contains(&name) {
                    continue;
                }
                let is_meant = match raise.at {
                    RaisedAt::Everywhere => true,
                    RaisedAt::Struck => {
                        let struck = &unit(raiser).replicas;
                        let is_struck = |replica| match self.active[*a].only {
                            Some(only) => only == replica,
                            None => struck.iter().any(|one| one.0 == replica),
                        };
                        unit(process).replicas.iter().any(|one| is_struck(one.0))
                    }
                };
                if is_meant {
                    pace *= raise.factor;
                    if is_of_many {
                        counted.push(name);
                    }
                }
            }
        }
        self.processes[process as usize].pace = pace;
    }
}

impl State {
    /// Lets the clock of a random process run, faster or slower, or stop, as the state of its unit and what lasts say. What
    /// strikes at given instants has none.
    pub(super) fn turn_clock<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32, now: SimTime) {
        if !matches!(cx.plan.fault(process).trigger, Trigger::Random(_)) {
            return;
        }
        let rate = self.fleet.clock_rate(cx.plan, process);
        let state = &mut self.incidents.processes[process as usize];
        if state.is_active {
            return;
        }
        let rate = rate * state.pace;
        let left = match state.left {
            Some(left) => left,
            None if rate.total_cmp(&state.rate).is_eq() => return,
            None => stretched(state.due.since(now).as_nanos(), state.rate),
        };
        if let Some(handle) = state.handle.take() {
            cx.clock.calendar.cancel(handle);
        }
        if rate <= 0.0 {
            state.left = Some(left);
            return self.incidents.foresee(cx, process);
        }
        state.left = None;
        state.rate = rate;
        state.due = now + SimDuration::from_nanos(stretched(left, 1.0 / rate));
        state.handle = cx.clock.calendar.plan_rare(state.due, Rank::Fault, Rare::Fault(process));
        self.incidents.foresee(cx, process);
    }

    /// An incident begins or ends that lets others come sooner.
    pub(super) fn raise_others<L: Listener>(&mut self, cx: &mut Cx<'_, L>, a: IncidentId, begins: bool) {
        let (plan, now) = (cx.plan, SimTime::from_nanos(cx.now));
        let raises = &plan.fault(self.incidents.active[a].process).raises;
        if raises.is_empty() {
            return;
        }
        if begins {
            self.incidents.raising.push(a);
        } else {
            self.incidents.raising.retain(|one| *one != a);
        }
        for raise in raises {
            let first = plan.processes.partition_point(|one| one.fault < raise.fault) as u32;
            let units = plan.system.faults[raise.fault as usize].units.len() as u32;
            for process in first..first + units {
                let before = self.incidents.processes[process as usize].pace;
                self.incidents.set_pace(plan, process);
                if self.incidents.processes[process as usize].pace.total_cmp(&before).is_ne() {
                    self.turn_clock(cx, process, now);
                }
            }
        }
    }
}
