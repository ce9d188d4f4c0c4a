//! The event log of one run: every event as a line of CSV, written while the run goes on.

use std::io::{self, Write};

use serde::Serialize;

use super::world::{Ended, Watched};
use super::{ExperimentError, Observer, check, names};
use crate::engine::Simulation;
use crate::engine::listener::{Delivery, DeployTurn, Hear, Note};
use crate::limit::Limit;
use crate::measure::metric::Names;
use crate::model::fleet::Life;
use crate::model::fleet::standby::Role;
use crate::model::monitoring::alarm::AlarmState;
use crate::model::monitoring::outlier::Standing;
use crate::model::resilience::breaker::BreakerState;
use crate::reason::Reason;
use crate::scenario::Scenario;
use crate::units::SimTime;

/// Events between two looks at whether the user wants to stop.
const EVENTS_BETWEEN_LOOKS: u64 = 4_096;

/// Why an event log ends early.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// It could not be written.
    #[error("the event log cannot be written")]
    Write(#[from] io::Error),
    /// The run failed.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
}

/// Writes the events of the first run up to and including `until`; a run without `until` is logged to its end.
///
/// The run is simulated for the log alone: what [`run`](super::run) makes of the scenario does not depend on it. Memory
/// does not grow with the log.
///
/// # Errors
///
/// See [`EventsError`].
pub fn log_events(
    scenario: &Scenario,
    until: Option<SimTime>,
    observer: &dyn Observer,
    out: &mut dyn Write,
) -> Result<(), EventsError> {
    let findings = check(scenario);
    if findings.has_errors() {
        return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings }.into());
    }
    let failed = |ended: Ended| EventsError::from(ended.of(&scenario.name, 0));
    let mut watched = Watched::new(observer, &scenario.run.span, scenario.limits);
    let mut log = Log::new(scenario, out);
    log.head()?;
    let mut simulation = Simulation::new(&scenario.system, &scenario.run.span, scenario.run.seed, 0);
    let end = until.unwrap_or(SimTime::NEVER);
    let mut handled = 0;
    while simulation.next_at().is_some_and(|at| at <= end) && log.error.is_none() {
        simulation.advance_heard(&mut log, 1).map_err(|cause| failed(cause.into()))?;
        handled += 1;
        if handled % EVENTS_BETWEEN_LOOKS == 0 {
            let lines = scenario.limits.allow(Limit::Rows, handled, "the event log, which --until shortens");
            lines.map_err(|cause| failed(Ended::Costly(cause)))?;
            if !watched.goes_on(&simulation, EVENTS_BETWEEN_LOOKS).map_err(failed)? || observer.cancelled() {
                return Err(ExperimentError::Cancelled.into());
            }
        }
    }
    log.finish()?;
    Ok(())
}

/// One line of the log; what does not apply is left empty.
#[derive(Debug, Default, Serialize)]
struct Line<'n> {
    time_s: Nanos,
    event: &'static str,
    /// What it happened to.
    subject: &'n str,
    /// Of a fault, the unit that it strikes; of a fleet, its region; of a breaker, its caller; of a lost message, what it was.
    unit: &'n str,
    /// Key of the request or attempt, in hex.
    key: Option<Hex>,
    /// Number of the attempt, from 1.
    attempt: Option<u32>,
    /// Number of the decider that sends the attempt, or that changed its mind, from 1.
    decider: Option<u32>,
    /// When the request arrived.
    arrived_s: Option<Nanos>,
    reason: &'static str,
    /// How many replicas there should be.
    replicas: Option<u32>,
    /// The version of a function that an attempt gets, or of which an instance is.
    version: &'n str,
}

const COLUMNS: [&str; 11] = [
    "time_s",
    "event",
    "subject",
    "unit",
    "key",
    "attempt",
    "decider",
    "arrived_s",
    "reason",
    "replicas",
    "version",
];

/// An instant in seconds with all its digits.
#[derive(Debug, Default)]
struct Nanos(SimTime);

impl Serialize for Nanos {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let nanos = self.0.as_nanos();
        out.collect_str(&format_args!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000))
    }
}

#[derive(Debug)]
struct Hex(u64);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&format_args!("{:016x}", self.0))
    }
}

/// What numbers in notes stand for.
struct Dictionary<'s> {
    scenario: &'s Scenario,
    names: Names,
}

/// The probe that writes the log.
struct Log<'s> {
    dictionary: Dictionary<'s>,
    out: csv::Writer<&'s mut dyn Write>,
    /// The first failure to write; nothing is written after it.
    error: Option<csv::Error>,
}

