//! Traces of many functions in the forms in which they were published.

mod azure_2019;
mod azure_2021;

pub(super) use azure_2019::{Azure2019, azure_2019};
pub(super) use azure_2021::azure_2021;

use super::input::shown;
use crate::kernel::stream::mix;
use crate::model::trace::Traits;

/// Most functions of a trace.
pub(super) const FUNCTIONS_MAX: usize = 10_000_000;

/// Owner, app and function, by which a function is known.
type Id = [String; 3];

/// The functions in the order of their names, with what is not known of them yet.
fn traits(names: &[Id]) -> Vec<Traits> {
    let mut app = 0;
    let of = |(number, id): (usize, &Id)| {
        if number == 0 || names[number - 1][..2] != id[..2] {
            app = number as u32;
        }
        Traits { name: named(id), app, megabytes: 0 }
    };
    names.iter().enumerate().map(of).collect()
}

/// What names the random numbers of a function, whatever other functions there are.
fn named(id: &Id) -> u64 {
    let word = |state, text: &String| {
        text.bytes().fold(mix(state, 0x100), |state, byte| mix(state, u64::from(byte)))
    };
    id.iter().fold(0, word)
}

/// What functions are called in files.
fn labels(names: Vec<Id>) -> Vec<[String; 2]> {
    names.into_iter().map(|[_, app, function]| [app, function]).collect()
}

/// A number in a cell that is not negative.
fn number(file: &str, line: u64, cell: &str) -> Result<f64, String> {
    let number = cell.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| format!("{file}:{line}: {} is no number from 0 on", shown(file, cell)))
}
