//! The text of a scenario, read in bounded memory, and where the files that it names are looked for.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Most bytes of a scenario file.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A text and what messages call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as the user wrote it, `<stdin>`, or the override.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Where files that a scenario names are looked for, in this order; never above any of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Folders: that of the scenario, then each data folder.
    pub folders: Vec<PathBuf>,
}

impl Places {
    /// The folder of a scenario (the current one for standard input), then the data folders.
    pub fn new(scenario: &Path, data: &[PathBuf]) -> Self {
        let beside = scenario.parent().filter(|folder| !folder.as_os_str().is_empty());
        let beside = beside.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        Self { folders: std::iter::once(beside).chain(data.iter().cloned()).collect() }
    }
}

/// Why the text of a scenario cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no file \"{name}\"{near}", near = meant(near.as_deref()))]
    Missing {
        /// What was asked for.
        name: String,
        /// A file that may be meant.
        near: Option<String>,
    },
    /// It is a folder.
    #[error("\"{name}\" is a folder, not a scenario file")]
    Folder {
        /// What was asked for.
        name: String,
    },
    /// It is longer than any scenario should be.
    #[error("\"{name}\" is longer than {BYTES_MAX} bytes, the most a scenario may have")]
    TooLong {
        /// What was asked for.
        name: String,
    },
    /// It is not text.
    #[error("\"{name}\" is not UTF-8 text: byte {byte}, in line {line}, does not belong to a character")]
    NotText {
        /// What was asked for.
        name: String,
        /// The first byte that is wrong, from 1.
        byte: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// The system could not read it.
    #[error("\"{name}\" cannot be read: {cause}")]
    Unreadable {
        /// What was asked for.
        name: String,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
}

/// Reads a scenario file, or `stdin` where the path is `-`.
///
/// # Errors
///
/// See [`SourceError`].
pub fn read(path: &Path, stdin: &mut dyn Read) -> Result<Source, SourceError> {
    if path.as_os_str() == "-" {
        return read_text("<stdin>".to_owned(), stdin);
    }
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(SourceError::Folder { name });
    }
    match File::open(path) {
        Ok(mut file) => read_text(name, &mut file),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            Err(SourceError::Missing { near: near(path), name })
        }
        Err(cause) => Err(SourceError::Unreadable { name, cause }),
    }
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"))
}

/// Most names of a folder that are looked through for one that may be meant.
const NAMES_MAX: usize = 10_000;

/// A file whose name is near that of a missing one: in its folder, then in that of the scenarios that are shipped.
fn near(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folders = [beside.unwrap_or(Path::new(".")), Path::new("scenarios")];
    folders.into_iter().find_map(|folder| near_in(folder, wanted)).map(|path| path.display().to_string())
}

fn near_in(folder: &Path, wanted: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.take(NAMES_MAX).flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_toml(name)).collect();
    // A folder lists its files in no order.
    names.sort_unstable();
    let with_ending = if is_toml(wanted) { wanted.to_owned() } else { format!("{wanted}.toml") };
    let name = crate::document::nearest(&with_ending, names.iter().map(String::as_str))?;
    Some(if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) })
}

fn is_toml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "toml")
}

/// Never holds more than the limit and one byte, however long the input is.
fn read_text(name: String, input: &mut dyn Read) -> Result<Source, SourceError> {
    let mut bytes = Vec::new();
    if let Err(cause) = input.take(BYTES_MAX + 1).read_to_end(&mut bytes) {
        return Err(SourceError::Unreadable { name, cause });
    }
    if bytes.len() as u64 > BYTES_MAX {
        return Err(SourceError::TooLong { name });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(wrong) => {
            let byte = wrong.utf8_error().valid_up_to();
            let line = wrong.as_bytes()[..byte].split(|one| *one == b'\n').count();
            Err(SourceError::NotText { name, byte: byte + 1, line })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_input_is_refused_without_reading_it_all() {
        let error = read(Path::new("-"), &mut io::repeat(b'#')).unwrap_err();
        assert!(matches!(error, SourceError::TooLong { .. }), "{error}");
        let longest = read(Path::new("-"), &mut io::repeat(b'#').take(BYTES_MAX)).unwrap();
        assert_eq!(longest.text.len() as u64, BYTES_MAX);
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_named() {
        let error = read(Path::new("-"), &mut &b"a = 1\nb = \"\xff\""[..]).unwrap_err();
        assert!(matches!(error, SourceError::NotText { byte: 12, line: 2, .. }), "{error}");
    }

    #[test]
    fn folders_and_missing_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = &mut io::empty();
        assert!(matches!(read(folder.path(), nothing), Err(SourceError::Folder { .. })));
        assert!(matches!(read(&folder.path().join("a.toml"), nothing), Err(SourceError::Missing { .. })));
        std::fs::write(folder.path().join("a.toml"), "x").unwrap();
        assert_eq!(read(&folder.path().join("a.toml"), nothing).unwrap().text, "x");
    }
}
