//! Result files: written to a temporary name and renamed, so that a reader never sees half a file.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::row::Row;

/// How the names of files begin that are not finished.
pub(super) const UNFINISHED: &str = ".unfinished-";

/// Why a result file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file system refused to write.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file system refused to read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is not what the file should hold.
    #[error("cannot read the rows of {}", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: csv::Error,
    },
    /// A manifest is not what it should be.
    #[error("cannot read the manifest {}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A file that was read back says what no command of this program would write.
    #[error("{} is not what it should be: {reason}", path.display())]
    Unsound {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A plot could not be drawn.
    #[error("cannot draw {}: {reason}", path.display())]
    Draw {
        /// Which file.
        path: PathBuf,
        /// What the drawing library said.
        reason: String,
    },
}

/// Writes a file in one piece.
///
/// # Errors
///
/// [`FileError::Write`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_with(path, |out| out.write_all(bytes))
}

/// Writes the CSV file of these rows into a folder; without rows only its header.
///
/// # Errors
///
/// [`FileError::Write`].
pub fn write_rows<R: Row>(folder: &Path, rows: impl IntoIterator<Item = R>) -> Result<(), FileError> {
    write_records(&folder.join(R::FILE), rows)
}

/// Writes a CSV file with a header and a line for each row.
pub(super) fn write_records<R: Row>(path: &Path, rows: impl IntoIterator<Item = R>) -> Result<(), FileError> {
    write_with(path, |out| {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        writer.write_record(R::COLUMNS)?;
        for row in rows {
            writer.serialize(row.filed())?;
        }
        writer.flush()
    })
}

/// Reads every row of such a file.
///
/// # Errors
///
/// [`FileError::Read`] and [`FileError::Row`].
pub fn read_rows<R: Row>(folder: &Path) -> Result<Vec<R>, FileError> {
    let mut rows = Vec::new();
    each_row(folder, |row| rows.push(row))?;
    Ok(rows)
}

/// Reads such a file row by row: those of thousands of parts need much room.
pub(super) fn each_row<R: Row>(folder: &Path, mut take: impl FnMut(R)) -> Result<(), FileError> {
    let path = folder.join(R::FILE);
    let file = fs::File::open(&path).map_err(|source| FileError::Read { path: path.clone(), source })?;
    for (number, row) in csv::Reader::from_reader(io::BufReader::new(file)).into_deserialize().enumerate() {
        let row: R = row.map_err(|source| FileError::Row { path: path.clone(), source })?;
        if row.numbers().iter().flatten().any(|number| number.is_nan()) {
            let why = format!("row {} has \"nan\" for a number", number + 1);
            return Err(FileError::Row { path, source: io::Error::other(why).into() });
        }
        take(row);
    }
    Ok(())
}

/// Removes what an earlier run has left under this name, if anything.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Writes a file under a temporary name in the same folder, which is made where needed, and renames it; a pipe or a
/// device is written through.
pub(crate) fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FileError> {
    let whole = || {
        let mut file = match target(path) {
            Target::File(path) => Sink::Replaced(temporary(&path)?, path),
            Target::Through => Sink::Open(through(path)?),
        };
        let mut out = BufWriter::new(file.file());
        fill(&mut out)?;
        out.flush()?;
        drop(out);
        if let Sink::Replaced(file, path) = file {
            file.persist(path)?;
        }
        Ok(())
    };
    whole().map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// What stands under the name of an output.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// A plain file, or nothing yet: a new file takes its place. A link to a file stays what it is.
    File(PathBuf),
    /// A pipe, a device or a link to one: a file in its place would take it from everybody else.
    Through,
}

/// A file that is being written.
enum Sink {
    Replaced(NamedTempFile, PathBuf),
    Open(fs::File),
}

impl Sink {
    fn file(&mut self) -> &mut fs::File {
        match self {
            Self::Replaced(file, _) => file.as_file_mut(),
            Self::Open(file) => file,
        }
    }
}

