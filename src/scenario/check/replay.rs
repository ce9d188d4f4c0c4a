//! Recorded outages: rows of a CSV file become faults of units.

use std::collections::BTreeMap;

use super::Checker;
use crate::model::fault::Occurrence;
use crate::scenario::files::Files;
use crate::scenario::instant::seconds;
use crate::scenario::written::fault::FaultReplay;
use crate::units::{SimDuration, SimTime};

impl Checker<'_> {
    /// The outages of each unit, rising and without overlap.
    pub(super) fn replayed(&mut self, replay: &FaultReplay, units: usize) -> Option<Vec<Vec<Occurrence>>> {
        match read(self.files, replay, units) {
            Ok(outages) => Some(outages),
            Err(why) => {
                self.unusable(&replay.columns.file, why);
                None
            }
        }
    }
}

/// A recorded outage in seconds of the file's own clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    started: f64,
    ended: Option<f64>,
}

fn read(files: Files<'_>, replay: &FaultReplay, units: usize) -> Result<Vec<Vec<Occurrence>>, String> {
    let file = replay.columns.file.text.as_str();
    let mut by_unit = rows_by_unit(files, replay)?;
    let first = by_unit.values().flatten().map(|row| row.started).fold(f64::INFINITY, f64::min);
    if by_unit.is_empty() {
        return Err(format!("{file} has no row that is wanted"));
    }
    if by_unit.len() > units {
        return Err(format!("{file} has outages of {} units, but the fault strikes {units}", by_unit.len()));
    }
    let mut outages: Vec<Vec<Occurrence>> = by_unit.values_mut().map(|rows| merged(rows, first)).collect();
    // Units beyond the last recorded one had no outage.
    outages.resize(units, Vec::new());
    Ok(outages)
}

fn rows_by_unit(files: Files<'_>, replay: &FaultReplay) -> Result<BTreeMap<UnitKey, Vec<Row>>, String> {
    let columns = &replay.columns;
    let file = columns.file.text.as_str();
    let mut names = vec![columns.unit.text.as_str(), columns.started.text.as_str()];
    names.extend(columns.ended.as_ref().map(|ended| ended.text.as_str()));
    let fixed = names.len();
    names.extend(replay.filter.iter().map(|(column, _)| column.as_str()));
    let mut by_unit: BTreeMap<UnitKey, Vec<Row>> = BTreeMap::new();
    files.rows(file, &names, |line, cells| {
        let mut wanted = cells[fixed..].iter().zip(&replay.filter);
        if !wanted.all(|(cell, (_, value))| cell.trim() == value) {
            return Ok(());
        }
        let time = |cell: &str| {
            seconds(cell.trim()).ok_or_else(|| format!("{file}:{line}: \"{cell}\" is not a time"))
        };
        let started = time(cells[1])?;
        let ended = if fixed == 3 { Some(time(cells[2])?) } else { None };
        if ended.is_some_and(|ended| ended < started) {
            return Err(format!(
                "{file}:{line}: the outage ends at {} before it begins at {}",
                cells[2], cells[1]
            ));
        }
        by_unit.entry(UnitKey::new(cells[0].trim())).or_default().push(Row { started, ended });
        Ok(())
    })?;
    Ok(by_unit)
}

/// The outages of one unit from `first` on; those that overlap or touch are one.
fn merged(rows: &mut [Row], first: f64) -> Vec<Occurrence> {
    rows.sort_by(|one, other| one.started.total_cmp(&other.started));
    let mut outages: Vec<Occurrence> = Vec::with_capacity(rows.len());
    for row in rows {
        let at = SimTime::ZERO + SimDuration::from_secs(row.started - first);
        let lasts = row.ended.map(|ended| SimDuration::from_secs(ended - row.started));
        if let Some(last) = outages.last_mut() {
            if at == last.at && lasts.is_none() {
                continue;
            }
            if let (Some(before), Some(lasts)) = (last.lasts, lasts)
                && at <= last.at + before
            {
                last.lasts = Some(before.max(at.since(last.at) + lasts));
                continue;
            }
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

    #[test]
    fn overlapping_outages_are_one() {
        let row = |started: f64, ended: f64| Row { started, ended: Some(ended) };
        let found = merged(&mut [row(30.0, 40.0), row(10.0, 20.0), row(12.0, 15.0), row(20.0, 25.0)], 10.0);
        let expected = [(0.0, 15.0), (20.0, 10.0)].map(|(at, lasts)| Occurrence {
            at: SimTime::ZERO + SimDuration::from_secs(at),
            lasts: Some(SimDuration::from_secs(lasts)),
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn units_are_in_numeric_order() {
        let mut units = ["10", "9", "b", "a"].map(UnitKey::new);
        units.sort();
        assert_eq!(units.map(|unit| unit.text), ["9", "10", "a", "b"]);
    }
}
