//! Why durations cannot be read.

use std::io;

use super::read::ROWS_MAX;
use crate::analysis::fit::Unusable;

/// Why durations cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is no CSV file, or the system refuses.
    #[error("cannot read {file}")]
    Csv {
        /// The file.
        file: String,
        /// Why.
        source: csv::Error,
    },
    /// There is no such column.
    #[error("{file} has no column \"{column}\"{}{help}", if help.is_empty() { "" } else { ": " })]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The nearest name and all others.
        help: String,
    },
    /// A value is not what it should be.
    #[error("{file}:{line}: column \"{column}\" holds {text}, {why}")]
    Value {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What stands there, as far as it is shown.
        text: String,
        /// Why it cannot, and what should.
        why: String,
    },
    /// An option gives a number where the file has dates, or the other way round.
    #[error("{file} holds {}, and an option gives {}", if *is_number { "numbers" } else { "dates" }, if *is_number { "a date" } else { "a number" })]
    Clock {
        /// The file.
        file: String,
        /// Whether its instants are numbers.
        is_number: bool,
    },
    /// There are more rows than anybody needs.
    #[error("{file} has more than {ROWS_MAX} durations")]
    TooMany {
        /// The file.
        file: String,
    },
    /// Something ended before it began.
    #[error("{file}:{line}: it ends at {ended}, before it begins at {began}")]
    Order {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// When it began.
        began: String,
        /// When it ended.
        ended: String,
    },
    /// Every row is passed over.
    #[error("no row of {file} is wanted")]
    Empty {
        /// The file.
        file: String,
    },
    /// There are durations of zero, and nobody said what they mean.
    #[error(
        "{count} durations in {file} are zero (the first in line {line}), which no law can be fitted to: \
         --zeros drop leaves them out, --zeros 30s takes each for that long"
    )]
    Zeros {
        /// The file.
        file: String,
        /// How many.
        count: u64,
        /// The line of the first.
        line: u64,
    },
    /// There is nothing to fit a law to.
    #[error("nothing can be fitted to column \"{column}\" of {file}")]
    Unusable {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Why.
        source: Unusable,
    },
}

impl ReadError {
    /// Whether the system refused, so that nothing in the file is wrong.
    pub fn is_environment(&self) -> bool {
        let Self::Csv { source, .. } = self else { return false };
        matches!(source.kind(), csv::ErrorKind::Io(why) if why.kind() != io::ErrorKind::InvalidData)
    }
}