impl<'s> Log<'s> {
    fn new(scenario: &'s Scenario, out: &'s mut dyn Write) -> Self {
        let dictionary = Dictionary { scenario, names: names(&scenario.system) };
        let out = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        Self { dictionary, out, error: None }
    }

    fn head(&mut self) -> io::Result<()> {
        Ok(self.out.write_record(COLUMNS)?)
    }

    fn finish(mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(error.into()),
            None => self.out.flush(),
        }
    }
}

impl Hear for Log<'_> {
    fn hear(&mut self, now: SimTime, note: Note) {
        if self.error.is_none() {
            self.error = self.out.serialize(self.dictionary.line(now, note)).err();
        }
    }
}

/// The decider of what happens to an attempt, numbered within its service.
fn decider_of(note: Note) -> Option<u32> {
    match note {
        Note::AttemptSent { decider, .. }
        | Note::CacheAnswered { decider, .. }
        | Note::AttemptStopped { decider, .. }
        | Note::AttemptAdmitted { decider, .. }
        | Note::ServiceBegan { decider, .. }
        | Note::AttemptLeft { decider, .. }
        | Note::AttemptEnded { decider, .. }
        | Note::AttemptDropped { decider, .. } => Some(decider),
        _ => None,
    }
}

/// What the log calls it that a replica goes on to this part of its life.
const fn turn_of_life(life: Life) -> &'static str {
    match life {
        Life::Absent => "seat_gone",
        Life::Starting => "seat_started",
        Life::Up => "seat_ready",
        Life::Draining => "seat_draining",
    }
}

