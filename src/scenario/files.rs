//! Files that a scenario names: where they are, and the columns in them.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::input::{self, DATA_BYTES_MAX, Refusal, Rows, shown};
use super::instant::{Clock, EXPECTED, Misread, seconds};
use super::source::{BYTES_MAX, Places};
use crate::document::TimeUnit;
use crate::kernel::distribution::Column;

/// Most values that are read from a file.
pub(super) const VALUES_MAX: usize = 20_000_000;

/// Where files are looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) places: &'a Places,
}

impl Files<'_> {
    /// The text of a small file.
    pub(super) fn text(self, file: &str) -> Result<String, String> {
        let path = self.find(file)?;
        let unreadable = |why: Refusal| format!("{file} cannot be read: {why}");
        let mut opened = input::open(&path, BYTES_MAX).map_err(unreadable)?;
        let bytes = input::all_bytes(&mut opened, BYTES_MAX).map_err(unreadable)?;
        String::from_utf8(bytes).map_err(|_| format!("{file} is no text in UTF-8"))
    }

    /// The numbers in a column of a CSV file.
    pub(super) fn numbers(self, file: &str, column: &str) -> Result<Vec<f64>, String> {
        self.values(file, &[column], |line, cells| {
            let number = cells[0].parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| format!("{file}:{line}: {} is not a number", shown(file, cells[0])))
        })
    }

    /// The instants in a column of a CSV file, in nanoseconds of its clock.
    pub(super) fn instants(self, file: &str, column: &str, clock: &mut Clock) -> Result<Vec<i128>, String> {
        self.values(file, &[column], |line, cells| instant(file, (line, cells[0]), clock))
    }

    /// The durations that a column of a CSV file holds, or that lie between the instants of two, in seconds.
    pub(super) fn durations(self, wanted: &Column<'_>) -> Result<Vec<f64>, String> {
        let Column { file, column, ended, unit } = *wanted;
        let unit = unit.unwrap_or(TimeUnit::Second);
        let Some(ended) = ended else {
            let mut values = self.numbers(file, column)?;
            for value in &mut values {
                *value *= unit.seconds();
            }
            return Ok(values);
        };
        let mut clock = Clock::new(unit);
        self.values(file, &[column, ended], |line, cells| {
            if cells[1].is_empty() {
                let message = "has no end, so nobody knows how long it lasted: leave the row out, or fit a law \
                               with \"ninefold fit\", which knows what was not seen to end";
                return Err(format!("{file}:{line}: what began at {} {message}", shown(file, cells[0])));
            }
            let began = instant(file, (line, cells[0]), &mut clock)?;
            let ended = instant(file, (line, cells[1]), &mut clock)?;
            Ok(seconds(ended - began))
        })
    }

    /// What `read` makes of each row of some columns: at least one value, and not too many.
    fn values<T>(
        self,
        file: &str,
        columns: &[&str],
        mut read: impl FnMut(u64, &[&str]) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut values = Vec::new();
        self.rows(file, columns, |line, cells| {
            values.push(read(line, cells)?);
            if values.len() > VALUES_MAX {
                return Err(format!("{file} has more than {VALUES_MAX} rows"));
            }
            Ok(())
        })?;
        if values.is_empty() {
            return Err(format!("{file} has no rows"));
        }
        Ok(values)
    }

    /// Hands the line number and the cells of the named columns to `take`, row by row.
    pub(super) fn rows(
        self,
        file: &str,
        columns: &[&str],
        mut take: impl FnMut(u64, &[&str]) -> Result<(), String>,
    ) -> Result<(), String> {
        let places = |header: &csv::StringRecord| -> Result<Vec<usize>, String> {
            columns.iter().map(|column| place(file, header, column)).collect()
        };
        self.table(file, places, |places, line, record| {
            let cells: Vec<&str> = places.iter().map(|place| record.get(*place).unwrap_or("")).collect();
            take(line, &cells)
        })
    }

    /// Makes something of the header of a CSV file, and hands it to `take` with the number and the cells of each line.
    pub(super) fn table<T>(
        self,
        file: &str,
        head: impl FnOnce(&csv::StringRecord) -> Result<T, String>,
        mut take: impl FnMut(&T, u64, &csv::StringRecord) -> Result<(), String>,
    ) -> Result<(), String> {
        let path = self.find(file)?;
        let opened =
            input::open(&path, DATA_BYTES_MAX).map_err(|why| format!("{file} cannot be read: {why}"))?;
        let mut rows = Rows::new(opened, DATA_BYTES_MAX);
        let head = head(&rows.header().map_err(|error| unreadable(file, &error))?)?;
        while let Some((line, record)) = rows.next().map_err(|error| unreadable(file, &error))? {
            take(&head, line, record)?;
        }
        Ok(())
    }

    /// The first folder that has the file. Neither the name nor a symbolic link leads out of the folders.
    fn find(self, file: &str) -> Result<PathBuf, String> {
        let relative = Path::new(file);
        let stays_inside =
            relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !stays_inside || file.is_empty() {
            return Err(format!("\"{file}\" leads out of the folders in which files are looked up"));
        }
        let folders = &self.places.folders;
        let there = folders.iter().map(|folder| folder.join(relative)).find(|path| path.exists());
        let path = there.ok_or_else(|| {
            let tried: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let tried = if tried.is_empty() { "no folder".to_owned() } else { tried.join(", ") };
            format!("there is no file \"{file}\" (looked in {tried})")
        })?;
        let real = fs::canonicalize(&path)
            .map_err(|why| format!("{file} cannot be read: {}", Refusal::from(why)))?;
        if self.places.hold(&real) {
            return Ok(real);
        }
        Err(format!(
            "a symbolic link leads from \"{file}\" out of the folders in which files are looked up: \
             allow the folder that it leads to with --data"
        ))
    }
}

/// The place of a column in the header of a file.
pub(super) fn place(file: &str, header: &csv::StringRecord, column: &str) -> Result<usize, String> {
    input::place(file, header, column).map_err(|known| match known.as_str() {
        "" => format!("{file} has no column \"{column}\""),
        known => format!("{file} has no column \"{column}\"; {known}"),
    })
}

/// The nanoseconds of an instant in a cell.
pub(super) fn instant(file: &str, (line, cell): (u64, &str), clock: &mut Clock) -> Result<i128, String> {
    clock.read(cell, line).map_err(|why| match why {
        Misread::NoInstant => {
            format!("{file}:{line}: {} is not a time: expected {}", shown(file, cell), EXPECTED)
        }
        mixed @ Misread::Mixed { .. } => {
            format!("{file}:{line}: {} is {mixed}", shown(file, cell))
        }
    })
}

fn unreadable(file: &str, error: &csv::Error) -> String {
    let line = error.position().map_or(String::new(), |position| format!(":{}", position.line()));
    format!("{file}{line}: {error}")
}
