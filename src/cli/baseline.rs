//! Baselines: results that are kept beside those of a scenario, under a name.

use std::path::{Path, PathBuf};

use super::{Failure, Streams};
use crate::experiment::Outcome;
use crate::experiment::compare::Baseline;
use crate::output::comparison::files;
use crate::output::manifest::Manifest;
use crate::scenario::{Scenario, file_name};

/// Refuses a name that could not be the name of a folder everywhere.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if file_name::check(name).is_ok() && name.chars().all(is_plain) {
        return Ok(());
    }
    let message = format!(
        "{name:?} cannot name a baseline: expected at most 100 letters, digits, \"-\", \"_\" and \".\", no dot first"
    );
    Err(Failure::Usage { message })
}

/// Keeps results below their folder.
pub(super) fn save(
    results: &Path,
    name: &str,
    (scenario, outcome): (&Scenario, &Outcome),
    manifest: &Manifest,
) -> Result<(), Failure> {
    let folder = place(results, name);
    files::save_baseline(&folder, &Baseline::new(name, scenario, outcome))?;
    Ok(manifest.write(&folder)?)
}

/// Finds a baseline by its name, beside the results of a scenario, or by its folder.
pub(super) fn load(name: &str, scenario: &str, streams: &mut Streams<'_>) -> Result<Baseline, Failure> {
    let is_folder = name.contains(std::path::is_separator);
    if !is_folder {
        check_name(name)?;
    }
    let folder =
        if is_folder { PathBuf::from(name) } else { place(&Path::new("results").join(scenario), name) };
    if !folder.is_dir() {
        let message = format!(
            "there is no baseline in {}: `ninefold run SCENARIO --save-baseline {}` saves one",
            folder.display(),
            if is_folder { "NAME" } else { name }
        );
        return Err(Failure::Usage { message });
    }
    let Some(mut baseline) = files::read_baseline(&folder)? else {
        let message = format!(
            "the baseline in {} is of another version of this program: save it again",
            folder.display()
        );
        return Err(Failure::Usage { message });
    };
    if baseline.scenario != scenario {
        streams.say(&format!("note: the baseline is of \"{}\", not of \"{scenario}\"", baseline.scenario));
    }
    baseline.label = format!("baseline {}", baseline.label);
    Ok(baseline)
}

/// Where the baseline of a name is, beside the results of a scenario.
pub(super) fn place(results: &Path, name: &str) -> PathBuf {
    results.join("baselines").join(name)
}
