//! Recorded durations against the laws that were fitted to them.

mod cdf;
mod quantile;

use std::path::Path;

use crate::experiment::fit::{Family, Law};
use crate::output::folder::{FileError, read_rows};
use crate::output::row::{DurationRow, FitRow};

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
        Ok(Self { title: title.to_owned(), laws, durations: read_rows(folder)? })
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
    family.law(&values?, value("mean")?)
}
