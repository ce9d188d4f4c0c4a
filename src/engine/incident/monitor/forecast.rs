//! Forecasts: what will strike is said beforehand, and so is some that will not.
//!
//! Each unit of the fault has a lookout of its own. A forecast stands until the strike that it was about, or, if it was wrong,
//! for as long as a right one would have; while any stands, the alarm is raised.

use super::Monitors;
use super::decide::Finding;
use crate::engine::event::Rare;
use crate::engine::id::IncidentId;
use crate::engine::incident::Incidents;
use crate::engine::listener::Listener;
use crate::engine::plan::Plan;
use crate::engine::world::{Cx, State};
use crate::kernel::calendar::{Handle, Rank};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::model::fault::Trigger;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::forecast::Forecast;
use crate::model::monitoring::monitor::MonitorKind;
use crate::units::{SimDuration, SimTime};
use rand::RngExt;

/// What is foreseen of one unit.
#[derive(Debug, Clone)]
pub(super) struct ForecastRun {
    process: u32,
    /// Wrong forecasts per second while the clock of the fault runs.
    wrong_rate: f64,
    /// What names the strike that the right forecast is about.
    about: u64,
    /// When it is said, if the strike is foreseen and it was not said yet.
    says: Option<SimTime>,
    /// Whether it was said and stands.
    stands: bool,
    /// When the next wrong one is said, how many were, and until when one stands.
    wrong_at: SimTime,
    wrong: u64,
    wrong_until: Option<SimTime>,
    handle: Option<Handle>,
}

impl ForecastRun {
    pub(super) fn new(plan: &Plan, forecast: &Forecast, process: u32) -> Self {
        let fault = plan.fault(process);
        let horizon = plan.span.horizon.as_secs();
        let given = |count: usize| if horizon > 0.0 { count as f64 / horizon } else { 0.0 };
        let unit = plan.processes[process as usize].unit as usize;
        let strikes = match &fault.trigger {
            Trigger::Random(law) => fault.pace / law.mean(),
            Trigger::Scheduled(all) => given(all.len()),
            Trigger::Replayed(units) => given(units.get(unit).map_or(0, Vec::len)),
            Trigger::Released(_) | Trigger::Served | Trigger::Unanswered => 0.0,
        };
        Self {
            process,
            wrong_rate: forecast.wrong_rate(strikes),
            about: 0,
            says: None,
            stands: false,
            wrong_at: SimTime::NEVER,
            wrong: 0,
            wrong_until: None,
            handle: None,
        }
    }

    /// When something changes next.
    fn next(&self) -> SimTime {
        [self.says, Some(self.wrong_at), self.wrong_until]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(SimTime::NEVER)
    }

    /// When the wrong forecast after this instant is said.
    fn draw_wrong(&mut self, key: u64, now: SimTime) {
        if self.wrong_rate > 0.0 && self.wrong_rate.is_finite() {
            let share: f64 = draw(mix(key, self.wrong), Purpose::WrongForecast).random();
            self.wrong_at = now + SimDuration::from_secs(-(-share).ln_1p() / self.wrong_rate);
        }
    }
}

fn forecast(plan: &Plan, monitor: u32) -> Option<&Forecast> {
    match &plan.system.monitors[monitor as usize].kind {
        MonitorKind::Forecast(forecast) => Some(forecast),
        _ => None,
    }
}

impl Monitors {
    /// The process of which a lookout foresees strikes.
    pub(super) fn foresees(&self, place: u32) -> Option<u32> {
        self.lookouts[place as usize].forecast.as_ref().map(|run| run.process)
    }
}

impl Incidents {
    fn forecast_of(&mut self, place: u32) -> Option<&mut ForecastRun> {
        self.monitors.lookouts[place as usize].forecast.as_deref_mut()
    }

