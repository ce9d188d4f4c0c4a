//! The form of the Azure Functions trace 2019: a row for each function, a column for each minute, and beside it files of
//! durations and of memory.

use std::collections::BTreeMap;

use super::{FUNCTIONS_MAX, Id, labels, number, traits};
use crate::document::Name;
use crate::model::trace::{
    Calls, Counts, Durations, Labels, NO_LAW, Percentiles, SHARES, Trace, Traits, Within,
};
use crate::scenario::files::{Files, VALUES_MAX, place};
use crate::scenario::input::shown;
use crate::units::SimDuration;

/// The length of a column.
const MINUTE: SimDuration = SimDuration::from_nanos(60_000_000_000);
/// Names of the columns by which functions are known, and of the first minute.
const KEYS: [&str; 3] = ["HashOwner", "HashApp", "HashFunction"];
/// Columns of a function's durations.
const PERCENTILES: [&str; SHARES.len()] = [
    "percentile_Average_0",
    "percentile_Average_1",
    "percentile_Average_25",
    "percentile_Average_50",
    "percentile_Average_75",
    "percentile_Average_99",
    "percentile_Average_100",
];
/// The column of an app's memory.
const MEMORY: &str = "AverageAllocatedMb";

/// The files of such a trace.
pub(in crate::scenario) struct Azure2019<'k> {
    pub(in crate::scenario) invocations: &'k Name,
    pub(in crate::scenario) durations: Option<&'k Name>,
    pub(in crate::scenario) memory: Option<&'k Name>,
    pub(in crate::scenario) within: Within,
}

/// Reads the files of a trace; with an error the file that has it.
pub(in crate::scenario) fn azure_2019<'k>(
    files: Files<'_>,
    keys: &Azure2019<'k>,
) -> Result<Trace, (&'k Name, String)> {
    let (names, rows) = counts(files, &keys.invocations.text).map_err(|why| (keys.invocations, why))?;
    let mut functions = traits(&names);
    let durations = match keys.durations {
        None => Durations::Demand,
        Some(file) => durations(files, &file.text, &names).map_err(|why| (file, why))?,
    };
    if let Some(file) = keys.memory {
        memory(files, &file.text, (&names, &mut functions)).map_err(|why| (file, why))?;
    }
    let mut expected = vec![0.0; functions.len()];
    for (function, count) in &rows.cells {
        expected[*function as usize] += f64::from(*count);
    }
    let calls = Calls::Counts(Counts { period: MINUTE, within: keys.within, ..rows });
    Ok(Trace::new(functions, (durations, calls, Labels::Names(labels(names))), &expected))
}

/// The columns of a file of counts.
struct Columns {
    keys: [usize; KEYS.len()],
    first: usize,
    minutes: usize,
}

fn columns(file: &str, header: &csv::StringRecord) -> Result<Columns, String> {
    let keys = [place(file, header, KEYS[0])?, place(file, header, KEYS[1])?, place(file, header, KEYS[2])?];
    let first = place(file, header, "1")?;
    let follow = (1..).zip(header.iter().skip(first));
    let minutes = follow.take_while(|(minute, name)| name.parse::<usize>() == Ok(*minute)).count();
    if first + minutes < header.len() {
        return Err(format!("{file}: columns of minutes are not called 1, 2, and so on up to the last"));
    }
    Ok(Columns { keys, first, minutes })
}

fn id(places: &[usize; KEYS.len()], record: &csv::StringRecord) -> Id {
    places.map(|place| record.get(place).unwrap_or("").to_owned())
}