impl Dictionary<'_> {
    fn line(&self, at: SimTime, note: Note) -> Line<'_> {
        let time_s = Nanos(at);
        let reason = |failure: Option<Reason>| failure.map_or("", Reason::name);
        let decider = decider_of(note).map(|decider| decider + 1);
        let (subject, line) = match note {
            Note::RequestArrived { client, request } => (
                self.client(client),
                Line { event: "request_arrived", key: Some(Hex(request)), ..Line::default() },
            ),
            Note::RequestEnded { client, request, arrived, failure } => {
                let (key, arrived_s, reason) = (Some(Hex(request)), Some(Nanos(arrived)), reason(failure));
                let event = "request_ended";
                (self.client(client), Line { event, key, arrived_s, reason, ..Line::default() })
            }
            Note::AttemptSent { attempt, replica, number, version, .. } => {
                let (key, attempt, version) = (Some(Hex(attempt)), Some(number), self.version(version));
                let line = Line { event: "attempt_sent", key, attempt, version, ..Line::default() };
                (self.replica(replica), line)
            }
            Note::CacheAnswered { attempt, service, answer, .. } => {
                let (key, unit) = (Some(Hex(attempt)), answer.name());
                (self.service(service), Line { event: "cache_answered", unit, key, ..Line::default() })
            }
            Note::AttemptStopped { service, reason, .. } => {
                let reason = reason.name();
                (self.service(service), Line { event: "attempt_stopped", reason, ..Line::default() })
            }
            Note::AttemptAdmitted { attempt, service, .. } => (
                self.service(service),
                Line { event: "attempt_admitted", key: Some(Hex(attempt)), ..Line::default() },
            ),
            Note::ServiceBegan { attempt, replica, .. } => (
                self.replica(replica),
                Line { event: "service_began", key: Some(Hex(attempt)), ..Line::default() },
            ),
            Note::AttemptLeft { attempt, service, .. } => (
                self.service(service),
                Line { event: "attempt_left", key: Some(Hex(attempt)), ..Line::default() },
            ),
            Note::AttemptDropped { attempt, service, .. } => (
                self.service(service),
                Line { event: "attempt_dropped", key: Some(Hex(attempt)), ..Line::default() },
            ),
            Note::AttemptEnded { attempt, service, failure, .. } => {
                let (key, reason) = (Some(Hex(attempt)), reason(failure));
                (self.service(service), Line { event: "attempt_ended", key, reason, ..Line::default() })
            }
            other => return self.line_of_fleet(at, other),
        };
        Line { time_s, subject, decider, ..line }
    }

    /// The line of what happens to replicas.
    fn line_of_fleet(&self, at: SimTime, note: Note) -> Line<'_> {
        let time_s = Nanos(at);
        match note {
            Note::FaultBegan { fault, unit } => self.fault(at, "fault_began", (fault, unit)),
            Note::FaultDetected { fault, unit } => self.fault(at, "fault_detected", (fault, unit)),
            Note::FaultEnded { fault, unit } => self.fault(at, "fault_ended", (fault, unit)),
            Note::FaultFlapped { fault, unit, is_there } => {
                let event = if is_there { "fault_came_back" } else { "fault_went_away" };
                self.fault(at, event, (fault, unit))
            }
            Note::ReplicaChanged { replica, is_up } => {
                let event = if is_up { "replica_up" } else { "replica_down" };
                Line { time_s, event, subject: self.replica(replica), ..Line::default() }
            }
            Note::MessageLost { message, key, replica, is_cut } => {
                let (unit, key) = (message.name(), Some(Hex(key)));
                let reason = if is_cut { "partitioned" } else { "loss" };
                Line {
                    time_s,
                    event: "message_lost",
                    subject: self.replica(replica),
                    unit,
                    key,
                    reason,
                    ..Line::default()
                }
            }
            Note::FailoverBegan { .. } | Note::RoleChanged { .. } | Note::SeatChanged { .. } => {
                self.line_of_seat(at, note)
            }
            Note::DesiredChanged { service, region, desired } => Line {
                time_s,
                event: "desired_changed",
                subject: self.service(service),
                unit: region.map_or("", |region| self.names.regions[region as usize].as_str()),
                replicas: Some(desired),
                ..Line::default()
            },
            Note::PathChanged { service, is_buffering } => {
                let event = if is_buffering { "buffering_began" } else { "buffering_ended" };
                Line { time_s, event, subject: self.service(service), ..Line::default() }
            }
            Note::MessageTurned { queue, message, turn } => self.message(at, (queue, message), turn),
            Note::DeployTurned { deploy, turn } => self.release(at, deploy, turn),
            Note::ReplicaEjected { decider, replica, standing, .. } => {
                let event = match standing {
                    Standing::In => "replica_returned",
                    Standing::Ejected => "replica_ejected",
                    Standing::Tried => "replica_tried",
                };
                let decider = Some(decider + 1);
                Line { time_s, event, subject: self.replica(replica), decider, ..Line::default() }
            }
            Note::BreakerChanged { caller, service, decider, state } => {
                let event = match state {
                    BreakerState::Closed => "breaker_closed",
                    BreakerState::Open => "breaker_opened",
                    BreakerState::HalfOpen => "breaker_half_open",
                };
                let (subject, unit) = (self.service(service), self.caller(caller));
                Line { time_s, event, subject, unit, decider: Some(decider + 1), ..Line::default() }
            }
            Note::RecordMarked { name, record, is_sound } => self.record_marked(at, (name, record), is_sound),
            Note::ReplicaMarked { decider, replica, is_up, .. } => {
                let event = if is_up { "replica_marked_up" } else { "replica_marked_down" };
                let decider = Some(decider + 1);
                Line { time_s, event, subject: self.replica(replica), decider, ..Line::default() }
            }
            other => self.line_of_data(at, other),
        }
    }

    /// The line of what happens to what services keep.
    fn line_of_data(&self, at: SimTime, note: Note) -> Line<'_> {
        let (event, backup, service) = match note {
            Note::BackupBegan { backup } => ("backup_begun", Some(backup), None),
            Note::BackupEnded { backup, is_good: true } => ("backup_done", Some(backup), None),
            Note::BackupEnded { backup, .. } => ("backup_failed", Some(backup), None),
            Note::DataLost { service } => ("data_lost", None, Some(service)),
            Note::DataRestored { service } => ("restored", None, Some(service)),
            Note::CopyPromoted { service } => ("copy_promoted", None, Some(service)),
            other => return self.line_of_monitor(at, other),
        };
        let backup = backup.map(|backup| &self.scenario.system.backups[backup as usize]);
        let subject = service.or(backup.map(|backup| backup.of.0)).map_or("", |one| self.service(one));
        let unit = backup.map_or("", |backup| backup.name.as_str());
        Line { time_s: Nanos(at), event, subject, unit, ..Line::default() }
    }

    /// The line of a record that is found sound, or not sound any more.
    fn record_marked(&self, at: SimTime, (name, record): (u32, u32), is_sound: bool) -> Line<'_> {
        let event = if is_sound { "record_marked_up" } else { "record_marked_down" };
        let subject = self.names.dns[name as usize].as_str();
        let own = |one: &&String| one.strip_prefix(subject).is_some_and(|rest| rest.starts_with('.'));
        let unit = self.names.records.iter().filter(own).nth(record as usize).map_or("", String::as_str);
        Line { time_s: Nanos(at), event, subject, unit, ..Line::default() }
    }

    /// The line of a replica that comes or goes, serves or stands by.
    fn line_of_seat(&self, at: SimTime, note: Note) -> Line<'_> {
        let time_s = Nanos(at);
        match note {
            Note::FailoverBegan { replica, is_covered } => Line {
                time_s,
                event: "failover",
                subject: self.replica(replica),
                reason: if is_covered { "covered" } else { "uncovered" },
                ..Line::default()
            },
            Note::RoleChanged { replica, role } => Line {
                time_s,
                event: "role_changed",
                subject: self.replica(replica),
                reason: match role {
                    Role::Active => "active",
                    Role::Leaving => "leaving",
                    Role::Spare => "spare",
                },
                ..Line::default()
            },
            Note::SeatChanged { replica, life, version } => Line {
                time_s,
                event: turn_of_life(life),
                subject: self.replica(replica),
                version: self.version(version),
                ..Line::default()
            },
            _ => Line::default(),
        }
    }

    /// The line of what monitors and operations say and do.
    fn line_of_monitor(&self, at: SimTime, note: Note) -> Line<'_> {
        let time_s = Nanos(at);
        match note {
            Note::AlarmChanged { monitor, state } => {
                let event = match state {
                    AlarmState::Alarm => "alarm_raised",
                    AlarmState::Ok => "alarm_ok",
                    AlarmState::Unknown => "alarm_unknown",
                };
                let subject = &self.names.monitors[monitor as usize];
                Line { time_s, event, subject, ..Line::default() }
            }
            Note::Acted { monitor, verb } => {
                let subject = monitor.map_or("", |monitor| self.names.monitors[monitor as usize].as_str());
                Line { time_s, event: "action", subject, reason: verb, ..Line::default() }
            }
            Note::Decided { monitor } => {
                let subject = &self.names.monitors[monitor as usize];
                Line { time_s, event: "decided", subject, ..Line::default() }
            }
            _ => unreachable!("requests, attempts and replicas have lines of their own"),
        }
    }

    /// The line of what happened to a release.
    fn release(&self, at: SimTime, deploy: u32, turn: DeployTurn) -> Line<'_> {
        let (event, attempt) = match turn {
            DeployTurn::Began => ("release_began", None),
            DeployTurn::Caught => ("release_caught", None),
            DeployTurn::Step { number } => ("release_step", Some(number)),
            DeployTurn::Complete => ("release_complete", None),
            DeployTurn::Alarmed => ("rollback_began", None),
            DeployTurn::TakenBack => ("rolled_back", None),
        };
        let subject = &self.names.deploys[deploy as usize];
        Line { time_s: Nanos(at), event, subject, attempt, ..Line::default() }
    }

    /// The line of what happened to a message of a queue.
    fn message(&self, at: SimTime, (queue, message): (u32, u64), turn: Delivery) -> Line<'_> {
        let (event, attempt) = match turn {
            Delivery::Accepted => ("event_accepted", None),
            Delivery::Received(number) => ("event_received", Some(number)),
            Delivery::Deleted => ("event_deleted", None),
            Delivery::DeadLettered => ("event_dead_lettered", None),
            Delivery::Expired => ("event_expired", None),
        };
        let (subject, key) = (self.service(queue), Some(Hex(message)));
        Line { time_s: Nanos(at), event, subject, key, attempt, ..Line::default() }
    }

    fn fault(&self, at: SimTime, event: &'static str, (fault, unit): (u32, u32)) -> Line<'_> {
        let subject = &self.names.causes[fault as usize];
        let unit = &self.scenario.system.faults[fault as usize].units[unit as usize].name;
        Line { time_s: Nanos(at), event, subject, unit, ..Line::default() }
    }

    fn client(&self, client: u32) -> &str {
        &self.names.clients[client as usize]
    }

    /// A client, or a service that calls.
    fn caller(&self, caller: u32) -> &str {
        let clients = &self.names.clients;
        let service = |number: usize| self.names.services[number - clients.len()].as_str();
        clients.get(caller as usize).map_or_else(|| service(caller as usize), String::as_str)
    }

    fn service(&self, service: u32) -> &str {
        &self.names.services[service as usize]
    }

    fn version(&self, version: Option<u32>) -> &str {
        let scope = version.and_then(|version| self.names.versions.get(version as usize));
        scope.and_then(|scope| scope.split_once(':')).map_or("", |(_, version)| version)
    }

    fn replica(&self, replica: u32) -> &str {
        let known = &self.names.replicas;
        // Behind the replicas of all fleets stand the queues, each of which is one.
        known.get(replica as usize).map_or_else(|| self.queue(replica as usize - known.len()), String::as_str)
    }

    fn queue(&self, number: usize) -> &str {
        let fleets = self.scenario.system.services.iter().take_while(|one| one.events.is_none()).count();
        &self.names.services[fleets + number]
    }
}
