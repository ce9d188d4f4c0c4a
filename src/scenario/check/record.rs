//! Replayed files on the clock of the run.
//!
//! Every file of instants keeps a clock of its own time. All of them are put on the clock of the run with one origin,
//! so that what happened at the same time happens at the same time: the file's own `origin`, else `run.origin`, else
//! the earliest instant of all files without one.

use std::collections::BTreeMap;

use super::Checker;
use super::replay::{self, Outages};
use super::unit::{unit_of_name, unit_of_size, unit_of_values};
use crate::document::{Diagnostic, Name, Span, TimeUnit};
use crate::scenario::instant::{Clock, Form, Instant, seconds};
use crate::scenario::written::arrival::{ArrivalKeys, ReplayKeys};
use crate::scenario::written::origin::Origin;
use crate::units::{SimDuration, SimTime};

/// The part of the horizon below which a record says little about the run.
const COVERED_MIN: f64 = 0.1;
/// Numbers before this, 1990 in nanoseconds of Unix time, are no Unix time.
const UNIX_MIN: i128 = 631_152_000_000_000_000;
/// Nanoseconds that a clock counts.
const NANOS_MAX: i128 = u64::MAX as i128;

/// A replayed file and its clock.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// The file.
    pub(super) file: Name,
    form: Form,
    /// The earliest instant.
    pub(super) first: i128,
    last: i128,
    own: Option<Instant>,
    /// The instant at which the run begins.
    pub(super) zero: i128,
}

/// What replayed files say, by the client or fault that replays them; what could not be read is absent, and reported.
#[derive(Debug, Default)]
pub(super) struct Records {
    arrivals: BTreeMap<String, (Record, Vec<i128>)>,
    counts: BTreeMap<String, Record>,
    outages: BTreeMap<String, (Record, Outages)>,
}

impl Records {
    pub(super) fn arrivals(&mut self, client: &str) -> Option<(Record, Vec<i128>)> {
        self.arrivals.remove(client)
    }

    pub(super) fn counts(&mut self, client: &str) -> Option<Record> {
        self.counts.remove(client)
    }

    pub(super) fn outages(&mut self, fault: &str) -> Option<(Record, Outages)> {
        self.outages.remove(fault)
    }

    fn all(&self) -> impl Iterator<Item = &Record> {
        let arrivals = self.arrivals.values().map(|(record, _)| record);
        arrivals.chain(self.counts.values()).chain(self.outages.values().map(|(record, _)| record))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        let arrivals = self.arrivals.values_mut().map(|(record, _)| record);
        arrivals.chain(self.counts.values_mut()).chain(self.outages.values_mut().map(|(record, _)| record))
    }
}

impl Record {
    fn new(
        file: &Name,
        form: Form,
        instants: impl Iterator<Item = i128>,
        own: Option<&Origin>,
        unit: TimeUnit,
    ) -> Self {
        let (first, last) =
            instants.fold((i128::MAX, i128::MIN), |(first, last), one| (first.min(one), last.max(one)));
        let own = own.map(|origin| origin.instant(unit));
        Self { file: file.clone(), form, first, last, own, zero: 0 }
    }

    /// Counts that begin with the run.
    pub(super) fn of_counts(file: &Name) -> Self {
        Self { file: file.clone(), form: Form::Number, first: 0, last: 0, own: None, zero: 0 }
    }
}

/// A time that is not before the run.
pub(super) fn time(nanos: i128) -> SimTime {
    SimTime::from_nanos(nanos.clamp(0, NANOS_MAX) as u64)
}

