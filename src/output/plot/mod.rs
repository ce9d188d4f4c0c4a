//! Figures of a results folder, drawn from its CSV files alone, so that drawing again gives the same figures.

mod availability;
mod axis;
mod canvas;
mod frame;
mod latency;
mod timeline;

use std::path::{Path, PathBuf};

use super::folder::{FileError, read_rows};
use super::row::{IncidentRow, LatencyRow, RunRow, SummaryRow, WindowRow};

pub use availability::Availability;
pub use latency::Latency;
pub use timeline::Timeline;

/// What a results folder holds that figures are drawn from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// `summary.csv`.
    pub summary: Vec<SummaryRow>,
    /// `runs.csv`.
    pub runs: Vec<RunRow>,
    /// `latency.csv`.
    pub latency: Vec<LatencyRow>,
    /// `timeline.csv`.
    pub timeline: Vec<WindowRow>,
    /// `incidents.csv`.
    pub incidents: Vec<IncidentRow>,
}

impl Rows {
    /// Reads the CSV files of a results folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Row`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        Ok(Self {
            summary: read_rows(folder)?,
            runs: read_rows(folder)?,
            latency: read_rows(folder)?,
            timeline: read_rows(folder)?,
            incidents: read_rows(folder)?,
        })
    }

    /// The row of one metric over all runs.
    fn find(&self, scope: &str, metric: &str) -> Option<&SummaryRow> {
        self.summary.iter().find(|row| row.scope == scope && row.metric == metric)
    }
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
    if let Some(figure) = Latency::new(&rows, name) {
        drawn.extend(canvas::save(&figure, &plots, "latency")?);
    }
    if let Some(figure) = Timeline::new(&rows, name) {
        drawn.extend(canvas::save(&figure, &plots, "timeline")?);
    }
    if let Some(figure) = Availability::new(&rows, name) {
        drawn.extend(canvas::save(&figure, &plots, "availability")?);
    }
    Ok(drawn)
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
