//! The form of the Azure Functions invocation trace 2021: a row for each call.

use std::collections::BTreeMap;

use super::{Id, labels, number, traits};
use crate::document::Name;
use crate::model::trace::{Calls, Durations, Labels, Recorded, Trace};
use crate::scenario::files::{Files, VALUES_MAX};
use crate::units::{SimDuration, SimTime};

/// Reads the file of a trace. What is held are 24 bytes for each call, of which there may be 20 million, ten times those of
/// the published two weeks.
pub(in crate::scenario) fn azure_2021(files: Files<'_>, file: &Name) -> Result<Trace, String> {
    let file = file.text.as_str();
    let mut functions: BTreeMap<Id, u32> = BTreeMap::new();
    let mut calls = Vec::new();
    files.rows(file, &["app", "func", "end_timestamp", "duration"], |line, cells| {
        let next = functions.len() as u32;
        let id = [String::new(), cells[0].to_owned(), cells[1].to_owned()];
        let function = *functions.entry(id).or_insert(next);
        let (end, takes) = (number(file, line, cells[2])?, number(file, line, cells[3])?);
        let at = SimTime::ZERO + SimDuration::from_secs((end - takes).max(0.0));
        calls.push(Recorded { at, function, takes: SimDuration::from_secs(takes) });
        if calls.len() > VALUES_MAX {
            return Err(format!("{file} has more than {VALUES_MAX} rows"));
        }
        Ok(())
    })?;
    if calls.is_empty() {
        return Err(format!("{file} has no rows"));
    }
    // Functions are numbered by name, so that the order of rows changes nothing.
    let mut numbers = vec![0; functions.len()];
    (0..).zip(functions.values()).for_each(|(number, first)| numbers[*first as usize] = number);
    let mut expected = vec![0.0; functions.len()];
    for call in &mut calls {
        call.function = numbers[call.function as usize];
        expected[call.function as usize] += 1.0;
    }
    calls.sort_unstable();
    let names: Vec<Id> = functions.into_keys().collect();
    let traits = traits(&names);
    Ok(Trace::new(
        traits,
        (Durations::Recorded, Calls::Recorded(calls), Labels::Names(labels(names))),
        &expected,
    ))
}
