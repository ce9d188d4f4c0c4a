//! Recorded durations against the laws that were fitted to them.

mod cdf;
mod quantile;

use std::path::Path;

use crate::experiment::fit::{Family, Law};
use crate::output::folder::{FileError, read_rows};
use crate::output::row::{DurationRow, FitRow, Row};

pub use cdf::Cdf;
pub use quantile::Quantiles;

/// What figures of a fit are drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSheet {
    /// What was fitted.
    pub(super) title: String,
    /// The laws, the best first.
    pub(super) laws: Vec<Law>,
    /// The durations, rising.
    pub(super) durations: Vec<DurationRow>,
}

impl FitSheet {
    /// Reads the CSV files of a fit.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Row`].
    pub fn read(folder: &Path, title: &str) -> Result<Self, FileError> {
        let rows: Vec<FitRow> = read_rows(folder)?;
        let laws = rows.chunk_by(|one, other| one.law == other.law).filter_map(law).collect();
        let durations: Vec<DurationRow> = read_rows(folder)?;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let is_sound = |row: &DurationRow| {
            let is_time = row.duration_s > 0.0 && row.duration_s.is_finite();
            is_time && is_share(row.share_below) && is_share(row.share_within)
        };
        if let Some(row) = durations.iter().position(|row| !is_sound(row)) {
            let reason = format!("row {} has no duration above zero, or no shares from 0 to 1", row + 1);
            return Err(FileError::Unsound { path: folder.join(DurationRow::FILE), reason });
        }
        Ok(Self { title: title.to_owned(), laws, durations })
    }

    /// Whether some durations were not seen to end.
    fn is_censored(&self) -> bool {
        self.durations.iter().any(|row| row.censored > 0)
    }

    /// Durations that ended, with the shares that are estimated to be shorter and no longer.
    fn steps(&self) -> impl DoubleEndedIterator<Item = &DurationRow> + Clone {
        self.durations.iter().filter(|row| row.ended > 0)
    }
}

/// The law of which these rows tell; `None` where another version wrote what this one does not know.
fn law(rows: &[FitRow]) -> Option<Law> {
    let family = Family::named(&rows.first()?.law)?;
    let value = |name: &str| rows.iter().find(|row| row.quantity == name)?.value;
    let values: Option<Vec<f64>> = family.parameters.iter().map(|one| value(one.name)).collect();
    let (values, mean) = (values?, value("mean")?);
    // No fit finds larger ones, and powers of these cannot be worked out.
    let is_sound = |value: &f64| value.is_finite() && value.abs() < 1e100;
    if values.iter().chain([&mean]).all(is_sound) { family.law(&values, mean) } else { None }
}
