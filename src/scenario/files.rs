//! Files that a scenario names: where they are, and the columns in them.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use super::source::Places;

/// Most values that are read from a file.
const VALUES_MAX: usize = 50_000_000;

/// Where files are looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) places: &'a Places,
}

impl Files<'_> {
    /// The numbers in a column of a CSV file.
    pub(super) fn column(self, file: &str, column: &str) -> Result<Vec<f64>, String> {
        let mut values = Vec::new();
        self.rows(file, &[column], |line, cells| {
            let number = cells[0].trim().parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(|| format!("{file}:{line}: \"{}\" is not a number", cells[0]))?;
            values.push(number);
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
        let path = self.find(file)?;
        let opened = File::open(path).map_err(|error| format!("{file} cannot be read: {error}"))?;
        let mut reader = csv::Reader::from_reader(opened);
        let header = reader.headers().map_err(|error| unreadable(file, &error))?.clone();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            places.push(header.iter().position(|name| name.trim() == *column).ok_or_else(|| {
                let known = header.iter().collect::<Vec<_>>().join(", ");
                format!("{file} has no column \"{column}\"; it has {known}")
            })?);
        }
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| unreadable(file, &error))? {
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<&str> = places.iter().map(|place| record.get(*place).unwrap_or("")).collect();
            take(line, &cells)?;
        }
        Ok(())
    }

    /// The first folder that has the file.
    fn find(self, file: &str) -> Result<PathBuf, String> {
        let relative = Path::new(file);
        let stays_inside =
            relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !stays_inside || file.is_empty() {
            return Err(format!("\"{file}\" leads out of the folders in which files are looked up"));
        }
        let folders = &self.places.folders;
        folders.iter().map(|folder| folder.join(relative)).find(|path| path.is_file()).ok_or_else(|| {
            let tried: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            let tried = if tried.is_empty() { "no folder".to_owned() } else { tried.join(", ") };
            format!("there is no file \"{file}\" (looked in {tried})")
        })
    }
}

fn unreadable(file: &str, error: &csv::Error) -> String {
    let line = error.position().map_or(String::new(), |position| format!(":{}", position.line()));
    format!("{file}{line}: {error}")
}
