//! Files that a stranger may have written: opened only where they are plain files of a bounded size, read row by row
//! in bounded memory, and never shown more of than a message needs.

use std::cell::Cell;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use crate::document::nearest;

/// Most bytes of a data file.
pub(crate) const DATA_BYTES_MAX: u64 = 1 << 30;
/// Most bytes of one row, and what is read ahead of it.
const ROW_BYTES_MAX: u64 = 1 << 20;
/// Most bytes of the name of a unit in a file.
pub(crate) const NAME_BYTES_MAX: usize = 100;
/// Columns that a message lists.
const LISTED_MAX: usize = 20;
/// Characters of a cell or column that a message shows.
const SHOWN_MAX: usize = 40;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is neither a file nor a folder.
    #[error("it is a {kind}, not a regular file")]
    Special {
        /// What it is.
        kind: &'static str,
    },
    /// It is longer than allowed.
    #[error("it is longer than {most} bytes")]
    TooLong {
        /// The most that is allowed.
        most: u64,
    },
    /// The system could not open or read it.
    #[error("{0}")]
    System(#[source] io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::System(error),
        }
    }
}

/// Opens a regular file of at most so many bytes. Nothing is read, and what is no regular file is not even opened,
/// since opening a pipe can wait for ever.
pub(crate) fn open(path: &Path, most: u64) -> Result<File, Refusal> {
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(Refusal::Folder);
    }
    if !found.is_file() {
        return Err(Refusal::Special { kind: kind(found.file_type()) });
    }
    if found.len() > most {
        return Err(Refusal::TooLong { most });
    }
    Ok(File::open(path)?)
}

/// The bytes of a regular file, of which there may be so many.
pub(crate) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Refusal> {
    all_bytes(open(path, most)?, most)
}

/// What is left in an input, of which there may be so many bytes; never more is held.
pub(crate) fn all_bytes(input: impl Read, most: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Refusal::TooLong { most });
    }
    Ok(bytes)
}

#[cfg(unix)]
fn kind(file: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if file.is_fifo() {
        "pipe"
    } else if file.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn kind(_: FileType) -> &'static str {
    "device"
}

/// An input that ends with an error when it or one of its rows is too long.
struct Bounded<R> {
    input: R,
    /// Bytes that may still come.
    left: u64,
    /// Bytes since the last row was complete.
    row: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            return Err(too_long("it is longer than allowed".to_owned()));
        };
        self.left = left;
        self.row.set(self.row.get() + count as u64);
        if self.row.get() > ROW_BYTES_MAX {
            return Err(too_long(format!("a row of it is longer than {ROW_BYTES_MAX} bytes")));
        }
        Ok(count)
    }
}

/// The system refused nothing: what is read is wrong.
fn too_long(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// The rows of a CSV file with a header.
pub(crate) struct Rows<R> {
    reader: csv::Reader<Bounded<R>>,
    row: Rc<Cell<u64>>,
    record: csv::StringRecord,
}

impl<R: Read> Rows<R> {
    /// Starts to read an input of at most so many bytes; blanks around cells are no part of them.
    pub(crate) fn new(input: R, most: u64) -> Self {
        let row = Rc::new(Cell::new(0));
        let bounded = Bounded { input, left: most, row: Rc::clone(&row) };
        let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bounded);
        Self { reader, row, record: csv::StringRecord::new() }
    }

    /// The names of the columns.
    pub(crate) fn header(&mut self) -> Result<csv::StringRecord, csv::Error> {
        self.reader.headers().cloned()
    }

    /// The next row and its line.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &csv::StringRecord)>, csv::Error> {
        self.row.set(0);
        if !self.reader.read_record(&mut self.record)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        Ok(Some((line, &self.record)))
    }
}

