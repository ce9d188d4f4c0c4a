//! Recorded outages: rows of a CSV file become faults of units.

use std::collections::BTreeMap;

use super::Checker;
use crate::model::fault::Occurrence;
use crate::scenario::files::Files;
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

/// A number of seconds, or a local time such as `2001-05-01T11:30:00` in seconds since 1970.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':');
    let hour = time.next()?.parse::<u32>().ok().filter(|hour| *hour < 24)?;
    let minute = time.next()?.parse::<u32>().ok().filter(|minute| *minute < 60)?;
    let second = time.next().map_or(Some(0.0), |second| second.parse::<f64>().ok())?;
    if !(0.0..60.0).contains(&second) || !(1..=9999).contains(&year) {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    Some(days as f64 * 86_400.0 + f64::from(hour) * 3600.0 + f64::from(minute) * 60.0 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, from year 1 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    const BEFORE_1970: i64 = 719_162;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let index = usize::try_from(month - 1).ok().filter(|index| *index < 12)?;
    let length = LENGTH[index] + i64::from(is_leap && month == 2);
    if !(1..=length).contains(&day) {
        return None;
    }
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 + i64::from(is_leap && month > 2);
    Some(past * 365 + leap_days + BEFORE_MONTH[index] + day - 1 - BEFORE_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days_since_1970(1970, 1, 1), Some(0));
        assert_eq!(days_since_1970(2000, 3, 1), Some(11_017));
        assert_eq!(days_since_1970(1969, 12, 31), Some(-1));
        assert_eq!(days_since_1970(1900, 2, 29), None);
        assert_eq!(days_since_1970(2000, 2, 29), Some(11_016));
        assert_eq!(days_since_1970(2001, 13, 1), None);
    }

    #[test]
    fn times_are_seconds_or_local_times() {
        assert_eq!(seconds("12.5"), Some(12.5));
        assert_eq!(seconds("1970-01-02T01:00:30"), Some(90_030.0));
        assert_eq!(seconds("1970-01-02 01:00"), Some(90_000.0));
        for wrong in ["", "soon", "NaN", "1970-01-02", "1970-01-02T25:00:00", "1970-02-30T00:00:00"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

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