/// How an output is written.
fn target(path: &Path) -> Target {
    let Ok(own) = fs::symlink_metadata(path) else { return Target::File(path.to_owned()) };
    // A folder under this name is refused when the file is renamed.
    if own.is_file() || own.is_dir() {
        return Target::File(path.to_owned());
    }
    let is_file = fs::metadata(path).is_ok_and(|one| one.is_file());
    // What stands in /dev or /proc is the open file of a process.
    match fs::canonicalize(path) {
        Ok(real) if is_file && !["/dev", "/proc"].iter().any(|one| path.starts_with(one)) => {
            Target::File(real)
        }
        _ => Target::Through,
    }
}

/// Opens what is written through; a link to nothing gets its file.
fn through(path: &Path) -> io::Result<fs::File> {
    let is_there = fs::metadata(path).is_ok();
    fs::OpenOptions::new().append(true).create(!is_there).open(path)
}

/// Puts a finished file where it belongs.
pub(super) fn place(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    match target(path) {
        Target::File(path) => {
            file.persist(path)?;
        }
        Target::Through => {
            io::copy(&mut file.reopen()?, &mut through(path)?)?;
            file.flush()?;
        }
    }
    Ok(())
}

/// Writes a file in one piece that is still there, and whole, when the machine stops at once.
pub(super) fn write_durable(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let whole = || {
        let mut file = temporary(path)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The new name is in the folder, which has to reach the disk as well.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    whole().map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// An empty file beside `path`, with its extension, readable like any file of the user.
///
/// It is locked while this process lives, so that no other takes it for one that was left behind.
pub(super) fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let suffix = path.extension().map(|one| format!(".{}", one.to_string_lossy())).unwrap_or_default();
    loop {
        let mut builder = Builder::new();
        builder.prefix(UNFINISHED).suffix(&suffix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        // Where files cannot be locked, nothing is ever taken for left behind either.
        let _ = file.as_file().try_lock();
        if file.path().exists() {
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::row::RunRow;

    #[test]
    fn numbers_read_back_to_fifteen_digits() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("deep/er");
        let values = [0.1 + 0.2, 1e-300, 5e-324, 123_456_789.012_345_67, 1.0 / 3.0, 1e21, -0.0];
        let rows = values.map(|value| RunRow {
            run: 0,
            scope: "client.\"a, b\"".to_owned(),
            metric: "goodput".to_owned(),
            unit: "1/s".to_owned(),
            value: Some(value),
        });
        write_rows(&deep, rows.clone()).unwrap();
        let back: Vec<RunRow> = read_rows(&deep).unwrap();
        for (one, row) in values.iter().zip(&back) {
            let error = (one - row.value.unwrap()).abs();
            assert!(error <= 5e-15 * one.abs(), "{one} {row:?}");
        }
        assert_eq!(back[0].scope, rows[0].scope);
        assert!(!fs::read_to_string(deep.join("runs.csv")).unwrap().contains("-0"), "a zero has no sign");
        remove(&deep.join("none.csv")).unwrap();
        let names: Vec<_> = fs::read_dir(&deep).unwrap().collect();
        assert_eq!(names.len(), 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_through_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let read = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        write_file(&pipe, b"through").unwrap();
        assert_eq!(read.join().unwrap(), "through");
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_file(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let nowhere = folder.path().join("nowhere");
        std::os::unix::fs::symlink(folder.path().join("later"), &nowhere).unwrap();
        write_file(&nowhere, b"made").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("later")).unwrap(), "made");
        let (null, out) = (Path::new("/dev/null"), Path::new("/dev/stdout"));
        assert_eq!((target(null), target(out)), (Target::Through, Target::Through));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write_file(&file, b"x").unwrap();
        let error = write_file(&file.join("below.csv"), b"x").unwrap_err();
        assert!(error.to_string().contains("below.csv"), "{error}");
    }
}
