//! Recorded outages: rows of a CSV file become faults of units.

use std::collections::BTreeMap;

use super::Checker;
use super::record::time;
use crate::document::TimeUnit;
use crate::model::fault::Occurrence;
use crate::scenario::files::{Files, instant};
use crate::scenario::input::{NAME_BYTES_MAX, shown};
use crate::scenario::instant::{Clock, Form};
use crate::scenario::written::replay::FaultReplay;
use crate::units::SimTime;

impl Checker<'_> {
    /// The outages of each unit, rising and without overlap.
    pub(super) fn replayed(
        &mut self,
        fault: &str,
        replay: &FaultReplay,
        units: usize,
    ) -> Option<Vec<Vec<Occurrence>>> {
        let file = replay.columns.file.text.as_str();
        // What could not be read is reported.
        let (record, outages) = self.records.outages(fault)?;
        let recorded = outages.by_unit.len();
        if recorded > units {
            let message = format!("{file} has outages of {recorded} units, but the fault strikes {units}");
            self.unusable(&replay.columns.file, message);
            return None;
        }
        let mut before = 0;
        let rows = outages.by_unit.into_values();
        let has_ends = replay.columns.ended.is_some();
        let mut outages: Vec<Vec<Occurrence>> =
            rows.map(|mut rows| merged(&mut rows, record.zero, has_ends, &mut before)).collect();
        self.before_origin(&record, before);
        let mut events: Vec<SimTime> = Vec::new();
        for outage in outages.iter().flatten() {
            events.push(outage.at);
            match outage.lasts {
                Some(lasts) => events.push(outage.at + lasts),
                None if has_ends => events.push(SimTime::NEVER),
                None => {}
            }
        }
        events.sort_unstable();
        self.covered(&record, &events, None);
        // Units beyond the last recorded one had no outage.
        outages.resize(units, Vec::new());
        Some(outages)
    }
}

/// Recorded outages by unit.
#[derive(Debug)]
pub(super) struct Outages {
    by_unit: BTreeMap<UnitKey, Vec<Row>>,
}

impl Outages {
    /// Every instant of them.
    pub(super) fn instants(&self) -> impl Iterator<Item = i128> {
        self.by_unit.values().flatten().flat_map(|row| std::iter::once(row.started).chain(row.ended))
    }
}

/// A recorded outage in nanoseconds of the file's own clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    started: i128,
    ended: Option<i128>,
}

/// Most outages of a file.
const OUTAGES_MAX: usize = 5_000_000;

/// The outages of a file, and how their instants are written.
pub(super) fn read(files: Files<'_>, replay: &FaultReplay) -> Result<(Outages, Form), String> {
    let columns = &replay.columns;
    let file = columns.file.text.as_str();
    let mut names = vec![columns.unit.text.as_str(), columns.started.text.as_str()];
    names.extend(columns.ended.as_ref().map(|ended| ended.text.as_str()));
    let fixed = names.len();
    names.extend(replay.filter.iter().map(|(column, _)| column.as_str()));
    let mut by_unit: BTreeMap<UnitKey, Vec<Row>> = BTreeMap::new();
    let mut clock = Clock::new(columns.time_unit.unwrap_or(TimeUnit::Second));
    let mut count = 0;
    files
        .rows(file, &names, |line, cells| {
            let mut wanted = cells[fixed..].iter().zip(&replay.filter);
            if !wanted.all(|(cell, (_, value))| cell == value) {
                return Ok(());
            }
            let started = instant(file, (line, cells[1]), &mut clock)?;
            // An outage without an end is open.
            let ended = cells[2..fixed].first().filter(|cell| !cell.is_empty());
            let ended = ended.map(|cell| instant(file, (line, cell), &mut clock)).transpose()?;
            if ended.is_some_and(|ended| ended < started) {
                let (ended, started) = (shown(file, cells[2]), shown(file, cells[1]));
                return Err(format!(
                    "{file}:{line}: the outage ends at {ended} before it begins at {started}"
                ));
            }
            count += 1;
            if count > OUTAGES_MAX {
                return Err(format!("{file} has more than {OUTAGES_MAX} outages"));
            }
            if cells[0].len() > NAME_BYTES_MAX {
                return Err(format!(
                    "{file}:{line}: the name of the unit is longer than {NAME_BYTES_MAX} bytes"
                ));
            }
            by_unit.entry(UnitKey::new(cells[0])).or_default().push(Row { started, ended });
            Ok(())
        })
        .map_err(|why| with_unit_of_time(why, replay))?;
    if by_unit.is_empty() {
        return Err(format!("{file} has no row that is wanted"));
    }
    Ok((Outages { by_unit }, clock.form().unwrap_or(Form::Number)))
}

