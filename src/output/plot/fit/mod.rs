//! Recorded durations against the laws that were fitted to them.

mod cdf;
mod quantile;

use std::io;
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
        let path = folder.join(DurationRow::FILE);
        let wrong = |why: &str| FileError::Row { path: path.clone(), source: io::Error::other(why).into() };
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        for row in &durations {
            if !(row.duration_s.is_finite() && row.duration_s > 0.0) {
                return Err(wrong("duration_s holds what is no duration above 0"));
            }
            if !(is_share(row.share_below) && is_share(row.share_within)) {
                return Err(wrong("share_below or share_within is no share from 0 to 1"));
            }
        }
        if !durations.is_sorted_by(|one, other| one.duration_s <= other.duration_s) {
            return Err(wrong("the durations do not rise"));
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
    let value = |name: &str| {
        let row = rows.iter().find(|row| row.quantity == name)?;
        row.value.filter(|value| value.is_finite())
    };
    let values: Option<Vec<f64>> = family.parameters.iter().map(|one| value(one.name)).collect();
    let (values, mean) = (values?, value("mean")?);
    // No fit finds larger ones, and powers of these cannot be worked out.
    let is_sound = |value: &f64| value.is_finite() && value.abs() < 1e100;
    if values.iter().chain([&mean]).all(is_sound) { family.law(&values, mean) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_somebody_changed_is_read_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let laws = "law,quantity,unit,value,ci_low,ci_high,confidence\nexponential,mean,s,,,,\n\
                    weibull,shape,1,0.5,,,\nweibull,mean,s,9,,,\n";
        std::fs::write(folder.path().join("fit.csv"), laws).unwrap();
        let read = |rows: &str| {
            let text = format!("duration_s,ended,censored,share_below,share_within\n{rows}");
            std::fs::write(folder.path().join("durations.csv"), text).unwrap();
            FitSheet::read(folder.path(), "t")
        };
        let sheet = read("1,1,0,0,0.5\n2,1,0,0.5,1\n").unwrap();
        assert_eq!(sheet.laws.len(), 1);
        assert!(Quantiles::new(&sheet).is_some() && Cdf::new(&sheet).is_some());
        let changed = laws.replace("0.5", "nan");
        std::fs::write(folder.path().join("fit.csv"), changed).unwrap();
        assert!(matches!(read("1,1,0,0,1\n"), Err(FileError::Row { .. })));
        std::fs::write(folder.path().join("fit.csv"), laws).unwrap();
        for rows in [
            "1,1,0,nan,0.5\n",
            "nan,1,0,0,1\n",
            "inf,1,0,0,1\n",
            "1,1,0,0,2\n",
            "0,1,0,0,1\n",
            "2,1,0,0,1\n1,1,0,0,1\n",
        ] {
            assert!(matches!(read(rows), Err(FileError::Row { .. })), "{rows}");
        }
    }
}
