//! Figures of a results folder, drawn from its CSV files alone, so that drawing again gives the same figures.

mod agreement;
mod astray;
mod availability;
mod axis;
mod bars;
mod canvas;
mod fit;
mod forest;
mod frame;
mod instances;
mod lane;
mod latency;
mod sweep;
mod timeline;
mod waterfall;

use std::path::{Path, PathBuf};

use super::claim::ClaimRow;
use super::folder::{FileError, each_row, read_rows, remove};
use super::row::{
    CompareRow, IncidentRow, InstanceRow, LatencyRow, Row, RunRow, ShareRow, SummaryRow, WindowRow,
};
use super::sweep::plan::SweepManifest;

pub use agreement::{Agreement, Unit};
pub use astray::LedAstray;
pub use availability::Availability;
pub use fit::{Cdf, FitSheet, Quantiles};
pub use forest::Forest;
pub use instances::Instances;
pub use latency::Latency;
pub use sweep::{Front, Heat, Lines};
pub use timeline::Timeline;
pub use waterfall::Waterfall;

/// What a results folder holds that figures are drawn from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Of `summary.csv`.
    pub summary: Vec<SummaryRow>,
    /// Of `runs.csv`.
    pub runs: Vec<RunRow>,
    /// Of `latency.csv`; [`Rows::read`] leaves it where it is, as it may be large.
    pub latency: Vec<LatencyRow>,
    /// `timeline.csv`.
    pub timeline: Vec<WindowRow>,
    /// `incidents.csv`.
    pub incidents: Vec<IncidentRow>,
    /// `instances.csv`, where there are functions.
    pub instances: Vec<InstanceRow>,
    /// `shares.csv`, where there are names, caches or backups.
    pub shares: Vec<ShareRow>,
}

impl Rows {
    /// Reads what figures are drawn from of the CSV files of a results folder, but `latency.csv`.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Row`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        Ok(Self {
            summary: kept(folder, |row: &SummaryRow| {
                let metric = row.metric.as_str();
                DRAWN.contains(&metric) || LedAstray::metrics().any(|one| one == metric)
            })?,
            runs: kept(folder, |row: &RunRow| DRAWN.contains(&row.metric.as_str()))?,
            latency: Vec::new(),
            timeline: read_rows(folder)?,
            incidents: read_rows(folder)?,
            instances: if folder.join(InstanceRow::FILE).exists() { read_rows(folder)? } else { Vec::new() },
            shares: if folder.join(ShareRow::FILE).exists() { read_rows(folder)? } else { Vec::new() },
        })
    }

    /// The row of one metric over all runs.
    fn find(&self, scope: &str, metric: &str) -> Option<&SummaryRow> {
        self.summary.iter().find(|row| row.scope == scope && row.metric == metric)
    }
}

/// Metrics of which a figure of single runs shows something; of thousands of parts all together need much room.
const DRAWN: [&str; 6] = [
    "availability_request",
    "availability_time",
    "collapse_ratio",
    "latency_p50",
    "latency_p99",
    "unfinished_ratio",
];

/// The rows of a file that are wanted.
fn kept<R: Row>(folder: &Path, is_wanted: impl Fn(&R) -> bool) -> Result<Vec<R>, FileError> {
    let mut rows = Vec::new();
    each_row(folder, |row| {
        if is_wanted(&row) {
            rows.push(row);
        }
    })?;
    Ok(rows)
}

/// Most curves in one figure: six colours, each as a line and as dashes, can be told apart.
const SERIES: usize = 12;

/// Keeps the `most` worst, the first of equals, in the order in which they stand; how many were left out.
fn keep_worst<T>(parts: &mut Vec<T>, most: usize, badness: impl Fn(&T) -> f64) -> usize {
    let left_out = parts.len().saturating_sub(most);
    if left_out > 0 {
        let mut worst: Vec<(usize, f64)> = parts.iter().map(badness).enumerate().collect();
        worst.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let mut is_kept = vec![false; parts.len()];
        worst.iter().take(most).for_each(|(place, _)| is_kept[*place] = true);
        let mut kept = is_kept.into_iter();
        parts.retain(|_| kept.next().unwrap_or(false));
    }
    left_out
}

