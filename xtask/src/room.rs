//! `cargo xtask test ROOM`: the unit tests of one room, in a build that is ready soon after a change.

use crate::command::{cargo, run};
use crate::failure::Failure;
use crate::place;
use std::collections::BTreeMap;
use std::path::Path;

/// How alike a name must be, from 0 to 1, to be offered in place of an unknown one.
const ALIKE: f64 = 0.8;

/// Most names that are offered.
const OFFERED: usize = 8;

/// Runs the unit tests of a room: a folder or file of `src`, or its path of modules.
pub(crate) fn test(name: &str) -> Result<(), Failure> {
    let rooms = Rooms::read(&place::root().join("src"))?;
    let path = rooms.find(name)?;
    let mut tests = cargo(["test", "--profile", "quick", "--package", "ninefold", "--lib", "--"]);
    tests.arg(format!("{path}::"));
    for other in rooms.of_the_same_name(&path) {
        tests.args(["--skip", &other]);
    }
    run(tests.env("PROPTEST_RNG_SEED", "9"))
}

/// The modules of the library by their paths, such as `model::balancing`: whether tests stand in them or below.
struct Rooms(BTreeMap<String, bool>);

impl Rooms {
    fn read(source: &Path) -> Result<Self, Failure> {
        let mut rooms = Self(BTreeMap::new());
        rooms.gather(source, "")?;
        Ok(rooms)
    }

    /// Adds what a folder has; whether there are tests in it.
    fn gather(&mut self, folder: &Path, above: &str) -> Result<bool, Failure> {
        let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, error))?;
        let mut is_tested = false;
        for entry in entries {
            let path = entry.map_err(|error| Failure::file(folder, error))?.path();
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            let module = if above.is_empty() { name.to_owned() } else { format!("{above}::{name}") };
            let has_tests = if path.is_dir() {
                self.gather(&path, &module)?
            } else {
                path.extension().is_some_and(|end| end == "rs") && place::read(&path)?.contains("#[test]")
            };
            is_tested |= has_tests;
            if !["mod", "lib", "main"].contains(&name) {
                *self.0.entry(module).or_default() |= has_tests;
            }
        }
        Ok(is_tested)
    }

    /// The path of modules that a name means.
    fn find(&self, name: &str) -> Result<String, Failure> {
        let path = name.trim_end_matches('/');
        let path = path.strip_prefix("src/").unwrap_or(path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        let path = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
        match self.0.get(&path) {
            Some(true) => Ok(path),
            Some(false) => Err(Failure::usage(&format!("there is no unit test in the room \"{name}\""))),
            None => Err(Failure::usage(&format!("no room is called \"{name}\"{}", self.near(&path)))),
        }
    }

    /// Rooms whose names are like an unknown one, the likest first; without any, those at the top.
    fn near(&self, path: &str) -> String {
        let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
        let likeness = |room: &String| {
            let whole = strsim::jaro_winkler(room, path);
            // The last name alone says more than the way to it.
            f64::max(
                whole,
                if last(room) == last(path) { 1.0 } else { strsim::jaro_winkler(&last(room), path) },
            )
        };
        let tested = self.0.iter().filter(|(_, is_tested)| **is_tested).map(|(room, _)| room);
        let mut alike: Vec<(f64, &String)> = tested.clone().map(|room| (likeness(room), room)).collect();
        alike.retain(|(likeness, _)| *likeness > ALIKE);
        let depth = |room: &String| room.matches("::").count();
        alike.sort_by(|one, other| other.0.total_cmp(&one.0).then(depth(one.1).cmp(&depth(other.1))));
        let mut offered: Vec<&String> = alike.iter().map(|(_, room)| *room).take(OFFERED).collect();
        if offered.is_empty() {
            offered = tested.filter(|room| !room.contains("::")).collect();
        }
        let offered: Vec<String> = offered.iter().map(|room| room.replace("::", "/")).collect();
        format!("; near it: {}", offered.join(", "))
    }

    /// Rooms below others that have the same path at their end, so that the test runner would take them along: it looks
    /// for a text anywhere in the name of a test.
    fn of_the_same_name(&self, path: &str) -> Vec<String> {
        let end = format!("::{path}");
        self.0.keys().filter(|room| room.ends_with(&end)).map(|room| format!("{room}::")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms() -> Rooms {
        Rooms::read(&place::root().join("src")).expect("the sources are there")
    }

    #[test]
    fn a_room_is_named_as_a_folder_a_file_or_a_module() {
        for name in [
            "model/balancing",
            "model::balancing",
            "src/model/balancing",
            "src/model/balancing/",
            "src/model/balancing/mod.rs",
        ] {
            assert_eq!(rooms().find(name).expect(name), "model::balancing");
        }
        assert_eq!(rooms().find("src/units.rs").expect("a file"), "units");
        assert_eq!(rooms().find("analysis").expect("a room at the top"), "analysis");
    }

    #[test]
    fn an_unknown_room_is_an_error_that_names_near_ones() {
        let said = |name: &str| rooms().find(name).expect_err(name).to_string();
        assert!(said("balancing").contains("no room is called \"balancing\"; near it: model/balancing"));
        assert!(said("model/balencing").contains("model/balancing"));
        assert!(said("analisys").contains("near it: analysis"));
        assert!(said("qqqq").contains("analysis, "), "{}", said("qqqq"));
        assert!(said("").contains("analysis, "), "{}", said(""));
    }

    #[test]
    fn a_room_without_a_test_is_an_error() {
        let rooms = Rooms([("dark".to_owned(), false)].into());
        let said = rooms.find("dark").expect_err("nothing would be tested").to_string();
        assert!(said.contains("no unit test in the room \"dark\""), "{said}");
    }

    #[test]
    fn rooms_of_the_same_name_elsewhere_are_left_out() {
        assert!(rooms().of_the_same_name("experiment").contains(&"scenario::experiment::".to_owned()));
        assert!(rooms().of_the_same_name("model::balancing").is_empty());
    }
}