/// Explains `unit` to who meant the unit of time.
fn with_unit_of_time(why: String, replay: &FaultReplay) -> String {
    let unit = &replay.columns.unit.text;
    if TimeUnit::named(unit).is_some() && why.contains(&format!("no column \"{unit}\"")) {
        return format!("{why}: \"unit\" is the column of what failed, \"time_unit\" the unit of times");
    }
    why
}

/// The outages of one unit from `zero` on; those that overlap or touch are one. Where ends are recorded, one without is
/// open, and the last. Adds those that were over before `zero` to `before`.
fn merged(rows: &mut [Row], zero: i128, has_ends: bool, before: &mut usize) -> Vec<Occurrence> {
    rows.sort_by_key(|row| row.started);
    let mut outages: Vec<Occurrence> = Vec::with_capacity(rows.len());
    for row in rows {
        // How long one without recorded ends would have lasted is not known.
        let is_over = if has_ends { row.ended.is_some_and(|ended| ended <= zero) } else { true };
        if row.started < zero && is_over {
            *before += 1;
            continue;
        }
        let at = time(row.started - zero);
        let lasts = row.ended.map(|ended| time(ended - zero).since(at));
        match outages.last_mut() {
            Some(last) if has_ends => match last.lasts {
                None => continue,
                Some(length) if at <= last.at + length => {
                    last.lasts = lasts.map(|lasts| length.max(at.since(last.at) + lasts));
                    continue;
                }
                Some(_) => {}
            },
            Some(last) if at == last.at => continue,
            _ => {}
        }
        outages.push(Occurrence { at, lasts });
    }
    outages
}

/// Units in the order of their numbers, then those with other names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UnitKey {
    number: u64,
    text: String,
}

impl UnitKey {
    fn new(text: &str) -> Self {
        Self { number: text.parse().unwrap_or(u64::MAX), text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    #[test]
    fn overlapping_outages_are_one() {
        let row = |started: i128, ended: i128| Row { started, ended: Some(ended) };
        let outage = |at: u64, lasts: Option<u64>| Occurrence {
            at: SimTime::from_nanos(at),
            lasts: lasts.map(SimDuration::from_nanos),
        };
        let mut before = 0;
        let mut rows = [row(30, 40), row(10, 20), row(12, 15), row(20, 25)];
        assert_eq!(merged(&mut rows, 10, true, &mut before), [outage(0, Some(15)), outage(20, Some(10))]);
        // An open one takes in what follows; what began before the run has what is left of it.
        let open = Row { started: 22, ended: None };
        let mut rows = [row(5, 8), row(5, 14), row(20, 25), open, row(30, 40)];
        assert_eq!(merged(&mut rows, 10, true, &mut before), [outage(0, Some(4)), outage(10, None)]);
        assert_eq!(before, 1);
        let began = |started| Row { started, ended: None };
        let mut rows = [began(9), began(11), began(11), began(15)];
        assert_eq!(merged(&mut rows, 10, false, &mut before), [outage(1, None), outage(5, None)]);
        assert_eq!(before, 2);
    }

    #[test]
    fn units_are_in_numeric_order() {
        let mut units = ["10", "9", "b", "a"].map(UnitKey::new);
        units.sort();
        assert_eq!(units.map(|unit| unit.text), ["9", "10", "a", "b"]);
    }
}
