//! Where results come from: enough to make them again, and nothing that differs between machines.

use std::fmt::{self, Write};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::folder::{FileError, write_file};

/// Name of the file in a results folder.
const FILE: &str = "manifest.json";

/// What `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program.
    pub version: String,
    /// Name of the scenario.
    pub name: String,
    /// The scenario file, without overrides.
    pub scenario: String,
    /// SHA-256 of that text.
    pub scenario_sha256: String,
    /// Where all random numbers come from.
    pub seed: u64,
    /// Finished runs.
    pub runs: u32,
    /// Runs that were asked for; more than `runs` when the user stopped them.
    pub runs_planned: u32,
    /// Length of the discarded start, where it was found from the number in system \[s\].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transient_found_s: Option<f64>,
    /// Values that were set, in order.
    pub overrides: Vec<Setting>,
    /// Digest of the workload of each run.
    pub workloads: Vec<String>,
    /// The command that makes the same results again.
    pub command: String,
}

/// A value that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Where.
    pub path: String,
    /// What.
    pub value: String,
}

impl Manifest {
    /// Writes it into a results folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        let path = folder.join(FILE);
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|source| FileError::Manifest { path: path.clone(), source })?;
        text.push('\n');
        write_file(&path, text.as_bytes())
    }

    /// Reads that of a results folder.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] and [`FileError::Manifest`].
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        let text = fs::read(&path).map_err(|source| FileError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| FileError::Manifest { path, source })
    }
}

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// An input whose SHA-256 is known once it is read.
pub struct Hashed<R> {
    input: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    /// Nothing is read yet.
    pub fn new(input: R) -> Self {
        Self { input, hash: Sha256::new() }
    }

    /// SHA-256 of what was read, in hexadecimal.
    pub fn sha256(self) -> String {
        hexadecimal(&self.hash.finalize())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

impl<R> fmt::Debug for Hashed<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hashed")
    }
}

/// The command that makes results again, whatever shell it is pasted into: every doubtful argument is quoted.
pub fn command(scenario: &str, seed: u64, runs: u32, overrides: &[Setting]) -> String {
    let mut words = vec!["ninefold".to_owned(), "run".to_owned(), quoted(scenario)];
    for one in overrides {
        words.push("--set".to_owned());
        words.push(quoted(&format!("{}={}", one.path, one.value)));
    }
    words.push(format!("--seed {seed} --runs {runs}"));
    words.join(" ")
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "._-/=+:,".contains(one);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_command_survives_a_shell() {
        let set = Setting { path: "service.s.demand".to_owned(), value: "it's \"5ms\"".to_owned() };
        assert_eq!(
            command("my shop.toml", 7, 10, &[set]),
            "ninefold run 'my shop.toml' --set 'service.s.demand=it'\\''s \"5ms\"' --seed 7 --runs 10"
        );
        assert_eq!(command("-", 1, 2, &[]), "ninefold run - --seed 1 --runs 2");
    }

    #[test]
    fn a_manifest_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            version: "0.1.0".to_owned(),
            name: "shop".to_owned(),
            scenario: "name = \"shop\"\n".to_owned(),
            scenario_sha256: sha256("name = \"shop\"\n"),
            seed: u64::MAX,
            runs: 3,
            runs_planned: 10,
            transient_found_s: Some(90.5),
            overrides: vec![Setting { path: "run.horizon".to_owned(), value: "\"1h\"".to_owned() }],
            workloads: vec!["00ff".to_owned()],
            command: "ninefold run shop.toml".to_owned(),
        };
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        assert!(matches!(Manifest::read(&folder.path().join("none")), Err(FileError::Read { .. })));
    }
}