impl Checker<'_> {
    /// Reads every file of instants, and finds the origin that they share.
    pub(super) fn records(&mut self) -> Records {
        let mut records = Records::default();
        let written = self.written;
        for (name, section) in &written.clients.0 {
            if let Some(ArrivalKeys::Replay(keys)) = section.as_ref().map(|section| &section.keys.arrival) {
                self.arrivals_of(&name.text, keys, &mut records);
            }
        }
        for (name, section) in &written.faults.0 {
            let Some(replay) = section.as_ref().and_then(|section| section.keys.replay.as_ref()) else {
                continue;
            };
            let columns = &replay.columns;
            let unit = columns.time_unit.unwrap_or(TimeUnit::Second);
            match replay::read(self.files, replay) {
                Ok((outages, form)) => {
                    let record =
                        Record::new(&columns.file, form, outages.instants(), columns.origin.as_ref(), unit);
                    self.unit_of_instants(&columns.started, (columns.time_unit, "time_unit"), &record);
                    records.outages.insert(name.text.clone(), (record, outages));
                }
                Err(why) => self.unusable(&columns.file, why),
            }
        }
        self.put_on_one_clock(&mut records);
        records
    }

    fn arrivals_of(&mut self, client: &str, keys: &ReplayKeys, records: &mut Records) {
        let unit = keys.unit.unwrap_or(TimeUnit::Second);
        if keys.period.is_some() {
            let begins = keys.begins.as_ref().map(|begins| begins.instant(unit));
            let wrong =
                [("unit", keys.unit.is_some()), ("origin", keys.origin.is_some() && begins.is_none())];
            for (key, _) in wrong.into_iter().filter(|(_, is_written)| *is_written) {
                let message = format!("counts have no instants that \"{key}\" could be about");
                let help = "\"begins\" says when the first count begins";
                self.error(&["client", client, "arrival", key], message, help);
            }
            if let Some(begins) = begins {
                let instants = std::iter::once(begins.nanos);
                let record = Record::new(&keys.file, begins.form, instants, keys.origin.as_ref(), unit);
                records.counts.insert(client.to_owned(), record);
            }
            return;
        }
        if keys.begins.is_some() {
            let message = "each row of this file says itself when its request comes";
            self.error(
                &["client", client, "arrival", "begins"],
                message,
                "\"begins\" belongs to counts per \"period\"",
            );
        }
        let mut clock = Clock::new(unit);
        match self.files.instants(&keys.file.text, &keys.column.text, &mut clock) {
            Ok(mut instants) => {
                instants.sort_unstable();
                let form = clock.form().unwrap_or(Form::Number);
                let own = keys.origin.as_ref();
                let record = Record::new(&keys.file, form, instants.iter().copied(), own, unit);
                self.unit_of_instants(&keys.column, (keys.unit, "unit"), &record);
                records.arrivals.insert(client.to_owned(), (record, instants));
            }
            Err(why) => self.unusable(&keys.file, why),
        }
    }

    /// Gives every record the instant at which the run begins.
    fn put_on_one_clock(&mut self, records: &mut Records) {
        let run = self.written.run.as_ref().and_then(|run| run.0.origin.as_ref());
        let run = run.map(|origin| (origin.instant(TimeUnit::Second), origin.span));
        let sharing: Vec<Record> = records.all().filter(|record| record.own.is_none()).cloned().collect();
        self.same_form(&sharing, run);
        for record in records.all() {
            if let Some(own) = record.own {
                self.same_form(std::slice::from_ref(record), Some((own, record.file.span)));
            }
        }
        let earliest = sharing.iter().map(|record| record.first).min().unwrap_or(0);
        let common = run.map_or(earliest, |(origin, _)| origin.nanos);
        for record in records.all_mut() {
            record.zero = record.own.map_or(common, |own| own.nanos);
        }
        for record in records.all() {
            if record.last - record.zero > NANOS_MAX {
                let years = (seconds(record.last - record.zero) / 86_400.0 / 365.25).round();
                let message =
                    format!("\"{}\" has an instant {years} years after the run begins", record.file.text);
                let error = Diagnostic::error(record.file.span, message).label("named here");
                self.findings
                    .push(error.help("the clock counts 584 years: is the unit of its numbers another?"));
            }
        }
        self.counts_without_instant(records);
    }

    /// Reports clocks that cannot be the same: numbers beside dates are Unix time, or nothing that is known.
    fn same_form(&mut self, records: &[Record], origin: Option<(Instant, Span)>) {
        let forms = records.iter().map(|record| (record.form, record.first, record.file.span));
        let forms: Vec<_> =
            forms.chain(origin.map(|(origin, span)| (origin.form, origin.nanos, span))).collect();
        let has = |form: Form| forms.iter().any(|(one, ..)| *one == form);
        let has_dates = has(Form::Local) || has(Form::Zoned);
        for (form, first, span) in &forms {
            if *form == Form::Number && has_dates && *first < UNIX_MIN {
                let message = "these numbers and the dates of another file have no clock in common";
                let help = "numbers beside dates are Unix time, from 1990 on: give this file an \"origin\" of its \
                            own, the number at which the run begins";
                self.findings.push(Diagnostic::error(*span, message).label("numbers").help(help));
            }
            if *form == Form::Local && has(Form::Zoned) {
                let message =
                    "these times have no offset, and those of another file do: they are taken for UTC";
                let help = "write them with \"Z\" or their offset";
                self.findings.push(Diagnostic::warning(*span, message).label("without offset").help(help));
            }
        }
    }

    /// Warns of counts beside instants, when nothing says how they lie to each other.
    fn counts_without_instant(&mut self, records: &Records) {
        if records.all().next().is_none() {
            return;
        }
        let written = self.written;
        for (name, section) in &written.clients.0 {
            let Some(ArrivalKeys::Replay(keys)) = section.as_ref().map(|section| &section.keys.arrival)
            else {
                continue;
            };
            if keys.period.is_some() && keys.begins.is_none() {
                let message = format!(
                    "nothing says when the counts of \"{}\" begin: here, with the run",
                    keys.file.text
                );
                let help =
                    "other replayed files have instants: \"begins\" puts the first count on their clock";
                self.warning(&["client", &name.text, "arrival"], message, help);
            }
        }
    }

    /// Warns of a record that has little to say about the run: `events` are its instants, rising, and `end` is where
    /// it is known to end.
    pub(super) fn covered(&mut self, record: &Record, events: &[SimTime], end: Option<SimTime>) {
        let Some(horizon) = self.written.run.as_ref().map(|run| run.0.horizon) else { return };
        let end_of_run = SimTime::ZERO + horizon;
        let file = &record.file.text;
        let count = events.partition_point(|time| *time <= end_of_run);
        let (inside, goes_on) = (&events[..count], count < events.len());
        let ([first, ..], [.., last]) = (inside, inside) else {
            let message = format!("no row of \"{file}\" falls into the run");
            self.suspect(
                record,
                message,
                "\"run.origin\", or the file's own \"origin\", says when a run begins",
            );
            return;
        };
        let last = end.unwrap_or(*last);
        let gaps = inside.windows(2).map(|pair| pair[1].since(pair[0]));
        // The last gap is the longest of n with probability 1/n if the record had gone on.
        let longest = if end.is_some() {
            SimDuration::ZERO
        } else {
            gaps.fold(first.since(SimTime::ZERO), SimDuration::max)
        };
        let help = "shorten \"run.horizon\", or replay a longer record";
        if !goes_on && last < end_of_run && end_of_run.since(last) > longest {
            let message =
                format!("\"{file}\" ends at {}, before the horizon of {horizon}", last.since(SimTime::ZERO));
            self.suspect(record, message, help);
            return;
        }
        let last = if goes_on { end_of_run } else { last.min(end_of_run) };
        let share = last.since(*first).as_secs() / horizon.as_secs();
        if share < COVERED_MIN {
            let message = format!("\"{file}\" covers {:.1} % of the horizon of {horizon}", share * 100.0);
            self.suspect(record, message, help);
        }
    }

    /// Warns of rows that lie before the run.
    pub(super) fn before_origin(&mut self, record: &Record, count: usize) {
        if count > 0 {
            let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            let message =
                format!("{rows} of \"{}\" lie before the run begins and are left out", record.file.text);
            self.suspect(
                record,
                message,
                "\"run.origin\", or the file's own \"origin\", says when a run begins",
            );
        }
    }

    fn suspect(&mut self, record: &Record, message: String, help: &str) {
        self.findings.push(Diagnostic::warning(record.file.span, message).label("named here").help(help));
    }

    /// Warns of numbers that are read as seconds and look like another unit.
    fn unit_of_instants(&mut self, column: &Name, (unit, key): (Option<TimeUnit>, &str), record: &Record) {
        if unit.is_some() || record.form != Form::Number {
            return;
        }
        let horizon = self.written.run.as_ref().map_or(f64::INFINITY, |run| run.0.horizon.as_secs());
        let looks = unit_of_name(&column.text)
            .or_else(|| unit_of_size(seconds(record.first)))
            .or_else(|| unit_of_values(seconds(record.last - record.first), horizon));
        self.other_unit(column, looks, key);
    }
}
