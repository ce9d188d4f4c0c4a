//! Where things are.

use crate::command::{self, cargo};
use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The top folder of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), Path::to_owned)
}

/// Cargo's target folder, wherever the user has put it.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    let answer = command::output(cargo(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&answer).map_err(|error| Failure::content(&"cargo metadata", &error))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| Failure::content(&"cargo metadata", &"no target_directory"))
}

/// What builds the command as it is shipped.
pub(crate) fn release() -> Command {
    cargo(["build", "--release", "--bin", "ninefold"])
}

/// Builds the command as it is shipped and says where it is.
pub(crate) fn ninefold() -> Result<PathBuf, Failure> {
    command::run(&mut release())?;
    Ok(target()?.join("release").join("ninefold"))
}

/// The command as `cargo test` has just built it for the tests that start it: a build of its own would compile the
/// library again, since features of crates that only tests use would be left out.
pub(crate) fn tested_ninefold() -> Result<PathBuf, Failure> {
    let path = target()?.join("debug").join(format!("ninefold{}", std::env::consts::EXE_SUFFIX));
    let problem = "the tests have not built it";
    if path.is_file() { Ok(path) } else { Err(Failure::content(&path.display(), &problem)) }
}

/// A folder that vanishes with the value.
pub(crate) fn scratch() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| Failure::file(&std::env::temp_dir(), error))
}

/// Reads a whole text file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))
}

/// Writes a whole file, making its folder if need be.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    }
    std::fs::write(path, content).map_err(|error| Failure::file(path, error))
}