/// The place of a column in a header, or what to say where it is not there.
pub(crate) fn place(file: &str, header: &csv::StringRecord, column: &str) -> Result<usize, String> {
    header.iter().position(|name| name == column).ok_or_else(|| {
        let listed = is_table(file) && header.len() <= LISTED_MAX && header.iter().all(is_column_name);
        if !listed {
            return String::new();
        }
        let known = header.iter().collect::<Vec<_>>().join(", ");
        let meant = nearest(column, header.iter());
        let meant = meant.map_or(String::new(), |name| format!("did you mean \"{name}\"? "));
        format!("{meant}it has {known}")
    })
}

/// A cell as messages show it: what is long, or stands in a file that does not call itself a table, may be a secret
/// that a scenario of somebody else only points at.
pub(crate) fn shown(file: &str, cell: &str) -> String {
    let count = cell.chars().count();
    if is_table(file) && count <= SHOWN_MAX && !cell.chars().any(char::is_control) {
        return format!("\"{cell}\"");
    }
    format!("a text of {count} characters")
}

/// Whether a file is called like a table.
fn is_table(file: &str) -> bool {
    let ending = Path::new(file).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ["csv", "tsv"].iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

fn is_column_name(name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || " _-.()[]%/#".contains(letter);
    name.chars().count() <= SHOWN_MAX && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_end_takes_no_memory() {
        // Zeros, as a sparse file holds them, and a quote that is never closed.
        for (first, further) in [("t\n", "\0"), ("t\n\"", "a\n")] {
            let endless = first.as_bytes().chain(Repeated(further.as_bytes()));
            let mut rows = Rows::new(endless, u64::MAX);
            assert_eq!(rows.header().unwrap().len(), 1);
            let error = rows.next().unwrap_err();
            assert!(error.to_string().contains("a row of it is longer than 1048576 bytes"), "{error}");
            assert!(rows.record.as_slice().len() < 1 << 21);
        }
    }

    struct Repeated(&'static [u8]);

    impl Read for Repeated {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.iter_mut().zip(self.0.iter().cycle()).for_each(|(to, from)| *to = *from);
            Ok(buffer.len() / self.0.len() * self.0.len())
        }
    }

    #[test]
    fn many_rows_may_be_longer_than_one() {
        let text = format!("t\n{}", "12345678\n".repeat(300_000));
        let mut rows = Rows::new(text.as_bytes(), u64::MAX);
        let mut count = 0;
        while rows.next().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 300_000);
        let mut rows = Rows::new(text.as_bytes(), 1_000);
        let error =
            std::iter::from_fn(|| rows.next().map(|row| row.map(|_| ())).transpose()).find_map(Result::err);
        assert!(error.unwrap().to_string().contains("longer than allowed"));
    }

    #[test]
    fn only_regular_files_of_a_bounded_size_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        assert!(matches!(open(&file, 9), Err(Refusal::Missing)));
        assert!(matches!(open(folder.path(), 9), Err(Refusal::Folder)));
        fs::write(&file, "0123456789").unwrap();
        assert!(matches!(open(&file, 9), Err(Refusal::TooLong { most: 9 })));
        assert_eq!(bytes(&file, 10).unwrap(), b"0123456789");
        #[cfg(unix)]
        assert!(matches!(open(Path::new("/dev/zero"), 9), Err(Refusal::Special { kind: "device" })));
    }

    #[test]
    fn messages_show_cells_of_tables_and_nothing_else() {
        assert_eq!(shown("a.csv", "soon"), "\"soon\"");
        assert_eq!(shown("passwd", "root:x:0"), "a text of 8 characters");
        assert_eq!(shown("a.csv", &"x".repeat(41)), "a text of 41 characters");
        let header = |names: &[&str]| csv::StringRecord::from(names.to_vec());
        assert_eq!(place("a.csv", &header(&["t", "u"]), "u"), Ok(1));
        let found = place("a.csv", &header(&["node", "down"]), "nod").unwrap_err();
        assert_eq!(found, "did you mean \"node\"? it has node, down");
        assert_eq!(place("passwd", &header(&["root"]), "t"), Err(String::new()));
        assert_eq!(place("a.csv", &header(&["root:x:0"]), "t"), Err(String::new()));
    }
}