/// The functions in the order of their names, and their counts by minute. Rows of one function are added up. What is
/// held while it is read are 20 bytes for each count that is not zero, of which there may be 20 million.
fn counts(files: Files<'_>, file: &str) -> Result<(Vec<Id>, Counts), String> {
    let mut rows: BTreeMap<Id, u32> = BTreeMap::new();
    let mut cells: Vec<(u32, u32, u32)> = Vec::new();
    let mut minutes = 0;
    files.table(
        file,
        |header| columns(file, header),
        |columns, line, record| {
            minutes = columns.minutes;
            let next = rows.len() as u32;
            let row = *rows.entry(id(&columns.keys, record)).or_insert(next);
            if rows.len() > FUNCTIONS_MAX {
                return Err(format!("{file} has more than {FUNCTIONS_MAX} functions"));
            }
            for (minute, cell) in (0..).zip(record.iter().skip(columns.first).take(columns.minutes)) {
                let count = cell.parse::<u32>();
                let count = count.map_err(|_| format!("{file}:{line}: {} is no count", shown(file, cell)))?;
                if count > 0 {
                    cells.push((minute, row, count));
                }
            }
            if cells.len() > VALUES_MAX {
                return Err(format!("{file} has more than {VALUES_MAX} counts that are not zero"));
            }
            Ok(())
        },
    )?;
    if rows.is_empty() {
        return Err(format!("{file} has no rows"));
    }
    // Functions are numbered by name, so that the order of rows changes nothing.
    let mut numbers = vec![0; rows.len()];
    (0..).zip(rows.values()).for_each(|(number, row)| numbers[*row as usize] = number);
    for (_, row, _) in &mut cells {
        *row = numbers[*row as usize];
    }
    cells.sort_unstable();
    cells.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0 && later.1 == kept.1;
        if is_same {
            kept.2 = kept.2.saturating_add(later.2);
        }
        is_same
    });
    let begin = |minute: usize| cells.partition_point(|(one, ..)| (*one as usize) < minute) as u32;
    let starts = (0..=minutes).map(begin).collect();
    let cells = cells.iter().map(|(_, function, count)| (*function, *count)).collect();
    let counts = Counts { period: MINUTE, starts, cells, within: Within::Uniform };
    Ok((rows.into_keys().collect(), counts))
}

/// The laws of durations of functions; rows of functions without calls are passed over.
fn durations(files: Files<'_>, file: &str, names: &[Id]) -> Result<Durations, String> {
    let mut of = vec![NO_LAW; names.len()];
    let mut laws = Vec::new();
    let wanted: Vec<&str> = KEYS.into_iter().chain(PERCENTILES).collect();
    files.rows(file, &wanted, |line, cells| {
        let Some(function) = find(names, &cells[..3]) else { return Ok(()) };
        let mut seconds = [0.0; SHARES.len()];
        for (place, cell) in seconds.iter_mut().zip(&cells[3..]) {
            *place = number(file, line, cell)? / 1e3;
        }
        let law = Percentiles::new(seconds);
        let law = law.ok_or_else(|| format!("{file}:{line}: the percentiles of a duration do not rise"))?;
        of[function] = laws.len() as u32;
        laws.push(law);
        Ok(())
    })?;
    Ok(Durations::Percentiles(of, laws))
}

fn find(names: &[Id], id: &[&str]) -> Option<usize> {
    names.binary_search_by(|one| one.each_ref().map(String::as_str)[..].cmp(id)).ok()
}

/// The memory of functions, or of all those of an app where the file has no functions, as that of the whole trace.
fn memory(files: Files<'_>, file: &str, (names, functions): (&[Id], &mut [Traits])) -> Result<(), String> {
    let head = |header: &csv::StringRecord| {
        let of_function = header.iter().position(|name| name == KEYS[2]);
        Ok((
            place(file, header, KEYS[0])?,
            place(file, header, KEYS[1])?,
            of_function,
            place(file, header, MEMORY)?,
        ))
    };
    files.table(file, head, |(owner, app, function, memory), line, record| {
        let cell = |place: usize| record.get(place).unwrap_or("");
        let megabytes = (number(file, line, cell(*memory))?.round() as u32).max(1);
        if let Some(place) = function {
            if let Some(found) = find(names, &[cell(*owner), cell(*app), cell(*place)]) {
                functions[found].megabytes = megabytes;
            }
            return Ok(());
        }
        let of_app = [cell(*owner), cell(*app)];
        let first = names.partition_point(|id| [id[0].as_str(), id[1].as_str()] < of_app);
        let same = names[first..].iter().take_while(|id| [id[0].as_str(), id[1].as_str()] == of_app).count();
        functions[first..first + same].iter_mut().for_each(|one| one.megabytes = megabytes);
        Ok(())
    })
}
