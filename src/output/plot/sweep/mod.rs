//! Figures of a sweep, from `sweep.csv`: lines over one axis, heat maps over two, and two metrics against each other.

mod front;
mod heat;
mod line;

use std::path::Path;

use crate::document::{Dimension, measure};
use crate::output::folder::FileError;
use crate::output::number::Scale;
use crate::output::sweep::files::SWEEP;
use crate::scenario::file_name::cut;
use crate::scenario::short_path;

pub use front::Front;
pub use heat::Heat;
pub use line::Lines;

/// A metric over all points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// As `scope/name`.
    pub(super) name: String,
    pub(super) unit: String,
    /// For each point the estimate and its interval, which is the estimate alone where there is none.
    pub(super) values: Vec<Option<[f64; 3]>>,
}

/// What a sweep varies, and some of the metrics of its points.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sheet {
    pub(super) paths: Vec<String>,
    /// For each point the value of each path, empty where it is not varied.
    pub(super) points: Vec<Vec<String>>,
    pub(super) metrics: Vec<Measured>,
}

impl Sheet {
    /// Reads the metrics of these names.
    pub(super) fn read(folder: &Path, wanted: &[String]) -> Result<Self, FileError> {
        let path = folder.join(SWEEP);
        let wrong = |source: csv::Error| FileError::Row { path: path.clone(), source };
        let mut reader = csv::Reader::from_path(&path).map_err(wrong)?;
        let header = reader.headers().map_err(wrong)?.clone();
        let scope = header.iter().position(|name| name == "scope").unwrap_or(1).max(1);
        let mut sheet = Self {
            paths: header.iter().take(scope).skip(1).map(str::to_owned).collect(),
            points: Vec::new(),
            metrics: wanted
                .iter()
                .map(|name| Measured { name: name.clone(), unit: String::new(), values: Vec::new() })
                .collect(),
        };
        let mut last = String::new();
        for record in reader.records() {
            let record = record.map_err(wrong)?;
            let cell = |place: usize| record.get(place).unwrap_or_default();
            if cell(0) != last {
                cell(0).clone_into(&mut last);
                sheet.points.push((1..scope).map(|place| cell(place).to_owned()).collect());
            }
            let name = format!("{}/{}", cell(scope), cell(scope + 1));
            let points = sheet.points.len();
            if let Some(metric) = sheet.metrics.iter_mut().find(|metric| metric.name == name) {
                cell(scope + 2).clone_into(&mut metric.unit);
                let number = |place: usize| cell(scope + place).parse::<f64>().ok();
                metric.values.resize(points, None);
                metric.values[points - 1] =
                    number(3).map(|value| [value, number(4).unwrap_or(value), number(5).unwrap_or(value)]);
            }
        }
        let points = sheet.points.len();
        sheet.metrics.iter_mut().for_each(|metric| metric.values.resize(points, None));
        sheet.metrics.retain(|metric| metric.values.iter().any(Option::is_some));
        Ok(sheet)
    }

    /// The different values of a path, numbers rising, others in the order of points.
    pub(super) fn levels(&self, path: usize) -> Vec<String> {
        let mut levels: Vec<String> = Vec::new();
        for point in &self.points {
            if !levels.contains(&point[path]) {
                levels.push(point[path].clone());
            }
        }
        if levels.iter().all(|level| number(level).is_some()) {
            let value = |level: &String| number(level).map_or(0.0, |(value, _)| value);
            levels.sort_by(|one, other| value(one).total_cmp(&value(other)));
        }
        levels
    }

    /// Paths that take more than one value.
    pub(super) fn varied(&self) -> Vec<usize> {
        (0..self.paths.len()).filter(|path| self.levels(*path).len() > 1).collect()
    }

    /// Whether all values of a path are numbers of one kind.
    pub(super) fn is_numeric(&self, path: usize) -> bool {
        let mut kinds = self.points.iter().map(|point| number(&point[path]).map(|(_, kind)| kind));
        let first = kinds.next().flatten();
        first.is_some() && kinds.all(|kind| kind == first)
    }

    /// The value of a path in a point, in base units.
    pub(super) fn number(&self, point: usize, path: usize) -> f64 {
        number(&self.points[point][path]).map_or(0.0, |(value, _)| value)
    }

    /// A title for an axis of a path.
    pub(super) fn title(&self, path: usize) -> String {
        let kind = self.points.first().and_then(|point| number(&point[path])).map(|(_, kind)| kind);
        let unit = match kind {
            Some(Dimension::Seconds) => " [s]",
            Some(Dimension::PerSecond) => " [1/s]",
            _ => "",
        };
        format!("{}{unit}", self.paths[path])
    }

    /// What the values of some paths are called.
    pub(super) fn label(&self, point: usize, paths: &[usize]) -> String {
        let all: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        let word = |path: &usize| {
            let value = &self.points[point][*path];
            let value = value.trim_start_matches("{ policy = ").trim_end_matches(" }").replace('"', "");
            if value.is_empty() {
                return None;
            }
            let speaks = value.starts_with(|letter: char| letter.is_alphabetic());
            Some(if speaks { value } else { format!("{} {value}", short_path(&self.paths[*path], &all)) })
        };
        paths.iter().filter_map(word).collect::<Vec<_>>().join(", ")
    }
}

impl Measured {
    /// The factor and the unit in which people read it.
    pub(super) fn unit(&self) -> (f64, String) {
        let largest = self.values.iter().flatten().map(|[value, ..]| value.abs()).fold(0.0, f64::max);
        match self.unit.as_str() {
            "s" => {
                let (seconds, name) = crate::output::number::time_unit(largest);
                (1.0 / seconds, format!(" [{name}]"))
            }
            "ratio" => (100.0, " [%]".to_owned()),
            "" | "1" => (1.0, String::new()),
            unit => (1.0, format!(" [{unit}]")),
        }
    }

    /// A value as it stands in a figure.
    pub(super) fn show(&self, [value, low, high]: [f64; 3]) -> String {
        Scale::new(&self.unit, value, Some((high - low) / 2.0).filter(|half| *half > 0.0)).show(value)
    }
}

/// The lowest and the highest of estimates, and of their intervals what is no farther from these than they are apart:
/// an interval that knows nothing would squeeze the rest.
pub(super) fn ends(values: impl Iterator<Item = [f64; 3]> + Clone) -> (f64, f64) {
    let low = values.clone().map(|[value, ..]| value).fold(f64::INFINITY, f64::min);
    let high = values.clone().map(|[value, ..]| value).fold(f64::NEG_INFINITY, f64::max);
    let apart = high - low;
    let lowest = values.clone().map(|[_, low, _]| low).fold(low, f64::min);
    let highest = values.map(|[_, _, high]| high).fold(high, f64::max);
    if apart > 0.0 { (lowest.max(low - apart), highest.min(high + apart)) } else { (lowest, highest) }
}

fn number(text: &str) -> Option<(f64, Dimension)> {
    measure(text)
}

/// The name of a figure's file for a metric.
pub(super) fn file(kind: &str, metric: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '_' { letter } else { '-' };
    format!("{kind}-{}", cut(&metric.chars().map(plain).collect::<String>()))
}