    /// The first wrong forecast of a unit, and what is foreseen of its first strike, are planned.
    pub(super) fn start_forecast<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let key = self.monitors.lookouts[place as usize].key;
        let Some(run) = self.forecast_of(place) else { return };
        run.draw_wrong(key, SimTime::ZERO);
        let process = run.process;
        self.plan_forecast(cx, place);
        self.foresee(cx, process);
    }

    /// The next strike of a process was planned, moved or dropped: what is foreseen of it follows.
    pub(in crate::engine) fn foresee<L: Listener>(&mut self, cx: &mut Cx<'_, L>, process: u32) {
        let places = self.monitors.forecasts.get(process as usize).cloned().unwrap_or_default();
        let now = SimTime::from_nanos(cx.now);
        for place in places {
            let state = &self.processes[process as usize];
            let about = mix(state.key, u64::from(state.incidents));
            let is_due = !state.is_active && state.left.is_none() && state.due != SimTime::NEVER;
            let due = is_due.then_some(state.due);
            let lookout = &self.monitors.lookouts[place as usize];
            let key = mix(lookout.monitor_key, about);
            let Some(settings) = forecast(cx.plan, lookout.monitor) else { continue };
            let random = &mut draw(key, Purpose::Forecast);
            let is_foreseen = random.random::<f64>() < settings.recall.get();
            let ahead = settings.ahead.sample(random);
            let Some(run) = self.forecast_of(place) else { continue };
            // Who was to be struck is gone: what was said of that is settled now.
            let is_settled = run.stands && run.about != about;
            run.about = about;
            run.stands &= !is_settled;
            let says = due.filter(|_| is_foreseen && !run.stands);
            run.says =
                says.map(|due| SimTime::from_nanos(due.as_nanos().saturating_sub(ahead.as_nanos())).max(now));
            if is_settled && run.wrong_until.is_none() {
                run.wrong_until = Some(now);
            }
            self.plan_forecast(cx, place);
        }
    }

    /// Plans when what is said of a unit changes next.
    fn plan_forecast<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let Some(run) = self.forecast_of(place) else { return };
        if let Some(handle) = run.handle.take() {
            cx.clock.calendar.cancel(handle);
        }
        let at = run.next();
        if at != SimTime::NEVER {
            run.handle = cx.clock.calendar.plan_rare(at, Rank::Check, Rare::Judge(place));
        }
    }
}

impl State {
    /// Something changes in what is said of a unit.
    pub(super) fn judge_forecast<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let now = SimTime::from_nanos(cx.now);
        let lookout = &self.incidents.monitors.lookouts[place as usize];
        let (key, monitor) = (lookout.key, lookout.monitor);
        let Some(settings) = forecast(cx.plan, monitor) else { return };
        let Some(run) = self.incidents.forecast_of(place) else { return };
        run.handle = None;
        let is_right = run.says.take_if(|at| *at <= now).is_some();
        run.stands |= is_right;
        run.wrong_until = run.wrong_until.filter(|at| *at > now);
        let process = run.process;
        let mut is_wrong = false;
        if run.wrong_at <= now {
            let ahead = settings.ahead.sample(&mut draw(mix(key, run.wrong), Purpose::Forecast));
            run.wrong += 1;
            run.draw_wrong(key, now);
            // Nothing is foreseen of what lasts, or cannot come.
            let state = &self.incidents.processes[process as usize];
            is_wrong = !state.is_active && state.left.is_none() && state.due != SimTime::NEVER;
            if is_wrong && let Some(run) = self.incidents.forecast_of(place) {
                run.wrong_until = run.wrong_until.max(Some(now + ahead));
            }
        }
        for is_false in [is_right.then_some(false), is_wrong.then_some(true)].into_iter().flatten() {
            self.incidents.say(cx, place, AlarmState::Alarm);
            self.incidents.monitors.lookouts[place as usize].is_false = is_false;
            self.incidents.count_alarm(cx, place, is_false);
            self.respond(cx, place, (Vec::new(), is_false));
        }
        self.settle_forecast(cx, place);
        self.incidents.plan_forecast(cx, place);
    }

    /// Where nothing that was said stands any more, the alarm is over.
    fn settle_forecast<L: Listener>(&mut self, cx: &mut Cx<'_, L>, place: u32) {
        let stands =
            self.incidents.forecast_of(place).is_some_and(|run| run.stands || run.wrong_until.is_some());
        if !stands && self.incidents.say(cx, place, AlarmState::Ok) == AlarmState::Alarm {
            self.alarm_over(cx, place);
        }
    }

    /// A process has struck: what was said of that is settled, and who was told knows at once.
    pub(in crate::engine) fn forecasts_met<L: Listener>(
        &mut self,
        cx: &mut Cx<'_, L>,
        process: u32,
        incidents: &[IncidentId],
    ) {
        let places = self.incidents.monitors.forecasts.get(process as usize).cloned().unwrap_or_default();
        for place in places {
            let Some(run) = self.incidents.forecast_of(place) else { continue };
            run.says = None;
            if std::mem::take(&mut run.stands) {
                let found = self.incidents.find(cx, place, (incidents, false));
                // The end of the alarm is not that of what it foresaw.
                self.incidents.monitors.lookouts[place as usize].keep_found(&[]);
                for Finding { a, key, .. } in found.into_iter().filter(|one| one.names_it) {
                    if self.incidents.is_that(a, key) {
                        self.detect(cx, a);
                    }
                }
                self.settle_forecast(cx, place);
            }
            self.incidents.plan_forecast(cx, place);
        }
    }
}