/// Draws every figure for which there is something to draw into `plots/`, as SVG and as PNG.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be read or written.
pub fn draw_all(folder: &Path, name: &str) -> Result<Vec<PathBuf>, FileError> {
    let rows = Rows::read(folder)?;
    let plots = folder.join("plots");
    let mut drawn = Vec::new();
    drawn.extend(save(Latency::read(folder, &rows, name)?.as_ref(), &plots, "latency")?);
    drawn.extend(save(Timeline::new(&rows, name).as_ref(), &plots, "timeline")?);
    drawn.extend(save(Instances::new(&rows, name).as_ref(), &plots, "instances")?);
    drawn.extend(save(Waterfall::new(&rows, name).as_ref(), &plots, "incidents")?);
    drawn.extend(save(LedAstray::new(&rows, name).as_ref(), &plots, "astray")?);
    drawn.extend(save(Availability::new(&rows, name).as_ref(), &plots, "availability")?);
    Ok(drawn)
}

/// Draws the forest plot of a comparison into `plots/`, as SVG and as PNG, if any pair has a ratio.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be read or written.
pub fn draw_comparison(folder: &Path, name: &str) -> Result<Vec<PathBuf>, FileError> {
    let rows: Vec<CompareRow> = read_rows(folder)?;
    save(Forest::new(&rows, name).as_ref(), &folder.join("plots"), "forest")
}

/// Draws lines and heat maps of the most important metrics of a sweep, and two of these against each other.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be read or written.
pub fn draw_sweep(folder: &Path, manifest: &SweepManifest) -> Result<Vec<PathBuf>, FileError> {
    let sheet = sweep::Sheet::read(folder, &manifest.headlines)?;
    let (plots, name) = (folder.join("plots"), manifest.name.as_str());
    let mut drawn = Vec::new();
    for (number, metric) in sheet.metrics.iter().enumerate() {
        let file = |kind: &str| sweep::file(kind, &metric.name);
        drawn.extend(save(Lines::new(&sheet, number, name).as_ref(), &plots, &file("line"))?);
        drawn.extend(save(Heat::new(&sheet, number, name).as_ref(), &plots, &file("heat"))?);
    }
    drawn.extend(save(Front::new(&sheet, name).as_ref(), &plots, "pareto")?);
    Ok(drawn)
}

/// Draws what formulas predict against what was simulated into `plots/`, a figure for each dimension, as SVG and as PNG.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be written.
pub fn draw_claims(folder: &Path, rows: &[ClaimRow]) -> Result<Vec<PathBuf>, FileError> {
    let mut drawn = Vec::new();
    for unit in Unit::ALL {
        let figure = Agreement::new(rows, unit);
        drawn.extend(save(figure.as_ref(), &folder.join("plots"), unit.name())?);
    }
    Ok(drawn)
}

/// Draws the durations of a fit against its laws.
///
/// # Errors
///
/// [`FileError`], by the first file that cannot be read or written.
pub fn draw_fit(folder: &Path, title: &str) -> Result<Vec<PathBuf>, FileError> {
    let sheet = FitSheet::read(folder, title)?;
    let plots = folder.join("plots");
    let mut drawn = save(Cdf::new(&sheet).as_ref(), &plots, "cdf")?;
    drawn.extend(save(Quantiles::new(&sheet).as_ref(), &plots, "quantiles")?);
    Ok(drawn)
}

/// Draws a figure in both formats, or removes that of an earlier run where there is nothing to draw any more.
fn save<F: Figure>(figure: Option<&F>, plots: &Path, name: &str) -> Result<Vec<PathBuf>, FileError> {
    let paths = ["svg", "png"].map(|ending| plots.join(format!("{name}.{ending}")));
    let Some(figure) = figure else {
        paths.iter().try_for_each(|path| remove(path))?;
        return Ok(Vec::new());
    };
    canvas::save(figure, &paths[0], &paths[1])?;
    Ok(paths.to_vec())
}

/// The text of a figure as SVG.
///
/// # Errors
///
/// [`FileError::Draw`].
pub fn svg<F: Figure>(figure: &F) -> Result<String, FileError> {
    canvas::svg(figure).map_err(|reason| FileError::Draw { path: PathBuf::from("figure.svg"), reason })
}

pub use canvas::Figure;
