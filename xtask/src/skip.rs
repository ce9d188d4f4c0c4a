//! What could not be done on this machine: said at once, and again at the end where it is seen.

/// The parts of a task that were skipped.
#[derive(Debug, Default)]
pub(crate) struct Skips(Vec<String>);

impl Skips {
    /// Skips a part, saying what is missing.
    pub(crate) fn add(&mut self, part: &str, missing: &str) {
        let line = format!("SKIPPED {part}: {missing}");
        eprintln!("{line}");
        self.0.push(line);
    }

    /// Adds what was skipped, and said, elsewhere.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Says again what was skipped.
    pub(crate) fn repeat(&self) {
        if !self.0.is_empty() {
            eprintln!("\nNot everything was done:");
            self.0.iter().for_each(|line| eprintln!("  {line}"));
        }
    }
}
