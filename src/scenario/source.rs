//! The text of a scenario, read in bounded memory, and where the files that it names are looked for.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::input::{self, Refusal};

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

    /// Whether a canonical path lies in one of the folders.
    pub(super) fn hold(&self, path: &Path) -> bool {
        self.folders
            .iter()
            .filter_map(|folder| fs::canonicalize(folder).ok())
            .any(|folder| path.starts_with(folder))
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
    /// It is a pipe or a device.
    #[error("\"{name}\" is a {kind}, not a regular file: the path \"-\" reads standard input")]
    Special {
        /// What was asked for.
        name: String,
        /// What it is.
        kind: &'static str,
    },
    /// A symbolic link leads out of the folders in which files are looked up.
    #[error(
        "a symbolic link leads from \"{name}\" out of its folder: allow the folder that it leads to with --data"
    )]
    Link {
        /// What was asked for.
        name: String,
    },
    /// A file that another one names is no scenario.
    #[error("\"{name}\" is no scenario: it is not TOML with a section [run]")]
    NoScenario {
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

/// Reads a scenario file, or `stdin` where the path is `-`. A file that is a symbolic link has to lie in one of the
/// folders of `places`.
///
/// # Errors
///
/// See [`SourceError`].
pub fn read(path: &Path, places: &Places, stdin: &mut dyn Read) -> Result<Source, SourceError> {
    if path.as_os_str() == "-" {
        return read_text("<stdin>".to_owned(), stdin);
    }
    let name = path.display().to_string();
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
        && fs::canonicalize(path).is_ok_and(|real| !places.hold(&real))
    {
        return Err(SourceError::Link { name });
    }
    match input::open(path, BYTES_MAX) {
        Ok(mut file) => read_text(name, &mut file),
        Err(refusal) => Err(refused(path, name, refusal)),
    }
}

/// Reads the scenario that a file in `folder` names, which may lie elsewhere, but is then a scenario: the text of a
/// file that somebody else only points at is not shown in messages.
///
/// # Errors
///
/// See [`SourceError`].
pub fn read_named(folder: &Path, named: &str, places: &Places) -> Result<Source, SourceError> {
    let path = folder.join(named);
    let name = path.display().to_string();
    let mut way = folder.to_path_buf();
    let mut is_link = false;
    let mut leads_out = false;
    for part in Path::new(named).components() {
        way.push(part);
        is_link |= fs::symlink_metadata(&way).is_ok_and(|found| found.is_symlink());
        leads_out |= !matches!(part, Component::Normal(_) | Component::CurDir);
    }
    if is_link && fs::canonicalize(&path).is_ok_and(|real| !places.hold(&real)) {
        return Err(SourceError::Link { name });
    }
    let source = match input::open(&path, BYTES_MAX) {
        Ok(mut file) => read_text(name, &mut file)?,
        Err(refusal) => return Err(refused(&path, name, refusal)),
    };
    let is_scenario = |text: &str| text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("run"));
    if leads_out && !is_scenario(&source.text) {
        return Err(SourceError::NoScenario { name: source.name });
    }
    Ok(source)
}

/// Why a scenario is not read.
fn refused(path: &Path, name: String, refusal: Refusal) -> SourceError {
    match refusal {
        Refusal::Missing => SourceError::Missing { near: near(path), name },
        Refusal::Folder => SourceError::Folder { name },
        Refusal::Special { kind } => SourceError::Special { name, kind },
        Refusal::TooLong { .. } => SourceError::TooLong { name },
        Refusal::System(cause) => SourceError::Unreadable { name, cause },
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
    let bytes = match input::all_bytes(input, BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(Refusal::System(cause)) => return Err(SourceError::Unreadable { name, cause }),
        Err(_) => return Err(SourceError::TooLong { name }),
    };
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
        let error = read(Path::new("-"), &Places::default(), &mut io::repeat(b'#')).unwrap_err();
        assert!(matches!(error, SourceError::TooLong { .. }), "{error}");
        let longest =
            read(Path::new("-"), &Places::default(), &mut io::repeat(b'#').take(BYTES_MAX)).unwrap();
        assert_eq!(longest.text.len() as u64, BYTES_MAX);
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_named() {
        let error = read(Path::new("-"), &Places::default(), &mut &b"a = 1\nb = \"\xff\""[..]).unwrap_err();
        assert!(matches!(error, SourceError::NotText { byte: 12, line: 2, .. }), "{error}");
    }

    #[test]
    fn folders_and_missing_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = &mut io::empty();
        let read = |path: &Path, input: &mut io::Empty| read(path, &Places::default(), input);
        assert!(matches!(read(folder.path(), nothing), Err(SourceError::Folder { .. })));
        assert!(matches!(read(&folder.path().join("a.toml"), nothing), Err(SourceError::Missing { .. })));
        std::fs::write(folder.path().join("a.toml"), "x").unwrap();
        assert_eq!(read(&folder.path().join("a.toml"), nothing).unwrap().text, "x");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_out_and_what_is_no_file_are_refused() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (foreign, link) = (outside.path().join("secret"), folder.path().join("a.toml"));
        std::fs::write(&foreign, "root:x:0").unwrap();
        std::os::unix::fs::symlink(&foreign, &link).unwrap();
        let read = |places: &Places| read(&link, places, &mut io::empty());
        let error = read(&Places::new(&link, &[])).unwrap_err();
        assert!(matches!(error, SourceError::Link { .. }) && !error.to_string().contains("root"), "{error}");
        let allowed = Places::new(&link, &[outside.path().to_owned()]);
        assert_eq!(read(&allowed).unwrap().text, "root:x:0");
        let device = super::read(Path::new("/dev/zero"), &Places::default(), &mut io::empty());
        assert!(matches!(device, Err(SourceError::Special { kind: "device", .. })));
    }

    #[test]
    fn what_is_named_from_elsewhere_is_a_scenario() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("secret"), "token = \"x\"").unwrap();
        std::fs::write(folder.path().join("base.toml"), "[run]\nhorizon = \"1h\"").unwrap();
        std::fs::write(inner.join("broken.toml"), "[run").unwrap();
        let read = |named: &str| read_named(&inner, named, &Places::new(&inner.join("a.toml"), &[]));
        assert!(matches!(read("../secret"), Err(SourceError::NoScenario { .. })));
        assert!(read("../base.toml").is_ok() && read("broken.toml").is_ok());
    }
}
