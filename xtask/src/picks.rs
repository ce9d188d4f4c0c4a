//! `cargo xtask picks`: how long each balancing policy takes to pick, by the benchmark of the same name.

use crate::command::{self, cargo};
use crate::failure::Failure;
use crate::place;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// One figure: the middle and the interval (95 %) of the mean, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Figure {
    mean: f64,
    low: f64,
    high: f64,
}

/// Figures by policy and fleet.
type Figures = BTreeMap<String, BTreeMap<Fleet, Figure>>;

/// A fleet that is picked from: ordered by size, then by what else is said of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fleet {
    size: u64,
    label: String,
}

/// Runs the benchmark and prints its table.
pub(crate) fn picks() -> Result<(), Failure> {
    let results = place::target()?.join("criterion");
    // Figures of policies that are gone would stay.
    if results.exists() {
        std::fs::remove_dir_all(&results).map_err(|error| Failure::file(&results, error))?;
    }
    eprintln!("measuring, which takes some minutes");
    command::output(cargo(["bench", "--bench", "picks"]))?;
    let mut figures = Figures::new();
    collect(&results, &mut figures)?;
    print!("{}", table(&figures));
    Ok(())
}

/// Reads the results in a folder and all below it.
fn collect(folder: &Path, figures: &mut Figures) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(folder, error))?.path();
        if path.is_dir() && !path.join("new").join("benchmark.json").is_file() {
            collect(&path, figures)?;
        } else if path.is_dir() {
            let (name, fleet, figure) = figure(&path.join("new"))?;
            figures.entry(name).or_default().insert(fleet, figure);
        }
    }
    Ok(())
}

fn figure(folder: &Path) -> Result<(String, Fleet, Figure), Failure> {
    let read = |name: &str| -> Result<serde_json::Value, Failure> {
        let path = folder.join(name);
        let text = place::read(&path)?;
        serde_json::from_str(&text).map_err(|error| Failure::content(&path.display(), &error))
    };
    let (what, estimates) = (read("benchmark.json")?, read("estimates.json")?);
    let mean = &estimates["mean"];
    let interval = &mean["confidence_interval"];
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
    let label = what["value_str"].as_str().unwrap_or_default().to_owned();
    let size = label.split(',').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok((
        what["group_id"].as_str().unwrap_or_default().to_owned(),
        Fleet { size, label },
        Figure {
            mean: number(&mean["point_estimate"]),
            low: number(&interval["lower_bound"]),
            high: number(&interval["upper_bound"]),
        },
    ))
}

/// One line for each policy, one column for each fleet.
fn table(figures: &Figures) -> String {
    let fleets: BTreeSet<&Fleet> = figures.values().flat_map(BTreeMap::keys).collect();
    let mut text = format!("nanoseconds per pick, mean (95 % interval)\n{:<46}", "policy");
    for fleet in &fleets {
        let _ = write!(text, " {:>24}", fleet.label);
    }
    for (name, row) in figures {
        let _ = write!(text, "\n{name:<46}");
        for fleet in &fleets {
            let cell = row.get(*fleet).map_or_else(
                || "-".to_owned(),
                |Figure { mean, low, high }| format!("{mean:.0} ({low:.0} to {high:.0})"),
            );
            let _ = write!(text, " {cell:>24}");
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_and_stand_in_order_of_size() -> Result<(), Failure> {
        let folder = place::scratch()?;
        for (label, mean) in [("1000", 120.0), ("3", 9.0), ("1000, one in ten down", 300.0)] {
            let new = folder.path().join("some policy").join(label).join("new");
            let what = serde_json::json!({ "group_id": "some policy", "value_str": label });
            let interval = serde_json::json!({ "lower_bound": mean - 1.0, "upper_bound": mean + 1.0 });
            let mean = serde_json::json!({ "point_estimate": mean, "confidence_interval": interval });
            place::write(&new.join("benchmark.json"), what.to_string())?;
            place::write(&new.join("estimates.json"), serde_json::json!({ "mean": mean }).to_string())?;
        }
        let mut figures = Figures::new();
        collect(folder.path(), &mut figures)?;
        let text = table(&figures);
        let places: Vec<Option<usize>> =
            ["9 (8 to 10)", "120 (119 to 121)", "300 (299 to 301)"].map(|part| text.find(part)).to_vec();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        Ok(())
    }
}
